"""Dumps of other readers: their names, their encodings, and archives that are out for something."""

import io
import json
import stat
import zipfile
from base64 import b64decode, b64encode
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mutation import mutated

from epass import interchange, tlv
from epass.dump import UNKNOWN_ACCESS, Access, Dump
from epass.errors import FormatError
from epass.interchange import (
    EPASS,
    JMRTD,
    LARGEST_ARCHIVE,
    LARGEST_TEXT,
    MAX_ENTRIES,
    MRTDREADER,
    NFC_PASSPORT_READER,
    STYLES,
)
from epass.lds.names import File

FILES = {file: tlv.build(file.tag or 0, file.name.encode()) for file in File if file.tag}
BAC = Access("BAC", "MRZ", "3DES")
DUMP = Dump(FILES, BAC, datetime(2026, 11, 21, tzinfo=UTC), 12, 0.5, notes=("a note",))
COM = FILES[File.COM]
FOREIGN = "its name is that of no file of an eMRTD"


def zipped(*entries: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", method) as opened:
        for name, content in entries:
            opened.writestr(zipfile.ZipInfo(name), content, method)
    return target.getvalue()


def problem_of(archive: bytes) -> str:
    with pytest.raises(FormatError) as caught:
        interchange.from_zip(archive)
    return caught.value.message


# --- names --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("EF_COM.bin", File.COM),
        ("EF_COM.BIN", File.COM),
        ("EF.COM", File.COM),
        ("COM", File.COM),
        ("com.hex", File.COM),
        ("011E.bin", File.COM),
        ("011e.BIN", File.COM),
        ("EF_DG1.BIN", File.DG1),
        ("EF.DG1", File.DG1),
        ("DG1.bin", File.DG1),
        ("dg16.b64", File.DG16),
        ("Datagroup14.bin", File.DG14),
        ("0101.bin", File.DG1),
        ("0110.bin", File.DG16),
        ("EF_SOD.bin", File.SOD),
        ("SOD", File.SOD),
        ("011D.bin", File.SOD),
        ("011C.bin", File.CARD_ACCESS),
        ("EF_CardAccess.bin", File.CARD_ACCESS),
        ("EF.CardSecurity", File.CARD_SECURITY),
        ("2F01", File.ATR_INFO),
        ("EF_ATR_INFO.bin", File.ATR_INFO),
        ("2F00.bin", File.DIR),
        ("EF_DIR.bin", File.DIR),
        ("__MACOSX/one/._EF_COM.bin", None),
        ("passport/one/EF_COM.bin", File.COM),
        ("passport\\one\\EF_COM.bin", File.COM),
        ("DG17.bin", None),
        ("DG1.jpg", None),
        ("sod2.data", None),
        ("0101.bin.exe", None),
        ("", None),
    ],
)
def test_the_names_of_other_readers(name: str, file: File | None) -> None:
    assert interchange.named(name) is file


# --- round trips --------------------------------------------------------------------------------


def test_jmrtd_names_files_by_their_identifiers() -> None:
    archive = interchange.to_zip(DUMP, JMRTD)
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        assert opened.read("011E.bin") == COM
        assert opened.read("0110.bin") == FILES[File.DG16]
        assert opened.read("011D.bin") == FILES[File.SOD]
    found = interchange.from_zip(archive)
    assert found.dump.files == {k: v for k, v in FILES.items() if k is not File.CARD_SECURITY}
    assert found.skipped == ()


def test_nfcpassportreader_has_a_json_of_base64() -> None:
    text = interchange.to_json(DUMP)
    assert json.loads(text)["DG1"] == b64encode(FILES[File.DG1]).decode()
    found = interchange.from_json(text)
    assert set(found.dump.files) == set(FILES) - {File.CARD_ACCESS, File.CARD_SECURITY}


def test_mrtdreader_has_files_with_names() -> None:
    files = interchange.to_named(DUMP)
    assert files["EF_DG1.bin"] == FILES[File.DG1]
    assert interchange.from_files(files.items()).dump.files == FILES


def test_what_is_imported_says_what_it_does_not_know() -> None:
    dump = interchange.from_files([("EF_COM.bin", COM)]).dump
    assert (dump.access, dump.read_at, dump.apdus, dump.steps) == (UNKNOWN_ACCESS, None, 0, ())
    assert dump.notes == (interchange.NOTE,)
    assert Dump.from_files(dump.to_files()) == dump


