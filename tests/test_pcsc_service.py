"""epass.pcsc against the machine's own PC/SC service, with a card in software behind it."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any, ClassVar, Self

import pytest
from vpcd_card import RESET, Answer, FakeCard, Pulled, Slot, make_atr

from epass.card.apdu import Command, Response
from epass.errors import (
    Cancelled,
    CardRemovedError,
    CardSilentError,
    NoCardError,
    SharingError,
    UnsupportedError,
)
from epass.pcsc import choose, connect, list_readers

pytestmark = pytest.mark.pcsc

READ = Command(0xB0, le=4)
PROTECTED = Command(0xB0, cla=0x0C, data=b"\x97\x01\x04", le=256)
DATA = b"\x01\x02\x03\x04"


def script(*answers: bytes) -> Answer:
    left = list(answers)
    return lambda _: left.pop(0)


def answer_ok(_: bytes) -> bytes:
    return DATA + b"\x90\x00"


def stay_silent(_: bytes) -> None:
    return None


def leave(_: bytes) -> bytes:
    raise Pulled


@pytest.fixture(scope="class")
def shared_card(request: pytest.FixtureRequest, vpcd_slot: Slot) -> Iterator[FakeCard]:
    """One card for a class of tests that leave it in the reader; laying it down takes a second."""
    with FakeCard(vpcd_slot, answer_ok, make_atr(**getattr(request.cls, "ATR", {}))) as card:
        vpcd_slot.wait_for(card=True)
        yield card


@pytest.fixture
def card(shared_card: FakeCard) -> FakeCard:
    shared_card.answer = answer_ok
    shared_card.commands.clear()
    shared_card.controls.clear()
    return shared_card


class Rival:
    """Another PC/SC program, which uses pyscard directly."""

    EXCLUSIVE, SHARED = 1, 2

    def __enter__(self) -> Self:
        self.scard: Any = pytest.importorskip("smartcard.scard")
        hresult, self.context = self.scard.SCardEstablishContext(0)
        assert hresult == 0
        return self

    def __exit__(self, *_: object) -> None:
        assert self.scard.SCardReleaseContext(self.context) == 0

    def connect(self, reader: str, share: int) -> int:
        hresult, handle, _ = self.scard.SCardConnect(self.context, reader, share, 3)
        assert hresult == 0
        return int(handle)


@pytest.fixture
def rival() -> Iterator[Rival]:
    with Rival() as program:
        yield program


class TestReaders:
    @pytest.mark.usefixtures("card")
    def test_list(self, vpcd_slot: Slot) -> None:
        readers = list_readers()
        assert [reader.index for reader in readers] == list(range(len(readers)))
        assert {reader.name: reader.has_card for reader in readers}[vpcd_slot.name] is True

    def test_choose(self, vpcd_slot: Slot) -> None:
        readers = list_readers()
        found = choose(readers, "pcd 00 01")
        assert found.name == vpcd_slot.name
        assert choose(readers, found.index) == choose(readers, str(found.index)) == found


class TestWaiting:
    def test_no_card(self, vpcd_slot: Slot) -> None:
        started = time.monotonic()
        with pytest.raises(NoCardError, match=f"no card on {vpcd_slot.name}"):
            connect(vpcd_slot.name)
        assert time.monotonic() - started < 0.5

    def test_no_card_in_time(self, vpcd_slot: Slot) -> None:
        waits: list[float] = []
        started = time.monotonic()
        with pytest.raises(NoCardError):
            connect(vpcd_slot.name, wait=1, on_wait=lambda: waits.append(time.monotonic()))
        assert 1 <= time.monotonic() - started < 1.5
        assert 2 <= len(waits) <= 5

    def test_late_card(self, vpcd_slot: Slot) -> None:
        card = FakeCard(vpcd_slot, answer_ok)
        hand = threading.Timer(0.3, card.insert)
        hand.start()
        try:
            with connect(vpcd_slot.name, wait=5) as channel:
                assert channel.atr == card.atr
                assert channel.transmit(READ) == Response(DATA)
        finally:
            hand.join()
            card.pull()
            vpcd_slot.wait_for(card=False)

    def test_cancelled(self, vpcd_slot: Slot) -> None:
        def stop() -> None:
            raise Cancelled

        with pytest.raises(Cancelled):
            connect(vpcd_slot.name, wait=60, on_wait=stop)


class TestExchange:
    def test_connection(self, vpcd_slot: Slot, card: FakeCard) -> None:
        with connect(vpcd_slot.name) as channel:
            assert (channel.atr, channel.reader) == (card.atr, vpcd_slot.name)
            assert (channel.protocol, channel.exclusive) == ("T=1", True)
            assert channel.supports_extended is None

    @pytest.mark.parametrize(
        "command",
        [
            Command(0xA4, 0x00, 0x0C),
            Command(0xB0, le=256),
            Command(0xA4, 0x04, 0x0C, bytes(range(7))),
            Command(0x86, data=bytes(255), le=256),
            Command(0xB0, le=256, extended=True),
            Command(0xB0, le=65536),
            Command(0xD6, data=bytes(256)),
            Command(0x86, data=bytes(65526), le=65536),  # 65,535 bytes: all that vpcd carries
        ],
        ids=lambda command: f"{len(command.encode())}-bytes",
    )
    def test_command(self, vpcd_slot: Slot, card: FakeCard, command: Command) -> None:
        with connect(vpcd_slot.name) as channel:
            assert channel.transmit(command) == Response(DATA)
        assert card.commands == [command.encode()]

    @pytest.mark.parametrize("size", [0, 1, 256, 257, 4096, 65533])
    def test_response(self, vpcd_slot: Slot, card: FakeCard, size: int) -> None:
        body = os.urandom(size)
        card.answer = script(body + b"\x90\x00")
        with connect(vpcd_slot.name) as channel:
            assert channel.transmit(Command(0xB0, le=65536)) == Response(body)

    def test_more_data(self, vpcd_slot: Slot, card: FakeCard) -> None:
        card.answer = script(b"ab\x61\x02", b"cd\x61\x01", b"e\x62\x82")
        with connect(vpcd_slot.name) as channel:
            assert channel.transmit(PROTECTED) == Response(b"abcde", 0x6282)
        assert [apdu.hex() for apdu in card.commands[1:]] == ["00c0000002", "00c0000001"]

    def test_wrong_le(self, vpcd_slot: Slot, card: FakeCard) -> None:
        card.answer = script(b"\x6c\x02", b"ab\x90\x00", b"\x6c\x02")
        with connect(vpcd_slot.name) as channel:
            assert channel.transmit(READ) == Response(b"ab")
            assert channel.transmit(PROTECTED) == Response(sw=0x6C02)
        assert [apdu.hex() for apdu in card.commands[:2]] == ["00b0000004", "00b0000002"]
        assert card.commands[2:] == [PROTECTED.encode()]

    def test_reset_on_close(self, vpcd_slot: Slot, card: FakeCard) -> None:
        with connect(vpcd_slot.name) as channel:
            channel.transmit(READ)
            assert RESET not in card.controls
        assert RESET in card.controls

    @pytest.mark.usefixtures("card")
    def test_overhead(self, vpcd_slot: Slot) -> None:
        with connect(vpcd_slot.name) as channel:
            started = time.monotonic()
            for _ in range(200):
                channel.transmit(READ)
        assert (time.monotonic() - started) / 200 < 0.005  # 0.1 ms here; a chip takes 10 ms


class TestT0:
    ATR: ClassVar = {"t0": True, "t1": False}

    def test_case_4(self, vpcd_slot: Slot, card: FakeCard) -> None:
        card.answer = script(b"\x61\x02", b"ab\x90\x00")
        with connect(vpcd_slot.name) as channel:
            assert (channel.protocol, channel.supports_extended) == ("T=0", False)
            assert channel.transmit(Command(0x86, data=b"\x7c\x00", le=256)) == Response(b"ab")
        assert [apdu.hex() for apdu in card.commands] == ["00860000027c00", "00c0000002"]

    def test_wrong_le(self, vpcd_slot: Slot, card: FakeCard) -> None:
        card.answer = script(b"\x6c\x02", b"ab\x90\x00")
        with connect(vpcd_slot.name) as channel:
            assert channel.transmit(READ) == Response(b"ab")
        assert card.commands[1] == b"\x00\xb0\x00\x00\x02"

    def test_extended(self, vpcd_slot: Slot, card: FakeCard) -> None:
        with (
            connect(vpcd_slot.name) as channel,
            pytest.raises(UnsupportedError, match="extended length cannot be sent over T=0"),
        ):
            channel.transmit(Command(0xB0, le=257))
        assert card.commands == []


class TestBothProtocols:
    ATR: ClassVar = {"t0": True, "t1": True, "capabilities": b"\x00\x00\x40"}

    @pytest.mark.usefixtures("card")
    def test_t1_is_taken(self, vpcd_slot: Slot) -> None:
        with connect(vpcd_slot.name) as channel:
            assert (channel.protocol, channel.supports_extended) == ("T=1", True)
            assert channel.transmit(Command(0xB0, le=65536)) == Response(DATA)


class TestSharing:
    @pytest.mark.usefixtures("card")
    def test_rival_shares(self, vpcd_slot: Slot, rival: Rival) -> None:
        rival.connect(vpcd_slot.name, rival.SHARED)
        with connect(vpcd_slot.name) as channel:
            assert channel.exclusive is False
            assert channel.transmit(READ) == Response(DATA)

    @pytest.mark.usefixtures("card")
    def test_rival_keeps_to_itself(self, vpcd_slot: Slot, rival: Rival) -> None:
        rival.connect(vpcd_slot.name, rival.EXCLUSIVE)
        with pytest.raises(SharingError, match="another program uses the card"):
            connect(vpcd_slot.name)

    @pytest.mark.usefixtures("card")
    def test_rival_in_transaction(
        self, vpcd_slot: Slot, rival: Rival, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("epass.pcsc.service.CONNECT_SECONDS", 0.5)
        handle = rival.connect(vpcd_slot.name, rival.SHARED)
        assert rival.scard.SCardBeginTransaction(handle) == 0
        started = time.monotonic()
        with pytest.raises(SharingError, match="does not let go of the card"):
            connect(vpcd_slot.name)
        assert time.monotonic() - started < 1
        assert rival.scard.SCardEndTransaction(handle, 0) == 0
        for thread in threading.enumerate():
            if thread.name == "epass-pcsc":  # the abandoned call, which comes through now
                thread.join(5)
        with connect(vpcd_slot.name) as channel:
            assert channel.transmit(READ) == Response(DATA)

    @pytest.mark.usefixtures("card")
    def test_we_are_exclusive(self, vpcd_slot: Slot, rival: Rival) -> None:
        with connect(vpcd_slot.name) as channel:
            assert channel.exclusive is True
            hresult, *_ = rival.scard.SCardConnect(rival.context, vpcd_slot.name, 2, 3)
            assert hresult == 0x8010000B
        rival.connect(vpcd_slot.name, rival.EXCLUSIVE)


class TestRemoval:
    def test_between_commands(self, vpcd_slot: Slot) -> None:
        with (
            FakeCard(vpcd_slot, answer_ok) as card,
            connect(vpcd_slot.name, wait=5) as channel,
        ):
            channel.transmit(READ)
            card.pull()
            with pytest.raises(CardRemovedError) as caught:
                channel.transmit(READ)
            with pytest.raises(CardRemovedError) as again:
                channel.transmit(READ)
            assert again.value is caught.value

    def test_in_an_exchange(self, vpcd_slot: Slot) -> None:
        with FakeCard(vpcd_slot, leave), connect(vpcd_slot.name, wait=5) as channel:
            started = time.monotonic()
            with pytest.raises(CardRemovedError):
                channel.transmit(READ)
            assert time.monotonic() - started < 1.5

    def test_card_comes_back(self, vpcd_slot: Slot) -> None:
        with FakeCard(vpcd_slot, answer_ok) as card:
            with connect(vpcd_slot.name, wait=5) as channel:
                card.pull()
                vpcd_slot.wait_for(card=False)
                card.insert()
                vpcd_slot.wait_for(card=True)
                with pytest.raises(CardRemovedError):
                    channel.transmit(READ)
            with connect(vpcd_slot.name, wait=5) as channel:
                assert channel.transmit(READ) == Response(DATA)


SILENT = """
import sys, time
from epass.card.apdu import Command
from epass.errors import CardSilentError
from epass.pcsc import connect, list_readers

