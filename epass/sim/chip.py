"""A passport chip in software: command dispatch and security status.

Source: Doc 9303-10 §3 (application, files), Doc 9303-11 §4.2 (access), §9.3 (APDUs), §9.8.3 and
§9.8.5 (end of a session); ISO/IEC 7816-4. Strict on purpose: what the standard does not ask a
chip to accept is refused, and any fault of secure messaging ends the session. Where the standard
leaves a choice:

* A chip with PACE only answers 6982 to SELECT of the application before PACE, as such documents
  do; with BAC it can be selected, as BAC starts there.
* Any plain command inside a session is answered 6982, ends the session and is not carried out.
  The master file is then current (§9.8.3, note).
* Reading to the end of a file in fewer bytes than Ne is 6282 with the data, Le 00 included.
* Le 00 gets as much as one answer can carry; another Le that does not fit is 6700.
"""

import secrets
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Protocol

from epass import tlv
from epass.card import apdu
from epass.card.apdu import EXTENDED_LE, SHORT_LE, Command, Response
from epass.crypto.ciphers import MAC_SIZE
from epass.errors import FormatError, InputError, StatusError
from epass.lds.names import LDS1_AID, MF_FID, File
from epass.sim import answer_to_reset, filesystem
from epass.sim.access import (
    ACCESS,
    BAC,
    CRYPTOGRAM,
    PACE,
    RND,
    BacChallenge,
    PaceExchange,
    PaceRequest,
    PaceSuite,
    Passwords,
    card_access,
    mrz_secret,
)
from epass.sim.filesystem import Directory, FileSystem
from epass.sim.messaging import SM_CLA, Session
from epass.sim.status import Sw

PLAIN_CLA, CHAINED_CLA = 0x00, 0x10
SET_AT = 0xC1A4  # P1-P2 of MSE:Set AT for mutual authentication, §4.4.4.1
BY_FID, BY_EF, BY_AID = 0x00, 0x02, 0x04  # P1 of SELECT
WITH_FCI, WITHOUT_DATA = 0x00, 0x0C  # P2 of SELECT
FCI, DF_NAME = 0x6F, 0x84

OPEN_FILES = frozenset({File.CARD_ACCESS, File.ATR_INFO})  # Doc 9303-11 §4.2 step 1
SENSITIVE_FILES = frozenset({File.DG3, File.DG4})  # §4.2: neither BAC nor PACE opens them


class Document(Protocol):
    """What the chip needs of a document; ``mrz`` has its lines separated by a line feed."""

    @property
    def files(self) -> Mapping[File, bytes]: ...
    @property
    def mrz(self) -> str: ...
    @property
    def can(self) -> str: ...


@dataclass(frozen=True, slots=True)
class _Call:
    """One plain command.

    ``room`` is the most data that its answer can carry, ``pending`` the protocol that waited for
    this command.
    """

    command: Command
    room: int
    pending: BacChallenge | PaceExchange | None

    def check(self, p1_p2: int, *, data: bool, le: tuple[int, ...]) -> None:
        """``le`` empty: none may be there; else one of these must be."""
        command = self.command
        if command.p1 << 8 | command.p2 != p1_p2:
            raise StatusError("P1-P2", Sw.INCORRECT_P1_P2)
        if bool(command.data) is not data or command.le not in (le or (None,)):
            raise StatusError("Lc or Le", Sw.WRONG_LENGTH)


