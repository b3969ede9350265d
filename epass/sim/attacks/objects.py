"""EF.SODs that are not what their standard prescribes, or not those of this document."""

from epass import tlv
from epass.lds.names import File
from epass.sim import der, lds_files
from epass.sim.attacks.groups import CHIP, NILSSON, refilled, value
from epass.sim.attacks.workshop import Forgery, Workshop, attack
from epass.sim.cms import MESSAGE_DIGEST, attribute, default_attributes
from epass.sim.keys import DIGESTS, Digest

MD5 = Digest("MD5", "1.2.840.113549.2.5", 16, "1.2.840.10045.4.1", "1.2.840.113549.1.1.4")
SHA256 = DIGESTS["SHA-256"]
ALL = (
    "com.sod sod.signer sod.digest sod.signature ds.path ds.profile ds.validity_at_signing"
    " ds.validity_now ds.revocation dg1.hash dg2.hash files.signed files.read dg1.country"
    " chip.active chip.authentication chip.mapping access.card_access access.protocol"
)
DEEP = 40  # levels


def _sod(shop: Workshop, content: bytes) -> Forgery:
    return shop.forged({File.SOD: content})


@attack(
    "sod-of-another",
    "The EF.SOD of another document of the same state.",
    "dg1.hash",
    "not the one whose SHA-256 digest EF.SOD signs",
    also="dg2.hash",
)
def _sod_of_another(shop: Workshop) -> Forgery:
    other = shop.issue(holder=NILSSON, image="JPEG2000")
    return _sod(shop, other.files[File.SOD])


@attack(
    "sod-withheld",
    "EF.SOD cannot be read.",
    "sod.format",
    "the file was not read",
    outcome="unknown",
    also=ALL,
    readable=False,
)
def _sod_withheld(shop: Workshop) -> Forgery:
    return shop.forged({File.SOD: None})


@attack(
    "sod-truncated",
    "EF.SOD ends early.",
    "sod.format",
    "the value is longer than what holds it",
    also=ALL,
)
def _sod_truncated(shop: Workshop) -> Forgery:
    return _sod(shop, refilled(shop.files[File.SOD], lambda held: held[:-1]))


@attack("sod-trailing", "Something follows EF.SOD.", "sod.format", "after the end", also=ALL)
def _sod_trailing(shop: Workshop) -> Forgery:
    return _sod(shop, refilled(shop.files[File.SOD], lambda held: held + der.NULL))


@attack(
    "sod-oversized",
    "The signed data in EF.SOD claim to be 4 GiB long.",
    "sod.format",
    "the value is longer than what holds it",
    also=ALL,
)
def _sod_oversized(shop: Workshop) -> Forgery:
    claimed = b"\x30\x84\xff\xff\xff\xff"
    return _sod(shop, refilled(shop.files[File.SOD], lambda held: claimed + value(held)))


@attack("sod-nested", "Values in values without end.", "sod.format", "nested too deeply", also=ALL)
def _sod_nested(shop: Workshop) -> Forgery:
    inner = b"\x05\x00"
    for _ in range(DEEP):
        inner = der.sequence(inner)
    return _sod(shop, tlv.build(lds_files.EF_SOD, inner))


@attack(
    "certificate-in-ber",
    "The signer's certificate with an indefinite length, which hides where it ends.",
    "sod.format",
    "indefinite length",
    also=ALL,
)
def _certificate_in_ber(shop: Workshop) -> Forgery:
    encoded = shop.signer.certificate.der
    body = encoded[4:]
    return shop.resigned(certificates=(b"\x30\x80" + body + b"\x00\x00",))


@attack(
    "no-signer",
    "EF.SOD without a signature.",
    "sod.format",
    "nobody has signed it",
    also=ALL,
)
def _no_signer(shop: Workshop) -> Forgery:
    return shop.resigned(signer_infos=0)


@attack(
    "two-signers",
    "EF.SOD with two signatures, of which a verifier may look at the wrong one.",
    "sod.format",
    "more than one signer",
    outcome="unknown",
    also=ALL,
)
def _two_signers(shop: Workshop) -> Forgery:
    return shop.resigned(signer_infos=2)


@attack(
    "other-content",
    "Something that the state has signed, and that is no LDS security object.",
    "sod.format",
    "the content is not an LDS security object",
    also=ALL,
)
def _other_content(shop: Workshop) -> Forgery:
    return shop.resigned(content=der.sequence(der.integer(0)), content_type="2.23.136.1.1.2")


# --- the LDS security object ------------------------------------------------------------------


def security_object(
    digests: list[tuple[int, bytes]], *, version: int = 0, digest: Digest = SHA256
) -> bytes:
    hashes = (
        der.sequence(der.integer(number), der.octet_string(digest_of))
        for number, digest_of in digests
    )
    return der.sequence(der.integer(version), digest.identifier(), der.sequence(*hashes))


def digests(shop: Workshop, digest: Digest = SHA256) -> list[tuple[int, bytes]]:
    return [(file.group or 0, digest.of(content)) for file, content in shop.groups.items()]


