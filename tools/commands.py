"""The commands of ``tools/dev.py``: demo, test, setup, lock, clean, and the tools below."""

import argparse
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tools import gates, lockfile, setup_environment, setup_packages, setup_service
from tools.running import ROOT, Run, SetupError, run, say, stage
from tools.setup_environment import Layout
from tools.single_run import only_run

INTERRUPTED = 130
TOOLS = {
    "interop": "tools.interop",
    "bench": "tools.benchmark",
    "faults": "tools.faults",
    "bulk": "tools.bulk",
    "soak": "tools.soak",
}
LOCK_FILE = Path("build", "dev.lock")
CACHES = (".mypy_cache", ".ruff_cache", ".pytest_cache", ".import_linter_cache", ".hypothesis")


@dataclass(slots=True)
class SetUp:
    """One run of the set-up, and what came of it."""

    run: Run
    layout: Layout
    kind: str
    pcsc: bool = field(default=False, init=False)
    """Is the whole stack there, down to the virtual reader?"""
    _new: tuple[str, ...] = field(default=(), init=False)
    _problems: list[str] = field(default_factory=list, init=False)
    _lost: list[str] = field(default_factory=list, init=False)

    def everything(self) -> None:
        began = time.monotonic()
        try:
            stage("Debian packages", self._packages)
            self.environment()
            stage("pyscard", self._pyscard)
            stage("PC/SC service", self._service)
        finally:
            for note in self.report():
                say(f"  {note}")
        say(f"set up in {time.monotonic() - began:.1f} s")

    def report(self) -> list[str]:
        """What is not there and why, then all that does not work without it."""
        lost = [f"does not work: {effect}" for effect in dict.fromkeys(self._lost)]
        return [*self._problems, *lost]

    def _note(self, what: str, why: str, lost: Iterable[str]) -> None:
        self._problems.append(f"{what}: {why}")
        self._lost.extend(lost)

    def environment(self) -> None:
        """The ``.venv`` alone, for a quick run."""
        stage(".venv", lambda: setup_environment.ensure_venv(self.run, self.layout))
        stage(
            "packages of the lock",
            lambda: setup_environment.ensure_packages(self.run, self.layout, self.kind),
        )

    def _packages(self) -> str:
        if not setup_packages.is_debian():
            return "this is not Debian or Ubuntu; nothing is installed beside the .venv"
        facts = setup_environment.python_facts(self.run, self.layout)
        wanted = setup_packages.wanted(facts, self.kind)
        missing = setup_packages.missing(self.run, wanted)
        if not missing:
            return "all there"
        prefix = self._root()
        if prefix is None:
            installed = setup_packages.Installed(failed=missing, why="neither root nor sudo")
        else:
            installed = setup_packages.install(self.run, prefix, missing)
        self._new = installed.new
        if setup_packages.DRIVER in installed.new:
            say(f"  note: {setup_packages.DRIVER_LISTENS}")
        if installed.failed:
            hint = setup_packages.by_hand(installed.failed)
            lost = [effect for name in installed.failed for effect in wanted[name]]
            self._note(
                f"not installed: {' '.join(installed.failed)}",
                f"{installed.why}; by hand: {hint}",
                lost,
            )
        return f"installed {', '.join(installed.new) or 'nothing'}"

    def _root(self) -> tuple[str, ...] | None:
        is_root = sys.platform != "win32" and os.geteuid() == 0
        return setup_packages.root_prefix(self.run, is_root=is_root, ask=setup_packages.may_ask())

    def _pyscard(self) -> str:
        problem = setup_environment.ensure_pyscard(self.run, self.layout, self.kind)
        if not problem:
            return "is there"
        self._note("not installed: pyscard", problem, setup_packages.PC_SC)
        return "could not be installed"

    def _service(self) -> str:
        if sys.platform != "linux":
            why = "its driver is for Debian and Ubuntu"
            self._note("no virtual reader", why, [setup_packages.VIRTUAL_READER])
            return "part of this system"
        python = self.layout.program("python")
        host = setup_service.Host(
            run=self.run,
            root=self._root,
            systemd=setup_service.SYSTEMD.exists(),
            answers=setup_service.answers,
            readers=lambda: setup_service.list_readers(self.run, python),
        )
        service = setup_service.ensure(host, self._new)
        self.pcsc = service.virtual_reader
        if not self.pcsc:
            lost = setup_packages.PC_SC if service.down else [setup_packages.VIRTUAL_READER]
            self._note("no virtual reader", service.note, lost)
        return service.state


