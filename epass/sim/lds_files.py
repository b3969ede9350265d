"""EF.COM, EF.SOD, DG1, DG14 and DG15 of a fictitious document.

Source: ICAO Doc 9303-10 §4.6.1 (EF.COM), §4.6.2 and Appendix D (EF.SOD version 1 and 0),
§4.7.1 (DG1), §4.7.14 and §4.7.15 (DG14, DG15).
"""

from collections.abc import Iterable, Mapping
from datetime import datetime

from epass import tlv
from epass.lds.names import File
from epass.sim import choices, cms, der, security_infos
from epass.sim.certificates import Signer
from epass.sim.keys import Digest

EF_COM, LDS_VERSION, UNICODE_VERSION, TAG_LIST = 0x60, 0x5F01, 0x5F36, 0x5C
EF_SOD, DG1_TEMPLATE, MRZ_OBJECT = 0x77, 0x61, 0x5F1F
DG14_TEMPLATE, DG15_TEMPLATE = 0x6E, 0x6F

ID_LDS_SECURITY_OBJECT = "2.23.136.1.1.1"
UNICODE = "040000"  # Unicode 4.0.0, which documents of both LDS versions state

LDS_1_7, LDS_1_8 = LDS_VERSIONS = ("1.7", "1.8")
_CODED = {LDS_1_7: "0107", LDS_1_8: "0108"}


def ef_com(groups: Iterable[File], *, lds_version: str) -> bytes:
    """EF.COM that lists ``groups`` in the order of their numbers."""
    ordered = sorted(groups, key=lambda file: file.group or 0)
    tags = bytes(file.tag for file in ordered if file.tag is not None)
    members = (
        tlv.build(LDS_VERSION, _coded(lds_version).encode("ascii")),
        tlv.build(UNICODE_VERSION, UNICODE.encode("ascii")),
        tlv.build(TAG_LIST, tags),
    )
    return tlv.build(EF_COM, members)


def dg1(lines: Iterable[str]) -> bytes:
    """DG1 with the lines of the MRZ one after the other."""
    return tlv.build(DG1_TEMPLATE, tlv.build(MRZ_OBJECT, "".join(lines).encode("ascii")))


def dg14(infos: Iterable[bytes]) -> bytes:
    """DG14 with these SecurityInfos, each of them once."""
    return tlv.build(DG14_TEMPLATE, security_infos.security_infos(set(infos)))


def dg15(public_key_info: bytes) -> bytes:
    """DG15 with the SubjectPublicKeyInfo of Active Authentication."""
    return tlv.build(DG15_TEMPLATE, public_key_info)


def ef_sod(
    groups: Mapping[File, bytes],
    signer: Signer,
    *,
    lds_version: str,
    at: datetime,
    signer_id: str = cms.ISSUER_AND_SERIAL,
) -> bytes:
    """EF.SOD over ``groups``, signed ``at`` a moment; its digests are those of the signer."""
    content = security_object(groups, signer.digest, lds_version=lds_version)
    signed = cms.sign(ID_LDS_SECURITY_OBJECT, content, signer, at=at, signer_id=signer_id)
    return tlv.build(EF_SOD, signed)


def security_object(groups: Mapping[File, bytes], digest: Digest, *, lds_version: str) -> bytes:
    """LDSSecurityObject: version 0 for LDS 1.7, version 1 with version numbers for LDS 1.8."""
    numbered = sorted((file.group or 0, content) for file, content in groups.items())
    hashes = (
        der.sequence(der.integer(number), der.octet_string(digest.of(content)))
        for number, content in numbered
    )
    coded = _coded(lds_version)
    is_version_1 = lds_version == LDS_1_8
    return der.sequence(
        der.integer(int(is_version_1)),
        digest.identifier(),
        der.sequence(*hashes),
        der.sequence(der.printable(coded), der.printable(UNICODE)) if is_version_1 else b"",
    )


def _coded(lds_version: str) -> str:
    choices.require("LDS version", lds_version, LDS_VERSIONS)
    return _CODED[lds_version]
