"""The data elements of a template, taken out one by one, with what is odd about them.

Source: ICAO Doc 9303-10 §4.7.5 to §4.7.16. What one sees in the field is read and noted, since
nothing but the eyes of people depends on it; what cannot be told apart (a data object twice, a
broken length) is refused. Notes name the element and the deviation, never what is written in it.
"""

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType

from epass import tlv
from epass.errors import FormatError
from epass.lds import dates, writing
from epass.lds.pictures import NO_PICTURE, Picture

TAG_LIST, COUNT, CONTENT_SPECIFIC = 0x5C, 0x02, 0xA0
COUNT_SHOWN = 4  # bytes of a counter whose number is told
MAX_ELEMENTS = 255  # of one template; the counters of the standard have one byte

Unknown = Mapping[int, tuple[bytes, ...]]  # what has a tag that the standard does not have there


class Elements:
    """The data objects of ``template``, each of which can be taken once.

    Raises:
        FormatError: they are not whole, or more than 255.
    """

    def __init__(self, template: tlv.Tlv, notes: list[str]) -> None:
        self.notes = notes
        self._template = template
        self._left: dict[int, list[tlv.Tlv]] = {}
        found = template.children()
        if len(found) > MAX_ELEMENTS:
            raise template.fail(f"more than {MAX_ELEMENTS} data objects")
        for item in found:
            self._left.setdefault(item.tag, []).append(item)
        self._there = tuple(self._left)

    def note(self, label: str, deviation: str) -> None:
        """Keep a deviation, if it is one."""
        if deviation:
            self.notes.append(f"{label}: {deviation}")

    def every(self, tag: int) -> list[tlv.Tlv]:
        """All data objects with ``tag``."""
        return self._left.pop(tag, [])

    def one(self, tag: int) -> tlv.Tlv | None:
        """The only data object with ``tag``, or None.

        Raises:
            FormatError: there are two.
        """
        found = self.every(tag)
        if len(found) > 1:
            raise found[1].fail("the data object stands twice")
        return found[0] if found else None

    def require(self, tag: int) -> tlv.Tlv:
        """The only data object with ``tag``.

        Raises:
            FormatError: there is none, or there are two.
        """
        found = self.one(tag)
        if found is None:
            raise self._template.fail(f"the data object {tag:02X} is missing")
        return found

    def put_back(self, item: tlv.Tlv) -> None:
        """What has been taken and is not what it should be, to be shown as it is."""
        self._left.setdefault(item.tag, []).append(item)

    def text(self, tag: int, label: str) -> str:
        """The text of ``tag``, empty if there is none."""
        item = self.one(tag)
        return self._text(item, label) if item else ""

    def fields(self, tag: int, label: str) -> tuple[str, ...]:
        """The text of ``tag`` in its parts, which < separates."""
        return writing.fields(self.text(tag, label))

    def name(self, tag: int, label: str) -> writing.PersonName | None:
        """The name in ``tag``, None if there is none."""
        item = self.one(tag)
        return self._name(item, label) if item else None

    def day(self, tag: int, label: str) -> str:
        """The day in ``tag`` as ``dates`` has it, empty if there is none."""
        return self._date(tag, label, dates.day)

    def moment(self, tag: int, label: str) -> str:
        """The day and time in ``tag`` as ``dates`` has it, empty if there is none."""
        return self._date(tag, label, dates.moment)

    def picture(self, tag: int, label: str) -> Picture | None:
        """The picture in ``tag``, None if there is none."""
        item = self.one(tag)
        if item is None or not item.value:
            self.note(label, "empty" if item else "")
            return None
        found = Picture.of(item)
        self.note(label, "" if found.image_type else NO_PICTURE)
        return found

    def names(self, tag: int, label: str) -> tuple[writing.PersonName, ...]:
        """The names with ``tag`` in the template A0, and those that stand beside it instead."""
        beside, template = self.every(tag), self.one(CONTENT_SPECIFIC)
        if beside:
            self.note(label, f"not in a template {CONTENT_SPECIFIC:02X}")
        found = self._counted(template, tag, label) if template else []
        named = (self._name(item, label) for item in found + beside)
        return tuple(item for item in named if item)

    def _counted(self, template: tlv.Tlv, tag: int, label: str) -> list[tlv.Tlv]:
        inside = Elements(template, self.notes)
        count, found = inside.one(COUNT), inside.every(tag)
        self.check_count(count, len(found), label)
        for left in inside._left.values():
            self._left.setdefault(left[0].tag, []).extend(left)
        return found

    def check_count(self, count: tlv.Tlv | None, found: int, label: str) -> None:
        """Note a counter that is not there, is not one byte, or counts wrong."""
        if count is None:
            self.note(label, "the number of them is missing")
            return
        if len(count.value) != 1:
            self.note(label, f"their number has {len(count.value)} bytes, not 1")
        announced = int.from_bytes(count.value)
        if announced != found:
            said = announced if len(count.value) <= COUNT_SHOWN else "others"
            self.note(label, f"{said} announced, {found} are there")

    def check_tag_list(self, nested: int | None = None) -> None:
        """Note a tag list (5C) that is missing or does not name what is there.

        ``nested`` are the elements in A0, for which the list has their own tag.
        """
        item = self.one(TAG_LIST)
        if item is None:
            self.notes.append("the tag list is missing")
            return
        try:
            listed = _tags(item)
        except FormatError:
            self.notes.append("the tag list is malformed")
            return
        if CONTENT_SPECIFIC in listed:
            self.notes.append("the tag list names A0 instead of what is in it")
        there = self._inner(set(self._there) - {TAG_LIST}, nested)
        listed = self._inner(listed, nested)
        for tags, what in ((listed - there, "absent"), (there - listed, "not listed")):
            if tags:
                self.notes.append(f"by the tag list {what}: {_hex(tags)}")

    @staticmethod
    def _inner(tags: set[int], nested: int | None) -> set[int]:
        return {nested if nested and tag == CONTENT_SPECIFIC else tag for tag in tags}

    def rest(self, *, foreseen: bool = False) -> Unknown:
        """What nobody has taken, by its tags; a deviation where that is not ``foreseen``."""
        left = {tag: tuple(item.value for item in items) for tag, items in self._left.items()}
        if left and not foreseen:
            self.notes.append(f"data objects that are not of the standard: {_hex(left)}")
        return MappingProxyType(left)

    def _date(self, tag: int, label: str, read: Callable[[bytes], writing.Written | None]) -> str:
        item = self.one(tag)
        if item is None or not item.value:
            self.note(label, "empty" if item else "")
            return ""
        found = read(item.value)
        if found is None:
            self.note(label, "not a date")
            self.put_back(item)
            return ""
        self.note(label, found.deviation)
        return found.value

    def _name(self, item: tlv.Tlv, label: str) -> writing.PersonName | None:
        found, deviation = writing.name(self._text(item, label))
        self.note(label, deviation)
        return found

    def _text(self, item: tlv.Tlv, label: str) -> str:
        written = writing.decode(item.value)
        self.note(label, written.deviation)
        stripped = written.value.strip(writing.FILLER)
        if stripped != written.value:
            self.note(label, "fillers at the beginning or the end")
        self.note(label, "" if stripped else "empty")
        return stripped


def together(*found: Unknown) -> Unknown:
    """What several templates have left over, all of it under its tag."""
    tags = dict.fromkeys(tag for each in found for tag in each)
    return MappingProxyType(
        {tag: tuple(value for each in found for value in each.get(tag, ())) for tag in tags}
    )


def _tags(item: tlv.Tlv) -> set[int]:
    found, position = set(), 0
    while position < len(item.value):
        tag, position = tlv.read_tag(item.value, position, item.where, item.start)
        found.add(tag)
    return found


def _hex(tags: Iterable[int]) -> str:
    return ", ".join(f"{tag:02X}" for tag in sorted(tags))
