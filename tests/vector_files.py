"""The vectors of the project: worked examples of the standard, and recorded traces."""

import json
from functools import cache
from pathlib import Path
from typing import Any

VECTORS = Path(__file__).parent.parent / "vectors"

Fields = dict[str, Any]


@cache
def vectors(name: str) -> dict[str, Fields]:
    """The fields of each vector of ``vectors/NAME.json`` by its id."""
    content = json.loads((VECTORS / f"{name}.json").read_text("utf-8"))
    return {vector["id"]: vector["fields"] for vector in content["vectors"]}


def raw(fields: Fields, name: str) -> bytes:
    """The bytes of one hexadecimal field."""
    return bytes.fromhex(fields[name])
