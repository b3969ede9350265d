"""DG11: additional personal details."""

from typing import Any

import pytest
from group_cases import (
    J2K,
    days,
    free_text,
    images,
    lines,
    listed,
    names,
    others,
    printed,
    template,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from mutation import mutated
from vector_files import raw, vectors

from epass import tlv
from epass.errors import FormatError
from epass.lds.face import ImageType
from epass.lds.personal_details import Dg11
from epass.lds.writing import PersonName

VALID = raw(vectors("doc9303-lds")["lds-dg11-a5"], "DG11_correct")
ALL = (
    *(0x5F0E, 0x5F0F, 0x5F10, 0x5F2B, 0x5F11, 0x5F42, 0x5F12),
    *(0x5F13, 0x5F14, 0x5F15, 0x5F16, 0x5F17, 0x5F18),
)
NAMES = tlv.build(0xA0, [tlv.build(2, b"\x01"), tlv.build(0x5F0F, b"ALIAS")])


def dg11(*elements: tuple[int, bytes]) -> Dg11:
    return Dg11.parse(listed(0x6B, elements))


def test_example_of_the_standard() -> None:
    details = Dg11.parse(VALID)
    assert details.name == PersonName("SMITH", "JOHN J")
    assert details.place_of_birth == ("ANYTOWN", "MN")
    assert details.address == ("123 MAPLE RD", "ANYTOWN", "MN")
    assert (details.telephone, details.profession) == ("16125551212", "TRAVEL<AGENT")
    assert details.other_names == ()
    assert details.images == ()
    assert details.notes == ()


def test_the_example_as_it_is_printed_is_refused() -> None:
    """Its lengths do not add up, see the note of the vector."""
    with pytest.raises(FormatError, match="DG11/6B at byte 0: 99 bytes declared, 96 are there"):
        Dg11.parse(raw(vectors("doc9303-lds")["lds-dg11-a5"], "DG11_as_printed"))


def test_every_element() -> None:
    details = Dg11.parse(
        listed(
            0x6B,
            [
                (0x5F0E, "Эрикссон<<Анна".encode()),
                (0xA0, tlv.parse_one(NAMES, 0xA0, where="").value),
                (0x5F10, b"7408122010"),
                (0x5F2B, b"19740812"),
                (0x5F11, b"ZENITH"),
                (0x5F42, b"1 MAIN STREET<ZENITH"),
                (0x5F12, b"+999123"),
                (0x5F13, b"PILOT"),
                (0x5F14, b"DR"),
                (0x5F15, b"NONE"),
                (0x5F16, J2K),
                (0x5F17, b"L898902C<L111111C"),
                (0x5F18, b"JOINT"),
            ],
            tags=ALL,
        )
    )
    assert details.name == PersonName("Эрикссон", "Анна")
    assert details.other_names == (PersonName("ALIAS"),)
    assert details.personal_number == "7408122010"
    assert details.date_of_birth == "1974-08-12"
    assert details.place_of_birth == ("ZENITH",)
    assert details.address == ("1 MAIN STREET", "ZENITH")
    assert (details.telephone, details.profession) == ("+999123", "PILOT")
    assert (details.title, details.personal_summary) == ("DR", "NONE")
    assert details.other_documents == ("L898902C", "L111111C")
    assert details.custody_information == "JOINT"
    assert details.proof_of_citizenship is not None
    assert details.proof_of_citizenship.image_type is ImageType.J2K
    assert details.images == (J2K,)
    assert details.unknown == {}
    assert details.notes == ()


def test_a_picture_knows_where_it_is() -> None:
    content = listed(0x6B, [(0x5F16, J2K)])
    picture = Dg11.parse(content).proof_of_citizenship
    assert picture is not None
    assert content[picture.offset :] == J2K


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "DG11 at byte 0: empty"),
        (VALID + b"\x00", "DG11 at byte 98: 1 bytes after the end"),
        (VALID[:-1], "DG11/6B at byte 0: 96 bytes declared, 95 are there"),
        (b"\x6c" + VALID[1:], "DG11 at byte 0: the tag is 6C, not 6B"),
        (
            listed(0x6B, [(0x5F12, b"1"), (0x5F12, b"2")]),
            "DG11/6B/5F12 at byte 15: the data object stands twice",
        ),
        (
            template(0x6B, [(0xA0, b"\x02\x01\x01\x5f")]),
            "DG11/6B/A0 at byte 7: the data ends inside a tag",
        ),
        (
            template(0x6B, [(0xA0, b"\x02\x01\x01\x02\x01\x01")]),
            "DG11/6B/A0/02 at byte 9: the data object stands twice",
        ),
        (template(0x6B, [(0x53, b"")] * 256), "DG11/6B at byte 4: more than 255 data objects"),
    ],
)
def test_malformed(content: bytes, message: str) -> None:
    with pytest.raises(FormatError) as caught:
        Dg11.parse(content)
    assert str(caught.value) == message


