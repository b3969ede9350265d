"""The simulated card in a virtual slot: against a driver made here, and in the real service."""

import contextlib
import errno
import os
import socket
import threading
import time
from collections.abc import Iterator

import pytest
from sim_cards import FILES, Handmade
from sim_terminal import Terminal, seeded
from vpcd_card import Slot

from epass.card.apdu import Command
from epass.crypto.ciphers import Cipher
from epass.errors import (
    CardRemovedError,
    CommunicationError,
    InputError,
    NoReaderError,
)
from epass.lds.names import File
from epass.pcsc import connect
from epass.sim import vpcd
from epass.sim.chip import Chip


class EchoCard:
    """Answers with the command in reverse; counts its resets."""

    atr = b"\x3b\x80\x80\x01\x01"

    def __init__(self) -> None:
        self.resets = 0

    def reset(self) -> None:
        self.resets += 1

    def exchange(self, received: bytes) -> bytes:
        return received[::-1] + b"\x90\x00"


class Driver:
    """The driver's side of one slot. While nobody accepts, a card is connected but unseen."""

    def __init__(self) -> None:
        self.server = socket.create_server(("127.0.0.1", 0))
        self.port: int = self.server.getsockname()[1]
        self.link: socket.socket | None = None

    def accept(self) -> None:
        self.link, _ = self.server.accept()
        self.link.settimeout(5)

    def send(self, message: bytes, *, pieces: bool = False) -> None:
        assert self.link is not None
        framed = len(message).to_bytes(2) + message
        for part in [framed[i : i + 1] for i in range(len(framed))] if pieces else [framed]:
            self.link.sendall(part)
            time.sleep(0.001 if pieces else 0)

    def receive(self) -> bytes:
        return self._exactly(int.from_bytes(self._exactly(2)))

    def _exactly(self, size: int) -> bytes:
        assert self.link is not None
        received = b""
        while len(received) < size:
            part = self.link.recv(size - len(received))
            assert part, "the card is gone"
            received += part
        return received

    def card_has_left(self) -> bool:
        assert self.link is not None
        try:
            return self.link.recv(1) == b""
        except ConnectionResetError:  # it left something unread
            return True

    def hang_up(self) -> None:
        if self.link is not None:
            self.link.close()
            self.link = None

    def close(self) -> None:
        self.hang_up()
        self.server.close()


@pytest.fixture
def driver() -> Iterator[Driver]:
    with contextlib.closing(Driver()) as made:
        yield made


def noticing(driver: Driver) -> threading.Thread:
    """Let the driver notice the next card, as the service would by and by."""

    def notice() -> None:
        driver.accept()
        driver.send(vpcd.GET_ATR)
        assert driver.receive() == EchoCard.atr

    thread = threading.Thread(target=notice)
    thread.start()
    return thread


@contextlib.contextmanager
def seen(card: vpcd.Card, driver: Driver, on_apdu: vpcd.OnApdu | None = None) -> Iterator[None]:
    thread = noticing(driver)
    with vpcd.inserted(card, ports=[driver.port], on_apdu=on_apdu) as port:
        thread.join()
        assert port == driver.port
        yield


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def test_commands_are_answered_in_the_framing_of_the_driver(driver: Driver) -> None:
    heard: list[tuple[bytes, bytes]] = []
    with seen(EchoCard(), driver, lambda command, answer: heard.append((command, answer))):
        driver.send(b"\x00\xa4")
        assert driver.receive() == b"\xa4\x00\x90\x00"
        driver.send(b"\x00\xb0\x00\x00\x04", pieces=True)
        assert driver.receive() == b"\x04\x00\x00\xb0\x00\x90\x00"
    assert heard == [
        (b"\x00\xa4", b"\xa4\x00\x90\x00"),
        (b"\x00\xb0\x00\x00\x04", b"\x04\x00\x00\xb0\x00\x90\x00"),
    ]


def test_the_largest_apdu_that_the_driver_carries(driver: Driver) -> None:
    with seen(EchoCard(), driver):
        command = bytes(65_533)
        driver.send(command)
        assert driver.receive() == command + b"\x90\x00"


