"""Files of the master file that hold one data object after the other, without a template.

Source: ICAO Doc 9303-10 §3.11.1 and §3.11.2 (EF.ATR/INFO and EF.DIR are transparent files of the
interindustry scheme). On many chips such a file has a fixed size, and 00 or FF behind its content.
"""

from epass import tlv
from epass.errors import FormatError

FILLING = b"\x00\xff"


def unfilled(data: bytes, where: str, notes: list[str]) -> tlv.Tlv:
    """The data objects of ``data`` as if they stood in a template, without what fills it up.

    Raises:
        FormatError: the file is empty, or something else is behind the filling.
    """
    if not data:
        raise FormatError("empty", where, 0)
    position = 0
    while position < len(data) and data[position] not in FILLING:
        _, after_tag = tlv.read_tag(data, position, where)
        length, start = tlv.read_length(data, after_tag, where)
        position = min(start + length, len(data))
    left = data[position:]
    if left.strip(left[:1]):
        raise FormatError("more behind the filling of the file", where, position)
    if left:
        notes.append(f"{len(left)} bytes of filling at the end")
    return tlv.Tlv(0, data[:position], data[:position], where, 0)
