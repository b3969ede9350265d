"""The README does what it says: its shell blocks run in three terminals, its Python block too."""

import os
import re
import shlex
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from vpcd_card import Slot

from epass import pcsc, sandbox
from epass.cli.options import SANDBOX_SESSION
from epass.cli.stand_ins import API_KEY, SHARED_SECRET
from epass.errors import EpassError
from epass.sandbox import Sandbox
from epass.sim import issuer, vpcd
from epass.sim.chip import Chip

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text("utf-8")
BLOCKS = re.findall(r"^```([^\n]*)\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)
LIMIT = 120.0  # seconds
LONGEST = 150  # lines


def block(info: str) -> str:
    (found,) = [text for name, text in BLOCKS if name == info]
    return str(found)


def test_every_block_is_run_by_a_test_here() -> None:
    names = [name for name, _ in BLOCKS]
    assert names == ["sh", "sh terminal=1", "sh terminal=2", "sh terminal=3", "python"]
    assert len(README.splitlines()) <= LONGEST


def shell(script: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ("sh", "-e", "-c", script),
        cwd=folder,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=LIMIT,
        check=False,
    )


def environment() -> dict[str, str]:
    """The activated virtual environment, and nothing of an endpoint."""
    bare = {name: value for name, value in os.environ.items() if not name.startswith("EPASS_")}
    held = {name: value for name, value in os.environ.items() if name.startswith("EPASS_DEV")}
    scripts = str(Path(sys.executable).parent)
    return {**bare, **held, "PATH": os.pathsep.join((scripts, os.environ["PATH"]))}


@pytest.mark.skipif(os.name == "nt", reason="the block is for machines with make")
def test_make_demo() -> None:
    result = shell(block("sh"), ROOT)
    assert result.returncode == 0, result.stderr
    assert "ERIKSSON, ANNA MARIA" in result.stdout
    assert "Uploaded" in result.stdout


@contextmanager
def terminal(script: str, folder: Path) -> Iterator[None]:
    """A terminal in which a command runs until Ctrl-C, after it has said that it is ready."""
    with subprocess.Popen(
        shlex.split(script),
        cwd=folder,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        try:
            assert process.stdout.readline(), process.stderr.read()
            yield
        finally:
            process.terminate()
            process.communicate(timeout=LIMIT)


@pytest.fixture
def sandbox_port() -> int:
    """The port that the README names, if nobody has it now."""
    port = int(re.findall(r"http://127\.0\.0\.1:(\d+)", README)[0])
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            pytest.skip(f"another program has port {port}, which the README uses")
    return port


@pytest.mark.pcsc
@pytest.mark.skipif(os.name == "nt", reason="the blocks are for a POSIX shell")
def test_three_terminals(
    vpcd_slot_0: Slot, vpcd_slot: Slot, sandbox_port: int, tmp_path: Path
) -> None:
    with (
        terminal(block("sh terminal=1"), tmp_path),
        terminal(block("sh terminal=2"), tmp_path),
    ):
        vpcd_slot_0.wait_for(card=True)
        result = shell(block("sh terminal=3"), tmp_path)
        assert result.returncode == 0, result.stderr
        assert "Holder    ERIKSSON, ANNA MARIA" in result.stdout
        assert "Surname             ERIKSSON" in result.stdout
        assert result.stdout.count("Uploaded  media") == result.stdout.count(SANDBOX_SESSION) == 2
    vpcd_slot_0.wait_for(card=False)


@pytest.mark.pcsc
def test_from_python(vpcd_slot_0: Slot, vpcd_slot: Slot) -> None:
    stand_in = Sandbox(API_KEY, SHARED_SECRET)
    with (
        vpcd.inserted(Chip(issuer.issue("eriksson")), ports=[vpcd_slot_0.port]),
        sandbox.serve(stand_in) as base_url,
    ):
        names = {
            "api_key": API_KEY,
            "shared_secret": SHARED_SECRET,
            "base_url": base_url,
            "session_id": stand_in.create_session(),
        }
        exec(compile(block("python"), "README.md", "exec"), names)  # noqa: S102 - our own README
    assert names["receipt"].media_id == stand_in.stored[0].media_id  # type: ignore[attr-defined]
    vpcd_slot_0.wait_for(card=False)


def test_the_exit_statuses_are_those_of_the_errors() -> None:
    table = {
        int(number) for row in README.splitlines() for number in re.findall(r"\| (\d+) \|", row)
    }
    known: set[int] = set()
    pending = [EpassError]
    while pending:
        error = pending.pop()
        known.add(error.exit_status)
        pending += error.__subclasses__()
    assert table == known | {0, 1}


def test_the_names_that_it_imports_are_public() -> None:
    import epass

    names = set(re.findall(r"from epass import (.*)", README)[0].split(", "))
    assert names - {pcsc.__name__.removeprefix("epass.")} <= set(epass.__all__)
    assert all(hasattr(epass, name) for name in epass.__all__)
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        epass.nonsense  # noqa: B018
