"""What the parsers of epass say of a dump, under the names and in the forms of the witness.

The Java program reports what JMRTD's getters return; here the same facts are taken from epass's
own types and written as JMRTD writes them. Nothing is left out because it differs.
"""

from collections.abc import Iterable, Mapping
from enum import Enum
from hashlib import sha256
from typing import Any

from epass.asn1 import Algorithm
from epass.crypto.hashes import Hash
from epass.dump import Access, Dump
from epass.evidence import Evidence
from epass.lds import face_19794
from epass.lds.chip_keys import Dg14
from epass.lds.com import Com
from epass.lds.face import Dg2, Face, ImageType
from epass.lds.face_terms import Gender
from epass.lds.mrz import Dg1, Mrz
from epass.lds.names import File
from epass.lds.security_infos import (
    CHIP_PROTOCOLS,
    ID_AA,
    PUBLIC_KEYS,
    ActiveAuthenticationInfo,
    ChipAuthenticationInfo,
    ChipAuthenticationPublicKeyInfo,
    PaceInfo,
    SecurityInfo,
    SecurityInfos,
)
from epass.lds.sod import Sod
from epass.sim.keys import DIGESTS
from epass.trust.report import Outcome, Report

Facts = dict[str, Any]

SIGNATURES = {  # as the Java security providers call them
    "1.2.840.113549.1.1.10": "SSAwithRSA/PSS",  # digest and salt are in its parameters
    **{item.ecdsa: f"{item.name.replace('-', '')}withECDSA" for item in DIGESTS.values()},
    **{item.rsa: f"{item.name.replace('-', '')}withRSA" for item in DIGESTS.values()},
}
SEXES = {"M": "MALE", "F": "FEMALE", "X": "UNKNOWN"}
# The codes of ISO/IEC 19794-5 §5.5, which JMRTD returns, by what they mean.
FACE_CODES: Mapping[object, int] = {
    term: code
    for terms in (face_19794.EYE_COLORS, face_19794.HAIR_COLORS, face_19794.EXPRESSIONS)
    for code, term in terms.items()
}
MIME_TYPES = {ImageType.JPEG: "image/jpeg", ImageType.JP2: "image/jp2"}
PROOFS = {"cam": "chip.mapping", "ca": "chip.authentication", "aa": "chip.active"}
AGREEMENT_KEYS = {agreement: oid for oid, agreement in PUBLIC_KEYS.items()}
DH_GROUPS = range(3)  # the parameter ids of Doc 9303-11 table 12 that are no curves
CIPHERS = {
    "3DES": ("DESede", 128),  # with the parity bits, as JMRTD counts
    "AES-128": ("AES", 128),
    "AES-192": ("AES", 192),
    "AES-256": ("AES", 256),
}


def of_access(access: Access, card_access: bytes) -> Facts:
    """How PACE opened the chip, and what its EF.CardAccess offers.

    Raises:
        EpassError: EF.CardAccess is malformed.
    """
    cipher, bits = CIPHERS[access.cipher]
    offered = SecurityInfos.parse(card_access).pace
    return {
        "access.protocol": access.protocol,
        "access.mapping": access.mapping,
        "access.agreement": "DH" if access.parameter_id in DH_GROUPS else "ECDH",
        "access.cipher": cipher,
        "access.key_length": bits,
        "access.offered": sorted(f"{info.protocol.oid}/{info.parameter_id}" for info in offered),
    }


def of_proofs(evidence: Evidence, report: Report, proofs: Iterable[str]) -> Facts:
    """What came of each of ``proofs``, keys of PROOFS."""
    passed = _passed(report)
    found: Facts = {f"{name}.valid": passed[PROOFS[name]] for name in proofs}
    if "ca.valid" in found and evidence.chip is not None:
        cipher, _ = CIPHERS[CHIP_PROTOCOLS[evidence.chip.oid].cipher.label]
        found |= {"ca.key_id": evidence.chip.key_id, "ca.cipher": cipher}
    return found


def _passed(report: Report) -> dict[str, bool]:
    return {check.id: check.outcome is Outcome.PASS for check in report.checks}


