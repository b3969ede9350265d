"""`epass bench`: what reads cost on links of all speeds, and on the document on the reader."""

import re
from collections.abc import Iterator, Sequence
from itertools import product
from pathlib import Path

import pytest
from cli_desk import Desk, Run

from epass.card import reader
from epass.card.apdu import Command, Response
from epass.card.keys import MrzKey
from epass.card.memory import Memory
from epass.card.reader import ReadEvent
from epass.cli import card_bench, link_bench
from epass.cli.card_bench import FileSpeed, LinkSpeed, Stopwatch, Timed, fitted
from epass.cli.link_bench import OPENINGS, SIZES, Row
from epass.errors import UnsupportedError
from epass.lds.names import File
from epass.sim.answer_to_reset import Limits, extended_lengths
from epass.sim.chip import Chip
from epass.sim.fault_table import FAULTS
from epass.sim.faults import FaultyChannel
from epass.sim.issuer import Document
from epass.sim.link import BIT_RATES, Exchange, Link

ROWS = list(link_bench.rows())


def found(**wanted: object) -> list[Row]:
    return [row for row in ROWS if wanted.items() <= row.as_dict().items()]


# --- the model --------------------------------------------------------------------------------


def test_a_row_for_each_document_link_latency_access_and_length() -> None:
    every = product(SIZES, OPENINGS, (False, True), BIT_RATES, link_bench.LATENCIES)
    assert len(ROWS) == len(list(every))
    places = {(row.document, row.opening, row.extended, row.bit_rate, row.latency) for row in ROWS}
    assert len(places) == len(ROWS)


def test_the_documents_have_the_sizes_that_are_compared() -> None:
    read = link_bench.record(SIZES[0], OPENINGS[0], extended=True)
    assert sorted(read.sizes) == [30, 93, 2_500, 20_480]
    assert sum(link_bench.record(SIZES[1], OPENINGS[0], extended=True).sizes) == 60_000


@pytest.mark.parametrize("row", ROWS, ids=lambda row: "-".join(map(str, row.as_dict().values())))
def test_close_to_the_floor_and_never_below(row: Row) -> None:
    assert 1 - 1e-9 <= row.cost.seconds / row.floor.seconds <= 1.05


@pytest.mark.parametrize("most", [1_000, 2_048, 4_096, 32_000])
def test_close_to_the_floor_of_a_chip_that_says_its_limits(most: int) -> None:
    told = extended_lengths(Limits(command=most, response=most))
    for size, opening in product(SIZES, OPENINGS):
        read = link_bench.record(size, opening, extended=True, ef_atr_info=told)
        for bit_rate in BIT_RATES:
            link = Link(bit_rate, reader=0.004)
            row = link_bench.price(read, size.name, link, opening, extended=True, longest=most)
            assert row.cost.seconds / row.floor.seconds <= 1.05


def test_few_commands() -> None:
    assert max(row.cost.apdus for row in found(document="23 kB", extended=True)) <= 8
    assert max(row.cost.apdus for row in found(document="23 kB", extended=False)) <= 106


def test_faster_than_by_select_and_160_bytes() -> None:
    for row in found(document="23 kB", extended=True, bit_rate=848, latency=4):
        assert row.peers.seconds / row.cost.seconds >= 2.4
        assert row.peers.apdus == 154


def test_the_table(run: Run) -> None:
    result = run("bench")
    lines = result.out.splitlines()
    assert (result.status, result.err) == (0, "")
    assert lines[0].split()[:4] == ["document", "kbit/s", "ms/APDU", "access"]
    assert len(lines) == 1 + len(SIZES) * len(BIT_RATES) * 2 + 2
    assert "docs/link-model.md" in lines[-1]
    assert len(run("bench", "--all").out.splitlines()) == len(ROWS) + 3


def test_rows_for_programs(run: Run) -> None:
    facts = run("bench", "--format", "json").facts
    assert (facts["schema"], facts["version"], facts["kind"]) == ("epass.bench", 1, "links")
    assert len(facts["rows"]) == len(ROWS)
    asked = "document link latency access cipher extended apdus bytes_on_air seconds floor_seconds"
    assert set(facts["rows"][0]) >= {*asked.split(), "ratio"}


