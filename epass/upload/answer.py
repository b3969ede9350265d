"""Judge what the endpoint answered: a receipt, or the error that says what to do.

Source: the endpoint's documentation of ``POST /v1/sessions/{id}/media`` and its "Backwards
compatible changes": properties may be added and come in any order. Of an error answer only the
numeric ``code`` is kept: its text is free and may repeat what was sent.
"""

import json
import re
import zlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Any

from epass.errors import (
    AlreadySubmittedError,
    EncodingRefusedError,
    EndpointFaultError,
    InvalidNfcDataError,
    NotDeliveredError,
    PayloadTooLargeError,
    RateLimitedError,
    RefusedError,
    ResponseSignatureError,
    SessionNotFoundError,
    UnauthorizedError,
    UnreadableAnswerError,
    UploadError,
    ValidationFailedError,
)
from epass.upload.delivery import Delivery
from epass.upload.signing import is_signed

MAX_ANSWER = 1024 * 1024  # a documented answer is below 1 KiB; the rest is room for additions

# One header is checked, the first of these that the answer has. The last two are older names of
# the same signature; the documentation spells the last one so.
SIGNATURE_HEADERS = ("x-hmac-signature", "vrf-hmac-signature", "vrf-hmac-sigature")
# The examples say nfcDocument, the schema says nfcDocuments.
_MEDIA_NAMES = ("nfcDocument", "nfcDocuments")
_NFC_DATA_INVALID = "1410"
_MAX_TEXT = 2048
_GZIP, _ZLIB = 31, 15  # zlib's wbits
_API_CODE = re.compile(r"[0-9]{1,6}")
_SECONDS = re.compile(r"[0-9]{1,9}")


