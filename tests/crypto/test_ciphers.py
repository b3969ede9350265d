"""Key derivation, ciphers and MACs, against Doc 9303-11 and against cryptography."""

import hashlib

import pytest
from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher as OpensslCipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC
from cryptography.hazmat.primitives.cmac import CMAC
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from vector_files import raw, vectors

from epass.crypto import ciphers
from epass.crypto.ciphers import Cipher

VECTORS = vectors("doc9303-sm") | vectors("doc9303-pace") | vectors("doc9303-crypto")

every_cipher = pytest.mark.parametrize("cipher", Cipher, ids=lambda cipher: cipher.label)


def field(vector: str, name: str) -> bytes:
    return raw(VECTORS[vector], name)


def openssl(cipher: Cipher, key: bytes, iv: bytes) -> OpensslCipher[CBC]:
    if cipher is not Cipher.TDES:
        return OpensslCipher(AES(key), CBC(iv))
    return OpensslCipher(TripleDES(key + key[:8]), CBC(iv))


def single_des(key: bytes, block: bytes, *, decrypt: bool = False) -> bytes:
    """DES as 3DES with one key three times, in one block."""
    cipher = OpensslCipher(TripleDES(key * 3), CBC(bytes(8)))
    context = cipher.decryptor() if decrypt else cipher.encryptor()
    return context.update(block) + context.finalize()


def reference_retail_mac(key: bytes, message: bytes) -> bytes:
    """ISO/IEC 9797-1 algorithm 3, block by block as the standard draws it."""
    padded = message + b"\x80"
    padded += bytes(-len(padded) % 8)
    state = bytes(8)
    for start in range(0, len(padded), 8):
        mixed = bytes(a ^ b for a, b in zip(state, padded[start : start + 8], strict=True))
        state = single_des(key[:8], mixed)
    return single_des(key[:8], single_des(key[8:], state, decrypt=True))


class TestKeyDerivation:
    def test_bac_keys(self) -> None:
        seed = field("bac-kdf-3des", "K_seed")
        expected = field("bac-kdf-3des", "K_enc"), field("bac-kdf-3des", "K_mac")
        assert ciphers.derive_keys(seed, Cipher.TDES) == expected

    def test_the_parity_is_all_that_3des_changes(self) -> None:
        seed = field("bac-kdf-3des", "K_seed")
        expected = (
            field("bac-kdf-3des", "K_enc_before_parity"),
            field("bac-kdf-3des", "K_mac_before_parity"),
        )
        assert ciphers.derive_keys(seed, Cipher.AES_128) == expected

    def test_bac_session_keys(self) -> None:
        seed = ciphers.xor(field("bac-exchange", "K_IFD"), field("bac-exchange", "K_IC"))
        assert seed == field("bac-exchange", "K_seed_session")
        expected = field("bac-exchange", "KS_enc"), field("bac-exchange", "KS_mac")
        assert ciphers.derive_keys(seed, Cipher.TDES) == expected

    @pytest.mark.parametrize(
        ("cipher", "name"),
        [
            (Cipher.TDES, "K_pi_3DES"),
            (Cipher.AES_128, "K_pi_AES128"),
            (Cipher.AES_192, "K_pi_AES192"),
            (Cipher.AES_256, "K_pi_AES256"),
        ],
    )
    def test_password_keys_of_a_can(self, cipher: Cipher, name: str) -> None:
        key = ciphers.kdf(b"123456", ciphers.PASSWORD, cipher)
        assert key == field("kdf-can-123456", name)

    def test_pace_keys(self) -> None:
        fields = VECTORS["pace-gm-ecdh"]
        seed = hashlib.sha1(fields["MRZ_information"].encode(), usedforsecurity=False).digest()
        assert seed == bytes.fromhex(fields["K"])
        key = ciphers.kdf(seed, ciphers.PASSWORD, Cipher.AES_128)
        assert key == bytes.fromhex(fields["K_pi"])
        secret = bytes.fromhex(fields["ka_shared_secret"])
        expected = bytes.fromhex(fields["KS_enc"]), bytes.fromhex(fields["KS_mac"])
        assert ciphers.derive_keys(secret, Cipher.AES_128) == expected

    @every_cipher
    @settings(deadline=None)
    @given(secret=st.binary(max_size=66), counter=st.sampled_from([1, 2, 3]))
    def test_lengths_and_parity(self, cipher: Cipher, secret: bytes, counter: int) -> None:
        key = ciphers.kdf(secret, counter, cipher)
        assert len(key) == cipher.key_size
        if cipher is Cipher.TDES:
            assert all(byte.bit_count() % 2 == 1 for byte in key)
            plain = ciphers.kdf(secret, counter, Cipher.AES_128)
            assert all(a & 0xFE == b & 0xFE for a, b in zip(key, plain, strict=True))

    def test_leading_zeros_of_a_secret_count(self) -> None:
        """The fault of readers that strip the shared secret: it gives other keys."""
        secret = bytes(1) + b"\x01" * 31
        for cipher in Cipher:
            stripped = ciphers.derive_keys(secret.lstrip(b"\x00"), cipher)
            assert ciphers.derive_keys(secret, cipher) != stripped


