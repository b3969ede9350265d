"""Quirks of the simulated chip in MSE:Set AT, EF.CardAccess, BAC and wrong keys."""

import time
from dataclasses import replace

import pytest
from pace_terminal import begin, pace
from sim_cards import Handmade, exchanged, new_chip
from sim_terminal import (
    TD2_INFORMATION,
    TD2_MRZ,
    TD3_INFORMATION,
    Terminal,
    scripted,
    seeded,
    vectors,
)

from epass import tlv
from epass.card.apdu import Command
from epass.sim import quirks
from epass.sim import security_infos as infos
from epass.sim.card_files import UNKNOWN_PROTOCOL, PaceOffer
from epass.sim.chip import Chip
from epass.sim.pace import PaceSuite

WEAK, STRONG = PaceSuite.named("AES-128", 12), PaceSuite.named("AES-256", 15)
SAME_OID = (PaceSuite.named("AES-128", 13), PaceSuite.named("AES-128", 12))

SET_AT = "0022C1A40F800A04007F00070202040202830101"
SET_AT_13 = "0022C1A412800A04007F0007020204020283010184010D"


def offering(offer: PaceOffer, *names: str) -> Chip:
    """A chip with ``names`` whose document offers ``offer`` and was issued with them."""
    changed = quirks.changed_offer(names, offer)
    return Chip(Handmade(pace=changed), quirks=names, random=seeded(3))


def told(chip: Chip, suite: PaceSuite, *, numbered: bool = True) -> int:
    """The status word of MSE:Set AT for ``suite``, with data object 84 or without."""
    data = tlv.build(0x80, suite.oid) + b"\x83\x01\x01"
    number = bytes((0x84, 1, suite.parameter_id)) if numbered else b""
    return chip.transmit(Command(0x22, 0xC1, 0xA4, data + number)).sw


# --- MSE:Set AT and EF.CardAccess -------------------------------------------------------------


def test_mse_needs_parameters() -> None:
    chip = new_chip(quirks=["mse-needs-parameters"])
    assert exchanged(chip, SET_AT) == "6A80"
    assert exchanged(chip, SET_AT_13) == "9000"
    pace(Terminal(chip), chip.suites[0], parameter_id=13)
    assert exchanged(new_chip(), SET_AT) == "9000"


def test_mse_refuses_parameters() -> None:
    chip, usual = (
        offering(PaceOffer(SAME_OID), "mse-refuses-parameters"),
        offering(PaceOffer(SAME_OID)),
    )
    first, second = sorted(SAME_OID, key=lambda suite: suite.parameter_id)
    for suite in SAME_OID:
        assert told(chip, suite) == 0x6A80
        assert told(usual, suite) == 0x9000
    assert told(usual, first, numbered=False) == 0x6A88
    with pytest.raises(AssertionError, match="10860000: 6A80"):
        pace(Terminal(chip), second)  # its public key is no point of the other curve
    pace(Terminal(chip), first)
    assert told(offering(PaceOffer(SAME_OID), "mse-refuses-parameters"), STRONG) == 0x6A80


def test_mse_refuses_parameters_where_the_algorithm_tells_the_sets_apart() -> None:
    chip = offering(PaceOffer((WEAK, STRONG)), "mse-refuses-parameters")
    assert told(chip, STRONG, numbered=False) == 0x9000
    assert told(chip, SAME_OID[0], numbered=False) == 0x9000  # the same algorithm as WEAK
    assert told(chip, PaceSuite.named("3DES", 12), numbered=False) == 0x6A80
    pace(Terminal(chip), STRONG)


def test_pace_suite_refused() -> None:
    chip, usual = (
        offering(PaceOffer((WEAK, STRONG)), "pace-suite-refused"),
        offering(PaceOffer((WEAK, STRONG))),
    )
    assert [told(chip, suite) for suite in (STRONG, WEAK, STRONG)] == [0x6A80, 0x6985, 0x6985]
    assert [told(usual, suite) for suite in (STRONG, WEAK)] == [0x9000, 0x9000]
    chip.reset()
    pace(Terminal(chip), WEAK, parameter_id=12)


