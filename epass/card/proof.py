"""Chip and active authentication: what a chip can do to prove that it is no copy.

Source: ICAO Doc 9303-11 §6.2 (chip authentication version 1), §6.1 (active authentication), §8.5
(chips that deviate), §9.8.2 (session keys). Both are run and recorded here, and judged by
``epass.trust``, under a key that the issuing state has signed. The keys that the chip gave are
used as it gave them.
"""

import secrets
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from epass import asn1, tlv
from epass.card.apdu import (
    GENERAL_AUTHENTICATE,
    INTERNAL_AUTHENTICATE,
    MSE,
    OK,
    SHORT_LE,
    Command,
    Response,
)
from epass.card.files import selection
from epass.card.ladder import WRONG_LE, WRONG_LENGTH
from epass.card.quirks import Note, ignore
from epass.card.secure import ChipSession, Exchange, SecureChannel
from epass.crypto import ciphers, public_keys
from epass.crypto.ciphers import Cipher
from epass.crypto.ec import Point
from epass.crypto.group import Element
from epass.errors import (
    FormatError,
    InputError,
    ProtocolError,
    SecureMessagingError,
    StatusError,
    UnsupportedError,
)
from epass.evidence import ActiveAuthentication, ChipAuthentication
from epass.lds.names import File
from epass.lds.security_infos import ChipAuthenticationOffer, KeyAgreement, SecurityInfos

STEP = "chip authentication"
SET_KAT, SET_AT = (0x41, 0xA6), (0x41, 0xA4)  # P1-P2 of MSE, §6.2.4.1 and §6.2.4.2
DO_MECHANISM, DO_KEY_REFERENCE, DO_EPHEMERAL_KEY = 0x80, 0x84, 0x91
DYNAMIC_DATA, DO_PUBLIC_KEY, CHAINED = 0x7C, 0x80, 0x10
AGREED = tlv.build(DYNAMIC_DATA, b"")
MAX_OFFERS = 8  # two keys with the four protocols of table 5 or 6 each
CHUNK = 224  # bytes of a chained command: with secure messaging around it is still a short one
CHALLENGE = 8  # bytes, §6.1.2.1
MORE_DATA = 0x61  # SW1: the rest can be fetched, which does not go with secure messaging

NOT_SUPPORTED = (0x6A81, 0x6A88, 0x6D00)
SEQUENCE = b"\x30"


@dataclass(frozen=True, slots=True)
class ChipResult:
    """The channel under the new keys, and what was recorded."""

    channel: SecureChannel
    evidence: ChipAuthentication


@dataclass(frozen=True, slots=True)
class _Agreement:
    """One key agreement with the chip's static ``key``."""

    channel: SecureChannel
    offer: ChipAuthenticationOffer
    key: Element
    chained: bool

    @property
    def strength(self) -> tuple[int, int, int]:
        """AES before 3DES (§8.5), then the longer key, then the stronger group."""
        cipher = self.offer.protocol.cipher
        return cipher.block, cipher.key_size, self.key.group.strength


def chip_authenticate(
    channel: SecureChannel,
    infos: SecurityInfos,
    *,
    chained: bool = False,
    random: Callable[[int], bytes] = secrets.token_bytes,
    note: Note = ignore,
) -> ChipResult:
    """Agree on new session keys with the static key of ``infos``, those of DG14.

    The strongest of the chip's protocols comes first; one that the chip refuses leaves the session
    as it was (§6.2.2), and the next is tried. Once the chip has agreed, ``channel`` has ended.
    ``chained`` sends long keys in a chain of short commands at once, for a chip that has dropped a
    session over a long one. Only vectors replace ``random``; ``note`` is told the quirks met.

    Raises:
        UnsupportedError: there is no key for a protocol, or none that epass can compute with.
        ProtocolError: a key is none of its group, the chip's answer is not that of §6.2.4, or the
            chip does not prove that it has the new keys.
        StatusError: the chip refuses all its protocols; this is the answer to the weakest.
    """
    *stronger, weakest = _agreements(channel, infos, chained)
    for agreement in stronger:
        with suppress(StatusError):
            return _run(agreement, random, note)
    return _run(weakest, random, note)


