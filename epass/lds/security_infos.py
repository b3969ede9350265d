"""SecurityInfos: which protocols a chip offers, and the public keys with which it proves itself.

Source: ICAO Doc 9303-11 §9.2. EF.CardAccess, which has what PACE needs, is not signed; only after
DG14 or EF.CardSecurity has confirmed it is it more than the chip's word.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from types import MappingProxyType
from typing import Self

from epass import asn1, tlv
from epass.crypto.ciphers import Cipher

INTEGER, OBJECT_IDENTIFIER, SEQUENCE, SET = 0x02, 0x06, 0x30, 0x31
ID_PACE = "0.4.0.127.0.7.2.2.4"
ID_CA = "0.4.0.127.0.7.2.2.3"
ID_AA = "2.23.136.1.1.5"  # id-icao-mrtd-security-aaProtocolObject, §9.2.4
PACE_VERSION = b"\x02"  # §9.2.1: MUST be 2
CA_VERSION = 1  # §9.2.5; versions 2 and 3 are of BSI TR-03110 and follow terminal authentication
MAX_INFOS = 64  # in one file: all that §9.2 defines is under 50, and documents have up to ten
# What §9.2 and TR-03110 define beside PACE: keys, terminal and chip authentication, restricted
# identification, card info, eID security, privileged terminals; active authentication, EF.DIR.
ID_EF_DIR = "2.23.136.1.1.13"
STANDARD = (*(f"0.4.0.127.0.7.2.2.{last}" for last in (1, 2, 3, 5, 6, 7, 8)), ID_AA, ID_EF_DIR)
MAX_OID = 64  # bytes; those of the standard have up to ten, and messages name them
MAX_ID = 4  # bytes; the ids of §9.5.1 end at 31, those of a chip's own are not bounded


# The last arc of the protocols of §9.2.3 and §9.2.7.
CIPHERS = MappingProxyType(
    {1: Cipher.TDES, 2: Cipher.AES_128, 3: Cipher.AES_192, 4: Cipher.AES_256}
)


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

    @property
    def name(self) -> str:
        return f"{self.agreement.value}-{self.mapping.value}-{self.cipher.label}"

    @property
    def value(self) -> bytes:
        """The object identifier as data objects carry it, without tag and length."""
        return _value(self.oid)


@dataclass(frozen=True, slots=True)
class ChipProtocol:
    """A variant of chip authentication: one of the object identifiers of §9.2.7."""

    oid: str
    agreement: KeyAgreement
    cipher: Cipher

    @property
    def value(self) -> bytes:
        """The object identifier as data objects carry it, without tag and length."""
        return _value(self.oid)


def _value(oid: str) -> bytes:
    """X.690 §8.19, for the arcs under 128 of which those of the protocols consist."""
    first, second, *arcs = map(int, oid.split("."))
    return bytes((40 * first + second, *arcs))


def _protocols() -> dict[str, PaceProtocol]:
    groups = {
        1: (KeyAgreement.DH, Mapping.GENERIC),
        2: (KeyAgreement.ECDH, Mapping.GENERIC),
        3: (KeyAgreement.DH, Mapping.INTEGRATED),
        4: (KeyAgreement.ECDH, Mapping.INTEGRATED),
        6: (KeyAgreement.ECDH, Mapping.CHIP_AUTHENTICATION),
    }
    protocols = {}
    for group, (agreement, mapping) in groups.items():
        for number, cipher in CIPHERS.items():
            if mapping is not Mapping.CHIP_AUTHENTICATION or cipher is not Cipher.TDES:
                oid = f"{ID_PACE}.{group}.{number}"
                protocols[oid] = PaceProtocol(oid, agreement, mapping, cipher)
    return protocols


PACE_PROTOCOLS = MappingProxyType(_protocols())
CHIP_PROTOCOLS = MappingProxyType(
    {
        oid: ChipProtocol(oid, agreement, cipher)
        for group, agreement in ((1, KeyAgreement.DH), (2, KeyAgreement.ECDH))
        for number, cipher in CIPHERS.items()
        if (oid := f"{ID_CA}.{group}.{number}")
    }
)
PUBLIC_KEYS = MappingProxyType(  # id-PK-DH and id-PK-ECDH, §9.2.7
    {"0.4.0.127.0.7.2.2.1.1": KeyAgreement.DH, "0.4.0.127.0.7.2.2.1.2": KeyAgreement.ECDH}
)
OLDEST = MappingProxyType(
    {
        protocol.agreement: protocol
        for protocol in CHIP_PROTOCOLS.values()
        if protocol.cipher is Cipher.TDES
    }
)
DOMAIN_PARAMETERS = frozenset(f"{ID_PACE}.{group}" for group in (1, 2, 3, 4, 6))  # §9.2.2


@dataclass(frozen=True, slots=True)
class PaceInfo:
    """PACEInfo of §9.2.1. ``parameter_id`` is of §9.5.1 table 12, or one of the chip's own."""

    protocol: PaceProtocol
    parameter_id: int | None

    @property
    def name(self) -> str:
        """For the operator."""
        return f"{self.protocol.name} with parameters {self.parameter_id}"


