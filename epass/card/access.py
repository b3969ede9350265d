"""Which door is opened: PACE wherever the chip offers it, else BAC, and never by accident.

Source: ICAO Doc 9303-11 §4.2 (chip access procedure), §4.4.1. Whoever disturbs the link must not be
able to choose the weaker protocol, so everything here fails closed: BAC follows only from a
chip that offers no PACE, or from the caller's word, and then it stands in the dump. The key is
used once. What the chip refuses before the key is used, with a status word that says that it does
not have what it was asked for, may be asked for in another way, after a reset, since a chip that
has refused is in a state that the standard does not define. Where the chip cannot be reset, the
refusal is the end. A chip that is opened again is opened as it was before, or not at all.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from epass.card import apdu, bac, pace, quirks
from epass.card.apdu import OK, READ_BINARY, SHORT_LE, WARNINGS, Channel, Command, Response
from epass.card.files import SHORT_ID, FileReader
from epass.card.keys import Key, MrzKey
from epass.card.ladder import Ladder
from epass.card.opened import ChangedError, Opened
from epass.card.pace import PaceResult, Suite
from epass.card.plan import Plan
from epass.card.secure import SecureChannel
from epass.crypto.ciphers import Cipher
from epass.dump import FILE_NOT_FOUND, Access
from epass.errors import (
    AccessDeniedError,
    CardError,
    EpassError,
    FormatError,
    InputError,
    StatusError,
    UnsupportedError,
)
from epass.evidence import Evidence
from epass.lds.names import File
from epass.lds.security_infos import (
    ID_PACE,
    PaceDomainParameterInfo,
    SecurityInfo,
    SecurityInfos,
    UnknownInfo,
)

AUTO, PACE, BAC = POLICIES = ("auto", "pace", "bac")
# What chips without EF.CardAccess answer to its SELECT (field reports of ten states). Anything
# else is an error, not "no PACE": a disturbed answer must not lead to BAC.
NO_CARD_ACCESS = (FILE_NOT_FOUND, 0x6982, 0x6985, 0x6A81, 0x6A86, 0x6A87, 0x6D00, 0x6E00)
MAX_SUITES = 8  # tried in turn; documents offer up to four
MAX_NOTES = 16  # on what is skipped in EF.CardAccess, which may be full of anything
BLOCKED = (0x6983, 0x63C0)  # no key is taken any more, at whatever step the chip says so
# §4.4.4.1: MSE:Set AT names what the chip does not have. Any other status word is an error.
NOT_HAD = (0x6A80, 0x6A88)
SLOW_REFUSAL = 0.9  # seconds; a chip that is not slowing down guessing refuses in a fraction


@dataclass(frozen=True, slots=True)
class Policy:
    """``access`` is "auto", "pace" or "bac".

    In "auto" a chip that offers PACE is opened by PACE; ``allow_bac_fallback`` lets BAC follow a
    PACE that failed for another reason than the key. "bac" is BAC whatever the chip offers.

    Raises:
        InputError: there is no such access.
    """

    access: str = AUTO
    allow_bac_fallback: bool = False

    def __post_init__(self) -> None:
        if self.access not in POLICIES:
            raise InputError(f"access: one of {', '.join(POLICIES)}")


def open_chip(
    channel: Channel,
    key: Key,
    policy: Policy,
    plan: Plan,
    before: Opened | None = None,
    *,
    random: Callable[[int], bytes],
) -> Opened:
    """Open the chip with ``key``, once. ``plan`` is told what the chip says of its answers.

    ``before`` is how a chip was opened that has been reset since: by the same protocol it is
    opened again, for PACE with the same suite in the same form, and by no other, whatever the
    policy would allow. Its EF.CardAccess must be the same, or lacking again.

    Raises:
        InputError: the policy is BAC, and the key is not the MRZ.
        AccessDeniedError: the chip rejects the key, or takes none any more.
        UnsupportedError: the chip does not offer what the key or the policy needs.
        CardError: the chip refuses, breaks the protocol, or is not as it was ``before``.
        FormatError: EF.CardAccess is malformed.
        ReaderError: what the channel raises.
    """
    if policy.access == BAC and not isinstance(key, MrzKey):
        raise InputError("access: BAC needs the MRZ, not the CAN")
    door = _Door(channel, key, random)
    try:
        return _open(door, policy, plan) if before is None else _open_again(door, before)
    except (CardError, UnsupportedError, FormatError) as error:
        door.tell(error)
        raise


def _open(door: "_Door", policy: Policy, plan: Plan) -> Opened:
    infos = _parsed(door.card_access())
    if plan.meet(infos):
        plan.limit(door.atr_info())
    if policy.access == BAC:  # said to be a fallback though no PACE is seen: it may be hidden
        return door.by_bac(fallback=True)
    if infos is None or not _offers_pace(infos):
        if policy.access == PACE:
            raise UnsupportedError("the chip offers no PACE, and nothing else is allowed")
        return door.by_bac(fallback=False)
    try:
        return door.by_pace(infos)
    except AccessDeniedError:
        raise  # BAC would be a second attempt with the same key
    except (CardError, UnsupportedError) as error:
        if policy.access == PACE or not policy.allow_bac_fallback or not door.has_mrz:
            raise
        door.reset(after=error)
        door.notes.append(f"PACE failed: {error.message}")
    return door.by_bac(fallback=True)


def _open_again(door: "_Door", before: Opened) -> Opened:
    if door.card_access() != before.files.get(File.CARD_ACCESS):
        raise ChangedError("access", "the chip has another EF.CardAccess than before")
    if before.suite is None:
        return door.by_bac(fallback=before.access.fallback)
    return door.by_suites((before.suite,))


def _parsed(card_access: bytes | None) -> SecurityInfos | None:
    if card_access is None:
        return None
    return SecurityInfos.parse(card_access, where=File.CARD_ACCESS.label)


def _offers_pace(infos: SecurityInfos) -> bool:
    """Whether there is any PACE, be it one that epass does not know."""
    explicit = any(isinstance(info, PaceDomainParameterInfo) for info in infos.infos)
    return bool(infos.pace) or explicit or any(_unknown_pace(infos))


def _unknown_pace(infos: SecurityInfos) -> Iterator[str]:
    """The object identifiers of §9.2.3 that it does not have yet."""
    for info in infos.infos:
        if isinstance(info, UnknownInfo) and info.oid.startswith(f"{ID_PACE}."):
            yield info.oid


class _Door:
    """One attempt to open one chip, and what was met on the way."""

    def __init__(self, channel: Channel, key: Key, random: Callable[[int], bytes]) -> None:
        self._channel = channel
        self._key = key
        self._random = random
        self._files: dict[File, bytes] = {}
        self._met = quirks.Met()
        self.notes: list[str] = []

    @property
    def has_mrz(self) -> bool:
        """Whether the key is one that BAC can be tried with."""
        return isinstance(self._key, MrzKey)

    def card_access(self) -> bytes | None:
        """EF.CardAccess as it is; None where the chip has no such file."""
        reader = FileReader(self._channel, Ladder(SHORT_LE, note=self._met))
        reader.select_master_file()
        selected = reader.select(File.CARD_ACCESS)
        if selected.sw in NO_CARD_ACCESS:
            if selected.sw != FILE_NOT_FOUND:
                self._met("card-access-refused")
            return None
        if selected.sw != OK:
            if selected.sw >> 8 not in WARNINGS:
                raise StatusError("SELECT EF.CardAccess", selected.sw)
            self._met("card-access-warning")
        self._files[File.CARD_ACCESS] = reader.read_selected(File.CARD_ACCESS)
        return self._files[File.CARD_ACCESS]

    def atr_info(self) -> bytes:
        """The start of EF.ATR/INFO, as much as one answer brings; nothing where it is refused."""
        short_id = SHORT_ID | File.ATR_INFO.sfi
        return self._channel.transmit(Command(READ_BINARY, short_id, le=SHORT_LE)).data

    def by_pace(self, infos: SecurityInfos) -> Opened:
        """PACE with the strongest suite that both sides know and the chip does not refuse."""
        self._tell_skipped(infos)
        if not infos.pace:
            unknown = pace.listed(_unknown_pace(infos)) or "parameters of its own"
            raise UnsupportedError(f"the chip offers PACE only as {unknown}")
        pace.choose(infos.pace)  # which says what the chip offers, if there is nothing for us
        return self.by_suites(tuple(_forms(infos)))

    def by_suites(self, forms: Sequence[Suite]) -> Opened:
        """PACE by the first of ``forms`` that the chip has."""
        result, suite = self._run(forms)
        access = Access(
            "PACE",
            self._key.label,
            suite.cipher.label,
            suite.protocol.mapping.value,
            suite.group.parameter_id,
            suite.group.name,
            mrz_information=self._key.information if isinstance(self._key, MrzKey) else None,
        )
        opened = self._opened(result.channel, access)
        return replace(opened, evidence=Evidence(mapping=result.evidence), suite=suite)

    def by_bac(self, *, fallback: bool) -> Opened:
        """BAC; ``fallback`` marks that it is so by the caller's word."""
        key = self._key
        if not isinstance(key, MrzKey):
            raise UnsupportedError(
                "the chip offers no PACE, and BAC needs the MRZ, not the CAN",
                advice="Give the MRZ of the document.",
            )
        FileReader(self._channel, Ladder(SHORT_LE)).select_application()
        with self._attempt("BAC") as channel:
            secure = bac.authenticate(channel, key, random=self._random, note=self._met)
        access = Access(
            "BAC",
            key.label,
            Cipher.TDES.label,
            fallback=fallback,
            mrz_information=key.information,
        )
        return self._opened(secure, access)

    def reset(self, *, after: EpassError) -> None:
        """Reset the chip before anything else is tried; raises ``after`` where that cannot be."""
        try:
            apdu.reset(self._channel)
        except UnsupportedError:
            raise after from None

    def tell(self, error: EpassError) -> None:
        """Add what was met on the way to an error, since there will be no dump to say it."""
        for note in self.notes:
            error.add_note(note)
        if self._met.ids:
            error.add_note(f"Quirks of this chip: {', '.join(self._met.ids)}")

    def _run(self, forms: Sequence[Suite]) -> tuple[PaceResult, Suite]:
        """PACE by the first of ``forms`` whose set-up the chip accepts; the first has the due form.

        Raises:
            StatusError: the chip does not have any of them, and this is the first refusal; or it
                refuses one with another status word than those of §4.4.4.1.
        """
        refusals: list[StatusError] = []
        for place, suite in enumerate(forms):
            if refusals:
                self.reset(after=refusals[0])
            try:
                with self._attempt("PACE") as channel:
                    result = pace.authenticate(channel, self._key, suite, random=self._random)
            except StatusError as error:
                if error.action != pace.SET_UP or error.sw not in NOT_HAD:
                    raise
                refusals.append(error)
                self.notes.append(f"refused at the {pace.SET_UP}: {suite.name}, {error.sw:04X}")
                continue
            self._name_set_up(suite, forms[:place], usual=forms[0].named)
            return result, suite
        raise refusals[0]

    def _name_set_up(self, suite: Suite, refused: Sequence[Suite], *, usual: bool) -> None:
        if any(stronger.named is suite.named for stronger in refused):
            self._met("pace-suite-refused")
        if suite.named is not usual:
            self._met("mse-refuses-parameters" if usual else "mse-needs-parameters")

    @contextmanager
    def _attempt(self, protocol: str) -> Iterator[Channel]:
        """The channel for one use of the key. What a refusal tells of the chip is added to it."""
        watch = _Stopwatch(self._channel)
        try:
            yield watch
        except AccessDeniedError as error:
            self._explain(error, watch.seconds)
            raise
        except StatusError as error:
            if error.sw not in BLOCKED:
                raise
            denied = AccessDeniedError(protocol, sw=error.sw, reason="the chip takes no key")
            self._explain(denied, watch.seconds)
            raise denied from None

    def _explain(self, error: AccessDeniedError, seconds: float) -> None:
        if error.attempts_left is not None:
            self._met("key-attempts")
        if seconds > SLOW_REFUSAL:
            self._met("key-delay")
            error.add_note(f"The chip took {seconds:.1f} s to refuse: it delays after wrong keys.")

    def _tell_skipped(self, infos: SecurityInfos) -> None:
        unknown = [oid for info in infos.infos if (oid := _unknown(info))]
        if any(info.parameter_id is None for info in infos.pace):
            self._met("pace-no-parameter-id")
        if unknown:
            self._met("pace-unknown-infos")
        skipped = [f"PACE {name}" for name in pace.unusable(infos.pace)]
        skipped = list(dict.fromkeys([*skipped, *unknown, *_doubtful(infos)]))
        if len(skipped) > MAX_NOTES:
            skipped = [*skipped[:MAX_NOTES], f"{len(skipped) - MAX_NOTES} more"]
        self.notes += [f"skipped in EF.CardAccess: {name}" for name in skipped]

    def _opened(self, secure: SecureChannel, access: Access) -> Opened:
        return Opened(
            secure,
            access,
            files=self._files,
            quirks=tuple(self._met.ids),
            notes=tuple(self.notes),
        )