def may_be_chained(channel: SecureChannel, infos: SecurityInfos) -> bool:
    """Whether a key of ``infos`` is so long that ``chained`` would make other commands.

    Raises:
        UnsupportedError, ProtocolError: as ``chip_authenticate`` does.
    """
    agreements = _agreements(channel, infos, chained=False)
    return any(len(_template(agreement.key.encode())) > CHUNK for agreement in agreements)


def _template(public: bytes) -> bytes:
    return tlv.build(DYNAMIC_DATA, tlv.build(DO_PUBLIC_KEY, public))


def _agreements(channel: SecureChannel, infos: SecurityInfos, chained: bool) -> list[_Agreement]:
    found, reasons = [], []
    for offer in infos.chip_authentication[:MAX_OFFERS]:
        try:
            key = public_keys.element(offer.key.public_key, where=STEP)
        except UnsupportedError as error:
            reasons.append(error.message)
            continue
        except FormatError as error:
            raise ProtocolError(STEP, f"the chip's key: {error.problem}") from None
        if isinstance(key, Point) != (offer.protocol.agreement is KeyAgreement.ECDH):
            raise ProtocolError(STEP, "the chip's key is not of the kind that its protocol needs")
        found.append(_Agreement(channel, offer, key, chained))
    if not found:
        problem = ", ".join(reasons) or "there is no key for any protocol of version 1"
        raise UnsupportedError(f"{STEP}: {problem}")
    return sorted(found, key=lambda agreement: agreement.strength, reverse=True)


def _run(agreement: _Agreement, random: Callable[[int], bytes], note: Note) -> ChipResult:
    offer, group = agreement.offer, agreement.key.group
    secret = group.scalar(random)
    shared = (agreement.key * secret).shared_secret
    answer = _send(agreement, (group.generator * secret).encode(), note)
    cipher = offer.protocol.cipher
    session = ChipSession(cipher, *ciphers.derive_keys(shared, cipher))
    channel = agreement.channel.restart(session)
    if answer not in (b"", AGREED):
        raise ProtocolError(STEP, "the answer is not an empty data object 7C")
    first = _first_exchange(channel)
    evidence = ChipAuthentication(
        offer.protocol.oid,
        offer.key_id,
        secret.to_bytes(group.scalar_size),
        first.sent.encode(),
        first.received.encode(),
    )
    if offer.assumed:
        note("ca-no-info")
    return ChipResult(channel, evidence)


def _first_exchange(channel: SecureChannel) -> Exchange:
    """The answer whose MAC proves that the chip has the private key; its status word is no matter.

    SELECT of DG14, which has just been read: no chip lacks this command, and unlike the SELECT of
    the application it takes no access rights away.
    """
    try:
        return channel.exchange(selection(File.DG14))
    except SecureMessagingError as error:
        problem = f"the chip does not prove that it has the new keys: {error.message}"
        raise ProtocolError(STEP, problem) from None


def _send(agreement: _Agreement, public: bytes, note: Note) -> bytes:
    """Give the chip our public key; its answer.

    Raises:
        StatusError: the chip does not agree.
    """
    offer = agreement.offer
    data = tlv.build(DO_EPHEMERAL_KEY, public) + _reference(offer)
    only_at = agreement.chained and len(data) > CHUNK  # MSE cannot be chained, §9.3.2
    if offer.protocol.cipher is not Cipher.TDES or only_at:
        return _authenticate(agreement, public, note)
    refused = agreement.channel.transmit(Command(MSE, *SET_KAT, data))
    if refused.sw == OK:
        return refused.data
    try:  # §8.5 note 1: chips with 3DES that know the commands for AES only
        answer = _authenticate(agreement, public, note)
    except StatusError:
        raise StatusError(f"MSE:Set KAT ({STEP})", refused.sw) from None
    note("ca-kat-refused")
    return answer


def _authenticate(agreement: _Agreement, public: bytes, note: Note) -> bytes:
    """MSE:Set AT and GENERAL AUTHENTICATE, §6.2.4.2.

    Chips that refuse the length of a long public key take it in a chain of short commands; the
    algorithm is selected anew, because the refused command may have ended its use.
    """
    channel = agreement.channel
    template = _template(public)
    fits = len(template) <= CHUNK
    _set_at(agreement)
    if fits or not agreement.chained:
        answer = channel.transmit(Command(GENERAL_AUTHENTICATE, data=template, le=SHORT_LE))
        if fits or answer.sw != WRONG_LENGTH:
            return answer.expect(f"GENERAL AUTHENTICATE ({STEP})")
        _set_at(agreement)
    data = _chain(channel, template).expect(f"GENERAL AUTHENTICATE ({STEP})")
    note("ca-chaining")
    return data


