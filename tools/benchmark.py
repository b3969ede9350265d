"""What a read costs: on the link by the model, on the host as measured.

Run it with ``python3 tools/dev.py bench``. The figures of the link are the same everywhere; those
of the host are of the machine that it runs on.
"""

import argparse
import json
from collections.abc import Iterator, Sequence

from epass.cli import link_bench
from tools import host_cost
from tools.host_replay import PARTS

REPEATS, STARTS = 30, 15
PART_WIDTH = 14


def rows(repeats: int, starts: int, *, everything: bool) -> Iterator[dict[str, object]]:
    """All that is measured; ``kind`` says what a row is about."""
    for row in link_bench.rows(everything=everything):
        yield {"kind": "link", **row.as_dict()}
    for case in host_cost.CASES:
        yield {"kind": "cpu", **host_cost.cpu(case, repeats)}
    yield {"kind": "start-up", **host_cost.start_up(starts)}
    yield {"kind": "memory", "megabytes": host_cost.memory()}


def text(repeats: int, starts: int, *, everything: bool) -> Iterator[str]:
    """The same for people, as it comes."""
    yield from link_bench.table(link_bench.rows(everything=everything))
    yield "Seconds on the link after access, computed: docs/link-model.md."
    yield ""
    names = (*(f"{part} ms" for part in PARTS), "whole ms", "first ms")
    heads = "".join(f"{name:>{PART_WIDTH + 4}}" for name in names)
    yield f"{'23 kB, short':<34}{'commands':>9}{heads}"
    for case in host_cost.CASES:
        row = host_cost.cpu(case, repeats)
        keys = (*(f"{part}_ms" for part in PARTS), "whole_ms", "first_ms")
        values = "".join(f"{row[key]:>{PART_WIDTH + 4}}" for key in keys)
        yield f"{row['access']:<34}{row['apdus']:>9}{values}"
    yield f"CPU time of the host, medians of {repeats} replays, and the first of a new process;"
    yield "EF.COM, EF.SOD, DG1, DG2, verified up to the CSCA"
    yield ""
    times = host_cost.start_up(starts)
    yield (
        f"start-up: python {times['python_ms']:.0f} ms, import epass {times['import_ms']:.0f} ms, "
        f"{host_cost.VERBS} {times['verbs_ms']:.0f} ms, "
        f"epass --version {times['version_ms']:.0f} ms (medians of {starts})"
    )
    megabytes = host_cost.memory()
    yield f"memory: {'unknown' if megabytes is None else f'{megabytes} MB'} at most, epass demo"


def main(arguments: Sequence[str] | None = None) -> None:
    """Print tables, or with --format json a row a line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=REPEATS)
    parser.add_argument("--starts", type=int, default=STARTS)
    parser.add_argument("--all", action="store_true", help="every link, access and latency")
    parser.add_argument("--format", choices=("text", "json"), default="text")
    options = parser.parse_args(arguments)
    if options.format == "json":
        for row in rows(options.repeats, options.starts, everything=True):
            print(json.dumps(row))
        return
    for line in text(options.repeats, options.starts, everything=options.all):
        print(line)


if __name__ == "__main__":
    main()
