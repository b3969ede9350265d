"""The report: what the verdict is, what stops an upload, and how it prints."""

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from epass.errors import TrustError, VerificationError
from epass.trust.report import NEED_ANCHORS, NEED_CHIP, Check, Outcome, Report

AT = datetime(2026, 11, 20, tzinfo=UTC)
PASS, FAIL = Outcome.PASS, Outcome.FAIL
UNKNOWN, NOT_APPLICABLE = Outcome.UNKNOWN, Outcome.NOT_APPLICABLE


def report(**outcomes: Outcome) -> Report:
    """``dg1_hash=PASS`` is the check ``dg1.hash``."""
    checks = (
        Check(name.replace("_", ".", 1), outcome, "reason", "source")
        for name, outcome in outcomes.items()
    )
    return Report(tuple(checks), AT)


class TestVerdict:
    @pytest.mark.parametrize(
        ("outcomes", "verdict"),
        [
            ([PASS], PASS),
            ([PASS, NOT_APPLICABLE], PASS),
            ([PASS, UNKNOWN], UNKNOWN),
            ([UNKNOWN, FAIL, PASS], FAIL),
            ([FAIL], FAIL),
            ([NOT_APPLICABLE], UNKNOWN),
            ([], UNKNOWN),
        ],
    )
    def test_fail_beats_unknown_beats_pass(self, outcomes: list[Outcome], verdict: Outcome) -> None:
        checks = tuple(Check(str(i), item, "", "") for i, item in enumerate(outcomes))
        assert Report(checks, AT).verdict is verdict

    @settings(deadline=None)
    @given(st.lists(st.sampled_from(Outcome), max_size=6))
    def test_no_path_from_silence_to_pass(self, outcomes: list[Outcome]) -> None:
        checks = tuple(Check(str(i), item, "", "") for i, item in enumerate(outcomes))
        passed = Report(checks, AT).verdict is PASS
        assert passed == (PASS in outcomes and not {FAIL, UNKNOWN} & set(outcomes))

    def test_ids(self) -> None:
        found = report(a=FAIL, b=UNKNOWN, c=PASS, d=FAIL, e=NOT_APPLICABLE, f=UNKNOWN)
        assert found.failed == ("a", "d")
        assert found.unknown == ("b", "f")


class TestRequire:
    def test_a_pass(self) -> None:
        report(sod_signature=PASS, ds_path=PASS, dg3_hash=NOT_APPLICABLE).require(trust=True)

    def test_a_fail_stops(self) -> None:
        for trust in (False, True):
            with pytest.raises(VerificationError) as caught:
                report(dg1_hash=FAIL, sod_digest=UNKNOWN, com_sod=FAIL).require(trust=trust)
            assert caught.value.failed == ("dg1.hash", "com.sod")
            assert caught.value.exit_status == 6

    @pytest.mark.parametrize("name", sorted(NEED_ANCHORS))
    def test_want_of_anchors_stops_only_where_trust_is_required(self, name: str) -> None:
        found = report(sod_signature=PASS, **{name.replace(".", "_"): UNKNOWN})
        found.require()
        with pytest.raises(TrustError) as caught:
            found.require(trust=True)
        assert caught.value.unknown == (name,)
        assert caught.value.exit_status == 7
        assert caught.value.advice == TrustError.advice

    @pytest.mark.parametrize("name", sorted(NEED_CHIP))
    def test_want_of_proof_stops_only_where_trust_is_required(self, name: str) -> None:
        """Chips that offer no proof are no better, and most are such."""
        checks = (Check("sod.signature", PASS, "", ""), Check(name, UNKNOWN, "", ""))
        found = Report(checks, AT)
        found.require()
        with pytest.raises(TrustError) as caught:
            found.require(trust=True)
        assert caught.value.unknown == (name,)
        assert "trust anchors alone do not help" in (caught.value.advice or "")
        refuted = replace(found, checks=(checks[0], replace(checks[1], outcome=FAIL)))
        for trust in (False, True):
            with pytest.raises(VerificationError):
                refuted.require(trust=trust)

    @pytest.mark.parametrize(
        "name",
        [
            "sod.format",
            "com.sod",
            "sod.digest",
            "sod.signature",
            "dg2.hash",
            "access.card_access",
            "access.protocol",
        ],
    )
    def test_any_other_unknown_stops(self, name: str) -> None:
        found = report(sod_x=PASS, ds_path=UNKNOWN, **{name.replace(".", "_"): UNKNOWN})
        with pytest.raises(TrustError) as caught:
            found.require()
        assert caught.value.unknown == (name,)
        assert "require-trust" not in caught.value.advice
        with pytest.raises(TrustError) as caught:
            found.require(trust=True)
        assert caught.value.unknown == ("ds.path", name)

    @pytest.mark.parametrize("found", [report(), report(dg3_hash=NOT_APPLICABLE)])
    def test_nothing_checked(self, found: Report) -> None:
        with pytest.raises(TrustError) as caught:
            found.require()
        assert caught.value.unknown == ("every check",)

    def test_nothing_but_a_path_that_is_unknown(self) -> None:
        with pytest.raises(TrustError) as caught:
            report(ds_path=UNKNOWN).require()
        assert caught.value.unknown == ("ds.path",)


class TestChip:
    @pytest.mark.parametrize(
        ("outcomes", "word"),
        [
            ([PASS, NOT_APPLICABLE, UNKNOWN], "proven"),
            ([PASS, FAIL], "refuted"),
            ([NOT_APPLICABLE, UNKNOWN], "unproven"),
            ([NOT_APPLICABLE, NOT_APPLICABLE], "cloneable"),
            ([], "unproven"),
        ],
    )
    def test_words(self, outcomes: list[Outcome], word: str) -> None:
        checks = [Check(f"chip.{i}", item, "", "") for i, item in enumerate(outcomes)]
        others = [Check("sod.signature", FAIL, "", ""), Check("access.protocol", PASS, "", "")]
        assert Report((*checks, *others), AT).chip == word


class TestJson:
    def test_schema(self) -> None:
        facts = {"serial": "1F"}
        source = "Doc 9303-11 §5.1.1 step 5"
        check = Check("dg1.hash", FAIL, "the file is another", source, (facts,))
        assert json.loads(json.dumps(Report((check,), AT).as_dict())) == {
            "schema": "epass.report",
            "version": 1,
            "at": "2026-11-20T00:00:00+00:00",
            "verdict": "fail",
            "chip": "unproven",
            "checks": [
                {
                    "id": "dg1.hash",
                    "outcome": "fail",
                    "reason": "the file is another",
                    "source": "Doc 9303-11 §5.1.1 step 5",
                    "evidence": [{"serial": "1F"}],
                }
            ],
        }
