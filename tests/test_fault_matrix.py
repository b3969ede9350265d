"""The fault matrix: a sample of its cases, and that it would find what it looks for."""

import json

import pytest

from epass.card import reader
from epass.card.access import NO_CARD_ACCESS
from epass.card.apdu import READ_BINARY, Command, Response
from epass.card.files import SHORT_ID
from epass.card.memory import Memory
from epass.card.resume import NEVER
from epass.dump import Dump
from epass.lds.names import File
from epass.sim.fault_table import FAULTS, GAPS, STATUS_WORDS
from epass.sim.faults import CLONE, OTHER_ACCESS, RESUMED, Fault, FaultyChannel
from epass.trust.report import Outcome
from tools import fault_scenarios, faults
from tools.fault_scenarios import SCENARIOS, documents
from tools.faults import (
    CAUGHT,
    FAILED,
    MISSED,
    REFUSED,
    RIGHT,
    UNPROVEN,
    UNSIGNED,
    Case,
    Result,
)

STEP = 109  # the whole matrix takes minutes; a prime, so that the faults meet many commands
WITH_PROOFS = "PACE short with proofs"


def sample() -> list[Case]:
    return list(faults.cases(SCENARIOS, FAULTS))[::STEP]


def test_the_matrix_is_large_and_has_every_case_once() -> None:
    every = list(faults.cases(SCENARIOS, FAULTS))
    assert len(every) == len(set(every)) >= 5_000
    assert {case.fault for case in every} == set(FAULTS)
    for name in SCENARIOS:
        met = {case.at for case in every if case.scenario == name}
        assert met == set(range(1, faults.undisturbed(name) + 1))


def test_a_sample_of_it() -> None:
    results = [faults.run(case) for case in sample()]
    assert [result for result in results if result.outcome == FAILED] == []
    assert {result.case.fault for result in results} == set(FAULTS)
    assert {result.outcome for result in results} >= {RIGHT, CAUGHT, REFUSED}
    counted = [result for result in results if result.outcome != MISSED]
    assert len(counted) * STEP >= 5_000


def test_every_status_word_of_the_quirks_is_tried() -> None:
    assert set(NO_CARD_ACCESS) <= set(STATUS_WORDS)


