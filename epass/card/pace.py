"""Password Authenticated Connection Establishment with generic mapping over elliptic curves.

Source: ICAO Doc 9303-11 §4.4; Appendix G.1 is the test vector. The chip's points are checked
where they are decoded (§9.4.5), and every field element keeps its full length, leading zeros
included: where a shared secret starts with 00, a reader that drops it fails.
"""

import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from epass import tlv
from epass.card.apdu import GENERAL_AUTHENTICATE, MSE, OK, SHORT_LE, Channel, Command
from epass.card.keys import Key
from epass.card.secure import ChipSession, SecureChannel
from epass.crypto import ciphers, ec
from epass.crypto.ciphers import PASSWORD, Cipher
from epass.crypto.ec import Curve, Point
from epass.errors import AccessDeniedError, FormatError, ProtocolError, UnsupportedError
from epass.lds.security_infos import KeyAgreement, Mapping, PaceInfo, PaceProtocol

ID_PACE = bytes.fromhex("04007F0007020204")  # 0.4.0.127.0.7.2.2.4, §9.2.3
SET_AT = (0xC1, 0xA4)  # §4.4.4.1: set the authentication template for mutual authentication
DO_MECHANISM, DO_PASSWORD, DO_PARAMETERS = 0x80, 0x83, 0x84
DYNAMIC_DATA, CHAINED = 0x7C, 0x10
NONCE, MAP_OURS, MAP_THEIRS, KEY_OURS, KEY_THEIRS, TOKEN_OURS, TOKEN_THEIRS = range(0x80, 0x87)
PUBLIC_KEY, DO_OID, DO_POINT = 0x7F49, 0x06, 0x86
NONCE_SIZES = (16, 32)  # bytes; whole blocks of §4.4.3.3, of which at least 128 bits are needed


@dataclass(frozen=True, slots=True)
class Suite:
    """A PACE protocol that both sides can run. ``named`` says that data object 84 is needed."""

    protocol: PaceProtocol
    curve: Curve
    named: bool

    @property
    def cipher(self) -> Cipher:
        return self.protocol.cipher

    @property
    def oid(self) -> bytes:
        """The object identifier of the protocol, the value only."""
        *_, group, number = self.protocol.oid.split(".")
        return ID_PACE + bytes((int(group), int(number)))


def choose(infos: Iterable[PaceInfo]) -> Suite:
    """The strongest of the chip's PACE protocols that epass can run.

    Raises:
        UnsupportedError: there is none; the message names what the chip offers.
    """
    offered = tuple(infos)
    # §4.4.4.1: data object 84 is required where the chip has several sets of parameters.
    named = len({info.parameter_id for info in offered}) > 1
    suites = [suite for info in offered if (suite := _suite(info, named))]
    if not suites:
        names = ", ".join(sorted({_name(info) for info in offered}))
        raise UnsupportedError(f"the chip offers PACE only as {names}")
    return max(suites, key=_strength)


def _suite(info: PaceInfo, named: bool) -> Suite | None:
    curve = None if info.parameter_id is None else ec.by_parameter_id(info.parameter_id)
    protocol = info.protocol
    wanted = (KeyAgreement.ECDH, Mapping.GENERIC)
    if curve is None or (protocol.agreement, protocol.mapping) != wanted:
        return None
    return Suite(protocol, curve, named)


def _strength(suite: Suite) -> tuple[int, int, int]:
    """AES before 3DES, then the longer key, then the larger group."""
    return suite.cipher.block, suite.cipher.key_size, suite.curve.n.bit_length()


def _name(info: PaceInfo) -> str:
    protocol = info.protocol
    name = f"{protocol.agreement.value}-{protocol.mapping.value}-{protocol.cipher.label}"
    return f"{name} with parameters {info.parameter_id}"


