"""Password Authenticated Connection Establishment, the chip's half, with every mapping.

Source: Doc 9303-11 §4.4 (protocol), §9.2.1 to §9.2.3 and §9.5 (what EF.CardAccess offers), §9.4.5
(public keys), §9.7.3 (passwords); Appendices G, H and I are the test vectors. Written from the
standard without the reader's code. ``random`` gives as many bytes as it is asked for.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Self

from epass import tlv
from epass.crypto import ciphers
from epass.crypto.ciphers import Cipher
from epass.errors import FormatError, InputError, StatusError
from epass.sim import choices, der, groups, mapping
from epass.sim.groups import Element, Group, Random, StaticKey
from epass.sim.messaging import Session
from epass.sim.security_infos import ID_PACE, pace_info
from epass.sim.status import Sw

CIPHERS = tuple(cipher.label for cipher in Cipher)
GM, IM, CAM = PACE_MAPPINGS = ("GM", "IM", "CAM")
_ARCS = {(GM, False): 1, (GM, True): 2, (IM, False): 3, (IM, True): 4, (CAM, True): 6}  # §9.2.3

NONCE = 16  # §4.4.3.3: a multiple of the block size, here the same for every cipher but for IM
MRZ_PASSWORD, CAN_PASSWORD = 1, 2  # §4.4.4.1, DO 83
DYNAMIC, PUBLIC_KEY, OID = 0x7C, 0x7F49, 0x06
ELLIPTIC_VALUE, DH_VALUE = 0x86, 0x84  # tables 10 and 11
TOKEN, CHIP_AUTHENTICATION_DATA = 0x86, 0x8A  # table 4
RESERVED_IDS = range(32)  # §9.5.1: not for explicit domain parameters

# NIST SP 800-57 part 1 table 2: bits of security; of 3DES as it is with two keys.
_CIPHER_STRENGTH = {
    Cipher.TDES: 80,
    Cipher.AES_128: 128,
    Cipher.AES_192: 192,
    Cipher.AES_256: 256,
}
_MODP_STRENGTH = {1024: 80, 2048: 112}  # NIST SP 800-57 part 1 table 2: bits, by the size of p
_WEAKEST_FIRST = (IM, GM, CAM)  # the last proves the chip, the first is the one that few have


@dataclass(frozen=True, slots=True)
class ParameterSet:
    """One row of table 12."""

    parameter_id: int
    name: str


def parameter_sets() -> tuple[ParameterSet, ...]:
    """The domain parameters that the chip can use for PACE, by id."""
    return tuple(ParameterSet(group.parameter_id, group.name) for group in groups.ALL)


# --- what the chip offers ---------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PaceSuite:
    """What one PACEInfo stands for: a mapping over domain parameters with a cipher.

    ``local_id`` is there where the chip describes the domain parameters itself (§9.2.2).

    Raises:
        InputError: tables 2, 3 and 12 have no such combination.
    """

    cipher: Cipher
    group: Group
    mapping: str = GM
    local_id: int | None = None

    def __post_init__(self) -> None:
        choices.require("mapping", self.mapping, PACE_MAPPINGS)
        name = self.group.name
        if self.mapping == IM and not mapping.integrates(self.group):
            raise InputError(f"{name} cannot be used with the integrated mapping")
        if self.mapping == CAM and not groups.is_elliptic(self.group):
            raise InputError(f"chip authentication mapping is for curves, not for {name}")
        if self.mapping == CAM and self.cipher is Cipher.TDES:
            raise InputError("chip authentication mapping is not for 3DES")
        if self.local_id in RESERVED_IDS:
            raise InputError("explicit domain parameters have an id above 31")

    @classmethod
    def named(cls, cipher: str, parameter_id: int, mapping: str = GM) -> Self:
        """The suite with ``cipher`` out of ``CIPHERS`` and a parameter set of table 12.

        Raises:
            InputError: there is no such cipher, parameter set or mapping, or not together.
        """
        group = groups.by_parameter_id(parameter_id)
        if group is None:
            raise InputError(f"{parameter_id} is no parameter set of PACE")
        choices.require("cipher", cipher, CIPHERS)
        return cls(list(Cipher)[CIPHERS.index(cipher)], group, mapping)

    @property
    def parameter_id(self) -> int:
        """The number in PACEInfo, in DO 84, and of the key for chip authentication mapping."""
        return self.group.parameter_id if self.local_id is None else self.local_id

    @property
    def needs_key(self) -> bool:
        """Whether the chip has a static key for it."""
        return self.mapping == CAM

    @property
    def family(self) -> str:
        """The object identifier of mapping and key agreement, dotted: that of §9.2.2."""
        return f"{ID_PACE}.{_ARCS[self.mapping, groups.is_elliptic(self.group)]}"

    @property
    def protocol(self) -> str:
        """The object identifier of §9.2.3, dotted."""
        return f"{self.family}.{1 + CIPHERS.index(self.cipher.label)}"

    @property
    def oid(self) -> bytes:
        """Its value, as DO 80 of MSE:Set AT carries it."""
        return der.oid(self.protocol)[2:]

    @property
    def strength(self) -> tuple[int, int, int, int, bool]:
        """For comparison: the weaker of cipher and group, in bits; then the cipher, the group, the
        mapping, and a curve before integers.
        """
        is_elliptic = groups.is_elliptic(self.group)
        bits = self.group.n.bit_length() // 2
        if not is_elliptic:
            bits = _MODP_STRENGTH[self.group.p.bit_length()]
        mapping = _WEAKEST_FIRST.index(self.mapping)
        cipher = _CIPHER_STRENGTH[self.cipher]
        return min(cipher, bits), cipher, bits, mapping, is_elliptic

    def info(self, *, numbered: bool = True) -> bytes:
        """PACEInfo (§9.2.1), with its parameterId or without."""
        return pace_info(self.protocol, self.parameter_id if numbered else None)


def strongest(suites: Iterable[PaceSuite]) -> PaceSuite:
    """The strongest of one suite or more; of equals the first in the order of DER."""
    return max(sorted(suites, key=PaceSuite.info), key=lambda suite: suite.strength)


@dataclass(frozen=True, slots=True)
class PaceRequest:
    """What MSE:Set AT asks for: DO 80, DO 83 and, where it is given, DO 84 (§4.4.4.1)."""

    oid: bytes
    password: bytes
    parameter_id: int | None

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """The data objects in the order of §4.4.4.1; unknown tags are ignored (note 2 there).

        Raises:
            StatusError: 6A80, an object is missing, repeated, misplaced or malformed.
        """
        try:
            found = [
                item for item in tlv.parse(data, where="MSE") if item.tag in (0x80, 0x83, 0x84)
            ]
        except FormatError:
            raise StatusError("MSE:Set AT, not BER-TLV", Sw.INCORRECT_DATA) from None
        if [item.tag for item in found] not in ([0x80, 0x83], [0x80, 0x83, 0x84]):
            raise StatusError("MSE:Set AT, data objects", Sw.INCORRECT_DATA)
        values = [item.value for item in found]
        parameter_id = int.from_bytes(values[2]) if len(values) == 3 else None
        return cls(values[0], values[1], parameter_id)

    def choose(self, offered: Sequence[PaceSuite]) -> PaceSuite:
        """The suite that is meant.

        Raises:
            StatusError: 6A80 for another algorithm; 6A88 for other domain parameters, or none
                where the chip has more than one set of them, for whatever algorithm.
        """
        able = [suite for suite in offered if suite.oid == self.oid]
        if not able:
            raise StatusError("MSE:Set AT, algorithm", Sw.INCORRECT_DATA)
        if self.parameter_id is not None:
            able = [suite for suite in able if suite.parameter_id == self.parameter_id]
        elif len({suite.parameter_id for suite in offered}) > 1:
            raise StatusError("MSE:Set AT, ambiguous domain parameters", Sw.REFERENCE_NOT_FOUND)
        if not able:
            raise StatusError("MSE:Set AT, domain parameters", Sw.REFERENCE_NOT_FOUND)
        return able[0]


@dataclass(frozen=True, slots=True)
class Passwords:
    """The encoded passwords of table 14; an empty CAN is no password."""

    mrz: bytes = field(repr=False)
    can: bytes = field(repr=False)

    def get(self, reference: bytes) -> bytes:
        """The password of DO 83.

        Raises:
            StatusError: 6A88, the document has no such password.
        """
        known = {MRZ_PASSWORD: self.mrz, CAN_PASSWORD: self.can}
        secret = known.get(reference[0]) if len(reference) == 1 else None
        if not secret:
            raise StatusError("MSE:Set AT, password", Sw.REFERENCE_NOT_FOUND)
        return secret


# --- the exchange -----------------------------------------------------------------------------


def authentication_token(suite: PaceSuite, ks_mac: bytes, received: Element) -> bytes:
    """The MAC over the public key data object of the other side's key (§4.4.3.4)."""
    value = ELLIPTIC_VALUE if groups.is_elliptic(suite.group) else DH_VALUE
    key = [tlv.build(OID, suite.oid), tlv.build(value, received.encode())]
    return ciphers.mac(suite.cipher, ks_mac, tlv.build(PUBLIC_KEY, key))