@pytest.mark.parametrize(
    ("weak", "strong"),
    [
        (("AES-192", 8, "CAM"), ("AES-128", 18, "IM")),
        (("AES-128", 18, "CAM"), ("AES-256", 12, "IM")),
        (("AES-128", 12, "CAM"), ("AES-128", 15, "IM")),
        (("AES-128", 13, "GM"), ("AES-128", 13, "CAM")),
        (("AES-128", 13, "IM"), ("AES-128", 13, "GM")),
        (("3DES", 0, "GM"), ("3DES", 8, "GM")),
        (("3DES", 2, "GM"), ("3DES", 11, "GM")),
        (("3DES", 8, "GM"), ("3DES", 1, "GM")),
    ],
)
def test_which_suite_is_the_stronger_one(
    weak: tuple[str, int, str], strong: tuple[str, int, str]
) -> None:
    suites = (PaceSuite.named(*weak), PaceSuite.named(*strong), PaceSuite.named("3DES", 0, "IM"))
    chip = offering(PaceOffer(suites).personalised(b"seed"), "pace-suite-refused")
    assert told(chip, suites[0]) == 0x9000
    assert told(chip, suites[1]) == 0x6A80


def members(chip: Chip) -> set[bytes]:
    return set(infos.members(bytes.fromhex(exchanged(chip, "00B09C00000000")[:-4])))


def test_pace_no_parameter_id() -> None:
    chip = offering(PaceOffer((STRONG, WEAK)), "pace-no-parameter-id")
    assert members(chip) == {STRONG.info(numbered=False), WEAK.info()}
    assert told(chip, STRONG) == told(chip, STRONG, numbered=False) == 0x6A80
    pace(Terminal(chip), WEAK, parameter_id=12)
    usual = offering(PaceOffer((STRONG, WEAK)))
    assert members(usual) == {STRONG.info(), WEAK.info()}
    assert told(usual, STRONG) == 0x9000


def test_pace_unknown_infos() -> None:
    chip = offering(PaceOffer((WEAK,)), "pace-unknown-infos")
    more = members(chip) - members(offering(PaceOffer((WEAK,))))
    explicit = replace(WEAK, local_id=32)
    algorithm = infos.agreement_algorithm(WEAK.group)
    known = {explicit.info(), infos.pace_domain_parameter_info(WEAK.family, algorithm, 32)}
    assert known < more
    assert sorted(more - known) == sorted(
        set(infos.members(PaceOffer((WEAK,), ("unknown-infos",)).card_access())) - {WEAK.info()}
    )
    pace(Terminal(chip), WEAK, parameter_id=12)


# --- BAC --------------------------------------------------------------------------------------


EXCHANGE = vectors("doc9303-sm")["bac-exchange"]  # Appendix D.3
EXTERNAL = EXCHANGE["EXTERNAL_AUTHENTICATE_capdu"]


def challenged(*names: str) -> Chip:
    random = scripted(*[bytes.fromhex(EXCHANGE[name]) for name in ("RND_IC", "K_IC")])
    chip = Chip(Handmade(mrz=TD2_MRZ), quirks=names, random=random)
    Terminal(chip).select_application()
    assert exchanged(chip, "0084000008").endswith("9000")
    return chip


def test_bac_le_00() -> None:
    assert EXTERNAL.endswith("28")
    chip = challenged("bac-le-00")
    assert exchanged(chip, EXTERNAL) == "6700"
    assert exchanged(chip, EXTERNAL[:-2] + "00") == "6985", "the challenge is consumed"
    right = exchanged(challenged("bac-le-00"), EXTERNAL[:-2] + "00")
    assert right.endswith("9000")
    assert exchanged(challenged(), EXTERNAL) == right


