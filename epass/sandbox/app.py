"""The stand-in as a WSGI application: sessions, uploads, and the documented answers.

Source: the endpoint's documentation of ``POST /v1/sessions``, ``PATCH /v1/sessions/{id}``,
``POST`` and ``GET /v1/sessions/{id}/media``.
"""

import hashlib
import hmac
import re
import secrets
import threading
import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from wsgiref.types import StartResponse, WSGIEnvironment

from epass.sandbox.checks import (
    RefusalError,
    Request,
    check_api_key,
    check_signature,
    decompressed,
    json_object,
    nfc_files,
)
from epass.sandbox.faults import REFUSALS, Fault, Reply

_UUID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_SESSIONS = re.compile(r"/v1/sessions/?")
_SESSION = re.compile(rf"/v1/sessions/({_UUID})")
_MEDIA = re.compile(rf"/v1/sessions/({_UUID})/media")
_MAX_VENDOR_DATA = 1000  # "max 1,000 characters long"
_OVERSIZED = 3 * 1024 * 1024
_NOT_STORED = {"redirect", "cut-off", *REFUSALS}


@dataclass(frozen=True, slots=True)
class StoredMedia:
    """One upload as it arrived: ``body`` after decompression, ``files`` after base64."""

    media_id: str
    session_id: str
    encoding: str
    body: bytes = field(repr=False)
    files: dict[str, bytes] = field(repr=False)

    def describe(self, origin: str) -> dict[str, object]:
        """As in the documented example ``nfc_data_upload_success``."""
        return {
            "id": self.media_id,
            "name": "document-nfc",
            "context": "document-nfc",
            "timestamp": None,
            "size": sum(map(len, self.files.values())),
            "mimetype": "application/octet-stream",
            "url": f"{origin}/v1/media/{self.media_id}",
            "sessionId": self.session_id,
        }


@dataclass(frozen=True, slots=True)
class RequestLine:
    """What a log may show of one request: no content, no key. Sizes are of the bodies, in bytes."""

    method: str
    path: str
    status: int
    received: int
    sent: int


@dataclass(slots=True)
class _Session:
    session_id: str
    token: str = field(repr=False)
    vendor_data: str | None = field(default=None, repr=False)
    status: str = "created"

    def describe(self, origin: str) -> dict[str, object]:
        return {
            "id": self.session_id,
            "url": f"{origin}/v/{self.token}",
            "vendorData": self.vendor_data,
            "host": origin,
            "baseUrl": origin,
            "status": self.status,
            "sessionToken": self.token,
        }


