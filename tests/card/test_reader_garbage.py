"""Nonsense that the chip signs itself: behind a right MAC, any answer to READ BINARY.

Whatever a chip says ends in the right bytes, in an error of epass, or in a document that fails
its checks; in a bounded number of commands, and never in another exception.
"""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime

import pytest
from card_wire import Wire, application
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from epass import tlv
from epass.card import reader
from epass.card.apdu import Command, Response
from epass.card.keys import MrzKey
from epass.card.reader import DEFAULT
from epass.crypto.ciphers import Cipher
from epass.dump import Dump
from epass.errors import CardError, FormatError, ProtocolError, StatusError
from epass.lds.names import File
from epass.sim import issuer
from epass.sim.chip import Chip
from epass.trust.verify import verify

AT = datetime(2026, 11, 20, tzinfo=UTC)
DOCUMENT = issuer.issue(image_size=33_000)  # so that DG2 needs the odd instruction
KEY = MrzKey.from_mrz(DOCUMENT.mrz)
SMALL = (File.COM, File.DG1, File.SOD)
READS = (0xB0, 0xB1)
MOST = 1000  # commands; a sound read of all files takes 170

Alter = Callable[[Command, Response], Response]

STATUS_WORDS = (0x9000, 0x6282, 0x6283, 0x6300, 0x6700, 0x6B00, 0x6C10, 0x6CFF, 0x6D00, 0x61FF)
bodies = st.one_of(
    st.binary(max_size=300),
    st.binary(max_size=60).map(lambda body: tlv.build(0x60, body)),
    st.binary(max_size=60).map(lambda body: tlv.build(0x53, body)),
    st.integers(0, 0xFFFFFF).map(lambda size: b"\x75\x83" + size.to_bytes(3) + bytes(40)),
    st.sampled_from([bytes(70_000), b"\x75\x80", b"\x1f\xff\xff\xff"]),
)
answers = st.builds(Response, bodies, st.sampled_from(STATUS_WORDS) | st.integers(0, 0xFFFF))


def examples(count: int) -> settings:
    return settings(max_examples=count, deadline=None, suppress_health_check=[HealthCheck.too_slow])


class Liar:
    """``alter`` of a chip: the reading commands of the session, counted from 1."""

    def __init__(self, lie: Callable[[int, Response], Response]) -> None:
        self.lie = lie
        self.count = 0

    def __call__(self, command: Command, response: Response) -> Response:
        if command.ins not in READS:
            return response
        self.count += 1
        return self.lie(self.count, response)


def read(alter: Alter, want: Iterable[File] = SMALL) -> tuple[Dump | None, Wire]:
    """The dump, if there is one. BAC is quicker; the files are read in the same way after PACE."""
    wire = Wire(Chip(DOCUMENT, access=("BAC",), alter=alter))
    try:
        return reader.read(wire, KEY, want=want), wire
    except (CardError, FormatError):
        return None, wire


def assert_sound(alter: Alter, want: Iterable[File] = SMALL) -> None:
    dump, wire = read(alter, want)
    assert len(wire.commands) <= MOST
    if dump is None:
        return
    failed = verify(dump, at=AT).failed
    for file in want:
        if file.group and dump.files[file] != DOCUMENT.files[file]:
            assert f"{file.label.lower()}.hash" in failed


SMALL_READS, ALL_READS = 7, 151  # READ BINARY of a sound read


@pytest.mark.parametrize(("want", "reads"), [(SMALL, SMALL_READS), (DEFAULT, ALL_READS)])
def test_a_chip_that_does_not_lie(want: tuple[File, ...], reads: int) -> None:
    liar = Liar(lambda _, response: response)
    dump, _ = read(liar, want)
    assert dump is not None
    assert application(dump.files) == {file: DOCUMENT.files[file] for file in want}
    assert liar.count == reads


@pytest.mark.parametrize("number", range(1, SMALL_READS + 1))
@examples(60)
@given(answer=answers)
def test_one_answer_replaced(number: int, answer: Response) -> None:
    assert_sound(Liar(lambda at, response: answer if at == number else response))


@examples(40)
@given(number=st.integers(SMALL_READS + 1, ALL_READS), answer=answers)
def test_one_answer_of_a_large_file_replaced(number: int, answer: Response) -> None:
    assert_sound(Liar(lambda at, response: answer if at == number else response), DEFAULT)


@examples(100)
@given(from_read=st.integers(1, SMALL_READS), answer=answers)
def test_every_answer_replaced_from_then_on(from_read: int, answer: Response) -> None:
    assert_sound(Liar(lambda at, response: answer if at >= from_read else response))


@examples(100)
@given(number=st.integers(1, SMALL_READS), place=st.integers(0, 300), change=st.integers(1, 0xFF))
def test_one_byte_changed(number: int, place: int, change: int) -> None:
    def lie(at: int, response: Response) -> Response:
        if at != number or not response.data:
            return response
        data = bytearray(response.data)
        data[place % len(data)] ^= change
        return Response(bytes(data), response.sw)

    assert_sound(Liar(lie))


@pytest.mark.parametrize("cut", [1, 10, 199])
@pytest.mark.parametrize("sw", [0x9000, 0x6282])
def test_answers_that_are_cut_short_behind_the_mac_are_read_on(cut: int, sw: int) -> None:
    def lie(_: int, response: Response) -> Response:
        return Response(response.data[: max(len(response.data) - cut, 32)], sw)

    dump, _ = read(Liar(lie))
    assert dump is not None
    assert application(dump.files) == {file: DOCUMENT.files[file] for file in SMALL}


def test_a_byte_at_a_time_is_not_taken_for_long() -> None:
    liar = Liar(lambda at, response: Response(response.data[:1] if at > 3 else response.data))
    with pytest.raises(
        ProtocolError, match=r"READ BINARY EF.SOD: only \d+ of \d+ bytes in \d+ ans"
    ):
        reader.read(Chip(DOCUMENT, access=("BAC",), alter=liar), KEY, want=SMALL)
    assert liar.count < 50


def always(answer: Response) -> Liar:
    return Liar(lambda _at, _response: answer)


@pytest.mark.parametrize(
    ("answer", "kind", "message"),
    [
        (
            Response(sw=0x6A80),
            StatusError,
            "READ BINARY EF.COM at 0: the chip answers 6A80 (incorrect data)",
        ),
        (Response(), FormatError, "EF.COM at byte 0: the data ends inside a tag"),
        (Response(bytes(300)), ProtocolError, "READ BINARY: 300 bytes for 231 asked for"),
    ],
)
def test_a_lie_is_no_fault_of_secure_messaging(
    answer: Response, kind: type[CardError] | type[FormatError], message: str
) -> None:
    with pytest.raises(kind) as caught:
        reader.read(Chip(DOCUMENT, access=("BAC",), alter=always(answer)), KEY)
    assert str(caught.value) == message


@pytest.mark.parametrize("cipher", Cipher, ids=lambda cipher: cipher.label)
@pytest.mark.parametrize("size", [0, 1, 15, 16, 223, 224, 300])
def test_the_same_after_pace(cipher: Cipher, size: int) -> None:
    """The garbage passes through secure messaging of every cipher."""
    garbage = Response(b"\x60" + bytes(size))
    lie = Liar(lambda at, response: garbage if at > 1 else response)  # after EF.CardAccess
    with pytest.raises((ProtocolError, FormatError)):
        reader.read(Chip(DOCUMENT, cipher=cipher.label, alter=lie), KEY, want=(File.DG1,))
