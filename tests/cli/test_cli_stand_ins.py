"""`epass readers`, `demo`, `simulate` and `sandbox`, and the corners of the command line."""

import http.client
import io
import json
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest
from cli_desk import KEY, SECRET, Desk, Endpoint, Run
from open_checks import WITHOUT_ANCHORS

from epass import pcsc
from epass.card.reader import ReadEvent
from epass.cli import jobs, progress, stand_ins
from epass.cli.main import main
from epass.errors import CommunicationError, EncodingRefusedError, NoReaderError
from epass.lds.names import File
from epass.sandbox import FAULTS
from epass.sim import vpcd
from epass.sim.chip import Chip
from epass.sim.issuer import Document
from epass.upload import UploadedMedia, VeriffClient

LISTED = (pcsc.Reader(0, "Reader of the test", has_card=True), pcsc.Reader(1, "Another"))


def test_readers(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pcsc, "list_readers", lambda: LISTED)
    assert run("readers").out == "0  Reader of the test  (card)\n1  Another\n"
    facts = run("readers", "--format", "json").facts
    assert facts["readers"][0] == {"index": 0, "name": "Reader of the test", "has_card": True}
    monkeypatch.setattr(pcsc, "list_readers", lambda: ())
    none = run("readers")
    assert (none.status, none.out, none.err) == (0, "", "No reader is connected.\n")


DEMOS: list[tuple[tuple[str, ...], dict[str, object]]] = [
    ((), {"protocol": "PACE", "cipher": "AES-128", "password": "MRZ"}),
    (("--access", "BAC"), {"protocol": "BAC", "cipher": "3DES", "group": None}),
    (("--document", "TD1", "--by-can"), {"protocol": "PACE", "password": "CAN"}),
    (("--document", "TD2", "--cipher", "AES-256", "--curve", "P-384"), {"group": "P-384"}),
    (("--curve", "11", "--cipher", "3DES", "--extended"), {"parameter_id": 11}),
    (("--image", "JPEG2000", "--lds", "1.8", "--signature", "RSA-PSS"), {"mapping": "GM"}),
    (("--explicit", "--signer-curve", "brainpoolP256r1", "--faces", "2"), {"mapping": "GM"}),
]


@pytest.mark.parametrize(("options", "access"), DEMOS)
def test_demo(run: Run, options: tuple[str, ...], access: dict[str, object]) -> None:
    result = run("demo", "--format", "json", *options)
    assert result.status == 0, result.err
    facts = result.facts
    assert facts["access"].items() >= access.items()
    assert facts["verdict"] == "unknown"
    open_ = [check["id"] for check in facts["checks"] if check["outcome"] == "unknown"]
    assert open_ == list(WITHOUT_ANCHORS)
    of_pace = {"EF.CardAccess", "DG14"} if access.get("protocol") != "BAC" else set()
    assert set(facts["security_files"]) == of_pace
    assert set(facts["files"]) == {"EF.COM", "EF.SOD", "DG1", "DG2"}
    assert facts["holder"]["surname"] == "ERIKSSON"
    assert facts["payload_bytes"] == sum(facts["files"].values()) == facts["receipt"]["raw_size"]
    assert facts["apdus"] > 8
    assert facts["seconds"] > 0
    assert facts["receipt"]["media_id"]


def test_demo_keeps_and_records(run: Run, tmp_path: Path) -> None:
    kept, trace = tmp_path / "one", tmp_path / "trace.jsonl"
    arguments = ("--save", str(kept), "--trace", str(trace), "--trace-random")
    assert run("demo", *arguments).status == 0
    assert run("show", str(kept)).status == 0
    lines = [json.loads(line) for line in trace.read_text("ascii").splitlines()]
    assert lines[0]["schema"] == "epass.trace"
    assert any("random" in line for line in lines)
    assert run("demo", *arguments).status == 2


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        (("--document", "TD4"), "TD1, TD2, TD3"),
        (("--holder", "nobody"), "eriksson"),
        (("--cipher", "DES"), "3DES, AES-128, AES-192, AES-256"),
        (("--curve", "secp256k1"), "13 brainpoolP256r1"),
        (("--access", "NONE"), "PACE, BAC"),
        (("--document-can", "12"), "CAN: six digits"),
        (("--image-size", "10"), "17688"),
    ],
)
def test_a_choice_that_there_is_not_names_those_that_are(
    run: Run, options: tuple[str, ...], problem: str
) -> None:
    result = run("demo", *options)
    assert (result.status, result.out) == (2, "")
    assert problem in result.err


