"""Pictures for people: what is decoded, what is not, and what that costs."""

import io
import os
import struct
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from mutation import mutated
from PIL import Image

from epass import picture
from epass.errors import EpassError, FormatError, MissingPackageError, UnsupportedError
from epass.lds.image import ImageType, Measured
from epass.picture import MAX_PIXELS, MIME, decode
from epass.sim import portraits

JPEG, JP2 = portraits.load("JPEG").data, portraits.load("JPEG2000").data
STREAM = JP2[JP2.index(b"\xff\x4f\xff\x51") :]


def encoded(size: tuple[int, int], kind: str, mode: str = "RGB", **options: Any) -> bytes:
    target = io.BytesIO()
    Image.new(mode, size).save(target, kind, **options)
    return target.getvalue()


@pytest.mark.parametrize("image", [JPEG, JP2, STREAM, JPEG + bytes(99), JP2 + bytes(99)])
@pytest.mark.parametrize("form", ["JPEG", "PNG"])
def test_portraits_are_shown(image: bytes, form: str) -> None:
    shown = decode(image, form=form)
    assert (shown.mime, shown.width, shown.height) == (MIME[form], 413, 531)
    with Image.open(io.BytesIO(shown.data)) as after:
        assert (after.format, after.size, after.mode) == (form, (413, 531), "RGB")
        assert after.getpixel((206, 280)) != after.getpixel((5, 5))


@pytest.mark.parametrize("mode", ["L", "LA", "RGB", "RGBA", "I;16"])
def test_pictures_of_every_mode(mode: str) -> None:
    shown = decode(encoded((40, 30), "JPEG2000", mode), form="PNG")
    with Image.open(io.BytesIO(shown.data)) as after:
        assert after.mode == ("RGB" if "RGB" in mode else "L")


def test_gray_of_16_bits_keeps_its_shades() -> None:
    target = io.BytesIO()
    shades = struct.pack("<4H", 0, 0x4000, 0x8000, 0xFFFF) * 16
    Image.frombytes("I;16", (8, 8), shades).save(target, "JPEG2000")
    shown = decode(target.getvalue(), form="PNG")
    with Image.open(io.BytesIO(shown.data)) as after:
        assert [after.getpixel((x, 0)) for x in range(4)] == [0, 0x40, 0x80, 0xFF]


def test_a_jpeg_of_four_colours() -> None:
    assert decode(encoded((40, 30), "JPEG", "CMYK")).data


def test_nothing_of_the_file_but_the_picture_comes_through() -> None:
    tags = Image.Exif()
    tags[0x010E] = "taken where and when"
    image = encoded((40, 30), "JPEG", exif=tags, comment=b"a comment", icc_profile=b"a profile")
    for form in picture.FORMS:
        shown = decode(image, form=form).data
        assert not any(text in shown for text in (b"where", b"comment", b"profile"))


@pytest.mark.parametrize(
    ("image", "problem"),
    [
        (b"", "the image is neither JPEG nor JPEG 2000"),
        (b"GIF89a", "the image is neither JPEG nor JPEG 2000"),
        (encoded((4, 4), "PNG"), "the image is neither JPEG nor JPEG 2000"),
        (JPEG[:2000], "the image ends before its end"),
        (JP2[:400], "the length of a box of the image"),
        (JP2.replace(b"\xff\x5c", b"\xff\x64"), "the image cannot be decoded"),
    ],
)
def test_what_cannot_be_decoded(image: bytes, problem: str) -> None:
    with pytest.raises(FormatError) as caught:
        decode(image, where="DG5")
    assert (caught.value.where, caught.value.problem) == ("DG5", problem)


@pytest.mark.parametrize("size", [(530, 413), (10_000, 10_000), (20_000, 20_000)])
def test_a_box_that_contradicts_its_codestream(size: tuple[int, int]) -> None:
    """However large it says to be: nothing but an error, and no warning of Pillow on stderr."""
    at = JP2.index(b"ihdr") + 4
    image = JP2[:at] + struct.pack(">II", *size) + JP2[at + 8 :]
    with pytest.raises(FormatError, match="header of the JP2 file states another size"):
        decode(image)


@pytest.mark.parametrize("image", [JPEG, JP2, STREAM])
@pytest.mark.parametrize("action", ["error", "default"])
def test_no_warning_of_pillow_gets_out(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], image: bytes, action: Any
) -> None:
    """Not even for what it takes for a bomb: what is one is for the headers to say."""
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1000)
    with warnings.catch_warnings():
        warnings.simplefilter(action)
        assert decode(image).width == 413
    assert capfd.readouterr() == ("", "")


def test_a_decoder_that_sees_another_size_than_the_headers(monkeypatch: pytest.MonkeyPatch) -> None:
    class Other:
        @staticmethod
        def of(_image: bytes, *, where: str) -> Measured:
            assert where == "image"
            return Measured(ImageType.JPEG, 531, 413, 3, 0)

    monkeypatch.setattr(picture, "Measured", Other)
    with pytest.raises(FormatError, match="image: the image has another size than its headers say"):
        decode(JPEG)


