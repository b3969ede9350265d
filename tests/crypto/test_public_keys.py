"""Public keys as elements of a group: each encoding of every group, and each reason to refuse."""

import pytest

from epass import asn1
from epass.crypto import ec, modp, public_keys
from epass.crypto.group import Element
from epass.errors import FormatError, UnsupportedError
from epass.sim import der

SCALAR = 0x1234567
GROUP, P_256 = modp.GROUPS[0], ec.CURVES[4]


def element(key: asn1.PublicKey) -> Element:
    return public_keys.element(key, where="DG14")


def explicit(curve: ec.Curve, cofactor: int = 1) -> asn1.ExplicitCurve:
    generator = curve.generator.encode()
    return asn1.ExplicitCurve(curve.p, curve.a, curve.b, generator, curve.n, cofactor)


@pytest.mark.parametrize("curve", ec.CURVES, ids=lambda curve: curve.name)
def test_a_key_on_every_curve_in_every_encoding(curve: ec.Curve) -> None:
    public = curve.generator * SCALAR
    point = public.encode()
    for key in (
        asn1.EcKey(curve.oid, point),
        asn1.EcKey(explicit(curve), point),
        asn1.StandardizedKey(curve.parameter_id, point),
    ):
        assert element(key) == public_keys.point(key, where="DG14") == public
        assert element(key).group is curve


@pytest.mark.parametrize("group", modp.GROUPS, ids=lambda group: group.name)
def test_a_key_in_every_modp_group_in_every_encoding(group: modp.ModpGroup) -> None:
    public = group.generator * SCALAR
    for key in (
        asn1.DhKey(group.p, group.g, group.q, public.y),
        asn1.DhKey(group.p, group.g, None, public.y),
        asn1.StandardizedKey(group.parameter_id, der.integer(public.y)),
    ):
        assert element(key) == public
        with pytest.raises(FormatError if isinstance(key, asn1.DhKey) else UnsupportedError):
            public_keys.point(key, where="DG14")


OTHER = asn1.OtherKey(asn1.Algorithm("1.3.101.110"))
POINT = (P_256.generator * SCALAR).encode()


@pytest.mark.parametrize(
    ("key", "message"),
    [
        (OTHER, "public key of algorithm 1.3.101.110"),
        (asn1.EcKey("1.3.132.0.10", POINT), "elliptic curve 1.3.132.0.10"),
        (
            asn1.EcKey(explicit(P_256, cofactor=2), POINT),
            "elliptic curve with parameters that equal no known curve",
        ),
        (asn1.EcKey(P_256.oid, b"\x02" + POINT[1:33]), "public key in compressed form"),
        (
            asn1.DhKey(GROUP.p, GROUP.g + 1, GROUP.q, 4),
            "Diffie-Hellman parameters that equal no known group",
        ),
        (
            asn1.DhKey(GROUP.p, GROUP.g, GROUP.q - 1, 4),
            "Diffie-Hellman parameters that equal no known group",
        ),
        (asn1.StandardizedKey(3, POINT), "standardized domain parameters 3"),
        (asn1.StandardizedKey(-1, POINT), "standardized domain parameters -1"),
    ],
)
def test_what_epass_does_not_know(key: asn1.PublicKey, message: str) -> None:
    with pytest.raises(UnsupportedError) as caught:
        element(key)
    assert caught.value.message == message


@pytest.mark.parametrize(
    ("key", "message"),
    [
        (asn1.RsaKey("1.2.840.113549.1.1.1", 15, 3), "an RSA key, which is for signatures"),
        (asn1.EcKey(P_256.oid, POINT[:-1]), "not an uncompressed point of P-256"),
        (asn1.EcKey(P_256.oid, b"\x00"), "not an uncompressed point of P-256"),
        (asn1.EcKey(P_256.oid, POINT[:-1] + b"?"), "not a point of P-256"),
        (asn1.EcKey(ec.CURVES[5].oid, POINT), "not a point of brainpoolP256r1"),
        (asn1.StandardizedKey(13, POINT), "not a point of brainpoolP256r1"),
        (asn1.DhKey(GROUP.p, GROUP.g, GROUP.q, 1), f"not from 2 to p - 1 of {GROUP.name}"),
        (asn1.DhKey(GROUP.p, GROUP.g, GROUP.q, GROUP.p), f"not from 2 to p - 1 of {GROUP.name}"),
        (asn1.DhKey(GROUP.p, GROUP.g, None, GROUP.p - 1), f"not in the subgroup of {GROUP.name}"),
        (asn1.StandardizedKey(0, der.integer(-4)), f"not from 2 to p - 1 of {GROUP.name}"),
        (asn1.StandardizedKey(0, POINT), "the tag is 04, not 02"),
        (asn1.StandardizedKey(0, b""), "empty"),
    ],
)
def test_what_is_no_key_of_its_group(key: asn1.PublicKey, message: str) -> None:
    with pytest.raises(FormatError) as caught:
        element(key)
    assert (caught.value.where, caught.value.problem) == ("DG14", message)


def test_a_point_is_asked_of_another_key() -> None:
    for key in (asn1.RsaKey("1.2.840.113549.1.1.1", 15, 3), asn1.DhKey(23, 5, None, 4)):
        with pytest.raises(FormatError, match="DG15: no EC key"):
            public_keys.point(key, where="DG15")
