"""A card on a reader as a ``Channel``.

Sources: ISO/IEC 7816-3 §12.2 (APDUs over T=0), ISO/IEC 7816-4 §5.1 (APDUs), §5.6 (61xx, 6Cxx).
"""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from math import inf
from time import monotonic, sleep
from types import TracebackType
from typing import Self

from epass.card.apdu import (
    EXTENDED_LE,
    GET_RESPONSE,
    READ_BINARY,
    READ_BINARY_ODD,
    SELECT,
    SHORT_LE,
    Command,
    Response,
)
from epass.card.traits import Traits
from epass.errors import (
    CardRemovedError,
    CommunicationError,
    InputError,
    NoCardError,
    NoReaderError,
    NoServiceError,
    ProtocolError,
    ReaderError,
    SharingError,
    UnsupportedError,
)
from epass.pcsc.atr import extended_length, lengths_in_atr_info, model
from epass.pcsc.readers import await_card, cards_so_far, kind
from epass.pcsc.service import PROTOCOL_T0, Card, Service

SETTLE_SECONDS = 0.2  # between two attempts while the document is still being laid down
MORE_DATA, WRONG_LE = 0x61, 0x6C
STATUS_OBJECT = b"\x99\x02"  # data object 99 of secure messaging, before the status word
REPEATABLE = (SELECT, READ_BINARY, READ_BINARY_ODD, GET_RESPONSE)
MAX_PARTS = 1024  # of one response: four times what 65,536 bytes take


def connect(
    reader: str | int | None = None,
    *,
    wait: float = 0,
    timeout: float = 10,
    on_wait: Callable[[], object] = lambda: None,
) -> "PcscChannel":
    """Connect to the card on ``reader`` (see ``choose``), exclusively if nobody else uses it.

    A card may take ``wait`` seconds to come, if no reader is named to any that ``choose``
    considers; each exchange with it may take ``timeout`` seconds. ``on_wait`` is called at least
    twice a second while waiting; what it raises (``Cancelled``) ends the waiting. Use the channel
    in a ``with`` block.

    Raises:
        NoCardError: no card came in time.
        ReaderError: there is no service or no reader, or the card is in use or does not answer.
        InputError: several readers could be meant, or a time is negative or endless.
        MissingPackageError: pyscard is not installed.
    """
    for name, seconds in (("wait", wait), ("timeout", timeout)):
        if not 0 <= seconds < inf:  # nor is it NaN
            raise InputError(f"{name}: a number of seconds, 0 or more")
    deadline = monotonic() + wait
    while True:
        found = await_card(reader, deadline, on_wait)
        try:
            return _open(found.name, timeout)
        except (NoCardError, CardRemovedError, CommunicationError):
            if monotonic() >= deadline:
                raise
        on_wait()
        sleep(SETTLE_SECONDS)


def _open(reader: str, timeout: float) -> "PcscChannel":
    with ExitStack() as stack:
        service = stack.enter_context(Service())
        channel = PcscChannel(service, service.open(reader), timeout)
        stack.pop_all()  # from here on the channel closes the service
        return channel


