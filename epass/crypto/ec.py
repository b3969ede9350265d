"""Elliptic curves of the eMRTD protocols: points that cannot exist off their curve.

Source: ICAO Doc 9303-11 §9.5.1 table 12 (parameter ids 8 to 18), §9.4.5 (encoding of points,
TR-03111); SEC 1, FIPS 186-4, RFC 5639 for the numbers. All eleven groups have a prime order, so
a point on the curve is in the group and none but infinity has a small order; infinity is no
``Point``.

Why our own: PACE adds points and multiplies generators of its own making, on all eleven curves,
which no maintained library offers. The arithmetic is not constant in time. The secret scalars
of a reader are ephemeral and used once, and the chip sees only whole responses of a terminal
over a link that is slower by orders of magnitude; keep long-term keys out of here.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Self

from epass.errors import FormatError

UNCOMPRESSED = 0x04
WINDOW = 4

_Jacobian = tuple[int, int, int]


@dataclass(frozen=True)
class Curve:
    """y² = x³ + ax + b over GF(p), with the base point (x, y) of prime order n and cofactor 1."""

    parameter_id: int
    name: str
    oid: str
    p: int = field(repr=False)
    a: int = field(repr=False)
    b: int = field(repr=False)
    x: int = field(repr=False)
    y: int = field(repr=False)
    n: int = field(repr=False)

    @property
    def size(self) -> int:
        """The length of a field element, in bytes."""
        return (self.p.bit_length() + 7) // 8

    @property
    def scalar_size(self) -> int:
        """The length of the order, in bytes."""
        return (self.n.bit_length() + 7) // 8

    @property
    def strength(self) -> int:
        """Security in bits: half of the length of the order (NIST SP 800-57 part 1 table 2)."""
        return self.n.bit_length() // 2

    @cached_property
    def generator(self) -> "Point":
        return Point(self, self.x, self.y)

    def decode(self, data: bytes, *, where: str) -> "Point":
        """The point of an uncompressed encoding, 04 || x || y.

        Raises:
            FormatError: another form or length, or the point is not on the curve.
        """
        if len(data) != 1 + 2 * self.size or data[0] != UNCOMPRESSED:
            raise FormatError(f"not an uncompressed point of {self.name}", where)
        x, y = data[1 : 1 + self.size], data[1 + self.size :]
        return Point(self, int.from_bytes(x), int.from_bytes(y), where)

    def scalar(self, random: Callable[[int], bytes]) -> int:
        """A secret scalar from 1 to n - 1, unbiased to 2^-64 (FIPS 186-4 §B.4.1)."""
        return 1 + int.from_bytes(random(self.size + 8)) % (self.n - 1)


@dataclass(frozen=True, slots=True)
class Point:
    """A point on its curve, never infinity.

    Raises:
        FormatError: the coordinates are not those of a point of the curve.
    """

    curve: Curve
    x: int = field(repr=False)
    y: int = field(repr=False)
    where: str = field(default="point", repr=False, compare=False)

    def __post_init__(self) -> None:
        curve, x, y = self.curve, self.x, self.y
        in_field = 0 <= x < curve.p and 0 <= y < curve.p
        if not in_field or (y * y - (x * x + curve.a) * x - curve.b) % curve.p:
            raise FormatError(f"not a point of {curve.name}", self.where)

    def encode(self) -> bytes:
        """04 || x || y, both of the full length of the field (TR-03111 §3.2.1)."""
        return bytes((UNCOMPRESSED,)) + self.x_bytes + self.y.to_bytes(self.curve.size)

    @property
    def group(self) -> Curve:
        return self.curve

    @property
    def shared_secret(self) -> bytes:
        """K of §9.7.1 where this point is what both sides agreed on: x alone."""
        return self.x_bytes

    @property
    def x_bytes(self) -> bytes:
        """x at the full length of the field: leading zeros stay (TR-03111 §3.1.3, FE2OS)."""
        return self.x.to_bytes(self.curve.size)

    def __neg__(self) -> Self:
        return type(self)(self.curve, self.x, -self.y % self.curve.p)

    def __add__(self, other: "Point") -> "Point":
        """Raises FormatError where the sum is infinity."""
        if self.curve != other.curve:
            raise ValueError("points of different curves")
        total = _add(self.curve, (self.x, self.y, 1), (other.x, other.y, 1))
        return _affine(self.curve, total)

    def __mul__(self, scalar: int) -> "Point":
        """Raises FormatError where the product is infinity."""
        return _affine(self.curve, _multiply(self.curve, (self.x, self.y, 1), scalar))


def _multiply(curve: Curve, base: _Jacobian, scalar: int) -> _Jacobian:
    """Fixed windows of four bits, from the left."""
    table = [(0, 1, 0), base]
    while len(table) < 1 << WINDOW:
        table.append(_add(curve, table[-1], base))
    total = (0, 1, 0)
    scalar %= curve.n
    for shift in range(curve.n.bit_length() // WINDOW * WINDOW, -1, -WINDOW):
        for _ in range(WINDOW):
            total = _double(curve, total)
        total = _add(curve, total, table[scalar >> shift & (1 << WINDOW) - 1])
    return total


def _double(curve: Curve, point: _Jacobian) -> _Jacobian:
    x, y, z = point
    if not z or not y:
        return 0, 1, 0
    p = curve.p
    yy = y * y % p
    s = 4 * x * yy % p
    zz = z * z % p
    m = (3 * x * x + curve.a * zz * zz) % p
    x3 = (m * m - 2 * s) % p
    return x3, (m * (s - x3) - 8 * yy * yy) % p, 2 * y * z % p


def _add(curve: Curve, left: _Jacobian, right: _Jacobian) -> _Jacobian:
    if not left[2]:
        return right
    if not right[2]:
        return left
    p = curve.p
    (x1, y1, z1), (x2, y2, z2) = left, right
    zz1, zz2 = z1 * z1 % p, z2 * z2 % p
    u1, s1 = x1 * zz2 % p, y1 * z2 * zz2 % p
    h, r = (x2 * zz1 - u1) % p, (y2 * z1 * zz1 - s1) % p
    if not h:
        return (0, 1, 0) if r else _double(curve, left)
    hh = h * h % p
    hhh, v = h * hh % p, u1 * hh % p
    x3 = (r * r - hhh - 2 * v) % p
    return x3, (r * (v - x3) - s1 * hhh) % p, z1 * z2 * h % p


def _affine(curve: Curve, point: _Jacobian) -> Point:
    x, y, z = point
    if not z:
        raise FormatError("the result is the point at infinity", curve.name)
    inverse = pow(z, -1, curve.p)
    square = inverse * inverse % curve.p
    return Point(curve, x * square % curve.p, y * square * inverse % curve.p)


def by_parameter_id(number: int) -> Curve | None:
    """The curve of Doc 9303-11 table 12, or None for the numbers that are no curve."""
    return next((curve for curve in CURVES if curve.parameter_id == number), None)


def by_oid(oid: str) -> Curve | None:
    """The curve that a certificate or key names, or None."""
    return next((curve for curve in CURVES if curve.oid == oid), None)


def by_name(name: str) -> Curve | None:
    """The curve called ``name`` ("P-256", "brainpoolP256r1"), or None."""
    return next((curve for curve in CURVES if curve.name == name), None)


def by_parameters(
    *, p: int, a: int, b: int, generator: bytes, n: int, cofactor: int
) -> Curve | None:
    """The curve that equals explicit parameters in full, or None.

    Anything less than all of them lets a forger keep the victim's public key and choose the
    generator (CVE-2020-0601). ``generator`` is uncompressed.
    """
    for curve in CURVES:
        known = (curve.p, curve.a, curve.b, curve.generator.encode(), curve.n, 1)
        if known == (p, a % p if p else a, b, generator, n, cofactor):
            return curve
    return None


def _curve(number: int, name: str, oid: str, **parameters: str) -> Curve:
    values = {key: int(value, 16) for key, value in parameters.items()}
    return Curve(number, name, oid, **values)


# FIPS 186-4 §D.1.2 and RFC 5639 §3; tests compare every number with two other libraries.
CURVES = (
    _curve(
        8,
        "P-192",
        "1.2.840.10045.3.1.1",
        p="FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEFFFFFFFFFFFFFFFF",
        a="FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEFFFFFFFFFFFFFFFC",
        b="64210519E59C80E70FA7E9AB72243049FEB8DEECC146B9B1",
        x="188DA80EB03090F67CBF20EB43A18800F4FF0AFD82FF1012",
        y="07192B95FFC8DA78631011ED6B24CDD573F977A11E794811",
        n="FFFFFFFFFFFFFFFFFFFFFFFF99DEF836146BC9B1B4D22831",
    ),
    _curve(
        9,
        "brainpoolP192r1",
        "1.3.36.3.3.2.8.1.1.3",
        p="C302F41D932A36CDA7A3463093D18DB78FCE476DE1A86297",
        a="6A91174076B1E0E19C39C031FE8685C1CAE040E5C69A28EF",
        b="469A28EF7C28CCA3DC721D044F4496BCCA7EF4146FBF25C9",
        x="C0A0647EAAB6A48753B033C56CB0F0900A2F5C4853375FD6",
        y="14B690866ABD5BB88B5F4828C1490002E6773FA2FA299B8F",
        n="C302F41D932A36CDA7A3462F9E9E916B5BE8F1029AC4ACC1",
    ),
    _curve(
        10,
        "P-224",
        "1.3.132.0.33",
        p="FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF000000000000000000000001",
        a="FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFE",
        b="B4050A850C04B3ABF54132565044B0B7D7BFD8BA270B39432355FFB4",
        x="B70E0CBD6BB4BF7F321390B94A03C1D356C21122343280D6115C1D21",
        y="BD376388B5F723FB4C22DFE6CD4375A05A07476444D5819985007E34",
        n="FFFFFFFFFFFFFFFFFFFFFFFFFFFF16A2E0B8F03E13DD29455C5C2A3D",
    ),
    _curve(
        11,
        "brainpoolP224r1",
        "1.3.36.3.3.2.8.1.1.5",
        p="D7C134AA264366862A18302575D1D787B09F075797DA89F57EC8C0FF",
        a="68A5E62CA9CE6C1C299803A6C1530B514E182AD8B0042A59CAD29F43",
        b="2580F63CCFE44138870713B1A92369E33E2135D266DBB372386C400B",
        x="0D9029AD2C7E5CF4340823B2A87DC68C9E4CE3174C1E6EFDEE12C07D",
        y="58AA56F772C0726F24C6B89E4ECDAC24354B9E99CAA3F6D3761402CD",
        n="D7C134AA264366862A18302575D0FB98D116BC4B6DDEBCA3A5A7939F",
    ),
    _curve(
        12,
        "P-256",
        "1.2.840.10045.3.1.7",
        p="FFFFFFFF00000001000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFF",
        a="FFFFFFFF00000001000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFC",
        b="5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B",
        x="6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296",
        y="4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5",
        n="FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551",
    ),
    _curve(
        13,
        "brainpoolP256r1",
        "1.3.36.3.3.2.8.1.1.7",
        p="A9FB57DBA1EEA9BC3E660A909D838D726E3BF623D52620282013481D1F6E5377",
        a="7D5A0975FC2C3057EEF67530417AFFE7FB8055C126DC5C6CE94A4B44F330B5D9",
        b="26DC5C6CE94A4B44F330B5D9BBD77CBF958416295CF7E1CE6BCCDC18FF8C07B6",
        x="8BD2AEB9CB7E57CB2C4B482FFC81B7AFB9DE27E1E3BD23C23A4453BD9ACE3262",
        y="547EF835C3DAC4FD97F8461A14611DC9C27745132DED8E545C1D54C72F046997",
        n="A9FB57DBA1EEA9BC3E660A909D838D718C397AA3B561A6F7901E0E82974856A7",
    ),
    _curve(
        14,
        "brainpoolP320r1",
        "1.3.36.3.3.2.8.1.1.9",
        p="D35E472036BC4FB7E13C785ED201E065F98FCFA6F6F40DEF4F92B9EC7893EC28FCD412B1F1B32E27",
        a="3EE30B568FBAB0F883CCEBD46D3F3BB8A2A73513F5EB79DA66190EB085FFA9F492F375A97D860EB4",
        b="520883949DFDBC42D3AD198640688A6FE13F41349554B49ACC31DCCD884539816F5EB4AC8FB1F1A6",
        x="43BD7E9AFB53D8B85289BCC48EE5BFE6F20137D10A087EB6E7871E2A10A599C710AF8D0D39E20611",
        y="14FDD05545EC1CC8AB4093247F77275E0743FFED117182EAA9C77877AAAC6AC7D35245D1692E8EE1",
        n="D35E472036BC4FB7E13C785ED201E065F98FCFA5B68F12A32D482EC7EE8658E98691555B44C59311",
    ),
    _curve(
        15,
        "P-384",
        "1.3.132.0.34",
        p="FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFE"
        "FFFFFFFF0000000000000000FFFFFFFF",
        a="FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFE"
        "FFFFFFFF0000000000000000FFFFFFFC",
        b="B3312FA7E23EE7E4988E056BE3F82D19181D9C6EFE8141120314088F5013875A"
        "C656398D8A2ED19D2A85C8EDD3EC2AEF",
        x="AA87CA22BE8B05378EB1C71EF320AD746E1D3B628BA79B9859F741E082542A38"
        "5502F25DBF55296C3A545E3872760AB7",
        y="3617DE4A96262C6F5D9E98BF9292DC29F8F41DBD289A147CE9DA3113B5F0B8C0"
        "0A60B1CE1D7E819D7A431D7C90EA0E5F",
        n="FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFC7634D81F4372DDF"
        "581A0DB248B0A77AECEC196ACCC52973",
    ),
    _curve(
        16,
        "brainpoolP384r1",
        "1.3.36.3.3.2.8.1.1.11",
        p="8CB91E82A3386D280F5D6F7E50E641DF152F7109ED5456B412B1DA197FB71123"
        "ACD3A729901D1A71874700133107EC53",
        a="7BC382C63D8C150C3C72080ACE05AFA0C2BEA28E4FB22787139165EFBA91F90F"
        "8AA5814A503AD4EB04A8C7DD22CE2826",
        b="04A8C7DD22CE28268B39B55416F0447C2FB77DE107DCD2A62E880EA53EEB62D5"
        "7CB4390295DBC9943AB78696FA504C11",
        x="1D1C64F068CF45FFA2A63A81B7C13F6B8847A3E77EF14FE3DB7FCAFE0CBD10E8"
        "E826E03436D646AAEF87B2E247D4AF1E",
        y="8ABE1D7520F9C2A45CB1EB8E95CFD55262B70B29FEEC5864E19C054FF9912928"
        "0E4646217791811142820341263C5315",
        n="8CB91E82A3386D280F5D6F7E50E641DF152F7109ED5456B31F166E6CAC0425A7"
        "CF3AB6AF6B7FC3103B883202E9046565",
    ),
    _curve(
        17,
        "brainpoolP512r1",
        "1.3.36.3.3.2.8.1.1.13",
        p="AADD9DB8DBE9C48B3FD4E6AE33C9FC07CB308DB3B3C9D20ED6639CCA70330871"
        "7D4D9B009BC66842AECDA12AE6A380E62881FF2F2D82C68528AA6056583A48F3",
        a="7830A3318B603B89E2327145AC234CC594CBDD8D3DF91610A83441CAEA9863BC"
        "2DED5D5AA8253AA10A2EF1C98B9AC8B57F1117A72BF2C7B9E7C1AC4D77FC94CA",
        b="3DF91610A83441CAEA9863BC2DED5D5AA8253AA10A2EF1C98B9AC8B57F1117A7"
        "2BF2C7B9E7C1AC4D77FC94CADC083E67984050B75EBAE5DD2809BD638016F723",
        x="81AEE4BDD82ED9645A21322E9C4C6A9385ED9F70B5D916C1B43B62EEF4D0098E"
        "FF3B1F78E2D0D48D50D1687B93B97D5F7C6D5047406A5E688B352209BCB9F822",
        y="7DDE385D566332ECC0EABFA9CF7822FDF209F70024A57B1AA000C55B881F8111"
        "B2DCDE494A5F485E5BCA4BD88A2763AED1CA2B2FA8F0540678CD1E0F3AD80892",
        n="AADD9DB8DBE9C48B3FD4E6AE33C9FC07CB308DB3B3C9D20ED6639CCA70330870"
        "553E5C414CA92619418661197FAC10471DB1D381085DDADDB58796829CA90069",
    ),
    _curve(
        18,
        "P-521",
        "1.3.132.0.35",
        p="01FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF"
        "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF"
        "FFFF",
        a="01FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF"
        "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF"
        "FFFC",
        b="0051953EB9618E1C9A1F929A21A0B68540EEA2DA725B99B315F3B8B489918EF1"
        "09E156193951EC7E937B1652C0BD3BB1BF073573DF883D2C34F1EF451FD46B50"
        "3F00",
        x="00C6858E06B70404E9CD9E3ECB662395B4429C648139053FB521F828AF606B4D"
        "3DBAA14B5E77EFE75928FE1DC127A2FFA8DE3348B3C1856A429BF97E7E31C2E5"
        "BD66",
        y="011839296A789A3BC0045C8A5FB42C7D1BD998F54449579B446817AFBD17273E"
        "662C97EE72995EF42640C550B9013FAD0761353C7086A272C24088BE94769FD1"
        "6650",
        n="01FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF"
        "FFFA51868783BF2F966B7FCC0148F709A5D03BB5C9B8899C47AEBB6FB71E9138"
        "6409",
    ),
)
