"""EF.SOD: the digests of the data groups, signed by the document signer.

Source: ICAO Doc 9303-10 §4.6.2 (version 1), Appendix D (version 0); RFC 5652 (CMS). What it says
is worth nothing until its signature is verified and its signer trusted.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Self

from epass import asn1, tlv
from epass.errors import FormatError, UnsupportedError
from epass.lds.names import File

EF_SOD, CONTENT = "EF.SOD", "EF.SOD/LDSSecurityObject"
INTEGER, OCTET_STRING, PRINTABLE_STRING, SEQUENCE, DOCUMENT = 0x02, 0x04, 0x13, 0x30, 0x77

# id-icao-mrtd-security-ldsSecurityObject, and what Belgium and France, the Netherlands, and
# China have written in its place. They are equal: the OID is signed, and nothing else is signed
# by a document signer that could be taken for an LDS security object.
CONTENT_TYPES = frozenset(
    {"2.23.136.1.1.1", "1.3.27.1.1.1", "1.2.528.1.1006.1.20.1", "1.2.840.113549.1.7.1"}
)
MIN_GROUPS = 2  # §4.6.2.3: SIZE (2..16); there is one digest at most for each of the 16 groups
MAX_DIGEST = 64  # bytes, SHA-512


@dataclass(frozen=True, slots=True)
class Sod:
    """``signed.content`` is the LDS security object as signed; the rest is what it says.

    ``version`` is 0 or 1; ``lds_version`` ("0108") and ``unicode_version`` ("040000") are of
    version 1. ``digests`` keeps the order of the file.
    """

    signed: asn1.SignedData
    version: int
    digest_algorithm: asn1.Algorithm
    digests: Mapping[File, bytes] = field(repr=False)
    lds_version: str | None = None
    unicode_version: str | None = None

    @property
    def signer(self) -> asn1.SignerInfo:
        """The one SignerInfo that an EF.SOD has."""
        return self.signed.signers[0]

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Parse the whole file.

        Raises:
            FormatError: with place and byte offset of the first fault; inside the LDS security
                object the offset is counted from its first byte.
            UnsupportedError: there is more than one signer.
        """
        outer = tlv.parse_one(data, DOCUMENT, where=EF_SOD)
        signed = asn1.signed_data(outer.value, where=outer.where, base=outer.start)
        if signed.content_type not in CONTENT_TYPES:
            raise FormatError("the content is not an LDS security object", EF_SOD)
        if not signed.signers:
            raise FormatError("nobody has signed it", EF_SOD)
        if len(signed.signers) > 1:
            raise UnsupportedError("EF.SOD has more than one signer")
        return cls(signed, *_security_object(signed.content))


def _security_object(
    content: bytes,
) -> tuple[int, asn1.Algorithm, Mapping[File, bytes], str | None, str | None]:
    top = tlv.parse_one(content, SEQUENCE, where=CONTENT)
    parts = top.children()
    expected = (INTEGER, SEQUENCE, SEQUENCE, SEQUENCE)
    if len(parts) < 3 or tuple(part.tag for part in parts) != expected[: len(parts)]:
        raise top.fail("not version, algorithm, digests and version info")
    version, algorithm, digests, *info = parts
    if version.value not in (b"\x00", b"\x01"):
        raise version.fail("neither version 0 nor 1")
    if (version.value == b"\x01") != bool(info):
        raise version.fail("version 1 has version info, and version 0 none")
    lds, unicode = _version_info(info[0]) if info else (None, None)
    return (
        version.value[0],
        asn1.algorithm(algorithm.raw, where=algorithm.where, base=algorithm.offset),
        _digests(digests),
        lds,
        unicode,
    )


def _digests(values: tlv.Tlv) -> Mapping[File, bytes]:
    digests: dict[File, bytes] = {}
    for item in values.children():
        number, digest = _pair(item, INTEGER, OCTET_STRING)
        group = File.from_group(number.value[0]) if len(number.value) == 1 else None
        if group is None:
            raise number.fail("not the number of a data group")
        if group in digests:
            raise number.fail(f"{group.label} has two digests")
        if not 0 < len(digest.value) <= MAX_DIGEST:
            raise digest.fail(f"a digest of {len(digest.value)} bytes")
        digests[group] = digest.value
    if len(digests) < MIN_GROUPS:
        raise values.fail(f"digests of {len(digests)} data groups; DG1 and DG2 are mandatory")
    return MappingProxyType(digests)


def _version_info(info: tlv.Tlv) -> tuple[str, str]:
    lds, unicode = _pair(info, PRINTABLE_STRING, PRINTABLE_STRING)
    for item, count in ((lds, 4), (unicode, 6)):
        if not re.fullmatch(rb"[0-9]{%d}" % count, item.value):
            raise item.fail(f"not {count} digits")
    return lds.value.decode(), unicode.value.decode()


def _pair(sequence: tlv.Tlv, *tags: int) -> tuple[tlv.Tlv, tlv.Tlv]:
    children = sequence.children() if sequence.tag == SEQUENCE else ()
    if tuple(child.tag for child in children) != tags:
        raise sequence.fail("not a sequence of the two values that belong here")
    first, second = children
    return first, second
