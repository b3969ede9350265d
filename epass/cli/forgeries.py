"""Forged documents in place of the genuine one: ``--attack``, ``--publish`` and ``--dump``."""

from datetime import UTC, datetime
from pathlib import Path

import click
from click.core import ParameterSource

from epass import folder
from epass.card.keys import MrzKey
from epass.cli.wiring import Options
from epass.dump import Access, Dump
from epass.errors import InputError
from epass.sim import issuer, published
from epass.sim.attacks import ATTACKS, Forgery
from epass.sim.choices import require
from epass.sim.issuer import Document
from epass.trust.anchors import Anchors
from epass.trust.material import Material

# What the chip does, whatever document it holds. A forgery says itself what its document is.
OF_CHIP = frozenset({"access", "chip_extended", "quirk", "pace_lie"})


def listed() -> list[dict[str, object]]:
    """The attacks, for ``simulate --list``."""
    return [
        {
            "name": item.name,
            "about": item.about,
            "check": item.check,
            "outcome": item.outcome,
            "reason": item.reason,
            "also": sorted(item.also),
            "readable": item.readable,
        }
        for item in ATTACKS.values()
    ]


def chosen(options: Options, of_document: frozenset[str]) -> Forgery | None:
    """What ``--attack`` names; ``of_document`` are the options that it leaves no choice in.

    Raises:
        InputError: there is no such attack, or one of these options was given besides.
    """
    name = options["attack"]
    if name is None:
        return None
    require("attack", name, ATTACKS)
    context = click.get_current_context(silent=True)
    if context is not None:
        for option in sorted(of_document):
            if context.get_parameter_source(option) is ParameterSource.COMMANDLINE:
                raise InputError(
                    f"--{option.replace('_', '-')}: not together with --attack",
                    advice="A forgery says itself what its document is.",
                )
    return ATTACKS[name].make()


def anchors(options: Options) -> Anchors | None:
    """What the verifier of a forgery is given to believe; None without one."""
    if options["attack"] is None:
        return None
    require("attack", options["attack"], ATTACKS)
    listed = ATTACKS[options["attack"]].make().master_list
    return Material.read(published.MASTER_LIST_FILE, listed).anchors


def publish(place: Path, forgery: Forgery | None) -> None:
    """Write what the country publishes to the new folder ``place``; a forgery brings its own list.

    Raises:
        InputError, StorageError: as ``folder.write_files``.
    """
    files = dict(published.publish(issuer.default_country("UTO")).files)
    if forgery is not None:
        files[published.MASTER_LIST_FILE] = forgery.master_list
    folder.write_files(place, files)


def dump(document: Document, place: Path) -> None:
    """Keep the document as a reader would that opened it by BAC and asked for no proof.

    Raises:
        InputError, StorageError: as ``folder.save``.
    """
    information = MrzKey.from_mrz(document.mrz).information
    access = Access("BAC", "MRZ", "3DES", mrz_information=information)
    folder.save(Dump(document.files, access, datetime.now(UTC)), place)
