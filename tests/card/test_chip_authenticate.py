"""Chip authentication: what chips offer, and how they take it."""

from collections.abc import Iterator

import pytest
from proving_card import (
    GENERAL_AUTHENTICATE,
    MSE,
    OURS,
    P_224,
    P_256,
    SELECT,
    SET_KAT,
    Agreeing,
    Card,
    infos,
    key_info,
    mechanisms,
    protocol_info,
    secrets_of,
)

from epass import asn1, tlv
from epass.card.apdu import Command, Response
from epass.card.proof import MAX_OFFERS, chip_authenticate
from epass.card.quirks import Met
from epass.crypto import ec, modp
from epass.crypto.ciphers import Cipher
from epass.crypto.group import Group
from epass.errors import StatusError
from epass.lds.security_infos import CHIP_PROTOCOLS, ID_CA


@pytest.mark.parametrize(
    ("suffix", "group", "cipher"),
    [("1.2", modp.GROUPS[2], Cipher.AES_128), ("2.4", P_256, Cipher.AES_256)],
)
def test_set_at(suffix: str, group: Group, cipher: Cipher) -> None:
    card = Card(Agreeing(group, cipher))
    offer = infos(key_info(group), protocol_info(suffix))
    evidence = chip_authenticate(card.channel(), offer, random=secrets_of(OURS)).evidence
    assert [command.ins for command in card.commands] == [MSE, GENERAL_AUTHENTICATE, SELECT]
    assert mechanisms(card) == [suffix]
    assert card.commands[1].le == 256  # New Zealand refuses to be asked for 65,536
    assert evidence.private_key == OURS.to_bytes(group.scalar_size)


@pytest.mark.parametrize("group", [modp.GROUPS[0], modp.GROUPS[1], P_256], ids=str)
def test_set_kat(group: Group) -> None:
    card = Card(Agreeing(group, Cipher.TDES), Cipher.TDES)
    suffix = "2.1" if isinstance(group, ec.Curve) else "1.1"
    offer = infos(protocol_info(suffix), key_info(group))
    met = Met()
    result = chip_authenticate(card.channel(), offer, random=secrets_of(OURS), note=met)
    public = (group.generator * OURS).encode()
    assert card.commands[0] == Command(
        MSE, *SET_KAT, tlv.build(0x91, public), extended=len(public) > 250
    )
    assert [command.ins for command in card.commands] == [MSE, SELECT]
    assert (result.evidence.oid, met.ids) == (f"{ID_CA}.{suffix}", [])


@pytest.mark.parametrize(
    ("key_id", "reference"),
    [(None, ""), (0, "840100"), (1, "840101"), (195, "8401C3"), (0x1234, "84021234")],
)
@pytest.mark.parametrize("suffix", ["2.1", "2.2"])
def test_the_key_id_is_sent_where_there_is_one(
    key_id: int | None, reference: str, suffix: str
) -> None:
    cipher = CHIP_PROTOCOLS[f"{ID_CA}.{suffix}"].cipher
    card = Card(Agreeing(P_224, cipher))
    offer = infos(key_info(P_224, key_id), protocol_info(suffix, key_id))
    evidence = chip_authenticate(card.channel(), offer, random=secrets_of(OURS)).evidence
    _, *rest = tlv.parse(card.commands[0].data, where="MSE")
    assert b"".join(item.raw for item in rest).hex().upper() == reference
    assert evidence.key_id == key_id


def test_a_key_without_a_protocol_is_one_of_3des() -> None:
    """French documents of 2013 and 2014."""
    for group, suffix in ((P_224, "2.1"), (modp.GROUPS[0], "1.1")):
        card = Card(Agreeing(group, Cipher.TDES))
        met, offer = Met(), infos(key_info(group))
        result = chip_authenticate(card.channel(), offer, random=secrets_of(OURS), note=met)
        assert mechanisms(card) == ["KAT"]
        assert (result.evidence.oid, met.ids) == (f"{ID_CA}.{suffix}", ["ca-no-info"])


def no_kat(command: Command) -> int | None:
    return 0x6A80 if (command.p1, command.p2) == SET_KAT else None


def test_3des_by_the_commands_of_aes() -> None:
    """§8.5 note 1."""
    card = Card(Agreeing(P_224, Cipher.TDES, no_kat))
    offer = infos(key_info(P_224), protocol_info("2.1"))
    met = Met()
    chip_authenticate(card.channel(), offer, random=secrets_of(OURS), note=met)
    assert mechanisms(card) == ["KAT", "2.1"]
    assert met.ids == ["ca-kat-refused"]


def test_a_chip_that_refuses_both_ways_is_quoted_on_the_first() -> None:
    card = Card(lambda _, command: Response(sw=no_kat(command) or 0x6A88))
    old, met = card.channel(), Met()
    with pytest.raises(StatusError) as caught:
        chip_authenticate(old, infos(key_info(P_224), protocol_info("2.1")), note=met)
    assert met.ids == []  # no remedy has worked
    assert (caught.value.action, caught.value.sw) == ("MSE:Set KAT (chip authentication)", 0x6A80)
    assert not old.ended  # §6.2.2: the session goes on


def short_only(command: Command) -> int | None:
    return 0x6700 if command.extended or len(command.data) > 224 else None


