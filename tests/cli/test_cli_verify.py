"""`epass verify`, of one dump and of archives, and `epass trust`."""

import json
import os
import shutil
import signal
from concurrent.futures.process import BrokenProcessPool
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cli_desk import Run

from epass import folder
from epass.card.keys import MrzKey
from epass.cli import audit
from epass.cli.audit import Job, Verified
from epass.dump import Access, Dump
from epass.errors import FormatError
from epass.lds.names import File
from epass.sim import attacks, cms, der, issuer, published
from epass.sim.issuer import Document
from epass.trust.anchors import Anchors
from epass.trust.report import Outcome

AT = datetime(2026, 11, 20, tzinfo=UTC)
COUNTRY = issuer.default_country("UTO")


def save(document: Document, place: Path) -> str:
    information = MrzKey.from_mrz(document.mrz).information
    access = Access("BAC", "MRZ", "3DES", mrz_information=information)
    folder.save(Dump(document.files, access, AT), place)
    return str(place)


@pytest.fixture
def anchors(tmp_path: Path) -> str:
    place = tmp_path / "published"
    folder.write_files(place, published.publish(COUNTRY).files)
    return str(place / "masterlist.ml")


@pytest.fixture
def genuine(tmp_path: Path) -> str:
    return save(issuer.issue(), tmp_path / "genuine")


@pytest.fixture
def archive(tmp_path: Path, genuine: str) -> Path:
    """Four dumps: a genuine one, one that fails, one that is open, one that is broken."""
    place = tmp_path / "archive"
    (place / "2026" / "11").mkdir(parents=True)
    shutil.copytree(genuine, place / "2026" / "11" / "a genuine one")
    save(attacks.ATTACKS["dg2-edited"].make().document, place / "2026" / "b forged")
    save(attacks.ATTACKS["unknown-ca"].make().document, place / "2026" / "c unknown")
    broken = Path(save(issuer.issue(), place / "d broken"))
    (broken / "DG2.bin").write_bytes(b"changed")
    (place / "notes.txt").write_text("no dump")
    return place


class TestOne:
    def test_a_genuine_one(self, run: Run, genuine: str, anchors: str) -> None:
        result = run("verify", genuine, "--anchors", anchors, "--format", "json")
        assert result.status == 0, result.err
        assert result.facts["schema"] == "epass.verification"
        assert result.facts["verdict"] == "pass"
        assert result.facts["error"] is None
        (path,) = (check for check in result.facts["checks"] if check["id"] == "ds.path")
        signer, csca = path["evidence"]
        assert csca["subject"] == "C=UT, O=Utopia, CN=Utopia CSCA"
        assert len(signer["sha256"]) == 64

    def test_for_people(self, run: Run, genuine: str, anchors: str) -> None:
        result = run("verify", genuine, "--anchors", anchors)
        assert result.status == 0
        assert result.out.startswith(f"pass       {genuine}, the chip is cloneable")
        assert "ds.revocation           pass           not on the CRL of 2024-04-01" in result.out

    @pytest.mark.parametrize(
        ("name", "status", "word"), [("dg2-edited", 6, "fail"), ("crl-missing", 7, "unknown")]
    )
    def test_a_forged_one(
        self, run: Run, tmp_path: Path, name: str, status: int, word: str
    ) -> None:
        forgery = attacks.ATTACKS[name].make()
        place = save(forgery.document, tmp_path / "dump")
        listed = tmp_path / "list.ml"
        listed.write_bytes(forgery.master_list)
        result = run("verify", place, "--anchors", str(listed), "--format", "json")
        assert (result.status, result.facts["verdict"]) == (status, word)
        check = attacks.ATTACKS[name].check
        assert result.error["failed" if word == "fail" else "unknown"] == check

    def test_without_a_crl(self, run: Run, tmp_path: Path, genuine: str) -> None:
        listed = tmp_path / "list.ml"
        listed.write_bytes(attacks.ATTACKS["crl-missing"].make().master_list)
        result = run("verify", genuine, "--anchors", str(listed), "--without-crl")
        assert result.status == 0
        assert "the caller does not ask for it" in result.out

    def test_at_another_time(self, run: Run, genuine: str, anchors: str) -> None:
        result = run("verify", genuine, "--anchors", anchors, "--at", "2035-01-01")
        assert result.status == 7
        assert "expired on 2034-10-01" in result.out

    def test_without_anchors(self, run: Run, genuine: str) -> None:
        result = run("verify", genuine)
        assert result.status == 7
        assert "unknown: no trust anchors were given" in result.out

    def test_a_broken_one(self, run: Run, genuine: str) -> None:
        (Path(genuine) / "DG1.bin").write_bytes(b"changed")
        result = run("verify", genuine, "--format", "json")
        assert result.status == 5
        assert result.facts["verdict"] is None
        assert result.facts["error"]["code"] == result.error["code"] == "format"

    def test_no_dump(self, run: Run, tmp_path: Path, anchors: str) -> None:
        result = run("verify", str(tmp_path / "nothing"), "--anchors", anchors)
        assert result.status == 2
        assert "is not a folder" in result.err
        (tmp_path / "empty").mkdir()
        result = run("verify", str(tmp_path / "empty"), "--anchors", anchors)
        assert result.status == 2
        assert "there is no dump in" in result.err

    def test_anchors_that_are_none(self, run: Run, genuine: str, tmp_path: Path) -> None:
        (tmp_path / "text").write_text("hello")
        result = run("verify", genuine, "--anchors", str(tmp_path / "text"))
        assert result.status == 7
        assert "neither DER, PEM nor LDIF" in result.err