def of_dump(dump: Dump, report: Report) -> Facts:
    """What the files say.

    Raises:
        EpassError: a file is missing or malformed.
    """
    files = dump.files
    return {
        **_com(Com.parse(dump.require(File.COM))),
        **_mrz(Dg1.parse(dump.require(File.DG1)).mrz),
        "dg2.faces": [_face(face) for face in Dg2.parse(dump.require(File.DG2)).faces],
        **(_security(Dg14.parse(files[File.DG14])) if File.DG14 in files else {}),
        **_sod(Sod.parse(dump.require(File.SOD)), _passed(report)),
    }


def _com(com: Com) -> Facts:
    return {
        "com.lds_version": _dotted(com.lds_version),
        "com.unicode_version": _dotted(com.unicode_version),
        "com.tags": [group.tag for group in com.groups],
    }


def _dotted(version: str) -> str:
    """0107 as 1.7, 040000 as 4.0.0."""
    return ".".join(str(int(version[i : i + 2])) for i in range(0, len(version), 2))


def _mrz(mrz: Mrz) -> Facts:
    optional = (*mrz.optional_data, None)
    return {
        "mrz.text": mrz.text,
        "mrz.document_code": mrz.document_code,
        "mrz.issuing_state": mrz.issuing_state,
        "mrz.primary_identifier": mrz.primary_identifier,
        "mrz.secondary_identifier": mrz.secondary_identifier,
        "mrz.nationality": mrz.nationality,
        "mrz.document_number": mrz.document_number,
        "mrz.date_of_birth": mrz.date_of_birth,
        "mrz.date_of_expiry": mrz.date_of_expiry,
        "mrz.sex": SEXES[mrz.sex],
        "mrz.optional_data_1": optional[0],
        "mrz.optional_data_2": optional[1],
    }


def _face(face: Face) -> Facts:
    return {
        "image_sha256": sha256(face.image).hexdigest(),
        "image_size": len(face.image),
        "mime_type": MIME_TYPES[face.image_type],
        "width": face.width,
        "height": face.height,
        "sex": face.gender.name if isinstance(face.gender, Gender) else None,
        "eye_color": _face_code(face.eye_color),
        "hair_color": _face_code(face.hair_color),
        "expression": sum(_face_code(item) for item in face.expressions),
        "feature_points": len(face.feature_points),
        "quality": face.quality,
    }


def _face_code(term: Enum | int | None) -> int:
    return term if isinstance(term, int) else FACE_CODES[term]


def _security(group: Dg14) -> Facts:
    return {"dg14.infos": sorted(_oid(info) for info in group.security_infos.infos)}


def _oid(info: SecurityInfo) -> str:
    match info:
        case PaceInfo() | ChipAuthenticationInfo():
            return info.protocol.oid
        case ChipAuthenticationPublicKeyInfo():
            return AGREEMENT_KEYS[info.agreement]
        case ActiveAuthenticationInfo():
            return ID_AA
        case _:
            return info.oid


def _sod(sod: Sod, passed: Mapping[str, bool]) -> Facts:
    signer, certificate = sod.signer, sod.signed.certificates[0]
    labels = {group: group.label for group in sod.digests}
    key_id = signer.subject_key_id
    return {
        "sod.lds_version": sod.lds_version,
        "sod.unicode_version": sod.unicode_version,
        "sod.digest_algorithm": _digest_name(sod.digest_algorithm),
        "sod.digests": {labels[group]: value.hex() for group, value in sod.digests.items()},
        "sod.digests_match": {name: passed[f"{name.lower()}.hash"] for name in labels.values()},
        "sod.signer_digest_algorithm": _digest_name(signer.digest_algorithm),
        "sod.signature_algorithm": SIGNATURES[signer.signature_algorithm.oid],
        "sod.signature_valid": passed["sod.digest"] and passed["sod.signature"],
        "sod.signer_issuer": signer.issuer and signer.issuer.text,
        "sod.signer_serial": signer.serial,
        "sod.signer_key_id": key_id and key_id.hex(),
        "sod.certificate_sha256": sha256(certificate.raw).hexdigest(),
        "sod.certificate_subject": certificate.subject.text,
        "sod.certificate_issuer": certificate.issuer.text,
        "sod.certificate_serial": certificate.serial,
    }


def _digest_name(algorithm: Algorithm) -> str:
    return Hash.from_algorithm(algorithm).label
