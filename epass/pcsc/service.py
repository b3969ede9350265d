"""The PC/SC service: every call to it, and every failure as one of our errors.

Sources: PC/SC part 5 and winscard.h, whose names and values are used here. PC/SC has no time
limits: a chip that stays silent, or a program that keeps the card, blocks a call for ever. So a
``Service`` makes its calls in a daemon thread of its own, which can be left behind.
"""

import logging
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from math import ceil
from queue import Empty, SimpleQueue
from threading import Thread
from time import monotonic
from types import TracebackType
from typing import Any, Final, Self

from epass.errors import (
    CardRemovedError,
    CardSilentError,
    CommunicationError,
    MissingPackageError,
    NoCardError,
    NoReaderError,
    NoServiceError,
    ReaderError,
    SharingError,
)
from epass.pcsc import properties

_log = logging.getLogger(__name__)

SCOPE_USER, SHARE_EXCLUSIVE, SHARE_SHARED, RESET_CARD = 0, 1, 2, 1
PROTOCOL_T0, PROTOCOL_T1 = 1, 2
UNAWARE, CHANGED, UNKNOWN, PRESENT, MUTE = 0, 0x02, 0x04, 0x20, 0x200  # SCARD_STATE_…
E_TIMEOUT, E_PROTO_MISMATCH = 0x8010000A, 0x8010000F

SERVICE_SECONDS = 5.0  # for a call that concerns no card
CONNECT_SECONDS = 3.0  # to power a card up, and for another program's transaction to end
CLOSE_SECONDS = 2.0  # a reset takes less than 0.5 s
SLICE_SECONDS = 0.4  # Windows holds Ctrl-C back for as long as a wait lasts
REMOVAL_SECONDS = 1.0  # pcscd looks every 0.4 s whether the card is still there
KEEP_ALIVE_SECONDS = 4.0  # Windows resets a card after 5 s without a call in a transaction

_ERRORS: Final[Mapping[int, tuple[type[ReaderError], str]]] = {
    0x8010001D: (NoServiceError, "there is no PC/SC service"),
    0x8010001E: (NoServiceError, "the PC/SC service was stopped"),
    0x80100009: (NoReaderError, "this reader is not connected"),
    0x80100017: (NoReaderError, "the reader was disconnected"),
    0x8010002E: (NoReaderError, "no reader is connected"),
    0x8010000C: (NoCardError, "there is no card on the reader"),
    0x80100069: (CardRemovedError, "the card was removed"),
    0x8010000B: (SharingError, "another program uses the card"),
    # Not the fault of card or link: somebody else did it, and would again.
    0x80100068: (SharingError, "another program has reset the card"),
    0x80100066: (CommunicationError, "the card does not answer to being powered"),
    0x80100067: (CommunicationError, "the card lost power"),
    0x80100065: (CommunicationError, "the reader does not understand the card's answer to reset"),
    E_PROTO_MISMATCH: (CommunicationError, "card and reader have no protocol in common"),
    0x80100013: (CommunicationError, "the link to PC/SC or to the reader is disturbed"),
    0x80100016: (CommunicationError, "the exchange with the card was broken off"),
    0x8010002F: (CommunicationError, "data was lost between reader and card"),
}


def _scard() -> Any:
    try:
        from smartcard import scard  # noqa: PLC0415 - optional: all but a reader works without
    except ImportError as error:
        needs = "on Linux this compiles it, with a C compiler and the package libpcsclite-dev"
        raise MissingPackageError("pyscard", "pcsc", needs=needs) from error
    return scard


def _invoke(function: str, *arguments: object) -> list[Any]:
    """Call one PC/SC function; the result is what it returns beside its return code.

    Raises:
        ReaderError: the return code is not SCARD_S_SUCCESS.
    """
    result = getattr(_scard(), function)(*arguments)
    hresult, *values = result if isinstance(result, list | tuple) else [result]
    if hresult:
        raise _error(hresult & 0xFFFFFFFF, function)  # it is signed on some systems
    return values


def _error(hresult: int, function: str) -> ReaderError:
    kind, problem = _ERRORS.get(hresult, (CommunicationError, "PC/SC reports a fault"))
    return kind(f"{problem} ({function}: {hresult:08X})", hresult=hresult)


