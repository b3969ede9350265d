"""Files of real and specimen documents, which are not part of the project: tests skip without."""

import csv
from functools import cache
from pathlib import Path

import pytest

DATA = Path(__file__).parent.parent.parent / "shared" / "data"


def samples(*folders: str) -> list[object]:
    """The sample files below ``folders`` as parameters of a test, by path and content."""
    found = [path for folder in folders for path in sorted((DATA / folder).glob("*.bin"))]
    if not found:
        return [pytest.param("", b"", marks=pytest.mark.skip("no sample files on this machine"))]
    return [
        pytest.param(str(path.relative_to(DATA)), path.read_bytes(), id=path.name) for path in found
    ]


@cache
def negatives() -> frozenset[str]:
    """The samples that their origin means to be refused."""
    with (DATA / "index.csv").open(encoding="utf-8", newline="") as index:
        clean = (line.replace("\0", "") for line in index)
        return frozenset(row["file"] for row in csv.DictReader(clean) if row["negative"])
