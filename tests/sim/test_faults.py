"""Faults: each does what its name says, once or from then on, and the same each time."""

from collections.abc import Callable
from contextlib import suppress

import pytest

from epass.card.apdu import Command, Response
from epass.card.traits import Traits, traits
from epass.errors import (
    CardRemovedError,
    CardSilentError,
    CommunicationError,
    FormatError,
    NoCardError,
    NoReaderError,
    NoServiceError,
    ReaderError,
    SharingError,
)
from epass.sim.fault_table import (
    ANSWERS,
    AWAY,
    CARRIED_OUT,
    FAULTS,
    FILLER,
    GAPS,
    LIES,
    PERIOD,
    SILENT_SECONDS,
    SLOW_SECONDS,
    STATUS_WORDS,
)
from epass.sim.faults import (
    CLONE,
    OTHER_ACCESS,
    OTHER_DOCUMENT,
    SAME_KEY,
    Alter,
    Fault,
    FaultyChannel,
    TooManyCommandsError,
)

SELECT, READ = Command(0xA4), Command(0xB0, le=8)
SW_OK = b"\x90\x00"


class Counting:
    """A chip that answers with the number of the command, and knows when it was reset.

    What it answers is "protected" by a byte FF around it.
    """

    def __init__(self, alter: Alter, name: str = "first") -> None:
        self.alter, self.name = alter, name
        self.commands = self.resets = 0

    def transmit(self, command: Command) -> Response:
        self.commands += 1
        plain = Response(bytes((self.commands, 2, 3, 4)))
        answer = self.alter(command, plain)
        return Response(b"\xff" + answer.data + b"\xff", answer.sw)

    def reset(self) -> None:
        self.resets += 1


class Scene:
    """A channel with a fault, and the chips behind it."""

    def __init__(self, fault: str, at: int = 2, most: int = 100) -> None:
        self.chips: list[Counting] = []
        self.channel = FaultyChannel(self._made, FAULTS[fault], at, other=self._other, most=most)

    def _made(self, alter: Alter) -> Counting:
        self.chips.append(Counting(alter))
        return self.chips[-1]

    def _other(self, kind: str) -> Counting:
        self.chips.append(Counting(lambda _, answer: answer, kind))
        return self.chips[-1]

    def send(self, command: Command = READ) -> bytes:
        return self.channel.transmit(command).encode()


def right(number: int) -> bytes:
    return bytes((0xFF, number, 2, 3, 4, 0xFF)) + SW_OK


def test_the_table_is_whole() -> None:
    assert len(FAULTS) == len(GAPS) + len(ANSWERS) + len(LIES) + 2 * (
        len(STATUS_WORDS) + len(CARRIED_OUT)
    )
    assert all(fault.about for fault in FAULTS.values())
    assert all((fault.link is None) is not (fault.chip is None) for fault in FAULTS.values())
    assert len(set(STATUS_WORDS)) == len(STATUS_WORDS)


@pytest.mark.parametrize("name", FAULTS)
def test_nothing_happens_before_its_time(name: str) -> None:
    scene = Scene(name, at=3)
    assert (scene.send(), scene.send()) == (right(1), right(2))
    assert scene.channel.struck == 0


@pytest.mark.parametrize("name", FAULTS)
def test_the_same_each_time(name: str) -> None:
    def played() -> list[object]:
        scene, answers = Scene(name), list[object]()
        for _ in range(6):
            try:
                answers.append(scene.send())
            except (ReaderError, FormatError) as error:
                answers.append((type(error), str(error)))
        return [*answers, scene.channel.clock.now()]

    assert played() == played()


@pytest.mark.parametrize(
    ("name", "kind", "carried_out"),
    [
        ("removed", CardRemovedError, False),
        ("removed-after", CardRemovedError, True),
        ("removed-a-while", CardRemovedError, False),
        ("removed-for-good", CardRemovedError, False),
        ("removed-again", CardRemovedError, False),
        ("reader-unplugged", NoReaderError, False),
        ("service-ended", NoServiceError, False),
        ("reset", SharingError, False),
        ("disturbed", CommunicationError, False),
        ("disturbed-after", CommunicationError, True),
        ("silent", CardSilentError, True),
        ("stale", CardSilentError, True),
        ("empty", CommunicationError, True),
    ],
)
def test_a_gap(name: str, kind: type[ReaderError], carried_out: bool) -> None:
    scene = Scene(name)
    scene.send()
    for _ in range(2):  # the second time it is the dead channel that says so
        with pytest.raises(kind):
            scene.send()
    with pytest.raises(kind):
        scene.channel.reset()
    (chip,) = scene.chips
    assert (chip.commands, chip.resets) == (1 + carried_out, 1)


