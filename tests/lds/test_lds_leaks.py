"""What is written in a data group shows in no repr, no note and no error, however it is broken."""

import pytest
from group_cases import JPEG, listed, others, template
from hypothesis import given, settings
from hypothesis import strategies as st
from mutation import mutated

from epass import tlv
from epass.errors import FormatError
from epass.lds import mrz_proposals
from epass.lds.contents import parse_group
from epass.lds.mrz import Mrz
from epass.lds.names import File

MARK = "MARKED"
TEXT = MARK.encode()
GROUPS = {
    File.DG5: template(0x65, [(0x02, b"\x01"), (0x5F40, JPEG + TEXT)]),
    File.DG7: template(0x67, [(0x02, b"\x01"), (0x5F43, TEXT), (0x53, TEXT)]),
    File.DG11: tlv.build(
        0x6B,
        [
            tlv.build(0x5C, b"\x5f\x0e"),
            *(tlv.build(tag, TEXT) for tag in (0x5F0E, 0x5F10, 0x5F2B, 0x5F11, 0x5F42, 0x5F12)),
            *(tlv.build(tag, TEXT) for tag in (0x5F13, 0x5F14, 0x5F15, 0x5F16, 0x5F17, 0x5F18)),
            others([TEXT, TEXT], 0x5F0F),
            tlv.build(0x5F70, TEXT),
        ],
    ),
    File.DG12: listed(
        0x6C, [(tag, TEXT) for tag in (0x5F19, 0x5F26, 0x5F1A, 0x5F1B, 0x5F1C, 0x5F1D, 0x5F55)]
    ),
    File.DG13: template(0x6D, [(0x5F70, TEXT)]),
    File.DG16: template(
        0x70,
        [
            (0x02, b"\x01"),
            (0xA1, b"".join(tlv.build(tag, TEXT) for tag in (0x5F50, 0x5F51, 0x5F52, 0x5F53))),
        ],
    ),
    File.DIR: template(0x61, [(0x4F, b"\xd2\x76"), (0x51, TEXT)]),
}


def shown(file: File, content: bytes) -> str:
    try:
        value = parse_group(file, content)
    except FormatError as fault:
        return f"{fault!r} {fault} {fault.as_dict()}"
    return f"{value!r} {getattr(value, 'notes', ())}"


@pytest.mark.parametrize("file", GROUPS)
def test_the_mark_is_there_to_be_found(file: File) -> None:
    assert TEXT in GROUPS[file]
    assert MARK not in shown(file, GROUPS[file])


@pytest.mark.parametrize("file", GROUPS)
@settings(max_examples=100)
@given(st.data())
def test_nothing_shows_of_what_is_broken(file: File, data: st.DataObject) -> None:
    found = shown(file, data.draw(mutated(GROUPS[file])))
    assert MARK not in found
    assert TEXT.hex() not in found.lower()


def test_nothing_shows_of_a_proposal() -> None:
    line = "M4RKED8C36UTO7408122F1204159ZE184226B<<<<<10"
    mrz = Mrz.parse(f"P<UTOERIKSSON<<ANNA<MARIA{'<' * 19}{line}")
    found = mrz_proposals.propose(mrz)
    assert "M4RKED" not in repr(found) + repr(mrz) + repr(mrz.check_digits)
