"""Who the holder is: what the MRZ leaves open, and what DG11 says to it."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from page_examples import AT, judged, look, read

from epass import tlv
from epass.dump import Dump
from epass.lds.document import Document
from epass.lds.mrz import check_digit
from epass.lds.names import File
from epass.page import compose
from epass.page.holder import COMPUTED, CONTRADICTION, SAID, Holder, holder_of
from epass.page.model import Fact, Notes, Tone
from epass.trust.report import Report

BEFORE, AFTER = datetime(2024, 6, 1, tzinfo=UTC), datetime(2026, 11, 21, tzinfo=UTC)


def dump_of(
    birth: str = "740812",
    expiry: str = "340415",
    name: str = "ERIKSSON<<ANNA<MARIA",
    dg11: bytes | None = None,
) -> Dump:
    """The specimen with another MRZ, and a date of birth in DG11."""
    first = f"P<UTO{name}".ljust(44, "<")[:44]
    second = f"L898902C36UTO{birth}{check_digit(birth)}F{expiry}{check_digit(expiry)}"
    second += "ZE184226B<<<<<1"
    second += check_digit(second[:10] + second[13:20] + second[21:43])
    files = {
        **read().files,
        File.DG1: tlv.build(0x61, tlv.build(0x5F1F, (first + second).encode())),
    }
    if dg11 is not None:
        files[File.DG11] = tlv.build(0x6B, tlv.build(0x5C, b"\x5f\x2b") + tlv.build(0x5F2B, dg11))
    return replace(read(), files=files)


def holder(dump: Dump, *, seen: datetime | None = AT, at: datetime = AT) -> Holder:
    found = holder_of(Document.parse(dump.files).mrz, replace(dump, read_at=seen), Report((), at))
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("birth", "dg11", "day", "century", "born"),
    [
        ("740812", None, "1974-08-12", COMPUTED, "1974-08-12 (century computed)"),
        ("7408<<", None, "1974-08-XX", COMPUTED, "1974-08-XX (century computed)"),
        ("740800", None, "1974-08-XX", COMPUTED, "1974-08-XX (century computed)"),
        ("<<0812", None, "XXXX-08-12", "", "XXXX-08-12"),
        ("741332", None, "", "", "741332 (YYMMDD)"),
        ("240812", b"19240812", "1924-08-12", SAID, "1924-08-12 (century of DG11)"),
        ("7408<<", b"19740812", "1974-08-12", SAID, "1974-08-12 (century of DG11)"),
        ("240812", b"19240000", "1924-08-12", SAID, "1924-08-12 (century of DG11)"),
        ("<<<<30", b"19740100", "1974-01-30", SAID, "1974-01-30 (century of DG11)"),
        ("740812", b"00000812", "1974-08-12", COMPUTED, "1974-08-12 (century computed)"),
        ("<<0812", b"19740812", "1974-08-12", SAID, "1974-08-12 (century of DG11)"),
        ("740812", b"not a day", "1974-08-12", COMPUTED, "1974-08-12 (century computed)"),
    ],
)
def test_the_date_of_birth(
    birth: str, dg11: bytes | None, day: str, century: str, born: str
) -> None:
    found = holder(dump_of(birth, dg11=dg11))
    assert (found.birth, found.century, found.contradiction) == (day, century, "")
    assert found.born == born
    assert found.notes == ()


@pytest.mark.parametrize(
    ("birth", "dg11", "born"),
    [
        ("740812", b"19740813", "1974-08-12 (century computed); DG11 says 1974-08-13"),
        ("740812", b"19750000", "1974-08-12 (century computed); DG11 says 1975-XX-XX"),
        ("741332", b"19740813", "741332 (YYMMDD); DG11 says 1974-08-13"),
    ],
)
def test_two_dates_of_birth(birth: str, dg11: bytes, born: str) -> None:
    dump = dump_of(birth, dg11=dg11)
    assert holder(dump).born == born
    page = compose(dump, judged(dump), look=look, now=AT)
    assert Fact("Born", born, Tone.OPEN) in page.identity.rows
    (notes,) = (part.blocks for part in page.sections if part.title == "Notes")
    assert isinstance(notes[0], Notes)
    assert CONTRADICTION in notes[0].lines


def test_a_dg11_that_cannot_be_parsed_says_nothing() -> None:
    dump = dump_of(dg11=b"19740813")
    files = {**dump.files, File.DG11: b"\x6b\x05ab"}
    assert holder(replace(dump, files=files)).contradiction == ""


def test_whether_it_has_expired_is_as_of_the_report_and_centuries_as_of_the_read() -> None:
    dump = dump_of(expiry="250101")
    assert holder(dump, seen=BEFORE, at=AFTER).expired is True
    assert holder(dump, seen=AFTER, at=BEFORE).expired is False
    assert holder(dump_of(expiry="25<<<<")).expired is None
    page = compose(replace(dump, read_at=BEFORE), Report((), AFTER), look=look, now=AFTER)
    assert Fact("Expires", "2025-01-01 - EXPIRED", Tone.BAD) in page.identity.rows
    old = datetime(1980, 1, 1, tzinfo=UTC)
    assert holder(dump_of("850101"), seen=old, at=AFTER).birth == "1885-01-01"


@pytest.mark.parametrize("year", [1, 9999])
def test_the_ends_of_time(year: int) -> None:
    then = datetime(year, 6, 1, tzinfo=UTC)
    dump = dump_of()
    assert holder(dump, seen=then).birth.endswith("74-08-12")
    assert holder(dump, seen=None, at=then).expiry.endswith("34-04-15")
    assert compose(dump, Report((), then), look=look, now=then).footer


def test_a_name_that_may_be_cut_off_is_marked() -> None:
    long = "NILAVADHANANANDA<<CHAYAPA<DEJTHAMRONG<KRASUANG"
    assert holder(dump_of(name=long)).names == (
        "NILAVADHANANANDA",
        "CHAYAPA DEJTHAMRONG K (may be cut off)",
    )
    assert holder(dump_of(name="A" * 39)).names == ("A" * 39 + " (may be cut off)", "")
    assert holder(dump_of()).names == ("ERIKSSON", "ANNA MARIA")


def test_nothing_personal_is_in_a_repr() -> None:
    shown = repr(holder(dump_of(dg11=b"19740813")))
    for secret in ("1974", "2034", "ERIKSSON", "740812"):
        assert secret not in shown


@pytest.mark.parametrize(
    ("birth", "dg11", "said"),
    [
        ("<<<<30", b"19740200", "1974-02-XX"),
        ("<<0229", b"19750000", "1975-XX-XX"),
        ("000229", b"19000000", "1900-XX-XX"),
        ("740812", b"20740812", "2074-08-12"),
    ],
)
def test_a_day_that_cannot_be_is_a_contradiction(birth: str, dg11: bytes, said: str) -> None:
    found = holder(dump_of(birth, dg11=dg11))
    assert found.contradiction == said
    assert found.notes == (CONTRADICTION,)
    assert found.birth == holder(dump_of(birth)).birth
