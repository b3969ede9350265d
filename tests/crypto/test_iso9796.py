"""ISO/IEC 9796-2 digital signature 1: worked examples, every trailer, and what is refused."""

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from hypothesis import given, settings
from hypothesis import strategies as st
from signers import (
    RSA_OID,
    TRAILERS,
    every_hash,
    raw_sign,
    recoverable,
    recovery_sign,
    rsa_key,
    rsa_public,
)
from vector_files import raw, vectors

from epass.asn1 import RsaKey
from epass.crypto import iso9796
from epass.crypto.hashes import Hash
from epass.errors import FormatError, UnsupportedError
from epass.lds.chip_keys import Dg15

PROOFS = vectors("doc9303-proofs")
CHALLENGE = bytes.fromhex("861D3766F6F5A1CD")
GENERATED = {
    "aa-bsi-ref-sha1-BC": Hash.SHA1,
    "aa-bsi-ref-sha256-34CC": Hash.SHA256,
    "aa-bsi-ref-sha512-35CC": Hash.SHA512,
}


def key_of(name: str) -> RsaKey:
    key = Dg15.parse(raw(PROOFS[name], "DG15")).public_key
    assert isinstance(key, RsaKey)
    return key


def judged(key: rsa.RSAPrivateKey, signature: bytes) -> Hash | None:
    return iso9796.verify(rsa_public(key), CHALLENGE, signature)


class TestWorkedExamples:
    def test_the_format_of_appendix_f(self) -> None:
        """Its key is not printed, so its representative is signed with one of ours."""
        fields = PROOFS["aa-rsa-1024-sha1"]
        challenge, message = raw(fields, "RND_IFD"), raw(fields, "F")
        assert recoverable(Hash.SHA1, challenge, 128, m1=raw(fields, "M1")) == message
        key = rsa_key(1024)
        signature = raw_sign(key, message)
        assert iso9796.verify(rsa_public(key), challenge, signature) is Hash.SHA1

    def test_a_recorded_signature(self) -> None:
        fields, key = PROOFS["aa-rsa-1800-real"], key_of("aa-rsa-1800-real")
        signature, challenge = raw(fields, "signature"), raw(fields, "RND_IFD")
        assert iso9796.verify(key, challenge, signature) is Hash.SHA256
        assert iso9796.verify(key, challenge[::-1], signature) is None

    @pytest.mark.parametrize("name", GENERATED)
    def test_generated_ones(self, name: str) -> None:
        fields, key = PROOFS[name], key_of(name)
        signature, challenge = raw(fields, "S"), raw(fields, "RND_IFD")
        assert iso9796.verify(key, challenge, signature) is GENERATED[name]
        size = len(raw(fields, "F"))
        trailer = raw(fields, "F")[-len(TRAILERS[GENERATED[name]]) :]
        assert trailer == TRAILERS[GENERATED[name]]
        shaped = recoverable(GENERATED[name], challenge, size, m1=raw(fields, "M1"))
        assert shaped == raw(fields, "F")

    def test_over_another_challenge(self) -> None:
        fields = PROOFS["aa-bsi-ref-neg-other-challenge"]
        key = key_of("aa-bsi-ref-neg-other-challenge")
        assert iso9796.verify(key, raw(fields, "RND_IFD"), raw(fields, "S")) is None

    @pytest.mark.parametrize(
        ("name", "problem"),
        [
            ("aa-bsi-ref-neg-one-byte-short", "127 bytes, where the modulus has 128"),
            ("aa-bsi-ref-neg-not-less-than-n", "not less than the modulus"),
        ],
    )
    def test_no_signature_at_all(self, name: str, problem: str) -> None:
        fields = PROOFS[name]
        with pytest.raises(FormatError) as caught:
            iso9796.verify(key_of(name), raw(fields, "RND_IFD"), raw(fields, "S"))
        assert caught.value.problem == problem


