"""EF.ATR/INFO: what the chip can do, as it says itself, unsigned.

Source: ICAO Doc 9303-10 §3.11.1, tables 28 and 29; ISO/IEC 7816-4 §8.1.1 (card capabilities) and
§12.1.1 (service data). A hint for reading and nothing else: whoever is between can change it.
"""

from dataclasses import dataclass, field
from typing import Self

from epass import tlv
from epass.lds.elements import Elements, Unknown
from epass.lds.filling import unfilled
from epass.lds.names import File

CARD_SERVICE, CAPABILITIES, LENGTHS, INTEGER = 0x43, 0x47, 0x7F66, 0x02
MAX_LENGTH_BYTES = 4  # of a longest APDU; 65,536 and what secure messaging adds need 3
EF = File.ATR_INFO.label


@dataclass(frozen=True, slots=True)
class CardInfo:
    """``max_command`` and ``max_response`` are whole APDUs, in bytes; None where it is not said.

    The others are the card capabilities; None where there are none. ``unknown`` has every other
    data object, ``service_data`` those of 43. ``notes`` are deviations.
    """

    max_command: int | None
    max_response: int | None
    selection_by_name: bool | None
    short_identifiers: bool | None
    record_numbers: bool | None
    command_chaining: bool | None
    extended_length: bool | None
    lengths_are_here: bool | None
    service_data: bytes
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
        command, response = _lengths(take.one(LENGTHS))
        bits = _capabilities(take.one(CAPABILITIES))
        service = take.one(CARD_SERVICE)
        return cls(
            max_command=command,
            max_response=response,
            selection_by_name=_bit(bits, 0, 8),
            short_identifiers=_bit(bits, 0, 3),
            record_numbers=_bit(bits, 0, 2),
            command_chaining=_bit(bits, 2, 8),
            extended_length=_bit(bits, 2, 7),
            lengths_are_here=_bit(bits, 2, 6),
            service_data=service.value if service else b"",
            unknown=take.rest(foreseen=True),  # §3.11.1 note 1
            notes=tuple(notes),
        )


def _lengths(item: tlv.Tlv | None) -> tuple[int | None, int | None]:
    if item is None:
        return None, None
    numbers = item.children()
    if [number.tag for number in numbers] != [INTEGER, INTEGER]:
        raise item.fail("not two integers")
    for number in numbers:
        if not 1 <= len(number.value) <= MAX_LENGTH_BYTES:
            raise number.fail(f"an integer of {len(number.value)} bytes")
    command, response = (int.from_bytes(number.value) for number in numbers)
    return command, response


def _capabilities(item: tlv.Tlv | None) -> bytes:
    """The software function tables, of which the last may be left out (ISO/IEC 7816-4 §8.1.1)."""
    if item is None:
        return b""
    if not 1 <= len(item.value) <= 3:
        raise item.fail(f"card capabilities of {len(item.value)} bytes, not 1 to 3")
    return item.value


def _bit(functions: bytes, table: int, bit: int) -> bool | None:
    """Bit 8 to 1 of a software function table; None where the chip does not have the table."""
    return bool(functions[table] >> (bit - 1) & 1) if table < len(functions) else None
