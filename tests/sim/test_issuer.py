"""Whole documents of the fictitious issuer, judged by asn1crypto, cryptography and ecdsa."""

import hashlib
import io
from datetime import UTC, datetime
from typing import Any

import pytest
from asn1crypto import cms, core, x509
from PIL import Image
from signature_oracle import verifies

from epass import tlv
from epass.errors import InputError
from epass.lds.names import File
from epass.sim import issuer
from epass.sim.country import Country
from epass.sim.holders import HOLDERS
from epass.sim.issuer import CURVES, DIGESTS, FORMATS, IMAGES, LDS_VERSIONS, Document, issue
from epass.sim.keys import seeded

LDS_OID = "2.23.136.1.1.1"


def signed_data(document: Document) -> cms.SignedData:
    outer = tlv.parse_one(document.files[File.SOD], 0x77, where="EF.SOD")
    info = cms.ContentInfo.load(outer.value, strict=True)
    assert info["content_type"].native == "signed_data"
    assert info.native is not None  # reads every part
    assert info.dump(force=True) == outer.value, "not DER"
    return info["content"]


def content_of(signed: cms.SignedData) -> bytes:
    return bytes(signed["encap_content_info"]["content"].contents)


def certificate_of(signed: cms.SignedData) -> x509.Certificate:
    (choice,) = signed["certificates"]
    return choice.chosen


def attributes_of(info: cms.SignerInfo) -> dict[str, Any]:
    found = {}
    for attribute in info["signed_attrs"]:
        (found[attribute["type"].native],) = attribute["values"]
    return found


def assert_genuine(document: Document, digest: str) -> None:
    """Passive authentication in short: every digest and signature, up to the CSCA."""
    name = digest.replace("-", "").lower()
    signed = signed_data(document)
    (info,) = signed["signer_infos"]
    attributes = attributes_of(info)
    content = content_of(signed)

    security_object = core.Sequence.load(content, strict=True)
    assert core.Sequence.load(security_object[1].dump())[0].native is not None
    hashes = {item[0].native: item[1].native for item in _members(security_object[2])}
    groups = {file.group: data for file, data in document.files.items() if file.group}
    assert hashes == {number: _digest(name, data) for number, data in groups.items()}

    assert attributes["message_digest"].native == _digest(name, content)
    assert attributes["content_type"].dotted == LDS_OID
    assert info["digest_algorithm"]["algorithm"].native == name
    assert info["signature_algorithm"].hash_algo == name
    certificate = certificate_of(signed)
    signature = info["signature"].native
    message = info["signed_attrs"].untag().dump()
    assert verifies(certificate.public_key, info["signature_algorithm"], signature, message)
    other = message[:-1] + bytes((message[-1] ^ 1,))
    assert not verifies(certificate.public_key, info["signature_algorithm"], signature, other)

    csca = x509.Certificate.load(Country().csca.certificate.der)
    assert verifies(
        csca.public_key,
        certificate["signature_algorithm"],
        certificate["signature_value"].native,
        certificate["tbs_certificate"].dump(),
    )


def _members(item: core.Asn1Value) -> list[core.Sequence]:
    listed = core.Sequence.load(item.dump(), strict=True)
    return [core.Sequence.load(listed[i].dump()) for i in range(len(listed))]


def _digest(name: str, data: bytes) -> bytes:
    return hashlib.new(name, data, usedforsecurity=False).digest()


@pytest.mark.parametrize("curve", CURVES)
@pytest.mark.parametrize("explicit", [False, True], ids=["named", "explicit"])
def test_ecdsa_documents_on_every_curve(curve: str, explicit: bool) -> None:
    document = issue(curve=curve, explicit_parameters=explicit)
    assert_genuine(document, "SHA-256")
    certificate = certificate_of(signed_data(document))
    parameters = certificate.public_key["algorithm"]["parameters"]
    assert parameters.name == ("specified" if explicit else "named")


@pytest.mark.parametrize("signature", ["ECDSA", "RSA", "RSA-PSS"])
@pytest.mark.parametrize("digest", DIGESTS)
def test_documents_by_every_signature_and_digest(signature: str, digest: str) -> None:
    document = issue(signature=signature, digest=digest)
    assert_genuine(document, digest)
    (info,) = signed_data(document)["signer_infos"]
    expected = {"ECDSA": "ecdsa", "RSA": "rsassa_pkcs1v15", "RSA-PSS": "rsassa_pss"}[signature]
    assert info["signature_algorithm"].signature_algo == expected


