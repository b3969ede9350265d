"""Command and response APDUs, short and extended, against ISO/IEC 7816-4 §5.1."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from epass.card.apdu import Command, Response
from epass.errors import FormatError, StatusError

COMMANDS = st.builds(
    Command,
    ins=st.integers(0, 255),
    p1=st.integers(0, 255),
    p2=st.integers(0, 255),
    data=st.binary(max_size=600),
    le=st.none() | st.integers(1, 0x10000),
    cla=st.integers(0, 255),
    extended=st.booleans(),
)


@pytest.mark.parametrize(
    ("command", "encoded"),
    [
        (Command(0x84), "00840000"),
        (Command(0x84, le=8), "0084000008"),
        (Command(0xB0, le=256), "00B0000000"),
        (Command(0xA4, 2, 0x0C, b"\x01\x1e"), "00A4020C02011E"),
        (Command(0xA4, 4, 0, b"\x01", 256), "00A404000101" + "00"),
        (Command(0xB0, le=257), "00B00000000101"),
        (Command(0xB0, le=0x10000), "00B00000000000"),
        (Command(0xB0, le=4, extended=True), "00B00000000004"),
        (Command(0xB1, 0, 0, b"\x54\x01\x00", 300), "00B10000" + "000003" + "540100" + "012C"),
        (Command(0x86, data=bytes(256)), "00860000" + "000100" + "00" * 256),
    ],
)
def test_the_four_cases_short_and_extended(command: Command, encoded: str) -> None:
    assert command.encode().hex().upper() == encoded


@given(COMMANDS)
def test_a_command_survives_the_wire(command: Command) -> None:
    parsed = Command.parse(command.encode())
    assert parsed.encode() == command.encode()
    assert (parsed.data, parsed.le, parsed.header) == (command.data, command.le, command.header)


@given(st.binary(max_size=300))
def test_arbitrary_bytes_are_a_command_or_refused(data: bytes) -> None:
    try:
        command = Command.parse(data)
    except FormatError as error:
        assert error.where == "command APDU"
    else:
        assert Command.parse(command.encode()) == command


@pytest.mark.parametrize(
    "apdu", ["00B000", "00A4000002AA", "00A4000002AABBCCDD", "00B10000000003AA"]
)
def test_malformed_commands_are_refused(apdu: str) -> None:
    with pytest.raises(FormatError, match="command APDU"):
        Command.parse(bytes.fromhex(apdu))


@pytest.mark.parametrize(
    ("ins", "le", "problem"),
    [(256, None, "not a byte"), (-1, None, "not a byte"), (0, 0, "Le is"), (0, 65537, "Le is")],
)
def test_an_impossible_command_cannot_be_made(ins: int, le: int | None, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        Command(ins, le=le)


def test_a_response_is_data_and_status() -> None:
    response = Response.parse(bytes.fromhex("AABB6282"))
    assert (response.data, response.sw) == (b"\xaa\xbb", 0x6282)
    assert response.encode().hex() == "aabb6282"
    with pytest.raises(StatusError) as caught:
        response.expect("READ BINARY DG1 at 0")
    assert caught.value.sw == 0x6282
    assert str(caught.value) == "READ BINARY DG1 at 0: the chip answers 6282 (end of file reached)"
    with pytest.raises(FormatError, match="no status word"):
        Response.parse(b"\x90")


def test_data_stays_out_of_repr() -> None:
    assert "SECRET" not in repr(Command(0xA4, data=b"SECRET"))
    assert "SECRET" not in repr(Response(b"SECRET"))
