"""The way of a simulated card into the machine's PC/SC service: a client of the vpcd driver.

vsmartcard's driver ``vpcd`` listens on one TCP port for each virtual slot; whoever connects is
the card in that slot. A message is its length, two bytes big-endian, and its bytes: one byte is a
control code, more are a command APDU, which is answered with the response APDU.
"""

import contextlib
import errno
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

from epass.errors import CommunicationError, InputError, NoReaderError

HOST = "127.0.0.1"
PORTS = (35963, 35964)  # the two slots of the packaged driver
POWER_OFF, POWER_ON, RESET, GET_ATR = (bytes((code,)) for code in (0, 1, 2, 4))

CONNECT_SECONDS = 2.0
NOTICE_SECONDS = 2.0  # the service asks a card that it sees for its ATR every 0.4 s
SEND_SECONDS = 5.0
TICK_SECONDS = 0.1  # how often a waiting card looks whether it is to be taken out

UNREACHABLE = frozenset({errno.EHOSTUNREACH, errno.ENETUNREACH, errno.EADDRNOTAVAIL})

OnApdu = Callable[[bytes, bytes], None]


class Card(Protocol):
    """What a virtual slot needs of a card; ``Chip`` is one."""

    @property
    def atr(self) -> bytes: ...
    def reset(self) -> None: ...
    def exchange(self, received: bytes, /) -> bytes: ...


def serve(
    card: Card,
    host: str = HOST,
    port: int = PORTS[0],
    *,
    stop: threading.Event,
    on_apdu: OnApdu | None = None,
    on_seen: Callable[[], None] | None = None,
) -> None:
    """Hold ``card`` in the slot at ``port`` until ``stop`` is set; then it is removed.

    ``on_apdu`` is called after each command with the bytes of command and response, ``on_seen``
    once, when the service has noticed the card; both in this thread. What they raise takes the
    card out and is passed on.

    Raises:
        InputError: ``port`` is no port.
        NoReaderError: no virtual slot listens there.
        CommunicationError: the slot does not take the card; the service does not notice it, as
            it does not while another is in this slot; or it closed the slot.
    """
    with _connect(host, port) as connection:
        link = _Link(connection, port, stop)
        with contextlib.suppress(_TakenOut):
            _hold(card, link, on_apdu, on_seen)


@contextlib.contextmanager
def inserted(
    card: Card,
    *,
    host: str = HOST,
    ports: Sequence[int] = PORTS,
    on_apdu: OnApdu | None = None,
) -> Iterator[int]:
    """Hold ``card`` in the first free slot of ``ports`` while the block runs; gives its port.

    The service has noticed the card when the block begins; programs are told of it up to half a
    second later. The card is served by a thread of its own, which calls ``on_apdu``; what that
    raises takes the card out and is raised after the block.

    Raises:
        InputError: one of ``ports`` is no port.
        NoReaderError: there is no virtual slot.
        CommunicationError: no slot is free; after the block: the service closed the slot.
    """
    insertion = _first_free(card, host, ports, on_apdu)
    try:
        yield insertion.port
    finally:
        insertion.take_out()
    if insertion.fault is not None:
        raise insertion.fault


class _TakenOut(Exception):  # noqa: N818 - no error, the regular end
    """The card is to be removed."""


