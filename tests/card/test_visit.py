"""The verb ``read`` and the proofs of a chip: which are run, when, and who decides."""

from collections.abc import Callable

import pytest
from card_wire import Wire
from watched_chip import (
    ACCESSES,
    INTERNAL_AUTHENTICATE,
    MSE,
    PACE_ONLY,
    PLAIN,
    PROVING,
    READ_BINARY,
    SELECT,
    SMALL,
    Watched,
    read,
    with_files,
)

from epass.card.apdu import Command, Response
from epass.card.reader import DEFAULT, ReadEvent
from epass.card.secure import ChipSession
from epass.crypto import ciphers
from epass.errors import (
    Cancelled,
    InputError,
)
from epass.evidence import CHIP, NO_EVIDENCE, Failure
from epass.lds.chip_keys import CardSecurity
from epass.lds.names import File
from epass.lds.security_infos import CHIP_PROTOCOLS, ID_CA
from epass.sim import issuer
from epass.sim.card_files import PaceOffer
from epass.sim.chip import Chip
from epass.sim.issuer import Document
from epass.sim.pace import PaceSuite
from epass.sim.proof_keys import CIPHERS, GROUPS, AaScheme, CaScheme

# --- what is run, and when --------------------------------------------------------------------


@ACCESSES
def test_the_chip_proves_itself_before_its_data_are_read(access: tuple[str, ...]) -> None:
    chip = Watched(PROVING, access=access)
    dump = read(chip)
    agreement = [place for place in chip.sent(MSE) if chip.plain[place].p2 == 0xA4][-1]
    order = [
        chip.first_read(File.COM),
        chip.first_read(File.DG14),
        agreement,
        chip.first_read(File.DG1),
        chip.first_read(File.DG2),
        chip.first_read(File.DG15),
        *chip.sent(INTERNAL_AUTHENTICATE),
    ]
    assert order == sorted(order)
    assert order[-1] == len(chip.plain) - 1
    wanted = [*DEFAULT, *([File.CARD_ACCESS] if access == PACE_ONLY else []), File.DG14, File.DG15]
    assert list(dump.files) == wanted
    assert {file: dump.files[file] for file in PROVING.files} == dict(PROVING.files)
    assert dump.evidence.chip is not None
    assert dump.evidence.active is not None
    assert (dump.notes, dump.quirks) == ((), ())


@ACCESSES
def test_a_chip_without_proofs_is_read_as_cheaply_as_without_asking(
    access: tuple[str, ...],
) -> None:
    plain, asked = Watched(PLAIN, access=access), Watched(PLAIN, access=access)
    cheap, dump = read(plain, prove=False), read(asked)
    assert (dump.apdus, dump.evidence, dump.notes) == (cheap.apdus, NO_EVIDENCE, ())
    assert [(c.ins, c.p1, c.p2, c.le) for c in asked.plain] == [
        (c.ins, c.p1, c.p2, c.le) for c in plain.plain
    ]


def test_nothing_is_proved_that_nobody_asked_for() -> None:
    chip = Watched(PROVING)
    dump = read(chip, prove=False)
    assert set(dump.files) == {*DEFAULT, File.CARD_ACCESS, File.DG14}  # with the signed copy
    assert dump.evidence == NO_EVIDENCE
    assert chip.sent(INTERNAL_AUTHENTICATE) == []


@pytest.mark.parametrize("group", GROUPS)
def test_what_is_recorded_can_be_computed_again(group: str) -> None:
    """The evidence, with the chip's secret in the place of its public key, gives the same keys."""
    for cipher, key_id in zip(CIPHERS, (None, 0, 13, 0x1234), strict=True):
        scheme = CaScheme(group=group, ciphers=(cipher,), key_id=key_id)
        document = issuer.issue(chip_authentication=[scheme])
        evidence = read(Chip(document), (File.COM,)).evidence.chip
        assert evidence is not None
        assert document.proofs.chip is not None
        pair = document.proofs.chip.keys[0].pair
        assert evidence.key_id == key_id
        assert len(evidence.private_key) == (pair.group.n.bit_length() + 7) // 8
        ours = pair.group.generator * int.from_bytes(evidence.private_key)
        used = CHIP_PROTOCOLS[evidence.oid].cipher
        assert (used.label, evidence.oid.startswith(ID_CA)) == (cipher, True)
        keys = ciphers.derive_keys((ours * pair.secret).x_bytes, used)
        again = ChipSession(used, *keys)
        select = Command(SELECT, 0x02, 0x0C, File.DG14.fid.to_bytes(2))
        assert again.protect(select).encode() == evidence.command
        assert again.unprotect(Response.parse(evidence.response)) == Response()


