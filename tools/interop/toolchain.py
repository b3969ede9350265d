"""From the Java program beside this file to a command that runs it; Maven builds it once.

What is built lies in ``.venv-interop`` under the digest of its sources. The versions of all
libraries stand in ``pom.xml``; where Maven fetches them from is its own default.
"""

import hashlib
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from tools.running import ROOT, Run, SetupError, say

SOURCES = Path(__file__).resolve().parent / "java"
BUILDS = ROOT / ".venv-interop"
OLDEST_JAVA = 17
BUILD_SECONDS = 900.0
VERSION = re.compile(r'version "(\d+)')
INSTALL = (
    f"the foreign witness needs a Java development kit of version {OLDEST_JAVA} or newer and Maven"
    " (Debian, Ubuntu: apt-get install default-jdk-headless maven)"
)
# Java's PC/SC layer: a file name that every loader finds (Debian has libpcsclite.so only with the
# development package), and 61xx left to JMRTD.
PCSC_LIBRARY = "-Dsun.security.smartcardio.library=libpcsclite.so.1"
NO_GET_RESPONSE = "-Dsun.security.smartcardio.t1GetResponse=false"


class MissingToolError(SetupError):
    """Java, Maven or the libraries are not to be had here; the message says what to install."""


def prepare(run: Run, *, which: Callable[[str], str | None] = shutil.which) -> tuple[str, ...]:
    """The command that starts the witness, built if need be.

    Raises:
        MissingToolError: a tool is missing, or Maven could not fetch a library.
        SetupError: the program does not compile.
    """
    java = _java(run, which)
    classes = BUILDS / digest(SOURCES)
    if not classes.is_dir():
        _build(run, which, classes)
    path = os.pathsep.join((str(classes / "classes"), str(classes / "lib" / "*")))
    library = (PCSC_LIBRARY,) if sys.platform == "linux" else ()
    return (java, *library, NO_GET_RESPONSE, "-cp", path, "witness.Witness")


def digest(sources: Path) -> str:
    """What stands for the content of a folder: names and bytes of its files."""
    total = hashlib.sha256()
    for path in sorted(path for path in sources.rglob("*") if path.is_file()):
        name, content = path.relative_to(sources).as_posix().encode(), path.read_bytes()
        total.update(b"%d %b %d " % (len(name), name, len(content)) + content)
    return total.hexdigest()[:16]


def _java(run: Run, which: Callable[[str], str | None]) -> str:
    home = os.environ.get("JAVA_HOME")  # Maven takes it too
    java = str(Path(home, "bin", "java")) if home else which("java")
    if java is None:
        raise MissingToolError(f"no Java was found; {INSTALL}")
    found = VERSION.search(run([java, "-version"]).output)
    if found is None or int(found[1]) < OLDEST_JAVA:
        version = f"is of version {found[1]}" if found else "does not run"
        raise MissingToolError(f"{java} {version}; {INSTALL}")
    return java


def _build(run: Run, which: Callable[[str], str | None], target: Path) -> None:
    maven = which("mvn")
    if maven is None:
        raise MissingToolError(f"no Maven was found; {INSTALL}")
    say("  building the foreign witness with Maven")
    BUILDS.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=BUILDS, prefix="new-") as folder:
        sources = Path(folder, "java")
        shutil.copytree(SOURCES, sources)
        pom = str(sources / "pom.xml")
        # --strict-checksums: a library that does not have its published digest is refused.
        command = [maven, "--batch-mode", "--quiet", "--strict-checksums", "--file", pom, "compile"]
        outcome = run(command, timeout=BUILD_SECONDS)
        if "COMPILATION ERROR" in outcome.output:
            raise SetupError(f"the foreign witness does not compile:\n{outcome.output}")
        if not outcome.ok:
            why = _first_error(outcome.output)
            raise MissingToolError(f"Maven could not build the foreign witness: {why}")
        try:
            (sources / "target").rename(target)
        except OSError:
            if not target.is_dir():  # else another run was quicker
                raise


def _first_error(output: str) -> str:
    """The line that says why; what Maven adds to it is advice on its own options."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    errors = [line.removeprefix("[ERROR] ") for line in lines if line.startswith("[ERROR] ")]
    return (errors or lines or ["it said nothing"])[0]
