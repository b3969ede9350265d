"""A simulated document that can prove itself, and a chip that keeps what it is asked in plain."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from types import MappingProxyType

import pytest

from epass.card import reader
from epass.card.apdu import Channel, Command, Response
from epass.card.keys import MrzKey
from epass.card.reader import DEFAULT
from epass.dump import Dump
from epass.errors import StatusError
from epass.lds.names import File
from epass.sim import issuer
from epass.sim.chip import Chip, _Call
from epass.sim.issuer import Document
from epass.sim.proof_keys import AaScheme, CaScheme

BAC_ONLY, PACE_ONLY = ("BAC",), ("PACE",)
ACCESSES = pytest.mark.parametrize("access", [PACE_ONLY, BAC_ONLY], ids=["PACE", "BAC"])
PLAIN = issuer.issue()
CA, AA = CaScheme(ciphers=("AES-256",), key_id=200), AaScheme(bits=1024)
PROVING = issuer.issue(chip_authentication=[CA], active_authentication=AA)
KEY = MrzKey.from_mrz(PLAIN.mrz)
SELECT, READ_BINARY, GENERAL_AUTHENTICATE, INTERNAL_AUTHENTICATE = 0xA4, 0xB0, 0x86, 0x88
MSE = 0x22
SMALL = (File.COM,)


def read(channel: Channel, want: Iterable[File] = DEFAULT, **options: object) -> Dump:
    return reader.read(channel, KEY, want=want, **options)  # type: ignore[arg-type]


def with_files(document: Document, **changed: bytes | None) -> Document:
    """``document`` with other files, or without them, by the names of ``File``."""
    files = {file: content for file, content in document.files.items() if file.name not in changed}
    files |= {File[name]: content for name, content in changed.items() if content is not None}
    return replace(document, files=MappingProxyType(files))


class Watched(Chip):
    """A chip that keeps the plain commands and gives the status word of ``refuse``, if any.

    If ``naked``, it does so without protection and drops the session.
    """

    def __init__(
        self,
        document: Document,
        refuse: Callable[[Command], int | None] = lambda _: None,
        access: tuple[str, ...] = PACE_ONLY,
        *,
        naked: bool = False,
    ) -> None:
        super().__init__(document, access=access)
        self.refuse = refuse
        self.naked = naked
        self.plain: list[Command] = []

    def _answer(self, call: _Call) -> Response:
        self.plain.append(call.command)
        sw = self.refuse(call.command)
        if sw is not None and self.naked:
            raise StatusError("refused", sw)  # Chip.exchange makes a plain answer of it
        return super()._answer(call) if sw is None else Response(sw=sw)

    def sent(self, ins: int) -> list[int]:
        """Where commands with ``ins`` stand among all."""
        return [place for place, command in enumerate(self.plain) if command.ins == ins]

    def first_read(self, file: File) -> int:
        """Where ``file`` of the application is first read by its short identifier."""
        application = max(
            place for place in self.sent(SELECT) if self.plain[place].data.startswith(b"\xa0")
        )
        return next(
            place
            for place, command in enumerate(self.plain)
            if place > application and (command.ins, command.p1) == (READ_BINARY, 0x80 | file.sfi)
        )
