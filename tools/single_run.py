"""One run at a time in one work tree: a second one waits and says for whom."""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from tools.running import say

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

HELD = "EPASS_DEV_HOLDS"  # a run inside a run (a test that runs README lines) must not wait for it
POLL = 0.2
BEYOND_TEXT = 1 << 20  # Windows locks bytes: these are never read


def _try_lock(file: IO[str]) -> bool:
    # The kernel drops both kinds of lock with the process, however it ends: none is ever stale.
    try:
        if sys.platform == "win32":
            file.seek(BEYOND_TEXT)
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _write_owner(file: IO[str], owner: str) -> None:
    file.seek(0)
    file.truncate()
    file.write(owner)
    file.flush()


@contextmanager
def only_run(path: Path, owner: str) -> Iterator[None]:
    """Hold the lock file at ``path``; ``owner`` is what a waiting run is told."""
    if os.environ.get(HELD) == str(path):
        yield
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+", encoding="utf-8") as file:
        if not _try_lock(file):
            file.seek(0)
            say(f"  waiting for another run in this tree: {file.read().strip() or 'just started'}")
            while not _try_lock(file):
                time.sleep(POLL)
        _write_owner(file, owner)
        os.environ[HELD] = str(path)
        try:
            yield
        finally:
            del os.environ[HELD]
            _write_owner(file, "")
