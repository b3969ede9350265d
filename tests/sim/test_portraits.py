"""The portrait files, and images of a given size made of them, as Pillow reads them."""

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops, ImageStat

from epass.errors import InputError
from epass.sim import portraits
from epass.sim.portraits import IMAGES, Portrait, load
from tools.draw_portrait import draw

PILLOW_NAMES = {"JPEG": "JPEG", "JPEG2000": "JPEG2000", "codestream": "JPEG2000"}
LEAST = {"JPEG": 4, "JPEG2000": 8, "codestream": 6}
ORIGINAL = {kind: load(kind) for kind in IMAGES}


def decoded(portrait: Portrait) -> Image.Image:
    with Image.open(io.BytesIO(portrait.data)) as image:
        assert image.format == PILLOW_NAMES[portrait.kind]
        image.load()
        return image.copy()


@pytest.mark.parametrize("kind", IMAGES)
def test_the_files_are_portraits_of_a_passport(kind: str) -> None:
    portrait = load(kind)
    image = decoded(portrait)
    assert image.size == (portrait.width, portrait.height) == (413, 531)
    assert image.mode == "RGB"
    assert 13_000 <= len(portrait.data) <= 18_000
    assert portrait.kind == kind


@pytest.mark.parametrize("kind", IMAGES)
def test_the_files_are_what_the_tool_draws(kind: str) -> None:
    difference = ImageChops.difference(decoded(load(kind)), draw())
    assert max(ImageStat.Stat(difference).rms) < 6  # of 255, lost in compression


@pytest.mark.parametrize("kind", IMAGES)
def test_the_files_carry_no_metadata(kind: str) -> None:
    assert not decoded(load(kind)).getexif()
    assert b"Exif" not in load(kind).data


# One comment segment takes up to 65,537 bytes: sizes around one and two of them, and the limits
# that matter to READ BINARY (32,767 and 65,535) and to the endpoint.
PADDINGS = [4, 5, 8, 9, 65_536, 65_537, 65_538, 65_540, 65_541, 65_542, 131_074, 131_077, 131_078]
SIZES = [32_767, 32_768, 65_535, 65_536, 512_000, 512_001, portraits.MAX_IMAGE]


@pytest.mark.parametrize(
    ("kind", "padding"),
    [(kind, padding) for kind in IMAGES for padding in PADDINGS if padding >= LEAST[kind]],
)
def test_a_size_is_hit_to_the_byte_and_the_picture_stays(kind: str, padding: int) -> None:
    size = len(ORIGINAL[kind].data) + padding
    portrait = load(kind, size=size)
    assert len(portrait.data) == size
    assert (portrait.width, portrait.height) == (413, 531)
    assert decoded(portrait).tobytes() == decoded(ORIGINAL[kind]).tobytes()


@pytest.mark.parametrize("kind", IMAGES)
@pytest.mark.parametrize("size", SIZES)
def test_sizes_at_the_limits(kind: str, size: int) -> None:
    portrait = load(kind, size=size)
    assert len(portrait.data) == size
    assert decoded(portrait).size == (413, 531)


@pytest.mark.parametrize("kind", IMAGES)
@given(data=st.data())
@settings(max_examples=60)
def test_any_size_of_the_range(kind: str, data: st.DataObject) -> None:
    least = len(ORIGINAL[kind].data) + LEAST[kind]
    size = data.draw(st.integers(least, portraits.MAX_IMAGE))
    assert len(load(kind, size=size).data) == size


@pytest.mark.parametrize("kind", IMAGES)
def test_its_own_size_is_the_file_itself(kind: str) -> None:
    assert load(kind, size=len(ORIGINAL[kind].data)) == ORIGINAL[kind]


@pytest.mark.parametrize("kind", IMAGES)
@pytest.mark.parametrize("offset", ["-1", "+1", "+least-1", "zero", "negative", "over"])
def test_sizes_that_no_padding_gives(kind: str, offset: str) -> None:
    own = len(ORIGINAL[kind].data)
    size = {
        "-1": own - 1,
        "+1": own + 1,
        "+least-1": own + LEAST[kind] - 1,
        "zero": 0,
        "negative": -1,
        "over": portraits.MAX_IMAGE + 1,
    }[offset]
    with pytest.raises(InputError) as caught:
        load(kind, size=size)
    sizes = f"{own} or {own + LEAST[kind]} to {portraits.MAX_IMAGE}"
    assert caught.value.message == f"image size: a {kind} portrait has {sizes} bytes"


def test_a_kind_that_does_not_exist() -> None:
    with pytest.raises(InputError) as caught:
        load("PNG")
    assert caught.value.message == "image: choose one of JPEG, JPEG2000, codestream"


def test_the_image_stays_out_of_repr() -> None:
    assert repr(load("JPEG")) == "Portrait(kind='JPEG', width=413, height=531)"
