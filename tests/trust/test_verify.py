"""Passive authentication: right documents of every kind, and files that are not."""

from collections.abc import Callable
from datetime import datetime

import pytest
from judging import OK, found, judge, only, outcomes
from sod_builder import (
    AT,
    DG1,
    DG2,
    DG14,
    FILES,
    Signer,
    SodPlan,
    dump,
    ecdsa,
    ef_com,
    integer,
    of_files,
    oid,
    pkcs1,
    pss,
    sequence,
)

from epass import tlv
from epass.crypto import ec
from epass.crypto.hashes import Hash
from epass.errors import InputError, TrustError, VerificationError
from epass.lds.names import File
from epass.trust.report import Outcome, Report
from epass.trust.verify import verify

MD5 = "1.2.840.113549.2.5"


RIGHT: dict[str, Callable[[], Signer]] = {
    **{f"PKCS#1 {used.label}": lambda used=used: pkcs1(used) for used in Hash},  # type: ignore[misc]
    "PKCS#1, signature algorithm rsaEncryption": lambda: pkcs1(bare=True),
    "PSS SHA-256": lambda: pss(Hash.SHA256, Hash.SHA256, 32),
    "PSS SHA-512, salt 0": lambda: pss(Hash.SHA512, Hash.SHA512, 0),
    "PSS SHA-256, MGF1 SHA-1, salt 20": lambda: pss(Hash.SHA256, Hash.SHA1, 20),
    "PSS with e = 3": lambda: pss(Hash.SHA256, Hash.SHA256, 32, exponent=3),
    **{f"ECDSA {item.name}": lambda item=item: ecdsa(item) for item in ec.CURVES},  # type: ignore[misc]
    **{
        f"ECDSA {item.name} explicit": lambda item=item: ecdsa(item, explicit=True)  # type: ignore[misc]
        for item in ec.CURVES
    },
}


class TestRightDocuments:
    @pytest.mark.parametrize("signer", RIGHT.values(), ids=RIGHT.keys())
    def test_every_signature_algorithm(self, signer: Callable[[], Signer]) -> None:
        report = judge(dump(SodPlan(signer())))
        assert outcomes(report) == OK
        assert report.verdict is Outcome.UNKNOWN  # no path to a trust anchor
        report.require()

    @pytest.mark.parametrize("used", Hash, ids=lambda item: item.label)
    def test_every_hash_of_data_groups(self, used: Hash) -> None:
        report = judge(dump(SodPlan(hash=used)))
        assert outcomes(report) == OK
        weak = "; weak: SHA-1" if used is Hash.SHA1 else ""
        for name in ("sod.digest", "dg1.hash", "dg2.hash"):
            assert found(report, name).reason == used.label + weak

    def test_lds_1_8(self) -> None:
        report = judge(dump(SodPlan(lds_version="0108")))
        assert outcomes(report) == OK
        assert found(report, "sod.format").reason == "version 1, 3 digests"

    @pytest.mark.parametrize("content_type", ["1.3.27.1.1.1", "1.2.528.1.1006.1.20.1"])
    def test_content_types_of_old_documents(self, content_type: str) -> None:
        assert outcomes(judge(dump(SodPlan(content_type=content_type)))) == OK

    def test_a_signer_named_by_its_key(self) -> None:
        signer = pkcs1()
        plan = SodPlan(signer, sid=tlv.build(0x80, signer.key_id))
        assert outcomes(judge(dump(plan))) == OK

    def test_the_named_one_of_several_certificates(self) -> None:
        signer, other = pkcs1(), ecdsa(ec.CURVES[4])
        stranger = Signer(other.key_info, other.algorithm, other.sign, serial=8)
        for certificates in (
            (signer.certificate(), stranger.certificate()),
            (stranger.certificate(), signer.certificate()),
        ):
            assert outcomes(judge(dump(SodPlan(signer, certificates=certificates)))) == OK

    def test_reasons_say_what_was_used(self) -> None:
        report = judge(dump(SodPlan(pkcs1(Hash.SHA1, bits=1024))))
        assert found(report, "sod.signature").reason == (
            "RSA PKCS#1 v1.5 with SHA-1, 1024 bits; weak: SHA-1, RSA of 1024 bits"
        )
        assert found(report, "sod.signer").reason == "C=UT, CN=Document Signer, serial 7"
        assert found(report, "com.sod").reason == "both have DG1, DG2, DG14"

    def test_every_check_has_a_source(self) -> None:
        for report in (judge(dump()), judge(dump(SOD=None))):
            assert all(check.source for check in report.checks)

    def test_a_moment_without_time_zone(self) -> None:
        with pytest.raises(InputError, match="no time zone"):
            verify(dump(), at=datetime(2026, 1, 1))

    def test_the_moment_is_in_the_report(self) -> None:
        assert judge(dump()).at == AT


