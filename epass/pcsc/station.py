"""A place where documents are laid one after the other, for kiosks: no end, and nothing left over.

Sources: winscard.h (SCardGetStatusChange; the upper half of a state counts the cards that came and
went). One ``Station`` is for one thread; several readers are several stations in several threads,
each with PC/SC contexts of its own.
"""

from collections.abc import Callable, Generator
from math import inf
from time import monotonic, sleep

from epass.errors import (
    CardRemovedError,
    CommunicationError,
    InputError,
    NoCardError,
    NoReaderError,
    NoServiceError,
    SharingError,
)
from epass.pcsc.channel import SETTLE_SECONDS, PcscChannel, connect
from epass.pcsc.readers import await_removal, cards_so_far

PATIENCE_SECONDS = 600.0  # of one wait for a card; then another begins
ABSENT_SECONDS = 1.0  # between two looks for a reader, or a service, that is not there

# The reader or the service is away: unplugged, or being started again.
AWAY = (NoReaderError, NoServiceError)
# A card is there that cannot be talked to: half on the reader, or another program's.
NOT_READY = (NoCardError, CardRemovedError, CommunicationError, SharingError)


class Station:
    """Documents on ``reader`` (see ``choose``), each once, as long as anybody asks.

    Each exchange may take ``timeout`` seconds. ``on_wait`` is called at least twice a second, or
    once a second while there is no reader; what it raises (``Cancelled``) ends the waiting.

    Raises:
        InputError: ``timeout`` is negative or endless.
    """

    def __init__(
        self,
        reader: str | int | None = None,
        *,
        timeout: float = 10,
        on_wait: Callable[[], object] = lambda: None,
    ) -> None:
        if not 0 <= timeout < inf:
            raise InputError("timeout: a number of seconds, 0 or more")
        self._reader, self._timeout, self._on_wait = reader, timeout, on_wait

    def documents(self) -> Generator[PcscChannel, None, None]:
        """Each document that is laid on the reader, connected; it is let go of when the next one is
        asked for, which waits until this one has been taken away.

        A reader that is unplugged and a service that is restarted are waited for.

        Raises:
            InputError: several readers could be meant.
            MissingPackageError: pyscard is not installed.
        """
        while True:
            channel, since = self._next()
            try:
                yield channel
            finally:
                channel.close()
            self._until_taken(channel.reader, since)

    def _next(self) -> tuple[PcscChannel, int]:
        """The next document, and the count that was its own: the one after it may be there before
        anybody looks again.
        """
        while True:
            try:
                channel = connect(
                    self._reader,
                    wait=PATIENCE_SECONDS,
                    timeout=self._timeout,
                    on_wait=self._on_wait,
                )
                return channel, self._count(channel)
            except AWAY:
                self._pause(ABSENT_SECONDS)
            except NOT_READY:
                self._pause(SETTLE_SECONDS)

    @staticmethod
    def _count(channel: PcscChannel) -> int:
        try:
            return cards_so_far(channel.reader)
        except BaseException:
            channel.close()
            raise

    def _until_taken(self, reader: str, since: int) -> None:
        deadline = monotonic() + PATIENCE_SECONDS
        while True:
            try:
                if await_removal(reader, since, deadline, self._on_wait):
                    return
            except AWAY:
                return  # nothing lies on a reader that is not there
            deadline = monotonic() + PATIENCE_SECONDS

    def _pause(self, seconds: float) -> None:
        self._on_wait()
        sleep(seconds)
