"""CMS SignedData with one signer, as EF.SOD and the lists of Doc 9303-12 use it.

Source: RFC 5652 §3, §5 and §11; Doc 9303-10 §4.6.2.2, table 37 (the profile).
"""

from dataclasses import dataclass, replace
from datetime import datetime

from epass.sim import choices, der
from epass.sim.certificates import Signer

ID_SIGNED_DATA = "1.2.840.113549.1.7.2"
CONTENT_TYPE, MESSAGE_DIGEST, SIGNING_TIME = (f"1.2.840.113549.1.9.{arc}" for arc in (3, 4, 5))
SIGNED_DATA_VERSION = 3  # table 37; RFC 5652 §5.1 for content that is not id-data

ISSUER_AND_SERIAL, KEY_ID = SIGNER_IDS = ("issuer-and-serial", "key-id")


def sign(
    content_type: str,
    content: bytes,
    signer: Signer,
    *,
    at: datetime,
    signer_id: str = ISSUER_AND_SERIAL,
) -> bytes:
    """A ContentInfo over ``content``, with the signer's certificate inside.

    Raises:
        InputError: ``signer_id`` is none of SIGNER_IDS.
    """
    choices.require("signer id", signer_id, SIGNER_IDS)
    return Draft(content_type, content, signer, at, signer_id).encode()


@dataclass(frozen=True, slots=True)
class Draft:
    """What is to be signed, and how; what is None follows from the rest.

    ``attributes`` are the signed attributes, without their SET; empty ones leave them out.
    ``sid``, ``algorithm`` and ``signature`` are encoded values, for a signer that lies.
    """

    content_type: str
    content: bytes
    signer: Signer
    at: datetime
    signer_id: str = ISSUER_AND_SERIAL
    certificates: tuple[bytes, ...] | None = None
    revocation_lists: tuple[bytes, ...] = ()
    attributes: tuple[bytes, ...] | None = None
    sid: bytes | None = None
    algorithm: bytes | None = None
    signature: bytes | None = None
    digest_algorithm: bytes | None = None
    signer_infos: int = 1

    def but(self, **changes: object) -> "Draft":
        """The same with other fields."""
        return replace(self, **changes)  # type: ignore[arg-type]  # their types are those above

    def encode(self) -> bytes:
        """The ContentInfo."""
        certificates = self.certificates
        if certificates is None:
            certificates = (self.signer.certificate.der,)
        content = der.explicit(0, der.octet_string(self.content))
        revocations = der.implicit(1, der.set_of(self.revocation_lists))
        info = self._signer_info()
        signed_data = der.sequence(
            der.integer(SIGNED_DATA_VERSION),
            der.set_of([self._digest_algorithm]),
            der.sequence(der.oid(self.content_type), content),
            der.implicit(0, der.set_of(certificates)),
            revocations if self.revocation_lists else b"",
            der.set_of([info] * self.signer_infos),
        )
        return der.sequence(der.oid(ID_SIGNED_DATA), der.explicit(0, signed_data))

    @property
    def _digest_algorithm(self) -> bytes:
        return self.digest_algorithm or self.signer.digest.identifier()

    def _sid(self) -> tuple[int, bytes]:
        certificate = self.signer.certificate
        if self.sid is not None:
            return 1, self.sid
        if self.signer_id == KEY_ID:
            return 3, der.implicit(0, der.octet_string(certificate.key_id))
        return 1, der.sequence(certificate.issuer, der.integer(certificate.serial))

    def _signer_info(self) -> bytes:
        version, sid = self._sid()
        given = default_attributes(self) if self.attributes is None else self.attributes
        attributes, signer = der.set_of(given), self.signer
        # RFC 5652 §5.4: what is signed carries the tag SET, not the [0] that is sent.
        message = attributes if given else self.content
        signature = signer.key.sign(message, signer.digest)
        return der.sequence(
            der.integer(version),
            sid,
            self._digest_algorithm,
            der.implicit(0, attributes) if given else b"",
            self.algorithm or signer.key.signature_algorithm(signer.digest),
            der.octet_string(signature if self.signature is None else self.signature),
        )


def default_attributes(draft: Draft) -> tuple[bytes, ...]:
    """Content type, digest and signing time (table 37)."""
    digest = draft.signer.digest.of(draft.content)
    return (
        attribute(CONTENT_TYPE, der.oid(draft.content_type)),
        attribute(MESSAGE_DIGEST, der.octet_string(digest)),
        attribute(SIGNING_TIME, der.time(draft.at)),
    )


def attribute(oid: str, *values: bytes) -> bytes:
    """An Attribute of RFC 5652 §5.3."""
    return der.sequence(der.oid(oid), der.set_of(values))
