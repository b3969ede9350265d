"""Composing the MRZ of TD1, TD2 and TD3 documents.

Source: ICAO Doc 9303-3 §4.6 (names), §4.8 (dates), §4.9 (check digits), §6 (transliteration);
Doc 9303-4, -5 and -6 §4.2.2 (structure), §4.2.3 (truncation) and §4.2.4 (check digits).
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from types import MappingProxyType

from epass.errors import InputError
from epass.sim import choices
from epass.sim.holders import Holder

FILLER = "<"
WEIGHTS = (7, 3, 1)
ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
PRINCIPAL = 9  # characters of the document number in its own field

PASSPORT_CODE, CARD_CODE = "PP", "I<"  # Doc 9303-4 §4.4; -5 and -6 §4.2.2 note k
TD1_LINE, TD2_LINE = 30, 36
TD1_NAME, TD2_NAME, TD3_NAME = 30, 31, 39
TD1_OPTIONAL, TD2_OPTIONAL, TD3_OPTIONAL = 15, 7, 14
MAX_COMPONENTS = 15  # as initials with their fillers, these fill the 30 characters of TD1


def compose(holder: Holder, document_format: str, issuing_state: str) -> tuple[str, ...]:
    """The lines of the MRZ; ``issuing_state`` is the code of one to three letters.

    Raises:
        InputError: the format does not exist, or cannot hold this holder's data.
    """
    choices.require("document format", document_format, FORMATS)
    return _COMPOSERS[document_format](holder, fill(issuing_state, 3))


def check_digit(data: str) -> str:
    """The check digit of Doc 9303-3 §4.9."""
    values = (ALPHABET.find(character) if character != FILLER else 0 for character in data)
    return str(sum(value * WEIGHTS[i % 3] for i, value in enumerate(values)) % 10)


def fill(data: str, width: int) -> str:
    return data.ljust(width, FILLER)


def _td1(holder: Holder, issuing_state: str) -> tuple[str, ...]:
    number, optional = _number(holder, TD1_OPTIONAL)
    upper = CARD_CODE + issuing_state + number + optional
    birth, expiry = _checked(holder.birth), _checked(holder.expiry)
    nationality, more = fill(holder.nationality, 3), fill("", 11)
    # Doc 9303-5 §4.2.4: upper 6-30, middle 1-7, 9-15 and 19-29.
    composite = check_digit(upper[5:] + birth + expiry + more)
    middle = birth + holder.sex + expiry + nationality + more + composite
    return upper, middle, name_field(holder, TD1_NAME)


def _td2(holder: Holder, issuing_state: str) -> tuple[str, ...]:
    number, optional = _number(holder, TD2_OPTIONAL)
    return (
        CARD_CODE + issuing_state + name_field(holder, TD2_NAME),
        _lower(holder, number, optional),
    )


def _td3(holder: Holder, issuing_state: str) -> tuple[str, ...]:
    if len(holder.number) > PRINCIPAL:
        raise InputError("TD3 holds document numbers of up to 9 characters; choose TD1 or TD2")
    number, optional = _number(holder, TD3_OPTIONAL)
    # §4.2.2.2: the check digit of an empty field may be 0 or a filler.
    optional += check_digit(optional) if holder.optional else FILLER
    return (
        PASSPORT_CODE + issuing_state + name_field(holder, TD3_NAME),
        _lower(holder, number, optional),
    )


def _lower(holder: Holder, number: str, optional: str) -> str:
    """The lower line of TD2 and TD3; nationality and sex are not in the composite check digit."""
    birth, expiry = _checked(holder.birth), _checked(holder.expiry)
    composite = check_digit(number + birth + expiry + optional)
    nationality = fill(holder.nationality, 3)
    return number + nationality + birth + holder.sex + expiry + optional + composite


def _number(holder: Holder, width: int) -> tuple[str, str]:
    """Document number with its check digit, and the optional data of ``width`` characters.

    A number of over 9 characters goes on in the optional data, followed by the check digit and
    a filler, and has a filler in the place of the check digit (Doc 9303-6 §4.2.2 note j). The
    issuer's own optional data stand only where there is room for all of them.
    """
    number = fill(holder.number, PRINCIPAL)
    digit, optional = check_digit(number), ""
    if len(number) > PRINCIPAL:
        optional = number[PRINCIPAL:] + digit + FILLER
        number, digit = number[:PRINCIPAL], FILLER
    if len(optional) > width:
        raise InputError("the document number is too long for this format; choose TD1")
    if len(optional + holder.optional) <= width:
        optional += holder.optional
    return number + digit, fill(optional, width)


def _checked(data: str) -> str:
    return data + check_digit(data)


def name_field(holder: Holder, width: int) -> str:
    """The name in ``width`` characters, truncated where it must be (Doc 9303-4 to -6 §4.2.3).

    Raises:
        InputError: there is no name, a character has no transliteration, or the name has more
            components than fit as initials.
    """
    primary, secondary = _components(holder.primary), _components(holder.secondary)
    if not primary:
        raise InputError("holder: no primary identifier")
    if len(primary) + len(secondary) > MAX_COMPONENTS:
        raise InputError(f"holder: the name has more than {MAX_COMPONENTS} components")
    for components in (secondary, primary):  # the secondary identifier gives way first
        _shorten(components, len(_joined(primary, secondary)) - width)
    return fill(_joined(primary, secondary), width)


def _joined(primary: list[str], secondary: list[str]) -> str:
    parts = (primary, secondary) if secondary else (primary,)
    return (2 * FILLER).join(FILLER.join(part) for part in parts)


def _shorten(components: list[str], excess: int) -> None:
    """Take ``excess`` characters off the longest components, but not the initials."""
    for _ in range(excess):
        longest = max(range(len(components)), key=lambda i: len(components[i]), default=None)
        if longest is None or len(components[longest]) == 1:
            return
        components[longest] = components[longest][:-1]


def _components(name: str) -> list[str]:
    """The components of a printed name in A to Z (Doc 9303-3 §4.6)."""
    latin = "".join(_transliterate(character) for character in _composed(name))
    separated = re.sub(r"[-,\s]", FILLER, latin)
    kept = "".join(c for c in separated if c == FILLER or not _is_punctuation(c))
    if not re.fullmatch(r"[A-Z<]*", kept):
        raise InputError("holder: the name has a character without transliteration")
    return [component for component in kept.split(FILLER) if component]


def _composed(name: str) -> str:
    """In capitals, with an accent and its letter as one character."""
    return unicodedata.normalize("NFC", name.upper())


def _is_punctuation(character: str) -> bool:
    return unicodedata.category(character).startswith("P")


def _transliterate(character: str) -> str:
    special = _TRANSLITERATIONS.get(character)
    return special or unicodedata.normalize("NFD", character)[0]


# Doc 9303-3 §6 A, those that are more than the letter without its accent.
_TRANSLITERATIONS = {
    "Ä": "AE", "Å": "AA", "Æ": "AE", "Đ": "D", "Ð": "D", "Ħ": "H", "Ĳ": "IJ", "Ł": "L",
    "Ŋ": "N", "Ö": "OE", "Ø": "OE", "Œ": "OE", "ẞ": "SS", "Þ": "TH", "Ŧ": "T", "Ü": "UE",
}  # fmt: skip

_COMPOSERS: Mapping[str, Callable[[Holder, str], tuple[str, ...]]] = MappingProxyType(
    {"TD1": _td1, "TD2": _td2, "TD3": _td3}
)
FORMATS = tuple(_COMPOSERS)
