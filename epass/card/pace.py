"""Password Authenticated Connection Establishment: every mapping, over curves and MODP groups.

Source: ICAO Doc 9303-11 §4.4; Appendices G, H and I are the test vectors. What the chip sends is
checked where it is decoded (§9.4.5), and a shared secret keeps its full length, leading zeros
included: a reader that drops a zero fails whenever there is one.
"""

import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from epass import tlv
from epass.card import mapping
from epass.card.apdu import (
    EXTENDED_LE,
    GENERAL_AUTHENTICATE,
    MSE,
    OK,
    SHORT_DATA,
    SHORT_LE,
    Channel,
    Command,
)
from epass.card.keys import Key
from epass.card.secure import ChipSession, SecureChannel
from epass.crypto import ciphers, ec, modp
from epass.crypto.ciphers import PASSWORD, Cipher
from epass.crypto.group import Element, Group
from epass.errors import AccessDeniedError, FormatError, ProtocolError, UnsupportedError
from epass.evidence import ChipAuthenticationMapping
from epass.lds.security_infos import KeyAgreement, Mapping, PaceInfo, PaceProtocol

SET_AT = (0xC1, 0xA4)  # §4.4.4.1: set the authentication template for mutual authentication
SET_UP = "PACE set-up (MSE:Set AT)"  # what is refused before the key is used
DO_MECHANISM, DO_PASSWORD, DO_PARAMETERS = 0x80, 0x83, 0x84
DYNAMIC_DATA, CHAINED = 0x7C, 0x10
NONCE, MAP_OURS, MAP_THEIRS, KEY_OURS, KEY_THEIRS, TOKEN_OURS, TOKEN_THEIRS = range(0x80, 0x87)
AUTHORITIES, CAM_DATA = (0x87, 0x88), 0x8A  # §4.4.5 table 4: what may come with the token
PUBLIC_KEY, DO_OID = 0x7F49, 0x06
DO_PUBLIC = {KeyAgreement.DH: 0x84, KeyAgreement.ECDH: 0x86}  # §9.4.3 table 10, §9.4.4 table 11
NONCE_SIZES = (16, 32)  # bytes; whole blocks of §4.4.3.3, of which at least 128 bits are needed
FIND_GROUP: dict[KeyAgreement, Callable[[int], Group | None]] = {
    KeyAgreement.DH: modp.by_parameter_id,
    KeyAgreement.ECDH: ec.by_parameter_id,
}
# NIST SP 800-57 part 1 tables 2 and 4: bits of security; 3DES has two keys here.
BITS = {Cipher.TDES: 80, Cipher.AES_128: 128, Cipher.AES_192: 192, Cipher.AES_256: 256}
MAX_LISTED = 8  # protocols in one message; documents offer up to four
# Among equals: chip authentication mapping saves a protocol (Appendix J.1), and the generic one is
# in far more documents than the integrated one.
PREFERENCE = (Mapping.INTEGRATED, Mapping.GENERIC, Mapping.CHIP_AUTHENTICATION)


@dataclass(frozen=True, slots=True)
class Suite:
    """A PACE protocol that both sides can run. ``named`` says that data object 84 is needed."""

    protocol: PaceProtocol
    group: Group
    named: bool

    @property
    def cipher(self) -> Cipher:
        return self.protocol.cipher

    @property
    def name(self) -> str:
        """For the operator: protocol, parameters, and the form of MSE:Set AT."""
        named = "with" if self.named else "without"
        info = PaceInfo(self.protocol, self.group.parameter_id)
        return f"{info.name}, {named} data object 84"


@dataclass(frozen=True, slots=True)
class PaceResult:
    """The protected channel, and in chip authentication mapping the chip's proof, not judged."""

    channel: SecureChannel
    evidence: ChipAuthenticationMapping | None


@dataclass(frozen=True, slots=True)
class _Agreement:
    """Public keys as they went over the link, and what both sides share."""

    ours: bytes
    theirs: bytes
    shared: Element = field(repr=False)


def suites(infos: Iterable[PaceInfo]) -> tuple[Suite, ...]:
    """The chip's PACE protocols that epass can run, the strongest first."""
    offered = tuple(infos)
    # §4.4.4.1: data object 84 is required where the chip has several sets of parameters.
    named = len({info.parameter_id for info in offered}) > 1
    known = [Suite(info.protocol, group, named) for info in offered if (group := _group(info))]
    return tuple(sorted(known, key=_strength, reverse=True))


def unusable(infos: Iterable[PaceInfo]) -> tuple[str, ...]:
    """The names of the chip's PACE protocols that epass cannot run, to be told to the operator."""
    return tuple(sorted({info.name for info in infos if _group(info) is None}))


