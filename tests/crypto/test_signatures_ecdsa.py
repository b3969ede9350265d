"""ECDSA, against what cryptography and python-ecdsa sign, and against forgers."""

from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric import ec as openssl_ec
from hypothesis import given, settings
from hypothesis import strategies as st
from signers import (
    ALGORITHM,
    ECDSA,
    MESSAGE,
    NULL,
    OPENSSL,
    PLAIN,
    EcSigner,
    der,
    every_curve,
    every_hash,
    explicit,
)

from epass import tlv
from epass.asn1 import Algorithm, EcKey, PublicKey
from epass.crypto import ec
from epass.crypto.hashes import Hash
from epass.crypto.signatures import verify
from epass.errors import FormatError, UnsupportedError


class TestEcdsa:
    @every_curve
    @every_hash
    def test_every_curve_with_every_hash(self, curve: ec.Curve, used: Hash) -> None:
        signer = EcSigner(curve)
        signature = signer.sign(used)
        for parameters in (None, NULL):  # Germany and Austria write NULL
            algorithm = Algorithm(ECDSA[used], parameters)
            assert verify(signer.key, algorithm, MESSAGE, signature)
        assert not verify(signer.key, Algorithm(ECDSA[used]), MESSAGE + b".", signature)

    @pytest.mark.parametrize("name", OPENSSL)
    @every_hash
    def test_what_openssl_signs(self, name: str, used: Hash) -> None:
        key = openssl_ec.generate_private_key(OPENSSL[name])
        numbers, curve = key.public_key().public_numbers(), ec.by_name(name)
        assert curve is not None
        point = ec.Point(curve, numbers.x, numbers.y)
        signature = key.sign(MESSAGE, openssl_ec.ECDSA(ALGORITHM[used]))
        public = EcKey(curve.oid, point.encode())
        assert verify(public, Algorithm(ECDSA[used]), MESSAGE, signature)
        assert not verify(public, Algorithm(ECDSA[used]), b"", signature)

    @every_curve
    @every_hash
    def test_plain(self, curve: ec.Curve, used: Hash) -> None:
        """BSI TR-03111 §5.2.1: r || s, each as long as the order."""
        signer = EcSigner(curve)
        r, s = signer.numbers(used)
        half = (curve.n.bit_length() + 7) // 8
        signature = r.to_bytes(half) + s.to_bytes(half)
        assert verify(signer.key, Algorithm(PLAIN[used]), MESSAGE, signature)
        assert not verify(signer.key, Algorithm(PLAIN[used]), b"", signature)
        for bad in (signature[:-1], signature + b"\x00", der(r, s)):
            with pytest.raises(FormatError, match=rf"where r \|\| s has {2 * half}"):
                verify(signer.key, Algorithm(PLAIN[used]), MESSAGE, bad)

    @every_curve
    def test_explicit_parameters(self, curve: ec.Curve) -> None:
        signer = EcSigner(curve)
        public = EcKey(explicit(curve), signer.key.point)
        signature = signer.sign(Hash.SHA256)
        assert verify(public, Algorithm(ECDSA[Hash.SHA256]), MESSAGE, signature)

    def test_another_key(self) -> None:
        signer, other = EcSigner(ec.CURVES[4]), EcSigner(ec.CURVES[4], 99)
        signature = signer.sign(Hash.SHA256)
        assert not verify(other.key, Algorithm(ECDSA[Hash.SHA256]), MESSAGE, signature)

    @every_curve
    def test_a_signature_whose_point_is_infinity(self, curve: ec.Curve) -> None:
        """r = -e / d makes u1 G + u2 Q vanish; no point, no signature."""
        signer = EcSigner(curve)
        digest = Hash.SHA1.digest(MESSAGE)
        e = int.from_bytes(digest) >> max(0, 160 - curve.n.bit_length())
        r = -e * pow(signer.secret, -1, curve.n) % curve.n
        algorithm = Algorithm(ECDSA[Hash.SHA1])
        assert not verify(signer.key, algorithm, MESSAGE, der(r, 1))


