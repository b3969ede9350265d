"""What verifying archives costs: documents a second and core with a full chain, and memory.

Each document is loaded from disk, parsed and judged by every check, up to its CSCA and CRL, in
one process. With "a signer each" every document has a document signer's certificate of its own, so
that its path has to be found anew; "one signer" is that of all, as states sign many documents with
one key. Run it with ``python3 tools/dev.py bulk``; the figures are of the machine that it runs on.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from epass import store
from epass.card.keys import MrzKey
from epass.cli.audit import Job, dumps, verified
from epass.dump import Access, Dump
from epass.lds.names import File
from epass.sim import certificates, issuer, lds_files, published
from epass.sim.country import Country
from epass.sim.issuer import Document
from epass.sim.keys import derive
from epass.sim.scheme import Scheme
from epass.sim.sized import FILLER
from epass.trust.report import Outcome

AT = datetime(2026, 11, 20, tzinfo=UTC)
DOCUMENTS = 300
LARGE = 10_000
MEMORY_MIB = 150  # that the issue allows
WANTED = {"RSA-2048": 150, "ECDSA brainpoolP256r1": 40}  # documents a second and core

CASES = {
    "RSA-2048": Scheme(signature="RSA"),
    "ECDSA brainpoolP256r1": Scheme(curve="brainpoolP256r1"),
}


# The high-water mark of the resident set in KiB, of the command line and of its processes. That
# of getrusage would begin with the one of whoever started it.
MEASURED = """
import resource, sys
from epass.cli.main import main
try:
    main(sys.argv[1:])
finally:
    status = dict(line.split(":", 1) for line in open("/proc/self/status"))
    own = int(status["VmHWM"].split()[0])
    print(max(own, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss), file=sys.stderr)
"""


@dataclass(frozen=True, slots=True)
class Row:
    """One figure of the table."""

    document: str
    signers: str
    documents: int
    seconds: float

    @property
    def rate(self) -> float:
        return self.documents / self.seconds


def archive(place: Path, scheme: Scheme, count: int, *, each: bool = False) -> Path:
    """``count`` dumps of one genuine document of a country whose CSCA signs like its signers,
    signed by one of them or by another for ``each``; returns the master list.
    """
    state = issuer.default_country("UTO").state
    country = Country(state, derive(b"epass: the bulk benchmark", scheme.label), scheme)
    document = issuer.issue(
        signature=scheme.signature, curve=scheme.curve, digest=scheme.digest, country=country
    )
    information = MrzKey.from_mrz(document.mrz).information
    access = Access("BAC", "MRZ", "3DES", mrz_information=information)
    dump = Dump(document.files, access, AT)
    for number in range(count):
        nested = place / f"{number // 1000:03}"
        nested.mkdir(exist_ok=True, parents=True)
        if each:
            sod = _signed_anew(document, country, scheme, number)
            dump = replace(dump, files={**document.files, File.SOD: sod})
        _write(nested / f"{number:06}", dump.to_files())
    listed = place.parent / "masterlist.ml"
    listed.write_bytes(published.publish(country).master_list)
    return listed


def _signed_anew(document: Document, country: Country, scheme: Scheme, number: int) -> bytes:
    """EF.SOD by a signer whose certificate is his alone; the key is that of the others, as keys
    take long to make and their number makes no difference to who verifies.
    """
    alone = certificates.extension(FILLER, number.to_bytes(4))
    signer = country.document_signer(scheme, extensions=(alone,))
    groups = {file: content for file, content in document.files.items() if file.group}
    return lds_files.ef_sod(groups, signer, lds_version=lds_files.LDS_1_7, at=issuer.ISSUED_AT)


def _write(place: Path, files: dict[str, bytes]) -> None:
    place.mkdir()
    for name, content in files.items():
        (place / name).write_bytes(content)  # ``folder.save`` waits for the disk each time


def measure(name: str, *, each: bool, count: int) -> Row:
    """Verify ``count`` documents in this process."""
    with tempfile.TemporaryDirectory() as temporary:
        place = Path(temporary) / "archive"
        listed = archive(place, CASES[name], count, each=each)
        job = Job(store.load([listed]).anchors, AT)
        began, seen = time.perf_counter(), 0
        for item in verified(dumps(place), job, jobs=1):
            assert item.report is not None  # noqa: S101 - they are all genuine
            assert item.report.verdict is Outcome.PASS  # noqa: S101
            seen += 1
        signers = "a signer each" if each else "one signer"
        return Row(name, signers, seen, time.perf_counter() - began)


def peak(count: int, jobs: int) -> int:
    """The largest resident set of ``epass verify`` over ``count`` dumps, in MiB; Linux only."""
    with tempfile.TemporaryDirectory() as temporary:
        place = Path(temporary) / "archive"
        listed = archive(place, CASES["ECDSA brainpoolP256r1"], count)
        command = ["verify", str(place), "--anchors", str(listed), "--jobs", str(jobs)]
        arguments = [sys.executable, "-c", MEASURED, *command, "--format", "jsonl"]
        done = subprocess.run(arguments, capture_output=True, text=True, check=True)
        assert done.stdout.count("\n") == count  # noqa: S101 - a line each
        return int(done.stderr.splitlines()[-1]) // 1024


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table; status 1 if a figure is not what is wanted."""
    parser = argparse.ArgumentParser(description="Measure the bulk verification.")
    parser.add_argument("--documents", type=int, default=DOCUMENTS)
    parser.add_argument("--large", type=int, default=LARGE, help="documents for the memory")
    parser.add_argument("--format", choices=("text", "json"), default="text")
    chosen = parser.parse_args(arguments)
    rows = [
        measure(name, each=each, count=chosen.documents) for name in CASES for each in (True, False)
    ]
    memory = {jobs: peak(chosen.large, jobs) for jobs in (1, 2)}
    facts = [
        {"document": row.document, "signers": row.signers, "per_second": round(row.rate, 1)}
        for row in rows
    ]
    if chosen.format == "json":
        print(json.dumps({"rows": facts, "peak_mib": memory, "dumps": chosen.large}, indent=2))
    else:
        print(f"{'document':<24} {'signers':<14} documents a second and core")
        for row in rows:
            print(f"{row.document:<24} {row.signers:<14} {row.rate:8.1f}")
        for jobs, size in memory.items():
            print(f"peak memory of a process, {chosen.large} dumps, {jobs} jobs: {size} MiB")
    slow = [row for row in rows if row.rate < WANTED[row.document]]
    return int(bool(slow) or max(memory.values()) >= MEMORY_MIB)


if __name__ == "__main__":
    sys.exit(main())
