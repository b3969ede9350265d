"""What the door hands out: certificates, public keys and signed data as frozen values.

Source: RFC 5652 (CMS), RFC 5280 (X.509), RFC 4055 and RFC 3279 (keys), Doc 9303-11 §9.5.

Numbers that no standard bounds are not in a repr: Python writes no more than 4,300 digits.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

COUNTRY = "2.5.4.6"  # countryName


@dataclass(frozen=True, slots=True)
class Algorithm:
    """An AlgorithmIdentifier; ``parameters`` is their encoding, None where they are absent."""

    oid: str
    parameters: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class PssParameters:
    """RSASSA-PSS-params, with the defaults of RFC 4055 §3.1; ``salt_length`` in bytes."""

    hash_oid: str
    mgf_oid: str
    mgf_hash_oid: str
    salt_length: int
    trailer: int = field(repr=False)


@dataclass(frozen=True, slots=True)
class RsaKey:
    """``oid`` is rsaEncryption or id-RSASSA-PSS; ``pss`` is what the latter restricts it to."""

    oid: str
    n: int = field(repr=False)
    e: int = field(repr=False)
    pss: PssParameters | None = None


@dataclass(frozen=True, slots=True)
class ExplicitCurve:
    """ECParameters over a prime field; ``generator`` as encoded.

    An absent cofactor is 1, that of every curve of Doc 9303-11: p and n determine it.
    """

    p: int = field(repr=False)
    a: int = field(repr=False)
    b: int = field(repr=False)
    generator: bytes
    n: int = field(repr=False)
    cofactor: int = field(repr=False)


@dataclass(frozen=True, slots=True)
class EcKey:
    """``curve`` is its OID or its explicit parameters; ``point`` as encoded, not yet checked."""

    curve: str | ExplicitCurve
    point: bytes


@dataclass(frozen=True, slots=True)
class DhKey:
    """``q`` is the order of the subgroup, None in PKCS #3; ``y`` is the public value, unchecked."""

    p: int = field(repr=False)
    g: int = field(repr=False)
    q: int | None = field(repr=False)
    y: int = field(repr=False)


@dataclass(frozen=True, slots=True)
class StandardizedKey:
    """A key over the parameters ``parameter_id`` of Doc 9303-11 §9.5.1; ``value`` as encoded."""

    parameter_id: int
    value: bytes


@dataclass(frozen=True, slots=True)
class OtherKey:
    """A key of an algorithm that epass does not know; no signature can be verified with it."""

    algorithm: Algorithm


PublicKey = RsaKey | EcKey | DhKey | StandardizedKey | OtherKey


@dataclass(frozen=True, slots=True)
class Name:
    """A distinguished name. Names are equal that match by RFC 5280 §7.1, in any string type."""

    key: tuple[frozenset[tuple[str, str]], ...] = field(repr=False)
    text: str = field(compare=False)

    @property
    def unordered(self) -> frozenset[tuple[str, str]]:
        """What it says, in whatever order; several states turn it round."""
        return frozenset(pair for rdn in self.key for pair in rdn)

    @property
    def country(self) -> str | None:
        """The countryName in capitals: two letters (Doc 9303-12 §7.1.1.1). None for none or two."""
        found = {value for oid, value in self.unordered if oid == COUNTRY}
        return found.pop().upper() if len(found) == 1 else None


@dataclass(frozen=True, slots=True)
class BasicConstraints:
    """RFC 5280 §4.2.1.9; ``path_length`` is None where there is no limit."""

    ca: bool
    path_length: int | None


