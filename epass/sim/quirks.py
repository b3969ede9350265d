"""Quirks of real documents that the chip in software can be told to have.

Each row is a deviation from Doc 9303-11 or ISO/IEC 7816-4 that readers have met in the field, done
as plainly as it can be; everything else stays as strict as without it. Some stand in signed files:
``issuer.issue`` must be told of them too.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from epass.card import apdu
from epass.card.apdu import EXTENDED_LE, Command, Response
from epass.errors import InputError
from epass.lds.names import MF_FID, File
from epass.sim import candidates, choices
from epass.sim.candidates import LONGEST_PIECE, Candidate
from epass.sim.card_files import EXPLICIT, NO_PACE, ONE_WITHOUT_ID, UNKNOWN, PaceOffer
from epass.sim.filesystem import BY_SFI, SFI
from epass.sim.proof_keys import DER, TRUNCATE, CaScheme, EcdsaSigner
from epass.sim.proofs import INTERNAL_AUTHENTICATE, SET_KAT, ActiveAuthentication, Proofs
from epass.sim.status import Sw

# The quirks that the chip itself has to know of; the others are wholly in the table below.
BAC_ABSENT, NAKED_ERRORS, CA_FAILS = "bac-absent", "naked-errors", "ca-fails"
EXACT_LENGTHS, PADDED_END = "exact-lengths", "padded-end"
NEEDS_ID, REFUSES_ID = "mse-needs-parameters", "mse-refuses-parameters"
SUITE_REFUSED = "pace-suite-refused"
KEY_ATTEMPTS, KEY_DELAY = "key-attempts", "key-delay"
EXTENDED_REFUSED = "extended-refused"

LONGEST_LE = 192  # bytes
BAC_LE = 40  # EXTERNAL AUTHENTICATE: the length of its answer
MASTER = (b"", MF_FID.to_bytes(2))
BY_EF, BY_AID = 0x02, 0x04  # P1 of SELECT
READS = (apdu.READ_BINARY, apdu.READ_BINARY_ODD)


@dataclass(frozen=True, slots=True)
class Quirk:
    """What a quirk is, and what makes a chip of another one.

    ``takes`` says what it cannot be without, which ``fits`` finds out; ``excludes`` are quirks
    that leave no room for it. ``refuses`` gives the status word for a plain command that is not
    even looked at, or None; ``changes`` makes the plain answer; ``proves`` what the chip proves
    itself with. ``offers`` and ``announces`` are for the issuer.
    """

    about: str
    takes: str = ""
    fits: Callable[[Candidate], bool] = lambda _: True
    excludes: tuple[str, ...] = ()
    refuses: Callable[[Command], int | None] = lambda _: None
    changes: Callable[[Command, Response], Response] = lambda _, answer: answer
    proves: Callable[[Proofs], Proofs] = lambda proofs: proofs
    offers: Callable[[PaceOffer], PaceOffer] = lambda offer: offer
    announces: Callable[[CaScheme], CaScheme] = lambda scheme: scheme


def chosen(names: Collection[str]) -> tuple[Quirk, ...]:
    """The rows of ``names``, in the order of the table.

    Raises:
        InputError: there is no such quirk, or two of them exclude each other.
    """
    for name in names:
        choices.require("quirk", name, QUIRKS)
    for name in names:
        for other in QUIRKS[name].excludes:
            if other in names:
                raise InputError(f"quirk: {name} and {other} exclude each other")
    return tuple(quirk for name, quirk in QUIRKS.items() if name in names)


def fitting(names: Collection[str], candidate: Candidate) -> tuple[Quirk, ...]:
    """``chosen``, of which the chip has all that they cannot be without.

    Raises:
        InputError: it lacks something, there is no such quirk, or two of them exclude each other.
    """
    found = chosen(names)
    for quirk in found:
        candidate = replace(candidate, proofs=quirk.proves(candidate.proofs))
    for name, quirk in QUIRKS.items():
        if quirk in found and not quirk.fits(candidate):
            raise InputError(f"quirk: {name} takes {quirk.takes}")
    return found


def changed_offer(names: Collection[str], offer: PaceOffer | None) -> PaceOffer | None:
    """What a document with the quirks ``names`` offers in the place of ``offer``.

    Raises:
        InputError: there is no such quirk, or it takes more than one PACEInfo.
    """
    for quirk in chosen(names):
        offer = offer and quirk.offers(offer)
    return offer


def changed_schemes(names: Collection[str], schemes: Iterable[CaScheme]) -> tuple[CaScheme, ...]:
    """The keys of Chip Authentication of a document with the quirks ``names``.

    Raises:
        InputError: there is no such quirk.
    """
    found = tuple(schemes)
    for quirk in chosen(names):
        found = tuple(map(quirk.announces, found))
    return found


def listed() -> list[dict[str, str]]:
    """The rows of the table, for programs."""
    return [{"id": name, "about": quirk.about} for name, quirk in QUIRKS.items()]


# --- what a quirk does ------------------------------------------------------------------------


def _refuse(sw: Sw, when: Callable[[Command], bool]) -> Callable[[Command], int | None]:
    return lambda command: sw if when(command) else None


def _selects_master(command: Command) -> bool:
    return command.ins == apdu.SELECT and command.p1 != BY_AID and command.data in MASTER


def _selects_card_access(command: Command) -> bool:
    fid = File.CARD_ACCESS.fid.to_bytes(2)
    return (command.ins, command.p1, command.data) == (apdu.SELECT, BY_EF, fid)


def _reads_by_sfi(command: Command) -> bool:
    if command.ins == apdu.READ_BINARY:
        return bool(command.p1 & BY_SFI)
    return command.ins == apdu.READ_BINARY_ODD and command.p1 << 8 | command.p2 in SFI


def _reads_at_length(command: Command) -> bool:
    return command.ins in READS and (command.le or 0) > LONGEST_LE


def _wants_most(command: Command) -> bool:
    return command.ins == INTERNAL_AUTHENTICATE and command.le == EXTENDED_LE


def _change(
    when: Callable[[Command], bool], answers: Mapping[int, Response]
) -> Callable[[Command, Response], Response]:
    """Another answer in the place of those whose status word is in ``answers``."""
    return lambda command, answer: answers.get(answer.sw, answer) if when(command) else answer


def _with_forms(*forms: str) -> Callable[[PaceOffer], PaceOffer]:
    return lambda offer: replace(offer, forms=tuple(dict.fromkeys((*offer.forms, *forms))))


def _of_chip(**changes: object) -> Callable[[Proofs], Proofs]:
    def proves(proofs: Proofs) -> Proofs:
        changed = proofs.chip and replace(proofs.chip, **changes)  # type: ignore[arg-type]
        return replace(proofs, chip=changed)

    return proves


def _of_active(
    change: Callable[[ActiveAuthentication], ActiveAuthentication],
) -> Callable[[Proofs], Proofs]:
    return lambda proofs: replace(proofs, active=proofs.active and change(proofs.active))


def _in_der(proof: ActiveAuthentication) -> ActiveAuthentication:
    signer = proof.key.signer
    if not isinstance(signer, EcdsaSigner):
        return proof
    return replace(proof, key=replace(proof.key, signer=replace(signer, encoding=DER)))


EMPTY = Response()

QUIRKS: Mapping[str, Quirk] = MappingProxyType(
    {
        "mf-refused": Quirk(
            "SELECT of the master file, in any form, is refused: 6A86",
            refuses=_refuse(Sw.INCORRECT_P1_P2, _selects_master),
        ),
        "card-access-warning": Quirk(
            "SELECT EF.CardAccess is answered 6283, although the file can be read",
            takes="PACE",
            fits=candidates.has_pace,
            changes=_change(_selects_card_access, {Sw.OK: Response(sw=Sw.DEACTIVATED)}),
        ),
        "card-access-refused": Quirk(
            "a chip without EF.CardAccess answers its SELECT with 6985 instead of 6A82",
            takes="a chip without PACE",
            fits=candidates.has_no_pace,
            changes=_change(
                _selects_card_access,
                {Sw.FILE_NOT_FOUND: Response(sw=Sw.CONDITIONS_NOT_SATISFIED)},
            ),
        ),
        "no-short-ids": Quirk(
            "READ BINARY with a short file identifier is refused: 6A86",
            refuses=_refuse(Sw.INCORRECT_P1_P2, _reads_by_sfi),
        ),
        EXACT_LENGTHS: Quirk(
            "READ BINARY of more than the file holds from the offset on is refused: 6700",
            excludes=(PADDED_END,),
        ),
        "short-answers": Quirk(
            "READ BINARY with Le over 192 is refused: 6700",
            refuses=_refuse(Sw.WRONG_LENGTH, _reads_at_length),
            excludes=("empty-answers",),
        ),
        "empty-answers": Quirk(
            "READ BINARY with Le over 192 is answered 9000 without data",
            changes=_change(_reads_at_length, {Sw.OK: EMPTY, Sw.END_OF_FILE: EMPTY}),
        ),
        EXTENDED_REFUSED: Quirk(
            "extended length is announced in the ATR, but refused, 6700, without protection, and"
            " the session is over",
            takes="extended length",
            fits=candidates.is_extended,
            excludes=("aa-empty-extended",),
        ),
        PADDED_END: Quirk("at the end of a file the data is filled up to Le with 000080, and 6282"),
        NEEDS_ID: Quirk(
            "MSE:Set AT of PACE is refused without data object 84, always: 6A80",
            takes="PACE",
            fits=candidates.has_pace,
            excludes=(REFUSES_ID, BAC_ABSENT),
        ),
        REFUSES_ID: Quirk(
            "MSE:Set AT of PACE is refused with data object 84, 6A80; the algorithm alone counts,"
            " and of several sets of domain parameters with it the one that DER puts first",
            takes="PACE with several sets of domain parameters",
            fits=candidates.has_several_sets,
        ),
        SUITE_REFUSED: Quirk(
            "MSE:Set AT for the strongest PACEInfo is refused, 6A80, and then any other until a"
            " reset, 6985",
            takes="PACE with several PACEInfos that can be used",
            fits=candidates.has_several_infos,
        ),
        "pace-no-parameter-id": Quirk(
            "the strongest PACEInfo has no parameterId and cannot be used; another one can",
            takes="several PACEInfos, and a document that was issued with it",
            fits=candidates.issued_with(ONE_WITHOUT_ID),
            offers=_with_forms(ONE_WITHOUT_ID),
        ),
        "pace-unknown-infos": Quirk(
            "EF.CardAccess has SecurityInfos of unknown protocols, and explicit domain parameters,"
            " beside a PACEInfo that can be used",
            takes="PACE, and a document that was issued with it",
            fits=candidates.issued_with(UNKNOWN, EXPLICIT),
            offers=_with_forms(UNKNOWN, EXPLICIT),
        ),
        "bac-le-00": Quirk(
            "EXTERNAL AUTHENTICATE with Le 28 is refused, 6700; Le 00 is right",
            takes="BAC",
            fits=candidates.has_bac,
            refuses=_refuse(
                Sw.WRONG_LENGTH,
                lambda command: (command.ins, command.le) == (apdu.EXTERNAL_AUTHENTICATE, BAC_LE),
            ),
        ),
        BAC_ABSENT: Quirk(
            "EF.CardAccess has no PACEInfo, there is no BAC, and GET CHALLENGE is answered 6A88",
            takes="a chip without BAC, and a document that was issued with it for PACE",
            fits=candidates.has_neither,
            excludes=(KEY_ATTEMPTS, KEY_DELAY, "pace-no-parameter-id", "pace-unknown-infos"),
            refuses=_refuse(
                Sw.REFERENCE_NOT_FOUND, lambda command: command.ins == apdu.GET_CHALLENGE
            ),
            offers=_with_forms(NO_PACE),
        ),
        NAKED_ERRORS: Quirk(
            "a refusal inside secure messaging is answered without protection, and not counted:"
            " the session goes on as before the command"
        ),
        "ca-no-info": Quirk(
            "DG14 has a key and no ChipAuthenticationInfo: 3DES and MSE:Set KAT",
            takes="chip authentication, and a document that was issued with it",
            fits=candidates.agrees_unannounced,
            announces=lambda scheme: replace(scheme, ciphers=("3DES",), announced=False),
        ),
        "ca-chaining": Quirk(
            "GENERAL AUTHENTICATE of chip authentication with more than 224 bytes is refused,"
            " 6700; a chain of shorter ones is right",
            takes="chip authentication by GENERAL AUTHENTICATE with a key of more than 224 bytes",
            fits=candidates.agrees_at_length,
            proves=_of_chip(piece=LONGEST_PIECE),
        ),
        "ca-kat-refused": Quirk(
            "MSE:Set KAT is refused, 6D00; MSE:Set AT with GENERAL AUTHENTICATE does 3DES too",
            takes="chip authentication with 3DES",
            fits=candidates.agrees_by_3des,
            refuses=_refuse(
                Sw.INS_NOT_SUPPORTED,
                lambda command: command.header[1:] == bytes((apdu.MSE, *SET_KAT.to_bytes(2))),
            ),
            proves=_of_chip(has_kat=False),
        ),
        CA_FAILS: Quirk(
            "chip authentication ends in 6F00, without protection, and the session is over",
            takes="chip authentication",
            fits=candidates.agrees,
            proves=_of_chip(refusal=Sw.NO_DIAGNOSIS),
        ),
        "aa-der": Quirk(
            "the ECDSA signature of active authentication is in DER instead of r||s",
            takes="active authentication with ECDSA",
            fits=candidates.signs_by_ecdsa,
            excludes=("aa-unsupported",),
            proves=_of_active(_in_der),
        ),
        "aa-truncated": Quirk(
            "a signature of active authentication that Le has no room for is cut off, and 9000",
            takes="active authentication with a signature of more than 223 bytes",
            fits=candidates.signs_at_length,
            excludes=("aa-unsupported",),
            proves=_of_active(lambda proof: replace(proof, when_long=TRUNCATE)),
        ),
        "aa-empty-extended": Quirk(
            "INTERNAL AUTHENTICATE with Le 65536 is answered 9000 without data",
            takes="active authentication, and extended length",
            fits=candidates.signs_extended,
            excludes=("aa-unsupported",),
            changes=_change(_wants_most, {Sw.OK: EMPTY}),
        ),
        "aa-unsupported": Quirk(
            "INTERNAL AUTHENTICATE is answered 6D00, although DG15 is there",
            takes="active authentication",
            fits=candidates.signs,
            refuses=_refuse(
                Sw.INS_NOT_SUPPORTED, lambda command: command.ins == INTERNAL_AUTHENTICATE
            ),
        ),
        KEY_ATTEMPTS: Quirk(
            "wrong keys are answered 63Cx with the attempts left, 63C2 at first, then 6983; the"
            " right key makes it three again"
        ),
        KEY_DELAY: Quirk(
            "after a wrong key the next one is answered 0.1 s later, then 0.2 s and so on to 1 s"
        ),
    }
)
