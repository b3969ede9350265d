"""Chips that lie in PACE: each in the way and at the step that its row says, and in no other.

An honest exchange is recorded and its commands are sent to a chip that lies, which has the same
random numbers: all answers but one must then be the same.
"""

from functools import cache

import pytest
from pace_terminal import pace
from sim_cards import Handmade, new_chip
from sim_terminal import Protection, Terminal, mrz_secret, seeded

from epass import tlv
from epass.card.apdu import Command, Response
from epass.crypto import ciphers
from epass.crypto.ec import Curve
from epass.errors import FormatError, InputError
from epass.sim.card_files import PaceOffer
from epass.sim.chip import Chip
from epass.sim.modp import ModpGroup
from epass.sim.pace import PaceSuite
from epass.sim.pace_lies import GARBAGE, LIES, STEPS

SUITES = {
    "GM": PaceSuite.named("AES-128", 13),
    "IM": PaceSuite.named("AES-128", 13, "IM"),
    "CAM": PaceSuite.named("AES-128", 13, "CAM"),
    "DH": PaceSuite.named("AES-128", 0),
}
OFFERS = {
    name: PaceOffer((suite, SUITES["GM"]) if name == "CAM" else (suite,)).personalised(b"seed")
    for name, suite in SUITES.items()
}
TOLD = [
    (name, lie)
    for lie, row in LIES.items()
    for name in SUITES
    if SUITES[name].mapping in row.mappings
]


class Recorder:
    """A channel that keeps what went over it."""

    def __init__(self, chip: Chip) -> None:
        self.chip = chip
        self.commands: list[Command] = []
        self.answers: list[Response] = []

    def transmit(self, command: Command) -> Response:
        self.commands.append(command)
        self.answers.append(self.chip.transmit(command))
        return self.answers[-1]


def chip(name: str, lie: str | None = None) -> Chip:
    return Chip(Handmade(pace=OFFERS[name]), lie=lie, random=seeded(4))


@cache
def honest(name: str) -> tuple[Recorder, Protection]:
    """An exchange with a terminal whose random numbers are zeros, so its private keys are 1."""
    recorder = Recorder(chip(name))
    terminal = Terminal(recorder)
    terminal.random = bytes
    pace(terminal, SUITES[name])
    assert terminal.protection is not None
    return recorder, terminal.protection


def told(name: str, lie: str) -> bytes:
    """The response data of the step at which ``lie`` is told."""
    recorder, _ = honest(name)
    liar = chip(name, lie)
    answers = [liar.transmit(command) for command in recorder.commands]
    turn = 1 + STEPS.index(LIES[lie].step)  # MSE:Set AT comes first
    assert [answer.sw for answer in answers] == [0x9000] * 5
    for number, answer in enumerate(answers):
        assert (answer == recorder.answers[number]) is (number != turn)
    return answers[turn].data


def value(data: bytes, position: int = 0) -> bytes:
    return tlv.parse_one(data, 0x7C, where="test").children()[position].value


def right(name: str, step: str) -> bytes:
    return value(honest(name)[0].answers[1 + STEPS.index(step)].data)


# --- the table --------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "lie"), TOLD)
def test_every_lie_is_told_at_its_step_and_no_other(name: str, lie: str) -> None:
    told(name, lie)


def test_the_table_says_what_each_lie_is() -> None:
    assert {row.step for row in LIES.values()} == set(STEPS)
    assert len({(row.step, row.about) for row in LIES.values()}) == len(LIES)


def test_a_lie_that_does_not_exist() -> None:
    with pytest.raises(InputError, match="lie: choose one of nonce-length"):
        new_chip(lie="white")


@pytest.mark.parametrize(
    ("name", "lie", "mappings"),
    [
        ("GM", "cam-missing", "CAM"),
        ("IM", "mapped-infinity", "GM or CAM"),
        ("DH", "map-not-empty", "IM"),
    ],
)
def test_a_lie_about_another_mapping(name: str, lie: str, mappings: str) -> None:
    with pytest.raises(InputError, match=f"lie: {lie} takes PACE with {mappings}"):
        chip(name, lie)
    with pytest.raises(InputError, match=f"lie: {lie} takes PACE"):
        new_chip(access=["BAC"], lie=lie)


