"""Paths over link certificates, and every way in which there is none."""

import pickle
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from epass import asn1
from epass.sim import certificates, issuer, published
from epass.sim.attacks.workshop import Workshop
from epass.sim.certificates import Signer, State
from epass.sim.country import CSCA_VALIDITY, Country
from epass.sim.keys import derive
from epass.trust import path, signer
from epass.trust.anchors import Anchors
from epass.trust.path import Path
from epass.trust.report import Outcome

AT = datetime(2026, 11, 20, tzinfo=UTC)
SHOP = Workshop()
OLD, NEW = SHOP.country, Country(SHOP.country.state, derive(b"test", "the next generation"))


def read(raw: bytes) -> asn1.Certificate:
    return asn1.certificate(raw, where="test")


def link(key: Signer, by: Signer, serial: int = 7) -> asn1.Certificate:
    return read(published.link(OLD, key, by, serial=serial).der)


SIGNER = read(SHOP.signer.certificate.der)
OLD_ROOT, NEW_ROOT = read(OLD.csca.certificate.der), read(NEW.csca.certificate.der)


def found(*anchors: asn1.Certificate, of: asn1.Certificate = SIGNER) -> Path:
    return path.find(of, Anchors(anchors))


def test_straight_to_its_csca() -> None:
    assert found(NEW_ROOT, OLD_ROOT).certificates == (SIGNER, OLD_ROOT)
    assert found(NEW_ROOT, OLD_ROOT).answer[1].startswith("trusted: C=UT, O=Utopia, CN=Utopia CSCA")


def test_over_a_link_to_the_newer_key() -> None:
    """The signer's CSCA is gone from the list; its successor has certified it."""
    over = link(OLD.csca, NEW.csca)
    result = found(over, NEW_ROOT)
    assert result.certificates == (SIGNER, over, NEW_ROOT)
    assert "over 1 link certificate;" in result.answer[1]


def test_over_a_link_to_the_older_key() -> None:
    """The signer is below the new key, of which only the old one's link is known."""
    newer = read(SHOP.certified(issuer_=NEW.csca).certificate.der)
    over = link(NEW.csca, OLD.csca)
    assert found(over, OLD_ROOT, of=newer).certificates == (newer, over, OLD_ROOT)


def test_over_two_links() -> None:
    third = Country(OLD.state, derive(b"test", "the third generation"))
    chain = (link(OLD.csca, NEW.csca), link(NEW.csca, third.csca), read(third.csca.certificate.der))
    result = found(*chain)
    assert result.certificates == (SIGNER, *chain)
    assert "over 2 link certificates;" in result.answer[1]


def test_the_shortest_is_taken() -> None:
    over = link(OLD.csca, NEW.csca)
    assert found(over, NEW_ROOT, OLD_ROOT).certificates == (SIGNER, OLD_ROOT)


def test_a_link_alone_is_no_anchor() -> None:
    answer = found(link(OLD.csca, NEW.csca)).answer
    reason = "unknown: the issuer of a link certificate is not among the 1 anchors"
    assert answer == (Outcome.UNKNOWN, reason)


def test_several_of_one_name() -> None:
    """The key decides, where the name leaves several and no identifier tells them apart."""
    bare = replace(SIGNER, extensions=replace(SIGNER.extensions, authority_key_id=None))
    assert found(NEW_ROOT, OLD_ROOT, of=bare).certificates == (bare, OLD_ROOT)


def test_another_name_with_the_key_identifier() -> None:
    """A state has changed its name and kept its key; the identifier still leads there."""
    other = OLD.csca.certificate.subject.replace(b"Utopia CSCA", b"Utopia QSCA")
    renamed = replace(OLD.csca, certificate=replace(OLD.csca.certificate, subject=other))
    below = read(SHOP.certified(issuer_=renamed).certificate.der)
    assert found(OLD_ROOT, of=below).certificates == (below, OLD_ROOT)


def test_no_anchors() -> None:
    assert found().answer == (Outcome.UNKNOWN, "unknown: no trust anchors were given")
    assert not found().found


def test_untrusted() -> None:
    forged = read(SHOP.certified(signed_by=NEW.csca).certificate.der)
    reason = "untrusted: it is not signed by the key of its issuer"
    assert found(OLD_ROOT, of=forged).answer == (Outcome.FAIL, reason)


def test_a_malformed_signature_is_untrusted() -> None:
    cut = replace(SIGNER, signature=b"")
    answer = found(OLD_ROOT, of=cut).answer
    assert answer[0] is Outcome.FAIL
    assert answer[1] == "untrusted: signature: not r and s in DER"


