"""The client of the media endpoint.

Source: the endpoint's documentation of ``POST /v1/sessions/{id}/media``. httpx is imported here
and in ``wire``, nowhere else. Times are in seconds.
"""

import ipaddress
import re
import secrets
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass
from http.cookiejar import CookieJar, DefaultCookiePolicy
from types import TracebackType
from typing import Self

import httpx

from epass.errors import (
    ConfigError,
    EndpointFaultError,
    InputError,
    NotDeliveredError,
    RateLimitedError,
    UnreachableError,
)
from epass.upload.answer import Answer, UploadedMedia, judge
from epass.upload.delivery import COMPRESSIONS, Delivery, Keys
from epass.upload.payload import NfcPayload
from epass.upload.wire import Wire, failure, read_answer

_PATH = re.compile(r"(/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)*")


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Limits for one attempt: each wait of a phase, and ``attempt`` for all of it together."""

    connect: float = 10.0
    write: float = 30.0
    read: float = 60.0
    pool: float = 10.0
    attempt: float = 180.0


@dataclass(frozen=True, slots=True)
class Retry:
    """How often to try, and how long to wait in between, for what may be tried again."""

    attempts: int = 3
    first: float = 0.5
    longest: float = 30.0
    total: float = 60.0

    def __post_init__(self) -> None:
        if not 1 <= self.attempts <= 10:
            raise ConfigError("the number of attempts is not 1 to 10")

    def pause(self, error: NotDeliveredError, attempt: int, waited: float) -> float | None:
        """How long to wait after ``attempt`` (from 1), or None to give up.

        An endpoint that wants a longer wait than the limits allow is not asked again before.
        """
        wait = min(self.first * 2 ** (attempt - 1), self.longest)
        if error.retry_after is not None:
            wait = max(wait, error.retry_after)
        fits = wait <= self.longest and waited + wait <= self.total
        return wait if fits and attempt < self.attempts else None

    def bound(self, wait: float, waited: float) -> float:
        """``wait``, cut to the limits."""
        return min(wait, self.longest, self.total - waited)


@dataclass(frozen=True, slots=True)
class UploadEvent:
    """``stage`` is "sending", "waiting" (``seconds``, because of ``code``) or "delivered"."""

    stage: str
    attempt: int
    attempts: int
    size: int
    seconds: float = 0.0
    code: str | None = None


def _ignore(_event: UploadEvent) -> None:
    return None


def _spread(wait: float) -> float:
    """Between once and one and a half times, so that many desks do not come back at once."""
    return wait * (1 + secrets.randbelow(1000) / 2000)


class VeriffClient:
    """Uploads NFC data to the sessions of one integration. May be shared between threads.

    ``base_url`` is that of the Customer Portal, with or without ``/v1``; https, or http to
    loopback. ``tls`` replaces the trust store, for an endpoint with a certificate authority of
    its own. The environment's proxies and SSL_CERT_FILE are honoured, except towards loopback;
    a proxy sees only the TLS stream. ``sleep``, ``clock`` and ``jitter`` are for tests.

    Raises:
        ConfigError: a key, the URL, the compression or the environment's settings are unusable.
    """

    def __init__(
        self,
        api_key: str,
        shared_secret: str,
        base_url: str,
        *,
        compression: str = "gzip",
        timeouts: Timeouts | None = None,
        retry: Retry | None = None,
        tls: ssl.SSLContext | None = None,
        transport: httpx.BaseTransport | None = None,
        on_event: Callable[[UploadEvent], None] = _ignore,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.time,
        jitter: Callable[[float], float] = _spread,
    ) -> None:
        if compression not in COMPRESSIONS:
            raise ConfigError(f"the compression is none of {', '.join(COMPRESSIONS)}")
        self._keys = Keys(api_key, shared_secret)
        self._base_url = _api_url(base_url)
        self._compression = compression
        self._timeouts = timeouts or Timeouts()
        self._retry = retry or Retry()
        self._on_event = on_event
        self._sleep = sleep
        self._clock = clock
        self._jitter = jitter
        self._http = _http_client(self._base_url, self._timeouts, tls, transport)

    def __repr__(self) -> str:
        return f"VeriffClient({str(self._base_url)!r}, compression={self._compression!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections. The client cannot be used again."""
        self._http.close()

    def upload_nfc(self, session_id: str, payload: NfcPayload) -> UploadedMedia:
        """Upload ``payload`` to the session and return the endpoint's receipt.

        Where the endpoint is unreachable, overloaded (429) or has a fault (5xx) the same bytes
        are sent again, within the limits of ``retry``; nothing else is repeated.

        Raises:
            InputError: ``session_id`` is not a UUID, or the client is closed.
            PayloadTooLargeError: over the limit; refused here before any network, or by the
                endpoint.
            RefusedError: the endpoint says no, by the kind of no.
            NotDeliveredError: given up after the last attempt.
            OutcomeUnknownError: all was sent, and no answer came that can be trusted.
        """
        if self._http.is_closed:
            raise InputError("this client is closed")
        delivery = Delivery.prepare(session_id, payload, self._keys, self._compression)
        waited, attempt = 0.0, 0
        while True:
            attempt += 1
            self._tell("sending", attempt, delivery)
            try:
                receipt = self._try(delivery, attempt)
            except (RateLimitedError, EndpointFaultError, UnreachableError) as error:
                pause = self._retry.pause(error, attempt, waited)
                if pause is None:
                    error.add_note(f"attempts: {attempt}")
                    raise
                seconds, code = self._retry.bound(self._jitter(pause), waited), error.code
            else:
                self._tell("delivered", attempt, delivery)
                return receipt
            self._tell("waiting", attempt, delivery, seconds, code)
            self._sleep(seconds)
            waited += seconds

    def _tell(
        self,
        stage: str,
        attempt: int,
        delivery: Delivery,
        seconds: float = 0.0,
        code: str | None = None,
    ) -> None:
        size = len(delivery.content)
        self._on_event(UploadEvent(stage, attempt, self._retry.attempts, size, seconds, code))

    def _try(self, delivery: Delivery, attempt: int) -> UploadedMedia:
        answer = self._exchange(delivery)
        return judge(
            answer,
            delivery,
            secret=self._keys.shared_secret,
            attempts=attempt,
            now=self._clock(),
        )

    def _exchange(self, delivery: Delivery) -> Answer:
        url = f"{self._base_url}/sessions/{delivery.session_id}/media"
        wire = Wire()
        try:
            with (
                wire.limited(self._timeouts.attempt),
                self._http.stream(
                    "POST",
                    url,
                    content=delivery.content,
                    headers=dict(delivery.headers),
                    extensions={"trace": wire},
                ) as response,
            ):
                return read_answer(response)
        except httpx.HTTPError as exc:
            # Not chained: httpx quotes what the peer sent.
            raise failure(exc, wire, self._base_url.host) from None