class TestEcdsaSignatureForms:
    curve = ec.CURVES[4]
    algorithm = Algorithm(ECDSA[Hash.SHA256])

    def problem(self, signature: bytes) -> str:
        with pytest.raises(FormatError) as caught:
            verify(EcSigner(self.curve).key, self.algorithm, MESSAGE, signature)
        assert caught.value.where == "signature"
        return caught.value.problem

    @pytest.mark.parametrize("value", [0, -5, curve.n, curve.n + 5])
    def test_out_of_range(self, value: int) -> None:
        r, s = EcSigner(self.curve).numbers(Hash.SHA256)
        for pair in ((value, s), (r, value)):
            assert self.problem(der(*pair)) == "r or s is not from 1 to n - 1"

    @pytest.mark.parametrize("value", [-129, -128, -1, 1, 127, 128, 255, 256, 1 << 255])
    def test_every_integer_that_is_in_der(self, value: int) -> None:
        """None of them is a signature; but none is said to be badly encoded."""
        try:
            accepted = verify(EcSigner(self.curve).key, self.algorithm, MESSAGE, der(value, 1))
        except FormatError as error:
            assert error.problem == "r or s is not from 1 to n - 1"
        else:
            assert value > 0
            assert not accepted

    def test_r_and_s_added_the_order(self) -> None:
        """Congruent numbers are not other spellings of a signature."""
        r, s = EcSigner(self.curve).numbers(Hash.SHA256)
        for pair in ((r + self.curve.n, s), (r, s + self.curve.n)):
            assert self.problem(der(*pair)) == "r or s is not from 1 to n - 1"

    def test_not_der(self) -> None:
        r, s = EcSigner(self.curve).numbers(Hash.SHA256)
        good, body = der(r, s), der(r, s)[2:]
        first = tlv.build(0x02, b"\x00" + r.to_bytes(40))
        for bad in (
            b"",
            b"\x30\x00",
            good[:-1],
            good + b"\x00",
            b"\x30\x81" + bytes((len(body),)) + body,
            b"\x30\x80" + body + b"\x00\x00",
            b"\x30\x04\x02\x00\x02\x00",
            tlv.build(0x31, body),
            tlv.build(0x30, body + b"\x05\x00"),
            tlv.build(0x30, first),
            tlv.build(0x30, first + tlv.build(0x02, s.to_bytes(40))),
            tlv.build(0x30, tlv.build(0x03, r.to_bytes(32)) + tlv.build(0x02, s.to_bytes(33))),
            r.to_bytes(32) + s.to_bytes(32),
        ):
            assert self.problem(bad) == "not r and s in DER"

    @settings(max_examples=150, deadline=None)
    @given(signature=st.binary(max_size=80))
    def test_nothing_but_a_format_error(self, signature: bytes) -> None:
        with pytest.raises(FormatError):
            verify(EcSigner(self.curve).key, self.algorithm, MESSAGE, signature)

    @settings(max_examples=60, deadline=None)
    @given(index=st.integers(0, 69), mask=st.integers(1, 255))
    def test_a_changed_byte(self, index: int, mask: int) -> None:
        signature = bytearray(EcSigner(self.curve).sign(Hash.SHA256))
        signature[index % len(signature)] ^= mask
        try:
            accepted = verify(EcSigner(self.curve).key, self.algorithm, MESSAGE, bytes(signature))
        except FormatError:
            accepted = False
        assert not accepted


class TestEcKeys:
    algorithm = Algorithm(ECDSA[Hash.SHA256])

    def check(self, key: PublicKey) -> None:
        signature = EcSigner(ec.CURVES[4]).sign(Hash.SHA256)
        verify(key, self.algorithm, MESSAGE, signature)

    def test_the_victims_key_and_another_generator(self) -> None:
        """CVE-2020-0601: whoever picks G = Q / d' knows a private key d' for the victim's Q."""
        victim, curve, secret = EcSigner(ec.CURVES[4]), ec.CURVES[4], 12345
        chosen = victim.point * pow(secret, -1, curve.n)
        e = int.from_bytes(Hash.SHA256.digest(MESSAGE))
        r = (chosen * 777).x % curve.n
        s = pow(777, -1, curve.n) * (e + r * secret) % curve.n
        forged = replace(explicit(curve), generator=chosen.encode())
        with pytest.raises(UnsupportedError, match="parameters that equal no known curve"):
            verify(EcKey(forged, victim.key.point), self.algorithm, MESSAGE, der(r, s))

    @pytest.mark.parametrize("name", ["p", "a", "b", "n", "cofactor"])
    def test_explicit_parameters_with_one_number_changed(self, name: str) -> None:
        known = explicit(ec.CURVES[4])
        changed = replace(known, **{name: getattr(known, name) + 2})
        with pytest.raises(UnsupportedError, match="parameters that equal no known curve"):
            self.check(EcKey(changed, EcSigner(ec.CURVES[4]).key.point))

    def test_an_unknown_named_curve(self) -> None:
        with pytest.raises(UnsupportedError, match=r"elliptic curve 1\.3\.132\.0\.10"):
            self.check(EcKey("1.3.132.0.10", EcSigner(ec.CURVES[4]).key.point))

    def test_the_point_of_another_curve(self) -> None:
        with pytest.raises(FormatError, match=r"public key: not a point of brainpoolP256r1"):
            self.check(EcKey(ec.CURVES[5].oid, EcSigner(ec.CURVES[4]).key.point))

    def test_other_forms_of_a_point(self) -> None:
        curve = ec.CURVES[4]
        point = EcSigner(curve).point
        compressed = bytes((2 + point.y % 2,)) + point.x_bytes
        with pytest.raises(UnsupportedError, match="public key in compressed form"):
            self.check(EcKey(curve.oid, compressed))
        for bad in (b"", b"\x00", point.encode()[:-1], b"\x06" + point.encode()[1:]):
            with pytest.raises(FormatError, match="public key: not an uncompressed point"):
                self.check(EcKey(curve.oid, bad))
