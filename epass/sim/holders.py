"""Fictitious holders, each with something in the MRZ that readers get wrong.

No real person. Names come from the specimens of ICAO Doc 9303 parts 3 to 11 and from no one.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from epass.errors import InputError

_DAY = r"(0[1-9]|[12]\d|3[01])"
_MONTH = r"(0[1-9]|1[0-2])"
_SHAPES = {
    "number": re.compile(r"[0-9A-Z]([0-9A-Z<]{0,20}[0-9A-Z])?", re.ASCII),
    "birth": re.compile(rf"\d\d{_MONTH}{_DAY}|\d\d{_MONTH}<<|\d\d<<<<|<<<<<<", re.ASCII),
    "expiry": re.compile(rf"\d\d{_MONTH}{_DAY}", re.ASCII),
    "sex": re.compile(r"[FM<]"),
    "nationality": re.compile(r"[A-Z]{1,3}"),
    "optional": re.compile(r"([0-9A-Z]([0-9A-Z<]{0,12}[0-9A-Z])?)?", re.ASCII),
}


@dataclass(frozen=True, slots=True)
class Holder:
    """A holder and the document number; names as printed, the rest as the MRZ writes it.

    ``birth`` and ``expiry`` are YYMMDD, with fillers for what is unknown of the birth (Doc
    9303-3 §4.8); ``sex`` is F, M or <; ``optional`` is the personal number, up to 14 characters.
    ``national`` are the names in national characters, where they are not as printed.

    Raises:
        InputError: a field is not of that form; the message does not quote it.
    """

    primary: str = field(repr=False)
    secondary: str = field(repr=False)
    sex: str = field(repr=False)
    birth: str = field(repr=False)
    expiry: str = field(repr=False)
    number: str = field(repr=False)
    optional: str = field(default="", repr=False)
    nationality: str = field(default="UTO", repr=False)
    national: tuple[str, str] | None = field(default=None, repr=False)
    about: str = ""

    def __post_init__(self) -> None:
        for name, shape in _SHAPES.items():
            if not shape.fullmatch(getattr(self, name)):
                raise InputError(f"holder: the {name} is not as the MRZ writes it")


HOLDERS: Mapping[str, Holder] = MappingProxyType(
    {
        "eriksson": Holder(
            "ERIKSSON",
            "ANNA MARIA",
            "F",
            "740812",
            "340415",
            "L898902C3",
            optional="ZE184226B",
            about="the specimen of Doc 9303-4, Appendix A",
        ),
        "long-number": Holder(
            "STEVENSON",
            "PETER JOHN",
            "M",
            "340712",
            "340415",
            "D23145890734",
            about="a document number of 12 characters, for TD1 and TD2",
        ),
        "short-number": Holder(
            "ERIKSSON",
            "ANNA MARIA",
            "F",
            "690806",
            "940623",
            "L898902C",
            about="a document number of 8 characters, expired; the example of Doc 9303-11, D.2",
        ),
        "unknown-birth-day": Holder(
            "VAN DER MUELLEN",
            "MARTIN",
            "M",
            "5203<<",
            "310630",
            "X12345679",
            about="born on a day that is not known",
        ),
        "unknown-birth": Holder(
            "AL-BASRI",
            "HUDA MUHAMMAD JAWAD",
            "F",
            "<<<<<<",
            "311231",
            "B7654321X",
            national=("البصري", "هدى محمد جواد"),
            about="born on a date that is not known",
        ),
        "long-name": Holder(
            "BENNELONG WOOLOOMOOLOO WARRANDYTE WARNAMBOOL",
            "DINGO POTOROO",
            "<",
            "881130",
            "330101",
            "W00L00M00",
            about="a name that must be truncated, sex unspecified, zeros that look like O",
        ),
        "one-name": Holder(
            "ARKFREITH",
            "",
            "M",
            "040229",
            "320228",
            "A0000001K",
            about="no secondary identifier",
        ),
        "punctuation": Holder(
            "O'CONNOR-ÅBERG",
            "ZOË SIOBHÁN",
            "F",
            "991231",
            "340101",
            "P1Q2R3S4T",
            about="apostrophe, hyphen and national characters",
        ),
    }
)
