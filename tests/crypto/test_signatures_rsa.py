"""RSA PKCS#1 v1.5 and RSASSA-PSS, against what cryptography signs, and against forgers."""

from dataclasses import replace

import pytest
from asn1crypto import algos
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from hypothesis import given, settings
from hypothesis import strategies as st
from signers import (
    ALGORITHM,
    MD5,
    MESSAGE,
    NULL,
    PKCS1,
    PSS_OID,
    RSA_OID,
    digest_info,
    every_hash,
    pkcs1_encoding,
    pss_algorithm,
    pss_sign,
    raw_sign,
    rsa_key,
    rsa_public,
)

from epass.asn1 import Algorithm, PssParameters, RsaKey
from epass.asn1.keys import MAX_SALT
from epass.crypto import signatures
from epass.crypto.hashes import Hash
from epass.crypto.signatures import verify
from epass.errors import FormatError, UnsupportedError


class TestPkcs1:
    @every_hash
    def test_what_openssl_signs(self, used: Hash) -> None:
        key = rsa_key()
        signature = key.sign(MESSAGE, padding.PKCS1v15(), ALGORITHM[used])
        for parameters in (None, NULL):
            algorithm = Algorithm(PKCS1[used], parameters)
            assert verify(rsa_public(key), algorithm, MESSAGE, signature)
            assert not verify(rsa_public(key), algorithm, MESSAGE + b".", signature)

    @every_hash
    def test_bare_rsa_encryption_takes_the_digest_algorithm(self, used: Hash) -> None:
        """The United States, New Zealand and Australia sign so."""
        key, bare = rsa_key(), Algorithm(RSA_OID, NULL)
        signature = key.sign(MESSAGE, padding.PKCS1v15(), ALGORITHM[used])
        for digest in (Algorithm(used.oid), Algorithm(used.oid, NULL)):
            public = rsa_public(key)
            assert verify(public, bare, MESSAGE, signature, digest_algorithm=digest)
        other = Algorithm(Hash.SHA1.oid if used is not Hash.SHA1 else Hash.SHA512.oid)
        assert not verify(rsa_public(key), bare, MESSAGE, signature, digest_algorithm=other)

    def test_bare_rsa_encryption_without_one(self) -> None:
        with pytest.raises(UnsupportedError, match="rsaEncryption without a digest algorithm"):
            verify(rsa_public(rsa_key()), Algorithm(RSA_OID, NULL), MESSAGE, bytes(256))

    @every_hash
    def test_a_digest_info_without_null(self, used: Hash) -> None:
        key = rsa_key()
        signature = raw_sign(key, pkcs1_encoding(digest_info(used, null=b"")))
        assert verify(rsa_public(key), Algorithm(PKCS1[used], NULL), MESSAGE, signature)

    def test_another_hash_than_the_algorithm_says(self) -> None:
        key = rsa_key()
        signature = key.sign(MESSAGE, padding.PKCS1v15(), hashes.SHA384())
        assert not verify(rsa_public(key), Algorithm(PKCS1[Hash.SHA256]), MESSAGE, signature)

    @pytest.mark.parametrize(
        "encoding",
        [
            pytest.param(pkcs1_encoding(digest_info(Hash.SHA256) + b"\x00"), id="trailing byte"),
            pytest.param(
                b"\x00\x01" + b"\xff" * 8 + b"\x00" + digest_info(Hash.SHA256) + bytes(194),
                id="short padding, then garbage",
            ),
            pytest.param(
                b"\x00\x02" + pkcs1_encoding(digest_info(Hash.SHA256))[2:], id="block type 2"
            ),
            pytest.param(
                b"\x00\x00" + pkcs1_encoding(digest_info(Hash.SHA256))[2:], id="block type 0"
            ),
            pytest.param(
                b"\x00\x01\xff\xfe" + pkcs1_encoding(digest_info(Hash.SHA256))[4:],
                id="padding not all ones",
            ),
            pytest.param(
                pkcs1_encoding(digest_info(Hash.SHA256, b"\x05\x01\x00")), id="a NULL with content"
            ),
            pytest.param(
                pkcs1_encoding(digest_info(Hash.SHA256, b"\x04\x08" + b"garbage!")),
                id="garbage for the NULL",
            ),
            pytest.param(
                pkcs1_encoding(b"\x30\x81\x31" + digest_info(Hash.SHA256)[2:]), id="long length"
            ),
            pytest.param(pkcs1_encoding(Hash.SHA256.digest(MESSAGE)), id="no DigestInfo"),
            pytest.param(pkcs1_encoding(digest_info(Hash.SHA256)[:-1]), id="digest cut short"),
        ],
    )
    def test_encodings_that_a_lax_parser_takes(self, encoding: bytes) -> None:
        key = rsa_key()
        assert len(encoding) == 256
        signature = raw_sign(key, encoding)
        assert not verify(rsa_public(key), Algorithm(PKCS1[Hash.SHA256]), MESSAGE, signature)

    def test_bleichenbachers_forgery(self) -> None:
        """CRYPTO 2006: with e = 3, a cube root of a block that only starts right; no key needed."""
        public = rsa_public(rsa_key(2048, 3))
        start = b"\x00\x01" + b"\xff" * 8 + b"\x00" + digest_info(Hash.SHA1)
        target = int.from_bytes(start + bytes(256 - len(start)))
        low, high = 0, 1 << 700
        while low < high:  # the smallest number whose cube is not below the target
            middle = (low + high) // 2
            low, high = (middle + 1, high) if middle**3 < target else (low, middle)
        assert (low**3).to_bytes(256).startswith(start)
        forged = low.to_bytes(256)
        assert not verify(public, Algorithm(PKCS1[Hash.SHA1]), MESSAGE, forged)

    def test_exponent_3_itself_is_fine(self) -> None:
        key = rsa_key(2048, 3)
        signature = key.sign(MESSAGE, padding.PKCS1v15(), hashes.SHA256())
        assert verify(rsa_public(key), Algorithm(PKCS1[Hash.SHA256]), MESSAGE, signature)

    @pytest.mark.parametrize("size", [0, 1, 255, 257, 512])
    def test_the_length_is_that_of_the_modulus(self, size: int) -> None:
        with pytest.raises(FormatError) as caught:
            verify(rsa_public(rsa_key()), Algorithm(PKCS1[Hash.SHA256]), MESSAGE, bytes(size))
        assert caught.value.problem == f"{size} bytes, where the modulus has 256"
        assert caught.value.where == "signature"

    def test_a_leading_zero_is_not_stripped(self) -> None:
        key = rsa_key()
        signature = key.sign(MESSAGE, padding.PKCS1v15(), hashes.SHA256())
        with pytest.raises(FormatError, match="257 bytes, where the modulus has 256"):
            verify(rsa_public(key), Algorithm(PKCS1[Hash.SHA256]), MESSAGE, b"\x00" + signature)

    def test_not_less_than_the_modulus(self) -> None:
        public = rsa_public(rsa_key())
        for number in (public.n, (1 << 2048) - 1):
            with pytest.raises(FormatError, match="not less than the modulus"):
                verify(public, Algorithm(PKCS1[Hash.SHA256]), MESSAGE, number.to_bytes(256))

    @settings(max_examples=60, deadline=None)
    @given(signature=st.binary(min_size=256, max_size=256))
    def test_random_signatures(self, signature: bytes) -> None:
        public, algorithm = rsa_public(rsa_key()), Algorithm(PKCS1[Hash.SHA256])
        if int.from_bytes(signature) < public.n:
            assert not verify(public, algorithm, MESSAGE, signature)


