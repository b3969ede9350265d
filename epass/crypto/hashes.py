"""The hash functions that states sign with.

Source: ICAO Doc 9303-12, FIPS 180-4; RFC 5754 for the identifiers.
"""

import hashlib
from enum import Enum
from typing import Self

from epass import asn1
from epass.errors import FormatError, UnsupportedError

NULL = b"\x05\x00"  # the parameters of an algorithm that has none, where they are not absent


class Hash(Enum):
    """A hash function of Doc 9303-12: its name, OID and the OID's encoded value."""

    SHA1 = ("SHA-1", "1.3.14.3.2.26", "2B0E03021A")
    SHA224 = ("SHA-224", "2.16.840.1.101.3.4.2.4", "608648016503040204")
    SHA256 = ("SHA-256", "2.16.840.1.101.3.4.2.1", "608648016503040201")
    SHA384 = ("SHA-384", "2.16.840.1.101.3.4.2.2", "608648016503040202")
    SHA512 = ("SHA-512", "2.16.840.1.101.3.4.2.3", "608648016503040203")

    def __init__(self, label: str, oid: str, encoded: str) -> None:
        self.label = label
        self.oid = oid
        self.encoded = bytes.fromhex(encoded)

    @property
    def size(self) -> int:
        """The length of a digest, in bytes."""
        return len(self.digest(b""))

    @property
    def weakness(self) -> tuple[str, ...]:
        """Its name, if collisions can be made."""
        return (self.label,) if self is Hash.SHA1 else ()

    def digest(self, data: bytes) -> bytes:
        return hashlib.new(self.name, data, usedforsecurity=False).digest()

    @classmethod
    def from_oid(cls, oid: str) -> Self:
        """Raises UnsupportedError for another than the five."""
        for item in cls:
            if item.oid == oid:
                return item
        raise UnsupportedError(f"digest algorithm {oid}")

    @classmethod
    def from_algorithm(cls, algorithm: asn1.Algorithm) -> Self:
        """The hash function of a DigestAlgorithmIdentifier, with or without NULL.

        Doc 9303-10 §4.6.2.3 note 2 has inspection systems accept both.

        Raises:
            UnsupportedError: it is none of the five.
            FormatError: it has parameters.
        """
        found = cls.from_oid(algorithm.oid)
        no_parameters(algorithm, "digest algorithm")
        return found


def no_parameters(algorithm: asn1.Algorithm, where: str) -> None:
    """Raises FormatError for parameters other than NULL."""
    if algorithm.parameters not in (None, NULL):
        raise FormatError(f"{algorithm.oid} with parameters", where)
