"""Which door is opened: the policy, and BAC after a failed PACE only on the caller's word.

Each case by what was raised or recorded, and by what went over the wire.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from card_wire import ResettableWire, Wire
from opening import (
    BAC_ONLY,
    BOTH,
    CAN,
    DOCUMENT,
    EXTERNAL_AUTHENTICATE,
    GENERAL_AUTHENTICATE,
    GET_CHALLENGE,
    KEY,
    MSE,
    PACE_ONLY,
    SELECT,
    Change,
    attempts,
    pace_info,
    read,
    refuses,
    with_card_access,
)

from epass import tlv
from epass.card import trace
from epass.card.access import AUTO, BAC, PACE, POLICIES, Policy
from epass.card.apdu import Command, Response
from epass.card.keys import Key
from epass.card.trace import ReplayChannel, Trace, TracingChannel
from epass.dump import Access, Dump
from epass.errors import (
    AccessDeniedError,
    CardError,
    CardRemovedError,
    EpassError,
    FormatError,
    InputError,
    ProtocolError,
    StatusError,
    UnsupportedError,
)
from epass.lds.names import File
from epass.sim.chip import Chip
from epass.sim.keys import seeded
from epass.trust.report import Outcome
from epass.trust.verify import verify

AT = datetime(2026, 11, 20, tzinfo=UTC)
FALLBACK = Access("BAC", "MRZ", "3DES", fallback=True)
NO_PACE = "the chip offers no PACE, and "


def protocol_check(dump: Dump) -> tuple[Outcome, str]:
    (check,) = (item for item in verify(dump, at=AT).checks if item.id == "access.protocol")
    return check.outcome, check.reason


# --- the policy -------------------------------------------------------------------------------

OPENED = [
    (AUTO, BOTH, KEY, "PACE", False),
    (AUTO, BOTH, CAN, "PACE", False),
    (AUTO, PACE_ONLY, KEY, "PACE", False),
    (AUTO, BAC_ONLY, KEY, "BAC", False),
    (PACE, BOTH, KEY, "PACE", False),
    (PACE, PACE_ONLY, CAN, "PACE", False),
    (BAC, BOTH, KEY, "BAC", True),
    (BAC, BAC_ONLY, KEY, "BAC", True),  # it may be that its PACE is hidden
]


@pytest.mark.parametrize("allow", [False, True], ids=["", "fallback allowed"])
@pytest.mark.parametrize(("policy", "offered", "key", "protocol", "fallback"), OPENED)
def test_the_door_that_is_opened(
    policy: str, offered: tuple[str, ...], key: Key, protocol: str, fallback: bool, allow: bool
) -> None:
    wire = ResettableWire(Chip(DOCUMENT, access=offered))
    dump = read(wire, key, access=policy, allow_bac_fallback=allow)
    assert (dump.access.protocol, dump.access.fallback) == (protocol, fallback)
    assert (dump.access.password, dump.files[File.COM]) == (key.label, DOCUMENT.files[File.COM])
    assert attempts(wire) == ((1, 0) if protocol == "PACE" else (0, 1))
    assert (wire.resets, dump.quirks, dump.notes) == ([], (), ())


NOT_OPENED = [
    (AUTO, BAC_ONLY, CAN, UnsupportedError, NO_PACE + "BAC needs the MRZ, not the CAN", 2),
    (PACE, BAC_ONLY, KEY, UnsupportedError, NO_PACE + "nothing else is allowed", 2),
    (PACE, BAC_ONLY, CAN, UnsupportedError, NO_PACE + "nothing else is allowed", 2),
    (
        BAC,
        PACE_ONLY,
        KEY,
        StatusError,
        "SELECT eMRTD application: the chip answers 6982 (security status not satisfied)",
        4,
    ),
    (BAC, BOTH, CAN, InputError, "access: BAC needs the MRZ, not the CAN", 0),
    (BAC, BAC_ONLY, CAN, InputError, "access: BAC needs the MRZ, not the CAN", 0),
]


@pytest.mark.parametrize("allow", [False, True], ids=["", "fallback allowed"])
@pytest.mark.parametrize(("policy", "offered", "key", "kind", "message", "sent"), NOT_OPENED)
def test_no_door_that_the_policy_allows(
    policy: str,
    offered: tuple[str, ...],
    key: Key,
    kind: type[EpassError],
    message: str,
    sent: int,
    allow: bool,
) -> None:
    wire = ResettableWire(Chip(DOCUMENT, access=offered))
    with pytest.raises(EpassError) as caught:
        read(wire, key, access=policy, allow_bac_fallback=allow)
    assert (type(caught.value), caught.value.message) == (kind, message)
    assert (len(wire.commands), wire.resets, attempts(wire)) == (sent, [], (0, 0))


@pytest.mark.parametrize("wrong", ["", "PACE", "pace,bac", "none", "BAC"])
def test_an_access_that_does_not_exist(wrong: str) -> None:
    wire = Wire(Chip(DOCUMENT))
    with pytest.raises(InputError, match="access: one of auto, pace, bac"):
        read(wire, access=wrong)
    assert wire.commands == []


def test_what_nobody_chose_is_the_strict_way() -> None:
    assert Policy() == Policy("auto", allow_bac_fallback=False)
    assert [Policy(name).access for name in POLICIES] == ["auto", "pace", "bac"]


# --- PACE that fails --------------------------------------------------------------------------

STEPS = {"nonce": 5, "mapping": 6, "key agreement": 7, "token": 8}  # the number of the command


def at_step(step: str, answer: Callable[[Response], Response]) -> Change:
    def change(number: int, command: Command, response: Response) -> Response:
        if number != STEPS[step]:
            return response
        assert command.ins == GENERAL_AUTHENTICATE
        return answer(response)

    return change


def off_the_curve(response: Response) -> Response:
    data = bytearray(response.data)
    data[-1] ^= 1
    return Response(bytes(data))


FAILED: dict[str, tuple[Change, type[EpassError], str, int]] = {
    "set-up refused": (
        refuses(0x6A80, lambda command: command.ins == MSE),
        StatusError,
        "PACE set-up (MSE:Set AT): the chip answers 6A80 (incorrect data)",
        4,
    ),
    "nonce refused": (
        at_step("nonce", lambda _: Response(sw=0x6985)),
        StatusError,
        "PACE nonce: the chip answers 6985 (conditions of use not satisfied)",
        5,
    ),
    "nonce too short": (
        at_step("nonce", lambda _: Response(tlv.build(0x7C, tlv.build(0x80, bytes(8))))),
        ProtocolError,
        "PACE nonce: 8 bytes, not 16 or 32",
        5,
    ),
    "mapped to no point": (
        at_step("mapping", off_the_curve),
        ProtocolError,
        "PACE mapping: not a point of brainpoolP256r1",
        6,
    ),
    "mapping refused": (
        at_step("mapping", lambda _: Response(sw=0x6F00)),
        StatusError,
        "PACE mapping: the chip answers 6F00 (no precise diagnosis)",
        6,
    ),
    "key of no point": (
        at_step("key agreement", off_the_curve),
        ProtocolError,
        "PACE key agreement: not a point of brainpoolP256r1",
        7,
    ),
    "token of no form": (
        at_step("token", lambda _: Response(b"\x7c\x00")),
        ProtocolError,
        "PACE token: the answer is not the data objects 86, [87], [88], [8A]",
        8,
    ),
}
REJECTED: dict[str, tuple[Change, str]] = {
    "6300": (
        at_step("token", lambda _: Response(sw=0x6300)),
        "PACE: the chip rejects this key (status 6300, authentication failed)",
    ),
    "another token": (
        at_step("token", off_the_curve),
        "PACE: the chip does not prove that it knows the MRZ",
    ),
}
UNUSABLE = {
    "unknown parameters": (
        pace_info(2, 2, 19),
        "the chip offers PACE only as ECDH-GM-AES-128 with parameters 19",
    ),
    "no parameters": (
        pace_info(2, 2, None),
        "the chip offers PACE only as ECDH-GM-AES-128 with parameters None",
    ),
    "unknown protocol": (
        pace_info(9, 2, 13),
        "the chip offers PACE only as 0.4.0.127.0.7.2.2.4.9.2",
    ),
    "unknown cipher": (
        pace_info(2, 5, 13),
        "the chip offers PACE only as 0.4.0.127.0.7.2.2.4.2.5",
    ),
    "parameters alone": (
        tlv.build(0x30, bytes.fromhex("060904007F00070202040230030601AA020120")),
        "the chip offers PACE only as parameters of its own",
    ),
}


def refused(wire: Wire, kind: type[EpassError], message: str, **options: Any) -> None:
    """The read ends in this error, and there was no BAC."""
    with pytest.raises(EpassError) as caught:
        read(wire, **options)
    assert (type(caught.value), caught.value.message) == (kind, message)
    assert wire.sent(GET_CHALLENGE) == wire.sent(EXTERNAL_AUTHENTICATE) == []


@pytest.mark.parametrize("policy", [(AUTO, False), (PACE, False), (PACE, True)])
@pytest.mark.parametrize("fault", FAILED)
def test_a_failed_pace_is_an_error(fault: str, policy: tuple[str, bool]) -> None:
    change, kind, message, sent = FAILED[fault]
    wire = Wire(Chip(DOCUMENT), change)
    refused(wire, kind, message, access=policy[0], allow_bac_fallback=policy[1])
    assert len(wire.commands) == sent


@pytest.mark.parametrize("fault", FAILED)
def test_bac_follows_a_failed_pace_where_it_is_allowed(fault: str) -> None:
    change, _, message, sent = FAILED[fault]
    wire = ResettableWire(Chip(DOCUMENT), change)
    dump = read(wire, allow_bac_fallback=True)
    assert dump.access == FALLBACK
    assert dump.files[File.COM] == DOCUMENT.files[File.COM]
    refused = "refused at the PACE set-up (MSE:Set AT): ECDH-GM-AES-128 with parameters 13, "
    *before, last = dump.notes
    assert last == f"PACE failed: {message}"
    forms = ("without", "with") if sent == 4 else ()
    assert before == [f"{refused}{form} data object 84, 6A80" for form in forms]
    # MSE:Set AT is refused in both forms, with a reset between them.
    assert wire.resets == ([4, 5] if sent == 4 else [sent])
    after = [command.ins for command in wire.commands[wire.resets[-1] :]]
    assert after[:3] == [SELECT, GET_CHALLENGE, EXTERNAL_AUTHENTICATE]
    assert attempts(wire)[1] == 1


def test_a_fallback_is_shown_in_the_dump_and_in_the_report() -> None:
    change, _, message, _ = FAILED["nonce refused"]
    want = (File.COM, File.SOD)
    dump = read(ResettableWire(Chip(DOCUMENT), change), want=want, allow_bac_fallback=True)
    again = Dump.from_files(dump.to_files())
    assert (again.access, again.notes) == (FALLBACK, (f"PACE failed: {message}",))
    expected = (
        Outcome.NOT_APPLICABLE,
        "BAC, though the chip offers PACE, as the caller allowed",
    )
    assert protocol_check(again) == expected
    assert protocol_check(read(Wire(Chip(DOCUMENT)), want=want, access=BAC)) == expected
    hidden = read(Wire(Chip(DOCUMENT, access=BAC_ONLY)), want=want, access=BAC)
    assert protocol_check(hidden) == (Outcome.NOT_APPLICABLE, "BAC, as the caller allowed")
    honest = read(Wire(Chip(DOCUMENT, access=BAC_ONLY)), want=want)
    assert protocol_check(honest) == (Outcome.PASS, "BAC; the chip offers no PACE")


@pytest.mark.parametrize("fault", FAILED)
def test_without_a_reset_the_first_error_stands(fault: str) -> None:
    change, kind, message, sent = FAILED[fault]
    wire = Wire(Chip(DOCUMENT), change)
    refused(wire, kind, message, allow_bac_fallback=True)
    assert len(wire.commands) == sent


@pytest.mark.parametrize("fault", FAILED)
def test_there_is_no_bac_for_a_can(fault: str) -> None:
    change, kind, message, _ = FAILED[fault]
    wire = ResettableWire(Chip(DOCUMENT), change)
    with pytest.raises(EpassError) as caught:
        read(wire, CAN, allow_bac_fallback=True)
    assert (type(caught.value), caught.value.message) == (kind, message)
    assert attempts(wire)[1] == 0


@pytest.mark.parametrize("resettable", [True, False])
@pytest.mark.parametrize("fault", REJECTED)
def test_a_rejected_key_is_never_tried_again(fault: str, resettable: bool) -> None:
    change, message = REJECTED[fault]
    chip = Chip(DOCUMENT)
    wire = ResettableWire(chip, change) if resettable else Wire(chip, change)
    refused(wire, AccessDeniedError, message, allow_bac_fallback=True)
    assert (len(wire.commands), attempts(wire)) == (8, (1, 0))
    assert getattr(wire, "resets", []) == []


@pytest.mark.parametrize("offer", UNUSABLE)
def test_pace_that_epass_does_not_know_is_pace_all_the_same(offer: str) -> None:
    info, message = UNUSABLE[offer]
    document = with_card_access(info)
    wire = ResettableWire(Chip(document))
    refused(wire, UnsupportedError, message)
    assert wire.sent(MSE) == []
    dump = read(wire, allow_bac_fallback=True)
    assert dump.access == FALLBACK
    assert dump.notes[-1] == f"PACE failed: {message}"


def test_no_card_to_reset() -> None:
    """The reset finds that the card has left: that is the error, and the end."""

    class Leaving(ResettableWire):
        def reset(self) -> None:
            raise CardRemovedError("the card was removed")

    wire = Leaving(Chip(DOCUMENT), FAILED["nonce refused"][0])
    with pytest.raises(CardRemovedError):
        read(wire, allow_bac_fallback=True)
    assert len(wire.commands) == 5


def test_bac_that_fails_too_says_why_pace_did() -> None:
    """The chip has another MRZ than its PACE: BAC is refused, and both reasons are told."""
    lost = FAILED["nonce refused"]

    def change(number: int, command: Command, response: Response) -> Response:
        if command.ins == EXTERNAL_AUTHENTICATE:
            return Response(sw=0x6300)
        return lost[0](number, command, response)

    wire = ResettableWire(Chip(DOCUMENT), change)
    with pytest.raises(AccessDeniedError, match="BAC: the chip rejects this key") as caught:
        read(wire, allow_bac_fallback=True)
    assert caught.value.__notes__ == [f"PACE failed: {lost[2]}"]
    assert attempts(wire) == (0, 1)


# --- EF.CardAccess ----------------------------------------------------------------------------

OFFER = tlv.build(0x31, pace_info(2, 2, 13))
PREFIX = bytes.fromhex("04007F0007020204")  # id-PACE; without it, it is no offer of PACE


@pytest.mark.parametrize("change", [0x01, 0x80, 0xFF], ids=hex)
def test_no_changed_byte_of_an_offer_leads_to_bac(change: int) -> None:
    start = OFFER.index(PREFIX)
    for place in {*range(len(OFFER))} - {*range(start, start + len(PREFIX))}:
        content = bytearray(OFFER)
        content[place] ^= change
        wire = ResettableWire(Chip(with_card_access(content=bytes(content))))
        with pytest.raises((FormatError, UnsupportedError, CardError)):
            read(wire)
        assert wire.sent(GET_CHALLENGE) == wire.sent(EXTERNAL_AUTHENTICATE) == []


# --- the trace --------------------------------------------------------------------------------


def test_a_fallback_is_recorded_with_its_reset_and_replays() -> None:
    change, _, _, sent = FAILED["mapped to no point"]
    lines = [trace.header(about="a fallback")]
    channel = TracingChannel(ResettableWire(Chip(DOCUMENT), change), lines.append)
    random = channel.random(seeded(b"fallback"))
    dump = read(channel, allow_bac_fallback=True, random=random)
    recorded = Trace.parse(lines)
    assert recorded.resets == ((sent, ""),)
    replay = ReplayChannel(recorded)
    again = read(replay, allow_bac_fallback=True, random=replay.random)
    replay.finish()
    assert (again.files, again.access, again.notes) == (dump.files, dump.access, dump.notes)
