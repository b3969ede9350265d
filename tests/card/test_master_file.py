"""EF.ATR/INFO and EF.DIR: read where the chip gives them, and no read is worse off for it."""

from collections.abc import Callable

import pytest
from card_wire import application
from watched_chip import (
    ACCESSES,
    BAC_ONLY,
    INTERNAL_AUTHENTICATE,
    PACE_ONLY,
    PLAIN,
    PROVING,
    SELECT,
    Watched,
    read,
    with_files,
)

from epass import tlv
from epass.card.apdu import Command, Response
from epass.card.reader import ReadEvent
from epass.card.resume import NEVER
from epass.dump import Dump, Refusal
from epass.errors import (
    Cancelled,
    CardRemovedError,
    CardSilentError,
    EpassError,
    InputError,
    OtherDocumentError,
)
from epass.lds.names import MF_FID, UNSIGNED, File
from epass.sim import issuer
from epass.sim.chip import Chip
from epass.sim.fault_table import FAULTS
from epass.sim.faults import Card as AnyCard
from epass.sim.faults import FaultyChannel
from epass.sim.issuer import Document
from epass.sim.proof_keys import CaScheme

INFO = bytes.fromhex("4301B8 4703 94 01 80 7F66 08 0202 0100 0202 0100".replace(" ", ""))
DIRECTORY = tlv.build(0x61, tlv.build(0x4F, bytes.fromhex("A0000002471001"))) * 3
WITH_BOTH = with_files(PLAIN, ATR_INFO=INFO, DIR=DIRECTORY)
PROVING_BOTH = with_files(PROVING, ATR_INFO=INFO, DIR=DIRECTORY)
FIDS = tuple(file.fid.to_bytes(2) for file in UNSIGNED)
MF = MF_FID.to_bytes(2)


def absent(file: File) -> Refusal:
    return Refusal(0x6A82, f"SELECT {file.label}: the chip answers 6A82 (file not found)")


def selects(*fids: bytes) -> Callable[[Command], bool]:
    """The SELECT by identifier of one of these, under secure messaging or not."""
    return lambda command: command.ins == SELECT and command.data in fids


def refusing(sw: int, *fids: bytes, after: int = 0) -> Callable[[Command], int | None]:
    """``after`` so many of them the others are refused; the master file is selected first of all
    when the chip is opened.
    """
    met = 0

    def refuse(command: Command) -> int | None:
        nonlocal met
        if not selects(*fids)(command):
            return None
        met += 1
        return sw if met > after else None

    return refuse


def kept(dump: Dump) -> dict[File, bytes]:
    return {file: dump.files[file] for file in UNSIGNED if file in dump.files}


def rest(dump: Dump) -> dict[File, bytes]:
    return {file: raw for file, raw in application(dump.files).items() if file not in UNSIGNED}


BOTH = {File.ATR_INFO: INFO, File.DIR: DIRECTORY}

# --- the plain case -----------------------------------------------------------------------------


@ACCESSES
def test_both_are_kept_as_they_are(access: tuple[str, ...]) -> None:
    chip = Watched(WITH_BOTH, access=access)
    dump = read(chip, everything=True)
    assert kept(dump) == BOTH
    assert (dump.refused, dump.notes, dump.quirks) == ({}, (), ())
    assert [step.file for step in dump.steps[-2:]] == [*UNSIGNED]
    assert Dump.from_files(dump.to_files()).files == dump.files


@ACCESSES
def test_they_come_last_and_under_secure_messaging(access: tuple[str, ...]) -> None:
    chip = Watched(PROVING_BOTH, access=access)
    dump = read(chip, everything=True)
    assert dump.evidence.chip is not None
    assert dump.evidence.active is not None
    first = next(place for place, item in enumerate(chip.plain) if selects(*FIDS)(item))
    assert chip.sent(INTERNAL_AUTHENTICATE)[0] < first
    assert [item.data for item in chip.plain[first - 1 :] if item.ins == SELECT] == [MF, *FIDS]


