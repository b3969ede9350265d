"""Pages for the tests: a right document, and one that somebody made to hurt who looks at it."""

from dataclasses import replace
from datetime import UTC, datetime
from functools import cache

from epass.card import reader
from epass.card.keys import MrzKey
from epass.dump import Dump
from epass.lds.face import Dg2
from epass.lds.names import File
from epass.page.model import (
    Bar,
    Checks,
    Digit,
    Fact,
    Facts,
    Judged,
    Meter,
    Notes,
    Page,
    Picture,
    Section,
    Timeline,
    Tone,
    Zone,
    legible,
)
from epass.sim import issuer
from epass.sim.chip import Chip
from epass.sim.issuer import Document
from epass.sim.proof_keys import AaScheme, CaScheme
from epass.trust.report import Report
from epass.trust.verify import verify

AT = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
HOSTILE = (
    "<script>document.body.innerHTML='owned'</script>",
    '"><img src=x onerror=alert(1)>',
    "'-->]]></style></title><svg onload=alert(1)>",
    "</bdi></dd></dl><h1>Every check passed</h1>",
    "\u202egnihton si siht\u202c \u2066\u2069\u200f",
    "\x00\x07\x1b[2J\x1b]0;owned\x07\r\x85\u2028\ufeff\ud800",
    "&lt;b&gt; &amp; &#x3c; %3Cscript%3E {{7*7}} ${7*7}",
    "javascript:alert(1)",
    "محمد بن عبد الله / דוד / Ελένη / 王小明",
    "W" * 5000,
    "a\u0301" * 300,
    "",
)


@cache
def document() -> Document:
    return issuer.issue(
        "eriksson",
        chip_authentication=[CaScheme(ciphers=("AES-128",))],
        active_authentication=AaScheme(bits=1024),
    )


@cache
def read() -> Dump:
    found = document()
    return reader.read(Chip(found), MrzKey.from_mrz(found.mrz), now=lambda: AT)


def portrait() -> bytes:
    """The image in DG2."""
    (face,) = Dg2.parse(document().files[File.DG2]).faces
    return face.image


def judged(dump: Dump) -> Report:
    return verify(dump, at=AT)


def without(dump: Dump, *files: File) -> Dump:
    return replace(dump, files={k: v for k, v in dump.files.items() if k not in files})


def look(image: bytes) -> Picture:
    """As a decoder would: the tests know that the image is one."""
    return Picture("Portrait", "image/jpeg", image, "413 x 531")


def hostile_page() -> Page:
    """Every text that a page has, made of what documents should not hold."""
    texts = tuple(legible(text) for text in HOSTILE)
    rows = tuple(Fact(text, text, tone) for text in texts for tone in Tone)
    lines = tuple("".join(text.split("\n"))[:44] for text in texts)
    blocks = (
        Facts(rows, texts[0]),
        Zone(lines, tuple(Digit(text, n, text, text) for n, text in enumerate(texts))),
        Checks(
            texts[1],
            tuple(Judged(text, text, Tone.BAD, text, text, text, (1, 2)) for text in texts),
        ),
        Timeline(tuple(Bar(text, text, 0.5, 9.0, Tone.OPEN) for text in texts), 1.0),
        Meter(texts[1], 5, 1, texts[2], Tone.BAD),
        Notes(texts),
        Picture(texts[1], "image/svg+xml", b"<svg onload=alert(1)>", texts[1]),
        Picture(texts[1], '"><script>', b"x", texts[0]),
    )
    return Page(
        title=texts[0],
        verdict=Fact(texts[1], texts[2], Tone.BAD),
        chip=Fact(texts[3], texts[4], Tone.OPEN),
        portrait=look(portrait()),
        identity=Facts(tuple(Fact("Name", text) for text in texts)),
        sections=(Section(texts[1], blocks, wide=True), Section(texts[2], blocks)),
        footer=texts[1],
    )
