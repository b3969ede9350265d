"""EF.DIR: which applications the chip has, unsigned.

Source: ICAO Doc 9303-10 §3.11.2, tables 30 and 31; ISO/IEC 7816-4 §12.2.3 (application templates).
"""

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Self

from epass import tlv
from epass.lds.elements import Elements, Unknown
from epass.lds.filling import unfilled
from epass.lds.names import LDS1_AID, File

EF = File.DIR.label
TEMPLATE, IDENTIFIER, LABEL = 0x61, 0x4F, 0x50
AID_BYTES = range(1, 17)  # ISO/IEC 7816-4 §12.2.3: 5 for the provider, at most 11 of its own
APPLICATIONS = MappingProxyType(
    {
        LDS1_AID: "eMRTD",
        bytes.fromhex("A0000002472001"): "travel records",
        bytes.fromhex("A0000002472002"): "visa records",
        bytes.fromhex("A0000002472003"): "additional biometrics",
        bytes.fromhex("E80704007F00070302"): "eID",  # BSI TR-03110-4 §2.2.1
    }
)


@dataclass(frozen=True, slots=True)
class Application:
    """One application. ``name`` is that of a known one, ``label`` what the chip says."""

    identifier: bytes
    name: str
    label: str
    unknown: Unknown = field(repr=False)


@dataclass(frozen=True, slots=True)
class ApplicationDirectory:
    """All applications, in the order of the chip. ``notes`` are deviations."""

    applications: tuple[Application, ...]
    unknown: Unknown = field(repr=False)
    notes: tuple[str, ...]

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Parse the whole file.

        Raises:
            FormatError: with the tag path and byte offset of the first fault.
        """
        notes: list[str] = []
        take = Elements(unfilled(data, EF, notes), notes)
        found = tuple(_application(template, notes) for template in take.every(TEMPLATE))
        return cls(found, take.rest(foreseen=True), tuple(notes))


def _application(template: tlv.Tlv, notes: list[str]) -> Application:
    take = Elements(template, notes)
    item = take.one(IDENTIFIER)
    if item is None:
        raise template.fail(f"the data object {IDENTIFIER:02X} is missing")
    if len(item.value) not in AID_BYTES:
        raise item.fail(f"an application identifier of {len(item.value)} bytes, not 1 to 16")
    return Application(
        identifier=item.value,
        name=APPLICATIONS.get(item.value, ""),
        label=take.text(LABEL, "application label"),
        unknown=take.rest(foreseen=True),
    )
