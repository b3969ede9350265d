"""The faults that ``sim.faults`` can make happen, by name.

Three kinds: gaps, after which the chip has lost its session, has gone, or is another one; answers
that are others on the link; answers that are others behind the chip's own MAC. The status words are
those of ISO/IEC 7816-4 §5.6 that documents of the field answer, whether they should or not.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from epass.card.apdu import READ_BINARY, READ_BINARY_ODD, Command, Response
from epass.errors import (
    CardRemovedError,
    CardSilentError,
    CommunicationError,
    NoReaderError,
    NoServiceError,
    ReaderError,
    SharingError,
)
from epass.sim.faults import (
    CLONE,
    NOTHING,
    OTHER_ACCESS,
    OTHER_DOCUMENT,
    RESUMED,
    SAME_KEY,
    WHOLE,
    Act,
    Fault,
    FaultyChannel,
)

SILENT_SECONDS = 10.0  # the time limit of a reader
SLOW_SECONDS = 3.0
AWAY = 3  # attempts to reconnect while the document, or the reader, is away
FOR_GOOD = 1_000_000
PERIOD = 4  # commands between two gaps of a fault that comes again

STATUS_WORDS = (
    0x6100, 0x61FF, 0x6282, 0x6283, 0x6300, 0x63C0, 0x63CF, 0x6700, 0x6882, 0x6883, 0x6884,
    0x6900, 0x6981, 0x6982, 0x6983, 0x6984, 0x6985, 0x6986, 0x6987, 0x6988, 0x6A80, 0x6A81,
    0x6A82, 0x6A86, 0x6A87, 0x6A88, 0x6B00, 0x6C00, 0x6C10, 0x6CE7, 0x6D00, 0x6E00, 0x6F00,
    0x9000,
)  # fmt: skip
CARRIED_OUT = (0x6282, 0x6700, 0x6982, 0x6988, 0x6F00, 0x9000)
FILLER = bytes.fromhex("000080")

Lie = Callable[[FaultyChannel, Command, Response], Response]


# --- gaps -------------------------------------------------------------------------------------


def _gap(make: Callable[[], ReaderError], *, carried_out: bool, seconds: float = 0.0) -> Act:
    def act(channel: FaultyChannel, command: Command) -> Response:
        if carried_out:
            channel.carry_out(command)
        channel.clock.sleep(seconds)
        return channel.die(make())

    return act


def _removed() -> ReaderError:
    return CardRemovedError("the card was removed")


def _disturbed() -> ReaderError:
    return CommunicationError("data was lost between reader and card")


def _silent() -> ReaderError:
    return CardSilentError(SILENT_SECONDS)


def _now_and_then(channel: FaultyChannel, command: Command) -> Response:
    if (channel.count - channel.at) % PERIOD:
        return channel.carry_out(command)
    return channel.die(_removed())


def _unseen_reset(channel: FaultyChannel, command: Command) -> Response:
    channel.forget()
    return channel.carry_out(command)


def _slow(channel: FaultyChannel, command: Command) -> Response:
    channel.clock.sleep(SLOW_SECONDS)
    return channel.carry_out(command)


def _stale(channel: FaultyChannel, command: Command) -> Response:
    channel.held = channel.carry_out(command)
    channel.clock.sleep(SILENT_SECONDS)
    return channel.die(_silent())


# --- answers on the link ----------------------------------------------------------------------


def _instead(sw: int, *, carried_out: bool = False) -> Act:
    def act(channel: FaultyChannel, command: Command) -> Response:
        if carried_out:
            channel.carry_out(command)
        return Response(sw=sw)

    return act


def _bytes(change: Callable[[FaultyChannel, bytes], bytes]) -> Act:
    """Another encoding of the answer; what is no response APDU is refused as PC/SC does."""

    def act(channel: FaultyChannel, command: Command) -> Response:
        changed = change(channel, channel.carry_out(command).encode())
        if not changed:
            return channel.die(CommunicationError("no valid response came back from the card"))
        return Response.parse(changed)

    return act


def _flip(place: Callable[[FaultyChannel, int], int]) -> Callable[[FaultyChannel, bytes], bytes]:
    """One bit is another one; ``place`` chooses it of so many."""

    return lambda channel, answer: _flipped(answer, place(channel, 8 * len(answer)))


def _flipped(data: bytes, bit: int) -> bytes:
    changed = bytearray(data)
    changed[bit // 8] ^= 0x80 >> bit % 8
    return bytes(changed)


def _anywhere(channel: FaultyChannel, bits: int) -> int:
    return int.from_bytes(channel.random(4)) % bits


def _replayed(channel: FaultyChannel, command: Command) -> Response:
    previous = channel.previous
    channel.carry_out(command)
    return previous


def _reordered(channel: FaultyChannel, command: Command) -> Response:
    channel.held = channel.carry_out(command)
    return channel.previous


def _in_the_clear(channel: FaultyChannel, command: Command) -> Response:
    channel.carry_out(command)
    return channel.plain


# --- answers of the chip ----------------------------------------------------------------------


def _says(sw: int) -> Lie:
    return lambda _channel, _command, _answer: Response(sw=sw)


def _of_reads(change: Callable[[FaultyChannel, Command, Response], Response]) -> Lie:
    """Only READ BINARY that brings data has another answer."""

    def lie(channel: FaultyChannel, command: Command, answer: Response) -> Response:
        reads = command.ins in (READ_BINARY, READ_BINARY_ODD) and answer.data
        return change(channel, command, answer) if reads else answer

    return lie


def _data(change: Callable[[bytes], bytes], sw: int | None = None) -> Lie:
    return _of_reads(
        lambda _channel, _command, answer: Response(
            change(answer.data), answer.sw if sw is None else sw
        )
    )


def _right_length(_channel: FaultyChannel, _command: Command, answer: Response) -> Response:
    return Response(sw=0x6C00 | len(answer.data) & 0xFF)


def _flipped_data(channel: FaultyChannel, _command: Command, answer: Response) -> Response:
    return Response(_flipped(answer.data, _anywhere(channel, 8 * len(answer.data))), answer.sw)


def _another_block(channel: FaultyChannel, _command: Command, answer: Response) -> Response:
    return Response(channel.random(len(answer.data)), answer.sw)


# --- the table --------------------------------------------------------------------------------

GAPS = {
    "removed": Fault(
        "taken off before the command", _gap(_removed, carried_out=False), due=RESUMED
    ),
    "removed-after": Fault(
        "taken off before the answer", _gap(_removed, carried_out=True), due=RESUMED
    ),
    "removed-a-while": Fault(
        "taken off, and back after some attempts",
        _gap(_removed, carried_out=False),
        absent=AWAY,
        due=RESUMED,
    ),
    "removed-for-good": Fault(
        "taken off, and never back",
        _gap(_removed, carried_out=False),
        absent=FOR_GOOD,
        due=NOTHING,
    ),
    "removed-again": Fault(
        f"taken off, and again each {PERIOD} commands", _now_and_then, lasting=True
    ),
    "reader-unplugged": Fault(
        "the reader is unplugged, and back after some attempts",
        _gap(lambda: NoReaderError("the reader was disconnected"), carried_out=False),
        absent=AWAY,
        due=RESUMED,
    ),
    "service-ended": Fault(
        "the PC/SC service ends, and is back after some attempts",
        _gap(lambda: NoServiceError("the PC/SC service has ended"), carried_out=False),
        absent=AWAY,
        due=RESUMED,
    ),
    "reset": Fault(
        "reset by another program",
        _gap(lambda: SharingError("another program has reset the card"), carried_out=False),
        due=RESUMED,
    ),
    "reset-unseen": Fault("reset, and the link does not tell", _unseen_reset, unseen=True),
    "disturbed": Fault("the command is lost", _gap(_disturbed, carried_out=False), due=RESUMED),
    "disturbed-after": Fault("the answer is lost", _gap(_disturbed, carried_out=True), due=RESUMED),
    "silent": Fault("no answer in time", _gap(_silent, carried_out=True, seconds=SILENT_SECONDS)),
    "stale": Fault("no answer in time; it comes as that to the next command", _stale),
    "slow": Fault("the answer is right, but late", _slow, unseen=True, due=WHOLE),
    **{
        kind.replace(" ", "-"): Fault(
            f"{about} lies there after the gap",
            _gap(_removed, carried_out=False),
            swaps=kind,
            due=due,
        )
        for kind, about, due in (
            (OTHER_DOCUMENT, "another document", NOTHING),
            (SAME_KEY, "a chip with the same key and other files", ""),
            (OTHER_ACCESS, "a chip with the same key and another EF.CardAccess", ""),
            (CLONE, "a chip with the same files and none of the keys", ""),
        )
    },
}

ANSWERS = {
    "empty": Fault("an answer of no bytes", _bytes(lambda _channel, _answer: b"")),
    "one-byte": Fault("an answer of one byte", _bytes(lambda _channel, answer: answer[:1])),
    "status-only": Fault("nothing but the status word", _bytes(lambda _, answer: answer[-2:])),
    "truncated": Fault("the last byte is missing", _bytes(lambda _, answer: answer[:-1])),
    "truncated-data": Fault(
        "the last byte before the status word is missing",
        _bytes(lambda _, answer: answer[:-3] + answer[-2:]),
    ),
    "halved": Fault("the first half", _bytes(lambda _, answer: answer[: len(answer) // 2])),
    "halved-data": Fault(
        "the first half, and the status word",
        _bytes(lambda _, answer: answer[: len(answer) // 2] + answer[-2:]),
    ),
    "extended": Fault("a byte more at the end", _bytes(lambda _, answer: answer + b"\x00")),
    "extended-data": Fault(
        "a byte more before the status word",
        _bytes(lambda _, answer: answer[:-2] + b"\x00" + answer[-2:]),
    ),
    "doubled": Fault("the answer twice", _bytes(lambda _, answer: answer + answer)),
    "flooded": Fault(
        "70,000 bytes more before the status word",
        _bytes(lambda _, answer: answer[:-2] + bytes(70_000) + answer[-2:]),
    ),
    "flipped-first": Fault("the first bit is another", _bytes(_flip(lambda *_: 0))),
    "flipped-status": Fault(
        "a bit of the status word is another", _bytes(_flip(lambda _, bits: bits - 13))
    ),
    "flipped-mac": Fault(
        "the bit before the status word is another",
        _bytes(_flip(lambda _, bits: bits - 17 if bits > 16 else 0)),
    ),
    "flipped": Fault("any bit is another", _bytes(_flip(_anywhere))),
    "flipped-often": Fault(
        "any bit of each answer is another", _bytes(_flip(_anywhere)), lasting=True
    ),
    "random": Fault(
        "random bytes of the right length",
        _bytes(lambda channel, answer: channel.random(len(answer))),
    ),
    "replayed": Fault("the answer before it, again", _replayed),
    "reordered": Fault("the answer comes as that to the next command", _reordered),
    "unprotected": Fault("the answer without its protection", _in_the_clear),
    "unprotected-ever": Fault("all answers without protection", _in_the_clear, lasting=True),
}

LIES = {
    "short-by-one": Fault("a byte less than there is", chip=_data(lambda data: data[:-1])),
    "short-by-half": Fault(
        "half of what there is", chip=_data(lambda data: data[: -(len(data) // 2)])
    ),
    "short-with-warning": Fault(
        "half of what there is, and 6282", chip=_data(lambda data: data[: len(data) // 2], 0x6282)
    ),
    "short-to-one": Fault("a byte of what there is", chip=_data(lambda data: data[:1])),
    "short-for-ever": Fault("a byte at a time", chip=_data(lambda data: data[:1]), lasting=True),
    "no-data": Fault("no data, and 9000", chip=_data(lambda _: b"", 0x9000)),
    "no-data-ever": Fault("no data, and 9000", chip=_data(lambda _: b"", 0x9000), lasting=True),
    "more-than-asked": Fault(
        "a byte more than there is", chip=_data(lambda data: data + b"\x00"), lies=True
    ),
    "padded": Fault(
        "the data is filled up with 000080, and 6282",
        chip=_data(lambda data: data + FILLER, 0x6282),
        lies=True,
    ),
    "wrong-le": Fault("refused with 6Cxx and the right length", chip=_of_reads(_right_length)),
    "wrong-le-ever": Fault(
        "always refused with 6Cxx and the right length",
        chip=_of_reads(_right_length),
        lasting=True,
    ),
    "flipped-behind-mac": Fault(
        "any bit of the data is another", chip=_of_reads(_flipped_data), lies=True
    ),
    "random-behind-mac": Fault("the data is random", chip=_of_reads(_another_block), lies=True),
    "refused-length-ever": Fault(
        "READ BINARY is refused with 6700, always",
        chip=_of_reads(lambda *_: Response(sw=0x6700)),
        lasting=True,
    ),
}

_STATUS_FAULTS = {
    **{f"sw-{sw:04X}": Fault(f"{sw:04X}, not carried out", _instead(sw)) for sw in STATUS_WORDS},
    **{
        f"after-{sw:04X}": Fault(f"{sw:04X}, carried out", _instead(sw, carried_out=True))
        for sw in CARRIED_OUT
    },
    **{
        f"says-{sw:04X}": Fault(f"{sw:04X}, and the chip protects it", chip=_says(sw))
        for sw in STATUS_WORDS
    },
    **{
        f"always-{sw:04X}": Fault(f"{sw:04X} to every command", _instead(sw), lasting=True)
        for sw in CARRIED_OUT
    },
}

FAULTS: Mapping[str, Fault] = MappingProxyType({**GAPS, **ANSWERS, **LIES, **_STATUS_FAULTS})
