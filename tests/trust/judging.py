"""What a right document gets, and how the one thing that is wrong with another is told."""

from sod_builder import AT

from epass.dump import Dump
from epass.trust import contents, signer
from epass.trust.report import Check, Outcome, Report
from epass.trust.verify import verify

OK = {
    "sod.format": Outcome.PASS,
    "com.sod": Outcome.PASS,
    "sod.signer": Outcome.PASS,
    "sod.digest": Outcome.PASS,
    "sod.signature": Outcome.PASS,
    "dg1.hash": Outcome.PASS,
    "dg2.hash": Outcome.PASS,
    "dg14.hash": Outcome.PASS,
    "chip.active": Outcome.NOT_APPLICABLE,
    "chip.authentication": Outcome.NOT_APPLICABLE,
    "chip.mapping": Outcome.NOT_APPLICABLE,
    "access.card_access": Outcome.NOT_APPLICABLE,
    "access.protocol": Outcome.PASS,
}


# What is unknown besides, where it is not shown that EF.SOD is signed, or that it signs this DG14.
WITHOUT_SOD = ("chip.active", "chip.authentication", "chip.mapping", "access.protocol")
WITHOUT_DG14 = WITHOUT_SOD[1:]
FOLLOW = {"sod.digest": WITHOUT_SOD, "sod.signature": WITHOUT_SOD, "dg14.hash": WITHOUT_DG14}


def judge(document: Dump) -> Report:
    return verify(document, at=AT)


def outcomes(report: Report) -> dict[str, Outcome]:
    """Those of EF.SOD, the files and the chip. The signer and the contents have tests of their own,
    which follow from these in ways that would only be repeated here.
    """
    others = {*signer.SOURCES, *contents.SOURCES, "anchors.list"}
    return {check.id: check.outcome for check in report.checks if check.id not in others}


def only(document: Dump, name: str, outcome: Outcome) -> str:
    """The reason of the one check that answers otherwise than for a right document.

    Where that check no longer shows what others build on, these are unknown.
    """
    report = judge(document)
    expected = {check: OK.get(check, Outcome.PASS) for check in outcomes(report)}
    reason = found(report, name).reason
    following = () if _builds(name, outcome, reason) else FOLLOW.get(name, ())
    unknown = dict.fromkeys(following, Outcome.UNKNOWN)
    assert outcomes(report) == expected | unknown | {name: outcome}
    return reason


def _builds(name: str, outcome: Outcome, reason: str) -> bool:
    """Whether others can build on the answer: without signed attributes, the signature is over the
    content itself, and what EF.SOD does not sign, it does not offer either.
    """
    without = (name, outcome) == ("sod.digest", Outcome.NOT_APPLICABLE)
    return outcome is Outcome.PASS or without or reason == "EF.SOD does not sign it"


def found(report: Report, name: str) -> Check:
    (check,) = (item for item in report.checks if item.id == name)
    return check
