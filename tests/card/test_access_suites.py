"""Several PACEInfos: the strongest first, a reset between attempts, and what is skipped is told."""

from collections.abc import Callable, Iterable
from itertools import product

import pytest
from card_wire import ResettableWire, Wire
from opening import (
    MSE,
    PACE_ONLY,
    attempts,
    offering,
    pace_info,
    read,
    refuses,
    set_ups,
    with_card_access,
)

from epass import tlv
from epass.card import pace
from epass.card.access import MAX_NOTES, MAX_SUITES
from epass.card.apdu import Command, Response
from epass.errors import StatusError, UnsupportedError
from epass.lds.names import File
from epass.lds.security_infos import MAX_INFOS, SecurityInfos, UnknownInfo
from epass.sim import card_files
from epass.sim.chip import Chip
from epass.sim.issuer import Document
from epass.sim.pace import PaceSuite

WEAK, MIDDLE, STRONG = (
    PaceSuite.named("3DES", 8),
    PaceSuite.named("AES-128", 12),
    PaceSuite.named("AES-256", 13, "IM"),
)
SEVERAL = offering(MIDDLE, WEAK, STRONG)
ONE = offering(MIDDLE)
# After SELECT of the master file, SELECT and READ BINARY of EF.CardAccess: MSE:Set AT.
SET_UP = 4
SET_UP_REFUSED = "PACE set-up (MSE:Set AT): the chip answers "
REFUSED = "refused at the PACE set-up (MSE:Set AT): "


def has_84(command: Command) -> bool:
    return any(item.tag == 0x84 for item in tlv.parse(command.data, where="MSE"))


def set_up_of(arcs: Iterable[str]) -> Callable[[Command], bool]:
    """MSE:Set AT for one of the protocols with these last arcs."""
    known = {bytes(map(int, name.split("."))) for name in arcs}

    def when(command: Command) -> bool:
        if command.ins != MSE:
            return False
        return tlv.parse(command.data, where="MSE")[0].value[-2:] in known

    return when


# --- one after the other ----------------------------------------------------------------------


def test_the_strongest_comes_first_wherever_it_stands() -> None:
    wire = ResettableWire(Chip(SEVERAL, access=PACE_ONLY))
    dump = read(wire)
    assert (dump.access.mapping, dump.access.cipher, dump.access.parameter_id) == (
        "IM",
        "AES-256",
        13,
    )
    assert (set_ups(wire), wire.resets, dump.quirks) == ([("4.4", 13)], [], ())


@pytest.mark.parametrize("sw", [0x6A80, 0x6A88], ids=hex)
@pytest.mark.parametrize(
    ("refused", "tried", "cipher"),
    [
        (("4.4",), [("4.4", 13), ("4.4", None), ("2.2", 12)], "AES-128"),
        (
            ("4.4", "2.2"),
            [("4.4", 13), ("4.4", None), ("2.2", 12), ("2.2", None), ("2.1", 8)],
            "3DES",
        ),
    ],
)
def test_a_refused_one_is_left_out_after_a_reset(
    refused: tuple[str, ...], tried: list[tuple[str, int | None]], cipher: str, sw: int
) -> None:
    wire = ResettableWire(Chip(SEVERAL), refuses(sw, set_up_of(refused)))
    dump = read(wire)
    assert set_ups(wire) == tried
    assert dump.access.cipher == cipher
    assert dump.quirks == ("pace-suite-refused",)
    assert wire.resets == [SET_UP + number for number in range(len(tried) - 1)]
    assert attempts(wire) == (1, 0)
    assert [note.rpartition(", ")[2] for note in dump.notes] == [f"{sw:04X}"] * (len(tried) - 1)
    assert dump.notes[:2] == (
        f"{REFUSED}ECDH-IM-AES-256 with parameters 13, with data object 84, {sw:04X}",
        f"{REFUSED}ECDH-IM-AES-256 with parameters 13, without data object 84, {sw:04X}",
    )


