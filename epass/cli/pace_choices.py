"""How a simulated document offers PACE: options of ``simulate`` and ``demo``."""

from collections.abc import Sequence
from itertools import product

from epass.cli.wiring import Options
from epass.errors import InputError
from epass.sim import access, pace_lies
from epass.sim.access import FORMS, PACE, PaceOffer, PaceSuite
from epass.sim.security_infos import PARAMETERS

MAPPINGS = access.PACE_MAPPINGS
GM, _IM, CAM = MAPPINGS


def listed() -> dict[str, object]:
    """What can be chosen, for ``simulate --list``."""
    return {
        "mappings": list(MAPPINGS),
        "ciphers": list(access.CIPHERS),
        "parameter_sets": [
            {"id": item.parameter_id, "name": item.name} for item in access.parameter_sets()
        ],
        "card_access": dict(FORMS),
        "cam_parameters": list(PARAMETERS),
        "pace_lies": {name: lie.about for name, lie in pace_lies.LIES.items()},
    }


def offered_access(options: Options) -> Sequence[str]:
    """What opens the chip; without ``--access`` PACE and BAC do."""
    return options["access"] or access.ACCESS


def offer(options: Options) -> PaceOffer | None:
    """What the document offers: every ``--pace`` with every cipher and every parameter set.

    With CAM alone GM is offered too, as a chip must (Doc 9303-11 §4.4).

    Raises:
        InputError: a choice that does not exist, or not together with the others.
    """
    if PACE not in offered_access(options):
        return None
    wanted = dict.fromkeys(options["pace"] or (GM,))
    if list(wanted) == [CAM]:
        wanted[GM] = None
    suites = (
        PaceSuite.named(cipher, parameter_id(curve), mapping)
        for mapping, curve, cipher in product(wanted, options["curve"], options["cipher"])
    )
    offered = tuple(dict.fromkeys(suites))
    return PaceOffer(offered, options["card_access"], options["cam_parameters"])


def parameter_id(wanted: str) -> int:
    """The parameter set that a name or number means.

    Raises:
        InputError: there is none.
    """
    sets = access.parameter_sets()
    for item in sets:
        if wanted.casefold() in (item.name.casefold(), str(item.parameter_id)):
            return item.parameter_id
    names = ", ".join(f"{item.parameter_id} {item.name}" for item in sets)
    raise InputError(f"there is no such curve; choose of {names}")
