"""Keys and signatures for the tests, made by cryptography and python-ecdsa, or raw."""

import hashlib
from functools import cache, partial

import ecdsa
import pytest
from asn1crypto import algos
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec as openssl_ec
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from epass import tlv
from epass.asn1 import Algorithm, EcKey, ExplicitCurve, RsaKey
from epass.crypto import ec, signatures
from epass.crypto.hashes import Hash

MESSAGE = b"the signed attributes"
NULL = b"\x05\x00"
RSA_OID, PSS_OID, EC_OID = "1.2.840.113549.1.1.1", "1.2.840.113549.1.1.10", "1.2.840.10045.2.1"
MD5 = "1.2.840.113549.2.5"

ALGORITHM: dict[Hash, hashes.HashAlgorithm] = {
    Hash.SHA1: hashes.SHA1(),  # noqa: S303 - documents of before 2010 are signed with it
    Hash.SHA224: hashes.SHA224(),
    Hash.SHA256: hashes.SHA256(),
    Hash.SHA384: hashes.SHA384(),
    Hash.SHA512: hashes.SHA512(),
}
PKCS1 = {
    Hash.SHA1: "1.2.840.113549.1.1.5",
    Hash.SHA224: "1.2.840.113549.1.1.14",
    Hash.SHA256: "1.2.840.113549.1.1.11",
    Hash.SHA384: "1.2.840.113549.1.1.12",
    Hash.SHA512: "1.2.840.113549.1.1.13",
}
ECDSA = {
    Hash.SHA1: "1.2.840.10045.4.1",
    Hash.SHA224: "1.2.840.10045.4.3.1",
    Hash.SHA256: "1.2.840.10045.4.3.2",
    Hash.SHA384: "1.2.840.10045.4.3.3",
    Hash.SHA512: "1.2.840.10045.4.3.4",
}
PLAIN = {
    Hash.SHA1: "0.4.0.127.0.7.1.1.4.1.1",
    Hash.SHA224: "0.4.0.127.0.7.1.1.4.1.2",
    Hash.SHA256: "0.4.0.127.0.7.1.1.4.1.3",
    Hash.SHA384: "0.4.0.127.0.7.1.1.4.1.4",
    Hash.SHA512: "0.4.0.127.0.7.1.1.4.1.5",
}
OPENSSL: dict[str, openssl_ec.EllipticCurve] = {
    "P-192": openssl_ec.SECP192R1(),
    "P-224": openssl_ec.SECP224R1(),
    "P-256": openssl_ec.SECP256R1(),
    "P-384": openssl_ec.SECP384R1(),
    "P-521": openssl_ec.SECP521R1(),
    "brainpoolP256r1": openssl_ec.BrainpoolP256R1(),
    "brainpoolP384r1": openssl_ec.BrainpoolP384R1(),
    "brainpoolP512r1": openssl_ec.BrainpoolP512R1(),
}

NIST_NAMES = {  # of python-ecdsa
    "P-192": "NIST192p",
    "P-224": "NIST224p",
    "P-256": "NIST256p",
    "P-384": "NIST384p",
    "P-521": "NIST521p",
}

every_hash = pytest.mark.parametrize("used", Hash, ids=lambda item: item.label)
every_curve = pytest.mark.parametrize("curve", ec.CURVES, ids=lambda curve: curve.name)


def rsa_key(bits: int = 2048, exponent: int = 65537) -> rsa.RSAPrivateKey:
    """The same key for the same numbers."""
    return _generate(bits, exponent)


@cache
def _generate(bits: int, exponent: int) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(exponent, bits)


def rsa_public(key: rsa.RSAPrivateKey, oid: str = RSA_OID) -> RsaKey:
    numbers = key.public_key().public_numbers()
    return RsaKey(oid, numbers.n, numbers.e)


