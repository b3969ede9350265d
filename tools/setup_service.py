"""The PC/SC service on Linux: does it answer, does it know the virtual reader, start it.

Where systemd runs, pcscd is systemd's. Where nothing manages services (containers, CI), this
starts pcscd and leaves it running. A pcscd that somebody else started by hand is never ended.
"""

import shutil
import socket
import sys
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from tools import setup_packages
from tools.running import Run, say

SOCKET = Path("/run/pcscd/pcscd.comm")
PID_FILE = Path("/run/pcscd/pcscd.pid")
SYSTEMD = Path("/run/systemd/system")
SYSTEM_BUS = Path("/run/dbus/system_bus_socket")
SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
OURS = "EPASS_STARTED_PCSCD=1"  # in its environment: how a later run knows it again
VIRTUAL_READER = "Virtual PCD 00 00"
DRIVER_FAILS = "its driver does not start; are TCP ports 35963 and 35964 in use?"
LIST_READERS = "import smartcard.System as s; print(*s.readers(), sep='\\n')"
PATIENCE = 10.0  # seconds for the service to come, to go, or to show its readers


@dataclass(frozen=True, slots=True)
class Host:
    """The machine as the set-up sees it; tests bring their own."""

    run: Run
    root: Callable[[], Sequence[str] | None]
    """What to put before a command to run it as root, ``None`` where nothing does it."""
    systemd: bool
    answers: Callable[[], bool]
    readers: Callable[[], Sequence[str] | None]
    """The names of the readers, ``None`` where they cannot be listed (no pyscard)."""
    patience: float = PATIENCE


@dataclass(frozen=True, slots=True)
class Service:
    """``virtual_reader``: the whole stack answers, down to the driver; else ``note`` says why.

    ``down``: nothing answers at all, so that no USB reader can be used either.
    """

    state: str
    virtual_reader: bool = False
    note: str = ""
    down: bool = False


def answers() -> bool:
    """Can a program connect? Under systemd's socket activation this starts the service."""
    if sys.platform == "win32":
        return False
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(PATIENCE)
        try:
            probe.connect(str(SOCKET))
        except OSError:
            return False
    return True


def list_readers(run: Run, python: Path) -> Sequence[str] | None:
    outcome = run([str(python), "-c", LIST_READERS], timeout=PATIENCE)
    return outcome.output.strip().splitlines() if outcome.ok else None


def ensure(host: Host, new: Collection[str]) -> Service:
    """Bring the service up; ``new`` are the packages that this very run installed."""
    state = "answers"
    if not host.answers():
        problem = _start(host)
        if problem:
            return Service("not running", note=problem, down=True)
        state = "started"
    if host.readers() is None:
        return Service(state, note="without pyscard its readers cannot be listed")
    if not _sees_driver(host):
        if setup_packages.missing(host.run, [setup_packages.DRIVER]):
            return Service(state, note=f"its driver {setup_packages.DRIVER} is not installed")
        if state == "answers":
            reason = _why_not_restart(host, new)
            if reason:
                return Service(f"{state}, without the virtual reader", note=reason)
            _restart(host)
            state = "restarted for its new driver"
        if not _sees_driver(host):
            return Service(f"{state}, without the virtual reader", note=DRIVER_FAILS)
    return Service(f"{state}, {VIRTUAL_READER}", virtual_reader=True)


def _sees_driver(host: Host) -> bool:
    # The service may open its readers just after it answers.
    return _until(lambda: VIRTUAL_READER in (host.readers() or ()), host.patience / 10)


def _until(wanted: Callable[[], bool], patience: float) -> bool:
    end = time.monotonic() + patience
    while not wanted():
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True


def _start(host: Host) -> str:
    """Start the service; what is wrong where that fails, else nothing."""
    pcscd = shutil.which("pcscd", path=SYSTEM_PATH)
    if pcscd is None:
        return "pcscd is not installed"
    prefix = host.root()
    if prefix is None:
        return "the PC/SC service does not run, and only root can start it: sudo pcscd"
    if host.systemd:
        command = [*prefix, "systemctl", "start", "pcscd.socket"]
    else:
        _remove_stale_pid(host, prefix)
        help_text = host.run([pcscd, "--help"]).output
        command = start_command(prefix, pcscd, help_text, bus=SYSTEM_BUS.exists())
    outcome = host.run(command, timeout=host.patience)
    if outcome.ok and _until(host.answers, host.patience):
        return ""
    return (
        f"the PC/SC service does not start (`{' '.join(command)}` gave {outcome.status}); "
        f"`sudo pcscd --foreground --debug` shows why"
    )


def start_command(prefix: Sequence[str], pcscd: str, help_text: str, *, bus: bool) -> list[str]:
    """pcscd as a daemon, in an environment of its own.

    pcscd 2 asks polkit whether a client may connect, and refuses everybody, root too, where there
    is no system bus to ask over.
    """
    options = ["--disable-polkit"] if "--disable-polkit" in help_text and not bus else []
    return [*prefix, "env", "-i", f"PATH={SYSTEM_PATH}", OURS, pcscd, *options]


def _why_not_restart(host: Host, new: Collection[str]) -> str:
    """pcscd reads its driver list only when it starts (--hotplug does not add one)."""
    prefix = host.root()
    if host.systemd:
        restart, ours = "systemctl restart pcscd", setup_packages.DRIVER in new
    else:
        restart = f"kill {_pid() or 'its process'}, then sudo pcscd"
        ours = prefix is not None and ("pcscd" in new or _is_ours(host, prefix))
    if ours and prefix is not None:
        return ""
    return (
        "the PC/SC service runs since before its virtual reader was installed and was not "
        f"started by this tool; restart it: sudo {restart}"
    )


def _pid() -> str:
    """The process that pcscd's own file names, empty without one."""
    try:
        text = PID_FILE.read_text(encoding="ascii").strip("\0 \n")
    except (OSError, ValueError):
        return ""
    return text if text.isdigit() else ""


def _is_pcscd(host: Host, pid: str) -> bool:
    return host.run(["cat", f"/proc/{pid}/comm"]).output.strip() == "pcscd"


def _is_ours(host: Host, prefix: Sequence[str]) -> bool:
    pid = _pid()
    environment = host.run([*prefix, "cat", f"/proc/{pid}/environ"]).output.split("\0")
    return bool(pid) and _is_pcscd(host, pid) and OURS in environment


def _remove_stale_pid(host: Host, prefix: Sequence[str]) -> None:
    """pcscd refuses to start while the process of its old file lives, whatever that now is.

    In a container that was restarted, low process numbers come back at once.
    """
    pid = _pid()
    if pid and not _is_pcscd(host, pid):
        host.run([*prefix, "rm", "-f", str(PID_FILE)])


def _restart(host: Host) -> None:
    prefix = host.root() or ()
    say("  restarting the PC/SC service, which has to load its new driver")
    if host.systemd:
        host.run([*prefix, "systemctl", "restart", "pcscd.service"], timeout=host.patience)
        return
    host.run([*prefix, "kill", _pid()])
    _until(lambda: not host.answers(), host.patience)
    _start(host)
