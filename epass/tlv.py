"""Strict BER-TLV: tags as integers, definite lengths, an exact place in every error.

Source: ISO/IEC 7816-4 §5.2.2 (BER-TLV data objects), ISO/IEC 8825-1 §8.1. Lengths may be written
longer than needed, as BER allows and some chips do; they may not be indefinite, and nothing may
be left over. The bytes of a value are a slice of the original, never a re-encoding.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Self

from epass.errors import FormatError

MAX_TAG_BYTES = 3  # the longest of Doc 9303-10 is 2 (7F61); 3 is what ISO/IEC 7816-4 allows
MAX_LENGTH_BYTES = 3  # 16 MiB, 250 times the largest file that READ BINARY can address


@dataclass(frozen=True, slots=True)
class Tlv:
    """One data object. ``offset`` is that of its tag, ``start`` that of its value, in the file."""

    tag: int
    value: bytes = field(repr=False)
    raw: bytes = field(repr=False)
    where: str
    offset: int

    @property
    def start(self) -> int:
        return self.offset + len(self.raw) - len(self.value)

    def fail(self, problem: str, at: int = 0) -> FormatError:
        """The error to raise for a fault ``at`` bytes into the value."""
        return FormatError(problem, self.where, self.start + at)

    def children(self) -> tuple[Self, ...]:
        """The data objects inside the value.

        Raises:
            FormatError: the value is not a sequence of whole data objects.
        """
        return tuple(self._walk())

    def _walk(self) -> Iterator[Self]:
        position = 0
        while position < len(self.value):
            child = self._read(self.value, position, self.where, self.start)
            yield child
            position += len(child.raw)

    def first(self) -> Self:
        """The first data object inside the value, whatever stands behind it.

        Raises:
            FormatError: there is none, or it is not whole.
        """
        for child in self._walk():
            return child
        raise self.fail("empty")

    def find(self, tag: int) -> Self | None:
        """The only child with ``tag``, or None.

        Raises:
            FormatError: there are two, or the value is malformed.
        """
        found = [child for child in self.children() if child.tag == tag]
        if len(found) > 1:
            raise found[1].fail("the data object stands twice")
        return found[0] if found else None

    def require(self, tag: int) -> Self:
        """The only child with ``tag``.

        Raises:
            FormatError: there is none, there are two, or the value is malformed.
        """
        found = self.find(tag)
        if found is None:
            raise self.fail(f"the data object {tag:02X} is missing")
        return found

    @classmethod
    def _read(cls, data: bytes, position: int, where: str, base: int = 0) -> Self:
        tag, after_tag = read_tag(data, position, where, base)
        path = f"{where}/{tag:02X}"
        length, start = read_length(data, after_tag, path, base)
        value = data[start : start + length]
        if len(value) != length:
            problem = f"{length} bytes declared, {len(value)} are there"
            raise FormatError(problem, path, base + position)
        return cls(tag, value, data[position : start + length], path, base + position)


def read_tag(data: bytes, position: int, where: str, base: int = 0) -> tuple[int, int]:
    """The tag at ``position`` and the position after it.

    Raises:
        FormatError: the data ends inside the tag, or it is longer than 3 bytes.
    """
    for end in range(position + 1, position + 1 + MAX_TAG_BYTES):
        if end > len(data):
            break
        more = data[position] & 0x1F == 0x1F if end == position + 1 else data[end - 1] & 0x80
        if not more:
            return int.from_bytes(data[position:end]), end
    else:
        raise FormatError("the tag is longer than 3 bytes", where, base + position)
    raise FormatError("the data ends inside a tag", where, base + position)


def read_length(data: bytes, position: int, where: str, base: int = 0) -> tuple[int, int]:
    """The length at ``position`` and the position after it.

    Raises:
        FormatError: the data ends inside the length, or it is indefinite or over 3 bytes.
    """
    if position >= len(data):
        raise FormatError("the data ends before the length", where, base + position)
    first = data[position]
    if first < 0x80:
        return first, position + 1
    count = first & 0x7F
    if count == 0:
        raise FormatError("indefinite length", where, base + position)
    if count > MAX_LENGTH_BYTES:
        raise FormatError(f"a length of {count} bytes", where, base + position)
    end = position + 1 + count
    if end > len(data):
        raise FormatError("the data ends inside the length", where, base + position)
    return int.from_bytes(data[position + 1 : end]), end


def parse(data: bytes, *, where: str) -> tuple[Tlv, ...]:
    """All data objects of ``data``, which they fill exactly.

    Raises:
        FormatError: with tag path and byte offset of the first fault.
    """
    objects, position = [], 0
    while position < len(data):
        objects.append(Tlv._read(data, position, where))
        position += len(objects[-1].raw)
    return tuple(objects)


def parse_one(data: bytes, tag: int, *, where: str) -> Tlv:
    """The single data object ``tag`` that fills ``data`` exactly.

    Raises:
        FormatError: another tag, truncated or trailing data.
    """
    if not data:
        raise FormatError("empty", where, 0)
    found = Tlv._read(data, 0, where)
    if found.tag != tag:
        raise FormatError(f"the tag is {found.tag:02X}, not {tag:02X}", where, 0)
    if len(found.raw) != len(data):
        problem = f"{len(data) - len(found.raw)} bytes after the end"
        raise FormatError(problem, where, len(found.raw))
    return found


def build(tag: int, value: bytes | Iterable[bytes]) -> bytes:
    """A data object with the shortest length field; an iterable is a list of encoded children."""
    body = value if isinstance(value, bytes) else b"".join(value)
    encoded = tag.to_bytes((tag.bit_length() + 7) // 8 or 1)
    if len(body) < 0x80:
        return encoded + bytes((len(body),)) + body
    width = (len(body).bit_length() + 7) // 8
    return encoded + bytes((0x80 | width,)) + len(body).to_bytes(width) + body
