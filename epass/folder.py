"""Dumps on disk: one folder a document, written whole or not at all.

The folder holds ``dump.json`` and a file for each file of the chip, readable only by its owner
(on Windows by the rights of the parent folder). It appears under its name only when everything
is on the disk.
"""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from epass.dump import FILE_NAMES, INDEX, Dump
from epass.errors import FormatError, InputError, StorageError

OWNER_ONLY = 0o600
MAX_FILES = 500  # of a folder that is imported; an eMRTD has 22
LARGEST = 1 << 20  # bytes; 16 times the largest file that READ BINARY reads


def check_free(folder: Path) -> None:
    """See that a dump can be written to ``folder``, before a chip is touched.

    Raises:
        InputError: it is a file or a link, holds something already, or is in use.
        StorageError: its parent is missing or may not be written.
    """
    with _storage(folder):
        if os.path.lexists(folder):
            _check_replaceable(folder)
        os.rmdir(_sibling(folder))


def save(dump: Dump, folder: Path) -> None:
    """Write ``dump`` to ``folder``, which is made.

    Raises:
        InputError: ``folder`` is there already and is not an empty folder out of use.
        StorageError: the disk is full, or the place may not be written.
    """
    write_files(folder, dump.to_files())


def write_files(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write ``files`` by their names to ``folder``, which is made, whole or not at all.

    Raises:
        InputError, StorageError: as ``save``.
    """
    check_free(folder)
    with _storage(folder):
        staging = _sibling(folder)
        try:
            for name, content in files.items():
                _save_file(staging / name, content)
            if folder.exists():
                os.rmdir(folder)  # Windows does not rename over an empty folder
            os.rename(staging, folder)
        except BaseException:
            shutil.rmtree(staging, ignore_errors=True)
            raise


def load(folder: Path) -> Dump:
    """Read the dump in ``folder``.

    Raises:
        InputError: there is no such folder.
        FormatError: it holds no dump, or not the bytes that were saved.
        StorageError: it cannot be read.
    """
    with _storage(folder):
        if not folder.is_dir():
            raise InputError(f"{folder} is not a folder")
        names = {INDEX, *FILE_NAMES.values()} & {item.name for item in folder.iterdir()}
        return Dump.from_files({name: _read(folder / name) for name in names})


def read_files(
    folder: Path, wanted: Callable[[str], bool]
) -> tuple[list[tuple[str, bytes]], list[str]]:
    """The plain files of ``folder`` whose names are ``wanted``, in order, and the other names.

    Links and folders are left alone.

    Raises:
        FormatError: there are more than ``MAX_FILES``, or one is too large for a dump.
        StorageError: it cannot be read.
    """
    with _storage(folder):
        found = sorted(
            item for item in folder.iterdir() if item.is_file() and not item.is_symlink()
        )
        if len(found) > MAX_FILES:
            raise FormatError(f"more than {MAX_FILES} files", folder.name)
        read = [(item.name, _read(item)) for item in found if wanted(item.name)]
        return read, [item.name for item in found if not wanted(item.name)]


def names(folder: Path) -> tuple[list[str], list[Path]]:
    """The names of the plain files in ``folder``, and its folders; links are left alone.

    Raises:
        StorageError: it cannot be read.
    """
    with _storage(folder):
        found = sorted(item for item in folder.iterdir() if not item.is_symlink())
        files = [item.name for item in found if item.is_file()]
        return files, [item for item in found if item.is_dir()]


def read_file(path: Path, largest: int) -> bytes:
    """One file that somebody else may have made.

    Raises:
        InputError: there is none.
        FormatError: it has more than ``largest`` bytes.
        StorageError: it cannot be read.
    """
    with _storage(path):
        if not path.is_file():
            raise InputError(f"{path} is not a file")
        return _read(path, largest)


def write_file(path: Path, content: bytes) -> None:
    """A new file that only its owner may read, whole or not at all.

    Raises:
        InputError: there is something already.
        StorageError: the disk is full, or the place may not be written.
    """
    with _storage(path):
        file = _private(path)
        try:
            with file:
                file.write(content)
        except BaseException:
            path.unlink()
            raise


def check_new(path: Path) -> None:
    """See that a file can be made at ``path``, before a chip is touched.

    Raises:
        InputError: there is something already.
        StorageError: its folder is missing or may not be written.
    """
    with new_file(path):
        pass
    with _storage(path):
        path.unlink()


@contextmanager
def new_file(path: Path) -> Iterator[Callable[[str], None]]:
    """A new text file that only its owner may read; gives the function that writes to it.

    Raises:
        InputError: there is something already.
        StorageError: the disk is full, or the place may not be written.
    """
    full = False

    def write(text: str) -> None:
        nonlocal full
        with _storage(path):
            full = True  # unless this comes to its end
            file.write(text.encode())
            file.flush()  # a read that is broken off leaves what it had
            full = False

    with _storage(path):
        try:
            with _private(path) as file:
                yield write
        finally:
            if full:
                path.unlink()


def _save_file(path: Path, content: bytes) -> None:
    with _private(path) as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _private(path: Path) -> BinaryIO:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    return open(os.open(path, flags, OWNER_ONLY), "wb")


def _read(path: Path, largest: int = LARGEST) -> bytes:
    with path.open("rb") as file:
        content = file.read(largest + 1)
    if len(content) > largest:
        raise FormatError(f"larger than {largest} bytes", path.name)
    return content


def _sibling(folder: Path) -> Path:
    """A new folder beside ``folder``, so that renaming it is atomic."""
    parent = folder.parent.resolve(strict=True)  # by the links, as renaming goes by them
    return Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=parent))


def _check_replaceable(folder: Path) -> None:
    """What is at ``folder`` gives way to the dump, which is renamed to it."""
    if folder.is_symlink() or not folder.is_dir() or any(folder.iterdir()):
        raise InputError(f"{folder} exists and is not an empty folder")
    if folder.samefile(os.curdir) or os.path.ismount(folder):
        raise InputError(f"{folder} is in use and cannot be replaced; name a new folder")


@contextmanager
def _storage(place: Path) -> Iterator[None]:
    try:
        yield
    except FileExistsError:
        raise InputError(f"{place} exists") from None
    except OSError as error:
        raise StorageError(f"{place}: {error.strerror or 'not accessible'}") from None
