"""The MRZ as an operator types it: what is refused, what is proposed, what is not said."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from vector_files import vectors

from epass.errors import InputError
from epass.lds.mrz import Mrz, check_digit
from epass.lds.mrz_layout import Format
from epass.lds.mrz_typed import CONFUSABLE, Correction, as_typed, corrections, typed

NAME = "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<"
LINE = "L898902C36UTO7408122F1204159ZE184226B<<<<<10"
CARD = (
    "I<UTOD23145890<7349<<<<<<<<<<<",
    "3407127M9507122UTO<<<<<<<<<<<2",
    "STEVENSON<<PETER" + 14 * "<",
)


def changed(position: int, character: str, line: str = LINE) -> str:
    """A passport whose second line has another character; ``position`` counts from 1."""
    return f"{NAME}\n{line[: position - 1]}{character}{line[position:]}"


def refusal(text: str) -> str:
    with pytest.raises(InputError) as caught:
        typed(text)
    assert "printed document" in caught.value.advice
    return str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        f"{NAME}\n{LINE}",
        f"\n  {NAME}  \r\n\n{LINE}\n",
        f"{NAME}{LINE}",
        f"{NAME}\n{LINE}".lower(),
    ],
)
def test_a_passport_however_it_is_typed(text: str) -> None:
    assert typed(text) == Mrz(Format.TD3, NAME + LINE)


@pytest.mark.parametrize("name", ["mrz-td1-5", "mrz-td2-6", "mrz-td3-4a"])
def test_specimens_of_the_standard(name: str) -> None:
    fields = vectors("doc9303-lds")[name]
    assert typed("\n".join(fields["mrz_lines"])).format.name == fields["mrz_type"]


@pytest.mark.parametrize("name", ["mrz-mrva-7", "mrz-mrvb-7"])
def test_a_visa_has_no_chip(name: str) -> None:
    lines = "\n".join(vectors("doc9303-lds")[name]["mrz_lines"])
    with pytest.raises(InputError) as caught:
        typed(lines)
    assert str(caught.value) == "this is the MRZ of a visa, which has no chip"
    assert caught.value.advice == "Type the MRZ of the passport or card."
    assert as_typed(lines).format.is_visa


def test_what_is_wrong_is_left_for_others_to_judge() -> None:
    mrz = as_typed(changed(16, "O").lower())
    assert mrz.text == changed(16, "O").replace("\n", "")


def test_a_card_with_a_long_number() -> None:
    assert typed("\n".join(CARD)).document_number == "D23145890734"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the MRZ has 2 or 3 lines, not 0"),
        (LINE, "the MRZ has 2 or 3 lines, not 1"),
        ("\n".join([NAME] * 4), "the MRZ has 2 or 3 lines, not 4"),
        (f"{NAME}\n{LINE[:-1]}", "MRZ line 2 has 43 characters, not 44 (TD3)"),
        (f"{NAME}<\n{LINE}", "MRZ line 1 has 45 characters, not 44 (TD3)"),
        (f"{NAME[:-8]}\n{LINE[:-9]}", "MRZ line 2 has 35 characters, not 36 (TD2)"),
        ("\n".join(CARD)[:-1], "MRZ line 3 has 29 characters, not 30 (TD1)"),
        (changed(5, "_"), "MRZ line 2, position 5: none of A to Z, 0 to 9 and <"),
        (changed(5, " "), "MRZ line 2, position 5: none of A to Z, 0 to 9 and <"),
        (
            changed(5, "\N{LATIN SMALL LETTER DOTLESS I}"),
            "MRZ line 2, position 5: none of A to Z, 0 to 9 and <",
        ),
        (changed(5, "ß"), "MRZ line 2, position 5: none of A to Z, 0 to 9 and <"),
        (changed(5, "Ö"), "MRZ line 2, position 5: none of A to Z, 0 to 9 and <"),
    ],
)
def test_what_is_no_mrz(text: str, message: str) -> None:
    assert refusal(text) == message


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            changed(16, "O"),  # in the date of birth
            "the check digit does not fit: date of birth (line 2, position 20), composite (line 2,"
            " position 44). Likely: line 2, position 16: the letter O where the digit 0 would be"
            " right",
        ),
        (
            changed(27, "S"),  # in the date of expiry
            "the check digit does not fit: date of expiry (line 2, position 28), composite (line 2,"
            " position 44). Likely: line 2, position 27: the letter S where the digit 5 would be"
            " right",
        ),
        (
            changed(44, "O"),
            "the check digit does not fit: composite (line 2, position 44). Likely: line 2,"
            " position 44: the letter O where the digit 0 would be right",
        ),
        (
            changed(19, "3"),  # one digit for another: nothing to be confused with
            "the check digit does not fit: date of birth (line 2, position 20), composite (line 2,"
            " position 44)",
        ),
    ],
)
def test_wrong_check_digits(text: str, message: str) -> None:
    assert refusal(text) == message


def test_the_check_digit_of_a_long_number_is_named_where_it_stands() -> None:
    message = refusal("\n".join(CARD).replace("7349", "7359"))
    assert message.startswith("the check digit does not fit: document number (line 1, position 19)")


def test_what_is_right_in_every_respect_comes_first() -> None:
    found = corrections(Mrz.parse(changed(2, "B")))
    assert len(found) > 1
    assert found[0] == Correction(2, 2, "B", "8", complete=True)
    assert str(found[0]) == "line 2, position 2: the letter B where the digit 8 would be right"
    complete = [item.complete for item in found]
    assert complete == sorted(complete, reverse=True)


def test_two_errors_are_proposed_one_by_one() -> None:
    mrz = Mrz.parse(changed(2, "B", changed(27, "S").split("\n")[1]))
    found = corrections(mrz)
    assert not any(item.complete for item in found)
    assert {(2, "8"), (27, "5")} <= {(item.position, item.proposed) for item in found}


def test_g_and_6_differ_only_where_a_digit_must_stand() -> None:
    line = LINE.replace("7408122F", f"740816{check_digit('740816')}F")
    line = line[:43] + check_digit(line[:10] + line[13:20] + line[21:43])
    assert typed(f"{NAME}\n{line}").date_of_birth == "740816"
    misread = f"{NAME}\n{line.replace('740816', '74081G')}"
    assert Mrz.parse(misread).wrong_check_digits == ()
    assert "position 19: the letter G where the digit 6 would be right" in refusal(misread)


def test_no_letter_is_proposed_where_a_digit_must_stand() -> None:
    for position in (*range(14, 21), *range(22, 29), 43, 44):
        for character in "0123456789":
            for item in corrections(Mrz.parse(changed(position, character))):
                assert item.proposed.isdigit() or item.position not in range(14, 29)


def test_every_single_confusion_is_found_again() -> None:
    for position, character in enumerate(LINE, 1):
        for other in CONFUSABLE.get(character, ""):
            mrz = Mrz.parse(changed(position, other))
            proposed = {(item.position, item.proposed) for item in corrections(mrz)}
            if mrz.wrong_check_digits:
                assert (position, character) in proposed


def test_confusions_go_both_ways() -> None:
    assert all(key in CONFUSABLE[other] for key, others in CONFUSABLE.items() for other in others)


@settings(max_examples=200)
@given(st.sampled_from(range(45, 89)), st.sampled_from("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ<"))
def test_a_message_tells_no_more_than_places_and_confusable_pairs(at: int, put: str) -> None:
    text = NAME + LINE
    try:
        typed(text[: at - 1] + put + text[at:])
    except InputError as fault:
        plain = re.sub(
            r"the (letter|digit) [A-Z0-9] where the (letter|digit) [A-Z0-9]", "", str(fault)
        )
        assert not re.search(r"[A-Z<]|\d{3}", plain.replace("Likely", ""))


@settings(max_examples=200)
@given(st.text("AO01<lZ \n_Ä", max_size=300))
def test_any_text_is_accepted_or_refused(text: str) -> None:
    try:
        mrz = typed(text)
    except InputError as fault:
        assert fault.exit_status == 2
    else:
        assert not mrz.wrong_check_digits
