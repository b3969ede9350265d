"""One visit to a chip: it is opened, its files are read, and it does what it can to prove itself.

Source: ICAO Doc 9303-11 §4.2 (access), §6 (authentication of the chip), §6.2.2, §9.8.2.

* Chip authentication comes as soon as a file announces it: what is read after it is read under
  stronger session keys, which only the genuine chip has. Active authentication comes last, because
  a chip that does not know the command may end the session.
* A proof is announced by EF.COM, which is not signed, or by EF.SOD, whichever was read. A forger
  who leaves it out of EF.COM must leave it in EF.SOD, or break that.
* A chip that does not prove itself can still be read: with a note, and no evidence, which is never
  a pass. If the session broke over it, the chip is reset and opened again as the first time.
* A refusal without protection is nobody's word, and ends the session (§9.8.5). What can be done
  without the refused file is done in a new one; a wanted file is asked for once more, with care.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial

from epass.card import proof, quirks
from epass.card.announced import announced
from epass.card.files import FileReader
from epass.card.ladder import WRONG_LENGTH, Ladder
from epass.card.opened import ChangedError, Opened
from epass.card.quirks import Note
from epass.card.refusals import is_refusal, recorded
from epass.card.resume import LOST, is_shown
from epass.card.secure import SecureChannel
from epass.dump import Refusal
from epass.errors import (
    AccessDeniedError,
    CardError,
    CommunicationError,
    EpassError,
    FormatError,
    OtherDocumentError,
    ProtocolError,
    ReaderError,
    SecureMessagingError,
    StatusError,
    UnsupportedError,
)
from epass.evidence import ACTIVE, CHIP, MAX_REASON, NO_EVIDENCE, Failure
from epass.lds.chip_keys import Dg14, Dg15
from epass.lds.names import APPLICATION, File
from epass.lds.security_infos import SecurityInfos

MAX_UNPROTECTED = 2  # refusals of files after which the chip is opened again

Tell = Callable[[str, File | None, int, int, bytes], object]


class Visit:
    """Gathers what goes into a dump. ``channel`` is another one after chip authentication.

    ``open_chip`` is given how the chip was opened before, if it was. ``reset`` resets the chip, and
    raises UnsupportedError where the link cannot; ``reconnect`` waits for a document that was
    lost with an error, and raises that error where it is not to be waited for. ``first_ladder``
    says with which lengths to begin in the first session; without ``prove`` the chip proves
    nothing. ``tell`` is called with stage, file, bytes done and in total, and those that came now;
    what it raises stops the visit.

    Raises:
        EpassError: whatever ``open_chip`` raises; the chip does not have the application.
    """

    def __init__(
        self,
        open_chip: Callable[[Opened | None], Opened],
        reset: Callable[[], object],
        *,
        first_ladder: Callable[[SecureChannel, Note], Ladder],
        prove: bool,
        tell: Tell,
        random: Callable[[int], bytes],
        reconnect: Callable[[ReaderError], object],
    ) -> None:
        self._open_chip, self._reset, self._reconnect = open_chip, reset, reconnect
        self._first_ladder = first_ladder
        self._prove, self._tell, self._random = prove, tell, random
        self._chip_was_asked = self._has_proved = self._broke_over_proof = False
        self._unprotected = 0
        self._ladder: Ladder | None = None
        self._opened: Opened | None = None
        self._failure: EpassError | None = None  # the last that was borne
        self.files: dict[File, bytes] = {}
        self.refused: dict[File, Refusal] = {}
        self._met = quirks.Met()
        self.notes: list[str] = []
        self.evidence = NO_EVIDENCE
        self._partial: tuple[File, bytes] | None = None
        self._is_away = True  # until it has been opened, and again after each gap
        self.despite_gaps(lambda: None)

    def _enter(self) -> None:
        self._tell("access", None, 0, 0, b"")
        opened = self._opened = self._open_chip(self._opened)
        self.access = opened.access
        self.evidence = replace(self.evidence, mapping=opened.evidence.mapping)
        self.files |= opened.files
        for quirk in opened.quirks:
            self._met(quirk)
        self.notes += [note for note in opened.notes if note not in self.notes]
        self._use(opened.channel)
        if opened.suite is not None:
            if self._prove and opened.evidence.mapping:
                self._fetch(File.CARD_SECURITY, None)
            if not self.channel.ended:
                self._reader.select_application()

    def _stay_open(self) -> None:
        """Open the chip again if it has dropped the session over what only a proof needs; where it
        cannot be reset, raises what the session broke over.
        """
        if not self.channel.ended:
            return
        try:
            self._reset()
        except UnsupportedError as error:
            raise self._failure or error from None
        self._enter()

    def _use(self, channel: SecureChannel) -> None:
        self.channel = channel
        self._ladder = self._ladder or self._first_ladder(channel, self._met)
        self._ladder.continue_with(channel.largest_short, channel.room)
        self._reader = FileReader(channel, self._ladder)

    @property
    def quirks(self) -> tuple[str, ...]:
        """The ids of the deviations that were met."""
        return tuple(self._met.ids)

    @property
    def ladder(self) -> Ladder:
        """With what lengths the chip was read."""
        return self._reader.ladder

    def collect(
        self,
        wanted: Iterable[File],
        challenge: bytes | None,
        *,
        also: Iterable[File] = (),
        everything: bool = False,
    ) -> None:
        """Read the files, and have the chip prove itself on the way.

        What it refuses of ``also``, or with ``everything`` of the data groups that it announces,
        is recorded and no error.

        Raises:
            CardError, FormatError, ReaderError: a wanted file cannot be had; what only fails to
                prove the chip is a note.
        """
        for file in wanted:
            self.despite_gaps(partial(self._require, file))
            self.despite_gaps(self._prove_chip)
        listed = announced(self.files) if everything else ()
        groups = (file for file in File if file.group and file in listed)
        for file in dict.fromkeys((*also, *groups)):
            self.despite_gaps(partial(self._try, file))
            self.despite_gaps(self._prove_chip)
        try:
            self.despite_gaps(partial(self._prove_actively, challenge))
        except LOST as error:
            if not self._broke_over_proof:
                raise
            self._give_up(ACTIVE, error, refused=True)

    # --- gaps -----------------------------------------------------------------------------------

    def despite_gaps(self, step: Callable[[], object]) -> None:
        """Do ``step``; where the document is lost, begin it again as soon as it is back."""
        while True:
            try:
                if self._is_away:
                    self._come_back()
                step()
            except LOST as error:
                lost = error
            else:
                return
            self._is_away = True
            if isinstance(lost, CommunicationError) and self._ladder is not None:
                self._ladder.doubt()
            self._reconnect(lost)

    def _come_back(self) -> None:
        """Open the chip again, see that it is the same one, and let it prove that once more; raises
        OtherDocumentError where it is another one.
        """
        before = self._opened
        try:
            self._enter()
        except AccessDeniedError:
            if before is None:
                raise
            raise OtherDocumentError("the key does not open it") from None
        except ChangedError:
            raise OtherDocumentError("its EF.CardAccess is another one") from None
        if not is_shown(self._reader, self.files):
            self._partial = None
        self._is_away = False
        if self._has_proved:  # what follows was to be read under its session keys, and by that chip
            self.evidence = replace(self.evidence, chip=None)
            self._chip_was_asked = False
            self._prove_chip()

    def _try(self, file: File) -> None:
        """A file that may be refused. Whoever breaks off too often is asked for nothing more."""
        if file in self.files or file in self.refused:
            return
        if self._unprotected == MAX_UNPROTECTED:
            self.refused[file] = Refusal(None, "not asked for: the chip broke off over other files")
            return
        self._stay_open()  # what fails here is not the file
        try:
            self._read(file)
        except (StatusError, ProtocolError, FormatError) as error:
            self.refused[file] = recorded(error)
        except SecureMessagingError as error:
            self._bear(error)
            self.refused[file] = recorded(error)

    def _read(self, file: File) -> None:
        """A file that is not there yet; once more with short length, where extended length was
        refused without protection, which ends the session, and none was taken before.
        """
        if file in self.files:
            return
        try:
            self._read_once(file)
        except SecureMessagingError as error:
            if not (self.ladder.is_unproven and is_refusal(error)):
                raise
            self._failure = error
            self.ladder.shorten()
            self._stay_open()
            if file not in self.files:  # which opening the chip may have read already
                self._read_once(file)
            self._met("extended-refused")

    def _read_once(self, file: File) -> None:
        self._stay_open()
        tell = partial(self._tell, "file", file)
        tell(0, 0, b"")
        known, self._partial = self._partial, None
        try:
            if known is not None and known[0] is file:
                self.files[file] = self._reader.read_on(file, known[1], tell)
            else:
                self.files[file] = self._reader.read(file, tell)
        except LOST:
            # What is read while the chip is opened comes before anything shows whose it is.
            if self._reader.partial and file in APPLICATION:
                self._partial = file, self._reader.partial
            raise

    def _require(self, file: File) -> None:
        """A wanted file. Was it the file that was refused, or the way that it was asked for?"""
        if file not in self.files:
            self._stay_open()
        try:
            self._read(file)
        except SecureMessagingError as error:
            if self.ladder.is_careful:
                raise
            self._bear(error)
            self.ladder.be_careful()
            self._read(file)

    def _bear(self, error: SecureMessagingError) -> None:
        """Go on after a refusal without protection, as often as that may be; else raise it."""
        if not is_refusal(error) or self._unprotected == MAX_UNPROTECTED:
            raise error
        self._failure = error
        self._unprotected += 1
        self._met("naked-errors")

    def _fetch(self, file: File, needed_by: str | None) -> bytes | None:
        """A file that nobody asked for, but a proof may need; where the chip refuses it, a note."""
        if file in self.refused:
            return None
        if file not in self.files:
            self._stay_open()  # what fails here is not the file
        try:
            self._read(file)
        except (StatusError, ProtocolError, FormatError) as error:
            self._leave_out(file, needed_by, error)
        except SecureMessagingError as error:
            self._bear(error)
            self._leave_out(file, needed_by, error)
        return self.files.get(file)

    def _leave_out(self, file: File, needed_by: str | None, error: EpassError) -> None:
        self.refused[file] = recorded(error)
        if needed_by is None:
            self.notes.append(f"{file.label} not read: {error.message}")
        else:
            self._give_up(needed_by, error, refused=True)

    def _give_up(self, what: str, error: EpassError, *, refused: bool) -> None:
        """No evidence for a proof: recorded for who judges it, and noted for people."""
        reason = error.message.removeprefix(f"{proof.STEP}: ")[:MAX_REASON]
        failure = Failure(what, refused, reason)
        self.evidence = self.evidence.but(failure)
        self.notes.append(failure.text)

    # --- chip authentication ------------------------------------------------------------------

    def _prove_chip(self) -> None:
        """As soon as a file has announced DG14, and once. It is read without ``prove`` too: it has
        the signed copy of EF.CardAccess, without which nobody knows by which way to open the chip.
        """
        if self._chip_was_asked or File.DG14 not in announced(self.files):
            return
        self._chip_was_asked = True
        try:
            infos = self._security_infos()
            if not self._prove or infos is None or not infos.announces_chip_authentication:
                return
            self._tell("proof", File.DG14, 0, 0, b"")
            self._agree(infos, chained=False)
        except LOST:
            self._chip_was_asked = False
            raise

    def _agree(self, infos: SecurityInfos, *, chained: bool) -> None:
        self._stay_open()
        channel = self.channel
        try:
            result = proof.chip_authenticate(
                channel, infos, chained=chained, random=self._random, note=self._met
            )
        except UnsupportedError as error:
            self._give_up(CHIP, error, refused=True)
        except (CardError, FormatError) as error:
            self._failure, refused = error, is_refusal(error)
            too_long = isinstance(error, SecureMessagingError) and error.sw == WRONG_LENGTH
            if too_long and not chained and proof.may_be_chained(channel, infos):
                self._agree(infos, chained=True)
                return
            self._give_up(CHIP, error, refused=refused)
            if channel.ended and refused:
                self._met("ca-fails")
        else:
            self._has_proved = True
            self.evidence = replace(self.evidence, chip=result.evidence)
            self._use(result.channel)

    def _security_infos(self) -> SecurityInfos | None:
        content = self._fetch(File.DG14, CHIP)
        if content is None:
            return None
        try:
            dg14 = Dg14.parse(content)
        except FormatError as error:
            self._give_up(CHIP, error, refused=True)
            return None
        notes = [f"DG14: {note}" for note in dg14.notes]
        self.notes += [note for note in notes if note not in self.notes]
        return dg14.security_infos

    # --- active authentication ----------------------------------------------------------------

    def _prove_actively(self, challenge: bytes | None) -> None:
        """Where a file has announced it; without ``challenge``, one is drawn."""
        if not self._prove or File.DG15 not in announced(self.files):
            return
        content = self._fetch(File.DG15, ACTIVE)
        if content is None:
            return
        try:
            key = Dg15.parse(content).public_key
        except FormatError as error:
            self._give_up(ACTIVE, error, refused=True)
            return
        self._stay_open()
        self._tell("proof", File.DG15, 0, 0, b"")
        sent = self._random(proof.CHALLENGE) if challenge is None else challenge
        try:
            active = proof.active_authenticate(
                self.channel, key, sent, extended=self.ladder.is_extended, note=self._met
            )
        except UnsupportedError as error:
            self._give_up(ACTIVE, error, refused=True)
        except CommunicationError as error:  # by chance, or each time for want of extended length
            if not self._broke_over_proof:
                self._broke_over_proof = True
                raise
            self._give_up(ACTIVE, error, refused=True)
        except (CardError, FormatError) as error:
            refused = is_refusal(error)
            self._give_up(ACTIVE, error, refused=refused)
            if refused:  # with protection it would be evidence
                self._met("naked-errors")
        else:
            self.evidence = replace(self.evidence, active=active)
