"""What a chip has answered, judged by a public key: does it have the private one?

Source: ICAO Doc 9303-11 §6.1 (active authentication), §6.2 and §9.8 (chip authentication),
§4.4.3.5.2 (PACE with chip authentication mapping). Who has signed the key is not asked here.
"""

from collections.abc import Iterable

from epass import asn1, tlv
from epass.crypto import ciphers, ec, iso9796, public_keys, signatures
from epass.crypto.ciphers import MAC_SIZE, Cipher
from epass.crypto.group import Group
from epass.crypto.hashes import Hash
from epass.crypto.signatures import EcdsaVerifier
from epass.errors import FormatError, UnsupportedError
from epass.evidence import ActiveAuthentication, ChipAuthentication, ChipAuthenticationMapping
from epass.lds.names import File
from epass.lds.security_infos import (
    ChipAuthenticationOffer,
    ChipAuthenticationPublicKeyInfo,
    KeyAgreement,
)
from epass.trust.report import Outcome
from epass.trust.signed import Answer, with_weakness

DG14, DG15, CARD_SECURITY = (file.label for file in (File.DG14, File.DG15, File.CARD_SECURITY))
SUCCESS = 0x9000
CHALLENGE = 8  # bytes, Doc 9303-11 §6.1.2.1
MAX_KEYS = 4  # under one id, each of which costs a multiplication; the standard has one
# Doc 9303-11 §6.1.2.3, for chips whose DG14 does not name the algorithm.
ECDSA_HASHES = (Hash.SHA256, Hash.SHA224, Hash.SHA384, Hash.SHA512)
DO_MAC = 0x8E
COMMAND_COUNTER, RESPONSE_COUNTER = 1, 2  # of the first exchange under new keys, §9.8.2
STRONG_GROUP = 112  # bits of security; what has less is called weak, as for signatures


# --- active authentication --------------------------------------------------------------------


def active(
    key: asn1.PublicKey, evidence: ActiveAuthentication, algorithms: Iterable[str]
) -> Answer:
    """Has the chip signed the challenge? ``algorithms`` are the OIDs that DG14 names, if any.

    Raises:
        FormatError: the key or the signature is none.
        UnsupportedError: the key is none that epass can verify with.
    """
    if len(evidence.challenge) != CHALLENGE:
        return Outcome.UNKNOWN, f"the challenge has {len(evidence.challenge)} bytes, not 8"
    if evidence.sw != SUCCESS:
        return Outcome.UNKNOWN, f"the chip refuses to sign, status {evidence.sw:04X}"
    if isinstance(key, asn1.RsaKey):
        return _rsa(key, evidence)
    return _ecdsa(public_keys.point(key, where=DG15), evidence, algorithms)


def _rsa(key: asn1.RsaKey, evidence: ActiveAuthentication) -> Answer:
    used = iso9796.verify(key, evidence.challenge, evidence.answer)
    bits = key.n.bit_length()
    if used is None:
        return Outcome.FAIL, f"not a signature over the challenge (RSA of {bits} bits)"
    weak = (f"RSA of {bits} bits",) if bits < signatures.STRONG_MODULUS else ()
    text = f"RSA ISO/IEC 9796-2 with {used.label}, {bits} bits"
    return Outcome.PASS, with_weakness(text, used.weakness + weak)


def _ecdsa(point: ec.Point, evidence: ActiveAuthentication, algorithms: Iterable[str]) -> Answer:
    """r || s as the standard has it, or in DER, as Portuguese documents answer."""
    answer, size = evidence.answer, 2 * point.curve.scalar_size
    plain = len(answer) == size
    named, unknown = _hashes(algorithms)
    for used in named or (() if unknown else ECDSA_HASHES):
        verifier = EcdsaVerifier(point, used, plain)
        try:
            right = verifier.verify(evidence.challenge, answer)
        except FormatError as error:
            return Outcome.FAIL, f"{len(answer)} bytes, where r || s has {size}: {error.problem}"
        if right:
            text = verifier.text if plain else f"{verifier.text}, in DER"
            return Outcome.PASS, with_weakness(text, verifier.weaknesses)
    if unknown:
        raise unknown
    return Outcome.FAIL, f"not a signature over the challenge (ECDSA, {point.curve.name})"


def _hashes(algorithms: Iterable[str]) -> tuple[tuple[Hash, ...], UnsupportedError | None]:
    """The hash functions of the algorithms, each once, and the first algorithm that is unknown."""
    found: dict[Hash, None] = {}
    unknown = None
    for oid in dict.fromkeys(algorithms):
        try:
            found[signatures.ecdsa_hash(oid)] = None
        except UnsupportedError as error:
            unknown = unknown or error
    return tuple(found), unknown


