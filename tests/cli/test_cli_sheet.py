"""The page in a terminal, with what is not on the page of a right document."""

import pytest

from epass.cli import sheet
from epass.page.model import (
    Bar,
    Digit,
    Fact,
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

BLOCKS = (
    Facts((Fact("Name", "one\ntwo"), Fact("A label that is long", "x")), "A title"),
    Zone(("ABC",), (Digit("composite", 2, "C", "7"),)),
    Picture("Signature", "", b"", "cannot be shown"),
    Timeline(
        (Bar("a", "1 command", 9.99, 0.01, Tone.GOOD), Bar("b", "none", 0.0, 99.0, Tone.OPEN)), 10.0
    ),
    Meter("For an upload", 6, 5, "6 of 5 bytes", Tone.BAD),
    Notes(("a note",)),
)
NOTHING = Facts(())
NO_PICTURE = Picture("No portrait", "", b"", "DG2 was not read")


def test_every_kind_of_block(capsys: pytest.CaptureFixture[str]) -> None:
    fact = Fact("Verified", "", Tone.GOOD)
    sheet.show(Page("Title", fact, fact, NO_PICTURE, NOTHING, (Section("Part", BLOCKS),), "footer"))
    out = capsys.readouterr().out
    for line in (
        "  A title",
        "  Name                one",
        "                      two",
        "  ABC",
        "  composite           C, must be 7 WRONG",
        "  No portrait         DG2 was not read",
        "  Signature           cannot be shown",
        "  a                   ...................#  0.010 s  1 command",
        "  b                   #################### 99.000 s  none",
        "  For an upload       6 of 5 bytes",
        "  - a note",
        "footer",
    ):
        assert line in out.splitlines(), line
    assert "  A label that is long\n                      x\n" in out


def test_no_text_steers_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    fact = Fact("\x1b[2J", "\x07", Tone.BAD)
    page = Page(
        "T", fact, fact, NO_PICTURE, Facts((fact,)), (Section("S", (Notes(("\x1b]0;",)),)),), ""
    )
    sheet.show(page)
    out = capsys.readouterr().out
    assert "\x1b[2J" not in out
    assert "\x07" not in out
    assert "\x1b]0;" not in out
