"""The security status of the simulated chip: access, the end of a session, anything at all."""

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sim_cards import EF_COM, FILES, MARK, Handmade, exchanged, new_chip, opened, opened_by_pace
from sim_terminal import AID, CAN, TD2_INFORMATION, TD2_MRZ, Terminal, scripted, vectors

from epass import tlv
from epass.card.apdu import Command, Response
from epass.crypto.ciphers import Cipher
from epass.errors import FormatError
from epass.lds.names import File
from epass.sim.chip import Chip

SM = vectors("doc9303-sm")
G1 = vectors("doc9303-pace")["pace-gm-ecdh"]

# --- BAC --------------------------------------------------------------------------------------

EXTERNAL = SM["bac-exchange"]["EXTERNAL_AUTHENTICATE_capdu"]


def d3_chip(**options: object) -> Chip:
    fields = SM["bac-exchange"]
    random = scripted(*[bytes.fromhex(fields[name]) for name in ("RND_IC", "K_IC")] * 2)
    chip = Chip(Handmade(mrz=TD2_MRZ), random=random, **options)  # type: ignore[arg-type]
    assert exchanged(chip, "00A4040C07A0000002471001") == "9000"
    return chip


@pytest.mark.parametrize("le", ["00", "28"])
def test_external_authenticate_with_either_le(le: str) -> None:
    chip = d3_chip()
    exchanged(chip, "0084000008")
    assert exchanged(chip, EXTERNAL[:-2] + le).endswith("9000")


@pytest.mark.parametrize(
    ("apdu", "answer"),
    [
        (EXTERNAL[:-2], "6700"),
        (EXTERNAL[:-2] + "27", "6700"),
        (EXTERNAL[:-2] + "29", "6700"),
        ("0082000000", "6700"),
        ("008200000800000000000000000028", "6700"),
        ("00820001" + EXTERNAL[8:], "6A86"),
        (EXTERNAL[:20] + "00" + EXTERNAL[22:], "6300"),
    ],
)
def test_a_challenge_is_good_for_one_attempt(apdu: str, answer: str) -> None:
    chip = d3_chip()
    exchanged(chip, "0084000008")
    assert exchanged(chip, apdu) == answer
    assert exchanged(chip, EXTERNAL) == "6985"


@pytest.mark.parametrize("between", ["00A4040C07A0000002471001", "00B0810000", "", "80000000"])
def test_a_challenge_is_good_for_the_next_command(between: str) -> None:
    chip = d3_chip()
    exchanged(chip, "0084000008")
    exchanged(chip, between)
    assert exchanged(chip, EXTERNAL) == "6985"


@pytest.mark.parametrize(
    ("apdu", "answer"),
    [
        ("00840000", "6700"),
        ("0084000007", "6700"),
        ("0084000010", "6700"),
        ("008400000100", "6700"),
        ("0084000108", "6A86"),
    ],
)
def test_get_challenge_as_the_standard_has_it(apdu: str, answer: str) -> None:
    assert exchanged(d3_chip(), apdu) == answer
    assert len(exchanged(d3_chip(), "0084000000")) == 2 * (8 + 2)


def test_bac_belongs_to_the_application() -> None:
    assert exchanged(new_chip(), "0084000008") == "6985"
    assert exchanged(d3_chip(), EXTERNAL) == "6985"


def test_no_second_access_within_a_session() -> None:
    terminal = opened()
    assert terminal.send("00840000", le=8).sw == 0x6985
    terminal.ok("00A4000C")
    request = tlv.build(0x80, bytes.fromhex("04007F00070202040202")) + b"\x83\x01\x01"
    assert terminal.send("0022C1A4", request).sw == 0x6985
    assert terminal.send("00860000", b"\x7c\x00", 256).sw == 0x6985


def test_bac_with_the_mrz_of_another_document() -> None:
    terminal = Terminal(new_chip())
    terminal.select_application()
    with pytest.raises(AssertionError, match="00820000: 6300"):
        terminal.bac(TD2_INFORMATION)


# --- PACE as commands -------------------------------------------------------------------------

SET_AT = "0022C1A40F800A04007F00070202040202830101"
STEP_1 = "10860000027C0000"


@pytest.mark.parametrize(
    ("apdu", "answer"),
    [
        (SET_AT, "9000"),
        ("0022C1A412800A04007F0007020204020283010184010D", "9000"),
        ("0022C1A40F800A04007F00070202040202830102", "9000"),
        ("0022C1A412800A04007F0007020204020283010184010C", "6A88"),
        ("0022C1A40F800A04007F00070202040202830103", "6A88"),
        ("0022C1A40F800A04007F00070202040201830101", "6A80"),
        ("0022C1A40F800A04007F00070202040402830101", "6A80"),
        ("0022C1A4", "6700"),
        (SET_AT + "00", "6700"),
        ("002241A4" + SET_AT[8:], "6A86"),
        ("0022C1B6" + SET_AT[8:], "6A86"),
    ],
)
def test_mse_set_at(apdu: str, answer: str) -> None:
    chip = new_chip()
    assert exchanged(chip, apdu) == answer
    assert exchanged(chip, STEP_1).endswith("9000" if answer == "9000" else "6985")


