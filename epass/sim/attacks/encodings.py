"""EF.SODs whose parts stand where, or as, they must not."""

from collections.abc import Callable
from dataclasses import replace

from epass.lds.names import File
from epass.sim import der
from epass.sim.attacks.groups import longer_length, refilled, value
from epass.sim.attacks.objects import ALL, digests, security_object
from epass.sim.attacks.workshop import Forgery, Workshop, attack
from epass.sim.certificates import SUBJECT_KEY_IDENTIFIER, Draft, extension
from epass.sim.cms import MESSAGE_DIGEST, attribute, default_attributes
from epass.sim.keys import DIGESTS
from epass.sim.proof_keys import CaScheme

SHA256 = DIGESTS["SHA-256"]


def _attributes(shop: Workshop) -> tuple[bytes, ...]:
    return default_attributes(shop.draft(shop.groups, shop.signer))


def _certificate(shop: Workshop, change: Callable[[Draft], Draft]) -> Forgery:
    return shop.resigned(signer=shop.certified(change))


@attack(
    "sod-endless",
    "Signed data of indefinite length that do not end.",
    "sod.format",
    "the data ends inside a header",
    also=ALL,
)
def _sod_endless(shop: Workshop) -> Forgery:
    sod = shop.files[File.SOD]
    return shop.forged({File.SOD: refilled(sod, lambda held: b"\x30\x80" + value(held))})


@attack(
    "attributes-in-ber",
    "Signed attributes that are not DER, so that two verifiers may hash different bytes.",
    "sod.format",
    "a length field longer than needed",
    also=ALL,
)
def _attributes_in_ber(shop: Workshop) -> Forgery:
    kind, *others = _attributes(shop)
    return shop.resigned(attributes=(longer_length(kind), *others))


@attack(
    "attributes-as-content",
    "Signed attributes served as the content itself: the signature is genuine.",
    "sod.format",
    "the tag is 31, not 30",
    also=ALL,
)
def _attributes_as_content(shop: Workshop) -> Forgery:
    return shop.resigned(content=der.set_of(_attributes(shop)), attributes=())


@attack(
    "two-digest-attributes",
    "The attribute of the digest stands twice.",
    "sod.format",
    "does not have one value",
    also=ALL,
)
def _two_digest_attributes(shop: Workshop) -> Forgery:
    other = attribute(MESSAGE_DIGEST, der.octet_string(SHA256.of(b"another")))
    return shop.resigned(attributes=(*_attributes(shop), other))


@attack(
    "no-content-type",
    "Signed attributes that do not say of what.",
    "sod.format",
    "content type or message digest is missing",
    also=ALL,
)
def _no_content_type(shop: Workshop) -> Forgery:
    return shop.resigned(attributes=_attributes(shop)[1:])


@attack(
    "object-trailing",
    "Something follows the LDS security object, inside what is signed.",
    "sod.format",
    "after the end",
    also=ALL,
)
def _object_trailing(shop: Workshop) -> Forgery:
    return shop.resigned(content=security_object(digests(shop)) + der.NULL)


@attack(
    "empty-digest",
    "The digest of DG2 has no bytes.",
    "sod.format",
    "a digest of 0 bytes",
    also=ALL,
)
def _empty_digest(shop: Workshop) -> Forgery:
    emptied = [(number, b"" if number == 2 else held) for number, held in digests(shop)]
    return shop.resigned(content=security_object(emptied))


@attack(
    "dg2-not-signed",
    "The state has signed DG1 and DG14, and no portrait.",
    "files.signed",
    "read, but not signed by EF.SOD: DG2",
    also="dg2.hash com.sod",
    chip_authentication=(CaScheme("brainpoolP256r1", ("AES-128",)),),
)
def _dg2_not_signed(shop: Workshop) -> Forgery:
    kept = shop.groups
    del kept[File.DG2]
    forgery = shop.resigned(kept)
    return shop.forged({File.SOD: forgery.document.files[File.SOD]})


# --- certificates -----------------------------------------------------------------------------


@attack(
    "certificate-of-two-algorithms",
    "The signer's certificate is signed by one algorithm and says another beside it.",
    "sod.format",
    "two different signature algorithms",
    also=ALL,
)
def _certificate_of_two_algorithms(shop: Workshop) -> Forgery:
    certificate = shop.signer.certificate
    said = shop.csca.key.signature_algorithm(shop.csca.digest)
    other = shop.csca.key.signature_algorithm(SHA256)
    # Only the second one, behind what is signed, and both are of one length.
    before, _, behind = certificate.der.rpartition(said)
    forged = replace(certificate, der=before + other + behind)
    return shop.resigned(signer=replace(shop.signer, certificate=forged))


@attack(
    "extension-twice",
    "An extension with two values to choose from.",
    "sod.format",
    f"two extensions {SUBJECT_KEY_IDENTIFIER}",
    also=ALL,
)
def _extension_twice(shop: Workshop) -> Forgery:
    again = extension(SUBJECT_KEY_IDENTIFIER, der.octet_string(bytes(20)))
    return _certificate(shop, lambda draft: replace(draft, extensions=(*draft.extensions, again)))


@attack(
    "decoys",
    "Two certificates of the state, of which EF.SOD names neither.",
    "sod.signer",
    "none of the 2 certificates",
    outcome="unknown",
    also="sod.signature ds.path ds.profile ds.validity_at_signing ds.validity_now ds.revocation"
    " dg1.country chip.active chip.authentication chip.mapping access.card_access access.protocol",
)
def _decoys(shop: Workshop) -> Forgery:
    named = shop.signer.certificate
    decoys = (shop.certified().certificate.der, shop.csca.certificate.der)
    sid = der.sequence(named.issuer, der.integer(named.serial))
    return shop.resigned(certificates=decoys, sid=sid)