class Sandbox:
    """One integration with one API key and one shared secret; ``stored`` has what arrived.

    ``faults`` are used up in their order, by uploads that would else succeed. ``delay`` is what
    "slow" waits, in seconds. ``on_request`` is called once for each request, on its thread.
    """

    def __init__(
        self,
        api_key: str,
        shared_secret: str,
        *,
        faults: Sequence[Fault] = (),
        delay: float = 5.0,
        on_request: Callable[[RequestLine], None] | None = None,
    ) -> None:
        self.stored: list[StoredMedia] = []
        self._api_key = api_key
        self._secret = shared_secret
        self._faults = list(faults)
        self._delay = delay
        self._on_request = on_request
        self._sessions: dict[str, _Session] = {}
        self._lock = threading.Lock()
        self._stopping = threading.Event()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        request = None
        try:
            request = Request.read(environ)
            reply = self._route(request)
        except RefusalError as refusal:
            reply = refusal.reply
        sent = reply.body[: len(reply.body) // 2] if reply.cut else reply.body
        self._report(environ, request, reply.status, len(sent))
        status = f"{reply.status} {HTTPStatus(reply.status).phrase}"
        start_response(status, self._headers(request, reply))
        return [sent]

    def create_session(self, session_id: str | None = None) -> str:
        """A new session, as ``POST /v1/sessions`` makes one, with an id of its own or this one."""
        return self._new_session(None, session_id).session_id

    def stop(self) -> None:
        """Let slow answers go out now."""
        self._stopping.set()

    def _route(self, request: Request) -> Reply:
        check_api_key(request, self._api_key)
        for pattern, methods in (
            (_SESSIONS, {"POST": self._post_session}),
            (_SESSION, {"PATCH": self._patch_session}),
            (_MEDIA, {"POST": self._post_media, "GET": self._get_media}),
        ):
            match = pattern.fullmatch(request.path)
            if match is not None:
                if request.method not in methods:
                    raise RefusalError("405")
                return methods[request.method](request, *match.groups())
        raise RefusalError("404")

    def _post_session(self, request: Request) -> Reply:
        body = decompressed(request, allowed=False)
        if request.signature is not None:  # the one request that need not be signed
            check_signature(request, body, self._secret)
        verification = json_object(request, body).get("verification")
        if not isinstance(verification, dict):
            raise RefusalError("400-1101")
        vendor_data = verification.get("vendorData")
        if vendor_data is not None and not isinstance(vendor_data, str):
            raise RefusalError("400-1101")
        if vendor_data is not None and len(vendor_data) > _MAX_VENDOR_DATA:
            raise RefusalError("400-1101")
        session = self._new_session(vendor_data)
        return _success(201, "verification", session.describe(request.origin))

    def _new_session(self, vendor_data: str | None, session_id: str | None = None) -> _Session:
        session = _Session(session_id or str(uuid.uuid4()), secrets.token_urlsafe(48), vendor_data)
        with self._lock:
            self._sessions[session.session_id] = session
        return session

    def _patch_session(self, request: Request, session_id: str) -> Reply:
        body = decompressed(request, allowed=False)
        check_signature(request, body, self._secret)
        verification = json_object(request, body).get("verification")
        if not isinstance(verification, dict) or verification.get("status") != "submitted":
            raise RefusalError("400-1101")
        with self._lock:
            session = self._open_session(session_id)
            session.status = "submitted"
        return _success(200, "verification", session.describe(request.origin))

    def _get_media(self, request: Request, session_id: str) -> Reply:
        check_signature(request, session_id.encode(), self._secret)
        with self._lock:
            if session_id not in self._sessions:
                raise RefusalError("404")
            found = [item for item in self.stored if item.session_id == session_id]
        described = [item.describe(request.origin) for item in found]
        lists = {"images": [], "videos": [], "nfcDocuments": described}
        return Reply.of(200, {"status": "success", **lists})

    def _post_media(self, request: Request, session_id: str) -> Reply:
        body = decompressed(request, allowed=True)
        check_signature(request, body, self._secret)
        with self._lock:
            self._open_session(session_id)
        files = nfc_files(json_object(request, body))
        media = StoredMedia(str(uuid.uuid4()), session_id, request.encoding, body, files)
        with self._lock:
            self._open_session(session_id)  # again: it may have been submitted meanwhile
            fault = self._next_fault()
            if fault not in _NOT_STORED:
                self.stored.append(media)
                self._sessions[session_id].status = "started"
        return self._answer(media, fault, request.origin)

    def _open_session(self, session_id: str) -> _Session:
        session = self._sessions.get(session_id)
        if session is None:
            raise RefusalError("404")
        if session.status == "submitted":
            raise RefusalError("409")
        return session

    def _next_fault(self) -> str | None:
        if not self._faults:
            return None
        fault = self._faults[0]
        if fault.times == 1:
            del self._faults[0]
        elif fault.times is not None:
            self._faults[0] = replace(fault, times=fault.times - 1)
        return fault.name

    def _answer(self, media: StoredMedia, fault: str | None, origin: str) -> Reply:
        reply = _success(200, "nfcDocument", media.describe(origin))
        if fault is None:
            return reply
        if fault in REFUSALS:
            return REFUSALS[fault]
        if fault == "slow":
            self._stopping.wait(self._delay)
            return reply
        return _FAULTY[fault](reply, media, origin)

    def _headers(self, request: Request | None, reply: Reply) -> list[tuple[str, str]]:
        headers = [
            ("Content-Type", reply.content_type),
            ("Content-Length", str(len(reply.body))),
            *reply.headers,
        ]
        if request is not None and request.api_key == self._api_key:
            headers.append(("X-AUTH-CLIENT", self._api_key))
        if reply.signature != "none":
            secret = self._secret if reply.signature == "right" else f"not {self._secret}"
            signature = hmac.new(secret.encode(), reply.body, hashlib.sha256).hexdigest()
            headers.append(("X-HMAC-SIGNATURE", signature))
        return headers

    def _report(
        self, environ: WSGIEnvironment, request: Request | None, status: int, sent: int
    ) -> None:
        if self._on_request is None:
            return
        path, method = environ.get("PATH_INFO", ""), environ["REQUEST_METHOD"]
        known = any(pattern.fullmatch(path) for pattern in (_SESSIONS, _SESSION, _MEDIA))
        self._on_request(
            RequestLine(
                method=method if method in ("GET", "POST", "PATCH") else "other",
                path=path if known else "(unknown)",
                status=status,
                received=0 if request is None else len(request.body),
                sent=sent,
            )
        )


def _success(status: int, name: str, content: dict[str, object]) -> Reply:
    return Reply.of(status, {"status": "success", name: content})


def _schema_name(_reply: Reply, media: StoredMedia, origin: str) -> Reply:
    return _success(200, "nfcDocuments", media.describe(origin))


def _wrong_session(_reply: Reply, media: StoredMedia, origin: str) -> Reply:
    other = {**media.describe(origin), "sessionId": str(uuid.uuid4())}
    return _success(200, "nfcDocument", other)


def _redirect(_reply: Reply, _media: StoredMedia, origin: str) -> Reply:
    return replace(Reply.of(302, {}, Location=f"{origin}/v2/media"), signature="none")


_FAULTY: dict[str, Callable[[Reply, StoredMedia, str], Reply]] = {
    "redirect": _redirect,
    "cut-off": lambda reply, *_: replace(reply, cut=True),
    "stored-then-cut": lambda reply, *_: replace(reply, cut=True),
    "stored-then-500": lambda *_: REFUSALS["500"],
    "garbage": lambda *_: Reply(200, b"<html>", signature="none", content_type="text/html"),
    "oversized": lambda *_: Reply(200, b" " * _OVERSIZED),
    "wrong-session": _wrong_session,
    "bad-signature": lambda reply, *_: replace(reply, signature="wrong"),
    "no-signature": lambda reply, *_: replace(reply, signature="none"),
    "nfcDocuments": _schema_name,
}