@pytest.mark.parametrize("sw", [0x6300, 0x6700, 0x6982, 0x6985, 0x6A81, 0x6A86, 0x6D00, 0x6F00])
@pytest.mark.parametrize("document", ["SEVERAL", "ONE"])
def test_another_status_word_leads_to_nothing_weaker(document: str, sw: int) -> None:
    """§4.4.4.1: the chip would say that it does not have it. Neither form nor suite is changed."""
    offered = {"SEVERAL": SEVERAL, "ONE": ONE}[document]
    wire = ResettableWire(Chip(offered), refuses(sw, lambda command: command.ins == MSE))
    with pytest.raises(StatusError, match=f"MSE:Set AT.: the chip answers {sw:04X}") as caught:
        read(wire)
    assert (len(set_ups(wire)), wire.resets, attempts(wire)) == (1, [], (0, 0))
    assert not hasattr(caught.value, "__notes__")


def test_all_of_them_are_refused() -> None:
    """The first refusal is the one that is told; none of them leads to BAC."""
    status = iter((0x6A88, *[0x6A80] * 5))

    def change(_number: int, command: Command, response: Response) -> Response:
        return Response(sw=next(status)) if command.ins == MSE else response

    wire = ResettableWire(Chip(SEVERAL), change)
    with pytest.raises(StatusError) as caught:
        read(wire)
    assert caught.value.message == SET_UP_REFUSED + "6A88 (referenced data not found)"
    assert len(set_ups(wire)) == 6
    assert attempts(wire) == (0, 0)
    assert len(wire.resets) == 5  # none after the last: nothing more is tried


def test_without_a_reset_nothing_more_is_tried() -> None:
    wire = Wire(Chip(SEVERAL), refuses(0x6A80, set_up_of(["4.4"])))
    with pytest.raises(StatusError) as caught:
        read(wire)
    assert caught.value.message == SET_UP_REFUSED + "6A80 (incorrect data)"
    assert set_ups(wire) == [("4.4", 13)]
    assert wire.commands[-1].ins == MSE


def test_a_refusal_after_the_set_up_is_no_reason_for_another() -> None:
    """From the nonce on the key is in use: what fails then, fails."""

    def change(number: int, _command: Command, response: Response) -> Response:
        return Response(sw=0x6A80) if number == SET_UP + 1 else response

    wire = ResettableWire(Chip(SEVERAL), change)
    with pytest.raises(StatusError, match="PACE nonce: the chip answers 6A80"):
        read(wire)
    assert (len(set_ups(wire)), wire.resets) == (1, [])


def test_a_bounded_number_is_tried() -> None:
    """A chip may list all there are. The weaker half of them is not even asked for."""
    suites = [
        PaceSuite.named(cipher, number)
        for cipher, number in product(("AES-128", "AES-192", "AES-256"), (15, 16, 17, 18))
    ]
    document = with_card_access(*(suite.info() for suite in suites))
    wire = ResettableWire(Chip(document), refuses(0x6A80, lambda command: command.ins == MSE))
    with pytest.raises(StatusError, match="6A80"):
        read(wire)
    by_name = [tried for tried in set_ups(wire) if tried[1] is not None]
    assert len(by_name) == len(set(by_name)) == MAX_SUITES < len(suites)
    assert {arcs for arcs, _ in by_name} == {"2.4", "2.3"}
    # Without data object 84 a protocol is asked for once, whatever its sets of parameters.
    assert sorted(set(set_ups(wire)) - set(by_name)) == [("2.3", None), ("2.4", None)]
    assert len(wire.resets) == len(set_ups(wire)) - 1


# --- data object 84 ---------------------------------------------------------------------------


@pytest.mark.parametrize("sw", [0x6A80, 0x6A88], ids=hex)
def test_a_chip_that_wants_it_without_need(sw: int) -> None:
    wanting = refuses(sw, lambda command: command.ins == MSE and not has_84(command))
    wire = ResettableWire(Chip(ONE), wanting)
    dump = read(wire)
    assert set_ups(wire) == [("2.2", None), ("2.2", 12)]
    assert (wire.resets, dump.quirks) == ([SET_UP], ("mse-needs-parameters",))


