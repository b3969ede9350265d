"""`epass read --all` and `--files`: which files are read, and how those that are not are told."""

import json
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import pytest
from cli_desk import Desk, Run

from epass import tlv
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
    assert json.loads((kept / "dump.json").read_text())["refused"] == facts["refused"]
    shown = run("show", str(kept), "--format", "json").facts
    assert shown["refused"] == facts["refused"]
    assert shown["steps"] == facts["steps"]
    assert [step["file"] for step in shown["steps"]][:2] == [None, "EF.COM"]


def test_what_is_refused_is_said(run: Run, full: Document) -> None:
    result = run("read", "--mrz", full.mrz, "--all")
    assert "Refused   DG3: 6982" in result.out


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
    assert result.error["advice"].startswith("There are EF.COM, EF.SOD, DG1, DG2, DG3,")
    assert result.error["advice"].endswith("DG16.")


def test_the_demo_reads_all_too(run: Run) -> None:
    facts = run("demo", "--all", "--ca", "ecdh", "--format", "json").facts
    assert set(facts["files"]) == {"EF.COM", "EF.SOD", "DG1", "DG2"}
    assert set(facts["security_files"]) == {"EF.CardAccess", "DG14"}
    assert facts["receipt"] is not None
