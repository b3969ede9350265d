"""Pictures in data elements: displayed portraits, signatures, scans of documents.

Source: ICAO Doc 9303-10 tables 58 to 64, 72 and 74: ISO/IEC 10918 (JFIF) or ISO/IEC 15444. They
are handed out byte for byte and decoded nowhere in here.
"""

from dataclasses import dataclass, field
from typing import Self

from epass import tlv
from epass.lds.image import ImageType

NO_PICTURE = "neither JPEG nor JPEG 2000"


@dataclass(frozen=True, slots=True)
class Picture:
    """``image`` is the file as stored, ``offset`` where it begins in the data group.

    ``image_type`` is None where the first bytes are of no format that the standard has.
    """

    image: bytes = field(repr=False)
    image_type: ImageType | None
    offset: int

    @classmethod
    def of(cls, item: tlv.Tlv) -> Self:
        """The picture that is the value of ``item``."""
        kinds = (kind for kind in ImageType if item.value.startswith(kind.magic))
        return cls(item.value, next(kinds, None), item.start)
