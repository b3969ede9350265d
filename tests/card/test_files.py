"""Reading whole files from chips with every habit that the field reports, and from broken ones."""

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reading_card import Card, content_of

from epass.card import files, quirks
from epass.card.apdu import Command, Response
from epass.card.files import NO_SHORT_ID, FileReader
from epass.card.ladder import HEADER, LADDER, Ladder
from epass.errors import CardError, EpassError, FormatError, ProtocolError, StatusError
from epass.lds.names import File

COM, DG2 = content_of(File.COM, 24), content_of(File.DG2, 1000)
LARGEST = 223


def card(**habits: int) -> Card:
    chip = Card({File.COM: COM, File.DG2: DG2})
    for name, value in habits.items():
        setattr(chip, name, value)
    return chip


class Answers:
    """A channel that gives these answers in turn, whatever it is asked."""

    def __init__(self, *answers: Response) -> None:
        self.answers: Iterator[Response] = iter(answers)
        self.log: list[Command] = []

    def transmit(self, command: Command) -> Response:
        self.log.append(command)
        return next(self.answers)


def read_dg2(*answers: Response) -> bytes:
    return FileReader(Answers(*answers), Ladder(LARGEST)).read(File.DG2)


# --- which commands ---------------------------------------------------------------------------


def test_a_small_file_is_one_command() -> None:
    chip = card()
    assert FileReader(chip, Ladder(LARGEST)).read(File.COM) == COM
    assert [command.encode().hex() for command in chip.log] == ["00b09e00df"]


def test_a_larger_file_goes_on_where_the_first_answer_ended() -> None:
    chip = card()
    assert FileReader(chip, Ladder(LARGEST)).read(File.DG2) == DG2
    assert [command.encode().hex() for command in chip.log] == [
        "00b08200df",
        "00b000dfdf",
        "00b001bedf",
        "00b0029ddf",
        "00b0037c6c",
    ]


def test_progress_counts_the_bytes_of_the_file() -> None:
    seen: list[tuple[int, int, bytes]] = []
    FileReader(card(), Ladder(400)).read(File.DG2, lambda *progress: seen.append(progress))
    assert seen == [
        (400, 1000, DG2[:400]),
        (800, 1000, DG2[400:800]),
        (1000, 1000, DG2[800:]),
    ]


@pytest.mark.parametrize("sw", NO_SHORT_ID)
def test_without_short_identifiers_the_file_is_selected(sw: int) -> None:
    chip = card(short_ids=sw)
    assert FileReader(chip, Ladder(LARGEST)).read(File.DG2) == DG2
    assert [command.encode().hex() for command in chip.log[:3]] == [
        "00b08200df",
        "00a4020c020102",
        "00b00000df",
    ]


@pytest.mark.parametrize("sw", [0x6982, 0x6985, 0x6A80, 0x6F00, 0x6283, 0x63C0, 0x6100])
def test_any_other_refusal_is_final(sw: int) -> None:
    chip = card(short_ids=sw)
    with pytest.raises(StatusError) as caught:
        FileReader(chip, Ladder(LARGEST)).read(File.COM)
    assert caught.value.facts == {"action": "READ BINARY EF.COM at 0", "sw": f"{sw:04X}"}
    assert len(chip.log) == 1


def test_a_file_that_cannot_be_selected() -> None:
    chip = card(short_ids=0x6A82, select=0x6A82)
    with pytest.raises(StatusError) as caught:
        FileReader(chip, Ladder(LARGEST)).read(File.COM)
    assert caught.value.message == "SELECT EF.COM: the chip answers 6A82 (file not found)"


def test_a_refusal_in_the_middle_says_where() -> None:
    answers = [Response(DG2[:223]), Response(sw=0x6982)]
    with pytest.raises(StatusError) as caught:
        read_dg2(*answers)
    assert caught.value.message == (
        "READ BINARY DG2 at 223: the chip answers 6982 (security status not satisfied)"
    )


def test_a_selected_file_is_read_without_its_identifier() -> None:
    chip = card()
    reader = FileReader(chip, Ladder(LARGEST))
    assert reader.select(File.COM) == Response()
    assert reader.read_selected(File.COM) == COM
    assert chip.log[-1] == Command(0xB0, le=LARGEST)


