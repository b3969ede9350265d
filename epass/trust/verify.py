"""Passive authentication: is each file the one that the document signer signed?

Source: ICAO Doc 9303-11 §5.1 (the inspection process), Doc 9303-10 §4.6.2 (EF.SOD), RFC 5652 §5.4
and §5.6 (signed data); BSI TR-03135-1 §5.6.4 for what is failed and what is undetermined.

Each check answers for itself. The signature of a document signer shows that the files belong
together and are unchanged; that the signer is a state's, only a path to a trust anchor shows.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import ParamSpec

from epass import asn1
from epass.crypto import ciphers
from epass.crypto.hashes import Hash
from epass.dump import Dump
from epass.errors import FormatError, InputError, UnsupportedError
from epass.lds.com import Com
from epass.lds.names import File
from epass.lds.sod import Sod
from epass.trust import access, chip, contents, deviations, directory, path, signer
from epass.trust.anchors import Anchors
from epass.trust.contents import MANDATORY, labels
from epass.trust.document import Document
from epass.trust.proofs import CHALLENGE
from epass.trust.report import Check, Outcome, Report
from epass.trust.signed import Answer, digest, evidence, find_signer, signature, with_weakness

# The checks of EF.SOD and the paragraphs that ask for them; those of data groups have one.
SOURCES: Mapping[str, str] = MappingProxyType(
    {
        "sod.format": "Doc 9303-10 §4.6.2",
        "com.sod": "Doc 9303-10 §4.6.1, BSI TR-03135-1 §5.6.4.4.1",
        "sod.signer": "Doc 9303-10 §4.6.2.2, RFC 5652 §5.3",
        "sod.digest": "Doc 9303-10 §4.6.2.2, RFC 5652 §5.4 and §11",
        "sod.signature": "Doc 9303-11 §5.1.1 step 3, RFC 5652 §5.6",
    }
)
HASH_SOURCE = "Doc 9303-11 §5.1.1 step 5"
NOT_READ = "the file was not read"

_P = ParamSpec("_P")


def verify(
    dump: Dump,
    anchors: Anchors | Sequence[asn1.Certificate] = (),
    *,
    at: datetime,
    challenge: bytes | None = None,
    check_revocation: bool = True,
) -> Report:
    """Judge the document; nothing that its files hold can raise.

    What breaks a standard fails; what epass cannot do, or has not been given, is unknown.
    ``anchors`` are certificates of CSCAs, with their CRLs: without them it is unknown whether the
    signer is a state's, and whether it was revoked. ``at`` has a time zone. With ``challenge``,
    8 bytes, active authentication must have signed that one: who has drawn it knows then that
    the chip was there since. Without ``check_revocation`` nobody asks whether the signer was
    revoked, and the report says so.

    Raises:
        InputError: ``at`` has none, or ``challenge`` is of another length.
    """
    if at.tzinfo is None:
        raise InputError("the moment of verification has no time zone")
    if challenge is not None and len(challenge) != CHALLENGE:
        raise InputError(f"the challenge has {len(challenge)} bytes, not {CHALLENGE}")
    trusted = Anchors.of(anchors)
    sod, answer = _parse(dump)
    checks = [Check("sod.format", *answer, SOURCES["sod.format"])]
    if sod is None:
        unmade = (*_without_sod(dump), *deviations.checks(trusted.deviations, dump, None))
        return Report((*checks, *unmade, *_lists(trusted)), at)
    certificate, named = find_signer(sod, File.SOD.label)
    shown = (evidence(certificate),) if certificate else ()
    case = _case(dump, sod, certificate, trusted, at)
    checks += [
        _check("com.sod", _com, dump, sod),
        Check("sod.signer", *named, SOURCES["sod.signer"], shown),
        _check("sod.digest", digest, sod),
        _check("sod.signature", signature, sod, certificate),
        *signer.checks(case, check_revocation=check_revocation),
    ]
    checks += [_check(_hash_id(group), _hash, dump, sod, group) for group in _groups(dump, sod)]
    checks += contents.checks(dump, sod, certificate)
    checks += deviations.checks(trusted.deviations, dump, certificate)
    outcomes = {check.id: check.outcome for check in checks}
    document = Document(dump, sod, outcomes)
    checks += [*chip.checks(document, challenge), *access.checks(document)]
    checks += [*directory.checks(document), *_lists(trusted)]
    return Report(tuple(checks), at)


def _case(
    dump: Dump, sod: Sod, certificate: asn1.Certificate | None, anchors: Anchors, at: datetime
) -> signer.Case | None:
    """What the signer is judged by."""
    if certificate is None:
        return None
    return signer.Case(
        path.find(certificate, anchors),
        anchors,
        at,
        sod.signer.signing_time,
        contents.document_code(dump),
    )


def _lists(anchors: Anchors) -> list[Check]:
    """The lists that the anchors come from: one that is not rightly signed may be anybody's."""
    source = "Doc 9303-12 §9"
    if not anchors.lists:
        return [Check("anchors.list", Outcome.NOT_APPLICABLE, "no list was given", source)]
    for wanted in (Outcome.FAIL, Outcome.UNKNOWN):
        for item in anchors.lists:
            if item.outcome is wanted:
                return [Check("anchors.list", wanted, f"{item.title}: {item.reason}", source)]
    reason = f"{len(anchors.lists)} lists, each signed by its issuer"
    return [Check("anchors.list", Outcome.PASS, reason, source)]


