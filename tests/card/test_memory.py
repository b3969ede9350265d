"""What is remembered of kinds of chips: how much, how long, and what is believed of it."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from epass.card.memory import KINDS, RECALLS, Experience, Memory

KIND, OTHER = "ab" * 32, "cd" * 32
WORKED = Experience(4096, greedy=False)


def test_what_worked_is_recalled() -> None:
    memory = Memory()
    assert memory.recall(KIND) is None
    memory.remember(KIND, WORKED)
    assert (memory.recall(KIND), memory.recall(OTHER)) == (WORKED, None)
    memory.remember(KIND, Experience(112))
    assert memory.recall(KIND) == Experience(112)


def test_it_is_found_out_anew_after_a_while() -> None:
    memory = Memory()
    memory.remember(KIND, WORKED)
    for _ in range(RECALLS):
        assert memory.recall(KIND) == WORKED
        memory.remember(KIND, WORKED)  # that it has worked again proves nothing new
    assert memory.recall(KIND) is None
    memory.remember(KIND, WORKED)
    assert memory.recall(KIND) == WORKED


def test_the_longest_unused_is_forgotten() -> None:
    memory = Memory()
    kinds = [f"{number:064x}" for number in range(KINDS + 1)]
    for kind in kinds[:-1]:
        memory.remember(kind, WORKED)
    memory.recall(kinds[0])
    memory.remember(kinds[-1], WORKED)
    assert len(memory.as_dict()) == KINDS
    assert (memory.recall(kinds[0]), memory.recall(kinds[1])) == (WORKED, None)


def test_it_can_be_kept() -> None:
    memory, again = Memory(), Memory()
    memory.remember(KIND, WORKED)
    memory.remember(OTHER, Experience(223, short_ids=False))
    memory.recall(KIND)
    again.take(json.loads(json.dumps(memory.as_dict())))
    assert again.as_dict() == memory.as_dict()
    assert list(again.as_dict()) == [OTHER, KIND]


ENTRY: dict[str, object] = {"largest": 1, "greedy": True, "short_ids": True, "recalls": 1}


@pytest.mark.parametrize(
    "raw",
    [
        None,
        [],
        {KIND: None},
        {KIND[:-1]: ENTRY},
        {KIND.upper(): ENTRY},
        {1: ENTRY},
        {KIND: {**ENTRY, "largest": 0}},
        {KIND: {**ENTRY, "largest": 65_537}},
        {KIND: {**ENTRY, "largest": True}},
        {KIND: {**ENTRY, "largest": "1"}},
        {KIND: {**ENTRY, "greedy": 1}},
        {KIND: {**ENTRY, "short_ids": None}},
        {KIND: {**ENTRY, "recalls": RECALLS + 1}},
        {KIND: {**ENTRY, "recalls": -1}},
        {KIND: {**ENTRY, "recalls": True}},
        {KIND: {**ENTRY, "more": 1}},
        {KIND: {"largest": 1}},
    ],
    ids=str,
)
def test_what_is_not_of_the_form_is_left_out(raw: object) -> None:
    memory = Memory()
    memory.take(raw)
    assert memory.as_dict() == {}
    memory.take({KIND: ENTRY})
    assert memory.as_dict() == {KIND: ENTRY}


def test_no_more_is_taken_than_is_remembered() -> None:
    memory = Memory()
    memory.take({f"{number:064x}": ENTRY for number in range(KINDS + 5)})
    assert len(memory.as_dict()) == KINDS
    assert Experience.from_dict([]) is None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.dictionaries(st.sampled_from([KIND, *ENTRY]), inner, max_size=5),
)


@settings(max_examples=200, deadline=None)
@given(JSON)
def test_anything_may_stand_in_a_file(raw: object) -> None:
    memory = Memory()
    memory.take(raw)
    for kind in memory.as_dict():
        found = memory.recall(kind)
        assert found is None or 1 <= found.largest <= 65_536


def test_by_many_threads() -> None:
    memory = Memory()
    kinds = [f"{number:064x}" for number in range(300)]

    def use(kind: str) -> None:
        memory.remember(kind, WORKED)
        memory.recall(kind)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(use, kinds * 5))
    assert len(memory.as_dict()) == KINDS
