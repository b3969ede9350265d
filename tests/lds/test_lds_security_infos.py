"""SecurityInfos in EF.CardAccess."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mutation import mutated
from vector_files import raw, vectors

from epass import asn1, tlv
from epass.crypto.ciphers import Cipher
from epass.errors import FormatError
from epass.lds.security_infos import (
    CHIP_PROTOCOLS,
    MAX_INFOS,
    PACE_PROTOCOLS,
    KeyAgreement,
    Mapping,
    PaceDomainParameterInfo,
    PaceInfo,
    SecurityInfos,
    UnknownInfo,
)

LONG_OID = tlv.build(0x06, b"\x2a" * 65)
TOO_MANY = "EF.CardAccess/31 at byte 4: 65 SecurityInfos, over the 64"
VALID = raw(vectors("doc9303-pace")["pace-gm-ecdh"], "EF_CardAccess")
GM_AES_128 = bytes.fromhex("060A04007F00070202040202")  # id-PACE-ECDH-GM-AES-CBC-CMAC-128
ID_GM = bytes.fromhex("060904007F000702020402")  # id-PACE-ECDH-GM, explicit parameters
TERMINAL = bytes.fromhex("300D060804007F0007020202020101")  # TerminalAuthenticationInfo
VERSION_2 = b"\x02\x01\x02"


def infos(*items: bytes) -> bytes:
    return tlv.build(0x31, items)


def info(*parts: bytes) -> bytes:
    return tlv.build(0x30, parts)


def test_example_of_the_standard() -> None:
    parsed = SecurityInfos.parse(VALID)
    protocol = PACE_PROTOCOLS["0.4.0.127.0.7.2.2.4.2.2"]
    assert parsed.infos == parsed.pace == (PaceInfo(protocol, 13),)
    assert protocol.agreement is KeyAgreement.ECDH
    assert protocol.mapping is Mapping.GENERIC
    assert protocol.cipher is Cipher.AES_128
    assert parsed.raw == VALID


def test_the_19_protocols_of_the_standard() -> None:
    assert len(PACE_PROTOCOLS) == 19
    assert all(oid == protocol.oid for oid, protocol in PACE_PROTOCOLS.items())
    described = {
        oid.removeprefix("0.4.0.127.0.7.2.2.4."): (
            f"{protocol.agreement.value}-{protocol.mapping.value}-{protocol.cipher.label}"
        )
        for oid, protocol in PACE_PROTOCOLS.items()
    }
    assert described["1.1"] == "DH-GM-3DES"
    assert described["2.4"] == "ECDH-GM-AES-256"
    assert described["3.3"] == "DH-IM-AES-192"
    assert described["4.1"] == "ECDH-IM-3DES"
    assert described["6.2"] == "ECDH-CAM-AES-128"
    assert "6.1" not in described  # §9.2.3: chip authentication mapping has no 3DES
    assert "5.2" not in described


def test_order_and_unknown_entries_are_kept() -> None:
    explicit = info(ID_GM, info(GM_AES_128), b"\x02\x01\x41")
    pace = info(GM_AES_128, VERSION_2)
    parsed = SecurityInfos.parse(infos(TERMINAL, explicit, pace))
    assert parsed.infos == (
        UnknownInfo("0.4.0.127.0.7.2.2.2"),
        PaceDomainParameterInfo("0.4.0.127.0.7.2.2.4.2", 0x41),
        PaceInfo(PACE_PROTOCOLS["0.4.0.127.0.7.2.2.4.2.2"], None),
    )
    assert len(parsed.pace) == 1


def test_another_version_and_what_stands_twice_are_skipped() -> None:
    old = info(GM_AES_128, b"\x02\x01\x01")
    parsed = SecurityInfos.parse(infos(TERMINAL, VALID[2:], TERMINAL, old, VALID[2:]))
    pace = "0.4.0.127.0.7.2.2.4.2.2"
    assert parsed.infos[2:] == (
        UnknownInfo("0.4.0.127.0.7.2.2.2", "which stands twice"),
        UnknownInfo(pace, "not of version 2"),
        UnknownInfo(pace, "which stands twice"),
    )
    assert len(parsed.pace) == 1


@pytest.mark.parametrize(
    ("doubtful", "problem"),
    [
        ([TERMINAL, TERMINAL], "this SecurityInfo stands twice"),
        ([info(GM_AES_128, b"\x02\x01\x01")], "not version 2 of PACE"),
    ],
    ids=["twice", "another version"],
)
def test_what_is_signed_must_be_right(doubtful: list[bytes], problem: str) -> None:
    with pytest.raises(FormatError) as caught:
        SecurityInfos.parse_signed(tlv.parse_one(infos(*doubtful), 0x31, where="DG14"))
    assert caught.value.problem == problem


def test_more_than_any_document_has() -> None:
    most = [info(GM_AES_128, VERSION_2, bytes((2, 1, number))) for number in range(MAX_INFOS)]
    assert len(SecurityInfos.parse(infos(*most)).pace) == MAX_INFOS
    one_more = infos(*most, TERMINAL)
    for parse in (
        SecurityInfos.parse,
        lambda data: SecurityInfos.parse_signed(tlv.parse_one(data, 0x31, where="DG14")),
    ):
        with pytest.raises(FormatError, match="65 SecurityInfos, over the 64 that are looked at"):
            parse(one_more)


def test_the_value_of_an_object_identifier() -> None:
    values = {oid: protocol.value for oid, protocol in PACE_PROTOCOLS.items()}
    values |= {oid: protocol.value for oid, protocol in CHIP_PROTOCOLS.items()}
    assert len(values) == len(PACE_PROTOCOLS) + len(CHIP_PROTOCOLS)
    assert PACE_PROTOCOLS["0.4.0.127.0.7.2.2.4.2.2"].value == GM_AES_128[2:]
    assert CHIP_PROTOCOLS["0.4.0.127.0.7.2.2.3.1.4"].value.hex() == "04007f00070202030104"
    for oid, value in values.items():
        assert asn1.object_identifier(tlv.build(0x06, value), where="") == oid


def test_no_entries() -> None:
    assert SecurityInfos.parse(infos()).pace == ()


def test_a_protocol_that_nobody_has_defined_is_not_pace() -> None:
    parsed = SecurityInfos.parse(infos(info(GM_AES_128[:-1] + b"\x7f", VERSION_2)))
    assert parsed.infos == (UnknownInfo("0.4.0.127.0.7.2.2.4.2.127"),)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "EF.CardAccess at byte 0: empty"),
        (VALID + b"\xff", "EF.CardAccess at byte 22: 1 bytes after the end"),
        (VALID[:-1], "EF.CardAccess/31 at byte 0: 20 bytes declared, 19 are there"),
        (b"\x30" + VALID[1:], "EF.CardAccess at byte 0: the tag is 30, not 31"),
        (infos(VERSION_2), "EF.CardAccess/31/02 at byte 4: not an object identifier, required"),
        (infos(info(GM_AES_128)), "EF.CardAccess/31/30 at byte 4: not an object identifier"),
        (infos(info(VERSION_2, VERSION_2)), "EF.CardAccess/31/30 at byte 4: not an object"),
        (infos(*[info(GM_AES_128, bytes((2, 1, n))) for n in range(65)]), TOO_MANY),
        (infos(info(LONG_OID, VERSION_2)), "EF.CardAccess/31/30/06 at byte 6: an object identif"),
        (infos(info(GM_AES_128, b"\x04\x01\x02")), "EF.CardAccess/31/30/04 at byte 18: not vers"),
        (
            infos(info(GM_AES_128, VERSION_2, b"\x02\x01\x80")),
            "EF.CardAccess/31/30/02 at byte 21: not a parameter id",
        ),
        (
            infos(info(GM_AES_128, VERSION_2, b"\x02\x00")),
            "EF.CardAccess/31/30/02 at byte 21: not a parameter id",
        ),
        (
            infos(info(GM_AES_128, VERSION_2, b"\x02\x05\x01\x00\x00\x00\x00")),
            "EF.CardAccess/31/30/02 at byte 21: not a parameter id",
        ),
        (
            infos(info(b"\x06\x02\x2a\x86", VERSION_2)),
            "EF.CardAccess/31/30/06 at byte 4: not an OBJECT IDENTIFIER",
        ),
        (
            infos(info(GM_AES_128, VERSION_2, VERSION_2, VERSION_2)),
            "EF.CardAccess/31/30 at byte 4: not an object identifier",
        ),
    ],
)
def test_malformed(content: bytes, message: str) -> None:
    with pytest.raises(FormatError) as caught:
        SecurityInfos.parse(content)
    assert str(caught.value).startswith(message)


@settings(max_examples=200)
@given(st.one_of(st.binary(max_size=64), mutated(VALID), mutated(infos(TERMINAL, VALID[2:]))))
def test_any_bytes_are_parsed_or_refused(content: bytes) -> None:
    try:
        parsed = SecurityInfos.parse(content)
    except FormatError as fault:
        assert fault.where.startswith("EF.CardAccess")
    else:
        assert all(item.protocol.oid in PACE_PROTOCOLS for item in parsed.pace)
