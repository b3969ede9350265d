"""A file that carries its own signature: who signed it, over what, and is the signature right?

Source: RFC 5652 §5.3, §5.4, §5.6; Doc 9303-10 §4.6.2.2 (EF.SOD), §3.11.4 (EF.CardSecurity).
"""

from dataclasses import dataclass
from typing import Protocol, Self

from epass import asn1
from epass.crypto import ciphers, public_keys, signatures
from epass.crypto.hashes import Hash
from epass.errors import FormatError, UnsupportedError
from epass.trust.report import Evidence, Outcome

ID_DATA = "1.2.840.113549.1.7.1"
MAX_SHOWN = 200  # characters of a certificate's subject

Answer = tuple[Outcome, str]


class SignedFile(Protocol):
    """EF.SOD or EF.CardSecurity: CMS signed data with one signer."""

    @property
    def signed(self) -> asn1.SignedData: ...

    @property
    def signer(self) -> asn1.SignerInfo: ...


@dataclass(frozen=True, slots=True)
class Listed:
    """A list in CMS with one signer, as a ``SignedFile``."""

    signed: asn1.SignedData
    signer: asn1.SignerInfo

    @classmethod
    def of(cls, signed: asn1.SignedData, *, where: str) -> Self:
        """Raises UnsupportedError where there is not one signer (Doc 9303-12 §9.1, §10.1)."""
        if len(signed.signers) != 1:
            raise UnsupportedError(f"{where}: a list with {len(signed.signers)} signers")
        return cls(signed, signed.signers[0])


def find_signer(file: SignedFile, label: str) -> tuple[asn1.Certificate | None, Answer]:
    """The certificate to verify with, and whether the file means that one.

    States have issued EF.SODs whose only certificate is not the one that they name. The
    signature is then checked with it, and the doubt is an answer of its own: only a path shows
    whether that certificate is the state's.
    """
    certificates, signer = file.signed.certificates, file.signer
    found = [item for item in certificates if _is_named(item, signer)]
    if len(found) == 1:
        return found[0], (Outcome.PASS, named(found[0]))
    if found:
        return None, (Outcome.FAIL, f"the signer's name fits {len(found)} certificates")
    if len(certificates) == 1:
        reason = (
            f"{label} names another signer than the only certificate that it has, which is used"
        )
        return certificates[0], (Outcome.UNKNOWN, reason)
    reason = f"none of the {len(certificates)} certificates in {label} is the signer's"
    return None, (Outcome.UNKNOWN, reason)


def named(certificate: asn1.Certificate) -> str:
    """Subject and serial, for people."""
    return printable(f"{certificate.subject.text}, serial {certificate.serial:X}")


def printable(text: str) -> str:
    """``text`` without what could steer a terminal: a forger may have written it."""
    return "".join(char if char.isprintable() else "?" for char in text[:MAX_SHOWN])


def evidence(certificate: asn1.Certificate) -> Evidence:
    """What identifies the certificate, its algorithm and its dates, in UTC."""
    return {
        "subject": printable(certificate.subject.text),
        "issuer": printable(certificate.issuer.text),
        "serial": printable(f"{certificate.serial:X}"),
        "sha256": Hash.SHA256.digest(certificate.raw).hex(),
        "algorithm": _algorithm(certificate),
        "not_before": certificate.not_before.isoformat(),
        "not_after": certificate.not_after.isoformat(),
    }


def _algorithm(certificate: asn1.Certificate) -> str:
    """What it signs with, as far as it is known from the key alone."""
    key = certificate.public_key
    if isinstance(key, asn1.RsaKey):
        return f"RSA, {key.n.bit_length()} bits"
    try:
        return f"EC, {public_keys.point(key, where='public key').curve.name}"
    except UnsupportedError as error:
        return error.message
    except FormatError as error:
        return f"malformed: {error.message}"


def _is_named(certificate: asn1.Certificate, signer: asn1.SignerInfo) -> bool:
    if signer.subject_key_id is not None:
        return certificate.subject_key_id == signer.subject_key_id
    return (certificate.issuer, certificate.serial) == (signer.issuer, signer.serial)


def digest(file: SignedFile) -> Answer:
    """The signed attributes against the content: they are what the signature is over.

    Raises:
        UnsupportedError, FormatError: the digest algorithm is none of ours, or has parameters.
    """
    signed, signer = file.signed, file.signer
    if signer.signed_attributes is None or signer.message_digest is None:
        if signed.content_type != ID_DATA:  # RFC 5652 §5.3
            return Outcome.FAIL, "there are no signed attributes"
        reason = "there are no signed attributes; the signature is over the content itself"
        return Outcome.NOT_APPLICABLE, reason
    if signer.content_type != signed.content_type:
        return Outcome.FAIL, "the signed content type is not that of the content"
    used = Hash.from_algorithm(signer.digest_algorithm)
    if not ciphers.same(used.digest(signed.content), signer.message_digest):
        return Outcome.FAIL, f"the signed {used.label} digest is not that of the content"
    return Outcome.PASS, with_weakness(used.label, used.weakness)


def signature(file: SignedFile, certificate: asn1.Certificate | None) -> Answer:
    """The signature, with the key of ``certificate``.

    Raises:
        UnsupportedError, FormatError: as ``signatures.verifier``, or the signature is malformed.
    """
    if certificate is None:
        return Outcome.UNKNOWN, "there is no certificate of its signer to verify it with"
    signed, signer = file.signed, file.signer
    verifier = signatures.verifier(
        certificate.public_key, signer.signature_algorithm, signer.digest_algorithm
    )
    message = signer.signed_attributes
    if not verifier.verify(signed.content if message is None else message, signer.signature):
        return Outcome.FAIL, f"not a signature of the signer's key ({verifier.text})"
    return Outcome.PASS, with_weakness(verifier.text, verifier.weaknesses)


def with_weakness(text: str, weaknesses: tuple[str, ...]) -> str:
    """A reason that names what is weak in it."""
    return f"{text}; weak: {', '.join(weaknesses)}" if weaknesses else text
