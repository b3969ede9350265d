"""The door to asn1crypto: SubjectPublicKeyInfo, with the keys of key agreements."""

import pytest
from asn1_cases import refusal
from cryptography.hazmat.primitives.asymmetric import dh, rsa
from cryptography.hazmat.primitives.asymmetric import ec as openssl_ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given, settings
from hypothesis import strategies as st
from mutation import mutated
from vector_files import raw, vectors

from epass import asn1, tlv
from epass.asn1.keys import MAX_DH_BITS
from epass.crypto import modp
from epass.errors import FormatError
from epass.sim import der

PKCS3, X942 = "1.2.840.113549.1.3.1", "1.2.840.10046.2.1"
STANDARDIZED = "0.4.0.127.0.7.1.2"
GROUP = modp.GROUPS[0]


def public_key(data: bytes) -> asn1.PublicKey:
    return asn1.public_key(data, where="test")


def encoded(algorithm: bytes, key: bytes) -> bytes:
    return der.sequence(algorithm, der.bit_string(key))


def dh_key(oid: str, *numbers: int, y: bytes = der.integer(2)) -> bytes:
    parameters = der.sequence(*map(der.integer, numbers))
    return encoded(der.sequence(der.oid(oid), parameters), y)


PROTESTS = pytest.mark.filterwarnings("ignore:Diffie-Hellman over finite fields")


def as_openssl_writes_it(parameters: "dh.DHParameters") -> tuple[bytes, int]:
    theirs = parameters.generate_private_key().public_key()
    data = theirs.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return data, theirs.public_numbers().y


@PROTESTS
@pytest.mark.parametrize("group", modp.GROUPS, ids=lambda group: group.name)
def test_dh_of_x942(group: modp.ModpGroup) -> None:
    data, y = as_openssl_writes_it(dh.DHParameterNumbers(group.p, group.g, group.q).parameters())
    assert public_key(data) == asn1.DhKey(group.p, group.g, group.q, y)


@PROTESTS
def test_dh_of_pkcs3() -> None:
    parameters = dh.generate_parameters(2, 512)
    data, y = as_openssl_writes_it(parameters)
    assert public_key(data) == asn1.DhKey(parameters.parameter_numbers().p, 2, None, y)


def test_dh_with_all_that_may_be_there() -> None:
    validation = der.sequence(der.bit_string(bytes(20)), der.integer(5))
    parameters = der.sequence(*map(der.integer, (23, 5, 11, 2)), validation)
    algorithm = der.sequence(der.oid(X942), parameters)
    assert public_key(encoded(algorithm, der.integer(4))) == asn1.DhKey(23, 5, 11, 4)
    assert public_key(dh_key(PKCS3, 23, 5, 1016)) == asn1.DhKey(23, 5, None, 2)


def test_keys_of_the_other_kinds() -> None:
    curve = openssl_ec.generate_private_key(openssl_ec.SECP256R1()).public_key()
    data = curve.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    point = curve.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    assert public_key(data) == asn1.EcKey("1.2.840.10045.3.1.7", point)
    numbers = rsa.generate_private_key(65537, 2048).public_key().public_numbers()
    data = numbers.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    assert public_key(data) == asn1.RsaKey("1.2.840.113549.1.1.1", numbers.n, 65537)
    other = encoded(der.sequence(der.oid("1.3.101.110")), bytes(32))  # X25519
    assert public_key(other) == asn1.OtherKey(asn1.Algorithm("1.3.101.110"))


def test_standardized_domain_parameters() -> None:
    """Appendix I.1 of Doc 9303-11, which prints a byte more than the info has."""
    fields = vectors("doc9303-pace")["pace-cam-ecdh"]
    printed = raw(fields, "ChipAuthenticationPublicKeyInfo")
    _, key, _ = tlv.parse_one(printed[:100], 0x30, where="test").children()
    assert public_key(key.raw) == asn1.StandardizedKey(13, b"\x04" + raw(fields, "PK_IC"))


PROBLEM = "test: not the structure that the standard prescribes"
RANGE = "test: a DH parameter or public value out of range"
NO_NUMBER = "test: no number of standardized domain parameters"
HUGE = 1 << 20_000  # 2,501 bytes, 6,021 digits: more than Python writes


def standardized(number: int) -> bytes:
    return encoded(der.sequence(der.oid(STANDARDIZED), der.integer(number)), b"\x04")


