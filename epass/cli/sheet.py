"""The page in a terminal: the content that a browser shows, aligned and coloured."""

from collections.abc import Callable, Iterable
from typing import Any

import click

from epass.cli.layout import columns, field, wrapped
from epass.cli.output import clean, out
from epass.page.model import (
    Block,
    Checks,
    Facts,
    Meter,
    Notes,
    Page,
    Picture,
    Section,
    Timeline,
    Tone,
    Zone,
)

COLOURS = {Tone.GOOD: "green", Tone.BAD: "red", Tone.OPEN: "yellow"}
LABEL, WORD, INDENT = 20, 15, 2  # columns
BAR = 20  # columns of a whole bar
EMPTY, FULL = ".", "#"


def show(page: Page) -> None:
    """Print the page."""
    _title(page.title)
    for finding in (page.verdict, page.chip):
        field("", finding.label, colour=COLOURS.get(finding.tone), width=INDENT)
        if finding.value:
            field("", finding.value, width=INDENT)
    _heading("Holder and document")
    _facts(page.identity)
    _picture(page.portrait)
    for section in page.sections:
        _section(section)
    out("")
    field("", page.footer, width=0)


def _heading(title: str) -> None:
    out("")
    _title(title)


def _title(title: str) -> None:
    for line in wrapped(clean(title), columns()):
        out(click.style(line, bold=True))


def _section(section: Section) -> None:
    _heading(section.title)
    for block in section.blocks:
        _block(block)


def _block(block: Block) -> None:
    PRINTERS[type(block)](block)


def _facts(facts: Facts) -> None:
    if facts.title:
        field("", facts.title, width=INDENT)
    for row in facts.rows:
        _row(row.label, row.value.split("\n"), row.tone)


def _row(label: str, lines: Iterable[str], tone: Tone) -> None:
    for line in lines:
        field(label, line, width=LABEL, indent=INDENT, colour=COLOURS.get(tone))
        label = ""


def _picture(picture: Picture) -> None:
    _row(picture.title, [picture.caption], Tone.PLAIN if picture.mime else Tone.OPEN)


def _zone(zone: Zone) -> None:
    for line in zone.lines:
        out(" " * INDENT + line)
    for digit in zone.digits:
        right = digit.expected is None
        value = digit.printed if right else f"{digit.printed}, must be {digit.expected}"
        _row(digit.name, [f"{value} {'right' if right else 'WRONG'}"], _tone(right))


def _tone(right: bool) -> Tone:
    return Tone.GOOD if right else Tone.BAD


def _checks(checks: Checks) -> None:
    field("", checks.title, width=INDENT)
    for row in checks.rows:
        word = click.style(row.word, fg=COLOURS.get(row.tone))
        evidence = "".join(f" [{number}]" for number in row.evidence)
        text = f"{row.title} ({row.id}): {row.reason}{evidence}"
        field(word, text, width=WORD, indent=INDENT)


def _timeline(timeline: Timeline) -> None:
    for bar in timeline.bars:
        before = round(BAR * bar.start / timeline.total)
        length = min(BAR, max(1, round(BAR * bar.seconds / timeline.total)))
        before = min(before, BAR - length)
        drawn = (EMPTY * before + FULL * length).ljust(BAR, EMPTY)
        _row(bar.label, [f"{drawn} {bar.seconds:6.3f} s  {bar.detail}"], Tone.PLAIN)


def _meter(meter: Meter) -> None:
    _row(meter.label, [meter.text], Tone.PLAIN if meter.tone is Tone.GOOD else meter.tone)


def _notes(notes: Notes) -> None:
    for line in notes.lines:
        field("-", line, width=INDENT, indent=INDENT)


PRINTERS: dict[type, Callable[[Any], None]] = {
    Facts: _facts,
    Picture: _picture,
    Zone: _zone,
    Checks: _checks,
    Timeline: _timeline,
    Meter: _meter,
    Notes: _notes,
}
