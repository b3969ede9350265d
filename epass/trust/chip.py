"""Is the chip no copy, and was it opened by the way that its issuer offers?

Source: ICAO Doc 9303-11 §6.1 (active authentication), §6.2 (chip authentication), §4.4.3.5.2 (PACE
with chip authentication mapping), §4.2 and §9.2.11 (EF.CardAccess is not signed, its copies are).

Judged from what the card stage has recorded, and only by what a right signature covers: that of
EF.SOD, or that of EF.CardSecurity if EF.SOD's signer made it. Whoever trusts the recording, trusts
that its challenge was fresh and its ephemeral key secret.

* A chip that offers no proof can be copied by whoever has read it: neither a failure nor a pass.
* A chip that offers a proof and refuses it, or was not asked for it, leaves the question open.
* A chip that answers must answer rightly.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeVar

from epass.dump import Dump
from epass.errors import FormatError, UnsupportedError
from epass.evidence import ACTIVE_FAILED, ACTIVE_NOT_RUN, CHIP_FAILED, CHIP_NOT_RUN
from epass.lds.chip_keys import CardSecurity, Dg14, Dg15
from epass.lds.names import File
from epass.lds.security_infos import Mapping as PaceMapping
from epass.lds.security_infos import PaceInfo, SecurityInfos
from epass.lds.sod import Sod
from epass.trust import proofs, signed
from epass.trust.report import Check, Outcome
from epass.trust.signed import Answer

CAM = PaceMapping.CHIP_AUTHENTICATION
NOT_OFFERED = (Outcome.NOT_APPLICABLE, "the chip does not offer it")
NOT_RUN = "it was not run"

SOURCES = MappingProxyType(
    {
        "chip.active": "Doc 9303-11 §6.1",
        "chip.authentication": "Doc 9303-11 §6.2",
        "chip.mapping": "Doc 9303-11 §4.4.3.5.2",
        "access.card_access": "Doc 9303-11 §4.2, §9.2.11",
        "access.protocol": "Doc 9303-11 §4.2",
    }
)

_T = TypeVar("_T")


class _Settled(Exception):  # noqa: N818 - an answer, given by what the check depends on
    """There is no way to look further."""

    def __init__(self, outcome: Outcome, reason: str) -> None:
        super().__init__(reason)
        self.answer: Answer = outcome, reason


def checks(dump: Dump, sod: Sod, outcomes: Mapping[str, Outcome]) -> list[Check]:
    """The checks of the chip; ``outcomes`` are those of the checks of its files, by their ids."""
    document = _Document(dump, sod, outcomes)
    judges: dict[str, Callable[[_Document], Answer]] = {
        "chip.active": _active,
        "chip.authentication": _authentication,
        "chip.mapping": _mapping,
        "access.card_access": _card_access,
        "access.protocol": _protocol,
    }
    return [Check(name, *_answer(judges[name], document), SOURCES[name]) for name in SOURCES]


# --- what the state has signed ----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Document:
    """What was read, and what the checks of its files say. What is asked of it raises _Settled
    where nothing that a right signature covers has the answer.
    """

    dump: Dump
    sod: Sod
    outcomes: Mapping[str, Outcome]

    def signs(self, file: File) -> bool:
        """Whether EF.SOD has a digest of ``file``; what a forger may have left out says nothing."""
        self._require_right_sod()
        return file in self.sod.digests

    def signed(self, file: File) -> bytes:
        """The file, as EF.SOD signs it."""
        name = f"{file.label.lower()}.hash"
        if file not in self.dump.files:
            raise _Settled(Outcome.UNKNOWN, f"{file.label} was not read")
        if self.outcomes[name] is not Outcome.PASS:
            reason = f"{file.label} is not shown to be the one that EF.SOD signs; see {name}"
            raise _Settled(Outcome.UNKNOWN, reason)
        return self.dump.files[file]

    def security_infos(self) -> SecurityInfos | None:
        """Those of DG14; None where EF.SOD signs none."""
        if not self.signs(File.DG14):
            return None
        return _parsed(Dg14.parse, self.signed(File.DG14)).security_infos

    def card_security(self) -> SecurityInfos:
        """Those of EF.CardSecurity, which has a signature of its own.

        Anybody can sign a file, with a certificate that he has made. With that of EF.SOD's signer
        it is as good as EF.SOD; any other has to be shown to be a state's.
        """
        label = File.CARD_SECURITY.label
        self._require_right_sod()
        if File.CARD_SECURITY not in self.dump.files:
            raise _Settled(Outcome.UNKNOWN, f"{label} was not read")
        file = CardSecurity.parse(self.dump.files[File.CARD_SECURITY])
        certificate, _ = signed.find_signer(file, label)
        for outcome, reason in (signed.digest(file), signed.signature(file, certificate)):
            if outcome is not Outcome.PASS:
                raise _Settled(outcome, f"{label}: {reason}")
        if certificate != signed.find_signer(self.sod, File.SOD.label)[0]:
            reason = f"{label} has another signer than EF.SOD, who may be anybody"
            raise _Settled(Outcome.UNKNOWN, reason)
        return file.security_infos

    def _require_right_sod(self) -> None:
        """Its signature is right, and the signed attributes, if any, are those of its content."""
        covered = self.outcomes["sod.digest"] in (Outcome.PASS, Outcome.NOT_APPLICABLE)
        if self.outcomes["sod.signature"] is not Outcome.PASS or not covered:
            reason = "EF.SOD is not shown to be signed; see sod.digest and sod.signature"
            raise _Settled(Outcome.UNKNOWN, reason)


def _answer(judge: Callable[[_Document], Answer], document: _Document) -> Answer:
    try:
        return judge(document)
    except _Settled as settled:
        return settled.answer
    except FormatError as error:
        return Outcome.FAIL, error.message
    except UnsupportedError as error:
        return Outcome.UNKNOWN, error.message


def _parsed(parse: Callable[[bytes], _T], content: bytes) -> _T:
    """A file that EF.SOD signs. The faults of such a file are the issuer's, not the chip's."""
    try:
        return parse(content)
    except FormatError as error:
        raise _Settled(Outcome.UNKNOWN, error.message) from None


# --- proofs -----------------------------------------------------------------------------------


def _active(document: _Document) -> Answer:
    if not document.signs(File.DG15):
        return NOT_OFFERED
    key = _parsed(Dg15.parse, document.signed(File.DG15)).public_key
    evidence = document.dump.evidence.active
    if evidence is None:
        return _not_recorded(document.dump, ACTIVE_FAILED, ACTIVE_NOT_RUN)
    return proofs.active(key, evidence, _named_algorithms(document))


def _named_algorithms(document: _Document) -> tuple[str, ...]:
    """Those of ECDSA that DG14 names. They only narrow the search: where DG14 cannot be used, a
    signature by another algorithm of the standard is no less one of the key in DG15.
    """
    try:
        infos = document.security_infos()
    except _Settled:
        return ()
    return tuple(info.signature_algorithm for info in infos.active_authentication) if infos else ()


def _authentication(document: _Document) -> Answer:
    infos = document.security_infos()
    if infos is None or not infos.announces_chip_authentication:
        return NOT_OFFERED
    evidence = document.dump.evidence.chip
    if evidence is None:
        return _not_recorded(document.dump, CHIP_FAILED, CHIP_NOT_RUN)
    for offer in infos.chip_authentication:
        if (offer.protocol.oid, offer.key_id) == (evidence.oid, evidence.key_id):
            return proofs.agreement(offer, evidence)
    return Outcome.FAIL, "it was run with a key or protocol that DG14 does not hold"


def _mapping(document: _Document) -> Answer:
    dump = document.dump
    if dump.access.mapping == CAM.value:
        if dump.evidence.mapping is None:
            return Outcome.UNKNOWN, NOT_RUN
        return proofs.mapping(document.card_security().chip_keys, dump.evidence.mapping)
    infos = document.security_infos()
    if _offers_cam(dump, infos.pace if infos else ()):
        return Outcome.UNKNOWN, f"{NOT_RUN}; the chip was opened by another way"
    return NOT_OFFERED


def _not_recorded(dump: Dump, failed: str, not_run: str) -> Answer:
    """What the notes say of a proof that is offered and has no evidence."""
    for note in dump.notes:
        if note.startswith(failed):
            return Outcome.FAIL, note.removeprefix(failed)
        if note.startswith(not_run):
            return Outcome.UNKNOWN, f"{NOT_RUN}: {note.removeprefix(not_run)}"
    return Outcome.UNKNOWN, NOT_RUN


# --- access -----------------------------------------------------------------------------------


def _card_access(document: _Document) -> Answer:
    """Every PACEInfo of the one must be in the other: neither added nor taken away."""
    found = set(_pace_of_card_access(document.dump))
    if not found and document.dump.access.protocol == "PACE":
        return Outcome.UNKNOWN, "EF.CardAccess, which offered PACE, is not there"
    if not found:
        return Outcome.NOT_APPLICABLE, "EF.CardAccess offers no PACE; see access.protocol"
    copy = set(_signed_pace(document))
    if not copy:
        return Outcome.NOT_APPLICABLE, "the issuer has signed no copy of EF.CardAccess"
    problems = [f"does not offer {_name(info)}, which is signed" for info in copy - found]
    problems += [f"offers {_name(info)}, which is not signed" for info in found - copy]
    if problems:
        return Outcome.FAIL, f"EF.CardAccess {'; '.join(sorted(problems))}"
    return Outcome.PASS, "EF.CardAccess offers what its signed copy does"


def _signed_pace(document: _Document) -> tuple[PaceInfo, ...]:
    """The copy in DG14, else that in EF.CardSecurity, which no chip with PACE-CAM is without."""
    infos = document.security_infos()
    if infos is not None and infos.pace:
        return infos.pace
    if File.CARD_SECURITY in document.dump.files or _offers_cam(document.dump):
        return document.card_security().pace
    return ()


def _offers_cam(dump: Dump, signed_infos: tuple[PaceInfo, ...] = ()) -> bool:
    offered = (*_pace_of_card_access(dump), *signed_infos)
    return any(info.protocol.mapping is CAM for info in offered)


def _pace_of_card_access(dump: Dump) -> tuple[PaceInfo, ...]:
    content = dump.files.get(File.CARD_ACCESS)
    return () if content is None else SecurityInfos.parse(content).pace


def _name(info: PaceInfo) -> str:
    protocol = info.protocol
    name = f"{protocol.agreement.value}-{protocol.mapping.value}-{protocol.cipher.label}"
    return f"PACE-{name} with parameters {info.parameter_id}"


def _protocol(document: _Document) -> Answer:
    access = document.dump.access
    if access.protocol == "PACE":
        return Outcome.PASS, "PACE"
    if access.protocol != "BAC":
        return Outcome.UNKNOWN, "neither PACE nor BAC"
    if access.fallback:
        return Outcome.NOT_APPLICABLE, "BAC, though the chip offers PACE, as the caller allowed"
    if _pace_of_card_access(document.dump):
        return Outcome.FAIL, "BAC, though EF.CardAccess offers PACE"
    infos = document.security_infos()
    if infos is not None and infos.pace:
        return Outcome.FAIL, "BAC, though the signed DG14 offers PACE"
    return Outcome.PASS, "BAC; the chip offers no PACE"
