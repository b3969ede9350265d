"""DG8, DG9, DG10 and DG13: data objects to which the standard gives no meaning."""

import time

import pytest
from group_cases import template
from hypothesis import given, settings
from hypothesis import strategies as st
from mutation import mutated

from epass import tlv
from epass.errors import FormatError
from epass.lds.undefined import Dg8, Dg9, Dg10, Dg13, Undefined

VALID = template(0x6D, [(0x5C, b"\x5f\x70"), (0x5F70, b"92"), (0x5F70, b"93")])


@pytest.mark.parametrize("kind", [Dg8, Dg9, Dg10, Dg13])
def test_data_objects_are_kept_by_their_tags(kind: type[Undefined]) -> None:
    found = kind.parse(template(kind.FILE.tag or 0, [(0x53, b"a"), (0x54, b"b"), (0x53, b"c")]))
    assert found == kind({0x53: (b"a", b"c"), 0x54: (b"b",)}, b"", ())


def test_nothing_in_it() -> None:
    assert Dg13.parse(b"\x6d\x00") == Dg13({}, b"", ())


def test_what_is_not_made_of_data_objects_is_kept_whole() -> None:
    assert Dg13.parse(tlv.build(0x6D, b"FREE TEXT")) == Dg13(
        {}, b"FREE TEXT", ("the content is no data objects",)
    )


def test_many_data_objects_with_one_tag_take_no_time() -> None:
    """A quarter of a second; were each copied again for the next, a quarter of a minute."""
    content = tlv.build(0x6D, b"\x53\x00" * 128_000)
    began = time.process_time()
    assert len(Dg13.parse(content).objects[0x53]) == 128_000
    assert time.process_time() - began < 4


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "DG13 at byte 0: empty"),
        (VALID + b"\x00", f"DG13 at byte {len(VALID)}: 1 bytes after the end"),
        (VALID[:-1], "DG13/6D at byte 0: 14 bytes declared, 13 are there"),
        (b"\x68" + VALID[1:], "DG13 at byte 0: the tag is 68, not 6D"),
    ],
)
def test_malformed(content: bytes, message: str) -> None:
    with pytest.raises(FormatError) as caught:
        Dg13.parse(content)
    assert str(caught.value) == message


def test_nothing_personal_in_a_repr() -> None:
    assert repr(Dg13.parse(VALID)) == "Dg13(notes=())"


@settings(max_examples=300)
@given(st.one_of(st.binary(max_size=64), mutated(VALID)))
def test_any_bytes_are_parsed_or_refused(content: bytes) -> None:
    try:
        found = Dg13.parse(content)
    except FormatError as fault:
        assert fault.where.startswith("DG13")
    else:
        assert not (found.objects and found.content)