@attack("duplicate-group", "Two digests for DG1.", "sod.format", "DG1 has two digests", also=ALL)
def _duplicate_group(shop: Workshop) -> Forgery:
    return shop.resigned(content=security_object([*digests(shop), (1, SHA256.of(b"another DG1"))]))


@attack(
    "group-0",
    "A digest for a data group 0.",
    "sod.format",
    "not the number of a data group",
    also=ALL,
)
def _group_0(shop: Workshop) -> Forgery:
    return shop.resigned(content=security_object([(0, bytes(32)), *digests(shop)]))


@attack(
    "group-17",
    "A digest for a data group 17.",
    "sod.format",
    "not the number of a data group",
    also=ALL,
)
def _group_17(shop: Workshop) -> Forgery:
    return shop.resigned(content=security_object([*digests(shop), (17, bytes(32))]))


@attack("one-group", "Only DG1 is signed.", "sod.format", "digests of 1 data groups", also=ALL)
def _one_group(shop: Workshop) -> Forgery:
    return shop.resigned(content=security_object(digests(shop)[:1]))


@attack(
    "object-version-2",
    "A version that does not exist.",
    "sod.format",
    "neither version 0 nor 1",
    also=ALL,
)
def _object_version_2(shop: Workshop) -> Forgery:
    return shop.resigned(content=security_object(digests(shop), version=2))


@attack(
    "short-digests",
    "The signed digests are cut to 20 bytes.",
    "dg1.hash",
    "EF.SOD signs 20 bytes for it, no SHA-256 digest",
    also="dg2.hash",
)
def _short_digests(shop: Workshop) -> Forgery:
    cut = [(number, full[:20]) for number, full in digests(shop)]
    return shop.resigned(content=security_object(cut))


@attack(
    "other-digests",
    "Digests of SHA-224 that claim to be of SHA-256.",
    "dg1.hash",
    "EF.SOD signs 28 bytes for it, no SHA-256 digest",
    also="dg2.hash",
)
def _other_digests(shop: Workshop) -> Forgery:
    return shop.resigned(content=security_object(digests(shop, DIGESTS["SHA-224"])))


@attack(
    "md5-digests",
    "Data groups under MD5, for which files with one digest can be made.",
    "dg1.hash",
    "digest algorithm 1.2.840.113549.2.5",
    outcome="unknown",
    also="dg2.hash",
)
def _md5_digests(shop: Workshop) -> Forgery:
    return shop.resigned(content=security_object(digests(shop, MD5), digest=MD5))


# --- signed attributes ------------------------------------------------------------------------


@attack(
    "digest-of-another",
    "The signed digest is not that of the content.",
    "sod.digest",
    "the signed SHA-256 digest is not that of the content",
    also=CHIP,
)
def _digest_of_another(shop: Workshop) -> Forgery:
    draft = shop.draft(shop.groups, shop.signer)
    other = default_attributes(draft.but(content=b"another content"))
    return shop.resigned(attributes=other)


@attack(
    "content-exchanged",
    "Digests of the forger's files beneath a genuine signature.",
    "sod.digest",
    "the signed SHA-256 digest is not that of the content",
    also=CHIP,
)
def _content_exchanged(shop: Workshop) -> Forgery:
    genuine = shop.draft(shop.groups, shop.signer)
    forged = {**shop.groups, File.DG2: shop.issue(image="JPEG2000").files[File.DG2]}
    return shop.resigned(forged, attributes=default_attributes(genuine))


@attack(
    "content-type-of-another",
    "The signed content type is that of something else.",
    "sod.digest",
    "the signed content type is not that of the content",
    also=CHIP,
)
def _content_type_of_another(shop: Workshop) -> Forgery:
    draft = shop.draft(shop.groups, shop.signer).but(content_type="2.23.136.1.1.2")
    return shop.resigned(attributes=default_attributes(draft))


@attack(
    "no-attributes",
    "The signature is over the content itself, which CMS allows for plain data only.",
    "sod.digest",
    "there are no signed attributes",
    also=CHIP,
)
def _no_attributes(shop: Workshop) -> Forgery:
    return shop.resigned(attributes=())


@attack(
    "no-digest",
    "Signed attributes without a digest.",
    "sod.format",
    "content type or message digest is missing",
    also=ALL,
)
def _no_digest(shop: Workshop) -> Forgery:
    kept = default_attributes(shop.draft(shop.groups, shop.signer))
    return shop.resigned(attributes=(kept[0], kept[2]))


@attack(
    "two-digests",
    "A digest of two contents to choose from.",
    "sod.format",
    "does not have one value",
    also=ALL,
)
def _two_digests(shop: Workshop) -> Forgery:
    draft = shop.draft(shop.groups, shop.signer)
    values = (SHA256.of(draft.content), SHA256.of(b"another"))
    both = attribute(MESSAGE_DIGEST, *map(der.octet_string, values))
    kept = default_attributes(draft)
    return shop.resigned(attributes=(kept[0], both, kept[2]))


@attack(
    "md5-attributes",
    "The digest of the content is by MD5.",
    "sod.digest",
    "digest algorithm 1.2.840.113549.2.5",
    outcome="unknown",
    also=CHIP,
)
def _md5_attributes(shop: Workshop) -> Forgery:
    return shop.resigned(digest_algorithm=MD5.identifier())
