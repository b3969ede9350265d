"""The page about a document: as a file for a browser, and in the terminal."""

import json
from datetime import UTC, datetime
from pathlib import Path

from epass import folder
from epass.cli import sheet
from epass.cli.jobs import Reading
from epass.cli.output import out, say
from epass.cli.pictures import Album, measure
from epass.cli.wiring import Options
from epass.page import Page, compose, to_html

STDOUT = Path("-")


def page_of(reading: Reading) -> Page:
    """The content of the page, as of now, with its pictures decoded."""
    return compose(reading.dump, reading.report, look=Album().look, now=datetime.now(UTC))


def show(reading: Reading) -> None:
    """Print the page in the terminal, which shows of pictures what their headers say."""
    sheet.show(compose(reading.dump, reading.report, look=measure, now=datetime.now(UTC)))


def keep(reading: Reading, options: Options) -> None:
    """Write the page where ``--report`` wants it, if it does.

    Raises:
        InputError, StorageError: it cannot be written; nothing is uploaded then.
    """
    if options["page"] is not None:
        folder.write_file(options["page"], to_html(page_of(reading)).encode())


def write(reading: Reading, target: Path, *, as_json: bool) -> None:
    """Write the page to the new file ``target``, or to standard output for ``-``.

    Raises:
        InputError: there is something at ``target`` already.
        StorageError: it cannot be written.
    """
    text = to_html(page_of(reading))
    if target == STDOUT:
        out(text)
        return
    folder.write_file(target, text.encode())
    if as_json:
        facts = {"schema": "epass.page", "version": 1, "written": str(target)}
        out(json.dumps(facts | {"bytes": len(text.encode())}, indent=2))
    else:
        say(f"Written to {target}. It holds personal data.")
