"""How many bytes to ask a chip for at a time: as many as it takes, found by going down a ladder.

Source: ISO/IEC 7816-4 §5.1 (short and extended length), §5.6 (6700, 6Cxx); the steps below 256 are
what readers in the field have come to. A refusal under secure messaging is protected, advances
the counter as any answer does, and costs one command; what was found is used for every file that
follows, also in the sessions that follow.
"""

from collections.abc import Callable

from epass.card.apdu import END_OF_FILE, OK, SHORT_LE, WARNINGS, Response
from epass.card.quirks import Note
from epass.card.quirks import ignore as no_note
from epass.dump import FILE_NOT_FOUND

# Tried in turn when a chip refuses a length. Above 256 they are the sizes of buffers for a
# response, some of which secure messaging takes; 231 and 223 are what fits in a short
# response under 3DES and AES; the rest is of chips that give less.
LADDER = (32768, 16384, 8192, 4096, 2048, 1024, 512, 256, 231, 223, 192, 160, 128, 112)
HEADER = 8  # bytes: more than any tag and length, less than any file of an eMRTD
FULL_SHORT = 223  # a chip that gives less does not fill even a short response
WRONG_LENGTH, WRONG_LE = 0x6700, 0x6C  # the latter with the right length as SW2

Ask = Callable[[int], Response]
"""Sends one READ BINARY with the Le that it is given."""

Room = Callable[[int], int]
"""What a response of so many bytes can carry of a file; ``SecureChannel.room``."""


def _all_of_it(response: int) -> int:
    return response


class Ladder:
    """What one chip gives at a time, as far as is known; all sizes are bytes of a file.

    ``largest`` is the most to ask for. ``short`` is the most that a short answer can carry; more is
    asked for with extended length. ``longest`` is the longest response of chip and reader, in
    bytes, where that is known, and ``room`` what a response of some length can carry. ``greedy`` is
    whether the first READ BINARY of a file, whose length is not known yet, asks for as much;
    ``short_ids`` whether files are read by their short identifiers. ``note`` is told the quirks
    that are met.
    """

    def __init__(
        self,
        largest: int,
        *,
        short: int = SHORT_LE,
        longest: int | None = None,
        room: Room = _all_of_it,
        greedy: bool = True,
        short_ids: bool = True,
        note: Note = no_note,
    ) -> None:
        self.largest, self.short = largest, short
        self._longest, self._room = longest, room
        self.greedy, self.short_ids = greedy, short_ids
        self.is_doubted = False  # whether extended length was given up for want of a better guess
        self._was_taken = False  # a command of extended length was not refused
        self._may_be_greedy = True
        self._doubted: int | None = None  # Le of a first READ BINARY that was refused
        self.note = note

    @property
    def is_extended(self) -> bool:
        """Whether answers are asked for that take extended length."""
        return self.largest > self.short

    @property
    def is_unproven(self) -> bool:
        """Whether extended length is asked for, and no such command was taken yet."""
        return self.is_extended and not self._was_taken

    @property
    def is_careful(self) -> bool:
        """Whether ``be_careful`` was called."""
        return not self._may_be_greedy

    def continue_with(self, short: int, room: Room = _all_of_it) -> None:
        """Go on in another session, in which answers carry what ``short`` and ``room`` say."""
        if not self.is_extended and (self.largest == self.short or self.largest > short):
            self.largest = short
        elif self.is_extended and self._longest is not None:
            self.largest = max(short, min(self.largest, room(self._longest)))
        self.short, self._room = short, room

    def shorten(self) -> None:
        """Ask for no more than a short answer can carry."""
        self.largest = min(self.largest, self.short)

    def doubt(self) -> None:
        """Ask for no extended length any more if none was taken yet.

        For a link that has failed, as one does whose reader or driver does not know it.
        """
        if self.is_unproven:
            self.shorten()
            self.is_doubted = True

    def be_careful(self) -> None:
        """Ask for nothing that chips of the field refuse.

        A file is selected, its header read first, and then as little at a time as the last of
        ``LADDER``.
        """
        self.largest = min(self.largest, LADDER[-1])
        self.greedy = self.short_ids = self._may_be_greedy = False

    def first(self, ask: Ask) -> Response:
        """The start of a file whose length is not known: as much as one answer can bring.

        A chip that refuses is asked for the header first, for this file and all further ones.
        Was it more than the file holds, or more than the chip gives? A longer file will tell.
        """
        if not self.greedy:
            return ask(HEADER)
        response = self._asked(ask, self.largest)
        if too_long(response):
            self.greedy, self._doubted = False, self.largest
            return ask(HEADER)
        return response

    def next(self, ask: Ask, wanted: int) -> Response:
        """Up to ``wanted`` bytes, with the largest Le that the chip takes; it is remembered."""
        before = self.largest
        refused = response = self._asked(ask, wanted)
        named = _named(response)
        if 0 < named < LADDER[-1]:  # so much is left of the file; no chip gives so little at a time
            response = ask(min(named, wanted))
        for size in self._steps():
            if not too_long(response):
                break
            if size < min(wanted, self.largest):
                self.largest, refused = size, response
                response = self._asked(ask, wanted)
        if too_long(response):
            self.largest = before  # it is not the length that the chip refuses
        elif self.largest < before:
            self._found_shorter(refused)
        elif self._doubted is not None and min(wanted, self.largest) >= self._doubted:
            self._doubted = None
            self.note("exact-lengths")
        return response

    def _steps(self) -> list[int]:
        sizes = (self._room(size) if size > SHORT_LE else size for size in LADDER)
        return [size for size in sizes if size <= self.short or size >= SHORT_LE]

    def _asked(self, ask: Ask, wanted: int) -> Response:
        le = min(wanted, self.largest)
        is_first = le > self.short and not self._was_taken
        response = ask(le)
        if is_first and _may_be_for_its_length(response):
            # Chips that have no extended length refuse it with anything. Was it that?
            shorter = ask(min(wanted, self.short))
            if not _is_refused(shorter):
                self.shorten()
                self.note("extended-refused")
            return shorter
        self._was_taken |= le > self.short and not too_long(response)
        return response

    def _found_shorter(self, refused: Response) -> None:
        """The length was more than the chip gives; nothing is known of the ends of its files."""
        self.greedy, self._doubted = self._may_be_greedy, None
        if self.largest < FULL_SHORT:
            self.note("short-answers" if refused.sw != OK else "empty-answers")


def _named(response: Response) -> int:
    """The length that a chip says would be right, with 6Cxx; 0 where it says none."""
    return response.sw & 0xFF if response.sw >> 8 == WRONG_LE else 0


def _may_be_for_its_length(response: Response) -> bool:
    """Whether it may be extended length that is refused, by a status word that does not say so."""
    return _is_refused(response) and not too_long(response) and response.sw != FILE_NOT_FOUND


def _is_refused(response: Response) -> bool:
    """Whether the status word is an error, or warns of an end before the first byte."""
    is_empty = response.sw == END_OF_FILE and not response.data
    return is_empty or (response.sw != OK and response.sw >> 8 not in WARNINGS)


def too_long(response: Response) -> bool:
    """Whether the chip may have been asked for more than it gives at a time."""
    refused = response.sw == WRONG_LENGTH or response.sw >> 8 == WRONG_LE
    return refused or (response.sw == OK and not response.data)