def test_a_dump_of_epass_keeps_what_was_recorded() -> None:
    archive = interchange.to_zip(DUMP, EPASS)
    assert interchange.to_zip(DUMP, EPASS) == archive
    assert interchange.from_zip(archive).dump == DUMP
    inside = [(f"kept/one/{name}", raw) for name, raw in DUMP.to_files().items()]
    found = interchange.from_zip(zipped(*inside, ("kept/one/DG77.bin", b"")))
    assert found.dump == DUMP
    other = interchange.from_files([*DUMP.to_files().items(), ("readme.txt", b"x")])
    assert other.skipped == (("readme.txt", "dump.json does not list it"),)
    beside = zipped(*DUMP.to_files().items(), ("photo.jpg", b"x"), ("../DG1.bin", b"x"))
    assert interchange.from_zip(beside).skipped == (
        ("photo.jpg", FOREIGN),
        ("../DG1.bin", "its path leads out of the archive"),
    )


def test_what_an_export_leaves_out_is_named() -> None:
    recorded = ("dump.json", interchange.NOT_RECORDED)
    security = ("EF.CardSecurity", interchange.NOT_NAMED)
    access = ("EF.CardAccess", interchange.NOT_NAMED)
    assert {style: set(interchange.left_out(DUMP, style)) for style in STYLES} == {
        EPASS: set(),
        JMRTD: {security, recorded},
        MRTDREADER: {recorded},
        NFC_PASSPORT_READER: {access, security, recorded},
    }


def test_a_changed_dump_of_epass_is_refused() -> None:
    files = DUMP.to_files() | {"DG1.bin": COM}
    with pytest.raises(FormatError, match="changed since it was saved"):
        interchange.from_files(files.items())


# --- encodings ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        COM,
        COM.hex().encode(),
        COM.hex(" ").upper().encode() + b"\r\n",
        b"0x" + COM.hex().encode(),
        b64encode(COM),
        b64encode(COM)[:8] + b"\n" + b64encode(COM)[8:],
    ],
)
def test_binary_hexadecimal_and_base64(text: bytes) -> None:
    assert interchange.from_single("EF_COM.bin", text).dump.files == {File.COM: COM}
    assert interchange.from_single("unknown.txt", text).dump.files == {File.COM: COM}


def test_a_single_file_that_is_none() -> None:
    for name, content in (("photo.jpg", b"\xff\xd8\xff"), ("EF_COM.bin", FILES[File.DG1])):
        with pytest.raises(FormatError) as caught:
            interchange.from_single(name, content)
        assert "not a file of an eMRTD" in caught.value.message


@pytest.mark.parametrize(
    "content", [b"", b"\x60", b"\x60\x05ab", b"\x75\x00", bytes(0x10001), b"zz", b"60ZZ", b"6"]
)
def test_what_is_not_the_file_of_its_name_is_left_out(content: bytes) -> None:
    found = interchange.from_files([("EF_COM.bin", content), ("DG1.bin", FILES[File.DG1])])
    assert set(found.dump.files) == {File.DG1}
    assert found.skipped == (("EF_COM.bin", "its content is not that of EF.COM"),)


def test_a_file_without_a_tag_of_its_own_is_taken_as_it_is() -> None:
    found = interchange.from_files([("EF_ATR_INFO.bin", b"\x43\x01\xb8")])
    assert found.dump.files == {File.ATR_INFO: b"\x43\x01\xb8"}


# A DO 61 each, of AIDs of nobody; read as they stand, their characters are data objects too.
DIRECTORY = bytes.fromhex(
    "610d4f0b49fde2b17beb9585ca08b9610e4f0ccf9bf6f52e4db81514ee3c7b61124f0995bc5e14c1048a16f5"
    "50054315e5c759"
)
DIRECTORY_64 = (
    b"YRtPC379djlQ+0Sz3ywzUAwCqLHY2f0P/v2Dh5FhIE8Nsd1ZFVI7AAgkrOsUUlAPm1k7FxLQVjEOs2ninnUI"
)


@pytest.mark.parametrize(
    ("text", "content"),
    [
        (DIRECTORY, DIRECTORY),
        (DIRECTORY.hex().encode(), DIRECTORY),
        (DIRECTORY.hex().upper().encode(), DIRECTORY),
        (DIRECTORY_64, b64decode(DIRECTORY_64)),
    ],
)
def test_text_is_not_taken_for_data_objects(text: bytes, content: bytes) -> None:
    found = interchange.from_files([("EF_DIR.txt", text)])
    assert found.dump.files == {File.DIR: content}


