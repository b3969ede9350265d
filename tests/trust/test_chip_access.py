"""Was the chip opened by the way that its issuer offers? EF.CardAccess against its signed copy."""

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
    answer,
    card_access,
    card_security,
    dg14,
    document,
    pace_info,
    without,
)
from judging import judge
from sod_builder import SodPlan, ecdsa, integer, oid, sequence

from epass.crypto import ec
from epass.crypto.ciphers import Cipher
from epass.dump import Access, Dump
from epass.errors import TrustError
from epass.lds.names import File
from epass.trust.report import Outcome

GM, GM_256, IM = pace_info(), pace_info(2, 4), pace_info(4, 2, 12)
KEY = StaticKey(ec.CURVES[4])
SAME = "EF.CardAccess offers what its signed copy does"
NO_COPY = "the issuer has signed no copy of EF.CardAccess"


def chip(
    offered: tuple[bytes, ...] | None,
    signed: tuple[bytes, ...] | None,
    access: Access = PACE_GM,
    security: bytes | None = None,
) -> Dump:
    """A chip that offers, in EF.CardAccess, and has signed, in DG14, these SecurityInfos."""
    besides = {} if offered is None else {File.CARD_ACCESS: card_access(*offered)}
    if security is not None:
        besides[File.CARD_SECURITY] = security
    groups = {} if signed is None else {File.DG14: dg14(*signed)}
    return document(groups, access=access, besides=besides)


def copy(dump: Dump) -> tuple[Outcome, str]:
    return answer(dump, "access.card_access")


def protocol(dump: Dump) -> tuple[Outcome, str]:
    return answer(dump, "access.protocol")


class TestCardAccess:
    @pytest.mark.parametrize("infos", [(GM,), (GM, GM_256), (IM, GM_256, GM)])
    def test_the_same(self, infos: tuple[bytes, ...]) -> None:
        assert copy(chip(infos, infos)) == (PASS, SAME)
        assert copy(chip(infos, infos[::-1])) == (PASS, SAME)

    def test_what_else_is_signed_does_not_matter(self) -> None:
        signed = (GM, KEY.info(Cipher.AES_128), KEY.key_info())
        assert copy(chip((GM,), signed)) == (PASS, SAME)

    def test_one_taken_away(self) -> None:
        """The strongest, so that the reader takes a weaker one."""
        reason = (
            "EF.CardAccess does not offer PACE-ECDH-GM-AES-256 with parameters 13, which is signed"
        )
        dump = chip((GM,), (GM, GM_256))
        assert copy(dump) == (FAIL, reason)
        assert judge(dump).failed == ("access.card_access",)

    def test_one_added(self) -> None:
        reason = "EF.CardAccess offers PACE-ECDH-IM-AES-128 with parameters 12, which is not signed"
        assert copy(chip((GM, IM), (GM,))) == (FAIL, reason)

    def test_one_exchanged(self) -> None:
        outcome, reason = copy(chip((pace_info(2, 2, 8),), (GM,)))
        assert outcome is FAIL
        assert reason == (
            "EF.CardAccess does not offer PACE-ECDH-GM-AES-128 with parameters 13, "
            "which is signed; offers PACE-ECDH-GM-AES-128 with parameters 8, which is not signed"
        )

    def test_without_its_parameters(self) -> None:
        assert copy(chip((pace_info(2, 2, None),), (GM,)))[0] is FAIL

    @pytest.mark.parametrize("signed", [None, (), (KEY.info(Cipher.AES_128), KEY.key_info())])
    def test_no_copy(self, signed: tuple[bytes, ...] | None) -> None:
        """By a right EF.SOD, so nobody has taken it away."""
        assert copy(chip((GM,), signed)) == (NOT_APPLICABLE, NO_COPY)
        empty = card_security(KEY.key_info())
        assert copy(chip((GM,), signed, security=empty)) == (NOT_APPLICABLE, NO_COPY)

    def test_no_copy_and_an_ef_sod_that_nobody_has_signed(self) -> None:
        plan = SodPlan().but(signature=bytes(256))
        dump = document(access=PACE_GM, besides={File.CARD_ACCESS: card_access(GM)}, plan=plan)
        reason = "EF.SOD is not shown to be signed; see sod.digest and sod.signature"
        assert copy(dump) == (UNKNOWN, reason)

    def test_a_copy_that_was_kept_back(self) -> None:
        """A chip with PACE-CAM has EF.CardSecurity (§9.2.11)."""
        for access in (PACE_CAM, PACE_GM):
            dump = chip((GM, pace_info(6)), None, access)
            assert copy(dump) == (UNKNOWN, "EF.CardSecurity was not read")

    def test_the_copy_in_card_security(self) -> None:
        """Where DG14 has none, as with PACE-CAM alone."""
        infos = (GM, pace_info(6))
        for signed in (None, (KEY.info(Cipher.AES_128), KEY.key_info())):
            right = chip(infos, signed, PACE_CAM, card_security(*infos))
            assert copy(right) == (PASS, SAME)
            wrong = chip((GM,), signed, PACE_CAM, card_security(*infos))
            assert copy(wrong)[0] is FAIL

    def test_a_copy_that_anybody_may_have_signed(self) -> None:
        security = card_security(GM, plan=SodPlan(ecdsa(ec.CURVES[4])))
        reason = "EF.CardSecurity has another signer than EF.SOD, who may be anybody"
        assert copy(chip((GM,), None, PACE_CAM, security)) == (UNKNOWN, reason)

    def test_dg14_goes_before_card_security(self) -> None:
        dump = chip((GM,), (GM, GM_256), PACE_GM, card_security(GM))
        assert copy(dump)[0] is FAIL

    def test_dg14_not_read(self) -> None:
        dump = without(chip((GM,), (GM,)), File.DG14)
        assert copy(dump) == (UNKNOWN, "DG14 was not read")

    def test_dg14_edited(self) -> None:
        """A copy that offers the weaker way, and says so in its own DG14."""
        honest = chip((GM,), (GM, GM_256))
        dump = replace(honest, files={**honest.files, File.DG14: dg14(GM)})
        reason = "DG14 is not shown to be the one that EF.SOD signs; see dg14.hash"
        assert copy(dump) == (UNKNOWN, reason)
        assert judge(dump).failed == ("dg14.hash",)

    def test_there_is_none(self) -> None:
        reason = "EF.CardAccess offers no PACE; see access.protocol"
        for offered in (None, ()):
            assert copy(chip(offered, (GM,), BAC)) == (NOT_APPLICABLE, reason)

    def test_there_is_none_though_pace_was_run(self) -> None:
        reason = "EF.CardAccess, which offered PACE, is not there"
        assert copy(chip(None, (GM,))) == (UNKNOWN, reason)

    @pytest.mark.parametrize("content", [b"", b"\x31", b"\x31\x02\x30\x00", b"\x31\x00\x00"])
    def test_malformed(self, content: bytes) -> None:
        dump = document(access=PACE_GM, besides={File.CARD_ACCESS: content})
        outcome, reason = copy(dump)
        assert outcome is FAIL
        assert reason.startswith("EF.CardAccess")


