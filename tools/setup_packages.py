"""The Debian packages that epass wants: which are missing, and installing them.

Debian and Ubuntu only. Elsewhere PC/SC is part of the system (Windows, macOS) or comes from
another package manager, and the virtual reader's driver is not there.
"""

import os
import shutil
import sys
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from tools.running import Outcome, Run, say

DRIVER = "vsmartcard-vpcd"
USB_READERS = "reading a passport from a USB reader"
VIRTUAL_READER = "the virtual reader: `epass simulate`, `epass demo --pcsc`, the pcsc tests"
PC_SC = (USB_READERS, VIRTUAL_READER)
# With what does not work without each; the last three build pyscard.
PACKAGES: dict[str, tuple[str, ...]] = {
    "pcscd": PC_SC,
    "libccid": (USB_READERS,),
    DRIVER: (VIRTUAL_READER,),
    "libpcsclite-dev": PC_SC,
    "gcc": PC_SC,
    "libc6-dev": PC_SC,
}
PAGES = ("the tests of `epass report` in a browser",)
TESTS: dict[str, tuple[str, ...]] = {"chromium": PAGES, "fonts-dejavu-core": PAGES}
DRIVER_LISTENS = (
    f"while pcscd runs, the virtual reader of {DRIVER} takes cards over TCP 35963 and 35964 from "
    f"every host that reaches this machine; sudo apt-get remove {DRIVER} takes it away"
)
LOCK_WAIT = 600  # seconds for another apt to finish
LISTS_RETRY = 5  # seconds; apt has no option to wait for the lock of its package lists


@dataclass(frozen=True, slots=True)
class PythonFacts:
    """What decides which packages a Python lacks; ``distribution``: it is the system's own."""

    version: tuple[int, int]
    distribution: bool
    headers: bool
    ensurepip: bool


@dataclass(frozen=True, slots=True)
class Installed:
    """``new`` were installed now; ``failed`` are still missing, and ``why``."""

    new: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()
    why: str = ""


def is_debian() -> bool:
    return sys.platform == "linux" and all(map(shutil.which, ("apt-get", "dpkg-query")))


def wanted(python: PythonFacts, kind: str = "demo") -> dict[str, tuple[str, ...]]:
    """Each package with what does not work without it; those of "test" are for the tests."""
    packages = PACKAGES | (TESTS if kind == "test" else {})
    if python.distribution:
        name = "python{}.{}".format(*python.version)
        if not python.headers:
            packages[f"{name}-dev"] = PC_SC
        if not python.ensurepip:
            packages[f"{name}-venv"] = ("everything, as no .venv can be made",)
    return packages


def missing(run: Run, packages: Collection[str]) -> tuple[str, ...]:
    answer = run(["dpkg-query", "-W", "-f=${binary:Package} ${db:Status-Status}\n", *packages])
    rows = [line.split() for line in answer.output.splitlines()]
    # libpcsclite-dev is listed as libpcsclite-dev:amd64
    present = {row[0].split(":")[0] for row in rows if row[1:] == ["installed"]}
    return tuple(name for name in packages if name not in present)


def may_ask() -> bool:
    """Is there a person at a terminal who could type a password?"""
    return not os.environ.get("CI") and sys.stdin.isatty() and sys.stderr.isatty()


def root_prefix(run: Run, *, is_root: bool, ask: bool) -> tuple[str, ...] | None:
    """What to put before a command to run it as root; ``None`` where that is not possible."""
    if is_root:
        return ()
    if run(["sudo", "-n", "true"]).ok:
        return ("sudo", "-n")
    if ask and shutil.which("sudo"):
        return ("sudo",)
    return None


def install(
    run: Run,
    prefix: Sequence[str],
    names: Sequence[str],
    *,
    sleep: Callable[[float], None] = time.sleep,
) -> Installed:
    """Install with apt-get; lists are only fetched where the first attempt fails."""
    say(f"  installing {', '.join(names)}")
    outcome = _apt(run, prefix, ["install", *names], sleep)
    if not outcome.ok:
        _apt(run, prefix, ["update"], sleep)
        outcome = _apt(run, prefix, ["install", *names], sleep)
    if not outcome.ok and len(names) > 1:  # one that this release lacks must not stop the others
        for name in names:
            _apt(run, prefix, ["install", name], sleep)
    failed = missing(run, names)
    return Installed(
        new=tuple(name for name in names if name not in failed),
        failed=failed,
        why=outcome.reason if failed else "",
    )


def _apt(
    run: Run, prefix: Sequence[str], arguments: Sequence[str], sleep: Callable[[float], None]
) -> Outcome:
    options = ["-q", "-y", "--no-install-recommends", "-o", f"DPkg::Lock::Timeout={LOCK_WAIT}"]
    command = [*prefix, "env", "DEBIAN_FRONTEND=noninteractive", "LC_ALL=C", "apt-get"]
    for _ in range(LOCK_WAIT // LISTS_RETRY):
        outcome = run([*command, *options, *arguments])
        if outcome.ok or "Could not get lock" not in outcome.output:
            break
        sleep(LISTS_RETRY)
    return outcome


def by_hand(names: Sequence[str]) -> str:
    return f"sudo apt-get install {' '.join(names)}"
