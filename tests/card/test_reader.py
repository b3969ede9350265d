"""The verb ``read``: which access protocol it takes, and that a failed PACE is never BAC."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from card_wire import ResettableWire, Wire, application

from epass import tlv
from epass.card import reader
from epass.card.access import NO_CARD_ACCESS
from epass.card.apdu import Channel, Command, Response
from epass.card.keys import Can, Key, MrzKey
from epass.card.reader import DEFAULT
from epass.crypto.ciphers import Cipher
from epass.dump import Access
from epass.errors import (
    AccessDeniedError,
    FormatError,
    InputError,
    ProtocolError,
    StatusError,
    UnsupportedError,
)
from epass.lds.names import File
from epass.sim import issuer
from epass.sim.access import PaceSuite, card_access
from epass.sim.chip import Chip
from epass.sim.issuer import Document

SELECT, MSE, GENERAL_AUTHENTICATE = 0xA4, 0x22, 0x86
GET_CHALLENGE, EXTERNAL_AUTHENTICATE, READ_BINARY = 0x84, 0x82, 0xB0
BAC_ONLY, PACE_ONLY = ("BAC",), ("PACE",)

DOCUMENT = issuer.issue()
KEY, CAN = MrzKey.from_mrz(DOCUMENT.mrz), Can(DOCUMENT.can)
WRONG = MrzKey.from_fields("L898902C4", "740812", "340415")
SMALL = (File.COM, File.DG1)


def with_card_access(content: bytes) -> Document:
    files = {**DOCUMENT.files, File.CARD_ACCESS: content}
    return Document(files, DOCUMENT.mrz, DOCUMENT.can, DOCUMENT.format)


def read_small(channel: Channel) -> dict[File, bytes]:
    return application(reader.read(channel, KEY, want=SMALL).files)


def assert_no_bac(wire: Wire) -> None:
    assert wire.sent(GET_CHALLENGE) == wire.sent(EXTERNAL_AUTHENTICATE) == []


# --- PACE or BAC ------------------------------------------------------------------------------


@pytest.mark.parametrize("key", [KEY, CAN], ids=lambda key: key.label)
def test_a_chip_with_both_is_opened_by_pace(key: Key) -> None:
    wire = Wire(Chip(DOCUMENT, cipher="AES-256", parameter_id=12))
    dump = reader.read(wire, key)
    assert application(dump.files) == dict(DOCUMENT.files)
    assert tlv.parse_one(dump.files[File.CARD_ACCESS], 0x31, where="").children()
    assert dump.access == Access("PACE", key.label, "AES-256", "GM", 12, "P-256")
    assert dump.apdus == len(wire.commands)
    assert_no_bac(wire)


def test_a_chip_with_bac_alone() -> None:
    wire = Wire(Chip(DOCUMENT, access=BAC_ONLY))
    dump = reader.read(wire, KEY)
    assert dict(dump.files) == dict(DOCUMENT.files)
    assert dump.access == Access("BAC", "MRZ", "3DES")
    assert len(wire.sent(GET_CHALLENGE)) == 1
    assert wire.sent(MSE) == []


def test_the_files_and_their_order_are_the_callers() -> None:
    assert list(reader.read(Chip(DOCUMENT), KEY).files) == [*DEFAULT, File.CARD_ACCESS]
    want = (File.DG1, File.COM)
    assert list(reader.read(Chip(DOCUMENT), KEY, want=want).files) == [*want, File.CARD_ACCESS]
    assert list(reader.read(Chip(DOCUMENT), KEY, want=()).files) == [File.CARD_ACCESS]


def test_a_file_that_the_chip_does_not_have() -> None:
    with pytest.raises(StatusError) as caught:
        reader.read(Chip(DOCUMENT), KEY, want=(File.DG1, File.DG11))
    assert caught.value.message == "SELECT DG11: the chip answers 6A82 (file not found)"


def test_the_time_is_an_argument() -> None:
    moment = datetime(2026, 11, 20, 12, tzinfo=UTC)
    assert reader.read(Chip(DOCUMENT), KEY, want=SMALL, now=lambda: moment).read_at == moment
    assert reader.read(Chip(DOCUMENT), KEY, want=SMALL).read_at.tzinfo is UTC


@pytest.mark.parametrize("access", [("PACE", "BAC"), PACE_ONLY])
@pytest.mark.parametrize("key", [WRONG, Can("654321")], ids=lambda key: key.label)
def test_a_wrong_key_never_leads_to_bac(access: tuple[str, ...], key: Key) -> None:
    wire = Wire(Chip(DOCUMENT, access=access))
    with pytest.raises(AccessDeniedError) as caught:
        reader.read(wire, key)
    assert (
        caught.value.message
        == "PACE: the chip rejects this key (status 6300, authentication failed)"
    )
    assert wire.commands[-1].ins == GENERAL_AUTHENTICATE
    assert_no_bac(wire)


def test_a_wrong_key_for_bac() -> None:
    wire = Wire(Chip(DOCUMENT, access=BAC_ONLY))
    with pytest.raises(AccessDeniedError) as caught:
        reader.read(wire, WRONG)
    assert (
        caught.value.message
        == "BAC: the chip rejects this key (status 6300, authentication failed)"
    )
    assert wire.commands[-1].ins == EXTERNAL_AUTHENTICATE


SET_AT = 4  # the number of MSE:Set AT in a read; four GENERAL AUTHENTICATE follow
DISTURBED: dict[str, Callable[[Response], Response]] = {
    "cut": lambda response: Response(response.data[:-1], response.sw),
    "nothing": lambda _: Response(),
    "changed": lambda response: Response(
        response.data[:-1] + bytes((response.data[-1] ^ 1,)), response.sw
    ),
    "6300": lambda _: Response(sw=0x6300),
    "6982": lambda _: Response(sw=0x6982),
    "6A80": lambda _: Response(sw=0x6A80),
    "6D00": lambda _: Response(sw=0x6D00),
    "6F00": lambda _: Response(sw=0x6F00),
}


@pytest.mark.parametrize("fault", DISTURBED)
@pytest.mark.parametrize("step", range(SET_AT, SET_AT + 5))
def test_a_disturbed_pace_never_leads_to_bac(step: int, fault: str) -> None:
    def change(number: int, command: Command, response: Response) -> Response:
        if number != step:
            return response
        assert command.ins == (MSE if step == SET_AT else GENERAL_AUTHENTICATE)
        return DISTURBED[fault](response) if response.data or fault[0] == "6" else response

    wire = Wire(Chip(DOCUMENT), change)
    if step == SET_AT and fault[0] != "6":  # its answer has no data to disturb
        assert read_small(wire) == {file: DOCUMENT.files[file] for file in SMALL}
    else:
        with pytest.raises((AccessDeniedError, ProtocolError, StatusError)):
            reader.read(wire, KEY)
        assert wire.commands[-1].ins in (MSE, GENERAL_AUTHENTICATE)
    assert_no_bac(wire)


# --- EF.CardAccess ----------------------------------------------------------------------------


def select_refused(sw: int) -> Callable[[int, Command, Response], Response]:
    def change(_number: int, command: Command, response: Response) -> Response:
        if command == Command(SELECT, 0x02, 0x0C, b"\x01\x1c"):
            return Response(sw=sw)
        return response

    return change


@pytest.mark.parametrize("sw", NO_CARD_ACCESS)
def test_without_the_file_there_is_no_pace(sw: int) -> None:
    wire = Wire(Chip(DOCUMENT, access=BAC_ONLY), select_refused(sw))
    assert read_small(wire) == {file: DOCUMENT.files[file] for file in SMALL}
    assert wire.sent(MSE) == []


@pytest.mark.parametrize("sw", [0x6F00, 0x6700, 0x6B00, 0x6A80, 0x6988, 0x6400, 0x6981, 0x9100])
def test_any_other_refusal_of_the_file_is_an_error(sw: int) -> None:
    wire = Wire(Chip(DOCUMENT), select_refused(sw))
    with pytest.raises(StatusError) as caught:
        reader.read(wire, KEY)
    assert caught.value.facts == {"action": "SELECT EF.CardAccess", "sw": f"{sw:04X}"}
    assert len(wire.commands) == 2


@pytest.mark.parametrize("sw", [0x6283, 0x6200, 0x6300])
def test_a_warning_is_no_refusal(sw: int) -> None:
    """A state's chips answer 6283 to SELECT of the file, and it can be read all the same."""

    def change(number: int, _command: Command, response: Response) -> Response:
        return Response(sw=sw) if number == 2 else response

    dump = reader.read(Wire(Chip(DOCUMENT), change), KEY, want=SMALL)
    assert dump.access.protocol == "PACE"


