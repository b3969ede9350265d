"""What the sandbox checks of each request, by hand-written requests over real sockets."""

import gzip
import hashlib
import hmac
import io
import json
import os
import socket
import struct
import time
import urllib.request
import zlib
from base64 import b64encode
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit
from wsgiref.util import setup_testing_defaults

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sandbox_desk import FILES, KEY, SECRET, UNKNOWN, Desk, documents, signature

from epass.sandbox import RequestLine, Sandbox, serve
from epass.sandbox.checks import MAX_REQUEST

# struct linger: on, for no time at all.
RESET_ON_CLOSE = struct.pack("hh" if os.name == "nt" else "ii", 1, 0)


@pytest.fixture(scope="module")
def shared() -> Iterator[Desk]:
    lines: list[RequestLine] = []
    sandbox = Sandbox(KEY, SECRET, on_request=lines.append)
    with serve(sandbox) as url:
        yield Desk(sandbox, url, lines)


@pytest.fixture
def desk(shared: Desk) -> Desk:
    shared.lines.clear()
    shared.sandbox.stored.clear()
    return shared


# --- the documented flow ----------------------------------------------------------------------


def test_python_sample_of_the_documentation(desk: Desk) -> None:
    """ "Python" under "Code examples", with NFC data and the standard library."""
    session_id = desk.sandbox.create_session()
    payload = {"nfcDocuments": {n: b64encode(c).decode("utf-8") for n, c in FILES.items()}}
    payload_bytes = json.dumps(payload, separators=(",", ":")).encode("utf-8")
    signed = hmac.new(SECRET.encode("utf-8"), payload_bytes, hashlib.sha256).hexdigest()
    compressed = gzip.compress(payload_bytes)
    request = urllib.request.Request(  # noqa: S310 - the sandbox's own loopback URL
        f"{desk.url}/v1/sessions/{session_id}/media",
        data=compressed,
        headers={
            "X-AUTH-CLIENT": KEY,
            "X-HMAC-SIGNATURE": signed,
            "Content-Type": "application/json",
            "Content-Encoding": "gzip",
        },
    )
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=10) as response:
        assert response.status == 200
        body = json.loads(response.read())
    (stored,) = desk.sandbox.stored
    assert stored.body == payload_bytes
    assert stored.files == FILES
    assert body == {
        "status": "success",
        "nfcDocument": {
            "id": stored.media_id,
            "name": "document-nfc",
            "context": "document-nfc",
            "timestamp": None,
            "size": sum(map(len, FILES.values())),
            "mimetype": "application/octet-stream",
            "url": f"{desk.url}/v1/media/{stored.media_id}",
            "sessionId": session_id,
        },
    }


def test_session_from_creation_to_submission(desk: Desk) -> None:
    verification = {"verification": {"vendorData": "desk 7"}}
    created = desk.send(
        "POST", "/v1/sessions/", json.dumps(verification).encode(), Content_Type="application/json"
    )
    session = created.json["verification"]
    assert created.status == 201
    assert created.json["status"] == "success"
    assert (session["status"], session["vendorData"]) == ("created", "desk 7")
    assert session["url"] == f"{desk.url}/v/{session['sessionToken']}"
    assert created.is_signed

    media = f"/v1/sessions/{session['id']}/media"
    uploaded = desk.signed("POST", media, documents())
    assert uploaded.status == 200
    listed = desk.send("GET", media, X_HMAC_SIGNATURE=signature(session["id"].encode()))
    assert listed.json == {
        "status": "success",
        "images": [],
        "videos": [],
        "nfcDocuments": [uploaded.json["nfcDocument"]],
    }
    assert listed.is_signed

    submission = json.dumps({"verification": {"status": "submitted"}}).encode()
    submitted = desk.signed("PATCH", f"/v1/sessions/{session['id']}", submission)
    assert submitted.status == 200
    assert submitted.json["verification"] == {**session, "status": "submitted"}
    assert submitted.is_signed

    assert desk.signed("POST", media, documents()).failure == (409, "1101")
    assert desk.signed("PATCH", f"/v1/sessions/{session['id']}", submission).failure[0] == 409
    assert len(desk.sandbox.stored) == 1


def test_success_has_the_documented_headers(desk: Desk) -> None:
    answer = desk.media()
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["X-AUTH-CLIENT"] == KEY
    assert answer.is_signed


@pytest.mark.parametrize(
    ("encoding", "compress"), [("gzip", gzip.compress), ("deflate", zlib.compress)]
)
def test_compression(desk: Desk, encoding: str, compress: Any) -> None:
    answer = desk.media(
        compress(documents()), Content_Encoding=encoding, X_HMAC_SIGNATURE=signature(documents())
    )
    assert answer.status == 200
    assert desk.sandbox.stored[0].body == documents()
    assert desk.sandbox.stored[0].encoding == encoding


