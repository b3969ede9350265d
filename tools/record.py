"""Record vectors/traces: whole reads of the simulated chip, which tests replay to the byte.

The randomness of both sides follows from a seed, so the same code gives the same bytes. Run it
again when the reader sends other commands or the simulator answers otherwise, and look at what
changed: python3 tools/record.py. With --check nothing is written, and the status is 1 where a
trace is not what would be recorded now.
"""

import hashlib
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from epass.card import reader, trace
from epass.card.keys import Can, Key, MrzKey
from epass.card.trace import TracingChannel
from epass.sim import issuer
from epass.sim.access import ACCESS, BAC, PaceOffer, PaceSuite
from epass.sim.chip import Chip
from epass.sim.issuer import AaScheme, CaScheme, Document
from epass.sim.keys import seeded

TRACES = Path(__file__).resolve().parent.parent / "vectors" / "traces"
PROVENANCE = "simulated, fictitious person: epass.sim, seeded randomness, tools/record.py"
CHECK = "--check"


@dataclass(frozen=True, slots=True)
class Recording:
    """One trace: the document, the chip, and how it is read. ``extended`` is of the reader.

    With ``proofs`` the document has keys for chip and active authentication, and a signed copy of
    what it offers.
    """

    name: str
    document_format: str = "TD3"
    lds_version: str = "1.7"
    image: str = "JPEG"
    access: tuple[str, ...] = ACCESS
    mapping: str = "GM"
    cipher: str = "AES-128"
    parameter_id: int = 13
    proofs: bool = False
    by_can: bool = False
    extended: bool = False

    def document(self) -> Document:
        return issuer.issue(
            document_format=self.document_format,
            lds_version=self.lds_version,
            image=self.image,
            chip_authentication=[CaScheme()] if self.proofs else (),
            active_authentication=AaScheme("ECDSA") if self.proofs else None,
            pace=self.offer() if self.proofs else None,
        )

    def offer(self) -> PaceOffer:
        """The mapping, and the one that a chip must have beside CAM."""
        mappings = dict.fromkeys((self.mapping, "GM"))
        named = (PaceSuite.named(self.cipher, self.parameter_id, name) for name in mappings)
        return PaceOffer(tuple(named))

    def chip(self, document: Document) -> Chip:
        random = seeded(f"chip, {self.name}".encode())
        if document.pace is not None:
            return Chip(document, access=self.access, random=random)
        return Chip(
            document,
            access=self.access,
            mapping=self.mapping,
            cipher=self.cipher,
            parameter_id=self.parameter_id,
            random=random,
        )


RECORDINGS = (
    Recording("bac-3des-td3", access=(BAC,)),
    Recording("pace-3des-td3", cipher="3DES"),
    Recording("pace-aes128-td3", parameter_id=12),
    Recording("pace-aes256-td3", cipher="AES-256", parameter_id=18, extended=True),
    Recording("pace-im-aes128-td3", mapping="IM"),
    Recording("pace-dh-aes128-td3", parameter_id=0),
    Recording("pace-cam-proofs-td3", mapping="CAM", proofs=True),
    Recording("td1-can", document_format="TD1", lds_version="1.8", image="JPEG2000", by_can=True),
)


def main(arguments: Sequence[str]) -> int:
    if list(arguments) not in ([], [CHECK]):
        print(f"usage: python3 tools/record.py [{CHECK}]", file=sys.stderr)
        return 2
    if arguments:
        stale = stale_traces(TRACES)
        for name in stale:
            print(f"{name}: not what would be recorded now; run tools/record.py", file=sys.stderr)
        return 1 if stale else 0
    write(TRACES)
    return 0


def write(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for recording in RECORDINGS:
        text = record(recording)
        path(folder, recording).write_text(text, encoding="ascii", newline="\n")
        print(f"{recording.name}: {len(text)} bytes")


def stale_traces(folder: Path) -> list[str]:
    """The names of the traces that are missing or differ, and of files that are none."""
    expected = {path(folder, recording): recording for recording in RECORDINGS}
    stale = [
        recording.name
        for file, recording in expected.items()
        if not file.exists() or file.read_text(encoding="ascii") != record(recording)
    ]
    return stale + sorted(file.name for file in folder.glob("*") if file not in expected)


def path(folder: Path, recording: Recording) -> Path:
    return folder / f"{recording.name}.jsonl"


def record(recording: Recording) -> str:
    """The trace of one whole read, as the text of its file."""
    document = recording.document()
    key: Key = Can(document.can) if recording.by_can else MrzKey.from_mrz(document.mrz)
    chip = recording.chip(document)
    lines: list[str] = []
    channel = TracingChannel(chip, lines.append)
    random = channel.random(seeded(f"reader, {recording.name}".encode()))
    dump = reader.read(channel, key, extended=recording.extended, random=random)
    if any(dump.files.get(file) != content for file, content in document.files.items()):
        raise RuntimeError(f"{recording.name}: the files read are not those of the document")
    return trace.header(**facts(recording, document, key, dump.access.protocol)) + "".join(lines)


def facts(recording: Recording, document: Document, key: Key, protocol: str) -> dict[str, object]:
    """What a replay needs, and what it must come to."""
    printed = {"can": key.number} if isinstance(key, Can) else {"mrz_information": key.information}
    return {
        "provenance": PROVENANCE,
        "document": recording.document_format,
        "key": printed,
        "access": protocol,
        "mapping": None if protocol == BAC else recording.mapping,
        "cipher": "3DES" if protocol == BAC else recording.cipher,
        "parameter_id": None if protocol == BAC else recording.parameter_id,
        "extended": recording.extended,
        "sha256": {
            file.label: hashlib.sha256(content).hexdigest()
            for file, content in document.files.items()
        },
    }


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
