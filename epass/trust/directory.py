"""Is EF.DIR what the issuer has signed?

Source: ICAO Doc 9303-11 §4.2 step 3: whoever has read EF.DIR compares it with the copy in
EF.CardSecurity, which documents with one application only need not have. The file itself is
unsigned, as EF.ATR/INFO is, of which there is no copy anywhere.
"""

from collections.abc import Iterator

from epass import tlv
from epass.lds.chip_keys import CardSecurity
from epass.lds.filling import unfilled
from epass.lds.names import File
from epass.lds.security_infos import ID_EF_DIR, SET, SecurityInfos, UnknownInfo
from epass.trust.document import Document, answered
from epass.trust.report import Check, Outcome
from epass.trust.signed import Answer

NAME, SOURCE = "access.directory", "Doc 9303-11 §4.2"
NO_COPY = "nothing that was read signs EF.DIR"
OCTET_STRING = 0x04


def checks(document: Document) -> list[Check]:
    """The check of EF.DIR, if it was read."""
    if File.DIR not in document.dump.files:
        return []
    return [answered(NAME, _directory, document, SOURCE)]


def _directory(document: Document) -> Answer:
    files = document.dump.files
    if File.CARD_SECURITY not in files:
        return Outcome.NOT_APPLICABLE, NO_COPY
    claimed = CardSecurity.parse(files[File.CARD_SECURITY]).security_infos
    if not [*_copies(claimed)]:
        return Outcome.NOT_APPLICABLE, NO_COPY
    found = _objects(files[File.DIR])
    if all(_objects(copy) == found for copy in _copies(document.card_security())):
        return Outcome.PASS, "EF.DIR is what EF.CardSecurity signs"
    return Outcome.FAIL, "EF.DIR is not what EF.CardSecurity signs"


def _objects(content: bytes) -> bytes:
    """EF.DIR without what fills up the file."""
    return unfilled(content, File.DIR.label, []).value


def _copies(infos: SecurityInfos) -> Iterator[bytes]:
    """Those in EFDIRInfo: an object identifier and an octet string."""
    items = tlv.parse_one(infos.raw, SET, where=File.CARD_SECURITY.label).children()
    for item, info in zip(items, infos.infos, strict=True):
        if isinstance(info, UnknownInfo) and info.oid == ID_EF_DIR:
            parts = item.children()
            if [part.tag for part in parts[1:]] != [OCTET_STRING]:
                raise item.fail("not EFDIRInfo: one octet string is due")
            yield parts[1].value
