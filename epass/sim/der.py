"""A small DER writer: what certificates and CMS objects of the fictitious country are made of.

Source: ITU-T X.690 §8, §10 and §11 (DER). It only writes; the reader's ASN.1 library, which
shares nothing with it, is what reads these objects back.
"""

from collections.abc import Iterable
from datetime import UTC, datetime

from epass import tlv

BOOLEAN, INTEGER, BIT_STRING, OCTET_STRING, NULL_TAG, OID = 0x01, 0x02, 0x03, 0x04, 0x05, 0x06
UTF8_STRING, PRINTABLE_STRING, IA5_STRING = 0x0C, 0x13, 0x16
UTC_TIME, GENERALIZED_TIME, SEQUENCE, SET = 0x17, 0x18, 0x30, 0x31
CONTEXT, CONSTRUCTED = 0x80, 0x20

NULL = bytes((NULL_TAG, 0))
TRUE = bytes((BOOLEAN, 1, 0xFF))


def sequence(*members: bytes) -> bytes:
    return tlv.build(SEQUENCE, members)


def set_of(members: Iterable[bytes]) -> bytes:
    """A SET OF, in ascending order of the encodings (X.690 §11.6)."""
    return tlv.build(SET, sorted(members))


def integer(value: int) -> bytes:
    """Two's complement in the fewest octets (X.690 §8.3.2)."""
    magnitude = value if value >= 0 else ~value
    return tlv.build(INTEGER, value.to_bytes(magnitude.bit_length() // 8 + 1, signed=True))


def octet_string(value: bytes) -> bytes:
    return tlv.build(OCTET_STRING, value)


def bit_string(value: bytes) -> bytes:
    """A string of whole octets."""
    return tlv.build(BIT_STRING, b"\x00" + value)


def named_bits(*numbers: int) -> bytes:
    """A BIT STRING with these bits set and no zero bits behind the last (X.690 §11.2.2)."""
    length = max(numbers) + 1
    unused = -length % 8
    value = sum(1 << (length - 1 - number) for number in set(numbers)) << unused
    return tlv.build(BIT_STRING, bytes((unused,)) + value.to_bytes((length + unused) // 8))


def oid(dotted: str) -> bytes:
    first, second, *rest = (int(arc) for arc in dotted.split("."))
    arcs = (40 * first + second, *rest)  # X.690 §8.19.4
    return tlv.build(OID, b"".join(_base128(arc) for arc in arcs))


def _base128(arc: int) -> bytes:
    digits = [arc & 0x7F]
    while arc := arc >> 7:
        digits.append(0x80 | arc & 0x7F)
    return bytes(reversed(digits))


def printable(text: str) -> bytes:
    return tlv.build(PRINTABLE_STRING, text.encode("ascii"))


def utf8(text: str) -> bytes:
    return tlv.build(UTF8_STRING, text.encode())


def time(moment: datetime) -> bytes:
    """UTCTime through 2049, GeneralizedTime from 2050 (Doc 9303-12 table 5), in whole seconds."""
    moment = moment.astimezone(UTC)
    if 1950 <= moment.year < 2050:
        return tlv.build(UTC_TIME, f"{moment:%y%m%d%H%M%S}Z".encode())
    return generalized_time(moment)


def generalized_time(moment: datetime) -> bytes:
    moment = moment.astimezone(UTC)
    return tlv.build(GENERALIZED_TIME, f"{moment.year:04}{moment:%m%d%H%M%S}Z".encode())


def explicit(number: int, *members: bytes) -> bytes:
    """``members`` inside the context tag ``number``, 0 to 30."""
    return tlv.build(CONTEXT | CONSTRUCTED | number, members)


def implicit(number: int, encoded: bytes) -> bytes:
    """``encoded`` with its tag replaced by the context tag ``number``, 0 to 30."""
    return bytes((CONTEXT | encoded[0] & CONSTRUCTED | number,)) + encoded[1:]