@pytest.mark.parametrize("name", SCENARIOS)
def test_the_chip_says_what_it_can_and_the_reader_asks(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """EF.ATR/INFO is read where the ATR names it, unless chips of the kind are remembered."""
    sent, memories = list[Command](), list[Memory]()
    carry_out, memory_of = FaultyChannel.carry_out, fault_scenarios.memory_of

    def watched(channel: FaultyChannel, command: Command) -> Response:
        sent.append(command)
        return carry_out(channel, command)

    def kept(scenario: fault_scenarios.Scenario) -> Memory:
        memories.append(memory_of(scenario))
        return memories[-1]

    monkeypatch.setattr(FaultyChannel, "carry_out", watched)
    monkeypatch.setattr(faults, "memory_of", kept)
    assert faults.run(Case(name, "slow", 1)).outcome == RIGHT
    scenario = SCENARIOS[name]
    by_short_id = READ_BINARY, SHORT_ID | File.ATR_INFO.sfi
    plain = [(command.ins, command.p1) for command in sent if not command.cla]
    assert (by_short_id in plain) is (scenario.extended and not scenario.known)
    assert any(command.is_extended for command in sent) is scenario.extended
    (memory,) = memories
    assert len(memory.as_dict()) == 1


@pytest.mark.parametrize("fault", [name for name, gap in GAPS.items() if gap.due == RESUMED])
@pytest.mark.parametrize("at", [3, 17, 31])
def test_the_same_chip_is_read_to_the_end_with_its_proofs(fault: str, at: int) -> None:
    """Of 31 commands; the last is that of active authentication."""
    result = faults.run(Case(WITH_PROOFS, fault, at))
    assert result.outcome == RIGHT, result
    assert faults.undisturbed(WITH_PROOFS) == 31


@pytest.mark.parametrize("name", SCENARIOS)
def test_where_the_key_is_judged_the_read_ends(name: str) -> None:
    at = faults.usual(name).judging
    result = faults.run(Case(name, "removed", at))
    assert (result.outcome, result.detail) == (REFUSED, "card_removed")
    assert faults.run(Case(name, "removed", at + 1)).outcome == RIGHT
    assert faults.run(Case(name, "slow", at)).outcome == RIGHT


def test_a_clone_is_not_proven() -> None:
    results = [faults.run(Case(WITH_PROOFS, "clone", at)) for at in (1, 15, 31)]
    assert {(result.outcome, result.detail) for result in results} == {
        (UNPROVEN, "chip.active and chip.authentication")
    }


def test_a_chip_with_another_ef_card_access_is_not_opened() -> None:
    late, early = (faults.run(Case("BAC short", "other-access", at)) for at in (12, 1))
    assert (late.outcome, late.detail) == (REFUSED, "other_document")
    assert early.outcome == RIGHT  # it was the only one that was read
    others = [fault_scenarios.swapped("BAC short", kind) for kind in (CLONE, OTHER_ACCESS)]
    assert [bool(document.pace) for document in others] == [False, True]


def test_what_makes_no_difference_is_not_counted() -> None:
    """The first command is answered without data: there is none to be changed."""
    assert faults.run(Case("PACE short", "padded", 1)).outcome == MISSED


@pytest.mark.parametrize("name", SCENARIOS)
def test_what_is_late_is_right(name: str) -> None:
    result = faults.run(Case(name, "slow", 7))
    assert (result.outcome, result.commands) == (RIGHT, faults.undisturbed(name))
    assert 3.0 < result.seconds < 10.0


@pytest.mark.parametrize(
    ("changed", "fault", "outcome"),
    [
        ((), "removed", RIGHT),
        (("com",), "padded", UNSIGNED),
        (("com", "sod"), "padded", UNSIGNED),
        (("com",), "flipped", FAILED),
        (("dg1",), "padded", FAILED),
        (("com", "dg2"), "padded", FAILED),
        (("com",), "same-key", FAILED),
    ],
)
def test_what_may_be_sent_of_a_chip_that_lies(
    changed: tuple[str, ...], fault: str, outcome: str
) -> None:
    """EF.COM is not signed, nor is all of EF.SOD; the data groups are, and no link may change."""
    known = documents("BAC short")
    sent = {name: known[0].files[file] for name, file in faults.SENT.items()}
    for name in changed:
        sent[name] = sent[name][::-1]
    assert faults._judged(sent, known, FAULTS[fault])[0] == outcome


# --- does it find anything? -------------------------------------------------------------------


def broken(monkeypatch: pytest.MonkeyPatch, name: str, fault: Fault) -> None:
    monkeypatch.setattr(faults, "FAULTS", {**FAULTS, name: fault})


def test_a_read_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """An endless reader: one that sends a command again for as long as it is refused."""

    def read(channel: FaultyChannel, *_: object, **__: object) -> Dump:
        while channel.transmit(Command(0xB0, le=1)).sw != 0x9000:
            pass
        raise AssertionError

    monkeypatch.setattr("epass.card.reader.read", read)
    result = faults.attempt(Case("BAC short", "always-6F00", 1), most=50)
    assert (result.outcome, result.commands) == (FAILED, 51)
    assert result.detail == "TooManyCommandsError: more than 50 commands"


def test_an_exception_that_is_none_of_epass(monkeypatch: pytest.MonkeyPatch) -> None:
    def burst(_channel: FaultyChannel, _command: Command) -> Response:
        raise KeyError("burst")

    broken(monkeypatch, "burst", Fault("bursts", burst))
    result = faults.attempt(Case("BAC short", "burst", 5), most=50)
    assert (result.outcome, result.detail) == (FAILED, "KeyError: 'burst'")


def test_time_that_runs_away(monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(channel: FaultyChannel, command: Command) -> Response:
        channel.clock.sleep(1000)
        return channel.carry_out(command)

    broken(monkeypatch, "slowest", Fault("is slow", slow))
    result = faults.attempt(Case("BAC short", "slowest", 5), most=50)
    assert (result.outcome, result.detail) == (FAILED, ", after 1000 simulated seconds")


def altered(dump: Dump) -> Dump:
    files = {**dump.files, File.DG2: dump.files[File.DG2][::-1]}
    return Dump(files, dump.access, dump.read_at)


def test_wrong_bytes_of_a_read(monkeypatch: pytest.MonkeyPatch) -> None:
    genuine = reader.read
    monkeypatch.setattr(
        "epass.card.reader.read", lambda *args, **options: altered(genuine(*args, **options))
    )
    result = faults.attempt(Case("BAC short", "slow", 5), most=50)
    assert (result.outcome, result.detail) == (FAILED, "wrong bytes were read")
    lying = faults.attempt(Case("BAC short", "padded", 6), most=50)
    assert (lying.outcome, lying.detail) == (CAUGHT, "verification_failed")


@pytest.mark.parametrize("fault", ["padded", "same-key"])
def test_wrong_bytes_that_are_sent(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    genuine = reader.read
    monkeypatch.setattr(
        "epass.card.reader.read", lambda *args, **options: altered(genuine(*args, **options))
    )

    class Careless:
        checks = ()

        def require(self) -> None:
            """Whatever the report says."""

    monkeypatch.setattr("tools.faults.verify", lambda *_, **__: Careless())
    result = faults.attempt(Case("BAC short", fault, 0), most=50)
    assert (result.outcome, result.detail) == (FAILED, "wrong bytes were sent")


def test_an_upload_of_a_read_that_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    original = faults._job

    def hasty(
        channel: FaultyChannel,
        scenario: fault_scenarios.Scenario,
        fault: Fault,
        endpoint: faults.Recording,
        outcomes: dict[str, Outcome],
    ) -> tuple[str, str]:
        endpoint.requests += 1
        return original(channel, scenario, fault, endpoint, outcomes)

    monkeypatch.setattr(faults, "_job", hasty)
    result = faults.attempt(Case("BAC short", "removed-for-good", 5), most=500)
    assert (result.outcome, result.detail) == (FAILED, "card_removed, and 1 requests were sent")


def test_a_read_that_never_succeeds_is_no_matrix(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(faults, "FAULTS", {**FAULTS, "slow": FAULTS["always-6F00"]})
    faults.usual.cache_clear()
    with pytest.raises(RuntimeError, match="a read without a fault fails"):
        faults.undisturbed("BAC short")
    faults.usual.cache_clear()


def test_a_reader_that_does_not_go_on_after_a_gap(monkeypatch: pytest.MonkeyPatch) -> None:
    faults.usual("BAC short")
    genuine = reader.read
    monkeypatch.setattr(
        "epass.card.reader.read", lambda *args, **options: genuine(*args, **options, resume=NEVER)
    )
    result = faults.run(Case("BAC short", "removed", 12))
    assert (result.outcome, result.detail) == (FAILED, "refused card_removed")


def test_a_reader_that_loses_the_proofs_over_a_gap(monkeypatch: pytest.MonkeyPatch) -> None:
    faults.usual(WITH_PROOFS)
    genuine = reader.read
    monkeypatch.setattr(
        "epass.card.reader.read", lambda *args, **options: genuine(*args, **options, prove=False)
    )
    result = faults.run(Case(WITH_PROOFS, "removed", 12))
    assert result.outcome == FAILED
    assert result.detail.startswith("unproven ")
    assert result.detail.endswith("chip.active and chip.authentication")


def test_a_reader_that_sends_a_key_again_that_was_not_yet_accepted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("epass.card.reader._uses_key", lambda _: False)
    result = faults.run(Case("BAC short", "removed", faults.usual("BAC short").judging))
    assert (result.outcome, result.detail) == (FAILED, "right")


def test_a_read_that_goes_on_with_another_document(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(faults, "swapped", lambda name, _: documents(name)[0])
    result = faults.run(Case("BAC short", "other-document", 12))
    assert (result.outcome, result.detail) == (FAILED, "right")


def test_a_clone_that_proves_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(faults, "swapped", lambda name, _: documents(name)[0])
    result = faults.run(Case(WITH_PROOFS, "clone", 12))
    assert (result.outcome, result.detail) == (FAILED, "a chip without its keys has proved itself")


# --- the program ------------------------------------------------------------------------------

ONE = ("--scenario", "BAC short", "--fault", "removed", "--fault", "sw-6700")


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(faults, "run", lambda case: Result(case, FAILED, "oh no", 7, 1.0))


def test_the_report(capsys: pytest.CaptureFixture[str]) -> None:
    assert faults.main([*ONE, "--jobs", "1"]) == 0
    lines = capsys.readouterr().out.splitlines()
    count = 2 * faults.undisturbed("BAC short")
    assert lines[0].split() == ["fault", *faults.OUTCOMES]
    assert [line.split()[0] for line in lines[1:4]] == ["removed", "sw-6700", "all"]
    assert sum(map(int, lines[3].split()[1:])) == count
    assert lines[-1] == f"{count} passed, 0 failed"


def test_a_failure_is_told_and_is_the_status(
    failing: None, capsys: pytest.CaptureFixture[str]
) -> None:
    assert faults.main([*ONE, "--jobs", "1", "--at", "3"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert "FAILED BAC short, removed at 3: oh no" in lines
    assert lines[-1] == "0 passed, 2 failed"


def test_rows_for_programs(capsys: pytest.CaptureFixture[str]) -> None:
    faults.main([*ONE, "--jobs", "1", "--at", "3", "--format", "json"])
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(row["scenario"], row["fault"], row["at"]) for row in rows] == [
        ("BAC short", "removed", 3),
        ("BAC short", "sw-6700", 3),
    ]
    assert set(rows[0]) == {
        "scenario",
        "fault",
        "at",
        "seed",
        "outcome",
        "detail",
        "commands",
        "seconds",
    }


def test_another_seed_is_another_bit(capsys: pytest.CaptureFixture[str]) -> None:
    outputs = []
    for seed in range(3):
        chosen = ("--scenario", "BAC short", "--fault", "flipped", "--seed", str(seed))
        faults.main([*chosen, "--jobs", "1", "--format", "json"])
        rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        assert {row["seed"] for row in rows} == {seed}
        outputs.append([row["detail"] for row in rows])
    assert len({tuple(details) for details in outputs}) > 1


def test_the_list(capsys: pytest.CaptureFixture[str]) -> None:
    assert faults.main(["--list"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == len(FAULTS)


def test_several_processes_find_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    chosen = ("--scenario", "BAC short", "--fault", "flipped", "--format", "json")
    outputs = []
    for jobs in ("1", "2"):
        faults.main([*chosen, "--jobs", jobs])
        outputs.append(capsys.readouterr().out)
    assert outputs[0] == outputs[1]


def test_a_case_that_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(faults, "STUCK_SECONDS", 0.0)
    with pytest.raises(TimeoutError, match="does not come to an end"):
        list(faults.run_all(sample()[:60], 2))
