"""What a chip does otherwise because of its quirks: where ``sim.chip`` asks, and what is answered.

The status words are those of ISO/IEC 7816-4 §5.6; without any quirk nothing here changes anything.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace

from epass.card.apdu import Command, Response
from epass.errors import StatusError
from epass.sim import quirks
from epass.sim.attempts import Attempts
from epass.sim.candidates import Candidate
from epass.sim.filesystem import AtEnd, as_it_ends
from epass.sim.messaging import Session
from epass.sim.pace import PaceRequest, PaceSuite, strongest
from epass.sim.proofs import Proofs
from epass.sim.status import Sw

FILLER = bytes.fromhex("000080")
REFUSALS = range(0x6400, 0x9000)  # 61xx to 63xx are none


class Behaviour:
    """The quirks ``names`` of the chip that ``candidate`` is without them.

    Raises:
        InputError: there is no such quirk, two of them exclude each other, or the chip lacks what
            one of them cannot be without.
    """

    def __init__(
        self, names: Collection[str], candidate: Candidate, sleep: Callable[[float], None]
    ) -> None:
        self._rows = quirks.fitting(names, candidate)
        self._names = frozenset(names)
        self._is_undefined = False  # as after a refused PACE
        self.attempts = Attempts(
            counts=quirks.KEY_ATTEMPTS in names, delays=quirks.KEY_DELAY in names, sleep=sleep
        )

    def reset(self) -> None:
        self._is_undefined = False

    @property
    def selects_unopened(self) -> bool:
        """Whether a chip without BAC lets the application be selected before PACE."""
        return quirks.BAC_ABSENT in self._names

    @property
    def at_end(self) -> AtEnd:
        """What READ BINARY answers where the file ends before Ne."""
        if quirks.EXACT_LENGTHS in self._names:
            return _refuse_end
        return _fill_up if quirks.PADDED_END in self._names else as_it_ends

    def proofs(self, genuine: Proofs) -> Proofs:
        """What the chip proves itself with."""
        for row in self._rows:
            genuine = row.proves(genuine)
        return genuine

    def admit(self, command: Command) -> None:
        """Raises StatusError for a plain command that the chip does not even look at."""
        for row in self._rows:
            sw = row.refuses(command)
            if sw is not None:
                raise StatusError("quirk", sw)

    def answer(self, command: Command, answer: Response) -> Response:
        """The plain answer in the place of the right one."""
        for row in self._rows:
            answer = row.changes(command, answer)
        return answer

    def choose(self, request: PaceRequest, offered: Sequence[PaceSuite]) -> PaceSuite:
        """The suite that MSE:Set AT means.

        Raises:
            StatusError: as ``PaceRequest.choose``, or 6985 in an undefined state.
        """
        if self._is_undefined:
            raise StatusError("MSE:Set AT, undefined state", Sw.CONDITIONS_NOT_SATISFIED)
        has_id = request.parameter_id is not None
        if (quirks.REFUSES_ID if has_id else quirks.NEEDS_ID) in self._names:
            raise StatusError("MSE:Set AT, data object 84", Sw.INCORRECT_DATA)
        if quirks.REFUSES_ID in self._names:
            able = sorted((item for item in offered if item.oid == request.oid), key=PaceSuite.info)
            request = replace(request, parameter_id=able[0].parameter_id if able else None)
        suite = request.choose(offered)
        if quirks.SUITE_REFUSED in self._names and suite == strongest(offered):
            self._is_undefined = True
            raise StatusError("MSE:Set AT, algorithm", Sw.INCORRECT_DATA)
        return suite

    def protect(self, session: Session, ins: int, answer: Response) -> Response:
        """``answer`` to a command with ``ins``, as it is sent.

        Raises:
            StatusError: the session is over.
        """
        if quirks.CA_FAILS in self._names and answer.sw == Sw.NO_DIAGNOSIS:
            raise StatusError("chip authentication", Sw.NO_DIAGNOSIS)
        if quirks.NAKED_ERRORS in self._names and answer.sw in REFUSALS:
            session.uncount()
            return answer
        return session.protect(answer, ins)


def _refuse_end(_found: bytes, _room: int) -> bytes:
    raise StatusError("READ BINARY, the file ends before", Sw.WRONG_LENGTH)


def _fill_up(found: bytes, room: int) -> bytes:
    missing = max(room - len(found), 0)
    return found + (FILLER * (missing // len(FILLER) + 1))[:missing]
