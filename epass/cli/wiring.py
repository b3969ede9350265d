"""From options to objects: the key, the credentials, the channel, the clients."""

import os
import re
import stat
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

import click

from epass import folder, pcsc
from epass.card import trace
from epass.card.apdu import Channel
from epass.card.keys import Can, Key, MrzKey
from epass.card.memory import Memory
from epass.card.reader import DEFAULT
from epass.cli import entry, kept_memory
from epass.cli.output import say
from epass.errors import ConfigError, InputError
from epass.lds.names import APPLICATION, UNSIGNED, File

KEYRING_SERVICE = "epass"
TD1_WIDTH, TD3_WIDTH = 30, 44  # characters in a line of the MRZ
LONGEST_INPUT = 4096  # characters; an MRZ has 92 at most
FIRST = (File.COM, File.DG1, File.SOD)  # what says what else there is, and whose it is
CREDENTIALS = ("api_key", "shared_secret")

Options = dict[str, Any]


def key_from(options: Options) -> Key:
    """The key that the options give, or that is piped in, or that the operator types.

    Raises:
        InputError: what was given is no MRZ or CAN, or several keys, or part of one.
    """
    fields = [options[name] for name in ("number", "birth", "expiry")]
    names = ("mrz", "mrz_file", "can")
    given = [options[name] is not None for name in names] + [any(fields)]
    if sum(given) > 1:
        raise InputError("Give one key: --mrz, --mrz-file, --can, or --number and dates.")
    if options["can"] is not None:
        return Can(options["can"])
    if any(fields):
        if not all(fields):
            raise InputError("--number, --birth and --expiry go together.")
        return MrzKey.from_fields(*fields)
    if options["mrz"] is not None:
        return MrzKey.from_mrz(options["mrz"])
    if options["mrz_file"] is not None:
        return MrzKey.from_mrz(_read_text(options["mrz_file"]))
    if sys.stdin is not None and sys.stdin.isatty():
        return _ask_for_key()
    piped = _read_text(sys.stdin) if sys.stdin is not None else ""
    if not piped.strip():
        raise InputError("No key: pipe in the MRZ, or give --mrz-file, --mrz or --can.")
    return MrzKey.from_mrz(piped)


def _read_text(stream: TextIO) -> str:
    try:
        return stream.read(LONGEST_INPUT)
    except UnicodeDecodeError:  # its text would quote what is there
        raise InputError("the MRZ is not text") from None
    except OSError as error:
        raise InputError(f"the MRZ cannot be read: {error.strerror}") from None


def challenge_from(options: Options) -> bytes | None:
    """The challenge that the caller wants signed, if any.

    Raises:
        InputError: it is not 8 bytes in hexadecimal.
    """
    if options["challenge"] is None:
        return None
    if not re.fullmatch(r"[0-9A-Fa-f]{16}", options["challenge"]):
        raise InputError("--challenge: not 8 bytes in hexadecimal")
    return bytes.fromhex(options["challenge"])


def _ask_for_key() -> Key:
    """Ask until the check digits are right; a typing error must cost no attempt at the chip."""
    say("Type the MRZ line by line as printed. Leave line 1 empty to type number and dates.")
    while True:
        try:
            return _typed_key()
        except InputError as error:
            say(f"{error.message}\n{error.advice}".rstrip())


def _typed_key() -> Key:
    first = _ask("MRZ line 1")
    if not first:
        return MrzKey.from_fields(
            _ask("Document number"),
            _ask("Date of birth, YYMMDD"),
            _ask("Date of expiry, YYMMDD"),
        )
    lines = [first]
    if len(first) <= TD3_WIDTH:  # else a scanner has typed all lines as one
        lines.append(_ask("MRZ line 2"))
    if len(first) <= TD1_WIDTH:  # the only format with three lines
        lines.append(_ask("MRZ line 3"))
    return entry.key_of("\n".join(lines))


def _ask(label: str) -> str:
    answer: str = click.prompt(label, default="", show_default=False, err=True)
    return answer.strip()


