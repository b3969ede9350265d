"""RSA keys of the fictitious country: prime search, PKCS #1 v1.5 and PSS signatures.

Source: RFC 8017 §8.1, §8.2, §9.1 and §9.2; RFC 4055 for the identifiers; FIPS 186-4 §B.3.3 and
§C.3.1 for the primes. Key and salt follow from the seed, so nothing here is secret.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from epass.sim import der
from epass.sim.keys import Digest, Random, derive, seeded

EXPONENT = 65537
BITS = 2048
ROUNDS = 8  # more than FIPS 186-4 table C.3 asks for primes of 1024 bits
SIEVE_LIMIT = 2000

RSA_ENCRYPTION = "1.2.840.113549.1.1.1"
ID_MGF1, ID_RSASSA_PSS = "1.2.840.113549.1.1.8", "1.2.840.113549.1.1.10"
PSS_DEFAULT_DIGEST, PSS_DEFAULT_SALT = "SHA-1", 20  # RFC 4055 §3.1; DER omits what is default
PSS_TRAILER = b"\xbc"


@dataclass(frozen=True, slots=True)
class RsaKey:
    """An RSA key that signs by PSS, its salt as long as the digest, or by PKCS #1 v1.5."""

    modulus: int
    secret: int = field(repr=False)
    pss: bool = False

    @property
    def size(self) -> int:
        """The length of the modulus and of a signature, in bytes."""
        return (self.modulus.bit_length() + 7) // 8

    def public_key(self) -> bytes:
        return der.sequence(der.integer(self.modulus), der.integer(EXPONENT))

    def key_algorithm(self) -> bytes:
        return der.sequence(der.oid(RSA_ENCRYPTION), der.NULL)

    def signature_algorithm(self, digest: Digest) -> bytes:
        if self.pss:
            return der.sequence(der.oid(ID_RSASSA_PSS), _pss_parameters(digest))
        return der.sequence(der.oid(digest.rsa), der.NULL)

    def sign(self, message: bytes, digest: Digest) -> bytes:
        hashed = digest.of(message)
        if self.pss:
            salts = seeded(derive(self.secret.to_bytes(self.size) + hashed, "salt"))
            bits = self.modulus.bit_length() - 1
            encoded = emsa_pss(hashed, salts(digest.size), digest, bits)
        else:
            encoded = emsa_pkcs1(hashed, digest, self.size)
        return pow(int.from_bytes(encoded), self.secret, self.modulus).to_bytes(self.size)


@lru_cache(maxsize=8)  # the search takes a noticeable part of a second, the seed decides the key
def generate(seed: bytes, *, bits: int = BITS, pss: bool = False) -> RsaKey:
    """The key of ``bits`` that follows from ``seed``; ``bits`` is a multiple of 16."""
    random = seeded(seed)
    p = _prime(random, bits // 2)
    q = next(prime for prime in _primes(random, bits // 2) if prime != p)
    return RsaKey(p * q, pow(EXPONENT, -1, math.lcm(p - 1, q - 1)), pss)


def emsa_pkcs1(hashed: bytes, digest: Digest, size: int) -> bytes:
    """EMSA-PKCS1-v1_5 of ``size`` bytes (RFC 8017 §9.2)."""
    info = der.sequence(digest.identifier(der.NULL), der.octet_string(hashed))
    return b"\x00\x01" + b"\xff" * (size - len(info) - 3) + b"\x00" + info


def emsa_pss(hashed: bytes, salt: bytes, digest: Digest, bits: int) -> bytes:
    """EMSA-PSS of ``bits`` (RFC 8017 §9.1.1)."""
    size = (bits + 7) // 8
    inner = digest.of(bytes(8) + hashed + salt)
    block = bytes(size - len(salt) - len(inner) - 2) + b"\x01" + salt
    masked = int.from_bytes(block) ^ int.from_bytes(_mgf1(inner, len(block), digest))
    masked &= (1 << (bits - 8 * (size - len(block)))) - 1  # step 11: the bits above emBits
    return masked.to_bytes(len(block)) + inner + PSS_TRAILER


def _mgf1(seed: bytes, size: int, digest: Digest) -> bytes:
    blocks = range(-(-size // digest.size))
    return b"".join(digest.of(seed + number.to_bytes(4)) for number in blocks)[:size]


def _pss_parameters(digest: Digest) -> bytes:
    hashing = digest.identifier(der.NULL)  # RFC 4055 §2.1
    members = []
    if digest.name != PSS_DEFAULT_DIGEST:
        members.append(der.explicit(0, hashing))
        members.append(der.explicit(1, der.sequence(der.oid(ID_MGF1), hashing)))
    if digest.size != PSS_DEFAULT_SALT:
        members.append(der.explicit(2, der.integer(digest.size)))
    return der.sequence(*members)


def _prime(random: Random, bits: int) -> int:
    return next(_primes(random, bits))


def _primes(random: Random, bits: int) -> Iterator[int]:
    """Random primes with the two upper bits set, so that a product of two has 2 x ``bits``."""
    while True:
        candidate = int.from_bytes(random(bits // 8)) | 3 << bits - 2 | 1
        if (
            math.gcd(candidate, _SIEVE) == 1
            and candidate % EXPONENT != 1
            and probably_prime(candidate, random)
        ):
            yield candidate


def probably_prime(number: int, random: Random) -> bool:
    """Miller-Rabin with random bases (FIPS 186-4 §C.3.1); ``number`` is odd and above 3."""
    odd, twos = number - 1, 0
    while not odd & 1:
        odd, twos = odd >> 1, twos + 1
    return all(_passes(number, odd, twos, random) for _ in range(ROUNDS))


def _passes(number: int, odd: int, twos: int, random: Random) -> bool:
    size = (number.bit_length() + 7) // 8
    base = 2 + int.from_bytes(random(size)) % (number - 3)
    power = pow(base, odd, number)
    if power in (1, number - 1):
        return True
    for _ in range(twos - 1):
        power = power * power % number
        if power == number - 1:
            return True
    return False


def _small_primes(limit: int) -> Iterator[int]:
    found: list[int] = []
    for number in range(3, limit, 2):
        if all(number % prime for prime in found):
            found.append(number)
            yield number


_SIEVE = math.prod(_small_primes(SIEVE_LIMIT))
