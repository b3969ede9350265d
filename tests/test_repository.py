"""What holds for the repository as a whole: its locks, its licence, what no file may name."""

import hashlib
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tools import commands, lockfile
from tools.running import run

ROOT = Path(lockfile.__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
APACHE_2_0 = "cfc7749b96f63bd31c3c42b5c471bf756814053e847c10f3eb003417bc523d30"
# In pieces, or this file would be the first to name them.
REGISTRIES = ("pypi" + ".org", "python" + "hosted.org", "ana" + "conda.org", "npm" + "js.org")
MACHINE_PATH = re.compile(r"(?<![\w.])/(?:" + "|".join(("root", "home", "Users", "work")) + r")/\w")
LOOPBACK = ("localhost", "127.0.0.1", "::1")


def build_requirements() -> list[str]:
    lines = (ROOT / lockfile.BUILD_INPUT).read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def wanted(kind: str) -> list[str]:
    extras = PROJECT["project"]["optional-dependencies"]
    chosen = extras if kind == "test" else ("pcsc", "image")
    found = [*PROJECT["project"]["dependencies"], *PROJECT["build-system"]["requires"]]
    found += [line for extra in chosen for line in extras[extra]]
    found += PROJECT["dependency-groups"]["test"] if kind == "test" else []
    return found + build_requirements()


class TestLocks:
    @pytest.mark.parametrize(
        ("kind", "line"), [(kind, line) for kind in ("demo", "test") for line in wanted(kind)]
    )
    def test_it_has_what_the_project_asks_for(self, kind: str, line: str) -> None:
        requirement = Requirement(line)
        pins = {canonicalize_name(pin.name): pin for pin in lockfile.read(ROOT, kind)}
        pin = pins.get(canonicalize_name(requirement.name))
        assert pin is not None, f"{line} is not locked; run tools/dev.py lock"
        assert requirement.specifier.contains(pin.version), f"{line}, but {pin.version} is locked"
        assert bool(pin.marker) == bool(requirement.marker), f"locked for {pin.marker or 'all'}"

    def test_what_the_demo_has_the_tests_have_in_the_same_version(self) -> None:
        demo, test = (
            {(p.name, p.version) for p in lockfile.read(ROOT, k)} for k in ("demo", "test")
        )
        assert demo <= test

    @pytest.mark.parametrize("kind", ["demo", "test"])
    def test_it_names_no_address(self, kind: str) -> None:
        assert "://" not in lockfile.lock_path(ROOT, kind).read_text(encoding="utf-8")


def project_files() -> Iterator[tuple[str, str]]:
    """Every text file that is or would be committed, by git; skips where this is no clone."""
    if not (ROOT / ".git").exists():
        pytest.skip("not a git clone: which files belong to the project is not known")
    listed = run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"])
    assert listed.ok, listed.output
    for name in listed.output.split("\0"):
        path = ROOT / name
        if not name or not path.is_file():
            continue
        try:
            yield name, path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue  # not text


def test_the_source_distribution_has_every_folder() -> None:
    folders = {name.partition("/")[0] for name, _ in project_files() if "/" in name}
    included = set(PROJECT["tool"]["hatch"]["build"]["targets"]["sdist"]["include"])
    assert {".ci", "requirements"} <= folders
    assert folders - included == set()


def index_hosts() -> set[str]:
    """The package indexes that pip is configured with here: of no concern to anybody else."""
    listed = run([sys.executable, "-m", "pip", "config", "list"])
    assert listed.ok, listed.output
    urls = re.findall(r"[a-z+]+://[^\s'\"]+", listed.output)
    return {host for url in urls if (host := urlsplit(url).hostname) and host not in LOOPBACK}


class TestText:
    def test_no_file_names_a_registry_or_a_place_on_a_machine(self) -> None:
        hosts = {*REGISTRIES, *index_hosts()}
        found = [
            f"{name}: {bad}"
            for name, text in project_files()
            for bad in [host for host in hosts if host in text] + MACHINE_PATH.findall(text)
        ]
        assert found == []

    def test_the_patterns_find_what_they_look_for(self) -> None:
        assert MACHINE_PATH.search("see " + "/ho" + "me/somebody/x")
        assert not MACHINE_PATH.search("v1/home/x, https://a.example/work/x")

    def test_licence(self) -> None:
        text = (ROOT / "LICENSE").read_text(encoding="utf-8")
        assert hashlib.sha256(text.encode()).hexdigest() == APACHE_2_0

    def test_changelog_has_this_version(self) -> None:
        text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
        assert f"\n## [{PROJECT['project']['version']}] - " in text


class TestDoors:
    def test_make_only_hands_on(self) -> None:
        text = (ROOT / "Makefile").read_text(encoding="utf-8")
        targets, recipe = re.findall(r"^(\S[^:=?\n]*):\n\t(.*)$", text, re.MULTILINE)[0]
        assert recipe == "@$(PYTHON) tools/dev.py $@ $(ARGS)"
        for target in targets.split():
            assert commands.parse([target])[0].command == target

    def test_ci_runs_the_gates_and_nothing_else(self) -> None:
        lines = (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()
        assert lines[1:] == ["set -euo pipefail", 'cd "$(dirname "$0")/.."', "make test"]