class TestPss:
    @every_hash
    @pytest.mark.parametrize("mgf_hash", Hash, ids=lambda item: f"MGF1 {item.label}")
    def test_every_pair_of_hashes(self, used: Hash, mgf_hash: Hash) -> None:
        key = rsa_key()
        public = rsa_public(key)
        for salt in (0, 20, used.size, 256 - used.size - 2):
            algorithm = pss_algorithm(used, mgf_hash, salt)
            signature = pss_sign(key, used, mgf_hash, salt)
            assert verify(public, algorithm, MESSAGE, signature)
            assert not verify(public, algorithm, MESSAGE + b".", signature)

    @pytest.mark.parametrize("bits", range(1024, 1033))
    def test_every_length_of_the_modulus(self, bits: int) -> None:
        """At 8 k + 1 bits the encoding is a byte shorter than the modulus."""
        key = rsa_key(bits)
        for salt in (0, 32):
            signature = pss_sign(key, Hash.SHA256, Hash.SHA256, salt)
            algorithm = pss_algorithm(Hash.SHA256, Hash.SHA256, salt)
            assert verify(rsa_public(key), algorithm, MESSAGE, signature)
            assert not verify(rsa_public(key), algorithm, b"", signature)

    def test_swapped_parameters(self) -> None:
        """Hash for MGF hash, one hash for the other, and other salts: each is another signature."""
        key = rsa_key()
        signature = pss_sign(key, Hash.SHA256, Hash.SHA1, 32)
        for used, mgf_hash, salt in (
            (Hash.SHA1, Hash.SHA256, 32),
            (Hash.SHA256, Hash.SHA256, 32),
            (Hash.SHA1, Hash.SHA1, 32),
            (Hash.SHA256, Hash.SHA1, 20),
            (Hash.SHA256, Hash.SHA1, 31),
            (Hash.SHA256, Hash.SHA1, 33),
            (Hash.SHA256, Hash.SHA1, 0),
        ):
            algorithm = pss_algorithm(used, mgf_hash, salt)
            assert not verify(rsa_public(key), algorithm, MESSAGE, signature)

    def test_the_defaults_of_empty_parameters(self) -> None:
        """RFC 4055 §3.1: SHA-1, MGF1 with SHA-1, salt of 20."""
        key = rsa_key()
        signature = pss_sign(key, Hash.SHA1, Hash.SHA1, 20)
        assert verify(rsa_public(key), Algorithm(PSS_OID, b"\x30\x00"), MESSAGE, signature)

    def test_missing_parameters(self) -> None:
        with pytest.raises(FormatError, match="parameters of RSASSA-PSS are missing"):
            verify(rsa_public(rsa_key()), Algorithm(PSS_OID), MESSAGE, bytes(256))

    @pytest.mark.parametrize("salt", [223, MAX_SALT])
    def test_a_salt_that_does_not_fit(self, salt: int) -> None:
        algorithm = pss_algorithm(Hash.SHA256, Hash.SHA256, salt)
        assert not verify(rsa_public(rsa_key()), algorithm, MESSAGE, b"\x01" * 256)

    @pytest.mark.parametrize(
        "salt", [-1, MAX_SALT + 1, 1 << 40, 1 << 20_000, -1 << 20_000], ids=hex
    )
    def test_a_salt_that_fits_no_modulus(self, salt: int) -> None:
        """Python writes no number of more than 4,300 digits, so none may get into a text."""
        algorithm = pss_algorithm(Hash.SHA256, Hash.SHA256, salt)
        with pytest.raises(FormatError, match="a PSS salt length out of range"):
            verify(rsa_public(rsa_key()), algorithm, MESSAGE, bytes(256))

    def test_another_hash_function(self) -> None:
        parameters = algos.RSASSAPSSParams({"hash_algorithm": {"algorithm": MD5}}).dump()
        with pytest.raises(UnsupportedError, match=f"digest algorithm {MD5}"):
            verify(rsa_public(rsa_key()), Algorithm(PSS_OID, parameters), MESSAGE, bytes(256))

    def test_another_mask_generation_function(self) -> None:
        given = PssParameters(Hash.SHA256.oid, "1.3.6.1.5.5.7.6.30", Hash.SHA256.oid, 32, 1)
        key = replace(rsa_public(rsa_key()), oid=PSS_OID, pss=given)
        algorithm = pss_algorithm(Hash.SHA256, Hash.SHA256, 32)
        with pytest.raises(UnsupportedError, match=r"mask generation function 1\.3\.6"):
            verify(key, algorithm, MESSAGE, bytes(256))

    def test_another_trailer(self) -> None:
        given = PssParameters(Hash.SHA256.oid, signatures.MGF1, Hash.SHA256.oid, 32, 2)
        key = replace(rsa_public(rsa_key()), oid=PSS_OID, pss=given)
        with pytest.raises(FormatError, match="trailer field is not 1"):
            verify(key, pss_algorithm(Hash.SHA256, Hash.SHA256, 32), MESSAGE, bytes(256))

    def test_damaged_encodings(self) -> None:
        """Each step of RFC 8017 §9.1.2 that can say no, with encodings that the key signed."""
        key = rsa_key()
        public, algorithm = rsa_public(key), pss_algorithm(Hash.SHA256, Hash.SHA256, 32)
        numbers = key.public_key().public_numbers()
        signature = int.from_bytes(pss_sign(key, Hash.SHA256, Hash.SHA256, 32))
        good = pow(signature, numbers.e, numbers.n).to_bytes(256)
        assert verify(public, algorithm, MESSAGE, raw_sign(key, good))
        for index, value in ((255, 0xCC), (0, good[0] | 0x80), (100, good[100] ^ 1), (250, 0)):
            bad = good[:index] + bytes((value,)) + good[index + 1 :]
            if bad != good and int.from_bytes(bad) < numbers.n:
                assert not verify(public, algorithm, MESSAGE, raw_sign(key, bad))

    @settings(max_examples=60, deadline=None)
    @given(signature=st.binary(min_size=256, max_size=256))
    def test_random_signatures(self, signature: bytes) -> None:
        public, algorithm = rsa_public(rsa_key()), pss_algorithm(Hash.SHA256, Hash.SHA256, 32)
        if int.from_bytes(signature) < public.n:
            assert not verify(public, algorithm, MESSAGE, signature)


