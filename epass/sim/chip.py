"""A passport chip in software: command dispatch and security status.

Source: Doc 9303-10 §3 (application, files), Doc 9303-11 §4.2 (access), §9.3 (APDUs), §9.8.3 and
§9.8.5 (end of a session); ISO/IEC 7816-4. Strict on purpose: what the standard does not ask a
chip to accept is refused, and any fault of secure messaging ends the session. Where the standard
leaves a choice:

* A chip with PACE only answers 6982 to SELECT of the application before PACE, as such documents
  do; with BAC it can be selected, as BAC starts there.
* Chip Authentication and Active Authentication belong to the eMRTD application (§6.2), inside a
  session. MSE:Set AT is good for the GENERAL AUTHENTICATE that follows it, which may be a chain.
* Any plain command inside a session is answered 6982, ends the session and is not carried out.
  The master file is then current (§9.8.3, note).
* Reading to the end of a file in fewer bytes than Ne is 6282 with the data, Le 00 included.
* Le 00 gets as much as one answer can carry; another Le that does not fit is 6700.
"""

import secrets
import time
from collections.abc import Callable, Collection
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial

from epass import tlv
from epass.card import apdu
from epass.card.apdu import EXTENDED_LE, SHORT_LE, Command, Response
from epass.crypto.ciphers import MAC_SIZE
from epass.errors import FormatError, StatusError
from epass.lds.names import LDS1_AID, MF_FID, File
from epass.sim import answer_to_reset, card_files, filesystem, proofs
from epass.sim.access import ACCESS, BAC, CRYPTOGRAM, PACE, RND, BacChallenge
from epass.sim.behaviour import Behaviour
from epass.sim.candidates import Candidate
from epass.sim.filesystem import AtEnd, Directory, FileSystem
from epass.sim.messaging import CHAINED, SM_CLA, Session
from epass.sim.pace import PaceExchange, PaceRequest
from epass.sim.pace_lies import teller
from epass.sim.personalisation import Document, chip_files, chosen_access, passwords
from epass.sim.proofs import Agreement
from epass.sim.quirks import EXTENDED_REFUSED
from epass.sim.status import Sw

PLAIN_CLA, CHAINED_CLA = 0x00, CHAINED
SET_AT = 0xC1A4  # P1-P2 of MSE:Set AT for mutual authentication, §4.4.4.1
BY_FID, BY_EF, BY_AID = 0x00, 0x02, 0x04  # P1 of SELECT
WITH_FCI, WITHOUT_DATA = 0x00, 0x0C  # P2 of SELECT
FCI, DF_NAME = 0x6F, 0x84

OPEN_FILES = frozenset({File.CARD_ACCESS, File.ATR_INFO, File.DIR})  # Doc 9303-11 §4.2
SENSITIVE_FILES = frozenset({File.DG3, File.DG4})  # §4.2: neither BAC nor PACE opens them


Pending = BacChallenge | PaceExchange | Agreement


@dataclass(frozen=True, slots=True)
class _Call:
    """One plain command.

    ``room`` is the most data that its answer can carry, ``pending`` the protocol that waited for
    this command.
    """

    command: Command
    room: int
    pending: Pending | None

    def check(self, p1_p2: int, *, data: bool, le: tuple[int, ...]) -> None:
        """``le`` empty: none may be there; else one of these must be."""
        command = self.command
        if command.p1 << 8 | command.p2 != p1_p2:
            raise StatusError("P1-P2", Sw.INCORRECT_P1_P2)
        if bool(command.data) is not data or command.le not in (le or (None,)):
            raise StatusError("Lc or Le", Sw.WRONG_LENGTH)


