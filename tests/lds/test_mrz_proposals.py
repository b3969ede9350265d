"""What may have been meant by an MRZ whose check digits are wrong."""

import itertools
import random
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from epass.lds import mrz_proposals
from epass.lds.mrz import Mrz, check_digit
from epass.lds.mrz_proposals import MAX_CHANGES, MAX_PROPOSALS, propose
from epass.lds.mrz_typed import CONFUSABLE

NAME = "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<"
LINE = "L898902C36UTO7408122F1204159ZE184226B<<<<<10"
PASSPORT = Mrz.parse(NAME + LINE)
CARD = Mrz.parse(
    "I<UTOD23145890<7349<<<<<<<<<<<3407127M9507122UTO<<<<<<<<<<<2STEVENSON<<PETER<JOHN<<<<<<<<<"
)


def retyped(mrz: Mrz, *changes: tuple[int, str]) -> Mrz:
    """``mrz`` with other characters; positions count from 0 through all lines."""
    text = list(mrz.text)
    for at, put in changes:
        text[at] = put
    return Mrz(mrz.format, "".join(text))


def line(text: str) -> str:
    """The second line of a passport, with its composite check digit set right."""
    return text[:43] + check_digit(text[:10] + text[13:20] + text[21:43])


def test_nothing_is_proposed_where_nothing_is_wrong() -> None:
    assert propose(PASSPORT) == ()


def test_one_confusion() -> None:
    first, *_ = propose(retyped(PASSPORT, (45, "B")))  # L8 as LB
    assert first.mrz == PASSPORT
    (correction,) = first.corrections
    assert (correction.line, correction.position) == (2, 2)
    assert (correction.found, correction.proposed, correction.complete) == ("B", "8", True)


def test_confusions_in_several_fields_at_once() -> None:
    typed = retyped(PASSPORT, (45, "B"), (57 + 3, "B"), (65, "I"), (72, "2"))
    proposals = propose(typed)
    assert PASSPORT in [item.mrz for item in proposals]
    found = next(item for item in proposals if item.mrz == PASSPORT)
    assert [(item.position, item.found, item.proposed) for item in found.corrections] == [
        (2, "B", "8"),
        (17, "B", "8"),
        (22, "I", "1"),
        (29, "2", "Z"),
    ]
    assert not any(item.complete for item in found.corrections)


def test_letters_in_fields_of_digits_are_always_read_as_digits() -> None:
    """However many they are; nothing else can stand there."""
    line_two = line("L898902C36UTO0108109F110101" + "X" + "<" * 14 + "0X")
    line_two = line_two.replace("0108109", "010810" + check_digit("010810"))
    line_two = line(line_two[:27] + check_digit("110101") + line_two[28:])
    right = Mrz.parse(NAME + line_two)
    assert right.wrong_check_digits == ()
    letters = {"0": "O", "1": "I", "8": "B"}
    places = [at for at in (*range(57, 63), *range(65, 71)) if right.text[at] in letters]
    assert len(places) > MAX_CHANGES
    typed = retyped(right, *((at, letters[right.text[at]]) for at in places))
    assert [item.mrz for item in propose(typed)] == [right]


def test_g_for_6_in_a_date_although_all_check_digits_fit() -> None:
    right = Mrz.parse(NAME + line(LINE.replace("7408122", "740816" + check_digit("740816"))))
    typed = retyped(right, (62, "G"))
    assert typed.wrong_check_digits == ()
    assert [item.mrz for item in propose(typed)] == [right]


def test_g_and_6_outside_of_a_date_are_not_told_apart() -> None:
    assert propose(retyped(Mrz.parse(NAME + line("G" + LINE[1:])), (44, "6"))) == ()


def test_a_letter_that_resembles_no_digit() -> None:
    assert propose(retyped(PASSPORT, (58, "X"))) == ()


def test_one_digit_for_another() -> None:
    """7 for 1 in the date of birth: no confusion of a letter and a digit explains it."""
    assert propose(retyped(PASSPORT, (62, "3"))) == ()


def test_the_fewest_changes_and_the_commonest_confusions_come_first() -> None:
    right = Mrz.parse(NAME + line("OD00OO0O0" + check_digit("OD00OO0O0") + LINE[10:]))
    proposals = propose(retyped(right, (45, "0")))
    assert right in [item.mrz for item in proposals]
    ranks = [
        (len(found.corrections), sum(item.proposed in "DQ" for item in found.corrections))
        for found in proposals
    ]
    assert ranks == sorted(ranks)
    assert ranks[0][0] == 1


