"""Wrong keys: tried once, told from a chip that has blocked or delays, and what it has left."""

import time
from itertools import product

import pytest
from card_wire import ResettableWire, Wire
from opening import (
    BAC_ONLY,
    BOTH,
    DOCUMENT,
    EXTERNAL_AUTHENTICATE,
    GENERAL_AUTHENTICATE,
    GET_CHALLENGE,
    KEY,
    MSE,
    WRONG,
    attempts,
    read,
    refuses,
)

from epass.card import access
from epass.card.apdu import Command, Response
from epass.card.keys import Can, Key
from epass.errors import AccessDeniedError, StatusError
from epass.sim.chip import Chip

ADVICE = "Compare the MRZ or CAN with the printed document and try again."
BLOCKED = "The chip is blocked: wrong keys were tried too often."
ACCESSES = {"PACE": BOTH, "BAC": BAC_ONLY}
LAST = {"PACE": GENERAL_AUTHENTICATE, "BAC": EXTERNAL_AUTHENTICATE}

ANSWERS: dict[int, tuple[str, int | None, str, tuple[str, ...]]] = {
    0x6300: ("authentication failed", None, ADVICE, ()),
    0x63C0: ("0 attempts left", 0, BLOCKED, ("key-attempts",)),
    0x63C1: ("1 attempts left", 1, ADVICE, ("key-attempts",)),
    0x63C2: ("2 attempts left", 2, ADVICE, ("key-attempts",)),
    0x63CF: ("15 attempts left", 15, ADVICE, ("key-attempts",)),
    0x6982: ("security status not satisfied", None, ADVICE, ()),
    0x6983: ("authentication method blocked", 0, BLOCKED, ("key-attempts",)),
    0x6988: ("secure messaging data object incorrect", None, ADVICE, ()),
}


def last_of(protocol: str) -> tuple[int, int]:
    """INS and CLA of the command with which a key is accepted or rejected."""
    return LAST[protocol], 0


@pytest.mark.parametrize("allow", [False, True], ids=["", "fallback allowed"])
@pytest.mark.parametrize("sw", ANSWERS, ids=hex)
@pytest.mark.parametrize("protocol", ACCESSES)
def test_what_a_rejection_says(protocol: str, sw: int, allow: bool) -> None:
    meaning, left, advice, quirks = ANSWERS[sw]
    rejecting = refuses(sw, lambda command: (command.ins, command.cla) == last_of(protocol))
    wire = ResettableWire(Chip(DOCUMENT, access=ACCESSES[protocol]), rejecting)
    with pytest.raises(AccessDeniedError) as caught:
        read(wire, allow_bac_fallback=allow)
    error = caught.value
    expected = f"{protocol}: the chip rejects this key (status {sw:04X}, {meaning})"
    assert (error.message, error.attempts_left, error.advice) == (expected, left, advice)
    assert error.facts == {"protocol": protocol, "sw": f"{sw:04X}", "attempts_left": left}
    assert (error.exit_status, error.retryable) == (4, False)
    assert getattr(error, "__notes__", []) == [f"Quirks of this chip: {name}" for name in quirks]
    assert attempts(wire) == ((1, 0) if protocol == "PACE" else (0, 1))
    assert wire.resets == []
    assert wire.commands[-1].ins == LAST[protocol]


@pytest.mark.parametrize(
    ("protocol", "key"), [("PACE", WRONG), ("PACE", Can("654321")), ("BAC", WRONG)]
)
def test_a_wrong_key_is_tried_once(protocol: str, key: Key) -> None:
    wire = ResettableWire(Chip(DOCUMENT, access=ACCESSES[protocol]))
    with pytest.raises(AccessDeniedError) as caught:
        read(wire, key, allow_bac_fallback=True)
    assert (caught.value.sw, caught.value.attempts_left) == (0x6300, None)
    assert attempts(wire) == ((1, 0) if protocol == "PACE" else (0, 1))


# --- a chip that is blocked -------------------------------------------------------------------

STEPS = {"PACE": (4, 5, 6, 7), "BAC": (4,)}  # the commands before the one that rejects a key
EARLY = [(protocol, number) for protocol, numbers in STEPS.items() for number in numbers]


@pytest.mark.parametrize("sw", access.BLOCKED, ids=hex)
@pytest.mark.parametrize(("protocol", "step"), EARLY)
def test_a_blocked_chip_may_say_so_at_any_step(protocol: str, step: int, sw: int) -> None:
    """It is neither asked in another way, nor opened by another protocol."""

    def change(number: int, command: Command, response: Response) -> Response:
        if number != step:
            return response
        assert command.ins in (MSE, GENERAL_AUTHENTICATE, GET_CHALLENGE)
        return Response(sw=sw)

    wire = ResettableWire(Chip(DOCUMENT, access=ACCESSES[protocol]), change)
    with pytest.raises(AccessDeniedError) as caught:
        read(wire, allow_bac_fallback=True)
    error = caught.value
    meaning = {0x6983: "authentication method blocked", 0x63C0: "0 attempts left"}[sw]
    assert error.message == f"{protocol}: the chip takes no key (status {sw:04X}, {meaning})"
    assert (error.attempts_left, error.advice, error.exit_status) == (0, BLOCKED, 4)
    assert error.__notes__ == ["Quirks of this chip: key-attempts"]
    assert (len(wire.commands), wire.resets) == (step, [])


@pytest.mark.parametrize("sw", [0x63C1, 0x63CF], ids=hex)
def test_attempts_that_are_left_before_any_was_made_reject_nothing(sw: int) -> None:
    wire = Wire(Chip(DOCUMENT), refuses(sw, lambda command: command.ins == MSE))
    with pytest.raises(StatusError, match=f"PACE set-up .MSE:Set AT.: the chip answers {sw:04X}"):
        read(wire)


# --- a chip that delays -----------------------------------------------------------------------


class Clock:
    """A clock that an answer may put forward."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 0.0
        monkeypatch.setattr(time, "perf_counter", lambda: self.now)


@pytest.mark.parametrize(
    ("protocol", "seconds"), list(product(ACCESSES, [0.0, access.SLOW_REFUSAL, 0.96, 12.34]))
)
def test_a_slow_refusal_is_told(
    protocol: str, seconds: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock(monkeypatch)

    def change(_number: int, command: Command, response: Response) -> Response:
        last = (command.ins, command.cla) == last_of(protocol)
        clock.now += seconds if last else 5.0  # what comes before is no refusal
        return response

    wire = Wire(Chip(DOCUMENT, access=ACCESSES[protocol]), change)
    with pytest.raises(AccessDeniedError) as caught:
        read(wire, WRONG)
    notes = getattr(caught.value, "__notes__", [])
    if seconds <= access.SLOW_REFUSAL:
        assert notes == []
        return
    assert notes == [
        f"The chip took {seconds:.1f} s to refuse: it delays after wrong keys.",
        "Quirks of this chip: key-delay",
    ]
    assert caught.value.advice == ADVICE


def test_a_slow_chip_that_takes_the_key_is_no_delaying_one(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch)

    def change(_number: int, _command: Command, response: Response) -> Response:
        clock.now += 3.0
        return response

    dump = read(Wire(Chip(DOCUMENT), change), KEY)
    assert (dump.quirks, dump.notes) == ((), ())
