"""Readers, waiting and connecting, with a stand-in for pyscard: every failure has its error."""

import math
import subprocess
import sys
import threading
import time

import pytest
from fake_scard import EMPTY, MUTE, PRESENT, T0, T1, FakeScard, InstallScard

from epass.card.apdu import Command, Response
from epass.errors import (
    Cancelled,
    CardRemovedError,
    CommunicationError,
    InputError,
    MissingPackageError,
    NoCardError,
    NoReaderError,
    NoServiceError,
    ReaderError,
    SharingError,
)
from epass.pcsc import connect, list_readers

READ = Command(0xB0, le=4)
EXCLUSIVE, SHARED, RESET = 1, 2, 1
SHARING_VIOLATION, REMOVED = 0x8010000B, 0x80100069


class TestMissingPackage:
    def test_advice(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(sys.modules, "smartcard", None)
        for attempt in (list_readers, connect):
            with pytest.raises(MissingPackageError, match="pyscard is not installed") as caught:
                attempt()
            assert caught.value.facts == {"package": "pyscard"}
            assert "pip install 'epass[pcsc]'" in caught.value.advice
            assert "C compiler" in caught.value.advice
            assert "libpcsclite-dev" in caught.value.advice

    def test_import_works_without(self) -> None:
        program = "import sys; sys.modules['smartcard'] = None; import epass.pcsc"
        subprocess.run([sys.executable, "-W", "error", "-c", program], check=True)


HRESULTS = {
    0x8010001D: NoServiceError,
    0x8010001E: NoServiceError,
    0x80100009: NoReaderError,
    0x80100017: NoReaderError,
    0x8010002E: NoReaderError,
    0x8010000C: NoCardError,
    0x80100069: CardRemovedError,
    0x8010000B: SharingError,
    0x80100068: SharingError,
    0x80100066: CommunicationError,
    0x80100067: CommunicationError,
    0x80100065: CommunicationError,
    0x80100013: CommunicationError,
    0x80100016: CommunicationError,
    0x8010002F: CommunicationError,
    0x80100003: CommunicationError,
    0x0000001F: CommunicationError,  # a Windows error code that is none of PC/SC
}


class TestErrors:
    @pytest.mark.parametrize(("hresult", "kind"), HRESULTS.items(), ids=str)
    def test_transmit(self, scard: FakeScard, hresult: int, kind: type[ReaderError]) -> None:
        scard.fail("SCardTransmit", hresult)
        with connect() as channel, pytest.raises(ReaderError) as caught:
            channel.transmit(READ)
        assert type(caught.value) is kind
        assert caught.value.facts == {"hresult": f"{hresult:08X}"}
        assert "SCardTransmit" in caught.value.message

    def test_signed(self, scard: FakeScard) -> None:
        scard.fail("SCardEstablishContext", 0x8010001D - 2**32)
        with pytest.raises(NoServiceError) as caught:
            list_readers()
        assert caught.value.hresult == 0x8010001D

    def test_no_service(self, scard: FakeScard) -> None:
        scard.fail("SCardEstablishContext", 0x8010001D)
        with pytest.raises(NoServiceError, match="there is no PC/SC service") as caught:
            connect()
        assert caught.value.exit_status == 3
        assert [name for name, *_ in scard.calls] == ["SCardEstablishContext"]

    def test_service_hangs(self, scard: FakeScard, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("epass.pcsc.service._wait", lambda *_: None)
        scard.hanging["SCardEstablishContext"] = threading.Event()
        with pytest.raises(NoServiceError, match="PC/SC did not answer within 5 s"):
            list_readers()
        scard.hanging["SCardEstablishContext"].set()

    def test_bug_is_not_hidden(self, scard: FakeScard) -> None:
        def broken(_: bytes) -> bytes:
            raise ZeroDivisionError

        scard.answer = broken
        with connect() as channel, pytest.raises(ZeroDivisionError):
            channel.transmit(READ)
        assert not scard.open


class TestConnect:
    def test_exclusive(self, scard: FakeScard) -> None:
        scard.atr = bytes.fromhex("3b8480018072004000")
        with connect() as channel:
            assert (channel.reader, channel.atr) == ("Desk", scard.atr)
            assert (channel.protocol, channel.exclusive) == ("T=1", True)
        assert scard.called("SCardConnect", "SCardBeginTransaction", "SCardDisconnect") == [
            ("SCardConnect", "Desk", EXCLUSIVE, T1),
            ("SCardDisconnect", RESET),
        ]
        assert not scard.open

    def test_shared(self, scard: FakeScard) -> None:
        scard.fail("SCardConnect", SHARING_VIOLATION)
        with connect() as channel:
            assert channel.exclusive is False
            assert channel.transmit(READ) == Response()
        names = "SCardConnect", "SCardBeginTransaction", "SCardTransmit", "SCardDisconnect"
        assert scard.called(*names) == [
            ("SCardConnect", "Desk", EXCLUSIVE, T1),
            ("SCardConnect", "Desk", SHARED, T1),
            ("SCardBeginTransaction",),
            ("SCardTransmit", FakeScard.SCARD_PCI_T1, READ.encode()),
            ("SCardDisconnect", RESET),
        ]

    def test_in_use(self, scard: FakeScard) -> None:
        scard.fail("SCardConnect", SHARING_VIOLATION, SHARING_VIOLATION)
        with pytest.raises(SharingError, match="another program uses the card"):
            connect(wait=5)
        assert not scard.open

    def test_t0(self, install_scard: InstallScard) -> None:
        scard = install_scard(FakeScard(protocols=T0, Desk=[PRESENT]))
        with connect() as channel:
            assert (channel.protocol, channel.supports_extended) == ("T=0", False)
            channel.transmit(READ)
        assert scard.called("SCardTransmit") == [("SCardTransmit", 101, READ.encode())]

    def test_no_common_protocol(self, install_scard: InstallScard) -> None:
        scard = install_scard(FakeScard(protocols=0, Desk=[PRESENT]))
        with pytest.raises(CommunicationError, match="no protocol in common"):
            connect()
        assert not scard.open

    def test_card_leaves_after_connect(self, scard: FakeScard) -> None:
        scard.fail("SCardStatus", REMOVED)
        with pytest.raises(CardRemovedError):
            connect()
        assert scard.called("SCardDisconnect") == [("SCardDisconnect", RESET)]
        assert not scard.open

    @pytest.mark.parametrize("function", ["SCardConnect", "SCardBeginTransaction"])
    def test_transaction_of_others(
        self, scard: FakeScard, function: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("epass.pcsc.service.CONNECT_SECONDS", 0.1)
        scard.fail("SCardConnect", SHARING_VIOLATION)
        scard.hanging[function] = threading.Event()
        started = time.monotonic()
        with pytest.raises(SharingError, match="does not let go of the card"):
            connect()
        assert time.monotonic() - started < 0.5
        scard.hanging[function].set()

    def test_transaction_is_kept_alive(
        self, scard: FakeScard, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("epass.pcsc.service.KEEP_ALIVE_SECONDS", 0.02)
        with connect():
            time.sleep(0.1)
            assert len(scard.called("SCardStatus")) == 1  # the one that gives the ATR
        scard.fail("SCardConnect", SHARING_VIOLATION)
        with connect():
            scard.fail("SCardStatus", 0, REMOVED)
            time.sleep(0.3)
            assert len(scard.called("SCardStatus")) > 4


class TestWaiting:
    def test_late_card(self, install_scard: InstallScard) -> None:
        scard = install_scard(FakeScard(Desk=[EMPTY, EMPTY, PRESENT]))
        waits: list[None] = []
        with connect(wait=5, on_wait=lambda: waits.append(None)) as channel:
            assert channel.reader == "Desk"
        assert len(waits) == 2
        assert not scard.open

    def test_any_reader(self, install_scard: InstallScard) -> None:
        install_scard(FakeScard(Left=[EMPTY], Right=[EMPTY, PRESENT]))
        with connect(wait=5) as channel:
            assert channel.reader == "Right"

    def test_a_card_in_a_contact_slot_is_left_alone(self, install_scard: InstallScard) -> None:
        scard = install_scard(FakeScard(Desk_ICC=[PRESENT], Desk_PICC=[EMPTY, PRESENT]))
        with connect(wait=5) as channel:
            assert channel.reader == "Desk PICC"
        assert {call[1] for call in scard.called("SCardConnect")} == {"Desk PICC"}

    def test_a_card_in_a_contact_slot_is_not_the_awaited_one(
        self, install_scard: InstallScard
    ) -> None:
        scard = install_scard(FakeScard(Desk_ICC=[PRESENT], Desk_PICC=[EMPTY]))
        with pytest.raises(NoCardError, match=r"there is no card on Desk PICC$"):
            connect()
        assert scard.called("SCardConnect") == []
        with connect("desk icc") as channel:
            assert channel.reader == "Desk ICC"

    @pytest.mark.parametrize("name", ["wait", "timeout"])
    @pytest.mark.parametrize("seconds", [-1, -0.1, math.nan, math.inf, -math.inf])
    def test_what_is_no_time_is_refused(
        self, install_scard: InstallScard, name: str, seconds: float
    ) -> None:
        scard = install_scard(FakeScard(Desk=[PRESENT]))
        with pytest.raises(InputError, match=f"^{name}: a number of seconds, 0 or more$"):
            connect(**{name: seconds})  # type: ignore[arg-type]
        assert scard.calls == []

    def test_sam_is_no_place(self, install_scard: InstallScard) -> None:
        install_scard(FakeScard(Desk_SAM=[PRESENT], Desk=[EMPTY]))
        with pytest.raises(NoCardError, match=r"there is no card on Desk$"):
            connect()

    def test_wanted_reader(self, install_scard: InstallScard) -> None:
        install_scard(FakeScard(Left=[PRESENT], Right=[EMPTY]))
        with pytest.raises(NoCardError, match=r"there is no card on Right$"):
            connect("right")

    def test_time_limit(self, install_scard: InstallScard) -> None:
        scard = install_scard(FakeScard(Left=[EMPTY], Right=[EMPTY]))
        started = time.monotonic()
        with pytest.raises(NoCardError, match="no card on Left or Right"):
            connect(wait=0.2)
        assert 0.2 <= time.monotonic() - started < 0.5
        assert not scard.open

    def test_slices(self, install_scard: InstallScard) -> None:
        scard = install_scard(FakeScard(Desk=[EMPTY]))
        with pytest.raises(NoCardError):
            connect(wait=0.6)
        waits = [rest[0] for rest in (call[1:] for call in scard.called("SCardGetStatusChange"))]
        assert max(wait for wait in waits if isinstance(wait, int)) <= 500
        assert len(waits) <= 4  # no tight loop

    def test_cancelled(self, install_scard: InstallScard) -> None:
        scard = install_scard(FakeScard(Desk=[EMPTY]))

        def stop() -> None:
            raise Cancelled

        with pytest.raises(Cancelled):
            connect(wait=60, on_wait=stop)
        assert not scard.open

    def test_mute_card(self, install_scard: InstallScard) -> None:
        install_scard(FakeScard(Desk=[MUTE]))
        with pytest.raises(CommunicationError, match="does not answer to being powered"):
            connect(wait=0.1)

    def test_card_is_laid_down_slowly(self, scard: FakeScard) -> None:
        scard.fail("SCardConnect", 0x80100066, 0x8010000C, 0x80100069)
        with connect(wait=5) as channel:
            assert channel.transmit(READ) == Response()
        assert not scard.open

    def test_card_never_settles(self, scard: FakeScard) -> None:
        scard.fail("SCardConnect", *[0x80100066] * 20)
        with pytest.raises(CommunicationError, match="does not answer to being powered"):
            connect(wait=0.3)
        assert 1 < len(scard.called("SCardConnect")) < 5

    def test_reader_unplugged(self, install_scard: InstallScard) -> None:
        install_scard(FakeScard(Desk=[EMPTY, 0x04]))
        with pytest.raises(NoReaderError, match="the reader Desk was disconnected"):
            connect(wait=5)

    def test_no_reader(self, install_scard: InstallScard) -> None:
        scard = install_scard(FakeScard())
        assert list_readers() == ()
        with pytest.raises(NoReaderError, match="no reader is connected"):
            connect(wait=5)
        assert not scard.open
