"""The verb ``read``: from a chip on a channel and the printed key to a dump.

Source: ICAO Doc 9303-11 §4.2 (chip access procedure). PACE where the chip offers it, else BAC;
a PACE that fails is an error and never turns into BAC, because whoever disturbs the link could
otherwise choose the weaker protocol.
"""

import secrets
import time
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, ParamSpec, TypeVar

from epass.card import bac, pace
from epass.card.apdu import OK, SHORT_LE, Channel, Command, Response
from epass.card.files import FileReader
from epass.card.keys import Key, MrzKey
from epass.card.secure import SecureChannel
from epass.crypto.ciphers import Cipher
from epass.dump import Access, Dump
from epass.errors import StatusError, UnsupportedError
from epass.lds.names import File
from epass.lds.security_infos import PaceInfo, SecurityInfos

_P = ParamSpec("_P")
_T = TypeVar("_T")

DEFAULT = (File.COM, File.DG1, File.SOD, File.DG2)  # the small ones first
WARNINGS = (0x62, 0x63)  # SW1 of answers that carry data all the same
# What chips without EF.CardAccess answer to its SELECT (field reports of ten states). Anything
# else is an error, not "no PACE": a disturbed answer must not lead to BAC.
NO_CARD_ACCESS = (0x6982, 0x6985, 0x6A81, 0x6A82, 0x6A86, 0x6A87, 0x6D00, 0x6E00)
LARGEST_EXTENDED = 0xFF00  # bytes asked for at most; secure messaging needs some of 65,536


@dataclass(frozen=True, slots=True)
class ReadEvent:
    """Where the read is. ``stage`` is "access" or "file"; ``done`` and ``total`` are bytes."""

    stage: str
    file: File | None = None
    done: int = 0
    total: int = 0


OnEvent = Callable[[ReadEvent], object]


def ignore(event: ReadEvent) -> None:
    """The ``on_event`` of callers that want no events."""


def read(
    channel: Channel,
    key: Key,
    *,
    want: Iterable[File] = DEFAULT,
    extended: bool = False,
    on_event: OnEvent = ignore,
    random: Callable[[int], bytes] = secrets.token_bytes,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Dump:
    """Open the chip with ``key`` and read the files that are wanted.

    ``extended`` asks for answers of up to 64 KiB, where chip and reader take them. ``on_event``
    is called before each file and as its bytes arrive; what it raises (``Cancelled``) stops
    the read between two commands. Only vectors replace ``random``.

    Raises:
        AccessDeniedError: the chip rejects the key.
        CardError: the chip refuses a file, breaks the protocol or is not authentic.
        FormatError: EF.CardAccess or the header of a file is malformed.
        UnsupportedError: the chip cannot be opened with this key or by what epass supports.
        ReaderError: what the channel raises.
    """
    started, counted = time.perf_counter(), _Counter(channel)
    on_event(ReadEvent("access"))
    secure, access = _open(counted, key, random)
    reader = FileReader(secure, LARGEST_EXTENDED if extended else secure.largest_short)
    files = {file: _file(reader, file, on_event) for file in want}
    seconds = round(time.perf_counter() - started, 3)
    return Dump(files, access, now(), counted.count, seconds)


def _in_thread(verb: Callable[_P, _T]) -> Callable[_P, Coroutine[Any, Any, _T]]:
    async def run(*args: _P.args, **options: _P.kwargs) -> _T:
        import asyncio  # noqa: PLC0415 - a third of the start-up time, for async callers only

        return await asyncio.to_thread(verb, *args, **options)

    return run


read_async = _in_thread(read)  # the same verb for async callers, in a thread of its own


def _open(
    channel: Channel, key: Key, random: Callable[[int], bytes]
) -> tuple[SecureChannel, Access]:
    infos = _pace_infos(channel)
    if infos:
        suite = pace.choose(infos)
        secure = pace.authenticate(channel, key, suite, random=random)
        FileReader(secure, SHORT_LE).select_application()
        return secure, Access(
            "PACE",
            key.label,
            suite.cipher.label,
            suite.protocol.mapping.value,
            suite.curve.parameter_id,
            suite.curve.name,
        )
    if not isinstance(key, MrzKey):
        raise UnsupportedError(
            "the chip offers no PACE, and BAC needs the MRZ, not the CAN",
            advice="Give the MRZ of the document.",
        )
    FileReader(channel, SHORT_LE).select_application()
    return bac.authenticate(channel, key, random=random), Access(
        "BAC", key.label, Cipher.TDES.label
    )


def _pace_infos(channel: Channel) -> tuple[PaceInfo, ...]:
    """What EF.CardAccess offers; empty where the chip has no such file or no PACE in it."""
    reader = FileReader(channel, SHORT_LE)
    reader.select_master_file()
    selected = reader.select(File.CARD_ACCESS)
    if selected.sw in NO_CARD_ACCESS:
        return ()
    if selected.sw != OK and selected.sw >> 8 not in WARNINGS:
        raise StatusError("SELECT EF.CardAccess", selected.sw)
    content = reader.read_selected(File.CARD_ACCESS)
    return SecurityInfos.parse(content, where=File.CARD_ACCESS.label).pace


def _file(reader: FileReader, file: File, on_event: OnEvent) -> bytes:
    on_event(ReadEvent("file", file))
    return reader.read(file, lambda done, total: on_event(ReadEvent("file", file, done, total)))


class _Counter:
    """Counts the commands that a read costs."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self.count = 0

    def transmit(self, command: Command) -> Response:
        self.count += 1
        return self._channel.transmit(command)
