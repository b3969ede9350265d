"""Plans priced by arithmetic: against what both sides really send, and against other plans."""

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from epass import tlv
from epass.card.apdu import Command, Response
from epass.card.secure import ChipSession
from epass.crypto.ciphers import Cipher
from epass.errors import InputError
from epass.sim import plans
from epass.sim.link import BIT_RATES, FRAME_SIZES, Cost, Exchange, Link
from epass.sim.messaging import Session
from epass.sim.plans import Limits

SMALL, LARGE = (30, 2_500, 93, 20_480), (30, 2_500, 93, 57_377)
CIPHERS = (Cipher.TDES, Cipher.AES_128)
KEYS = {Cipher.TDES: (bytes(range(16)), bytes(range(16, 32))), Cipher.AES_128: (bytes(16),) * 2}


def sent(cipher: Cipher, command: Command) -> int:
    return len(ChipSession(cipher, *KEYS[cipher]).protect(command).encode())


def answered(cipher: Cipher, plain: int, ins: int) -> int:
    return len(Session(cipher, *KEYS[cipher]).protect(Response(bytes(plain)), ins).encode())


@pytest.mark.parametrize("cipher", CIPHERS)
@pytest.mark.parametrize("plain", [1, 7, 8, 15, 16, 111, 112, 231, 223, 239, 240, 500, 65_000])
def test_sizes_are_those_that_go_over_the_link(cipher: Cipher, plain: int) -> None:
    block = cipher.block
    assert plans.response_size(plain, block) == answered(cipher, plain, 0xB0)
    assert plans.response_size(plain, block, odd=True) == answered(cipher, plain, 0xB1)


@pytest.mark.parametrize("cipher", CIPHERS)
@pytest.mark.parametrize("extended", [False, True])
def test_sizes_of_commands(cipher: Cipher, extended: bool) -> None:
    le = 1000 if extended else 100
    even = Command(0xB0, 0x12, 0x34, le=le)
    where = tlv.build(0x54, bytes(2))
    odd = Command(0xB1, data=where, le=le)
    size = plans.command_size
    assert size(cipher.block, odd=False, extended=extended) == sent(cipher, even)
    assert size(cipher.block, odd=True, extended=extended) == sent(cipher, odd)


class TestLimits:
    @pytest.mark.parametrize(
        ("block", "extended", "response", "room"),
        [
            (8, False, 65_535, 231),
            (16, False, 65_535, 223),
            (16, True, 258, 223),
            (16, True, 1_000, 975),
            (8, False, 128, 103),
            (8, True, 64, 39),
        ],
    )
    def test_room(self, block: int, extended: bool, response: int, room: int) -> None:
        assert Limits(block, extended, response).room == room

    @given(st.sampled_from((8, 16)), st.integers(64, 65_538))
    def test_the_room_is_all_there_is(self, block: int, response: int) -> None:
        room = Limits(block, True, response).room
        assert plans.response_size(room, block) <= response
        assert plans.response_size(room + 1, block) > response

    def test_too_little_for_secure_messaging(self) -> None:
        with pytest.raises(InputError, match="64 bytes or more"):
            Limits(16, True, 63)