class TestCbc:
    def test_bac_cryptograms(self) -> None:
        key = field("bac-exchange", "K_enc")
        for plain, cryptogram in (("S", "E_IFD"), ("R", "E_IC")):
            data, expected = field("bac-exchange", plain), field("bac-exchange", cryptogram)
            assert ciphers.encrypt(Cipher.TDES, key, data) == expected
            assert ciphers.decrypt(Cipher.TDES, key, expected) == data

    def test_pace_nonce(self) -> None:
        key = field("pace-gm-ecdh", "K_pi")
        nonce = ciphers.decrypt(Cipher.AES_128, key, field("pace-gm-ecdh", "nonce_z"))
        assert nonce == field("pace-gm-ecdh", "nonce_s")

    def test_secure_messaging_response(self) -> None:
        response = field("sm-3des-read-18", "protected_rapdu")
        data = ciphers.decrypt(Cipher.TDES, field("sm-3des-read-18", "KS_enc"), response[3:27])
        assert ciphers.unpad(data, 8) == field("sm-3des-read-18", "plain_rapdu")[:-2]

    @every_cipher
    @settings(deadline=None)
    @given(data=st.data())
    def test_as_openssl_does(self, cipher: Cipher, data: st.DataObject) -> None:
        key = data.draw(st.binary(min_size=cipher.key_size, max_size=cipher.key_size))
        iv = data.draw(st.binary(min_size=cipher.block, max_size=cipher.block))
        plain = data.draw(st.binary(max_size=5)) * cipher.block
        encryptor = openssl(cipher, key, iv).encryptor()
        expected = encryptor.update(plain) + encryptor.finalize()
        assert ciphers.encrypt(cipher, key, plain, iv) == expected
        assert ciphers.decrypt(cipher, key, expected, iv) == plain

    @every_cipher
    def test_the_default_iv_is_zero(self, cipher: Cipher) -> None:
        key, data = bytes(range(cipher.key_size)), bytes(2 * cipher.block)
        zero = bytes(cipher.block)
        assert ciphers.encrypt(cipher, key, data) == ciphers.encrypt(cipher, key, data, zero)
        assert ciphers.encrypt_block(cipher, key, zero) == ciphers.encrypt(cipher, key, zero)

    def test_a_3des_key_of_equal_halves_is_single_des(self) -> None:
        """A chip may choose such a key; the library alone would refuse it."""
        half, data = bytes.fromhex("0123456789ABCDEF"), b"8 bytes."
        assert ciphers.encrypt(Cipher.TDES, half * 2, data) == single_des(half, data)
        assert ciphers.decrypt(Cipher.TDES, half * 2, single_des(half, data)) == data


