"""The one door to asn1crypto: strict, eager, its exceptions translated.

Source: RFC 5652 (CMS), RFC 5280 (X.509), RFC 4055, RFC 3279 and PKCS #3 (keys).

asn1crypto is lazy, takes what is not DER for DER, and lets ValueError, KeyError and their like
out at the first use of a value. So ``der.scan`` checks every encoding as a whole; then every
value is fetched at once, into dataclasses of our own. Bytes that are hashed are slices of the
original: ``dump()`` is not called, because it encodes anew where it meets an indefinite length.

All of it is DER, but for the shell of a CMS SignedData: New Zealand and the United States have
issued EF.SODs in BER with indefinite lengths and constructed octet strings.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, NamedTuple

from asn1crypto import algos, cms, core, keys, parser, x509

from epass.asn1 import der
from epass.asn1.model import (
    Algorithm,
    Certificate,
    DhKey,
    EcKey,
    ExplicitCurve,
    Name,
    OtherKey,
    PssParameters,
    PublicKey,
    RsaKey,
    SignedData,
    SignerInfo,
    StandardizedKey,
)
from epass.errors import FormatError

MAX_RSA_BITS = 16_384  # OPENSSL_RSA_MAX_MODULUS_BITS; the standard ends at 4,096
MAX_DH_BITS = 10_000  # OPENSSL_DH_MAX_MODULUS_BITS; the standard ends at 2,048
MAX_SALT = MAX_RSA_BITS // 8  # bytes; no modulus has room for a longer one
MAX_PARAMETER_ID = 31  # Doc 9303-11 §9.5.1 table 12

DATA, SIGNED_DATA = "1.2.840.113549.1.7.1", "1.2.840.113549.1.7.2"
CONTENT_TYPE, MESSAGE_DIGEST, SIGNING_TIME = (f"1.2.840.113549.1.9.{arc}" for arc in (3, 4, 5))
RSA, RSA_PSS = "1.2.840.113549.1.1.1", "1.2.840.113549.1.1.10"
EC, PRIME_FIELD = "1.2.840.10045.2.1", "1.2.840.10045.1.1"
DH_PUBLIC_NUMBER, DH_KEY_AGREEMENT = "1.2.840.10046.2.1", "1.2.840.113549.1.3.1"
STANDARDIZED_PARAMETERS = "0.4.0.127.0.7.1.2"  # Doc 9303-11 §9.5.1
SUBJECT_KEY_ID = "2.5.29.14"

_LABELS = {"2.5.4.6": "C", "2.5.4.10": "O", "2.5.4.11": "OU", "2.5.4.3": "CN"}  # RFC 4514 §3
_FAULTS = (ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RecursionError)


def signed_data(data: bytes, *, where: str, base: int = 0) -> SignedData:
    """The ContentInfo with SignedData that fills ``data``; its shell may be BER.

    ``base`` is where the data stands in its file. Certificates and signed attributes must be
    DER (RFC 5652 §5.3); CRLs and unsigned attributes are not looked at.

    Raises:
        FormatError: with the byte offset where the encoding is broken, without one where the
            structure is.
    """
    der.scan(data, where, base=base, ber=True)
    with _door(where):
        info = _whole(cms.ContentInfo.load(data, strict=True), where)
        if info["content_type"].dotted != SIGNED_DATA:
            raise FormatError("not CMS SignedData", where)
        signed = _whole(info["content"], where)
        content_type, content = _encapsulated(signed, where)
        raws = der.split(signed["certificates"].contents, where)
        list(signed["digest_algorithms"])  # of no use, but what is there must be what it should
        infos = list(signed["signer_infos"])
    return SignedData(
        content_type,
        content,
        tuple(certificate(raw, where=f"{where}/certificate {i}") for i, raw in enumerate(raws, 1)),
        tuple(_signer(info, f"{where}/signer {i}") for i, info in enumerate(infos, 1)),
    )


def _encapsulated(signed: Any, where: str) -> tuple[str, bytes]:
    # §5.1: version 1 is for id-data only; before CMS, it was PKCS #7 with another structure.
    version, encapsulated = signed["version"].contents, _whole(signed["encap_content_info"], where)
    content_type: str = encapsulated["content_type"].dotted
    if version != b"\x03" and (version != b"\x01" or content_type != DATA):
        raise FormatError("the version of SignedData is not the one for its content", where)
    content = encapsulated["content"]
    if not _present(content):
        raise FormatError("the signed content is missing", where)
    return content_type, bytes(content)


def _signer(info: Any, where: str) -> SignerInfo:
    with _door(where):
        sid = _whole(info, where)["sid"].chosen
        by_name = info["sid"].name == "issuer_and_serial_number"
        signed = _signed_attributes(info["signed_attrs"], where)
        return SignerInfo(
            issuer=_name(sid["issuer"], where) if by_name else None,
            serial=sid["serial_number"].native if by_name else None,
            subject_key_id=None if by_name else sid.native,
            digest_algorithm=_algorithm(info["digest_algorithm"].contents, where),
            signature_algorithm=_algorithm(info["signature_algorithm"].contents, where),
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
    if not _present(attributes):
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
    time = _time(wanted[SIGNING_TIME], where) if SIGNING_TIME in wanted else None
    digest = wanted[MESSAGE_DIGEST].native
    return _SignedAttributes(encoded, wanted[CONTENT_TYPE].dotted, digest, time)


def certificate(data: bytes, *, where: str) -> Certificate:
    """The X.509 certificate in DER that fills ``data``.

    Raises:
        FormatError: as for ``signed_data``.
    """
    der.scan(data, where)
    with _door(where):
        outer = _whole(x509.Certificate.load(data, strict=True), where)
        body = _whole(outer["tbs_certificate"], where)
        return Certificate(
            raw=data,
            serial=body["serial_number"].native,
            issuer=_name(body["issuer"], where),
            subject=_name(body["subject"], where),
            not_before=_time(body["validity"]["not_before"], where),
            not_after=_time(body["validity"]["not_after"], where),
            public_key=_public_key(body["subject_public_key_info"].contents, where),
            subject_key_id=_subject_key_id(body["extensions"], where),
        )


def _subject_key_id(extensions: Any, where: str) -> bytes | None:
    parts = [der.split(item.contents, where) for item in extensions]
    found = [part[-1] for part in parts if _dotted(part[0]) == SUBJECT_KEY_ID]
    if len(found) > 1:
        raise FormatError("two subject key identifiers", where)
    if not found:
        return None
    value = core.OctetString.load(found[0], strict=True).native
    try:
        identifier: bytes = core.OctetString.load(value, strict=True).native
    except ValueError:  # Lithuania: the identifier without its OCTET STRING, so nobody's reference
        return None
    return identifier


def public_key(data: bytes, *, where: str, base: int = 0) -> PublicKey:
    """The SubjectPublicKeyInfo in DER that fills ``data``.

    Raises:
        FormatError: it is not one.
    """
    der.scan(data, where, base=base)
    with _door(where):
        return _public_key(core.Sequence.load(data, strict=True).contents, where)


def _public_key(info: bytes, where: str) -> PublicKey:
    """The key of a SubjectPublicKeyInfo's contents."""
    identifier, bits = der.split(info, where)
    algorithm = _algorithm(core.Sequence.load(identifier, strict=True).contents, where)
    key = _octets(bits, where)
    if algorithm.oid in (RSA, RSA_PSS):
        return _rsa_key(algorithm, key, where)
    if algorithm.oid == EC:
        curve = _curve(algorithm, where)
        return EcKey(curve, key) if curve else OtherKey(algorithm)
    if algorithm.oid in (DH_PUBLIC_NUMBER, DH_KEY_AGREEMENT):
        return _dh_key(algorithm, key, where)
    if algorithm.oid == STANDARDIZED_PARAMETERS:
        return StandardizedKey(_parameter_id(algorithm, where), key)
    return OtherKey(algorithm)