def test_selecting_the_application_and_the_master_file() -> None:
    channel = Answers(Response(), Response(sw=0x6982), Response(sw=0x6A82))
    reader = FileReader(channel, Ladder(LARGEST))
    reader.select_application()
    reader.select_master_file()  # §3.6.1: some refuse what is selected already
    with pytest.raises(StatusError, match=r"SELECT eMRTD application: the chip answers 6A82"):
        reader.select_application()
    assert [command.encode().hex() for command in channel.log[:2]] == [
        "00a4040c07a0000002471001",
        "00a4000c023f00",
    ]


# --- lengths that the chip does not take ------------------------------------------------------


@pytest.mark.parametrize("refusal", [0x6700, 0x6C18, 0x6C00])
def test_a_chip_that_wants_no_le_beyond_the_end(refusal: int) -> None:
    """It is asked for the header first, for this file and from the start for all that follow."""
    chip = card(exact=True, refusal=refusal)
    reader = FileReader(chip, Ladder(LARGEST))
    assert reader.read(File.COM) == COM
    assert chip.asked == [(0xB0, 223), (0xB0, 8), (0xB0, 16)]
    assert reader.read(File.DG2) == DG2
    assert chip.asked[3:5] == [(0xB0, 8), (0xB0, 223)]


@pytest.mark.parametrize("takes", [*LADDER, 127, 222, 2000])
@pytest.mark.parametrize("refusal", [0x6700, 0x6CE7, 0x9000])
@pytest.mark.parametrize("largest", [LARGEST, 231, 0xFF00])
def test_the_largest_answer_is_found_once(takes: int, refusal: int, largest: int) -> None:
    """9000, without data, is a refusal too."""
    content = content_of(File.DG2, 10_000)
    chip = Card({File.DG2: content}, takes=takes, refusal=refusal)
    reader = FileReader(chip, Ladder(largest))
    assert reader.read(File.DG2) == content
    tried = [le for _, le in chip.asked if le is not None]
    # Greedy, and, where that is refused, the header; the first block, and down the ladder.
    block = min(largest, len(content) - HEADER)
    ladder = [size for size in LADDER if size < block]
    found = largest if largest <= takes else next(size for size in ladder if size <= takes)
    if found == largest:
        assert set(tried[:-1]) == {largest}
    elif block <= takes:  # once the file's length is known, it is not too long
        assert tried == [largest, HEADER, block]
        return
    else:
        steps = [largest, HEADER, block, *ladder[: ladder.index(found) + 1]]
        assert tried[: len(steps)] == steps
        assert set(tried[len(steps) : -1]) <= {found}
    chip.log.clear()
    assert reader.read(File.DG2) == content
    assert {le for _, le in chip.asked[:-1]} == {found}


def test_a_chip_that_takes_no_length_at_all() -> None:
    chip = card(takes=7)
    with pytest.raises(StatusError, match="READ BINARY DG2 at 0: the chip answers 6700"):
        FileReader(chip, Ladder(LARGEST)).read(File.DG2)
    assert len(chip.log) == 2


def test_the_ladder_ends() -> None:
    chip = card(takes=100)
    with pytest.raises(StatusError, match="READ BINARY DG2 at 8: the chip answers 6700"):
        FileReader(chip, Ladder(LARGEST)).read(File.DG2)
    assert [le for _, le in chip.asked] == [223, 8, 223, 192, 160, 128, 112]


def test_a_ladder_in_vain_changes_nothing() -> None:
    """What the chip refuses there is not the length; the next file is read as before."""
    content = content_of(File.DG2, 10_000)
    pieces = [Response(content[at : at + 2000]) for at in range(0, 10_000, 2000)]
    channel = Answers(pieces[0], *[Response(sw=0x6700)] * 10, *pieces)
    met = quirks.Met()
    reader = FileReader(channel, Ladder(2000, note=met))
    with pytest.raises(StatusError, match="READ BINARY DG2 at 2000: the chip answers 6700"):
        reader.read(File.DG2)
    assert [command.le for command in channel.log] == [2000, 2000, *LADDER[5:]]
    assert reader.read(File.DG2) == content
    assert {command.le for command in channel.log[11:]} == {2000}
    assert met.ids == []


