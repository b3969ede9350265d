"""Pictures for the page: what cannot be decoded is told and not shown, and nothing fails of it.

Each picture is bounded where it is decoded (``epass.picture``). A document may have nine of them in
nine templates and again in other files, so what a whole page decodes is bounded here.
"""

from epass import picture
from epass.errors import EpassError, FormatError, MissingPackageError, UnsupportedError
from epass.lds.image import Measured
from epass.page.model import Picture

# Of all pictures of a page; portrait, displayed portrait and two sides of the document have less.
# As much in four channels, which 2,000 bytes can ask for, takes a third of a second.
MAX_PIXELS = 1 << 23
LEAST = 1 << 17  # pixels that a small picture counts for, which can be made as much work
TOO_MANY = "not shown: more pictures than are decoded"


class Album:
    """Decodes the pictures of one page, in the order in which it is asked, up to ``pixels``."""

    def __init__(self, pixels: int = MAX_PIXELS) -> None:
        self._left = pixels

    def look(self, image: bytes, title: str) -> Picture:
        """``image`` as any browser shows it, or without data and with the reason."""
        try:
            size = Measured.of(image)
            pixels = max(LEAST, size.width * size.height)
            if self._left < pixels <= picture.MAX_PIXELS:
                return Picture(title, "", b"", TOO_MANY)
            if pixels <= picture.MAX_PIXELS:  # else it is refused, which costs nothing
                self._left -= pixels  # even if it cannot be decoded: the attempt takes as long
            found = picture.decode(image)
        except (FormatError, UnsupportedError, MissingPackageError) as error:
            return _not_shown(title, error)
        return Picture(title, found.mime, found.data, _size(found.width, found.height, image))


def measure(image: bytes, title: str) -> Picture:
    """What the headers of ``image`` say of it, for where no picture is drawn."""
    try:
        found = Measured.of(image)
    except FormatError as error:
        return _not_shown(title, error)
    return Picture(title, found.image_type.mime, b"", _size(found.width, found.height, image))


def _not_shown(title: str, error: EpassError) -> Picture:
    advice = f". {error.advice}" if error.advice else ""
    return Picture(title, "", b"", f"not shown: {error.message}{advice}")


def _size(width: int, height: int, image: bytes) -> str:
    return f"{width} x {height} pixels, {len(image):,} bytes"
