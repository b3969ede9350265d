"""The machine readable zone, printed and in DG1: fields, check digits, and the key to the chip.

Source: ICAO Doc 9303-3 §4 (characters, names, dates, check digits), 9303-4 to 9303-7 §4.2 (sizes,
see ``mrz_layout``), 9303-10 §4.7.1 (DG1), 9303-11 §4.3.2 (MRZ_information). All of it is personal
data: nothing here shows it in a repr or an error. Names are left as they are printed.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import MAXYEAR, MINYEAR, date
from string import ascii_lowercase, ascii_uppercase
from typing import Self

from epass import tlv
from epass.errors import FormatError, InputError
from epass.lds import countries, dates
from epass.lds.countries import Country
from epass.lds.mrz_layout import DOCUMENTS, Format, Span

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
FILLER = "<"
UPPER = str.maketrans(ascii_lowercase, ascii_uppercase)  # str.upper() makes SS of ß
WEIGHTS = (7, 3, 1)

DOCUMENT_NUMBER, BIRTH, EXPIRY = "document number", "date of birth", "date of expiry"
OPTIONAL_DATA, COMPOSITE = "optional data", "composite"
AS_PRINTED = "Type it as it stands in the printed MRZ."
MAX_NUMBER = 22  # Doc 9303-5 §4.2.4: positions 6 to 14 and 16 to 28 of TD1
SHORT_NUMBER = 9
NUMBER_RULE = (rf"[A-Z0-9<]{{1,{MAX_NUMBER}}}", f"1 to {MAX_NUMBER} letters, digits or <")

DG1, MRZ_DATA_OBJECT = 0x61, 0x5F1F

Century = Callable[[int, int | None, int | None], int]
"""The whole year of a date, from its last two digits, month and day; None where one is unknown."""


@dataclass(frozen=True, slots=True)
class Check:
    """A check digit: what it is called, what it is over, and where it stands."""

    name: str
    spans: tuple[Span, ...]
    digit: int


@dataclass(frozen=True, slots=True)
class CheckDigit:
    """A check digit as ``printed`` and as ``computed``; ``line`` and ``position`` count from 1.

    ``ok`` is also where a < stands for 0, as it may under optional data that are not used.
    """

    name: str
    line: int
    position: int
    printed: str = field(repr=False)
    computed: str = field(repr=False)
    ok: bool


@dataclass(frozen=True, slots=True)
class Mrz:
    """A machine readable zone as printed. ``text`` is its lines without breaks.

    Check digits may be wrong, as on documents that have been issued so; ``wrong_check_digits``
    says which.
    """

    format: Format
    text: str = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.text) != self.format.size:
            raise FormatError(f"{len(self.text)} characters, not {self.format.size}", "MRZ")
        for position, character in enumerate(self.text):
            if character not in ALPHABET + FILLER:
                raise FormatError("not a character of the MRZ", "MRZ", position)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parse 90 (TD1), 72 (TD2, MRV-B) or 88 (TD3, MRV-A) characters, in their lines or as one.

        Raises:
            FormatError: another length, or a character that is none of A to Z, 0 to 9 and <.
        """
        lines = text.splitlines()
        form = Format.of("".join(lines))
        lengths = [len(line) for line in lines]
        if form and lengths in ([form.size], [form.value.width] * form.value.lines):
            return cls(form, "".join(lines))
        raise FormatError("not 3 lines of 30, 2 of 36 or 2 of 44 characters", "MRZ")

    @property
    def lines(self) -> tuple[str, ...]:
        width = self.format.value.width
        return tuple(self.text[i : i + width] for i in range(0, len(self.text), width))

    @property
    def document_code(self) -> str:
        return _plain(self.text[:2])

    @property
    def issuing_state(self) -> str:
        return _plain(self.text[2:5])

    @property
    def document_number(self) -> str:
        """The whole number, of up to 22 characters on TD1 and 14 on TD2."""
        return _plain(self._cut(*self.checks[0].spans))

    @property
    def primary_identifier(self) -> str:
        """Surname or only name, as far as it fits; components are separated by a space."""
        return _plain(self._cut(self.format.value.name).partition(2 * FILLER)[0])

    @property
    def secondary_identifier(self) -> str:
        """Given names, empty where there are none."""
        return _plain(self._cut(self.format.value.name).partition(2 * FILLER)[2])

    @property
    def name_may_be_truncated(self) -> bool:
        """Whether the name fills its field to the last place, which is the sign for it.

        Doc 9303-4 to -7 §4.2.2 and §4.2.3: a name that just fits must be taken for a truncated one.
        """
        return self._cut(self.format.value.name)[-1] != FILLER

    @property
    def nationality(self) -> str:
        return _plain(self._cut(self.format.value.nationality))

    @property
    def country(self) -> Country | None:
        """The issuing state or organization; None if the code is nobody's."""
        return countries.find(self.issuing_state)

    @property
    def country_of_nationality(self) -> Country | None:
        """What the holder is a national of; None if the code is nobody's."""
        return countries.find(self.nationality)

    @property
    def date_of_birth(self) -> str:
        """YYMMDD as printed; < stands where a part is unknown (Doc 9303-3 §4.8)."""
        return self._cut(self.format.value.birth)

    @property
    def date_of_expiry(self) -> str:
        """YYMMDD as printed."""
        return self._cut(self.format.value.expiry)

    @property
    def sex(self) -> str:
        """M, F, or X for unspecified, which is < in the MRZ."""
        return self.text[self.format.value.sex].replace(FILLER, "X")

    @property
    def optional_data(self) -> tuple[str, ...]:
        """The fields for the state's own use, two on TD1, without the rest of a long number."""
        spans = list(self.format.value.optional)
        if self._rest:
            spans[0] = (self.checks[0].digit + 1, spans[0][1])
        return tuple(_plain(self._cut(span)) for span in spans)

    @property
    def _rest(self) -> str:
        """What a long number has in the optional data: its last characters and check digit.

        Doc 9303-5 and 9303-6 §4.2.2, note j: < instead of the check digit announces it, and <
        follows it. Passports (TD3) and visas have no long numbers.
        """
        layout = self.format.value
        if self.format not in (Format.TD1, Format.TD2) or self.text[layout.number[1]] != FILLER:
            return ""
        rest = self._cut(layout.optional[0]).partition(FILLER)[0]
        return rest if len(rest) > 1 else ""

    @property
    def checks(self) -> tuple[Check, ...]:
        """The check digits of this format; the first is that of the document number."""
        layout, rest = self.format.value, self._rest
        number = Check(DOCUMENT_NUMBER, (layout.number,), layout.number[1])
        if rest:
            start = layout.optional[0][0]
            digit = start + len(rest) - 1
            number = Check(DOCUMENT_NUMBER, (layout.number, (start, digit)), digit)
        birth = Check(BIRTH, (layout.birth,), layout.birth[1])
        expiry = Check(EXPIRY, (layout.expiry,), layout.expiry[1])
        if layout.composite_digit is None:
            return number, birth, expiry
        composite = Check(COMPOSITE, layout.composite, layout.composite_digit)
        if self.format is not Format.TD3:
            return number, birth, expiry, composite
        optional = Check(OPTIONAL_DATA, layout.optional, layout.optional[0][1])
        return number, birth, expiry, optional, composite

    @property
    def check_digits(self) -> tuple[CheckDigit, ...]:
        """All check digits, as printed and as they should be."""
        return tuple(self._checked(check) for check in self.checks)

    @property
    def wrong_check_digits(self) -> tuple[str, ...]:
        """The names of the check digits that do not fit: "document number", "composite", …"""
        return tuple(check.name for check in self.check_digits if not check.ok)

    def _checked(self, check: Check) -> CheckDigit:
        covered, printed = self._cut(*check.spans), self.text[check.digit]
        computed = check_digit(covered)
        # Doc 9303-4 §4.2.2.2: zero or < where the field is not used
        unused = check.name == OPTIONAL_DATA and not covered.strip(FILLER) and printed == FILLER
        line, position = divmod(check.digit, self.format.value.width)
        ok = unused or printed == computed
        return CheckDigit(check.name, line + 1, position + 1, printed, computed, ok)

    def _cut(self, *spans: Span) -> str:
        return "".join(self.text[start:end] for start, end in spans)


