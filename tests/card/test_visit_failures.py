"""The verb ``read`` and chips that cannot or will not prove themselves."""

from collections.abc import Callable

import pytest
from card_wire import Wire
from watched_chip import (
    AA,
    ACCESSES,
    CA,
    GENERAL_AUTHENTICATE,
    INTERNAL_AUTHENTICATE,
    MSE,
    PROVING,
    READ_BINARY,
    SELECT,
    SMALL,
    Watched,
    read,
    with_files,
)

from epass import tlv
from epass.card.apdu import Command, Response
from epass.card.reader import DEFAULT
from epass.errors import (
    AccessDeniedError,
    CardRemovedError,
    CommunicationError,
    ProtocolError,
    ReaderError,
    SecureMessagingError,
    StatusError,
)
from epass.lds.names import File
from epass.sim import issuer
from epass.sim.chip import Chip
from epass.sim.proof_keys import CaScheme

# --- what cannot be run -----------------------------------------------------------------------


def commands_of_a_read() -> list[Command]:
    wire = Wire(Chip(PROVING))
    read(wire, SMALL)
    return wire.commands


PROVING_READ = commands_of_a_read()
NO_FILE = "the chip answers 6A82 (file not found)"


@pytest.mark.parametrize(
    ("changed", "notes"),
    [
        ({"DG14": None}, [f"chip authentication not run: SELECT DG14: {NO_FILE}"]),
        ({"DG15": None}, [f"active authentication not run: SELECT DG15: {NO_FILE}"]),
        (
            {"DG14": b"\x6e\x02\x30\x00"},
            ["chip authentication not run: DG14/6E/30 at byte 4: not a SET of SecurityInfo"],
        ),
        ({"DG14": b"\x6f\x00" * 5}, ["chip authentication not run: DG14 at byte 0: the tag is "]),
        (
            {"DG15": b"\x6f\x02\x30\x00"},
            ["active authentication not run: DG15/6F: not the structure that the standard "],
        ),
    ],
    ids=str,
)
def test_a_file_that_announced_more_than_there_is(
    changed: dict[str, bytes | None], notes: list[str]
) -> None:
    dump = read(Chip(with_files(PROVING, **changed)))
    assert [note[: len(start)] for note, start in zip(dump.notes, notes, strict=True)] == notes
    about_chip = "DG14" in changed
    assert (dump.evidence.chip is None) is about_chip
    assert (dump.evidence.active is None) is not about_chip
    assert set(DEFAULT) <= dump.files.keys()


def refuses(file: File) -> Callable[[Command], int | None]:
    named = SELECT, file.fid.to_bytes(2)

    def refuse(command: Command) -> int | None:
        by_id = (command.ins, command.p1) == (READ_BINARY, 0x80 | file.sfi)
        return 0x6982 if by_id or (command.ins, command.data) == named else None

    return refuse


@ACCESSES
@pytest.mark.parametrize(
    ("file", "proof"),
    [(File.DG14, "chip authentication"), (File.DG15, "active authentication")],
)
def test_a_refusal_without_protection_costs_no_other_file(
    file: File, proof: str, access: tuple[str, ...]
) -> None:
    """The chip has dropped the session, and is opened again."""
    dump = read(Watched(PROVING, refuses(file), access, naked=True))
    assert dump.notes == (f"{proof} not run: an unprotected answer, status 6982",)
    assert dump.quirks == ("naked-errors",)
    assert dump.files.keys() >= {*DEFAULT, File.DG14, File.DG15} - {file}
    assert (dump.evidence.active is None) is (file is File.DG15)
    assert (dump.evidence.chip is None) is (file is File.DG14)


def test_a_wanted_file_that_is_refused_without_protection_ends_the_read() -> None:
    chip = Watched(PROVING, refuses(File.DG1), naked=True)
    with pytest.raises(SecureMessagingError) as caught:
        read(chip)
    assert caught.value.sw == 0x6982


