"""Signatures and keys that only look right: ECDSA, and whose they are."""

from dataclasses import replace

from epass.crypto.ec import Curve
from epass.lds.names import File
from epass.sim import der
from epass.sim.attacks.groups import CHIP, NILSSON
from epass.sim.attacks.posing import NOT_ITS, Posing, certified_by
from epass.sim.attacks.workshop import Forgery, Workshop, attack
from epass.sim.certificates import Signer
from epass.sim.keys import (
    COFACTOR,
    DIGESTS,
    EC_PARAMETERS_VERSION,
    ID_EC_PUBLIC_KEY,
    PRIME_FIELD,
    EcKey,
)

SHA256 = DIGESTS["SHA-256"]
ED25519 = "1.3.101.112"  # RFC 8410


# --- any signature ----------------------------------------------------------------------------


@attack("signature-of-another", "Signed with another key.", "sod.signature", NOT_ITS, also=CHIP)
def _signature_of_another(shop: Workshop) -> Forgery:
    stolen = replace(shop.signer, key=shop.key("signer"))
    return shop.resigned(signer=stolen)


@attack(
    "signature-of-another-document",
    "The signature of another document of the same signer.",
    "sod.signature",
    NOT_ITS,
    also=CHIP,
)
def _signature_of_another_document(shop: Workshop) -> Forgery:
    other = shop.signer.key.sign(b"another document", shop.signer.digest)
    return shop.resigned(signature=other)


@attack(
    "signature-empty",
    "No byte of a signature.",
    "sod.signature",
    "not r and s in DER",
    also=CHIP,
)
def _signature_empty(shop: Workshop) -> Forgery:
    return shop.resigned(signature=b"")


# --- ECDSA ------------------------------------------------------------------------------------


def _ecdsa(r: int, s: int) -> bytes:
    return der.sequence(der.integer(r), der.integer(s))


def _curve(shop: Workshop) -> Curve:
    key = shop.signer.key
    assert isinstance(key, EcKey)  # noqa: S101 - as the scheme of the attack says
    return key.curve


@attack(
    "ecdsa-zero",
    "r and s are 0, which careless verifiers take (CVE-2022-21449).",
    "sod.signature",
    "r or s is not from 1 to n - 1",
    also=CHIP,
)
def _ecdsa_zero(shop: Workshop) -> Forgery:
    return shop.resigned(signature=_ecdsa(0, 0))


@attack(
    "ecdsa-order",
    "r and s are the order of the curve, which is 0 to its arithmetic.",
    "sod.signature",
    "r or s is not from 1 to n - 1",
    also=CHIP,
)
def _ecdsa_order(shop: Workshop) -> Forgery:
    return shop.resigned(signature=_ecdsa(_curve(shop).n, _curve(shop).n))


@attack(
    "ecdsa-half-zero",
    "Only s is 0.",
    "sod.signature",
    "r or s is not from 1 to n - 1",
    also=CHIP,
)
def _ecdsa_half_zero(shop: Workshop) -> Forgery:
    return shop.resigned(signature=_ecdsa(1, 0))


@attack(
    "ecdsa-negative",
    "r is less than 0.",
    "sod.signature",
    "r or s is not from 1 to n - 1",
    also=CHIP,
)
def _ecdsa_negative(shop: Workshop) -> Forgery:
    return shop.resigned(signature=_ecdsa(-1, 1))


@attack(
    "ecdsa-other-hash",
    "A signature by SHA-256 that claims to be by SHA-512.",
    "sod.signature",
    NOT_ITS,
    also=CHIP,
)
def _ecdsa_other_hash(shop: Workshop) -> Forgery:
    return shop.resigned(algorithm=der.sequence(der.oid(DIGESTS["SHA-512"].ecdsa)))


@attack(
    "unknown-algorithm",
    "A signature by an algorithm that Doc 9303 does not have.",
    "sod.signature",
    f"signature algorithm {ED25519}",
    outcome="unknown",
    also=CHIP,
)
def _unknown_algorithm(shop: Workshop) -> Forgery:
    return shop.resigned(algorithm=der.sequence(der.oid(ED25519)))


@attack(
    "ecdsa-padded",
    "r and s in an encoding that is not DER.",
    "sod.signature",
    "not r and s in DER",
    also=CHIP,
)
def _ecdsa_padded(shop: Workshop) -> Forgery:
    return shop.resigned(signature=_ecdsa(1, 1) + b"\x00")


def _posing_ec(shop: Workshop, point: bytes, parameters: bytes) -> Posing:
    algorithm = der.sequence(der.oid(ID_EC_PUBLIC_KEY), parameters)
    return Posing(shop.signer.key, point, algorithm)


@attack(
    "point-off-curve",
    "A public key that is no point of its curve.",
    "sod.signature",
    "public key: not a point of P-256",
    also=CHIP,
)
def _point_off_curve(shop: Workshop) -> Forgery:
    point = bytearray(shop.signer.key.public_key())
    point[-1] ^= 1
    return certified_by(shop, _posing_ec(shop, bytes(point), der.oid(_curve(shop).oid)))


