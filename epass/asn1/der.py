"""The headers of an encoding, checked before anybody looks at its values.

Source: ISO/IEC 8825-1 §8.1 (BER), §10 (DER). This is what asn1crypto does not check, or only at
the first use of a value, and it is what knows the byte offset of a fault. Nothing here recurses,
and every bound has a name.
"""

import re
from dataclasses import dataclass, field
from typing import NamedTuple

from epass.errors import FormatError

MAX_SIZE = 1 << 24  # 16 MiB, as in epass.tlv; the largest master list known is 3.2 MB
MAX_NODES = 200_000  # a master list of 1 MB has about 60,000
MAX_DEPTH = 32  # certificates in a SignedData reach 16
MAX_OID = 64  # bytes; the longest of X.509, ICAO and BSI are 10

INTEGER, OID, BMP_STRING, SEQUENCE, SET = 0x02, 0x06, 0x1E, 0x30, 0x31
CONSTRUCTED = 0x20
END_OF_CONTENTS = b"\x00\x00"
ARCS = re.compile(rb"(?:(?!\x80)[\x80-\xff]*[\x00-\x7f])+", re.DOTALL)  # X.690 §8.19.2


class Span(NamedTuple):
    """Where the contents of a value are; ``end`` of an endless one is that of what holds it."""

    start: int
    end: int
    endless: bool = False


@dataclass(frozen=True, slots=True)
class Scanner:
    """An encoding under examination.

    ``base`` is where it stands in the file, for errors only; None where that is not known.
    """

    data: bytes = field(repr=False)
    where: str
    base: int | None = 0
    ber: bool = False
    nodes: int = MAX_NODES

    def scan(self) -> None:
        """Check every header of the one value that fills the data, within the bounds above.

        Raises:
            FormatError: with the byte offset of the first fault.
        """
        if len(self.data) > MAX_SIZE:
            raise self.fail(f"more than {MAX_SIZE} bytes", 0)
        around = [Span(0, len(self.data))]
        position = nodes = 0
        while not nodes or len(around) > 1:
            nodes += 1
            if nodes > self.nodes or len(around) > MAX_DEPTH:
                raise self.fail("too many values, or nested too deeply", position)
            position = self._step(position, around)
            while len(around) > 1 and not around[-1].endless and around[-1].end == position:
                around.pop()
        if position != len(self.data):
            raise self.fail(f"{len(self.data) - position} bytes after the end", position)

    def _step(self, at: int, around: list[Span]) -> int:
        """Over one header, and over its value if that is primitive."""
        if around[-1].endless and self.data.startswith(END_OF_CONTENTS, at, around[-1].end):
            around.pop()
            return at + len(END_OF_CONTENTS)
        value = self.header(at, around[-1].end)
        if self.data[at] & CONSTRUCTED:
            around.append(value)
            return value.start
        self._check_primitive(at, self.data[value.start : value.end])
        return value.end

    def _check_primitive(self, at: int, value: bytes) -> None:
        """What asn1crypto takes in silence: an INTEGER of no bytes, an OID with a broken arc."""
        if self.data[at] == INTEGER and not value:
            raise self.fail("an INTEGER without a value", at)
        if self.data[at] == OID and not (len(value) <= MAX_OID and ARCS.fullmatch(value)):
            raise self.fail("not an OBJECT IDENTIFIER", at)

    def header(self, at: int, limit: int) -> Span:
        """The header at ``at`` of a value that must end by ``limit``. Tags are of one byte.

        Raises:
            FormatError: there is none, or its length is not possible here.
        """
        if at + 2 > limit:
            raise self.fail("the data ends inside a header", at)
        tag, first = self.data[at], self.data[at + 1]
        if tag == 0 or tag & 0x1F == 0x1F:
            raise self.fail("a tag that neither X.509 nor CMS has", at)
        if not self.ber and tag & 0xE0 == CONSTRUCTED and tag not in (SEQUENCE, SET):
            raise self.fail("a string in pieces, which is not DER", at)
        if first == 0x80:
            if not self.ber or not tag & CONSTRUCTED:
                raise self.fail("indefinite length", at)
            return Span(at + 2, limit, endless=True)
        return self._definite(at, first, limit)

    def _definite(self, at: int, first: int, limit: int) -> Span:
        start, length = at + 2, first
        if first & 0x80:
            start += first & 0x7F
            if start > limit:
                raise self.fail("the data ends inside a header", at)
            length = int.from_bytes(self.data[at + 2 : start])
            if not self.ber and (length < 0x80 or self.data[at + 2] == 0):
                raise self.fail("a length field longer than needed, which is not DER", at)
        if start + length > limit:
            raise self.fail("the value is longer than what holds it", at)
        return Span(start, start + length)

    def fail(self, problem: str, at: int) -> FormatError:
        return FormatError(problem, self.where, None if self.base is None else self.base + at)


def scan(
    data: bytes, where: str, *, base: int = 0, ber: bool = False, nodes: int = MAX_NODES
) -> None:
    """Check that ``data`` is one value in DER, or in BER where that is allowed.

    Raises:
        FormatError: with the byte offset of the first fault, counted from ``base``.
    """
    Scanner(data, where, base, ber, nodes).scan()


def split(contents: bytes, where: str) -> list[bytes]:
    """The values in DER that stand one after the other in ``contents``.

    Raises:
        FormatError: they are not whole values in DER.
    """
    scanner = Scanner(contents, where, base=None)
    parts, position = [], 0
    while position < len(contents):
        end = scanner.header(position, len(contents)).end
        parts.append(contents[position:end])
        position = end
    return parts
