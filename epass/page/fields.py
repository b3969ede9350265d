"""Whatever a parser found, as rows: each field under its name, nothing left out.

A parser may come to know a field more; it is then on the page without a change here.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from datetime import date
from enum import Enum
from operator import attrgetter
from types import MappingProxyType
from typing import Any

from epass import asn1
from epass.crypto import public_keys
from epass.errors import FormatError, UnsupportedError
from epass.lds.face_record import Angle, FeaturePoint, Moment
from epass.lds.image import ImageType
from epass.lds.writing import PersonName
from epass.page.model import Fact, legible

TAG = "tag"
MAX_HEX = 64  # bytes of one value
OF_THE_FILE = frozenset({"raw", "image", "images", "notes", "offset"})  # shown elsewhere, if at all


def rows(value: object, label: str = "") -> Iterator[Fact]:
    """The rows of ``value``, none where there is nothing."""
    if value is None or value in ("", b"", (), []):
        return
    if isinstance(value, asn1.PublicKey):
        yield Fact(label, key(value))
    elif type(value) in IN_ONE_LINE:
        yield Fact(label, legible(IN_ONE_LINE[type(value)](value)))
    elif isinstance(value, Mapping):
        for name, item in value.items():
            yield from rows(item, _joined(label, _plain(name)))
    elif isinstance(value, tuple | list):
        yield from _listed(value, label)
    elif is_dataclass(value) and not isinstance(value, type):
        for item in fields(value):
            if item.name not in OF_THE_FILE and not item.name.startswith("_"):
                yield from rows(getattr(value, item.name), _joined(label, _named(item.name)))
    else:
        yield Fact(label, _text(value), code=isinstance(value, bytes))


def _name(name: PersonName) -> str:
    return ", ".join(filter(None, (name.primary, name.secondary)))


def _angle(angle: Angle) -> str:
    known = "unknown" if angle.degrees is None else f"{angle.degrees} degrees"
    return known if angle.uncertainty is None else f"{known}, give or take {angle.uncertainty}"


def _point(point: FeaturePoint) -> str:
    places = ", ".join(str(place) for place in (point.x, point.y, point.z) if place is not None)
    return f"{point.name}: {places}"


IN_ONE_LINE: Mapping[type, Callable[[Any], str]] = MappingProxyType(
    {
        PersonName: _name,
        Moment: str,
        Angle: _angle,
        FeaturePoint: _point,
        ImageType: attrgetter("name"),
    }
)


def key(found: asn1.PublicKey) -> str:
    """What kind of key it is; the numbers that it is made of tell people nothing."""
    if isinstance(found, asn1.RsaKey):
        return f"RSA, {found.n.bit_length()} bits"
    try:
        group = public_keys.element(found, where="public key").group
    except (UnsupportedError, FormatError) as error:
        return legible(error.message)
    return f"{'DH' if isinstance(found, asn1.DhKey) else 'EC'}, {group.name}"


def _listed(values: Iterable[object], label: str) -> Iterator[Fact]:
    """Plain values under one name, compound ones one after the other."""
    values = list(values)
    if not any(_is_compound(value) for value in values):
        texts = [_text(value) for value in values if value not in (None, "", b"")]
        if texts:
            yield Fact(label, "\n".join(texts), code=isinstance(values[0], bytes))
        return
    for number, value in enumerate(values, 1):
        yield from rows(value, f"{label} {number}".strip() if len(values) > 1 else label)


def _is_compound(value: object) -> bool:
    return type(value) not in IN_ONE_LINE and (
        is_dataclass(value) or isinstance(value, tuple | list)
    )


def _text(value: object) -> str:
    if type(value) in IN_ONE_LINE:
        return legible(IN_ONE_LINE[type(value)](value))
    if isinstance(value, bytes):
        return octets(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Enum):
        said = isinstance(value.value, str)  # the words of the field; else its name has to do
        return value.value if said else value.name.replace("_", " ").lower()
    return legible(value.isoformat() if isinstance(value, date) else str(value))


def _plain(name: object) -> str:
    if isinstance(name, int):
        return f"{TAG} {name:02X}"
    return _text(name)


def _named(name: str) -> str:
    return name.replace("_", " ").capitalize()


def _joined(label: str, name: str) -> str:
    return f"{label}, {name if name.startswith(TAG) else name.lower()}" if label else name


def octets(raw: bytes) -> str:
    """Bytes in hexadecimal, of long values the beginning."""
    more = len(raw) - MAX_HEX
    return raw[:MAX_HEX].hex(" ").upper() + (f" ... ({more} bytes more)" if more > 0 else "")
