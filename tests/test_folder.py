"""Dumps on disk: whole or not at all, private, and not over something else."""

import io
import os
import stat
from pathlib import Path
from typing import BinaryIO

import pytest
from test_dump import DUMP

from epass import folder
from epass.errors import FormatError, InputError, StorageError


def test_what_is_saved_loads(tmp_path: Path) -> None:
    folder.save(DUMP, tmp_path / "one")
    assert folder.load(tmp_path / "one") == DUMP


def test_an_empty_folder_is_taken(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    folder.save(DUMP, tmp_path / "one")
    assert folder.load(tmp_path / "one") == DUMP


@pytest.mark.skipif(os.name == "nt", reason="Windows has no file modes")
def test_only_the_owner_may_read(tmp_path: Path) -> None:
    folder.save(DUMP, tmp_path / "one")
    modes = {stat.S_IMODE(item.stat().st_mode) for item in (tmp_path / "one").iterdir()}
    assert modes == {0o600}
    assert stat.S_IMODE((tmp_path / "one").stat().st_mode) == 0o700


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    folder.save(DUMP, tmp_path / "one")
    with pytest.raises(InputError, match="is not an empty folder"):
        folder.save(DUMP, tmp_path / "one")
    (tmp_path / "file").write_bytes(b"x")
    with pytest.raises(InputError, match="is not an empty folder"):
        folder.check_free(tmp_path / "file")


@pytest.mark.skipif(os.name == "nt", reason="Windows asks for a right to make links")
def test_a_link_is_refused_before_the_read(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for name in ("nowhere", "empty"):
        link = tmp_path / f"to-{name}"
        link.symlink_to(tmp_path / name)
        with pytest.raises(InputError, match=f"to-{name} exists and is not an empty folder"):
            folder.check_free(link)
        assert link.is_symlink()


def test_the_working_folder_is_refused_before_the_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    for place in (Path("."), tmp_path / "here", Path("../here")):
        with pytest.raises(InputError, match="is in use and cannot be replaced"):
            folder.check_free(place)
    assert list(tmp_path.iterdir()) == [tmp_path / "here"]


def test_a_mount_point_is_refused_before_the_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os.path, "ismount", lambda place: place == tmp_path)
    with pytest.raises(InputError, match="is in use and cannot be replaced"):
        folder.check_free(tmp_path)


@pytest.mark.skipif(os.name == "nt", reason="Windows goes up without looking at the folder")
def test_a_way_through_a_missing_folder_is_refused_before_the_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(StorageError, match="No such file or directory"):
        folder.check_free(Path("new/../one"))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.name == "nt", reason="Windows asks for a right to make links")
def test_a_way_up_from_a_link_is_gone_as_the_system_goes_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "far" / "inner").mkdir(parents=True)
    (tmp_path / "desk").mkdir()
    (tmp_path / "desk" / "link").symlink_to(tmp_path / "far" / "inner")
    made: list[Path] = []
    sibling = folder._sibling

    def noted(place: Path) -> Path:
        made.append(sibling(place))
        return made[-1]

    monkeypatch.setattr(folder, "_sibling", noted)
    folder.save(DUMP, tmp_path / "desk" / "link" / ".." / "one")
    assert folder.load(tmp_path / "far" / "one") == DUMP
    assert {place.parent for place in made} == {tmp_path / "far"}  # renamed in one file system


def test_a_folder_that_may_not_be_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forbidden(_path: Path) -> bool:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "is_dir", forbidden)
    with pytest.raises(StorageError, match="one: Permission denied"):
        folder.load(tmp_path / "one")


def test_a_full_disk_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StorageError, match="No space left on device"):
        folder.save(DUMP, tmp_path / "one")
    assert list(tmp_path.iterdir()) == []


def test_an_interrupt_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(_descriptor: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupted)
    with pytest.raises(KeyboardInterrupt):
        folder.save(DUMP, tmp_path / "one")
    assert list(tmp_path.iterdir()) == []


def test_a_missing_parent_is_found_before_the_read(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="No such file or directory"):
        folder.check_free(tmp_path / "none" / "one")


def test_checking_leaves_nothing_behind(tmp_path: Path) -> None:
    folder.check_free(tmp_path / "one")
    assert list(tmp_path.iterdir()) == []


def test_what_is_no_dump_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is not a folder"):
        folder.load(tmp_path / "none")
    with pytest.raises(FormatError, match=r"dump\.json: missing"):
        folder.load(tmp_path)
    (tmp_path / "dump.json").write_bytes(b" " * (folder.LARGEST + 1))
    with pytest.raises(FormatError, match=r"dump\.json: larger than 1048576 bytes"):
        folder.load(tmp_path)


def test_a_text_file_that_does_not_fit_is_removed(tmp_path: Path) -> None:
    class Full(io.BytesIO):
        def flush(self) -> None:
            raise OSError(28, "No space left on device")

    def opened(path: Path) -> BinaryIO:
        path.touch()
        return Full()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(folder, "_private", opened)
        with (
            pytest.raises(StorageError, match="No space left on device"),
            folder.new_file(tmp_path / "trace") as write,
        ):
            write("a line")
    assert list(tmp_path.iterdir()) == []
