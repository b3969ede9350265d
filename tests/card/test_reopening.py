"""A chip that is opened again: by the way that it was opened before, and by no other.

Between two openings somebody on the link has a second chance to choose the weaker way.
"""

from collections.abc import Callable

import pytest
from card_wire import ResettableWire
from opening import BAC_ONLY, BOTH, SELECT, attempts, offering, pace_info, set_ups
from watched_chip import CA, MSE, READ_BINARY

from epass import tlv
from epass.card import reader
from epass.card.apdu import Command, Response
from epass.card.keys import MrzKey
from epass.card.secure import PROTECTED
from epass.dump import Dump
from epass.errors import ProtocolError, SecureMessagingError, StatusError
from epass.lds.names import File
from epass.sim import issuer
from epass.sim.chip import Chip
from epass.sim.issuer import Document
from epass.sim.pace import PaceSuite
from epass.sim.proof_keys import CaScheme

STRONG, WEAK = PaceSuite.named("AES-256", 16), PaceSuite.named("3DES", 8)
SEVERAL = offering(STRONG, WEAK)
CARD_ACCESS = File.CARD_ACCESS.fid.to_bytes(2)
OTHER_WAY = "access: the chip has another EF.CardAccess than before"
ABSENT = Response(sw=0x6A82)

Relay = Callable[[ResettableWire, Command, Response], Response]


class Relayed(ResettableWire):
    """A wire with somebody on it, who refuses the first protected READ BINARY without protection.

    From then on, ``relay`` makes the answers; before, ``before`` does.
    """

    def __init__(self, chip: Chip, relay: Relay, before: Relay | None = None) -> None:
        super().__init__(chip, lambda _n, command, answer: self.answer(command, answer))
        self.relay, self.before, self.refused = relay, before, False

    def answer(self, command: Command, answer: Response) -> Response:
        if self.refused:
            return self.relay(self, command, answer)
        if command.cla & PROTECTED and command.ins == READ_BINARY:
            self.refused = True
            return Response(sw=0x6982)
        return self.before(self, command, answer) if self.before else answer


def read(wire: ResettableWire, document: Document, **options: bool | str) -> Dump:
    return reader.read(
        wire,
        MrzKey.from_mrz(document.mrz),
        want=(File.COM, File.DG1),
        **options,  # type: ignore[arg-type]
    )


def honest(_wire: ResettableWire, _command: Command, answer: Response) -> Response:
    return answer


def hides_pace(_wire: ResettableWire, command: Command, answer: Response) -> Response:
    return ABSENT if (command.ins, command.data) == (SELECT, CARD_ACCESS) else answer


def refuses_the_strong(_wire: ResettableWire, command: Command, answer: Response) -> Response:
    strong = command.ins == MSE and command.data[2:12] == STRONG.oid
    return Response(sw=0x6A80) if strong else answer


def offers_the_weak_alone(_wire: ResettableWire, command: Command, answer: Response) -> Response:
    plain = (command.ins, command.cla) == (READ_BINARY, 0)
    return Response(tlv.build(0x31, [pace_info(2, 1, 8)])) if plain else answer


@pytest.mark.parametrize("allow", [False, True], ids=["", "fallback allowed"])
def test_the_same_way_again(allow: bool) -> None:
    wire = Relayed(Chip(SEVERAL, access=BOTH), honest)
    dump = read(wire, SEVERAL, allow_bac_fallback=allow)
    assert (dump.access.protocol, dump.access.cipher) == ("PACE", "AES-256")
    assert dump.quirks == ("naked-errors",)
    assert (set_ups(wire), attempts(wire)) == ([("2.4", 16)] * 2, (2, 0))


@pytest.mark.parametrize("allow", [False, True], ids=["", "fallback allowed"])
@pytest.mark.parametrize("relay", [hides_pace, offers_the_weak_alone])
def test_another_ef_card_access_is_the_end(relay: Relay, allow: bool) -> None:
    wire = Relayed(Chip(SEVERAL, access=BOTH), relay)
    with pytest.raises(ProtocolError) as caught:
        read(wire, SEVERAL, allow_bac_fallback=allow)
    assert caught.value.message == OTHER_WAY
    assert (len(wire.resets), attempts(wire)) == (1, (1, 0))


@pytest.mark.parametrize("allow", [False, True], ids=["", "fallback allowed"])
def test_the_suite_and_its_form_are_those_of_the_first_time(allow: bool) -> None:
    wire = Relayed(Chip(SEVERAL, access=BOTH), refuses_the_strong)
    with pytest.raises(StatusError, match=r"MSE:Set AT\): the chip answers 6A80"):
        read(wire, SEVERAL, allow_bac_fallback=allow)
    assert (set_ups(wire), attempts(wire)) == ([("2.4", 16)] * 2, (1, 0))


