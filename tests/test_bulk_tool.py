"""The benchmark of the bulk verification: that it measures, not how fast."""

import json

import pytest

from tools import bulk


def test_the_table(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "WANTED", dict.fromkeys(bulk.CASES, 0))
    assert bulk.main(["--documents", "2", "--large", "3"]) == 0
    out = capsys.readouterr().out
    assert "RSA-2048                 a signer each" in out
    assert "peak memory of a process, 3 dumps, 2 jobs:" in out


def test_json_and_what_is_too_slow(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "WANTED", dict.fromkeys(bulk.CASES, 10**9))
    monkeypatch.setattr(bulk, "peak", lambda _count, _jobs: 1)
    assert bulk.main(["--documents", "1", "--format", "json"]) == 1
    facts = json.loads(capsys.readouterr().out)
    assert len(facts["rows"]) == 4
    assert facts["peak_mib"] == {"1": 1, "2": 1}