@dataclass(frozen=True, slots=True)
class PaceDomainParameterInfo:
    """Explicit domain parameters, §9.2.2, which a terminal must not use unless it knows them.

    They are therefore not decoded; ``parameter_id`` says which PaceInfo they belong to.
    """

    oid: str
    parameter_id: int | None


@dataclass(frozen=True, slots=True)
class ChipAuthenticationInfo:
    """§9.2.5. ``key_id`` says which key it belongs to where the chip has several."""

    protocol: ChipProtocol
    version: int
    key_id: int | None


@dataclass(frozen=True, slots=True)
class ChipAuthenticationPublicKeyInfo:
    """§9.2.6: a key for chip authentication, or for PACE with chip authentication mapping.

    ``public_key`` is not validated here; ``epass.crypto.public_keys.element`` does it.
    """

    agreement: KeyAgreement
    public_key: asn1.PublicKey = field(repr=False)  # a document can be told by it
    key_id: int | None


@dataclass(frozen=True, slots=True)
class ActiveAuthenticationInfo:
    """§9.2.4: the algorithm of active authentication, where that is ECDSA."""

    version: int
    signature_algorithm: str


@dataclass(frozen=True, slots=True)
class UnknownInfo:
    """Any other SecurityInfo; §9.2 lets an inspection system discard it.

    ``problem`` is there where it is known, but not as it is due in EF.CardAccess.
    """

    oid: str
    problem: str = ""

    @property
    def is_standard(self) -> bool:
        """Whether it is of §9.2 or its source, TR-03110, and belongs to another protocol."""
        return any(f"{self.oid}.".startswith(f"{standard}.") for standard in STANDARD)


SecurityInfo = (
    PaceInfo
    | PaceDomainParameterInfo
    | ChipAuthenticationInfo
    | ChipAuthenticationPublicKeyInfo
    | ActiveAuthenticationInfo
    | UnknownInfo
)

_Parts = tuple[tlv.Tlv, ...]
_Parse = Callable[[str, _Parts], SecurityInfo]


@dataclass(frozen=True, slots=True)
class ChipAuthenticationOffer:
    """A protocol and the one key with which the chip runs it; ``key_id`` is to be sent to it.

    ``assumed`` says that the chip has named no protocol for its key.
    """

    protocol: ChipProtocol
    key: ChipAuthenticationPublicKeyInfo
    key_id: int | None
    assumed: bool = False


@dataclass(frozen=True, slots=True)
class SecurityInfos:
    """``infos`` keeps the order of the file, which is in ``raw`` as it was read."""

    infos: tuple[SecurityInfo, ...]
    raw: bytes = field(repr=False)

    @property
    def pace(self) -> tuple[PaceInfo, ...]:
        return tuple(info for info in self.infos if isinstance(info, PaceInfo))

    @property
    def active_authentication(self) -> tuple[ActiveAuthenticationInfo, ...]:
        return tuple(info for info in self.infos if isinstance(info, ActiveAuthenticationInfo))

    @property
    def chip_keys(self) -> tuple[ChipAuthenticationPublicKeyInfo, ...]:
        """All keys, be they for chip authentication or for chip authentication mapping."""
        return tuple(
            info for info in self.infos if isinstance(info, ChipAuthenticationPublicKeyInfo)
        )

    @property
    def announces_chip_authentication(self) -> bool:
        """Whether there is a protocol or a key of it, be it usable or not."""
        protocols = any(isinstance(info, ChipAuthenticationInfo) for info in self.infos)
        return protocols or bool(self._agreement_keys)

    @property
    def chip_authentication(self) -> tuple[ChipAuthenticationOffer, ...]:
        """What can be run, in the order of the file; a protocol without its key is left out.

        French documents of 2013 and 2014 have a key and no ChipAuthenticationInfo; they run
        the one protocol that is older than the others, with 3DES.
        """
        named = [info for info in self.infos if isinstance(info, ChipAuthenticationInfo)]
        if named:
            return tuple(
                ChipAuthenticationOffer(info.protocol, key, _first(info.key_id, key.key_id))
                for info in named
                if info.version == CA_VERSION and (key := self._key_of(info))
            )
        keys = self._agreement_keys
        return tuple(
            ChipAuthenticationOffer(OLDEST[key.agreement], key, key.key_id, assumed=True)
            for key in keys
            if len(keys) == 1 or key.key_id is not None
        )

    @property
    def _agreement_keys(self) -> tuple[ChipAuthenticationPublicKeyInfo, ...]:
        """Without those of chip authentication mapping, which have its parameter id (§9.2.1)."""
        mapped = {
            info.parameter_id
            for info in self.pace
            if info.protocol.mapping is Mapping.CHIP_AUTHENTICATION
        }
        return tuple(
            key for key in self.chip_keys if key.key_id is None or key.key_id not in mapped
        )

    def _key_of(self, info: ChipAuthenticationInfo) -> ChipAuthenticationPublicKeyInfo | None:
        """The key with the protocol's id; where one of them has none, the only key there is."""
        keys = [key for key in self.chip_keys if key.agreement is info.protocol.agreement]
        found = [key for key in keys if key.key_id == info.key_id] or [
            key for key in keys if None in (key.key_id, info.key_id)
        ]
        return found[0] if len(found) == 1 else None

    @classmethod
    def parse(cls, data: bytes, *, where: str = "EF.CardAccess") -> Self:
        """Parse EF.CardAccess, the whole file. Nothing but what PACE needs is looked at.

        A PACEInfo of another version, and a SecurityInfo that stands twice, are each an
        ``UnknownInfo``: others may work, and what the issuer meant is in DG14.

        Raises:
            FormatError: with the tag path and byte offset of the first fault.
        """
        found = tlv.parse_one(data, SET, where=where)
        infos: list[SecurityInfo] = []
        seen: set[bytes] = set()
        for item in _items(found):
            info = _parsed(item, _offered_pace)
            twice = UnknownInfo(_oid(item.children()[0]), "which stands twice")
            infos.append(twice if item.raw in seen else info)
            seen.add(item.raw)
        return cls(tuple(infos), found.raw)

    @classmethod
    def parse_signed(cls, found: tlv.Tlv) -> Self:
        """Parse the SET in a file that is signed, the chip's keys included.

        Raises:
            FormatError: with the tag path and byte offset of the first fault.
        """
        if found.tag != SET:
            raise found.fail("not a SET of SecurityInfo")
        items = _items(found)
        seen: set[bytes] = set()
        for item in items:
            if item.raw in seen:
                raise item.fail("this SecurityInfo stands twice")
            seen.add(item.raw)
        return cls(tuple(_parsed(item, _info) for item in items), found.raw)


