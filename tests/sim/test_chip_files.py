"""READ BINARY of the simulated chip, both forms: offsets, ends, and what fits an answer."""

import pytest
from sim_cards import EF_COM, FILES, opened, opened_by_pace
from sim_terminal import Terminal

from epass import tlv
from epass.card.apdu import Response
from epass.crypto.ciphers import Cipher
from epass.lds.names import File

DG2 = FILES[File.DG2]

# --- READ BINARY ------------------------------------------------------------------------------


def offset_object(offset: int) -> bytes:
    return tlv.build(0x54, offset.to_bytes(max((offset.bit_length() + 7) // 8, 1)))


def read_odd(
    terminal: Terminal, file: str, offset: int, le: int, *, extended: bool = False
) -> bytes:
    answer = terminal.send(f"00B1{file}", offset_object(offset), le, extended=extended)
    assert answer.sw == 0x9000
    assert len(answer.data) <= le
    return tlv.parse_one(answer.data, 0x53, where="answer").value


@pytest.mark.parametrize("cipher", [None, *Cipher])
@pytest.mark.parametrize("block", [100, 223])
def test_a_long_file_in_short_blocks(cipher: Cipher | None, block: int) -> None:
    terminal = opened() if cipher is None else opened_by_pace(cipher)
    terminal.ok("00A4020C", b"\x01\x02")
    content = b""
    while len(content) < 0x8000:
        content += terminal.ok(f"00B0{len(content):04X}", le=block)
    while len(content) < len(DG2):
        left = len(DG2) - len(content)
        content += read_odd(terminal, "0000", len(content), min(block - 20, left) + 2)
    assert content == DG2


@pytest.mark.parametrize("reference", ["0000", "0002", "0102"])
def test_a_long_file_in_extended_blocks(reference: str) -> None:
    terminal = opened_by_pace(Cipher.AES_256)
    terminal.ok("00A4020C", b"\x01\x02")
    first = read_odd(terminal, reference, 0, 30_000, extended=True)
    rest = terminal.send("00B1" + reference, offset_object(len(first)), 65536)
    assert rest.sw == 0x6282  # all that was left, and less than Ne
    assert first + tlv.parse_one(rest.data, 0x53, where="answer").value == DG2


def test_a_whole_file_in_one_extended_answer() -> None:
    terminal = opened()
    answer = terminal.send("00B08200", le=65536, extended=True)
    assert answer == Response(DG2, 0x6282)
    assert terminal.send("00B08200", le=len(DG2), extended=True) == Response(DG2)


def test_a_file_read_by_short_identifier_becomes_current() -> None:
    terminal = opened()
    assert terminal.ok("00B08105", le=5) == FILES[File.DG1][5:10]
    assert terminal.ok("00B0000A", le=5) == FILES[File.DG1][10:15]
    assert read_odd(terminal, "0002", 0, 12) == DG2[:10]
    assert terminal.ok("00B00000", le=5) == DG2[:5]
    assert terminal.send("00B08500", le=5).sw == 0x6A82
    assert terminal.ok("00B00000", le=5) == DG2[:5]  # a failed command changes nothing


@pytest.mark.parametrize(
    ("p1_p2", "le", "data", "sw"),
    [
        ("9E00", 22, EF_COM, 0x9000),
        ("9E00", 23, EF_COM, 0x6282),
        ("9E00", 256, EF_COM, 0x6282),
        ("9E15", 1, EF_COM[21:], 0x9000),
        ("9E15", 2, EF_COM[21:], 0x6282),
        ("9E16", 1, b"", 0x6B00),
        ("9EFF", 1, b"", 0x6B00),
        ("8000", 1, b"", 0x6A86),
        ("9F00", 1, b"", 0x6A86),
        ("A100", 1, b"", 0x6A86),
        ("C100", 1, b"", 0x6A86),
    ],
)
def test_the_end_of_a_file(p1_p2: str, le: int, data: bytes, sw: int) -> None:
    assert opened().send(f"00B0{p1_p2}", le=le) == Response(data, sw)


@pytest.mark.parametrize(
    ("data", "le", "sw"),
    [
        (b"\x54\x01\x00", 256, 0x9000),
        (b"\x54\x04\x00\x00\x00\x00", 256, 0x9000),
        (b"\x54\x02\x9c\x3f", 3, 0x9000),  # the last byte
        (b"\x54\x02\x9c\x3f", 4, 0x6282),
        (b"\x54\x02\x9c\x40", 3, 0x6B00),
        (b"\x54\x04\xff\xff\xff\xff", 3, 0x6B00),
        (b"\x54\x01\x00", 2, 0x6700),  # no room for a byte in DO 53
        (b"\x54\x00", 3, 0x6A80),
        (b"\x54\x05\x00\x00\x00\x00\x00", 3, 0x6A80),
        (b"\x54\x01\x00\x54\x01\x01", 3, 0x6A80),
        (b"\x53\x01\x00", 3, 0x6A80),
        (b"\x54\x01", 3, 0x6A80),
        (b"\x54\x01\x00\x00", 3, 0x6A80),
    ],
)
def test_offsets_in_a_data_object(data: bytes, le: int, sw: int) -> None:
    answer = opened().send("00B10102", data, le)
    assert answer.sw == sw
    assert bool(answer.data) is (sw in (0x9000, 0x6282))


@pytest.mark.parametrize("le", [3, 129, 130, 131, 132, 200])
def test_odd_answers_are_as_long_as_le_allows(le: int) -> None:
    value = read_odd(opened(), "0102", 0, le)
    assert DG2.startswith(value)
    assert len(tlv.build(0x53, value + b"\x00")) > le


@pytest.mark.parametrize(
    ("header", "data", "le"),
    [
        ("00B08100", b"", None),
        ("00B08100", b"\x00", 1),
        ("00B10101", b"", 1),
        ("00B10101", b"\x54\x01\x00", None),
    ],
)
def test_reading_with_the_wrong_case_of_command(header: str, data: bytes, le: int | None) -> None:
    assert opened().send(header, data, le).sw == 0x6700


ROOMS = [(None, 231), (Cipher.TDES, 231), (Cipher.AES_128, 223), (Cipher.AES_256, 223)]


@pytest.mark.parametrize(("cipher", "room"), ROOMS)
def test_a_short_answer_is_never_longer_than_256(cipher: Cipher | None, room: int) -> None:
    terminal = opened() if cipher is None else opened_by_pace(cipher)
    assert terminal.ok("00B08200", le=room) == DG2[:room]
    assert terminal.send("00B08200", le=room + 1) == Response(sw=0x6700)
    assert terminal.send("00B08200", le=255) == Response(sw=0x6700)
    assert terminal.ok("00B08200", le=256) == DG2[:room]  # Le 00: as much as fits
    assert terminal.send("00B08100", le=255) == Response(FILES[File.DG1], 0x6282)
    assert terminal.send("00B10102", offset_object(0), 255) == Response(sw=0x6700)
    assert read_odd(terminal, "0102", 0, 256) == DG2[: room - 3]
