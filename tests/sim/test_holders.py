"""The fictitious holders and their MRZ, against the specimens and position tables of Doc 9303."""

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from epass.errors import InputError
from epass.sim import mrz
from epass.sim.holders import HOLDERS, Holder

SPECIMEN = HOLDERS["eriksson"]
CARD = replace(SPECIMEN, number="D23145890", expiry="120415", optional="")
LONG = Holder("STEVENSON", "PETER JOHN", "M", "340712", "950712", "D23145890734")

# Positions from 1 of what each check digit covers and where it stands, by line; Doc 9303-4, -5
# and -6 §4.2.4. They are a second statement of the structure, apart from the code's own.
Span = tuple[int, int, int]
CHECKED: dict[str, list[tuple[list[Span], tuple[int, int]]]] = {
    "TD1": [
        ([(2, 1, 6)], (2, 7)),
        ([(2, 9, 14)], (2, 15)),
        ([(1, 6, 30), (2, 1, 7), (2, 9, 15), (2, 19, 29)], (2, 30)),
    ],
    "TD2": [
        ([(2, 14, 19)], (2, 20)),
        ([(2, 22, 27)], (2, 28)),
        ([(2, 1, 10), (2, 14, 20), (2, 22, 35)], (2, 36)),
    ],
    "TD3": [
        ([(2, 1, 9)], (2, 10)),
        ([(2, 14, 19)], (2, 20)),
        ([(2, 22, 27)], (2, 28)),
        ([(2, 1, 10), (2, 14, 20), (2, 22, 43)], (2, 44)),
    ],
}
NAME_PLACE = {"TD1": (2, 0, 30), "TD2": (0, 5, 36), "TD3": (0, 5, 44)}
SHAPE = {"TD1": [30] * 3, "TD2": [36] * 2, "TD3": [44] * 2}


def digit(data: str) -> str:
    """Doc 9303-3 §4.9 in other words than the code's."""
    total = 0
    for position, character in enumerate(data):
        value = 0 if character == "<" else int(character, 36)
        total += value * (7, 3, 1)[position % 3]
    return str(total % 10)


def name_of(lines: tuple[str, ...], document_format: str) -> str:
    line, start, end = NAME_PLACE[document_format]
    return lines[line][start:end]


@pytest.mark.parametrize(
    ("holder", "document_format", "lines"),
    [
        (  # Doc 9303-4, Appendix A
            SPECIMEN,
            "TD3",
            [
                "PPUTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<",
                "L898902C36UTO7408122F3404159ZE184226B<<<<<16",
            ],
        ),
        (  # Doc 9303-5, Appendix A
            CARD,
            "TD1",
            [
                "I<UTOD231458907<<<<<<<<<<<<<<<",
                "7408122F1204159UTO<<<<<<<<<<<6",
                "ERIKSSON<<ANNA<MARIA<<<<<<<<<<",
            ],
        ),
        (  # Doc 9303-6, Appendix A
            CARD,
            "TD2",
            [
                "I<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<",
                "D231458907UTO7408122F1204159<<<<<<<6",
            ],
        ),
        (  # Doc 9303-11, D.2
            LONG,
            "TD1",
            [
                "I<UTOD23145890<7349<<<<<<<<<<<",
                "3407127M9507122UTO<<<<<<<<<<<2",
                "STEVENSON<<PETER<JOHN<<<<<<<<<",
            ],
        ),
        (  # Doc 9303-11, D.2
            LONG,
            "TD2",
            [
                "I<UTOSTEVENSON<<PETER<JOHN<<<<<<<<<<",
                "D23145890<UTO3407127M95071227349<<<8",
            ],
        ),
    ],
)
def test_the_specimens_of_the_standard(
    holder: Holder, document_format: str, lines: list[str]
) -> None:
    assert list(mrz.compose(holder, document_format, "UTO")) == lines


CASES = [
    (name, document_format)
    for name, holder in HOLDERS.items()
    for document_format in mrz.FORMATS
    if document_format != "TD3" or len(holder.number) <= 9
]


