"""Where two readers of one chip disagree: by file and byte, and by fact."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from tools.interop.facts import Facts

SHOWN = 120  # characters of a value that differs
ABSENT = "no such fact"


@dataclass(frozen=True, slots=True)
class Difference:
    """One fact, and what each of the two says of it."""

    fact: str
    epass: object
    witness: object

    def __str__(self) -> str:
        return f"{self.fact}: epass {_shown(self.epass)}, JMRTD {_shown(self.witness)}"


def _shown(value: object) -> str:
    text = value if value is ABSENT else repr(value)
    return str(text) if len(str(text)) <= SHOWN else f"{str(text)[:SHOWN]}…"


def of_facts(epass: Facts, witness: Facts, where: str = "") -> list[Difference]:
    """Every fact of either side that the other does not have, or has otherwise.

    Facts inside facts are named one by one: ``dg2.faces.0.width``.
    """
    found: list[Difference] = []
    for name in dict.fromkeys((*epass, *witness)):
        ours, theirs = epass.get(name, ABSENT), witness.get(name, ABSENT)
        if ours == theirs:
            continue
        inner = _members(ours), _members(theirs)
        if inner[0] and inner[1]:
            found += of_facts(inner[0], inner[1], f"{where}{name}.")
        else:
            found.append(Difference(f"{where}{name}", ours, theirs))
    return found


def _members(value: object) -> Facts:
    if isinstance(value, dict):
        return value
    return {str(i): item for i, item in enumerate(value)} if isinstance(value, list) else {}


def of_files(
    chip: Mapping[str, bytes],
    read: Mapping[str, bytes],
    reader: str,
    *,
    optional: Collection[str] = (),
) -> list[str]:
    """Every file that ``reader`` did not read as the chip has it; no content is shown."""
    missing = [name for name in chip if name not in read and name not in optional]
    found = [f"{name}: {reader} did not read it" for name in missing]
    for name, content in read.items():
        if name not in chip:
            found.append(f"{name}: {reader} read it, but the chip was not given it")
        elif content != chip[name]:
            found.append(f"{name}: {reader} read {_otherwise(chip[name], content)}")
    return found


def _otherwise(right: bytes, wrong: bytes) -> str:
    unequal = (i for i, (a, b) in enumerate(zip(right, wrong, strict=False)) if a != b)
    first = next(unequal, min(len(right), len(wrong)))
    return f"{len(wrong)} bytes where the chip has {len(right)}; they differ at byte {first}"
