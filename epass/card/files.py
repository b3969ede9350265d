"""SELECT and READ BINARY: whole elementary files, in as few commands as the chip allows.

Source: ICAO Doc 9303-10 §3.6 (SELECT, READ BINARY, short file identifiers), ISO/IEC 7816-4
§11.3.3. How long a file is, its own header says; how much came is what the answer holds, never
what was asked for.
"""

from collections.abc import Callable

from epass import tlv
from epass.card.apdu import (
    END_OF_FILE,
    OK,
    READ_BINARY,
    READ_BINARY_ODD,
    SELECT,
    Channel,
    Command,
    Response,
)
from epass.card.ladder import Ladder
from epass.errors import FormatError, ProtocolError
from epass.lds.names import LDS1_AID, MF_FID, File

BY_AID, BY_FID, BY_EF, NO_FCI = 0x04, 0x00, 0x02, 0x0C
SHORT_ID = 0x80  # P1: the lower five bits are a short file identifier, P2 the offset
LAST_EVEN_OFFSET = 0x7FFF  # §3.6.3.2: beyond it READ BINARY needs the odd INS
DO_OFFSET, DO_DATA = 0x54, 0x53
LARGEST_FILE = 0x10000  # bytes, header included: what READ BINARY reads in the field
BEYOND_END = 0x6B00  # a chip's answer to an offset at or beyond the end
# A chip must bring a file to its end: after so many answers, each must have been of 32 bytes, which
# is far less than any chip of the field gives.
PATIENCE, LEAST = 16, 32
# A chip that has no short file identifiers says so with one of these.
NO_SHORT_ID = (0x6981, 0x6986, 0x6A81, 0x6A82, 0x6A86, 0x6B00, 0x6D00)

Progress = Callable[[int, int, bytes], object]
"""Called with the bytes of a file that have come, all that it has, and those that came now."""


def ignore(done: int, total: int, data: bytes) -> None:
    """The ``on_progress`` of callers that want none."""


SELECT_MASTER_FILE = Command(SELECT, BY_FID, NO_FCI, MF_FID.to_bytes(2))


def selection(file: File) -> Command:
    """SELECT of an elementary file by its identifier."""
    return Command(SELECT, BY_EF, NO_FCI, file.fid.to_bytes(2))


