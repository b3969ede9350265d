"""Images by their headers: what they are, where they end, and what they may ask of a decoder."""

import io
import struct
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mutation import mutated
from PIL import Image
from small_images import (
    IMAGE_HEADER,
    J2K,
    JP2,
    JP2_SIGNATURE,
    JPEG,
    SCAN,
    SOT,
    box,
    codestream,
    coding,
    frame,
    jp2,
    jpeg,
    segment,
    tile_part,
)

from epass.errors import FormatError
from epass.lds import jpeg as jpeg_headers
from epass.lds.coding import MAX_BLOCKS, MAX_PACKETS, MAX_TILES
from epass.lds.image import ImageType, Measured
from epass.lds.jpeg import MAX_SCANS
from epass.lds.jpeg2000 import ANOTHER_SIZE, MAX_BOXES, MAX_SEGMENTS, MAX_TILE_PARTS
from epass.sim import portraits


@pytest.mark.parametrize(
    ("image", "image_type", "mime"),
    [
        (JPEG, ImageType.JPEG, "image/jpeg"),
        (JP2, ImageType.JP2, "image/jp2"),
        (J2K, ImageType.J2K, "image/j2c"),
    ],
)
@pytest.mark.parametrize("padding", [0, 1, 2, 300])
def test_images_are_followed_to_their_end(
    image: bytes, image_type: ImageType, mime: str, padding: int
) -> None:
    assert ImageType.of(image) is image_type
    assert image_type.mime == mime
    assert Measured.of(image + bytes(padding)) == Measured(image_type, 240, 320, 3, padding)


@pytest.mark.parametrize("kind", portraits.IMAGES)
@pytest.mark.parametrize("extra", [0, 70_000])
def test_the_portraits_of_the_fictitious_country(kind: str, extra: int) -> None:
    plain = portraits.load(kind)
    portrait = portraits.load(kind, size=len(plain.data) + extra)
    found = Measured.of(portrait.data)
    assert (found.width, found.height, found.channels, found.padding) == (413, 531, 3, 0)


@pytest.mark.parametrize("mode", ["L", "RGB"])
@pytest.mark.parametrize("shape", [(4, 4), (17, 301), (480, 600)])
@pytest.mark.parametrize(
    ("form", "options"),
    [
        ("JPEG", {}),
        ("JPEG", {"progressive": True, "exif": b"Exif\0\0 some"}),
        ("JPEG2000", {}),
        ("JPEG2000", {"no_jp2": True, "num_resolutions": 3, "codeblock_size": (32, 32)}),
        ("JPEG2000", {"tile_size": (128, 128), "precinct_size": (128, 128), "plt": True}),
    ],
)
def test_what_another_library_writes(
    mode: str, shape: tuple[int, int], form: str, options: dict[str, Any]
) -> None:
    target = io.BytesIO()
    Image.effect_mandelbrot(shape, (-2, -1, 1, 1), 40).convert(mode).save(target, form, **options)
    found = Measured.of(target.getvalue())
    assert (found.width, found.height) == shape
    assert (found.channels, found.padding) == (len(mode), 0)


def test_markers_that_stand_alone_and_fill_bytes() -> None:
    filled = JPEG.replace(frame(240, 320), b"\xff\x01\xff\xff" + frame(240, 320))
    assert Measured.of(filled).padding == 0


