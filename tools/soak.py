"""Passports in a row on one station, through the machine's PC/SC service: does anything grow?

A fictitious passport is put on the virtual reader, read and judged, and taken away, again and
again; memory, file descriptors and threads are looked at on the way. Run it with
``python3 tools/dev.py soak``.
"""

import argparse
import gc
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from queue import Queue

from epass.card import reader
from epass.card.keys import MrzKey
from epass.pcsc import Station
from epass.sim import issuer, vpcd
from epass.sim.chip import Chip
from epass.trust.verify import verify

PASSPORTS = 1000
FIRST = 100  # passports after which everything has been imported and cached
GROWTH_KIB = 4096  # of the resident set, from there to the end: what an allocator does by itself
NAMES = ("Virtual PCD 00 00", "Virtual PCD 00 01")  # the slots of the packaged driver, by port


@dataclass(frozen=True, slots=True)
class Look:
    """What the process holds."""

    passports: int
    resident_kib: int
    descriptors: int
    threads: int

    @classmethod
    def now(cls, passports: int) -> "Look":
        gc.collect()
        status = Path("/proc/self/status").read_text("ascii")
        (resident,) = (line for line in status.splitlines() if line.startswith("VmRSS"))
        descriptors = len(list(Path("/proc/self/fd").iterdir()))
        return cls(passports, int(resident.split()[1]), descriptors, threading.active_count())

    def text(self) -> str:
        return (
            f"{self.passports:>6} passports: {self.resident_kib / 1024:7.1f} MiB,"
            f" {self.descriptors} descriptors, {self.threads} threads"
        )


def run(passports: int, *, slot: int) -> list[Look]:
    """Read ``passports`` of them in the virtual ``slot``; what was held at the start, at 100 and at
    the end, and now and then between.
    """
    document = issuer.issue()
    key, expected = MrzKey.from_mrz(document.mrz), dict(document.files)
    read: Queue[None] = Queue()
    faults: list[Exception] = []

    def lay() -> None:
        try:
            _lay(document, passports, slot, read)
        except Exception as fault:  # noqa: BLE001 - raised in the thread that waits for the passport
            faults.append(fault)

    def go_on() -> None:
        if faults:
            raise faults[0]

    laying = threading.Thread(target=lay, name="laying", daemon=True)
    station = Station(NAMES[slot], on_wait=go_on)
    laying.start()
    looks = [Look.now(0)]
    for number, channel in enumerate(station.documents(), 1):
        dump = reader.read(channel, key, prove=False)
        assert {file: dump.files[file] for file in expected} == expected  # noqa: S101
        assert not verify(dump, at=datetime.now(UTC)).failed  # noqa: S101
        if number in (min(FIRST, passports), passports) or number % FIRST == 0:
            looks.append(Look.now(number))
            print(looks[-1].text(), flush=True)
        channel.close()
        read.put(None)
        if number == passports:
            break
    laying.join()
    return looks


def _lay(document: issuer.Document, passports: int, slot: int, read: "Queue[None]") -> None:
    for number in range(passports):
        chip = Chip(document, access=["BAC"], nonce=number.to_bytes(4))
        with vpcd.inserted(chip, ports=vpcd.PORTS[slot : slot + 1]):
            read.get()


def main(arguments: Sequence[str] | None = None) -> int:
    """Print what is held; status 1 if it grows."""
    parser = argparse.ArgumentParser(description="Read passports in a row.")
    parser.add_argument("--passports", type=int, default=PASSPORTS)
    parser.add_argument("--slot", type=int, choices=range(len(NAMES)), default=1)
    chosen = parser.parse_args(arguments)
    looks = run(chosen.passports, slot=chosen.slot)
    first, last = looks[1], looks[-1]
    grown = last.resident_kib - first.resident_kib
    print(f"grown from {first.passports} to {last.passports}: {grown} KiB")
    flat = (first.descriptors, first.threads) >= (last.descriptors, last.threads)
    return int(grown > GROWTH_KIB or not flat)


if __name__ == "__main__":
    sys.exit(main())
