"""What the tests of the command line share: the result of a run, and the desk that it runs at."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from epass.card.apdu import Channel
from epass.errors import ReaderError
from epass.sandbox import Sandbox

KEY, SECRET = "key-of-the-test", "secret-of-the-test"


@dataclass(frozen=True)
class Result:
    """What one run of the command line gave."""

    status: int
    out: str
    err: str

    @property
    def facts(self) -> dict[str, Any]:
        """The one JSON object on stdout."""
        facts: dict[str, Any] = json.loads(self.out)
        return facts

    @property
    def error(self) -> dict[str, Any]:
        """The JSON error, the last line on stderr."""
        error: dict[str, Any] = json.loads(self.err.strip().splitlines()[-1])
        return error


Run = Callable[..., Result]


@dataclass
class Desk:
    """The reader on the desk: what lies on it, and what the command line asked of it."""

    channel: Channel
    error: ReaderError | None = None
    connections: int = 0


@dataclass
class Endpoint:
    """A sandbox with one session, and the options that lead to it."""

    stand_in: Sandbox
    session: str

    @property
    def options(self) -> tuple[str, str]:
        return "--session", self.session
