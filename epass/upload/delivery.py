"""One request, ready to send: built, signed and compressed once, and sent as often as needed.

Source: the endpoint's documentation, "Media compression support info": serialize, sign, then
compress, in this order.
"""

import gzip
import re
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Self

from epass.errors import ConfigError, InputError
from epass.upload.payload import NfcPayload
from epass.upload.signing import sign

# What the endpoint calls deflate is HTTP's: the zlib format (RFC 1950) around RFC 1951, as
# RFC 9110 §8.4.1.2 has it. Without a time stamp the same payload gives the same bytes.
COMPRESSIONS: Mapping[str, Callable[[bytes], bytes]] = MappingProxyType(
    {
        "gzip": lambda body: gzip.compress(body, mtime=0),
        "deflate": zlib.compress,
        "none": lambda body: body,
    }
)
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_HEADER_TOKEN = re.compile(r"[\x21-\x7e]{1,512}")


@dataclass(frozen=True, slots=True)
class Keys:
    """What the Customer Portal shows under API keys.

    Raises:
        ConfigError: one of them is empty or holds what no key holds, such as a line break.
    """

    api_key: str = field(repr=False)
    shared_secret: str = field(repr=False)

    def __post_init__(self) -> None:
        if not _HEADER_TOKEN.fullmatch(self.api_key):
            raise ConfigError("the API key is empty or holds white space or non-ASCII characters")
        secret = self.shared_secret
        if not secret or secret != secret.strip() or not secret.isprintable():
            raise ConfigError(
                "the shared secret is empty, or has white space around it, or a line break or"
                " another character in it that cannot be printed"
            )


@dataclass(frozen=True, slots=True)
class Delivery:
    """``content`` is what goes over the wire; the sizes are in bytes, before compression."""

    session_id: str
    compression: str
    content: bytes = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    raw_size: int
    base64_size: int
    body_size: int

    @classmethod
    def prepare(cls, session_id: str, payload: NfcPayload, keys: Keys, compression: str) -> Self:
        """Check, build, sign and compress.

        Raises:
            InputError: ``session_id`` is not a UUID.
            PayloadTooLargeError: more than the endpoint takes.
        """
        if not _UUID.fullmatch(session_id):
            raise InputError(
                "the session id is not a UUID",
                advice="Give the id of the verification session, such as "
                "f04bdb47-d3be-4b28-b028-a652feb060b5.",
            )
        payload.check_size()
        body = payload.to_json()
        headers = {
            "X-AUTH-CLIENT": keys.api_key,
            "X-HMAC-SIGNATURE": sign(body, keys.shared_secret),
            "Content-Type": "application/json",
        }
        if compression != "none":
            headers["Content-Encoding"] = compression
        return cls(
            session_id=session_id.lower(),
            compression=compression,
            content=COMPRESSIONS[compression](body),
            headers=headers,
            raw_size=payload.raw_size,
            base64_size=payload.base64_size,
            body_size=len(body),
        )
