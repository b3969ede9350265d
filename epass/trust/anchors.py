"""What a verifier trusts, and what it was told of revocations: values that can be shared.

Source: ICAO Doc 9303-12 §4 (CSCA, link certificates), §8 (CRLs), §9 (master lists).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from epass import asn1
from epass.trust.report import Outcome


@dataclass(frozen=True, slots=True)
class SignedList:
    """The own signature of a list that certificates were taken from: ``title`` names the list."""

    title: str
    outcome: Outcome
    reason: str


@dataclass(frozen=True, slots=True)
class Anchors:
    """CSCA certificates, CRLs, and how the lists stand from which they come.

    Self-signed certificates are anchors; others are links between the keys of one state
    (Doc 9303-12 §4.3), which are worth what the anchor is worth that they lead to. Whoever makes
    this value trusts what is in it: nothing here was checked against anything else.
    """

    certificates: tuple[asn1.Certificate, ...] = ()
    revocation_lists: tuple[asn1.RevocationList, ...] = ()
    lists: tuple[SignedList, ...] = ()

    @classmethod
    def of(cls, given: "Anchors | Sequence[asn1.Certificate]") -> "Anchors":
        """``given``, where certificates alone do for a caller who has no CRLs."""
        return given if isinstance(given, Anchors) else cls(tuple(given))

    def __bool__(self) -> bool:
        return bool(self.certificates)
