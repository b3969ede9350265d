"""Dumps of other readers: their names for the files, and the files under them.

* JMRTD's desktop program keeps a zip of files named by their file identifier: ``011E.bin``.
* NFCPassportReader gives a JSON object of base64: ``{"COM": ..., "DG1": ..., "SOD": ...}``.
* mrtdreader calls the files ``EF.COM``, ``EF.DG1``; RFIDIOt's mrpkey, and many after it, write
  ``EF_COM.BIN``, ``EF_DG1.BIN``; the reference data of BSI TR-03105-5 ``Datagroup1.bin``.

None of them keeps how the chip was opened, when, or what it did to prove itself. A dump that is
made of them says so: what depends on it cannot be checked and is never a pass. What is taken is by
its name a file of an eMRTD and starts with its tag; everything else is left out and named. Nothing
is ever written under a name of an archive.
"""

import io
import json
import re
import stat
import struct
import zipfile
import zlib
from base64 import b64decode, b64encode
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from types import MappingProxyType

from epass import tlv
from epass.dump import FILE_NAMES, INDEX, MAX_TEXT, UNKNOWN_ACCESS, Dump
from epass.errors import FormatError
from epass.lds.filling import unfilled
from epass.lds.names import APPLICATION, UNSIGNED, File

# READ BINARY reads 64 KiB of a file in the field; base64 or hexadecimal with line ends and blanks
# makes three times as much of it at most.
LARGEST_FILE, LARGEST_TEXT = 0x10000, 0x30000
MAX_ENTRIES = 500  # of an archive; an eMRTD has 22 files
MAX_RATIO = 100  # of what is larger than a file: text, which shrinks to a half or a third
LARGEST_ARCHIVE = 1 << 23  # bytes, packed and unpacked: five times all files at their largest
MAX_NAME = 100  # characters of a name that is shown
SYMLINK = stat.S_IFLNK

JMRTD, NFC_PASSPORT_READER, MRTDREADER, EPASS = "jmrtd", "nfcpassportreader", "mrtdreader", "epass"
STYLES: Mapping[str, str] = MappingProxyType(
    {
        JMRTD: "a zip of 011E.bin, 0101.bin, ...",
        NFC_PASSPORT_READER: "a JSON file of base64: COM, DG1, ...",
        MRTDREADER: "a folder of EF_COM.bin, EF_DG1.bin, ...",
        EPASS: "a zip of a whole dump of epass, with all that was recorded",
    }
)
# What zipfile raises for an archive that is none, is cut off or was changed.
NOT_READABLE = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    OSError,
    NotImplementedError,
    ValueError,
)
BLANKS = b" \t\r\n"
APPLE_DOUBLE = "._"  # before the name of a file: what macOS keeps of it beside it
EXTENSIONS = r"(\.(BIN|DAT|DATA|DER|BER|HEX|TXT|B64|BASE64|RAW))?"
SIGNED_BY_FID = {f"{file.fid:04X}": file for file in APPLICATION}  # 011D is EF.SOD there
NAMES: Mapping[str, File] = MappingProxyType(
    {re.sub("[^A-Z0-9]", "", file.label.upper()).removeprefix("EF"): file for file in File}
    | {f"DATAGROUP{file.group}": file for file in File if file.group}
    | SIGNED_BY_FID
    | {f"{file.fid:04X}": file for file in (File.CARD_ACCESS, *UNSIGNED)}
)
SEVERAL = "several folders in it hold files of an eMRTD; take one of them"
FOREIGN = "its name is that of no file of an eMRTD"
NOT_NAMED = "there is no name for it"
NOT_RECORDED = (
    "how and when the chip was opened, and what it did to prove itself, has no place there"
)
NOTE = "imported: how and when the chip was opened, and what it did to prove itself, is not known"


@dataclass(frozen=True, slots=True)
class Imported:
    """A dump made of others' files; ``taken`` are their names, ``skipped`` names and reasons."""

    dump: Dump = field(repr=False)
    taken: Mapping[File, str]
    skipped: tuple[tuple[str, str], ...]


# --- taking -----------------------------------------------------------------------------------


def from_files(
    named: Iterable[tuple[str, bytes]], where: str = "folder", *, unread: Iterable[str] = ()
) -> Imported:
    """The dump in files by their names, which may have folders before them.

    ``unread`` are names of files beside them that are none of a dump (``is_of_a_dump``).

    Raises:
        FormatError: none is a file of an eMRTD, two are the same one, or they are in several
            folders; or there is a ``dump.json`` and the rest does not match it.
    """
    skipped = [(name, FOREIGN) for name in unread]
    return _made([(name, content) for name, content in named], skipped, where)


