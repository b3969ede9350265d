"""Is the chip no copy?

Source: ICAO Doc 9303-11 §6.1 (active authentication), §6.2 (chip authentication), §4.4.3.5.2 (PACE
with chip authentication mapping).

Judged from what the card stage has recorded. Whoever trusts the recording, trusts that its
challenge was fresh and its ephemeral key secret; see ``epass.evidence``.

* A chip that offers no proof can be copied by whoever has read it: neither a failure nor a pass.
* A chip that offers a proof and refuses it, or was not asked for it, leaves the question open.
* A chip that answers must answer rightly.

A pass is under a key that EF.SOD's signer has signed. That this is a state is another check.
"""

from types import MappingProxyType

from epass.dump import Dump
from epass.evidence import ACTIVE, CHIP
from epass.lds.chip_keys import Dg15
from epass.lds.names import File
from epass.lds.security_infos import Mapping as PaceMapping
from epass.lds.security_infos import PaceInfo, SecurityInfos
from epass.trust import proofs
from epass.trust.document import Document, Judge, Settled, answered, parsed
from epass.trust.report import Check, Outcome
from epass.trust.signed import Answer

CAM = PaceMapping.CHIP_AUTHENTICATION
NOT_OFFERED = (Outcome.NOT_APPLICABLE, "the chip does not offer it")
NOT_RUN = "it was not run"
OTHER_CHALLENGE = (Outcome.FAIL, "another challenge was signed")
OF_EF_SOD = "under the key that EF.SOD signs"
OF_ITS_SIGNER = "under a key that EF.SOD's signer signs"

SOURCES = MappingProxyType(
    {
        "chip.active": "Doc 9303-11 §6.1",
        "chip.authentication": "Doc 9303-11 §6.2",
        "chip.mapping": "Doc 9303-11 §4.4.3.5.2",
    }
)


def checks(document: Document, challenge: bytes | None) -> list[Check]:
    """The checks of the chip; ``challenge`` is the one that it had to sign, None for any."""

    def active(document: Document) -> Answer:
        return _active(document, challenge)

    judges: dict[str, Judge] = {
        "chip.active": active,
        "chip.authentication": _authentication,
        "chip.mapping": _mapping,
    }
    return [answered(name, judges[name], document, SOURCES[name]) for name in SOURCES]


def _active(document: Document, challenge: bytes | None) -> Answer:
    if not document.signs(File.DG15):
        return NOT_OFFERED
    key = parsed(Dg15.parse, document.signed(File.DG15)).public_key
    evidence = document.dump.evidence.active
    if evidence is None:
        return _not_recorded(document.dump, ACTIVE)
    if challenge is not None and evidence.challenge != challenge:
        return OTHER_CHALLENGE
    return _under(OF_EF_SOD, proofs.active(key, evidence, _named_algorithms(document)))


def _named_algorithms(document: Document) -> tuple[str, ...]:
    """Those of ECDSA that DG14 names. They only narrow the search: where DG14 cannot be used, a
    signature by another algorithm of the standard is no less one of the key in DG15.
    """
    try:
        infos = document.security_infos()
    except Settled:
        return ()
    return tuple(info.signature_algorithm for info in infos.active_authentication) if infos else ()


def _authentication(document: Document) -> Answer:
    infos = document.security_infos()
    if infos is None or not infos.announces_chip_authentication:
        return NOT_OFFERED
    evidence = document.dump.evidence.chip
    if evidence is None:
        return _not_recorded(document.dump, CHIP)
    for offer in infos.chip_authentication:
        if (offer.protocol.oid, offer.key_id) == (evidence.oid, evidence.key_id):
            return _under(OF_EF_SOD, proofs.agreement(offer, evidence))
    return Outcome.FAIL, "it was run with a key or protocol that DG14 does not hold"


def _mapping(document: Document) -> Answer:
    dump = document.dump
    if dump.access.mapping == CAM.value:
        if dump.evidence.mapping is None:
            return Outcome.UNKNOWN, NOT_RUN
        keys = document.card_security().chip_keys
        return _under(OF_ITS_SIGNER, proofs.mapping(keys, dump.evidence.mapping))
    infos = document.security_infos()
    if offers_cam(dump, infos.pace if infos else ()):
        way = "opened by another way" if dump.access.known else "opened nobody knows how"
        return Outcome.UNKNOWN, f"{NOT_RUN}; the chip was {way}"
    if not dump.access.known and File.CARD_ACCESS not in dump.files:
        return Outcome.UNKNOWN, "EF.CardAccess, which would offer it, is not there"
    return NOT_OFFERED


def offers_cam(dump: Dump, signed: tuple[PaceInfo, ...] = ()) -> bool:
    """Whether EF.CardAccess offers PACE-CAM, or ``signed`` does. Raises FormatError."""
    content = dump.files.get(File.CARD_ACCESS)
    found = () if content is None else SecurityInfos.parse(content).pace
    return any(info.protocol.mapping is CAM for info in (*found, *signed))


def _not_recorded(dump: Dump, proof: str) -> Answer:
    """What was recorded instead of the evidence of a proof that is offered."""
    for failure in dump.evidence.failures:
        if failure.proof == proof and failure.refused:
            return Outcome.UNKNOWN, f"{NOT_RUN}: {failure.reason}"
        if failure.proof == proof:
            return Outcome.FAIL, failure.reason
    return Outcome.UNKNOWN, NOT_RUN


def _under(key: str, answer: Answer) -> Answer:
    """A pass says what it rests on: the word of who has signed EF.SOD."""
    outcome, reason = answer
    return (outcome, f"{reason}; {key}") if outcome is Outcome.PASS else answer
