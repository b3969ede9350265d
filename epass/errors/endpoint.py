"""Errors of the endpoint and of the way to it."""

from epass.errors.root import EpassError, Facts


class UploadError(EpassError):
    """The payload did not demonstrably arrive. ``status`` and ``api_code`` are the endpoint's."""

    code = "upload"
    exit_status = 9

    def __init__(
        self,
        message: str,
        *,
        status: int | None = None,
        api_code: str | None = None,
        advice: str | None = None,
    ) -> None:
        super().__init__(message, advice=advice)
        self.status = status
        self.api_code = api_code

    @property
    def facts(self) -> Facts:
        return {"status": self.status, "api_code": self.api_code}


class RefusedError(UploadError):
    """The endpoint refused, and will refuse the same request again."""

    code = "refused"
    exit_status = 8
    advice = "Check the base URL, the keys and what this integration allows, then repeat."


class InvalidNfcDataError(RefusedError):
    """400 with code 1410."""

    code = "invalid_nfc_data"
    advice = "The endpoint cannot use these files; read the document again."


class ValidationFailedError(RefusedError):
    """400 with any other code, 1101 as documented."""

    code = "validation_failed"
    advice = "Check the session id and that this session accepts NFC data."


class UnauthorizedError(RefusedError):
    """401."""

    code = "unauthorized"
    advice = "Check that API key and shared secret belong to this integration and base URL."


class SessionNotFoundError(RefusedError):
    """404."""

    code = "session_not_found"
    advice = "Check the session id and the base URL, or create a new session."


class AlreadySubmittedError(RefusedError):
    """409."""

    code = "already_submitted"
    advice = "The session was submitted and takes no more media; create a new session."


class PayloadTooLargeError(RefusedError):
    """Refused here before any network, or by the endpoint with 413 and code 1412."""

    code = "payload_too_large"
    advice = "The endpoint takes at most 500 KB of NFC data; this document cannot be uploaded."


class EncodingRefusedError(RefusedError):
    """415."""

    code = "encoding_refused"
    advice = "Repeat with another --compression (gzip, deflate, none)."


class NotDeliveredError(UploadError):
    """As far as can be told nothing arrived; the same request may succeed later.

    ``retry_after`` is in seconds, where the endpoint says when to come back.
    """

    code = "not_delivered"
    retryable = True
    advice = "Repeat the upload later; the document need not be read again."

    def __init__(
        self,
        message: str,
        *,
        status: int | None = None,
        api_code: str | None = None,
        advice: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message, status=status, api_code=api_code, advice=advice)
        self.retry_after = retry_after

    @property
    def facts(self) -> Facts:
        after = None if self.retry_after is None else round(self.retry_after)
        return {**super().facts, "retry_after": after}


class RateLimitedError(NotDeliveredError):
    """429."""

    code = "rate_limited"


class EndpointFaultError(NotDeliveredError):
    """5xx."""

    code = "endpoint_fault"


class UnreachableError(NotDeliveredError):
    """No connection, or it broke before the whole request was sent."""

    code = "unreachable"
    advice = "Check the network and the base URL, then repeat the upload."


class CertificateError(NotDeliveredError):
    """TLS: by the certificate authorities in use, the certificate is not the endpoint's.

    They are those of the package certifi, unless SSL_CERT_FILE, SSL_CERT_DIR or the caller names
    others; those of the operating system are not looked at.
    """

    code = "certificate"
    retryable = False
    advice = (
        "Check the base URL and this machine's clock; where a certificate authority of your own "
        "is in use, name its file in SSL_CERT_FILE. Do not switch the check off."
    )


class OutcomeUnknownError(UploadError):
    """The whole request was sent but no answer that can be trusted came back: it may be stored."""

    code = "outcome_unknown"
    advice = "The upload may have arrived: look at the session before repeating it."


class UnreadableAnswerError(OutcomeUnknownError):
    """The answer is not what the documentation says."""

    code = "unreadable_answer"


class ResponseSignatureError(OutcomeUnknownError):
    """The answer's X-HMAC-SIGNATURE is not of this body and the shared secret."""

    code = "response_signature"
    advice = "The answer is not from the endpoint, or the shared secret is wrong. Check both."
