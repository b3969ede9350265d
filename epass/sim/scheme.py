"""How a certificate or security object is signed: the algorithms that can be chosen together."""

from dataclasses import dataclass

from epass.crypto import ec
from epass.errors import InputError
from epass.sim import choices, rsa
from epass.sim.keys import DIGESTS, Digest, EcKey, SigningKey, seeded

ECDSA, RSA, RSA_PSS = SIGNATURES = ("ECDSA", "RSA", "RSA-PSS")
CURVES = tuple(curve.name for curve in ec.CURVES)


@dataclass(frozen=True, slots=True)
class Scheme:
    """Algorithms of Doc 9303-12 §4.1.6; ``curve`` and ``explicit_parameters`` are of ECDSA.

    Raises:
        InputError: one of them is none that can be chosen.
    """

    signature: str = ECDSA
    digest: str = "SHA-256"
    curve: str = "P-256"
    explicit_parameters: bool = False

    def __post_init__(self) -> None:
        choices.require("signature", self.signature, SIGNATURES)
        choices.require("digest", self.digest, DIGESTS)
        choices.require("curve", self.curve, CURVES)
        if self.explicit_parameters and self.signature != ECDSA:
            raise InputError(f"explicit parameters belong to ECDSA, not to {self.signature}")

    @property
    def label(self) -> str:
        """What tells its key apart from those of other schemes."""
        if self.signature != ECDSA:
            return self.signature
        return f"{ECDSA} {self.curve}{' explicit' if self.explicit_parameters else ''}"

    @property
    def hash(self) -> Digest:
        return DIGESTS[self.digest]

    def key(self, seed: bytes) -> SigningKey:
        """The key that follows from ``seed``; RSA keys have 2048 bits and take a moment."""
        if self.signature != ECDSA:
            return rsa.generate(seed, pss=self.signature == RSA_PSS)
        curve = ec.by_name(self.curve)
        assert curve is not None  # noqa: S101 - __post_init__ has seen to it
        return EcKey.generate(curve, seeded(seed), explicit_parameters=self.explicit_parameters)