def demo(arguments: Sequence[str]) -> int:
    """The main job, in process and then through the machine's PC/SC service where it has one."""
    machine = SetUp(run, Layout(ROOT), "demo")
    machine.everything()
    runs = [list(arguments)]
    if machine.pcsc and "--pcsc" not in arguments:
        runs.append([*arguments, "--pcsc"])
    for chosen in runs:
        say(f"\n== epass {' '.join(['demo', *chosen])}")
        status = subprocess.call([str(machine.layout.program("epass")), "demo", *chosen], cwd=ROOT)
        if status:
            return status
    return 0


def test(*, quick: bool) -> int:
    machine = SetUp(run, Layout(ROOT), "test")
    if quick:
        machine.environment()
    else:
        machine.everything()
    return gates.run_all(gates.gates(machine.layout, quick=quick), machine.report())


def tool(module: str, arguments: Sequence[str]) -> int:
    """Run a module of TOOLS, which need what the tests need."""
    machine = SetUp(run, Layout(ROOT), "test")
    machine.everything()
    python = str(machine.layout.program("python"))
    return subprocess.call([python, "-m", module, *arguments], cwd=ROOT)


def clean(root: Path, *, everything: bool) -> int:
    """Remove what was made here; ``everything``: the .venv and what Maven built too."""
    for name in (*CACHES, "dist", "htmlcov", *((".venv", ".venv-interop") if everything else ())):
        shutil.rmtree(root / name, ignore_errors=True)
    made = [*root.glob(".coverage*"), *(root / "build").glob("*")]
    for path in made:
        if path.is_file() and path != root / LOCK_FILE:
            path.unlink()
    return 0


def parse(arguments: Sequence[str]) -> tuple[argparse.Namespace, list[str]]:
    parser = argparse.ArgumentParser(prog="tools/dev.py", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("demo", help="set up, then `epass demo`, to which all else is handed on")
    chosen = commands.add_parser("test", help="set up for the tests, then run every gate")
    chosen.add_argument("--quick", action="store_true", help="no machine set-up, no coverage")
    commands.add_parser("interop", help="set up, then JMRTD against the simulated chip")
    commands.add_parser("bench", help="set up, then what a read costs the host and on the link")
    commands.add_parser("faults", help="set up, then every fault at every command of a read")
    commands.add_parser("bulk", help="set up, then what verifying archives costs")
    commands.add_parser("soak", help="set up, then 1,000 passports in a row")
    chosen = commands.add_parser("setup", help="install what is missing")
    chosen.add_argument("--test", action="store_true", help="and what the gates need")
    chosen = commands.add_parser("lock", help="make the lock files again")
    chosen.add_argument("--upgrade", action="store_true", help="take the newest versions")
    chosen = commands.add_parser("clean", help="remove what was made here")
    chosen.add_argument("--all", action="store_true", help="the .venv too")
    known, rest = parser.parse_known_args(arguments)
    if rest and known.command not in ("demo", *TOOLS):
        parser.error(f"unknown: {' '.join(rest)}")
    return known, rest


def dispatch(chosen: argparse.Namespace, rest: Sequence[str]) -> int:
    if chosen.command == "demo":
        return demo(rest)
    if chosen.command in TOOLS:
        return tool(TOOLS[chosen.command], rest)
    if chosen.command == "test":
        return test(quick=chosen.quick)
    if chosen.command == "setup":
        SetUp(run, Layout(ROOT), "test" if chosen.test else "demo").everything()
    elif chosen.command == "lock":
        lockfile.write_locks(run, upgrade=chosen.upgrade)
    else:
        return clean(ROOT, everything=chosen.all)
    return 0


def main(arguments: Sequence[str]) -> int:
    chosen, rest = parse(arguments)
    owner = f"process {os.getpid()}: {' '.join(['tools/dev.py', *arguments])}"
    try:
        with only_run(ROOT / LOCK_FILE, owner):
            return dispatch(chosen, rest)
    except SetupError as error:
        say(f"cannot go on: {error}")
        return 1
    except KeyboardInterrupt:
        say("stopped")
        return INTERRUPTED
