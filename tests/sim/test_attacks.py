"""Every forgery of the simulator, judged: exactly its check finds it, for its reason.

What the attacks are is in ``epass.sim.attacks``; the reader and the verifier share no code with it.
"""

from datetime import UTC, datetime
from functools import cache

import pytest

from epass.card import reader
from epass.card.keys import MrzKey
from epass.dump import Access, Dump
from epass.errors import FormatError, StatusError
from epass.sim import attacks, issuer, published
from epass.sim.attacks import Attack, Forgery
from epass.sim.chip import Chip
from epass.sim.issuer import Document
from epass.trust.anchors import Anchors
from epass.trust.material import Material
from epass.trust.report import Outcome, Report
from epass.trust.verify import verify

AT = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
PASSING = {Outcome.PASS, Outcome.NOT_APPLICABLE}

each = pytest.mark.parametrize("attack", attacks.ATTACKS.values(), ids=attacks.ATTACKS.keys())


@cache
def made(name: str) -> Forgery:
    return attacks.ATTACKS[name].make()


@cache
def anchors(master_list: bytes) -> Anchors:
    return Material.read("masterlist.ml", master_list).anchors


def dumped(document: Document) -> Dump:
    information = MrzKey.from_mrz(document.mrz).information
    return Dump(document.files, Access("BAC", "MRZ", "3DES", mrz_information=information), AT)


def judged(dump: Dump, master_list: bytes) -> Report:
    return verify(dump, anchors(master_list), at=AT)


def assert_found(report: Report, attack: Attack) -> None:
    (check,) = (item for item in report.checks if item.id == attack.check)
    assert check.outcome.value == attack.outcome, check.reason
    assert attack.reason in check.reason
    not_passed = {item.id for item in report.checks if item.outcome not in PASSING}
    assert not_passed == {attack.check} | attack.also
    assert report.verdict is not Outcome.PASS


def test_a_genuine_document_passes() -> None:
    genuine = published.publish(issuer.default_country("UTO"))
    report = judged(dumped(issuer.issue()), genuine.master_list)
    assert {item.id: item.reason for item in report.checks if item.outcome not in PASSING} == {}
    assert report.verdict is Outcome.PASS
    report.require(trust=True)


def test_there_are_enough() -> None:
    assert len(attacks.ATTACKS) >= 60
    assert all(attack.about.endswith(".") for attack in attacks.ATTACKS.values())
    found = {attack.check for attack in attacks.ATTACKS.values()}
    assert found >= {"ds.path", "ds.profile", "ds.revocation", "sod.signature", "anchors.list"}


@each
def test_each_is_found(attack: Attack) -> None:
    forgery = made(attack.name)
    assert_found(judged(dumped(forgery.document), forgery.master_list), attack)


@each
def test_each_is_found_behind_a_chip(attack: Attack) -> None:
    """As ``epass simulate --attack`` serves it: what cannot be read ends with a typed error."""
    forgery = made(attack.name)
    key = MrzKey.from_mrz(forgery.document.mrz)
    if attack.name in UNREADABLE:
        with pytest.raises((FormatError, StatusError), match=UNREADABLE[attack.name]):
            reader.read(Chip(forgery.document), key)
        return
    report = judged(reader.read(Chip(forgery.document), key), forgery.master_list)
    if attack.name in NOT_READ:
        assert report.verdict is Outcome.PASS
        return
    assert report.verdict is not Outcome.PASS
    (check,) = (item for item in report.checks if item.id == attack.check)
    assert check.outcome.value == attack.outcome, check.reason
    assert attack.reason in check.reason


ENDS, LONG, NOT_FOUND = "the chip ends after", "a length of 4 bytes", "6A82"
# What a reader cannot get out of a chip at all.
UNREADABLE = {
    **dict.fromkeys(("dg2-truncated", "com-broken", "sod-truncated"), ENDS),
    **dict.fromkeys(("dg1-reencoded", "dg2-reencoded", "sod-oversized"), LONG),
    **dict.fromkeys(("dg1-withheld", "dg2-withheld", "com-withheld", "sod-withheld"), NOT_FOUND),
}
# What no reader asks for: bytes behind the end that the file itself gives.
NOT_READ = {"dg2-extended", "sod-trailing"}