def test_a_measured_read_is_not_reset() -> None:
    wire = link_bench._Wire(Chip(SIZES[0].document()))
    with pytest.raises(UnsupportedError, match="no reset"):
        wire.reset()


# --- a card -----------------------------------------------------------------------------------


def test_a_document_on_the_reader(run: Run, desk: Desk, document: Document) -> None:
    result = run("bench", "--reader", "0", "--can", document.can)
    lines = result.out.splitlines()
    assert (result.status, desk.connections) == (0, 1)
    assert lines[0].split() == ["file", "bytes", "APDUs", "seconds", "kbit/s"]
    shown = {line.split()[0]: int(line.split()[1]) for line in lines[1:5]}
    files = (File.COM, File.DG1, File.SOD, File.DG2)
    assert shown == {file.label: len(document.files[file]) for file in files}
    assert "commands in" in lines[5]


def test_a_key_alone_means_the_document_on_the_reader(
    run: Run, desk: Desk, document: Document
) -> None:
    facts = run("bench", "--mrz", document.mrz, "--format", "json").facts
    assert (facts["kind"], facts["access"]["protocol"]) == ("card", "PACE")
    assert {row["file"] for row in facts["rows"]} == {"EF.COM", "DG1", "EF.SOD", "DG2"}
    assert sum(row["apdus"] for row in facts["rows"]) <= facts["apdus"]
    assert facts["hints"] == [] or isinstance(facts["hints"][0], str)


def test_times_of_one_size_say_nothing(run: Run, desk: Desk, document: Document) -> None:
    watch = Stopwatch(desk.channel, now=iter(range(100_000)).__next__)
    watch.note(ReadEvent("file", File.DG1))
    for _ in range(3):
        watch.transmit(Command(0xB0, le=8))
    assert {item.seconds for item in watch.timed} == {1}
    assert fitted(watch.timed) == LinkSpeed(None, None)
    assert fitted([]) == LinkSpeed(None, None)


class Slow:
    """A channel whose answers have sizes of one's own."""

    def __init__(self, sizes: Sequence[int]) -> None:
        self.sizes: Iterator[int] = iter(sizes)
        self.resets = 0

    def transmit(self, _command: Command) -> Response:
        return Response(bytes(next(self.sizes)))

    def reset(self) -> None:
        self.resets += 1


def test_only_what_is_read_of_a_file_is_timed() -> None:
    slow = Slow([8, 8, 8, 8])
    watch = Stopwatch(slow)
    watch.transmit(Command(0xB0, le=8))
    watch.note(ReadEvent("file", File.DG1))
    watch.transmit(Command(0xB0, le=8))
    watch.note(ReadEvent("proof", File.DG15))
    watch.transmit(Command(0xB0, le=8))
    watch.note(ReadEvent("access"))
    watch.transmit(Command(0xB0, le=8))
    watch.reset()
    assert [item.file for item in watch.timed] == [File.DG1]
    assert slow.resets == 1
    assert card_bench.by_file(watch.timed, {File.DG2: 9}) == []


def timed(
    *, command: float, rate: float, sizes: Sequence[int] = (40, 2_500, 20_500)
) -> list[Timed]:
    """Exchanges on a link of ``rate`` kbit/s where each costs ``command`` seconds besides."""
    exchanges = [Exchange(20, size - 20, protected=True) for size in sizes]
    return [
        Timed(File.DG2, exchange, command + 8 * size / rate / 1000)
        for exchange, size in zip(exchanges, sizes, strict=True)
    ]


def test_a_document_that_is_lost_is_waited_for(document: Document) -> None:
    """As ``read`` does: what the stopwatch is around can be connected again."""
    key = MrzKey.from_mrz(document.mrz)

    def channel(fault: str, at: int) -> FaultyChannel:
        chips = [Chip(document)]
        return FaultyChannel(lambda _: chips[0], FAULTS[fault], at, other=lambda _: chips[0])

    dumps = []
    for fault, at in (("slow", 1), ("removed", 40)):
        watch = Stopwatch(channel(fault, at))
        dumps.append(reader.read(watch, key, memory=Memory(), on_event=watch.note))
        assert {item.file for item in watch.timed} == set(reader.DEFAULT)
    assert dumps[0].files == dumps[1].files
    assert dumps[1].notes == ("the document was lost 1 times and came back",)


