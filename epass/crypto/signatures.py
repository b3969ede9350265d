"""Signatures, verified only: RSA PKCS#1 v1.5, RSASSA-PSS and ECDSA. Nothing here can sign.

Source: ICAO Doc 9303-12 names the algorithms; RFC 8017 §8.1.2, §8.2.2, §9.1.2, §9.2 (RSA), RFC 4055
(PSS in certificates), SEC 1 §4.1.4 and RFC 5758 §3.2 (ECDSA), BSI TR-03111 §5.2 (plain ECDSA).

An algorithm that epass does not know is an ``UnsupportedError`` that names it, a key or signature
that is not well formed a ``FormatError`` that says why, and only what is left is yes or no.
"""

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Protocol

from epass import asn1, tlv
from epass.crypto import ciphers, ec, public_keys
from epass.crypto.hashes import NULL, Hash, no_parameters
from epass.errors import FormatError, UnsupportedError

RSA_ENCRYPTION = "1.2.840.113549.1.1.1"
RSASSA_PSS = "1.2.840.113549.1.1.10"
MGF1 = "1.2.840.113549.1.1.8"

MIN_MODULUS, MAX_MODULUS = 1024, 8192  # bits; the field has 2048 to 6144, 8192 bounds the work
MAX_EXPONENT = 64  # bits; the field has at most 17, and a longer one only costs time
STRONG_MODULUS, STRONG_CURVE = 2048, 224  # bits; what is shorter is called weak

SEQUENCE, INTEGER, OCTET_STRING, OBJECT_ID = 0x30, 0x02, 0x04, 0x06


class Verifier(Protocol):
    """One public key with one way to sign."""

    @property
    def text(self) -> str:
        """For people: scheme, hash function, key."""

    @property
    def weaknesses(self) -> tuple[str, ...]:
        """What of it is too weak for new documents; empty if nothing is."""

    def verify(self, message: bytes, signature: bytes) -> bool:
        """Raises FormatError where ``signature`` cannot be one of this key at all."""


def verify(
    public_key: asn1.PublicKey,
    algorithm: asn1.Algorithm,
    message: bytes,
    signature: bytes,
    *,
    digest_algorithm: asn1.Algorithm | None = None,
) -> bool:
    """Is ``signature`` the key's over ``message``?

    ``digest_algorithm`` is that of the SignerInfo; it counts where ``algorithm`` is a bare
    rsaEncryption, as RFC 5652 §5.3 allows and several states do.

    Raises:
        UnsupportedError: the algorithm, hash function or curve is none of ours; it is named.
        FormatError: key, parameters or signature are malformed or do not go together.
    """
    return verifier(public_key, algorithm, digest_algorithm).verify(message, signature)


def verifier(
    public_key: asn1.PublicKey,
    algorithm: asn1.Algorithm,
    digest_algorithm: asn1.Algorithm | None = None,
) -> Verifier:
    """What ``verify`` verifies with, once for several signatures or to describe it.

    Raises:
        UnsupportedError, FormatError: as ``verify``.
    """
    oid = algorithm.oid
    if oid == RSASSA_PSS:
        return _pss(
            rsa_key(public_key), asn1.pss_parameters(algorithm, where="signature algorithm")
        )
    used = _hash(algorithm, digest_algorithm)
    if oid in _ECDSA or oid in _ECDSA_PLAIN:
        point = public_keys.point(public_key, where="public key")
        return EcdsaVerifier(point, used, plain=oid in _ECDSA_PLAIN)
    return _pkcs1(rsa_key(public_key), used)


def ecdsa_hash(oid: str) -> Hash:
    """The hash function of an algorithm of ECDSA, whichever way it encodes r and s.

    Raises:
        UnsupportedError: it is none of ours; it is named.
    """
    found = (_ECDSA | _ECDSA_PLAIN).get(oid)
    if found is None:
        raise UnsupportedError(f"ECDSA algorithm {oid}")
    return found


def _hash(algorithm: asn1.Algorithm, digest_algorithm: asn1.Algorithm | None) -> Hash:
    """The hash function that the algorithm names, or leaves to the SignerInfo."""
    named = (_PKCS1 | _ECDSA | _ECDSA_PLAIN).get(algorithm.oid)
    if named is None and algorithm.oid != RSA_ENCRYPTION:
        raise UnsupportedError(f"signature algorithm {algorithm.oid}")
    no_parameters(algorithm, "signature algorithm")
    if named is not None:
        return named
    if digest_algorithm is None:
        raise UnsupportedError("signature algorithm rsaEncryption without a digest algorithm")
    return Hash.from_algorithm(digest_algorithm)


# --- RSA --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _RsaVerifier:
    key: asn1.RsaKey = field(repr=False)
    hash: Hash

    @property
    def weaknesses(self) -> tuple[str, ...]:
        bits = self.key.n.bit_length()
        return self.hash.weakness + ((f"RSA of {bits} bits",) if bits < STRONG_MODULUS else ())


