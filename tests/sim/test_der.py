"""The DER writer, against asn1crypto reading strictly."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from asn1crypto import core
from hypothesis import given
from hypothesis import strategies as st

from epass import tlv
from epass.sim import der


@given(st.integers(-(1 << 600), 1 << 600))
def test_an_integer_reads_back(value: int) -> None:
    assert core.Integer.load(der.integer(value), strict=True).native == value


@pytest.mark.parametrize(
    ("value", "encoded"),
    [
        (0, "020100"),
        (127, "02017F"),
        (128, "02020080"),
        (255, "020200FF"),
        (256, "02020100"),
        (-1, "0201FF"),
        (-128, "020180"),
        (-129, "0202FF7F"),
    ],
)
def test_an_integer_has_the_fewest_octets(value: int, encoded: str) -> None:
    assert der.integer(value) == bytes.fromhex(encoded)


arcs = st.lists(st.integers(0, 1 << 40), max_size=8)


@given(st.integers(0, 2), st.integers(0, 39), arcs)
def test_an_object_identifier_reads_back(first: int, second: int, rest: list[int]) -> None:
    dotted = ".".join(str(arc) for arc in (first, second, *rest))
    assert core.ObjectIdentifier.load(der.oid(dotted), strict=True).dotted == dotted


def test_object_identifiers_of_arc_2_go_beyond_39() -> None:
    assert der.oid("2.999.3") == bytes.fromhex("0603883703")  # X.690 §8.19.5


@given(st.lists(st.binary(max_size=6), max_size=8))
def test_a_set_of_is_in_ascending_order(values: list[bytes]) -> None:
    encoded = der.set_of(der.octet_string(value) for value in values)
    members = [child.raw for child in tlv.parse_one(encoded, der.SET, where="set").children()]
    longest = max((len(member) for member in members), default=0)
    padded = [member.ljust(longest, b"\x00") for member in members]
    assert padded == sorted(padded)  # X.690 §11.6 compares them padded with zeros
    assert sorted(members) == sorted(der.octet_string(value) for value in values)


@pytest.mark.parametrize(
    ("bits", "encoded"),
    [
        ((0,), "03020780"),
        ((5, 6), "03020106"),
        ((7,), "03020001"),
        ((8,), "0303070080"),
        ((1, 0), "030206C0"),
    ],
)
def test_named_bits_end_at_the_last_one(bits: tuple[int, ...], encoded: str) -> None:
    assert der.named_bits(*bits) == bytes.fromhex(encoded)


def test_a_bit_string_has_no_unused_bits() -> None:
    assert der.bit_string(b"\xa5\x00") == bytes.fromhex("030300A500")


@pytest.mark.parametrize(
    ("moment", "encoded"),
    [
        (datetime(2049, 12, 31, 23, 59, 59, tzinfo=UTC), b"\x17\x0d491231235959Z"),
        (datetime(2050, 1, 1, tzinfo=UTC), b"\x18\x0f20500101000000Z"),
        (datetime(1950, 1, 1, tzinfo=UTC), b"\x17\x0d500101000000Z"),
        (datetime(1949, 12, 31, tzinfo=UTC), b"\x18\x0f19491231000000Z"),
        (datetime(987, 1, 2, tzinfo=UTC), b"\x18\x0f09870102000000Z"),
        (
            datetime(2050, 1, 1, 0, 30, 0, 999, tzinfo=timezone(timedelta(hours=2))),
            b"\x17\x0d491231223000Z",
        ),
    ],
)
def test_times_are_utc_and_change_form_in_2050(moment: datetime, encoded: bytes) -> None:
    assert der.time(moment) == encoded


def test_generalized_time_is_available_before_2050() -> None:
    assert der.generalized_time(datetime(2024, 4, 1, tzinfo=UTC)) == b"\x18\x0f20240401000000Z"


def test_context_tags() -> None:
    number = der.integer(5)
    assert der.explicit(3, number) == bytes.fromhex("A303020105")
    assert der.implicit(3, number) == bytes.fromhex("830105")
    assert der.implicit(0, der.sequence(number)) == bytes.fromhex("A003020105")


@given(st.text(max_size=200))
def test_text_reads_back(text: str) -> None:
    assert core.UTF8String.load(der.utf8(text), strict=True).native == text


def test_printable_strings_are_ascii() -> None:
    assert core.PrintableString.load(der.printable("UT"), strict=True).native == "UT"
    with pytest.raises(UnicodeEncodeError):
        der.printable("Å")
