"""What a chip has, and what quirks cannot be without.

A quirk that nobody could ever notice is refused: see ``sim.quirks``.
"""

from collections.abc import Callable
from dataclasses import dataclass

from epass.crypto.ciphers import Cipher
from epass.sim.access import BAC, PACE
from epass.sim.card_files import NO_PACE, PaceOffer
from epass.sim.pace import PaceSuite
from epass.sim.proof_keys import EcdsaSigner, RsaSigner
from epass.sim.proofs import SET_AT, Proofs

LONGEST_PIECE = 224  # bytes of a command that is no part of a chain
SHORT_ANSWER = 223  # bytes of data in a short response that AES protects


@dataclass(frozen=True, slots=True)
class Candidate:
    """A chip that is to get some quirks."""

    access: tuple[str, ...]
    offer: PaceOffer
    suites: tuple[PaceSuite, ...]
    proofs: Proofs
    extended: bool


# --- access -----------------------------------------------------------------------------------


def has_pace(candidate: Candidate) -> bool:
    return PACE in candidate.access


def has_no_pace(candidate: Candidate) -> bool:
    return PACE not in candidate.access


def has_bac(candidate: Candidate) -> bool:
    return BAC in candidate.access


def has_neither(candidate: Candidate) -> bool:
    """There is an EF.CardAccess, and nothing in it or beside it opens the chip."""
    return issued_with(NO_PACE)(candidate) and BAC not in candidate.access


def issued_with(*forms: str) -> Callable[[Candidate], bool]:
    """Whether EF.CardAccess has these forms of ``card_files.FORMS``."""
    return lambda candidate: has_pace(candidate) and set(forms) <= set(candidate.offer.forms)


def has_several_infos(candidate: Candidate) -> bool:
    return len({suite for suite in candidate.suites if suite.local_id is None}) > 1


def has_several_sets(candidate: Candidate) -> bool:
    return len({suite.parameter_id for suite in candidate.suites}) > 1


# --- proofs -----------------------------------------------------------------------------------


def agrees(candidate: Candidate) -> bool:
    return candidate.proofs.chip is not None


def agrees_by_3des(candidate: Candidate) -> bool:
    proof = candidate.proofs.chip
    return proof is not None and any(Cipher.TDES in key.ciphers for key in proof.keys)


def agrees_unannounced(candidate: Candidate) -> bool:
    proof = candidate.proofs.chip
    return proof is not None and all(
        key.ciphers == (Cipher.TDES,) and not key.announced for key in proof.keys
    )


def agrees_at_length(candidate: Candidate) -> bool:
    """A public key, in GENERAL AUTHENTICATE, is longer than a piece of a chain."""
    proof = candidate.proofs.chip
    if proof is None or SET_AT not in proof.templates:
        return False
    return any(key.pair.group.size > LONGEST_PIECE for key in proof.keys)


def is_extended(candidate: Candidate) -> bool:
    return candidate.extended


def signs(candidate: Candidate) -> bool:
    return candidate.proofs.active is not None


def signs_extended(candidate: Candidate) -> bool:
    return candidate.extended and candidate.proofs.active is not None


def signs_by_ecdsa(candidate: Candidate) -> bool:
    proof = candidate.proofs.active
    return proof is not None and isinstance(proof.key.signer, EcdsaSigner)


def signs_at_length(candidate: Candidate) -> bool:
    """A signature does not fit into a short response."""
    proof = candidate.proofs.active
    signer = proof and proof.key.signer
    return isinstance(signer, RsaSigner) and signer.key.size > SHORT_ANSWER
