"""The door to asn1crypto: certificates, keys, algorithms, and the bounds of every encoding."""

import time
from datetime import UTC

import pytest
from asn1_cases import (
    AT,
    EC,
    EC_ALGORITHM,
    KEY_ID,
    LDS,
    MALFORMED,
    RSA,
    RSA_ALGORITHM,
    SHA_1,
    SHA_256,
    made,
    refusal,
    signer,
)
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec as openssl_ec
from cryptography.hazmat.primitives.asymmetric import rsa
from hypothesis import given, settings
from hypothesis import strategies as st
from mutation import mutated

from epass import asn1, tlv
from epass.asn1.der import MAX_DEPTH, MAX_NODES, MAX_SIZE
from epass.crypto import ec
from epass.errors import FormatError
from epass.sim import der
from epass.sim.certificates import extension
from epass.sim.country import Country

RSA_PSS = "1.2.840.113549.1.1.10"
MGF1 = "1.2.840.113549.1.1.8"


def certificate(data: bytes) -> asn1.Certificate:
    return asn1.certificate(data, where="test")


# --- certificates ----------------------------------------------------------------------------


@pytest.mark.parametrize("signature", ["RSA", "RSA-PSS", "ECDSA"])
def test_a_certificate_as_another_library_reads_it(signature: str) -> None:
    raw = signer(signature).certificate.der
    other = x509.load_der_x509_certificate(raw)
    ours = certificate(raw)
    assert ours.raw == raw
    assert ours.serial == other.serial_number
    assert ours.not_before == other.not_valid_before_utc
    assert ours.not_after == other.not_valid_after_utc
    assert ours.subject.text.startswith("C=UT, O=Utopia, CN=Utopia Document Signer")
    assert ours.issuer == certificate(Country().csca.certificate.der).subject
    assert ours.issuer != ours.subject
    identifier = other.extensions.get_extension_for_class(x509.SubjectKeyIdentifier)
    assert ours.subject_key_id == identifier.value.digest


@pytest.mark.parametrize("signature", ["RSA", "RSA-PSS"])
def test_rsa_keys(signature: str) -> None:
    raw = signer(signature).certificate.der
    other = x509.load_der_x509_certificate(raw).public_key()
    assert isinstance(other, rsa.RSAPublicKey)
    numbers = other.public_numbers()
    ours = certificate(raw).public_key
    assert isinstance(ours, asn1.RsaKey)
    assert (ours.n, ours.e, ours.pss) == (numbers.n, numbers.e, None)


def test_a_named_curve() -> None:
    raw = signer().certificate.der
    other = x509.load_der_x509_certificate(raw).public_key()
    assert isinstance(other, openssl_ec.EllipticCurvePublicKey)
    ours = certificate(raw).public_key
    assert isinstance(ours, asn1.EcKey)
    assert ours.curve == "1.2.840.10045.3.1.7"
    assert int.from_bytes(ours.point[1:33]) == other.public_numbers().x


@pytest.mark.parametrize("curve", ["P-256", "brainpoolP224r1", "P-521"])
def test_explicit_parameters(curve: str) -> None:
    key = certificate(signer(curve=curve, explicit=True).certificate.der).public_key
    assert isinstance(key, asn1.EcKey)
    given = key.curve
    assert isinstance(given, asn1.ExplicitCurve)
    known = ec.by_parameters(
        p=given.p,
        a=given.a,
        b=given.b,
        generator=given.generator,
        n=given.n,
        cofactor=given.cofactor,
    )
    assert known is not None
    assert known.name == curve
    assert known.decode(key.point, where="test").encode() == key.point


def test_names_match_whatever_their_encoding() -> None:
    made_up = certificate(made())
    assert made_up.issuer == made_up.subject
    assert made_up.issuer.text == "C=UT, CN=Utopia  CSCA"
    assert made_up.serial == -1  # it has been issued
    assert made_up.not_after.year == 2060
    assert made_up.subject_key_id is None


def test_a_name_in_latin_1_under_another_tag() -> None:
    name = der.sequence(
        der.set_of([der.sequence(der.oid("2.5.4.10"), tlv.build(0x14, b"\xd6sterreich"))])
    )
    assert certificate(made(issuer=name)).issuer.text == "O=\xd6sterreich"


def test_subject_key_id() -> None:
    assert certificate(made(extensions=der.sequence(KEY_ID))).subject_key_id == b"the key"
    bare = extension("2.5.29.14", b"\x12\x34" * 10)  # as Lithuania has encoded it
    assert certificate(made(extensions=der.sequence(bare))).subject_key_id is None
    twice = der.sequence(KEY_ID, KEY_ID)
    assert refusal(certificate, made(extensions=twice)) == "test: two extensions 2.5.29.14"


def rsa_key(n: int, e: int = 65537, algorithm: bytes = RSA_ALGORITHM) -> bytes:
    return der.sequence(algorithm, der.bit_string(der.sequence(der.integer(n), der.integer(e))))