def test_unknown_elements_are_kept() -> None:
    details = dg11((0x5F70, b"92"), (0x5F70, b"93"), (0x5F12, b"1"))
    assert details.unknown == {0x5F70: (b"92", b"93")}
    assert details.notes == ("data objects that are not of the standard: 5F70",)


def test_unknown_elements_beside_the_other_names_are_kept() -> None:
    content = tlv.build(0x02, b"\x01") + tlv.build(0x5F0F, b"A") + tlv.build(0x5F71, b"?")
    details = Dg11.parse(listed(0x6B, [(0xA0, content)], tags=[0x5F0F]))
    assert details.other_names == (PersonName("A"),)
    assert details.unknown == {0x5F71: (b"?",)}


def test_nothing_personal_in_a_repr() -> None:
    shown = repr(dg11((0x5F0E, b"MARKED<<GIVEN"), (0x5F42, b"MARKED"), (0x5F70, b"MARKED")))
    assert shown == "Dg11(notes=('data objects that are not of the standard: 5F70',))"


complete = st.fixed_dictionaries(
    {
        "name": names,
        "other_names": st.lists(names, max_size=3).map(tuple),
        "personal_number": free_text,
        "date_of_birth": days,
        "place_of_birth": lines,
        "address": lines,
        "telephone": free_text,
        "profession": free_text,
        "title": free_text,
        "personal_summary": free_text,
        "proof": images,
        "other_documents": lines,
        "custody_information": free_text,
    }
)
TEXTS = {
    0x5F10: "personal_number",
    0x5F12: "telephone",
    0x5F13: "profession",
    0x5F14: "title",
    0x5F15: "personal_summary",
    0x5F18: "custody_information",
}
LISTS = {0x5F11: "place_of_birth", 0x5F42: "address", 0x5F17: "other_documents"}


@settings(max_examples=60)
@given(complete)
def test_what_is_built_parses_back(value: dict[str, Any]) -> None:
    elements = [
        tlv.build(0x5F0E, printed(value["name"])),
        others([printed(name) for name in value["other_names"]], 0x5F0F),
        tlv.build(0x5F2B, value["date_of_birth"].replace("-", "").encode()),
        tlv.build(0x5F16, value["proof"]),
        *(tlv.build(tag, value[field].encode()) for tag, field in TEXTS.items()),
        *(tlv.build(tag, "<".join(value[field]).encode()) for tag, field in LISTS.items()),
    ]
    details = Dg11.parse(tlv.build(0x6B, elements))
    assert details.images == (value.pop("proof"),)
    assert {field: getattr(details, field) for field in value} == value
    odd = [note for note in details.notes if not note.endswith(": empty")]
    assert odd == ["the tag list is missing"]


@settings(max_examples=300)
@given(st.one_of(st.binary(max_size=64), mutated(VALID)))
def test_any_bytes_are_parsed_or_refused(content: bytes) -> None:
    try:
        Dg11.parse(content)
    except FormatError as fault:
        assert fault.where.startswith("DG11")
