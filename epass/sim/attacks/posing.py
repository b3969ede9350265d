"""Keys that are not what a certificate says of them, though a state has certified them."""

from dataclasses import dataclass

from epass.sim.attacks.workshop import Forgery, Workshop
from epass.sim.keys import Digest, SigningKey

NOT_ITS = "not a signature of the signer's key"


@dataclass(frozen=True)
class Posing:
    """A key that shows ``key_info`` and signs with whatever ``true`` is."""

    true: SigningKey
    shown: bytes
    algorithm: bytes
    announced: bytes | None = None

    def public_key(self) -> bytes:
        return self.shown

    def key_algorithm(self) -> bytes:
        return self.algorithm

    def signature_algorithm(self, digest: Digest) -> bytes:
        return self.announced or self.true.signature_algorithm(digest)

    def sign(self, message: bytes, digest: Digest) -> bytes:
        return self.true.sign(message, digest)


def certified_by(shop: Workshop, key: SigningKey) -> Forgery:
    """EF.SOD by a signer whose certificate the state has issued for ``key``."""
    return shop.resigned(signer=shop.certified(key=key))
