"""`epass read-and-upload` and `upload`: what is sent, what is not, and how a failure is told."""

import json
import os
import socket
from collections.abc import Callable
from pathlib import Path
from types import MappingProxyType

import pytest
from cli_desk import KEY, SECRET, Desk, Endpoint, Run
from open_checks import WITHOUT_ANCHORS

from epass import upload
from epass.cli import options
from epass.lds.names import File
from epass.sim import issuer
from epass.sim.chip import Chip
from epass.sim.issuer import Document


def kept(run: Run, document: Document, place: Path) -> str:
    assert run("read", "--mrz", document.mrz, "--save", str(place)).status == 0
    return str(place)


def test_the_main_job(run: Run, desk: Desk, document: Document, endpoint: Endpoint) -> None:
    result = run("read-and-upload", "--mrz", document.mrz, *endpoint.options)
    assert result.status == 0, result.err
    (stored,) = endpoint.stand_in.stored
    assert stored.files == {
        "com": document.files[File.COM],
        "sod": document.files[File.SOD],
        "dg1": document.files[File.DG1],
        "dg2": document.files[File.DG2],
    }
    assert "ERIKSSON" in result.out
    assert stored.media_id in result.out


def test_the_json_has_the_receipt(
    run: Run, desk: Desk, document: Document, endpoint: Endpoint
) -> None:
    result = run("read-and-upload", "--can", "123456", *endpoint.options, "--format", "json")
    receipt = result.facts["receipt"]
    assert receipt["media_id"] == endpoint.stand_in.stored[0].media_id
    assert receipt["session_id"] == endpoint.session
    assert receipt["signed"] is True


def test_what_was_kept_uploads_without_the_document(
    run: Run, desk: Desk, document: Document, endpoint: Endpoint, tmp_path: Path
) -> None:
    place = kept(run, document, tmp_path / "one")
    before = desk.connections
    result = run("upload", place, *endpoint.options, "--compression", "none")
    assert result.status == 0
    assert desk.connections == before
    assert endpoint.stand_in.stored[0].files["dg2"] == document.files[File.DG2]


def test_a_forged_document_is_not_uploaded(
    run: Run, desk: Desk, document: Document, endpoint: Endpoint
) -> None:
    dg1 = document.files[File.DG1].replace(b"ERIKSSON", b"ERIKSSEN")
    files = MappingProxyType({**document.files, File.DG1: dg1})
    desk.channel = Chip(issuer.Document(files, document.mrz, document.can, "TD3"))
    result = run("read-and-upload", "--mrz", document.mrz, *endpoint.options)
    assert result.status == 6
    assert "verification failed: dg1.hash" in result.err
    assert endpoint.stand_in.stored == []


def test_required_trust_that_is_not_there(
    run: Run, desk: Desk, document: Document, endpoint: Endpoint
) -> None:
    arguments = ("--mrz", document.mrz, *endpoint.options, "--require-trust", "--format", "json")
    result = run("read-and-upload", *arguments)
    assert (result.status, result.facts["receipt"]) == (7, None)
    assert result.error["unknown"] == ",".join(WITHOUT_ANCHORS)
    assert endpoint.stand_in.stored == []


ANSWERS = [
    (("400-1410",), 8, "invalid_nfc_data"),
    (("400-1101",), 8, "validation_failed"),
    (("401",), 8, "unauthorized"),
    (("404",), 8, "session_not_found"),
    (("409",), 8, "already_submitted"),
    (("413",), 8, "payload_too_large"),
    (("415",), 8, "encoding_refused"),
    (("redirect",), 8, "refused"),
    (("stored-then-cut",), 9, "outcome_unknown"),
    (("garbage",), 9, "unreadable_answer"),
    (("bad-signature",), 9, "response_signature"),
]