def test_the_ladder_reaches_the_odd_instruction() -> None:
    content = content_of(File.DG2, 40_000)
    chip = Card({File.DG2: content}, takes=160)
    assert FileReader(chip, Ladder(LARGEST)).read(File.DG2) == content
    assert max(le for ins, le in chip.asked if ins == 0xB1 and le is not None) == 160


# --- how much comes ---------------------------------------------------------------------------


@pytest.mark.parametrize("short", [0x9000, 0x6282])
@pytest.mark.parametrize("gives", [32, 100, 222])
def test_less_than_asked_for_is_taken_as_it_comes(gives: int, short: int) -> None:
    chip = card(gives=gives, short=short)
    assert FileReader(chip, Ladder(LARGEST)).read(File.DG2) == DG2
    assert len(chip.log) == -(-1000 // gives)


@pytest.mark.parametrize("gives", [4, 8, 31])
def test_a_chip_that_never_comes_to_the_end_is_left(gives: int) -> None:
    chip = Card({File.DG2: content_of(File.DG2, 60_000)}, gives=gives)
    with pytest.raises(ProtocolError) as caught:
        FileReader(chip, Ladder(LARGEST)).read(File.DG2)
    answers = len(chip.log) - 1
    came = gives * len(chip.log)
    assert caught.value.message == (
        f"READ BINARY DG2: only {came} of 60000 bytes in {answers} answers"
    )
    assert answers == files.PATIENCE + came // files.LEAST + 1


def test_a_small_file_may_come_in_small_pieces() -> None:
    chip = Card({File.COM: COM}, gives=8)
    assert FileReader(chip, Ladder(LARGEST)).read(File.COM) == COM


@pytest.mark.parametrize("padding", [1, 100, 1000])
def test_what_lies_behind_the_end_is_cut_off(padding: int) -> None:
    chip = Card({File.COM: COM + b"\xff" * padding, File.DG2: DG2 + bytes(padding)})
    reader = FileReader(chip, Ladder(LARGEST))
    assert reader.read(File.COM) == COM
    assert reader.read(File.DG2) == DG2


def test_no_answer_is_taken_that_is_longer_than_asked_for() -> None:
    with pytest.raises(ProtocolError, match="READ BINARY: 224 bytes for 223 asked for"):
        read_dg2(Response(DG2[:224]))
    answers = Answers(Response(DG2[:950]), Response(DG2[950:] + b"\x00"))
    with pytest.raises(ProtocolError, match="READ BINARY: 51 bytes for 50 asked for"):
        FileReader(answers, Ladder(950)).read(File.DG2)


@pytest.mark.parametrize("sw", [0x9000, 0x6282])
def test_a_file_that_ends_early(sw: int) -> None:
    """9000 may mean that the length is too long: a bounded number of shorter ones is tried."""
    nothing = [Response(b"", sw)] * (5 if sw == 0x9000 else 1)
    answers = Answers(Response(DG2[:223]), Response(DG2[223:300], sw), *nothing)
    met = quirks.Met()
    with pytest.raises(FormatError) as caught:
        FileReader(answers, Ladder(LARGEST, note=met)).read(File.DG2)
    assert caught.value.message == "DG2 at byte 300: 1000 bytes declared, the chip ends after 300"
    assert next(answers.answers, None) is None  # all were asked for
    assert met.ids == []


@pytest.mark.parametrize("size", [1000, 40_000])
def test_a_file_that_is_shorter_than_it_declares(size: int) -> None:
    """The chip says 6282 with what is left, then 6B00, as there is nothing at that offset."""
    chip = Card({File.DG2: content_of(File.DG2, size)[:-1]})
    with pytest.raises(FormatError) as caught:
        FileReader(chip, Ladder(LARGEST)).read(File.DG2)
    assert caught.value.problem == f"{size} bytes declared, the chip ends after {size - 1}"


@pytest.mark.parametrize("sw", [0x6283, 0x6300, 0x61DF, 0x9001])
def test_data_under_another_status_word_is_not_taken(sw: int) -> None:
    with pytest.raises(StatusError) as caught:
        read_dg2(Response(DG2[:223]), Response(DG2[223:446], sw))
    assert caught.value.sw == sw


# --- the header -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("start", "problem", "offset"),
    [
        ("", "the data ends inside a tag", 0),
        ("75", "the data ends before the length", 1),
        ("7582", "the data ends inside the length", 1),
        ("758203", "the data ends inside the length", 1),
        ("7580", "indefinite length", 1),
        ("7584000000FF", "a length of 4 bytes", 1),
        ("61820100", "the tag is 61, not 75", 0),
        ("00000000", "the tag is 00, not 75", 0),
        ("FFFFFFFF", "the tag is longer than 3 bytes", 0),
        ("7F6101", "the tag is 7F61, not 75", 0),
        ("7582FFFD", "65537 bytes declared, over the 65536 of a file", 1),
        ("7583010000", "65541 bytes declared, over the 65536 of a file", 1),
        ("7583FFFFFF", "16777220 bytes declared, over the 65536 of a file", 1),
    ],
)
def test_a_header_that_is_none(start: str, problem: str, offset: int) -> None:
    asked = 1 if start else 2  # no data at all may mean that the length is too long
    channel = Answers(*[Response(bytes.fromhex(start))] * asked)
    with pytest.raises(FormatError) as caught:
        FileReader(channel, Ladder(LARGEST)).read(File.DG2)
    assert (caught.value.problem, caught.value.where, caught.value.offset) == (
        problem,
        "DG2",
        offset,
    )
    assert len(channel.log) == asked


