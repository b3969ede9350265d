"""The page as one HTML file that needs nothing else: no script, no font, no address outside it.

Every text is escaped here and nowhere else, and stands isolated, so that a name written from right
to left moves nothing around it. The policy in its head forbids whatever the file itself does not
need: should a document ever get markup past this module, no browser runs or loads it.
"""

import hashlib
from base64 import b64encode
from collections.abc import Callable, Iterable
from html import escape
from itertools import groupby
from typing import Any

from epass.page.judged import EVIDENCE
from epass.page.model import (
    Bar,
    Block,
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
)
from epass.page.style import CSS

# What browsers show; anything else is none of ours.
IMAGE_TYPES = ("image/png", "image/jpeg")
SIGNS = {
    Tone.GOOD: "M4 12l5 5L20 6",
    Tone.BAD: "M5 5l14 14M19 5L5 19",
    Tone.OPEN: "M8 8a4 4 0 1 1 5.5 3.7c-1 .5-1.5 1.200-1.500 2.300v1M12 19v.2",
    Tone.QUIET: "M6 12h12",
    Tone.PLAIN: "M6 12h12",
}
LEAST_BAR = 0.4  # per cent of the width: what took no time that was measured is seen too


def to_html(page: Page) -> str:
    """The whole file."""
    style = b64encode(hashlib.sha256(CSS.encode()).digest()).decode("ascii")
    policy = (
        f"default-src 'none'; img-src data:; style-src 'sha256-{style}'; base-uri 'none'; "
        "form-action 'none'"
    )
    return (
        "<!DOCTYPE html>\n"
        '<html lang="en" dir="ltr">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="referrer" content="no-referrer">\n'
        '<meta name="robots" content="noindex, noarchive">\n'
        '<meta name="color-scheme" content="light dark">\n'
        f"<title>{escape(page.title)}</title>\n<style>{CSS}</style>\n</head>\n<body>\n"
        f"{_head(page)}<main>\n{_sections(page.sections)}</main>\n"
        f"<footer>{escape(page.footer)}</footer>\n</body>\n</html>\n"
    )


def _head(page: Page) -> str:
    return (
        f"<header>\n<h1>{_text(page.title)}</h1>\n"
        f'<div class="found">{_finding(page.verdict)}{_finding(page.chip)}</div>\n'
        f'<div class="who">{_picture(page.portrait)}{_facts(page.identity)}</div>\n</header>\n'
    )


def _finding(fact: Fact) -> str:
    return (
        f'<div class="finding {fact.tone}">{_sign(fact.tone)}<div><strong>{_text(fact.label)}'
        f"</strong><span>{_text(fact.value)}</span></div></div>"
    )


def _sections(sections: Iterable[Section]) -> str:
    """The narrow ones flow in columns between the wide ones."""
    parts = []
    for wide, group in groupby(sections, lambda section: section.wide):
        text = "".join(map(_section, group))
        parts.append(text if wide else f'<div class="narrow">\n{text}</div>\n')
    return "".join(parts)


def _section(section: Section) -> str:
    wide = ' class="wide"' if section.wide else ""
    blocks = "".join(_block(block) for block in section.blocks)
    if any(isinstance(block, Checks) for block in section.blocks):
        blocks = f'<div class="matters">{blocks}</div>'
    if all(isinstance(block, Picture) for block in section.blocks):
        blocks = f'<div class="shots">{blocks}</div>'
    name = ' id="evidence"' if section.title == EVIDENCE else ""
    return f"<section{name}{wide}>\n<h2>{_text(section.title)}</h2>\n{blocks}</section>\n"


def _block(block: Block) -> str:
    return RENDERERS[type(block)](block)


def _facts(facts: Facts) -> str:
    title = f"<h3>{_text(facts.title)}</h3>" if facts.title else ""
    rows = "".join(
        f'<div class="{row.tone}"><dt>{_text(row.label)}</dt>'
        f"<dd{' class=code' if row.code else ''}>{_lines(row.value)}</dd></div>"
        for row in facts.rows
    )
    return f"{title}<dl>{rows}</dl>\n"


def _picture(picture: Picture) -> str:
    caption = f"<figcaption>{_text(picture.caption)}</figcaption>" if picture.caption else ""
    if not picture.data or picture.mime not in IMAGE_TYPES:
        return f'<figure class="none"><div>{_text(picture.title)}</div>{caption}</figure>'
    source = f"data:{picture.mime};base64,{b64encode(picture.data).decode('ascii')}"
    return f'<figure><img src="{source}" alt="{escape(picture.title)}">{caption}</figure>'


