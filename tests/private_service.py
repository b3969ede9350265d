"""A PC/SC service of the test's own, which it may stop, kill and hold up; nobody else sees it.

Linux gives a process file systems, a network and process numbers of its own (unshare): the real
pcscd with the real vpcd driver runs beside the machine's, with the same names and ports. What is
played there is ``station_scenes``, a program that prints what came of it.
"""

import json
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from epass.errors import NoServiceError
from epass.pcsc import list_readers

TESTS = Path(__file__).parent
PCSCD = "/usr/sbin/pcscd"
DRIVER = Path("/etc/reader.conf.d/vpcd")
LEFTOVERS = (Path("/run/pcscd/pcscd.comm"), Path("/run/pcscd/pcscd.pid"))
UNSHARED = ("unshare", "--mount", "--net", "--pid", "--fork", "--kill-child", "--mount-proc")
ALONE = "mount -t tmpfs none /run/pcscd && ip link set lo up"
LIMIT = 60.0  # seconds, for what takes five to fifteen


class Unavailable(Exception):  # noqa: N818 - a reason to skip
    """This machine does not let a test have a service of its own; the message says why."""


def _alone(*command: str) -> list[str]:
    return [*UNSHARED, "sh", "-c", f'{ALONE} && exec "$@"', "sh", *command]


def check() -> None:
    """Raises Unavailable."""
    if not (Path(PCSCD).exists() and DRIVER.exists()):
        raise Unavailable("there is no pcscd with the vpcd driver")
    if not (shutil.which("unshare") and shutil.which("ip")):
        raise Unavailable("there is no unshare, or no ip")
    tried = subprocess.run(_alone("true"), capture_output=True, timeout=LIMIT, check=False)
    if tried.returncode:
        raise Unavailable("this user may not have a network and file systems of his own")


def play(scene: str, *arguments: str) -> dict[str, Any]:
    """What the scene of this name in ``station_scenes`` prints."""
    program = (sys.executable, "-W", "error", str(TESTS / "station_scenes.py"))
    done = subprocess.run(
        _alone(*program, scene, *arguments),
        capture_output=True,
        text=True,
        timeout=LIMIT,
        check=False,
        cwd=TESTS.parent,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    found: dict[str, Any] = json.loads(done.stdout)
    return found


class Pcscd:
    """Inside: the service, running while in the block, with ``options`` of pcscd."""

    def __init__(self, options: Sequence[str] = (), *, readers: int = 2) -> None:
        self._options, self._readers = options, readers
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, options: Sequence[str] | None = None, *, readers: int | None = None) -> None:
        """Until it answers and has found its readers."""
        chosen = self._options if options is None else options
        wanted = self._readers if readers is None else readers
        for path in LEFTOVERS:  # of one that was killed
            path.unlink(missing_ok=True)
        null = subprocess.DEVNULL
        self._process = subprocess.Popen([PCSCD, "--foreground", *chosen], stdout=null, stderr=null)
        deadline = time.monotonic() + 10
        while _count() != wanted:
            assert time.monotonic() < deadline, "pcscd does not start"
            time.sleep(0.05)

    def send(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    def end(self, number: signal.Signals = signal.SIGTERM) -> None:
        self.send(number)
        assert self._process is not None
        self._process.wait(10)


def _count() -> int | None:
    try:
        return len(list_readers())
    except NoServiceError:
        return None
