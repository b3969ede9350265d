"""A chip that has been opened."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from epass.card.pace import Suite
from epass.card.secure import SecureChannel
from epass.dump import Access
from epass.errors import ProtocolError
from epass.evidence import NO_EVIDENCE, Evidence
from epass.lds.names import File


class ChangedError(ProtocolError):
    """EF.CardAccess is not that of the first opening: the chip is another one, or was swapped."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A chip after its access protocol, with what was read and met on the way.

    ``suite`` is of PACE, after which the master file is selected, and None for BAC.
    """

    channel: SecureChannel
    access: Access
    evidence: Evidence = NO_EVIDENCE
    files: Mapping[File, bytes] = field(default_factory=dict, repr=False)
    suite: Suite | None = None
    quirks: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
