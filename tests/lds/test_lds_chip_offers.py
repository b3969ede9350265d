"""SecurityInfos of signed files: the chip's keys, and with which of them what can be run."""

import pytest

from epass import asn1, tlv
from epass.crypto import ec, modp
from epass.errors import FormatError
from epass.lds.security_infos import (
    CHIP_PROTOCOLS,
    ID_CA,
    ActiveAuthenticationInfo,
    ChipAuthenticationInfo,
    ChipAuthenticationPublicKeyInfo,
    KeyAgreement,
    PaceInfo,
    SecurityInfos,
    UnknownInfo,
)
from epass.sim import der
from epass.sim import security_infos as encoded

P_256, GROUP = ec.CURVES[4], modp.GROUPS[0]
ECDH, DH = encoded.ID_PK + ".2", encoded.ID_PK + ".1"
EC_PARAMETERS = der.sequence(der.oid("1.2.840.10045.2.1"), der.oid(P_256.oid))
EC_KEY = encoded.subject_public_key_info(EC_PARAMETERS, P_256.generator.encode())
DH_PARAMETERS = der.sequence(der.integer(GROUP.p), der.integer(GROUP.g))
DH_KEY = encoded.subject_public_key_info(
    der.sequence(der.oid("1.2.840.113549.1.3.1"), DH_PARAMETERS), der.integer(GROUP.g)
)


def signed(*items: bytes) -> SecurityInfos:
    return SecurityInfos.parse_signed(tlv.parse_one(der.set_of(items), 0x31, where="DG14"))


def ca(suffix: str, key_id: int | None = None) -> bytes:
    return encoded.chip_authentication_info(f"{ID_CA}.{suffix}", key_id)


def version_2(suffix: str) -> bytes:
    return der.sequence(der.oid(f"{ID_CA}.{suffix}"), der.integer(2))


def ec_key(key_id: int | None = None) -> bytes:
    return encoded.chip_authentication_public_key_info(ECDH, EC_KEY, key_id)


def dh_key(key_id: int | None = None) -> bytes:
    return encoded.chip_authentication_public_key_info(DH, DH_KEY, key_id)


def pace(mapping: str, parameter_id: int) -> bytes:
    return encoded.pace_info(f"{encoded.ID_PACE}.{mapping}.2", parameter_id)


def offered(infos: SecurityInfos) -> set[tuple[str, int | None, bool]]:
    return {
        (offer.protocol.oid.removeprefix(f"{ID_CA}."), offer.key_id, offer.assumed)
        for offer in infos.chip_authentication
    }


def test_the_eight_protocols_of_the_standard() -> None:
    assert len(CHIP_PROTOCOLS) == 8
    described = {
        oid.removeprefix(f"{ID_CA}."): (protocol.agreement, protocol.cipher.label)
        for oid, protocol in CHIP_PROTOCOLS.items()
    }
    assert described["1.1"] == (KeyAgreement.DH, "3DES")
    assert described["1.4"] == (KeyAgreement.DH, "AES-256")
    assert described["2.2"] == (KeyAgreement.ECDH, "AES-128")
    assert described["2.3"] == (KeyAgreement.ECDH, "AES-192")


def test_every_kind_of_info() -> None:
    infos = signed(
        ca("2.2", 7),
        ec_key(7),
        encoded.active_authentication_info(f"{encoded.ECDSA_PLAIN}.3"),
        pace("2", 13),
        der.sequence(der.oid("0.4.0.127.0.7.2.2.2"), der.integer(1)),
    )
    key = asn1.EcKey(P_256.oid, P_256.generator.encode())
    assert set(infos.infos) == {
        ChipAuthenticationInfo(CHIP_PROTOCOLS[f"{ID_CA}.2.2"], 1, 7),
        ChipAuthenticationPublicKeyInfo(KeyAgreement.ECDH, key, 7),
        ActiveAuthenticationInfo(1, "0.4.0.127.0.7.1.1.4.1.3"),
        UnknownInfo("0.4.0.127.0.7.2.2.2"),
        *infos.pace,
    }
    assert [type(info) for info in infos.pace] == [PaceInfo]


