"""Certificates of the fictitious country: CSCA root and document signer.

Source: ICAO Doc 9303-12 §7.1.1, tables 5 and 6 (profiles), §7.1.1.1 to §7.1.1.6 (names and
extensions); RFC 5280 §4 for the encodings.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from epass import tlv
from epass.sim import der
from epass.sim.keys import Digest, SigningKey

VERSION_3 = 2
COUNTRY_NAME, LOCALITY, ORGANIZATION, COMMON_NAME = "2.5.4.6", "2.5.4.7", "2.5.4.10", "2.5.4.3"

SUBJECT_KEY_IDENTIFIER, KEY_USAGE, PRIVATE_KEY_USAGE_PERIOD = "2.5.29.14", "2.5.29.15", "2.5.29.16"
SUBJECT_ALT_NAME, ISSUER_ALT_NAME, BASIC_CONSTRAINTS = "2.5.29.17", "2.5.29.18", "2.5.29.19"
CRL_DISTRIBUTION_POINTS, AUTHORITY_KEY_IDENTIFIER = "2.5.29.31", "2.5.29.35"
DOCUMENT_TYPE_LIST = "2.23.136.1.1.6.2"

DIGITAL_SIGNATURE, KEY_CERT_SIGN, CRL_SIGN = 0, 5, 6  # bits of KeyUsage, RFC 5280 §4.2.1.3
RFC822_NAME, DIRECTORY_NAME, URI = 1, 4, 6  # GeneralName, RFC 5280 §4.2.1.6
PATH_LENGTH = 0  # table 6: always
DOCUMENT_TYPES = ("A", "C", "I", "P")  # first letters of the MRZ, Doc 9303-4 to -6


@dataclass(frozen=True, slots=True)
class State:
    """An issuing state: ``code`` is as in the MRZ, ``alpha2`` as in distinguished names."""

    code: str
    alpha2: str
    title: str

    def name(self, common_name: str) -> bytes:
        """A distinguished name in this state (§7.1.1.1.1)."""
        return _name(
            (COUNTRY_NAME, der.printable(self.alpha2)),
            (ORGANIZATION, der.utf8(self.title)),
            (COMMON_NAME, der.utf8(common_name)),
        )

    @property
    def domain(self) -> str:
        return f"{self.code.lower()}.example"  # RFC 2606 §2: nobody's

    @property
    def alternative_names(self) -> bytes:
        """A contact, and the country code of the MRZ as a locality (§7.1.1.2)."""
        contact = tlv.build(der.IA5_STRING, f"csca@{self.domain}".encode("ascii"))
        locality = _name((LOCALITY, der.printable(self.code)))
        return der.sequence(
            der.implicit(RFC822_NAME, contact), der.explicit(DIRECTORY_NAME, locality)
        )

    @property
    def crl_points(self) -> bytes:
        """One address, as the extension is mandatory (§7.1.1.4)."""
        address = f"https://crl.{self.domain}/{self.code}.crl".encode("ascii")
        uri = der.implicit(URI, tlv.build(der.IA5_STRING, address))
        return der.sequence(der.sequence(der.explicit(0, der.explicit(0, uri))))


@dataclass(frozen=True, slots=True)
class Validity:
    """When a certificate is valid, and until when its private key signs."""

    not_before: datetime
    not_after: datetime
    key_until: datetime


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate and what others refer to it by; ``key_id`` is its subject key identifier."""

    der: bytes
    subject: bytes
    issuer: bytes
    serial: int
    key_id: bytes


@dataclass(frozen=True, slots=True)
class Signer:
    """A private key, the digest that it signs with, and its certificate."""

    key: SigningKey
    digest: Digest
    certificate: Certificate


@dataclass(frozen=True, slots=True)
class Draft:
    """What a certificate says before an issuer signs it; ``subject`` is an encoded name."""

    subject: bytes
    key: SigningKey
    serial: int
    validity: Validity
    extensions: tuple[bytes, ...]

    def sign(self, issuer: bytes, key: SigningKey, digest: Digest) -> Certificate:
        """The certificate under the encoded name ``issuer`` (tables 5 and 6)."""
        algorithm = key.signature_algorithm(digest)
        validity = der.sequence(
            der.time(self.validity.not_before), der.time(self.validity.not_after)
        )
        public_key = der.bit_string(self.key.public_key())
        content = der.sequence(
            der.explicit(0, der.integer(VERSION_3)),
            der.integer(self.serial),
            algorithm,
            issuer,
            validity,
            self.subject,
            der.sequence(self.key.key_algorithm(), public_key),
            der.explicit(3, der.sequence(*self.extensions)),
        )
        signature = der.bit_string(key.sign(content, digest))
        encoded = der.sequence(content, algorithm, signature)
        return Certificate(encoded, self.subject, issuer, self.serial, key_id(self.key))


