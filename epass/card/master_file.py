"""EF.ATR/INFO and EF.DIR: what the chip says of itself beside the application.

Source: ICAO Doc 9303-10 §3.11.1, §3.11.2 (both may be read by anybody), ISO/IEC 7816-4 §8.1.1. They
are unsigned and nobody's travel document depends on them, so they are read last, when everything
else is there, and whatever goes wrong with them is recorded and no error.

* They are asked for in the session first: some chips give them to nobody without, and what comes is
  of the chip that was read. A chip that does not select the master file there, or drops the
  session, is reset and asked in the clear, which the dump says. The key is not used for it.
* A document that is lost meanwhile is waited for as ever, and must be the same one. Where it is
  lost over the same file again, or does not come back, the read ends with what it has.
* The files have no length of their own, but data objects one after the other, and perhaps filling
  behind them: they end where the chip says so. They are selected by their identifiers, since the
  short one of EF.ATR/INFO is that of DG1 in the application.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from functools import partial

from epass import tlv
from epass.card.apdu import END_OF_FILE, OK, READ_BINARY, WARNINGS, Channel, Command, Response
from epass.card.files import BEYOND_END, SELECT_MASTER_FILE, selection
from epass.card.ladder import LADDER, too_long
from epass.card.refusals import recorded
from epass.card.secure import SecureChannel
from epass.card.visit import Tell, Visit
from epass.dump import Refusal
from epass.errors import (
    CardError,
    EpassError,
    FormatError,
    OtherDocumentError,
    ProtocolError,
    ReaderError,
    SecureMessagingError,
    StatusError,
    UnsupportedError,
)
from epass.lds.filling import FILLING
from epass.lds.names import File

LARGEST = 4096  # bytes: EF.DIR of ten applications has under 1,000
MAX_ANSWERS = 128  # more than 112 bytes at a time take, or each header and value by itself
MAX_ASKED = 2  # times for one file, if the document is lost over it
SHORTEST, LONGEST_HEADER = 2, 7  # bytes of tag and length; what ``tlv`` takes of both at most

Came = Callable[[int, int, bytes], object]


def collect(
    visit: Visit,
    files: Iterable[File],
    plain: Channel,
    reset: Callable[[], object],
    tell: Tell,
) -> None:
    """Read ``files`` into ``visit``, which has collected all the others; else why not.

    ``plain`` is the chip without secure messaging; ``reset`` and ``tell`` are as for ``Visit``.

    Raises:
        OtherDocumentError: another document came back to the reader.
        EpassError: what ``tell`` raises to stop the read.
    """
    master_file = _MasterFile(visit, plain, reset, tell)
    gone: ReaderError | None = None
    for file in dict.fromkeys(files):
        if gone is not None:
            visit.refused[file] = recorded(gone)
            continue
        proved, notes = visit.evidence, list(visit.notes)
        try:
            visit.despite_gaps(partial(master_file.read, file))
        except OtherDocumentError:
            raise
        except ReaderError as error:  # nothing more can be asked for
            visit.refused[file], gone = recorded(error), error
        except (CardError, FormatError, UnsupportedError) as error:
            visit.refused[file] = recorded(error)
        if proved.chip and not visit.evidence.chip:  # it has given all signed files before
            visit.evidence, visit.notes = proved, notes
            visit.files.pop(file, None)
            visit.refused.setdefault(file, Refusal(None, "the chip did not prove itself again"))


class _MasterFile:
    """Where the files are: in the session while that works, and then in the clear."""

    def __init__(
        self, visit: Visit, plain: Channel, reset: Callable[[], object], tell: Tell
    ) -> None:
        self._visit, self._plain, self._reset, self._tell = visit, plain, reset, tell
        self._asked: Counter[File] = Counter()
        self._entered: SecureChannel | None = None  # the session that it is selected in
        self._left: SecureChannel | None = None  # the session after which the chip was reset
        self._why: EpassError | None = None

    def read(self, file: File) -> None:
        """One file, in another way where the session does not give it."""
        self._asked[file] += 1
        if self._asked[file] > MAX_ASKED:
            raise ProtocolError(f"SELECT {file.label}", "the document was lost over it each time")
        self._tell("file", file, 0, 0, b"")
        session = self._visit.channel
        if session is not self._left and not session.ended:
            try:
                if self._enter(session):
                    self._visit.files[file] = self._content(session, file)
                    return
            except SecureMessagingError as error:
                self._why = error
        self._leave(session)
        self._tell("file", file, 0, 0, b"")  # it begins again, if it had begun
        self._visit.files[file] = self._content(self._plain, file)
        self._note(file)

    def _enter(self, session: SecureChannel) -> bool:
        """Whether the chip selects the master file in ``session``."""
        if session is not self._entered:
            answer = session.transmit(SELECT_MASTER_FILE)
            if answer.sw != OK:
                self._why = StatusError("SELECT master file", answer.sw)
                return False
            self._entered = session
        return True

    def _leave(self, session: SecureChannel) -> None:
        """Have the chip at its master file without a session.

        Raises:
            EpassError: it cannot be reset; why it would have been.
        """
        if session is self._left:
            return
        try:
            self._reset()
        except UnsupportedError as error:
            raise self._why or error from None
        # Some refuse it after a reset, when it is selected anyway.
        self._plain.transmit(SELECT_MASTER_FILE)
        self._left = session

    def _note(self, file: File) -> None:
        why = f": {self._why.message}" if self._why else ""
        self._visit.notes.append(f"{file.label} read without secure messaging{why}")

    def _content(self, channel: Channel, file: File) -> bytes:
        ladder = self._visit.ladder
        size = min(ladder.largest, ladder.short)
        return read_objects(channel, file, size, partial(self._tell, "file", file))


def read_objects(channel: Channel, file: File, size: int, came: Came) -> bytes:
    """The whole of ``file``, to its end or to the filling behind its data objects.

    ``size`` is how many bytes to ask for at a time, ``came`` is called with what has come. A chip
    that refuses to be asked for more than there is, is asked for one header or value at a time.

    Raises:
        StatusError: the chip refuses it.
        FormatError: it is empty, or of more than ``LARGEST`` bytes.
        ProtocolError: the chip answers more than it was asked for, or next to nothing at a time.
    """
    selected = channel.transmit(selection(file))
    if selected.sw >> 8 not in WARNINGS:
        selected.expect(f"SELECT {file.label}")
    content, exact = b"", False
    for _ in range(MAX_ANSWERS):
        end = _end(content, file.label)
        if end is None:
            return content
        wanted = min(size, end - len(content) or SHORTEST) if exact else size
        response = _asked(channel, file, len(content), wanted)
        if too_long(response) and not exact:
            exact, size = True, min(size, LADDER[-1])
            continue
        if _is_over(response, whole=end == len(content) > 0):
            return _not_empty(content, file)
        block = response.data if response.sw == END_OF_FILE else response.expect(_action(file))
        content += block
        if len(content) > LARGEST:
            raise FormatError(f"over {LARGEST} bytes", file.label, LARGEST)
        came(len(content), len(content), block)
        if response.sw == END_OF_FILE:
            return _not_empty(content, file)
    raise ProtocolError(_action(file), f"only {len(content)} bytes in {MAX_ANSWERS} answers")


def _asked(channel: Channel, file: File, offset: int, wanted: int) -> Response:
    response = channel.transmit(Command(READ_BINARY, *divmod(offset, 0x100), le=wanted))
    if len(response.data) > wanted:
        raise ProtocolError(_action(file), f"{len(response.data)} bytes for {wanted} asked for")
    return response


def _is_over(response: Response, *, whole: bool) -> bool:
    """Whether there is nothing behind what has come, of which the data objects are ``whole``: then
    chips say so with any status word.
    """
    is_empty = response.sw == OK and not response.data
    is_refused = response.sw not in (OK, END_OF_FILE)
    return response.sw == BEYOND_END or is_empty or (whole and is_refused)


def _end(content: bytes, where: str) -> int | None:
    """Where the last data object of ``content`` ends, as far as is known; it may be behind it.

    None where nothing that follows is worth reading: behind filling, or what is no data object.
    """
    position = 0
    while position < len(content):
        if content[position] in FILLING:
            return None
        try:
            _, after_tag = tlv.read_tag(content, position, where)
            length, start = tlv.read_length(content, after_tag, where)
        except FormatError:
            return len(content) + 1 if len(content) - position < LONGEST_HEADER else None
        position = start + length
    return position


def _not_empty(content: bytes, file: File) -> bytes:
    if not content:
        raise FormatError("empty", file.label, 0)
    return content


def _action(file: File) -> str:
    return f"READ BINARY {file.label}"