@pytest.mark.parametrize("sw", [0x6982, 0x6A81, 0x6A86, 0x6A87, 0x6D00, 0x6F00])
def test_a_chip_that_refuses_select_of_the_master_file(sw: int) -> None:
    def change(number: int, _command: Command, response: Response) -> Response:
        return Response(sw=sw) if number == 1 else response

    dump = reader.read(Wire(Chip(DOCUMENT), change), KEY, want=SMALL)
    assert dump.access.protocol == "PACE"


@pytest.mark.parametrize("sw", [0x6982, 0x6A82, 0x6986, 0x6700, 0x6D00])
def test_a_file_that_is_there_but_cannot_be_read(sw: int) -> None:
    def change(_number: int, command: Command, response: Response) -> Response:
        return Response(sw=sw) if command.ins == READ_BINARY else response

    wire = Wire(Chip(DOCUMENT), change)
    with pytest.raises(StatusError) as caught:
        reader.read(wire, KEY)
    assert caught.value.facts == {"action": "READ BINARY EF.CardAccess at 0", "sw": f"{sw:04X}"}
    assert_no_bac(wire)


OFFER = PaceSuite.named("AES-128", 13).info()
MALFORMED = {
    "empty": (b"", "the data ends inside a tag"),
    "another tag": (b"\x30\x00", "the tag is 30, not 31"),
    "truncated inside": (b"\x31\x03\x30\x05\x06", "5 bytes declared, 1 are there"),
    "indefinite length": (tlv.build(0x31, b"\x30\x80"), "indefinite length"),
    "no version": (
        tlv.build(0x31, OFFER.replace(b"\x02\x01\x02", b"\x04\x01\x02")),
        "not version 2 of PACE",
    ),
    "no identifier": (
        tlv.build(0x31, tlv.build(0x30, b"\x06\x01\x80\x02\x01\x02")),
        "not an OBJECT IDENTIFIER",
    ),
    "huge": (b"\x31\x83\xff\xff\xff" + OFFER, "16777220 bytes declared, over the 65536 of a file"),
    "truncated": (tlv.build(0x31, OFFER)[:-1], "22 bytes declared, the chip ends after 21"),
}


