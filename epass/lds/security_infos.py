"""SecurityInfos: which protocols a chip offers. In EF.CardAccess, what PACE needs.

Source: ICAO Doc 9303-11 §9.2. EF.CardAccess is not signed; only after DG14 or EF.CardSecurity has
confirmed it is it more than the chip's word.
"""

from dataclasses import dataclass, field
from enum import Enum
from types import MappingProxyType
from typing import Self

from epass import asn1, tlv
from epass.crypto.ciphers import Cipher

INTEGER, OBJECT_IDENTIFIER, SEQUENCE, SET = 0x02, 0x06, 0x30, 0x31
ID_PACE = "0.4.0.127.0.7.2.2.4"
PACE_VERSION = b"\x02"  # §9.2.1: MUST be 2
MAX_PARAMETER_ID = 4  # bytes; the ids of §9.5.1 end at 31, those of a chip's own are not bounded


class Mapping(Enum):
    """How PACE maps the nonce to a generator, §4.4.3.3."""

    GENERIC = "GM"
    INTEGRATED = "IM"
    CHIP_AUTHENTICATION = "CAM"


class KeyAgreement(Enum):
    DH = "DH"
    ECDH = "ECDH"


@dataclass(frozen=True, slots=True)
class PaceProtocol:
    """A variant of PACE: one of the object identifiers of §9.2.3."""

    oid: str
    agreement: KeyAgreement
    mapping: Mapping
    cipher: Cipher


def _protocols() -> dict[str, PaceProtocol]:
    groups = {
        1: (KeyAgreement.DH, Mapping.GENERIC),
        2: (KeyAgreement.ECDH, Mapping.GENERIC),
        3: (KeyAgreement.DH, Mapping.INTEGRATED),
        4: (KeyAgreement.ECDH, Mapping.INTEGRATED),
        6: (KeyAgreement.ECDH, Mapping.CHIP_AUTHENTICATION),
    }
    ciphers = {1: Cipher.TDES, 2: Cipher.AES_128, 3: Cipher.AES_192, 4: Cipher.AES_256}
    protocols = {}
    for group, (agreement, mapping) in groups.items():
        for number, cipher in ciphers.items():
            if mapping is not Mapping.CHIP_AUTHENTICATION or cipher is not Cipher.TDES:
                oid = f"{ID_PACE}.{group}.{number}"
                protocols[oid] = PaceProtocol(oid, agreement, mapping, cipher)
    return protocols


PACE_PROTOCOLS = MappingProxyType(_protocols())
DOMAIN_PARAMETERS = frozenset(f"{ID_PACE}.{group}" for group in (1, 2, 3, 4, 6))  # §9.2.2


@dataclass(frozen=True, slots=True)
class PaceInfo:
    """PACEInfo of §9.2.1. ``parameter_id`` is of §9.5.1 table 12, or one of the chip's own."""

    protocol: PaceProtocol
    parameter_id: int | None


@dataclass(frozen=True, slots=True)
class PaceDomainParameterInfo:
    """Explicit domain parameters, §9.2.2, which a terminal must not use unless it knows them.

    They are therefore not decoded; ``parameter_id`` says which PaceInfo they belong to.
    """

    oid: str
    parameter_id: int | None


@dataclass(frozen=True, slots=True)
class UnknownInfo:
    """Any other SecurityInfo; §9.2 lets an inspection system discard it."""

    oid: str


SecurityInfo = PaceInfo | PaceDomainParameterInfo | UnknownInfo


@dataclass(frozen=True, slots=True)
class SecurityInfos:
    """``infos`` keeps the order of the file, which is in ``raw`` as it was read."""

    infos: tuple[SecurityInfo, ...]
    raw: bytes = field(repr=False)

    @property
    def pace(self) -> tuple[PaceInfo, ...]:
        return tuple(info for info in self.infos if isinstance(info, PaceInfo))

    @classmethod
    def parse(cls, data: bytes, *, where: str = "EF.CardAccess") -> Self:
        """Parse the whole file. The order of the SET is not that of DER on every document.

        Raises:
            FormatError: with the tag path and byte offset of the first fault.
        """
        items = tlv.parse_one(data, SET, where=where).children()
        seen: set[bytes] = set()
        for item in items:
            if item.raw in seen:
                raise item.fail("this SecurityInfo stands twice")
            seen.add(item.raw)
        return cls(tuple(_info(item) for item in items), data)


def _info(item: tlv.Tlv) -> SecurityInfo:
    parts = item.children() if item.tag == SEQUENCE else ()
    if len(parts) not in (2, 3) or parts[0].tag != OBJECT_IDENTIFIER:
        raise item.fail("not an object identifier, required data and optional data")
    oid = asn1.object_identifier(parts[0].raw, where=parts[0].where, base=parts[0].offset)
    if oid in PACE_PROTOCOLS:
        if (parts[1].tag, parts[1].value) != (INTEGER, PACE_VERSION):
            raise parts[1].fail("not version 2 of PACE")
        return PaceInfo(PACE_PROTOCOLS[oid], _parameter_id(parts))
    if oid in DOMAIN_PARAMETERS:
        return PaceDomainParameterInfo(oid, _parameter_id(parts))
    return UnknownInfo(oid)


def _parameter_id(parts: tuple[tlv.Tlv, ...]) -> int | None:
    if len(parts) < 3:
        return None
    item = parts[2]
    if item.tag != INTEGER or not 0 < len(item.value) <= MAX_PARAMETER_ID or item.value[0] & 0x80:
        raise item.fail("not a parameter id")
    return int.from_bytes(item.value)
