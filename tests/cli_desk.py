"""What the tests of the command line share: fixtures that put a desk around one run of it."""

import io
import json
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from epass import pcsc, sandbox
from epass.card.apdu import Channel
from epass.cli.main import main
from epass.errors import ReaderError
from epass.sandbox import Fault, Sandbox
from epass.sim import issuer
from epass.sim.chip import Chip

KEY, SECRET = "key-of-the-test", "secret-of-the-test"


@dataclass(frozen=True)
class Result:
    """What one run of the command line gave."""

    status: int
    out: str
    err: str

    @property
    def facts(self) -> dict[str, Any]:
        """The one JSON object on stdout."""
        facts: dict[str, Any] = json.loads(self.out)
        return facts

    @property
    def error(self) -> dict[str, Any]:
        """The JSON error, the last line on stderr."""
        error: dict[str, Any] = json.loads(self.err.strip().splitlines()[-1])
        return error


Run = Callable[..., Result]


def values(facts: dict[str, Any], label: str) -> dict[str, Any]:
    """The fields of the group ``label`` by their names, which must differ for that."""
    found = facts["groups"][label]["fields"]
    names = [item["name"] for item in found]
    assert len(set(names)) == len(names)
    return {item["name"]: item["value"] for item in found}


@dataclass
class Desk:
    """The reader on the desk: what lies on it, and what the command line asked of it."""

    channel: Channel
    error: ReaderError | None = None
    connections: int = 0


@dataclass
class Endpoint:
    """A sandbox with one session, and the options that lead to it."""

    stand_in: Sandbox
    session: str

    @property
    def options(self) -> tuple[str, str]:
        return "--session", self.session


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """``run("read", "--can", ..., stdin="...")``; standard input is no terminal."""
    monkeypatch.setattr(signal, "signal", lambda *_: None)

    def run(*arguments: str, stdin: str = "") -> Result:
        monkeypatch.setattr("sys.stdin", io.StringIO(stdin))
        with pytest.raises(SystemExit) as ended:
            main([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return Result(int(ended.value.code or 0), captured.out, captured.err)

    return run


@pytest.fixture
def document() -> issuer.Document:
    return issuer.issue("eriksson")


@pytest.fixture
def desk(document: issuer.Document, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """A reader with a simulated passport, in the place of PC/SC."""
    desk = Desk(Chip(document))

    @contextmanager
    def connect(reader: object = None, **_options: object) -> Iterator[Channel]:
        desk.connections += 1
        if desk.error is not None:
            raise desk.error
        yield desk.channel

    monkeypatch.setattr(pcsc, "connect", connect)
    return desk


@pytest.fixture
def endpoint(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Endpoint]:
    """The sandbox as the environment's endpoint; ``indirect`` parameters are its faults."""
    faults = [Fault.parse(text) for text in getattr(request, "param", ())]
    stand_in = Sandbox(KEY, SECRET, faults=faults, delay=0.1)
    with sandbox.serve(stand_in) as base_url:
        monkeypatch.setenv("EPASS_BASE_URL", base_url)
        monkeypatch.setenv("EPASS_API_KEY", KEY)
        monkeypatch.setenv("EPASS_SHARED_SECRET", SECRET)
        yield Endpoint(stand_in, stand_in.create_session())
