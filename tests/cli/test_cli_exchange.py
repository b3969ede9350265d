"""`epass import` and `epass export`: dumps from other readers, and for them."""

import json
import os
import shutil
import stat
import zipfile
from pathlib import Path

import pytest
from cli_desk import Desk, Run

from epass.cli.exchange import MAX_FOLDERS
from epass.interchange import STYLES
from epass.lds.names import File
from epass.sim.issuer import Document


@pytest.fixture
def kept(run: Run, desk: Desk, document: Document, tmp_path: Path) -> Path:
    place = tmp_path / "one"
    assert run("read", "--mrz", document.mrz, "--save", str(place)).status == 0
    return place


LEFT_OUT = {
    "jmrtd": ["dump.json"],
    "nfcpassportreader": ["EF.CardAccess", "dump.json"],
    "mrtdreader": ["dump.json"],
    "epass": [],
}


@pytest.mark.parametrize("style", STYLES)
def test_what_is_exported_can_be_imported(
    run: Run, kept: Path, tmp_path: Path, document: Document, style: str
) -> None:
    target, again = tmp_path / "target", tmp_path / "again"
    exported = run("export", str(kept), str(target), "--as", style, "--format", "json")
    facts = exported.facts
    left_out = facts.pop("left_out")
    assert facts == {
        "schema": "epass.export", "version": 1, "written": str(target), "as": style,
    }  # fmt: skip
    assert [item["name"] for item in left_out] == LEFT_OUT[style]
    imported = run("import", str(target), str(again), "--format", "json")
    assert imported.status == 0
    assert set(imported.facts["taken"]) >= {"EF.COM", "EF.SOD", "DG1", "DG2"}
    assert imported.facts["skipped"] == []
    assert (again / "DG2.bin").read_bytes() == document.files[File.DG2]
    facts = run("show", str(again), "--format", "json").facts
    assert facts["holder"]["surname"] == "ERIKSSON"
    known = style == "epass"
    assert facts["access"]["protocol"] == ("PACE" if known else "unknown")
    assert (facts["read_at"] is None) is not known
    if os.name != "nt":
        first = next(target.iterdir()) if target.is_dir() else target
        assert stat.S_IMODE(first.stat().st_mode) == 0o600


def test_what_is_imported_is_not_verified_beyond_what_it_has(
    run: Run, kept: Path, tmp_path: Path
) -> None:
    run("export", str(kept), str(tmp_path / "zip"), "--as", "jmrtd")
    assert run("import", str(tmp_path / "zip"), str(tmp_path / "again")).status == 0
    result = run("verify", str(tmp_path / "again"), "--format", "json")
    assert result.status == 7
    outcomes = {check["id"]: check["outcome"] for check in result.facts["checks"]}
    assert outcomes["dg1.hash"] == "pass"
    for check in ("access.protocol", "dg1.mrz"):
        assert outcomes[check] == "unknown"
    page = run("report", str(tmp_path / "again"), "-o", "-")
    assert "not recorded" in page.out


