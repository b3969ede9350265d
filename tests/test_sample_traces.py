"""The published traces and card-verifiable certificates: what epass makes of them, and what not.

The table in ``docs/sample-files.md`` has the counts that this asserts.
"""

import json
import re
from collections import Counter
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path

import pytest
from sample_files import DATA

from epass import tlv
from epass.card.apdu import Command, Response
from epass.lds.contents import parse_group
from epass.lds.names import File

pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="the samples are not here")

ROWS = (Path(__file__).parent.parent / "docs" / "sample-files.md").read_text("utf-8").splitlines()
LINE = re.compile(r"^([CR]) ([0-9A-F]+)$", re.MULTILINE)
LOGGED = re.compile(r'Transmit (c|r)[a-z]+ APDU: "([0-9a-f]+)"')
KINDS: dict[str, type[Command | Response]] = {"C": Command, "R": Response}
CERTIFICATE, REQUEST = 0x7F21, 0x67  # BSI TR-03110-3 §D.2


def row(label: str) -> list[str]:
    """The counts of a row of the table: files, handled, refused."""
    (found,) = (line for line in ROWS if line.startswith(f"| {label} | "))
    return [cell.strip() for cell in found.split("|")][2:5]


def exchanges(text: str, form: re.Pattern[str]) -> int:
    """How many commands with their responses ``text`` has, each of which is parsed."""
    found = [(kind.upper(), bytes.fromhex(apdu)) for kind, apdu in form.findall(text)]
    for (kind, apdu), expected in zip(found, cycle("CR"), strict=False):
        assert kind == expected
        assert KINDS[kind].parse(apdu).encode() == apdu
    assert len(found) % 2 == 0
    return len(found) // 2


def recorded() -> Iterator[tuple[Path, str]]:
    for path in sorted((DATA / "traces").glob("*.apdu")):
        yield path, path.read_text("utf-8")


def test_every_trace_is_commands_and_responses() -> None:
    counts = [exchanges(text, LINE) for _, text in recorded()]
    assert row("Traces of commands and responses") == ["8", "8", "0"]
    assert (len(counts), sum(counts)) == (8, 33)


def test_no_other_line_of_a_trace_is_left_out() -> None:
    for path, text in recorded():
        rest = LINE.sub("", text).splitlines()
        assert all(not line or line.startswith("#") for line in rest), path.name


def test_the_exchanges_that_another_program_logged() -> None:
    text = (DATA / "traces" / "auth.txt").read_text("utf-8")
    assert exchanges(text, LOGGED) == 41
    assert row("A log of another program with its exchanges") == ["1", "1", "0"]


def test_the_files_of_another_simulator() -> None:
    found = json.loads((DATA / "traces" / "simulatorFiles.json").read_text("utf-8"))["files"]
    contents = {item["fileId"]: bytes.fromhex(item["content"]) for item in found}
    for name, file in (
        ("2f00", File.DIR),
        ("011c", File.CARD_ACCESS),
        ("011d", File.CARD_SECURITY),
    ):
        assert not getattr(parse_group(file, contents.pop(name)), "notes", ())
    assert len(contents) == 21
    assert row("The files of another simulator, an identity card") == ["1", "1", "0"]


def test_every_trace_is_in_the_table() -> None:
    here = {path.name for path in (DATA / "traces").iterdir()}
    assert here == {path.name for path, _ in recorded()} | {"auth.txt", "simulatorFiles.json"}


def test_card_verifiable_certificates_are_of_terminal_authentication() -> None:
    tags = Counter[int]()
    for path in (DATA / "cvc").iterdir():
        (item,) = tlv.parse(path.read_bytes(), where=path.name)
        tags[item.tag] += 1
    assert tags == {CERTIFICATE: 127, REQUEST: 1}
    assert CERTIFICATE not in {file.tag for file in File}
    assert row("Card-verifiable certificates") == ["128", "0", "128"]


def test_ef_cvca_is_of_terminal_authentication() -> None:
    assert len(list((DATA / "ef_cvca").iterdir())) == 5
    assert File.from_label("EF.CVCA") is None
    assert row("EF.CVCA") == ["5", "0", "5"]


def test_every_folder_of_the_collection_is_surveyed() -> None:
    """By the tests that the document names; a new folder needs a row."""
    assert {path.name for path in DATA.iterdir() if path.is_dir()} == {
        *("biometric", "cardaccess", "cardsecurity", "certs", "crl", "cvc", "deviationlist"),
        *("ef_atr_info", "ef_cvca", "lds", "masterlist", "sets", "sod", "traces"),
    }