def test_a_document_without_can() -> None:
    chip = Chip(Handmade(can=""))
    assert exchanged(chip, "0022C1A40F800A04007F00070202040202830102") == "6A88"


def test_pace_belongs_to_the_master_file() -> None:
    chip = new_chip()
    exchanged(chip, "00A4040C07A0000002471001")
    assert exchanged(chip, SET_AT) == "6985"
    exchanged(chip, "00A4000C")
    assert exchanged(chip, SET_AT) == "9000"


@pytest.mark.parametrize(
    ("apdu", "answer"),
    [
        ("10860000027C00", "6700"),  # no Le
        ("10860000027C0013", "6700"),  # less than the answer
        ("10860001027C0000", "6A86"),
        ("1086000000", "6A80"),
        ("00860000027C0000", "6985"),
        ("0084000008", "6985"),
        ("00A4000C", "9000"),
        ("00B09C0002", "31149000"),
        ("", "6700"),
        ("80860000027C0000", "6E00"),
        ("10A4000C", "6884"),
    ],
)
def test_any_other_command_ends_pace(apdu: str, answer: str) -> None:
    chip = new_chip()
    assert exchanged(chip, SET_AT) == "9000"
    assert exchanged(chip, apdu) == answer
    assert exchanged(chip, STEP_1) == "6985"


def test_a_step_is_not_repeated() -> None:
    chip = new_chip()
    exchanged(chip, SET_AT)
    assert exchanged(chip, STEP_1).endswith("9000")
    assert exchanged(chip, STEP_1) == "6A80"
    assert exchanged(chip, STEP_1) == "6985"


@pytest.mark.parametrize(("reference", "secret"), [(1, CAN.encode()), (2, b"123457")])
def test_pace_with_a_wrong_password(reference: int, secret: bytes) -> None:
    chip = new_chip()
    terminal = Terminal(chip)
    with pytest.raises(AssertionError, match="00860000: 6300"):
        terminal.pace(Cipher.AES_128, chip.suites[0].group, secret, reference)
    assert exchanged(chip, "0C86000000") == "6988"  # there is no session


# --- the end of a session ---------------------------------------------------------------------


def spoiled(terminal: Terminal, change: Callable[[Command], Command]) -> Command:
    assert terminal.protection is not None
    return change(terminal.protection.wrap(Command(0xB0, 0x9E, 0x00, le=4)))


def changed(command: Command, **fields: object) -> Command:
    names = ("ins", "p1", "p2", "data", "le", "cla")
    return Command(**{**{name: getattr(command, name) for name in names}, **fields})


BREAKS: dict[str, tuple[Callable[[Command], Command], int]] = {
    "bad checksum": (lambda c: changed(c, data=c.data[:-1] + b"\x00"), 0x6988),
    "no checksum": (lambda c: changed(c, data=c.data[:3]), 0x6987),
    "other header": (lambda c: changed(c, p2=1), 0x6988),
    "other class": (lambda c: changed(c, cla=0x8C), 0x6988),
    "chained": (lambda c: changed(c, cla=0x1C), 0x6988),
    "no Le": (lambda c: changed(c, le=None), 0x6700),
    "plain read": (lambda _: Command(0xB0, 0x9E, 0x00, le=4), 0x6982),
    "plain SELECT of the application": (lambda _: Command(0xA4, 4, 0x0C, AID), 0x6982),
    "plain SELECT of the master file": (lambda _: Command(0xA4, 0, 0x0C), 0x6982),
    "plain GET CHALLENGE": (lambda _: Command(0x84, le=8), 0x6982),
    "plain chained command": (lambda _: Command(0x86, data=b"\x7c\x00", cla=0x10), 0x6982),
}


@pytest.mark.parametrize("how", BREAKS)
@pytest.mark.parametrize("cipher", [None, Cipher.AES_192])
def test_what_ends_a_session(cipher: Cipher | None, how: str) -> None:
    terminal = opened() if cipher is None else opened_by_pace(cipher)
    chip, protection = terminal.channel, terminal.protection
    assert protection is not None
    assert terminal.ok("00B09E00", le=4) == EF_COM[:4]
    change, sw = BREAKS[how]
    assert chip.transmit(spoiled(terminal, change)) == Response(sw=sw)
    for ssc in range(protection.ssc - 3, protection.ssc + 4):
        protection.ssc = ssc
        again = chip.transmit(protection.wrap(Command(0xB0, 0x9E, 0x00, le=4)))
        assert again == Response(sw=0x6988)
    assert chip.transmit(Command(0xB0, 0x9E, 0x00, le=4)).sw in (0x6A82, 0x6982)