@pytest.mark.parametrize("answer", [Response(), Response(b"\x99\x02\x90\x00")])
def test_a_disturbed_answer_is_no_refusal(answer: Response) -> None:
    reads = [
        n for n, command in enumerate(PROVING_READ, 1) if (command.ins, command.cla) == (0xB0, 0x0C)
    ]
    first_of_dg14 = reads[1]
    wire = Wire(Chip(PROVING), lambda n, _c, r: answer if n == first_of_dg14 else r)
    with pytest.raises(SecureMessagingError):
        read(wire, SMALL)
    assert len(wire.commands) == first_of_dg14


def test_a_wanted_file_is_refused_as_ever() -> None:
    with pytest.raises(StatusError, match="SELECT DG14: the chip answers 6A82"):
        read(Chip(with_files(PROVING, DG14=None)), (File.DG14, *DEFAULT))


def test_bytes_after_the_security_infos_are_noted() -> None:
    infos = tlv.parse_one(PROVING.files[File.DG14], 0x6E, where="DG14").value
    dump = read(Chip(with_files(PROVING, DG14=tlv.build(0x6E, infos + bytes(2)))))
    assert dump.notes == ("DG14: 2 bytes after the security infos",)
    assert dump.evidence.chip is not None


def test_a_key_over_parameters_of_their_own() -> None:
    infos = tlv.parse_one(PROVING.files[File.DG14], 0x6E, where="DG14").value
    cofactor = bytes.fromhex("020101034200")  # and the key of 256 bits that follows it
    strange = infos.replace(cofactor, cofactor.replace(b"\x01\x01", b"\x01\x02"))
    dump = read(Chip(with_files(PROVING, DG14=tlv.build(0x6E, strange))))
    assert dump.notes == (
        "chip authentication not run: elliptic curve with parameters that equal no known curve",
    )
    assert dump.evidence.chip is None


# --- chips that fail to prove themselves ------------------------------------------------------

UNPROVED = "the chip does not prove that it has the new keys: an unprotected answer, status 6988"
# By lie: the reason, and whether the chip dropped the session over it.
FAILURES = {
    "ca-other-key": (UNPROVED, True),
    "ca-old-keys": (UNPROVED, True),
    "ca-empty": (UNPROVED, True),
    "ca-garbage": ("the answer is not an empty data object 7C", True),
    "ca-key-outside-group": ("the chip's key: not a point of brainpoolP256r1", False),
    "ca-refused": (
        "GENERAL AUTHENTICATE (chip authentication): the chip answers 6300 (authentication failed)",
        False,
    ),
}


@ACCESSES
@pytest.mark.parametrize("lie", FAILURES)
def test_a_chip_that_fails_is_read_to_the_end_and_said_to_have_failed(
    lie: str, access: tuple[str, ...]
) -> None:
    document = issuer.issue(chip_authentication=[CA], active_authentication=AA, lie=lie)
    chip = Watched(document, access=access)
    dump = read(chip)
    reason, reopened = FAILURES[lie]
    outcome = "not run" if lie == "ca-refused" else "failed"  # a refusal refutes nothing
    assert dump.notes == (f"chip authentication {outcome}: {reason}",)
    assert dump.evidence.chip is None
    assert dump.evidence.active is not None
    assert {file: dump.files[file] for file in document.files} == dict(document.files)
    selected = [place for place in chip.sent(SELECT) if chip.plain[place].data.startswith(b"\xa0")]
    assert len(selected) == (2 if reopened else 1)
    assert dump.quirks == ()  # ca-fails is a chip that says no
    assert dump.access.protocol == access[0]


@pytest.mark.parametrize("group", ["MODP-2048-224", "MODP-2048-256"])
def test_a_chip_without_extended_length_takes_a_long_key_in_a_chain(group: str) -> None:
    """It answers the long command without protection, so it is opened again."""
    scheme = CaScheme(group=group, ciphers=("3DES", "AES-256"), key_id=1)
    document = issuer.issue(chip_authentication=[scheme])
    dump = read(Chip(document, extended=False), SMALL)
    assert dump.evidence.chip is not None
    assert (dump.notes, dump.quirks) == ((), ("ca-chaining",))


