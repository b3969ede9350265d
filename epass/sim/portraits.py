"""The portrait of the fictitious holders, as JPEG and JPEG 2000, in any size from that of the file.

The images were drawn for this project by ``tools/draw_portrait.py``. To stand for larger ones
they are padded as their formats allow: a JPEG by comment segments (ITU-T T.81 §B.2.4.5), a JP2
by free boxes (ISO/IEC 15444-2 Annex M), a codestream by comments (ISO/IEC 15444-1 §A.9.2). Nothing
here decodes an image.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib import resources
from types import MappingProxyType

from epass.errors import InputError
from epass.sim import choices

JPEG, JPEG2000, CODESTREAM = "JPEG", "JPEG2000", "codestream"  # the last is a JP2 without its boxes

SOI, COM = b"\xff\xd8", b"\xff\xfe"
FRAME_HEADERS = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}  # SOF0 to SOF15
SEGMENT_LENGTHS = range(2, 0xFFFF + 1)  # what the length field of a segment can say
MARKER, BOX_HEADER = 2, 8
STREAM_COM, BINARY = b"\xff\x64", bytes(2)  # marker and use of a comment in a codestream

MAX_IMAGE = 1 << 20  # bytes; twice what the endpoint takes of a whole document


@dataclass(frozen=True, slots=True)
class Portrait:
    """An image file; ``kind`` is one of IMAGES, the dimensions are in pixels."""

    kind: str
    width: int
    height: int
    data: bytes = field(repr=False)


def load(kind: str, *, size: int | None = None) -> Portrait:
    """The portrait as ``kind``, padded to exactly ``size`` bytes.

    Raises:
        InputError: there is no such kind, or no padding gives that size.
    """
    choices.require("image", kind, IMAGES)
    form = _FORMS[kind]
    data = form.taken(resources.files(__package__).joinpath("data", form.file).read_bytes())
    width, height = form.dimensions(data)
    missing = 0 if size is None else size - len(data)
    if missing and not form.least <= missing <= MAX_IMAGE - len(data):
        sizes = f"{len(data)} or {len(data) + form.least} to {MAX_IMAGE}"
        raise InputError(f"image size: a {kind} portrait has {sizes} bytes")
    if missing:
        position = form.padding_place(data)
        data = data[:position] + form.padding(missing) + data[position:]
    return Portrait(kind, width, height, data)


def _segments(data: bytes) -> Iterator[tuple[int, int, int]]:
    """Marker code, start and end of each segment of a JPEG up to its scan (T.81 §B.1.1)."""
    position = len(SOI)
    while position < len(data):  # callers stop at the segment they look for
        code = data[position + 1]
        length = int.from_bytes(data[position + MARKER : position + MARKER + 2])
        end = position + MARKER + length
        yield code, position, end
        position = end


def _jpeg_dimensions(data: bytes) -> tuple[int, int]:
    frame = next(start for code, start, _ in _segments(data) if code in FRAME_HEADERS)
    height, width = data[frame + 5 : frame + 7], data[frame + 7 : frame + 9]  # T.81 §B.2.2
    return int.from_bytes(width), int.from_bytes(height)


def _after_first_segment(data: bytes) -> int:
    """Behind APP0, which must follow the start of the image at once (JFIF)."""
    return next(end for _, _, end in _segments(data))


def _comments(size: int) -> bytes:
    """Comment segments of ``size`` bytes together, at least 4."""
    return _padding(size, COM, b"")


def _stream_comments(size: int) -> bytes:
    """Comments of a codestream of ``size`` bytes together, at least 6."""
    return _padding(size, STREAM_COM, BINARY)


def _padding(size: int, marker: bytes, start: bytes) -> bytes:
    """Segments of zeros behind ``start``, ``size`` bytes together."""
    largest, smallest = MARKER + SEGMENT_LENGTHS[-1], MARKER + SEGMENT_LENGTHS[0] + len(start)
    encoded = b""
    while size:
        part = min(size, largest)
        if 0 < size - part < smallest:
            part -= smallest
        length = part - MARKER
        encoded += marker + length.to_bytes(2) + start + bytes(length - 2 - len(start))
        size -= part
    return encoded


def _boxes(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Type, start and end of each box (ISO/IEC 15444-1 §I.4); length 0 is up to the end."""
    position = 0
    while position < len(data):
        length = int.from_bytes(data[position : position + 4])
        end = position + length if length else len(data)
        yield data[position + 4 : position + BOX_HEADER], position, end
        position = end


def _jp2_dimensions(data: bytes) -> tuple[int, int]:
    image = _box(_box(data, b"jp2h"), b"ihdr")  # ISO/IEC 15444-1 §I.5.3.1: height, width
    return int.from_bytes(image[4:8]), int.from_bytes(image[:4])


def _box(data: bytes, kind: bytes) -> bytes:
    return next(
        data[start + BOX_HEADER : end] for found, start, end in _boxes(data) if found == kind
    )


def _before_codestream(data: bytes) -> int:
    return next(start for kind, start, _ in _boxes(data) if kind == b"jp2c")


def _codestream(data: bytes) -> bytes:
    return _box(data, b"jp2c")


def _stream_dimensions(data: bytes) -> tuple[int, int]:
    return int.from_bytes(data[8:12]), int.from_bytes(data[12:16])  # §A.5.1, without an offset


def _after_size(data: bytes) -> int:
    """Behind SIZ, which must follow the start of the codestream at once."""
    return 2 * MARKER + int.from_bytes(data[4:6])


def _as_it_is(data: bytes) -> bytes:
    return data


def _free_box(size: int) -> bytes:
    """One free box of ``size`` bytes, at least 8."""
    return size.to_bytes(4) + b"free" + bytes(size - BOX_HEADER)


@dataclass(frozen=True, slots=True)
class _Form:
    """How images of one kind are taken from their file and padded, by ``least`` bytes or more."""

    file: str
    least: int
    dimensions: Callable[[bytes], tuple[int, int]]
    padding_place: Callable[[bytes], int]
    padding: Callable[[int], bytes]
    taken: Callable[[bytes], bytes] = _as_it_is


_FORMS: Mapping[str, _Form] = MappingProxyType(
    {
        JPEG: _Form("portrait.jpg", 4, _jpeg_dimensions, _after_first_segment, _comments),
        JPEG2000: _Form("portrait.jp2", 8, _jp2_dimensions, _before_codestream, _free_box),
        CODESTREAM: _Form(
            "portrait.jp2", 6, _stream_dimensions, _after_size, _stream_comments, _codestream
        ),
    }
)
IMAGES = tuple(_FORMS)