def _parameter_id(algorithm: Algorithm, where: str) -> int:
    number: int = core.Integer.load(algorithm.parameters, strict=True).native
    if not 0 <= number <= MAX_PARAMETER_ID:
        raise FormatError("no number of standardized domain parameters", where)
    return number


def _rsa_key(algorithm: Algorithm, key: bytes, where: str) -> RsaKey:
    der.scan(key, f"{where}/RSA key")
    numbers = _whole(keys.RSAPublicKey.load(key, strict=True), where)
    n, e = numbers["modulus"].native, numbers["public_exponent"].native
    if not 0 < e < n or n.bit_length() > MAX_RSA_BITS:
        raise FormatError("an RSA modulus or exponent out of range", where)
    if algorithm.oid == RSA or algorithm.parameters is None:
        return RsaKey(algorithm.oid, n, e)  # RFC 4055 §1.2: no parameters, no restriction
    return RsaKey(algorithm.oid, n, e, pss_parameters(algorithm, where=where))


def _dh_key(algorithm: Algorithm, key: bytes, where: str) -> DhKey:
    der.scan(key, f"{where}/DH key")
    y = core.Integer.load(key, strict=True).native
    older = algorithm.oid == DH_KEY_AGREEMENT
    kind = algos.DHParameters if older else keys.DomainParameters
    given = _whole(kind.load(algorithm.parameters, strict=True), where)
    p, g, q = (given[name].native for name in ("p", "g", "p" if older else "q"))
    if min(p, g, q, y) < 1 or p.bit_length() > MAX_DH_BITS:
        raise FormatError("a DH parameter or public value out of range", where)
    return DhKey(p, g, None if older else q, y)


