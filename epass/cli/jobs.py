"""What the commands do, in the order in which a fault costs the operator least."""

import os
import secrets
import shlex
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import click

from epass import folder
from epass.card import reader
from epass.card.apdu import Channel
from epass.card.keys import Key
from epass.card.resume import NEVER, PATIENT
from epass.cli import anchoring, progress, wiring
from epass.cli.output import say
from epass.cli.wiring import Options
from epass.dump import Dump
from epass.errors import (
    AlreadySubmittedError,
    Cancelled,
    EncodingRefusedError,
    EpassError,
    InputError,
    InvalidNfcDataError,
    PayloadTooLargeError,
    SessionNotFoundError,
    StorageError,
    UploadError,
    VerificationError,
)
from epass.trust.anchors import Anchors
from epass.trust.report import Report
from epass.trust.verify import verify
from epass.upload import NfcPayload, UploadedMedia, UploadEvent, VeriffClient

WORTHLESS = (PayloadTooLargeError, InvalidNfcDataError)  # the same files will be refused again
NOT_KEPT = "The files were not kept; with --save DIR an upload repeats without the document."
KEEP = "Folder to keep the files in (empty: do not keep them)"


@dataclass(frozen=True, slots=True)
class Reading:
    """A document as it was read or loaded, and judged; ``folder`` is where it is kept."""

    dump: Dump = field(repr=False)
    report: Report
    folder: Path | None = None
    receipt: UploadedMedia | None = None
    unsaved: StorageError | InputError | None = field(default=None, repr=False)

    def refuse_failed(self) -> None:
        """Raise what went wrong after the read, which has been shown by now.

        Raises:
            StorageError, InputError: it could not be kept where it was wanted.
            VerificationError: a check failed; what is unknown the report says.
        """
        if self.unsaved is not None:
            raise self.unsaved
        if self.report.failed:
            raise VerificationError(self.report.failed)


def read_chip(
    channel: Channel, key: Key, options: Options, anchors: Anchors, *, show: bool
) -> Reading:
    """Read and judge the document behind ``channel``, and keep it where asked to."""
    challenge = wiring.challenge_from(options)
    want, also = wiring.wanted_from(options)
    with (
        wiring.traced(channel, options, secrets.token_bytes) as (wire, random),
        progress.bar(show) as on_event,
    ):
        dump = reader.read(
            wire,
            key,
            want=want,
            also=also,
            everything=options.get("everything", False),
            access=options["open_with"],
            allow_bac_fallback=options["allow_bac_fallback"],
            extended=options["extended"],
            memory=wiring.memory_from(options),
            prove=options["prove"],
            challenge=challenge,
            resume=PATIENT if options.get("resume", True) else NEVER,
            on_event=on_event,
            random=random,
        )
    kept, unsaved = options["save"], None
    if kept is not None:
        try:
            folder.save(dump, kept)
        except (StorageError, InputError) as error:  # the disk is full, or the place was taken
            kept, unsaved = None, error
    return Reading(dump, judge(dump, anchors, challenge), kept, unsaved=unsaved)


def judge(dump: Dump, anchors: Anchors, challenge: bytes | None = None) -> Report:
    """The report as of now; a ``challenge`` that was given must be the one that was signed."""
    return verify(dump, anchors, at=datetime.now(UTC), challenge=challenge)


def read_document(options: Options, *, show: bool) -> Reading:
    """From the options to the reading. What can be wrong without the document is found first."""
    wiring.challenge_from(options)
    wiring.wanted_from(options)
    check_places(options)
    anchors = anchoring.anchors_from(options)
    key = wiring.key_from(options)
    with wiring.channel_from(options) as channel:
        return read_chip(channel, key, options, anchors, show=show)


def check_places(options: Options) -> None:
    """See that what is to be kept can be written, before a chip is touched."""
    if options["save"] is not None:
        folder.check_free(options["save"])
    if options["page"] is not None:
        if options["page"] in (options["save"], options["trace"]):
            raise InputError("--report and another option are the same place")
        folder.check_new(options["page"])
    if options["trace"] is not None:
        if options["trace"] == options["save"]:
            raise InputError("--save and --trace are the same place")
        folder.check_new(options["trace"])
    elif options["trace_random"]:
        raise InputError("--trace-random goes with --trace")


