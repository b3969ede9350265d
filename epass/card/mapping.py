"""The mappings of PACE, the terminal's half: from the nonce to the generator of the agreement.

Source: ICAO Doc 9303-11 §4.4.3.3 (mappings), §4.4.3.5 (chip authentication data), Appendix B
(point encoding); Appendices G to I are the test vectors. Chip authentication mapping maps like the
generic one, and has one thing more: data that proves the chip's static key. Lengths are in bytes.
"""

from epass.crypto import ciphers
from epass.crypto.ciphers import Cipher
from epass.crypto.ec import Curve, Point
from epass.crypto.group import Element, Group
from epass.crypto.modp import ModpElement, ModpGroup
from epass.errors import FormatError, ProtocolError, UnsupportedError

STEP = "PACE mapping"
CAM_STEP = "PACE chip authentication data"
MARGIN = 64  # bits of R(s,t) beyond those of p, §4.4.3.3.2

# c0 and c1 of §4.4.3.3.2, by the length of the nonce s.
CONSTANTS = {
    16: (
        bytes.fromhex("A668892A7C41E3CA739F40B057D85904"),
        bytes.fromhex("A4E136AC725F738B01C1F60217C188AD"),
    ),
    32: (
        bytes.fromhex("D463D65234124EF7897054986DCA0A174E28DF758CBAA03F240616414D5A1676"),
        bytes.fromhex("54BD7255F0AAF831BEC3423FCF39D69B6CBF066677D0FAAE5AADD99DF8E53517"),
    ),
}


def generic(nonce: bytes, group: Group, shared: Element) -> Element:
    """The generator s * G + H; ``shared`` is H, what the mapping keys agree on (§4.4.3.3.1).

    Raises:
        ProtocolError: it is the neutral element: s = 0, or H the negative of s * G.
    """
    try:
        return group.generator * int.from_bytes(nonce) + shared
    except FormatError:
        raise ProtocolError(STEP, "the mapped generator is the neutral element") from None


def can_integrate(group: Group) -> bool:
    """Whether integrated mapping can be used: Appendix B needs p of the form 4n + 3."""
    return isinstance(group, ModpGroup) or group.p % 4 == 3


def nonce_size(cipher: Cipher) -> int:
    """The length of s in integrated mapping: whole blocks, at least the key size (§4.4.3.3)."""
    return -(-cipher.key_size // cipher.block) * cipher.block


def integrated(s: bytes, t: bytes, cipher: Cipher, group: Group) -> Element:
    """The generator f(R_p(s,t)) of §4.4.3.3.2.

    ``s`` is the chip's nonce, of ``nonce_size``; ``t`` ours, of the size of a key.

    Raises:
        ProtocolError: the nonces lead to no element but the neutral one.
        UnsupportedError: the group has no such mapping (table 12: P-224).
    """
    size = (group.p.bit_length() + MARGIN + 7) // 8
    number = int.from_bytes(pseudo_random(s, t, cipher, size)) % group.p
    if isinstance(group, ModpGroup):
        return subgroup_element(number, group)
    if isinstance(group, Curve) and can_integrate(group):
        return curve_point(number, group)
    raise UnsupportedError(f"integrated mapping cannot be used with {group.name}")


def pseudo_random(s: bytes, t: bytes, cipher: Cipher, size: int) -> bytes:
    """R(s,t) of figure 2, in the fewest parts that make up ``size`` bytes.

    In 3DES, which the figure calls DES, a key has 128 bits, and its parity is of no effect.
    """
    c0, c1 = CONSTANTS[len(s)]
    key = ciphers.encrypt(cipher, t, s)[: cipher.key_size]
    output = b""
    while len(output) < size:
        output += ciphers.encrypt(cipher, key, c1)
        key = ciphers.encrypt(cipher, key, c0)[: cipher.key_size]  # AES-192: 24 bytes of 32
    return output


def subgroup_element(number: int, group: ModpGroup) -> ModpElement:
    """f_g of §4.4.3.3.2: the power of the cofactor.

    Raises:
        ProtocolError: ``number`` leads to 0 or 1.
    """
    try:
        return ModpElement(group, pow(number, (group.p - 1) // group.q, group.p))
    except FormatError:
        raise ProtocolError(STEP, "the nonces lead to no generator") from None


def curve_point(number: int, curve: Curve) -> Point:
    """f_G of Appendix B.2, with the names used there; the cofactor of every curve is 1.

    Raises:
        ProtocolError: ``number`` is 0, 1 or p - 1, for which the formula divides by zero.
    """
    p, a, b, t = curve.p, curve.a, curve.b, number
    alpha = -t * t % p
    divisor = (alpha + alpha * alpha) % p
    if not divisor:
        raise ProtocolError(STEP, "the nonces lead to no generator")
    x2 = -b * pow(a, -1, p) * (1 + pow(divisor, -1, p)) % p
    x3 = alpha * x2 % p
    h2 = (x2 * x2 * x2 + a * x2 + b) % p
    root = pow(h2, p - 1 - (p + 1) // 4, p)  # of 1 / h2, where h2 is a square
    if root * root * h2 % p == 1:
        return Point(curve, x2, root * h2 % p)
    return Point(curve, x3, root * pow(t, 3, p) * h2 % p)


def chip_authentication_data(encrypted: bytes, cipher: Cipher, enc: bytes, size: int) -> bytes:
    """CA_IC of §4.4.3.5, decrypted under KS_Enc; ``size`` is that of a scalar of the group.

    Raises:
        ProtocolError: it is not of whole blocks, or its padding or length is wrong.
    """
    if not encrypted or len(encrypted) % cipher.block:
        raise ProtocolError(CAM_STEP, f"{len(encrypted)} bytes, which are not whole blocks")
    iv = ciphers.encrypt_block(cipher, enc, b"\xff" * cipher.block)  # §4.4.3.5.4: E(KS_Enc, -1)
    data = ciphers.unpad(ciphers.decrypt(cipher, enc, encrypted, iv), cipher.block)
    if data is None:
        raise ProtocolError(CAM_STEP, "the padding is wrong")
    if len(data) != size:  # §4.4.5.6: leading zeros stay
        raise ProtocolError(CAM_STEP, f"{len(data)} bytes, not {size}")
    return data
