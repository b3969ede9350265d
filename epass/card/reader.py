"""The verb ``read``: from a chip on a channel and the printed key to a dump.

Source: ICAO Doc 9303-11 §4.2 (chip access procedure).
"""

import secrets
import time
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any, ParamSpec, Protocol, TypeVar

from epass.card import apdu, master_file
from epass.card.access import AUTO, Policy, open_chip
from epass.card.apdu import (
    EXTERNAL_AUTHENTICATE,
    GENERAL_AUTHENTICATE,
    Channel,
    Command,
    Response,
)
from epass.card.keys import Key
from epass.card.memory import SHARED, Memory
from epass.card.plan import Plan
from epass.card.proof import CHALLENGE
from epass.card.resume import PATIENT, Patience, Resume
from epass.card.secure import PROTECTED
from epass.card.traits import traits
from epass.card.visit import Visit
from epass.dump import MAX_STEPS, Dump, Step
from epass.errors import InputError, ReaderError
from epass.lds.names import APPLICATION, UNSIGNED, File

_P = ParamSpec("_P")
_T = TypeVar("_T")

DEFAULT = (File.COM, File.DG1, File.SOD, File.DG2)  # the small ones first


@dataclass(frozen=True, slots=True)
class ReadEvent:
    """Where the read is. ``stage`` is "access", "file", "proof" with the file of the chip's key, or
    "lost" while the document is waited for that has left the reader.

    ``done`` and ``total`` are bytes of the file, ``data`` those that came since the last event: the
    last of ``done``, as the chip gave them, which nothing has verified yet. A file may begin
    again at its first byte, if a chip drops the session over the way that it was asked for.
    """

    stage: str
    file: File | None = None
    done: int = 0
    total: int = 0
    data: bytes = field(default=b"", repr=False)


OnEvent = Callable[[ReadEvent], object]


def ignore(event: ReadEvent) -> None:
    """The ``on_event`` of callers that want no events."""


