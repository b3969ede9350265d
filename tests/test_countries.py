"""The codes of Doc 9303-3 §5."""

import pytest

from epass.lds import countries
from epass.lds.countries import Country


@pytest.mark.parametrize(
    ("code", "alpha2", "name"),
    [
        ("D<<", "DE", "Germany"),
        ("D", "DE", "Germany"),
        ("FRA", "FR", "France"),
        ("GBS", "GB", "United Kingdom: British subject"),
        ("EUE", "EU", "European Union"),
        ("UNO", "UN", "United Nations"),
        ("XXA", None, "stateless person (1954 Convention)"),
        ("RKS", "KS", "Kosovo"),  # of part A, not XK
        ("NTZ", "NT", "Neutral Zone, until 1993"),
        ("IAO", "IA", "International Civil Aviation Organization"),
        ("UTO", "UT", "Utopia, for specimens"),
    ],
)
def test_codes(code: str, alpha2: str | None, name: str) -> None:
    assert countries.find(code) == Country(code.rstrip("<"), alpha2, name)


@pytest.mark.parametrize("code", ["", "<<<", "DEU", "ZZZ", "fra", "D<D"])
def test_nobodys(code: str) -> None:
    assert countries.find(code) is None


def test_the_tables_are_whole() -> None:
    found = countries._countries().values()
    rows = (countries.ISO_3166 + countries.DOC_9303).splitlines()
    assert len(found) == len([row for row in rows if row])  # no code twice
    assert len(found) == 248 + 30  # of ISO 3166-1 all but DEU; Doc 9303's own
    assert all(len(item.code) == 3 or item.code == "D" for item in found)
    assert all(item.alpha2 is None or len(item.alpha2) == 2 for item in found)
