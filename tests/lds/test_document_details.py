"""DG12: additional details of the document."""

from typing import Any

import pytest
from group_cases import JPEG, days, free_text, images, listed, names, others, printed, template
from hypothesis import given, settings
from hypothesis import strategies as st
from mutation import mutated

from epass import tlv
from epass.errors import FormatError
from epass.lds.document_details import Dg12
from epass.lds.writing import PersonName

VALID = tlv.build(
    0x6C,
    [
        tlv.build(0x5C, bytes.fromhex("5F195F265F1A5F1B5F1C5F1D5F1E5F555F56")),
        tlv.build(0x5F19, "Préfecture de Musterville".encode()),
        tlv.build(0x5F26, b"20240415"),
        others([b"ERIKSSON<<SVEN", b"ERIKSSON<<EVA"], 0x5F1A),
        tlv.build(0x5F1B, b"NONE"),
        tlv.build(0x5F1C, b"EXEMPT"),
        tlv.build(0x5F1D, JPEG + b" front"),
        tlv.build(0x5F1E, JPEG + b" rear"),
        tlv.build(0x5F55, b"20240416093000"),
        tlv.build(0x5F56, b"PRS-7"),
    ],
)


def test_every_element() -> None:
    details = Dg12.parse(VALID)
    assert details.issuing_authority == "Préfecture de Musterville"
    assert details.date_of_issue == "2024-04-15"
    assert details.other_persons == (PersonName("ERIKSSON", "SVEN"), PersonName("ERIKSSON", "EVA"))
    assert (details.endorsements, details.tax_or_exit_requirements) == ("NONE", "EXEMPT")
    assert details.images == (JPEG + b" front", JPEG + b" rear")
    assert details.front is not None
    assert VALID[details.front.offset :].startswith(JPEG + b" front")
    assert details.personalized_at == "2024-04-16T09:30:00"
    assert details.personalization_system == "PRS-7"
    assert details.unknown == {}
    assert details.notes == ()


def test_what_is_not_there_is_empty() -> None:
    details = Dg12.parse(listed(0x6C, []))
    assert details == Dg12("", "", (), "", "", None, None, "", "", {}, ())
    assert details.images == ()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "DG12 at byte 0: empty"),
        (VALID + b"\x00", f"DG12 at byte {len(VALID)}: 1 bytes after the end"),
        (b"\x6b" + VALID[1:], "DG12 at byte 0: the tag is 6B, not 6C"),
        (
            template(0x6C, [(0x5F26, b"20240415"), (0x5F26, b"20240416")]),
            "DG12/6C/5F26 at byte 16: the data object stands twice",
        ),
    ],
)
def test_malformed(content: bytes, message: str) -> None:
    with pytest.raises(FormatError) as caught:
        Dg12.parse(content)
    assert str(caught.value) == message


def test_nothing_personal_in_a_repr() -> None:
    assert repr(Dg12.parse(VALID)) == "Dg12(notes=())"


complete = st.fixed_dictionaries(
    {
        "issuing_authority": free_text,
        "date_of_issue": days,
        "other_persons": st.lists(names, max_size=3).map(tuple),
        "endorsements": free_text,
        "tax_or_exit_requirements": free_text,
        "images": st.tuples(images, images),
        "personalization_system": free_text,
    }
)
TEXTS = {
    0x5F19: "issuing_authority",
    0x5F1B: "endorsements",
    0x5F1C: "tax_or_exit_requirements",
    0x5F56: "personalization_system",
}


@settings(max_examples=60)
@given(complete)
def test_what_is_built_parses_back(value: dict[str, Any]) -> None:
    elements = [
        tlv.build(0x5F26, value["date_of_issue"].replace("-", "").encode()),
        others([printed(name) for name in value["other_persons"]], 0x5F1A),
        tlv.build(0x5F1D, value["images"][0]),
        tlv.build(0x5F1E, value["images"][1]),
        *(tlv.build(tag, value[field].encode()) for tag, field in TEXTS.items()),
    ]
    details = Dg12.parse(tlv.build(0x6C, elements))
    assert {field: getattr(details, field) for field in value} == value


@settings(max_examples=300)
@given(st.one_of(st.binary(max_size=64), mutated(VALID)))
def test_any_bytes_are_parsed_or_refused(content: bytes) -> None:
    try:
        Dg12.parse(content)
    except FormatError as fault:
        assert fault.where.startswith("DG12")
