"""The simulated chip as a card: the standard's examples, ATR, options, selection, classes."""

import pytest
from sim_cards import EF_COM, FILES, Handmade, exchanged, new_chip, opened, opened_by_pace
from sim_terminal import AID, TD2_MRZ, Terminal, drawn, scripted, vectors

from epass.card.apdu import Command, Response
from epass.crypto.ciphers import Cipher
from epass.errors import InputError
from epass.lds.names import File
from epass.sim import answer_to_reset
from epass.sim.answer_to_reset import Limits
from epass.sim.chip import Chip

SM = vectors("doc9303-sm")
G1 = vectors("doc9303-pace")["pace-gm-ecdh"]
DG2 = FILES[File.DG2]

# --- the standard's examples, byte for byte --------------------------------------------------


def test_appendix_d3_and_d4_byte_for_byte() -> None:
    fields = SM["bac-exchange"]
    random = scripted(bytes.fromhex(fields["RND_IC"]), bytes.fromhex(fields["K_IC"]))
    chip = Chip(Handmade(mrz=TD2_MRZ), access=["BAC"], random=random)
    assert exchanged(chip, "00A4040C07A0000002471001") == "9000"
    for step in ("GET_CHALLENGE", "EXTERNAL_AUTHENTICATE"):
        assert exchanged(chip, fields[f"{step}_capdu"]) == fields[f"{step}_rapdu"]
    for name in ("sm-3des-select-efcom", "sm-3des-read-4", "sm-3des-read-18"):
        assert exchanged(chip, SM[name]["protected_capdu"]) == SM[name]["protected_rapdu"]


def test_appendix_g1_byte_for_byte() -> None:
    chip = Chip(Handmade(), cipher="AES-128", parameter_id=13)
    group = chip.suites[0].group
    chip = Chip(
        Handmade(),
        cipher="AES-128",
        parameter_id=13,
        random=scripted(
            bytes.fromhex(G1["nonce_s"]),
            drawn(group, int(G1["map_chip_private"], 16)),
            drawn(group, int(G1["ka_chip_private"], 16)),
        ),
    )
    assert exchanged(chip, "00A4020C02011C") == "9000"
    assert exchanged(chip, "00B0000016") == G1["EF_CardAccess"] + "9000"
    for step in ("mse_set_at", "ga1", "ga2", "ga3", "ga4"):
        assert exchanged(chip, G1[f"capdu_{step}"]) == G1[f"rapdu_{step}"]


# --- ATR and EF.ATR/INFO ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("extended", "nonce", "expected"),
    [
        (True, b"", "3B858001807394 01C0"),
        (False, b"", "3B858001807394 0180"),
        (True, b"\x01\x02", "3B888001807394 01C0 520102"),
    ],
)
def test_the_atr_says_what_the_card_can(extended: bool, nonce: bytes, expected: str) -> None:
    atr = new_chip(extended=extended, nonce=nonce).atr
    assert atr[:-1] == bytes.fromhex(expected)
    check = 0
    for byte in atr[1:]:
        check ^= byte
    assert check == 0  # ISO/IEC 7816-3 §8.2.5


def test_a_nonce_that_does_not_fit_the_atr() -> None:
    assert len(new_chip(nonce=bytes(8)).atr) == 4 + 14 + 1
    with pytest.raises(InputError, match="at most 8 bytes"):
        new_chip(nonce=bytes(9))


def test_ef_atr_info_is_read_without_authentication_and_kept_to() -> None:
    info = answer_to_reset.extended_lengths(Limits(command=300, response=1000))
    assert info == bytes.fromhex("7F66080202012C020203E8")
    terminal = opened(ef_atr_info=info)
    chip = terminal.channel
    assert isinstance(chip, Chip)
    answer = terminal.send("00B08200", le=65536, extended=True)
    assert (len(answer.data), answer.sw) == (975, 0x9000)  # 984 less 5 of DO 87: 61 blocks
    long = Command(0xB0, data=bytes(290), le=65536)
    assert len(long.encode()) == 299
    chip.reset()
    assert exchanged(chip, "00A4020C022F01") == "9000"
    assert exchanged(chip, "00B000000B") == info.hex().upper() + "9000"
    assert exchanged(chip, Command(0xB0, data=bytes(292), le=65536).encode().hex()) == "6700"


