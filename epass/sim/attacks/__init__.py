"""Forgeries by name, each with the check that must find it.

Source: Doc 9303-11 §5.1 (what passive authentication has to show), Doc 9303-12 §4 and §7 (what a
signer may do); CVE-2020-0601 (parameters with another generator), Bleichenbacher 2006 (padding).

Verifier and forger share no code: what a forgery is, this room says by itself.
"""

from epass.sim.attacks import (  # noqa: F401 - entering their attacks is what they are for
    chips,
    contents,
    encodings,
    groups,
    lists,
    objects,
    paths,
    purposes,
    rsa_signatures,
    signatures,
    signers,
)
from epass.sim.attacks.workshop import ATTACKS, Attack, Forgery

__all__ = ["ATTACKS", "Attack", "Forgery"]
