"""A document that slips off the reader: how long to wait for it, and what is believed of it then.

Source: ICAO Doc 9303-11 §9.8.2 (a session ends with the link; nothing of it is sent again),
ISO/IEC 14443-3 §6 (a contactless card that leaves the field forgets everything).

A read that is resumed connects anew, opens the chip again by exactly the way of the first time,
with the key that has opened it, and reads DG1 and the start of EF.SOD once more: only a chip that
gives the very same bytes is the same document. DG1 is what stands on the paper too; the start of
EF.SOD has digests of the other files. That these fit together is then for the whole of EF.SOD to
show, as always: what was put together from two chips fails it.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from math import inf
from time import monotonic

from epass.card import apdu
from epass.card.apdu import Channel
from epass.card.files import FileReader
from epass.errors import (
    CardRemovedError,
    CommunicationError,
    InputError,
    NoCardError,
    NoReaderError,
    NoServiceError,
    OtherDocumentError,
    ReaderError,
    SharingError,
    UnsupportedError,
)
from epass.lds.names import APPLICATION, File

# The document, the reader, the service, or the link between them is away (Windows stops the service
# with the last reader), or another program has reset the chip; nobody has refused anything. A chip
# that stays silent is not among them: PC/SC cannot take a command back, and keeps the chip until it
# is answered.
LOST = (
    CardRemovedError,
    CommunicationError,
    NoCardError,
    NoReaderError,
    NoServiceError,
    SharingError,
)
TELLING = 200  # bytes of EF.SOD: those in front of the digests have under 100, a digest 20 to 64
WITNESSES = (File.DG1, File.SOD)  # what no two documents have in common, the shortest first


def witnesses(files: Collection[File]) -> list[File]:
    """Which of ``files`` are read again, to see that a document is the one that they are of.

    Where none of them is of one document only, as EF.COM is not, it is all of the application: a
    document that gives the same bytes may as well have given them before.
    """
    shown = [file for file in WITNESSES if file in files][:1]
    return shown or [file for file in APPLICATION if file in files]


def is_shown(reader: FileReader, files: Mapping[File, bytes]) -> bool:
    """Whether it is shown that ``reader`` reads the document that ``files`` are of.

    False where it is only compatible with them, so that half a file is not to be believed of it.

    Raises:
        OtherDocumentError: it is another one.
        CardError, FormatError, ReaderError: as ``FileReader.read``.
    """
    shown = witnesses(files)
    for file in shown:
        if reader.read(file) != files[file]:
            raise OtherDocumentError(f"its {file.label} is another one")
    known = files.get(File.SOD, b"")
    if known and File.SOD not in shown and not _starts(known, reader):
        raise OtherDocumentError(f"its {File.SOD.label} is another one")
    return any(file in files for file in WITNESSES)


def _starts(known: bytes, reader: FileReader) -> bool:
    """Whether EF.SOD starts as it did; all of it counts where one answer brings next to nothing."""
    start = reader.start(File.SOD)
    if len(start) < TELLING:
        return reader.read(File.SOD) == known
    return known.startswith(start[: len(known)])


@dataclass(frozen=True, slots=True)
class Resume:
    """How often a read is resumed, and for how many seconds in all it waits for the document.

    Raises:
        InputError: a number is negative or endless.
    """

    times: int = 5
    seconds: float = 60.0

    def __post_init__(self) -> None:
        if self.times < 0 or not 0 <= self.seconds < inf:
            raise InputError("resume: a number of times and of seconds, 0 or more")


NEVER, PATIENT = Resume(0, 0.0), Resume()


class Patience:
    """What is left of a ``Resume``; ``on_wait`` is called while the document is away."""

    def __init__(self, limits: Resume, on_wait: Callable[[], object]) -> None:
        self._times, self._seconds = limits.times, limits.seconds
        self._on_wait = on_wait
        self._used = 0
        self.returns = 0  # how often there was a card again

    def reconnect(self, channel: Channel, lost: ReaderError) -> None:
        """Wait until there is a card on the reader again.

        Raises:
            ReaderError: ``lost``, where there is no patience left, or the channel cannot do it; or
                what there was at the end of the waiting.
        """
        if self._used >= self._times:
            raise lost
        self._used += 1
        self._on_wait()
        started = monotonic()
        try:
            apdu.reconnect(channel, self._seconds, self._on_wait)
        except UnsupportedError:
            raise lost from None
        finally:
            self._seconds = max(0.0, self._seconds - (monotonic() - started))
        self.returns += 1
