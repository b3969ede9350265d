"""Files of real documents and specimens: each parses, or is refused for the reason given here."""

from collections.abc import Callable
from pathlib import Path

import pytest
from sample_files import negatives, samples

from epass import asn1, tlv
from epass.crypto import public_keys
from epass.errors import FormatError
from epass.lds.chip_keys import CardSecurity, Dg14, Dg15
from epass.lds.com import Com
from epass.lds.face import Dg2
from epass.lds.mrz import Dg1
from epass.lds.names import File
from epass.lds.security_infos import SecurityInfos
from epass.lds.sod import Sod

REFUSED = {
    "EF_COM_gmrtd_74368c90.bin": "5F is not the tag of a data group",
    "EF_COM_gmrtd_7f718101.bin": "not 4 digits",
    "EF_COM_gmrtd_9de89eec.bin": "not 6 digits",
    "EF_COM_realmfikri_e20c1496.bin": "02 is not the tag of a data group",  # numbers, not tags
    "DG1_PersoSim_14c73b2d.bin": "not a character of the MRZ",  # nationality "null"
    "DG1_gmrtd_196fd008.bin": "73 characters, not 72, 88 or 90",
    "DG1_zkpassport_67fc5afd.bin": "2 bytes after the end",
    "DG1_zkpassport_b6a1e1cd.bin": "2 bytes after the end",
    "DG2_vcmrtd_b6c205d7.bin": "neither JPEG nor JPEG 2000",  # an image of two bytes, AA BB
    # A modulus of 1,024 bits without its leading 00, so a negative number.
    "DG15_bsi2008_f8dafb9e.bin": "an RSA modulus or exponent out of range",
    "DE_ECDSA-sha512_23a116e1.bin": "2 bytes after the end",  # 9000, from a log
    # A key that is not in the SEQUENCE of a SubjectPublicKeyInfo.
    "UT_ECDSA-sha256_8068981d.bin": "not the structure that the standard prescribes",
    "DE_f7ed526e.bin": "the content is not a security object",
    "DE_d3297a6d.bin": "the tag is FF8201, not 31",
    "SecurityInfos_23_3d65f9ab.bin": "3 bytes declared, 2 are there",
    "SecurityInfos_27_47960aaa.bin": "11 bytes declared, 10 are there",
    "DE_PSS-sha256-mgfsha256-salt32_RSA-2048_lds0_9b8c545a.bin": "version of SignedData",
    "DE_PSS-sha256-mgfsha256-salt32_RSA-2048_lds0_55262c80.bin": "version of SignedData",
    "DE_PSS-sha256-mgfsha256-salt32_RSA-2048_lds0_6d3b6ce3.bin": "1 bytes after the end",
    "DE_PSS-sha256-mgfsha256-salt32_RSA-2048_lds2_de1b10af.bin": "neither version 0 nor 1",
    "DE_PSS-sha256-mgfsha256-salt32_RSA-2048_lds255_208be068.bin": "neither version 0 nor 1",
    "DE_PSS-sha256-mgfsha256-salt32_RSA-2048_ldsNone_0c482016.bin": "not an LDS security object",
    "GB_ECDSA-sha256_EC-NIST256p-explicit_ldsNone_12277a62.bin": "not an LDS security object",
}
ACCEPTED_NEGATIVES = {
    # Well formed; their signature or a digest is wrong, which is for verification to find.
    "DE_PSS-sha256-mgfsha256-salt32_RSA-2048_lds0_1ae97e17.bin",
    "DE_PSS-sha256-mgfsha256-salt32_RSA-2048_lds0_c433a51a.bin",
    # The content type is id-data, as on genuine Chinese passports.
    "DE_PSS-sha256-mgfsha256-salt32_RSA-2048_ldsNone_f33762bb.bin",
    # Object identifiers below id-PACE that nobody has defined: Doc 9303-11 §9.2, "MAY discard".
    "SecurityInfos_42_74a6d37a.bin",
    # A PACEInfo of another version, which is skipped.
    "SecurityInfos_22_2cb0026f.bin",
    # Valid after all; the origin uses them for tests that fail later.
    "SecurityInfos_22_2af280aa.bin",
    "SecurityInfos_27_b8390f35.bin",
    # Well formed, with wrong signatures.
    "DE_02812c66.bin",
    "PersoSim_DE_ECDSA-sha224_250cc29a.bin",
    "PersoSim_DE_ECDSA-sha224_321a2c5e.bin",
    "PersoSim_DE_ECDSA-sha224_45176482.bin",
    "PersoSim_DE_ECDSA-sha224_6f09f84d.bin",
    "PersoSim_DE_ECDSA-sha224_ae21a23d.bin",
    "PersoSim_DE_ECDSA-sha224_b4bb3800.bin",
    "PersoSim_DE_ECDSA-sha224_bb983d49.bin",
    "PersoSim_DE_ECDSA-sha224_ed2ade73.bin",
    # A protocol without its key, which is not run.
    "DG14_gmrtd_a1253f7c.bin",
}

