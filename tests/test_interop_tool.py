"""tools/interop without Java and without a reader: the matrix, the comparison, the processes."""

import sys
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from pathlib import Path

import pytest
from vpcd_card import SlotUnavailable

from epass.sim import access, issuer, proof_keys
from tools.interop import __main__ as program
from tools.interop import comparison, matrix, session, toolchain
from tools.interop.comparison import Difference
from tools.interop.matrix import Combination
from tools.interop.session import Result, Slot
from tools.interop.toolchain import MissingToolError
from tools.interop.witness import Witness, WitnessError, encode
from tools.running import Outcome, SetupError

ROWS = matrix.combinations()


class TestMatrix:
    def test_no_row_stands_twice(self) -> None:
        assert len({row.label for row in ROWS}) == len(ROWS) >= 40

    @pytest.mark.parametrize(
        ("mapping", "ids", "ciphers"),
        [
            ("GM", (*range(3), *range(8, 19)), access.CIPHERS),
            ("IM", (0, 1, 2, 8, 9, *range(11, 19)), ("3DES", "AES-128", "AES-256")),
            ("CAM", range(8, 19), access.CIPHERS[1:]),
        ],
    )
    def test_every_parameter_set_with_every_cipher(
        self, mapping: str, ids: Sequence[int], ciphers: Sequence[str]
    ) -> None:
        """Doc 9303-11 tables 2, 3 and 12, without what JMRTD cannot do."""
        met = {(row.parameter_id, row.cipher) for row in ROWS if row.mapping == mapping}
        assert met == {(number, cipher) for number in ids for cipher in ciphers}

    @pytest.mark.parametrize("mapping", ["GM", "IM", "CAM"])
    def test_both_passwords_with_all_formats(self, mapping: str) -> None:
        rows = [row for row in ROWS if row.mapping == mapping]
        met = {(row.password, row.document.get("document_format", "TD3")) for row in rows}
        assert met == {(word, form) for word in ("MRZ", "CAN") for form in issuer.FORMATS}

    def test_every_key_of_chip_authentication(self) -> None:
        met = {row.agreement.group for row in ROWS if row.agreement}
        assert met == {item.name for item in access.parameter_sets()}
        ciphers = {(row.mapping, *row.agreement.ciphers) for row in ROWS if row.agreement}
        assert ciphers == {(way, cipher) for way in (None, "GM") for cipher in access.CIPHERS}

    def test_every_key_of_active_authentication(self) -> None:
        schemes = [row.active for row in ROWS if row.active]
        rsa = [scheme for scheme in schemes if scheme.signature == "RSA"]
        ecdsa = [scheme for scheme in schemes if scheme.signature == "ECDSA"]
        assert {scheme.digest for scheme in rsa} == set(issuer.DIGESTS)
        assert {scheme.bits for scheme in rsa} == set(proof_keys.RSA_BITS)
        assert {scheme.curve for scheme in ecdsa} == set(issuer.CURVES)
        assert {scheme.encoding for scheme in ecdsa} == set(proof_keys.ENCODINGS)

    @pytest.mark.parametrize(
        ("choice", "values"),
        [
            ("holder", issuer.HOLDERS),
            ("lds_version", issuer.LDS_VERSIONS),
            ("image", ("JPEG", "JPEG2000")),  # JMRTD calls a codestream what the record calls it
            ("signer_id", issuer.SIGNER_IDS),
            ("digest", issuer.DIGESTS),
            ("curve", issuer.CURVES),
            ("signature", ("RSA", "RSA-PSS")),
            ("explicit_parameters", (True, False)),
        ],
    )
    def test_every_document_choice(self, choice: str, values: object) -> None:
        met = {row.document[choice] for row in ROWS if choice in row.document}
        assert met == set(values)  # type: ignore[call-overload]

    def test_the_object_identifier(self) -> None:
        """Doc 9303-11 §9.2.3: id-PACE-ECDH-CAM-AES-CBC-CMAC-256, id-PACE-DH-IM-AES-CBC-CMAC-128."""
        assert Combination("CAM", "AES-256").oid == "0.4.0.127.0.7.2.2.4.6.4"
        assert Combination("IM", "AES-128", 2).oid == "0.4.0.127.0.7.2.2.4.3.2"

    def test_the_smoke_test_meets_every_mapping_and_cipher(self) -> None:
        def met(rows: tuple[Combination, ...]) -> set[tuple[str | None, str]]:
            return {(row.mapping, row.cipher) for row in rows}

        assert met(matrix.smoke()) == met(ROWS)

    def test_lines_are_aligned(self) -> None:
        lines = [program.Table(ROWS).line(row) for row in ROWS]
        assert len({len(line) for line in lines}) == 1


