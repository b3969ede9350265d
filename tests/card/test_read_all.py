"""What else a document lists: read where the chip gives it, and recorded where it does not."""

from collections.abc import Callable

import pytest
from card_wire import application
from watched_chip import ACCESSES, PLAIN, READ_BINARY, SELECT, Watched, read, with_files

from epass import tlv
from epass.card.apdu import Command
from epass.card.reader import DEFAULT, Steps
from epass.dump import MAX_STEPS, Refusal
from epass.errors import InputError
from epass.lds.names import UNSIGNED, File
from epass.sim.chip import Chip
from epass.sim.fault_table import FAULTS
from epass.sim.faults import Card, FaultyChannel
from epass.sim.issuer import Document

FIRST = (File.COM, File.DG1, File.SOD)
ABSENT = {
    file: Refusal(0x6A82, f"SELECT {file.label}: the chip answers 6A82 (file not found)")
    for file in UNSIGNED
}
DENIED = "READ BINARY {} at 0: the chip answers 6982 (security status not satisfied)"


def listing(*files: File) -> Document:
    """A document that EF.COM says has these groups too, with something in each."""
    groups = [file for file in File if file in {File.DG1, File.DG2, *files}]
    tags = bytes(file.tag or 0 for file in groups)
    version = tlv.build(0x5F01, b"0107") + tlv.build(0x5F36, b"040000")
    changed = {"COM": tlv.build(0x60, version + tlv.build(0x5C, tags))}
    changed |= {file.name: tlv.build(file.tag or 0, b"\x53\x01\x41") for file in files}
    return with_files(PLAIN, **changed)


def refuses(*files: File) -> Callable[[Command], int | None]:
    places = {(READ_BINARY, 0x80 | file.sfi) for file in files}
    names = {(SELECT, file.fid.to_bytes(2)) for file in files}

    def refuse(command: Command) -> int | None:
        named = (command.ins, command.data) in names
        return 0x6982 if named or (command.ins, command.p1) in places else None

    return refuse


@ACCESSES
def test_all_that_is_listed_is_read(access: tuple[str, ...]) -> None:
    groups = (File.DG7, File.DG11, File.DG12, File.DG16)
    dump = read(Watched(listing(*groups), access=access), everything=True)
    assert set(dump.files) >= {*DEFAULT, *groups}
    assert dump.refused == ABSENT


def test_only_what_is_asked_for_is_read() -> None:
    document = listing(File.DG11, File.DG12)
    assert set(read(Watched(document), FIRST).files) == {*FIRST, File.CARD_ACCESS}
    dump = read(Watched(document), FIRST, also=[File.DG12, File.DG1])
    assert set(dump.files) == {*FIRST, File.CARD_ACCESS, File.DG12}


@ACCESSES
def test_what_is_refused_is_recorded_with_its_status_word(access: tuple[str, ...]) -> None:
    chip = Watched(listing(File.DG3, File.DG4, File.DG11), refuses(File.DG3, File.DG4), access)
    dump = read(chip, everything=True)
    assert dump.refused == ABSENT | {
        file: Refusal(0x6982, DENIED.format(file.label)) for file in (File.DG3, File.DG4)
    }
    assert File.DG11 in dump.files
    assert dump.quirks == ()


def test_what_is_not_there_is_recorded() -> None:
    dump = read(Watched(PLAIN), FIRST, also=[File.DG13])
    assert dump.refused[File.DG13].sw == 0x6A82


def test_what_is_no_file_is_recorded_without_a_status_word() -> None:
    document = with_files(listing(File.DG13), DG13=b"\x31\x00")
    dump = read(Watched(document), everything=True)
    wrong = Refusal(None, "DG13 at byte 0: the tag is 31, not 6D")
    assert dump.refused == ABSENT | {File.DG13: wrong}


def test_a_refusal_without_protection_is_recorded_and_the_rest_read() -> None:
    chip = Watched(listing(File.DG3, File.DG11), refuses(File.DG3), naked=True)
    dump = read(chip, everything=True)
    denied = Refusal(0x6982, "an unprotected answer, status 6982")
    assert dump.refused == ABSENT | {File.DG3: denied}
    assert File.DG11 in dump.files
    assert dump.quirks == ("naked-errors",)


def test_a_chip_that_breaks_off_again_and_again_is_left_alone() -> None:
    groups = (File.DG3, File.DG4, File.DG5)
    chip = Watched(listing(*groups, File.DG11), refuses(*groups), naked=True)
    dump = read(chip, everything=True)
    assert [dump.refused[file].sw for file in groups] == [0x6982, 0x6982, None]
    assert dump.refused[File.DG5].reason == "not asked for: the chip broke off over other files"
    assert File.DG11 in dump.refused
    assert set(dump.files) >= set(DEFAULT)


def test_a_file_of_the_master_file_cannot_be_asked_for() -> None:
    with pytest.raises(InputError) as caught:
        read(Watched(PLAIN), also=[File.CARD_SECURITY])
    assert caught.value.message == "want: EF.CardSecurity is not a file of the eMRTD application"


def test_a_document_that_slips_off_is_read_to_its_end() -> None:
    document = listing(File.DG7, File.DG11)
    count = read(Chip(document), everything=True).apdus
    made: Callable[[object], Card] = lambda _alter: Chip(document)  # noqa: E731 - as it is asked for
    for at in range(count - 6, count + 1):
        channel = FaultyChannel(made, FAULTS["removed"], at, other=lambda _kind: Chip(document))
        dump = read(channel, everything=True)
        assert application(dump.files) == dict(document.files)
        assert "lost" in [step.stage for step in dump.steps]


# --- what took how long -------------------------------------------------------------------------


def test_the_steps_of_a_read() -> None:
    dump = read(Watched(PLAIN))
    assert [(step.stage, step.file) for step in dump.steps] == [
        ("access", None),
        ("file", File.COM),
        ("file", File.DG1),
        ("file", File.SOD),
        ("file", File.DG2),
    ]
    assert sum(step.apdus for step in dump.steps) == dump.apdus
    assert dump.steps[0].start == 0
    ends = [round(step.start + step.seconds, 3) for step in dump.steps]
    assert [*ends[:-1]] == [step.start for step in dump.steps[1:]]
    assert ends[-1] == dump.seconds


class Clock:
    """A second passes each time it is looked at."""

    count = 0

    def __call__(self) -> float:
        self.count += 1
        return float(self.count)


def test_a_part_goes_on_until_the_next_one() -> None:
    clock = Clock()
    steps = Steps(clock, clock)
    for file in (File.COM, File.COM, File.DG1):
        steps.enter("file", file)
    steps.end()
    assert [(step.file, step.start, step.seconds) for step in steps.taken] == [
        (File.COM, 1.0, 1.0),
        (File.DG1, 2.0, 1.0),
    ]


def test_the_steps_have_a_limit() -> None:
    steps = Steps(Clock(), Clock())
    for number in range(MAX_STEPS + 5):
        steps.enter("file", File.COM if number % 2 else File.DG1)
    steps.end()
    assert len(steps.taken) == MAX_STEPS
