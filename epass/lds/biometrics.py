"""DG3 and DG4: fingerprints and irises, which chips give to entitled terminals only.

Source: ICAO Doc 9303-10 §4.7.3 and §4.7.4, tables 46 to 57 (CBEFF of ISO/IEC 7816-11); Doc 9303-11
§7.1 (extended access control). epass is no such terminal: a chip refuses it these files. Where one
has them all the same, from a specimen or another reader, what is in them is named, and no finger or
iris is taken out of them.
"""

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import ClassVar, Self

from epass import tlv
from epass.lds import dates
from epass.lds.cbeff import CREATED, FORMATS, KINDS, SC37
from epass.lds.elements import COUNT, Elements, Unknown, together
from epass.lds.names import File

EXTENDED_ACCESS = frozenset({File.DG3, File.DG4})  # to read them takes terminal authentication
PROTECTION = "extended access control"
GROUP_TEMPLATE, TEMPLATE, HEADER = 0x7F61, 0x7F60, 0xA1
FIRST_EDITION, SERIES_39794 = 0x5F2E, 0x7F2E  # which data object has the record, §4.5.6
FILLING = 0x53  # what keeps the digest of an empty group from being the same for all, table 50
MAX_TEMPLATES = 255  # the counter has one byte

SIDES = ("", "right", "left", "")  # bits 1 and 2, tables 49 and 56
FINGERS = ("", "thumb", "pointer", "middle", "ring", "little")  # bits 3 to 5
BLOCK_39794 = MappingProxyType({0x64: 4, 0x65: 5, 0x66: 6})  # table 3 of §4.5.6


@dataclass(frozen=True, slots=True)
class Feature:
    """One finger or eye, by its header. ``size`` are the bytes of its record.

    ``position`` is empty where it is not said. ``created`` and ``product`` (the creator's number)
    are empty where they are not there; ``validity`` are the bytes as stored.
    """

    kind: str
    position: str = field(repr=False)
    standard: str
    size: int
    created: str = field(repr=False)
    validity: bytes = field(repr=False)
    product: bytes
    unknown: Unknown = field(repr=False)


@dataclass(frozen=True, slots=True)
class Biometrics:
    """What the file holds, without the features themselves. ``notes`` are deviations."""

    FILE: ClassVar[File]

    features: tuple[Feature, ...]
    unknown: Unknown = field(repr=False)
    notes: tuple[str, ...]
    protection: str = field(default=PROTECTION, init=False)

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Parse the whole file; an empty group has no features.

        Raises:
            FormatError: with the tag path and byte offset of the first fault.
        """
        notes: list[str] = []
        beside = Elements(tlv.parse_one(data, cls.FILE.tag or 0, where=cls.FILE.label), notes)
        take = Elements(beside.require(GROUP_TEMPLATE), notes)
        count, templates = take.one(COUNT), take.every(TEMPLATE)
        take.check_count(count, len(templates), "features")
        if not templates:
            take.every(FILLING)
            beside.every(FILLING)
        features = tuple(_feature(template, notes) for template in templates)
        unknown = together(take.rest(), beside.rest())
        return cls(features, unknown, tuple(dict.fromkeys(notes)))


@dataclass(frozen=True, slots=True)
class Dg3(Biometrics):
    """Fingerprints."""

    FILE: ClassVar[File] = File.DG3


@dataclass(frozen=True, slots=True)
class Dg4(Biometrics):
    """Irises."""

    FILE: ClassVar[File] = File.DG4


def _feature(template: tlv.Tlv, notes: list[str]) -> Feature:
    inside = Elements(template, notes)
    header = Elements(inside.require(HEADER), notes)
    blocks = [*inside.every(FIRST_EDITION), *inside.every(SERIES_39794)]
    if len(blocks) != 1:
        raise template.fail("not one biometric data block, 5F2E or 7F2E")
    header.every(0x80)  # the version of this header
    kind = _value(header.one(0x81))
    return Feature(
        kind=KINDS.get(int.from_bytes(kind), f"biometric type {kind.hex().upper()}" * bool(kind)),
        position=_position(_value(header.one(0x82))),
        created=_created(header),
        validity=_value(header.one(0x85)),
        product=_value(header.one(0x86)),
        standard=_standard(blocks[0], header.one(0x87), header.one(0x88)),
        size=len(blocks[0].value),
        unknown=together(header.rest(), inside.rest()),
    )


def _created(header: Elements) -> str:
    """The day and time in BCD, as table 44 has it."""
    item = header.one(CREATED)
    found = dates.moment(item.value) if item else None
    if item and found is None:
        header.note("creation date", "not a date")
        header.put_back(item)
    return found.value if found else ""


def _value(item: tlv.Tlv | None) -> bytes:
    return item.value if item else b""


def _position(subtype: bytes) -> str:
    """The finger or eye; bits 6 to 8 are reserved."""
    if len(subtype) != 1:
        return ""
    finger = subtype[0] >> 2 & 7
    name = FINGERS[finger] if finger < len(FINGERS) else ""
    side = SIDES[subtype[0] & 3]
    return f"{side} {name} finger".strip() if name and name != "thumb" else f"{side} {name}".strip()


def _standard(block: tlv.Tlv, owner: tlv.Tlv | None, kind: tlv.Tlv | None) -> str:
    """By which standard the record is encoded, as the header, and for 39794 the record says."""
    owned, typed = int.from_bytes(_value(owner)), int.from_bytes(_value(kind))
    if block.tag == SERIES_39794:
        outer = block.value[:1] == bytes((HEADER,))
        inner = block.first().first().tag if outer else 0
        part = BLOCK_39794.get(inner)
        return f"ISO/IEC 39794-{part}" if part else "ISO/IEC 39794"
    if owned == SC37 and typed in FORMATS:
        return FORMATS[typed]
    return f"format {typed:04X} of {owned:04X}"