@pytest.mark.parametrize(
    "info",
    ["7F66", "7F6604020200FF", "7F66080202010402020103FF", "7F660C020204000202040002020400", "00"],
)
def test_ef_atr_info_that_is_malformed(info: str) -> None:
    with pytest.raises(InputError, match=r"EF.ATR/INFO"):
        new_chip(ef_atr_info=bytes.fromhex(info))


def test_ef_atr_info_without_lengths_limits_nothing() -> None:
    assert answer_to_reset.limits(b"\x43\x01\xb8") == Limits()
    assert answer_to_reset.limits(None) == Limits()


# --- options ----------------------------------------------------------------------------------


@pytest.mark.parametrize("access", [(), ("EAC",), ("BAC", "bac")])
def test_access_that_does_not_exist(access: tuple[str, ...]) -> None:
    with pytest.raises(InputError, match="one or more of PACE, BAC"):
        new_chip(access=access)


def test_a_document_without_a_usable_mrz() -> None:
    with pytest.raises(InputError, match="not those of TD1, TD2 or TD3"):
        Chip(Handmade(mrz="P<UTO"))


def test_nothing_personal_in_the_repr() -> None:
    chip = new_chip()
    assert repr(chip) == "Chip(access=('PACE', 'BAC'), extended=True)"


def test_the_document_may_bring_its_own_card_access() -> None:
    own = bytes.fromhex("3100")
    chip = Chip(Handmade(files={File.CARD_ACCESS: own, File.COM: EF_COM}))
    assert exchanged(chip, "00B09C0002") == "31009000"


@pytest.mark.parametrize("access", [["PACE"], ["BAC"]])
def test_the_document_may_bring_its_own_other_files_of_the_master_file(access: list[str]) -> None:
    """Anybody may read them, and the chip may be given another EF.ATR/INFO."""
    files = {File.ATR_INFO: bytes.fromhex("430102"), File.DIR: bytes.fromhex("6100"), **FILES}
    chip = Chip(Handmade(files=files), access=access)
    assert exchanged(chip, "00A4020C022F01") == "9000"
    assert exchanged(chip, "00B0000003") == "4301029000"
    assert exchanged(chip, "00B0810003") == "4301029000"
    assert exchanged(chip, "00A4020C022F00") == "9000"
    assert exchanged(chip, "00B0000000") == "61006282"
    told = Chip(Handmade(files=files), access=access, ef_atr_info=bytes.fromhex("430103"))
    assert exchanged(told, "00B0810003") == "4301039000"


# --- SELECT -----------------------------------------------------------------------------------

SELECTIONS = [
    ("00A4040C07A0000002471001", "9000"),
    ("00A4040007A0000002471001", "9000"),
    ("00A4040007A000000247100100", "6F098407A00000024710019000"),
    ("00A4040007A000000247100109", "6700"),  # shorter than the answer
    ("00A4040C07A000000247100100", "6700"),  # Le for an answer without data
    ("00A4040C06A00000024710", "6A82"),  # part of the name
    ("00A4040C07A0000002471002", "6A82"),
    ("00A4040C", "6A82"),
    ("00A4040407A0000002471001", "6A86"),
    ("00A4000C023F00", "9000"),
    ("00A4000C", "9000"),
    ("00A4000C02011C", "6A82"),
    ("00A4000C013F", "6700"),
    ("00A40000023F00", "6A86"),
    ("00A4010C023F00", "6A86"),
    ("00A4080C02011C", "6A86"),
    ("00A4020C02011C", "9000"),
    ("00A4020C02011C00", "6700"),
    ("00A4020002011C", "6A86"),
    ("00A4020C02011D", "6A82"),  # EF.SOD is not in the master file
    ("00A4020C020101", "6A82"),
    ("00A4020C022F01", "6A82"),
    ("00A4020C0101", "6700"),
    ("00A4020C", "6700"),
    ("00A4020C03011C00", "6700"),
]


@pytest.mark.parametrize(("apdu", "answer"), SELECTIONS)
def test_select_in_the_master_file(apdu: str, answer: str) -> None:
    assert exchanged(new_chip(), apdu) == answer


@pytest.mark.parametrize(
    "apdu",
    [
        "00A4020C02011E",
        "00A4020C02011D",
        "00A4020C020101",
        "00A4020C020105",  # not there: who may not read learns not what there is
        "00A4020C02011C",  # of the master file
        "00B0810000",
        "00B08100000000",
        "00B0850000",
        "00B0000000",
        "00B100000354010000",
        "00B101010354010000",
        "00B100010354010000",
    ],
)
@pytest.mark.parametrize("access", [["BAC"], ["PACE", "BAC"]])
def test_6982_for_whoever_has_not_authenticated(access: list[str], apdu: str) -> None:
    chip = new_chip(access=access)
    assert exchanged(chip, "00A4040C07A0000002471001") == "9000"
    assert exchanged(chip, apdu) == "6982"