@pytest.mark.parametrize(("endpoint", "status", "code"), ANSWERS, indirect=["endpoint"])
def test_each_answer_is_its_own_error(
    run: Run, desk: Desk, document: Document, endpoint: Endpoint, status: int, code: str
) -> None:
    arguments = ("--mrz", document.mrz, *endpoint.options, "--format", "json")
    result = run("read-and-upload", *arguments)
    assert (result.status, result.facts["receipt"]) == (status, None)
    assert result.error["code"] == code
    assert result.error["advice"]


@pytest.mark.parametrize("endpoint", [("500:1",), ("503:2",)], indirect=True)
def test_a_passing_fault_is_retried(
    run: Run, desk: Desk, document: Document, endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("epass.upload.veriff.Retry.pause", quick(upload.Retry.pause))
    result = run("read-and-upload", "--mrz", document.mrz, *endpoint.options)
    assert result.status == 0
    assert "next attempt in" in result.err
    assert len(endpoint.stand_in.stored) == 1


def quick(pause: Callable[..., float | None]) -> Callable[..., float | None]:
    def shortened(*arguments: object) -> float | None:
        return None if pause(*arguments) is None else 0.0

    return shortened


REPEATS = [
    (("401",), "--session SESSION"),
    (("404",), "--session NEW-SESSION"),
    (("409",), "--session NEW-SESSION"),
    (("415",), "--session SESSION --compression none"),
    (("stored-then-cut",), "--session SESSION"),
]


@pytest.mark.parametrize(("endpoint", "repeat"), REPEATS, indirect=["endpoint"])
def test_a_failed_upload_says_how_to_repeat(
    run: Run, desk: Desk, document: Document, endpoint: Endpoint, tmp_path: Path, repeat: str
) -> None:
    place = tmp_path / "one two"
    read = ("read-and-upload", "--mrz", document.mrz, *endpoint.options)
    result = run(*read, "--save", str(place))
    command = f"epass upload '{place}' {repeat.replace('SESSION', endpoint.session)}"
    command = command.replace(f"NEW-{endpoint.session}", "NEW-SESSION")
    assert f"To repeat without the document: {command}\n" in result.err
    assert "with --save DIR an upload repeats" in run(*read).err


@pytest.mark.parametrize("endpoint", [("400-1410",), ("413",)], indirect=True)
def test_what_will_be_refused_again_is_not_to_be_repeated(
    run: Run, desk: Desk, document: Document, endpoint: Endpoint, tmp_path: Path
) -> None:
    arguments = ("--mrz", document.mrz, *endpoint.options, "--save", str(tmp_path / "one"))
    assert "repeat" not in run("read-and-upload", *arguments).err


def test_an_interrupted_upload_may_have_arrived(
    run: Run,
    desk: Desk,
    document: Document,
    endpoint: Endpoint,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(upload.VeriffClient, "upload_nfc", interrupted)
    place = tmp_path / "one"
    arguments = ("--mrz", document.mrz, *endpoint.options, "--save", str(place))
    result = run("read-and-upload", *arguments)
    assert result.status == 130
    assert "It may have arrived: look at the session" in result.err
    assert f"epass upload {place} --session {endpoint.session}" in result.err


def test_a_result_that_is_lost_says_that_it_was_uploaded(
    run: Run, desk: Desk, document: Document, endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_text: str, *, err: bool = False, color: bool | None = None) -> None:
        if not err:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr("epass.cli.output.click.echo", full)
    monkeypatch.setattr("epass.cli.output._silence", lambda: None)
    told: list[str] = []
    monkeypatch.setattr("epass.cli.output.say", told.append)
    arguments = ("--mrz", document.mrz, *endpoint.options, "--format", "json")
    assert run("read-and-upload", *arguments).status == 10
    error = json.loads(told[-1])
    assert error["message"] == "the result cannot be written: No space left on device"
    (stored,) = endpoint.stand_in.stored
    assert error["notes"] == [f"Uploaded: media {stored.media_id}, session {endpoint.session}"]


def test_nothing_listens(
    run: Run, desk: Desk, document: Document, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("epass.upload.veriff.Retry.pause", lambda *_: None)
    monkeypatch.setenv("EPASS_API_KEY", KEY)
    monkeypatch.setenv("EPASS_SHARED_SECRET", SECRET)
    arguments = ("--mrz", document.mrz, "--session", options.SANDBOX_SESSION, "--format", "json")
    with socket.socket() as taken:  # bound, so that nobody else has the port, but not listening
        taken.bind(("127.0.0.1", 0))
        monkeypatch.setenv("EPASS_BASE_URL", f"http://127.0.0.1:{taken.getsockname()[1]}")
        result = run("read-and-upload", *arguments)
    assert result.status == 9
    assert result.error["code"] == "unreachable"
    assert result.error["retryable"] is True


def test_what_is_missing_is_named_before_the_chip_is_touched(
    run: Run, desk: Desk, document: Document, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("BASE_URL", "API_KEY", "SHARED_SECRET"):
        monkeypatch.delenv(f"EPASS_{name}", raising=False)
    monkeypatch.setattr("epass.cli.wiring._from_keyring", lambda _name: None)
    arguments = ("read-and-upload", "--mrz", document.mrz, "--session", options.SANDBOX_SESSION)
    result = run(*arguments)
    assert result.status == 10
    assert "not set: EPASS_API_KEY, EPASS_SHARED_SECRET, EPASS_BASE_URL" in result.err
    assert run(*arguments[:-1], "no-uuid").status == 2
    result = run(*arguments, "--base-url", "http://example.com")
    assert result.status == 10
    assert desk.connections == 0


def test_plain_http_goes_to_this_machine_only(
    run: Run, desk: Desk, document: Document, endpoint: Endpoint
) -> None:
    arguments = ("--mrz", document.mrz, *endpoint.options, "--base-url", "http://192.0.2.1")
    result = run("read-and-upload", *arguments)
    assert result.status == 10
    assert "https" in result.err
    assert desk.connections == 0


def test_credentials_from_a_file(
    run: Run,
    desk: Desk,
    document: Document,
    endpoint: Endpoint,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("EPASS_API_KEY")
    monkeypatch.delenv("EPASS_SHARED_SECRET")
    file = tmp_path / "credentials"
    file.write_text(f"# of the test\napi_key={KEY}\nshared_secret = {SECRET}\n")
    file.chmod(0o600)
    arguments = ["read-and-upload", "--mrz", document.mrz, *endpoint.options]
    arguments += ["--credentials", str(file)]
    assert run(*arguments).status == 0
    if os.name != "nt":
        file.chmod(0o644)
        result = run(*arguments)
        assert result.status == 10
        assert f"may be read by others\nRun: chmod 600 {file}" in result.err
    file.chmod(0o600)
    file.write_text(f"secret={SECRET}\n")
    result = run(*arguments)
    assert result.status == 10
    assert "holds other lines" in result.err
    assert SECRET not in result.err


def test_an_edited_folder_is_not_uploaded(
    run: Run, desk: Desk, document: Document, endpoint: Endpoint, tmp_path: Path
) -> None:
    place = Path(kept(run, document, tmp_path / "one"))
    (place / "DG2.bin").write_bytes(document.files[File.DG2][:-1])
    result = run("upload", str(place), *endpoint.options)
    assert result.status == 5
    assert "DG2.bin: changed since it was saved" in result.err
    assert endpoint.stand_in.stored == []


def test_a_failed_json_run_prints_no_result(
    run: Run, desk: Desk, document: Document, endpoint: Endpoint
) -> None:
    result = run("read-and-upload", "--can", "999999", *endpoint.options, "--format", "json")
    assert result.out == ""
    assert json.loads(result.err)["schema"] == "epass.error"


def test_the_compressions_of_the_option_are_those_of_the_client() -> None:
    assert tuple(upload.COMPRESSIONS) == options.COMPRESSIONS
