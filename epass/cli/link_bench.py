"""``bench`` without a reader: reads of a simulated chip, priced on links of all speeds.

A read is made once for each document, access and length of answers; what it costs follows from the
sizes of its exchanges. docs/link-model.md has the model, and what is compared.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache

from epass.card import apdu, reader
from epass.card.apdu import Command, Response
from epass.card.keys import MrzKey
from epass.card.traits import Traits
from epass.crypto.ciphers import Cipher
from epass.errors import UnsupportedError
from epass.pcsc import atr
from epass.sim import issuer, plans
from epass.sim.answer_to_reset import LONGEST_APDU
from epass.sim.chip import Chip
from epass.sim.issuer import Document
from epass.sim.keys import seeded
from epass.sim.link import BIT_RATES, Cost, Exchange, Link, measured
from epass.sim.sized import sized

LATENCIES = (0, 4, 10)  # milliseconds that reader and chip add to each command
PEERS_BLOCK, PEERS_HEADER = 160, 4  # bytes; the commonest way of reading, see docs/link-model.md
BY_NAME = 0x04  # P1 of SELECT: an application


@dataclass(frozen=True, slots=True)
class Size:
    """A document by the bytes of DG2; EF.COM has 30, EF.SOD 2,500, DG1 93."""

    name: str
    dg2: int

    def document(self) -> Document:
        return sized(issuer.issue(), dg2=self.dg2, sod=2_500, groups=8)


@dataclass(frozen=True, slots=True)
class Opening:
    """How the chip is opened; PACE is generic mapping on brainpoolP256r1."""

    access: str
    cipher: str

    @property
    def block(self) -> int:
        return next(cipher.block for cipher in Cipher if cipher.label == self.cipher)


SIZES = (Size("23 kB", 20_480), Size("60 kB", 57_377))
OPENINGS = (Opening("BAC", "3DES"), Opening("PACE", "AES-128"), Opening("PACE", "AES-256"))
USUAL_OPENING, USUAL_LATENCY = Opening("PACE", "AES-128"), 4


@dataclass(frozen=True, slots=True)
class Recorded:
    """The exchanges of one read: until the application is open, and after that."""

    sizes: tuple[int, ...]
    access: tuple[Exchange, ...]
    files: tuple[Exchange, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """One read on one link; ``seconds`` is that of the files, after the chip access procedure.

    ``latency`` is in milliseconds a command. ``floor`` is the best plan, ``peers`` the way of
    many readers, both for the same files on the same link.
    """

    document: str
    bit_rate: int
    latency: int
    opening: Opening
    extended: bool
    cost: Cost
    access_seconds: float
    floor: Cost
    peers: Cost

    def as_dict(self) -> dict[str, object]:
        """What ``--format json`` prints."""
        return {
            "document": self.document,
            "link": f"{self.bit_rate} kbit/s, type A, FSD 256",
            "bit_rate": self.bit_rate,
            "latency": self.latency,
            "access": self.opening.access,
            "cipher": self.opening.cipher,
            "extended": self.extended,
            "apdus": self.cost.apdus,
            "bytes_on_air": self.cost.bytes_on_air,
            "seconds": _seconds(self.cost.seconds),
            "floor_seconds": _seconds(self.floor.seconds),
            "ratio": _seconds(self.cost.seconds / self.floor.seconds),
            "floor_apdus": self.floor.apdus,
            "access_seconds": _seconds(self.access_seconds),
            "select_160_apdus": self.peers.apdus,
            "select_160_seconds": _seconds(self.peers.seconds),
            "select_160_ratio": _seconds(self.peers.seconds / self.cost.seconds),
        }


def rows(*, everything: bool = True) -> Iterator[Row]:
    """Each document on each link, or the usual ones only."""
    for size in SIZES:
        for opening in OPENINGS if everything else (USUAL_OPENING,):
            for extended in (False, True):
                read = record(size, opening, extended=extended)
                for bit_rate in BIT_RATES:
                    for latency in LATENCIES if everything else (USUAL_LATENCY,):
                        link = Link(bit_rate, reader=latency / 1000)
                        yield price(read, size.name, link, opening, extended=extended)


def price(
    read: Recorded,
    name: str,
    link: Link,
    opening: Opening,
    *,
    extended: bool,
    longest: int = LONGEST_APDU,
) -> Row:
    """What ``read`` costs on ``link``; ``longest``, in bytes, of the chip's extended answers."""
    limits = plans.Limits(opening.block, extended, longest)
    return Row(
        name,
        link.bit_rate,
        round(1000 * (link.reader + link.chip)),
        opening,
        extended,
        link.total(read.files),
        link.total(read.access).seconds,
        plans.floor(read.sizes, link, limits),
        plans.by_select(read.sizes, link, opening.block, header=PEERS_HEADER, each=PEERS_BLOCK),
    )


