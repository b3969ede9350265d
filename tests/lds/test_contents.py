"""The table of what each file is parsed to."""

import dataclasses
import typing

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from epass import tlv
from epass.errors import FormatError, UnsupportedError
from epass.lds import contents
from epass.lds.com import Com
from epass.lds.contents import PARSERS, parse_group
from epass.lds.names import File
from epass.sim import issuer

FILES = tuple(File)
PARTS = tuple(bytes.fromhex(part) for part in ("5C025F0E", "5F0E0141", "A0020201", "7F6103020100"))


def test_every_file_has_a_parser() -> None:
    assert PARSERS.keys() == set(File)


def test_the_values_are_frozen_and_named_in_the_table() -> None:
    kinds: tuple[type, ...] = typing.get_args(contents.Content)
    assert len(kinds) == len(PARSERS)
    for kind in kinds:
        assert dataclasses.is_dataclass(kind)
        assert f"``{kind.__name__}``" in (contents.__doc__ or "")


@pytest.mark.parametrize("form", issuer.FORMATS)
def test_what_the_issuer_writes(form: str) -> None:
    for file, content in issuer.issue("eriksson", document_format=form).files.items():
        assert isinstance(parse_group(file, content), contents.Content)


def test_a_file_that_is_another_one() -> None:
    with pytest.raises(FormatError, match=r"EF\.COM at byte 0: the tag is 61, not 60"):
        parse_group(File.COM, b"\x61\x00")


def test_the_values_of_ef_com() -> None:
    content = issuer.issue("eriksson").files[File.COM]
    assert parse_group(File.COM, content) == Com.parse(content)


@pytest.mark.parametrize("file", FILES, ids=[file.name for file in FILES])
@settings(max_examples=40, deadline=None)
@given(
    content=st.one_of(st.binary(max_size=32), st.lists(st.sampled_from(PARTS)).map(b"".join)),
    wrapped=st.booleans(),
)
def test_any_bytes_are_parsed_or_refused(file: File, content: bytes, wrapped: bool) -> None:
    whole = tlv.build(file.tag, content) if wrapped and file.tag else content
    try:
        parse_group(file, whole)
    except FormatError as fault:
        assert fault.where.startswith(file.label)
    except UnsupportedError as fault:
        assert fault.message
