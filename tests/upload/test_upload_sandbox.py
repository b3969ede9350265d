"""Client and sandbox, which know of each other only what the documentation says."""

import httpx
import pytest
from upload_desk import KEY, PAYLOAD, SECRET, Desk

from epass.errors import (
    AlreadySubmittedError,
    EncodingRefusedError,
    EndpointFaultError,
    InvalidNfcDataError,
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
from epass.sandbox import Fault, Sandbox, serve
from epass.upload import NfcPayload, VeriffClient


@pytest.fixture
def sandbox() -> Sandbox:
    return Sandbox(KEY, SECRET)


@pytest.fixture
def in_process(sandbox: Sandbox) -> tuple[Desk, str]:
    return Desk(httpx.WSGITransport(sandbox)), sandbox.create_session()


@pytest.mark.parametrize("compression", ["gzip", "deflate", "none"])
def test_sandbox_stores_the_very_bytes(sandbox: Sandbox, compression: str) -> None:
    session = sandbox.create_session()
    with serve(sandbox) as url, VeriffClient(KEY, SECRET, url, compression=compression) as client:
        receipt = client.upload_nfc(session, PAYLOAD)
    (stored,) = sandbox.stored
    assert stored.body == PAYLOAD.to_json()
    assert list(stored.files.values()) == [PAYLOAD.com, PAYLOAD.sod, PAYLOAD.dg1, PAYLOAD.dg2]
    assert stored.encoding == ("" if compression == "none" else compression)
    assert receipt.media_id == stored.media_id
    assert (receipt.session_id, receipt.name) == (session, "document-nfc")
    assert (receipt.signed, receipt.attempts, receipt.status) == (True, 1, 200)
    assert receipt.size == PAYLOAD.raw_size


def test_sandbox_in_process(in_process: tuple[Desk, str], sandbox: Sandbox) -> None:
    at, session = in_process
    assert at.upload(session).media_id == sandbox.stored[0].media_id


REFUSING = {
    "400-1410": InvalidNfcDataError,
    "400-1101": ValidationFailedError,
    "401": UnauthorizedError,
    "404": SessionNotFoundError,
    "409": AlreadySubmittedError,
    "413": PayloadTooLargeError,
    "415": EncodingRefusedError,
    "redirect": RefusedError,
}
GIVEN_UP = {"429": RateLimitedError, "500": EndpointFaultError, "503": EndpointFaultError}
STORED = {
    "stored-then-cut": OutcomeUnknownError,
    "garbage": UnreadableAnswerError,
    "oversized": UnreadableAnswerError,
    "wrong-session": UnreadableAnswerError,
    "bad-signature": ResponseSignatureError,
}


@pytest.mark.parametrize(("fault", "kind"), {**REFUSING, "cut-off": OutcomeUnknownError}.items())
def test_fault_is_its_own_error_over_a_socket(fault: str, kind: type[UploadError]) -> None:
    sandbox = Sandbox(KEY, SECRET, faults=[Fault(fault)])
    with serve(sandbox) as url, VeriffClient(KEY, SECRET, url) as client:
        session = sandbox.create_session()
        with pytest.raises(UploadError) as caught:
            client.upload_nfc(session, PAYLOAD)
    assert type(caught.value) is kind
    assert sandbox.stored == []


@pytest.mark.parametrize(("fault", "kind"), STORED.items())
def test_fault_after_storing_leaves_the_outcome_unknown(
    fault: str, kind: type[UploadError]
) -> None:
    sandbox = Sandbox(KEY, SECRET, faults=[Fault(fault)])
    with serve(sandbox) as url, VeriffClient(KEY, SECRET, url) as client:
        session = sandbox.create_session()
        with pytest.raises(OutcomeUnknownError) as caught:
            client.upload_nfc(session, PAYLOAD)
    assert type(caught.value) is kind
    assert len(sandbox.stored) == 1


@pytest.mark.parametrize(("fault", "kind"), GIVEN_UP.items())
def test_passing_fault_is_outlived_and_a_lasting_one_is_not(
    fault: str, kind: type[UploadError]
) -> None:
    sandbox = Sandbox(KEY, SECRET, faults=[Fault(fault, 2)])
    at = Desk(httpx.WSGITransport(sandbox))
    assert at.upload(sandbox.create_session()).attempts == 3
    assert at.slept == ([1.0, 1.0] if fault == "429" else [0.5, 1.0])
    lasting = Sandbox(KEY, SECRET, faults=[Fault(fault)])
    with pytest.raises(kind):
        Desk(httpx.WSGITransport(lasting)).upload(lasting.create_session())
    assert lasting.stored == []


def test_fault_after_storing_is_repeated_and_stored_twice() -> None:
    sandbox = Sandbox(KEY, SECRET, faults=[Fault("stored-then-500", 1)])
    receipt = Desk(httpx.WSGITransport(sandbox)).upload(sandbox.create_session())
    assert [item.body for item in sandbox.stored] == [PAYLOAD.to_json()] * 2
    assert receipt.media_id == sandbox.stored[1].media_id


@pytest.mark.parametrize(("fault", "signed"), [("no-signature", False), ("nfcDocuments", True)])
def test_variants_of_success(fault: str, signed: bool) -> None:
    sandbox = Sandbox(KEY, SECRET, faults=[Fault(fault)])
    receipt = Desk(httpx.WSGITransport(sandbox)).upload(sandbox.create_session())
    assert receipt.media_id == sandbox.stored[0].media_id
    assert receipt.signed is signed


def test_wrong_secret_and_wrong_key(sandbox: Sandbox) -> None:
    transport = httpx.WSGITransport(sandbox)
    session = sandbox.create_session()
    for key, secret in ((KEY, "another"), ("another", SECRET)):
        client = VeriffClient(key, secret, "http://localhost", transport=transport)
        with client, pytest.raises(UnauthorizedError) as caught:
            client.upload_nfc(session, PAYLOAD)
        assert caught.value.status == 401
    assert sandbox.stored == []


def test_payload_at_the_limit_is_taken(sandbox: Sandbox) -> None:
    payload = NfcPayload(b"c", b"s", b"1", b"2" * 511_997)
    with serve(sandbox) as url, VeriffClient(KEY, SECRET, url, compression="none") as client:
        assert client.upload_nfc(sandbox.create_session(), payload).raw_size == 512_000