def root(
    state: State, key: SigningKey, digest: Digest, *, serial: int, validity: Validity
) -> Signer:
    """A self-signed CSCA (table 6, column "CSCA Self-Signed Root")."""
    draft = authority(state, key, key_id(key), serial=serial, validity=validity)
    return Signer(key, digest, draft.sign(draft.subject, key, digest))


def authority(
    state: State, key: SigningKey, issuer_key_id: bytes, *, serial: int, validity: Validity
) -> Draft:
    """A CSCA, whose issuer has the key ``issuer_key_id``: itself, or another of its own keys."""
    constraints = der.sequence(der.TRUE, der.integer(PATH_LENGTH))
    extensions = (
        _authority(issuer_key_id),
        extension(KEY_USAGE, der.named_bits(KEY_CERT_SIGN, CRL_SIGN), critical=True),
        extension(BASIC_CONSTRAINTS, constraints, critical=True),
        *_common_extensions(state, key, validity),
    )
    return Draft(state.name(f"{state.title} CSCA"), key, serial, validity, extensions)


def link(
    state: State, lower: Signer, upper: Signer, *, serial: int, validity: Validity
) -> Certificate:
    """The key of ``lower``, a CSCA, certified by ``upper``, one of the same name (§4.3)."""
    draft = authority(state, lower.key, upper.certificate.key_id, serial=serial, validity=validity)
    return draft.sign(upper.certificate.subject, upper.key, upper.digest)


def document_signer(
    state: State,
    key: SigningKey,
    csca: Signer,
    *,
    common_name: str,
    serial: int,
    validity: Validity,
) -> Draft:
    """A document signer below ``csca`` (table 6, column "Document Signer")."""
    types = der.set_of(der.printable(letter) for letter in DOCUMENT_TYPES)
    extensions = (
        _authority(csca.certificate.key_id),
        extension(KEY_USAGE, der.named_bits(DIGITAL_SIGNATURE), critical=True),
        extension(DOCUMENT_TYPE_LIST, der.sequence(der.integer(0), types)),
        *_common_extensions(state, key, validity),
    )
    return Draft(state.name(common_name), key, serial, validity, extensions)


def extension(oid: str, value: bytes, *, critical: bool = False) -> bytes:
    """Extension; FALSE is the default of ``critical`` and so not encoded."""
    return der.sequence(der.oid(oid), der.TRUE if critical else b"", der.octet_string(value))


def key_id(key: SigningKey) -> bytes:
    """SHA-1 of the public key (RFC 5280 §4.2.1.2, method 1)."""
    return hashlib.sha1(key.public_key(), usedforsecurity=False).digest()


def _common_extensions(state: State, key: SigningKey, validity: Validity) -> tuple[bytes, ...]:
    """Those that table 6 has for CSCA and document signer alike."""
    usage = der.sequence(
        der.implicit(0, der.generalized_time(validity.not_before)),
        der.implicit(1, der.generalized_time(validity.key_until)),
    )
    return (
        extension(SUBJECT_KEY_IDENTIFIER, der.octet_string(key_id(key))),
        extension(PRIVATE_KEY_USAGE_PERIOD, usage),
        extension(SUBJECT_ALT_NAME, state.alternative_names),
        extension(ISSUER_ALT_NAME, state.alternative_names),
        extension(CRL_DISTRIBUTION_POINTS, state.crl_points),
    )


def _authority(identifier: bytes) -> bytes:
    key_identifier = der.implicit(0, der.octet_string(identifier))
    return extension(AUTHORITY_KEY_IDENTIFIER, der.sequence(key_identifier))


def _name(*attributes: tuple[str, bytes]) -> bytes:
    return der.sequence(
        *(der.set_of([der.sequence(der.oid(oid), value)]) for oid, value in attributes)
    )
