"""What a program pays for before it does anything: modules that are imported, not times."""

import json
import os
import subprocess
import sys

import pytest

# Whatever reads, judges, sends or shows: all that ``--version`` has no use for.
HEAVY = frozenset(
    {
        *("asn1crypto", "httpx", "httpcore", "smartcard", "Crypto", "PIL", "rich", "keyring"),
        *("asyncio", "ctypes", "email", "http", "logging", "socket", "sqlite3", "ssl"),
        *("subprocess", "tempfile"),
    }
)
ROOMS = frozenset({"card", "crypto", "lds", "pcsc", "sandbox", "sim", "trust", "upload"})
LISTED = "import json, sys; print('\\n' + json.dumps(sorted(sys.modules)))"


def imported(program: str) -> set[str]:
    """The modules that Python has imported for ``program``, over what it imports for nothing."""
    return _modules(program) - _modules("pass")


def _modules(program: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", f"{program}\n{LISTED}"],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
        env={**os.environ, "_EPASS_COMPLETE": ""},
    )
    return set(json.loads(done.stdout.splitlines()[-1]))


def epass(*arguments: str) -> str:
    """A program that runs the command line in the same Python."""
    call = f"main({list(arguments)!r})"
    return f"from epass.cli.main import main\ntry: {call}\nexcept SystemExit: pass"


def heavy(modules: set[str]) -> set[str]:
    rooms = {f"epass.{room}" for room in ROOMS}
    return {
        name
        for name in modules
        if name.split(".")[0] in HEAVY or ".".join(name.split(".")[:2]) in rooms
    }


def test_import_epass() -> None:
    modules = imported("import epass")
    assert "epass" in modules
    assert heavy(modules) == set()
    assert {name for name in modules if name.startswith("epass.")} == set()
    assert "click" not in modules


def test_the_verbs_of_a_reader_need_no_more_than_they_use() -> None:
    """Not what shows, sends or waits; most of the rest is the classes of the package itself."""
    modules = imported("from epass import pcsc, read, verify")
    assert {"epass.pcsc", "epass.card.reader", "epass.trust.verify"} <= modules
    tops = {name.split(".")[0] for name in modules}
    unused = {"asyncio", "click", "httpx", "hypothesis", "PIL", "rich", "smartcard", "ssl"}
    assert tops & unused == set()


@pytest.mark.parametrize("arguments", [["--version"], ["--help"], ["read", "--help"], ["nonsense"]])
def test_the_command_line_before_it_does_anything(arguments: list[str]) -> None:
    modules = imported(epass(*arguments))
    assert "click" in modules
    assert heavy(modules) == set()


def test_what_the_check_would_find() -> None:
    """The list is not empty, and names are as Python has them."""
    found = heavy(imported("import epass\nepass.verify, epass.VeriffClient, epass.read"))
    assert {"httpx", "Crypto", "asn1crypto", "epass.trust", "epass.card"} <= found
    assert heavy(imported("import epass.pcsc")) >= {"epass.pcsc", "logging"}


def test_readers_need_neither_the_network_nor_a_parser() -> None:
    """``epass readers`` is what people run first."""
    modules = imported("from epass.pcsc import list_readers")
    assert modules & {"httpx", "asn1crypto", "Crypto", "PIL", "rich", "smartcard"} == set()
