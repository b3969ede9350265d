"""The data groups beyond the MRZ and the portrait: every field that was found, and what was not
understood in hexadecimal.
"""

from collections.abc import Callable

from epass import tlv
from epass.dump import Dump
from epass.errors import FormatError
from epass.lds.names import File
from epass.page import words
from epass.page.model import Fact, Facts, Picture, Section

SHOWN = (File.COM, File.SOD, File.DG1, File.DG2, File.CARD_ACCESS)  # elsewhere on the page
MAX_HEX = 64  # bytes of one value
MAX_ROWS = 60  # of one file


def sections(
    dump: Dump, look: Callable[[bytes], Picture]
) -> tuple[tuple[Section, ...], tuple[Picture, ...]]:
    """A section for each other file, and the pictures that are in them."""
    found = [_raw(file, raw) for file, raw in dump.files.items() if file not in SHOWN]
    return tuple(found), ()


def _raw(file: File, raw: bytes) -> Section:
    """A file that is not parsed: its data objects by their tags."""
    try:
        items = tlv.parse_one(raw, file.tag, where=file.label).children() if file.tag else []
    except FormatError:
        items = []
    rows = tuple(Fact(f"{item.tag:02X}", octets(item.value), code=True) for item in items)
    whole = (Fact("Content", octets(raw), code=True),)
    return Section(_title(file), (Facts(rows[:MAX_ROWS] or whole),))


def _title(file: File) -> str:
    return f"{file.label}: {words.FILES.get(file.label, 'file')}"


def octets(raw: bytes) -> str:
    """Bytes in hexadecimal, of long values the beginning."""
    more = len(raw) - MAX_HEX
    return raw[:MAX_HEX].hex(" ").upper() + (f" ... ({more} bytes more)" if more > 0 else "")