JPEG_FAULTS = [
    (b"", 0, "the image is neither JPEG nor JPEG 2000"),
    (b"\xff\xd8\xff", 2, "the image ends before its end"),
    (JPEG[:3] + b"\xe0\x00\x01", 4, "the length of a segment of the image"),
    (JPEG[:3] + b"\xe0\xff\xff", 4, "the length of a segment of the image"),
    (JPEG[:3] + b"\xe0\x00\x02ab", 6, "not a marker"),
    (JPEG[:3] + b"\xe0\x00\x02", 6, "the image ends before its end"),
    (JPEG[:-2], len(JPEG) - 2, "the image ends before its end"),
    (b"\xff\xd8" + frame(1, 1) * 2, 23, "two frames in the image"),
    (b"\xff\xd8" + segment(0xC0, b"\x08"), 4, "the frame header of the image is too short"),
    (jpeg(0, 1), 23, "the image has no size"),
    (jpeg(1, 0), 23, "the image has no size"),
    (jpeg(channels=0), 23, "not 1 to 4 components in the image"),
    (jpeg(channels=5), 23, "not 1 to 4 components in the image"),
    (b"\xff\xd8" + SCAN + b"\xff\xd9", 2 + len(SCAN) + 2, "no picture in the image"),
    (b"\xff\xd8" + frame(1, 1) + b"\xff\xd9", 23, "no picture in the image"),
    (jpeg(scans=MAX_SCANS + 1), None, f"more than {MAX_SCANS} scans in the image"),
]
PARTS = len(codestream(parts=b"")) - 2
BEGIN = len(JP2_SIGNATURE)
MANY = bytes((15, 15, 15, 0, 15, 15))
CODESTREAM_FAULTS = [
    (J2K[:-2], len(J2K) - 2, "the image ends before its end"),
    (J2K[:30], 4, "the image ends in its header"),
    (codestream(0), 4, "the image has no size"),
    (codestream(240, 0), 4, "the image has no size"),
    (codestream(channels=0), 4, "not 1 to 4 components in the image"),
    (codestream(channels=5), 4, "not 1 to 4 components in the image"),
    (codestream().replace(b"\x00\x2f", b"\x00\x30", 1), 4, "not 1 to 4 components in the image"),
    (codestream(tile=(0, 1)), 4, "the tiles of the image"),
    (codestream(257, 1, tile=(1, 1)), 4, f"more than {MAX_TILES} tiles in the image"),
    (codestream(style=segment(0x52, bytes(9))), 55, "the coding style of the image is cut off"),
    (codestream(style=segment(0x53, bytes(6))), 55, "the coding style of the image is cut off"),
    (codestream(style=coding(levels=33)), 55, "the code-blocks of the image"),
    (codestream(style=coding(block=9)), 55, "the code-blocks of the image"),
    (codestream(style=coding(block=5)), 55, "the code-blocks of the image"),
    (codestream(style=coding(precincts=b"\xff")), 55, "the precincts of the image"),
    (codestream(style=coding(precincts=MANY)), 55, "the precincts of the image"),
    (codestream(style=coding(precincts=MANY[::-1])), 55, "the precincts of the image"),
    (
        codestream(2048, 2048, style=coding(precincts=b"\x11" * 6)),
        55,
        f"more than {MAX_BLOCKS} code-blocks in the image",
    ),
    (codestream(4000, 4000, style=coding(block=0)), 55, f"more than {MAX_BLOCKS} code-blocks"),
    (codestream(style=coding(layers=65_535)), 55, f"more than {MAX_PACKETS} packets in the image"),
    (
        codestream(parts=tile_part(more=coding(layers=65_535))),
        PARTS + 16,
        f"more than {MAX_PACKETS} packets in the image",
    ),
    (codestream(style=b"\xff\x00\x00\x02"), 51, "the length of a segment of the image"),
    (codestream(style=b"\xff\x52\x00\x01"), 51, "the length of a segment of the image"),
    (codestream(style=b"\xff\x52\xff\xff"), 51, "the length of a segment of the image"),
    (
        codestream(style=segment(0x64, b"") * (MAX_SEGMENTS + 1)),
        None,
        f"more than {MAX_SEGMENTS} seg",
    ),
    (codestream(parts=SOT + bytes(3)), PARTS, "not a tile-part of the image"),
    (codestream(parts=SOT + bytes(12)), PARTS, "not a tile-part of the image"),
    (codestream(parts=tile_part(length=12)), PARTS + 12, "the length of a tile-part of the image"),
    (codestream(parts=tile_part(length=99)), PARTS + 99, "the image ends before its end"),
    (codestream(parts=tile_part() + b"??"), PARTS + 21, "not a tile-part of the image"),
    (
        codestream(parts=tile_part(b"") * (MAX_TILE_PARTS + 1)),
        None,
        f"more than {MAX_TILE_PARTS} tile-parts in the image",
    ),
]


def stated(width: int, height: int) -> bytes:
    return box(b"ihdr", struct.pack(">IIHBBBB", height, width, 3, 7, 7, 0, 0))