def test_mistakes_that_cancel_each_other_out() -> None:
    """B for 8 twice changes no check digit: one change suffices, and three were meant."""
    typed = retyped(PASSPORT, (45, "B"), (47, "B"), (49, "O"), (59, "O"), (61, "I"))
    assert typed.lines[1].startswith("LB9B9O2C36UTO74O8I22")
    first, second = propose(typed)
    assert [item.proposed for item in first.corrections] == ["0", "0", "1"]
    assert [item.proposed for item in second.corrections] == ["8", "8", "0", "0", "1"]
    assert (second.mrz, first.mrz.wrong_check_digits) == (PASSPORT, ())


def test_more_changes_than_suffice_go_one_way_only() -> None:
    """O for 0 is one change, and 8 for B beside B for 8 would be two more for nothing."""
    (only,) = propose(retyped(PASSPORT, (49, "O")))
    assert only.mrz == PASSPORT


def test_a_long_number() -> None:
    first, *_ = propose(retyped(CARD, (14 + 1, "7"), (6, "Z")))
    assert first.mrz == CARD


def test_a_long_number_whose_check_digit_is_a_letter() -> None:
    right = CARD.text.replace("7349<<", "7365<<")
    digit = check_digit("D23145890" + "736")
    right = right.replace("7365<<", f"736{digit}<<")
    mrz = Mrz.parse(right)
    letter = CONFUSABLE[digit][0]
    composite = check_digit(right[5:37] + right[38:45] + right[48:59])
    mrz = retyped(mrz, (59, composite))
    assert propose(retyped(mrz, (18, letter)))[0].mrz == mrz


def test_a_number_that_announces_to_be_long_and_is_not() -> None:
    typed = retyped(CARD, *((at, "<") for at in range(15, 30)))
    assert propose(typed) == ()


def test_nothing_shows_in_a_repr() -> None:
    assert repr(propose(retyped(PASSPORT, (45, "B")))[0]) == "Proposal()"


def test_the_work_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """A number and optional data of nothing but confusable characters, and no way out."""
    tried: list[object] = []

    def counted(items: list[object], count: int) -> Iterator[object]:
        for chosen in itertools.combinations(items, count):
            tried.append(count)
            yield chosen

    monkeypatch.setattr(mrz_proposals, "combinations", counted)
    monkeypatch.setattr(mrz_proposals, "MAX_TRIED", 1000)
    text = "I<UTO" + "O" * 9 + "1" + "O" * 15 + "3407121M9507121UTO" + "O" * 11 + "1" + "<" * 30
    assert propose(Mrz.parse(text)) == ()
    assert len(tried) == 1000
    assert set(tried) == {1, 2, 3}


@settings(max_examples=150, deadline=None)
@given(st.sampled_from((PASSPORT, CARD)), st.randoms(use_true_random=False))
def test_up_to_three_confusions_are_undone(right: Mrz, choice: random.Random) -> None:
    places = [at for at in range(5, len(right.text)) if right.text[at] in CONFUSABLE]
    covered = {at for check in right.checks for span in check.spans for at in range(*span)}
    chosen = choice.sample([at for at in places if at in covered], choice.randint(1, MAX_CHANGES))
    typed = retyped(right, *((at, choice.choice(CONFUSABLE[right.text[at]])) for at in chosen))
    proposals = propose(typed)
    assert len(proposals) <= MAX_PROPOSALS
    for item in proposals:
        assert item.mrz.wrong_check_digits == ()
        changed = [at for at, old in enumerate(typed.text) if item.mrz.text[at] != old]
        assert len(changed) == len(item.corrections)
        assert all(item.mrz.text[at] in CONFUSABLE[typed.text[at]] for at in changed)
    fewest = min((len(item.corrections) for item in proposals), default=MAX_CHANGES + 1)
    differing = sum(old != new for old, new in zip(right.text, typed.text, strict=True))
    if typed.wrong_check_digits:
        assert proposals
        assert fewest <= differing
        assert (
            right in [item.mrz for item in proposals]
            or len(proposals) == MAX_PROPOSALS
            or (fewest < differing)
        )
