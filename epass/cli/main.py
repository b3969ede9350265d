"""The commands of ``epass``. What they do is in ``jobs``, what they print in ``render``."""

import os
import signal
import sys
import traceback
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from types import FrameType
from typing import Any

import click

import epass
from epass.cli import kept, output
from epass.cli import options as opt
from epass.errors import Cancelled, EpassError, InputError

SETTINGS = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


@click.group(context_settings=SETTINGS)
@click.version_option(epass.__version__)
def cli() -> None:
    """Read the chip of an ePassport, verify it, and deliver it to a verification session."""


@cli.command()
@opt.format_option
def readers(as_json: bool) -> None:
    """List the readers that the PC/SC service sees."""
    from epass import pcsc  # noqa: PLC0415
    from epass.cli import render  # noqa: PLC0415

    render.readers(pcsc.list_readers(), as_json=as_json)


@cli.command()
@opt.key_options
@opt.reader_options
@opt.access_options
@opt.anchor_options
@opt.all_option
@opt.files_option
@opt.keeping_options
@opt.report_option
@opt.format_option
def read(as_json: bool, **options: Any) -> None:
    """Read a document, verify it, and show who it is."""
    from epass.cli import jobs, paper, render  # noqa: PLC0415

    reading = jobs.read_document(options, show=not as_json)
    render.reading(reading, as_json=as_json)
    paper.keep(reading, options)
    reading.refuse_failed()


@cli.command("read-and-upload")
@opt.key_options
@opt.reader_options
@opt.access_options
@opt.anchor_options
@opt.all_option
@opt.keeping_options
@opt.report_option
@opt.endpoint_options
@opt.format_option
def read_and_upload(as_json: bool, **options: Any) -> None:
    """Read a document, verify it, and upload it.

    Nothing is uploaded of a document that fails a check.
    """
    from epass.cli import jobs, paper, render  # noqa: PLC0415

    with jobs.endpoint(options) as client:
        reading = jobs.read_document(options, show=not as_json)
        if not as_json:
            render.reading(reading)
        paper.keep(reading, options)
        try:
            reading = jobs.deliver(reading, client, options)
        except EpassError as error:
            if as_json:
                render.reading(reading, as_json=True)  # with the reasons, and no receipt
            elif jobs.can_offer_to_keep(reading, error):
                render.error(error, as_json=False)  # before the question that follows from it
                jobs.offer_to_keep(reading, options)
                sys.exit(error.exit_status)
            raise
    render.delivered(reading, as_json=as_json)


@cli.command()
@click.argument("folder", type=click.Path(path_type=Path))
@opt.anchor_options
@opt.endpoint_options
@opt.format_option
def upload(folder: Path, as_json: bool, **options: Any) -> None:
    """Upload what was kept in FOLDER by --save."""
    from epass.cli import jobs, render  # noqa: PLC0415

    reading = jobs.load(folder, options)
    with jobs.endpoint(options) as client:
        reading = jobs.deliver(reading, client, options)
    render.delivered(reading, as_json=as_json, shown=False)


@cli.command()
@click.argument("folder", type=click.Path(path_type=Path))
@opt.anchor_options
@opt.format_option
def show(folder: Path, as_json: bool, **options: Any) -> None:
    """Verify and show what was kept in FOLDER by --save."""
    from epass.cli import jobs, paper, render  # noqa: PLC0415

    reading = jobs.load(folder, options)
    if as_json:
        render.reading(reading, as_json=True)
    else:
        paper.show(reading)
    reading.refuse_failed()


@cli.command()
@click.argument("folders", type=click.Path(path_type=Path), nargs=-1, required=True)
@opt.anchor_options
@click.option(
    "--at",
    type=click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"]),
    help="Judge as of that moment, in UTC, instead of now.",
)
@click.option("--without-crl", is_flag=True, help="Do not ask whether the signer was revoked.")
@click.option(
    "--jobs",
    type=click.IntRange(1, 256),
    default=1,
    show_default=True,
    help="Processes that verify at the same time.",
)
@opt.lines_format_option
def verify(folders: tuple[Path, ...], style: str, **options: Any) -> None:
    """Verify what was kept in FOLDERS by --save, up to a state's CSCA.

    A folder may be a dump or an archive of dumps, however deep. One bad dump does not stop the
    others; each is printed when it is done. Status 0 only if every check of every dump passed.
    """
    from epass.cli import audit  # noqa: PLC0415

    audit.run(folders, options, style)


