"""Fixtures for the tests that need the machine's PC/SC service; they skip where there is none."""

from collections.abc import Iterator

import pytest
from vpcd_card import Slot, SlotUnavailable, held_slot


def _slot(number: int) -> Iterator[Slot]:
    try:
        with held_slot(number) as slot:
            yield slot
    except SlotUnavailable as reason:
        pytest.skip(str(reason))


@pytest.fixture(scope="session")
def vpcd_slot() -> Iterator[Slot]:
    """Slot 1 of the virtual reader, for this test run alone until it ends."""
    yield from _slot(1)


@pytest.fixture(scope="session")
def vpcd_slot_0() -> Iterator[Slot]:
    """Slot 0 of the virtual reader, where `epass simulate` puts its passport."""
    yield from _slot(0)