def test_a_lie_about_another_mapping_than_the_one_that_is_used() -> None:
    """The chip has CAM, the terminal takes GM: there is nothing to lie about."""
    terminal = Terminal(chip("CAM", "cam-other-key"))
    assert pace(terminal, SUITES["GM"]).proof is None
    terminal.select_application()


# --- any step ---------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SUITES)
@pytest.mark.parametrize("step", STEPS)
def test_answers_that_are_no_answers(name: str, step: str) -> None:
    recorded = honest(name)[0].answers[1 + STEPS.index(step)].data
    first, *more = tlv.parse_one(recorded, 0x7C, where="test").children()
    assert told(name, f"{step}-empty") == b""
    assert told(name, f"{step}-garbage") == GARBAGE
    assert told(name, f"{step}-hollow") == b"\x7c\x00"
    assert told(name, f"{step}-trailing") == recorded + b"\x00"
    assert told(name, f"{step}-cut") == recorded[:-1]
    other = tlv.parse_one(told(name, f"{step}-other-tag"), 0x7C, where="test").children()
    assert [item.tag for item in other] == [first.tag + 1, *(item.tag for item in more)]
    assert other[0].value == first.value
    twice = tlv.parse_one(told(name, f"{step}-twice"), 0x7C, where="test").children()
    again = tlv.build(first.tag, b"")
    assert [item.raw for item in twice] == [first.raw, again, *(item.raw for item in more)]


def test_garbage_is_no_data_object() -> None:
    with pytest.raises(FormatError, match="a length of 38 bytes"):
        tlv.parse(GARBAGE, where="test")


# --- nonces and mapping -----------------------------------------------------------------------


def test_nonces_of_wrong_length() -> None:
    assert len(value(told("GM", "nonce-length"))) == 15
    assert value(told("GM", "nonce-none")) == b""
    assert len(value(told("IM", "nonce-block"))) == 32


@pytest.mark.parametrize("name", ["GM", "CAM", "DH"])
def test_a_mapping_key_that_makes_the_generator_infinity(name: str) -> None:
    """The terminal's private key is 1, so H is the chip's key."""
    suite = SUITES[name]
    k_pi = ciphers.kdf(mrz_secret(), 3, suite.cipher)
    nonce = ciphers.decrypt(suite.cipher, k_pi, right(name, "nonce"))
    base, key = suite.group.generator, value(told(name, "mapped-infinity"))
    found = suite.group.decode(key, where="test")
    with pytest.raises(FormatError):
        base * int.from_bytes(nonce) + found
    assert -found == base * int.from_bytes(nonce)


def test_a_terminal_with_another_private_key_is_not_lied_to() -> None:
    terminal = Terminal(chip("GM", "mapped-infinity"))
    with pytest.raises(InputError, match="private mapping key must be 1"):
        pace(terminal, SUITES["GM"])


def test_mapping_data_where_there_is_none() -> None:
    assert right("IM", "map") == b""
    assert value(told("IM", "map-not-empty")) == SUITES["IM"].group.generator.encode()


# --- public keys ------------------------------------------------------------------------------

KEYS = [
    (name, step) for name in SUITES for step in ("map", "agree") if (name, step) != ("IM", "map")
]


@pytest.mark.parametrize(("name", "step"), KEYS)
@pytest.mark.parametrize("lie", ["infinity", "outside", "small-order", "not-reduced", "short"])
def test_public_keys_that_are_none(name: str, step: str, lie: str) -> None:
    key = value(told(name, f"{step}-{lie}"))
    with pytest.raises(FormatError, match="not a"):
        SUITES[name].group.decode(key, where="test")


