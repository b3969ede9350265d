"""From a dump and its report to the content of the page.

Whose document it is, is parsed from the files that the chip gave; whether any of it is true is for
the report to say, which stands above it.
"""

from dataclasses import replace
from datetime import datetime

from epass.dump import Dump
from epass.lds import countries
from epass.lds.document import Document
from epass.lds.mrz import Mrz, check_digit
from epass.lds.names import File
from epass.page import cost, groups, judged
from epass.page.holder import Holder, holder_of
from epass.page.model import Digit, Fact, Facts, Notes, Page, Picture, Section, Tone, Zone, legible
from epass.trust.report import Report

SEXES = {"M": "male", "F": "female", "X": "unspecified"}
TITLE, PORTRAIT, NO_PORTRAIT = "Travel document", "Portrait", "No portrait"


def compose(dump: Dump, report: Report, *, look: groups.Look, now: datetime) -> Page:
    """The page about ``dump``; ``now`` is when it is made, with a time zone."""
    document = Document.parse(dump.files)
    holder = holder_of(document.mrz, dump, report)
    checks, evidence = judged.sections(report)
    portraits = _portraits(dump, document, look)  # first, while there is a budget for pictures
    others, pictures = groups.sections(dump, look)
    found = (
        _zone(document.mrz),
        checks,
        cost.opened(dump),
        cost.files(dump),
        cost.timing(dump),
        *others,
        evidence,
        _notes([*dump.notes, *document.notes, *(holder.notes if holder else ())]),
    )
    return Page(
        title=_title(document.mrz),
        verdict=judged.verdict(report),
        chip=judged.chip(report),
        portrait=portraits[0],
        identity=Facts(_identity(holder)),
        sections=tuple(
            section for section in (*found, _pictures([*portraits[1:], *pictures])) if section
        ),
        footer=f"Judged as of {_moment(report.at)}, written {_moment(now)}. "
        "This page holds personal data.",
    )


def _moment(when: datetime) -> str:
    return f"{when:%Y-%m-%d %H:%M} {when.tzname()}"


def _title(mrz: Mrz | None) -> str:
    if mrz is None:
        return TITLE
    return legible(f"{TITLE} {mrz.document_number} of {_state(mrz.issuing_state)}")


def _state(code: str) -> str:
    found = countries.find(code)
    return found.name if found else code


def _portraits(dump: Dump, document: Document, look: groups.Look) -> list[Picture]:
    """At least one, which says why where there is none."""
    titles = (f"{PORTRAIT} {n}" if n > 1 else PORTRAIT for n in range(1, len(document.faces) + 1))
    found = [look(face.image, title) for title, face in zip(titles, document.faces, strict=True)]
    if not found:
        return [Picture(NO_PORTRAIT, "", b"", _why_no_face(dump))]
    if not found[0].mime:
        found[0] = replace(found[0], title=NO_PORTRAIT)
    return found


def _why_no_face(dump: Dump) -> str:
    if File.DG2 in dump.files:
        return legible(groups.parse(File.DG2, dump.files[File.DG2]).error or "DG2 has no face")
    refusal = dump.refused.get(File.DG2)
    return f"DG2 was refused: {legible(refusal.reason)}" if refusal else "DG2 was not read"


def _identity(holder: Holder | None) -> tuple[Fact, ...]:
    if holder is None:
        return (Fact("Holder", "DG1 was not read, or is no MRZ", Tone.OPEN),)
    mrz, expired = holder.mrz, bool(holder.expired)
    surname, given = holder.names
    rows = (
        Fact("Surname", surname),
        Fact("Given names", given),
        Fact("Born", holder.born, Tone.OPEN if holder.contradiction else Tone.PLAIN),
        Fact("Sex", SEXES.get(mrz.sex, mrz.sex)),
        Fact("Nationality", f"{_state(mrz.nationality)} ({mrz.nationality})"),
        Fact("Document", f"{mrz.document_code} {mrz.document_number}", code=True),
        Fact("Issued by", f"{_state(mrz.issuing_state)} ({mrz.issuing_state})"),
        Fact(
            "Expires",
            f"{holder.expiry}{' - EXPIRED' * expired}",
            Tone.BAD if expired else Tone.PLAIN,
        ),
        Fact("Optional data", ", ".join(filter(None, mrz.optional_data)), code=True),
    )
    return tuple(
        Fact(row.label, legible(row.value), row.tone, row.code) for row in rows if row.value
    )


def _zone(mrz: Mrz | None) -> Section | None:
    if mrz is None:
        return None
    wrong = set(mrz.wrong_check_digits)
    digits = []
    for check in mrz.checks:
        covered = "".join(mrz.text[start:end] for start, end in check.spans)
        expected = check_digit(covered) if check.name in wrong else None
        digits.append(Digit(check.name, check.digit, mrz.text[check.digit], expected))
    return Section("Machine readable zone", (Zone(mrz.lines, tuple(digits)),), wide=True)


def _notes(notes: list[str]) -> Section | None:
    lines = tuple(legible(note) for note in dict.fromkeys(notes))
    return Section("Notes", (Notes(lines),)) if lines else None


def _pictures(found: list[Picture]) -> Section | None:
    return Section("Other pictures", tuple(found), wide=True) if found else None
