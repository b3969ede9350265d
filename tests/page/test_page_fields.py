"""Whatever a parser found becomes rows, without the page knowing the parser."""

from dataclasses import dataclass
from datetime import date
from enum import Enum

from epass import asn1
from epass.crypto import ec, modp
from epass.page.fields import key, rows


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
    assert next(rows(asn1.RsaKey("1.2", 1 << 1023, 3), "Key")).value == "RSA, 1024 bits"
