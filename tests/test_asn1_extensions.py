"""The extensions of certificates: as another library reads them, malformed ones, too many."""

import pytest
from asn1_cases import MALFORMED, made, refusal, signer
from cryptography import x509
from hypothesis import given
from mutation import mutated

from epass import asn1
from epass.errors import FormatError
from epass.sim import der
from epass.sim.certificates import (
    AUTHORITY_KEY_IDENTIFIER,
    BASIC_CONSTRAINTS,
    DOCUMENT_TYPE_LIST,
    KEY_USAGE,
    PRIVATE_KEY_USAGE_PERIOD,
    SUBJECT_ALT_NAME,
    extension,
)
from epass.sim.country import CSCA_VALIDITY, SIGNER_VALIDITY, Country

TRUE, NULL = b"\x01\x01\xff", b"\x05\x00"


def read(raw: bytes) -> asn1.Extensions:
    return asn1.certificate(raw, where="test").extensions


def made_of(*items: bytes) -> bytes:
    return made(extensions=der.sequence(*items))


def test_those_of_a_csca_as_another_library_reads_them() -> None:
    raw = Country().csca.certificate.der
    other, ours = x509.load_der_x509_certificate(raw).extensions, read(raw)
    constraints = other.get_extension_for_class(x509.BasicConstraints).value
    assert ours.basic_constraints == asn1.BasicConstraints(constraints.ca, constraints.path_length)
    authority = other.get_extension_for_class(x509.AuthorityKeyIdentifier).value
    assert ours.authority_key_id == authority.key_identifier == ours.subject_key_id
    assert ours.key_usage == frozenset({"key_cert_sign", "crl_sign"})
    assert ours.key_period == (CSCA_VALIDITY.not_before, CSCA_VALIDITY.key_until)
    assert ours.critical == {item.oid.dotted_string for item in other if item.critical}
    assert ours.locality == "UTO"
    assert (ours.document_types, ours.extended_key_usage) == (None, None)
    assert not ours.malformed
    assert not ours.name_change


def test_those_of_a_document_signer() -> None:
    ours = read(signer().certificate.der)
    assert ours.basic_constraints is None
    assert ours.key_usage == frozenset({"digital_signature"})
    assert ours.key_period == (SIGNER_VALIDITY.not_before, SIGNER_VALIDITY.key_until)
    assert ours.document_types == ("A", "C", "I", "P")


def test_purposes_and_an_open_end() -> None:
    purpose = extension("2.5.29.37", der.sequence(der.oid("2.23.136.1.1.3")), critical=True)
    period = extension(PRIVATE_KEY_USAGE_PERIOD, der.sequence())
    change = extension("2.23.136.1.1.6.1", NULL)
    ours = read(made_of(purpose, period, change))
    assert ours.extended_key_usage == ("2.23.136.1.1.3",)
    assert ours.critical == {"2.5.29.37"}
    assert ours.key_period == (None, None)
    assert ours.name_change


def test_without_any() -> None:
    assert read(made_of()) == asn1.Extensions()
    contact = der.sequence(der.implicit(1, der.printable("a@b.example")))
    assert read(made_of(extension(SUBJECT_ALT_NAME, contact))).locality is None
    assert read(made_of(extension(AUTHORITY_KEY_IDENTIFIER, der.sequence()))) == asn1.Extensions()


@pytest.mark.parametrize(
    ("oid", "value"),
    [
        (BASIC_CONSTRAINTS, NULL),
        (BASIC_CONSTRAINTS, der.sequence(TRUE, der.integer(0), NULL)),
        (KEY_USAGE, der.integer(1)),
        (KEY_USAGE, b"\x03\x82"),
        (AUTHORITY_KEY_IDENTIFIER, der.octet_string(b"key")),
        (DOCUMENT_TYPE_LIST, der.sequence(der.integer(0))),
        (SUBJECT_ALT_NAME, der.integer(1)),
        (PRIVATE_KEY_USAGE_PERIOD, der.sequence(der.implicit(0, der.octet_string(b"soon")))),
    ],
)
def test_a_malformed_one_is_named_and_counts_as_absent(oid: str, value: bytes) -> None:
    ours = read(made_of(extension(oid, value, critical=True)))
    assert ours == asn1.Extensions(critical=frozenset({oid}), malformed=frozenset({oid}))


def test_what_no_certificate_may_have() -> None:
    twice = made_of(extension(KEY_USAGE, NULL), extension(KEY_USAGE, NULL))
    parse = read
    assert refusal(parse, twice) == "test: two extensions 2.5.29.15"
    many = made_of(*(extension(f"1.2.3.{number}", NULL) for number in range(65)))
    assert refusal(parse, many) == "test: more than 64 extensions"
    broken = made_of(der.sequence(der.oid("1.2.3"), NULL, der.octet_string(b"")))
    assert refusal(parse, broken) == MALFORMED


@given(mutated(Country().csca.certificate.der))
def test_mutations_are_read_or_refused(raw: bytes) -> None:
    try:
        read(raw)
    except FormatError as error:
        assert error.__cause__ is None


def test_names() -> None:
    ours = asn1.certificate(signer().certificate.der, where="test")
    assert ours.issuer.country == "UT"
    assert not ours.self_issued
    assert asn1.certificate(Country().csca.certificate.der, where="test").self_issued
    assert asn1.Name((), "").country is None
    two = asn1.Name((frozenset({("2.5.4.6", "ut"), ("2.5.4.6", "de")}),), "")
    assert two.country is None


def test_the_signed_bytes_and_the_algorithms() -> None:
    raw = signer().certificate.der
    ours, other = asn1.certificate(raw, where="test"), x509.load_der_x509_certificate(raw)
    assert ours.signed == other.tbs_certificate_bytes
    assert ours.signature == other.signature
    assert ours.signature_algorithm.oid == other.signature_algorithm_oid.dotted_string
