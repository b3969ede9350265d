"""What the door hands out: certificates, public keys and signed data as frozen values.

Source: RFC 5652 (CMS), RFC 5280 (X.509), RFC 4055 and RFC 3279 (keys), Doc 9303-11 §9.5.

Numbers that no standard bounds are not in a repr: Python writes no more than 4,300 digits.
"""

from dataclasses import dataclass, field
from datetime import datetime


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


@dataclass(frozen=True, slots=True)
class Certificate:
    """An X.509 certificate. ``raw`` is the original slice; the times are in UTC."""

    raw: bytes = field(repr=False)
    serial: int = field(repr=False)
    issuer: Name
    subject: Name
    not_before: datetime
    not_after: datetime
    public_key: PublicKey
    subject_key_id: bytes | None


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
    """A CMS SignedData of RFC 5652 §5.1; ``content`` is the octets that were signed."""

    content_type: str
    content: bytes = field(repr=False)
    certificates: tuple[Certificate, ...]
    signers: tuple[SignerInfo, ...]