def _http_client(
    base_url: httpx.URL,
    timeouts: Timeouts,
    tls: ssl.SSLContext | None,
    transport: httpx.BaseTransport | None,
) -> httpx.Client:
    try:
        return httpx.Client(
            verify=tls or True,
            trust_env=not _is_loopback(base_url.host),
            transport=transport,
            follow_redirects=False,
            event_hooks={"response": [_forget_location]},
            # Nothing that the endpoint sets for one document is sent along with the next.
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
            headers={
                "User-Agent": "epass",
                "Accept": "application/json",
                "Accept-Encoding": "identity",
                # On a kept connection a request can be lost in a way that looks like an endpoint
                # that went silent after it had received everything.
                "Connection": "close",
            },
            timeout=httpx.Timeout(
                connect=timeouts.connect,
                write=timeouts.write,
                read=timeouts.read,
                pool=timeouts.pool,
            ),
        )
    except (ValueError, ImportError, OSError, httpx.InvalidURL):
        raise ConfigError(
            "the proxy or certificate settings of the environment cannot be used",
            advice="Check HTTPS_PROXY, ALL_PROXY, NO_PROXY, SSL_CERT_FILE and SSL_CERT_DIR.",
        ) from None


def _forget_location(response: httpx.Response) -> None:
    """Keep httpx from parsing the target of a redirect that is not followed anyway."""
    response.headers.pop("location", None)


def _api_url(text: str) -> httpx.URL:
    """``text`` checked, and ending in ``/v1``. No message repeats it: it may hold credentials."""
    try:
        url = httpx.URL(text)
        url.host.encode("idna")  # what the resolver does, and httpx lets its UnicodeError out
    except (httpx.InvalidURL, UnicodeError):
        raise ConfigError("the base URL is not a URL") from None
    if url.scheme not in ("https", "http") or not url.host:
        raise ConfigError("the base URL does not start with https:// and a host")
    if url.port is not None and not 0 < url.port < 65536:
        raise ConfigError("the port of the base URL is not 1 to 65535")
    if url.scheme == "http" and not _is_loopback(url.host):
        raise ConfigError("the base URL is http; only https, or http to this machine, is safe")
    if url.userinfo or any(mark in text for mark in "?#@"):
        raise ConfigError("the base URL holds credentials, a query or a fragment")
    path = url.path.rstrip("/")
    if not _PATH.fullmatch(path):
        raise ConfigError("the path of the base URL holds what no base URL has")
    return url.copy_with(path=path if path.endswith("/v1") else f"{path}/v1")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
