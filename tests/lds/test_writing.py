"""Text and names of data elements in the encodings that states use."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from epass.lds import writing
from epass.lds.writing import PersonName, Written, decode

LATIN = "not UTF-8; shown as ISO 8859-1"
WINDOWS = "not UTF-8; shown as Windows-1252"
UTF_16 = "not UTF-8; shown as UTF-16"


@pytest.mark.parametrize(
    ("raw", "text", "deviation"),
    [
        (b"", "", ""),
        (b"TRAVEL AGENT", "TRAVEL AGENT", ""),
        ("Żółć, 张伟, عمر".encode(), "Żółć, 张伟, عمر", ""),
        (b"two\r\nlines", "two\r\nlines", ""),
        ("Œuvre".encode("utf-8-sig"), "Œuvre", ""),
        ("Préfecture".encode("latin-1"), "Préfecture", LATIN),
        ("Müller".encode("cp1252"), "Müller", LATIN),
        ("Straße „Œ“".encode("cp1252"), "Straße „Œ“", WINDOWS),
        (b"\x81\xe9", "\x81é", "in no known encoding; shown as ISO 8859-1"),
        ("Müller".encode("utf-16-be"), "Müller", UTF_16),
        ("Meier".encode("utf-16-be"), "Meier", UTF_16),
        ("Meier".encode("utf-16-le"), "Meier", UTF_16),
        ("Иванов".encode("utf-16-be"), "Иванов", UTF_16),
        (b"\xfe\xff" + "Иванов".encode("utf-16-be"), "Иванов", UTF_16),
        (b"\xff\xfe" + "Иванов".encode("utf-16-le"), "Иванов", UTF_16),
        (b"\xff\xfe\x00", "ÿþ\x00", "in no known encoding; shown as ISO 8859-1"),
        (b"\xff\xfe\x00\xd8", "ÿþ\x00Ø", "in no known encoding; shown as ISO 8859-1"),
        (b"AGENT\0\0\0", "AGENT", "zero bytes behind the text"),
        (b"\0\0", "", "zero bytes behind the text"),
        (b"AG\x07ENT", "AG\x07ENT", "control characters in the text"),
        (b"AG\x07ENTS", "AG\x07ENTS", "control characters in the text"),
        (b"\x00\x07\x00\x08", "\x00\x07\x00\x08", "control characters in the text"),
    ],
)
def test_encodings(raw: bytes, text: str, deviation: str) -> None:
    assert decode(raw) == Written(text, deviation)


@given(st.binary(max_size=40))
def test_any_bytes_are_some_text(raw: bytes) -> None:
    written = decode(raw)
    assert written.deviation or written.value.encode() in (raw, raw.removeprefix(b"\xef\xbb\xbf"))


@given(st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1).map("\u017b".__add__))
def test_utf8_is_read_as_it_is(text: str) -> None:
    assert decode(text.encode()) == Written(text)


@pytest.mark.parametrize(
    ("text", "name", "deviation"),
    [
        ("SMITH<<JOHN<J", PersonName("SMITH", "JOHN J"), ""),
        ("VAN<DER<STEEN<<MARIANNE", PersonName("VAN DER STEEN", "MARIANNE"), ""),
        ("Иванов<<Иван", PersonName("Иванов", "Иван"), ""),
        ("张伟", PersonName("张伟"), ""),
        ("Ana Maria", PersonName("Ana Maria"), ""),
        ("<<SMITH<<JOHN<<", PersonName("SMITH", "JOHN"), ""),
        (
            "BROWN<<MARY<<J",
            PersonName("BROWN", "MARY J"),
            "more than a primary and a secondary identifier",
        ),
        ("", None, ""),
        ("<<<", None, ""),
    ],
)
def test_names(text: str, name: PersonName | None, deviation: str) -> None:
    assert writing.name(text) == (name, deviation)


def test_fields_that_are_empty_are_left_out() -> None:
    assert writing.fields("123 MAPLE RD<ANYTOWN<< MN <") == ("123 MAPLE RD", "ANYTOWN", "MN")
    assert writing.fields("") == ()


def test_nothing_personal_in_a_repr() -> None:
    assert repr(PersonName("MARKED", "GIVEN")) == "PersonName()"
    assert "MARKED" not in repr(Written("MARKED"))
