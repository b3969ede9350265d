"""Access to the chip, the chip's side: keys of the document, BAC, PACE with generic mapping.

Source: Doc 9303-11 §4.3 (BAC), §4.4 (PACE), §9.2.1 and §9.5.1 (what EF.CardAccess offers), §9.7
(key derivation); Appendices D.2, D.3 and G.1 are the test vectors. Written from the standard
without the reader's code. ``random`` gives as many bytes as it is asked for.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Self

from epass import tlv
from epass.crypto import ciphers
from epass.crypto.ciphers import Cipher
from epass.crypto.ec import CURVES, Curve, Point, by_parameter_id
from epass.errors import FormatError, InputError, StatusError
from epass.sim import choices
from epass.sim.messaging import Session
from epass.sim.status import Sw

Random = Callable[[int], bytes]

PACE, BAC = "PACE", "BAC"
ACCESS = (PACE, BAC)
CIPHERS = tuple(cipher.label for cipher in Cipher)
PACE_MAPPINGS = ("GM",)

RND, KEYING = 8, 16  # §4.3.1: nonces and keying material of BAC, bytes
CRYPTOGRAM = 2 * RND + KEYING
PACE_NONCE = 16  # §4.4.3.3: a multiple of the block size, here the same for every cipher
MRZ_PASSWORD, CAN_PASSWORD = 1, 2  # §4.4.4.1, DO 83
DYNAMIC, PUBLIC_KEY, OID, POINT = 0x7C, 0x7F49, 0x06, 0x86

ID_PACE = bytes.fromhex("04007F0007020204")  # §9.2.3, bsi-de protocols(2) smartcard(2) 4
ECDH_GM = 2
PACE_VERSION = 2


@dataclass(frozen=True, slots=True)
class ParameterSet:
    """One row of table 12."""

    parameter_id: int
    name: str


def parameter_sets() -> tuple[ParameterSet, ...]:
    """The domain parameters that the chip can use for PACE, by id."""
    return tuple(ParameterSet(curve.parameter_id, curve.name) for curve in CURVES)


# --- the keys of the document -----------------------------------------------------------------


def mrz_information(mrz: str) -> str:
    """Document number, birth and expiry, each with its check digit, as §4.3.2 puts them together.

    ``mrz`` is the whole machine-readable zone, lines separated by a line feed. Check digits are
    taken as they stand. Where the place of the number's check digit holds a filler, the number
    goes on in the optional data, check digit last (Doc 9303-5 §4.2.2 note j, Doc 9303-6).

    Raises:
        InputError: the lines are not those of TD1, TD2 or TD3.
    """
    lines = mrz.split("\n")
    shape = [len(line) for line in lines]
    if shape == [30, 30, 30]:
        number, check, optional = lines[0][5:14], lines[0][14], lines[0][15:]
        dates = lines[1][0:7] + lines[1][8:15]
    elif shape in ([36, 36], [44, 44]):
        number, check, optional = lines[1][0:9], lines[1][9], lines[1][28:35]
        dates = lines[1][13:20] + lines[1][21:28]
    else:
        raise InputError("the lines of the MRZ are not those of TD1, TD2 or TD3")
    if check == "<" and shape != [44, 44]:  # TD3 knows no longer numbers
        check = optional.split("<")[0]
        if len(check) < 2:
            raise InputError("the document number is to go on in the optional data, but does not")
    return number + check + dates


def mrz_secret(mrz: str) -> bytes:
    """SHA-1 of the MRZ information: K of PACE (table 14); its first 16 bytes are K_seed of BAC.

    Raises:
        InputError: the lines are not those of TD1, TD2 or TD3.
    """
    information = mrz_information(mrz).encode("latin-1", "replace")
    return hashlib.sha1(information, usedforsecurity=False).digest()


# --- Basic Access Control ---------------------------------------------------------------------


class BacChallenge:
    """The chip's side of §4.3.1 from step 1 on: one challenge, good for one attempt."""

    def __init__(self, secret: bytes, random: Random) -> None:
        self._k_enc, self._k_mac = ciphers.derive_keys(secret[:KEYING], Cipher.TDES)
        self._random = random
        self.rnd_ic = random(RND)

    def authenticate(self, data: bytes) -> tuple[bytes, Session]:
        """Steps 3a to 3h and 5: the response data, and the session that begins after it.

        Raises:
            StatusError: 6700, or 6300 for a terminal that does not know the document.
        """
        if len(data) != CRYPTOGRAM + ciphers.MAC_SIZE:
            raise StatusError("EXTERNAL AUTHENTICATE", Sw.WRONG_LENGTH)
        e_ifd, m_ifd = data[:CRYPTOGRAM], data[CRYPTOGRAM:]
        if not ciphers.same(m_ifd, ciphers.retail_mac(self._k_mac, e_ifd)):
            raise StatusError("BAC, wrong checksum", Sw.AUTHENTICATION_FAILED)
        s = ciphers.decrypt(Cipher.TDES, self._k_enc, e_ifd)
        rnd_ifd, echoed, k_ifd = s[:RND], s[RND : 2 * RND], s[2 * RND :]
        if not ciphers.same(echoed, self.rnd_ic):
            raise StatusError("BAC, another challenge", Sw.AUTHENTICATION_FAILED)
        k_ic = self._random(KEYING)
        r = self.rnd_ic + rnd_ifd + k_ic
        e_ic = ciphers.encrypt(Cipher.TDES, self._k_enc, r)
        keys = ciphers.derive_keys(ciphers.xor(k_ic, k_ifd), Cipher.TDES)
        ssc = int.from_bytes(self.rnd_ic[-4:] + rnd_ifd[-4:])  # §9.8.6.3
        return e_ic + ciphers.retail_mac(self._k_mac, e_ic), Session(Cipher.TDES, *keys, ssc)