def test_what_is_larger_than_any_file_as_text_is_not_decoded() -> None:
    blanks = b"60 " * (LARGEST_TEXT // 3)
    assert next(interchange._readings(blanks)) == b"\x60" * 0x10000
    assert list(interchange._readings(blanks + b" ")) == []
    with pytest.raises(FormatError, match="not a file of an eMRTD"):
        interchange.from_single("q", COM.hex().encode() + b" " * LARGEST_TEXT)


def test_a_single_file_is_decoded_once(monkeypatch: pytest.MonkeyPatch) -> None:
    decoded, readings = list[bytes](), interchange._readings

    def counting(content: bytes) -> Iterator[bytes]:
        decoded.append(content)
        return readings(content)

    monkeypatch.setattr(interchange, "_readings", counting)
    found = interchange.from_single("q", FILES[File.DG16].hex().encode())
    assert found.dump.files == {File.DG16: FILES[File.DG16]}
    assert len(decoded) == 1


@pytest.mark.parametrize("text", [b"430102", b"Q0MBAg==", b"\x43\x05\x01", b"\x00\x00", b"\xff"])
def test_but_it_must_be_data_objects(text: bytes) -> None:
    """Text is not taken for them; it is decoded first, as for every other file."""
    offered = [("EF_DIR.txt", text), ("DG1.bin", FILES[File.DG1])]
    expected = {b"430102": b"\x43\x01\x02"}.get(text)
    found = interchange.from_files(offered)
    assert found.dump.files.get(File.DIR) == expected
    if expected is None:
        assert found.skipped == (("EF_DIR.txt", "its content is not that of EF.DIR"),)


@pytest.mark.parametrize("dump", ["EF_COM.bin", "dump.json"])
def test_one_folder_in_a_zip_and_no_more(dump: str) -> None:
    files = {"EF_COM.bin": COM} if dump == "EF_COM.bin" else DUMP.to_files()
    one = [(f"a/b/{name}", content) for name, content in files.items()]
    mac = [(f"__MACOSX/a/b/._{name}", b"\0\5\x16\7") for name in files]
    assert interchange.from_zip(zipped(*one, *mac)).dump.files[File.COM] == COM
    two = [(f"a/c/{name}", content) for name, content in files.items()]
    several = "several folders in it hold files of an eMRTD; take one of them"
    assert problem_of(zipped(*one, *two)) == f"zip: {several}"


def test_a_dump_and_files_of_another_folder() -> None:
    with zipfile.ZipFile(io.BytesIO(SMALL)) as opened:
        mine = [(f"a/{name}", opened.read(name)) for name in opened.namelist()]
    problem = problem_of(zipped(*mine, ("b/DG1.bin", FILES[File.DG1])))
    assert problem.startswith("zip: several folders in it hold files of an eMRTD")


def test_parts_of_one_dump_are_not_put_together_from_two_folders() -> None:
    apart = zipped(("a/EF_COM.bin", COM), ("b/DG1.bin", FILES[File.DG1]))
    assert problem_of(apart).startswith("zip: several folders in it hold files of an eMRTD")


def test_the_same_file_twice_is_refused() -> None:
    with pytest.raises(FormatError) as caught:
        interchange.from_files([("EF_COM.bin", COM), ("011E.bin", COM)])
    assert caught.value.message == "folder: has EF.COM twice"


def test_nothing_in_it_is_refused() -> None:
    with pytest.raises(FormatError, match="no file of an eMRTD is in it"):
        interchange.from_files([("photo.jpg", b"x")])


@pytest.mark.parametrize("text", [b"{", b"[]", b"5", b"[" * 100_000, b'{"COM": 1e999}'])
def test_json_that_is_none(text: bytes) -> None:
    with pytest.raises(FormatError):
        interchange.from_json(text)


def test_json_has_limits_and_other_members() -> None:
    many = json.dumps(dict.fromkeys(map(str, range(MAX_ENTRIES + 1)), "x")).encode()
    with pytest.raises(FormatError, match="not an object of files in base64"):
        interchange.from_json(many)
    members = {"COM": b64encode(COM).decode(), "AAChallenge": "AAAA", "version": 5}
    found = interchange.from_json(json.dumps(members).encode())
    assert set(found.skipped) == {("AAChallenge", FOREIGN), ("version", "is not text")}


# --- archives that are out for something ----------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["../EF_COM.bin", "a/../EF_COM.bin", "/etc/EF_COM.bin", "..\\EF_COM.bin", "\\EF_COM"]
)
def test_a_path_that_leads_out_is_left_out(name: str) -> None:
    found = interchange.from_zip(zipped((name, COM), ("DG1.bin", FILES[File.DG1])))
    assert set(found.dump.files) == {File.DG1}
    assert [reason for _, reason in found.skipped] == ["its path leads out of the archive"]


