"""What the answer to reset says of the chip.

Sources: ISO/IEC 7816-3 §8.2 (structure), ISO/IEC 7816-4 §8.1.1 (historical bytes). For a
contactless chip the reader makes the ATR up, around the historical bytes of the chip's ATS
(PC/SC part 3 §3.1.3.2.3). It is a hint to plan with; nothing may rely on it.
"""

COMPACT_TLV_WITH_STATUS, COMPACT_TLV = 0x00, 0x80  # category indicators
STATUS_BYTES = 3
CAPABILITIES = 7  # the compact tag; three bytes are the software function tables
EXTENDED_LENGTH = 0x40  # table 3, b7: extended Lc and Le fields


def extended_length(atr: bytes) -> bool | None:
    """Whether the chip says that it takes extended Lc and Le; None if it says nothing.

    Malformed ATRs and historical bytes of another format say nothing.
    """
    capabilities = _capabilities(_historical(atr))
    return bool(capabilities[2] & EXTENDED_LENGTH) if len(capabilities) == 3 else None


def _historical(atr: bytes) -> bytes:
    if len(atr) < 2 or atr[0] not in (0x3B, 0x3F):  # direct and inverse convention
        return b""
    count, indicators, position = atr[1] & 0x0F, atr[1], 2
    while indicators & 0xF0:
        position += (indicators & 0x70).bit_count()  # TA, TB, TC
        if not indicators & 0x80:
            break
        if position >= len(atr):
            return b""
        indicators = atr[position]  # TD: which interface bytes follow it
        position += 1
    historical = atr[position : position + count]
    return historical if len(historical) == count else b""


def _capabilities(historical: bytes) -> bytes:
    category, body = historical[:1], historical[1:]
    if category == bytes((COMPACT_TLV_WITH_STATUS,)):
        body = body[:-STATUS_BYTES]
    elif category != bytes((COMPACT_TLV,)):
        return b""
    while body:
        tag, length = divmod(body[0], 0x10)
        value = body[1 : 1 + length]
        if len(value) != length:
            break
        if tag == CAPABILITIES:
            return value
        body = body[1 + length :]
    return b""
