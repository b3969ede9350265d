"""What signatures there are, how they are named, and what goes together."""

import pytest
from signers import (
    EC_OID,
    ECDSA,
    MESSAGE,
    NULL,
    PKCS1,
    PLAIN,
    PSS_OID,
    RSA_OID,
    EcSigner,
    pss_algorithm,
    rsa_key,
    rsa_public,
)

from epass.asn1 import Algorithm, OtherKey
from epass.crypto import ec
from epass.crypto.hashes import Hash
from epass.crypto.signatures import ecdsa_hash, verifier, verify
from epass.errors import FormatError, UnsupportedError


class TestAlgorithms:
    @pytest.mark.parametrize(
        "oid",
        [
            "1.2.840.113549.1.1.4",  # MD5 with RSA
            "1.2.840.113549.1.1.15",  # SHA-512/224 with RSA
            "1.2.840.10040.4.3",  # DSA with SHA-1
            "1.2.840.10045.4.2",  # ecdsa-with-Recommended
            "1.3.36.3.3.1.2",  # RIPEMD-160 with RSA
            "0.4.0.127.0.7.1.1.4.1.6",  # plain ECDSA with RIPEMD-160
            "1.3.101.112",  # Ed25519
            EC_OID,
        ],
    )
    def test_an_unknown_one_is_named(self, oid: str) -> None:
        for key in (rsa_public(rsa_key()), EcSigner(ec.CURVES[4]).key):
            with pytest.raises(UnsupportedError) as caught:
                verify(key, Algorithm(oid), MESSAGE, bytes(256))
            assert caught.value.message == f"signature algorithm {oid}"

    @pytest.mark.parametrize(
        "oid", [RSA_OID, PKCS1[Hash.SHA256], ECDSA[Hash.SHA1], PLAIN[Hash.SHA1]]
    )
    def test_parameters_that_do_not_belong(self, oid: str) -> None:
        digest = Algorithm(Hash.SHA256.oid)
        for parameters in (b"", b"\x05\x01\x00", b"\x30\x00"):
            with pytest.raises(FormatError) as caught:
                verifier(rsa_public(rsa_key()), Algorithm(oid, parameters), digest)
            assert caught.value.problem == f"{oid} with parameters"

    @pytest.mark.parametrize("oid", [PSS_OID, RSA_OID, PKCS1[Hash.SHA256]])
    def test_an_ec_key_for_rsa(self, oid: str) -> None:
        algorithm = Algorithm(oid, b"\x30\x00" if oid == PSS_OID else NULL)
        with pytest.raises(FormatError, match="no RSA key, but the signature is of RSA"):
            verifier(EcSigner(ec.CURVES[4]).key, algorithm, Algorithm(Hash.SHA256.oid))

    def test_an_rsa_key_for_ecdsa(self) -> None:
        with pytest.raises(FormatError, match="public key: no EC key"):
            verifier(rsa_public(rsa_key()), Algorithm(ECDSA[Hash.SHA256]))

    @pytest.mark.parametrize("oid", [PKCS1[Hash.SHA256], ECDSA[Hash.SHA256]])
    def test_a_key_of_another_kind(self, oid: str) -> None:
        dsa = OtherKey(Algorithm("1.2.840.10040.4.1"))
        with pytest.raises(
            UnsupportedError, match=r"public key of algorithm 1\.2\.840\.10040\.4\.1"
        ):
            verifier(dsa, Algorithm(oid))

    def test_the_hash_function_of_ecdsa(self) -> None:
        for used in Hash:
            assert ecdsa_hash(ECDSA[used]) is ecdsa_hash(PLAIN[used]) is used

    @pytest.mark.parametrize("oid", [PKCS1[Hash.SHA256], PSS_OID, EC_OID, "1.2.3"])
    def test_what_is_no_ecdsa(self, oid: str) -> None:
        with pytest.raises(UnsupportedError, match=f"ECDSA algorithm {oid}"):
            ecdsa_hash(oid)


class TestDescription:
    def test_text(self) -> None:
        key = rsa_public(rsa_key())
        assert verifier(key, Algorithm(PKCS1[Hash.SHA512])).text == (
            "RSA PKCS#1 v1.5 with SHA-512, 2048 bits"
        )
        assert verifier(key, pss_algorithm(Hash.SHA256, Hash.SHA1, 20)).text == (
            "RSASSA-PSS with SHA-256 (MGF1 SHA-1, salt 20), 2048 bits"
        )
        point = EcSigner(ec.CURVES[9])
        assert verifier(point.key, Algorithm(ECDSA[Hash.SHA384])).text == (
            "ECDSA with SHA-384, brainpoolP512r1"
        )

    def test_weaknesses(self) -> None:
        strong = verifier(rsa_public(rsa_key()), Algorithm(PKCS1[Hash.SHA256]))
        assert strong.weaknesses == ()
        weak = verifier(rsa_public(rsa_key(1024)), Algorithm(PKCS1[Hash.SHA1]))
        assert weak.weaknesses == ("SHA-1", "RSA of 1024 bits")
        short = verifier(EcSigner(ec.CURVES[1]).key, Algorithm(ECDSA[Hash.SHA1]))
        assert short.weaknesses == ("SHA-1", "curve brainpoolP192r1")
        assert verifier(EcSigner(ec.CURVES[2]).key, Algorithm(ECDSA[Hash.SHA224])).weaknesses == ()
