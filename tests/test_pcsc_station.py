"""Documents one after the other: on a stand-in for pyscard, and on the machine's own service."""

from collections.abc import Iterator
from itertools import islice

import pytest
from fake_scard import EMPTY, PRESENT, FakeScard
from vpcd_card import FakeCard, Slot

from epass.card.apdu import Command, Response
from epass.errors import Cancelled, InputError
from epass.pcsc import PcscChannel, Station, station

READ = Command(0xB0, le=4)
AWAY, STOPPED, UNPLUGGED, BUSY = 0x8010001D, 0x8010001E, 0x80100009, 0x8010000B
ONE_MORE = 1 << 16  # the count of cards that came and went, in a state


@pytest.fixture(autouse=True)
def _fast(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ABSENT_SECONDS", "SETTLE_SECONDS"):
        monkeypatch.setattr(station, name, 0.01)


def documents(count: int, **more: object) -> Iterator[PcscChannel]:
    return islice(Station(**more).documents(), count)  # type: ignore[arg-type]


def test_each_document_once(scard: FakeScard) -> None:
    scard.states["Desk"] = [PRESENT, EMPTY, PRESENT + 2 * ONE_MORE, EMPTY, PRESENT + 4 * ONE_MORE]
    for channel in documents(3):
        assert channel.transmit(READ) == Response()
    assert len(scard.sent) == 3
    assert scard.open == set()


def test_one_that_is_not_taken_away_is_not_read_again(scard: FakeScard) -> None:
    def tired() -> None:
        waits.append(1)
        if len(waits) > 2:
            raise Cancelled

    waits: list[int] = []
    found = documents(2, on_wait=tired)
    next(found).transmit(READ)
    with pytest.raises(Cancelled):
        next(found)
    assert len(scard.sent) == 1
    assert scard.open == set()


def test_another_one_in_its_place(scard: FakeScard) -> None:
    """So fast that the reader was never seen empty; the count tells."""
    scard.states["Desk"] = [PRESENT, PRESENT, PRESENT + 2 * ONE_MORE]
    assert len([channel.transmit(READ) for channel in documents(2)]) == 2


def test_another_one_before_anybody_looks(scard: FakeScard) -> None:
    """It was there already when the first was let go of, and is not waited for to leave."""
    found = Station().documents()
    next(found)
    scard.states["Desk"] = [PRESENT + 2 * ONE_MORE]
    assert next(found).transmit(READ) == Response()
    found.close()


def test_a_reader_that_leaves_with_its_document(scard: FakeScard) -> None:
    scard.fail("SCardGetStatusChange", 0, 0, UNPLUGGED)
    assert next(documents(1)).reader == "Desk"
    assert len([1 for name, *_ in scard.calls if name == "SCardConnect"]) == 2


def test_the_consumer_fails(scard: FakeScard) -> None:
    found = Station().documents()
    channel = next(found)
    found.close()  # as the end of a ``for`` does that is left by an exception
    assert scard.open == set()
    with pytest.raises(Exception, match="closed"):
        channel.transmit(READ)


def test_a_service_that_is_restarted(scard: FakeScard) -> None:
    scard.fail("SCardEstablishContext", AWAY, STOPPED)
    waits: list[int] = []
    assert next(documents(1, on_wait=lambda: waits.append(1))).reader == "Desk"
    assert len(waits) == 2


def test_a_reader_that_is_unplugged(scard: FakeScard) -> None:
    """While the document lies there, which still does when the reader is back; then another."""
    scard.states["Desk"] = [PRESENT]
    found = Station().documents()
    next(found)
    scard.fail("SCardGetStatusChange", UNPLUGGED)
    scard.states["Desk"] = [PRESENT, PRESENT, EMPTY, PRESENT + 2 * ONE_MORE]
    assert next(found).transmit(READ) == Response()
    found.close()
    assert scard.states["Desk"] == [PRESENT + 2 * ONE_MORE]  # it was seen empty before


def test_a_document_that_slipped_off_and_came_back(scard: FakeScard) -> None:
    """The read that went on with it has served it; it is not another one by its count."""

    def tired() -> None:
        waits.append(1)
        if len(waits) > 3:
            raise Cancelled

    waits: list[int] = []
    found = Station(on_wait=tired).documents()
    channel = next(found)
    scard.states["Desk"] = [PRESENT + 2 * ONE_MORE]
    channel.reconnect(1, lambda: None)
    channel.transmit(READ)
    with pytest.raises(Cancelled):
        next(found)
    assert len(scard.sent) == 1


def test_a_reader_that_leaves_as_the_document_is_back(scard: FakeScard) -> None:
    """Nothing is left open of the connection that was made meanwhile."""
    found = Station().documents()
    channel = next(found)
    scard.fail("SCardGetStatusChange", 0, 0, UNPLUGGED)
    channel.reconnect(5, lambda: None)
    assert channel.transmit(READ) == Response()
    found.close()
    assert scard.open == set()


def test_another_document_after_one_that_slipped_off(scard: FakeScard) -> None:
    """It was laid down before anybody looked; it is not waited for to leave."""
    found = Station().documents()
    channel = next(found)
    scard.states["Desk"] = [PRESENT + 2 * ONE_MORE]
    channel.reconnect(1, lambda: None)
    scard.states["Desk"] = [PRESENT + 4 * ONE_MORE]
    assert next(found).transmit(READ) == Response()
    found.close()


def test_a_card_that_cannot_be_talked_to_is_asked_less_and_less_often(
    scard: FakeScard, monkeypatch: pytest.MonkeyPatch
) -> None:
    slept: list[float] = []
    monkeypatch.setattr(station, "sleep", slept.append)
    monkeypatch.setattr(station, "ABSENT_SECONDS", 0.03)
    scard.fail("SCardConnect", *[BUSY] * 10)  # exclusively, and shared
    next(documents(1))
    assert slept == [0.01, 0.02, 0.03, 0.03, 0.03]


def test_another_program_has_it_for_a_while(scard: FakeScard) -> None:
    scard.fail("SCardConnect", BUSY, BUSY)
    assert next(documents(1)).reader == "Desk"


def test_a_long_wait(scard: FakeScard, monkeypatch: pytest.MonkeyPatch) -> None:
    """One wait ends, and the next begins."""
    monkeypatch.setattr(station, "PATIENCE_SECONDS", 0.02)
    scard.states["Desk"] = [EMPTY]
    waits: list[int] = []

    def come() -> None:
        waits.append(1)
        if len(waits) == 6:
            scard.states["Desk"] = [PRESENT]
        if len(waits) == 12:
            scard.states["Desk"] = [PRESENT, EMPTY, PRESENT + 2 * ONE_MORE]

    assert len([channel.reader for channel in documents(2, on_wait=come)]) == 2


@pytest.mark.parametrize("seconds", [-1, float("inf"), float("nan")])
def test_time_limit(seconds: float) -> None:
    with pytest.raises(InputError, match="timeout"):
        Station(timeout=seconds)


def test_several_readers_could_be_meant(scard: FakeScard) -> None:
    scard.states["Other"] = [PRESENT]
    with pytest.raises(InputError, match="several readers"):
        next(Station().documents())


@pytest.mark.pcsc
def test_on_the_real_service(vpcd_slot: Slot) -> None:
    """Three cards, each of which leaves when it has answered."""
    found = Station(vpcd_slot.name, timeout=5).documents()
    for number in range(3):
        with FakeCard(vpcd_slot, lambda _, n=number: bytes((n, 0x90, 0x00))):  # type: ignore[misc]
            channel = next(found)
            assert channel.transmit(READ) == Response(bytes((number,)))
            channel.close()
    found.close()