def test_the_lists_name_what_can_be_chosen(run: Run) -> None:
    facts = run("simulate", "--list", "--format", "json").facts
    assert facts["documents"] == ["TD1", "TD2", "TD3", "full"]
    assert facts["access"] == ["PACE", "BAC"]
    assert [item["id"] for item in facts["parameter_sets"]][-11:] == list(range(8, 19))
    assert set(facts["ciphers"]) == {"3DES", "AES-128", "AES-192", "AES-256"}
    for name in facts["documents"]:
        assert run("demo", "--document", name).status == 0
    text = run("simulate", "--list").out
    assert "brainpoolP512r1" in text
    assert run("sandbox", "--list", "--format", "json").facts["faults"] == dict(FAULTS)


def test_simulate_says_what_lies_on_the_reader(
    run: Run, document: Document, monkeypatch: pytest.MonkeyPatch
) -> None:
    def serve(card: Chip, *, on_seen: Callable[[], None], on_apdu: object, **_: object) -> None:
        on_seen()
        if callable(on_apdu):
            on_apdu(bytes.fromhex("00A4040C07A0000002471001"), bytes.fromhex("9000"))
        raise KeyboardInterrupt

    monkeypatch.setattr(vpcd, "serve", serve)
    result = run("simulate", "--verbose")
    assert result.status == 0
    for line in document.mrz.splitlines():
        assert line in result.out
    assert "00 A4 04 0C  12 bytes -> 2 bytes, 9000" in result.err
    facts = run("simulate", "--format", "json", "--document-can", "654321").facts
    assert (facts["mrz"], facts["can"], facts["port"]) == (document.mrz, "654321", 35963)


