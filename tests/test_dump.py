"""The dump as files: what is saved comes back, and nothing else does."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from epass.dump import Access, Dump
from epass.errors import FormatError
from epass.evidence import (
    ActiveAuthentication,
    ChipAuthentication,
    ChipAuthenticationMapping,
    Evidence,
)
from epass.lds.names import File

ACCESS = Access("PACE", "CAN", "AES-128", "GM", 13, "brainpoolP256r1")
READ_AT = datetime(2026, 11, 20, 12, 30, tzinfo=UTC)
FILES = {File.COM: b"com", File.SOD: b"sod", File.DG1: b"dg1", File.DG2: b"dg2"}
EVIDENCE = Evidence(
    ActiveAuthentication(bytes(8), b"signature", 0x9000),
    ChipAuthentication("0.4.0.127.0.7.2.2.3.2.2", None, b"private", b"command", b"response"),
    ChipAuthenticationMapping("0.4.0.127.0.7.2.2.4.6.2", 13, b"key", b"data"),
)
DUMP = Dump(FILES, ACCESS, READ_AT, 113, 0.25, EVIDENCE, ("mse-84",), ("a note",))
ACTIVE = {"challenge": "00", "answer": "00", "sw": 0x9000}


def named(**changes: object) -> dict[str, bytes]:
    files = DUMP.to_files()
    index = json.loads(files["dump.json"]) | changes
    return files | {"dump.json": json.dumps(index).encode()}


def test_the_names_are_those_that_other_readers_use() -> None:
    assert set(DUMP.to_files()) == {
        "EF_COM.bin", "EF_SOD.bin", "DG1.bin", "DG2.bin", "dump.json",
    }  # fmt: skip


@given(st.dictionaries(st.sampled_from(sorted(File, key=lambda f: f.label)), st.binary()))
def test_a_dump_comes_back_as_it_was_saved(files: dict[File, bytes]) -> None:
    dump = Dump(files, ACCESS, READ_AT, 7, 1.5)
    assert Dump.from_files(dump.to_files()) == dump


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"schema": "other"}, "not the index of an epass dump"),
        ({"version": 2}, "not version 1"),
        ({"files": []}, "files is not an object"),
        ({"files": {"DG77": {}}}, "names a file that does not exist"),
        ({"files": {"DG3": {"size": 1, "sha256": "00"}}}, "listed in dump.json but missing"),
        ({"files": {"DG1": {"size": 9, "sha256": "00"}}}, "changed since it was saved"),
        ({"read_at": "yesterday"}, "read_at is not a time"),
        ({"read_at": "2026-11-20T12:30:00"}, "read_at has no time zone"),
        ({"read_at": 5}, "read_at is not text"),
        ({"access": None}, "access is not an object"),
        ({"access": {"protocol": "BAC", "password": "MRZ"}}, "cipher is not text"),
        ({"apdus": "many"}, "apdus is of the wrong type"),
        ({"seconds": True}, "seconds is of the wrong type"),
        ({"quirks": "mse-84"}, "quirks is not a list of texts"),
        ({"notes": [1]}, "notes is not a list of texts"),
        ({"evidence": []}, "not an object of proofs"),
        ({"evidence": {"other": {}}}, "not an object of proofs"),
        ({"evidence": {"active": {"challenge": ""}}}, "not the members of ActiveAuthentication"),
        ({"evidence": {"active": {**ACTIVE, "sw": "9000"}}}, "sw is of the wrong type"),
        ({"evidence": {"active": {**ACTIVE, "sw": True}}}, "sw is of the wrong type"),
        ({"evidence": {"active": {**ACTIVE, "answer": "XY"}}}, "answer is not hexadecimal"),
        ({"evidence": {"active": {**ACTIVE, "answer": 5}}}, "answer is of the wrong type"),
    ],
)
def test_a_wrong_index_is_refused_by_reason(changes: dict[str, object], problem: str) -> None:
    with pytest.raises(FormatError) as caught:
        Dump.from_files(named(**changes))
    assert caught.value.problem == problem


def test_an_edited_file_is_refused() -> None:
    files = DUMP.to_files() | {"DG1.bin": b"dgX"}
    with pytest.raises(FormatError, match=r"DG1\.bin: changed since it was saved"):
        Dump.from_files(files)


@given(st.binary(max_size=80))
def test_an_arbitrary_index_is_refused(index: bytes) -> None:
    with pytest.raises(FormatError):
        Dump.from_files({"dump.json": index})


def test_a_missing_file_is_named() -> None:
    with pytest.raises(FormatError, match="DG3: the dump does not hold this file"):
        DUMP.require(File.DG3)
    with pytest.raises(FormatError, match=r"dump\.json: missing"):
        Dump.from_files({})


def test_contents_stay_out_of_repr() -> None:
    assert "dg1" not in repr(DUMP)
    assert not [
        secret for secret in ("signature", "private", "data") if f"b'{secret}'" in repr(DUMP)
    ]
