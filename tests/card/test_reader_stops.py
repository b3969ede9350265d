"""The verb ``read``: its events, and that it ends where it is cancelled or the card is gone."""

import asyncio

import pytest
from card_wire import Wire, application

from epass.card import reader
from epass.card.apdu import Command, Response
from epass.card.keys import MrzKey
from epass.card.reader import DEFAULT, ReadEvent
from epass.errors import (
    AccessDeniedError,
    Cancelled,
    CardRemovedError,
    EpassError,
    SecureMessagingError,
)
from epass.lds.names import File
from epass.sim import issuer
from epass.sim.chip import Chip

BAC_ONLY, PACE_ONLY = ("BAC",), ("PACE",)
DOCUMENT = issuer.issue()
KEY = MrzKey.from_mrz(DOCUMENT.mrz)
SMALL = (File.COM, File.DG1)


def test_events_of_a_read() -> None:
    events: list[ReadEvent] = []
    reader.read(Chip(DOCUMENT), KEY, on_event=events.append)
    assert events[0] == ReadEvent("access")
    starts = [event.file for event in events if event.stage == "file" and not event.total]
    assert starts == list(DEFAULT)
    for file in DEFAULT:
        size = len(DOCUMENT.files[file])
        counted = [(e.done, e.total) for e in events if e.file is file and e.total]
        assert counted == sorted(set(counted))
        assert counted[-1] == (size, size)
        assert {total for _, total in counted} == {size}
    assert len([event for event in events if event.file is File.DG2]) > 50


@pytest.mark.parametrize("access", [PACE_ONLY, BAC_ONLY])
def test_cancelled_at_any_event_stops_between_two_commands(access: tuple[str, ...]) -> None:
    total: list[ReadEvent] = []
    reader.read(Chip(DOCUMENT, access=access), KEY, extended=True, on_event=total.append)
    for last in range(1, len(total) + 1):
        wire = Wire(Chip(DOCUMENT, access=access))
        seen = sent = 0

        def stop(_event: ReadEvent, wire: Wire = wire, last: int = last) -> None:
            nonlocal seen, sent
            seen, sent = seen + 1, len(wire.commands)
            if seen == last:
                raise Cancelled

        with pytest.raises(Cancelled):
            reader.read(wire, KEY, extended=True, on_event=stop)
        assert (seen, len(wire.commands)) == (last, sent)


class Removed:
    """The card is taken off the reader at command ``last``."""

    def __init__(self, chip: Chip, last: int) -> None:
        self.chip, self.last = chip, last
        self.count = 0

    def transmit(self, command: Command) -> Response:
        self.count += 1
        if self.count >= self.last:
            raise CardRemovedError("the card was removed")
        return self.chip.transmit(command)


@pytest.mark.parametrize(
    ("access", "extended"), [(PACE_ONLY, True), (PACE_ONLY, False), (BAC_ONLY, True)]
)
def test_removed_at_any_command(access: tuple[str, ...], extended: bool) -> None:
    want = DEFAULT if extended else (File.COM, File.DG1, File.SOD)
    commands = reader.read(Chip(DOCUMENT, access=access), KEY, want=want, extended=extended).apdus
    for last in range(1, commands + 1):
        channel = Removed(Chip(DOCUMENT, access=access), last)
        with pytest.raises(CardRemovedError):
            reader.read(channel, KEY, want=want, extended=extended)
        assert channel.count == last


@pytest.mark.parametrize("access", [PACE_ONLY, BAC_ONLY])
def test_a_session_that_the_chip_ends(access: tuple[str, ...]) -> None:
    """After power loss the chip answers unprotected; nothing more is sent."""
    started = reader.read(Chip(DOCUMENT, access=access), KEY, want=SMALL).apdus - 1
    chip = Chip(DOCUMENT, access=access)

    def change(number: int, _command: Command, response: Response) -> Response:
        if number == started:
            chip.reset()
        return response

    wire = Wire(chip, change)
    with pytest.raises(SecureMessagingError, match="an unprotected answer, status 6988"):
        reader.read(wire, KEY, want=SMALL)
    assert len(wire.commands) == started + 1


# --- for async callers ------------------------------------------------------------------------


def test_read_async() -> None:
    dump = asyncio.run(reader.read_async(Chip(DOCUMENT), KEY, want=SMALL, extended=True))
    assert application(dump.files) == {file: DOCUMENT.files[file] for file in SMALL}


def test_read_async_raises_what_read_raises() -> None:
    wrong = MrzKey.from_fields("L898902C4", "740812", "340415")

    async def desk() -> EpassError:
        with pytest.raises(AccessDeniedError) as caught:
            await reader.read_async(Chip(DOCUMENT), wrong)
        return caught.value

    assert asyncio.run(desk()).exit_status == 4
