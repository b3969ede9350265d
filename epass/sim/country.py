"""The fictitious country: its CSCA, the one before, and a document signer for each way to sign.

Doc 9303-3 §5 part G reserves UTO, Utopia, for specimens. Everything follows from a seed, so the
same country comes out each time and its CSCA can be given to a verifier as a trust anchor. It
is no state's, its keys are public knowledge, and no real verifier may trust it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property
from types import MappingProxyType
from typing import Self

from epass.sim import certificates, choices
from epass.sim.certificates import Certificate, Signer, State, Validity
from epass.sim.keys import Random, derive
from epass.sim.scheme import Scheme

STATES: Mapping[str, State] = MappingProxyType({"UTO": State("UTO", "UT", "Utopia")})
SEED = b"epass: the fictitious country"
SEED_SIZE = 32

# Doc 9303-12 §4.1: the CSCA signs for 5 years, a document signer for 3 months, documents are
# valid for 10 years, and each certificate outlives what is signed under it.
CSCA_VALIDITY = Validity(
    datetime(2023, 1, 1, tzinfo=UTC),
    datetime(2039, 1, 1, tzinfo=UTC),
    datetime(2028, 1, 1, tzinfo=UTC),
)
FORMER_VALIDITY = Validity(
    datetime(2018, 1, 1, tzinfo=UTC),
    datetime(2034, 1, 1, tzinfo=UTC),
    datetime(2023, 1, 1, tzinfo=UTC),
)
SIGNER_VALIDITY = Validity(
    datetime(2024, 4, 1, tzinfo=UTC),
    datetime(2034, 10, 1, tzinfo=UTC),
    datetime(2024, 7, 1, tzinfo=UTC),
)
CSCA_SCHEME = Scheme(digest="SHA-384", curve="brainpoolP384r1")
FORMER_SCHEME = Scheme(curve="brainpoolP256r1")


@dataclass(frozen=True)
class Country:
    """An issuing state with its keys, which are made when they are first used."""

    state: State = STATES["UTO"]
    seed: bytes = field(default=SEED, repr=False)
    csca_scheme: Scheme = CSCA_SCHEME

    @classmethod
    def named(cls, code: str, random: Random | None = None) -> Self:
        """The country with the three-letter ``code``; ``random`` gives it keys of its own.

        Raises:
            InputError: the code is none of STATES.
        """
        choices.require("country", code, STATES)
        return cls(STATES[code], SEED if random is None else random(SEED_SIZE))

    @cached_property
    def csca(self) -> Signer:
        """The root of the country; ``csca.certificate.der`` is the trust anchor."""
        key = self.csca_scheme.key(self._seed("CSCA key"))
        serial = self._serial("CSCA")
        return certificates.root(
            self.state, key, self.csca_scheme.hash, serial=serial, validity=CSCA_VALIDITY
        )

    @cached_property
    def former_csca(self) -> Signer:
        """The root of the five years before, of the same name with another key."""
        key = FORMER_SCHEME.key(self._seed("former CSCA key"))
        serial = self._serial("former CSCA")
        return certificates.root(
            self.state, key, FORMER_SCHEME.hash, serial=serial, validity=FORMER_VALIDITY
        )

    @cached_property
    def links(self) -> tuple[Certificate, Certificate]:
        """The new key certified by the former one, and the former by the new (§4.3)."""
        return (
            self._link(self.csca, self.former_csca, CSCA_VALIDITY),
            self._link(self.former_csca, self.csca, FORMER_VALIDITY),
        )

    def _link(self, lower: Signer, upper: Signer, validity: Validity) -> Certificate:
        serial = self._serial(f"link to {lower.certificate.serial:X}")
        return certificates.link(self.state, lower, upper, serial=serial, validity=validity)

    def document_signer(
        self,
        scheme: Scheme,
        *,
        validity: Validity = SIGNER_VALIDITY,
        extensions: tuple[bytes, ...] = (),
    ) -> Signer:
        """The document signer that signs by ``scheme``, certified by the CSCA.

        Its certificate has ``extensions`` beside those that it must have.
        """
        csca, key = self.csca, scheme.key(self._seed(f"document signer key, {scheme.label}"))
        draft = certificates.document_signer(
            self.state,
            key,
            csca,
            common_name=f"{self.state.title} Document Signer, {scheme.label}",
            serial=self._serial(f"document signer, {scheme.label}"),
            validity=validity,
        )
        draft = replace(draft, extensions=(*draft.extensions, *extensions))
        certificate = draft.sign(csca.certificate.issuer, csca.key, csca.digest)
        return Signer(key, scheme.hash, certificate)

    def _seed(self, purpose: str) -> bytes:
        return derive(self.seed, f"{self.state.code}: {purpose}")

    def _serial(self, purpose: str) -> int:
        """A positive number of 8 bytes (Doc 9303-12 table 5: at most 20)."""
        return int.from_bytes(self._seed(f"serial number, {purpose}")[:8]) >> 2 | 1 << 62
