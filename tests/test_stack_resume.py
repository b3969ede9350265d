"""A document that slips off the reader, through the real PC/SC service and the command line."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest
from vpcd_card import Slot

from epass.card.apdu import Command
from epass.cli import progress
from epass.sim import issuer, vpcd
from epass.sim.chip import Chip
from epass.sim.issuer import Document

pytestmark = pytest.mark.pcsc

LIMIT = 30.0  # seconds, for what takes three or four
# Seconds in which pcscd has let go of what the program of the test before had connected to; it does
# so by a reset, which the next card would not survive if it were being powered just then.
SETTLED = 0.8
IN_DG2 = 40  # commands of a read with short length; DG2 begins before the thirtieth


class Slipping:
    """A chip that leaves the reader at its n-th command, unanswered; then it stays there."""

    def __init__(self, chip: Chip, at: int) -> None:
        self.chip = chip
        self.at = at
        self.commands: list[Command] = []

    @property
    def atr(self) -> bytes:
        return self.chip.atr

    def reset(self) -> None:
        self.chip.reset()

    def exchange(self, received: bytes) -> bytes:
        self.commands.append(Command.parse(received))
        if len(self.commands) == self.at:
            raise ConnectionResetError("slipped off")
        return self.chip.exchange(received)


@contextmanager
def reading(slot: Slot, document: Document) -> Iterator[subprocess.Popen[str]]:
    arguments = ("--reader", slot.name, "--can", document.can, "--short", "--format", "json")
    with subprocess.Popen(
        (sys.executable, "-m", "epass.cli.main", "read", *arguments),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def laid_down(card: Slipping, slot: Slot, process: subprocess.Popen[str]) -> None:
    """Until the document slips off, and the operator is asked to put it back."""
    assert process.stderr is not None
    time.sleep(SETTLED)
    said: list[str] = []
    with suppress(ConnectionResetError), vpcd.inserted(card, ports=[slot.port]):
        for line in process.stderr:
            said.append(line.strip())
            if said[-1] == progress.LOST:
                break
    assert said[-1:] == [progress.LOST], said
    slot.wait_for(card=False)


def test_it_goes_on_where_it_stopped(vpcd_slot_0: Slot) -> None:
    document = issuer.issue()
    card = Slipping(Chip(document), IN_DG2)
    with reading(vpcd_slot_0, document) as process:
        laid_down(card, vpcd_slot_0, process)
        with vpcd.inserted(card, ports=[vpcd_slot_0.port]):
            out, err = process.communicate(timeout=LIMIT)
    assert process.returncode == 0, err
    assert err.splitlines() == [progress.FOUND]
    found = json.loads(out)
    assert found["files"] == {
        file.label: len(content)
        for file, content in document.files.items()
        if file.label in found["files"]
    }
    assert found["notes"] == ["the document was lost 1 times and came back"]
    assert not [check for check in found["checks"] if check["outcome"] == "fail"]
    # Access again, DG1 and the start of EF.SOD to see that it is the same document, SELECT of DG2,
    # and one block.
    undisturbed = Slipping(Chip(document), 0)
    with (
        vpcd.inserted(undisturbed, ports=[vpcd_slot_0.port]),
        reading(vpcd_slot_0, document) as process,
    ):
        process.communicate(timeout=LIMIT)
    assert len(card.commands) - len(undisturbed.commands) == 9 + 2 + 1 + 1


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGINT for one process")
def test_ctrl_c_while_it_is_away(vpcd_slot_0: Slot) -> None:
    document = issuer.issue()
    with reading(vpcd_slot_0, document) as process:
        laid_down(Slipping(Chip(document), IN_DG2), vpcd_slot_0, process)
        began = time.monotonic()
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=LIMIT)
    assert time.monotonic() - began < 3
    assert (process.returncode, out) == (130, "")
    assert json.loads(err.splitlines()[-1])["code"] == "cancelled"


def test_another_document_comes_back(vpcd_slot_0: Slot) -> None:
    document, other = issuer.issue(), issuer.issue("one-name")
    with reading(vpcd_slot_0, document) as process:
        laid_down(Slipping(Chip(document), IN_DG2), vpcd_slot_0, process)
        with vpcd.inserted(Chip(other), ports=[vpcd_slot_0.port]):
            out, err = process.communicate(timeout=LIMIT)
    assert (process.returncode, out) == (5, ""), err
    assert json.loads(err.splitlines()[-1])["code"] == "other_document"
