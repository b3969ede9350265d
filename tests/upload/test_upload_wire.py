"""Real sockets: what the peer can do at each moment, and what becomes of it."""

import os
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

import httpx
import pytest
import trustme

from epass.errors import (
    CertificateError,
    NotDeliveredError,
    OutcomeUnknownError,
    PayloadTooLargeError,
    UnreachableError,
    UploadError,
    ValidationFailedError,
)
from epass.sandbox import Fault, Sandbox, serve
from epass.upload import NfcPayload, Retry, Timeouts, UploadEvent, VeriffClient
from epass.upload.wire import Wire

SESSION = "86c71df5-c163-4022-9c94-1fb6dc903a98"
SMALL = NfcPayload(b"c", b"s", b"1", b"2")
LARGE = NfcPayload(b"c", b"s", b"1", b"2" * 511_997)
# struct linger: on, for no time at all.
RESET_ON_CLOSE = struct.pack("hh" if os.name == "nt" else "ii", 1, 0)
QUICK = Timeouts(connect=0.5, write=0.5, read=0.3, pool=0.5, attempt=5.0)

Peer = Callable[[socket.socket], None]


@contextmanager
def peer(behave: Peer) -> Iterator[tuple[str, list[int]]]:
    """A server that treats each connection as ``behave`` says; its URL, and the connections."""
    connections: list[int] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.05)
        stopping = threading.Event()

        def run() -> None:
            while not stopping.is_set():
                try:
                    connection, _ = listener.accept()
                except TimeoutError:
                    continue
                connections.append(1)
                # The client may go away at any moment, as some of these tests want it to.
                with connection, suppress(OSError):
                    connection.settimeout(5)
                    behave(connection)

        thread = threading.Thread(target=run)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}", connections
        finally:
            stopping.set()
            thread.join()


def receive_request(connection: socket.socket) -> bytes:
    """The whole request, by its Content-Length."""
    data = b""
    while b"\r\n\r\n" not in data:
        data += connection.recv(65536)
    head, _, body = data.partition(b"\r\n\r\n")
    fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:])
    while len(body) < int(fields[b"content-length"]):
        body += connection.recv(65536)
    return body


def upload(url: str, payload: NfcPayload = SMALL, **options: Any) -> None:
    settings = {"timeouts": QUICK, "retry": Retry(attempts=2, first=0.0), "compression": "none"}
    with VeriffClient("key", "secret", url, **{**settings, **options}) as client:
        client.upload_nfc(SESSION, payload)


def failure_of(
    behave: Peer, payload: NfcPayload = SMALL, **options: Any
) -> tuple[UploadError, int]:
    with peer(behave) as (url, connections):
        with pytest.raises(UploadError) as caught:
            upload(url, payload, **options)
        return caught.value, len(connections)


# --- before the whole request was sent --------------------------------------------------------


def test_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    events: list[UploadEvent] = []
    with pytest.raises(UnreachableError, match=r"127\.0\.0\.1: the connection failed \(") as caught:
        upload(f"http://127.0.0.1:{port}", on_event=events.append)
    assert caught.value.exit_status == 9
    assert [event.stage for event in events] == ["sending", "waiting", "sending"]


def test_name_that_does_not_exist(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)

    def unknown(*_args: object, **_named: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(UnreachableError, match=r"\(Name or service not known\)"):
        upload("https://station.example")


def test_connection_closed_before_the_request_is_read_is_repeated() -> None:
    def close_at_once(connection: socket.socket) -> None:
        # RST instead of FIN: what is on its way is lost, and the client's writing fails.
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)

    big = Timeouts(connect=1, write=1, read=1, pool=1, attempt=5)
    shrunk = httpx.HTTPTransport(socket_options=[(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)])
    error, connections = failure_of(close_at_once, LARGE, timeouts=big, transport=shrunk)
    assert type(error) is UnreachableError
    assert connections == 2