@pytest.mark.parametrize("sw", [0x6A80, 0x6A88], ids=hex)
def test_a_chip_that_refuses_it_though_it_offers_several(sw: int) -> None:
    class Forgetful(Chip):
        """It can do one of what EF.CardAccess offers, and need not be told which."""

        def __init__(self) -> None:
            super().__init__(SEVERAL)
            self.suites = (STRONG,)

    wire = ResettableWire(Forgetful(), refuses(sw, lambda c: c.ins == MSE and has_84(c)))
    dump = read(wire)
    assert set_ups(wire) == [("4.4", 13), ("4.4", None)]
    assert (wire.resets, dump.quirks) == ([SET_UP], ("mse-refuses-parameters",))
    assert dump.access.parameter_id == 13


def test_both_quirks_at_once_are_named() -> None:
    """The strongest is refused, and the next is taken in the other form only."""

    def refused(command: Command) -> bool:
        return set_up_of(["4.4"])(command) or (set_up_of(["2.2"])(command) and has_84(command))

    class Forgetful(Chip):
        def __init__(self) -> None:
            super().__init__(SEVERAL)
            self.suites = (MIDDLE,)

    wire = ResettableWire(Forgetful(), refuses(0x6A80, refused))
    dump = read(wire)
    assert set_ups(wire) == [("4.4", 13), ("4.4", None), ("2.2", 12), ("2.2", None)]
    assert dump.quirks == ("pace-suite-refused", "mse-refuses-parameters")


@pytest.mark.parametrize("first", [8, 12, 13])
def test_of_several_sets_without_it_the_first_is_meant(first: int) -> None:
    """The chip refuses data object 84 and takes what stands first for the protocol."""
    numbers = [first, *({8, 12, 13} - {first})]
    suites = [PaceSuite.named("AES-128", number) for number in numbers]

    class First(Chip):
        def __init__(self) -> None:
            super().__init__(with_card_access(*(suite.info() for suite in suites)))
            self.suites = (suites[0],)

    wire = ResettableWire(First(), refuses(0x6A80, lambda c: c.ins == MSE and has_84(c)))
    dump = read(wire)
    assert (dump.access.parameter_id, attempts(wire)) == (first, (1, 0))
    assert dump.quirks == ("mse-refuses-parameters",)
    assert set_ups(wire)[-1] == ("2.2", None)


# --- what is skipped --------------------------------------------------------------------------

SKIPPED = "skipped in EF.CardAccess: "
KNOWN = pace_info(2, 2, 13)
OFFERS: dict[str, tuple[Document, tuple[str, ...], tuple[str, ...]]] = {
    "nothing": (with_card_access(KNOWN), (), ()),
    "of other parameters": (
        with_card_access(KNOWN, pace_info(2, 4, 31), pace_info(4, 2, 10)),
        (
            "PACE ECDH-GM-AES-256 with parameters 31",
            "PACE ECDH-IM-AES-128 with parameters 10",
        ),
        (),
    ),
    "without parameters": (
        with_card_access(pace_info(2, 4, None), KNOWN),
        ("PACE ECDH-GM-AES-256 with parameters None",),
        ("pace-no-parameter-id",),
    ),
    "of other protocols": (
        with_card_access(
            pace_info(9, 2, 13), pace_info(2, 9, 13), KNOWN, bytes.fromhex("30080603883701020101")
        ),
        ("0.4.0.127.0.7.2.2.4.9.2", "0.4.0.127.0.7.2.2.4.2.9", "2.999.1"),
        ("pace-unknown-infos",),
    ),
    "all forms": (
        offering(MIDDLE, forms=(card_files.UNKNOWN, card_files.EXPLICIT)),
        (
            "PACE ECDH-GM-AES-128 with parameters 32",
            "0.4.0.127.0.7.2.2.4.2",
            "2.999.1",
            "0.4.0.127.0.7.2.2.4.9.2",
        ),
        ("pace-unknown-infos",),
    ),
}


