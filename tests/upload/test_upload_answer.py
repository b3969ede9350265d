"""Every documented answer, and those that are not, judged without a network."""

import gzip
import json
import zlib
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from epass.errors import (
    AlreadySubmittedError,
    EncodingRefusedError,
    EndpointFaultError,
    EpassError,
    InvalidNfcDataError,
    NotDeliveredError,
    OutcomeUnknownError,
    PayloadTooLargeError,
    RateLimitedError,
    RefusedError,
    ResponseSignatureError,
    SessionNotFoundError,
    UnauthorizedError,
    UnreadableAnswerError,
    UploadError,
    ValidationFailedError,
)
from epass.upload import NfcPayload, UploadedMedia
from epass.upload.answer import MAX_ANSWER, Answer, decode, judge
from epass.upload.delivery import Delivery, Keys
from epass.upload.signing import sign

SESSION = "86c71df5-c163-4022-9c94-1fb6dc903a98"
SECRET = "secret"
DELIVERY = Delivery.prepare(
    SESSION, NfcPayload(b"c", b"s", b"1", b"2"), Keys("key", SECRET), "gzip"
)
NOW = datetime(2026, 11, 1, 12, tzinfo=UTC).timestamp()

# The documented example nfc_data_upload_success.
SUCCESS: dict[str, Any] = {
    "status": "success",
    "nfcDocument": {
        "id": "908d041f-e66e-47de-9664-0950a201fd85",
        "name": "document-nfc",
        "context": "document-nfc",
        "timestamp": None,
        "size": 29584,
        "mimetype": "application/octet-stream",
        "url": "https://exampleURL.com/v1/media/908d041f-e66e-47de-9664-0950a201fd85",
        "sessionId": SESSION,
    },
}


def judged(
    status: int, content: object = None, headers: dict[str, str] | None = None
) -> UploadedMedia:
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    answer = Answer(status, headers or {}, body)
    return judge(answer, DELIVERY, secret=SECRET, attempts=2, now=NOW)


def refused(
    status: int, content: object = None, headers: dict[str, str] | None = None
) -> UploadError:
    with pytest.raises(UploadError) as caught:
        judged(status, content, headers)
    return caught.value


def success_with(**changes: object) -> dict[str, Any]:
    return {**SUCCESS, "nfcDocument": {**SUCCESS["nfcDocument"], **changes}}


def test_documented_success() -> None:
    receipt = judged(200, SUCCESS)
    assert receipt == UploadedMedia(
        media_id="908d041f-e66e-47de-9664-0950a201fd85",
        session_id=SESSION,
        name="document-nfc",
        context="document-nfc",
        size=29584,
        mimetype="application/octet-stream",
        url="https://exampleURL.com/v1/media/908d041f-e66e-47de-9664-0950a201fd85",
        signed=False,
        status=200,
        attempts=2,
        compression="gzip",
        raw_size=4,
        base64_size=16,
        body_size=DELIVERY.body_size,
        sent_bytes=len(DELIVERY.content),
    )
    assert receipt.as_dict()["media_id"] == receipt.media_id


def test_schema_name_unknown_properties_and_any_order() -> None:
    document = dict(reversed([*SUCCESS["nfcDocument"].items(), ("new", [{}])]))
    receipt = judged(201, {"more": 1, "nfcDocuments": document, "status": "success"})
    assert receipt.media_id == SUCCESS["nfcDocument"]["id"]


def test_only_the_id_is_required() -> None:
    receipt = judged(200, {"status": "success", "nfcDocument": {"id": "opaque 1"}})
    assert receipt.media_id == "opaque 1"
    assert (receipt.name, receipt.context, receipt.size) == (None, None, None)
    assert (receipt.mimetype, receipt.url) == (None, None)
    assert receipt.session_id == SESSION


