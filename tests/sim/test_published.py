"""What the fictitious country publishes, as cryptography and asn1crypto read it."""

from asn1crypto import cms, core, x509
from asn1crypto import crl as asn1_crl
from cryptography import x509 as oracle
from cryptography.hazmat.primitives.serialization import Encoding
from signature_oracle import verifies

from epass.sim import issuer, published
from epass.sim.attacks import ATTACKS
from epass.sim.attacks.paths import OtherGenerator
from epass.sim.country import CSCA_VALIDITY, FORMER_VALIDITY
from epass.sim.keys import DIGESTS, EcKey

UTOPIA = issuer.default_country("UTO")
PUBLISHED = published.publish(UTOPIA, revoked=[17])


def test_the_links_lead_from_each_generation_to_the_other() -> None:
    new, old, new_by_old, old_by_new = (
        oracle.load_der_x509_certificate(item) for item in published.authorities(UTOPIA)
    )
    for certificate, authority in ((new, new), (old, old), (new_by_old, old), (old_by_new, new)):
        certificate.verify_directly_issued_by(authority)
    assert new_by_old.public_key() == new.public_key()
    assert old_by_new.public_key() == old.public_key()
    assert len({item.subject for item in (new, old, new_by_old, old_by_new)}) == 1
    assert len({item.serial_number for item in (new, old, new_by_old, old_by_new)}) == 4
    assert new.not_valid_after_utc == new_by_old.not_valid_after_utc == CSCA_VALIDITY.not_after
    assert old.not_valid_after_utc == old_by_new.not_valid_after_utc == FORMER_VALIDITY.not_after


def test_the_link_names_the_key_that_signed_it() -> None:
    def key_ids(certificate: oracle.Certificate) -> tuple[bytes, bytes | None]:
        own = certificate.extensions.get_extension_for_class(oracle.SubjectKeyIdentifier)
        upper = certificate.extensions.get_extension_for_class(oracle.AuthorityKeyIdentifier)
        return own.value.digest, upper.value.key_identifier

    link = oracle.load_der_x509_certificate(UTOPIA.links[0].der)
    assert key_ids(link) == (UTOPIA.csca.certificate.key_id, UTOPIA.former_csca.certificate.key_id)


def test_the_csca_in_two_encodings() -> None:
    root = oracle.load_der_x509_certificate(PUBLISHED.files["UTO-csca.cer"])
    assert oracle.load_pem_x509_certificate(PUBLISHED.files["UTO-csca.pem"]) == root
    assert root.public_bytes(Encoding.PEM) == PUBLISHED.files["UTO-csca.pem"]
    assert root.public_bytes(Encoding.DER) == UTOPIA.csca.certificate.der


def test_the_crl() -> None:
    read = oracle.load_der_x509_crl(PUBLISHED.files["UTO.crl"])
    csca = oracle.load_der_x509_certificate(UTOPIA.csca.certificate.der)
    listed = read.get_revoked_certificate_by_serial_number(17)
    assert listed is not None
    assert listed.revocation_date_utc == published.REVOKED_AT
    assert read.get_revoked_certificate_by_serial_number(18) is None
    assert read.issuer == csca.subject
    assert read.next_update_utc == published.NEXT_UPDATE
    given = asn1_crl.CertificateList.load(PUBLISHED.files["UTO.crl"], strict=True)
    assert verifies(
        x509.Certificate.load(UTOPIA.csca.certificate.der).public_key,
        given["signature_algorithm"],
        given["signature"].native,
        given["tbs_cert_list"].dump(),
    )


def test_the_master_list_and_its_crl() -> None:
    info = cms.ContentInfo.load(PUBLISHED.master_list, strict=True)
    assert info.dump(force=True) == PUBLISHED.master_list, "not DER"
    signed = info["content"]
    assert signed["encap_content_info"]["content_type"].dotted == published.ID_MASTER_LIST
    assert signed["crls"][0].dump() == PUBLISHED.files["UTO.crl"]
    content = core.Sequence.load(bytes(signed["encap_content_info"]["content"].contents))
    listed = core.SetOf.load(content[1].dump(), spec=core.Any)
    assert {item.dump() for item in listed} == set(published.authorities(UTOPIA))
    signer = oracle.load_der_x509_certificate(signed["certificates"][0].dump())
    signer.verify_directly_issued_by(oracle.load_der_x509_certificate(UTOPIA.csca.certificate.der))
    usage = signer.extensions.get_extension_for_class(oracle.ExtendedKeyUsage)
    assert [item.dotted_string for item in usage.value] == [published.MASTER_LIST_SIGNER]
    assert usage.critical


def test_the_forged_csca_is_right_to_who_compares_the_public_key_only() -> None:
    """CVE-2020-0601: the signature is genuine over the generator that the certificate gives."""
    victim = UTOPIA.csca.key
    assert isinstance(victim, EcKey)
    forger, digest, curve = OtherGenerator(victim), DIGESTS["SHA-384"], victim.curve
    signature = core.Sequence.load(forger.sign(b"message", digest))
    r, s = signature[0].native, signature[1].native
    w = pow(s, -1, curve.n)
    hashed = int.from_bytes(digest.of(b"message"))
    generator = forger.generator.public_point
    point = generator * (hashed * w % curve.n) + victim.public_point * (r * w % curve.n)
    assert point.x % curve.n == r
    assert generator.encode() in forger.key_algorithm()
    assert generator * OtherGenerator.SECRET == victim.public_point
    assert "csca-with-other-generator" in ATTACKS