@pytest.mark.parametrize("apdu", ["", "0C", "0CB09E", "0CB09E0005970104"])
def test_bytes_that_are_no_command_end_a_session(apdu: str) -> None:
    terminal = opened()
    chip = terminal.channel
    assert isinstance(chip, Chip)
    assert exchanged(chip, apdu) == "6700"
    assert terminal.protection is not None
    lost = terminal.protection.wrap(Command(0xB0, 0x9E, 0x00, le=4))
    assert chip.transmit(lost) == Response(sw=0x6988)


def test_after_the_end_the_chip_can_be_opened_again() -> None:
    terminal = opened()
    terminal.channel.transmit(Command(0xA4, 4, 0x0C, AID))
    terminal.protection = None
    terminal.select_application()
    terminal.bac()
    assert terminal.ok("00B09E00", le=4) == EF_COM[:4]


def test_errors_are_protected_and_count() -> None:
    terminal = opened()
    for header, le, sw in (
        ("00B08500", 4, 0x6A82),
        ("00B09EFF", 4, 0x6B00),
        ("00B08300", 4, 0x6982),
        ("00E00000", None, 0x6D00),
        ("00B09E00", 4, 0x9000),
    ):
        assert terminal.send(header, le=le).sw == sw  # its checksum is checked by the terminal


def test_a_reset_ends_everything() -> None:
    terminal = opened()
    chip, protection = terminal.channel, terminal.protection
    assert isinstance(chip, Chip)
    assert protection is not None
    chip.reset()
    assert chip.transmit(protection.wrap(Command(0xB0, 0x9E, 0x00, le=4))).sw == 0x6988
    assert exchanged(chip, SET_AT) == "9000"  # the master file is current
    chip.reset()
    assert exchanged(chip, STEP_1) == "6985"


def test_an_altered_answer_is_rightly_protected() -> None:
    def lie(command: Command, answer: Response) -> Response:
        return Response(b"garbage", answer.sw) if command.p1 == 0x9E else answer

    terminal = opened(alter=lie)
    assert terminal.ok("00B09E00", le=4) == b"garbage"
    assert terminal.ok("00B08100", le=4) == FILES[File.DG1][:4]


# --- anything at all --------------------------------------------------------------------------

VALID = [
    bytes.fromhex(apdu)
    for apdu in (
        "00A4040C07A0000002471001",
        "00A4000C023F00",
        "00A4020C02011C",
        "00A4020C020101",
        "00B0810000",
        "00B09C0000",
        "00B08100000000",
        "00B1010105540300000000",
        "0084000008",
        EXTERNAL,
        SET_AT,
        STEP_1,
        G1["capdu_ga2"],
        G1["capdu_ga3"],
        G1["capdu_ga4"],
        SM["sm-3des-select-efcom"]["protected_capdu"],
    )
]


@st.composite
def near_valid(draw: st.DrawFn) -> bytes:
    apdu = bytearray(draw(st.sampled_from(VALID)))
    for _ in range(draw(st.integers(0, 2))):
        apdu[draw(st.integers(0, len(apdu) - 1))] = draw(st.integers(0, 255))
    return bytes(apdu)


def most(apdu: bytes) -> int:
    """The most data that the command asks for."""
    try:
        return Command.parse(apdu).le or 0
    except FormatError:
        return 0


@given(apdus=st.lists(st.binary(max_size=40) | near_valid(), max_size=12))
@settings(max_examples=150, deadline=None)
def test_whatever_is_sent_a_stranger_gets_no_file(apdus: list[bytes]) -> None:
    chip = new_chip()
    for apdu in apdus:
        answer = chip.exchange(apdu)
        assert MARK not in answer
        assert EF_COM not in answer
        assert 2 <= len(answer) <= most(apdu) + 2


@given(noise=st.binary(max_size=60) | near_valid(), commands=st.lists(near_valid(), max_size=3))
@settings(max_examples=80, deadline=None)
def test_whatever_is_sent_into_a_session_ends_it(noise: bytes, commands: list[bytes]) -> None:
    terminal = opened()
    chip = terminal.channel
    assert isinstance(chip, Chip)
    for apdu in (noise, *commands):
        assert MARK not in chip.exchange(apdu)
    assert terminal.protection is not None
    again = chip.transmit(terminal.protection.wrap(Command(0xB0, 0x81, 0x00, le=4)))
    assert again == Response(sw=0x6988)


@given(
    steps=st.lists(
        st.tuples(
            st.sampled_from(["A4", "B0", "B1", "22", "86", "84", "82"]),
            st.binary(min_size=2, max_size=2),
            st.binary(max_size=12),
            st.none() | st.integers(1, 256) | st.just(65536),
        ),
        max_size=6,
    )
)
@settings(max_examples=100, deadline=None)
def test_rightly_protected_nonsense_is_answered_within_le(
    steps: list[tuple[str, bytes, bytes, int | None]],
) -> None:
    terminal = opened()
    for ins, p1_p2, data, le in steps:
        answer = terminal.send(f"00{ins}{p1_p2.hex()}", data, le)
        assert len(answer.data) <= (le or 0)
