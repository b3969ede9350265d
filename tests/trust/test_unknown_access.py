"""A dump of another reader: what depends on how its chip was opened is unknown, never a pass."""

from dataclasses import replace

import pytest
from chip_builder import answer, card_access, dg14, document, pace_info
from judging import judge

from epass.dump import UNKNOWN_ACCESS, Dump
from epass.errors import TrustError
from epass.lds.names import File
from epass.trust.report import Outcome

GM, CAM = pace_info(), pace_info(6)
NO_RECORD = "it was not recorded how the chip was opened"
NOTHING = f"{NO_RECORD}, and EF.CardAccess offers no PACE or is not there"


def imported(offered: tuple[bytes, ...] | None, signed: tuple[bytes, ...] | None) -> Dump:
    besides = {} if offered is None else {File.CARD_ACCESS: card_access(*offered)}
    groups = {} if signed is None else {File.DG14: dg14(*signed)}
    dump = document(groups, access=UNKNOWN_ACCESS, besides=besides)
    return replace(dump, read_at=None)


@pytest.mark.parametrize("signed", [None, (GM,)])
@pytest.mark.parametrize("offered", [None, (GM,)])
def test_the_way_in_is_unknown(
    offered: tuple[bytes, ...] | None, signed: tuple[bytes, ...] | None
) -> None:
    assert answer(imported(offered, signed), "access.protocol") == (Outcome.UNKNOWN, NO_RECORD)
    assert answer(imported(offered, signed), "dg1.mrz") == (Outcome.UNKNOWN, NO_RECORD)


def test_files_that_are_there_are_still_compared() -> None:
    right, wrong = imported((GM,), (GM,)), imported((GM,), (CAM,))
    assert answer(right, "access.card_access")[0] is Outcome.PASS
    assert answer(wrong, "access.card_access")[0] is Outcome.FAIL


def test_an_offer_that_is_not_there_is_not_taken_for_none() -> None:
    assert answer(imported(None, (GM,)), "access.card_access") == (Outcome.UNKNOWN, NOTHING)
    missing = "EF.CardAccess, which would offer it, is not there"
    assert answer(imported(None, None), "chip.mapping") == (Outcome.UNKNOWN, missing)
    assert judge(imported(None, None)).chip == "unproven"


def test_a_proof_that_is_offered_is_unknown() -> None:
    reason = "it was not run; the chip was opened nobody knows how"
    assert answer(imported((CAM,), (CAM,)), "chip.mapping") == (Outcome.UNKNOWN, reason)
    offers_none = imported((GM,), (GM,))
    assert answer(offers_none, "chip.mapping")[0] is Outcome.NOT_APPLICABLE


def test_it_is_not_uploaded() -> None:
    report = judge(imported((GM,), (GM,)))
    with pytest.raises(TrustError) as caught:
        report.require()
    assert "access.protocol" in caught.value.unknown
