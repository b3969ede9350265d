"""The signatures of published CSCA certificates, each against another library's answer.

The samples are not part of the project; where they are missing these tests are skipped.
"""

import hashlib
from pathlib import Path

import ecdsa
import pytest
from asn1crypto import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from signers import ALGORITHM, ecdsa_curve

from epass import asn1
from epass.crypto import ec, signatures
from epass.crypto.signatures import EcdsaVerifier, Pkcs1Verifier, PssVerifier, Verifier
from epass.errors import FormatError

SAMPLES = Path(__file__).resolve().parents[3] / "shared" / "data" / "certs"
FILES = sorted(SAMPLES.glob("*/*.cer"))

pytestmark = pytest.mark.skipif(not FILES, reason="the samples are not here")


def oracle(verifier: Verifier, message: bytes, signature: bytes) -> bool:
    """cryptography for RSA, python-ecdsa for ECDSA."""
    if isinstance(verifier, EcdsaVerifier):
        curve = ecdsa_curve(verifier.point.curve)
        key = ecdsa.VerifyingKey.from_string(verifier.point.encode(), curve)
        hashing = getattr(hashlib, verifier.hash.name.lower())
        try:
            return bool(key.verify(signature, message, hashing, ecdsa.util.sigdecode_der))
        except ecdsa.BadSignatureError:
            return False
    assert isinstance(verifier, Pkcs1Verifier | PssVerifier)
    scheme: padding.AsymmetricPadding = padding.PKCS1v15()
    if isinstance(verifier, PssVerifier):
        scheme = padding.PSS(padding.MGF1(ALGORITHM[verifier.mgf_hash]), verifier.salt)
    public = rsa.RSAPublicNumbers(verifier.key.e, verifier.key.n).public_key()
    try:
        public.verify(signature, message, scheme, ALGORITHM[verifier.hash])
    except InvalidSignature:
        return False
    return True


def answer(path: Path) -> bool | str:
    """Ours of a self-issued certificate with its own key, which the other library must share."""
    encoded = path.read_bytes()
    parsed, ours = x509.Certificate.load(encoded), asn1.certificate(encoded, where=path.name)
    algorithm = asn1.algorithm(parsed["signature_algorithm"].dump(), where=path.name)
    message, signature = parsed["tbs_certificate"].dump(), parsed["signature_value"].native
    try:
        verifier = signatures.verifier(ours.public_key, algorithm)
        verified = verifier.verify(message, signature)
    except FormatError as error:
        return error.problem
    assert verified == oracle(verifier, message, signature), path.name
    return verified


def test_self_issued_certificates() -> None:
    """Right by their own key where they are self-signed; of a link only another key is right."""
    parsed = {path: x509.Certificate.load(path.read_bytes()) for path in FILES}
    answers = {path: answer(path) for path, item in parsed.items() if item.self_issued}
    problems = {found for found in answers.values() if isinstance(found, str)}
    assert problems == {
        "no RSA key, but the signature is of RSA",
        "384 bytes, where the modulus has 512",
        "not less than the modulus",
    }
    for path, found in answers.items():
        assert found is True or parsed[path].self_signed == "no", path.name
    assert list(answers.values()).count(True) >= 90


def test_curves() -> None:
    """All that states describe are among the eleven, though most give parameters, not a name."""
    explicit = 0
    for path in FILES:
        key = asn1.certificate(path.read_bytes(), where=path.name).public_key
        if isinstance(key, asn1.EcKey):
            verifier = signatures.verifier(key, asn1.Algorithm("1.2.840.10045.4.3.2"))
            assert isinstance(verifier, EcdsaVerifier)
            assert verifier.point.curve in ec.CURVES
            explicit += isinstance(key.curve, asn1.ExplicitCurve)
    assert explicit >= 60