def choose(infos: Iterable[PaceInfo]) -> Suite:
    """The strongest of the chip's PACE protocols that epass can run.

    Raises:
        UnsupportedError: there is none; the message names what the chip offers.
    """
    offered = tuple(infos)
    known = suites(offered)
    if not known:
        raise UnsupportedError(f"the chip offers PACE only as {listed(unusable(offered))}")
    return known[0]


def listed(names: Iterable[str]) -> str:
    """The first of them in one text. The chip gives as many as it likes."""
    found = tuple(names)
    more = (f"{len(found) - MAX_LISTED} more",) if len(found) > MAX_LISTED else ()
    return ", ".join(found[:MAX_LISTED] + more)


def _group(info: PaceInfo) -> Group | None:
    """The group of standardized parameters with which the protocol can be run."""
    if info.parameter_id is None:
        return None
    group = FIND_GROUP[info.protocol.agreement](info.parameter_id)
    if group and info.protocol.mapping is Mapping.INTEGRATED and not mapping.can_integrate(group):
        return None
    return group


def _strength(suite: Suite) -> tuple[int, int, int, int, bool]:
    """The weaker of cipher and group decides; among equals the cipher, then the group; only then
    what is convenient.
    """
    cipher, group, protocol = BITS[suite.cipher], suite.group.strength, suite.protocol
    preference = PREFERENCE.index(protocol.mapping), protocol.agreement is KeyAgreement.ECDH
    return min(cipher, group), cipher, group, *preference


def authenticate(
    channel: Channel,
    key: Key,
    suite: Suite,
    *,
    random: Callable[[int], bytes] = secrets.token_bytes,
) -> PaceResult:
    """Run PACE; the channel of the result replaces ``channel``.

    Only vectors replace ``random``.

    Raises:
        AccessDeniedError: the chip rejects the MRZ or CAN, or does not prove that it knows it.
        ProtocolError: the chip breaks §4.4; the step says where.
        StatusError: the chip refuses a step before the key matters.
        UnsupportedError: the mapping cannot be used with the group.
    """
    _select(channel, key, suite)
    nonce = _nonce(channel, key, suite)
    generator, mapping_key = _map(channel, nonce, suite, random)
    tags = KEY_OURS, KEY_THEIRS
    agreement = _agree(channel, tags, generator, "PACE key agreement", random)
    enc, mac = ciphers.derive_keys(agreement.shared.shared_secret, suite.cipher)
    encrypted = _prove(channel, key, suite, mac, agreement)
    secure = SecureChannel(channel, ChipSession(suite.cipher, enc, mac))
    return PaceResult(secure, _evidence(suite, enc, mapping_key, encrypted))


def _select(channel: Channel, key: Key, suite: Suite) -> None:
    template = tlv.build(DO_MECHANISM, suite.protocol.value)
    template += tlv.build(DO_PASSWORD, bytes((key.reference,)))
    if suite.named:
        template += tlv.build(DO_PARAMETERS, bytes((suite.group.parameter_id,)))
    channel.transmit(Command(MSE, *SET_AT, template)).expect(SET_UP)


def _nonce(channel: Channel, key: Key, suite: Suite) -> bytes:
    """Step 1: the decrypted nonce."""
    step = "PACE nonce"
    answer = channel.transmit(_command(None, b"")).expect(step)
    encrypted = _object(answer, NONCE, step)
    integrated = suite.protocol.mapping is Mapping.INTEGRATED
    sizes = (mapping.nonce_size(suite.cipher),) if integrated else NONCE_SIZES
    if len(encrypted) not in sizes:
        expected = " or ".join(map(str, sizes))
        raise ProtocolError(step, f"{len(encrypted)} bytes, not {expected}")
    password = ciphers.kdf(key.secret, PASSWORD, suite.cipher)
    return ciphers.decrypt(suite.cipher, password, encrypted)


def _map(
    channel: Channel, nonce: bytes, suite: Suite, random: Callable[[int], bytes]
) -> tuple[Element, bytes]:
    """Step 2: the ephemeral generator, and the chip's mapping key where there is one."""
    step = mapping.STEP
    if suite.protocol.mapping is Mapping.INTEGRATED:
        ours = random(suite.cipher.key_size)
        answer = channel.transmit(_command(MAP_OURS, ours)).expect(step)
        if _object(answer, MAP_THEIRS, step):  # §4.4.5.2.2
            raise ProtocolError(step, "the data object 82 is not empty")
        return mapping.integrated(nonce, ours, suite.cipher, suite.group), b""
    base = suite.group.generator
    agreement = _agree(channel, (MAP_OURS, MAP_THEIRS), base, step, random)
    return mapping.generic(nonce, suite.group, agreement.shared), agreement.theirs


