"""The mappings of PACE: Appendices G to I, and for the rest an oracle of cryptography and B.3."""

from math import log2

import pytest
from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher as OpensslCipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC, ECB
from hypothesis import given, settings
from hypothesis import strategies as st
from vector_files import raw, vectors

from epass.card import mapping
from epass.crypto import ciphers
from epass.crypto.ciphers import Cipher
from epass.crypto.ec import CURVES, Curve
from epass.crypto.group import Group
from epass.crypto.modp import GROUPS, ModpGroup
from epass.errors import ProtocolError, UnsupportedError

PACE = vectors("doc9303-pace")
IM_ECDH, IM_DH, CAM = PACE["pace-im-ecdh"], PACE["pace-im-dh"], PACE["pace-cam-ecdh"]
P_224 = CURVES[2]
MAPPABLE: tuple[Group, ...] = (*GROUPS, *(curve for curve in CURVES if curve is not P_224))
CURVE = CURVES[5]  # brainpoolP256r1, of the appendices

every_cipher = pytest.mark.parametrize("cipher", Cipher, ids=lambda cipher: cipher.label)
every_aes = pytest.mark.parametrize("cipher", list(Cipher)[1:], ids=lambda cipher: cipher.label)
mappable = pytest.mark.parametrize("group", MAPPABLE, ids=lambda group: group.name)


def openssl(cipher: Cipher, key: bytes, data: bytes) -> bytes:
    algorithm = TripleDES(key + key[:8]) if cipher is Cipher.TDES else AES(key)
    encryptor = OpensslCipher(algorithm, CBC(bytes(cipher.block))).encryptor()
    return encryptor.update(data) + encryptor.finalize()


def figure_2(s: bytes, t: bytes, cipher: Cipher, parts: int) -> bytes:
    """R(s,t) as the figure draws it: all keys first, then x_1 to x_n."""
    wide = cipher in (Cipher.AES_192, Cipher.AES_256)
    c0 = (
        "d463d65234124ef7897054986dca0a174e28df758cbaa03f240616414d5a1676"
        if wide
        else "a668892a7c41e3ca739f40b057d85904"
    )
    c1 = (
        "54bd7255f0aaf831bec3423fcf39d69b6cbf066677d0faae5aadd99df8e53517"
        if wide
        else "a4e136ac725f738b01c1f60217c188ad"
    )
    keys = [openssl(cipher, t, s)]
    while len(keys) < parts:
        keys.append(openssl(cipher, keys[-1][: len(t)], bytes.fromhex(c0)))
    return b"".join(openssl(cipher, key[: len(t)], bytes.fromhex(c1)) for key in keys)