def test_peer_that_does_not_read_is_given_up_as_undelivered() -> None:
    done = threading.Event()
    shrunk = httpx.HTTPTransport(socket_options=[(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)])

    def never_read(_connection: socket.socket) -> None:
        done.wait(5)

    try:
        with peer(never_read) as (url, _):
            with pytest.raises(UnreachableError, match="the time limit was exceeded") as caught:
                upload(url, LARGE, transport=shrunk, retry=Retry(attempts=1))
            done.set()
    finally:
        done.set()
    assert caught.value.retryable


def test_whole_attempt_has_a_limit_while_sending() -> None:
    def read_slowly(connection: socket.socket) -> None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        for _ in range(100):
            connection.recv(512)
            time.sleep(0.01)

    shrunk = httpx.HTTPTransport(socket_options=[(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)])
    limits = Timeouts(connect=1, write=1, read=1, pool=1, attempt=0.4)
    started = time.monotonic()
    error, _ = failure_of(
        read_slowly, LARGE, transport=shrunk, timeouts=limits, retry=Retry(attempts=1)
    )
    assert type(error) is UnreachableError
    assert "the time limit was exceeded" in str(error)
    assert time.monotonic() - started < 3


# --- an answer before the whole request was read ----------------------------------------------


def test_refusal_before_the_body_was_read_counts() -> None:
    def refuse_early(connection: socket.socket) -> None:
        connection.recv(1024)
        connection.sendall(
            b"HTTP/1.1 413 Too Large\r\nContent-Length: 15\r\nConnection: close\r\n\r\n"
            b'{"code":"1412"}'
        )
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(65536):  # a lingering close, as servers do it
            pass

    error, connections = failure_of(refuse_early, LARGE)
    assert type(error) is PayloadTooLargeError
    assert (error.status, error.api_code, connections) == (413, "1412", 1)


def test_status_of_a_refusal_that_breaks_off_still_counts() -> None:
    def refuse_and_break_off(connection: socket.socket) -> None:
        receive_request(connection)
        connection.sendall(b'HTTP/1.1 400 Bad\r\nContent-Length: 99\r\n\r\n{"code":"1410"')

    error, connections = failure_of(refuse_and_break_off)
    assert type(error) is ValidationFailedError
    assert (error.api_code, connections) == (None, 1)


# --- after the whole request was sent ---------------------------------------------------------


def silent(connection: socket.socket) -> None:
    receive_request(connection)
    connection.recv(1)  # until the client gives up


def gone(connection: socket.socket) -> None:
    receive_request(connection)


def reset(connection: socket.socket) -> None:
    receive_request(connection)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)


def babble(connection: socket.socket) -> None:
    receive_request(connection)
    connection.sendall(b"MARKED this is no HTTP at all\r\n\r\n")


def break_off_in_the_head(connection: socket.socket) -> None:
    receive_request(connection)
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Le")


def break_off_in_the_body(connection: socket.socket) -> None:
    receive_request(connection)
    connection.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"status":"succ')


def stall_in_the_body(connection: socket.socket) -> None:
    break_off_in_the_body(connection)
    connection.recv(1)


def endless_head(connection: socket.socket) -> None:
    receive_request(connection)
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    while True:
        connection.sendall(b"X-More: MARKED" + b"0" * 5000 + b"\r\n")


@pytest.mark.parametrize(
    ("behave", "reason"),
    [
        (silent, "the time limit was exceeded"),
        (gone, "the connection broke off"),
        (reset, "the connection"),
        (babble, "the connection broke off"),
        (break_off_in_the_head, "the connection broke off"),
        (break_off_in_the_body, "the connection broke off"),
        (stall_in_the_body, "the time limit was exceeded"),
        (endless_head, "the connection broke off"),
    ],
)
def test_outcome_is_unknown_and_nothing_is_repeated(behave: Peer, reason: str) -> None:
    error, connections = failure_of(behave)
    assert type(error) is OutcomeUnknownError
    assert f"the request was sent, but then {reason}" in str(error)
    assert (connections, error.exit_status, error.retryable) == (1, 9, False)
    assert not isinstance(error, NotDeliveredError)
    assert "look at the session" in error.advice
    assert "MARKED" not in str(error)
    assert error.__suppress_context__


