"""The headers of a JPEG, from its start to its end.

Source: ITU-T T.81 §B.1 (markers), §B.2.2 (frame header), §B.2.3 (scan header).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from epass.errors import FormatError
from epass.lds.frame import Frame

SOI, EOI, SOS = b"\xff\xd8", 0xD9, 0xDA
FRAME_HEADERS = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}  # SOF0 to SOF15
STANDALONE = frozenset({0x01, *range(0xD0, EOI + 1)})  # TEM, RST0 to RST7, SOI, EOI: no length
METADATA = frozenset({*range(0xE1, 0xF0), 0xFE}) - {0xEE}  # APP1 to APP15, COM; not that of Adobe
FRAME = 8  # bytes of a frame header before its components, the length field included
MAX_CHANNELS = 4  # CMYK; T.81 §B.2.2 allows 255, and 4 in one scan
MAX_SCANS = 64  # a progressive photograph has some 10; each costs a pass over the whole image

# In a scan FF00 is a byte of data, FFD0 to FFD7 restart it, and FF before a marker fills.
_SCAN_END = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]", re.DOTALL)


@dataclass(frozen=True, slots=True)
class _Segment:
    """Where a marker, what follows it, and the data of its scan are."""

    code: int
    start: int
    content: int
    end: int


def walk(data: bytes, where: str) -> Frame:
    """The frame of the image that ``data`` starts with.

    Raises:
        FormatError: it is cut off, has no frame or two, or more scans than MAX_SCANS.
    """
    frame: tuple[int, int, int] | None = None
    scans, end = 0, len(SOI)
    for segment in _segments(data, where):
        end = segment.end
        if segment.code in FRAME_HEADERS:
            if frame is not None:
                raise FormatError("two frames in the image", where, segment.content)
            frame = _frame(data, segment, where)
        scans += segment.code == SOS
        if scans > MAX_SCANS:
            raise FormatError(f"more than {MAX_SCANS} scans in the image", where, segment.content)
    if frame is None or not scans:
        raise FormatError("no picture in the image", where, end)
    return Frame(*frame, end)


def without_metadata(data: bytes, where: str) -> bytes:
    """The image without comments and what applications have put into it, and nothing behind its
    end. What tells how its colours are to be taken stays.

    Raises:
        FormatError: it is cut off.
    """
    kept = (item for item in _segments(data, where) if item.code not in METADATA)
    return SOI + b"".join(data[item.start : item.end] for item in kept)


def _segments(data: bytes, where: str) -> Iterator[_Segment]:
    """The segments up to the end of the image, each with the data of its scan."""
    position, code = len(SOI), SOI[-1]
    while code != EOI:
        start = position
        code, position = _marker(data, position, where)
        content = end = position
        if code not in STANDALONE:
            end = _segment_end(data, position, where)
        if code == SOS:
            end = _scan_end(data, end, where)
        position = end
        yield _Segment(code, start, content, end)


def _marker(data: bytes, position: int, where: str) -> tuple[int, int]:
    """The code of the marker at ``position``, and the position behind it."""
    start = position
    while data[position : position + 1] == b"\xff":
        position += 1
    if position == start or position >= len(data):
        problem = "the image ends before its end" if start >= len(data) - 1 else "not a marker"
        raise FormatError(problem, where, start)
    return data[position], position + 1


def _segment_end(data: bytes, position: int, where: str) -> int:
    length = int.from_bytes(data[position : position + 2])
    if length < 2 or position + length > len(data):
        raise FormatError("the length of a segment of the image", where, position)
    return position + length


def _frame(data: bytes, segment: _Segment, where: str) -> tuple[int, int, int]:
    """Width, height and number of components, §B.2.2."""
    position = segment.content
    if segment.end - position < FRAME:
        raise FormatError("the frame header of the image is too short", where, position)
    height = int.from_bytes(data[position + 3 : position + 5])
    width = int.from_bytes(data[position + 5 : position + 7])
    channels = data[position + 7]
    if not width or not height:  # a height of 0 would come behind the first scan, §B.2.5
        raise FormatError("the image has no size", where, position)
    if not 1 <= channels <= MAX_CHANNELS:
        raise FormatError(f"not 1 to {MAX_CHANNELS} components in the image", where, position)
    return width, height, channels


def _scan_end(data: bytes, position: int, where: str) -> int:
    found = _SCAN_END.search(data, position)
    if found is None:
        raise FormatError("the image ends before its end", where, len(data))
    return found.start()
