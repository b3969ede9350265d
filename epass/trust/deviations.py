"""Deviation lists: does the state say that documents like this one are not as they should be?

Source: ICAO Doc 9303-3 §7.3.3 (what is to be done is the receiver's choice), §7.3.5 (kinds), §7.3.6
(which documents); Doc 9303-12 §10.

A deviation explains a check that fails, or warns of one that passes; it changes the outcome of
none. So a document that is listed is unknown: somebody has to decide.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from epass import asn1
from epass.crypto.hashes import Hash
from epass.dump import Dump
from epass.errors import FormatError, UnsupportedError
from epass.trust import contents
from epass.trust.report import Check, Outcome
from epass.trust.signed import Answer, Listed, find_signer, printable

ID = "document.deviations"
SOURCE = "Doc 9303-3 §7.3.3, Doc 9303-12 §10"
MAX_REASONS = 4

# Doc 9303-3 §7.3.5, by what follows 2.23.136.1.1.7.
ROOT = "2.23.136.1.1.7."
MEANINGS = MappingProxyType(
    {
        "1": "a certificate or key deviates",
        "1.1": "the signature of the document signer's certificate is wrong",
        "1.2": "the document signer's certificate is wrongly encoded",
        "1.3": "the CSCA certificate is wrongly encoded",
        "1.4": "the key of active authentication may be compromised",
        "2": "the data structure deviates",
        "2.1": "a data group is wrongly encoded",
        "2.2": "the digest of a data group is wrong in EF.SOD",
        "2.3": "the signature in EF.SOD is wrong",
        "2.4": "EF.COM and EF.SOD are inconsistent",
        "3": "the MRZ deviates",
        "3.1": "the MRZ has wrong data",
        "3.2": "a check digit of the MRZ is wrong",
        "4": "the chip is not usable",
        "5": "a deviation for national use",
    }
)
OF_DATA_GROUPS = ("2.1", "2.2")
FILES = MappingProxyType({**{n: f"DG{n}" for n in range(1, 17)}, 20: "EF.SOD", 21: "EF.COM"})


@dataclass(frozen=True, slots=True)
class Deviations:
    """A deviation list. ``raw`` is the whole file, ``country`` the two letters of its signer's
    certificate, and ``digest_algorithm`` that of certificate digests.
    """

    raw: bytes = field(repr=False)
    country: str | None
    deviations: tuple[asn1.Deviation, ...]
    digest_algorithm: asn1.Algorithm


def parse(data: bytes, *, where: str) -> Deviations:
    """The deviation list in CMS that fills ``data``, whose signature is not looked at.

    Raises:
        FormatError: it is none.
        UnsupportedError: it does not have one signer.
    """
    file = Listed.of(asn1.signed_data(data, where=where), where=where)
    found = asn1.deviation_list(file.signed.content, where=where)
    certificate, _ = find_signer(file, "the list")
    country = certificate.subject.country if certificate else None
    used = found.digest_algorithm or file.signer.digest_algorithm
    return Deviations(data, country, found.deviations, used)


def checks(
    lists: Sequence[Deviations], dump: Dump, signer: asn1.Certificate | None
) -> tuple[Check, ...]:
    """The check whether a list names the document; none where no list was given."""
    return (Check(ID, *_answer(lists, dump, signer), SOURCE),) if lists else ()


def _answer(lists: Sequence[Deviations], dump: Dump, signer: asn1.Certificate | None) -> Answer:
    if signer is None:
        return Outcome.UNKNOWN, "the certificate of the signer is not known; see sod.signer"
    country = signer.subject.country
    own = [item for item in lists if country is not None and item.country == country]
    whose = printable(country or "that state")
    if not own:
        return Outcome.NOT_APPLICABLE, f"there is no deviation list of {whose}"
    case = _Case(signer, dump)
    met = [(case.meets(one.documents, item), one) for item in own for one in item.deviations]
    for wanted, says in ((True, f"{whose} says of it"), (None, f"{whose} may mean it, too")):
        named = [one for answer, one in met if answer is wanted]
        if named:
            return Outcome.UNKNOWN, f"{says}: {_described(named)}"
    return Outcome.PASS, f"{whose} has published no deviation of it"


class _Case:
    """The document that is looked for."""

    def __init__(self, signer: asn1.Certificate, dump: Dump) -> None:
        self.signer = signer
        self.mrz = contents.mrz(dump)

    def meets(self, documents: asn1.DeviantDocuments, of: Deviations) -> bool | None:
        """Whether it meets every condition; None where that cannot be known of one."""
        answers = {
            self._has_type(documents.document_type),
            self._has_signer(documents, of),
            self._has_number(documents.numbers),
            # No file has the day of issue so that a machine may rely on it (§7.3.6).
            True if documents.issued is None else None,
        }
        if False in answers:
            return False
        return None if None in answers else True

    def _has_type(self, wanted: str | None) -> bool | None:
        if wanted is None or self.mrz is None:
            return True if wanted is None else None
        # One letter is all types that begin with it (Doc 9303-12 §7.1.1.6).
        return self.mrz.document_code.startswith(wanted.rstrip("< "))

    def _has_number(self, wanted: frozenset[str] | None) -> bool | None:
        if wanted is None or self.mrz is None:
            return True if wanted is None else None
        return self.mrz.document_number in wanted

    def _has_signer(self, wanted: asn1.DeviantDocuments, of: Deviations) -> bool | None:
        if wanted.issuer is not None:
            same_name = self.signer.issuer.unordered == wanted.issuer.unordered
            return same_name and self.signer.serial == wanted.serial
        if wanted.subject_key_id is not None:
            return self.signer.subject_key_id == wanted.subject_key_id
        if wanted.certificate_digest is not None:
            try:
                used = Hash.from_algorithm(of.digest_algorithm)
            except (UnsupportedError, FormatError):
                return None
            return used.digest(self.signer.raw) == wanted.certificate_digest
        return True


def _described(deviations: Sequence[asn1.Deviation]) -> str:
    """What is said of it, each once, without free text beyond what fits."""
    found = list(dict.fromkeys(text for one in deviations for text in _reasons(one)))
    more = f"; and {len(found) - MAX_REASONS} more" if len(found) > MAX_REASONS else ""
    return "; ".join(found[:MAX_REASONS]) + more


def _reasons(deviation: asn1.Deviation) -> Iterator[str]:
    for one in deviation.descriptions:
        kind = one.deviation_type.removeprefix(ROOT)
        meaning = MEANINGS.get(kind, f"a deviation of type {one.deviation_type}")
        if kind in OF_DATA_GROUPS and one.parameter is not None:
            meaning += f", {FILES.get(one.parameter, 'which is none')}"
        yield f"{meaning} ({printable(one.text)})" if one.text else meaning
