"""The link model: its formula against sums done by hand, its clock, and its channel."""

import pytest

from epass.card.apdu import Command, Response
from epass.errors import InputError
from epass.sim import issuer
from epass.sim.chip import Chip
from epass.sim.link import (
    ACTIVATION,
    BIT_RATES,
    TURNAROUNDS,
    Clock,
    Cost,
    Exchange,
    Link,
    LinkChannel,
    measured,
)

ETU = 128 / 13_560_000  # seconds, at 106 kbit/s
READ_231 = Exchange(19, 252, protected=True)  # READ BINARY under 3DES that fills a short answer


def seconds(link: Link, exchange: Exchange) -> float:
    return link.cost(exchange).seconds


def test_one_frame_each_way_by_hand() -> None:
    """22 and 255 bytes in frames of 9 bits a byte and 2 around, and two turnarounds."""
    by_hand = (9 * 22 + 2 + 9 * 255 + 2) * ETU + 2 * TURNAROUNDS["A"]
    assert seconds(Link(106), READ_231) == pytest.approx(by_hand)
    assert by_hand == pytest.approx(0.02374, abs=1e-5)


@pytest.mark.parametrize("bit_rate", BIT_RATES)
def test_a_bit_takes_128_cycles_at_106(bit_rate: int) -> None:
    cycles = {106: 128, 212: 64, 424: 32, 848: 16}[bit_rate]
    assert Link(bit_rate).etu == pytest.approx(cycles / 13_560_000)


def test_type_b_has_a_stop_bit_and_longer_frames() -> None:
    on_air = (10 * (22 + 255) + 2 * 22) * ETU
    by_hand = on_air + 2 * 2304 / 13_560_000
    assert seconds(Link(106, "B"), READ_231) == pytest.approx(by_hand)
    assert seconds(Link(106, "B", turnaround=0.0), READ_231) == pytest.approx(on_air)


@pytest.mark.parametrize(
    ("exchange", "frames"),
    [
        (Exchange(4, 2), 2),
        (Exchange(253, 253), 2),
        (Exchange(254, 253), 4),  # a chained block more, and its acknowledgement
        (Exchange(253, 254), 4),
        (Exchange(23, 20_514), 2 * 82),
        (Exchange(600, 600), 10),
    ],
)
def test_chained_blocks_are_acknowledged(exchange: Exchange, frames: int) -> None:
    cost = Link(fsc=256, fsd=256).cost(exchange)
    assert cost.frames == frames
    assert cost.bytes_on_air == exchange.command + exchange.response + 3 * frames


def test_each_side_has_its_own_frame_size() -> None:
    exchange = Exchange(100, 100)
    assert Link(fsc=64, fsd=256).cost(exchange).frames == 4
    assert Link(fsc=256, fsd=64).cost(exchange).frames == 4
    assert Link(fsc=4096, fsd=4096).cost(Exchange(4000, 4000)).frames == 2


def test_what_reader_and_chip_add() -> None:
    bare = seconds(Link(), READ_231)
    assert seconds(Link(reader=0.003, chip=0.001), READ_231) == pytest.approx(bare + 0.004)
    crypto = Link(protection=0.002, cryptography=1e-6)
    assert seconds(crypto, READ_231) == pytest.approx(bare + 0.002 + 271e-6)
    assert seconds(crypto, Exchange(19, 252)) == pytest.approx(bare)
    slow = Link(agreement=0.1)
    assert seconds(slow, Exchange(19, 252, agreement=True)) == pytest.approx(bare + 0.1)
    assert seconds(slow, READ_231) == pytest.approx(bare)


@pytest.mark.parametrize(
    ("exchange", "messages"),
    [
        (Exchange(261, 261), 1),
        (Exchange(261, 262), 2),
        (Exchange(262, 261), 2),
        (Exchange(23, 2_610), 10),
        (Exchange(23, 2_611), 11),
    ],
)
def test_a_small_message_buffer_splits_the_answer(exchange: Exchange, messages: int) -> None:
    with_limit, without = Link(reader=0.001, ccid=271), Link(reader=0.001)
    more = seconds(with_limit, exchange) - seconds(without, exchange)
    assert more == pytest.approx(0.001 * (messages - 1))


def test_costs_are_added_up() -> None:
    link = Link(424, reader=0.004)
    total = link.total([READ_231, Exchange(5, 2)])
    assert total == link.cost(READ_231) + link.cost(Exchange(5, 2))
    assert (total.apdus, link.total([])) == (2, Cost())


@pytest.mark.parametrize(
    ("choices", "message"),
    [
        ({"bit_rate": 100}, "bit rate"),
        ({"framing": "F"}, "framing"),
        ({"fsc": 255}, "FSC and FSD"),
        ({"fsd": 0}, "FSC and FSD"),
        ({"ccid": 10}, "CCID"),
        ({"reader": -0.001}, "negative"),
        ({"cryptography": -1.0}, "negative"),
    ],
)
def test_a_link_that_cannot_be(choices: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        Link(**choices)  # type: ignore[arg-type]


def test_the_clock_stands_until_somebody_waits() -> None:
    clock = Clock()
    assert clock.now() == 0
    clock.sleep(2.5)
    clock.sleep(-1)
    assert clock.now() == 2.5


class TestChannel:
    def test_exchanges_take_their_time(self) -> None:
        channel = LinkChannel(Chip(issuer.issue()), Link(106, agreement=0.5))
        command = Command(0xA4, 0x04, 0x0C, bytes(7))
        answer = channel.transmit(command)
        exchange = Exchange(len(command.encode()), 2)
        assert channel.exchanges == [exchange]
        assert channel.cost == Link(106).cost(exchange)
        assert channel.clock.now() == pytest.approx(channel.cost.seconds)
        assert not answer.data

    def test_a_reset_takes_an_activation(self) -> None:
        channel = LinkChannel(Chip(issuer.issue()))
        channel.reset()
        assert (channel.clock.now(), channel.exchanges) == (ACTIVATION, [])

    def test_what_the_chip_computes_is_seen_in_the_command(self) -> None:
        protected = Command(0xB0, 0x81, 0, bytes(13), 256, cla=0x0C)
        assert measured(protected, Response(bytes(30))) == Exchange(19, 32, protected=True)
        agreement = Command(0x86, 0, 0, bytes(2), 256, cla=0x10)
        assert measured(agreement, Response()) == Exchange(8, 2, agreement=True)

    def test_its_clock_makes_a_delay_of_the_chip(self) -> None:
        clock = Clock()
        chip = Chip(issuer.issue(), access=("BAC",), quirks=("key-delay",), sleep=clock.sleep)
        channel = LinkChannel(chip, clock=clock)
        channel.transmit(Command(0xA4, 0x04, 0x0C, bytes.fromhex("A0000002471001")))
        for _ in range(2):  # the second wrong key is delayed
            channel.transmit(Command(0x84, le=8))
            assert channel.transmit(Command(0x82, data=bytes(40), le=40)).sw == 0x6300
        assert 0.1 <= clock.now() - channel.cost.seconds < 0.11