def test_a_signature_that_epass_does_not_know() -> None:
    unknown = replace(SIGNER, signature_algorithm=asn1.Algorithm("1.2.3"))
    answer = found(OLD_ROOT, of=unknown).answer
    assert answer == (Outcome.UNKNOWN, "unknown: signature algorithm 1.2.3")


def test_an_anchor_that_epass_cannot_check() -> None:
    unknown = replace(OLD_ROOT, signature_algorithm=asn1.Algorithm("1.2.3"))
    answer = found(unknown).answer
    assert answer == (Outcome.UNKNOWN, "unknown: signature algorithm 1.2.3")


def test_ambiguous() -> None:
    """Two states with one key: nobody can tell whose the signer is."""
    state = State("XUT", "XU", OLD.state.title)
    twin = Country(state, OLD.seed)
    object.__setattr__(twin, "csca", OLD.csca)
    draft = certificates.authority(
        state, OLD.csca.key, OLD.csca.certificate.key_id, serial=3, validity=CSCA_VALIDITY
    )
    root = draft.sign(draft.subject, OLD.csca.key, OLD.csca.digest)
    answer = found(OLD_ROOT, read(root.der)).answer
    assert answer == (Outcome.UNKNOWN, "ambiguous: paths to anchors of UT, XU")


def test_the_signer_among_the_anchors() -> None:
    """Whoever gives a self-signed certificate as anchor gets it; its profile is another check."""
    assert found(OLD_ROOT, of=OLD_ROOT).certificates == (OLD_ROOT,)
    assert found(OLD_ROOT, of=OLD_ROOT).answer[1].startswith("the signer is itself among")


def test_loops_and_crowds_end() -> None:
    one, two = NEW.csca, Country(OLD.state, derive(b"test", "loop")).csca
    crowd = [link(one, two, serial) for serial in range(40)]
    crowd += [link(two, one, serial) for serial in range(100, 140)]
    below = read(SHOP.certified(issuer_=one).certificate.der)
    answer = found(*crowd, of=below).answer
    assert answer == (Outcome.UNKNOWN, "unknown: no path within 64 signatures")


def test_anchors_are_shared_between_processes() -> None:
    anchors = Anchors((OLD_ROOT, NEW_ROOT))
    again = pickle.loads(pickle.dumps(anchors))  # noqa: S301 - our own bytes
    assert again == anchors
    assert path.find(SIGNER, again).found
    assert Anchors.of(anchors) is anchors
    assert Anchors.of([OLD_ROOT]) == Anchors((OLD_ROOT,))
    assert not Anchors()