def from_zip(archive: bytes) -> Imported:
    """The dump in a zip.

    Raises:
        FormatError: it is no zip, is encrypted, or passes a limit of this module; or as
            ``from_files`` does.
    """
    offered: list[tuple[str, bytes]] = []
    skipped: list[tuple[str, str]] = []
    try:
        with zipfile.ZipFile(io.BytesIO(archive)) as opened:
            infos = [info for info in opened.infolist() if not info.filename.endswith("/")]
            if len(infos) > MAX_ENTRIES:
                raise FormatError(f"more than {MAX_ENTRIES} files", "zip")
            room = LARGEST_ARCHIVE
            for info in infos:
                problem = _unwanted(info)
                if problem:
                    skipped.append((info.filename, problem))
                    continue
                content = _extracted(opened, info)
                room -= len(content)
                if room < 0:
                    raise FormatError(f"unpacks to more than {LARGEST_ARCHIVE} bytes", "zip")
                offered.append((info.filename, content))
    except NOT_READABLE:
        raise FormatError("not a zip that can be read", "zip") from None
    return _made(offered, skipped, "zip")


def from_json(text: bytes) -> Imported:
    """The dump in a JSON object of base64, as NFCPassportReader gives it.

    Raises:
        FormatError: it is none; or as ``from_files`` does.
    """
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        raise FormatError("not JSON", "JSON") from None
    if not isinstance(found, dict) or len(found) > MAX_ENTRIES:
        raise FormatError("not an object of files in base64", "JSON")
    offered = [(name, value.encode()) for name, value in found.items() if isinstance(value, str)]
    skipped = [(name, "is not text") for name, value in found.items() if not isinstance(value, str)]
    return _collect(offered, skipped, "JSON")


def from_single(name: str, content: bytes) -> Imported:
    """One file of a chip, in binary, hexadecimal or base64, by its name or else by its tag.

    Raises:
        FormatError: it is none.
    """
    file, readings = named(name), tuple(_readings(content))
    for candidate in [file] if file else [item for item in File if item.tag is not None]:
        raw = _first(candidate, readings)
        if raw is not None:
            return Imported(_dump({candidate: raw}), {candidate: name}, ())
    raise FormatError("not a file of an eMRTD, in binary, hexadecimal or base64", "file")


def is_of_a_dump(name: str) -> bool:
    """Whether a file called so may be a part of a dump, ours or that of another reader."""
    return _base(name) == INDEX or named(name) is not None


def tells_of_a_dump(name: str) -> bool:
    """Whether a folder with a file of this name may hold a dump: ``dir.txt`` alone is a listing."""
    return _base(name) == INDEX or named(name) not in (None, *UNSIGNED)


def named(name: str) -> File | None:
    """The file that another reader calls ``name``, without its folders; None if it is none."""
    if _base(name).startswith(APPLE_DOUBLE):
        return None
    stem = re.sub(f"{EXTENSIONS}$", "", _base(name).upper())
    return NAMES.get(re.sub("[^A-Z0-9]", "", stem).removeprefix("EF"))


def _base(name: str) -> str:
    return re.split(r"[/\\]", name)[-1]


def _folder(name: str) -> str:
    return name[: len(name) - len(_base(name))]


def _made(offered: list[tuple[str, bytes]], skipped: list[tuple[str, str]], where: str) -> Imported:
    indices = [name for name, _ in offered if _base(name) == INDEX]
    if len(indices) > 1:
        raise FormatError(SEVERAL, where)
    if not indices:
        return _collect(offered, skipped, where)
    (index,) = indices
    if any(_folder(name) != _folder(index) for name, _ in offered):
        raise FormatError(SEVERAL, where)
    return _own(dict(offered), index, skipped)


def _collect(
    offered: Iterable[tuple[str, bytes]], skipped: list[tuple[str, str]], where: str
) -> Imported:
    files: dict[File, bytes] = {}
    taken: dict[File, str] = {}
    for name, content in offered:
        file = named(name)
        if file is None:
            skipped.append((name, FOREIGN))
            continue
        raw = _decoded(file, content)
        if raw is None:
            skipped.append((name, f"its content is not that of {file.label}"))
            continue
        if any(_folder(other) != _folder(name) for other in taken.values()):
            raise FormatError(SEVERAL, where)  # they may be of several documents
        if file in files:
            raise FormatError(f"has {file.label} twice", where)
        files[file], taken[file] = raw, name
    if not files:
        raise FormatError("no file of an eMRTD is in it", where)
    ordered = {file: files[file] for file in File if file in files}
    return Imported(_dump(ordered), taken, _shown(skipped))


def _own(named: Mapping[str, bytes], index: str, skipped: list[tuple[str, str]]) -> Imported:
    """A dump of epass, whole: with what was recorded."""
    folder = _folder(index)
    inside = {name[len(folder) :]: raw for name, raw in named.items() if name.startswith(folder)}
    dump = Dump.from_files(inside)
    used = {FILE_NAMES[file] for file in dump.files} | {INDEX}
    reason = "dump.json does not list it"
    unlisted = [(name, reason) for name in named if name[len(folder) :] not in used]
    taken = {file: FILE_NAMES[file] for file in dump.files}
    return Imported(dump, taken, _shown([*skipped, *unlisted]))


