"""The files of the eMRTD application: names, tags and identifiers.

Source: ICAO Doc 9303-10 §3.6 to §4.7, tables 28, 30, 33 and 38; Doc 9303-11 §4.2 for EF.CardAccess.
"""

from enum import Enum
from typing import Self

LDS1_AID = bytes.fromhex("A0000002471001")  # Doc 9303-10 §4.1, the eMRTD application
MF_FID = 0x3F00


class File(Enum):
    """One elementary file: file identifier, short file identifier, and the tag it starts with.

    ``tag`` is None where a file has no template of its own, but data objects one after
    the other.
    """

    DIR = (0x2F00, 0x1E, None, "EF.DIR")
    ATR_INFO = (0x2F01, 0x01, None, "EF.ATR/INFO")
    CARD_ACCESS = (0x011C, 0x1C, 0x31, "EF.CardAccess")
    CARD_SECURITY = (0x011D, 0x1D, 0x30, "EF.CardSecurity")
    COM = (0x011E, 0x1E, 0x60, "EF.COM")
    SOD = (0x011D, 0x1D, 0x77, "EF.SOD")
    DG1 = (0x0101, 0x01, 0x61, "DG1")
    DG2 = (0x0102, 0x02, 0x75, "DG2")
    DG3 = (0x0103, 0x03, 0x63, "DG3")
    DG4 = (0x0104, 0x04, 0x76, "DG4")
    DG5 = (0x0105, 0x05, 0x65, "DG5")
    DG6 = (0x0106, 0x06, 0x66, "DG6")
    DG7 = (0x0107, 0x07, 0x67, "DG7")
    DG8 = (0x0108, 0x08, 0x68, "DG8")
    DG9 = (0x0109, 0x09, 0x69, "DG9")
    DG10 = (0x010A, 0x0A, 0x6A, "DG10")
    DG11 = (0x010B, 0x0B, 0x6B, "DG11")
    DG12 = (0x010C, 0x0C, 0x6C, "DG12")
    DG13 = (0x010D, 0x0D, 0x6D, "DG13")
    DG14 = (0x010E, 0x0E, 0x6E, "DG14")
    DG15 = (0x010F, 0x0F, 0x6F, "DG15")
    DG16 = (0x0110, 0x10, 0x70, "DG16")

    def __init__(self, fid: int, sfi: int, tag: int | None, label: str) -> None:
        self.fid = fid
        self.sfi = sfi
        self.tag = tag
        self.label = label

    @property
    def group(self) -> int | None:
        """The number of the data group, 1 to 16; None for the other files."""
        return int(self.name[2:]) if self.name.startswith("DG") else None

    @classmethod
    def from_group(cls, number: int) -> Self | None:
        """Data group ``number``, or None if there is no such group."""
        return next((item for item in cls if item.group == number), None)

    @classmethod
    def from_tag(cls, tag: int) -> Self | None:
        """The data group whose template has ``tag``, or None."""
        return next((item for item in cls if item.group and item.tag == tag), None)

    @classmethod
    def from_label(cls, label: str) -> Self | None:
        """The file called ``label`` (``EF.COM``, ``DG1``), or None."""
        return next((item for item in cls if item.label == label), None)


# What lies in the eMRTD application; the others lie in the master file, under identifiers of which
# some are those of another file here.
APPLICATION = tuple(file for file in File if file.group or file in (File.COM, File.SOD))

# Those of the master file that anybody may read and nobody signs. What EF.CardAccess says is signed
# elsewhere once more.
UNSIGNED = (File.ATR_INFO, File.DIR)
