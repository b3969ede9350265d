"""Values of ASN.1 that certificates, keys and signed data share; asn1crypto's faults translated.

Source: RFC 5280 §4.1 (X.509), RFC 5652 §10 (CMS).

asn1crypto is lazy, takes what is not DER for DER, and lets ValueError, KeyError and their like
out at the first use of a value. So ``der.scan`` checks every encoding as a whole; then every
value is fetched at once, into dataclasses of our own. Bytes that are hashed are slices of the
original: ``dump()`` is not called, because it encodes anew where it meets an indefinite length.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from asn1crypto import core, x509

from epass.asn1 import der
from epass.asn1.model import Algorithm, Name
from epass.errors import FormatError

_LABELS = {"2.5.4.6": "C", "2.5.4.10": "O", "2.5.4.11": "OU", "2.5.4.3": "CN"}  # RFC 4514 §3
FAULTS = (ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RecursionError)


def algorithm(data: bytes, *, where: str, base: int = 0) -> Algorithm:
    """The AlgorithmIdentifier in DER that fills ``data``.

    Raises:
        FormatError: it is not one.
    """
    der.scan(data, where, base=base)
    with door(where):
        return algorithm_of(core.Sequence.load(data, strict=True).contents, where)


def object_identifier(data: bytes, *, where: str, base: int = 0) -> str:
    """The dotted form of the OBJECT IDENTIFIER in DER that fills ``data``.

    Raises:
        FormatError: it is not one.
    """
    der.scan(data, where, base=base)
    with door(where):
        return dotted(data)


def dotted(oid: bytes) -> str:
    dotted: str = core.ObjectIdentifier.load(oid, strict=True).dotted
    return dotted


def algorithm_of(contents: bytes, where: str) -> Algorithm:
    oid, *rest = der.split(contents, where)
    if len(rest) > 1:
        raise FormatError("more than an algorithm and its parameters", where)
    return Algorithm(dotted(oid), rest[0] if rest else None)


def name_of(name: Any, where: str) -> Name:
    rdns = [[_attribute(pair.contents, where) for pair in rdn] for rdn in name.chosen]
    text = ", ".join(f"{_LABELS.get(oid, oid)}={value}" for rdn in rdns for oid, value in rdn)
    return Name(tuple(frozenset((oid, _fold(value)) for oid, value in rdn) for rdn in rdns), text)


def _fold(value: str) -> str:
    return " ".join(value.casefold().split())


def _attribute(contents: bytes, where: str) -> tuple[str, str]:
    """An AttributeTypeAndValue as OID and text.

    The type of string is not trusted: states write UTF-8 and Latin-1 under the tags of others,
    and a certificate must not fail by that.
    """
    oid, value = der.split(contents, where)
    return dotted(oid), string(value, where)


def string(value: bytes, where: str) -> str:
    """The text of a string in DER, whatever type it claims to be."""
    text = value[der.Scanner(value, where).header(0, len(value)).start :]
    if value[0] == der.BMP_STRING:
        return text.decode("utf-16-be", "replace")
    try:
        return text.decode()
    except UnicodeDecodeError:
        return text.decode("latin-1")


def octets(bits: bytes, where: str) -> bytes:
    """A BIT STRING of whole octets; asn1crypto drops bits that are left over."""
    content: bytes = core.BitString.load(bits, strict=True).contents
    if content[:1] != b"\x00":
        raise FormatError("not a whole number of octets", where)
    return content[1:]


def whole(sequence: Any, where: str) -> Any:
    """The sequence, if it has no more fields than its type: asn1crypto keeps them in silence."""
    if len(sequence) > len(sequence._fields):
        raise FormatError("more fields than the standard prescribes", where)
    return sequence


def contents_of(value: bytes, tag: int) -> bytes:
    """The contents of a value in DER; behind the ``door``, another tag is a FormatError."""
    if value[0] != tag:
        raise ValueError(tag)
    return value[der.Scanner(value, "value", base=None).header(0, len(value)).start :]


def moment(value: bytes, where: str) -> datetime:
    """The UTCTime or GeneralizedTime in DER, in UTC."""
    return time_of(x509.Time.load(value, strict=True), where)


def present(value: Any) -> bool:
    return not isinstance(value, core.Void)  # the contents of an absent value are not None but b""


def time_of(value: Any, where: str) -> datetime:
    moment = value.native
    if not isinstance(moment, datetime) or moment.tzinfo is None:
        raise FormatError("a time without a zone or out of range", where)
    return moment.astimezone(UTC)


@contextmanager
def door(where: str) -> Iterator[None]:
    """Whatever asn1crypto raises becomes a FormatError, without its text, which quotes content."""
    try:
        yield
    except FAULTS:
        raise FormatError("not the structure that the standard prescribes", where) from None
