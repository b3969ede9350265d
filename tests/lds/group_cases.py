"""What the tests of the data groups share: building them, independent of how they are parsed."""

from collections.abc import Iterable

from hypothesis import strategies as st

from epass import tlv
from epass.lds.writing import PersonName

JPEG, JP2, J2K = (
    b"\xff\xd8\xff\xe0 not a real one",
    b"\x00\x00\x00\x0cjP  \r\n\x87\n not a real one",
    b"\xff\x4f\xff\x51 not a real one",
)
Elements = Iterable[tuple[int, bytes]]


def template(tag: int, elements: Elements) -> bytes:
    """``tag`` around data objects, without a tag list."""
    return tlv.build(tag, [tlv.build(inner, value) for inner, value in elements])


def listed(tag: int, elements: Elements, tags: Iterable[int] | None = None) -> bytes:
    """As ``template``, with a tag list of what is there or of ``tags``."""
    elements = list(elements)
    named = [inner for inner, _ in elements] if tags is None else tags
    encoded = b"".join(inner.to_bytes(2 if inner > 0xFF else 1) for inner in named)
    return template(tag, [(0x5C, encoded), *elements])


def others(values: list[bytes], tag: int) -> bytes:
    """The template A0 whole."""
    return template(0xA0, [(0x02, bytes((len(values),))), *((tag, value) for value in values)])


def printed(name: PersonName) -> bytes:
    """A name as Doc 9303-3 §4.6 wants it written."""
    both = f"{name.primary}<<{name.secondary}" if name.secondary else name.primary
    return both.replace(" ", "<").encode()


letters = st.characters(codec="utf-8", categories=("Lu", "Ll", "Lo"))
words = st.text(letters, min_size=1, max_size=12)
names = st.builds(
    PersonName,
    st.lists(words, min_size=1, max_size=3).map(" ".join),
    st.lists(words, max_size=3).map(" ".join),
)
free_text = st.lists(words, max_size=4).map(" ".join)
lines = st.lists(words, max_size=4).map(tuple)
days = st.dates().map(lambda day: day.isoformat())
images = st.sampled_from((JPEG, JP2, J2K))
