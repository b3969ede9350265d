"""Chip authentication: keys that are none, and chips that lie at each step, by reason."""

from collections.abc import Callable

import pytest
from proving_card import (
    AGREED,
    GENERAL_AUTHENTICATE,
    OK,
    OURS,
    P_256,
    SELECT,
    STATIC,
    Agreeing,
    Card,
    infos,
    key_info,
    protocol_info,
    secrets_of,
    static,
)

from epass import asn1
from epass.card.apdu import Command, Response
from epass.card.proof import chip_authenticate
from epass.crypto import modp
from epass.crypto.ciphers import Cipher
from epass.errors import CardRemovedError, ProtocolError, UnsupportedError
from epass.lds.security_infos import (
    CHIP_PROTOCOLS,
    ID_CA,
    ChipAuthenticationPublicKeyInfo,
    SecurityInfos,
)
from epass.sim.messaging import Session


def off_its_curve() -> asn1.PublicKey:
    encoded = (P_256.generator * STATIC).encode()
    return asn1.EcKey(P_256.oid, encoded[:-1] + bytes((encoded[-1] ^ 1,)))


def of_modp(y: int) -> asn1.PublicKey:
    group = modp.GROUPS[0]
    return asn1.DhKey(group.p, group.g, group.q, y)


RSA = asn1.RsaKey("1.2.840.113549.1.1.1", (1 << 1024) + 1, 3)
STRANGE_DH = asn1.DhKey(modp.GROUPS[0].p, 2, None, 4)
ONE_BYTE = asn1.EcKey(P_256.oid, b"\x00")


@pytest.mark.parametrize(
    ("key", "suffix", "message"),
    [
        (off_its_curve(), "2.2", "the chip's key: not a point of P-256"),
        (ONE_BYTE, "2.2", "the chip's key: not an uncompressed point of P-256"),
        (of_modp(modp.GROUPS[0].p - 1), "1.2", "the chip's key: not in the subgroup of "),
        (of_modp(1), "1.2", "the chip's key: not from 2 to p - 1 of "),
        (RSA, "2.2", "the chip's key: an RSA key, which is for signatures"),
        (static(P_256), "1.2", "the chip's key is not of the kind that its protocol needs"),
        (static(modp.GROUPS[0]), "2.2", "the chip's key is not of the kind that its protocol"),
    ],
)
def test_a_key_that_is_none(key: asn1.PublicKey, suffix: str, message: str) -> None:
    protocol = CHIP_PROTOCOLS[f"{ID_CA}.{suffix}"]
    info = ChipAuthenticationPublicKeyInfo(protocol.agreement, key, None)
    card = Card(lambda *_: OK)
    with pytest.raises(ProtocolError) as caught:
        chip_authenticate(card.channel(), infos(protocol_info(suffix), info))
    assert caught.value.message.startswith(f"chip authentication: {message}")
    assert caught.value.step == "chip authentication"
    assert card.commands == []


@pytest.mark.parametrize(
    ("offer", "message"),
    [
        (infos(), "there is no key for any protocol of version 1"),
        (infos(protocol_info("2.2")), "there is no key for any protocol of version 1"),
        (
            infos(protocol_info("1.2"), key_info(modp.GROUPS[0], None, STRANGE_DH)),
            "Diffie-Hellman parameters that equal no known group",
        ),
        (
            infos(protocol_info("2.2"), key_info(P_256, None, asn1.EcKey("1.3.132.0.10", b""))),
            "elliptic curve 1.3.132.0.10",
        ),
    ],
)
def test_nothing_to_run(offer: SecurityInfos, message: str) -> None:
    card = Card(lambda *_: OK)
    with pytest.raises(UnsupportedError) as caught:
        chip_authenticate(card.channel(), offer)
    assert caught.value.message == f"chip authentication: {message}"
    assert card.commands == []


ONE = infos(key_info(P_256), protocol_info("2.2"))