class TestMac:
    @pytest.mark.parametrize(("message", "expected"), [("E_IFD", "M_IFD"), ("E_IC", "M_IC")])
    def test_bac(self, message: str, expected: str) -> None:
        key = field("bac-exchange", "K_mac")
        calculated = ciphers.mac(Cipher.TDES, key, field("bac-exchange", message))
        assert calculated == field("bac-exchange", expected)

    @pytest.mark.parametrize("vector", ["sm-3des-select-efcom", "sm-3des-read-18"])
    def test_secure_messaging_command(self, vector: str) -> None:
        message = field(vector, "SSC_command") + field(vector, "M")
        assert ciphers.retail_mac(field(vector, "KS_mac"), message) == field(vector, "CC")

    def test_secure_messaging_response(self) -> None:
        vector = "sm-3des-select-efcom"
        message = ciphers.unpad(field(vector, "K_response"), 8)
        assert message is not None
        calculated = ciphers.retail_mac(field(vector, "KS_mac"), message)
        assert calculated == field(vector, "CC_response")

    @pytest.mark.parametrize("vector", ["sm-3des-select-efcom", "sm-3des-read-18"])
    def test_a_session_with_3des(self, vector: str) -> None:
        key, counter = field(vector, "KS_mac"), int.from_bytes(field(vector, "SSC_command"))
        calculated = ciphers.session_mac(Cipher.TDES, key, counter, field(vector, "M"))
        assert calculated == field(vector, "CC")

    @every_cipher
    def test_a_session_after_chip_authentication(self, cipher: Cipher) -> None:
        """The first answer under the new keys: its counter is 2."""
        name = cipher.label.lower().replace("-", "")
        fields = vectors("doc9303-proofs")[f"ca-bsi-ref-ecdh-{name}"]
        answer = raw(fields, "next_protected_rapdu")
        objects, mac = answer[:4], answer[6:14]
        assert ciphers.session_mac(cipher, raw(fields, "KS_mac"), 2, objects) == mac

    @every_cipher
    def test_the_counter_is_as_wide_as_a_block(self, cipher: Cipher) -> None:
        assert ciphers.counter_block(cipher, 1) == bytes(cipher.block - 1) + b"\x01"
        assert ciphers.counter_block(cipher, 1 << 8 * cipher.block) == bytes(cipher.block)

    @pytest.mark.parametrize(
        ("cipher", "name"),
        [
            (Cipher.AES_128, "mac_AES128"),
            (Cipher.AES_192, "mac_AES192"),
            (Cipher.AES_256, "mac_AES256"),
        ],
    )
    def test_cmac_of_eight_bytes(self, cipher: Cipher, name: str) -> None:
        key = ciphers.kdf(b"123456", ciphers.MAC, cipher)
        assert ciphers.mac(cipher, key, field("aes-cmac8", "message")) == field("aes-cmac8", name)

    @pytest.mark.parametrize("token", ["T_IFD", "T_IC"])
    def test_pace_tokens(self, token: str) -> None:
        vector = "pace-gm-ecdh"
        key, message = field(vector, "KS_mac"), field(vector, f"{token}_input")
        assert ciphers.mac(Cipher.AES_128, key, message) == field(vector, token)

    @settings(deadline=None)
    @given(key=st.binary(min_size=16, max_size=16), message=st.binary(max_size=70))
    def test_retail_mac_as_the_standard_draws_it(self, key: bytes, message: bytes) -> None:
        assert ciphers.retail_mac(key, message) == reference_retail_mac(key, message)

    @pytest.mark.parametrize("cipher", [Cipher.AES_128, Cipher.AES_192, Cipher.AES_256])
    @settings(deadline=None)
    @given(data=st.data(), message=st.binary(max_size=70))
    def test_cmac_as_openssl_has_it(
        self, cipher: Cipher, data: st.DataObject, message: bytes
    ) -> None:
        key = data.draw(st.binary(min_size=cipher.key_size, max_size=cipher.key_size))
        oracle = CMAC(AES(key))
        oracle.update(message)
        assert ciphers.mac(cipher, key, message) == oracle.finalize()[: ciphers.MAC_SIZE]


class TestPadding:
    @settings(deadline=None)
    @given(data=st.binary(max_size=70), block=st.sampled_from([8, 16]))
    def test_round_trip(self, data: bytes, block: int) -> None:
        padded = ciphers.pad(data, block)
        assert len(padded) % block == 0
        assert len(data) < len(padded) <= len(data) + block
        assert padded.startswith(data + b"\x80")
        assert ciphers.unpad(padded, block) == data

    @pytest.mark.parametrize(
        "data",
        [
            pytest.param(b"", id="empty"),
            pytest.param(bytes(8), id="zeros only"),
            pytest.param(b"\x01" * 8, id="no 80"),
            pytest.param(b"\x80\x00\x00\x00\x00\x00\x00\x01", id="something after the zeros"),
            pytest.param(b"1234567\x80" + bytes(8), id="a block too many"),
        ],
    )
    def test_not_method_2(self, data: bytes) -> None:
        assert ciphers.unpad(data, 8) is None

    def test_a_whole_block_of_padding(self) -> None:
        assert ciphers.unpad(b"12345678" + b"\x80" + bytes(7), 8) == b"12345678"
        assert ciphers.unpad(b"\x80" + bytes(15), 16) == b""

    def test_data_that_ends_like_padding(self) -> None:
        assert ciphers.unpad(ciphers.pad(b"\x80\x00", 8), 8) == b"\x80\x00"


class TestBytes:
    @settings(deadline=None)
    @given(left=st.binary(max_size=20), right=st.binary(max_size=20))
    def test_xor(self, left: bytes, right: bytes) -> None:
        if len(left) == len(right):
            mixed = ciphers.xor(left, right)
            assert ciphers.xor(mixed, right) == left
        else:
            with pytest.raises(ValueError, match=r"shorter|longer"):
                ciphers.xor(left, right)

    @settings(deadline=None)
    @given(left=st.binary(max_size=20), right=st.binary(max_size=20))
    def test_same(self, left: bytes, right: bytes) -> None:
        assume(left != right)
        assert ciphers.same(left, left)
        assert not ciphers.same(left, right)
