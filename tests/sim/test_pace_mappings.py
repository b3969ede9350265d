"""Every mapping of PACE in the simulated chip, against Doc 9303-11 Appendices G.2, H and I.

What no appendix covers is compared with ``pace_terminal``, which is written in another way.
"""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pace_terminal import begin, integrated, pace, random_function
from sim_cards import EF_COM, Handmade
from sim_terminal import CAN, Terminal, drawn, mrz_secret, scripted, seeded, vectors

from epass import tlv
from epass.card.apdu import Command, Response
from epass.crypto import ciphers
from epass.crypto.ciphers import Cipher
from epass.crypto.ec import CURVES, by_name
from epass.errors import FormatError, InputError, StatusError
from epass.sim import mapping, security_infos
from epass.sim.card_files import PaceOffer
from epass.sim.chip import Chip
from epass.sim.groups import ALL, Group, StaticKey, by_parameter_id
from epass.sim.messaging import Session
from epass.sim.modp import GROUPS, ModpGroup, Residue
from epass.sim.pace import PACE_MAPPINGS, PaceExchange, PaceSuite, authentication_token

PACE = vectors("doc9303-pace")
G2, H1, H2, I1 = (PACE[f"pace-{name}"] for name in ("gm-dh", "im-ecdh", "im-dh", "cam-ecdh"))


def hexed(vector: dict[str, str], name: str) -> bytes:
    return bytes.fromhex(vector[name])


def private(group: Group, vector: dict[str, str], name: str) -> bytes:
    """The random bytes for a private key of a vector; App. H.2 has them above the order."""
    return drawn(group, int(vector[name], 16) % group.n)


def dynamic(tag: int | None, value: bytes = b"") -> bytes:
    return tlv.build(0x7C, b"" if tag is None else tlv.build(tag, value))


def assert_keys(exchange: PaceExchange, vector: dict[str, str]) -> None:
    """The session is that of the keys that the vector names."""
    assert exchange.session is not None
    keys = (hexed(vector, "KS_enc"), hexed(vector, "KS_mac"))
    assert exchange.keys == keys
    recorded = Session(exchange.suite.cipher, *keys)
    first, second = (held.protect(Response(b"data"), 0xB0) for held in (exchange.session, recorded))
    assert first == second


# --- worked examples --------------------------------------------------------------------------


def test_generic_mapping_with_dh_of_appendix_g2() -> None:
    group = GROUPS[0]
    assert [int(G2[name], 16) for name in ("p", "g", "q")] == [group.p, group.g, group.n]
    random = scripted(
        hexed(G2, "nonce_s"),
        private(group, G2, "map_chip_private"),
        private(group, G2, "ka_chip_private"),
    )
    secret = mrz_secret(G2["MRZ_information"].encode())
    exchange = PaceExchange(PaceSuite.named("AES-128", 0), secret, random)
    for step in (1, 2, 3):
        command = Command.parse(hexed(G2, f"capdu_ga{step}"))
        answer = exchange.advance(command.data, last=False)
        assert answer + b"\x90\x00" == hexed(G2, f"rapdu_ga{step}")
    answer = exchange.advance(Command.parse(hexed(G2, "capdu_ga4")).data, last=True)
    assert answer == dynamic(0x86, hexed(G2, "T_IC"))  # the appendix has a CAR besides
    assert_keys(exchange, G2)


INTEGRATED = [(H1, 13, b"\x04"), (H2, 0, b"")]


@pytest.mark.parametrize(("vector", "number", "form"), INTEGRATED, ids=["H.1", "H.2"])
def test_integrated_mapping_of_appendix_h(vector: dict[str, str], number: int, form: bytes) -> None:
    """Its key is that of the CAN 123456, not of the MRZ, whatever it says."""
    suite = PaceSuite.named("AES-128", number, "IM")
    random = scripted(hexed(vector, "nonce_s"), private(suite.group, vector, "chip_private"))
    exchange = PaceExchange(suite, b"123456", random)
    assert suite.oid == hexed(vector, "oid")
    assert exchange.advance(dynamic(None), last=False) == dynamic(0x80, hexed(vector, "nonce_z"))
    mapped = exchange.advance(dynamic(0x81, hexed(vector, "nonce_t")), last=False)
    assert mapped == b"\x7c\x02\x82\x00"
    theirs, mine = (form + hexed(vector, f"{side}_public") for side in ("terminal", "chip"))
    assert exchange.advance(dynamic(0x83, theirs), last=False) == dynamic(0x84, mine)
    answer = exchange.advance(dynamic(0x85, hexed(vector, "T_IFD")), last=True)
    assert answer == dynamic(0x86, hexed(vector, "T_IC"))
    assert_keys(exchange, vector)


