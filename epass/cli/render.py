"""What the commands print: JSON for programs, and the same facts as text for people."""

import json
import shutil
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date
from typing import Any

import click

from epass.cli.jobs import Reading
from epass.errors import EpassError
from epass.lds.document import Document
from epass.lds.face import Face
from epass.lds.mrz import Mrz, birth_date, expiry_date
from epass.pcsc import Reader
from epass.upload import RAW_LIMIT, NfcPayload

Facts = dict[str, Any]

LABEL_WIDTH = 10
NARROWEST, WIDEST = 40, 100  # columns
COLOURS = {"pass": "green", "fail": "red", "unknown": "yellow", "not_applicable": "bright_black"}
WORDS = {"not_applicable": "n/a", "fail": "FAIL"}
VERDICTS = {
    "pass": "pass",
    "fail": "FAIL: do not accept this document",
    "unknown": "unknown: no check failed, but some could not be made",
}


def readers(found: Sequence[Reader], *, as_json: bool) -> None:
    """The readers, each with whether a card is on it."""
    if as_json:
        _json("epass.readers", readers=[asdict(reader) for reader in found])
        return
    for reader in found:
        click.echo(f"{reader.index}  {reader.name}{'  (card)' if reader.has_card else ''}")
    if not found:
        click.echo("No reader is connected.", err=True)


def reading(found: Reading, *, as_json: bool = False) -> None:
    """A document: who it is, what the checks say, what was uploaded."""
    facts = reading_facts(found)
    if as_json:
        _json("epass.reading", **facts)
        return
    _print_document(facts)
    _print_checks(facts)
    _print_delivery(facts)


def delivered(found: Reading, *, as_json: bool) -> None:
    """The end of an upload, after ``reading`` has shown the document to a person."""
    if as_json:
        reading(found, as_json=True)
    else:
        _print_delivery({**reading_facts(found), "saved": None})


def choices(facts: Facts, *, as_json: bool) -> None:
    """Tables of names."""
    if as_json:
        click.echo(json.dumps(facts, indent=2))
        return
    for name, values in facts.items():
        if isinstance(values, Mapping):
            click.echo(f"{name}:")
            for key, about in values.items():
                _field(key, about, width=24, indent=2)
        elif isinstance(values, list):
            _field(name, ", ".join(_choice(value) for value in values), width=16)


def error(fault: EpassError, *, as_json: bool) -> None:
    """An error on stderr: what happened, and what to do."""
    notes = list(getattr(fault, "__notes__", ()))
    if as_json:
        facts = {"schema": "epass.error", "version": 1, **fault.as_dict(), "notes": notes}
        click.echo(json.dumps(facts), err=True)
        return
    click.echo(f"{click.style('error:', fg='red')} {fault.message}", err=True)
    for line in (fault.advice, *notes):
        if line:
            click.echo(line, err=True)


def reading_facts(found: Reading) -> Facts:
    """All that is shown of a reading, as JSON values."""
    dump, report = found.dump, found.report
    document = Document.parse(dump.files)
    payload = NfcPayload.from_dump(dump)
    return {
        "read_at": dump.read_at.isoformat(),
        "access": dump.access.as_dict(),
        "apdus": dump.apdus,
        "seconds": dump.seconds,
        "files": {file.label: len(content) for file, content in dump.files.items()},
        "holder": _holder(document.mrz, dump.read_at.date()),
        "document": _document(document.mrz, dump.read_at.date()),
        "portraits": [_portrait(face) for face in document.faces],
        "notes": list(document.notes),
        "verdict": report.verdict.value,
        "checks": [check.as_dict() for check in report.checks],
        "payload_bytes": payload.raw_size,
        "payload_base64_bytes": payload.base64_size,
        "payload_limit_bytes": RAW_LIMIT,
        "warnings": list(payload.warnings),
        "saved": None if found.folder is None else str(found.folder),
        "receipt": None if found.receipt is None else asdict(found.receipt),
    }


