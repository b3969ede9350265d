"""What worked with a kind of chip on a kind of reader, so that it need not be found out again.

Nothing here is of a person or of one document: a kind is a digest of what all chips of it have in
common, and what is known of it is three facts about lengths. Whoever can write to a memory can
make reads slower, not wrong: the chip still decides what it gives, and EF.SOD what is believed.
"""

import re
from collections import OrderedDict
from dataclasses import asdict, dataclass
from threading import Lock
from typing import Self

from epass.card.apdu import EXTENDED_LE

KINDS = 200  # remembered at most; the longest unused is forgotten first
_KIND = re.compile(r"[0-9a-f]{64}")  # SHA-256
RECALLS = 50  # of one experience, after which it is made anew: chip or driver may have got better
FEW = 3  # of one that may be of a bad moment: a link that broke


@dataclass(frozen=True, slots=True)
class Experience:
    """``largest`` is the most bytes of a file that were asked for at a time and not refused.

    ``greedy``: a READ BINARY may ask for more than the file holds. ``short_ids``: files can be
    read by their short identifiers.
    """

    largest: int
    greedy: bool = True
    short_ids: bool = True

    @classmethod
    def from_dict(cls, raw: object) -> Self | None:
        """The reverse of ``dataclasses.asdict``; None where it is not that."""
        if not isinstance(raw, dict) or raw.keys() != {"largest", "greedy", "short_ids"}:
            return None
        largest, greedy, short_ids = raw["largest"], raw["greedy"], raw["short_ids"]
        if type(largest) is not int or not 1 <= largest <= EXTENDED_LE:
            return None
        if type(greedy) is not bool or type(short_ids) is not bool:
            return None
        return cls(largest, greedy, short_ids)


class Memory:
    """Experiences by kind, as long as the program runs; for any number of threads."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, tuple[Experience, int]] = OrderedDict()
        self._lock = Lock()

    def recall(self, kind: str) -> Experience | None:
        """What worked with ``kind``, if that is known."""
        with self._lock:
            experience, left = self._known.pop(kind, (None, 0))
            if experience is None or left <= 0:
                return None
            self._known[kind] = experience, left - 1
            return experience

    def remember(self, kind: str, experience: Experience, recalls: int = RECALLS) -> None:
        """Keep ``experience`` for so many recalls, in the place of one that was different."""
        with self._lock:
            known, left = self._known.pop(kind, (None, 0))
            self._known[kind] = experience, left if known == experience else recalls
            while len(self._known) > KINDS:
                self._known.popitem(last=False)

    def as_dict(self) -> dict[str, object]:
        """All that is remembered, for a file; the longest unused stands first."""
        with self._lock:
            return {
                kind: {**asdict(experience), "recalls": left}
                for kind, (experience, left) in self._known.items()
            }

    def take(self, raw: object) -> None:
        """Remember what ``as_dict`` gave once; what is not of its form is left out."""
        entries = raw.items() if isinstance(raw, dict) else ()
        for kind, entry in list(entries)[-KINDS:]:
            if not (isinstance(entry, dict) and isinstance(kind, str) and _KIND.fullmatch(kind)):
                continue
            left = entry.get("recalls")
            facts = {name: value for name, value in entry.items() if name != "recalls"}
            experience = Experience.from_dict(facts)
            if experience is not None and type(left) is int and 0 <= left <= RECALLS:
                with self._lock:
                    self._known[kind] = experience, left


SHARED = Memory()  # what the reads of one program know unless they are given another
