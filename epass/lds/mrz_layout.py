"""The sizes of the machine readable zone: where each field stands.

Source: ICAO Doc 9303-4 §4.2.2 (TD3, passports), 9303-5 §4.2.2 (TD1, cards), 9303-6 §4.2.2 (TD2),
9303-7 §4.2.2 and §7.2.2 (MRV-A and MRV-B, visas).
"""

from dataclasses import dataclass
from enum import Enum
from typing import Self

VISA = "V"  # what the document code of a visa, and of nothing else, begins with

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the fields are, counted from 0 through all lines. A field's check digit follows it.

    ``composite`` is what the last check digit of that name, at ``composite_digit``, is over; visas
    have none.
    """

    lines: int
    width: int
    number: Span
    birth: Span
    sex: int
    expiry: Span
    nationality: Span
    optional: tuple[Span, ...]
    composite: tuple[Span, ...]
    composite_digit: int | None
    name: Span


class Format(Enum):
    """The three sizes of travel documents, and behind them the two of visas."""

    TD1 = Layout(
        lines=3,
        width=30,
        number=(5, 14),
        birth=(30, 36),
        sex=37,
        expiry=(38, 44),
        nationality=(45, 48),
        optional=((15, 30), (48, 59)),
        composite=((5, 37), (38, 45), (48, 59)),
        composite_digit=59,
        name=(60, 90),
    )
    TD2 = Layout(
        lines=2,
        width=36,
        number=(36, 45),
        birth=(49, 55),
        sex=56,
        expiry=(57, 63),
        nationality=(46, 49),
        optional=((64, 71),),
        composite=((36, 46), (49, 56), (57, 71)),
        composite_digit=71,
        name=(5, 36),
    )
    TD3 = Layout(
        lines=2,
        width=44,
        number=(44, 53),
        birth=(57, 63),
        sex=64,
        expiry=(65, 71),
        nationality=(54, 57),
        optional=((72, 86),),
        composite=((44, 54), (57, 64), (65, 87)),
        composite_digit=87,
        name=(5, 44),
    )

    MRV_A = Layout(
        lines=2,
        width=44,
        number=(44, 53),
        birth=(57, 63),
        sex=64,
        expiry=(65, 71),
        nationality=(54, 57),
        optional=((72, 88),),
        composite=(),
        composite_digit=None,
        name=(5, 44),
    )
    MRV_B = Layout(
        lines=2,
        width=36,
        number=(36, 45),
        birth=(49, 55),
        sex=56,
        expiry=(57, 63),
        nationality=(46, 49),
        optional=((64, 72),),
        composite=(),
        composite_digit=None,
        name=(5, 36),
    )

    @property
    def is_visa(self) -> bool:
        return self in (Format.MRV_A, Format.MRV_B)

    @property
    def size(self) -> int:
        return self.value.lines * self.value.width

    def __repr__(self) -> str:
        return f"Format.{self.name}"

    @classmethod
    def of(cls, text: str) -> Self | None:
        """The format of a whole zone, its lines joined; None if none is of that size."""
        fitting = [form for form in cls if form.size == len(text)]
        return fitting[-1 if text.startswith(VISA) else 0] if fitting else None


DOCUMENTS = tuple(form for form in Format if not form.is_visa)  # what has a chip
