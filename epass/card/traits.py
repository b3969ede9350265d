"""What chip and reader say of themselves before the first command.

Source: Doc 9303-10 §3.11.1 and ISO/IEC 7816-4 §8.1.1 (card capabilities), PC/SC part 10 §2.6.14
(properties of a reader). These are hints to plan a read with; nothing may rely on them.
"""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from epass.card.apdu import Channel


@dataclass(frozen=True, slots=True)
class Traits:
    """``extended``: whether the chip takes extended length, None if it does not say.

    ``has_lengths``: EF.ATR/INFO tells how long APDUs may be. ``most``: the most bytes of data that
    the reader carries in one APDU, 256 or less for short length only, None if it does not say.
    ``model`` and ``reader`` say what kinds of chip and reader these are, to remember what worked;
    empty, nothing is remembered. They identify no single chip.
    """

    extended: bool | None = None
    has_lengths: bool = False
    most: int | None = None
    model: str = ""
    reader: str = ""


@runtime_checkable
class Described(Protocol):
    """A channel that knows what is at its other end, as ``PcscChannel`` does."""

    @property
    def traits(self) -> Traits:
        """What is known before the first command."""
        ...


def traits(channel: Channel) -> Traits:
    """Those of ``channel``; nothing is known of one that does not say."""
    return channel.traits if isinstance(channel, Described) else Traits()
