"""What somebody may have meant who typed a machine readable zone whose check digits are wrong.

Source: ICAO Doc 9303-3 §4.9. A check digit is the sum of weighted characters modulo 10, so what
each confusion does to each check digit is known beforehand, and finding those that together make
every one right takes no parsing. Of two such corrections no computation can tell which stands on
the document: they are for a person to choose from, who has it at hand. None is ever tried on a
chip, which counts wrong keys. Everything here is personal data.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain, combinations, islice

from epass.lds.mrz import ALPHABET, FILLER, WEIGHTS, Mrz
from epass.lds.mrz_typed import CONFUSABLE, Correction, digit_positions, faults

MAX_CHANGES = 3  # at once, beside letters where only a digit can stand
COUNTS = range(1, MAX_CHANGES + 1)
MAX_TRIED = 20_000  # combinations; 23 ms where they were measured
MAX_PROPOSALS = 5
RARE = frozenset("DQ")  # less often taken for 0 than O is

Effect = tuple[int, ...]  # on each check digit, modulo 10
Change = tuple[int, str, Effect]  # position, the character proposed, what it does


@dataclass(frozen=True, slots=True)
class Proposal:
    """A zone in which every check digit is right, and where it differs from what was typed."""

    mrz: Mrz = field(repr=False)
    corrections: tuple[Correction, ...] = field(repr=False)


def propose(mrz: Mrz) -> tuple[Proposal, ...]:
    """The few corrections that make every check digit right, the likeliest first.

    Fewer changes come first, then commoner confusions. The fewest that suffice need not be what was
    meant: two mistakes may cancel each other out in every check digit, as B for 8 in two places
    does. So more changes are proposed behind them, if they read letters for digits throughout, or
    digits for letters, as who mistypes does; others would be many, and none of them likely. Letters
    where only a digit can stand are not counted; where they explain everything, nothing else is
    proposed. Empty if nothing is wrong, if a letter in a field of digits resembles none, or if more
    than 3 other characters would have to change. G and 6 weigh the same, so outside of fields of
    digits the one is never proposed for the other.
    """
    if not faults(mrz):
        return ()
    forced = _forced(mrz)
    if forced is None:
        return ()
    start = _changed(mrz, forced)
    found = [_proposal(mrz, {**forced, **chosen}) for chosen in _sufficient(start)]
    return tuple(item for item in found if not faults(item.mrz))


def _forced(mrz: Mrz) -> dict[int, str] | None:
    """The digits for letters where only a digit can stand; None if a letter resembles none."""
    letters = [at for at in digit_positions(mrz) if mrz.text[at] not in "0123456789" + FILLER]
    if any(mrz.text[at] not in CONFUSABLE for at in letters):
        return None
    return {at: CONFUSABLE[mrz.text[at]] for at in letters}


def _sufficient(mrz: Mrz) -> list[dict[int, str]]:
    """The changes that make every check digit right, the likeliest first."""
    wanted = _wanted(mrz)
    if not any(wanted):
        return [{}]
    changes = _changes(mrz)
    tries = chain.from_iterable(combinations(changes, count) for count in COUNTS)
    found = [
        chosen
        for chosen in islice(tries, MAX_TRIED)
        if _total(chosen) == wanted and len({at for at, _, _ in chosen}) == len(chosen)
    ]
    fewest = min(map(len, found), default=0)
    likely = [chosen for chosen in found if len(chosen) == fewest or _is_one_way(chosen)]
    likely.sort(key=lambda chosen: (len(chosen), sum(_is_rare(mrz, each) for each in chosen)))
    return [{at: put for at, put, _ in chosen} for chosen in likely[:MAX_PROPOSALS]]


def _is_one_way(chosen: tuple[Change, ...]) -> bool:
    """Whether all of them are digits for letters, or all letters for digits."""
    return len({put.isdigit() for _, put, _ in chosen}) == 1


def _wanted(mrz: Mrz) -> Effect:
    """By how much each check digit is off; < counts as 0."""
    return tuple(
        0 if check.ok else (_value(check.printed) - int(check.computed)) % 10
        for check in mrz.check_digits
    )


def _changes(mrz: Mrz) -> list[Change]:
    """Every confusion that changes a check digit, outside of the fields of digits."""
    fixed = digit_positions(mrz)
    weights = [dict(_weighted(check.spans)) for check in mrz.checks]
    found = []
    for at in sorted({at for covered in weights for at in covered} - fixed):
        for put in CONFUSABLE.get(mrz.text[at], ""):
            change = _value(put) - _value(mrz.text[at])
            effect = tuple(covered.get(at, 0) * change % 10 for covered in weights)
            if any(effect):
                found.append((at, put, effect))
    return found


def _weighted(spans: tuple[tuple[int, int], ...]) -> Iterator[tuple[int, int]]:
    """The positions that a check digit covers, each with its weight."""
    positions = (at for start, end in spans for at in range(start, end))
    return ((at, WEIGHTS[number % 3]) for number, at in enumerate(positions))


def _total(chosen: tuple[Change, ...]) -> Effect:
    effects = (effect for _, _, effect in chosen)
    return tuple(sum(parts) % 10 for parts in zip(*effects, strict=True))


def _is_rare(mrz: Mrz, change: Change) -> bool:
    at, put, _ = change
    return bool(RARE & {put, mrz.text[at]})


def _proposal(mrz: Mrz, chosen: dict[int, str]) -> Proposal:
    width = mrz.format.value.width
    corrections = tuple(
        Correction(at // width + 1, at % width + 1, mrz.text[at], put, complete=len(chosen) == 1)
        for at, put in sorted(chosen.items())
    )
    return Proposal(_changed(mrz, chosen), corrections)


def _changed(mrz: Mrz, chosen: dict[int, str]) -> Mrz:
    return Mrz(mrz.format, "".join(chosen.get(at, old) for at, old in enumerate(mrz.text)))


def _value(character: str) -> int:
    return 0 if character == FILLER else ALPHABET.index(character)