@dataclass(frozen=True, slots=True)
class Answer:
    """``headers`` have lower-case names; ``body`` is None where it could not be read whole."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class UploadedMedia:
    """The receipt. Sizes are in bytes; ``size``, ``url`` and the like are the endpoint's word.

    ``signed`` tells whether the answer carried a signature; a wrong one is an error, not False.
    """

    media_id: str
    session_id: str
    name: str | None
    context: str | None
    size: int | None
    mimetype: str | None
    url: str | None
    signed: bool
    status: int
    attempts: int
    compression: str
    raw_size: int
    base64_size: int
    body_size: int
    sent_bytes: int

    def as_dict(self) -> dict[str, str | int | bool | None]:
        return asdict(self)


def decode(raw: bytes, encoding: str) -> bytes | None:
    """Undo a Content-Encoding; None where it is unknown, broken, or expands over the limit."""
    if encoding in ("", "identity"):
        return raw
    windows = {"gzip": _GZIP, "deflate": _ZLIB}
    if encoding not in windows:
        return None
    stream = zlib.decompressobj(windows[encoding])
    try:
        body = stream.decompress(raw, MAX_ANSWER)
    except zlib.error:
        return None
    return body if stream.eof and not stream.unused_data else None


def judge(
    answer: Answer, delivery: Delivery, *, secret: str, attempts: int, now: float
) -> UploadedMedia:
    """The receipt for ``delivery``. ``now`` (Unix time) is what a Retry-After date is held against.

    Raises:
        ResponseSignatureError: the answer, of whatever status, carries a signature that is wrong.
        UnreadableAnswerError: a success that is not as documented.
        RefusedError, NotDeliveredError: the endpoint says no.
    """
    signed = _check_signature(answer, secret)
    if not 200 <= answer.status < 300:
        raise _refusal(answer, now)
    media = _media(answer)
    named = media.get("sessionId")
    if named is not None and str(named).lower() != delivery.session_id:
        raise _unreadable(answer, "it names another session")
    media_id = _text(media, "id")
    if media_id is None:
        raise _unreadable(answer, "it has no media id")
    size = media.get("size")
    return UploadedMedia(
        media_id=media_id,
        session_id=delivery.session_id,
        name=_text(media, "name"),
        context=_text(media, "context"),
        size=size if type(size) is int else None,
        mimetype=_text(media, "mimetype"),
        url=_text(media, "url"),
        signed=signed,
        status=answer.status,
        attempts=attempts,
        compression=delivery.compression,
        raw_size=delivery.raw_size,
        base64_size=delivery.base64_size,
        body_size=delivery.body_size,
        sent_bytes=len(delivery.content),
    )


def _check_signature(answer: Answer, secret: str) -> bool:
    present = next((name for name in SIGNATURE_HEADERS if name in answer.headers), None)
    if present is None or answer.body is None:
        return False
    if not is_signed(answer.body, secret, answer.headers[present]):
        raise ResponseSignatureError(
            f"the answer (status {answer.status}) carries a signature that is not of its body "
            "and the shared secret",
            status=answer.status,
        )
    return True


def _media(answer: Answer) -> dict[str, Any]:
    if answer.body is None:
        raise _unreadable(answer, f"it is encoded wrongly, or longer than {MAX_ANSWER} bytes")
    content = _json(answer.body)
    if content is None:
        raise _unreadable(answer, "it is not a JSON object")
    if content.get("status") != "success":
        raise _unreadable(answer, "its status is not success")
    media = next((content[name] for name in _MEDIA_NAMES if name in content), None)
    if not isinstance(media, dict):
        raise _unreadable(answer, "it describes no NFC document")
    return media


def _refusal(answer: Answer, now: float) -> UploadError:
    status = answer.status
    code = _api_code(answer)
    said = f"status {status}" if code is None else f"status {status}, code {code}"
    if status == 429:
        return RateLimitedError(
            f"the endpoint takes no more requests for now ({said})",
            status=status,
            api_code=code,
            retry_after=_retry_after(answer, now),
        )
    if 500 <= status < 600:
        return EndpointFaultError(
            f"the endpoint has a fault ({said})",
            status=status,
            api_code=code,
            retry_after=_retry_after(answer, now),
        )
    if 300 <= status < 400:
        return RefusedError(
            f"the endpoint redirects ({said}); the document goes nowhere but to the base URL",
            status=status,
            advice="Check the base URL: take it from the Customer Portal, API keys.",
        )
    if 400 <= status < 500:
        kind, problem = _client_error(status, code)
        return kind(f"{problem} ({said})", status=status, api_code=code)
    return _unreadable(answer, "its status is none of HTTP")


def _client_error(status: int, code: str | None) -> tuple[type[UploadError], str]:
    if status == 400:
        if code == _NFC_DATA_INVALID:
            return InvalidNfcDataError, "the endpoint finds the NFC data invalid or incomplete"
        return ValidationFailedError, "the endpoint finds the request invalid"
    return _CLIENT_ERRORS.get(status, (RefusedError, "the endpoint refuses this request"))


_CLIENT_ERRORS: Mapping[int, tuple[type[UploadError], str]] = {
    401: (UnauthorizedError, "the endpoint does not accept the API key or the signature"),
    404: (SessionNotFoundError, "the endpoint does not know this session"),
    408: (NotDeliveredError, "the request did not arrive in time"),
    409: (AlreadySubmittedError, "the session has been submitted"),
    413: (PayloadTooLargeError, "the endpoint finds the payload too large"),
    415: (EncodingRefusedError, "the endpoint does not take this compression"),
}


def _unreadable(answer: Answer, problem: str) -> UnreadableAnswerError:
    return UnreadableAnswerError(
        f"the answer (status {answer.status}) is not as documented: {problem}",
        status=answer.status,
    )


def _json(body: bytes) -> dict[str, Any] | None:
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):  # RecursionError: brackets nested without end
        return None
    return content if isinstance(content, dict) else None


def _api_code(answer: Answer) -> str | None:
    content = None if answer.body is None else _json(answer.body)
    code = str((content or {}).get("code"))
    return code if _API_CODE.fullmatch(code) else None


def _text(media: dict[str, Any], name: str) -> str | None:
    """What may be shown on a terminal: printable, not empty, of bounded length."""
    value = media.get(name)
    if isinstance(value, str) and value.isprintable() and 0 < len(value) <= _MAX_TEXT:
        return value
    return None


def _retry_after(answer: Answer, now: float) -> float | None:
    """Retry-After in seconds from ``now``: a number or a date (RFC 9110 §10.2.3)."""
    value = answer.headers.get("retry-after", "").strip()
    if _SECONDS.fullmatch(value):
        return float(value)
    try:
        moment = parsedate_to_datetime(value[:64])
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        return max(0.0, moment.timestamp() - now)
    except (ValueError, OverflowError):
        return None
