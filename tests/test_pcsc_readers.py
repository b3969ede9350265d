"""Which reader is meant, and what an ATR says."""

from functools import reduce
from operator import xor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from epass.errors import InputError, NoReaderError
from epass.pcsc import Reader, choose
from epass.pcsc.atr import extended_length

PICC, ICC, SAM = "ACS ACR1281 PICC Reader 00 00", "ACS ACR1281 ICC Reader 01 00", "ACS SAM 02 00"
OTHER = "HID Global OMNIKEY 5422CL 03 00"


def readers(*names: str, cards: tuple[str, ...] = ()) -> list[Reader]:
    return [Reader(index, name, name in cards) for index, name in enumerate(names)]


class TestWanted:
    @pytest.mark.parametrize(
        ("wanted", "name"),
        [
            (0, PICC),
            (1, ICC),
            ("1", ICC),
            ("omnikey", OTHER),
            ("PICC", PICC),
            (ICC, ICC),
            ("acs sam", SAM),
            ("5422", OTHER),
        ],
    )
    def test_found(self, wanted: str | int, name: str) -> None:
        assert choose(readers(PICC, ICC, SAM, OTHER), wanted).name == name

    def test_whole_name_beats_part(self) -> None:
        assert choose(readers("Desk 2", "Desk"), "desk").index == 1

    def test_index_beats_part(self) -> None:
        assert choose(readers("Desk 1", "Desk 0"), "1").name == "Desk 0"

    @pytest.mark.parametrize("wanted", ["Gemalto", 4, -1, "", "4"])
    def test_not_found(self, wanted: str | int) -> None:
        with pytest.raises(NoReaderError, match=f"no reader {wanted!r}; connected: {PICC}, {SAM}"):
            choose(readers(PICC, SAM), wanted)

    def test_nothing_connected(self) -> None:
        with pytest.raises(NoReaderError, match="no reader 'x'; connected: none"):
            choose([], "x")

    def test_ambiguous(self) -> None:
        with pytest.raises(InputError) as caught:
            choose(readers(PICC, ICC, OTHER), "acr1281")
        assert caught.value.message == f"several readers could be meant: 0: {PICC}, 1: {ICC}"
        assert "index" in caught.value.advice


class TestDefault:
    @pytest.mark.parametrize(
        ("names", "cards", "name"),
        [
            ((ICC,), (), ICC),
            ((ICC, "Gemalto"), ("Gemalto",), "Gemalto"),
            ((ICC, PICC), (), PICC),
            ((ICC, PICC), (ICC,), PICC),  # the operator's own card does not beat the awaited one
            ((ICC, "Gemalto"), (ICC,), ICC),
            ((ICC, PICC), (ICC, PICC), PICC),
            ((ICC, SAM), (SAM,), ICC),
            ((OTHER, ICC), (ICC, OTHER), OTHER),
            ((SAM,), (SAM,), SAM),
        ],
    )
    def test_found(self, names: tuple[str, ...], cards: tuple[str, ...], name: str) -> None:
        assert choose(readers(*names, cards=cards)).name == name

    @pytest.mark.parametrize("cards", [(), (PICC, OTHER)])
    def test_ambiguous(self, cards: tuple[str, ...]) -> None:
        with pytest.raises(InputError, match=r"could be meant: 0: ACS ACR1281 PICC.*, 2: HID"):
            choose(readers(PICC, ICC, OTHER, cards=cards))

    def test_nothing_connected(self) -> None:
        with pytest.raises(NoReaderError, match="no reader is connected"):
            choose([])


def make_atr(historical: bytes) -> bytes:
    body = bytes((0x80 | len(historical), 0x80, 0x01)) + historical  # as PC/SC part 3 has it
    return b"\x3b" + body + bytes((reduce(xor, body),))


class TestExtendedLength:
    @pytest.mark.parametrize(
        ("historical", "expected"),
        [
            ("8073000040", True),
            ("8073000080", False),
            ("803180730021c0", True),
            ("0073000040079000", True),
            ("80720000", None),  # no third table
            ("80740000400000", None),
            ("803180", None),
            ("807300", None),  # truncated
            ("804f0ca0000003060b", None),  # a storage card of PC/SC part 3, truncated
            ("00730000079000", None),  # runs into the status indicator
            ("0090", None),
            ("1073000040", None),  # another category
            ("", None),
        ],
    )
    def test_capabilities(self, historical: str, expected: bool | None) -> None:
        assert extended_length(make_atr(bytes.fromhex(historical))) is expected

    def test_interface_bytes_are_skipped(self) -> None:
        interface = bytes.fromhex("f5 11000091 fe71 010203")  # T0, TA1 to TD1, TA2, TD2, TA3 to TC3
        assert extended_length(b"\x3b" + interface + bytes.fromhex("8073000040")) is True

    @pytest.mark.parametrize(
        "atr", ["", "3b", "3b00", "3bff", "3b8c", "ff8c018073000040", "3b8680017300004000"]
    )
    def test_malformed(self, atr: str) -> None:
        assert extended_length(bytes.fromhex(atr)) is None

    @given(atr=st.binary(max_size=40))
    @settings(max_examples=200)
    def test_what_it_says_stands_in_the_bytes(self, atr: bytes) -> None:
        said = {atr[at + 3] & 0x40 != 0 for at in range(len(atr) - 3) if atr[at] == 0x73}
        assert extended_length(atr) in said | {None}

    @given(atr=st.binary(max_size=40).map(lambda tail: b"\x3b" + tail), cut=st.integers(1, 40))
    @settings(max_examples=200)
    def test_truncation_says_nothing_new(self, atr: bytes, cut: int) -> None:
        assert extended_length(atr[:-cut]) in (None, extended_length(atr))

    @given(objects=st.lists(st.tuples(st.integers(0, 6), st.binary(max_size=3)), max_size=2))
    @settings(max_examples=100)
    def test_found_behind_other_objects(self, objects: list[tuple[int, bytes]]) -> None:
        others = b"".join(bytes((tag << 4 | len(value),)) + value for tag, value in objects)
        assert extended_length(make_atr(b"\x80" + others + b"\x73\x00\x00\x40")) is True
