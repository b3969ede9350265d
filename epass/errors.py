"""Every error that epass raises, sorted by who must act.

::

    EpassError
    ├── InputError                 the operator: MRZ, CAN or option is not one           exit 2
    ├── ReaderError                the desk: reader, cable, card on the reader           exit 3
    │   ├── NoServiceError · NoReaderError · NoCardError · CardRemovedError
    │   └── SharingError · CommunicationError · CardSilentError
    ├── CardError                  the chip                                              exit 5
    │   ├── AccessDeniedError      it rejects the key                                    exit 4
    │   ├── StatusError            a status word that says no
    │   ├── ProtocolError          an answer that breaks the standard
    │   └── SecureMessagingError   an answer that is not authentic; the session is dead
    ├── FormatError                a file that is not what the standard says             exit 5
    ├── UnsupportedError           a valid thing that epass cannot do                    exit 5
    ├── VerificationError          the document failed its checks; nothing was uploaded  exit 6
    ├── TrustError                 a check that was required could not be made           exit 7
    ├── UploadError                nothing can be said of what arrived                   exit 9
    │   ├── RefusedError           the endpoint said no, and would again                 exit 8
    │   ├── NotDeliveredError      as far as can be told nothing arrived                 exit 9
    │   └── OutcomeUnknownError    it was sent; no answer that can be trusted came back  exit 9
    ├── ConfigError                the installation: keys, URLs, missing packages        exit 10
    └── Cancelled                  the operator stopped it                               exit 130

Each class has a stable ``code``, an ``exit_status``, ``retryable`` (the same call may succeed
later without any change) and an ``advice`` (what to do, one sentence). No message and no
attribute holds personal data, a key or a secret, so an error may be logged as it is. Any other
exception out of a public function is a bug in epass.
"""

from typing import ClassVar