@pytest.mark.parametrize("policy", [("auto", False), ("auto", True), ("pace", True), ("bac", True)])
@pytest.mark.parametrize("fault", MALFORMED)
def test_a_malformed_file_never_leads_to_bac(fault: str, policy: tuple[str, bool]) -> None:
    content, problem = MALFORMED[fault]

    def change(_number: int, command: Command, response: Response) -> Response:
        return Response(sw=0x6282) if command.ins == READ_BINARY and not content else response

    wire = ResettableWire(Chip(with_card_access(content or OFFER)), change)
    with pytest.raises(FormatError) as caught:
        reader.read(wire, KEY, access=policy[0], allow_bac_fallback=policy[1])
    assert caught.value.problem == problem
    assert caught.value.where.startswith("EF.CardAccess")
    assert_no_bac(wire)
    assert wire.sent(MSE) == []
    assert wire.resets == []


@pytest.mark.parametrize("file", [File.ATR_INFO, File.CARD_ACCESS, File.CARD_SECURITY, File.DIR])
def test_a_file_that_is_not_of_the_application_is_not_read_there(file: File) -> None:
    """Its identifiers are those of another file: EF.ATR/INFO would be DG1."""
    wire = ResettableWire(Chip(DOCUMENT))
    with pytest.raises(InputError) as caught:
        reader.read(wire, KEY, want=(File.COM, file))
    assert caught.value.message == f"want: {file.label} is not a file of the eMRTD application"
    assert (wire.commands, wire.resets) == ([], [])


