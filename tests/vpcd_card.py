"""A card for tests in the machine's real PC/SC service, through the vpcd reader driver.

The driver listens on one TCP port for each slot. What it sends is a length of two bytes, big
endian, and as many bytes: one byte is a control, more are a command APDU; only the control ATR
and commands are answered, in the same framing. Nothing of epass is used here but the listing of
readers, so that what is tested is not tested by itself.
"""

import contextlib
import os
import socket
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import reduce
from operator import xor
from pathlib import Path
from types import TracebackType
from typing import Self

from epass.errors import MissingPackageError, NoServiceError
from epass.pcsc import list_readers

FIRST_PORT = 35963
POWER_OFF, POWER_ON, RESET, ATR = 0, 1, 2, 4
QUICKACK = getattr(socket, "TCP_QUICKACK", None)  # Linux; without it an exchange takes 44 ms

Answer = Callable[[bytes], bytes | None]


class Pulled(Exception):  # noqa: N818 - an event
    """Raised by an ``Answer``: the card leaves the reader instead of answering."""


class SlotUnavailable(Exception):  # noqa: N818 - a reason to skip
    """The machine has no virtual reader; the message is a plain reason."""


def make_atr(*, t0: bool = False, t1: bool = True, capabilities: bytes = b"") -> bytes:
    """An ATR with a nonce in it, so that no forgotten process can pass for this run's card.

    ``capabilities`` is the value of the compact-TLV object '7x' of the historical bytes.
    """
    historical = b"\x80" + (bytes((0x70 | len(capabilities),)) + capabilities) * bool(capabilities)
    historical += b"\x56" + os.urandom(6)
    interface = {(True, False): b"", (False, True): b"\x01", (True, True): b"\x80\x01"}[t0, t1]
    lead = (0x80 if t1 else 0) | len(historical)
    body = bytes((lead,)) + interface + historical
    check = bytes((reduce(xor, body),)) if t1 else b""  # ISO/IEC 7816-3 §8.2.5: not if only T=0
    return b"\x3b" + body + check


class FakeCard:
    """A card that answers with ``answer``: the response, None for silence, or ``Pulled``.

    ``commands`` and ``controls`` are what the reader sent. In the reader while in the block.
    """

    def __init__(self, slot: "Slot", answer: Answer, atr: bytes | None = None) -> None:
        self.slot = slot
        self.answer = answer
        self.atr = make_atr() if atr is None else atr
        self.commands: list[bytes] = []
        self.controls: list[int] = []
        self._socket: socket.socket | None = None
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        self.insert()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.pull()
        self.slot.wait_for(card=False)

    def insert(self) -> None:
        """Lay the card on the reader; PC/SC sees it after about 0.5 s."""
        self._socket = socket.create_connection(("127.0.0.1", self.slot.port), timeout=30)
        self._thread = threading.Thread(target=self._serve, args=(self._socket,), daemon=True)
        self._thread.start()

    def pull(self) -> None:
        """Take the card off; PC/SC notices within 0.4 s."""
        if self._socket is not None and self._thread is not None:
            with contextlib.suppress(OSError):  # it may have left by itself
                self._socket.shutdown(socket.SHUT_RDWR)
            self._thread.join(5)
            self._socket.close()

    def _serve(self, link: socket.socket) -> None:
        with contextlib.suppress(Pulled, OSError), link:
            while True:
                message = _receive(link, int.from_bytes(_receive(link, 2)))
                reply = self._react(message)
                if reply is not None:
                    link.sendall(len(reply).to_bytes(2) + reply)

    def _react(self, message: bytes) -> bytes | None:
        if len(message) > 1:
            self.commands.append(message)
            return self.answer(message)
        self.controls.append(message[0])
        return self.atr if message[0] == ATR else None


def _receive(link: socket.socket, count: int) -> bytes:
    data = b""
    while len(data) < count:
        if QUICKACK is not None:
            link.setsockopt(socket.IPPROTO_TCP, QUICKACK, 1)
        more = link.recv(count - len(data))
        if not more:
            raise Pulled
        data += more
    return data


@dataclass(frozen=True, slots=True)
class Slot:
    """One slot of the virtual reader, held for this process alone."""

    number: int
    name: str = field(init=False)
    port: int = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", f"Virtual PCD 00 {self.number:02d}")
        object.__setattr__(self, "port", FIRST_PORT + self.number)

    def wait_for(self, *, card: bool, seconds: float = 5) -> None:
        """Wait until PC/SC sees a card in the slot, or none."""
        deadline = time.monotonic() + seconds
        is_doubted = card  # whether what PC/SC says was doubted
        while self.has_card() is not card:
            if time.monotonic() > deadline:
                raise AssertionError(f"{self.name}: card {'missing' if card else 'still there'}")
            if not is_doubted and time.monotonic() > deadline - seconds / 2:
                is_doubted = True
                self._lay_down_another()
            time.sleep(0.02)

    def _lay_down_another(self) -> None:
        """For a moment. Where a program is killed just as its card leaves, pcscd 1.9.9 may say that
        the card is still there until the next one comes; a card that is really there keeps it out.
        """
        another = FakeCard(self, lambda _: None)
        with contextlib.suppress(OSError):
            another.insert()
            time.sleep(1)
        another.pull()

    def has_card(self) -> bool:
        return any(reader.has_card for reader in list_readers() if reader.name == self.name)


@contextlib.contextmanager
def held_slot(number: int, *, patience: float = 300) -> Iterator[Slot]:
    """Slot 0 or 1, locked against the test runs of other people on this machine.

    Raises:
        SlotUnavailable: there is no virtual reader here.
    """
    slot = Slot(number)
    _check(slot)
    with _lock(slot.port, patience):
        slot.wait_for(card=False)  # a forgotten card process would answer in place of ours
        yield slot


def _check(slot: Slot) -> None:
    try:
        names = [reader.name for reader in list_readers()]
    except MissingPackageError:
        raise SlotUnavailable("pyscard is not installed") from None
    except NoServiceError:
        raise SlotUnavailable("no PC/SC service (pcscd) is running") from None
    if slot.name not in names:
        raise SlotUnavailable("the PC/SC service has no vpcd driver (vsmartcard-vpcd)")


@contextlib.contextmanager
def _lock(port: int, patience: float) -> Iterator[None]:
    try:
        import fcntl
    except ImportError:
        raise SlotUnavailable("the virtual reader is used on Unix only") from None
    path = Path(tempfile.gettempdir()) / f"epass-vpcd-{port}.lock"
    deadline = time.monotonic() + patience
    with open(path, "a+b") as file:
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                if time.monotonic() > deadline:
                    raise SlotUnavailable(f"another test run holds {path}") from None
                time.sleep(0.1)
            else:
                break
        yield
