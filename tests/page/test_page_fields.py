"""Whatever a parser found becomes rows, without the page knowing the parser."""

from dataclasses import dataclass
from datetime import date
from enum import Enum

from epass import asn1
from epass.crypto import ec, modp
from epass.lds.face_record import Angle, FeaturePoint, Moment
from epass.lds.face_terms import PointKind
from epass.lds.writing import PersonName
from epass.page.fields import Field, fields_of, key


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
    assert [(row.label, row.value) for row in map(Field.as_fact, fields_of(value))] == [
        ("Full name", "ANNA"),
        ("Born", "1974-08-12"),
        ("Tags, tag 5F50", "01"),
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
    assert list(fields_of(("",))) == []
    assert next(fields_of((Place("A", 1),), "Place")).as_fact().label == "Place, street"


def test_a_key_is_told_by_its_kind() -> None:
    group = modp.by_parameter_id(0)
    curve = ec.by_parameter_id(13)
    assert group is not None
    assert curve is not None
    for found, text in (
        (asn1.RsaKey("1.2", 1 << 2047, 65537), "RSA, 2048 bits"),
        (asn1.StandardizedKey(13, curve.generator.encode()), "EC, brainpoolP256r1"),
        (asn1.DhKey(group.p, group.g, group.q, group.g), f"DH, {group.name}"),
        (asn1.StandardizedKey(99, b"x"), "standardized domain parameters 99"),
        (asn1.StandardizedKey(13, b"x"), "public key: "),
    ):
        assert key(found).startswith(text)
    assert (
        next(fields_of(asn1.RsaKey("1.2", 1 << 1023, 3), "Key")).as_fact().value == "RSA, 1024 bits"
    )


def test_what_is_one_thing_is_in_one_line() -> None:
    point = FeaturePoint(PointKind.MPEG4, 0xC1, 193, 250)
    for value, text in (
        (PersonName("SMITH", "ANNA"), "SMITH, ANNA"),
        (PersonName("SMITH"), "SMITH"),
        (Moment(2024, 4), "2024-04"),
        (Angle(5, 2), "5 degrees, give or take 2"),
        (Angle(None), "unknown"),
        (point, "12.1: 193, 250"),
        ((point, point), "12.1: 193, 250\n12.1: 193, 250"),
    ):
        assert [(row.label, row.value) for row in map(Field.as_fact, fields_of(value, "It"))] == [
            ("It", text)
        ]
