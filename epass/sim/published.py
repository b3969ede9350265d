"""What the fictitious country publishes: its CSCA certificates, a master list, a CRL.

Source: ICAO Doc 9303-12 §4.1.4.3 (link certificates), §7.1.1 table 6 and §7.1.4 (profiles), §9 (the
master list); RFC 5280 §5 (CRLs), RFC 5652 §5.1 (CRLs inside a SignedData).

The master list carries the CRL, so that one file is all that a verifier needs.
"""

import base64
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from epass.sim import certificates, cms, der
from epass.sim.certificates import (
    AUTHORITY_KEY_IDENTIFIER,
    Certificate,
    Signer,
    Validity,
    extension,
)
from epass.sim.country import CSCA_VALIDITY, Country
from epass.sim.keys import derive

MASTER_LIST_FILE = "masterlist.ml"
ID_MASTER_LIST = "2.23.136.1.1.2"
MASTER_LIST_SIGNER = "2.23.136.1.1.3"  # its purpose, table 6
EXTENDED_KEY_USAGE, CRL_NUMBER = "2.5.29.37", "2.5.29.20"
PEM_LINE = 64  # characters
VERSION_2 = 1  # of a CRL, RFC 5280 §5.1.2.1

# Doc 9303-12 §4.1.5 asks for a CRL every 90 days; this one lasts, so that no test has a last day.
PUBLISHED_AT = datetime(2024, 4, 1, tzinfo=UTC)
NEXT_UPDATE = datetime(2039, 1, 1, tzinfo=UTC)
REVOKED_AT = datetime(2024, 4, 2, tzinfo=UTC)
LIST_SIGNER_VALIDITY = Validity(
    datetime(2024, 4, 1, tzinfo=UTC),
    datetime(2039, 1, 1, tzinfo=UTC),
    datetime(2039, 1, 1, tzinfo=UTC),
)


@dataclass(frozen=True, slots=True)
class Publication:
    """The files of the country by their names."""

    files: Mapping[str, bytes]

    @property
    def master_list(self) -> bytes:
        return self.files[MASTER_LIST_FILE]


def publish(country: Country, *, revoked: Iterable[int] = ()) -> Publication:
    """What a verifier of the country's documents needs."""
    csca = country.csca
    crl = revocation_list(csca, {serial: REVOKED_AT for serial in revoked})
    listed = master_list(authorities(country), list_signer(country), revocation_lists=(crl,))
    code, root = country.state.code, csca.certificate.der
    return Publication(
        {
            MASTER_LIST_FILE: listed,
            f"{code}-csca.cer": root,
            f"{code}-csca.pem": pem(root),
            f"{code}.crl": crl,
        }
    )


def authorities(country: Country) -> tuple[bytes, ...]:
    """The CSCA certificates of both generations, and the links between them in both directions."""
    roots = (country.csca.certificate, country.former_csca.certificate)
    return tuple(item.der for item in (*roots, *country.links))


def pem(certificate: bytes) -> bytes:
    """The textual encoding of RFC 7468 §5."""
    text = base64.b64encode(certificate)
    lines = (text[start : start + PEM_LINE] for start in range(0, len(text), PEM_LINE))
    return b"\n".join((b"-----BEGIN CERTIFICATE-----", *lines, b"-----END CERTIFICATE-----", b""))


def list_signer(country: Country, *, purpose: str | None = MASTER_LIST_SIGNER) -> Signer:
    """A signer of lists below the CSCA (table 6, column "Master List Signer")."""
    key = country.csca_scheme.key(derive(country.seed, "master list signer key"))
    draft = certificates.document_signer(
        country.state,
        key,
        country.csca,
        common_name=f"{country.state.title} Master List Signer",
        serial=0x4D4C53,
        validity=LIST_SIGNER_VALIDITY,
    )
    if purpose is not None:
        purposes = extension(EXTENDED_KEY_USAGE, der.sequence(der.oid(purpose)), critical=True)
        draft = replace(draft, extensions=(*draft.extensions, purposes))
    csca = country.csca
    certificate = draft.sign(csca.certificate.issuer, csca.key, csca.digest)
    return Signer(key, country.csca_scheme.hash, certificate)


def master_list(
    listed: Iterable[bytes],
    signer: Signer,
    *,
    revocation_lists: tuple[bytes, ...] = (),
    **changes: object,
) -> bytes:
    """A CscaMasterList of certificates, signed (§9.2); ``changes`` are of ``cms.Draft``."""
    content = der.sequence(der.integer(0), der.set_of(listed))
    draft = cms.Draft(ID_MASTER_LIST, content, signer, PUBLISHED_AT)
    return draft.but(revocation_lists=revocation_lists, **changes).encode()


def attributes(content: bytes, signer: Signer) -> tuple[bytes, ...]:
    """The signed attributes of a master list with ``content``."""
    return cms.default_attributes(cms.Draft(ID_MASTER_LIST, content, signer, PUBLISHED_AT))


def revocation_list(
    csca: Signer,
    revoked: Mapping[int, datetime],
    *,
    this_update: datetime = PUBLISHED_AT,
    next_update: datetime = NEXT_UPDATE,
    key: Signer | None = None,
    extensions: tuple[bytes, ...] = (),
) -> bytes:
    """A CRL of ``csca`` (§7.1.2); ``key`` is who really signs it."""
    signing = key or csca
    algorithm = signing.key.signature_algorithm(signing.digest)
    entries = [
        der.sequence(der.integer(serial), der.time(since)) for serial, since in revoked.items()
    ]
    identifier = der.sequence(der.implicit(0, der.octet_string(csca.certificate.key_id)))
    content = der.sequence(
        der.integer(VERSION_2),
        algorithm,
        csca.certificate.issuer,
        der.time(this_update),
        der.time(next_update),
        der.sequence(*entries) if entries else b"",
        der.explicit(
            0,
            der.sequence(
                extension(AUTHORITY_KEY_IDENTIFIER, identifier),
                extension(CRL_NUMBER, der.integer(1)),
                *extensions,
            ),
        ),
    )
    signature = der.bit_string(signing.key.sign(content, signing.digest))
    return der.sequence(content, algorithm, signature)


def link(country: Country, key: Signer, issuer: Signer, *, serial: int) -> Certificate:
    """A certificate for the key of ``key``, a CSCA, by that of ``issuer``, both of one name."""
    return certificates.link(country.state, key, issuer, serial=serial, validity=CSCA_VALIDITY)
