"""Whole reads in a row on one station: nothing is left over from any of them.

On a stand-in for pyscard, so that each takes a moment; ``make soak`` does a thousand of them
through the machine's own service.
"""

import gc
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from weakref import WeakSet

import pytest
from fake_scard import EMPTY, PRESENT, FakeScard

from epass.card.apdu import Channel
from epass.card.keys import MrzKey
from epass.card.reader import read
from epass.errors import AccessDeniedError
from epass.pcsc import Station
from epass.sim import issuer
from epass.sim.chip import Chip

PASSPORTS, WARM = 50, 10
ONE_MORE = 1 << 16
DESCRIPTORS = Path("/proc/self/fd")


@dataclass(frozen=True, slots=True)
class Held:
    """What is alive, after a collection; ``objects`` are those of types of epass."""

    objects: int
    threads: int
    descriptors: int
    handles: int

    @classmethod
    def now(cls, scard: FakeScard) -> "Held":
        scard.calls.clear()
        scard.sent.clear()
        gc.collect()
        open_files = len(list(DESCRIPTORS.iterdir())) if DESCRIPTORS.exists() else 0
        modules = (getattr(type(found), "__module__", "") for found in gc.get_objects())
        ours = sum(str(module).startswith("epass.") for module in modules)
        return cls(ours, threading.active_count(), open_files, len(scard.open))


def passports(scard: FakeScard, chips: Iterator[Chip]) -> Iterator[Channel]:
    """Each of ``chips`` in turn; the reader is empty between them."""
    scard.states["Desk"] = [PRESENT]
    for number, channel in zip(count(1), Station().documents(), strict=False):
        chip = next(chips)
        scard.answer = chip.exchange
        yield channel
        following = PRESENT + 2 * number * ONE_MORE
        scard.states["Desk"] = [scard.states["Desk"][0], EMPTY, following]


@pytest.mark.parametrize("outcome", ["read", "refused"])
def test_nothing_is_left_over(scard: FakeScard, outcome: str) -> None:
    document = issuer.issue()
    right = MrzKey.from_mrz(document.mrz)
    key = right if outcome == "read" else MrzKey.from_fields("X1", "900101", "300101")
    alive: WeakSet[Channel] = WeakSet()
    held: dict[int, Held] = {}
    chips = (Chip(document, access=["BAC"], nonce=number.to_bytes(4)) for number in count())
    for number, channel in zip(count(1), passports(scard, chips), strict=False):
        if outcome == "read":
            assert read(channel, key, prove=False).files == dict(document.files)
        else:
            with pytest.raises(AccessDeniedError):
                read(channel, key, prove=False)
        alive.add(channel)
        if number in (WARM, PASSPORTS):
            held[number] = Held.now(scard)
        if number == PASSPORTS:
            break
    first, last = held[WARM], held[PASSPORTS]
    assert (last.threads, last.handles) == (first.threads, first.handles)
    assert last.descriptors == first.descriptors
    assert first.objects > 0
    assert last.objects - first.objects < (PASSPORTS - WARM) // 4  # not one for each document
    assert len(alive) <= 2  # the last one, and what the loop still names
