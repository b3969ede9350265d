"""Read plans priced by arithmetic: the floor, below which no reader is, and how many readers do it.

Source: Doc 9303-10 §3.6 (SELECT, READ BINARY), Doc 9303-11 §9.8.4 (data objects of secure
messaging). The floor knows how long each file is before it asks, as no reader does, and takes the
best plan that chip, reader and link allow. Both are computed from sizes, without the reader's plan
and without a chip; docs/link-model.md defines them.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from epass.card.apdu import EXTENDED_LE, SHORT_LE
from epass.crypto.ciphers import MAC_SIZE
from epass.errors import InputError
from epass.sim.link import AROUND, Cost, Exchange, Link

LAST_EVEN_OFFSET = 0x7FFF  # beyond it only the odd instruction reads
LARGEST_FILE = 0x10000  # bytes
STATUS = 2
TAIL = 4 + 2 + MAC_SIZE  # bytes: DO 99 and DO 8E of every answer
DO_OFFSET, DO_LE = 4, 3  # bytes: 54 02 and an offset; 97 01 and Le, a byte more if extended
DISCRETIONARY = 4  # bytes at most: DO 53 around what the odd instruction reads
FILE_ID = 2  # bytes
LEAST = 64  # bytes of an answer
MORE = 16  # plans are tried with up to so many commands, or frames an answer, more than the fewest


@dataclass(frozen=True, slots=True)
class Limits:
    """What chip and reader allow. ``block`` is that of the session's cipher, 8 or 16 bytes.

    ``response`` is the most bytes of an answer, status word included, where ``extended`` length can
    be used; without it an answer has no more than 258.

    Raises:
        InputError: an answer has too few bytes for secure messaging to be of use.
    """

    block: int
    extended: bool = True
    response: int = EXTENDED_LE + STATUS

    def __post_init__(self) -> None:
        if self.response < LEAST:
            raise InputError(f"plan: an answer has {LEAST} bytes or more")

    @property
    def room(self) -> int:
        """The most plain bytes that one answer can carry."""
        short = SHORT_LE + STATUS
        most = self.response if self.extended else min(self.response, short)
        plain = _whole_blocks(most, self.block)
        while response_size(plain, self.block) > most:
            plain -= self.block
        return plain


def response_size(plain: int, block: int, *, odd: bool = False) -> int:
    """Bytes of a protected answer with ``plain`` bytes of data, status word included."""
    indicator = 0 if odd else 1  # DO 85 of the odd instruction has none, DO 87 has
    value = indicator + (plain // block + 1) * block
    return _header(value) + value + TAIL + STATUS


def command_size(block: int, *, odd: bool, extended: bool) -> int:
    """Bytes of a protected READ BINARY."""
    offset = 2 + (DO_OFFSET // block + 1) * block if odd else 0  # DO 85, without indicator
    data = offset + DO_LE + extended + 2 + MAC_SIZE
    return 4 + (3 + data + 2 if extended else 1 + data + 1)


def floor(sizes: Iterable[int], link: Link, limits: Limits) -> Cost:
    """What it costs at least to read files of ``sizes`` bytes under secure messaging.

    Raises:
        InputError: a file is empty, or longer than READ BINARY reads.
    """
    return sum((_file(size, link, limits) for size in sizes), Cost())


def by_select(sizes: Iterable[int], link: Link, block: int, *, header: int, each: int) -> Cost:
    """What it costs to SELECT each file, read ``header`` bytes of it, and then ``each`` at a time.

    So read those who know neither short file identifiers nor what the chip can answer. ``block`` is
    as in ``Limits``. What lies beyond the reach of the even instruction, which they miss, is priced
    as what lies before.
    """
    total = Cost()
    for size in sizes:
        steps = [header, *(min(each, size - at) for at in range(header, size, each))]
        exchanges = [_select(block), *(_exchange(step, block, odd=False) for step in steps)]
        total += link.total(exchanges)
    return total


def _file(size: int, link: Link, limits: Limits) -> Cost:
    if not 1 <= size <= LARGEST_FILE:
        raise InputError(f"plan: a file has 1 to {LARGEST_FILE} bytes")

    @cache  # most commands of a plan are alike
    def price(wanted: int, odd: bool) -> Cost:
        return link.cost(_exchange(wanted, limits.block, odd=odd))

    plans = []
    for each in _candidates(size, link, limits):
        steps = _steps(size, each)
        plans.append(sum((price(*step) for step in steps), Cost()))
    return min(plans, key=lambda cost: cost.seconds)


def _candidates(size: int, link: Link, limits: Limits) -> set[int]:
    """How many bytes to read at a time: equal shares, as much as fits, what fills whole frames."""
    room, block = limits.room, limits.block
    fewest = -(-size // room)
    shares = {-(-size // number) for number in range(fewest, fewest + MORE)}
    padded = {share // block * block + block - 1 for share in shares}
    frames = [number * (link.fsd - AROUND) for number in range(1, MORE)]
    filled = {_whole_blocks(frame, block) - cut * block for frame in frames for cut in range(4)}
    return {min(each, room) for each in shares | padded | filled | {room} if each > DISCRETIONARY}


def _steps(size: int, each: int) -> Iterable[tuple[int, bool]]:
    """How many bytes each command reads, and whether by the odd instruction."""
    offset = 0
    while offset < size:
        odd = offset > LAST_EVEN_OFFSET
        wanted = min(_inside(each) if odd else each, size - offset)
        yield wanted, odd
        offset += wanted


def _select(block: int) -> Exchange:
    """SELECT by file identifier, without Le, which is answered without data."""
    data = 3 + (FILE_ID // block + 1) * block + 2 + MAC_SIZE
    return Exchange(4 + 1 + data + 1, TAIL + STATUS, protected=True)


def _inside(size: int) -> int:
    """The most bytes that DO 53 can hold if it may not be longer than ``size``."""
    return next(held for held in range(size - 2, 0, -1) if held + _header(held) <= size)


def _exchange(wanted: int, block: int, *, odd: bool) -> Exchange:
    plain = wanted + _header(wanted) if odd else wanted
    response = response_size(plain, block, odd=odd)
    extended = response > SHORT_LE + STATUS
    return Exchange(command_size(block, odd=odd, extended=extended), response, protected=True)


def _whole_blocks(size: int, block: int) -> int:
    """The most plain bytes whose cryptogram is not longer than ``size``."""
    return size // block * block - 1


def _header(length: int) -> int:
    """Bytes of a tag of one byte and of the length."""
    return 2 if length < 0x80 else 3 if length < 0x100 else 4
