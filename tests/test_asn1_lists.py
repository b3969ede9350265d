"""CRLs and master lists: what they say, and what makes them none."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from asn1_cases import MALFORMED, refusal
from cryptography import x509
from hypothesis import given
from mutation import mutated

from epass import asn1
from epass.asn1 import lists
from epass.asn1.lists import MAX_CERTIFICATES
from epass.errors import FormatError
from epass.sim import der, published
from epass.sim.certificates import extension
from epass.sim.country import Country

CSCA = Country().csca
REVOKED = {serial: published.REVOKED_AT for serial in (1, 0x7FFF, 1 << 150)}
CRL = published.revocation_list(CSCA, REVOKED)
LIST = der.sequence(der.integer(0), der.set_of([CSCA.certificate.der, der.integer(1)]))


def crl(data: bytes) -> asn1.RevocationList:
    return asn1.revocation_list(data, where="test")


def master(data: bytes) -> tuple[bytes, ...]:
    return asn1.master_list(data, where="test")


def test_a_crl_as_another_library_reads_it() -> None:
    ours, other = crl(CRL), x509.load_der_x509_crl(CRL)
    assert ours.signed == other.tbs_certlist_bytes
    assert ours.signature == other.signature
    assert ours.this_update == other.last_update_utc
    assert ours.next_update == other.next_update_utc
    assert ours.revoked == {item.serial_number: item.revocation_date_utc for item in other}
    assert ours.number == 1
    assert ours.authority_key_id == CSCA.certificate.key_id
    assert ours.issuer.text == "C=UT, O=Utopia, CN=Utopia CSCA"
    assert not ours.unknown_critical


def made(*fields: bytes, algorithm: bytes = b"", more: bytes = b"") -> bytes:
    signed = CSCA.key.signature_algorithm(CSCA.digest)
    content = der.sequence(*fields)
    return der.sequence(content, algorithm or signed, der.bit_string(b"signature"), more)


ALGORITHM, NAME = CSCA.key.signature_algorithm(CSCA.digest), CSCA.certificate.issuer
NOW = der.time(datetime(2025, 1, 1, tzinfo=UTC))


def test_the_shortest_crl() -> None:
    """Version 1: no version, no next update, nothing revoked, no extensions."""
    ours = crl(made(ALGORITHM, NAME, NOW))
    assert (ours.next_update, ours.revoked, ours.number, ours.authority_key_id) == (
        None,
        {},
        None,
        None,
    )


def test_what_an_entry_says() -> None:
    reason = extension("2.5.29.21", b"\x0a\x01\x01")
    strange = extension("1.2.3", der.NULL, critical=True)
    entries = [
        der.sequence(der.integer(5), NOW, der.sequence(reason)),
        der.sequence(der.integer(6), NOW, der.sequence(strange)),
    ]
    indirect = extension("2.5.29.28", der.NULL, critical=True)
    ours = crl(
        made(
            ALGORITHM,
            NAME,
            NOW,
            NOW,
            der.sequence(*entries),
            der.explicit(0, der.sequence(indirect)),
        )
    )
    assert set(ours.revoked) == {5, 6}
    assert ours.unknown_critical == {"1.2.3", "2.5.29.28"}


def test_as_many_as_a_large_state_has() -> None:
    entries = b"".join(der.sequence(der.integer(serial), NOW) for serial in range(100_000))
    assert len(crl(made(ALGORITHM, NAME, NOW, NOW, der.sequence(entries))).revoked) == 100_000


def test_more_than_any_state_has(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lists, "MAX_CRL_NODES", 20)
    assert "too many values" in refusal(crl, CRL)


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (made(der.sequence(der.oid("1.2.3")), NAME, NOW), "two different signature algorithms"),
        (made(ALGORITHM, NAME, NOW, NOW, b"", der.explicit(0, der.sequence()), der.NULL), "more"),
        (made(ALGORITHM, NAME), MALFORMED),
        (made(ALGORITHM, NAME, NOW, more=der.NULL), MALFORMED),
        (made(ALGORITHM, NAME, NOW, der.sequence(der.integer(1))), MALFORMED),
        (der.integer(1), MALFORMED),
        (CRL[:-1], "the value is longer than what holds it"),
    ],
)
def test_no_crl(data: bytes, problem: str) -> None:
    assert problem in refusal(crl, data)


def test_a_master_list() -> None:
    """Its certificates are not looked at: one that is broken must not hide the others."""
    assert set(master(LIST)) == {CSCA.certificate.der, der.integer(1)}


def test_no_master_list() -> None:
    assert "not version 0" in refusal(master, der.sequence(der.integer(1), der.set_of([])))
    assert refusal(master, der.sequence(der.integer(0))) == MALFORMED
    many = der.set_of(der.integer(number) for number in range(MAX_CERTIFICATES + 1))
    assert "more than 4096" in refusal(master, der.sequence(der.integer(0), many))


@pytest.mark.parametrize("parse", [crl, master])
@given(data=mutated(CRL) | mutated(LIST))
def test_mutations_are_read_or_refused(parse: Callable[[bytes], object], data: bytes) -> None:
    try:
        parse(data)
    except FormatError as error:
        assert error.__cause__ is None
