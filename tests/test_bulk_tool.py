"""The benchmark of the bulk verification: that it measures, not how fast."""

import json
from pathlib import Path

import pytest

from epass.lds.sod import Sod
from tools import bulk


def test_the_table(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "WANTED", dict.fromkeys(bulk.CASES, 0))
    assert bulk.main(["--documents", "2", "--large", "3"]) == 0
    out = capsys.readouterr().out
    assert "RSA-2048                 a signer each" in out
    assert "peak memory of a process, 3 dumps, 2 jobs:" in out


def test_every_document_has_a_signer_of_its_own(tmp_path: Path) -> None:
    bulk.archive(tmp_path / "archive", bulk.CASES["ECDSA brainpoolP256r1"], 3, each=True)
    files = (tmp_path / "archive").rglob("EF_SOD.bin")
    signers = {Sod.parse(path.read_bytes()).signed.certificates for path in files}
    assert len(signers) == 3


def test_json_and_what_is_too_slow(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "WANTED", dict.fromkeys(bulk.CASES, 10**9))
    monkeypatch.setattr(bulk, "peak", lambda _count, _jobs: 1)
    assert bulk.main(["--documents", "1", "--format", "json"]) == 1
    facts = json.loads(capsys.readouterr().out)
    assert len(facts["rows"]) == 4
    assert facts["peak_mib"] == {"1": 1, "2": 1}
