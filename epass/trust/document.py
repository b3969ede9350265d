"""What the state has signed of a document, for the checks that build on it.

Source: ICAO Doc 9303-11 §5.1, §9.2.11; Doc 9303-10 §3.11.4 (EF.CardSecurity). Only what a right
signature covers counts: that of EF.SOD, or that of EF.CardSecurity if EF.SOD's signer made it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from epass.dump import Dump
from epass.errors import FormatError, UnsupportedError
from epass.lds.chip_keys import CardSecurity, Dg14
from epass.lds.names import File
from epass.lds.security_infos import SecurityInfos
from epass.lds.sod import Sod
from epass.trust import signed
from epass.trust.report import Check, Outcome
from epass.trust.signed import Answer

_T = TypeVar("_T")


class Settled(Exception):  # noqa: N818 - an answer, given by what the check depends on
    """There is no way to look further."""

    def __init__(self, outcome: Outcome, reason: str) -> None:
        super().__init__(reason)
        self.answer: Answer = outcome, reason


@dataclass(frozen=True, slots=True)
class Document:
    """What was read, and what the checks of its files say. What is asked of it raises Settled
    where nothing that a right signature covers has the answer.
    """

    dump: Dump
    sod: Sod
    outcomes: Mapping[str, Outcome]

    def signs(self, file: File) -> bool:
        """Whether EF.SOD has a digest of ``file``; what a forger may have left out says nothing."""
        self._require_right_sod()
        return file in self.sod.digests

    def signed(self, file: File) -> bytes:
        """The file, as EF.SOD signs it."""
        name = f"{file.label.lower()}.hash"
        if file not in self.dump.files:
            raise Settled(Outcome.UNKNOWN, f"{file.label} was not read")
        if self.outcomes[name] is not Outcome.PASS:
            reason = f"{file.label} is not shown to be the one that EF.SOD signs; see {name}"
            raise Settled(Outcome.UNKNOWN, reason)
        return self.dump.files[file]

    def security_infos(self) -> SecurityInfos | None:
        """Those of DG14; None where EF.SOD signs none."""
        if not self.signs(File.DG14):
            return None
        return parsed(Dg14.parse, self.signed(File.DG14)).security_infos

    def card_security(self) -> SecurityInfos:
        """Those of EF.CardSecurity, which has a signature of its own.

        Anybody can sign a file, with a certificate that he has made. With that of EF.SOD's signer
        it is as good as EF.SOD; any other has to be shown to be a state's.
        """
        label = File.CARD_SECURITY.label
        self._require_right_sod()
        if File.CARD_SECURITY not in self.dump.files:
            raise Settled(Outcome.UNKNOWN, f"{label} was not read")
        file = CardSecurity.parse(self.dump.files[File.CARD_SECURITY])
        certificate, _ = signed.find_signer(file, label)
        for outcome, reason in (signed.digest(file), signed.signature(file, certificate)):
            if outcome is not Outcome.PASS:
                raise Settled(outcome, f"{label}: {reason}")
        if certificate != signed.find_signer(self.sod, File.SOD.label)[0]:
            reason = f"{label} has another signer than EF.SOD, who may be anybody"
            raise Settled(Outcome.UNKNOWN, reason)
        return file.security_infos

    def _require_right_sod(self) -> None:
        """Its signature is right, and the signed attributes, if any, are those of its content."""
        covered = self.outcomes["sod.digest"] in (Outcome.PASS, Outcome.NOT_APPLICABLE)
        if self.outcomes["sod.signature"] is not Outcome.PASS or not covered:
            reason = "EF.SOD is not shown to be signed; see sod.digest and sod.signature"
            raise Settled(Outcome.UNKNOWN, reason)


Judge = Callable[[Document], Answer]


def answered(name: str, judge: Judge, document: Document, source: str) -> Check:
    """The check ``name`` with the answer of ``judge``, whatever it finds in the files."""
    return Check(name, *_answer(judge, document), source)


def _answer(judge: Judge, document: Document) -> Answer:
    try:
        return judge(document)
    except Settled as settled:
        return settled.answer
    except FormatError as error:
        return Outcome.FAIL, error.message
    except UnsupportedError as error:
        return Outcome.UNKNOWN, error.message


def parsed(parse: Callable[[bytes], _T], content: bytes) -> _T:
    """A file that EF.SOD signs. The faults of such a file are the issuer's, not the chip's."""
    try:
        return parse(content)
    except FormatError as error:
        raise Settled(Outcome.UNKNOWN, error.message) from None
