"""The headers of JPEG 2000 images: the boxes of a JP2 file, and the codestream.

Source: ISO/IEC 15444-1 Annex A (codestream), §B.6 and §B.7 (precincts, code-blocks), Annex I (JP2
file format). A decoder makes room for every tile, precinct, code-block and packet that a header
announces, so a few bytes can ask for gigabytes; how much they ask for is bounded here.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from struct import Struct

from epass.errors import FormatError
from epass.lds.coding import MAX_CHANNELS, Coding
from epass.lds.frame import Frame

SIGNATURE = b"\x00\x00\x00\x0cjP  \r\n\x87\n"  # §I.5.1
BOX, LONG_BOX = 8, 16  # bytes of a box header, §I.4
HEADER, IMAGE_HEADER, PALETTE, CODESTREAM = b"jp2h", b"ihdr", b"pclr", b"jp2c"
SIZE_STATED = Struct(">II")  # of an image header: height, then width
ANOTHER_SIZE = "the header of the JP2 file states another size than its codestream"
MAX_BOXES = 64  # a portrait has some 10, of which 4 are required

SOC, SIZ, COD, COC, SOT, SOD, EOC = 0xFF4F, 0xFF51, 0xFF52, 0xFF53, 0xFF90, 0xFF93, 0xFFD9
SIZE = Struct(">HHIIIIIIIIH")  # §A.5.1: length, capabilities, sizes and offsets, components
TILE_PART = Struct(">HHIBB")  # §A.4.2: length, tile, length of the tile-part, part, parts
MAX_TILE_PARTS = 1024  # a portrait has one tile; five resolutions in tile-parts of their own make 6
MAX_SEGMENTS = 256  # of one header; a portrait has some 5


@dataclass(frozen=True, slots=True)
class _Box:
    """``start`` is that of its content; an open one reaches to wherever the data end."""

    kind: bytes
    start: int
    end: int
    is_open: bool


@dataclass(frozen=True, slots=True)
class _Header:
    """What an image header states, ``at`` its content, and the channels of the palette."""

    width: int
    height: int
    channels: int
    at: int


def walk(data: bytes, where: str) -> Frame:
    """The frame of the JP2 file that ``data`` starts with.

    Raises:
        FormatError: a box is missing or malformed, there are more than MAX_BOXES, its palette has
            more than MAX_CHANNELS channels, the codestream is none, or an image header states
            another size than it has.
    """
    headers: list[_Header] = []
    end = 0
    frame: Frame | None = None
    for box in _boxes(data, len(SIGNATURE), len(data), where):
        end = box.end
        if box.kind == HEADER:
            headers += _headers(data, box, where)
        if box.kind == CODESTREAM and frame is None:
            frame = codestream(data, box.start, box.end, where)
            end = frame.end if box.is_open else box.end
    if not headers or frame is None:
        raise FormatError("a JP2 file without its header or codestream", where, 0)
    for header in headers:  # a decoder makes room for what it says
        if (header.width, header.height) != (frame.width, frame.height):
            raise FormatError(ANOTHER_SIZE, where, header.at)
    channels = max(frame.channels, *(header.channels for header in headers))
    return Frame(frame.width, frame.height, channels, end)


def _boxes(data: bytes, position: int, stop: int, where: str) -> Iterator[_Box]:
    """The boxes up to ``stop``, or up to what is none and stands behind the codestream."""
    seen_codestream = False
    for _ in range(MAX_BOXES):
        if position + BOX > stop:
            return
        length = int.from_bytes(data[position : position + 4])
        kind, start = data[position + 4 : position + BOX], position + BOX
        if length == 1:
            start = position + LONG_BOX
            length = int.from_bytes(data[position + BOX : start])
        is_open = length == 0 and kind == CODESTREAM  # §I.4: the last box may be
        if is_open:
            length = stop - position
        if length < start - position or position + length > stop:
            if seen_codestream:
                return
            raise FormatError("the length of a box of the image", where, position)
        yield _Box(kind, start, position + length, is_open)
        seen_codestream = seen_codestream or kind == CODESTREAM
        position += length
    if position + BOX <= stop:
        raise FormatError(f"more than {MAX_BOXES} boxes in the image", where, position)


def _headers(data: bytes, header: _Box, where: str) -> Iterator[_Header]:
    """Every image header in a JP2 header, §I.5.3.1, with what its palette makes of a component."""
    boxes = list(_boxes(data, header.start, header.end, where))
    sizes = [box for box in boxes if box.kind == IMAGE_HEADER]
    if not sizes:
        raise FormatError("a JP2 header without an image header", where, header.start)
    channels = max(_palette(data, box, where) for box in boxes)
    for box in sizes:
        if box.end - box.start < SIZE_STATED.size:
            raise FormatError("the image header of a JP2 file is cut off", where, box.start)
        height, width = SIZE_STATED.unpack_from(data, box.start)
        yield _Header(width, height, channels, box.start)


def _palette(data: bytes, box: _Box, where: str) -> int:
    """How many channels the palette makes of one component, §I.5.3.4; 1 if ``box`` is none."""
    if box.kind != PALETTE:
        return 1
    channels = data[box.start + 2] if box.end - box.start > 2 else 0
    if not 1 <= channels <= MAX_CHANNELS:
        raise FormatError(f"not 1 to {MAX_CHANNELS} channels in the palette", where, box.start)
    return channels


def codestream(data: bytes, start: int, stop: int, where: str) -> Frame:
    """The frame of the codestream between ``start`` and ``stop``.

    Raises:
        FormatError: it is cut off or malformed, or asks for more than the bounds here and in
            ``coding`` allow.
    """
    if _number(data, start, stop, where) != SOC or _number(data, start + 2, stop, where) != SIZ:
        raise FormatError("not a codestream of JPEG 2000", where, start)
    coding = _size(data, start + 4, stop, where)
    position = start + 2
    for segment in _segments(data, position, stop, SOT, where):
        _check_coding(data, coding, segment, where)
        position = segment[-1]
    end = _tile_parts(data, position, stop, coding, where)
    return Frame(coding.width, coding.height, coding.channels, end)


def _size(data: bytes, position: int, stop: int, where: str) -> Coding:
    """The SIZ segment, §A.5.1."""
    if position + SIZE.size > stop:
        raise FormatError("the image ends in its header", where, position)
    length, _, right, bottom, left, top, *tile, components = SIZE.unpack_from(data, position)
    if not left < right or not top < bottom:
        raise FormatError("the image has no size", where, position)
    if not 1 <= components <= MAX_CHANNELS or length != SIZE.size + 3 * components:
        raise FormatError(f"not 1 to {MAX_CHANNELS} components in the image", where, position)
    width, height, across, down = tile
    if not width or not height or across > left or down > top:
        raise FormatError("the tiles of the image", where, position)
    tiles = -((across - right) // width) * -((down - bottom) // height)
    coding = Coding(right - left, bottom - top, components, tiles, (width, height))
    coding.check_tiles(where, position)
    return coding


def _tile_parts(data: bytes, position: int, stop: int, coding: Coding, where: str) -> int:
    """Follow the tile-parts from the first SOT; the position behind the end of the codestream."""
    for _ in range(MAX_TILE_PARTS + 1):
        marker = _number(data, position, stop, where)
        if marker == EOC:
            return position + 2
        if marker != SOT or position + 2 + TILE_PART.size > stop:
            raise FormatError("not a tile-part of the image", where, position)
        header, _, length, _, _ = TILE_PART.unpack_from(data, position + 2)
        if header != TILE_PART.size:
            raise FormatError("not a tile-part of the image", where, position)
        inner = position
        for segment in _segments(data, position, stop, SOD, where):
            _check_coding(data, coding, segment, where)
            inner = segment[-1]
        if length == 0:  # §A.4.2: up to the end; no data of a packet look like this marker
            found = data.find(EOC.to_bytes(2), inner, stop)
            position = stop if found < 0 else found
        else:
            position += length
        if position <= inner:
            raise FormatError("the length of a tile-part of the image", where, inner)
    raise FormatError(f"more than {MAX_TILE_PARTS} tile-parts in the image", where, position)


def _segments(
    data: bytes, position: int, stop: int, until: int, where: str
) -> Iterator[tuple[int, int, int]]:
    """Marker, start and end of the segments up to the marker ``until``, §A.1.3."""
    for _ in range(MAX_SEGMENTS + 1):
        marker = _number(data, position, stop, where)
        if marker == until:
            return
        begin = position + 2
        length = _number(data, begin, stop, where)
        if marker < SOC or length < 2 or begin + length > stop:
            raise FormatError("the length of a segment of the image", where, position)
        position = begin + length
        yield marker, begin + 2, position
    raise FormatError(f"more than {MAX_SEGMENTS} segments in the image", where, position)


def _check_coding(data: bytes, coding: Coding, segment: tuple[int, int, int], where: str) -> None:
    code, begin, end = segment
    if code == COD:
        coding.check_default(data[begin:end], where, begin)
    if code == COC:
        coding.check_component(data[begin:end], where, begin)


def _number(data: bytes, position: int, stop: int, where: str) -> int:
    if position + 2 > stop:
        raise FormatError("the image ends before its end", where, position)
    return int.from_bytes(data[position : position + 2])
