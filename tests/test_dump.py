"""The dump as files: what is saved comes back, and nothing else does."""

import json
from copy import deepcopy
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
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
NO_WORD = "is not up to 64 printable ASCII characters"
NO_TEXT = "has a text of over 500 characters, or that cannot be printed"
NO_YEAR = "read_at is not in the years 1970 to 2999"
NO_AMOUNT = "is not between 0 and 1000000000"
NESTED = b"[" * 100_000 + b"]" * 100_000
ACTIVE = {"challenge": "00", "answer": "00", "sw": 0x9000}


def named(**changes: object) -> dict[str, bytes]:
    files = DUMP.to_files()
    index = json.loads(files["dump.json"]) | changes
    return files | {"dump.json": json.dumps(index).encode()}


def access(**changes: object) -> dict[str, object]:
    return {"access": ACCESS.as_dict() | changes}


def problem_of(index: bytes) -> str:
    with pytest.raises(FormatError) as caught:
        Dump.from_files(DUMP.to_files() | {"dump.json": index})
    return caught.value.problem


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
        ({"version": True}, "not version 1"),
        ({"version": 1.0}, "not version 1"),
        ({"version": None}, "not version 1"),
        ({"files": []}, "files is not an object"),
        ({"files": {"DG77": {}}}, "names a file that does not exist"),
        ({"files": {"DG3": {"size": 1, "sha256": "00"}}}, "listed in dump.json but missing"),
        ({"files": {"DG1": {"size": 9, "sha256": "00"}}}, "changed since it was saved"),
        ({"read_at": "yesterday"}, "read_at is not a time"),
        ({"read_at": "2026-11-20T12:30:00"}, "read_at has no time zone"),
        ({"read_at": 5}, "read_at is not text"),
        ({"read_at": "0001-01-01T00:00:00+23:59"}, NO_YEAR),
        ({"read_at": "1969-12-31T23:59:59+00:00"}, NO_YEAR),
        ({"read_at": "3000-01-01T00:00:00+00:00"}, NO_YEAR),
        ({"read_at": "9999-12-31T23:59:59-23:59"}, NO_YEAR),
        ({"access": None}, "access is not an object"),
        ({"access": {"protocol": "BAC", "password": "MRZ"}}, "cipher is not text"),
        (access(fallback="no"), "fallback is of the wrong type"),
        (access(fallback=1), "fallback is of the wrong type"),
        (access(fallback=None), "fallback is of the wrong type"),
        (access(protocol="PACE\x1b[2J"), f"protocol {NO_WORD}"),
        (access(password="CAN\n"), f"password {NO_WORD}"),
        (access(cipher="AES\u2011128"), f"cipher {NO_WORD}"),
        (access(mapping="\x9b2J"), f"mapping {NO_WORD}"),
        (access(group="g" * 65), f"group {NO_WORD}"),
        (access(group=5), "group is of the wrong type"),
        ({"apdus": "many"}, "apdus is of the wrong type"),
        ({"apdus": -1}, f"apdus {NO_AMOUNT}"),
        ({"seconds": True}, "seconds is of the wrong type"),
        ({"seconds": -0.5}, f"seconds {NO_AMOUNT}"),
        ({"seconds": 10**400}, f"seconds {NO_AMOUNT}"),
        ({"quirks": "mse-84"}, "quirks is not a list of texts"),
        ({"quirks": ["mse-84\x1b]0;x\x07"]}, f"quirks {NO_TEXT}"),
        ({"notes": [1]}, "notes is not a list of texts"),
        ({"notes": ["n" * 501]}, f"notes {NO_TEXT}"),
        ({"notes": ["right to left: \u202e"]}, f"notes {NO_TEXT}"),
        ({"notes": ["half a character: \ud83d"]}, f"notes {NO_TEXT}"),
        ({"notes": ["n"] * 101}, "notes has more than 100 texts"),
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


def test_texts_at_the_limit_are_taken() -> None:
    changes = access(group="g" * 64) | {"notes": ["é" * 500] * 100, "seconds": 10**9}
    dump = Dump.from_files(named(**changes))
    assert (dump.access.group, dump.notes) == ("g" * 64, ("é" * 500,) * 100)
    assert dump.seconds == 1e9


def test_what_a_chip_put_into_a_note_is_saved_so_that_it_loads() -> None:
    dump = Dump(FILES, ACCESS, READ_AT, notes=("skipped: \x1b[2J" + "1" * 600,))
    (note,) = Dump.from_files(dump.to_files()).notes
    assert note == "skipped: ?[2J" + "1" * 487


def test_an_older_index_without_fallback_is_taken() -> None:
    raw = ACCESS.as_dict()
    del raw["fallback"]
    assert Access.from_dict(raw) == ACCESS


@pytest.mark.parametrize("number", [b"NaN", b"Infinity", b"-Infinity"])
def test_what_is_no_number_of_json_is_refused(number: bytes) -> None:
    index = DUMP.to_files()["dump.json"]
    changed = index.replace(b'"seconds": 0.25', b'"seconds": ' + number)
    assert changed != index
    assert problem_of(changed) == "not JSON"


def test_a_number_beyond_every_float_is_refused() -> None:
    index = DUMP.to_files()["dump.json"].replace(b'"seconds": 0.25', b'"seconds": 1e999')
    assert problem_of(index) == f"seconds {NO_AMOUNT}"


@pytest.mark.parametrize("index", [b"", b"\xff", b"{", b"[" * 20, NESTED, b'{"a": ' * 100_000])
def test_what_is_no_json_is_refused(index: bytes) -> None:
    assert problem_of(index) == "not JSON"


NUMBERS = st.integers() | st.floats() | st.sampled_from((10**400, -(10**400), 0, 1, -1))
JSON = st.recursive(
    st.none() | st.booleans() | NUMBERS | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def places(value: object, way: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """The ways to every member of ``value``, through all its objects and lists."""
    members: list[tuple[str | int, object]] = []
    if isinstance(value, dict):
        members = list(value.items())
    elif isinstance(value, list):
        members = list(enumerate(value))
    below = [place for key, member in members for place in places(member, (*way, key))]
    return [way, *below] if way else below


INDEX: dict[str, Any] = json.loads(DUMP.to_files()["dump.json"])
PLACES = places(INDEX)


def test_every_part_of_the_index_is_mutated() -> None:
    assert {("access", "fallback"), ("notes", 0), ("files", "DG1", "sha256")} <= set(PLACES)


@given(place=st.sampled_from(PLACES), value=JSON)
@settings(max_examples=200)
def test_a_mutated_index_is_refused_or_harmless(place: tuple[str | int, ...], value: Any) -> None:
    index = deepcopy(INDEX)
    parent: Any = index
    for key in place[:-1]:
        parent = parent[key]
    parent[place[-1]] = value
    try:
        dump = Dump.from_files(DUMP.to_files() | {"dump.json": json.dumps(index).encode()})
    except FormatError as refused:
        assert refused.where.startswith(("dump.json", "evidence", "EF_", "DG"))
        assert refused.problem.isprintable()
        return
    assert Dump.from_files(dump.to_files()) == dump
    words = (dump.access.protocol, dump.access.cipher, *dump.quirks, *dump.notes)
    assert all(word.isprintable() for word in words)
    assert 0 <= dump.seconds <= 1e9


@given(value=JSON)
@settings(max_examples=100)
def test_json_that_is_no_index_is_refused(value: object) -> None:
    problem = problem_of(json.dumps(value).encode())
    assert problem in {"not JSON", "not the index of an epass dump"}


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