@pytest.mark.parametrize(("vector", "number", "form"), INTEGRATED, ids=["H.1", "H.2"])
def test_intermediate_values_of_appendix_h(
    vector: dict[str, str], number: int, form: bytes
) -> None:
    group = by_parameter_id(number)
    assert group is not None
    nonces = (hexed(vector, "nonce_s"), hexed(vector, "nonce_t"))
    bits = group.p.bit_length() + 64
    output = mapping.pseudo_random_bytes(Cipher.AES_128, *nonces, bits)
    assert output == hexed(vector, "R_s_t")
    reduced = mapping.pseudo_random(Cipher.AES_128, *nonces, group.p)
    assert reduced == int(vector["Rp_s_t"], 16)
    point = vector.get("mapped_generator") or (
        vector["mapped_generator_x"] + vector["mapped_generator_y"]
    )
    found = mapping.generator(group, Cipher.AES_128, *nonces)
    assert found.encode() == form + bytes.fromhex(point)


def cam_key_of_appendix_i() -> StaticKey:
    """The private key is not printed, but follows: SK_IC = SK_Map,IC / CA_IC."""
    group = CURVES[5]
    data, map_private = int(I1["CA_IC"], 16), int(I1["map_chip_private"], 16)
    return StaticKey(group, map_private * pow(data, -1, group.n) % group.n, 13)


def test_chip_authentication_mapping_of_appendix_i() -> None:
    key = cam_key_of_appendix_i()
    assert key.public.encode() == b"\x04" + hexed(I1, "PK_IC")
    random = scripted(
        hexed(I1, "nonce_s"),
        private(key.group, I1, "map_chip_private"),
        private(key.group, I1, "ka_chip_private"),
    )
    secret = mrz_secret(I1["MRZ_information"].encode())
    suite = PaceSuite.named("AES-128", 13, "CAM")
    exchange = PaceExchange(suite, secret, random, key=key)
    for step in (1, 2, 3, 4):
        command = Command.parse(hexed(I1, f"capdu_ga{step}"))
        answer = exchange.advance(command.data, last=step == 4)
        assert answer + b"\x90\x00" == hexed(I1, f"rapdu_ga{step}")
    assert_keys(exchange, I1)


def test_the_key_info_of_appendix_i() -> None:
    key = cam_key_of_appendix_i()
    algorithm = security_infos.agreement_algorithm(key.group, security_infos.STANDARDIZED)
    info = security_infos.chip_authentication_public_key_info(
        security_infos.agreement_protocol(key.group),
        security_infos.subject_public_key_info(algorithm, key.public.encode()),
        key.key_id,
    )
    assert info.hex().upper() in I1["ChipAuthenticationPublicKeyInfo"]


# --- every combination ------------------------------------------------------------------------

COMBINATIONS = [
    (name, cipher.label, group.parameter_id)
    for name in PACE_MAPPINGS
    for number, group in enumerate(ALL)
    for cipher in Cipher
    if group.parameter_id in (0, 13) or list(Cipher)[number % 4] is cipher
    if not (name == "IM" and group.parameter_id == 10)
    if not (name == "CAM" and (group.parameter_id < 8 or cipher is Cipher.TDES))
]


@pytest.mark.parametrize(("name", "cipher", "number"), COMBINATIONS)
def test_pace(name: str, cipher: str, number: int) -> None:
    suite = PaceSuite.named(cipher, number, name)
    beside = (PaceSuite.named(cipher, number),) if name == "CAM" else ()
    offer = PaceOffer((suite, *beside)).personalised(b"seed")
    chip = Chip(Handmade(pace=offer), access=["PACE"], random=seeded(number))
    terminal = Terminal(chip)
    outcome = pace(terminal, suite, CAN.encode(), reference=2)
    assert len(outcome.shared) == suite.group.size
    terminal.select_application()
    assert terminal.ok("00B09E00", le=22) == EF_COM
    assert (outcome.proof is not None) is (name == "CAM")


@pytest.mark.parametrize("number", range(8, 19))
def test_the_proof_of_chip_authentication_mapping(number: int) -> None:
    """§4.4.3.5.2: PK_Map,IC is CA_IC times PK_IC."""
    suite = PaceSuite.named("AES-256", number, "CAM")
    offer = PaceOffer((suite, PaceSuite.named("AES-256", number))).personalised(b"seed")
    terminal = Terminal(Chip(Handmade(pace=offer), random=seeded(number)))
    outcome = pace(terminal, suite)
    assert terminal.protection is not None
    assert outcome.proof is not None
    keys = terminal.protection
    iv = ciphers.encrypt(suite.cipher, keys.enc, b"\xff" * 16)
    data = ciphers.unpad(ciphers.decrypt(suite.cipher, keys.enc, outcome.proof, iv), 16)
    assert data is not None
    assert len(data) == suite.group.size
    (key,) = offer.keys
    assert key.key_id == number
    assert key.public * int.from_bytes(data) == outcome.mapping_key


