"""``verify``: stored reads judged again, one or an archive of them, without the documents.

Each dump is judged by the pure function ``epass.trust.verify.verify``, in as many processes as
wanted; nothing is kept of a dump once its line is written.
"""

import json
import os
import signal
import sys
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

import click

from epass import folder
from epass.cli import anchoring
from epass.cli.output import clean, out, say
from epass.cli.wiring import Options
from epass.dump import INDEX
from epass.errors import EpassError, FormatError, InputError, TrustError, VerificationError
from epass.trust.anchors import Anchors
from epass.trust.report import Outcome, Report
from epass.trust.verify import verify

SCHEMA, SCHEMA_VERSION = "epass.verification", 1
WAITING = 4  # dumps a process that are handed out and not answered; bounds memory
SHOW_EVERY = 25  # dumps between two updates of the progress

TEXT, JSON, JSON_LINES = FORMATS = ("text", "json", "jsonl")


@dataclass(frozen=True, slots=True)
class Job:
    """What every dump is judged with, in every process."""

    anchors: Anchors = field(repr=False)
    at: datetime
    without_crl: bool = False


@dataclass(frozen=True, slots=True)
class Verified:
    """One dump: its report, or the error for which there is none."""

    folder: str
    report: Report | None = None
    error: EpassError | None = None

    @property
    def word(self) -> str:
        return self.report.verdict.value if self.report else "unreadable"

    def as_dict(self) -> dict[str, object]:
        facts: dict[str, object] = {
            "schema": SCHEMA,
            "version": SCHEMA_VERSION,
            "folder": self.folder,
        }
        if self.report:
            judged = self.report.as_dict()
            facts |= {name: judged[name] for name in ("at", "verdict", "chip", "checks")}
        else:
            facts |= {"at": None, "verdict": None, "chip": None, "checks": []}
        return facts | {"error": self.error.as_dict() if self.error else None}


def run(places: Sequence[Path], options: Options, style: str) -> None:
    """Judge every dump in ``places`` and print it as soon as it is done.

    Raises:
        InputError: there is no dump in a place.
        VerificationError: a dump failed; after all of them were judged.
        FormatError: a dump could not be read, and none failed.
        TrustError: a check of a dump could not be made, and nothing worse.
    """
    for place in places:
        if next(dumps(place), None) is None:
            raise InputError(f"there is no dump in {clean(str(place))}")
    at = options["at"].replace(tzinfo=UTC) if options["at"] else datetime.now(UTC)
    job = Job(anchoring.anchors_from(options), at, options["without_crl"])
    counts: Counter[str] = Counter()
    first: Verified | None = None
    several = len(places) > 1 or _is_archive(places[0])
    found = (path for place in places for path in dumps(place))
    with _shown(style, several=several) as show:
        for item in verified(found, job, jobs=options["jobs"]):
            counts[item.word] += 1
            first = first or item
            show(item, counts)
    if several:
        total = counts.total()
        parts = ", ".join(f"{counts[word]} {word}" for word in sorted(counts))
        say(f"{total} document{'s' if total > 1 else ''}: {parts}")
    _refuse(counts, first, several=several)


def _refuse(counts: Counter[str], first: Verified | None, *, several: bool) -> None:
    """Raise for the worst that there was; one dump alone is told with its own reasons."""
    if first and not several:
        if first.error:
            raise first.error
        report = first.report
        if report and report.failed:
            raise VerificationError(report.failed)
        if report and report.verdict is not Outcome.PASS:
            raise _open(report.unknown or ("every check",))
        return
    if counts[Outcome.FAIL.value]:
        raise VerificationError((f"{counts[Outcome.FAIL.value]} documents",))
    if counts["unreadable"]:
        raise FormatError(f"{counts['unreadable']} dumps could not be read", "archive")
    if counts[Outcome.UNKNOWN.value]:
        raise _open((f"{counts[Outcome.UNKNOWN.value]} documents",))


def _open(unknown: tuple[str, ...]) -> TrustError:
    error = TrustError(unknown)
    error.advice = (
        "See the reasons in the report; docs/trust.md says where trust anchors come from."
    )
    return error


def dumps(place: Path) -> Iterator[Path]:
    """The dump in ``place``, or all that are somewhere below it, as they are found."""
    if not _is_archive(place):
        yield place
        return
    unread: list[OSError] = []
    for root, folders, files in os.walk(place, onerror=unread.append):
        yield from (Path(error.filename) for error in unread)  # which will be told as unreadable
        unread.clear()
        folders.sort()
        if INDEX in files:
            folders.clear()  # a dump holds no dumps
            yield Path(root)
    yield from (Path(error.filename) for error in unread)


def _is_archive(place: Path) -> bool:
    return place.is_dir() and not (place / INDEX).exists()