@pytest.mark.parametrize("number", [0, 31])
def test_the_ends_of_the_standardized_domain_parameters(number: int) -> None:
    assert public_key(standardized(number)) == asn1.StandardizedKey(number, b"\x04")


def test_every_key_has_a_repr() -> None:
    rsa_key = encoded(
        der.sequence(der.oid("1.2.840.113549.1.1.1"), b"\x05\x00"),
        der.sequence(der.integer((1 << 16_384) - 1), der.integer(3)),
    )
    assert repr(public_key(rsa_key)) == "RsaKey(oid='1.2.840.113549.1.1.1', pss=None)"
    huge_curve = asn1.ExplicitCurve(HUGE, HUGE, HUGE, b"\x04", HUGE, HUGE)
    assert repr(asn1.EcKey(huge_curve, b"")).startswith("EcKey(curve=ExplicitCurve(")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "test at byte 0: the data ends inside a header"),
        (dh_key(X942, 23, 5, 11) + b"\x00", "test at byte 30: 1 bytes after the end"),
        (der.set_of([]), PROBLEM),
        (der.sequence(), PROBLEM),
        (der.sequence(der.oid(X942), der.bit_string(b"")), PROBLEM),
        (dh_key(X942, 23, 5), PROBLEM),
        (dh_key(PKCS3, 23), PROBLEM),
        (dh_key(PKCS3, 23, 5, 8, 9), "test: more fields than the standard prescribes"),
        (dh_key(PKCS3, 23, 5, y=b""), "test/DH key at byte 0: the data ends inside a header"),
        (dh_key(PKCS3, 23, 5, y=b"\x02\x00"), "test/DH key at byte 0: an INTEGER without a value"),
        (dh_key(PKCS3, 23, 5, y=b"\x04\x01\x02"), PROBLEM),
        (dh_key(PKCS3, 23, 5, y=b"\x02\x01\x02\x00"), "test/DH key at byte 3: 1 bytes after the"),
        (encoded(der.sequence(der.oid(X942)), der.integer(2)), PROBLEM),
        (encoded(der.sequence(der.oid(X942), der.integer(1)), der.integer(2)), PROBLEM),
        (dh_key(PKCS3, -23, 5), RANGE),
        (dh_key(PKCS3, 0, 5), RANGE),
        (dh_key(X942, 23, 5, -11), RANGE),
        (dh_key(PKCS3, 23, -5), RANGE),
        (dh_key(PKCS3, 23, 5, y=b"\x02\x01\x80"), RANGE),  # no leading 00: a negative number
        (dh_key(PKCS3, 1 << MAX_DH_BITS, 5), RANGE),
        (encoded(der.sequence(der.oid(STANDARDIZED)), b"\x04"), PROBLEM),
        (encoded(der.sequence(der.oid(STANDARDIZED), b"\x05\x00"), b"\x04"), PROBLEM),
        (standardized(32), NO_NUMBER),
        (standardized(-1), NO_NUMBER),
        (standardized(HUGE), NO_NUMBER),
        (standardized(-HUGE), NO_NUMBER),
        (
            der.sequence(der.sequence(der.oid(STANDARDIZED), der.integer(1)), b"\x03\x02\x01\x80"),
            "test: not a whole number of octets",
        ),
    ],
)
def test_malformed(data: bytes, message: str) -> None:
    assert refusal(public_key, data).startswith(message)


def test_the_offset_is_that_in_the_file() -> None:
    with pytest.raises(FormatError, match="DG15/6F at byte 104: the value is longer"):
        asn1.public_key(b"\x30\x02\x02\x01", where="DG15/6F", base=102)


@settings(max_examples=150)
@given(
    st.one_of(
        st.binary(max_size=40),
        mutated(dh_key(X942, GROUP.p, GROUP.g, GROUP.q)),
        mutated(dh_key(PKCS3, 23, 5)),
        mutated(encoded(der.sequence(der.oid(STANDARDIZED), der.integer(13)), b"\x04")),
    )
)
def test_any_bytes_are_a_key_or_refused(data: bytes) -> None:
    try:
        key = public_key(data)
    except FormatError as fault:
        assert fault.where.startswith("test")
    else:
        assert not isinstance(key, asn1.DhKey) or min(key.p, key.g, key.y) > 0
