"""Was the chip opened by the way that its issuer offers? EF.CardAccess against its signed copy."""

from dataclasses import replace

import pytest
from chip_builder import (
    BAC,
    FAIL,
    ID_PACE,
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
from open_checks import WITHOUT_ANCHORS
from sod_builder import SodPlan, ecdsa, integer, oid, sequence

from epass.crypto import ec
from epass.crypto.ciphers import Cipher
from epass.dump import Access, Dump
from epass.errors import TrustError
from epass.lds.names import File
from epass.trust.report import Outcome

GM, GM_256, IM, CAM = pace_info(), pace_info(2, 4), pace_info(4, 2, 12), pace_info(6)
# PACEDomainParameterInfo, the parameters of which nobody looks at, and a protocol of the future.
OWN, OTHER = (sequence(oid(f"{ID_PACE}.2"), sequence(integer(n)), integer(32)) for n in (1, 2))
NEW = sequence(oid(f"{ID_PACE}.9.2"), integer(2), integer(13))
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
            dump = chip((GM, pace_info(6)), (), access)
            assert copy(dump) == (UNKNOWN, "EF.CardSecurity was not read")
            assert protocol(dump) == (UNKNOWN, "EF.CardSecurity was not read")
            dump = chip((GM, pace_info(6)), None, access)
            reason = "EF.SOD signs no DG14; EF.CardSecurity was not read"
            assert copy(dump) == (NOT_APPLICABLE, reason)
            assert protocol(dump) == (NOT_APPLICABLE, reason)

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
        assert copy(chip((GM,), (), PACE_CAM, security)) == (UNKNOWN, reason)
        reason = f"EF.SOD signs no DG14; {reason}"
        assert copy(chip((GM,), None, PACE_CAM, security)) == (NOT_APPLICABLE, reason)

    def test_a_copy_that_somebody_has_changed(self) -> None:
        security = card_security(GM, plan=SodPlan().but(message_digest=bytes(32)))
        reason = "EF.CardSecurity: the signed SHA-256 digest is not that of the content"
        for signed in (None, ()):
            assert copy(chip((GM,), signed, PACE_CAM, security)) == (FAIL, reason)

    @pytest.mark.parametrize(
        ("info", "named"),
        [
            (OWN, "PACE-0.4.0.127.0.7.2.2.4.2 with parameters 32 of its own"),
            (NEW, "PACE-0.4.0.127.0.7.2.2.4.9.2"),
        ],
        ids=["parameters of its own", "an unknown protocol"],
    )
    def test_what_epass_cannot_use_is_compared_too(self, info: bytes, named: str) -> None:
        assert copy(chip((GM, info), (info, GM))) == (PASS, SAME)
        reason = f"EF.CardAccess does not offer {named}, which is signed"
        assert copy(chip((GM,), (GM, info))) == (FAIL, reason)
        reason = f"EF.CardAccess offers {named}, which is not signed"
        assert copy(chip((GM, info), (GM,))) == (FAIL, reason)

    def test_other_parameters_under_the_same_id(self) -> None:
        """Byte by byte: a chip's own parameters are not decoded."""
        outcome, reason = copy(chip((GM, OWN), (GM, OTHER)))
        assert outcome is FAIL
        assert "does not offer" in reason
        assert "which is not signed" in reason

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
        name = "PACE-ECDH-GM-AES-128 with parameters 13, which is signed"
        assert protocol(chip((GM,), (GM,))) == (PASS, name)
        name = "PACE-ECDH-CAM-AES-128 with parameters 13, which is signed"
        assert protocol(chip((GM, CAM), (GM, CAM), PACE_CAM)) == (PASS, name)
        by_security = chip((GM, CAM), None, PACE_CAM, card_security(GM, CAM))
        assert protocol(by_security) == (PASS, name)

    def test_pace_without_a_signed_copy(self) -> None:
        reason = f"PACE; {NO_COPY}, as was usual in older documents"
        for signed in (None, (), (KEY.info(Cipher.AES_128), KEY.key_info())):
            assert protocol(chip((GM,), signed)) == (NOT_APPLICABLE, reason)

    @pytest.mark.parametrize(
        "access",
        [
            PACE_CAM,
            replace(PACE_GM, mapping="IM"),
            replace(PACE_GM, cipher="AES-256"),
            replace(PACE_GM, cipher="3DES"),
            replace(PACE_GM, parameter_id=12),
            replace(PACE_GM, parameter_id=None),
        ],
        ids=repr,
    )
    def test_pace_by_a_way_that_is_not_signed(self, access: Access) -> None:
        dump = chip((GM,), (GM, pace_info(2, 2, None), pace_info(4, 2, 10)), access)
        reason = "the chip was opened by a way that its signed copy does not offer"
        assert protocol(dump) == (FAIL, reason)

    def test_integrated_mapping_where_it_cannot_be(self) -> None:
        """Appendix B needs p = 4n + 3, and P-224 is no such curve."""
        access = replace(PACE_GM, mapping="IM", parameter_id=10)
        infos = (pace_info(4, 2, 10),)
        assert protocol(chip(infos, infos, access))[0] is FAIL
        infos = (pace_info(4, 2, 12),)
        assert protocol(chip(infos, infos, replace(access, parameter_id=12)))[0] is PASS
        infos = (pace_info(3, 2, 1),)
        assert protocol(chip(infos, infos, replace(access, parameter_id=1)))[0] is PASS

    @pytest.mark.parametrize(
        ("used", "stronger", "name"),
        [
            ((2, 1, 13), (2, 2, 13), "ECDH-GM-AES-128 with parameters 13"),
            ((2, 2, 8), (2, 2, 13), "ECDH-GM-AES-128 with parameters 13"),
            ((2, 4, 10), (2, 2, 13), "ECDH-GM-AES-128 with parameters 13"),
            ((1, 4, 0), (1, 4, 1), "DH-GM-AES-256 with parameters 1"),
            ((2, 2, 17), (2, 4, 18), "ECDH-GM-AES-256 with parameters 18"),
        ],
    )
    def test_weaker_than_what_is_signed(
        self, used: tuple[int, int, int], stronger: tuple[int, int, int], name: str
    ) -> None:
        """As strong as the weaker of cipher and group."""
        infos = pace_info(*used), pace_info(*stronger)
        label = {1: "3DES", 2: "AES-128", 4: "AES-256"}
        taken = replace(PACE_GM, cipher=label[used[1]], parameter_id=used[2])
        outcome, reason = protocol(chip(infos, infos, taken))
        assert outcome is UNKNOWN
        assert reason.endswith(f", though PACE-{name} is signed and stronger")
        taken = replace(PACE_GM, cipher=label[stronger[1]], parameter_id=stronger[2])
        assert protocol(chip(infos, infos, taken))[0] is PASS

    def test_as_strong_as_what_is_signed(self) -> None:
        """AES-256 is of no use with 128 bits of group; what epass cannot run does not count."""
        infos = (GM, GM_256, IM, pace_info(2, 4, None), pace_info(2, 4, 31), OWN, NEW)
        assert protocol(chip(infos, infos))[0] is PASS

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
        for info in (pace_info(2, 2, 32), OWN, NEW):
            reason = "BAC, though the signed DG14 offers PACE"
            assert protocol(chip(None, (info,), BAC)) == (FAIL, reason)
            reason = "BAC, though EF.CardAccess offers PACE"
            assert protocol(chip((info,), (info,), BAC)) == (FAIL, reason)

    def test_an_allowed_fallback(self) -> None:
        allowed = replace(BAC, fallback=True)
        reason = "BAC, though the chip offers PACE, as the caller allowed"
        for offered in (None, (GM,)):
            dump = chip(offered, (GM,), allowed)
            assert protocol(dump) == (NOT_APPLICABLE, reason)
            judge(dump).require()
        unread = without(chip(None, (GM,), allowed), File.DG14)
        for dump in (unread, chip(None, (), allowed), chip(None, None, allowed)):
            assert protocol(dump) == (NOT_APPLICABLE, "BAC, as the caller allowed")
            judge(dump).require()

    def test_a_fallback_is_no_pace(self) -> None:
        assert protocol(chip((GM,), (GM,), replace(PACE_GM, fallback=True)))[0] is PASS

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
    @pytest.mark.parametrize(
        ("dump", "unknown"),
        [
            (chip(None, (GM,), BAC), ("access.protocol",)),
            (chip(None, (), BAC), ("access.protocol",)),
            (chip((GM,), (GM,)), ("access.card_access", "access.protocol")),
        ],
        ids=["downgraded", "BAC", "PACE"],
    )
    def test_a_signed_copy_that_was_kept_back(self, dump: Dump, unknown: tuple[str, ...]) -> None:
        """Nobody can tell whether the chip was opened as it should, so nothing goes on."""
        report = judge(without(dump, File.DG14))
        chip_checks = ("chip.authentication", "chip.mapping")
        assert set(report.unknown) == {*unknown, *chip_checks, *WITHOUT_ANCHORS}
        with pytest.raises(TrustError) as caught:
            report.require()
        assert caught.value.unknown == unknown
        assert "trust anchors alone do not help" in (caught.value.advice or "")

    def test_a_weaker_way(self) -> None:
        infos = (GM, pace_info(2, 2, 8))
        with pytest.raises(TrustError) as caught:
            judge(chip(infos, infos, replace(PACE_GM, parameter_id=8))).require()
        assert caught.value.unknown == ("access.protocol",)

    @pytest.mark.parametrize("access", [BAC, PACE_GM], ids=["BAC", "PACE"])
    def test_where_ef_sod_signs_no_dg14(self, access: Access) -> None:
        """Nothing was kept back: the document is one of those that have no copy."""
        judge(chip((GM,) if access is PACE_GM else None, None, access)).require()

    def test_unknown_infos_are_let_be(self) -> None:
        """§9.2: an inspection system may discard any unknown entry."""
        unknown = sequence(oid("1.2.3.4"), integer(1))
        assert copy(chip((GM, unknown), (GM,))) == (PASS, SAME)
