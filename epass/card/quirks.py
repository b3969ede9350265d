"""What real documents do otherwise than the standard says, and what the reader does about it.

Each row is a deviation that somebody has seen: its symptom, where, the remedy, and how the reader
recognises it. Only what is recognised changes anything. A quirk that was met for certain stands in
the dump by its id, or with the error where there is no dump. No row weakens a check: a remedy asks
the chip in another way, it never believes more. ``epass simulate --quirk ID`` makes a chip that
has it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

Note = Callable[[str], None]
"""Called with the id of a quirk that was met."""


def ignore(quirk: str) -> None:
    """The ``Note`` of callers that want none."""


class Met:
    """Collects the ids of the quirks that were met, each once."""

    def __init__(self) -> None:
        self.ids: list[str] = []

    def __call__(self, quirk: str) -> None:
        """Raises KeyError for an id that is not in the registry."""
        QUIRKS[quirk]
        if quirk not in self.ids:
            self.ids.append(quirk)


@dataclass(frozen=True, slots=True)
class Quirk:
    """One deviation; ``seen`` names states, documents or programs that reported it."""

    symptom: str
    seen: str
    recognised: str
    remedy: str


QUIRKS: Mapping[str, Quirk] = MappingProxyType(
    {
        "mf-refused": Quirk(
            "SELECT of the master file is refused: 6982, 6A81, 6A86, 6A87",
            "New Zealand, China, Australia, Ukraine",
            "the status word of that command, just after a reset",
            "go on: after a reset the master file is selected",
        ),
        "card-access-warning": Quirk(
            "SELECT of EF.CardAccess answers 6283 though the file can be read",
            "Malaysia",
            "a warning, 62xx or 63xx, where 9000 is due",
            "read the file",
        ),
        "card-access-refused": Quirk(
            "a chip without EF.CardAccess does not answer 6A82",
            "French identity cards 6985, others",
            "one of a short list of status words; any other is an error",
            "take it for absent: the chip offers no PACE",
        ),
        "no-short-ids": Quirk(
            "READ BINARY with a short file identifier is refused",
            "documents without them for EF.CardAccess; Russia 6B00",
            "one of the status words for wrong parameters or a missing file",
            "SELECT the file, then READ BINARY",
        ),
        "exact-lengths": Quirk(
            "a READ BINARY beyond the end of a file is refused with 6700 or 6Cxx",
            "several, hence the readers that ask for four bytes first",
            "so at the start of a file, with a length that is taken inside of a longer one",
            "read the header first, and then just what it declares",
        ),
        "short-answers": Quirk(
            "READ BINARY is refused above 192, 160 or 112 bytes",
            "Ukraine 192; readers in the field go down to 112",
            "6700 or 6Cxx at a length that the file has, and a shorter one is taken",
            "go down the ladder, and stay there for this chip",
        ),
        "empty-answers": Quirk(
            "READ BINARY above the chip's limit answers 9000 without data",
            "the JMRTD applet at 236 bytes",
            "no data before the declared end of the file, but some for a shorter length",
            "go down the ladder; at its end the file is truncated",
        ),
        "extended-refused": Quirk(
            "a command of extended length is refused without protection, which ends the session",
            "chips whose card capabilities promise extended length; New Zealand 6982 to Le 65,536",
            "a status word without data objects for the first such command; short ones are taken",
            "open the chip again, and read with short length; remembered for the kind of chip",
        ),
        "padded-end": Quirk(
            "the end of a file comes with 6282 and bytes that are not of the file",
            "Slovenia",
            "more bytes than the header declares",
            "the header decides; what is beyond it is dropped",
        ),
        "mse-needs-parameters": Quirk(
            "MSE:Set AT is refused without data object 84 though there is one parameter set",
            "Ukraine before July 2022, German and Polish identity cards",
            "MSE:Set AT is answered 6A80 or 6A88, before the key was used, and then taken with it",
            "reset, and once more with data object 84",
        ),
        "mse-refuses-parameters": Quirk(
            "MSE:Set AT is refused with data object 84 though the standard asks for it",
            "a chip reported by a hardware test",
            "MSE:Set AT is answered 6A80 or 6A88, before the key was used, and taken without it",
            "reset, and once more without data object 84, for the first set of the protocol",
        ),
        "pace-suite-refused": Quirk(
            "the chip refuses the strongest of its PACE protocols",
            "identity cards with several PACEInfos",
            "MSE:Set AT is answered 6A80 or 6A88, before the key was used, and taken for another",
            "reset, and the next strongest; never BAC",
        ),
        "pace-no-parameter-id": Quirk(
            "a PACEInfo without parameterId",
            "Spain",
            "the optional member is absent",
            "skip it with a note, and use another one",
        ),
        "pace-unknown-infos": Quirk(
            "unknown or explicit parameters stand beside a PACEInfo",
            "identity cards with more applications",
            "object identifiers that are none of §9.2, or of explicit parameters",
            "skip them with a note",
        ),
        "bac-le-00": Quirk(
            "EXTERNAL AUTHENTICATE with Le 28 is refused with 6700",
            "a test document of 2005 (R2-p1_v2_sIII_0035)",
            "that status, which says nothing of the key",
            "a new challenge, and Le 00",
        ),
        "bac-absent": Quirk(
            "a chip without BAC answers GET CHALLENGE with 6A88",
            "German documents",
            "6A88, 6A81 or 6D00 at GET CHALLENGE",
            "say that the chip has no BAC, which is no wrong key",
        ),
        "naked-errors": Quirk(
            "a refusal inside secure messaging is not protected",
            "China",
            "a status word without data objects, other than 6987 and 6988, for a file or a proof",
            "the session is over, for nobody knows who said it; the chip is opened again, for files"
            " twice at most; one that nobody asked for is left out, a wanted one is asked for once"
            " more: by SELECT, header first, in the shortest pieces",
        ),
        "ca-no-info": Quirk(
            "DG14 has a key and no ChipAuthenticationInfo",
            "France, 2013 and 2014",
            "the absence",
            "3DES with MSE:Set KAT, the oldest protocol",
        ),
        "ca-chaining": Quirk(
            "GENERAL AUTHENTICATE refuses a long public key with 6700",
            "chips without extended length",
            "that status, with a key that makes a command of more than 224 bytes",
            "select the algorithm again and send a chain of commands",
        ),
        "ca-kat-refused": Quirk(
            "a chip with 3DES refuses MSE:Set KAT",
            "Doc 9303-11 §8.5 note 1",
            "the status word of MSE:Set KAT",
            "MSE:Set AT and GENERAL AUTHENTICATE",
        ),
        "ca-fails": Quirk(
            "chip authentication ends in 6Fxx, or otherwise, and takes the session with it",
            "Russia, China, others",
            "a status word without protection, which ends the session",
            "open the chip again; it stays unproven, with a note. One that agrees but does not have"
            " the new keys is not of this kind: it is refuted",
        ),
        "aa-der": Quirk(
            "an ECDSA signature in DER instead of r || s",
            "Portugal",
            "a SEQUENCE, of another length than r || s",
            "judge it as DER, and say so in the report",
        ),
        "aa-truncated": Quirk(
            "a signature longer than one short answer is cut, with 9000",
            "Australia",
            "fewer bytes than the modulus of DG15 has",
            "ask again with extended length; what is cut then too is no signature",
        ),
        "aa-empty-extended": Quirk(
            "INTERNAL AUTHENTICATE with Le 65,536 answers 9000 without data",
            "China",
            "not at all, since it is never asked so",
            "Le is the very length of the signature",
        ),
        "aa-unsupported": Quirk(
            "INTERNAL AUTHENTICATE is refused though DG15 is there",
            "several: 6D00, 6A88, 6A81",
            "the status word",
            "none: the chip stays unproven, which is no pass",
        ),
        "key-attempts": Quirk(
            "a wrong key is answered with 63Cx, and after some of them with 6983",
            "China, Argentina 63CF",
            "these status words",
            "say how many attempts remain; a key is used once, whatever happens",
        ),
        "key-delay": Quirk(
            "after wrong keys the chip answers later and later",
            "documents that slow down guessing",
            "a refusal that took longer than a chip needs",
            "say so; the time limit of a command is the operator's to raise",
        ),
    }
)
