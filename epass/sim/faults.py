"""Faults between a reader and a chip: one strikes at a given command, or from there on.

It is a fault of the link (the channel raises, or the bytes of the answer are others), or one of the
chip (the answer is another, and the chip protects it with its own MAC), or a gap after which the
chip has lost its session, has gone, or is another one. The errors are those that ``PcscChannel``
raises; after one the channel is dead until ``reconnect``. ``fault_table`` has what can happen.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from epass.card.apdu import Command, Response
from epass.card.traits import Traits
from epass.errors import NoCardError, ReaderError
from epass.sim.keys import seeded
from epass.sim.link import Clock

RECONNECT_SECONDS = 0.5
# What lies there after the gap. A clone has all files of the document, and none of its keys.
SAME_KEY, OTHER_DOCUMENT, OTHER_ACCESS, CLONE = (
    "same key", "other document", "other access", "clone",
)  # fmt: skip
# What a read must come to all the same: everything; everything, but for where the chip judges the
# key for the first time, which nobody sends twice by himself; nothing.
WHOLE, RESUMED, NOTHING = "whole", "resumed", "nothing"

Alter = Callable[[Command, Response], Response]


class Card(Protocol):
    """A chip; ``Chip`` is one, and ``LinkChannel`` is one around it."""

    def transmit(self, command: Command, /) -> Response: ...
    def reset(self) -> None: ...


class TooManyCommandsError(Exception):
    """The reader comes to no end. That is a bug, and so none of ``epass.errors``."""


Act = Callable[["FaultyChannel", Command], Response]


@dataclass(frozen=True, slots=True)
class Fault:
    """What a fault does.

    ``link`` answers in the place of the link, or raises; ``chip`` gets the plain answer of the chip
    and gives the one that is protected. A ``lasting`` fault strikes again at each command.
    ``swaps`` names the chip that lies there after the gap; ``absent`` is how many attempts to
    reconnect fail. ``lies``: the chip itself gives wrong bytes, which only its signed digests show.
    ``unseen``: it strikes though the answer is the right one. ``due`` is what the read must come
    to, WHOLE, RESUMED or NOTHING; empty where the right bytes and an error are as good.
    """

    about: str
    link: Act | None = None
    chip: Callable[["FaultyChannel", Command, Response], Response] | None = None
    lasting: bool = False
    lies: bool = False
    swaps: str = ""
    absent: int = 0
    unseen: bool = False
    due: str = ""


class FaultyChannel:
    """A channel to a chip with which ``fault`` happens at command ``at``, counted from 1.

    ``make_chip`` gets what the chip is to do with its plain answers, as ``alter`` of ``Chip``;
    ``other`` makes the chip of a fault that ``swaps`` it. Where a fault is random, ``seed`` says
    how. After ``most`` commands TooManyCommandsError is raised: nothing may run on for ever.
    ``clock`` takes the time that passes; ``traits`` is what chip and reader say of themselves.
    ``struck`` counts how often an answer was not the one that the chip would have given in peace.
    """

    def __init__(
        self,
        make_chip: Callable[[Alter], Card],
        fault: Fault,
        at: int,
        *,
        other: Callable[[str], Card],
        seed: bytes = b"",
        most: int = 10_000,
        clock: Clock | None = None,
        traits: Traits = Traits(),  # noqa: B008 - nobody can change it
    ) -> None:
        self.fault, self.at, self.traits = fault, at, traits
        self.clock = clock or Clock()
        self.random = seeded(seed + f"{fault.about}, {at}".encode())
        self.count = self.struck = self.attempts = 0
        self.previous = self.plain = Response()
        self.held: Response | None = None
        self._genuine: Response | None = None
        self._chip = make_chip(self._altered)
        self._other, self._most = other, most
        self._dead: ReaderError | None = None
        self._absent = fault.absent

    @property
    def is_due(self) -> bool:
        """Whether the fault strikes at the command that is under way."""
        return self.count >= self.at if self.fault.lasting else self.count == self.at

    def transmit(self, command: Command) -> Response:
        """As the chip answers, but for the fault.

        Raises:
            ReaderError: that of the fault, for this command and each further one.
            FormatError: what came back is no response APDU.
        """
        if self._dead is not None:
            raise self._dead.with_traceback(None)
        self.count += 1
        if self.count > self._most:
            raise TooManyCommandsError(f"more than {self._most} commands")
        self.previous = self._answer(command)
        return self.previous

    def _answer(self, command: Command) -> Response:
        if self.is_due and self.fault.link is not None:
            return self._strike(self.fault.link, command)
        late, self.held = self.held, None
        answer = self.carry_out(command)
        return answer if late is None else late

    def _strike(self, link: "Act", command: Command) -> Response:
        self._genuine = None
        self.struck += 1  # whatever it raises
        answer = link(self, command)
        if self._is_genuine(answer) and not self.fault.unseen:
            self.struck -= 1
        return answer

    def _is_genuine(self, answer: Response) -> bool:
        return answer == self._genuine

    def carry_out(self, command: Command) -> Response:
        """What the chip answers."""
        self._genuine = self._chip.transmit(command)
        return self._genuine

    def forget(self) -> None:
        """Reset the chip without anybody being told."""
        self._chip.reset()

    def die(self, error: ReaderError) -> Response:
        """The gap: the session of the chip is over, and every command raises ``error``."""
        self._chip.reset()
        if self.fault.swaps:
            self._chip = self._other(self.fault.swaps)
        self._dead = error
        raise error

    def reset(self) -> None:
        """Reset the chip; raises ReaderError where the channel is dead."""
        if self._dead is not None:
            raise self._dead.with_traceback(None)
        self._chip.reset()

    def reconnect(self, seconds: float = 0.0, on_wait: Callable[[], object] = lambda: None) -> None:
        """Connect to what lies on the reader, once it does.

        Raises:
            ReaderError: nothing does within ``seconds`` of the clock, or the reader is away.
        """
        deadline = self.clock.now() + seconds
        while True:
            on_wait()
            try:
                self._connect()
            except ReaderError:
                if self.clock.now() >= deadline:
                    raise
            else:
                return

    def _connect(self) -> None:
        self.attempts += 1
        if self.attempts > self._most:
            raise TooManyCommandsError(f"more than {self._most} attempts to reconnect")
        self.clock.sleep(RECONNECT_SECONDS)
        if self._absent:
            self._absent -= 1
            raise NoCardError("there is no card on the reader")
        self._dead = None
        self._chip.reset()

    def _altered(self, command: Command, response: Response) -> Response:
        self.plain = response
        if self.fault.chip is None or not self.is_due:
            return response
        changed = self.fault.chip(self, command, response)
        self.struck += changed != response
        return changed
