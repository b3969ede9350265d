"""SELECT and READ BINARY: whole elementary files, in as few commands as the chip allows.

Source: ICAO Doc 9303-10 §3.6 (SELECT, READ BINARY, short file identifiers), ISO/IEC 7816-4
§11.3.3. How long a file is, its own header says; how much came is what the answer holds, never
what was asked for.
"""

from collections.abc import Callable

from epass import tlv
from epass.card.apdu import OK, READ_BINARY, READ_BINARY_ODD, SELECT, Channel, Command, Response
from epass.card.quirks import Note
from epass.card.quirks import ignore as no_note
from epass.errors import FormatError, ProtocolError
from epass.lds.names import LDS1_AID, MF_FID, File

BY_AID, BY_FID, BY_EF, NO_FCI = 0x04, 0x00, 0x02, 0x0C
SHORT_ID = 0x80  # P1: the lower five bits are a short file identifier, P2 the offset
LAST_EVEN_OFFSET = 0x7FFF  # §3.6.3.2: beyond it READ BINARY needs the odd INS
DO_OFFSET, DO_DATA = 0x54, 0x53
LARGEST_FILE = 0x10000  # bytes, header included: what READ BINARY reads in the field
END_OF_FILE = 0x6282
BEYOND_END = 0x6B00  # a chip's answer to an offset at or beyond the end
WRONG_LENGTH, WRONG_LE = 0x6700, 0x6C  # the latter with the right length as SW2
HEADER = 8  # bytes: more than any tag and length, less than any file of an eMRTD
# Largest answers that chips of the field give, tried in turn when one refuses the length.
LADDER = (2048, 1024, 223, 192, 160, 128, 112)
# A chip must bring a file to its end: after so many answers, each must have been of 32 bytes, which
# is far less than any chip of the field gives.
PATIENCE, LEAST = 16, 32
SHORT_OF_SHORT = 223  # a chip that gives less does not fill even a short response
# A chip that has no short file identifiers says so with one of these.
NO_SHORT_ID = (0x6981, 0x6986, 0x6A81, 0x6A82, 0x6A86, 0x6B00, 0x6D00)

Progress = Callable[[int, int], object]


def ignore(done: int, total: int) -> None:
    """The ``on_progress`` of callers that want none; both are bytes."""