def _titled(picture: Picture) -> str:
    """A picture that does not stand beside the name of whom it shows."""
    return f'<div class="shot"><h3>{_text(picture.title)}</h3>{_picture(picture)}</div>'


def _zone(zone: Zone) -> str:
    marked = {digit.at: digit for digit in zone.digits}
    at, lines = 0, []
    for line in zone.lines:
        lines.append("".join(_mark(mark, marked.get(at + i)) for i, mark in enumerate(line)))
        at += len(line)
    digits = "".join(
        f'<li class="{_digit_tone(digit)}">{_sign(_digit_tone(digit))}{_text(digit.name)} '
        f"<b>{_text(digit.printed)}</b>{_expected(digit)}</li>"
        for digit in zone.digits
    )
    text = "\n".join(lines)
    return f'<pre class="zone" dir="ltr">{text}</pre>\n<ul class="digits">{digits}</ul>\n'


def _mark(mark: str, digit: Digit | None) -> str:
    if digit is None:
        return escape(mark)
    return f'<b class="{_digit_tone(digit)}" title="{escape(digit.name)}">{escape(mark)}</b>'


def _digit_tone(digit: Digit) -> Tone:
    return Tone.GOOD if digit.expected is None else Tone.BAD


def _expected(digit: Digit) -> str:
    return "" if digit.expected is None else f", must be <b>{_text(digit.expected)}</b>"


def _checks(checks: Checks) -> str:
    rows = "".join(map(_judged, checks.rows))
    return (
        f'<div class="matter"><h3>{_text(checks.title)}</h3><ul class="checks">{rows}</ul></div>\n'
    )


def _judged(row: Judged) -> str:
    evidence = "".join(f' <a href="#evidence">[{number}]</a>' for number in row.evidence)
    return (
        f'<li class="{row.tone}">{_sign(row.tone)}<div><strong>{_text(row.title)}</strong> '
        f'<em>{_text(row.word)}</em><span class="reason">{_text(row.reason)}{evidence}</span>'
        f'<span class="source"><code>{_text(row.id)}</code> {_text(row.source)}</span></div></li>'
    )


def _timeline(timeline: Timeline) -> str:
    bars = "".join(_bar(bar, timeline.total) for bar in timeline.bars)
    return f'<ol class="time">{bars}</ol>\n'


def _bar(bar: Bar, total: float) -> str:
    start = min(100 * bar.start / total, 100 - LEAST_BAR)
    width = min(max(100 * bar.seconds / total, LEAST_BAR), 100 - start)
    return (
        f'<li class="{bar.tone}"><span>{_text(bar.label)}</span>'
        '<svg viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">'
        '<rect class="track" width="100" height="10"/>'
        f'<rect x="{start:.2f}" width="{width:.2f}" height="10"/></svg>'
        f"<span>{bar.seconds:.3f} s</span><small>{_text(bar.detail)}</small></li>"
    )


def _meter(meter: Meter) -> str:
    share = min(100.0, 100 * meter.value / meter.limit)
    return (
        f'<div class="meter {meter.tone}"><span>{_text(meter.label)}</span>'
        '<svg viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">'
        '<rect class="track" width="100" height="10"/>'
        f'<rect width="{max(share, LEAST_BAR):.2f}" height="10"/></svg>'
        f"<small>{_text(meter.text)}</small></div>\n"
    )


def _notes(notes: Notes) -> str:
    return f'<ul class="notes">{"".join(f"<li>{_text(line)}</li>" for line in notes.lines)}</ul>\n'


def _sign(tone: Tone) -> str:
    return (
        f'<svg class="sign" viewBox="0 0 24 24" aria-hidden="true"><path d="{SIGNS[tone]}"/></svg>'
    )


def _lines(value: str) -> str:
    return "<br>".join(_text(line) for line in value.split("\n"))


def _text(text: str) -> str:
    """``text`` as text, in the direction of its own first letter, which moves nothing around it."""
    return f"<bdi>{escape(text)}</bdi>"


RENDERERS: dict[type, Callable[[Any], str]] = {
    Facts: _facts,
    Picture: _titled,
    Zone: _zone,
    Checks: _checks,
    Timeline: _timeline,
    Meter: _meter,
    Notes: _notes,
}