@ACCESSES
@pytest.mark.parametrize("document", [PLAIN, PROVING], ids=["plain", "proving"])
def test_not_one_command_more_where_nobody_asks(
    document: Document, access: tuple[str, ...]
) -> None:
    both = with_files(document, ATR_INFO=INFO, DIR=DIRECTORY)
    without, with_both = Watched(document, access=access), Watched(both, access=access)
    assert read(without).apdus == read(with_both).apdus
    assert without.plain[0] == with_both.plain[0]
    for chip in (without, with_both):
        assert not any(selects(*FIDS)(command) for command in chip.plain)
    dump = read(Watched(both, access=access))
    assert kept(dump) == {}
    assert dump.refused == {}


@ACCESSES
def test_what_they_cost(access: tuple[str, ...]) -> None:
    """SELECT of the master file, and of each file a SELECT and a READ BINARY."""
    usual = read(Watched(WITH_BOTH, access=access)).apdus
    assert read(Watched(WITH_BOTH, access=access), everything=True).apdus == usual + 5
    assert read(Watched(PLAIN, access=access), everything=True).apdus == usual + 3


def test_only_the_one_that_is_named() -> None:
    chip = Watched(WITH_BOTH)
    dump = read(chip, also=[File.DIR, File.DG13])
    assert kept(dump) == {File.DIR: DIRECTORY}
    assert set(dump.refused) == {File.DG13}
    with pytest.raises(InputError, match=r"EF.DIR is not a file of the eMRTD application"):
        read(chip, want=[File.DIR])


@ACCESSES
def test_what_is_not_there_is_listed(access: tuple[str, ...]) -> None:
    dump = read(Watched(PLAIN, access=access), everything=True)
    assert dump.refused == {file: absent(file) for file in UNSIGNED}
    assert rest(dump) == dict(PLAIN.files)


@pytest.mark.parametrize("access", ["auto", "bac"])
def test_ef_card_access_is_kept_by_whatever_way_the_chip_is_opened(access: str) -> None:
    chip = Watched(WITH_BOTH, access=(*PACE_ONLY, *BAC_ONLY))
    dump = read(chip, everything=True, access=access)
    assert dump.access.protocol == ("BAC" if access == "bac" else "PACE")
    assert File.CARD_ACCESS in dump.files
    assert kept(dump) == BOTH


def test_the_events_have_their_bytes() -> None:
    came = dict.fromkeys(UNSIGNED, b"")

    def on_event(event: ReadEvent) -> None:
        if event.stage == "file" and event.file in UNSIGNED:
            came[event.file] += event.data
            assert event.done == event.total == len(came[event.file])

    read(Watched(WITH_BOTH), everything=True, on_event=on_event)
    assert came == BOTH


def test_the_read_can_be_stopped() -> None:
    def on_event(event: ReadEvent) -> None:
        if event.file is File.DIR:
            raise Cancelled

    with pytest.raises(Cancelled):
        read(Watched(WITH_BOTH), everything=True, on_event=on_event)


# --- chips that dislike the question --------------------------------------------------------------


@ACCESSES
@pytest.mark.parametrize("sw", [0x6982, 0x6A82, 0x6A86, 0x6981, 0x6D00])
def test_a_file_that_is_refused(sw: int, access: tuple[str, ...]) -> None:
    chip = Watched(WITH_BOTH, refusing(sw, FIDS[0]), access)
    dump = read(chip, everything=True)
    assert kept(dump) == {File.DIR: DIRECTORY}
    assert [item.sw for item in dump.refused.values()] == [sw]
    assert dump.notes == ()
    assert rest(dump) == dict(PLAIN.files)


@ACCESSES
@pytest.mark.parametrize("sw", [0x6982, 0x6A82, 0x6A86])
def test_a_chip_that_drops_the_session_is_asked_in_the_clear(
    sw: int, access: tuple[str, ...]
) -> None:
    class Once(Watched):
        """Drops the session over EF.ATR/INFO, and gives the file without one."""

        def reset(self) -> None:
            super().reset()
            if any(selects(FIDS[0])(command) for command in self.plain):
                self.naked, self.refuse = False, lambda _: None

    chip = Once(WITH_BOTH, refusing(sw, FIDS[0]), access, naked=True)
    dump = read(chip, everything=True)
    why = f"an unprotected answer, status {sw:04X}"
    assert dump.notes == (
        f"EF.ATR/INFO read without secure messaging: {why}",
        f"EF.DIR read without secure messaging: {why}",
    )
    assert kept(dump) == BOTH
    assert dump.refused == {}
    assert rest(dump) == dict(PLAIN.files)


