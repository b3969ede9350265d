"""Deviation lists: what they say, and what makes them none (Doc 9303-12 §10.2)."""

import pytest
from asn1_cases import MALFORMED, NAME, refusal
from deviation_cases import (
    AA_COMPROMISED,
    FIRST,
    HASH_WRONG,
    LAST,
    PERIOD,
    description,
    deviation,
    listed,
    numbers,
)
from hypothesis import given
from mutation import mutated

from epass import asn1
from epass.asn1 import deviations
from epass.errors import FormatError
from epass.sim import der

TYPE = der.implicit(0, der.printable("P<"))
SIGNER = der.implicit(1, der.sequence(NAME, der.integer(77)))
KEY_ID = der.implicit(2, der.octet_string(b"the key"))
DIGEST = der.implicit(3, der.octet_string(b"digest"))
WHOLE = listed(
    deviation(
        TYPE,
        SIGNER,
        PERIOD,
        numbers("L898902C", "X1"),
        descriptions=(
            description(der.explicit(0, der.integer(2)), kind=HASH_WRONG, text="a wrong digest"),
        ),
    ),
    algorithm=der.sequence(der.oid("2.16.840.1.101.3.4.2.1")),
)


def parse(data: bytes) -> asn1.DeviationList:
    return asn1.deviation_list(data, where="test")


def documents(*conditions: bytes) -> asn1.DeviantDocuments:
    (one,) = parse(listed(deviation(*conditions))).deviations
    return one.documents


def test_everything_that_may_be_there() -> None:
    found = parse(WHOLE)
    assert found.digest_algorithm == asn1.Algorithm("2.16.840.1.101.3.4.2.1")
    (one,) = found.deviations
    assert one.documents.document_type == "P<"
    assert one.documents.issuer is not None
    assert one.documents.issuer.text == "C=UT, CN=Utopia  CSCA"
    assert one.documents.serial == 77
    assert one.documents.issued == (FIRST, LAST)
    assert one.documents.numbers == frozenset({"L898902C", "X1"})
    (said,) = one.descriptions
    assert (said.deviation_type, said.text, said.parameter) == (HASH_WRONG, "a wrong digest", 2)
    for secret in ("L898902C", "wrong digest", "77"):
        assert secret not in repr(found)


def test_nothing_that_may_be_left_out() -> None:
    assert parse(listed()) == asn1.DeviationList(())
    assert documents() == asn1.DeviantDocuments()
    (one,) = parse(listed(deviation())).deviations
    assert one.descriptions == (asn1.DeviationDescription(AA_COMPROMISED),)


def test_the_ways_to_name_a_signer() -> None:
    assert documents(KEY_ID).subject_key_id == b"the key"
    assert documents(DIGEST).certificate_digest == b"digest"


@pytest.mark.parametrize(
    ("fields", "parameter"),
    [
        ((der.explicit(0, der.oid("2.5.29.15")),), None),  # CertField: an extension
        ((der.explicit(0, der.integer(6)), der.explicit(1, der.NULL)), 6),
        ((der.explicit(1, der.NULL),), None),
    ],
)
def test_parameters(fields: tuple[bytes, ...], parameter: int | None) -> None:
    (one,) = parse(listed(deviation(descriptions=(description(*fields),)))).deviations
    assert one.descriptions[0].parameter == parameter


def described(*fields: bytes) -> bytes:
    return listed(deviation(descriptions=(description(*fields),)))


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (listed(version=1), "not version 0"),
        (listed(algorithm=der.sequence(der.oid("1.2.3")) * 2), "not version 0"),
        (listed(algorithm=der.integer(1)), MALFORMED),
        (der.integer(0), MALFORMED),
        (listed(der.integer(1)), MALFORMED),
        (listed(der.sequence(der.sequence())), MALFORMED),
        (described(der.explicit(2, der.NULL)), "unknown fields"),
        (described(*[der.explicit(1, der.NULL)] * 2), "unknown fields"),
        (listed(deviation(der.explicit(6, der.NULL))), "named by unknown fields"),
        (listed(deviation(PERIOD, TYPE)), "named by unknown fields"),
        (listed(deviation(TYPE, TYPE)), "named by unknown fields"),
        (listed(deviation(KEY_ID, DIGEST)), "named twice"),
        (listed(deviation(der.implicit(0, der.octet_string(b"\xff")))), MALFORMED),
        (listed(deviation(der.implicit(1, der.sequence(NAME)))), MALFORMED),
        (listed(deviation(der.implicit(4, der.sequence(der.integer(1))))), MALFORMED),
        (listed(deviation(der.implicit(5, der.set_of([der.integer(1)])))), MALFORMED),
        (listed(deviation(numbers("X" * 128))), MALFORMED),
        (WHOLE[:-1], "the value is longer than what holds it"),
        (WHOLE + b"\x00", "1 bytes after the end"),
    ],
)
def test_no_deviation_list(data: bytes, problem: str) -> None:
    assert problem in refusal(parse, data)


def test_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deviations, "MAX_DEVIATIONS", 1)
    assert "more than 1 deviations" in refusal(parse, listed(deviation(), deviation(TYPE)))
    monkeypatch.setattr(deviations, "MAX_DESCRIPTIONS", 0)
    assert "more than 0 descriptions" in refusal(parse, WHOLE)
    monkeypatch.setattr(deviations, "MAX_NODES", 3)
    assert "too many values" in refusal(parse, WHOLE)


def test_as_many_numbers_as_there_are_passports() -> None:
    given = (f"{number:09}" for number in range(300_000))
    found = documents(numbers(*given)).numbers
    assert found is not None
    assert len(found) == 300_000


@given(data=mutated(WHOLE))
def test_mutations_are_read_or_refused(data: bytes) -> None:
    try:
        parse(data)
    except FormatError as error:
        assert error.__cause__ is None
