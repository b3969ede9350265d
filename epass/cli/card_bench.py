"""``bench`` on a real document: how fast each file came, and whether the reader held it up.

The time of an exchange is taken for a part that each command costs, whatever its size, and one for
each byte. The first is the reader's, its driver's and the chip's; the second is the link's, or that
of a chip whose cryptography is slower: below any link that ISO/IEC 14443-2 knows, it is not the
link, and above, a slow chip looks like a slower link.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from epass.card import apdu
from epass.card.apdu import Channel, Command, Response
from epass.card.reader import ReadEvent
from epass.card.traits import Traits, traits
from epass.lds.names import File
from epass.sim.link import BIT_RATES, Exchange, Link, measured

SPREAD = 100  # bytes between the shortest and the longest exchange, or bytes tell nothing
SLOW_COMMAND = 0.015  # seconds; good readers and chips take 4 ms, the slowest reported 10 ms
USABLE = 0.75  # of the bit rate: parity, frames and turnaround cost the rest


@dataclass(frozen=True, slots=True)
class Timed:
    """One exchange of the session, the file it was for, and its seconds."""

    file: File
    exchange: Exchange
    seconds: float

    @property
    def size(self) -> int:
        return self.exchange.command + self.exchange.response


@dataclass
class Stopwatch:
    """A channel around a channel that takes the time of every exchange.

    ``note`` is for the ``on_event`` of a read; ``now`` gives seconds.
    """

    channel: Channel
    now: Callable[[], float] = time.perf_counter
    timed: list[Timed] = field(default_factory=list)
    _file: File | None = None

    def note(self, event: ReadEvent) -> None:
        self._file = event.file if event.stage == "file" else None

    def transmit(self, command: Command) -> Response:
        """Raises what the channel raises."""
        began = self.now()
        response = self.channel.transmit(command)
        seconds = self.now() - began
        if self._file is not None:
            self.timed.append(Timed(self._file, measured(command, response), seconds))
        return response

    @property
    def traits(self) -> Traits:
        return traits(self.channel)

    def reset(self) -> None:
        """Raises what ``apdu.reset`` raises."""
        apdu.reset(self.channel)

    def reconnect(self, seconds: float, on_wait: Callable[[], object]) -> None:
        """Raises what ``apdu.reconnect`` raises."""
        apdu.reconnect(self.channel, seconds, on_wait)


@dataclass(frozen=True, slots=True)
class FileSpeed:
    """How a file came: ``size`` is that of the file, in bytes."""

    file: File
    size: int
    apdus: int
    seconds: float

    @property
    def rate(self) -> float:
        """Kilobits of the file in a second."""
        return 8 * self.size / self.seconds / 1000 if self.seconds else 0.0

    def as_dict(self) -> dict[str, object]:
        """What ``--format json`` prints."""
        return {
            "file": self.file.label,
            "bytes": self.size,
            "apdus": self.apdus,
            "seconds": round(self.seconds, 4),
            "kbit_per_second": round(self.rate, 1),
        }


@dataclass(frozen=True, slots=True)
class LinkSpeed:
    """``command`` seconds for each command, and ``rate`` kbit/s of its bytes; None if unknown."""

    command: float | None
    rate: float | None

    @property
    def bit_rate(self) -> int | None:
        """The slowest link that carries bytes so fast; None where none does, or it is unknown."""
        rate = float("inf") if self.rate is None else self.rate
        return next((bit_rate for bit_rate in BIT_RATES if rate <= bit_rate), None)


def by_file(timed: Sequence[Timed], sizes: dict[File, int]) -> list[FileSpeed]:
    """One row for each file that was read, in the order of ``sizes``."""
    found = []
    for file, size in sizes.items():
        mine = [item for item in timed if item.file is file]
        if mine:
            found.append(FileSpeed(file, size, len(mine), sum(item.seconds for item in mine)))
    return found


def fitted(timed: Sequence[Timed]) -> LinkSpeed:
    """The straight line through the times by size (least squares)."""
    sizes, seconds = [item.size for item in timed], [item.seconds for item in timed]
    if not timed or max(sizes) - min(sizes) < SPREAD:
        return LinkSpeed(None, None)
    count = len(timed)
    mean_size, mean = sum(sizes) / count, sum(seconds) / count
    spread = sum((size - mean_size) ** 2 for size in sizes)
    both = zip(sizes, seconds, strict=True)
    slope = sum((size - mean_size) * (taken - mean) for size, taken in both) / spread
    if slope <= 0:  # the times say nothing of the bytes: no link at all, or a very busy machine
        return LinkSpeed(mean, None)
    return LinkSpeed(max(mean - slope * mean_size, 0.0), 8 / slope / 1000)


def hints(timed: Sequence[Timed], speed: LinkSpeed) -> list[str]:
    """What holds the read up, where that can be told."""
    found = []
    if speed.command is not None and speed.command > SLOW_COMMAND:
        found.append(
            f"Each command costs {1000 * speed.command:.0f} ms besides its bytes: the reader, its"
            " driver or the chip is the slow part, not the link."
        )
    if speed.rate is not None and speed.rate < USABLE * BIT_RATES[0]:
        found.append(
            f"The bytes come at {speed.rate:.0f} kbit/s, slower than the slowest link: the reader"
            " or the chip is the slow part."
        )
    elif speed.bit_rate in BIT_RATES[:2]:
        at_best = Link(BIT_RATES[-1], reader=speed.command or 0.0)
        cost = at_best.total(item.exchange for item in timed)
        taken = sum(item.seconds for item in timed)
        found.append(
            f"The link seems to run at {speed.bit_rate} kbit/s. At {BIT_RATES[-1]}, which reader"
            f" and chip would have to agree on, {taken:.1f} s would be {cost.seconds:.1f} s."
        )
    return found
