"""CBEFF: the biometric information templates around the records of DG2, DG3 and DG4.

Source: ICAO Doc 9303-10 §4.5.6 and §4.7.2.1, table 44; ISO/IEC 7816-11. DG3 and DG4 may have no
template at all (§4.7.3.2.2).
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from epass import tlv
from epass.errors import UnsupportedError

GROUP_TEMPLATE, COUNT, TEMPLATE, ISSUER_DATA = 0x7F61, 0x02, 0x7F60, 0x53
HEADER_TEMPLATE, DATA, CONSTRUCTED_DATA = 0xA1, 0x5F2E, 0x7F2E
STANDARDIZED, CONSTRUCTED, PROPRIETARY = 0x81, 0xA1, (0x82, 0xA2)  # in 7F2E, ISO/IEC 7816-11
FINGER, FACE, IRIS = RECORDS = (0x64, 0x65, 0x66)  # ISO/IEC 39794-4, -5, -6: §4.5.6 table 3
MAX_TEMPLATES = 9  # Doc 9303-10 table 45

VERSION, KIND, SUBTYPE, CREATED, VALIDITY, CREATOR, OWNER, FORMAT = (
    0x80, 0x81, 0x82, 0x83, 0x85, 0x86, 0x87, 0x88,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class BiometricHeader:
    """The header of one template; what it does not have is None.

    ``kind`` and ``subtype`` are codes of ISO/IEC 19785-3 (2: face), ``owner`` and ``format`` those
    of the format owner and type (0101: ISO/IEC JTC 1/SC 37; 0008: ISO/IEC 19794-5). ``created``
    is YYYYMMDDhhmmss and ``valid`` YYYYMMDDYYYYMMDD, from and through; ``unknown`` holds what has
    another tag or form, by tag.
    """

    version: int | None = None
    kind: int | None = None
    subtype: int | None = None
    created: str | None = field(default=None, repr=False)
    valid: str | None = field(default=None, repr=False)
    creator: int | None = None
    owner: int | None = None
    format: int | None = None
    unknown: tuple[tuple[int, bytes], ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class Template:
    """A header and its record: a data object of RECORDS, or any other whose value is a record of
    ISO/IEC 19794.
    """

    header: BiometricHeader
    record: tlv.Tlv


def templates(group: tlv.Tlv, notes: list[str], *, least: int = 1) -> tuple[Template, ...]:
    """The templates in ``group``, a file of biometric data; ``notes`` gets what deviates.

    Raises:
        FormatError: there are fewer than ``least`` or more than MAX_TEMPLATES, other than it says,
            or one of them is not a header and a data block.
    """
    inner = group.require(GROUP_TEMPLATE)
    number = inner.require(COUNT)
    if len(number.value) != 1 or not least <= number.value[0] <= MAX_TEMPLATES:
        raise number.fail(f"not a number from {least} to {MAX_TEMPLATES}")
    first, *rest = inner.children()
    found = [item for item in rest if item.tag != ISSUER_DATA]
    if first.tag != COUNT or any(item.tag != TEMPLATE for item in found):
        raise inner.fail("not a number of templates and the templates")
    if len(found) != number.value[0]:
        raise number.fail(f"{number.value[0]} templates announced, {len(found)} are there")
    return tuple(_template(item, notes) for item in found)


def _template(item: tlv.Tlv, notes: list[str]) -> Template:
    header = _header(item.require(HEADER_TEMPLATE), notes)
    blocks = [child for child in item.children() if child.tag in (DATA, CONSTRUCTED_DATA)]
    if len(blocks) != 1:
        raise item.fail("not one biometric data block, 5F2E or 7F2E")
    if any(child.tag not in (HEADER_TEMPLATE, blocks[0].tag) for child in item.children()):
        notes.append("a template holds more than a header and biometric data")
    return Template(header, _record(blocks[0], notes))


def _record(block: tlv.Tlv, notes: list[str]) -> tlv.Tlv:
    """The record in ``block``, whichever way it is wrapped (§4.5.6 tables 1 to 3)."""
    lead = block.value[0] if block.value else None
    if block.tag == CONSTRUCTED_DATA and lead in (STANDARDIZED, CONSTRUCTED):
        return _record(_only(block), notes)
    if block.tag == CONSTRUCTED_DATA and lead in PROPRIETARY:
        raise UnsupportedError("the biometric data are in a format of their issuer's own")
    if lead in RECORDS:
        if block.tag != CONSTRUCTED:
            notes.append(f"a record of ISO/IEC 39794 stands in {block.tag:02X}, not in 7F2E and A1")
        return _only(block)
    return block


def _only(item: tlv.Tlv) -> tlv.Tlv:
    found, *more = item.children()
    if more:
        raise more[0].fail("there is more than one record in the biometric data")
    return found


def _header(item: tlv.Tlv, notes: list[str]) -> BiometricHeader:
    """Table 44. A field of another length is kept as unknown, with a note."""
    numbers: dict[int, int] = {}
    texts: dict[int, str] = {}
    unknown: list[tuple[int, bytes]] = []
    for child in _once(item):
        if child.tag in _NUMBERS and len(child.value) in _NUMBERS[child.tag]:
            numbers[child.tag] = int.from_bytes(child.value)
        elif child.tag in _DATES and len(child.value) == _DATES[child.tag] and _is_bcd(child.value):
            texts[child.tag] = child.value.hex()
        else:
            unknown.append((child.tag, child.value))
    if unknown:
        notes.append("a biometric header has fields of another kind than Doc 9303-10 table 44")
    if OWNER not in numbers or FORMAT not in numbers:
        notes.append("a biometric header does not say whose format its data have")
    return BiometricHeader(
        numbers.get(VERSION),
        numbers.get(KIND),
        numbers.get(SUBTYPE),
        texts.get(CREATED),
        texts.get(VALIDITY),
        numbers.get(CREATOR),
        numbers.get(OWNER),
        numbers.get(FORMAT),
        tuple(unknown),
    )


def _once(item: tlv.Tlv) -> Iterator[tlv.Tlv]:
    seen = set()
    for child in item.children():
        if child.tag in seen:
            raise child.fail("the data object stands twice")
        seen.add(child.tag)
        yield child


def _is_bcd(value: bytes) -> bool:
    return value.hex().isdecimal()


# Lengths in bytes, table 44.
_NUMBERS = {
    VERSION: (2,),
    KIND: (1, 2, 3),
    SUBTYPE: (1,),
    CREATOR: (4,),
    OWNER: (2,),
    FORMAT: (2,),
}
_DATES = {CREATED: 7, VALIDITY: 8}
