"""RSA signatures and keys that only look right: PKCS#1 v1.5 and PSS."""

from dataclasses import dataclass

from epass.sim import der
from epass.sim.attacks.groups import CHIP
from epass.sim.attacks.objects import MD5
from epass.sim.attacks.posing import NOT_ITS, Posing, certified_by
from epass.sim.attacks.workshop import Forgery, Workshop, attack
from epass.sim.cms import default_attributes
from epass.sim.keys import DIGESTS, Digest, SigningKey
from epass.sim.rsa import ID_MGF1, ID_RSASSA_PSS, RSA_ENCRYPTION, RsaKey, emsa_pkcs1, generate
from epass.sim.scheme import Scheme

RSA, PSS = Scheme(signature="RSA"), Scheme(signature="RSA-PSS")
TINY, SMALL = 512, 3  # bits of a modulus, an exponent


def _rsa(shop: Workshop) -> RsaKey:
    key = shop.signer.key
    assert isinstance(key, RsaKey)  # noqa: S101 - as the scheme of the attack says
    return key


def _posing_rsa(true: SigningKey, modulus: int, exponent: int) -> Posing:
    shown = der.sequence(der.integer(modulus), der.integer(exponent))
    return Posing(true, shown, der.sequence(der.oid(RSA_ENCRYPTION), der.NULL))


@attack(
    "rsa-exponent-1",
    "An exponent of 1, under which every message is its own signature.",
    "sod.signature",
    "the exponent is not that of an RSA key",
    also=CHIP,
    scheme=RSA,
)
def _rsa_exponent_1(shop: Workshop) -> Forgery:
    return certified_by(shop, _posing_rsa(_rsa(shop), _rsa(shop).modulus, 1))


@attack(
    "rsa-even-modulus",
    "A modulus that anybody can factor.",
    "sod.signature",
    "not the product of two primes",
    also=CHIP,
    scheme=RSA,
)
def _rsa_even_modulus(shop: Workshop) -> Forgery:
    return certified_by(shop, _posing_rsa(_rsa(shop), _rsa(shop).modulus - 1, 65537))


@attack(
    "rsa-tiny",
    "A modulus of 512 bits, which is factored in hours.",
    "sod.signature",
    "RSA key of 512 bits",
    outcome="unknown",
    also=CHIP,
    scheme=RSA,
)
def _rsa_tiny(shop: Workshop) -> Forgery:
    return certified_by(shop, generate(b"tiny", bits=TINY))


@dataclass(frozen=True)
class CubeRoot:
    """Bleichenbacher's forgery of 2006: under the exponent 3, a cube whose first bytes look like a
    padded digest is a signature to whoever does not look at the last ones. No secret is needed.
    """

    modulus: int

    def public_key(self) -> bytes:
        return der.sequence(der.integer(self.modulus), der.integer(SMALL))

    def key_algorithm(self) -> bytes:
        return der.sequence(der.oid(RSA_ENCRYPTION), der.NULL)

    def signature_algorithm(self, digest: Digest) -> bytes:
        return der.sequence(der.oid(digest.rsa), der.NULL)

    def sign(self, message: bytes, digest: Digest) -> bytes:
        size = (self.modulus.bit_length() + 7) // 8
        short = emsa_pkcs1(digest.of(message), digest, 64)  # little padding, the digest early
        target = int.from_bytes(short + b"\xff" * (size - len(short)))
        return _cube_root(target).to_bytes(size)


