"""What the simulated chip refuses in Chip Authentication, after which its session goes on."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from proof_terminal import (
    D80,
    D84,
    D91,
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
    set_at,
    set_kat,
)
from sim_terminal import seeded

from epass import tlv
from epass.crypto.ciphers import Cipher
from epass.crypto.ec import Curve
from epass.errors import StatusError
from epass.sim.modp import GROUPS, ModpGroup
from epass.sim.proofs import ChipAuthentication

# --- refusals, after which the session goes on ------------------------------------------------

SMALL = GROUPS[0]
NOT_KEYS: dict[str, tuple[Curve | ModpGroup, bytes]] = {
    "off the curve": (P256, GOOD[:-1] + bytes((GOOD[-1] ^ 1,))),
    "infinity": (P256, b"\x00"),
    "empty": (P256, b""),
    "compressed": (P256, bytes((2 | GOOD[-1] & 1,)) + GOOD[1:33]),
    "truncated": (P256, GOOD[:-1]),
    "trailing": (P256, GOOD + b"\x00"),
    "without 04": (P256, GOOD[1:]),
    "of another curve": (P256, Ephemeral.drawn(curve("brainpoolP256r1")).public),
    "zero": (SMALL, b"\x00"),
    "one": (SMALL, b"\x01"),
    "p - 1, of order 2": (SMALL, (SMALL.p - 1).to_bytes(128)),
    "p": (SMALL, SMALL.p.to_bytes(128)),
    "p + g": (SMALL, (SMALL.p + SMALL.g).to_bytes(129)),
    "outside of the subgroup": (SMALL, b"\x02"),
    "leading zero": (SMALL, b"\x00" + Ephemeral.drawn(SMALL).public),
}


@pytest.mark.parametrize("name", NOT_KEYS)
def test_what_is_no_ephemeral_key(name: str) -> None:
    group, ephemeral = NOT_KEYS[name]
    terminal = opened(offering(agreement_key(group)))
    assert set_kat(terminal, ephemeral).sw == 0x6A80
    assert set_at(terminal, oid(group, Cipher.AES_128)).sw == 0x9000
    assert general_authenticate(terminal, key_object(ephemeral)).sw == 0x6A80
    assert_alive(terminal)


@pytest.mark.parametrize(
    ("header", "data", "sw"),
    [
        ("002241A6", b"", 0x6700),
        ("002241A6", D84, 0x6A80),
        ("002241A6", D84 + D91, 0x6A80),
        ("002241A6", D91 + D91, 0x6A80),
        ("002241A6", D91 + D84 + D84, 0x6A80),
        ("002241A6", D91[:-1], 0x6A80),
        ("002241A6", D91 + b"\x00", 0x6A80),
        ("002241A6", tlv.build(0x80, GOOD), 0x6A80),
        ("002241A4", D84, 0x6A80),
        ("002241A4", D84 + D80, 0x6A80),
        ("002241A4", D80 + D80, 0x6A80),
        ("002241A4", tlv.build(0x80, oid(SMALL, Cipher.AES_128)), 0x6A80),
        ("002241A4", tlv.build(0x80, oid(P256, Cipher.AES_128)[:-1] + b"\x05"), 0x6A80),
        ("002241A4", tlv.build(0x80, b""), 0x6A80),
        ("002241A4", tlv.build(0x80, b"\x06\x0a" + oid(P256, Cipher.AES_128)), 0x6A80),
        ("002241A5", D80, 0x6A86),
        ("002241B6", D91, 0x6A86),
        ("0022C1A4", D80 + b"\x83\x01\x01", 0x6985),
        ("102241A6", D91, 0x6884),
        ("102241A4", D80, 0x6884),
    ],
)
def test_mse_as_the_standard_has_it(header: str, data: bytes, sw: int) -> None:
    terminal = opened(offering())
    assert terminal.send(header, data).sw == sw
    assert_alive(terminal)


@pytest.mark.parametrize("template", ["002241A6", "002241A4"])
def test_mse_has_no_answer(template: str) -> None:
    terminal = opened(offering())
    data = D91 if template.endswith("6") else D80
    assert terminal.send(template, data, 256).sw == 0x6700
    assert terminal.send(template, data + tlv.build(0x83, b"ignored")).sw == 0x9000


def test_only_the_commands_that_the_ciphers_ask_for() -> None:
    """§6.2.4: MSE:Set KAT goes with 3DES, MSE:Set AT with AES."""
    old = opened(offering(agreement_key(able=(Cipher.TDES,))))
    assert set_at(old, oid(P256, Cipher.TDES)).sw == 0x6A86
    new = opened(offering(agreement_key(able=(Cipher.AES_128, Cipher.AES_256))))
    assert set_kat(new, GOOD).sw == 0x6A86
    assert set_at(new, oid(P256, Cipher.AES_192)).sw == 0x6A80
    aes, tdes = agreement_key(key_id=1, able=(Cipher.AES_128,)), agreement_key(key_id=2)
    assert set_kat(opened(offering(aes, tdes)), GOOD, b"\x01").sw == 0x6A80


@pytest.mark.parametrize(
    ("header", "data", "le", "sw"),
    [
        ("00860000", b"\x7c\x00", 256, 0x6A80),
        ("00860000", key_object(GOOD) + b"\x00", 256, 0x6A80),
        ("00860000", key_object(GOOD)[:-1], 256, 0x6A80),
        ("00860000", tlv.build(0x7C, tlv.build(0x81, GOOD)), 256, 0x6A80),
        ("00860000", tlv.build(0x7C, tlv.build(0x80, GOOD) * 2), 256, 0x6A80),
        ("00860000", tlv.build(0x80, GOOD), 256, 0x6A80),
        ("00860000", key_object(GOOD), None, 0x6700),
        ("00860000", key_object(GOOD), 1, 0x6700),
        ("00860001", key_object(GOOD), 256, 0x6A86),
        ("00860100", key_object(GOOD), 256, 0x6A86),
    ],
)
def test_general_authenticate_as_the_standard_has_it(
    header: str, data: bytes, le: int | None, sw: int
) -> None:
    terminal = opened(offering())
    assert set_at(terminal, oid(P256, Cipher.AES_128)).sw == 0x9000
    assert terminal.send(header, data, le).sw == sw
    assert terminal.send("00860000", key_object(GOOD), 256).sw == 0x6985  # MSE must come again
    assert_alive(terminal)


def test_general_authenticate_belongs_to_the_mse_before_it() -> None:
    terminal = opened(offering())
    assert general_authenticate(terminal, key_object(GOOD)).sw == 0x6985
    assert set_at(terminal, oid(P256, Cipher.AES_128)).sw == 0x9000
    assert_alive(terminal)
    assert general_authenticate(terminal, key_object(GOOD)).sw == 0x6985


# --- anything at all --------------------------------------------------------------------------


@settings(max_examples=100, deadline=None)
@given(data=st.binary(max_size=90))
def test_any_data_is_refused_or_is_a_key(data: bytes) -> None:
    proof = ChipAuthentication((agreement_key(),))
    for attempt in (
        lambda: proof.set_kat(data, seeded(1)),
        lambda: proof.set_at(D80, seeded(1)).advance(data, last=True),
    ):
        with pytest.raises(StatusError) as refused:
            attempt()
        assert refused.value.sw == 0x6A80
    with pytest.raises(StatusError) as refused:
        proof.set_at(data, seeded(1))
    assert refused.value.sw in (0x6A80, 0x6A88)
