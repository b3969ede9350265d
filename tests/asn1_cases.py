"""What the tests of the door to asn1crypto share."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache

import pytest

from epass import tlv
from epass.errors import FormatError
from epass.sim import der
from epass.sim.certificates import Signer, extension
from epass.sim.country import Country
from epass.sim.scheme import Scheme

AT = datetime(2024, 4, 16, 9, 30, tzinfo=UTC)
LDS, DATA = "2.23.136.1.1.1", "1.2.840.113549.1.7.1"
SHA_1, SHA_256 = "1.3.14.3.2.26", "2.16.840.1.101.3.4.2.1"
MALFORMED = "test: not the structure that the standard prescribes"
RSA, EC = "1.2.840.113549.1.1.1", "1.2.840.10045.2.1"
EXTRA = "test: more fields than the standard prescribes"


NAME = der.sequence(
    der.set_of([der.sequence(der.oid("2.5.4.6"), der.printable("UT"))]),
    der.set_of([der.sequence(der.oid("2.5.4.3"), der.utf8("Utopia  CSCA"))]),
)
BMP_NAME = tlv.build(0x1E, "utopia csca".encode("utf-16-be"))
SAME_NAME = der.sequence(
    der.set_of([der.sequence(der.oid("2.5.4.6"), der.utf8("ut"))]),
    der.set_of([der.sequence(der.oid("2.5.4.3"), BMP_NAME)]),
)  # fmt: skip
EC_ALGORITHM = der.sequence(der.oid(EC), der.oid("1.2.840.10045.3.1.7"))
RSA_ALGORITHM = der.sequence(der.oid(RSA), der.NULL)
EC_KEY = der.sequence(EC_ALGORITHM, der.bit_string(b"\x04" + bytes(64)))
TIMES = der.sequence(der.time(AT), der.time(AT.replace(year=2060)))
KEY_ID = extension("2.5.29.14", der.octet_string(b"the key"))


def made(
    *, key: bytes = EC_KEY, issuer: bytes = NAME, times: bytes = TIMES, extensions: bytes = b""
) -> bytes:
    algorithm = der.sequence(der.oid("1.2.840.10045.4.3.2"))
    body = der.sequence(
        der.explicit(0, der.integer(2)),
        der.integer(-1),
        algorithm,
        issuer,
        times,
        SAME_NAME,
        key,
        der.explicit(3, extensions) if extensions else b"",
    )
    return der.sequence(body, algorithm, der.bit_string(b"signature"))


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
