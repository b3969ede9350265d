"""Which trust anchors a command uses, and the commands that keep them."""

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from epass.cli.output import clean, out, say
from epass.cli.wiring import Options
from epass.errors import InputError, TrustError
from epass.store import KNOWN, Store, default_folder, load
from epass.trust.anchors import Anchors
from epass.trust.material import Item

SCHEMA, SCHEMA_VERSION = "epass.trust", 1


def anchors_from(options: Options) -> Anchors:
    """What ``--anchors`` names, and nothing else; without it, what is in the store.

    Raises:
        InputError: a file is not there.
        StorageError: it cannot be read.
        TrustError: nothing in what was named can be an anchor.
    """
    paths: Sequence[Path] = options["anchors"]
    if not paths:
        return Store(default_folder()).load().anchors
    found = load(paths)
    if not found.anchors and not found.anchors.lists:
        reasons = {item.reason for item in found.items if not item.taken}
        raise TrustError(("anchors", *sorted(reasons)[:3]))
    return found.anchors


def take(paths: Sequence[Path], *, unchecked: bool, as_json: bool) -> None:
    """Import files into the store, and say what was taken, skipped and why.

    A list whose own signature cannot be checked is taken only if ``unchecked``: what is in the
    store is trusted, and no report would ever say where it came from.

    Raises:
        TrustError: nothing was taken, and not because it was there.
    """
    store = Store(default_folder())
    beside = store.load().anchors
    found = store.add(load(paths, beside=beside, checked_only=not unchecked))
    _show(found.items, as_json=as_json, everything=False)
    known = any(item.reason == KNOWN for item in found.items)
    if not known and not any(item.taken for item in found.items):
        raise TrustError(tuple({item.reason for item in found.items}) or ("no file",))


def show(*, as_json: bool) -> None:
    """What is in the store."""
    found = Store(default_folder()).load()
    _show(found.items, as_json=as_json, everything=True)


def remove(fingerprints: Sequence[str], country: str | None, *, every: bool, as_json: bool) -> None:
    """Take certificates and lists out of the store.

    Raises:
        InputError: nothing is named, or what is named is not there.
    """
    if not (fingerprints or country or every):
        raise InputError("name fingerprints, --country or --all")
    gone = Store(default_folder()).remove(fingerprints, country, every=every)
    _show(gone, as_json=as_json, everything=True)
    say(f"{len(gone)} removed")


def _word(item: Item) -> str:
    if item.reason == KNOWN:
        return "in the store already"
    return "taken" if item.taken else "skipped"


def _show(items: Sequence[Item], *, as_json: bool, everything: bool) -> None:
    """All of them in JSON; for people each that is listed, or that was not taken, and counts."""
    if as_json:
        facts = {"schema": SCHEMA, "version": SCHEMA_VERSION}
        out(json.dumps({**facts, "items": [item.as_dict() for item in items]}, indent=2))
        return
    for item in items:
        if everything:
            fingerprint = item.evidence.get("sha256", "")[:16]
            out(f"{fingerprint:<16}  {item.kind}: {clean(item.title)}; {clean(item.reason)}")
        elif not item.taken and item.reason != KNOWN:
            out(f"skipped  {clean(item.source)}: {clean(item.title)}; {clean(item.reason)}")
        elif item.kind == "master list":
            out(f"taken    {clean(item.source)}: {clean(item.title)}; {clean(item.reason)}")
    counts = Counter((item.kind, _word(item)) for item in items)
    for (kind, word), count in sorted(counts.items()):
        say(f"{count} {kind}: {word}" if not everything else f"{count} {kind}")
