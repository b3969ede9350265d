"""How the chip proves that it is no copy: Chip Authentication version 1, Active Authentication.

Source: Doc 9303-11 §6.1 (INTERNAL AUTHENTICATE), §6.2 (MSE:Set KAT; MSE:Set AT with GENERAL
AUTHENTICATE), §9.4.5 (ephemeral keys), §9.8.2 (the session restarts). Written from the standard
without the reader's code. Strict where it can be: data objects in the order of the standard, key
references and integers in the fewest bytes, no reference to a key only where there is one key.
Whether a command may come now is the chip's matter, not that of this module.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from epass import tlv
from epass.card.apdu import EXTENDED_DATA, Response
from epass.crypto import ciphers
from epass.crypto.ciphers import Cipher
from epass.errors import FormatError, InputError, StatusError
from epass.sim import der
from epass.sim.keys import Random
from epass.sim.messaging import Session
from epass.sim.proof_keys import ANNOUNCE, REFUSE, TRUNCATE, ActiveKey, AgreementKey
from epass.sim.status import Sw

INTERNAL_AUTHENTICATE = 0x88
SET_KAT, SET_AT = 0x41A6, 0x41A4  # P1-P2 of MSE, §6.2.4
MECHANISM, KEY_REFERENCE, EPHEMERAL_KEY = 0x80, 0x84, 0x91
DYNAMIC, PUBLIC_KEY = 0x7C, 0x80
AGREED = tlv.build(DYNAMIC, b"")  # the answer to GENERAL AUTHENTICATE
MAX_CHAIN = 1024  # bytes; the largest public key has 256 and a few of encoding
CHALLENGE = 8  # §6.1.2.1

MORE_DATA = 0x6100  # ISO/IEC 7816-4 §5.6: SW2 bytes are still available, 00 for 256 or more


# --- Chip Authentication ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ChipAuthentication:
    """The static keys of a chip, and what it does with them.

    ``answer`` makes the response data out of the right ones. Without ``restarts`` the keys of
    before stay although the chip says 9000. ``refusal`` is a status word for every agreement.
    Without ``has_kat`` MSE:Set AT takes the place of MSE:Set KAT. ``piece`` is the most data, in
    bytes, of one GENERAL AUTHENTICATE.

    Raises:
        InputError: no keys, or several that their identifiers do not tell apart (§9.2.6).
    """

    keys: tuple[AgreementKey, ...] = field(repr=False)
    answer: Callable[[bytes, Random], bytes] = lambda right, _: right
    restarts: bool = True
    refusal: int | None = None
    has_kat: bool = True
    piece: int = EXTENDED_DATA

    def __post_init__(self) -> None:
        ids = [key.pair.key_id for key in self.keys]
        if not ids or len(set(ids)) != len(ids) or (len(ids) > 1 and None in ids):
            raise InputError("chip authentication takes one key, or several with a key id each")

    def security_infos(self) -> tuple[bytes, ...]:
        return tuple(info for key in self.keys for info in key.security_infos())

    @property
    def templates(self) -> frozenset[int]:
        """P1-P2 of the MSE commands that §6.2.4 makes the chip implement."""
        known = {cipher for key in self.keys for cipher in key.ciphers}
        by_kat = {Cipher.TDES} if self.has_kat else set()
        commands = {SET_KAT} if known & by_kat else set()
        return frozenset(commands | ({SET_AT} if known - by_kat else set()))

    def set_kat(self, data: bytes, random: Random) -> tuple[bytes, Session | None]:
        """MSE:Set KAT: the response data, and the session that begins after it.

        Raises:
            StatusError: 6A80 or 6A88.
        """
        found = _objects(data, EPHEMERAL_KEY, "MSE:Set KAT")
        key = self._key(found.get(KEY_REFERENCE))
        if Cipher.TDES not in key.ciphers:  # §6.2.4.1, note
            raise StatusError("MSE:Set KAT, a key for AES", Sw.INCORRECT_DATA)
        session = self.agree(key, Cipher.TDES, found[EPHEMERAL_KEY])
        return self.answer(b"", random), session

    def set_at(self, data: bytes, random: Random) -> "Agreement":
        """MSE:Set AT: what GENERAL AUTHENTICATE goes on with.

        Raises:
            StatusError: 6A80 or 6A88.
        """
        found = _objects(data, MECHANISM, "MSE:Set AT")
        key = self._key(found.get(KEY_REFERENCE))
        for cipher in key.ciphers:
            if found[MECHANISM] == der.oid(key.protocol(cipher))[2:]:
                return Agreement(self, key, cipher, random)
        raise StatusError("MSE:Set AT, algorithm", Sw.INCORRECT_DATA)

    def agree(self, key: AgreementKey, cipher: Cipher, ephemeral: bytes) -> Session | None:
        """The session with the new keys, its counter 0; None where the old one goes on.

        Raises:
            StatusError: 6A80, or the chip's ``refusal``.
        """
        if self.refusal is not None:
            raise StatusError("chip authentication", self.refusal)
        try:
            theirs = key.pair.group.decode(ephemeral, where="chip authentication")
            shared = theirs * key.pair.secret
        except FormatError:
            raise StatusError("chip authentication, no public key", Sw.INCORRECT_DATA) from None
        keys = ciphers.derive_keys(shared.x_bytes, cipher)
        return Session(cipher, *keys) if self.restarts else None

    def _key(self, reference: bytes | None) -> AgreementKey:
        if reference is None:
            able = list(self.keys)
        else:
            able = [key for key in self.keys if _encoded(key.pair.key_id) == reference]
        if len(able) != 1:
            raise StatusError("MSE, reference of a private key", Sw.REFERENCE_NOT_FOUND)
        return able[0]


class Agreement:
    """Chip Authentication between MSE:Set AT and the end of GENERAL AUTHENTICATE.

    The data of GENERAL AUTHENTICATE may come as a chain of commands (ISO/IEC 7816-4 §5.3.3).
    ``session`` is there when it has succeeded.
    """

    def __init__(
        self, proof: ChipAuthentication, key: AgreementKey, cipher: Cipher, random: Random
    ) -> None:
        self.piece = proof.piece
        self._proof, self._key, self._cipher, self._random = proof, key, cipher, random
        self._received = b""
        self.session: Session | None = None

    def advance(self, data: bytes, *, last: bool) -> bytes:
        """The response data of the next GENERAL AUTHENTICATE; ``last`` where its class is 00.

        Raises:
            StatusError: 6700 or 6A80, or the chip's own refusal.
        """
        self._received += data
        if len(self._received) > MAX_CHAIN:
            raise StatusError("GENERAL AUTHENTICATE, too long a chain", Sw.WRONG_LENGTH)
        if not last:
            return b""
        try:
            found = tlv.parse_one(self._received, DYNAMIC, where="GENERAL AUTHENTICATE").children()
        except FormatError:
            raise StatusError("GENERAL AUTHENTICATE, not one DO 7C", Sw.INCORRECT_DATA) from None
        if [item.tag for item in found] != [PUBLIC_KEY]:
            raise StatusError("GENERAL AUTHENTICATE, not one public key", Sw.INCORRECT_DATA)
        self.session = self._proof.agree(self._key, self._cipher, found[0].value)
        return self._proof.answer(AGREED, self._random)


def _objects(data: bytes, required: int, command: str) -> dict[int, bytes]:
    """The value of ``required`` and, after it, of DO 84; unknown tags are ignored."""
    try:
        found = tlv.parse(data, where=command)
    except FormatError:
        raise StatusError(f"{command}, not BER-TLV", Sw.INCORRECT_DATA) from None
    known = [item for item in found if item.tag in (required, KEY_REFERENCE)]
    if [item.tag for item in known] not in ([required], [required, KEY_REFERENCE]):
        raise StatusError(f"{command}, data objects", Sw.INCORRECT_DATA)
    return {item.tag: item.value for item in known}


def _encoded(key_id: int | None) -> bytes | None:
    """As DO 84 carries it: an unsigned integer in the fewest bytes (§9.4.1)."""
    return None if key_id is None else key_id.to_bytes((key_id.bit_length() + 7) // 8 or 1)


# --- Active Authentication --------------------------------------------------------------------


def _genuine(key: ActiveKey, challenge: bytes, random: Random) -> bytes:
    return key.signer.sign(challenge, random)


@dataclass(frozen=True, slots=True)
class ActiveAuthentication:
    """The key that signs challenges, and what the chip does with it.

    ``when_long`` is one of ``proof_keys.LONG_ANSWERS``; ``sign`` makes the signature.
    """

    key: ActiveKey = field(repr=False)
    when_long: str = REFUSE
    sign: Callable[[ActiveKey, bytes, Random], bytes] = _genuine

    def respond(self, challenge: bytes, room: int, random: Random) -> Response:
        """The answer to INTERNAL AUTHENTICATE, which can carry ``room`` bytes.

        Raises:
            StatusError: 6700, or another that the chip gives instead of a signature.
        """
        if len(challenge) != CHALLENGE:
            raise StatusError("INTERNAL AUTHENTICATE, not 8 bytes", Sw.WRONG_LENGTH)
        signature = self.sign(self.key, challenge, random)
        if len(signature) <= room:
            return Response(signature)
        if self.when_long == TRUNCATE:
            return Response(signature[:room])
        if self.when_long == ANNOUNCE:
            return Response(sw=MORE_DATA | min(len(signature), 0x100) & 0xFF)
        raise StatusError("INTERNAL AUTHENTICATE, the signature is too long", Sw.WRONG_LENGTH)


# --- what a document has ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Proofs:
    """What a document can prove itself with; None for what it cannot do."""

    chip: ChipAuthentication | None = None
    active: ActiveAuthentication | None = None

    def security_infos(self) -> tuple[bytes, ...]:
        """The SecurityInfos of DG14 that announce the proofs."""
        chip = self.chip.security_infos() if self.chip else ()
        return chip + (self.active.key.security_infos() if self.active else ())


NO_PROOFS = Proofs()
