"""The ladder over sessions of other ciphers, and over links that fail."""

from dataclasses import replace

import pytest
from known_chip import DOCUMENT, EXTENDED, KEY, KnownChip

from epass.card import reader
from epass.card.apdu import READ_BINARY, READ_BINARY_ODD, Command, Response
from epass.card.ladder import LADDER, Ladder
from epass.card.memory import Memory
from epass.card.secure import ChipSession
from epass.crypto.ciphers import Cipher
from epass.errors import CardRemovedError, CommunicationError, ReaderError, SecureMessagingError
from epass.lds.names import File
from epass.sim import answer_to_reset, issuer
from epass.sim.answer_to_reset import Limits
from epass.sim.card_files import PaceOffer
from epass.sim.chip import Chip
from epass.sim.pace import PaceSuite
from epass.sim.sized import sized

AES, TDES = 223, 231


@pytest.mark.parametrize(
    ("largest", "before", "after", "expected"),
    [
        (TDES, TDES, AES, AES),  # all that a short answer carries, before and after
        (AES, AES, TDES, TDES),
        (AES, TDES, AES, AES),
        (225, TDES, AES, AES),
        (192, TDES, AES, 192),
        (192, AES, TDES, 192),
        (4096, TDES, AES, 4096),
        (256, TDES, AES, 256),
    ],
)
def test_another_session(largest: int, before: int, after: int, expected: int) -> None:
    ladder = Ladder(largest, short=before)
    was_extended = ladder.is_extended
    ladder.continue_with(after)
    assert (ladder.largest, ladder.short) == (expected, after)
    assert ladder.is_extended is was_extended


def test_the_steps_of_a_short_answer() -> None:
    """231 bytes do not fit under AES, and nobody asks for them with extended length."""
    for short, steps in ((AES, LADDER[:8] + LADDER[9:]), (TDES, LADDER)):
        asked: list[int] = []

        def ask(le: int, asked: list[int] = asked) -> Response:
            asked.append(le)
            return Response(sw=0x6700)

        Ladder(0xFF00, short=short).next(ask, 60_000)
        assert asked == [60_000, *steps]


@pytest.mark.parametrize("sw", [0x6982, 0x6985, 0x6A80, 0x6A86, 0x6D00, 0x6F00, 0x6581, 0x6883])
def test_extended_length_that_is_refused_by_any_status_word(sw: int) -> None:
    """Short length works then; nobody has said that it was the length."""

    def refuse(command: Command, answer: Response) -> Response:
        is_long = command.ins in (READ_BINARY, READ_BINARY_ODD) and (command.le or 0) > 256
        return Response(sw=sw) if is_long else answer

    chip = KnownChip(Chip(DOCUMENT, alter=refuse))
    dump = reader.read(chip, KEY, memory=Memory())
    assert dump.files[File.DG2] == DOCUMENT.files[File.DG2]
    assert dump.quirks == ("extended-refused",)
    assert len(chip.after_access) == 106 + 1


@pytest.mark.parametrize("sw", [0x9000, 0x6282])
def test_nothing_is_a_refusal_too(sw: int) -> None:
    def refuse(command: Command, answer: Response) -> Response:
        is_long = command.ins in (READ_BINARY, READ_BINARY_ODD) and (command.le or 0) > 2000
        return Response(sw=sw) if is_long else answer

    chip = KnownChip(Chip(DOCUMENT, alter=refuse))
    dump = reader.read(chip, KEY, memory=Memory())
    assert dump.files[File.DG2] == DOCUMENT.files[File.DG2]


def test_what_the_chip_says_is_left_is_asked_for() -> None:
    """6Cxx for a few bytes is of this place in the file, and no limit of the chip."""
    asked: list[int] = []

    def ask(le: int) -> Response:
        asked.append(le)
        return Response(b"x" * le) if le == 0x12 else Response(sw=0x6C12)

    ladder = Ladder(AES)
    assert ladder.next(ask, 50) == Response(b"x" * 0x12)
    assert (asked, ladder.largest) == ([50, 0x12], AES)