# --- Password Authenticated Connection Establishment ------------------------------------------


@dataclass(frozen=True, slots=True)
class PaceSuite:
    """What one PACEInfo stands for: generic mapping over ECDH with a cipher and a curve."""

    cipher: Cipher
    curve: Curve

    @classmethod
    def named(cls, cipher: str, parameter_id: int) -> Self:
        """The suite with ``cipher`` out of ``CIPHERS`` and a parameter set of table 12.

        Raises:
            InputError: there is no such cipher or no such parameter set.
        """
        curve = by_parameter_id(parameter_id)
        if curve is None:
            raise InputError(f"{parameter_id} is no parameter set of PACE over ECDH")
        choices.require("cipher", cipher, CIPHERS)
        return cls(list(Cipher)[CIPHERS.index(cipher)], curve)

    @property
    def oid(self) -> bytes:
        """The value of the object identifier (§9.2.3), as DO 80 of MSE:Set AT carries it."""
        return ID_PACE + bytes((ECDH_GM, 1 + CIPHERS.index(self.cipher.label)))

    def info(self) -> bytes:
        """PACEInfo, DER (§9.2.1)."""
        numbers = (PACE_VERSION, self.curve.parameter_id)
        integers = [tlv.build(0x02, bytes((number,))) for number in numbers]
        return tlv.build(0x30, [tlv.build(OID, self.oid), *integers])


def card_access(suites: Sequence[PaceSuite]) -> bytes:
    """The content of EF.CardAccess that offers ``suites`` (§9.2.11); DER orders a SET OF."""
    return tlv.build(0x31, sorted(suite.info() for suite in suites))


def authentication_token(suite: PaceSuite, ks_mac: bytes, received: Point) -> bytes:
    """The MAC over the public key data object of the other side's key (§4.4.3.4)."""
    key = [tlv.build(OID, suite.oid), tlv.build(POINT, received.encode())]
    return ciphers.mac(suite.cipher, ks_mac, tlv.build(PUBLIC_KEY, key))


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

    def choose(self, suites: Sequence[PaceSuite]) -> PaceSuite:
        """The suite that is meant.

        Raises:
            StatusError: 6A80 for another algorithm; 6A88 for other domain parameters, or none
                where there is a choice.
        """
        able = [suite for suite in suites if suite.oid == self.oid]
        if not able:
            raise StatusError("MSE:Set AT, algorithm", Sw.INCORRECT_DATA)
        if self.parameter_id is not None:
            able = [suite for suite in able if suite.curve.parameter_id == self.parameter_id]
        if len(able) != 1:
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