@pytest.mark.parametrize(
    ("items", "expected", "announced"),
    [
        ((), set(), False),
        ((pace("2", 13),), set(), False),
        ((ca("2.2"), ec_key()), {("2.2", None, False)}, True),
        ((ca("2.2"), ca("2.1"), ec_key()), {("2.2", None, False), ("2.1", None, False)}, True),
        ((ca("2.2", 0), ec_key(0)), {("2.2", 0, False)}, True),
        # Several keys, each with its protocols.
        (
            (ca("2.2", 1), ca("2.4", 2), ca("1.1", 3), ec_key(1), ec_key(2), dh_key(3)),
            {("2.2", 1, False), ("2.4", 2, False), ("1.1", 3, False)},
            True,
        ),
        (
            (ca("2.2"), ca("1.2"), ec_key(), dh_key()),
            {("2.2", None, False), ("1.2", None, False)},
            True,
        ),
        # An id on one side only, where there is no doubt which key is meant.
        ((ca("2.2", 5), ec_key()), {("2.2", 5, False)}, True),
        ((ca("2.2"), ec_key(5)), {("2.2", 5, False)}, True),
        ((ca("2.2"), ec_key(5), dh_key(6)), {("2.2", 5, False)}, True),
        # Where there is doubt, or no key, there is no offer.
        ((ca("2.2"), ec_key(5), ec_key(6)), set(), True),
        ((ca("2.2", 4), ec_key(5)), set(), True),
        ((ca("2.2", 4), ec_key(5), ec_key(6)), set(), True),
        ((ca("1.2"), ec_key()), set(), True),
        ((ca("2.2"),), set(), True),
        # Keys without any protocol: French documents.
        ((ec_key(),), {("2.1", None, True)}, True),
        ((dh_key(9),), {("1.1", 9, True)}, True),
        ((ec_key(1), dh_key(2)), {("2.1", 1, True), ("1.1", 2, True)}, True),
        ((ec_key(1), dh_key()), {("2.1", 1, True)}, True),
        # A named protocol leaves nothing to be assumed, even if it cannot be run.
        ((version_2("2.2"), ec_key()), set(), True),
        ((ca("1.2", 2), ec_key(1), dh_key(2)), {("1.2", 2, False)}, True),
        # A key of chip authentication mapping has its parameter id, and is of nothing else.
        ((pace("6", 12), ec_key(12)), set(), False),
        ((pace("6", 12), ec_key(12), ec_key(1)), {("2.1", 1, True)}, True),
        ((pace("2", 12), ec_key(12)), {("2.1", 12, True)}, True),
        ((pace("6", 12), ca("2.2", 12), ec_key(12)), {("2.2", 12, False)}, True),
    ],
)
def test_what_can_be_run(
    items: tuple[bytes, ...], expected: set[tuple[str, int | None, bool]], announced: bool
) -> None:
    infos = signed(*items)
    assert offered(infos) == expected
    assert infos.announces_chip_authentication is announced


def test_the_offers_have_the_order_of_the_file() -> None:
    items = [ec_key(1), ca("2.2", 1), ca("2.1", 1)]
    file = tlv.build(0x31, items)  # not the order of DER
    infos = SecurityInfos.parse_signed(tlv.parse_one(file, 0x31, where="DG14"))
    assert [offer.protocol.oid[-3:] for offer in infos.chip_authentication] == ["2.2", "2.1"]
    assert infos.raw == file


OID_AA, ID = der.oid(encoded.ID_ACTIVE_AUTHENTICATION), der.oid("0.4.0.127.0.7.1.1.4.1.3")
CA_128 = der.oid(f"{ID_CA}.2.2")


@pytest.mark.parametrize(
    ("item", "message"),
    [
        (der.sequence(CA_128, der.oid("1.2")), "DG14/31/30/06 at byte 18: not a version"),
        (der.sequence(CA_128, b"\x02\x01\xff"), "DG14/31/30/02 at byte 18: not a version"),
        (der.sequence(CA_128, b"\x02\x00"), "DG14/31/30/02 at byte 18: not a version"),
        (der.sequence(CA_128, b"\x02\x01\x01\x02\x01\xc3"), "DG14/31/30/02 at byte 21: not a key"),
        (der.sequence(CA_128, b"\x02\x01\x01\x04\x01\x01"), "DG14/31/30/04 at byte 21: not a key"),
        (
            der.sequence(CA_128, b"\x02\x01\x01\x02\x05\x01\x00\x00\x00\x00"),
            "DG14/31/30/02 at byte 21: not a key id",
        ),
        (
            der.sequence(der.oid(ECDH), der.integer(1)),
            "DG14/31/30/02: not the structure that the standard prescribes",
        ),
        (
            der.sequence(der.oid(ECDH), EC_KEY[:-1] + b""),
            "DG14/31/30/30 at byte 15: 89 bytes declared, 88 are there",
        ),
        (der.sequence(der.oid(ECDH), EC_KEY, b"\x02\x00"), "DG14/31/30/02 at byte 108: not a key"),
        (
            der.sequence(OID_AA, der.integer(1)),
            "DG14/31/30/02 at byte 14: no object identifier of a signature algorithm",
        ),
        (der.sequence(OID_AA, der.integer(1), der.integer(1)), "DG14/31/30/02 at byte 17: no obj"),
        (der.sequence(OID_AA, b"\x02\x01\x80", ID), "DG14/31/30/02 at byte 14: not a version"),
    ],
)
def test_malformed(item: bytes, message: str) -> None:
    with pytest.raises(FormatError) as caught:
        signed(item)
    assert caught.value.message.startswith(message)


def test_the_same_info_twice() -> None:
    with pytest.raises(FormatError, match="this SecurityInfo stands twice"):
        signed(ca("2.2"), ca("2.2"))


def test_in_ef_card_access_only_pace_is_looked_at() -> None:
    """A key that nobody has signed is of no use, and its faults must not keep the chip shut."""
    broken = der.sequence(der.oid(ECDH), der.sequence(der.integer(0)), der.integer(72))
    infos = SecurityInfos.parse(der.set_of([broken, ca("2.2"), pace("2", 13)]))
    assert len(infos.pace) == 1
    assert (infos.chip_keys, infos.announces_chip_authentication) == ((), False)