def _holder(mrz: Mrz | None, today: date) -> Facts | None:
    if mrz is None:
        return None
    born = birth_date(mrz, today=today)
    return {
        "surname": mrz.primary_identifier,
        "given_names": mrz.secondary_identifier,
        "birth": born.isoformat() if born else mrz.date_of_birth,
        "sex": mrz.sex,
        "nationality": mrz.nationality,
    }


def _document(mrz: Mrz | None, today: date) -> Facts | None:
    if mrz is None:
        return None
    expires = expiry_date(mrz, today=today)
    return {
        "format": mrz.format.name,
        "code": mrz.document_code,
        "number": mrz.document_number,
        "issuing_state": mrz.issuing_state,
        "expiry": expires.isoformat() if expires else mrz.date_of_expiry,
        "expired": None if expires is None else expires < today,
    }


def _portrait(face: Face) -> Facts:
    return {
        "mimetype": face.image_type.mime,
        "width": face.width,
        "height": face.height,
        "bytes": len(face.image),
    }


def _print_document(facts: Facts) -> None:
    access = facts["access"]
    protocol = "-".join(filter(None, (access["protocol"], access["mapping"])))
    how = ", ".join(filter(None, (protocol, access["cipher"], access["group"])))
    _field("Opened", f"by {access['password']}: {how}")
    count, seconds = len(facts["files"]), facts["seconds"]
    _field("Read", f"{count} files in {seconds:.2f} s with {facts['apdus']} commands")
    holder, document = facts["holder"], facts["document"]
    if holder is not None and document is not None:
        _field("Holder", f"{holder['surname']}, {holder['given_names']}")
        _field("Born", f"{holder['birth']}, sex {holder['sex']}, {holder['nationality']}")
        expired = " (EXPIRED)" if document["expired"] else ""
        _field(
            "Document", f"{document['code']} {document['number']} of {document['issuing_state']}"
        )
        _field("Expires", f"{document['expiry']}{expired}")
    for image in facts["portraits"]:
        size = f"{image['width']} x {image['height']}, {image['bytes']} bytes"
        _field("Portrait", f"{image['mimetype']}, {size}")
    for note in facts["notes"]:
        _field("Note", note)


def _print_checks(facts: Facts) -> None:
    for check in facts["checks"]:
        outcome = check["outcome"]
        word = WORDS.get(outcome, outcome).ljust(LABEL_WIDTH - 2)
        label = click.style(word, fg=COLOURS[outcome])
        _field("  " + label, f"{check['id']}: {check['reason']}")
    verdict = facts["verdict"]
    because = ", ".join(item["id"] for item in facts["checks"] if item["outcome"] == verdict)
    label = click.style(VERDICTS[verdict], fg=COLOURS[verdict], bold=True)
    _field("Verdict", label if verdict == "pass" else f"{label} ({because})")


def _print_delivery(facts: Facts) -> None:
    sizes = f"{facts['payload_bytes']} of {facts['payload_limit_bytes']} bytes"
    _field("Payload", f"{sizes} ({facts['payload_base64_bytes']} in base64)")
    for warning in facts["warnings"]:
        _field("Warning", warning)
    if facts["saved"]:
        _field("Saved", facts["saved"])
    receipt = facts["receipt"]
    if receipt is not None:
        _field("Uploaded", f"media {receipt['media_id']}, session {receipt['session_id']}")


def _field(label: str, value: str, *, width: int = LABEL_WIDTH, indent: int = 0) -> None:
    """A label and its value, wrapped to the terminal under itself."""
    columns = max(NARROWEST, min(shutil.get_terminal_size().columns, WIDEST))
    margin = " " * indent + label + " " * (width - len(click.unstyle(label)))
    lines = textwrap.wrap(value, columns - width - indent, break_on_hyphens=False) or [""]
    click.echo(margin + lines[0])
    for line in lines[1:]:
        click.echo(" " * (width + indent) + line)


def _choice(value: object) -> str:
    return f"{value['id']} {value['name']}" if isinstance(value, dict) else str(value)


def _json(schema: str, **facts: Any) -> None:
    click.echo(json.dumps({"schema": schema, "version": 1, **facts}, indent=2))