def load(path: Path, options: Options) -> Reading:
    """The reading that ``--save`` kept."""
    dump = folder.load(path)
    return Reading(dump, judge(dump, anchoring.anchors_from(options)), path)


@contextmanager
def endpoint(options: Options) -> Iterator[VeriffClient]:
    """The client of the endpoint that the options name."""
    api_key, shared_secret, base_url = wiring.credentials_from(options)
    with VeriffClient(
        api_key,
        shared_secret,
        base_url,
        compression=options["compression"],
        on_event=_tell,
    ) as client:
        yield client


def deliver(reading: Reading, client: VeriffClient, options: Options) -> Reading:
    """Upload the reading, unless its report forbids it.

    Raises:
        StorageError: it could not be kept where it was wanted; nothing was sent.
        VerificationError: a check failed; nothing was sent.
        TrustError: a check could not be made; nothing was sent.
        UploadError: with a note on how to repeat the upload without the document.
    """
    if reading.unsaved is not None:
        reading.unsaved.add_note("Nothing was uploaded.")
        raise reading.unsaved
    reading.report.require(trust=options["require_trust"])
    payload = NfcPayload.from_dump(reading.dump)
    for warning in payload.warnings:
        say(f"warning: {warning}")
    session = str(options["session"])
    try:
        receipt = client.upload_nfc(session, payload)
    except UploadError as error:
        if isinstance(error, WORTHLESS):
            raise
        if reading.folder is not None:
            error.add_note(_how_to_repeat(reading.folder, options, error))
        elif not can_offer_to_keep(reading, error):
            error.add_note(NOT_KEPT)
        raise
    except KeyboardInterrupt:
        cancelled = Cancelled("cancelled during the upload")
        cancelled.advice = "It may have arrived: look at the session before repeating it."
        if reading.folder is not None:
            cancelled.add_note(_how_to_repeat(reading.folder, options))
        raise cancelled from None
    return replace(reading, receipt=receipt)


def _how_to_repeat(kept: Path, options: Options, error: UploadError | None = None) -> str:
    """The command, with another session where this one takes nothing any more."""
    used_up = isinstance(error, SessionNotFoundError | AlreadySubmittedError)
    command = ["epass", "upload", str(kept), "--session"]
    command.append("NEW-SESSION" if used_up else str(options["session"]))
    if isinstance(error, EncodingRefusedError):
        command += ["--compression", "none"]
    if options.get("base_url") not in (None, os.environ.get("EPASS_BASE_URL")):
        command += ["--base-url", options["base_url"]]
    if options.get("credentials"):
        command += ["--credentials", str(options["credentials"])]
    text = subprocess.list2cmdline(command) if os.name == "nt" else shlex.join(command)
    return f"To repeat without the document: {text}"


def can_offer_to_keep(reading: Reading, error: EpassError) -> bool:
    """Whether there is something worth keeping, and a person to ask."""
    failed = isinstance(error, UploadError) and not isinstance(error, WORTHLESS)
    return failed and reading.folder is None and _at_a_terminal()


def _at_a_terminal() -> bool:
    return all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stderr))


def offer_to_keep(reading: Reading, options: Options) -> None:
    """Ask whether and where to keep what was read, until it is kept or not wanted."""
    while True:
        try:
            answer = click.prompt(KEEP, default="", show_default=False, err=True).strip()
        except click.Abort:
            answer = ""
        if not answer:
            say(f"\n{NOT_KEPT}")
            return
        try:
            folder.save(reading.dump, Path(answer))
        except (InputError, StorageError) as error:
            say(error.message)
        else:
            say(_how_to_repeat(Path(answer), options))
            return


def _tell(event: UploadEvent) -> None:
    if event.stage == "waiting":
        what = f"attempt {event.attempt} of {event.attempts}: {event.code}"
        say(f"{what}; next attempt in {event.seconds:.1f} s")
