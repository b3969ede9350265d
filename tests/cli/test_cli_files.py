"""`epass read --all` and `--files`: which files are read, and how those that are not are told."""

import json
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import pytest
from cli_desk import Desk, Run, values

from epass import tlv
from epass.interchange import EPASS, JMRTD, MRTDREADER
from epass.lds.names import File
from epass.sim.chip import Chip
from epass.sim.issuer import Document

BODY = b"\x53\x01\x41"


@pytest.fixture
def full(document: Document, desk: Desk) -> Document:
    """A document with fingerprints, which the chip gives to states only, and with DG11 and DG12."""
    version = tlv.build(0x5F01, b"0107") + tlv.build(0x5F36, b"040000")
    tags = tlv.build(0x5C, b"\x61\x75\x63\x6b\x6c")
    changed = {File.COM: tlv.build(0x60, version + tags)}
    changed |= {file: tlv.build(file.tag or 0, BODY) for file in (File.DG3, File.DG11, File.DG12)}
    made = replace(document, files=MappingProxyType({**document.files, **changed}))
    desk.channel = Chip(made)
    return made


def test_all_that_is_listed(run: Run, full: Document, tmp_path: Path) -> None:
    kept = tmp_path / "one"
    options = ("--mrz", full.mrz, "--all", "--save", str(kept), "--format", "json")
    facts = run("read", *options).facts
    assert {"DG11", "DG12"} <= set(facts["files"])
    assert facts["refused"]["DG3"]["sw"] == "6982"
    assert values(facts, "EF.CardAccess") == {"PACE": "ECDH-GM-AES-128 with parameters 13"}
    assert facts["groups"]["DG11"] == {
        "fields": [{"name": "Unknown, tag 53", "value": ["41"]}],
        "notes": ["the tag list is missing", "data objects that are not of the standard: 53"],
        "error": None,
    }
    assert json.loads((kept / "dump.json").read_text())["refused"] == facts["refused"]
    shown = run("show", str(kept), "--format", "json").facts
    assert shown["refused"] == facts["refused"]
    assert shown["steps"] == facts["steps"]
    assert [step["file"] for step in shown["steps"]][:2] == [None, "EF.COM"]


def test_what_is_refused_is_said(run: Run, full: Document) -> None:
    result = run("read", "--mrz", full.mrz, "--all")
    assert "Not given DG3: access-controlled: fingerprints, for states only (6982)" in result.out


def test_a_group_that_is_announced_and_not_there_is_refused(
    run: Run, full: Document, desk: Desk
) -> None:
    files = dict(full.files)
    del files[File.DG12]
    desk.channel = Chip(replace(full, files=MappingProxyType(files)))
    result = run("read", "--mrz", full.mrz, "--all")
    assert "Refused   DG12: 6A82" in result.out


def test_only_some(run: Run, full: Document) -> None:
    for labels in ("DG12", "dg12", " DG12 ,EF.COM", "SOD,DG12"):
        facts = run("read", "--mrz", full.mrz, "--files", labels, "--format", "json").facts
        assert set(facts["files"]) == {"EF.COM", "EF.SOD", "DG1", "DG12"}
        assert facts["payload_bytes"] is None
    result = run("read", "--mrz", full.mrz, "--files", "DG12")
    assert "Payload   none: EF.COM, EF.SOD, DG1 and DG2 are not all there" in result.out


@pytest.mark.parametrize("labels", ["DG17", "", "DG11,,DG12", "EF.CardAccess", "DG11;DG12"])
def test_a_wrong_label_names_what_there_is(
    run: Run, full: Document, desk: Desk, labels: str
) -> None:
    result = run("read", "--mrz", full.mrz, "--files", labels, "--format", "json")
    assert (result.status, desk.connections) == (2, 0)
    assert result.error["message"] == "--files: not all of these are files"
    assert result.error["advice"].startswith("There are EF.DIR, EF.ATR/INFO, EF.COM, EF.SOD, DG1,")
    assert result.error["advice"].endswith("DG16.")


# --- the files of the master file ---------------------------------------------------------------

