"""Every forgery of the simulator, judged: exactly its check finds it, for its reason.

What the attacks are is in ``epass.sim.attacks``; the reader and the verifier share no code with it.
"""

from datetime import UTC, datetime
from functools import cache

import pytest

from epass.card import reader
from epass.card.keys import MrzKey
from epass.dump import Access, Dump
from epass.errors import StatusError
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


def read(document: Document) -> Dump:
    return reader.read(Chip(document), MrzKey.from_mrz(document.mrz))


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
    """As ``epass simulate --attack`` serves it, and as ``epass demo --attack`` reads it."""
    forgery = made(attack.name)
    dump = read(forgery.document) if attack.readable else dumped(forgery.document)
    assert_found(judged(dump, forgery.master_list), attack)


@pytest.mark.parametrize("name", [item.name for item in attacks.ATTACKS.values() if item.readable])
def test_each_is_found_without_its_chip(name: str) -> None:
    """A dump by a reader that has asked for no proof, and has recorded none."""
    attack, forgery = attacks.ATTACKS[name], made(name)
    (check,) = (
        item
        for item in judged(dumped(forgery.document), forgery.master_list).checks
        if item.id == attack.check
    )
    assert check.outcome is not Outcome.PASS


@pytest.mark.parametrize(
    "name", [item.name for item in attacks.ATTACKS.values() if not item.readable]
)
def test_what_a_chip_withholds_ends_the_read(name: str) -> None:
    with pytest.raises(StatusError, match="6A82"):
        read(made(name).document)
