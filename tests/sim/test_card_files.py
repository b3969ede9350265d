"""EF.CardSecurity, and what DG14 repeats of EF.CardAccess, judged by foreign libraries."""

import hashlib
from functools import cache

import pytest
from asn1crypto import cms, keys
from pace_terminal import pace
from signature_oracle import verifies
from sim_cards import exchanged
from sim_terminal import Terminal, seeded

from epass import tlv
from epass.crypto.ciphers import Cipher
from epass.errors import InputError
from epass.lds.names import File
from epass.sim import der, issuer
from epass.sim import security_infos as infos
from epass.sim.access import PaceOffer, PaceSuite, mrz_information, mrz_secret
from epass.sim.card_files import ID_SECURITY_OBJECT
from epass.sim.chip import Chip
from epass.sim.issuer import CaScheme, Document

CAM, GM = PaceSuite.named("AES-192", 13, "CAM"), PaceSuite.named("AES-192", 13)
OFFER = PaceOffer((CAM, GM))


@cache
def issued(offer: PaceOffer = OFFER) -> Document:
    return issuer.issue(pace=offer)


def signed_data(document: Document) -> cms.SignedData:
    content = document.files[File.CARD_SECURITY]
    info = cms.ContentInfo.load(content, strict=True)
    assert info["content_type"].native == "signed_data"
    assert info.native is not None
    assert info.dump(force=True) == content, "not DER"
    return info["content"]


def signed_infos(document: Document) -> tuple[bytes, ...]:
    content = signed_data(document)["encap_content_info"]["content"].contents
    return infos.members(bytes(content))


def with_protocol(found: tuple[bytes, ...], protocol: str) -> list[bytes]:
    return [
        info
        for info in found
        if tlv.parse_one(info, 0x30, where="test").value.startswith(der.oid(protocol))
    ]


# --- contents ---------------------------------------------------------------------------------


def test_card_security_is_signed_by_the_document_signer() -> None:
    signed = signed_data(issued())
    assert signed["encap_content_info"]["content_type"].dotted == ID_SECURITY_OBJECT
    (info,) = signed["signer_infos"]
    (choice,) = signed["certificates"]
    attributes = {item["type"].native: item["values"][0] for item in info["signed_attrs"]}
    content = bytes(signed["encap_content_info"]["content"].contents)
    assert attributes["message_digest"].native == hashlib.sha256(content).digest()
    assert attributes["content_type"].dotted == ID_SECURITY_OBJECT
    message, signature = info["signed_attrs"].untag().dump(), info["signature"].native
    key = choice.chosen.public_key
    assert verifies(key, info["signature_algorithm"], signature, message)
    sod = tlv.parse_one(issued().files[File.SOD], 0x77, where="EF.SOD").value
    (signer,) = cms.ContentInfo.load(sod)["content"]["certificates"]
    assert signer.chosen.dump() == choice.chosen.dump()


def test_card_security_holds_card_access_and_the_key() -> None:
    document = issued()
    found = signed_infos(document)
    assert set(infos.members(document.files[File.CARD_ACCESS])) <= set(found)
    (key_info,) = with_protocol(found, "0.4.0.127.0.7.2.2.1.2")
    assert len(found) == 3
    _, public, number = tlv.parse_one(key_info, 0x30, where="test").children()
    assert number.value == b"\x0d"  # §9.2.1: the parameterId of PACEInfo
    known = keys.PublicKeyInfo.load(public.raw, strict=True)
    assert known["algorithm"]["parameters"].name == "specified"  # explicit
    assert document.pace is not None
    (key,) = document.pace.keys
    assert known["public_key"].native == key.public.encode()


def test_keys_that_name_a_row_of_table_12() -> None:
    document = issued(PaceOffer((CAM, GM), parameters=infos.STANDARDIZED))
    (key_info,) = with_protocol(signed_infos(document), "0.4.0.127.0.7.2.2.1.2")
    algorithm = der.sequence(der.oid("0.4.0.127.0.7.1.2"), der.integer(13))
    assert algorithm in key_info


def test_a_key_for_each_parameter_id() -> None:
    suites = [
        PaceSuite.named(cipher, number, "CAM")
        for cipher, number in (("AES-128", 12), ("AES-256", 12), ("AES-256", 17))
    ]
    document = issued(PaceOffer((*suites, PaceSuite.named("AES-128", 12, "IM"))))
    assert document.pace is not None
    assert [(key.key_id, key.group.name) for key in document.pace.keys] == [
        (12, "P-256"),
        (17, "brainpoolP512r1"),
    ]
    assert len(with_protocol(signed_infos(document), "0.4.0.127.0.7.2.2.1.2")) == 2


