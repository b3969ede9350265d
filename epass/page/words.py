"""The checks in plain words, and what their outcomes mean to who is to decide."""

from collections.abc import Mapping
from types import MappingProxyType

from epass.page.model import Tone
from epass.trust.report import Outcome

TITLES: Mapping[str, str] = MappingProxyType(
    {
        "sod.format": "The security object can be read",
        "com.sod": "The list of files is the signed one",
        "sod.signer": "The signer's certificate is there",
        "sod.digest": "The signature covers the list of digests",
        "sod.signature": "The signature is right",
        "ds.path": "The signer is authorised by a state",
        "ds.profile": "The certificates are for this purpose",
        "ds.validity_at_signing": "The signer was valid when signing",
        "ds.validity_now": "The signer is valid now",
        "ds.revocation": "The signer has not been revoked",
        "anchors.list": "The lists of trusted states are genuine",
        "files.signed": "Every file that was read is signed",
        "files.read": "Every signed file was read",
        "dg1.format": "The MRZ on the chip can be read",
        "dg1.check_digits": "The check digits are right",
        "dg1.mrz": "Chip and printed MRZ agree",
        "dg1.country": "The signer is of the issuing state",
        "chip.active": "Active authentication",
        "chip.authentication": "Chip authentication",
        "chip.mapping": "PACE with chip authentication mapping",
        "access.card_access": "The offer to open the chip is the signed one",
        "access.directory": "The list of applications is the signed one",
        "access.protocol": "The chip was opened by the way it offers",
    }
)
# In which order, and under which heading; a check of another kind is of the last one.
MATTERS = (
    ("The state's signature", ("sod.", "ds.", "anchors.")),
    ("The chip itself", ("chip.", "access.")),
    ("The files", ("dg1.hash", "dg", "com.", "files.")),
    ("Other checks", ("",)),
)
TONES: Mapping[Outcome, Tone] = MappingProxyType(
    {
        Outcome.PASS: Tone.GOOD,
        Outcome.FAIL: Tone.BAD,
        Outcome.UNKNOWN: Tone.OPEN,
        Outcome.NOT_APPLICABLE: Tone.QUIET,
    }
)
OUTCOMES: Mapping[Outcome, str] = MappingProxyType(
    {
        Outcome.PASS: "pass",
        Outcome.FAIL: "FAIL",
        Outcome.UNKNOWN: "unknown",
        Outcome.NOT_APPLICABLE: "not applicable",
    }
)
VERDICTS: Mapping[Outcome, tuple[str, str]] = MappingProxyType(
    {
        Outcome.PASS: ("Every check passed", "The files are unchanged and signed by a state."),
        Outcome.FAIL: ("Verification failed", "Do not accept this document without examination."),
        Outcome.UNKNOWN: ("Not fully verified", "No check failed, but some could not be made."),
    }
)
# By ``judged.standing``: a proof is worth no more than who vouches for the key that it was made by.
CHIP: Mapping[str, tuple[Tone, str]] = MappingProxyType(
    {
        "proven": (Tone.GOOD, "The chip proved that it is no copy"),
        "proven-changed": (Tone.BAD, "The chip proved its key, but files are changed"),
        "proven-failed": (Tone.BAD, "The chip proved its key, but a check failed"),
        "proven-unsigned": (
            Tone.OPEN,
            "The chip proved its key, but who signed for it is not known",
        ),
        "proven-open": (Tone.OPEN, "The chip proved its key, but not all could be checked"),
        "refuted": (Tone.BAD, "The chip did NOT prove that it is no copy"),
        "unproven": (Tone.OPEN, "The chip was not shown to be no copy"),
        "cloneable": (Tone.OPEN, "The chip offers no proof that it is no copy"),
    }
)
FILES: Mapping[str, str] = MappingProxyType(
    {
        "EF.COM": "list of files",
        "EF.SOD": "security object",
        "EF.CardAccess": "how to open the chip",
        "EF.CardSecurity": "signed keys of the chip",
        "EF.ATR/INFO": "abilities of the chip, unsigned",
        "EF.DIR": "applications, unsigned",
        "DG1": "machine readable zone",
        "DG2": "portrait",
        "DG3": "fingerprints",
        "DG4": "iris",
        "DG5": "displayed portrait",
        "DG6": "reserved",
        "DG7": "displayed signature",
        "DG8": "data features",
        "DG9": "structure features",
        "DG10": "substance features",
        "DG11": "personal details",
        "DG12": "document details",
        "DG13": "the state's own",
        "DG14": "security options",
        "DG15": "active authentication key",
        "DG16": "persons to notify",
    }
)
# The fields of DG11 and DG12 that are pictures.
PICTURES: Mapping[str, str] = MappingProxyType(
    {
        "proof_of_citizenship": "proof of citizenship",
        "front": "front of the document",
        "rear": "rear of the document",
    }
)


def title_of(check: str) -> str:
    """What the check asks, as a statement that holds if it passed."""
    if check.endswith(".hash"):
        return f"{check.removesuffix('.hash').upper()} is unchanged"
    return TITLES.get(check, check)