def _cube_root(value: int) -> int:
    low, high = 0, 1 << (value.bit_length() // 3 + 1)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if middle**SMALL <= value else (low, middle - 1)
    return low


@attack(
    "rsa-cube-root",
    "A signature that is the cube root of a padded digest (Bleichenbacher 2006).",
    "sod.signature",
    NOT_ITS,
    also=CHIP,
    scheme=RSA,
)
def _rsa_cube_root(shop: Workshop) -> Forgery:
    return certified_by(shop, CubeRoot(_rsa(shop).modulus))


@attack(
    "md5-signature",
    "A signature by MD5, for which certificates with one digest have been made.",
    "sod.signature",
    "signature algorithm 1.2.840.113549.1.1.4",
    outcome="unknown",
    also=CHIP,
    scheme=RSA,
)
def _md5_signature(shop: Workshop) -> Forgery:
    return shop.resigned(algorithm=der.sequence(der.oid(MD5.rsa), der.NULL))


@attack(
    "rsa-too-long",
    "A signature with a zero byte before it.",
    "sod.signature",
    "257 bytes, where the modulus has 256",
    also=CHIP,
    scheme=RSA,
)
def _rsa_too_long(shop: Workshop) -> Forgery:
    right = shop.draft(shop.groups, shop.signer)
    signed = shop.signer.key.sign(der.set_of(default_attributes(right)), shop.signer.digest)
    return shop.resigned(signature=b"\x00" + signed)


@attack(
    "rsa-above-modulus",
    "A signature that is not less than the modulus.",
    "sod.signature",
    "not less than the modulus",
    also=CHIP,
    scheme=RSA,
)
def _rsa_above_modulus(shop: Workshop) -> Forgery:
    return shop.resigned(signature=b"\xff" * _rsa(shop).size)


def _pss(hashing: Digest, mask: Digest, salt: int, *more: bytes) -> bytes:
    return der.sequence(
        der.oid(ID_RSASSA_PSS),
        der.sequence(
            der.explicit(0, hashing.identifier(der.NULL)),
            der.explicit(1, der.sequence(der.oid(ID_MGF1), mask.identifier(der.NULL))),
            der.explicit(2, der.integer(salt)),
            *more,
        ),
    )


SHA256, SHA512 = DIGESTS["SHA-256"], DIGESTS["SHA-512"]


@attack(
    "pss-other-hash",
    "PSS parameters that name another hash function.",
    "sod.signature",
    NOT_ITS,
    also=CHIP,
    scheme=PSS,
)
def _pss_other_hash(shop: Workshop) -> Forgery:
    return shop.resigned(algorithm=_pss(SHA512, SHA512, 64))


@attack(
    "pss-other-mask",
    "PSS parameters whose mask is by another hash function.",
    "sod.signature",
    NOT_ITS,
    also=CHIP,
    scheme=PSS,
)
def _pss_other_mask(shop: Workshop) -> Forgery:
    return shop.resigned(algorithm=_pss(SHA256, SHA512, 32))


@attack(
    "pss-other-salt",
    "PSS parameters with a shorter salt.",
    "sod.signature",
    NOT_ITS,
    also=CHIP,
    scheme=PSS,
)
def _pss_other_salt(shop: Workshop) -> Forgery:
    return shop.resigned(algorithm=_pss(SHA256, SHA256, 20))


@attack(
    "pss-as-pkcs1",
    "A PSS signature that claims to be PKCS#1 v1.5.",
    "sod.signature",
    NOT_ITS,
    also=CHIP,
    scheme=PSS,
)
def _pss_as_pkcs1(shop: Workshop) -> Forgery:
    return shop.resigned(algorithm=der.sequence(der.oid(SHA256.rsa), der.NULL))


@attack(
    "pkcs1-as-pss",
    "A PKCS#1 v1.5 signature that claims to be PSS.",
    "sod.signature",
    NOT_ITS,
    also=CHIP,
    scheme=RSA,
)
def _pkcs1_as_pss(shop: Workshop) -> Forgery:
    return shop.resigned(algorithm=_pss(SHA256, SHA256, 32))


@attack(
    "pss-other-trailer",
    "PSS parameters with a trailer that the standard does not have.",
    "sod.signature",
    "the PSS trailer field is not 1",
    also=CHIP,
    scheme=PSS,
)
def _pss_other_trailer(shop: Workshop) -> Forgery:
    return shop.resigned(algorithm=_pss(SHA256, SHA256, 32, der.explicit(3, der.integer(2))))


def _restricted(shop: Workshop, scheme: bytes) -> Posing:
    """The signer's key with a certificate that allows it no other ``scheme``."""
    return Posing(_rsa(shop), _rsa(shop).public_key(), scheme)


@attack(
    "pss-key-for-another-hash",
    "The certificate restricts the key to SHA-512; EF.SOD is signed by SHA-256.",
    "sod.signature",
    "not those to which the key is restricted",
    also=CHIP,
    scheme=PSS,
)
def _pss_key_for_another_hash(shop: Workshop) -> Forgery:
    return certified_by(shop, _restricted(shop, _pss(SHA512, SHA512, 64)))


@attack(
    "pss-key-for-another-mask",
    "The certificate restricts the key to another mask.",
    "sod.signature",
    "not those to which the key is restricted",
    also=CHIP,
    scheme=PSS,
)
def _pss_key_for_another_mask(shop: Workshop) -> Forgery:
    return certified_by(shop, _restricted(shop, _pss(SHA256, SHA512, 32)))


@attack(
    "pss-key-for-longer-salt",
    "The certificate asks for a longer salt than EF.SOD is signed with.",
    "sod.signature",
    "not those to which the key is restricted",
    also=CHIP,
    scheme=PSS,
)
def _pss_key_for_longer_salt(shop: Workshop) -> Forgery:
    return certified_by(shop, _restricted(shop, _pss(SHA256, SHA256, 64)))


@attack(
    "pss-key-for-pkcs1",
    "A key that is for PSS only, and a signature by PKCS#1 v1.5.",
    "sod.signature",
    "the key is for PSS only, but the signature is PKCS#1",
    also=CHIP,
    scheme=RSA,
)
def _pss_key_for_pkcs1(shop: Workshop) -> Forgery:
    return certified_by(shop, _restricted(shop, _pss(SHA256, SHA256, 32)))
