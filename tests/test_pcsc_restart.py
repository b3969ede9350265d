"""The PC/SC service is stopped, killed and held up under a station: the real one, of our own."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from private_service import Unavailable, check, play

pytestmark = pytest.mark.pcsc

ENDS = ("SIGTERM", "SIGKILL")
SCENES = (
    *((scene, how) for scene in ("waiting", "lying", "exchange") for how in ENDS),
    ("unplugged",),
    ("hanging",),
    ("together",),
)
WORKERS = 3  # each has a service of its own, and most of their time is waiting

Played = Callable[..., dict[str, Any]]


@pytest.fixture(scope="module")
def played() -> Iterator[Played]:
    """What came of a scene."""
    try:
        check()
    except Unavailable as reason:
        pytest.skip(str(reason))
    with ThreadPoolExecutor(WORKERS) as pool:
        results = {scene: pool.submit(play, *scene) for scene in SCENES}
        yield lambda *scene: results[scene].result()


@pytest.mark.parametrize("how", ENDS)
def test_while_nothing_lies_there(played: Played, how: str) -> None:
    assert played("waiting", how) == {"served": [1, 2], "fault": "", "threads": 0}


@pytest.mark.parametrize("how", ENDS)
def test_while_a_document_lies_there_that_was_read(played: Played, how: str) -> None:
    """It is not read again when the service is back, and the next one is."""
    assert played("lying", how) == {"served": [1, 2], "fault": "", "threads": 0}


@pytest.mark.parametrize("how", ENDS)
def test_during_an_exchange(played: Played, how: str) -> None:
    assert played("exchange", how) == {"served": ["no_service", 2], "fault": "", "threads": 0}


def test_readers_come_later_than_the_service(played: Played) -> None:
    assert played("unplugged") == {"served": [1], "fault": "", "threads": 0}


def test_a_service_that_hangs_for_a_while(played: Played) -> None:
    found = played("hanging")
    assert (found["served"], found["fault"], found["threads"]) == ([1], "", 0)
    assert found["during"] > 3  # calls were left behind: the scene is what it claims to be
    assert found["more"] == 0  # descriptors


def test_two_readers_at_the_same_time(played: Played) -> None:
    found = played("together")
    assert found["served"] == [[1, 2, 3], [101, 102, 103]]
    assert found["faults"] == ["", ""]
    assert found["threads"] == 0