def test_what_is_taken_and_what_is_not_is_said(run: Run, kept: Path, tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    (source / "EF_COM.BIN").write_bytes((kept / "EF_COM.bin").read_bytes())
    (source / "DG1.txt").write_text((kept / "DG1.bin").read_bytes().hex())
    (source / "photo\x1b.jpg").write_bytes(b"x")
    (source / "folder").mkdir()
    (source / "EF_SOD.bin").symlink_to("/etc/passwd")
    result = run("import", str(source), str(tmp_path / "again"))
    assert result.status == 0
    assert "taken    DG1                  93 bytes  from DG1.txt" in result.out
    assert "skipped  photo?.jpg: its name is that of no file of an eMRTD" in result.out
    assert "how and when the chip was opened" in result.err
    assert "EF_SOD" not in result.out


def test_a_single_file(run: Run, kept: Path, tmp_path: Path) -> None:
    (tmp_path / "x.b64").write_text((kept / "EF_SOD.bin").read_bytes().hex())
    result = run("import", str(tmp_path / "x.b64"), str(tmp_path / "again"), "--format", "json")
    assert result.facts["taken"] == {"EF.SOD": "x.b64"}


def test_a_large_file_that_is_none_of_a_dump_is_not_read(
    run: Run, kept: Path, tmp_path: Path
) -> None:
    (kept / "dump.json").unlink()
    (kept / "holiday.png").write_bytes(bytes((1 << 20) + 1))
    result = run("import", str(kept), str(tmp_path / "again"), "--format", "json")
    assert result.status == 0
    foreign = {"name": "holiday.png", "reason": "its name is that of no file of an eMRTD"}
    assert result.facts["skipped"] == [foreign]
    (kept / "DG3.bin").write_bytes(bytes((1 << 20) + 1))
    result = run("import", str(kept), str(tmp_path / "third"))
    assert (result.status, result.out) == (5, "")
    assert "DG3.bin: larger than 1048576 bytes" in result.err


def test_what_cannot_be_imported(run: Run, kept: Path, tmp_path: Path) -> None:
    (tmp_path / "none.txt").write_text("nothing")
    (tmp_path / "empty").mkdir()
    with zipfile.ZipFile(tmp_path / "other.zip", "w") as opened:
        opened.writestr("photo.jpg", b"x")
    (tmp_path / "large").write_bytes(bytes((1 << 23) + 1))
    (tmp_path / "many").mkdir()
    for number in range(501):
        (tmp_path / "many" / f"{number}").touch()
    for name, status, problem in (
        ("missing", 2, "is not a file"),
        ("none.txt", 5, "not a file of an eMRTD"),
        ("empty", 5, "no file of an eMRTD"),
        ("other.zip", 5, "no file of an eMRTD"),
        ("large", 5, "larger than 8388608 bytes"),
        ("many", 5, "more than 500 files"),
    ):
        result = run("import", str(tmp_path / name), str(tmp_path / "again"))
        assert (result.status, result.out) == (status, "")
        assert problem in result.err
        assert not (tmp_path / "again").exists()


@pytest.mark.parametrize("below", ["one", "a/one", "a/b/one"])
@pytest.mark.parametrize("plain", [True, False])
def test_a_dump_in_a_sub_folder(
    run: Run, kept: Path, tmp_path: Path, below: str, plain: bool
) -> None:
    source = tmp_path / "source"
    shutil.copytree(kept, source / below)
    (source / "photo.jpg").write_bytes(b"x")
    (source / "__MACOSX").mkdir()
    (source / "__MACOSX" / "._EF_COM.bin").write_bytes(b"\0\5\x16\7")
    if plain:
        (source / below / "dump.json").unlink()
    again = tmp_path / "again"
    assert run("import", str(source), str(again)).status == 0
    assert (again / "DG2.bin").read_bytes() == (kept / "DG2.bin").read_bytes()
    known = run("show", str(again), "--format", "json").facts["access"]["protocol"]
    assert known == ("unknown" if plain else "PACE")


def test_what_lies_nearest_is_taken(run: Run, kept: Path, tmp_path: Path) -> None:
    source = tmp_path / "source"
    shutil.copytree(kept, source)
    shutil.copytree(kept, source / "older")
    (source / "older" / "DG1.bin").write_bytes(b"x")
    assert run("import", str(source), str(tmp_path / "again")).status == 0


def test_several_sub_folders_are_refused(run: Run, kept: Path, tmp_path: Path) -> None:
    source = tmp_path / "source"
    for name in ("a", "b"):
        shutil.copytree(kept, source / name)
    result = run("import", str(source), str(tmp_path / "again"))
    assert (result.status, result.out) == (2, "")
    assert f"2 folders in {source} hold dumps; name one of them" in " ".join(result.err.split())
    assert not (tmp_path / "again").exists()
    assert run("import", str(source / "a"), str(tmp_path / "again")).status == 0


def test_a_listing_beside_the_folder_misleads_nobody(run: Run, kept: Path, tmp_path: Path) -> None:
    source = tmp_path / "source"
    shutil.copytree(kept, source / "one")
    (source / "dir.txt").write_text("one")
    assert run("import", str(source), str(tmp_path / "again")).status == 0


def test_how_far_sub_folders_are_looked_through(run: Run, kept: Path, tmp_path: Path) -> None:
    deep, wide, linked = (tmp_path / name for name in ("deep", "wide", "linked"))
    shutil.copytree(kept, deep / "a" / "b" / "c" / "one")
    for number in range(MAX_FOLDERS):
        (wide / str(number)).mkdir(parents=True)
    shutil.copytree(kept, wide / "one")
    linked.mkdir()
    (linked / "one").symlink_to(kept, target_is_directory=True)
    for source in (deep, wide, linked):
        result = run("import", str(source), str(tmp_path / "again"))
        assert result.status == 5, source
        assert "no file of an eMRTD is in it" in result.err


def test_nothing_is_overwritten(run: Run, kept: Path, tmp_path: Path) -> None:
    assert run("import", str(kept), str(kept)).status == 2
    (tmp_path / "file").touch()
    for style in STYLES:
        result = run("export", str(kept), str(tmp_path / "file"), "--as", style)
        assert result.status == 2, style
    assert (tmp_path / "file").read_bytes() == b""
    assert run("export", str(kept), str(tmp_path / "x"), "--as", "other").status == 2


def test_a_full_disk_leaves_no_part_of_an_export(
    run: Run, kept: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Full:
        def __enter__(self) -> "Full":
            return self

        def __exit__(self, *_: object) -> None:
            pass

        def write(self, _content: bytes) -> None:
            raise OSError(28, "No space left on device")

    target = tmp_path / "x.json"

    def private(path: Path) -> Full:
        path.touch()
        return Full()

    monkeypatch.setattr("epass.folder._private", private)
    result = run("export", str(kept), str(target), "--as", "nfcpassportreader")
    assert result.status == 10
    assert "No space left on device" in result.err
    assert not target.exists()


def test_the_export_is_said(run: Run, kept: Path, tmp_path: Path) -> None:
    result = run("export", str(kept), str(tmp_path / "x"), "--as", "nfcpassportreader")
    assert result.out.splitlines() == [
        f"Written    {tmp_path / 'x'}",
        "Left out   EF.CardAccess: there is no name for it",
        "Left out   dump.json: how and when the chip was opened, and what it did to prove itself,"
        " has no place there",
    ]
    assert set(json.loads((tmp_path / "x").read_text())) == {"COM", "SOD", "DG1", "DG2"}
