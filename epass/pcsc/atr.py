"""What the answer to reset says of the chip.

Sources: ISO/IEC 7816-3 §8.2 (structure), ISO/IEC 7816-4 §8.1.1 (historical bytes). For a
contactless chip the reader makes the ATR up, around the historical bytes of the chip's ATS
(PC/SC part 3 §3.1.3.2.3). It is a hint to plan with; nothing may rely on it.
"""

from collections.abc import Iterator

COMPACT_TLV_WITH_STATUS, COMPACT_TLV = 0x00, 0x80  # category indicators
STATUS_BYTES = 3
SERVICES = 3  # compact tags: which ways of selecting and reading files there are
CAPABILITIES = 7  # three bytes are the software function tables
# Table 3 of the software functions: extended Lc and Le fields; their lengths are in EF.ATR/INFO.
EXTENDED_LENGTH, LENGTHS_IN_ATR_INFO = 0x40, 0x20


def extended_length(atr: bytes) -> bool | None:
    """Whether the chip says that it takes extended Lc and Le; None if it says nothing.

    Malformed ATRs and historical bytes of another format say nothing.
    """
    functions = _software_functions(atr)
    return None if functions is None else bool(functions & EXTENDED_LENGTH)


def lengths_in_atr_info(atr: bytes) -> bool:
    """Whether EF.ATR/INFO tells how long APDUs may be (Doc 9303-10 table 29)."""
    return bool((_software_functions(atr) or 0) & LENGTHS_IN_ATR_INFO)


def model(atr: bytes) -> str:
    """What the ATRs of all chips of one kind have in common.

    Of the historical bytes these are services, capabilities, and which data objects there are; not
    what the issuer, or a maker in a format of his own, has put into them: it may be of one chip.
    """
    start, historical = _split(atr)
    parts = [atr[:start].hex(), str(len(historical))]
    for tag, value in _objects(historical):
        described = value.hex() if tag in (SERVICES, CAPABILITIES) else str(len(value))
        parts.append(f"{tag:X}:{described}")
    return " ".join(parts)


def _software_functions(atr: bytes) -> int | None:
    """The third table of the card capabilities."""
    _, historical = _split(atr)
    for tag, value in _objects(historical):
        if tag == CAPABILITIES:
            return value[2] if len(value) == 3 else None
    return None


def _split(atr: bytes) -> tuple[int, bytes]:
    """Where the historical bytes begin, and these; none of a malformed ATR."""
    if len(atr) < 2 or atr[0] not in (0x3B, 0x3F):  # direct and inverse convention
        return 0, b""
    count, indicators, position = atr[1] & 0x0F, atr[1], 2
    while indicators & 0xF0:
        position += (indicators & 0x70).bit_count()  # TA, TB, TC
        if not indicators & 0x80:
            break
        if position >= len(atr):
            return 0, b""
        indicators = atr[position]  # TD: which interface bytes follow it
        position += 1
    historical = atr[position : position + count]
    return (position, historical) if len(historical) == count else (0, b"")


def _objects(historical: bytes) -> Iterator[tuple[int, bytes]]:
    """The compact data objects up to the first that is cut off; none of another format."""
    category, body = historical[:1], historical[1:]
    if category == bytes((COMPACT_TLV_WITH_STATUS,)):
        body = body[:-STATUS_BYTES]
    elif category != bytes((COMPACT_TLV,)):
        return
    while body:
        tag, length = divmod(body[0], 0x10)
        value = body[1 : 1 + length]
        if len(value) != length:
            return
        yield tag, value
        body = body[1 + length :]