def test_property_of_another_type_is_as_good_as_none() -> None:
    receipt = judged(200, success_with(size=True, name=5, url=["x"], mimetype="\x1b[2J"))
    assert (receipt.size, receipt.name, receipt.url, receipt.mimetype) == (None, None, None, None)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "it is not a JSON object"),
        (b"<html>", "it is not a JSON object"),
        (b'{"status":"success"', "it is not a JSON object"),
        (b"\xff\xfe\xfd", "it is not a JSON object"),
        (b"[" * 100_000, "it is not a JSON object"),
        (b"9" * 5000, "it is not a JSON object"),
        ([], "it is not a JSON object"),
        ({}, "its status is not success"),
        ({**SUCCESS, "status": "fail"}, "its status is not success"),
        ({**SUCCESS, "status": ["success"]}, "its status is not success"),
        ({"status": "success"}, "it describes no NFC document"),
        ({"status": "success", "image": SUCCESS["nfcDocument"]}, "it describes no NFC document"),
        ({"status": "success", "nfcDocument": None}, "it describes no NFC document"),
        ({"status": "success", "nfcDocuments": [{}]}, "it describes no NFC document"),
        (success_with(id=None), "it has no media id"),
        (success_with(id=""), "it has no media id"),
        (success_with(id=7), "it has no media id"),
        (success_with(id="a\nb"), "it has no media id"),
        (success_with(id="a" * 2049), "it has no media id"),
        (success_with(sessionId="f04bdb47-d3be-4b28-b028-a652feb060b5"), "another session"),
        (success_with(sessionId=""), "another session"),
        (success_with(sessionId=[SESSION]), "another session"),
    ],
)
def test_success_that_is_not_as_documented(content: object, problem: str) -> None:
    error = refused(200, content)
    assert type(error) is UnreadableAnswerError
    assert problem in str(error)
    assert (error.status, error.exit_status, error.retryable) == (200, 9, False)


def test_session_id_may_be_missing_or_in_upper_case() -> None:
    assert judged(200, success_with(sessionId=None)).session_id == SESSION
    assert judged(200, success_with(sessionId=SESSION.upper())).session_id == SESSION


REFUSALS = [
    (400, "1410", InvalidNfcDataError, 8),
    (400, "1101", ValidationFailedError, 8),
    (400, None, ValidationFailedError, 8),
    (401, "1101", UnauthorizedError, 8),
    (403, None, RefusedError, 8),
    (404, "1101", SessionNotFoundError, 8),
    (408, None, NotDeliveredError, 9),
    (409, None, AlreadySubmittedError, 8),
    (413, "1412", PayloadTooLargeError, 8),
    (415, None, EncodingRefusedError, 8),
    (422, "12", RefusedError, 8),
    (429, None, RateLimitedError, 9),
    (500, "1101", EndpointFaultError, 9),
    (503, None, EndpointFaultError, 9),
    (599, None, EndpointFaultError, 9),
    (302, None, RefusedError, 8),
    (102, None, UnreadableAnswerError, 9),
    (777, None, UnreadableAnswerError, 9),
]


@pytest.mark.parametrize(("status", "code", "kind", "exit_status"), REFUSALS)
def test_each_answer_is_its_own_error(
    status: int, code: str | None, kind: type[UploadError], exit_status: int
) -> None:
    error = refused(status, {"status": "fail", "code": code, "message": "MARKED free text"})
    assert type(error) is kind
    assert error.exit_status == exit_status
    assert error.status == status
    assert f"status {status}" in str(error)
    assert error.facts["api_code"] == (code if kind is not UnreadableAnswerError else None)
    assert error.advice
    assert "MARKED" not in str(error) + repr(error) + json.dumps(error.as_dict())


def test_redirect_says_so() -> None:
    error = refused(307)
    assert "the endpoint redirects (status 307)" in str(error)
    assert "base URL" in error.advice


@pytest.mark.parametrize(
    "code", ["", "MARKED", "1410 MARKED", "1" * 7, [], {}, 1.5, "\N{ARABIC-INDIC DIGIT ONE}", True]
)
def test_code_that_is_none_is_dropped(code: object) -> None:
    error = refused(400, {"status": "fail", "code": code})
    assert type(error) is ValidationFailedError
    assert error.api_code is None


def test_code_as_a_number_is_the_same_code() -> None:
    assert type(refused(400, {"code": 1410})) is InvalidNfcDataError


@pytest.mark.parametrize("body", [None, b"", b"<html>Bad gateway</html>", b"[" * 100_000])
def test_status_counts_where_the_body_does_not(body: bytes | None) -> None:
    with pytest.raises(PayloadTooLargeError) as caught:
        judge(Answer(413, {}, body), DELIVERY, secret=SECRET, attempts=1, now=NOW)
    assert caught.value.api_code is None


def test_success_that_could_not_be_read_whole() -> None:
    with pytest.raises(UnreadableAnswerError, match="encoded wrongly, or longer than 1048576"):
        judge(Answer(200, {}, None), DELIVERY, secret=SECRET, attempts=1, now=NOW)


@pytest.mark.parametrize("name", ["x-hmac-signature", "vrf-hmac-signature", "vrf-hmac-sigature"])
def test_signature_is_verified_under_each_name(name: str) -> None:
    body = json.dumps(SUCCESS).encode()
    assert judged(200, body, {name: sign(body, SECRET)}).signed
    error = refused(200, body, {name: sign(body, "another")})
    assert type(error) is ResponseSignatureError
    assert isinstance(error, OutcomeUnknownError)


