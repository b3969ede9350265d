"""Commands, responses and channels: how a terminal and a chip talk.

Source: ISO/IEC 7816-4 §5.1 (APDU structure), §5.6 (status words). One ``Channel`` is one chip,
one command at a time; PC/SC, the simulator and a replayed trace are channels, tracing and secure
messaging are channels around a channel.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol, Self, runtime_checkable

from epass.errors import FormatError, StatusError, UnsupportedError

OK, END_OF_FILE = 0x9000, 0x6282
WARNINGS = (0x62, 0x63)  # SW1: what was asked for was done all the same
SHORT_DATA, SHORT_LE = 0xFF, 0x100
EXTENDED_DATA, EXTENDED_LE = 0xFFFF, 0x10000

SELECT, READ_BINARY, READ_BINARY_ODD = 0xA4, 0xB0, 0xB1
GET_CHALLENGE, EXTERNAL_AUTHENTICATE, INTERNAL_AUTHENTICATE = 0x84, 0x82, 0x88
MSE, GENERAL_AUTHENTICATE, GET_RESPONSE = 0x22, 0x86, 0xC0


@dataclass(frozen=True, slots=True)
class Command:
    """A command APDU. ``le`` is the number of bytes expected, 1 to 65,536, or None for none.

    ``extended`` asks for the extended form where the short one would do; a command that does
    not fit the short form is extended anyway.
    """

    ins: int
    p1: int = 0
    p2: int = 0
    data: bytes = field(default=b"", repr=False)
    le: int | None = None
    cla: int = 0
    extended: bool = False

    def __post_init__(self) -> None:
        for name in ("cla", "ins", "p1", "p2"):
            if not 0 <= getattr(self, name) <= 0xFF:
                raise ValueError(f"{name} is not a byte")
        if len(self.data) > EXTENDED_DATA:
            raise ValueError("more data than an APDU can carry")
        if self.le is not None and not 1 <= self.le <= EXTENDED_LE:
            raise ValueError("Le is 1 to 65536")

    @property
    def header(self) -> bytes:
        return bytes((self.cla, self.ins, self.p1, self.p2))

    @property
    def is_extended(self) -> bool:
        too_long = len(self.data) > SHORT_DATA or (self.le or 0) > SHORT_LE
        return too_long or (self.extended and bool(self.data or self.le))

    def encode(self) -> bytes:
        """The bytes on the wire, §5.1 cases 1 to 4, short or extended."""
        wide = self.is_extended
        width = 2 if wide else 1
        marker = b"\x00" if wide else b""
        encoded = self.header
        if self.data:
            encoded += marker + len(self.data).to_bytes(width) + self.data
            marker = b""  # §5.1: in case 4E the leading zero stands once
        if self.le is not None:
            encoded += marker + (self.le % (1 << 8 * width)).to_bytes(width)
        return encoded

    @classmethod
    def parse(cls, apdu: bytes) -> Self:
        """Parse the bytes on the wire.

        Raises:
            FormatError: they are no APDU of §5.1.
        """
        if len(apdu) < 4:
            raise FormatError("shorter than a header", "command APDU", len(apdu))
        cla, ins, p1, p2 = apdu[:4]
        data, le, extended = _body(apdu[4:])
        return cls(ins, p1, p2, data, le, cla, extended)


def _body(body: bytes) -> tuple[bytes, int | None, bool]:
    if not body:
        return b"", None, False
    if len(body) == 1:
        return b"", body[0] or SHORT_LE, False
    extended = body[0] == 0
    if extended and len(body) == 3:
        return b"", int.from_bytes(body[1:]) or EXTENDED_LE, True
    width, limit = (2, EXTENDED_LE) if extended else (1, SHORT_LE)
    start = 3 if extended else 1
    if len(body) < start:
        raise FormatError("incomplete length field", "command APDU", 4)
    length = int.from_bytes(body[start - width : start])
    data, rest = body[start : start + length], body[start + length :]
    if length == 0 or len(data) != length or len(rest) not in (0, width):
        raise FormatError("Lc does not fit the body", "command APDU", 4)
    return data, (int.from_bytes(rest) or limit) if rest else None, extended


@dataclass(frozen=True, slots=True)
class Response:
    """A response APDU: ``data`` and the status word ``sw``."""

    data: bytes = field(default=b"", repr=False)
    sw: int = OK

    def expect(self, action: str) -> bytes:
        """The data of a successful response.

        Raises:
            StatusError: the status word is not 9000; ``action`` says what was refused.
        """
        if self.sw != OK:
            raise StatusError(action, self.sw)
        return self.data

    def encode(self) -> bytes:
        return self.data + self.sw.to_bytes(2)

    @classmethod
    def parse(cls, apdu: bytes) -> Self:
        """Parse the bytes on the wire.

        Raises:
            FormatError: there is no status word.
        """
        if len(apdu) < 2:
            raise FormatError("no status word", "response APDU", len(apdu))
        return cls(apdu[:-2], int.from_bytes(apdu[-2:]))


class Channel(Protocol):
    """One chip, one command at a time."""

    def transmit(self, command: Command) -> Response:
        """Send one command and return the chip's answer.

        Raises:
            ReaderError: no answer could be had.
            FormatError: what came back is no response APDU.
        """
        ...


def reset(channel: Channel) -> None:
    """Reset the chip behind ``channel``: no session, and the master file is current.

    Raises:
        UnsupportedError: the channel is none that can.
        ReaderError: the chip has left, or does not answer to it.
    """
    if not isinstance(channel, Resettable):
        raise UnsupportedError("the chip cannot be reset over this channel")
    channel.reset()


def reconnect(channel: Channel, seconds: float, on_wait: Callable[[], object]) -> None:
    """Connect ``channel`` again to the card on its reader, once there is one.

    ``on_wait`` is called at least twice a second while waiting; what it raises ends the waiting.

    Raises:
        UnsupportedError: the channel is none that can.
        ReaderError: there was none within ``seconds``.
    """
    if not isinstance(channel, Reconnectable):
        raise UnsupportedError("this channel cannot be connected again")
    channel.reconnect(seconds, on_wait)


@runtime_checkable
class Reconnectable(Protocol):
    """A channel that outlives a gap of the link, as ``PcscChannel`` does; its sessions do not."""

    def reconnect(self, seconds: float, on_wait: Callable[[], object]) -> None:
        """As the function ``reconnect``."""
        ...


@runtime_checkable
class Resettable(Protocol):
    """A channel whose chip can be reset, as ``PcscChannel`` and the simulated chip can."""

    def reset(self) -> None:
        """As the function ``reset``."""
        ...
