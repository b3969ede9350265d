"""DG16: the persons to notify in an emergency.

Source: ICAO Doc 9303-10 §4.7.16, tables 80 and 81. Personal data of others than the holder.
"""

from dataclasses import dataclass, field
from typing import Self

from epass import tlv
from epass.lds.elements import COUNT, Elements, Unknown
from epass.lds.writing import PersonName

DG16 = 0x70
PERSONS = range(0xA1, 0xB0)  # the templates Ax of table 80, x = 1, 2, 3…


@dataclass(frozen=True, slots=True)
class PersonToNotify:
    """One person. What is not there is empty or None; ``address`` are the fields between <."""

    recorded: str = field(repr=False)
    name: PersonName | None = field(repr=False)
    telephone: str = field(repr=False)
    address: tuple[str, ...] = field(repr=False)
    unknown: Unknown = field(repr=False)


@dataclass(frozen=True, slots=True)
class Dg16:
    """All persons, in the order of the chip. ``notes`` are deviations."""

    persons: tuple[PersonToNotify, ...] = field(repr=False)
    unknown: Unknown = field(repr=False)
    notes: tuple[str, ...]

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Parse the whole file.

        Raises:
            FormatError: with the tag path and byte offset of the first fault.
        """
        notes: list[str] = []
        take = Elements(tlv.parse_one(data, DG16, where="DG16"), notes)
        count = take.one(COUNT)
        templates = [item for tag in PERSONS for item in take.every(tag)]
        templates.sort(key=lambda item: item.offset)
        if [item.tag for item in templates] != list(PERSONS[: len(templates)]):
            notes.append("persons: their templates are not numbered A1, A2 and so on")
        if count is None and templates:  # table 80: "occurs only in first template"
            count = templates[0].find(COUNT)
        take.check_count(count, len(templates), "persons")
        persons = tuple(_person(item, notes) for item in templates)
        return cls(persons, take.rest(), tuple(notes))


def _person(template: tlv.Tlv, notes: list[str]) -> PersonToNotify:
    take = Elements(template, notes)
    take.one(COUNT)
    label = f"person {template.tag & 0xF}"
    return PersonToNotify(
        recorded=take.day(0x5F50, f"{label}, day of the record"),
        name=take.name(0x5F51, f"{label}, name"),
        telephone=take.text(0x5F52, f"{label}, telephone"),
        address=take.fields(0x5F53, f"{label}, address"),
        unknown=take.rest(),
    )
