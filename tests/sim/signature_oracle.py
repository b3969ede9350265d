"""Verifying signatures with libraries that the issuer does not use: cryptography and ecdsa."""

import hashlib

import ecdsa
from asn1crypto import algos, keys
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import load_der_public_key
from ecdsa.util import sigdecode_der

HASHES: dict[str, hashes.HashAlgorithm] = {
    "sha1": hashes.SHA1(),  # noqa: S303 - documents have it
    "sha224": hashes.SHA224(),
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
}


def verifies(
    public_key: keys.PublicKeyInfo,
    algorithm: algos.SignedDigestAlgorithm,
    signature: bytes,
    message: bytes,
) -> bool:
    """Whether the signature is right by exactly the algorithm that ``algorithm`` names."""
    if algorithm.signature_algo == "ecdsa":
        return _ecdsa(public_key, algorithm.hash_algo, signature, message)
    key = load_der_public_key(public_key.dump())
    assert isinstance(key, rsa.RSAPublicKey)
    hashing = HASHES[algorithm.hash_algo]
    scheme: padding.AsymmetricPadding = padding.PKCS1v15()
    if algorithm.signature_algo == "rsassa_pss":
        parameters = algorithm["parameters"]
        assert parameters["trailer_field"].native == "trailer_field_bc"
        mask = parameters["mask_gen_algorithm"]["parameters"]["algorithm"].native
        scheme = padding.PSS(padding.MGF1(HASHES[mask]), parameters["salt_length"].native)
    try:
        key.verify(signature, message, scheme, hashing)
    except InvalidSignature:
        return False
    return True


def _ecdsa(public_key: keys.PublicKeyInfo, digest: str, signature: bytes, message: bytes) -> bool:
    """By python-ecdsa, which reads named and explicit parameters and knows all eleven curves."""
    key = ecdsa.VerifyingKey.from_der(public_key.dump())
    try:
        return bool(key.verify(signature, message, getattr(hashlib, digest), sigdecode_der))
    except ecdsa.BadSignatureError:
        return False
