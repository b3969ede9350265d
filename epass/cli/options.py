"""The options that commands share, and where what they mean is explained to the operator."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])
Decorator = Callable[[F], F]

COMPRESSIONS = ("gzip", "deflate", "none")  # of the endpoint; a test compares it with the client
SANDBOX_SESSION = (
    "00000000-0000-4000-8000-000000000001"  # so that examples can be typed as they stand
)


@dataclass
class State:
    """What ``main`` must know when a command has failed."""

    json: bool = False


def format_option(command: F) -> F:
    """``--format``; the command gets ``as_json``."""

    def note(context: click.Context, _parameter: click.Parameter, value: str) -> bool:
        state = context.find_root().ensure_object(State)
        state.json = value == "json"
        return state.json

    return click.option(
        "--format",
        "as_json",
        type=click.Choice(["text", "json"]),
        default="text",
        callback=note,
        is_eager=True,
        help="Result on stdout for people or for programs.",
    )(command)


def lines_format_option(command: F) -> F:
    """``--format`` of a command that may have many results; the command gets ``style``."""

    def note(context: click.Context, _parameter: click.Parameter, value: str) -> str:
        state = context.find_root().ensure_object(State)
        state.json = value != "text"
        return value

    return click.option(
        "--format",
        "style",
        type=click.Choice(["text", "json", "jsonl"]),
        default="text",
        callback=note,
        is_eager=True,
        help="Result on stdout for people or for programs; jsonl is a line each.",
    )(command)


def key_options(command: F) -> F:
    """How the chip is opened; see ``wiring.key_from``."""
    return _all(
        click.option(
            "--mrz",
            metavar="TEXT",
            help="The MRZ lines. Other users of this machine may see it; the prompt is safer.",
        ),
        click.option(
            "--mrz-file",
            type=click.File("r", encoding="utf-8-sig"),
            help="A file with the MRZ lines; - is standard input.",
        ),
        click.option(
            "--number",
            metavar="TEXT",
            help="Document number, with --birth and --expiry; check digits are computed.",
        ),
        click.option("--birth", metavar="YYMMDD", help="Date of birth as in the MRZ."),
        click.option("--expiry", metavar="YYMMDD", help="Date of expiry as in the MRZ."),
        click.option("--can", metavar="DIGITS", help="Card access number instead of the MRZ."),
    )(command)


def reader_options(command: F) -> F:
    """Which reader, and how patient to be with it."""
    return _all(
        click.option(
            "--reader", metavar="NAME", help="Index or part of the name, as `epass readers` lists."
        ),
        click.option(
            "--wait",
            type=click.FloatRange(0, 86400),
            default=30.0,
            show_default=True,
            help="Seconds to wait for a document.",
        ),
        click.option(
            "--timeout",
            type=click.FloatRange(0.1, 600),
            default=10.0,
            show_default=True,
            help="Seconds that the chip may take for one command.",
        ),
        click.option(
            "--extended/--short",
            default=None,
            help="Read with extended length or without; else with it where chip and reader say that"
            " they have it.",
        ),
        click.option(
            "--remember/--no-remember",
            default=True,
            help="Remember what lengths worked with a kind of chip and reader.",
        ),
        click.option(
            "--resume/--no-resume",
            default=True,
            help="Go on where the read stopped when the document slips off the reader.",
        ),
    )(command)


def access_options(command: F) -> F:
    """By which door, and whether the chip must prove that it is no copy."""
    return _all(
        click.option(
            "--open-with",
            type=click.Choice(("auto", "pace", "bac")),
            default="auto",
            show_default=True,
            help="auto: PACE where the chip offers it, else BAC.",
        ),
        click.option(
            "--allow-bac-fallback",
            is_flag=True,
            help="BAC after a PACE that failed; the report says so.",
        ),
        click.option(
            "--prove/--no-prove",
            default=True,
            help="Have the chip prove that it is no copy, if it can.",
        ),
        click.option(
            "--challenge",
            metavar="HEX",
            help="8 bytes for active authentication; else drawn.",
        ),
    )(command)


def all_option(command: F) -> F:
    """``--all``; see ``wiring.wanted_from``."""
    return click.option(
        "--all",
        "everything",
        is_flag=True,
        help="Read all data groups that the document lists, EF.ATR/INFO and EF.DIR; what the chip"
        " refuses is listed.",
    )(command)


def files_option(command: F) -> F:
    """``--files``; see ``wiring.wanted_from``."""
    return click.option(
        "--files",
        metavar="LABELS",
        help="Read these, as in DG11,DG12,DIR, after EF.COM, EF.SOD and DG1; see --all.",
    )(command)


def report_option(command: F) -> F:
    """``--report``, a page for people."""
    return click.option(
        "--report",
        "page",
        type=click.Path(path_type=Path, dir_okay=False),
        metavar="FILE",
        help="Write a page about it to a new HTML file, readable by you only.",
    )(command)


def keeping_options(command: F) -> F:
    """What of the read is kept on disk."""
    return _all(
        click.option(
            "--save",
            type=click.Path(path_type=Path),
            metavar="DIR",
            help="Keep the files in a new folder, readable by you only.",
        ),
        click.option(
            "--trace",
            type=click.Path(path_type=Path),
            metavar="FILE",
            help="Record the (encrypted) exchange with the chip.",
        ),
        click.option(
            "--trace-random",
            is_flag=True,
            help="Record the reader's random numbers too: the trace replays, and can be decrypted."
            " For test documents only.",
        ),
    )(command)


def anchor_options(command: F) -> F:
    """What the signer of the document is to lead to; see ``anchoring.anchors_from``."""
    return click.option(
        "--anchors",
        multiple=True,
        type=click.Path(path_type=Path),
        metavar="PATH",
        help="CSCA certificates, master lists and CRLs, a file or a folder; may be repeated. Else"
        " what `epass trust import` keeps.",
    )(command)


def endpoint_options(command: F) -> F:
    """Where to deliver, and how; keys are never option values."""
    return _all(
        click.option("--session", type=click.UUID, required=True, help="The verification session."),
        click.option(
            "--base-url",
            envvar="EPASS_BASE_URL",
            metavar="URL",
            help="Of your integration; else $EPASS_BASE_URL.",
        ),
        click.option(
            "--credentials",
            type=click.Path(path_type=Path, dir_okay=False),
            metavar="FILE",
            help="File with the lines api_key=KEY and shared_secret=SECRET; else $EPASS_API_KEY and"
            " $EPASS_SHARED_SECRET, else the keyring.",
        ),
        click.option(
            "--compression",
            type=click.Choice(COMPRESSIONS),
            default="gzip",
            show_default=True,
            help="Of the request body.",
        ),
        click.option(
            "--require-trust",
            is_flag=True,
            help="Upload only what is verified up to a trust anchor.",
        ),
    )(command)


def document_options(command: F) -> F:
    """The fictitious document and its chip; `epass simulate --list` names the choices."""
    return _all(
        proof_options,
        click.option(
            "--document",
            default="TD3",
            show_default=True,
            help="Its format; full is a TD3 with all groups and a portrait in JPEG 2000.",
        ),
        click.option(
            "--all-groups", is_flag=True, help="DG1 to DG16, keys to prove itself among them."
        ),
        click.option("--holder", default="eriksson", show_default=True, help="Whose it is."),
        click.option("--lds", default="1.7", show_default=True, help="Version of its LDS."),
        click.option("--image", help="Kind of portrait.  [default: JPEG]"),
        click.option(
            "--face-format",
            default="19794-5",
            show_default=True,
            help="ISO/IEC standard of the faces in DG2.",
        ),
        click.option("--image-size", type=click.IntRange(1), help="Size of the portrait in bytes."),
        click.option("--faces", type=click.IntRange(1, 9), default=1, help="Faces in DG2."),
        click.option("--signature", default="ECDSA", show_default=True, help="Of EF.SOD."),
        click.option("--signer-curve", default="P-256", show_default=True, help="For ECDSA."),
        click.option("--explicit", is_flag=True, help="Explicit curve parameters in keys."),
        click.option("--digest", default="SHA-256", show_default=True, help="Of EF.SOD."),
        click.option("--signer-id", default="issuer-and-serial", help="How EF.SOD names it."),
        click.option("--document-can", default="123456", help="CAN printed on the document."),
        pace_options,
        click.option(
            "--chip-extended/--chip-short", default=True, help="Does it take extended length?"
        ),
        click.option(
            "--quirk", multiple=True, metavar="NAME", help="Of real documents; may be repeated."
        ),
    )(command)


def attack_options(command: F) -> F:
    """A forgery in place of the genuine document, and what the country publishes."""
    return _all(
        click.option("--attack", metavar="NAME", help="Forge it so; see `epass simulate --list`."),
        click.option(
            "--publish",
            type=click.Path(path_type=Path),
            metavar="DIR",
            help="Write the fictitious country's master list, CSCA and CRL to a new folder.",
        ),
    )(command)


def of_document() -> frozenset[str]:
    """The names of ``document_options``, as commands get them."""
    command = click.command()(document_options(lambda **_: None))
    return frozenset(parameter.name for parameter in command.params if parameter.name)


def pace_options(command: F) -> F:
    """How the fictitious document is opened; see ``pace_choices``."""
    return _all(
        click.option("--access", multiple=True, help="PACE, BAC; repeat for both (default)."),
        click.option(
            "--pace",
            multiple=True,
            help="GM (default), IM, CAM, with GM beside it; may be repeated.",
        ),
        click.option(
            "--cipher",
            multiple=True,
            default=("AES-128",),
            show_default=True,
            help="Of PACE; may be repeated.",
        ),
        click.option(
            "--curve",
            multiple=True,
            default=("brainpoolP256r1",),
            show_default=True,
            help="Parameter set of PACE, a curve or MODP group, name or id; may be repeated.",
        ),
        click.option("--card-access", multiple=True, help="What EF.CardAccess has besides."),
        click.option("--cam-parameters", default="explicit", help="Form of the group of CAM."),
        click.option("--pace-lie", metavar="NAME", help="How the chip lies in PACE."),
    )(command)


def proof_options(command: F) -> F:
    """How the fictitious document proves that it is no copy; see ``proof_choices``."""
    return _all(
        click.option("--ca", default="none", show_default=True, help="Chip authentication."),
        click.option("--ca-group", multiple=True, help="Its group; repeat for several keys."),
        click.option("--ca-cipher", multiple=True, help="Of the session; repeat for a choice."),
        click.option("--ca-key-id", type=click.IntRange(0), help="Of the first key."),
        click.option("--ca-parameters", default="explicit", help="Form of its group in DG14."),
        click.option("--ca-info/--no-ca-info", default=True, help="Are its ciphers announced?"),
        click.option("--aa", default="none", show_default=True, help="Active authentication."),
        click.option("--aa-digest", default="SHA-256", show_default=True, help="Of its signature."),
        click.option("--aa-bits", type=int, default=2048, show_default=True, help="For RSA."),
        click.option("--aa-named-sha1", is_flag=True, help="RSA: trailer 33CC instead of BC."),
        click.option("--aa-smaller", is_flag=True, help="RSA: the smaller of the two roots."),
        click.option("--aa-curve", default="brainpoolP256r1", help="For ECDSA."),
        click.option("--aa-explicit", is_flag=True, help="ECDSA: curve in full in DG15."),
        click.option(
            "--aa-info/--no-aa-info", default=True, help="ECDSA: does DG14 tell the hash?"
        ),
        click.option("--aa-encoding", default="plain", help="ECDSA: plain or DER."),
        click.option("--aa-long", default="refuse", help="A signature that is too long for Le."),
        click.option("--proof-lie", metavar="NAME", help="How the chip lies about its proofs."),
    )(command)


def _all(*options: Callable[[F], F]) -> Decorator[F]:
    def decorate(command: F) -> F:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate
