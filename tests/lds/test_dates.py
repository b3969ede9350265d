"""Days and times in digits and BCD, with parts that are unknown."""

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from epass.lds import dates
from epass.lds.writing import Written

BCD = "in BCD, not in digits"
FILLED = "fillers where a part is unknown, not 00"


@pytest.mark.parametrize(
    ("raw", "text", "deviation"),
    [
        (b"19740812", "1974-08-12", ""),
        (b"20000229", "2000-02-29", ""),
        (b"19740800", "1974-08-XX", ""),
        (b"19740000", "1974-XX-XX", ""),
        (b"00000812", "XXXX-08-12", ""),
        (b"00000229", "XXXX-02-29", ""),
        (b"00000000", "XXXX-XX-XX", ""),
        (b"19740012", "1974-XX-12", ""),
        (b"197408<<", "1974-08-XX", FILLED),
        (b"1974<<<<", "1974-XX-XX", FILLED),
        (b"<<<<<<<<", "XXXX-XX-XX", FILLED),
        (bytes.fromhex("19740812"), "1974-08-12", BCD),
        (bytes.fromhex("19740000"), "1974-XX-XX", BCD),
    ],
)
def test_days(raw: bytes, text: str, deviation: str) -> None:
    assert dates.day(raw) == Written(text, deviation)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"1974081",
        b"197408123",
        b"19741312",
        b"19740832",
        b"19740931",
        b"19000229",  # no leap year
        b"00000230",
        b"1974<812",
        b"1974 812",
        b"\xef\xbc\x91\xef\xbc\x9974",  # full width digits
        b"\xd9\xa1\xd9\xa9\xd9\xa7\xd9\xa4",  # Arabic digits
        bytes.fromhex("1974081A"),
        bytes.fromhex("19741301"),
        b"20260812143000",
    ],
)
def test_what_is_no_day(raw: bytes) -> None:
    assert dates.day(raw) is None


@pytest.mark.parametrize(
    ("raw", "text", "deviation"),
    [
        (b"20260812143005", "2026-08-12T14:30:05", ""),
        (b"20161231235960", "2016-12-31T23:59:60", ""),
        (bytes.fromhex("20260812143005"), "2026-08-12T14:30:05", BCD),
        (b"20260812", "2026-08-12", "a day without a time"),
        (bytes.fromhex("20260812"), "2026-08-12", BCD),
    ],
)
def test_moments(raw: bytes, text: str, deviation: str) -> None:
    assert dates.moment(raw) == Written(text, deviation)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"20260812240000",
        b"20260812146000",
        b"20260812143061",
        b"20261312143000",
        b"202608121430",
    ],
)
def test_what_is_no_moment(raw: bytes) -> None:
    assert dates.moment(raw) is None


@given(st.dates())
def test_every_day_in_either_encoding(day: datetime.date) -> None:
    digits = day.isoformat().replace("-", "")
    assert dates.day(digits.encode()) == Written(day.isoformat())
    assert dates.day(bytes.fromhex(digits)) == Written(day.isoformat(), BCD)


@given(st.binary(max_size=16))
def test_any_bytes_are_a_date_or_none(raw: bytes) -> None:
    for found in (dates.day(raw), dates.moment(raw)):
        assert found is None or len(found.value) in (10, 19)
