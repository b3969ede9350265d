"""The whole stack: pcscd, the vpcd driver, pyscard, and the command line as a process of its own.

No card that was forgotten in the reader can answer here: each document has a CAN of this run.
"""

import json
import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from vpcd_card import FakeCard, Slot

from epass.cli.options import SANDBOX_SESSION
from epass.cli.stand_ins import API_KEY, SHARED_SECRET
from epass.sim import issuer, vpcd
from epass.sim.chip import Chip

pytestmark = pytest.mark.pcsc

EPASS = (sys.executable, "-m", "epass.cli.main")
LIMIT = 30.0  # seconds, for what takes one or two
INSERTION = 1.5  # seconds until the service tells of a card, and some more

Facts = dict[str, Any]


def epass(*arguments: str, stdin: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        (*EPASS, *arguments),
        input=stdin,
        capture_output=True,
        text=True,
        timeout=LIMIT,
        check=False,
        env={**os.environ, **environment},
    )


def facts(text: str) -> Facts:
    found: Facts = json.loads(text)
    return found


@contextmanager
def started(*arguments: str, **environment: str) -> Iterator[tuple[subprocess.Popen[str], Facts]]:
    """A process that serves, after it has said on what."""
    with subprocess.Popen(
        (*EPASS, *arguments, "--format", "json"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **environment},
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stderr is not None
            line = process.stdout.readline()
            assert line, process.stderr.read()
            yield process, facts(line)
        finally:
            process.send_signal(signal.SIGINT)
            assert process.wait(LIMIT) == 0


@pytest.fixture
def can() -> str:
    return f"{secrets.randbelow(10**6):06}"


@pytest.fixture
def passport(vpcd_slot_0: Slot, can: str) -> Iterator[Facts]:
    arguments = ("--port", str(vpcd_slot_0.port), "--document-can", can)
    with started("simulate", *arguments) as (_, found):
        vpcd_slot_0.wait_for(card=True)
        yield found
    vpcd_slot_0.wait_for(card=False)


@pytest.fixture
def endpoint() -> Iterator[dict[str, str]]:
    """The environment of an operator whose endpoint is a sandbox of this run."""
    with started("sandbox", "--port", "0") as (_, found):
        yield {
            "EPASS_BASE_URL": found["base_url"],
            "EPASS_API_KEY": API_KEY,
            "EPASS_SHARED_SECRET": SHARED_SECRET,
        }


def test_three_terminals(
    vpcd_slot_0: Slot, passport: Facts, can: str, endpoint: dict[str, str], tmp_path: Path
) -> None:
    listed = facts(epass("readers", "--format", "json").stdout)["readers"]
    assert {"index": 0, "name": vpcd_slot_0.name, "has_card": True} in listed

    kept = tmp_path / "one"
    result = epass(
        "read-and-upload", "--reader", vpcd_slot_0.name, "--can", can, "--save", str(kept),
        "--session", SANDBOX_SESSION, "--format", "json", **endpoint,
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    found = facts(result.stdout)
    assert found["access"]["password"] == "CAN"
    assert found["files"].items() <= passport["files"].items()
    assert found["receipt"]["session_id"] == SANDBOX_SESSION

    again = epass("upload", str(kept), "--session", SANDBOX_SESSION, **endpoint)
    assert (again.returncode, again.stderr) == (0, "")


def test_the_mrz_through_a_pipe(vpcd_slot_0: Slot, passport: Facts) -> None:
    result = epass("read", "--reader", vpcd_slot_0.name, stdin=passport["mrz"])
    assert result.returncode == 0, result.stderr
    assert "ERIKSSON, ANNA MARIA" in result.stdout


def test_a_wrong_key(vpcd_slot_0: Slot, passport: Facts, can: str) -> None:
    wrong = f"{(int(can) + 1) % 10**6:06}"
    result = epass("read", "--reader", vpcd_slot_0.name, "--can", wrong)
    assert (result.returncode, result.stdout) == (4, "")
    assert "PACE: the chip rejects this key" in result.stderr


@pytest.mark.parametrize("options", [[], ["--extended"], ["--access", "BAC"]])
def test_demo_through_the_service(vpcd_slot_0: Slot, options: Sequence[str]) -> None:
    result = epass("demo", "--pcsc", "--format", "json", *options)
    assert result.returncode == 0, result.stderr
    found = facts(result.stdout)
    assert set(found["files"]) == {"EF.COM", "EF.SOD", "DG1", "DG2"}
    assert found["receipt"]["media_id"]
    assert found["verdict"] == "unknown"


def test_no_card_is_said_within_two_seconds(vpcd_slot_0: Slot) -> None:
    began = time.monotonic()
    result = epass("read", "--reader", vpcd_slot_0.name, "--wait", "0", "--can", "123456")
    assert result.returncode == 3
    assert f"there is no card on {vpcd_slot_0.name}" in result.stderr
    assert time.monotonic() - began < 2


def test_no_service() -> None:
    result = epass("readers", PCSCLITE_CSOCK_NAME=f"{os.sep}nowhere")
    if result.returncode == 0:
        pytest.skip("this PC/SC service is not found through PCSCLITE_CSOCK_NAME")
    assert (result.returncode, result.stdout) == (3, "")
    assert "Start the PC/SC service" in result.stderr


def test_no_such_reader(vpcd_slot_0: Slot) -> None:
    result = epass("read", "--reader", "Omnikey", "--can", "123456")
    assert result.returncode == 3
    assert vpcd_slot_0.name in result.stderr


class Pulled:
    """A passport that is taken off at its n-th command."""

    def __init__(self, chip: Chip, after: int) -> None:
        self.chip = chip
        self.left = after

    @property
    def atr(self) -> bytes:
        return self.chip.atr

    def reset(self) -> None:
        self.chip.reset()

    def exchange(self, received: bytes) -> bytes:
        self.left -= 1
        if self.left < 0:
            raise ConnectionResetError("taken off")
        return self.chip.exchange(received)


@pytest.mark.parametrize("after", [0, 4, 9, 30])
def test_a_card_that_is_taken_off(vpcd_slot_0: Slot, after: int, tmp_path: Path) -> None:
    document = issuer.issue()
    kept = ("--save", str(tmp_path / "one"), "--format", "json")
    arguments = ("--can", document.can, "--short", "--no-resume", *kept)
    result = None
    with (
        suppress(ConnectionResetError),  # what the card raised comes after the block
        vpcd.inserted(Pulled(Chip(document), after), ports=[vpcd_slot_0.port]),
    ):
        vpcd_slot_0.wait_for(card=True)
        result = epass("read", "--reader", vpcd_slot_0.name, *arguments)
    assert result is not None
    vpcd_slot_0.wait_for(card=False)
    assert (result.returncode, result.stdout) == (3, "")
    assert facts(result.stderr.splitlines()[-1])["code"] in ("card_removed", "communication")
    assert list(tmp_path.iterdir()) == []


def test_a_silent_chip(vpcd_slot_0: Slot) -> None:
    with FakeCard(vpcd_slot_0, lambda _: None):
        began = time.monotonic()
        arguments = ("--reader", vpcd_slot_0.name, "--can", "123456", "--timeout", "1")
        result = epass("read", *arguments)
    assert result.returncode == 3
    assert "the chip did not answer within 1 s" in result.stderr
    assert time.monotonic() - began < 4


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGINT for one process")
@pytest.mark.parametrize("stage", ["waiting for a card", "in the middle of the read"])
def test_ctrl_c(vpcd_slot_0: Slot, stage: str, tmp_path: Path) -> None:
    arguments = ("--reader", vpcd_slot_0.name, "--can", "123456", "--save", str(tmp_path / "one"))

    def interrupted() -> tuple[int, str]:
        with subprocess.Popen(
            (*EPASS, "read", *arguments), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as process:
            time.sleep(INSERTION)
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=LIMIT)
            return process.returncode, out + err

    if stage == "waiting for a card":
        status, text = interrupted()
    else:
        with FakeCard(vpcd_slot_0, lambda _: None):
            status, text = interrupted()
    assert status == 130
    assert text.endswith("cancelled\n")
    assert list(tmp_path.iterdir()) == []


def test_two_programs_at_once(vpcd_slot_0: Slot, passport: Facts, can: str) -> None:
    """Both read the same chip: each gets the document, or is told that it is in use."""
    arguments = (*EPASS, "read", "--reader", vpcd_slot_0.name, "--can", can, "--format", "json")
    runs = [
        subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    results = [(run.communicate(timeout=LIMIT), run.returncode) for run in runs]
    for (out, err), status in results:
        if status == 0:
            assert facts(out)["files"].items() <= passport["files"].items()
        else:
            assert (status, out) == (3, "")
            assert facts(err.splitlines()[-1])["code"] == "sharing_violation"
    assert 0 in [status for _, status in results]
