"""The headers of a JPEG, from its start to its end.

Source: ITU-T T.81 §B.1 (markers), §B.2.2 (frame header), §B.2.3 (scan header).
"""

import re

from epass.errors import FormatError
from epass.lds.frame import Frame

EOI, SOS = 0xD9, 0xDA
FRAME_HEADERS = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}  # SOF0 to SOF15
STANDALONE = frozenset({0x01, *range(0xD0, 0xD9)})  # TEM, RST0 to RST7, SOI: without a length
FRAME = 8  # bytes of a frame header before its components, the length field included
MAX_CHANNELS = 4  # CMYK; T.81 §B.2.2 allows 255, and 4 in one scan
MAX_SCANS = 64  # a progressive photograph has some 10; each costs a pass over the whole image

# In a scan FF00 is a byte of data, FFD0 to FFD7 restart it, and FF before a marker fills.
_SCAN_END = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]", re.DOTALL)


def walk(data: bytes, where: str) -> Frame:
    """The frame of the image that ``data`` starts with.

    Raises:
        FormatError: it is cut off, has no frame or two, or more scans than MAX_SCANS.
    """
    frame: tuple[int, int, int] | None = None
    position, scans = 2, 0
    while True:
        code, position = _marker(data, position, where)
        if code == EOI:
            break
        if code in STANDALONE:
            continue
        end = _segment_end(data, position, where)
        if code in FRAME_HEADERS:
            if frame is not None:
                raise FormatError("two frames in the image", where, position)
            frame = _frame(data, position, end, where)
        position = end
        if code == SOS:
            scans += 1
            if scans > MAX_SCANS:
                raise FormatError(f"more than {MAX_SCANS} scans in the image", where, position)
            position = _scan_end(data, position, where)
    if frame is None or not scans:
        raise FormatError("no picture in the image", where, position)
    return Frame(*frame, position)


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


def _frame(data: bytes, position: int, end: int, where: str) -> tuple[int, int, int]:
    """Width, height and number of components, §B.2.2."""
    if end - position < FRAME:
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
