"""DG3 and DG4: which fingers and irises, for what it is worth where a chip gives them."""

from dataclasses import fields

import pytest
from group_cases import template
from hypothesis import given, settings
from hypothesis import strategies as st
from mutation import mutated

from epass import tlv
from epass.errors import FormatError
from epass.lds.biometrics import EXTENDED_ACCESS, Biometrics, Dg3, Dg4, Feature
from epass.lds.names import File

FINGER_HEADER = [(0x81, b"\x08"), (0x82, b"\x0a"), (0x87, b"\x01\x01"), (0x88, b"\x00\x07")]


def bit(
    header: list[tuple[int, bytes]], block: tuple[int, bytes] = (0x5F2E, b"FIR\0 record")
) -> bytes:
    return tlv.build(0x7F60, [template(0xA1, header), tlv.build(*block)])


def group(*templates: bytes, count: bytes | None = None, tag: int = 0x63) -> bytes:
    counter = tlv.build(0x02, bytes((len(templates),)) if count is None else count)
    return tlv.build(tag, [tlv.build(0x7F61, [counter, *templates])])


VALID = group(bit(FINGER_HEADER), bit(FINGER_HEADER))


def the_feature(content: bytes, kind: type[Biometrics] = Dg3) -> Feature:
    (feature,) = kind.parse(content).features
    return feature


def test_a_fingerprint() -> None:
    header = [
        (0x80, b"\x01\x01"),
        *FINGER_HEADER[:2],
        (0x83, bytes.fromhex("20260812143005")),
        (0x85, bytes.fromhex("2026081220360811")),
        (0x86, b"\x00\x42\x00\x01"),
        *FINGER_HEADER[2:],
    ]
    found = Dg3.parse(group(bit(header)))
    assert found.features == (
        Feature(
            kind="fingerprint",
            position="left pointer finger",
            standard="ISO/IEC 19794-4, finger image",
            size=11,
            created="2026-08-12T14:30:05",
            validity=bytes.fromhex("2026081220360811"),
            product=b"\x00\x42\x00\x01",
            unknown={},
        ),
    )
    assert (found.protection, found.unknown, found.notes) == ("extended access control", {}, ())


def test_which_files_take_extended_access() -> None:
    assert {File.DG3, File.DG4} == EXTENDED_ACCESS == {Dg3.FILE, Dg4.FILE}


def test_the_record_itself_is_not_handed_out() -> None:
    feature = the_feature(group(bit(FINGER_HEADER)))
    values = [getattr(feature, item.name) for item in fields(feature)]
    assert not any(b"record" in value for value in values if isinstance(value, bytes))
    assert "pointer" not in repr(feature)


@pytest.mark.parametrize(
    ("subtype", "position"),
    [
        (b"\x00", ""),
        (b"\x01", "right"),
        (b"\x05", "right thumb"),
        (b"\x06", "left thumb"),
        (b"\x09", "right pointer finger"),
        (b"\x0d", "right middle finger"),
        (b"\x12", "left ring finger"),
        (b"\x16", "left little finger"),
        (b"\x14", "little finger"),
        (b"\x1e", "left"),  # a finger that there is not
        (b"\x03", ""),
        (b"\xe2", "left"),  # bits 6 to 8 are reserved
        (b"", ""),
        (b"\x00\x0a", ""),
    ],
)
def test_positions(subtype: bytes, position: str) -> None:
    assert the_feature(group(bit([(0x82, subtype)]))).position == position


@pytest.mark.parametrize(
    ("header", "block", "standard"),
    [
        ([(0x87, b"\x01\x01"), (0x88, b"\x00\x09")], (0x5F2E, b""), "ISO/IEC 19794-6, iris image"),
        ([(0x87, b"\x01\x01"), (0x88, b"\x00\x08")], (0x5F2E, b""), "ISO/IEC 19794-5, face image"),
        ([(0x87, b"\x01\x01"), (0x88, b"\x12\x34")], (0x5F2E, b""), "format 1234 of 0101"),
        ([(0x87, b"\x12\x34"), (0x88, b"\x00\x07")], (0x5F2E, b""), "format 0007 of 1234"),
        ([], (0x5F2E, b""), "format 0000 of 0000"),
        ([], (0x7F2E, bytes.fromhex("A1026400")), "ISO/IEC 39794-4"),
        ([], (0x7F2E, bytes.fromhex("A1026600")), "ISO/IEC 39794-6"),
        ([], (0x7F2E, bytes.fromhex("A1026700")), "ISO/IEC 39794"),
        ([], (0x7F2E, b""), "ISO/IEC 39794"),
    ],
)
def test_standards(
    header: list[tuple[int, bytes]], block: tuple[int, bytes], standard: str
) -> None:
    assert the_feature(group(bit(header, block))).standard == standard