@cache
def record(
    size: Size, opening: Opening, *, extended: bool, ef_atr_info: bytes | None = None
) -> Recorded:
    """The exchanges of a read of a chip that takes extended length, or does not."""
    document = size.document()
    is_pace = opening.access == "PACE"
    chip = Chip(
        document,
        access=(opening.access,),
        cipher=opening.cipher if is_pace else None,
        extended=extended,
        random=seeded(b"chip"),
        ef_atr_info=ef_atr_info,
    )
    wire = _Wire(chip)
    key = MrzKey.from_mrz(document.mrz)
    dump = reader.read(wire, key, extended=extended, random=seeded(b"reader"))
    files = tuple(len(dump.files[file]) for file in reader.DEFAULT)
    return Recorded(files, tuple(wire.access), tuple(wire.files))


class _Wire:
    """A channel that keeps the sizes of what it carries, before and after the chip is open.

    The chip access procedure ends with the application selected and a session begun, in the order
    of Doc 9303-11 §4.2: with PACE the selection is the first command of the session.
    """

    def __init__(self, chip: Chip) -> None:
        self._chip = chip
        self.access: list[Exchange] = []
        self.files: list[Exchange] = []

    @property
    def traits(self) -> Traits:
        """What the chip says of itself, as a reader would hand it on."""
        said = self._chip.atr
        return Traits(atr.extended_length(said), atr.lengths_in_atr_info(said))

    def transmit(self, command: Command) -> Response:
        response = self._chip.transmit(command)
        exchange = measured(command, response)
        selects = (command.ins, command.p1) == (apdu.SELECT, BY_NAME)
        (self.files if exchange.protected and not selects else self.access).append(exchange)
        return response

    def reset(self) -> None:
        raise UnsupportedError("a read that is measured needs no reset")


def table(found: Iterable[Row]) -> list[str]:
    """The rows for people, a header first."""
    lines = [
        f"{'document':<10}{'kbit/s':>6}{'ms/APDU':>9}  {'access':<14}{'length':<10}{'APDUs':>6}"
        f"{'bytes':>8}{'seconds':>9}{'floor':>8}{'ratio':>7}{'160 B':>8}{'faster':>8}"
    ]
    for row in found:
        opened = f"{row.opening.access} {row.opening.cipher}"
        length = "extended" if row.extended else "short"
        lines.append(
            f"{row.document:<10}{row.bit_rate:>6}{row.latency:>9}  {opened:<14}{length:<10}"
            f"{row.cost.apdus:>6}{row.cost.bytes_on_air:>8}{row.cost.seconds:>9.3f}"
            f"{row.floor.seconds:>8.3f}{row.cost.seconds / row.floor.seconds:>7.3f}"
            f"{row.peers.seconds:>8.3f}{row.peers.seconds / row.cost.seconds:>7.1f}x"
        )
    return lines


def _seconds(value: float) -> float:
    return round(value, 4)
