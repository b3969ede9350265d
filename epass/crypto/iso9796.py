"""Active authentication signatures with message recovery: ISO/IEC 9796-2, digital signature 1.

Source: ICAO Doc 9303-11 §6.1.2.2 and Appendix F; ISO/IEC 9796-2 §8.1 (format), B.4 and B.6
(signature production). Verified only; the message is M1, chosen by the chip and recovered from
the signature, followed by M2, the challenge.
"""

from types import MappingProxyType

from epass.asn1 import RsaKey
from epass.crypto import ciphers
from epass.crypto.hashes import Hash
from epass.crypto.signatures import MAX_EXPONENT, MAX_MODULUS, MIN_MODULUS
from epass.errors import FormatError, UnsupportedError

WHERE = "active authentication signature"
HEADER = 0x6A  # 01: recovery, 1: of a part of the message, 0 1010: no padding (§6.1.2.2: c - 4)
TRAILER_NIBBLE = 0xC
OPTION_1 = 0xBC  # the trailer that names no hash function: SHA-1 by §6.1.2.2
OPTION_2 = MappingProxyType(
    {
        0x33CC: Hash.SHA1,  # of ISO/IEC 10118; not in Doc 9303, seen in the field
        0x34CC: Hash.SHA256,
        0x35CC: Hash.SHA512,
        0x36CC: Hash.SHA384,
        0x38CC: Hash.SHA224,
    }
)


def verify(key: RsaKey, challenge: bytes, signature: bytes) -> Hash | None:
    """The hash function of a right signature over ``challenge``; None if it is wrong.

    Raises:
        FormatError: the signature cannot be one of this key: its length, or its size.
        UnsupportedError: the key is outside the bounds, or its length not of whole bytes.
    """
    bits = key.n.bit_length()
    if not MIN_MODULUS <= bits <= MAX_MODULUS or bits % 8 or key.e.bit_length() > MAX_EXPONENT:
        raise UnsupportedError(f"active authentication with an RSA key of {bits} bits")
    size = bits // 8
    number = int.from_bytes(signature)
    if len(signature) != size:
        raise FormatError(f"{len(signature)} bytes, where the modulus has {size}", WHERE)
    if number >= key.n:
        raise FormatError("not less than the modulus", WHERE)
    return _judge(_representative(key, number).to_bytes(size), challenge)


def _representative(key: RsaKey, number: int) -> int:
    """B.6 signs the representative itself, B.4 the smaller of s and n - s; the trailer tells."""
    recovered = pow(number, key.e, key.n)
    return recovered if recovered & 0xF == TRAILER_NIBBLE else key.n - recovered


def _judge(message: bytes, challenge: bytes) -> Hash | None:
    used, trailer = Hash.SHA1, 1
    if message[-1] != OPTION_1:
        found = OPTION_2.get(int.from_bytes(message[-2:]))
        if found is None:
            return None
        used, trailer = found, 2
    recovered = message[1 : -used.size - trailer]
    digest = message[len(message) - used.size - trailer : -trailer]
    right = ciphers.same(digest, used.digest(recovered + challenge))
    return used if right and message[0] == HEADER else None
