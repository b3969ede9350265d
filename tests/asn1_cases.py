"""What the tests of the door to asn1crypto share."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache

import pytest

from epass.errors import FormatError
from epass.sim.certificates import Signer
from epass.sim.country import Country
from epass.sim.scheme import Scheme

AT = datetime(2024, 4, 16, 9, 30, tzinfo=UTC)
LDS, DATA = "2.23.136.1.1.1", "1.2.840.113549.1.7.1"
SHA_1, SHA_256 = "1.3.14.3.2.26", "2.16.840.1.101.3.4.2.1"
MALFORMED = "test: not the structure that the standard prescribes"
EXTRA = "test: more fields than the standard prescribes"


@cache
def signer(signature: str = "ECDSA", curve: str = "P-256", explicit: bool = False) -> Signer:
    return Country().document_signer(
        Scheme(signature=signature, curve=curve, explicit_parameters=explicit)
    )


def refusal(parse: Callable[[bytes], object], data: bytes) -> str:
    """The message of the FormatError, which shows nothing of what asn1crypto raised."""
    with pytest.raises(FormatError) as caught:
        parse(data)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__ or caught.value.__context__ is None
    return str(caught.value)
