"""No personal data and no secret comes out where it does not belong.

Everything that is marked is of a fictitious person and of this test alone. It is looked for in
reprs, errors, logs, traces, what the command line says on stderr, and temporary files.
"""

import copy
import logging
import tempfile
import traceback
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cli_desk import KEY, SECRET, Desk, Endpoint, Run

from epass.card import reader, trace
from epass.card.apdu import Command, Response
from epass.card.keys import Can, Key, MrzKey
from epass.card.trace import Trace, TracingChannel
from epass.dump import Dump
from epass.errors import EpassError
from epass.lds.document import Document as Shown
from epass.lds.names import File
from epass.sim import issuer
from epass.sim.access import PaceOffer, PaceSuite
from epass.sim.chip import Chip
from epass.trust.verify import verify
from epass.upload import NfcPayload, VeriffClient

CAN = "918273"
HOLDER = issuer.Holder("MARKEDSURNAME", "MARKEDGIVEN", "F", "810203", "340506", "M4RK3D7X9")
DOCUMENT = issuer.issue(HOLDER, can=CAN)
PORTRAIT = DOCUMENT.files[File.DG2][200:216]
MARKS = (
    "MARKEDSURNAME",
    "MARKEDGIVEN",
    "M4RK3D7X9",
    "810203",
    "340506",
    CAN,
    KEY,
    SECRET,
    PORTRAIT.hex(),
    repr(PORTRAIT)[2:-1],
    HOLDER.primary.encode().hex(),
    HOLDER.number.encode().hex(),
)


def clean(text: str) -> None:
    found = [mark for mark in MARKS if mark.casefold() in text.casefold()]
    assert not found, f"{found} in what came out"


