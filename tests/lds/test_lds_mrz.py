"""The machine readable zone: fields, check digits, MRZ_information, DG1."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mutation import mutated
from vector_files import Fields, raw, vectors

from epass import tlv
from epass.errors import FormatError, InputError
from epass.lds.mrz import (
    BIRTH,
    COMPOSITE,
    DOCUMENT_NUMBER,
    EXPIRY,
    OPTIONAL_DATA,
    CheckDigit,
    Dg1,
    Mrz,
    around,
    birth,
    check_digit,
    expiry,
    expiry_date,
    information,
    information_from_fields,
    until,
)
from epass.lds.mrz_layout import DOCUMENTS, Format

ACCESS = {key: value for key, value in vectors("doc9303-sm").items() if key.startswith("bac-mrz")}
ZONES = {
    key: value
    for key, value in vectors("doc9303-lds").items()
    if key.startswith("mrz-t") and len(value.get("composite_input", ""))
}
# Printed wrong in the standard itself; the notes of the vectors say what would be right.
MISPRINTED = {"bac-mrz-td1-short", "bac-mrz-td2-short", "mrz-td1-nl-dg1"}
PASSPORT = (
    "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UTO7408122F1204159ZE184226B<<<<<10"
)
CARD = (
    "I<UTOD23145890<7349<<<<<<<<<<<\n3407127M9507122UTO<<<<<<<<<<<2\nSTEVENSON<<PETER<JOHN<<<<<<<<<"
)


def parse(fields: Fields) -> Mrz:
    return Mrz.parse("\n".join(fields["mrz_lines"]))


@pytest.mark.parametrize("name", ["mrz-cd-date", "mrz-cd-docnumber"])
def test_check_digit_of_the_standard(name: str) -> None:
    fields = vectors("doc9303-lds")[name]
    assert check_digit(fields["data"]) == fields["check_digit"]


@pytest.mark.parametrize("text", ["L89890 C3", "l898902c3", "Ä", "٣"])
def test_check_digit_of_what_is_no_mrz(text: str) -> None:
    with pytest.raises(FormatError, match="not a character of the MRZ"):
        check_digit(text)


@pytest.mark.parametrize("name", ZONES)
def test_zones_of_the_standard(name: str) -> None:
    fields = ZONES[name]
    mrz = parse(fields)
    assert mrz.format.name == fields["mrz_type"]
    assert mrz.lines == tuple(fields["mrz_lines"])
    assert mrz.document_number == fields["document_number"].rstrip("<")
    assert mrz.date_of_birth == fields["date_of_birth"]
    assert mrz.date_of_expiry == fields["date_of_expiry"]
    assert mrz.wrong_check_digits == ((COMPOSITE,) if name in MISPRINTED else ())


@pytest.mark.parametrize("name", ACCESS)
def test_mrz_information_of_the_standard(name: str) -> None:
    fields = ACCESS[name]
    mrz = parse(fields)
    assert information(mrz) == fields["MRZ_information"]
    assert mrz.wrong_check_digits == ((COMPOSITE,) if name in MISPRINTED else ())
    number = fields["document_number"].rstrip("<")
    dates = fields["date_of_birth"], fields["date_of_expiry"]
    assert mrz.document_number == number
    assert information_from_fields(number, *dates) == fields["MRZ_information"]


def test_fields_of_a_passport() -> None:
    mrz = Mrz.parse(PASSPORT)
    assert mrz.format is Format.TD3
    assert (mrz.document_code, mrz.issuing_state, mrz.nationality) == ("P", "UTO", "UTO")
    assert (mrz.primary_identifier, mrz.secondary_identifier) == ("ERIKSSON", "ANNA MARIA")
    assert mrz.sex == "F"
    assert mrz.optional_data == ("ZE184226B",)


def test_fields_of_a_card_with_a_long_number() -> None:
    mrz = Mrz.parse(CARD)
    assert mrz.format is Format.TD1
    assert mrz.document_number == "D23145890734"
    assert mrz.optional_data == ("", "")
    assert (mrz.primary_identifier, mrz.secondary_identifier) == ("STEVENSON", "PETER JOHN")
    assert mrz.sex == "M"


def test_optional_data_behind_a_long_number() -> None:
    card = Mrz.parse(CARD.replace("7349<<<<<<<<<<<", "7349<ZE18<<<<<<"))
    assert card.document_number == "D23145890734"
    assert card.optional_data == ("ZE18", "")


def test_the_longest_number_of_a_card() -> None:
    rest = "0123456789ABC"
    digit = check_digit("D23145890" + rest)
    card = Mrz.parse(CARD.replace("7349<<<<<<<<<<<", f"{rest}{digit}<"))
    assert card.document_number == "D23145890" + rest
    assert DOCUMENT_NUMBER not in card.wrong_check_digits
    assert information(card).startswith(f"D23145890{rest}{digit}3407127")


def test_a_number_that_only_announces_to_be_long() -> None:
    card = Mrz.parse(CARD.replace("<7349<<<<<<<<<<<", "<<<<<<<<<<<<<<<<"))
    assert card.document_number == "D23145890"
    assert DOCUMENT_NUMBER in card.wrong_check_digits
    shortened = Mrz.parse(CARD.replace("<7349<<<<<<<<<<<", "<9<<<<<<<<<<<<<<"))
    assert shortened.document_number == "D23145890"


def test_passports_have_no_long_numbers() -> None:
    passport = Mrz.parse(PASSPORT.replace("L898902C36", "L898902C3<"))
    assert passport.document_number == "L898902C3"
    assert passport.wrong_check_digits == (DOCUMENT_NUMBER, COMPOSITE)


@pytest.mark.parametrize(
    ("digit", "wrong"),
    [
        (53, DOCUMENT_NUMBER),
        (63, BIRTH),
        (71, EXPIRY),
        (86, OPTIONAL_DATA),
        (87, COMPOSITE),
    ],
)
def test_each_wrong_check_digit_is_named(digit: int, wrong: str) -> None:
    text = PASSPORT.replace("\n", "")
    other = str((int(text[digit]) + 1) % 10)
    mrz = Mrz.parse(text[:digit] + other + text[digit + 1 :])
    assert mrz.wrong_check_digits in ((wrong,), (wrong, COMPOSITE))


@pytest.mark.parametrize(("digit", "wrong"), [("0", ()), ("<", ()), ("1", (OPTIONAL_DATA,))])
def test_check_digit_of_unused_optional_data(digit: str, wrong: tuple[str, ...]) -> None:
    line = f"L898902C36UTO7408122F1204159{'<' * 14}{digit}"
    composite = check_digit(line[:10] + line[13:20] + line[21:])
    assert Mrz.parse(f"P<UTO{'X' * 39}{line}{composite}").wrong_check_digits == wrong


def test_one_name_only() -> None:
    mrz = Mrz.parse(PASSPORT.replace("ERIKSSON<<ANNA<MARIA", "ARKFREITH<<<<<<<<<<<"))
    assert (mrz.primary_identifier, mrz.secondary_identifier) == ("ARKFREITH", "")


@pytest.mark.parametrize(("printed", "sex"), [("F", "F"), ("M", "M"), ("<", "X"), ("X", "X")])
def test_sex(printed: str, sex: str) -> None:
    assert Mrz.parse(PASSPORT.replace("2F12", f"2{printed}12")).sex == sex


@pytest.mark.parametrize(
    "text",
    [
        "",
        PASSPORT + "<",
        PASSPORT[:-1],
        PASSPORT.replace("\n", "\n\n"),
        PASSPORT.replace("<\nL", "\n<L"),
        CARD.replace("\n", "", 1),
        vectors("doc9303-lds")["mrz-td2-hmd-dg1-broken"]["mrz_text"],
        "\n".join(vectors("doc9303-lds")["mrz-td3-4b"]["mrz_lines"]),
    ],
)
def test_lines_of_another_length(text: str) -> None:
    with pytest.raises(FormatError, match=r"not 3 lines of 30, 2 of 36 or 2 of 44 characters"):
        Mrz.parse(text)


@pytest.mark.parametrize("character", ["l", " ", "_", "Ä", "٣", "\x00", "-"])
def test_a_character_that_the_mrz_does_not_have(character: str) -> None:
    with pytest.raises(FormatError) as caught:
        Mrz.parse(PASSPORT.replace("L898902C3", f"L898902C{character}").replace("\n", ""))
    assert str(caught.value) == "MRZ at byte 52: not a character of the MRZ"


def test_no_zone_of_another_size_can_exist() -> None:
    with pytest.raises(FormatError, match="88 characters, not 90"):
        Mrz(Format.TD1, PASSPORT.replace("\n", ""))


# --- dates -----------------------------------------------------------------------------------

TODAY = date(2026, 11, 20)


def with_dates(birth: str = "740812", expiry: str = "120415") -> Mrz:
    return Mrz.parse(PASSPORT.replace("740812", birth).replace("120415", expiry))


@pytest.mark.parametrize(
    ("printed", "expected"),
    [
        ("740812", "1974-08-12"),
        ("000229", "2000-02-29"),
        ("261120", "2026-11-20"),
        ("261121", "1926-11-21"),
        ("270101", "1927-01-01"),
        ("<<<<<<", "XXXX-XX-XX"),
        ("74<<<<", "1974-XX-XX"),
        ("740832", ""),
        ("741312", ""),
        ("74O812", ""),
    ],
)
def test_birth_was_before_today(printed: str, expected: str) -> None:
    assert birth(with_dates(birth=printed), century=until(TODAY)) == expected


@pytest.mark.parametrize(
    ("today", "born", "expires"),
    [
        (date(50, 1, 1), "", date(34, 4, 15)),
        (date(75, 1, 1), "0074-08-12", date(34, 4, 15)),
        (date(9999, 1, 1), "9974-08-12", None),
        (date.min, "", date(34, 4, 15)),
        (date.max, "9974-08-12", None),
    ],
)
def test_days_beside_the_calendar_are_none(today: date, born: str, expires: date | None) -> None:
    mrz = with_dates(birth="740812", expiry="340415")
    assert (birth(mrz, century=until(today)), expiry_date(mrz, today=today)) == (born, expires)


def test_the_day_that_only_some_centuries_have() -> None:
    assert birth(with_dates(birth="000229"), century=until(date(2000, 2, 28))) == ""


@pytest.mark.parametrize(
    ("printed", "expected"),
    [
        ("120415", date(2012, 4, 15)),
        ("360101", date(2036, 1, 1)),
        ("751231", date(2075, 12, 31)),
        ("760101", date(1976, 1, 1)),
        ("990101", date(1999, 1, 1)),
        ("120431", None),
        ("<<<<<<", None),
    ],
)
def test_expiry_is_within_fifty_years(printed: str, expected: date | None) -> None:
    assert expiry_date(with_dates(expiry=printed), today=TODAY) == expected


@pytest.mark.parametrize(
    ("printed", "expected"),
    [
        ("740812", "1974-08-12"),
        ("7408<<", "1974-08-XX"),
        ("74<<<<", "1974-XX-XX"),
        ("74<<12", "1974-XX-12"),
        ("<<0812", "XXXX-08-12"),
        ("<<0229", "XXXX-02-29"),
        ("<<<<<<", "XXXX-XX-XX"),
        ("740000", "1974-XX-XX"),
        ("261120", "2026-11-20"),
        ("261121", "1926-11-21"),
        ("2611<<", "2026-11-XX"),
        ("2612<<", "1926-12-XX"),
        ("26<<<<", "2026-XX-XX"),
        ("27<<<<", "1927-XX-XX"),
        ("741312", ""),
        ("740931", ""),
        ("7<0812", ""),
        ("74081<", ""),
        ("74O812", ""),
    ],
)
def test_birth_of_which_a_part_may_be_unknown(printed: str, expected: str) -> None:
    assert birth(with_dates(birth=printed), century=until(TODAY)) == expected


def test_the_century_is_the_callers_to_choose() -> None:
    mrz = with_dates(birth="740812", expiry="360101")
    assert birth(mrz, century=lambda year, _month, _day: 1800 + year) == "1874-08-12"
    assert expiry(mrz, century=lambda year, _month, _day: 2100 + year) == "2136-01-01"
    assert expiry(mrz, century=around(TODAY)) == "2036-01-01"


def test_the_rule_is_told_what_is_known() -> None:
    seen: list[tuple[int, int | None, int | None]] = []

    def rule(year: int, month: int | None, day: int | None) -> int:
        seen.append((year, month, day))
        return 1900 + year

    for printed in ("740812", "7408<<", "74<<<<", "<<<<<<"):
        birth(with_dates(birth=printed), century=rule)
    assert seen == [(74, 8, 12), (74, 8, None), (74, None, None)]


# --- check digits, with their values ---------------------------------------------------------


def test_each_check_digit_as_printed_and_as_it_should_be() -> None:
    mrz = Mrz.parse(PASSPORT.replace("L898902C36", "L898902C35"))
    assert mrz.check_digits == (
        CheckDigit(DOCUMENT_NUMBER, 2, 10, "5", "6", ok=False),
        CheckDigit(BIRTH, 2, 20, "2", "2", ok=True),
        CheckDigit(EXPIRY, 2, 28, "9", "9", ok=True),
        CheckDigit(OPTIONAL_DATA, 2, 43, "1", "1", ok=True),
        CheckDigit(COMPOSITE, 2, 44, "0", "3", ok=False),
    )


def test_the_check_digit_of_a_long_number_stands_behind_it() -> None:
    number, *_ = Mrz.parse(CARD).check_digits
    assert number == CheckDigit(DOCUMENT_NUMBER, 1, 19, "9", "9", ok=True)


def test_a_filler_for_zero_is_right_under_optional_data_that_are_not_used() -> None:
    line = f"L898902C36UTO7408122F1204159{'<' * 15}"
    composite = check_digit(line[:10] + line[13:20] + line[21:])
    *_, optional, _ = Mrz.parse(f"P<UTO{'X' * 39}{line}{composite}").check_digits
    assert optional == CheckDigit(OPTIONAL_DATA, 2, 43, "<", "0", ok=True)


def test_no_check_digit_shows_in_a_repr() -> None:
    shown = repr(Mrz.parse(PASSPORT).check_digits[0])
    assert shown == "CheckDigit(name='document number', line=2, position=10, ok=True)"


# --- names and states ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "may_be"),
    [
        ("ERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<", False),
        ("NILAVADHANANANDA<<CHAYAPA<DEJTHAMRONG<K", True),
        ("BENNELONG<WOOLOOMOOLOO<WARRANDYTE<W<<DI", True),
        ("PAPANDROPOULOUS<<JONATHON<WARREN<TREVOR", True),  # it just fits; nobody can know
    ],
)
def test_names_that_may_be_truncated(name: str, may_be: bool) -> None:
    mrz = Mrz.parse(f"P<UTO{name}\n{PASSPORT.splitlines()[1]}")
    assert mrz.name_may_be_truncated is may_be


@pytest.mark.parametrize(
    ("name", "may_be"),
    [
        ("NILAVADHANANANDA<<CHAYAPA<DEJ<K", True),
        ("PAPANDROPOULOUS<<JONATHOON<ALEC", True),  # §4.2.3.3: must be assumed
        ("AL<BASRI<<HUDA<MUHAMMAD<JAWAD<<", False),
        ("ARKFREITH<<<<<<<<<<<<<<<<<<<<<<", False),
    ],
)
def test_the_names_of_part_6(name: str, may_be: bool) -> None:
    mrz = Mrz.parse(f"I<UTO{name}\nD231458907UTO7408122F1204159<<<<<<<6")
    assert mrz.name_may_be_truncated is may_be


def test_states_by_their_names() -> None:
    mrz = Mrz.parse(PASSPORT.replace("P<UTO", "P<D<<").replace("6UTO7", "6XXA7"))
    assert mrz.country is not None
    assert mrz.country_of_nationality is not None
    assert (mrz.country.name, mrz.country.alpha2) == ("Germany", "DE")
    assert mrz.country_of_nationality.name == "stateless person (1954 Convention)"
    nobodys = Mrz.parse(PASSPORT.replace("UTO", "QQQ"))
    assert (nobodys.country, nobodys.country_of_nationality) == (None, None)


# --- visas -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "form", "optional"),
    [("mrz-mrva-7", Format.MRV_A, "ZE184226B"), ("mrz-mrvb-7", Format.MRV_B, "")],
)
def test_visas_of_the_standard(name: str, form: Format, optional: str) -> None:
    fields = vectors("doc9303-lds")[name]
    mrz = parse(fields)
    assert mrz.format is form
    assert mrz.document_number == fields["document_number"].rstrip("<")
    assert mrz.date_of_birth == fields["date_of_birth"]
    assert mrz.date_of_expiry == fields["date_of_expiry"]
    assert mrz.optional_data == (optional,)
    assert [(item.name, item.printed, item.ok) for item in mrz.check_digits] == [
        (DOCUMENT_NUMBER, fields["document_number_check_digit"], True),
        (BIRTH, fields["date_of_birth_check_digit"], True),
        (EXPIRY, fields["date_of_expiry_check_digit"], True),
    ]


def test_visas_have_no_long_numbers() -> None:
    fields = vectors("doc9303-lds")["mrz-mrvb-7"]
    text = "".join(fields["mrz_lines"]).replace("1234567XY7", "1234567XY<")
    visa = Mrz.parse(text[:64] + "123<<<<<")
    assert visa.document_number == "1234567XY"
    assert visa.wrong_check_digits == (DOCUMENT_NUMBER,)


def test_every_zone_has_one_format() -> None:
    assert [Format.of("P" + "<" * (form.size - 1)) for form in DOCUMENTS] == list(DOCUMENTS)
    assert Format.of("V" + "<" * 87) is Format.MRV_A
    assert Format.of("V" + "<" * 71) is Format.MRV_B
    assert Format.of("V" + "<" * 89) is Format.TD1  # there is no visa of three lines
    assert Format.of("V") is None


# --- MRZ_information from fields -------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "birth", "expiry"),
    [
        ("L898902C", "690806", "940623"),
        ("L898902C<", "690806", "940623"),
        (" l898902c ", "690806\n", "940623"),
    ],
)
def test_fields_are_padded_and_folded(number: str, birth: str, expiry: str) -> None:
    assert information_from_fields(number, birth, expiry) == "L898902C<369080619406236"


def test_fillers_behind_a_long_number_are_no_part_of_it() -> None:
    plain = information_from_fields("D23145890734", "340712", "950712")
    assert information_from_fields("D23145890734<<", "340712", "950712") == plain


def test_unknown_birth_counts_as_zero() -> None:
    assert information_from_fields("L898902C3", "<<<<<<", "120415")[10:17] == "<<<<<<0"


@pytest.mark.parametrize(
    ("number", "birth", "expiry", "message"),
    [
        ("", "690806", "940623", "document number: not 1 to 22 letters, digits or <"),
        ("<<<", "690806", "940623", "document number: not 1 to 22 letters, digits or <"),
        ("X" * 23, "690806", "940623", "document number: not 1 to 22 letters, digits or <"),
        ("L89-902C", "690806", "940623", "document number: not 1 to 22 letters, digits or <"),
        ("L898902ß", "690806", "940623", "document number: not 1 to 22 letters, digits or <"),
        ("L898902C", "69080", "940623", "date of birth: not 6 digits, YYMMDD, with < where"),
        ("L898902C", "69O806", "940623", "date of birth: not 6 digits, YYMMDD, with < where"),
        ("L898902C", "690806", "94<<<<", "date of expiry: not 6 digits, YYMMDD"),
        ("L898902C", "690806", "٩٤٠٦٢٣", "date of expiry: not 6 digits, YYMMDD"),
    ],
)
def test_fields_that_are_none(number: str, birth: str, expiry: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        information_from_fields(number, birth, expiry)
    assert str(caught.value).startswith(message)
    assert "YYMMDD" in message or "69080" not in str(caught.value)


# --- DG1 -------------------------------------------------------------------------------------

DG1 = raw(vectors("doc9303-lds")["lds-dg1-td1"], "DG1")


def test_no_chip_is_a_visa() -> None:
    """Doc 9303-10 §4.7.1: DG1 has the format of TD1, TD2 or TD3, with their check digits."""
    assert Dg1.parse(dg1(b"V" + b"<" * 87)).mrz.format is Format.TD3


def test_dg1_of_the_standard() -> None:
    fields = vectors("doc9303-lds")["mrz-td1-nl-dg1"]
    mrz = Dg1.parse(DG1).mrz
    assert mrz.lines == tuple(fields["mrz_lines"])
    assert mrz.wrong_check_digits == (COMPOSITE,)  # misprinted, and no reason to refuse the file


def dg1(content: bytes) -> bytes:
    return tlv.build(0x61, tlv.build(0x5F1F, content))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "DG1 at byte 0: empty"),
        (DG1 + b"\x00\x00", "DG1 at byte 95: 2 bytes after the end"),
        (DG1[:-1], "DG1/61 at byte 0: 93 bytes declared, 92 are there"),
        (b"\x75" + DG1[1:], "DG1 at byte 0: the tag is 75, not 61"),
        (tlv.build(0x61, tlv.build(0x5F1E, DG1[5:])), "DG1/61 at byte 2: the data object 5F1F is"),
        (tlv.build(0x61, DG1[2:] * 2), "DG1/61 at byte 3: not one data object"),
        (dg1(b"<" * 89), "DG1/61/5F1F at byte 5: 89 characters, not 72, 88 or 90"),
        (dg1(b"<" * 71 + b"a"), "DG1/61/5F1F at byte 76: not a character of the MRZ"),
        (dg1(b"<" * 87 + b"\n"), "DG1/61/5F1F at byte 92: not a character of the MRZ"),
    ],
)
def test_malformed_dg1(content: bytes, message: str) -> None:
    with pytest.raises(FormatError) as caught:
        Dg1.parse(content)
    assert str(caught.value).startswith(message)


# --- properties ------------------------------------------------------------------------------


@settings(max_examples=200)
@given(st.one_of(st.binary(max_size=120), mutated(DG1)))
def test_any_bytes_are_parsed_or_refused_in_silence(content: bytes) -> None:
    try:
        mrz = Dg1.parse(content).mrz
    except FormatError as fault:
        assert "STEEN" not in str(fault)
        assert "XI85935F8" not in str(fault)
    else:
        assert "".join(mrz.lines) == mrz.text


@settings(max_examples=200)
@given(st.sampled_from(Format), st.data())
def test_every_zone_of_the_right_size_has_all_fields(form: Format, data: st.DataObject) -> None:
    size = form.size - 1
    text = "V" if form.is_visa else "P"
    text += data.draw(st.text("ABCXYZ0189<", min_size=size, max_size=size))
    mrz = Mrz.parse(text)
    assert mrz.format is form
    assert information(mrz).endswith(mrz.date_of_expiry + text[form.value.expiry[1]])
    assert len(birth(mrz, century=until(TODAY))) in (0, 10)
    assert len(expiry(mrz, century=around(TODAY))) in (0, 10)
    expiry_date(mrz, today=TODAY)
    assert mrz.wrong_check_digits == tuple(item.name for item in mrz.check_digits if not item.ok)
    properties = (mrz.document_code, mrz.issuing_state, mrz.nationality, *mrz.optional_data)
    assert not any("<" in value for value in properties)


def test_nothing_shows_in_a_repr() -> None:
    mrz = Mrz.parse(PASSPORT)
    assert repr(mrz) == "Mrz(format=Format.TD3)"
    assert repr(Dg1(mrz)) == "Dg1(mrz=Mrz(format=Format.TD3))"
