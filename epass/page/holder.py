"""Whose document it is, as DG1 and DG11 have it: read once, for the page and for programs.

Source: ICAO Doc 9303-3 §4.8 (dates of the MRZ, parts of which may be unknown), Doc 9303-10 table
72 (5F2B of DG11, the date of birth in full). The MRZ has two digits of a year: its century is
computed, and no document says it but in DG11.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from epass.dump import FIRST_YEAR, LAST_YEAR, Dump
from epass.errors import FormatError
from epass.lds import dates
from epass.lds import mrz as zone
from epass.lds.mrz import Mrz
from epass.lds.names import File
from epass.lds.personal_details import Dg11
from epass.trust.report import Report

COMPUTED, SAID = "computed", "DG11"
UNKNOWN = "X"
CUT_OFF = "(may be cut off)"
CONTRADICTION = "DG11: another date of birth than that of the MRZ"


@dataclass(frozen=True, slots=True)
class Holder:
    """``birth`` is 1974-08-12, with XX for what is unknown; empty where it is no day.

    ``century`` tells where that of ``birth`` is from: COMPUTED, SAID, or empty where no year is
    known. ``contradiction`` is the date of birth in DG11 where it is another one. ``expiry`` is a
    day, or as printed where that is none; ``expired`` is None then.
    """

    mrz: Mrz
    birth: str = field(repr=False)
    century: str
    contradiction: str = field(repr=False)
    expiry: str = field(repr=False)
    expired: bool | None

    @property
    def names(self) -> tuple[str, str]:
        """Surname and given names, the last of them marked where the MRZ had no more room."""
        surname, given = self.mrz.primary_identifier, self.mrz.secondary_identifier
        if not self.mrz.name_may_be_truncated:
            return surname, given
        return (surname, f"{given} {CUT_OFF}") if given else (f"{surname} {CUT_OFF}", given)

    @property
    def born(self) -> str:
        """The date of birth for people, with where its century is from."""
        source = {COMPUTED: " (century computed)", SAID: " (century of DG11)", "": ""}
        text = self.birth + source[self.century] or f"{self.mrz.date_of_birth} (YYMMDD)"
        return f"{text}; DG11 says {self.contradiction}" if self.contradiction else text

    @property
    def notes(self) -> tuple[str, ...]:
        """What is odd, without content."""
        return (CONTRADICTION,) if self.contradiction else ()


def holder_of(mrz: Mrz | None, dump: Dump, report: Report) -> Holder | None:
    """The holder by ``mrz``; None without one.

    Centuries are counted from when the document was read, which says nothing of today: whether it
    has expired is as of the report.
    """
    if mrz is None:
        return None
    judged = report.at.date()
    seen = _within(dump.read_at.date() if dump.read_at else judged)
    computed, said = zone.birth(mrz, century=zone.until(seen)), _said(dump.files)
    merged = _merged(computed, said, seen) if said and computed else ""
    agrees = not said or merged != ""
    birth = merged or computed
    known = agrees and said and not said.startswith(UNKNOWN)
    expires = zone.expiry_date(mrz, today=seen)
    return Holder(
        mrz=mrz,
        birth=birth,
        century=SAID if known else COMPUTED if birth and not birth.startswith(UNKNOWN) else "",
        contradiction="" if agrees else said,
        expiry=expires.isoformat() if expires else mrz.date_of_expiry,
        expired=None if expires is None else expires < judged,
    )


def _within(day: date) -> date:
    """``day`` where it has a century before it and one behind it."""
    return max(date(FIRST_YEAR, 1, 1), min(day, date(LAST_YEAR, 12, 31)))


def _said(files: Mapping[File, bytes]) -> str:
    """The date of birth in DG11; empty where it has none, or cannot be parsed."""
    try:
        return Dg11.parse(files[File.DG11]).date_of_birth if File.DG11 in files else ""
    except FormatError:
        return ""


def _agree(computed: str, said: str) -> bool:
    """Whether the two are the same in what both know, but for the century."""
    pairs = zip(computed[2:].split("-"), said[2:].split("-"), strict=True)
    return all(ours == theirs or UNKNOWN in ours + theirs for ours, theirs in pairs)


def _merged(computed: str, said: str, seen: date) -> str:
    """Each part as DG11 says it, or else as the MRZ has it; empty where they do not agree, or
    where that is no day before ``seen``.
    """
    if not _agree(computed, said):
        return ""
    pairs = zip(computed.split("-"), said.split("-"), strict=True)
    parts = [ours if UNKNOWN in theirs else theirs for ours, theirs in pairs]
    numbers = ["0" * len(part) if UNKNOWN in part else part for part in parts]
    day = dates.iso(*numbers)
    return day if "-".join(numbers) <= seen.isoformat() else ""
