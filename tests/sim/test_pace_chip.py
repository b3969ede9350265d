"""PACE of the simulated chip, against Doc 9303-11 Appendix G.1 and a recording."""

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sim_cards import EF_COM, Handmade
from sim_terminal import CAN, Terminal, drawn, mrz_secret, scripted, seeded, vectors

from epass import tlv
from epass.card.apdu import Command, Response
from epass.crypto import ciphers
from epass.crypto.ciphers import Cipher
from epass.crypto.ec import CURVES, Curve, Point, by_name
from epass.errors import StatusError
from epass.sim.chip import Chip
from epass.sim.messaging import Session
from epass.sim.pace import PaceExchange, PaceSuite, authentication_token

PACE = vectors("doc9303-pace")
G1 = PACE["pace-gm-ecdh"]


def hexed(vector: dict[str, str], name: str) -> bytes:
    return bytes.fromhex(vector[name])


def curve(name: str) -> Curve:
    found = by_name(name)
    assert found is not None
    return found


# --- PACE -------------------------------------------------------------------------------------


def test_pace_of_appendix_g1() -> None:
    p256 = curve("brainpoolP256r1")
    random = scripted(
        hexed(G1, "nonce_s"),
        drawn(p256, int(G1["map_chip_private"], 16)),
        drawn(p256, int(G1["ka_chip_private"], 16)),
    )
    pace = PaceExchange(PaceSuite.named("AES-128", 13), hexed(G1, "K"), random)
    for step in (1, 2, 3, 4):
        assert pace.session is None
        command = Command.parse(hexed(G1, f"capdu_ga{step}"))
        answer = pace.advance(command.data, last=step == 4)
        assert answer + b"\x90\x00" == hexed(G1, f"rapdu_ga{step}")
    assert pace.session is not None
    recorded = Session(Cipher.AES_128, hexed(G1, "KS_enc"), hexed(G1, "KS_mac"))
    first, second = (held.protect(Response(b"data"), 0xB0) for held in (pace.session, recorded))
    assert first == second


def test_tokens_of_a_recorded_chip_with_3des() -> None:
    fields, suite = PACE["pace-gm-ecdh-3des-nz"], PaceSuite.named("3DES", 13)
    ks_enc, ks_mac = ciphers.derive_keys(hexed(fields, "ka_shared_secret"), Cipher.TDES)
    assert (ks_enc, ks_mac) == (hexed(fields, "KS_enc"), hexed(fields, "KS_mac"))
    chip, terminal = (
        suite.group.decode(hexed(fields, name), where="vector")
        for name in ("ka_chip_public", "ka_terminal_public")
    )
    assert authentication_token(suite, ks_mac, chip) == hexed(fields, "T_IFD")
    assert authentication_token(suite, ks_mac, terminal) == hexed(fields, "T_IC")


@pytest.mark.parametrize("cipher", Cipher, ids=lambda cipher: cipher.label)
def test_the_nonce_is_encrypted_under_the_can(cipher: Cipher) -> None:
    fields = PACE["kdf-can-123456"]
    pace = PaceExchange(PaceSuite(cipher, CURVES[0]), CAN.encode(), scripted(bytes(range(16))))
    z = pace.advance(b"\x7c\x00", last=False)
    assert z[:4] == b"\x7c\x12\x80\x10"
    k_pi = hexed(fields, "K_pi_" + cipher.label.replace("AES-", "AES"))
    assert ciphers.decrypt(cipher, k_pi, z[4:]) == bytes(range(16))


@pytest.mark.parametrize("number", range(8, 19))
def test_pace_over_every_curve(number: int) -> None:
    cipher = list(Cipher)[number % 4]
    chip = Chip(Handmade(), cipher=cipher.label, parameter_id=number, random=seeded(number))
    terminal = Terminal(chip)
    terminal.pace(cipher, chip.suites[0].group)
    terminal.select_application()
    assert terminal.ok("00B09E00", le=22) == EF_COM


