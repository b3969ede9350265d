"""Signers whom the state has certified, but not for documents, or not for these."""

from collections.abc import Callable
from dataclasses import replace

from epass.sim import der, published
from epass.sim.attacks.workshop import Forgery, Workshop, attack
from epass.sim.certificates import (
    BASIC_CONSTRAINTS,
    DIGITAL_SIGNATURE,
    DOCUMENT_TYPE_LIST,
    KEY_CERT_SIGN,
    KEY_USAGE,
    Draft,
    State,
    extension,
)

SERVER_AUTHENTICATION = "1.3.6.1.5.5.7.3.1"
KEY_ENCIPHERMENT = 2  # RFC 5280 §4.2.1.3
UNKNOWN_EXTENSION = "1.3.6.1.4.1.99999.1"


def by(shop: Workshop, change: Callable[[Draft], Draft]) -> Forgery:
    """EF.SOD by a signer whose certificate the state has issued, as ``change`` has it."""
    return shop.resigned(signer=shop.certified(change))


def with_extension(draft: Draft, oid: str, value: bytes | None, *, critical: bool = False) -> Draft:
    """The draft with another extension ``oid``, or without it."""
    kept = tuple(item for item in draft.extensions if der.oid(oid) not in item[:16])
    added = () if value is None else (extension(oid, value, critical=critical),)
    return replace(draft, extensions=(*kept, *added))


@attack(
    "csca-as-signer",
    "EF.SOD is signed by the CSCA itself.",
    "ds.profile",
    "the signer is its own issuer",
)
def _csca_as_signer(shop: Workshop) -> Forgery:
    return shop.resigned(signer=shop.csca)


@attack(
    "list-signer-as-signer",
    "EF.SOD is signed by the signer of the master list.",
    "ds.profile",
    "the signer's key has another purpose",
)
def _list_signer_as_signer(shop: Workshop) -> Forgery:
    return shop.resigned(signer=published.list_signer(shop.country))


@attack(
    "server-as-signer",
    "EF.SOD is signed with the certificate of a web server.",
    "ds.profile",
    "the signer's key has another purpose",
)
def _server_as_signer(shop: Workshop) -> Forgery:
    purposes = der.sequence(der.oid(SERVER_AUTHENTICATION))
    return by(shop, lambda draft: with_extension(draft, published.EXTENDED_KEY_USAGE, purposes))


@attack(
    "authority-as-signer",
    "A signer whose certificate makes him an authority.",
    "ds.profile",
    "the signer's certificate is that of an authority",
)
def _authority_as_signer(shop: Workshop) -> Forgery:
    return by(shop, lambda draft: with_extension(draft, BASIC_CONSTRAINTS, der.sequence(der.TRUE)))


@attack(
    "signer-of-certificates",
    "A signer whose key may certify others.",
    "ds.profile",
    "the signer's key is for certificates",
)
def _signer_of_certificates(shop: Workshop) -> Forgery:
    usage = der.named_bits(DIGITAL_SIGNATURE, KEY_CERT_SIGN)
    return by(shop, lambda draft: with_extension(draft, KEY_USAGE, usage, critical=True))


@attack(
    "key-for-encryption",
    "A signer whose key is for encryption.",
    "ds.profile",
    "the signer's key is not for signatures",
)
def _key_for_encryption(shop: Workshop) -> Forgery:
    return by(
        shop, lambda draft: with_extension(draft, KEY_USAGE, der.named_bits(2), critical=True)
    )


@attack(
    "malformed-key-usage",
    "A signer whose key usage cannot be read.",
    "ds.profile",
    "the signer's key usage or basic constraints are malformed",
)
def _malformed_key_usage(shop: Workshop) -> Forgery:
    return by(shop, lambda draft: with_extension(draft, KEY_USAGE, der.integer(1), critical=True))


@attack(
    "signer-of-visas",
    "A signer who is for visas only.",
    "ds.profile",
    "the signer is not for this type of document",
)
def _signer_of_visas(shop: Workshop) -> Forgery:
    types = der.sequence(der.integer(0), der.set_of([der.printable("V")]))
    return by(shop, lambda draft: with_extension(draft, DOCUMENT_TYPE_LIST, types))


@attack(
    "unknown-restriction",
    "A critical extension that may restrict the signer to anything.",
    "ds.profile",
    f"the signer has a critical extension that is not known: {UNKNOWN_EXTENSION}",
)
def _unknown_restriction(shop: Workshop) -> Forgery:
    return by(shop, lambda draft: with_extension(draft, UNKNOWN_EXTENSION, der.NULL, critical=True))


@attack(
    "signer-of-another-country",
    "A signer who claims to be of another country than his CSCA.",
    "ds.profile",
    "signer and CSCA are of different countries",
    also="dg1.country",
)
def _signer_of_another_country(shop: Workshop) -> Forgery:
    other = State("XUT", "DE", "Utopia").name("Document Signer")
    return by(shop, lambda draft: replace(draft, subject=other))
