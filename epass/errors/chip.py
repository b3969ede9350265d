"""Errors of the chip and of what it gave."""

from epass.errors.root import EpassError, Facts


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
    def facts(self) -> Facts:
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
    def facts(self) -> Facts:
        return {"action": self.action, "sw": _hex(self.sw)}


class ProtocolError(CardError):
    """The chip broke the protocol at ``step``."""

    code = "protocol"
    advice = "Try again; if it happens each time, this chip is faulty or not genuine."

    def __init__(self, step: str, problem: str) -> None:
        super().__init__(f"{step}: {problem}")
        self.step = step

    @property
    def facts(self) -> Facts:
        return {"step": self.step}


class OtherDocumentError(CardError):
    """Another document lies on the reader than the one that was being read; nothing is mixed."""

    code = "other_document"
    advice = "Begin again, with the document that is to be read."

    def __init__(self, problem: str) -> None:
        super().__init__(f"another document came back to the reader: {problem}")


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
    def facts(self) -> Facts:
        return {"sw": _hex(self.sw)}


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
    def facts(self) -> Facts:
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
    def facts(self) -> Facts:
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
    def facts(self) -> Facts:
        return {"unknown": ",".join(self.unknown)}


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
