"""The contactless link in numbers: how long an exchange with a chip takes, on a clock of its own.

Source: ISO/IEC 14443-2 (bit rates), 14443-3 §6.2 and §7.1 (frames, frame delay times), 14443-4 §7
(blocks, chaining); CCID 1.1 §5.1 and §6.1.4 (messages over USB). The formula is explained in
docs/link-model.md. Nothing sleeps and nothing is random: the same exchanges cost the same time.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Protocol

from epass.card import apdu
from epass.card.apdu import Command, Response
from epass.errors import InputError

CARRIER = 13_560_000  # Hz
BIT_RATES = (106, 212, 424, 848)  # kbit/s, 14443-2 §8.1.1: carrier / 128, / 64, / 32, / 16
FRAME_SIZES = (16, 24, 32, 40, 48, 64, 96, 128, 256, 512, 1024, 2048, 4096)  # FSD and FSC
# Bits around each byte and around each frame. Type A, 14443-3 §6.2.3: parity; start and end. Type
# B, §7.1.1: start and stop bit; SOF of 10 + 2 and EOF of 10 etu, the shortest, no extra guard time.
FRAMINGS = {"A": (9, 2), "B": (10, 22)}
# Seconds from the end of a frame to the answer. Type A: 14443-3 §6.2.1.1. Type B: 64 + 80 periods
# of the subcarrier (carrier / 16), TR0 and TR1 as they are where ATTRIB asks for no less: so say
# manuals of readers; the paragraph was not at hand, and no figure of epass rests on it.
TURNAROUNDS = {"A": 1172 / CARRIER, "B": (64 + 80) * 16 / CARRIER}
PROLOGUE, EPILOGUE = 1, 2  # bytes: PCB without CID and NAD, CRC
AROUND = PROLOGUE + EPILOGUE
CCID_HEADER = 10  # bytes of each CCID message
ACTIVATION = (
    0.02  # seconds: field off (5.1 ms) and on (5 ms), anticollision, RATS, PPS; an estimate
)

SECURE = 0x0C  # CLA bits of secure messaging
PUBLIC_KEY = (apdu.GENERAL_AUTHENTICATE, apdu.INTERNAL_AUTHENTICATE)


@dataclass(frozen=True, slots=True)
class Exchange:
    """The sizes of one command and its answer in bytes, and what of it the chip computes."""

    command: int
    response: int
    protected: bool = False
    agreement: bool = False


@dataclass(frozen=True, slots=True)
class Cost:
    """What exchanges cost: how many they are, bytes and frames on air, seconds."""

    apdus: int = 0
    bytes_on_air: int = 0
    frames: int = 0
    seconds: float = 0.0

    def __add__(self, other: "Cost") -> "Cost":
        return Cost(
            self.apdus + other.apdus,
            self.bytes_on_air + other.bytes_on_air,
            self.frames + other.frames,
            self.seconds + other.seconds,
        )


@dataclass(frozen=True, slots=True)
class Link:
    """A reader, the air, and a chip, as far as time goes. All times are in seconds.

    ``bit_rate`` is one of BIT_RATES, in both directions; ``framing`` "A" or "B". ``fsc`` and
    ``fsd`` are the longest frames that chip and reader take, in bytes. ``turnaround`` is the time
    between two frames, by default the shortest that the framing allows. ``reader`` is what the
    reader adds to each exchange (USB, CCID, its firmware) and to each further CCID message of one
    that is longer than ``ccid``, the longest message in bytes; None is for readers without such a
    limit. ``chip`` is what the chip adds to each command; ``protection`` what secure messaging adds
    to one, ``cryptography`` to each of its bytes; ``agreement`` is for a command with
    public-key cryptography.

    Raises:
        InputError: there is no such bit rate, framing or frame size, the CCID message holds no
            data, or a time is negative.
    """

    bit_rate: int = 848
    framing: str = "A"
    fsc: int = 256
    fsd: int = 256
    turnaround: float | None = None
    reader: float = 0.0
    ccid: int | None = None
    chip: float = 0.0
    protection: float = 0.0
    cryptography: float = 0.0
    agreement: float = 0.0

    def __post_init__(self) -> None:
        if self.bit_rate not in BIT_RATES or self.framing not in FRAMINGS:
            raise InputError("link: a bit rate of 106, 212, 424 or 848, and framing A or B")
        if not {self.fsc, self.fsd} <= set(FRAME_SIZES):
            raise InputError("link: FSC and FSD are sizes of ISO/IEC 14443-4")
        if self.ccid is not None and self.ccid <= CCID_HEADER:
            raise InputError("link: a CCID message is longer than its header")
        times = (self.turnaround or 0.0, self.reader, self.chip, self.protection)
        if min(*times, self.cryptography, self.agreement) < 0:
            raise InputError("link: no time is negative")

    @property
    def etu(self) -> float:
        """Seconds that one bit takes."""
        return 128 / CARRIER * 106 / self.bit_rate

    def cost(self, exchange: Exchange) -> Cost:
        """What one exchange costs."""
        sent, received = exchange.command, exchange.response
        blocks, answers = _blocks(sent, self.fsc), _blocks(received, self.fsd)
        # 14443-4 §7.5.2: each chained I-block is acknowledged by an R-block. So every frame but
        # the last is followed by one of the other side, and the last by the next command.
        frames = 2 * (blocks + answers) - 2
        on_air = sent + received + frames * AROUND
        bits, around = FRAMINGS[self.framing]
        between = TURNAROUNDS[self.framing] if self.turnaround is None else self.turnaround
        wire = (bits * on_air + around * frames) * self.etu + frames * between
        return Cost(1, on_air, frames, wire + self._reader(exchange) + self._chip(exchange))

    def _reader(self, exchange: Exchange) -> float:
        if self.ccid is None:
            return self.reader
        room = self.ccid - CCID_HEADER
        return self.reader * (_parts(exchange.command, room) + _parts(exchange.response, room) - 1)

    def _chip(self, exchange: Exchange) -> float:
        seconds = self.chip
        if exchange.protected:
            size = exchange.command + exchange.response
            seconds += self.protection + self.cryptography * size
        return seconds + (self.agreement if exchange.agreement else 0.0)

    def total(self, exchanges: Iterable[Exchange]) -> Cost:
        """What all of them cost."""
        return sum(map(self.cost, exchanges), Cost())


def _blocks(size: int, frame: int) -> int:
    return _parts(size, frame - AROUND)


def _parts(size: int, room: int) -> int:
    return max(1, -(-size // room))


class Clock:
    """A clock that stands still until somebody waits: ``sleep`` and ``now`` for simulations."""

    def __init__(self) -> None:
        self._now = 0.0

    def now(self) -> float:
        """Seconds since the clock was made."""
        return self._now

    def sleep(self, seconds: float) -> None:
        """Let the time pass, at once."""
        self._now += max(seconds, 0.0)


class Timed(Protocol):
    """A chip on a channel, or a channel around one; ``Chip`` is one."""

    def transmit(self, command: Command, /) -> Response: ...
    def reset(self) -> None: ...


@dataclass
class LinkChannel:
    """A channel around a simulated chip on which exchanges take the time of ``link``.

    ``clock`` goes on by it; ``exchanges`` are those that were answered, so that they can be priced
    on another link.
    """

    chip: Timed
    link: Link = Link()
    clock: Clock = field(default_factory=Clock)
    exchanges: list[Exchange] = field(default_factory=list)

    def transmit(self, command: Command) -> Response:
        """Raises what the chip raises; a command that is not answered takes no time."""
        response = self.chip.transmit(command)
        exchange = measured(command, response)
        self.exchanges.append(exchange)
        self.clock.sleep(self.link.cost(exchange).seconds)
        return response

    def reset(self) -> None:
        """Reset the chip, which takes the time of an activation."""
        self.chip.reset()
        self.clock.sleep(ACTIVATION)

    @property
    def cost(self) -> Cost:
        """What the exchanges have cost so far."""
        return self.link.total(self.exchanges)


def measured(command: Command, response: Response) -> Exchange:
    """The sizes of an exchange as it went over the link."""
    return Exchange(
        len(command.encode()),
        len(response.data) + 2,
        command.cla & SECURE == SECURE,
        command.ins in PUBLIC_KEY,
    )