@pytest.mark.parametrize(("command", "rate"), [(0.004, 94.0), (0.02, 500.0), (0.0, 700.0)])
def test_the_line_through_the_times(command: float, rate: float) -> None:
    speed = fitted(timed(command=command, rate=rate))
    assert speed.command == pytest.approx(command, abs=1e-6)
    assert speed.rate == pytest.approx(rate)


@pytest.mark.parametrize(
    ("rate", "bit_rate"), [(60.0, 106), (94.0, 106), (188.0, 212), (377.0, 424), (849.0, None)]
)
def test_the_slowest_link_that_can_be(rate: float, bit_rate: int | None) -> None:
    assert LinkSpeed(0.0, rate).bit_rate == bit_rate


def test_no_link_can_be_told_from_times_that_do_not_grow() -> None:
    backwards = [Timed(File.DG2, Exchange(20, size), 1 / size) for size in (100, 1000)]
    speed = fitted(backwards)
    assert (speed.rate, speed.bit_rate) == (None, None)
    assert speed.command == pytest.approx(0.0055)
    assert card_bench.hints(backwards, speed) == []


@pytest.mark.parametrize(
    ("command", "rate", "expected"),
    [
        (0.004, 700.0, []),
        (0.030, 700.0, ["Each command costs 30 ms besides its bytes"]),
        (
            0.004,
            40.0,
            [
                "The bytes come at 40 kbit/s, slower than the slowest link: the reader or the chip"
                " is the slow part."
            ],
        ),
        (0.004, 94.0, ["The link seems to run at 106 kbit/s. At 848,"]),
        (0.030, 188.0, ["Each command costs 30 ms", "The link seems to run at 212 kbit/s"]),
    ],
)
def test_hints(command: float, rate: float, expected: list[str]) -> None:
    items = timed(command=command, rate=rate)
    told = card_bench.hints(items, fitted(items))
    assert len(told) == len(expected)
    for text, start in zip(told, expected, strict=True):
        assert text.startswith(start)


def test_nothing_is_told_of_times_that_say_nothing() -> None:
    assert card_bench.hints([], LinkSpeed(None, None)) == []


def test_a_file_that_took_no_time_has_no_speed() -> None:
    assert FileSpeed(File.DG1, 93, 1, 0.0).rate == 0.0


def test_what_is_shown_of_times_that_say_nothing(
    run: Run, desk: Desk, document: Document, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("epass.cli.card_bench.fitted", lambda _: LinkSpeed(None, None))
    text = run("bench", "--can", document.can).out
    assert "besides its bytes" not in text
    facts = run("bench", "--can", document.can, "--format", "json").facts
    assert (facts["command_ms"], facts["kbit_per_second"], facts["bit_rate"]) == (None, None, None)


def test_hints_are_shown(
    run: Run, desk: Desk, document: Document, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("epass.cli.card_bench.fitted", lambda _: LinkSpeed(0.05, 40.0))
    text = run("bench", "--can", document.can).out
    assert "Each command costs 50 ms" in text
    assert "slower than the slowest link" in text


def test_the_table_of_the_readme() -> None:
    """It is what the command computes."""
    lines = (Path(__file__).parents[2] / "README.md").read_text("utf-8").splitlines()
    shown = [
        [float(cell) for cell in re.findall(r"[\d.]+", line)]
        for line in lines
        if re.fullmatch(r"\| \d+ kbit/s (\| \d\.\d\d )+\|", line)
    ]
    usual = {"document": "23 kB", "latency": 4, "cipher": "AES-128"}
    for bit_rate, *seconds in shown:
        long, short = (
            found(bit_rate=bit_rate, extended=extended, **usual)[0] for extended in (True, False)
        )
        computed = (long.cost, long.floor, short.cost, short.floor, short.peers)
        assert seconds == [round(cost.seconds, 2) for cost in computed]
    assert [row[0] for row in shown] == list(BIT_RATES)