def test_the_restriction_of_a_pss_key() -> None:
    parameters = der.sequence(der.explicit(2, der.integer(32)))
    algorithm = der.sequence(der.oid(RSA_PSS), parameters)
    key = certificate(made(key=rsa_key(1 << 1023 | 1, algorithm=algorithm))).public_key
    assert isinstance(key, asn1.RsaKey)
    assert key.pss == asn1.PssParameters(SHA_1, MGF1, SHA_1, 32, 1)


def test_a_key_of_another_algorithm() -> None:
    ed25519 = der.sequence(der.sequence(der.oid("1.3.101.112")), der.bit_string(bytes(32)))
    assert certificate(made(key=ed25519)).public_key == asn1.OtherKey(asn1.Algorithm("1.3.101.112"))


def explicit_curve(field: str = "1.2.840.10045.1.1", prime: bytes = der.integer(23)) -> bytes:
    """Parameters without a cofactor."""
    domain = der.sequence(
        der.integer(1),
        der.sequence(der.oid(field), prime),
        der.sequence(der.octet_string(b"\x01"), der.octet_string(b"\x02")),
        der.octet_string(b"\x04\x03\x05"),
        der.integer(29),
    )
    return der.sequence(der.sequence(der.oid(EC), domain), der.bit_string(b"\x04\x03\x05"))


def test_explicit_parameters_without_a_cofactor() -> None:
    key = certificate(made(key=explicit_curve())).public_key
    expected = asn1.ExplicitCurve(23, 1, 2, b"\x04\x03\x05", 29, 1)
    assert key == asn1.EcKey(expected, b"\x04\x03\x05")


def test_a_curve_over_another_field_is_another_key() -> None:
    binary = explicit_curve("1.2.840.10045.1.2", der.sequence())
    assert isinstance(certificate(made(key=binary)).public_key, asn1.OtherKey)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (made(key=rsa_key(0)), "test: an RSA modulus or exponent out of range"),
        (made(key=rsa_key(-5, -7)), "test: an RSA modulus or exponent out of range"),
        (made(key=rsa_key(77, 0)), "test: an RSA modulus or exponent out of range"),
        (made(key=rsa_key(77, 77)), "test: an RSA modulus or exponent out of range"),
        (made(key=rsa_key(1 << 16_384)), "test: an RSA modulus or exponent out of range"),
        (
            made(key=der.sequence(RSA_ALGORITHM, der.bit_string(b""))),
            "test/RSA key at byte 0: the data ends inside a header",
        ),
        (
            made(key=der.sequence(der.sequence(der.oid(EC), der.NULL), der.bit_string(b"\x04"))),
            "test: neither a named curve nor explicit parameters",
        ),
        (
            made(key=der.sequence(der.sequence(der.oid(EC)), der.bit_string(b"\x04"))),
            "test: neither a named curve nor explicit parameters",
        ),
        (
            made(key=der.sequence(der.sequence(der.oid(EC), der.sequence()), der.bit_string(b""))),
            MALFORMED,
        ),
        (
            made(key=der.sequence(der.sequence(der.oid(EC), der.NULL, der.NULL), der.NULL)),
            "test: more than an algorithm and its parameters",
        ),
        (
            made(key=der.sequence(EC_ALGORITHM, tlv.build(0x03, b"\x04\x00"))),
            "test: not a whole number of octets",
        ),
        (
            made(key=der.sequence(EC_ALGORITHM, tlv.build(0x03, b""))),
            "test: not a whole number of octets",
        ),
        (
            made(
                key=der.sequence(RSA_ALGORITHM, der.bit_string(der.sequence(*[der.integer(5)] * 3)))
            ),
            "test: more fields than the standard prescribes",
        ),
        (made(key=der.sequence(EC_ALGORITHM)), MALFORMED),
        (made(times=der.sequence(der.time(AT), der.NULL)), MALFORMED),
        (made(times=der.sequence(*[tlv.build(0x17, b"241340000000Z")] * 2)), MALFORMED),
        (made(issuer=der.sequence(der.NULL)), MALFORMED),
        (made(issuer=der.sequence(der.set_of([der.sequence(der.NULL)]))), MALFORMED),
        (der.sequence(), MALFORMED),
        (der.sequence(der.integer(1), der.integer(1), der.integer(1)), MALFORMED),
    ],
)
def test_malformed_certificates(data: bytes, message: str) -> None:
    assert refusal(certificate, data) == message


def test_a_time_without_a_zone() -> None:
    data = made(times=der.sequence(*[tlv.build(0x18, b"20240416093000")] * 2))
    assert refusal(certificate, data) == "test: a time without a zone or out of range"


# --- algorithms ------------------------------------------------------------------------------


def pss(*parameters: bytes) -> asn1.PssParameters:
    algorithm = asn1.Algorithm(RSA_PSS, der.sequence(*parameters))
    return asn1.pss_parameters(algorithm, where="test")


def test_pss_defaults() -> None:
    assert pss() == asn1.PssParameters(SHA_1, MGF1, SHA_1, 20, 1)


