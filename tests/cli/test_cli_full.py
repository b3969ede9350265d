"""The document that has everything: by `demo`, by `read --all`, and how it is shown afterwards."""

from pathlib import Path

import pytest
from cli_desk import Desk, Run, values

from epass.cli import stand_ins
from epass.sim import issuer, vpcd
from epass.sim.chip import Chip

GROUPS = {f"DG{number}" for number in range(1, 17)}
REFUSED = {"DG3", "DG4"}  # which take terminal authentication


def test_the_whole_job(run: Run, tmp_path: Path) -> None:
    kept, page = tmp_path / "kept", tmp_path / "report.html"
    options = ("--document", "full", "--save", str(kept), "--report", str(page))
    facts = run("demo", *options, "--format", "json").facts
    assert facts["verdict"] == "unknown"  # no anchors
    assert facts["chip"] == "proven"
    assert set(facts["refused"]) == REFUSED
    assert facts["portraits"][0]["mimetype"] == "image/jp2"
    assert facts["receipt"]
    assert values(facts, "DG11")["Name"] == "ERIKSSON, ANNA MARIA"
    files = {path.stem for path in kept.glob("DG*.bin")}
    assert files == GROUPS - REFUSED
    shown = run("show", str(kept))
    for line in (
        "DG3                 access-controlled: fingerprints, for states only (6982)",
        "  Custody information None",
        "  Tax or exit requirements\n                      None",
        "  Persons 2, name     MÜLLER, JÖRG",
        "  Encoding            ISO/IEC 19794-5:2005",
    ):
        assert line in shown.out
    second = tmp_path / "second.html"
    assert run("report", str(kept), "-o", str(second)).status == 0
    for written in (page, second):
        html = written.read_text("utf-8")
        assert html.count("<img") == 7  # portrait, DG5 to DG7, a paper in DG11, two sides in DG12
        assert "الرحّالة" in html


@pytest.mark.parametrize("form", issuer.FORMATS)
@pytest.mark.parametrize("face", issuer.FACE_FORMATS)
def test_by_options(run: Run, form: str, face: str) -> None:
    options = ("--document", form, "--all-groups", "--face-format", face, "--image", "JPEG2000")
    facts = run("demo", *options, "--format", "json").facts
    assert set(facts["files"]) | set(facts["security_files"]) >= GROUPS - REFUSED
    assert values(facts, "DG2")["Encoding"].startswith(f"ISO/IEC {face}:")
    assert values(facts, "DG2")["Image type"] == "JP2"
    assert run("demo", "--document", form, "--format", "json").facts["refused"] == {}


def test_the_portrait_of_a_full_document_can_be_chosen(run: Run) -> None:
    options = ("--document", "full", "--image", "JPEG", "--format", "json")
    assert run("demo", *options).facts["portraits"][0]["mimetype"] == "image/jpeg"


def test_on_the_reader(run: Run, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """What `simulate` holds is what `read --all` reads."""

    def serve(card: Chip, **_: object) -> None:
        desk.channel = card
        raise KeyboardInterrupt

    monkeypatch.setattr(vpcd, "serve", serve)
    assert run("simulate", "--document", "full").status == 0
    mrz = issuer.issue().mrz
    facts = run("read", "--mrz", mrz, "--all", "--format", "json").facts
    assert set(facts["refused"]) == REFUSED
    assert values(facts, "DG16")["Persons 1, name"] == "SMITH, CHARLES R"


def test_there_is_no_other_document(run: Run) -> None:
    result = run("demo", "--document", "TD9")
    assert (result.status, result.out) == (2, "")
    assert "document: choose one of TD1, TD2, TD3, full" in result.err
    assert stand_ins.DOCUMENTS == ("TD1", "TD2", "TD3", "full")
