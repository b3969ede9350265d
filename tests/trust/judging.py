"""What a right document gets, and how the one thing that is wrong with another is told."""

from sod_builder import AT

from epass.dump import Dump
from epass.trust.report import Check, Outcome, Report
from epass.trust.verify import verify

OK = {
    "sod.format": Outcome.PASS,
    "com.sod": Outcome.PASS,
    "sod.signer": Outcome.PASS,
    "sod.digest": Outcome.PASS,
    "sod.signature": Outcome.PASS,
    "ds.path": Outcome.UNKNOWN,
    "dg1.hash": Outcome.PASS,
    "dg2.hash": Outcome.PASS,
    "dg14.hash": Outcome.PASS,
}


def judge(document: Dump) -> Report:
    return verify(document, at=AT)


def outcomes(report: Report) -> dict[str, Outcome]:
    return {check.id: check.outcome for check in report.checks}


def only(document: Dump, name: str, outcome: Outcome) -> str:
    """The reason of the one check that answers otherwise than for a right document."""
    report = judge(document)
    expected = {check: OK.get(check, Outcome.PASS) for check in outcomes(report)}
    assert outcomes(report) == expected | {name: outcome}
    return found(report, name).reason


def found(report: Report, name: str) -> Check:
    (check,) = (item for item in report.checks if item.id == name)
    return check
