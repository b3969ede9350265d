"""A recorded read once more, and what it costs the host: all is computed again but for the chip.

``python3 -m tools.host_replay`` does it once, in a process that has done nothing before; it takes
a trace, a key and the CSCA as JSON. So nothing of the simulator may be imported here.
"""

import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from epass import asn1
from epass.asn1 import Certificate
from epass.card import reader
from epass.card.keys import Can, Key, MrzKey
from epass.card.secure import ChipSession
from epass.card.trace import ReplayChannel, Trace
from epass.lds import document as lds
from epass.trust.verify import verify

AT = datetime(2026, 1, 1, tzinfo=UTC)
PARTS = ("access", "messaging", "reading", "parsing", "verification")


def replay(recorded: Trace, key: Key, anchors: Sequence[Certificate]) -> dict[str, float]:
    """CPU seconds of one read, by part of ``PARTS``."""
    opened: list[float] = []
    messaging = Stopwatch()

    def event(happened: reader.ReadEvent) -> None:
        if happened.stage == "file" and not opened:
            messaging.seconds = 0.0  # that of the access procedure is its own
            opened.append(time.process_time())

    channel = ReplayChannel(recorded)
    began = time.process_time()
    with messaging.watching(ChipSession, "protect"), messaging.watching(ChipSession, "unprotect"):
        dump = reader.read(channel, key, on_event=event, random=channel.random)
    read = time.process_time()
    lds.Document.parse(dump.files)
    parsed = time.process_time()
    verify(dump, anchors, at=AT)
    return {
        "access": opened[0] - began,
        "messaging": messaging.seconds,
        "reading": read - opened[0] - messaging.seconds,
        "parsing": parsed - read,
        "verification": time.process_time() - parsed,
    }


class Stopwatch:
    """CPU seconds that are spent inside a method of a class."""

    def __init__(self) -> None:
        self.seconds = 0.0

    @contextmanager
    def watching(self, owner: type, name: str) -> Iterator[None]:
        """Put a watched method in the place of ``owner.name`` while the block runs."""
        original: Callable[..., Any] = getattr(owner, name)

        def watched(*arguments: object) -> object:
            began = time.process_time()
            try:
                return original(*arguments)
            finally:
                self.seconds += time.process_time() - began

        setattr(owner, name, watched)
        try:
            yield
        finally:
            setattr(owner, name, original)


def main(given: str) -> str:
    """One replay: the parts as JSON."""
    facts = json.loads(given)
    key: Key = MrzKey.from_mrz(facts["mrz"]) if "mrz" in facts else Can(facts["can"])
    anchors = (asn1.certificate(bytes.fromhex(facts["csca"]), where="CSCA"),)
    return json.dumps(replay(Trace.parse(facts["lines"]), key, anchors))


if __name__ == "__main__":
    print(main(sys.stdin.read()))
