"""Pictures for people: what is shown, and what is not and why."""

import io
import subprocess
import sys

import pytest
from hypothesis import given, settings
from mutation import mutated
from PIL import Image

from epass.cli import pictures
from epass.cli.pictures import MAX_PIXELS, look
from epass.page.model import Picture
from epass.sim import portraits

JPEG, JP2 = portraits.load("JPEG").data, portraits.load("JPEG2000").data
SOC, SIZ = b"\xff\x4f", b"\xff\x51"


def encoded(size: tuple[int, int], kind: str, mode: str = "RGB") -> bytes:
    target = io.BytesIO()
    Image.new(mode, size).save(target, kind)
    return target.getvalue()


def test_a_jpeg_is_shown_as_it_is() -> None:
    shown = look(JPEG)
    assert (shown.mime, shown.data) == ("image/jpeg", JPEG)
    assert shown.caption == f"JPEG, 413 x 531 pixels, {len(JPEG):,} bytes"


@pytest.mark.parametrize("image", [JP2, encoded((40, 30), "JPEG2000", "L")], ids=["JP2", "grey"])
def test_a_jpeg_2000_is_encoded_anew(image: bytes) -> None:
    shown = look(image, "Signature")
    assert (shown.title, shown.mime) == ("Signature", "image/jpeg")
    with Image.open(io.BytesIO(image)) as before, Image.open(io.BytesIO(shown.data)) as after:
        assert (after.format, after.size, after.mode) == ("JPEG", before.size, "RGB")


def test_a_codestream_without_its_file_is_shown() -> None:
    stream = JP2[JP2.index(SOC + SIZ) :]
    assert look(stream).mime == "image/jpeg"


@pytest.mark.parametrize(
    "image", [b"", b"\xff\xd8\xff", JPEG[:2000], JP2[:400], b"GIF89a", encoded((4, 4), "PNG")]
)
def test_what_cannot_be_decoded_is_not_shown(image: bytes) -> None:
    shown = look(image)
    assert (shown.data, shown.caption) == (b"", "cannot be shown: it cannot be decoded")


def bomb(kind: str) -> bytes:
    """A header that declares 60,000 x 60,000 pixels: of a JPEG, of a JP2, of what is in a JP2."""
    small, huge = (64).to_bytes(4), (60_000).to_bytes(4)
    if kind == "JPEG":
        image = encoded((64, 64), "JPEG")
        at = image.index(b"\xff\xc0") + 5
        return image[:at] + huge[2:] * 2 + image[at + 4 :]
    image = encoded((64, 64), "JPEG2000")
    at = 0 if kind == "JP2" else image.index(SOC + SIZ)
    return image[:at] + image[at:].replace(small, huge)


@pytest.mark.parametrize("kind", ["JPEG", "JP2", "codestream"])
def test_a_bomb_is_not_decoded(kind: str) -> None:
    program = (
        "import resource, sys, time; from epass.cli.pictures import look;"
        "image = sys.stdin.buffer.read(); look(b''); began = time.perf_counter();"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss; shown = look(image);"
        "print(len(shown.data), time.perf_counter() - began,"
        " resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)"
    )
    if sys.platform == "win32":
        pytest.skip("the memory of a process is measured otherwise there")
    command = (sys.executable, "-c", program)
    done = subprocess.run(command, input=bomb(kind), capture_output=True, check=True)
    size, seconds, kilobytes = map(float, done.stdout.split())
    assert size == 0
    assert seconds < 1
    assert kilobytes < 100_000


def test_the_most_pixels_that_are_decoded() -> None:
    side = int(MAX_PIXELS**0.5)
    assert look(encoded((side, side), "JPEG")).data
    shown = look(encoded((side, side + 1), "JPEG"))
    assert (shown.data, shown.caption) == (b"", f"not shown: {side} x {side + 1} pixels")


def test_without_pillow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "PIL", None)
    assert look(JPEG) == Picture("Portrait", "", b"", pictures.NO_PILLOW)


@settings(max_examples=150, deadline=None)
@given(mutated(encoded((24, 24), "JPEG")) | mutated(encoded((24, 24), "JPEG2000")))
def test_no_mutation_raises(image: bytes) -> None:
    assert look(image).title == "Portrait"
