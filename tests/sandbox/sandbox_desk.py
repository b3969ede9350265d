"""Requests to the sandbox written by hand, from the endpoint's documentation.

Nothing of ``epass.upload`` is used: the two must agree through the documentation alone.
"""

import hashlib
import hmac
import http.client
import json
from base64 import b64encode
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from epass.sandbox import RequestLine, Sandbox

KEY, SECRET = "your-api-key", "your-shared-secret"
FILES = {"com": b"\x60com", "sod": b"\x77sod", "dg1": b"\x61dg1", "dg2": b"\x75dg2" * 100}
UNKNOWN = "f04bdb47-d3be-4b28-b028-a652feb060b5"


@dataclass
class Answer:
    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def failure(self) -> tuple[int, str]:
        assert self.json["status"] == "fail"
        return self.status, self.json["code"]

    @property
    def is_signed(self) -> bool:
        return self.headers["X-HMAC-SIGNATURE"] == signature(self.body)


@dataclass
class Desk:
    """Raw requests to one served sandbox; every answer is from a connection of its own."""

    sandbox: Sandbox
    url: str
    lines: list[RequestLine] = field(default_factory=list)

    def send(
        self, method: str, path: str, body: bytes | None = None, **headers: str | None
    ) -> Answer:
        """``X_AUTH_CLIENT`` and the like; None leaves a header out."""
        given: dict[str, str | None] = {"X_AUTH_CLIENT": KEY, **headers}
        connection = http.client.HTTPConnection(urlsplit(self.url).netloc, timeout=10)
        fields = {name.replace("_", "-"): text for name, text in given.items() if text is not None}
        try:
            connection.request(method, path, body, fields)
            answer = connection.getresponse()
            return Answer(answer.status, answer.headers, answer.read())
        finally:
            connection.close()

    def signed(self, method: str, path: str, body: bytes, **headers: str | None) -> Answer:
        fields: dict[str, str | None] = {
            "X_HMAC_SIGNATURE": signature(body),
            "Content_Type": "application/json",
        }
        return self.send(method, path, body, **{**fields, **headers})

    def media(self, body: bytes | None = None, **headers: str | None) -> Answer:
        session = self.sandbox.create_session()
        content = documents() if body is None else body
        return self.signed("POST", f"/v1/sessions/{session}/media", content, **headers)


def signature(data: bytes, secret: str = SECRET) -> str:
    return hmac.new(secret.encode(), data, hashlib.sha256).hexdigest()


def documents(**changes: object) -> bytes:
    encoded: dict[str, object] = {n: b64encode(c).decode() for n, c in FILES.items()}
    encoded.update(changes)
    kept = {name: text for name, text in encoded.items() if text is not ...}
    return json.dumps({"nfcDocuments": kept}, separators=(",", ":")).encode()
