"""The machine readable zone as a person types it: what is wrong, and what was likely meant.

Source: ICAO Doc 9303-3 §4.9 (check digits). A key with a typing error is refused before the chip
sees it. What is proposed is never applied: whether it says so on the document is for the
operator to see. Messages name places, not contents, but for the one character in question.
"""

from dataclasses import dataclass
from types import MappingProxyType

from epass.errors import InputError
from epass.lds.mrz import ALPHABET, BIRTH, EXPIRY, FILLER, UPPER, Mrz
from epass.lds.mrz_layout import DOCUMENTS, Format, Span

# Characters that are read or typed for each other. G and 6, alone of these, weigh the same in
# every check digit, so they are told apart only where a digit must stand.
CONFUSABLE = MappingProxyType(
    {
        "0": "ODQ", "1": "I", "2": "Z", "5": "S", "6": "G", "8": "B",
        "O": "0", "D": "0", "Q": "0", "I": "1", "Z": "2", "S": "5", "G": "6", "B": "8",
    }
)  # fmt: skip
MAX_SHOWN = 3
VISA_ADVICE = "Type the MRZ of the passport or card."
ADVICE = (
    "Compare the MRZ with the printed document and type it again; where the document itself is "
    "printed so, give document number, birth and expiry instead."
)


@dataclass(frozen=True, slots=True)
class Correction:
    """One character to look at again. ``line`` and ``position`` count from 1.

    ``complete`` tells that with it nothing would be wrong any more.
    """

    line: int
    position: int
    found: str
    proposed: str
    complete: bool

    def __str__(self) -> str:
        place = f"line {self.line}, position {self.position}"
        return f"{place}: {_kind(self.found)} where {_kind(self.proposed)} would be right"


def typed(text: str) -> Mrz:
    """The MRZ that an operator typed, in lines or as one; case and outer blanks do not matter.

    Raises:
        InputError: lines of a wrong number or length, a character that the MRZ does not have,
            a visa, or wrong check digits: which, where, and the likely confusions.
    """
    mrz = as_typed(text)
    if mrz.format.is_visa:
        raise InputError("this is the MRZ of a visa, which has no chip", advice=VISA_ADVICE)
    if faults(mrz):
        raise InputError(_complaint(mrz), advice=ADVICE)
    return mrz


def as_typed(text: str) -> Mrz:
    """As ``typed``, whatever its check digits are.

    Raises:
        InputError: lines of a wrong number or length, or a character that the MRZ does not have.
    """
    lines = [line.strip().translate(UPPER) for line in text.strip().splitlines()]
    lines = _divided([line for line in lines if line])
    _check_lengths(lines)
    for number, line in enumerate(lines, 1):
        for position, character in enumerate(line, 1):
            if character not in ALPHABET + FILLER:
                raise InputError(
                    f"MRZ line {number}, position {position}: none of A to Z, 0 to 9 and <",
                    advice=ADVICE,
                )
    return Mrz.parse("".join(lines))


def _divided(lines: list[str]) -> list[str]:
    """A MRZ on one line, as from a scanner, in the lines of its format."""
    for form in Format:
        if len(lines) == 1 and len(lines[0]) == form.size:
            width = form.value.width
            return [lines[0][start : start + width] for start in range(0, form.size, width)]
    return lines


def _check_lengths(lines: list[str]) -> None:
    """Hold the lines to the format with as many, of the width that comes nearest."""
    candidates = [form for form in DOCUMENTS if form.value.lines == len(lines)]
    if not candidates:
        raise InputError(f"the MRZ has 2 or 3 lines, not {len(lines)}", advice=ADVICE)
    form = min(candidates, key=lambda form: abs(form.value.width - len(lines[-1])))
    for number, line in enumerate(lines, 1):
        if len(line) != form.value.width:
            problem = f"MRZ line {number} has {len(line)} characters, not {form.value.width}"
            raise InputError(f"{problem} ({form.name})", advice=ADVICE)


def corrections(mrz: Mrz) -> tuple[Correction, ...]:
    """The single characters that, read as what they are confused with, leave less wrong.

    The most likely first: those that make everything right, then those where a letter stands
    in a field of digits.
    """
    before, digits = faults(mrz), digit_positions(mrz)
    found = []
    for position in sorted(_checked(mrz)):
        for proposed in CONFUSABLE.get(mrz.text[position], ""):
            text = mrz.text[:position] + proposed + mrz.text[position + 1 :]
            after = faults(Mrz(mrz.format, text))
            if after < before and (proposed.isdigit() or position not in digits):
                found.append((len(after), position not in digits, position, proposed))
    width = mrz.format.value.width
    return tuple(
        Correction(at // width + 1, at % width + 1, mrz.text[at], proposed, complete=not left)
        for left, _, at, proposed in sorted(found)
    )


def faults(mrz: Mrz) -> frozenset[str]:
    """The check digits that are wrong, and the fields of digits that have a letter."""
    layout = mrz.format.value
    letters = {
        name
        for name, span in ((BIRTH, layout.birth), (EXPIRY, layout.expiry))
        if not mrz.text[slice(*span)].replace(FILLER, "0").isdigit()
    }
    return frozenset(mrz.wrong_check_digits) | letters


def _complaint(mrz: Mrz) -> str:
    width = mrz.format.value.width
    found = faults(mrz)
    wrong = ", ".join(
        f"{check.name} (line {check.digit // width + 1}, position {check.digit % width + 1})"
        for check in mrz.checks
        if check.name in found
    )
    likely = "; ".join(str(item) for item in corrections(mrz)[:MAX_SHOWN])
    return f"the check digit does not fit: {wrong}" + (f". Likely: {likely}" if likely else "")


def _checked(mrz: Mrz) -> set[int]:
    """The positions that a check digit covers, and those of the check digits."""
    spans: list[Span] = [span for check in mrz.checks for span in check.spans]
    return {at for span in spans for at in range(*span)} | {check.digit for check in mrz.checks}


def digit_positions(mrz: Mrz) -> set[int]:
    """The positions where only a digit can stand."""
    layout = mrz.format.value
    dates = {at for span in (layout.birth, layout.expiry) for at in range(*span)}
    return dates | {check.digit for check in mrz.checks}


def _kind(character: str) -> str:
    return f"the {'digit' if character.isdigit() else 'letter'} {character}"
