"""Passports in a row on two readers, through the machine's PC/SC service: does anything grow?

A fictitious passport is put on a virtual reader, read and judged, and taken away, again and again,
by one worker for each reader; memory, file descriptors and threads are looked at on the way. Run
it with ``python3 tools/dev.py soak``.
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
from epass.pcsc import PcscChannel, Station
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


class Soak:
    """Passports on several virtual slots at once, one worker for each, until there were enough."""

    def __init__(self, passports: int) -> None:
        self._document = issuer.issue()
        self._passports = passports
        self._lock = threading.Lock()
        self._read = 0
        self._faults: list[BaseException] = []
        self.looks = [Look.now(0)]

    def run(self, slots: Sequence[int]) -> None:
        """Raises what the first worker that fails has raised."""
        shares = [len(range(slot, self._passports, len(slots))) for slot in range(len(slots))]
        pairs = zip(slots, shares, strict=True)
        threads = [threading.Thread(target=self._guarded, args=pair) for pair in pairs]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if self._faults:
            raise self._faults[0]

    def _guarded(self, slot: int, passports: int) -> None:
        try:
            self._work(slot, passports)
        except BaseException as fault:  # noqa: BLE001 - raised in the thread that waits
            self._faults.append(fault)

    def _work(self, slot: int, passports: int) -> None:
        read: Queue[None] = Queue()
        laying = threading.Thread(target=self._lay, args=(slot, passports, read), daemon=True)
        station = Station(NAMES[slot], on_wait=self._go_on)
        laying.start()
        for number, channel in enumerate(station.documents(), 1):
            self._check(channel)
            channel.close()
            read.put(None)
            if number == passports:
                break
        laying.join()

    def _lay(self, slot: int, passports: int, read: "Queue[None]") -> None:
        try:
            for number in range(passports):
                chip = Chip(
                    self._document, access=["BAC"], nonce=bytes((slot, *number.to_bytes(3)))
                )
                with vpcd.inserted(chip, ports=vpcd.PORTS[slot : slot + 1]):
                    read.get()
        except Exception as fault:  # noqa: BLE001 - raised in the thread that waits
            self._faults.append(fault)

    def _go_on(self) -> None:
        if self._faults:
            raise self._faults[0]

    def _check(self, channel: PcscChannel) -> None:
        dump = reader.read(channel, MrzKey.from_mrz(self._document.mrz), prove=False)
        for file, content in self._document.files.items():
            assert dump.files[file] == content  # noqa: S101 - this is what is measured
        assert not verify(dump, at=datetime.now(UTC)).failed  # noqa: S101
        with self._lock:
            self._read += 1
            if self._read % FIRST == 0 or self._read == self._passports:
                self.looks.append(Look.now(self._read))
                print(self.looks[-1].text(), flush=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print what is held; status 1 if it grows."""
    parser = argparse.ArgumentParser(description="Read passports in a row.")
    parser.add_argument("--passports", type=int, default=PASSPORTS)
    parser.add_argument("--slots", type=int, nargs="+", choices=(0, 1), default=(0, 1))
    chosen = parser.parse_args(arguments)
    soak = Soak(chosen.passports)
    soak.run(chosen.slots)
    first, last = soak.looks[1], soak.looks[-1]
    grown = last.resident_kib - first.resident_kib
    print(f"grown from {first.passports} to {last.passports}: {grown} KiB")
    flat = (first.descriptors, first.threads) >= (last.descriptors, last.threads)
    return int(grown > GROWTH_KIB or not flat)


if __name__ == "__main__":
    sys.exit(main())
