"""What an ATR and a reader say before the first command, and what tells one chip from another."""

from functools import reduce
from operator import xor

import pytest
from fake_scard import T0, FakeScard, InstallScard
from hypothesis import given, settings
from hypothesis import strategies as st

from epass.card.traits import Traits, traits
from epass.pcsc import connect
from epass.pcsc.atr import lengths_in_atr_info, model
from epass.pcsc.properties import GET_FEATURE_REQUEST, longest_data
from epass.pcsc.readers import kind
from epass.sim import answer_to_reset

REQUEST, PROPERTIES = 0x42000000 + GET_FEATURE_REQUEST, 0x42000DCC
FEATURES = b"\x12\x04" + PROPERTIES.to_bytes(4)


def make_atr(historical: bytes) -> bytes:
    body = bytes((0x80 | len(historical), 0x80, 0x01)) + historical
    return b"\x3b" + body + bytes((reduce(xor, body),))


def most(size: int) -> bytes:
    return b"\x0b\x02\x12\x34\x0a\x04" + size.to_bytes(4, "little")


# --- the ATR ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("historical", "expected"),
    [
        ("8073000060", True),
        ("8073000020", True),
        ("80730000c0", False),
        ("80720000", False),
        ("", False),
    ],
)
def test_lengths_in_ef_atr_info(historical: str, expected: bool) -> None:
    assert lengths_in_atr_info(make_atr(bytes.fromhex(historical))) is expected


def test_the_simulated_chip_says_so_too() -> None:
    for told in (False, True):
        assert lengths_in_atr_info(answer_to_reset.build(extended=True, lengths=told)) is told


@given(first=st.binary(min_size=4, max_size=4), second=st.binary(min_size=4, max_size=4))
@settings(max_examples=100)
def test_what_may_be_of_one_chip_is_no_part_of_its_model(first: bytes, second: bytes) -> None:
    """Issuer's data, pre-issuing data, the status, and formats of a maker's own."""
    for shape in ("80 73 94 01 c0 54 *", "80 73 94 01 c0 64 *", "00 31 80 73 94 01 c0 *", "c1 *"):
        before, after = (
            make_atr(bytes.fromhex(shape.replace("*", data.hex()))) for data in (first, second)
        )
        if shape.startswith("00"):  # the status is three bytes
            before, after = (
                make_atr(bytes.fromhex(shape.replace("*", data[:3].hex())))
                for data in (first, second)
            )
        assert model(before) == model(after)


def test_what_all_of_a_kind_have_is_the_model() -> None:
    kinds = ["807394 01c0", "8073940180", "80739401c0 5101", "00739401c0079000", "803180", ""]
    models = {model(make_atr(bytes.fromhex(historical))) for historical in kinds}
    assert len(models) == len(kinds)
    assert model(make_atr(b"")) != model(b"\x3b\x80\x01\x81")


@given(st.binary(max_size=40))
def test_any_atr_has_a_model(atr: bytes) -> None:
    assert model(atr)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("ACS ACR1252 1S CL Reader [ACR1252 Reader PICC] (D912-01-0001) 00 00",
         "ACS ACR1252 1S CL Reader [ACR1252 Reader PICC]"),
        ("HID OMNIKEY 5022 CL 0", "HID OMNIKEY 5022 CL"),
        ("HID OMNIKEY 5022 CL (OKCM0010605181000302415301234567) 01 00", "HID OMNIKEY 5022 CL"),
        ("Identiv uTrust 3700 F", "Identiv uTrust 3700"),
        ("Virtual PCD 00 01", "Virtual PCD"),
        ("Desk", "Desk"),
    ],
)  # fmt: skip
def test_the_kind_of_a_reader(name: str, expected: str) -> None:
    assert kind(name) == expected


# --- the reader -------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [0, 256, 261, 65_536])
def test_what_a_reader_carries(scard: FakeScard, size: int) -> None:
    scard.controls = {REQUEST: b"\x06\x04\x00\x00\x00\x01" + FEATURES, PROPERTIES: most(size)}
    with connect() as channel:
        assert channel.traits.most == size
        assert channel.traits == traits(channel)
    asked = [code for _, code, _ in scard.called("SCardControl")]
    assert asked == [REQUEST, PROPERTIES]  # once


@pytest.mark.parametrize(
    "controls",
    [
        {},
        {REQUEST: b""},
        {REQUEST: b"\x06\x04\x00\x00\x00\x01"},
        {REQUEST: FEATURES},
        {REQUEST: FEATURES[:-1], PROPERTIES: most(1)},
        {REQUEST: b"\x12\x01\x00"},
        {REQUEST: FEATURES, PROPERTIES: b""},
        {REQUEST: FEATURES, PROPERTIES: most(1)[:-1]},
        {REQUEST: FEATURES, PROPERTIES: b"\x0a\x02\x00\x01"},
        {REQUEST: FEATURES, PROPERTIES: b"\x0a"},
    ],
    ids=str,
)
def test_a_reader_that_says_nothing(scard: FakeScard, controls: dict[int, bytes]) -> None:
    scard.controls = controls
    with connect() as channel:
        assert channel.traits.most is None


@given(first=st.binary(max_size=20), second=st.binary(max_size=20))
def test_any_answer_of_a_driver(first: bytes, second: bytes) -> None:
    answers = iter((first, second))
    size = longest_data(lambda _: next(answers), REQUEST)
    assert size is None or 0 <= size < 1 << 32


def test_all_that_is_known(scard: FakeScard) -> None:
    scard.atr = make_atr(bytes.fromhex("8073940160"))
    with connect() as channel:
        assert channel.traits == Traits(True, True, None, model(scard.atr), "Desk")


def test_over_t_0_there_is_no_extended_length(install_scard: InstallScard) -> None:
    scard = install_scard(FakeScard(Desk=[0x20], protocols=T0))
    scard.atr = make_atr(bytes.fromhex("8073940160"))
    with connect() as channel:
        assert (channel.traits.extended, channel.traits.most) == (False, 0)
    assert scard.called("SCardControl") == []
