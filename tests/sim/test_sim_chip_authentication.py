"""Chip Authentication of the simulated chip: the reference key of BSI, recorded chips, chains."""

import pytest
from proof_terminal import (
    D80,
    GOOD,
    P256,
    Ephemeral,
    agreement_key,
    assert_alive,
    curve,
    general_authenticate,
    key_object,
    offering,
    oid,
    opened,
    restart,
    set_at,
    set_kat,
)
from sim_cards import Handmade
from sim_terminal import Terminal, seeded, vectors

from epass.card.apdu import Command, Response
from epass.crypto.ciphers import Cipher
from epass.crypto.ec import CURVES, Curve
from epass.errors import InputError
from epass.sim.chip import Chip
from epass.sim.groups import StaticKey
from epass.sim.messaging import Session
from epass.sim.modp import GROUPS, ModpGroup
from epass.sim.proof_keys import AgreementKey
from epass.sim.proofs import ChipAuthentication, Proofs

VECTORS = vectors("doc9303-proofs")
ALL_CIPHERS = tuple(Cipher)


# --- genuine chips ----------------------------------------------------------------------------


@pytest.mark.parametrize("group", [*CURVES, *GROUPS], ids=lambda group: group.name)
@pytest.mark.parametrize("cipher", Cipher, ids=lambda cipher: cipher.label)
def test_every_group_with_every_cipher(group: Curve | ModpGroup, cipher: Cipher) -> None:
    key = agreement_key(group)
    terminal, mine = opened(offering(key)), Ephemeral.drawn(group)
    if cipher is Cipher.TDES:
        assert set_kat(terminal, mine.public) == Response()
    else:
        assert set_at(terminal, oid(group, cipher)) == Response()
        answer = general_authenticate(terminal, key_object(mine.public))
        assert answer == Response(b"\x7c\x00")
    restart(terminal, mine.shared(key.pair.public.encode()), cipher)
    assert_alive(terminal)


def test_3des_by_general_authenticate_where_aes_is_there_too() -> None:
    key = agreement_key()
    terminal, mine = opened(offering(key)), Ephemeral.drawn(P256)
    assert set_at(terminal, oid(P256, Cipher.TDES)).sw == 0x9000
    assert general_authenticate(terminal, key_object(mine.public)) == Response(b"\x7c\x00")
    restart(terminal, mine.shared(key.public_key), Cipher.TDES)
    assert_alive(terminal)


BSI = {
    Cipher.TDES: "ca-bsi-ref-ecdh-3des",
    Cipher.AES_128: "ca-bsi-ref-ecdh-aes128",
    Cipher.AES_192: "ca-bsi-ref-ecdh-aes192",
    Cipher.AES_256: "ca-bsi-ref-ecdh-aes256",
}


@pytest.mark.parametrize("cipher", Cipher, ids=lambda cipher: cipher.label)
def test_the_reference_key_of_bsi(cipher: Cipher) -> None:
    fields = VECTORS[BSI[cipher]]
    group = curve("brainpoolP224r1")
    pair = StaticKey(group, int(fields["chip_private"], 16))
    assert pair.public.encode().hex().upper() == fields["chip_public"]
    terminal = opened(offering(AgreementKey(pair, (cipher,))))
    for name in ("mse_set_kat", "mse_set_at", "general_authenticate"):
        if capdu := fields.get(f"plain_capdu_{name}"):
            command = Command.parse(bytes.fromhex(capdu))
            answer = terminal.send(command.header.hex(), command.data, command.le)
            expected = fields.get(f"plain_rapdu_{name}", "9000")
            assert answer.encode().hex().upper() == expected
    chip = terminal.channel
    assert isinstance(chip, Chip)
    following = chip.exchange(bytes.fromhex(fields["next_protected_capdu"]))
    assert following.hex().upper() == fields["next_protected_rapdu"]


@pytest.mark.parametrize("name", ["ca-ecdh-aes128-at", "ca-ecdh-aes128-de-keyid"])
def test_sessions_of_recorded_chips(name: str) -> None:
    """Their private keys are not known, so the roles are swapped for the agreement itself."""
    fields = {key: value for key, value in VECTORS[name].items() if isinstance(value, str)}
    enc, mac = (bytes.fromhex(fields[f"KS_{use}_before"]) for use in ("enc", "mac"))
    session = Session(Cipher.AES_128, enc, mac, int(fields["SSC_before"], 16))
    group = curve("brainpoolP256r1")
    key_id = 195 if name.endswith("keyid") else None
    key = AgreementKey(StaticKey(group, int(fields["terminal_private"], 16), key_id), ALL_CIPHERS)
    proof = ChipAuthentication((key,))
    for number in (1, 2):
        replay(session, fields, number)
        command = Command.parse(bytes.fromhex(fields[f"capdu{number}_plain"]))
        if number == 1:
            agreement = proof.set_at(command.data, seeded(1))
        else:
            theirs = key_object(b"\x04" + bytes.fromhex(fields["chip_public"]))
            assert len(theirs) == len(command.data)
            assert agreement.advance(theirs, last=True) == bytes.fromhex("7C00")
    assert agreement.session is not None
    replay(agreement.session, fields, 3)


