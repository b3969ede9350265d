"""The locks under ``requirements/``: reading them, and making them again with uv.

They are requirements files with hashes, valid on every platform and every Python from 3.11 on,
that name no package index: pip takes whichever one the machine is configured with.
"""

import re
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tools.running import ROOT, Run, SetupError, say

BUILD_INPUT = "requirements/build.in"
HEADER = "# Made from pyproject.toml and requirements/build.in by `python3 tools/dev.py lock`.\n"
PIN = re.compile(r"([A-Za-z0-9._-]+)==([^\s;\\]+)(?:\s*;\s*([^\\]+?))?\s*\\?$")


@dataclass(frozen=True, slots=True)
class Pin:
    """One locked package; ``text`` is its lines of the lock, hashes included."""

    name: str
    version: str
    marker: str
    text: str


def parse(text: str) -> tuple[Pin, ...]:
    """Read a lock; a line that is not understood is an error, never skipped."""
    blocks: list[list[str]] = []
    for line in text.splitlines():
        if line.startswith("#") or not line.strip():
            continue
        if line[0].isspace() and blocks:
            blocks[-1].append(line)
        else:
            blocks.append([line])
    return tuple(_pin(block) for block in blocks)


def _pin(block: Sequence[str]) -> Pin:
    found = PIN.fullmatch(block[0])
    if found is None:
        raise SetupError(f"not a line of a lock: {block[0]}")
    if not any("--hash=" in line for line in block):
        raise SetupError(f"{found[1]} is locked without a hash")
    return Pin(found[1], found[2], found[3] or "", "\n".join(block) + "\n")


def lock_path(root: Path, kind: str) -> Path:
    """``kind`` is "demo" (with PC/SC and images) or "test" (all extras and the tests)."""
    return root / "requirements" / f"{kind}.txt"


def read(root: Path, kind: str) -> tuple[Pin, ...]:
    return parse(lock_path(root, kind).read_text(encoding="utf-8"))


def compile_command(uv: str, kind: str, output: str) -> list[str]:
    """The uv command that makes one lock; "demo" takes its versions from "test"."""
    command = [
        uv, "pip", "compile", "--quiet", "--universal", "--python-version", "3.11",
        "--generate-hashes", "--no-header", "--no-annotate", "--no-emit-index-url",
        "--output-file", output,
    ]  # fmt: skip
    if kind == "test":
        command += ["--all-extras", "--group", "pyproject.toml:test"]
    else:
        command += ["--extra", "pcsc", "--extra", "image"]
        command += ["--constraint", str(lock_path(ROOT, "test"))]
    return [*command, "pyproject.toml", BUILD_INPUT]


def write_locks(run: Run, *, upgrade: bool) -> None:
    """Make both locks again; versions stay where they may unless ``upgrade``."""
    with tempfile.TemporaryDirectory(prefix="epass-lock-") as folder:
        uv = _fetch_uv(run, Path(folder))
        for kind in ("test", "demo"):
            made, lock = Path(folder, f"{kind}.txt"), lock_path(ROOT, kind)
            if lock.exists() and not upgrade:
                made.write_bytes(lock.read_bytes())  # uv keeps the versions it finds
            outcome = run(compile_command(uv, kind, str(made)))
            if not outcome.ok:
                raise SetupError(f"uv could not make the {kind} lock: {outcome.reason}")
            text = made.read_text(encoding="utf-8")
            if "://" in text:
                raise SetupError(f"the {kind} lock names an address; nothing was written")
            pins = parse(text)
            lock.write_text(HEADER + text, encoding="utf-8", newline="\n")
            say(f"  requirements/{kind}.txt: {len(pins)} packages")


def _fetch_uv(run: Run, folder: Path) -> str:
    venv = folder / "uv"
    scripts = venv / ("Scripts" if sys.platform == "win32" else "bin")
    for command in (
        [sys.executable, "-m", "venv", str(venv)],
        [str(scripts / "python"), "-m", "pip", "install", "--quiet", "--no-input", "uv"],
    ):
        outcome = run(command)
        if not outcome.ok:
            raise SetupError(f"uv could not be installed for this: {outcome.reason}")
    return str(scripts / "uv")
