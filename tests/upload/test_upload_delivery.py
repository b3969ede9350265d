"""One request: what is signed is what is sent, whatever the compression."""

import gzip
import hashlib
import hmac
import zlib
from collections.abc import Callable

import pytest

from epass.errors import ConfigError, InputError, PayloadTooLargeError
from epass.upload import NfcPayload
from epass.upload.delivery import Delivery, Keys

SESSION = "f04bdb47-d3be-4b28-b028-a652feb060b5"
KEYS = Keys("key", "secret")
PAYLOAD = NfcPayload(b"com" * 50, b"sod" * 50, b"dg1" * 50, b"dg2" * 50)
UNDO: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.decompress,
    "deflate": zlib.decompress,
    "none": bytes,
}


@pytest.mark.parametrize("compression", UNDO)
def test_signature_is_of_the_body_before_compression(compression: str) -> None:
    delivery = Delivery.prepare(SESSION, PAYLOAD, KEYS, compression)
    body = UNDO[compression](delivery.content)
    assert body == PAYLOAD.to_json()
    expected = hmac.new(b"secret", body, hashlib.sha256).hexdigest()
    assert delivery.headers["X-HMAC-SIGNATURE"] == expected
    assert delivery.headers.get("Content-Encoding", "none") == compression
    assert delivery.headers["X-AUTH-CLIENT"] == "key"
    assert delivery.headers["Content-Type"] == "application/json"
    assert delivery.body_size == len(body) == PAYLOAD.body_size


@pytest.mark.parametrize("compression", UNDO)
def test_same_payload_gives_the_same_bytes(compression: str) -> None:
    first = Delivery.prepare(SESSION, PAYLOAD, KEYS, compression)
    assert first == Delivery.prepare(SESSION, PAYLOAD, KEYS, compression)


def test_session_id_is_sent_in_lower_case() -> None:
    assert Delivery.prepare(SESSION.upper(), PAYLOAD, KEYS, "none").session_id == SESSION


@pytest.mark.parametrize(
    "session",
    [
        "",
        "x",
        SESSION[:-1],
        f"{SESSION}0",
        f"{SESSION}\n",
        f"{{{SESSION}}}",
        f"urn:uuid:{SESSION}",
        SESSION.replace("-", ""),
        f"../{SESSION}",
        f"{SESSION}/../media?x=",
        SESSION.replace("f", "\N{FULLWIDTH LATIN SMALL LETTER F}"),
    ],
)
def test_anything_but_a_uuid_is_no_session_id(session: str) -> None:
    with pytest.raises(InputError, match="the session id is not a UUID") as caught:
        Delivery.prepare(session, PAYLOAD, KEYS, "gzip")
    assert not session or session not in str(caught.value)


def test_payload_over_the_limit_is_never_built() -> None:
    big = NfcPayload(b"c", b"s", b"1", b"2" * 512_000)
    with pytest.raises(PayloadTooLargeError, match="512003 bytes"):
        Delivery.prepare(SESSION, big, KEYS, "gzip")


@pytest.mark.parametrize("key", ["", " ", "a b", "a\n", "a\r\nX-Evil: 1", "é", "k" * 513])
def test_api_key_that_fits_no_header(key: str) -> None:
    with pytest.raises(ConfigError, match="the API key is empty or holds"):
        Keys(key, "secret")


@pytest.mark.parametrize("secret", ["", " ", "secret\n", " secret", "se\ncret", "se\udcffcret"])
def test_shared_secret_that_was_read_wrongly(secret: str) -> None:
    reason = "is empty, or has white space around it, or a line break or another character in it"
    with pytest.raises(ConfigError, match=f"the shared secret {reason} that cannot be printed"):
        Keys("key", secret)


@pytest.mark.parametrize("secret", ["a b", "sécret"])
def test_shared_secret_may_hold_all_that_can_be_printed(secret: str) -> None:
    assert Keys("key", secret).shared_secret == secret


def test_nothing_secret_or_personal_in_repr() -> None:
    delivery = Delivery.prepare(SESSION, PAYLOAD, Keys("MARKED-KEY", "MARKED-SECRET"), "none")
    shown = repr(delivery) + repr(Keys("MARKED-KEY", "MARKED-SECRET"))
    assert "MARKED" not in shown
    assert "nfcDocuments" not in shown
    assert delivery.headers["X-HMAC-SIGNATURE"] not in shown
