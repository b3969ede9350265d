"""CMS SignedData with one signer, as EF.SOD and the lists of Doc 9303-12 use it.

Source: RFC 5652 §3, §5 and §11; Doc 9303-10 §4.6.2.2, table 37 (the profile).
"""

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
    encapsulated = der.sequence(der.oid(content_type), der.explicit(0, der.octet_string(content)))
    signed_data = der.sequence(
        der.integer(SIGNED_DATA_VERSION),
        der.set_of([signer.digest.identifier()]),
        encapsulated,
        der.implicit(0, der.set_of([signer.certificate.der])),
        der.set_of([_signer_info(content_type, content, signer, at, signer_id)]),
    )
    return der.sequence(der.oid(ID_SIGNED_DATA), der.explicit(0, signed_data))


def _signer_info(
    content_type: str, content: bytes, signer: Signer, at: datetime, signer_id: str
) -> bytes:
    certificate = signer.certificate
    if signer_id == KEY_ID:
        version, sid = 3, der.implicit(0, der.octet_string(certificate.key_id))
    else:
        version, sid = 1, der.sequence(certificate.issuer, der.integer(certificate.serial))
    attributes = der.set_of(
        (
            _attribute(CONTENT_TYPE, der.oid(content_type)),
            _attribute(MESSAGE_DIGEST, der.octet_string(signer.digest.of(content))),
            _attribute(SIGNING_TIME, der.time(at)),
        )
    )
    return der.sequence(
        der.integer(version),
        sid,
        signer.digest.identifier(),
        der.implicit(0, attributes),
        signer.key.signature_algorithm(signer.digest),
        # RFC 5652 §5.4: what is signed carries the tag SET, not the [0] that is sent.
        der.octet_string(signer.key.sign(attributes, signer.digest)),
    )


def _attribute(oid: str, value: bytes) -> bytes:
    return der.sequence(der.oid(oid), der.set_of([value]))