def raw_sign(key: rsa.RSAPrivateKey, encoded: bytes) -> bytes:
    """RSA of an encoding as it is, which the library would not let us sign."""
    numbers = key.private_numbers()
    n = numbers.public_numbers.n
    return pow(int.from_bytes(encoded), numbers.d, n).to_bytes((n.bit_length() + 7) // 8)


def digest_info(used: Hash, null: bytes = NULL, message: bytes = MESSAGE) -> bytes:
    identifier = algos.DigestAlgorithmId(used.oid).dump() + null
    octets = tlv.build(0x04, used.digest(message))
    return tlv.build(0x30, tlv.build(0x30, identifier) + octets)


def pkcs1_encoding(info: bytes, size: int = 256) -> bytes:
    return b"\x00\x01" + b"\xff" * (size - len(info) - 3) + b"\x00" + info


def pss_algorithm(
    used: Hash, mgf_hash: Hash, salt: int, *, trailer: int = 1, mgf: str = signatures.MGF1
) -> Algorithm:
    parameters = algos.RSASSAPSSParams(
        {
            "hash_algorithm": {"algorithm": used.oid},
            "mask_gen_algorithm": {"algorithm": mgf, "parameters": {"algorithm": mgf_hash.oid}},
            "salt_length": salt,
            "trailer_field": trailer,
        }
    )
    return Algorithm(PSS_OID, parameters.dump())


def pss_sign(
    key: rsa.RSAPrivateKey, used: Hash, mgf_hash: Hash, salt: int, message: bytes = MESSAGE
) -> bytes:
    scheme = padding.PSS(padding.MGF1(ALGORITHM[mgf_hash]), salt)
    return key.sign(message, scheme, ALGORITHM[used])


def ecdsa_curve(curve: ec.Curve) -> ecdsa.curves.Curve:
    """The same curve of python-ecdsa."""
    name = NIST_NAMES.get(curve.name, curve.name.replace("brainpoolP", "BRAINPOOLP"))
    return getattr(ecdsa, name)


class EcSigner:
    """A key on any of the eleven curves. python-ecdsa signs, with the nonces of RFC 6979."""

    def __init__(self, curve: ec.Curve, secret: int = 0x123456789ABCDEF0123) -> None:
        self.curve, self.secret = curve, secret
        self.point = curve.generator * secret
        self.key = EcKey(curve.oid, self.point.encode())

    def numbers(self, used: Hash, message: bytes = MESSAGE) -> tuple[int, int]:
        """r and s."""
        key = ecdsa.SigningKey.from_secret_exponent(self.secret, ecdsa_curve(self.curve))
        hashfunc = partial(hashlib.new, used.name)
        encode = ecdsa.util.sigencode_strings
        r, s = key.sign_deterministic(message, hashfunc, sigencode=encode)
        return int.from_bytes(r), int.from_bytes(s)

    def sign(self, used: Hash, message: bytes = MESSAGE) -> bytes:
        """In DER."""
        return der(*self.numbers(used, message))

    def plain(self, used: Hash, message: bytes = MESSAGE) -> bytes:
        """r || s."""
        size = self.curve.scalar_size
        return b"".join(number.to_bytes(size) for number in self.numbers(used, message))


def der(r: int, s: int) -> bytes:
    encoded: bytes = algos.DSASignature({"r": r, "s": s}).dump()
    return encoded


def explicit(curve: ec.Curve) -> ExplicitCurve:
    generator = curve.generator.encode()
    return ExplicitCurve(curve.p, curve.a, curve.b, generator, curve.n, 1)


# --- ISO/IEC 9796-2, digital signature 1 ------------------------------------------------------

TRAILERS = {  # Doc 9303-11 §6.1.2.2
    Hash.SHA1: b"\xbc",
    Hash.SHA224: b"\x38\xcc",
    Hash.SHA256: b"\x34\xcc",
    Hash.SHA384: b"\x36\xcc",
    Hash.SHA512: b"\x35\xcc",
}


def recoverable(
    used: Hash,
    challenge: bytes,
    size: int,
    *,
    m1: bytes | None = None,
    head: bytes = b"\x6a",
    trailer: bytes | None = None,
) -> bytes:
    """The message representative of ``size`` bytes; without ``m1`` it is as long as need be."""
    end = TRAILERS[used] if trailer is None else trailer
    if m1 is None:
        m1 = bytes(index * 7 & 0xFF for index in range(size - len(head) - used.size - len(end)))
    return head + m1 + used.digest(m1 + challenge) + end


def recovery_sign(
    key: rsa.RSAPrivateKey, used: Hash, challenge: bytes, *, smaller: bool = False, **shape: bytes
) -> bytes:
    """By B.6, or with ``smaller`` by B.4: s or n - s, whichever is less."""
    size = (key.key_size + 7) // 8
    signature = raw_sign(key, recoverable(used, challenge, size, **shape))
    number, n = int.from_bytes(signature), key.public_key().public_numbers().n
    return min(number, n - number).to_bytes(size) if smaller else signature