SEVERAL = (
    PaceSuite.named("3DES", 13),
    PaceSuite.named("AES-256", 13, "IM"),
    PaceSuite.named("AES-128", 18),
    PaceSuite.named("AES-128", 0, "IM"),
    PaceSuite.named("AES-192", 18, "CAM"),
)


@pytest.mark.parametrize("index", range(len(SEVERAL)))
def test_one_chip_with_several_suites(index: int) -> None:
    offer = PaceOffer(SEVERAL).personalised(b"seed")
    terminal = Terminal(Chip(Handmade(pace=offer), random=seeded(9)))
    suite = SEVERAL[index]
    with pytest.raises(AssertionError, match="0022C1A4: 6A88"):
        begin(terminal, suite)
    assert (pace(terminal, suite, parameter_id=suite.parameter_id).proof is None) is (index != 4)


def test_explicit_domain_parameters_that_are_asked_for() -> None:
    offer = PaceOffer(SEVERAL[:1], ("explicit-parameters",))
    terminal = Terminal(Chip(Handmade(pace=offer), random=seeded(9)))
    pace(terminal, SEVERAL[0], parameter_id=32)
    terminal.select_application()


# --- R_p, f_G and f_g -------------------------------------------------------------------------


@pytest.mark.parametrize("cipher", Cipher, ids=lambda cipher: cipher.label)
@pytest.mark.parametrize("group", ALL, ids=lambda group: group.name)
def test_integrated_mapping_as_the_terminal_has_it(group: Group, cipher: Cipher) -> None:
    """Appendix B.3 gives -y where B.2 gives y and Z is no square; what is agreed on is x."""
    if not mapping.integrates(group):
        assert group.name == "P-224"
        return
    random = seeded(group.parameter_id)
    s, t = random(mapping.nonce_size(cipher)), random(cipher.key_size)
    found = mapping.generator(group, cipher, s, t)
    assert found.x_bytes == integrated(PaceSuite(cipher, group, "IM"), s, t).x_bytes


@given(s=st.binary(min_size=32, max_size=32), t=st.binary(min_size=32, max_size=32))
@settings(max_examples=100, deadline=None)
def test_the_random_function_with_every_cipher(s: bytes, t: bytes) -> None:
    for cipher in (Cipher.AES_128, Cipher.AES_192, Cipher.AES_256):
        nonces = (s[: mapping.nonce_size(cipher)], t[: cipher.key_size])
        output = mapping.pseudo_random_bytes(cipher, *nonces, 192 + 64)
        assert int.from_bytes(output) == random_function(cipher, *nonces, 192)


def test_the_length_of_the_chip_s_nonce() -> None:
    """§4.4.3.3: as many blocks as a key takes."""
    assert [mapping.nonce_size(cipher) for cipher in Cipher] == [16, 16, 32, 32]


@pytest.mark.parametrize("t", [bytes(16), b"\x01" * 16, bytes(8) + b"\x01" * 8])
def test_additional_nonces_that_are_weak_keys_of_3des(t: bytes) -> None:
    """Both halves are the same key, up to parity: 3DES is then DES."""
    group = CURVES[5]
    found = mapping.generator(group, Cipher.TDES, bytes(range(16)), t)
    assert found == mapping.generator(group, Cipher.TDES, bytes(range(16)), bytes(16))


@pytest.mark.parametrize("seed", [0, 1, -1])
@pytest.mark.parametrize("curve", CURVES, ids=lambda curve: curve.name)
def test_seeds_for_which_appendix_b_divides_by_zero(
    curve: Group, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mapping, "pseudo_random", lambda *_: seed % curve.p)
    with pytest.raises(FormatError, match="the nonces map to no point"):
        mapping.generator(curve, Cipher.AES_128, bytes(16), bytes(16))