def verified(paths: Iterable[Path], job: Job, *, jobs: int) -> Iterator[Verified]:
    """Each dump as it finishes; with more than one job, not in order."""
    if jobs == 1:
        yield from (judge(path, job) for path in paths)
        return
    waiting, in_hand = iter(paths), deque[Path]()
    while True:
        try:
            yield from _in_processes(waiting, in_hand, job, jobs)
        except BrokenProcessPool:
            # A process was killed, for want of memory perhaps; nobody knows over which dump.
            for path in in_hand:
                fault = EpassError("the process that verified it, or one beside it, was killed")
                yield Verified(clean(str(path)), error=fault)
            in_hand.clear()
        else:
            return


def _in_processes(
    waiting: Iterator[Path], in_hand: deque[Path], job: Job, jobs: int
) -> Iterator[Verified]:
    """The dumps as they finish; ``in_hand`` are those that are handed out and not answered."""
    with _pool(job, jobs) as pool:
        open_: dict[Future[Verified], Path] = {}

        def hand_out(count: int) -> None:
            for path in islice(waiting, count):
                in_hand.append(path)
                open_[pool.submit(_judge, path)] = path

        hand_out(jobs * WAITING)
        while open_:
            done, _ = wait(open_, return_when=FIRST_COMPLETED)
            for item in done:
                found = item.result()
                in_hand.remove(open_.pop(item))
                yield found
            hand_out(len(done))


def judge(path: Path, job: Job) -> Verified:
    """The dump at ``path``; what is wrong with it is a value, as the next one is to be judged."""
    name = clean(str(path))
    try:
        return Verified(name, verify_stored(path, job))
    except EpassError as error:
        return Verified(name, error=error)
    except Exception as error:  # noqa: BLE001 - a bug that one dump meets must not stop the others
        fault = EpassError(f"a bug in epass: {type(error).__name__}")
        return Verified(name, error=fault)


def verify_stored(path: Path, job: Job) -> Report:
    """Load and judge one dump.

    Raises:
        InputError, FormatError, StorageError: it cannot be read.
    """
    return verify(folder.load(path), job.anchors, at=job.at, check_revocation=not job.without_crl)


# --- processes ----------------------------------------------------------------------------------

_job: Job | None = None  # of this process: handed over once, not with every dump


@contextmanager
def _pool(job: Job, jobs: int) -> Iterator[ProcessPoolExecutor]:
    pool = ProcessPoolExecutor(jobs, initializer=_start, initargs=(job,))
    try:
        yield pool
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _start(job: Job) -> None:
    global _job  # noqa: PLW0603 - the one value that a process is made for
    _job = job
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to answer


def _judge(path: Path) -> Verified:
    if _job is None:
        raise RuntimeError("a process without its job")
    return judge(path, _job)


# --- what is shown ------------------------------------------------------------------------------


@contextmanager
def _shown(style: str, *, several: bool) -> Iterator["_Show"]:
    show = _Show(style, several)
    yield show
    show.end()


@dataclass(slots=True)
class _Show:
    """Lines on stdout as they come, and how far it is on a terminal's stderr."""

    style: str
    several: bool
    count: int = 0

    def __call__(self, item: Verified, counts: Counter[str]) -> None:
        self.count += 1
        if self.style == TEXT:
            _print_text(item, alone=not self.several)
        elif self.style == JSON_LINES:
            out(json.dumps(item.as_dict()))
        elif not self.several:
            out(json.dumps(item.as_dict(), indent=2))
        else:
            out(("[\n" if self.count == 1 else ",\n") + json.dumps(item.as_dict(), indent=2))
        if self._draws and self.count % SHOW_EVERY == 0:
            click.echo(f"\r{counts.total()} documents", err=True, nl=False)

    def end(self) -> None:
        if self.style == JSON and self.several:
            out("]")
        if self._draws and self.count >= SHOW_EVERY:
            click.echo("", err=True)

    @property
    def _draws(self) -> bool:
        """Whether progress is to be seen, and would not be between the lines of the result."""
        return self.several and sys.stderr.isatty() and not sys.stdout.isatty()


COLOURS = {"pass": "green", "fail": "red", "unreadable": "red", "unknown": "yellow"}


def _print_text(item: Verified, *, alone: bool) -> None:
    word = click.style(f"{item.word:<10}", fg=COLOURS[item.word])
    if item.error:
        out(f"{word} {item.folder}: {clean(item.error.message)}")
        return
    report = item.report
    assert report is not None  # noqa: S101 - one of the two is there
    if not alone:
        found = report.failed or report.unknown
        out(f"{word} {item.folder}{': ' if found else ''}{', '.join(found)}")
        return
    out(f"{word} {item.folder}, the chip is {report.chip}")
    width = max(len(check.id) for check in report.checks)
    for check in report.checks:
        colour = {Outcome.NOT_APPLICABLE: None}.get(check.outcome, COLOURS.get(check.outcome))
        mark = click.style(f"{check.outcome.value.replace('_', ' '):<14}", fg=colour)
        out(f"  {check.id:<{width}}  {mark} {clean(check.reason)}")
