"""A document that slips off the reader, at every command of a read."""

from collections.abc import Callable
from dataclasses import replace
from secrets import token_bytes
from typing import Any

import pytest
from card_wire import ResettableWire, application

from epass.card import apdu, reader, resume, trace
from epass.card.apdu import READ_BINARY, READ_BINARY_ODD, Channel, Command, Response
from epass.card.keys import MrzKey
from epass.card.reader import ReadEvent
from epass.card.resume import NEVER, Resume
from epass.errors import (
    AccessDeniedError,
    Cancelled,
    CardRemovedError,
    CommunicationError,
    EpassError,
    InputError,
    NoCardError,
    NoServiceError,
    OtherDocumentError,
    ReaderError,
    SharingError,
    UnsupportedError,
)
from epass.evidence import ACTIVE, CHIP
from epass.lds.names import File
from epass.sim import issuer
from epass.sim.card_files import PaceOffer
from epass.sim.chip import Chip
from epass.sim.fault_table import FAULTS
from epass.sim.faults import Card, Fault, FaultyChannel
from epass.sim.holders import HOLDERS
from epass.sim.issuer import Document
from epass.sim.pace import PaceSuite
from epass.sim.proof_keys import AaScheme, CaScheme
from epass.sim.sized import sized

DOCUMENT = sized(issuer.issue(), dg2=3_000, filler=b"a seed")  # 14 blocks, each another
PROVING_CA = CaScheme("brainpoolP256r1", ("AES-128",))


def proving(**more: Any) -> Document:
    plain = issuer.issue(chip_authentication=[PROVING_CA], **more)
    return sized(plain, dg2=2_000, filler=b"another seed")


PROVING = proving()
KEY = MrzKey.from_mrz(DOCUMENT.mrz)


class Counting:
    """A chip that knows what was read of it: an entry for each READ BINARY, by its plain bytes."""

    def __init__(self, document: Document, **more: object) -> None:
        self.chip = Chip(document, alter=self._seen, **more)  # type: ignore[arg-type]
        self.blocks: list[bytes] = []

    def _seen(self, command: Command, response: Response) -> Response:
        if command.ins in (READ_BINARY, READ_BINARY_ODD) and response.data:
            self.blocks.append(response.data)
        return response


def gap(
    at: int, fault: str = "removed", document: Document = DOCUMENT, other: Document | None = None
) -> tuple[FaultyChannel, Counting]:
    chip = Counting(document)

    def replacement(_kind: str) -> Card:
        return Chip(other or document)

    made: Callable[[object], Card] = lambda _alter: chip.chip  # noqa: E731 - as the channel asks
    return FaultyChannel(made, FAULTS[fault], at, other=replacement), chip


def undisturbed(document: Document) -> int:
    """The commands of a read."""
    channel, _ = gap(10_000, document=document)
    return reader.read(channel, KEY).apdus


JUDGED = 8  # the command of PACE by which the chip learns whether the key is right


def positions(document: Document) -> list[int]:
    return [at for at in range(1, undisturbed(document) + 1) if at != JUDGED]


@pytest.mark.parametrize("fault", ["removed", "removed-after", "disturbed", "reader-unplugged"])
def test_at_every_command(fault: str) -> None:
    for at in positions(DOCUMENT):
        channel, _ = gap(at, fault)
        events: list[ReadEvent] = []
        dump = reader.read(channel, KEY, on_event=events.append)
        assert application(dump.files) == dict(DOCUMENT.files)
        assert dump.notes == ("the document was lost 1 times and came back",)
        assert "lost" in {event.stage for event in events}


@pytest.mark.parametrize("fault", ["removed", "removed-after"])
def test_at_most_one_block_is_read_again(fault: str) -> None:
    """Of DG2; DG1 shows that it is the same document, and belongs to the access."""
    content = DOCUMENT.files[File.DG2]
    for at in positions(DOCUMENT):
        channel, chip = gap(at, fault)
        reader.read(channel, KEY)
        of_dg2 = [block for block in chip.blocks if block in content]
        again = sum(map(len, of_dg2)) - len(content)
        assert again <= max(map(len, of_dg2)), at


