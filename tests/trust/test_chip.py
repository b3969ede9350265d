"""Active authentication: genuine chips of every kind, and chips that only pretend."""

from dataclasses import replace

import pytest
from chip_builder import (
    CHALLENGE,
    FAIL,
    NOT_APPLICABLE,
    PASS,
    UNKNOWN,
    StaticKey,
    active_info,
    answer,
    dg14,
    dg15,
    document,
    ec_info,
    failing,
    proof,
    public_key_info,
    rsa_info,
    signed_by,
    without,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from judging import found, judge
from signers import (
    ECDSA,
    PKCS1,
    PLAIN,
    EcSigner,
    every_curve,
    every_hash,
    recoverable,
    recovery_sign,
    rsa_key,
    rsa_public,
)
from sod_builder import AT, SodPlan, integer, oid, sequence
from vector_files import raw, vectors

from epass.crypto import ec, modp
from epass.crypto.hashes import Hash
from epass.crypto.signatures import EcdsaVerifier
from epass.dump import Dump
from epass.errors import InputError
from epass.evidence import NO_EVIDENCE, Evidence
from epass.lds.names import File
from epass.trust import access, chip
from epass.trust.report import NEED_CHIP, Outcome
from epass.trust.verify import verify

PROOFS = vectors("doc9303-proofs")
P256 = EcSigner(ec.CURVES[4])
STANDARD_HASHES = [Hash.SHA224, Hash.SHA256, Hash.SHA384, Hash.SHA512]
NO_CHALLENGE = "not a signature over the challenge"


def rsa_chip(bits: int = 2048, evidence: Evidence = NO_EVIDENCE) -> Dump:
    return document({File.DG15: dg15(rsa_info(rsa_public(rsa_key(bits)).n))}, evidence=evidence)


def ec_chip(
    signer: EcSigner = P256, evidence: Evidence = NO_EVIDENCE, named: tuple[str, ...] = ()
) -> Dump:
    groups = {File.DG15: dg15(ec_info(signer.point))}
    if named:
        groups[File.DG14] = dg14(*map(active_info, named))
    return document(groups, evidence=evidence)


def active(dump: Dump) -> tuple[Outcome, str]:
    return proof(dump, "chip.active")


class TestGenuineRsa:
    @every_hash
    @pytest.mark.parametrize("bits", [1024, 2048])
    def test_every_trailer(self, used: Hash, bits: int) -> None:
        evidence = signed_by(recovery_sign(rsa_key(bits), used, CHALLENGE))
        weak = [name for name in ("SHA-1",) if used is Hash.SHA1]
        weak += [f"RSA of {bits} bits"] if bits < 2048 else []
        reason = f"RSA ISO/IEC 9796-2 with {used.label}, {bits} bits"
        reason += f"; weak: {', '.join(weak)}" if weak else ""
        assert active(rsa_chip(bits, evidence)) == (PASS, reason)

    def test_by_b_4(self) -> None:
        signature = recovery_sign(rsa_key(2048), Hash.SHA256, CHALLENGE, smaller=True)
        assert active(rsa_chip(2048, signed_by(signature)))[0] is PASS

    def test_a_recorded_one(self) -> None:
        fields = PROOFS["aa-rsa-1800-real"]
        evidence = signed_by(raw(fields, "signature"), raw(fields, "RND_IFD"))
        dump = document({File.DG15: raw(fields, "DG15")}, evidence=evidence)
        assert active(dump) == (
            PASS,
            "RSA ISO/IEC 9796-2 with SHA-256, 1792 bits; weak: RSA of 1792 bits",
        )
        assert judge(dump).chip == "proven"


class TestGenuineEcdsa:
    @every_curve
    @pytest.mark.parametrize("form", ["plain", "DER"])
    def test_every_curve(self, curve: ec.Curve, form: str) -> None:
        signer = EcSigner(curve)
        sign = signer.plain if form == "plain" else signer.sign
        evidence = signed_by(sign(Hash.SHA256, CHALLENGE))
        outcome, reason = active(ec_chip(signer, evidence, (PLAIN[Hash.SHA256],)))
        text = f"ECDSA with SHA-256, {curve.name}" + (", in DER" if form == "DER" else "")
        weak = f"; weak: curve {curve.name}" if curve.n.bit_length() < 224 else ""
        assert (outcome, reason) == (PASS, text + weak)

    @pytest.mark.parametrize("used", STANDARD_HASHES, ids=lambda used: used.label)
    def test_a_hash_that_dg14_does_not_name(self, used: Hash) -> None:
        evidence = signed_by(P256.plain(used, CHALLENGE))
        reason = f"ECDSA with {used.label}, P-256"
        assert active(ec_chip(evidence=evidence)) == (PASS, reason)
        besides = ec_chip(evidence=evidence, named=(PLAIN[used], PLAIN[Hash.SHA256]))
        assert active(besides) == (PASS, reason)

    @pytest.mark.parametrize("oids", [PLAIN, ECDSA], ids=["plain", "DER"])
    def test_whichever_form_dg14_names(self, oids: dict[Hash, str]) -> None:
        for signature in (P256.plain(Hash.SHA384, CHALLENGE), P256.sign(Hash.SHA384, CHALLENGE)):
            dump = ec_chip(evidence=signed_by(signature), named=(oids[Hash.SHA384],))
            assert active(dump)[0] is PASS

    def test_sha_1_is_what_dg14_has_to_name(self) -> None:
        """The standard forbids it; states that use it say so."""
        evidence = signed_by(P256.plain(Hash.SHA1, CHALLENGE))
        named = ec_chip(evidence=evidence, named=(PLAIN[Hash.SHA1],))
        assert active(named) == (PASS, "ECDSA with SHA-1, P-256; weak: SHA-1")
        assert active(ec_chip(evidence=evidence))[0] is FAIL

    def test_another_hash_than_dg14_names(self) -> None:
        evidence = signed_by(P256.plain(Hash.SHA512, CHALLENGE))
        dump = ec_chip(evidence=evidence, named=(PLAIN[Hash.SHA256],))
        assert active(dump) == (FAIL, f"{NO_CHALLENGE} (ECDSA, P-256)")

    def test_dg14_that_cannot_be_used(self) -> None:
        """It only names the hash: what the key of DG15 has signed, it has signed."""
        dump = ec_chip(evidence=signed_by(P256.plain(Hash.SHA512, CHALLENGE)), named=("1.2.3",))
        edited = replace(dump, files={**dump.files, File.DG14: dg14()})
        for unusable in (without(dump, File.DG14), edited):
            assert active(unusable) == (PASS, "ECDSA with SHA-512, P-256")

    @pytest.mark.parametrize("name", [name for name in PROOFS if name.startswith("aa-ecdsa-")])
    def test_generated_examples(self, name: str) -> None:
        fields = PROOFS[name]
        evidence = signed_by(raw(fields, "signature_plain"), raw(fields, "RND_IFD"))
        groups = {File.DG14: raw(fields, "DG14"), File.DG15: raw(fields, "DG15")}
        dump = document(groups, evidence=evidence)
        outcome, reason = active(dump)
        assert outcome is PASS
        assert reason.startswith("ECDSA with SHA-")


class TestWrongAnswers:
    """9000 with anything but a signature over the challenge is a failure."""

    @pytest.mark.parametrize("challenge", [CHALLENGE[::-1], bytes(8), CHALLENGE[:7]])
    def test_over_another_challenge(self, challenge: bytes) -> None:
        signature = recovery_sign(rsa_key(1024), Hash.SHA256, challenge)
        reason = f"{NO_CHALLENGE} (RSA of 1024 bits)"
        assert active(rsa_chip(1024, signed_by(signature))) == (FAIL, reason)
        for answered in (P256.plain(Hash.SHA256, challenge), P256.sign(Hash.SHA256, challenge)):
            reason = f"{NO_CHALLENGE} (ECDSA, P-256)"
            assert active(ec_chip(evidence=signed_by(answered))) == (FAIL, reason)

    def test_by_another_key(self) -> None:
        signature = recovery_sign(rsa_key(1024, 3), Hash.SHA256, CHALLENGE)
        outcome, reason = active(rsa_chip(1024, signed_by(signature)))
        assert outcome is FAIL
        assert reason in (
            f"{NO_CHALLENGE} (RSA of 1024 bits)",
            "signature: not less than the modulus",
        )
        stranger = EcSigner(ec.CURVES[4], 4711).plain(Hash.SHA256, CHALLENGE)
        reason = f"{NO_CHALLENGE} (ECDSA, P-256)"
        assert active(ec_chip(evidence=signed_by(stranger))) == (FAIL, reason)

    @pytest.mark.parametrize("size", [0, 1, 127, 129, 231, 256])
    def test_rsa_truncated_empty_or_too_long(self, size: int) -> None:
        answered = recovery_sign(rsa_key(2048), Hash.SHA256, CHALLENGE)[:size]
        reason = f"signature: {size} bytes, where the modulus has 128"
        assert active(rsa_chip(1024, signed_by(answered))) == (FAIL, reason)

    @pytest.mark.parametrize("size", [0, 1, 32, 63])
    def test_ecdsa_truncated_or_empty(self, size: int) -> None:
        answered = P256.plain(Hash.SHA256, CHALLENGE)[:size]
        reason = f"{size} bytes, where r || s has 64: not r and s in DER"
        assert active(ec_chip(evidence=signed_by(answered))) == (FAIL, reason)

    def test_der_truncated_or_trailing(self) -> None:
        right = P256.sign(Hash.SHA256, CHALLENGE)
        for answered in (right[:-1], right + b"\x00"):
            outcome, reason = active(ec_chip(evidence=signed_by(answered)))
            assert (outcome, reason.split(": ")[1]) == (FAIL, "not r and s in DER")

    @pytest.mark.parametrize("answered", [bytes(64), b"\xff" * 64])
    def test_r_and_s_out_of_range(self, answered: bytes) -> None:
        """s = 0 or r = 0 would be right for any message, if it were not looked at."""
        reason = "64 bytes, where r || s has 64: r or s is not from 1 to n - 1"
        assert active(ec_chip(evidence=signed_by(answered))) == (FAIL, reason)

    @settings(max_examples=60, deadline=None)
    @given(st.one_of(st.binary(max_size=300), st.binary(min_size=64, max_size=64)))
    def test_garbage(self, answered: bytes) -> None:
        for dump in (rsa_chip(1024, signed_by(answered)), ec_chip(evidence=signed_by(answered))):
            assert active(dump)[0] is FAIL

    def test_a_failure_stops_the_document(self) -> None:
        report = judge(rsa_chip(1024, signed_by(bytes(128))))
        assert report.failed == ("chip.active",)
        assert report.chip == "refuted"
        assert report.verdict is FAIL


class TestNoAnswer:
    """What a copy can do as well is never a pass."""

    @pytest.mark.parametrize("sw", [0x6D00, 0x6A88, 0x6A81, 0x6982, 0x6300, 0x6100])
    def test_refused(self, sw: int) -> None:
        for dump in (
            rsa_chip(1024, signed_by(b"", sw=sw)),
            ec_chip(evidence=signed_by(b"", sw=sw)),
        ):
            assert active(dump) == (UNKNOWN, f"the chip refuses to sign, status {sw:04X}")
            assert judge(dump).chip == "unproven"

    def test_a_right_signature_with_an_error(self) -> None:
        evidence = signed_by(recovery_sign(rsa_key(1024), Hash.SHA1, CHALLENGE), sw=0x6F00)
        assert active(rsa_chip(1024, evidence))[0] is UNKNOWN

    @pytest.mark.parametrize("size", [0, 7, 9])
    def test_a_challenge_of_another_length(self, size: int) -> None:
        challenge = bytes(size)
        evidence = signed_by(recovery_sign(rsa_key(1024), Hash.SHA1, challenge), challenge)
        reason = f"the challenge has {size} bytes, not 8"
        assert active(rsa_chip(1024, evidence)) == (UNKNOWN, reason)

    def test_not_run(self) -> None:
        assert active(rsa_chip()) == (UNKNOWN, "it was not run")

    def test_not_run_for_a_reason(self) -> None:
        dump = failing(rsa_chip(), "active", "the reader cannot", refused=True)
        assert active(dump) == (UNKNOWN, "it was not run: the reader cannot")
        dump = failing(rsa_chip(), "active", "the chip fell silent", refused=False)
        assert active(dump) == (FAIL, "the chip fell silent")

    def test_failures_do_not_matter_where_there_is_evidence(self) -> None:
        evidence = signed_by(recovery_sign(rsa_key(2048), Hash.SHA256, CHALLENGE))
        dump = failing(rsa_chip(2048, evidence), "active", "earlier", refused=False)
        assert active(dump)[0] is PASS

    def test_notes_do_not_matter(self) -> None:
        """They are for people, and quote what the chip said."""
        noted = replace(rsa_chip(), notes=("active authentication failed: the chip fell silent",))
        assert active(noted) == (UNKNOWN, "it was not run")

    def test_the_challenge_of_whoever_asked(self) -> None:
        evidence = signed_by(recovery_sign(rsa_key(2048), Hash.SHA256, CHALLENGE))
        dump = rsa_chip(2048, evidence)
        for challenge, expected in ((CHALLENGE, PASS), (bytes(8), FAIL)):
            check = found(verify(dump, at=AT, challenge=challenge), "chip.active")
            assert check.outcome is expected
        assert check.reason == "another challenge was signed"
        check = found(verify(rsa_chip(), at=AT, challenge=CHALLENGE), "chip.active")
        assert (check.outcome, check.reason) == (UNKNOWN, "it was not run")

    @pytest.mark.parametrize("size", [0, 7, 9])
    def test_a_challenge_that_no_chip_signs(self, size: int) -> None:
        with pytest.raises(InputError, match=f"the challenge has {size} bytes, not 8"):
            verify(rsa_chip(), at=AT, challenge=bytes(size))


class TestKeys:
    """Only a key under EF.SOD's signature counts."""

    right = signed_by(recovery_sign(rsa_key(1024), Hash.SHA256, CHALLENGE))

    def test_dg15_exchanged(self) -> None:
        """A copy with a key of its own, which signs rightly with it."""
        honest = rsa_chip(2048, self.right)
        files = {**honest.files, **rsa_chip(1024).files, File.SOD: honest.files[File.SOD]}
        report = judge(replace(honest, files=files))
        assert report.failed == ("dg15.hash",)
        check = found(report, "chip.active")
        assert (check.outcome, check.reason) == (
            UNKNOWN,
            "DG15 is not shown to be the one that EF.SOD signs; see dg15.hash",
        )

    def test_ef_sod_without_dg15(self) -> None:
        key = dg15(rsa_info(rsa_public(rsa_key(1024)).n))
        dump = document(evidence=self.right, besides={File.DG15: key})
        assert active(dump) == (NOT_APPLICABLE, "the chip does not offer it")
        report = judge(dump)
        assert report.failed == ("dg15.hash", "files.signed")
        assert report.chip == "cloneable"

    @pytest.mark.parametrize(
        "broken", [{"signature": bytes(256)}, {"message_digest": bytes(32)}], ids=["sign", "digest"]
    )
    def test_ef_sod_that_nobody_has_signed(self, broken: dict[str, bytes]) -> None:
        key = dg15(rsa_info(rsa_public(rsa_key(1024)).n))
        plan = SodPlan().but(**broken)
        for groups in ({File.DG15: key}, {}):
            dump = document(groups, evidence=self.right, plan=plan)
            reason = "EF.SOD is not shown to be signed; see sod.digest and sod.signature"
            assert active(dump) == (UNKNOWN, reason)
            assert judge(dump).chip == "unproven"

    def test_a_signature_over_the_content_itself(self) -> None:
        """Without signed attributes there is no sod.digest, and nothing is missing."""
        key = dg15(rsa_info(rsa_public(rsa_key(1024)).n))
        plan = SodPlan().but(signed_attributes=False, content_type="1.2.840.113549.1.7.1")
        dump = document({File.DG15: key}, evidence=self.right, plan=plan)
        assert answer(dump, "sod.digest")[0] is NOT_APPLICABLE
        assert active(dump)[0] is PASS

    def test_dg15_not_read(self) -> None:
        dump = rsa_chip(1024, self.right)
        assert active(without(dump, File.DG15)) == (UNKNOWN, "DG15 was not read")

    def test_dg15_is_malformed_as_it_was_signed(self) -> None:
        """The fault is the issuer's: no chip is refuted by it."""
        dump = document({File.DG15: b"\x6f\x02\x30\x00"}, evidence=self.right)
        outcome, reason = active(dump)
        assert outcome is UNKNOWN
        assert reason.startswith("DG15/6F")

    def test_a_key_for_key_agreement(self) -> None:
        key = StaticKey(modp.GROUPS[0])
        dump = document({File.DG15: dg15(key.public())}, evidence=self.right)
        assert active(dump) == (FAIL, "DG15: no EC key")

    def test_a_key_of_an_unknown_algorithm(self) -> None:
        info = public_key_info(sequence(oid("1.3.101.112")), bytes(32))
        dump = document({File.DG15: dg15(info)}, evidence=self.right)
        assert active(dump) == (UNKNOWN, "public key of algorithm 1.3.101.112")

    def test_an_rsa_key_with_which_anybody_signs(self) -> None:
        n = rsa_public(rsa_key(1024)).n
        forged = signed_by(recoverable(Hash.SHA1, CHALLENGE, 128))
        dump = document({File.DG15: dg15(rsa_info(n, 1))}, evidence=forged)
        assert active(dump) == (FAIL, "public key: the exponent is not that of an RSA key")

    @pytest.mark.parametrize(
        ("bits", "reason"),
        [
            (512, "RSA key of 512 bits"),
            (1030, "active authentication with an RSA key of 1030 bits"),
            (8200, "RSA key of 8200 bits"),
        ],
    )
    def test_an_rsa_key_of_an_odd_size(self, bits: int, reason: str) -> None:
        dump = document({File.DG15: dg15(rsa_info((1 << bits) - 1))}, evidence=self.right)
        assert active(dump) == (UNKNOWN, reason)

    def test_the_chips_key_with_another_generator(self) -> None:
        """Whoever chooses the generator knows the private key of any public key."""
        curve = P256.curve
        chosen = (P256.point * pow(12345, -1, curve.n)).encode()
        info = ec_info(P256.point, generator=chosen)
        evidence = signed_by(P256.plain(Hash.SHA256, CHALLENGE))
        dump = document({File.DG15: dg15(info)}, evidence=evidence)
        reason = "elliptic curve with parameters that equal no known curve"
        assert active(dump) == (UNKNOWN, reason)

    def test_a_key_off_its_curve(self) -> None:
        info = ec_info(P256.point, encoded=b"\x04" + bytes(63) + b"\x01")
        evidence = signed_by(P256.plain(Hash.SHA256, CHALLENGE))
        dump = document({File.DG15: dg15(info)}, evidence=evidence)
        assert active(dump) == (FAIL, "DG15: not a point of P-256")

    @pytest.mark.parametrize("named", ["0.4.0.127.0.7.1.1.4.1.6", PKCS1[Hash.SHA256]])
    def test_an_algorithm_in_dg14_that_is_none_of_ecdsa(self, named: str) -> None:
        evidence = signed_by(P256.plain(Hash.SHA256, CHALLENGE))
        dump = ec_chip(evidence=evidence, named=(named,))
        assert active(dump) == (UNKNOWN, f"ECDSA algorithm {named}")

    def test_an_unknown_algorithm_beside_a_known_one(self) -> None:
        """It is skipped; where the known one does not fit, it may be the unknown one's."""
        unknown, known = "0.4.0.127.0.7.1.1.4.1.6", ECDSA[Hash.SHA256]
        right = signed_by(P256.plain(Hash.SHA256, CHALLENGE))
        assert active(ec_chip(evidence=right, named=(unknown, known)))[0] is PASS
        other = signed_by(P256.plain(Hash.SHA384, CHALLENGE))
        dump = ec_chip(evidence=other, named=(unknown, known))
        assert active(dump) == (UNKNOWN, f"ECDSA algorithm {unknown}")

    def test_each_hash_function_is_tried_once(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Any number of infos may be in DG14, and each verification costs two multiplications."""
        tried: list[Hash] = []

        def count(verifier: EcdsaVerifier, _message: bytes, _signature: bytes) -> bool:
            tried.append(verifier.hash)
            return False

        monkeypatch.setattr(EcdsaVerifier, "verify", count)
        infos = [
            sequence(oid("2.23.136.1.1.5"), integer(version), oid(dotted))
            for version in range(1, 11)
            for dotted in ECDSA.values()
        ]
        groups = {File.DG15: dg15(ec_info(P256.point)), File.DG14: dg14(*infos)}
        dump = document(groups, evidence=signed_by(bytes(64)))
        assert active(dump) == (FAIL, "not a signature over the challenge (ECDSA, P-256)")
        assert sorted(tried, key=str) == sorted(ECDSA, key=str)


class TestReport:
    def test_a_chip_that_offers_nothing(self) -> None:
        report = judge(document())
        for name in ("chip.active", "chip.authentication", "chip.mapping"):
            check = found(report, name)
            assert check.outcome is NOT_APPLICABLE
            assert check.reason == "the chip does not offer it"
        assert report.chip == "cloneable"
        report.require()

    def test_no_ef_sod(self) -> None:
        report = judge(replace(document(), files={}))
        assert report.chip == "unproven"
        assert set(report.unknown) >= NEED_CHIP | access.SOURCES.keys()

    def test_the_checks_that_want_of_proof_leaves_open(self) -> None:
        """The way in is none of them: to keep back the signed copy hides what was done to it."""
        assert chip.SOURCES.keys() == NEED_CHIP
        assert not access.SOURCES.keys() & NEED_CHIP