def replay(session: Session, fields: dict[str, str], number: int) -> None:
    command = session.unprotect(Command.parse(bytes.fromhex(fields[f"capdu{number}_protected"])))
    assert command.encode().hex().upper() == fields[f"capdu{number}_plain"]
    answer = Response.parse(bytes.fromhex(fields[f"rapdu{number}_plain"]))
    protected = session.protect(answer, command.ins)
    assert protected.encode().hex().upper() == fields[f"rapdu{number}_protected"]


@pytest.mark.parametrize("first", [Cipher.TDES, Cipher.AES_256])
def test_again_and_with_another_cipher(first: Cipher) -> None:
    key = agreement_key()
    terminal = opened(offering(key))
    for seed, cipher in enumerate((first, Cipher.AES_128, Cipher.AES_128)):
        mine = Ephemeral.drawn(P256, seed)
        assert set_at(terminal, oid(P256, cipher)).sw == 0x9000
        assert general_authenticate(terminal, key_object(mine.public)).sw == 0x9000
        restart(terminal, mine.shared(key.public_key), cipher)
        assert_alive(terminal)


@pytest.mark.parametrize("before", Cipher, ids=lambda cipher: cipher.label)
@pytest.mark.parametrize("after", [Cipher.TDES, Cipher.AES_256], ids=lambda cipher: cipher.label)
def test_after_pace(before: Cipher, after: Cipher) -> None:
    key = agreement_key()
    terminal, mine = opened(offering(key), pace=before), Ephemeral.drawn(P256)
    if after is Cipher.TDES:
        assert set_kat(terminal, mine.public) == Response()
    else:
        assert set_at(terminal, oid(P256, after)) == Response()
        assert general_authenticate(terminal, key_object(mine.public)) == Response(b"\x7c\x00")
    restart(terminal, mine.shared(key.public_key), after)
    assert_alive(terminal)


def test_the_old_keys_are_dead_afterwards() -> None:
    terminal, mine = opened(offering()), Ephemeral.drawn(P256)
    assert set_kat(terminal, mine.public).sw == 0x9000  # its answer is still under the old keys
    assert terminal.protection is not None
    late = terminal.channel.transmit(terminal.protection.wrap(Command(0xB0, 0x9E, 0x00, le=4)))
    assert late == Response(sw=0x6988)


# --- several keys, and how they are named -----------------------------------------------------

KEYS = (
    agreement_key(P256, key_id=0, seed=21),
    agreement_key(P256, key_id=195, seed=22),
    agreement_key(GROUPS[0], key_id=256, seed=23),
)


@pytest.mark.parametrize(("index", "reference"), [(0, b"\x00"), (1, b"\xc3"), (2, b"\x01\x00")])
@pytest.mark.parametrize("template", ["KAT", "AT"])
def test_several_keys(index: int, reference: bytes, template: str) -> None:
    key = KEYS[index]
    group = key.pair.group
    assert isinstance(group, Curve | ModpGroup)
    terminal, mine = opened(offering(*KEYS)), Ephemeral.drawn(group)
    cipher = Cipher.TDES if template == "KAT" else Cipher.AES_256
    if template == "KAT":
        assert set_kat(terminal, mine.public, reference).sw == 0x9000
    else:
        assert set_at(terminal, oid(group, cipher), reference).sw == 0x9000
        assert general_authenticate(terminal, key_object(mine.public)).sw == 0x9000
    restart(terminal, mine.shared(key.pair.public.encode()), cipher)
    assert_alive(terminal)


@pytest.mark.parametrize("reference", [None, b"\x01", b"\x00\xc3", b"", b"\xc3\x00"])
@pytest.mark.parametrize("template", ["KAT", "AT"])
def test_a_reference_that_means_no_key(reference: bytes | None, template: str) -> None:
    terminal = opened(offering(*KEYS))
    if template == "KAT":
        assert set_kat(terminal, Ephemeral.drawn(P256).public, reference).sw == 0x6A88
    else:
        assert set_at(terminal, oid(P256, Cipher.AES_128), reference).sw == 0x6A88
    assert_alive(terminal)


def test_one_key_can_be_named_or_not() -> None:
    terminal = opened(offering(agreement_key(key_id=7)))
    assert set_at(terminal, oid(P256, Cipher.AES_128)).sw == 0x9000
    assert set_at(terminal, oid(P256, Cipher.AES_128), b"\x07").sw == 0x9000
    unnamed = opened(offering())
    assert set_at(unnamed, oid(P256, Cipher.AES_128), b"\x00").sw == 0x6A88