def test_a_long_key_is_refused_without_protection_twice() -> None:
    scheme = CaScheme(group="MODP-2048-256", key_id=1)
    document = issuer.issue(chip_authentication=[scheme])
    chip = Watched(document, lambda c: 0x6700 if (c.ins, c.p1) == (MSE, 0x41) else None, naked=True)
    dump = read(chip, SMALL)
    assert dump.notes == ("chip authentication not run: an unprotected answer, status 6700",)
    assert dump.evidence.chip is None
    assert len([place for place in chip.sent(MSE) if chip.plain[place].p1 == 0x41]) == 2


class Link:
    """A link to a chip, and no more than the protocol asks of one."""

    def __init__(self, chip: Chip) -> None:
        self.chip = chip

    def transmit(self, command: Command) -> Response:
        return self.chip.transmit(command)


class ResettableLink(Link):
    def __init__(self, chip: Chip) -> None:
        super().__init__(chip)
        self.resets = 0

    def reset(self) -> None:
        self.resets += 1
        self.chip.reset()


def test_a_chip_is_reset_before_it_is_opened_again() -> None:
    document = issuer.issue(chip_authentication=[CA], lie="ca-old-keys")
    link, bare = ResettableLink(Chip(document)), Link(Chip(document))
    assert read(link).notes == (f"chip authentication failed: {UNPROVED}",)
    assert link.resets == 1
    with pytest.raises(ProtocolError, match=UNPROVED):  # without one, nothing more is tried
        read(bare)
    for other in (document, PROVING):
        link = ResettableLink(Chip(other))
        read(link, SMALL)
        assert link.resets == 0  # there is nothing more to read, or nothing went wrong


def test_a_chip_that_lets_nobody_in_again() -> None:
    document = issuer.issue(chip_authentication=[CA], lie="ca-other-key")
    tokens = 0

    def refuse(command: Command) -> int | None:
        nonlocal tokens
        tokens += command.ins == GENERAL_AUTHENTICATE and command.data.startswith(b"\x7c\x0a\x85")
        return 0x6300 if tokens == 2 else None

    with pytest.raises(AccessDeniedError) as caught:
        read(Watched(document, refuse))
    assert (caught.value.protocol, caught.value.sw, tokens) == ("PACE", 0x6300, 2)


@pytest.mark.parametrize("sw", [0x6982, 0x6A81, 0x6A88, 0x6D00])
def test_a_refusal_of_active_authentication_is_evidence(sw: int) -> None:
    chip = Watched(PROVING, lambda c: sw if c.ins == INTERNAL_AUTHENTICATE else None)
    dump = read(chip)
    assert dump.evidence.active is not None
    assert (dump.evidence.active.answer, dump.evidence.active.sw) == (b"", sw)
    assert dump.notes == ()


def broken_at(place: int, error: ReaderError) -> Wire:
    def change(number: int, _command: Command, response: Response) -> Response:
        if number == place:
            raise error
        return response

    return Wire(Chip(PROVING), change)


def last_command() -> int:
    """INTERNAL AUTHENTICATE, in a read of EF.COM and what the proofs need."""
    return read(Chip(PROVING), SMALL).apdus


def test_a_session_that_breaks_over_active_authentication_costs_no_file() -> None:
    last = last_command()
    wire = Wire(Chip(PROVING), lambda n, _c, r: Response(sw=0x6D00) if n == last else r)
    dump = read(wire, SMALL)
    assert dump.notes == ("active authentication not run: an unprotected answer, status 6D00",)
    assert dump.evidence.active is None
    assert dump.evidence.chip is not None
    assert set(dump.files) == {*SMALL, File.CARD_ACCESS, File.DG14, File.DG15}


def test_a_link_that_cannot_carry_active_authentication() -> None:
    dump = read(broken_at(last_command(), CommunicationError("no answer")), SMALL)
    assert dump.notes == ("active authentication not run: no answer",)
    with pytest.raises(CardRemovedError):
        read(broken_at(last_command(), CardRemovedError("removed")), SMALL)


def test_every_break_of_the_link_before_that_ends_the_read() -> None:
    for place in range(1, last_command()):
        with pytest.raises(CommunicationError):
            read(broken_at(place, CommunicationError("no answer")), SMALL)
