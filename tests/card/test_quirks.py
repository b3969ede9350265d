"""A test a row of the registry: the chip with the quirk is read right, and the quirk is named."""

import time
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

import pytest
from card_wire import ResettableWire, Wire
from opening import BAC_ONLY, BOTH, PACE_ONLY, WRONG, attempts, set_ups
from watched_chip import INTERNAL_AUTHENTICATE, Watched

from epass.card import access, reader
from epass.card.apdu import Command, Response
from epass.card.keys import MrzKey
from epass.card.quirks import QUIRKS
from epass.card.reader import DEFAULT
from epass.dump import Dump
from epass.errors import AccessDeniedError, SecureMessagingError, UnsupportedError
from epass.lds.names import File
from epass.sim import issuer
from epass.sim import quirks as simulated
from epass.sim.card_files import PaceOffer
from epass.sim.chip import Chip
from epass.sim.issuer import Document
from epass.sim.pace import PaceSuite
from epass.sim.proof_keys import AaScheme, CaScheme
from epass.trust.report import Outcome
from epass.trust.verify import verify

AT = datetime(2026, 11, 20, tzinfo=UTC)
PASS, UNKNOWN = Outcome.PASS, Outcome.UNKNOWN
ONE = PaceOffer((PaceSuite.named("AES-128", 12),))
SEVERAL = PaceOffer((PaceSuite.named("AES-128", 12), PaceSuite.named("AES-256", 13)))
CA, TDES_CA = CaScheme(ciphers=("AES-256",), key_id=7), CaScheme(ciphers=("3DES",))
LONG_CA = CaScheme(group="MODP-2048-256")
RSA, LONG_RSA, ECDSA = AaScheme(bits=1024), AaScheme(bits=2048), AaScheme(signature="ECDSA")
EXTENDED = {"extended": True}


