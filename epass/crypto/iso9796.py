"""Active authentication signatures with message recovery: ISO/IEC 9796-2, digital signature 1.

Source: ICAO Doc 9303-11 §6.1.2.2 and Appendix F; ISO/IEC 9796-2 §8.1 (format), B.4 and B.6
(signature production). Verified only. What is signed is M1, which the chip draws and the
signature gives back, followed by M2, the challenge.
"""

from types import MappingProxyType

from epass.asn1 import RsaKey
from epass.crypto import ciphers, signatures
from epass.crypto.hashes import Hash
from epass.errors import UnsupportedError

# 01: with recovery; 1: of a part of the message; 0 1010: M1 follows at once. M1 is 4 bits shorter
# than the capacity (§6.1.2.2), which leaves no room for other padding than this.
HEADER = 0x6A
TRAILER_NIBBLE = 0xC
OPTION_1 = 0xBC  # the trailer that names no hash function: SHA-1
OPTION_2 = MappingProxyType(
    {
        0x33CC: Hash.SHA1,  # its number in ISO/IEC 10118-3; Doc 9303 has SHA-1 with option 1 only
        0x34CC: Hash.SHA256,
        0x35CC: Hash.SHA512,
        0x36CC: Hash.SHA384,
        0x38CC: Hash.SHA224,
    }
)


def verify(key: RsaKey, challenge: bytes, signature: bytes) -> Hash | None:
    """The hash function of a right signature over ``challenge``; None if it is wrong.

    Raises:
        FormatError: the signature cannot be one of this key, or anybody can sign with the key.
        UnsupportedError: the length of the modulus is out of bounds, or not of whole bytes: then
            M1 is not either (§6.1.2.2), and nobody hashes single bits.
    """
    bits = signatures.rsa_key(key).n.bit_length()
    if bits % 8:
        raise UnsupportedError(f"active authentication with an RSA key of {bits} bits")
    return _judge(_representative(key, signature).to_bytes(bits // 8), challenge)


def _representative(key: RsaKey, signature: bytes) -> int:
    """B.6 signs the representative itself, B.4 may sign its negative.

    The trailer tells which: n is odd, so not both of them end with its nibble.
    """
    recovered = signatures.recover(key, signature)
    return recovered if recovered & 0xF == TRAILER_NIBBLE else key.n - recovered


def _judge(message: bytes, challenge: bytes) -> Hash | None:
    """6A || M1 || hash of M1 || M2 || trailer; the shortest modulus has room for the longest."""
    used, end = _trailer(message)
    if used is None or message[0] != HEADER:
        return None
    m1, digest = message[1 : end - used.size], message[end - used.size : end]
    return used if ciphers.same(digest, used.digest(m1 + challenge)) else None


def _trailer(message: bytes) -> tuple[Hash | None, int]:
    """The hash function that the trailer means, and where it begins."""
    if message[-1] == OPTION_1:
        return Hash.SHA1, len(message) - 1
    return OPTION_2.get(int.from_bytes(message[-2:])), len(message) - 2
