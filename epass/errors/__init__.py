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
    │   ├── OtherDocumentError     another document came back to the reader
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

from epass.errors.chip import (
    AccessDeniedError,
    CardError,
    FormatError,
    OtherDocumentError,
    ProtocolError,
    SecureMessagingError,
    StatusError,
    TrustError,
    UnsupportedError,
    VerificationError,
)
from epass.errors.desk import (
    CardRemovedError,
    CardSilentError,
    CommunicationError,
    NoCardError,
    NoReaderError,
    NoServiceError,
    ReaderError,
    SharingError,
)
from epass.errors.endpoint import (
    AlreadySubmittedError,
    CertificateError,
    EncodingRefusedError,
    EndpointFaultError,
    InvalidNfcDataError,
    NotDeliveredError,
    OutcomeUnknownError,
    PayloadTooLargeError,
    RateLimitedError,
    RefusedError,
    ResponseSignatureError,
    SessionNotFoundError,
    UnauthorizedError,
    UnreachableError,
    UnreadableAnswerError,
    UploadError,
    ValidationFailedError,
)
from epass.errors.root import (
    Cancelled,
    ConfigError,
    EpassError,
    InputError,
    MissingPackageError,
    StorageError,
)

__all__ = [
    "AccessDeniedError",
    "AlreadySubmittedError",
    "Cancelled",
    "CardError",
    "CardRemovedError",
    "CardSilentError",
    "CertificateError",
    "CommunicationError",
    "ConfigError",
    "EncodingRefusedError",
    "EndpointFaultError",
    "EpassError",
    "FormatError",
    "InputError",
    "InvalidNfcDataError",
    "MissingPackageError",
    "NoCardError",
    "NoReaderError",
    "NoServiceError",
    "NotDeliveredError",
    "OtherDocumentError",
    "OutcomeUnknownError",
    "PayloadTooLargeError",
    "ProtocolError",
    "RateLimitedError",
    "ReaderError",
    "RefusedError",
    "ResponseSignatureError",
    "SecureMessagingError",
    "SessionNotFoundError",
    "SharingError",
    "StatusError",
    "StorageError",
    "TrustError",
    "UnauthorizedError",
    "UnreachableError",
    "UnreadableAnswerError",
    "UnsupportedError",
    "UploadError",
    "ValidationFailedError",
    "VerificationError",
]