class TestPssKeys:
    """Keys that are for PSS only, with or without parameters (RFC 4055 §1.2, §3.3)."""

    def key(self, pss: PssParameters | None) -> RsaKey:
        return replace(rsa_public(rsa_key()), oid=PSS_OID, pss=pss)

    def signed(self, used: Hash, mgf_hash: Hash, salt: int) -> tuple[Algorithm, bytes]:
        signature = pss_sign(rsa_key(), used, mgf_hash, salt)
        return pss_algorithm(used, mgf_hash, salt), signature

    def test_without_a_restriction(self) -> None:
        algorithm, signature = self.signed(Hash.SHA384, Hash.SHA384, 48)
        assert verify(self.key(None), algorithm, MESSAGE, signature)

    def test_within_the_restriction(self) -> None:
        limit = PssParameters(Hash.SHA256.oid, signatures.MGF1, Hash.SHA256.oid, 20, 1)
        for salt in (20, 32):
            algorithm, signature = self.signed(Hash.SHA256, Hash.SHA256, salt)
            assert verify(self.key(limit), algorithm, MESSAGE, signature)

    @pytest.mark.parametrize(
        ("used", "mgf_hash", "salt"),
        [
            (Hash.SHA1, Hash.SHA256, 20),
            (Hash.SHA256, Hash.SHA1, 20),
            (Hash.SHA256, Hash.SHA256, 19),
        ],
    )
    def test_outside_the_restriction(self, used: Hash, mgf_hash: Hash, salt: int) -> None:
        limit = PssParameters(Hash.SHA256.oid, signatures.MGF1, Hash.SHA256.oid, 20, 1)
        algorithm, signature = self.signed(used, mgf_hash, salt)
        with pytest.raises(FormatError, match="not those to which the key is restricted"):
            verify(self.key(limit), algorithm, MESSAGE, signature)

    def test_not_for_pkcs1(self) -> None:
        signature = rsa_key().sign(MESSAGE, padding.PKCS1v15(), hashes.SHA256())
        with pytest.raises(FormatError, match="for PSS only"):
            verify(self.key(None), Algorithm(PKCS1[Hash.SHA256]), MESSAGE, signature)


