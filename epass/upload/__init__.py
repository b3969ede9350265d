"""Deliver the files of a document to the verification session's media endpoint."""

from epass.upload.answer import UploadedMedia
from epass.upload.delivery import COMPRESSIONS
from epass.upload.payload import BASE64_LIMIT, RAW_LIMIT, NfcPayload
from epass.upload.veriff import Retry, Timeouts, UploadEvent, VeriffClient

__all__ = [
    "BASE64_LIMIT",
    "COMPRESSIONS",
    "RAW_LIMIT",
    "NfcPayload",
    "Retry",
    "Timeouts",
    "UploadEvent",
    "UploadedMedia",
    "VeriffClient",
]
