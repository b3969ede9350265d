"""Exchanges with a card, with a stand-in for pyscard: what a chip may answer, or fail to."""

import _thread
import logging
import threading
import time
from collections.abc import Callable

import pytest
from fake_scard import EMPTY, PRESENT, T0, T1, FakeScard, InstallScard, installed
from hypothesis import given, settings
from hypothesis import strategies as st

from epass.card.apdu import Command, Response
from epass.errors import (
    CardRemovedError,
    CardSilentError,
    CommunicationError,
    EpassError,
    NoCardError,
    NoReaderError,
    NoServiceError,
    ProtocolError,
    ReaderError,
    UnsupportedError,
)
from epass.pcsc import PcscChannel, connect

READ = Command(0xB0, le=4)
PROTECTED = Command(0xB0, cla=0x0C, data=b"\x97\x01\x04", le=256)
SHARING = 0x8010000B
RESET, REMOVED, NOT_TRANSACTED = 1, 0x80100069, 0x80100016


def script(*answers: bytes) -> Callable[[bytes], bytes]:
    left = list(answers)
    return lambda _: left.pop(0)


def sent(scard: FakeScard) -> list[str]:
    return [apdu.hex() for apdu in scard.sent]


class TestParts:
    @pytest.mark.parametrize(
        ("cla", "fetch"),
        [(0x00, "00"), (0x0C, "00"), (0x1C, "00"), (0x0E, "02"), (0x8C, "80"), (0x72, "42")],
    )
    def test_class_of_get_response(self, scard: FakeScard, cla: int, fetch: str) -> None:
        scard.answer = script(b"ab\x61\x00", b"cd\x62\x82")
        with connect() as channel:
            command = Command(0xB0, cla=cla, data=b"\x00", le=256)
            assert channel.transmit(command) == Response(b"abcd", 0x6282)
        assert sent(scard) == [command.encode().hex(), f"{fetch}c0000000"]

    def test_wrong_le_of_get_response(self, scard: FakeScard) -> None:
        scard.answer = script(b"\x61\x09", b"\x6c\x02", b"ab\x90\x00")
        with connect() as channel:
            assert channel.transmit(PROTECTED) == Response(b"ab")
        assert sent(scard)[1:] == ["00c0000009", "00c0000002"]

    def test_whole_64k(self, scard: FakeScard) -> None:
        scard.answer = script(*[bytes(256) + b"\x61\x00"] * 255, bytes(256) + b"\x90\x00")
        with connect() as channel:
            assert channel.transmit(READ) == Response(bytes(65536))

    def test_too_long(self, scard: FakeScard) -> None:
        scard.answer = lambda _: bytes(256) + b"\x61\x00"
        with connect() as channel, pytest.raises(ProtocolError, match="no end after 65536 bytes"):
            channel.transmit(READ)
        assert len(scard.sent) == 256

    def test_too_many(self, scard: FakeScard) -> None:
        scard.answer = lambda _: b"\x61\x01"
        with connect() as channel, pytest.raises(ProtocolError, match="no end after 0 bytes"):
            channel.transmit(READ)
        assert len(scard.sent) == 1025


class TestWrongLe:
    def test_once(self, scard: FakeScard) -> None:
        scard.answer = script(b"\x6c\x00", b"\x6c\x05")
        with connect() as channel:
            assert channel.transmit(READ) == Response(sw=0x6C05)
        assert sent(scard) == ["00b0000004", "00b0000000"]

    @pytest.mark.parametrize("cla", [0x04, 0x08, 0x0C, 0x8C, 0x60])
    def test_protected(self, scard: FakeScard, cla: int) -> None:
        scard.answer = script(b"\x6c\x02")
        with connect() as channel:
            assert channel.transmit(Command(0xB0, cla=cla, le=4)) == Response(sw=0x6C02)

    @pytest.mark.parametrize("ins", [0xA4, 0xB0, 0xB1])
    def test_what_may_be_repeated(self, scard: FakeScard, ins: int) -> None:
        scard.answer = script(b"\x6c\x02", b"ab\x90\x00")
        with connect() as channel:
            assert channel.transmit(Command(ins, data=b"\x7c\x00", le=256)).data == b"ab"
        assert sent(scard)[1] == f"00{ins:02x}0000027c0002"

    @pytest.mark.parametrize("ins", [0x22, 0x82, 0x84, 0x86, 0x88, 0x2A])
    @pytest.mark.parametrize("cla", [0x00, 0x10])
    def test_what_may_have_used_a_key_or_a_challenge_up(
        self, scard: FakeScard, ins: int, cla: int
    ) -> None:
        scard.answer = script(b"\x6c\x02")
        with connect() as channel:
            command = Command(ins, cla=cla, data=b"\x7c\x00", le=256)
            assert channel.transmit(command) == Response(sw=0x6C02)
        assert sent(scard) == [command.encode().hex()]