def test_a_system_without_quick_acknowledgements(
    driver: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(socket, "TCP_QUICKACK", raising=False)
    with seen(EchoCard(), driver):
        driver.send(b"\x00\xa4")
        assert driver.receive() == b"\xa4\x00\x90\x00"


def test_only_the_atr_control_is_answered(driver: Driver) -> None:
    card = EchoCard()
    with seen(card, driver):
        for control in (vpcd.POWER_OFF, vpcd.POWER_ON, vpcd.RESET, b"\x03", b"\xff", b""):
            driver.send(control)
        driver.send(vpcd.GET_ATR)
        assert driver.receive() == EchoCard.atr  # and nothing before it
    assert card.resets == 3


def test_the_card_leaves_with_the_block(driver: Driver) -> None:
    with seen(EchoCard(), driver):
        pass
    assert driver.card_has_left()


def test_the_card_leaves_when_the_block_fails(driver: Driver) -> None:
    with pytest.raises(KeyError), seen(EchoCard(), driver):
        raise KeyError
    assert driver.card_has_left()


def test_it_leaves_in_the_middle_of_a_message(driver: Driver) -> None:
    with seen(EchoCard(), driver):
        assert driver.link is not None
        driver.link.sendall(b"\x00\x05\x00")
    assert driver.card_has_left()


def test_serve_ends_without_a_word_when_it_is_stopped(driver: Driver) -> None:
    stop = threading.Event()
    stop.set()
    vpcd.serve(EchoCard(), port=driver.port, stop=stop)


def test_nobody_listens() -> None:
    port = free_port()
    with pytest.raises(NoReaderError, match=f"no virtual reader listens at 127.0.0.1, port {port}"):
        vpcd.serve(EchoCard(), port=port, stop=threading.Event())
    with (
        pytest.raises(NoReaderError) as caught,
        vpcd.inserted(EchoCard(), ports=[port, free_port()]),
    ):
        pytest.fail("inserted nowhere")
    assert "apt install vsmartcard-vpcd" in caught.value.advice
    assert str(port) in caught.value.message  # the first port, not the last


@pytest.mark.parametrize("port", [-1, 0, 65_536])
def test_no_port(port: int) -> None:
    with pytest.raises(InputError, match="from 1 to 65535"):
        vpcd.serve(EchoCard(), port=port, stop=threading.Event())


def test_no_ports_at_all() -> None:
    with pytest.raises(InputError, match="no port"), vpcd.inserted(EchoCard(), ports=[]):
        pytest.fail("inserted nowhere")


def test_a_slot_with_another_card(driver: Driver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vpcd, "NOTICE_SECONDS", 0.2)
    with pytest.raises(CommunicationError, match="does not notice the card") as caught:
        vpcd.serve(EchoCard(), port=driver.port, stop=threading.Event())
    assert "Another card may be in this slot" in caught.value.advice


def test_the_next_slot_is_tried(driver: Driver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vpcd, "NOTICE_SECONDS", 0.5)
    with contextlib.closing(Driver()) as taken:
        thread = noticing(driver)
        with vpcd.inserted(EchoCard(), ports=[taken.port, driver.port]) as port:
            thread.join()
            assert port == driver.port


@pytest.mark.parametrize("begun", [b"", b"\x00", b"\x00\x05\x00\xb0"])
def test_the_driver_hangs_up(driver: Driver, begun: bytes) -> None:
    def hang_up() -> None:
        driver.accept()
        assert driver.link is not None
        driver.link.sendall(begun)
        driver.hang_up()

    thread = threading.Thread(target=hang_up)
    thread.start()
    with pytest.raises(CommunicationError, match=f"closed the slot at port {driver.port}"):
        vpcd.serve(EchoCard(), port=driver.port, stop=threading.Event())
    thread.join()


def test_the_driver_hangs_up_while_the_block_runs(driver: Driver) -> None:
    def run() -> None:
        with seen(EchoCard(), driver):
            driver.hang_up()
            time.sleep(0.2)

    with pytest.raises(CommunicationError, match="closed the slot"):
        run()


@pytest.mark.parametrize(
    "fault",
    [
        ConnectionRefusedError(errno.ECONNREFUSED, "Connection refused"),
        OSError(errno.EHOSTUNREACH, "No route to host"),
        OSError(errno.ENETUNREACH, "Network is unreachable"),
        socket.gaierror(socket.EAI_NONAME, "Name or service not known"),
    ],
)
def test_nobody_can_be_there(fault: OSError, monkeypatch: pytest.MonkeyPatch) -> None:
    fail_to_connect(monkeypatch, {1: fault})
    with pytest.raises(NoReaderError, match=r"no virtual reader listens at 127\.0\.0\.1, port 1$"):
        vpcd.serve(EchoCard(), port=1, stop=threading.Event())


@pytest.mark.parametrize(
    "fault",
    [
        TimeoutError("timed out"),
        TimeoutError(errno.ETIMEDOUT, "Connection timed out"),
        ConnectionResetError(errno.ECONNRESET, "Connection reset by peer"),
    ],
)
def test_a_slot_that_hangs_is_no_missing_reader(
    fault: OSError, driver: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    fail_to_connect(monkeypatch, {1: fault})
    with pytest.raises(CommunicationError, match="port 1, does not take the card") as caught:
        vpcd.serve(EchoCard(), port=1, stop=threading.Event())
    assert "Another card may be in this slot" in caught.value.advice
    thread = noticing(driver)
    with vpcd.inserted(EchoCard(), ports=[1, driver.port]) as port:
        thread.join()
        assert port == driver.port


def fail_to_connect(monkeypatch: pytest.MonkeyPatch, faults: dict[int, OSError]) -> None:
    connect_for_real = socket.create_connection

    def create(address: tuple[str, int], timeout: float) -> socket.socket:
        if address[1] in faults:
            raise faults[address[1]]
        return connect_for_real(address, timeout)

    monkeypatch.setattr(socket, "create_connection", create)


def test_a_full_disk_of_the_listener_is_not_told_as_a_closed_slot(driver: Driver) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    thread = noticing(driver)
    with pytest.raises(OSError, match="No space left on device") as caught:
        vpcd.serve(EchoCard(), port=driver.port, stop=threading.Event(), on_seen=full)
    thread.join()
    assert caught.value.errno == errno.ENOSPC
    assert driver.card_has_left()


def test_what_the_listener_raises_comes_after_the_block(driver: Driver) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    def run() -> None:
        with seen(EchoCard(), driver, full):
            driver.send(b"\x00\xa4")
            assert driver.receive() == b"\xa4\x00\x90\x00"
            assert driver.card_has_left()

    with pytest.raises(OSError, match="No space left on device") as caught:
        run()
    assert caught.value.errno == errno.ENOSPC


# --- the real service -------------------------------------------------------------------------


def own_chip(nonce: bytes, **options: object) -> Chip:
    return Chip(Handmade(), random=seeded(5), nonce=nonce, **options)  # type: ignore[arg-type]


@contextlib.contextmanager
def in_service(slot: Slot, chip: Chip) -> Iterator[None]:
    with vpcd.inserted(chip, ports=[slot.port]):
        slot.wait_for(card=True)
        yield
    slot.wait_for(card=False)


@pytest.mark.pcsc
def test_a_session_through_the_real_service(vpcd_slot_0: Slot) -> None:
    chip = own_chip(os.urandom(8), cipher="AES-256")
    with in_service(vpcd_slot_0, chip), connect(vpcd_slot_0.name) as channel:
        assert channel.atr == chip.atr  # our own card, not a forgotten one
        assert channel.protocol == "T=1"
        assert channel.supports_extended is True
        terminal = Terminal(channel)
        terminal.pace(Cipher.AES_256, chip.suites[0].group)
        terminal.select_application()
        answer = terminal.send("00B08200", le=65536, extended=True)
        assert answer.data == FILES[File.DG2]
        begin = time.monotonic()
        for _ in range(50):
            terminal.ok("00B08100", le=90)
        assert time.monotonic() - begin < 1  # 44 ms each if acknowledgements are delayed


@pytest.mark.pcsc
def test_every_connection_begins_with_a_reset(vpcd_slot_0: Slot) -> None:
    with in_service(vpcd_slot_0, own_chip(os.urandom(8))):
        with connect(vpcd_slot_0.name) as channel:
            terminal = Terminal(channel)
            terminal.select_application()
            terminal.bac()
            terminal.ok("00B08100", le=8)
        with connect(vpcd_slot_0.name) as channel:
            assert channel.transmit(Command(0xB0, 0x9C, le=2)).data == b"\x31\x14"


@pytest.mark.pcsc
def test_a_second_card_does_not_get_into_the_slot(vpcd_slot_0: Slot) -> None:
    first, second = own_chip(b"first"), own_chip(b"second")
    with in_service(vpcd_slot_0, first):
        with pytest.raises(CommunicationError, match="does not notice the card"):
            vpcd.serve(second, port=vpcd_slot_0.port, stop=threading.Event())
        with connect(vpcd_slot_0.name) as channel:
            assert channel.atr == first.atr


@pytest.mark.pcsc
def test_the_card_is_taken_out_during_a_session(vpcd_slot_0: Slot) -> None:
    chip = own_chip(os.urandom(8))
    with contextlib.ExitStack() as stack:
        stack.enter_context(vpcd.inserted(chip, ports=[vpcd_slot_0.port]))
        vpcd_slot_0.wait_for(card=True)
        with connect(vpcd_slot_0.name) as channel:
            channel.transmit(Command(0xB0, 0x9C, le=2))
            stack.close()
            with pytest.raises((CardRemovedError, CommunicationError)):
                channel.transmit(Command(0xB0, 0x9C, le=2))
    vpcd_slot_0.wait_for(card=False)