def test_simulate_takes_the_next_slot(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[int] = []

    def serve(_card: Chip, *, port: int, on_seen: Callable[[], None], **_: object) -> None:
        tried.append(port)
        if len(tried) == 1:
            raise CommunicationError("not noticed")
        on_seen()

    monkeypatch.setattr(vpcd, "serve", serve)
    assert run("simulate").status == 0
    assert tried == [35963, 35964]


def test_simulate_without_a_slot(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def taken(*_: object, **__: object) -> None:
        raise CommunicationError("not noticed")

    def missing(*_: object, **__: object) -> None:
        raise NoReaderError("no virtual reader listens", advice="Install vsmartcard-vpcd.")

    def closed(*_: object, on_seen: Callable[[], None], **__: object) -> None:
        on_seen()
        raise CommunicationError("the PC/SC service closed the slot")

    for serve, problem in (
        (taken, "no slot of the virtual reader is free"),
        (missing, "Install vsmartcard-vpcd."),
        (closed, "the PC/SC service closed the slot"),
    ):
        monkeypatch.setattr(vpcd, "serve", serve)
        result = run("simulate")
        assert result.status == 3
        assert problem in result.err


def test_the_sandbox_serves_until_ctrl_c(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    class Pressed:
        """An event whose wait asks the sandbox once and is then interrupted."""

        def wait(self, _seconds: float) -> None:
            connection = http.client.HTTPConnection(announced[0].removeprefix("http://"))
            connection.request("GET", "/v1/sessions")
            assert connection.getresponse().status == 401
            connection.close()
            raise KeyboardInterrupt

    announced: list[str] = []

    announce = stand_ins._announce

    def noted(base_url: str, session: str, as_json: bool) -> None:
        announced.append(base_url)
        announce(base_url, session, as_json)

    monkeypatch.setattr(stand_ins, "_announce", noted)
    monkeypatch.setattr(stand_ins, "threading", SimpleNamespace(Event=Pressed))
    for form in ("text", "json"):
        announced.clear()
        result = run("sandbox", "--port", "0", "--format", form)
        assert result.status == 0
        assert announced[0] in result.out
        assert "GET /v1/sessions -> 401" in result.err


def test_a_sandbox_fault_that_there_is_not(run: Run) -> None:
    result = run("sandbox", "--fault", "999")
    assert result.status == 2
    assert "429" in result.err


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("endpoint", [("409",)], indirect=True)
def test_a_person_is_asked_whether_to_keep_what_was_read(
    desk: Desk,
    document: Document,
    endpoint: Endpoint,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    kept = tmp_path / "kept"
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    for answer, told in ((f"{kept}\n", f"epass upload {kept}"), ("\n", "were not kept")):
        monkeypatch.setattr("sys.stdin", Terminal(answer))
        with pytest.raises(SystemExit) as ended:
            main(["read-and-upload", "--mrz", document.mrz, *endpoint.options])
        assert ended.value.code == 8
        assert told in capsys.readouterr().err
    assert jobs.load(kept, {"anchors": ()}).dump.files[File.DG1] == document.files[File.DG1]


def test_keys_from_the_keyring(
    run: Run,
    desk: Desk,
    document: Document,
    endpoint: Endpoint,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("EPASS_API_KEY")
    monkeypatch.delenv("EPASS_SHARED_SECRET")
    kept = {("epass", "api_key"): KEY, ("epass", "shared_secret"): SECRET}
    keyring = ModuleType("keyring")
    keyring.errors = SimpleNamespace(KeyringError=OSError)  # type: ignore[attr-defined]
    keyring.get_password = lambda *name: kept[name]  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "keyring", keyring)
    arguments = ("read-and-upload", "--mrz", document.mrz, *endpoint.options)
    assert run(*arguments).status == 0

    def locked(*_: str) -> str:
        raise OSError("no keyring")

    keyring.get_password = locked  # type: ignore[attr-defined]
    assert run(*arguments).status == 10
    monkeypatch.setitem(sys.modules, "keyring", None)
    assert run(*arguments).status == 10


def test_the_bar_is_for_a_terminal_only(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    event = ReadEvent("file", File.DG2, 100, 200)
    with progress.bar(True) as draw:
        draw(event)
    assert capsys.readouterr().err == ""
    monkeypatch.setenv("FORCE_COLOR", "1")
    with progress.bar(True) as draw:
        draw(ReadEvent("access"))
        draw(event)
    assert "DG2" in capsys.readouterr().err
    with progress.bar(True) as draw:
        draw(event)
        draw(ReadEvent("lost"))
        draw(ReadEvent("proof", File.DG14))
    shown = capsys.readouterr().err
    assert progress.LOST in shown
    assert progress.FOUND in shown


def test_output_that_cannot_be_written_is_said(
    desk: Desk, document: Document, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Full(io.StringIO):
        def write(self, _text: str) -> int:
            raise OSError(28, "No space left on device")

        def fileno(self) -> int:
            raise OSError

    errors = io.StringIO()
    monkeypatch.setattr("sys.stdout", Full())
    monkeypatch.setattr("sys.stderr", errors)
    with pytest.raises(SystemExit) as ended:
        main(["read", "--mrz", document.mrz])
    assert ended.value.code == 10
    assert "the result cannot be written: No space left on device" in errors.getvalue()


def test_sigterm_ends_like_ctrl_c(
    desk: Desk, document: Document, capsys: pytest.CaptureFixture[str]
) -> None:
    class Ended:
        def transmit(self, _command: object) -> object:
            signal.raise_signal(signal.SIGTERM)
            return None

    desk.channel = Ended()  # type: ignore[assignment]
    before = signal.getsignal(signal.SIGTERM)
    try:
        with pytest.raises(SystemExit) as ended:
            main(["read", "--mrz", document.mrz])
    finally:
        signal.signal(signal.SIGTERM, before)
    assert ended.value.code == 130
    assert "cancelled" in capsys.readouterr().err


def test_a_demo_whose_upload_fails_names_no_endpoint(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> UploadedMedia:
        raise EncodingRefusedError("refused")

    monkeypatch.setattr(VeriffClient, "upload_nfc", refuse)
    monkeypatch.setenv("EPASS_BASE_URL", "https://elsewhere.example")
    result = run("demo", "--save", str(tmp_path / "kept"))
    assert result.status == 8
    assert "To repeat without the document: epass upload" in result.err
    assert "--base-url" not in result.err
