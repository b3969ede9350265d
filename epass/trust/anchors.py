"""What a verifier trusts, and what it was told of revocations: values that can be shared.

Source: ICAO Doc 9303-12 §6.1.1 (anchors), §4.1.4.3 (link certificates), §4.1.5 (CRLs), §9 (lists).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from epass import asn1
from epass.trust.deviations import Deviations
from epass.trust.report import Outcome

_Key = TypeVar("_Key")
_Index = Mapping[_Key, tuple[asn1.Certificate, ...]]


@dataclass(frozen=True, slots=True)
class SignedList:
    """The own signature of a list that certificates were taken from: ``title`` names the list."""

    title: str
    outcome: Outcome
    reason: str


@dataclass(frozen=True, slots=True)
class Anchors:
    """CSCA certificates, CRLs, deviation lists, and how the lists stand from which they come.

    Self-signed certificates are anchors; others are links between the keys of one state
    (Doc 9303-12 §4.1.4.3), which are worth what the anchor is worth that they lead to. Whoever
    makes this value trusts what is in it: nothing here was checked against anything else.
    """

    certificates: tuple[asn1.Certificate, ...] = ()
    revocation_lists: tuple[asn1.RevocationList, ...] = ()
    lists: tuple[SignedList, ...] = ()
    deviations: tuple[Deviations, ...] = ()
    _by_name: _Index[frozenset[tuple[str, str]]] = field(init=False, repr=False, compare=False)
    _by_key_id: _Index[bytes | None] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        names = ((item.subject.unordered, item) for item in self.certificates)
        object.__setattr__(self, "_by_name", _index(names))
        key_ids = ((item.subject_key_id, item) for item in self.certificates)
        object.__setattr__(self, "_by_key_id", _index(key_ids))

    @classmethod
    def of(cls, given: "Anchors | Sequence[asn1.Certificate]") -> "Anchors":
        """``given``, where certificates alone do for a caller who has no CRLs."""
        return given if isinstance(given, Anchors) else cls(tuple(given))

    def issuers(self, certificate: asn1.Certificate) -> tuple[asn1.Certificate, ...]:
        """Whoever may have issued ``certificate``, by name or by key identifier."""
        by_name = self.named(certificate.issuer)
        key_id = certificate.extensions.authority_key_id
        by_key_id = self._by_key_id.get(key_id, ()) if key_id is not None else ()
        return tuple(dict.fromkeys((*by_key_id, *by_name)))

    def named(self, name: asn1.Name) -> tuple[asn1.Certificate, ...]:
        """The certificates with the subject ``name``, in any order of its parts."""
        return self._by_name.get(name.unordered, ())

    def __bool__(self) -> bool:
        return bool(self.certificates)


def _index(pairs: Iterable[tuple[_Key, asn1.Certificate]]) -> _Index[_Key]:
    found: dict[_Key, list[asn1.Certificate]] = {}
    for key, item in pairs:
        found.setdefault(key, []).append(item)
    return {key: tuple(items) for key, items in found.items()}