class Chip:
    """A chip with the files of ``document``: a ``Channel``, and a card for ``sim.vpcd``.

    ``access`` is a non-empty part of ``sim.access.ACCESS``. PACE is as the document offers it, or
    by ``mapping``, ``cipher`` (of ``PACE_MAPPINGS`` and ``CIPHERS``) and ``parameter_id`` (0 to 2,
    8 to 18). EF.CardAccess is made from them unless the document brings its own. ``lie`` is one
    of ``pace_lies.LIES``. ``extended`` says whether extended length is understood; how long
    an APDU may be is told, and kept to, by DO 7F66 of ``ef_atr_info``, if that is given.
    ``quirks`` are some of ``quirks.QUIRKS``; ``sleep`` takes the seconds of one that delays.
    ``random`` gives as many bytes as it is asked for. ``nonce``, up to 8 bytes, goes into the ATR,
    so that this card can be told from another. ``alter`` changes a plain answer before secure
    messaging protects it: a chip that lies behind its own MAC.

    Raises:
        InputError: there is no such access, cipher, parameter set, mapping, lie or quirk, or not
            together, the document lacks a key for it, the MRZ is of no known form, the nonce is
            too long, or ``ef_atr_info`` is malformed.
    """

    def __init__(
        self,
        document: Document,
        *,
        access: Collection[str] = ACCESS,
        cipher: str | None = None,
        parameter_id: int | None = None,
        mapping: str | None = None,
        lie: str | None = None,
        extended: bool = True,
        quirks: Collection[str] = (),
        sleep: Callable[[float], None] = time.sleep,
        random: Callable[[int], bytes] = secrets.token_bytes,
        ef_atr_info: bytes | None = None,
        nonce: bytes = b"",
        alter: Callable[[Command, Response], Response] | None = None,
    ) -> None:
        self.access = chosen_access(access)
        self._offer = card_files.chosen(document.pace, cipher, parameter_id, mapping)
        self.extended = extended and EXTENDED_REFUSED not in quirks
        self.suites = self._offer.usable(extended=self.extended) if PACE in self.access else ()
        self._tell = teller(lie, self.suites)
        self._limits = answer_to_reset.limits(ef_atr_info)
        tells = ef_atr_info is not None and self._limits != answer_to_reset.Limits()
        self.atr = answer_to_reset.build(extended=extended, lengths=tells, nonce=nonce)
        self._passwords = passwords(document)
        plain = Candidate(self.access, self._offer, self.suites, document.proofs, extended)
        self._behaviour = Behaviour(quirks, plain, sleep)
        self._proofs = self._behaviour.proofs(document.proofs)
        self._random = random
        self._alter = alter
        self._files = FileSystem(
            chip_files(document, self._offer if PACE in self.access else None, ef_atr_info)
        )
        self._session: Session | None = None
        self._by_pace = False
        self._pending: Pending | None = None

    def __repr__(self) -> str:
        return f"Chip(access={self.access}, extended={self.extended})"

    def reset(self) -> None:
        """Power off and on: no session, no protocol under way, the master file is current."""
        self._session = None
        self._by_pace = False
        self._pending = None
        self._behaviour.reset()
        self._files.enter(Directory.MASTER)

    def transmit(self, command: Command) -> Response:
        """One command over the same path as its bytes would take."""
        return Response.parse(self.exchange(command.encode()))

    def exchange(self, received: bytes) -> bytes:
        """The response APDU to any bytes; what is no command gets 6700 or 6E00."""
        try:
            response = self._receive(received)
        except StatusError as refusal:
            response = Response(sw=refusal.sw)  # unprotected, §9.8.5
            if self._session is not None:
                self.reset()
        return response.encode()

    def _receive(self, received: bytes) -> Response:
        pending, self._pending = self._pending, None  # good for the very next command only
        try:
            command = Command.parse(received)
        except FormatError:
            raise StatusError("no command APDU", Sw.WRONG_LENGTH) from None
        if len(received) > self._limits.command or (command.is_extended and not self.extended):
            raise StatusError("command too long", Sw.WRONG_LENGTH)
        limit = self._limits.response - 2 if command.is_extended else SHORT_LE
        if self._session is None:
            return self._plain(_Call(command, limit, pending))
        return self._protected(self._session, _Call(command, limit, pending))

    def _plain(self, call: _Call) -> Response:
        cla = call.command.cla
        if cla & ~CHAINED == SM_CLA:
            raise StatusError("secure messaging without a session", Sw.SM_OBJECT_INCORRECT)
        if cla not in (PLAIN_CLA, CHAINED_CLA):
            return Response(sw=Sw.CLA_NOT_SUPPORTED)
        return self._answer(call)

    def _protected(self, session: Session, call: _Call) -> Response:
        if call.command.cla in (PLAIN_CLA, CHAINED_CLA):
            raise StatusError("plain command in a session", Sw.NOT_AUTHENTICATED)  # §4.3.2
        plain = session.unprotect(call.command)
        answer = self._answer(_Call(plain, session.room(call.room), call.pending))
        # By the old keys, if there are new ones: §9.8.2.
        return self._behaviour.protect(session, plain.ins, answer)

    def _answer(self, call: _Call) -> Response:
        """The plain answer; a refusal in here is an ordinary error and ends no session."""
        try:
            self._behaviour.admit(call.command)
            answer = self._handler(call.command)(call)
        except StatusError as refusal:
            answer = Response(sw=refusal.sw)
        answer = self._behaviour.answer(call.command, answer)
        return answer if self._alter is None else self._alter(call.command, answer)

    def _handler(self, command: Command) -> Callable[[_Call], Response]:
        if command.cla == CHAINED_CLA and command.ins != apdu.GENERAL_AUTHENTICATE:
            raise StatusError("dispatch, chaining", Sw.CHAINING_NOT_SUPPORTED)
        handlers = {
            apdu.SELECT: self._select,
            apdu.READ_BINARY: self._read_even,
            apdu.READ_BINARY_ODD: self._read_odd,
        }
        if BAC in self.access:
            handlers[apdu.GET_CHALLENGE] = self._get_challenge
            handlers[apdu.EXTERNAL_AUTHENTICATE] = self._external_authenticate
        if PACE in self.access or self._proofs.chip:
            handlers[apdu.MSE] = self._manage_security_environment
            handlers[apdu.GENERAL_AUTHENTICATE] = self._general_authenticate
        if self._proofs.active:
            handlers[proofs.INTERNAL_AUTHENTICATE] = partial(self._sign, self._proofs.active)
        if command.ins not in handlers:
            raise StatusError("dispatch", Sw.INS_NOT_SUPPORTED)
        return handlers[command.ins]

    # --- files

    def _select(self, call: _Call) -> Response:
        command = call.command
        by_aid = command.p1 == BY_AID
        known = command.p1 in (BY_FID, BY_EF, BY_AID)
        if not known or command.p2 not in ((WITHOUT_DATA, WITH_FCI) if by_aid else (WITHOUT_DATA,)):
            raise StatusError("SELECT", Sw.INCORRECT_P1_P2)
        if command.p2 == WITHOUT_DATA and command.le is not None:
            raise StatusError("SELECT, Le for no data", Sw.WRONG_LENGTH)
        if by_aid:
            return self._select_application(command)
        if command.p1 == BY_FID and command.data in (b"", MF_FID.to_bytes(2)):
            self._files.enter(Directory.MASTER)
            return Response()
        if len(command.data) != 2:
            raise StatusError("SELECT, not a file identifier", Sw.WRONG_LENGTH)
        file = None if command.p1 == BY_FID else self._files.by_fid(int.from_bytes(command.data))
        self._files.current = self._readable(file)
        return Response()

    def _select_application(self, command: Command) -> Response:
        if command.data != LDS1_AID:
            raise StatusError("SELECT, application", Sw.FILE_NOT_FOUND)
        opened = self._session is not None or self._behaviour.selects_unopened
        if BAC not in self.access and not opened:
            raise StatusError("SELECT before PACE", Sw.NOT_AUTHENTICATED)
        information = tlv.build(FCI, tlv.build(DF_NAME, LDS1_AID))
        if command.le is not None and command.le < len(information):
            raise StatusError("SELECT, Le", Sw.WRONG_LENGTH)
        self._files.enter(Directory.EMRTD)
        return Response(b"" if command.le is None else information)

    def _readable(self, file: File | None) -> File:
        """``file``, if it is there and the security status opens it."""
        self._check_admitted()
        if file is None:
            raise StatusError("file", Sw.FILE_NOT_FOUND)
        if file in SENSITIVE_FILES or (file not in OPEN_FILES and self._session is None):
            raise StatusError("access", Sw.NOT_AUTHENTICATED)
        if file is File.CARD_SECURITY and not self._by_pace:  # Doc 9303-10 §3.11.4
            raise StatusError("access", Sw.NOT_AUTHENTICATED)
        return file

    def _check_admitted(self) -> None:
        """Without authentication the application does not even tell which files it has (§4.4.2)."""
        if self._files.directory is Directory.EMRTD and self._session is None:
            raise StatusError("access", Sw.NOT_AUTHENTICATED)

    def _read_even(self, call: _Call) -> Response:
        return self._read(call, filesystem.locate_even, filesystem.read_even)

    def _read_odd(self, call: _Call) -> Response:
        return self._read(call, filesystem.locate_odd, filesystem.read_odd)

    def _read(
        self,
        call: _Call,
        locate: Callable[[FileSystem, Command], tuple[File | None, int]],
        read: Callable[[bytes, int, int, int, AtEnd], Response],
    ) -> Response:
        command = call.command
        if command.le is None or bool(command.data) is not bool(command.ins % 2):
            raise StatusError("READ BINARY", Sw.WRONG_LENGTH)
        self._check_admitted()
        found, offset = locate(self._files, command)
        file = self._readable(found)
        content, at_end = self._files.content(file), self._behaviour.at_end
        response = read(content, offset, command.le, call.room, at_end)
        self._files.current = file  # ISO/IEC 7816-4 §7.2.2: of a completed command
        return response

    # --- access

    def _get_challenge(self, call: _Call) -> Response:
        call.check(0x0000, data=False, le=(RND, SHORT_LE, EXTENDED_LE))
        self._before_access(Directory.EMRTD)  # §4.2 step 4
        self._pending = BacChallenge(self._passwords.mrz, self._random)
        return Response(self._pending.rnd_ic)

    def _external_authenticate(self, call: _Call) -> Response:
        length = CRYPTOGRAM + MAC_SIZE
        call.check(0x0000, data=True, le=(length, SHORT_LE, EXTENDED_LE))
        if not isinstance(call.pending, BacChallenge):
            raise StatusError("EXTERNAL AUTHENTICATE, no challenge", Sw.CONDITIONS_NOT_SATISFIED)
        with self._behaviour.attempts.one():
            answer, self._session = call.pending.authenticate(call.command.data)
        return Response(answer)

    def _manage_security_environment(self, call: _Call) -> Response:
        template = call.command.p1 << 8 | call.command.p2
        if self._proofs.chip and template in self._proofs.chip.templates:
            return self._agree_on_keys(self._proofs.chip, template, call)
        if PACE not in self.access:
            raise StatusError("MSE, template", Sw.INCORRECT_P1_P2)
        return self._set_at(call)

    def _set_at(self, call: _Call) -> Response:
        call.check(SET_AT, data=True, le=())
        self._before_access(Directory.MASTER)  # §4.4: the security context is that of the MF
        request = PaceRequest.parse(call.command.data)
        suite = self._behaviour.choose(request, self.suites)
        password = self._passwords.get(request.password)
        key = self._offer.key(suite)
        self._pending = PaceExchange(suite, password, self._random, key=key, tell=self._tell)
        return Response()

    def _general_authenticate(self, call: _Call) -> Response:
        command, protocol = call.command, call.pending
        if not isinstance(protocol, PaceExchange | Agreement):
            raise StatusError("GENERAL AUTHENTICATE, nothing to do", Sw.CONDITIONS_NOT_SATISFIED)
        if command.p1 or command.p2:
            raise StatusError("GENERAL AUTHENTICATE", Sw.INCORRECT_P1_P2)
        last = command.cla == PLAIN_CLA
        if isinstance(protocol, Agreement) and len(command.data) > protocol.piece:
            self._pending = protocol  # the security environment stands
            raise StatusError("GENERAL AUTHENTICATE, not chained", Sw.WRONG_LENGTH)
        is_attempt = last and isinstance(protocol, PaceExchange)
        with self._behaviour.attempts.one() if is_attempt else nullcontext():
            answer = protocol.advance(command.data, last=last)
        if len(answer) > (command.le or 0):
            raise StatusError("GENERAL AUTHENTICATE", Sw.WRONG_LENGTH)
        self._by_pace |= isinstance(protocol, PaceExchange) and protocol.session is not None
        self._session = protocol.session or self._session
        self._pending = None if last else protocol
        return Response(answer)

    # --- proofs

    def _agree_on_keys(
        self, proof: proofs.ChipAuthentication, template: int, call: _Call
    ) -> Response:
        call.check(template, data=True, le=())
        self._after_access()
        if template == proofs.SET_AT:
            self._pending = proof.set_at(call.command.data, self._random)
            return Response()
        answer, session = proof.set_kat(call.command.data, self._random)
        self._session = session or self._session
        return Response(answer)

    def _sign(self, proof: proofs.ActiveAuthentication, call: _Call) -> Response:
        le = call.command.le or SHORT_LE
        call.check(0x0000, data=True, le=(le,))
        self._after_access()
        return proof.respond(call.command.data, min(le, call.room), self._random)

    def _after_access(self) -> None:
        if self._session is None:
            raise StatusError("proof", Sw.NOT_AUTHENTICATED)
        if self._files.directory is not Directory.EMRTD:
            raise StatusError("proof", Sw.CONDITIONS_NOT_SATISFIED)

    # --- conditions

    def _before_access(self, directory: Directory) -> None:
        if self._session is not None or self._files.directory is not directory:
            raise StatusError("chip access", Sw.CONDITIONS_NOT_SATISFIED)
