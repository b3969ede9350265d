"""The checks of a report and the evidence behind them."""

from collections.abc import Iterable, Mapping

from epass.page import words
from epass.page.model import Checks, Fact, Facts, Judged, Section, Tone, legible
from epass.trust.report import Check, Outcome, Report

EVIDENCE = "Evidence"
NAMES = {"sha256": "SHA-256", "not_before": "Valid from", "not_after": "Valid until"}
MOMENTS = ("not_before", "not_after", "this_update", "next_update")  # of which the day is enough
ORDER = (Outcome.FAIL, Outcome.UNKNOWN, Outcome.PASS, Outcome.NOT_APPLICABLE)


def verdict(report: Report) -> Fact:
    """The headline, with what it rests on."""
    headline, meaning = words.VERDICTS[report.verdict]
    ids = [check.id for check in report.checks if check.outcome is report.verdict]
    if ids and report.verdict is not Outcome.PASS:
        meaning = f"{meaning.rstrip('.')}: {', '.join(ids)}."
    return Fact(headline, meaning, words.TONES[report.verdict])


def standing(report: Report) -> str:
    """What the chip's proof is worth: ``report.chip``, and why a proof proves less.

    Of a key that a state has not signed for, or beside files that are changed, a proof says only
    that the chip has that key.
    """
    if report.chip != "proven" or report.verdict is Outcome.PASS:
        return report.chip
    if report.failed:
        changed = any(check.endswith(".hash") for check in report.failed)
        return "proven-changed" if changed else "proven-failed"
    path = (check.outcome for check in report.checks if check.id == "ds.path")
    return "proven-open" if Outcome.PASS in path else "proven-unsigned"


def chip(report: Report) -> Fact:
    """The headline about the chip, with the checks that it rests on."""
    tone, sentence = words.CHIP[standing(report)]
    reasons = [
        f"{words.title_of(check.id)}: {words.OUTCOMES[check.outcome]}"
        for check in report.checks
        if check.id.startswith("chip.") and check.outcome is not Outcome.NOT_APPLICABLE
    ]
    return Fact(sentence, "; ".join(reasons), tone)


def sections(report: Report) -> tuple[Section, Section | None]:
    """The checks by matter, and what was looked at, if anything."""
    shown = _numbered(report.checks)
    groups: dict[str, list[Check]] = {title: [] for title, _ in words.MATTERS}
    for check in report.checks:
        groups[_matter(check.id)].append(check)
    blocks = tuple(
        Checks(title, tuple(_row(check, shown) for check in _sorted(checks)))
        for title, checks in groups.items()
        if checks
    )
    evidence = tuple(
        Facts(_facts(facts), f"[{number}] {legible(_name(facts))}")
        for number, facts in enumerate(shown.values(), 1)
    )
    return Section("Checks", blocks, wide=True), Section(EVIDENCE, evidence) if evidence else None


def _matter(check: str) -> str:
    return next(title for title, starts in words.MATTERS if check.startswith(starts))


def _sorted(checks: Iterable[Check]) -> list[Check]:
    return sorted(checks, key=lambda check: ORDER.index(check.outcome))


def _row(check: Check, shown: dict[tuple[tuple[str, str], ...], Mapping[str, str]]) -> Judged:
    numbers = {key: number for number, key in enumerate(shown, 1)}
    return Judged(
        id=check.id,
        title=words.title_of(check.id),
        tone=words.TONES[check.outcome],
        word=words.OUTCOMES[check.outcome],
        reason=legible(check.reason),
        source=check.source,
        evidence=tuple(sorted({numbers[_key(facts)] for facts in check.evidence})),
    )


def _numbered(
    checks: Iterable[Check],
) -> dict[tuple[tuple[str, str], ...], Mapping[str, str]]:
    """Each certificate or list once, in the order in which the checks name them."""
    return {_key(facts): facts for check in checks for facts in check.evidence}


def _key(facts: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted(facts.items()))


def _facts(facts: Mapping[str, str]) -> tuple[Fact, ...]:
    return tuple(
        Fact(_label(name), legible(_value(name, value)), Tone.PLAIN, name in ("sha256", "serial"))
        for name, value in facts.items()
        if name not in ("subject", "crl_issuer")
    )


def _name(facts: Mapping[str, str]) -> str:
    return facts.get("subject") or f"List of {facts.get('crl_issuer', 'an issuer')}"


def _label(name: str) -> str:
    return NAMES.get(name, name.replace("_", " ").capitalize())


def _value(name: str, value: str) -> str:
    return value.partition("T")[0] if name in MOMENTS else value
