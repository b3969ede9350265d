"""DG5, DG6 and DG7: the portrait and the signature as they are printed on the document.

Source: ICAO Doc 9303-10 §4.7.5 to §4.7.7, tables 58 to 64. DG6 is reserved; what is in it is read
as in DG5. Images are handed out byte for byte and decoded nowhere in here.
"""

from dataclasses import dataclass, field
from typing import ClassVar, Self

from epass import tlv
from epass.lds.elements import COUNT, Elements, Unknown
from epass.lds.names import File
from epass.lds.pictures import NO_PICTURE, Picture

PORTRAIT, SIGNATURE = 0x5F40, 0x5F43
MAX_IMAGES = 9  # tables 60 and 64


@dataclass(frozen=True, slots=True)
class DisplayedImages:
    """The images of one file. ``unknown`` has what the standard does not have there."""

    FILE: ClassVar[File]
    TAG: ClassVar[int]

    pictures: tuple[Picture, ...]
    unknown: Unknown = field(repr=False)
    notes: tuple[str, ...]

    @property
    def images(self) -> tuple[bytes, ...]:
        """The images as stored."""
        return tuple(picture.image for picture in self.pictures)

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Parse the whole file.

        Raises:
            FormatError: with the tag path and byte offset of the first fault.
        """
        notes: list[str] = []
        template = tlv.parse_one(data, cls.FILE.tag or 0, where=cls.FILE.label)
        take = Elements(template, notes)
        count, found = take.one(COUNT), take.every(cls.TAG)
        if len(found) > MAX_IMAGES:
            raise found[MAX_IMAGES].fail(f"more than {MAX_IMAGES} images")
        take.check_count(count, len(found), "images")
        pictures = tuple(Picture.of(item) for item in found)
        for number, picture in enumerate(pictures, 1):
            take.note(f"image {number}", "" if picture.image_type else NO_PICTURE)
        return cls(pictures, take.rest(), tuple(notes))


@dataclass(frozen=True, slots=True)
class Dg5(DisplayedImages):
    """The displayed portraits."""

    FILE: ClassVar[File] = File.DG5
    TAG: ClassVar[int] = PORTRAIT


@dataclass(frozen=True, slots=True)
class Dg6(DisplayedImages):
    """Reserved for future use; portraits, if it has any."""

    FILE: ClassVar[File] = File.DG6
    TAG: ClassVar[int] = PORTRAIT


@dataclass(frozen=True, slots=True)
class Dg7(DisplayedImages):
    """The displayed signatures or usual marks."""

    FILE: ClassVar[File] = File.DG7
    TAG: ClassVar[int] = SIGNATURE
