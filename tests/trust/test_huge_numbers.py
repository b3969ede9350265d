"""Numbers of 2,500 bytes, in every place where a file has one.

Python writes no number of more than 4,300 digits, and raises ValueError instead: so no number that
nobody has bounded may get into a text. Everything is signed anew, as a forger can.
"""

from collections.abc import Iterator
from dataclasses import replace
from types import MappingProxyType

import pytest
from chip_builder import (
    PACE_CAM,
    StaticKey,
    agreed,
    card_access,
    card_security,
    dg14,
    dg15,
    document,
    ec_info,
    mapped,
    pace_info,
    rsa_info,
    signed_by,
)
from judging import judge
from sod_builder import RSA, Signer, SodPlan, ecdsa, integer, oid, pkcs1, pss, sequence

from epass import asn1, tlv
from epass.card import reader
from epass.card.keys import MrzKey
from epass.crypto import ec, modp
from epass.crypto.ciphers import Cipher
from epass.crypto.hashes import Hash
from epass.dump import Dump
from epass.errors import EpassError, FormatError
from epass.evidence import NO_EVIDENCE, Evidence
from epass.lds.names import File
from epass.lds.sod import Sod
from epass.sim import issuer
from epass.sim.chip import Chip
from epass.sim.proof_keys import CaScheme

HUGE = 1 << 19_992
INTEGER, OCTETS, BITS = 0x02, 0x04, 0x03
CURVE = ec.CURVES[5]
KEY, MAPPED = StaticKey(CURVE), StaticKey(CURVE, key_id=13)
DH = StaticKey(modp.GROUPS[1])
STANDARDIZED = sequence(sequence(oid("0.4.0.127.0.7.1.2"), integer(13)), b"\x03\x02\x00\x04")


def enlarged(data: bytes) -> Iterator[bytes]:
    """``data`` with one of its numbers made huge, and once more negative, for each of them."""
    try:
        items = tlv.parse(data, where="test")
    except FormatError:
        return
    for item in items:
        before, after = data[: item.offset], data[item.offset + len(item.raw) :]
        for value in enlarged_values(item):
            yield before + tlv.build(item.tag, value) + after


def enlarged_values(item: tlv.Tlv) -> Iterator[bytes]:
    if item.tag == INTEGER:
        yield from (tlv.parse_one(integer(n), INTEGER, where="").value for n in (HUGE, -HUGE))
    elif item.tag == BITS and item.value[:1] == b"\x00":
        yield from (b"\x00" + value for value in enlarged(item.value[1:]))
    elif item.tag == OCTETS or item.tag & 0x20 or item.tag in (0x6E, 0x6F, 0x77):
        yield from enlarged(item.value)


def assert_answered(dump: Dump) -> None:
    report = judge(dump)
    assert all(len(check.reason) < 1000 for check in report.checks)
    assert report.as_dict()


KEYS_OF_DG14 = {
    "explicit curve": (KEY.key_info(), KEY.info(Cipher.AES_128)),
    "DH": (DH.key_info(), DH.info(Cipher.AES_128)),
    "standardized": (KEY.key_info(STANDARDIZED), KEY.info(Cipher.AES_128)),
}


@pytest.mark.parametrize("kind", KEYS_OF_DG14)
@pytest.mark.parametrize("evidence", [NO_EVIDENCE, agreed(KEY), agreed(DH)], ids=["", "EC", "DH"])
def test_in_dg14(kind: str, evidence: Evidence) -> None:
    variants = list(enlarged(dg14(*KEYS_OF_DG14[kind], pace_info())))
    assert len(variants) >= 8
    for content in variants:
        assert_answered(document({File.DG14: content}, evidence=evidence))


@pytest.mark.parametrize(
    "key",
    [rsa_info((1 << 2048) - 1), ec_info(CURVE.generator * 5), STANDARDIZED, DH.public()],
    ids=["RSA", "EC", "standardized", "DH"],
)
def test_in_dg15(key: bytes) -> None:
    variants = list(enlarged(dg15(key)))
    assert len(variants) >= 2
    for content in variants:
        assert_answered(document({File.DG15: content}, evidence=signed_by(bytes(64))))


def test_in_ef_card_access_and_ef_card_security() -> None:
    infos = pace_info(), pace_info(6)
    right = card_security(*infos, MAPPED.key_info(), plan=SodPlan(ecdsa(CURVE, explicit=True)))
    variants = list(enlarged(right))
    assert len(variants) >= 20
    besides = {File.CARD_ACCESS: card_access(*infos)}
    for security in variants:
        files = {**besides, File.CARD_SECURITY: security}
        assert_answered(document(access=PACE_CAM, evidence=mapped(MAPPED), besides=files))
    for access in enlarged(besides[File.CARD_ACCESS]):
        assert_answered(document(access=PACE_CAM, besides={File.CARD_ACCESS: access}))


SIGNERS = {
    "PKCS#1": pkcs1(),
    "PSS": pss(Hash.SHA256, Hash.SHA256, 32),
    "ECDSA": ecdsa(CURVE, explicit=True),
    "standardized": replace(ecdsa(CURVE), key_info=STANDARDIZED),
    "PSS key": replace(
        pss(Hash.SHA256, Hash.SHA256, 32),
        key_info=sequence(
            pss(Hash.SHA256, Hash.SHA256, 32).algorithm,
            tlv.build(BITS, b"\x00" + sequence(integer((1 << 2048) - 1), integer(65537))),
        ),
    ),
}


@pytest.mark.parametrize("kind", SIGNERS)
def test_in_ef_sod_and_its_certificate(kind: str) -> None:
    dump = document(plan=SodPlan(SIGNERS[kind]))
    variants = list(enlarged(dump.files[File.SOD]))
    assert len(variants) >= 20
    for content in variants:
        assert_answered(replace(dump, files={**dump.files, File.SOD: content}))


@pytest.mark.parametrize("kind", SIGNERS)
def test_what_is_parsed_can_be_shown(kind: str) -> None:
    signer: Signer = SIGNERS[kind]
    for certificate in enlarged(signer.certificate()):
        try:
            assert repr(asn1.certificate(certificate, where="test"))
        except FormatError as error:
            assert error.where.startswith("test")
    for content in enlarged(SodPlan(signer).build()):
        try:
            assert repr(Sod.parse(content))
        except EpassError as error:
            assert error.message


@pytest.mark.parametrize("kind", KEYS_OF_DG14)
def test_in_a_chip_that_is_read(kind: str) -> None:
    """Its files are read, and what its keys are worth is a record."""
    issued = issuer.issue(chip_authentication=[CaScheme(ciphers=("AES-128",))])
    key = MrzKey.from_mrz(issued.mrz)
    for content in list(enlarged(dg14(*KEYS_OF_DG14[kind])))[::2]:
        files = MappingProxyType({**issued.files, File.DG14: content})
        dump = reader.read(Chip(replace(issued, files=files)), key)
        assert dump.files[File.DG14] == content
        assert [item.proof for item in dump.evidence.failures] in ([], ["chip"])
        assert_answered(Dump.from_files(dump.to_files()))


def test_a_rsa_key_of_that_size_is_refused() -> None:
    key = sequence(
        sequence(oid(RSA), b"\x05\x00"),
        tlv.build(BITS, b"\x00" + sequence(integer(HUGE), integer(3))),
    )
    with pytest.raises(FormatError, match="test: an RSA modulus or exponent out of range"):
        asn1.public_key(key, where="test")
