"""READ BINARY beyond 32,767 bytes: the odd instruction, its offset and its data object 53."""

from collections.abc import Callable

import pytest
from reading_card import Card, content_of

from epass import tlv
from epass.card.files import FileReader
from epass.card.ladder import Ladder
from epass.errors import FormatError, ProtocolError
from epass.lds.names import File

LARGEST = 223


@pytest.mark.parametrize("size", [32767, 32768, 32769, 33000, 65535, 65536])
@pytest.mark.parametrize("largest", [LARGEST, 0xFF00])
def test_large_files(size: int, largest: int) -> None:
    content = content_of(File.DG2, size)
    chip = Card({File.DG2: content})
    assert FileReader(chip, Ladder(largest)).read(File.DG2) == content
    even = [command for command in chip.log if command.ins == 0xB0]
    assert all(command.p1 < 0x80 for command in even[1:])
    assert even[0].p1 == 0x82


def test_the_odd_instruction_carries_the_offset() -> None:
    chip = Card({File.DG2: content_of(File.DG2, 32769)}, gives=32768)
    FileReader(chip, Ladder(0xFF00)).read(File.DG2)
    assert chip.log[-1].encode().hex() == "00b100000454028000" + "03"


def test_an_even_block_may_run_beyond_the_last_even_offset() -> None:
    chip = Card({File.DG2: content_of(File.DG2, 33_000)}, gives=32_767)
    FileReader(chip, Ladder(0xFF00)).read(File.DG2)
    assert [(command.ins, command.p1, command.p2) for command in chip.log[1:]] == [
        (0xB0, 0x7F, 0xFF)
    ]


SIZE = 40_000
PROBLEMS: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "bare data": (lambda data: data, "the tag is "),
    "another tag": (lambda data: tlv.build(0x54, data), "the tag is 54, not 53"),
    "trailing": (lambda data: tlv.build(0x53, data[:-1]) + b"\x00", "1 bytes after the end"),
    "twice": (
        lambda data: tlv.build(0x53, data[:9]) + tlv.build(0x53, data[9:18]),
        "11 bytes after the end",
    ),
    "truncated": (lambda data: tlv.build(0x53, data)[:-1], "bytes declared, "),
    "no length": (lambda _: b"\x53", "the data ends before the length"),
    "indefinite": (lambda data: b"\x53\x80" + data[:100], "indefinite length"),
    "huge": (lambda data: b"\x53\x84\x00\x00\x00\x02" + data[:2], "a length of 4 bytes"),
}


@pytest.mark.parametrize("fault", PROBLEMS)
def test_a_malformed_data_object_53(fault: str) -> None:
    make, problem = PROBLEMS[fault]
    chip = Card({File.DG2: content_of(File.DG2, SIZE)}, odd=make)
    with pytest.raises(ProtocolError) as caught:
        FileReader(chip, Ladder(LARGEST)).read(File.DG2)
    assert caught.value.message.startswith("READ BINARY DG2: ")
    assert problem in caught.value.message
    assert sum(command.ins == 0xB1 for command in chip.log) == 1


@pytest.mark.parametrize("answer", [b"", b"\x53\x00"])
def test_nothing_in_data_object_53(answer: bytes) -> None:
    chip = Card({File.DG2: content_of(File.DG2, SIZE)}, odd=lambda _: answer)
    with pytest.raises(FormatError, match=f"{SIZE} bytes declared, the chip ends after 32"):
        FileReader(chip, Ladder(LARGEST)).read(File.DG2)


def test_data_object_53_that_is_longer_than_asked_for() -> None:
    chip = Card({File.DG2: content_of(File.DG2, SIZE)}, odd=lambda d: tlv.build(0x53, d + b"1234"))
    with pytest.raises(ProtocolError, match="READ BINARY: 227 bytes for 223 asked for"):
        FileReader(chip, Ladder(LARGEST)).read(File.DG2)
