"""The example of ``docs/trust.md`` for a distributed engine, as it stands there."""

import os
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from epass import folder
from epass.card.keys import MrzKey
from epass.dump import Access, Dump
from epass.sim import attacks, issuer, published
from epass.sim.issuer import Document

pytest.importorskip("dask.bag")

DOCUMENT = Path(__file__).parents[1] / "docs" / "trust.md"
AT = datetime(2026, 11, 20, tzinfo=UTC)


def save(document: Document, place: Path) -> None:
    information = MrzKey.from_mrz(document.mrz).information
    access = Access("BAC", "MRZ", "3DES", mrz_information=information)
    folder.save(Dump(document.files, access, AT), place)


def test_the_example_runs(tmp_path: Path) -> None:
    (example,) = re.findall(
        r"```python\n(import dask.*?)```", DOCUMENT.read_text("utf-8"), re.DOTALL
    )
    published_ = published.publish(issuer.default_country("UTO"))
    (tmp_path / "masterlist.ml").write_bytes(published_.master_list)
    (tmp_path / "archive").mkdir()
    save(issuer.issue(), tmp_path / "archive" / "genuine")
    save(attacks.ATTACKS["dg2-edited"].make().document, tmp_path / "archive" / "forged")
    # In threads: what is tested is the example, not how the engine starts processes.
    environment = {**os.environ, "DASK_SCHEDULER": "threads"}
    done = subprocess.run(
        [sys.executable, "-c", example],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert sorted(done.stdout.splitlines()) == ["forged fail", "genuine pass"]
