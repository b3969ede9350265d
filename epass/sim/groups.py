"""The domain parameters of table 12, ECDH and DH alike, and static keys over them.

Source: Doc 9303-11 §9.5.1 (parameter ids), §9.6 (key agreement), §6.2 (the static key pairs of
Chip Authentication, which PACE with chip authentication mapping uses too).
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Protocol, Self

from epass.crypto.ec import CURVES, Curve
from epass.sim.modp import GROUPS

Random = Callable[[int], bytes]


class Element(Protocol):
    """An element of a group, never the neutral one. FormatError where a result would be it."""

    def encode(self) -> bytes:
        """As a public key is sent (§9.4.5)."""
        ...

    @property
    def x_bytes(self) -> bytes:
        """As a shared secret, always of the same length (§9.7.1, note)."""
        ...

    def __neg__(self) -> Self: ...
    def __add__(self, other: Self) -> Self: ...
    def __mul__(self, scalar: int) -> Self: ...


class Group(Protocol):
    """A curve of ``epass.crypto.ec`` or a group of ``epass.sim.modp``; ``n`` is its order."""

    @property
    def parameter_id(self) -> int: ...
    @property
    def name(self) -> str: ...
    @property
    def n(self) -> int: ...
    @property
    def p(self) -> int: ...
    @property
    def size(self) -> int:
        """The length of a number modulo p, in bytes."""
        ...

    @property
    def generator(self) -> Element: ...

    def decode(self, data: bytes, *, where: str) -> Element:
        """Raises FormatError where the data are no public key of this group."""
        ...

    def scalar(self, random: Random) -> int:
        """A private key."""
        ...


ALL: tuple[Group, ...] = (*GROUPS, *CURVES)


def by_parameter_id(number: int) -> Group | None:
    """The group of table 12, or None for the numbers that mean none."""
    return next((group for group in ALL if group.parameter_id == number), None)


def is_elliptic(group: Group) -> bool:
    """Whether PACE over ``group`` is ECDH; else it is DH."""
    return isinstance(group, Curve)


@dataclass(frozen=True)
class StaticKey:
    """A key pair of the chip for key agreement; ``key_id`` tells it from others (§9.2.6)."""

    group: Group
    secret: int = field(repr=False)
    key_id: int | None = None

    @classmethod
    def generate(cls, group: Group, random: Random, key_id: int | None = None) -> Self:
        return cls(group, group.scalar(random), key_id)

    @cached_property
    def public(self) -> Element:
        return self.group.generator * self.secret
