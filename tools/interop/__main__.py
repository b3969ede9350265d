"""``python -m tools.interop``: the whole matrix, one aligned line each, the verdict last.

Exit status: 0 all passed, 1 one failed or the witness does not compile, 2 usage, 10 Java, Maven or
the virtual reader is missing.
"""

import argparse
import contextlib
import sys
from collections.abc import Iterator, Sequence

from tools.interop import matrix, session, toolchain
from tools.interop.matrix import Combination
from tools.interop.session import Result, Slot
from tools.interop.witness import Witness
from tools.running import ROOT, SetupError, run, say

# What keeps other test runs on this machine out of our slot lies with the tests.
sys.path.append(str(ROOT / "tests"))

from vpcd_card import SlotUnavailable, held_slot

FAILED, USAGE, CONFIGURATION = 1, 2, 10
INTERRUPTED = 130


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="tools/dev.py interop", description=__doc__)
    parser.add_argument("--list", action="store_true", help="print the matrix, read nothing")
    parser.add_argument("--only", metavar="TEXT", default="", help="rows that have this in them")
    parser.add_argument("--slot", type=int, choices=(0, 1), default=1, help="of the virtual reader")
    chosen = parser.parse_args(arguments)
    rows = [row for row in matrix.combinations() if chosen.only.lower() in row.label.lower()]
    if not rows:
        parser.error(f"no combination has {chosen.only!r} in it")
    table = Table(rows)
    if chosen.list:
        for row in rows:
            print(table.line(row))
        return 0
    try:
        return read_all(rows, table, chosen.slot)
    except toolchain.MissingToolError as missing:
        say(f"cannot run: {missing}")
        return CONFIGURATION
    except SlotUnavailable as missing:
        say(f"cannot run: {missing}; the witness reads through the virtual reader (vpcd)")
        return CONFIGURATION
    except SetupError as error:
        say(str(error))
        return FAILED


def read_all(rows: Sequence[Combination], table: "Table", slot: int) -> int:
    """Run and print every row; the exit status.

    Raises:
        SetupError: the witness cannot be built.
        SlotUnavailable: there is no virtual reader.
    """
    command = toolchain.prepare(run)
    results = []
    with our_slot(slot) as place, Witness(command) as witness:
        for row in rows:
            results.append(session.run(row, place, witness))
            print("\n".join(report(table, results[-1])), flush=True)
    failed = sum(not result.passed for result in results)
    print(f"{len(results) - failed} passed, {failed} failed")
    return FAILED if failed else 0


@contextlib.contextmanager
def our_slot(number: int) -> Iterator[Slot]:
    """A slot of the virtual reader, held against other test runs.

    Raises:
        SlotUnavailable: there is none.
    """
    with held_slot(number) as slot:
        yield Slot(slot.name, slot.port, lambda: slot.wait_for(card=False))


def report(table: "Table", result: Result) -> list[str]:
    """The line of a result, and one for each problem."""
    word = "pass" if result.passed else "FAIL"
    counts = f"{result.files} files {result.facts:3} facts {result.seconds:4.1f} s"
    lines = [f"{word}  {table.line(result.combination)}  {counts}"]
    return lines + [f"        {problem}" for problem in result.problems]


class Table:
    """Rows with their columns aligned."""

    def __init__(self, rows: Sequence[Combination]) -> None:
        columns = zip(*(row.columns for row in rows), strict=True)
        self._widths = [max(map(len, column)) for column in columns]

    def line(self, row: Combination) -> str:
        cells = zip(row.columns, self._widths, strict=True)
        return "  ".join(f"{text:<{width}}" for text, width in cells)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