@pytest.mark.parametrize("head", [b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\nX-Slow: "])
def test_answer_that_drips_exceeds_the_limit_of_the_attempt(head: bytes) -> None:
    def drip(connection: socket.socket) -> None:
        receive_request(connection)
        connection.sendall(head)
        while True:
            connection.sendall(b"a")
            time.sleep(0.02)

    started = time.monotonic()
    limits = Timeouts(connect=1, write=1, read=1, pool=1, attempt=0.4)
    error, connections = failure_of(drip, timeouts=limits)
    assert type(error) is OutcomeUnknownError
    assert "the time limit was exceeded" in str(error)
    assert connections == 1
    assert time.monotonic() - started < 3


def test_slow_sandbox_is_not_waited_for() -> None:
    sandbox = Sandbox("key", "secret", faults=[Fault("slow")], delay=30.0)
    with serve(sandbox) as url, VeriffClient("key", "secret", url, timeouts=QUICK) as client:
        session = sandbox.create_session()
        with pytest.raises(OutcomeUnknownError, match="the time limit was exceeded"):
            client.upload_nfc(session, SMALL)
    assert len(sandbox.stored) == 1


def test_each_attempt_has_a_connection_of_its_own() -> None:
    def busy(connection: socket.socket) -> None:
        receive_request(connection)
        connection.sendall(b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n")
        connection.recv(1)

    _, connections = failure_of(busy, retry=Retry(attempts=3, first=0.0))
    assert connections == 3


# --- proxies ----------------------------------------------------------------------------------


@pytest.fixture
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    return monkeypatch


def test_silent_proxy_has_received_nothing(no_proxies: pytest.MonkeyPatch) -> None:
    def swallow_connect(connection: socket.socket) -> None:
        assert connection.recv(4096).startswith(b"CONNECT station.example:443 ")
        connection.recv(1)

    with peer(swallow_connect) as (url, connections):
        no_proxies.setenv("HTTPS_PROXY", url)
        with pytest.raises(UnreachableError, match="the time limit was exceeded"):
            upload("https://station.example")
    assert len(connections) == 2


def test_proxy_that_refuses(no_proxies: pytest.MonkeyPatch) -> None:
    def refuse(connection: socket.socket) -> None:
        connection.recv(4096)
        connection.sendall(b"HTTP/1.1 407 MARKED\r\nContent-Length: 0\r\n\r\n")

    with peer(refuse) as (url, _):
        no_proxies.setenv("HTTPS_PROXY", url)
        with pytest.raises(UnreachableError, match="the proxy refuses the connection") as caught:
            upload("https://station.example")
    assert "MARKED" not in str(caught.value)


def test_proxy_is_never_asked_for_loopback(no_proxies: pytest.MonkeyPatch) -> None:
    no_proxies.setenv("ALL_PROXY", "http://127.0.0.1:1")
    no_proxies.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    sandbox = Sandbox("key", "secret")
    with serve(sandbox) as url, VeriffClient("key", "secret", url) as client:
        assert client.upload_nfc(sandbox.create_session(), SMALL).signed


# --- TLS --------------------------------------------------------------------------------------


class _QuietHandler(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        pass


class _TlsServer(WSGIServer):
    def handle_error(self, request: Any, client_address: Any) -> None:
        pass  # handshakes that the client breaks off


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@contextmanager
def over_tls(sandbox: Sandbox, certificate: trustme.LeafCert) -> Iterator[int]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    with _TlsServer(("127.0.0.1", 0), _QuietHandler) as server:
        server.set_app(sandbox)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()


def trusting(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


def test_own_certificate_authority(authority: trustme.CA) -> None:
    sandbox = Sandbox("key", "secret")
    certificate = authority.issue_cert("localhost", "127.0.0.1")
    with over_tls(sandbox, certificate) as port:
        url = f"https://127.0.0.1:{port}"
        with VeriffClient("key", "secret", url, tls=trusting(authority)) as client:
            receipt = client.upload_nfc(sandbox.create_session(), LARGE)
    assert sandbox.stored[0].body == LARGE.to_json()
    assert receipt.signed


def test_unknown_authority_is_refused_once(authority: trustme.CA) -> None:
    sandbox = Sandbox("key", "secret")
    events: list[UploadEvent] = []
    with (
        over_tls(sandbox, authority.issue_cert("127.0.0.1")) as port,
        pytest.raises(CertificateError, match="unable to get local issuer") as caught,
    ):
        upload(f"https://127.0.0.1:{port}", on_event=events.append)
    assert (caught.value.exit_status, caught.value.retryable) == (9, False)
    assert "name its file in SSL_CERT_FILE" in caught.value.advice
    assert [event.stage for event in events] == ["sending"]
    assert sandbox.stored == []


def test_certificate_of_another_name_is_refused(authority: trustme.CA) -> None:
    sandbox = Sandbox("key", "secret")
    with (
        over_tls(sandbox, authority.issue_cert("station.example")) as port,
        pytest.raises(CertificateError, match="IP address mismatch"),
    ):
        upload(f"https://127.0.0.1:{port}", tls=trusting(authority))


def test_https_to_a_server_of_http() -> None:
    with (
        serve(Sandbox("key", "secret")) as url,
        pytest.raises(UnreachableError, match=r"TLS failed \("),
    ):
        upload(url.replace("http:", "https:"))


def test_http_to_a_server_of_https(authority: trustme.CA) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    refused: list[str] = []

    def answer_in_tls(connection: socket.socket) -> None:
        body = receive_request(connection)  # all of it, so that the client knows it as sent
        assert body == SMALL.to_json()
        theirs, ours = ssl.MemoryBIO(), ssl.MemoryBIO()
        theirs.write(b"POST /v1 HTTP/1.1\r\n")
        try:
            context.wrap_bio(theirs, ours, server_side=True).do_handshake()
        except ssl.SSLError as error:
            refused.append(str(error.reason))
        connection.sendall(ours.read())

    error, connections = failure_of(answer_in_tls)
    assert refused == ["HTTP_REQUEST"]
    assert (type(error), connections) == (OutcomeUnknownError, 1)


def test_whole_attempt_has_a_limit_over_tls(authority: trustme.CA) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)

    def drip(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True) as secured:
            receive_request(secured)
            while True:
                secured.sendall(b"a")
                time.sleep(0.02)

    limits = Timeouts(connect=1, write=1, read=1, pool=1, attempt=0.5)
    started = time.monotonic()
    with (
        peer(drip) as (url, _),
        pytest.raises(OutcomeUnknownError, match="the time limit was exceeded"),
    ):
        upload(url.replace("http:", "https:"), timeouts=limits, tls=trusting(authority))
    assert time.monotonic() - started < 3


def test_connection_that_comes_after_the_limit_is_cut_at_once() -> None:
    class Stream:
        def __init__(self, ours: socket.socket) -> None:
            self._ours = ours

        def get_extra_info(self, name: str) -> socket.socket:
            assert name == "socket"
            return self._ours

    ours, theirs = socket.socketpair()
    wire = Wire()
    theirs.settimeout(5)
    with ours, theirs:
        with wire.limited(0.0):
            while not wire.expired:
                time.sleep(0.01)
        wire("connection.connect_tcp.complete", {"return_value": Stream(ours)})
        assert theirs.recv(1) == b""