# --- authentication ---------------------------------------------------------------------------


def test_missing_api_key_is_the_documented_401(desk: Desk) -> None:
    answer = desk.media(X_AUTH_CLIENT=None)
    assert answer.status == 401
    assert answer.json == {
        "status": "fail",
        "code": "1101",
        "message": (
            "Mandatory X-AUTH-CLIENT header containing the API key is missing from the request."
        ),
    }
    assert answer.headers["X-AUTH-CLIENT"] is None
    assert answer.headers["X-HMAC-SIGNATURE"] is None


@pytest.mark.parametrize("key", ["", "another", KEY.upper(), f"{KEY},{KEY}"])
def test_wrong_api_key(desk: Desk, key: str) -> None:
    answer = desk.media(X_AUTH_CLIENT=key)
    assert answer.failure == (401, "1101")
    assert KEY not in str(answer.headers)


@pytest.mark.parametrize(
    "wrong",
    [
        None,
        "",
        signature(documents(), "another"),
        signature(documents()).upper(),
        f"sha256={signature(documents())}",
        signature(gzip.compress(documents(), mtime=0)),
        hashlib.sha256(documents() + SECRET.encode()).hexdigest(),  # the legacy X-SIGNATURE
        f"{signature(documents())},{signature(documents())}",
    ],
)
@pytest.mark.parametrize("encoding", [None, "gzip"])
def test_wrong_signature(desk: Desk, wrong: str | None, encoding: str | None) -> None:
    body = gzip.compress(documents(), mtime=0) if encoding else documents()
    answer = desk.media(body, X_HMAC_SIGNATURE=wrong, Content_Encoding=encoding)
    assert answer.failure == (401, "1101")
    assert desk.sandbox.stored == []


def test_signature_of_other_requests(desk: Desk) -> None:
    session = desk.sandbox.create_session()
    wrong = signature(b"")
    path = f"/v1/sessions/{session}"
    submission = json.dumps({"verification": {"status": "submitted"}}).encode()
    assert desk.send("GET", f"{path}/media", X_HMAC_SIGNATURE=wrong).status == 401
    assert desk.send("GET", f"{path}/media").status == 401
    assert desk.signed("PATCH", path, submission, X_HMAC_SIGNATURE=wrong).status == 401
    assert desk.signed("POST", "/v1/sessions", b"{}", X_HMAC_SIGNATURE=wrong).status == 401


# --- encodings --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "encoding", ["br", "gzip, deflate", "deflate, gzip", "gzip,gzip", "GZIP", "identity", "zstd"]
)
def test_encoding_that_is_not_exactly_gzip_or_deflate(desk: Desk, encoding: str) -> None:
    answer = desk.media(
        gzip.compress(documents()),
        Content_Encoding=encoding,
        X_HMAC_SIGNATURE=signature(documents()),
    )
    assert answer.failure == (415, "1101")
    assert answer.is_signed


RAW_DEFLATE = zlib.compressobj(wbits=-15)


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("gzip", documents()),
        ("deflate", documents()),
        ("gzip", zlib.compress(documents())),
        ("deflate", gzip.compress(documents())),
        ("deflate", RAW_DEFLATE.compress(documents()) + RAW_DEFLATE.flush()),
        ("gzip", gzip.compress(documents())[:-4]),
        ("gzip", gzip.compress(documents()) + b"0"),
        ("gzip", gzip.compress(documents()) * 2),
        ("gzip", b""),
    ],
)
def test_body_that_is_not_encoded_as_it_says(desk: Desk, encoding: str, body: bytes) -> None:
    answer = desk.media(body, Content_Encoding=encoding, X_HMAC_SIGNATURE=signature(documents()))
    assert answer.failure == (400, "1101")


def test_decompression_is_bounded(desk: Desk) -> None:
    bomb = gzip.compress(b" " * (64 * 1024 * 1024))
    started = time.monotonic()
    assert desk.media(bomb, Content_Encoding="gzip").failure == (413, "1412")
    assert time.monotonic() - started < 5


def test_sessions_take_no_compression(desk: Desk) -> None:
    body = gzip.compress(b'{"verification":{}}')
    answer = desk.send("POST", "/v1/sessions", body, Content_Encoding="gzip")
    assert answer.failure == (415, "1101")


@pytest.mark.parametrize("content_type", [None, "text/plain", "application/jsonp", ""])
def test_content_type(desk: Desk, content_type: str | None) -> None:
    assert desk.media(Content_Type=content_type).failure == (400, "1101")


