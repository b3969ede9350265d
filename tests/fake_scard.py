"""A stand-in for ``smartcard.scard``: the functions that epass uses.

The types are those of pyscard: a return code, in a list where more is returned, and bytes as lists
of integers.
"""

import contextlib
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from types import ModuleType

import pytest

TIMEOUT, PROTO_MISMATCH, NO_READERS = 0x8010000A, 0x8010000F, 0x8010002E
UNSUPPORTED_FEATURE = 0x8010001F
EMPTY, PRESENT, MUTE = 0x10, 0x20, 0x220
CHANGED = 0x02
T0, T1 = 1, 2

ATR = bytes.fromhex("3b800181")


InstallScard = Callable[["FakeScard"], "FakeScard"]


class FakeScard:
    """``states`` are what each reader's state becomes in turn, one per wait.

    ``sent`` has the commands that went to the card, ``open`` the handles that are not closed.
    """

    SCARD_PCI_T0, SCARD_PCI_T1 = 101, 102

    def __init__(self, *, protocols: int = T1, **states: list[int]) -> None:
        self.states = {name.replace("_", " "): list(line) for name, line in states.items()}
        self.protocols = protocols
        self.atr = ATR
        self.controls: dict[int, bytes] = {}  # what the reader answers to control codes
        self.answer: Callable[[bytes], bytes] = lambda _: b"\x90\x00"
        self.failures: dict[str, list[int]] = defaultdict(list)
        self.hanging: dict[str, threading.Event] = {}
        self.calls: list[tuple[object, ...]] = []
        self.sent: list[bytes] = []
        self.open: set[int] = set()
        self._next = 1000

    def fail(self, function: str, *hresults: int) -> None:
        """Let the next calls of ``function`` return ``hresults``; 0 is success."""
        self.failures[function] += hresults

    def called(self, *functions: str) -> list[tuple[object, ...]]:
        """The calls of ``functions``, without the context or card handle."""
        return [(name, *rest) for name, _, *rest in self.calls if name in functions]

    def _enter(self, function: str, *arguments: object) -> int:
        self.calls.append((function, *arguments))
        if function in self.hanging:
            self.hanging[function].wait(30)
        return self.failures[function].pop(0) if self.failures[function] else 0

    def _handle(self) -> int:
        self._next += 1
        self.open.add(self._next)
        return self._next

    def SCardEstablishContext(self, scope: int) -> list[object]:  # noqa: N802 - as in pyscard
        hresult = self._enter("SCardEstablishContext", 0, scope)
        return [hresult, 0 if hresult else self._handle()]

    def SCardReleaseContext(self, context: int) -> int:  # noqa: N802
        hresult = self._enter("SCardReleaseContext", context)
        self.open.remove(context)
        return hresult

    def SCardListReaders(self, context: int, groups: list[str]) -> list[object]:  # noqa: N802
        hresult = self._enter("SCardListReaders", context, groups)
        names = list(self.states)
        return [hresult or (0 if names else NO_READERS), names]

    def SCardGetStatusChange(  # noqa: N802
        self, context: int, milliseconds: int, known: Iterable[tuple[str, int]]
    ) -> list[object]:
        known = list(known)
        hresult = self._enter("SCardGetStatusChange", context, milliseconds)
        for name, state in known:
            if state and len(self.states[name]) > 1:
                self.states[name].pop(0)
        now = [(name, self.states[name][0]) for name, _ in known]
        if not hresult and now == known:
            time.sleep(milliseconds / 1000)
            hresult = TIMEOUT
        return [hresult, [(name, state | CHANGED, []) for name, state in now]]

    def SCardConnect(  # noqa: N802
        self, context: int, reader: str, share: int, protocols: int
    ) -> list[object]:
        hresult = self._enter("SCardConnect", context, reader, share, protocols)
        if not hresult and not protocols & self.protocols:
            hresult = PROTO_MISMATCH
        return [hresult, 0, 0] if hresult else [0, self._handle(), protocols & self.protocols]

    def SCardDisconnect(self, card: int, disposition: int) -> int:  # noqa: N802
        hresult = self._enter("SCardDisconnect", card, disposition)
        self.open.remove(card)
        return hresult

    def SCardReconnect(  # noqa: N802
        self, card: int, share: int, protocol: int, initialization: int
    ) -> list[object]:
        return [self._enter("SCardReconnect", card, share, protocol, initialization), protocol]

    def SCardBeginTransaction(self, card: int) -> int:  # noqa: N802
        return self._enter("SCardBeginTransaction", card)

    def SCardStatus(self, card: int) -> list[object]:  # noqa: N802
        hresult = self._enter("SCardStatus", card)
        return [hresult, "", 0, 0, []] if hresult else [0, "reader", 0, 2, list(self.atr)]

    def SCARD_CTL_CODE(self, code: int) -> int:  # noqa: N802
        return 0x42000000 + code

    def SCardControl(self, card: int, code: int, data: list[int]) -> list[object]:  # noqa: N802
        hresult = self._enter("SCardControl", card, code, data)
        if not hresult and code not in self.controls:
            hresult = UNSUPPORTED_FEATURE
        return [hresult, list(self.controls.get(code, b""))]

    def SCardTransmit(self, card: int, pci: int, apdu: list[int]) -> list[object]:  # noqa: N802
        self.sent.append(bytes(apdu))
        hresult = self._enter("SCardTransmit", card, pci, bytes(apdu))
        return [hresult, [] if hresult else list(self.answer(bytes(apdu)))]


@contextlib.contextmanager
def installed(scard: FakeScard) -> Iterator[FakeScard]:
    """``scard`` where pyscard would be, and no thread left behind at the end."""
    package = ModuleType("smartcard")
    package.scard = scard  # type: ignore[attr-defined]
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "smartcard", package)
        yield scard
        for thread in threading.enumerate():
            if thread.name == "epass-pcsc":
                thread.join(2)
                assert not thread.is_alive()
