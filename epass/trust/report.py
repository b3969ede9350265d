"""What verification says of a document: one answer for each check, and a verdict.

A failed check is a value here, not an exception; a check that could not be made is never a pass.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from epass.errors import TrustError, VerificationError

SCHEMA, SCHEMA_VERSION = "epass.report", 1

Evidence = Mapping[str, str]  # facts of one certificate or list, without personal data

# What only trust anchors and CRLs can settle: whether the signer is a state's and might sign, and,
# where no certificate has the name that EF.SOD gives its signer, whether the only one is meant.
# A deviation that the state has published is the receiver's to judge, and unknown without its list.
NEED_ANCHORS = frozenset(
    {"ds.path", "ds.profile", "ds.validity_at_signing", "ds.validity_now", "ds.revocation"}
    | {"sod.signer", "dg1.country", "anchors.list", "document.deviations"}
)
# What a dump of an older version, or of another reader, does not record.
NEED_RECORD = frozenset({"dg1.mrz"})
# What a chip may leave open and be no worse than the many chips that offer no proof at all.
NEED_CHIP = frozenset({"chip.active", "chip.authentication", "chip.mapping"})


class Outcome(StrEnum):
    """The answer of one check. ``NOT_APPLICABLE`` has no part in the verdict."""

    PASS = "pass"  # noqa: S105 - an answer, not a password
    FAIL = "fail"
    UNKNOWN = "unknown"
    NOT_APPLICABLE = "not_applicable"


# What the outcomes of the chip's proofs come to: the first of these that there is.
CHIP: Mapping[Outcome, str] = MappingProxyType(
    {
        Outcome.FAIL: "refuted",
        Outcome.PASS: "proven",
        Outcome.UNKNOWN: "unproven",
        Outcome.NOT_APPLICABLE: "cloneable",
    }
)


@dataclass(frozen=True, slots=True)
class Check:
    """One check: its stable id, its answer, why, and the paragraph that asks for it.

    ``reason`` is for people, names what is weak, and holds no personal data. ``evidence`` is
    what was looked at: the certificates of a path, from the signer to the anchor, or a CRL.
    """

    id: str
    outcome: Outcome
    reason: str
    source: str
    evidence: tuple[Evidence, ...] = field(default=(), repr=False)

    def as_dict(self) -> dict[str, object]:
        return {
            "id": self.id,
            "outcome": self.outcome.value,
            "reason": self.reason,
            "source": self.source,
            "evidence": [dict(facts) for facts in self.evidence],
        }


@dataclass(frozen=True, slots=True)
class Report:
    """All checks of one document; ``at`` is the moment for which they hold."""

    checks: tuple[Check, ...]
    at: datetime

    @property
    def verdict(self) -> Outcome:
        """Fail beats unknown beats pass; without any pass it is unknown."""
        outcomes = {check.outcome for check in self.checks}
        if Outcome.FAIL in outcomes:
            return Outcome.FAIL
        if Outcome.UNKNOWN in outcomes or Outcome.PASS not in outcomes:
            return Outcome.UNKNOWN
        return Outcome.PASS

    @property
    def failed(self) -> tuple[str, ...]:
        """The ids of the checks that failed."""
        return self._ids(Outcome.FAIL)

    @property
    def unknown(self) -> tuple[str, ...]:
        """The ids of the checks that could not be made."""
        return self._ids(Outcome.UNKNOWN)

    @property
    def chip(self) -> str:
        """Whether the chip is that for which EF.SOD was signed, or a copy of its files.

        Whoever signed EF.SOD vouches for the chip's key: "proven" says no more than he is worth,
        see ``ds.path``, and for another proof than active authentication no more than the reader.
        "proven" or "refuted", "unproven" where it offers a proof that was not had, or nobody
        knows what it offers, and "cloneable" where it offers none.
        """
        outcomes = {check.outcome for check in self.checks if check.id.startswith("chip.")}
        return next((word for outcome, word in CHIP.items() if outcome in outcomes), "unproven")

    def _ids(self, outcome: Outcome) -> tuple[str, ...]:
        return tuple(check.id for check in self.checks if check.outcome is outcome)

    def require(self, *, trust: bool = False) -> None:
        """Return only if the document may be used.

        Without ``trust`` the checks in ``NEED_ANCHORS``, ``NEED_CHIP`` and ``NEED_RECORD`` may be
        unknown; no other may, and at least one must have passed.

        Raises:
            VerificationError: a check failed.
            TrustError: a check could not be made.
        """
        if self.failed:
            raise VerificationError(self.failed)
        tolerated = frozenset[str]() if trust else NEED_ANCHORS | NEED_CHIP | NEED_RECORD
        missing = tuple(item for item in self.unknown if item not in tolerated)
        if not self._ids(Outcome.PASS):
            missing = self.unknown or ("every check",)
        if missing:
            error = TrustError(missing)
            if not NEED_ANCHORS.issuperset(missing):
                error.advice = "See the reasons in the report; trust anchors alone do not help."
            raise error

    def as_dict(self) -> dict[str, object]:
        """The report as ``--format json`` prints it."""
        return {
            "schema": SCHEMA,
            "version": SCHEMA_VERSION,
            "at": self.at.isoformat(),
            "verdict": self.verdict.value,
            "chip": self.chip,
            "checks": [check.as_dict() for check in self.checks],
        }
