"""From the document signer to a trust anchor, over link certificates in either direction.

Source: ICAO Doc 9303-11 §5.1.1 step 2, Doc 9303-12 §4.1.4.3 (link certificates), §6.1,
§7.1.1 (identifiers); RFC 5280 §6.1, of which the profile leaves no more than this.

An issuer is looked for by name and by key identifier, since states have got either of them
wrong; that it is the one, its key shows. A self-issued certificate that its own key has signed is
an anchor, any other is a link that has to lead to one.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise

from epass import asn1
from epass.crypto import signatures
from epass.errors import FormatError, UnsupportedError
from epass.trust.anchors import Anchors
from epass.trust.report import Outcome
from epass.trust.signed import Answer, named, with_weakness

MAX_LENGTH = 8  # certificates; a state that changed its key each year since 2004 needs no more
MAX_TRIES = 64  # signatures of one path search; the list of 2023 has 16 certificates of one name
REMEMBERED = 4096  # answers about two certificates each; all lists known have 700


@dataclass(frozen=True, slots=True)
class Path:
    """Whether the signer's certificate leads to an anchor. ``certificates`` begin with it and end
    with the anchor; where there is no path, only the signer is there.
    """

    certificates: tuple[asn1.Certificate, ...]
    answer: Answer

    @property
    def signer(self) -> asn1.Certificate:
        return self.certificates[0]

    @property
    def authorities(self) -> tuple[asn1.Certificate, ...]:
        """All but the signer."""
        return self.certificates[1:]

    @property
    def found(self) -> bool:
        return self.answer[0] is Outcome.PASS


def find(signer: asn1.Certificate, anchors: Anchors) -> Path:
    """The shortest path from ``signer`` to one of ``anchors``.

    "untrusted" fails: a certificate names an issuer that is there and whose key has not signed
    it. An issuer that is not there is unknown, and so is one whose signature epass cannot check.
    Where the paths end with two states, it is ambiguous, which is unknown too.
    """
    if not anchors:
        return Path((signer,), (Outcome.UNKNOWN, "unknown: no trust anchors were given"))
    search = _Search(anchors)
    paths = list(search.paths(signer))
    if not paths or search.tries >= MAX_TRIES:
        return Path((signer,), search.why_not(signer))
    states = {path[-1].subject.country for path in paths}
    if len(states) > 1:
        listed = ", ".join(sorted(str(state) for state in states))
        return Path((signer,), (Outcome.UNKNOWN, f"ambiguous: paths to anchors of {listed}"))
    best = min(paths, key=lambda path: (len(path), -path[-1].not_after.timestamp()))
    return Path(best, (Outcome.PASS, _described(best)))


def issued(certificate: asn1.Certificate, issuer: asn1.Certificate) -> Answer:
    """Whether the key of ``issuer`` has signed ``certificate``."""
    return _signed_by(
        certificate.signed, certificate.signature, certificate.signature_algorithm, issuer
    )


def listed(revocations: asn1.RevocationList, issuer: asn1.Certificate) -> Answer:
    """Whether the key of ``issuer`` has signed the CRL."""
    return _signed_by(
        revocations.signed, revocations.signature, revocations.signature_algorithm, issuer
    )


def is_anchor(certificate: asn1.Certificate) -> bool:
    """Whether it certifies itself; anything else needs somebody who vouches for it.

    One whose identifiers name another key as its issuer's is a link, whoever signed it.
    """
    own = certificate.self_issued and not differs(certificate, certificate)
    return own and issued(certificate, certificate)[0] is Outcome.PASS


@lru_cache(REMEMBERED)
def _signed_by(
    signed: bytes, signature: bytes, algorithm: asn1.Algorithm, issuer: asn1.Certificate
) -> Answer:
    try:
        verifier = signatures.verifier(issuer.public_key, algorithm)
        if not verifier.verify(signed, signature):
            return Outcome.FAIL, "it is not signed by the key of its issuer"
    except UnsupportedError as error:
        return Outcome.UNKNOWN, error.message
    except FormatError as error:
        return Outcome.FAIL, error.message
    return Outcome.PASS, with_weakness(verifier.text, verifier.weaknesses)


def _described(path: tuple[asn1.Certificate, ...]) -> str:
    steps = [issued(lower, upper)[1] for lower, upper in pairwise(path)]
    links = len(path) - 2
    over = f" over {links} link certificate{'s' if links > 1 else ''}" if links > 0 else ""
    if len(path) == 1:
        return f"the signer is itself among the anchors: {named(path[0])}"
    return f"trusted: {named(path[-1])}{over}; {'; '.join(steps)}"


def differs(certificate: asn1.Certificate, issuer: asn1.Certificate) -> bool:
    """Whether the authority key identifier says that ``issuer``'s key is another one."""
    wanted, has = certificate.extensions.authority_key_id, issuer.subject_key_id
    return None not in (wanted, has) and wanted != has


@dataclass(slots=True)
class _Search:
    """One search, within its bounds."""

    anchors: Anchors
    tries: int = 0
    refusals: list[Answer] = field(default_factory=list)
    missing: list[asn1.Certificate] = field(default_factory=list)

    def paths(self, signer: asn1.Certificate) -> Iterator[tuple[asn1.Certificate, ...]]:
        """Every path that has no certificate twice."""
        open_paths: list[tuple[asn1.Certificate, ...]] = [(signer,)]
        while open_paths:
            path = open_paths.pop(0)
            if self._is_end(path[-1]):
                yield path
            elif len(path) < MAX_LENGTH:
                open_paths += [(*path, upper) for upper in self._issuers(path)]

    def _is_end(self, certificate: asn1.Certificate) -> bool:
        """Whether it is an anchor: one of those given, and signed by itself."""
        if certificate not in self.anchors.named(certificate.subject):
            return False
        answer = issued(certificate, certificate)
        if certificate.self_issued and answer[0] is Outcome.UNKNOWN:
            self.refusals.append(answer)
        return is_anchor(certificate)

    def _issuers(self, path: tuple[asn1.Certificate, ...]) -> list[asn1.Certificate]:
        lower, found = path[-1], []
        candidates = [item for item in self.anchors.issuers(lower) if item not in path]
        for item in candidates:
            if self.tries >= MAX_TRIES:
                break
            self.tries += 1
            answer = issued(lower, item)
            if answer[0] is Outcome.PASS:
                found.append(item)
            elif not differs(lower, item):
                self.refusals.append(answer)
        if not found:
            self.missing.append(lower)
        return found

    def why_not(self, signer: asn1.Certificate) -> Answer:
        if self.tries >= MAX_TRIES:
            return Outcome.UNKNOWN, f"unknown: no path within {MAX_TRIES} signatures"
        by_outcome: dict[Outcome, list[str]] = defaultdict(list)
        for outcome, reason in self.refusals:
            by_outcome[outcome].append(reason)
        if by_outcome[Outcome.UNKNOWN]:
            return Outcome.UNKNOWN, f"unknown: {by_outcome[Outcome.UNKNOWN][0]}"
        if by_outcome[Outcome.FAIL]:
            return Outcome.FAIL, f"untrusted: {by_outcome[Outcome.FAIL][0]}"
        count = len(self.anchors.certificates)
        lower = self.missing[-1] if self.missing else signer
        whose = "the signer" if lower is signer else "a link certificate"
        reason = f"the issuer of {whose} is not among the {count} anchors"
        return Outcome.UNKNOWN, f"unknown: {reason}"