class EpassError(Exception):
    """The root. ``facts`` are the machine-readable attributes, free of personal data."""

    code: ClassVar[str] = "error"
    exit_status: ClassVar[int] = 1
    retryable: ClassVar[bool] = False
    advice: str = ""

    def __init__(self, message: str, *, advice: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        if advice is not None:
            self.advice = advice

    @property
    def facts(self) -> dict[str, str | int | bool | None]:
        return {}

    def as_dict(self) -> dict[str, object]:
        """What ``--format json`` prints of an error."""
        return {
            "code": self.code,
            "message": self.message,
            "advice": self.advice,
            "retryable": self.retryable,
            **self.facts,
        }


class InputError(EpassError):
    """What the caller gave is not what it should be; nothing was sent to any chip."""

    code = "input"
    exit_status = 2


# --- the desk ---------------------------------------------------------------------------------


class ReaderError(EpassError):
    """PC/SC, the reader, or the card's place on it; ``hresult`` is the PC/SC return code."""

    code = "reader"
    exit_status = 3
    retryable = True

    def __init__(
        self, message: str, *, hresult: int | None = None, advice: str | None = None
    ) -> None:
        super().__init__(message, advice=advice)
        self.hresult = hresult

    @property
    def facts(self) -> dict[str, str | int | bool | None]:
        return {} if self.hresult is None else {"hresult": f"{self.hresult:08X}"}


class NoServiceError(ReaderError):
    code = "no_service"
    advice = (
        "Start the PC/SC service (Linux: pcscd; Windows: the Smart Card service, "
        "which runs only while a reader is connected)."
    )


class NoReaderError(ReaderError):
    code = "no_reader"
    advice = "Connect a reader; `epass readers` lists what the PC/SC service sees."


class NoCardError(ReaderError):
    code = "no_card"
    advice = "Lay the document flat on the reader and keep it there."


class CardRemovedError(ReaderError):
    code = "card_removed"
    advice = "Lay the document on the reader again, keep it still, and repeat."


class SharingError(ReaderError):
    code = "sharing_violation"
    advice = "Another program is using the card; close it and repeat."


class CommunicationError(ReaderError):
    code = "communication"
    advice = "Take the document off, lay it flat on the reader, and repeat."


class CardSilentError(ReaderError):
    """The chip did not answer within the time limit, in seconds."""

    code = "card_silent"
    advice = "Take the document off the reader, lay it down again, and repeat."

    def __init__(self, seconds: float) -> None:
        super().__init__(f"the chip did not answer within {seconds:g} s")
        self.seconds = seconds


# --- the chip ---------------------------------------------------------------------------------


class CardError(EpassError):
    """The chip answered, but not as it should."""

    code = "card"
    exit_status = 5


class AccessDeniedError(CardError):
    """The chip rejects the key, or does not prove that it knows it too."""

    code = "access_denied"
    exit_status = 4
    advice = "Compare the MRZ or CAN with the printed document and try again."

    def __init__(self, protocol: str, *, sw: int | None = None, reason: str = "") -> None:
        status = "" if sw is None else f" (status {sw:04X}, {_meaning(sw)})"
        super().__init__(f"{protocol}: {reason or 'the chip rejects this key'}{status}")
        self.protocol = protocol
        self.sw = sw
        if self.attempts_left == 0:
            self.advice = "The chip is blocked: wrong keys were tried too often."

    @property
    def attempts_left(self) -> int | None:
        """How many wrong keys the chip still takes, where its status word says so."""
        if self.sw is not None and self.sw >> 4 == 0x63C:
            return self.sw & 0xF
        return 0 if self.sw == 0x6983 else None

    @property
    def facts(self) -> dict[str, str | int | bool | None]:
        return {
            "protocol": self.protocol,
            "sw": _hex(self.sw),
            "attempts_left": self.attempts_left,
        }


class StatusError(CardError):
    """The chip refused ``action`` with the status word ``sw`` (ISO/IEC 7816-4 §5.6)."""

    code = "status"

    def __init__(self, action: str, sw: int) -> None:
        super().__init__(f"{action}: the chip answers {sw:04X} ({_meaning(sw)})")
        self.action = action
        self.sw = sw

    @property
    def facts(self) -> dict[str, str | int | bool | None]:
        return {"action": self.action, "sw": _hex(self.sw)}


class ProtocolError(CardError):
    """The chip broke the protocol at ``step``."""

    code = "protocol"
    advice = "Try again; if it happens each time, this chip is faulty or not genuine."

    def __init__(self, step: str, problem: str) -> None:
        super().__init__(f"{step}: {problem}")
        self.step = step

    @property
    def facts(self) -> dict[str, str | int | bool | None]:
        return {"step": self.step}


class SecureMessagingError(CardError):
    """A response is not the authentic answer to the command; the session cannot be used again.

    ``sw`` is the status word of an answer that is nothing but one, and unprotected.
    """

    code = "secure_messaging"
    advice = "Lay the document down again and repeat; the link to the chip was disturbed."

    def __init__(self, message: str, *, sw: int | None = None) -> None:
        super().__init__(message)
        self.sw = sw

    @property
    def facts(self) -> dict[str, str | int | bool | None]:
        return {"sw": _hex(self.sw)}


# --- the document -----------------------------------------------------------------------------


class FormatError(EpassError):
    """``problem`` at byte ``offset`` of ``where``, a file and tag path such as ``EF.COM/60/5C``."""

    code = "format"
    exit_status = 5

    def __init__(self, problem: str, where: str, offset: int | None = None) -> None:
        place = where if offset is None else f"{where} at byte {offset}"
        super().__init__(f"{place}: {problem}")
        self.problem = problem
        self.where = where
        self.offset = offset

    @property
    def facts(self) -> dict[str, str | int | bool | None]:
        return {"where": self.where, "offset": self.offset}


class UnsupportedError(EpassError):
    """The thing is valid as far as it can be told, but epass does not support it."""

    code = "unsupported"
    exit_status = 5


class VerificationError(EpassError):
    """The document failed checks, so it was not uploaded; ``failed`` has their ids."""

    code = "verification_failed"
    exit_status = 6
    advice = "Do not accept this document without further examination."

    def __init__(self, failed: tuple[str, ...]) -> None:
        super().__init__(f"verification failed: {', '.join(failed)}")
        self.failed = failed

    @property
    def facts(self) -> dict[str, str | int | bool | None]:
        return {"failed": ",".join(self.failed)}


class TrustError(EpassError):
    """Trust was required, and ``unknown`` names the checks that could not be made."""

    code = "trust_unknown"
    exit_status = 7
    advice = "Give trust anchors for the issuing state, or leave out --require-trust."

    def __init__(self, unknown: tuple[str, ...]) -> None:
        super().__init__(f"could not be verified: {', '.join(unknown)}")
        self.unknown = unknown

    @property
    def facts(self) -> dict[str, str | int | bool | None]:
        return {"unknown": ",".join(self.unknown)}


# --- the endpoint -----------------------------------------------------------------------------


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
    def facts(self) -> dict[str, str | int | bool | None]:
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
    def facts(self) -> dict[str, str | int | bool | None]:
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
    """TLS: the certificate is not the endpoint's as far as this machine's trust store can tell."""

    code = "certificate"
    retryable = False
    advice = (
        "Check the base URL, this machine's clock and its trust store (SSL_CERT_FILE); "
        "do not switch the check off."
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


# --- installation and operator ----------------------------------------------------------------


class ConfigError(EpassError):
    """Something about this installation must be set right first."""

    code = "config"
    exit_status = 10


class MissingPackageError(ConfigError):
    """An optional package is not installed; ``advice`` has the exact install line."""

    code = "missing_package"

    def __init__(self, package: str, extra: str, *, needs: str = "") -> None:
        super().__init__(
            f"{package} is not installed",
            advice=f"Install it: pip install 'epass[{extra}]'{needs and f' ({needs})'}",
        )
        self.package = package


class StorageError(ConfigError):
    """A file could not be written or read; nothing half-written is left behind."""

    code = "storage"
    advice = "Check that the place exists, has room, and may be written."


class Cancelled(EpassError):  # noqa: N818 - a decision of the operator, not a fault
    """Raised by the caller's ``on_event`` to stop between two commands."""

    code = "cancelled"
    exit_status = 130

    def __init__(self, message: str = "cancelled") -> None:
        super().__init__(message)


def _hex(sw: int | None) -> str | None:
    return None if sw is None else f"{sw:04X}"


# ISO/IEC 7816-4 table 6, the ones that documents answer.
_MEANINGS = {
    0x6282: "end of file reached",
    0x6283: "file deactivated",
    0x6300: "authentication failed",
    0x6700: "wrong length",
    0x6882: "secure messaging not supported",
    0x6982: "security status not satisfied",
    0x6983: "authentication method blocked",
    0x6985: "conditions of use not satisfied",
    0x6986: "no current file",
    0x6987: "secure messaging data object missing",
    0x6988: "secure messaging data object incorrect",
    0x6A80: "incorrect data",
    0x6A81: "function not supported",
    0x6A82: "file not found",
    0x6A86: "incorrect P1 P2",
    0x6A88: "referenced data not found",
    0x6B00: "offset outside the file",
    0x6D00: "instruction not supported",
    0x6E00: "class not supported",
    0x6F00: "no precise diagnosis",
}


def _meaning(sw: int) -> str:
    if sw >> 4 == 0x63C:
        return f"{sw & 0xF} attempts left"
    return _MEANINGS.get(sw, "unknown status")
