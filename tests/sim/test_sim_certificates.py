"""CSCA and document signers, as asn1crypto and cryptography read them (Doc 9303-12 §7.1.1)."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from asn1crypto import core, x509
from cryptography import x509 as oracle
from signature_oracle import verifies

from epass.errors import InputError
from epass.sim.country import CSCA_VALIDITY, SIGNER_VALIDITY, STATES, Country
from epass.sim.keys import seeded
from epass.sim.scheme import CURVES, SIGNATURES, Scheme

UTOPIA = Country()
DOCUMENT_TYPE_LIST = "2.23.136.1.1.6.2"
SCHEMES = [Scheme(curve=curve) for curve in CURVES] + [
    Scheme(signature="RSA"),
    Scheme(signature="RSA-PSS", digest="SHA-512"),
    Scheme(explicit_parameters=True),
]


def csca_of(country: Country = UTOPIA) -> x509.Certificate:
    return x509.Certificate.load(country.csca.certificate.der, strict=True)


def signer_of(scheme: Scheme, country: Country = UTOPIA) -> x509.Certificate:
    encoded = country.document_signer(scheme).certificate.der
    return x509.Certificate.load(encoded, strict=True)


def is_signed_by(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    return verifies(
        issuer.public_key,
        certificate["signature_algorithm"],
        certificate["signature_value"].native,
        certificate["tbs_certificate"].dump(),
    )


def extensions(certificate: x509.Certificate) -> dict[str, tuple[bool, Any]]:
    listed = [
        (item["extn_id"].dotted, item["critical"].native, item["extn_value"])
        for item in certificate["tbs_certificate"]["extensions"]
    ]
    assert len({oid for oid, _, _ in listed}) == len(listed), "an extension stands twice"
    return {oid: (critical, value) for oid, critical, value in listed}


def test_the_csca_is_self_signed() -> None:
    csca = csca_of()
    assert csca.issuer == csca.subject
    assert is_signed_by(csca, csca)
    assert csca["signature_algorithm"].hash_algo == "sha384"
    read = oracle.load_der_x509_certificate(UTOPIA.csca.certificate.der)
    read.verify_directly_issued_by(read)


@pytest.mark.parametrize("scheme", SCHEMES, ids=lambda scheme: scheme.label)
def test_each_document_signer_is_issued_by_the_csca(scheme: Scheme) -> None:
    csca, signer = csca_of(), signer_of(scheme)
    assert signer.issuer == csca.subject
    assert is_signed_by(signer, csca)
    assert scheme.label in signer.subject.native["common_name"]
    read = oracle.load_der_x509_certificate(signer.dump())
    read.verify_directly_issued_by(oracle.load_der_x509_certificate(csca.dump()))


@pytest.mark.parametrize("which", ["csca", *SIGNATURES])
def test_the_fields_of_table_5(which: str) -> None:
    is_csca = which == "csca"
    certificate = csca_of() if is_csca else signer_of(Scheme(signature=which))
    content = certificate["tbs_certificate"]
    assert content["version"].native == "v3"
    assert 0 < content["serial_number"].native < 1 << 159
    assert content["signature"].dump() == certificate["signature_algorithm"].dump()
    expected = CSCA_VALIDITY if is_csca else SIGNER_VALIDITY
    assert (certificate.not_valid_before, certificate.not_valid_after) == (
        expected.not_before,
        expected.not_after,
    )
    for name in (content["issuer"], content["subject"]):
        parts = {item["type"].native: item["value"].chosen for (item,) in name.chosen}
        assert isinstance(parts["country_name"], core.PrintableString)
        assert parts["country_name"].native == "UT"
        assert isinstance(parts["common_name"], core.UTF8String)
        assert set(parts) == {"country_name", "organization_name", "common_name"}


def test_the_extensions_of_the_csca_in_table_6() -> None:
    csca = csca_of()
    assert set(extensions(csca)) == {f"2.5.29.{arc}" for arc in (14, 15, 16, 17, 18, 19, 31, 35)}
    assert csca.ca
    assert csca.max_path_length == 0
    assert csca.basic_constraints_value.native == {"ca": True, "path_len_constraint": 0}
    assert csca.key_usage_value.native == {"key_cert_sign", "crl_sign"}
    assert csca.critical_extensions == {"key_usage", "basic_constraints"}
    assert csca.key_identifier == csca.authority_key_identifier == csca.public_key.sha1


def test_the_extensions_of_a_document_signer_in_table_6() -> None:
    csca, signer = csca_of(), signer_of(Scheme())
    found = extensions(signer)
    standard = {f"2.5.29.{arc}" for arc in (14, 15, 16, 17, 18, 31, 35)}
    assert set(found) == standard | {DOCUMENT_TYPE_LIST}
    assert signer.key_usage_value.native == {"digital_signature"}
    assert signer.critical_extensions == {"key_usage"}
    assert signer.key_identifier == signer.public_key.sha1
    assert signer.authority_key_identifier == csca.key_identifier


def test_the_document_type_list() -> None:
    """§7.1.1.6: version 0 and a SET OF PrintableString."""
    critical, value = extensions(signer_of(Scheme()))[DOCUMENT_TYPE_LIST]
    assert not critical
    members = core.Sequence.load(value.contents, strict=True)
    assert members[0].native == 0
    types = core.SetOf.load(members[1].dump(), spec=core.PrintableString, strict=True)
    assert types.native == ["A", "C", "I", "P"]
    assert members[1].dump() == core.SetOf(["A", "C", "I", "P"], spec=core.PrintableString).dump()


@pytest.mark.parametrize("which", ["csca", "signer"])
def test_names_periods_and_addresses(which: str) -> None:
    certificate = csca_of() if which == "csca" else signer_of(Scheme())
    names = certificate.subject_alt_name_value
    assert [name.name for name in names] == ["rfc822_name", "directory_name"]
    assert names[1].native == {"locality_name": "UTO"}  # §7.1.1.2: as in the MRZ, alone
    assert certificate.issuer_alt_name_value.dump() == names.dump()
    expected = CSCA_VALIDITY if which == "csca" else SIGNER_VALIDITY
    period = certificate.private_key_usage_period_value.native
    assert period == {"not_before": expected.not_before, "not_after": expected.key_until}
    (point,) = certificate.crl_distribution_points
    assert point.url == "https://crl.uto.example/UTO.crl"


@pytest.mark.parametrize("which", ["csca", *SIGNATURES])
def test_the_encoding_is_der(which: str) -> None:
    """What asn1crypto writes of the same values is the same."""
    certificate = csca_of() if which == "csca" else signer_of(Scheme(signature=which))
    original = certificate.dump()
    assert certificate.native is not None  # reads every part
    assert certificate.dump(force=True) == original


def test_the_keys_outlive_what_they_sign() -> None:
    """Doc 9303-12 §4.1: a signer's certificate outlives its documents, the CSCA's its signers."""
    longest = datetime(2034, 7, 1, tzinfo=UTC)  # ten years from the signer's last day
    assert SIGNER_VALIDITY.key_until.replace(year=2034) == longest <= SIGNER_VALIDITY.not_after
    assert SIGNER_VALIDITY.not_after <= CSCA_VALIDITY.not_after
    assert CSCA_VALIDITY.not_before <= SIGNER_VALIDITY.not_before <= CSCA_VALIDITY.key_until


def test_the_same_country_comes_out_each_time() -> None:
    assert Country().csca.certificate == UTOPIA.csca.certificate
    for scheme in (Scheme(), Scheme(signature="RSA")):
        again = Country().document_signer(scheme).certificate
        assert again == UTOPIA.document_signer(scheme).certificate


def test_signers_of_different_schemes_have_their_own_keys_names_and_numbers() -> None:
    signers = [signer_of(scheme) for scheme in SCHEMES]
    assert len({signer.serial_number for signer in signers}) == len(SCHEMES)
    assert len({signer.public_key.dump() for signer in signers}) == len(SCHEMES)
    assert len({signer.subject.dump() for signer in signers}) == len(SCHEMES)
    assert csca_of().serial_number not in {signer.serial_number for signer in signers}


def test_the_digest_of_documents_is_not_that_of_the_certificate() -> None:
    one, two = (UTOPIA.document_signer(Scheme(digest=name)) for name in ("SHA-1", "SHA-512"))
    assert one.certificate == two.certificate
    assert (one.digest.name, two.digest.name) == ("SHA-1", "SHA-512")


def test_random_gives_other_keys_and_the_same_name() -> None:
    other = Country.named("UTO", seeded(b"another"))
    assert (
        other.csca.certificate.der == Country.named("UTO", seeded(b"another")).csca.certificate.der
    )
    csca = csca_of(other)
    assert csca.subject == csca_of().subject
    assert csca.public_key.dump() != csca_of().public_key.dump()
    assert not is_signed_by(signer_of(Scheme(), other), csca_of())


@pytest.mark.parametrize("scheme", SCHEMES, ids=lambda scheme: scheme.label)
def test_a_csca_of_any_scheme(scheme: Scheme) -> None:
    country = Country(csca_scheme=scheme)
    csca = csca_of(country)
    assert is_signed_by(csca, csca)
    assert is_signed_by(signer_of(Scheme(), country), csca)


def test_validity_beyond_2049_is_generalized_time() -> None:
    validity = replace(SIGNER_VALIDITY, not_after=datetime(2050, 6, 1, tzinfo=UTC))
    encoded = UTOPIA.document_signer(Scheme(), validity=validity).certificate.der
    times = x509.Certificate.load(encoded)["tbs_certificate"]["validity"]
    assert [times[name].name for name in ("not_before", "not_after")] == [
        "utc_time",
        "general_time",
    ]
    assert times["not_after"].native == validity.not_after


def test_a_country_that_does_not_exist() -> None:
    with pytest.raises(InputError) as caught:
        Country.named("ATL")
    assert caught.value.message == f"country: choose one of {', '.join(STATES)}"


def test_the_seed_stays_out_of_repr() -> None:
    assert "seed" not in repr(UTOPIA)
    assert "secret" not in repr(UTOPIA.csca)
