"""The payload: exact bytes, sizes, and both limits at their edges."""

import json
from base64 import b64decode
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from epass.dump import Access, Dump
from epass.errors import FormatError, PayloadTooLargeError
from epass.lds.names import File
from epass.upload import BASE64_LIMIT, RAW_LIMIT, NfcPayload

FILES = {File.COM: b"\x60\x00", File.SOD: b"\x77\xff\xfe", File.DG1: b"\x61", File.DG2: b"\x75??>"}


def make_dump(files: dict[File, bytes]) -> Dump:
    return Dump(files, Access("BAC", "MRZ", "3DES"), datetime(2026, 1, 1, tzinfo=UTC))


def of_size(total: int) -> NfcPayload:
    return NfcPayload(b"c", b"s", b"1", b"2" * (total - 3))


def test_body_is_exactly_the_documented_object() -> None:
    payload = NfcPayload.from_dump(make_dump(FILES))
    assert payload.to_json() == (
        b'{"nfcDocuments":{"com":"YAA=","sod":"d//+","dg1":"YQ==","dg2":"dT8/Pg=="}}'
    )


def test_from_dump_takes_the_four_files_and_no_other() -> None:
    payload = NfcPayload.from_dump(make_dump({**FILES, File.DG14: b"\x6e\x00"}))
    assert (payload.com, payload.sod, payload.dg1, payload.dg2) == tuple(FILES.values())


@pytest.mark.parametrize("missing", FILES)
def test_missing_file_is_named(missing: File) -> None:
    files = {file: content for file, content in FILES.items() if file is not missing}
    with pytest.raises(FormatError, match="does not hold this file") as caught:
        NfcPayload.from_dump(make_dump(files))
    assert caught.value.where == missing.label


@pytest.mark.parametrize("empty", FILES)
def test_empty_file_is_named(empty: File) -> None:
    with pytest.raises(FormatError, match="the file is empty") as caught:
        NfcPayload.from_dump(make_dump({**FILES, empty: b""}))
    assert caught.value.where == empty.label


@settings(max_examples=100)
@given(*[st.binary(min_size=1, max_size=200)] * 4)
def test_sizes_are_those_of_the_body(com: bytes, sod: bytes, dg1: bytes, dg2: bytes) -> None:
    payload = NfcPayload(com, sod, dg1, dg2)
    encoded = json.loads(payload.to_json())["nfcDocuments"]
    assert [b64decode(text, validate=True) for text in encoded.values()] == [com, sod, dg1, dg2]
    assert list(encoded) == ["com", "sod", "dg1", "dg2"]
    assert payload.raw_size == len(com + sod + dg1 + dg2)
    assert payload.base64_size == sum(map(len, encoded.values()))
    assert payload.body_size == len(payload.to_json())


def test_raw_limit_is_500_kib_and_inclusive() -> None:
    payload = of_size(512_000)
    assert payload.raw_size == RAW_LIMIT == 512_000
    payload.check_size()
    assert len(payload.warnings) == 1


def test_one_byte_over_the_raw_limit_is_refused_with_both_sizes() -> None:
    payload = of_size(512_001)
    with pytest.raises(PayloadTooLargeError, match=r"512001 bytes \(682676 in base64\)") as caught:
        payload.check_size()
    assert caught.value.status is None


def test_base64_of_exactly_500_000_has_no_warning() -> None:
    payload = NfcPayload(b"c" * 3, b"s" * 3, b"1" * 3, b"2" * (375_000 - 9))
    assert payload.base64_size == BASE64_LIMIT == 500_000
    assert payload.warnings == ()


def test_base64_over_500_000_warns_with_both_sizes_and_is_not_refused() -> None:
    payload = NfcPayload(b"c" * 3, b"s" * 3, b"1" * 3, b"2" * (375_001 - 9))
    payload.check_size()
    (warning,) = payload.warnings
    assert "500004 bytes in base64" in warning
    assert "375001" in warning


def test_content_stays_out_of_repr() -> None:
    payload = NfcPayload(b"MARKED-1", b"MARKED-2", b"MARKED-3", b"MARKED-4")
    assert repr(payload) == "NfcPayload()"
