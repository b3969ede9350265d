"""tools/setup_environment.py: what is installed into the .venv, and when."""

import sys
from pathlib import Path

import pytest
from fake_machine import OK, Machine

from tools import setup_environment
from tools.running import Outcome, SetupError, run
from tools.setup_environment import Layout

PIN = "{}==1.0 \\\n    --hash=sha256:00\n"


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    (tmp_path / "requirements").mkdir()
    (tmp_path / "pyproject.toml").write_text("[project]\n")
    for kind in ("demo", "test"):
        pins = "".join(map(PIN.format, ("click", "swig", "pyscard")))
        (tmp_path / "requirements" / f"{kind}.txt").write_text(pins)
    made = Layout(tmp_path, windows=False)
    made.program("epass").parent.mkdir(parents=True)
    made.program("epass").touch()
    return made


class TestEnvironment:
    def test_programs(self) -> None:
        names = [Layout(Path("x"), windows=w).program("epass").as_posix() for w in (False, True)]
        assert names == ["x/.venv/bin/epass", "x/.venv/Scripts/epass.exe"]

    def test_installed_once(self, layout: Layout) -> None:
        machine = Machine()
        setup_environment.ensure_packages(machine, layout, "demo")
        pip, editable = machine.commands
        assert "--only-binary :all: --no-deps --require-hashes --requirement" in pip
        assert f"--no-build-isolation --editable {layout.root}" in editable
        assert (layout.build / "locked.txt").read_text() == PIN.format("click")  # no pyscard here
        assert setup_environment.ensure_packages(machine, layout, "demo") == "up to date"
        assert len(machine.commands) == 2

    def test_the_tests_have_all_that_the_demo_needs(self, layout: Layout) -> None:
        setup_environment.ensure_packages(Machine(), layout, "test")
        assert setup_environment.ensure_packages(Machine(), layout, "demo") == "up to date"

    @pytest.mark.parametrize("changed", ["pyproject.toml", "requirements/demo.txt"])
    def test_installed_again_after_a_change(self, layout: Layout, changed: str) -> None:
        setup_environment.ensure_packages(Machine(), layout, "demo")
        with (layout.root / changed).open("a") as file:
            file.write("# changed\n")
        machine = Machine()
        setup_environment.ensure_packages(machine, layout, "demo")
        assert len(machine.ran("pip install")) == 2

    def test_a_failure_is_told_and_not_remembered(self, layout: Layout) -> None:
        failing = Machine(lambda _: Outcome(1, "ERROR: hashes do not match"))
        with pytest.raises(SetupError, match=r"locked packages .* ERROR: hashes do not match"):
            setup_environment.ensure_packages(failing, layout, "demo")
        assert not layout.stamp.exists()

    def test_a_program_that_did_not_come(self, layout: Layout) -> None:
        layout.program("epass").unlink()
        with pytest.raises(SetupError, match=r"epass is not there"):
            setup_environment.ensure_packages(Machine(), layout, "demo")

    def test_a_damaged_stamp_counts_for_nothing(self, layout: Layout) -> None:
        layout.stamp.write_text('{"demo": ')
        machine = Machine()
        setup_environment.ensure_packages(machine, layout, "demo")
        assert len(machine.commands) == 2

    def test_pyscard_is_built_with_the_locked_swig(self, layout: Layout) -> None:
        probes = iter([Outcome(1, "ModuleNotFoundError"), OK])
        machine = Machine(lambda line: next(probes) if "smartcard" in line else None)
        assert setup_environment.ensure_pyscard(machine, layout, "demo") == ""
        swig, pyscard = machine.ran("--no-deps --require-hashes")
        assert "--only-binary :all:" in swig  # its source would fetch what no lock names
        assert "--no-build-isolation" in pyscard
        assert "--only-binary" not in pyscard
        assert (layout.build / "locked.txt").read_text() == PIN.format("pyscard")

    def test_pyscard_cannot_be_built(self, layout: Layout) -> None:
        no_compiler = Outcome(1, "error: [Errno 2] No such file or directory: 'gcc'")
        machine = Machine(lambda line: no_compiler if "build" in line else Outcome(1, ""))
        problem = setup_environment.ensure_pyscard(machine, layout, "demo")
        assert problem == f"swig could not be installed: {no_compiler.output}"

    @pytest.mark.parametrize("options", ["", "--clear ", "--without-pip --upgrade-deps "])
    def test_a_moved_venv_is_told_from_one_in_place(self, layout: Layout, options: str) -> None:
        def write(place: Path) -> None:
            text = f"home = /usr/bin\ncommand = /usr/bin/python3 -m venv {options}{place}\n"
            (layout.venv / "pyvenv.cfg").write_text(text)

        write(layout.venv)
        assert not setup_environment.was_moved(layout)
        write(layout.root)
        assert setup_environment.was_moved(layout)
        write(layout.root / "gone" / ".venv")
        assert setup_environment.was_moved(layout)

    def test_a_venv_that_does_not_run_is_made_anew(
        self, layout: Layout, capsys: pytest.CaptureFixture[str]
    ) -> None:
        machine = Machine(lambda line: Outcome(127, "") if "sys.exit" in line else None)
        assert setup_environment.ensure_venv(machine, layout) == "made anew"
        assert machine.commands[-1].endswith(f"-m venv --clear {layout.venv}")
        assert "does not work here" in capsys.readouterr().err

    def test_no_venv_can_be_made(self, layout: Layout) -> None:
        with pytest.raises(SetupError, match=r"no \.venv can be made: apt install python3-venv"):
            setup_environment.ensure_venv(
                Machine(lambda _: Outcome(1, "apt install python3-venv")), layout
            )

    def test_facts_of_this_python(self, tmp_path: Path) -> None:
        facts = setup_environment.python_facts(run, Layout(tmp_path))
        assert facts.version == sys.version_info[:2]
