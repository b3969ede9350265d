"""How a read is planned: by what the caller, chip, reader and experience say."""

from collections.abc import Callable
from dataclasses import replace
from secrets import token_bytes

import pytest
from card_wire import application
from hypothesis import given, settings
from hypothesis import strategies as st
from known_chip import DOCUMENT, EXTENDED, KEY, SIZES, KnownChip

from epass import tlv
from epass.card import reader, trace
from epass.card.apdu import SELECT, Command, Response
from epass.card.ladder import Ladder
from epass.card.memory import Memory
from epass.card.plan import LARGEST_EXTENDED, Plan
from epass.card.reader import ReadEvent
from epass.card.secure import ChipSession, SecureChannel
from epass.card.trace import ReplayChannel, Trace, TracingChannel
from epass.card.traits import Traits, traits
from epass.crypto.ciphers import Cipher
from epass.dump import Dump
from epass.errors import CardRemovedError, CommunicationError, ReaderError
from epass.lds.names import File
from epass.sim import answer_to_reset, issuer
from epass.sim.answer_to_reset import Limits
from epass.sim.chip import Chip
from epass.sim.issuer import Document
from epass.sim.proof_keys import CaScheme
from epass.sim.sized import sized

AES, TDES = 223, 231  # bytes of a file in a short answer
MOST_APDUS = {True: 8, False: 106}  # after access, with extended length and without
BOTH = pytest.mark.parametrize("access", ["pace", "bac"])


class Telling(Chip):
    """A chip whose EF.ATR/INFO is ``told``, whatever its own limits are."""

    def __init__(self, document: Document, told: bytes) -> None:
        super().__init__(replace(document, files={**document.files, File.ATR_INFO: told}))


def lengths(response: int) -> bytes:
    """EF.ATR/INFO of a chip whose answers have so many bytes at most, beside other objects."""
    limits = answer_to_reset.extended_lengths(Limits(2000, response))
    return bytes.fromhex("4303010203") + limits + bytes.fromhex("4603AABBCC")


def read(channel: KnownChip, memory: Memory | None = None, **options: object) -> Dump:
    dump = reader.read(channel, KEY, memory=memory or Memory(), **options)  # type: ignore[arg-type]
    assert application(dump.files) == dict(DOCUMENT.files)
    return dump


# --- how many commands ------------------------------------------------------------------------


def test_the_document_is_that_of_the_target() -> None:
    assert {file: len(DOCUMENT.files[file]) for file in SIZES} == SIZES


@BOTH
@pytest.mark.parametrize("extended", [True, False])
def test_the_fewest_commands(access: str, extended: bool) -> None:
    channel = KnownChip(Chip(DOCUMENT, extended=extended), replace(EXTENDED, extended=extended))
    read(channel, access=access)
    assert len(channel.after_access) <= MOST_APDUS[extended]
    assert [command.ins for command in channel.after_access if command.ins == SELECT] == []
    if extended:
        assert len(channel.after_access) == len(SIZES)


@BOTH
@pytest.mark.parametrize(
    "known",
    [
        Traits(),
        Traits(extended=None, has_lengths=True),
        Traits(extended=False),
        replace(EXTENDED, most=0),
        replace(EXTENDED, most=256),
    ],
    ids=str,
)
def test_nothing_is_risked_where_nobody_promises_extended_length(
    known: Traits, access: str
) -> None:
    channel = KnownChip(Chip(DOCUMENT), known)
    read(channel, access=access)
    assert not any(command.is_extended for command in channel.commands)
    assert not channel.asked_for_lengths
    assert 100 < len(channel.after_access) <= MOST_APDUS[False]


def test_the_caller_decides() -> None:
    short, wide = KnownChip(Chip(DOCUMENT)), KnownChip(Chip(DOCUMENT), Traits(extended=False))
    read(short, extended=False)
    assert not any(command.is_extended for command in short.commands)
    read(wide, extended=True)
    assert len(wide.after_access) == len(SIZES)


def test_but_the_reader_must_carry_it() -> None:
    channel = KnownChip(Chip(DOCUMENT), replace(EXTENDED, most=0))
    read(channel, extended=True)
    assert not any(command.is_extended for command in channel.commands)