def chip_authentication_data(key: StaticKey, map_secret: int, suite: PaceSuite) -> bytes:
    """CA_IC of §4.4.3.5.1, as long as the order of the group (§4.4.5.6)."""
    n = suite.group.n
    value = pow(key.secret, -1, n) * map_secret % n
    return value.to_bytes((n.bit_length() + 7) // 8)


def encrypted(suite: PaceSuite, ks_enc: bytes, data: bytes) -> bytes:
    """A_IC: ``data`` as DO 8A carries it (§4.4.3.5.3, §4.4.3.5.4)."""
    block = suite.cipher.block
    iv = ciphers.encrypt_block(suite.cipher, ks_enc, b"\xff" * block)
    return ciphers.encrypt(suite.cipher, ks_enc, ciphers.pad(data, block), iv)


@dataclass(frozen=True, slots=True)
class Turn:
    """One step as an honest chip does it: what it got, and the data objects of its answer."""

    number: int
    received: bytes = field(repr=False)
    answer: tuple[tuple[int, bytes], ...] = field(repr=False)


Tell = Callable[["PaceExchange", Turn], bytes]


class PaceExchange:
    """The chip's side of the four steps of table 4, in that order and once.

    ``session`` is there when the last step has succeeded. After a refusal the exchange must not
    be used again; that is the caller's part. ``key`` is that of chip authentication mapping, on
    the domain parameters of the suite. ``tell`` makes the response data of each step in place of
    an honest chip: see ``sim.pace_lies``.

    Raises:
        InputError: the mapping needs a key that is not there, or the key is another group's.
    """

    nonce: bytes
    map_secret: int
    keys: tuple[bytes, bytes]
    _generator: Element
    _mine: Element
    _theirs: Element

    def __init__(
        self,
        suite: PaceSuite,
        password: bytes,
        random: Random,
        *,
        key: StaticKey | None = None,
        tell: Tell | None = None,
    ) -> None:
        self.suite = suite
        self.session: Session | None = None
        self._k_pi = ciphers.kdf(password, ciphers.PASSWORD, suite.cipher)  # §9.7.3
        self._random = random
        self.key = _cam_key(suite, key)
        self._tell = tell or honest
        map_nonce = self._integrate if suite.mapping == IM else self._map_nonce
        self._steps: list[tuple[int | None, Callable[[bytes], Iterable[tuple[int, bytes]]]]] = [
            (None, self._encrypted_nonce),
            (0x81, map_nonce),
            (0x83, self._agree),
            (0x85, self._authenticate),
        ]

    def advance(self, data: bytes, *, last: bool) -> bytes:
        """The response data of the next GENERAL AUTHENTICATE; ``last`` where its class is 00.

        Raises:
            StatusError: the step failed, or it is another one than the next (§4.4.4.2, §4.4.4.3).
        """
        request, action = self._steps.pop(0)
        if last and self._steps:
            raise StatusError("PACE, chain ended early", Sw.CONDITIONS_NOT_SATISFIED)
        if not last and not self._steps:
            raise StatusError("PACE, chain goes on", Sw.LAST_OF_CHAIN_EXPECTED)
        received = _dynamic_data(data, request)
        turn = Turn(4 - len(self._steps), received, tuple(action(received)))
        return self._tell(self, turn)

    def _encrypted_nonce(self, _: bytes) -> Iterable[tuple[int, bytes]]:
        cipher = self.suite.cipher
        size = mapping.nonce_size(cipher) if self.suite.mapping == IM else NONCE
        self.nonce = self._random(size)
        yield 0x80, ciphers.encrypt(cipher, self._k_pi, self.nonce)

    def _map_nonce(self, data: bytes) -> Iterable[tuple[int, bytes]]:
        """§4.4.3.3.1: the generator becomes s x G + H, H the shared element of an agreement."""
        group = self.suite.group
        theirs = self._public_key(data)
        self.map_secret = group.scalar(self._random)
        try:
            shared = theirs * self.map_secret
            self._generator = group.generator * int.from_bytes(self.nonce) + shared
        except FormatError:  # s is a multiple of the order, or H the inverse of s x G
            raise StatusError("PACE, mapping failed", Sw.AUTHENTICATION_FAILED) from None
        yield 0x82, (group.generator * self.map_secret).encode()

    def _integrate(self, data: bytes) -> Iterable[tuple[int, bytes]]:
        """§4.4.3.3.2; the answer is an empty data object (§4.4.5.2.2)."""
        cipher = self.suite.cipher
        if len(data) != cipher.key_size:
            raise StatusError("PACE, length of the additional nonce", Sw.INCORRECT_DATA)
        try:
            self._generator = mapping.generator(self.suite.group, cipher, self.nonce, data)
        except FormatError:
            raise StatusError("PACE, mapping failed", Sw.AUTHENTICATION_FAILED) from None
        yield 0x82, b""

    def _agree(self, data: bytes) -> Iterable[tuple[int, bytes]]:
        self._theirs = self._public_key(data)
        secret = self.suite.group.scalar(self._random)
        self._mine = self._generator * secret
        if self._mine == self._theirs:  # §4.4.1 step 3d
            raise StatusError("PACE, our own public key", Sw.AUTHENTICATION_FAILED)
        self.keys = ciphers.derive_keys((self._theirs * secret).x_bytes, self.suite.cipher)
        yield 0x84, self._mine.encode()

    def _authenticate(self, data: bytes) -> Iterable[tuple[int, bytes]]:
        suite, (ks_enc, ks_mac) = self.suite, self.keys
        if not ciphers.same(data, authentication_token(suite, ks_mac, self._mine)):
            raise StatusError("PACE, wrong token", Sw.AUTHENTICATION_FAILED)
        self.session = Session(suite.cipher, ks_enc, ks_mac)
        yield TOKEN, authentication_token(suite, ks_mac, self._theirs)
        if self.key is not None:
            proof = chip_authentication_data(self.key, self.map_secret, suite)
            yield CHIP_AUTHENTICATION_DATA, encrypted(suite, ks_enc, proof)

    def _public_key(self, data: bytes) -> Element:
        try:
            return self.suite.group.decode(data, where="PACE")
        except FormatError:
            raise StatusError("PACE, no public key", Sw.INCORRECT_DATA) from None


def honest(_: PaceExchange, turn: Turn) -> bytes:
    """The response data of table 4."""
    return tlv.build(DYNAMIC, [tlv.build(tag, value) for tag, value in turn.answer])


def _cam_key(suite: PaceSuite, key: StaticKey | None) -> StaticKey | None:
    if not suite.needs_key:
        return None
    if key is None or key.group != suite.group:
        raise InputError(f"chip authentication mapping needs a static key on {suite.group.name}")
    return key


def _dynamic_data(data: bytes, tag: int | None) -> bytes:
    """The value of the only child ``tag`` of DO 7C, which is empty where ``tag`` is None."""
    try:
        children = tlv.parse_one(data, DYNAMIC, where="GENERAL AUTHENTICATE").children()
    except FormatError:
        raise StatusError("PACE, not one DO 7C", Sw.INCORRECT_DATA) from None
    if [child.tag for child in children] != ([] if tag is None else [tag]):
        raise StatusError("PACE, another step", Sw.INCORRECT_DATA)
    return children[0].value if children else b""