class Unselectable(Watched):
    """Refuses the master file in a session."""

    def __init__(self, document: Document, sw: int, access: tuple[str, ...]) -> None:
        super().__init__(document, self._refused, access)
        self.sw = sw

    def _refused(self, command: Command) -> int | None:
        return self.sw if self._session is not None and selects(MF)(command) else None


@ACCESSES
@pytest.mark.parametrize("sw", [0x6982, 0x6A82, 0x6A86, 0x6700])
def test_a_chip_that_selects_no_master_file_is_asked_in_the_clear(
    sw: int, access: tuple[str, ...]
) -> None:
    dump = read(Unselectable(WITH_BOTH, sw, access), everything=True)
    assert kept(dump) == BOTH
    assert dump.refused == {}
    assert [note[: note.index(" (")] for note in dump.notes] == [
        f"{file.label} read without secure messaging: SELECT master file: the chip answers {sw:04X}"
        for file in UNSIGNED
    ]
    dump = read(Unselectable(PLAIN, sw, access), everything=True)
    assert dump.refused == {file: absent(file) for file in UNSIGNED}
    assert dump.notes == ()


@ACCESSES
def test_a_chip_that_refuses_them_everywhere_without_protection(access: tuple[str, ...]) -> None:
    dump = read(Watched(WITH_BOTH, refusing(0x6982, *FIDS), access, naked=True), everything=True)
    reason = "SELECT {}: the chip answers 6982 (security status not satisfied)"
    assert dump.refused == {file: Refusal(0x6982, reason.format(file.label)) for file in UNSIGNED}
    assert rest(dump) == dict(PLAIN.files)


class Fixed:
    """A channel that cannot reset the chip, nor be connected again."""

    def __init__(self, chip: Chip) -> None:
        self._chip = chip

    def transmit(self, command: Command) -> Response:
        return self._chip.transmit(command)


def test_where_the_chip_cannot_be_reset_that_is_the_end_of_it() -> None:
    dump = read(Fixed(Unselectable(WITH_BOTH, 0x6A86, PACE_ONLY)), everything=True)
    assert {item.sw for item in dump.refused.values()} == {0x6A86}
    assert set(dump.refused) == set(UNSIGNED)
    assert rest(dump) == dict(PLAIN.files)
    naked = Watched(WITH_BOTH, refusing(0x6982, FIDS[0]), naked=True)
    dump = read(Fixed(naked), everything=True)
    assert [item.reason for item in dump.refused.values()] == [
        "an unprotected answer, status 6982"
    ] * 2


def test_a_session_that_a_proof_has_ended_is_not_opened_again_for_them() -> None:
    def refuse(command: Command) -> int | None:
        return 0x6D00 if command.ins == INTERNAL_AUTHENTICATE else None

    chip = Watched(PROVING_BOTH, refuse, naked=True)
    dump = read(chip, everything=True)
    assert kept(dump) == BOTH
    assert dump.notes[-2:] == tuple(
        f"{file.label} read without secure messaging" for file in UNSIGNED
    )
    assert not any(command.ins == 0x22 for command in chip.plain[chip.sent(0x88)[0] :])
    dump = read(Fixed(Watched(PROVING_BOTH, refuse, naked=True)), everything=True)
    assert {item.reason for item in dump.refused.values()} == {
        "the chip cannot be reset over this channel"
    }


# --- documents that are lost over it --------------------------------------------------------------


def gap(at: int, fault: str = "removed", other: Document = WITH_BOTH) -> FaultyChannel:
    made: Callable[[object], AnyCard] = lambda _alter: Chip(WITH_BOTH)  # noqa: E731 - as it asks
    return FaultyChannel(made, FAULTS[fault], at, other=lambda _kind: Chip(other))


LAST = read(Chip(WITH_BOTH), everything=True).apdus
TAIL = range(LAST - 4, LAST + 1)


@pytest.mark.parametrize("fault", ["removed", "removed-after", "disturbed", "reader-unplugged"])
@pytest.mark.parametrize("at", TAIL)
def test_a_document_that_slips_off_is_read_to_its_end(at: int, fault: str) -> None:
    dump = read(gap(at, fault), everything=True)
    assert kept(dump) == BOTH
    assert rest(dump) == dict(PLAIN.files)
    assert dump.notes == ("the document was lost 1 times and came back",)
    assert dump.refused == {}


