"""Certificates above the signer that are not what they look like."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from epass.crypto.ec import Curve
from epass.sim import certificates, der, published
from epass.sim.attacks.purposes import with_extension
from epass.sim.attacks.signatures import explicit_parameters
from epass.sim.attacks.workshop import FORGER, Forgery, Workshop, attack
from epass.sim.certificates import (
    BASIC_CONSTRAINTS,
    CRL_SIGN,
    KEY_USAGE,
    Certificate,
    Draft,
    Signer,
    State,
)
from epass.sim.country import CSCA_VALIDITY
from epass.sim.keys import ID_EC_PUBLIC_KEY, Digest, EcKey, derive, seeded

UNTRUSTED = "untrusted: it is not signed by the key of its issuer"
NO_PATH = "ds.profile ds.validity_now ds.revocation"


def _root(shop: Workshop, change: Callable[[Draft], Draft]) -> Signer:
    """One more CSCA of the state, self-signed, with a name and key of its own."""
    key, hashing = shop.key("third CSCA"), shop.scheme.hash
    draft = certificates.authority(
        shop.country.state, key, certificates.key_id(key), serial=3, validity=CSCA_VALIDITY
    )
    draft = change(replace(draft, subject=shop.country.state.name("Utopia CSCA 3")))
    return Signer(key, hashing, draft.sign(draft.subject, key, hashing))


def _below(shop: Workshop, root: Signer, *listed: Certificate) -> Forgery:
    """A document below ``root``; ``listed`` are in the master list besides."""
    return shop.resigned(
        signer=shop.certified(issuer_=root),
        master_list=shop.published(*(item.der for item in listed)),
    )


@attack(
    "csca-without-constraints",
    "A listed CSCA whose certificate does not say that it is an authority.",
    "ds.profile",
    "an issuer's certificate is not that of an authority",
    also="ds.revocation",
)
def _csca_without_constraints(shop: Workshop) -> Forgery:
    root = _root(shop, lambda draft: with_extension(draft, BASIC_CONSTRAINTS, None))
    return _below(shop, root, root.certificate)


@attack(
    "csca-for-crls",
    "A listed CSCA whose key is for CRLs, not for certificates.",
    "ds.path",
    "unknown: the issuer of the signer is not among the 4 anchors",
    outcome="unknown",
    also=NO_PATH,
)
def _csca_for_crls(shop: Workshop) -> Forgery:
    usage = der.named_bits(CRL_SIGN)
    root = _root(shop, lambda draft: with_extension(draft, KEY_USAGE, usage, critical=True))
    return _below(shop, root, root.certificate)


@attack(
    "csca-of-two-states",
    "A listed CSCA of another state with the same key, so that nobody knows whose document it is.",
    "ds.path",
    "ambiguous: paths to anchors of DE, UT",
    outcome="unknown",
    also=f"{NO_PATH} anchors.list",  # whose signer leads to both as well
)
def _csca_of_two_states(shop: Workshop) -> Forgery:
    other = State("D", "DE", "Germany")
    twin = certificates.root(
        other, shop.csca.key, shop.csca.digest, serial=4, validity=CSCA_VALIDITY
    )
    return shop.forged({}, master_list=shop.published(twin.certificate.der))


@attack(
    "csca-in-the-document",
    "The forger's CSCA comes with the document, in EF.SOD.",
    "ds.path",
    "unknown: the issuer of the signer is not among the 4 anchors",
    outcome="unknown",
    also=NO_PATH,
)
def _csca_in_the_document(shop: Workshop) -> Forgery:
    signer = shop.certified(issuer_=shop.stranger.csca)
    both = (signer.certificate.der, shop.stranger.csca.certificate.der)
    return shop.resigned(signer=signer, certificates=both)


@attack(
    "csca-beside-the-list",
    "The forger's CSCA among the certificates beside the master list, which nobody has signed.",
    "ds.path",
    "unknown: the issuer of the signer is not among the 4 anchors",
    outcome="unknown",
    also=NO_PATH,
)
def _csca_beside_the_list(shop: Workshop) -> Forgery:
    signer, forged = published.list_signer(shop.country), shop.stranger.csca
    both = (signer.certificate.der, forged.certificate.der)
    return shop.resigned(
        signer=shop.certified(issuer_=forged), master_list=shop.published(certificates=both)
    )


# --- links ------------------------------------------------------------------------------------


def _link(shop: Workshop, upper: Signer) -> Certificate:
    """The forger's key as the state's next one, certified by ``upper``."""
    forged = shop.stranger.csca
    return published.link(shop.country, forged, upper, serial=5)


@attack(
    "forged-link",
    "A listed link to the forger's key, which the state's key has not signed.",
    "ds.path",
    UNTRUSTED,
    also=NO_PATH,
)
def _forged_link(shop: Workshop) -> Forgery:
    imposter = replace(shop.csca, key=shop.key("imposter", shop.country.csca_scheme))
    return _below(shop, shop.stranger.csca, _link(shop, imposter))


@attack(
    "revoked-link",
    "A link to a new key that the state has revoked since.",
    "ds.revocation",
    "revoked since 2024-04-02",
)
def _revoked_link(shop: Workshop) -> Forgery:
    newer = _link(shop, shop.csca)
    listed = shop.published(newer.der, crl=shop.crl({newer.serial: published.REVOKED_AT}))
    return shop.resigned(signer=shop.certified(issuer_=shop.stranger.csca), master_list=listed)


@attack(
    "issued-before-csca",
    "A signer who was certified before there was his CSCA.",
    "ds.validity_at_signing",
    "a certificate was issued when its issuer was not yet valid",
)
def _issued_before_csca(shop: Workshop) -> Forgery:
    def earlier(draft: Draft) -> Draft:
        start = datetime(2022, 12, 1, tzinfo=UTC)
        return replace(draft, validity=replace(draft.validity, not_before=start))

    return shop.resigned(signer=shop.certified(earlier))


# --- CVE-2020-0601 ----------------------------------------------------------------------------


@dataclass(frozen=True)
class OtherGenerator:
    """The public key of ``victim`` over a generator that makes its secret ``SECRET``.

    Whoever compares the public key only, takes its signatures for the victim's.
    """

    victim: EcKey
    SECRET = 3

    @property
    def curve(self) -> Curve:
        return self.victim.curve

    @property
    def generator(self) -> EcKey:
        """The generator as a key: its public point is the victim's, divided by the secret."""
        curve = self.curve
        return EcKey(curve, self.victim.secret * pow(self.SECRET, -1, curve.n) % curve.n)

    def public_key(self) -> bytes:
        return self.victim.public_key()

    def key_algorithm(self) -> bytes:
        generator = self.generator.public_key()
        parameters = explicit_parameters(self.curve, generator=generator)
        return der.sequence(der.oid(ID_EC_PUBLIC_KEY), parameters)

    def signature_algorithm(self, digest: Digest) -> bytes:
        return self.victim.signature_algorithm(digest)

    def sign(self, message: bytes, digest: Digest) -> bytes:
        curve, hashed = self.curve, digest.of(message)
        excess = max(0, 8 * len(hashed) - curve.n.bit_length())
        nonce = curve.scalar(seeded(derive(FORGER, hashed.hex())))
        r = (self.generator.public_point * nonce).x % curve.n
        value = (int.from_bytes(hashed) >> excess) + r * self.SECRET
        return der.sequence(der.integer(r), der.integer(pow(nonce, -1, curve.n) * value % curve.n))


@attack(
    "csca-with-other-generator",
    "The CSCA's public key with another generator, as an authority of the forger (CVE-2020-0601).",
    "ds.path",
    UNTRUSTED,
    also=NO_PATH,
)
def _csca_with_other_generator(shop: Workshop) -> Forgery:
    victim = shop.csca.key
    assert isinstance(victim, EcKey)  # noqa: S101 - the scheme of the country says so
    forged = certificates.root(
        shop.country.state,
        OtherGenerator(victim),
        shop.csca.digest,
        serial=shop.csca.certificate.serial,
        validity=CSCA_VALIDITY,
    )
    signer = shop.certified(issuer_=forged)
    both = (signer.certificate.der, forged.certificate.der)
    return shop.resigned(signer=signer, certificates=both)