@pytest.mark.parametrize("offer", OFFERS)
def test_what_epass_does_not_know_is_told_and_does_no_harm(offer: str) -> None:
    document, skipped, met = OFFERS[offer]
    dump = read(ResettableWire(Chip(document)))
    assert dump.access.protocol == "PACE"
    assert sorted(dump.notes) == sorted(SKIPPED + name for name in skipped)
    assert dump.quirks == met


def test_not_everything_is_told_of_a_file_that_is_full_of_it() -> None:
    many = [pace_info(2, 2, number) for number in range(32, 32 + MAX_INFOS - 1)]
    dump = read(Wire(Chip(with_card_access(KNOWN, *many))))
    assert len(dump.notes) == MAX_NOTES + 1
    assert dump.notes[-1] == f"{SKIPPED}{len(many) - MAX_NOTES} more"


STANDARD = ("0.4.0.127.0.7.2.2.2", "0.4.0.127.0.7.2.2.3.2.2", "2.23.136.1.1.13")


def test_what_the_standard_has_for_other_protocols_is_nothing_to_be_told() -> None:
    """§9.2.11: such SecurityInfos may stand in EF.CardAccess too."""
    terminal = bytes.fromhex("300D060804007F0007020202020101")
    chip = bytes.fromhex("300F060A04007F00070202030202020101")
    directory = tlv.build(0x30, bytes.fromhex("060667810801010D040161"))
    dump = read(Wire(Chip(with_card_access(KNOWN, terminal, chip, directory))))
    assert (dump.notes, dump.quirks) == ((), ())
    infos = SecurityInfos.parse(dump.files[File.CARD_ACCESS]).infos
    assert infos[1:] == tuple(UnknownInfo(oid) for oid in STANDARD)


OLD = KNOWN.replace(b"\x02\x01\x02\x02", b"\x02\x01\x01\x02")


@pytest.mark.parametrize(
    ("more", "problem"),
    [(OLD, "not of version 2"), (KNOWN, "which stands twice")],
    ids=["another version", "twice"],
)
def test_what_is_not_as_it_is_due_is_skipped_where_another_works(more: bytes, problem: str) -> None:
    for document in (with_card_access(KNOWN, more), with_card_access(more, KNOWN)):
        wire = ResettableWire(Chip(document))
        dump = read(wire)
        assert (dump.access.protocol, len(set_ups(wire))) == ("PACE", 1)
        assert dump.notes == (f"{SKIPPED}0.4.0.127.0.7.2.2.4.2.2, {problem}",)
        assert dump.quirks == ()


def test_a_message_names_only_some_of_what_a_chip_offers() -> None:
    many = [pace_info(2, 2, number) for number in range(32, 32 + MAX_INFOS)]
    strange = [pace_info(9, number, 13) for number in range(MAX_INFOS)]
    for offers in (many, strange):
        with pytest.raises(UnsupportedError) as caught:
            read(Wire(Chip(with_card_access(*offers))))
        assert caught.value.message.startswith("the chip offers PACE only as ")
        assert caught.value.message.endswith(f", {MAX_INFOS - pace.MAX_LISTED} more")
        assert caught.value.message.count(", ") == pace.MAX_LISTED


def test_what_was_skipped_is_told_with_the_error() -> None:
    document = with_card_access(pace_info(2, 2, 19), pace_info(2, 2, None))
    with pytest.raises(UnsupportedError) as caught:
        read(Wire(Chip(document)))
    assert caught.value.__notes__ == [
        f"{SKIPPED}PACE ECDH-GM-AES-128 with parameters 19",
        f"{SKIPPED}PACE ECDH-GM-AES-128 with parameters None",
        "Quirks of this chip: pace-no-parameter-id",
    ]


def test_what_stands_twice_is_told_once() -> None:
    """Two explicit sets of parameters have one object identifier."""
    explicit = [
        tlv.build(0x30, bytes.fromhex("060904007F00070202040230030601AA0201") + bytes((number,)))
        for number in (32, 33)
    ]
    dump = read(Wire(Chip(with_card_access(KNOWN, *explicit))))
    assert dump.notes == (f"{SKIPPED}0.4.0.127.0.7.2.2.4.2",)
