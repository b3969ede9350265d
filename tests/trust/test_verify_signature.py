"""Passive authentication: the signature of EF.SOD, one fault at a time."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from judging import OK, found, judge, only, outcomes
from signers import EcSigner
from sod_builder import (
    DG1,
    DG2,
    DG14,
    ID_DATA,
    Signer,
    SodPlan,
    dump,
    ecdsa,
    explicit_parameters,
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
from epass.errors import TrustError, VerificationError
from epass.lds.names import File
from epass.trust.report import Outcome, Report

MD5 = "1.2.840.113549.2.5"


class TestSigner:
    def test_another_name_than_that_of_the_only_certificate(self) -> None:
        """States have issued such documents: the certificate is used, the doubt is its own."""
        signer = pkcs1()
        plan = SodPlan(signer, sid=signer.sid("Another CSCA"))
        reason = only(dump(plan), "sod.signer", Outcome.UNKNOWN)
        assert reason.startswith("EF.SOD names another signer than the only certificate")
        judge(dump(plan)).require()
        with pytest.raises(TrustError, match=r"sod\.signer, ds\.path"):
            judge(dump(plan)).require(trust=True)

    def test_another_key_identifier_than_that_of_the_only_certificate(self) -> None:
        only(dump(SodPlan(sid=tlv.build(0x80, b"another"))), "sod.signer", Outcome.UNKNOWN)

    def test_the_only_certificate_still_has_to_fit_the_signature(self) -> None:
        signer, other = pkcs1(), ecdsa(ec.CURVES[4])
        stranger = Signer(other.key_info, other.algorithm, other.sign, issuer="Another CSCA")
        plan = SodPlan(signer, certificates=(stranger.certificate(),))
        report = judge(dump(plan))
        assert report.failed == ("sod.signature",)
        assert found(report, "sod.signature").reason == (
            "public key: no RSA key, but the signature is of RSA"
        )

    def test_a_name_that_would_steer_a_terminal(self) -> None:
        signer = replace(pkcs1(), subject="\x1b[2J\r\n\u202edraziW" + "x" * 300)
        report = judge(dump(SodPlan(signer)))
        reason = found(report, "sod.signer").reason
        assert reason.isprintable()
        assert reason.startswith("C=UT, CN=?[2J???draziWxxx")
        assert len(reason) == 200

    @pytest.mark.parametrize("count", [0, 2])
    def test_no_certificate_of_that_name(self, count: int) -> None:
        signer = pkcs1()
        strangers = [
            Signer(signer.key_info, signer.algorithm, signer.sign, serial=100 + i).certificate()
            for i in range(count)
        ]
        report = judge(dump(SodPlan(signer, certificates=strangers)))
        assert found(report, "sod.signer").outcome is Outcome.UNKNOWN
        assert found(report, "sod.signer").reason == (
            f"none of the {count} certificates in EF.SOD is the signer's"
        )
        assert found(report, "sod.signature").outcome is Outcome.UNKNOWN
        with pytest.raises(TrustError, match=r"sod\.signature"):
            report.require()

    def test_two_certificates_of_that_name(self) -> None:
        signer = pkcs1()
        other = Signer(ecdsa(ec.CURVES[4]).key_info, signer.algorithm, signer.sign)
        plan = SodPlan(signer, certificates=(signer.certificate(), other.certificate()))
        report = judge(dump(plan))
        assert report.failed == ("sod.signer",)
        assert found(report, "sod.signer").reason == "the signer's name fits 2 certificates"
        assert found(report, "sod.signature").outcome is Outcome.UNKNOWN


class TestSignedAttributes:
    def test_the_digest_of_another_content(self) -> None:
        """Signed attributes that are right by themselves, over a content that was exchanged."""
        honest = SodPlan(files={File.DG1: DG1 + b"x", File.DG2: DG2, File.DG14: DG14})
        plan = SodPlan(message_digest=Hash.SHA256.digest(honest.lds_object()))
        reason = only(dump(plan), "sod.digest", Outcome.FAIL)
        assert reason == "the signed SHA-256 digest is not that of the content"

    @pytest.mark.parametrize("digest", [b"", Hash.SHA256.digest(b"")[:31], bytes(33)])
    def test_a_digest_of_another_length(self, digest: bytes) -> None:
        only(dump(SodPlan(message_digest=digest)), "sod.digest", Outcome.FAIL)

    def test_another_content_type(self) -> None:
        reason = only(dump(SodPlan(signed_content_type=ID_DATA)), "sod.digest", Outcome.FAIL)
        assert reason == "the signed content type is not that of the content"

    def test_an_unknown_digest_algorithm(self) -> None:
        reason = only(dump(SodPlan(signer_digest_oid=MD5)), "sod.digest", Outcome.UNKNOWN)
        assert reason == f"digest algorithm {MD5}"

    def test_none_of_them(self) -> None:
        """RFC 5652 §5.3: only id-data may be signed without."""
        reason = only(dump(SodPlan(signed_attributes=False)), "sod.digest", Outcome.FAIL)
        assert reason == "there are no signed attributes"

    def test_none_of_them_over_plain_data(self) -> None:
        plan = SodPlan(signed_attributes=False, content_type=ID_DATA)
        reason = only(dump(plan), "sod.digest", Outcome.NOT_APPLICABLE)
        assert reason == "there are no signed attributes; the signature is over the content itself"

    def test_none_of_them_and_a_content_that_was_exchanged(self) -> None:
        honest = SodPlan(files={File.DG1: DG1 + b"x", File.DG2: DG2, File.DG14: DG14})
        signature = pkcs1().sign(honest.lds_object())
        plan = SodPlan(signed_attributes=False, content_type=ID_DATA, signature=signature)
        assert judge(dump(plan)).failed == ("sod.signature",)


class TestSignature:
    def test_of_another_key(self) -> None:
        signer, other = ecdsa(ec.CURVES[4]), EcSigner(ec.CURVES[4], 4711)
        forger = Signer(
            signer.key_info, signer.algorithm, lambda message: other.sign(Hash.SHA256, message)
        )
        reason = only(dump(SodPlan(forger)), "sod.signature", Outcome.FAIL)
        assert reason == "not a signature of the signer's key (ECDSA with SHA-256, P-256)"

    def test_of_another_document(self) -> None:
        other = SodPlan(files={File.DG1: DG1 + b"x", File.DG2: DG2, File.DG14: DG14})
        taken = pkcs1().sign(tlv.build(0x31, other.attributes(other.lds_object())))
        only(dump(SodPlan(signature=taken)), "sod.signature", Outcome.FAIL)

    def test_over_the_tag_of_the_message_instead_of_the_set(self) -> None:
        """RFC 5652 §5.4: what is hashed has the tag of a SET OF, not that of the field."""
        plan = SodPlan()
        attributes = tlv.build(0xA0, plan.attributes(plan.lds_object()))
        taken = plan.but(signature=pkcs1().sign(attributes))
        only(dump(taken), "sod.signature", Outcome.FAIL)

    @pytest.mark.parametrize("signature", [b"", b"\x00" * 255, bytes(257)])
    def test_of_another_length(self, signature: bytes) -> None:
        reason = only(dump(SodPlan(signature=signature)), "sod.signature", Outcome.FAIL)
        assert reason == f"signature: {len(signature)} bytes, where the modulus has 256"

    def test_swapped_pss_parameters(self) -> None:
        signer = pss(Hash.SHA256, Hash.SHA1, 32)
        claimed = pss(Hash.SHA256, Hash.SHA256, 32)
        swapped = Signer(claimed.key_info, claimed.algorithm, signer.sign)
        only(dump(SodPlan(swapped)), "sod.signature", Outcome.FAIL)

    @pytest.mark.parametrize("dotted", ["1.2.840.113549.1.1.4", "1.2.840.10040.4.3"])
    def test_an_unknown_algorithm_is_unknown(self, dotted: str) -> None:
        signer = pkcs1()
        other = Signer(signer.key_info, sequence(oid(dotted)), signer.sign)
        reason = only(dump(SodPlan(other)), "sod.signature", Outcome.UNKNOWN)
        assert reason == f"signature algorithm {dotted}"
        with pytest.raises(TrustError, match=r"could not be verified: sod\.signature") as caught:
            judge(dump(SodPlan(other))).require()
        assert caught.value.exit_status == 7

    def test_the_victims_key_with_another_generator(self) -> None:
        curve = ec.CURVES[4]
        signer, key = ecdsa(curve), EcSigner(curve)
        chosen = key.point * pow(12345, -1, curve.n)  # whose 12345-fold is the victim's key
        parameters = explicit_parameters(curve, generator=chosen.encode())
        point = tlv.build(0x03, b"\x00" + key.point.encode())
        info = sequence(sequence(oid("1.2.840.10045.2.1"), parameters), point)

        def forge(message: bytes) -> bytes:
            e, k = int.from_bytes(Hash.SHA256.digest(message)), 777
            r = (chosen * k).x % curve.n
            s = pow(k, -1, curve.n) * (e + r * 12345) % curve.n
            return sequence(integer(r), integer(s))

        forged = Signer(info, signer.algorithm, forge)
        reason = only(dump(SodPlan(forged)), "sod.signature", Outcome.UNKNOWN)
        assert reason == "elliptic curve with parameters that equal no known curve"

    def test_a_key_off_its_curve(self) -> None:
        curve = ec.CURVES[4]
        signer = ecdsa(curve)
        point = tlv.build(0x03, b"\x00\x04" + bytes(63) + b"\x01")
        info = sequence(sequence(oid("1.2.840.10045.2.1"), oid(curve.oid)), point)
        bad = Signer(info, signer.algorithm, signer.sign)
        reason = only(dump(SodPlan(bad)), "sod.signature", Outcome.FAIL)
        assert reason == "public key: not a point of P-256"


class TestMutations:
    """Whatever is done to a right document, nothing raises and nothing wrong passes."""

    plan = SodPlan(ecdsa(ec.CURVES[4]))
    document = dump(plan)

    def judged_with(self, sod: bytes) -> Report:
        return judge(of_files({**self.document.files, File.SOD: sod}))

    @settings(max_examples=200, deadline=None)
    @given(data=st.data())
    def test_a_changed_byte_that_the_signature_covers(self, data: st.DataObject) -> None:
        sod, content = bytearray(self.document.files[File.SOD]), self.plan.lds_object()
        attributes = self.plan.attributes(content)
        signature = self.plan.signer.sign(tlv.build(0x31, attributes))
        part = data.draw(st.sampled_from([content, attributes, signature]))
        index = sod.index(part) + data.draw(st.integers(0, len(part) - 1))
        sod[index] ^= data.draw(st.integers(1, 255))
        with pytest.raises((VerificationError, TrustError)):
            self.judged_with(bytes(sod)).require()

    @settings(max_examples=200, deadline=None)
    @given(index=st.integers(0, 10_000), mask=st.integers(1, 255))
    def test_any_changed_byte(self, index: int, mask: int) -> None:
        """Not all of them matter, but none makes epass stumble."""
        sod = bytearray(self.document.files[File.SOD])
        sod[index % len(sod)] ^= mask
        report = self.judged_with(bytes(sod))
        assert outcomes(report).keys() >= OK.keys() - {"dg14.hash"}

    @settings(max_examples=100, deadline=None)
    @given(sod=st.binary(max_size=200))
    def test_garbage(self, sod: bytes) -> None:
        assert self.judged_with(sod).failed == ("sod.format",)

    @settings(max_examples=100, deadline=None)
    @given(com=st.binary(max_size=60))
    def test_garbage_in_ef_com(self, com: bytes) -> None:
        report = judge(of_files({**self.document.files, File.COM: com}))
        assert report.failed == ("com.sod",)

    @settings(max_examples=100, deadline=None)
    @given(content=st.binary(max_size=300))
    def test_garbage_that_is_signed(self, content: bytes) -> None:
        report = judge(dump(self.plan.but(content=content)))
        assert report.failed == ("sod.format",)
