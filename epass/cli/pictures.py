"""Pictures for the page: what cannot be decoded is told and not shown, and nothing fails of it."""

from epass import picture
from epass.errors import FormatError, MissingPackageError, UnsupportedError
from epass.page.model import Picture


def look(image: bytes, title: str) -> Picture:
    """``image`` as any browser shows it, or without data and with the reason."""
    try:
        found = picture.decode(image)
    except (FormatError, UnsupportedError, MissingPackageError) as error:
        advice = f". {error.advice}" if error.advice else ""
        return Picture(title, "", b"", f"not shown: {error.message}{advice}")
    size = f"{found.width} x {found.height} pixels, {len(image):,} bytes"
    return Picture(title, found.mime, found.data, size)
