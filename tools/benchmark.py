"""What a read costs the host: CPU time of the reader alone, replayed from a recorded trace.

A read of a simulated chip is recorded once with the reader's random numbers, then replayed: the
reader computes everything again, and the chip costs nothing. Run it with
``python3 tools/dev.py bench``; the figures are of the machine that it runs on.
"""

import argparse
import json
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from epass.card import reader, trace
from epass.card.keys import Can, Key, MrzKey
from epass.card.trace import ReplayChannel, Trace, TracingChannel
from epass.dump import Dump
from epass.sim import issuer
from epass.sim.access import PaceOffer, PaceSuite
from epass.sim.chip import Chip
from epass.sim.keys import seeded
from epass.trust.verify import verify

AT = datetime(2026, 1, 1, tzinfo=UTC)
REPEATS = 30


@dataclass(frozen=True, slots=True)
class Case:
    """One chip: how it is opened, and with what."""

    name: str
    access: str
    mapping: str = "GM"
    cipher: str = "AES-128"
    parameter_id: int = 13

    def document(self) -> issuer.Document:
        """A fictitious document whose chip offers this, and GM beside CAM, as it must."""
        if self.access == "BAC":
            return issuer.issue()
        mappings = dict.fromkeys((self.mapping, "GM"))
        suites = (PaceSuite.named(self.cipher, self.parameter_id, name) for name in mappings)
        offer = PaceOffer(tuple(suites)[: 2 if self.mapping == "CAM" else 1])
        return issuer.issue(pace=offer)

    def record(self, document: issuer.Document, key: Key) -> Trace:
        """A trace of a whole read that replays, randomness included."""
        chip = Chip(document, access=[self.access], random=seeded(b"chip"))
        lines = [trace.header()]
        tracing = TracingChannel(chip, lines.append)
        reader.read(tracing, key, random=tracing.random(seeded(b"reader")))
        return Trace.parse(lines)


CASES = (
    Case("BAC", "BAC"),
    Case("PACE-GM AES-128 brainpoolP256r1", "PACE"),
    Case("PACE-CAM AES-128 brainpoolP256r1", "PACE", mapping="CAM"),
    Case("PACE-IM AES-128 brainpoolP256r1", "PACE", mapping="IM"),
    Case("PACE-GM AES-256 brainpoolP256r1", "PACE", cipher="AES-256"),
    Case("PACE-GM AES-256 P-521", "PACE", cipher="AES-256", parameter_id=18),
    Case("PACE-GM AES-128 MODP-2048-256", "PACE", parameter_id=2),
)


def measure(case: Case, repeats: int) -> dict[str, object]:
    """Medians of CPU milliseconds: opening the chip, the whole session, and verification."""
    document = case.document()
    key: Key = MrzKey.from_mrz(document.mrz) if case.access == "BAC" else Can(document.can)
    recorded = case.record(document, key)
    session, opening, judging = [], [], []
    for _ in range(repeats):
        began = time.process_time()
        opened: list[float] = []
        dump = _replay(recorded, key, lambda: opened.append(time.process_time()))  # noqa: B023
        ended = time.process_time()
        verify(dump, at=AT)
        session.append(ended - began)
        opening.append(opened[0] - began)
        judging.append(time.process_time() - ended)
    return {
        "access": case.name,
        "apdus": len(recorded.exchanges),
        "open_ms": _milliseconds(opening),
        "session_ms": _milliseconds(session),
        "verify_ms": _milliseconds(judging),
    }


def _replay(recorded: Trace, key: Key, on_first_file: Callable[[], object]) -> Dump:
    def event(happened: reader.ReadEvent) -> None:
        if happened.stage == "file" and not happened.total:
            on_first_file()

    channel = ReplayChannel(recorded)
    return reader.read(channel, key, on_event=event, random=channel.random)


def _milliseconds(samples: Sequence[float]) -> float:
    return round(1000 * statistics.median(samples), 2)


def main(arguments: Sequence[str] | None = None) -> None:
    """Print a table, or with --format json a row a line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=REPEATS)
    parser.add_argument("--format", choices=("text", "json"), default="text")
    options = parser.parse_args(arguments)
    rows = [measure(case, options.repeats) for case in CASES]
    if options.format == "json":
        for row in rows:
            print(json.dumps(row))
        return
    print(f"{'access':<34}{'commands':>9}{'open ms':>10}{'session ms':>12}{'verify ms':>11}")
    for row in rows:
        print(
            f"{row['access']:<34}{row['apdus']:>9}{row['open_ms']:>10}"
            f"{row['session_ms']:>12}{row['verify_ms']:>11}"
        )
    print(f"CPU time of the host, medians of {options.repeats} replays; EF.COM, EF.SOD, DG1, DG2")


if __name__ == "__main__":
    main()
