"""tools/gates.py, budgets.py, single_run.py and lockfile.py."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from fake_machine import Machine

from tools import budgets, gates, lockfile
from tools.gates import Gate, Result
from tools.running import Outcome, SetupError
from tools.setup_environment import Layout
from tools.single_run import HELD, only_run

ROOT = Path(gates.__file__).parent.parent


def python(program: str, name: str = "tests") -> Gate:
    return Gate(name, (sys.executable, "-c", program))


class TestGates:
    def test_pass(self) -> None:
        result = gates.run_gate(python("pass"))
        assert result.passed
        assert result.line.startswith("pass  tests")

    def test_status(self) -> None:
        result = gates.run_gate(python("raise SystemExit(3)"))
        assert not result.passed
        assert result.line.endswith("s, exit status 3")

    def test_a_tool_that_is_not_there(self) -> None:
        assert gates.run_gate(Gate("lint", ("no-such-tool",))).status == 127

    def test_time_limit(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(gates, "TIME_LIMIT", 0.2)
        monkeypatch.setattr(gates, "GRACE", 0.2)
        result = gates.run_gate(
            python("import signal, time; signal.signal(2, signal.SIG_IGN); time.sleep(60)")
        )
        assert result.status == 124
        assert result.seconds < 5

    def test_nothing_can_ask(self) -> None:
        assert gates.run_gate(python("open('/dev/tty')")).status == 1
        assert gates.run_gate(python("input()")).status == 1

    @pytest.mark.skipif(sys.platform != "linux", reason="processes are told apart by /proc")
    def test_a_process_left_behind_is_ended_and_told(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(gates, "GRACE", 0.1)
        pid_file = tmp_path / "pid"
        result = gates.run_gate(
            python(
                "import subprocess, pathlib; "
                "left = subprocess.Popen(['sleep', '60'], start_new_session=True); "
                f"pathlib.Path({str(pid_file)!r}).write_text(str(left.pid)); "
                "left.returncode = 0"  # no ResourceWarning for what is done on purpose
            )
        )
        assert (result.status, result.strays) == (0, 1)
        assert result.line.endswith("left 1 processes behind (ended now)")
        assert not _runs(int(pid_file.read_text()))

    def test_every_gate_runs_and_the_summary_is_last(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        chosen = [python("raise SystemExit(1)", "lint"), python("pass", "types")]
        assert gates.run_all(chosen, ["no virtual reader: none here"]) == 1
        lines = capsys.readouterr().out.splitlines()
        end = lines.index("== summary")
        assert lines[end + 1] == "no virtual reader: none here"
        assert [line.split()[:2] for line in lines[end + 2 : -1]] == [
            ["FAIL", "lint"],
            ["pass", "types"],
        ]
        assert lines[-1].endswith("failed: lint")

    def test_all_passed(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert gates.run_all([python("pass")], []) == 0
        assert capsys.readouterr().out.endswith("all passed\n")

    def test_strays_fail_a_gate(self) -> None:
        assert not Result("tests", 0, 1.0, strays=1).passed

    def test_what_quick_leaves_out(self) -> None:
        layout = Layout(Path("/x"), windows=False)
        full = [gate.name for gate in gates.gates(layout, quick=False)]
        quick = gates.gates(layout, quick=True)
        assert [gate.name for gate in quick] == full[:-1]
        assert full[-2:] == ["tests", "coverage"]
        assert quick[-1].command[1:] == ("-m", "not pcsc")


def _runs(pid: int) -> bool:
    """Zombies, which somebody else has to collect, do not run."""
    end = time.monotonic() + 2
    while time.monotonic() < end:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
        except FileNotFoundError:
            return False
        if state == "Z":
            return False
        time.sleep(0.02)
    return True


FUNCTION = '''
@decorator(
    "not counted",
)
def long(
    a: int,
) -> str:
    """A docstring
    of two lines."""

    # a comment
    text = """two
