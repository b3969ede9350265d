"""What the commands do, in the order in which a fault costs the operator least."""

import secrets
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
from epass.cli import progress, wiring
from epass.cli.wiring import Options, say
from epass.dump import Dump
from epass.errors import PayloadTooLargeError, StorageError, UploadError, VerificationError
from epass.trust.report import Report
from epass.trust.verify import verify
from epass.upload import NfcPayload, UploadedMedia, UploadEvent, VeriffClient


@dataclass(frozen=True, slots=True)
class Reading:
    """A document as it was read or loaded, and judged; ``folder`` is where it is kept."""

    dump: Dump = field(repr=False)
    report: Report
    folder: Path | None = None
    receipt: UploadedMedia | None = None
    unsaved: StorageError | None = field(default=None, repr=False)

    def refuse_failed(self) -> None:
        """Raise what went wrong after the read, which has been shown by now.

        Raises:
            StorageError: it could not be kept where it was wanted.
            VerificationError: a check failed; what is unknown the report says.
        """
        if self.unsaved is not None:
            raise self.unsaved
        if self.report.failed:
            raise VerificationError(self.report.failed)


def read_chip(channel: Channel, key: Key, options: Options, *, show: bool) -> Reading:
    """Read and judge the document behind ``channel``, and keep it where asked to."""
    with (
        wiring.traced(channel, options, secrets.token_bytes) as (wire, random),
        progress.bar(show) as on_event,
    ):
        dump = reader.read(
            wire,
            key,
            access=options["open_with"],
            allow_bac_fallback=options["allow_bac_fallback"],
            extended=options["extended"],
            prove=options["prove"],
            challenge=wiring.challenge_from(options),
            on_event=on_event,
            random=random,
        )
    kept, unsaved = options["save"], None
    if kept is not None:
        try:
            folder.save(dump, kept)
        except StorageError as error:
            kept, unsaved = None, error
    return Reading(dump, judge(dump), kept, unsaved=unsaved)


def judge(dump: Dump) -> Report:
    return verify(dump, at=datetime.now(UTC))


def read_document(options: Options, *, show: bool) -> Reading:
    """From the options to the reading. What can be wrong without the document is found first."""
    key = wiring.key_from(options)
    check_places(options)
    with wiring.channel_from(options) as channel:
        return read_chip(channel, key, options, show=show)


def check_places(options: Options) -> None:
    """See that what is to be kept can be written, before a chip is touched."""
    if options["save"] is not None:
        folder.check_free(options["save"])
    if options["trace"] is not None:
        folder.check_new(options["trace"])


def load(path: Path) -> Reading:
    """The reading that ``--save`` kept."""
    dump = folder.load(path)
    return Reading(dump, judge(dump), path)


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
        raise reading.unsaved
    reading.report.require(trust=options["require_trust"])
    payload = NfcPayload.from_dump(reading.dump)
    for warning in payload.warnings:
        say(f"warning: {warning}")
    session = str(options["session"])
    try:
        receipt = client.upload_nfc(session, payload)
    except UploadError as error:
        if not isinstance(error, PayloadTooLargeError):
            error.add_note(_how_to_repeat(reading, session))
        raise
    return replace(reading, receipt=receipt)


def _how_to_repeat(reading: Reading, session: str) -> str:
    kept = reading.folder or _offer_to_keep(reading.dump)
    if kept is None:
        return "The files were not kept; with --save DIR an upload repeats without the document."
    return f"To repeat without the document: epass upload {kept} --session {session}"


def _offer_to_keep(dump: Dump) -> Path | None:
    """Ask a person, and only a person, whether and where to keep what was read."""
    if sys.stdin is None or not (sys.stdin.isatty() and sys.stderr.isatty()):
        return None
    answer = click.prompt(
        "The upload failed. Folder to keep the files in (empty: do not keep them)",
        default="",
        show_default=False,
        err=True,
    )
    if not answer.strip():
        return None
    kept = Path(answer.strip())
    folder.save(dump, kept)
    return kept


def _tell(event: UploadEvent) -> None:
    if event.stage == "waiting":
        what = f"attempt {event.attempt} of {event.attempts}: {event.code}"
        say(f"{what}; next attempt in {event.seconds:.1f} s")