def test_links_encrypted_and_foreign_entries_are_left_out() -> None:
    link = zipfile.ZipInfo("EF_SOD.bin")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as opened:
        opened.writestr(link, "/etc/passwd")
        opened.writestr("photo.jpg", b"x")
        opened.writestr("folder/", b"")
        opened.writestr(zipfile.ZipInfo("DG2.bin"), FILES[File.DG2], zipfile.ZIP_BZIP2)
        opened.writestr("EF_COM.bin", COM)
    found = interchange.from_zip(target.getvalue())
    assert dict(found.skipped) == {
        "EF_SOD.bin": "it is a link",
        "photo.jpg": FOREIGN,
        "DG2.bin": "it is compressed in another way than zips usually are",
    }
    assert set(found.dump.files) == {File.COM}


def test_an_encrypted_entry_is_left_out() -> None:
    archive = bytearray(zipped(("EF_COM.bin", COM), ("DG1.bin", FILES[File.DG1])))
    for mark in (b"PK\x03\x04", b"PK\x01\x02"):
        archive[archive.index(mark) + (6 if mark[2] == 3 else 8)] |= 1
    found = interchange.from_zip(bytes(archive))
    assert found.skipped == (("EF_COM.bin", "it is encrypted"),)


def test_a_bomb_is_refused_before_it_is_unpacked() -> None:
    huge = zipped(("EF_COM.bin", bytes(50_000_000)))
    assert len(huge) < 60_000
    assert problem_of(huge) == f"zip: an entry is larger than {LARGEST_TEXT} bytes"
    flat = zipped(("EF_COM.bin", bytes(LARGEST_TEXT)))
    assert problem_of(flat) == "zip: an entry unpacks to more than 100 times its size"


def test_many_entries_and_much_in_all_are_refused() -> None:
    many = zipped(*((f"{number}/EF_COM.bin", COM) for number in range(MAX_ENTRIES + 1)))
    assert problem_of(many) == f"zip: more than {MAX_ENTRIES} files"
    content = bytes(0x10000)
    count = LARGEST_ARCHIVE // len(content) + 1
    much = zipped(*((f"{number}/EF_COM.bin", content) for number in range(count)))
    assert problem_of(much) == f"zip: unpacks to more than {LARGEST_ARCHIVE} bytes"


def test_a_lie_about_the_size_is_found() -> None:
    archive = zipped(("EF_COM.bin", COM), method=zipfile.ZIP_STORED)
    broken = archive.replace(COM, COM[:-1] + b"x")
    assert problem_of(broken) == "zip: not a zip that can be read"


@pytest.mark.parametrize("archive", [b"", b"PK", b"PK\x05\x06" + bytes(18), b"PK\x05\x06"])
def test_what_is_no_zip(archive: bytes) -> None:
    assert problem_of(archive) in (
        "zip: not a zip that can be read",
        "zip: no file of an eMRTD is in it",
    )


SMALL = interchange.to_zip(Dump({File.COM: COM, File.DG1: FILES[File.DG1]}, BAC, None), EPASS)


@settings(max_examples=300, deadline=None)
@given(mutated(SMALL))
def test_no_mutation_gets_past_the_errors(archive: bytes) -> None:
    with suppress(FormatError):
        interchange.from_zip(archive)


def test_an_entry_without_a_name() -> None:
    archive = zipped(("EF_COM.bin", COM), ("DG1.bin", b""))
    found = interchange.from_zip(archive.replace(b"DG1.bin", b"\0G1.bin"))  # NUL ends a name
    assert found.dump.files == {File.COM: COM}
    assert found.skipped == (("", "its name is that of no file of an eMRTD"),)


@given(st.text(max_size=60), st.binary(max_size=80))
def test_no_name_and_no_content_gets_past_the_errors(name: str, content: bytes) -> None:
    with suppress(FormatError):
        interchange.from_single(name, content)
    with suppress(FormatError):
        interchange.from_files([(name, content)])
    with suppress(FormatError):
        interchange.from_json(content)
    with suppress(FormatError):
        interchange.from_zip(content)
