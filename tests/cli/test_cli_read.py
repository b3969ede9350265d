"""`epass read` and `show`: keys, results, exit statuses, and what reaches the chip."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import pytest
from cli_desk import Desk, Run
from open_checks import WITHOUT_ANCHORS

from epass.card.apdu import Command, Response
from epass.errors import (
    CardRemovedError,
    CommunicationError,
    NoCardError,
    NoReaderError,
    NoServiceError,
    ReaderError,
    SharingError,
)
from epass.lds.names import File
from epass.sim.chip import Chip
from epass.sim.issuer import Document

WRONG_LINE_2 = "L898902C36UTO74O8122F1204159ZE184226B<<<<<10"  # O for 0 in the birth


def test_a_read_shows_who_it_is(run: Run, desk: Desk, document: Document) -> None:
    result = run("read", "--mrz", document.mrz)
    assert result.status == 0
    for expected in ("ERIKSSON, ANNA MARIA", "L898902C3 of UTO", "2034-04-15", "PACE-GM, AES-128"):
        assert expected in result.out


def test_the_json_of_a_read(run: Run, desk: Desk, document: Document) -> None:
    result = run("read", "--mrz", document.mrz, "--format", "json")
    facts = result.facts
    assert (result.status, result.err) == (0, "")
    assert (facts["schema"], facts["version"]) == ("epass.reading", 1)
    assert facts["access"]["protocol"] == "PACE"
    assert facts["holder"] == {
        "surname": "ERIKSSON",
        "given_names": "ANNA MARIA",
        "name_may_be_truncated": False,
        "birth": "1974-08-12",
        "birth_printed": "740812",
        "birth_century": "computed",
        "birth_contradiction": None,
        "sex": "F",
        "nationality": "UTO",
    }
    sizes = {file.label: len(raw) for file, raw in document.files.items()}
    assert set(facts["files"]) == {"EF.COM", "EF.SOD", "DG1", "DG2"}
    assert facts["files"].items() <= sizes.items()
    assert set(facts["security_files"]) == {"EF.CardAccess"}
    assert facts["chip"] == "cloneable"
    assert facts["verdict"] == "unknown"
    open_ = [check["id"] for check in facts["checks"] if check["outcome"] == "unknown"]
    assert open_ == list(WITHOUT_ANCHORS)
    assert facts["payload_bytes"] == sum(facts["files"].values())
    assert facts["receipt"] is None


def test_each_way_to_give_the_key(run: Run, desk: Desk, document: Document, tmp_path: Path) -> None:
    (tmp_path / "mrz.txt").write_text(document.mrz + "\n", "ascii")
    fields = ("--number", "L898902C3", "--birth", "740812", "--expiry", "340415")
    for arguments, stdin in (
        (("--mrz-file", str(tmp_path / "mrz.txt")), ""),
        (("--mrz-file", "-"), document.mrz),
        ((), document.mrz),
        (("--mrz", document.mrz.replace("\n", "")), ""),
        (fields, ""),
        (("--can", document.can), ""),
    ):
        assert run("read", *arguments, stdin=stdin).status == 0, arguments


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ((), "No key"),
        (("--can", "123456", "--number", "X"), "Give one key"),
        (("--number", "X"), "go together"),
        (("--can", ""), "the CAN is not six digits"),
        (("--can", "123456", "--challenge", "zz"), "not 8 bytes in hexadecimal"),
        (("--can", "123456", "--trace-random"), "--trace-random goes with --trace"),
        (("--can", "123456", "--save", "x", "--trace", "x"), "are the same place"),
        (("--mrz-file", "SECRETSECRET"), "--mrz-file: not a valid filename"),
        (("SECRETSECRET",), "it takes fewer arguments"),
        (("--can", "12345"), "the CAN is not six digits"),
        (("--can", "\u0661\u0662\u0663\u0664\u0665\u0666"), "the CAN is not six digits"),
        (("--mrz", "P<UTO"), "the MRZ has 2 or 3 lines"),
        (("--number", "L898902C3", "--birth", "7408", "--expiry", "340415"), "date of birth"),
        (("--number", "L898902C3", "--birth", "740812", "--expiry", "341315"), "date of expiry"),
        (("--reader",), "--reader: an argument is missing"),
        (("--wait", "soon"), "--wait: not a valid number from 0 to 86400"),
    ],
)
def test_a_wrong_key_or_option_is_a_usage_error(
    run: Run, desk: Desk, arguments: tuple[str, ...], problem: str
) -> None:
    result = run("read", *arguments)
    assert (result.status, result.out) == (2, "")
    assert problem in result.err
    assert "SECRET" not in result.err
    assert desk.connections == 0
    in_json = run("read", "--format", "json", *arguments)
    assert problem in in_json.error["message"]


def test_a_misread_mrz_never_reaches_the_chip(run: Run, desk: Desk, document: Document) -> None:
    line_1 = document.mrz.splitlines()[0]
    result = run("read", "--mrz", f"{line_1}\n{WRONG_LINE_2}", "--format", "json")
    assert result.status == 2
    assert result.error["code"] == "input"
    assert "date of birth (line 2, position 20)" in result.error["message"]
    assert "line 2, position 16: the letter O where the digit 0" in result.error["message"]
    assert "ERIKSSON" not in result.err
    assert desk.connections == 0


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (NoServiceError("the PC/SC service does not run"), "no_service"),
        (NoReaderError("no reader is connected"), "no_reader"),
        (NoCardError("there is no card"), "no_card"),
        (SharingError("in use"), "sharing_violation"),
        (CommunicationError("disturbed"), "communication"),
    ],
)
def test_the_desk_is_status_3(
    run: Run, desk: Desk, document: Document, error: ReaderError, code: str
) -> None:
    desk.error = error
    result = run("read", "--mrz", document.mrz, "--format", "json")
    assert (result.status, result.out) == (3, "")
    assert result.error["code"] == code
    assert result.error["retryable"] is True
    assert result.error["advice"]


def test_a_wrong_key_is_status_4(run: Run, desk: Desk) -> None:
    result = run("read", "--can", "654321", "--format", "json")
    assert result.status == 4
    assert result.error["code"] == "access_denied"
    assert result.error["sw"] == "6300"
    assert "rejects this key" in result.error["message"]


def test_a_wrong_mrz_with_bac_is_status_4(run: Run, desk: Desk, document: Document) -> None:
    desk.channel = Chip(document, access=["BAC"])
    fields = ("--number", "L898902C4", "--birth", "740812", "--expiry", "340415")
    result = run("read", *fields)
    assert result.status == 4
    assert "BAC: the chip rejects this key (status 6300, authentication failed)" in result.err


class Removed:
    """A card that is taken off before its n-th command."""

    def __init__(self, chip: Chip, after: int) -> None:
        self.chip = chip
        self.left = after

    def transmit(self, command: Command) -> Response:
        self.left -= 1
        if self.left < 0:
            raise CardRemovedError("the card was removed")
        return self.chip.transmit(command)


@pytest.mark.parametrize("after", [0, 1, 5, 9, 12, 40])
def test_a_removed_card_is_status_3_and_leaves_nothing(
    run: Run, desk: Desk, document: Document, tmp_path: Path, after: int
) -> None:
    desk.channel = Removed(Chip(document), after)
    result = run("read", "--mrz", document.mrz, "--save", str(tmp_path / "one"))
    assert (result.status, result.out) == (3, "")
    assert "the card was removed" in result.err
    assert list(tmp_path.iterdir()) == []


def forged(document: Document) -> Document:
    """Another name in DG1 under the same EF.SOD."""
    dg1 = document.files[File.DG1].replace(b"ERIKSSON", b"ERIKSSEN")
    return replace(document, files=MappingProxyType({**document.files, File.DG1: dg1}))


def test_a_forged_document_is_shown_and_is_status_6(
    run: Run, desk: Desk, document: Document, tmp_path: Path
) -> None:
    desk.channel = Chip(forged(document))
    result = run("read", "--mrz", document.mrz, "--save", str(tmp_path / "one"))
    assert result.status == 6
    assert "ERIKSSEN" in result.out
    assert "FAIL: do not accept this document (dg1.hash)" in result.out
    assert "verification failed: dg1.hash" in result.err
    assert run("show", str(tmp_path / "one")).status == 6


def test_what_was_saved_shows_the_same(
    run: Run, desk: Desk, document: Document, tmp_path: Path
) -> None:
    kept = tmp_path / "one"
    read = run("read", "--mrz", document.mrz, "--save", str(kept), "--format", "json")
    assert read.facts["saved"] == str(kept)
    assert sorted(item.name for item in kept.iterdir()) == [
        "DG1.bin", "DG2.bin", "EF_COM.bin", "EF_CardAccess.bin", "EF_SOD.bin", "dump.json",
    ]  # fmt: skip
    assert (kept / "DG2.bin").read_bytes() == document.files[File.DG2]
    shown = run("show", str(kept), "--format", "json")
    assert shown.facts == read.facts


def test_places_are_checked_before_the_chip(
    run: Run, desk: Desk, document: Document, tmp_path: Path
) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").touch()
    for option, place, status, problem in (
        ("--save", "full", 2, "is not an empty folder"),
        ("--save", "none/one", 10, "No such file or directory"),
        ("--trace", "full/file", 2, "exists"),
        ("--trace", "none/trace", 10, "No such file or directory"),
    ):
        result = run("read", "--mrz", document.mrz, option, str(tmp_path / place))
        assert (result.status, desk.connections) == (status, 0)
        assert problem in result.err


def test_a_full_disk_loses_nothing_that_was_read(
    run: Run, desk: Desk, document: Document, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    result = run("read", "--mrz", document.mrz, "--save", str(tmp_path / "one"))
    assert result.status == 10
    assert "ERIKSSON, ANNA MARIA" in result.out
    assert "one: No space left on device" in result.err
    assert list(tmp_path.iterdir()) == []


def test_a_mark_of_the_byte_order_is_no_part_of_the_mrz(
    run: Run, desk: Desk, document: Document, tmp_path: Path
) -> None:
    (tmp_path / "mrz").write_text(document.mrz, "utf-8-sig")
    assert run("read", "--mrz-file", str(tmp_path / "mrz")).status == 0


def test_a_place_that_is_taken_during_the_read_loses_nothing(
    run: Run, desk: Desk, document: Document, tmp_path: Path
) -> None:
    chip, kept = desk.channel, tmp_path / "one"

    class Takes:
        def transmit(self, command: Command) -> Response:
            kept.mkdir(exist_ok=True)
            (kept / "other").touch()
            return chip.transmit(command)

    desk.channel = Takes()
    result = run("read", "--mrz", document.mrz, "--save", str(kept))
    assert result.status == 2
    assert "ERIKSSON, ANNA MARIA" in result.out
    assert "is not an empty folder" in result.err


def test_what_is_no_text_is_no_mrz(run: Run, desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "mrz").write_bytes(bytes(range(128, 256)))
    result = run("read", "--mrz-file", str(tmp_path / "mrz"))
    assert (result.status, desk.connections) == (2, 0)
    assert "the MRZ is not text" in result.err


def test_show_of_what_is_no_dump(run: Run, tmp_path: Path) -> None:
    assert run("show", str(tmp_path / "none")).status == 2
    result = run("show", str(tmp_path))
    assert result.status == 5
    assert "dump.json: missing; this is no dump of epass" in result.err


@pytest.mark.parametrize("arguments", [("--format", "json", "nonsense"), ("--format=json", "--no")])
def test_a_command_line_that_is_not_understood_is_answered_in_json(
    run: Run, arguments: tuple[str, ...]
) -> None:
    result = run("read", *arguments)
    assert (result.status, result.out) == (2, "")
    assert result.error["code"] == "input"
    assert result.error["advice"] == "See epass read --help."
    assert "nonsense" not in result.err


def test_what_others_wrote_does_not_steer_the_terminal(
    run: Run, desk: Desk, document: Document, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    forged = document.files[File.DG1].replace(b"ERIKSSON<<", b"ERIK\x1b[2J<<")
    files = MappingProxyType({**document.files, File.DG1: forged})
    desk.channel = Chip(replace(document, files=files))
    result = run("read", "--mrz", document.mrz)
    assert result.status == 6
    assert "\x1b" not in result.out + result.err


def test_a_console_without_the_letters(document: Document, tmp_path: Path) -> None:
    place = tmp_path / "\u0416"
    result = subprocess.run(
        (sys.executable, "-m", "epass.cli.main", "demo", "--save", str(place)),
        env={**os.environ, "PYTHONIOENCODING": "cp1252"},
        capture_output=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    assert b"\\u0416" in result.stdout


def test_a_closed_stdout_is_said(tmp_path: Path) -> None:
    if os.name == "nt":
        pytest.skip("no shell that closes a stream")
    command = f"{sys.executable} -m epass.cli.main demo >&-"
    result = subprocess.run(("sh", "-c", command), capture_output=True, text=True, check=False)
    assert result.returncode == 10
    assert "standard output is closed" in result.stderr


def test_a_narrow_terminal_wraps(
    run: Run, desk: Desk, document: Document, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    result = run("read", "--mrz", document.mrz)
    assert max(len(line) for line in result.out.splitlines()) <= 60


def test_ctrl_c_is_status_130(run: Run, desk: Desk, document: Document) -> None:
    class Interrupted:
        def transmit(self, _command: Command) -> Response:
            raise KeyboardInterrupt

    desk.channel = Interrupted()
    result = run("read", "--mrz", document.mrz, "--format", "json")
    assert (result.status, result.out) == (130, "")
    assert result.error["code"] == "cancelled"


def test_a_bug_is_status_1_and_does_not_quote(
    run: Run, desk: Desk, document: Document, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Broken:
        def transmit(self, _command: Command) -> Response:
            raise RuntimeError("PERSONAL")

    desk.channel = Broken()
    monkeypatch.delenv("EPASS_DEBUG", raising=False)
    result = run("read", "--mrz", document.mrz)
    assert result.status == 1
    assert "a bug in epass: RuntimeError at test_cli_read.py" in result.err
    assert "PERSONAL" not in result.err