@pytest.mark.parametrize("cipher", Cipher, ids=lambda cipher: cipher.label)
@pytest.mark.parametrize(("reference", "secret"), [(1, mrz_secret()), (2, CAN.encode())])
def test_pace_with_every_cipher_and_password(cipher: Cipher, reference: int, secret: bytes) -> None:
    chip = Chip(Handmade(), access=["PACE"], cipher=cipher.label, random=seeded(7))
    terminal = Terminal(chip)
    terminal.pace(cipher, chip.suites[0].group, secret, reference)
    terminal.select_application()
    assert terminal.ok("00B09E00", le=22) == EF_COM


NONCE, MAP_CHIP, MAP_TERMINAL, KA_TERMINAL = b"\x5a" * 16, 3, 5, 7


def mapped(group: Curve) -> Point:
    shared = group.generator * (MAP_CHIP * MAP_TERMINAL)
    return group.generator * int.from_bytes(NONCE) + shared


@pytest.mark.parametrize("name", ["P-256", "brainpoolP320r1", "P-521"])
def test_a_shared_secret_keeps_its_leading_zeros(name: str) -> None:
    """The chip's last scalar is chosen so that the x that both sides get begins with a zero."""
    group = curve(name)
    theirs = mapped(group) * KA_TERMINAL
    scalar, shared = 1, theirs
    while shared.x_bytes[0]:
        scalar, shared = scalar + 1, shared + theirs
    random = scripted(NONCE, drawn(group, MAP_CHIP), drawn(group, scalar))
    chip = Chip(Handmade(), parameter_id=group.parameter_id, random=random)
    terminal = Terminal(chip)
    terminal.random = scripted(drawn(group, MAP_TERMINAL), drawn(group, KA_TERMINAL))
    assert terminal.pace(Cipher.AES_128, group) == shared.x_bytes
    assert len(shared.x_bytes) == group.size
    terminal.select_application()


# --- PACE that goes wrong ---------------------------------------------------------------------

GROUP = curve("P-256")
SUITE = PaceSuite(Cipher.AES_128, GROUP)
STEPS: tuple[int | None, ...] = (None, 0x81, 0x83, 0x85)


def dynamic(tag: int | None, value: bytes = b"") -> bytes:
    return tlv.build(0x7C, b"" if tag is None else tlv.build(tag, value))


def public(scalar: int, base: Point | None = None) -> bytes:
    return ((base or GROUP.generator) * scalar).encode()


def good(step: int) -> bytes:
    """The right data of steps 1 to 3 in the exchange that ``at`` begins."""
    return (
        dynamic(None),
        dynamic(0x81, public(MAP_TERMINAL)),
        dynamic(0x83, public(KA_TERMINAL, mapped(GROUP))),
    )[step - 1]


def at(step: int) -> PaceExchange:
    """An exchange that waits for ``step``, with scalars that are known."""
    random = scripted(NONCE, drawn(GROUP, MAP_CHIP), drawn(GROUP, 11))
    pace = PaceExchange(SUITE, mrz_secret(), random)
    for number in range(1, step):
        pace.advance(good(number), last=False)
    return pace


OTHER_STEPS = [(step, tag) for step in (1, 2, 3, 4) for tag in STEPS if tag != STEPS[step - 1]]


@pytest.mark.parametrize(("step", "sent"), OTHER_STEPS)
def test_another_step_than_the_next(step: int, sent: int | None) -> None:
    with pytest.raises(StatusError, match=r"another step.* 6A80"):
        at(step).advance(dynamic(sent, b"\x04"), last=step == 4)


@pytest.mark.parametrize("step", [1, 2, 3, 4])
@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", "not one DO 7C"),
        (b"\x7d\x00", "not one DO 7C"),
        (b"\x7c\x00\x00", "not one DO 7C"),
        (b"\x7c\x02\x81", "not one DO 7C"),
        (b"\x7c\x02\x81\x01", "not one DO 7C"),
        (dynamic(0x80), "another step"),
        (b"\x7c\x04\x81\x00\x81\x00", "another step"),
        (b"\x7c\x04\x85\x00\x83\x00", "another step"),
    ],
)
def test_data_that_is_no_step(step: int, data: bytes, problem: str) -> None:
    with pytest.raises(StatusError, match=rf"{problem}.* 6A80"):
        at(step).advance(data, last=step == 4)