@pytest.mark.parametrize("step", ["map", "agree"])
def test_public_keys_of_small_order(step: str) -> None:
    """Order 2: y is 0, or the square is 1."""
    group = SUITES["GM"].group
    assert isinstance(group, Curve)
    key = value(told("GM", f"{step}-small-order"))
    assert (key[0], len(key), key[33:]) == (4, 65, bytes(32))
    number = int.from_bytes(value(told("DH", f"{step}-small-order")))
    integers = SUITES["DH"].group
    assert isinstance(integers, ModpGroup)
    assert number != 1
    assert pow(number, 2, integers.p) == 1


@pytest.mark.parametrize("step", ["map", "agree"])
def test_public_keys_that_are_not_reduced(step: str) -> None:
    p = SUITES["DH"].group.p
    number = int.from_bytes(value(told("DH", f"{step}-not-reduced")))
    assert number % p == int.from_bytes(right("DH", step))
    key = value(told("GM", f"{step}-not-reduced"))
    assert key[:1] + key[-32:] == right("GM", step)[:1] + right("GM", step)[-32:]
    prime = SUITES["GM"].group.p
    assert int.from_bytes(key[1:-32]) % prime == int.from_bytes(right("GM", step)[1:33])


@pytest.mark.parametrize("name", SUITES)
def test_echoes(name: str) -> None:
    third, fourth = honest(name)[0].commands[3:]
    assert value(told(name, "own-key-echo")) == value(third.data)
    assert value(told(name, "token-echo")) == value(fourth.data)


@pytest.mark.parametrize("name", SUITES)
def test_tokens_that_are_wrong(name: str) -> None:
    token = right(name, "confirm")
    wrong = value(told(name, "wrong-token"))
    assert (wrong[:-1], wrong[-1] ^ 1) == (token[:-1], token[-1])
    assert value(told(name, "token-short")) == token[:-1]


# --- chip authentication data -----------------------------------------------------------------


def padded(sealed: bytes) -> bytes:
    keys = honest("CAM")[1]
    iv = ciphers.encrypt(keys.cipher, keys.enc, b"\xff" * 16)
    return ciphers.decrypt(keys.cipher, keys.enc, sealed, iv)


def proof(lie: str) -> bytes:
    """CA_IC as the lie has it."""
    data = ciphers.unpad(padded(value(told("CAM", lie), 1)), 16)
    assert data is not None
    return data


def genuine() -> bytes:
    data = ciphers.unpad(padded(value(honest("CAM")[0].answers[4].data, 1)), 16)
    assert data is not None
    return data


def test_the_data_of_another_key() -> None:
    (key,) = OFFERS["CAM"].keys
    data = int.from_bytes(proof("cam-other-key"))
    mapping_key = SUITES["CAM"].group.decode(right("CAM", "map"), where="test")
    assert key.public * int.from_bytes(genuine()) == mapping_key
    assert key.public * data != mapping_key
    other = SUITES["CAM"].group.generator * (key.secret + 1)
    assert other * data == mapping_key


def test_data_out_of_range_or_of_wrong_length() -> None:
    n = SUITES["CAM"].group.n
    assert proof("cam-zero") == bytes(32)
    assert proof("cam-order") == n.to_bytes(32)
    assert proof("cam-long") == b"\x00" + genuine()
    assert proof("cam-short") == genuine()[:-1]


def test_data_that_cannot_be_deciphered() -> None:
    without_padding = padded(value(told("CAM", "cam-padding"), 1))
    assert without_padding == genuine() + bytes(16)
    assert ciphers.unpad(without_padding, 16) is None
    assert value(told("CAM", "cam-garbage"), 1) == GARBAGE * 3
    assert ciphers.unpad(padded(GARBAGE * 3), 16) is None
    assert len(value(told("CAM", "cam-ragged"), 1)) == 47
    assert value(told("CAM", "cam-empty"), 1) == b""


def test_data_that_are_missing_or_that_nobody_asked_for() -> None:
    tags = [
        [item.tag for item in tlv.parse_one(data, 0x7C, where="test").children()]
        for data in (told("CAM", "cam-missing"), told("GM", "cam-unasked"))
    ]
    assert tags == [[0x86], [0x86, 0x8A]]
