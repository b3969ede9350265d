"""What one chip gave, as bytes: the seam between reading and judging.

Nothing after a ``Dump`` can reach the card. The files are the bytes that the chip sent, never a
re-encoding; whatever is hashed, verified, shown or uploaded starts from them.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any, Self

from epass.errors import FormatError
from epass.evidence import NO_EVIDENCE, Evidence
from epass.lds import mrz
from epass.lds.names import File

SCHEMA, SCHEMA_VERSION = "epass.dump", 1
INDEX = "dump.json"

# Who opens a folder of somebody else's sees its texts on a terminal.
MAX_WORD, MAX_TEXT, MAX_TEXTS = 64, 500, 100  # characters, characters, and how many
MAX_NUMBER = 10**9  # of commands, and of seconds: more than any read takes
# A clock that was never set begins in 1970; of two digits of a year the century is taken from
# around then, and the ends of the calendar have none before or after them.
FIRST_YEAR, LAST_YEAR = 1970, 2999
MAX_STEPS = 500  # of a read: 20 files, each opened again over and over
NOT_RECORDED = "unknown"  # in Access, of a dump that another reader made

FILE_NOT_FOUND = 0x6A82
STATUS = re.compile("[0-9A-F]{4}")

# The names that other readers use for the same files, so that their tools find them.
FILE_NAMES: Mapping[File, str] = MappingProxyType(
    {item: item.label.replace("EF.", "EF_").replace("/", "_") + ".bin" for item in File}
)


@dataclass(frozen=True, slots=True)
class Access:
    """How the chip was opened.

    ``protocol`` is "BAC" or "PACE", ``password`` "MRZ" or "CAN", ``cipher`` "3DES", "AES-128",
    "AES-192" or "AES-256"; ``mapping`` ("GM", "IM", "CAM"), ``parameter_id`` (Doc 9303-11 table
    12) and ``group``, its name, are of PACE and None for BAC. ``fallback`` marks a BAC by the
    caller's word, who asked for it or let it follow a PACE that failed, whatever the chip showed.
    ``mrz_information`` is what the key was made of (Doc 9303-11 §4.3.2), None for a CAN and in
    dumps of before it was recorded; it is no part of how the chip was opened. ``UNKNOWN_ACCESS``
    is that of a dump of another reader, which has not recorded it.
    """

    protocol: str
    password: str
    cipher: str
    mapping: str | None = None
    parameter_id: int | None = None
    group: str | None = None
    fallback: bool = False
    mrz_information: str | None = field(default=None, repr=False, compare=False)

    @property
    def known(self) -> bool:
        """Whether it was recorded how the chip was opened."""
        return self.protocol != NOT_RECORDED

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
        """Raises FormatError where a member is missing, of another type or not plain text."""
        if not isinstance(raw, dict):
            raise FormatError("access is not an object", INDEX)
        return cls(
            _word(raw, "protocol"),
            _word(raw, "password"),
            _word(raw, "cipher"),
            _optional_word(raw, "mapping"),
            _optional(raw, "parameter_id", int),
            _optional_word(raw, "group"),
            _flag(raw, "fallback"),
            _mrz_information(raw),
        )


UNKNOWN_ACCESS = Access(NOT_RECORDED, NOT_RECORDED, NOT_RECORDED)


@dataclass(frozen=True, slots=True)
class Refusal:
    """A file that was asked for and not had: the chip's status word, None where it gave none."""

    sw: int | None
    reason: str

    @property
    def is_absence(self) -> bool:
        """Whether the chip says that it does not have the file (ISO/IEC 7816-4 table 6)."""
        return self.sw == FILE_NOT_FOUND

    def as_dict(self) -> dict[str, object]:
        return {"sw": None if self.sw is None else f"{self.sw:04X}", "reason": self.reason}


@dataclass(frozen=True, slots=True)
class Step:
    """A part of the read: ``stage`` is "access", "file" or "proof", as of its events.

    ``start`` and ``seconds`` are counted from the first command, ``apdus`` is what it cost.
    """

    stage: str
    file: File | None
    start: float
    seconds: float
    apdus: int

    def as_dict(self) -> dict[str, object]:
        return {
            "stage": self.stage,
            "file": self.file.label if self.file else None,
            "start": self.start,
            "seconds": self.seconds,
            "apdus": self.apdus,
        }


@dataclass(frozen=True, slots=True)
class Dump:
    """The files of one chip, and what it did to prove itself.

    ``read_at`` is None where another reader has not recorded it. ``quirks`` are the ids of the
    deviations that were met, ``notes`` what else is worth knowing of the way in; ``apdus`` and
    ``seconds`` are what the read cost, and ``steps`` which part took how long, in their order and
    empty where it was not recorded. ``refused`` are the files that the chip did not give.
    """

    files: Mapping[File, bytes] = field(repr=False)
    access: Access
    read_at: datetime | None
    apdus: int = 0
    seconds: float = 0.0
    evidence: Evidence = NO_EVIDENCE
    quirks: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    refused: Mapping[File, Refusal] = field(default_factory=dict)
    steps: tuple[Step, ...] = ()

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
            "read_at": self.read_at.isoformat() if self.read_at else None,
            "access": {
                **self.access.as_dict(),  # which is shown to people, without the key
                "mrz_information": self.access.mrz_information,
            },
            "apdus": self.apdus,
            "seconds": self.seconds,
            "evidence": self.evidence.as_dict(),
            "quirks": list(self.quirks),
            "notes": [_showable(note) for note in self.notes],
            "refused": {file.label: item.as_dict() for file, item in self.refused.items()},
            "steps": [step.as_dict() for step in self.steps],
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
            FormatError: the index is missing, malformed or of another version, holds texts that
                cannot be shown, or a file is missing or does not have the size and SHA-256 of
                the index.
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
            apdus=_amount(index, "apdus", int),
            seconds=float(_amount(index, "seconds", (int, float))),
            evidence=Evidence.from_dict(index.get("evidence", {})),
            quirks=_texts(index, "quirks"),
            notes=_texts(index, "notes"),
            refused=_refused(index.get("refused", {})),
            steps=_steps(index.get("steps", [])),
        )


