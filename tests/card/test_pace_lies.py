"""Chips that lie under the other mappings and over MODP groups: each by its reason.

What a chip can do wrong whatever the mapping is in test_pace_faults, over a curve.
"""

import pytest
from pace_examples import (
    CAM_ECDH,
    CURVE,
    EXAMPLES,
    GM_DH,
    GM_ECDH,
    GROUP,
    IM_DH,
    IM_ECDH,
    NAMES,
    Example,
    dynamic,
)
from vector_files import raw

from epass import tlv
from epass.card import pace
from epass.card.apdu import Command, Response
from epass.card.keys import Can
from epass.card.pace import Suite
from epass.card.trace import ReplayChannel, Trace
from epass.crypto import ciphers
from epass.crypto.ciphers import Cipher
from epass.crypto.group import Group
from epass.crypto.modp import ModpElement
from epass.errors import AccessDeniedError, CardError, ProtocolError
from epass.lds.security_infos import PACE_PROTOCOLS


def assert_fault(
    example: Example, step: str, answer: Response, message: str, **others: Response
) -> None:
    """Nothing is sent after ``step``: the replay would answer by another error."""
    with pytest.raises(CardError) as caught:
        example.run(example.channel(step, **{step: answer}, **others))
    assert type(caught.value) is ProtocolError
    assert caught.value.message == message


# --- public values of DH ----------------------------------------------------------------------

