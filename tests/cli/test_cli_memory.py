"""What the command line keeps of reads for the next ones, and how it asks for a document back."""

import json
import os
import re
import stat
import sys
from pathlib import Path

import pytest
from cli_desk import Desk, Run
from known_chip import KnownChip

from epass.card.memory import Experience, Memory
from epass.card.reader import ReadEvent
from epass.cli import kept_memory, progress, wiring
from epass.cli.kept_memory import KeptMemory
from epass.sim.chip import Chip
from epass.sim.issuer import Document

KIND = "ab" * 32
WORKED = Experience(4096)


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("EPASS_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "chips.json"


# --- the file ---------------------------------------------------------------------------------


def test_from_one_run_to_the_next(cache: Path) -> None:
    KeptMemory(cache).remember(KIND, WORKED)
    assert KeptMemory(cache).recall(KIND) == WORKED
    assert list(cache.parent.iterdir()) == [cache]
    if os.name != "nt":
        assert stat.S_IMODE(cache.stat().st_mode) == 0o600


def test_what_is_there_is_kept(cache: Path) -> None:
    KeptMemory(cache).remember(KIND, WORKED)
    memory = KeptMemory(cache)
    memory.recall("cd" * 32)
    memory.remember("cd" * 32, Experience(223))
    assert KeptMemory(cache).recall(KIND) == WORKED


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe",
        b"{",
        b"[" * 100_000,
        b"[]",
        b"{}",
        b'{"schema": "epass.memory", "version": 2, "kinds": {}}',
        b'{"schema": "epass.memory", "version": 1, "kinds": []}',
        b'{"schema": "epass.memory", "version": 1}',
        b" " * (kept_memory.LARGEST + 1),
    ],
    ids=lambda content: repr(content[:20]),
)
def test_a_file_that_is_none_is_ignored_and_replaced(cache: Path, content: bytes) -> None:
    cache.parent.mkdir()
    cache.write_bytes(content)
    memory = KeptMemory(cache)
    assert memory.recall(KIND) is None
    memory.remember(KIND, WORKED)
    assert KeptMemory(cache).recall(KIND) == WORKED


def test_as_much_as_is_remembered_fits() -> None:
    memory = Memory()
    for number in range(1000):
        memory.remember(f"{number:064x}", Experience(65_280, greedy=False, short_ids=False))
    assert len(json.dumps(memory.as_dict())) < kept_memory.LARGEST


def test_a_place_that_cannot_be_written_costs_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    memory = KeptMemory(tmp_path / "file" / "chips.json")
    assert memory.recall(KIND) is None
    memory.remember(KIND, WORKED)
    assert memory.recall(KIND) == WORKED


def test_a_write_that_fails_leaves_nothing(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise PermissionError

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", fail)
        KeptMemory(cache).remember(KIND, WORKED)
    assert list(cache.parent.iterdir()) == []


@pytest.mark.parametrize(
    ("platform", "environment", "expected"),
    [
        ("linux", {"EPASS_CACHE": "here"}, Path("here", "chips.json")),
        ("linux", {"XDG_CACHE_HOME": "caches"}, Path("caches", "epass", "chips.json")),
        ("linux", {}, Path.home() / ".cache" / "epass" / "chips.json"),
        ("darwin", {}, Path.home() / "Library" / "Caches" / "epass" / "chips.json"),
        ("win32", {"LOCALAPPDATA": "local"}, Path("local", "epass", "chips.json")),
        ("win32", {}, Path.home() / "AppData" / "Local" / "epass" / "chips.json"),
    ],
)
def test_where_it_is(
    platform: str, environment: dict[str, str], expected: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    assert kept_memory.default_file(environment) == expected


@pytest.mark.parametrize("platform", ["linux", "darwin", "win32"])
def test_without_a_home_it_lasts_as_long_as_the_program(
    platform: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def homeless() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setattr(Path, "home", homeless)
    assert kept_memory.default_file({}) is None
    memory = KeptMemory(None)
    assert memory.recall(KIND) is None
    memory.remember(KIND, WORKED)
    assert memory.recall(KIND) == WORKED


# --- the command line -------------------------------------------------------------------------


def test_the_second_read_knows_what_the_first_found(
    run: Run, desk: Desk, document: Document, cache: Path
) -> None:
    counts = []
    for _ in range(2):
        desk.channel = channel = KnownChip(Chip(document, quirks=("extended-refused",)))
        assert run("read", "--can", document.can).status == 0
        counts.append(len([command for command in channel.commands if command.is_extended]))
    assert counts == [1, 0]
    kept = json.loads(cache.read_text("ascii"))
    ((kind, entry),) = kept.pop("kinds").items()
    assert re.fullmatch("[0-9a-f]{64}", kind)
    assert entry == {"largest": 223, "greedy": True, "short_ids": True, "recalls": 49}
    assert kept == {"schema": "epass.memory", "version": 1}


@pytest.mark.parametrize("option", ["--no-remember", "--short", "--trace"])
def test_nothing_is_kept_where_it_is_not_wanted(
    option: str, run: Run, desk: Desk, document: Document, cache: Path, tmp_path: Path
) -> None:
    """A trace stands by itself."""
    desk.channel = KnownChip(Chip(document))
    more = [tmp_path / "trace.jsonl"] if option == "--trace" else []
    assert run("read", "--can", document.can, option, *more).status == 0
    assert not cache.exists()


@pytest.mark.parametrize("command", ["read", "bench"])
def test_lengths_are_chosen(
    command: str, run: Run, desk: Desk, document: Document, cache: Path
) -> None:
    extended = {}
    for option in ("--extended", "--short", None):
        desk.channel = channel = KnownChip(Chip(document))
        run(command, "--can", document.can, *([option] if option else []))
        extended[option] = any(sent.is_extended for sent in channel.commands)
    assert extended == {"--extended": True, "--short": False, None: True}


def test_without_remembering_there_is_a_memory_of_one_run() -> None:
    assert type(wiring.memory_from({"remember": False})) is Memory
    assert type(wiring.memory_from({})) is KeptMemory


def test_the_document_is_asked_for_once_each_time(capsys: pytest.CaptureFixture[str]) -> None:
    lost, found = ReadEvent("lost"), ReadEvent("access")
    with progress.bar(False) as tell:
        for event in (found, lost, lost, lost, found, found, lost, found):
            tell(event)
    captured = capsys.readouterr()
    assert captured.err.splitlines() == 2 * [progress.LOST, progress.FOUND]
    assert captured.out == ""
