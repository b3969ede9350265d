"""The door to asn1crypto: CMS SignedData in DER and BER."""

from collections.abc import Callable

import pytest
from asn1_cases import AT, DATA, EXTRA, LDS, MALFORMED, SHA_256, refusal, signer
from hypothesis import given, settings
from hypothesis import strategies as st
from mutation import mutated

from epass import asn1, tlv
from epass.errors import FormatError
from epass.sim import cms, der

CONTENT = bytes(range(256))


def signed_data(data: bytes) -> asn1.SignedData:
    return asn1.signed_data(data, where="test")


def signed(content_type: str = LDS, *, signer_id: str = cms.ISSUER_AND_SERIAL) -> bytes:
    return cms.sign(content_type, CONTENT, signer(), at=AT, signer_id=signer_id)


def test_signed_data() -> None:
    parsed = signed_data(signed())
    (one,) = parsed.signers
    (cert,) = parsed.certificates
    assert (parsed.content_type, parsed.content) == (LDS, CONTENT)
    assert cert == asn1.certificate(signer().certificate.der, where="test")
    assert (one.issuer, one.serial, one.subject_key_id) == (cert.issuer, cert.serial, None)
    assert one.content_type == LDS
    assert one.message_digest == signer().digest.of(CONTENT)
    assert one.signing_time == AT
    assert one.digest_algorithm.oid == SHA_256
    assert one.signature_algorithm.oid == "1.2.840.10045.4.3.2"
    assert one.signed_attributes is not None
    assert one.signed_attributes[0] == 0x31
    assert b"\xa0" + one.signed_attributes[1:] in signed()


def test_a_signer_by_key_id() -> None:
    parsed = signed_data(signed(signer_id="key-id"))
    (one,) = parsed.signers
    assert (one.issuer, one.serial) == (None, None)
    assert one.subject_key_id == parsed.certificates[0].subject_key_id


class Parts:
    """A SignedData in its parts, to be put together again in another way."""

    def __init__(self, data: bytes) -> None:
        data_children = tlv.parse_one(data, 0x30, where="test").require(0xA0).require(0x30)
        version, digests, _, certificates, signers = data_children.children()
        self.version, self.digests = version.raw, digests.raw
        self.certificates, self.signers = certificates.raw, signers.raw
        self.content = der.sequence(der.oid(LDS), der.explicit(0, der.octet_string(CONTENT)))

    @property
    def signer(self) -> list[bytes]:
        return [part.raw for part in tlv.parse(self.signers, where="")[0].children()[0].children()]

    def build(self, wrap: Callable[..., bytes] = tlv.build) -> bytes:
        parts = (self.version, self.digests, self.content, self.certificates, self.signers)
        whole = wrap(0xA0, (wrap(0x30, parts),))
        return wrap(0x30, (der.oid("1.2.840.113549.1.7.2"), whole))


def endless(tag: int, members: tuple[bytes, ...]) -> bytes:
    return bytes((tag, 0x80)) + b"".join(members) + b"\x00\x00"


def in_pieces(content: bytes) -> bytes:
    pieces = tuple(der.octet_string(content[at : at + 100]) for at in range(0, len(content), 100))
    return endless(0x24, pieces)


def test_ber_as_new_zealand_and_the_united_states_have_used_it() -> None:
    parts = Parts(signed())
    parts.content = endless(0x30, (der.oid(LDS), endless(0xA0, (in_pieces(CONTENT),))))
    parts.certificates = endless(0xA0, (signer().certificate.der,))
    sid, digest, attributes, algorithm, signature = parts.signer[1:]
    attributes = endless(0xA0, (tlv.parse(attributes, where="")[0].value,))
    info = (parts.signer[0], sid, digest, attributes, algorithm, signature)
    parts.signers = endless(0x31, (endless(0x30, info),))
    ber = parts.build(endless)
    assert ber[1] == 0x80
    assert signed_data(ber) == signed_data(signed())


def test_what_must_be_der_even_there() -> None:
    parts = Parts(signed())
    certified = tlv.parse(signer().certificate.der, where="")[0]
    parts.certificates = endless(0xA0, (endless(0x30, (certified.value,)),))
    assert refusal(signed_data, parts.build()) == "test: indefinite length"

    parts = Parts(signed())
    members = tlv.parse(parts.signer[3], where="")[0].children()
    attributes = tlv.build(0xA0, [endless(0x30, (members[0].value,)), members[1].raw])
    parts.signers = tlv.build(
        0x31, tlv.build(0x30, [*parts.signer[:3], attributes, *parts.signer[4:]])
    )
    message = refusal(signed_data, parts.build())
    assert message == "test/signer 1/signed attributes at byte 2: indefinite length"


def test_without_certificates_and_with_crls() -> None:
    parts = Parts(signed())
    parts.certificates = b""
    assert signed_data(parts.build()).certificates == ()
    parts.certificates = der.explicit(1, der.sequence(der.NULL))  # not looked at
    assert signed_data(parts.build()).certificates == ()


def attribute(oid: str, *values: bytes) -> bytes:
    return der.sequence(der.oid(oid), der.set_of(values))


CONTENT_TYPE = attribute("1.2.840.113549.1.9.3", der.oid(LDS))
DIGEST = attribute("1.2.840.113549.1.9.4", der.octet_string(b"digest"))
TIME = attribute("1.2.840.113549.1.9.5", der.time(AT))
OTHER = attribute("1.2.840.113549.1.9.52", der.NULL)  # CMSAlgorithmProtection, and malformed


def with_attributes(*attributes: bytes) -> bytes:
    parts = Parts(signed())
    before, after = parts.signer[:3], parts.signer[4:]
    encoded = [tlv.build(0xA0, attributes)] if attributes else []
    parts.signers = tlv.build(0x31, tlv.build(0x30, [*before, *encoded, *after]))
    return parts.build()