class TestFacts:
    def test_the_same(self) -> None:
        assert comparison.of_facts({"a": [1, {"b": None}]}, {"a": [1, {"b": None}]}) == []

    def test_a_difference_names_both_values(self) -> None:
        (found,) = comparison.of_facts({"mrz.sex": "MALE"}, {"mrz.sex": "FEMALE"})
        assert str(found) == "mrz.sex: epass 'MALE', JMRTD 'FEMALE'"

    def test_inside_lists_and_objects(self) -> None:
        ours, theirs = {"faces": [{"w": 1}, {"w": 2}]}, {"faces": [{"w": 1}, {"w": 3}]}
        assert comparison.of_facts(ours, theirs) == [Difference("faces.1.w", 2, 3)]

    def test_one_side_does_not_have_it(self) -> None:
        found = comparison.of_facts({"a": None, "c": []}, {"b": False, "c": [7]})
        assert [str(item) for item in found] == [
            "a: epass None, JMRTD no such fact",
            "c: epass [], JMRTD [7]",
            "b: epass no such fact, JMRTD False",
        ]

    def test_long_values_are_cut(self) -> None:
        (found,) = comparison.of_facts({"a": "x" * 5000}, {"a": "y"})
        assert len(str(found)) < 200


class TestFiles:
    CHIP = {"DG1": b"\x61\x02ab", "EF.CardAccess": b"\x31\x00"}  # noqa: RUF012 - read only

    def compared(self, read: dict[str, bytes]) -> list[str]:
        return comparison.of_files(self.CHIP, read, "JMRTD", optional={"EF.CardAccess"})

    def test_the_same(self) -> None:
        assert self.compared(dict(self.CHIP)) == []
        assert self.compared({"DG1": self.CHIP["DG1"]}) == []

    @pytest.mark.parametrize(
        ("content", "what"),
        [
            (b"\x61\x02aB", "4 bytes where the chip has 4; they differ at byte 3"),
            (b"\x61\x02a", "3 bytes where the chip has 4; they differ at byte 3"),
            (b"\x61\x02abc", "5 bytes where the chip has 4; they differ at byte 4"),
            (b"", "0 bytes where the chip has 4; they differ at byte 0"),
        ],
    )
    def test_other_content(self, content: bytes, what: str) -> None:
        assert self.compared({"DG1": content}) == [f"DG1: JMRTD read {what}"]

    def test_not_read(self) -> None:
        assert self.compared({}) == ["DG1: JMRTD did not read it"]

    def test_read_from_nowhere(self) -> None:
        found = self.compared({**self.CHIP, "DG3": b"\x63\x00"})
        assert found == ["DG3: JMRTD read it, but the chip was not given it"]


class Programs:
    """A machine with the given answers; ``commands`` is what was run."""

    def __init__(self, **answers: Outcome) -> None:
        self.answers = answers
        self.commands: list[str] = []

    def which(self, name: str) -> str | None:
        return f"/bin/{name}" if name in self.answers else None

    def __call__(self, command: Sequence[str], **_: object) -> Outcome:
        name = command[0].rpartition("/")[2]
        self.commands.append(name)
        outcome = self.answers[name]
        if name == "mvn" and outcome.ok:
            target = Path(command[command.index("--file") + 1]).parent / "target"
            (target / "classes").mkdir(parents=True)
        return outcome


JAVA_17, DONE = Outcome(0, 'openjdk version "17.0.15" 2025-04-15'), Outcome(0, "")