def appendix_b3(t: int, curve: Curve) -> tuple[int, int]:
    """The point in Jacobian coordinates, steps 1 to 10 as they are printed, then made affine.

    Appendix B says that this is the point of B.2. It is so only where Z is a square, else it is
    its negative: A has the factor of the Legendre symbol of Z. A key agreement does not notice, as
    only x goes into the keys; the affine form here is that of B.2, which is in Appendix H.1.
    """
    p, a, b = curve.p, curve.a, curve.b
    alpha = -(t**2) % p
    z = a * (alpha + alpha**2) % p
    x2 = -b * z * (1 + alpha + alpha**2) % p
    x3 = alpha * x2 % p
    h2 = (x2**3 + a * x2 * z**4 + b * z**6) % p
    u = -alpha * t * h2 % p
    root = pow(h2, p - 1 - (p + 1) // 4, p)
    x, y = (x2, root * h2 % p) if root**2 * h2 % p == 1 else (x3, root * u % p)
    legendre = pow(z, (p - 1) // 2, p)
    return x * pow(z, -2, p) % p, legendre * y * pow(z, -3, p) % p


def some(size: int) -> bytes:
    """Bytes that are the same in each run."""
    return bytes((151 * at + 5) % 256 for at in range(size))


def cam_encrypted(padded: bytes, key: bytes) -> bytes:
    """AES under the IV of §4.4.3.5.4."""
    block = OpensslCipher(AES(key), ECB()).encryptor()  # noqa: S305 - of one block
    iv = block.update(b"\xff" * 16) + block.finalize()
    encryptor = OpensslCipher(AES(key), CBC(iv)).encryptor()
    return encryptor.update(padded) + encryptor.finalize()


class TestGeneric:
    @pytest.mark.parametrize(
        ("name", "group", "prefix"),
        [
            ("pace-gm-ecdh", CURVE, "04"),
            ("pace-gm-dh", GROUPS[0], ""),
            ("pace-cam-ecdh", CURVE, "04"),
        ],
    )
    def test_worked_examples(self, name: str, group: Group, prefix: str) -> None:
        fields = PACE[name]
        shared = group.decode(bytes.fromhex(prefix + fields["map_shared_secret_H"]), where="H")
        mapped = mapping.generic(raw(fields, "nonce_s"), group, shared)
        assert mapped.encode().hex().upper() == prefix + fields["mapped_generator"]

    @pytest.mark.parametrize("group", [CURVE, GROUPS[0]], ids=lambda group: group.name)
    def test_a_neutral_generator(self, group: Group) -> None:
        """H is the negative of s x G, which no chip can choose without knowing our secret."""
        nonce = some(16)
        opposite = group.generator * -int.from_bytes(nonce)
        for wrong, shared in ((nonce, opposite), (bytes(16), group.generator)):
            with pytest.raises(ProtocolError) as caught:
                mapping.generic(wrong, group, shared)
            assert caught.value.message == (
                "PACE mapping: the mapped generator is the neutral element"
            )


class TestPseudoRandom:
    def test_appendix_h1(self) -> None:
        s, t = raw(IM_ECDH, "nonce_s"), raw(IM_ECDH, "nonce_t")
        result = mapping.pseudo_random(s, t, Cipher.AES_128, 40)
        assert result == raw(IM_ECDH, "R_s_t")
        assert int.from_bytes(result) % CURVE.p == int(IM_ECDH["Rp_s_t"], 16)

    def test_appendix_h2(self) -> None:
        s, t = raw(IM_DH, "nonce_s"), raw(IM_DH, "nonce_t")
        result = mapping.pseudo_random(s, t, Cipher.AES_128, 136)
        assert result == raw(IM_DH, "R_s_t")
        assert int.from_bytes(result) % GROUPS[0].p == int(IM_DH["Rp_s_t"], 16)

    def test_the_length_of_the_nonce(self) -> None:
        """§4.4.3.3: the smallest number of blocks that is no less than the key."""
        assert [mapping.nonce_size(cipher) for cipher in Cipher] == [16, 16, 32, 32]

    @every_cipher
    @settings(max_examples=30, deadline=None)
    @given(data=st.data(), parts=st.integers(1, 9))
    def test_as_figure_2_draws_it(self, cipher: Cipher, data: st.DataObject, parts: int) -> None:
        length = mapping.nonce_size(cipher)
        s = data.draw(st.binary(min_size=length, max_size=length))
        t = some(cipher.key_size)
        expected = figure_2(s, t, cipher, parts)
        assert mapping.pseudo_random(s, t, cipher, parts * length) == expected
        assert mapping.pseudo_random(s, t, cipher, parts * length - length + 1) == expected


class TestIntegrated:
    def test_appendix_h1(self) -> None:
        s, t = raw(IM_ECDH, "nonce_s"), raw(IM_ECDH, "nonce_t")
        point = mapping.integrated(s, t, Cipher.AES_128, CURVE)
        coordinates = raw(IM_ECDH, "mapped_generator_x") + raw(IM_ECDH, "mapped_generator_y")
        assert point.encode() == b"\x04" + coordinates

    def test_appendix_h2(self) -> None:
        s, t = raw(IM_DH, "nonce_s"), raw(IM_DH, "nonce_t")
        element = mapping.integrated(s, t, Cipher.AES_128, GROUPS[0])
        assert element.encode() == raw(IM_DH, "mapped_generator")

    @every_cipher
    @mappable
    def test_every_group(self, group: Group, cipher: Cipher) -> None:
        """n is the smallest number for which n * l >= log2 p + 64."""
        s, t = some(mapping.nonce_size(cipher)), some(cipher.key_size)[::-1]
        parts = next(n for n in range(1, 99) if n * 8 * len(s) >= log2(group.p) + 64)
        number = int.from_bytes(figure_2(s, t, cipher, parts)) % group.p
        mapped = mapping.integrated(s, t, cipher, group)
        if isinstance(group, ModpGroup):
            expected = pow(number, (group.p - 1) // group.q, group.p)
            assert int.from_bytes(mapped.encode()) == expected
        else:
            assert isinstance(group, Curve)
            x, y = appendix_b3(number, group)
            assert mapped.encode() == b"\x04" + x.to_bytes(group.size) + y.to_bytes(group.size)

    @every_cipher
    def test_a_curve_that_cannot_be_used(self, cipher: Cipher) -> None:
        """Table 12: its p is of the form 4n + 1."""
        s, t = some(mapping.nonce_size(cipher)), some(cipher.key_size)
        with pytest.raises(UnsupportedError) as caught:
            mapping.integrated(s, t, cipher, P_224)
        assert caught.value.message == "integrated mapping cannot be used with P-224"

    def test_which_can_be_used(self) -> None:
        groups: list[Group] = [*GROUPS, *CURVES]
        assert [group for group in groups if not mapping.can_integrate(group)] == [P_224]


class TestCurvePoint:
    @settings(max_examples=100, deadline=None)
    @given(curve=st.sampled_from([curve for curve in CURVES if curve is not P_224]), data=st.data())
    def test_as_appendix_b3(self, curve: Curve, data: st.DataObject) -> None:
        number = data.draw(st.integers(2, curve.p - 2))
        point = mapping.curve_point(number, curve)
        assert (point.x, point.y) == appendix_b3(number, curve)

    def test_both_branches_are_taken(self) -> None:
        """Where h2 is no square, t and -t give opposite points; else the same one."""
        points = [
            (mapping.curve_point(t, CURVE), mapping.curve_point(CURVE.p - t, CURVE))
            for t in range(2, 40)
        ]
        same = [left for left, right in points if left == right]
        opposite = [left for left, right in points if left == -right]
        assert len(same) + len(opposite) == len(points)
        assert min(len(same), len(opposite)) > 10

    @pytest.mark.parametrize("curve", CURVES, ids=lambda curve: curve.name)
    def test_numbers_without_a_point(self, curve: Curve) -> None:
        for number in (0, 1, curve.p - 1):
            with pytest.raises(ProtocolError) as caught:
                mapping.curve_point(number, curve)
            assert caught.value.message == "PACE mapping: the nonces lead to no generator"


class TestSubgroupElement:
    @pytest.mark.parametrize("group", GROUPS, ids=lambda group: group.name)
    def test_numbers_without_a_generator(self, group: ModpGroup) -> None:
        """0, and what has an order that divides the cofactor: §4.4.3.3.2 has it checked."""
        kernel = pow(3, group.q, group.p)
        assert kernel != 1
        for number in (0, 1, group.p - 1, kernel):
            with pytest.raises(ProtocolError) as caught:
                mapping.subgroup_element(number, group)
            assert caught.value.message == "PACE mapping: the nonces lead to no generator"


class TestChipAuthenticationData:
    def test_appendix_i(self) -> None:
        data = mapping.chip_authentication_data(
            raw(CAM, "ECAD"), Cipher.AES_128, raw(CAM, "KS_enc"), 32
        )
        assert data == raw(CAM, "CA_IC")
        static = CURVE.decode(b"\x04" + raw(CAM, "PK_IC"), where="PK")
        proved = static * int.from_bytes(data)
        assert proved.encode() == b"\x04" + raw(CAM, "map_chip_public")

    @every_aes
    @pytest.mark.parametrize("curve", CURVES, ids=lambda curve: curve.name)
    def test_every_length(self, curve: Curve, cipher: Cipher) -> None:
        """On P-256 the padding is a block of its own."""
        key, scalar = some(cipher.key_size), bytes(2) + some(curve.scalar_size - 2)
        encrypted = cam_encrypted(ciphers.pad(scalar, 16), key)
        data = mapping.chip_authentication_data(encrypted, cipher, key, curve.scalar_size)
        assert data == scalar

    def assert_fault(self, encrypted: bytes, cipher: Cipher, key: bytes, problem: str) -> None:
        with pytest.raises(ProtocolError) as caught:
            mapping.chip_authentication_data(encrypted, cipher, key, 32)
        assert caught.value.step == "PACE chip authentication data"
        assert caught.value.message == f"PACE chip authentication data: {problem}"

    @every_aes
    @pytest.mark.parametrize("size", [0, 1, 15, 17, 33, 47, 49])
    def test_an_odd_size(self, cipher: Cipher, size: int) -> None:
        problem = f"{size} bytes, which are not whole blocks"
        self.assert_fault(some(size), cipher, some(cipher.key_size), problem)

    @every_aes
    @pytest.mark.parametrize(
        "plain",
        [
            bytes(48),
            some(47) + b"\x01",
            some(32) + b"\x81" + bytes(15),
            some(31) + b"\x80" + bytes(16),
        ],
        ids=["zeros", "none", "another byte", "a block too many"],
    )
    def test_bad_padding(self, cipher: Cipher, plain: bytes) -> None:
        key = some(cipher.key_size)
        self.assert_fault(cam_encrypted(plain, key), cipher, key, "the padding is wrong")

    @every_aes
    @pytest.mark.parametrize("size", [0, 1, 16, 31, 33, 64])
    def test_another_length(self, cipher: Cipher, size: int) -> None:
        """A chip that drops leading zeros breaks §4.4.5.6."""
        key = some(cipher.key_size)
        encrypted = cam_encrypted(ciphers.pad(some(size), 16), key)
        self.assert_fault(encrypted, cipher, key, f"{size} bytes, not 32")

    @settings(max_examples=100, deadline=None)
    @given(encrypted=st.binary(max_size=100))
    def test_nothing_but_a_protocol_error(self, encrypted: bytes) -> None:
        """The chance of three valid blocks is 2^-128, that of a valid padding 2^-8."""
        with pytest.raises(ProtocolError) as caught:
            mapping.chip_authentication_data(encrypted, Cipher.AES_128, some(16), 66)
        assert caught.value.step == "PACE chip authentication data"
