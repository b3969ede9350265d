"""EF.COM."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mutation import mutated
from vector_files import raw, vectors

from epass import tlv
from epass.errors import FormatError
from epass.lds.com import Com
from epass.lds.names import File
from epass.page.fields import Field, fields_of

VALID = raw(vectors("doc9303-lds")["lds-ef-com-a1"], "EF_COM")


def ef_com(lds: bytes = b"0107", unicode: bytes = b"040000", tags: bytes = b"\x61\x75") -> bytes:
    return tlv.build(
        0x60, [tlv.build(0x5F01, lds), tlv.build(0x5F36, unicode), tlv.build(0x5C, tags)]
    )


def test_example_of_the_standard() -> None:
    assert Com.parse(VALID) == Com(
        "0107", "040000", (File.DG1, File.DG2, File.DG4, File.DG12), {}, ()
    )


def test_version_15_99_has_two_digits_each() -> None:
    content = raw(vectors("doc9303-lds")["lds-ef-com-1599"], "EF_COM")
    assert Com.parse(content).lds_version == "1599"


def test_order_of_the_chip_is_kept() -> None:
    assert Com.parse(ef_com(tags=b"\x75\x61")).groups == (File.DG2, File.DG1)


def test_objects_in_another_order_and_unknown_ones() -> None:
    parts = [tlv.build(0x5C, b"\x61"), tlv.build(0x53, b"?"), tlv.build(0x5F36, b"040000")]
    com = Com.parse(tlv.build(0x60, [*parts, tlv.build(0x5F01, b"0108")]))
    note = "data objects that are not of the standard: 53"
    assert com == Com("0108", "040000", (File.DG1,), {0x53: (b"?",)}, (note,))
    assert [
        row.value for row in map(Field.as_fact, fields_of(com)) if row.label == "Unknown, tag 53"
    ] == ["3F"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "EF.COM at byte 0: empty"),
        (VALID + b"\x00", "EF.COM at byte 24: 1 bytes after the end"),
        (VALID[:-1], "EF.COM/60 at byte 0: 22 bytes declared, 21 are there"),
        (b"\x61" + VALID[1:], "EF.COM at byte 0: the tag is 61, not 60"),
        (ef_com(lds=b"010"), "EF.COM/60/5F01 at byte 5: not 4 digits"),
        (ef_com(lds=b"01A7"), "EF.COM/60/5F01 at byte 5: not 4 digits"),
        (ef_com(unicode=b"04000"), "EF.COM/60/5F36 at byte 12: not 6 digits"),
        (ef_com(tags=b"\x61\xff"), "EF.COM/60/5C at byte 21: FF is not the tag of a data group"),
        (ef_com(tags=b"\x61\x60"), "EF.COM/60/5C at byte 21: 60 is not the tag of a data group"),
        (ef_com(tags=b"\x61\x75\x61"), "EF.COM/60/5C at byte 22: DG1 is listed twice"),
        (tlv.build(0x60, b""), "EF.COM/60 at byte 2: the data object 5F01 is missing"),
        (
            tlv.build(0x60, VALID[2:] + tlv.build(0x5C, b"\x61")),
            "EF.COM/60/5C at byte 26: the data object stands twice",
        ),
    ],
)
def test_malformed(content: bytes, message: str) -> None:
    with pytest.raises(FormatError) as caught:
        Com.parse(content)
    assert str(caught.value) == message


@settings(max_examples=200)
@given(st.one_of(st.binary(max_size=64), mutated(VALID)))
def test_any_bytes_are_parsed_or_refused(content: bytes) -> None:
    try:
        com = Com.parse(content)
    except FormatError as fault:
        assert fault.where.startswith("EF.COM")
    else:
        assert len(set(com.groups)) == len(com.groups)