class FileReader:
    """Reads files over one channel, as much at a time as ``ladder`` says, which is told the quirks
    that are met.
    """

    def __init__(self, channel: Channel, ladder: Ladder) -> None:
        self._channel = channel
        self.ladder = ladder
        self.partial = b""  # of the file under way; it outlives a link that is lost

    def select_application(self) -> None:
        """Select the eMRTD application.

        Raises:
            StatusError: the chip has none, or wants authentication first.
        """
        command = Command(SELECT, BY_AID, NO_FCI, LDS1_AID)
        self._channel.transmit(command).expect("SELECT eMRTD application")

    def select_master_file(self) -> None:
        """Select the master file, as far as the chip allows it.

        Chips of several states refuse the command though they have just been reset, when the
        master file is selected anyway; the SELECT of EF.CardAccess that follows decides.
        """
        answer = self._channel.transmit(SELECT_MASTER_FILE)
        if answer.sw != OK:
            self.ladder.note("mf-refused")

    def select(self, file: File) -> Response:
        """Select a file by its identifier; the status word is the caller's to judge."""
        return self._channel.transmit(selection(file))

    def read(self, file: File, on_progress: Progress = ignore) -> bytes:
        """The whole file.

        Raises:
            StatusError: the chip refuses it.
            FormatError: the header is none, has another tag, or declares over 64 KiB; or the
                chip ends the file before its declared length.
            ProtocolError: the chip answers more than it was asked for, or next to nothing at a
                time.
        """
        self.partial = b""
        return self._rest(file, self._begun(file), on_progress)

    def start(self, file: File) -> bytes:
        """The first bytes of the file, as many as one answer brings; raises as ``read`` does."""
        self.partial = b""
        return _data(self._begun(file), file, 0)

    def read_on(self, file: File, content: bytes, on_progress: Progress = ignore) -> bytes:
        """The whole file, of which ``content`` is the start; raises as ``read`` does."""
        self.partial = content
        self.select(file).expect(f"SELECT {file.label}")
        return self._to_end(file, content, on_progress, known=len(content))

    def read_selected(self, file: File) -> bytes:
        """The whole file that ``select`` has selected; raises as ``read`` does."""
        return self._rest(file, self._first(0), ignore)

    def _begun(self, file: File) -> Response:
        """The first answer, by the short identifier of the file or after its selection."""
        by_short_id = self.ladder.short_ids
        if by_short_id:
            response = self._first(SHORT_ID | file.sfi)
            if response.sw not in NO_SHORT_ID:
                return response
        self.select(file).expect(f"SELECT {file.label}")
        if by_short_id:
            self.ladder.short_ids = False  # the file is there, only not by its short identifier
            self.ladder.note("no-short-ids")
        return self._first(0)

    def _rest(self, file: File, first: Response, on_progress: Progress) -> bytes:
        return self._to_end(file, _data(first, file, 0), on_progress)

    def _to_end(self, file: File, content: bytes, on_progress: Progress, known: int = 0) -> bytes:
        total = _declared(content, file)
        self.partial = content
        on_progress(min(len(content), total), total, content[known:total])
        answers = 0
        while len(content) < total:
            if answers > PATIENCE + len(content) // LEAST:
                problem = f"only {len(content)} of {total} bytes in {answers} answers"
                raise ProtocolError(f"READ BINARY {file.label}", problem)
            answers += 1
            block = self._block(file, len(content), total - len(content))
            if not block:
                problem = f"{total} bytes declared, the chip ends after {len(content)}"
                raise FormatError(problem, file.label, len(content))
            before = len(content)
            self.partial = content = content + block
            on_progress(min(len(content), total), total, content[before:total])
        self.partial = b""
        if len(content) > total:
            self.ladder.note("padded-end")
        return content[:total]  # what a chip sends beyond the end is padding of its memory

    def _first(self, p1: int) -> Response:
        return self.ladder.first(self._asking(lambda le, wide: _read(p1, 0, le, wide)))

    def _block(self, file: File, offset: int, wanted: int) -> bytes:
        if offset > LAST_EVEN_OFFSET:
            return self._odd_block(file, offset, wanted)
        p1, p2 = divmod(offset, 0x100)
        ask = self._asking(lambda le, wide: _read(p1, p2, le, wide))
        return _next_data(self.ladder.next(ask, wanted), file, offset)

    def _odd_block(self, file: File, offset: int, wanted: int) -> bytes:
        where = tlv.build(DO_OFFSET, offset.to_bytes(2))
        whole = len(tlv.build(DO_DATA, bytes(wanted)))  # no byte more: chips may refuse that
        ask = self._asking(
            lambda le, wide: Command(READ_BINARY_ODD, 0, 0, where, le, extended=wide)
        )
        answer = _next_data(self.ladder.next(ask, whole), file, offset)
        try:
            return tlv.parse_one(answer, DO_DATA, where=file.label).value if answer else b""
        except FormatError as error:
            raise ProtocolError(f"READ BINARY {file.label}", error.problem) from None

    def _asking(self, command: Callable[[int, bool], Command]) -> Callable[[int], Response]:
        """``command`` gets Le and whether the answer takes extended length."""

        def ask(le: int) -> Response:
            response = self._channel.transmit(command(le, le > self.ladder.short))
            if len(response.data) > le:
                problem = f"{len(response.data)} bytes for {le} asked for"
                raise ProtocolError("READ BINARY", problem)
            return response

        return ask


def _read(p1: int, p2: int, le: int, extended: bool) -> Command:
    return Command(READ_BINARY, p1, p2, le=le, extended=extended)


def _data(response: Response, file: File, offset: int) -> bytes:
    if response.sw == END_OF_FILE:  # a warning: the data before the end is good
        return response.data
    return response.expect(f"READ BINARY {file.label} at {offset}")


def _next_data(response: Response, file: File, offset: int) -> bytes:
    """The data of a block after the first, none where the file has ended."""
    return b"" if response.sw == BEYOND_END else _data(response, file, offset)


def _declared(content: bytes, file: File) -> int:
    """The length of the file by its first tag and length."""
    tag, position = tlv.read_tag(content, 0, file.label)
    if file.tag is not None and tag != file.tag:
        raise FormatError(f"the tag is {tag:02X}, not {file.tag:02X}", file.label, 0)
    length, start = tlv.read_length(content, position, file.label)
    if start + length > LARGEST_FILE:
        problem = f"{start + length} bytes declared, over the {LARGEST_FILE} of a file"
        raise FormatError(problem, file.label, position)
    return start + length
