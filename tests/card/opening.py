"""A document with a choice of chips to open, and what was sent to one while it was opened."""

from collections.abc import Callable, Iterable
from typing import Any

from card_wire import Wire

from epass import tlv
from epass.card import reader
from epass.card.apdu import Channel, Command, Response
from epass.card.keys import Can, Key, MrzKey
from epass.dump import Dump
from epass.lds.names import File
from epass.sim import issuer
from epass.sim.card_files import PaceOffer
from epass.sim.issuer import Document
from epass.sim.pace import PaceSuite

SELECT, MSE, GENERAL_AUTHENTICATE = 0xA4, 0x22, 0x86
GET_CHALLENGE, EXTERNAL_AUTHENTICATE = 0x84, 0x82
BOTH, BAC_ONLY, PACE_ONLY = ("PACE", "BAC"), ("BAC",), ("PACE",)

DOCUMENT = issuer.issue()
KEY, CAN = MrzKey.from_mrz(DOCUMENT.mrz), Can(DOCUMENT.can)
WRONG = MrzKey.from_fields("L898902C4", "740812", "340415")
SMALL = (File.COM,)

Change = Callable[[int, Command, Response], Response]


def with_card_access(*infos: bytes, content: bytes | None = None) -> Document:
    """``DOCUMENT`` with an EF.CardAccess of these SecurityInfos, or of that ``content``."""
    whole = tlv.build(0x31, list(infos)) if content is None else content
    files = {**DOCUMENT.files, File.CARD_ACCESS: whole}
    return Document(files, DOCUMENT.mrz, DOCUMENT.can, DOCUMENT.format)


def offering(*suites: PaceSuite, forms: Iterable[str] = ()) -> Document:
    """A document that offers ``suites``."""
    return issuer.issue(pace=PaceOffer(suites, tuple(forms)))


def pace_info(group: int, number: int, parameter_id: int | None) -> bytes:
    """A PACEInfo of 0.4.0.127.0.7.2.2.4.``group``.``number``, whether there is one or not."""
    oid = bytes.fromhex("04007F0007020204") + bytes((group, number))
    members = [tlv.build(0x06, oid), b"\x02\x01\x02"]
    if parameter_id is not None:
        members.append(tlv.build(0x02, bytes((parameter_id,))))
    return tlv.build(0x30, members)


def read(channel: Channel, key: Key = KEY, *, want: Iterable[File] = SMALL, **options: Any) -> Dump:
    return reader.read(channel, key, want=want, **options)


def refuses(sw: int, when: Callable[[Command], bool]) -> Change:
    """The chip does what it is told, but its answer is lost on the way, and ``sw`` in its place."""

    def change(_number: int, command: Command, response: Response) -> Response:
        return Response(sw=sw) if when(command) else response

    return change


def set_ups(wire: Wire) -> list[tuple[str, int | None]]:
    """The last arcs of the protocol and the parameters in each MSE:Set AT of PACE."""
    found = []
    for command in wire.sent(MSE):
        values = {item.tag: item.value for item in tlv.parse(command.data, where="MSE")}
        parameters = values.get(0x84)
        arcs = f"{values[0x80][-2]}.{values[0x80][-1]}"
        found.append((arcs, None if parameters is None else int.from_bytes(parameters)))
    return found


def attempts(wire: Wire) -> tuple[int, int]:
    """How often the key was used, for PACE and for BAC."""
    tokens = [command for command in wire.sent(GENERAL_AUTHENTICATE) if command.cla == 0]
    return len(tokens), len(wire.sent(EXTERNAL_AUTHENTICATE))
