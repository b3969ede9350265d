"""The terminal's half of PACE with every mapping, for tests of the simulated chip.

It shares no code with the simulator and none with the reader: integers for DH, Appendix B.3 of
Doc 9303-11 (Jacobian coordinates) where the simulator uses B.2, AES and DES straight from the
library. It trusts itself; what the chip does wrong shows as an assertion.
"""

from dataclasses import dataclass

from Crypto.Cipher import AES, DES3
from sim_terminal import Protection, Terminal, mrz_secret

from epass import tlv
from epass.crypto import ciphers
from epass.crypto.ciphers import Cipher
from epass.crypto.ec import Curve, Point
from epass.sim.groups import Element
from epass.sim.modp import ModpGroup
from epass.sim.pace import PaceSuite

C0_SHORT, C1_SHORT = 0xA668892A7C41E3CA739F40B057D85904, 0xA4E136AC725F738B01C1F60217C188AD
C0_LONG = 0xD463D65234124EF7897054986DCA0A174E28DF758CBAA03F240616414D5A1676
C1_LONG = 0x54BD7255F0AAF831BEC3423FCF39D69B6CBF066677D0FAAE5AADD99DF8E53517


@dataclass(frozen=True, slots=True)
class Integer:
    """An integer modulo p, multiplied and raised in the notation of curves."""

    p: int
    value: int

    def encode(self) -> bytes:
        return bytes.fromhex(f"{self.value:x}".zfill(2 * ((self.value.bit_length() + 7) // 8)))

    @property
    def x_bytes(self) -> bytes:
        return self.value.to_bytes((self.p.bit_length() + 7) // 8)

    def __neg__(self) -> "Integer":
        return Integer(self.p, pow(self.value, self.p - 2, self.p))

    def __add__(self, other: "Integer") -> "Integer":
        return Integer(self.p, self.value * other.value % self.p)

    def __mul__(self, scalar: int) -> "Integer":
        return Integer(self.p, pow(self.value, scalar, self.p))


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a test may want to see; ``proof`` is the value of DO 8A, ``mapping_key`` the chip's."""

    shared: bytes
    mapping_key: Element | None
    proof: bytes | None


def pace(
    terminal: Terminal,
    suite: PaceSuite,
    secret: bytes | None = None,
    reference: int = 1,
    parameter_id: int | None = None,
) -> Outcome:
    """All of PACE; afterwards the terminal protects its commands."""
    begin(terminal, suite, reference, parameter_id)
    k_pi = ciphers.kdf(secret or mrz_secret(), 3, suite.cipher)
    nonce = ciphers.decrypt(suite.cipher, k_pi, step(terminal, None))
    generator, mapping_key = mapped(terminal, suite, nonce)
    private = 1 + int.from_bytes(terminal.random(40)) % (suite.group.n - 1)
    mine = generator * private
    theirs = decoded(suite, step(terminal, 0x83, mine.encode()))
    shared = (theirs * private).x_bytes
    enc, mac = ciphers.derive_keys(shared, suite.cipher)
    answer = answered(terminal, 0x85, token(suite, mac, theirs), "00")
    assert answer.pop(0x86) == token(suite, mac, mine)
    proof = answer.pop(0x8A, None)
    assert not answer
    terminal.protection = Protection(suite.cipher, enc, mac)
    return Outcome(shared, mapping_key, proof)


def begin(
    terminal: Terminal, suite: PaceSuite, reference: int = 1, parameter_id: int | None = None
) -> None:
    request = tlv.build(0x80, suite.oid) + bytes((0x83, 1, reference))
    if parameter_id is not None:
        request += bytes((0x84, 1, parameter_id))
    terminal.ok("0022C1A4", request)


def step(terminal: Terminal, tag: int | None, value: bytes = b"") -> bytes:
    """One GENERAL AUTHENTICATE of the chain; the value of the only object in the answer."""
    ((found, result),) = answered(terminal, tag, value, "10").items()
    assert found == (0x80 if tag is None else tag + 1)
    return result


def answered(terminal: Terminal, tag: int | None, value: bytes, cla: str) -> dict[int, bytes]:
    inner = b"" if tag is None else tlv.build(tag, value)
    data = tlv.build(0x7C, inner)
    found = terminal.ok(cla + "860000", data, 65536 if len(data) > 200 else 256)
    children = tlv.parse_one(found, 0x7C, where="answer").children()
    assert len({child.tag for child in children}) == len(children)
    return {child.tag: child.value for child in children}


def mapped(terminal: Terminal, suite: PaceSuite, nonce: bytes) -> tuple[Element, Element | None]:
    """The mapped generator, and the chip's mapping key where there is one."""
    if suite.mapping == "IM":
        assert len(nonce) == {16: 16, 24: 32, 32: 32}[suite.cipher.key_size]
        additional = terminal.random(suite.cipher.key_size)
        assert step(terminal, 0x81, additional) == b""
        return integrated(suite, nonce, additional), None
    base = generator(suite)
    private = 1 + int.from_bytes(terminal.random(40)) % (suite.group.n - 1)
    theirs = decoded(suite, step(terminal, 0x81, (base * private).encode()))
    return base * int.from_bytes(nonce) + theirs * private, theirs


def generator(suite: PaceSuite) -> Element:
    group = suite.group
    if isinstance(group, ModpGroup):
        return Integer(group.p, group.g)
    assert isinstance(group, Curve)
    return Point(group, group.x, group.y)


def decoded(suite: PaceSuite, data: bytes) -> Element:
    group = suite.group
    if isinstance(group, Curve):
        return group.decode(data, where="terminal")
    assert data[0]
    assert pow(int.from_bytes(data), group.n, group.p) == 1
    return Integer(group.p, int.from_bytes(data))


def token(suite: PaceSuite, mac: bytes, key: Element) -> bytes:
    tag = 0x86 if isinstance(suite.group, Curve) else 0x84
    content = tlv.build(0x06, suite.oid) + tlv.build(tag, key.encode())
    return ciphers.mac(suite.cipher, mac, tlv.build(0x7F49, content))


def integrated(suite: PaceSuite, nonce: bytes, additional: bytes) -> Element:
    """§4.4.3.3.2 and Appendix B.3."""
    group = suite.group
    seed = random_function(suite.cipher, nonce, additional, group.p.bit_length()) % group.p
    if isinstance(group, ModpGroup):
        return Integer(group.p, pow(seed, (group.p - 1) // group.n, group.p))
    assert isinstance(group, Curve)
    return jacobian_point(group, seed)


def random_function(cipher: Cipher, nonce: bytes, additional: bytes, bits: int) -> int:
    """The octets of R(s, t) as a number: figure 2, before it is reduced."""
    is_short = len(nonce) == 16
    width = 16 if is_short else 32
    c0, c1 = (C0_SHORT, C1_SHORT) if is_short else (C0_LONG, C1_LONG)
    key = cbc(cipher, additional, nonce)
    rounds = -(-(bits + 64) // (8 * width))
    output = []
    for _ in range(rounds):
        output.append(cbc(cipher, key, c1.to_bytes(width)))
        key = cbc(cipher, key, c0.to_bytes(width))
    return int.from_bytes(b"".join(output))


def cbc(cipher: Cipher, key: bytes, data: bytes) -> bytes:
    if cipher is Cipher.TDES:
        return DES3.new(key, DES3.MODE_CBC, bytes(8)).encrypt(data)
    return AES.new(key[: cipher.key_size], AES.MODE_CBC, bytes(16)).encrypt(data)


def jacobian_point(curve: Curve, t: int) -> Point:
    a, b, p = curve.a, curve.b, curve.p
    alpha = -(t**2) % p
    z = a * (alpha + alpha**2) % p
    x2 = -b * z * (1 + alpha + alpha**2) % p
    x3 = alpha * x2 % p
    h2 = (x2**3 + a * x2 * z**4 + b * z**6) % p
    u = -alpha * t * h2 % p
    root = pow(h2, p - 1 - (p + 1) // 4, p)
    is_square = root**2 * h2 % p == 1
    x, y = (x2, root * h2 % p) if is_square else (x3, root * u % p)
    inverse = pow(z, p - 2, p)
    return Point(curve, x * inverse**2 % p, y * inverse**3 % p)