for command in (kept.report, kept.import_, kept.export):
    cli.add_command(command)


@cli.group()
def trust() -> None:
    """Keep the certificates of states that documents are verified with."""


@trust.command("import")
@click.argument("files", type=click.Path(path_type=Path), nargs=-1, required=True)
@click.option(
    "--unchecked", is_flag=True, help="Take lists, too, whose own signature cannot be checked."
)
@opt.format_option
def trust_import(files: tuple[Path, ...], unchecked: bool, as_json: bool) -> None:
    """Take CSCA certificates, master lists, CRLs, deviation lists or LDIF from FILES."""
    from epass.cli import anchoring  # noqa: PLC0415

    anchoring.take(files, unchecked=unchecked, as_json=as_json)


@trust.command("list")
@opt.format_option
def trust_list(as_json: bool) -> None:
    """List what is kept."""
    from epass.cli import anchoring  # noqa: PLC0415

    anchoring.show(as_json=as_json)


@trust.command("remove")
@click.argument("fingerprints", nargs=-1)
@click.option("--country", metavar="XX", help="All of that country.")
@click.option("--all", "every", is_flag=True, help="All that is kept.")
@opt.format_option
def trust_remove(
    fingerprints: tuple[str, ...], country: str | None, every: bool, as_json: bool
) -> None:
    """Remove what has one of the FINGERPRINTS, or how they begin."""
    from epass.cli import anchoring  # noqa: PLC0415

    anchoring.remove(fingerprints, country, every=every, as_json=as_json)


@cli.command()
@opt.document_options
@opt.attack_options
@click.option(
    "--dump",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Keep it in a new folder, as a reader would, instead.",
)
@click.option("--port", type=click.IntRange(1, 65535), help="Of the virtual reader's slot.")
@click.option("--verbose", is_flag=True, help="A line for each command, without content.")
@click.option("--list", "list_only", is_flag=True, help="Name what can be chosen.")
@opt.format_option
def simulate(list_only: bool, as_json: bool, **options: Any) -> None:
    """Put a fictitious passport on a virtual reader.

    Until Ctrl-C, any program that uses PC/SC can read it. Needs the vpcd driver (Debian:
    vsmartcard-vpcd).
    """
    from epass.cli import render, stand_ins  # noqa: PLC0415

    if list_only:
        render.choices(stand_ins.choices(), as_json=as_json)
    else:
        stand_ins.simulate(options, as_json=as_json)


@cli.command()
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8780, show_default=True, help="0: any."
)
@click.option(
    "--session",
    type=click.UUID,
    default=opt.SANDBOX_SESSION,
    show_default=True,
    help="Session that it starts with.",
)
@click.option(
    "--fault", multiple=True, metavar="NAME[:N]", help="Fail so, N times or always; see --list."
)
@click.option(
    "--delay", type=click.FloatRange(0, 600), default=5.0, help="Seconds of the fault `slow`."
)
@click.option("--list", "list_only", is_flag=True, help="Name the faults.")
@opt.format_option
def sandbox(list_only: bool, as_json: bool, **options: Any) -> None:
    """Serve a local stand-in for the endpoint.

    Until Ctrl-C it checks each request by itself, from the endpoint's documentation, and keeps
    what it stores in memory only.
    """
    from epass.cli import render, stand_ins  # noqa: PLC0415

    if list_only:
        render.choices(stand_ins.faults(), as_json=as_json)
    else:
        stand_ins.serve_sandbox(options, as_json=as_json)


