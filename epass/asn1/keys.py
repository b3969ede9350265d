"""Public keys and the parameters of their algorithms.

Source: RFC 5280 §4.1.2.7, RFC 4055, RFC 3279 and PKCS #3; Doc 9303-11 §9.5.1.
"""

from asn1crypto import algos, core, keys

from epass.asn1 import der
from epass.asn1.model import (
    Algorithm,
    DhKey,
    EcKey,
    ExplicitCurve,
    OtherKey,
    PssParameters,
    PublicKey,
    RsaKey,
    StandardizedKey,
)
from epass.asn1.values import algorithm_of, door, dotted, octets, whole
from epass.errors import FormatError

MAX_RSA_BITS = 16_384  # OPENSSL_RSA_MAX_MODULUS_BITS; the standard ends at 4,096
MAX_DH_BITS = 10_000  # OPENSSL_DH_MAX_MODULUS_BITS; the standard ends at 2,048
MAX_SALT = MAX_RSA_BITS // 8  # bytes; no modulus has room for a longer one
MAX_PARAMETER_ID = 31  # Doc 9303-11 §9.5.1 table 12

RSA, RSA_PSS = "1.2.840.113549.1.1.1", "1.2.840.113549.1.1.10"
EC, PRIME_FIELD = "1.2.840.10045.2.1", "1.2.840.10045.1.1"
DH_PUBLIC_NUMBER, DH_KEY_AGREEMENT = "1.2.840.10046.2.1", "1.2.840.113549.1.3.1"
STANDARDIZED_PARAMETERS = "0.4.0.127.0.7.1.2"  # Doc 9303-11 §9.5.1


def public_key(data: bytes, *, where: str, base: int = 0) -> PublicKey:
    """The SubjectPublicKeyInfo in DER that fills ``data``.

    Raises:
        FormatError: it is not one.
    """
    der.scan(data, where, base=base)
    with door(where):
        return key_of(core.Sequence.load(data, strict=True).contents, where)


def key_of(info: bytes, where: str) -> PublicKey:
    """The key of a SubjectPublicKeyInfo's contents."""
    identifier, bits = der.split(info, where)
    algorithm = algorithm_of(core.Sequence.load(identifier, strict=True).contents, where)
    key = octets(bits, where)
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
    numbers = whole(keys.RSAPublicKey.load(key, strict=True), where)
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
    given = whole(kind.load(algorithm.parameters, strict=True), where)
    p, g, q = (given[name].native for name in ("p", "g", "p" if older else "q"))
    if min(p, g, q, y) < 1 or p.bit_length() > MAX_DH_BITS:
        raise FormatError("a DH parameter or public value out of range", where)
    return DhKey(p, g, None if older else q, y)


def _curve(algorithm: Algorithm, where: str) -> str | ExplicitCurve | None:
    parameters = algorithm.parameters or b""
    if parameters[:1] == bytes((der.OID,)):
        return dotted(parameters)
    if parameters[:1] != bytes((der.SEQUENCE,)):
        raise FormatError("neither a named curve nor explicit parameters", where)
    domain = whole(keys.SpecifiedECDomain.load(parameters, strict=True), where)
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
    with door(where):
        if algorithm.parameters is None:
            raise FormatError("the parameters of RSASSA-PSS are missing", where)  # RFC 4055 §3.1
        der.scan(algorithm.parameters, where)
        given = whole(algos.RSASSAPSSParams.load(algorithm.parameters, strict=True), where)
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