def _curve(algorithm: Algorithm, where: str) -> str | ExplicitCurve | None:
    parameters = algorithm.parameters or b""
    if parameters[:1] == bytes((der.OID,)):
        return _dotted(parameters)
    if parameters[:1] != bytes((der.SEQUENCE,)):
        raise FormatError("neither a named curve nor explicit parameters", where)
    domain = _whole(keys.SpecifiedECDomain.load(parameters, strict=True), where)
    if domain["field_id"]["field_type"].dotted != PRIME_FIELD:
        return None
    cofactor = domain["cofactor"].native
    return ExplicitCurve(
        p=domain["field_id"]["parameters"].native,
        a=int.from_bytes(domain["curve"]["a"].native),
        b=int.from_bytes(domain["curve"]["b"].native),
        generator=domain["base"].native,
        n=domain["order"].native,
        cofactor=1 if cofactor is None else cofactor,
    )


def pss_parameters(algorithm: Algorithm, *, where: str) -> PssParameters:
    """The parameters of id-RSASSA-PSS; absent ones are the defaults.

    Raises:
        FormatError: they are not RSASSA-PSS-params.
    """
    with _door(where):
        if algorithm.parameters is None:
            raise FormatError("the parameters of RSASSA-PSS are missing", where)  # RFC 4055 §3.1
        der.scan(algorithm.parameters, where)
        given = _whole(algos.RSASSAPSSParams.load(algorithm.parameters, strict=True), where)
        mgf, salt = given["mask_gen_algorithm"], given["salt_length"].native
        if not 0 <= salt <= MAX_SALT:
            raise FormatError("a PSS salt length out of range", where)
        return PssParameters(
            hash_oid=given["hash_algorithm"]["algorithm"].dotted,
            mgf_oid=mgf["algorithm"].dotted,
            mgf_hash_oid=mgf["parameters"]["algorithm"].dotted,
            salt_length=salt,
            trailer=int(given["trailer_field"]),
        )


def algorithm(data: bytes, *, where: str, base: int = 0) -> Algorithm:
    """The AlgorithmIdentifier in DER that fills ``data``.

    Raises:
        FormatError: it is not one.
    """
    der.scan(data, where, base=base)
    with _door(where):
        return _algorithm(core.Sequence.load(data, strict=True).contents, where)


def object_identifier(data: bytes, *, where: str, base: int = 0) -> str:
    """The dotted form of the OBJECT IDENTIFIER in DER that fills ``data``.

    Raises:
        FormatError: it is not one.
    """
    der.scan(data, where, base=base)
    with _door(where):
        return _dotted(data)


def _dotted(oid: bytes) -> str:
    dotted: str = core.ObjectIdentifier.load(oid, strict=True).dotted
    return dotted


def _algorithm(contents: bytes, where: str) -> Algorithm:
    oid, *rest = der.split(contents, where)
    if len(rest) > 1:
        raise FormatError("more than an algorithm and its parameters", where)
    return Algorithm(_dotted(oid), rest[0] if rest else None)


def _name(name: Any, where: str) -> Name:
    rdns = [[_attribute(pair.contents, where) for pair in rdn] for rdn in name.chosen]
    text = ", ".join(f"{_LABELS.get(oid, oid)}={value}" for rdn in rdns for oid, value in rdn)
    return Name(tuple(frozenset((oid, _fold(value)) for oid, value in rdn) for rdn in rdns), text)


def _fold(value: str) -> str:
    return " ".join(value.casefold().split())


def _attribute(contents: bytes, where: str) -> tuple[str, str]:
    """An AttributeTypeAndValue as OID and text.

    The type of string is not trusted: states write UTF-8 and Latin-1 under the tags of others,
    and a certificate must not fail by that.
    """
    oid, value = der.split(contents, where)
    text = value[der.Scanner(value, where).header(0, len(value)).start :]
    if value[0] == der.BMP_STRING:
        return _dotted(oid), text.decode("utf-16-be", "replace")
    try:
        return _dotted(oid), text.decode()
    except UnicodeDecodeError:
        return _dotted(oid), text.decode("latin-1")


def _octets(bits: bytes, where: str) -> bytes:
    """A BIT STRING of whole octets; asn1crypto drops bits that are left over."""
    content: bytes = core.BitString.load(bits, strict=True).contents
    if content[:1] != b"\x00":
        raise FormatError("not a whole number of octets", where)
    return content[1:]


def _whole(sequence: Any, where: str) -> Any:
    """The sequence, if it has no more fields than its type: asn1crypto keeps them in silence."""
    if len(sequence) > len(sequence._fields):
        raise FormatError("more fields than the standard prescribes", where)
    return sequence


def _present(value: Any) -> bool:
    return not isinstance(value, core.Void)  # the contents of an absent value are not None but b""


def _time(value: Any, where: str) -> datetime:
    moment = value.native
    if not isinstance(moment, datetime) or moment.tzinfo is None:
        raise FormatError("a time without a zone or out of range", where)
    return moment.astimezone(UTC)


@contextmanager
def _door(where: str) -> Iterator[None]:
    """Whatever asn1crypto raises becomes a FormatError, without its text, which quotes content."""
    try:
        yield
    except _FAULTS:
        raise FormatError("not the structure that the standard prescribes", where) from None
