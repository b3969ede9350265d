"""HMAC-SHA256 against RFC 4231 and against a value computed by another program."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from epass.upload.signing import is_signed, sign

# RFC 4231 §4.2 to §4.4; the keys that are text can be used as a shared secret.
RFC_4231 = [
    (
        "\x0b" * 20,
        b"Hi There",
        "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
    ),
    (
        "Jefe",
        b"what do ya want for nothing?",
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
    ),
]
# printf '{"nfcDocuments":{}}' | openssl dgst -sha256 -hmac 'your-shared-secret'
OPENSSL = "362a4e0cc1936f42ca3cc5da0bc6676fa5a9aee6cd3bb1ad312e2b4ef54e564e"


@pytest.mark.parametrize(("secret", "body", "expected"), RFC_4231)
def test_rfc_4231(secret: str, body: bytes, expected: str) -> None:
    assert sign(body, secret) == expected
    assert is_signed(body, secret, expected)


def test_value_of_openssl() -> None:
    assert sign(b'{"nfcDocuments":{}}', "your-shared-secret") == OPENSSL


def test_secret_that_is_not_ascii_is_utf_8() -> None:
    # printf 'x' | openssl dgst -sha256 -hmac $'\xc3\xa9'
    assert sign(b"x", "é") == "3145a6c3465fd6a7a80c14361b404a918ef05d6495ea55793941081676d2249d"


@pytest.mark.parametrize(
    "signature",
    ["", "é", OPENSSL[:-1], OPENSSL + "0", "sha256=" + OPENSSL, OPENSSL[::-1], OPENSSL + ", x"],
)
def test_anything_else_is_no_signature(signature: str) -> None:
    assert not is_signed(b'{"nfcDocuments":{}}', "your-shared-secret", signature)


def test_either_case_of_hex_is_the_same_signature() -> None:
    assert is_signed(b'{"nfcDocuments":{}}', "your-shared-secret", OPENSSL.upper())


@settings(max_examples=100)
@given(st.binary(), st.text(min_size=1), st.binary(min_size=1))
def test_only_this_body_and_secret(body: bytes, secret: str, more: bytes) -> None:
    signature = sign(body, secret)
    assert len(signature) == 64
    assert signature == signature.lower()
    assert is_signed(body, secret, signature)
    assert not is_signed(body + more, secret, signature)
    assert not is_signed(body, f"{secret}!", signature)