class TestPath:
    def test_no_anchors(self) -> None:
        assert found(judge(dump()), "ds.path").reason == "unknown: no trust anchors were given"
        with pytest.raises(TrustError, match=r"could not be verified: ds\.path"):
            judge(dump()).require(trust=True)


class TestDataGroups:
    @pytest.mark.parametrize("label", ["DG1", "DG2", "DG14"])
    def test_a_changed_file(self, label: str) -> None:
        content = bytearray(FILES[File[label]])
        content[-1] ^= 1
        document = of_files({**dump().files, File[label]: bytes(content)})
        reason = only(document, f"{label.lower()}.hash", Outcome.FAIL)
        assert reason == "the file is not the one whose SHA-256 digest EF.SOD signs"
        with pytest.raises(VerificationError):
            judge(document).require()

    @pytest.mark.parametrize("content", [b"", DG1[:-1], DG1 + b"\x00", DG2])
    def test_truncated_extended_swapped(self, content: bytes) -> None:
        reason = only(dump(DG1=content), "dg1.hash", Outcome.FAIL)
        assert reason == "the file is not the one whose SHA-256 digest EF.SOD signs"

    def test_re_encoded(self) -> None:
        """The same content with a longer length field is another file."""
        other = b"\x61\x82" + (len(DG1) - 2).to_bytes(2) + DG1[2:]
        assert tlv.parse_one(other, 0x61, where="DG1").value == DG1[2:]
        only(dump(DG1=other), "dg1.hash", Outcome.FAIL)

    def test_read_but_not_signed(self) -> None:
        plan = SodPlan(files={File.DG1: DG1, File.DG2: DG2})
        reason = only(dump(plan, DG14=DG14), "dg14.hash", Outcome.FAIL)
        assert reason == "EF.SOD does not sign it"

    def test_signed_but_not_read(self) -> None:
        reason = only(dump(DG14=None), "dg14.hash", Outcome.NOT_APPLICABLE)
        assert reason == "the file was not read"
        plan = SodPlan().but(files={**SodPlan().files, File.DG11: b"\x6b\x00"})
        judge(dump(plan, DG11=None)).require()

    def test_without_dg14_nobody_knows_what_the_chip_offers(self) -> None:
        with pytest.raises(TrustError, match=r"could not be verified: access\.protocol"):
            judge(dump(DG14=None)).require()

    @pytest.mark.parametrize("label", ["DG1", "DG2"])
    def test_a_mandatory_one_not_read(self, label: str) -> None:
        document = of_files({k: v for k, v in dump().files.items() if k.label != label})
        assert only(document, f"{label.lower()}.hash", Outcome.UNKNOWN) == "the file was not read"
        with pytest.raises(TrustError, match=rf"could not be verified: {label.lower()}\.hash"):
            judge(document).require()

    def test_a_mandatory_one_not_signed(self) -> None:
        plan = SodPlan(files={File.DG1: DG1, File.DG14: DG14})
        for document in (dump(plan), dump(plan, DG2=DG2)):
            assert only(document, "dg2.hash", Outcome.FAIL) == "EF.SOD does not sign it"

    def test_an_unknown_hash_function(self) -> None:
        report = judge(dump(SodPlan(digest_oid=MD5)))
        for name in ("dg1.hash", "dg2.hash", "dg14.hash"):
            assert found(report, name).outcome is Outcome.UNKNOWN
            assert found(report, name).reason == f"digest algorithm {MD5}"
        with pytest.raises(TrustError, match=r"dg1\.hash, dg2\.hash, dg14\.hash"):
            report.require()

    def test_digests_of_another_hash_function(self) -> None:
        report = judge(dump(SodPlan(digest_oid=Hash.SHA512.oid)))
        assert report.failed == ("dg1.hash", "dg2.hash", "dg14.hash")
        assert found(report, "dg1.hash").reason == (
            "EF.SOD signs 32 bytes for it, no SHA-512 digest"
        )

    def test_files_of_the_card_are_no_data_groups(self) -> None:
        document = dump()
        files = {**document.files, File.CARD_ACCESS: b"\x31\x00"}
        assert outcomes(judge(of_files(files))) == OK