INFO = bytes.fromhex("47039401807F660802020100020200E7")
DIRECTORY = tlv.build(0x61, tlv.build(0x4F, bytes.fromhex("A0000002471001")))
UNSIGNED = "EF.ATR/INFO and EF.DIR: not signed"


@pytest.fixture
def both(full: Document, desk: Desk) -> Document:
    """``full`` on a chip with EF.ATR/INFO and EF.DIR."""
    files = {**full.files, File.ATR_INFO: INFO, File.DIR: DIRECTORY}
    made = replace(full, files=MappingProxyType(files))
    desk.channel = Chip(made)
    return made


def test_the_files_of_the_master_file(run: Run, both: Document, tmp_path: Path) -> None:
    place = tmp_path / "one"
    options = ("--mrz", both.mrz, "--all", "--save", str(place), "--format", "json")
    facts = run("read", *options).facts
    assert (place / "EF_ATR_INFO.bin").read_bytes() == INFO
    assert (place / "EF_DIR.bin").read_bytes() == DIRECTORY
    assert set(facts["refused"]) == {"DG3"}
    assert values(facts, "EF.ATR/INFO")["Max command"] == "256"
    assert "eMRTD" in values(facts, "EF.DIR").values()
    assert UNSIGNED in facts["notes"]
    (check,) = (item for item in facts["checks"] if item["id"] == "access.directory")
    assert check["outcome"] == "not_applicable"
    assert check["reason"] == "nothing that was read signs EF.DIR"
    assert UNSIGNED in run("show", str(place)).out
    assert f"Note      {UNSIGNED}" in run("read", "--mrz", both.mrz, "--all").out
    page = run("report", str(place), "-o", "-").out
    for text in ("EF.DIR: applications, unsigned", "EF.ATR/INFO: abilities of the chip, unsigned"):
        assert text in page
    assert "nothing that was read signs EF.DIR" in page


@pytest.mark.parametrize("style", [JMRTD, MRTDREADER, EPASS])
def test_they_are_exported_and_imported(
    run: Run, both: Document, tmp_path: Path, style: str
) -> None:
    place, target, again = (tmp_path / name for name in ("one", "target", "again"))
    run("read", "--mrz", both.mrz, "--all", "--save", str(place))
    run("export", str(place), str(target), "--as", style)
    taken = run("import", str(target), str(again), "--format", "json").facts["taken"]
    assert {"EF.ATR/INFO", "EF.DIR"} <= set(taken)
    assert (again / "EF_DIR.bin").read_bytes() == DIRECTORY


@pytest.mark.parametrize(
    ("labels", "names"),
    [
        ("DIR", {"EF.DIR"}),
        ("ef.dir,EF.ATR/INFO", {"EF.DIR", "EF.ATR/INFO"}),
        ("ATR_INFO", {"EF.ATR/INFO"}),
        ("EF.ATR_INFO,DG12", {"EF.ATR/INFO", "DG12"}),
        ("atr/info", {"EF.ATR/INFO"}),
    ],
)
def test_they_can_be_named(run: Run, both: Document, labels: str, names: set[str]) -> None:
    facts = run("read", "--mrz", both.mrz, "--files", labels, "--format", "json").facts
    assert set(facts["files"]) == {"EF.COM", "EF.SOD", "DG1", *names}


def test_what_is_not_there_is_said_otherwise_than_what_is_refused(
    run: Run, full: Document, tmp_path: Path
) -> None:
    place = tmp_path / "one"
    result = run("read", "--mrz", full.mrz, "--all", "--save", str(place))
    assert "Not given EF.ATR/INFO: not there" in result.out
    assert "Not given EF.DIR: not there" in result.out
    assert UNSIGNED not in result.out
    page = run("report", str(place), "-o", "-").out
    assert page.count("not there") == 2


def test_the_demo_reads_all_too(run: Run) -> None:
    facts = run("demo", "--all", "--ca", "ecdh", "--format", "json").facts
    assert set(facts["files"]) == {"EF.COM", "EF.SOD", "DG1", "DG2"}
    assert set(facts["security_files"]) == {"EF.CardAccess", "DG14"}
    assert facts["receipt"] is not None
