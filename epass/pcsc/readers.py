"""Which reader, and whether a card is on it."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from time import monotonic

from epass.errors import CommunicationError, InputError, NoCardError, NoReaderError
from epass.pcsc.service import MUTE, PRESENT, SLICE_SECONDS, UNAWARE, Service

COUNTER = 16  # bits below the count of the cards that came and went, in a state
_CONTACTLESS = re.compile(r"picc|contactless|nfc|rfid|(?<![a-z])cl\b", re.IGNORECASE)
# A serial number in brackets, or the digits at the end: 00 00 of pcsc-lite, 0 of Windows.
_INDIVIDUAL = re.compile(r"\([^()]*\d[^()]*\)|(?:\s[0-9A-F]{1,2}){1,2}$")
_SAM = re.compile(r"\bsam\b", re.IGNORECASE)  # a slot inside the reader; no document fits


@dataclass(frozen=True, slots=True)
class Reader:
    """A reader as PC/SC lists it; ``has_card`` was so when it was listed."""

    index: int
    name: str
    has_card: bool = False


def kind(name: str) -> str:
    """``name`` without what tells one reader from another of its kind: serial and slot numbers."""
    return " ".join(_INDIVIDUAL.sub(" ", name).split())


def list_readers() -> tuple[Reader, ...]:
    """The readers that are connected now; an empty tuple if there are none.

    Raises:
        NoServiceError: there is no PC/SC service to ask.
        MissingPackageError: pyscard is not installed.
    """
    with Service() as service:
        return _list(service)


def _list(service: Service) -> tuple[Reader, ...]:
    names = service.readers()
    states = service.states(dict.fromkeys(names, UNAWARE)) if names else {}
    return tuple(
        Reader(index, name, bool(states[name] & PRESENT)) for index, name in enumerate(names)
    )


def choose(readers: Sequence[Reader], wanted: str | int | None = None) -> Reader:
    """The reader that ``wanted`` means: its index, its name, or part of the name in any case.

    Without ``wanted`` it is the one that has a card, else the only one. Where readers call
    themselves contactless no other is considered: the card in a contact slot is the operator's
    own. SAM slots are left out.

    Raises:
        NoReaderError: no reader is meant.
        InputError: several are; the message names them.
    """
    if wanted is None:
        return _default(readers)
    text = str(wanted).casefold()
    for matching in (
        [reader for reader in readers if reader.name.casefold() == text],
        [reader for reader in readers if str(reader.index) == text],
        [reader for reader in readers if text and text in reader.name.casefold()],
    ):
        if matching:
            return _only(matching)
    names = ", ".join(reader.name for reader in readers) or "none"
    raise NoReaderError(f"there is no reader {wanted!r}; connected: {names}")


def _default(readers: Sequence[Reader]) -> Reader:
    places = _places(readers)
    if not places:
        raise NoReaderError("no reader is connected")
    return _only([reader for reader in places if reader.has_card] or places)


def _places(readers: Sequence[Reader]) -> Sequence[Reader]:
    """Where a document may be laid if no reader is named."""
    usable = [reader for reader in readers if not _SAM.search(reader.name)]
    contactless = [reader for reader in usable if _CONTACTLESS.search(reader.name)]
    return contactless or usable or readers


def _only(readers: Sequence[Reader]) -> Reader:
    if len(readers) > 1:
        names = ", ".join(f"{reader.index}: {reader.name}" for reader in readers)
        raise InputError(
            f"several readers could be meant: {names}",
            advice="Name the reader by its index or by more of its name.",
        )
    return readers[0]


def await_card(wanted: str | int | None, deadline: float, on_wait: Callable[[], object]) -> Reader:
    """The reader that ``wanted`` means, else any that ``choose`` considers, once it has a card.

    ``deadline`` is a ``monotonic`` time in seconds. ``on_wait`` is called before each wait of at
    most 0.4 s.

    Raises:
        NoReaderError: there is no such reader, or it was disconnected meanwhile.
        NoCardError: no card came in time.
        CommunicationError: one came, but does not answer to being powered.
        InputError: several readers could be meant.
    """
    with Service() as service:
        listed = _list(service)
        readers = _places(listed) if wanted is None else [choose(listed, wanted)]
        if not readers:
            raise NoReaderError("no reader is connected")
        states = service.states({reader.name: UNAWARE for reader in readers})
        while True:
            ready = [r for r in readers if states[r.name] & (PRESENT | MUTE) == PRESENT]
            if ready:
                return choose([replace(reader, has_card=True) for reader in ready])
            left = deadline - monotonic()
            if left <= 0:
                raise _nothing(states)
            on_wait()
            states = service.states(states, min(left, SLICE_SECONDS))


def cards_so_far(reader: str) -> int:
    """How many cards have come to and gone from ``reader``, by the count of the service.

    Raises:
        NoReaderError, NoServiceError: the reader, or the service, has gone.
    """
    with Service() as service:
        return service.states({reader: UNAWARE})[reader] >> COUNTER


def await_removal(reader: str, since: int, deadline: float, on_wait: Callable[[], object]) -> bool:
    """Whether the card that was on ``reader`` when ``cards_so_far`` was ``since`` has been taken
    away, or another one put in its place, before ``deadline``, a ``monotonic`` time in seconds.

    ``on_wait`` is called before each wait of at most 0.4 s.

    Raises:
        NoReaderError, NoServiceError: the reader, or the service, has gone.
    """
    with Service() as service:
        states = service.states({reader: UNAWARE})
        while True:
            if not states[reader] & PRESENT or states[reader] >> COUNTER != since:
                return True
            left = deadline - monotonic()
            if left <= 0:
                return False
            on_wait()
            states = service.states(states, min(left, SLICE_SECONDS))


def _nothing(states: dict[str, int]) -> NoCardError | CommunicationError:
    if any(state & MUTE for state in states.values()):
        return CommunicationError("the card on the reader does not answer to being powered")
    return NoCardError(f"there is no card on {' or '.join(states)}")