def test_the_chip_proves_itself_again() -> None:
    """What is read after the gap is read under the keys of chip authentication too."""
    for at in positions(PROVING):
        channel, _ = gap(at, document=PROVING)
        dump = reader.read(channel, KEY)
        assert application(dump.files) == dict(PROVING.files)
        assert dump.evidence.chip is not None, at


MAPPED = issuer.issue(
    pace=PaceOffer(tuple(PaceSuite.named("AES-128", 13, mapping) for mapping in ("GM", "CAM")))
)


def test_what_is_read_while_the_chip_is_opened() -> None:
    """EF.CardSecurity begins again: nothing shows yet that it is of the same document."""
    content = MAPPED.files[File.CARD_SECURITY]
    begun = 0
    for at in range(JUDGED + 1, JUDGED + 12):
        channel, chip = gap(at, "removed-after", document=MAPPED)
        dump = reader.read(channel, KEY)
        assert dump.files[File.CARD_SECURITY] == content
        assert all(dump.files[file] == MAPPED.files[file] for file in MAPPED.files)
        begun += chip.blocks.count(content[:223]) == 2
    assert begun > 1


CLONE = proving(lie="ca-other-key")


def test_a_copy_that_comes_back_does_not_pass_for_the_chip_that_has_proved_itself() -> None:
    assert CLONE.files == PROVING.files
    commands = undisturbed(PROVING)
    for at in range(commands - 4, commands):
        channel, _ = gap(at, "same-key", document=PROVING, other=CLONE)
        dump = reader.read(channel, KEY)
        assert application(dump.files) == dict(PROVING.files)
        assert dump.evidence.chip is None
        (failure,) = dump.evidence.failures
        assert (failure.proof, failure.refused) == (CHIP, False)


def test_reset_by_another_program() -> None:
    channel, _ = gap(30, "reset")
    assert application(reader.read(channel, KEY).files) == dict(DOCUMENT.files)


def last(document: Document = DOCUMENT) -> int:
    """A command in the midst of DG2."""
    return undisturbed(document) - 3


@pytest.mark.parametrize("other", [issuer.issue(holder="one-name")])
def test_another_document_comes_back(other: Document) -> None:
    channel, _ = gap(last(), "other-document", other=other)
    with pytest.raises(OtherDocumentError, match="the key does not open it") as caught:
        reader.read(channel, KEY)
    assert caught.value.exit_status == 5


def test_another_document_that_the_key_opens() -> None:
    """A name is no part of the key; DG1 is another one, and nothing is spliced."""
    eriksson = HOLDERS["eriksson"]
    other = issuer.issue(replace(eriksson, secondary="BERTA"))
    assert MrzKey.from_mrz(other.mrz) == KEY
    channel, _ = gap(last(), "same-key", other=other)
    with pytest.raises(OtherDocumentError, match="its DG1 is another one"):
        reader.read(channel, KEY)


@pytest.mark.parametrize("at", [13, 14, 15])
def test_before_anything_shows_whose_it_is(at: int) -> None:
    """EF.COM of PROVING announces more than that of DOCUMENT, and no EF.SOD covers it."""
    channel, _ = gap(at, "same-key", document=PROVING, other=DOCUMENT)
    with pytest.raises(OtherDocumentError, match=r"its EF\.COM is another one"):
        reader.read(channel, KEY, want=(File.COM, File.DG14, File.DG2, File.DG1, File.SOD))


def test_a_file_begins_again_where_nothing_shows_whose_it_is() -> None:
    channel, chip = gap(20)
    want = (File.COM, File.DG2, File.DG1, File.SOD)
    dump = reader.read(channel, KEY, want=want)
    assert application(dump.files) == dict(DOCUMENT.files)
    assert chip.blocks.count(DOCUMENT.files[File.COM]) == 2
    assert chip.blocks.count(DOCUMENT.files[File.DG2][:223]) == 2


def test_what_is_read_again() -> None:
    everything = [File.CARD_ACCESS, File.COM, File.DG1, File.DG14, File.SOD]
    assert resume.witnesses(everything) == [File.DG1]
    assert resume.witnesses([File.COM, File.SOD]) == [File.SOD]
    assert set(resume.witnesses([File.CARD_ACCESS, File.CARD_SECURITY, File.COM, File.DG14])) == {
        File.COM,
        File.DG14,
    }
    assert resume.witnesses([File.CARD_ACCESS]) == []


