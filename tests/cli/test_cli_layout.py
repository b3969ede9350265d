"""Labels and values on a terminal: who stands in which column, in cells and not in characters."""

import click
import pytest
from cli_desk import Run
from hypothesis import given
from hypothesis import strategies as st

from epass.cli.layout import cells, field, wrapped

CHECKS = """\
  pass    sod.format: version 0, 3 digests
  pass    com.sod: both have DG1, DG2, DG14
  pass    sod.signer: C=UT, O=Utopia, CN=Utopia Document Signer, ECDSA P-256, serial
          45FBA24A587B1816
  pass    sod.digest: SHA-256
"""


def test_a_check_and_its_outcome_are_on_one_line(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    out = run("demo").out
    assert CHECKS in out
    assert "\n  unknown ds.path: unknown: no trust anchors were given\n" in out


@pytest.mark.parametrize(
    ("label", "lines"),
    [
        ("Read", ["Read      x"]),
        ("123456789", ["123456789 x"]),
        ("1234567890", ["1234567890", "          x"]),
        ("123456789 ", ["123456789 x"]),
        ("12345678901", ["12345678901", "          x"]),
        ("王小明王", ["王小明王  x"]),
        ("王小明王小", ["王小明王小", "          x"]),
        ("", ["          x"]),
    ],
)
def test_a_label_without_a_blank_behind_it_stands_alone(
    capsys: pytest.CaptureFixture[str], label: str, lines: list[str]
) -> None:
    field(label, "x")
    assert capsys.readouterr().out.splitlines() == lines


def test_colours_take_no_cells(capsys: pytest.CaptureFixture[str]) -> None:
    field("  " + click.style("pass    ", fg="green"), "x")
    assert click.unstyle(capsys.readouterr().out) == "  pass    x\n"


def test_wide_letters_take_two_cells_and_accents_none(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    field("Name", "王小明" * 20)
    assert capsys.readouterr().out.splitlines() == [
        "Name      " + ("王小明" * 20)[:25],
        "          " + ("王小明" * 20)[25:50],
        "          " + ("王小明" * 20)[50:],
    ]
    field("Name", "e\u0301" * 50)
    assert capsys.readouterr().out == "Name      " + "e\u0301" * 50 + "\n"


def test_words_stay_whole_where_they_fit() -> None:
    assert wrapped("", 5) == [""]
    assert wrapped("one two  three", 8) == ["one two", "three"]
    assert wrapped("one  two", 20) == ["one  two"]
    assert wrapped("a 123456789", 4) == ["a 12", "3456", "789"]
    assert wrapped("ab\u0301c", 2) == ["ab\u0301", "c"]
    assert cells("a\u0301王\u200d") == 3


@given(st.text(alphabet="ab -王\u0301\uff57", max_size=80), st.integers(2, 20))
def test_no_line_is_too_wide_and_nothing_is_lost(text: str, width: int) -> None:
    lines = wrapped(text, width)
    assert all(cells(line) <= width for line in lines)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