class TestT0:
    @pytest.fixture
    def scard(self, install_scard: InstallScard) -> FakeScard:
        return install_scard(FakeScard(protocols=T0, Desk=[PRESENT]))

    @pytest.mark.parametrize(
        ("command", "wire"),
        [
            (Command(0xA4), "00a40000"),
            (Command(0xB0, le=256), "00b0000000"),
            (Command(0xA4, data=b"\x01\x1c"), "00a4000002011c"),
            (Command(0x86, data=b"\x7c\x00", le=256), "00860000027c00"),
        ],
    )
    def test_cases(self, scard: FakeScard, command: Command, wire: str) -> None:
        with connect() as channel:
            channel.transmit(command)
        assert sent(scard) == [wire]

    def test_wrong_le(self, scard: FakeScard) -> None:
        scard.answer = script(b"\x6c\x02", b"ab\x90\x00", b"\x6c\x02")
        with connect() as channel:
            assert channel.transmit(READ) == Response(b"ab")
            assert channel.transmit(Command(0x86, data=b"\x00", le=256)) == Response(sw=0x6C02)
        assert sent(scard) == ["00b0000004", "00b0000002", "008600000100"]

    @pytest.mark.parametrize("command", [Command(0xB0, le=257), Command(0xD6, data=bytes(256))])
    def test_extended(self, scard: FakeScard, command: Command) -> None:
        with connect() as channel, pytest.raises(UnsupportedError, match=r"extended .* over T=0"):
            channel.transmit(command)
        assert sent(scard) == []