class TestRsaKeys:
    good = Algorithm(PKCS1[Hash.SHA256])

    def key(self, **changed: int) -> RsaKey:
        return replace(rsa_public(rsa_key()), **changed)  # type: ignore[arg-type]

    @pytest.mark.parametrize("bits", [512, 1023, 8193, 16384])
    def test_sizes_out_of_bounds(self, bits: int) -> None:
        with pytest.raises(UnsupportedError, match=f"RSA key of {bits} bits"):
            verify(self.key(n=(1 << bits) - 1), self.good, MESSAGE, bytes(bits // 8))

    def test_the_largest(self) -> None:
        public = self.key(n=(1 << 8192) - 1)
        assert not verify(public, self.good, MESSAGE, bytes(1023) + b"\x02")

    @pytest.mark.parametrize("n", [1 << 2047, -((1 << 2047) + 1), 0])
    def test_moduli_that_are_none(self, n: int) -> None:
        with pytest.raises(FormatError, match="not the product of two primes"):
            verify(self.key(n=n), self.good, MESSAGE, bytes(256))

    @pytest.mark.parametrize("e", [-3, 0, 1, 2, 65536, (1 << 2048) + 1])
    def test_exponents_that_are_none(self, e: int) -> None:
        with pytest.raises(FormatError, match="exponent is not that of an RSA key"):
            verify(self.key(e=e), self.good, MESSAGE, bytes(256))

    def test_an_exponent_that_only_costs_time(self) -> None:
        with pytest.raises(UnsupportedError, match="RSA exponent of 65 bits"):
            verify(self.key(e=(1 << 64) + 1), self.good, MESSAGE, bytes(256))
