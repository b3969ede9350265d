"""Trust anchors on disk: any files that an operator has, and the store of what he imported.

Source: ICAO Doc 9303-12 §7, §9 and §10 for what they are; what is taken,
``epass.trust.material`` says.

The store is a folder in the user's data directory with a file for each certificate, CRL and
deviation list, named by its SHA-256: an import that is repeated, or that runs beside another one,
changes nothing. Nothing is ever downloaded.
"""

import hashlib
import os
import sys
import tempfile
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from epass.errors import FormatError, InputError, StorageError, UnsupportedError
from epass.trust import deviations
from epass.trust.anchors import Anchors
from epass.trust.material import DEVIATIONS, Item, Material

MAX_FILE = 1 << 28  # bytes; the whole PKD is about 60 MB
SUFFIXES = (".cer", ".crl", ".dl")
ENVIRONMENT = "EPASS_TRUST_STORE"
KNOWN = "already in the store"


def default_folder(environment: Mapping[str, str] = os.environ) -> Path:
    """Where the store is: $EPASS_TRUST_STORE, else in the user's data directory.

    That is %LOCALAPPDATA% on Windows, ~/Library/Application Support on macOS, and elsewhere
    $XDG_DATA_HOME or ~/.local/share.

    Raises:
        StorageError: none of these is set, and the user has no home directory.
    """
    if environment.get(ENVIRONMENT):
        return Path(environment[ENVIRONMENT])
    try:
        return _base(environment) / "epass" / "trust"
    except RuntimeError:  # of Path.home
        advice = f"Set {ENVIRONMENT} to the folder of the store, or name the anchors of this run."
        raise StorageError("trust store: there is no home directory", advice=advice) from None


