"""Which trust anchors a command uses, and the commands that keep them."""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from epass.cli.output import clean, out, say
from epass.cli.wiring import Options
from epass.errors import InputError, TrustError
from epass.store import KNOWN, Store, default_folder, load
from epass.trust.anchors import Anchors
from epass.trust.material import UNKNOWN as UNREAD
from epass.trust.material import Item

SCHEMA, SCHEMA_VERSION = "epass.trust", 1
MAX_ALIKE = 10  # lines for one reason; the PKD has some 30,000 document signers


def anchors_from(options: Options) -> Anchors:
    """What ``--anchors`` names, and nothing else; without it, what is in the store.

    Raises:
        InputError: a file is not there.
        StorageError: it cannot be read.
        TrustError: nothing in what was named can be an anchor.
    """
    paths: Sequence[Path] = options["anchors"]
    if not paths:
        kept = Store(default_folder()).load()
        _warn(kept.items)
        return kept.anchors
    found = load(paths)
    _warn(item for item in found.items if item.kind == UNREAD)
    if not found.anchors and not found.anchors.lists:
        reasons = {item.reason for item in found.items if not item.taken}
        raise TrustError(("anchors", *(sorted(reasons)[:3] or ["there is no certificate in them"])))
    return found.anchors


def _warn(items: Iterable[Item]) -> None:
    """What could not be used may be a CRL on which the signer is."""
    for item in items:
        if not item.taken:
            say(f"warning: {clean(item.source)} is not used: {clean(item.reason)}")


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
    """What is in the store, by kind and title."""
    found = sorted(Store(default_folder()).load().items, key=lambda item: (item.kind, item.title))
    _show(found, as_json=as_json, everything=True)


def remove(fingerprints: Sequence[str], country: str | None, *, every: bool, as_json: bool) -> None:
    """Take certificates and lists out of the store.

    Raises:
        InputError: nothing is named, or what is named is not there.
    """
    if not (fingerprints or country or every):
        raise InputError("name fingerprints, --country or --all")
    gone = Store(default_folder()).remove(fingerprints, country, every=every)
    if country and not gone:
        raise InputError(f"nothing in the store is of {clean(country)[:8]}")
    _show(gone, as_json=as_json, everything=True)
    say(f"{len(gone)} removed")


def _word(item: Item) -> str:
    if item.reason == KNOWN:
        return "in the store already"
    return "taken" if item.taken else "skipped"


def _show(items: Sequence[Item], *, as_json: bool, everything: bool) -> None:
    """All of them in JSON; for people each that is listed, what was not taken, and counts."""
    if as_json:
        facts = {"schema": SCHEMA, "version": SCHEMA_VERSION}
        out(json.dumps({**facts, "items": [item.as_dict() for item in items]}, indent=2))
        return
    alike = Counter[tuple[str, str]]()
    for item in items:
        if everything:
            fingerprint = item.evidence.get("sha256", "")[:16]
            out(f"{fingerprint:<16}  {item.kind}: {clean(item.title)}; {clean(item.reason)}")
        elif not item.taken and item.reason != KNOWN:
            alike[item.kind, item.reason] += 1
            if alike[item.kind, item.reason] <= MAX_ALIKE:
                out(f"skipped  {clean(item.source)}: {clean(item.title)}; {clean(item.reason)}")
        elif item.kind == "master list":
            out(f"taken    {clean(item.source)}: {clean(item.title)}; {clean(item.reason)}")
    for (kind, reason), count in alike.items():
        if count > MAX_ALIKE:
            out(f"skipped  {count - MAX_ALIKE} more of {kind}; {clean(reason)}")
    counts = Counter((item.kind, _word(item)) for item in items)
    for (kind, word), count in sorted(counts.items()):
        say(f"{count} {kind}: {word}" if not everything else f"{count} {kind}")
