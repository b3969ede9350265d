"""Every gate of the project, one after the other, with the summary last."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tools.running import NOT_FOUND, ROOT, TIMED_OUT
from tools.setup_environment import Layout

TIME_LIMIT = 1800  # seconds for one gate: a test that hangs must not hang the run
GRACE = 2.0  # seconds in which what a gate started may end by itself
MARK = "EPASS_GATE"  # in the environment of all that a gate starts


@dataclass(frozen=True, slots=True)
class Gate:
    name: str
    command: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Result:
    """``strays`` are the processes that the gate left behind, ended since."""

    name: str
    status: int
    seconds: float
    strays: int = 0

    @property
    def passed(self) -> bool:
        return self.status == 0 and self.strays == 0

    @property
    def line(self) -> str:
        reason = f", exit status {self.status}" if self.status else ""
        if self.strays:
            reason += f", left {self.strays} processes behind (ended now)"
        word = "pass" if self.passed else "FAIL"
        return f"{word}  {self.name:<9} {self.seconds:6.1f} s{reason}"


def gates(layout: Layout, *, quick: bool) -> tuple[Gate, ...]:
    """``quick`` leaves out coverage and the tests that need PC/SC."""

    def venv(name: str, program: str, *arguments: str) -> Gate:
        return Gate(name, (str(layout.program(program)), *arguments))

    always = (
        venv("format", "ruff", "format", "--check"),
        venv("lint", "ruff", "check"),
        venv("types", "mypy"),
        venv("layers", "lint-imports"),
        venv("budgets", "python", str(Path("tools", "budgets.py"))),
    )
    if quick:
        return (*always, venv("tests", "pytest", "-m", "not pcsc"))
    return (
        *always,
        venv("tests", "coverage", "run", "-m", "pytest"),
        venv("coverage", "coverage", "report"),  # fails below fail_under of pyproject.toml
    )


def run_all(chosen: Sequence[Gate], notes: Sequence[str]) -> int:
    """Run each, also after a failure; the exit status is 1 if any failed."""
    results = []
    for gate in chosen:
        print(f"\n== {gate.name}: {' '.join(gate.command)}", flush=True)
        results.append(run_gate(gate))
        print(results[-1].line, flush=True)
    print("\n== summary")
    for note in notes:
        print(note)
    for result in results:
        print(result.line)
    failed = [result.name for result in results if not result.passed]
    seconds = sum(result.seconds for result in results)
    verdict = f"failed: {', '.join(failed)}" if failed else "all passed"
    print(f"{len(results)} gates in {seconds:.1f} s: {verdict}", flush=True)
    return 1 if failed else 0


def run_gate(gate: Gate) -> Result:
    """In a session of its own: without a terminal, nothing can ask a question and wait."""
    began = time.monotonic()
    mark = f"{os.getpid()}-{time.time_ns()}"
    try:
        process = subprocess.Popen(
            gate.command,
            stdin=subprocess.DEVNULL,
            cwd=ROOT,
            env={**os.environ, MARK: mark},
            start_new_session=True,
        )
    except FileNotFoundError:
        return Result(gate.name, NOT_FOUND, 0.0)
    try:
        status = process.wait(TIME_LIMIT)
    except subprocess.TimeoutExpired:
        status = TIMED_OUT
    finally:
        if process.poll() is None:
            _stop(process)
        strays = end_strays(mark)
    return Result(gate.name, status, time.monotonic() - began, strays)


def _stop(process: subprocess.Popen[bytes]) -> None:
    """After the time limit, or on Ctrl-C, which does not reach a session of its own."""
    if sys.platform != "win32":
        os.killpg(process.pid, signal.SIGINT)
    try:
        process.wait(GRACE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def end_strays(mark: str) -> int:
    """End what a gate left running, and count it (Linux; elsewhere they cannot be told apart).

    A card process that outlives its test would answer the next one.
    """
    end = time.monotonic() + GRACE
    while (strays := _carrying(mark)) and time.monotonic() < end:
        time.sleep(0.05)
    for pid in strays:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue  # it ended by itself just now
    return len(strays)


def _carrying(mark: str) -> list[int]:
    if sys.platform != "linux":
        return []
    wanted = f"{MARK}={mark}".encode()
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            environment = (folder / "environ").read_bytes()  # empty for a zombie
        except OSError:
            continue  # another user's, or gone
        if wanted in environment.split(b"\0"):
            found.append(int(folder.name))
    return found
