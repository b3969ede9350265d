"""What a forger works with: a genuine document, the keys of its country, and keys of his own."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from types import MappingProxyType

from epass import tlv
from epass.lds.names import File
from epass.sim import certificates, cms, issuer, lds_files, published
from epass.sim.certificates import Draft, Signer
from epass.sim.country import SIGNER_VALIDITY, Country
from epass.sim.issuer import ISSUED_AT, Document
from epass.sim.keys import SigningKey, derive
from epass.sim.scheme import Scheme

FORGER = b"epass: the forger"


@dataclass(frozen=True, slots=True)
class Forgery:
    """The document that a verifier gets, and the master list that it is given to believe."""

    document: Document = field(repr=False)
    master_list: bytes = field(repr=False)


@dataclass(frozen=True)
class Workshop:
    """The genuine document, signed by ``scheme``, and ways to make another of it.

    ``options`` are those of ``issuer.issue``.
    """

    scheme: Scheme = field(default_factory=Scheme)
    options: Mapping[str, object] = field(default_factory=dict)

    @cached_property
    def country(self) -> Country:
        return issuer.default_country("UTO")

    @cached_property
    def document(self) -> Document:
        return self.issue()

    @cached_property
    def signer(self) -> Signer:
        """The genuine document signer."""
        return self.country.document_signer(self.scheme)

    @property
    def csca(self) -> Signer:
        return self.country.csca

    @property
    def files(self) -> dict[File, bytes]:
        return dict(self.document.files)

    @property
    def groups(self) -> dict[File, bytes]:
        return {file: content for file, content in self.files.items() if file.group}

    @cached_property
    def stranger(self) -> Country:
        """A country of the same name whose keys the forger has made."""
        return Country(self.country.state, derive(FORGER, "country"))

    def issue(self, **changes: object) -> Document:
        """A document of the same country."""
        chosen = {
            "signature": self.scheme.signature,
            "digest": self.scheme.digest,
            "curve": self.scheme.curve,
            "explicit_parameters": self.scheme.explicit_parameters,
        }
        return issuer.issue(**{**chosen, **self.options, **changes})  # type: ignore[arg-type]

    def key(self, purpose: str, scheme: Scheme | None = None) -> SigningKey:
        """A key that nobody else has."""
        return (scheme or self.scheme).key(derive(FORGER, purpose))

    # --- documents ---

    def forged(self, files: Mapping[File, bytes | None], **more: bytes) -> Forgery:
        """The genuine document with other ``files``; None withholds one."""
        kept = {**self.files, **files}
        present = {file: content for file, content in kept.items() if content is not None}
        document = replace(self.document, files=MappingProxyType(present))
        return Forgery(document, more.get("master_list") or self.published())

    def resigned(
        self,
        groups: Mapping[File, bytes] | None = None,
        *,
        signer: Signer | None = None,
        content: bytes | None = None,
        master_list: bytes | None = None,
        **changes: object,
    ) -> Forgery:
        """With an EF.SOD over ``groups`` by ``signer``; ``changes`` are of ``cms.Draft``."""
        signed = self.groups if groups is None else dict(groups)
        draft = self.draft(signed, signer or self.signer)
        if content is not None:
            draft = replace(draft, content=content)
        sod = tlv.build(lds_files.EF_SOD, draft.but(**changes).encode())
        com = lds_files.ef_com(signed, lds_version=self.lds_version)
        forged = {**signed, File.SOD: sod, File.COM: com}
        return Forgery(
            replace(self.document, files=MappingProxyType({**self.files, **forged})),
            master_list or self.published(),
        )

    def draft(self, groups: Mapping[File, bytes], signer: Signer) -> cms.Draft:
        """What a genuine EF.SOD over ``groups`` is made of."""
        content = lds_files.security_object(groups, signer.digest, lds_version=self.lds_version)
        return cms.Draft(lds_files.ID_LDS_SECURITY_OBJECT, content, signer, ISSUED_AT)

    @property
    def lds_version(self) -> str:
        return str(self.options.get("lds_version", "1.7"))

    # --- certificates ---

    def certified(
        self,
        change: Callable[[Draft], Draft] = lambda draft: draft,
        *,
        key: SigningKey | None = None,
        issuer_: Signer | None = None,
        signed_by: Signer | None = None,
    ) -> Signer:
        """A document signer certified by ``issuer_``, who lets ``change`` alter the certificate;
        ``signed_by`` is whose key really signs it.
        """
        authority = issuer_ or self.csca
        draft = certificates.document_signer(
            self.country.state,
            key or self.signer.key,
            authority,
            common_name=f"{self.country.state.title} Document Signer",
            serial=0x666F72676564,
            validity=SIGNER_VALIDITY,
        )
        signing = signed_by or authority
        certificate = change(draft).sign(authority.certificate.subject, signing.key, signing.digest)
        return Signer(key or self.signer.key, self.scheme.hash, certificate)

    # --- what is published ---

    def published(
        self,
        *listed: bytes,
        crl: bytes | None = None,
        more_crls: tuple[bytes, ...] = (),
        signer: Signer | None = None,
        without_crl: bool = False,
        **changes: object,
    ) -> bytes:
        """The master list of the country with other certificates besides, or other CRLs."""
        own = published.authorities(self.country)
        lists = () if without_crl else (crl or self.crl(), *more_crls)
        return published.master_list(
            (*own, *listed),
            signer or published.list_signer(self.country),
            revocation_lists=lists,
            **changes,
        )

    def crl(self, revoked: Mapping[int, datetime] | None = None, **changes: object) -> bytes:
        """A CRL of the country; ``changes`` are of ``published.revocation_list``."""
        return published.revocation_list(self.csca, revoked or {}, **changes)  # type: ignore[arg-type]


Forge = Callable[[Workshop], Forgery]


@dataclass(frozen=True, slots=True)
class Attack:
    """A named forgery, and what a verifier must say of it.

    ``check`` is the id of the check that has to find it, ``outcome`` "fail" or "unknown", and
    ``reason`` stands in its reason. ``also`` are the ids of others that cannot but follow. A chip
    that is not ``readable`` refuses a file that every document has: a reader ends there.
    """

    name: str
    about: str
    check: str
    outcome: str
    reason: str
    also: frozenset[str]
    scheme: Scheme
    options: Mapping[str, object]
    forge: Forge = field(repr=False)
    readable: bool = True

    def make(self) -> Forgery:
        return self.forge(Workshop(self.scheme, self.options))


ATTACKS: dict[str, Attack] = {}


def attack(
    name: str,
    about: str,
    check: str,
    reason: str,
    *,
    outcome: str = "fail",
    also: str = "",
    scheme: Scheme | None = None,
    readable: bool = True,
    **options: object,
) -> Callable[[Forge], Forge]:
    """Enter the decorated function into the register; ``also`` are ids between blanks."""

    def enter(forge: Forge) -> Forge:
        following = frozenset(also.split())
        used = scheme or Scheme()
        ATTACKS[name] = Attack(
            name, about, check, outcome, reason, following, used, options, forge, readable
        )
        return forge

    return enter
