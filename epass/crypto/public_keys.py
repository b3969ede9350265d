"""Public keys as elements of a group that epass knows in full: nothing else can be computed with.

Source: ICAO Doc 9303-11 §9.5 (domain parameters), §9.6 table 13 (key agreement); RFC 5480 §2.2,
RFC 3279 §2.3.3 and PKCS #3 §9 (encodings). Parameters of an issuer's own are refused: nobody has
shown that they are good, and whoever made them may have seen to it that they are not.
"""

from epass import asn1, tlv
from epass.crypto import ec, modp
from epass.crypto.group import Element
from epass.errors import FormatError, UnsupportedError

INTEGER = 0x02
COMPRESSED = (2, 3)  # the first byte, RFC 5480 §2.2


def element(key: asn1.PublicKey, *, where: str) -> Element:
    """The key, validated, for a key agreement.

    Raises:
        UnsupportedError: its algorithm or domain parameters are none of ours; it is said which.
        FormatError: it is no element of its group, or it is a key for signatures.
    """
    if isinstance(key, asn1.DhKey):
        return _public_value(modp.by_parameters(p=key.p, g=key.g, q=key.q), key.y, where)
    if isinstance(key, asn1.StandardizedKey):
        group = modp.by_parameter_id(key.parameter_id)
        return (
            _public_value(group, _integer(key.value, where), where)
            if group
            else point(key, where=where)
        )
    if isinstance(key, asn1.RsaKey):
        raise FormatError("an RSA key, which is for signatures", where)
    return point(key, where=where)


def point(key: asn1.PublicKey, *, where: str) -> ec.Point:
    """The key, validated, on a curve.

    Raises:
        UnsupportedError: algorithm or curve are none of ours, or the point is compressed.
        FormatError: it is no EC key, or no point of its curve.
    """
    if isinstance(key, asn1.OtherKey):
        raise UnsupportedError(f"public key of algorithm {key.algorithm.oid}")
    if isinstance(key, asn1.StandardizedKey):
        curve, encoded = _standardized(key.parameter_id), key.value
    elif isinstance(key, asn1.EcKey):
        curve, encoded = _curve(key.curve), key.point
    else:
        raise FormatError("no EC key", where)
    if len(encoded) == 1 + curve.size and encoded[0] in COMPRESSED:
        raise UnsupportedError("public key in compressed form")
    return curve.decode(encoded, where=where)


def _public_value(group: modp.ModpGroup | None, y: int, where: str) -> modp.ModpElement:
    if group is None:
        raise UnsupportedError("Diffie-Hellman parameters that equal no known group")
    return modp.ModpElement(group, y, where)


def _integer(encoded: bytes, where: str) -> int:
    return int.from_bytes(tlv.parse_one(encoded, INTEGER, where=where).value, signed=True)


def _standardized(number: int) -> ec.Curve:
    curve = ec.by_parameter_id(number)
    if curve is None:
        raise UnsupportedError(f"standardized domain parameters {number}")
    return curve


def _curve(given: str | asn1.ExplicitCurve) -> ec.Curve:
    if isinstance(given, str):
        curve = ec.by_oid(given)
        if curve is None:
            raise UnsupportedError(f"elliptic curve {given}")
        return curve
    curve = ec.by_parameters(
        p=given.p,
        a=given.a,
        b=given.b,
        generator=given.generator,
        n=given.n,
        cofactor=given.cofactor,
    )
    if curve is None:
        raise UnsupportedError("elliptic curve with parameters that equal no known curve")
    return curve
