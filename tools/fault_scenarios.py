"""The ways to read of the fault matrix: what lies on the reader, and what is known of it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache

from epass.card import reader
from epass.card.keys import MrzKey
from epass.card.memory import Memory
from epass.card.traits import Traits
from epass.pcsc import atr
from epass.sim import issuer
from epass.sim.access import BAC, PACE, PaceOffer, PaceSuite
from epass.sim.answer_to_reset import Limits, extended_lengths
from epass.sim.chip import Chip
from epass.sim.fault_table import FAULTS
from epass.sim.faults import (
    CLONE,
    OTHER_ACCESS,
    OTHER_DOCUMENT,
    SAME_KEY,
    Alter,
    FaultyChannel,
)
from epass.sim.issuer import AaScheme, CaScheme, Document
from epass.sim.keys import seeded
from epass.sim.proofs import NO_PROOFS
from epass.sim.sized import sized

QUICK_CURVE, QUICK_NAME = 8, "P-192"  # what PACE computes is not what is tried here
FIRST, SECOND = b"filler", b"another filler"


@dataclass(frozen=True, slots=True)
class Scenario:
    """One way to read; the files are small, but large enough for several commands each.

    With ``proofs`` the chip has keys for chip and active authentication. ``known``: the reader has
    met chips of its kind, and remembers what worked with them.
    """

    access: str
    extended: bool
    proofs: bool = False
    known: bool = False

    @property
    def name(self) -> str:
        length = "extended" if self.extended else "short"
        more = " with proofs" if self.proofs else " remembered" if self.known else ""
        return f"{self.access} {length}{more}"

    def document(self, filler: bytes = FIRST, cipher: str = "") -> Document:
        """With ``cipher`` it offers PACE by that one; else as the scenario has it."""
        offered = cipher or ("AES-128" if self.access == PACE else "")
        suite = PaceSuite.named(offered, QUICK_CURVE) if offered else None
        plain = issuer.issue(
            pace=PaceOffer((suite,)) if suite else None,
            chip_authentication=[CaScheme(QUICK_NAME)] if self.proofs else (),
            active_authentication=AaScheme("ECDSA", curve=QUICK_NAME) if self.proofs else None,
        )
        size = 36_000 if self.extended else 1_500  # beyond 32,767 the odd instruction reads
        return sized(plain, dg2=size, filler=filler)

    def chip(self, document: Document, alter: Alter | None = None) -> Chip:
        limits = extended_lengths(Limits(command=4096, response=8192)) if self.extended else None
        return Chip(
            document,
            access=(PACE, BAC) if document.pace else (BAC,),
            extended=self.extended,
            ef_atr_info=limits,
            random=seeded(b"chip"),
            alter=alter,
        )


SCENARIOS = {
    scenario.name: scenario
    for scenario in (
        Scenario(BAC, extended=False),
        Scenario(BAC, extended=True),
        Scenario(PACE, extended=False),
        Scenario(PACE, extended=True),
        Scenario(PACE, extended=True, known=True),
        Scenario(PACE, extended=False, proofs=True),
    )
}


@cache
def documents(name: str) -> tuple[Document, Document, Document]:
    """The document, one with the same key and another DG2, and one that offers other access too."""
    scenario = SCENARIOS[name]
    return scenario.document(), scenario.document(SECOND), scenario.document(SECOND, "AES-256")


def swapped(name: str, kind: str) -> Document:
    """What lies there after the gap of a fault that ``swaps``."""
    first, second, offering = documents(name)
    if kind == OTHER_DOCUMENT:
        return replace(first, mrz=issuer.issue("one-name").mrz)
    return {SAME_KEY: second, OTHER_ACCESS: offering, CLONE: replace(first, proofs=NO_PROOFS)}[kind]


def described(chip: Chip) -> Traits:
    """What chip and reader say of themselves, as PC/SC hands it on."""
    says = atr.extended_length(chip.atr), atr.lengths_in_atr_info(chip.atr)
    return Traits(*says, model=chip.atr.hex(), reader="simulated")


@cache
def _learnt(name: str) -> Mapping[str, object]:
    """What is remembered of the chip after a read."""
    scenario, memory = SCENARIOS[name], Memory()
    document = documents(name)[0]
    chip = scenario.chip(document)
    peace = FAULTS["slow"], 0  # never
    told = described(chip)
    channel = FaultyChannel(lambda _: chip, *peace, other=lambda _: chip, traits=told)
    reader.read(channel, MrzKey.from_mrz(document.mrz), memory=memory)
    return memory.as_dict()


def memory_of(scenario: Scenario) -> Memory:
    """A new one for each read, so that no case depends on another."""
    memory = Memory()
    if scenario.known:
        memory.take(_learnt(scenario.name))
    return memory
