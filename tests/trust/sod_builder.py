"""EF.SODs for the tests, right or wrong in one place, written with asn1crypto and raw TLV.

Nothing here is shared with the simulator's issuer, so that the two can be compared.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from asn1crypto import core, keys, x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import padding
from signers import ALGORITHM, ECDSA, NULL, PKCS1, EcSigner, pss_algorithm, pss_sign, rsa_key

from epass import tlv
from epass.crypto.ec import Curve
from epass.crypto.hashes import Hash
from epass.dump import Access, Dump
from epass.lds.names import File

AT = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
SIGNED_DATA = "1.2.840.113549.1.7.2"
LDS_OBJECT, ID_DATA = "2.23.136.1.1.1", "1.2.840.113549.1.7.1"
CONTENT_TYPE, MESSAGE_DIGEST = "1.2.840.113549.1.9.3", "1.2.840.113549.1.9.4"
RSA = "1.2.840.113549.1.1.1"

# What the files hold does not matter here; that they are these bytes does.
MRZ = b"P<UTOERIKSSON<<ANNA<MARIA".ljust(44, b"<") + b"L898902C36UTO7408122F1204159ZE184226B<<<<<10"
INFORMATION = "L898902C3674081221204159"
DG1 = tlv.build(0x61, tlv.build(0x5F1F, MRZ))
DG2 = tlv.build(0x75, bytes(range(256)) * 4)
DG14 = tlv.build(0x6E, b"\x31\x00")
FILES = {File.DG1: DG1, File.DG2: DG2, File.DG14: DG14}


def oid(dotted: str) -> bytes:
    encoded: bytes = core.ObjectIdentifier(dotted).dump()
    return encoded


def sequence(*parts: bytes) -> bytes:
    return tlv.build(0x30, parts)


def integer(value: int) -> bytes:
    encoded: bytes = core.Integer(value).dump()
    return encoded


def name(common_name: str) -> bytes:
    built = x509.Name.build({"country_name": "UT", "common_name": common_name})
    encoded: bytes = built.dump()
    return encoded


@dataclass(frozen=True)
class Signer:
    """A key, how it signs, and the certificate that says so."""

    key_info: bytes
    algorithm: bytes
    sign: Callable[[bytes], bytes]
    issuer: str = "CSCA"
    subject: str = "Document Signer"
    serial: int = 7
    key_id: bytes = b"\x01\x02\x03\x04"

    def certificate(self) -> bytes:
        """X.509 version 3. Its own signature is nonsense: no check of EF.SOD looks at it."""
        validity = x509.Validity(
            {
                "not_before": x509.Time({"utc_time": datetime(2024, 1, 1, tzinfo=UTC)}),
                "not_after": x509.Time({"utc_time": datetime(2034, 1, 1, tzinfo=UTC)}),
            }
        )
        key_id = sequence(oid("2.5.29.14"), tlv.build(0x04, tlv.build(0x04, self.key_id)))
        usage = sequence(oid("2.5.29.15"), tlv.build(0x04, tlv.build(0x03, b"\x07\x80")))
        body = sequence(
            tlv.build(0xA0, integer(2)),
            integer(self.serial),
            self.algorithm,
            name(self.issuer),
            validity.dump(),
            name(self.subject),
            self.key_info,
            tlv.build(0xA3, sequence(key_id, usage)),
        )
        return sequence(body, self.algorithm, tlv.build(0x03, b"\x00nonsense"))

    def sid(self, issuer: str | None = None) -> bytes:
        return sequence(name(issuer or self.issuer), integer(self.serial))


def rsa_info(bits: int = 2048, exponent: int = 65537) -> bytes:
    public = rsa_key(bits, exponent).public_key()
    return public.public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def pkcs1(used: Hash = Hash.SHA256, *, bare: bool = False, bits: int = 2048) -> Signer:
    def sign(message: bytes) -> bytes:
        return rsa_key(bits).sign(message, padding.PKCS1v15(), ALGORITHM[used])

    dotted = RSA if bare else PKCS1[used]
    return Signer(rsa_info(bits), sequence(oid(dotted), NULL), sign)


def pss(used: Hash, mgf_hash: Hash, salt: int, *, exponent: int = 65537) -> Signer:
    algorithm = pss_algorithm(used, mgf_hash, salt)
    assert algorithm.parameters is not None

    def sign(message: bytes) -> bytes:
        return pss_sign(rsa_key(2048, exponent), used, mgf_hash, salt, message)

    encoded = sequence(oid(algorithm.oid), algorithm.parameters)
    return Signer(rsa_info(2048, exponent), encoded, sign)


def ecdsa(curve: Curve, used: Hash = Hash.SHA256, *, explicit: bool = False) -> Signer:
    signer = EcSigner(curve)
    parameters = explicit_parameters(curve) if explicit else oid(curve.oid)
    point = tlv.build(0x03, b"\x00" + signer.point.encode())
    info = sequence(sequence(oid("1.2.840.10045.2.1"), parameters), point)
    return Signer(info, sequence(oid(ECDSA[used])), lambda message: signer.sign(used, message))


def explicit_parameters(curve: Curve, *, generator: bytes | None = None) -> bytes:
    encoded: bytes = keys.SpecifiedECDomain(
        {
            "version": 1,
            "field_id": {"field_type": "prime_field", "parameters": core.Integer(curve.p)},
            "curve": {"a": curve.a.to_bytes(curve.size), "b": curve.b.to_bytes(curve.size)},
            "base": generator or curve.generator.encode(),
            "order": curve.n,
            "cofactor": 1,
        }
    ).dump()
    return encoded


@dataclass(frozen=True)
class SodPlan:
    """What goes into an EF.SOD. The fields that are None follow from the others."""

    signer: Signer = field(default_factory=pkcs1)
    hash: Hash = Hash.SHA256
    files: Mapping[File, bytes] = field(default_factory=lambda: FILES)
    digest_oid: str | None = None  # of the data groups
    lds_version: str | None = None
    content_type: str = LDS_OBJECT
    signed_content_type: str | None = None
    content: bytes | None = None
    message_digest: bytes | None = None
    signer_digest_oid: str | None = None
    signed_attributes: bool = True
    certificates: Sequence[bytes] | None = None
    sid: bytes | None = None
    signature: bytes | None = None
    signer_infos: int = 1

    def build(self) -> bytes:
        return tlv.build(0x77, self.content_info())

    def content_info(self) -> bytes:
        """The CMS SignedData; with another content and content type, that of EF.CardSecurity."""
        content = self.lds_object() if self.content is None else self.content
        digest = sequence(oid(self.signer_digest_oid or self.hash.oid))
        certificates = self.certificates
        if certificates is None:
            certificates = (self.signer.certificate(),)
        signed = sequence(
            integer(3),
            tlv.build(0x31, digest),
            sequence(oid(self.content_type), tlv.build(0xA0, tlv.build(0x04, content))),
            tlv.build(0xA0, certificates) if certificates else b"",
            tlv.build(0x31, self.signer_info(content, digest) * self.signer_infos),
        )
        return sequence(oid(SIGNED_DATA), tlv.build(0xA0, signed))

    def lds_object(self) -> bytes:
        digests = [
            sequence(integer(file.group or 0), tlv.build(0x04, self.hash.digest(content)))
            for file, content in self.files.items()
        ]
        versions: tuple[bytes, ...] = ()
        if self.lds_version:
            printable = (self.lds_version, "040000")
            versions = (sequence(*(tlv.build(0x13, text.encode()) for text in printable)),)
        return sequence(
            integer(1 if versions else 0),
            sequence(oid(self.digest_oid or self.hash.oid)),
            sequence(*digests),
            *versions,
        )

    def signer_info(self, content: bytes, digest: bytes) -> bytes:
        sid = self.signer.sid() if self.sid is None else self.sid
        attributes = self.attributes(content) if self.signed_attributes else b""
        message = tlv.build(0x31, attributes) if attributes else content
        signature = self.signer.sign(message) if self.signature is None else self.signature
        return sequence(
            integer(1 if sid[0] == 0x30 else 3),
            sid,
            digest,
            tlv.build(0xA0, attributes) if attributes else b"",
            self.signer.algorithm,
            tlv.build(0x04, signature),
        )

    def attributes(self, content: bytes) -> bytes:
        digest = self.message_digest
        if digest is None:
            digest = self.hash.digest(content)
        content_type = oid(self.signed_content_type or self.content_type)
        return sequence(oid(CONTENT_TYPE), tlv.build(0x31, content_type)) + sequence(
            oid(MESSAGE_DIGEST), tlv.build(0x31, tlv.build(0x04, digest))
        )

    def but(self, **changes: object) -> "SodPlan":
        return replace(self, **changes)  # type: ignore[arg-type]


def ef_com(groups: Sequence[File], version: str = "0107", unicode: str = "040000") -> bytes:
    tags = bytes(group.tag for group in groups if group.tag is not None)
    return tlv.build(
        0x60,
        (
            tlv.build(0x5F01, version.encode()),
            tlv.build(0x5F36, unicode.encode()),
            tlv.build(0x5C, tags),
        ),
    )


def dump(plan: SodPlan | None = None, **changed: bytes | None) -> Dump:
    """A document with the files of ``plan``; ``DG1=…`` replaces a file, ``DG1=None`` removes it."""
    plan = plan or SodPlan()
    files = {
        File.COM: ef_com(list(plan.files), plan.lds_version or "0107"),
        File.SOD: plan.build(),
        **plan.files,
    }
    for label, content in changed.items():
        if content is None:
            files.pop(File[label], None)
        else:
            files[File[label]] = content
    return of_files(files)


def of_files(files: Mapping[File, bytes], information: str | None = INFORMATION) -> Dump:
    return Dump(files, Access("BAC", "MRZ", "3DES", mrz_information=information), AT)
