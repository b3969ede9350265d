"""Errors of the desk: PC/SC, the reader, and the card's place on it."""

from epass.errors.root import EpassError, Facts


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
    def facts(self) -> Facts:
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

    @property
    def facts(self) -> Facts:
        return {**super().facts, "seconds": self.seconds}
