"""``import`` and ``export``: dumps from other readers, and for them."""

import json
import zipfile
from io import BytesIO
from pathlib import Path

from epass import folder, interchange
from epass.cli.output import clean, out, say
from epass.errors import InputError
from epass.interchange import EPASS, JMRTD, MRTDREADER, Imported

SCHEMA_VERSION = 1
MAX_DEPTH, MAX_FOLDERS = 3, 500  # of folders in the folder that is named, looked through for files


def take(source: Path, place: Path, *, as_json: bool) -> None:
    """Make a dump in ``place`` of what is at ``source``, and say what was taken and what was not.

    Raises:
        InputError: there is nothing at ``source``, or several dumps, or something in ``place``.
        FormatError: there is no dump in ``source``.
        StorageError: a place may not be read or written.
    """
    folder.check_free(place)
    found = _read(source)
    folder.save(found.dump, place)
    if as_json:
        facts = {
            "taken": {file.label: name for file, name in found.taken.items()},
            "skipped": [{"name": name, "reason": reason} for name, reason in found.skipped],
            "saved": str(place),
        }
        out(json.dumps({"schema": "epass.import", "version": SCHEMA_VERSION, **facts}, indent=2))
        return
    for file, name in found.taken.items():
        size = len(found.dump.files[file])
        out(f"taken    {file.label:<16} {size:>6} bytes  from {clean(name)}")
    for name, reason in found.skipped:
        out(f"skipped  {clean(name)}: {clean(reason)}")
    for note in found.dump.notes:
        say(clean(note))


def _read(source: Path) -> Imported:
    if source.is_dir():
        read, unread = folder.read_files(_inside(source), interchange.is_of_a_dump)
        return interchange.from_files(read, unread=unread)
    content = folder.read_file(source, interchange.LARGEST_ARCHIVE)
    if zipfile.is_zipfile(BytesIO(content)):
        return interchange.from_zip(content)
    if content.lstrip()[:1] == b"{":
        return interchange.from_json(content)
    return interchange.from_single(source.name, content)


def _inside(source: Path) -> Path:
    """The folder with the files: ``source``, else the only one that is nearest in it."""
    level = [source]
    for _ in range(1 + MAX_DEPTH):
        found, below = [], []
        for place in level:
            names, folders = folder.names(place)
            below += folders
            if any(map(interchange.tells_of_a_dump, names)):
                found.append(place)
        if len(found) > 1:
            raise InputError(f"{len(found)} folders in {source} hold dumps; name one of them")
        if found or len(below) > MAX_FOLDERS:
            return (found or [source])[0]
        level = below
    return source


def give(place: Path, target: Path, style: str, *, as_json: bool) -> None:
    """Write the dump in ``place`` to the new ``target``, as the reader called ``style`` has it, and
    say what that reader has no place for.

    Raises:
        InputError: there is something at ``target`` already, or no dump in ``place``.
        FormatError: it is no dump.
        StorageError: a place may not be read or written.
    """
    dump = folder.load(place)
    if style == MRTDREADER:
        folder.write_files(target, interchange.to_named(dump))
    elif style in (JMRTD, EPASS):
        folder.write_file(target, interchange.to_zip(dump, style))
    else:
        folder.write_file(target, interchange.to_json(dump))
    missing = interchange.left_out(dump, style)
    if as_json:
        facts = {
            "written": str(target),
            "as": style,
            "left_out": [{"name": name, "reason": reason} for name, reason in missing],
        }
        out(json.dumps({"schema": "epass.export", "version": SCHEMA_VERSION, **facts}, indent=2))
        return
    out(f"Written    {clean(str(target))}")
    for name, reason in missing:
        out(f"Left out   {name}: {reason}")