@pytest.mark.parametrize("forms", [(), ("unknown-infos", "out-of-order"), ("explicit-parameters",)])
def test_dg14_repeats_card_access(forms: tuple[str, ...]) -> None:
    """§9.2.11, info by info; the order is that of DER whatever EF.CardAccess has."""
    document = issued(PaceOffer((GM, PaceSuite.named("3DES", 0, "IM")), forms))
    content = tlv.parse_one(document.files[File.DG14], 0x6E, where="DG14").value
    assert sorted(infos.members(document.files[File.CARD_ACCESS])) == list(infos.members(content))
    assert File.CARD_SECURITY not in document.files


def test_a_document_with_cam_has_chip_authentication() -> None:
    """§4.4, also where it was not asked for."""
    document = issued()
    dg14 = tlv.parse_one(document.files[File.DG14], 0x6E, where="DG14").value
    found = infos.members(dg14)
    assert len(with_protocol(found, "0.4.0.127.0.7.2.2.3.2.3")) == 1  # AES-192, as CAM has it
    assert len(with_protocol(found, "0.4.0.127.0.7.2.2.1.2")) == 1
    assert document.proofs.chip is not None
    (key,) = document.proofs.chip.keys
    assert document.pace is not None
    assert key.pair.secret != document.pace.keys[0].secret
    asked = issuer.issue(pace=OFFER, chip_authentication=[CaScheme("P-384", ("AES-256",))])
    assert asked.proofs.chip is not None
    assert [item.pair.group.name for item in asked.proofs.chip.keys] == ["P-384"]


def test_the_same_choice_gives_the_same_files() -> None:
    again = issuer.issue(pace=OFFER)
    assert again.files == issued().files
    assert issuer.issue("one-name", pace=OFFER).pace != again.pace


def test_the_keys_stay_out_of_sight() -> None:
    assert "pace" not in repr(issued())
    assert "keys" not in repr(issued().pace)


# --- in a chip --------------------------------------------------------------------------------

SELECT_CARD_SECURITY = "00A4020C02011D"


def test_card_security_is_read_after_pace() -> None:
    document = issued()
    chip = Chip(document, random=seeded(2))
    for apdu in (SELECT_CARD_SECURITY, "00B09D0000"):
        assert exchanged(chip, apdu) == "6982"
    terminal = Terminal(chip)
    pace(terminal, CAM, mrz_secret(document.mrz))
    content = document.files[File.CARD_SECURITY]
    terminal.ok("00A4020C", bytes.fromhex("011D"))
    found = b""
    while len(found) < len(content):
        offset = len(found)
        size = min(200, len(content) - offset)
        found += terminal.ok(f"00B0{offset:04X}", le=size)
    assert found == content
    assert terminal.ok("00B09D00", le=8) == content[:8]
    terminal.select_application()
    assert terminal.ok("00B09D00", le=8) == document.files[File.SOD][:8]  # the same identifier


def test_card_security_is_not_read_after_bac() -> None:
    document = issued()
    terminal = Terminal(Chip(document, random=seeded(2)))
    terminal.select_application()
    terminal.bac(mrz_information(document.mrz).encode())
    terminal.ok("00A4000C")
    assert terminal.send("00A4020C", bytes.fromhex("011D")).sw == 0x6982
    assert terminal.send("00B09D00", le=8).sw == 0x6982


def test_a_new_session_opens_card_security_no_longer() -> None:
    document = issued()
    chip = Chip(document, random=seeded(2))
    terminal = Terminal(chip)
    pace(terminal, GM, mrz_secret(document.mrz))
    terminal.ok("00A4020C", bytes.fromhex("011D"))
    chip.reset()
    assert exchanged(chip, SELECT_CARD_SECURITY) == "6982"


def test_a_chip_without_pace_has_neither_file() -> None:
    chip = Chip(issued(), access=["BAC"])
    for apdu in ("00A4020C02011C", SELECT_CARD_SECURITY):
        assert exchanged(chip, apdu) == "6A82"


def test_a_chip_that_is_told_to_use_cam_takes_the_key_of_the_document() -> None:
    chip = Chip(issued(), cipher="AES-256", mapping="CAM", random=seeded(2))
    assert [suite.mapping for suite in chip.suites] == ["CAM", "GM"]
    assert chip.suites[0].cipher is Cipher.AES_256
    outcome = pace(Terminal(chip), chip.suites[0], mrz_secret(issued().mrz))
    assert outcome.proof is not None
    with pytest.raises(InputError, match="no key for PACE with CAM on P-384"):
        Chip(issued(), parameter_id=15, mapping="CAM")