JP2_FAULTS = [
    (JP2_SIGNATURE, 0, "a JP2 file without its header or codestream"),
    (JP2_SIGNATURE + box(b"jp2c", J2K), 0, "a JP2 file without its header or codestream"),
    (JP2_SIGNATURE + box(b"jp2h", IMAGE_HEADER), 0, "a JP2 file without its header or codestream"),
    (jp2(header=b""), 40, "a JP2 header without an image header"),
    (jp2(header=box(b"ihdr", bytes(7))), 48, "the image header of a JP2 file is cut off"),
    (jp2(header=stated(10_000, 10_000)), 48, ANOTHER_SIZE),
    (jp2(header=stated(320, 240)), 48, ANOTHER_SIZE),
    (jp2(header=IMAGE_HEADER + stated(240, 321)), 70, ANOTHER_SIZE),
    (jp2(header=stated(240, 321) + IMAGE_HEADER), 48, ANOTHER_SIZE),
    (jp2(b"no codestream"), 70, "not a codestream of JPEG 2000"),
    (jp2(header=IMAGE_HEADER + box(b"pclr", bytes(2))), 70, "not 1 to 4 channels in the palette"),
    (
        jp2(header=IMAGE_HEADER + box(b"pclr", b"\x00\x01\xff")),
        70,
        "not 1 to 4 channels in the palette",
    ),
    (JP2_SIGNATURE + box(b"free", b"", length=7), BEGIN, "the length of a box of the image"),
    (JP2_SIGNATURE + box(b"free", b"", length=0), BEGIN, "the length of a box of the image"),
    (JP2_SIGNATURE + box(b"free", b"", length=9), BEGIN, "the length of a box of the image"),
    (JP2_SIGNATURE + box(b"free", bytes(8), length=1), BEGIN, "the length of a box of the image"),
    (JP2_SIGNATURE + box(b"free", b"") * (MAX_BOXES + 1), None, f"more than {MAX_BOXES} boxes"),
    (jp2(header=IMAGE_HEADER + box(b"free", b"") * MAX_BOXES), None, f"more than {MAX_BOXES} boxe"),
]


@pytest.mark.parametrize(
    ("image", "at", "problem"), [*JPEG_FAULTS, *CODESTREAM_FAULTS, *JP2_FAULTS]
)
def test_what_is_no_whole_image(image: bytes, at: int | None, problem: str) -> None:
    with pytest.raises(FormatError) as caught:
        Measured.of(image, where="DG5")
    assert caught.value.problem.startswith(problem)
    assert caught.value.where == "DG5"
    assert at is None or caught.value.offset == at


def test_the_bounds_can_be_reached() -> None:
    most = codestream(parts=tile_part() * MAX_TILE_PARTS)
    for image in (
        jpeg(scans=MAX_SCANS),
        most,
        codestream(256, 1, channels=1, tile=(1, 1), style=coding(levels=0)),
        codestream(style=segment(0x64, b"") * (MAX_SEGMENTS - 1)),
        JP2_SIGNATURE + box(b"jp2h", IMAGE_HEADER) + box(b"free", b"") * 62 + box(b"jp2c", J2K),
        codestream(style=coding() + segment(0x53, bytes((0, 0, 5, 4, 4, 0, 0)))),
        codestream(2048, 1024, style=coding(block=2)),
    ):
        assert Measured.of(image).padding == 0


def test_a_tile_part_that_reaches_to_the_end() -> None:
    open_ended = codestream(parts=tile_part(length=0))
    assert Measured.of(open_ended + bytes(5)).padding == 5
    with pytest.raises(FormatError, match="the image ends before its end"):
        Measured.of(open_ended[:-2])


def test_a_palette_and_an_open_box() -> None:
    palette = box(b"pclr", struct.pack(">HB", 1, 4) + bytes(8))
    assert Measured.of(jp2(header=IMAGE_HEADER + palette)).channels == 4
    start = JP2_SIGNATURE + box(b"jp2h", IMAGE_HEADER)
    assert Measured.of(start + box(b"jp2c", J2K, length=0) + bytes(9)).padding == 9
    long_box = struct.pack(">I4sQ", 1, b"jp2c", 16 + len(J2K)) + J2K
    assert Measured.of(start + long_box).padding == 0


@pytest.mark.parametrize("tail", [b"\x00" * 40, b"\xff" * 40, b"\x00\x00\x01\x00free"])
def test_what_follows_the_codestream_and_is_no_box_is_padding(tail: bytes) -> None:
    assert Measured.of(jp2(tail=tail)).padding == len(tail)
    assert Measured.of(jp2(tail=box(b"uuid", b"of the issuer") + tail)).padding == len(tail)


def test_the_first_codestream_counts() -> None:
    assert Measured.of(jp2(tail=box(b"jp2c", b"another"))).padding == 0


@settings(max_examples=300, deadline=None)
@given(st.one_of(*(mutated(image) for image in (JPEG, JP2, J2K)), st.binary(max_size=64)))
def test_any_bytes_are_measured_or_refused(image: bytes) -> None:
    try:
        found = Measured.of(image)
    except FormatError as fault:
        assert "portrait" not in str(fault)
    else:
        assert 0 <= found.padding < len(image)
        assert found.width > 0
        assert found.height > 0


def test_a_jpeg_without_its_metadata() -> None:
    colours, camera = segment(0xEE, b"Adobe"), segment(0xE1, b"Exif\x00\x00where and when")
    padded = JPEG[:2] + camera + segment(0xFE, b"a comment") + colours + JPEG[2:] + bytes(9)
    bare = jpeg_headers.without_metadata(padded, "image")
    assert bare == JPEG[:2] + colours + JPEG[2:]