def test_signed_attributes_in_the_order_of_the_file() -> None:
    (one,) = signed_data(with_attributes(TIME, DIGEST, OTHER, CONTENT_TYPE)).signers
    assert one.signed_attributes == tlv.build(0x31, TIME + DIGEST + OTHER + CONTENT_TYPE)
    assert (one.content_type, one.message_digest) == (LDS, b"digest")
    assert one.signing_time == AT
    (one,) = signed_data(with_attributes(DIGEST, CONTENT_TYPE)).signers
    assert one.signing_time is None


def test_without_signed_attributes() -> None:
    (one,) = signed_data(with_attributes()).signers
    assert (one.signed_attributes, one.content_type, one.message_digest) == (None, None, None)


ATTRIBUTES = "test/signer 1/signed attributes"


@pytest.mark.parametrize(
    ("attributes", "message"),
    [
        ((CONTENT_TYPE,), f"{ATTRIBUTES}: content type or message digest is missing"),
        ((DIGEST,), f"{ATTRIBUTES}: content type or message digest is missing"),
        (
            (CONTENT_TYPE, DIGEST, DIGEST),
            f"{ATTRIBUTES}: the attribute 1.2.840.113549.1.9.4 does not have one value",
        ),
        (
            (CONTENT_TYPE, attribute("1.2.840.113549.1.9.4")),
            f"{ATTRIBUTES}: the attribute 1.2.840.113549.1.9.4 does not have one value",
        ),
        (
            (attribute("1.2.840.113549.1.9.3", der.oid(LDS), der.oid(DATA)), DIGEST),
            f"{ATTRIBUTES}: the attribute 1.2.840.113549.1.9.3 does not have one value",
        ),
        (
            (CONTENT_TYPE, attribute("1.2.840.113549.1.9.4", der.NULL)),
            "test/signer 1: not the structure that the standard prescribes",
        ),
        (
            (CONTENT_TYPE, DIGEST, der.NULL),
            "test/signer 1: not the structure that the standard prescribes",
        ),
    ],
)
def test_malformed_attributes(attributes: tuple[bytes, ...], message: str) -> None:
    assert refusal(signed_data, with_attributes(*attributes)) == message


def changed(**parts: bytes) -> bytes:
    built = Parts(signed())
    for name, encoded in parts.items():
        setattr(built, name, encoded)
    return built.build()


def encapsulated(content_type: str, *content: bytes) -> bytes:
    return der.sequence(der.oid(content_type), *content)


def signed_with(extra: bytes) -> bytes:
    """A SignedData with another field at its end."""
    parts = Parts(signed())
    parts.signers += extra
    return parts.build()


VERSION = "test: the version of SignedData is not the one for its content"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (changed(version=der.integer(1)), VERSION),
        (changed(version=der.integer(2)), VERSION),
        (changed(version=der.integer(4)), VERSION),
        (changed(content=encapsulated(LDS)), "test: the signed content is missing"),
        (changed(content=encapsulated(LDS, der.explicit(0, der.NULL))), MALFORMED),
        (changed(content=encapsulated(LDS, der.octet_string(b""))), EXTRA),
        (changed(signers=b""), MALFORMED),
        (changed(signers=der.set_of([der.NULL])), MALFORMED),
        (
            changed(certificates=der.explicit(0, der.sequence())),
            MALFORMED.replace("test", "test/certificate 1"),
        ),
        (
            changed(certificates=der.explicit(0, der.explicit(1, der.NULL))),
            MALFORMED.replace("test", "test/certificate 1"),
        ),
        (changed(digests=der.integer(1)), MALFORMED),
        (der.sequence(der.oid(DATA), der.explicit(0, der.NULL)), "test: not CMS SignedData"),
        (signed_with(der.NULL), EXTRA),
        (der.sequence(der.oid(DATA), der.explicit(0, der.octet_string(b""))), "test: not CMS Sign"),
        (der.sequence(der.oid("1.2.840.113549.1.7.2")), MALFORMED),
        (signed() + b"\x00", f"test at byte {len(signed())}: 1 bytes after the end"),
        (b"\x30\x80\x06\x01\x2a", "test at byte 5: the data ends inside a header"),
        (b"\x04\x80\x00\x00", "test at byte 0: indefinite length"),
        (b"\x30\x80" * 40, "test at byte 64: too many values, or nested too deeply"),
    ],
)
def test_malformed_signed_data(data: bytes, message: str) -> None:
    assert refusal(signed_data, data).startswith(message)


@pytest.mark.parametrize("version", [1, 3])
def test_id_data_in_both_versions(version: int) -> None:
    content = encapsulated(DATA, der.explicit(0, der.octet_string(CONTENT)))
    parsed = signed_data(changed(version=der.integer(version), content=content))
    assert (parsed.content_type, parsed.content) == (DATA, CONTENT)


def test_offsets_count_from_the_start_of_the_file() -> None:
    with pytest.raises(FormatError) as caught:
        asn1.signed_data(b"\x30\x00\x00", where="test", base=4)
    assert caught.value.offset == 6


BER = Parts(signed())
BER.content = endless(0x30, (der.oid(LDS), endless(0xA0, (in_pieces(CONTENT),))))


@settings(max_examples=200, deadline=None)
@given(st.one_of(st.binary(max_size=64), mutated(signed()), mutated(BER.build(endless))))
def test_any_bytes_are_signed_data_or_refused(data: bytes) -> None:
    try:
        parsed = signed_data(data)
    except FormatError as fault:
        assert fault.where.startswith("test")
        assert "Utopia" not in str(fault)
    else:
        assert isinstance(hash(parsed.signers), int)