@dataclass(frozen=True, slots=True)
class Extensions:
    """What a certificate's extensions say (RFC 5280 §4.2, Doc 9303-12 §7.1.1); None is absent.

    ``key_usage`` has the names of asn1crypto, "digital_signature", "key_cert_sign", "crl_sign";
    ``extended_key_usage`` OIDs; ``key_period`` when the private key may sign, each end possibly
    open; ``document_types`` the first letters of MRZs; ``locality`` the issuing state as in the
    MRZ, from the subject's alternative name. ``critical`` and ``malformed`` are OIDs.
    """

    subject_key_id: bytes | None = None
    authority_key_id: bytes | None = None
    basic_constraints: BasicConstraints | None = None
    key_usage: frozenset[str] | None = None
    extended_key_usage: tuple[str, ...] | None = None
    key_period: tuple[datetime | None, datetime | None] | None = None
    document_types: tuple[str, ...] | None = None
    locality: str | None = None
    name_change: bool = False
    critical: frozenset[str] = frozenset()
    malformed: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Certificate:
    """An X.509 certificate. ``raw`` is the original slice, ``signed`` that of tbsCertificate, over
    which ``signature`` was made; the times are in UTC.
    """

    raw: bytes = field(repr=False)
    signed: bytes = field(repr=False)
    serial: int = field(repr=False)
    issuer: Name
    subject: Name
    not_before: datetime
    not_after: datetime
    public_key: PublicKey
    extensions: Extensions = field(repr=False)
    signature_algorithm: Algorithm
    signature: bytes = field(repr=False)

    @property
    def subject_key_id(self) -> bytes | None:
        return self.extensions.subject_key_id

    @property
    def self_issued(self) -> bool:
        """Whether subject and issuer are one (RFC 5280 §6.1)."""
        return self.subject.unordered == self.issuer.unordered


@dataclass(frozen=True, slots=True)
class RevocationList:
    """A CRL of RFC 5280 §5. ``revoked`` has the serial numbers and since when.

    ``unknown_critical`` are the OIDs of critical extensions, of the list or of its entries, that
    epass does not know: such a list must not be relied on (§5.2).
    """

    raw: bytes = field(repr=False)
    signed: bytes = field(repr=False)
    issuer: Name
    this_update: datetime
    next_update: datetime | None
    revoked: Mapping[int, datetime] = field(repr=False, hash=False)
    signature_algorithm: Algorithm
    signature: bytes = field(repr=False)
    authority_key_id: bytes | None = None
    number: int | None = None
    unknown_critical: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class DeviantDocuments:
    """The documents that deviate: those that meet every condition that is not None (Doc 9303-3
    §7.3.6).

    The signer is named by ``issuer`` and ``serial``, by ``subject_key_id`` or by
    ``certificate_digest``. ``issued`` are the first and the last day, in UTC.
    """

    document_type: str | None = None
    issuer: Name | None = None
    serial: int | None = field(default=None, repr=False)
    subject_key_id: bytes | None = None
    certificate_digest: bytes | None = None
    issued: tuple[datetime, datetime] | None = None
    numbers: frozenset[str] | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class DeviationDescription:
    """How they deviate: ``deviation_type`` is an OID; ``parameter`` the number of a data group or
    of a field, None where there is none or it is something else.
    """

    deviation_type: str
    text: str | None = field(default=None, repr=False)
    parameter: int | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Deviation:
    """What a state says of documents that it has issued otherwise than the standard asks."""

    documents: DeviantDocuments
    descriptions: tuple[DeviationDescription, ...]


@dataclass(frozen=True, slots=True)
class DeviationList:
    """The deviations that a state has published. ``digest_algorithm`` is that of certificate
    digests; None means that of the list's signature (Doc 9303-3 §7.3.6).
    """

    deviations: tuple[Deviation, ...]
    digest_algorithm: Algorithm | None = None


@dataclass(frozen=True, slots=True)
class SignerInfo:
    """One SignerInfo of RFC 5652 §5.3.

    The signer is named by ``issuer`` and ``serial`` or by ``subject_key_id``, never by both.
    ``signed_attributes`` are the bytes to be hashed: the original content under the tag 31
    (§5.4), and ``content_type`` and ``message_digest`` are there too. Where there are no signed
    attributes all three are None, and the signature is over the content itself.
    """

    issuer: Name | None
    serial: int | None = field(repr=False)
    subject_key_id: bytes | None
    digest_algorithm: Algorithm
    signature_algorithm: Algorithm
    signed_attributes: bytes | None = field(repr=False)
    content_type: str | None
    message_digest: bytes | None = field(repr=False)
    signing_time: datetime | None
    signature: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class SignedData:
    """A CMS SignedData of RFC 5652 §5.1; ``content`` is the octets that were signed.

    ``revocation_lists`` are CRLs as encoded, not looked at: nothing of the signature depends on
    them.
    """

    content_type: str
    content: bytes = field(repr=False)
    certificates: tuple[Certificate, ...]
    signers: tuple[SignerInfo, ...]
    revocation_lists: tuple[bytes, ...] = field(default=(), repr=False)