def test_never() -> None:
    channel, _ = gap(last())
    with pytest.raises(CardRemovedError):
        reader.read(channel, KEY, resume=NEVER)
    assert channel.attempts == 0


def test_for_good() -> None:
    channel, _ = gap(last(), "removed-for-good")
    with pytest.raises(NoCardError):
        reader.read(channel, KEY)


def test_again_and_again() -> None:
    """It is lost at each fourth command, and the read is given up after five times."""
    channel, _ = gap(5, "removed-again")
    with pytest.raises(CardRemovedError):
        reader.read(channel, KEY, resume=Resume(5, 60.0))
    assert channel.attempts == 5


def test_a_channel_that_cannot() -> None:
    class Bare:
        def __init__(self, channel: Channel) -> None:
            self.transmit = channel.transmit

    channel, _ = gap(last())
    with pytest.raises(CardRemovedError):
        reader.read(Bare(channel), KEY)
    with pytest.raises(UnsupportedError, match="cannot be connected again"):
        apdu.reconnect(Bare(channel), 1.0, lambda: None)


def test_cancelled_while_waiting() -> None:
    def stop(event: ReadEvent) -> None:
        if event.stage == "lost":
            raise Cancelled

    channel, _ = gap(last())
    with pytest.raises(Cancelled):
        reader.read(channel, KEY, on_event=stop)


def test_a_wrong_key_is_not_tried_again() -> None:
    channel, _ = gap(10_000)
    with pytest.raises(AccessDeniedError):
        reader.read(channel, MrzKey.from_fields("X1234567", "900101", "300101"))
    assert channel.attempts == 0


@pytest.mark.parametrize("fault", ["removed", "removed-after", "disturbed"])
@pytest.mark.parametrize(("access", "at"), [("pace", JUDGED), ("bac", 6)])
def test_a_key_that_the_chip_may_have_counted_as_wrong_is_not_sent_again(
    fault: str, access: str, at: int
) -> None:
    """Unless it has opened the chip before: then the same command is waited for as any other."""
    channel, _ = gap(at, fault)
    with pytest.raises(ReaderError) as caught:
        reader.read(channel, KEY, access=access)
    assert caught.value.__notes__ == [
        "The chip was judging the key: see that it is right before it is used again."
    ]
    assert (channel.count, channel.attempts) == (at, 0)


def test_a_key_that_has_opened_the_chip_is_used_again() -> None:
    middle = last()

    class TwoGaps(FaultyChannel):
        """Lost in the midst of DG2, and once more where the chip judges the key again."""

        def transmit(self, command: Command) -> Response:
            if self.count == middle + JUDGED - 1:
                self.count += 1
                self.die(CardRemovedError("the card was removed"))
            return super().transmit(command)

    channel = TwoGaps(lambda _: Chip(DOCUMENT), FAULTS["removed"], middle, other=Chip)  # type: ignore[arg-type]
    dump = reader.read(channel, KEY)
    assert application(dump.files) == dict(DOCUMENT.files)
    assert channel.attempts == 2


def test_in_a_trace_it_is_a_reset() -> None:
    channel, _ = gap(last())
    lines: list[str] = []
    reader.read(trace.TracingChannel(channel, lines.append), KEY)
    assert lines.count('{"reset": true}\n') == 1


@pytest.mark.parametrize("error", [NoCardError("gone"), CommunicationError("broken")])
def test_active_authentication_that_breaks_the_link_for_good(error: ReaderError) -> None:
    """Every file is there: what is missing is the proof, and nothing of the read."""
    document = issuer.issue(active_authentication=AaScheme("ECDSA", curve="P-192"))
    place = undisturbed(document) - 1

    class Breaking(FaultyChannel):
        def transmit(self, command: Command) -> Response:
            if self.count == place:
                self.die(CommunicationError("the link broke"))
            return super().transmit(command)

        def reconnect(self, *_: object, **__: object) -> None:
            raise error

    channel = Breaking(lambda _: Chip(document), FAULTS["slow"], 10_000, other=Chip)  # type: ignore[arg-type]
    dump = reader.read(channel, KEY)
    assert set(document.files) <= set(dump.files)
    (failure,) = dump.evidence.failures
    assert (failure.proof, failure.reason) == (ACTIVE, error.message)