@attack(
    "point-at-infinity",
    "The point at infinity as public key.",
    "sod.signature",
    "not an uncompressed point",
    also=CHIP,
)
def _point_at_infinity(shop: Workshop) -> Forgery:
    return certified_by(shop, _posing_ec(shop, b"\x00", der.oid(_curve(shop).oid)))


def explicit_parameters(
    curve: Curve,
    *,
    b: int | None = None,
    generator: bytes | None = None,
    n: int | None = None,
    cofactor: int = COFACTOR,
) -> bytes:
    """ECParameters of ``curve``, but for what is given."""
    numbers = (curve.a, curve.b if b is None else b)
    return der.sequence(
        der.integer(EC_PARAMETERS_VERSION),
        der.sequence(der.oid(PRIME_FIELD), der.integer(curve.p)),
        der.sequence(*(der.octet_string(value.to_bytes(curve.size)) for value in numbers)),
        der.octet_string(generator or curve.generator.encode()),
        der.integer(curve.n if n is None else n),
        der.integer(cofactor),
    )


@attack(
    "other-generator",
    "The victim's public key with a generator for which the forger knows a secret (CVE-2020-0601).",
    "sod.signature",
    "parameters that equal no known curve",
    outcome="unknown",
    also=CHIP,
)
def _other_generator(shop: Workshop) -> Forgery:
    curve, public = _curve(shop), shop.signer.key.public_key()
    # With the public key as generator, the secret of that public key is 1.
    return certified_by(
        shop, _posing_ec(shop, public, explicit_parameters(curve, generator=public))
    )


@attack(
    "other-parameters",
    "A curve of the forger's own in place of the known one.",
    "sod.signature",
    "parameters that equal no known curve",
    outcome="unknown",
    also=CHIP,
)
def _other_parameters(shop: Workshop) -> Forgery:
    curve = _curve(shop)
    return certified_by(
        shop,
        _posing_ec(shop, shop.signer.key.public_key(), explicit_parameters(curve, b=curve.b ^ 1)),
    )


@attack(
    "other-order",
    "The known curve with another order of its generator.",
    "sod.signature",
    "parameters that equal no known curve",
    outcome="unknown",
    also=CHIP,
)
def _other_order(shop: Workshop) -> Forgery:
    curve, public = _curve(shop), shop.signer.key.public_key()
    return certified_by(shop, _posing_ec(shop, public, explicit_parameters(curve, n=curve.n - 2)))


@attack(
    "other-cofactor",
    "The known curve with another cofactor.",
    "sod.signature",
    "parameters that equal no known curve",
    outcome="unknown",
    also=CHIP,
)
def _other_cofactor(shop: Workshop) -> Forgery:
    curve, public = _curve(shop), shop.signer.key.public_key()
    return certified_by(shop, _posing_ec(shop, public, explicit_parameters(curve, cofactor=2)))


@attack(
    "ecdsa-as-rsa",
    "An ECDSA signature that claims to be RSA.",
    "sod.signature",
    "no RSA key, but the signature is of RSA",
    also=CHIP,
)
def _ecdsa_as_rsa(shop: Workshop) -> Forgery:
    return shop.resigned(algorithm=der.sequence(der.oid(SHA256.rsa), der.NULL))


# --- whose it is ------------------------------------------------------------------------------


@attack(
    "sid-of-another",
    "EF.SOD names another signer than the certificate that it carries.",
    "sod.signer",
    "names another signer than the only certificate that it has",
    outcome="unknown",
)
def _sid_of_another(shop: Workshop) -> Forgery:
    certificate = shop.signer.certificate
    return shop.resigned(sid=der.sequence(certificate.issuer, der.integer(certificate.serial + 1)))


@attack(
    "two-of-one-name",
    "Two certificates that the signer's name fits.",
    "sod.signer",
    "the signer's name fits 2 certificates",
    also="sod.signature ds.path ds.profile ds.validity_at_signing ds.validity_now ds.revocation"
    f" dg1.country {CHIP}",
)
def _two_of_one_name(shop: Workshop) -> Forgery:
    other: Signer = shop.certified(
        lambda draft: replace(draft, serial=shop.signer.certificate.serial), key=shop.key("other")
    )
    both = (shop.signer.certificate.der, other.certificate.der)
    return shop.resigned(certificates=both)


@attack(
    "no-certificate",
    "EF.SOD without the certificate of its signer.",
    "sod.signer",
    "none of the 0 certificates",
    outcome="unknown",
    also="sod.signature ds.path ds.profile ds.validity_at_signing ds.validity_now ds.revocation"
    f" dg1.country {CHIP}",
)
def _no_certificate(shop: Workshop) -> Forgery:
    return shop.resigned(certificates=())


@attack(
    "files-of-two",
    "The portrait of another document with the EF.SOD of a third.",
    "dg1.hash",
    "not the one whose SHA-256 digest EF.SOD signs",
    also="dg2.hash",
)
def _files_of_two(shop: Workshop) -> Forgery:
    second = shop.issue(image="JPEG2000")
    third = shop.issue(holder=NILSSON, faces=2)
    return shop.forged({File.DG2: second.files[File.DG2], File.SOD: third.files[File.SOD]})