class _Stopwatch:
    """Times the last command."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self.seconds = 0.0

    def transmit(self, command: Command) -> Response:
        began = time.perf_counter()
        try:
            return self._channel.transmit(command)
        finally:
            self.seconds = time.perf_counter() - began


def _doubtful(infos: SecurityInfos) -> Iterator[str]:
    """What is known but not as it is due, and why."""
    for info in infos.infos:
        if isinstance(info, UnknownInfo) and info.problem:
            yield f"{info.oid}, {info.problem}"


def _unknown(info: SecurityInfo) -> str | None:
    """The object identifier of one that epass does not use, and that is none of another protocol
    of the standard: §9.2.11 lets those stand in the file beside what PACE needs.
    """
    if isinstance(info, UnknownInfo):
        return None if info.is_standard or info.problem else info.oid
    return info.oid if isinstance(info, PaceDomainParameterInfo) else None


def _forms(infos: SecurityInfos) -> Iterator[Suite]:
    """What to try in turn: the strongest first, each with data object 84 and without it.

    As it is due first. Of several sets of parameters for one protocol, the first in the file is
    the one that a chip may take if it is told none.
    """
    for suite in pace.suites(infos.pace)[:MAX_SUITES]:
        yield suite
        offers = [info for info in infos.pace if info.protocol == suite.protocol]
        if not suite.named or offers[0].parameter_id == suite.group.parameter_id:
            yield replace(suite, named=not suite.named)
