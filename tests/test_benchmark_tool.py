"""tools/benchmark: its rows, and that its parts add up. How fast it is here is not tested."""

import json
import sys
from typing import Any

import pytest

from epass.card.keys import Can, MrzKey
from epass.trust.report import Outcome, Report
from epass.trust.verify import verify
from tools import benchmark, host_cost, host_replay
from tools.host_cost import CASES, Case
from tools.host_replay import PARTS, Stopwatch

QUICK = (Case("BAC", "BAC"), Case("CAM", "PACE", mapping="CAM", parameter_id=12))


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(host_cost, "CASES", QUICK)


def test_the_parts_of_the_host() -> None:
    row = host_cost.cpu(QUICK[0], 3)
    wholes = {"whole_ms", "first_ms"}
    assert set(row) == {"access", "apdus", *wholes, *(f"{part}_ms" for part in PARTS)}
    parts = [float(str(row[f"{part}_ms"])) for part in PARTS]
    assert min(parts) >= 0
    assert sum(parts) == pytest.approx(float(str(row["whole_ms"])), rel=0.5)
    assert float(str(row["first_ms"])) > 0


@pytest.mark.parametrize("case", QUICK, ids=lambda case: case.name)
def test_what_is_replayed_is_verified_up_to_the_csca(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    reports = list[Report]()

    def kept(*arguments: Any, **options: Any) -> Report:
        reports.append(verify(*arguments, **options))
        return reports[-1]

    monkeypatch.setattr(host_replay, "verify", kept)
    document = case.document()
    key = {"mrz": document.mrz} if case.access == "BAC" else {"can": document.can}
    access = MrzKey.from_mrz(document.mrz) if case.access == "BAC" else Can(document.can)
    lines = case.record(document, access)
    given = json.dumps({"lines": lines, "csca": host_cost.CSCA.hex(), **key})
    assert set(json.loads(host_replay.main(given))) == set(PARTS)
    (report,) = reports
    report.require()
    outcomes = {check.id: check.outcome for check in report.checks}
    assert outcomes["ds.path"] is Outcome.PASS


def test_the_case_that_has_a_budget_is_measured() -> None:
    assert ("PACE", "GM", "AES-256", 13) in {
        (case.access, case.mapping, case.cipher, case.parameter_id) for case in CASES
    }


def test_a_method_is_watched_and_then_itself_again() -> None:
    class Work:
        def double(self, number: int) -> int:
            return 2 * number

    original, watch = Work.__dict__["double"], Stopwatch()
    with watch.watching(Work, "double"):
        assert Work().double(21) == 42
    assert watch.seconds > 0
    assert Work.__dict__["double"] is original


def test_start_up() -> None:
    times = host_cost.start_up(1)
    assert 0 < times["python_ms"] < times["version_ms"]
    assert times["import_ms"] < times["verbs_ms"]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows does not say")
def test_memory() -> None:
    megabytes = host_cost.memory()
    assert megabytes is not None
    assert 10 < megabytes < 500


def test_memory_is_unknown_where_the_system_does_not_say(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    assert host_cost.memory() is None


def test_rows_for_programs(capsys: pytest.CaptureFixture[str]) -> None:
    benchmark.main(["--repeats", "1", "--starts", "1", "--format", "json"])
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    kinds = [row["kind"] for row in rows]
    assert kinds == ["link"] * kinds.count("link") + ["cpu"] * len(QUICK) + ["start-up", "memory"]


def test_tables_for_people(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(host_cost, "memory", lambda: None)
    benchmark.main(["--repeats", "1", "--starts", "1"])
    text = capsys.readouterr().out
    for expected in (
        "ratio",
        "messaging ms",
        "start-up: python",
        "from epass import pcsc, read, verify",
        "memory: unknown",
    ):
        assert expected in text
