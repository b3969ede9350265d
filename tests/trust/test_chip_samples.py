"""Published EF.CardSecurity, DG14 and DG15: which signatures are right, and that nothing raises.

The samples are not part of the project; where they are missing these tests are skipped.
"""

from dataclasses import replace
from pathlib import Path

import pytest
from chip_builder import (
    BAC,
    CHALLENGE,
    FAIL,
    NOT_APPLICABLE,
    PACE_CAM,
    PASS,
    UNKNOWN,
    StaticKey,
    agreed,
    answer,
    document,
    mapped,
    signed_by,
)
from judging import found, judge
from open_checks import WITHOUT_ANCHORS
from sample_files import DATA
from vector_files import raw, vectors

from epass.crypto import ec
from epass.dump import Dump
from epass.errors import FormatError
from epass.evidence import ChipAuthentication, Evidence
from epass.lds.chip_keys import CardSecurity, Dg15
from epass.lds.names import File
from epass.trust import signed
from epass.trust.report import NEED_CHIP

REFERENCE = DATA / "sets" / "bsi_tr03105_5_reference"
STRANGER = StaticKey(ec.CURVES[5], key_id=13)

pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="the samples are not here")

# EF.CardSecurity that is not right, by the start of the SHA-256 in the file's name. The test data
# of PersoSim are signed by a key that is not that of their certificate.
NO_SIGNATURE = "not a signature of the signer's key"
MALFORMED = {
    "23a116e1": "2 bytes after the end",  # a status word
    "8068981d": "not the structure that the standard prescribes",  # the key is no key info
    "d3297a6d": "EF.CardSecurity/SecurityInfos at byte 0: the tag is FF8201",
    "f7ed526e": "the content is not a security object",
}
CHANGED = "02812c66"  # the last byte of the signature


def samples(*folders: str) -> list[Path]:
    return [path for folder in folders for path in sorted((DATA / folder).glob("*.bin"))]


