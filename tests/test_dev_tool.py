"""tools/dev.py: its commands, and which packages it would install."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest
from fake_machine import OK, Machine, dpkg

from tools import commands, dev, setup_packages
from tools.running import Outcome, run
from tools.setup_packages import PythonFacts

ROOT = Path(dev.__file__).parent.parent


class TestRunning:
    def test_output_and_status(self) -> None:
        program = "import sys; print('out'); print('err', file=sys.stderr); sys.exit(3)"
        outcome = run([sys.executable, "-c", program])
        assert outcome.status == 3
        assert sorted(outcome.output.split()) == ["err", "out"]

    def test_not_there(self) -> None:
        assert run(["no-such-program"]) == Outcome(127, "no-such-program: not found")

    def test_time_limit(self) -> None:
        assert run([sys.executable, "-c", "import time; time.sleep(9)"], timeout=0.1).status == 124

    def test_nothing_waits_for_input(self) -> None:
        outcome = run([sys.executable, "-c", "input()"], timeout=30)
        assert outcome.reason.endswith("EOFError: EOF when reading a line")

    def test_reason_is_the_error_lines(self) -> None:
        output = "Reading lists...\nE: no such package\nnote: read on\nERROR: failed\n"
        assert Outcome(1, output).reason == "E: no such package\n    ERROR: failed"
        assert Outcome(1, "first\n\nlast\n").reason == "first\n    last"


class TestPackages:
    def test_missing(self) -> None:
        machine = Machine(
            lambda _: Outcome(
                1,
                "gcc installed\nlibpcsclite-dev:amd64 installed\npcscd config-files\n"
                "dpkg-query: no packages found matching libccid\n",
            )
        )
        names = ["pcscd", "libccid", "libpcsclite-dev", "gcc"]
        assert setup_packages.missing(machine, names) == ("pcscd", "libccid")

    def test_what_the_distribution_python_lacks(self) -> None:
        bare = PythonFacts((3, 12), distribution=True, headers=False, ensurepip=False)
        extra = set(setup_packages.wanted(bare)) - set(setup_packages.PACKAGES)
        assert extra == {"python3.12-dev", "python3.12-venv"}

    def test_a_browser_is_for_the_tests_only(self) -> None:
        facts = PythonFacts((3, 11), distribution=True, headers=True, ensurepip=True)
        extra = set(setup_packages.wanted(facts, "test")) - set(setup_packages.wanted(facts))
        assert extra == {"chromium", "fonts-dejavu-core"}

    @pytest.mark.parametrize(
        "facts",
        [
            PythonFacts((3, 13), distribution=False, headers=False, ensurepip=False),
            PythonFacts((3, 11), distribution=True, headers=True, ensurepip=True),
        ],
        ids=["another python: no package can help", "complete"],
    )
    def test_python_needs_nothing(self, facts: PythonFacts) -> None:
        assert setup_packages.wanted(facts) == setup_packages.PACKAGES

    def test_root(self) -> None:
        machine = Machine()
        assert setup_packages.root_prefix(machine, is_root=True, ask=False) == ()
        assert machine.commands == []

    def test_sudo_without_password(self) -> None:
        machine = Machine()
        assert setup_packages.root_prefix(machine, is_root=False, ask=False) == ("sudo", "-n")
        assert machine.commands == ["sudo -n true"]

    def test_a_password_is_only_asked_for_at_a_terminal(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("shutil.which", lambda name: f"/usr/bin/{name}")
        refusing = Machine(lambda _: Outcome(1, "sudo: a password is required"))
        assert setup_packages.root_prefix(refusing, is_root=False, ask=False) is None
        assert setup_packages.root_prefix(refusing, is_root=False, ask=True) == ("sudo",)
        monkeypatch.setattr("shutil.which", lambda _: None)
        assert setup_packages.root_prefix(refusing, is_root=False, ask=True) is None

    def test_ci_is_no_terminal(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for stream in (sys.stdin, sys.stderr):
            monkeypatch.setattr(stream, "isatty", lambda: True, raising=False)
        monkeypatch.delenv("CI", raising=False)
        assert setup_packages.may_ask()
        monkeypatch.setenv("CI", "true")
        assert not setup_packages.may_ask()


class TestInstall:
    def install(self, machine: Machine, *names: str) -> setup_packages.Installed:
        self.slept: list[float] = []
        return setup_packages.install(machine, ["sudo", "-n"], names, sleep=self.slept.append)

    def test_without_fetching_lists(self) -> None:
        machine = Machine(dpkg("gcc", "pcscd"))
        assert self.install(machine, "gcc", "pcscd").new == ("gcc", "pcscd")
        (line,) = machine.ran("apt-get")
        assert line.startswith("sudo -n env DEBIAN_FRONTEND=noninteractive LC_ALL=C apt-get")
        assert line.endswith("install gcc pcscd")

    def test_lists_are_fetched_where_the_first_attempt_fails(self) -> None:
        attempts = iter([Outcome(100, "E: Unable to locate package gcc"), OK, OK])
        machine = Machine(
            lambda line: next(attempts) if "apt-get" in line else dpkg("gcc")(line),
        )
        assert self.install(machine, "gcc") == setup_packages.Installed(new=("gcc",))
        assert [line.split()[-1] for line in machine.ran("apt-get")] == ["gcc", "update", "gcc"]

    def test_one_that_is_not_to_be_had_does_not_stop_the_others(self) -> None:
        def answer(line: str) -> Outcome | None:
            if "install" in line and "vsmartcard-vpcd" in line:
                return Outcome(100, "E: Package 'vsmartcard-vpcd' has no installation candidate")
            return dpkg("gcc")(line)

        machine = Machine(answer)
        assert self.install(machine, "gcc", "vsmartcard-vpcd") == setup_packages.Installed(
            new=("gcc",),
            failed=("vsmartcard-vpcd",),
            why="E: Package 'vsmartcard-vpcd' has no installation candidate",
        )
        assert machine.commands[-3].endswith("install gcc")

    def test_another_apt_is_waited_for(self) -> None:
        busy = Outcome(100, "E: Could not get lock /var/lib/apt/lists/lock. It is held by 42")
        attempts = iter([busy, busy, OK])
        machine = Machine(lambda line: next(attempts) if "apt-get" in line else dpkg("gcc")(line))
        assert self.install(machine, "gcc").new == ("gcc",)
        assert self.slept == [5, 5]

    def test_the_wait_ends(self) -> None:
        busy = Outcome(100, "E: Could not get lock /var/lib/apt/lists/lock")
        machine = Machine(lambda line: busy if "apt-get" in line else dpkg()(line))
        outcome = self.install(machine, "gcc")
        assert outcome.failed == ("gcc",)
        assert outcome.why == busy.output
        assert sum(self.slept) == 3 * setup_packages.LOCK_WAIT


class TestCommands:
    @pytest.mark.parametrize("command", ["demo", "interop", "bench", "faults", "bulk", "soak"])
    def test_the_rest_is_handed_on(self, command: str) -> None:
        chosen, rest = commands.parse([command, "--format", "json"])
        assert (chosen.command, rest) == (command, ["--format", "json"])

    def test_unknown_options_are_refused(self, capsys: pytest.CaptureFixture[str]) -> None:
        with pytest.raises(SystemExit):
            commands.parse(["test", "--fast"])
        assert "unknown: --fast" in capsys.readouterr().err

    def test_clean_keeps_the_venv_unless_told(self, tmp_path: Path) -> None:
        for name in (".venv/bin/epass", ".mypy_cache/x", "build/locked.txt", "build/dev.lock"):
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
        (tmp_path / ".coverage").touch()
        commands.clean(tmp_path, everything=False)
        left = sorted(
            p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*") if p.is_file()
        )
        assert left == [".venv/bin/epass", "build/dev.lock"]
        commands.clean(tmp_path, everything=True)
        assert not (tmp_path / ".venv").exists()


class TestDoor:
    def test_old_pythons_can_read_it(self) -> None:
        ast.parse(Path(dev.__file__).read_text(encoding="utf-8"), feature_version=(3, 6))

    def test_a_name_that_does_not_run_is_passed_over(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("shutil.which", lambda name: {"python3.12": "shim"}.get(name, "good"))
        monkeypatch.setattr(subprocess, "call", lambda command, **_: command[0] == "shim")
        assert dev.newer_python() == "good"

    def test_no_python_is_new_enough(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setattr("shutil.which", lambda _: None)
        assert dev.run_again() == 1
        assert "no Python 3.11 or newer was found; nothing was done" in capsys.readouterr().err

    def test_as_a_script(self) -> None:
        outcome = run([sys.executable, str(ROOT / "tools" / "dev.py"), "--help"])
        assert outcome.ok
        assert "{demo,test,interop,bench,faults,bulk,soak,setup,lock,clean}" in outcome.output
