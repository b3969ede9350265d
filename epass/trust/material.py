"""Trust anchors from what states publish: certificates, master lists, CRLs, deviation lists, LDIF.

Source: ICAO Doc 9303-12 §7.1 (certificates, CRLs), §9, §10 (lists), PKD download (RFC 2849).

What a file is, its content says, not its name. What cannot be taken is said with its reason; one
bad part hides no other. A list whose own signature is wrong gives nothing.
"""

import base64
import binascii
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from epass import asn1
from epass.asn1.deviations import DEVIATION_LIST
from epass.asn1.lists import MASTER_LIST
from epass.crypto import signatures
from epass.crypto.hashes import Hash
from epass.errors import FormatError, UnsupportedError
from epass.trust import deviations, ldif, path, signer
from epass.trust.anchors import Anchors, SignedList
from epass.trust.deviations import Deviations
from epass.trust.report import Evidence, Outcome
from epass.trust.signed import (
    Listed,
    digest,
    evidence,
    find_signer,
    named,
    printable,
    signature,
    with_weakness,
)

# The purposes of list signers (Doc 9303-12 table 6), by the content that they sign.
PURPOSES = {MASTER_LIST: "2.23.136.1.1.3", DEVIATION_LIST: "2.23.136.1.1.8"}
# No byte is looked at by two blocks: base64 has no hyphen, and what has one ends a block.
PEM = re.compile(rb"-----BEGIN ([A-Z0-9 ]{1,32})-----([^-]*+)(-----END \1-----)?")
MAX_PEM = 8192  # blocks of one file
SEQUENCE = 0x30
BARE_LIST = bytes.fromhex("02010031")  # version 0 and a SET, where a certificate has a SEQUENCE
SIGNED_DATA = bytes.fromhex("06092A864886F70D010702")

CERTIFICATE, LINK, SIGNER = "CSCA certificate", "link certificate", "other certificate"
CRL, MASTER, DEVIATIONS, UNKNOWN = "CRL", "master list", "deviation list", "unknown"


@dataclass(frozen=True, slots=True)
class Item:
    """What became of one part of a file: ``kind`` is one of the words above."""

    source: str
    kind: str
    title: str
    taken: bool
    reason: str
    evidence: Evidence = field(default_factory=dict, repr=False)

    def as_dict(self) -> dict[str, object]:
        return {
            "source": self.source,
            "kind": self.kind,
            "title": self.title,
            "taken": self.taken,
            "reason": self.reason,
            "evidence": dict(self.evidence),
        }


@dataclass(frozen=True, slots=True)
class Material:
    """The anchors of some files, and what became of each part of them."""

    anchors: Anchors = field(default_factory=Anchors)
    items: tuple[Item, ...] = ()

    @classmethod
    def read(
        cls,
        source: str,
        data: bytes,
        *,
        beside: Callable[[], Anchors] = Anchors,
        checked_only: bool = False,
    ) -> "Material":
        """The contents of one file; ``source`` is what it is called in the items.

        ``beside`` is asked, once for each list, for anchors that may vouch for its signer besides
        the list's own. A list whose own signature is wrong gives nothing; with ``checked_only``,
        one whose signature cannot be checked neither. Nothing that the file holds can raise.
        """
        rules = _Rules(beside, checked_only)
        return cls.merged(_one(source, part, rules) for part in _parts(source, data))

    @classmethod
    def merged(cls, parts: Iterable["Material"]) -> "Material":
        """All of ``parts``, each certificate and CRL once."""
        anchors, items = Anchors(), list[Item]()
        certificates: dict[asn1.Certificate, None] = {}
        revocations: dict[bytes, asn1.RevocationList] = {}
        deviating: dict[bytes, Deviations] = {}
        lists: list[SignedList] = []
        for part in parts:
            items += part.items
            certificates |= dict.fromkeys(part.anchors.certificates)
            revocations |= {item.raw: item for item in part.anchors.revocation_lists}
            deviating |= {item.raw: item for item in part.anchors.deviations}
            lists += part.anchors.lists
        anchors = Anchors(
            tuple(certificates),
            tuple(revocations.values()),
            tuple(lists),
            tuple(deviating.values()),
        )
        return cls(anchors, tuple(items))


@dataclass(frozen=True, slots=True)
class _Rules:
    """Which lists are taken; those of ``Material.read``."""

    beside: Callable[[], Anchors] = Anchors
    checked_only: bool = False

    def refuse(self, outcome: Outcome) -> bool:
        return outcome is Outcome.FAIL or (self.checked_only and outcome is not Outcome.PASS)


# --- what a file is ---------------------------------------------------------------------------