def _set_at(agreement: _Agreement) -> None:
    data = tlv.build(DO_MECHANISM, agreement.offer.protocol.value) + _reference(agreement.offer)
    agreement.channel.transmit(Command(MSE, *SET_AT, data)).expect(f"MSE:Set AT ({STEP})")


def _chain(channel: SecureChannel, template: bytes) -> Response:
    """GENERAL AUTHENTICATE as a chain (ISO/IEC 7816-4 §5.3.3): the first refusal or the end."""
    *parts, last = (template[at : at + CHUNK] for at in range(0, len(template), CHUNK))
    for part in parts:
        answer = channel.transmit(Command(GENERAL_AUTHENTICATE, data=part, cla=CHAINED))
        if answer.sw != OK:
            return answer
    return channel.transmit(Command(GENERAL_AUTHENTICATE, data=last, le=SHORT_LE))


def _reference(offer: ChipAuthenticationOffer) -> bytes:
    """Data object 84: the key id, an unsigned integer (§9.4.1), where the chip has given one."""
    if offer.key_id is None:
        return b""
    size = (offer.key_id.bit_length() + 7) // 8 or 1
    return tlv.build(DO_KEY_REFERENCE, offer.key_id.to_bytes(size))


def active_authenticate(
    channel: SecureChannel,
    public_key: asn1.PublicKey,
    challenge: bytes,
    *,
    extended: bool = False,
    note: Note = ignore,
) -> ActiveAuthentication:
    """Have the chip sign ``challenge``, 8 bytes; whatever it answers is recorded.

    ``public_key``, that of DG15, tells how long the signature is. Where no short response can
    carry it, chip and reader must know extended length (§6.1.4); that is then tried first if
    ``extended`` says so, else after the short form has brought less than the whole signature. A
    refusal has a status word and no signature. ``note`` is told the quirks that are met.

    Raises:
        InputError: the challenge is of another length.
        UnsupportedError: the link cannot carry extended length.
    """
    if len(challenge) != CHALLENGE:
        raise InputError(f"challenge: {CHALLENGE} bytes")
    commands = [Command(INTERNAL_AUTHENTICATE, data=challenge, le=SHORT_LE)]
    size = _signature_size(public_key)
    if size > channel.largest_short:
        # Le is the very length: chips have refused, or left empty, answers of up to 65,536 bytes.
        long = Command(INTERNAL_AUTHENTICATE, data=challenge, le=size, extended=True)
        commands.insert(0 if extended else 1, long)
    answer = channel.transmit(commands[0])
    if answer.sw == OK and 0 < len(answer.data) < size:
        note("aa-truncated")
    if len(commands) > 1 and _is_cut(answer, size):
        answer = channel.transmit(commands[1])
    if answer.sw in NOT_SUPPORTED:
        note("aa-unsupported")
    if _is_der(answer.data, public_key):
        note("aa-der")
    return ActiveAuthentication(challenge, answer.data, answer.sw)


def _signature_size(public_key: asn1.PublicKey) -> int:
    """In bytes for RSA; signatures on a curve fit into any response."""
    return (public_key.n.bit_length() + 7) // 8 if isinstance(public_key, asn1.RsaKey) else 0


def _is_cut(answer: Response, size: int) -> bool:
    """Whether the answer is none, or not all, because of its length."""
    if answer.sw == OK:
        return len(answer.data) < size  # Australian documents cut, Chinese ones send nothing
    return answer.sw == WRONG_LENGTH or answer.sw >> 8 in (MORE_DATA, WRONG_LE)


def _is_der(signature: bytes, public_key: asn1.PublicKey) -> bool:
    """Whether an ECDSA signature is a SEQUENCE and not r || s (§6.1.2.3), by its length."""
    if signature[:1] != SEQUENCE or isinstance(public_key, asn1.RsaKey):
        return False
    with suppress(FormatError, UnsupportedError):
        curve = public_keys.point(public_key, where=File.DG15.label).curve
        return len(signature) != 2 * curve.scalar_size
    return False