@dataclass(frozen=True, slots=True)
class Dg1:
    """DG1: the MRZ in the chip, identical to the printed one."""

    mrz: Mrz

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Parse the whole file. Wrong check digits are no fault of form.

        Raises:
            FormatError: with the tag path and byte offset of the first fault.
        """
        item = tlv.parse_one(data, DG1, where="DG1")
        if len(item.children()) != 1:
            raise item.fail("not one data object")
        content = item.require(MRZ_DATA_OBJECT)
        for form in DOCUMENTS:
            if form.size == len(content.value):
                return cls(Mrz(form, _characters(content)))
        raise content.fail(f"{len(content.value)} characters, not 72, 88 or 90")


def _characters(content: tlv.Tlv) -> str:
    wrong = re.search(rb"[^A-Z0-9<]", content.value)
    if wrong:
        raise content.fail("not a character of the MRZ", wrong.start())
    return content.value.decode("ascii")


def check_digit(text: str) -> str:
    """The check digit over ``text``, Doc 9303-3 §4.9.

    Raises:
        FormatError: a character that is none of A to Z, 0 to 9 and <.
    """
    total = 0
    for position, character in enumerate(text):
        value = 0 if character == FILLER else ALPHABET.find(character)
        if value < 0:
            raise FormatError("not a character of the MRZ", "MRZ", position)
        total += value * WEIGHTS[position % 3]
    return str(total % 10)


# MRZ_information: a number of 9 to 22 characters, birth and expiry of 6, each followed by its
# check digit.
INFORMATION = re.compile(r"[A-Z0-9<]{24,37}")


def information(mrz: Mrz) -> str:
    """MRZ_information: number, birth and expiry with their check digits, as they are printed.

    Doc 9303-11 §4.3.2, §9.7.2 and appendix D.2; what BAC and PACE derive their keys from.
    """
    parts = (check for check in mrz.checks if check.name in (DOCUMENT_NUMBER, BIRTH, EXPIRY))
    return "".join(mrz._cut(*check.spans) + mrz.text[check.digit] for check in parts)


def information_from_fields(number: str, birth: str, expiry: str) -> str:
    """MRZ_information from what is printed, the check digits computed.

    Letter case, blanks around and fillers behind do not matter. ``number`` is the whole
    document number; ``birth`` and ``expiry`` are YYMMDD, in ``birth`` with < where a part is
    unknown.

    Raises:
        InputError: which of the three is not what it should be.
    """
    number = _field(DOCUMENT_NUMBER, number.strip().rstrip(FILLER), *NUMBER_RULE)
    birth = _field(BIRTH, birth, r"[0-9<]{6}", "6 digits, YYMMDD, with < where unknown")
    expiry = _field(EXPIRY, expiry, r"[0-9]{6}", "6 digits, YYMMDD")
    for name, printed in ((BIRTH, birth), (EXPIRY, expiry)):
        if not (_at_most(printed[2:4], 12) and _at_most(printed[4:], 31)):
            raise InputError(f"{name}: no month or day of the calendar, YYMMDD", advice=AS_PRINTED)
    parts = (number.ljust(SHORT_NUMBER, FILLER), birth, expiry)
    return "".join(part + check_digit(part) for part in parts)


def _field(name: str, typed: str, pattern: str, rule: str) -> str:
    value = typed.strip().translate(UPPER)
    if not re.fullmatch(pattern, value):
        raise InputError(f"{name}: not {rule}", advice=AS_PRINTED)
    return value


def _at_most(part: str, last: int) -> bool:
    """A month or a day; unknown ones have fillers, and some documents zeros."""
    return not part.isdigit() or int(part) <= last


def until(today: date) -> Century:
    """The last century in which the day is not after ``today``: for days of birth."""

    def whole(year: int, month: int | None, day: int | None) -> int:
        last = today.year - (today.year - year) % 100
        known = tuple(part for part in (month, day) if part)
        later = last == today.year and month and known > (today.month, today.day)[: len(known)]
        return last - 100 if later else last

    return whole


def around(today: date) -> Century:
    """The century from 50 years before ``today`` to 49 after: for days of expiry.

    Doc 9303 has no rule for the century; documents are valid for 10 years, some for 20.
    """
    last = today.year + 49
    return lambda year, _month, _day: last - (last - year) % 100


def birth(mrz: Mrz, *, century: Century) -> str:
    """The day of birth as 1974-08-XX, where XX is unknown; empty if it is no day.

    Of an unknown year nothing is known, not even the century: XXXX-08-12. A year that ``century``
    puts outside of 1 to 9999 is no day either.
    """
    return _day(mrz.date_of_birth, century)


def expiry(mrz: Mrz, *, century: Century) -> str:
    """The day of expiry, as ``birth``."""
    return _day(mrz.date_of_expiry, century)


def expiry_date(mrz: Mrz, *, today: date) -> date | None:
    """The day of expiry, from 50 years before ``today`` to 49 after. None if it is no day."""
    return _whole(expiry(mrz, century=around(today)))


def _day(printed: str, century: Century) -> str:
    """Unknown parts have fillers (Doc 9303-3 §4.8), on some documents zeros."""
    year, month, day = (printed[at : at + 2].replace(2 * FILLER, "00") for at in (0, 2, 4))
    if not (year + month + day).isdecimal():
        return ""
    if printed.startswith(2 * FILLER):
        return dates.iso("0000", month, day)
    whole = century(int(year), int(month) or None, int(day) or None)
    return dates.iso(f"{whole:04}", month, day) if MINYEAR <= whole <= MAXYEAR else ""


def _whole(day: str) -> date | None:
    return date.fromisoformat(day) if day and "X" not in day else None


def _plain(text: str) -> str:
    return text.replace(FILLER, " ").strip()
