"""The files beyond the MRZ and the portrait: every field that was found, and what was not
understood in hexadecimal.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from epass import tlv
from epass.dump import Dump
from epass.errors import FormatError, UnsupportedError
from epass.lds.chip_keys import CardSecurity, Dg14
from epass.lds.com import Com
from epass.lds.contents import parse_group
from epass.lds.displayed_images import DisplayedImages
from epass.lds.face import Dg2
from epass.lds.names import File
from epass.lds.pictures import Picture as Stored
from epass.lds.security_infos import (
    ChipAuthenticationInfo,
    ChipAuthenticationPublicKeyInfo,
    PaceInfo,
    SecurityInfo,
    SecurityInfos,
)
from epass.page import words
from epass.page.fields import Field, fields_of, key
from epass.page.model import Fact, Facts, Notes, Picture, Section, Tone, legible

Look = Callable[[bytes, str], Picture]
"""Makes of an image and its title one that any browser shows, or says why not."""

ELSEWHERE = (File.SOD, File.DG1)  # on the page, as far as people need it
MAX_ROWS = 80  # of one file
KINDS: Mapping[type, str] = MappingProxyType(
    {
        PaceInfo: "PACE",
        ChipAuthenticationInfo: "Chip authentication",
        ChipAuthenticationPublicKeyInfo: "Chip's key",
    }
)


@dataclass(frozen=True, slots=True)
class Parsed:
    """What the parser of a file found, and what is odd; ``error`` is why it found nothing."""

    value: object = field(repr=False)
    notes: tuple[str, ...] = ()
    error: str | None = None


def sections(dump: Dump, look: Look) -> tuple[tuple[Section, ...], tuple[Picture, ...]]:
    """A section for each other file, and the pictures that are in them."""
    found: list[Section] = []
    pictures: list[Picture] = []
    for file, raw in dump.files.items():
        if file in ELSEWHERE:
            continue
        parsed = parse(file, raw)
        if isinstance(parsed.value, Com) and not parsed.value.unknown:
            continue  # the checks compare what it lists with EF.SOD
        pictures += _pictures(file, parsed.value, look)
        found.append(_section(file, raw, parsed))
    return tuple(found), tuple(pictures)


def parse(file: File, raw: bytes) -> Parsed:
    """The whole ``file`` by its parser."""
    try:
        found = parse_group(file, raw)
    except (FormatError, UnsupportedError) as error:
        return Parsed(None, error=error.message)
    notes = tuple(getattr(found, "notes", ()))
    if isinstance(found, Dg2) and len(found.faces) == 1 and not found.unknown:
        return Parsed(found.faces[0], notes)
    if isinstance(found, CardSecurity | Dg14):
        return Parsed(found.security_infos, notes)
    return Parsed(found, notes)


def facts_of(dump: Dump) -> dict[str, dict[str, object]]:
    """Each other file for programs: its fields, whole and in their order, its notes, and why it
    could not be parsed where it could not.
    """
    found: dict[str, dict[str, object]] = {}
    for file, raw in dump.files.items():
        if file not in ELSEWHERE:
            parsed = parse(file, raw)
            found[file.label] = {
                "fields": [item.as_dict() for item in _fields(file, raw, parsed.value)],
                "notes": list(parsed.notes),
                "error": parsed.error,
            }
    return found


def _fields(file: File, raw: bytes, parsed: object) -> tuple[Field, ...]:
    if isinstance(parsed, SecurityInfos):
        found = tuple(_info(info) for info in parsed.infos)
    else:
        found = tuple(fields_of(parsed))
    return found or _objects(file, raw)


def _section(file: File, raw: bytes, parsed: Parsed) -> Section:
    found = _fields(file, raw, parsed.value)
    facts = tuple(item.as_fact() for item in found[:MAX_ROWS])
    more = len(found) - MAX_ROWS
    if more > 0:
        facts = (*facts, Fact("More", f"{more} fields", Tone.QUIET))
    notes = tuple(map(legible, filter(None, (parsed.error, *parsed.notes))))
    return Section(_title(file), (Facts(facts), *((Notes(notes),) if notes else ())))


def _pictures(file: File, parsed: object, look: Look) -> list[Picture]:
    """Each picture under its field, and those of a file that has nothing else under its title."""
    if isinstance(parsed, DisplayedImages):
        numbers = [f" {n}" if n > 1 else "" for n in range(1, len(parsed.pictures) + 1)]
        found = zip((_title(file) + number for number in numbers), parsed.pictures, strict=True)
        return [look(item.image, title) for title, item in found]
    return [
        look(item.image, f"{file.label}: {title}")
        for name, title in words.PICTURES.items()
        if isinstance(item := getattr(parsed, name, None), Stored)
    ]


def _title(file: File) -> str:
    return f"{file.label}: {words.FILES.get(file.label, 'file')}"


def _objects(file: File, raw: bytes) -> tuple[Field, ...]:
    """A file that is not parsed: its data objects by their tags."""
    try:
        items = tlv.parse_one(raw, file.tag, where=file.label).children() if file.tag else []
    except FormatError:
        items = []
    found = tuple(Field(f"Tag {item.tag:02X}", (item.value,)) for item in items)
    return found or (Field("Content", (raw,)),)


def _info(info: SecurityInfo) -> Field:
    label = KINDS.get(type(info), "Security info")
    if isinstance(info, PaceInfo):
        return Field(label, (info.name,))
    if isinstance(info, ChipAuthenticationInfo):
        protocol = f"{info.protocol.agreement.name}-{info.protocol.cipher.label}"
        return Field(label, (f"{protocol}, version {info.version}{_key_id(info.key_id)}",))
    if isinstance(info, ChipAuthenticationPublicKeyInfo):
        return Field(label, (f"{key(info.public_key)}{_key_id(info.key_id)}",))
    return Field(label, (", ".join(map(_in_words, fields_of(info))),))


def _in_words(found: Field) -> str:
    texts = (item.hex().upper() if isinstance(item, bytes) else item for item in found.values)
    return f"{found.name.lower()} {', '.join(texts)}"


def _key_id(number: int | None) -> str:
    return "" if number is None else f", key {number}"
