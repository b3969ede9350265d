"""Blocks of ISO/IEC 39794: sequences of tagged members that may have more than is known.

Source: ISO/IEC 39794-1:2019 (extension markers, extension blocks with a fallback), ITU-T X.690 §8.
The modules have implicit tags, so a member with number n has tag 80 + n, or A0 + n where it is
constructed or a choice.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Self, TypeVar

from epass import tlv
from epass.errors import FormatError
from epass.lds.face_record import Unknown

_Term = TypeVar("_Term")
_Parsed = TypeVar("_Parsed")

PRIMITIVE, CONSTRUCTED, SEQUENCE, OCTETS = 0x80, 0xA0, 0x30, 0x04
MAX_NUMBER = 8  # bytes of an INTEGER; none that is shown needs more than 4
MAX_UNKNOWN = 64  # data objects that are kept; the ICAO profile has none that is not known here
MAX_LISTED = 256  # members of a list; MPEG-4 has 88 feature points


@dataclass(slots=True)
class Findings:
    """What is found beside the values: deviations, and data objects that are not known."""

    notes: list[str]
    unknown: list[Unknown] = field(default_factory=list)

    def keep(self, item: tlv.Tlv) -> None:
        if len(self.unknown) < MAX_UNKNOWN:
            self.unknown.append(Unknown(item.where, item.value))
        elif (note := f"more than {MAX_UNKNOWN} unknown data objects in a face") not in self.notes:
            self.notes.append(note)

    def tried(
        self, parse: Callable[[tlv.Tlv, "Findings"], _Parsed], item: tlv.Tlv | None
    ) -> _Parsed | None:
        """What ``parse`` finds in ``item``. What is malformed in there costs nothing else: it is
        noted, and ``item`` is kept as unknown.
        """
        if item is None:
            return None
        try:
            return parse(item, self)
        except FormatError as fault:
            self.notes.append(fault.message)
            self.keep(item)
            return None


class Block:
    """The members of one block, each of which is taken once; what is left is unknown.

    Raises:
        FormatError: a member stands twice.
    """

    def __init__(self, item: tlv.Tlv, findings: Findings) -> None:
        self._item = item
        self._findings = findings
        self._members: dict[int, tlv.Tlv] = {}
        for child in item.children():
            if child.tag in self._members:
                raise child.fail("the data object stands twice")
            self._members[child.tag] = child

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            for item in self._members.values():
                self._findings.keep(item)

    def inner(self, number: int) -> tlv.Tlv | None:
        """The constructed member ``number``."""
        return self._members.pop(CONSTRUCTED | number, None)

    def require(self, number: int) -> tlv.Tlv:
        """The constructed member ``number``. Raises FormatError where there is none."""
        return self._there(self.inner(number), CONSTRUCTED | number)

    def primitive(self, number: int) -> tlv.Tlv | None:
        """The primitive member ``number``."""
        return self._members.pop(PRIMITIVE | number, None)

    def octets(self, number: int) -> bytes | None:
        """The value of the OCTET STRING ``number``."""
        item = self.primitive(number)
        return None if item is None else item.value

    def require_octets(self, number: int) -> tlv.Tlv:
        """The OCTET STRING ``number``. Raises FormatError where there is none."""
        return self._there(self.primitive(number), PRIMITIVE | number)

    def number(self, number: int, low: int = 0, high: int | None = None) -> int | None:
        """The INTEGER ``number``. Raises FormatError where it is not from ``low`` to ``high``."""
        item = self.primitive(number)
        return None if item is None else integer(item, low, high)

    def require_number(self, number: int, low: int = 0, high: int | None = None) -> int:
        """As ``number``. Raises FormatError also where there is none."""
        return integer(self.require_octets(number), low, high)

    def flags(self, terms: tuple[_Term, ...]) -> tuple[tuple[_Term, ...], tuple[_Term, ...]]:
        """Of ``terms``, by the number of the member: which are TRUE, and which are FALSE."""
        said: dict[bool, list[_Term]] = {True: [], False: []}
        for number, term in enumerate(terms):
            item = self.primitive(number)
            if item is not None:
                if len(item.value) != 1:
                    raise item.fail("not a BOOLEAN")
                said[item.value != b"\x00"].append(term)
        return tuple(said[True]), tuple(said[False])

    def term(self, number: int, terms: Mapping[int, _Term]) -> _Term | int | None:
        """What the code ``number`` means, or the code itself where ``terms`` do not have it."""
        item = self.inner(number)
        if item is None:
            return None
        found = code(item, self._findings)
        return None if found is None else terms.get(found, found)

    def _there(self, item: tlv.Tlv | None, tag: int) -> tlv.Tlv:
        if item is None:
            raise self._item.fail(f"the data object {tag:02X} is missing")
        return item


def code(item: tlv.Tlv, findings: Findings) -> int | None:
    """The code of a choice: member 0, or the fallback of the extension block, member 1. None where
    the extension has no fallback.
    """
    with Block(item, findings) as choice:
        plain = choice.number(0)
        extension = choice.inner(1)
    if extension is None or plain is not None:
        return plain
    with Block(extension, findings) as block:
        return block.number(0)


def listed(
    item: tlv.Tlv | None, tag: int, parse: Callable[[tlv.Tlv], _Parsed]
) -> tuple[_Parsed, ...]:
    """The members of a SEQUENCE OF, each with ``tag``; none where there is no list.

    Raises:
        FormatError: there are more than MAX_LISTED, or one of another kind.
    """
    children = () if item is None else item.children()
    if len(children) > MAX_LISTED:
        raise children[MAX_LISTED].fail(f"more than {MAX_LISTED} members")
    for child in children:
        if child.tag != tag:
            raise child.fail(f"a member with another tag than {tag:02X}")
    return tuple(parse(child) for child in children)


def integer(item: tlv.Tlv, low: int = 0, high: int | None = None) -> int:
    """An INTEGER or ENUMERATED (X.690 §8.3) from ``low`` to ``high``; both count.

    Raises:
        FormatError: it is not.
    """
    if not 1 <= len(item.value) <= MAX_NUMBER:
        raise item.fail(f"not an INTEGER of 1 to {MAX_NUMBER} bytes")
    value = int.from_bytes(item.value, signed=True)
    if value < low or (high is not None and value > high):
        raise item.fail("the number is out of its range")
    return value
