"""Text and names in data elements, in the encodings that states really use.

Source: ICAO Doc 9303-10 §3.9.1 (UTF-8) and tables 72, 74 and 81; Doc 9303-3 §4.6 (names). Text
that is not UTF-8 is guessed at, for people to read; the guess is told, and the bytes stay in the
file. Everything here is personal data.
"""

import codecs
import unicodedata
from dataclasses import dataclass, field
from types import MappingProxyType

FILLER = "<"
LINES = "\t\n\r"  # the control characters that text may have
MARKS = ((codecs.BOM_UTF16_BE, "utf-16-be"), (codecs.BOM_UTF16_LE, "utf-16-le"))
LABELS = MappingProxyType(
    {
        "utf-16-be": "UTF-16",
        "utf-16-le": "UTF-16",
        "latin-1": "ISO 8859-1",
        "cp1252": "Windows-1252",
    }
)
CONTROLS = ("Cc",)  # categories of Unicode
NOT_FOR_PEOPLE = ("Cc", "Cn", "Co", "Cs")  # and unassigned, private, half a pair


@dataclass(frozen=True, slots=True)
class Written:
    """What is written in a data element; ``deviation`` says how it is not as the standard wants."""

    value: str = field(repr=False)
    deviation: str = ""


@dataclass(frozen=True, slots=True)
class PersonName:
    """A name as written, < as a space. What has no << in it is all ``primary``."""

    primary: str = field(repr=False)
    secondary: str = field(default="", repr=False)


def decode(raw: bytes) -> Written:
    """The text of ``raw``: UTF-8; else UTF-16, ISO 8859-1 or Windows-1252, as what fits."""
    for mark, encoding in MARKS:
        if raw.startswith(mark):
            return _guessed(raw[len(mark) :], (encoding,)) or _latin(raw)
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return _guessed(raw, (*_utf16(raw), "latin-1", "cp1252")) or _latin(raw)
    if _has_no(text, CONTROLS):
        return Written(text)
    unpadded = text.rstrip("\0")
    if unpadded != text and _has_no(unpadded, CONTROLS):
        return Written(unpadded, "zero bytes behind the text")
    return _guessed(raw, _utf16(raw)) or Written(text, "control characters in the text")


def _guessed(raw: bytes, encodings: tuple[str, ...]) -> Written | None:
    """The text in the first encoding that makes sense, None if none does."""
    for encoding in encodings:
        try:
            text = raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        if _has_no(text, NOT_FOR_PEOPLE):
            return Written(text, f"not UTF-8; shown as {LABELS[encoding]}")
    return None


def _latin(raw: bytes) -> Written:
    return Written(raw.decode("latin-1"), "in no known encoding; shown as ISO 8859-1")


def _utf16(raw: bytes) -> tuple[str, ...]:
    """Which UTF-16 it may be; the zero bytes of Latin letters tell the two apart."""
    if len(raw) % 2 or not raw:
        return ()
    if 0 in raw[1::2] and 0 not in raw[::2]:
        return ("utf-16-le",)
    return ("utf-16-be",) if 0 in raw[::2] or _high_bytes_agree(raw) else ()


def _high_bytes_agree(raw: bytes) -> bool:
    """Whether all characters would be of one script, as in a name of few letters."""
    return len(set(raw[::2]) - {0}) == 1 and raw[0] < ord(" ")


def _has_no(text: str, categories: tuple[str, ...]) -> bool:
    found = (unicodedata.category(character) for character in text if character not in LINES)
    return not any(category in categories for category in found)


def name(text: str) -> tuple[PersonName | None, str]:
    """The name in ``text``, None if it is empty, and how it deviates (Doc 9303-3 §4.6)."""
    primary, _, secondary = text.strip(FILLER).partition(2 * FILLER)
    if not primary:
        return None, ""
    many = 2 * FILLER in secondary
    deviation = "more than a primary and a secondary identifier" if many else ""
    return PersonName(_spaced(primary), _spaced(secondary)), deviation


def fields(text: str) -> tuple[str, ...]:
    """The parts between < that are not empty."""
    return tuple(part.strip() for part in text.split(FILLER) if part.strip())


def _spaced(text: str) -> str:
    return " ".join(filter(None, text.replace(FILLER, " ").split(" ")))
