"""What the stand-in answers when it refuses, and how it can be told to misbehave.

Source: the endpoint's documentation of ``POST /v1/sessions/{id}/media``, responses 400 to 500.
Of 409 and 415 it gives the status only, and nothing on the others; their bodies have its shape.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Self

from epass.errors import InputError


@dataclass(frozen=True, slots=True)
class Reply:
    """``signature`` is "right", "wrong" or "none"; ``cut`` sends half of the body."""

    status: int
    body: bytes = field(repr=False)
    headers: tuple[tuple[str, str], ...] = ()
    signature: str = "right"
    content_type: str = "application/json"
    cut: bool = False

    @classmethod
    def of(cls, status: int, content: Mapping[str, object], **more: str) -> Self:
        body = json.dumps(content, separators=(",", ":")).encode()
        return cls(status, body, tuple((name.replace("_", "-"), more[name]) for name in more))


def _fail(status: int, code: str, text: str, name: str = "message", **headers: str) -> Reply:
    return Reply.of(status, {"status": "fail", "code": code, name: text}, **headers)


def _unsigned(reply: Reply) -> Reply:
    return replace(reply, signature="none")  # the documentation lists no signature for 401


NO_KEY = "Mandatory X-AUTH-CLIENT header containing the API key is missing from the request."
NFC_INVALID = "NFC data format is invalid or missing required fields"
NFC_TOO_LARGE = "NFC payload too large. Maximum size is 500KB"

REFUSALS: Mapping[str, Reply] = MappingProxyType(
    {
        "400-1101": _fail(400, "1101", "Validation failed"),
        "400-1410": _fail(400, "1410", NFC_INVALID, "error"),
        "401": _unsigned(_fail(401, "1101", "Unauthorized")),
        "401-no-key": _unsigned(_fail(401, "1101", NO_KEY)),
        "404": _fail(404, "1101", "Resource not found"),
        "405": _fail(405, "1101", "Method not allowed"),
        "408": _fail(408, "1101", "Request timeout"),
        "409": _fail(409, "1101", "Conflict"),
        "411": _fail(411, "1101", "Length required"),
        "413": _fail(413, "1412", NFC_TOO_LARGE, "error"),
        "415": _fail(415, "1101", "Unsupported content encoding"),
        "429": _fail(429, "1101", "Too many requests", Retry_After="1"),
        "500": _fail(500, "1101", "Something went wrong"),
        "503": _fail(503, "1101", "Service unavailable"),
    }
)

# What ``Sandbox(faults=...)`` takes. All but the first group come after the upload was stored,
# unless they say otherwise. A request with a fault of its own gets its own answer instead.
FAULTS: Mapping[str, str] = MappingProxyType(
    {
        "400-1410": "refuse: NFC data invalid",
        "400-1101": "refuse: validation failed",
        "401": "refuse: unauthorized",
        "404": "refuse: session not found",
        "409": "refuse: session already submitted",
        "413": "refuse: payload too large (code 1412)",
        "415": "refuse: compression not supported",
        "429": "refuse: too many requests, with Retry-After",
        "500": "fault: internal server error",
        "503": "fault: service unavailable",
        "redirect": "redirect elsewhere; nothing is stored",
        "cut-off": "break off in the middle of the answer; nothing is stored",
        "stored-then-cut": "store, then break off in the middle of the answer",
        "stored-then-500": "store, then answer 500",
        "slow": "store, and answer late",
        "garbage": "store, and answer what is not JSON",
        "oversized": "store, and answer several MiB",
        "wrong-session": "store, and name another session in the answer",
        "bad-signature": "store, and sign the answer with another secret",
        "no-signature": "store, and leave the answer unsigned",
        "nfcDocuments": "store, and name the document as the schema does, not as the examples",
    }
)


@dataclass(frozen=True, slots=True)
class Fault:
    """``name`` is one of ``FAULTS``, applied to the first ``times`` uploads, or to all (None).

    Raises:
        InputError: there is no such fault.
    """

    name: str
    times: int | None = None

    def __post_init__(self) -> None:
        if self.name not in FAULTS or (self.times is not None and self.times < 1):
            raise InputError(
                "there is no such sandbox fault",
                advice=f"Give NAME or NAME:TIMES, the name one of {', '.join(FAULTS)}.",
            )

    @classmethod
    def parse(cls, text: str) -> Self:
        """``429`` is always, ``429:2`` is for the first two uploads.

        Raises:
            InputError: neither of these.
        """
        name, colon, times = text.partition(":")
        if not colon:
            return cls(name)
        return cls(name, int(times) if times.isascii() and times.isdigit() else 0)
