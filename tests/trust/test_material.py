"""Anchors from files of every kind: what is taken, what is not, and why."""

import base64
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mutation import mutated

from epass.sim import certificates, cms, der, issuer, published
from epass.sim.attacks.purposes import with_extension
from epass.sim.attacks.workshop import Workshop
from epass.sim.certificates import BASIC_CONSTRAINTS, KEY_CERT_SIGN, KEY_USAGE
from epass.sim.country import CSCA_VALIDITY, Country
from epass.sim.keys import derive
from epass.trust import ldif, material
from epass.trust.anchors import Anchors
from epass.trust.material import Item, Material
from epass.trust.report import Outcome

COUNTRY = issuer.default_country("UTO")
FILES = published.publish(COUNTRY, revoked=(7,)).files
CSCA, CRL = FILES["UTO-csca.cer"], FILES["UTO.crl"]
LIST = published.master_list([CSCA], published.list_signer(COUNTRY), revocation_lists=(CRL,))
OTHER = Country(COUNTRY.state, derive(b"test", "another country"))
SHOP = Workshop()
SIGNER = SHOP.signer.certificate.der
LINK = published.link(COUNTRY, OTHER.csca, COUNTRY.csca, serial=9).der
DEVIATIONS = der.sequence(der.integer(0), der.set_of([]))
AT = datetime(2024, 5, 1, tzinfo=UTC)


def read(data: bytes, beside: Anchors | None = None) -> Material:
    return Material.read("file", data, beside=lambda: beside or Anchors())


def only(data: bytes) -> Item:
    (item,) = read(data).items
    return item


def refused(data: bytes) -> str:
    found = read(data)
    (item,) = found.items
    assert not item.taken
    assert found.anchors == Anchors()
    return item.reason


def pem(label: str, data: bytes) -> bytes:
    return (
        f"-----BEGIN {label}-----\n".encode()
        + base64.encodebytes(data)
        + (f"-----END {label}-----\n".encode())
    )


def deviation_list(purpose: str = "2.23.136.1.1.8") -> bytes:
    signer = published.list_signer(COUNTRY, purpose=purpose)
    return cms.Draft("2.23.136.1.1.7", DEVIATIONS, signer, AT).encode()


class TestKinds:
    def test_a_csca_certificate(self) -> None:
        found = read(CSCA)
        (item,) = found.items
        assert (item.kind, item.taken, item.reason) == (
            "CSCA certificate",
            True,
            "valid until 2039-01-01",
        )
        assert item.evidence["subject"] == "C=UT, O=Utopia, CN=Utopia CSCA"
        assert item.as_dict()["source"] == "file"
        assert [one.raw for one in found.anchors.certificates] == [CSCA]

    def test_a_link_certificate(self) -> None:
        assert (only(LINK).kind, only(LINK).taken) == ("link certificate", True)

    def test_a_document_signer(self) -> None:
        assert refused(SIGNER).startswith("not an authority's")

    def test_an_authority_that_may_not_certify(self) -> None:
        draft = certificates.authority(
            COUNTRY.state, OTHER.csca.key, b"key", serial=5, validity=CSCA_VALIDITY
        )
        changed = with_extension(draft, KEY_USAGE, der.named_bits(KEY_CERT_SIGN + 1))
        made = changed.sign(draft.subject, OTHER.csca.key, OTHER.csca.digest)
        assert refused(made.der) == "its key is not for certificates"

    def test_a_root_of_before_the_profile(self) -> None:
        """Self-signed and without constraints, as the first CSCAs were."""
        draft = certificates.authority(
            COUNTRY.state,
            OTHER.csca.key,
            certificates.key_id(OTHER.csca.key),
            serial=5,
            validity=CSCA_VALIDITY,
        )
        bare = with_extension(draft, BASIC_CONSTRAINTS, None)
        made = bare.sign(draft.subject, OTHER.csca.key, OTHER.csca.digest)
        assert only(made.der).kind == "CSCA certificate"

    def test_a_crl(self) -> None:
        found = read(CRL)
        (item,) = found.items
        assert (item.kind, item.taken) == ("CRL", True)
        assert item.reason == "1 revoked, next update 2039-01-01"
        assert set(found.anchors.revocation_lists[0].revoked) == {7}

    def test_a_master_list(self) -> None:
        found = read(LIST)
        assert [item.kind for item in found.items] == ["master list", "CSCA certificate", "CRL"]
        (signed,) = found.anchors.lists
        assert (signed.title, signed.outcome) == ("file", Outcome.PASS)
        assert signed.reason.startswith("signed by C=UT, O=Utopia, CN=Utopia Master List Signer")

    def test_a_deviation_list(self) -> None:
        """Its signer's CSCA is not inside; another file may have brought it."""
        alone = read(deviation_list())
        assert alone.anchors.lists[0].outcome is Outcome.UNKNOWN
        vouched = read(deviation_list(), beside=read(CSCA).anchors)
        assert vouched.anchors.lists[0].outcome is Outcome.PASS
        assert len(vouched.anchors.deviations) == 1
        (item,) = vouched.items
        assert (item.kind, item.title) == ("deviation list", "deviation list of 0")
        wrong = read(deviation_list("2.23.136.1.1.3"), beside=read(CSCA).anchors)
        assert wrong.anchors.lists[0].outcome is Outcome.FAIL
        assert wrong.anchors.deviations == ()

    def test_a_list_with_one_broken_certificate(self) -> None:
        """What cannot be read is said, and hides no other."""
        listed = published.master_list(
            [CSCA, der.sequence(der.integer(1))], published.list_signer(COUNTRY)
        )
        items = read(listed).items
        assert sorted(item.taken for item in items) == [False, True, True]
        (bad,) = (item for item in items if not item.taken)
        assert bad.source == "file/1"  # a SET is sorted
        assert "not the structure that the standard prescribes" in bad.reason