def _items(found: tlv.Tlv) -> _Parts:
    """The members of the SET, whose order is not that of DER on every document."""
    items = found.children()
    if len(items) > MAX_INFOS:
        raise found.fail(f"{len(items)} SecurityInfos, over the {MAX_INFOS} that are looked at")
    return items


def _first(*ids: int | None) -> int | None:
    return next((number for number in ids if number is not None), None)


def _parsed(item: tlv.Tlv, parse: _Parse) -> SecurityInfo:
    parts = item.children() if item.tag == SEQUENCE else ()
    if len(parts) not in (2, 3) or parts[0].tag != OBJECT_IDENTIFIER:
        raise item.fail("not an object identifier, required data and optional data")
    return parse(_oid(parts[0]), parts)


def _offered_pace(oid: str, parts: _Parts) -> SecurityInfo:
    if oid in PACE_PROTOCOLS and parts[1].tag == INTEGER and parts[1].value != PACE_VERSION:
        return UnknownInfo(oid, "not of version 2")
    return _pace_info(oid, parts)


def _pace_info(oid: str, parts: _Parts) -> SecurityInfo:
    if oid in PACE_PROTOCOLS:
        if (parts[1].tag, parts[1].value) != (INTEGER, PACE_VERSION):
            raise parts[1].fail("not version 2 of PACE")
        return PaceInfo(PACE_PROTOCOLS[oid], _id(parts, "parameter"))
    if oid in DOMAIN_PARAMETERS:
        return PaceDomainParameterInfo(oid, _id(parts, "parameter"))
    return UnknownInfo(oid)


def _info(oid: str, parts: _Parts) -> SecurityInfo:
    if oid in CHIP_PROTOCOLS:
        return ChipAuthenticationInfo(CHIP_PROTOCOLS[oid], _version(parts[1]), _id(parts, "key"))
    if oid in PUBLIC_KEYS:
        key = asn1.public_key(parts[1].raw, where=parts[1].where, base=parts[1].offset)
        return ChipAuthenticationPublicKeyInfo(PUBLIC_KEYS[oid], key, _id(parts, "key"))
    if oid == ID_AA:
        return _active_authentication(parts)
    return _pace_info(oid, parts)


def _active_authentication(parts: _Parts) -> ActiveAuthenticationInfo:
    if len(parts) < 3 or parts[2].tag != OBJECT_IDENTIFIER:
        raise parts[-1].fail("no object identifier of a signature algorithm")
    return ActiveAuthenticationInfo(_version(parts[1]), _oid(parts[2]))


def _oid(item: tlv.Tlv) -> str:
    if len(item.value) > MAX_OID:
        raise item.fail(f"an object identifier of over {MAX_OID} bytes")
    return asn1.object_identifier(item.raw, where=item.where, base=item.offset)


def _version(item: tlv.Tlv) -> int:
    return _unsigned(item, "version")


def _id(parts: _Parts, kind: str) -> int | None:
    return _unsigned(parts[2], f"{kind} id") if len(parts) > 2 else None


def _unsigned(item: tlv.Tlv, what: str) -> int:
    if item.tag != INTEGER or not 0 < len(item.value) <= MAX_ID or item.value[0] & 0x80:
        raise item.fail(f"not a {what}")
    return int.from_bytes(item.value)