@pytest.mark.parametrize("at", TAIL)
def test_a_document_that_is_gone_has_been_read(at: int) -> None:
    dump = read(gap(at), everything=True, resume=NEVER)
    assert rest(dump) == dict(PLAIN.files)
    missing = [file for file in UNSIGNED if file not in dump.files]
    assert list(dump.refused) == missing != []
    assert {item.reason for item in dump.refused.values()} == {"the card was removed"}


@pytest.mark.parametrize("at", TAIL)
def test_another_document_is_none(at: int) -> None:
    other = issuer.issue(holder="one-name")
    with pytest.raises(OtherDocumentError):
        read(gap(at, "other-document", with_files(other, DIR=DIRECTORY)), everything=True)


class Deadly:
    """A chip that is gone whenever it is asked for EF.ATR/INFO, and comes back."""

    def __init__(self, error: EpassError, document: Document = WITH_BOTH) -> None:
        self.error, self.chip = error, Watched(document, self._seen)
        self.deaths = 0
        self.dying = False

    def _seen(self, command: Command) -> int | None:
        self.dying |= selects(FIDS[0])(command)
        return None

    def transmit(self, command: Command) -> Response:
        response = self.chip.transmit(command)
        if self.dying:
            self.dying = False
            self.deaths += 1
            raise self.error
        return response

    def reset(self) -> None:
        self.chip.reset()

    def reconnect(self, _seconds: float, _on_wait: Callable[[], object]) -> None:
        self.chip.reset()


def test_a_document_that_is_lost_over_it_each_time() -> None:
    channel = Deadly(CardRemovedError("the card was removed"))
    dump = read(channel, everything=True)
    reason = "SELECT EF.ATR/INFO: the document was lost over it each time"
    assert dump.refused == {File.ATR_INFO: Refusal(None, reason)}
    assert kept(dump) == {File.DIR: DIRECTORY}
    assert channel.deaths == 2
    assert rest(dump) == dict(PLAIN.files)


def test_a_chip_that_falls_silent_over_it() -> None:
    channel = Deadly(CardSilentError(10.0))
    dump = read(channel, everything=True)
    assert {item.reason for item in dump.refused.values()} == {channel.error.message}
    assert (len(dump.refused), channel.deaths) == (2, 1)
    assert rest(dump) == dict(PLAIN.files)


@pytest.mark.parametrize("more", range(8, 24))
def test_the_proof_outlives_a_document_that_leaves_for_good(more: int) -> None:
    """It slips off over EF.DIR, comes back, and is gone while it proves itself once more."""
    at = read(Chip(PROVING_BOTH), everything=True).apdus - 1

    class Leaving(FaultyChannel):
        def transmit(self, command: Command) -> Response:
            if self.attempts and self.count == at + more:
                self.die(CardRemovedError("the card was removed"))
            return super().transmit(command)

        def reconnect(self, seconds: float = 0, on_wait: Callable[[], object] = list) -> None:
            if self.attempts:
                raise CardRemovedError("the card was removed")
            super().reconnect(seconds, on_wait)

    channel = Leaving(
        lambda _: Chip(PROVING_BOTH), FAULTS["removed"], at, other=lambda _: Chip(PROVING_BOTH)
    )
    dump = read(channel, everything=True)
    assert dump.evidence.chip is not None
    assert dump.evidence.failures == ()
    assert rest(dump) == dict(PROVING.files)


def test_what_does_not_prove_itself_again_gives_no_such_file() -> None:
    scheme = CaScheme("brainpoolP256r1", ("AES-128",))
    mine = with_files(issuer.issue(chip_authentication=[scheme]), DIR=DIRECTORY)
    lying = issuer.issue(chip_authentication=[scheme], lie="ca-other-key")
    clone = with_files(lying, DIR=DIRECTORY)
    at = read(Chip(mine), everything=True).apdus - 1
    channel = FaultyChannel(
        lambda _: Chip(mine), FAULTS["same-key"], at, other=lambda _: Chip(clone)
    )
    dump = read(channel, everything=True)
    assert dump.evidence.chip is not None
    assert dump.evidence.failures == ()
    assert dump.refused[File.DIR] == Refusal(None, "the chip did not prove itself again")
    assert File.DIR not in dump.files
