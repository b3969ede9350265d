"""Was the chip opened by the way that its issuer offers?

Source: ICAO Doc 9303-11 §4.2, §9.2.1, §9.2.11. EF.CardAccess is not signed, and whoever disturbs
the link can change what it offers; DG14 and EF.CardSecurity hold a copy that is. A document
whose EF.SOD signs a DG14 that was not had has kept back just that copy: the question stays open.
"""

from collections.abc import Callable
from types import MappingProxyType

from epass import tlv
from epass.crypto import ec, modp
from epass.crypto.ciphers import Cipher
from epass.crypto.group import Group
from epass.dump import Access, Dump
from epass.errors import UnsupportedError
from epass.lds.names import File
from epass.lds.security_infos import (
    ID_PACE,
    SET,
    KeyAgreement,
    Mapping,
    PaceDomainParameterInfo,
    PaceInfo,
    SecurityInfo,
    SecurityInfos,
    UnknownInfo,
)
from epass.trust import chip
from epass.trust.document import Document, Judge, Settled, answered
from epass.trust.report import Check, Outcome
from epass.trust.signed import Answer

SOURCES = MappingProxyType(
    {
        "access.card_access": "Doc 9303-11 §4.2, §9.2.11",
        "access.protocol": "Doc 9303-11 §4.2",
    }
)
NO_COPY = "the issuer has signed no copy of EF.CardAccess"
NO_RECORD = "it was not recorded how the chip was opened"
MAX_NAMED = 16  # differences; EF.CardAccess may be full of anything
TDES_STRENGTH = 80  # bits, NIST SP 800-57 part 1 table 4; 3DES has two keys here
FIND_GROUP: dict[KeyAgreement, Callable[[int], Group | None]] = {
    KeyAgreement.DH: modp.by_parameter_id,
    KeyAgreement.ECDH: ec.by_parameter_id,
}


def checks(document: Document) -> list[Check]:
    """The checks of how the chip was opened."""
    judges: dict[str, Judge] = {"access.card_access": _card_access, "access.protocol": _protocol}
    return [answered(name, judges[name], document, SOURCES[name]) for name in SOURCES]


# --- the file and its copy --------------------------------------------------------------------


def _card_access(document: Document) -> Answer:
    """Every info of PACE in the one must be in the other, byte by byte: those too that epass
    does not know, and the parameters of a chip's own.
    """
    found = _found(document.dump)
    if not found and document.dump.access.protocol == "PACE":
        return Outcome.UNKNOWN, "EF.CardAccess, which offered PACE, is not there"
    if not found and not document.dump.access.known:
        return Outcome.UNKNOWN, f"{NO_RECORD}, and EF.CardAccess offers no PACE or is not there"
    if not found:
        return Outcome.NOT_APPLICABLE, "EF.CardAccess offers no PACE; see access.protocol"
    infos = _copy(document)
    if infos is None:
        return Outcome.NOT_APPLICABLE, NO_COPY
    copy = _pace(infos)
    missing, added = copy.keys() - found.keys(), found.keys() - copy.keys()
    problems = [f"does not offer {copy[raw]}, which is signed" for raw in missing]
    problems += [f"offers {found[raw]}, which is not signed" for raw in added]
    if problems:
        return Outcome.FAIL, f"EF.CardAccess {'; '.join(sorted(problems)[:MAX_NAMED])}"
    return Outcome.PASS, "EF.CardAccess offers what its signed copy does"


def _found(dump: Dump) -> dict[bytes, str]:
    content = dump.files.get(File.CARD_ACCESS)
    return {} if content is None else _pace(SecurityInfos.parse(content))


def _copy(document: Document) -> SecurityInfos | None:
    """The copy in DG14, else that in EF.CardSecurity, which no chip with PACE-CAM is without.

    Where EF.SOD signs no DG14, an EF.CardSecurity that cannot be used is as good as none.
    """
    infos = document.security_infos()
    if infos is not None and _pace(infos):
        return infos
    if File.CARD_SECURITY not in document.dump.files and not chip.offers_cam(document.dump):
        return None
    try:
        copy = document.card_security()
    except (Settled, UnsupportedError) as error:
        outcome, reason = (
            error.answer if isinstance(error, Settled) else (Outcome.UNKNOWN, error.message)
        )
        if infos is None and outcome is Outcome.UNKNOWN:
            raise Settled(Outcome.NOT_APPLICABLE, f"EF.SOD signs no DG14; {reason}") from None
        raise
    return copy if _pace(copy) else None


