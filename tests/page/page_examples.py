"""Pages for the tests: a right document, and one that somebody made to hurt who looks at it."""

from dataclasses import replace
from datetime import UTC, datetime
from functools import cache

from epass import tlv
from epass.card import reader
from epass.card.keys import MrzKey
from epass.dump import Dump, Refusal
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


def full() -> Dump:
    """The same with more groups, which EF.SOD does not sign, and some that the chip refused."""
    name, other = "محمد<<عبد<الله", "דוד<<לוי"
    dg11 = _template(
        File.DG11,
        (0x5C, bytes.fromhex("5F0E5F0F5F2B5F115F425F125F13")),
        (0x5F0E, name.encode()),
        (0xA0, tlv.build(0x02, b"\x01") + tlv.build(0x5F0F, other.encode())),
        (0x5F2B, b"19740800"),
        (0x5F11, b"ZENITH<UTOPIA"),
        (0x5F42, "12 شارع<تونس".encode()),
        (0x5F12, b"+12 345 678"),
        (0x5F13, "Ingénieure".encode()),
        (0x5F70, b"\x01\x02"),
    )
    dg12 = _template(
        File.DG12,
        (0x5C, bytes.fromhex("5F195F26")),
        (0x5F19, b"UTOPIA PASSPORT OFFICE"),
        (0x5F26, bytes.fromhex("20240416")),
    )
    dg7 = _template(File.DG7, (0x02, b"\x01"), (0x5F43, portrait()))
    dg13 = _template(File.DG13, (0x53, bytes(range(100))))
    person = tlv.build(0x02, b"\x01") + tlv.build(0x5F50, b"20240416")
    dg16 = _template(
        File.DG16, (0xA1, person + tlv.build(0x5F51, b"SMITH<<JOHN") + tlv.build(0x5F52, b"123"))
    )
    groups = {File.DG7: dg7, File.DG11: dg11, File.DG12: dg12, File.DG13: dg13, File.DG16: dg16}
    refused = {
        file: Refusal(0x6982, f"READ BINARY {file.label} at 0: the chip answers 6982")
        for file in (File.DG3, File.DG4)
    }
    return replace(read(), files={**read().files, **groups}, refused=refused)


def _template(file: File, *items: tuple[int, bytes]) -> bytes:
    return tlv.build(file.tag or 0, b"".join(tlv.build(tag, value) for tag, value in items))


def portrait() -> bytes:
    """The image in DG2."""
    (face,) = Dg2.parse(document().files[File.DG2]).faces
    return face.image


def judged(dump: Dump) -> Report:
    return verify(dump, at=AT)


def without(dump: Dump, *files: File) -> Dump:
    return replace(dump, files={k: v for k, v in dump.files.items() if k not in files})


def look(image: bytes, title: str = "Portrait") -> Picture:
    """As a decoder would: the tests know that the image is one."""
    return Picture(title, "image/jpeg", image, "413 x 531")


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
        sections=(
            Section(texts[1], blocks, wide=True),
            Section(texts[2], blocks),
            Section(texts[3], tuple(Picture(text, "", b"", text) for text in texts), wide=True),
        ),
        footer=texts[1],
    )
