"""One combination: a chip in the virtual reader, read by JMRTD, then by epass, and compared."""

import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from epass import pcsc
from epass.card import reader
from epass.card.keys import Can, Key, MrzKey
from epass.dump import Dump
from epass.errors import EpassError, SharingError
from epass.lds.names import File
from epass.sim import vpcd
from epass.sim.access import BAC, PACE
from epass.sim.chip import Chip
from epass.sim.holders import HOLDERS
from epass.sim.issuer import Document
from epass.trust.verify import verify
from tools.interop import comparison, facts
from tools.interop.matrix import CAN, Combination
from tools.interop.witness import Witness, WitnessError

# Files of the master file, which are read where the way in needs them.
MASTER_FILES = frozenset({File.CARD_ACCESS, File.CARD_SECURITY})
WAIT_SECONDS = 5.0  # the service notices a virtual card within half a second
NONCE_BYTES = 4
CHALLENGE_BYTES = 8  # Doc 9303-11 §6.1.2.1
# What JMRTD's caller chooses. Of 223 bytes, which AES leaves in a short response, the odd READ
# BINARY needs three for the header of data object 53, and JMRTD adds them to what it is told.
SHORT_TRANSCEIVE, SHORT_BLOCK = 256, 220
# Java's own PC/SC layer has room for responses of 8,192 bytes, secure messaging included.
LONG_TRANSCEIVE, LONG_BLOCK = 65_536, 8_000


@dataclass(frozen=True, slots=True)
class Slot:
    """A slot of the virtual reader that is ours; ``await_empty`` waits until it has no card."""

    name: str
    port: int
    await_empty: Callable[[], object]


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one combination; ``files`` and ``facts`` were compared."""

    combination: Combination
    problems: tuple[str, ...]
    files: int
    facts: int
    seconds: float

    @property
    def passed(self) -> bool:
        """Without a problem, and not because there was nothing to compare."""
        return not self.problems and self.files > 0 and self.facts > 0


def run(combination: Combination, slot: Slot, witness: Witness) -> Result:
    """Read the chip of ``combination`` twice and compare."""
    began = time.monotonic()
    document = combination.issue()
    chip = Chip(document, access=combination.offered, nonce=secrets.token_bytes(NONCE_BYTES))
    problems, compared = _compare(combination, document, chip, slot, witness)
    seconds = time.monotonic() - began
    return Result(combination, tuple(problems), len(document.files), compared, seconds)


def _compare(
    combination: Combination, document: Document, chip: Chip, slot: Slot, witness: Witness
) -> tuple[list[str], int]:
    slot.await_empty()
    try:
        with vpcd.inserted(chip, ports=(slot.port,)):
            answer = witness.ask(job(combination, document, chip, slot))
            if "error" in answer:
                return [_refused(answer["error"])], 0
            dump = _read(combination, document, chip, slot)
        return judge(combination, document, dump, answer)
    except WitnessError as error:
        return [f"JMRTD: {error}"], 0
    except EpassError as error:
        return [f"epass: {error.code}: {error}"], 0


def job(combination: Combination, document: Document, chip: Chip, slot: Slot) -> dict[str, object]:
    """What JMRTD is told; how the chip can be opened it finds in EF.CardAccess."""
    extended = combination.extended
    wanted: dict[str, object] = {
        "reader": slot.name,
        "atr": chip.atr.hex(),
        "access": combination.protocol,
        "files": ",".join(file.label for file in document.files if file not in MASTER_FILES),
        "transceive": LONG_TRANSCEIVE if extended else SHORT_TRANSCEIVE,
        "block": LONG_BLOCK if extended else SHORT_BLOCK,
        "sfi": combination.short_ids,
    }
    if combination.protocol == PACE:
        wanted["oid"] = combination.oid
        wanted["parameter"] = combination.parameter_id
        wanted["named"] = combination.named
    wanted |= _proofs(combination)
    if combination.password == CAN:
        return {**wanted, "can": document.can}
    holder = HOLDERS[combination.holder]
    return {**wanted, "number": holder.number, "birth": holder.birth, "expiry": holder.expiry}


def _proofs(combination: Combination) -> dict[str, object]:
    """The proofs that JMRTD is to ask the chip for."""
    wanted: dict[str, object] = {}
    if combination.agreement:
        wanted["ca"] = combination.agreement_oid
        if combination.agreement.key_id is not None:
            wanted["ca_key"] = combination.agreement.key_id
    if combination.active:
        wanted["aa"] = secrets.token_hex(CHALLENGE_BYTES)
    return wanted


def _read(combination: Combination, document: Document, chip: Chip, slot: Slot) -> Dump:
    key: Key = Can(document.can) if combination.password == CAN else MrzKey.from_mrz(document.mrz)
    with pcsc.connect(slot.name, wait=WAIT_SECONDS) as channel:
        if channel.atr != chip.atr:
            raise SharingError("another card is in the virtual reader")
        want = [file for file in document.files if file not in MASTER_FILES]
        return reader.read(channel, key, want=want, extended=combination.extended)


def judge(
    combination: Combination, document: Document, dump: Dump, answer: Mapping[str, Any]
) -> tuple[list[str], int]:
    """What is wrong with the two readings, and how many facts were compared.

    Both are held to the files of ``document`` too: two readers that make the same mistake do not
    agree.

    Raises:
        EpassError: a file is malformed.
    """
    chip = {file.label: data for file, data in document.files.items()}
    theirs = {name: bytes.fromhex(text) for name, text in answer["files"].items()}
    ours = {file.label: data for file, data in dump.files.items()}
    optional = {file.label for file in MASTER_FILES}
    problems = comparison.of_files(chip, ours, "epass", optional=optional)
    problems += comparison.of_files(chip, theirs, "JMRTD", optional=optional)
    problems += _opened(combination, dump)
    report = verify(dump, at=datetime.now(UTC))
    proofs = facts.of_proofs(dump.evidence, report, combination.proofs)
    said = {**_access(combination, dump, chip), **proofs, **facts.of_dump(dump, report)}
    problems += map(str, comparison.of_facts(said, answer["facts"]))
    problems += [
        f"{name}: epass does not find it proven"
        for name in combination.proofs
        if proofs[f"{name}.valid"] is not True
    ]
    return problems, len(said)


def _refused(error: Mapping[str, Any]) -> str:
    """Step, exceptions and status word of a reading that JMRTD gave up."""
    sw = f", status word {error['sw']}" if "sw" in error else ""
    return f"JMRTD: {error['step']}: {', because of '.join(error['causes'])}{sw}"


def _opened(combination: Combination, dump: Dump) -> list[str]:
    """Whether epass came in by the door that it must take: PACE where the chip has it."""
    expected = PACE if PACE in combination.offered else BAC
    found = dump.access.protocol
    return [] if found == expected else [f"epass opened the chip by {found}, not {expected}"]


def _access(combination: Combination, dump: Dump, chip: Mapping[str, bytes]) -> facts.Facts:
    if combination.protocol == BAC:  # where JMRTD was sent in by BAC, epass may have taken PACE
        return {"access.protocol": BAC}
    return facts.of_access(dump.access, chip[File.CARD_ACCESS.label])
