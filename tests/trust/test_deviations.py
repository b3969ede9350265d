"""Does the state itself say that a document is not as it should be? (Doc 9303-3 §7.3)"""

import pickle
from datetime import UTC, datetime

import pytest
from asn1_cases import NAME
from deviation_cases import (
    AA_COMPROMISED,
    HASH_WRONG,
    PERIOD,
    description,
    deviation,
    numbers,
    signed,
)

from epass.dump import Access, Dump
from epass.errors import FormatError, UnsupportedError
from epass.lds.mrz import Dg1
from epass.lds.names import File
from epass.lds.sod import Sod
from epass.sim import cms, der, issuer, published
from epass.sim.certificates import State
from epass.sim.country import Country
from epass.sim.keys import derive
from epass.trust import deviations
from epass.trust.anchors import Anchors
from epass.trust.report import Check, Outcome, Report
from epass.trust.verify import verify

COUNTRY = issuer.default_country("UTO")
DOCUMENT = issuer.issue()
AT = datetime(2026, 11, 20, tzinfo=UTC)
(SIGNER,) = Sod.parse(DOCUMENT.files[File.SOD]).signed.certificates
NUMBER = Dg1.parse(DOCUMENT.files[File.DG1]).mrz.document_number
OTHERS = numbers("X0000001", "X0000002")
AA = "the key of active authentication may be compromised"


def report(data: bytes, *without: File) -> Report:
    files = {name: content for name, content in DOCUMENT.files.items() if name not in without}
    known = Anchors(deviations=(deviations.parse(data, where="list"),))
    return verify(Dump(files, Access("BAC", "MRZ", "3DES"), AT), known, at=AT)


def answer(*conditions: bytes, without: tuple[File, ...] = ()) -> tuple[Outcome, str]:
    found = check(signed(COUNTRY, deviation(*conditions)), *without)
    return found.outcome, found.reason


def check(data: bytes, *without: File) -> Check:
    (found,) = (item for item in report(data, *without).checks if item.id == deviations.ID)
    return found


def digest(content: bytes) -> bytes:
    return der.implicit(3, der.octet_string(content))


SAME = der.implicit(1, der.sequence(COUNTRY.csca.certificate.subject, der.integer(SIGNER.serial)))
SHA256 = der.sequence(der.oid("2.16.840.1.101.3.4.2.1"))
CERTIFICATE_DIGEST = COUNTRY.csca.digest.of(SIGNER.raw)
NOT_NAMED = (Outcome.PASS, "UT has published no deviation of it")
NAMED = (Outcome.UNKNOWN, f"UT says of it: {AA}")
PERHAPS = (Outcome.UNKNOWN, f"UT may mean it, too: {AA}")


@pytest.mark.parametrize(
    ("conditions", "expected"),
    [
        ((), NAMED),
        ((der.implicit(0, der.printable("P<")),), NAMED),
        ((der.implicit(0, der.printable("P")),), NAMED),
        ((der.implicit(0, der.printable("ID")),), NOT_NAMED),
        ((SAME,), NAMED),
        ((der.implicit(1, der.sequence(NAME, der.integer(SIGNER.serial))),), NOT_NAMED),
        (
            (
                der.implicit(
                    1, der.sequence(COUNTRY.csca.certificate.subject, der.integer(999_999))
                ),
            ),
            NOT_NAMED,
        ),
        ((der.implicit(2, der.octet_string(SIGNER.subject_key_id or b"")),), NAMED),
        ((der.implicit(2, der.octet_string(b"another")),), NOT_NAMED),
        ((digest(CERTIFICATE_DIGEST),), NAMED),
        ((digest(bytes(32)),), NOT_NAMED),
        ((numbers(NUMBER, "X0000001"),), NAMED),
        ((OTHERS,), NOT_NAMED),
        ((PERIOD,), PERHAPS),
        ((PERIOD, OTHERS), NOT_NAMED),  # §7.3.6: the conditions must be met simultaneously
        ((SAME, OTHERS), NOT_NAMED),
        ((SAME, numbers(NUMBER)), NAMED),
    ],
)
def test_conditions(conditions: tuple[bytes, ...], expected: tuple[Outcome, str]) -> None:
    assert answer(*conditions) == expected