def test_content_type_with_charset(desk: Desk) -> None:
    assert desk.media(Content_Type="application/json; charset=utf-8").status == 200


# --- bodies -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        documents(com=...),
        documents(sod=...),
        documents(dg1=...),
        documents(dg2=...),
        documents(com=""),
        documents(dg2=None),
        documents(dg2=["AA=="]),
        documents(dg2="AA"),
        documents(dg2="AA="),
        documents(dg2="AA==\n"),
        documents(dg2="A A="),
        documents(dg2="AB=="),  # bits that no byte has
        documents(dg2="AA==AA=="),
        documents(dg2="_-8="),
        documents(dg2="é==="),
        documents(dg2="data:;base64,AA=="),
        b'{"nfcDocuments":null}',
        b'{"nfcDocuments":[]}',
        b'{"nfcDocuments":{}}',
    ],
)
def test_nfc_data_that_is_not_the_four_files(desk: Desk, body: bytes) -> None:
    answer = desk.media(body)
    assert answer.status == 400
    assert answer.json == {
        "status": "fail",
        "code": "1410",
        "error": "NFC data format is invalid or missing required fields",
    }
    assert answer.is_signed
    assert desk.sandbox.stored == []


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"{}",
        b"[" * 100_000,
        "{}".encode("utf-16"),
        b'{"image":{"context":"face","content":"AA=="}}',
        documents()[:-1] + b',"image":{}}',
        documents()[:-1] + b",}",
        documents()[:-1] + b',"nfcDocuments":{}}',
        documents()[:-2] + b',"com":"AA=="}}',
        documents(dg14="AA=="),
        documents() + b"x",
    ],
)
def test_body_that_is_not_the_documented_object(desk: Desk, body: bytes) -> None:
    answer = desk.media(body)
    assert answer.status == 400
    assert answer.json == {"status": "fail", "code": "1101", "message": "Validation failed"}
    assert desk.sandbox.stored == []


def test_limit_is_500_kib_of_file_data(desk: Desk) -> None:
    rest = 512_000 - len(FILES["com"] + FILES["sod"] + FILES["dg1"])
    within = documents(dg2=b64encode(b"2" * rest).decode())
    beyond = documents(dg2=b64encode(b"2" * (rest + 1)).decode())
    assert desk.media(within).status == 200
    answer = desk.media(beyond)
    assert answer.status == 413
    assert answer.json == {
        "status": "fail",
        "code": "1412",
        "error": "NFC payload too large. Maximum size is 500KB",
    }
    assert len(desk.sandbox.stored) == 1


def test_huge_body_is_not_kept_and_its_sender_gets_the_answer(desk: Desk) -> None:
    assert desk.media(b"0" * (MAX_REQUEST + 1)).failure == (413, "1412")
    assert desk.lines[-1].received == 0


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{}",
        b'{"verification":[]}',
        b'{"verification":{"vendorData":7}}',
        json.dumps({"verification": {"vendorData": "x" * 1001}}).encode(),
    ],
)
def test_session_that_cannot_be_created(desk: Desk, body: bytes) -> None:
    assert desk.signed("POST", "/v1/sessions", body).failure == (400, "1101")


@pytest.mark.parametrize(
    "body", [b"{}", b'{"verification":{}}', b'{"verification":{"status":"started"}}']
)
def test_status_that_cannot_be_set(desk: Desk, body: bytes) -> None:
    session = desk.sandbox.create_session()
    assert desk.signed("PATCH", f"/v1/sessions/{session}", body).failure == (400, "1101")
    assert desk.signed("POST", f"/v1/sessions/{session}/media", documents()).status == 200


# --- routes and framing -----------------------------------------------------------------------


def test_unknown_session_is_the_documented_404(desk: Desk) -> None:
    answer = desk.signed("POST", f"/v1/sessions/{UNKNOWN}/media", documents())
    assert answer.status == 404
    assert answer.json == {"status": "fail", "code": "1101", "message": "Resource not found"}
    assert answer.is_signed
    submission = b'{"verification":{"status":"submitted"}}'
    assert desk.signed("PATCH", f"/v1/sessions/{UNKNOWN}", submission).status == 404
    listed = desk.send(
        "GET", f"/v1/sessions/{UNKNOWN}/media", X_HMAC_SIGNATURE=signature(UNKNOWN.encode())
    )
    assert listed.status == 404


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 404),
        ("POST", "/sessions", 404),
        ("POST", "/v1/sessions/x/media", 404),
        ("POST", f"/v1/sessions/{UNKNOWN.upper()}/media", 404),
        ("POST", f"/v1/sessions/{UNKNOWN}/media/", 404),
        ("POST", f"/v1/sessions/{UNKNOWN}/../{UNKNOWN}/media", 404),
        ("GET", "/v1/sessions", 405),
        ("PUT", f"/v1/sessions/{UNKNOWN}/media", 405),
        ("DELETE", f"/v1/sessions/{UNKNOWN}", 405),
    ],
)
def test_other_paths_and_methods(desk: Desk, method: str, path: str, status: int) -> None:
    assert desk.signed(method, path, documents()).status == status


