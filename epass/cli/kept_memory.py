"""What worked with kinds of chips, kept from one run to the next in the user's cache directory.

It is a cache and no more: a file that is malformed, too large or cannot be read is as good as none,
and one that cannot be written is not. It holds nothing of a document or of a person
(``card.memory``).
"""

import json
import os
import sys
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from epass.card.memory import RECALLS, Experience, Memory

SCHEMA, VERSION = "epass.memory", 1
ENVIRONMENT = "EPASS_CACHE"
NAME = "chips.json"
LARGEST = 1 << 16  # bytes; as many kinds as are remembered take half of that


def default_file(environment: Mapping[str, str] = os.environ) -> Path | None:
    """In $EPASS_CACHE, else in the user's cache directory; None where the user has no home.

    That is %LOCALAPPDATA% on Windows, ~/Library/Caches on macOS, and elsewhere $XDG_CACHE_HOME or
    ~/.cache.
    """
    if environment.get(ENVIRONMENT):
        return Path(environment[ENVIRONMENT]) / NAME
    try:
        return _base(environment) / "epass" / NAME
    except RuntimeError:  # of Path.home
        return None


def _base(environment: Mapping[str, str]) -> Path:
    if sys.platform == "win32":
        return Path(environment.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches"
    return Path(environment.get("XDG_CACHE_HOME") or Path.home() / ".cache")


class KeptMemory(Memory):
    """A memory in ``path``, which is read when something is first recalled from it.

    Without a path it is one of the running program only.
    """

    def __init__(self, path: Path | None) -> None:
        super().__init__()
        self._path = path
        self._was_read = False

    def recall(self, kind: str) -> Experience | None:
        """As ``Memory.recall``."""
        if self._path is not None and not self._was_read:
            self._was_read = True
            self.take(_read(self._path))
        return super().recall(kind)

    def remember(self, kind: str, experience: Experience, recalls: int = RECALLS) -> None:
        """As ``Memory.remember``, and on the disk."""
        super().remember(kind, experience, recalls)
        if self._path is None:
            return
        content = {"schema": SCHEMA, "version": VERSION, "kinds": self.as_dict()}
        with suppress(OSError):  # a full disk costs the next read a few commands
            _write(self._path, json.dumps(content).encode("ascii"))


def _read(path: Path) -> object:
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST + 1)
        raw = json.loads(content) if len(content) <= LARGEST else None
    except (OSError, ValueError, RecursionError):
        return None
    if not isinstance(raw, dict) or (raw.get("schema"), raw.get("version")) != (SCHEMA, VERSION):
        return None
    return raw.get("kinds")


def _write(path: Path, content: bytes) -> None:
    """Whole or not at all, for its owner only."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, staging = tempfile.mkstemp(prefix=".", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        os.replace(staging, path)
    except BaseException:
        Path(staging).unlink(missing_ok=True)
        raise