@pytest.mark.parametrize("cipher", [Cipher.TDES, Cipher.AES_256], ids=lambda cipher: cipher.label)
def test_a_long_key_as_a_chain(cipher: Cipher) -> None:
    group, tdes = modp.GROUPS[1], cipher is Cipher.TDES
    card = Card(Agreeing(group, cipher, short_only), cipher)
    offer = infos(key_info(group), protocol_info("1.1" if tdes else "1.4"))
    met = Met()
    chip_authenticate(card.channel(), offer, random=secrets_of(OURS), note=met)
    first, last = card.commands[-3:-1]
    assert (len(first.data), first.cla, first.le) == (224, 0x10, None)
    assert (last.cla, last.le) == (0, 256)
    assert not first.extended
    assert first.data + last.data == tlv.build(
        0x7C, tlv.build(0x80, (group.generator * OURS).encode())
    )
    again = ["1.1", "1.1"] if tdes else ["1.4", "1.4"]
    assert mechanisms(card) == (["KAT", *again] if tdes else again)
    assert met.ids == ["ca-chaining", *(["ca-kat-refused"] if tdes else [])]


@pytest.mark.parametrize("cipher", [Cipher.TDES, Cipher.AES_256], ids=lambda cipher: cipher.label)
def test_a_chain_at_once(cipher: Cipher) -> None:
    """MSE:Set KAT cannot be chained, so 3DES takes the commands of AES; short keys stay whole."""
    tdes = cipher is Cipher.TDES
    for group, kind in ((modp.GROUPS[1], 1), (P_256, 2)):
        card, met = Card(Agreeing(group, cipher, short_only)), Met()
        suffix = f"{kind}.1" if tdes else f"{kind}.4"
        offer = infos(key_info(group), protocol_info(suffix))
        chip_authenticate(card.channel(), offer, chained=True, random=secrets_of(OURS), note=met)
        long = group is not P_256
        assert mechanisms(card) == (["KAT"] if tdes and not long else [suffix])
        assert [command.cla for command in card.commands] == (
            [0, 0x10, 0, 0] if long else [0, 0] if tdes else [0, 0, 0]
        )
        assert met.ids == (["ca-chaining"] if long else [])


def test_a_chain_that_is_refused() -> None:
    def refuse(command: Command) -> int | None:
        return 0x6884 if command.cla & 0x10 else short_only(command)

    card = Card(Agreeing(modp.GROUPS[1], Cipher.AES_128, refuse))
    with pytest.raises(StatusError) as caught:
        chip_authenticate(card.channel(), infos(key_info(modp.GROUPS[1]), protocol_info("1.2")))
    assert caught.value.sw == 0x6884
    assert card.commands[-1].cla == 0x10


def test_a_short_key_is_not_sent_as_a_chain() -> None:
    def refuse(command: Command) -> int | None:
        return 0x6700 if command.ins == GENERAL_AUTHENTICATE else None

    card = Card(Agreeing(P_256, Cipher.AES_128, refuse))
    with pytest.raises(StatusError, match=r"GENERAL AUTHENTICATE .chip authentication.: .* 6700"):
        chip_authenticate(card.channel(), infos(key_info(P_256), protocol_info("2.2")))
    assert [command.ins for command in card.commands] == [MSE, GENERAL_AUTHENTICATE]


# --- chip authentication: several protocols and keys ------------------------------------------

SEVERAL = infos(
    protocol_info("2.1", 1),
    protocol_info("2.2", 1),
    protocol_info("1.3", 2),
    protocol_info("2.3", 3),
    protocol_info("2.2", 3),
    key_info(P_224, 1),
    key_info(modp.GROUPS[0], 2),
    key_info(P_256, 3),
)
BY_STRENGTH = ["2.3", "1.3", "2.2", "2.2", "KAT", "2.1"]


def test_the_strongest_comes_first() -> None:
    card = Card(Agreeing(P_256, Cipher.AES_192))
    evidence = chip_authenticate(card.channel(), SEVERAL, random=secrets_of(OURS)).evidence
    assert (mechanisms(card), evidence.key_id) == (["2.3"], 3)


def test_what_the_chip_refuses_is_followed_by_the_next() -> None:
    def refuse(command: Command) -> int | None:
        return 0x6A80 if command.data[-1:] in (b"\x02", b"\x03") and command.ins == MSE else None

    card = Card(Agreeing(P_224, Cipher.AES_128, refuse))
    evidence = chip_authenticate(card.channel(), SEVERAL, random=secrets_of(OURS)).evidence
    assert mechanisms(card) == BY_STRENGTH[:4]
    assert (evidence.oid, evidence.key_id) == (f"{ID_CA}.2.2", 1)


def test_a_chip_that_refuses_all_it_offers() -> None:
    statuses: Iterator[int] = iter(range(0x6F01, 0x6F20))
    card = Card(lambda _, __: Response(sw=next(statuses)))
    old = card.channel()
    with pytest.raises(StatusError) as caught:
        chip_authenticate(old, SEVERAL)
    assert mechanisms(card) == BY_STRENGTH
    assert caught.value.sw == 0x6F05  # that of MSE:Set KAT, the one before the last
    assert not old.ended


def test_no_more_attempts_than_protocols() -> None:
    numbers = range(1, 100)
    many = infos(
        *(protocol_info("2.2", number) for number in numbers),
        *(key_info(P_224, number) for number in numbers),
    )
    card = Card(lambda _, __: Response(sw=0x6A88))
    with pytest.raises(StatusError, match=r"MSE:Set AT .chip authentication.: .* 6A88"):
        chip_authenticate(card.channel(), many)
    assert len(card.commands) == MAX_OFFERS


def test_a_key_that_cannot_be_used_leaves_the_others() -> None:
    other = asn1.OtherKey(asn1.Algorithm("1.3.132.0.34"))
    offer = infos(
        protocol_info("2.4", 1),
        key_info(P_256, 1, other),
        protocol_info("2.2", 2),
        key_info(P_224, 2),
    )
    card = Card(Agreeing(P_224, Cipher.AES_128))
    assert chip_authenticate(card.channel(), offer, random=secrets_of(OURS)).evidence.key_id == 2