def test_a_length_longer_than_needed_is_part_of_the_file() -> None:
    content = bytes.fromhex("75830003E3") + DG2[4:999]
    chip = Card({File.DG2: content + b"\xff" * 50})
    assert FileReader(chip, Ladder(LARGEST)).read(File.DG2) == content


def test_an_empty_template_is_a_file() -> None:
    assert read_dg2(Response(b"\x75\x00", 0x6282)) == b"\x75\x00"


# --- properties -------------------------------------------------------------------------------


@settings(max_examples=150, deadline=None)
@given(
    size=st.one_of(st.integers(2, 127), st.integers(131, 3000).filter(lambda n: n != 259)),
    gives=st.integers(files.LEAST, 300),
    takes=st.integers(112, 300),
    largest=st.sampled_from([223, 231, 256, 0xFF00]),
    exact=st.booleans(),
    short=st.sampled_from([0x9000, 0x6282]),
    padding=st.integers(0, 50),
)
def test_any_habit_gives_the_file(
    size: int, gives: int, takes: int, largest: int, exact: bool, short: int, padding: int
) -> None:
    content = content_of(File.DG2, size)
    chip = Card(
        {File.DG2: content + bytes(padding)}, gives=gives, takes=takes, exact=exact, short=short
    )
    if exact and size + padding < HEADER:
        return  # no file of an eMRTD is that short
    assert FileReader(chip, Ladder(largest)).read(File.DG2) == content
    refused = 2 + len(LADDER)  # greedy, the first block, and the ladder
    assert len(chip.log) <= refused + 1 + size // min(gives, 112) + 1


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from([File.COM, File.DG2, File.CARD_ACCESS]),
    st.lists(
        st.tuples(
            st.binary(max_size=40) | st.binary(max_size=8).map(lambda rest: b"\x75\x82" + rest),
            st.sampled_from([0x9000, 0x6282, 0x6700, 0x6C08, 0x6A82, 0x6982, 0x6100]),
        ),
        min_size=1,
        max_size=4,
    ),
)
def test_any_answers_end_in_a_file_or_an_error(
    file: File, answers: list[tuple[bytes, int]]
) -> None:
    """The last answer is given again and again."""

    class Chip:
        count = 0

        def transmit(self, _command: Command) -> Response:
            self.count += 1
            return Response(*answers[min(self.count, len(answers)) - 1])

    chip = Chip()
    try:
        content = FileReader(chip, Ladder(LARGEST)).read(file)
    except EpassError as error:
        assert isinstance(error, CardError | FormatError)
    else:
        assert len(content) <= files.LARGEST_FILE
    assert chip.count <= files.LARGEST_FILE
