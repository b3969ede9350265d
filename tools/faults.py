"""Every fault at every command of a whole read, in process: ``python3 tools/dev.py faults``.

Each case is the main job with one fault in it: open, read, verify, build the payload, upload to a
stand-in that records what reaches it. It must end in the right bytes or in an error of epass, in a
bounded number of commands and of seconds on the simulated clock, and nothing may have been sent of
a read that did not succeed. After a gap it must end in the right bytes, with the proofs and the
report of a read without one, unless the chip was judging the key for the first time. Where a fault
makes no difference to what is answered, nothing was tried, and the case does not count.
``epass.sim.fault_table`` says what the faults are.
"""

import argparse
import json
import multiprocessing
import os
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache

import httpx

from epass import asn1
from epass.card import reader
from epass.card.files import LEAST, PATIENCE
from epass.card.keys import MrzKey
from epass.dump import Dump
from epass.errors import EpassError
from epass.lds.names import File
from epass.sandbox import Sandbox
from epass.sim.country import Country
from epass.sim.fault_table import FAULTS
from epass.sim.faults import CLONE, NOTHING, WHOLE, Alter, Fault, FaultyChannel
from epass.sim.issuer import Document
from epass.sim.keys import seeded
from epass.sim.link import Clock, Link, LinkChannel
from epass.trust.report import Outcome
from epass.trust.verify import verify
from epass.upload import NfcPayload, VeriffClient
from tools.fault_scenarios import SCENARIOS, Scenario, described, documents, memory_of, swapped

AT = datetime(2026, 1, 1, tzinfo=UTC)
ANCHORS = (asn1.certificate(Country().csca.certificate.der, where="CSCA"),)
API_KEY, SECRET = "fault-matrix", "fault-matrix-secret"
# What was read is right, and was sent; it is, but a check has not passed that usually does; the
# chip lied where nothing is signed; it was found out when it was verified; the read ended in an
# error; and what must not be. MISSED: the fault made no difference.
RIGHT, UNPROVEN, UNSIGNED, CAUGHT = "right", "unproven", "unsigned", "caught"
REFUSED, FAILED, MISSED = "refused", "failed", "missed"
OUTCOMES = (RIGHT, UNPROVEN, UNSIGNED, CAUGHT, REFUSED, FAILED)  # of the cases that count
PROOFS = ("chip.active", "chip.authentication")
SECONDS = 600.0  # on the simulated clock, with every wait
STUCK_SECONDS = 120.0  # of a real one, for a batch of cases: an endless loop without commands
BATCH = 50
LINK = Link(106, reader=0.004, chip=0.006, agreement=0.1)  # slow, so that waiting shows
SENT = {"com": File.COM, "sod": File.SOD, "dg1": File.DG1, "dg2": File.DG2}


@dataclass(frozen=True, slots=True)
class Case:
    """``fault`` at command ``at`` of a read by the scenario of that name.

    ``seed`` is for what is random in a fault.
    """

    scenario: str
    fault: str
    at: int
    seed: int = 0

    def __str__(self) -> str:
        return f"{self.scenario}, {self.fault} at {self.at}"


@dataclass(frozen=True, slots=True)
class Result:
    """How a case ended; ``detail`` is the code of the error, or what is wrong with epass."""

    case: Case
    outcome: str
    detail: str = ""
    commands: int = 0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Usual:
    """A read without a fault: its commands, at which of them the chip judges the key, and the
    answers of all checks.
    """

    commands: int
    judging: int
    outcomes: Mapping[str, Outcome]


@cache
def usual(name: str) -> Usual:
    """Raises RuntimeError where a read without a fault does not succeed."""
    played = _play(Case(name, "slow", 0), most=1000)
    if played.outcome != RIGHT:
        raise RuntimeError(f"a read without a fault fails: {played.outcome}, {played.detail}")
    protected = (exchange.protected for exchange in played.link.exchanges)
    return Usual(played.channel.count, list(protected).index(True), played.outcomes)


def undisturbed(name: str) -> int:
    """How many commands the read takes without a fault; raises as ``usual``."""
    return usual(name).commands


@cache
def most(name: str) -> int:
    """After how many commands a read with a fault is one without end.

    Three whole reads, and one in the shortest answers that ``card.files`` puts up with.
    """
    size = sum(map(len, documents(name)[0].files.values()))
    return 3 * undisturbed(name) + size // LEAST + PATIENCE


def cases(scenarios: Iterable[str], faults: Iterable[str], seed: int = 0) -> Iterator[Case]:
    """Each of the faults at each command of each of the scenarios."""
    chosen = list(faults)
    for name in scenarios:
        for at in range(1, undisturbed(name) + 1):
            yield from (Case(name, fault, at, seed) for fault in chosen)


def run(case: Case) -> Result:
    """One case, judged."""
    return attempt(case, most=most(case.scenario))