def _index(named: Mapping[str, bytes]) -> dict[str, Any]:
    if INDEX not in named:
        raise FormatError("missing; this is no dump of epass", INDEX)
    try:
        index = json.loads(named[INDEX], parse_constant=_no_constant)
    except (ValueError, RecursionError):  # its text would quote the content
        raise FormatError("not JSON", INDEX) from None
    if not isinstance(index, dict) or index.get("schema") != SCHEMA:
        raise FormatError("not the index of an epass dump", INDEX)
    version = index.get("version")
    if type(version) is not int or version != SCHEMA_VERSION:  # true and 1.0 are equal to 1
        raise FormatError(f"not version {SCHEMA_VERSION}", INDEX)
    return index


def _no_constant(name: str) -> float:
    raise ValueError(name)  # NaN and Infinity, which RFC 8259 §6 does not have


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


def _refused(raw: object) -> dict[File, Refusal]:
    if not isinstance(raw, dict) or not all(isinstance(item, dict) for item in raw.values()):
        raise FormatError("refused is not an object of objects", INDEX)
    return {_file(label): Refusal(_status(item), _reason(item)) for label, item in raw.items()}


def _status(raw: dict[str, Any]) -> int | None:
    value = _optional(raw, "sw", str)
    if value is not None and not STATUS.fullmatch(value):
        raise FormatError("sw is not four hexadecimal digits", INDEX)
    return None if value is None else int(value, 16)


def _reason(raw: dict[str, Any]) -> str:
    value = _text(raw, "reason")
    if value != _showable(value):
        raise FormatError("reason is too long, or cannot be printed", INDEX)
    return value


def _steps(raw: object) -> tuple[Step, ...]:
    if not isinstance(raw, list) or not all(isinstance(item, dict) for item in raw):
        raise FormatError("steps is not a list of objects", INDEX)
    if len(raw) > MAX_STEPS:
        raise FormatError(f"steps has more than {MAX_STEPS} of them", INDEX)
    return tuple(
        Step(
            _word(item, "stage"),
            None if item.get("file") is None else _file(item["file"]),
            float(_amount(item, "start", (int, float))),
            float(_amount(item, "seconds", (int, float))),
            _amount(item, "apdus", int),
        )
        for item in raw
    )


def _time(index: dict[str, Any]) -> datetime | None:
    if index.get("read_at", "") is None:
        return None
    try:
        moment = datetime.fromisoformat(_text(index, "read_at"))
    except ValueError:
        raise FormatError("read_at is not a time", INDEX) from None
    if moment.tzinfo is None:
        raise FormatError("read_at has no time zone", INDEX)
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        raise FormatError(f"read_at is not in the years {FIRST_YEAR} to {LAST_YEAR}", INDEX)
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
    if len(values) > MAX_TEXTS:
        raise FormatError(f"{name} has more than {MAX_TEXTS} texts", INDEX)
    if any(value != _showable(value) for value in values):
        raise FormatError(
            f"{name} has a text of over {MAX_TEXT} characters, or that cannot be printed", INDEX
        )
    return tuple(values)


def _showable(text: str) -> str:
    """``text`` as it may be shown; a chip can have chosen a part of it."""
    return "".join(mark if mark.isprintable() else "?" for mark in text[:MAX_TEXT])


def _word(raw: dict[str, Any], name: str) -> str:
    value = _text(raw, name)
    if len(value) > MAX_WORD or not (value.isascii() and value.isprintable()):
        raise FormatError(f"{name} is not up to {MAX_WORD} printable ASCII characters", INDEX)
    return value


def _optional_word(raw: dict[str, Any], name: str) -> str | None:
    return None if _optional(raw, name, str) is None else _word(raw, name)


def _mrz_information(raw: dict[str, Any]) -> str | None:
    value = _optional_word(raw, "mrz_information")
    if value is not None and not mrz.INFORMATION.fullmatch(value):
        raise FormatError("mrz_information is not number, birth and expiry", INDEX)
    return value


def _flag(raw: dict[str, Any], name: str) -> bool:
    value = raw.get(name, False)
    if not isinstance(value, bool):
        raise FormatError(f"{name} is of the wrong type", INDEX)
    return value


def _amount(raw: dict[str, Any], name: str, kind: Any) -> Any:
    value = _optional(raw, name, kind) or 0
    if not 0 <= value <= MAX_NUMBER:  # compared as it is: float() overflows
        raise FormatError(f"{name} is not between 0 and {MAX_NUMBER}", INDEX)
    return value


def _optional(raw: dict[str, Any], name: str, kind: Any) -> Any:
    value = raw.get(name)
    if value is not None and (not isinstance(value, kind) or isinstance(value, bool)):
        raise FormatError(f"{name} is of the wrong type", INDEX)
    return value
