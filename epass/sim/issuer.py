"""The fictitious issuer: a personalised document, signed, ready to be put into a chip.

Source: ICAO Doc 9303-10 §4 for the files, Doc 9303-12 for the signatures. What can be chosen
stands in the tables below. The same choices give the same document, byte for byte: its keys
follow from a seed and its dates are constants or arguments.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cache
from types import MappingProxyType

from epass.errors import InputError
from epass.lds.names import File
from epass.sim import (
    choices,
    cms,
    details,
    face,
    face_39794,
    keys,
    lds_files,
    mrz,
    portraits,
    proof_lies,
)
from epass.sim.card_files import PaceOffer
from epass.sim.country import Country
from epass.sim.holders import HOLDERS, Holder
from epass.sim.proof_keys import AaScheme, CaScheme
from epass.sim.proofs import NO_PROOFS, ActiveAuthentication, ChipAuthentication, Proofs
from epass.sim.quirks import changed_offer, changed_schemes
from epass.sim.scheme import CURVES, SIGNATURES, Scheme

__all__ = [
    "CURVES",
    "DIGESTS",
    "FACE_FORMATS",
    "FORMATS",
    "HOLDERS",
    "IMAGES",
    "LDS_VERSIONS",
    "SIGNATURES",
    "SIGNER_IDS",
    "AaScheme",
    "CaScheme",
    "Country",
    "Document",
    "Holder",
    "issue",
]

FORMATS, IMAGES = mrz.FORMATS, portraits.IMAGES
LDS_VERSIONS, SIGNER_IDS = lds_files.LDS_VERSIONS, cms.SIGNER_IDS
DIGESTS = tuple(keys.DIGESTS)
FACE_FORMATS = MappingProxyType({"19794-5": face.template, "39794-5": face_39794.template})
USUAL_CA, USUAL_AA = CaScheme(ciphers=("AES-128",)), AaScheme("ECDSA", curve="P-256")

ISSUED_AT = datetime(2024, 4, 16, 9, 30, tzinfo=UTC)  # the date of issue of Doc 9303-4, App. A
CAN_SHAPE = re.compile(r"[0-9]{6}", re.ASCII)  # as documents print it


@dataclass(frozen=True, slots=True)
class Document:
    """What goes into a chip and onto its paper: files, lines of the MRZ, card access number.

    ``proofs`` and ``pace`` hold the private keys that its files announce.
    """

    files: Mapping[File, bytes] = field(repr=False)
    mrz: str = field(repr=False)
    can: str = field(repr=False)
    format: str
    proofs: Proofs = field(default=NO_PROOFS, repr=False)
    pace: PaceOffer | None = field(default=None, repr=False)


def issue(
    holder: Holder | str = "eriksson",
    *,
    document_format: str = "TD3",
    lds_version: str = "1.7",
    image: str = "JPEG",
    face_format: str = "19794-5",
    all_groups: bool = False,
    signature: str = "ECDSA",
    curve: str = "P-256",
    explicit_parameters: bool = False,
    digest: str = "SHA-256",
    image_size: int | None = None,
    faces: int = 1,
    can: str = "123456",
    country: Country | str = "UTO",
    signer_id: str = cms.ISSUER_AND_SERIAL,
    at: datetime = ISSUED_AT,
    random: keys.Random | None = None,
    chip_authentication: Iterable[CaScheme] = (),
    active_authentication: AaScheme | None = None,
    pace: PaceOffer | None = None,
    lie: str | None = None,
    quirks: Collection[str] = (),
) -> Document:
    """A document for ``holder``, one of HOLDERS or your own.

    ``image_size`` is that of each image file in bytes; ``at`` is the signing time. With
    ``all_groups`` it has every data group, keys to prove itself among them, EF.DIR and EF.ATR/INFO;
    ``face_format`` is one of FACE_FORMATS, that is the ISO/IEC standard of the faces. ``random``
    gives a country that is chosen by its code keys of its own. ``pace`` is what
    EF.CardAccess and DG14 offer; with CAM there is always chip authentication (Doc 9303-11
    §4.4). ``lie`` is one of ``proof_lies.LIES``, ``quirks`` are some of ``quirks.QUIRKS``, of
    which a few stand in the files; the others are the chip's.

    Raises:
        InputError: a choice that does not exist, with those that do.
    """
    issuing, person = _country(country, random), _holder(holder)
    _check(can, faces, face_format, at)
    lines = mrz.compose(person, document_format, issuing.state.code)
    seed = keys.derive(issuing.seed, f"document {''.join(lines)}")
    offer = _offer(changed_offer(quirks, pace), seed)
    schemes = tuple(chip_authentication) or _required(offer, all_groups=all_groups)
    active = active_authentication or (USUAL_AA if all_groups else None)
    proofs = _proofs(seed, changed_schemes(quirks, schemes), active, lie)
    template = FACE_FORMATS[face_format](portraits.load(image, size=image_size), sex=person.sex)
    groups = {
        File.DG1: lds_files.dg1(lines),
        File.DG2: face.dg2_of([template] * faces),
        **_announced(proofs, offer.security_infos() if offer else ()),
        **(details.groups(person, at=at) if all_groups else {}),
    }
    signer = issuing.document_signer(Scheme(signature, digest, curve, explicit_parameters))
    sod = lds_files.ef_sod(groups, signer, lds_version=lds_version, at=at, signer_id=signer_id)
    files = {
        File.COM: lds_files.ef_com(groups, lds_version=lds_version),
        File.SOD: sod,
        **groups,
        **(offer.files(signer, at) if offer else {}),
        **(details.MASTER_FILES if all_groups else {}),
    }
    return Document(MappingProxyType(files), "\n".join(lines), can, document_format, proofs, offer)


def _offer(wanted: PaceOffer | None, seed: bytes) -> PaceOffer | None:
    """With the keys of this document."""
    return wanted and wanted.personalised(keys.derive(seed, "PACE"))


def _required(offer: PaceOffer | None, *, all_groups: bool) -> tuple[CaScheme, ...]:
    """The chip authentication of a chip with PACE-CAM or all groups, if nothing was chosen."""
    suites = offer.suites if offer else ()
    able = [suite for suite in suites if suite.needs_key]
    required = tuple(CaScheme(suite.group.name, (suite.cipher.label,)) for suite in able[:1])
    return required or ((USUAL_CA,) if all_groups else ())


def _proofs(
    seed: bytes, chip: Iterable[CaScheme], active: AaScheme | None, lie: str | None
) -> Proofs:
    agreement = tuple(
        scheme.key(keys.derive(seed, f"chip authentication, {scheme.group}, {scheme.key_id}"))
        for scheme in chip
    )
    proofs = Proofs(ChipAuthentication(agreement) if agreement else None)
    if active is not None:
        key = active.key(keys.derive(seed, "active authentication"))
        proofs = replace(proofs, active=ActiveAuthentication(key, active.when_long))
    return proofs if lie is None else proof_lies.told(proofs, lie)


def _announced(proofs: Proofs, pace_infos: Iterable[bytes]) -> dict[File, bytes]:
    """DG14 where there is anything to say in it (§9.2.11 of Doc 9303-11), DG15 with its key."""
    groups = {}
    infos = (*proofs.security_infos(), *pace_infos)
    if infos:
        groups[File.DG14] = lds_files.dg14(infos)
    if proofs.active:
        groups[File.DG15] = lds_files.dg15(proofs.active.key.public_key_info)
    return groups


def _check(can: str, faces: int, face_format: str, at: datetime) -> None:
    choices.require("face format", face_format, FACE_FORMATS)
    if not CAN_SHAPE.fullmatch(can):
        raise InputError("CAN: six digits")
    if not 1 <= faces <= face.MAX_FACES:
        raise InputError(f"faces: 1 to {face.MAX_FACES}")
    if at.tzinfo is None:
        raise InputError("signing time: no time zone")


def _holder(holder: Holder | str) -> Holder:
    if isinstance(holder, Holder):
        return holder
    choices.require("holder", holder, HOLDERS)
    return HOLDERS[holder]


def _country(country: Country | str, random: keys.Random | None) -> Country:
    if isinstance(country, Country):
        return country
    return default_country(country) if random is None else Country.named(country, random)


@cache  # so that its CSCA is made once
def default_country(code: str) -> Country:
    """The country with the keys that everybody knows."""
    return Country.named(code)
