"""What it is when a chip says no: a refusal, or something that is wrong.

Source: ISO/IEC 7816-4 table 5 (status words), ICAO Doc 9303-11 §9.8.5 (answers without protection).
"""

from epass.dump import MAX_TEXT, Refusal
from epass.errors import EpassError, SecureMessagingError, StatusError

REFUSALS = range(0x64, 0x70)  # SW1, ISO/IEC 7816-4 table 5
NO_SESSION = (0x6987, 0x6988)  # what is refused is not the command but its protection


def is_refusal(error: EpassError) -> bool:
    """Whether the chip said no, protected or not, and did nothing that is wrong."""
    sw = error.sw if isinstance(error, SecureMessagingError) else None
    naked = sw is not None and sw >> 8 in REFUSALS and sw not in NO_SESSION
    return naked or isinstance(error, StatusError)


def recorded(error: EpassError) -> Refusal:
    """For the dump."""
    sw = error.sw if isinstance(error, StatusError | SecureMessagingError) else None
    return Refusal(sw, error.message[:MAX_TEXT])
