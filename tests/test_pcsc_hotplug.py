"""Readers that come and go, a service that ends or hangs: on a stand-in for pyscard."""

import threading
import time
from collections.abc import Callable, Iterable
from weakref import WeakSet

import pytest
from fake_scard import CHANGED, EMPTY, PLUGGING, PRESENT, FakeScard, InstallScard

from epass.card.apdu import Command, Response
from epass.errors import (
    Cancelled,
    CardSilentError,
    CommunicationError,
    InputError,
    NoCardError,
    NoReaderError,
    NoServiceError,
)
from epass.pcsc import Station, connect, service, station
from epass.pcsc.readers import await_reader
from epass.pcsc.service import MAX_HANGING, Service

READ = Command(0xB0, le=4)
ONE_MORE = 1 << 16  # the count of cards that came and went, in a state
ENDED = (0x80100003, 0x80100013, 0x80100012, 0x6, 0x6BA, 0x8010001D, 0x8010001E)
OF_THE_SERVICE = ("SCardEstablishContext", "SCardListReaders", "SCardGetStatusChange")
UNPLUGGED = 0x80100009


@pytest.fixture(autouse=True)
def _fast(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ABSENT_SECONDS", "SETTLE_SECONDS"):
        monkeypatch.setattr(station, name, 0.01)


class TestTheServiceEnds:
    @pytest.mark.parametrize("hresult", ENDED, ids=hex)
    @pytest.mark.parametrize("function", OF_THE_SERVICE)
    def test_whatever_it_says(self, scard: FakeScard, function: str, hresult: int) -> None:
        scard.fail(function, hresult)
        with pytest.raises(NoServiceError) as caught:
            connect()
        assert caught.value.hresult == hresult
        assert not scard.open

    @pytest.mark.parametrize("hresult", [0x80100003, 0x80100013], ids=hex)
    def test_an_exchange_that_is_broken_off(self, scard: FakeScard, hresult: int) -> None:
        """The exchange itself does not tell; the next question to the service does."""
        with connect() as channel:
            scard.fail("SCardTransmit", hresult)
            scard.fail("SCardGetStatusChange", 0x8010001D)
            with pytest.raises(NoServiceError):
                channel.transmit(READ)

    @pytest.mark.parametrize(
        ("hresult", "problem"),
        [
            (0x80100003, "PC/SC does not know this connection any more"),
            (0x80100013, "the link to PC/SC or to the reader is disturbed"),
        ],
    )
    def test_the_service_is_still_there(self, scard: FakeScard, hresult: int, problem: str) -> None:
        with connect() as channel:
            scard.fail("SCardTransmit", hresult)
            with pytest.raises(CommunicationError, match=problem):
                channel.transmit(READ)

    @pytest.mark.parametrize("hresult", ENDED, ids=hex)
    def test_a_station_waits_for_it(self, scard: FakeScard, hresult: int) -> None:
        """While a document lies there: it is served once, and the next one is served."""
        scard.states["Desk"] = [PRESENT]
        found = Station().documents()
        next(found).transmit(READ)
        scard.fail("SCardGetStatusChange", hresult, hresult)
        scard.states["Desk"] = [PRESENT, EMPTY, PRESENT + 2 * ONE_MORE]
        next(found).transmit(READ)
        found.close()
        assert len(scard.sent) == 2
        assert not scard.open

    def test_what_lies_there_afterwards_is_the_same(self, scard: FakeScard) -> None:
        waits: list[int] = []

        def tired() -> None:
            waits.append(1)
            if len(waits) > 3:
                raise Cancelled

        scard.states["Desk"] = [PRESENT]
        found = Station(on_wait=tired).documents()
        next(found).transmit(READ)
        scard.fail("SCardGetStatusChange", 0x8010001D)
        with pytest.raises(Cancelled):
            next(found)
        assert len(scard.sent) == 1

    def test_its_readers_come_later(self, scard: FakeScard) -> None:
        """A reader that is missing just after a restart has not been unplugged."""
        scard.states["Desk"] = [PRESENT]
        found = Station().documents()
        next(found).transmit(READ)
        scard.fail("SCardGetStatusChange", 0x8010001D, UNPLUGGED, UNPLUGGED)
        scard.states["Desk"] = [PRESENT, EMPTY, PRESENT + 2 * ONE_MORE]
        next(found).transmit(READ)
        found.close()
        assert scard.states["Desk"] == [PRESENT + 2 * ONE_MORE]  # it was seen empty before

    def test_its_readers_do_not_come(
        self, scard: FakeScard, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """What lies on a reader that was away is the same document, until it was seen empty."""
        monkeypatch.setattr(station, "RETURN_SECONDS", 0.02)
        waits: list[int] = []

        def tired() -> None:
            waits.append(1)
            if len(waits) > 20:
                raise Cancelled

        scard.states["Desk"] = [PRESENT]
        found = Station("Desk", on_wait=tired).documents()
        next(found).transmit(READ)
        scard.fail("SCardGetStatusChange", 0x8010001D, *[UNPLUGGED] * 6)
        with pytest.raises(Cancelled):
            next(found)
        assert len(scard.sent) == 1

    def test_two_other_readers_take_its_place(
        self, scard: FakeScard, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Both are empty yet: a document may come to either."""
        monkeypatch.setattr(station, "RETURN_SECONDS", 0.02)
        scard.states["Desk"] = [PRESENT]
        found = Station().documents()
        next(found).transmit(READ)
        scard.states = {"Left": [EMPTY], "Right": [EMPTY, EMPTY, EMPTY, EMPTY, PRESENT]}
        scard.fail("SCardGetStatusChange", *[UNPLUGGED] * 4)
        assert next(found).reader == "Right"
        found.close()

    def test_a_reader_that_goes_and_comes(
        self, scard: FakeScard, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Each time it was missing for a moment only; another one does not take its place."""
        monkeypatch.setattr(station, "RETURN_SECONDS", 0.05)
        monkeypatch.setattr(station, "PATIENCE_SECONDS", 0.1)
        scard.states["Desk"] = [PRESENT]
        found = Station().documents()
        next(found).transmit(READ)
        scard.states["Other"] = [PRESENT]
        waits: list[int] = []
        asked: list[str] = []

        def elsewhere(reader: str) -> bool:
            asked.append(reader)
            return True

        def come_and_go() -> None:
            waits.append(1)
            if len(waits) in (2, 40):
                scard.fail("SCardGetStatusChange", UNPLUGGED)
            if len(waits) > 60:
                raise Cancelled

        here = Station(on_wait=come_and_go)
        monkeypatch.setattr(here, "_may_be_elsewhere", elsewhere)
        with pytest.raises(Cancelled):
            here._until_taken("Desk", None)
        assert asked == []
        found.close()

    def test_another_reader_takes_its_place(
        self, scard: FakeScard, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(station, "RETURN_SECONDS", 0.02)
        monkeypatch.setattr(station, "SETTLE_SECONDS", 0.01)
        scard.states["Desk"] = [PRESENT]
        found = Station().documents()
        next(found).transmit(READ)
        scard.states = {"Other": [PRESENT]}
        scard.fail("SCardGetStatusChange", *[UNPLUGGED] * 4)
        assert next(found).reader == "Other"
        found.close()

    def test_another_failure_is_not_hidden(self, scard: FakeScard) -> None:
        scard.states["Desk"] = [PRESENT]
        found = Station().documents()
        next(found)
        scard.fail("SCardGetStatusChange", 0x80100004)  # SCARD_E_INVALID_PARAMETER
        with pytest.raises(CommunicationError, match="80100004"):
            next(found)


class TestPluggingIn:
    @pytest.mark.parametrize(
        "plugging",
        [[0, 0x10000], [0, CHANGED], [0], None],
        ids=["counted", "without a trace", "not told", "not known"],
    )
    def test_a_station_waits_for_a_reader(
        self, install_scard: InstallScard, plugging: list[int] | None
    ) -> None:
        """On Windows, with pcsc-lite, where the event was missed, and on macOS."""
        scard = install_scard(FakeScard())
        scard.plugging = plugging
        waits: list[int] = []

        def plug() -> None:
            waits.append(1)
            if len(waits) == 2:
                scard.states["New"] = [PRESENT]

        found = Station(on_wait=plug).documents()
        assert next(found).reader == "New"
        found.close()
        assert len(waits) < 5
        assert not scard.open

    def test_at_once(self, install_scard: InstallScard) -> None:
        """The event ends the wait; the slice of 0.4 s is not waited out."""
        scard = install_scard(FakeScard())
        scard.plugging = [0, 0x10000]

        def plug() -> None:
            scard.states["New"] = [EMPTY]

        began = time.monotonic()
        reader = await_reader(None, began + 5, plug)
        assert reader is not None
        assert reader.name == "New"
        assert time.monotonic() - began < 0.3

    @pytest.mark.parametrize("plugging", [[0], None])
    def test_it_does_not_come(
        self, install_scard: InstallScard, plugging: list[int] | None
    ) -> None:
        scard = install_scard(FakeScard())
        scard.plugging = plugging
        began = time.monotonic()
        assert await_reader("New", began + 0.1, lambda: None) is None
        assert 0.1 <= time.monotonic() - began < 0.35

    def test_an_event_that_comes_again_and_again(self, install_scard: InstallScard) -> None:
        """It costs one look, not one after the other without a pause."""
        scard = install_scard(FakeScard(Desk=[EMPTY]))
        scard.plugging = [CHANGED]
        with pytest.raises(NoCardError):
            connect(wait=0.5)
        assert len(scard.called("SCardGetStatusChange")) < 8

    @pytest.mark.parametrize("plugging", [[0, 0x10000], None])
    def test_another_one_while_a_card_is_awaited(
        self, install_scard: InstallScard, plugging: list[int] | None
    ) -> None:
        scard = install_scard(FakeScard(Desk=[EMPTY]))
        scard.plugging = plugging

        def plug() -> None:
            scard.states["Other"] = [PRESENT]

        with connect(wait=5, on_wait=plug) as channel:
            assert channel.reader == "Other"

    def test_a_reader_that_was_named_stays_the_one(self, install_scard: InstallScard) -> None:
        scard = install_scard(FakeScard(Desk=[EMPTY]))
        with pytest.raises(NoCardError, match=r"on Desk$"):
            connect("Desk", wait=0.1, on_wait=lambda: scard.states.update(Other=[PRESENT]))

    def test_unplugged_while_a_card_is_awaited(self, install_scard: InstallScard) -> None:
        scard = install_scard(FakeScard(Desk=[EMPTY]))
        with pytest.raises(NoReaderError):
            connect("Desk", wait=5, on_wait=scard.states.clear)

    def test_several_that_could_be_meant(self, install_scard: InstallScard) -> None:
        install_scard(FakeScard(Desk_1=[EMPTY], Desk_2=[EMPTY]))
        with pytest.raises(InputError, match="several readers"):
            await_reader("desk", time.monotonic() + 1, lambda: None)

    def test_the_service_ends_meanwhile(self, install_scard: InstallScard) -> None:
        """As on Windows, where it ends with the last reader."""
        scard = install_scard(FakeScard())

        def plug() -> None:
            scard.states["New"] = [PRESENT]

        scard.fail("SCardGetStatusChange", 0x8010001E)
        found = Station(on_wait=plug).documents()
        assert next(found).reader == "New"
        found.close()

    def test_only_who_waits_for_readers_is_told(self, scard: FakeScard) -> None:
        """Else a reader that is plugged in would cut short the look whether a card has left."""
        asked: list[str] = []
        real = scard.SCardGetStatusChange

        def spy(context: int, milliseconds: int, known: Iterable[tuple[str, int]]) -> list[object]:
            asked.extend(name for name, _ in known)
            return real(context, milliseconds, known)

        scard.SCardGetStatusChange = spy  # type: ignore[method-assign]
        with connect() as channel:
            scard.fail("SCardTransmit", 0x80100016)
            with pytest.raises(CommunicationError):
                channel.transmit(READ)
        assert PLUGGING not in asked


class TestHanging:
    @pytest.fixture(autouse=True)
    def _quick(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A short time limit, and nothing that other tests have left behind."""
        defaults = Service._call.__kwdefaults__
        assert defaults is not None
        monkeypatch.setitem(defaults, "seconds", 0.05)
        monkeypatch.setattr(service, "_hanging", WeakSet())

    def test_what_comes_late_is_let_go_of(self, scard: FakeScard) -> None:
        """A context that PC/SC hands out after nobody waits for it any more."""
        scard.hanging["SCardEstablishContext"] = released = threading.Event()
        with pytest.raises(NoServiceError, match="did not answer within"):
            connect()
        released.set()
        _until(lambda: bool(scard.called("SCardReleaseContext")))
        assert not scard.open

    def test_a_context_that_was_refused_is_not_released(self, scard: FakeScard) -> None:
        scard.fail("SCardEstablishContext", 0x8010001D)
        with pytest.raises(NoServiceError):
            connect()
        assert not scard.called("SCardReleaseContext")

    def test_calls_that_do_not_come_back_are_bounded(self, scard: FakeScard) -> None:
        scard.hanging["SCardEstablishContext"] = released = threading.Event()
        before = threading.active_count()
        for _ in range(MAX_HANGING):
            with pytest.raises(NoServiceError, match="did not answer within"):
                connect()
        for _ in range(3):
            with pytest.raises(NoServiceError, match=f"{MAX_HANGING} calls have not come back"):
                connect()
        assert threading.active_count() == before + MAX_HANGING
        released.set()
        _until(lambda: threading.active_count() == before)
        with connect() as channel:  # and all is well again
            assert channel.transmit(READ) == Response()
        assert not scard.open

    def test_a_silent_chip_counts_too(self, scard: FakeScard) -> None:
        scard.hanging["SCardTransmit"] = released = threading.Event()
        with connect(timeout=0.05) as channel, pytest.raises(CardSilentError):
            channel.transmit(READ)
        assert sum(thread.is_alive() for thread in list(service._hanging)) == 1
        released.set()
        _until(lambda: not any(thread.is_alive() for thread in list(service._hanging)))
        assert not scard.open

    def test_nothing_to_wait_for(self, install_scard: InstallScard) -> None:
        """Without the notification a wait for readers still takes its time."""
        scard = install_scard(FakeScard())
        scard.plugging = None
        with Service() as pcsc:
            assert pcsc.changes({}, 0.01) == {}
            began = time.monotonic()
            assert pcsc.changes({}, 0.1) == {}
            assert time.monotonic() - began >= 0.1


def _until(wanted: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 5
    while not wanted():
        assert time.monotonic() < deadline
        time.sleep(0.01)
