"""CMS SignedData, strict and eager.

Source: RFC 5652.

All of it is DER, but for the shell of a CMS SignedData: New Zealand and the United States have
issued EF.SODs in BER with indefinite lengths and constructed octet strings.
"""

from datetime import datetime
from typing import Any, NamedTuple

from asn1crypto import cms, core, parser

from epass.asn1 import der
from epass.asn1.certificates import certificate
from epass.asn1.model import SignedData, SignerInfo
from epass.asn1.values import algorithm_of, door, name_of, present, time_of, whole
from epass.errors import FormatError

DATA, SIGNED_DATA = "1.2.840.113549.1.7.1", "1.2.840.113549.1.7.2"
CONTENT_TYPE, MESSAGE_DIGEST, SIGNING_TIME = (f"1.2.840.113549.1.9.{arc}" for arc in (3, 4, 5))


def signed_data(data: bytes, *, where: str, base: int = 0) -> SignedData:
    """The ContentInfo with SignedData that fills ``data``; its shell may be BER.

    ``base`` is where the data stands in its file. Certificates and signed attributes must be
    DER (RFC 5652 §5.3), and so must CRLs, as far as their headers; unsigned attributes are not
    looked at.

    Raises:
        FormatError: with the byte offset where the encoding is broken, without one where the
            structure is.
    """
    der.scan(data, where, base=base, ber=True)
    with door(where):
        info = whole(cms.ContentInfo.load(data, strict=True), where)
        if info["content_type"].dotted != SIGNED_DATA:
            raise FormatError("not CMS SignedData", where)
        signed = whole(info["content"], where)
        content_type, content = _encapsulated(signed, where)
        raws = der.split(signed["certificates"].contents, where)
        list(signed["digest_algorithms"])  # of no use, but what is there must be what it should
        infos = list(signed["signer_infos"])
        lists = signed["crls"]
        crls = der.split(lists.contents, where) if present(lists) else []
    return SignedData(
        content_type,
        content,
        tuple(certificate(raw, where=f"{where}/certificate {i}") for i, raw in enumerate(raws, 1)),
        tuple(_signer(info, f"{where}/signer {i}") for i, info in enumerate(infos, 1)),
        tuple(crls),
    )


def _encapsulated(signed: Any, where: str) -> tuple[str, bytes]:
    # §5.1: version 1 is for id-data only; before CMS, it was PKCS #7 with another structure.
    version, encapsulated = signed["version"].contents, whole(signed["encap_content_info"], where)
    content_type: str = encapsulated["content_type"].dotted
    if version != b"\x03" and (version != b"\x01" or content_type != DATA):
        raise FormatError("the version of SignedData is not the one for its content", where)
    content = encapsulated["content"]
    if not present(content):
        raise FormatError("the signed content is missing", where)
    return content_type, bytes(content)


def _signer(info: Any, where: str) -> SignerInfo:
    with door(where):
        sid = whole(info, where)["sid"].chosen
        by_name = info["sid"].name == "issuer_and_serial_number"
        signed = _signed_attributes(info["signed_attrs"], where)
        return SignerInfo(
            issuer=name_of(sid["issuer"], where) if by_name else None,
            serial=sid["serial_number"].native if by_name else None,
            subject_key_id=None if by_name else sid.native,
            digest_algorithm=algorithm_of(info["digest_algorithm"].contents, where),
            signature_algorithm=algorithm_of(info["signature_algorithm"].contents, where),
            signed_attributes=signed.raw if signed else None,
            content_type=signed.content_type if signed else None,
            message_digest=signed.message_digest if signed else None,
            signing_time=signed.signing_time if signed else None,
            signature=info["signature"].native,
        )


class _SignedAttributes(NamedTuple):
    raw: bytes
    content_type: str
    message_digest: bytes
    signing_time: datetime | None


def _signed_attributes(attributes: Any, where: str) -> _SignedAttributes | None:
    if not present(attributes):
        return None
    where = f"{where}/signed attributes"
    encoded = parser.emit(0, 1, core.SetOf.tag, attributes.contents)  # §5.4: hashed as a SET OF
    der.scan(encoded, where)
    wanted: dict[str, Any] = {}
    for attribute in cms.CMSAttributes.load(encoded, strict=True):
        oid = attribute["type"].dotted
        if oid not in (CONTENT_TYPE, MESSAGE_DIGEST, SIGNING_TIME):
            continue
        if oid in wanted or len(attribute["values"]) != 1:
            raise FormatError(f"the attribute {oid} does not have one value", where)  # RFC 5652 §11
        wanted[oid] = attribute["values"][0]
    if CONTENT_TYPE not in wanted or MESSAGE_DIGEST not in wanted:
        raise FormatError("content type or message digest is missing", where)
    time = time_of(wanted[SIGNING_TIME], where) if SIGNING_TIME in wanted else None
    digest = wanted[MESSAGE_DIGEST].native
    return _SignedAttributes(encoded, wanted[CONTENT_TYPE].dotted, digest, time)