class TestRevocation:
    """What the attacks do not reach: links, several CRLs, and whose keys sign them."""

    def judged(self, *anchors: asn1.Certificate, crls: tuple[bytes, ...]) -> tuple[Outcome, str]:
        lists = tuple(asn1.revocation_list(raw, where="CRL") for raw in crls)
        given = Anchors(anchors, lists)
        case = signer.Case(path.find(SIGNER, given), given, AT, issuer.ISSUED_AT, "PP")
        (check,) = (item for item in signer.checks(case) if item.id == "ds.revocation")
        return check.outcome, check.reason

    def crl(self, csca: Signer, *serials: int, **more: object) -> bytes:
        revoked = dict.fromkeys(serials, published.REVOKED_AT)
        return published.revocation_list(csca, revoked, **more)  # type: ignore[arg-type]

    def test_a_link_that_is_revoked(self) -> None:
        over = link(OLD.csca, NEW.csca, serial=99)
        answer = self.judged(over, NEW_ROOT, crls=(self.crl(NEW.csca, 99),))
        assert answer[0] is Outcome.FAIL
        assert answer[1].startswith("revoked since 2024-04-02")

    def test_the_newer_key_signs_for_the_older(self) -> None:
        answer = self.judged(OLD_ROOT, NEW_ROOT, crls=(self.crl(OLD.csca, key=NEW.csca),))
        assert answer == (Outcome.PASS, "not on the CRL of 2024-04-01")

    def test_an_older_list_still_counts(self) -> None:
        newer = datetime(2025, 1, 1, tzinfo=UTC)
        crls = (
            self.crl(OLD.csca, SIGNER.serial),
            self.crl(OLD.csca, this_update=newer, next_update=datetime(2030, 1, 1, tzinfo=UTC)),
        )
        assert self.judged(OLD_ROOT, crls=crls)[0] is Outcome.FAIL

    def test_by_a_key_that_leads_nowhere(self) -> None:
        stray = link(NEW.csca, Country(OLD.state, derive(b"test", "nobody")).csca)
        answer = self.judged(OLD_ROOT, stray, crls=(self.crl(OLD.csca, key=NEW.csca),))
        reason = "the CRL is signed by a key that is not for it, or that leads to no anchor"
        assert answer == (Outcome.UNKNOWN, reason)

    def test_by_a_key_that_is_not_for_it(self) -> None:
        usage = replace(OLD_ROOT.extensions, key_usage=frozenset({"key_cert_sign"}))
        root = replace(OLD_ROOT, extensions=usage)
        answer = self.judged(root, crls=(self.crl(OLD.csca),))
        reason = "the CRL is signed by a key that is not for it, or that leads to no anchor"
        assert answer == (Outcome.UNKNOWN, reason)

    def test_the_root_itself(self) -> None:
        """Its own key says that it is not to be used any more."""
        answer = self.judged(OLD_ROOT, crls=(self.crl(OLD.csca, OLD_ROOT.serial),))
        assert answer[0] is Outcome.FAIL

    def test_a_list_without_an_end(self) -> None:
        raw = asn1.revocation_list(self.crl(OLD.csca), where="CRL")
        endless = replace(raw, next_update=None)
        given = Anchors((OLD_ROOT,), (endless,))
        case = signer.Case(path.find(SIGNER, given), given, AT, issuer.ISSUED_AT, "PP")
        (check,) = (item for item in signer.checks(case) if item.id == "ds.revocation")
        reason = "the CRL does not say until when it is good"
        assert (check.outcome, check.reason) == (Outcome.UNKNOWN, reason)

    def test_nobody_asks(self) -> None:
        given = Anchors((OLD_ROOT,))
        case = signer.Case(path.find(SIGNER, given), given, AT, None, None)
        checks = {item.id: item for item in signer.checks(case, check_revocation=False)}
        asked = checks["ds.revocation"]
        reason = "the caller does not ask for it"
        assert (asked.outcome, asked.reason) == (Outcome.NOT_APPLICABLE, reason)
        assert checks["ds.validity_at_signing"].outcome is Outcome.PASS
        late = replace(case, at=datetime(2036, 1, 1, tzinfo=UTC))
        checks = {item.id: item for item in signer.checks(late)}
        reason = "no time is signed, and the signer is not valid now"
        assert checks["ds.validity_at_signing"].reason == reason
        assert checks["ds.validity_now"].reason.startswith("expired on 2034-10-01")


@pytest.mark.parametrize("usage", [None, frozenset[str]()])
def test_an_authority_that_may_not_certify(usage: frozenset[str] | None) -> None:
    root = replace(OLD_ROOT, extensions=replace(OLD_ROOT.extensions, key_usage=usage))
    plain = replace(root, extensions=replace(root.extensions, basic_constraints=None))
    for anchor, problem in (
        (root, "an issuer's key is not for certificates"),
        (plain, "an issuer's certificate is not that of an authority"),
    ):
        given = Anchors((anchor,))
        case = signer.Case(path.find(SIGNER, given), given, AT, None, None)
        (check,) = (item for item in signer.checks(case) if item.id == "ds.profile")
        assert check.outcome is Outcome.FAIL
        assert problem in check.reason


@pytest.mark.parametrize(
    ("changes", "outcome", "reason"),
    [
        ({"malformed": frozenset({"2.5.29.37"})}, Outcome.UNKNOWN, "malformed, though it may"),
        (
            {"malformed": frozenset({"2.5.29.18"}), "critical": frozenset({"2.5.29.18"})},
            Outcome.FAIL,
            "a critical extension that is not known: 2.5.29.18",
        ),
    ],
)
def test_extensions_that_cannot_be_read(
    changes: dict[str, frozenset[str]], outcome: Outcome, reason: str
) -> None:
    odd = replace(SIGNER, extensions=replace(SIGNER.extensions, **changes))  # type: ignore[arg-type]
    given = Anchors((OLD_ROOT,))
    case = signer.Case(path.find(odd, given), given, AT, None, "PP")
    (check,) = (item for item in signer.checks(case) if item.id == "ds.profile")
    assert check.outcome is outcome
    assert reason in check.reason


def test_without_a_limit_of_the_path() -> None:
    unlimited = replace(OLD_ROOT.extensions, basic_constraints=asn1.BasicConstraints(True, None))
    given = Anchors((replace(OLD_ROOT, extensions=unlimited),))
    case = signer.Case(path.find(SIGNER, given), given, AT, None, "PP")
    (check,) = (item for item in signer.checks(case) if item.id == "ds.profile")
    assert check.outcome is Outcome.PASS