def _pace(infos: SecurityInfos) -> dict[bytes, str]:
    """The infos under id-PACE as they are encoded, and their names for people."""
    items = tlv.parse_one(infos.raw, SET, where="SecurityInfos").children()
    named = ((item.raw, _name(info)) for item, info in zip(items, infos.infos, strict=True))
    return {raw: f"PACE-{name}" for raw, name in named if name}


def _name(info: SecurityInfo) -> str:
    """Empty for an info that is not of PACE."""
    if isinstance(info, PaceInfo):
        return info.name
    if isinstance(info, PaceDomainParameterInfo):
        return f"{info.oid} with parameters {info.parameter_id} of its own"
    if isinstance(info, UnknownInfo) and info.oid.startswith(f"{ID_PACE}."):
        return info.oid
    return ""


# --- the way that was taken -------------------------------------------------------------------


def _protocol(document: Document) -> Answer:
    access = document.dump.access
    if access.protocol == "PACE":
        return _by_pace(document, access)
    if access.protocol == "BAC":
        return _by_bac(document, access)
    return Outcome.UNKNOWN, "neither PACE nor BAC" if access.known else NO_RECORD


def _by_bac(document: Document, access: Access) -> Answer:
    """A fallback is by the caller's word, whatever the chip offers: there is nothing to pass."""
    try:
        offering = _offering(document)
    except Settled:
        if not access.fallback:
            raise
        offering = None
    if access.fallback:
        though = ", though the chip offers PACE" if offering else ""
        return Outcome.NOT_APPLICABLE, f"BAC{though}, as the caller allowed"
    if offering:
        return Outcome.FAIL, f"BAC, though {offering} offers PACE"
    return Outcome.PASS, "BAC; the chip offers no PACE"


def _offering(document: Document) -> str | None:
    """The file that offers PACE, be it one that epass cannot run."""
    if _found(document.dump):
        return "EF.CardAccess"
    infos = document.security_infos()
    return "the signed DG14" if infos is not None and _pace(infos) else None


def _by_pace(document: Document, access: Access) -> Answer:
    """It must be one of those that are signed, and none of these may be stronger.

    DG14 repeats the PACEInfos by this edition; where older documents have none, nobody can say.
    """
    copy = _copy(document)
    if copy is None:
        return Outcome.NOT_APPLICABLE, f"PACE; {NO_COPY}, as was usual in older documents"
    strengths = {info: bits for info in copy.pace if (bits := _strength(info))}
    used = [info for info in strengths if _is_way(info, access)]
    if not used:
        return Outcome.FAIL, "the chip was opened by a way that its signed copy does not offer"
    best = max(strengths, key=lambda info: strengths[info])
    if strengths[best] > strengths[used[0]]:
        reason = f"PACE-{used[0].name}, though PACE-{best.name} is signed and stronger"
        return Outcome.UNKNOWN, reason
    return Outcome.PASS, f"PACE-{used[0].name}, which is signed"


def _is_way(info: PaceInfo, access: Access) -> bool:
    """Whether the chip was opened by it; the parameters determine the kind of key agreement."""
    protocol = info.protocol
    offered = protocol.mapping.value, protocol.cipher.label, info.parameter_id
    return offered == (access.mapping, access.cipher, access.parameter_id)


def _strength(info: PaceInfo) -> int:
    """Security in bits: that of the weaker of cipher and group; 0 for what epass cannot run."""
    if info.parameter_id is None:
        return 0
    group = FIND_GROUP[info.protocol.agreement](info.parameter_id)
    if group is None or not _can_map(info.protocol.mapping, group):
        return 0
    cipher = info.protocol.cipher
    bits = TDES_STRENGTH if cipher is Cipher.TDES else 8 * cipher.key_size
    return min(bits, group.strength)


def _can_map(mapping: Mapping, group: Group) -> bool:
    """Appendix B maps integrated to curves over p = 4n + 3 only."""
    is_curve = isinstance(group, ec.Curve)
    return mapping is not Mapping.INTEGRATED or not is_curve or group.p % 4 == 3
