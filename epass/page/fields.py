"""Whatever a parser found, as rows: each field under its name, nothing left out.

A parser may come to know a field more; it is then on the page without a change here.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from datetime import date
from enum import Enum

from epass import asn1
from epass.crypto import public_keys
from epass.errors import FormatError, UnsupportedError
from epass.page.model import Fact, legible

MAX_HEX = 64  # bytes of one value
OF_THE_FILE = frozenset({"raw", "image", "images", "notes", "offset"})  # shown elsewhere, if at all


def rows(value: object, label: str = "") -> Iterator[Fact]:
    """The rows of ``value``, none where there is nothing."""
    if value is None or value in ("", b"", (), []):
        return
    if isinstance(value, asn1.PublicKey):
        yield Fact(label, key(value))
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
    if not any(is_dataclass(value) or isinstance(value, tuple | list) for value in values):
        texts = [_text(value) for value in values if value not in (None, "", b"")]
        if texts:
            yield Fact(label, "\n".join(texts), code=isinstance(values[0], bytes))
        return
    for number, value in enumerate(values, 1):
        yield from rows(value, f"{label} {number}".strip() if len(values) > 1 else label)


def _text(value: object) -> str:
    if isinstance(value, bytes):
        return octets(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Enum):
        return value.name.replace("_", " ").lower()
    return legible(value.isoformat() if isinstance(value, date) else str(value))


def _plain(name: object) -> str:
    if isinstance(name, int):
        return f"Tag {name:02X}"
    return _text(name)


def _named(name: str) -> str:
    return name.replace("_", " ").capitalize()


def _joined(label: str, name: str) -> str:
    return f"{label}, {name.lower()}" if label else name


def octets(raw: bytes) -> str:
    """Bytes in hexadecimal, of long values the beginning."""
    more = len(raw) - MAX_HEX
    return raw[:MAX_HEX].hex(" ").upper() + (f" ... ({more} bytes more)" if more > 0 else "")