@cli.command()
@opt.document_options
@opt.attack_options
@opt.access_options
@opt.anchor_options
@opt.all_option
@opt.keeping_options
@opt.report_option
@click.option("--pcsc", is_flag=True, help="Through the machine's real PC/SC service.")
@click.option("--by-can", is_flag=True, help="Open the chip by its CAN instead of its MRZ.")
@click.option("--extended", is_flag=True, default=None, help="Read with extended length.")
@opt.format_option
def demo(as_json: bool, **options: Any) -> None:
    """Do the whole job with a fictitious passport.

    Issue, read, verify, and upload to a sandbox, all on this machine.
    """
    from epass.cli import rehearsal, render  # noqa: PLC0415

    readings: list[Any] = []
    show = readings.append if as_json else render.reading
    try:
        reading = rehearsal.run(options, show=not as_json, on_read=show)
    except EpassError:
        for reading in readings:
            render.reading(reading, as_json=True)  # with the reasons, and no receipt
        raise
    render.delivered(reading, as_json=as_json)


@cli.command()
@opt.key_options
@opt.reader_options
@opt.access_options
@click.option("--all", "everything", is_flag=True, help="Every link, access and latency.")
@opt.format_option
def bench(everything: bool, as_json: bool, **options: Any) -> None:
    """Say what a read costs.

    On links of all speeds, by a model; with --reader or a key, of the document on the reader.
    """
    from epass.cli import bench as benchmark  # noqa: PLC0415

    if benchmark.wants_card(options):
        benchmark.on_card(options, as_json=as_json)
    else:
        benchmark.simulated(everything=everything, as_json=as_json)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit with the status of ``epass.errors``."""
    given = sys.argv[1:] if arguments is None else list(arguments)
    state = opt.State(json="--format=json" in given or _asks_for_json(given))
    output.prepare()
    for name in ("SIGTERM", "SIGHUP", "SIGBREAK"):  # of which each system has its own
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), _interrupt)
    try:
        status = cli.main(given, prog_name="epass", standalone_mode=False, obj=state)
    except click.UsageError as error:
        status = _report(_usage(error), state)
    except (click.Abort, KeyboardInterrupt):
        status = _report(Cancelled(), state)
    except EpassError as error:
        status = _report(error, state)
    except Exception as error:  # noqa: BLE001 - the one place that may: it ends in status 1
        status = _report(_bug(error), state)
    sys.exit(status or 0)


def _asks_for_json(given: Sequence[str]) -> bool:
    """So that a command line that is not understood is answered in JSON too."""
    return ("--format", "json") in pairwise(given)


def _report(error: EpassError, state: opt.State) -> int:
    from epass.cli import render  # noqa: PLC0415

    render.error(error, as_json=state.json)
    return error.exit_status


def _usage(error: click.UsageError) -> InputError:
    """What is wrong with the command line, without what was given: it may be a MRZ."""
    if isinstance(error, click.MissingParameter | click.NoSuchOption):
        problem = error.format_message()
    elif isinstance(error, click.BadParameter) and error.param is not None:
        problem = f"{' / '.join(error.param.opts)}: not a valid {_kind(error.param.type)}"
    elif isinstance(error, click.BadOptionUsage):
        problem = f"{error.option_name}: an argument is missing, or there is one too many"
    else:
        problem = "there is no such command, or it takes fewer arguments"
    path = error.ctx.command_path if error.ctx else "epass"
    return InputError(problem, advice=f"See {path} --help.")


def _kind(kind: Any) -> str:
    if isinstance(kind, click.Choice):
        return f"choice of {', '.join(kind.choices)}"
    if isinstance(kind, click.IntRange | click.FloatRange):
        return f"number from {kind.min} to {'any' if kind.max is None else kind.max}"
    return str(kind.name)


def _bug(error: Exception) -> EpassError:
    """Say where it happened but not what it says: the text may quote personal data."""
    place = traceback.extract_tb(error.__traceback__)[-1]
    where = f"{Path(place.filename).name}:{place.lineno}"
    if os.environ.get("EPASS_DEBUG") == "1":
        traceback.print_exception(error)
    return EpassError(
        f"a bug in epass: {type(error).__name__} at {where}",
        advice="Run again with EPASS_DEBUG=1 for a trace; it may hold personal data.",
    )


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    main()
