"""Wrong keys: what the chip says of them, and how long it takes over the next one.

Source: ISO/IEC 7816-4 §5.6 (63Cx, 6983). A chip that does neither answers 6300 to each of them.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from epass.errors import StatusError
from epass.sim.status import Sw

ALLOWED = 3  # wrong keys
FIRST_DELAY, LONGEST_DELAY = 0.1, 1.0  # seconds


class Attempts:
    """The wrong keys in a row; a reset does not make the chip forget them, the right key does.

    ``counts``: 63Cx tells how many attempts are left, then 6983 that there is none. ``delays``:
    each answer takes twice as long as the one before, by ``sleep``, whatever key it is for.
    """

    def __init__(self, *, counts: bool, delays: bool, sleep: Callable[[float], None]) -> None:
        self._counts = counts
        self._delays = delays
        self._sleep = sleep
        self._wrong = 0
        self._delay = 0.0

    @contextmanager
    def one(self) -> Iterator[None]:
        """Around the verification of one key.

        Raises:
            StatusError: the key was wrong, as 6300 from within says.
        """
        if self._delays and self._delay:
            self._sleep(self._delay)
        try:
            yield
        except StatusError as refusal:
            if refusal.sw != Sw.AUTHENTICATION_FAILED:
                raise
            self._wrong += 1
            self._delay = min(2 * self._delay or FIRST_DELAY, LONGEST_DELAY)
            raise StatusError(refusal.action, self._told()) from None
        self._wrong, self._delay = 0, 0.0

    def _told(self) -> int:
        if not self._counts:
            return Sw.AUTHENTICATION_FAILED
        left = ALLOWED - self._wrong
        return Sw.BLOCKED if left < 0 else Sw.ATTEMPTS_LEFT | left