def test_the_most_pixels_that_are_decoded() -> None:
    assert decode(encoded((2048, MAX_PIXELS // 2048), "JPEG")).height == 1024
    with pytest.raises(UnsupportedError, match=r"DG2: 2048 x 1025 pixels are not decoded"):
        decode(encoded((2048, 1025), "JPEG"), where="DG2")
    with pytest.raises(UnsupportedError, match="413 x 531 pixels"):
        decode(JP2, max_pixels=413 * 531 - 1)


def test_without_pillow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "PIL", None)
    with pytest.raises(MissingPackageError, match="Pillow is not installed"):
        decode(JPEG)


def test_a_picture_stays_out_of_repr() -> None:
    assert repr(decode(JPEG)) == "Picture(mime='image/jpeg', width=413, height=531)"


@settings(max_examples=150, deadline=None)
@given(mutated(encoded((24, 24), "JPEG")) | mutated(encoded((24, 24), "JPEG2000")))
def test_no_mutation_raises_anything_else(image: bytes) -> None:
    try:
        assert decode(image).width
    except EpassError as fault:
        assert fault.exit_status == 5


SMALL = {
    "JPEG": encoded((64, 64), "JPEG", progressive=True),
    "JP2": encoded((64, 64), "JPEG2000"),
    "codestream": encoded((64, 64), "JPEG2000", no_jp2=True),
}
HUGE = (60_000).to_bytes(4)
SOS = b"\xff\xda"


def bombs() -> dict[str, bytes]:
    """Small files that ask for gigabytes, or for hours."""
    jpeg, jp2, stream = SMALL["JPEG"], SMALL["JP2"], SMALL["codestream"]
    frame, scan = jpeg.index(b"\xff\xc2") + 5, jpeg.index(SOS)
    tile, style = stream.index(b"\xff\x51") + 22, stream.index(b"\xff\x52") + 4
    code_blocks = stream[: style + 6] + b"\x00\x00" + stream[style + 8 :]
    header = jp2.index(b"jp2h") + 4
    length = int.from_bytes(jp2[header - 8 : header - 4])
    palette = struct.pack(">I4sHB", 2311, b"pclr", 256, 255) + bytes(2300)
    deep = b"".join(struct.pack(">I4s", 8 * depth, b"jp2h") for depth in range(5000, 0, -1))
    return {
        "huge JPEG": jpeg[:frame] + HUGE[2:] * 2 + jpeg[frame + 4 :],
        "scans without end": jpeg[:-2] + jpeg[scan:-2] * 5000 + jpeg[-2:],
        "huge JP2": jp2.replace((64).to_bytes(4), HUGE),
        "huge codestream": stream.replace((64).to_bytes(4), HUGE),
        "tiles of a pixel": stream[:tile].replace((64).to_bytes(4), (1400).to_bytes(4))
        + (1).to_bytes(4) * 2
        + stream[tile + 8 :],
        "code-blocks of 4 x 4": code_blocks.replace((64).to_bytes(4), (1400).to_bytes(4)),
        "layers without end": stream[: style + 2] + b"\xff\xff" + stream[style + 4 :],
        "a palette of 255": jp2[: header - 8]
        + struct.pack(">I", length + len(palette))
        + jp2[header - 4 : header - 8 + length]
        + palette
        + jp2[header - 8 + length :],
        "nested boxes": jp2[:12] + deep + jp2[12:],
        "boxes without end": jp2[:12] + struct.pack(">I4s", 8, b"free") * 100_000 + jp2[12:],
        "a box in itself": jp2[:12] + struct.pack(">I4sQ", 1, b"jp2h", 16) * 50_000,
    }


PROGRAM = """
import resource, sys, time
from PIL import Image, Jpeg2KImagePlugin, JpegImagePlugin
from epass.errors import EpassError
from epass.lds.image import ImageType, Measured
from epass.picture import decode
image = sys.stdin.buffer.read()
before, began = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
try:
    outcome = decode(image).mime
except EpassError as fault:
    outcome = fault.code
unit = 1 if sys.platform == "darwin" else 1024
used = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * unit
print(outcome, time.process_time() - began, used)
"""


def cost(image: bytes) -> tuple[str, float, float]:
    """What becomes of ``image`` in a process of its own, seconds and bytes."""
    root = Path(picture.__file__).parent.parent
    done = subprocess.run(
        (sys.executable, "-c", PROGRAM),
        input=image,
        capture_output=True,
        check=True,
        env={**os.environ, "PYTHONPATH": str(root)},
    )
    outcome, seconds, used = done.stdout.split()
    return outcome.decode(), float(seconds), float(used)


@pytest.mark.skipif(sys.platform == "win32", reason="memory is measured otherwise there")
@pytest.mark.parametrize("name", bombs())
def test_bombs_are_refused_in_a_second_and_100_megabytes(name: str) -> None:
    outcome, seconds, used = cost(bombs()[name])
    assert outcome in ("format", "unsupported")
    assert seconds < 1
    assert used < 100_000_000


@pytest.mark.skipif(sys.platform == "win32", reason="memory is measured otherwise there")
@pytest.mark.parametrize("kind", ["JPEG", "JPEG2000"])
def test_the_largest_picture_takes_no_more(kind: str) -> None:
    outcome, _, used = cost(encoded((2048, 1024), kind))
    assert outcome == "image/jpeg"
    assert used < 100_000_000
