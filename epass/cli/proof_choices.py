"""How a simulated document proves that it is no copy: options of ``simulate`` and ``demo``."""

from epass.cli.wiring import Options
from epass.errors import InputError
from epass.sim import choices, groups, proof_lies
from epass.sim import proof_keys as known
from epass.sim.issuer import AaScheme, CaScheme
from epass.sim.security_infos import PARAMETERS

NONE, ECDH, DH = CHIP_AUTHENTICATION = ("none", "ecdh", "dh")
ACTIVE_AUTHENTICATION = (NONE, *(name.lower() for name in known.AA_SIGNATURES))
USUAL_GROUPS = {ECDH: "brainpoolP256r1", DH: "MODP-2048-256"}


def listed() -> dict[str, object]:
    """What can be chosen, for ``simulate --list``."""
    return {
        "ca": list(CHIP_AUTHENTICATION),
        "ca_groups": list(known.GROUPS),
        "ca_ciphers": list(known.CIPHERS),
        "ca_parameters": list(PARAMETERS),
        "aa": list(ACTIVE_AUTHENTICATION),
        "aa_digests": list(known.HASH_IDENTIFIERS),
        "aa_bits": list(known.RSA_BITS),
        "aa_curves": list(known.CURVES),
        "aa_encodings": list(known.ENCODINGS),
        "aa_long": list(known.LONG_ANSWERS),
        "proof_lies": {name: lie.about for name, lie in proof_lies.LIES.items()},
    }


def chip_authentication(options: Options) -> tuple[CaScheme, ...]:
    """The keys of chip authentication; several get the key ids that follow the first.

    Raises:
        InputError: a choice that does not exist, or a group that is not of the protocol.
    """
    protocol, first = options["ca"], options["ca_key_id"]
    choices.require("--ca", protocol, CHIP_AUTHENTICATION)
    if protocol == NONE:
        return ()
    names = options["ca_group"] or (USUAL_GROUPS[protocol],)
    start = 1 if first is None and len(names) > 1 else first
    return tuple(
        CaScheme(
            _group(name, protocol),
            options["ca_cipher"] or ("AES-128",),
            None if start is None else start + place,
            options["ca_parameters"],
            options["ca_info"],
        )
        for place, name in enumerate(names)
    )


def active_authentication(options: Options) -> AaScheme | None:
    """How the document signs challenges.

    Raises:
        InputError: a choice that does not exist.
    """
    choices.require("--aa", options["aa"], ACTIVE_AUTHENTICATION)
    if options["aa"] == NONE:
        return None
    return AaScheme(
        options["aa"].upper(),
        options["aa_digest"],
        bits=options["aa_bits"],
        explicit_trailer=options["aa_named_sha1"],
        smaller=options["aa_smaller"],
        curve=options["aa_curve"],
        explicit_parameters=options["aa_explicit"],
        announced=options["aa_info"],
        encoding=options["aa_encoding"],
        when_long=options["aa_long"],
    )


def _group(wanted: str, protocol: str) -> str:
    """The name of the group of table 12 that a name or number means."""
    able = [item for item in groups.ALL if groups.is_elliptic(item) is (protocol == ECDH)]
    for item in able:
        if wanted.casefold() in (item.name.casefold(), str(item.parameter_id)):
            return item.name
    names = ", ".join(f"{item.parameter_id} {item.name}" for item in able)
    raise InputError(f"--ca {protocol} has no such group; choose of {names}")
