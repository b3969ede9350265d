"""The size budgets, counted with ast and tokenize.

Code lines are the lines that hold a token of code: no blanks, comments or docstrings. A function
counts from ``def`` to its end, decorators excluded, inner functions included.
"""

import ast
import io
import sys
import tokenize
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOMS = ("epass", "tools", "tests")
SOURCE = ("epass", "tools")
FILE_LINES, FILE_LINES_WANTED = 600, 400
FUNCTION_LINES, FUNCTION_LINES_P90 = 50, 25
NOT_CODE = frozenset(
    {
        tokenize.COMMENT,
        tokenize.NL,
        tokenize.NEWLINE,
        tokenize.INDENT,
        tokenize.DEDENT,
        tokenize.ENCODING,
        tokenize.ENDMARKER,
    }
)
Function = ast.FunctionDef | ast.AsyncFunctionDef
Documented = Function | ast.ClassDef | ast.Module


@dataclass(frozen=True, slots=True)
class Measured:
    """One file; ``functions`` are name, first line and code lines."""

    path: str
    lines: int
    code_lines: int
    functions: tuple[tuple[str, int, int], ...]


def measure(path: str, text: str) -> Measured:
    tree = ast.parse(text, path)
    code = _lines_of_code(text) - _lines_of_docstrings(tree)
    functions = [
        (node.name, node.lineno, len(code & _span(node)))
        for node in ast.walk(tree)
        if isinstance(node, Function)
    ]
    return Measured(path, len(text.splitlines()), len(code), tuple(functions))


def _span(node: ast.stmt) -> set[int]:
    return set(range(node.lineno, (node.end_lineno or node.lineno) + 1))


def _lines_of_code(text: str) -> set[int]:
    lines: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type not in NOT_CODE:
            lines.update(range(token.start[0], token.end[0] + 1))
    return lines


def _lines_of_docstrings(tree: ast.Module) -> set[int]:
    lines: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, Documented) and ast.get_docstring(node, clean=False) is not None:
            lines |= _span(node.body[0])
    return lines


def percentile_90(values: Sequence[int]) -> int:
    """The smallest value that at least nine in ten do not exceed."""
    return sorted(values)[max(0, -(-len(values) * 9 // 10) - 1)] if values else 0


def faults(files: Iterable[Measured]) -> list[str]:
    """Every budget that is not kept."""
    files = list(files)
    found = [
        f"{file.path}: {file.lines} lines, at most {FILE_LINES}"
        for file in files
        if file.lines > FILE_LINES
    ]
    found += [
        f"{file.path}:{line}: {name} has {count} code lines, at most {FUNCTION_LINES}"
        for file in files
        for name, line, count in file.functions
        if count > FUNCTION_LINES
    ]
    if (p90 := percentile_90(_function_lines(files))) > FUNCTION_LINES_P90:
        found.append(
            f"one function in ten is {p90} code lines or longer, at most {FUNCTION_LINES_P90}"
        )
    tests, source = _room_lines(files, ("tests",)), _room_lines(files, ("epass",))
    if tests < source:
        found.append(
            f"the tests have {tests} code lines, the source {source}: tests at least as long"
        )
    return found


def _function_lines(files: Iterable[Measured]) -> list[int]:
    return [count for file in files if _room(file) in SOURCE for *_, count in file.functions]


def _room(file: Measured) -> str:
    return file.path.split("/")[0]


def _room_lines(files: Iterable[Measured], rooms: Sequence[str]) -> int:
    return sum(file.code_lines for file in files if _room(file) in rooms)


def summary(files: Sequence[Measured]) -> list[str]:
    functions = _function_lines(files)
    long = [f"{file.path} ({file.lines})" for file in files if file.lines > FILE_LINES_WANTED]
    rows = [
        f"{len(files)} files, the longest {max(file.lines for file in files)} lines",
        f"{len(functions)} functions of {' and '.join(SOURCE)}: 90 % within "
        f"{percentile_90(functions)} code lines, the longest {max(functions, default=0)}",
        f"tests to source, code lines: {_room_lines(files, ('tests',))} to "
        f"{_room_lines(files, ('epass',))}",
    ]
    return rows + ([f"longer than {FILE_LINES_WANTED} lines: {', '.join(long)}"] if long else [])


def main() -> int:
    root = Path(__file__).resolve().parent.parent
    paths = sorted(path for room in ROOMS for path in (root / room).rglob("*.py"))
    files = [
        measure(path.relative_to(root).as_posix(), path.read_text(encoding="utf-8"))
        for path in paths
    ]
    found = faults(files)
    for line in [*summary(files), *found]:
        print(line)  # the report is what this program is for
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
