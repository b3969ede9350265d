"""CBEFF as DG2, DG3 and DG4 have it: a group of templates, each a header and its data.

Source: ICAO Doc 9303-10 §4.5.6, §4.7.2.1, §4.7.3.2 and tables 44, 49, 51 and 56; format types as
the biometric registry numbers them.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from epass import tlv

GROUP_TEMPLATE, COUNT = 0x7F61, 0x02
INFORMATION_TEMPLATE, HEADER_TEMPLATE = 0x7F60, 0xA1
DATA_BLOCK, CONSTRUCTED_BLOCK, STANDARDIZED = 0x5F2E, 0x7F2E, 0xA1
MAX_TEMPLATES = 9  # §4.7.2.2, table 45

FACE, FINGER, IRIS = 0x02, 0x08, 0x10  # biometric types, ISO/IEC 7816-11 annex C
FINGER_19794, FACE_19794, IRIS_19794, FACE_39794 = 0x0007, 0x0008, 0x0009, 0x002A
RIGHT_POINTER, LEFT_POINTER, RIGHT, LEFT = 0x09, 0x0A, 0x01, 0x02  # sub-types


@dataclass(frozen=True, slots=True)
class Template:
    """One biometric information template; ``record`` follows ``format`` of ISO/IEC JTC 1/SC 37.

    ``created`` is YYYYMMDDhhmmss and ``valid`` YYYYMMDDYYYYMMDD, in the header where they are
    given, as is ``creator``, the number of a product.
    """

    kind: int
    format: int
    record: bytes = field(repr=False)
    subtype: int = 0
    created: str = ""
    valid: str = ""
    creator: int | None = None

    def encoded(self) -> bytes:
        if self.format == FACE_39794:
            block = tlv.build(CONSTRUCTED_BLOCK, tlv.build(STANDARDIZED, self.record))
        else:
            block = tlv.build(DATA_BLOCK, self.record)
        return tlv.build(INFORMATION_TEMPLATE, (self._header(), block))

    def _header(self) -> bytes:
        creator = b"" if self.creator is None else self.creator.to_bytes(4)
        optional = (
            (0x83, bytes.fromhex(self.created)),
            (0x85, bytes.fromhex(self.valid)),
            (0x86, creator),
        )
        return tlv.build(
            HEADER_TEMPLATE,
            (
                tlv.build(0x80, bytes.fromhex("0101")),  # version of this header
                tlv.build(0x81, bytes((self.kind,))),
                tlv.build(0x82, bytes((self.subtype,))),
                *(tlv.build(tag, value) for tag, value in optional if value),
                tlv.build(0x87, bytes.fromhex("0101")),  # the owner is SC 37
                tlv.build(0x88, self.format.to_bytes(2)),
            ),
        )


def group(tag: int, templates: Iterable[Template]) -> bytes:
    """The data group with ``tag`` that holds ``templates``."""
    encoded = [template.encoded() for template in templates]
    count = tlv.build(COUNT, bytes((len(encoded),)))
    return tlv.build(tag, tlv.build(GROUP_TEMPLATE, (count, *encoded)))
