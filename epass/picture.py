"""Pictures for people: the one door to Pillow, which decodes what documents hold.

What is decoded was made by whoever made the document. Its headers are walked first, so that
nothing is decoded that is larger, or more work, than a portrait (``lds.image``, ``lds.coding``); a
decoder then sees no metadata of a JPEG, and no other formats at all. What comes out is encoded
anew, so that no viewer gets to see the bytes of the document. Nothing is hashed, verified or
uploaded from here.
"""

import io
import struct
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from epass.errors import FormatError, MissingPackageError, UnsupportedError
from epass.lds import jpeg
from epass.lds.image import ImageType, Measured

if TYPE_CHECKING:
    from PIL.Image import Image

JPEG, PNG = FORMS = ("JPEG", "PNG")
MIME = {JPEG: "image/jpeg", PNG: "image/png"}
MAX_PIXELS = 1 << 21  # Doc 9303-9 asks for some 400 x 500; the largest samples have 1024 x 1024
QUALITY = 92  # of a JPEG that is made for a screen

# What Pillow raises for files that are cut off or were made to hurt it.
NOT_DECODABLE = (OSError, SyntaxError, ValueError, EOFError, OverflowError, struct.error)


@dataclass(frozen=True, slots=True)
class Picture:
    """An image that any browser shows; sizes are in pixels."""

    mime: str
    width: int
    height: int
    data: bytes = field(repr=False)


def decode(
    image: bytes, *, form: str = JPEG, max_pixels: int = MAX_PIXELS, where: str = "image"
) -> Picture:
    """``image``, a JPEG or JPEG 2000 of a document, as ``form``, one of FORMS.

    Raises:
        FormatError: it is neither, is cut off, or asks for more work than a portrait does.
        UnsupportedError: it has more than ``max_pixels``.
        MissingPackageError: Pillow is not installed.
    """
    found = Measured.of(image, where=where)
    if found.width * found.height > max_pixels:
        raise UnsupportedError(f"{where}: {found.width} x {found.height} pixels are not decoded")
    if found.image_type is ImageType.JPEG:
        image = jpeg.without_metadata(image, where)
    try:
        from PIL import Jpeg2KImagePlugin, JpegImagePlugin  # noqa: PLC0415 - optional, and slow
    except ImportError:
        raise MissingPackageError("Pillow", "image") from None
    # Not by Image.open: it warns of large images, on stderr, before their size can be compared.
    is_jpeg = found.image_type is ImageType.JPEG
    decoder = JpegImagePlugin.JpegImageFile if is_jpeg else Jpeg2KImagePlugin.Jpeg2KImageFile
    try:
        with decoder(io.BytesIO(image)) as opened:
            if opened.size != (found.width, found.height):
                raise FormatError("the image has another size than its headers say", where)
            return Picture(MIME[form], *opened.size, _encoded(opened, form))
    except NOT_DECODABLE:
        raise FormatError("the image cannot be decoded", where) from None


def _encoded(picture: "Image", form: str) -> bytes:
    """``picture`` in gray or RGB, without anything that its file said beside it."""
    if picture.mode == "I;16":  # gray of 9 to 16 bits
        picture = picture.convert("I").point(lambda value: value * (1 / 256))
    plain = picture.convert("L" if picture.mode in ("L", "LA", "I") else "RGB")
    plain.info = {}
    target = io.BytesIO()
    plain.save(target, form, quality=QUALITY)  # which a PNG does without
    return target.getvalue()
