"""Which quirks are named while files are read, and that a doubtful one is not."""

import pytest
from reading_card import Card, content_of

from epass.card import quirks
from epass.card.apdu import Command, Response
from epass.card.files import FileReader
from epass.card.ladder import Ladder
from epass.lds.names import File

COM, DG2 = content_of(File.COM, 24), content_of(File.DG2, 1000)
LARGEST, EXTENDED = 223, 0xFF00
BOTH = (File.COM, File.DG2)

HABITS: dict[str, tuple[dict[str, int], int, list[str]]] = {
    "none": ({}, LARGEST, []),
    "ends without 6282": ({"short": 0x9000}, LARGEST, []),
    "small answers": ({"gives": 50}, LARGEST, []),
    "no extended length": ({"takes": 256}, EXTENDED, []),
    "some extended length": ({"takes": 1500}, EXTENDED, []),
    "just short of it": ({"takes": 222}, LARGEST, ["short-answers"]),
    "short answers": ({"takes": 192}, LARGEST, ["short-answers"]),
    "short answers, 6Cxx": ({"takes": 192, "refusal": 0x6CC0}, LARGEST, ["short-answers"]),
    "short answers, extended": ({"takes": 112}, EXTENDED, ["short-answers"]),
    "empty answers": ({"takes": 192, "refusal": 0x9000}, LARGEST, ["empty-answers"]),
    "exact": ({"exact": True}, LARGEST, ["exact-lengths"]),
    "exact, 6Cxx": ({"exact": True, "refusal": 0x6C18}, LARGEST, ["exact-lengths"]),
    "short and exact": (
        {"takes": 160, "exact": True},
        LARGEST,
        ["short-answers", "exact-lengths"],
    ),
    "no short identifiers": ({"short_ids": 0x6B00}, LARGEST, ["no-short-ids"]),
}


def card(habits: dict[str, int]) -> Card:
    chip = Card({File.COM: COM, File.DG2: DG2})
    for name, value in habits.items():
        setattr(chip, name, value)
    return chip


def read(chip: Card, *files: File, largest: int = LARGEST) -> list[str]:
    """The quirks that are named; all files are read right."""
    met = quirks.Met()
    reader = FileReader(chip, Ladder(largest, note=met))
    for file in files:
        assert reader.read(file) == {File.COM: COM, File.DG2: DG2}[file]
    return met.ids


@pytest.mark.parametrize("habit", HABITS)
def test_a_habit_is_named_by_what_it_is(habit: str) -> None:
    habits, largest, expected = HABITS[habit]
    assert read(card(habits), *BOTH, *BOTH, largest=largest) == expected


@pytest.mark.parametrize("habits", [{"exact": True}, {"takes": 192}, {"takes": 30}])
def test_a_small_file_does_not_tell_why_a_length_is_refused(habits: dict[str, int]) -> None:
    """Was it more than the file holds, or more than the chip gives?"""
    assert read(card(habits), File.COM, File.COM) == []


def test_once_the_length_is_known_no_header_is_read_first() -> None:
    chip = card({"takes": 192})
    read(chip, File.DG2, File.COM, File.DG2)
    assert [le for _, le in chip.asked] == [
        *(223, 8, 223, 192, 192, 192, 192, 192, 32),
        192,
        *(192, 192, 192, 192, 192, 40),
    ]


def test_a_chip_that_wants_exact_lengths_is_not_asked_for_more_again() -> None:
    chip = card({"exact": True})
    read(chip, *BOTH, *BOTH)
    dg2 = (8, 223, 223, 223, 223, 100)
    assert [le for _, le in chip.asked] == [*(223, 8, 16), *dg2, *(8, 16), *dg2]


@pytest.mark.parametrize("largest", [LARGEST, EXTENDED, 100])
def test_a_careful_reader_asks_for_nothing_that_is_refused(largest: int) -> None:
    chip = card({"takes": 112, "exact": True, "short_ids": 0x6A86})
    met = quirks.Met()
    ladder = Ladder(largest, note=met)
    ladder.be_careful()
    reader = FileReader(chip, ladder)
    assert [reader.read(file) for file in BOTH] == [COM, DG2]
    size = min(largest, 112)
    steps = [(0xA4, None), (0xB0, 8), (0xB0, 16), (0xA4, None), (0xB0, 8)]
    assert chip.asked[:6] == [*steps, (0xB0, size)]
    assert len(chip.asked) == 5 + -(-(len(DG2) - 8) // size)
    assert met.ids == []


@pytest.mark.parametrize("padding", [0, 1, 300])
def test_padding_behind_the_end(padding: int) -> None:
    chip = Card({File.COM: COM + bytes(padding), File.DG2: DG2})
    assert read(chip, *BOTH) == (["padded-end"] if padding else [])


@pytest.mark.parametrize("sw", [0x9000, 0x6982, 0x6A81, 0x6A86, 0x6A87, 0x6D00])
def test_select_of_the_master_file(sw: int) -> None:
    class Chip:
        def transmit(self, command: Command) -> Response:
            assert command.encode() == bytes.fromhex("00a4000c023f00")
            return Response(sw=sw)

    met = quirks.Met()
    FileReader(Chip(), Ladder(LARGEST, note=met)).select_master_file()
    assert met.ids == (["mf-refused"] if sw != 0x9000 else [])


def test_what_is_no_quirk_of_the_registry_cannot_be_noted() -> None:
    met = quirks.Met()
    with pytest.raises(KeyError):
        met("no-such-quirk")
    met("mf-refused")
    met("mf-refused")
    assert met.ids == ["mf-refused"]
