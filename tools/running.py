"""Running other programs, and saying so: what every part of the set-up shares."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

ROOT = Path(__file__).resolve().parent.parent
NOT_FOUND, TIMED_OUT = 127, 124  # the exit statuses of a shell


class SetupError(Exception):
    """The set-up cannot go on; the message is for the person who started it."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a program ended; ``output`` is stdout and stderr in one."""

    status: int
    output: str

    @property
    def ok(self) -> bool:
        return self.status == 0

    @property
    def reason(self) -> str:
        """The lines that name an error, as apt, pip and uv begin them; else the last ones."""
        lines = [line.strip() for line in self.output.splitlines() if line.strip()]
        errors = [line for line in lines if line.lower().startswith(("e: ", "error"))]
        return "\n    ".join((errors or lines)[-4:])


class Run(Protocol):
    """Run to the end in the root of the project; ``timeout`` in seconds, ``path`` goes first."""

    def __call__(
        self, command: Sequence[str], *, timeout: float | None = None, path: Path | None = None
    ) -> Outcome: ...


def run(
    command: Sequence[str], *, timeout: float | None = None, path: Path | None = None
) -> Outcome:
    """The ``Run`` of a real machine; nothing that it starts can wait for input."""
    environment = dict(os.environ)
    if path is not None:
        environment["PATH"] = f"{path}{os.pathsep}{environment.get('PATH', '')}"
    # A file, not a pipe: a daemon that keeps its stdout open would hold a pipe open for ever.
    with tempfile.TemporaryFile() as sink:
        try:
            status = subprocess.run(
                command,
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=subprocess.STDOUT,
                timeout=timeout,
                env=environment,
                cwd=ROOT,
                check=False,
            ).returncode
        except FileNotFoundError:
            return Outcome(NOT_FOUND, f"{command[0]}: not found")
        except subprocess.TimeoutExpired:
            status = TIMED_OUT
        sink.seek(0)
        return Outcome(status, sink.read().decode(errors="replace"))


def say(text: str) -> None:
    """Progress goes to stderr: stdout belongs to the results of what is run."""
    print(text, file=sys.stderr, flush=True)


def stage(title: str, work: Callable[[], str]) -> None:
    """Do ``work``; one line says what came of it and how long it took."""
    began = time.monotonic()
    result = work()
    say(f"  {title}: {result} ({time.monotonic() - began:.1f} s)")