# --- chip authentication ----------------------------------------------------------------------


def agreement(offer: ChipAuthenticationOffer, evidence: ChipAuthentication) -> Answer:
    """Has the chip the session keys of the agreement? Its first answer has a MAC under them.

    Raises:
        FormatError: the key is no element of its group or of another kind than the protocol
            needs, or what was recorded is no exchange under secure messaging.
        UnsupportedError: the key is none that epass can compute with.
    """
    key, cipher = public_keys.element(offer.key.public_key, where=DG14), offer.protocol.cipher
    if isinstance(key, ec.Point) != (offer.protocol.agreement is KeyAgreement.ECDH):
        raise FormatError("the key is not of the kind that its protocol needs", DG14)
    shared = (key * int.from_bytes(evidence.private_key)).shared_secret
    _, mac = ciphers.derive_keys(shared, cipher)
    if not _command_is_of(cipher, mac, evidence.command):
        return Outcome.FAIL, "the recorded command is not of this key agreement"
    if not _response_is_of(cipher, mac, evidence.response):
        return Outcome.FAIL, "the chip does not have the private key"
    text = f"{offer.protocol.agreement.value}, {key.group.name}, {cipher.label}"
    return Outcome.PASS, with_weakness(text, _weakness(key.group))


def _command_is_of(cipher: Cipher, key: bytes, command: bytes) -> bool:
    """Whether the MAC of a command (§9.8.4) is under ``key``."""
    objects, mac = _split(_command_data(command), "command")
    header = command[:4]
    if objects:  # ISO/IEC 7816-4 §10.2.3.1: a header alone is padded once, with the counter
        header = ciphers.pad(header, cipher.block)
    expected = ciphers.session_mac(cipher, key, COMMAND_COUNTER, header + objects)
    return ciphers.same(mac, expected)


def _response_is_of(cipher: Cipher, key: bytes, response: bytes) -> bool:
    """Whether the MAC of a response, before its status word, is under ``key``."""
    objects, mac = _split(response[:-2], "response")
    expected = ciphers.session_mac(cipher, key, RESPONSE_COUNTER, objects)
    return ciphers.same(mac, expected)


def _command_data(command: bytes) -> bytes:
    """The data field of a command with Le, short or extended (ISO/IEC 7816-4 §5.1, case 4)."""
    start, width = (7, 2) if command[4:5] == b"\x00" else (5, 1)
    length = int.from_bytes(command[start - width : start])
    end = start + length
    if not length or command[end:] != bytes(width):
        raise FormatError("not a command under secure messaging", "command")
    return command[start:end]


def _split(data: bytes, where: str) -> tuple[bytes, bytes]:
    """The data objects that a MAC is over, as they were sent, and the MAC: the last object."""
    objects = tlv.parse(data, where=where)
    if not objects or objects[-1].tag != DO_MAC or len(objects[-1].value) != MAC_SIZE:
        raise FormatError("no MAC at its end, so it is not protected", where)
    return data[: objects[-1].offset], objects[-1].value


# --- PACE with chip authentication mapping ----------------------------------------------------


def mapping(
    keys: Iterable[ChipAuthenticationPublicKeyInfo], evidence: ChipAuthenticationMapping
) -> Answer:
    """Is PK_Map,IC = KA(CA_IC, PK_IC)? The factor is one that only the key's owner knows.

    Raises:
        FormatError: a key for these parameters is no point of its curve.
        UnsupportedError: such a key is none that epass can compute with, or there are too many.
    """
    number = evidence.parameter_id  # which is the id of the key too (§9.2.1)
    named = [key.public_key for key in keys if key.key_id == number]
    if len(named) > MAX_KEYS:
        raise UnsupportedError(f"EF.CardSecurity has {len(named)} keys of the same id")
    points = [public_keys.point(key, where=CARD_SECURITY) for key in named]
    points = [point for point in points if point.curve.parameter_id == number]
    if not points:
        return Outcome.FAIL, f"EF.CardSecurity has no key for the parameters {number}"
    for point in points:
        if _maps(point, evidence):
            text = f"ECDH, {point.curve.name}"
            return Outcome.PASS, with_weakness(text, _weakness(point.curve))
    return Outcome.FAIL, "the chip does not have the private key of EF.CardSecurity"


def _maps(point: ec.Point, evidence: ChipAuthenticationMapping) -> bool:
    factor = int.from_bytes(evidence.authentication_data)
    if not 0 < factor < point.curve.n:
        raise FormatError("not from 1 to n - 1", "chip authentication data")
    return (point * factor).encode() == evidence.mapping_key


def _weakness(group: Group) -> tuple[str, ...]:
    return () if group.strength >= STRONG_GROUP else (group.name,)
