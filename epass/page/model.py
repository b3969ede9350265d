"""The content of a page: sections of blocks, without a medium.

All texts are legible: what cannot be seen in them is spelled out, and none is without end. They
are text and nothing else; whoever writes markup escapes them.
"""

from dataclasses import dataclass, field
from enum import StrEnum

MAX_TEXT = 1000  # characters of one value; a name of DG11 has no limit of its own
JOINERS = "\u200c\u200d"  # which spell names in Persian and in the scripts of India


class Tone(StrEnum):
    """How a thing is to be taken: ``OPEN`` is what is not known."""

    PLAIN = "plain"
    GOOD = "good"
    BAD = "bad"
    OPEN = "open"
    QUIET = "quiet"


@dataclass(frozen=True, slots=True)
class Fact:
    """A name and its value, of one or several lines; ``code`` is to be read character by
    character.
    """

    label: str
    value: str = field(repr=False)
    tone: Tone = Tone.PLAIN
    code: bool = False


@dataclass(frozen=True, slots=True)
class Facts:
    """Rows under each other; ``title`` may be empty."""

    rows: tuple[Fact, ...]
    title: str = ""


@dataclass(frozen=True, slots=True)
class Picture:
    """A portrait or signature; without ``mime`` it cannot be shown, and ``caption`` says why.

    Without ``data`` alone it was not decoded, for a medium that has no pictures.
    """

    title: str
    mime: str
    data: bytes = field(repr=False)
    caption: str = ""


@dataclass(frozen=True, slots=True)
class Digit:
    """A check digit of the MRZ at ``at``, counted through all lines; ``expected`` if wrong."""

    name: str
    at: int
    printed: str = field(repr=False)
    expected: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Zone:
    """The MRZ in its lines, with its check digits."""

    lines: tuple[str, ...] = field(repr=False)
    digits: tuple[Digit, ...]


@dataclass(frozen=True, slots=True)
class Judged:
    """One check: ``title`` in plain words, ``word`` its outcome; ``evidence`` are numbers of the
    section that lists it.
    """

    id: str
    title: str
    tone: Tone
    word: str
    reason: str
    source: str
    evidence: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Checks:
    """Checks of one matter."""

    title: str
    rows: tuple[Judged, ...]


@dataclass(frozen=True, slots=True)
class Bar:
    """A part of the read; both times are in seconds from its beginning."""

    label: str
    detail: str
    start: float
    seconds: float
    tone: Tone


@dataclass(frozen=True, slots=True)
class Timeline:
    """What took how long; ``total`` is in seconds and not 0."""

    bars: tuple[Bar, ...]
    total: float


@dataclass(frozen=True, slots=True)
class Meter:
    """How much of a limit is used, both in bytes."""

    label: str
    value: int
    limit: int
    text: str
    tone: Tone


@dataclass(frozen=True, slots=True)
class Notes:
    """Sentences."""

    lines: tuple[str, ...]


Block = Facts | Picture | Zone | Checks | Timeline | Meter | Notes


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the page; ``wide`` ones need the whole width."""

    title: str
    blocks: tuple[Block, ...]
    wide: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """The page: who it is at its head, then what was found, then the sections."""

    title: str = field(repr=False)
    verdict: Fact
    chip: Fact
    portrait: Picture
    identity: Facts
    sections: tuple[Section, ...]
    footer: str


def legible(text: str, limit: int = MAX_TEXT) -> str:
    """``text`` with everything spelled out that cannot be seen or that moves what can.

    Marks that override the direction of writing make a name look like another one; a text of
    several lines keeps its line ends.
    """
    seen = "".join(_seen(mark) for mark in text[:limit])
    more = len(text) - limit
    return f"{seen} ... ({more} characters more)" if more > 0 else seen


def _seen(mark: str) -> str:
    if mark.isprintable() or mark in JOINERS or mark == "\n":
        return mark
    return f"[U+{ord(mark):04X}]"
