"""Master lists and CRLs that are not what the state has published."""

from dataclasses import replace
from datetime import UTC, datetime

from epass.sim import der, published
from epass.sim.attacks.workshop import Forgery, Workshop, attack
from epass.sim.certificates import extension

# Without the list's certificates there is no path, and what it would show is open.
NOTHING = "ds.path ds.profile ds.validity_now ds.revocation"
DELTA_CRL = "2.5.29.27"


@attack(
    "list-edited",
    "A master list with the forger's CSCA, which its signer has not signed; the document is his.",
    "anchors.list",
    "the signed SHA-384 digest is not that of the content",
    also=NOTHING,
)
def _list_edited(shop: Workshop) -> Forgery:
    genuine = der.sequence(der.integer(0), der.set_of(published.authorities(shop.country)))
    signer = published.list_signer(shop.country)
    attributes = published.attributes(genuine, signer)
    listed = shop.published(shop.stranger.csca.certificate.der, attributes=attributes)
    forged = shop.certified(issuer_=shop.stranger.csca)
    return shop.resigned(signer=forged, master_list=listed)


@attack(
    "list-badly-signed",
    "A master list with the signature of another.",
    "anchors.list",
    "not a signature of the signer's key",
    also=NOTHING,
)
def _list_badly_signed(shop: Workshop) -> Forgery:
    signer = published.list_signer(shop.country)
    other = signer.key.sign(b"another list", signer.digest)
    return shop.forged({}, master_list=shop.published(signature=other))


@attack(
    "list-by-a-document-signer",
    "A master list by somebody who may sign documents only.",
    "anchors.list",
    "its signer is not for lists",
    also=NOTHING,
)
def _list_by_a_document_signer(shop: Workshop) -> Forgery:
    signer = published.list_signer(shop.country, purpose=None)
    return shop.forged({}, master_list=shop.published(signer=signer))


@attack(
    "list-by-another-purpose",
    "A master list by the signer of a deviation list.",
    "anchors.list",
    "its signer is not for lists",
    also=NOTHING,
)
def _list_by_another_purpose(shop: Workshop) -> Forgery:
    signer = published.list_signer(shop.country, purpose="2.23.136.1.1.8")
    return shop.forged({}, master_list=shop.published(signer=signer))


@attack(
    "list-by-a-stranger",
    "A master list by a signer whose CSCA nobody knows.",
    "anchors.list",
    "unknown: the issuer of the signer is not among the 4 anchors",
    outcome="unknown",
)
def _list_by_a_stranger(shop: Workshop) -> Forgery:
    return shop.forged({}, master_list=shop.published(signer=published.list_signer(shop.stranger)))


@attack(
    "crl-missing",
    "No CRL was published.",
    "ds.revocation",
    "there is no CRL of the issuer",
    outcome="unknown",
)
def _crl_missing(shop: Workshop) -> Forgery:
    return shop.forged({}, master_list=shop.published(without_crl=True))


@attack(
    "crl-forged",
    "An empty CRL in the name of the state, by which a revoked signer would be free.",
    "ds.revocation",
    "the CRL is not signed by a key of the issuer",
    outcome="unknown",
)
def _crl_forged(shop: Workshop) -> Forgery:
    crl = shop.crl(key=shop.stranger.csca)
    return shop.forged({}, master_list=shop.published(crl=crl))


@attack(
    "crl-beside-forged",
    "The signer is revoked; the forger adds a newer CRL of his own that does not say so.",
    "ds.revocation",
    "revoked since 2024-04-02",
)
def _crl_beside_forged(shop: Workshop) -> Forgery:
    genuine = shop.crl({shop.signer.certificate.serial: published.REVOKED_AT})
    newer = datetime(2026, 1, 1, tzinfo=UTC)
    forged = shop.crl(key=shop.stranger.csca, this_update=newer)
    return shop.forged({}, master_list=shop.published(crl=genuine, more_crls=(forged,)))


@attack(
    "crl-outdated",
    "An old CRL of before the signer was revoked.",
    "ds.revocation",
    "the CRL is outdated since 2024-07-01",
    outcome="unknown",
)
def _crl_outdated(shop: Workshop) -> Forgery:
    crl = shop.crl(next_update=datetime(2024, 7, 1, tzinfo=UTC))
    return shop.forged({}, master_list=shop.published(crl=crl))


@attack(
    "crl-of-another",
    "The CRL of another authority.",
    "ds.revocation",
    "there is no CRL of the issuer",
    outcome="unknown",
)
def _crl_of_another(shop: Workshop) -> Forgery:
    name = shop.country.state.name("Another CSCA")
    other = replace(shop.csca, certificate=replace(shop.csca.certificate, issuer=name))
    crl = published.revocation_list(other, {})
    return shop.forged({}, master_list=shop.published(crl=crl))


@attack(
    "crl-partial",
    "A CRL that lists only what has changed, by a critical extension.",
    "ds.revocation",
    "the CRL has critical extensions that are not known",
    outcome="unknown",
)
def _crl_partial(shop: Workshop) -> Forgery:
    delta = extension(DELTA_CRL, der.integer(1), critical=True)
    return shop.forged({}, master_list=shop.published(crl=shop.crl(extensions=(delta,))))


@attack(
    "crl-by-a-document-signer",
    "A CRL that is signed by a document signer.",
    "ds.revocation",
    "the CRL is not signed by a key of the issuer",
    outcome="unknown",
)
def _crl_by_a_document_signer(shop: Workshop) -> Forgery:
    return shop.forged({}, master_list=shop.published(crl=shop.crl(key=shop.signer)))