@pytest.mark.parametrize(
    "keys",
    [(), (agreement_key(), agreement_key(key_id=1)), (KEYS[0], KEYS[0]), (agreement_key(),) * 2],
)
def test_keys_that_cannot_be_told_apart(keys: tuple[AgreementKey, ...]) -> None:
    with pytest.raises(InputError, match="chip authentication takes one key, or several"):
        ChipAuthentication(keys)


# --- where and when ---------------------------------------------------------------------------


def test_it_belongs_to_the_application() -> None:
    terminal = opened(offering())
    terminal.ok("00A4000C")
    assert set_kat(terminal, GOOD).sw == 0x6985
    assert set_at(terminal, oid(P256, Cipher.AES_128)).sw == 0x6985


def test_it_takes_a_session() -> None:
    terminal = Terminal(Chip(Handmade(proofs=offering())))
    terminal.select_application()
    assert set_kat(terminal, GOOD).sw == 0x6982
    assert set_at(terminal, oid(P256, Cipher.AES_128)).sw == 0x6982


@pytest.mark.parametrize(("access", "sw"), [(("BAC",), 0x6D00), (("PACE", "BAC"), 0x6A86)])
def test_chips_without_it(access: tuple[str, ...], sw: int) -> None:
    terminal = opened(Proofs(), access=access)
    assert set_kat(terminal, GOOD).sw == sw
    assert set_at(terminal, oid(P256, Cipher.AES_128)).sw == sw


def test_a_chip_with_bac_alone_has_it_all_the_same() -> None:
    key = agreement_key()
    terminal, mine = opened(offering(key), access=("BAC",)), Ephemeral.drawn(P256)
    assert set_at(terminal, oid(P256, Cipher.AES_128)).sw == 0x9000
    assert general_authenticate(terminal, key_object(mine.public)).sw == 0x9000
    restart(terminal, mine.shared(key.public_key), Cipher.AES_128)
    assert terminal.send("0022C1A4", D80 + b"\x83\x01\x01").sw == 0x6A86
    assert_alive(terminal)


# --- command chaining -------------------------------------------------------------------------


@pytest.mark.parametrize("piece", [1, 20, 64, 68, 69])
def test_a_chain_of_any_pieces(piece: int) -> None:
    key = agreement_key()
    terminal, mine = opened(offering(key)), Ephemeral.drawn(P256)
    assert set_at(terminal, oid(P256, Cipher.AES_128)).sw == 0x9000
    answer = general_authenticate(terminal, key_object(mine.public), piece)
    assert answer == Response(b"\x7c\x00")
    restart(terminal, mine.shared(key.public_key), Cipher.AES_128)
    assert_alive(terminal)


@pytest.mark.parametrize("group", GROUPS[1:], ids=lambda group: group.name)
def test_a_long_key_without_extended_length(group: ModpGroup) -> None:
    key = agreement_key(group)
    terminal, mine = opened(offering(key), extended=False), Ephemeral.drawn(group)
    assert set_at(terminal, oid(group, Cipher.AES_256)).sw == 0x9000
    answer = general_authenticate(terminal, key_object(mine.public), 200)
    assert answer == Response(b"\x7c\x00")
    restart(terminal, mine.shared(key.pair.public.encode()), Cipher.AES_256)
    assert_alive(terminal)


def test_a_chain_that_another_command_breaks() -> None:
    terminal = opened(offering())
    assert set_at(terminal, oid(P256, Cipher.AES_128)).sw == 0x9000
    assert terminal.send("10860000", key_object(GOOD)[:10]).sw == 0x9000
    assert_alive(terminal)
    assert terminal.send("00860000", key_object(GOOD)[10:], 256).sw == 0x6985


def test_a_chain_without_an_end() -> None:
    terminal = opened(offering())
    assert set_at(terminal, oid(P256, Cipher.AES_128)).sw == 0x9000
    answers = {terminal.send("10860000", bytes(200)).sw for _ in range(5)}
    assert answers == {0x9000}
    assert terminal.send("10860000", bytes(200)).sw == 0x6700
    assert_alive(terminal)


# --- secrets -----------------------------------------------------------------------------------


def test_no_key_in_repr() -> None:
    made = offering(KEYS[0])
    secret = str(KEYS[0].pair.secret)
    agreement = made.chip and made.chip.set_at(D80, seeded(1))
    for thing in (made, made.chip, KEYS[0], KEYS[0].pair, agreement):
        assert secret not in repr(thing)
    assert repr(KEYS[0].pair).startswith("StaticKey(group=Curve(")