@pytest.mark.parametrize("seed", [0, 1, -1])
def test_seeds_that_map_to_no_element(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    group = GROUPS[0]
    monkeypatch.setattr(mapping, "pseudo_random", lambda *_: seed % group.p)
    exchange = at_integration(PaceSuite.named("AES-128", 0, "IM"))
    with pytest.raises(StatusError, match=r"mapping failed.* 6300"):
        exchange.advance(dynamic(0x81, bytes(16)), last=False)


def at_integration(suite: PaceSuite) -> PaceExchange:
    exchange = PaceExchange(suite, CAN.encode(), seeded(1))
    exchange.advance(dynamic(None), last=False)
    return exchange


@pytest.mark.parametrize("cipher", Cipher, ids=lambda cipher: cipher.label)
@pytest.mark.parametrize("change", [-1, 1, -100])
def test_an_additional_nonce_of_another_length(cipher: Cipher, change: int) -> None:
    exchange = at_integration(PaceSuite(cipher, CURVES[0], "IM"))
    nonce = bytes(max(0, cipher.key_size + change))
    with pytest.raises(StatusError, match=r"length of the additional nonce.* 6A80"):
        exchange.advance(dynamic(0x81, nonce), last=False)


# --- integers ---------------------------------------------------------------------------------


def is_prime(number: int) -> bool:
    """Fermat to eight bases, which is enough for numbers that nobody chose against it."""
    return all(pow(base, number - 1, number) == 1 for base in (2, 3, 5, 7, 11, 13, 17, 19))


@pytest.mark.parametrize(
    ("group", "sizes"),
    [(GROUPS[0], (1024, 160)), (GROUPS[1], (2048, 224)), (GROUPS[2], (2048, 256))],
)
def test_the_numbers_of_rfc_5114(group: ModpGroup, sizes: tuple[int, int]) -> None:
    assert (group.p.bit_length(), group.n.bit_length()) == sizes
    assert is_prime(group.p)
    assert is_prime(group.n)
    assert group.cofactor * group.n == group.p - 1
    assert pow(group.g, group.n, group.p) == 1
    assert pow(group.g, group.cofactor, group.p) != 1


GROUP = GROUPS[0]


def outside_subgroup() -> int:
    return next(number for number in range(2, 99) if pow(number, GROUP.n, GROUP.p) != 1)


BAD_NUMBERS = {
    "empty": b"",
    "zero": b"\x00",
    "one": b"\x01",
    "leading zero": b"\x00" + GROUP.generator.encode(),
    "p": GROUP.p.to_bytes(128),
    "of order 2": (GROUP.p - 1).to_bytes(128),
    "not below p": (GROUP.p + GROUP.g).to_bytes(129),
    "too long": GROUP.generator.encode() + b"\x00",
    "outside the subgroup": bytes((outside_subgroup(),)),
}


@pytest.mark.parametrize("name", BAD_NUMBERS)
def test_public_keys_that_are_no_element(name: str) -> None:
    problem = "not an unsigned integer" if len(BAD_NUMBERS[name]) != 128 else "not an element"
    if name in ("one", "outside the subgroup"):
        problem = "not an element"
    with pytest.raises(FormatError, match=f"{problem} of MODP-1024-160") as caught:
        GROUP.decode(BAD_NUMBERS[name], where="test")
    assert caught.value.where == "test"
    exchange = PaceExchange(PaceSuite(Cipher.AES_128, GROUP), CAN.encode(), seeded(1))
    exchange.advance(dynamic(None), last=False)
    with pytest.raises(StatusError, match=r"no public key.* 6A80"):
        exchange.advance(dynamic(0x81, BAD_NUMBERS[name]), last=False)


def test_short_numbers_are_sent_short_and_shared_long() -> None:
    """§9.4.3, note, and PKCS #3 §8.3: leading zeros go from a key and stay in a secret."""
    scalar, found = 1, GROUP.generator
    while found.value.bit_length() > GROUP.p.bit_length() - 8:
        scalar, found = scalar + 1, found + GROUP.generator
    assert len(found.encode()) == 127
    assert found.x_bytes == b"\x00" + found.encode()
    assert GROUP.decode(found.encode(), where="test") == GROUP.generator * scalar
    token = authentication_token(PaceSuite(Cipher.AES_128, GROUP), bytes(16), found)
    oid = bytes.fromhex("04007F00070202040102")
    inner = tlv.build(0x06, oid) + tlv.build(0x84, found.encode())
    assert token == ciphers.mac(Cipher.AES_128, bytes(16), tlv.build(0x7F49, inner))


def test_integers_in_the_notation_of_curves() -> None:
    element = GROUP.generator * 5
    assert element + element == element * 2
    assert -element + element * 2 == element
    with pytest.raises(FormatError, match="not an element"):
        element + -element
    with pytest.raises(FormatError, match="not an element"):
        element * GROUP.n


def test_secrets_stay_out_of_sight() -> None:
    key = StaticKey(GROUP, 1234567, 5)
    assert "1234567" not in repr(key)
    assert "value" not in repr(Residue(GROUP, GROUP.g))


# --- chip authentication mapping without what it takes -----------------------------------------


@pytest.mark.parametrize("key", [None, StaticKey(CURVES[5], 5, 12)])
def test_a_key_that_is_not_there(key: StaticKey | None) -> None:
    with pytest.raises(InputError, match="needs a static key on P-256"):
        PaceExchange(PaceSuite.named("AES-128", 12, "CAM"), b"", seeded(1), key=key)


def test_the_key_of_an_integer_group_is_none_of_a_curve() -> None:
    curve = by_name("P-256")
    assert curve is not None
    assert StaticKey(curve, 5).group != StaticKey(GROUP, 5).group
