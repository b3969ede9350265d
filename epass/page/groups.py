"""The files beyond the MRZ and the portrait: every field that was found, and what was not
understood in hexadecimal.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from epass import tlv
from epass.dump import Dump
from epass.errors import FormatError, UnsupportedError
from epass.lds.chip_keys import CardSecurity, Dg14
from epass.lds.contents import parse_group
from epass.lds.face import Dg2
from epass.lds.names import File
from epass.lds.security_infos import (
    ChipAuthenticationInfo,
    ChipAuthenticationPublicKeyInfo,
    PaceInfo,
    SecurityInfo,
    SecurityInfos,
)
from epass.page import words
from epass.page.fields import key, octets, rows
from epass.page.model import Fact, Facts, Notes, Picture, Section, Tone, legible

Look = Callable[[bytes, str], Picture]
"""Makes of an image and its title one that any browser shows, or says why not."""

ELSEWHERE = (File.COM, File.SOD, File.DG1)  # on the page, as far as people need it
MAX_ROWS = 80  # of one file
KINDS: Mapping[type, str] = MappingProxyType(
    {
        PaceInfo: "PACE",
        ChipAuthenticationInfo: "Chip authentication",
        ChipAuthenticationPublicKeyInfo: "Chip's key",
    }
)


def sections(dump: Dump, look: Look) -> tuple[tuple[Section, ...], tuple[Picture, ...]]:
    """A section for each other file, and the pictures that are in them."""
    found: list[Section] = []
    pictures: list[Picture] = []
    for file, raw in dump.files.items():
        if file in ELSEWHERE:
            continue
        parsed, notes = _parsed(file, raw)
        pictures += _pictures(file, parsed, look)
        found.append(_section(file, raw, parsed, notes))
    return tuple(found), tuple(pictures)


def _parsed(file: File, raw: bytes) -> tuple[object, tuple[str, ...]]:
    """What the parser of the file found, and what is odd; or why it could not."""
    try:
        found = parse_group(file, raw)
    except (FormatError, UnsupportedError) as error:
        return None, (legible(error.message),)
    notes = tuple(legible(note) for note in getattr(found, "notes", ()))
    if isinstance(found, Dg2) and len(found.faces) == 1:
        return found.faces[0], notes
    if isinstance(found, CardSecurity | Dg14):
        return found.security_infos, notes
    return found, notes


def facts_of(dump: Dump) -> dict[str, dict[str, str]]:
    """The fields of each other file by their names, for programs."""
    return {
        file.label: {row.label: row.value for row in _facts(file, raw, _parsed(file, raw)[0])}
        for file, raw in dump.files.items()
        if file not in ELSEWHERE
    }


def _facts(file: File, raw: bytes, parsed: object) -> tuple[Fact, ...]:
    found = _security(parsed) if isinstance(parsed, SecurityInfos) else tuple(rows(parsed))
    return found or _objects(file, raw)


def _section(file: File, raw: bytes, parsed: object, notes: tuple[str, ...]) -> Section:
    title = f"{file.label}: {words.FILES.get(file.label, 'file')}"
    facts = _facts(file, raw, parsed)
    more = len(facts) - MAX_ROWS
    if more > 0:
        facts = (*facts[:MAX_ROWS], Fact("More", f"{more} fields", Tone.QUIET))
    return Section(title, (Facts(facts), *((Notes(notes),) if notes else ())))


def _pictures(file: File, parsed: object, look: Look) -> list[Picture]:
    title = f"{file.label}: {words.FILES.get(file.label, 'file')}"
    return [look(image, title) for image in getattr(parsed, "images", ())]


def _objects(file: File, raw: bytes) -> tuple[Fact, ...]:
    """A file that is not parsed: its data objects by their tags."""
    try:
        items = tlv.parse_one(raw, file.tag, where=file.label).children() if file.tag else []
    except FormatError:
        items = []
    found = tuple(Fact(f"Tag {item.tag:02X}", octets(item.value), code=True) for item in items)
    return found or (Fact("Content", octets(raw), code=True),)


def _security(infos: SecurityInfos) -> tuple[Fact, ...]:
    return tuple(_info(info) for info in infos.infos)


def _info(info: SecurityInfo) -> Fact:
    label = KINDS.get(type(info), "Security info")
    if isinstance(info, PaceInfo):
        return Fact(label, info.name)
    if isinstance(info, ChipAuthenticationInfo):
        protocol = f"{info.protocol.agreement.name}-{info.protocol.cipher.label}"
        return Fact(label, f"{protocol}, version {info.version}{_key_id(info.key_id)}")
    if isinstance(info, ChipAuthenticationPublicKeyInfo):
        return Fact(label, f"{key(info.public_key)}{_key_id(info.key_id)}")
    texts = [f"{row.label.lower()} {row.value}" for row in rows(info)]
    return Fact(label, ", ".join(texts))


def _key_id(number: int | None) -> str:
    return "" if number is None else f", key {number}"
