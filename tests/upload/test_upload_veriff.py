"""The client: URLs, keys, what is sent, what is repeated; against mocks."""

import gzip
import zlib
from collections.abc import Callable
from dataclasses import replace

import httpx
import pytest
from upload_desk import KEY, PAYLOAD, SECRET, SESSION, SUCCESS, answering, desk

from epass.errors import (
    AlreadySubmittedError,
    Cancelled,
    ConfigError,
    EncodingRefusedError,
    EndpointFaultError,
    InputError,
    InvalidNfcDataError,
    OutcomeUnknownError,
    PayloadTooLargeError,
    RateLimitedError,
    RefusedError,
    ResponseSignatureError,
    SessionNotFoundError,
    UnauthorizedError,
    UnreachableError,
    UnreadableAnswerError,
    UploadError,
)
from epass.upload import Retry, UploadEvent, VeriffClient
from epass.upload.signing import sign

# --- URLs, keys, options ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("base_url", "expected"),
    [
        ("https://station.example", "https://station.example/v1"),
        ("https://station.example/", "https://station.example/v1"),
        ("https://station.example/v1", "https://station.example/v1"),
        ("https://station.example/v1/", "https://station.example/v1"),
        ("https://station.example:8443//", "https://station.example:8443/v1"),
        ("https://gateway.example/veriff", "https://gateway.example/veriff/v1"),
        ("HTTPS://Station.Example/v1", "https://station.example/v1"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080/v1"),
        ("http://127.9.9.9/v1", "http://127.9.9.9/v1"),
        ("http://localhost:1/", "http://localhost:1/v1"),
        ("http://[::1]:8080/v1", "http://[::1]:8080/v1"),
    ],
)
def test_base_url_with_or_without_v1(base_url: str, expected: str) -> None:
    seen, handle = answering(httpx.Response(200, json=SUCCESS))
    with VeriffClient(KEY, SECRET, base_url, transport=httpx.MockTransport(handle)) as client:
        client.upload_nfc(SESSION, PAYLOAD)
        assert repr(client) == f"VeriffClient({expected!r}, compression='gzip')"
    assert str(seen[0].url) == f"{expected}/sessions/{SESSION}/media"


@pytest.mark.parametrize(
    ("base_url", "problem"),
    [
        ("http://station.example", "only https, or http to this machine"),
        ("http://128.0.0.1", "only https, or http to this machine"),
        ("http://127.1", "only https, or http to this machine"),
        ("http://localhost.example", "only https, or http to this machine"),
        ("http://0.0.0.0", "only https, or http to this machine"),
        ("http://[::2]", "only https, or http to this machine"),
        ("ftp://station.example", "does not start with https"),
        ("station.example", "does not start with https"),
        ("//station.example", "does not start with https"),
        ("https://", "does not start with https"),
        ("", "does not start with https"),
        ("https://user:MARKED@station.example", "credentials, a query or a fragment"),
        ("https://MARKED@station.example", "credentials, a query or a fragment"),
        ("https://station.example?MARKED=1", "credentials, a query or a fragment"),
        ("https://station.example?", "credentials, a query or a fragment"),
        ("https://station.example/#MARKED", "credentials, a query or a fragment"),
        ("https://station.example/#", "credentials, a query or a fragment"),
        ("https://station.example/%2e%2e/v1", "the path of the base URL"),
        ("https://station.example/a b", "the path of the base URL"),
        ("https://station.example/a//b", "the path of the base URL"),
        ("https://station.example:0", "the port of the base URL"),
        ("https://station.example:70000", "the port of the base URL"),
        ("https://station.example:x", "is not a URL"),
        ("https://station.example\n", "is not a URL"),
        ("https://a..example", "is not a URL"),
        (f"https://{'a' * 64}.example", "is not a URL"),
        ("https://[::1", "is not a URL"),
    ],
)
def test_base_url_that_is_refused(base_url: str, problem: str) -> None:
    with pytest.raises(ConfigError, match=problem) as caught:
        VeriffClient(KEY, SECRET, base_url)
    assert "MARKED" not in str(caught.value)


def test_unknown_compression() -> None:
    with pytest.raises(ConfigError, match="none of gzip, deflate, none"):
        VeriffClient(KEY, SECRET, "https://station.example", compression="br")


def test_keys_are_checked_at_once() -> None:
    with pytest.raises(ConfigError, match="API key"):
        VeriffClient("a\nb", SECRET, "https://station.example")
    with pytest.raises(ConfigError, match="shared secret"):
        VeriffClient(KEY, "", "https://station.example")