_Parse = Callable[[bytes], object]


def _wrapped(content: bytes) -> bytes:
    return content if content[:1] == b"\x77" else tlv.build(0x77, content)


def _check(name: str, content: bytes, parse: _Parse) -> None:
    file = Path(name).name
    if file in REFUSED:
        with pytest.raises(FormatError, match=REFUSED[file]):
            parse(content)
    else:
        assert name not in negatives() or file in ACCEPTED_NEGATIVES
        parse(content)


@pytest.mark.parametrize(
    ("name", "content"),
    samples(*(f"sod/{kind}" for kind in ("real", "real_bare_cms", "specimen", "mock", "negative"))),
)
def test_ef_sod(name: str, content: bytes) -> None:
    _check(name, _wrapped(content), Sod.parse)


@pytest.mark.parametrize(("name", "content"), samples("lds/COM"))
def test_ef_com(name: str, content: bytes) -> None:
    _check(name, content, Com.parse)


@pytest.mark.parametrize(("name", "content"), samples("lds/DG1"))
def test_dg1(name: str, content: bytes) -> None:
    _check(name, content, Dg1.parse)


@pytest.mark.parametrize(("name", "content"), samples("lds/DG2"))
def test_dg2(name: str, content: bytes) -> None:
    _check(name, content, Dg2.parse)


@pytest.mark.parametrize(("name", "content"), samples("cardaccess", "cardaccess/negative"))
def test_ef_card_access(name: str, content: bytes) -> None:
    _check(name, content, SecurityInfos.parse)


@pytest.mark.parametrize(("name", "content"), samples("lds/DG14"))
def test_dg14(name: str, content: bytes) -> None:
    _check(name, content, Dg14.parse)


@pytest.mark.parametrize(("name", "content"), samples("lds/DG15"))
def test_dg15(name: str, content: bytes) -> None:
    _check(name, content, Dg15.parse)


@pytest.mark.parametrize(("name", "content"), samples("cardsecurity", "cardsecurity/negative"))
def test_ef_card_security(name: str, content: bytes) -> None:
    _check(name, content, CardSecurity.parse)


@pytest.mark.parametrize(("name", "content"), samples("sod/real", "sod/real_bare_cms"))
def test_the_signer_of_a_real_ef_sod_is_among_its_certificates(name: str, content: bytes) -> None:
    sod = Sod.parse(_wrapped(content))
    named = [
        item
        for item in sod.signed.certificates
        if (item.issuer, item.serial) == (sod.signer.issuer, sod.signer.serial)
    ]
    assert len(named) == 1
    assert sod.signer.content_type == sod.signed.content_type
    assert {File.DG1, File.DG2} <= sod.digests.keys()


@pytest.mark.parametrize(("name", "content"), samples("sets/bsi_tr03105_5_reference"))
def test_bsi_reference_data_set(name: str, content: bytes) -> None:
    file = Path(name).name
    if file == "EF_COM.bin":
        assert [group.name for group in Com.parse(content).groups] == [
            "DG1", "DG2", "DG3", "DG4", "DG14",
        ]  # fmt: skip
    if file == "EF_SOD.bin":
        assert [group.name for group in Sod.parse(content).digests] == [
            "DG1", "DG2", "DG3", "DG14", "DG4",
        ]  # fmt: skip
    if file == "Datagroup1.bin":
        mrz = Dg1.parse(content).mrz
        assert (mrz.document_number, mrz.wrong_check_digits) == ("C11T002JM", ())
    if file == "Datagroup14.bin":
        (offer,) = Dg14.parse(content).security_infos.chip_authentication
        assert public_keys.element(offer.key.public_key, where=file).group.name == "brainpoolP224r1"
        assert (offer.protocol.cipher.label, offer.key_id, offer.assumed) == ("3DES", None, False)
    if file == "Datagroup15.bin":
        key = Dg15.parse(content).public_key
        assert isinstance(key, asn1.RsaKey)
        assert key.n.bit_length() == 1024
    if file == "Datagroup2.bin":
        (face,) = Dg2.parse(content).faces
        assert (face.width, face.height, face.image_type.name) == (337, 449, "JP2")
        assert face.image == content[face.offset :]
