"""DG14, DG15 and EF.CardSecurity."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mutation import mutated
from vector_files import raw, vectors

from epass import asn1, tlv
from epass.errors import FormatError, UnsupportedError
from epass.lds.chip_keys import CardSecurity, Dg14, Dg15
from epass.lds.names import File
from epass.lds.security_infos import CHIP_PROTOCOLS, ChipAuthenticationInfo
from epass.sim import cms, der, issuer
from epass.sim.card_files import ID_SECURITY_OBJECT, PaceOffer
from epass.sim.country import Country
from epass.sim.pace import PaceSuite
from epass.sim.scheme import Scheme

AT = datetime(2024, 4, 16, 9, 30, tzinfo=UTC)
DG14 = raw(vectors("doc9303-proofs")["ca-ecdh-aes128-at"], "DG14")
DG15 = raw(vectors("doc9303-proofs")["aa-ecdsa-p-256-sha256"], "DG15")
SUITES = tuple(PaceSuite.named("AES-128", 13, mapping) for mapping in ("GM", "CAM"))
CARD_SECURITY = issuer.issue(pace=PaceOffer(SUITES)).files[File.CARD_SECURITY]
INFOS = tlv.parse_one(DG14, 0x6E, where="DG14").value
NO_INFOS = b"\x31\x00"


# --- DG14 -------------------------------------------------------------------------------------


def test_dg14_of_an_austrian_document() -> None:
    dg14 = Dg14.parse(DG14)
    infos = dg14.security_infos
    assert dg14.notes == ()
    assert infos.raw == INFOS
    assert [type(info).__name__ for info in infos.infos] == [
        "UnknownInfo",  # terminal authentication
        "ChipAuthenticationInfo",
        "PaceInfo",
        "ChipAuthenticationPublicKeyInfo",
    ]
    (offer,) = infos.chip_authentication
    assert offer.protocol == CHIP_PROTOCOLS["0.4.0.127.0.7.2.2.3.2.2"]
    assert isinstance(offer.key.public_key, asn1.EcKey)
    assert (offer.key_id, offer.assumed) == (None, False)


def test_dg14_of_a_german_document() -> None:
    content = raw(vectors("doc9303-proofs")["ca-ecdh-aes128-de-keyid"], "DG14")
    (offer,) = Dg14.parse(content).security_infos.chip_authentication
    assert (offer.protocol.cipher.label, offer.key_id, offer.key.key_id) == ("AES-128", 195, 195)


def test_dg14_with_the_algorithm_of_active_authentication() -> None:
    content = raw(vectors("doc9303-proofs")["aa-ecdsa-p-256-sha256"], "DG14")
    infos = Dg14.parse(content).security_infos
    (info,) = infos.active_authentication
    assert (info.version, info.signature_algorithm) == (1, "0.4.0.127.0.7.1.1.4.1.3")
    assert not infos.announces_chip_authentication


@pytest.mark.parametrize("left", [bytes(1), b"\x30\x00", b"\xff" * 40])
def test_dg14_with_bytes_after_the_set(left: bytes) -> None:
    dg14 = Dg14.parse(tlv.build(0x6E, INFOS + left))
    assert dg14.notes == (f"{len(left)} bytes after the security infos",)
    assert dg14.security_infos == Dg14.parse(DG14).security_infos


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "DG14 at byte 0: empty"),
        (DG14[:-1], "DG14/6E at byte 0: 382 bytes declared, 381 are there"),
        (DG14 + b"\x00", "DG14 at byte 386: 1 bytes after the end"),
        (b"\x6f" + DG14[1:], "DG14 at byte 0: the tag is 6F, not 6E"),
        (b"\x6e\x00", "DG14/6E at byte 2: empty"),
        (b"\x6e\x02\x30\x00", "DG14/6E/30 at byte 4: not a SET of SecurityInfo"),
        (b"\x6e\x02\x31\x01", "DG14/6E/31 at byte 2: 1 bytes declared, 0 are there"),
        (tlv.build(0x6E, NO_INFOS + b"") + b"\x31", "DG14 at byte 4: 1 bytes after the end"),
    ],
)
def test_malformed_dg14(content: bytes, message: str) -> None:
    with pytest.raises(FormatError) as caught:
        Dg14.parse(content)
    assert caught.value.message == message


# --- DG15 -------------------------------------------------------------------------------------


def test_dg15() -> None:
    key = Dg15.parse(DG15).public_key
    assert isinstance(key, asn1.EcKey)
    assert key.curve == "1.2.840.10045.3.1.7"
    rsa = Dg15.parse(raw(vectors("doc9303-proofs")["aa-rsa-1800-real"], "DG15")).public_key
    assert isinstance(rsa, asn1.RsaKey)
    assert rsa.n.bit_length() == 1792


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "DG15 at byte 0: empty"),
        (DG15[:-1], "DG15/6F at byte 0: 91 bytes declared, 90 are there"),
        (DG15 + b"\x00", "DG15 at byte 93: 1 bytes after the end"),
        (b"\x6e" + DG15[1:], "DG15 at byte 0: the tag is 6E, not 6F"),
        (b"\x6f\x00", "DG15/6F at byte 2: the data ends inside a header"),
        (tlv.build(0x6F, DG15[2:] + b"\x00"), "DG15/6F at byte 93: 1 bytes after the end"),
        (tlv.build(0x6F, DG15[2:] * 2), "DG15/6F at byte 94: 91 bytes after the end"),
        (b"\x6f\x02\x31\x00", "DG15/6F: not the structure that the standard prescribes"),
    ],
)
def test_malformed_dg15(content: bytes, message: str) -> None:
    with pytest.raises(FormatError) as caught:
        Dg15.parse(content)
    assert caught.value.message == message


# --- EF.CardSecurity --------------------------------------------------------------------------


def signed(content: bytes, content_type: str = ID_SECURITY_OBJECT) -> bytes:
    return cms.sign(content_type, content, Country().document_signer(Scheme()), at=AT)


def with_signers(count: int) -> bytes:
    top = tlv.parse_one(signed(NO_INFOS), 0x30, where="test")
    *parts, signers = top.require(0xA0).require(0x30).children()
    again = der.sequence(*(part.raw for part in parts), tlv.build(0x31, signers.value * count))
    return der.sequence(top.require(0x06).raw, der.explicit(0, again))


def test_card_security_of_a_chip_with_chip_authentication_mapping() -> None:
    card_security = CardSecurity.parse(CARD_SECURITY)
    infos = card_security.security_infos
    assert card_security.signed.content == infos.raw
    assert card_security.signer.content_type == ID_SECURITY_OBJECT
    assert {info.protocol.mapping.value for info in infos.pace} == {"GM", "CAM"}
    (key,) = infos.chip_keys
    assert key.key_id == 13
    assert (infos.chip_authentication, infos.announces_chip_authentication) == ((), False)


def test_protocols_of_version_2_are_kept_and_not_offered() -> None:
    """The eID application of German documents has them."""
    protocol = CHIP_PROTOCOLS["0.4.0.127.0.7.2.2.3.2.2"]
    info = der.sequence(der.oid(protocol.oid), der.integer(2), der.integer(65))
    infos = CardSecurity.parse(signed(tlv.build(0x31, info))).security_infos
    assert infos.infos == (ChipAuthenticationInfo(protocol, 2, 65),)
    assert (infos.chip_authentication, infos.announces_chip_authentication) == ((), True)


def test_one_signer_is_the_rule() -> None:
    assert CardSecurity.parse(with_signers(1)).signer.content_type == ID_SECURITY_OBJECT
    with pytest.raises(FormatError, match=r"EF\.CardSecurity: nobody has signed it"):
        CardSecurity.parse(with_signers(0))
    with pytest.raises(UnsupportedError, match=r"EF\.CardSecurity has more than one signer"):
        CardSecurity.parse(with_signers(2))


INSIDE = "EF.CardSecurity/SecurityInfos"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "EF.CardSecurity at byte 0: the data ends inside a header"),
        (CARD_SECURITY[:-1], "EF.CardSecurity at byte 0: the value is longer than what holds it"),
        (CARD_SECURITY + b"\x00", "EF.CardSecurity at byte"),
        (signed(NO_INFOS, "2.23.136.1.1.1"), "EF.CardSecurity: the content is not a security"),
        (signed(b""), f"{INSIDE} at byte 0: empty"),
        (signed(b"\x30\x00"), f"{INSIDE} at byte 0: the tag is 30, not 31"),
        (signed(NO_INFOS + b"\x00"), f"{INSIDE} at byte 2: 1 bytes after the end"),
        (signed(b"\x31\x02\x30\x00"), f"{INSIDE}/31/30 at byte 4: not an object identifier"),
    ],
)
def test_malformed_card_security(content: bytes, message: str) -> None:
    with pytest.raises(FormatError) as caught:
        CardSecurity.parse(content)
    assert caught.value.message.startswith(message)


@settings(max_examples=200, deadline=None)
@given(
    st.one_of(
        st.tuples(st.just(Dg14.parse), st.one_of(st.binary(max_size=40), mutated(DG14))),
        st.tuples(st.just(Dg15.parse), st.one_of(st.binary(max_size=40), mutated(DG15))),
        st.tuples(st.just(CardSecurity.parse), mutated(CARD_SECURITY)),
    )
)
def test_any_bytes_are_parsed_or_refused(case: tuple[Callable[[bytes], object], bytes]) -> None:
    parse, content = case
    try:
        parse(content)
    except FormatError as fault:
        assert fault.where.startswith(("DG14", "DG15", "EF.CardSecurity"))
    except UnsupportedError as fault:
        assert fault.message == "EF.CardSecurity has more than one signer"
