"""The commands for what was kept: its page for people, and its exchange with other readers."""

from pathlib import Path
from typing import Any

import click

from epass.cli import options as opt


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option(
    "-o",
    "--output",
    "target",
    type=click.Path(path_type=Path, allow_dash=True),
    required=True,
    metavar="FILE",
    help="A new HTML file, readable by you only; - is standard output.",
)
@opt.anchor_options
@opt.format_option
def report(folder: Path, target: Path, as_json: bool, **options: Any) -> None:
    """Write a page about what was kept in FOLDER by --save, for people.

    The page needs nothing else: it can be printed, or opened in any browser without a network. It
    holds the portrait and all personal data.
    """
    from epass.cli import jobs, paper  # noqa: PLC0415

    reading = jobs.load(folder, options)
    paper.write(reading, target, as_json=as_json)
    reading.refuse_failed()


@click.command("import")
@click.argument("source", type=click.Path(path_type=Path))
@click.argument("folder", type=click.Path(path_type=Path))
@opt.format_option
def import_(source: Path, folder: Path, as_json: bool) -> None:
    """Make a dump in the new FOLDER of what another reader kept in SOURCE.

    SOURCE is a folder or a zip of files such as EF_COM.bin, DG1.bin or 0101.bin, the JSON of
    NFCPassportReader, or a single file in binary, hexadecimal or base64. How the chip was opened
    and when is not known of such a dump, and what depends on it cannot be verified.
    """
    from epass.cli import exchange  # noqa: PLC0415

    exchange.take(source, folder, as_json=as_json)


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.argument("target", type=click.Path(path_type=Path))
@click.option(
    "--as",
    "style",
    type=click.Choice(("jmrtd", "nfcpassportreader", "mrtdreader", "epass")),
    required=True,
    help="jmrtd: a zip of 011E.bin, 0101.bin, ...; nfcpassportreader: a JSON of base64;"
    " mrtdreader: a folder of EF_COM.bin, EF_DG1.bin, ...; epass: a zip with all that is recorded.",
)
@opt.format_option
def export(folder: Path, target: Path, style: str, as_json: bool) -> None:
    """Write what was kept in FOLDER by --save to TARGET, for another reader."""
    from epass.cli import exchange  # noqa: PLC0415

    exchange.give(folder, target, style, as_json=as_json)