def test_the_current_name_decides() -> None:
    body = json.dumps(SUCCESS).encode()
    headers = {"x-hmac-signature": sign(body, SECRET), "vrf-hmac-signature": "0"}
    assert judged(200, body, headers).signed
    headers = {"x-hmac-signature": "0", "vrf-hmac-signature": sign(body, SECRET)}
    assert type(refused(200, body, headers)) is ResponseSignatureError


@pytest.mark.parametrize("status", [302, 400, 401, 404, 413, 429, 500])
def test_wrong_signature_is_an_error_whatever_the_status(status: int) -> None:
    error = refused(status, {"code": "1410"}, {"x-hmac-signature": "0" * 64})
    assert type(error) is ResponseSignatureError
    assert error.status == status


def test_signature_of_an_error_answer_is_verified_and_then_the_error_counts() -> None:
    body = b'{"status":"fail","code":"1410"}'
    error = refused(400, body, {"x-hmac-signature": sign(body, SECRET)})
    assert type(error) is InvalidNfcDataError


@pytest.mark.parametrize("signature", ["", "é", f"{'0' * 64}, {'0' * 64}", "0" * 63])
def test_malformed_signature_is_a_wrong_one(signature: str) -> None:
    error = refused(200, SUCCESS, {"x-hmac-signature": signature})
    assert type(error) is ResponseSignatureError


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("7", 7.0),
        (" 0 ", 0.0),
        ("Sun, 01 Nov 2026 12:00:30 GMT", 30.0),
        ("Sun, 01 Nov 2026 12:00:30 -0000", 30.0),
        ("Sun, 01 Nov 2026 11:00:00 GMT", 0.0),
        ("", None),
        ("-1", None),
        ("1.5", None),
        ("9" * 5000, None),
        ("soon", None),
        ("Sun, 01 Nov 2026 12:00:30 +99999999999999999999", None),
        ("Sun, 99 Nov 2026 12:00:30 GMT", None),
        ("\N{ARABIC-INDIC DIGIT ONE}", None),
    ],
)
@pytest.mark.parametrize("status", [429, 503])
def test_retry_after(status: int, value: str, seconds: float | None) -> None:
    error = refused(status, {}, {"retry-after": value})
    assert isinstance(error, NotDeliveredError)
    assert error.retry_after == seconds
    assert error.facts["retry_after"] == seconds


@settings(max_examples=200)
@given(
    st.integers(100, 999),
    st.binary(max_size=200) | st.just(json.dumps(SUCCESS).encode()) | st.none(),
    st.dictionaries(st.sampled_from(["x-hmac-signature", "retry-after"]), st.text(max_size=80)),
)
def test_no_answer_gets_out_but_as_a_typed_error(
    status: int, body: bytes | None, headers: dict[str, str]
) -> None:
    answer = Answer(status, headers, body)
    try:
        receipt = judge(answer, DELIVERY, secret=SECRET, attempts=1, now=NOW)
    except EpassError as error:
        assert isinstance(error, UploadError)
    else:
        assert 200 <= status < 300
        assert body == json.dumps(SUCCESS).encode()
        assert receipt.media_id


@settings(max_examples=200)
@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists, max_leaves=3))
def test_no_value_in_the_place_of_another_gets_out_untyped(value: Any) -> None:
    for name in SUCCESS["nfcDocument"]:
        try:
            judged(200, success_with(**{name: value}))
        except UnreadableAnswerError:
            assert name in ("id", "sessionId")
    refused(400, {"code": value})


@settings(max_examples=100)
@given(st.binary(max_size=200), st.sampled_from(["gzip", "deflate", "br", "", "identity"]))
def test_decode_never_raises(raw: bytes, encoding: str) -> None:
    body = decode(raw, encoding)
    assert body is None or encoding in ("", "identity") or len(body) <= MAX_ANSWER


@pytest.mark.parametrize(
    ("encoding", "compress"), [("gzip", gzip.compress), ("deflate", zlib.compress)]
)
def test_decode(encoding: str, compress: Any) -> None:
    assert decode(compress(b"answer"), encoding) == b"answer"
    assert decode(compress(b"0" * MAX_ANSWER), encoding) == b"0" * MAX_ANSWER
    assert decode(compress(b"0" * (MAX_ANSWER + 1)), encoding) is None
    assert decode(compress(b"answer")[:-1], encoding) is None
    assert decode(compress(b"answer") + b"0", encoding) is None
    assert decode(b"answer", encoding) is None
    assert decode(b"answer", f"{encoding}, {encoding}") is None
    assert decode(b"answer", "br") is None