def _agree(
    channel: Channel,
    tags: tuple[int, int],
    generator: Element,
    step: str,
    random: Callable[[int], bytes],
) -> _Agreement:
    """One Diffie-Hellman exchange."""
    group = generator.group
    secret = group.scalar(random)
    ours = generator * secret
    answer = channel.transmit(_command(tags[0], ours.encode())).expect(step)
    received = _object(answer, tags[1], step)
    try:
        theirs = group.decode(received, where=step)
    except FormatError as error:
        raise ProtocolError(step, error.problem) from None
    if theirs == ours:
        raise ProtocolError(step, "the chip returned our own public key")  # §4.4.1 step 3d
    return _Agreement(ours.encode(), received, theirs * secret)


def _prove(
    channel: Channel, key: Key, suite: Suite, mac: bytes, agreement: _Agreement
) -> bytes | None:
    """Step 4: both tokens; the encrypted chip authentication data where the mapping has it."""
    token = _token(suite, mac, agreement.theirs)
    answer = channel.transmit(_command(TOKEN_OURS, token, last=True))
    if answer.sw != OK:
        raise AccessDeniedError("PACE", sw=answer.sw)
    received, encrypted = _last(answer.data, suite)
    if not ciphers.same(received, _token(suite, mac, agreement.ours)):
        raise AccessDeniedError(
            "PACE", reason=f"the chip does not prove that it knows the {key.label}"
        )
    return encrypted


def _last(answer: bytes, suite: Suite) -> tuple[bytes, bytes | None]:
    """The chip's token and its encrypted chip authentication data, §4.4.5 table 4."""
    step = "PACE token"
    objects = _objects(answer, step)
    found, tags = {item.tag: item.value for item in objects}, [item.tag for item in objects]
    known = {TOKEN_THEIRS, *AUTHORITIES, CAM_DATA}
    if tags[:1] != [TOKEN_THEIRS] or tags != sorted(found) or not known.issuperset(tags):
        raise ProtocolError(step, "the answer is not the data objects 86, [87], [88], [8A]")
    if suite.protocol.mapping is Mapping.CHIP_AUTHENTICATION and CAM_DATA not in found:
        raise ProtocolError(mapping.CAM_STEP, "missing")
    if suite.protocol.mapping is not Mapping.CHIP_AUTHENTICATION and CAM_DATA in found:
        raise ProtocolError(mapping.CAM_STEP, "present, but not of this mapping")
    return found[TOKEN_THEIRS], found.get(CAM_DATA)


def _evidence(
    suite: Suite, enc: bytes, mapping_key: bytes, encrypted: bytes | None
) -> ChipAuthenticationMapping | None:
    if encrypted is None:
        return None
    size = suite.group.scalar_size
    data = mapping.chip_authentication_data(encrypted, suite.cipher, enc, size)
    number = suite.group.parameter_id
    return ChipAuthenticationMapping(suite.protocol.oid, number, mapping_key, data)


def _token(suite: Suite, mac: bytes, public: bytes) -> bytes:
    """The token over the other side's public key as it was received (§4.4.3.4, §9.4.5)."""
    tag = DO_PUBLIC[suite.protocol.agreement]
    body = tlv.build(DO_OID, suite.protocol.value) + tlv.build(tag, public)
    return ciphers.mac(suite.cipher, mac, tlv.build(PUBLIC_KEY, body))


def _command(tag: int | None, value: bytes, *, last: bool = False) -> Command:
    template = tlv.build(DYNAMIC_DATA, b"" if tag is None else tlv.build(tag, value))
    # The answer is about as long as the command: a public value of 2048 bits needs both extended.
    le = SHORT_LE if len(template) <= SHORT_DATA else EXTENDED_LE
    return Command(GENERAL_AUTHENTICATE, 0, 0, template, le, 0 if last else CHAINED)


def _objects(answer: bytes, step: str) -> tuple[tlv.Tlv, ...]:
    try:
        return tlv.parse_one(answer, DYNAMIC_DATA, where=step).children()
    except FormatError as error:
        raise ProtocolError(step, error.problem) from None


def _object(answer: bytes, tag: int, step: str) -> bytes:
    """The value of the one data object of the step, §4.4.5 table 4."""
    found = _objects(answer, step)
    if [item.tag for item in found] != [tag]:
        raise ProtocolError(step, f"the answer is not the data object {tag:02X} alone")
    return found[0].value
