"""Chips whose files are genuine: copies of a chip, and chips that ask for a weaker door."""

from dataclasses import replace

from epass.lds.names import File
from epass.sim.access import PaceOffer, PaceSuite
from epass.sim.attacks.workshop import Forgery, Workshop, attack
from epass.sim.proof_keys import AaScheme, CaScheme

STRONG, WEAK = PaceSuite.named("AES-256", 13), PaceSuite.named("3DES", 13)


@attack(
    "copy-with-active-key",
    "A copy of all files, with another key for active authentication than DG15 shows.",
    "chip.active",
    "not a signature over the challenge",
    active_authentication=AaScheme("ECDSA"),
    lie="aa-other-key",
)
def _copy_with_active_key(shop: Workshop) -> Forgery:
    return shop.forged({})


@attack(
    "copy-with-agreement-key",
    "A copy of all files, with another key for chip authentication than DG14 shows.",
    "chip.authentication",
    "the chip does not prove that it has the new keys",
    chip_authentication=(CaScheme("brainpoolP256r1", ("AES-128",)),),
    lie="ca-other-key",
)
def _copy_with_agreement_key(shop: Workshop) -> Forgery:
    return shop.forged({})


@attack(
    "weaker-pace",
    "EF.CardAccess, which is not signed, leaves out the stronger of two ways into the chip.",
    "access.card_access",
    "EF.CardAccess",
    also="access.protocol",
    pace=PaceOffer((STRONG, WEAK)),
)
def _weaker_pace(shop: Workshop) -> Forgery:
    weaker = PaceOffer((WEAK,))
    forgery = shop.forged({File.CARD_ACCESS: weaker.card_access()})
    return replace(forgery, document=replace(forgery.document, pace=weaker))