def test_bac_absent() -> None:
    chip = offering_no_bac("bac-absent")
    content = bytes.fromhex(exchanged(chip, "00B09C00000000")[:-4])
    (info,) = infos.members(content)
    assert info.hex() == "300e" + "0603883701" + "0407" + b"unknown".hex()
    assert UNKNOWN_PROTOCOL == "2.999.1"
    assert exchanged(chip, SET_AT) == "6A80"
    Terminal(chip).select_application()
    assert exchanged(chip, "0084000008") == "6A88"
    assert exchanged(chip, "00B09E0004") == "6982"
    usual = offering_no_bac()
    assert exchanged(usual, SET_AT) == "9000"
    assert exchanged(usual, "00A4040C07A0000002471001") == "6982"
    assert exchanged(usual, "0084000008") == "6D00"


def offering_no_bac(*names: str) -> Chip:
    offer = quirks.changed_offer(names, PaceOffer(SAME_OID[:1]))
    return Chip(Handmade(pace=offer), access=["PACE"], quirks=names)


# --- wrong keys -------------------------------------------------------------------------------

WRONG, RIGHT = TD2_INFORMATION, TD3_INFORMATION


def tried(chip: Chip, information: bytes = WRONG) -> str:
    """The status word of BAC with a key, after a reset."""
    chip.reset()
    terminal = Terminal(chip)
    terminal.select_application()
    try:
        terminal.bac(information)
    except AssertionError as refused:
        return str(refused).split("\n", 1)[0]
    return "9000"


def test_key_attempts() -> None:
    chip, usual = new_chip(quirks=["key-attempts"]), new_chip()
    expected = ["63C2", "63C1", "63C0", "6983", "6983"]
    assert [tried(chip) for _ in expected] == [f"00820000: {sw}" for sw in expected]
    assert tried(chip, RIGHT) == "9000"
    assert [tried(chip) for _ in range(2)] == ["00820000: 63C2", "00820000: 63C1"]
    assert [tried(usual) for _ in range(4)] == ["00820000: 6300"] * 4


def test_key_attempts_by_pace() -> None:
    for names, expected in (
        (["key-attempts"], ["63C2", "63C1", "63C0", "6983"]),
        ([], ["6300"] * 4),
    ):
        chip = new_chip(quirks=names)
        for sw in expected:
            with pytest.raises(AssertionError, match=f"00860000: {sw}"):
                pace(Terminal(chip), chip.suites[0], secret=b"another document")
        pace(Terminal(chip), chip.suites[0])


def test_key_attempts_counts_keys_and_not_what_is_malformed() -> None:
    chip = new_chip(quirks=["key-attempts"])
    Terminal(chip).select_application()
    exchanged(chip, "0084000008")
    assert exchanged(chip, "0082000028" + "00" * 0x28) == "6700"  # no Le
    chip.reset()
    terminal = Terminal(chip)
    begin(terminal, chip.suites[0])
    assert terminal.send("00860000", b"\x7c\x00", 256).sw == 0x6985
    assert tried(chip) == "00820000: 63C2"


def test_key_delay() -> None:
    slept: list[float] = []
    chip = new_chip(quirks=["key-delay"], sleep=slept.append)
    assert [tried(chip) for _ in range(7)] == ["00820000: 6300"] * 7
    assert slept == [0.1, 0.2, 0.4, 0.8, 1.0, 1.0]
    assert tried(chip, RIGHT) == "9000"
    assert slept[6:] == [1.0]
    tried(chip)
    tried(chip)
    assert slept[7:] == [0.1]
    usual = new_chip(sleep=slept.append)
    tried(usual)
    tried(usual)
    assert slept[8:] == []


def test_key_delay_takes_its_time() -> None:
    chip = new_chip(quirks=["key-delay", "key-attempts"])
    assert tried(chip) == "00820000: 63C2"
    began = time.monotonic()
    assert tried(chip) == "00820000: 63C1"
    assert time.monotonic() - began >= 0.1