@pytest.fixture
def builds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty place for what is built, and no JAVA_HOME."""
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setattr(toolchain, "BUILDS", tmp_path / "builds")
    return tmp_path / "builds"


@pytest.mark.usefixtures("builds")
class TestToolchain:
    def prepared(self, machine: Programs) -> tuple[str, ...]:
        return toolchain.prepare(machine, which=machine.which)

    def test_it_builds_once(self, builds: Path) -> None:
        machine = Programs(java=JAVA_17, mvn=DONE)
        command = self.prepared(machine)
        assert (command[0], command[-1]) == ("/bin/java", "witness.Witness")
        assert self.prepared(machine) == command
        assert machine.commands == ["java", "mvn", "java"]
        assert [path.name for path in builds.iterdir()] == [toolchain.digest(toolchain.SOURCES)]

    @pytest.mark.parametrize(
        ("machine", "reason"),
        [
            (Programs(), "no Java was found"),
            (Programs(java=Outcome(0, 'version "11.0.2"')), "is of version 11"),
            (Programs(java=Outcome(0, 'java version "1.8.0_402"')), "is of version 1"),
            (Programs(java=Outcome(127, "not found")), "does not run"),
            (Programs(java=JAVA_17), "no Maven was found"),
        ],
    )
    def test_what_is_missing_and_how_to_get_it(self, machine: Programs, reason: str) -> None:
        with pytest.raises(MissingToolError, match=reason) as caught:
            self.prepared(machine)
        assert "apt-get install default-jdk-headless maven" in str(caught.value)

    def test_java_home_goes_first(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("JAVA_HOME", "/opt/java")
        machine = Programs(java=JAVA_17, mvn=DONE)
        assert Path(self.prepared(machine)[0]) == Path("/opt/java/bin/java")

    def test_no_library_to_be_had(self, builds: Path) -> None:
        offline = Outcome(1, "[WARNING] x\n[ERROR] Could not transfer jmrtd\n[ERROR] -> [Help 1]")
        with pytest.raises(MissingToolError, match=r"witness: Could not transfer jmrtd$"):
            self.prepared(Programs(java=JAVA_17, mvn=offline))
        assert list(builds.iterdir()) == []

    def test_a_fault_of_the_program_is_not_a_missing_tool(self) -> None:
        broken = Outcome(1, "[ERROR] COMPILATION ERROR :\n[ERROR] Job.java:[3,1] ';' expected")
        with pytest.raises(SetupError, match="does not compile") as caught:
            self.prepared(Programs(java=JAVA_17, mvn=broken))
        assert not isinstance(caught.value, MissingToolError)
        assert "Job.java:[3,1]" in str(caught.value)

    def test_a_quicker_run_may_have_built_it(self, builds: Path) -> None:
        built = builds / toolchain.digest(toolchain.SOURCES)

        class Rival(Programs):
            def __call__(self, command: Sequence[str], **more: object) -> Outcome:
                outcome = super().__call__(command, **more)
                if self.commands[-1] == "mvn":
                    (built / "classes").mkdir(parents=True)
                return outcome

        assert self.prepared(Rival(java=JAVA_17, mvn=DONE))[0] == "/bin/java"
        assert list(builds.iterdir()) == [built]


class TestDigest:
    @pytest.fixture
    def sources(self, tmp_path: Path) -> Path:
        (tmp_path / "src").mkdir()
        (tmp_path / "pom.xml").write_bytes(b"<project/>")
        (tmp_path / "src" / "A.java").write_bytes(b"class A {}")
        return tmp_path

    @pytest.mark.parametrize(
        "change",
        [
            lambda folder: (folder / "pom.xml").write_bytes(b"<project />"),
            lambda folder: (folder / "src" / "A.java").rename(folder / "src" / "B.java"),
            lambda folder: (folder / "src" / "C.java").write_bytes(b""),
            lambda folder: (folder / "src" / "A.java").unlink(),
        ],
    )
    def test_every_change_changes_it(self, sources: Path, change: Callable[[Path], object]) -> None:
        before = toolchain.digest(sources)
        assert toolchain.digest(sources) == before
        change(sources)
        assert toolchain.digest(sources) != before


def stand_in(program_text: str, *, patience: float = 20) -> Witness:
    """A witness that runs ``program_text`` for each ``line``, and prints ``answer``."""
    body = f"import sys\nfor line in sys.stdin:\n    {program_text}\n"
    return Witness([sys.executable, "-u", "-c", body], patience=patience)


class TestWitness:
    def test_jobs_and_answers(self) -> None:
        with stand_in("import json; print(json.dumps({'got': line}))") as witness:
            assert witness.ask({"a": 1, "sfi": True}) == {"got": "a=1\tsfi=true\n"}
            assert witness.ask({"b": "é"}) == {"got": "b=é\n"}

    def test_it_ends(self) -> None:
        with (
            stand_in("print('no reader', file=sys.stderr); sys.exit(3)") as witness,
            pytest.raises(WitnessError, match=r"^the witness ended with status 3: no reader$"),
        ):
            witness.ask({"a": 1})

    def test_it_closes_its_output_but_does_not_end(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("tools.interop.witness.END_SECONDS", 0.1)
        with (
            stand_in("import os, time; os.close(1); time.sleep(30)") as witness,
            pytest.raises(WitnessError, match=r"^the witness closed its output, but does not end$"),
        ):
            witness.ask({"a": 1})

    def test_it_is_silent(self) -> None:
        with (
            stand_in("pass", patience=0.2) as witness,
            pytest.raises(WitnessError, match=r"^the witness gave no answer in 0\.2 s$"),
        ):
            witness.ask({"a": 1})

    @pytest.mark.parametrize(
        ("answer", "reason"), [("nonsense", "is not JSON"), ("[1]", "is not an object")]
    )
    def test_it_talks_nonsense(self, answer: str, reason: str) -> None:
        with stand_in(f"print('{answer}')") as witness, pytest.raises(WitnessError, match=reason):
            witness.ask({"a": 1})

    def test_the_next_job_gets_a_new_process(self) -> None:
        dies_once = "sys.exit(0) if 'die' in line else print('{}')"
        with stand_in(dies_once) as witness:
            with pytest.raises(WitnessError, match="ended with status 0"):
                witness.ask({"do": "die"})
            assert witness.ask({"do": "live"}) == {}

    @pytest.mark.parametrize("value", ["a\tb", "a\nb", "a\rb"])
    def test_a_value_cannot_become_another_job(self, value: str) -> None:
        with pytest.raises(ValueError, match="a tab or a line break"):
            encode({"number": value})


def result(row: Combination, *problems: str, facts: int = 30) -> Result:
    return Result(row, problems, 4, facts, 0.5)


class TestProgram:
    @pytest.fixture(autouse=True)
    def machine(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Java, Maven and a reader; every row passes."""
        monkeypatch.setattr(toolchain, "prepare", lambda _: ("java",))
        monkeypatch.setattr(
            program, "our_slot", lambda _: nullcontext(Slot("slot", 1, lambda: None))
        )
        monkeypatch.setattr(session, "run", lambda row, *_: result(row))

    def test_all_passed(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert program.main([]) == 0
        lines = capsys.readouterr().out.splitlines()
        assert len(lines) == len(ROWS) + 1
        assert all(line.startswith("pass  ") for line in lines[:-1])
        assert lines[-1] == f"{len(ROWS)} passed, 0 failed"

    @pytest.mark.parametrize(
        ("first", "shown"),
        [
            (result(ROWS[0], "DG1: JMRTD did not read it"), ["DG1: JMRTD did not read it"]),
            (result(ROWS[0], facts=0), []),
        ],
    )
    def test_one_failed(
        self,
        first: Result,
        shown: list[str],
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        monkeypatch.setattr(
            session, "run", lambda row, *_: first if row == ROWS[0] else result(row)
        )
        assert program.main([]) == 1
        lines = capsys.readouterr().out.splitlines()
        assert lines[0].startswith("FAIL  BAC")
        assert [line.strip() for line in lines[1:] if not line.startswith("pass")][:-1] == shown
        assert lines[-1] == f"{len(ROWS) - 1} passed, 1 failed"

    def test_a_part_of_the_matrix(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert program.main(["--only", "aes-192"]) == 0
        lines = capsys.readouterr().out.splitlines()
        assert all("AES-192" in line for line in lines[:-1])
        assert lines[-1] == f"{len(lines) - 1} passed, 0 failed"

    def test_no_such_part(self, capsys: pytest.CaptureFixture[str]) -> None:
        with pytest.raises(SystemExit) as ended:
            program.main(["--only", "DES-9"])
        assert ended.value.code == 2
        assert "no combination has 'DES-9' in it" in capsys.readouterr().err

    def test_the_matrix_alone(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.delattr(toolchain, "prepare")
        assert program.main(["--list"]) == 0
        assert len(capsys.readouterr().out.splitlines()) == len(ROWS)

    @pytest.mark.parametrize(
        ("error", "status"),
        [
            (MissingToolError("no Java was found"), 10),
            (SlotUnavailable("no PC/SC service (pcscd) is running"), 10),
            (SetupError("the foreign witness does not compile"), 1),
        ],
    )
    def test_it_cannot_run(
        self,
        error: Exception,
        status: int,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        def fail(_: object) -> None:
            raise error

        monkeypatch.setattr(toolchain, "prepare", fail)
        assert program.main([]) == status
        said = capsys.readouterr()
        assert str(error) in said.err
        assert said.out == ""