@pytest.mark.parametrize(
    ("error", "gaps"),
    [
        (CommunicationError("the link broke"), 1),
        (UnsupportedError("this link does not carry it"), 0),
    ],
)
def test_active_authentication_that_no_link_carries(error: EpassError, gaps: int) -> None:
    """A link that breaks over it each time is not tried again and again."""
    document = issuer.issue(active_authentication=AaScheme("ECDSA", curve="P-192"))

    class Refusing(ResettableWire):
        gaps = 0

        def transmit(self, command: Command) -> Response:
            if self.is_at_proof:
                raise error
            return super().transmit(command)

        def reconnect(self, _seconds: float, _on_wait: Callable[[], object]) -> None:
            self.gaps += 1
            self.is_at_proof = False
            self.reset()

        is_at_proof = False

    wire = Refusing(Chip(document))

    def watch(event: ReadEvent) -> None:
        wire.is_at_proof = event.stage == "proof"

    dump = reader.read(wire, KEY, on_event=watch)
    (failure,) = dump.evidence.failures
    assert (failure.proof, failure.reason, wire.gaps) == (ACTIVE, error.message, gaps)
    assert set(document.files) <= set(dump.files)


@pytest.mark.parametrize("fault", ["silent", "removed-for-good"])
def test_a_trace_replays_the_end_of_a_read(fault: str) -> None:
    channel, _ = gap(last(), fault)
    lines = [trace.header()]
    tracing = trace.TracingChannel(channel, lines.append)
    with pytest.raises(ReaderError) as caught:
        reader.read(tracing, KEY, random=tracing.random(token_bytes))
    replay = trace.ReplayChannel(trace.Trace.parse(lines))
    with pytest.raises(type(caught.value)):
        reader.read(replay, KEY, random=replay.random)
    replay.finish()


@pytest.mark.parametrize("fault", ["removed", "disturbed", "reader-unplugged"])
def test_a_trace_replays_the_gap(fault: str) -> None:
    channel, _ = gap(last(), fault)
    lines = [trace.header()]
    tracing = trace.TracingChannel(channel, lines.append)
    dump = reader.read(tracing, KEY, random=tracing.random(token_bytes))
    replay = trace.ReplayChannel(trace.Trace.parse(lines))
    again = reader.read(replay, KEY, random=replay.random)
    assert (again.files, again.notes, again.apdus) == (dump.files, dump.notes, dump.apdus)
    replay.finish()


@pytest.mark.parametrize(("times", "seconds"), [(-1, 1.0), (1, -1.0), (1, float("nan"))])
def test_limits(times: int, seconds: float) -> None:
    with pytest.raises(InputError, match="a number of times and of seconds"):
        Resume(times, seconds)


@pytest.mark.parametrize("fault", ["removed", "disturbed", "disturbed-after", "reset"])
def test_active_authentication_is_done_again(fault: str) -> None:
    scheme = AaScheme("ECDSA", curve="P-192")
    document = issuer.issue(chip_authentication=[PROVING_CA], active_authentication=scheme)
    channel, _ = gap(undisturbed(document), fault, document=document)
    dump = reader.read(channel, KEY)
    assert dump.evidence.active is not None
    assert dump.evidence.failures == ()
    assert channel.attempts == 1


def test_another_ef_sod() -> None:
    """Of a chip with the same DG1, as anybody can write it who has seen the document."""
    mine, other = (sized(DOCUMENT, dg2=1500, filler=seed) for seed in (b"one", b"another"))
    channel, _ = gap(undisturbed(mine) - 3, "same-key", document=mine, other=other)
    with pytest.raises(OtherDocumentError, match=r"its EF\.SOD is another one"):
        reader.read(channel, KEY)


