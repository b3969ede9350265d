"""Labels and values on a terminal, aligned and wrapped by the cells that they take.

Source: Unicode UAX #11 (East Asian width). A name in Chinese takes two cells a letter, the accents
of one in Arabic or Hindi none.
"""

import re
import shutil
import unicodedata

import click

from epass.cli.output import clean, out

LABEL_WIDTH = 10
NARROWEST, WIDEST = 40, 100  # columns
WIDE = ("W", "F")
WITHOUT_CELL = ("Mn", "Me", "Cf")  # categories: marks on the letter before, and joiners
WORD = re.compile(r" *[^ ]+")


def columns() -> int:
    """How many are used of the terminal."""
    return max(NARROWEST, min(shutil.get_terminal_size().columns, WIDEST))


def cells(text: str) -> int:
    """How many cells of a terminal ``text`` takes."""
    return sum(map(_cells, text))


def _cells(mark: str) -> int:
    if unicodedata.category(mark) in WITHOUT_CELL:
        return 0
    return 2 if unicodedata.east_asian_width(mark) in WIDE else 1


def wrapped(text: str, width: int) -> list[str]:
    """The lines of ``text``, of at most ``width`` cells, broken at blanks where there are any."""
    lines, line, used = [], "", 0
    for word in WORD.findall(text):
        if line and used + cells(word) > width >= cells(word.lstrip()):
            lines.append(line)
            line, used = "", 0
        for mark in word if line else word.lstrip():
            if used + _cells(mark) > width:
                lines.append(line)
                line, used = "", 0
            line, used = line + mark, used + _cells(mark)
    return [*lines, line]


def field(
    label: str, value: str, *, width: int = LABEL_WIDTH, indent: int = 0, colour: str | None = None
) -> None:
    """A label and its value, wrapped to the terminal under itself.

    A label without room for a blank behind it, of its own or of the margin, stands alone.
    """
    plain = click.unstyle(label)
    free = width - cells(plain)
    margin = " " * indent + label + " " * free
    if free < 0 or (plain and not free and not plain.endswith(" ")):
        out(margin)
        margin = " " * (width + indent)
    for line in wrapped(clean(value), columns() - width - indent):
        out(margin + (click.style(line, fg=colour, bold=True) if colour else line))
        margin = " " * (width + indent)