def each(*folders: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("path", samples(*folders), ids=lambda path: path.stem)


def digest_of(path: Path) -> str:
    return path.stem.rsplit("_", 1)[-1]


class TestCardSecurity:
    @each("cardsecurity", "cardsecurity/negative")
    def test_signatures(self, path: Path) -> None:
        if digest_of(path) in MALFORMED:
            with pytest.raises(FormatError) as caught:
                CardSecurity.parse(path.read_bytes())
            assert MALFORMED[digest_of(path)] in caught.value.message
            return
        file = CardSecurity.parse(path.read_bytes())
        certificate, signer = signed.find_signer(file, "EF.CardSecurity")
        assert signer[0] is PASS
        assert signed.digest(file)[0] is PASS
        outcome, reason = signed.signature(file, certificate)
        if path.stem.startswith("PersoSim") or digest_of(path) == CHANGED:
            assert outcome is FAIL
            assert reason.startswith(NO_SIGNATURE)
        else:
            assert outcome is PASS, reason

    def test_how_many(self) -> None:
        paths = samples("cardsecurity", "cardsecurity/negative")
        made = [path for path in paths if path.stem.startswith("PersoSim")]
        wrong = MALFORMED.keys() | {CHANGED}
        right = {path for path in paths if digest_of(path) not in wrong} - set(made)
        assert (len(paths), len(made), len(right)) == (20, 8, 7)


class TestRealChips:
    """German and Finnish documents have one signer for EF.SOD and EF.CardSecurity."""

    def chip(self, sod: str, card_security: str) -> Dump:
        (sod_path,) = (DATA / "sod" / "real").glob(f"*_{sod}.bin")
        (path,) = (DATA / "cardsecurity").rglob(f"*_{card_security}.bin")
        files = {File.SOD: sod_path.read_bytes(), File.CARD_SECURITY: path.read_bytes()}
        return replace(document(evidence=mapped(STRANGER), access=PACE_CAM), files=files)

    def test_a_copy_of_its_files(self) -> None:
        """The key is found and believed; that the chip does not have it is what fails."""
        reason = "the chip does not have the private key of EF.CardSecurity"
        assert answer(self.chip("14672d8d", "d3f37b36"), "chip.mapping") == (FAIL, reason)

    def test_another_curve(self) -> None:
        reason = "EF.CardSecurity has no key for the parameters 13"
        assert answer(self.chip("e66f75f1", "ff37db85"), "chip.mapping") == (FAIL, reason)

    @pytest.mark.parametrize("other", ["ff37db85", "0d4c4ba3", "a0448465"])
    def test_the_file_of_another_signer(self, other: str) -> None:
        """Of another state, of another document signer of the state, of nobody."""
        reason = "EF.CardSecurity has another signer than EF.SOD, who may be anybody"
        assert answer(self.chip("14672d8d", other), "chip.mapping") == (UNKNOWN, reason)

    def test_a_signature_that_was_changed(self) -> None:
        outcome, reason = answer(self.chip("14672d8d", CHANGED), "chip.mapping")
        assert outcome is FAIL
        assert reason.startswith(f"EF.CardSecurity: {NO_SIGNATURE}")


class TestDataGroups:
    """Signed anew, with evidence of chips that have other keys: nothing raises or passes."""

    @each("lds/DG14", "lds/DG15")
    def test_nothing_raises_or_passes(self, path: Path) -> None:
        file = File[path.parent.name]
        for evidence in (
            agreed(STRANGER),
            signed_by(bytes(128), CHALLENGE),
            signed_by(bytes(64), CHALLENGE),
            mapped(STRANGER),
        ):
            report = judge(document({file: path.read_bytes()}, evidence=evidence))
            for name in (*NEED_CHIP, "access.card_access"):
                check = found(report, name)
                assert check.outcome is not PASS, check.reason
                assert check.reason

    def test_an_exponent_that_is_even(self) -> None:
        """A file in which somebody has set the exponent to 65538."""
        path = DATA / "lds" / "DG15" / "DG15_pymrtd_8db53aa2.bin"
        dump = document({File.DG15: path.read_bytes()}, evidence=signed_by(bytes(128)))
        reason = "public key: the exponent is not that of an RSA key"
        assert answer(dump, "chip.active") == (FAIL, reason)

    def test_a_modulus_that_is_none(self) -> None:
        path = DATA / "lds" / "DG15" / "DG15_bsi2008_f8dafb9e.bin"
        dump = document({File.DG15: path.read_bytes()}, evidence=signed_by(bytes(128)))
        reason = "DG15/6F: an RSA modulus or exponent out of range"
        assert answer(dump, "chip.active") == (UNKNOWN, reason)


class TestReferenceDocument:
    """BSI TR-03105-5.1, whose keys have made the generated examples."""

    def files(self) -> dict[File, bytes]:
        names = {File[f"DG{n}"]: f"Datagroup{n}.bin" for n in (1, 2, 3, 4, 14)}
        names |= {File.COM: "EF_COM.bin", File.SOD: "EF_SOD.bin"}
        return {file: (REFERENCE / name).read_bytes() for file, name in names.items()}

    def chip(self, evidence: Evidence) -> Dump:
        # Nobody has recorded which MRZ opened it.
        access = replace(BAC, mrz_information=None)
        return replace(document(evidence=evidence, access=access), files=self.files())

    def test_a_genuine_chip(self) -> None:
        fields = vectors("doc9303-proofs")["ca-bsi-ref-ecdh-3des"]
        evidence = ChipAuthentication(
            "0.4.0.127.0.7.2.2.3.2.1",
            None,
            raw(fields, "terminal_ephemeral_private"),
            raw(fields, "next_protected_capdu"),
            raw(fields, "next_protected_rapdu"),
        )
        report = judge(self.chip(Evidence(chip=evidence)))
        check = found(report, "chip.authentication")
        assert (check.outcome, check.reason) == (
            PASS,
            "ECDH, brainpoolP224r1, 3DES; under the key that EF.SOD signs",
        )
        assert (report.chip, report.failed) == ("proven", ())
        assert set(report.unknown) == {*WITHOUT_ANCHORS, "ds.validity_at_signing", "dg1.mrz"}
        report.require()

    def test_a_protocol_that_its_dg14_does_not_have(self) -> None:
        fields = vectors("doc9303-proofs")["ca-bsi-ref-ecdh-aes256"]
        evidence = ChipAuthentication(
            "0.4.0.127.0.7.2.2.3.2.4",
            None,
            raw(fields, "terminal_ephemeral_private"),
            raw(fields, "next_protected_capdu"),
            raw(fields, "next_protected_rapdu"),
        )
        reason = "it was run with a key or protocol that DG14 does not hold"
        dump = self.chip(Evidence(chip=evidence))
        assert answer(dump, "chip.authentication") == (FAIL, reason)

    def test_its_dg15_which_nobody_has_signed(self) -> None:
        fields = vectors("doc9303-proofs")["aa-bsi-ref-sha256-34CC"]
        dg15 = (REFERENCE / "Datagroup15.bin").read_bytes()
        assert Dg15.parse(dg15) == Dg15.parse(raw(fields, "DG15"))
        evidence = signed_by(raw(fields, "S"), raw(fields, "RND_IFD"))
        dump = replace(self.chip(evidence), files={**self.files(), File.DG15: dg15})
        assert answer(dump, "chip.active") == (NOT_APPLICABLE, "the chip does not offer it")
        assert judge(dump).failed == ("dg15.hash", "files.signed")
