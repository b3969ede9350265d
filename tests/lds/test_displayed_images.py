"""DG5, DG6 and DG7: displayed portraits and signatures."""

import pytest
from group_cases import J2K, JP2, JPEG, images, template
from hypothesis import given, settings
from hypothesis import strategies as st
from mutation import mutated

from epass.errors import FormatError
from epass.lds.displayed_images import Dg5, Dg6, Dg7, DisplayedImages
from epass.lds.face import ImageType

KINDS: tuple[tuple[type[DisplayedImages], int, int], ...] = (
    (Dg5, 0x65, 0x5F40),
    (Dg6, 0x66, 0x5F40),
    (Dg7, 0x67, 0x5F43),
)
each = pytest.mark.parametrize(("kind", "tag", "inner"), KINDS)
VALID = template(0x67, [(0x02, b"\x01"), (0x5F43, JPEG)])


@each
def test_images_of_every_type(kind: type[DisplayedImages], tag: int, inner: int) -> None:
    content = template(tag, [(2, b"\x03"), (inner, JPEG), (inner, JP2), (inner, J2K)])
    found = kind.parse(content)
    assert found.images == (JPEG, JP2, J2K)
    types = [picture.image_type for picture in found.pictures]
    assert types == [ImageType.JPEG, ImageType.JP2, ImageType.J2K]
    assert all(content[item.offset :].startswith(item.image) for item in found.pictures)
    assert found.notes == ()
    assert found.unknown == {}


@each
def test_no_image(kind: type[DisplayedImages], tag: int, inner: int) -> None:
    assert kind.parse(template(tag, [(2, b"\x00")])) == kind((), {}, ())


@pytest.mark.parametrize(
    ("elements", "note"),
    [
        ([(0x5F43, JPEG)], "images: the number of them is missing"),
        ([(2, b"\x00"), (0x5F43, JPEG)], "images: 0 announced, 1 are there"),
        ([(2, b"\x00\x01"), (0x5F43, JPEG)], "images: their number has 2 bytes, not 1"),
        ([(2, b"\x01"), (0x5F43, b"GIF89a")], "image 1: neither JPEG nor JPEG 2000"),
        ([(2, b"\x00"), (0x53, b"?")], "data objects that are not of the standard: 53"),
        ([(2, b"\x00"), (0x5F40, JPEG)], "data objects that are not of the standard: 5F40"),
    ],
)
def test_deviations_are_noted(elements: list[tuple[int, bytes]], note: str) -> None:
    assert Dg7.parse(template(0x67, elements)).notes == (note,)


def test_what_is_no_image_is_kept_as_it_is() -> None:
    found = Dg7.parse(template(0x67, [(2, b"\x01"), (0x5F43, b"GIF89a"), (0x53, b"?")]))
    assert found.images == (b"GIF89a",)
    assert found.pictures[0].image_type is None
    assert found.unknown == {0x53: (b"?",)}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "DG7 at byte 0: empty"),
        (VALID + b"\x00", f"DG7 at byte {len(VALID)}: 1 bytes after the end"),
        (VALID[:-1], "DG7/67 at byte 0: 25 bytes declared, 24 are there"),
        (b"\x65" + VALID[1:], "DG7 at byte 0: the tag is 65, not 67"),
        (
            template(0x67, [(2, b"\x01"), (2, b"\x01")]),
            "DG7/67/02 at byte 7: the data object stands twice",
        ),
        (template(0x67, [(0x5F43, b"")] * 10), "DG7/67/5F43 at byte 32: more than 9 images"),
    ],
)
def test_malformed(content: bytes, message: str) -> None:
    with pytest.raises(FormatError) as caught:
        Dg7.parse(content)
    assert str(caught.value) == message


def test_nothing_personal_in_a_repr() -> None:
    assert "not a real one" not in repr(Dg7.parse(VALID))


@given(st.lists(images, max_size=9))
def test_what_is_built_parses_back(value: list[bytes]) -> None:
    elements = [(0x5F40, image) for image in value]
    found = Dg5.parse(template(0x65, [(2, bytes((len(value),))), *elements]))
    assert (found.images, found.notes) == (tuple(value), ())


@settings(max_examples=300)
@given(st.one_of(st.binary(max_size=64), mutated(VALID)))
def test_any_bytes_are_parsed_or_refused(content: bytes) -> None:
    try:
        Dg7.parse(content)
    except FormatError as fault:
        assert fault.where.startswith("DG7")
