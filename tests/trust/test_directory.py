"""EF.DIR against the copy of it that EF.CardSecurity signs."""

import pytest
from chip_builder import (
    FAIL,
    NOT_APPLICABLE,
    PASS,
    UNKNOWN,
    StaticKey,
    answer,
    card_security,
    document,
    pace_info,
)
from judging import judge
from sod_builder import SodPlan, ecdsa, integer, oid, sequence

from epass import tlv
from epass.crypto import ec
from epass.dump import Dump
from epass.lds.names import LDS1_AID, File
from epass.lds.security_infos import ID_EF_DIR

DIRECTORY = tlv.build(0x61, tlv.build(0x4F, LDS1_AID))
MORE = DIRECTORY + tlv.build(0x61, tlv.build(0x4F, bytes.fromhex("A0000002472001")))
NOTHING = "nothing that was read signs EF.DIR"
KEY = StaticKey(ec.CURVES[4]).key_info()


def copy(content: bytes) -> bytes:
    return sequence(oid(ID_EF_DIR), tlv.build(0x04, content))


def chip(content: bytes, *infos: bytes, plan: SodPlan | None = None) -> Dump:
    """A chip with this EF.DIR, and these infos in EF.CardSecurity, if any."""
    besides = {File.DIR: content}
    if infos:
        besides[File.CARD_SECURITY] = card_security(*infos, plan=plan)
    return document(besides=besides)


def directory(dump: Dump) -> tuple[object, str]:
    return answer(dump, "access.directory")


def test_the_same() -> None:
    same = "EF.DIR is what EF.CardSecurity signs"
    assert directory(chip(MORE, KEY, copy(MORE), pace_info())) == (PASS, same)
    for filled, signed in ((MORE + bytes(9), MORE), (MORE, MORE + b"\xff" * 9)):
        assert directory(chip(filled, copy(signed))) == (PASS, same)


@pytest.mark.parametrize(
    ("content", "copies"),
    [
        (DIRECTORY, [MORE]),
        (MORE, [DIRECTORY]),
        (MORE[:-1] + b"\x02", [MORE]),
        (MORE, [MORE, DIRECTORY]),
    ],
)
def test_another_one(content: bytes, copies: list[bytes]) -> None:
    dump = chip(content, *(copy(item) for item in copies))
    assert directory(dump) == (FAIL, "EF.DIR is not what EF.CardSecurity signs")
    assert "access.directory" in judge(dump).failed


def test_no_copy() -> None:
    assert directory(chip(MORE)) == (NOT_APPLICABLE, NOTHING)
    assert directory(chip(MORE, KEY)) == (NOT_APPLICABLE, NOTHING)
    assert directory(chip(b"\x61\x80", KEY)) == (NOT_APPLICABLE, NOTHING)


def test_a_copy_that_another_has_signed() -> None:
    """Anybody can: it is neither a pass nor, if it differs, a failure."""
    for content in (MORE, DIRECTORY):
        outcome, reason = directory(chip(content, copy(MORE), plan=SodPlan(ecdsa(ec.CURVES[4]))))
        assert (outcome, reason) == (
            UNKNOWN,
            "EF.CardSecurity has another signer than EF.SOD, who may be anybody",
        )
    outcome, reason = directory(chip(MORE, copy(MORE), plan=SodPlan().but(signature=bytes(256))))
    assert outcome is FAIL
    assert reason.startswith("EF.CardSecurity: ")


@pytest.mark.parametrize(
    ("content", "info", "problem"),
    [
        (MORE, sequence(oid(ID_EF_DIR)), "not an object identifier, required data"),
        (MORE, sequence(oid(ID_EF_DIR), *[tlv.build(4, MORE)] * 2), "one octet string is due"),
        (MORE, sequence(oid(ID_EF_DIR), integer(1)), "one octet string is due"),
        (MORE, copy(b""), "EF.DIR at byte 0: empty"),
        (b"", copy(MORE), "EF.DIR at byte 0: empty"),
        (b"\x61\x80", copy(MORE), "EF.DIR at byte 1: indefinite length"),
    ],
)
def test_what_is_malformed(content: bytes, info: bytes, problem: str) -> None:
    outcome, reason = directory(chip(content, info))
    assert outcome is FAIL
    assert problem in reason


def test_where_it_was_not_read_nobody_asks() -> None:
    dump = document(besides={File.CARD_SECURITY: card_security(copy(MORE))})
    assert "access.directory" not in {check.id for check in judge(dump).checks}
