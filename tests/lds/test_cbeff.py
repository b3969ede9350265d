"""Biometric information templates: their headers, and what is odd about them."""

import pytest

from epass import tlv
from epass.errors import FormatError
from epass.lds.cbeff import BiometricHeader, Template, templates

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
    (found,) = templates(group(template(*parts)), notes)
    return found, notes


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
        0x0101, 2, 9, "20240401093000", "2024040120340401", 0x00010002, 0x0101, 8
    )
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
    assert found.header == BiometricHeader(owner=0x0101, format=8, unknown=(field,))
    assert notes == ["a biometric header has fields of another kind than Doc 9303-10 table 44"]


@pytest.mark.parametrize("fields", [OWNED[:1], OWNED[1:]])
def test_a_format_that_is_not_named_is_a_note(fields: tuple[tuple[int, bytes], ...]) -> None:
    assert parse(header(*fields), RECORD)[1] == [
        "a biometric header does not say whose format its data have"
    ]


def test_company_in_a_template_is_a_note() -> None:
    found, notes = parse(header(*OWNED), RECORD, tlv.build(0x5F3D, b"a signature"))
    assert found.record.value == b"FAC\x00"
    assert notes == ["a template holds more than a header and biometric data"]


def test_groups_without_a_template() -> None:
    issuers_own = tlv.build(0x53, b"random")
    assert templates(group(issuers_own, count=0), [], least=0) == ()
    with pytest.raises(FormatError, match="not a number from 1 to 9"):
        templates(group(issuers_own, count=0), [])


def test_a_field_that_stands_twice() -> None:
    with pytest.raises(FormatError, match="A1/87 at byte 23: the data object stands twice"):
        parse(header(*OWNED, OWNED[0]), RECORD)
