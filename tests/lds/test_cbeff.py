"""Biometric information templates: their headers, and what is odd about them."""

import pytest

from epass import tlv
from epass.errors import FormatError
from epass.lds.cbeff import BiometricHeader, Code, Group, Template
from epass.page.fields import Field, fields_of

RECORD = tlv.build(0x5F2E, b"FAC\x00")


def header(*fields: tuple[int, bytes]) -> bytes:
    return tlv.build(0xA1, [tlv.build(tag, value) for tag, value in fields])


OWNED = ((0x87, b"\x01\x01"), (0x88, b"\x00\x08"))


def group(*found: bytes, count: int | None = None) -> tlv.Tlv:
    number = tlv.build(0x02, bytes((len(found) if count is None else count,)))
    content = tlv.build(0x75, tlv.build(0x7F61, [number, *found]))
    return tlv.parse_one(content, 0x75, where="DG2")


def template(*parts: bytes) -> bytes:
    return tlv.build(0x7F60, parts)


def parse(*parts: bytes) -> tuple[Template, list[str]]:
    notes: list[str] = []
    (found,) = Group.of(group(template(*parts)), notes).templates
    return found, notes


def number(value: int, size: int = 2) -> Code:
    return Code.of(value.to_bytes(size), {})


def test_every_field_of_a_header() -> None:
    fields = (
        (0x80, b"\x01\x01"),
        (0x81, b"\x00\x00\x02"),
        (0x82, b"\x09"),
        (0x83, bytes.fromhex("20240401093000")),
        (0x85, bytes.fromhex("2024040120340401")),
        (0x86, b"\x00\x01\x00\x02"),
        *OWNED,
    )
    found, notes = parse(header(*fields), RECORD)
    assert found.header == BiometricHeader(
        number(0x0101),
        number(2, 3),
        number(9, 1),
        "20240401093000",
        "2024040120340401",
        number(0x00010002, 4),
        number(0x0101),
        number(8),
    )
    assert [str(each) for each in (found.header.version, found.header.creator)] == [
        "0101",
        "00010002",
    ]
    assert str(found.header.kind) == "face (000002)"
    assert (found.record.value, notes) == (b"FAC\x00", [])
    assert "2024" not in repr(found.header)


@pytest.mark.parametrize(
    "field",
    [
        (0x80, b"\x01"),
        (0x81, b""),
        (0x81, bytes(4)),
        (0x82, b"\x01\x02"),
        (0x83, bytes(6)),
        (0x83, bytes.fromhex("2024040109300A")),
        (0x85, bytes(7)),
        (0x90, b"of the issuer"),
    ],
)
def test_a_field_of_another_kind_is_kept_with_a_note(field: tuple[int, bytes]) -> None:
    found, notes = parse(header(field, *OWNED), RECORD)
    assert found.header == BiometricHeader(
        owner=number(0x0101), format=number(8), unknown={field[0]: (field[1],)}
    )
    assert notes == ["a biometric header has fields of another kind than Doc 9303-10 table 44"]


@pytest.mark.parametrize("fields", [OWNED[:1], OWNED[1:]])
def test_a_format_that_is_not_named_is_a_note(fields: tuple[tuple[int, bytes], ...]) -> None:
    assert parse(header(*fields), RECORD)[1] == [
        "a biometric header does not say whose format its data have"
    ]


def test_company_in_a_template_is_a_note() -> None:
    found, notes = parse(header(*OWNED), RECORD, tlv.build(0x5F3D, b"a signature"))
    assert found.record.value == b"FAC\x00"
    assert [(item.where, item.value) for item in found.unknown] == [
        ("DG2/75/7F61/7F60/5F3D", b"a signature")
    ]
    assert notes == ["data objects that are not of the standard: 5F3D"]


OWNER, FACE_39794 = "ISO/IEC JTC 1/SC 37 (0101)", "ISO/IEC 39794-5, face image"
FACE = (OWNER, "ISO/IEC 19794-5, face image (0008)")


@pytest.mark.parametrize(
    ("kind", "subtype", "form", "words"),
    [
        ("02", "00", "01010008", ("face (02)", "no information given (00)", *FACE)),
        ("08", "05", "0101002A", ("fingerprint (08)", "05", OWNER, f"{FACE_39794} (002A)")),
        ("40", "05", "12340008", ("40", "05", "1234", "0008")),
        ("10", "05", "01011234", ("iris (10)", "05", OWNER, "1234")),
    ],
)
def test_numbers_in_words(kind: str, subtype: str, form: str, words: tuple[str, ...]) -> None:
    values = map(bytes.fromhex, (kind, subtype, form[:4], form[4:]))
    found = parse(header(*zip((0x81, 0x82, 0x87, 0x88), values, strict=True)), RECORD)[0].header
    said = (found.kind, found.subtype, found.owner, found.format)
    assert tuple(map(str, said)) == words
    assert [row.value for row in map(Field.as_fact, fields_of(found))] == list(words)


def test_a_group_without_a_template() -> None:
    with pytest.raises(FormatError, match="not a number from 1 to 9"):
        Group.of(group(count=0), [])


def test_what_else_is_in_a_group_is_kept_by_tag_wherever_it_stands() -> None:
    notes: list[str] = []
    inside = [template(header(*OWNED), RECORD), tlv.build(0x53, b"a"), tlv.build(0x02, b"\x01")]
    outside = [tlv.build(0xDF21, b"b"), tlv.build(0x7F61, inside), tlv.build(0x53, b"c")]
    whole = tlv.parse_one(tlv.build(0x75, outside), 0x75, where="DG2")
    found = Group.of(whole, notes)
    assert len(found.templates) == 1
    assert found.unknown == {0x53: (b"a", b"c"), 0xDF21: (b"b",)}
    assert notes == [
        "data objects that are not of the standard: 53",
        "data objects that are not of the standard: 53, DF21",
    ]


def test_a_field_that_stands_twice() -> None:
    with pytest.raises(FormatError, match="A1/87 at byte 23: the data object stands twice"):
        parse(header(*OWNED, OWNED[0]), RECORD)
