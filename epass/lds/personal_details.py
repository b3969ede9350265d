"""DG11: additional personal details of the holder, mostly in national characters.

Source: ICAO Doc 9303-10 §4.7.11, tables 71 and 72. All of it is optional, and personal data.
"""

from dataclasses import dataclass, field
from typing import Self

from epass import tlv
from epass.lds.elements import Elements, Unknown
from epass.lds.pictures import Picture
from epass.lds.writing import PersonName

DG11, OTHER_NAME = 0x6B, 0x5F0F


@dataclass(frozen=True, slots=True)
class Dg11:
    """What is not there is empty or None. Days are text, as ``epass.lds.dates`` has them.

    ``place_of_birth``, ``address`` and ``other_documents`` are the fields that < separates.
    ``unknown`` has the data objects that the standard does not have; ``notes`` are deviations.
    """

    name: PersonName | None = field(repr=False)
    other_names: tuple[PersonName, ...] = field(repr=False)
    personal_number: str = field(repr=False)
    date_of_birth: str = field(repr=False)
    place_of_birth: tuple[str, ...] = field(repr=False)
    address: tuple[str, ...] = field(repr=False)
    telephone: str = field(repr=False)
    profession: str = field(repr=False)
    title: str = field(repr=False)
    personal_summary: str = field(repr=False)
    proof_of_citizenship: Picture | None = field(repr=False)
    other_documents: tuple[str, ...] = field(repr=False)
    custody_information: str = field(repr=False)
    unknown: Unknown = field(repr=False)
    notes: tuple[str, ...]

    @property
    def images(self) -> tuple[bytes, ...]:
        """The pictures, as stored."""
        return (self.proof_of_citizenship.image,) if self.proof_of_citizenship else ()

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Parse the whole file.

        Raises:
            FormatError: with the tag path and byte offset of the first fault.
        """
        notes: list[str] = []
        take = Elements(tlv.parse_one(data, DG11, where="DG11"), notes)
        take.check_tag_list(nested=OTHER_NAME)
        return cls(
            name=take.name(0x5F0E, "name"),
            other_names=take.names(OTHER_NAME, "other names"),
            personal_number=take.text(0x5F10, "personal number"),
            date_of_birth=take.day(0x5F2B, "date of birth"),
            place_of_birth=take.fields(0x5F11, "place of birth"),
            address=take.fields(0x5F42, "address"),
            telephone=take.text(0x5F12, "telephone"),
            profession=take.text(0x5F13, "profession"),
            title=take.text(0x5F14, "title"),
            personal_summary=take.text(0x5F15, "personal summary"),
            proof_of_citizenship=take.picture(0x5F16, "proof of citizenship"),
            other_documents=take.fields(0x5F17, "other documents"),
            custody_information=take.text(0x5F18, "custody information"),
            unknown=take.rest(),
            notes=tuple(notes),
        )