@dataclass(frozen=True)
class Case:
    """A document, ``made`` by the issuer and ``without`` some file, in a chip, and how it is read.

    ``proof`` is a check of the report, its outcome and the reason. ``named`` says whether the
    reader notices the quirk at all.
    """

    made: dict[str, Any] = field(default_factory=dict)
    without: tuple[File, ...] = ()
    access: tuple[str, ...] = BOTH
    options: dict[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    proof: tuple[str, Outcome, str] | None = None
    named: bool = True


def agreeing(scheme: CaScheme, outcome: Outcome, reason: str, *notes: str) -> Case:
    proof = ("chip.authentication", outcome, reason)
    return Case({"chip_authentication": [scheme]}, proof=proof, notes=notes)


def signing(scheme: AaScheme, outcome: Outcome, reason: str, **changes: Any) -> Case:
    proof = ("chip.active", outcome, reason)
    return Case({"active_authentication": scheme}, proof=proof, **changes)


SKIPPED = "skipped in EF.CardAccess: "
NOT_HAD = "refused at the PACE set-up (MSE:Set AT): ECDH-GM-"
AES_128_12 = f"{NOT_HAD}AES-128 with parameters 12"
AES_256_13 = f"{NOT_HAD}AES-256 with parameters 13"
AT_84 = "data object 84, 6A80"
READ: dict[str, Case] = {
    "mf-refused": Case(),
    "card-access-warning": Case(),
    "card-access-refused": Case(access=BAC_ONLY),
    "no-short-ids": Case(),
    "exact-lengths": Case(),
    "short-answers": Case(),
    "empty-answers": Case(),
    "extended-refused": Case(options=EXTENDED),
    "padded-end": Case(),
    "mse-needs-parameters": Case({"pace": ONE}, notes=(f"{AES_128_12}, without {AT_84}",)),
    "mse-refuses-parameters": Case({"pace": SEVERAL}, notes=(f"{AES_256_13}, with {AT_84}",)),
    "pace-suite-refused": Case(
        {"pace": SEVERAL},
        notes=(f"{AES_256_13}, with {AT_84}", f"{AES_256_13}, without {AT_84[:-1]}8"),
    ),
    "pace-no-parameter-id": Case(
        {"pace": SEVERAL}, notes=(f"{SKIPPED}PACE ECDH-GM-AES-256 with parameters None",)
    ),
    "pace-unknown-infos": Case(
        {"pace": ONE},
        notes=(
            f"{SKIPPED}PACE ECDH-GM-AES-128 with parameters 32",
            f"{SKIPPED}0.4.0.127.0.7.2.2.4.2",
            f"{SKIPPED}2.999.1",
            f"{SKIPPED}0.4.0.127.0.7.2.2.4.9.2",
        ),
    ),
    "bac-le-00": Case(access=BAC_ONLY),
    "naked-errors": Case(
        {"chip_authentication": [CA]},
        without=(File.DG14,),
        notes=("chip authentication not run: an unprotected answer, status 6A82",),
        proof=("chip.authentication", UNKNOWN, "DG14 was not read"),
    ),
    "ca-no-info": agreeing(TDES_CA, PASS, "ECDH, brainpoolP256r1, 3DES"),
    "ca-chaining": agreeing(LONG_CA, PASS, "DH, MODP-2048-256, AES-128"),
    "ca-kat-refused": agreeing(TDES_CA, PASS, "ECDH, brainpoolP256r1, 3DES"),
    "ca-fails": agreeing(
        CA,
        UNKNOWN,
        "it was not run: an unprotected answer, status 6F00",
        "chip authentication not run: an unprotected answer, status 6F00",
    ),
    "aa-der": signing(ECDSA, PASS, "ECDSA with SHA-256, brainpoolP256r1, in DER"),
    "aa-truncated": signing(LONG_RSA, PASS, "RSA ISO/IEC 9796-2 with SHA-256, 2048 bits"),
    "aa-empty-extended": signing(
        LONG_RSA,
        PASS,
        "RSA ISO/IEC 9796-2 with SHA-256, 2048 bits",
        options=EXTENDED,
        named=False,  # Le of 65,536 is never asked for
    ),
    "aa-unsupported": signing(RSA, UNKNOWN, "the chip refuses to sign, status 6D00"),
}
REFUSED = {"bac-absent", "key-attempts", "key-delay"}  # which are tests of their own


def made(case: Case, *names: str) -> Document:
    document = issuer.issue(**case.made, quirks=names)
    kept = {file: data for file, data in document.files.items() if file not in case.without}
    return replace(document, files=MappingProxyType(kept))


def read(case: Case, *names: str) -> tuple[Dump, Document, ResettableWire]:
    """A read of a chip with the quirks ``names``."""
    document = made(case, *names)
    wire = ResettableWire(Chip(document, access=case.access, quirks=names))
    dump = reader.read(wire, MrzKey.from_mrz(document.mrz), **case.options)
    return dump, document, wire


def assert_whole(dump: Dump, document: Document) -> None:
    """All that was wanted was read, and what was read is what is in the chip."""
    assert set(DEFAULT) <= dump.files.keys()
    for file, content in dump.files.items():
        assert document.files.get(file, content) == content


# --- the registry -----------------------------------------------------------------------------


def test_the_reader_and_the_simulator_know_the_same_quirks() -> None:
    assert list(QUIRKS) == list(simulated.QUIRKS)
    assert set(READ) | REFUSED == set(QUIRKS)


@pytest.mark.parametrize("quirk", QUIRKS)
def test_a_row_says_all_that_there_is_to_say(quirk: str) -> None:
    row = QUIRKS[quirk]
    assert all((row.symptom, row.seen, row.recognised, row.remedy))


@pytest.mark.parametrize("quirk", READ)
def test_a_chip_with_the_quirk_is_read_right(quirk: str) -> None:
    case = READ[quirk]
    dump, document, _ = read(case, quirk)
    assert_whole(dump, document)
    assert dump.quirks == ((quirk,) if case.named else ())
    assert sorted(dump.notes) == sorted(case.notes)
    assert dump.access.protocol == case.access[0]
    report = verify(dump, at=AT)
    assert report.failed == ()
    if case.proof is not None:
        (check,) = (check for check in report.checks if check.id == case.proof[0])
        found = check.id, check.outcome, check.reason.partition("; under ")[0]
        assert found == case.proof
    assert Dump.from_files(dump.to_files()).quirks == dump.quirks


@pytest.mark.parametrize("quirk", READ)
def test_a_chip_without_it_is_not_said_to_have_it(quirk: str) -> None:
    dump, document, wire = read(READ[quirk])
    assert_whole(dump, document)
    assert (dump.quirks, wire.resets) == ((), [])


# --- what some of them cost -------------------------------------------------------------------


def test_data_object_84_for_a_chip_that_wants_it_and_for_one_that_does_not() -> None:
    _, _, wire = read(READ["mse-needs-parameters"], "mse-needs-parameters")
    assert (set_ups(wire), wire.resets) == ([("2.2", None), ("2.2", 12)], [4])
    _, _, wire = read(READ["mse-refuses-parameters"], "mse-refuses-parameters")
    assert (set_ups(wire), wire.resets) == ([("2.4", 13), ("2.4", None)], [4])


def test_the_next_suite_after_a_reset() -> None:
    """Without the reset the simulated chip would refuse that one too."""
    dump, _, wire = read(READ["pace-suite-refused"], "pace-suite-refused")
    assert set_ups(wire) == [("2.4", 13), ("2.4", None), ("2.2", 12)]
    assert (wire.resets, attempts(wire)) == ([4, 5], (1, 0))
    assert (dump.access.cipher, dump.access.fallback) == ("AES-128", False)


@pytest.mark.parametrize("cipher", ["3DES", "AES-128"])
@pytest.mark.parametrize("extended", [False, True])
@pytest.mark.parametrize(
    "quirk", ["exact-lengths", "short-answers", "empty-answers", "padded-end", "no-short-ids"]
)
def test_reading_under_each_block_size_and_extended_length(
    quirk: str, extended: bool, cipher: str
) -> None:
    document = issuer.issue(image_size=40_000)  # for the odd instruction
    chip = Chip(document, cipher=cipher, quirks=(quirk,))
    dump = reader.read(chip, MrzKey.from_mrz(document.mrz), extended=extended)
    assert_whole(dump, document)
    # With extended length no file is long enough to tell why so long an answer was refused.
    assert dump.quirks == (() if extended and quirk == "exact-lengths" else (quirk,))


def test_a_long_signature_of_a_chip_that_cuts_it() -> None:
    """Asked for with extended length at once it is whole, and nothing is cut."""
    case = READ["aa-truncated"]
    dump, _, _ = read(replace(case, options=EXTENDED), "aa-truncated")
    assert (dump.quirks, verify(dump, at=AT).chip) == ((), "proven")


def test_a_long_signature_of_a_chip_that_cuts_it_and_has_no_extended_length() -> None:
    document = made(READ["aa-truncated"])
    chip = Chip(document, extended=False, quirks=("aa-truncated",))
    dump = reader.read(ResettableWire(chip), MrzKey.from_mrz(document.mrz))
    assert_whole(dump, document)
    assert dump.quirks[0] == "aa-truncated"
    assert dump.notes == ("active authentication not run: an unprotected answer, status 6700",)
    report = verify(dump, at=AT)
    assert (report.failed, report.chip) == ((), "unproven")


def test_le_of_65536_is_never_sent_to_a_chip_that_leaves_its_answer_empty() -> None:
    case = READ["aa-empty-extended"]
    document = made(case)
    chip = Watched(document)
    reader.read(chip, MrzKey.from_mrz(document.mrz), **case.options)
    (sign,) = (command for command in chip.plain if command.ins == INTERNAL_AUTHENTICATE)
    assert sign.le == 256


# --- refusals without protection --------------------------------------------------------------

NAKED = "naked-errors"


@pytest.mark.parametrize("quirk", ["exact-lengths", "short-answers", "no-short-ids"])
def test_a_wanted_file_is_asked_for_once_more_with_care(quirk: str) -> None:
    """The refusal of how it was asked for ended the session."""
    dump, document, wire = read(Case(access=BAC_ONLY), NAKED, quirk)
    assert_whole(dump, document)
    assert dump.quirks == (NAKED,)
    assert (len(wire.resets), attempts(wire)) == (1, (0, 2))


def test_a_wanted_file_that_is_refused_twice() -> None:
    case = Case(options={"want": (File.COM, File.DG11, File.DG1)})
    document = made(case)
    wire = ResettableWire(Chip(document, quirks=(NAKED,)))
    with pytest.raises(SecureMessagingError) as caught:
        reader.read(wire, MrzKey.from_mrz(document.mrz), **case.options)
    assert caught.value.message == "an unprotected answer, status 6A82"
    assert (len(wire.resets), attempts(wire)) == (1, (2, 0))


def test_files_that_nobody_asked_for_are_left_out() -> None:
    case = Case(
        {"chip_authentication": [CA], "active_authentication": RSA},
        without=(File.DG14, File.DG15),
    )
    dump, document, wire = read(case, NAKED)
    assert_whole(dump, document)
    assert dump.notes == (
        "chip authentication not run: an unprotected answer, status 6A82",
        "active authentication not run: an unprotected answer, status 6A82",
    )
    assert len(wire.resets) == 1  # after DG15 there is nothing left to read


def test_the_chip_is_opened_again_only_so_often() -> None:
    """Two files that nobody asked for are refused, then a wanted one: that is once too many."""
    suites = (PaceSuite.named("AES-128", 12), PaceSuite.named("AES-128", 12, "CAM"))
    case = Case({"pace": PaceOffer(suites)}, without=(File.CARD_SECURITY, File.DG14))
    document = made(case)
    for want, resets in [((File.COM, File.DG1), 2), ((File.COM, File.DG11, File.DG1), 2)]:
        wire = ResettableWire(Chip(document, quirks=(NAKED,)))
        key = MrzKey.from_mrz(document.mrz)
        if File.DG11 in want:
            with pytest.raises(SecureMessagingError, match="an unprotected answer, status 6A82"):
                reader.read(wire, key, want=want)
        else:
            assert reader.read(wire, key, want=want).quirks == (NAKED,)
        assert (len(wire.resets), attempts(wire)) == (resets, (resets + 1, 0))


@pytest.mark.parametrize("sw", [0x6987, 0x6988, 0x9000, 0x6282, 0x63C2], ids=hex)
def test_what_ends_the_session_is_no_refusal_of_a_file(sw: int) -> None:
    """The chip refuses the protection, or refuses nothing: the link is disturbed."""
    document = issuer.issue()
    whole = Wire(Chip(document))
    key = MrzKey.from_mrz(document.mrz)
    commands = reader.read(whole, key, want=(File.COM,)).apdus

    def change(number: int, _command: Command, response: Response) -> Response:
        return Response(sw=sw) if number == commands else response

    wire = ResettableWire(Chip(document), change)
    with pytest.raises(SecureMessagingError, match=f"an unprotected answer, status {sw:04X}"):
        reader.read(wire, key, want=(File.COM,))
    assert (len(wire.commands), wire.resets) == (commands, [])


def test_without_a_reset_the_refusal_ends_the_read_if_there_is_more_to_read() -> None:
    case = READ[NAKED]
    document = made(case)
    wire = Wire(Chip(document, quirks=(NAKED,)))
    with pytest.raises(SecureMessagingError, match="an unprotected answer, status 6A82"):
        reader.read(wire, MrzKey.from_mrz(document.mrz))
    assert attempts(wire) == (1, 0)
    wire = Wire(Chip(document, quirks=(NAKED,)))
    dump = reader.read(wire, MrzKey.from_mrz(document.mrz), want=(File.COM,))
    assert (dump.quirks, dump.notes) == ((NAKED,), case.notes)


@pytest.mark.parametrize("proof", ["chip", "active"])
def test_a_proof_that_is_refused_without_protection_is_not_had(proof: str) -> None:
    offers: dict[str, dict[str, Any]] = {
        "chip": {"chip_authentication": [CA]},
        "active": {"active_authentication": RSA},
    }
    document = issuer.issue(**offers[proof])
    quirk, named = {"chip": ("ca-fails", "ca-fails"), "active": ("aa-unsupported", NAKED)}[proof]
    chip = Chip(document, quirks=(NAKED, quirk))
    dump = reader.read(ResettableWire(chip), MrzKey.from_mrz(document.mrz))
    assert_whole(dump, document)
    report = verify(dump, at=AT)
    assert (report.failed, report.chip) == ((), "unproven")
    assert (dump.evidence.chip, dump.evidence.active) == (None, None)
    assert dump.quirks == (named,)


# --- a chip that cannot be opened -------------------------------------------------------------


def test_bac_that_is_not_there_is_said_to_be_absent() -> None:
    """Its EF.CardAccess offers no PACE; it would be refused all the same if it were not read."""
    document = issuer.issue(pace=ONE, quirks=("bac-absent",))
    wire = ResettableWire(Chip(document, access=PACE_ONLY, quirks=("bac-absent",)))
    with pytest.raises(UnsupportedError) as caught:
        reader.read(wire, MrzKey.from_mrz(document.mrz))
    assert caught.value.message == "the chip has no BAC (status 6A88)"
    assert caught.value.__notes__[-1] == "Quirks of this chip: bac-absent"
    assert (attempts(wire), wire.resets) == ((0, 0), [])


@pytest.mark.parametrize("offered", [BOTH, BAC_ONLY], ids=["PACE", "BAC"])
def test_attempts_are_counted_down_and_never_used_up_by_the_reader(
    offered: tuple[str, ...],
) -> None:
    document = issuer.issue()
    wire = ResettableWire(Chip(document, access=offered, quirks=("key-attempts",)))
    told = []
    for count in range(1, 6):
        with pytest.raises(AccessDeniedError) as caught:
            reader.read(wire, WRONG, allow_bac_fallback=True)
        assert caught.value.__notes__ == ["Quirks of this chip: key-attempts"]
        assert sum(attempts(wire)) == count
        told.append((caught.value.sw, caught.value.attempts_left))
        wire.reset()
    assert told == [(0x63C2, 2), (0x63C1, 1), (0x63C0, 0), (0x6983, 0), (0x6983, 0)]
    assert caught.value.advice == "The chip is blocked: wrong keys were tried too often."


@pytest.mark.parametrize("offered", [BOTH, BAC_ONLY], ids=["PACE", "BAC"])
def test_a_delay_after_wrong_keys_is_told(
    offered: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 0.0

    def sleep(seconds: float) -> None:
        nonlocal now
        now += seconds

    monkeypatch.setattr(time, "perf_counter", lambda: now)
    document = issuer.issue()
    chip = Chip(document, access=offered, quirks=("key-delay",), sleep=sleep)
    told = []
    for _ in range(8):
        with pytest.raises(AccessDeniedError) as caught:
            reader.read(chip, WRONG)
        assert (caught.value.sw, caught.value.attempts_left) == (0x6300, None)
        told.append(getattr(caught.value, "__notes__", []))
        chip.reset()
    slow = [
        "The chip took 1.0 s to refuse: it delays after wrong keys.",
        "Quirks of this chip: key-delay",
    ]
    assert told[0] == told[1] == []
    assert told[-1] == slow
    assert access.SLOW_REFUSAL < 1.0
    assert (
        reader.read(chip, MrzKey.from_mrz(document.mrz)).quirks == ()
    )  # the right key is no refusal