@pytest.mark.parametrize(
    ("name", "value"),
    [("ALL_PROXY", "gopher://x"), ("HTTPS_PROXY", "http://x:port"), ("SSL_CERT_FILE", "/nowhere")],
)
def test_environment_that_cannot_be_used(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for other in (name.lower(), "NO_PROXY", "no_proxy"):
        monkeypatch.delenv(other, raising=False)
    monkeypatch.setenv(name, value)
    with pytest.raises(ConfigError, match="proxy or certificate settings") as caught:
        VeriffClient(KEY, SECRET, "https://station.example")
    assert name in caught.value.advice
    VeriffClient(KEY, SECRET, "http://127.0.0.1:1").close()  # loopback asks no environment


def test_closed_client_says_so() -> None:
    _, at = desk()
    at.client.close()
    with pytest.raises(InputError, match="this client is closed"):
        at.upload()


# --- what is sent -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("compression", "undo"),
    [("gzip", gzip.decompress), ("deflate", zlib.decompress), ("none", bytes)],
)
def test_signed_bytes_are_the_bytes_sent(compression: str, undo: Callable[[bytes], bytes]) -> None:
    seen, at = desk(httpx.Response(200, json=SUCCESS), compression=compression)
    receipt = at.upload()
    (request,) = seen
    body = undo(request.content)
    assert body == PAYLOAD.to_json()
    assert request.method == "POST"
    assert request.headers["x-hmac-signature"] == sign(body, SECRET)
    assert request.headers["x-auth-client"] == KEY
    assert request.headers["content-type"] == "application/json"
    assert request.headers.get("content-encoding", "none") == compression
    assert request.headers["content-length"] == str(len(request.content))
    assert request.headers["accept-encoding"] == "identity"
    assert receipt.sent_bytes == len(request.content)
    assert (receipt.raw_size, receipt.base64_size) == (PAYLOAD.raw_size, PAYLOAD.base64_size)


def test_too_large_is_refused_before_any_network() -> None:
    seen, at = desk()
    with pytest.raises(PayloadTooLargeError, match="the limit is 512000"):
        at.client.upload_nfc(SESSION, replace(PAYLOAD, dg2=b"2" * 512_000))
    assert (seen, at.events) == ([], [])


def test_session_id_is_checked_before_any_network() -> None:
    seen, at = desk()
    with pytest.raises(InputError, match="not a UUID"):
        at.upload("../../v1/sessions")
    assert (seen, at.events) == ([], [])


def test_cookies_are_not_kept() -> None:
    first = httpx.Response(200, json=SUCCESS, headers={"Set-Cookie": "person=1; Path=/"})
    seen, at = desk(first, httpx.Response(200, json=SUCCESS))
    at.client.upload_nfc(SESSION, PAYLOAD)
    at.client.upload_nfc(SESSION, PAYLOAD)
    assert "cookie" not in seen[1].headers


@pytest.mark.parametrize("location", ["https://evil.example/", "http://x:port", "/v2", ""])
def test_redirect_is_not_followed(location: str) -> None:
    seen, at = desk(httpx.Response(307, headers={"Location": location}))
    with pytest.raises(RefusedError, match=r"the endpoint redirects \(status 307\)"):
        at.upload()
    assert len(seen) == 1


def test_encoded_answer_is_signed_as_decoded() -> None:
    body = b'{"status":"success","nfcDocument":{"id":"1"}}'
    headers = {"Content-Encoding": "gzip", "X-HMAC-SIGNATURE": sign(body, SECRET)}
    stream = httpx.ByteStream(gzip.compress(body))
    _, at = desk(httpx.Response(200, headers=headers, stream=stream))
    assert at.upload().signed


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        (b" " * 1_048_577, ""),
        (gzip.compress(b" " * 50_000_000), "gzip"),
        (zlib.compress(b" " * 50_000_000), "deflate"),
        (b"{}", "gzip"),
        (b"{}", "br"),
    ],
    ids=["plain", "gzip", "deflate", "broken", "unknown"],
)
def test_answer_that_would_fill_the_memory(content: bytes, encoding: str) -> None:
    headers = {"Content-Encoding": encoding} if encoding else {}
    _, at = desk(httpx.Response(200, headers=headers, stream=httpx.ByteStream(content)))
    with pytest.raises(UnreadableAnswerError, match="encoded wrongly, or longer than 1048576"):
        at.upload()


# --- what is repeated -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "trouble",
    [
        httpx.Response(429),
        httpx.Response(500),
        httpx.Response(503, content=b"<html>"),
        httpx.ConnectError("refused"),
        httpx.ConnectTimeout("slow"),
        httpx.WriteError("reset"),
        httpx.WriteTimeout("slow"),
        httpx.PoolTimeout("full"),
        httpx.ProxyError("407 MARKED"),
    ],
)
def test_what_may_succeed_later_is_repeated_with_the_same_bytes(
    trouble: httpx.Response | Exception,
) -> None:
    seen, at = desk(trouble, trouble, httpx.Response(200, json=SUCCESS))
    assert at.upload().attempts == 3
    assert at.slept == [0.5, 1.0]
    assert len({request.content for request in seen}) == 1
    assert len({request.headers["x-hmac-signature"] for request in seen}) == 1
    assert [event.stage for event in at.events] == [
        *("sending", "waiting", "sending", "waiting", "sending", "delivered")
    ]
    assert [event.attempt for event in at.events] == [1, 1, 2, 2, 3, 3]
    assert at.events[1].seconds == 0.5
    assert at.events[1].code in ("rate_limited", "endpoint_fault", "unreachable")