@pytest.mark.parametrize("document_format", FORMATS)
@pytest.mark.parametrize("image", IMAGES)
@pytest.mark.parametrize("lds_version", LDS_VERSIONS)
def test_documents_of_every_form(document_format: str, image: str, lds_version: str) -> None:
    document = issue(document_format=document_format, image=image, lds_version=lds_version)
    assert_genuine(document, "SHA-256")
    assert document.format == document_format
    assert list(document.files) == [File.COM, File.SOD, File.DG1, File.DG2]


@pytest.mark.parametrize("document_format", FORMATS)
def test_dg1_holds_the_printed_mrz(document_format: str) -> None:
    document = issue("unknown-birth-day", document_format=document_format)
    template = tlv.parse_one(document.files[File.DG1], 0x61, where="DG1")
    (zone,) = template.children()
    assert zone.tag == 0x5F1F
    assert zone.value.decode() == document.mrz.replace("\n", "")
    assert len(zone.value) == {"TD1": 90, "TD2": 72, "TD3": 88}[document_format]
    assert len(document.mrz.split("\n")) == (3 if document_format == "TD1" else 2)


def test_dg1_of_the_standard() -> None:
    """Doc 9303-10 A.2.1 has 61 5D 5F1F 5A in front of a TD1 zone."""
    document = issue(document_format="TD1")
    assert document.files[File.DG1][:5] == bytes.fromhex("615D5F1F5A")


@pytest.mark.parametrize(
    ("lds_version", "expected"),
    [
        ("1.7", "6014 5F01 04 30313037 5F36 06 303430303030 5C 02 6175"),
        ("1.8", "6014 5F01 04 30313038 5F36 06 303430303030 5C 02 6175"),
    ],
)
def test_ef_com(lds_version: str, expected: str) -> None:
    """As Doc 9303-10 A.1, with the data groups that are there."""
    assert issue(lds_version=lds_version).files[File.COM] == bytes.fromhex(expected)


def test_the_security_object_of_lds_1_7_is_version_0() -> None:
    members = core.Sequence.load(content_of(signed_data(issue())), strict=True)
    assert len(members) == 3
    assert members[0].native == 0


def test_the_security_object_of_lds_1_8_is_version_1_with_its_versions() -> None:
    document = issue(lds_version="1.8")
    members = core.Sequence.load(content_of(signed_data(document)), strict=True)
    assert len(members) == 4
    assert members[0].native == 1
    versions = core.Sequence.load(members[3].dump(), strict=True)
    assert [type(item) for item in (versions[0], versions[1])] == [core.PrintableString] * 2
    assert [versions[0].native, versions[1].native] == ["0108", "040000"]


def test_digest_identifiers_omit_null() -> None:
    """Doc 9303-10 §4.6.2.3 note 2."""
    signed = signed_data(issue())
    bare = bytes.fromhex("300B0609608648016503040201")
    assert signed["digest_algorithms"][0].dump() == bare
    assert signed["signer_infos"][0]["digest_algorithm"].dump() == bare
    assert core.Sequence.load(content_of(signed))[1].dump() == bare


def test_the_signed_data_is_as_table_37_has_it() -> None:
    signed = signed_data(issue())
    assert signed["version"].native == "v3"
    assert signed["encap_content_info"]["content_type"].dotted == LDS_OID
    assert signed["crls"].native is None
    (info,) = signed["signer_infos"]
    assert info["version"].native == "v1"
    sid, certificate = info["sid"].chosen, certificate_of(signed)
    assert sid["issuer"].dump() == certificate.issuer.dump()
    assert sid["serial_number"].native == certificate.serial_number
    assert info["unsigned_attrs"].native is None
    assert set(attributes_of(info)) == {"content_type", "message_digest", "signing_time"}


def test_a_signer_named_by_its_key() -> None:
    document = issue(signer_id="key-id")
    assert_genuine(document, "SHA-256")
    (info,) = signed_data(document)["signer_infos"]
    assert info["version"].native == "v3"
    assert info["sid"].name == "subject_key_identifier"
    assert info["sid"].native == certificate_of(signed_data(document)).key_identifier


def test_the_signing_time_is_that_of_the_argument() -> None:
    moment = datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC)
    (info,) = signed_data(issue(at=moment))["signer_infos"]
    assert attributes_of(info)["signing_time"].native == moment


def images(dg2: bytes) -> list[bytes]:
    """The image of each template: what follows the fixed parts of a record with two points."""
    group = tlv.parse_one(dg2, 0x75, where="DG2").require(0x7F61)
    templates = [child for child in group.children() if child.tag == 0x7F60]
    return [template.require(0x5F2E).value[62:] for template in templates]


