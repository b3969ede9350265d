"""What a chip is made of: a document, and what of it goes where.

Source: Doc 9303-11 §4.2 (chip access procedure), §9.7.3 (passwords); Doc 9303-10 §3.
"""

from collections.abc import Collection, Mapping
from typing import Protocol

from epass.errors import InputError
from epass.lds.names import File
from epass.sim.access import ACCESS, mrz_secret
from epass.sim.card_files import PaceOffer
from epass.sim.pace import Passwords
from epass.sim.proofs import Proofs


class Document(Protocol):
    """What the chip needs of a document; ``mrz`` has its lines separated by a line feed."""

    @property
    def files(self) -> Mapping[File, bytes]: ...
    @property
    def mrz(self) -> str: ...
    @property
    def can(self) -> str: ...
    @property
    def proofs(self) -> Proofs: ...
    @property
    def pace(self) -> PaceOffer | None: ...


def chosen_access(wanted: Collection[str]) -> tuple[str, ...]:
    """``wanted`` in the order of ACCESS.

    Raises:
        InputError: it is empty or not a part of ACCESS.
    """
    if not wanted or not set(wanted) <= set(ACCESS):
        raise InputError(f"the access of a chip is one or more of {', '.join(ACCESS)}")
    return tuple(name for name in ACCESS if name in wanted)


def passwords(document: Document) -> Passwords:
    """The passwords of table 14.

    Raises:
        InputError: the lines of the MRZ are not those of TD1, TD2 or TD3.
    """
    can = document.can.encode("latin-1", "replace")
    return Passwords(mrz_secret(document.mrz), can)


def chip_files(
    document: Document, offer: PaceOffer | None, ef_atr_info: bytes | None
) -> dict[File, bytes]:
    """The files of the chip, which offers ``offer``, or no PACE.

    EF.CardAccess and EF.ATR/INFO are the document's own unless the chip was told something else.
    """
    files = dict(document.files)
    if ef_atr_info is not None:
        files[File.ATR_INFO] = ef_atr_info
    if offer is None:
        files.pop(File.CARD_ACCESS, None)  # §4.2 step 1: it is there for PACE
        files.pop(File.CARD_SECURITY, None)
    elif File.CARD_ACCESS not in files or document.pace not in (None, offer):
        files[File.CARD_ACCESS] = offer.card_access()
    return files
