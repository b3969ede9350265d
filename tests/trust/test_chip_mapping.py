"""PACE with chip authentication mapping, judged by the key in EF.CardSecurity."""

from dataclasses import replace

import pytest
from chip_builder import (
    BAC,
    FAIL,
    NOT_APPLICABLE,
    PACE_CAM,
    PACE_GM,
    PASS,
    UNKNOWN,
    StaticKey,
    card_access,
    card_security,
    dg14,
    document,
    ec_info,
    mapped,
    pace_info,
    proof,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from judging import judge
from signers import EcSigner
from sod_builder import SodPlan, ecdsa, pkcs1
from vector_files import raw, vectors

from epass.crypto import ec, modp
from epass.crypto.hashes import Hash
from epass.dump import Access, Dump
from epass.evidence import NO_EVIDENCE, ChipAuthenticationMapping, Evidence
from epass.lds.names import File
from epass.trust.report import Outcome

CURVE = ec.CURVES[5]  # brainpoolP256r1, parameter id 13
KEY = StaticKey(CURVE, key_id=13)
OTHER = StaticKey(CURVE, 4711, 13)
PACE = (pace_info(), pace_info(6))
COPY = "the chip does not have the private key of EF.CardSecurity"


def chip(
    evidence: Evidence,
    security: bytes | None,
    access: Access = PACE_CAM,
    plan: SodPlan | None = None,
) -> Dump:
    """A chip that was opened with PACE-CAM, and its EF.CardSecurity."""
    besides = {File.CARD_ACCESS: card_access(*PACE)}
    if security is not None:
        besides[File.CARD_SECURITY] = security
    groups = {File.DG14: dg14(*PACE)}
    return document(groups, evidence=evidence, access=access, besides=besides, plan=plan)


def mapping(dump: Dump) -> tuple[Outcome, str]:
    return proof(dump, "chip.mapping", "a key that EF.SOD's signer signs")


def secured(*keys: StaticKey) -> bytes:
    return card_security(*PACE, *(key.key_info() for key in keys))


class TestGenuine:
    def test_the_worked_example(self) -> None:
        """Appendix I.1, whose key stands in an EF.CardSecurity of ours."""
        fields = vectors("doc9303-pace")["pace-cam-ecdh"]
        point = b"\x04" + raw(fields, "map_chip_public")
        recorded = ChipAuthenticationMapping(
            "0.4.0.127.0.7.2.2.4.6.2", 13, point, raw(fields, "CA_IC")
        )
        info = raw(fields, "ChipAuthenticationPublicKeyInfo")
        security = card_security(*PACE, info[: 2 + info[1]])  # a stray byte follows its end
        assert mapping(chip(Evidence(mapping=recorded), security)) == (
            PASS,
            "ECDH, brainpoolP256r1",
        )

    @pytest.mark.parametrize("curve", ec.CURVES, ids=lambda curve: curve.name)
    def test_every_curve(self, curve: ec.Curve) -> None:
        number = curve.parameter_id
        key = StaticKey(curve, key_id=number)
        evidence = Evidence(mapping=key.mapped(number))
        weak = f"; weak: {curve.name}" if curve.strength < 112 else ""
        assert mapping(chip(evidence, secured(key))) == (PASS, f"ECDH, {curve.name}{weak}")

    def test_the_word(self) -> None:
        assert judge(chip(mapped(KEY), secured(KEY))).chip == "proven"

    def test_one_of_several_keys(self) -> None:
        """As German passports have: another key on the same curve, for chip authentication."""
        others = StaticKey(CURVE, 99, 72), StaticKey(ec.CURVES[8], 99, 16)
        security = secured(others[0], KEY, others[1])
        assert mapping(chip(mapped(KEY), security))[0] is PASS
        assert mapping(chip(mapped(others[0]), security)) == (FAIL, COPY)

    def test_several_keys_with_the_same_id(self) -> None:
        others = [StaticKey(CURVE, secret, 13) for secret in range(4711, 4715)]
        assert mapping(chip(mapped(KEY), secured(*others[1:], KEY)))[0] is PASS
        reason = "EF.CardSecurity has 5 keys of the same id"
        assert mapping(chip(mapped(KEY), secured(*others, KEY))) == (UNKNOWN, reason)


class TestCopies:
    def test_without_the_private_key(self) -> None:
        """A mapping key of its own, and any factor."""
        dump = chip(mapped(OTHER), secured(KEY))
        assert mapping(dump) == (FAIL, COPY)
        report = judge(dump)
        assert (report.failed, report.chip) == (("chip.mapping",), "refuted")

    def test_the_negative_of_the_mapping_key(self) -> None:
        """Its x is the same, so a comparison of x alone would not see it."""
        n = CURVE.n
        recorded = KEY.mapped()
        factor = (n - int.from_bytes(recorded.authentication_data)).to_bytes(CURVE.scalar_size)
        assert mapping(chip(mapped(KEY, authentication_data=factor), secured(KEY))) == (FAIL, COPY)

    def test_the_mapping_key_in_another_encoding(self) -> None:
        point = KEY.mapped().mapping_key
        for encoded in (b"", point[1:], b"\x03" + point[1:33], point + b"\x00"):
            dump = chip(mapped(KEY, mapping_key=encoded), secured(KEY))
            assert mapping(dump) == (FAIL, COPY)

    @pytest.mark.parametrize("add", [0, 1], ids=["0", "n"])
    def test_a_factor_of_nothing(self, add: int) -> None:
        factor = (add * CURVE.n).to_bytes(CURVE.scalar_size)
        dump = chip(mapped(KEY, authentication_data=factor), secured(KEY))
        assert mapping(dump) == (FAIL, "chip authentication data: not from 1 to n - 1")
        assert mapping(chip(mapped(KEY, authentication_data=b""), secured(KEY)))[0] is FAIL

    def test_a_factor_that_is_not_reduced(self) -> None:
        """CA_IC is computed modulo n, so there is one of it."""
        factor = int.from_bytes(KEY.mapped().authentication_data) + CURVE.n
        dump = chip(mapped(KEY, authentication_data=factor.to_bytes(33)), secured(KEY))
        assert mapping(dump) == (FAIL, "chip authentication data: not from 1 to n - 1")

    @settings(max_examples=60, deadline=None)
    @given(data=st.data())
    def test_a_changed_byte(self, data: st.DataObject) -> None:
        part = data.draw(st.sampled_from(["mapping_key", "authentication_data"]))
        changed = bytearray(getattr(KEY.mapped(), part))
        changed[data.draw(st.integers(0, len(changed) - 1))] ^= data.draw(st.integers(1, 255))
        dump = chip(mapped(KEY, **{part: bytes(changed)}), secured(KEY))
        assert mapping(dump)[0] is FAIL


class TestKeys:
    def test_no_key_for_the_parameters(self) -> None:
        reason = "EF.CardSecurity has no key for the parameters 13"
        unnamed = StaticKey(CURVE)
        on_another_curve = StaticKey(ec.CURVES[4], key_id=13)
        for keys in ((), (StaticKey(CURVE, key_id=14),), (unnamed,), (on_another_curve,)):
            assert mapping(chip(mapped(KEY), secured(*keys))) == (FAIL, reason)

    def test_off_its_curve(self) -> None:
        point = CURVE.generator * KEY.secret
        public = ec_info(point, encoded=point.encode()[:-1] + b"\x00")
        security = card_security(*PACE, KEY.key_info(public))
        reason = "EF.CardSecurity: not a point of brainpoolP256r1"
        assert mapping(chip(mapped(KEY), security)) == (FAIL, reason)

    def test_with_another_generator(self) -> None:
        point = CURVE.generator * KEY.secret
        public = ec_info(point, generator=(point * 2).encode())
        security = card_security(*PACE, KEY.key_info(public))
        reason = "elliptic curve with parameters that equal no known curve"
        assert mapping(chip(mapped(KEY), security)) == (UNKNOWN, reason)

    def test_of_integers(self) -> None:
        key = StaticKey(modp.GROUPS[2], key_id=13)
        reason = "EF.CardSecurity: no EC key"
        assert mapping(chip(mapped(KEY), secured(key))) == (FAIL, reason)


class TestCardSecurity:
    """The key counts only under the signature of who has signed EF.SOD."""

    def test_missing(self) -> None:
        dump = chip(mapped(KEY), None)
        assert mapping(dump) == (UNKNOWN, "EF.CardSecurity was not read")
        assert judge(dump).chip == "unproven"

    def test_forged(self) -> None:
        """Another key in a file that was signed: one of the same length fits in its place."""
        shown, own = KEY.public(), OTHER.public()
        security = secured(KEY).replace(shown, own)
        reason = "EF.CardSecurity: the signed SHA-256 digest is not that of the content"
        assert mapping(chip(mapped(OTHER), security)) == (FAIL, reason)

    def test_with_a_signature_of_another_file(self) -> None:
        plan = SodPlan().but(signature=pkcs1().sign(b"another file"))
        security = card_security(*PACE, OTHER.key_info(), plan=plan)
        outcome, reason = mapping(chip(mapped(OTHER), security))
        assert outcome is FAIL
        assert reason.startswith("EF.CardSecurity: not a signature of the signer's key")

    def test_unsigned(self) -> None:
        security = card_security(*PACE, KEY.key_info(), plan=SodPlan(signer_infos=0))
        reason = "EF.CardSecurity: nobody has signed it"
        assert mapping(chip(mapped(KEY), security)) == (FAIL, reason)

    def test_without_signed_attributes(self) -> None:
        plan = SodPlan(signed_attributes=False)
        security = card_security(*PACE, KEY.key_info(), plan=plan)
        reason = "EF.CardSecurity: there are no signed attributes"
        assert mapping(chip(mapped(KEY), security)) == (FAIL, reason)

    @pytest.mark.parametrize("subject", ["Document Signer", "Another Signer"])
    def test_by_a_signer_of_the_copys_own(self, subject: str) -> None:
        """A copy of all files but this one, with a key and a certificate of its own."""
        genuine, own = ecdsa(CURVE), EcSigner(CURVE, 4711)
        forger = replace(
            genuine,
            key_info=ec_info(own.point),
            sign=lambda text: own.sign(Hash.SHA256, text),
            subject=subject,
        )
        security = card_security(*PACE, OTHER.key_info(), plan=SodPlan(forger))
        dump = chip(mapped(OTHER), security, plan=SodPlan(genuine))
        reason = "EF.CardSecurity has another signer than EF.SOD, who may be anybody"
        assert mapping(dump) == (UNKNOWN, reason)
        assert judge(dump).chip == "unproven"
        assert mapping(chip(mapped(OTHER), security, plan=SodPlan(forger)))[0] is PASS

    def test_with_the_certificate_of_the_signer_and_another_key(self) -> None:
        genuine, own = ecdsa(CURVE), EcSigner(CURVE, 4711)
        forger = replace(genuine, sign=lambda text: own.sign(Hash.SHA256, text))
        security = card_security(*PACE, OTHER.key_info(), plan=SodPlan(forger))
        dump = chip(mapped(OTHER), security, plan=SodPlan(genuine))
        assert mapping(dump)[0] is FAIL

    def test_without_a_certificate_of_its_signer(self) -> None:
        stranger = replace(pkcs1(), serial=99).certificate()
        plan = SodPlan(certificates=[stranger, replace(pkcs1(), serial=98).certificate()])
        security = card_security(*PACE, KEY.key_info(), plan=plan)
        reason = "EF.CardSecurity: there is no certificate of its signer to verify it with"
        assert mapping(chip(mapped(KEY), security)) == (UNKNOWN, reason)

    def test_with_two_signers(self) -> None:
        security = card_security(*PACE, KEY.key_info(), plan=SodPlan(signer_infos=2))
        reason = "EF.CardSecurity has more than one signer"
        assert mapping(chip(mapped(KEY), security)) == (UNKNOWN, reason)

    def test_an_ef_sod_in_its_place(self) -> None:
        """The signature is right, but not over security infos."""
        security = SodPlan().content_info()
        reason = "EF.CardSecurity: the content is not a security object"
        assert mapping(chip(mapped(KEY), security)) == (FAIL, reason)

    def test_truncated_or_trailing(self) -> None:
        right = secured(KEY)
        for security in (b"", right[:-1], right[: len(right) // 2], right + b"\x00"):
            outcome, reason = mapping(chip(mapped(KEY), security))
            assert outcome is FAIL
            assert reason.startswith("EF.CardSecurity")

    @settings(max_examples=150, deadline=None)
    @given(index=st.integers(0, 10_000), mask=st.integers(1, 255))
    def test_a_changed_byte(self, index: int, mask: int) -> None:
        """The key of another chip never comes to count, whatever is changed."""
        security = bytearray(secured(KEY))
        security[index % len(security)] ^= mask
        assert mapping(chip(mapped(OTHER), bytes(security)))[0] in (FAIL, UNKNOWN)

    @pytest.mark.parametrize("broken", ["signature", "message_digest"])
    def test_ef_sod_that_nobody_has_signed(self, broken: str) -> None:
        plan = SodPlan().but(**{broken: bytes(256)})
        dump = chip(mapped(KEY), secured(KEY), plan=plan)
        reason = "EF.SOD is not shown to be signed; see sod.digest and sod.signature"
        assert mapping(dump) == (UNKNOWN, reason)


class TestOffers:
    def test_not_offered(self) -> None:
        for access in (BAC, PACE_GM):
            dump = document({File.DG14: dg14(pace_info())}, access=access)
            assert mapping(dump) == (NOT_APPLICABLE, "the chip does not offer it")

    @pytest.mark.parametrize("access", [BAC, PACE_GM], ids=["BAC", "PACE-GM"])
    def test_opened_by_another_way(self, access: Access) -> None:
        reason = "it was not run; the chip was opened by another way"
        assert mapping(chip(NO_EVIDENCE, secured(KEY), access)) == (UNKNOWN, reason)

    def test_what_ef_card_access_alone_offers(self) -> None:
        """Chips with PACE-CAM may do without DG14."""
        dump = document(access=PACE_GM, besides={File.CARD_ACCESS: card_access(*PACE)})
        assert mapping(dump)[0] is UNKNOWN

    def test_no_evidence(self) -> None:
        assert mapping(chip(NO_EVIDENCE, secured(KEY))) == (UNKNOWN, "it was not run")

    def test_evidence_of_another_way_does_not_count(self) -> None:
        """How the chip was opened is what the dump says of its access."""
        assert mapping(chip(mapped(KEY), secured(KEY), PACE_GM))[0] is UNKNOWN