def _parts(source: str, data: bytes) -> Iterator[bytes | Item]:
    """The DER values that the file carries, or why there are none."""
    if data[:1] == b"\x30":
        yield data
    elif ldif.is_ldif(data):
        try:
            for value in ldif.values(data, source):
                yield value if isinstance(value, bytes) else _no_ldif(source, value)
        except FormatError as error:
            yield _no_ldif(source, error)
    elif b"-----BEGIN" in data:
        yield from _pem(source, data)
    else:
        reason = "neither DER, PEM nor LDIF"
        yield Item(source, UNKNOWN, "file", taken=False, reason=reason)


def _no_ldif(source: str, error: FormatError) -> Item:
    return Item(source, UNKNOWN, "LDIF", taken=False, reason=error.message)


def _pem(source: str, data: bytes) -> Iterator[bytes | Item]:
    count = 0
    for count, block in enumerate(PEM.finditer(data), 1):
        if count > MAX_PEM:
            reason = f"more than {MAX_PEM} PEM blocks"
            yield Item(source, UNKNOWN, "PEM", taken=False, reason=reason)
            return
        try:
            if block[3]:
                yield base64.b64decode(b"".join(block[2].split()), validate=True)
            else:
                yield Item(source, UNKNOWN, "PEM", taken=False, reason="no whole PEM block")
        except binascii.Error:
            yield Item(source, UNKNOWN, "PEM", taken=False, reason="not base64")
    if not count:
        yield Item(source, UNKNOWN, "PEM", taken=False, reason="no whole PEM block")


def _one(source: str, part: bytes | Item, rules: _Rules) -> Material:
    if isinstance(part, Item):
        return Material(items=(part,))
    if SIGNED_DATA in part[:32]:
        return _signed(source, part, rules)
    try:
        if _is_revocation_list(part):
            return _revocations(source, part)
        return _certificate(source, part)
    except (FormatError, UnsupportedError) as error:
        return Material(items=(Item(source, UNKNOWN, "file", taken=False, reason=error.message),))


def _is_revocation_list(data: bytes) -> bool:
    """Whether it begins as a CRL does: a signed SEQUENCE, whose version 2 is a bare INTEGER of 1,
    where a certificate has its version under [0], or begins with its serial number.
    """
    return _inside(_inside(data))[:4] == b"\x02\x01\x01\x30"


def _inside(data: bytes) -> bytes:
    """What follows the header of a SEQUENCE; nothing where there is none."""
    if len(data) < 2 or data[0] != SEQUENCE:
        return b""
    return data[2 if data[1] < 0x80 else 2 + (data[1] & 0x7F) :]


# --- certificates and CRLs --------------------------------------------------------------------


def _certificate(source: str, data: bytes) -> Material:
    if _inside(data)[:4] == BARE_LIST:
        reason = "a master list without its signature"
        return Material(items=(Item(source, MASTER, "list", taken=False, reason=reason),))
    found = asn1.certificate(data, where=source)
    kind, problem = _kind(found)
    item = Item(source, kind, named(found), not problem, problem or _note(found), evidence(found))
    return Material(Anchors(() if problem else (found,)), (item,))


def _kind(certificate: asn1.Certificate) -> tuple[str, str]:
    """What it is, and why it is no anchor; "" where it may be one or lead to one."""
    has = certificate.extensions
    if has.basic_constraints is None and path.is_anchor(certificate):
        return CERTIFICATE, ""  # of before the profile: Doc 9303 had none until 2006
    if has.basic_constraints is None or not has.basic_constraints.ca:
        return SIGNER, "not an authority's: a document signer comes with its document"
    if has.key_usage is not None and "key_cert_sign" not in has.key_usage:
        return SIGNER, "its key is not for certificates"
    return (CERTIFICATE if certificate.self_issued and not _is_link(certificate) else LINK), ""


def _is_link(certificate: asn1.Certificate) -> bool:
    return path.differs(certificate, certificate)


def _note(certificate: asn1.Certificate) -> str:
    """Until when it is valid, and what is weak in a root's own signature."""
    note = f"valid until {certificate.not_after:%Y-%m-%d}"
    if not certificate.self_issued or _is_link(certificate):
        return note
    try:
        used = signatures.verifier(certificate.public_key, certificate.signature_algorithm)
    except (FormatError, UnsupportedError) as error:
        return f"{note}; no path can end with it: {error.message}"
    return with_weakness(note, used.weaknesses)


def _sha256(data: bytes) -> str:
    return Hash.SHA256.digest(data).hex()


def _revocations(source: str, data: bytes) -> Material:
    found = asn1.revocation_list(data, where=source)
    title = f"{printable(found.issuer.text)}, {found.this_update:%Y-%m-%d}"
    reason = f"{len(found.revoked)} revoked"
    if found.next_update:
        reason += f", next update {found.next_update:%Y-%m-%d}"
    facts = {"issuer": printable(found.issuer.text), "sha256": _sha256(found.raw)}
    item = Item(source, CRL, title, taken=True, reason=reason, evidence=facts)
    return Material(Anchors(revocation_lists=(found,)), (item,))


