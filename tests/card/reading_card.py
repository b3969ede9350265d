"""A card with the reading habits of chips in the field, without any access protocol."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from epass import tlv
from epass.card.apdu import Command, Response
from epass.lds.names import File

EVERYTHING = 0x10000


def content_of(file: File, size: int) -> bytes:
    """A whole file of exactly ``size`` bytes, header included, in which no two places are alike."""
    assert file.tag is not None
    body = b"".join(number.to_bytes(3) for number in range(size // 3 + 1))
    for header in range(2, 6):
        whole = tlv.build(file.tag, body[: size - header])
        if len(whole) == size:
            return whole
    raise AssertionError(f"no shortest length field makes a file of {size} bytes")


@dataclass
class Card:
    """``files`` may be longer than they declare, as memory behind a file is.

    ``short_ids``: the status word for READ BINARY by short file identifier. ``select``: that for
    SELECT. ``takes``: the largest Le; more is answered ``refusal``. ``exact``: an Le beyond the
    end of the file is refused too. ``gives``: the most bytes of a file in one answer. ``short``:
    the status word of answers that are shorter than Le. ``odd`` makes data object 53.
    """

    files: Mapping[File, bytes]
    short_ids: int = 0x9000
    select: int = 0x9000
    takes: int = EVERYTHING
    refusal: int = 0x6700
    exact: bool = False
    gives: int = EVERYTHING
    short: int = 0x6282
    odd: Callable[[bytes], bytes] = lambda data: tlv.build(0x53, data)
    current: File | None = None
    log: list[Command] = field(default_factory=list)

    def transmit(self, command: Command) -> Response:
        self.log.append(command)
        if command.ins == 0xA4:
            return self._select(command)
        if command.ins == 0xB1:
            return self._read_odd(command)
        return self._read_even(command)

    @property
    def asked(self) -> list[tuple[int, int | None]]:
        """INS and Le of each command."""
        return [(command.ins, command.le) for command in self.log]

    def _select(self, command: Command) -> Response:
        assert (command.p1, command.p2, command.le) == (0x02, 0x0C, None)
        if self.select == 0x9000:
            fid = int.from_bytes(command.data)
            self.current = next(file for file in self.files if file.fid == fid)
        return Response(sw=self.select)

    def _read_even(self, command: Command) -> Response:
        offset = command.p1 << 8 | command.p2
        if command.p1 & 0x80:
            if self.short_ids != 0x9000:
                return Response(sw=self.short_ids)
            self.current = next(file for file in self.files if file.sfi == command.p1 & 0x1F)
            offset = command.p2
        assert command.le is not None
        return self._answer(offset, command.le, command.le)

    def _read_odd(self, command: Command) -> Response:
        assert (command.p1, command.p2) == (0, 0)
        offset = tlv.parse_one(command.data, 0x54, where="DO 54")
        assert len(offset.value) == 2
        assert command.le is not None
        room = command.le - len(tlv.build(0x53, bytes(command.le))) + command.le
        plain = self._answer(int.from_bytes(offset.value), room, command.le)
        if not plain.data:
            return plain
        return Response(self.odd(plain.data), plain.sw)

    def _answer(self, offset: int, wanted: int, le: int) -> Response:
        if self.current is None:
            return Response(sw=0x6986)
        content = self.files[self.current]
        if offset >= len(content):
            return Response(sw=0x6B00)
        if le > self.takes or (self.exact and offset + wanted > len(content)):
            return Response(sw=self.refusal)
        data = content[offset : offset + min(wanted, self.gives)]
        return Response(data, 0x9000 if len(data) == wanted else self.short)
