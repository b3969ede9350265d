"""Signers who were not allowed to sign, or not for this state, or not then."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

from epass.sim import certificates, der, published
from epass.sim.attacks.purposes import by, with_extension
from epass.sim.attacks.workshop import Forgery, Workshop, attack
from epass.sim.certificates import (
    BASIC_CONSTRAINTS,
    Certificate,
    Draft,
    Signer,
    Validity,
)
from epass.sim.country import CSCA_VALIDITY, Country
from epass.sim.keys import derive

# --- who issued it ----------------------------------------------------------------------------


@attack(
    "unknown-ca",
    "A signer below a CA of a name that nobody knows.",
    "ds.path",
    "unknown: the issuer of the signer is not among the 4 anchors",
    outcome="unknown",
    also="ds.profile ds.validity_now ds.revocation",
)
def _unknown_ca(shop: Workshop) -> Forgery:
    unknown = replace(
        shop.stranger.csca,
        certificate=replace(
            shop.stranger.csca.certificate,
            subject=shop.country.state.name("Ministry of Documents"),
        ),
    )
    return shop.resigned(signer=shop.certified(issuer_=unknown))


@attack(
    "ca-of-the-same-name",
    "A signer below the forger's own CSCA of the state's name.",
    "ds.path",
    "unknown: the issuer of the signer is not among the 4 anchors",
    outcome="unknown",
    also="ds.profile ds.validity_now ds.revocation",
)
def _ca_of_the_same_name(shop: Workshop) -> Forgery:
    return shop.resigned(signer=shop.certified(issuer_=shop.stranger.csca))


@attack(
    "ca-of-the-same-name-and-key-id",
    "The same, with the key identifier of the state's CSCA.",
    "ds.path",
    "untrusted: it is not signed by the key of its issuer",
    also="ds.profile ds.validity_now ds.revocation",
)
def _ca_of_the_same_name_and_key_id(shop: Workshop) -> Forgery:
    return shop.resigned(signer=shop.certified(signed_by=shop.stranger.csca))


@attack(
    "certificate-edited",
    "A genuine certificate with the forger's public key.",
    "ds.path",
    "untrusted: it is not signed by the key of its issuer",
    also="ds.profile ds.validity_now ds.revocation",
)
def _certificate_edited(shop: Workshop) -> Forgery:
    genuine, own = shop.signer.certificate, shop.key("signer")
    public = shop.signer.key.public_key()
    edited = genuine.der.replace(public, own.public_key())
    return shop.resigned(signer=Signer(own, shop.scheme.hash, replace(genuine, der=edited)))


@attack(
    "self-signed-signer",
    "A signer who certifies himself.",
    "ds.profile",
    "the signer is its own issuer",
    also="ds.path ds.validity_now ds.revocation",
)
def _self_signed_signer(shop: Workshop) -> Forgery:
    key = shop.key("signer")
    name = shop.country.state.name("Utopia Document Signer")
    own = Certificate(b"", name, name, 1, certificates.key_id(key))
    issuer = Signer(key, shop.scheme.hash, own)
    return shop.resigned(
        signer=shop.certified(lambda draft: replace(draft, subject=name), key=key, issuer_=issuer)
    )


@attack(
    "issued-by-a-signer",
    "A signer who was certified by another document signer.",
    "ds.path",
    "unknown: the issuer of the signer is not among the 4 anchors",
    outcome="unknown",
    also="ds.profile ds.validity_now ds.revocation",
)
def _issued_by_a_signer(shop: Workshop) -> Forgery:
    return shop.resigned(signer=shop.certified(key=shop.key("lower"), issuer_=shop.signer))


@attack(
    "issued-by-a-listed-signer",
    "The same, and the forger got that document signer into the master list.",
    "ds.path",
    "unknown: the issuer of the signer is not among the 4 anchors",
    outcome="unknown",
    also="ds.profile ds.validity_now ds.revocation",
)
def _issued_by_a_listed_signer(shop: Workshop) -> Forgery:
    listed = shop.published(shop.signer.certificate.der)
    signer = shop.certified(key=shop.key("lower"), issuer_=shop.signer)
    return shop.resigned(signer=signer, master_list=listed)


def _authority(shop: Workshop, change: Callable[[Draft], Draft], issuer: Signer) -> Signer:
    """Another CSCA, with a name and key of its own, certified by ``issuer``."""
    key = shop.country.csca_scheme.key(derive(b"epass: another authority", "key"))
    draft = certificates.authority(
        shop.country.state,
        key,
        issuer.certificate.key_id,
        serial=0x53554243,
        validity=CSCA_VALIDITY,
    )
    named = replace(draft, subject=shop.country.state.name("Utopia Subordinate CA"))
    certificate = change(named).sign(issuer.certificate.subject, issuer.key, issuer.digest)
    return Signer(key, shop.country.csca_scheme.hash, certificate)


@attack(
    "path-too-long",
    "A subordinate CA, below a CSCA that allows none.",
    "ds.profile",
    "the path below an issuer is longer than it allows",
    also="ds.revocation",
)
def _path_too_long(shop: Workshop) -> Forgery:
    lower = _authority(shop, lambda draft: draft, shop.csca)
    listed = shop.published(lower.certificate.der)
    return shop.resigned(signer=shop.certified(issuer_=lower), master_list=listed)


@attack(
    "authority-without-constraints",
    "A CA below the CSCA whose certificate does not say that it is one.",
    "ds.path",
    "unknown: the issuer of the signer is not among the 4 anchors",
    outcome="unknown",
    also="ds.profile ds.validity_now ds.revocation",
)
def _authority_without_constraints(shop: Workshop) -> Forgery:
    lower = _authority(
        shop, lambda draft: with_extension(draft, BASIC_CONSTRAINTS, None), shop.csca
    )
    listed = shop.published(lower.certificate.der)
    return shop.resigned(signer=shop.certified(issuer_=lower), master_list=listed)


@attack(
    "path-loop",
    "Two links of the forger that vouch for each other, and for his signer.",
    "ds.path",
    "unknown: the issuer of a link certificate is not among the 6 anchors",
    outcome="unknown",
    also="ds.profile ds.validity_now ds.revocation",
)
def _path_loop(shop: Workshop) -> Forgery:
    one, two = shop.stranger.csca, Country(shop.country.state, derive(b"loop", "two")).csca
    links = (
        published.link(shop.country, one, two, serial=11).der,
        published.link(shop.country, two, one, serial=12).der,
    )
    return shop.resigned(signer=shop.certified(issuer_=one), master_list=shop.published(*links))


# --- when -------------------------------------------------------------------------------------


def _valid(start: datetime, end: datetime, key_until: datetime) -> Callable[[Draft], Draft]:
    def change(draft: Draft) -> Draft:
        period = der.sequence(
            der.implicit(0, der.generalized_time(start)),
            der.implicit(1, der.generalized_time(key_until)),
        )
        changed = replace(draft, validity=Validity(start, end, key_until))
        return with_extension(changed, certificates.PRIVATE_KEY_USAGE_PERIOD, period)

    return change


def _day(year: int, month: int, day: int) -> datetime:
    return datetime(year, month, day, tzinfo=UTC)


@attack(
    "expired-signer",
    "A signer whose certificate had ended before he signed.",
    "ds.validity_at_signing",
    "signed on 2024-04-16, when the signer was expired",
    also="ds.validity_now",
)
def _expired_signer(shop: Workshop) -> Forgery:
    return by(shop, _valid(_day(2023, 2, 1), _day(2024, 2, 1), _day(2023, 5, 1)))


@attack(
    "early-signer",
    "A signer whose certificate began after he signed.",
    "ds.validity_at_signing",
    "signed on 2024-04-16, when the signer was not yet valid",
)
def _early_signer(shop: Workshop) -> Forgery:
    return by(shop, _valid(_day(2024, 5, 1), _day(2034, 10, 1), _day(2024, 8, 1)))


@attack(
    "future-signer",
    "A signer whose certificate has not begun yet.",
    "ds.validity_now",
    "not yet valid, from 2037-01-01",
    also="ds.validity_at_signing",
)
def _future_signer(shop: Workshop) -> Forgery:
    return by(shop, _valid(_day(2037, 1, 1), _day(2038, 1, 1), _day(2037, 6, 1)))


@attack(
    "private-key-too-old",
    "A signer who went on after the three months that his private key had.",
    "ds.validity_at_signing",
    "outside the period of his private key",
)
def _private_key_too_old(shop: Workshop) -> Forgery:
    return by(shop, _valid(_day(2023, 2, 1), _day(2034, 10, 1), _day(2023, 5, 1)))


@attack(
    "signed-in-the-future",
    "A signature of a day that has not come.",
    "ds.validity_at_signing",
    "that is in the future",
)
def _signed_in_the_future(shop: Workshop) -> Forgery:
    return shop.resigned(at=_day(2034, 1, 1))


@attack(
    "outlived-csca",
    "A signer who was certified when his CSCA had expired.",
    "ds.validity_at_signing",
    "a certificate was issued when its issuer was expired",
    also="ds.validity_now",
)
def _outlived_csca(shop: Workshop) -> Forgery:
    return by(shop, _valid(_day(2039, 2, 1), _day(2045, 1, 1), _day(2039, 5, 1)))


@attack(
    "revoked-signer",
    "A signer who is on the CRL of the state.",
    "ds.revocation",
    "revoked since 2024-04-02",
)
def _revoked_signer(shop: Workshop) -> Forgery:
    serial = shop.signer.certificate.serial
    crl = shop.crl({serial: published.REVOKED_AT})
    return shop.forged({}, master_list=shop.published(crl=crl))
