"""Keys of the fictitious country: reproducible randomness, digests, and ECDSA on eleven curves.

Source: FIPS 186-4 §6, SEC 1 §4.1 (ECDSA), RFC 5480 and RFC 5758 (identifiers), Doc 9303-12
§4.1.6. ``epass.crypto.ec`` warns of long-term keys, as its arithmetic is not constant in time;
these keys follow from a published seed and protect nothing.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import count
from types import MappingProxyType
from typing import Protocol

from epass.crypto.ec import Curve, Point
from epass.sim import der

Random = Callable[[int], bytes]

ID_EC_PUBLIC_KEY = "1.2.840.10045.2.1"
PRIME_FIELD = "1.2.840.10045.1.1"
EC_PARAMETERS_VERSION, COFACTOR = 1, 1


def seeded(seed: bytes) -> Random:
    """A stream of bytes that is the same for the same seed: SHAKE-256 of seed and call number."""
    calls = count()

    def stream(size: int) -> bytes:
        return hashlib.shake_256(derive(seed, "stream") + next(calls).to_bytes(8)).digest(size)

    return stream


def derive(seed: bytes, purpose: str) -> bytes:
    """32 bytes for one purpose; those of other purposes say nothing about them."""
    return hashlib.shake_256(len(seed).to_bytes(4) + seed + purpose.encode()).digest(32)


@dataclass(frozen=True, slots=True)
class Digest:
    """A hash function and the identifiers of what is signed with it; ``size`` is in bytes."""

    name: str
    oid: str
    size: int
    ecdsa: str
    rsa: str

    def of(self, data: bytes) -> bytes:
        return hashlib.new(self.name.replace("-", ""), data, usedforsecurity=False).digest()

    def identifier(self, *parameters: bytes) -> bytes:
        """DigestAlgorithmIdentifier; Doc 9303-10 §4.6.2.3 omits NULL, RFC 4055 wants it."""
        return der.sequence(der.oid(self.oid), *parameters)


_ECDSA, _PKCS1, _SHA2 = "1.2.840.10045.4.", "1.2.840.113549.1.1.", "2.16.840.1.101.3.4.2."

# FIPS 180-4; RFC 5758 §3.2 and RFC 4055 §5 for the signatures.
DIGESTS: Mapping[str, Digest] = MappingProxyType(
    {
        item.name: item
        for item in (
            Digest("SHA-1", "1.3.14.3.2.26", 20, _ECDSA + "1", _PKCS1 + "5"),
            Digest("SHA-224", _SHA2 + "4", 28, _ECDSA + "3.1", _PKCS1 + "14"),
            Digest("SHA-256", _SHA2 + "1", 32, _ECDSA + "3.2", _PKCS1 + "11"),
            Digest("SHA-384", _SHA2 + "2", 48, _ECDSA + "3.3", _PKCS1 + "12"),
            Digest("SHA-512", _SHA2 + "3", 64, _ECDSA + "3.4", _PKCS1 + "13"),
        )
    }
)


class SigningKey(Protocol):
    """A private key that signs, and what a certificate says of it."""

    def public_key(self) -> bytes:
        """The content of the subjectPublicKey BIT STRING (RFC 5280 §4.1.2.7)."""
        ...

    def key_algorithm(self) -> bytes:
        """The AlgorithmIdentifier of the public key."""
        ...

    def signature_algorithm(self, digest: Digest) -> bytes:
        """The AlgorithmIdentifier of its signatures."""
        ...

    def sign(self, message: bytes, digest: Digest) -> bytes:
        """The signature value; the same message gives the same signature."""
        ...


@dataclass(frozen=True)
class EcKey:
    """An ECDSA key; ``explicit_parameters`` describes the curve in full instead of by name."""

    curve: Curve
    secret: int = field(repr=False)
    explicit_parameters: bool = False

    @classmethod
    def generate(
        cls, curve: Curve, random: Random, *, explicit_parameters: bool = False
    ) -> "EcKey":
        return cls(curve, curve.scalar(random), explicit_parameters)

    @cached_property
    def public_point(self) -> Point:
        return self.curve.generator * self.secret

    def public_key(self) -> bytes:
        return self.public_point.encode()

    def key_algorithm(self) -> bytes:
        named = der.oid(self.curve.oid)
        parameters = ec_parameters(self.curve) if self.explicit_parameters else named
        return der.sequence(der.oid(ID_EC_PUBLIC_KEY), parameters)

    def signature_algorithm(self, digest: Digest) -> bytes:
        return der.sequence(der.oid(digest.ecdsa))  # RFC 5758 §3.2: no parameters

    def sign(self, message: bytes, digest: Digest) -> bytes:
        """Ecdsa-Sig-Value, with nonces from key and message as RFC 6979 does, so never repeated."""
        hashed = digest.of(message)
        nonces = seeded(derive(self.secret.to_bytes(self.curve.size), f"nonce {hashed.hex()}"))
        r, s = self.signature(hashed, nonces)
        return der.sequence(der.integer(r), der.integer(s))

    def signature(self, hashed: bytes, nonces: Random) -> tuple[int, int]:
        """r and s over a digest, of which the leftmost bits count (FIPS 186-4 §6.4)."""
        curve = self.curve
        value = int.from_bytes(hashed) >> max(0, 8 * len(hashed) - curve.n.bit_length())
        r = s = 0
        while not r or not s:
            nonce = curve.scalar(nonces)
            r = (curve.generator * nonce).x % curve.n
            s = pow(nonce, -1, curve.n) * (value + r * self.secret) % curve.n
        return r, s


def ec_parameters(curve: Curve) -> bytes:
    """ECParameters with the cofactor, as Doc 9303-12 §4.1.6.3 demands (RFC 3279 §2.3.5)."""
    a, b = (value.to_bytes(curve.size) for value in (curve.a, curve.b))
    return der.sequence(
        der.integer(EC_PARAMETERS_VERSION),
        der.sequence(der.oid(PRIME_FIELD), der.integer(curve.p)),
        der.sequence(der.octet_string(a), der.octet_string(b)),
        der.octet_string(curve.generator.encode()),
        der.integer(curve.n),
        der.integer(COFACTOR),
    )
