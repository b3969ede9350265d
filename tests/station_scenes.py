"""What a ``Station`` does when the PC/SC service is stopped, killed or held up under it.

Run by ``private_service``, where the service is nobody else's; prints what came of it, as JSON.
"""

import json
import os
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

from private_service import Pcscd
from vpcd_card import FakeCard, Slot

from epass.card.apdu import Command
from epass.errors import Cancelled, EpassError
from epass.pcsc import Station

READ = Command(0xB0, le=4)
HELD_UP = 12  # seconds: a call waits for 5, and then another is made
NOTICED = 2.5  # seconds until a card that was laid down has been served, and some more
SLOT, OTHER = Slot(1), Slot(0)


def card(number: int, slot: Slot = SLOT) -> FakeCard:
    """One that answers with its number."""
    return FakeCard(slot, lambda _: bytes((number, 0x90, 0x00)))


class Desk:
    """A station in a thread of its own; ``served`` is what each document answered, or the code
    of the error, ``fault`` what ended the station before it was cancelled.
    """

    def __init__(self, slot: Slot = SLOT) -> None:
        self.served: list[int | str] = []
        self.fault = ""
        self._stop = threading.Event()
        self._station = Station(slot.name, timeout=5, on_wait=self._look)
        self._thread = threading.Thread(target=self._work)
        self._thread.start()

    def _look(self) -> None:
        if self._stop.is_set():
            raise Cancelled

    def _work(self) -> None:
        try:
            for channel in self._station.documents():
                try:
                    self.served.append(channel.transmit(READ).data[0])
                except EpassError as error:
                    self.served.append(error.code)
        except Cancelled:
            pass
        except EpassError as error:
            self.fault = repr(error)

    def close(self) -> dict[str, object]:
        self._stop.set()
        self._thread.join(20)
        left = [thread.name for thread in threading.enumerate() if thread.name == "epass-pcsc"]
        return {"served": self.served, "fault": self.fault, "threads": len(left)}


def _shown(number: int) -> None:
    with card(number):
        time.sleep(NOTICED)


def waiting(pcscd: Pcscd, how: str) -> dict[str, object]:
    """It ends while nothing lies on the reader."""
    pcscd.start()
    desk = Desk()
    time.sleep(1)
    pcscd.end(signal.Signals[how])
    time.sleep(1)
    pcscd.start()
    _shown(1)
    _shown(2)
    return desk.close()


def lying(pcscd: Pcscd, how: str) -> dict[str, object]:
    """It ends while a document lies there that was served, and comes back with it still there."""
    pcscd.start()
    desk = Desk()
    first = card(1)
    first.insert()
    time.sleep(NOTICED)
    pcscd.end(signal.Signals[how])
    first.pull()
    pcscd.start()
    first.insert()
    time.sleep(NOTICED)
    first.pull()
    SLOT.wait_for(card=False)
    time.sleep(1)  # the station sees it, too
    _shown(2)
    return desk.close()


def exchange(pcscd: Pcscd, how: str) -> dict[str, object]:
    """It ends while the document is being talked to."""
    pcscd.start()
    desk = Desk()

    def answer(_: bytes) -> bytes:
        pcscd.end(signal.Signals[how])
        return b"\x01\x90\x00"

    first = FakeCard(SLOT, answer)
    first.insert()
    time.sleep(NOTICED)
    first.pull()
    pcscd.start()
    time.sleep(2.5)  # the reader is seen empty
    _shown(2)
    return desk.close()


def unplugged(pcscd: Pcscd, _: str) -> dict[str, object]:
    """The service comes back without readers, and then with them."""
    with tempfile.TemporaryDirectory() as empty:
        pcscd.start(["--config", empty], readers=0)
        desk = Desk()
        time.sleep(2)
        pcscd.end()
        pcscd.start()
        time.sleep(1)
        _shown(1)
        return desk.close()


def hanging(pcscd: Pcscd, _: str) -> dict[str, object]:
    """It does not answer for a while; what was opened meanwhile is closed in the end."""
    pcscd.start()
    before = _descriptors()
    desk = Desk()
    time.sleep(1)
    pcscd.send(signal.SIGSTOP)
    time.sleep(HELD_UP)
    during = threading.active_count()
    pcscd.send(signal.SIGCONT)
    time.sleep(3)
    _shown(1)
    found = desk.close()
    time.sleep(1)
    return {**found, "during": during, "more": _descriptors() - before}


def _descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def together(pcscd: Pcscd, _: str) -> dict[str, object]:
    """Two readers with a worker each, and documents on both at the same time."""
    pcscd.start()
    desks = Desk(SLOT), Desk(OTHER)
    for number in (1, 2, 3):
        with card(number, SLOT), card(number + 100, OTHER):
            time.sleep(NOTICED)
    ended = [desk.close() for desk in desks]
    return {
        "served": [one["served"] for one in ended],
        "faults": [one["fault"] for one in ended],
        "threads": ended[-1]["threads"],
    }


SCENES: dict[str, Callable[[Pcscd, str], dict[str, object]]] = {
    scene.__name__: scene for scene in (waiting, lying, exchange, unplugged, hanging, together)
}


if __name__ == "__main__":
    name, *more = sys.argv[1:]
    the_service = Pcscd()
    print(json.dumps(SCENES[name](the_service, *more or [""])), flush=True)
    the_service.end()
    os._exit(0)  # no thread that hangs keeps the test waiting