def attempt(case: Case, *, most: int) -> Result:
    played, fault = _play(case, most=most), FAULTS[case.fault]
    outcome, detail = played.outcome, played.detail
    if outcome == RIGHT:
        outcome, detail = _compared(case, fault, played.outcomes)
    if not played.channel.struck and outcome != FAILED:
        outcome, detail = MISSED, ""
    if outcome not in (FAILED, MISSED, *_due(case, fault)):
        outcome, detail = FAILED, f"{outcome} {detail}".strip()
    return Result(case, outcome, detail, played.channel.count, played.channel.clock.now())


def _due(case: Case, fault: Fault) -> tuple[str, ...]:
    """The outcomes that the fault may have at that command."""
    if not fault.due:
        return OUTCOMES
    if fault.due == WHOLE:
        return (RIGHT,)
    is_judged = case.at == usual(case.scenario).judging
    return (REFUSED,) if fault.due == NOTHING or is_judged else (RIGHT,)


def _compared(case: Case, fault: Fault, outcomes: Mapping[str, Outcome]) -> tuple[str, str]:
    """The bytes are right. Is what the report says of them?"""
    if fault.swaps == CLONE and any(outcomes[check] is Outcome.PASS for check in PROOFS):
        return FAILED, "a chip without its keys has proved itself"
    passes = {check for check, outcome in outcomes.items() if outcome is Outcome.PASS}
    lacking = [
        check
        for check, outcome in usual(case.scenario).outcomes.items()
        if outcome is Outcome.PASS and check not in passes
    ]
    return (UNPROVEN, " and ".join(lacking)) if lacking else (RIGHT, "")


@dataclass(frozen=True, slots=True)
class Played:
    """A case as it went; ``outcomes`` are the answers of the checks, if it came to that."""

    outcome: str
    detail: str
    channel: FaultyChannel
    link: LinkChannel
    outcomes: Mapping[str, Outcome]


def _play(case: Case, *, most: int) -> Played:
    scenario, fault = SCENARIOS[case.scenario], FAULTS[case.fault]
    clock, links = Clock(), list[LinkChannel]()

    def linked(document: Document, alter: Alter | None = None) -> LinkChannel:
        links.append(LinkChannel(scenario.chip(document, alter), LINK, clock))
        return links[-1]

    first = documents(case.scenario)[0]
    channel = FaultyChannel(
        lambda alter: linked(first, alter),
        fault,
        case.at,
        other=lambda kind: linked(swapped(case.scenario, kind)),
        seed=b"%d" % case.seed,
        most=most,
        clock=clock,
        traits=described(scenario.chip(first)),
    )
    sandbox, outcomes = Recording(), dict[str, Outcome]()
    try:
        outcome, detail = _job(channel, scenario, fault, sandbox, outcomes)
    except EpassError as error:
        outcome, detail = REFUSED, error.code
    except Exception as error:  # noqa: BLE001 - whatever it is, it is what is looked for
        outcome, detail = FAILED, f"{type(error).__name__}: {error}"
    if outcome in (REFUSED, CAUGHT) and sandbox.requests:
        outcome, detail = FAILED, f"{detail}, and {sandbox.requests} requests were sent"
    if clock.now() > SECONDS:
        outcome, detail = FAILED, f"{detail}, after {clock.now():.0f} simulated seconds"
    return Played(outcome, detail, channel, links[0], outcomes)


class Recording:
    """The endpoint, and how often anything was sent to it."""

    def __init__(self) -> None:
        self.sandbox = Sandbox(API_KEY, SECRET)
        self.session = self.sandbox.create_session()
        self.requests = 0
        self._transport = httpx.WSGITransport(self.sandbox)

    def handle(self, request: httpx.Request) -> httpx.Response:
        self.requests += 1
        return self._transport.handle_request(request)

    def client(self) -> VeriffClient:
        transport = httpx.MockTransport(self.handle)
        return VeriffClient(API_KEY, SECRET, "http://localhost", transport=transport)


def _job(
    channel: FaultyChannel,
    scenario: Scenario,
    fault: Fault,
    endpoint: Recording,
    outcomes: dict[str, Outcome],
) -> tuple[str, str]:
    """The main job; what it raises is judged by the caller. All checks go to ``outcomes``."""
    documents_here = documents(scenario.name)
    key = MrzKey.from_mrz(documents_here[0].mrz)
    dump = reader.read(channel, key, memory=memory_of(scenario), random=seeded(b"reader"))
    right = any(_is_right(dump, document) for document in documents_here)
    if not right and not fault.lies and not fault.swaps:
        return FAILED, "wrong bytes were read"
    found = verify(dump, ANCHORS, at=AT)
    outcomes |= {check.id: check.outcome for check in found.checks}
    try:
        found.require()
        payload = NfcPayload.from_dump(dump)
    except EpassError as error:
        return CAUGHT, error.code
    with endpoint.client() as client:
        client.upload_nfc(endpoint.session, payload)
    (stored,) = endpoint.sandbox.stored
    return _judged(stored.files, documents_here, fault)