channel = connect({reader!r}, wait=5, timeout={timeout})
print("connected", flush=True)
try:
    channel.transmit(Command(0xB0, le=4))
except CardSilentError as error:
    started = time.monotonic()
    {close}
    print(error.code, len(list_readers()) > 1, time.monotonic() - started < 1)
"""


class TestSilence:
    def test_time_limit(self, vpcd_slot: Slot) -> None:
        with (
            FakeCard(vpcd_slot, stay_silent),
            connect(vpcd_slot.name, wait=5, timeout=0.4) as channel,
        ):
            started = time.monotonic()
            with pytest.raises(CardSilentError, match=r"did not answer within 0\.4 s") as caught:
                channel.transmit(READ)
            assert 0.4 <= time.monotonic() - started < 0.8
            with pytest.raises(CardSilentError) as again:
                channel.transmit(READ)
            assert again.value is caught.value
            channel.close()
            assert time.monotonic() - started < 1

    @pytest.mark.parametrize("close", ["channel.close()", "pass"])
    def test_program_can_end(self, vpcd_slot: Slot, close: str) -> None:
        with FakeCard(vpcd_slot, stay_silent):
            program = self.start(vpcd_slot, timeout=0.5, close=close)
            started = time.monotonic()
            out, err = program.communicate(timeout=10)
            assert time.monotonic() - started < 2.5
            assert (out.split(), err) == (["card_silent", "True", "True"], "")
            assert program.returncode == 0

    def test_interrupt(self, vpcd_slot: Slot) -> None:
        with FakeCard(vpcd_slot, stay_silent) as card:
            program = self.start(vpcd_slot, timeout=60, close="pass")
            while not card.commands:
                time.sleep(0.01)
            started = time.monotonic()
            program.send_signal(signal.SIGINT)
            _, err = program.communicate(timeout=10)
            assert time.monotonic() - started < 1
            assert err.rstrip().endswith("KeyboardInterrupt")

    def start(self, slot: Slot, *, timeout: float, close: str) -> "subprocess.Popen[str]":
        source = SILENT.format(reader=slot.name, timeout=timeout, close=close)
        program = subprocess.Popen(
            [sys.executable, "-W", "error", "-c", source],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert program.stdout is not None
        assert program.stdout.readline() == "connected\n"
        return program


def test_no_service() -> None:
    source = (
        "from epass.errors import NoServiceError\n"
        "from epass.pcsc import connect, list_readers\n"
        "for attempt in (list_readers, connect):\n"
        "    try:\n"
        "        attempt()\n"
        "    except NoServiceError as error:\n"
        "        print(error.code, error.facts['hresult'])\n"
    )
    program = subprocess.run(
        [sys.executable, "-W", "error", "-c", source],
        env={**os.environ, "PCSCLITE_CSOCK_NAME": "/nonexistent/pcscd.comm"},
        capture_output=True,
        text=True,
        timeout=10,
        check=True,
    )
    assert program.stdout.split() == ["no_service", "8010001D"] * 2