def authenticate(
    channel: Channel,
    key: Key,
    suite: Suite,
    *,
    random: Callable[[int], bytes] = secrets.token_bytes,
) -> SecureChannel:
    """Run PACE and return the protected channel that replaces ``channel``.

    Only vectors replace ``random``.

    Raises:
        AccessDeniedError: the chip rejects the MRZ or CAN, or does not prove that it knows it.
        ProtocolError: the chip breaks §4.4; the step says where.
        StatusError: the chip refuses a step before the key matters.
    """
    _select(channel, key, suite)
    generator = _map(channel, _nonce(channel, key, suite), suite, random)
    ours, theirs, secret = _agree(
        channel, (KEY_OURS, KEY_THEIRS), generator, "PACE key agreement", random
    )
    enc, mac = ciphers.derive_keys(secret.x_bytes, suite.cipher)
    token = _token(suite, mac, theirs)
    answer = channel.transmit(_command(TOKEN_OURS, token, last=True))
    if answer.sw != OK:
        raise AccessDeniedError("PACE", sw=answer.sw)
    expected = _token(suite, mac, ours)
    if not ciphers.same(_object(answer.data, TOKEN_THEIRS, "PACE token"), expected):
        raise AccessDeniedError(
            "PACE", reason=f"the chip does not prove that it knows the {key.label}"
        )
    return SecureChannel(channel, ChipSession(suite.cipher, enc, mac))


def _select(channel: Channel, key: Key, suite: Suite) -> None:
    template = tlv.build(DO_MECHANISM, suite.oid)
    template += tlv.build(DO_PASSWORD, bytes((key.reference,)))
    if suite.named:
        template += tlv.build(DO_PARAMETERS, bytes((suite.curve.parameter_id,)))
    channel.transmit(Command(MSE, *SET_AT, template)).expect("PACE set-up (MSE:Set AT)")


def _nonce(channel: Channel, key: Key, suite: Suite) -> int:
    """Step 1: the decrypted nonce as an integer."""
    step = "PACE nonce"
    answer = channel.transmit(_command(None, b"")).expect(step)
    encrypted = _object(answer, NONCE, step)
    if len(encrypted) not in NONCE_SIZES:
        raise ProtocolError(step, f"{len(encrypted)} bytes, not 16 or 32")
    password = ciphers.kdf(key.secret, PASSWORD, suite.cipher)
    return int.from_bytes(ciphers.decrypt(suite.cipher, password, encrypted))


def _map(channel: Channel, nonce: int, suite: Suite, random: Callable[[int], bytes]) -> Point:
    """Step 2, generic mapping (§4.4.3.3.1): the ephemeral generator s * G + H."""
    step = "PACE mapping"
    base = suite.curve.generator
    _, _, shared = _agree(channel, (MAP_OURS, MAP_THEIRS), base, step, random)
    try:
        return base * nonce + shared
    except FormatError:  # infinity: s = 0, or H the negative of s * G
        raise ProtocolError(step, "the mapped generator is the point at infinity") from None


def _agree(
    channel: Channel,
    tags: tuple[int, int],
    generator: Point,
    step: str,
    random: Callable[[int], bytes],
) -> tuple[Point, Point, Point]:
    """One Diffie-Hellman exchange: our public key, the chip's, and the shared point."""
    secret = generator.curve.scalar(random)
    ours = generator * secret
    answer = channel.transmit(_command(tags[0], ours.encode())).expect(step)
    try:
        theirs = generator.curve.decode(_object(answer, tags[1], step), where=step)
    except FormatError as error:
        raise ProtocolError(step, error.problem) from None
    if theirs == ours:
        raise ProtocolError(step, "the chip returned our own public key")  # §4.4.1 step 3d
    return ours, theirs, theirs * secret


def _token(suite: Suite, mac: bytes, public: Point) -> bytes:
    """The authentication token over the other side's public key (§4.4.3.4, §9.4.5)."""
    body = tlv.build(DO_OID, suite.oid) + tlv.build(DO_POINT, public.encode())
    return ciphers.mac(suite.cipher, mac, tlv.build(PUBLIC_KEY, body))


def _command(tag: int | None, value: bytes, *, last: bool = False) -> Command:
    data = b"" if tag is None else tlv.build(tag, value)
    cla = 0 if last else CHAINED
    return Command(GENERAL_AUTHENTICATE, 0, 0, tlv.build(DYNAMIC_DATA, data), SHORT_LE, cla)


def _object(answer: bytes, tag: int, step: str) -> bytes:
    """The value of the one data object of the step, §4.4.5 table 4."""
    try:
        found = tlv.parse_one(answer, DYNAMIC_DATA, where=step).children()
    except FormatError as error:
        raise ProtocolError(step, error.problem) from None
    if [item.tag for item in found] != [tag]:
        raise ProtocolError(step, f"the answer is not the data object {tag:02X} alone")
    return found[0].value
