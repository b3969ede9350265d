"""Text and names in data elements, in the encodings that states really use.

Source: ICAO Doc 9303-10 §3.9.1 (UTF-8) and tables 72, 74 and 81; Doc 9303-3 §4.6 (names). Text
that is not UTF-8 is guessed at, for people to read; the guess is told, and the bytes stay in the
file. Everything here is personal data.
"""

import codecs
import unicodedata
from dataclasses import dataclass, field

FILLER = "<"
LINES = "\t\n\r"  # the control characters that text may have
MARKS = ((codecs.BOM_UTF16_BE, "utf-16-be"), (codecs.BOM_UTF16_LE, "utf-16-le"))
NAMES = {"utf-16-be": "UTF-16", "utf-16-le": "UTF-16", "cp1252": "Windows-1252"}


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
    """The text of ``raw``: UTF-8; else UTF-16, Windows-1252 or ISO 8859-1, as what fits."""
    for mark, encoding in MARKS:
        if raw.startswith(mark):
            return _otherwise(raw[len(mark) :], (encoding, "latin-1"))
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return _otherwise(raw, (*_utf16(raw), "cp1252", "latin-1"))
    if _legible(text):
        return Written(text)
    padded = text.rstrip("\0")
    if padded != text and _legible(padded) and not _utf16(raw):
        return Written(padded, "zero bytes behind the text")
    return _otherwise(raw, (*_utf16(raw), "utf-8"))


def _otherwise(raw: bytes, encodings: tuple[str, ...]) -> Written:
    """The text in the first encoding that makes sense; the last one is taken in any case."""
    for encoding in encodings[:-1]:
        try:
            text = raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        if _legible(text):
            return Written(text, f"not UTF-8; shown as {NAMES[encoding]}")
    if encodings[-1] == "utf-8":
        return Written(raw.decode("utf-8-sig"), "control characters in the text")
    return Written(raw.decode("latin-1"), "not UTF-8; shown as ISO 8859-1")


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


def _legible(text: str) -> bool:
    return all(
        character in LINES or unicodedata.category(character) not in ("Cc", "Cn", "Co", "Cs")
        for character in text
    )


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
    return " ".join(text.replace(FILLER, " ").split(" ")).strip()
