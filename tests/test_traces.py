"""The recorded reads of vectors/traces: they replay to the byte, and a changed byte is noticed."""

import hashlib
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from card_wire import Wire, application
from open_checks import WITHOUT_ANCHORS
from vector_files import VECTORS

from epass.card import reader, trace
from epass.card.apdu import Command, Response
from epass.card.keys import Can, Key, MrzKey
from epass.card.trace import ReplayChannel, Trace, TracingChannel
from epass.dump import Dump
from epass.errors import AccessDeniedError, ProtocolError, SecureMessagingError
from epass.lds.names import File
from epass.sim import issuer
from epass.sim.chip import Chip
from epass.sim.keys import seeded
from epass.trust.report import Outcome
from epass.trust.verify import verify
from tools import record

NAMES = [recording.name for recording in record.RECORDINGS]
AT = datetime(2026, 11, 20, tzinfo=UTC)
WITH_PROOFS = "pace-cam-proofs-td3"  # where a wrong answer may end the proof, not the read
each_trace = pytest.mark.parametrize("name", NAMES)
each_plain_trace = pytest.mark.parametrize("name", [name for name in NAMES if name != WITH_PROOFS])


@cache
def loaded(name: str) -> Trace:
    with (VECTORS / "traces" / f"{name}.jsonl").open(encoding="ascii") as lines:
        return Trace.parse(lines)


def facts(name: str) -> dict[str, Any]:
    return loaded(name).facts


def key_of(name: str) -> Key:
    printed = facts(name)["key"]
    return Can(printed["can"]) if "can" in printed else MrzKey(printed["mrz_information"])


def read(channel: ReplayChannel | Wire, name: str, random: Callable[[int], bytes]) -> Dump:
    extended = facts(name)["extended"]
    return reader.read(channel, key_of(name), extended=extended, random=random)


def replayed(name: str) -> Dump:
    channel = ReplayChannel(loaded(name))
    dump = read(channel, name, channel.random)
    channel.finish()
    return dump


def test_there_is_a_trace_of_each_kind() -> None:
    found = {path.stem for path in (VECTORS / "traces").iterdir()}
    assert found == set(NAMES)
    members = ("document", "access", "mapping", "cipher")
    kinds = {tuple(facts(name)[member] for member in members) for name in NAMES}
    assert kinds == {
        ("TD3", "BAC", None, "3DES"),
        ("TD3", "PACE", "GM", "3DES"),
        ("TD3", "PACE", "GM", "AES-128"),
        ("TD3", "PACE", "GM", "AES-256"),
        ("TD3", "PACE", "IM", "AES-128"),
        ("TD3", "PACE", "CAM", "AES-128"),
        ("TD1", "PACE", "GM", "AES-128"),
    }
    assert [name for name in NAMES if isinstance(key_of(name), Can)] == ["td1-can"]


@each_trace
def test_a_trace_replays_to_the_byte(name: str) -> None:
    dump = replayed(name)
    digests = {
        file.label: hashlib.sha256(content).hexdigest()
        for file, content in dump.files.items()
        if file.label in facts(name)["sha256"]
    }
    assert digests == facts(name)["sha256"]
    assert set(application(dump.files)) == {File.COM, File.SOD, File.DG1, File.DG2, *proofs(name)}
    access = dump.access
    assert (access.protocol, access.mapping, access.cipher, access.parameter_id) == tuple(
        facts(name)[member] for member in ("access", "mapping", "cipher", "parameter_id")
    )
    assert dump.access.password == ("CAN" if name == "td1-can" else "MRZ")
    assert dump.apdus == len(loaded(name).exchanges)


def proofs(name: str) -> set[File]:
    """The files with the keys of a chip that proves itself."""
    return {File.CARD_SECURITY, File.DG14, File.DG15} if name == WITH_PROOFS else set()


@each_trace
def test_what_a_trace_holds_is_genuine(name: str) -> None:
    report = verify(replayed(name), at=AT)
    assert report.chip == ("proven" if name == WITH_PROOFS else "cloneable")
    assert (report.failed, report.unknown) == ((), WITHOUT_ANCHORS)
    assert report.verdict is Outcome.UNKNOWN


@each_trace
def test_its_person_is_fictitious(name: str) -> None:
    assert "fictitious person" in facts(name)["provenance"]
    assert b"UTOERIKSSON<<ANNA" in replayed(name).files[File.DG1] or name == "td1-can"
    assert b"UTO" in replayed(name).files[File.DG1]


@each_trace
def test_another_key_does_not_replay(name: str) -> None:
    """The first command that depends on the key is another one."""
    other: Key = Can("654321") if name == "td1-can" else MrzKey("D23145890734934071279507122")
    channel = ReplayChannel(loaded(name))
    with pytest.raises(ProtocolError, match="is not the recorded one"):
        reader.read(channel, other, extended=facts(name)["extended"], random=channel.random)


