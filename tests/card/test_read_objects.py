"""Files without a length of their own: read by the data objects in them, to where the chip ends."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reading_card import Card
from watched_chip import READ_BINARY, SELECT

from epass import tlv
from epass.card.apdu import Command, Response
from epass.card.master_file import LARGEST, MAX_ANSWERS, read_objects
from epass.errors import FormatError, ProtocolError, StatusError
from epass.lds.names import File

INFO = bytes.fromhex("4301B8 4703 94 01 80 7F66 08 0202 0100 0202 0100".replace(" ", ""))
DIRECTORY = tlv.build(0x61, tlv.build(0x4F, bytes.fromhex("A0000002471001"))) * 3


def whole(card: Card, size: int = 223, file: File = File.DIR) -> bytes:
    came = b""

    def tell(done: int, total: int, data: bytes) -> None:
        nonlocal came
        came += data
        assert done == total == len(came)

    content = read_objects(card, file, size, tell)
    assert came == content
    return content


LONG = tlv.build(0x61, bytes(200)) * 3


@pytest.mark.parametrize("size", [223, 112, 5])
@pytest.mark.parametrize(
    ("habits", "contents"),
    [
        ({}, (DIRECTORY, INFO, b"\x61\x00", LONG)),
        ({"short": 0x9000}, (DIRECTORY, INFO, b"\x61\x00", LONG)),
        ({"gives": 7, "short": 0x9000}, (DIRECTORY, INFO, b"\x61\x00", LONG)),
        ({"exact": True}, (DIRECTORY, INFO, b"\x61\x00", LONG)),
        ({"exact": True, "refusal": 0x6C05}, (DIRECTORY, INFO, b"\x61\x00", LONG)),
        ({"exact": True, "takes": 112}, (DIRECTORY, INFO, b"\x61\x00", LONG)),
        ({"takes": 112}, (DIRECTORY, INFO, b"\x61\x00", LONG)),
    ],
    ids=str,
)
def test_by_all_habits_of_chips(
    size: int, habits: dict[str, int], contents: tuple[bytes, ...]
) -> None:
    for content in contents:
        card = Card({File.DIR: content}, **habits)  # type: ignore[arg-type]
        assert whole(card, size) == content


@pytest.mark.parametrize("filling", [b"\x00", b"\xff"])
def test_filling_is_not_read_to_its_end(filling: bytes) -> None:
    card = Card({File.DIR: DIRECTORY + filling * 3000})
    content = whole(card)
    assert content == (DIRECTORY + filling * 223)[:223]
    assert card.asked == [(SELECT, None), (READ_BINARY, 223)]
    exact = Card({File.DIR: DIRECTORY + filling * 3000}, takes=112)
    assert whole(exact) == DIRECTORY + filling * 2


def test_what_is_no_data_object_is_kept_as_far_as_it_came() -> None:
    broken = b"\x61\x80" + bytes(range(1, 60))
    assert whole(Card({File.DIR: broken * 50})) == (broken * 50)[:223]
    assert whole(Card({File.DIR: DIRECTORY[:-1]})) == DIRECTORY[:-1]
    assert whole(Card({File.DIR: b"\x61"}, short=0x9000)) == b"\x61"


def test_a_selection_with_a_warning() -> None:
    class Warning(Card):
        def _select(self, command: Command) -> Response:
            return replace(super()._select(command), sw=0x6283)

    assert whole(Warning({File.DIR: DIRECTORY})) == DIRECTORY


def test_what_cannot_be_read() -> None:
    with pytest.raises(StatusError, match=r"SELECT EF.DIR: the chip answers 6A82"):
        whole(Card({File.DIR: DIRECTORY}, select=0x6A82))
    with pytest.raises(StatusError, match=r"READ BINARY EF.DIR: the chip answers 6700"):
        whole(Card({File.DIR: DIRECTORY}, takes=0))
    for habits in ({}, {"short": 0x9000}):
        with pytest.raises(FormatError, match=r"EF.DIR at byte 0: empty"):
            whole(Card({File.DIR: b""}, **habits))  # type: ignore[arg-type]


def test_a_value_that_is_refused_is_an_error() -> None:
    class Half(Card):
        def _answer(self, offset: int, wanted: int, le: int) -> Response:
            return Response(sw=0x6700) if offset or le > 2 else super()._answer(offset, wanted, le)

    with pytest.raises(StatusError, match=r"READ BINARY EF.DIR: the chip answers 6700"):
        whole(Half({File.DIR: DIRECTORY}))


@pytest.mark.parametrize("sw", [0x6A86, 0x6985, 0x6F00, 0x6A82, 0x6282, 0x6B00])
def test_whatever_a_chip_says_at_the_end(sw: int) -> None:
    """All data objects have come whole: nothing is behind them."""

    class Ending(Card):
        def _answer(self, offset: int, wanted: int, le: int) -> Response:
            ended = offset >= len(DIRECTORY)
            return Response(sw=sw) if ended else super()._answer(offset, wanted, le)

    assert whole(Ending({File.DIR: DIRECTORY}, short=0x9000)) == DIRECTORY


def test_the_limits() -> None:
    largest = tlv.build(0x61, bytes(LARGEST - 4))
    assert len(largest) == LARGEST
    assert whole(Card({File.DIR: largest})) == largest
    for more in (b"\x61\x00", largest):
        with pytest.raises(FormatError, match=r"EF.DIR at byte 4096: over 4096 bytes"):
            whole(Card({File.DIR: largest + more}))
    slow = Card({File.DIR: largest}, gives=1, short=0x9000)
    with pytest.raises(ProtocolError, match=f"only {MAX_ANSWERS} bytes in {MAX_ANSWERS} answers"):
        whole(slow)


def test_more_than_was_asked_for() -> None:
    class Much(Card):
        def _answer(self, _offset: int, _wanted: int, le: int) -> Response:
            return Response(bytes(le + 1))

    with pytest.raises(ProtocolError, match=r"224 bytes for 223 asked for"):
        whole(Much({File.DIR: DIRECTORY}))


@given(
    st.binary(max_size=600), st.integers(1, 300), st.booleans(), st.sampled_from([0x9000, 0x6282])
)
def test_any_file_comes_to_an_end(content: bytes, size: int, exact: bool, short: int) -> None:
    try:
        found = whole(Card({File.DIR: content}, exact=exact, short=short), size)
    except (FormatError, ProtocolError):
        return
    except StatusError as error:  # nobody knows how long what is no data object is
        assert (exact, error.sw) == (True, 0x6700)
        return
    assert content.startswith(found)
    assert found
