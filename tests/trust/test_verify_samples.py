"""Passive authentication of published EF.SODs and of the BSI reference document.

The samples are not part of the project; where they are missing these tests are skipped.
"""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from judging import WITHOUT_DG14, found, judge, outcomes
from sod_builder import of_files

from epass import tlv
from epass.errors import TrustError, VerificationError
from epass.lds.names import File
from epass.lds.sod import Sod
from epass.trust.report import Outcome, Report

SAMPLES = Path(__file__).resolve().parents[3] / "shared" / "data"
REFERENCE = SAMPLES / "sets" / "bsi_tr03105_5_reference"
CHECKS = ("sod.format", "sod.signer", "sod.digest", "sod.signature")
UNREAD = {"com.sod", "dg1.hash", "dg2.hash"}
MUTATIONS = 40  # of each file, at equal distances

pytestmark = pytest.mark.skipif(not SAMPLES.is_dir(), reason="the samples are not here")

# What has another answer than pass, by the start of the SHA-256 in the file's name.
NEGATIVE: dict[str, tuple[str, str]] = {
    "1ae97e17": ("sod.signature", "not a signature of the signer's key"),
    "f33762bb": ("sod.signature", "not a signature of the signer's key"),
    "c433a51a": ("sod.digest", "the signed SHA-256 digest is not that of the content"),
    "9b8c545a": ("sod.format", "version of SignedData"),
    "55262c80": ("sod.format", "version of SignedData"),
    "0c482016": ("sod.format", "the content is not an LDS security object"),
    "12277a62": ("sod.format", "the content is not an LDS security object"),
    "de1b10af": ("sod.format", "neither version 0 nor 1"),
    "208be068": ("sod.format", "neither version 0 nor 1"),
    "6d3b6ce3": ("sod.format", "1 bytes after the end"),
}

WRONG_DIGESTS = "f6dcdc9d"  # says SHA-256 and has digests of SHA-224


def samples(*folders: str) -> list[Path]:
    return [path for folder in folders for path in sorted((SAMPLES / "sod" / folder).glob("*"))]


def load(path: Path) -> bytes:
    """The file, under the tag 77 where the collection has it without."""
    content = path.read_bytes()
    return content if content[0] == 0x77 else tlv.build(0x77, content)


def judged(sod: bytes) -> Report:
    return judge(of_files({File.SOD: sod}))


def still_open(sod: Sod) -> set[str]:
    """What the chip may offer by an EF.SOD of which no data group was read."""
    found = {"chip.active"} if File.DG15 in sod.digests else set()
    return found | (set(WITHOUT_DG14) if File.DG14 in sod.digests else set())


