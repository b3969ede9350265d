"""Pictures for people: decoded with Pillow, within limits, and never needed for anything else.

What a document holds is made by whoever made the document. Nothing is decoded that declares more
pixels than any portrait has, and whatever the decoder does not take is told and not shown.
"""

import io
import struct

from epass.page.model import Picture

MAX_PIXELS = 1 << 22  # Doc 9303-9 asks for some 400 x 500; this is 2048 x 2048
QUALITY = 92  # of what is encoded anew, for the screen
JPEG, JPEG_2000 = "JPEG", "JPEG2000"
NO_PILLOW = 'cannot be shown without Pillow: pip install "epass[image]"'
# What Pillow raises for files that are none, are cut off, or were made to hurt it.
NOT_DECODABLE = (OSError, SyntaxError, ValueError, EOFError, struct.error, OverflowError)


def look(image: bytes, title: str = "Portrait") -> Picture:
    """``image`` as any browser shows it, or without data and with the reason."""
    try:
        from PIL import Image  # noqa: PLC0415 - optional, and slow to import
    except ImportError:
        return Picture(title, "", b"", NO_PILLOW)
    try:
        with Image.open(io.BytesIO(image), formats=(JPEG, JPEG_2000)) as found:
            width, height = found.size
            if width * height > MAX_PIXELS:
                return Picture(title, "", b"", f"not shown: {width} x {height} pixels")
            caption = f"{found.format}, {width} x {height} pixels, {len(image):,} bytes"
            found.load()
            data = image if found.format == JPEG else _encoded(found.convert("RGB"))
    except (*NOT_DECODABLE, Image.DecompressionBombError):
        return Picture(title, "", b"", "cannot be shown: it cannot be decoded")
    return Picture(title, "image/jpeg", data, caption)


def _encoded(picture: object) -> bytes:
    target = io.BytesIO()
    picture.save(target, JPEG, quality=QUALITY)  # type: ignore[attr-defined]
    return target.getvalue()
