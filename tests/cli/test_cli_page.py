"""`epass report`, `--report` and `epass show`: the page as a file and in the terminal."""

import os
import stat
from pathlib import Path

import pytest
from cli_desk import Desk, Endpoint, Run

from epass.sim.issuer import Document


@pytest.fixture
def kept(run: Run, desk: Desk, document: Document, tmp_path: Path) -> Path:
    place = tmp_path / "one"
    assert run("read", "--mrz", document.mrz, "--save", str(place)).status == 0
    return place


def test_a_report_of_what_was_kept(run: Run, kept: Path, tmp_path: Path) -> None:
    target = tmp_path / "report.html"
    result = run("report", str(kept), "-o", str(target))
    assert (result.status, result.out) == (0, "")
    assert "It holds personal data." in result.err
    text = target.read_text("utf-8")
    assert text.startswith("<!DOCTYPE html>")
    assert "ERIKSSON" in text
    assert "data:image/" in text
    if os.name != "nt":
        assert stat.S_IMODE(target.stat().st_mode) == 0o600


def test_a_report_in_json_says_where_it_is(run: Run, kept: Path, tmp_path: Path) -> None:
    target = tmp_path / "report.html"
    facts = run("report", str(kept), "-o", str(target), "--format", "json").facts
    assert facts == {
        "schema": "epass.page",
        "version": 1,
        "written": str(target),
        "bytes": target.stat().st_size,
    }


def test_a_report_on_standard_output(run: Run, kept: Path) -> None:
    result = run("report", str(kept), "-o", "-")
    assert (result.status, result.err) == (0, "")
    assert result.out.startswith("<!DOCTYPE html>")
    assert result.out.endswith("</html>\n\n")


def test_a_report_never_overwrites(run: Run, kept: Path, tmp_path: Path) -> None:
    target = tmp_path / "report.html"
    target.write_text("mine")
    result = run("report", str(kept), "-o", str(target))
    assert result.status == 2
    assert "report.html exists" in result.err
    assert target.read_text() == "mine"


def test_a_report_of_what_is_no_dump(run: Run, tmp_path: Path) -> None:
    target = tmp_path / "report.html"
    assert run("report", str(tmp_path), "-o", str(target)).status == 5
    assert not target.exists()
    assert run("report", str(tmp_path)).status == 2


def test_a_report_of_a_forged_document_is_written_and_is_status_6(run: Run, tmp_path: Path) -> None:
    target, kept = tmp_path / "report.html", tmp_path / "one"
    listed = run("simulate", "--list", "--format", "json").facts["attacks"]
    name = next(item["name"] for item in listed if item["check"] == "dg2.hash")
    run("demo", "--attack", name, "--save", str(kept))
    result = run("report", str(kept), "-o", str(target))
    assert result.status == 6
    assert "Verification failed" in target.read_text("utf-8")


def test_a_read_with_a_report(run: Run, desk: Desk, document: Document, tmp_path: Path) -> None:
    target = tmp_path / "report.html"
    result = run("read", "--mrz", document.mrz, "--report", str(target), "--format", "json")
    assert result.facts["schema"] == "epass.reading"
    assert "ERIKSSON" in target.read_text("utf-8")


def test_a_delivery_with_a_report(
    run: Run, desk: Desk, document: Document, endpoint: Endpoint, tmp_path: Path
) -> None:
    target = tmp_path / "report.html"
    options = ("--mrz", document.mrz, *endpoint.options, "--report", str(target))
    assert run("read-and-upload", *options).status == 0
    assert "ERIKSSON" in target.read_text("utf-8")


def test_a_demo_with_a_report(run: Run, tmp_path: Path) -> None:
    target = tmp_path / "report.html"
    assert run("demo", "--report", str(target)).status == 0
    assert "ERIKSSON" in target.read_text("utf-8")


def test_places_are_checked_before_the_chip(
    run: Run, desk: Desk, document: Document, tmp_path: Path
) -> None:
    (tmp_path / "full").touch()
    same = str(tmp_path / "same")
    for options, status, problem in (
        (("--report", str(tmp_path / "full")), 2, "exists"),
        (("--report", str(tmp_path / "none" / "x")), 10, "No such file or directory"),
        (("--report", same, "--save", same), 2, "are the same place"),
        (("--report", same, "--trace", same), 2, "are the same place"),
    ):
        result = run("read", "--mrz", document.mrz, *options)
        assert (result.status, desk.connections) == (status, 0)
        assert problem in result.err


def test_a_place_that_is_taken_meanwhile_loses_nothing(
    run: Run, desk: Desk, document: Document, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "report.html"
    monkeypatch.setattr("epass.folder.check_new", lambda path: path.touch())
    result = run("read", "--mrz", document.mrz, "--report", str(target))
    assert result.status == 2
    assert "ERIKSSON, ANNA MARIA" in result.out
    assert "report.html exists" in result.err


# --- in the terminal ----------------------------------------------------------------------------


def test_show_has_all_of_the_page(run: Run, kept: Path) -> None:
    result = run("show", str(kept))
    assert result.status == 0
    for title in (
        "Travel document L898902C3 of Utopia, for specimens", "Not fully verified",
        "Holder and document", "Machine readable zone", "Checks", "How the chip was opened",
        "Files", "Time", "EF.CardAccess: how to open the chip", "Evidence",
    ):  # fmt: skip
        assert title in [line.strip() for line in result.out.splitlines()], title
    for part in (
        "Surname             ERIKSSON", "document number     6 right", "(sod.signature)",
        "PACE-GM, AES-128, brainpoolP256r1", "DG2                 17,792 bytes",
        "####", "[1] C=UT",
    ):  # fmt: skip
        assert part in result.out, part
    assert "\x1b[" not in result.out


def test_show_is_coloured_where_it_may_be(
    run: Run, kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("epass.cli.output._colour", lambda: True)
    result = run("show", str(kept))
    assert "\x1b[32mpass\x1b[0m" in result.out
    assert "\x1b[33m\x1b[1mNot fully verified" in result.out


@pytest.mark.parametrize("columns", [60, 80, 100])
def test_show_keeps_to_the_width(
    run: Run, kept: Path, monkeypatch: pytest.MonkeyPatch, columns: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    result = run("show", str(kept))
    assert max(map(len, result.out.splitlines())) <= columns
