"""DG12: additional details of the document, its issue and its making.

Source: ICAO Doc 9303-10 §4.7.12, tables 73 and 74. All of it is optional.
"""

from dataclasses import dataclass, field
from typing import Self

from epass import tlv
from epass.lds.elements import Elements, Unknown
from epass.lds.pictures import Picture
from epass.lds.writing import PersonName

DG12, OTHER_PERSON = 0x6C, 0x5F1A


@dataclass(frozen=True, slots=True)
class Dg12:
    """What is not there is empty or None. Days are text, as ``epass.lds.dates`` has them.

    ``front`` and ``rear`` are pictures of the document. ``unknown`` has the data objects that the
    standard does not have; ``notes`` are deviations.
    """

    issuing_authority: str = field(repr=False)
    date_of_issue: str = field(repr=False)
    other_persons: tuple[PersonName, ...] = field(repr=False)
    endorsements: str = field(repr=False)
    tax_or_exit_requirements: str = field(repr=False)
    front: Picture | None = field(repr=False)
    rear: Picture | None = field(repr=False)
    personalized_at: str = field(repr=False)
    personalization_system: str = field(repr=False)
    unknown: Unknown = field(repr=False)
    notes: tuple[str, ...]

    @property
    def images(self) -> tuple[bytes, ...]:
        """The pictures, as stored."""
        return tuple(picture.image for picture in (self.front, self.rear) if picture)

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Parse the whole file.

        Raises:
            FormatError: with the tag path and byte offset of the first fault.
        """
        notes: list[str] = []
        take = Elements(tlv.parse_one(data, DG12, where="DG12"), notes)
        take.check_tag_list(nested=OTHER_PERSON)
        return cls(
            issuing_authority=take.text(0x5F19, "issuing authority"),
            date_of_issue=take.day(0x5F26, "date of issue"),
            other_persons=take.names(OTHER_PERSON, "other persons"),
            endorsements=take.text(0x5F1B, "endorsements"),
            tax_or_exit_requirements=take.text(0x5F1C, "tax or exit requirements"),
            front=take.picture(0x5F1D, "picture of the front"),
            rear=take.picture(0x5F1E, "picture of the rear"),
            personalized_at=take.moment(0x5F55, "time of personalization"),
            personalization_system=take.text(0x5F56, "personalization system"),
            unknown=take.rest(),
            notes=tuple(notes),
        )
