"""The document as it is shown to a person."""

import pytest

from epass.lds.document import Document
from epass.lds.names import File
from epass.sim.issuer import issue

FILES = dict(issue("eriksson", lds_version="1.8").files)


def test_everything() -> None:
    document = Document.parse(FILES)
    assert document.mrz is not None
    assert document.mrz.primary_identifier == "ERIKSSON"
    assert len(document.faces) == 1
    assert document.lds_version == "0108"
    assert document.groups == (File.DG1, File.DG2)
    assert document.notes == ()


def test_nothing() -> None:
    assert Document.parse({}) == Document(None, (), None, (), ())


@pytest.mark.parametrize(
    ("file", "note"),
    [
        (File.COM, "EF.COM at byte 0: the tag is 00, not 60"),
        (File.DG1, "DG1 at byte 0: the tag is 00, not 61"),
        (File.DG2, "DG2 at byte 0: the tag is 00, not 75"),
    ],
)
def test_a_malformed_file_hides_no_other(file: File, note: str) -> None:
    document = Document.parse({**FILES, file: b"\x00\x00"})
    assert document.notes == (note,)
    assert (document.mrz is None) == (file is File.DG1)
    assert (document.faces == ()) == (file is File.DG2)
    assert (document.lds_version is None) == (file is File.COM)


@pytest.mark.parametrize(
    ("files", "note"),
    [
        ([File.DIR], "EF.DIR: not signed"),
        ([File.ATR_INFO], "EF.ATR/INFO: not signed"),
        ([File.DIR, File.ATR_INFO], "EF.ATR/INFO and EF.DIR: not signed"),
    ],
)
def test_what_nobody_signs_is_a_note(files: list[File], note: str) -> None:
    """Whether it can be parsed or not."""
    assert Document.parse(FILES | dict.fromkeys(files, b"\x61\x80")).notes == (note,)


def test_wrong_check_digits_are_a_note() -> None:
    number = FILES[File.DG1].replace(b"L898902C36", b"L898902C37")
    document = Document.parse({**FILES, File.DG1: number})
    assert document.mrz is not None
    assert document.notes == ("DG1: wrong check digits: document number, composite",)


def test_odd_portraits_are_a_note() -> None:
    content = FILES[File.DG2].replace(b"FAC\x00010\x00\x00\x00", b"FAC\x00010\x00\x00\x00", 1)
    length = content.index(b"FAC\x00") + 11
    odd = content[:length] + bytes((content[length] ^ 1,)) + content[length + 1 :]
    assert Document.parse({**FILES, File.DG2: odd}).notes == (
        "DG2: the length of the face record is off by 1 bytes",
    )


def test_nothing_shows_in_a_repr() -> None:
    shown = repr(Document.parse(FILES))
    assert "ERIKSSON" not in shown
    assert "mrz" not in shown
