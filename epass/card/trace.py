"""Traces: the wire of a read, recorded and replayed to the byte. A trace is a test vector.

A trace is a JSON Lines file. The first line is ``{"schema": "epass.trace", "version": 1}`` with
facts about the read, of which ``traits`` are what it was planned with; then a line for each command
and response as they went over the link, ``{"c": hex, "r": hex}``, where no response came ``"lost"``
with the code of the error instead, for each reset of the chip, ``{"reset": true}``, be it by a gap
(``{"reset": false, "lost": code}`` where it did not come back),
and, only where asked for, for each draw of the reader's randomness, ``{"random": hex}``. Secure
messaging has encrypted what the wire carries, but who has the random bytes too can compute the keys
of PACE: they are recorded for fictitious documents, never by default.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Self

from epass.card import apdu
from epass.card.apdu import Channel, Command, Response
from epass.card.resume import LOST
from epass.card.traits import Traits, traits
from epass.errors import CardSilentError, FormatError, ProtocolError, ReaderError

AS_RECORDED = "as it was recorded"
SCHEMA, SCHEMA_VERSION = "epass.trace", 1
TRAITS = {"extended": bool, "has_lengths": bool, "most": int}  # those that a plan depends on

# What a channel raises, by its code.
LOSSES: dict[str, Callable[[], ReaderError]] = {
    CardSilentError.code: lambda: CardSilentError(0),
    **{error.code: partial(error, AS_RECORDED) for error in (*LOST, ReaderError)},
}

Line = dict[str, object]


class TracingChannel:
    """A channel around a channel that gives each exchange to ``write`` as a line of a trace."""

    def __init__(self, channel: Channel, write: Callable[[str], object]) -> None:
        self._channel = channel
        self._write = write

    def transmit(self, command: Command) -> Response:
        """Raises what the channel raises; a command without an answer is recorded without."""
        line = {"c": command.encode().hex().upper()}
        try:
            response = self._channel.transmit(command)
            line["r"] = response.encode().hex().upper()
        except ReaderError as error:
            line["lost"] = error.code
            raise
        else:
            return response
        finally:
            self._write(json.dumps(line) + "\n")

    @property
    def traits(self) -> Traits:
        """Those of the channel, but no kind of chip: a trace stands by itself, and a read that is
        traced neither knows nor leaves what other reads have found.
        """
        return replace(traits(self._channel), model="", reader="")

    def reset(self) -> None:
        """Raises what ``apdu.reset`` raises; a reset that failed is not recorded."""
        apdu.reset(self._channel)
        self._write(json.dumps({"reset": True}) + "\n")

    def reconnect(self, seconds: float, on_wait: Callable[[], object]) -> None:
        """Raises what ``apdu.reconnect`` raises; to the chip, a gap is a reset."""
        try:
            apdu.reconnect(self._channel, seconds, on_wait)
        except ReaderError as error:
            self._write(json.dumps({"reset": False, "lost": error.code}) + "\n")
            raise
        self._write(json.dumps({"reset": True}) + "\n")

    def random(self, source: Callable[[int], bytes]) -> Callable[[int], bytes]:
        """A source of randomness whose draws stand in the trace, so that it can be replayed."""

        def draw(count: int) -> bytes:
            drawn = source(count)
            self._write(json.dumps({"random": drawn.hex().upper()}) + "\n")
            return drawn

        return draw


def header(**facts: object) -> str:
    """The first line of a trace."""
    return json.dumps({"schema": SCHEMA, "version": SCHEMA_VERSION, **facts}) + "\n"


def planned_with(known: Traits) -> Line:
    """The fact ``traits`` of a read that was planned with ``known``."""
    return {name: getattr(known, name) for name in TRAITS}


@dataclass(frozen=True, slots=True)
class Trace:
    """A trace as it was recorded: the facts of its first line, the exchanges, the draws.

    An exchange has no response where none came, but the code of the error, if that is known.
    ``resets`` has, for each reset of the chip, how many exchanges came before it, and the code of
    the error where it did not come back.
    """

    facts: Line
    exchanges: tuple[tuple[Command, Response | str | None], ...] = field(repr=False)
    draws: tuple[bytes, ...] = field(repr=False)
    resets: tuple[tuple[int, str], ...] = ()

    @classmethod
    def parse(cls, lines: Iterable[str]) -> Self:
        """Parse the lines of a trace.

        Raises:
            FormatError: a line is none of a trace; its number is the offset.
        """
        numbered = enumerate(lines, 1)
        facts = _facts(numbered)
        exchanges: list[tuple[Command, Response | str | None]] = []
        draws, resets = [], []
        for number, text in numbered:
            line = _object(text, number)
            if "random" in line:
                draws.append(_bytes(line, "random", number))
                continue
            if "reset" in line:
                resets.append(_reset(line, len(exchanges), number))
                continue
            command = Command.parse(_bytes(line, "c", number))
            exchanges.append((command, _answer(line, number)))
        return cls(facts, tuple(exchanges), tuple(draws), tuple(resets))

    @property
    def traits(self) -> Traits:
        """What the read was planned with; of another type than it should be, it is not known."""
        given = self.facts.get("traits")
        if not isinstance(given, dict):
            return Traits()
        known = {
            name: given[name] for name, kind in TRAITS.items() if type(given.get(name)) is kind
        }
        return Traits(**known)


class ReplayChannel:
    """A channel that answers from a trace, and only to exactly the recorded commands."""

    def __init__(self, trace: Trace) -> None:
        self.traits = trace.traits
        self._exchanges = iter(trace.exchanges)
        self._draws = iter(trace.draws)
        self._resets = list(trace.resets)
        self._count = 0

    def transmit(self, command: Command) -> Response:
        """The recorded response.

        Raises:
            ReaderError: what was raised when it was recorded.
            ProtocolError: the command is not the next one of the trace, byte for byte, or neither
                an answer to it nor an error is recorded.
        """
        if self._reset_is_due:
            raise ProtocolError("replay", f"no reset before command {self._count + 1}")
        self._count += 1
        expected, response = next(self._exchanges, (None, None))
        if expected is None:
            raise ProtocolError("replay", f"the trace ends before command {self._count}")
        if expected.encode() != command.encode():
            raise ProtocolError("replay", f"command {self._count} is not the recorded one")
        if isinstance(response, str) and response in LOSSES:
            raise LOSSES[response]()
        if not isinstance(response, Response):
            raise ProtocolError("replay", f"no answer is recorded to command {self._count}")
        return response

    def reset(self) -> None:
        """Raises ProtocolError where no reset is recorded."""
        if not self._reset_is_due:
            raise ProtocolError("replay", f"a reset after command {self._count} is not recorded")
        _, code = self._resets.pop(0)
        if code in LOSSES:
            raise LOSSES[code]()

    def reconnect(self, _seconds: float, _on_wait: Callable[[], object]) -> None:
        """As ``reset``: to the chip, a gap is one. Raises what was raised when it was recorded."""
        self.reset()

    @property
    def _reset_is_due(self) -> bool:
        return bool(self._resets) and self._resets[0][0] == self._count

    def random(self, count: int) -> bytes:
        """The recorded randomness.

        Raises:
            ProtocolError: the trace holds no further draw, or one of another length.
        """
        drawn = next(self._draws, b"")
        if len(drawn) != count:
            raise ProtocolError("replay", f"no draw of {count} bytes is recorded here")
        return drawn

    def finish(self) -> None:
        """Raises ProtocolError where something of the trace was not used."""
        left = sum(1 for _ in self._exchanges)
        if left:
            raise ProtocolError("replay", f"{left} recorded commands were not sent")
        if self._resets:
            raise ProtocolError("replay", f"{len(self._resets)} recorded resets were not made")
        draws = sum(1 for _ in self._draws)
        if draws:
            raise ProtocolError("replay", f"{draws} recorded draws were not made")


def _reset(line: Line, after: int, number: int) -> tuple[int, str]:
    code = line.get("lost", "")
    if line["reset"] is not (code == "") or not isinstance(code, str):
        raise FormatError("neither a reset nor a gap", "trace line", number)
    return after, code


def _answer(line: Line, number: int) -> Response | str | None:
    if "r" in line:
        return Response.parse(_bytes(line, "r", number))
    code = line.get("lost")
    return code if isinstance(code, str) else None


def _facts(numbered: Iterator[tuple[int, str]]) -> Line:
    number, text = next(numbered, (1, ""))
    facts = _object(text, number)
    if (facts.get("schema"), facts.get("version")) != (SCHEMA, SCHEMA_VERSION):
        raise FormatError(f"not the first line of {SCHEMA} version {SCHEMA_VERSION}", "trace", 1)
    return facts


def _object(text: str, number: int) -> Line:
    try:
        line = json.loads(text)
    except (ValueError, RecursionError):
        raise FormatError("not JSON", "trace line", number) from None
    if not isinstance(line, dict):
        raise FormatError("not a JSON object", "trace line", number)
    return line


def _bytes(line: Line, name: str, number: int) -> bytes:
    value = line.get(name)
    try:
        return bytes.fromhex(value if isinstance(value, str) else "?")
    except ValueError:
        raise FormatError(f"{name} is not hexadecimal", "trace line", number) from None