@pytest.mark.parametrize(("name", "document_format"), CASES)
def test_every_holder_has_an_mrz_in_every_format(name: str, document_format: str) -> None:
    lines = mrz.compose(HOLDERS[name], document_format, "UTO")
    assert [len(line) for line in lines] == SHAPE[document_format]
    assert all(re.fullmatch(r"[0-9A-Z<]+", line) for line in lines)
    for covered, (line, position) in CHECKED[document_format]:
        data = "".join(lines[at - 1][start - 1 : end] for at, start, end in covered)
        assert lines[line - 1][position - 1] == digit(data), (covered, lines)


def test_the_holders_are_all_of_utopia_and_say_what_is_special() -> None:
    assert {holder.nationality for holder in HOLDERS.values()} == {"UTO"}
    assert all(holder.about for holder in HOLDERS.values())


def test_the_personal_number_stands_where_there_is_room_for_all_of_it() -> None:
    td1, td2 = (mrz.compose(SPECIMEN, form, "UTO") for form in ("TD1", "TD2"))
    assert td1[0][15:] == "ZE184226B<<<<<<"
    assert td2[1][28:35] == "<<<<<<<"


def test_personal_number_check_digit_of_td3() -> None:
    line = mrz.compose(SPECIMEN, "TD3", "UTO")[1]
    assert line[42] == digit(line[28:42]) == "1"
    without = mrz.compose(replace(SPECIMEN, optional=""), "TD3", "UTO")[1]
    assert without[28:43] == "<" * 15


@pytest.mark.parametrize(("document_format", "longest"), [("TD1", 22), ("TD2", 14)])
def test_the_longest_document_number(document_format: str, longest: int) -> None:
    number = "A1B2C3D4E5F6G7H8I9J0K1"[:longest]
    lines = mrz.compose(replace(SPECIMEN, number=number), document_format, "UTO")
    line, start = (lines[0], 5) if document_format == "TD1" else (lines[1], 0)
    rest = 15 if document_format == "TD1" else 28
    assert line[start : start + 10] == number[:9] + "<"
    assert line[rest : rest + longest - 7] == number[9:] + digit(number) + "<"


def test_optional_data_follow_a_long_number() -> None:
    line = mrz.compose(replace(LONG, optional="Z1"), "TD1", "UTO")[0]
    assert line[14:] == "<7349<Z1<<<<<<<<"