@pytest.mark.parametrize(("name", "away"), [("removed", 0), ("removed-a-while", AWAY)])
def test_it_comes_back(name: str, away: int) -> None:
    scene = Scene(name)
    scene.send()
    with pytest.raises(CardRemovedError):
        scene.send()
    for _ in range(away):
        with pytest.raises(NoCardError):
            scene.channel.reconnect()
    scene.channel.reconnect()
    assert scene.send() == right(2)
    assert scene.channel.attempts == away + 1
    assert scene.channel.clock.now() == 0.5 * (away + 1)


def test_it_does_not_come_back() -> None:
    scene = Scene("removed-for-good", most=20)
    scene.send()
    with pytest.raises(CardRemovedError):
        scene.send()
    for _ in range(20):
        with pytest.raises(NoCardError):
            scene.channel.reconnect()
    with pytest.raises(TooManyCommandsError, match="20 attempts"):
        scene.channel.reconnect()


def test_it_is_taken_off_again_and_again() -> None:
    scene = Scene("removed-again", at=1)
    gaps = []
    for number in range(1, 3 * PERIOD + 1):
        try:
            scene.send()
        except CardRemovedError:
            gaps.append(number)
            scene.channel.reconnect()
    assert gaps == [1, 1 + PERIOD, 1 + 2 * PERIOD]


@pytest.mark.parametrize("kind", [OTHER_DOCUMENT, SAME_KEY, OTHER_ACCESS, CLONE])
def test_another_chip_lies_there(kind: str) -> None:
    scene = Scene(kind.replace(" ", "-"))
    scene.send()
    with pytest.raises(CardRemovedError):
        scene.send()
    scene.channel.reconnect()
    assert scene.send() == right(1)
    assert [chip.name for chip in scene.chips] == ["first", kind]


def test_a_reset_that_nobody_is_told_of() -> None:
    scene = Scene("reset-unseen")
    assert [scene.send() for _ in range(3)] == [right(1), right(2), right(3)]
    assert scene.chips[0].resets == 1
    assert scene.channel.struck == 1


@pytest.mark.parametrize(("name", "struck"), [("slow", 1), ("same", 0), ("raises", 1)])
def test_a_fault_strikes_where_it_makes_a_difference(name: str, struck: int) -> None:
    def raises(_channel: FaultyChannel, _command: Command) -> Response:
        raise KeyError

    own = {"same": Fault("same", FaultyChannel.carry_out), "raises": Fault("raises", raises)}
    scene = Scene("slow", at=1)
    scene.channel.fault = own.get(name, FAULTS["slow"])
    with suppress(KeyError):
        assert scene.send() == right(1)
    assert scene.channel.struck == struck


def test_what_chip_and_reader_say_of_themselves() -> None:
    told = Traits(extended=True, model="a model")
    channel = FaultyChannel(
        Counting, FAULTS["slow"], 1, other=lambda _: Counting(lambda _, plain: plain), traits=told
    )
    assert traits(channel) == told
    assert traits(Scene("slow").channel) == Traits()


def test_a_reset_that_is_asked_for() -> None:
    scene = Scene("slow")
    scene.channel.reset()
    assert scene.chips[0].resets == 1


@pytest.mark.parametrize(("name", "seconds"), [("slow", SLOW_SECONDS), ("silent", SILENT_SECONDS)])
def test_what_takes_time_takes_it_on_the_clock(name: str, seconds: float) -> None:
    scene = Scene(name, at=1)
    try:
        assert scene.send() == right(1)
    except CardSilentError as error:
        assert error.seconds == seconds
    assert scene.channel.clock.now() == seconds


