"""X-HMAC-SIGNATURE: lowercase hex HMAC-SHA256 of a body, keyed with the shared secret.

Source: the endpoint's documentation, "Media compression support info": the signature covers the
uncompressed bytes. HMAC is RFC 2104; RFC 4231 has the test vectors.
"""

import hashlib
import hmac


def sign(body: bytes, secret: str) -> str:
    """The signature of ``body``: 64 hex digits."""
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def is_signed(body: bytes, secret: str, signature: str) -> bool:
    """Whether ``signature`` is of ``body``, in constant time; either case of hex will do."""
    return hmac.compare_digest(sign(body, secret).encode(), signature.lower().encode())
