"""The sandbox's faults, its server, and what it reports."""

import http.client
import socket
import threading
import time
from base64 import b64encode
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from sandbox_desk import FILES, KEY, SECRET, Desk, documents

from epass.errors import ConfigError, InputError
from epass.sandbox import FAULTS, Fault, RequestLine, Sandbox, serve


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


# --- faults -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "status", "code"),
    [
        ("400-1410", 400, "1410"),
        ("400-1101", 400, "1101"),
        ("401", 401, "1101"),
        ("404", 404, "1101"),
        ("409", 409, "1101"),
        ("413", 413, "1412"),
        ("415", 415, "1101"),
        ("429", 429, "1101"),
        ("500", 500, "1101"),
        ("503", 503, "1101"),
    ],
)
def test_refusing_faults_store_nothing(name: str, status: int, code: str) -> None:
    sandbox = Sandbox(KEY, SECRET, faults=[Fault(name)])
    with serve(sandbox) as url:
        answer = Desk(sandbox, url).media()
    assert answer.failure == (status, code)
    assert answer.is_signed is (name != "401")
    assert answer.headers["Retry-After"] == ("1" if name == "429" else None)
    assert sandbox.stored == []


def test_faults_are_used_up_in_order() -> None:
    sandbox = Sandbox(KEY, SECRET, faults=[Fault("503", 2), Fault("429", 1)])
    with serve(sandbox) as url:
        desk = Desk(sandbox, url)
        assert desk.media(X_HMAC_SIGNATURE="0").status == 401  # its own fault uses none up
        assert [desk.media().status for _ in range(5)] == [503, 503, 429, 200, 200]


def test_fault_without_number_lasts() -> None:
    sandbox = Sandbox(KEY, SECRET, faults=[Fault("503")])
    with serve(sandbox) as url:
        assert {Desk(sandbox, url).media().status for _ in range(4)} == {503}


@pytest.mark.parametrize("name", ["cut-off", "stored-then-cut"])
def test_cut_answers_are_shorter_than_they_say(name: str) -> None:
    sandbox = Sandbox(KEY, SECRET, faults=[Fault(name)])
    with serve(sandbox) as url, pytest.raises(http.client.IncompleteRead) as caught:
        Desk(sandbox, url).media()
    assert caught.value.partial.startswith(b'{"status":"success"')
    assert len(sandbox.stored) == (name == "stored-then-cut")


def test_other_faults() -> None:
    answers = {}
    names = ["stored-then-500", "garbage", "oversized", "wrong-session", "bad-signature"]
    names += ["no-signature", "nfcDocuments", "redirect"]
    for name in names:
        sandbox = Sandbox(KEY, SECRET, faults=[Fault(name)])
        with serve(sandbox) as url:
            answers[name] = Desk(sandbox, url).media()
        assert len(sandbox.stored) == (name != "redirect")
    assert answers["stored-then-500"].failure == (500, "1101")
    assert answers["garbage"].body == b"<html>"
    assert len(answers["oversized"].body) > 1024 * 1024
    assert answers["wrong-session"].is_signed
    assert not answers["bad-signature"].is_signed
    assert answers["bad-signature"].headers["X-HMAC-SIGNATURE"] is not None
    assert answers["no-signature"].headers["X-HMAC-SIGNATURE"] is None
    assert set(answers["nfcDocuments"].json) == {"status", "nfcDocuments"}
    assert answers["redirect"].status == 302
    assert answers["redirect"].headers["Location"].endswith("/v2/media")


def test_slow_is_slow_and_ends_with_the_server() -> None:
    sandbox = Sandbox(KEY, SECRET, faults=[Fault("slow", 1)], delay=0.3)
    with serve(sandbox) as url:
        started = time.monotonic()
        assert Desk(sandbox, url).media().status == 200
        assert time.monotonic() - started >= 0.3
    sandbox = Sandbox(KEY, SECRET, faults=[Fault("slow")], delay=60.0)
    started = time.monotonic()
    with serve(sandbox) as url:
        body = documents()
        path = f"/v1/sessions/{sandbox.create_session()}/media"
        waiting = threading.Thread(target=_ignoring_the_end, args=(Desk(sandbox, url), path, body))
        waiting.start()
        while not sandbox.stored:
            time.sleep(0.01)
    waiting.join()
    assert time.monotonic() - started < 10


def _ignoring_the_end(desk: Desk, path: str, body: bytes) -> None:
    try:
        desk.signed("POST", path, body)
    except (OSError, http.client.HTTPException):
        return


@pytest.mark.parametrize("name", FAULTS)
def test_fault_names_parse(name: str) -> None:
    assert Fault.parse(name) == Fault(name)
    assert Fault.parse(f"{name}:3") == Fault(name, 3)


@pytest.mark.parametrize("text", ["", "x", "429:", "429:0", "429:-1", "429:x", "429:1:1", "405"])
def test_other_fault_names_do_not(text: str) -> None:
    with pytest.raises(InputError, match="no such sandbox fault") as caught:
        Fault.parse(text)
    assert "stored-then-500" in caught.value.advice


# --- the server -------------------------------------------------------------------------------


def test_port_is_not_shared() -> None:
    with serve(Sandbox(KEY, SECRET)) as url:
        port = urlsplit(url).port or 0
        with pytest.raises(ConfigError, match=f"port {port} cannot be used"):
            serve(Sandbox(KEY, SECRET), port=port).__enter__()
    sandbox = Sandbox(KEY, SECRET)
    with serve(sandbox, port=port) as again:  # and is free again at once
        assert again == url
        assert Desk(sandbox, again).media().status == 200


@pytest.mark.parametrize("port", [-1, 65536])
def test_port_that_is_none(port: int) -> None:
    with pytest.raises(ConfigError, match="the port is not 0 to 65535"):
        serve(Sandbox(KEY, SECRET), port=port).__enter__()


def test_only_loopback_listens(desk: Desk) -> None:
    assert urlsplit(desk.url).hostname == "127.0.0.1"


def test_silent_connection_does_not_hold_up_the_end() -> None:
    started = time.monotonic()
    with serve(Sandbox(KEY, SECRET)) as url:
        port = urlsplit(url).port or 0
        idle = socket.create_connection(("127.0.0.1", port))
        time.sleep(0.1)
    idle.close()
    assert time.monotonic() - started < 5


def test_requests_at_the_same_time(desk: Desk) -> None:
    session = desk.sandbox.create_session()
    path = f"/v1/sessions/{session}/media"
    statuses: list[int] = []
    threads = [
        threading.Thread(
            target=lambda: statuses.append(desk.signed("POST", path, documents()).status)
        )
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [200] * 8
    assert len({item.media_id for item in desk.sandbox.stored}) == 8


def test_log_lines_have_no_content_and_no_unknown_path(desk: Desk) -> None:
    desk.media()
    desk.signed("POST", "/MARKED?MARKED", b"MARKED", X_AUTH_CLIENT="MARKED")
    desk.send("MARKED", "/v1/sessions", b"")
    first, second, third = desk.lines
    stored = desk.sandbox.stored[0]
    path = f"/v1/sessions/{stored.session_id}/media"
    assert (first.method, first.path, first.status) == ("POST", path, 200)
    assert first.received == len(documents())
    assert (second.method, second.path, second.status) == ("POST", "(unknown)", 401)
    assert (third.method, third.path, third.status) == ("other", "/v1/sessions", 405)
    shown = repr(desk.lines) + repr(stored) + repr(desk.sandbox)
    assert "MARKED" not in shown
    assert b64encode(FILES["dg1"]).decode() not in shown
    assert SECRET not in shown
