"""The checks that the stand-in makes of a request, each from the endpoint's documentation.

A check that fails raises ``RefusalError`` with the answer to give.
"""

import hashlib
import hmac
import json
import re
import zlib
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self
from wsgiref.types import WSGIEnvironment

from epass.sandbox.faults import REFUSALS, Reply

MAX_REQUEST = 4 * 1024 * 1024  # what is kept of a body, before and after decompression
MAX_DISCARD = 64 * 1024 * 1024  # what is read of a larger one, so that its sender gets the answer
MAX_NFC = 500 * 1024  # "Maximum size is 500KB", of the files themselves
REQUIRED = ("com", "sod", "dg1", "dg2")
_PIECE = 64 * 1024
_SIGNATURE = re.compile(r"[0-9a-f]{64}")  # "Lowercase hex HMAC-SHA256 (64 chars, no prefix)"
_WINDOW_BITS = {"gzip": 31, "deflate": 15}  # zlib's wbits for RFC 1952 and RFC 1950


class RefusalError(Exception):
    """Ends the handling of one request; ``reply`` is its answer."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.reply: Reply = REFUSALS[name]


@dataclass(frozen=True, slots=True)
class Request:
    """One request as it came; ``body`` is still compressed."""

    method: str
    path: str
    origin: str
    api_key: str | None = field(repr=False)
    signature: str | None = field(repr=False)
    content_type: str
    encoding: str
    body: bytes = field(repr=False)

    @classmethod
    def read(cls, environ: WSGIEnvironment) -> Self:
        """Read all of it, whatever is wrong with it, or its sender might miss the answer."""
        method = environ["REQUEST_METHOD"]
        body = b"" if method == "GET" else _read_body(environ)
        host = environ.get("HTTP_HOST") or environ["SERVER_NAME"]
        return cls(
            method=method,
            path=environ.get("PATH_INFO", ""),
            origin=f"{environ['wsgi.url_scheme']}://{host}",
            api_key=environ.get("HTTP_X_AUTH_CLIENT"),
            signature=environ.get("HTTP_X_HMAC_SIGNATURE"),
            content_type=environ.get("CONTENT_TYPE", ""),
            encoding=environ.get("HTTP_CONTENT_ENCODING", ""),
            body=body,
        )


def _read_body(environ: WSGIEnvironment) -> bytes:
    length = environ.get("CONTENT_LENGTH", "")
    if not length or "HTTP_TRANSFER_ENCODING" in environ:
        raise RefusalError("411")
    if not re.fullmatch(r"[0-9]{1,12}", length):
        raise RefusalError("400-1101")
    stream = environ["wsgi.input"]
    try:
        if int(length) > MAX_REQUEST:
            _discard(stream, min(int(length), MAX_DISCARD))
            raise RefusalError("413")
        body: bytes = stream.read(int(length))
    except TimeoutError:
        raise RefusalError("408") from None
    if len(body) < int(length):
        raise RefusalError("400-1101")
    return body


def _discard(stream: Any, length: int) -> None:
    while length > 0 and (piece := stream.read(min(length, _PIECE))):
        length -= len(piece)


def check_api_key(request: Request, api_key: str) -> None:
    if request.api_key is None:
        raise RefusalError("401-no-key")
    if not hmac.compare_digest(request.api_key.encode(), api_key.encode()):
        raise RefusalError("401")


def check_signature(request: Request, signed: bytes, secret: str) -> None:
    """POST and PATCH sign the body before compression, GET signs the session id."""
    expected = hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
    given = request.signature or ""
    if not _SIGNATURE.fullmatch(given) or not hmac.compare_digest(given, expected):
        raise RefusalError("401")


def decompressed(request: Request, *, allowed: bool) -> bytes:
    """The body. ``allowed``: compression is documented for the media endpoint only."""
    if not request.encoding:
        return request.body
    if not allowed or request.encoding not in _WINDOW_BITS:
        raise RefusalError("415")
    stream = zlib.decompressobj(_WINDOW_BITS[request.encoding])
    try:
        body = stream.decompress(request.body, MAX_REQUEST)
    except zlib.error:
        raise RefusalError("400-1101") from None
    if len(body) >= MAX_REQUEST:
        raise RefusalError("413")
    if not stream.eof or stream.unused_data:
        raise RefusalError("400-1101")
    return body


def json_object(request: Request, body: bytes) -> dict[str, Any]:
    """The body as JSON: UTF-8, an object, no name twice."""
    if request.content_type.partition(";")[0].strip().lower() != "application/json":
        raise RefusalError("400-1101")
    try:
        content = json.loads(body.decode(), object_pairs_hook=_no_name_twice)
    except (ValueError, RecursionError):
        raise RefusalError("400-1101") from None
    if not isinstance(content, dict):
        raise RefusalError("400-1101")
    return content


def _no_name_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    content = dict(pairs)
    if len(content) != len(pairs):
        raise ValueError
    return content


def nfc_files(content: Mapping[str, Any]) -> dict[str, bytes]:
    """The four files. Image uploads and properties that are not documented are not taken."""
    if set(content) != {"nfcDocuments"}:
        raise RefusalError("400-1101")
    encoded = content["nfcDocuments"]
    if not isinstance(encoded, dict) or not set(REQUIRED) <= set(encoded):
        raise RefusalError("400-1410")
    if set(encoded) != set(REQUIRED):
        raise RefusalError("400-1101")
    files = {name: _base64(encoded[name]) for name in REQUIRED}
    if sum(map(len, files.values())) > MAX_NFC:
        raise RefusalError("413")
    return files


def _base64(text: object) -> bytes:
    """RFC 4648 §4: padded, no white space, unused bits zero, and not empty."""
    try:
        content = b64decode(text, validate=True) if isinstance(text, str) else b""
    except ValueError:
        content = b""
    if not content or b64encode(content).decode() != text:
        raise RefusalError("400-1410")
    return content
