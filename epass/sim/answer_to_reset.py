"""What the chip says of itself before any command: ATR and EF.ATR/INFO.

Source: PC/SC part 3 §3.1.3.2.3 (the ATR that a reader makes for a contactless card), ISO/IEC
7816-4 §12.1.1 (historical bytes), §12.7.1 (DO 7F66, extended length information).
"""

from dataclasses import dataclass
from functools import reduce
from operator import xor

from epass import tlv
from epass.errors import FormatError, InputError

MAX_NONCE = 8  # 15 historical bytes, less category, card capabilities and one compact header
LONGEST_APDU = 65_535  # what the virtual reader driver can carry, status word included

TS, INTERFACE = 0x3B, bytes((0x80, 0x01))  # TD1: T=0 and more; TD2: T=1
COMPACT_TLV = 0x80
CAPABILITIES, ISSUER_DATA = 0x70, 0x50
SELECTION = 0x94  # by full name, by file identifier, by short file identifier
DATA_CODING = 0x01  # data units of one byte
CHAINING, EXTENDED_LENGTH, LENGTHS_IN_ATR_INFO = 0x80, 0x40, 0x20

LENGTHS, INTEGER = 0x7F66, 0x02


@dataclass(frozen=True, slots=True)
class Limits:
    """The longest APDUs, in bytes, header and status word included."""

    command: int = LONGEST_APDU
    response: int = LONGEST_APDU


def build(*, extended: bool, lengths: bool = False, nonce: bytes = b"") -> bytes:
    """The ATR, with ``nonce`` as issuer's data; ``lengths`` says that EF.ATR/INFO has DO 7F66.

    Raises:
        InputError: the nonce is longer than 8 bytes.
    """
    if len(nonce) > MAX_NONCE:
        raise InputError(f"a nonce in the ATR has at most {MAX_NONCE} bytes")
    third = CHAINING | (EXTENDED_LENGTH if extended else 0)
    third |= LENGTHS_IN_ATR_INFO if lengths else 0
    historical = bytes((COMPACT_TLV, CAPABILITIES | 3, SELECTION, DATA_CODING, third))
    if nonce:
        historical += bytes((ISSUER_DATA | len(nonce),)) + nonce
    body = bytes((0x80 | len(historical),)) + INTERFACE + historical
    return bytes((TS,)) + body + bytes((reduce(xor, body),))  # TCK


def extended_lengths(limits: Limits) -> bytes:
    """DO 7F66 as the content of EF.ATR/INFO."""
    sizes = (limits.command, limits.response)
    return tlv.build(LENGTHS, [tlv.build(INTEGER, size.to_bytes(2)) for size in sizes])


def limits(ef_atr_info: bytes | None) -> Limits:
    """What DO 7F66 of EF.ATR/INFO says; the default where there is none.

    Raises:
        InputError: the file is malformed.
    """
    try:
        found = tlv.parse(ef_atr_info or b"", where="EF.ATR/INFO")
        lengths = next((item for item in found if item.tag == LENGTHS), None)
        if lengths is None:
            return Limits()
        children = lengths.children()
    except FormatError:
        raise InputError("EF.ATR/INFO is not BER-TLV") from None
    sizes = [int.from_bytes(child.value) for child in children if child.tag == INTEGER]
    if len(sizes) != 2 or len(children) != 2 or min(sizes) < 256 + 4:
        raise InputError("DO 7F66 of EF.ATR/INFO is not two lengths of APDUs")
    return Limits(*(min(size, LONGEST_APDU) for size in sizes))