def test_what_the_first_time_has_found_out_is_not_asked_again() -> None:
    """The weaker suite, since the chip does not have the stronger one; that is still told once."""
    wire = Relayed(Chip(SEVERAL, access=BOTH), honest, before=refuses_the_strong)
    dump = read(wire, SEVERAL)
    assert set_ups(wire) == [("2.4", 16), ("2.4", None), ("2.1", 8), ("2.1", 8)]
    assert (dump.access.cipher, attempts(wire)) == ("3DES", (2, 0))
    assert dump.quirks == ("pace-suite-refused", "naked-errors")
    assert len(dump.notes) == 2


def test_bac_is_followed_by_bac_though_pace_is_to_be_seen_now() -> None:
    """The dump would say PACE of files that were read under BAC."""
    wire = Relayed(Chip(SEVERAL, access=BOTH), honest, before=hides_pace)
    with pytest.raises(ProtocolError) as caught:
        read(wire, SEVERAL)
    assert caught.value.message == OTHER_WAY
    assert attempts(wire) == (0, 1)


@pytest.mark.parametrize("policy", ["auto", "bac"])
def test_bac_again_where_there_is_no_pace(policy: str) -> None:
    wire = Relayed(Chip(SEVERAL, access=BAC_ONLY), honest)
    dump = read(wire, SEVERAL, access=policy)
    assert (dump.access.protocol, dump.access.fallback) == ("BAC", policy == "bac")
    assert attempts(wire) == (0, 2)


def test_a_fallback_stays_one() -> None:
    def no_nonce(_wire: ResettableWire, command: Command, answer: Response) -> Response:
        return Response(sw=0x6F00) if (command.ins, command.cla) == (0x86, 0x10) else answer

    document = issuer.issue()
    refused: list[int] = []

    def change(number: int, command: Command, answer: Response) -> Response:
        if command.cla & PROTECTED and command.ins == READ_BINARY and not refused:
            refused.append(number)
            return Response(sw=0x6982)
        return no_nonce(wire, command, answer)

    wire = ResettableWire(Chip(document), change)
    dump = read(wire, document, allow_bac_fallback=True)
    assert (dump.access.protocol, dump.access.fallback) == ("BAC", True)
    assert dump.notes == ("PACE failed: PACE nonce: the chip answers 6F00 (no precise diagnosis)",)
    assert (len(wire.resets), attempts(wire), len(wire.sent(MSE))) == (2, (0, 2), 1)


def test_what_fails_at_the_second_opening_is_no_matter_of_an_optional_file() -> None:
    """DG14, which nobody asked for, is refused; the chip must be opened for DG1, and is not."""
    document = issuer.issue(chip_authentication=[CA])
    tried: list[int] = []

    def change(number: int, command: Command, answer: Response) -> Response:
        if tried:
            return hides_pace(wire, command, answer)
        reads = [c for c in wire.commands if c.cla & PROTECTED and c.ins == READ_BINARY]
        if len(reads) == 2:  # EF.COM came in one
            tried.append(number)
            return Response(sw=0x6A82)
        return answer

    wire = ResettableWire(Chip(document), change)
    with pytest.raises(ProtocolError) as caught:
        read(wire, document)
    assert caught.value.message == OTHER_WAY


def test_quirks_of_both_openings_are_named() -> None:
    def master_file_refused(_w: ResettableWire, command: Command, answer: Response) -> Response:
        return Response(sw=0x6A86) if command.data == b"\x3f\x00" else answer

    dump = read(Relayed(Chip(SEVERAL, access=BOTH), master_file_refused), SEVERAL)
    assert dump.quirks == ("naked-errors", "mf-refused")


def test_a_chip_that_refuses_a_short_key_is_not_asked_again_in_a_chain() -> None:
    """6700 says that the command is too long, which it is not: a chain would be the same."""
    document = issuer.issue(chip_authentication=[CaScheme(ciphers=("AES-256",))])

    def change(_number: int, command: Command, answer: Response) -> Response:
        agreeing = command.cla & PROTECTED and command.ins == MSE
        return Response(sw=0x6700) if agreeing else answer

    wire = ResettableWire(Chip(document), change)
    dump = read(wire, document)
    assert dump.notes == ("chip authentication not run: an unprotected answer, status 6700",)
    assert dump.quirks == ("ca-fails",)
    assert len([command for command in wire.sent(MSE) if command.cla & PROTECTED]) == 1


def test_without_a_reset_the_session_is_not_replaced() -> None:
    """What broke it is the error, and the key is not used again."""

    class Bare:
        def __init__(self) -> None:
            self.wire = Relayed(Chip(SEVERAL, access=BOTH), honest)

        def transmit(self, command: Command) -> Response:
            return self.wire.transmit(command)

    bare = Bare()
    with pytest.raises(SecureMessagingError, match="an unprotected answer, status 6982"):
        reader.read(bare, MrzKey.from_mrz(SEVERAL.mrz), want=(File.COM,))
    assert attempts(bare.wire) == (1, 0)