class PcscChannel:
    """One card on one reader, a ``Channel`` for one thread at a time.

    ``protocol`` is "T=0" or "T=1" (a contactless card is T=1 to PC/SC); ``supports_extended`` is
    what the ATR says of extended length, None if nothing. After a ``ReaderError`` the channel is
    dead and raises the same error for every command, until ``reconnect``: no session survives a
    gap. ``cards_when_back`` is how many cards had come and gone when it was connected again.
    """

    def __init__(self, service: Service, card: Card, timeout: float) -> None:
        self.reader = card.reader
        self.atr = card.atr
        self.exclusive = card.exclusive
        self.cards_when_back: int | None = None
        self.protocol = "T=0" if card.protocol == PROTOCOL_T0 else "T=1"
        self.supports_extended = False if self.protocol == "T=0" else extended_length(card.atr)
        self._service, self._card, self._timeout = service, card, timeout
        self._dead: ReaderError | None = None
        self._traits: Traits | None = None

    @property
    def traits(self) -> Traits:
        """What the ATR and the reader say of themselves; the reader is asked once."""
        if self._traits is None:
            short_only = self.protocol == "T=0"
            self._traits = Traits(
                self.supports_extended,
                lengths_in_atr_info(self.atr),
                0 if short_only else self._service.longest_data(self._card),
                model(self.atr),
                kind(self.reader),
            )
        return self._traits

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Reset the card, so that no session of ours survives, and let go of it.

        Waits 2 s at most, and not at all for a chip that is silent.
        """
        self._service.close()

    def reset(self) -> None:
        """Reset the card: its sessions and protocols under way are over.

        Raises:
            ReaderError: the card has left, or does not answer to being reset; the channel is dead.
        """
        if self._dead is not None:
            raise self._dead
        try:
            self._service.reset(self._card)
        except ReaderError as error:
            self._dead = error
            raise

    def reconnect(self, seconds: float, on_wait: Callable[[], object]) -> None:
        """Connect again to the card on the same reader, which may have been away as well.

        Everything that the chip knew of us is gone; ``atr`` and the rest are those of the card
        that lies there now.

        Raises:
            ReaderError: no card came within ``seconds``; the channel is dead.
            InputError: ``seconds`` is negative or endless.
        """
        self._service.close()
        deadline = monotonic() + seconds
        while True:
            left = max(0.0, deadline - monotonic())
            try:
                fresh, count = self._again(left, on_wait)
            except (NoReaderError, NoServiceError, SharingError) as error:
                self._dead = error  # unplugged, restarted, or in the hands of who has reset it
                if monotonic() >= deadline:
                    raise
            except ReaderError as error:
                self._dead = error
                raise
            else:
                self.__dict__.update(fresh.__dict__, cards_when_back=count)
                return
            on_wait()
            sleep(SETTLE_SECONDS)

    def _again(self, wait: float, on_wait: Callable[[], object]) -> "tuple[PcscChannel, int]":
        fresh = connect(self.reader, wait=wait, timeout=self._timeout, on_wait=on_wait)
        try:
            return fresh, cards_so_far(fresh.reader)
        except BaseException:
            fresh.close()
            raise

    def transmit(self, command: Command) -> Response:
        """Send one command; an answer that the chip gives in parts is fetched whole.

        GET RESPONSE belongs to the transport: it goes out unprotected also in a session, where
        the chip counts only the command before it, and the parts together are the one response
        that secure messaging verifies.

        Raises:
            ReaderError: no answer could be had.
            ProtocolError: the parts of the answer do not come to an end.
            UnsupportedError: extended length over T=0, which would need ENVELOPE.
        """
        if self.protocol == "T=0" and command.is_extended:
            raise UnsupportedError("a command of extended length cannot be sent over T=0")
        response = self._exchange(command)
        parts, size = [response.data], len(response.data)
        while response.sw >> 8 == MORE_DATA and not _is_for_the_session(command, response):
            if size >= EXTENDED_LE or len(parts) > MAX_PARTS:
                raise ProtocolError("GET RESPONSE", f"no end after {size} bytes")
            fetch = Command(
                GET_RESPONSE, cla=_transport_class(command.cla), le=_length(response.sw)
            )
            response = self._exchange(fetch)
            parts.append(response.data)
            size += len(response.data)
        return Response(b"".join(parts), response.sw)

    def _exchange(self, command: Command) -> Response:
        response = self._send(command)
        if response.sw >> 8 == WRONG_LE and self._may_repeat(command):
            return self._send(replace(command, le=_length(response.sw)))
        return response

    def _may_repeat(self, command: Command) -> bool:
        """Whether 6Cxx is answered here, with the same command and the Le that it names.

        Not if the command is protected: the chip has counted it and its MAC covers Le, so only
        secure messaging can make another. Nor if it may have used a key or a challenge up: how to
        go on then is for the protocol that sent it. Over T=0 a command with data has no Le to be
        wrong.
        """
        if _is_protected(command.cla) or command.ins not in REPEATABLE:
            return False
        return self.protocol != "T=0" or not command.data

    def _send(self, command: Command) -> Response:
        if self._dead is not None:
            raise self._dead.with_traceback(None)
        if self.protocol == "T=0" and command.data:
            # T=0 carries data one way at a time: winscard has no place for Le beside data and some
            # drivers fail on it. The chip answers 61xx, and GET RESPONSE says how many bytes.
            command = replace(command, le=None)
        try:
            answer = self._service.transmit(self._card, command.encode(), self._timeout)
        except CommunicationError as fault:
            self._dead = self._service.cause(self._card, fault)
            raise self._dead from None if self._dead is fault else fault
        except ReaderError as fault:
            self._dead = fault
            raise
        return Response.parse(answer)


def _length(sw: int) -> int:
    return sw & 0xFF or SHORT_LE


# ISO/IEC 7816-4 §5.1.1: in the further interindustry classes (logical channels 4 to 19) secure
# messaging has another bit. Proprietary classes use the bits of the first.
def _is_further(cla: int) -> bool:
    return cla & 0xC0 == 0x40


def _is_protected(cla: int) -> bool:
    return bool(cla & (0x20 if _is_further(cla) else 0x0C))


def _is_for_the_session(command: Command, response: Response) -> bool:
    """Whether 61xx is the chip's own word inside the session, and not that of the transport.

    A whole protected answer may say 61xx in its data object 99. Fetching by an unprotected command
    would end the session; what to make of it is for whoever sees the plain answer.
    """
    status = STATUS_OBJECT + response.sw.to_bytes(2)
    return _is_protected(command.cla) and status in response.data


def _transport_class(cla: int) -> int:
    """The class byte on the same logical channel, without secure messaging and chaining."""
    return cla & (0xCF if _is_further(cla) else 0xE3)
