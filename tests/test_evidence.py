"""What was recorded of proofs, and of those that were not had."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from epass.errors import FormatError
from epass.evidence import (
    ACTIVE,
    CHIP,
    MAX_FAILURES,
    MAX_REASON,
    NO_EVIDENCE,
    ActiveAuthentication,
    Evidence,
    Failure,
)

FAILED = Failure(CHIP, False, "the MAC of the answer is wrong")
REFUSED = Failure(ACTIVE, True, "status 6D00")
RAW = {"proof": "chip", "refused": True, "reason": "status 6D00"}

PRINTABLE = st.text(max_size=MAX_REASON).filter(str.isprintable)
FAILURES = st.builds(Failure, st.sampled_from([CHIP, ACTIVE]), st.booleans(), PRINTABLE)


@given(st.lists(FAILURES, max_size=MAX_FAILURES).map(tuple))
def test_failures_come_back_as_they_were_saved(failures: tuple[Failure, ...]) -> None:
    evidence = Evidence(ActiveAuthentication(bytes(8), b"answer", 0x9000), failures=failures)
    assert Evidence.from_dict(json.loads(json.dumps(evidence.as_dict()))) == evidence


def test_without_failures_there_is_no_member() -> None:
    assert NO_EVIDENCE.as_dict() == {}
    assert NO_EVIDENCE.but(REFUSED).as_dict() == {
        "failures": [{"proof": "active", "refused": True, "reason": "status 6D00"}]
    }


def test_what_people_are_told() -> None:
    assert FAILED.text == "chip authentication failed: the MAC of the answer is wrong"
    assert REFUSED.text == "active authentication not run: status 6D00"


def test_they_are_bounded() -> None:
    evidence = NO_EVIDENCE
    for _ in range(MAX_FAILURES + 1):
        evidence = evidence.but(REFUSED)
    assert evidence.failures == (REFUSED,) * MAX_FAILURES
    assert Evidence.from_dict(evidence.as_dict()) == evidence


@pytest.mark.parametrize(
    ("failures", "problem"),
    [
        ({}, "failures is no list of them, or too long"),
        (None, "failures is no list of them, or too long"),
        ([None], "failures is no list of them, or too long"),
        ([RAW] * (MAX_FAILURES + 1), "failures is no list of them, or too long"),
        (["chip"], "not the members of Failure"),
        ([{"proof": "chip"}], "not the members of Failure"),
        ([{**RAW, "more": 1}], "not the members of Failure"),
        ([{**RAW, "proof": "mapping"}], "a failure of no proof"),
        ([{**RAW, "proof": 1}], "proof is of the wrong type"),
        ([{**RAW, "refused": 1}], "refused is of the wrong type"),
        ([{**RAW, "refused": "false"}], "refused is of the wrong type"),
        ([{**RAW, "reason": None}], "reason is of the wrong type"),
        ([{**RAW, "reason": "x" * (MAX_REASON + 1)}], "a reason that is too long"),
        ([{**RAW, "reason": "\x1b[2J"}], "a reason that is too long or cannot be printed"),
    ],
)
def test_what_is_no_record_of_failures(failures: object, problem: str) -> None:
    with pytest.raises(FormatError) as caught:
        Evidence.from_dict({"failures": failures})
    assert caught.value.problem.startswith(problem)
