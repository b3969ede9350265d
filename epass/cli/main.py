"""The commands of ``epass``. What they do is in ``jobs``, what they print in ``render``."""

import os
import signal
import sys
import traceback
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import Any

import click

import epass
from epass.cli import options as opt
from epass.errors import Cancelled, EpassError, StorageError

SETTINGS = {"help_option_names": ["-h", "--help"], "max_content_width": 100}
A_BUG = 1


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
@opt.keeping_options
@opt.format_option
def read(as_json: bool, **options: Any) -> None:
    """Read a document, verify it, and show who it is."""
    from epass.cli import jobs, render  # noqa: PLC0415

    reading = jobs.read_document(options, show=not as_json)
    render.reading(reading, as_json=as_json)
    reading.refuse_failed()


@cli.command("read-and-upload")
@opt.key_options
@opt.reader_options
@opt.access_options
@opt.keeping_options
@opt.endpoint_options
@opt.format_option
def read_and_upload(as_json: bool, **options: Any) -> None:
    """Read a document, verify it, and upload it.

    Nothing is uploaded of a document that fails a check.
    """
    from epass.cli import jobs, render  # noqa: PLC0415

    with jobs.endpoint(options) as client:
        reading = jobs.read_document(options, show=not as_json)
        if not as_json:
            render.reading(reading)
        reading = jobs.deliver(reading, client, options)
    render.delivered(reading, as_json=as_json)


@cli.command()
@click.argument("folder", type=click.Path(path_type=Path))
@opt.endpoint_options
@opt.format_option
def upload(folder: Path, as_json: bool, **options: Any) -> None:
    """Upload what was kept in FOLDER by --save."""
    from epass.cli import jobs, render  # noqa: PLC0415

    reading = jobs.load(folder)
    with jobs.endpoint(options) as client:
        reading = jobs.deliver(reading, client, options)
    render.delivered(reading, as_json=as_json, shown=False)


@cli.command()
@click.argument("folder", type=click.Path(path_type=Path))
@opt.format_option
def show(folder: Path, as_json: bool) -> None:
    """Verify and show what was kept in FOLDER by --save."""
    from epass.cli import jobs, render  # noqa: PLC0415

    reading = jobs.load(folder)
    render.reading(reading, as_json=as_json)
    reading.refuse_failed()


@cli.command()
@opt.document_options
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
@opt.access_options
@opt.keeping_options
@click.option("--pcsc", is_flag=True, help="Through the machine's real PC/SC service.")
@click.option("--by-can", is_flag=True, help="Open the chip by its CAN instead of its MRZ.")
@click.option("--extended", is_flag=True, help="Read with extended length.")
@opt.format_option
def demo(as_json: bool, **options: Any) -> None:
    """Do the whole job with a fictitious passport.

    Issue, read, verify, and upload to a sandbox, all on this machine.
    """
    from epass.cli import rehearsal, render  # noqa: PLC0415

    show = (lambda _: None) if as_json else render.reading
    render.delivered(rehearsal.run(options, show=not as_json, on_read=show), as_json=as_json)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit with the status of ``epass.errors``."""
    state = opt.State()
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        status = cli.main(arguments, prog_name="epass", standalone_mode=False, obj=state)
    except click.UsageError as error:
        error.show()
        status = error.exit_code
    except (click.Abort, KeyboardInterrupt):
        status = _report(Cancelled(), state)
    except EpassError as error:
        status = _report(error, state)
    except OSError as error:  # the doors translate theirs: this is our own output
        status = _report_lost_output(error, state)
    except Exception as error:  # noqa: BLE001 - the one place that may: it ends in status 1
        status = _report_bug(error)
    sys.exit(status or 0)


def _report(error: EpassError, state: opt.State) -> int:
    from epass.cli import render  # noqa: PLC0415

    render.error(error, as_json=state.json)
    return error.exit_status


def _report_lost_output(error: OSError, state: opt.State) -> int:
    """The result could not be printed: a full disk, or the program we are piped into has gone."""
    with suppress(OSError, ValueError):  # what is still buffered must not fail again at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return _report(StorageError(f"the result cannot be written: {error.strerror}"), state)


def _report_bug(error: Exception) -> int:
    """Say where it happened but not what it says: the text may quote personal data."""
    place = traceback.extract_tb(error.__traceback__)[-1]
    where = f"{Path(place.filename).name}:{place.lineno}"
    click.echo(f"error: a bug in epass: {type(error).__name__} at {where}", err=True)
    click.echo("Run again with EPASS_DEBUG=1 for a trace; it may hold personal data.", err=True)
    if os.environ.get("EPASS_DEBUG") == "1":
        traceback.print_exception(error)
    return A_BUG


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    main()
