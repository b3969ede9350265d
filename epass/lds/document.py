"""What a document says, for showing it to a person. Nothing else depends on it.

Whether any of it is true is for ``epass.trust`` to say.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Self, TypeVar

from epass.errors import FormatError, UnsupportedError
from epass.lds.com import Com
from epass.lds.face import Dg2, Face
from epass.lds.mrz import Dg1, Mrz
from epass.lds.names import UNSIGNED, File

_Parsed = TypeVar("_Parsed")


@dataclass(frozen=True, slots=True)
class Document:
    """The parts that could be parsed; ``notes`` say what could not, and what is odd.

    ``lds_version`` and ``groups`` are what EF.COM claims.
    """

    mrz: Mrz | None = field(repr=False)
    faces: tuple[Face, ...] = field(repr=False)
    lds_version: str | None
    groups: tuple[File, ...]
    notes: tuple[str, ...]

    @classmethod
    def parse(cls, files: Mapping[File, bytes]) -> Self:
        """Parse the files that are there. A malformed file is a note and hides no other."""
        notes: list[str] = []
        com = _part(files.get(File.COM), Com.parse, notes)
        dg1 = _part(files.get(File.DG1), Dg1.parse, notes)
        dg2 = _part(files.get(File.DG2), Dg2.parse, notes)
        if com:
            notes += [f"EF.COM: {note}" for note in com.notes]
        if dg1 and dg1.mrz.wrong_check_digits:
            notes.append(f"DG1: wrong check digits: {', '.join(dg1.mrz.wrong_check_digits)}")
        if dg2:
            notes += [f"DG2: {note}" for note in dg2.notes]
        unsigned = [file.label for file in UNSIGNED if file in files]
        if unsigned:
            notes.append(f"{' and '.join(unsigned)}: not signed")
        return cls(
            mrz=dg1.mrz if dg1 else None,
            faces=dg2.faces if dg2 else (),
            lds_version=com.lds_version if com else None,
            groups=com.groups if com else (),
            notes=tuple(notes),
        )


def _part(
    content: bytes | None, parse: Callable[[bytes], _Parsed], notes: list[str]
) -> _Parsed | None:
    if content is None:
        return None
    try:
        return parse(content)
    except (FormatError, UnsupportedError) as fault:
        notes.append(fault.message)
        return None