class FileReader:
    """Reads files over one channel. ``largest`` is the most bytes to ask for at a time.

    Without ``greedy`` nothing is asked for that chips of the field refuse: a file is selected, its
    header read first, and then as little at a time as the last of ``LADDER``. ``note`` is told the
    quirks that are met.
    """

    def __init__(
        self, channel: Channel, largest: int, *, greedy: bool = True, note: Note = no_note
    ) -> None:
        self._channel = channel
        self._largest = largest if greedy else min(largest, LADDER[-1])
        self._greedy = self._may_be_greedy = greedy
        self._doubted: int | None = None  # Le of a first READ BINARY that was refused
        self._note = note
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
        answer = self._channel.transmit(Command(SELECT, BY_FID, NO_FCI, MF_FID.to_bytes(2)))
        if answer.sw != OK:
            self._note("mf-refused")

    def select(self, file: File) -> Response:
        """Select a file by its identifier; the status word is the caller's to judge."""
        return self._channel.transmit(Command(SELECT, BY_EF, NO_FCI, file.fid.to_bytes(2)))

    def read(self, file: File, on_progress: Progress = ignore) -> bytes:
        """The whole file.

        Raises:
            StatusError: the chip refuses it.
            FormatError: the header is none, has another tag, or declares over 64 KiB; or the
                chip ends the file before its declared length.
            ProtocolError: the chip answers more than it was asked for, or next to nothing at a
                time.
        """
        if self._may_be_greedy:
            response = self._first(SHORT_ID | file.sfi)
            if response.sw not in NO_SHORT_ID:
                return self._rest(file, response, on_progress)
        self.select(file).expect(f"SELECT {file.label}")
        if self._may_be_greedy:
            self._note("no-short-ids")
        return self._rest(file, self._first(0), on_progress)

    def read_on(self, file: File, content: bytes, on_progress: Progress = ignore) -> bytes:
        """The whole file, of which ``content`` is the start; raises as ``read`` does."""
        self.partial = content
        self.select(file).expect(f"SELECT {file.label}")
        return self._to_end(file, content, on_progress)

    def read_selected(self, file: File) -> bytes:
        """The whole file that ``select`` has selected; raises as ``read`` does."""
        return self._rest(file, self._first(0), ignore)

    def _rest(self, file: File, first: Response, on_progress: Progress) -> bytes:
        return self._to_end(file, _data(first, file, 0), on_progress)

    def _to_end(self, file: File, content: bytes, on_progress: Progress) -> bytes:
        total = _declared(content, file)
        self.partial = content
        on_progress(min(len(content), total), total)
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
            content += block
            self.partial = content
            on_progress(min(len(content), total), total)
        self.partial = b""
        if len(content) > total:
            self._note("padded-end")
        return content[:total]  # what a chip sends beyond the end is padding of its memory

    def _first(self, p1: int) -> Response:
        """The start of a file whose length is not known: as much as one answer can bring.

        A chip that refuses is asked for the header first, for this file and all further ones.
        Was it more than the file holds, or more than the chip gives? A longer file will tell.
        """
        if self._greedy:
            response = self._send(lambda le: Command(READ_BINARY, p1, 0, le=le), self._largest)
            if not _too_long(response):
                return response
            self._greedy, self._doubted = False, self._largest
        return self._send(lambda le: Command(READ_BINARY, p1, 0, le=le), HEADER)

    def _block(self, file: File, offset: int, wanted: int) -> bytes:
        if offset > LAST_EVEN_OFFSET:
            return self._odd_block(file, offset, wanted)
        p1, p2 = divmod(offset, 0x100)
        response = self._with_ladder(lambda le: Command(READ_BINARY, p1, p2, le=le), wanted)
        return _next_data(response, file, offset)

    def _odd_block(self, file: File, offset: int, wanted: int) -> bytes:
        where = tlv.build(DO_OFFSET, offset.to_bytes(2))
        whole = len(tlv.build(DO_DATA, bytes(wanted)))  # no byte more: chips may refuse that
        response = self._with_ladder(lambda le: Command(READ_BINARY_ODD, 0, 0, where, le), whole)
        answer = _next_data(response, file, offset)
        try:
            return tlv.parse_one(answer, DO_DATA, where=file.label).value if answer else b""
        except FormatError as error:
            raise ProtocolError(f"READ BINARY {file.label}", error.problem) from None

    def _with_ladder(self, command: Callable[[int], Command], wanted: int) -> Response:
        """Send the command with the largest Le that the chip takes, and remember it."""
        before = self._largest
        refused = response = self._send(command, wanted)
        for size in LADDER:
            if not _too_long(response):
                break
            if size < min(wanted, self._largest):
                self._largest, refused = size, response
                response = self._send(command, wanted)
        if _too_long(response):
            self._largest = before  # it is not the length that the chip refuses
        elif self._largest < before:
            self._found_shorter(refused)
        elif self._doubted is not None and min(wanted, self._largest) >= self._doubted:
            self._doubted = None
            self._note("exact-lengths")
        return response

    def _found_shorter(self, refused: Response) -> None:
        """The length was more than the chip gives; nothing is known of the ends of its files."""
        self._greedy, self._doubted = self._may_be_greedy, None
        if self._largest < SHORT_OF_SHORT:
            self._note("short-answers" if refused.sw != OK else "empty-answers")

    def _send(self, command: Callable[[int], Command], wanted: int) -> Response:
        le = min(wanted, self._largest)
        response = self._channel.transmit(command(le))
        if len(response.data) > le:
            raise ProtocolError("READ BINARY", f"{len(response.data)} bytes for {le} asked for")
        return response


def _too_long(response: Response) -> bool:
    """Whether the chip may have been asked for more than it gives at a time."""
    refused = response.sw == WRONG_LENGTH or response.sw >> 8 == WRONG_LE
    return refused or (response.sw == OK and not response.data)


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