def _dump(files: Mapping[File, bytes]) -> Dump:
    return Dump(files, UNKNOWN_ACCESS, None, notes=(NOTE,))


def _shown(skipped: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    return tuple((name[:MAX_NAME], reason[:MAX_TEXT]) for name, reason in skipped)


def _unwanted(info: zipfile.ZipInfo) -> str:
    """Why an entry is left out before a byte of it is unpacked; empty if it is not."""
    if info.flag_bits & 1:
        return "it is encrypted"
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        return "it is compressed in another way than zips usually are"
    if stat.S_IFMT(info.external_attr >> 16) == SYMLINK:
        return "it is a link"
    if ".." in re.split(r"[/\\]", info.filename) or info.filename.startswith(("/", "\\")):
        return "its path leads out of the archive"
    if not is_of_a_dump(info.filename):
        return FOREIGN
    return ""


def _extracted(opened: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    """An entry, and never more of it than a file can have: its declared size may be a lie."""
    with opened.open(info) as entry:
        content = entry.read(LARGEST_TEXT + 1)
    if len(content) > LARGEST_TEXT:
        raise FormatError(f"an entry is larger than {LARGEST_TEXT} bytes", "zip")
    if len(content) > max(LARGEST_FILE, MAX_RATIO * info.compress_size):
        raise FormatError(f"an entry unpacks to more than {MAX_RATIO} times its size", "zip")
    return content


def _decoded(file: File, content: bytes) -> bytes | None:
    """The file in binary, hexadecimal or base64; None where it is in none of them."""
    return _first(file, _readings(content))


def _first(file: File, readings: Iterable[bytes]) -> bytes | None:
    return next((raw for raw in readings if _is(file, raw)), None)


def _readings(content: bytes) -> Iterator[bytes]:
    """What it may stand for. Text comes first: by chance it may be data objects as it is, which is
    all that is asked of a file without a tag.
    """
    if len(content) > LARGEST_TEXT:
        return
    text = content.translate(None, BLANKS)
    with suppress(ValueError):
        yield bytes.fromhex(text.decode("ascii").removeprefix("0x"))
    with suppress(ValueError):
        yield b64decode(text, validate=True)
    yield content


def _is(file: File, raw: bytes) -> bool:
    """Whether it starts with the tag of the file, and has the length that follows.

    What has no tag of its own is data objects, one after the other.
    """
    if not raw or len(raw) > LARGEST_FILE:
        return False
    try:
        if file.tag is None:
            return bool(unfilled(raw, file.label, []).children())
        tag, position = tlv.read_tag(raw, 0, file.label)
        length, start = tlv.read_length(raw, position, file.label)
    except FormatError:
        return False
    return tag == file.tag and start + length <= len(raw)


# --- giving -----------------------------------------------------------------------------------


def left_out(dump: Dump, style: str) -> tuple[tuple[str, str], ...]:
    """What of ``dump`` does not go into one of that style: names, and why."""
    if style == EPASS:
        return ()
    lacking = [(file.label, NOT_NAMED) for file in dump.files if not _has_name(file, style)]
    return (*lacking, (INDEX, NOT_RECORDED))


def _has_name(file: File, style: str) -> bool:
    """EF.CardSecurity has the identifier of EF.SOD in another place of the chip: JMRTD's zip has no
    name for it. NFCPassportReader gives the files of the application only.
    """
    if style == JMRTD:
        return file is not File.CARD_SECURITY
    return style != NFC_PASSPORT_READER or file in APPLICATION


def to_zip(dump: Dump, style: str) -> bytes:
    """The dump as JMRTD names the files, or as epass does, which keeps what was recorded."""
    if style == EPASS:
        return _zipped(dump.to_files())
    return _zipped(
        {
            f"{file.fid:04X}.bin": content
            for file, content in dump.files.items()
            if _has_name(file, style)
        }
    )


def to_json(dump: Dump) -> bytes:
    """The dump as NFCPassportReader gives it."""
    named = {
        file.label.removeprefix("EF."): b64encode(content).decode("ascii")
        for file, content in dump.files.items()
        if _has_name(file, NFC_PASSPORT_READER)
    }
    return json.dumps(named, indent=2).encode() + b"\n"


def to_named(dump: Dump) -> dict[str, bytes]:
    """The dump as files under the names that mrpkey and mrtdreader use."""
    return {
        f"EF_{re.sub('[^A-Za-z0-9]', '_', file.label.removeprefix('EF.'))}.bin": content
        for file, content in dump.files.items()
    }


def _zipped(named: Mapping[str, bytes]) -> bytes:
    """The same bytes for the same files each time."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as opened:
        for name, content in named.items():
            info = zipfile.ZipInfo(name)  # of 1980, readable by its owner
            info.compress_type, info.external_attr = zipfile.ZIP_DEFLATED, 0o600 << 16
            opened.writestr(info, content)
    return target.getvalue()
