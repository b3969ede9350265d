"""The status words that the simulated chip answers.

Source: ISO/IEC 7816-4 §5.6; Doc 9303-11 §4.4.4 for those of PACE. Within the simulator a refusal
is a ``StatusError`` that names the action; it becomes the status word of the response and never
leaves ``Chip.transmit``.
"""

from enum import IntEnum


class Sw(IntEnum):
    OK = 0x9000
    END_OF_FILE = 0x6282  # fewer bytes than Ne were left
    DEACTIVATED = 0x6283  # the file that was selected
    AUTHENTICATION_FAILED = 0x6300
    ATTEMPTS_LEFT = 0x63C0  # and how many
    WRONG_LENGTH = 0x6700
    LAST_OF_CHAIN_EXPECTED = 0x6883
    CHAINING_NOT_SUPPORTED = 0x6884
    NOT_AUTHENTICATED = 0x6982
    BLOCKED = 0x6983
    CONDITIONS_NOT_SATISFIED = 0x6985
    NO_CURRENT_FILE = 0x6986
    SM_OBJECT_MISSING = 0x6987
    SM_OBJECT_INCORRECT = 0x6988
    INCORRECT_DATA = 0x6A80
    FILE_NOT_FOUND = 0x6A82
    INCORRECT_P1_P2 = 0x6A86
    REFERENCE_NOT_FOUND = 0x6A88
    OFFSET_OUTSIDE_FILE = 0x6B00
    INS_NOT_SUPPORTED = 0x6D00
    CLA_NOT_SUPPORTED = 0x6E00
    NO_DIAGNOSIS = 0x6F00
