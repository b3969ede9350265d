"""The files of the master file that tell of PACE: EF.CardAccess and EF.CardSecurity.

Source: Doc 9303-11 §9.2.1, §9.2.2, §9.2.6 and §9.2.11 (contents), §9.5 (domain parameters);
Doc 9303-10 §3.11.4 (EF.CardSecurity is a CMS SignedData).
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import MappingProxyType
from typing import Self

from epass import tlv
from epass.errors import InputError
from epass.lds.names import File
from epass.sim import choices, cms, der
from epass.sim import security_infos as infos
from epass.sim.certificates import Signer
from epass.sim.groups import StaticKey
from epass.sim.keys import seeded
from epass.sim.pace import CAM, GM, RESERVED_IDS, PaceSuite, strongest

ID_SECURITY_OBJECT = f"{infos.BSI_DE}.3.2.1"
UNKNOWN_PROTOCOL = "2.999.1"  # ITU-T X.660 §A.7: an arc for examples
UNKNOWN_MAPPING = f"{infos.ID_PACE}.9.2"

SHORT_KEY = 248  # bytes; with the tags around it, what a short command can carry

UNKNOWN, NO_ID, ONE_WITHOUT_ID, NAMED, EXPLICIT, DISORDER, NO_PACE = (
    "unknown-infos",
    "no-parameter-id",
    "strongest-without-id",
    "named-parameters",
    "explicit-parameters",
    "out-of-order",
    "no-pace-info",
)

# What EF.CardAccess can have besides, or in place of, a plain PACEInfo for each suite.
FORMS: Mapping[str, str] = MappingProxyType(
    {
        UNKNOWN: "SecurityInfos of an unknown protocol and of an unknown mapping of PACE",
        NO_ID: "PACEInfo without parameterId",
        ONE_WITHOUT_ID: "the strongest PACEInfo without parameterId, which cannot be used, then",
        NAMED: "a PACEDomainParameterInfo that names a row of table 12, for each PACEInfo",
        EXPLICIT: "a PACEInfo more, for explicit domain parameters that stand beside it",
        DISORDER: "SecurityInfos that are not in the order of DER",
        NO_PACE: "no PACEInfo, so no PACE, but a SecurityInfo of an unknown protocol",
    }
)


@dataclass(frozen=True, slots=True)
class PaceOffer:
    """What a document offers of PACE, and how its files say so.

    ``forms`` are some of FORMS; ``parameters``, one of ``security_infos.PARAMETERS``, is how the
    keys in EF.CardSecurity give their group. ``keys`` are those of chip authentication mapping,
    which the issuer makes.

    Raises:
        InputError: a choice that does not exist, nothing at all, chip authentication mapping
            without another mapping beside it (§4.4), or nothing that can be used beside a PACEInfo
            that cannot.
    """

    suites: tuple[PaceSuite, ...]
    forms: tuple[str, ...] = ()
    parameters: str = infos.EXPLICIT
    keys: tuple[StaticKey, ...] = field(default=(), repr=False)

    def __post_init__(self) -> None:
        if not self.suites:
            raise InputError("PACE: one suite or more")
        if all(suite.mapping == CAM for suite in self.suites):
            raise InputError("PACE: a chip with CAM must have GM or IM too")
        if ONE_WITHOUT_ID in self.forms and len(set(self.suites)) == 1:
            raise InputError(f"PACE: {ONE_WITHOUT_ID} takes several PACEInfos")
        for form in self.forms:
            choices.require("form of EF.CardAccess", form, FORMS)
        choices.require("parameters of EF.CardSecurity", self.parameters, infos.PARAMETERS)

    @property
    def available(self) -> tuple[PaceSuite, ...]:
        """The suites of the PACEInfos; an explicit one is the last once more."""
        if NO_PACE in self.forms:
            return ()
        explicit = self.suites[-1:] if EXPLICIT in self.forms else ()
        number = RESERVED_IDS.stop
        return (*self.suites, *(replace(suite, local_id=number) for suite in explicit))

    def usable(self, *, extended: bool) -> tuple[PaceSuite, ...]:
        """The suites that MSE:Set AT can ask for, of a chip that can do each of them.

        Raises:
            InputError: the public keys of a suite take extended length, which the chip lacks
                (§9.3.1.1), or the document has no key for it.
        """
        able = self.available
        if able and ONE_WITHOUT_ID in self.forms:
            first = strongest(able)
            able = tuple(suite for suite in able if suite != first)
        for suite in able:
            self.key(suite)
            if not extended and suite.group.size > SHORT_KEY:
                raise InputError(f"PACE with {suite.group.name} takes extended length")
        return able

    def personalised(self, seed: bytes) -> Self:
        """With a key for each parameter id that chip authentication mapping uses (§9.2.1)."""
        wanted = {suite.parameter_id: suite.group for suite in self.available if suite.needs_key}
        random = seeded(seed)
        keys = (StaticKey.generate(group, random, number) for number, group in wanted.items())
        return replace(self, keys=tuple(keys))

    def key(self, suite: PaceSuite) -> StaticKey | None:
        """The key that ``suite`` needs, or None where it needs none.

        Raises:
            InputError: it needs one that the document does not have.
        """
        if not suite.needs_key:
            return None
        for key in self.keys:
            if (key.key_id, key.group) == (suite.parameter_id, suite.group):
                return key
        raise InputError(f"the document has no key for PACE with CAM on {suite.group.name}")

    def card_access(self) -> bytes:
        """EF.CardAccess."""
        return card_access(self.available, self.forms)

    def security_infos(self) -> tuple[bytes, ...]:
        """The SecurityInfos of EF.CardAccess, which other files hold too (§9.2.11)."""
        return infos.members(self.card_access())

    def card_security(self, signer: Signer, at: datetime) -> bytes:
        """EF.CardSecurity: the keys and the infos of EF.CardAccess, signed ``at`` a moment."""
        keys = (_public_key_info(key, self.parameters) for key in self.keys)
        content = infos.security_infos({*self.security_infos(), *keys})
        return cms.sign(ID_SECURITY_OBJECT, content, signer, at=at)

    def files(self, signer: Signer, at: datetime) -> dict[File, bytes]:
        """EF.CardAccess, and EF.CardSecurity where it is required (§9.2.11)."""
        files = {File.CARD_ACCESS: self.card_access()}
        if self.keys:
            files[File.CARD_SECURITY] = self.card_security(signer, at)
        return files


def card_access(suites: Iterable[PaceSuite], forms: Collection[str] = ()) -> bytes:
    """EF.CardAccess that offers ``suites``; ``forms`` are some of FORMS."""
    offered = tuple(suites)
    found = {info for suite in offered for info in _pace_infos(suite, forms)}
    if offered and ONE_WITHOUT_ID in forms:
        first = strongest(offered)
        found = found - {first.info()} | {first.info(numbered=False)}
    if UNKNOWN in forms or NO_PACE in forms:
        found.add(der.sequence(der.oid(UNKNOWN_PROTOCOL), der.octet_string(b"unknown")))
    if UNKNOWN in forms:
        found.add(infos.pace_info(UNKNOWN_MAPPING, 13))
    return tlv.build(der.SET, sorted(found, reverse=DISORDER in forms))


def _pace_infos(suite: PaceSuite, forms: Collection[str]) -> Iterable[bytes]:
    is_explicit = suite.local_id is not None
    yield suite.info(numbered=is_explicit or NO_ID not in forms)
    if is_explicit or NAMED in forms:
        form = infos.EXPLICIT if is_explicit else infos.STANDARDIZED
        algorithm = infos.agreement_algorithm(suite.group, form)
        yield infos.pace_domain_parameter_info(suite.family, algorithm, suite.parameter_id)


def _public_key_info(key: StaticKey, parameters: str) -> bytes:
    """ChipAuthenticationPublicKeyInfo; the key id is there for PACE (§9.2.6)."""
    value = infos.agreement_public_key(key.group, key.public.encode())
    algorithm = infos.agreement_algorithm(key.group, parameters)
    public_key = infos.subject_public_key_info(algorithm, value)
    protocol = infos.agreement_protocol(key.group)
    return infos.chip_authentication_public_key_info(protocol, public_key, key.key_id)


# --- the choice of a chip ---------------------------------------------------------------------


def chosen(
    document: PaceOffer | None, cipher: str | None, parameter_id: int | None, mapping: str | None
) -> PaceOffer:
    """What a chip offers: one choice, filled up with what is usual, or what the document offers.

    The keys are those of the document. A chip with CAM offers GM too (§4.4).

    Raises:
        InputError: there is no such cipher, parameter set or mapping, or not together.
    """
    if document and cipher is None and parameter_id is None and mapping is None:
        return document
    suite = PaceSuite.named(
        cipher or "AES-128", 13 if parameter_id is None else parameter_id, mapping or GM
    )
    beside = (replace(suite, mapping=GM),) if suite.needs_key else ()
    return PaceOffer((suite, *beside), keys=document.keys if document else ())
