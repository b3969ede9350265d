"""The chip's files: directories, selection, and both forms of READ BINARY.

Source: ISO/IEC 7816-4 §7.2 (data units; READ BINARY); Doc 9303-10 §3. Security status is the
chip's matter, not that of this module.
"""

from collections.abc import Callable, Mapping
from enum import Enum
from types import MappingProxyType

from epass import tlv
from epass.card.apdu import EXTENDED_LE, SHORT_LE, Command, Response
from epass.errors import FormatError, StatusError
from epass.lds.names import File
from epass.sim.status import Sw

OFFSET, DISCRETIONARY = 0x54, 0x53
MAX_OFFSET_BYTES = 4
BY_SFI = 0x80
SFI = range(1, 31)  # ISO/IEC 7816-4 §5.3.1.1: neither all zeros nor all ones

# Doc 9303-11 §9.2.11 and ISO/IEC 7816-4 §12.2.2: these lie in the master file.
MASTER_FILES = frozenset({File.CARD_ACCESS, File.CARD_SECURITY, File.ATR_INFO, File.DIR})

AtEnd = Callable[[bytes, int], bytes]


def as_it_ends(found: bytes, _room: int) -> bytes:
    """What is answered where the file holds only ``found`` of what was asked for."""
    return found


class Directory(Enum):
    """The dedicated file that is current."""

    MASTER = "MF"
    EMRTD = "eMRTD application"


class FileSystem:
    """The files of one chip and which of them is current."""

    def __init__(self, files: Mapping[File, bytes]) -> None:
        self._files = MappingProxyType(dict(files))
        self.directory = Directory.MASTER
        self.current: File | None = None

    def enter(self, directory: Directory) -> None:
        self.directory = directory
        self.current = None

    def by_fid(self, fid: int) -> File | None:
        """The file ``fid`` of the current directory, or None."""
        return next((file for file in self._here() if file.fid == fid), None)

    def by_sfi(self, sfi: int) -> File | None:
        """The file with the short identifier ``sfi`` of the current directory, or None."""
        return next((file for file in self._here() if file.sfi == sfi), None)

    def _here(self) -> tuple[File, ...]:
        in_master = self.directory is Directory.MASTER
        return tuple(file for file in self._files if (file in MASTER_FILES) is in_master)

    def content(self, file: File) -> bytes:
        return self._files[file]


def locate_even(system: FileSystem, command: Command) -> tuple[File | None, int]:
    """The file that READ BINARY with INS B0 means, and the offset; None if there is no such file.

    Raises:
        StatusError: P1 is wrong, or no file is current.
    """
    if not command.p1 & BY_SFI:
        return _current(system), command.p1 << 8 | command.p2
    if command.p1 & ~BY_SFI not in SFI:  # bits 7 and 6 are zero
        raise StatusError("READ BINARY, no short file identifier", Sw.INCORRECT_P1_P2)
    return system.by_sfi(command.p1 & ~BY_SFI), command.p2


def locate_odd(system: FileSystem, command: Command) -> tuple[File | None, int]:
    """The file that READ BINARY with INS B1 means, and the offset of its DO 54.

    P1-P2 is 0000 for the current file, a short identifier in the last five bits, or else a file
    identifier.

    Raises:
        StatusError: the data field is not one offset, or no file is current.
    """
    offset = _offset(command.data)
    reference = command.p1 << 8 | command.p2
    if reference == 0:
        return _current(system), offset
    if reference in SFI:
        return system.by_sfi(reference), offset
    return system.by_fid(reference), offset


def read_even(
    content: bytes, offset: int, le: int, room: int, at_end: AtEnd = as_it_ends
) -> Response:
    """``le`` bytes from ``offset``; ``room`` is what a response can carry.

    Where that is less, Le 00 gets as much as fits, any other Le is refused. ``at_end`` makes the
    data where the file ends before, of those that are left and the most that can be answered.

    Raises:
        StatusError: 6B00 or 6700.
    """
    _check_offset(content, offset)
    return _answer(content[offset : offset + le], le, room, at_end)


def read_odd(
    content: bytes, offset: int, le: int, room: int, at_end: AtEnd = as_it_ends
) -> Response:
    """As ``read_even``, in DO 53, whose tag and length count towards ``le``.

    Raises:
        StatusError: 6B00 or 6700.
    """
    _check_offset(content, offset)
    wanted = _capacity(le)
    plain = _answer(content[offset : offset + wanted], wanted, _capacity(room), at_end, le)
    return Response(tlv.build(DISCRETIONARY, plain.data), plain.sw)


def _answer(found: bytes, wanted: int, room: int, at_end: AtEnd, le: int | None = None) -> Response:
    is_end = len(found) < wanted
    if is_end:
        found = at_end(found, min(wanted, room))
    if len(found) > room:
        if (wanted if le is None else le) not in (SHORT_LE, EXTENDED_LE):
            raise StatusError("READ BINARY, the answer does not fit", Sw.WRONG_LENGTH)
        return Response(found[:room])
    return Response(found, Sw.END_OF_FILE if is_end else Sw.OK)


def _capacity(size: int) -> int:
    """The most bytes that DO 53 can hold if it may not be longer than ``size``."""
    held = size - 2
    while held > 0 and len(tlv.build(DISCRETIONARY, bytes(held))) > size:
        held -= 1
    if held < 1:
        raise StatusError("READ BINARY, Le is too short for DO 53", Sw.WRONG_LENGTH)
    return held


def _check_offset(content: bytes, offset: int) -> None:
    if offset >= len(content):
        raise StatusError("READ BINARY", Sw.OFFSET_OUTSIDE_FILE)


def _current(system: FileSystem) -> File:
    if system.current is None:
        raise StatusError("READ BINARY", Sw.NO_CURRENT_FILE)
    return system.current


def _offset(data: bytes) -> int:
    try:
        item = tlv.parse_one(data, OFFSET, where="READ BINARY")
    except FormatError:
        raise StatusError("READ BINARY, not one DO 54", Sw.INCORRECT_DATA) from None
    if not 1 <= len(item.value) <= MAX_OFFSET_BYTES:
        raise StatusError("READ BINARY, length of the offset", Sw.INCORRECT_DATA)
    return int.from_bytes(item.value)
