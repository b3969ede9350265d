"""EF.SOD: the LDS security object inside its signature."""

from collections.abc import Iterable
from datetime import UTC, datetime
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mutation import mutated

from epass import tlv
from epass.errors import EpassError, FormatError, UnsupportedError
from epass.lds.names import File
from epass.lds.sod import CONTENT_TYPES, Sod
from epass.sim import cms, der
from epass.sim.certificates import Signer
from epass.sim.country import Country
from epass.sim.issuer import LDS_VERSIONS, SIGNATURES, issue
from epass.sim.scheme import Scheme

LDS = "2.23.136.1.1.1"
SHA_256 = der.sequence(der.oid("2.16.840.1.101.3.4.2.1"))
AT = datetime(2024, 4, 16, 9, 30, tzinfo=UTC)
VALID = issue().files[File.SOD]


@cache
def signer() -> Signer:
    return Country().document_signer(Scheme())


def digest(number: int, value: bytes = bytes(32)) -> bytes:
    return der.sequence(der.integer(number), der.octet_string(value))


TWO = (digest(1), digest(2))


def content(
    digests: Iterable[bytes] = TWO, version: int = 0, info: bytes = b"", algorithm: bytes = SHA_256
) -> bytes:
    return der.sequence(der.integer(version), algorithm, der.sequence(*digests), info)


def info(lds: str = "0108", unicode: str = "040000") -> bytes:
    return der.sequence(der.printable(lds), der.printable(unicode))


def ef_sod(signed: bytes, content_type: str = LDS) -> bytes:
    return tlv.build(0x77, cms.sign(content_type, signed, signer(), at=AT))


@pytest.mark.parametrize("signature", SIGNATURES)
@pytest.mark.parametrize("lds_version", LDS_VERSIONS)
def test_documents_of_the_fictitious_country(signature: str, lds_version: str) -> None:
    document = issue(signature=signature, lds_version=lds_version)
    sod = Sod.parse(document.files[File.SOD])
    assert sod.version == LDS_VERSIONS.index(lds_version)
    versions = (sod.lds_version, sod.unicode_version)
    assert versions == ((None, None) if lds_version == "1.7" else ("0108", "040000"))
    assert sod.digest_algorithm.oid == "2.16.840.1.101.3.4.2.1"
    assert list(sod.digests) == [File.DG1, File.DG2]
    assert sod.signer is sod.signed.signers[0]


def test_the_signed_content_is_a_slice_of_the_file() -> None:
    sod = Sod.parse(VALID)
    assert sod.signed.content in VALID
    assert sod.signed.content.startswith(b"\x30")


def test_digests_in_any_order() -> None:
    sod = Sod.parse(ef_sod(content([digest(14), digest(2), digest(1, b"\x01" * 20)])))
    assert list(sod.digests) == [File.DG14, File.DG2, File.DG1]
    assert sod.digests[File.DG1] == b"\x01" * 20


def test_digests_of_all_sixteen_groups() -> None:
    sod = Sod.parse(ef_sod(content(digest(number) for number in range(1, 17))))
    assert [file.group for file in sod.digests] == list(range(1, 17))


@pytest.mark.parametrize("content_type", CONTENT_TYPES)
def test_content_types_of_the_field(content_type: str) -> None:
    assert Sod.parse(ef_sod(content(), content_type)).signed.content_type == content_type


def test_digest_algorithm_with_and_without_null() -> None:
    with_null = der.sequence(der.oid("1.3.14.3.2.26"), der.NULL)
    algorithm = Sod.parse(ef_sod(content(algorithm=with_null))).digest_algorithm
    assert (algorithm.oid, algorithm.parameters) == ("1.3.14.3.2.26", der.NULL)