# --- one byte changed -------------------------------------------------------------------------


def protected(name: str) -> Iterator[tuple[int, bytes]]:
    """The number, from 1, and the data of each protected response."""
    for number, (command, response) in enumerate(loaded(name).exchanges, 1):
        if command.cla == 0x0C and isinstance(response, Response):
            yield number, response.data


def assert_session_ends(name: str, number: int, change: Callable[[Response], Response]) -> str:
    """The message of the error, after which no command followed."""
    replay = ReplayChannel(loaded(name))

    def one(at: int, _command: Command, response: Response) -> Response:
        return change(response) if at == number else response

    wire = Wire(replay, one)
    with pytest.raises(SecureMessagingError) as caught:
        read(wire, name, replay.random)
    assert len(wire.commands) == number
    return caught.value.message


@each_plain_trace
def test_one_changed_byte_in_any_protected_answer(name: str) -> None:
    """Another byte of each, so that every part of an answer has its turn."""
    for number, data in protected(name):
        place = 37 * number % len(data)

        def flip(response: Response, place: int = place) -> Response:
            changed = bytearray(response.data)
            changed[place] ^= 0x01
            return Response(bytes(changed), response.sw)

        message = assert_session_ends(name, number, flip)
        assert message in ("the MAC of the answer is wrong", "the answer carries no MAC")


@each_trace
def test_a_changed_status_word_outside_the_mac(name: str) -> None:
    number, _ = next(protected(name))
    message = assert_session_ends(name, number, lambda answer: Response(answer.data, 0x6A82))
    assert message == "the status word is not the protected one"


@each_trace
def test_two_answers_exchanged(name: str) -> None:
    """Each is authentic, but not the answer to that command: the counter tells."""
    (first, _), (_, later) = list(protected(name))[1:3]
    message = assert_session_ends(name, first, lambda _: Response(later))
    assert message == "the MAC of the answer is wrong"


@pytest.mark.parametrize(
    "name", [name for name in NAMES if name.startswith("pace") and name != WITH_PROOFS]
)
def test_a_changed_token(name: str) -> None:
    exchanges = loaded(name).exchanges
    number = max(at for at, (command, _) in enumerate(exchanges, 1) if command.ins == 0x86)

    def change(at: int, _command: Command, response: Response) -> Response:
        return Response(response.data[:-1] + b"\x00") if at == number else response

    replay = ReplayChannel(loaded(name))
    with pytest.raises(AccessDeniedError, match="does not prove that it knows the"):
        read(Wire(replay, change), name, replay.random)


# --- the tool, and traces of one's own --------------------------------------------------------


def test_recording_again_gives_the_same_bytes() -> None:
    assert record.stale_traces(VECTORS / "traces") == []
    assert record.main([record.CHECK]) == 0


def test_a_stale_trace_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    record.write(tmp_path)
    assert record.stale_traces(tmp_path) == []
    (tmp_path / "td1-can.jsonl").unlink()
    changed = tmp_path / "bac-3des-td3.jsonl"
    changed.write_text(changed.read_text("ascii").replace("9000", "9001", 1), "ascii", newline="\n")
    (tmp_path / "other.jsonl").touch()
    monkeypatch.setattr(record, "TRACES", tmp_path)
    assert record.main([record.CHECK]) == 1
    told = capsys.readouterr().err.splitlines()
    assert [line.split(":")[0] for line in told] == ["bac-3des-td3", "td1-can", "other.jsonl"]
    assert record.main(["--chek"]) == 2
    assert capsys.readouterr().err == "usage: python3 tools/record.py [--check]\n"


def test_a_live_read_is_recorded_and_replays() -> None:
    document = issuer.issue(document_format="TD2", signature="ECDSA", curve="brainpoolP256r1")
    key = MrzKey.from_mrz(document.mrz)
    lines = [trace.header(about="a live read")]
    channel = TracingChannel(Chip(document, parameter_id=15), lines.append)
    live = reader.read(channel, key, random=channel.random(seeded(b"live")))
    replay = ReplayChannel(Trace.parse(lines))
    again = reader.read(replay, key, random=replay.random)
    replay.finish()
    assert again.files == live.files
    assert application(again.files) == dict(document.files)
    assert (again.access, again.apdus) == (live.access, live.apdus)


def test_without_its_randomness_a_trace_of_pace_does_not_replay() -> None:
    document = issuer.issue()
    lines = [trace.header()]
    key = MrzKey.from_mrz(document.mrz)
    reader.read(TracingChannel(Chip(document), lines.append), key)
    assert not any("random" in json.loads(line) for line in lines)
    replay = ReplayChannel(Trace.parse(lines))
    with pytest.raises(ProtocolError, match="no draw of 40 bytes is recorded here"):
        reader.read(replay, key, random=replay.random)
    with pytest.raises(ProtocolError, match="is not the recorded one"):
        reader.read(ReplayChannel(Trace.parse(lines)), key)
