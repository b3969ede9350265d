"""Read the chip of an ePassport, verify it, and deliver it to a verification session.

::

    from epass import MrzKey, NfcPayload, VeriffClient, pcsc, read, verify

    with pcsc.connect(wait=30) as card:
        dump = read(card, MrzKey.from_mrz(mrz))
    verify(dump, at=datetime.now(UTC)).require()
    receipt = VeriffClient(key, secret, url).upload_nfc(session, NfcPayload.from_dump(dump))

Every error is an ``EpassError``; see ``epass.errors``. The names below are imported when they
are first used, so that ``import epass`` is quick and needs no optional package.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from epass.card.apdu import Channel, Command, Response
    from epass.card.keys import Can, MrzKey
    from epass.card.memory import Memory
    from epass.card.reader import ReadEvent, read, read_async
    from epass.card.resume import Resume
    from epass.card.trace import ReplayChannel, Trace, TracingChannel
    from epass.dump import Access, Dump
    from epass.errors import Cancelled, EpassError
    from epass.lds.names import File
    from epass.trust.report import Check, Outcome, Report
    from epass.trust.verify import verify
    from epass.upload import NfcPayload, UploadedMedia, VeriffClient

__version__ = "0.1.0"

_HOMES = {
    "Access": "dump",
    "Can": "card.keys",
    "Cancelled": "errors",
    "Channel": "card.apdu",
    "Check": "trust.report",
    "Command": "card.apdu",
    "Dump": "dump",
    "EpassError": "errors",
    "File": "lds.names",
    "Memory": "card.memory",
    "MrzKey": "card.keys",
    "NfcPayload": "upload",
    "Outcome": "trust.report",
    "ReadEvent": "card.reader",
    "ReplayChannel": "card.trace",
    "Report": "trust.report",
    "Response": "card.apdu",
    "Resume": "card.resume",
    "Trace": "card.trace",
    "TracingChannel": "card.trace",
    "UploadedMedia": "upload",
    "VeriffClient": "upload",
    "read": "card.reader",
    "read_async": "card.reader",
    "verify": "trust.verify",
}

__all__ = [
    "Access",
    "Can",
    "Cancelled",
    "Channel",
    "Check",
    "Command",
    "Dump",
    "EpassError",
    "File",
    "Memory",
    "MrzKey",
    "NfcPayload",
    "Outcome",
    "ReadEvent",
    "ReplayChannel",
    "Report",
    "Response",
    "Resume",
    "Trace",
    "TracingChannel",
    "UploadedMedia",
    "VeriffClient",
    "__version__",
    "read",
    "read_async",
    "verify",
]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'epass' has no attribute {name!r}")
    return getattr(import_module(f"epass.{_HOMES[name]}"), name)