@pytest.mark.parametrize("step", [1, 2, 3])
def test_a_chain_that_ends_early(step: int) -> None:
    with pytest.raises(StatusError, match=r"chain ended early.* 6985"):
        at(step).advance(good(step), last=True)


def test_a_chain_that_does_not_end() -> None:
    with pytest.raises(StatusError, match=r"chain goes on.* 6883"):
        at(4).advance(dynamic(0x85, bytes(8)), last=False)


def off_the_curve() -> bytes:
    x, y = GROUP.generator.x, GROUP.generator.y
    return b"\x04" + x.to_bytes(32) + (y ^ 1).to_bytes(32)


BAD_POINTS: dict[str, bytes] = {
    "empty": b"",
    "infinity": b"\x00",
    "infinity in full": b"\x04" + bytes(64),
    "compressed": b"\x02" + GROUP.generator.x_bytes,
    "without its first byte": public(5)[1:],
    "a byte short": public(5)[:-1],
    "a byte long": public(5) + b"\x00",
    "off the curve": off_the_curve(),
    "of another curve": (curve("brainpoolP256r1").generator * 5).encode(),
    "x not below p": b"\x04" + (GROUP.p + 5).to_bytes(32) + GROUP.generator.encode()[33:],
}


@pytest.mark.parametrize("step", [2, 3])
@pytest.mark.parametrize("name", BAD_POINTS)
def test_public_keys_that_are_no_point(step: int, name: str) -> None:
    with pytest.raises(StatusError, match=r"no public key.* 6A80"):
        at(step).advance(dynamic(STEPS[step - 1], BAD_POINTS[name]), last=False)


def test_the_public_key_of_the_chip_itself_is_refused() -> None:
    own = public(11, mapped(GROUP))  # 11 is what the chip will draw
    with pytest.raises(StatusError, match=r"our own public key.* 6300"):
        at(3).advance(dynamic(0x83, own), last=False)


def test_a_nonce_that_maps_to_infinity() -> None:
    minus = -int.from_bytes(NONCE) * pow(MAP_CHIP, -1, GROUP.n) % GROUP.n
    with pytest.raises(StatusError, match=r"mapping failed.* 6300"):
        at(2).advance(dynamic(0x81, public(minus)), last=False)


def right_token() -> bytes:
    chip = mapped(GROUP) * 11
    _, ks_mac = ciphers.derive_keys((chip * KA_TERMINAL).x_bytes, Cipher.AES_128)
    inner = tlv.build(0x06, SUITE.oid) + tlv.build(0x86, chip.encode())
    return ciphers.mac(Cipher.AES_128, ks_mac, tlv.build(0x7F49, inner))


def test_the_right_token_opens() -> None:
    pace = at(4)
    pace.advance(dynamic(0x85, right_token()), last=True)
    assert pace.session is not None


@pytest.mark.parametrize(
    "change",
    [
        lambda token: token[:-1] + bytes((token[-1] ^ 1,)),
        lambda token: token[:-1],
        lambda token: token + b"\x00",
        lambda _: b"",
        lambda _: bytes(8),
    ],
)
def test_a_wrong_token(change: Callable[[bytes], bytes]) -> None:
    pace = at(4)
    with pytest.raises(StatusError, match=r"wrong token.* 6300"):
        pace.advance(dynamic(0x85, change(right_token())), last=True)
    assert pace.session is None


@given(step=st.integers(1, 4), noise=st.binary(max_size=80), dressed=st.booleans())
@settings(max_examples=60, deadline=None)
def test_noise_is_refused_at_every_step(step: int, noise: bytes, dressed: bool) -> None:
    tag = STEPS[step - 1]
    data = dynamic(tag, noise) if dressed and tag else noise
    if data == b"\x7c\x00":
        return
    with pytest.raises(StatusError) as caught:
        at(step).advance(data, last=step == 4)
    assert caught.value.sw in (0x6A80, 0x6300)