@dataclass(frozen=True, slots=True)
class Card:
    """An open connection to a card; ``protocol`` is PROTOCOL_T0 or PROTOCOL_T1."""

    handle: int
    reader: str
    protocol: int
    exclusive: bool
    atr: bytes


_Outcome = list[Any] | BaseException
_Job = tuple[str, tuple[object, ...], SimpleQueue[_Outcome]]


class Service:
    """One PC/SC context with at most one card, for one thread at a time, in a ``with`` block.

    A call that does not come back in time leaves the service unusable: each later call raises the
    same error at once. Closing never waits for such a call.

    Raises:
        NoServiceError: on entry; there is no PC/SC service.
        MissingPackageError: pyscard is not installed.
    """

    def __init__(self) -> None:
        _scard()
        self._dead: ReaderError | None = None
        self._closed: ReaderError | None = None
        self._closing: list[tuple[str, tuple[object, ...]]] = []
        self._pinged: int | None = None
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._thread = Thread(target=self._work, name="epass-pcsc", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        try:
            (self._context,) = self._call("SCardEstablishContext", SCOPE_USER)
        except BaseException:
            self.close()
            raise
        self._closing.append(("SCardReleaseContext", (self._context,)))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Reset the card and free everything; waits 2 s at most, and not for a call that hangs."""
        hanging = self._dead is not None
        while self._closing:
            function, arguments = self._closing.pop()
            # Nobody looks at the outcome: a card that has left cannot be reset, and need not be.
            self._jobs.put((function, arguments, SimpleQueue()))
        self._jobs.put(None)
        self._closed = self._dead = CommunicationError("the connection is closed")
        if not hanging:
            self._thread.join(CLOSE_SECONDS)

    def readers(self) -> list[str]:
        """The names of the readers, in the order of the service."""
        try:
            (names,) = self._call("SCardListReaders", self._context, [])
        except NoReaderError:
            return []
        return list(names)

    def states(self, known: Mapping[str, int], seconds: float = 0) -> dict[str, int]:
        """The SCARD_STATE bits of readers, at once or as soon as they differ from ``known``.

        Raises:
            NoReaderError: one of them is not connected any more.
        """
        arguments = (self._context, ceil(seconds * 1000), list(known.items()))
        try:
            (found,) = self._call("SCardGetStatusChange", *arguments)
        except CommunicationError as fault:
            if fault.hresult != E_TIMEOUT:
                raise
            return dict(known)
        for name, state, _ in found:
            if state & UNKNOWN:
                raise NoReaderError(f"the reader {name} was disconnected")
        return {name: state & ~CHANGED for name, state, _ in found}

    def open(self, reader: str) -> Card:
        """Connect to the card on ``reader``, exclusively, else in a transaction of our own.

        Raises:
            SharingError: another program does not share the card, or does not let go of it.
            ReaderError: there is no card to connect to.
        """
        try:
            handle, protocol = self._connect(reader, SHARE_EXCLUSIVE)
            exclusive = True
        except SharingError:
            handle, protocol = self._connect(reader, SHARE_SHARED)
            exclusive = False
        # This ends the transaction too, so nobody can come between it and the reset.
        self._closing.append(("SCardDisconnect", (handle, RESET_CARD)))
        if not exclusive:
            self._call_for_card("SCardBeginTransaction", handle)
            self._pinged = handle
        *_, atr = self._call("SCardStatus", handle)
        _log.debug("card on %s, protocol %d, exclusive %s", reader, protocol, exclusive)
        return Card(handle, reader, protocol, exclusive, bytes(atr))

    def _connect(self, reader: str, share: int) -> list[Any]:
        """T=1 where the card has it: it carries extended length, and both directions at once."""
        try:
            return self._call_for_card("SCardConnect", self._context, reader, share, PROTOCOL_T1)
        except CommunicationError as fault:
            if fault.hresult != E_PROTO_MISMATCH:
                raise
            return self._call_for_card("SCardConnect", self._context, reader, share, PROTOCOL_T0)

    def _call_for_card(self, function: str, *arguments: object) -> list[Any]:
        """Both calls wait for ever while another program has a transaction."""
        late = SharingError("another program does not let go of the card")
        return self._call(function, *arguments, seconds=CONNECT_SECONDS, late=late)

    def transmit(self, card: Card, apdu: bytes, seconds: float) -> bytes:
        """Send ``apdu`` and return the answer, status word included.

        Raises:
            CardSilentError: no answer within ``seconds``.
            ReaderError: the exchange failed; ``cause`` may know more.
        """
        scard = _scard()
        pci = scard.SCARD_PCI_T0 if card.protocol == PROTOCOL_T0 else scard.SCARD_PCI_T1
        late = CardSilentError(seconds)
        arguments = (card.handle, pci, list(apdu))
        (answer,) = self._call("SCardTransmit", *arguments, seconds=seconds, late=late)
        if len(answer) < 2:  # what pcscd gives with success if the card leaves meanwhile
            raise CommunicationError("no valid response came back from the card")
        return bytes(answer)

    def longest_data(self, card: Card) -> int | None:
        """What the reader says that it carries in one APDU, as ``properties.longest_data``."""

        def control(code: int) -> bytes:
            (answer,) = self._call("SCardControl", card.handle, code, [])
            return bytes(answer)

        try:
            request = _scard().SCARD_CTL_CODE(properties.GET_FEATURE_REQUEST)
            return properties.longest_data(control, request)
        except ReaderError:  # no such feature; if it is more than that, the next command says so
            return None

    def reset(self, card: Card) -> None:
        """Reset the card over the same connection, the transaction included.

        Raises:
            ReaderError: the card has left, or does not answer to being reset.
        """
        share = SHARE_EXCLUSIVE if card.exclusive else SHARE_SHARED
        self._call("SCardReconnect", card.handle, share, card.protocol, RESET_CARD)

    def cause(self, card: Card, fault: CommunicationError) -> ReaderError:
        """What was behind ``fault``: the failed exchange itself does not tell a card that left."""
        try:
            states = self.states({card.reader: UNAWARE})
            if states[card.reader] & PRESENT:
                states = self.states(states, REMOVAL_SECONDS)
            if not states[card.reader] & PRESENT:
                return CardRemovedError("the card was removed", hresult=fault.hresult)
            self._call("SCardStatus", card.handle)
        except CommunicationError:
            return fault
        except ReaderError as known:
            return known
        return fault

    def _call(
        self,
        function: str,
        *arguments: object,
        seconds: float = SERVICE_SECONDS,
        late: ReaderError | None = None,
    ) -> list[Any]:
        if self._dead is not None:
            raise self._dead.with_traceback(None)
        # Stands until there is an outcome: Ctrl-C may end the waiting anywhere below.
        self._dead = CommunicationError("an earlier call to PC/SC has not come back")
        outcome: SimpleQueue[_Outcome] = SimpleQueue()
        self._jobs.put((function, arguments, outcome))
        result = _wait(outcome, seconds)
        if result is None:
            self._dead = late or NoServiceError(f"PC/SC did not answer within {seconds:g} s")
            raise self._dead
        self._dead = self._closed  # which another thread may have done meanwhile
        if isinstance(result, BaseException):
            raise result
        return result

    def _work(self) -> None:
        while True:
            try:
                job = self._jobs.get(timeout=KEEP_ALIVE_SECONDS)
            except Empty:
                self._ping()
                continue
            if job is None:
                return
            function, arguments, outcome = job
            try:
                outcome.put(_invoke(function, *arguments))
            except BaseException as error:  # noqa: BLE001 - the waiting thread raises it
                outcome.put(error)

    def _ping(self) -> None:
        if self._pinged is not None:
            with suppress(ReaderError):  # the next command will say so
                _invoke("SCardStatus", self._pinged)


def _wait(outcome: SimpleQueue[_Outcome], seconds: float) -> _Outcome | None:
    deadline = monotonic() + seconds
    while True:
        left = deadline - monotonic()
        try:
            return outcome.get(timeout=min(max(left, 0), SLICE_SECONDS))
        except Empty:
            if left <= SLICE_SECONDS:
                return None