class TestArchive:
    def lines(self, text: str) -> dict[str, str | None]:
        found = [json.loads(line) for line in text.splitlines()]
        return {Path(item["folder"]).name: item["verdict"] for item in found}

    @pytest.mark.parametrize("jobs", ["1", "2"])
    def test_a_line_each(self, run: Run, archive: Path, anchors: str, jobs: str) -> None:
        arguments = ("--anchors", anchors, "--jobs", jobs, "--format", "jsonl")
        result = run("verify", str(archive), *arguments)
        assert self.lines(result.out) == {
            "a genuine one": "pass",
            "b forged": "fail",
            "c unknown": "unknown",
            "d broken": None,
        }
        assert "4 documents: 1 fail, 1 pass, 1 unknown, 1 unreadable" in result.err
        assert result.status == 6

    @pytest.mark.parametrize(
        ("gone", "status"), [(("b forged",), 5), (("b forged", "d broken"), 7)]
    )
    def test_the_worst_counts(
        self, run: Run, archive: Path, anchors: str, gone: tuple[str, ...], status: int
    ) -> None:
        for name in gone:
            (found,) = archive.rglob(name)
            shutil.rmtree(found)
        result = run("verify", str(archive), "--anchors", anchors)
        assert result.status == status
        assert "unknown    " in result.out

    def test_all_pass(self, run: Run, genuine: str, anchors: str) -> None:
        result = run("verify", genuine, genuine, "--anchors", anchors)
        assert (result.status, result.err) == (0, "2 documents: 2 pass\n")

    def test_one_json_value(self, run: Run, archive: Path, anchors: str) -> None:
        result = run("verify", str(archive), "--anchors", anchors, "--format", "json")
        assert len(json.loads(result.out)) == 4

    def test_for_people(self, run: Run, archive: Path, anchors: str) -> None:
        result = run("verify", str(archive), "--anchors", anchors)
        assert f"fail       {archive / '2026' / 'b forged'}: dg2.hash" in result.out
        assert "changed since it was saved" in result.out

    def test_progress_is_for_a_person(
        self, archive: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setattr(audit, "SHOW_EVERY", 2)
        monkeypatch.setattr(audit._Show, "_draws", property(lambda _: True))
        options = {"anchors": (), "at": None, "without_crl": False, "jobs": 1}
        with pytest.raises(Exception, match="verification failed"):
            audit.run([archive], options, "text")
        assert "2 documents" in capsys.readouterr().err


def test_a_process_that_is_killed(
    genuine: str, monkeypatch: pytest.MonkeyPatch, anchors: str
) -> None:
    """What it had in hand is told as unreadable, and the rest goes on in new processes."""
    real, calls = audit._in_processes, []

    def broken(*arguments: object) -> object:
        calls.append(1)
        if len(calls) == 1:
            arguments[1].append(next(arguments[0]))  # type: ignore[attr-defined,call-overload]
            raise BrokenProcessPool
        return real(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(audit, "_in_processes", broken)
    paths = [Path(genuine)] * 2
    found = list(audit.verified(paths, Job(Anchors(), AT), jobs=2))
    assert [item.word for item in found] == ["unreadable", "unknown"]
    assert found[0].error is not None
    assert "was killed" in found[0].error.message


def test_a_folder_that_cannot_be_read(archive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.scandir

    def refused(place: object) -> object:
        if str(place).endswith("2026"):
            raise PermissionError(13, "Permission denied", str(place))
        return real(place)  # type: ignore[call-overload]

    monkeypatch.setattr(os, "scandir", refused)
    assert {path.name for path in audit.dumps(archive)} == {"2026", "d broken"}


def test_a_bug_that_one_dump_meets_stops_no_other(
    genuine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("with personal data in it")

    monkeypatch.setattr(audit, "verify_stored", broken)
    found = audit.judge(Path(genuine), Job(Anchors(), AT))
    assert found.word == "unreadable"
    assert found.error is not None
    assert found.error.message == "a bug in epass: RuntimeError"


def test_what_a_process_does(genuine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The worker's side, in this process: coverage does not see the others."""
    with pytest.raises(RuntimeError, match="without its job"):
        audit._judge(Path(genuine))
    monkeypatch.setattr(audit, "_job", None)
    before = signal.getsignal(signal.SIGINT)
    try:
        audit._start(Job(Anchors(), AT))
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
        found = audit._judge(Path(genuine))
    finally:
        signal.signal(signal.SIGINT, before)
    assert found.report is not None
    assert found.report.verdict is Outcome.UNKNOWN


def test_a_verdict_without_a_pass() -> None:
    assert Verified("x", error=FormatError("broken", "x")).as_dict()["checks"] == []


class TestTrust:
    @pytest.fixture(autouse=True)
    def _store(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("EPASS_TRUST_STORE", str(tmp_path / "store"))

    def test_import_list_verify_remove(self, run: Run, anchors: str, genuine: str) -> None:
        result = run("trust", "import", anchors)
        assert result.status == 0
        assert "taken    masterlist.ml: master list of 4 certificates; signed by" in result.out
        assert "2 CSCA certificate: taken" in result.err
        assert run("verify", genuine).status == 0
        listed = run("trust", "list")
        assert "CSCA certificate: C=UT, O=Utopia, CN=Utopia CSCA" in listed.out
        facts = run("trust", "list", "--format", "json").facts
        cscas = [item for item in facts["items"] if item["kind"] == "CSCA certificate"]
        gone = run("trust", "remove", *(item["evidence"]["sha256"][:12] for item in cscas))
        assert "2 removed" in gone.err
        assert run("verify", genuine).status == 7
        assert run("trust", "remove", "--all").status == 0
        assert run("trust", "list", "--format", "json").facts["items"] == []

    def test_again(self, run: Run, anchors: str) -> None:
        assert run("trust", "import", anchors).status == 0
        again = run("trust", "import", anchors)
        assert again.status == 0
        assert "2 CSCA certificate: in the store already" in again.err

    def test_nothing_to_take(self, run: Run, tmp_path: Path) -> None:
        certificate = tmp_path / "signer.cer"
        signer = COUNTRY.document_signer(attacks.ATTACKS["dg2-edited"].scheme)
        certificate.write_bytes(signer.certificate.der)
        result = run("trust", "import", str(certificate))
        assert result.status == 7
        assert "skipped  signer.cer" in result.out
        assert "not an authority's" in result.out

    def test_many_of_a_kind(self, run: Run, tmp_path: Path) -> None:
        """The PKD has tens of thousands of document signers; JSON names each."""
        signer = COUNTRY.document_signer(attacks.ATTACKS["dg2-edited"].scheme)
        files = [tmp_path / f"{number:02}.cer" for number in range(12)]
        for file in files:
            file.write_bytes(signer.certificate.der)
        result = run("trust", "import", *map(str, files))
        lines = result.out.splitlines()
        assert [line.startswith("skipped  0") for line in lines] == [True] * 10 + [False]
        assert lines[-1].startswith("skipped  2 more of other certificate; not an authority's")
        everything = run("trust", "import", *map(str, files), "--format", "json")
        assert len(everything.facts["items"]) == 12

    def test_a_list_that_is_badly_signed(self, run: Run, tmp_path: Path) -> None:
        listed = tmp_path / "list.ml"
        listed.write_bytes(attacks.ATTACKS["list-badly-signed"].make().master_list)
        result = run("trust", "import", str(listed), "--format", "json")
        assert result.status == 7
        (item,) = result.facts["items"]
        assert (item["taken"], item["kind"]) == (False, "master list")
        assert "not a signature of the signer's key" in item["reason"]

    def test_a_list_that_cannot_be_checked(self, run: Run, tmp_path: Path, anchors: str) -> None:
        """It is refused until the CSCA of its signer is in the store, or it is insisted on."""
        signer = published.list_signer(COUNTRY, purpose="2.23.136.1.1.8")
        content = der.sequence(der.integer(0), der.set_of([]))
        draft = cms.Draft("2.23.136.1.1.7", content, signer, published.PUBLISHED_AT)
        listed = tmp_path / "deviations.dl"
        listed.write_bytes(draft.encode())
        refused = run("trust", "import", str(listed))
        assert refused.status == 7
        assert "skipped  deviations.dl" in refused.out
        assert run("trust", "list", "--format", "json").facts["items"] == []
        assert run("trust", "import", str(listed), "--unchecked").status == 0
        assert run("trust", "remove", "--all").status == 0
        assert run("trust", "import", anchors).status == 0
        assert run("trust", "import", str(listed)).status == 0

    def test_remove_what(self, run: Run) -> None:
        assert run("trust", "remove").status == 2
        assert run("trust", "remove", "00").status == 2
        assert "nothing in the store is of UT" in run("trust", "remove", "--country", "UT").err


def test_attacks_by_hand(run: Run, tmp_path: Path) -> None:
    """The forgery as a dump, with the list that its verifier is given."""
    dump, place = str(tmp_path / "dump"), tmp_path / "published"
    options = ("--save", dump, "--publish", str(place), "--format", "json")
    demo = run("demo", "--attack", "revoked-signer", *options)
    assert (demo.status, demo.error["failed"]) == (6, "ds.revocation")
    assert (demo.facts["verdict"], demo.facts["receipt"]) == ("fail", None)
    assert sorted(path.name for path in place.iterdir()) == [
        "UTO-csca.cer",
        "UTO-csca.pem",
        "UTO.crl",
        "masterlist.ml",
    ]
    listed = str(place / "masterlist.ml")
    result = run("verify", dump, "--anchors", listed, "--format", "json")
    assert (result.status, result.error["failed"]) == (6, "ds.revocation")


def test_attacks_are_listed(run: Run) -> None:
    facts = run("simulate", "--list", "--format", "json").facts
    found = {item["name"]: item for item in facts["attacks"]}
    assert found["revoked-signer"]["check"] == "ds.revocation"
    assert found["revoked-signer"]["outcome"] == "fail"
    assert found.keys() == attacks.ATTACKS.keys()
    assert "revoked-signer" in run("simulate", "--list").out
    wrong = run("demo", "--attack", "nothing")
    assert wrong.status == 2
    assert "attack: choose one of" in wrong.err


@pytest.mark.parametrize("command", ["show", "upload"])
def test_anchors_for_other_commands(
    run: Run, genuine: str, anchors: str, command: str, endpoint: object
) -> None:
    options: tuple[str, ...] = ()
    if command == "upload":
        options = (*endpoint.options, "--require-trust")  # type: ignore[attr-defined]
    result = run(command, genuine, "--anchors", anchors, *options)
    assert result.status == 0, result.err
    if command == "show":
        assert "ds.path" in result.out
        assert File.DG1.label in result.out
