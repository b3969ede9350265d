"""Every published file of a document is parsed, or refused with a reason; how many of each.

The table in ``docs/sample-files.md`` has the counts that this asserts. Faces have a table of their
own, and so have certificates and EF.SODs.
"""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from sample_files import DATA, negatives

from epass.errors import FormatError
from epass.lds.contents import parse_group
from epass.lds.mrz import Dg1
from epass.lds.names import File
from epass.lds.sod import Sod

pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="the samples are not here")

DOCUMENT = Path(__file__).parent.parent.parent / "docs" / "sample-files.md"
FOLDERS = {
    "cardaccess": File.CARD_ACCESS,
    "cardaccess/negative": File.CARD_ACCESS,
    "cardsecurity": File.CARD_SECURITY,
    "cardsecurity/negative": File.CARD_SECURITY,
    "ef_atr_info": File.ATR_INFO,
    "lds/COM": File.COM,
} | {f"lds/DG{number}": File[f"DG{number}"] for number in (1, 3, 4, 5, 7, 11, 12, 13, 14, 15, 16)}

# How many, how many of these without a deviation, with one that is noted, and refused.
COUNTS = {
    "EF.CardAccess": (36, 34, 0, 2),
    "EF.CardSecurity": (20, 16, 0, 4),
    "EF.ATR/INFO": (5, 4, 0, 1),
    "EF.COM": (12, 8, 0, 4),
    "DG1": (25, 20, 1, 4),
    "DG3": (2, 2, 0, 0),
    "DG4": (1, 1, 0, 0),
    "DG5": (1, 1, 0, 0),
    "DG7": (5, 2, 3, 0),
    "DG11": (9, 2, 7, 0),
    "DG12": (3, 2, 1, 0),
    "DG13": (2, 2, 0, 0),
    "DG14": (11, 11, 0, 0),
    "DG15": (6, 5, 0, 1),
    "DG16": (3, 1, 2, 0),
}
# What is odd about them, and in how many files.
NOTED = {
    "DG1": {"wrong check digits": 1},
    "DG7": {
        "image 1: neither JPEG nor JPEG 2000": 1,
        "images: 0 announced, 1 are there": 1,
        "images: their number has 2 bytes, not 1": 1,
    },
    "DG11": {
        "by the tag list not listed: 5F17": 1,
        "custody information: empty": 2,
        "date of birth: in BCD, not in digits": 2,
        "name: empty": 2,
        "name: fillers at the beginning or the end": 2,
        "other names: 0 announced, 1 are there": 1,
        "other names: 2 announced, 1 are there": 2,
        "other names: fillers at the beginning or the end": 3,
        "other names: not in a template A0": 1,
        "other names: their number has 2 bytes, not 1": 1,
        "personal number: empty": 2,
        "personal summary: empty": 2,
        "profession: empty": 2,
        "proof of citizenship: neither JPEG nor JPEG 2000": 1,
        "telephone: empty": 2,
        "the tag list names A0 instead of what is in it": 1,
        "title: empty": 2,
    },
    "DG12": {"date of issue: in BCD, not in digits": 1},
    "DG16": {
        "person 2, name: more than a primary and a secondary identifier": 1,
        "persons: 3 announced, 2 are there": 1,
    },
}
# Meant to be refused by who published them. What is wrong with them deceives nobody who reads what
# is there, so it is noted instead.
NOTED_INSTEAD = {
    "DG7_gmrtd_0d47c3fc.bin",
    "DG7_gmrtd_947c9942.bin",
    "DG11_gmrtd_03e1ce75.bin",
    "DG11_gmrtd_96e4d941.bin",
    "DG16_gmrtd_c598ef92.bin",
    "DG16_gmrtd_dcd57d9b.bin",
}
# Another data object than that of the lengths: they are not said, and so nothing relies on them.
WITHOUT_LENGTHS = {"TR03105_LDS_K_04_wrong_tag.bin"}


def contents(file: File) -> Iterator[tuple[Path, bytes]]:
    folders = [folder for folder, kind in FOLDERS.items() if kind is file]
    assert folders
    for folder in folders:
        for path in sorted((DATA / folder).glob("*.bin")):
            yield path, path.read_bytes()


def survey(file: File) -> tuple[tuple[int, ...], Counter[str]]:
    """The counts of the table, and the notes."""
    kinds, noted = Counter[str](), Counter[str]()
    for _, content in contents(file):
        try:
            value = parse_group(file, content)
        except FormatError as error:
            assert error.problem
            kinds["refused"] += 1
            continue
        notes = list(getattr(value, "notes", ()))
        if isinstance(value, Dg1) and value.mrz.wrong_check_digits:
            notes.append("wrong check digits")
        noted.update(notes)
        kinds["noted" if notes else "clean"] += 1
    return (kinds.total(), *(kinds[kind] for kind in ("clean", "noted", "refused"))), noted


@pytest.mark.parametrize("label", COUNTS)
def test_the_counts_of_the_table(label: str) -> None:
    file = File.from_label(label)
    assert file is not None
    counts, noted = survey(file)
    assert counts == COUNTS[label]
    assert noted == NOTED.get(label, {})
    row = " | ".join(str(count) for count in counts)
    assert f"| {label} | {row} |" in DOCUMENT.read_text("utf-8")


def test_every_folder_is_in_the_table() -> None:
    assert {file.label for file in FOLDERS.values()} == COUNTS.keys()
    here = {path.name for path in (DATA / "lds").iterdir()}
    assert here == {folder.split("/")[1] for folder in FOLDERS if folder.startswith("lds/")} | {
        "DG2",  # faces
        "LDSSecurityObject",
    }


@pytest.mark.parametrize("label", ["DG7", "DG11", "DG16", "EF.ATR/INFO"])
def test_what_others_refuse_and_epass_notes(label: str) -> None:
    file = File.from_label(label)
    assert file is not None
    for path, content in contents(file):
        if str(path.relative_to(DATA).as_posix()) not in negatives():
            continue
        if path.name in NOTED_INSTEAD:
            assert getattr(parse_group(file, content), "notes", ())
        elif path.name not in WITHOUT_LENGTHS:
            with pytest.raises(FormatError):
                parse_group(file, content)


@pytest.mark.parametrize("folder", ["lds/LDSSecurityObject"])
def test_the_content_of_an_ef_sod_without_its_signature_is_refused(folder: str) -> None:
    files = sorted((DATA / folder).iterdir())
    assert len(files) == 2
    for path in files:
        with pytest.raises(FormatError, match="the tag is 30, not 77"):
            Sod.parse(path.read_bytes())
