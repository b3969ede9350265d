"""Traces: what is recorded replays, and only what was recorded."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from epass.card import trace
from epass.card.apdu import Command, Response
from epass.card.trace import ReplayChannel, Trace, TracingChannel
from epass.card.traits import Traits
from epass.errors import CardRemovedError, EpassError, FormatError, ProtocolError, UnsupportedError

SELECT, READ = Command(0xA4, 2, 0x0C, b"\x01\x1e"), Command(0xB0, le=8)


class Chip:
    def transmit(self, command: Command) -> Response:
        if command.ins == 0xA4:
            return Response()
        raise CardRemovedError("the card was removed")


def recorded() -> list[str]:
    lines = [trace.header(access="PACE")]
    channel = TracingChannel(Chip(), lines.append)
    assert channel.random(bytes)(4) == bytes(4)
    channel.transmit(SELECT)
    return lines


def test_a_trace_replays() -> None:
    parsed = Trace.parse(recorded())
    assert parsed.facts["access"] == "PACE"
    replay = ReplayChannel(parsed)
    assert replay.random(4) == bytes(4)
    assert replay.transmit(SELECT) == Response()
    replay.finish()


def test_a_command_without_an_answer_is_recorded() -> None:
    lines: list[str] = []
    with pytest.raises(CardRemovedError):
        TracingChannel(Chip(), lines.append).transmit(READ)
    assert [json.loads(line) for line in lines] == [{"c": "00B0000008", "lost": "card_removed"}]


def test_without_asking_no_randomness_is_recorded() -> None:
    lines: list[str] = []
    TracingChannel(Chip(), lines.append).transmit(SELECT)
    assert "random" not in "".join(lines)


def test_replay_is_strict() -> None:
    with pytest.raises(ProtocolError, match="command 1 is not the recorded one"):
        ReplayChannel(Trace.parse(recorded())).transmit(READ)
    replay = ReplayChannel(Trace.parse(recorded()))
    with pytest.raises(ProtocolError, match="1 recorded commands were not sent"):
        replay.finish()
    replay = ReplayChannel(Trace.parse(recorded()))
    replay.transmit(SELECT)
    with pytest.raises(ProtocolError, match="the trace ends before command 2"):
        replay.transmit(SELECT)
    with pytest.raises(ProtocolError, match="no draw of 5 bytes is recorded here"):
        ReplayChannel(Trace.parse(recorded())).random(5)


def test_a_reset_is_recorded_and_replayed() -> None:
    class Resets(Chip):
        resets = 0

        def reset(self) -> None:
            self.resets += 1

    lines, chip = [trace.header()], Resets()
    channel = TracingChannel(chip, lines.append)
    channel.transmit(SELECT)
    channel.reset()
    channel.transmit(SELECT)
    assert chip.resets == 1

    recorded_reset = Trace.parse(lines)
    replay = ReplayChannel(recorded_reset)
    replay.transmit(SELECT)
    replay.reset()
    replay.transmit(SELECT)
    replay.finish()
    replay = ReplayChannel(recorded_reset)
    with pytest.raises(ProtocolError, match="a reset after command 0 is not recorded"):
        replay.reset()
    replay.transmit(SELECT)
    with pytest.raises(ProtocolError, match="no reset before command 2"):
        replay.transmit(SELECT)


def test_a_chip_that_cannot_be_reset() -> None:
    lines: list[str] = []
    with pytest.raises(UnsupportedError, match="cannot be reset over this channel"):
        TracingChannel(Chip(), lines.append).reset()
    assert lines == []


def test_a_command_without_an_answer_replays_up_to_there() -> None:
    lines = recorded()
    with pytest.raises(CardRemovedError):
        TracingChannel(Chip(), lines.append).transmit(READ)
    parsed = Trace.parse(lines)
    assert parsed.exchanges == ((SELECT, Response()), (READ, "card_removed"))
    replay = ReplayChannel(parsed)
    replay.random(4)
    replay.transmit(SELECT)
    with pytest.raises(CardRemovedError, match="as it was recorded"):
        replay.transmit(READ)
    replay.finish()


@pytest.mark.parametrize("rest", ["", ', "lost": "a code of nobody"', ', "lost": 7'])
def test_neither_an_answer_nor_why_not(rest: str) -> None:
    """As in traces that were recorded before the reason was."""
    replay = ReplayChannel(Trace.parse([trace.header(), f'{{"c": "00B0000008"{rest}}}']))
    with pytest.raises(ProtocolError, match="no answer is recorded to command 1"):
        replay.transmit(READ)


@pytest.mark.parametrize(
    "line",
    ['{"reset": false}', '{"reset": true, "lost": "no_card"}', '{"reset": false, "lost": 7}'],
)
def test_neither_a_reset_nor_a_gap(line: str) -> None:
    with pytest.raises(FormatError, match="trace line at byte 2: neither a reset nor a gap"):
        Trace.parse([trace.header(), line])


def test_what_was_not_used_is_told_at_the_end() -> None:
    parsed = Trace.parse([*recorded(), '{"reset": true}'])
    replay = ReplayChannel(parsed)
    replay.transmit(SELECT)
    with pytest.raises(ProtocolError, match="1 recorded resets were not made"):
        replay.finish()
    replay.reset()
    with pytest.raises(ProtocolError, match="1 recorded draws were not made"):
        replay.finish()
    replay = ReplayChannel(parsed)
    replay.transmit(SELECT)
    replay.reset()
    replay.random(4)
    replay.finish()


@pytest.mark.parametrize(
    ("lines", "problem"),
    [
        ([], "not JSON"),
        (["{}"], "not the first line of epass.trace version 1"),
        (["[]"], "not a JSON object"),
        ([trace.header(), "nonsense"], "not JSON"),
        ([trace.header(), '{"c": "00B0"}'], "shorter than a header"),
        ([trace.header(), '{"c": "00B0000008", "r": null}'], "r is not hexadecimal"),
        ([trace.header(), '{"c": "00B0000008", "r": "90"}'], "no status word"),
        ([trace.header(), '{"random": 5}'], "random is not hexadecimal"),
    ],
)
def test_what_is_no_trace_is_refused(lines: list[str], problem: str) -> None:
    with pytest.raises(FormatError) as caught:
        Trace.parse(lines)
    assert caught.value.problem == problem


@given(st.lists(st.text(max_size=40), max_size=4))
def test_arbitrary_lines_are_refused_or_parsed(lines: list[str]) -> None:
    for text in (lines, [trace.header(), *lines]):
        try:
            Trace.parse(text)
        except EpassError as error:
            assert isinstance(error, FormatError)


def test_contents_stay_out_of_repr() -> None:
    assert "011E" not in repr(Trace.parse(recorded())).upper()


# --- what the read was planned with -----------------------------------------------------------


class KnownChip(Chip):
    traits = Traits(True, True, 2048, "a model", "a reader")


def test_a_trace_holds_what_its_read_was_planned_with() -> None:
    """But no kind of chip or reader: what other reads have found has no part in it."""
    channel = TracingChannel(KnownChip(), lambda _: None)
    line = trace.header(traits=trace.planned_with(channel.traits))
    assert "a model" not in line
    parsed = Trace.parse([line])
    expected = Traits(True, True, 2048)
    assert (channel.traits, parsed.traits, ReplayChannel(parsed).traits) == (expected,) * 3


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (None, Traits()),
        ([], Traits()),
        ({}, Traits()),
        ({"extended": None, "has_lengths": None, "most": None}, Traits()),
        ({"extended": 1, "has_lengths": "yes", "most": True}, Traits()),
        ({"extended": False, "more": 1}, Traits(extended=False)),
        ({"model": "a model", "most": 256}, Traits(most=256)),
    ],
    ids=str,
)
def test_of_a_trace_from_elsewhere(raw: object, expected: Traits) -> None:
    assert Trace.parse([trace.header(traits=raw)]).traits == expected


def test_an_older_trace() -> None:
    assert Trace.parse([trace.header()]).traits == Traits()
    assert TracingChannel(Chip(), lambda _: None).traits == Traits()