@pytest.mark.parametrize(
    ("trouble", "kind"),
    [
        (httpx.Response(429, headers={"Retry-After": "1"}), RateLimitedError),
        (httpx.Response(502), EndpointFaultError),
        (httpx.ConnectError("refused"), UnreachableError),
    ],
)
def test_attempts_are_bounded(trouble: httpx.Response | Exception, kind: type[UploadError]) -> None:
    seen, at = desk(*[trouble] * 9, retry=Retry(attempts=4))
    with pytest.raises(kind) as caught:
        at.upload()
    assert len(seen) == 4
    assert caught.value.__notes__ == ["attempts: 4"]
    assert caught.value.retryable


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (httpx.Response(400, json={"code": "1410"}), InvalidNfcDataError),
        (httpx.Response(401), UnauthorizedError),
        (httpx.Response(404), SessionNotFoundError),
        (httpx.Response(409), AlreadySubmittedError),
        (httpx.Response(413), PayloadTooLargeError),
        (httpx.Response(415), EncodingRefusedError),
        (httpx.Response(200), UnreadableAnswerError),
        (httpx.Response(500, headers={"X-HMAC-SIGNATURE": "0"}), ResponseSignatureError),
        (httpx.ReadTimeout("MARKED"), OutcomeUnknownError),
        (httpx.ReadError("MARKED"), OutcomeUnknownError),
        (httpx.RemoteProtocolError("MARKED"), OutcomeUnknownError),
    ],
)
def test_nothing_else_is_repeated(
    answer: httpx.Response | Exception, kind: type[UploadError]
) -> None:
    seen, at = desk(answer)
    with pytest.raises(UploadError) as caught:
        at.upload()
    assert type(caught.value) is kind
    assert len(seen) == 1
    assert at.slept == []
    assert "MARKED" not in str(caught.value)


@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_is_waited_for(status: int) -> None:
    trouble = httpx.Response(status, headers={"Retry-After": "7"})
    _, at = desk(trouble, httpx.Response(200, json=SUCCESS))
    at.upload()
    assert at.slept == [7.0]


def test_retry_after_as_a_date_is_held_against_the_clock() -> None:
    headers = {"Retry-After": "Thu, 01 Jan 1970 00:00:09 GMT"}
    _, at = desk(httpx.Response(429, headers=headers), httpx.Response(200, json=SUCCESS))
    at.upload()
    assert at.slept == [9.0]


def test_longer_retry_after_than_the_limit_is_told_and_not_waited_for() -> None:
    seen, at = desk(httpx.Response(429, headers={"Retry-After": "31"}))
    with pytest.raises(RateLimitedError) as caught:
        at.upload()
    assert caught.value.retry_after == 31.0
    assert (len(seen), at.slept) == (1, [])


def test_all_waiting_together_is_bounded() -> None:
    trouble = httpx.Response(429, headers={"Retry-After": "25"})
    _, at = desk(*[trouble] * 9, retry=Retry(attempts=10, total=60.0))
    with pytest.raises(RateLimitedError):
        at.upload()
    assert at.slept == [25.0, 25.0]


def test_backoff_doubles_up_to_its_limit() -> None:
    retry = Retry(attempts=7, first=1.0, longest=8.0, total=100.0)
    _, at = desk(*[httpx.Response(500)] * 7, retry=retry)
    with pytest.raises(EndpointFaultError):
        at.upload()
    assert at.slept == [1.0, 2.0, 4.0, 8.0, 8.0, 8.0]


def test_jitter_stays_within_the_limits() -> None:
    retry = Retry(attempts=3, first=4.0, longest=5.0, total=9.0)
    _, at = desk(*[httpx.Response(500)] * 3, retry=retry, jitter=lambda wait: wait * 9)
    with pytest.raises(EndpointFaultError):
        at.upload()
    assert at.slept == [5.0]


def test_default_jitter_never_waits_less() -> None:
    waits: list[float] = []
    for _ in range(20):
        _, handle = answering(httpx.Response(500), httpx.Response(200, json=SUCCESS))
        transport = httpx.MockTransport(handle)
        with VeriffClient(
            KEY, SECRET, "http://localhost:1", transport=transport, sleep=waits.append
        ) as client:
            client.upload_nfc(SESSION, PAYLOAD)
    assert all(0.5 <= wait < 0.75 for wait in waits)
    assert len(set(waits)) > 1


@pytest.mark.parametrize("attempts", [0, 11, -1])
def test_number_of_attempts_is_bounded(attempts: int) -> None:
    with pytest.raises(ConfigError, match="not 1 to 10"):
        Retry(attempts=attempts)


def test_cancelling_from_an_event_stops_between_attempts() -> None:
    def cancel(event: UploadEvent) -> None:
        if event.stage == "waiting":
            raise Cancelled

    seen, handle = answering(httpx.Response(500))
    client = VeriffClient(
        KEY,
        SECRET,
        "https://station.example",
        transport=httpx.MockTransport(handle),
        on_event=cancel,
    )
    with client, pytest.raises(Cancelled):
        client.upload_nfc(SESSION, PAYLOAD)
    assert len(seen) == 1