@pytest.mark.parametrize(
    "answered",
    ["00", "7C", "7C0181", "7C0400000000", "7C02800000", "7C028100", "30007C00", "7C0000"],
)
def test_success_with_garbage(answered: str) -> None:
    card = Card(Agreeing(P_256, Cipher.AES_128, answered=bytes.fromhex(answered)))
    old = card.channel()
    with pytest.raises(ProtocolError) as caught:
        chip_authenticate(old, ONE)
    assert caught.value.message == (
        "chip authentication: the answer is not an empty data object 7C"
    )
    assert old.ended  # the chip may have its new keys already


def test_success_without_data_is_for_the_next_answer_to_confirm() -> None:
    card = Card(Agreeing(P_256, Cipher.AES_128, answered=b""))
    assert not chip_authenticate(card.channel(), ONE, random=secrets_of(OURS)).channel.ended


def test_data_after_set_kat() -> None:
    def answer(card: Card, command: Command) -> Response:
        Agreeing(P_256, Cipher.TDES)(card, command)
        return Response(b"\x91\x00")

    card = Card(answer)
    with pytest.raises(ProtocolError, match="not an empty data object 7C"):
        chip_authenticate(card.channel(), infos(key_info(P_256), protocol_info("2.1")))


def never_agrees(_card: Card, command: Command) -> Response:
    return Response(AGREED) if command.ins == GENERAL_AUTHENTICATE else OK


def drops_the_session(card: Card, command: Command) -> Response | None:
    return None if command.ins == SELECT else Agreeing(P_256, Cipher.AES_128)(card, command)


def agrees_on_others(card: Card, command: Command) -> Response:
    answer = never_agrees(card, command)
    if command.ins == GENERAL_AUTHENTICATE:
        card.next = Session(Cipher.AES_128, bytes(16), bytes(16))
    return answer


UNPROVED = "chip authentication: the chip does not prove that it has the new keys: "


@pytest.mark.parametrize("answer", [never_agrees, agrees_on_others, drops_the_session])
def test_no_proof_of_the_new_keys(answer: Callable[[Card, Command], Response | None]) -> None:
    card = Card(answer)
    old = card.channel()
    with pytest.raises(ProtocolError) as caught:
        chip_authenticate(old, ONE)
    assert caught.value.message == f"{UNPROVED}an unprotected answer, status 6988"
    assert caught.value.step == "chip authentication"
    assert old.ended


class Disturbed:
    """A link that changes the answer to the last command, the first under the new keys."""

    def __init__(self, card: Card, change: Callable[[Response], Response]) -> None:
        self.card = card
        self.change = change

    def transmit(self, command: Command) -> Response:
        answer = self.card.transmit(command)
        return self.change(answer) if command.ins == SELECT else answer


def removed(_: Response) -> Response:
    raise CardRemovedError("the card was removed")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda r: Response(r.data[:-1] + bytes((r.data[-1] ^ 1,)), r.sw), "the MAC of the answer"),
        (lambda r: Response(r.data[:-1], r.sw), "the answer carries no MAC"),
        (lambda r: Response(r.data, 0x6982), "the status word is not the protected one"),
        (lambda _: OK, "an unprotected answer, status 9000"),
        (lambda _: Response(b"\x99\x02\x90\x00"), "the answer carries no MAC"),
    ],
)
def test_the_first_answer_is_disturbed(change: Callable[[Response], Response], reason: str) -> None:
    link = Disturbed(Card(Agreeing(P_256, Cipher.AES_128)), change)
    with pytest.raises(ProtocolError) as caught:
        chip_authenticate(link.card.channel(link), ONE)
    assert caught.value.message.startswith(UNPROVED + reason)


def test_the_card_is_removed() -> None:
    link = Disturbed(Card(Agreeing(P_256, Cipher.AES_128)), removed)
    with pytest.raises(CardRemovedError):
        chip_authenticate(link.card.channel(link), ONE)


def test_a_refusal_under_the_new_keys_proves_them_as_well() -> None:
    def refuse(command: Command) -> int | None:
        return 0x6A82 if command.ins == SELECT else None

    card = Card(Agreeing(P_256, Cipher.AES_128, refuse))
    evidence = chip_authenticate(card.channel(), ONE, random=secrets_of(OURS)).evidence
    assert Response.parse(evidence.response).sw == 0x6A82