class _Link:
    """One connection to the driver, read in whole messages."""

    def __init__(self, connection: socket.socket, port: int, stop: threading.Event) -> None:
        self._connection = connection
        self._port = port
        self._stop = stop

    def receive(self, deadline: float | None) -> bytes:
        """The next message, which must begin before ``deadline`` if there is one."""
        with self._open_slot():
            length = int.from_bytes(self._exactly(2, deadline))
            return self._exactly(length, None)

    def send(self, message: bytes) -> None:
        with self._open_slot():
            self._connection.settimeout(SEND_SECONDS)
            self._connection.sendall(len(message).to_bytes(2) + message)
            self._acknowledge_at_once()

    @contextlib.contextmanager
    def _open_slot(self) -> Iterator[None]:
        try:
            yield
        except OSError as fault:
            raise CommunicationError(
                f"the PC/SC service closed the slot at port {self._port}",
                advice="Start pcscd again, then the simulated card.",
            ) from fault

    def _exactly(self, size: int, deadline: float | None) -> bytes:
        self._connection.settimeout(TICK_SECONDS)
        received = b""
        while len(received) < size:
            if self._stop.is_set():
                raise _TakenOut
            if deadline is not None and time.monotonic() > deadline:
                raise CommunicationError(
                    "the PC/SC service does not notice the card",
                    advice="Another card may be in this slot: take it out, or use the other port.",
                )
            self._acknowledge_at_once()
            with contextlib.suppress(TimeoutError):
                part = self._connection.recv(size - len(received))
                if not part:
                    raise ConnectionResetError
                received += part
        return received

    def _acknowledge_at_once(self) -> None:
        # The driver sends length and body apart, so a delayed acknowledgement costs 44 ms a
        # command. The setting does not last; where the system has none, it is only slower.
        if hasattr(socket, "TCP_QUICKACK"):
            self._connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)


def _connect(host: str, port: int) -> socket.socket:
    if not 0 < port <= 0xFFFF:
        raise InputError("a port is a number from 1 to 65535")
    try:
        return socket.create_connection((host, port), CONNECT_SECONDS)
    except OSError as fault:
        if not _nobody_listens(fault):
            raise CommunicationError(
                f"the virtual reader at {host}, port {port}, does not take the card",
                advice="Another card may be in this slot: take it out, or start pcscd again.",
            ) from fault
        raise NoReaderError(
            f"no virtual reader listens at {host}, port {port}",
            advice="Install vsmartcard-vpcd (Debian, Ubuntu: apt install vsmartcard-vpcd) and"
            " start pcscd.",
        ) from fault


def _nobody_listens(fault: OSError) -> bool:
    """A reader that is there but hangs or is busy fails in other ways, by a timeout mostly."""
    unknown = isinstance(fault, ConnectionRefusedError | socket.gaierror)
    return unknown or fault.errno in UNREACHABLE


def _hold(
    card: Card, link: _Link, on_apdu: OnApdu | None, on_seen: Callable[[], None] | None
) -> None:
    deadline: float | None = time.monotonic() + NOTICE_SECONDS
    while True:
        message = link.receive(deadline)
        if len(message) > 1:
            answer = card.exchange(message)
            link.send(answer)
            if on_apdu is not None:
                on_apdu(message, answer)
        elif message == GET_ATR:
            link.send(card.atr)
            if deadline is not None and on_seen is not None:
                on_seen()
            deadline = None
        elif message in (POWER_OFF, POWER_ON, RESET):
            card.reset()


class _Insertion(threading.Thread):
    """A card held in one slot; ``settled`` is set once it was noticed or failed."""

    def __init__(self, card: Card, host: str, port: int, on_apdu: OnApdu | None) -> None:
        super().__init__(name=f"vpcd-{port}", daemon=True)
        self.port = port
        self.settled = threading.Event()
        self.fault: Exception | None = None
        self._card, self._host, self._on_apdu = card, host, on_apdu
        self._stop_card = threading.Event()

    def run(self) -> None:
        try:
            serve(
                self._card,
                self._host,
                self.port,
                stop=self._stop_card,
                on_apdu=self._on_apdu,
                on_seen=self.settled.set,
            )
        except Exception as fault:  # noqa: BLE001 - raised in the thread of the block
            self.fault = fault
        finally:
            self.settled.set()

    def take_out(self) -> None:
        self._stop_card.set()
        self.join()


def _first_free(card: Card, host: str, ports: Sequence[int], on_apdu: OnApdu | None) -> _Insertion:
    faults = []
    for port in ports:
        insertion = _Insertion(card, host, port, on_apdu)
        insertion.start()
        insertion.settled.wait()
        if insertion.fault is None:
            return insertion
        faults.append(insertion.fault)
    if not faults:
        raise InputError("no port to put the card at")
    raise faults[0]