@pytest.mark.parametrize(
    ("kind", "name"),
    [(b"\x10", "iris"), (b"\x02", "face"), (b"\x40", "biometric type 40"), (b"", "")],
)
def test_kinds(kind: bytes, name: str) -> None:
    content = group(bit([(0x81, kind)]), tag=0x76)
    assert the_feature(content, Dg4).kind == name


@pytest.mark.parametrize(
    "content",
    [
        group(),
        tlv.build(0x63, [tlv.build(0x7F61, b"\x02\x01\x00"), tlv.build(0x53, b"random")]),
        tlv.build(0x63, [tlv.build(0x7F61, b"\x02\x01\x00" + tlv.build(0x53, b"random"))]),
    ],
    ids=["bare", "filled behind", "filled inside"],
)
def test_a_group_without_instances(content: bytes) -> None:
    assert Dg3.parse(content) == Dg3((), {}, ())


def test_unknown_data_objects_beside_a_record_are_kept() -> None:
    content = group(tlv.build(0x7F60, [template(0xA1, FINGER_HEADER), tlv.build(0x5F2E, b""),
                                       tlv.build(0x5F3D, b"signed")]))  # fmt: skip
    found = Dg3.parse(content)
    assert found.features[0].unknown == {0x5F3D: (b"signed",)}
    assert found.notes == ("data objects that are not of the standard: 5F3D",)


def test_unknown_data_objects_with_one_tag_at_two_places_are_both_kept() -> None:
    inside = tlv.build(0x7F61, [b"\x02\x01\x01", bit(FINGER_HEADER), tlv.build(0x53, b"a")])
    found = Dg3.parse(tlv.build(0x63, [inside, tlv.build(0x53, b"b")]))
    assert found.unknown == {0x53: (b"a", b"b")}
    assert found.notes == ("data objects that are not of the standard: 53",)


def test_unknown_data_objects_are_kept() -> None:
    inside = tlv.build(0x7F61, [b"\x02\x01\x01", bit([(0x8A, b"?")]), tlv.build(0x54, b"a")])
    found = Dg3.parse(tlv.build(0x63, [inside, tlv.build(0x55, b"b")]))
    assert found.features[0].unknown == {0x8A: (b"?",)}
    assert found.unknown == {0x54: (b"a",), 0x55: (b"b",)}


@pytest.mark.parametrize(
    ("content", "notes"),
    [
        (group(bit(FINGER_HEADER), count=b"\x02"), ["features: 2 announced, 1 are there"]),
        (
            group(bit([*FINGER_HEADER, (0x83, b"yesterday")])),
            ["creation date: not a date", "data objects that are not of the standard: 83"],
        ),
    ],
)
def test_deviations_are_noted(content: bytes, notes: list[str]) -> None:
    assert list(Dg3.parse(content).notes) == notes


def test_a_creation_date_that_is_none_is_kept_as_it_is() -> None:
    found = the_feature(group(bit([*FINGER_HEADER, (0x83, b"yesterday")])))
    assert (found.created, found.unknown) == ("", {0x83: (b"yesterday",)})


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "DG3 at byte 0: empty"),
        (VALID + b"\x00", f"DG3 at byte {len(VALID)}: 1 bytes after the end"),
        (b"\x76" + VALID[1:], "DG3 at byte 0: the tag is 76, not 63"),
        (b"\x63\x00", "DG3/63 at byte 2: the data object 7F61 is missing"),
        (
            group(tlv.build(0x7F60, tlv.build(0x5F2E, b""))),
            "DG3/63/7F61/7F60 at byte 11: the data object A1 is missing",
        ),
        (
            group(tlv.build(0x7F60, template(0xA1, []))),
            "DG3/63/7F61/7F60 at byte 11: not one biometric data block, 5F2E or 7F2E",
        ),
        (
            group(bit([], (0x7F2E, b"\xa1\x00"))),
            "DG3/63/7F61/7F60/7F2E/A1 at byte 18: empty",
        ),
        (
            group(bit([(0x81, b"\x08"), (0x81, b"\x08")])),
            "DG3/63/7F61/7F60/A1/81 at byte 18: the data object stands twice",
        ),
    ],
)
def test_malformed(content: bytes, message: str) -> None:
    with pytest.raises(FormatError) as caught:
        Dg3.parse(content)
    assert str(caught.value) == message


@given(st.integers(0, 15))
def test_every_template_is_a_feature(count: int) -> None:
    found = Dg3.parse(group(*[bit(FINGER_HEADER)] * count))
    assert (len(found.features), found.notes) == (count, ())


@settings(max_examples=300)
@given(st.one_of(st.binary(max_size=64), mutated(VALID)))
def test_any_bytes_are_parsed_or_refused(content: bytes) -> None:
    try:
        Dg3.parse(content)
    except FormatError as fault:
        assert fault.where.startswith("DG3")
