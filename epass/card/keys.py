"""The keys that open a chip: the printed MRZ, or the card access number.

Source: ICAO Doc 9303-11 §4.3.2 (MRZ_information), §9.7.2 (BAC), §9.7.3 (PACE passwords).
"""

import hashlib
import re
from dataclasses import dataclass, field
from typing import ClassVar, Self

from epass.errors import InputError
from epass.lds import mrz, mrz_typed

SEED = 16  # bytes of K_seed, §9.7.2


@dataclass(frozen=True, slots=True)
class MrzKey:
    """The MRZ_information: number, birth and expiry, each with its check digit.

    Raises:
        InputError: it is not of that length, or has a character that the MRZ does not have.
    """

    information: str = field(repr=False)

    label: ClassVar[str] = "MRZ"
    reference: ClassVar[int] = 1  # §4.4.4.1, data object 83

    def __post_init__(self) -> None:
        if not mrz.INFORMATION.fullmatch(self.information):
            raise InputError(
                "the MRZ_information is not number, birth and expiry with their check digits"
            )

    @classmethod
    def from_mrz(cls, text: str) -> Self:
        """From the printed lines of a TD1, TD2 or TD3 document, in any line breaks.

        Raises:
            InputError: these are no MRZ lines, or a check digit is wrong; which, and what was
                likely misread, is in the message.
        """
        return cls(mrz.information(mrz_typed.typed(text)))

    @classmethod
    def from_fields(cls, number: str, birth: str, expiry: str) -> Self:
        """From the document number and the dates as printed in the MRZ (YYMMDD).

        Raises:
            InputError: a field has another form; the check digits are computed.
        """
        return cls(mrz.information_from_fields(number, birth, expiry))

    @property
    def secret(self) -> bytes:
        """The password of PACE: SHA-1 of the MRZ_information, 20 bytes."""
        return hashlib.sha1(self.information.encode("ascii"), usedforsecurity=False).digest()

    @property
    def seed(self) -> bytes:
        """K_seed of BAC, 16 bytes."""
        return self.secret[:SEED]


@dataclass(frozen=True, slots=True)
class Can:
    """The card access number, six digits.

    Raises:
        InputError: it is not six digits.
    """

    number: str = field(repr=False)

    label: ClassVar[str] = "CAN"
    reference: ClassVar[int] = 2  # §4.4.4.1, data object 83

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[0-9]{6}", self.number, re.ASCII):
            raise InputError("the CAN is not six digits", advice=CAN_ADVICE)

    @property
    def secret(self) -> bytes:
        """The password of PACE: the digits as they are printed."""
        return self.number.encode("ascii")


CAN_ADVICE = "The CAN is the six-digit number on the front of a card or the data page."

Key = MrzKey | Can