@pytest.mark.parametrize(
    ("signed", "message"),
    [
        (b"", "EF.SOD/LDSSecurityObject at byte 0: empty"),
        (content() + b"\x00", "EF.SOD/LDSSecurityObject at byte 98: 1 bytes after the end"),
        (
            b"\x31" + content()[1:],
            "EF.SOD/LDSSecurityObject at byte 0: the tag is 31, not 30",
        ),
        (
            der.sequence(der.integer(0), SHA_256),
            "EF.SOD/LDSSecurityObject/30 at byte 2: not version, algorithm, digests and version",
        ),
        (
            der.sequence(SHA_256, der.integer(0), der.sequence()),
            "EF.SOD/LDSSecurityObject/30 at byte 2: not version, algorithm, digests and version",
        ),
        (
            der.sequence(der.integer(1), SHA_256, der.sequence(*TWO), info(), info()),
            "EF.SOD/LDSSecurityObject/30 at byte 3: not version, algorithm, digests and version",
        ),
        (content(version=2), "EF.SOD/LDSSecurityObject/30/02 at byte 4: neither version 0 nor 1"),
        (content(version=-1), "EF.SOD/LDSSecurityObject/30/02 at byte 4: neither version 0 nor 1"),
        (
            content(version=256),
            "EF.SOD/LDSSecurityObject/30/02 at byte 4: neither version 0 nor 1",
        ),
        (
            content(version=1),
            "EF.SOD/LDSSecurityObject/30/02 at byte 4: version 1 has version info",
        ),
        (
            content(info=info()),
            "EF.SOD/LDSSecurityObject/30/02 at byte 4: version 1 has version info",
        ),
        (
            content(version=1, info=info("108")),
            "EF.SOD/LDSSecurityObject/30/30/13 at byte 102: not 4 digits",
        ),
        (
            content(version=1, info=info(unicode="04.0.0")),
            "EF.SOD/LDSSecurityObject/30/30/13 at byte 108: not 6 digits",
        ),
        (
            content(version=1, info=der.sequence(der.utf8("0108"), der.utf8("040000"))),
            "EF.SOD/LDSSecurityObject/30/30 at byte 100: not a sequence of the two values",
        ),
        (
            content(algorithm=der.sequence(der.integer(1))),
            "EF.SOD/LDSSecurityObject/30/30: not the structure that the standard prescribes",
        ),
        (
            content([digest(0), digest(1)]),
            "EF.SOD/LDSSecurityObject/30/30/30/02 at byte 24: not the number of a data group",
        ),
        (
            content([digest(17), digest(1)]),
            "EF.SOD/LDSSecurityObject/30/30/30/02 at byte 24: not the number of a data group",
        ),
        (
            content([digest(257), digest(1)]),
            "EF.SOD/LDSSecurityObject/30/30/30/02 at byte 24: not the number of a data group",
        ),
        (
            content([digest(1), digest(2), digest(1)]),
            "EF.SOD/LDSSecurityObject/30/30/30/02 at byte 103: DG1 has two digests",
        ),
        (
            content([digest(1, b""), digest(2)]),
            "EF.SOD/LDSSecurityObject/30/30/30/04 at byte 27: a digest of 0 bytes",
        ),
        (
            content([digest(1, bytes(65)), digest(2)]),
            "EF.SOD/LDSSecurityObject/30/30/30/04 at byte 28: a digest of 65 bytes",
        ),
        (
            content([digest(1)]),
            "EF.SOD/LDSSecurityObject/30/30 at byte 20: digests of 1 data groups",
        ),
        (
            content([der.sequence(der.integer(1))]),
            "EF.SOD/LDSSecurityObject/30/30/30 at byte 22: not a sequence of the two values",
        ),
        (
            content([der.integer(1)]),
            "EF.SOD/LDSSecurityObject/30/30/02 at byte 22: not a sequence of the two values",
        ),
    ],
)
def test_malformed_security_object(signed: bytes, message: str) -> None:
    with pytest.raises(FormatError) as caught:
        Sod.parse(ef_sod(signed))
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "EF.SOD at byte 0: empty"),
        (VALID + b"\x00\x00", f"EF.SOD at byte {len(VALID)}: 2 bytes after the end"),
        (VALID[:-1], "EF.SOD/77 at byte 0: "),
        (VALID[4:], "EF.SOD at byte 0: the tag is 30, not 77"),
        (tlv.build(0x77, b""), "EF.SOD/77 at byte 2: the data ends inside a header"),
        (tlv.build(0x77, b"\x30\x02\x05\x00"), "EF.SOD/77: not the structure"),
        (
            tlv.build(0x77, VALID[4:] + b"\x05\x00"),
            f"EF.SOD/77 at byte {len(VALID)}: 2 bytes after",
        ),
        (ef_sod(content(), "1.2.840.113549.1.7.5"), "EF.SOD: the content is not an LDS security"),
        (ef_sod(content(), "2.23.136.1.1.2"), "EF.SOD: the content is not an LDS security object"),
    ],
)
def test_malformed_file(data: bytes, message: str) -> None:
    with pytest.raises(FormatError) as caught:
        Sod.parse(data)
    assert str(caught.value).startswith(message)


def with_signers(count: int) -> bytes:
    """An EF.SOD with the same SignerInfo ``count`` times."""
    signed = cms.sign(LDS, content(), signer(), at=AT)
    top = tlv.parse_one(signed, 0x30, where="test")
    data = top.require(0xA0).require(0x30)
    *parts, signers = data.children()
    again = der.sequence(*(part.raw for part in parts), tlv.build(0x31, signers.value * count))
    return tlv.build(0x77, der.sequence(top.require(0x06).raw, der.explicit(0, again)))


def test_one_signer_is_the_rule() -> None:
    assert Sod.parse(with_signers(1)).signer == Sod.parse(ef_sod(content())).signer
    with pytest.raises(FormatError, match=r"EF\.SOD: nobody has signed it"):
        Sod.parse(with_signers(0))
    with pytest.raises(UnsupportedError, match="more than one signer"):
        Sod.parse(with_signers(2))


@settings(max_examples=200, deadline=None)
@given(st.one_of(st.binary(max_size=128), mutated(VALID)))
def test_any_bytes_are_parsed_or_refused(data: bytes) -> None:
    try:
        sod = Sod.parse(data)
    except EpassError as fault:
        assert fault.exit_status == 5
        assert "Utopia" not in str(fault)
    else:
        assert len(sod.digests) >= 2


@settings(max_examples=200, deadline=None)
@given(mutated(content(version=1, info=info())))
def test_any_signed_content_is_parsed_or_refused(signed: bytes) -> None:
    try:
        sod = Sod.parse(ef_sod(signed))
    except FormatError as fault:
        assert fault.where.startswith("EF.SOD/LDSSecurityObject")
    else:
        assert sod.signed.content == signed


def test_digests_and_content_stay_out_of_reprs() -> None:
    shown = repr(Sod.parse(ef_sod(content([digest(1, b"\xab" * 32), digest(2)]))))
    assert "\\xab" not in shown
    assert "digests" not in shown
