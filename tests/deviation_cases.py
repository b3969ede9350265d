"""Encoded deviation lists for tests (Doc 9303-12 §10.2)."""

from datetime import UTC, datetime

from epass.sim import cms, der, published
from epass.sim.country import Country

DEVIATION_LIST, LIST_SIGNER = "2.23.136.1.1.7", "2.23.136.1.1.8"
AA_COMPROMISED, HASH_WRONG = "2.23.136.1.1.7.1.4", "2.23.136.1.1.7.2.2"
FIRST, LAST = datetime(2024, 1, 1, tzinfo=UTC), datetime(2025, 1, 1, tzinfo=UTC)
PERIOD = der.implicit(4, der.sequence(der.generalized_time(FIRST), der.generalized_time(LAST)))


def numbers(*given: str) -> bytes:
    return der.implicit(5, der.set_of(map(der.printable, given)))


def description(*fields: bytes, kind: str = AA_COMPROMISED, text: str | None = None) -> bytes:
    return der.sequence(der.printable(text) if text else b"", der.oid(kind), *fields)


def deviation(*conditions: bytes, descriptions: tuple[bytes, ...] = (description(),)) -> bytes:
    return der.sequence(der.sequence(*conditions), der.set_of(descriptions))


def listed(*deviations: bytes, algorithm: bytes = b"", version: int = 0) -> bytes:
    return der.sequence(der.integer(version), algorithm, der.set_of(deviations))


def signed(
    country: Country, *deviations: bytes, purpose: str = LIST_SIGNER, **changes: object
) -> bytes:
    signer = published.list_signer(country, purpose=purpose)
    draft = cms.Draft(DEVIATION_LIST, listed(*deviations), signer, published.PUBLISHED_AT)
    return draft.but(**changes).encode()
