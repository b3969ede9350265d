"""The Java process: one job out, one answer back, and an end to waiting."""

import contextlib
import json
import queue
import subprocess
import tempfile
import threading
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any, Self

ANSWER_SECONDS = 60.0  # a reading takes less than one
END_SECONDS = 10.0
SHOWN = 2000  # characters of what the process said before it ended


class WitnessError(Exception):
    """The process gave no answer; the message says what is known."""


class Witness:
    """One process for many jobs; after a failure the next job gets a new one."""

    def __init__(self, command: Sequence[str], *, patience: float = ANSWER_SECONDS) -> None:
        self._command = tuple(command)
        self._patience = patience
        self._process: _Process | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._end()

    def ask(self, job: Mapping[str, object]) -> dict[str, Any]:
        """The answer to one job.

        Raises:
            WitnessError: there was none, or it is no JSON object.
        """
        if self._process is None:
            self._process = _Process(self._command)
        try:
            answer = json.loads(self._process.ask(encode(job), self._patience))
        except ValueError:
            self._end()
            raise WitnessError("the answer of the witness is not JSON") from None
        except WitnessError:
            self._end()
            raise
        if not isinstance(answer, dict):
            raise WitnessError("the answer of the witness is not an object")
        return answer

    def _end(self) -> None:
        if self._process is not None:
            self._process.end()
            self._process = None


def encode(job: Mapping[str, object]) -> str:
    """``name=value`` pairs separated by tabs; truth values as Java writes them."""
    texts = {
        name: str(value).lower() if isinstance(value, bool) else str(value)
        for name, value in job.items()
    }
    if any(character in text for text in texts.values() for character in "\t\n\r"):
        raise ValueError("a value of the job has a tab or a line break")
    return "\t".join(f"{name}={text}" for name, text in texts.items())


class _Process:
    def __init__(self, command: Sequence[str]) -> None:
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - end() closes it
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
            encoding="utf-8",
        )
        jobs, answers = self._process.stdin, self._process.stdout
        if jobs is None or answers is None:
            raise WitnessError("the witness has no pipes")
        self._jobs, self._stdout = jobs, answers
        self._answers: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        for line in self._stdout:
            self._answers.put(line)
        self._answers.put("")  # the end

    def ask(self, job: str, patience: float) -> str:
        try:
            self._jobs.write(job + "\n")
            self._jobs.flush()
            answer = self._answers.get(timeout=patience)
        except BrokenPipeError:
            answer = ""
        except queue.Empty:
            raise WitnessError(f"the witness gave no answer in {patience:g} s") from None
        if not answer:
            raise WitnessError(f"the witness ended{self._said()}")
        return answer

    def _said(self) -> str:
        try:
            self._process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            raise WitnessError("the witness closed its output, but does not end") from None
        self._errors.seek(0)
        said = self._errors.read().decode(errors="replace").strip()
        return f" with status {self._process.returncode}: {said[-SHOWN:]}"

    def end(self) -> None:
        """Close its input, which ends it; kill it where that does not help."""
        with contextlib.suppress(BrokenPipeError):
            self._jobs.close()
        try:
            self._process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._reader.join()
        self._stdout.close()
        self._errors.close()