def offer(group: int, number: int, parameter_id: int) -> bytes:
    oid = bytes.fromhex("04007F0007020204") + bytes((group, number))
    numbers = b"\x02\x01\x02\x02\x01" + bytes((parameter_id,))
    return tlv.build(0x30, tlv.build(0x06, oid) + numbers)


@pytest.mark.parametrize(
    ("content", "names"),
    [
        (offer(4, 2, 10), "ECDH-IM-AES-128 with parameters 10"),
        (offer(6, 4, 19), "ECDH-CAM-AES-256 with parameters 19"),
        (offer(1, 1, 13), "DH-GM-3DES with parameters 13"),
        (offer(3, 3, 3), "DH-IM-AES-192 with parameters 3"),
        (offer(2, 2, 31), "ECDH-GM-AES-128 with parameters 31"),
    ],
)
def test_pace_that_is_not_supported_never_leads_to_bac(content: bytes, names: str) -> None:
    wire = Wire(Chip(with_card_access(tlv.build(0x31, content))))
    with pytest.raises(UnsupportedError) as caught:
        reader.read(wire, KEY)
    assert caught.value.message == f"the chip offers PACE only as {names}"
    assert_no_bac(wire)


def test_the_strongest_that_is_supported_is_taken() -> None:
    suites = [PaceSuite.named("3DES", 8), PaceSuite.named("AES-192", 14)]
    content = card_access(suites)
    more = tlv.build(0x31, tlv.parse_one(content, 0x31, where="").value + offer(6, 4, 19))

    class Several(Chip):
        """It can do all that it offers; ``Chip`` makes one suite."""

        def __init__(self) -> None:
            super().__init__(with_card_access(more))
            self.suites = tuple(suites)

    wire = Wire(Several())
    access = reader.read(wire, KEY, want=SMALL).access
    assert (access.cipher, access.parameter_id) == (Cipher.AES_192.label, 14)
    (set_at,) = wire.sent(MSE)
    assert set_at.data.hex() == "800a04007f00070202040203" + "830101" + "84010e"


def test_a_file_without_pace_leads_to_bac() -> None:
    """Other SecurityInfos alone are no offer of PACE (§4.2)."""
    terminal_authentication = bytes.fromhex("300d060804007f0007020202020101")
    content = tlv.build(0x31, terminal_authentication)
    wire = Wire(Chip(with_card_access(content)))
    assert reader.read(wire, KEY, want=SMALL).access.protocol == "BAC"


def test_a_can_for_a_chip_with_bac_alone() -> None:
    wire = Wire(Chip(DOCUMENT, access=BAC_ONLY))
    with pytest.raises(UnsupportedError) as caught:
        reader.read(wire, CAN)
    assert caught.value.message == "the chip offers no PACE, and BAC needs the MRZ, not the CAN"
    assert caught.value.advice == "Give the MRZ of the document."
    assert [command.ins for command in wire.commands] == [SELECT, SELECT]


def test_a_document_without_a_can() -> None:
    document = Document(DOCUMENT.files, DOCUMENT.mrz, "", DOCUMENT.format)
    with pytest.raises(StatusError) as caught:
        reader.read(Chip(document), CAN)
    assert caught.value.facts == {"action": "PACE set-up (MSE:Set AT)", "sw": "6A88"}


def test_an_application_that_is_not_there() -> None:
    def change(_number: int, command: Command, response: Response) -> Response:
        return Response(sw=0x6A82) if command.p1 == 0x04 else response

    wire = Wire(Chip(DOCUMENT, access=BAC_ONLY), change)
    with pytest.raises(StatusError, match="SELECT eMRTD application: the chip answers 6A82"):
        reader.read(wire, KEY)
    assert_no_bac(wire)
