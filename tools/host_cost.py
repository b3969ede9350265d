"""What a read costs the host: CPU time by part, the start-up of the program, its memory.

For CPU time a read of a simulated chip is recorded once with the reader's random numbers, then
replayed, in a new process first, and then here, where tables of curves and the path of the signer
are remembered, as in a program that reads one document after the other.
"""

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass

from epass import asn1
from epass.card import reader, trace
from epass.card.keys import Can, Key, MrzKey
from epass.card.trace import Trace, TracingChannel
from epass.sim import issuer
from epass.sim.access import PaceOffer, PaceSuite
from epass.sim.chip import Chip
from epass.sim.country import Country
from epass.sim.keys import seeded
from epass.sim.sized import sized
from tools import host_replay
from tools.host_replay import PARTS
from tools.running import ROOT

CSCA = Country().csca.certificate.der
ANCHORS = (asn1.certificate(CSCA, where="CSCA"),)
DG2, SOD, GROUPS = 20_480, 2_500, 8  # the document of 23 kB: bytes, and groups for 30 of EF.COM

NOTHING = "pass"
IMPORT = "import epass"  # no more than names: what they stand for is imported when it is used
VERBS = "from epass import pcsc, read, verify"
VERSION = "from epass.cli.main import main; main(['--version'])"
DEMO = "from epass.cli.main import main; main(['demo', '--format', 'json'])"
# A child of its own, small: what is reported of a child is never less than its parent had.
LAUNCHER = (
    "import resource, subprocess, sys;"
    "status = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL).returncode;"
    "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss);"
    "sys.exit(status)"
)


@dataclass(frozen=True, slots=True)
class Case:
    """One chip: how it is opened, and with what."""

    name: str
    access: str
    mapping: str = "GM"
    cipher: str = "AES-128"
    parameter_id: int = 13

    def document(self) -> issuer.Document:
        """A document of 23 kB whose chip offers this, and GM beside CAM, as it must."""
        return sized(issuer.issue(pace=self._offer()), dg2=DG2, sod=SOD, groups=GROUPS)

    def _offer(self) -> PaceOffer | None:
        if self.access == "BAC":
            return None
        mappings = dict.fromkeys((self.mapping, "GM"))
        suites = (PaceSuite.named(self.cipher, self.parameter_id, name) for name in mappings)
        return PaceOffer(tuple(suites)[: 2 if self.mapping == "CAM" else 1])

    def record(self, document: issuer.Document, key: Key) -> list[str]:
        """The lines of a trace of a whole read that replays, randomness included."""
        chip = Chip(document, access=[self.access], random=seeded(b"chip"))
        lines = [trace.header()]
        tracing = TracingChannel(chip, lines.append)
        reader.read(tracing, key, random=tracing.random(seeded(b"reader")))
        return lines


CASES = (
    Case("BAC", "BAC"),
    Case("PACE-GM AES-128 brainpoolP256r1", "PACE"),
    Case("PACE-GM AES-256 brainpoolP256r1", "PACE", cipher="AES-256"),
    Case("PACE-CAM AES-128 brainpoolP256r1", "PACE", mapping="CAM"),
    Case("PACE-IM AES-128 brainpoolP256r1", "PACE", mapping="IM"),
    Case("PACE-GM AES-256 P-521", "PACE", cipher="AES-256", parameter_id=18),
    Case("PACE-GM AES-128 MODP-2048-256", "PACE", parameter_id=2),
)


def cpu(case: Case, repeats: int) -> dict[str, object]:
    """CPU milliseconds: medians by part and of the whole, and ``first_ms``, that of a new process.

    ``access`` is the chip access procedure with the selection of the application; ``messaging``
    protects commands and unprotects answers; ``reading`` is the rest of the read, and of a chip's
    proof; ``parsing`` is what is shown to a person; ``verification`` is the report, up to the CSCA.
    """
    document = case.document()
    by_mrz = case.access == "BAC"
    key: Key = MrzKey.from_mrz(document.mrz) if by_mrz else Can(document.can)
    lines = case.record(document, key)
    first = _first(lines, {"mrz": document.mrz} if by_mrz else {"can": document.can})
    recorded = Trace.parse(lines)
    samples = [host_replay.replay(recorded, key, ANCHORS) for _ in range(repeats)]
    medians = {part: _milliseconds([sample[part] for sample in samples]) for part in PARTS}
    whole = _milliseconds([sum(sample.values()) for sample in samples])
    return {
        "access": case.name,
        "apdus": len(recorded.exchanges),
        **_ms(medians),
        "whole_ms": whole,
        "first_ms": _milliseconds([sum(first.values())]),
    }


def _first(lines: Sequence[str], key: dict[str, str]) -> dict[str, float]:
    given = json.dumps({"lines": lines, "csca": CSCA.hex(), **key})
    program = [sys.executable, "-m", "tools.host_replay"]
    found: dict[str, float] = json.loads(_call(program, given))
    return found


def _ms(medians: dict[str, float]) -> dict[str, float]:
    return {f"{part}_ms": value for part, value in medians.items()}


def start_up(repeats: int) -> dict[str, float]:
    """Medians of milliseconds that a new Python takes, by the clock on the wall."""
    return {
        "python_ms": _milliseconds([_seconds(NOTHING) for _ in range(repeats)]),
        "import_ms": _milliseconds([_seconds(IMPORT) for _ in range(repeats)]),
        "verbs_ms": _milliseconds([_seconds(VERBS) for _ in range(repeats)]),
        "version_ms": _milliseconds([_seconds(VERSION) for _ in range(repeats)]),
    }


def _seconds(program: str) -> float:
    began = time.perf_counter()
    _call([sys.executable, "-c", program])
    return time.perf_counter() - began


def memory() -> float | None:
    """Megabytes that ``epass demo`` has at most: a whole read with its chip, and an upload.

    None on systems that do not say.
    """
    if sys.platform == "win32":
        return None
    command = [sys.executable, "-c", LAUNCHER, sys.executable, "-c", DEMO]
    unit = 1 if sys.platform == "darwin" else 1024  # bytes there, KiB elsewhere
    return round(int(_call(command)) * unit / 1e6, 1)


def _call(command: Sequence[str], given: str = "") -> str:
    done = subprocess.run(
        command, check=True, capture_output=True, text=True, timeout=60, cwd=ROOT, input=given
    )
    return done.stdout


def _milliseconds(samples: Sequence[float]) -> float:
    return round(1000 * statistics.median(samples), 2)
