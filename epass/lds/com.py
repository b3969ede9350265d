"""EF.COM: the chip's own, unsigned list of the data groups it holds.

Source: ICAO Doc 9303-10 §4.6.1, table 35. The list only says what is worth reading; what a
document holds is what EF.SOD signs, so no check may rely on it.
"""

import re
from dataclasses import dataclass, field
from typing import Self

from epass import tlv
from epass.lds.elements import Elements, Unknown
from epass.lds.names import File

EF_COM, LDS_VERSION, UNICODE_VERSION, TAG_LIST = 0x60, 0x5F01, 0x5F36, 0x5C


@dataclass(frozen=True, slots=True)
class Com:
    """``lds_version`` is "0107" or "0108"; ``groups`` keeps the order of the chip. ``notes`` are
    deviations.
    """

    lds_version: str
    unicode_version: str
    groups: tuple[File, ...]
    unknown: Unknown = field(repr=False)
    notes: tuple[str, ...]

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Parse the whole file.

        Raises:
            FormatError: with the tag path and byte offset of the first fault.
        """
        notes: list[str] = []
        take = Elements(tlv.parse_one(data, EF_COM, where="EF.COM"), notes)
        return cls(
            lds_version=_digits(take.require(LDS_VERSION), 4),
            unicode_version=_digits(take.require(UNICODE_VERSION), 6),
            groups=_groups(take.require(TAG_LIST)),
            unknown=take.rest(),
            notes=tuple(notes),
        )


def _groups(tags: tlv.Tlv) -> tuple[File, ...]:
    groups: list[File] = []
    for position, tag in enumerate(tags.value):
        group = File.from_tag(tag)
        if group is None:
            raise tags.fail(f"{tag:02X} is not the tag of a data group", position)
        if group in groups:
            raise tags.fail(f"{group.label} is listed twice", position)
        groups.append(group)
    return tuple(groups)


def _digits(item: tlv.Tlv, count: int) -> str:
    if not re.fullmatch(rb"[0-9]{%d}" % count, item.value):
        raise item.fail(f"not {count} digits")  # §4.6.1.1 and §4.6.1.2
    return item.value.decode("ascii")