class TestFaults:
    @pytest.mark.parametrize("answer", [b"", b"\x90"])
    @pytest.mark.parametrize("states", [[EMPTY], [PRESENT, EMPTY]])
    def test_card_left_meanwhile(self, scard: FakeScard, answer: bytes, states: list[int]) -> None:
        scard.answer = lambda _: answer
        with connect() as channel:
            scard.states["Desk"] = list(states)
            with pytest.raises(CardRemovedError) as caught:
                channel.transmit(READ)
        assert isinstance(caught.value.__cause__, CommunicationError)

    @pytest.mark.parametrize(
        ("status", "kind"),
        [(REMOVED, CardRemovedError), (0x80100017, NoReaderError), (0x8010001E, NoServiceError)],
    )
    def test_pcsc_knows_why(self, scard: FakeScard, status: int, kind: type[ReaderError]) -> None:
        with connect() as channel:
            scard.states["Desk"] = [PRESENT, PRESENT | 0x10000]  # left and came back
            scard.fail("SCardTransmit", NOT_TRANSACTED)
            scard.fail("SCardStatus", status)
            with pytest.raises(kind):
                channel.transmit(READ)

    def test_link_is_disturbed(self, scard: FakeScard, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("epass.pcsc.service.REMOVAL_SECONDS", 0.05)
        with connect() as channel:
            scard.fail("SCardTransmit", NOT_TRANSACTED)
            scard.fail("SCardStatus", 0x80100013)  # as vague as the fault itself
            with pytest.raises(CommunicationError, match="broken off") as caught:
                channel.transmit(READ)
            assert caught.value.__cause__ is None
            assert caught.value.hresult == NOT_TRANSACTED

    @pytest.mark.parametrize("hresult", [REMOVED, NOT_TRANSACTED])
    def test_dead_afterwards(self, scard: FakeScard, hresult: int) -> None:
        scard.fail("SCardTransmit", hresult)
        with connect() as channel:
            with pytest.raises(ReaderError) as caught:
                channel.transmit(READ)
            for _ in range(3):
                with pytest.raises(ReaderError) as again:
                    channel.transmit(READ)
                assert again.value is caught.value
        assert len(scard.sent) == 1

    def test_closed(self, scard: FakeScard) -> None:
        channel = connect()
        channel.close()
        channel.close()
        assert scard.called("SCardDisconnect", "SCardReleaseContext") == [
            ("SCardReleaseContext",),  # the one that waited for the card
            ("SCardDisconnect", RESET),
            ("SCardReleaseContext",),
        ]
        with pytest.raises(CommunicationError, match="the connection is closed"):
            channel.transmit(READ)

    def test_disconnect_fails(self, scard: FakeScard) -> None:
        scard.fail("SCardDisconnect", REMOVED)
        with connect() as channel:
            channel.transmit(READ)
        assert not scard.open

    def test_nothing_is_logged(self, scard: FakeScard, caplog: pytest.LogCaptureFixture) -> None:
        scard.answer = script(b"MARKEDSECRET\x90\x00", b"\x90")
        scard.states["Desk"] = [PRESENT]
        with caplog.at_level(logging.DEBUG), connect() as channel:
            channel.transmit(Command(0xA4, data=b"MARKEDSECRET"))
            scard.states["Desk"] = [EMPTY]
            with pytest.raises(CardRemovedError) as caught:
                channel.transmit(Command(0xA4, data=b"MARKEDSECRET"))
        shown = caplog.text + str(caught.value.as_dict()) + repr(caught.value) + repr(channel)
        assert "card on Desk" in caplog.text
        assert "MARKED" not in shown
        assert b"MARKED".hex() not in shown.lower()


class TestSilence:
    def test_time_limit(self, scard: FakeScard) -> None:
        scard.hanging["SCardTransmit"] = chip = threading.Event()
        channel = connect(timeout=0.1)
        started = time.monotonic()
        with pytest.raises(CardSilentError, match=r"did not answer within 0\.1 s") as caught:
            channel.transmit(READ)
        assert caught.value.facts["seconds"] == 0.1
        with pytest.raises(CardSilentError) as again:
            channel.transmit(READ)
        channel.close()
        assert time.monotonic() - started < 0.5
        assert again.value is caught.value
        assert scard.called("SCardDisconnect") == []  # it would hang too, or wait for the chip
        chip.set()
        self.wait_until(lambda: not scard.open)
        assert len(scard.sent) == 1

    def test_disconnect_hangs(self, scard: FakeScard, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("epass.pcsc.service.CLOSE_SECONDS", 0.1)
        scard.hanging["SCardDisconnect"] = chip = threading.Event()
        started = time.monotonic()
        with connect() as channel:
            channel.transmit(READ)
        assert time.monotonic() - started < 0.5
        chip.set()
        self.wait_until(lambda: not scard.open)

    def test_interrupted(self, scard: FakeScard) -> None:
        scard.hanging["SCardTransmit"] = chip = threading.Event()
        with connect(timeout=30) as channel:
            threading.Timer(0.1, _thread.interrupt_main).start()
            started = time.monotonic()
            with pytest.raises(KeyboardInterrupt):
                channel.transmit(READ)
            # The answer is still to come, and must not pass for that of another command.
            with pytest.raises(CommunicationError, match=r"an earlier call .* has not come back"):
                channel.transmit(READ)
        assert time.monotonic() - started < 1
        chip.set()
        self.wait_until(lambda: not scard.open)

    def test_closed_by_another_thread(self, scard: FakeScard) -> None:
        scard.hanging["SCardTransmit"] = chip = threading.Event()
        channel = connect()
        threading.Timer(0.1, channel.close).start()
        threading.Timer(0.2, chip.set).start()
        assert channel.transmit(READ) == Response()
        with pytest.raises(CommunicationError, match="the connection is closed"):
            channel.transmit(READ)
        self.wait_until(lambda: not scard.open)

    def wait_until(self, done: Callable[[], bool]) -> None:
        deadline = time.monotonic() + 5
        while not done():
            assert time.monotonic() < deadline
            time.sleep(0.01)


ANSWERS = st.lists(
    st.tuples(st.binary(max_size=4), st.sampled_from([0x9000, 0x6102, 0x6100, 0x6C03, 0x6C00]))
    | st.tuples(st.binary(max_size=4), st.integers(0, 0xFFFF)),
    max_size=6,
)


@given(answers=ANSWERS, protected=st.booleans(), t0=st.booleans())
@settings(max_examples=100, deadline=None)
def test_any_answers(answers: list[tuple[bytes, int]], protected: bool, t0: bool) -> None:
    """Whatever a chip answers, its last status comes up, or an error of ours."""
    left = [data + sw.to_bytes(2) for data, sw in answers]
    scard = FakeScard(protocols=T0 if t0 else T1, Desk=[PRESENT])
    scard.answer = lambda _: left.pop(0) if left else b"\x90\x00"
    with installed(scard), connect() as channel:
        response = _transmit(channel, PROTECTED if protected else READ)
    if isinstance(response, Response):
        assert response.sw >> 8 != 0x61
        assert len(response.data) <= sum(len(data) for data, _ in answers)
    assert not scard.open
    assert len(scard.sent) <= 2 * len(answers) + 1


def _transmit(channel: PcscChannel, command: Command) -> Response | EpassError:
    try:
        return channel.transmit(command)
    except EpassError as error:
        return error


def test_a_reset_keeps_the_connection(scard: FakeScard) -> None:
    with connect() as channel:
        channel.reset()
        assert channel.transmit(Command(0xA4)).sw == 0x9000
    assert scard.called("SCardReconnect") == [("SCardReconnect", 1, T1, RESET)]


def test_a_card_that_leaves_at_the_reset_ends_the_channel(scard: FakeScard) -> None:
    with connect() as channel:
        scard.fail("SCardReconnect", 0x80100069)
        with pytest.raises(CardRemovedError):
            channel.reset()
        with pytest.raises(CardRemovedError):
            channel.transmit(Command(0xA4))
        with pytest.raises(CardRemovedError):
            channel.reset()


def test_more_data_inside_a_session_is_for_the_session(scard: FakeScard) -> None:
    """DO 99 says 61xx too: the answer is whole, and GET RESPONSE would end the session."""
    whole = b"\x99\x02\x61\x00\x8e\x08" + bytes(8)
    scard.answer = script(whole + b"\x61\x00")
    with connect() as channel:
        assert channel.transmit(PROTECTED) == Response(whole, 0x6100)
    assert sent(scard) == [PROTECTED.encode().hex()]


class TestReconnect:
    def lost(self, scard: FakeScard) -> PcscChannel:
        channel = connect()
        scard.fail("SCardTransmit", REMOVED)
        with pytest.raises(ReaderError):
            channel.transmit(READ)
        return channel

    def test_the_card_is_back(self, scard: FakeScard) -> None:
        channel = self.lost(scard)
        with channel:
            channel.reconnect(1.0, lambda: None)
            assert channel.transmit(READ) == Response()
        assert scard.open == set()

    def test_the_reader_is_away_for_a_while(self, scard: FakeScard) -> None:
        waits: list[int] = []
        with self.lost(scard) as channel:
            scard.fail("SCardEstablishContext", 0x8010001D)
            channel.reconnect(5.0, lambda: waits.append(1))
            assert channel.transmit(READ) == Response()
        assert waits

    def test_another_program_has_it_for_a_while(self, scard: FakeScard) -> None:
        with self.lost(scard) as channel:
            scard.fail("SCardConnect", SHARING, SHARING)  # exclusively, and shared
            channel.reconnect(5.0, lambda: None)
            assert channel.transmit(READ) == Response()

    def test_it_does_not_come(self, scard: FakeScard) -> None:
        with self.lost(scard) as channel:
            scard.states["Desk"] = [EMPTY]
            with pytest.raises(NoCardError):
                channel.reconnect(0.1, lambda: None)
            with pytest.raises(NoCardError):
                channel.transmit(READ)

    def test_the_service_does_not_come(self, scard: FakeScard) -> None:
        with self.lost(scard) as channel:
            scard.fail("SCardEstablishContext", *[0x8010001D] * 20)
            with pytest.raises(NoServiceError):
                channel.reconnect(0.3, lambda: None)
