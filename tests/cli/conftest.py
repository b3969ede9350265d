"""Run the command line in this process, with a simulated passport where the reader would be."""

import io
import signal
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from desk import KEY, SECRET, Desk, Endpoint, Result, Run

from epass import pcsc, sandbox
from epass.card.apdu import Channel
from epass.cli.main import main
from epass.sandbox import Fault, Sandbox
from epass.sim import issuer
from epass.sim.chip import Chip


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