class TestCom:
    def test_lists_more_than_is_signed(self) -> None:
        com = ef_com([File.DG1, File.DG2, File.DG3, File.DG14, File.DG15])
        assert only(dump(COM=com), "com.sod", Outcome.FAIL) == (
            "EF.COM lists DG3, DG15, which EF.SOD does not sign"
        )

    def test_lists_less_than_is_signed(self) -> None:
        """To hide DG14 is to hide that the chip can prove itself."""
        com = ef_com([File.DG2, File.DG1])
        assert only(dump(COM=com), "com.sod", Outcome.FAIL) == (
            "EF.SOD signs DG14, which EF.COM does not list"
        )

    def test_the_order_does_not_matter(self) -> None:
        com = ef_com([File.DG14, File.DG2, File.DG1])
        assert outcomes(judge(dump(COM=com))) == OK

    def test_versions_that_differ_from_the_signed_ones(self) -> None:
        plan = SodPlan(lds_version="0108")
        com = ef_com(list(FILES), version="0107", unicode="030000")
        assert only(dump(plan, COM=com), "com.sod", Outcome.FAIL) == (
            "EF.COM has LDS version 0107, EF.SOD 0108; "
            "EF.COM and EF.SOD have different Unicode versions"
        )

    def test_not_read(self) -> None:
        assert only(dump(COM=None), "com.sod", Outcome.UNKNOWN) == "the file was not read"

    def test_malformed(self) -> None:
        reason = only(dump(COM=b"\x60\x05\x5f\x01"), "com.sod", Outcome.FAIL)
        assert reason.startswith("EF.COM")
        assert "declared" in reason


class TestFormat:
    def everything_but_format_is_unknown(self, report: Report) -> None:
        assert {check.id for check in report.checks} >= OK.keys() - {"dg14.hash"}
        alone = {"dg1.format", "dg1.check_digits", "dg1.mrz", "anchors.list"}
        for check in report.checks[1:]:
            if check.id not in alone:
                assert check.outcome is Outcome.UNKNOWN
                signer = "the certificate of the signer is not known; see sod.signer"
                no_sod = "there is no EF.SOD to check against; see sod.format"
                assert check.reason == (signer if check.id == "dg1.country" else no_sod)

    def test_not_read(self) -> None:
        report = judge(dump(SOD=None))
        assert found(report, "sod.format").outcome is Outcome.UNKNOWN
        assert found(report, "sod.format").reason == "the file was not read"
        self.everything_but_format_is_unknown(report)
        with pytest.raises(TrustError, match=r"sod\.format, com\.sod"):
            report.require()

    @pytest.mark.parametrize("end", [0, 1, 2, 100, -1])
    def test_truncated(self, end: int) -> None:
        report = judge(dump(SOD=SodPlan().build()[:end]))
        assert report.failed == ("sod.format",)
        assert found(report, "sod.format").reason.startswith("EF.SOD")
        self.everything_but_format_is_unknown(report)

    def test_trailing_data(self) -> None:
        report = judge(dump(SOD=SodPlan().build() + b"\x00"))
        assert report.failed == ("sod.format",)
        assert "1 bytes after the end" in found(report, "sod.format").reason

    def test_no_digests(self) -> None:
        plan = SodPlan()
        content = sequence(integer(0), sequence(oid(Hash.SHA256.oid)), sequence())
        report = judge(dump(plan.but(content=content)))
        assert report.failed == ("sod.format",)
        assert "digests of 0 data groups" in found(report, "sod.format").reason

    def test_two_signers(self) -> None:
        report = judge(dump(SodPlan(signer_infos=2)))
        assert found(report, "sod.format").outcome is Outcome.UNKNOWN
        assert "more than one signer" in found(report, "sod.format").reason
        with pytest.raises(TrustError):
            report.require()

    def test_nobody_signed(self) -> None:
        report = judge(dump(SodPlan(signer_infos=0)))
        assert report.failed == ("sod.format",)
        assert found(report, "sod.format").reason == "EF.SOD: nobody has signed it"

    def test_an_empty_document(self) -> None:
        report = judge(of_files({}))
        assert set(outcomes(report).values()) == {Outcome.UNKNOWN}
        with pytest.raises(TrustError):
            report.require()
