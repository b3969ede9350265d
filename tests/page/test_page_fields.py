"""Whatever a parser found becomes rows, without the page knowing the parser."""

from dataclasses import dataclass
from datetime import date
from enum import Enum

from epass.page.fields import rows


class Colour(Enum):
    DARK_BLUE = 1


@dataclass
class Place:
    street: str
    number: int


@dataclass
class Anything:
    full_name: str
    born: date
    raw: bytes
    tags: dict[int, bytes]
    places: tuple[Place, ...]
    names: tuple[str, ...]
    colour: Colour = Colour.DARK_BLUE
    known: bool = True
    unknown: bool = False
    nothing: str | None = None
    mapping: dict[str, str] | None = None


def test_any_field_is_a_row() -> None:
    value = Anything(
        "ANNA", date(1974, 8, 12), b"raw", {0x5F50: b"\x01"},
        (Place("A", 1), Place("B", 2)), ("X", "", "Y"), mapping={"k": "v"},
    )  # fmt: skip
    assert [(row.label, row.value) for row in rows(value)] == [
        ("Full name", "ANNA"),
        ("Born", "1974-08-12"),
        ("Tags, tag 5f50", "01"),
        ("Places 1, street", "A"),
        ("Places 1, number", "1"),
        ("Places 2, street", "B"),
        ("Places 2, number", "2"),
        ("Names", "X\nY"),
        ("Colour", "dark blue"),
        ("Known", "yes"),
        ("Unknown", "no"),
        ("Mapping, k", "v"),
    ]
    assert list(rows(("",))) == []
    assert next(rows((Place("A", 1),), "Place")).label == "Place, street"