LENGTH = f"not a public value of {GROUP.name}"
RANGE = f"not from 2 to p - 1 of {GROUP.name}"
SUBGROUP = f"not in the subgroup of {GROUP.name}"
SMALL = pow(2, (GROUP.p - 1) // 7, GROUP.p)  # of order 7, which divides the cofactor


def value(y: int) -> bytes:
    return y.to_bytes(GROUP.size)


BAD_VALUES = {
    "zero": (value(0), RANGE),
    "one": (value(1), RANGE),
    "one, short": (b"\x01", RANGE),
    "p - 1": (value(GROUP.p - 1), SUBGROUP),
    "p": (value(GROUP.p), RANGE),
    "p + 1": (value(GROUP.p + 1), RANGE),
    "the largest": (b"\xff" * GROUP.size, RANGE),
    "of order 7": (value(SMALL), SUBGROUP),
    "of order 7q": (value(SMALL * GROUP.g % GROUP.p), SUBGROUP),
    "two": (b"\x02", SUBGROUP),
    "empty": (b"", LENGTH),
    "a byte less, from the left": (b"\x00" + value(GROUP.g)[2:], LENGTH),
    "a byte more": (value(GROUP.g) + b"\x00", LENGTH),
    "a byte more, zero": (b"\x00" + value(GROUP.g), LENGTH),
    "a point": (CURVE.generator.encode(), SUBGROUP),
}


def test_the_small_order_is_one() -> None:
    assert SMALL != 1
    assert pow(SMALL, 7, GROUP.p) == 1


@pytest.mark.parametrize(
    ("example", "step", "tag"),
    [(GM_DH, "ga2", 0x82), (GM_DH, "ga3", 0x84), (IM_DH, "ga3", 0x84)],
    ids=["mapping", "agreement", "agreement after IM"],
)
@pytest.mark.parametrize("name", BAD_VALUES)
def test_a_public_value_that_is_none(example: Example, step: str, tag: int, name: str) -> None:
    encoded, problem = BAD_VALUES[name]
    assert_fault(example, step, dynamic((tag, encoded)), f"{NAMES[step]}: {problem}")


@pytest.mark.parametrize(
    ("example", "step", "ours"),
    [
        (GM_DH, "ga2", "map_terminal_public"),
        (GM_DH, "ga3", "ka_terminal_public"),
        (IM_DH, "ga3", "terminal_public"),
        (IM_ECDH, "ga3", "terminal_public"),
        (CAM_ECDH, "ga2", "map_terminal_public"),
        (CAM_ECDH, "ga3", "ka_terminal_public"),
    ],
)
def test_our_own_public_key_comes_back(example: Example, step: str, ours: str) -> None:
    prefix = b"" if example.suite.group is GROUP else b"\x04"
    echo = dynamic((0x82 if step == "ga2" else 0x84, prefix + raw(example.fields, ours)))
    assert_fault(example, step, echo, f"{NAMES[step]}: the chip returned our own public key")


def test_our_own_public_value_with_other_zeros() -> None:
    """Equal is what has the same value, not only the same bytes."""
    element, scalar = GROUP.generator, 1
    while len(element.encode()) == GROUP.size:
        element, scalar = element + GROUP.generator, scalar + 1
    (_, nonce), (command, _) = GM_DH.exchanges["ga1"], GM_DH.exchanges["ga2"]
    inner = tlv.build(0x7C, tlv.build(0x81, element.encode()))
    ours = Command(command.ins, 0, 0, inner, command.le, command.cla)
    example = Example(
        GM_DH.fields,
        GM_DH.key,
        GM_DH.suite,
        {**GM_DH.exchanges, "ga2": (ours, nonce)},
        ((scalar - 1).to_bytes(GROUP.scalar_size + 8),),
    )
    echo = dynamic((0x82, element.shared_secret))
    assert_fault(example, "ga2", echo, "PACE mapping: the chip returned our own public key")


# --- the mapped generator ---------------------------------------------------------------------


@pytest.mark.parametrize("example", [GM_DH, CAM_ECDH], ids=["DH", "CAM"])
def test_a_chip_that_maps_to_the_neutral_element(example: Example) -> None:
    """It knows s and, which no real chip does, our secret."""
    group, fields = example.suite.group, example.fields
    order = GROUP.q if group is GROUP else CURVE.n
    secret, nonce = (int(fields[name], 16) for name in ("map_terminal_private", "nonce_s"))
    hostile = group.generator * (-nonce * pow(secret, -1, order))
    message = "PACE mapping: the mapped generator is the neutral element"
    assert_fault(example, "ga2", dynamic((0x82, hostile.encode())), message)


@pytest.mark.parametrize("example", [GM_DH, CAM_ECDH], ids=["DH", "CAM"])
def test_a_nonce_that_is_zero(example: Example) -> None:
    encrypted = ciphers.encrypt(Cipher.AES_128, raw(example.fields, "K_pi"), bytes(16))
    message = "PACE mapping: the mapped generator is the neutral element"
    mapped = example.exchanges["ga2"][1]
    assert_fault(example, "ga2", mapped, message, ga1=dynamic((0x80, encrypted)))


# --- integrated mapping -----------------------------------------------------------------------


@pytest.mark.parametrize("example", [IM_ECDH, IM_DH], ids=["ECDH", "DH"])
def test_mapping_data_where_there_is_none(example: Example) -> None:
    """§4.4.5.2.2: a chip that sends something took the command for another mapping."""
    step = "ga2"
    alone = "PACE mapping: the answer is not the data object 82 alone"
    wrong = {
        "PACE mapping: the data object 82 is not empty": [
            dynamic((0x82, b"\x00")),
            dynamic((0x82, CURVE.generator.encode())),
            dynamic((0x82, raw(example.fields, "nonce_t"))),
        ],
        alone: [dynamic(), dynamic((0x81, b"")), dynamic((0x82, b""), (0x82, b""))],
        "PACE mapping: empty": [Response()],
    }
    for message, answers in wrong.items():
        for answer in answers:
            assert_fault(example, step, answer, message)


def until_nonce(suite: Suite, size: int) -> None:
    exchanges = (
        (
            Command(0x22, 0xC1, 0xA4, b"\x80\x0a" + suite.protocol.value + b"\x83\x01\x02"),
            Response(),
        ),
        (Command(0x86, 0, 0, b"\x7c\x00", 256, 0x10), dynamic((0x80, bytes(size)))),
    )
    channel = ReplayChannel(Trace({}, exchanges, ()))
    pace.authenticate(channel, Can("123456"), suite, random=channel.random)


def suite(mapping: str, cipher: int, group: Group) -> Suite:
    number = {"DH-GM": 1, "ECDH-GM": 2, "DH-IM": 3, "ECDH-IM": 4, "CAM": 6}[mapping]
    return Suite(PACE_PROTOCOLS[f"0.4.0.127.0.7.2.2.4.{number}.{cipher}"], group, named=False)


@pytest.mark.parametrize(
    ("mapping", "group"), [("ECDH-IM", CURVE), ("DH-IM", GROUP)], ids=["ECDH", "DH"]
)
@pytest.mark.parametrize(("cipher", "expected"), [(1, 16), (2, 16), (3, 32), (4, 32)])
def test_a_nonce_of_another_length(mapping: str, group: Group, cipher: int, expected: int) -> None:
    """§4.4.3.3: whole blocks, the fewest that are no shorter than a key."""
    for size in {0, 8, 15, 16, 24, 31, 32, 33, 40, 48, 64} - {expected}:
        with pytest.raises(ProtocolError) as caught:
            until_nonce(suite(mapping, cipher, group), size)
        assert caught.value.message == f"PACE nonce: {size} bytes, not {expected}"
    with pytest.raises(ProtocolError, match="replay"):  # goes on to the next step
        until_nonce(suite(mapping, cipher, group), expected)


@pytest.mark.parametrize(
    ("mapping", "group"), [("DH-GM", GROUP), ("CAM", CURVE)], ids=["DH", "CAM"]
)
def test_a_nonce_of_another_length_elsewhere(mapping: str, group: Group) -> None:
    for size in (0, 8, 15, 17, 24, 31, 33, 48):
        with pytest.raises(ProtocolError) as caught:
            until_nonce(suite(mapping, 4, group), size)
        assert caught.value.message == f"PACE nonce: {size} bytes, not 16 or 32"


# --- chip authentication data -----------------------------------------------------------------

T_IC, ECAD = raw(CAM_ECDH.fields, "T_IC"), raw(CAM_ECDH.fields, "ECAD")
CAR = b"UTCVCA00001"
STEP = "PACE chip authentication data"


def encrypted(padded: bytes) -> bytes:
    key, iv = raw(CAM_ECDH.fields, "KS_enc"), raw(CAM_ECDH.fields, "IV_CAM")
    return ciphers.encrypt(Cipher.AES_128, key, padded, iv)


CA_IC = raw(CAM_ECDH.fields, "CA_IC")
BAD_DATA = {
    "empty": (b"", "0 bytes, which are not whole blocks"),
    "a byte": (ECAD[:1], "1 bytes, which are not whole blocks"),
    "truncated": (ECAD[:-1], "47 bytes, which are not whole blocks"),
    "trailing": (ECAD + b"\x00", "49 bytes, which are not whole blocks"),
    "in clear": (CA_IC, "the padding is wrong"),
    "without padding": (encrypted(CA_IC), "the padding is wrong"),
    "another padding": (encrypted(CA_IC + b"\x10" * 16), "the padding is wrong"),
    "a block too many": (encrypted(ciphers.pad(CA_IC, 16) + bytes(16)), "the padding is wrong"),
    "without its first byte": (encrypted(ciphers.pad(CA_IC[1:], 16)), "31 bytes, not 32"),
    "with a zero before it": (encrypted(ciphers.pad(bytes(1) + CA_IC, 16)), "33 bytes, not 32"),
    "padding alone": (encrypted(ciphers.pad(b"", 16)), "0 bytes, not 32"),
}


def test_encrypted_as_in_the_appendix() -> None:
    assert encrypted(ciphers.pad(CA_IC, 16)) == ECAD


@pytest.mark.parametrize("name", BAD_DATA)
def test_data_that_is_none(name: str) -> None:
    data, problem = BAD_DATA[name]
    answer = dynamic((0x86, T_IC), (0x8A, data))
    assert_fault(CAM_ECDH, "ga4", answer, f"{STEP}: {problem}")


def test_data_that_is_missing() -> None:
    assert_fault(CAM_ECDH, "ga4", dynamic((0x86, T_IC)), f"{STEP}: missing")
    named = dynamic((0x86, T_IC), (0x87, CAR))
    assert_fault(CAM_ECDH, "ga4", named, f"{STEP}: missing")


@pytest.mark.parametrize("name", ["G.1", "G.2", "H.1", "H.2"])
def test_data_that_the_mapping_does_not_have(name: str) -> None:
    example = EXAMPLES[name]
    answer = dynamic((0x86, raw(example.fields, "T_IC")), (0x8A, ECAD))
    assert_fault(example, "ga4", answer, f"{STEP}: present, but not of this mapping")


@pytest.mark.parametrize("example", [CAM_ECDH, GM_ECDH], ids=["CAM", "GM"])
def test_objects_in_another_order_or_twice(example: Example) -> None:
    token, data = (0x86, raw(example.fields, "T_IC")), (0x8A, ECAD)
    first, second = (0x87, CAR), (0x88, CAR)
    for objects in (
        (data, token),
        (token, data, first),
        (token, second, first, data),
        (first, token, data),
        (token, token, data),
        (token, data, data),
        (token, first, first, data),
        (token, (0x85, token[1]), data),
        (token, (0x89, CAR), data),
        (token, data, (0x8B, CAR)),
        (data,),
    ):
        message = "PACE token: the answer is not the data objects 86, [87], [88], [8A]"
        assert_fault(example, "ga4", dynamic(*objects), message)


def test_authorities_may_stand_before_the_data() -> None:
    first, second = (0x87, CAR), (0x88, CAR)
    for named in ((), (first,), (second,), (first, second)):
        answer = dynamic((0x86, T_IC), *named, (0x8A, ECAD))
        evidence = CAM_ECDH.run(CAM_ECDH.channel(ga4=answer)).evidence
        assert evidence is not None
        assert evidence.authentication_data == CA_IC


@pytest.mark.parametrize("data", [ECAD, ECAD[:-1], encrypted(CA_IC)])
def test_the_token_is_looked_at_first(data: bytes) -> None:
    """Data of whoever has not proved the key is not decrypted."""
    answer = dynamic((0x86, bytes(8)), (0x8A, data))
    with pytest.raises(AccessDeniedError) as caught:
        CAM_ECDH.run(CAM_ECDH.channel(ga4=answer))
    assert caught.value.message == "PACE: the chip does not prove that it knows the MRZ"


def test_data_for_another_key_is_recorded_and_not_judged() -> None:
    """It is for ``trust`` to say that this scalar does not lead to the mapping key."""
    other = bytes(31) + b"\x05"
    answer = dynamic((0x86, T_IC), (0x8A, encrypted(ciphers.pad(other, 16))))
    evidence = CAM_ECDH.run(CAM_ECDH.channel(ga4=answer)).evidence
    assert evidence is not None
    assert evidence.authentication_data == other
    static = CURVE.decode(b"\x04" + raw(CAM_ECDH.fields, "PK_IC"), where="PK_IC")
    assert (static * 5).encode() != evidence.mapping_key


# --- tokens -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["G.2", "H.1", "H.2", "I.1"])
def test_a_chip_that_does_not_prove_the_key(name: str) -> None:
    example = EXAMPLES[name]
    token = raw(example.fields, "T_IC")
    data = [(0x8A, ECAD)] if name == "I.1" else []
    wrong = (bytes(8), token[:-1], b"", raw(example.fields, "T_IFD"), token[::-1])
    for sent in wrong:
        answer = dynamic((0x86, sent), *data)
        with pytest.raises(AccessDeniedError) as caught:
            example.run(example.channel(ga4=answer))
        assert caught.value.message == (
            f"PACE: the chip does not prove that it knows the {example.key.label}"
        )
        assert caught.value.sw is None


def test_a_token_over_the_tag_of_the_other_agreement() -> None:
    """§9.4.3 and §9.4.4: 84 for a public value, 86 for a point."""
    fields = GM_DH.fields
    mine = ModpElement(GROUP, int(fields["ka_terminal_public"], 16)).encode()
    body = tlv.build(0x06, GM_DH.suite.protocol.value) + tlv.build(0x86, mine)
    token = ciphers.mac(Cipher.AES_128, raw(fields, "KS_mac"), tlv.build(0x7F49, body))
    with pytest.raises(AccessDeniedError, match="does not prove"):
        GM_DH.run(GM_DH.channel(ga4=dynamic((0x86, token))))