def test_pss_parameters() -> None:
    sha_256 = der.sequence(der.oid(SHA_256), der.NULL)
    given = pss(
        der.explicit(0, sha_256),
        der.explicit(1, der.sequence(der.oid(MGF1), der.sequence(der.oid(SHA_256)))),
        der.explicit(2, der.integer(32)),
        der.explicit(3, der.integer(2)),
    )
    assert given == asn1.PssParameters(SHA_256, MGF1, SHA_256, 32, 2)


@pytest.mark.parametrize(
    "parameters",
    [
        der.NULL,
        der.sequence(der.explicit(2, der.octet_string(b"\x20"))),
        der.sequence(der.explicit(1, der.sequence(der.oid(MGF1)))),
        der.sequence(der.explicit(1, der.sequence(der.oid(MGF1), der.NULL))),
        der.sequence(der.explicit(1, der.sequence(der.oid(SHA_256), der.NULL))),
    ],
)
def test_malformed_pss_parameters(parameters: bytes) -> None:
    algorithm = asn1.Algorithm(RSA_PSS, parameters)
    assert refusal(lambda _: asn1.pss_parameters(algorithm, where="test"), b"") == MALFORMED


def test_unknown_pss_parameters() -> None:
    with pytest.raises(FormatError, match="test: more fields than the standard prescribes"):
        pss(der.explicit(4, der.integer(1)))


def test_missing_pss_parameters() -> None:
    with pytest.raises(FormatError, match="test: the parameters of RSASSA-PSS are missing"):
        asn1.pss_parameters(asn1.Algorithm(RSA_PSS), where="test")


def test_algorithm_and_object_identifier() -> None:
    assert asn1.algorithm(RSA_ALGORITHM, where="test") == asn1.Algorithm(RSA, der.NULL)
    assert asn1.object_identifier(der.oid(LDS), where="test") == LDS


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"\x06\x00", "not an OBJECT IDENTIFIER"),
        (b"\x06\x02\x2a\x86", "not an OBJECT IDENTIFIER"),
        (b"\x06\x03\x2a\x80\x01", "not an OBJECT IDENTIFIER"),
        (b"\x06\x41" + b"\x01" * 65, "not an OBJECT IDENTIFIER"),
        (b"\x06\x01\x2a\x00", "1 bytes after the end"),
        (b"\x06\x02\x2a", "the value is longer than what holds it"),
    ],
)
def test_what_is_no_object_identifier(data: bytes, problem: str) -> None:
    with pytest.raises(FormatError) as caught:
        asn1.object_identifier(data, where="test", base=100)
    assert caught.value.problem == problem
    assert caught.value.offset == (103 if "after" in problem else 100)


# --- the bounds of every encoding ------------------------------------------------------------


def nested(depth: int) -> bytes:
    data = b""
    for _ in range(depth):
        data = der.sequence(data)
    return data


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "test at byte 0: the data ends inside a header"),
        (b"\x30", "test at byte 0: the data ends inside a header"),
        (b"\x30\x01", "test at byte 0: the value is longer than what holds it"),
        (b"\x30\x82\x01", "test at byte 0: the data ends inside a header"),
        (b"\x30\x03\x02\x02\x01", "test at byte 2: the value is longer than what holds it"),
        (b"\x30\x00\x00", "test at byte 2: 1 bytes after the end"),
        (b"\x30\x80\x00\x00", "test at byte 0: indefinite length"),
        (b"\x30\x81\x02\x05\x00", "test at byte 0: a length field longer than needed, which"),
        (b"\x30\x82\x00\x80" + bytes(128), "test at byte 0: a length field longer than needed"),
        (b"\x30\x02\x00\x00", "test at byte 2: a tag that neither X.509 nor CMS has"),
        (b"\x30\x03\x1f\x2a\x00", "test at byte 2: a tag that neither X.509 nor CMS has"),
        (b"\x30\x04\x24\x02\x04\x00", "test at byte 2: a string in pieces, which is not DER"),
        (b"\x30\x02\x02\x00", "test at byte 2: an INTEGER without a value"),
        (nested(MAX_DEPTH + 1), f"test at byte {2 * MAX_DEPTH}: too many values, or nested"),
    ],
)
def test_what_is_no_der(data: bytes, message: str) -> None:
    assert refusal(certificate, data).startswith(message)


@pytest.mark.parametrize("count", [MAX_NODES, MAX_SIZE // 2])
def test_too_much_is_refused_in_time(count: int) -> None:
    data = der.sequence(der.NULL * count)
    started = time.process_time()
    message = refusal(certificate, data)
    assert time.process_time() - started < 2
    assert "too many values" in message or f"more than {MAX_SIZE} bytes" in message


# --- properties ------------------------------------------------------------------------------


@settings(max_examples=200, deadline=None)
@given(
    st.one_of(
        mutated(signer().certificate.der),
        mutated(signer(explicit=True).certificate.der),
        mutated(signer("RSA").certificate.der),
        mutated(made(extensions=der.sequence(KEY_ID))),
    )
)
def test_any_bytes_are_a_certificate_or_refused(data: bytes) -> None:
    try:
        parsed = certificate(data)
    except FormatError as fault:
        assert fault.where.startswith("test")
        assert "Utopia" not in str(fault)
    else:
        assert parsed.raw == data
        assert parsed.not_before.tzinfo is UTC