@dataclass(frozen=True, slots=True)
class Pkcs1Verifier(_RsaVerifier):
    """RSASSA-PKCS1-v1_5."""

    @property
    def text(self) -> str:
        return f"RSA PKCS#1 v1.5 with {self.hash.label}, {self.key.n.bit_length()} bits"

    def verify(self, message: bytes, signature: bytes) -> bool:
        """Compare whole encodings: a parser of the padding is what forgers play with.

        The DigestInfo may lack the NULL (RFC 8017 §9.2 note 1, §A.2.4; the list of the United
        Nations of 2023 does); these two encodings are all there are.
        """
        recovered = recover(self.key, signature)
        digest = self.hash.digest(message)
        return any(recovered == self._encode(digest, null) for null in (NULL, b""))

    def _encode(self, digest: bytes, null: bytes) -> int:
        """EMSA-PKCS1-v1_5 of RFC 8017 §9.2, as a number."""
        identifier = tlv.build(SEQUENCE, tlv.build(OBJECT_ID, self.hash.encoded) + null)
        info = tlv.build(SEQUENCE, identifier + tlv.build(OCTET_STRING, digest))
        size = (self.key.n.bit_length() + 7) // 8
        return int.from_bytes(b"\x00\x01" + b"\xff" * (size - len(info) - 3) + b"\x00" + info)


