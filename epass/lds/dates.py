"""Days and times of which a part may be unknown, as text of ISO 8601-2: 1974-08-XX.

Source: ICAO Doc 9303-10 tables 72, 74 and 81 (YYYYMMDD and yyyymmddhhmmss in digits; 00 and 0000
where unknown) and table 73 (BCD is to be understood beside ASCII). Leap days count: a day that no
calendar has is none.
"""

import calendar
import re

from epass.lds.writing import Written

DAY, MOMENT = 8, 14  # digits
IN_BCD = "in BCD, not in digits"
FILLED = "fillers where a part is unknown, not 00"
MONTHS, LEAP_YEAR = 12, 2000  # which stands for a year that is unknown


def day(raw: bytes) -> Written | None:
    """The day in 8 digits or 4 bytes of BCD; None if it is none."""
    digits = _digits(raw, DAY)
    if digits is None:
        return None
    text = iso(digits.value[:4], digits.value[4:6], digits.value[6:])
    return Written(text, digits.deviation) if text else None


def moment(raw: bytes) -> Written | None:
    """Day and time in 14 digits or 7 bytes of BCD, or a day alone; None if it is neither."""
    digits = _digits(raw, MOMENT)
    if digits is None:
        alone = day(raw)
        return alone and Written(alone.value, alone.deviation or "a day without a time")
    text = iso(digits.value[:4], digits.value[4:6], digits.value[6:8])
    hour, minute, second = (digits.value[at : at + 2] for at in (8, 10, 12))
    if not text or hour > "23" or minute > "59" or second > "60":  # a leap second
        return None
    return Written(f"{text}T{hour}:{minute}:{second}", digits.deviation)


def _digits(raw: bytes, count: int) -> Written | None:
    if 2 * len(raw) == count and raw.hex().isdecimal():
        return Written(raw.hex(), IN_BCD)
    if len(raw) == count and re.fullmatch(rb"[0-9]+", raw):
        return Written(raw.decode("ascii"))
    if len(raw) == count and re.fullmatch(rb"[0-9]+<+|<+", raw):
        return Written(raw.decode("ascii").replace("<", "0"), FILLED)
    return None


def iso(year: str, month: str, day: str) -> str:
    """``1974-08-XX`` of ``1974``, ``08`` and ``00``; empty if no calendar has such a day."""
    if int(month) > MONTHS:
        return ""
    last = calendar.monthrange(int(year) or LEAP_YEAR, int(month))[1] if int(month) else 31
    if int(day) > last:
        return ""
    parts = (year if int(year) else "XXXX", *(part if int(part) else "XX" for part in (month, day)))
    return "-".join(parts)