def _base(environment: Mapping[str, str]) -> Path:
    if sys.platform == "win32":
        return Path(environment.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support"
    return Path(environment.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")


def load(
    paths: Iterable[Path], *, beside: Anchors | None = None, checked_only: bool = False
) -> Material:
    """What the files, and the files in the folders, hold; no store is needed.

    Lists may vouch for each other's signers: ``beside``, and what comes first, is believed by what
    follows. With ``checked_only``, a list whose own signature cannot be checked gives nothing.

    Raises:
        InputError: a path is not there.
        StorageError: it cannot be read, or is larger than any list.
    """
    parts: list[Material] = []

    def known() -> Anchors:
        return Material.merged([Material(beside or Anchors()), *parts]).anchors

    for path in paths:
        for file in _files(path):
            name, content = clean(file.name), _read(file)
            parts.append(Material.read(name, content, beside=known, checked_only=checked_only))
    return Material.merged(parts)


def clean(name: str) -> str:
    """A file's name without what could steer a terminal."""
    return "".join(char if char.isprintable() else "?" for char in name)


@dataclass(frozen=True, slots=True)
class Store:
    """The store in ``folder``, which need not be there yet."""

    folder: Path

    def add(self, material: Material) -> Material:
        """Keep what was taken of ``material``; what is there already, unchanged, is said to be.

        Raises:
            StorageError: the disk is full, or the place may not be written.
        """
        raws = dict(_raws(material.anchors))
        kept = {Path(name).stem for name in raws if _is_intact(self.folder / name)}
        with _storage(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)
            for name, raw in raws.items():
                if Path(name).stem not in kept:
                    _write(self.folder / name, raw)
        items = tuple(_known(item) if _is_kept(item, kept) else item for item in material.items)
        return Material(material.anchors, items)

    def load(self) -> Material:
        """All that it holds. A file that was changed, or cannot be read, is not taken, which its
        item says.

        Raises:
            StorageError: it cannot be read.
        """
        return Material.merged(self._load(path) for path in self._paths())

    def remove(
        self, fingerprints: Collection[str] = (), country: str | None = None, *, every: bool = False
    ) -> tuple[Item, ...]:
        """Take out what has one of ``fingerprints``, SHA-256 in hexadecimal or how that begins, is
        of ``country``, two letters, or all. Returns what went.

        Raises:
            InputError: a fingerprint is nobody's, or more than one's.
            StorageError: it may not be removed.
        """
        paths = {path.stem: path for path in self._paths()}
        wanted = {_one_of(paths, given) for given in fingerprints}
        gone: list[Item] = []
        for name, path in paths.items():
            part = self._load(path)
            if every or name in wanted or (country and _country(part) == country.upper()):
                with _storage(path):
                    path.unlink(missing_ok=True)  # another removal may have been first
                gone += part.items
        return tuple(gone)

    def _paths(self) -> list[Path]:
        if not self.folder.is_dir():
            return []
        with _storage(self.folder):
            return sorted(item for item in self.folder.iterdir() if item.suffix in SUFFIXES)

    def _load(self, path: Path) -> Material:
        try:
            data = _read(path)
            if not _is_named(path, data):
                return _unusable(path, "changed since it was imported")
            return (
                _deviations(path, data) if path.suffix == ".dl" else Material.read(path.name, data)
            )
        except (StorageError, FormatError, UnsupportedError) as error:
            # A removal at the same time may have been faster.
            return _unusable(path, error.message) if path.exists() else Material()


def _deviations(path: Path, data: bytes) -> Material:
    found = deviations.parse(data, where=path.name)
    title = f"{clean(found.country or 'no country')}, {len(found.deviations)} deviations"
    facts, reason = {"sha256": path.stem}, "signature checked when it was imported"
    item = Item(path.name, DEVIATIONS, title, taken=True, reason=reason, evidence=facts)
    return Material(Anchors(deviations=(found,)), (item,))


def _unusable(path: Path, reason: str) -> Material:
    return Material(items=(Item(path.name, "unknown", path.name, False, reason),))


def _is_named(path: Path, data: bytes) -> bool:
    """Whether the file's name is the digest of what it holds."""
    return hashlib.sha256(data).hexdigest() == path.stem


def _is_intact(path: Path) -> bool:
    try:
        return path.is_file() and _is_named(path, _read(path))
    except StorageError:
        return False


def _raws(anchors: Anchors) -> Iterator[tuple[str, bytes]]:
    kinds = (anchors.certificates, anchors.revocation_lists, anchors.deviations)
    for suffix, raws in zip(SUFFIXES, ([item.raw for item in kind] for kind in kinds), strict=True):
        for raw in raws:
            yield f"{hashlib.sha256(raw).hexdigest()}{suffix}", raw


def _is_kept(item: Item, kept: Collection[str]) -> bool:
    return item.taken and item.evidence.get("sha256", "") in kept


def _known(item: Item) -> Item:
    return Item(item.source, item.kind, item.title, False, KNOWN, item.evidence)


def _one_of(paths: Mapping[str, Path], given: str) -> str:
    wanted = given.lower().replace(":", "")
    found = [name for name in paths if wanted and name.startswith(wanted)]
    if len(found) != 1:
        problem = "more than one" if found else "nothing"
        raise InputError(f"the fingerprint {clean(given)[:64]} is that of {problem} in the store")
    return found[0]


def _country(material: Material) -> str | None:
    for certificate in material.anchors.certificates:
        return certificate.subject.country
    for item in material.anchors.revocation_lists:
        return item.issuer.country
    for listed in material.anchors.deviations:
        return listed.country
    return None


# --- files ------------------------------------------------------------------------------------


def _files(path: Path) -> list[Path]:
    if path.is_dir():
        with _storage(path):
            return sorted(item for item in path.iterdir() if item.is_file())
    if not path.exists():
        raise InputError(f"{path} is not there")
    if not path.is_file():  # a pipe would be waited for
        raise InputError(f"{path} is neither a file nor a folder")
    return [path]


def _read(path: Path) -> bytes:
    with _storage(path), path.open("rb") as file:
        content = file.read(MAX_FILE + 1)
    if len(content) > MAX_FILE:
        raise StorageError(f"{path}: larger than {MAX_FILE} bytes")
    return content


def _write(path: Path, content: bytes) -> None:
    """Whole or not at all, and never a half under the final name."""
    handle, staging = tempfile.mkstemp(prefix=".", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(staging, path)
    except BaseException:
        Path(staging).unlink(missing_ok=True)
        raise


@contextmanager
def _storage(place: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StorageError(f"{place}: {error.strerror or 'not accessible'}") from None
