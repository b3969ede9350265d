"""Was the document signer allowed to sign, then and now?

Source: ICAO Doc 9303-12 §7.1.1 with tables 5 and 6 (profiles), §4.1 (validity), §4.1.5 (CRLs);
Doc 9303-11 §5.1.1 step 2; RFC 5280 §4.2, §5.2, §6.3.

The checks judge the certificates of the path. Where none leads to an anchor, they judge the
signer's alone, and whatever needs his CSCA is unknown.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from types import MappingProxyType

from epass import asn1
from epass.trust import path
from epass.trust.anchors import Anchors
from epass.trust.path import Path
from epass.trust.report import Check, Evidence, Outcome
from epass.trust.signed import Answer, evidence, named, printable

SOURCES = MappingProxyType(
    {
        "ds.path": "Doc 9303-11 §5.1.1 step 2, Doc 9303-12 §6.1",
        "ds.profile": "Doc 9303-12 §7.1.1 tables 5 and 6",
        "ds.validity_at_signing": "Doc 9303-12 §4.1, RFC 5280 §4.1.2.5",
        "ds.validity_now": "Doc 9303-11 §5.1.1 step 2, RFC 5280 §6.1.3",
        "ds.revocation": "Doc 9303-11 §5.1.1 step 2, Doc 9303-12 §6.1.2",
    }
)
REVOCATION = "ds.revocation"
NOT_ASKED = (Outcome.NOT_APPLICABLE, "the caller does not ask for it")
NO_SIGNER = "the certificate of the signer is not known; see sod.signer"

# The extensions that are understood here; another one that is critical may mean anything.
UNDERSTOOD = frozenset(
    {"2.5.29.14", "2.5.29.15", "2.5.29.16", "2.5.29.17", "2.5.29.18", "2.5.29.19"}
    | {"2.5.29.31", "2.5.29.35", "2.5.29.37", "2.23.136.1.1.6.1", "2.23.136.1.1.6.2"}
)
# Those by which the signer may be restricted; key usage and basic constraints fail by themselves.
RULES = frozenset({"2.5.29.16", "2.5.29.37", "2.23.136.1.1.6.2"})
CLOCKS_DIFFER = timedelta(days=1)  # between the signer's clock and ours


@dataclass(frozen=True, slots=True)
class Case:
    """What the checks look at: ``signed_at`` is the signed time, None where there is none, and
    ``document_code`` that of DG1 as it was read, None
    where it is no MRZ.
    """

    path: Path
    anchors: Anchors
    at: datetime
    signed_at: datetime | None
    document_code: str | None


def checks(case: Case | None, *, check_revocation: bool = True) -> list[Check]:
    """The checks of the signer; ``case`` is None where nobody knows who that is."""
    if case is None:
        return [Check(name, Outcome.UNKNOWN, NO_SIGNER, SOURCES[name]) for name in SOURCES]
    facts = tuple(map(evidence, case.path.certificates))
    found = []
    for name, judge in _JUDGES.items():
        answer = judge(case) if check_revocation or name != REVOCATION else NOT_ASKED
        shown = facts if name != REVOCATION else (*facts[:1], *_crl_evidence(case))
        found.append(Check(name, *answer, SOURCES[name], shown))
    return found


# --- the profile --------------------------------------------------------------------------------


def _profile(case: Case) -> Answer:
    """Purposes and limits of the signer and of every certificate above him."""
    signer = case.path.signer
    problems = [*_signer_problems(signer, case.document_code), *_unknown_critical(signer, "signer")]
    for below, authority in enumerate(case.path.authorities):
        problems += _authority_problems(authority, case.path.authorities[:below])
        problems += _unknown_critical(authority, "issuer")
    if case.path.found:
        problems += _country_problems(case.path)
    if problems:
        return Outcome.FAIL, "; ".join(problems)
    unread = sorted(signer.extensions.malformed & RULES)
    if unread:
        return (
            Outcome.UNKNOWN,
            f"malformed, though it may restrict the signer: {unread[0]}",
        )
    if signer.extensions.document_types is not None and case.document_code is None:
        return (
            Outcome.UNKNOWN,
            "the signer is for some types of document, and this one's is not known",
        )
    if not case.path.found:
        return Outcome.UNKNOWN, "the signer's own certificate is in order; its issuer's is missing"
    return Outcome.PASS, f"{len(case.path.certificates)} certificates are for this purpose"


def _signer_problems(signer: asn1.Certificate, document_code: str | None) -> list[str]:
    has, problems = signer.extensions, []
    if signer.self_issued:
        problems.append("the signer is its own issuer")
    if has.basic_constraints is not None and has.basic_constraints.ca:
        problems.append("the signer's certificate is that of an authority")
    if has.key_usage is None or "digital_signature" not in has.key_usage:
        problems.append("the signer's key is not for signatures")
    if has.key_usage is not None and "key_cert_sign" in has.key_usage:
        problems.append("the signer's key is for certificates")
    if has.extended_key_usage is not None:
        problems.append("the signer's key has another purpose (extended key usage)")
    if has.document_types is not None and document_code is not None:
        wanted = document_code.rstrip("<")
        if wanted not in has.document_types and wanted[:1] not in has.document_types:
            problems.append("the signer is not for this type of document")
    if "2.5.29.15" in has.malformed or "2.5.29.19" in has.malformed:
        problems.append("the signer's key usage or basic constraints are malformed")
    return problems


def _authority_problems(
    authority: asn1.Certificate, below: tuple[asn1.Certificate, ...]
) -> list[str]:
    """What keeps it from issuing; ``below`` are the authorities between it and the signer."""
    has, problems = authority.extensions, []
    if has.basic_constraints is None or not has.basic_constraints.ca:
        problems.append("an issuer's certificate is not that of an authority")
    # RFC 5280 §4.2.1.9: those that are self-issued, as most links are, do not count.
    elif sum(not item.self_issued for item in below) > _limit(has.basic_constraints):
        problems.append("the path below an issuer is longer than it allows")
    if has.key_usage is None or "key_cert_sign" not in has.key_usage:
        problems.append("an issuer's key is not for certificates")
    return problems


def _limit(constraints: asn1.BasicConstraints) -> int:
    return path.MAX_LENGTH if constraints.path_length is None else constraints.path_length


def _unknown_critical(certificate: asn1.Certificate, whose: str) -> list[str]:
    has = certificate.extensions
    unknown = sorted((has.critical - UNDERSTOOD) | (has.critical & has.malformed))
    return [f"the {whose} has a critical extension that is not known: {oid}" for oid in unknown[:1]]


def _country_problems(found: Path) -> list[str]:
    """Doc 9303-12 §7.1.1.1: signer and CSCA have the same country."""
    countries = {item.subject.country for item in found.certificates}
    return ["signer and CSCA are of different countries"] if len(countries) > 1 else []


# --- validity -----------------------------------------------------------------------------------


def _at_signing(case: Case) -> Answer:
    """Best evidence for the time is what the signer has signed; else that the key still may."""
    signer, moment = case.path.signer, case.signed_at
    chain = _chain_problem(case.path)
    if chain:
        return Outcome.FAIL, chain
    if moment is None:
        if _outside(signer, case.at):
            return Outcome.UNKNOWN, "no time is signed, and the signer is not valid now"
        since = f"{signer.not_before:%Y-%m-%d}"
        return Outcome.PASS, f"no time is signed; the signer is valid now, and since {since}"
    day, problem = f"{moment:%Y-%m-%d}", _outside(signer, moment)
    start, end = signer.extensions.key_period or (None, None)
    if moment > case.at + CLOCKS_DIFFER:
        problem = "not there yet: that is in the future"
    elif not problem and ((start and moment < start) or (end and moment > end)):
        problem = "outside the period of his private key"
    if problem:
        return Outcome.FAIL, f"signed on {day}, when the signer was {problem}"
    return Outcome.PASS, f"signed on {day}, by its signer's word"


def _chain_problem(found: Path) -> str | None:
    """Each certificate was made when its issuer was valid; its own start is the evidence."""
    for lower, upper in pairwise(found.certificates):
        problem = _outside(upper, lower.not_before)
        if problem and not lower.self_issued:  # a link may be dated before the newer key's root
            return f"a certificate was issued when its issuer was {problem}"
    return None


def _now(case: Case) -> Answer:
    expired = [item for item in case.path.certificates if case.at > item.not_after]
    early = [item for item in case.path.certificates if case.at < item.not_before]
    if early:
        return Outcome.FAIL, f"not yet valid, from {early[0].not_before:%Y-%m-%d}"
    if expired:
        # RFC 5280 §3.3: what has expired need not be on a CRL any more.
        reason = "so that its revocation would not be known any more"
        return Outcome.UNKNOWN, f"expired on {expired[0].not_after:%Y-%m-%d}, {reason}"
    if not case.path.found:
        return Outcome.UNKNOWN, "the signer is valid; its issuer is not known"
    ends = min(item.not_after for item in case.path.certificates)
    return Outcome.PASS, f"valid until {ends:%Y-%m-%d}"


def _outside(certificate: asn1.Certificate, moment: datetime) -> str | None:
    if moment < certificate.not_before:
        return "not yet valid"
    return "expired" if moment > certificate.not_after else None


# --- revocation ---------------------------------------------------------------------------------


def _revocation(case: Case) -> Answer:
    """Of the signer and of every link. An anchor needs no CRL; one that is on it is none more."""
    if not case.path.found:
        return Outcome.UNKNOWN, "there is no path to a CSCA whose CRL would say it"
    below = case.path.certificates[:-1] or case.path.certificates
    answers = [_on_list(item, case) for item in below]
    root = _on_list(case.path.certificates[-1], case)
    answers += [root] if root[0] is Outcome.FAIL else []
    for wanted in (Outcome.FAIL, Outcome.UNKNOWN):
        for answer in answers:
            if answer[0] is wanted:
                return answer
    return answers[0]


def revoked(certificate: asn1.Certificate, found: Path, anchors: Anchors, at: datetime) -> Answer:
    """Whether a CRL of its issuer that can be relied on has ``certificate``, whose path is
    ``found``. A CRL of after ``at`` counts as well: it knows more, not less.
    """
    return _on_list(certificate, Case(found, anchors, at, None, None))


def _on_list(certificate: asn1.Certificate, case: Case) -> Answer:
    lists = _lists_of(certificate.issuer, case.anchors)
    if not lists:
        return Outcome.UNKNOWN, "there is no CRL of the issuer"
    right, doubts = [], []
    for item in lists:
        doubt = _doubt(item, case)
        doubts.append(doubt) if doubt else right.append(item)
    for item in right:
        if certificate.serial in item.revoked:
            since = item.revoked[certificate.serial]
            return Outcome.FAIL, f"revoked since {since:%Y-%m-%d}: {named(certificate)}"
    if not right:
        return Outcome.UNKNOWN, doubts[0]
    newest = max(right, key=lambda item: item.this_update)
    if newest.next_update is None:  # RFC 5280 §5.1.2.5: it must say when it ends
        return Outcome.UNKNOWN, "the CRL does not say until when it is good"
    if case.at > newest.next_update:
        return Outcome.UNKNOWN, f"the CRL is outdated since {newest.next_update:%Y-%m-%d}"
    return Outcome.PASS, f"not on the CRL of {newest.this_update:%Y-%m-%d}"


def _lists_of(issuer: asn1.Name, anchors: Anchors) -> list[asn1.RevocationList]:
    return [item for item in anchors.revocation_lists if item.issuer.unordered == issuer.unordered]


def _doubt(revocations: asn1.RevocationList, case: Case) -> str | None:
    """Why the CRL cannot be relied on. The newest key of the state signs it for all (§4.1.5)."""
    if revocations.unknown_critical:
        return "the CRL has critical extensions that are not known"
    known = dict.fromkeys((*case.path.authorities, *case.anchors.named(revocations.issuer)))
    signers = [item for item in known if path.listed(revocations, item)[0] is Outcome.PASS]
    if not signers:
        return "the CRL is not signed by a key of the issuer that is among the anchors"
    for item in signers:
        usage = item.extensions.key_usage
        if usage is not None and "crl_sign" not in usage:
            continue
        if item in case.path.authorities or path.find(item, case.anchors).found:
            return None
    return "the CRL is signed by a key that is not for it, or that leads to no anchor"


def _crl_evidence(case: Case) -> tuple[Evidence, ...]:
    return tuple(
        {
            "crl_issuer": printable(item.issuer.text),
            "number": "" if item.number is None else str(item.number),
            "this_update": item.this_update.isoformat(),
            "next_update": item.next_update.isoformat() if item.next_update else "",
        }
        for item in _lists_of(case.path.signer.issuer, case.anchors)
    )


_JUDGES: MappingProxyType[str, Callable[[Case], Answer]] = MappingProxyType(
    {
        "ds.path": lambda case: case.path.answer,
        "ds.profile": _profile,
        "ds.validity_at_signing": _at_signing,
        "ds.validity_now": _now,
        "ds.revocation": _revocation,
    }
)
