"""What a reader says that it carries.

Source: PC/SC part 10 v2.02.09 §2.2 (features of a reader), §2.6.14 (its properties). Readers and
drivers need not say anything, and many do not.
"""

from collections.abc import Callable

GET_FEATURE_REQUEST = 3400
FEATURE_GET_TLV_PROPERTIES = 0x12
MAX_APDU_DATA_SIZE = 0x0A  # dwMaxAPDUDataSize: 0 is short length only


def longest_data(control: Callable[[int], bytes], request: int) -> int | None:
    """The most bytes of data in one APDU, 0 for short length only; None if that is not said.

    ``control`` asks the reader by a control code, of which ``request`` is the first.
    """
    code = _objects(control(request)).get(FEATURE_GET_TLV_PROPERTIES, b"")
    if len(code) != 4:
        return None
    size = _objects(control(int.from_bytes(code))).get(MAX_APDU_DATA_SIZE, b"")
    return int.from_bytes(size, "little") if len(size) == 4 else None


def _objects(data: bytes) -> dict[int, bytes]:
    """Tag, length and value, a byte each for the first two; what is cut off is left out."""
    found, position = {}, 0
    while position + 2 <= len(data):
        tag, length = data[position], data[position + 1]
        value = data[position + 2 : position + 2 + length]
        if len(value) == length:
            found[tag] = value
        position += 2 + length
    return found