def test_with_pace_only_the_application_is_not_selected_before() -> None:
    chip = new_chip(access=["PACE"])
    assert exchanged(chip, "00A4040C07A0000002471001") == "6982"
    assert exchanged(chip, "00B0810000") == "6A82"  # no such file in the master file
    opened_by_pace(Cipher.AES_128)


def test_card_access_is_there_for_pace_only() -> None:
    assert exchanged(new_chip(access=["BAC"]), "00A4020C02011C") == "6A82"
    assert exchanged(new_chip(access=["BAC"]), "00B09C0000") == "6A82"
    chip = Chip(Handmade(files={File.CARD_ACCESS: b"\x31\x00"}), access=["BAC"])
    assert exchanged(chip, "00A4020C02011C") == "6A82"


def test_selection_within_a_session() -> None:
    terminal = opened()
    assert terminal.send("00A4020C", b"\x01\x05").sw == 0x6A82
    assert terminal.send("00A4020C", b"\x01\x1c").sw == 0x6A82
    terminal.ok("00A4020C", b"\x01\x1d")
    assert terminal.ok("00B00000", le=8) == FILES[File.SOD][:8]
    terminal.ok("00A4000C")
    assert terminal.send("00B00000", le=8).sw == 0x6986
    terminal.ok("00A4020C", b"\x01\x1c")
    terminal.ok("00B00000", le=8)
    terminal.ok("00A4040C", AID)
    assert terminal.send("00B00000", le=8).sw == 0x6986


@pytest.mark.parametrize("header", ["00A4020C", "00B08300"])
def test_sensitive_files_stay_closed(header: str) -> None:
    terminal = opened()
    selects = header.startswith("00A4")
    answer = terminal.send(header, b"\x01\x03" if selects else b"", None if selects else 8)
    assert answer == Response(sw=0x6982)


def test_card_security_needs_a_session() -> None:
    files = {**FILES, File.CARD_SECURITY: b"\x30\x02\x05\x00"}
    chip = Chip(Handmade(files=files), cipher="AES-128")
    assert exchanged(chip, "00A4020C02011D") == "6982"
    terminal = Terminal(chip)
    terminal.pace(Cipher.AES_128, chip.suites[0].group)
    assert terminal.ok("00B09D00", le=4) == files[File.CARD_SECURITY]


# --- classes and instructions -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("access", "apdu", "answer"),
    [
        (["BAC"], "00D6000001FF", "6D00"),
        (["BAC"], "00C0000000", "6D00"),
        (["BAC"], "0022C1A40F800A04007F00070202040202830101", "6D00"),
        (["BAC"], "10860000027C0000", "6D00"),
        (["PACE"], "0084000008", "6D00"),
        (["PACE"], "008200002800", "6700"),
        (["BAC"], "80A4040C07A0000002471001", "6E00"),
        (["BAC"], "01A4040C07A0000002471001", "6E00"),
        (["BAC"], "04A4040C07A0000002471001", "6E00"),
        (["BAC"], "FFA4040C07A0000002471001", "6E00"),
        (["BAC"], "10A4040C07A0000002471001", "6884"),
        (["BAC"], "0CA4020C158709016375432908C044F68E08BF8B92D635FF24F800", "6988"),
        (["BAC"], "", "6700"),
        (["BAC"], "00A404", "6700"),
        (["BAC"], "00A4040C08A0000002471001", "6700"),
        (["BAC"], "00A4040C07A00000024710010000", "6700"),
    ],
)
def test_what_the_chip_does_not_know(access: list[str], apdu: str, answer: str) -> None:
    assert exchanged(new_chip(access=access), apdu) == answer


def test_a_chip_without_extended_length() -> None:
    chip = new_chip(extended=False)
    assert exchanged(chip, "00A4020C02011C") == "9000"
    assert exchanged(chip, "00B00000000000") == "6700"
    assert exchanged(chip, "00B0000002") == "31149000"
    terminal = opened(extended=False)
    answer = terminal.channel.transmit(Command(0xB0, 0x81, le=65536, cla=0x0C))
    assert answer == Response(sw=0x6700)
    assert terminal.channel.transmit(Command(0xB0, 0x81, le=8)).sw == 0x6A82  # in the MF again
