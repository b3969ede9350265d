"""Images of a few bytes whose headers are whole: what parsers walk through, and nobody decodes."""

import struct

SOC, SOT, SOD, EOC = b"\xff\x4f", b"\xff\x90", b"\xff\x93", b"\xff\xd9"
JP2_SIGNATURE = b"\x00\x00\x00\x0cjP  \r\n\x87\n"
FTYP = b"\x00\x00\x00\x14ftypjp2 \x00\x00\x00\x00jp2 "


def segment(marker: int, content: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(content) + 2) + content


def frame(width: int, height: int, channels: int = 3) -> bytes:
    content = struct.pack(">BHHB", 8, height, width, channels) + bytes(3 * channels)
    return segment(0xC0, content)


SCAN = segment(0xDA, b"\x01\x01\x00\x00\x3f\x00") + b"data \xff\x00 \xff\xd0 end"


def jpeg(width: int = 240, height: int = 320, channels: int = 3, *, scans: int = 1) -> bytes:
    parts = (segment(0xE0, b"JFIF\x00a portrait"), frame(width, height, channels), SCAN * scans)
    return b"\xff\xd8" + b"".join(parts) + b"\xff\xd9"


def size(width: int, height: int, channels: int, tile: tuple[int, int] | None) -> bytes:
    across, down = tile or (width, height)
    layout = struct.pack(">HIIIIIIIIH", 0, width, height, 0, 0, across, down, 0, 0, channels)
    return segment(0x51, layout + b"\x07\x01\x01" * channels)


def coding(
    *, levels: int = 5, layers: int = 1, block: int = 4, precincts: bytes | None = None
) -> bytes:
    """A COD segment; ``block`` is the exponent of both sides of a code-block, less 2."""
    style = 0 if precincts is None else 1
    fixed = struct.pack(">BBHBBBBBB", style, 0, layers, 1, levels, block, block, 0, 0)
    return segment(0x52, fixed + (precincts or b""))


def tile_part(
    content: bytes = b"packets", *, length: int | None = None, more: bytes = b""
) -> bytes:
    body = more + SOD + content
    whole = 12 + len(body) if length is None else length
    return SOT + struct.pack(">HHIBB", 10, 0, whole, 0, 1) + body


def codestream(
    width: int = 240,
    height: int = 320,
    channels: int = 3,
    *,
    tile: tuple[int, int] | None = None,
    style: bytes | None = None,
    parts: bytes | None = None,
) -> bytes:
    header = SOC + size(width, height, channels, tile) + (coding() if style is None else style)
    return header + (tile_part() if parts is None else parts) + EOC


def box(kind: bytes, content: bytes, *, length: int | None = None) -> bytes:
    return struct.pack(">I4s", 8 + len(content) if length is None else length, kind) + content


IMAGE_HEADER = box(b"ihdr", struct.pack(">IIHBBBB", 320, 240, 3, 7, 7, 0, 0))


def jp2(stream: bytes | None = None, *, header: bytes = IMAGE_HEADER, tail: bytes = b"") -> bytes:
    content = codestream() if stream is None else stream
    return JP2_SIGNATURE + FTYP + box(b"jp2h", header) + box(b"jp2c", content) + tail


JPEG, JP2, J2K = jpeg(), jp2(), codestream()
