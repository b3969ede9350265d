"""The files beyond the MRZ and the portrait: every field that was found, and what was not
understood in hexadecimal.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from epass import tlv
from epass.dump import Dump
from epass.errors import FormatError, UnsupportedError
from epass.lds.chip_keys import CardSecurity, Dg14, Dg15
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
from epass.page.model import Fact, Facts, Notes, Picture, Section, Tone

Look = Callable[[bytes], Picture]

ELSEWHERE = (File.COM, File.SOD, File.DG1, File.DG2)  # on the page, as far as people need it
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
        parsed, note = _parsed(file, raw)
        pictures += _pictures(file, parsed, look)
        found.append(_section(file, raw, parsed, note))
    return tuple(found), tuple(pictures)


def _parsed(file: File, raw: bytes) -> tuple[object, str]:
    """What the parser of the file found, and why it could not."""
    parse = PARSERS.get(file)
    if parse is None:
        return None, ""
    try:
        return parse(raw), ""
    except (FormatError, UnsupportedError) as error:
        return None, error.message


def _section(file: File, raw: bytes, parsed: object, note: str) -> Section:
    title = f"{file.label}: {words.FILES.get(file.label, 'file')}"
    facts = _security(parsed) if isinstance(parsed, SecurityInfos) else tuple(rows(parsed))
    facts = facts or _objects(file, raw)
    more = len(facts) - MAX_ROWS
    if more > 0:
        facts = (*facts[:MAX_ROWS], Fact("More", f"{more} fields", Tone.QUIET))
    return Section(title, (Facts(facts), *((Notes((note,)),) if note else ())))


def _pictures(file: File, parsed: object, look: Look) -> list[Picture]:
    images = getattr(parsed, "images", ())
    return [look(image) for image in images if isinstance(image, bytes) and file.group]


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


# What is shown of each file; a file without a parser is shown by its data objects.
PARSERS: Mapping[File, Callable[[bytes], object]] = MappingProxyType(
    {
        File.CARD_ACCESS: SecurityInfos.parse,
        File.CARD_SECURITY: lambda raw: CardSecurity.parse(raw).security_infos,
        File.DG14: lambda raw: Dg14.parse(raw).security_infos,
        File.DG15: Dg15.parse,
    }
)
