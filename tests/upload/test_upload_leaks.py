"""Marked secrets and marked personal data stay out of repr, errors, receipts and logs."""

import json
import logging
import traceback
from base64 import b64encode
from collections.abc import Iterator

import httpx
import pytest

from epass.errors import UploadError
from epass.sandbox import FAULTS, Fault, RequestLine, Sandbox, serve
from epass.upload import NfcPayload, Retry, UploadEvent, VeriffClient

KEY, SECRET = "MARKED-api-key", "MARKED-shared-secret"
PERSONAL = [b"MARKED-com", b"MARKED-sod", b"MARKED-dg1-ERIKSSON", b"MARKED-dg2"]
PAYLOAD = NfcPayload(*PERSONAL)
MARKS = [
    "MARKED",
    "ERIKSSON",
    *(b64encode(content).decode()[:12] for content in PERSONAL),
    *(content.hex() for content in PERSONAL),
]


def assert_clean(text: str) -> None:
    assert [mark for mark in MARKS if mark in text] == []


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    with caplog.at_level(logging.DEBUG):
        yield caplog


@pytest.mark.parametrize("fault", [None, *FAULTS])
def test_upload_leaks_nothing(fault: str | None, log: pytest.LogCaptureFixture) -> None:
    shown: list[object] = []
    requests: list[RequestLine] = []
    events: list[UploadEvent] = []
    faults = [] if fault is None else [Fault(fault)]
    sandbox = Sandbox(KEY, SECRET, faults=faults, on_request=requests.append, delay=0.0)
    with (
        serve(sandbox) as url,
        VeriffClient(
            KEY,
            SECRET,
            url,
            retry=Retry(attempts=2, first=0.0),
            on_event=events.append,
            sleep=lambda _: None,
        ) as client,
    ):
        try:
            receipt = client.upload_nfc(sandbox.create_session(), PAYLOAD)
            shown += [receipt, receipt.as_dict()]
        except UploadError as error:
            shown += [error, json.dumps(error.as_dict())]
            shown.append("".join(traceback.format_exception(error)))
        shown += [client, PAYLOAD, *events, *requests, *sandbox.stored]
    for item in shown:
        assert_clean(f"{item!r} {item}")
    assert requests
    assert_clean(log.text)
    assert "HTTP Request: POST" in log.text  # the log was on


def test_response_head_is_what_the_log_leaves_out(log: pytest.LogCaptureFixture) -> None:
    sandbox = Sandbox(KEY, SECRET)
    with serve(sandbox) as url, httpx.Client(trust_env=False) as plain:
        answer = plain.get(url, headers={"X-AUTH-CLIENT": KEY})
        assert answer.headers["X-AUTH-CLIENT"] == KEY  # the endpoint echoes the key
    assert "receive_response_headers.started" in log.text
    assert_clean(log.text)


@pytest.mark.parametrize("text", ["MARKED", '{"code":"MARKED","message":"ERIKSSON"}'])
@pytest.mark.parametrize("status", [200, 302, 400, 403, 429, 500])
def test_free_text_of_the_endpoint_is_dropped(text: str, status: int) -> None:
    headers = {"X-Text": "MARKED", "Retry-After": "MARKED", "Location": "https://MARKED.example"}
    transport = httpx.MockTransport(
        lambda _: httpx.Response(status, headers=headers, stream=httpx.ByteStream(text.encode()))
    )
    client = VeriffClient(
        KEY, SECRET, "https://station.example", transport=transport, sleep=lambda _: None
    )
    with client, pytest.raises(UploadError) as caught:
        client.upload_nfc("86c71df5-c163-4022-9c94-1fb6dc903a98", PAYLOAD)
    assert_clean("".join(traceback.format_exception(caught.value)))
    assert_clean(json.dumps(caught.value.as_dict()))
