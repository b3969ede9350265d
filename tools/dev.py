"""The one door to set-up and gates: ``python3 tools/dev.py demo|test|interop|bench|…``.

This file alone stays readable for old Pythons, so that they get a sentence and not a SyntaxError.
"""

import os
import shutil
import subprocess
import sys

OLDEST = (3, 11)
CANDIDATES = ("python3.14", "python3.13", "python3.12", "python3.11", "python3", "python")
PROBE = "import sys; sys.exit(sys.version_info < (3, 11))"


def newer_python() -> str:
    """The first Python that is new enough, by running it: a name on PATH may be a broken shim."""
    for name in CANDIDATES:
        path = shutil.which(name)
        if path and subprocess.call([path, "-c", PROBE], stderr=subprocess.DEVNULL) == 0:
            return path
    return ""


def run_again() -> int:
    running = "Python {}.{}".format(*sys.version_info[:2])  # as old Pythons read it
    path = newer_python()
    if not path:
        print(
            running + " is too old and no Python 3.11 or newer was found; nothing was done.\n"
            "Debian 12, Ubuntu 24.04 or newer: apt-get install python3. Others: python.org.",
            file=sys.stderr,
        )
        return 1
    print(running + " is too old; continuing with " + path, file=sys.stderr)
    return subprocess.call([path, os.path.abspath(__file__), *sys.argv[1:]])


def main() -> int:
    if sys.version_info < OLDEST:
        return run_again()
    sys.path[0] = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    from tools import commands  # noqa: PLC0415  only now: its syntax needs Python 3.11

    return commands.main(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
