"""The combinations of access, cipher, parameter set and document in which both must agree."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from epass.sim import access, issuer
from epass.sim.access import BAC, PACE, PaceOffer, PaceSuite
from epass.sim.issuer import AaScheme, CaScheme, Document
from epass.sim.proof_keys import ANNOUNCE, ENCODINGS, RSA_BITS

ID_PACE = "0.4.0.127.0.7.2.2.4"  # Doc 9303-11 §9.2.3
ID_CA = "0.4.0.127.0.7.2.2.3"  # §9.2.7
ARCS = {"DH-GM": 1, "ECDH-GM": 2, "DH-IM": 3, "ECDH-IM": 4, "ECDH-CAM": 6}
GM, IM, CAM = access.PACE_MAPPINGS
DH_GROUPS, CURVES = range(3), range(8, 19)  # parameter ids, table 12
P_224 = 10  # the one curve that the integrated mapping is not for (table 12, note)
MRZ, CAN = "MRZ", "CAN"
LARGE_IMAGE, LARGEST_IMAGE = 40_000, 60_000  # bytes; beyond 32,767 READ BINARY has an odd INS
DEFAULTS: Mapping[str, Any] = MappingProxyType({"holder": "eriksson", "document_format": "TD3"})


@dataclass(frozen=True, slots=True)
class Combination:
    """One chip and one way into it.

    ``mapping`` is GM, IM, CAM, or None for BAC. ``document`` are further choices for
    ``issuer.issue``. ``chip_access`` is what the chip offers, if that is more than the one door:
    the witness does as it is told, epass takes PACE. ``named`` says whether JMRTD names the
    parameter set in MSE:Set AT, ``extended`` whether both use extended length, ``short_ids``
    whether JMRTD selects files by their short identifiers. ``agreement`` is the key and cipher of
    chip authentication, ``active`` that of active authentication.
    """

    mapping: str | None = None
    cipher: str = "3DES"
    parameter_id: int = 13
    password: str = MRZ
    document: Mapping[str, Any] = field(default_factory=dict)
    chip_access: tuple[str, ...] = ()
    named: bool = True
    extended: bool = False
    short_ids: bool = False
    agreement: CaScheme | None = None
    active: AaScheme | None = None

    @property
    def protocol(self) -> str:
        return BAC if self.mapping is None else PACE

    @property
    def offered(self) -> tuple[str, ...]:
        return self.chip_access or (self.protocol,)

    @property
    def holder(self) -> str:
        return str(self.document.get("holder", DEFAULTS["holder"]))

    @property
    def variant(self) -> str:
        """Key agreement and mapping: a key of ARCS."""
        agreement = "DH" if self.parameter_id in DH_GROUPS else "ECDH"
        return f"{agreement}-{self.mapping}"

    @property
    def oid(self) -> str:
        """That of the PACE protocol."""
        return f"{ID_PACE}.{ARCS[self.variant]}.{1 + access.CIPHERS.index(self.cipher)}"

    @property
    def proofs(self) -> tuple[str, ...]:
        """How the chip is to prove that it is no copy: some of facts.PROOFS."""
        asked = {"cam": self.mapping == CAM, "ca": self.agreement, "aa": self.active}
        return tuple(name for name, is_asked in asked.items() if is_asked)

    @property
    def agreement_oid(self) -> str:
        """That of the protocol of chip authentication."""
        assert self.agreement is not None  # noqa: S101 - asked for only then
        arc = 1 if self.agreement.group.startswith("MODP") else 2
        return f"{ID_CA}.{arc}.{1 + access.CIPHERS.index(self.agreement.ciphers[0])}"

    def issue(self) -> Document:
        return issuer.issue(
            **self.document,
            pace=self._offer(),
            chip_authentication=(self.agreement,) if self.agreement else (),
            active_authentication=self.active,
        )

    def _offer(self) -> PaceOffer | None:
        """What the document offers; with CAM there must be another mapping (§4.4)."""
        if PACE not in self.offered:
            return None
        mappings = (CAM, GM) if self.mapping == CAM else (self.mapping or GM,)
        suites = (PaceSuite.named(self.cipher, self.parameter_id, item) for item in mappings)
        return PaceOffer(tuple(suites))

    @property
    def columns(self) -> tuple[str, ...]:
        """What tells this combination from others, for an aligned line."""
        name = (BAC, "", "") if self.mapping is None else (f"PACE-{self.variant}", *self._group())
        choices = {**DEFAULTS, **self.document}
        return (
            *name,
            self.cipher,
            self.password,
            str(choices.pop("document_format")),
            str(choices.pop("holder")),
            " ".join(filter(None, [*map(_choice, choices.items()), *self._manners()])),
        )

    def _group(self) -> tuple[str, str]:
        sets = {item.parameter_id: item.name for item in access.parameter_sets()}
        return str(self.parameter_id), sets[self.parameter_id]

    @property
    def label(self) -> str:
        return " ".join(column for column in self.columns if column)

    def _manners(self) -> Iterable[str]:
        if self.agreement:
            yield f"CA {self.agreement.group} {' '.join(self.agreement.ciphers)}"
        if self.active:
            key = self.active.bits if self.active.signature == "RSA" else self.active.curve
            yield f"AA {self.active.signature} {key} {self.active.digest}"
            yield "" if self.active.signature == "RSA" else self.active.encoding
        if self.chip_access:
            yield f"chip offers {' and '.join(self.chip_access)}"
        if self.mapping is not None and not self.named:
            yield "no DO 84"
        if self.extended:
            yield "extended"
        if self.short_ids:
            yield "short ids"


def _choice(item: tuple[str, Any]) -> str:
    """A choice of the document in few characters: most values say by themselves what they are."""
    name, value = item
    if isinstance(value, bool):
        return "explicit" if value else ""
    return {"image_size": f"image:{value}", "faces": f"{value} faces"}.get(name, str(value))


def combinations() -> tuple[Combination, ...]:
    """All of them, in the order in which they are run."""
    return (*_bac(), *_pace(), *_manners_of_reading(), *_chip(), *_active())


def smoke() -> tuple[Combination, ...]:
    """A few: the first with each mapping and cipher."""
    first: dict[tuple[str | None, str], Combination] = {}
    for row in combinations():
        first.setdefault((row.mapping, row.cipher), row)
    return tuple(first.values())


def _bac() -> list[Combination]:
    """BAC has one cipher; what varies is the key that follows from the MRZ."""
    return [
        Combination(document=_document(number, holder, document_format))
        for number, (holder, document_format) in enumerate(_holders())
    ]


def _holders() -> list[tuple[str, str]]:
    """Each holder once, in a format that can hold the number."""
    formats = {"long-number": "TD1", "short-number": "TD2"}
    rows = [(name, formats.get(name, "TD3")) for name in issuer.HOLDERS]
    return [*rows, ("long-number", "TD2"), ("eriksson", "TD1"), ("eriksson", "TD2")]


def _pace() -> list[Combination]:
    """Every mapping, parameter set and cipher; both passwords and all documents in turn."""
    return [
        Combination(
            mapping,
            cipher,
            parameter_id,
            password=(MRZ, CAN)[(number + number // 4) % 2],
            document=_document(number, "eriksson", issuer.FORMATS[number % 3]),
            named=number % 3 > 0,
        )
        for number, (mapping, parameter_id, cipher) in enumerate(_suites())
    ]


def _suites() -> Iterable[tuple[str, int, str]]:
    """What tables 2, 3 and 12 of Doc 9303-11 combine, but for one thing that JMRTD does wrong.

    In the integrated mapping with AES-192 its nonce t has 32 bytes; §4.4.3.3 wants as many as a
    key has, 24, and the chip refuses it.
    """
    for mapping in (GM, IM, CAM):
        for parameter_id in (*DH_GROUPS, *CURVES):
            for cipher in access.CIPHERS:
                if mapping == IM and (parameter_id == P_224 or cipher == "AES-192"):
                    continue
                if mapping == CAM and (parameter_id in DH_GROUPS or cipher == "3DES"):
                    continue
                yield mapping, parameter_id, cipher


def _document(number: int, holder: str, document_format: str) -> dict[str, Any]:
    """The choices of a document, so that over the numbers every one of them comes with others."""
    schemes = _schemes()
    return {
        "holder": holder,
        "document_format": document_format,
        "lds_version": issuer.LDS_VERSIONS[number // 2 % 2],
        "image": issuer.IMAGES[number // 3 % 2],
        "signer_id": issuer.SIGNER_IDS[number // 5 % 2],
        "digest": issuer.DIGESTS[number % len(issuer.DIGESTS)],
        **schemes[number % len(schemes)],
    }


def _schemes() -> list[dict[str, Any]]:
    curves = [
        {"curve": name, "explicit_parameters": number % 2 == 0}
        for number, name in enumerate(issuer.CURVES)
    ]
    return [*curves, {"signature": "RSA"}, {"signature": "RSA-PSS"}]


def _manners_of_reading() -> list[Combination]:
    """One chip, other ways to read it: long files, long APDUs, short identifiers, both doors."""
    both = (PACE, BAC)
    rows: list[dict[str, Any]] = [
        {"document": {"image_size": LARGE_IMAGE}},
        {"document": {"image_size": LARGEST_IMAGE}, "extended": True},
        {"short_ids": True},
        {"chip_access": both},
        {"document": {"faces": 3}},
    ]
    ways = ((None, "3DES"), (GM, "3DES"), (GM, "AES-256"))
    return [Combination(mapping, cipher, **row) for mapping, cipher in ways for row in rows]


def _chip() -> list[Combination]:
    """Chip authentication: every group, the ciphers in turn, after BAC and after PACE."""
    return [
        replace(
            way, agreement=CaScheme(item.name, (cipher,), key_id=number if number % 3 else None)
        )
        for number, item in enumerate(access.parameter_sets())
        for way, cipher in (
            (Combination(), access.CIPHERS[number % 4]),
            (Combination(GM, "AES-128"), access.CIPHERS[(number + 1) % 4]),
        )
    ]


def _active() -> list[Combination]:
    """Active authentication by RSA with each trailer and length, by ECDSA in both encodings.

    How long an answer it has to ask for JMRTD takes from the key: up to 1848 bits a short one,
    which is what 3DES leaves room for. AES leaves less, so after AES the chip must say 61xx.
    """
    digests = issuer.DIGESTS
    by_bac = [AaScheme(digest=digest) for digest in digests]
    by_bac += [AaScheme(bits=bits) for bits in RSA_BITS if bits != AaScheme().bits]
    by_pace = [AaScheme(bits=bits, when_long=ANNOUNCE) for bits in RSA_BITS]
    by_pace += [
        AaScheme("ECDSA", digests[1 + number % 4], curve=curve, encoding=ENCODINGS[number % 2])
        for number, curve in enumerate(issuer.CURVES)
    ]
    rows = [Combination(active=scheme) for scheme in by_bac]
    return rows + [Combination(GM, "AES-128", active=scheme) for scheme in by_pace]