def test_another_ef_sod_of_a_chip_that_gives_its_headers_first() -> None:
    mine, other = (sized(DOCUMENT, dg2=1500, filler=seed) for seed in (b"one", b"another"))
    exact = ("exact-lengths",)
    chips = {"mine": Chip(mine, quirks=exact), "other": Chip(other, quirks=exact)}
    undisturbed_channel = FaultyChannel(
        lambda _: chips["mine"], FAULTS["same-key"], 10_000, other=lambda _: chips["other"]
    )
    count = reader.read(undisturbed_channel, KEY).apdus
    channel = FaultyChannel(
        lambda _: chips["mine"], FAULTS["same-key"], count - 3, other=lambda _: chips["other"]
    )
    with pytest.raises(OtherDocumentError, match=r"its EF\.SOD is another one"):
        reader.read(channel, KEY)


@pytest.mark.parametrize("access", ["PACE", "BAC"])
def test_another_document_does_not_get_the_key_again_and_again(access: str) -> None:
    """Its link breaks each time it has counted a wrong key: what lies there is let alone then."""
    other = Chip(issuer.issue("one-name"), access=(access,), quirks=("key-attempts",))
    wrong: list[int] = []

    class Breaking(FaultyChannel):
        def transmit(self, command: Command) -> Response:
            answer = super().transmit(command)
            if answer.sw >> 4 == 0x63C or answer.sw == 0x6983:
                wrong.append(answer.sw)
                self.die(CommunicationError("the link broke"))
            return answer

    mine = Chip(DOCUMENT, access=(access,))
    channel = Breaking(lambda _: mine, FAULTS["other-document"], 25, other=lambda _: other)
    with pytest.raises(CommunicationError) as caught:
        reader.read(channel, KEY)
    assert len(wrong) == 2
    assert "The chip was judging the key" in caught.value.__notes__[0]


@pytest.mark.parametrize(
    "other",
    [
        Chip(issuer.issue(pace=PaceOffer((PaceSuite.named("AES-256", 13),)))),
        Chip(DOCUMENT, access=("BAC",)),
    ],
    ids=["another PACE", "no PACE"],
)
def test_another_ef_card_access_is_of_another_document(other: Chip) -> None:
    channel = FaultyChannel(
        lambda _: Chip(DOCUMENT), FAULTS["other-document"], last(), other=lambda _: other
    )
    with pytest.raises(OtherDocumentError, match=r"its EF\.CardAccess is another one"):
        reader.read(channel, KEY)


def test_a_service_that_ends() -> None:
    ended = Fault("ended", link=lambda on, _: on.die(NoServiceError("the service was stopped")))
    chip = Chip(DOCUMENT)
    channel = FaultyChannel(lambda _: chip, ended, last(), other=lambda _: chip)
    assert application(reader.read(channel, KEY).files) == dict(DOCUMENT.files)
    assert channel.attempts == 1


def test_half_a_file_that_was_refused_is_not_the_start_of_the_next() -> None:
    """DG2 is refused in its midst, and the document lost at the first command of EF.SOD."""
    document = sized(DOCUMENT, dg2=3000, filler=b"a seed")
    refused: list[int] = []
    at: list[File | None] = []

    def refuse(command: Command, answer: Response) -> Response:
        if at[-1:] == [File.DG2] and command.ins == READ_BINARY and command.p1 < 0x80:
            refused.append(command.p1 << 8 | command.p2)
            return Response(sw=0x6982)
        return answer

    chip = Chip(document, alter=refuse)

    class Slipping(FaultyChannel):
        def transmit(self, command: Command) -> Response:
            if at[-1:] == [File.SOD] and refused and not self.attempts:
                self.die(CardRemovedError("the card was removed"))
            return super().transmit(command)

    channel = Slipping(lambda _: chip, FAULTS["slow"], 10_000, other=lambda _: chip)
    dump = reader.read(
        channel,
        KEY,
        want=(File.COM, File.DG1),
        also=(File.DG2, File.SOD),
        on_event=lambda event: at.append(event.file),
    )
    assert (refused, channel.attempts) == ([223], 1)
    assert set(dump.refused) == {File.DG2}
    assert dump.files[File.SOD] == document.files[File.SOD]


def test_what_is_a_gap() -> None:
    assert SharingError in resume.LOST
