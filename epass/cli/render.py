"""What the commands print: JSON for programs, and the same facts as text for people."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import click

from epass.cli.jobs import Reading
from epass.cli.layout import LABEL_WIDTH, field
from epass.cli.output import out, say
from epass.dump import Dump, Refusal
from epass.errors import FormatError, StorageError
from epass.lds.document import Document
from epass.lds.face import Face
from epass.lds.names import File
from epass.page import cost, groups
from epass.page.holder import Holder, holder_of
from epass.page.judged import standing
from epass.pcsc import Reader
from epass.upload import RAW_LIMIT, NfcPayload

Facts = dict[str, Any]

COLOURS = {"pass": "green", "fail": "red", "unknown": "yellow"}
WORDS = {"fail": "FAIL"}
SECURITY_FILES = (File.CARD_ACCESS, File.CARD_SECURITY, File.DG14, File.DG15)
CHIP = {
    "proven": "proved that it is no copy",
    "proven-changed": "proved its key, but files are changed",
    "proven-failed": "proved its key, but a check failed",
    "proven-unsigned": "proved its key, but who signed for it is not known",
    "proven-open": "proved its key, but not all could be checked",
    "refuted": "did NOT prove that it is no copy",
    "unproven": "offers a proof that it is no copy, which was not had",
    "cloneable": "cloneable: it offers no proof that it is no copy",
}
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
        out(f"{reader.index}  {reader.name}{'  (card)' if reader.has_card else ''}")
    if not found:
        say("No reader is connected.")


def reading(found: Reading, *, as_json: bool = False) -> None:
    """A document: who it is, what the checks say, what it weighs."""
    facts = reading_facts(found)
    if as_json:
        _json("epass.reading", **facts)
        return
    mrz = Document.parse(found.dump.files).mrz
    _print_document(facts, holder_of(mrz, found.dump, found.report), found.dump.refused)
    _print_checks(facts, CHIP[standing(found.report)])
    _print_payload(facts)
    if facts["saved"]:
        field("Saved", facts["saved"])


def delivered(found: Reading, *, as_json: bool, shown: bool = True) -> None:
    """The end of an upload; ``shown`` says that a person has seen the sizes with the document."""
    try:
        if as_json:
            reading(found, as_json=True)
            return
        if not shown:
            _print_payload(reading_facts(found))
        field("Uploaded", _uploaded(found))
    except StorageError as error:  # nobody may take the upload for one that has failed
        error.add_note(f"Uploaded: {_uploaded(found)}")
        raise


def _uploaded(found: Reading) -> str:
    receipt = found.receipt
    return "" if receipt is None else f"media {receipt.media_id}, session {receipt.session_id}"


def choices(facts: Facts, *, as_json: bool) -> None:
    """Tables of names."""
    if as_json:
        out(json.dumps(facts, indent=2))
        return
    for name, values in facts.items():
        explained = _explained(values)
        if explained:
            out(f"{name}:")
            for key, about in explained.items():
                field(key, about, width=24, indent=2)
        elif isinstance(values, list):
            field(name, ", ".join(_choice(value) for value in values), width=16)


def reading_facts(found: Reading) -> Facts:
    """All that is shown of a reading, as JSON values."""
    dump, report = found.dump, found.report
    document = Document.parse(dump.files)
    payload = payload_of(dump)
    holder = holder_of(document.mrz, dump, report)
    return {
        "read_at": dump.read_at.isoformat() if dump.read_at else None,
        "access": dump.access.as_dict(),
        "apdus": dump.apdus,
        "seconds": dump.seconds,
        "files": _sizes(dump, security=False),
        "security_files": _sizes(dump, security=True),
        "groups": groups.facts_of(dump),
        "refused": {file.label: item.as_dict() for file, item in dump.refused.items()},
        "steps": [step.as_dict() for step in dump.steps],
        "proofs": sorted(dump.evidence.as_dict()),
        "quirks": list(dump.quirks),
        "holder": _holder(holder),
        "document": _document(holder),
        "portraits": [_portrait(face) for face in document.faces],
        "notes": [*dump.notes, *document.notes, *(holder.notes if holder else ())],
        "verdict": report.verdict.value,
        "chip": report.chip,
        "checks": [check.as_dict() for check in report.checks],
        "payload_bytes": payload.raw_size if payload else None,
        "payload_base64_bytes": payload.base64_size if payload else None,
        "payload_limit_bytes": RAW_LIMIT,
        "warnings": list(payload.warnings) if payload else [],
        "saved": None if found.folder is None else str(found.folder),
        "receipt": None if found.receipt is None else asdict(found.receipt),
    }


def payload_of(dump: Dump) -> NfcPayload | None:
    """What would be uploaded; None where a file of it was not read."""
    try:
        return NfcPayload.from_dump(dump)
    except FormatError:
        return None


def _sizes(dump: Dump, *, security: bool) -> dict[str, int]:
    """The files of the document, or those that open and prove the chip, with their sizes."""
    return {
        file.label: len(content)
        for file, content in dump.files.items()
        if (file in SECURITY_FILES) is security
    }


def _holder(holder: Holder | None) -> Facts | None:
    """``birth`` is 1974-08-XX, with XX for what is unknown, or null if the MRZ has no day there."""
    if holder is None:
        return None
    mrz = holder.mrz
    return {
        "surname": mrz.primary_identifier,
        "given_names": mrz.secondary_identifier,
        "name_may_be_truncated": mrz.name_may_be_truncated,
        "birth": holder.birth or None,
        "birth_printed": mrz.date_of_birth,
        "birth_century": holder.century or None,
        "birth_contradiction": holder.contradiction or None,
        "sex": mrz.sex,
        "nationality": mrz.nationality,
    }


def _document(holder: Holder | None) -> Facts | None:
    if holder is None:
        return None
    mrz = holder.mrz
    return {
        "format": mrz.format.name,
        "code": mrz.document_code,
        "number": mrz.document_number,
        "issuing_state": mrz.issuing_state,
        "expiry": holder.expiry,
        "expired": holder.expired,
    }


def _portrait(face: Face) -> Facts:
    return {
        "mimetype": face.image_type.mime,
        "width": face.width,
        "height": face.height,
        "bytes": len(face.image),
    }


def _print_holder(holder: Holder) -> None:
    mrz = holder.mrz
    field("Holder", ", ".join(filter(None, holder.names)))
    field("Born", f"{holder.born}, sex {mrz.sex}, {mrz.nationality}")
    field("Document", f"{mrz.document_code} {mrz.document_number} of {mrz.issuing_state}")
    field("Expires", f"{holder.expiry}{' (EXPIRED)' if holder.expired else ''}")


def _refused(file: File, refusal: Refusal) -> tuple[str, str]:
    """Label and value."""
    if said := cost.ordinary(file, refusal):
        return "Not given", f"{file.label}: {said}"
    because = refusal.reason if refusal.sw is None else f"{refusal.sw:04X}"
    return "Refused", f"{file.label}: {because}"


def _print_document(facts: Facts, holder: Holder | None, refused: Mapping[File, Refusal]) -> None:
    access = facts["access"]
    protocol = "-".join(filter(None, (access["protocol"], access["mapping"])))
    how = ", ".join(filter(None, (protocol, access["cipher"], access["group"])))
    weaker = ", as the caller allowed" if access["fallback"] else ""
    field("Opened", f"by {access['password']}: {how}{weaker}")
    more = ", ".join(facts["security_files"])
    spent = f"{facts['seconds']:.2f} s with {facts['apdus']} commands"
    field("Read", f"{len(facts['files'])} files{more and f' and {more}'} in {spent}")
    if holder is not None:
        _print_holder(holder)
    for image in facts["portraits"]:
        size = f"{image['width']} x {image['height']}, {image['bytes']} bytes"
        field("Portrait", f"{image['mimetype']}, {size}")
    for file, refusal in refused.items():
        field(*_refused(file, refusal))
    for note in facts["notes"]:
        field("Note", note)
    if facts["quirks"]:
        field("Quirks", ", ".join(facts["quirks"]))


def _print_checks(facts: Facts, chip: str) -> None:
    for check in facts["checks"]:
        outcome = check["outcome"]
        if outcome == "not_applicable":
            continue
        word = WORDS.get(outcome, outcome).ljust(LABEL_WIDTH - 2)
        field("  " + click.style(word, fg=COLOURS[outcome]), f"{check['id']}: {check['reason']}")
    field("Chip", chip)
    verdict = facts["verdict"]
    because = ", ".join(item["id"] for item in facts["checks"] if item["outcome"] == verdict)
    text = VERDICTS[verdict] if verdict == "pass" else f"{VERDICTS[verdict]} ({because})"
    field("Verdict", text, colour=COLOURS[verdict])


def _print_payload(facts: Facts) -> None:
    if facts["payload_bytes"] is None:
        field("Payload", "none: EF.COM, EF.SOD, DG1 and DG2 are not all there")
        return
    sizes = f"{facts['payload_bytes']} of {facts['payload_limit_bytes']} bytes"
    field("Payload", f"{sizes} ({facts['payload_base64_bytes']} in base64)")
    for warning in facts["warnings"]:
        field("Warning", warning)


def _explained(values: object) -> Mapping[str, str]:
    """What each name means, where that is told."""
    if isinstance(values, list):
        rows = [row for row in values if isinstance(row, dict) and "about" in row]
        return {row.get("id") or row["name"]: row["about"] for row in rows}
    return values if isinstance(values, Mapping) else {}


def _choice(value: object) -> str:
    return f"{value['id']} {value['name']}" if isinstance(value, dict) else str(value)


def _json(schema: str, **facts: Any) -> None:
    out(json.dumps({"schema": schema, "version": 1, **facts}, indent=2))