def _judged(sent: Mapping[str, bytes], known: Iterable[Document], fault: Fault) -> tuple[str, str]:
    """Whether what has arrived is one of the documents.

    EF.COM is not signed, nor are some fields of EF.SOD, and a certificate that leads to no known
    CSCA leaves the path unknown, which does not stop an upload. The data groups must be right.
    """
    for document in known:
        wrong = {name for name, file in SENT.items() if sent[name] != document.files[file]}
        if not wrong:
            return RIGHT, ""
        if fault.lies and wrong <= {"com", "sod"}:
            return UNSIGNED, " and ".join(sorted(wrong))
    return FAILED, "wrong bytes were sent"


def _is_right(dump: Dump, document: Document) -> bool:
    """EF.CardAccess is read before there is a session, so that only DG14 shows a change in it."""
    return all(
        document.files.get(file) == content
        for file, content in dump.files.items()
        if file is not File.CARD_ACCESS
    )


def run_all(wanted: Sequence[Case], jobs: int) -> Iterator[Result]:
    """Raises TimeoutError where a batch of cases does not come to an end."""
    if jobs == 1:
        yield from map(run, wanted)
        return
    batches = [wanted[start : start + BATCH] for start in range(0, len(wanted), BATCH)]
    fresh = multiprocessing.get_context("spawn")  # a fork takes over locks and signal handlers
    with fresh.Pool(jobs) as pool:
        done = pool.imap(_run_batch, batches)
        try:
            for _ in batches:
                yield from done.next(timeout=STUCK_SECONDS)
        except multiprocessing.TimeoutError:
            raise TimeoutError("a case does not come to an end, and sends no commands") from None


def _run_batch(batch: Sequence[Case]) -> list[Result]:
    return [run(case) for case in batch]


def report(results: Sequence[Result]) -> list[str]:
    """A line for each fault, then the failures, then what the worst read cost."""
    width = max(map(len, FAULTS))
    lines = [f"{'fault':<{width}}" + "".join(f"{outcome:>9}" for outcome in OUTCOMES)]
    for fault in FAULTS:
        counts = Counter(result.outcome for result in results if result.case.fault == fault)
        if counts:
            lines.append(f"{fault:<{width}}" + "".join(f"{counts[name]:>9}" for name in OUTCOMES))
    counts = Counter(result.outcome for result in results)
    lines.append(f"{'all':<{width}}" + "".join(f"{counts[name]:>9}" for name in OUTCOMES))
    codes = Counter(result.detail for result in results if result.outcome in (CAUGHT, REFUSED))
    lines.append("errors: " + ", ".join(f"{code} {count}" for code, count in codes.most_common()))
    longest = max(results, key=lambda result: result.commands)
    slowest = max(results, key=lambda result: result.seconds)
    lines.append(
        f"most commands: {longest.commands}, where {undisturbed(longest.case.scenario)} are usual "
        f"({longest.case}); most simulated seconds: {slowest.seconds:.0f} ({slowest.case})"
    )
    failures = [result for result in results if result.outcome == FAILED]
    missed = Counter(result.outcome for result in results)[MISSED]
    lines.append(f"left out, because the fault made no difference: {missed}")
    return lines + [f"FAILED {result.case}: {result.detail}" for result in failures]


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="faults", description=__doc__)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes")
    parser.add_argument("--fault", action="append", choices=sorted(FAULTS), metavar="NAME")
    parser.add_argument("--scenario", action="append", choices=sorted(SCENARIOS), metavar="NAME")
    parser.add_argument("--at", type=int, help="this command only")
    parser.add_argument("--seed", type=int, default=0, help="of what is random in a fault")
    parser.add_argument("--format", choices=("text", "json"), default="text")
    parser.add_argument("--list", action="store_true", help="name the faults")
    options = parser.parse_args(arguments)
    if options.list:
        print("\n".join(f"{name:<22}{fault.about}" for name, fault in FAULTS.items()))
        return 0
    chosen = cases(options.scenario or SCENARIOS, options.fault or FAULTS, options.seed)
    wanted = [case for case in chosen if options.at in (None, case.at)]
    results = list(run_all(wanted, options.jobs))
    outcomes = Counter(result.outcome for result in results)
    failed, missed = outcomes[FAILED], outcomes[MISSED]
    if options.format == "json":
        for result in results:
            print(json.dumps(_row(result)))
    else:
        print("\n".join(report(results)))
        print(f"{len(results) - failed - missed} passed, {failed} failed")
    return 1 if failed else 0


def _row(result: Result) -> dict[str, object]:
    case = result.case
    return {
        "scenario": case.scenario,
        "fault": case.fault,
        "at": case.at,
        "seed": case.seed,
        "outcome": result.outcome,
        "detail": result.detail,
        "commands": result.commands,
        "seconds": round(result.seconds, 3),
    }


if __name__ == "__main__":
    sys.exit(main())