def raw(desk: Desk, request: bytes, *, shut: bool = True) -> bytes:
    """Bytes to the socket, as they are; what comes back."""
    port = urlsplit(desk.url).port or 0
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(request)
        if shut:
            connection.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: connection.recv(65536), b""))


@pytest.mark.parametrize(
    ("framing", "status"),
    [
        (b"", b"411"),
        (b"Transfer-Encoding: chunked\r\n", b"411"),
        (b"Transfer-Encoding: chunked\r\nContent-Length: 2\r\n", b"411"),
        (b"Content-Length: -1\r\n", b"400"),
        (b"Content-Length: x\r\n", b"400"),
        (b"Content-Length: 9999999999999\r\n", b"400"),
        (b"Content-Length: 3\r\n", b"400"),
        (b"Content-Length: 99999999\r\n", b"413"),
    ],
)
def test_framing(desk: Desk, framing: bytes, status: bytes) -> None:
    head = b"POST /v1/sessions HTTP/1.1\r\nHost: x\r\nX-AUTH-CLIENT: " + KEY.encode() + b"\r\n"
    assert raw(desk, head + framing + b"\r\n{}").split()[1] == status


@pytest.mark.parametrize(
    "request_bytes", [b"", b"\r\n", b"NONSENSE\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n"]
)
def test_nonsense_does_not_stop_the_server(
    desk: Desk, request_bytes: bytes, capfd: pytest.CaptureFixture[str]
) -> None:
    raw(desk, request_bytes)
    assert desk.media().status == 200
    assert capfd.readouterr() == ("", "")


def test_client_that_vanishes_does_not_stop_the_server(
    desk: Desk, capfd: pytest.CaptureFixture[str]
) -> None:
    port = urlsplit(desk.url).port or 0
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
        connection.sendall(b"POST /v1/sessions HTTP/1.1\r\nContent-Length: 99\r\n\r\n{")
    assert desk.media().status == 200
    assert capfd.readouterr() == ("", "")


def test_body_that_does_not_come() -> None:
    class Stalled(io.BytesIO):
        def read(self, _size: int | None = None) -> bytes:
            raise TimeoutError

    environ = environment("/v1/sessions", b"{}", "", signature(b"{}"))
    status, answer = in_process(Sandbox(KEY, SECRET), {**environ, "wsgi.input": Stalled()})
    assert (status, json.loads(answer)["code"]) == (408, "1101")


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=300) | st.just(documents()), st.text(max_size=60), st.text(max_size=20))
def test_no_request_makes_it_fail(body: bytes, path: str, header: str) -> None:
    """In process, signed, so that what is behind the signature is reached."""
    sandbox = Sandbox(KEY, SECRET)
    for target in (path, f"/v1/sessions/{sandbox.create_session()}/media"):
        for encoding, wire in ((header, body), ("", body), ("gzip", gzip.compress(body, 1))):
            status, answer = in_process(
                sandbox, environment(target, wire, encoding, signature(body))
            )
            assert status in {200, 400, 401, 404, 405, 413, 415}
            assert json.loads(answer)["status"] == ("success" if status == 200 else "fail")


def in_process(sandbox: Sandbox, environ: dict[str, Any]) -> tuple[int, bytes]:
    seen: list[str] = []

    def start_response(status: str, *_: object) -> Callable[[bytes], object]:
        seen.append(status)
        return seen.append  # type: ignore[return-value]

    body = b"".join(sandbox(environ, start_response))
    return int(seen[0][:3]), body


def environment(path: str, body: bytes, encoding: str, signed: str) -> dict[str, Any]:
    environ: dict[str, Any] = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": path,
        "CONTENT_LENGTH": str(len(body)),
        "CONTENT_TYPE": "application/json",
        "HTTP_CONTENT_ENCODING": encoding,
        "HTTP_X_AUTH_CLIENT": KEY,
        "HTTP_X_HMAC_SIGNATURE": signed,
        "wsgi.input": io.BytesIO(body),
    }
    setup_testing_defaults(environ)
    return environ
