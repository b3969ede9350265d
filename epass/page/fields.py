"""Whatever a parser found, as fields: each under its name, nothing left out.

A parser may come to know a field more; it is then on the page without a change here.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields, is_dataclass
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


@dataclass(frozen=True, slots=True)
class Field:
    """One field, whole: ``values`` is a single text or bytes, or all those of a list."""

    name: str
    values: tuple[str | bytes, ...] = field(repr=False)
    is_list: bool = False

    def as_dict(self) -> dict[str, object]:
        """For programs: nothing cut, a list as a list, bytes as upper-case hexadecimal."""
        texts = [item.hex().upper() if isinstance(item, bytes) else item for item in self.values]
        return {"name": self.name, "value": texts if self.is_list else texts[0]}

    def as_fact(self) -> Fact:
        """For people: legible, a list under each other, of long values the beginning."""
        texts = [octets(item) if isinstance(item, bytes) else legible(item) for item in self.values]
        return Fact(legible(self.name), "\n".join(texts), code=isinstance(self.values[0], bytes))


def fields_of(value: Any, label: str = "") -> Iterator[Field]:
    """The fields of ``value``, none where there is nothing."""
    if value is None or value in ("", b"", (), []):
        return
    if _is_single(value):
        yield Field(label, (_single(value),))
    elif isinstance(value, Mapping):
        for name, item in value.items():
            yield from fields_of(item, _joined(label, _plain(name)))
    elif isinstance(value, tuple | list):
        yield from _listed(value, label)
    else:
        for item in fields(value):
            if item.name not in OF_THE_FILE and not item.name.startswith("_"):
                yield from fields_of(getattr(value, item.name), _joined(label, _named(item.name)))


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


def _listed(values: Iterable[object], label: str) -> Iterator[Field]:
    """Plain values under one name, compound ones one after the other."""
    values = list(values)
    if all(value is None or _is_single(value) for value in values):
        single = tuple(_single(value) for value in values if value not in (None, "", b""))
        if single:
            yield Field(label, single, is_list=True)
        return
    for number, value in enumerate(values, 1):
        yield from fields_of(value, f"{label} {number}".strip() if len(values) > 1 else label)


def _is_single(value: object) -> bool:
    """Whether it is one thing to people, whatever it is made of."""
    if type(value) in IN_ONE_LINE or isinstance(value, asn1.PublicKey):
        return True
    return not (is_dataclass(value) or isinstance(value, tuple | list | Mapping))


def _single(value: object) -> str | bytes:
    if type(value) in IN_ONE_LINE:
        return IN_ONE_LINE[type(value)](value)
    if isinstance(value, asn1.PublicKey):
        return key(value)
    if isinstance(value, bytes):
        return value
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Enum):
        said = isinstance(value.value, str)  # the words of the field; else its name has to do
        return value.value if said else value.name.replace("_", " ").lower()
    return value.isoformat() if isinstance(value, date) else str(value)


def _plain(name: object) -> str:
    return f"{TAG} {name:02X}" if isinstance(name, int) else str(name)


def _named(name: str) -> str:
    return name.replace("_", " ").capitalize()


def _joined(label: str, name: str) -> str:
    return f"{label}, {name if name.startswith(TAG) else name.lower()}" if label else name


def octets(raw: bytes) -> str:
    """Bytes in hexadecimal, of long values the beginning."""
    more = len(raw) - MAX_HEX
    return raw[:MAX_HEX].hex(" ").upper() + (f" ... ({more} bytes more)" if more > 0 else "")