SECOND = right(2)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("status-only", SW_OK),
        ("truncated-data", SECOND[:5] + SW_OK),
        ("halved-data", SECOND[:4] + SW_OK),
        ("halved", SECOND[:4]),
        ("truncated", SECOND[:-1]),
        ("extended", SECOND + b"\x00"),
        ("extended-data", SECOND[:-2] + b"\x00" + SW_OK),
        ("doubled", SECOND + SECOND),
        ("flooded", SECOND[:-2] + bytes(70_000) + SW_OK),
        ("flipped-first", b"\x7f" + SECOND[1:]),
        ("flipped-status", SECOND[:-2] + b"\x80\x00"),
        ("flipped-mac", SECOND[:-3] + b"\xfe" + SW_OK),
        ("replayed", right(1)),
        ("unprotected", bytes((2, 2, 3, 4)) + SW_OK),
        ("unprotected-ever", bytes((2, 2, 3, 4)) + SW_OK),
        ("short-by-one", bytes((0xFF, 2, 2, 3, 0xFF)) + SW_OK),
        ("short-by-half", bytes((0xFF, 2, 2, 0xFF)) + SW_OK),
        ("short-with-warning", bytes((0xFF, 2, 2, 0xFF, 0x62, 0x82))),
        ("short-to-one", bytes((0xFF, 2, 0xFF)) + SW_OK),
        ("short-for-ever", bytes((0xFF, 2, 0xFF)) + SW_OK),
        ("no-data", b"\xff\xff" + SW_OK),
        ("more-than-asked", bytes((0xFF, 2, 2, 3, 4, 0, 0xFF)) + SW_OK),
        ("padded", bytes((0xFF, 2, 2, 3, 4)) + FILLER + b"\xff\x62\x82"),
        ("wrong-le", b"\xff\xff\x6c\x04"),
        ("refused-length-ever", b"\xff\xff\x67\x00"),
        ("sw-6A82", b"\x6a\x82"),
        ("after-6282", b"\x62\x82"),
        ("says-63C0", b"\xff\xff\x63\xc0"),
        ("always-6F00", b"\x6f\x00"),
    ],
)
def test_an_answer(name: str, expected: bytes) -> None:
    scene = Scene(name)
    scene.send()
    assert scene.send() == expected
    assert scene.channel.struck == 1


@pytest.mark.parametrize("name", ["one-byte", "empty"])
def test_what_is_no_answer(name: str) -> None:
    scene = Scene(name, at=1)
    with pytest.raises((FormatError, CommunicationError)) as caught:
        scene.send()
    assert isinstance(caught.value, FormatError if name == "one-byte" else CommunicationError)


@pytest.mark.parametrize("name", ["flipped", "flipped-behind-mac", "flipped-often"])
def test_one_bit_is_another(name: str) -> None:
    scene = Scene(name)
    scene.send()
    found = scene.send()
    assert len(found) == len(SECOND)
    assert sum((a ^ b).bit_count() for a, b in zip(found, SECOND, strict=True)) == 1


@pytest.mark.parametrize("name", ["random", "random-behind-mac"])
def test_random_bytes(name: str) -> None:
    scene = Scene(name)
    scene.send()
    found = scene.send()
    assert len(found) == len(SECOND)
    assert found != SECOND
    other = FaultyChannel(scene._made, FAULTS[name], 2, other=scene._other, seed=b"another")
    other.transmit(READ)
    assert other.transmit(READ).encode() != found


@pytest.mark.parametrize("name", [name for name, fault in LIES.items() if fault.chip])
def test_only_what_is_read_is_changed(name: str) -> None:
    scene = Scene(name)
    assert [scene.send(SELECT) for _ in range(3)] == [right(1), right(2), right(3)]
    assert scene.channel.struck == 0


@pytest.mark.parametrize("sw", STATUS_WORDS)
def test_a_status_word_of_the_link_is_not_that_of_the_chip(sw: int) -> None:
    for name, commands in ((f"sw-{sw:04X}", 1), (f"says-{sw:04X}", 2)):
        scene = Scene(name)
        scene.send()
        assert scene.send()[-2:] == sw.to_bytes(2)
        assert scene.chips[0].commands == commands


def test_answers_in_another_order() -> None:
    scene = Scene("reordered")
    assert [scene.send() for _ in range(4)] == [right(1), right(1), right(2), right(4)]


def test_an_answer_that_comes_too_late() -> None:
    scene = Scene("stale")
    scene.send()
    with pytest.raises(CardSilentError):
        scene.send()
    scene.channel.reconnect()
    assert [scene.send() for _ in range(2)] == [right(2), right(4)]


@pytest.mark.parametrize("name", ["flipped-often", "unprotected-ever", "short-for-ever"])
def test_it_goes_on(name: str) -> None:
    scene = Scene(name)
    scene.send()
    for number in range(2, 6):
        assert scene.send() != right(number)
    assert scene.channel.struck == 4


def test_nothing_runs_on_for_ever() -> None:
    scene = Scene("slow", at=1, most=3)
    for _ in range(3):
        scene.send()
    with pytest.raises(TooManyCommandsError, match="more than 3 commands"):
        scene.send()


def test_a_fault_of_ones_own() -> None:
    deaf: Callable[[FaultyChannel, Command], Response] = lambda *_: Response(sw=0x6E00)  # noqa: E731
    channel = FaultyChannel(
        Counting, Fault("deaf", deaf), 1, other=lambda _: Counting(lambda _, answer: answer)
    )
    assert channel.transmit(READ).sw == 0x6E00