# --- what EF.ATR/INFO and the reader say ------------------------------------------------------


@BOTH
@pytest.mark.parametrize("response", [1000, 4096, 10_000])
def test_no_answer_is_asked_for_that_the_chip_cannot_give(response: int, access: str) -> None:
    """The simulated chip refuses any that is longer by a byte."""
    chip = Chip(DOCUMENT, ef_atr_info=lengths(response))
    channel = KnownChip(chip, replace(EXTENDED, has_lengths=True))
    dump = read(channel, access=access)
    assert channel.asked_for_lengths
    most = response - (39 if access == "pace" else 31)  # data objects, padding, status
    assert len(channel.after_access) <= sum(-(-size // most) for size in SIZES.values())
    assert File.ATR_INFO not in dump.files


def test_a_reader_that_carries_less_than_the_chip() -> None:
    channel = KnownChip(Chip(DOCUMENT), replace(EXTENDED, most=2048))
    read(channel)
    of_dg2 = len(channel.after_access) - 4  # EF.COM, DG1, and two of EF.SOD
    assert of_dg2 == -(-20_480 // 2015)


@pytest.mark.parametrize(
    "info",
    [
        "",
        "7F66",
        "7F66050202",
        "7F6604020203E8",
        "7F660802027FFF02020000",
        "7F66080202FFFF02020010",
        "7F6606030103020101",
        "7F6609020203E8020203E8FF",
        "80",
        "1F",
        "430102",
        "FF" * 300,
    ],
)
def test_what_is_malformed_says_nothing(info: str) -> None:
    """Nor does a length that is shorter than any short answer."""
    found = Plan(True, EXTENDED, Memory())
    found.limit(bytes.fromhex(info))
    largest = found.ladder(channel(), lambda _: None).largest
    assert largest in (LARGEST_EXTENDED, AES)


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=60) | st.binary(max_size=30).map(lambda rest: b"\x7f\x66" + rest))
def test_any_file_gives_a_plan(info: bytes) -> None:
    found = Plan(True, EXTENDED, Memory())
    found.limit(info)
    assert AES <= found.ladder(channel(), lambda _: None).largest <= LARGEST_EXTENDED


def test_a_chip_that_promises_lengths_and_has_none() -> None:
    channel = KnownChip(Chip(DOCUMENT), replace(EXTENDED, has_lengths=True))
    read(channel)
    assert channel.asked_for_lengths
    assert len(channel.after_access) == len(SIZES)


def channel(cipher: Cipher = Cipher.AES_128) -> SecureChannel:
    session = ChipSession(cipher, bytes(cipher.key_size), bytes(cipher.key_size))
    return SecureChannel(Chip(DOCUMENT), session)


@pytest.mark.parametrize("cipher", [Cipher.TDES, Cipher.AES_128, Cipher.AES_256])
def test_what_fits_in_an_answer(cipher: Cipher) -> None:
    session = channel(cipher)
    assert session.room(258) == session.largest_short
    for size in range(2, 600):
        room = session.room(size)
        assert room < size or room == 0
        assert room % cipher.block in ((0,) if room == 0 else (cipher.block - 1,))
    assert session.room(0) == session.room(17) == 0
    assert LARGEST_EXTENDED < session.room(65_535) < 65_535


# --- experience -------------------------------------------------------------------------------


def test_what_a_chip_refuses_is_found_out_once_for_its_kind() -> None:
    """The simulated chip gives 1,000 bytes, and does not say so."""
    memory, counts = Memory(), []
    for _ in range(3):
        channel = KnownChip(Chip(DOCUMENT, ef_atr_info=lengths(1000)))
        read(channel, memory)
        counts.append(len(channel.after_access))
    assert counts[0] > counts[1] == counts[2]
    other = KnownChip(Chip(DOCUMENT, ef_atr_info=lengths(1000)), replace(EXTENDED, reader="2"))
    read(other, memory)
    assert len(other.after_access) == counts[0]


def test_the_lengths_are_not_asked_for_again() -> None:
    memory = Memory()
    for expected in (True, False):
        chip = Chip(DOCUMENT, ef_atr_info=lengths(4096))
        channel = KnownChip(chip, replace(EXTENDED, has_lengths=True))
        read(channel, memory)
        assert channel.asked_for_lengths is expected
        assert len(channel.after_access) == 9


def test_extended_length_that_worked_is_used_though_nobody_promises_it() -> None:
    memory, known = Memory(), replace(EXTENDED, extended=None)
    read(KnownChip(Chip(DOCUMENT), known), memory, extended=True)
    channel = KnownChip(Chip(DOCUMENT), known)
    read(channel, memory)
    assert len(channel.after_access) == len(SIZES)


def test_extended_length_that_is_refused_is_not_asked_for_again() -> None:
    memory, resets = Memory(), []
    for _ in range(2):
        channel = KnownChip(Chip(DOCUMENT, quirks=("extended-refused",)))
        dump = read(channel, memory)
        resets.append(dump.quirks)
        assert len(channel.after_access) <= MOST_APDUS[False] + 1
    assert resets == [("extended-refused",), ()]
    insisting = KnownChip(Chip(DOCUMENT))
    read(insisting, memory, extended=True)
    assert len(insisting.after_access) == len(SIZES)


@BOTH
def test_short_identifiers_that_are_missing_are_not_tried_again(access: str) -> None:
    memory, counts = Memory(), []
    for _ in range(2):
        channel = KnownChip(Chip(DOCUMENT, quirks=("no-short-ids",)))
        read(channel, memory, access=access)
        counts.append(len(channel.after_access))
    # Was it extended length that is refused? It is asked once more with short length.
    assert counts == [2 * len(SIZES) + 2, 2 * len(SIZES)]


@pytest.mark.parametrize("error", [CommunicationError, CardRemovedError])
def test_a_link_that_broke_over_extended_length_is_no_long_experience(
    error: type[ReaderError],
) -> None:
    """A tag that slipped may look so; what was asked for with short length then is soon tried."""

    class Slipping(KnownChip):
        dead: ReaderError | None = None
        slipped = False

        def transmit(self, command: Command) -> Response:
            if command.is_extended and command.cla and not self.slipped:
                self.slipped, self.dead = True, error("the link broke")
                self.chip.reset()
            if self.dead:
                raise self.dead
            return super().transmit(command)

        def reconnect(self, _seconds: float, _on_wait: Callable[[], object]) -> None:
            self.dead = None

    memory, counts = Memory(), []
    read(Slipping(Chip(DOCUMENT)), memory)
    for _ in range(5):
        channel = KnownChip(Chip(DOCUMENT))
        read(channel, memory)
        counts.append(len(channel.after_access))
    was_doubted = error is CommunicationError
    assert counts == ([106] * 3 + [4] * 2 if was_doubted else [4] * 5)


@BOTH
@pytest.mark.parametrize(
    "response", ["00", "7FFFFFFF", "00FFFFFFFFFF", "FF" * 20, ""], ids=lambda value: value[:12]
)
def test_lengths_that_no_chip_has(access: str, response: str) -> None:
    """They are anybody's word: nothing is allocated for them, and nothing breaks."""
    numbers = [tlv.build(0x02, b"\x10\x00"), tlv.build(0x02, bytes.fromhex(response))]
    info = tlv.build(0x7F66, numbers)
    channel = KnownChip(Telling(DOCUMENT, info), replace(EXTENDED, has_lengths=True))
    read(channel, access=access)
    assert channel.asked_for_lengths


@pytest.mark.parametrize("most", [0xFFFFFFFF, 0x10000])
def test_a_reader_that_carries_more_than_there_is(most: int) -> None:
    channel = KnownChip(Chip(DOCUMENT), replace(EXTENDED, most=most))
    read(channel)
    assert len(channel.after_access) == len(SIZES)


@pytest.mark.parametrize("response", [300, 512, 1000, 1024, 2048, 4096])
def test_the_longest_answer_after_chip_authentication(response: int) -> None:
    """AES leaves less room than the 3DES of BAC before; no length is refused for that."""
    scheme = CaScheme("brainpoolP256r1", ("AES-128",))
    document = sized(issuer.issue(chip_authentication=[scheme]), dg2=20_480)
    refusals: list[int] = []

    class Listening(KnownChip):
        def transmit(self, command: Command) -> Response:
            answer = super().transmit(command)
            refusals.extend([command.ins] if answer.sw >> 8 in (0x67, 0x6C) else [])
            return answer

    chip = Chip(document, access=("BAC",), ef_atr_info=lengths(response))
    channel = Listening(chip, replace(EXTENDED, has_lengths=True))
    dump = reader.read(channel, KEY, memory=Memory())
    assert dump.files[File.DG2] == document.files[File.DG2]
    room = ChipSession(Cipher.AES_128, bytes(16), bytes(16)).room(response)
    # EF.COM, which announces DG14, comes before; the others at the first length that is asked for.
    rest = sum(-(-len(document.files[file]) // room) for file in (File.DG14, *SIZES))
    proof = 3  # the keys, by one or two commands, and a SELECT under the new ones
    assert len(channel.after_access) <= rest + proof
    assert refusals == []


def test_what_the_caller_forbids_is_no_experience() -> None:
    memory = Memory()
    read(KnownChip(Chip(DOCUMENT)), memory, extended=False)
    assert memory.as_dict() == {}


def test_a_careful_read_is_no_experience() -> None:
    memory = Memory()
    made = Plan(None, EXTENDED, memory)
    made.meet(None)
    ladder = made.ladder(channel(), lambda _: None)
    ladder.be_careful()
    made.remember(ladder)
    assert memory.as_dict() == {}


def test_nothing_is_remembered_of_a_chip_of_no_kind() -> None:
    memory = Memory()
    for known in (Traits(), Traits(extended=True, reader="a reader")):
        read(KnownChip(Chip(DOCUMENT), known), memory)
    reader.read(Chip(DOCUMENT), KEY, memory=memory)
    assert memory.as_dict() == {}
    assert traits(Chip(DOCUMENT)) == Traits()


@pytest.mark.parametrize(
    ("worked", "extended", "largest"),
    [
        (112, None, 112),
        (192, True, 192),
        (AES, None, TDES),
        (TDES, None, TDES),
        (256, None, TDES),
        (TDES, True, LARGEST_EXTENDED),
        (1024, None, 1024),
        (1024, False, TDES),
    ],
)
def test_where_a_read_begins(worked: int, extended: bool | None, largest: int) -> None:
    memory = Memory()
    first, second = Plan(None, EXTENDED, memory), Plan(extended, EXTENDED, memory)
    first.meet(None)
    first.remember(Ladder(worked))
    second.meet(None)
    assert second.ladder(channel(Cipher.TDES), lambda _: None).largest == largest


def test_kinds_differ_by_what_they_offer() -> None:
    memory = Memory()
    for cipher in ("AES-128", "AES-256", "AES-128"):
        read(KnownChip(Chip(DOCUMENT, cipher=cipher)), memory)
    assert len(memory.as_dict()) == 2
    assert all(len(kind) == 64 for kind in memory.as_dict())


def test_a_traced_read_replays_with_the_same_plan() -> None:
    lines: list[str] = []
    chip = Chip(DOCUMENT, ef_atr_info=lengths(4096))
    tracing = TracingChannel(KnownChip(chip, replace(EXTENDED, has_lengths=True)), lines.append)
    random = tracing.random(token_bytes)
    dump = reader.read(tracing, KEY, random=random)
    header = trace.header(traits=trace.planned_with(tracing.traits))
    replay = ReplayChannel(Trace.parse([header, *lines]))
    assert reader.read(replay, KEY, random=replay.random).files == dump.files
    replay.finish()


# --- the bytes as they come -------------------------------------------------------------------


@pytest.mark.parametrize("extended", [None, False])
def test_the_image_can_be_had_as_it_arrives(extended: bool | None) -> None:
    came: dict[File, bytes] = {}

    def on_event(event: ReadEvent) -> None:
        if event.file is not None and event.stage == "file":
            came[event.file] = came.get(event.file, b"") + event.data
            assert len(came[event.file]) == event.done
        assert "data" not in repr(event)

    dump = read(KnownChip(Chip(DOCUMENT)), on_event=on_event, extended=extended)
    assert came == application(dump.files)
    assert list(came) == [File.COM, File.DG1, File.SOD, File.DG2]
