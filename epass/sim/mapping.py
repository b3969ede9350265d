"""Integrated mapping, the chip's side: two nonces become a generator.

Source: Doc 9303-11 §4.4.3.3.2 (R_p and f_g), Appendix B.2 (f_G, after BCIMRT2010). Appendices H.1
and H.2 are the test vectors. Written from the standard without the reader's code.
"""

from epass.crypto import ciphers
from epass.crypto.ciphers import Cipher
from epass.crypto.ec import Curve, Point
from epass.errors import FormatError
from epass.sim.groups import Element, Group
from epass.sim.modp import ModpGroup, Residue

EXCESS_BITS = 64  # of the output of R over the length of p

_C0_128, _C1_128 = "a668892a7c41e3ca739f40b057d85904", "a4e136ac725f738b01c1f60217c188ad"
_C0_256 = "d463d65234124ef7897054986dca0a174e28df758cbaa03f240616414d5a1676"
_C1_256 = "54bd7255f0aaf831bec3423fcf39d69b6cbf066677d0faae5aadd99df8e53517"


def nonce_size(cipher: Cipher) -> int:
    """The length of s: the fewest blocks that are as long as a key, in bytes."""
    return -(-cipher.key_size // cipher.block) * cipher.block


def integrates(group: Group) -> bool:
    """Whether f_G is defined: not on P-224, whose p is 1 modulo 4 (table 12, note)."""
    return isinstance(group, ModpGroup) or group.p % 4 == 3


def generator(group: Group, cipher: Cipher, s: bytes, t: bytes) -> Element:
    """The mapped generator of nonce ``s`` of the chip and ``t`` of the terminal.

    Raises:
        FormatError: the nonces map to none.
    """
    seed = pseudo_random(cipher, s, t, group.p)
    return _residue(group, seed) if isinstance(group, ModpGroup) else _point(group, seed)


def pseudo_random(cipher: Cipher, s: bytes, t: bytes, p: int) -> int:
    """R_p of figure 2; ``t`` is as long as a key of the cipher."""
    return int.from_bytes(pseudo_random_bytes(cipher, s, t, p.bit_length() + EXCESS_BITS)) % p


def pseudo_random_bytes(cipher: Cipher, s: bytes, t: bytes, bits: int) -> bytes:
    """R of figure 2: blocks as long as ``s``, so many that there are at least ``bits``."""
    constants = (_C0_128, _C1_128) if len(s) == 16 else (_C0_256, _C1_256)
    c0, c1 = (bytes.fromhex(constant) for constant in constants)
    key = _cbc(cipher, t, s)
    found = b""
    while 8 * len(found) < bits:
        found += _cbc(cipher, key, c1)
        key = _cbc(cipher, key, c0)
    return found


def _cbc(cipher: Cipher, key: bytes, data: bytes) -> bytes:
    """One box of figure 2. Of a longer output, only as much as a key counts as a key."""
    key = key[: cipher.key_size]
    if cipher is Cipher.TDES:  # the parity bits do not matter, but are to be what DES expects
        key = bytes(byte & 0xFE | (byte >> 1).bit_count() + 1 & 1 for byte in key)
    return ciphers.encrypt(cipher, key, data)


def _residue(group: ModpGroup, seed: int) -> Residue:
    """f_g: into the subgroup by its cofactor; 1 is refused."""
    return Residue(group, pow(seed, group.cofactor, group.p), "mapped generator")


def _point(group: Group, seed: int) -> Point:
    """f_G in the steps of Appendix B.2; every curve of table 12 has the cofactor 1."""
    assert isinstance(group, Curve)  # noqa: S101 - there is no third kind
    a, b, p, t = group.a, group.b, group.p, seed
    alpha = -t * t % p
    denominator = a * (alpha + alpha * alpha) % p
    if not denominator:  # t is 0 or its square 1: Appendix B.2 divides by zero
        raise FormatError("the nonces map to no point", group.name)
    x2 = -b * (1 + alpha + alpha * alpha) * pow(denominator, -1, p) % p
    x3 = alpha * x2 % p
    h2 = (x2**3 + a * x2 + b) % p
    u = t**3 * h2 % p
    root = pow(h2, p - 1 - (p + 1) // 4, p)
    if root * root * h2 % p == 1:
        return Point(group, x2, root * h2 % p)
    return Point(group, x3, root * u % p)
