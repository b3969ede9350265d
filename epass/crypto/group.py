"""What a key agreement needs of a group, be it an elliptic curve (``ec``) or MODP (``modp``).

Source: ICAO Doc 9303-11 §9.4.5, §9.5.1 table 12, §9.6. Both kinds are written additively, as is
usual for curves, so that one code runs PACE and chip authentication over either.
"""

from collections.abc import Callable
from typing import Protocol, Self


class Element(Protocol):
    """A validated element of a group of prime order, never the neutral one."""

    @property
    def group(self) -> "Group": ...

    @property
    def shared_secret(self) -> bytes:
        """K of §9.7.1 where this element is what both sides agreed on; always of one length."""
        ...

    def encode(self) -> bytes:
        """The element as an ephemeral public key, §9.4.5."""
        ...

    def __add__(self, other: Self, /) -> Self:
        """The operation of the group. Raises FormatError where the result is neutral."""
        ...

    def __mul__(self, scalar: int, /) -> Self:
        """The repeated operation. Raises FormatError where the result is neutral."""
        ...


class Group(Protocol):
    """Standardized domain parameters; ``parameter_id`` and ``name`` are of table 12."""

    @property
    def parameter_id(self) -> int: ...

    @property
    def name(self) -> str: ...

    @property
    def p(self) -> int:
        """The prime of the field."""
        ...

    @property
    def strength(self) -> int:
        """Security in bits, NIST SP 800-57 part 1 table 2."""
        ...

    @property
    def scalar_size(self) -> int:
        """The length of the order of the group, in bytes."""
        ...

    @property
    def generator(self) -> Element: ...

    def decode(self, data: bytes, *, where: str) -> Element:
        """The element that ``data`` encodes. Raises FormatError where it is none."""
        ...

    def scalar(self, random: Callable[[int], bytes]) -> int:
        """A secret scalar from 1 to the order less 1."""
        ...