class TestShells:
    def test_pem(self) -> None:
        data = (
            b"what this is\n" + pem("CERTIFICATE", CSCA) + pem("X509 CRL", CRL) + pem("CMS", LIST)
        )
        assert [item.kind for item in read(data).items] == [
            "CSCA certificate",
            "CRL",
            "master list",
            "CSCA certificate",
            "CRL",
        ]
        assert len(read(data).anchors.certificates) == 1

    def test_pem_that_is_none(self) -> None:
        assert refused(b"-----BEGIN CERTIFICATE-----\nAA") == "no whole PEM block"
        assert refused(b"-----BEGIN of something else") == "no whole PEM block"
        broken = pem("CERTIFICATE", CSCA).replace(b"M", b"\xff", 1)
        assert refused(broken) == "not base64"

    def test_a_pem_block_that_is_cut_hides_no_other(self) -> None:
        cut = pem("CERTIFICATE", CSCA)[:200] + b"\n"
        items = read(cut + pem("CERTIFICATE", CSCA)).items
        assert [(item.taken, item.kind) for item in items] == [
            (False, "unknown"),
            (True, "CSCA certificate"),
        ]
        assert items[0].reason == "no whole PEM block"

    def test_pem_without_end(self) -> None:
        """A search for each end would take hours here."""
        items = read(b"-----BEGIN A-----\n" * 500_000).items
        assert len(items) == material.MAX_PEM + 1
        assert items[-1].reason == "more than 8192 PEM blocks"
        assert {item.reason for item in items[:-1]} == {"no whole PEM block"}

    def test_too_much_pem(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(material, "MAX_PEM", 1)
        items = read(pem("CERTIFICATE", CSCA) * 2).items
        assert [item.taken for item in items] == [True, False]
        assert items[1].reason == "more than 1 PEM blocks"

    def entry(self, *lines: bytes) -> bytes:
        return b"\n".join((b"version: 1", b"", b"dn: c=UT", *lines, b""))

    def value(self, name: bytes, data: bytes) -> bytes:
        return name + b":: " + base64.b64encode(data)

    def test_ldif(self) -> None:
        folded = self.value(b"CscaMasterListData", LIST)
        lines = [folded[:70], *(b" " + folded[at : at + 70] for at in range(70, len(folded), 70))]
        data = self.entry(
            b"# a comment",
            b" that goes on",
            *lines,
            self.value(b"cACertificate;binary", LINK),
            self.value(b"jpegPhoto", b"nothing"),
            b"cn: Utopia",
        )
        for variant in (data, b"\xef\xbb\xbf" + data, data.replace(b"\n", b"\r\n")):
            kinds = [item.kind for item in read(variant).items]
            assert kinds == ["master list", "CSCA certificate", "CRL", "link certificate"]

    @pytest.mark.parametrize(
        ("line", "problem"),
        [
            (b"no attribute at all", "no attribute in line 4"),
            (b"cACertificate: plain", "not base64 in line 4"),
            (b"cACertificate:: ****", "not base64 in line 4"),
            (b"cACertificate:< file:///x", "not base64 in line 4"),
        ],
    )
    def test_ldif_that_is_broken(self, line: bytes, problem: str) -> None:
        assert problem in refused(self.entry(line))

    def test_an_ldif_value_that_is_broken_hides_no_other(self) -> None:
        data = self.entry(b"cACertificate:: ****", self.value(b"cACertificate", LINK))
        broken, good = read(data).items
        assert (broken.taken, broken.reason) == (False, "file: not base64 in line 4")
        assert (good.taken, good.kind) == (True, "link certificate")

    def test_too_much_ldif(self, monkeypatch: pytest.MonkeyPatch) -> None:
        data = self.entry(self.value(b"cACertificate", LINK), self.value(b"cACertificate", LINK))
        monkeypatch.setattr(ldif, "MAX_VALUES", 1)
        assert "more than 1 values" in read(data).items[-1].reason
        monkeypatch.setattr(ldif, "MAX_SIZE", 10)
        assert "more than 10 bytes" in refused(data)

    @pytest.mark.parametrize("data", [b"", b"\x00", b"hello", b"GIF89a", b"\xff\xd8\xff"])
    def test_something_else(self, data: bytes) -> None:
        assert refused(data) == "neither DER, PEM nor LDIF"

    def test_a_list_without_its_signature(self) -> None:
        bare = der.sequence(der.integer(0), der.set_of([CSCA]))
        assert refused(bare) == "a master list without its signature"

    def test_other_signed_content(self) -> None:
        """It was to be used, so every report says that it could not be."""
        signer = published.list_signer(COUNTRY)
        other = cms.Draft("1.2.3", b"content", signer, AT).encode()
        two = cms.Draft("2.23.136.1.1.2", DEVIATIONS, signer, AT, signer_infos=2).encode()
        for data, outcome, problem in (
            (other, Outcome.UNKNOWN, "signed content of type 1.2.3"),
            (two, Outcome.UNKNOWN, "a list with 2 signers"),
            (LIST[:-1], Outcome.FAIL, "the value is longer than what holds it"),
        ):
            found = read(data)
            (item,), (listed,) = found.items, found.anchors.lists
            assert not item.taken
            assert listed.outcome is outcome
            assert problem in item.reason == listed.reason
            assert found.anchors.certificates == ()


class TestSignatures:
    def wrong(self, **changes: object) -> tuple[Outcome, str]:
        listed = published.master_list(
            [CSCA], published.list_signer(COUNTRY), revocation_lists=(), **changes
        )
        found = read(listed)
        (signed,) = found.anchors.lists
        if signed.outcome is Outcome.FAIL:
            assert found.anchors.certificates == ()
        return signed.outcome, signed.reason

    def test_an_unknown_algorithm_is_said(self) -> None:
        algorithm = der.sequence(der.oid("1.2.3"))
        assert self.wrong(algorithm=algorithm) == (
            Outcome.UNKNOWN,
            "signature algorithm 1.2.3",
        )

    def test_a_malformed_signature(self) -> None:
        assert self.wrong(signature=b"no") == (Outcome.FAIL, "signature: not r and s in DER")

    def test_a_signer_who_is_not_there(self) -> None:
        assert self.wrong(certificates=())[0] is Outcome.FAIL

    def test_a_wrong_name_does_not_hide_a_wrong_signature(self) -> None:
        """Who is named as signer is not signed: anybody can change that."""
        signer = published.list_signer(COUNTRY)
        sid = der.sequence(signer.certificate.issuer, der.integer(1))
        assert self.wrong(sid=sid)[0] is Outcome.UNKNOWN
        assert self.wrong(sid=sid, signature=b"no")[0] is Outcome.FAIL

    def test_a_list_in_a_list(self) -> None:
        found = read(published.master_list([CSCA, LIST], published.list_signer(COUNTRY)))
        (bad,) = (item for item in found.items if not item.taken)
        assert "not the structure" in bad.reason

    def test_what_cannot_be_checked_may_be_refused(self) -> None:
        signer = published.list_signer(COUNTRY)
        unknown = der.sequence(der.oid("1.2.3"))
        listed = published.master_list([CSCA], signer, algorithm=unknown)
        assert Material.read("file", listed).anchors.certificates
        found = Material.read("file", listed, checked_only=True)
        (item,) = found.items
        assert not item.taken
        assert item.reason == "signature algorithm 1.2.3"
        assert found.anchors.certificates == ()
        assert found.anchors.lists[0].outcome is Outcome.UNKNOWN
        assert Material.read("file", LIST, checked_only=True).anchors.certificates


class TestListSigner:
    """Who may sign a list, and when (Doc 9303-12 table 6)."""

    def judged(self, **changes: object) -> tuple[Outcome, str]:
        signer = published.list_signer(COUNTRY)
        listed = published.master_list([CSCA], signer, **changes)  # type: ignore[arg-type]
        (found,) = read(listed).anchors.lists
        return found.outcome, found.reason

    def test_too_late(self) -> None:
        outcome, reason = self.judged(at=datetime(2040, 1, 1, tzinfo=UTC))
        assert outcome is Outcome.FAIL
        assert reason.startswith("its signer was not valid on 2040-01-01")

    def test_revoked(self) -> None:
        serial = published.list_signer(COUNTRY).certificate.serial
        crl = published.revocation_list(COUNTRY.csca, {serial: published.REVOKED_AT})
        outcome, reason = self.judged(revocation_lists=(crl,))
        assert outcome is Outcome.FAIL
        assert reason.startswith("revoked since 2024-04-02")

    def test_not_revoked(self) -> None:
        assert self.judged(revocation_lists=(CRL,))[0] is Outcome.PASS

    def test_a_key_for_something_else(self) -> None:
        genuine = published.list_signer(COUNTRY)
        draft = certificates.document_signer(
            COUNTRY.state,
            genuine.key,
            COUNTRY.csca,
            common_name="List Signer",
            serial=3,
            validity=published.LIST_SIGNER_VALIDITY,
        )
        purpose = der.sequence(der.oid(published.MASTER_LIST_SIGNER))
        changed = with_extension(draft, KEY_USAGE, der.named_bits(KEY_CERT_SIGN), critical=True)
        changed = with_extension(changed, published.EXTENDED_KEY_USAGE, purpose, critical=True)
        csca = COUNTRY.csca
        certificate = changed.sign(csca.certificate.subject, csca.key, csca.digest)
        signer = replace(genuine, certificate=certificate)
        (found,) = read(published.master_list([CSCA], signer)).anchors.lists
        assert found.outcome is Outcome.FAIL
        assert found.reason.startswith("its signer's key is not for signatures")


def test_merged() -> None:
    both = Material.merged([read(LIST), read(CSCA), read(CRL)])
    assert len(both.anchors.certificates) == 1
    assert len(both.anchors.revocation_lists) == 1
    assert len(both.items) == 5
    assert Material.merged([]) == Material()


@given(mutated(LIST) | mutated(CRL) | mutated(CSCA) | mutated(pem("CERTIFICATE", CSCA)))
def test_mutations_never_raise(data: bytes) -> None:
    for item in read(data).items:
        assert item.reason


@given(st.binary(max_size=200).map(lambda tail: b"dn: x\nCscaMasterListData:: " + tail))
def test_hostile_ldif(data: bytes) -> None:
    assert all(item.reason for item in read(data).items)


def test_names_cannot_steer_a_terminal() -> None:
    name = COUNTRY.state.name("\x1b[2J CSCA")
    draft = certificates.authority(
        COUNTRY.state, OTHER.csca.key, b"key", serial=5, validity=CSCA_VALIDITY
    )
    made = replace(draft, subject=name).sign(name, OTHER.csca.key, OTHER.csca.digest)
    assert "\x1b" not in only(made.der).title
    assert "\x1b" not in "".join(only(made.der).evidence.values())