def _check(name: str, judge: Callable[_P, Answer], *args: _P.args, **kwargs: _P.kwargs) -> Check:
    """The check ``name`` with the answer of ``judge``, whatever it finds in the files."""
    try:
        answer = judge(*args, **kwargs)
    except (FormatError, UnsupportedError) as error:
        answer = _refused(error)
    return Check(name, *answer, SOURCES.get(name, HASH_SOURCE))


def _refused(error: FormatError | UnsupportedError) -> Answer:
    return Outcome.FAIL if isinstance(error, FormatError) else Outcome.UNKNOWN, error.message


def _parse(dump: Dump) -> tuple[Sod | None, Answer]:
    if File.SOD not in dump.files:
        return None, (Outcome.UNKNOWN, NOT_READ)
    try:
        sod = Sod.parse(dump.files[File.SOD])
    except (FormatError, UnsupportedError) as error:
        return None, _refused(error)
    return sod, (Outcome.PASS, f"version {sod.version}, {len(sod.digests)} digests")


def _without_sod(dump: Dump) -> list[Check]:
    """The checks that cannot be made; all of them, so that none is missed by who counts them."""
    sources = {**SOURCES, **signer.SOURCES, **chip.SOURCES, **access.SOURCES}
    sources |= {_hash_id(group): HASH_SOURCE for group in _groups(dump, None)}
    del sources["sod.format"]
    unmade = [Check(name, Outcome.UNKNOWN, contents.NO_SOD, sources[name]) for name in sources]
    return [*unmade, *contents.checks(dump, None, None)]


# --- EF.COM -----------------------------------------------------------------------------------


def _com(dump: Dump, sod: Sod) -> Answer:
    """EF.COM is not signed, so whatever it says otherwise than EF.SOD was changed by somebody."""
    if File.COM not in dump.files:
        return Outcome.UNKNOWN, NOT_READ
    com = Com.parse(dump.files[File.COM])
    listed, signed = set(com.groups), set(sod.digests)
    problems = []
    if listed - signed:
        problems.append(f"EF.COM lists {labels(listed - signed)}, which EF.SOD does not sign")
    if signed - listed:
        problems.append(f"EF.SOD signs {labels(signed - listed)}, which EF.COM does not list")
    if sod.lds_version not in (None, com.lds_version):
        problems.append(f"EF.COM has LDS version {com.lds_version}, EF.SOD {sod.lds_version}")
    if sod.unicode_version not in (None, com.unicode_version):
        problems.append("EF.COM and EF.SOD have different Unicode versions")
    if problems:
        return Outcome.FAIL, "; ".join(problems)
    return Outcome.PASS, f"both have {labels(signed)}"


# --- the data groups --------------------------------------------------------------------------


def _groups(dump: Dump, sod: Sod | None) -> list[File]:
    """Whatever was read, is signed, or must be there."""
    signed = sod.digests.keys() if sod else set()
    return _sorted({*MANDATORY, *signed, *(file for file in dump.files if file.group)})


def _sorted(groups: set[File]) -> list[File]:
    return sorted(groups, key=lambda item: item.group or 0)


def _hash_id(group: File) -> str:
    return f"{group.label.lower()}.hash"


def _hash(dump: Dump, sod: Sod, group: File) -> Answer:
    """The digest over the complete file (Doc 9303-10 §4.6.2.3 note 1)."""
    if group not in sod.digests:
        return Outcome.FAIL, "EF.SOD does not sign it"
    if group not in dump.files:
        return (Outcome.UNKNOWN if group in MANDATORY else Outcome.NOT_APPLICABLE), NOT_READ
    used, signed = Hash.from_algorithm(sod.digest_algorithm), sod.digests[group]
    if len(signed) != used.size:
        return Outcome.FAIL, f"EF.SOD signs {len(signed)} bytes for it, no {used.label} digest"
    if not ciphers.same(used.digest(dump.files[group]), signed):
        return Outcome.FAIL, f"the file is not the one whose {used.label} digest EF.SOD signs"
    return Outcome.PASS, with_weakness(used.label, used.weakness)