@pytest.fixture(autouse=True)
def everything_that_is_logged(
    caplog: pytest.LogCaptureFixture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """Logs of all packages, down to DEBUG, and the folder of temporary files, after each test."""
    caplog.set_level(logging.DEBUG)
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    yield
    clean(caplog.text)
    assert list(temporary.iterdir()) == []


def read(key: Key, **options: object) -> Dump:
    return reader.read(Chip(DOCUMENT, **options), key)  # type: ignore[arg-type]


def proving() -> issuer.Document:
    """The holder's document with every proof that a chip can offer."""
    suites = (PaceSuite.named("AES-128", 13, "CAM"), PaceSuite.named("AES-128", 13, "GM"))
    return issuer.issue(
        HOLDER,
        can=CAN,
        pace=PaceOffer(suites),
        chip_authentication=[issuer.CaScheme()],
        active_authentication=issuer.AaScheme("ECDSA"),
    )


def test_no_proof_shows_anything() -> None:
    document = proving()
    dump = reader.read(Chip(document), Can(CAN))
    assert set(dump.evidence.as_dict()) >= {"active", "chip", "mapping"}
    report = verify(dump, at=datetime.now(UTC))
    assert report.chip == "proven"
    for thing in (document, dump, dump.evidence, report.as_dict(), dump.notes):
        clean(repr(thing))
    assert dump.evidence.chip is not None
    assert repr(dump.evidence.chip.private_key)[2:-1] not in repr(dump)


def test_the_marks_are_there_to_be_found() -> None:
    dump = read(Can(CAN))
    assert b"MARKEDSURNAME" in dump.files[File.DG1]
    assert PORTRAIT in dump.files[File.DG2]
    with pytest.raises(AssertionError, match="MARKEDSURNAME"):
        clean("x markedsurname x")


def test_no_repr_shows_anything() -> None:
    dump = read(MrzKey.from_mrz(DOCUMENT.mrz))
    lines: list[str] = []
    channel = TracingChannel(Chip(DOCUMENT), lines.append)
    reader.read(channel, Can(CAN))
    shown = Shown.parse(dump.files)
    with VeriffClient(KEY, SECRET, "http://127.0.0.1:1") as client:
        things = [
            HOLDER, DOCUMENT, Chip(DOCUMENT), Can(CAN), MrzKey.from_mrz(DOCUMENT.mrz), dump,
            channel, verify(dump, at=datetime.now(UTC)), NfcPayload.from_dump(dump), client, shown,
            shown.mrz, shown.faces, Trace.parse([trace.header(), *lines]), copy.copy(dump),
            Command(0xA4, data=dump.files[File.DG1]), Response(dump.files[File.DG1]),
        ]  # fmt: skip
        for thing in things:
            clean(repr(thing))
            clean(str(thing))


@pytest.mark.parametrize("access", ["PACE", "BAC"])
def test_a_trace_shows_nothing(access: str) -> None:
    """Six digits turn up by chance in so much hexadecimal; as bytes they would be a leak."""
    lines: list[str] = []
    channel = TracingChannel(Chip(DOCUMENT, access=[access]), lines.append)
    reader.read(channel, MrzKey.from_mrz(DOCUMENT.mrz))
    assert len(lines) > 50
    text = "".join(lines).casefold()
    assert not [mark for mark in MARKS if mark.encode().hex() in text]
    assert PORTRAIT.hex() not in text


def everything(error: BaseException) -> str:
    """All that a program can print of an error, the local variables of our frames left out."""
    facts = str(error.as_dict()) if isinstance(error, EpassError) else ""
    return facts + repr(error) + str(error.args) + "".join(traceback.format_exception(error))


WRONG_INPUT: list[tuple[Callable[..., object], tuple[str, ...]]] = [
    (MrzKey.from_mrz, (DOCUMENT.mrz.replace("810203", "810204"),)),
    (MrzKey.from_mrz, (DOCUMENT.mrz[:-1],)),
    (MrzKey.from_mrz, (DOCUMENT.mrz.replace("<<", "<\u0416"),)),
    (MrzKey.from_fields, ("M4RK3D7X9", "810203", "MARKEDGIVEN")),
    (MrzKey.from_fields, ("M4RK3D7X9?", "810203", "340506")),
    (Can, (CAN + "M4RK3D7X9",)),
    (VeriffClient, (KEY, SECRET, f"http://user:{SECRET}@127.0.0.1")),
    (VeriffClient, (KEY + "\n", SECRET, "http://127.0.0.1")),
]


@pytest.mark.parametrize(("make", "arguments"), WRONG_INPUT)
def test_an_error_of_input_quotes_nothing(
    make: Callable[..., object], arguments: tuple[str, ...]
) -> None:
    with pytest.raises(EpassError) as caught:
        make(*arguments)
    clean(everything(caught.value))


def altered(position: int) -> Chip:
    """A chip whose n-th plain answer is the holder's MRZ, behind a right MAC."""
    count = 0

    def alter(_command: Command, answer: Response) -> Response:
        nonlocal count
        count += 1
        return Response(DOCUMENT.files[File.DG1], answer.sw) if count == position else answer

    return Chip(DOCUMENT, alter=alter)


@pytest.mark.parametrize("position", range(1, 16))
def test_a_lying_chip_makes_no_error_that_quotes(position: int) -> None:
    with suppress(EpassError):
        try:
            dump = reader.read(altered(position), Can(CAN))
            clean(str(verify(dump, at=datetime.now(UTC)).as_dict()))
        except EpassError as error:
            clean(everything(error))
            raise


@pytest.mark.parametrize("offset", range(0, 93, 7))
def test_a_verdict_on_broken_files_quotes_nothing(offset: int) -> None:
    dump = read(Can(CAN))
    for file, content in dump.files.items():
        broken = content[:offset] + b"\xff" + content[offset + 1 :]
        files = {**dump.files, file: broken}
        report = verify(Dump(files, dump.access, dump.read_at), at=datetime.now(UTC))
        clean(str(report.as_dict()))
        clean(str(Shown.parse(files).notes))


FAULTS = ("400-1410", "400-1101", "401", "404", "409", "413", "415", "redirect", "garbage",
          "bad-signature", "stored-then-cut", "wrong-session")  # fmt: skip


@pytest.mark.parametrize("endpoint", [(fault,) for fault in FAULTS], indirect=True)
@pytest.mark.parametrize("form", ["text", "json"])
def test_a_refused_upload_says_nothing_on_stderr(
    run: Run, desk: Desk, endpoint: Endpoint, form: str
) -> None:
    desk.channel = Chip(DOCUMENT)
    result = run("read-and-upload", *endpoint.options, "--format", form, stdin=DOCUMENT.mrz)
    assert result.status in (8, 9)
    clean(result.err)


def test_the_result_has_the_holder_and_no_key(run: Run, desk: Desk, endpoint: Endpoint) -> None:
    """stdout is where the holder belongs; API key, secret and CAN belong nowhere."""
    desk.channel = Chip(DOCUMENT)
    result = run("read-and-upload", *endpoint.options, "--can", CAN, "--format", "json")
    assert result.facts["holder"]["surname"] == "MARKEDSURNAME"
    for mark in (KEY, SECRET, CAN, PORTRAIT.hex()):
        assert mark not in result.out


def test_what_is_kept_has_no_key(run: Run, desk: Desk, tmp_path: Path) -> None:
    desk.channel = Chip(DOCUMENT)
    assert run("read", "--can", CAN, "--save", str(tmp_path / "one")).status == 0
    clean((tmp_path / "one" / "dump.json").read_text("utf-8"))