lines"""

    def inner() -> None:
        pass

    return text
'''


class TestBudgets:
    def test_what_is_a_code_line(self) -> None:
        measured = budgets.measure("epass/x.py", FUNCTION)
        assert measured.functions == (("long", 5, 8), ("inner", 15, 2))
        assert measured.code_lines == 11  # the decorator too

    def test_async_methods_count(self) -> None:
        text = "class A:\n    '''Doc.'''\n\n    async def f(self) -> None:\n        pass\n"
        assert budgets.measure("epass/x.py", text).functions == (("f", 4, 2),)

    @pytest.mark.parametrize(
        ("values", "expected"),
        [([], 0), ([7], 7), (range(1, 11), 9), (range(1, 12), 10), ([1] * 9 + [99], 1)],
    )
    def test_percentile(self, values: list[int], expected: int) -> None:
        assert budgets.percentile_90(list(values)) == expected

    def test_within(self) -> None:
        files = [self.file("epass/a.py", 600, 50, *[25] * 9), self.file("tests/a.py", 600, 50)]
        assert budgets.faults(files) == []

    def test_each_budget(self) -> None:
        files = [self.file("epass/a.py", 601, 51, 26), self.file("tests/a.py", 600)]
        assert budgets.faults(files) == [
            "epass/a.py: 601 lines, at most 600",
            "epass/a.py:1: f has 51 code lines, at most 50",
            "one function in ten is 51 code lines or longer, at most 25",
            "the tests have 600 code lines, the source 601: tests at least as long",
        ]

    def test_long_test_functions_are_no_share_of_the_source(self) -> None:
        files = [self.file("epass/a.py", 10, 5), self.file("tests/a.py", 60, *[40] * 9)]
        assert budgets.faults(files) == []

    def test_summary_names_long_files(self) -> None:
        rows = budgets.summary([self.file("epass/a.py", 401, 5), self.file("epass/b.py", 400)])
        assert rows[-1] == "longer than 400 lines: epass/a.py (401)"

    @staticmethod
    def file(path: str, lines: int, *functions: int) -> budgets.Measured:
        return budgets.Measured(path, lines, lines, tuple(("f", 1, n) for n in functions))


HOLDER = """
import pathlib, sys
sys.path.insert(0, sys.argv[1])
from tools.single_run import only_run
with only_run(pathlib.Path(sys.argv[2]), "process 42: tools/dev.py test"):
    print("held", flush=True)
    sys.stdin.read()
"""


def start_holder(lock: Path) -> "subprocess.Popen[str]":
    environment = {name: value for name, value in os.environ.items() if name != HELD}
    return subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(ROOT), str(lock)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    )


class TestOneRun:
    def test_the_second_waits_and_is_told_for_whom(self, tmp_path: Path) -> None:
        lock = tmp_path / "build" / "dev.lock"
        with start_holder(lock) as first:
            assert first.stdout is not None
            assert first.stdout.readline() == "held\n"
            with start_holder(lock) as second:
                assert second.stderr is not None
                assert second.stderr.readline() == (
                    "  waiting for another run in this tree: process 42: tools/dev.py test\n"
                )
                assert second.poll() is None
                first.communicate()
                out, _ = second.communicate(timeout=20)
        assert out == "held\n"

    def test_a_killed_run_leaves_no_lock(self, tmp_path: Path) -> None:
        lock = tmp_path / "dev.lock"
        with start_holder(lock) as first:
            assert first.stdout is not None
            first.stdout.readline()
            first.kill()
        with start_holder(lock) as second:
            assert second.communicate(timeout=20) == ("held\n", "")

    def test_a_run_inside_a_run_does_not_wait(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delenv(HELD, raising=False)
        lock = tmp_path / "dev.lock"
        with only_run(lock, "outer"), only_run(lock, "inner"):
            assert lock.read_text() == "outer"
        assert HELD not in os.environ


LOCK = """\
# a comment
click==8.5.1 \\
    --hash=sha256:aa \\
    --hash=sha256:bb
swig==4.5.1 ; sys_platform == 'linux' \\
    --hash=sha256:cc
"""


class TestLockFile:
    def test_parse(self) -> None:
        click, swig = lockfile.parse(LOCK)
        assert (click.name, click.version, click.marker) == ("click", "8.5.1", "")
        assert (swig.name, swig.version, swig.marker) == (
            "swig",
            "4.5.1",
            "sys_platform == 'linux'",
        )
        assert "# a comment\n" + click.text + swig.text == LOCK

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("click>=8 \\\n    --hash=sha256:aa\n", "not a line of a lock: click>=8"),
            ("click==8.5.1\n", "click is locked without a hash"),
            ("--index-url somewhere\n", "not a line of a lock: --index-url"),
            ("    --hash=sha256:aa\n", "not a line of a lock:     --hash"),
        ],
    )
    def test_what_is_no_lock(self, text: str, message: str) -> None:
        with pytest.raises(SetupError, match=message):
            lockfile.parse(text)

    def test_nothing_that_names_an_index(self) -> None:
        for kind in ("test", "demo"):
            command = lockfile.compile_command("uv", kind, "out.txt")
            assert {"--universal", "--generate-hashes", "--no-annotate"} <= set(command)
            assert "--no-emit-index-url" in command
            assert command[command.index("--python-version") + 1] == "3.11"

    def test_uv_cannot_be_had(self) -> None:
        with pytest.raises(SetupError, match="uv could not be installed for this: ERROR: offline"):
            lockfile.write_locks(Machine(lambda _: Outcome(1, "ERROR: offline")), upgrade=False)
