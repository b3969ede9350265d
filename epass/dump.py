"""What one chip gave, as bytes: the seam between reading and judging.

Nothing after a ``Dump`` can reach the card. The files are the bytes that the chip sent, never a
re-encoding; whatever is hashed, verified, shown or uploaded starts from them.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any, Self

from epass.errors import FormatError
from epass.evidence import NO_EVIDENCE, Evidence
from epass.lds.names import File

SCHEMA, SCHEMA_VERSION = "epass.dump", 1
INDEX = "dump.json"

# The names that other readers use for the same files, so that their tools find them.
FILE_NAMES: Mapping[File, str] = MappingProxyType(
    {item: item.label.replace("EF.", "EF_").replace("/", "_") + ".bin" for item in File}
)


@dataclass(frozen=True, slots=True)
class Access:
    """How the chip was opened.

    ``protocol`` is "BAC" or "PACE", ``password`` "MRZ" or "CAN", ``cipher`` "3DES", "AES-128",
    "AES-192" or "AES-256"; ``mapping`` ("GM", "IM", "CAM"), ``parameter_id`` (Doc 9303-11 table
    12) and ``group``, its name, are of PACE and None for BAC. ``fallback`` marks a BAC that was
    used although the chip offers PACE, because the caller allowed it.
    """

    protocol: str
    password: str
    cipher: str
    mapping: str | None = None
    parameter_id: int | None = None
    group: str | None = None
    fallback: bool = False

    def as_dict(self) -> dict[str, str | int | None]:
        return {
            "protocol": self.protocol,
            "password": self.password,
            "cipher": self.cipher,
            "mapping": self.mapping,
            "parameter_id": self.parameter_id,
            "group": self.group,
            "fallback": self.fallback,
        }

    @classmethod
    def from_dict(cls, raw: object) -> Self:
        """Raises FormatError where a member is missing or of another type."""
        if not isinstance(raw, dict):
            raise FormatError("access is not an object", INDEX)
        return cls(
            _text(raw, "protocol"),
            _text(raw, "password"),
            _text(raw, "cipher"),
            _optional(raw, "mapping", str),
            _optional(raw, "parameter_id", int),
            _optional(raw, "group", str),
            raw.get("fallback") is True,
        )


@dataclass(frozen=True, slots=True)
class Dump:
    """The files of one chip, and what it did to prove itself.

    ``quirks`` are the ids of the deviations that were met, ``notes`` what else is worth knowing
    of the way in; ``apdus`` and ``seconds`` are what the read cost.
    """

    files: Mapping[File, bytes] = field(repr=False)
    access: Access
    read_at: datetime
    apdus: int = 0
    seconds: float = 0.0
    evidence: Evidence = NO_EVIDENCE
    quirks: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def require(self, file: File) -> bytes:
        """The raw bytes of ``file``.

        Raises:
            FormatError: the dump does not hold it.
        """
        try:
            return self.files[file]
        except KeyError:
            raise FormatError("the dump does not hold this file", file.label) from None

    def to_files(self) -> dict[str, bytes]:
        """The dump as named files: one for each file of the chip, and ``dump.json``."""
        named = {FILE_NAMES[file]: content for file, content in self.files.items()}
        index = {
            "schema": SCHEMA,
            "version": SCHEMA_VERSION,
            "read_at": self.read_at.isoformat(),
            "access": self.access.as_dict(),
            "apdus": self.apdus,
            "seconds": self.seconds,
            "evidence": self.evidence.as_dict(),
            "quirks": list(self.quirks),
            "notes": list(self.notes),
            "files": {
                file.label: {"size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
                for file, content in self.files.items()
            },
        }
        named[INDEX] = json.dumps(index, indent=2).encode() + b"\n"
        return named

    @classmethod
    def from_files(cls, named: Mapping[str, bytes]) -> Self:
        """The reverse of ``to_files``.

        Raises:
            FormatError: the index is missing, malformed or of another version, or a file is
                missing or does not have the size and SHA-256 of the index.
        """
        index = _index(named)
        files = {}
        listed = index.get("files")
        if not isinstance(listed, dict):
            raise FormatError("files is not an object", INDEX)
        for label, expected in listed.items():
            file = _file(label)
            files[file] = _content(named, file, expected)
        return cls(
            files=files,
            access=Access.from_dict(index.get("access")),
            read_at=_time(index),
            apdus=_optional(index, "apdus", int) or 0,
            seconds=float(_optional(index, "seconds", (int, float)) or 0.0),
            evidence=Evidence.from_dict(index.get("evidence", {})),
            quirks=_texts(index, "quirks"),
            notes=_texts(index, "notes"),
        )


def _index(named: Mapping[str, bytes]) -> dict[str, Any]:
    if INDEX not in named:
        raise FormatError("missing; this is no dump of epass", INDEX)
    try:
        index = json.loads(named[INDEX])
    except ValueError:  # its text would quote the content
        raise FormatError("not JSON", INDEX) from None
    if not isinstance(index, dict) or index.get("schema") != SCHEMA:
        raise FormatError("not the index of an epass dump", INDEX)
    if index.get("version") != SCHEMA_VERSION:
        raise FormatError(f"not version {SCHEMA_VERSION}", INDEX)
    return index


def _file(label: object) -> File:
    file = File.from_label(label) if isinstance(label, str) else None
    if file is None:
        raise FormatError("names a file that does not exist", INDEX)
    return file


def _content(named: Mapping[str, bytes], file: File, expected: object) -> bytes:
    if FILE_NAMES[file] not in named:
        raise FormatError("listed in dump.json but missing", FILE_NAMES[file])
    content = named[FILE_NAMES[file]]
    digest = hashlib.sha256(content).hexdigest()
    if expected != {"size": len(content), "sha256": digest}:
        raise FormatError("changed since it was saved", FILE_NAMES[file])
    return content


def _time(index: dict[str, Any]) -> datetime:
    try:
        moment = datetime.fromisoformat(_text(index, "read_at"))
    except ValueError:
        raise FormatError("read_at is not a time", INDEX) from None
    if moment.tzinfo is None:
        raise FormatError("read_at has no time zone", INDEX)
    return moment


def _text(raw: dict[str, Any], name: str) -> str:
    value = raw.get(name)
    if not isinstance(value, str):
        raise FormatError(f"{name} is not text", INDEX)
    return value


def _texts(raw: dict[str, Any], name: str) -> tuple[str, ...]:
    values = raw.get(name, [])
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise FormatError(f"{name} is not a list of texts", INDEX)
    return tuple(values)


def _optional(raw: dict[str, Any], name: str, kind: Any) -> Any:
    value = raw.get(name)
    if value is not None and (not isinstance(value, kind) or isinstance(value, bool)):
        raise FormatError(f"{name} is of the wrong type", INDEX)
    return value
