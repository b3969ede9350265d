"""``simulate`` and ``sandbox``: the passport and the endpoint that are none."""

import json
import os
import secrets
import threading
from collections.abc import Callable
from functools import partial
from typing import Any

from epass import sandbox
from epass.cli import forgeries, pace_choices, proof_choices
from epass.cli import options as opt
from epass.cli.output import out, say
from epass.cli.wiring import Options
from epass.errors import CommunicationError
from epass.lds.names import File
from epass.sandbox import Fault, RequestLine, Sandbox
from epass.sim import access, issuer, quirks, vpcd
from epass.sim.chip import Chip
from epass.sim.choices import require
from epass.sim.issuer import Document

# Fictitious, and the same each time, so that examples can be typed as they stand.
API_KEY, SHARED_SECRET = "sandbox-key", "sandbox-secret"
FULL = "full"  # a TD3 with everything in it
DOCUMENTS = (*issuer.FORMATS, FULL)
NONCE_BYTES = 4  # of the ATR, which is another each time: no forgotten card passes for this one
READERS = ("Virtual PCD 00 00", "Virtual PCD 00 01")  # the slots of the packaged driver, by port
FOREVER = 3600.0  # seconds; a wait without a limit cannot be interrupted on Windows


def choices() -> dict[str, object]:
    """What can be chosen of a simulated document, for ``simulate --list``."""
    return {
        "schema": "epass.simulate.list",
        "version": 1,
        "documents": list(DOCUMENTS),
        "holders": {name: holder.about for name, holder in issuer.HOLDERS.items()},
        "lds_versions": list(issuer.LDS_VERSIONS),
        "images": list(issuer.IMAGES),
        "face_formats": list(issuer.FACE_FORMATS),
        "access": list(access.ACCESS),
        **pace_choices.listed(),
        "signatures": list(issuer.SIGNATURES),
        "signer_curves": list(issuer.CURVES),
        "signer_ids": list(issuer.SIGNER_IDS),
        "digests": list(issuer.DIGESTS),
        **proof_choices.listed(),
        "quirks": quirks.listed(),
        "attacks": forgeries.listed(),
    }


def make_document(options: Options) -> Document:
    """The document that the options describe, or its forgery; what the country publishes is
    written where they ask for it.

    Raises:
        InputError: a choice that does not exist, or not with the others, or a folder that does.
        StorageError: it cannot be written.
    """
    forgery = forgeries.chosen(options, opt.of_document() - forgeries.OF_CHIP)
    if options["publish"] is not None:
        forgeries.publish(options["publish"], forgery)
    return forgery.document if forgery else issue(options)


def issue(options: Options) -> Document:
    """The genuine document that the options describe."""
    require("document", options["document"], DOCUMENTS)
    is_full = options["document"] == FULL
    return issuer.issue(
        options["holder"],
        document_format="TD3" if is_full else options["document"],
        all_groups=has_all_groups(options),
        lds_version=options["lds"],
        image=options["image"] or ("JPEG2000" if is_full else "JPEG"),
        face_format=options["face_format"],
        image_size=options["image_size"],
        faces=options["faces"],
        signature=options["signature"],
        curve=options["signer_curve"],
        explicit_parameters=options["explicit"],
        digest=options["digest"],
        signer_id=options["signer_id"],
        can=options["document_can"],
        chip_authentication=proof_choices.chip_authentication(options),
        active_authentication=proof_choices.active_authentication(options),
        pace=pace_choices.offer(options),
        lie=options["proof_lie"],
        quirks=options["quirk"],
    )


def has_all_groups(options: Options) -> bool:
    """Whether there is more to read than what is uploaded."""
    return bool(options["all_groups"] or options["document"] == FULL)


def make_chip(document: Document, options: Options, **more: Any) -> Chip:
    """The chip that the options describe, with PACE as the document offers it."""
    return Chip(
        document,
        access=pace_choices.offered_access(options),
        extended=options["chip_extended"],
        lie=options["pace_lie"],
        quirks=options["quirk"],
        **more,
    )