@pytest.mark.parametrize("size", [200, AES, AES + 1, 240, 256, 257, 300])
def test_more_than_a_short_answer_carries_takes_extended_length(size: int) -> None:
    """Also where Le would fit into a byte: the chip has to protect what it answers.

    The rest of DG2 is of ``size`` bytes, and no length is refused.
    """
    document = sized(issuer.issue(), dg2=4000 + size, filler=b"a seed")
    limit = ChipSession(Cipher.AES_128, bytes(16), bytes(16))
    response = next(n for n in range(4000, 4200) if limit.room(n) >= 4000)
    info = answer_to_reset.extended_lengths(Limits(2000, response))
    chip = KnownChip(Chip(document, ef_atr_info=info), replace(EXTENDED, has_lengths=True))
    dump = reader.read(chip, KEY, memory=Memory(), want=(File.DG2,))
    assert dump.files[File.DG2] == document.files[File.DG2]
    rest = 4000 + size - limit.room(response)
    assert [command.is_extended for command in chip.after_access] == [True, rest > AES]


class Failing(KnownChip):
    """A reader whose driver breaks off at extended length, and can be connected to again."""

    fault: ReaderError = CommunicationError("the exchange with the card was broken off")
    reconnects = 0

    def transmit(self, command: Command) -> Response:
        if command.is_extended:
            raise self.fault
        return super().transmit(command)

    def reconnect(self, _seconds: float, _on_wait: object) -> None:
        self.reconnects += 1
        self.chip.reset()


def test_a_driver_that_breaks_off_at_extended_length() -> None:
    """The read goes on without, and the next one begins without."""
    memory = Memory()
    for reconnects in (1, 0):
        channel = Failing(Chip(DOCUMENT))
        dump = reader.read(channel, KEY, memory=memory)
        assert {file: dump.files[file] for file in DOCUMENT.files} == dict(DOCUMENT.files)
        assert channel.reconnects == reconnects


def test_a_card_that_was_removed_says_nothing_of_lengths() -> None:
    channel = Failing(Chip(DOCUMENT))
    channel.fault = CardRemovedError("the card was removed")
    with pytest.raises(CardRemovedError):
        reader.read(channel, KEY, memory=Memory())
    assert channel.reconnects == 5


def test_a_link_that_fails_after_extended_length_was_taken() -> None:
    ladder = Ladder(4096, short=AES)
    ladder.first(lambda _: Response(b"data"))
    ladder.doubt()
    assert ladder.largest == 4096


def test_an_answer_that_is_not_authentic_is_no_refusal_of_a_length() -> None:
    class Disturbed(KnownChip):
        def transmit(self, command: Command) -> Response:
            answer = super().transmit(command)
            return Response(answer.data[:-1] + b"?", answer.sw) if command.is_extended else answer

    channel = Disturbed(Chip(DOCUMENT))
    with pytest.raises(SecureMessagingError, match="the MAC of the answer is wrong"):
        reader.read(channel, KEY, memory=Memory())
    assert len(channel.after_access) == 1


def test_a_chip_that_refuses_extended_length_cannot_be_reset() -> None:
    class Bare:
        def __init__(self, chip: KnownChip) -> None:
            self.transmit, self.traits = chip.transmit, chip.traits

    with pytest.raises(SecureMessagingError, match="an unprotected answer, status 6700"):
        reader.read(Bare(KnownChip(Chip(DOCUMENT, quirks=("extended-refused",)))), KEY)


def test_extended_length_refused_while_the_chip_is_opened() -> None:
    """EF.CardSecurity is the first file that is read then; opening the chip again reads it."""
    suites = tuple(PaceSuite.named("AES-128", 13, mapping) for mapping in ("GM", "CAM"))
    document = issuer.issue(pace=PaceOffer(suites))
    channel = KnownChip(Chip(document, quirks=("extended-refused",)))
    dump = reader.read(channel, KEY, memory=Memory())
    assert all(dump.files[file] == document.files[file] for file in document.files)
    assert (dump.notes, dump.quirks) == ((), ("extended-refused",))
    assert len([command for command in channel.commands if command.is_extended]) == 1