def credentials_from(options: Options) -> tuple[str, str, str]:
    """API key, shared secret and base URL, from file, environment or keyring.

    Raises:
        ConfigError: one of them is missing, or the file may be read by others.
    """
    found = _credentials_file(options["credentials"]) if options["credentials"] else {}
    values = [
        found.get(name) or os.environ.get(f"EPASS_{name.upper()}") or _from_keyring(name)
        for name in CREDENTIALS
    ]
    missing = [name for name, value in zip(CREDENTIALS, values, strict=True) if not value]
    base_url = options["base_url"]
    if missing or not base_url:
        names = [f"EPASS_{name.upper()}" for name in missing]
        names += [] if base_url else ["EPASS_BASE_URL"]
        raise ConfigError(
            f"not set: {', '.join(names)}",
            advice="Set the environment, or use --credentials FILE and --base-url URL.",
        )
    return values[0] or "", values[1] or "", base_url


def wanted_from(options: Options) -> tuple[tuple[File, ...], tuple[File, ...]]:
    """The files that must be had, and those that the chip may refuse.

    Raises:
        InputError: --files names a file that there is not.
    """
    if options.get("files") is None:
        return DEFAULT, ()
    may_be_named = [file for file in File if file in (*APPLICATION, *UNSIGNED)]
    known = {file.label.upper(): file for file in may_be_named}
    known |= {label.removeprefix("EF."): file for label, file in known.items()}
    known |= {label.replace("/", "_"): file for label, file in known.items()}
    labels = [label.strip().upper() for label in options["files"].split(",")]
    if not set(labels) <= known.keys():
        there = ", ".join(file.label for file in may_be_named)
        raise InputError("--files: not all of these are files", advice=f"There are {there}.")
    return FIRST, tuple(known[label] for label in labels)


def _from_keyring(name: str) -> str | None:
    try:
        import keyring  # noqa: PLC0415 - optional, and slow to import
    except ImportError:
        return None
    try:
        kept: str | None = keyring.get_password(KEYRING_SERVICE, name)
    except keyring.errors.KeyringError:  # no keyring on this machine is not an error of its own
        return None
    return kept


def _credentials_file(path: Path) -> dict[str, str]:
    try:
        if os.name != "nt" and stat.S_IMODE(path.stat().st_mode) & 0o077:
            raise ConfigError(f"{path} may be read by others", advice=f"Run: chmod 600 {path}")
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError):
        raise ConfigError(f"{path} cannot be read") from None
    lines = [line.partition("=") for line in text.splitlines() if line.strip()]
    pairs = [(name.strip(), value.strip()) for name, _, value in lines]
    values = {name: value for name, value in pairs if not name.startswith("#")}
    if not set(values) <= set(CREDENTIALS):
        raise ConfigError(f"{path} holds other lines than api_key= and shared_secret=")
    return values


def memory_from(options: Options) -> Memory:
    """What worked with kinds of chips, on the disk unless ``--no-remember`` forbids it."""
    if not options.get("remember", True):
        return Memory()
    return kept_memory.KeptMemory(kept_memory.default_file())


@contextmanager
def channel_from(options: Options) -> Iterator[Channel]:
    """A channel to the document on the reader.

    Raises:
        ReaderError: no service, no reader, no document in time.
    """
    asked = False

    def ask() -> None:
        nonlocal asked
        if not asked:
            asked = True
            say("Lay the document on the reader.")

    with pcsc.connect(
        options["reader"], wait=options["wait"], timeout=options["timeout"], on_wait=ask
    ) as channel:
        yield channel


@contextmanager
def traced(
    channel: Channel, options: Options, random: Callable[[int], bytes]
) -> Iterator[tuple[Channel, Callable[[int], bytes]]]:
    """The channel and the source of randomness, recorded where ``--trace`` asks for it.

    Raises:
        StorageError: the file cannot be written.
        InputError: the file exists.
    """
    if options["trace"] is None:
        yield channel, random
        return
    with folder.new_file(options["trace"]) as write:
        tracing = trace.TracingChannel(channel, write)
        write(trace.header(traits=trace.planned_with(tracing.traits)))
        yield tracing, tracing.random(random) if options["trace_random"] else random