class TestRightOnes:
    @every_hash
    @pytest.mark.parametrize("bits", [1024, 1032, 1792, 2048])
    @pytest.mark.parametrize("smaller", [False, True], ids=["B.6", "B.4"])
    def test_every_trailer(self, used: Hash, bits: int, smaller: bool) -> None:
        key = rsa_key(bits)
        signature = recovery_sign(key, used, CHALLENGE, smaller=smaller)
        assert judged(key, signature) is used

    def test_both_forms_of_b_4(self) -> None:
        """The negative of a right signature is the other one that B.4 may choose from."""
        key = rsa_key(1024)
        n = key.public_key().public_numbers().n
        number = int.from_bytes(recovery_sign(key, Hash.SHA256, CHALLENGE))
        for signature in (number, n - number):
            assert judged(key, signature.to_bytes(128)) is Hash.SHA256

    def test_sha_1_by_its_number(self) -> None:
        key = rsa_key(1024)
        signature = recovery_sign(key, Hash.SHA1, CHALLENGE, trailer=b"\x33\xcc")
        assert judged(key, signature) is Hash.SHA1

    def test_an_exponent_of_3(self) -> None:
        key = rsa_key(2048, 3)
        assert judged(key, recovery_sign(key, Hash.SHA256, CHALLENGE)) is Hash.SHA256

    def test_a_leading_zero_stays(self) -> None:
        """A signature is as long as the modulus, however small its number."""
        key = rsa_key(1024)
        signature = b"\x01"
        for number in range(2000):
            m1 = number.to_bytes(106)
            signature = recovery_sign(key, Hash.SHA1, CHALLENGE, m1=m1)
            if signature[0] == 0:
                break
        assert signature[0] == 0
        assert judged(key, signature) is Hash.SHA1
        with pytest.raises(FormatError, match="127 bytes, where the modulus has 128"):
            judged(key, signature[1:])


class TestWrongOnes:
    @every_hash
    def test_another_challenge(self, used: Hash) -> None:
        key = rsa_key(1024)
        for other in (CHALLENGE[::-1], CHALLENGE[:-1], CHALLENGE + b"\x00", b""):
            assert judged(key, recovery_sign(key, used, other)) is None

    def test_another_key(self) -> None:
        pair = rsa_key(1024, 3), rsa_key(1024)
        signing, other = sorted(pair, key=lambda key: key.public_key().public_numbers().n)
        assert judged(other, recovery_sign(signing, Hash.SHA1, CHALLENGE)) is None

    @pytest.mark.parametrize(
        "head",
        ["4a", "4b", "2a", "ea", "60", "6b", "6bba", "6bbbba", "00", "0001ff"],
    )
    def test_other_headers(self, head: str) -> None:
        """M1 has one length (§6.1.2.2), so neither padding nor a whole message can be."""
        key = rsa_key(1024)
        signature = recovery_sign(key, Hash.SHA256, CHALLENGE, head=bytes.fromhex(head))
        assert judged(key, signature) is None

    @pytest.mark.parametrize(
        "trailer", ["31cc", "32cc", "37cc", "00cc", "34bc", "34", "cc", "ccbc"]
    )
    def test_other_trailers(self, trailer: str) -> None:
        key = rsa_key(1024)
        signature = recovery_sign(key, Hash.SHA256, CHALLENGE, trailer=bytes.fromhex(trailer))
        assert judged(key, signature) is None

    @pytest.mark.parametrize("used", [Hash.SHA224, Hash.SHA384, Hash.SHA512, Hash.SHA1])
    def test_the_trailer_of_another_hash(self, used: Hash) -> None:
        key = rsa_key(1024)
        signature = recovery_sign(key, used, CHALLENGE, trailer=TRAILERS[Hash.SHA256])
        assert judged(key, signature) is None

    def test_pkcs_1(self) -> None:
        """A signature by the right key in another scheme is none of this one."""
        key = rsa_key(1024)
        encoding = b"\x00\x01" + b"\xff" * 105 + b"\x00" + Hash.SHA1.digest(CHALLENGE)
        assert judged(key, raw_sign(key, encoding)) is None

    @pytest.mark.parametrize("number", [0, 1, 2])
    def test_numbers_that_anybody_knows(self, number: int) -> None:
        for signature in (number, rsa_public(rsa_key(1024)).n - number - 1):
            assert judged(rsa_key(1024), signature.to_bytes(128)) is None

    @pytest.mark.parametrize("size", [0, 1, 127, 129, 256])
    def test_other_lengths(self, size: int) -> None:
        with pytest.raises(FormatError) as caught:
            judged(rsa_key(1024), bytes(size))
        assert caught.value.problem == f"{size} bytes, where the modulus has 128"


