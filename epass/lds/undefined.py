"""DG8 to DG10 and DG13: what the standard leaves to the issuing state.

Source: ICAO Doc 9303-10 §4.7.8 to §4.7.10 and §4.7.13. No meaning is guessed at.
"""

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import ClassVar, Self

from epass import tlv
from epass.errors import FormatError
from epass.lds.elements import Unknown
from epass.lds.names import File


@dataclass(frozen=True, slots=True)
class Undefined:
    """``objects`` are the data objects by their tags; ``content`` is what is not made of such.

    Documents of Singapore have data objects in DG13 whose encoding is broken, and others have
    none: nothing asks for them there.
    """

    FILE: ClassVar[File]

    objects: Unknown = field(repr=False)
    content: bytes = field(repr=False)
    notes: tuple[str, ...]

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Parse the whole file.

        Raises:
            FormatError: it is not one template with the tag of the file.
        """
        template = tlv.parse_one(data, cls.FILE.tag or 0, where=cls.FILE.label)
        try:
            items = template.children()
        except FormatError:
            return cls(MappingProxyType({}), template.value, ("the content is no data objects",))
        found: dict[int, list[bytes]] = {}
        for item in items:
            found.setdefault(item.tag, []).append(item.value)
        objects = {tag: tuple(values) for tag, values in found.items()}
        return cls(MappingProxyType(objects), b"", ())


@dataclass(frozen=True, slots=True)
class Dg8(Undefined):
    """Data features, yet to be defined."""

    FILE: ClassVar[File] = File.DG8


@dataclass(frozen=True, slots=True)
class Dg9(Undefined):
    """Structure features, yet to be defined."""

    FILE: ClassVar[File] = File.DG9


@dataclass(frozen=True, slots=True)
class Dg10(Undefined):
    """Substance features, yet to be defined."""

    FILE: ClassVar[File] = File.DG10


@dataclass(frozen=True, slots=True)
class Dg13(Undefined):
    """Optional details, at the discretion of the issuing state."""

    FILE: ClassVar[File] = File.DG13