def test_a_french_document() -> None:
    scheme = CaScheme(ciphers=("3DES",), announced=False)
    dump = read(Chip(issuer.issue(chip_authentication=[scheme])))
    assert dump.evidence.chip is not None
    assert (dump.evidence.chip.oid, dump.quirks) == (f"{ID_CA}.2.1", ("ca-no-info",))
    assert dump.notes == ()


@pytest.mark.parametrize("when_long", ["refuse", "truncate", "announce"])
@pytest.mark.parametrize("extended", [False, True])
def test_a_signature_too_long_for_a_short_response(when_long: str, extended: bool) -> None:
    document = issuer.issue(active_authentication=AaScheme(bits=2048, when_long=when_long))
    evidence = read(Chip(document), (File.COM,), extended=extended).evidence.active
    assert evidence is not None
    assert (len(evidence.answer), evidence.sw) == (256, 0x9000)


# --- what announces a proof -------------------------------------------------------------------

SILENT_COM = PLAIN.files[File.COM]


@pytest.mark.parametrize(
    ("document", "want", "proved"),
    [
        (PROVING, DEFAULT, True),
        (PROVING, (File.COM,), True),
        (PROVING, (File.SOD,), True),
        (PROVING, (File.DG14, File.DG15), True),
        (PROVING, (File.DG1,), False),
        (with_files(PROVING, COM=SILENT_COM), (File.COM,), False),
        (with_files(PROVING, COM=SILENT_COM), DEFAULT, True),
        (with_files(PROVING, COM=b"\x60\x02\x5c\x00"), DEFAULT, True),
        (with_files(PROVING, SOD=b"\x77\x02\x30\x00"), DEFAULT, True),
        (with_files(PROVING, SOD=b"\x77\x02\x30\x00"), (File.SOD,), False),
    ],
)
def test_ef_com_or_ef_sod_announces(
    document: Document, want: tuple[File, ...], proved: bool
) -> None:
    dump = read(Chip(document), want)
    found = dump.evidence
    assert (found.chip is not None, found.active is not None) == (proved, proved)
    assert dump.notes == ()


def test_a_data_group_with_pace_alone_offers_no_proof() -> None:
    document = issuer.issue(pace=PaceOffer((PaceSuite.named("AES-128", 13),)))
    assert File.DG14 in document.files
    dump = read(Chip(document))
    assert (dump.evidence, dump.notes) == (NO_EVIDENCE, ())
    assert File.DG14 in dump.files


# --- PACE with chip authentication mapping ----------------------------------------------------

UNPROVED = "the chip does not prove that it has the new keys: an unprotected answer, status 6988"
SUITES = tuple(PaceSuite.named("AES-128", 13, mapping) for mapping in ("GM", "CAM"))
MAPPED = issuer.issue(pace=PaceOffer(SUITES))


def test_the_key_of_the_mapping_is_read_in_the_master_file() -> None:
    chip = Watched(MAPPED)
    dump = read(chip)
    assert dump.files[File.CARD_SECURITY] == MAPPED.files[File.CARD_SECURITY]
    assert dump.files[File.SOD] == MAPPED.files[File.SOD]  # of the same identifiers
    assert dump.evidence.mapping is not None
    assert dump.evidence.chip is not None  # DG14 offers it too
    keys = CardSecurity.parse(dump.files[File.CARD_SECURITY]).security_infos.chip_keys
    assert [key.key_id for key in keys] == [dump.evidence.mapping.parameter_id]
    (application,) = (
        place for place in chip.sent(SELECT) if chip.plain[place].data.startswith(b"\xa0")
    )
    security = next(p for p in chip.sent(READ_BINARY) if chip.plain[p].p1 == 0x9D)
    assert security < application


