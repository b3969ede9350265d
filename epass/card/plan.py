"""How a chip is read: what one answer may carry, before anything has been asked.

Source: Doc 9303-10 §3.11.1 (EF.ATR/INFO), ISO/IEC 7816-4 §8.1.1 (card capabilities), PC/SC part 10
§2.6.14 (what a reader carries). Extended length is used where the caller, the chip or experience
says that it works and nothing says that it does not. All of this is a first guess, to save
commands: the chip's refusals correct it (``card.ladder``).
"""

import hashlib

from epass import tlv
from epass.card.apdu import SHORT_LE
from epass.card.ladder import FULL_SHORT, Ladder
from epass.card.memory import FEW, RECALLS, Experience, Memory
from epass.card.quirks import Note
from epass.card.secure import SecureChannel
from epass.card.traits import Traits
from epass.errors import FormatError
from epass.lds.security_infos import SecurityInfos

LARGEST_EXTENDED = 0xFF00  # bytes asked for at most; secure messaging needs some of 65,536
DO_LENGTHS, DO_INTEGER = 0x7F66, 0x02  # Doc 9303-10 table 29
STATUS = 2  # bytes of a status word


class Plan:
    """The plan of one read. ``extended``: True to ask for long answers, False not to, None where
    chip and reader are known to have them.
    """

    def __init__(self, extended: bool | None, traits: Traits, memory: Memory) -> None:
        self._extended, self._traits, self._memory = extended, traits, memory
        self._kind = ""
        self._known: Experience | None = None
        self._response: int | None = None  # the longest response APDU, by EF.ATR/INFO

    def meet(self, infos: SecurityInfos | None) -> bool:
        """Recall what worked with this kind of chip; ``infos`` are those of EF.CardAccess.

        Returns whether EF.ATR/INFO is worth reading.
        """
        traits = self._traits
        if traits.model:
            offered = () if infos is None else infos.pace
            pace = sorted(f"{info.protocol.oid} {info.parameter_id}" for info in offered)
            text = "\n".join((traits.model, traits.reader, *pace))
            self._kind = hashlib.sha256(text.encode()).hexdigest()
            self._known = self._memory.recall(self._kind)
        return traits.has_lengths and self._known is None and self._may_be_extended

    def limit(self, ef_atr_info: bytes) -> None:
        """Keep to what EF.ATR/INFO says; what is malformed or not there says nothing."""
        lengths = _find(ef_atr_info, DO_LENGTHS)
        try:
            numbers = tlv.parse(lengths, where="EF.ATR/INFO")
        except FormatError:
            return
        if [item.tag for item in numbers] == [DO_INTEGER, DO_INTEGER]:
            self._response = int.from_bytes(numbers[1].value)

    def ladder(self, channel: SecureChannel, note: Note) -> Ladder:
        """Where to begin, in a session that was just opened."""
        known = self._known or Experience(LARGEST_EXTENDED)
        return Ladder(
            self._largest(channel, known.largest),
            short=channel.largest_short,
            longest=self._longest,
            room=channel.room,
            greedy=known.greedy,
            short_ids=known.short_ids,
            note=note,
        )

    def remember(self, ladder: Ladder) -> None:
        """Keep what has worked; what a careful read or a caller's restraint led to says nothing."""
        if self._kind and self._extended is not False and not ladder.is_careful:
            found = Experience(ladder.largest, ladder.greedy, ladder.short_ids)
            self._memory.remember(self._kind, found, FEW if ladder.is_doubted else RECALLS)

    @property
    def _may_be_extended(self) -> bool:
        most = self._traits.most
        if self._extended is False or (most is not None and most <= SHORT_LE):
            return False
        if self._extended is None and self._known is not None:
            return self._known.largest > SHORT_LE
        return bool(self._extended or self._traits.extended)

    def _largest(self, channel: SecureChannel, worked: int) -> int:
        short = channel.largest_short
        if worked < FULL_SHORT:
            return min(worked, short)
        if not self._may_be_extended:
            return short
        if worked <= SHORT_LE:
            worked = LARGEST_EXTENDED  # the caller insists
        room = LARGEST_EXTENDED if self._longest is None else channel.room(self._longest)
        return max(short, min(LARGEST_EXTENDED, worked, room))

    @property
    def _longest(self) -> int | None:
        """The longest response, in bytes, that chip and reader say they have; None if neither."""
        most = self._traits.most
        limits = [self._response, None if most is None else most + STATUS]
        return min((limit for limit in limits if limit is not None), default=None)


def _find(data: bytes, wanted: int) -> bytes:
    """The value of the first data object with a tag, in a file that may be cut off or malformed."""
    position = 0
    try:
        while position < len(data):
            tag, position = tlv.read_tag(data, position, "EF.ATR/INFO")
            length, position = tlv.read_length(data, position, "EF.ATR/INFO")
            if tag == wanted:
                return data[position : position + length]
            position += length
    except FormatError:
        return b""
    return b""