class TestFloor:
    @pytest.mark.parametrize(
        ("sizes", "block", "extended", "apdus"),
        [
            (SMALL, 8, False, 102),
            (SMALL, 16, False, 106),
            (SMALL, 8, True, 4),
            (SMALL, 16, True, 4),
            (LARGE, 16, True, 4),
            (LARGE, 16, False, 273),
        ],
    )
    def test_as_few_commands_as_there_can_be(
        self, sizes: tuple[int, ...], block: int, extended: bool, apdus: int
    ) -> None:
        assert plans.floor(sizes, Link(), Limits(block, extended)).apdus == apdus

    @pytest.mark.parametrize(
        ("bit_rate", "latency", "seconds"),
        [
            (106, 0.0, 2.40),
            (212, 0.0, 1.21),
            (424, 0.0, 0.61),
            (848, 0.0, 0.32),
            (106, 0.004, 2.82),
            (848, 0.004, 0.74),
            (848, 0.010, 1.38),
        ],
    )
    def test_of_short_answers_as_computed_elsewhere(
        self, bit_rate: int, latency: float, seconds: float
    ) -> None:
        link = Link(bit_rate, reader=latency)
        assert plans.floor(SMALL, link, Limits(16, False)).seconds == pytest.approx(
            seconds, abs=6e-3
        )

    @settings(max_examples=60, deadline=None)
    @given(
        size=st.integers(1, 0x10000),
        each=st.integers(16, 65_000),
        bit_rate=st.sampled_from(BIT_RATES),
        frame=st.sampled_from(FRAME_SIZES),
        block=st.sampled_from((8, 16)),
        extended=st.booleans(),
    )
    def test_no_plan_of_one_block_size_is_below_it(
        self, size: int, each: int, bit_rate: int, frame: int, block: int, extended: bool
    ) -> None:
        link = Link(bit_rate, fsd=frame, fsc=frame, reader=0.001)
        limits = Limits(block, extended)
        each = min(each, limits.room, 0x7FFF)
        exchanges, offset = [], 0
        while offset < min(size, 0x8000):  # of the part that the even instruction reads
            wanted = min(each, size - offset)
            answer = plans.response_size(wanted, block)
            command = plans.command_size(block, odd=False, extended=answer > 258)
            exchanges.append(Exchange(command, answer, protected=True))
            offset += wanted
        assert plans.floor([offset], link, limits).seconds <= link.total(exchanges).seconds + 1e-9

    def test_whole_frames_may_be_better_than_full_answers(self) -> None:
        """231 bytes under 3DES do not fit into four frames of 64, 223 do."""
        link = Link(106, fsd=64, fsc=64)
        full = link.total([Exchange(19, plans.response_size(231, 8))] * 100)
        assert plans.floor([23_100], link, Limits(8, False)).seconds < full.seconds

    def test_beyond_the_reach_of_the_even_instruction(self) -> None:
        """147 answers of 223 bytes; then a command with data object 54, 18 bytes longer."""
        link, limits = Link(), Limits(16, False)
        near, far = (plans.floor([size], link, limits) for size in (147 * 223, 147 * 223 + 1))
        last = link.cost(Exchange(37, plans.response_size(3, 16, odd=True)))
        assert (near.apdus, far.apdus) == (147, 148)
        assert far.seconds == pytest.approx(near.seconds + last.seconds)

    @pytest.mark.parametrize("size", [0, 0x10001])
    def test_no_such_file(self, size: int) -> None:
        with pytest.raises(InputError, match="1 to 65536 bytes"):
            plans.floor([size], Link(), Limits(8))

    def test_of_no_files(self) -> None:
        assert plans.floor([], Link(), Limits(8)) == Cost()


class TestBySelect:
    @pytest.mark.parametrize(("each", "apdus"), [(160, 154), (223, 114), (112, 216)])
    def test_as_many_commands_as_others_send(self, each: int, apdus: int) -> None:
        cost = plans.by_select(SMALL, Link(), 16, header=4, each=each)
        assert cost.apdus == apdus

    def test_a_select_is_what_goes_over_the_link(self) -> None:
        """Files of four bytes: a SELECT, and the header, which is all there is."""
        for cipher in CIPHERS:
            select = Command(0xA4, 0x02, 0x0C, bytes(2))
            read = Command(0xB0, le=4)
            session = Session(cipher, *KEYS[cipher])
            sizes = (
                Exchange(sent(cipher, select), len(session.protect(Response(), 0xA4).encode())),
                Exchange(sent(cipher, read), answered(cipher, 4, 0xB0)),
            )
            cost = plans.by_select([4], Link(), cipher.block, header=4, each=160)
            assert cost == Link().total(sizes)

    @pytest.mark.parametrize(("bit_rate", "latency"), list(product(BIT_RATES, (0.0, 0.004, 0.01))))
    def test_it_is_never_better_than_the_floor(self, bit_rate: int, latency: float) -> None:
        link = Link(bit_rate, reader=latency)
        best = plans.floor(SMALL, link, Limits(16, False))
        assert plans.by_select(SMALL, link, 16, header=4, each=160).seconds > best.seconds
