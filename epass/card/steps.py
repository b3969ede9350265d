"""Which part of a read takes how long."""

from collections.abc import Callable
from typing import Protocol

from epass.dump import MAX_STEPS, Step
from epass.lds.names import File


class Counter(Protocol):
    """What ``Steps`` counts with."""

    count: int


class Steps:
    """Which part of a read takes how long, by the events that tell where it is."""

    def __init__(self, counter: Counter, clock: Callable[[], float]) -> None:
        self._counter, self._clock = counter, clock
        self._began = clock()
        self._open: tuple[str, File | None, float, int] | None = None
        self.taken: list[Step] = []

    def enter(self, stage: str, file: File | None) -> None:
        """The read is at ``file`` in ``stage`` from now on, unless it has been there already."""
        if self._open is not None and self._open[:2] == (stage, file):
            return
        now = self.end()
        self._open = stage, file, now, self._counter.count

    def end(self) -> float:
        """The last part is over; the seconds since the beginning."""
        now = round(self._clock() - self._began, 3)
        if self._open is not None and len(self.taken) < MAX_STEPS:
            stage, file, start, count = self._open
            cost = self._counter.count - count
            self.taken.append(Step(stage, file, start, round(now - start, 3), cost))
        self._open = None
        return now