# --- lists ------------------------------------------------------------------------------------


def _signed(source: str, data: bytes, rules: _Rules) -> Material:
    """A list; one that cannot be read stands in ``Anchors.lists`` too, since it was to be used."""
    try:
        return _list(source, data, rules)
    except FormatError as error:
        outcome, reason = Outcome.FAIL, error.message
    except UnsupportedError as error:
        outcome, reason = Outcome.UNKNOWN, error.message
    item = Item(source, UNKNOWN, "file", taken=False, reason=reason)
    return Material(Anchors(lists=(SignedList(source, outcome, reason),)), (item,))


def _list(source: str, data: bytes, rules: _Rules) -> Material:
    signed = asn1.signed_data(data, where=source)
    if signed.content_type not in PURPOSES:
        raise UnsupportedError(f"{source}: signed content of type {signed.content_type}")
    file = Listed.of(signed, where=source)
    if signed.content_type == DEVIATION_LIST:
        found = deviations.parse(data, where=source)
        inner = Material(Anchors(deviations=(found,)))
        title = f"{DEVIATIONS} of {len(found.deviations)}"
    else:
        inner = _members(source, signed)
        title = f"{MASTER} of {len(inner.anchors.certificates)} certificates"
    known = Material.merged([inner, Material(rules.beside())]).anchors
    outcome, reason = _judged(file, known)
    kind = DEVIATIONS if signed.content_type == DEVIATION_LIST else MASTER
    facts = {"sha256": _sha256(data)} if kind == DEVIATIONS else {}
    item = Item(source, kind, title, not rules.refuse(outcome), reason, facts)
    listed = Material(Anchors(lists=(SignedList(source, outcome, reason),)), (item,))
    return listed if rules.refuse(outcome) else Material.merged([listed, inner])


def _members(source: str, signed: asn1.SignedData) -> Material:
    parts = asn1.master_list(signed.content, where=source)
    names = (f"{source}/{number}" for number in range(1, len(parts) + 1))
    found = [_member(_certificate, name, part) for name, part in zip(names, parts, strict=True)]
    revocations = [
        _member(_revocations, f"{source}/CRL {number}", part)
        for number, part in enumerate(signed.revocation_lists, 1)
    ]
    return Material.merged([*found, *revocations])


def _member(read: Callable[[str, bytes], Material], source: str, part: bytes) -> Material:
    """A part of a list, which is what it has to be: lists hold no lists."""
    try:
        return read(source, part)
    except (FormatError, UnsupportedError) as error:
        return Material(items=(Item(source, UNKNOWN, "part", taken=False, reason=error.message),))


def _judged(file: Listed, known: Anchors) -> tuple[Outcome, str]:
    """The list's own signature, and whether its signer might sign lists, then."""
    certificate, meant = find_signer(file, "the list")
    if certificate is None:
        return Outcome.FAIL, f"nobody's signature: {meant[1]}"
    try:
        answers = [digest(file), signature(file, certificate)]
    except (FormatError, UnsupportedError) as error:
        wrong = isinstance(error, FormatError)
        return (Outcome.FAIL if wrong else Outcome.UNKNOWN), error.message
    found = path.find(certificate, known)
    # Who is named as signer is not signed, so that a wrong name must not hide a wrong signature.
    answers += [meant, *_problems(file, certificate), found.answer]
    if found.found and file.signer.signing_time is not None:
        revoked = signer.revoked(certificate, found, known, file.signer.signing_time)
        answers += [revoked] if revoked[0] is Outcome.FAIL else []  # most lists come without CRLs
    for wanted in (Outcome.FAIL, Outcome.UNKNOWN):
        for answer in answers:
            if answer[0] is wanted:
                return answer
    return Outcome.PASS, f"signed by {named(certificate)}; {answers[1][1]}"


def _problems(file: Listed, certificate: asn1.Certificate) -> Iterator[tuple[Outcome, str]]:
    """Why the signer might not sign lists (Doc 9303-12 table 6), or not at that time."""
    has, at = certificate.extensions, file.signer.signing_time
    if PURPOSES[file.signed.content_type] not in (has.extended_key_usage or ()):
        yield Outcome.FAIL, f"its signer is not for lists: {named(certificate)}"
    if has.key_usage is not None and "digital_signature" not in has.key_usage:
        yield Outcome.FAIL, f"its signer's key is not for signatures: {named(certificate)}"
    if at is not None and not certificate.not_before <= at <= certificate.not_after:
        yield Outcome.FAIL, f"its signer was not valid on {at:%Y-%m-%d}: {named(certificate)}"
