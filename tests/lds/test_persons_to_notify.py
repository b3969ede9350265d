"""DG16: persons to notify."""

from collections.abc import Iterable

import pytest
from group_cases import days, free_text, lines, names, printed, template
from hypothesis import given, settings
from hypothesis import strategies as st
from mutation import mutated
from vector_files import raw, vectors

from epass import tlv
from epass.errors import FormatError
from epass.lds.persons_to_notify import Dg16, PersonToNotify
from epass.lds.writing import PersonName

VALID = raw(vectors("doc9303-lds")["lds-dg16-a6"], "DG16")
EMPTY = PersonToNotify("", None, "", (), {})


def dg16(*templates: tuple[int, bytes], count: bytes | None = None) -> Dg16:
    counter = bytes((len(templates),)) if count is None else count
    return Dg16.parse(template(0x70, [(0x02, counter), *templates]))


def test_example_of_the_standard() -> None:
    assert Dg16.parse(VALID) == Dg16(
        (
            PersonToNotify(
                "2002-01-01",
                PersonName("SMITH", "CHARLES R"),
                "19525551212",
                ("123 MAPLE RD", "ANYTOWN", "MN", "55100"),
                {},
            ),
            PersonToNotify(
                "2002-03-15",
                PersonName("BROWN", "MARY J"),
                "14155551212",
                ("49 REDWOOD LN", "OCEAN BREEZE", "CA", "94000"),
                {},
            ),
        ),
        {},
        (),
    )


def test_nobody_to_notify() -> None:
    assert dg16() == Dg16((), {}, ())


def test_the_number_may_stand_in_the_first_template() -> None:
    """Table 80: "occurs only in first template"."""
    content = template(0x70, [(0xA1, b"\x02\x01\x02"), (0xA2, b"")])
    assert Dg16.parse(content) == Dg16((EMPTY, EMPTY), {}, ())


@pytest.mark.parametrize(
    ("found", "note"),
    [
        (dg16((0xA1, b""), count=b"\x03"), "persons: 3 announced, 1 are there"),
        (dg16((0xA1, b""), count=b"\x00\x01"), "persons: their number has 2 bytes, not 1"),
        (Dg16.parse(b"\x70\x00"), "persons: the number of them is missing"),
        (
            dg16((0xA2, b""), (0xA1, b"")),
            "persons: their templates are not numbered A1, A2 and so on",
        ),
        (
            dg16((0xA1, b""), (0xA1, b"")),
            "persons: their templates are not numbered A1, A2 and so on",
        ),
        (
            dg16((0xA1, tlv.build(0x5F50, b"1.1.2002"))),
            "person 1, day of the record: not a date",
        ),
    ],
)
def test_deviations_are_noted(found: Dg16, note: str) -> None:
    assert note in found.notes


def test_unknown_elements_are_kept() -> None:
    found = dg16((0xA1, tlv.build(0x5F54, b"SISTER")), (0x53, b"?"))
    assert found.persons[0].unknown == {0x5F54: (b"SISTER",)}
    assert found.unknown == {0x53: (b"?",)}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "DG16 at byte 0: empty"),
        (VALID + b"\x00", f"DG16 at byte {len(VALID)}: 1 bytes after the end"),
        (b"\x71" + VALID[1:], "DG16 at byte 0: the tag is 71, not 70"),
        (b"\x70\x03\xa1\x01\x5f", "DG16/70/A1 at byte 4: the data ends inside a tag"),
        (
            template(0x70, [(0xA1, tlv.build(0x5F52, b"1") + tlv.build(0x5F52, b"2"))]),
            "DG16/70/A1/5F52 at byte 11: the data object stands twice",
        ),
        (
            template(0x70, [(2, b"\x00"), (2, b"\x00")]),
            "DG16/70/02 at byte 7: the data object stands twice",
        ),
    ],
)
def test_malformed(content: bytes, message: str) -> None:
    with pytest.raises(FormatError) as caught:
        Dg16.parse(content)
    assert str(caught.value) == message


def test_nothing_personal_in_a_repr() -> None:
    assert repr(Dg16.parse(VALID)) == "Dg16(notes=())"


def built(persons: Iterable[PersonToNotify]) -> bytes:
    templates = [
        (
            0xA1 + number,
            b"".join(
                (
                    tlv.build(0x5F50, person.recorded.replace("-", "").encode()),
                    tlv.build(0x5F51, printed(person.name) if person.name else b""),
                    tlv.build(0x5F52, person.telephone.encode()),
                    tlv.build(0x5F53, "<".join(person.address).encode()),
                )
            ),
        )
        for number, person in enumerate(persons)
    ]
    return template(0x70, [(0x02, bytes((len(templates),))), *templates])


persons = st.builds(PersonToNotify, days, names, free_text, lines, st.just({}))


@settings(max_examples=60)
@given(st.lists(persons, max_size=15).map(tuple))
def test_what_is_built_parses_back(value: tuple[PersonToNotify, ...]) -> None:
    assert Dg16.parse(built(value)).persons == value


@settings(max_examples=300)
@given(st.one_of(st.binary(max_size=64), mutated(VALID)))
def test_any_bytes_are_parsed_or_refused(content: bytes) -> None:
    try:
        Dg16.parse(content)
    except FormatError as fault:
        assert fault.where.startswith("DG16")