@pytest.mark.parametrize(
    ("number", "document_format", "message"),
    [
        ("D23145890734", "TD3", "TD3 holds document numbers of up to 9 characters"),
        ("A" * 15, "TD2", "the document number is too long for this format; choose TD1"),
    ],
)
def test_a_number_that_does_not_fit(number: str, document_format: str, message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        mrz.compose(replace(SPECIMEN, number=number), document_format, "UTO")
    assert number not in caught.value.message


def test_a_format_that_does_not_exist() -> None:
    with pytest.raises(InputError) as caught:
        mrz.compose(SPECIMEN, "TD4", "UTO")
    assert caught.value.message == "document format: choose one of TD1, TD2, TD3"


def test_codes_of_fewer_letters_are_filled() -> None:
    lines = mrz.compose(replace(SPECIMEN, nationality="D"), "TD3", "D")
    assert lines[0][2:5] == "D<<"
    assert lines[1][10:13] == "D<<"


@pytest.mark.parametrize(
    ("printed", "written"),
    [
        ("O'CONNOR", "OCONNOR"),
        ("O\u2019Connor", "OCONNOR"),
        ("SMITH-JONES", "SMITH<JONES"),
        ("VAN DER MUELLEN", "VAN<DER<MUELLEN"),
        ("ANNA, MARIA", "ANNA<MARIA"),
        ("ST. JOHN", "ST<JOHN"),
        ("Müller-Åberg", "MUELLER<AABERG"),
        ("Mu\u0308ller", "MUELLER"),
        ("Weiß", "WEISS"),
        ("ŁĘCKA", "LECKA"),
        ("ÞÓRÐUR", "THORDUR"),
        ("İPEK \u0131\u015f\u0131k", "IPEK<ISIK"),
        ("  two  spaces ", "TWO<SPACES"),
    ],
)
def test_names_are_written_in_a_to_z(printed: str, written: str) -> None:
    """Doc 9303-3 §4.6 and §6 A."""
    holder = replace(SPECIMEN, primary=printed, secondary="")
    assert mrz.name_field(holder, 39) == written.ljust(39, "<")


def test_a_name_that_just_fits_is_not_truncated() -> None:
    holder = replace(SPECIMEN, primary="PAPANDROPOULOUS", secondary="JONATHON WARREN TREVOR")
    assert mrz.name_field(holder, 39) == "PAPANDROPOULOUS<<JONATHON<WARREN<TREVOR"


@pytest.mark.parametrize(
    ("width", "written"),
    [
        (39, "BENNELO<WOOLOOMO<WARRANDY<WARNAMBO<<D<P"),
        (31, "BENNE<WOOLOO<WARRAN<WARNAM<<D<P"),
    ],
)
def test_the_secondary_identifier_gives_way_first(width: int, written: str) -> None:
    assert mrz.name_field(HOLDERS["long-name"], width) == written


names = st.lists(st.text("ABCXYZ", min_size=1, max_size=20), min_size=1, max_size=7)


@given(names, st.one_of(st.just([]), names), st.sampled_from([30, 31, 39]))
def test_a_name_field_is_full_only_with_a_letter_at_its_end_if_truncated(
    primary: list[str], secondary: list[str], width: int
) -> None:
    holder = replace(SPECIMEN, primary=" ".join(primary), secondary=" ".join(secondary))
    written = mrz.name_field(holder, width)
    whole = "<".join(primary) + ("<<" + "<".join(secondary) if secondary else "")
    assert len(written) == width
    if len(whole) <= width:
        assert written == whole.ljust(width, "<")
        return
    assert written[-1] != "<"  # §4.2.3: a letter says that truncation may have occurred
    parts = [part.split("<") for part in written.split("<<")]
    expected = [primary, secondary] if secondary else [primary]
    assert [len(part) for part in parts] == [len(part) for part in expected]
    for part, original in zip(parts, expected, strict=True):
        for short, full in zip(part, original, strict=True):
            assert short
            assert full.startswith(short)


@pytest.mark.parametrize(
    ("primary", "message"),
    [
        ("", "no primary identifier"),
        ("' -", "no primary identifier"),
        ("ERIK2", "the name has a character without transliteration"),
        ("ИВАНОВА", "the name has a character without transliteration"),
        ("A " * 14, "the name has more than 15 components"),
    ],
)
def test_a_name_that_cannot_be_written(primary: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        mrz.name_field(replace(SPECIMEN, primary=primary), 39)
    assert caught.value.message == f"holder: {message}"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("number", ""),
        ("number", "<12345678"),
        ("number", "12345678<"),
        ("number", "l898902c3"),
        ("number", "L898902C3\n"),
        ("number", "A" * 23),
        ("birth", "741312"),
        ("birth", "740832"),
        ("birth", "74<<12"),
        ("birth", "1974081"),
        ("birth", "٧٤٠٨١٢"),
        ("expiry", "3404<<"),
        ("expiry", "340400"),
        ("sex", "X"),
        ("sex", ""),
        ("nationality", "UTOP"),
        ("nationality", "D<<"),
        ("optional", "A" * 15),
        ("optional", "ZE18-4226"),
    ],
)
def test_a_field_of_another_form(name: str, value: str) -> None:
    with pytest.raises(InputError) as caught:
        replace(SPECIMEN, **{name: value})  # type: ignore[arg-type]  # one of its texts
    assert caught.value.message == f"holder: the {name} is not as the MRZ writes it"


@pytest.mark.parametrize("birth", ["8503<<", "85<<<<", "<<<<<<"])
def test_unknown_parts_of_the_birth_count_as_zero(birth: str) -> None:
    line = mrz.compose(replace(SPECIMEN, birth=birth), "TD3", "UTO")[1]
    assert line[13:20] == birth + digit(birth.replace("<", "0"))


def test_nothing_personal_is_in_repr() -> None:
    assert repr(SPECIMEN) == "Holder(about='the specimen of Doc 9303-4, Appendix A')"


@pytest.mark.parametrize(
    ("data", "expected"), [("520727", "3"), ("AB2134<<<", "5"), ("", "0"), ("<<<<<<", "0")]
)
def test_check_digits_of_the_standard(data: str, expected: str) -> None:
    assert mrz.check_digit(data) == expected  # Doc 9303-3, Appendix A


@given(st.text("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ<", max_size=40))
def test_check_digits_of_anything(data: str) -> None:
    assert mrz.check_digit(data) == digit(data)
