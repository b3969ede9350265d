"""What happens between client and endpoint, translated: one answer read, one failure judged.

Every exception of httpx ends here. What becomes of it depends on how far the request got, for
only when all of it was sent can the endpoint have stored it. Times are in seconds.
"""

import logging
import socket
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

import httpx

from epass.errors import CertificateError, OutcomeUnknownError, UnreachableError, UploadError
from epass.upload.answer import MAX_ANSWER, Answer, decode

# Failures that httpx itself places before the end of the request.
_BEFORE = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
    httpx.WriteError,
    httpx.WriteTimeout,
)


class Wire:
    """Follows one request on the wire, through httpx's request extension ``trace``.

    httpcore reads on after a failed write, because a server may refuse before it has read
    everything; so only the trace tells whether the request went out whole. It also hands over
    the connection, which is how the time limit on the whole attempt is kept: a peer that sends
    one byte at a time never exceeds the limit of a single read.
    """

    def __init__(self) -> None:
        self.traced = False
        self.may_be_stored = False
        self.expired = False
        self._stream: Any = None
        self._is_ours = False

    def __call__(self, name: str, info: Mapping[str, Any]) -> None:
        self.traced = True
        if name.endswith(("connect_tcp.complete", "start_tls.complete")):
            self._stream = info["return_value"]
            if self.expired:
                self._cut()
        elif name.endswith("send_request_headers.started"):
            self._is_ours = info["request"].method == b"POST"  # not the CONNECT to a proxy
        elif name.endswith(("send_request_body.complete", "receive_response_headers.complete")):
            self.may_be_stored = self._is_ours

    @contextmanager
    def limited(self, seconds: float) -> Iterator[None]:
        """Cut the connection if the block takes longer."""
        timer = threading.Timer(seconds, self._cut)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def _cut(self) -> None:
        self.expired = True
        if self._stream is not None:
            with suppress(OSError):  # closed meanwhile: just as well
                self._stream.get_extra_info("socket").shutdown(socket.SHUT_RDWR)


def read_answer(response: httpx.Response) -> Answer:
    """Read the answer, at most ``MAX_ANSWER`` bytes of it, before and after decoding.

    An endpoint that refuses early may cut its own answer off: its status still counts.

    Raises:
        httpx.TransportError: a success broke off.
    """
    headers = {name.lower(): value for name, value in response.headers.items()}
    if response.is_stream_consumed:  # a transport without a wire, such as httpx.MockTransport
        return Answer(response.status_code, headers, response.content)
    try:
        body = _read_body(response, headers.get("content-encoding", "").strip().lower())
    except httpx.TransportError:
        if response.is_success:
            raise
        body = None
    return Answer(response.status_code, headers, body)


def _read_body(response: httpx.Response, encoding: str) -> bytes | None:
    raw = bytearray()
    for chunk in response.iter_raw():
        raw += chunk
        if len(raw) > MAX_ANSWER:
            return None
    return decode(bytes(raw), encoding)


def failure(exc: httpx.HTTPError, wire: Wire, host: str) -> UploadError:
    """The error for ``exc``. Its own text is left out: httpx quotes what the peer sent."""
    cause = _os_error(exc)
    if isinstance(cause, ssl.SSLCertVerificationError):
        return CertificateError(f"{host}: {cause.verify_message}")
    reason = _reason(exc, wire, cause)
    if isinstance(exc, _BEFORE) or (wire.traced and not wire.may_be_stored):
        return UnreachableError(f"{host}: {reason}")
    return OutcomeUnknownError(f"{host}: the request was sent, but then {reason}")


def _reason(exc: httpx.HTTPError, wire: Wire, cause: OSError | None) -> str:
    if wire.expired or isinstance(exc, httpx.TimeoutException):
        return "the time limit was exceeded"
    if isinstance(exc, httpx.ProxyError):
        return "the proxy refuses the connection"
    if isinstance(cause, ssl.SSLError):
        return f"TLS failed ({cause.reason})"
    if cause is not None and cause.strerror:
        return f"the connection failed ({cause.strerror})"
    return "the connection broke off"


def _os_error(exc: httpx.HTTPError) -> OSError | None:
    """What the operating system or TLS said: httpcore passes it on as its own argument.

    The chain of contexts is no substitute: it can lead to an error of the caller's.
    """
    inner = exc.__cause__
    given = () if inner is None else inner.args
    return next((item for item in given if isinstance(item, OSError)), None)


class _WithoutHeaders(logging.Filter):
    """At DEBUG httpcore logs the answer's headers, and the endpoint echoes the API key there."""

    def filter(self, record: logging.LogRecord) -> bool:
        return "receive_response_headers.complete" not in record.getMessage()


logging.getLogger("httpcore.http11").addFilter(_WithoutHeaders())