@pytest.mark.parametrize("condition", [numbers(NUMBER), der.implicit(0, der.printable("P"))])
def test_without_dg1(condition: bytes) -> None:
    assert answer(condition, without=(File.DG1,)) == PERHAPS


def test_without_a_signer() -> None:
    found = answer(without=(File.SOD,))
    assert found == (
        Outcome.UNKNOWN,
        "the certificate of the signer is not known; see sod.signer",
    )


def test_a_digest_algorithm_that_is_not_known() -> None:
    content = der.sequence(
        der.integer(0),
        der.sequence(der.oid("1.2.3")),
        der.set_of([deviation(digest(CERTIFICATE_DIGEST))]),
    )
    signer = published.list_signer(COUNTRY, purpose="2.23.136.1.1.8")
    data = cms.Draft("2.23.136.1.1.7", content, signer, AT).encode()
    found = check(data)
    assert (found.outcome, found.reason) == PERHAPS


def test_the_list_of_another_state() -> None:
    other = Country(State("ATL", "AT", "Atlantis"), derive(b"test", "another state"))
    found = check(signed(other, deviation()))
    assert found.outcome is Outcome.NOT_APPLICABLE
    assert found.reason == "there is no deviation list of UT"


def test_a_list_of_nobody() -> None:
    data = signed(COUNTRY, deviation(), certificates=())
    assert deviations.parse(data, where="list").country is None
    assert check(data).outcome is Outcome.NOT_APPLICABLE


def test_no_list() -> None:
    dump = Dump(DOCUMENT.files, Access("BAC", "MRZ", "3DES"), AT)
    assert deviations.ID not in {item.id for item in verify(dump, at=AT).checks}


def test_what_is_certain_comes_first() -> None:
    wrong = description(der.explicit(0, der.integer(2)), kind=HASH_WRONG)
    data = signed(COUNTRY, deviation(PERIOD), deviation(SAME, descriptions=(wrong,)))
    assert check(data).reason == "UT says of it: the digest of a data group is wrong in EF.SOD, DG2"


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (description(text="ask us\x1b[2J"), f"{AA} (ask us?[2J)"),
        (description(kind="1.2.3"), "a deviation of type 1.2.3"),
        (description(kind=HASH_WRONG), "the digest of a data group is wrong in EF.SOD"),
        (
            description(der.explicit(0, der.integer(99)), kind=HASH_WRONG),
            "the digest of a data group is wrong in EF.SOD, which is none",
        ),
        (
            description(der.explicit(0, der.integer(1)), kind="2.23.136.1.1.7.3.1"),
            "the MRZ has wrong data",
        ),
    ],
)
def test_what_is_said(said: bytes, expected: str) -> None:
    found = check(signed(COUNTRY, deviation(descriptions=(said,))))
    assert found.reason == f"UT says of it: {expected}"


def test_much_that_is_said() -> None:
    said = [description(kind=f"2.23.136.1.1.7.{kind}") for kind in deviations.MEANINGS]
    found = check(signed(COUNTRY, deviation(descriptions=(*said, *said))))
    assert found.reason.count(";") == deviations.MAX_REASONS
    assert found.reason.endswith("; and 11 more")


def test_a_deviation_is_not_a_failure() -> None:
    """Whoever asks for trust has to decide; whoever does not is no worse off than without list."""
    found = report(signed(COUNTRY, deviation()))
    assert deviations.ID in found.unknown
    assert found.failed == ()
    found.require()


def test_lists_go_to_other_processes() -> None:
    one = deviations.parse(signed(COUNTRY, deviation(numbers(NUMBER))), where="list")
    known = Anchors(deviations=(one,))
    assert pickle.loads(pickle.dumps(known)) == known  # noqa: S301 - made one line above
    assert NUMBER not in repr(known)


def test_no_list_at_all() -> None:
    with pytest.raises(UnsupportedError, match="a list with 2 signers"):
        deviations.parse(signed(COUNTRY, signer_infos=2), where="list")
    with pytest.raises(FormatError, match="the data ends inside a header"):
        deviations.parse(signed(COUNTRY, content=b"x"), where="list")


def test_every_kind_has_its_words() -> None:
    assert AA_COMPROMISED.removeprefix(deviations.ROOT) in deviations.MEANINGS
    assert len(deviations.MEANINGS) == 15  # Doc 9303-3 §7.3.5
