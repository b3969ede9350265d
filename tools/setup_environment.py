"""The ``.venv``: made, filled from the lock, with epass itself installed for editing.

Nothing is fetched that the lock does not name with a hash: packages come as wheels only, for pip
fetches what a build needs as it likes. The two that are built, epass and pyscard, are built with
what is locked and installed beforehand (hatchling; swig and setuptools).
"""

import hashlib
import json
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tools import lockfile
from tools.running import Outcome, Run, SetupError, say
from tools.setup_packages import PythonFacts

WHEELS = ("--only-binary", ":all:")
WITH_PYSCARD = frozenset({"pyscard", "swig"})  # for PC/SC only: the rest works without them
PYSCARD_VERSION = (
    "import sys, importlib.metadata, smartcard.scard; found = importlib.metadata.version('pyscard')"
)
FACTS = """
import importlib.util, json, os, sys, sysconfig
print(json.dumps({
    "version": sys.version_info[:2],
    "distribution": sys.base_prefix == "/usr",
    "headers": os.path.exists(os.path.join(sysconfig.get_path("include"), "Python.h")),
    "ensurepip": importlib.util.find_spec("ensurepip") is not None,
}))
"""


@dataclass(frozen=True, slots=True)
class Layout:
    """Where things are; ``windows`` decides the names inside a venv."""

    root: Path
    windows: bool = sys.platform == "win32"

    @property
    def venv(self) -> Path:
        return self.root / ".venv"

    @property
    def build(self) -> Path:
        return self.root / "build"

    @property
    def stamp(self) -> Path:
        return self.venv / "epass-setup.json"

    def program(self, name: str) -> Path:
        return self.venv / ("Scripts" if self.windows else "bin") / (name + ".exe" * self.windows)


def base_python() -> str:
    """The Python that runs this, or the one behind it where that is a venv's."""
    return str(getattr(sys, "_base_executable", sys.executable))


def python_facts(run: Run, layout: Layout) -> PythonFacts:
    """Of the Python that the ``.venv`` has, or will be made with."""
    python = str(layout.program("python")) if is_usable(run, layout) else base_python()
    outcome = run([python, "-c", FACTS])
    if not outcome.ok:
        raise SetupError(f"{python} does not run: {outcome.reason}")
    facts = json.loads(outcome.output)
    return PythonFacts(
        version=(facts["version"][0], facts["version"][1]),
        distribution=facts["distribution"],
        headers=facts["headers"],
        ensurepip=facts["ensurepip"],
    )


def is_usable(run: Run, layout: Layout) -> bool:
    """Does its Python run, is it new enough, and was it made for this place?"""
    check = "import sys; sys.exit(sys.version_info < (3, 11))"
    return not was_moved(layout) and run([str(layout.program("python")), "-c", check]).ok


def was_moved(layout: Layout) -> bool:
    """A venv that was copied or moved has scripts that start another place's Python."""
    try:
        text = (layout.venv / "pyvenv.cfg").read_text(encoding="utf-8")
    except OSError:
        return False
    made = re.search(r"^command = .* -m venv (?:--\S+ )*(.+)$", text, re.MULTILINE)
    if made is None:
        return False
    place = Path(made[1])
    return not (place.exists() and layout.venv.samefile(place))


def ensure_venv(run: Run, layout: Layout) -> str:
    """Make the ``.venv`` where there is none that works."""
    if not is_usable(run, layout):
        fresh = not layout.venv.exists()
        if not fresh:
            say("  the .venv does not work here (moved, or its Python is gone): making it anew")
        outcome = run([base_python(), "-m", "venv", "--clear", str(layout.venv)])
        if not outcome.ok:
            raise SetupError(f"no .venv can be made: {outcome.reason}")
        return "made" if fresh else "made anew"
    if not _python(run, layout, "-c", "import pip").ok:
        _demand(_python(run, layout, "-m", "ensurepip"), "the .venv has no pip")
    return "is there"


def _python(run: Run, layout: Layout, *arguments: str) -> Outcome:
    return run([str(layout.program("python")), *arguments])


def _demand(outcome: Outcome, problem: str) -> None:
    if not outcome.ok:
        raise SetupError(f"{problem}: {outcome.reason}")


def ensure_packages(run: Run, layout: Layout, kind: str) -> str:
    """Install what the lock of ``kind`` names, and epass; nothing where that was done before."""
    wanted = _wanted_stamp(layout.root, kind)
    found = _read_stamp(layout)
    if layout.program("epass").exists() and wanted.items() <= found.items():
        return "up to date"
    pins = [pin for pin in lockfile.read(layout.root, kind) if pin.name not in WITH_PYSCARD]
    _demand(_install_pins(run, layout, pins, *WHEELS), "the locked packages could not be installed")
    project = ["--no-deps", "--no-build-isolation", "--editable", str(layout.root)]
    _demand(_pip_install(run, layout, project), "epass itself could not be installed")
    if not layout.program("epass").exists():
        raise SetupError(f"pip installed epass, but {layout.program('epass')} is not there")
    _write_stamp(layout, {**found, **wanted})
    return f"{len(pins)} packages of requirements/{kind}.txt, and epass"


def ensure_pyscard(run: Run, layout: Layout, kind: str) -> str:
    """Build and install pyscard; what went wrong where that fails, else nothing."""
    pins = {pin.name: pin for pin in lockfile.read(layout.root, kind) if pin.name in WITH_PYSCARD}
    works = f"{PYSCARD_VERSION}; sys.exit(found != {pins['pyscard'].version!r})"
    if _python(run, layout, "-c", works).ok:
        return ""
    # In this order: the second is built with the first.
    for name, options in (("swig", WHEELS), ("pyscard", ("--no-build-isolation",))):
        outcome = _install_pins(run, layout, [pins[name]], *options)
        if not outcome.ok:
            return f"{name} could not be installed: {outcome.reason}"
    outcome = _python(run, layout, "-c", works)
    return "" if outcome.ok else f"pyscard was installed but does not load: {outcome.reason}"


def _install_pins(run: Run, layout: Layout, pins: Sequence[lockfile.Pin], *options: str) -> Outcome:
    layout.build.mkdir(exist_ok=True)
    chosen = layout.build / "locked.txt"
    chosen.write_text("".join(pin.text for pin in pins), encoding="utf-8")
    arguments = [*options, "--no-deps", "--require-hashes", "--requirement", str(chosen)]
    return _pip_install(run, layout, arguments)


def _pip_install(run: Run, layout: Layout, arguments: Sequence[str]) -> Outcome:
    quiet = ["--quiet", "--no-input", "--disable-pip-version-check"]
    python = layout.program("python")
    return run([str(python), "-m", "pip", "install", *quiet, *arguments], path=python.parent)


def _wanted_stamp(root: Path, kind: str) -> dict[str, str]:
    """By content. The versions of "demo" are those of "test", so that "test" has it all."""
    files = {"project": root / "pyproject.toml", "demo": lockfile.lock_path(root, "demo")}
    if kind == "test":
        files["test"] = lockfile.lock_path(root, "test")
    return {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in files.items()}


def _read_stamp(layout: Layout) -> dict[str, str]:
    try:
        stamp = json.loads(layout.stamp.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return stamp if isinstance(stamp, dict) else {}


def _write_stamp(layout: Layout, stamp: Mapping[str, str]) -> None:
    partial = layout.stamp.with_suffix(".partial")
    partial.write_text(json.dumps(stamp), encoding="utf-8")
    partial.replace(layout.stamp)