class PaceExchange:
    """The chip's side of the four steps of table 4, in that order and once.

    ``session`` is there when the last step has succeeded. After a refusal the exchange must not
    be used again; that is the caller's part.
    """

    _nonce: bytes
    _generator: Point
    _mine: Point
    _theirs: Point
    _keys: tuple[bytes, bytes]

    def __init__(self, suite: PaceSuite, password: bytes, random: Random) -> None:
        self._suite = suite
        self._k_pi = ciphers.kdf(password, ciphers.PASSWORD, suite.cipher)  # §9.7.3
        self._random = random
        self._steps: list[tuple[int | None, int, Callable[[bytes], bytes]]] = [
            (None, 0x80, self._encrypted_nonce),
            (0x81, 0x82, self._map_nonce),
            (0x83, 0x84, self._agree),
            (0x85, 0x86, self._authenticate),
        ]
        self.session: Session | None = None

    def advance(self, data: bytes, *, last: bool) -> bytes:
        """The response data of the next GENERAL AUTHENTICATE; ``last`` where its class is 00.

        Raises:
            StatusError: the step failed, or it is another one than the next (§4.4.4.2, §4.4.4.3).
        """
        request, answer, action = self._steps.pop(0)
        if last and self._steps:
            raise StatusError("PACE, chain ended early", Sw.CONDITIONS_NOT_SATISFIED)
        if not last and not self._steps:
            raise StatusError("PACE, chain goes on", Sw.LAST_OF_CHAIN_EXPECTED)
        value = action(_dynamic_data(data, request))
        return tlv.build(DYNAMIC, tlv.build(answer, value))

    def _encrypted_nonce(self, _: bytes) -> bytes:
        self._nonce = self._random(PACE_NONCE)
        return ciphers.encrypt(self._suite.cipher, self._k_pi, self._nonce)

    def _map_nonce(self, data: bytes) -> bytes:
        """§4.4.3.3.1: the generator becomes s x G + H, H the shared point of a first agreement."""
        curve = self._suite.curve
        theirs = self._point(data)
        secret = curve.scalar(self._random)
        try:
            shared = theirs * secret
            self._generator = curve.generator * int.from_bytes(self._nonce) + shared
        except FormatError:  # s is a multiple of the order, or H the inverse of s x G
            raise StatusError("PACE, mapping failed", Sw.AUTHENTICATION_FAILED) from None
        return (curve.generator * secret).encode()

    def _agree(self, data: bytes) -> bytes:
        self._theirs = self._point(data)
        secret = self._suite.curve.scalar(self._random)
        self._mine = self._generator * secret
        if self._mine == self._theirs:  # §4.4.1 step 3d
            raise StatusError("PACE, our own public key", Sw.AUTHENTICATION_FAILED)
        shared = (self._theirs * secret).x_bytes
        self._keys = ciphers.derive_keys(shared, self._suite.cipher)
        return self._mine.encode()

    def _authenticate(self, data: bytes) -> bytes:
        ks_enc, ks_mac = self._keys
        if not ciphers.same(data, authentication_token(self._suite, ks_mac, self._mine)):
            raise StatusError("PACE, wrong token", Sw.AUTHENTICATION_FAILED)
        self.session = Session(self._suite.cipher, ks_enc, ks_mac)
        return authentication_token(self._suite, ks_mac, self._theirs)

    def _point(self, data: bytes) -> Point:
        try:
            return self._suite.curve.decode(data, where="PACE")
        except FormatError:
            raise StatusError("PACE, no point of the curve", Sw.INCORRECT_DATA) from None


def _dynamic_data(data: bytes, tag: int | None) -> bytes:
    """The value of the only child ``tag`` of DO 7C, which is empty where ``tag`` is None."""
    try:
        children = tlv.parse_one(data, DYNAMIC, where="GENERAL AUTHENTICATE").children()
    except FormatError:
        raise StatusError("PACE, not one DO 7C", Sw.INCORRECT_DATA) from None
    if [child.tag for child in children] != ([] if tag is None else [tag]):
        raise StatusError("PACE, another step", Sw.INCORRECT_DATA)
    return children[0].value if children else b""
