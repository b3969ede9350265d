"""The two streams: results on stdout, everything for the operator on stderr."""

import os
import sys
from contextlib import suppress

import click

from epass.errors import EpassError, StorageError


def prepare() -> None:
    """Let no name in a document break a console that lacks its letters."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def out(text: str) -> None:
    """A line of the result.

    Raises:
        StorageError: it cannot be written: a full disk, or whoever reads it has gone.
    """
    if sys.stdout is None:
        raise StorageError("the result cannot be written: standard output is closed")
    try:
        click.echo(text, color=_colour())
    except OSError as error:
        _silence()
        raise StorageError(f"the result cannot be written: {error.strerror}") from None


def say(text: str) -> None:
    """A line for the operator. Nothing fails because nobody can be told."""
    with suppress(OSError):
        click.echo(text, err=True, color=_colour())


def error(fault: EpassError, *, as_json: bool) -> None:
    """An error on stderr: what happened, and what to do."""
    notes = list(getattr(fault, "__notes__", ()))
    if as_json:
        import json  # noqa: PLC0415 - start-up time

        facts = {"schema": "epass.error", "version": 1, **fault.as_dict(), "notes": notes}
        say(json.dumps(facts))
        return
    say(f"{click.style('error:', fg='red')} {clean(fault.message)}")
    for line in (fault.advice, *notes):
        if line:
            say(clean(line))


def clean(text: str) -> str:
    """``text`` without what could steer a terminal; files and documents come from others."""
    return "".join(character if character.isprintable() else "?" for character in text)


def _colour() -> bool | None:
    """None lets the terminal decide."""
    return False if os.environ.get("NO_COLOR") else None


def _silence() -> None:
    """What is still buffered must not fail again when the interpreter ends."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
