"""What the dump records beside the files: refusals, times, and what another reader did not keep."""

import json

import pytest

from epass.dump import MAX_STEPS, MAX_TEXT, UNKNOWN_ACCESS, Dump, Refusal, Step
from epass.errors import FormatError
from epass.lds.names import File

STEPS = (Step("access", None, 0.0, 0.5, 9), Step("file", File.DG1, 0.5, 0.25, 2))
REFUSED = {File.DG3: Refusal(0x6982, "refused"), File.DG4: Refusal(None, "broken")}
DUMP = Dump({File.COM: b"com"}, UNKNOWN_ACCESS, None, refused=REFUSED, steps=STEPS)
STEP = STEPS[1].as_dict()


def changed(**changes: object) -> dict[str, bytes]:
    files = DUMP.to_files()
    index = json.loads(files["dump.json"]) | changes
    return files | {"dump.json": json.dumps(index).encode()}


def test_it_comes_back_as_it_was_saved() -> None:
    assert Dump.from_files(DUMP.to_files()) == DUMP
    assert not DUMP.access.known


def test_a_dump_of_before_has_neither() -> None:
    files = DUMP.to_files()
    index = json.loads(files["dump.json"])
    del index["refused"], index["steps"]
    dump = Dump.from_files(files | {"dump.json": json.dumps(index).encode()})
    assert (dump.refused, dump.steps) == ({}, ())


def test_the_index_says_what_was_refused() -> None:
    index = json.loads(DUMP.to_files()["dump.json"])
    assert index["refused"] == {
        "DG3": {"sw": "6982", "reason": "refused"},
        "DG4": {"sw": None, "reason": "broken"},
    }
    assert index["read_at"] is None


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"refused": []}, "refused is not an object of objects"),
        ({"refused": {"DG3": 5}}, "refused is not an object of objects"),
        ({"refused": {"DG77": {"reason": "x"}}}, "names a file that does not exist"),
        ({"refused": {"DG3": {}}}, "reason is not text"),
        ({"refused": {"DG3": {"reason": "\n"}}}, "reason is too long, or cannot be printed"),
        (
            {"refused": {"DG3": {"reason": "x" * (MAX_TEXT + 1)}}},
            "reason is too long, or cannot be printed",
        ),
        ({"refused": {"DG3": {"reason": "", "sw": 5}}}, "sw is of the wrong type"),
        ({"refused": {"DG3": {"reason": "", "sw": "69"}}}, "sw is not four hexadecimal digits"),
        ({"steps": {}}, "steps is not a list of objects"),
        ({"steps": [5]}, "steps is not a list of objects"),
        ({"steps": [STEP] * (MAX_STEPS + 1)}, f"steps has more than {MAX_STEPS} of them"),
        ({"steps": [STEP | {"stage": 5}]}, "stage is not text"),
        ({"steps": [STEP | {"file": "DG77"}]}, "names a file that does not exist"),
        ({"steps": [STEP | {"seconds": -1}]}, "seconds is not between 0 and 1000000000"),
        ({"steps": [STEP | {"start": "x"}]}, "start is of the wrong type"),
        ({"steps": [STEP | {"apdus": 0.5}]}, "apdus is of the wrong type"),
    ],
)
def test_what_cannot_be_a_record_is_refused(changes: dict[str, object], problem: str) -> None:
    with pytest.raises(FormatError) as caught:
        Dump.from_files(changed(**changes))
    assert (caught.value.problem, caught.value.where) == (problem, "dump.json")


def test_a_time_that_is_missing_is_not_one_that_is_unknown() -> None:
    files = DUMP.to_files()
    index = json.loads(files["dump.json"])
    del index["read_at"]
    with pytest.raises(FormatError, match="read_at is not text"):
        Dump.from_files(files | {"dump.json": json.dumps(index).encode()})