@dataclass(frozen=True, slots=True)
class PssVerifier(_RsaVerifier):
    """RSASSA-PSS; ``salt`` is its length in bytes, and the mask may have a hash of its own."""

    mgf_hash: Hash
    salt: int

    @property
    def text(self) -> str:
        details = f"MGF1 {self.mgf_hash.label}, salt {self.salt}"
        return f"RSASSA-PSS with {self.hash.label} ({details}), {self.key.n.bit_length()} bits"

    def verify(self, message: bytes, signature: bytes) -> bool:
        """EMSA-PSS-VERIFY of RFC 8017 §9.1.2; the steps are its numbers."""
        bits = self.key.n.bit_length() - 1
        number, size = recover(self.key, signature), (bits + 7) // 8
        split = size - self.hash.size - 1
        if split < self.salt + 1 or number >> bits or number & 0xFF != 0xBC:  # 3, 6, 4
            return False
        encoded = number.to_bytes(size)
        masked, digest = encoded[:split], encoded[split:-1]  # 5
        block = ciphers.xor(masked, self._mask(digest, split))  # 7, 8
        block = bytes((block[0] & (0xFF >> (8 * size - bits)),)) + block[1:]  # 9
        start = split - self.salt
        if block[:start] != bytes(start - 1) + b"\x01":  # 10
            return False
        hashed = bytes(8) + self.hash.digest(message) + block[start:]  # 11, 12
        return self.hash.digest(hashed) == digest  # 13, 14

    def _mask(self, seed: bytes, length: int) -> bytes:
        """MGF1 of RFC 8017 §B.2.1."""
        count = -(-length // self.mgf_hash.size)
        blocks = (self.mgf_hash.digest(seed + number.to_bytes(4)) for number in range(count))
        return b"".join(blocks)[:length]


def recover(key: asn1.RsaKey, signature: bytes) -> int:
    """RSAVP1 of RFC 8017 §5.2.2: the message representative.

    Raises:
        FormatError: ``signature`` cannot be one of this key: its length, or its size.
    """
    size = (key.n.bit_length() + 7) // 8
    if len(signature) != size:
        problem = f"{len(signature)} bytes, where the modulus has {size}"
        raise FormatError(problem, "signature")
    number = int.from_bytes(signature)
    if number >= key.n:
        raise FormatError("not less than the modulus", "signature")
    return pow(number, key.e, key.n)


def rsa_key(public_key: asn1.PublicKey) -> asn1.RsaKey:
    """The key, of a size and form with which a signature means something.

    Raises:
        UnsupportedError: it is of another algorithm than ours, or its size is out of bounds.
        FormatError: it is no RSA key, or one that anybody can sign with.
    """
    if isinstance(public_key, asn1.OtherKey):
        raise UnsupportedError(f"public key of algorithm {public_key.algorithm.oid}")
    if not isinstance(public_key, asn1.RsaKey):
        raise FormatError("no RSA key, but the signature is of RSA", "public key")
    n, e = public_key.n, public_key.e
    if n % 2 == 0 or n < 0:
        raise FormatError("the modulus is not the product of two primes", "public key")
    if e < 3 or e % 2 == 0 or e >= n:
        raise FormatError("the exponent is not that of an RSA key", "public key")
    if not MIN_MODULUS <= n.bit_length() <= MAX_MODULUS:
        raise UnsupportedError(f"RSA key of {n.bit_length()} bits")
    if e.bit_length() > MAX_EXPONENT:
        raise UnsupportedError(f"RSA exponent of {e.bit_length()} bits")
    return public_key


def _pkcs1(key: asn1.RsaKey, used: Hash) -> Verifier:
    if key.oid == RSASSA_PSS:  # RFC 4055 §1.2
        raise FormatError("the key is for PSS only, but the signature is PKCS#1", "public key")
    return Pkcs1Verifier(key, used)


def _pss(key: asn1.RsaKey, given: asn1.PssParameters) -> Verifier:
    found = _pss_verifier(key, given)
    if key.pss is not None:
        limit = _pss_verifier(key, key.pss)
        same = (found.hash, found.mgf_hash) == (limit.hash, limit.mgf_hash)
        if not same or found.salt < limit.salt:  # RFC 4055 §3.3
            problem = "the PSS parameters are not those to which the key is restricted"
            raise FormatError(problem, "signature algorithm")
    return found


def _pss_verifier(key: asn1.RsaKey, given: asn1.PssParameters) -> PssVerifier:
    if given.mgf_oid != MGF1:
        raise UnsupportedError(f"mask generation function {given.mgf_oid}")
    if given.trailer != 1:  # RFC 4055 §3.1
        raise FormatError("the PSS trailer field is not 1", "signature algorithm")
    hashes = Hash.from_oid(given.hash_oid), Hash.from_oid(given.mgf_hash_oid)
    return PssVerifier(key, *hashes, given.salt_length)


# --- ECDSA ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class EcdsaVerifier:
    """ECDSA; ``plain`` is r || s of BSI TR-03111, else Ecdsa-Sig-Value in DER."""

    point: ec.Point = field(repr=False)
    hash: Hash
    plain: bool

    @property
    def text(self) -> str:
        return f"ECDSA with {self.hash.label}, {self.point.curve.name}"

    @property
    def weaknesses(self) -> tuple[str, ...]:
        curve = self.point.curve
        short = curve.n.bit_length() < STRONG_CURVE
        return self.hash.weakness + ((f"curve {curve.name}",) if short else ())

    def verify(self, message: bytes, signature: bytes) -> bool:
        """SEC 1 §4.1.4, any hash function with any curve."""
        curve = self.point.curve
        r, s = self._split_plain(signature) if self.plain else _split_der(signature)
        if not (0 < r < curve.n and 0 < s < curve.n):
            raise FormatError("r or s is not from 1 to n - 1", "signature")
        digest = self.hash.digest(message)
        excess = max(0, 8 * len(digest) - curve.n.bit_length())
        e, w = int.from_bytes(digest) >> excess, pow(s, -1, curve.n)
        try:
            total = curve.generator * (e * w) + self.point * (r * w)
        except FormatError:  # infinity, which nobody who holds the key gets to
            return False
        return total.x % curve.n == r

    def _split_plain(self, signature: bytes) -> tuple[int, int]:
        half = (self.point.curve.n.bit_length() + 7) // 8
        if len(signature) != 2 * half:
            problem = f"{len(signature)} bytes, where r || s has {2 * half}"
            raise FormatError(problem, "signature")
        return int.from_bytes(signature[:half]), int.from_bytes(signature[half:])


def _split_der(signature: bytes) -> tuple[int, int]:
    """Ecdsa-Sig-Value of RFC 3279 §2.2.3, in the one encoding that DER allows."""
    try:
        parts = tlv.parse_one(signature, SEQUENCE, where="signature").children()
    except FormatError:  # whose place in it helps nobody; it may well be r || s
        parts = ()
    numbers = [int.from_bytes(part.value, signed=True) for part in parts]
    if len(parts) != 2 or signature != tlv.build(SEQUENCE, map(_integer, numbers)):
        raise FormatError("not r and s in DER", "signature")
    return numbers[0], numbers[1]


def _integer(value: int) -> bytes:
    """The shortest encoding, which DER asks for (X.690 §8.3.2)."""
    magnitude = value if value >= 0 else ~value
    return tlv.build(INTEGER, value.to_bytes(magnitude.bit_length() // 8 + 1, signed=True))


# RFC 8017 §C, RFC 5758 §3.2, BSI TR-03111 §5.2.1.
_PKCS1 = MappingProxyType(
    {
        "1.2.840.113549.1.1.5": Hash.SHA1,
        "1.2.840.113549.1.1.14": Hash.SHA224,
        "1.2.840.113549.1.1.11": Hash.SHA256,
        "1.2.840.113549.1.1.12": Hash.SHA384,
        "1.2.840.113549.1.1.13": Hash.SHA512,
    }
)
_ECDSA = MappingProxyType(
    {
        "1.2.840.10045.4.1": Hash.SHA1,
        "1.2.840.10045.4.3.1": Hash.SHA224,
        "1.2.840.10045.4.3.2": Hash.SHA256,
        "1.2.840.10045.4.3.3": Hash.SHA384,
        "1.2.840.10045.4.3.4": Hash.SHA512,
    }
)
_ECDSA_PLAIN = MappingProxyType(
    {f"0.4.0.127.0.7.1.1.4.1.{index}": item for index, item in enumerate(Hash, start=1)}
)
