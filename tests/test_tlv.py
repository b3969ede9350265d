"""The strict TLV parser: what it takes, and the place and reason of what it refuses."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from epass import tlv
from epass.errors import FormatError

TAGS = st.sampled_from([0x60, 0x5C, 0x5F01, 0x5F1F, 0x7F61, 0x30, 0x04, 0x87])


def fault(data: bytes) -> FormatError:
    with pytest.raises(FormatError) as caught:
        tlv.parse(data, where="EF.COM")
    return caught.value


@given(st.lists(st.tuples(TAGS, st.binary(max_size=300)), max_size=5))
def test_what_is_built_parses_back(objects: list[tuple[int, bytes]]) -> None:
    encoded = b"".join(tlv.build(tag, value) for tag, value in objects)
    found = tlv.parse(encoded, where="X")
    assert [(item.tag, item.value) for item in found] == objects
    assert b"".join(item.raw for item in found) == encoded


@given(st.binary(max_size=200))
def test_arbitrary_bytes_parse_or_are_refused(data: bytes) -> None:
    try:
        found = tlv.parse(data, where="X")
    except FormatError as error:
        assert error.offset is not None
        assert 0 <= error.offset <= len(data)
    else:
        assert b"".join(item.raw for item in found) == data


@pytest.mark.parametrize(
    ("data", "problem", "where", "offset"),
    [
        ("60", "the data ends before the length", "EF.COM/60", 1),
        ("6005AABB", "5 bytes declared, 2 are there", "EF.COM/60", 0),
        ("5F", "the data ends inside a tag", "EF.COM", 0),
        ("5F8181817F", "the tag is longer than 3 bytes", "EF.COM", 0),
        ("6080AABB0000", "indefinite length", "EF.COM/60", 1),
        ("608400000001AA", "a length of 4 bytes", "EF.COM/60", 1),
        ("6082AA", "the data ends inside the length", "EF.COM/60", 1),
    ],
)
def test_each_fault_has_its_place(data: str, problem: str, where: str, offset: int) -> None:
    error = fault(bytes.fromhex(data))
    assert (error.problem, error.where, error.offset) == (problem, where, offset)


def test_the_offset_of_a_nested_fault_counts_from_the_start_of_the_file() -> None:
    file = tlv.build(0x60, tlv.build(0x5C, b"\x61") + bytes.fromhex("5F0104AA"))
    com = tlv.parse_one(file, 0x60, where="EF.COM")
    with pytest.raises(FormatError) as caught:
        com.children()
    assert str(caught.value) == "EF.COM/60/5F01 at byte 5: 4 bytes declared, 1 are there"


def test_one_object_fills_the_data_exactly() -> None:
    with pytest.raises(FormatError, match=r"EF\.COM at byte 3: 2 bytes after the end"):
        tlv.parse_one(bytes.fromhex("6001AA9000"), 0x60, where="EF.COM")
    with pytest.raises(FormatError, match="the tag is 61, not 60"):
        tlv.parse_one(bytes.fromhex("6101AA"), 0x60, where="EF.COM")
    with pytest.raises(FormatError, match="empty"):
        tlv.parse_one(b"", 0x60, where="EF.COM")


def test_a_child_is_there_once() -> None:
    once = tlv.build(0x5C, b"\x61")
    com = tlv.parse_one(tlv.build(0x60, once), 0x60, where="EF.COM")
    assert com.require(0x5C).value == b"\x61"
    assert com.find(0x5F01) is None
    with pytest.raises(FormatError, match="the data object 5F01 is missing"):
        com.require(0x5F01)
    twice = tlv.parse_one(tlv.build(0x60, once + once), 0x60, where="EF.COM")
    with pytest.raises(FormatError, match=r"EF\.COM/60/5C at byte 7: the data object stands twice"):
        twice.require(0x5C)


def test_the_first_child_whatever_is_behind_it() -> None:
    inner = tlv.build(0x5C, b"\x61")
    for behind in (b"", b"\x00", b"\xff\xff", inner):
        com = tlv.parse_one(tlv.build(0x60, inner + behind), 0x60, where="EF.COM")
        assert (com.first().raw, com.first().offset) == (inner, 2)
    for value, message in ((b"", "EF.COM/60 at byte 2: empty"), (b"\x5c\x02\x61", "2 bytes decl")):
        with pytest.raises(FormatError, match=message):
            tlv.parse_one(tlv.build(0x60, value), 0x60, where="EF.COM").first()


def test_a_long_form_length_is_ber_and_taken() -> None:
    assert tlv.parse_one(bytes.fromhex("60820001AA"), 0x60, where="X").value == b"\xaa"


def test_the_value_stays_out_of_repr() -> None:
    item = tlv.parse_one(tlv.build(0x60, b"SECRET"), 0x60, where="X")
    assert "SECRET" not in repr(item)