def simulate(options: Options, *, as_json: bool) -> None:
    """Hold a passport in the PC/SC service until Ctrl-C, or keep it in the folder ``--dump``."""
    document = make_document(options)
    if options["dump"] is not None:
        forgeries.dump(document, options["dump"])
        say(f"Saved to {options['dump']}; nothing is on a reader.")
        return
    chip = make_chip(document, options, nonce=secrets.token_bytes(NONCE_BYTES))
    ports = (options["port"],) if options["port"] else vpcd.PORTS
    on_apdu = _show_apdu if options["verbose"] else None
    try:
        for port in ports:
            introduce = partial(_introduce, document, chip.atr, port, as_json)
            if _held(chip, port, on_apdu, introduce):
                return
    except KeyboardInterrupt:  # the regular end
        return
    raise CommunicationError(
        "no slot of the virtual reader is free",
        advice="Another simulated card is in it: end that program first.",
    )


def _held(
    chip: Chip,
    port: int,
    on_apdu: Callable[[bytes, bytes], None] | None,
    introduce: Callable[[], None],
) -> bool:
    """Hold the card at ``port``, and say so; False if the slot is taken."""
    seen = threading.Event()

    def on_seen() -> None:
        seen.set()
        introduce()

    try:
        vpcd.serve(chip, port=port, stop=threading.Event(), on_apdu=on_apdu, on_seen=on_seen)
    except CommunicationError:
        if seen.is_set():
            raise
        return False
    return True


def _introduce(document: Document, atr: bytes, port: int, as_json: bool) -> None:
    if as_json:
        facts = {
            "schema": "epass.simulate",
            "version": 1,
            "mrz": document.mrz,
            "can": document.can,
            "atr": atr.hex().upper(),
            "port": port,
            "reader": reader_name(port),
            "files": {file.label: len(content) for file, content in document.files.items()},
        }
        out(json.dumps(facts))
    else:
        size = len(document.files[File.DG2])
        out(f"A fictitious {document.format} document is on {reader_name(port)}")
        out(f"(DG2 has {size} bytes).")
        out(f"MRZ  {document.mrz.replace(chr(10), chr(10) + '     ')}")
        out(f"CAN  {document.can}")
        say("Ctrl-C takes it off.")


def reader_name(port: int) -> str:
    """What PC/SC calls the slot at ``port``; slots of one's own have names of one's own."""
    known = dict(zip(vpcd.PORTS, READERS, strict=True))
    return known.get(port, f"the slot at port {port}")


def _show_apdu(command: bytes, response: bytes) -> None:
    """Facts only: header, sizes and status word."""
    header, status = command[:4].hex(" ").upper(), response[-2:].hex().upper()
    say(f"{header}  {len(command)} bytes -> {len(response)} bytes, {status}")


def serve_sandbox(options: Options, *, as_json: bool) -> None:
    """Serve the endpoint's stand-in until Ctrl-C."""
    api_key = os.environ.get("EPASS_API_KEY") or API_KEY
    secret = os.environ.get("EPASS_SHARED_SECRET") or SHARED_SECRET
    faults = [Fault.parse(text) for text in options["fault"]]
    stand_in = Sandbox(
        api_key, secret, faults=faults, delay=options["delay"], on_request=_show_request
    )
    with sandbox.serve(stand_in, port=options["port"]) as base_url:
        session = stand_in.create_session(str(options["session"]))
        _announce(base_url, session, as_json)
        try:
            while True:
                threading.Event().wait(FOREVER)
        except KeyboardInterrupt:  # the regular end
            return


def _announce(base_url: str, session: str, as_json: bool) -> None:
    if as_json:
        facts = {"schema": "epass.sandbox", "version": 1, "base_url": base_url, "session": session}
        out(json.dumps(facts))
    else:
        out(f"The sandbox listens at {base_url}")
        out(f"and has the session {session}.")
        out("In another terminal, before `epass upload` or `epass read-and-upload`:")
        out(f"  export EPASS_BASE_URL={base_url}")
        if not os.environ.get("EPASS_API_KEY"):
            out(f"  export EPASS_API_KEY={API_KEY} EPASS_SHARED_SECRET={SHARED_SECRET}")
        say("Ctrl-C ends it.")


def _show_request(line: RequestLine) -> None:
    sizes = f"{line.received} bytes in, {line.sent} out"
    say(f"{line.method} {line.path} -> {line.status} ({sizes})")


def faults() -> dict[str, object]:
    """How the sandbox can be told to fail, for ``sandbox --list``."""
    return {"schema": "epass.sandbox.list", "version": 1, "faults": dict(sandbox.FAULTS)}
