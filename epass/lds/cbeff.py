"""CBEFF: the biometric information templates around the records of DG2, DG3 and DG4.

Source: ICAO Doc 9303-10 §4.5.6 and §4.7.2.1, table 44; ISO/IEC 7816-11, table C.2 (biometric
types); the numbers of owners and formats are those of the biometric registry of ISO/IEC 19785-2.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Self

from epass import tlv
from epass.errors import UnsupportedError
from epass.lds.elements import COUNT, Elements, Unknown, together

GROUP_TEMPLATE, TEMPLATE = 0x7F61, 0x7F60
HEADER_TEMPLATE, DATA, CONSTRUCTED_DATA = 0xA1, 0x5F2E, 0x7F2E
STANDARDIZED, CONSTRUCTED, PROPRIETARY = 0x81, 0xA1, (0x82, 0xA2)  # in 7F2E, ISO/IEC 7816-11
FINGER, FACE, IRIS = RECORDS = (0x64, 0x65, 0x66)  # ISO/IEC 39794-4, -5, -6: §4.5.6 table 3
MAX_TEMPLATES = 9  # Doc 9303-10 table 45

VERSION, KIND, SUBTYPE, CREATED, VALIDITY, CREATOR, OWNER, FORMAT = (
    0x80, 0x81, 0x82, 0x83, 0x85, 0x86, 0x87, 0x88,
)  # fmt: skip


SC37 = 0x0101
KINDS = MappingProxyType({0x02: "face", 0x08: "fingerprint", 0x10: "iris"})
SUBTYPES = MappingProxyType({0x00: "no information given"})
OWNERS = MappingProxyType({SC37: "ISO/IEC JTC 1/SC 37"})
FORMATS = MappingProxyType(  # of SC37
    {
        0x07: "ISO/IEC 19794-4, finger image",
        0x08: "ISO/IEC 19794-5, face image",
        0x09: "ISO/IEC 19794-6, iris image",
        0x28: "ISO/IEC 39794-4, finger image",
        0x2A: "ISO/IEC 39794-5, face image",
        0x2C: "ISO/IEC 39794-6, iris image",
    }
)
NO_MEANINGS: Mapping[int, str] = MappingProxyType({})


class Code(int):
    """A number of a header, as text with what it means: "face (02)". ``size`` is in bytes."""

    meaning: str
    size: int

    @classmethod
    def of(cls, value: bytes, meanings: Mapping[int, str]) -> Self:
        """The number ``value``, with what ``meanings`` has for it."""
        code = cls.from_bytes(value)
        code.meaning, code.size = meanings.get(code, ""), len(value)
        return code

    def __str__(self) -> str:
        number = f"{int(self):0{2 * self.size}X}"
        return f"{self.meaning} ({number})" if self.meaning else number


@dataclass(frozen=True, slots=True)
class BiometricHeader:
    """The header of one template; what it does not have is None.

    ``kind`` and ``subtype`` are codes of ISO/IEC 7816-11 (02: face), ``owner`` and ``format`` those
    of the format owner and type (0101: ISO/IEC JTC 1/SC 37; 0008: ISO/IEC 19794-5). ``created``
    is YYYYMMDDhhmmss and ``valid`` YYYYMMDDYYYYMMDD, from and through; ``unknown`` holds what has
    another tag or form, by tag.
    """

    version: Code | None = None
    kind: Code | None = None
    subtype: Code | None = None
    created: str | None = field(default=None, repr=False)
    valid: str | None = field(default=None, repr=False)
    creator: Code | None = None
    owner: Code | None = None
    format: Code | None = None
    unknown: Unknown = field(default_factory=together, repr=False)


@dataclass(frozen=True, slots=True)
class Template:
    """A header and its record: a data object of RECORDS, or any other whose value is a record of
    ISO/IEC 19794. ``unknown`` is what else stands beside them.
    """

    header: BiometricHeader
    record: tlv.Tlv
    unknown: tuple[tlv.Tlv, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """The templates of a file; ``unknown`` is what else stands beside them, by tag."""

    templates: tuple[Template, ...]
    unknown: Unknown = field(repr=False)

    @classmethod
    def of(cls, item: tlv.Tlv, notes: list[str]) -> Self:
        """What is in ``item``, a file of biometric data; ``notes`` gets what deviates.

        Raises:
            FormatError: there are none or more than MAX_TEMPLATES, other than it says, or one of
                them is not a header and a data block.
        """
        beside = Elements(item, notes)
        take = Elements(beside.require(GROUP_TEMPLATE), notes)
        number, found = take.require(COUNT), take.every(TEMPLATE)
        if len(number.value) != 1 or not 1 <= number.value[0] <= MAX_TEMPLATES:
            raise number.fail(f"not a number from 1 to {MAX_TEMPLATES}")
        if len(found) != number.value[0]:
            raise number.fail(f"{number.value[0]} templates announced, {len(found)} are there")
        unknown = together(take.rest(), beside.rest())
        return cls(tuple(_template(each, notes) for each in found), unknown)


def _template(item: tlv.Tlv, notes: list[str]) -> Template:
    take = Elements(item, notes)
    header = _header(take.require(HEADER_TEMPLATE), notes)
    blocks = [*take.every(DATA), *take.every(CONSTRUCTED_DATA)]
    if len(blocks) != 1:
        raise item.fail("not one biometric data block, 5F2E or 7F2E")
    left = take.rest()
    unknown = tuple(child for child in item.children() if child.tag in left)
    return Template(header, _record(blocks[0], notes), unknown)


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
    numbers: dict[int, bytes] = {}
    texts: dict[int, str] = {}
    unknown: dict[int, tuple[bytes, ...]] = {}
    for child in _once(item):
        if child.tag in _NUMBERS and len(child.value) in _NUMBERS[child.tag]:
            numbers[child.tag] = child.value
        elif child.tag in _DATES and len(child.value) == _DATES[child.tag] and _is_bcd(child.value):
            texts[child.tag] = child.value.hex()
        else:
            unknown[child.tag] = (child.value,)
    if unknown:
        notes.append("a biometric header has fields of another kind than Doc 9303-10 table 44")
    if OWNER not in numbers or FORMAT not in numbers:
        notes.append("a biometric header does not say whose format its data have")
    owner = _code(numbers, OWNER, OWNERS)
    return BiometricHeader(
        _code(numbers, VERSION),
        _code(numbers, KIND, KINDS),
        _code(numbers, SUBTYPE, SUBTYPES),
        texts.get(CREATED),
        texts.get(VALIDITY),
        _code(numbers, CREATOR),
        owner,
        _code(numbers, FORMAT, FORMATS if owner == SC37 else NO_MEANINGS),
        MappingProxyType(unknown),
    )


def _code(
    numbers: Mapping[int, bytes], tag: int, meanings: Mapping[int, str] = NO_MEANINGS
) -> Code | None:
    return Code.of(numbers[tag], meanings) if tag in numbers else None


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
