"""A place where documents are laid one after the other, for kiosks: no end, and nothing left over.

Sources: winscard.h (SCardGetStatusChange; the upper half of a state counts the cards that came and
went; a pseudo-reader tells that readers came or went). One ``Station`` is for one thread; several
readers are several stations in several threads, each with PC/SC contexts of its own.
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
from epass.pcsc.readers import (
    await_reader,
    await_removal,
    cards_so_far,
    choose,
    list_readers,
)

PATIENCE_SECONDS = 600.0  # of one wait for a card or a reader; then another begins
ABSENT_SECONDS = 1.0  # between two looks for a service that is not there
RETURN_SECONDS = 10.0  # in which a reader, or a service with its readers, is back

# A card is there that cannot be talked to: half on the reader, or another program's.
NOT_READY = (NoCardError, CardRemovedError, CommunicationError, SharingError)


class Station:
    """Documents on ``reader`` (see ``choose``), each once, as long as anybody asks.

    Each exchange may take ``timeout`` seconds. ``on_wait`` is called at least twice a second, or
    once a second while there is no service; what it raises (``Cancelled``) ends the waiting.

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

        A reader that is unplugged and a service that is restarted are waited for. What lies on the
        reader then counts as the same document until the reader has been seen empty: served twice,
        it would use up the key of the next. Where another reader takes documents too, it need not
        come back.

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
            # The count of before is not that of a document that has left and come back since.
            again = channel.cards_when_back
            self._until_taken(channel.reader, since if again is None else again)

    def _next(self) -> tuple[PcscChannel, int]:
        """The next document, and the count that was its own: the one after it may be there before
        anybody looks again.
        """
        pause = SETTLE_SECONDS
        while True:
            try:
                channel = connect(
                    self._reader,
                    wait=PATIENCE_SECONDS,
                    timeout=self._timeout,
                    on_wait=self._on_wait,
                )
                return channel, self._count(channel)
            except NoReaderError:
                self._until_connected()
            except NoServiceError:
                self._pause(ABSENT_SECONDS)
            except NOT_READY:
                self._pause(pause)
                pause = min(2 * pause, ABSENT_SECONDS)

    @staticmethod
    def _count(channel: PcscChannel) -> int:
        try:
            return cards_so_far(channel.reader)
        except BaseException:
            channel.close()
            raise

    def _until_connected(self) -> None:
        try:
            await_reader(self._reader, monotonic() + PATIENCE_SECONDS, self._on_wait)
        except NoServiceError:
            self._pause(ABSENT_SECONDS)

    def _until_taken(self, reader: str, since: int | None) -> None:
        missed = inf  # since when the reader is
        while True:
            deadline = monotonic() + PATIENCE_SECONDS
            try:
                if await_removal(reader, since, deadline, self._on_wait):
                    return
                missed = inf
            except NoServiceError:
                since, missed = None, inf  # a service that is restarted counts anew
                self._pause(ABSENT_SECONDS)
            except NoReaderError:
                since, missed = None, min(missed, monotonic())
                if monotonic() - missed >= RETURN_SECONDS and self._may_be_elsewhere(reader):
                    return
                self._pause(ABSENT_SECONDS)

    def _may_be_elsewhere(self, reader: str) -> bool:
        """Whether the next document may come to another reader than ``reader``."""
        try:
            return choose(list_readers(), self._reader).name != reader
        except InputError:  # several are left, as ``connect`` may have found them too
            return True
        except (NoReaderError, NoServiceError):
            return False

    def _pause(self, seconds: float) -> None:
        self._on_wait()
        sleep(seconds)