def each(*folders: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("path", samples(*folders), ids=lambda path: path.stem)


def members() -> Iterator[tuple[Path, File, Path]]:
    """Each EF.SOD with each of its data groups that is here."""
    if not SAMPLES.is_dir():
        return
    for sod, groups in json.loads((SAMPLES / "sets.json").read_text()).items():
        for group in groups:
            file = File.from_label(Path(group).parent.name)
            if file and (SAMPLES / sod).exists() and (SAMPLES / group).exists():
                yield SAMPLES / sod, file, SAMPLES / group


class TestSecurityObjects:
    @each("real", "real_bare_cms", "specimen")
    def test_right_ones(self, path: Path) -> None:
        report = judged(load(path))
        for name in CHECKS:
            assert found(report, name).outcome is Outcome.PASS, found(report, name).reason
        weak = "sha1" in path.stem or "RSA-1024" in path.stem
        assert ("weak" in found(report, "sod.signature").reason) == weak
        # The specimen of BSI of 2008 has no key usage, which its profile prescribes.
        assert report.failed == (("ds.profile",) if "3d920b7e" in path.stem else ())
        assert {check.id for check in report.checks if check.outcome is Outcome.UNKNOWN} & outcomes(
            report
        ).keys() == UNREAD | still_open(Sod.parse(load(path)))

    @each("mock")
    def test_a_signer_who_is_named_by_a_key_that_the_certificate_does_not_have(
        self, path: Path
    ) -> None:
        report = judged(load(path))
        assert found(report, "sod.signer").outcome is Outcome.UNKNOWN
        assert found(report, "sod.digest").outcome is Outcome.PASS

    @each("negative")
    def test_wrong_ones(self, path: Path) -> None:
        name, reason = NEGATIVE[path.stem.rsplit("_", 1)[-1]]
        report = judged(load(path))
        assert report.failed == (name,)
        assert reason in found(report, name).reason

    @each("real", "real_bare_cms")
    def test_a_changed_byte(self, path: Path) -> None:
        """Nothing raises, and whatever still passes says the same of the data groups."""
        sod = load(path)
        honest = Sod.parse(sod)
        for index in range(0, len(sod), len(sod) // MUTATIONS):
            changed = sod[:index] + bytes((sod[index] ^ 0x01,)) + sod[index + 1 :]
            report = judged(changed)
            if all(found(report, name).outcome is Outcome.PASS for name in CHECKS):
                parsed = Sod.parse(changed)
                assert parsed.signed.content == honest.signed.content
                assert parsed.digests == honest.digests
                assert parsed.digest_algorithm.oid == honest.digest_algorithm.oid

    @pytest.mark.parametrize(("sod", "file", "group"), list(members()))
    def test_data_groups(self, sod: Path, file: File, group: Path) -> None:
        content = group.read_bytes()
        for changed in (content, content + b"\x00", content[:-1]):
            report = judge(of_files({File.SOD: load(sod), file: changed}))
            if found(report, "sod.format").outcome is Outcome.PASS:
                check = found(report, f"{file.label.lower()}.hash")
                right = changed == content and WRONG_DIGESTS not in sod.stem
                assert (check.outcome is Outcome.PASS) == right, check.reason


class TestReferenceDocument:
    """BSI TR-03105-5.1: a whole document; EF.COM does not list DG15, and EF.SOD has none."""

    def files(self) -> dict[File, bytes]:
        groups = {File[f"DG{n}"]: f"Datagroup{n}.bin" for n in (1, 2, 3, 4, 14)}
        names = {File.COM: "EF_COM.bin", File.SOD: "EF_SOD.bin", **groups}
        return {file: (REFERENCE / name).read_bytes() for file, name in names.items()}

    def test_all_of_it(self) -> None:
        report = judge(of_files(self.files(), None))
        assert report.failed == ()
        unknown = {name for name, item in outcomes(report).items() if item is Outcome.UNKNOWN}
        assert unknown == {"chip.authentication"}
        assert found(report, "chip.authentication").reason == "it was not run"
        assert report.chip == "unproven"
        assert [name for name in outcomes(report) if name.startswith("dg")] == [
            "dg1.hash",
            "dg2.hash",
            "dg3.hash",
            "dg4.hash",
            "dg14.hash",
        ]
        assert found(report, "sod.signature").reason == (
            "RSASSA-PSS with SHA-256 (MGF1 SHA-256, salt 32), 2048 bits"
        )
        report.require()
        with pytest.raises(TrustError, match=r"ds\.path, .*, chip\.authentication"):
            report.require(trust=True)

    def test_what_a_reader_reads_by_default(self) -> None:
        wanted = (File.COM, File.SOD, File.DG1, File.DG2, File.DG14)
        report = judge(of_files({file: self.files()[file] for file in wanted}, None))
        assert outcomes(report) | {"dg3.hash": Outcome.NOT_APPLICABLE} == outcomes(report)
        report.require()

    def test_dg15_which_is_not_signed(self) -> None:
        dg15 = (REFERENCE / "Datagroup15.bin").read_bytes()
        report = judge(of_files({**self.files(), File.DG15: dg15}, None))
        assert report.failed == ("dg15.hash", "files.signed")
        assert found(report, "dg15.hash").reason == "EF.SOD does not sign it"

    def test_the_data_group_of_another_document(self) -> None:
        files = self.files()
        files[File.DG1] = files[File.DG1].replace(b"<", b"X", 1)
        with pytest.raises(VerificationError, match=r"verification failed: dg1\.hash"):
            judge(of_files(files, None)).require()