def read(
    channel: Channel,
    key: Key,
    *,
    want: Iterable[File] = DEFAULT,
    also: Iterable[File] = (),
    everything: bool = False,
    access: str = AUTO,
    allow_bac_fallback: bool = False,
    extended: bool | None = None,
    memory: Memory = SHARED,
    prove: bool = True,
    challenge: bytes | None = None,
    resume: Resume = PATIENT,
    on_event: OnEvent = ignore,
    random: Callable[[int], bytes] = secrets.token_bytes,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Dump:
    """Open the chip with ``key`` and read the files that are wanted.

    What the chip refuses of ``want`` is an error; what it refuses or does not have of ``also``, or
    of what ``everything`` asks for, the dump has in ``refused``: all the data groups that EF.COM
    and EF.SOD list, and EF.ATR/INFO and EF.DIR of the master file, which are read last of all.
    ``access`` is "auto" (PACE where the chip offers it, else BAC), "pace" or "bac". A PACE that
    fails is an error, unless ``allow_bac_fallback`` lets BAC follow, which the dump then says.
    ``extended`` asks for answers of up to 64 KiB; None does so where chip and reader say that they
    take them. What worked is kept in ``memory`` by the kinds of chip and reader, where the channel
    knows them (``Traits``); by default it is forgotten when the program ends. ``prove`` has the
    chip prove that it is no copy, where EF.COM or EF.SOD, if wanted, announce that it can; the
    files with its keys are then read too, DG14 in any case. ``challenge``, 8 bytes, is for active
    authentication, and drawn if it is not given. ``resume`` says how often and how long a document
    is waited for that leaves the reader, where ``channel`` can be connected again; the read goes
    on where it stopped. ``on_event`` is called before each file and as its bytes arrive, which the
    event has; what it raises (``Cancelled``) stops the read between two commands. Only vectors
    replace ``random``.

    Raises:
        InputError: the challenge is of another length, there is no such access, or a file is
            wanted that is not of the eMRTD application, nor, in ``also``, one of those two.
        AccessDeniedError: the chip rejects the key.
        OtherDocumentError: another document came back to the reader.
        CardError: the chip refuses a file, breaks the protocol or is not authentic.
        FormatError: EF.CardAccess or the header of a file is malformed.
        UnsupportedError: the chip cannot be opened with this key or by what epass supports.
        ReaderError: what the channel raises.
    """
    wanted, inside, outside = _checked(want, also, challenge, everything=everything)
    counted = _Counter(channel)
    steps = Steps(counted, time.perf_counter)

    def tell(stage: str, file: File | None, done: int, total: int, data: bytes) -> None:
        steps.enter(stage, file)
        on_event(ReadEvent(stage, file, done, total, data))

    policy, plan = Policy(access, allow_bac_fallback), Plan(extended, traits(channel), memory)
    patience = Patience(resume, lambda: tell("lost", None, 0, 0, b""))
    visit = Visit(
        partial(open_chip, counted, key, policy, plan, random=random),
        counted.reset,
        first_ladder=plan.ladder,
        prove=prove,
        tell=tell,
        random=random,
        reconnect=lambda lost: _reconnect(counted, patience, lost),
    )
    visit.collect(wanted, challenge, also=inside, everything=everything)
    master_file.collect(visit, outside, counted, counted.reset, tell)
    plan.remember(visit.ladder)
    return Dump(
        {file: visit.files[file] for file in (*wanted, *visit.files)},
        visit.access,
        now(),
        counted.count,
        steps.end(),
        visit.evidence,
        visit.quirks,
        (*visit.notes, *_gaps(patience.returns)),
        visit.refused,
        tuple(steps.taken),
    )


def _reconnect(counted: "_Counter", patience: Patience, lost: ReaderError) -> None:
    if not counted.may_go_on():
        lost.add_note("The chip was judging the key: see that it is right before it is used again.")
        raise lost
    patience.reconnect(counted, lost)


def _checked(
    want: Iterable[File], also: Iterable[File], challenge: bytes | None, *, everything: bool
) -> tuple[tuple[File, ...], list[File], list[File]]:
    """What must be had; what may be refused, of the application and of the master file."""
    if challenge is not None and len(challenge) != CHALLENGE:
        raise InputError(f"challenge: {CHALLENGE} bytes")
    wanted, more = tuple(want), tuple(also)
    for file in (*wanted, *(file for file in more if file not in UNSIGNED)):
        if file not in APPLICATION:  # its identifiers may be those of another file there
            raise InputError(f"want: {file.label} is not a file of the eMRTD application")
    inside = [file for file in more if file in APPLICATION]
    return wanted, inside, [file for file in UNSIGNED if everything or file in more]


def _gaps(count: int) -> tuple[str, ...]:
    return (f"the document was lost {count} times and came back",) if count else ()


def _in_thread(verb: Callable[_P, _T]) -> Callable[_P, Coroutine[Any, Any, _T]]:
    async def run(*args: _P.args, **options: _P.kwargs) -> _T:
        import asyncio  # noqa: PLC0415 - a third of the start-up time, for async callers only

        return await asyncio.to_thread(verb, *args, **options)

    return run


read_async = _in_thread(read)  # the same verb for async callers, in a thread of its own


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


class _Counter:
    """Counts the commands that a read costs.

    ``is_judging`` is set where the link was lost while the chip judged the key: it may have counted
    a wrong one. ``may_go_on`` says whether the key may be sent again by itself: not if no chip has
    accepted it yet, and later once, since it may be another chip that lies there.
    """

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._accepted = self._accepted_since = False  # by any chip; since the last gap
        self._spare = 1
        self.count = 0
        self.is_judging = False

    def transmit(self, command: Command) -> Response:
        self.count += 1
        self.is_judging = not self._accepted_since and _uses_key(command)
        response = self._channel.transmit(command)
        self.is_judging = False
        if command.cla & PROTECTED:
            self._accepted = self._accepted_since = True
        return response

    def may_go_on(self) -> bool:
        if not self.is_judging:
            return True
        self._spare -= 1
        return self._accepted and self._spare >= 0

    def reset(self) -> None:
        apdu.reset(self._channel)

    def reconnect(self, seconds: float, on_wait: Callable[[], object]) -> None:
        self._accepted_since = False
        apdu.reconnect(self._channel, seconds, on_wait)


def _uses_key(command: Command) -> bool:
    """Whether it is the command by which the chip learns that the key is right: the last of BAC or
    PACE (Doc 9303-11 §4.3.2, §4.4.4.1; the others of PACE are chained).
    """
    last = command.ins == GENERAL_AUTHENTICATE and command.cla == 0
    return last or command.ins == EXTERNAL_AUTHENTICATE