@pytest.mark.parametrize("image", IMAGES)
@pytest.mark.parametrize("faces", [1, 3])
def test_the_portrait_reads_back(image: str, faces: int) -> None:
    found = images(issue(image=image, faces=faces).files[File.DG2])
    assert len(found) == faces
    for data in found:
        with Image.open(io.BytesIO(data)) as picture:
            picture.load()
            assert picture.format == image.replace("codestream", "JPEG2000")
            assert picture.size == (413, 531)


@pytest.mark.parametrize("image", IMAGES)
@pytest.mark.parametrize("size", [32_768, 65_536, 512_000])
def test_large_documents(image: str, size: int) -> None:
    document = issue(image=image, image_size=size)
    assert [len(data) for data in images(document.files[File.DG2])] == [size]
    assert_genuine(document, "SHA-256")


def test_the_same_choices_give_the_same_document() -> None:
    assert issue() == issue("eriksson")
    assert issue(signature="RSA-PSS") == issue(signature="RSA-PSS")
    assert issue() != issue(lds_version="1.8")


def test_random_gives_the_country_keys_of_its_own() -> None:
    one, two = (issue(random=seeded(b"one")) for _ in range(2))
    assert one == two
    assert one.files[File.SOD] != issue().files[File.SOD]
    assert one.files[File.DG1] == issue().files[File.DG1]


def test_a_country_and_a_holder_of_your_own() -> None:
    country = Country(seed=b"mine")
    document = issue(HOLDERS["one-name"], country=country)
    certificate = certificate_of(signed_data(document))
    csca = x509.Certificate.load(country.csca.certificate.der)
    assert certificate.authority_key_identifier == csca.key_identifier
    assert "ARKFREITH" in document.mrz


def test_the_can_is_that_of_the_argument() -> None:
    assert issue().can == "123456"
    assert issue(can="000042").can == "000042"


def test_nothing_personal_is_in_repr_and_files_cannot_change() -> None:
    document = issue()
    assert repr(document) == "Document(format='TD3')"
    with pytest.raises(TypeError):
        document.files[File.DG1] = b""  # type: ignore[index]  # that is the point


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"holder": "nobody"}, f"holder: choose one of {', '.join(HOLDERS)}"),
        ({"document_format": "TD9"}, "document format: choose one of TD1, TD2, TD3"),
        ({"lds_version": "1.6"}, "LDS version: choose one of 1.7, 1.8"),
        ({"image": "PNG"}, "image: choose one of JPEG, JPEG2000, codestream"),
        ({"signature": "DSA"}, "signature: choose one of ECDSA, RSA, RSA-PSS"),
        ({"curve": "P-255"}, f"curve: choose one of {', '.join(CURVES)}"),
        ({"digest": "MD5"}, f"digest: choose one of {', '.join(DIGESTS)}"),
        ({"country": "ATL"}, "country: choose one of UTO"),
        ({"signer_id": "name"}, "signer id: choose one of issuer-and-serial, key-id"),
        ({"faces": 0}, "faces: 1 to 9"),
        ({"faces": 10}, "faces: 1 to 9"),
        ({"can": "12345"}, "CAN: six digits"),
        ({"can": "123456\n"}, "CAN: six digits"),
        ({"can": "12345٦"}, "CAN: six digits"),
        ({"at": datetime(2024, 4, 16)}, "signing time: no time zone"),
        (
            {"signature": "RSA", "explicit_parameters": True},
            "explicit parameters belong to ECDSA, not to RSA",
        ),
        (
            {"holder": "long-number", "document_format": "TD3"},
            "TD3 holds document numbers of up to 9 characters; choose TD1 or TD2",
        ),
    ],
)
def test_choices_that_do_not_exist(options: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as caught:
        issue(**options)
    assert caught.value.message == message


def test_what_can_be_chosen() -> None:
    assert issuer.FORMATS == ("TD1", "TD2", "TD3")
    assert issuer.IMAGES == ("JPEG", "JPEG2000", "codestream")
    assert issuer.LDS_VERSIONS == ("1.7", "1.8")
    assert issuer.SIGNATURES == ("ECDSA", "RSA", "RSA-PSS")
    assert issuer.SIGNER_IDS == ("issuer-and-serial", "key-id")
    assert issuer.DIGESTS == ("SHA-1", "SHA-224", "SHA-256", "SHA-384", "SHA-512")
    assert len(issuer.CURVES) == 11