class TestKeys:
    """Keys with which a signature proves nothing, or that the format cannot have."""

    @pytest.mark.parametrize("bits", [1025, 1031, 1039])
    def test_a_modulus_that_is_not_of_whole_bytes(self, bits: int) -> None:
        with pytest.raises(UnsupportedError) as caught:
            iso9796.verify(RsaKey(RSA_OID, (1 << bits) - 1, 65537), CHALLENGE, bytes(128))
        assert caught.value.message == f"active authentication with an RSA key of {bits} bits"

    @pytest.mark.parametrize("bits", [512, 1016, 8200])
    def test_a_modulus_out_of_bounds(self, bits: int) -> None:
        with pytest.raises(UnsupportedError) as caught:
            iso9796.verify(RsaKey(RSA_OID, (1 << bits) - 1, 65537), CHALLENGE, bytes(bits // 8))
        assert caught.value.message == f"RSA key of {bits} bits"

    @pytest.mark.parametrize("exponent", [1, 2, 65538])
    def test_an_exponent_that_keeps_nothing_secret(self, exponent: int) -> None:
        """With e = 1, whoever writes the representative has signed it."""
        n = rsa_public(rsa_key(1024)).n
        signature = recoverable(Hash.SHA1, CHALLENGE, 128)
        with pytest.raises(FormatError, match="the exponent is not that of an RSA key"):
            iso9796.verify(RsaKey(RSA_OID, n, exponent), CHALLENGE, signature)

    def test_an_even_modulus(self) -> None:
        with pytest.raises(FormatError, match="the modulus is not the product of two primes"):
            iso9796.verify(RsaKey(RSA_OID, 1 << 1023, 65537), CHALLENGE, bytes(128))


class TestMutations:
    @settings(max_examples=200, deadline=None)
    @given(used=st.sampled_from(Hash), index=st.integers(0, 127), mask=st.integers(1, 255))
    def test_a_changed_signature(self, used: Hash, index: int, mask: int) -> None:
        key = rsa_key(1024)
        signature = bytearray(recovery_sign(key, used, CHALLENGE))
        signature[index] ^= mask
        try:
            assert judged(key, bytes(signature)) is None
        except FormatError as error:
            assert error.problem == "not less than the modulus"

    @settings(max_examples=200, deadline=None)
    @given(index=st.integers(0, 127), mask=st.integers(1, 255))
    def test_a_changed_representative(self, index: int, mask: int) -> None:
        """No bit of what is signed is free, though whoever has the key signs it."""
        key = rsa_key(1024)
        message = bytearray(recoverable(Hash.SHA256, CHALLENGE, 128))
        message[index] ^= mask
        if int.from_bytes(message) < rsa_public(key).n:
            assert judged(key, raw_sign(key, bytes(message))) is None

    @settings(max_examples=100, deadline=None)
    @given(challenge=st.binary(max_size=16))
    def test_any_other_challenge(self, challenge: bytes) -> None:
        key = rsa_key(1024)
        signature = recovery_sign(key, Hash.SHA1, CHALLENGE)
        found = iso9796.verify(rsa_public(key), challenge, signature)
        assert (found is Hash.SHA1) == (challenge == CHALLENGE)