def test_without_the_mapping_or_without_proofs_it_is_not_read() -> None:
    assert File.CARD_SECURITY not in read(Chip(MAPPED), prove=False).files
    assert File.CARD_SECURITY not in read(Chip(MAPPED, mapping="GM")).files


def no_card_security() -> Callable[[Command], int | None]:
    """EF.SOD has the same identifiers, but only in the application."""
    selected = False

    def refuse(command: Command) -> int | None:
        nonlocal selected
        selected |= command.ins == SELECT and command.data.startswith(b"\xa0")
        by_name = command.ins == SELECT and command.data == b"\x01\x1d"
        by_id = (command.ins, command.p1) == (READ_BINARY, 0x9D)
        return 0x6A82 if not selected and (by_name or by_id) else None

    return refuse


def test_the_key_of_the_mapping_is_refused() -> None:
    dump = read(Watched(MAPPED, no_card_security()))
    refusal = "SELECT EF.CardSecurity: the chip answers 6A82 (file not found)"
    assert dump.notes == (f"EF.CardSecurity not read: {refusal}",)
    assert dump.evidence.mapping is not None
    assert File.CARD_SECURITY not in dump.files


def test_the_key_of_the_mapping_is_refused_without_protection() -> None:
    chip = Watched(MAPPED, no_card_security(), naked=True)
    dump = read(chip)
    assert dump.notes == ("EF.CardSecurity not read: an unprotected answer, status 6A82",)
    assert dump.quirks == ("naked-errors",)
    assert dump.evidence.mapping is not None
    assert set(dump.files) >= {*DEFAULT, File.DG14}
    selected = [place for place in chip.sent(SELECT) if chip.plain[place].data.startswith(b"\xa0")]
    assert len(selected) == 1


def test_a_chip_opened_again_has_its_key_read_once() -> None:
    document = issuer.issue(
        pace=PaceOffer(SUITES), chip_authentication=[CaScheme(key_id=3)], lie="ca-other-key"
    )
    chip = Watched(document)
    dump = read(chip)
    assert dump.notes == (f"chip authentication failed: {UNPROVED}",)
    assert dump.evidence.failures == (Failure(CHIP, refused=False, reason=UNPROVED),)
    assert dump.evidence.mapping is not None
    read_by_id = [c for c in chip.plain if (c.ins, c.p1) == (READ_BINARY, 0x9D)]
    assert len(read_by_id) == 2  # EF.CardSecurity and EF.SOD


# --- what the caller decides ------------------------------------------------------------------

CHALLENGE = bytes.fromhex("861D3766F6F5A1CD")


def test_the_challenge_is_the_callers_or_drawn() -> None:
    given = read(Chip(PROVING), SMALL, challenge=CHALLENGE).evidence.active
    drawn = [read(Chip(PROVING), SMALL).evidence.active for _ in range(2)]
    assert given is not None
    assert given.challenge == CHALLENGE
    challenges = {item.challenge for item in drawn if item is not None}
    assert len(challenges) == 2
    assert {len(challenge) for challenge in challenges} == {8}


@pytest.mark.parametrize("length", [0, 7, 9])
def test_a_challenge_of_another_length_costs_no_command(length: int) -> None:
    wire = Wire(Chip(PROVING))
    with pytest.raises(InputError, match="challenge: 8 bytes"):
        read(wire, challenge=bytes(length))
    assert wire.commands == []


def test_events_of_the_proofs() -> None:
    events: list[ReadEvent] = []
    read(Chip(PROVING), SMALL, on_event=events.append)
    stages = [(event.stage, event.file) for event in events if not event.total]
    assert stages == [
        ("access", None),
        ("file", File.COM),
        ("file", File.DG14),
        ("proof", File.DG14),
        ("file", File.DG15),
        ("proof", File.DG15),
    ]


def test_cancelled_at_any_event() -> None:
    total: list[ReadEvent] = []
    read(Chip(PROVING), SMALL, on_event=total.append)
    for last in range(1, len(total) + 1):
        seen: list[ReadEvent] = []

        def stop(event: ReadEvent, last: int = last, seen: list[ReadEvent] = seen) -> None:
            seen.append(event)
            if len(seen) == last:
                raise Cancelled

        with pytest.raises(Cancelled):
            read(Chip(PROVING), SMALL, on_event=stop)
        assert len(seen) == last