class TestProtocol:
    def test_pace(self) -> None:
        for access in (PACE_GM, PACE_CAM):
            assert protocol(chip((GM,), (GM,), access)) == (PASS, "PACE")

    def test_bac_where_there_is_no_pace(self) -> None:
        for signed in (None, (), (KEY.info(Cipher.AES_128), KEY.key_info())):
            assert protocol(chip(None, signed, BAC)) == (PASS, "BAC; the chip offers no PACE")

    def test_downgraded(self) -> None:
        """EF.CardAccess was kept from the reader; DG14 tells."""
        dump = chip(None, (GM,), BAC)
        assert protocol(dump) == (FAIL, "BAC, though the signed DG14 offers PACE")
        assert judge(dump).failed == ("access.protocol",)

    def test_downgraded_without_dg14(self) -> None:
        dump = chip((GM,), None, BAC)
        assert protocol(dump) == (FAIL, "BAC, though EF.CardAccess offers PACE")

    def test_explicit_parameters_alone_are_pace(self) -> None:
        assert protocol(chip(None, (pace_info(2, 2, 32),), BAC))[0] is FAIL

    def test_an_allowed_fallback(self) -> None:
        allowed = replace(BAC, fallback=True)
        reason = "BAC, though the chip offers PACE, as the caller allowed"
        for offered in (None, (GM,)):
            dump = chip(offered, (GM,), allowed)
            assert protocol(dump) == (NOT_APPLICABLE, reason)
        judge(dump).require()

    def test_a_fallback_is_no_pace(self) -> None:
        assert protocol(chip((GM,), (GM,), replace(PACE_GM, fallback=True))) == (PASS, "PACE")

    def test_bac_and_dg14_not_read(self) -> None:
        dump = without(chip(None, (GM,), BAC), File.DG14)
        assert protocol(dump) == (UNKNOWN, "DG14 was not read")

    def test_bac_and_an_ef_sod_that_nobody_has_signed(self) -> None:
        dump = document(plan=SodPlan().but(signature=bytes(256)))
        reason = "EF.SOD is not shown to be signed; see sod.digest and sod.signature"
        assert protocol(dump) == (UNKNOWN, reason)

    @pytest.mark.parametrize("name", ["", "bac", "none"])
    def test_another_word(self, name: str) -> None:
        dump = chip(None, None, replace(BAC, protocol=name))
        assert protocol(dump) == (UNKNOWN, "neither PACE nor BAC")


class TestRequire:
    def test_what_a_chip_leaves_open(self) -> None:
        """It stops nothing but a caller who requires trust."""
        dump = without(chip((GM,), (GM,), BAC), File.DG14, File.CARD_ACCESS)
        report = judge(dump)
        assert set(report.unknown) == {
            "ds.path",
            "chip.authentication",
            "chip.mapping",
            "access.protocol",
        }
        report.require()
        with pytest.raises(TrustError) as caught:
            report.require(trust=True)
        assert caught.value.unknown == report.unknown
        assert "trust anchors alone do not help" in (caught.value.advice or "")

    def test_unknown_infos_are_let_be(self) -> None:
        """§9.2: an inspection system may discard any unknown entry."""
        unknown = sequence(oid("1.2.3.4"), integer(1))
        assert copy(chip((GM, unknown), (GM,))) == (PASS, SAME)