class Chip:
    """A chip with the files of ``document``: a ``Channel``, and a card for ``sim.vpcd``.

    ``access`` is a non-empty part of ``sim.access.ACCESS``; ``cipher`` (one of its ``CIPHERS``) and
    ``parameter_id`` (8 to 18) are those of PACE. EF.CardAccess is made from them unless the
    document brings its own. ``extended`` says whether extended length is understood; how long
    an APDU may be is told, and kept to, by DO 7F66 of ``ef_atr_info``, if that is given.
    ``random`` gives as many bytes as it is asked for. ``nonce``, up to 8 bytes, goes into the ATR,
    so that this card can be told from another. ``alter`` changes a plain answer before secure
    messaging protects it: a chip that lies behind its own MAC.

    Raises:
        InputError: there is no such access, cipher or parameter set, the MRZ is of no known
            form, the nonce is too long, or ``ef_atr_info`` is malformed.
    """

    def __init__(
        self,
        document: Document,
        *,
        access: Collection[str] = ACCESS,
        cipher: str = "AES-128",
        parameter_id: int = 13,
        extended: bool = True,
        random: Callable[[int], bytes] = secrets.token_bytes,
        ef_atr_info: bytes | None = None,
        nonce: bytes = b"",
        alter: Callable[[Command, Response], Response] | None = None,
    ) -> None:
        self.access = _checked(access)
        self.suites = _suites(self.access, cipher, parameter_id)
        self.extended = extended
        self.atr = answer_to_reset.build(extended=extended, nonce=nonce)
        self._limits = answer_to_reset.limits(ef_atr_info)
        self._passwords = _passwords(document)
        self._random = random
        self._alter = alter
        self._files = FileSystem(_files(document, self.suites, ef_atr_info))
        self._session: Session | None = None
        self._pending: BacChallenge | PaceExchange | None = None

    def __repr__(self) -> str:
        return f"Chip(access={self.access}, extended={self.extended})"

    def reset(self) -> None:
        """Power off and on: no session, no protocol under way, the master file is current."""
        self._session = None
        self._pending = None
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
        return self._protected(self._session, command, limit)

    def _plain(self, call: _Call) -> Response:
        cla, ins = call.command.cla, call.command.ins
        if cla == SM_CLA:
            raise StatusError("secure messaging without a session", Sw.SM_OBJECT_INCORRECT)
        if cla not in (PLAIN_CLA, CHAINED_CLA):
            return Response(sw=Sw.CLA_NOT_SUPPORTED)
        if cla == CHAINED_CLA and ins != apdu.GENERAL_AUTHENTICATE:
            return Response(sw=Sw.CHAINING_NOT_SUPPORTED)
        return self._answer(call)

    def _protected(self, session: Session, command: Command, limit: int) -> Response:
        if command.cla in (PLAIN_CLA, CHAINED_CLA):
            raise StatusError("plain command in a session", Sw.NOT_AUTHENTICATED)  # §4.3.2
        plain = session.unprotect(command)
        answer = self._answer(_Call(plain, session.room(limit), None))
        return session.protect(answer, plain.ins)

    def _answer(self, call: _Call) -> Response:
        """The plain answer; a refusal in here is an ordinary error and ends no session."""
        try:
            answer = self._handler(call.command.ins)(call)
        except StatusError as refusal:
            answer = Response(sw=refusal.sw)
        return answer if self._alter is None else self._alter(call.command, answer)

    def _handler(self, ins: int) -> Callable[[_Call], Response]:
        handlers = {
            apdu.SELECT: self._select,
            apdu.READ_BINARY: self._read_even,
            apdu.READ_BINARY_ODD: self._read_odd,
        }
        if BAC in self.access:
            handlers[apdu.GET_CHALLENGE] = self._get_challenge
            handlers[apdu.EXTERNAL_AUTHENTICATE] = self._external_authenticate
        if PACE in self.access:
            handlers[apdu.MSE] = self._set_at
            handlers[apdu.GENERAL_AUTHENTICATE] = self._general_authenticate
        if ins not in handlers:
            raise StatusError("dispatch", Sw.INS_NOT_SUPPORTED)
        return handlers[ins]

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
        if BAC not in self.access and self._session is None:
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
        read: Callable[[bytes, int, int, int], Response],
    ) -> Response:
        command = call.command
        if command.le is None or bool(command.data) is not bool(command.ins % 2):
            raise StatusError("READ BINARY", Sw.WRONG_LENGTH)
        self._check_admitted()
        found, offset = locate(self._files, command)
        file = self._readable(found)
        response = read(self._files.content(file), offset, command.le, call.room)
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
        answer, self._session = call.pending.authenticate(call.command.data)
        return Response(answer)

    def _set_at(self, call: _Call) -> Response:
        call.check(SET_AT, data=True, le=())
        self._before_access(Directory.MASTER)  # §4.4: the security context is that of the MF
        request = PaceRequest.parse(call.command.data)
        suite = request.choose(self.suites)
        password = self._passwords.get(request.password)
        self._pending = PaceExchange(suite, password, self._random)
        return Response()

    def _general_authenticate(self, call: _Call) -> Response:
        command, pace = call.command, call.pending
        if not isinstance(pace, PaceExchange):
            raise StatusError("GENERAL AUTHENTICATE, no PACE", Sw.CONDITIONS_NOT_SATISFIED)
        if command.p1 or command.p2:
            raise StatusError("GENERAL AUTHENTICATE", Sw.INCORRECT_P1_P2)
        answer = pace.advance(command.data, last=command.cla == PLAIN_CLA)
        if len(answer) > (command.le or 0):
            raise StatusError("GENERAL AUTHENTICATE", Sw.WRONG_LENGTH)
        self._session = pace.session
        self._pending = pace if pace.session is None else None
        return Response(answer)

    def _before_access(self, directory: Directory) -> None:
        if self._session is not None or self._files.directory is not directory:
            raise StatusError("chip access", Sw.CONDITIONS_NOT_SATISFIED)


def _checked(wanted: Collection[str]) -> tuple[str, ...]:
    if not wanted or not set(wanted) <= set(ACCESS):
        raise InputError(f"the access of a chip is one or more of {', '.join(ACCESS)}")
    return tuple(name for name in ACCESS if name in wanted)


def _suites(access: tuple[str, ...], cipher: str, parameter_id: int) -> tuple[PaceSuite, ...]:
    return (PaceSuite.named(cipher, parameter_id),) if PACE in access else ()


def _passwords(document: Document) -> Passwords:
    can = document.can.encode("latin-1", "replace")  # table 14
    return Passwords(mrz_secret(document.mrz), can)


def _files(
    document: Document, suites: tuple[PaceSuite, ...], ef_atr_info: bytes | None
) -> dict[File, bytes]:
    files = dict(document.files)
    files.pop(File.ATR_INFO, None)
    if ef_atr_info is not None:
        files[File.ATR_INFO] = ef_atr_info
    if suites:
        files.setdefault(File.CARD_ACCESS, card_access(suites))
    else:
        files.pop(File.CARD_ACCESS, None)  # §4.2 step 1: it is there for PACE
    return files
