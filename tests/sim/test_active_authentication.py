"""Active Authentication of the simulated chip: worked examples, oracles, refusals.

The judge of ISO/IEC 9796-2 in here is its own: the public operation, and the parts one by one.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import ecdsa
import pytest
from asn1crypto import keys as asn1_keys
from cryptography.hazmat.primitives.asymmetric import rsa as oracle_rsa
from cryptography.hazmat.primitives.serialization import load_der_public_key
from ecdsa.util import sigdecode_der, sigdecode_string
from proof_terminal import opened
from sim_cards import FILES, Handmade
from sim_terminal import Terminal, drawn, scripted, seeded, vectors

from epass.card.apdu import Command, Response
from epass.crypto.ciphers import Cipher
from epass.crypto.ec import by_oid
from epass.errors import InputError
from epass.sim.chip import Chip
from epass.sim.keys import DIGESTS, EcKey
from epass.sim.lds_files import dg14, dg15
from epass.sim.messaging import Session
from epass.sim.proof_keys import (
    AA_SIGNATURES,
    CURVES,
    RSA_BITS,
    AaScheme,
    ActiveKey,
    EcdsaSigner,
    RsaSigner,
)
from epass.sim.proofs import ActiveAuthentication, Proofs
from epass.sim.rsa import RsaKey
from epass.sim.security_infos import subject_public_key_info

VECTORS = vectors("doc9303-proofs")
CHALLENGE = bytes.fromhex("861D3766F6F5A1CD")
SEED = b"the key of the test"

TRAILERS = {
    "SHA-1": "BC",
    "SHA-224": "38CC",
    "SHA-256": "34CC",
    "SHA-384": "36CC",
    "SHA-512": "35CC",
}


def hexed(fields: dict[str, str], name: str) -> bytes:
    return bytes.fromhex(fields[name])


def hashed(digest: str, data: bytes) -> bytes:
    return hashlib.new(digest.replace("-", ""), data, usedforsecurity=False).digest()


def modulus(key: ActiveKey) -> int:
    """As ``cryptography`` reads it from the SubjectPublicKeyInfo."""
    public = load_der_public_key(key.public_key_info)
    assert isinstance(public, oracle_rsa.RSAPublicKey)
    assert public.public_numbers().e == 65537
    return public.public_numbers().n


def assert_recovers(number: int, n: int, challenge: bytes, digest: str, trailer: str) -> None:
    """``number`` is the signature after the public operation."""
    size = (n.bit_length() + 7) // 8
    message, end = number.to_bytes(size), bytes.fromhex(trailer)
    digest_size = len(hashed(digest, b""))
    m1 = message[1 : size - digest_size - len(end)]
    assert message[:1] == b"\x6a"
    assert message == b"\x6a" + m1 + hashed(digest, m1 + challenge) + end


# --- RSA --------------------------------------------------------------------------------------


def test_appendix_f_up_to_the_private_key_that_it_does_not_print() -> None:
    fields = VECTORS["aa-rsa-1024-sha1"]
    exposed = RsaKey(modulus=(1 << 1024) - 1, secret=1)  # so that the signature is F itself
    signer = RsaSigner(exposed, DIGESTS["SHA-1"])
    f = signer.sign(hexed(fields, "RND_IFD"), scripted(hexed(fields, "M1")))
    assert f == hexed(fields, "F")
    assert fields["H"] in fields["F"]


@pytest.mark.parametrize(
    ("name", "digest"),
    [
        ("aa-bsi-ref-sha1-BC", "SHA-1"),
        ("aa-bsi-ref-sha256-34CC", "SHA-256"),
        ("aa-bsi-ref-sha512-35CC", "SHA-512"),
    ],
)
def test_the_reference_key_of_bsi(name: str, digest: str) -> None:
    fields = VECTORS[name]
    key = RsaKey(int(fields["modulus"], 16), int(fields["private_exponent"], 16))
    signer = RsaSigner(key, DIGESTS[digest])
    signature = signer.sign(hexed(fields, "RND_IFD"), scripted(hexed(fields, "M1")))
    assert signature == hexed(fields, "S")
    assert signer.trailer.hex().upper() == name.rsplit("-", 1)[1]


@pytest.mark.parametrize("bits", RSA_BITS)
@pytest.mark.parametrize("digest", DIGESTS)
def test_every_size_and_trailer(bits: int, digest: str) -> None:
    key = AaScheme(bits=bits, digest=digest).key(SEED)
    n = modulus(key)
    assert n.bit_length() == bits
    signature = key.signer.sign(CHALLENGE, seeded(1))
    assert len(signature) == bits // 8
    opened_number = pow(int.from_bytes(signature), 65537, n)
    assert_recovers(opened_number, n, CHALLENGE, digest, TRAILERS[digest])
    assert key.algorithm is None
    assert key.security_infos() == ()


def test_sha1_named_in_the_trailer() -> None:
    key = AaScheme(bits=1024, digest="SHA-1", explicit_trailer=True).key(SEED)
    n = modulus(key)
    number = pow(int.from_bytes(key.signer.sign(CHALLENGE, seeded(1))), 65537, n)
    assert_recovers(number, n, CHALLENGE, "SHA-1", "33CC")


def test_the_signature_function_of_paragraph_b4() -> None:
    """ISO/IEC 9796-2 B.4: the smaller of J and n - J, so it opens to F or to n - F."""
    plain = AaScheme(bits=1024, smaller=False).key(SEED)
    halved = AaScheme(bits=1024, smaller=True).key(SEED)
    n, seen = modulus(plain), set()
    for seed in range(12):
        whole = int.from_bytes(plain.signer.sign(CHALLENGE, seeded(seed)))
        half = int.from_bytes(halved.signer.sign(CHALLENGE, seeded(seed)))
        assert half == min(whole, n - whole)
        seen.add(half == whole)
    assert seen == {True, False}


def test_the_recorded_chip_with_1792_bits() -> None:
    """Its private key is not known: DG15, and the answer under secure messaging."""
    fields = VECTORS["aa-rsa-1800-real"]
    key = asn1_keys.PublicKeyInfo.load(content(hexed(fields, "DG15")), strict=True)
    numbers = key["public_key"].parsed.native
    assert numbers["modulus"].bit_length() == int(fields["modulus_bits"]) == 1792
    opened_number = pow(
        int(fields["signature"], 16), numbers["public_exponent"], numbers["modulus"]
    )
    assert opened_number == int(fields["F"], 16)
    assert_recovers(opened_number, numbers["modulus"], hexed(fields, "RND_IFD"), "SHA-256", "34CC")
    keys = hexed(fields, "KS_enc"), hexed(fields, "KS_mac")
    session = Session(Cipher.TDES, *keys, int(fields["SSC_before"], 16))
    command = session.unprotect(Command.parse(hexed(fields, "capdu_protected")))
    assert command.encode() == hexed(fields, "capdu_plain")
    answer = session.protect(Response(hexed(fields, "signature")), command.ins)
    assert answer.encode() == hexed(fields, "rapdu_protected")


# --- ECDSA ------------------------------------------------------------------------------------

ECDSA_VECTORS = [name for name in VECTORS if name.startswith("aa-ecdsa-")]


def content(group: bytes) -> bytes:
    """What a data group holds, without tag and length."""
    return group[2:] if group[1] < 0x80 else group[2 + (group[1] & 0x7F) :]


@pytest.mark.parametrize("name", ECDSA_VECTORS)
def test_plain_signatures_of_another_implementation(name: str) -> None:
    """The nonce is not printed, but follows from private key and signature."""
    fields = VECTORS[name]
    digest = "SHA-" + name.rsplit("sha", 1)[1]
    info = asn1_keys.PublicKeyInfo.load(content(hexed(fields, "DG15")), strict=True)
    curve = by_oid(info["algorithm"]["parameters"].chosen.dotted)
    assert curve is not None
    key = EcKey(curve, int(fields["private_key"], 16))
    challenge, expected = hexed(fields, "RND_IFD"), hexed(fields, "signature_plain")
    half, bits = len(expected) // 2, curve.n.bit_length()
    r, s = int.from_bytes(expected[:half]), int.from_bytes(expected[half:])
    whole = hashed(digest, challenge)
    e = int.from_bytes(whole) >> max(0, 8 * len(whole) - bits)
    nonce = (e + r * key.secret) * pow(s, -1, curve.n) % curve.n
    signer = EcdsaSigner(key, DIGESTS[digest])
    assert signer.sign(challenge, scripted(drawn(curve, nonce))) == expected
    assert dg15(subject_public_key_info(key.key_algorithm(), key.public_key())) == hexed(
        fields, "DG15"
    )
    scheme = AaScheme("ECDSA", digest, curve=curve.name)
    assert dg14(scheme.key(SEED).security_infos()) == hexed(fields, "DG14")


@pytest.mark.parametrize("curve", CURVES)
@pytest.mark.parametrize("digest", [name for name in DIGESTS if name != "SHA-1"])
@pytest.mark.parametrize("encoding", ["plain", "DER"])
def test_every_curve_digest_and_encoding(curve: str, digest: str, encoding: str) -> None:
    key = AaScheme("ECDSA", digest, curve=curve, encoding=encoding).key(SEED)
    signature = key.signer.sign(CHALLENGE, seeded(1))
    public = ecdsa.VerifyingKey.from_der(key.public_key_info)
    decode = sigdecode_string if encoding == "plain" else sigdecode_der
    judge = getattr(hashlib, digest.replace("-", "").lower())
    options = {"hashfunc": judge, "sigdecode": decode, "allow_truncate": True}
    assert public.verify(signature, CHALLENGE, **options)
    with pytest.raises(ecdsa.BadSignatureError):
        public.verify(signature, bytes(8), **options)
    if encoding == "plain":
        assert len(signature) == 2 * ((public.curve.order.bit_length() + 7) // 8)


@pytest.mark.parametrize("curve", ["P-521", "brainpoolP320r1"])
def test_explicit_parameters_in_dg15(curve: str) -> None:
    named = AaScheme("ECDSA", curve=curve).key(SEED).public_key_info
    full = AaScheme("ECDSA", curve=curve, explicit_parameters=True).key(SEED).public_key_info
    algorithms = [
        asn1_keys.PublicKeyInfo.load(info, strict=True)["algorithm"]["parameters"].name
        for info in (named, full)
    ]
    assert algorithms == ["named", "specified"]
    assert (
        ecdsa.VerifyingKey.from_der(full).to_string()
        == ecdsa.VerifyingKey.from_der(named).to_string()
    )


def test_a_plain_signature_keeps_its_leading_zeros() -> None:
    """P-521: r and s have 66 bytes, of which the first is 00 or 01."""
    key = AaScheme("ECDSA", "SHA-512", curve="P-521").key(SEED)
    signatures = [key.signer.sign(CHALLENGE, seeded(seed)) for seed in range(6)]
    assert {len(signature) for signature in signatures} == {132}
    assert {signature[0] for signature in signatures} == {0, 1}


def test_an_ecdsa_document_can_lack_its_info() -> None:
    assert len(AaScheme("ECDSA").key(SEED).security_infos()) == 1
    assert AaScheme("ECDSA", announced=False).key(SEED).security_infos() == ()


# --- the command ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Fixed:
    """Signs with what it was given; for the command, not for the signature."""

    signature: bytes

    def sign(self, challenge: bytes, random: Callable[[int], bytes]) -> bytes:
        assert challenge == CHALLENGE
        assert len(random(1)) == 1
        return self.signature


def chip_with(signature: bytes, when_long: str = "refuse") -> Proofs:
    return Proofs(active=ActiveAuthentication(ActiveKey(Fixed(signature), b""), when_long))


def ask(
    terminal: Terminal, challenge: bytes = CHALLENGE, le: int | None = 256, header: str = "00880000"
) -> Response:
    return terminal.send(header, challenge, le)


def test_the_signature_of_a_chip_is_another_each_time() -> None:
    key = AaScheme(bits=1024).key(SEED)
    terminal = opened(Proofs(active=ActiveAuthentication(key)))
    first, second = ask(terminal), ask(terminal)
    assert first.sw == second.sw == 0x9000
    assert first.data != second.data
    for answer in (first, second):
        number = pow(int.from_bytes(answer.data), 65537, modulus(key))
        assert_recovers(number, modulus(key), CHALLENGE, "SHA-256", "34CC")


@pytest.mark.parametrize(
    ("challenge", "le", "header", "sw"),
    [
        (CHALLENGE[:7], 256, "00880000", 0x6700),
        (CHALLENGE + b"\x00", 256, "00880000", 0x6700),
        (b"", 256, "00880000", 0x6700),
        (CHALLENGE, None, "00880000", 0x6700),
        (CHALLENGE, 63, "00880000", 0x6700),
        (CHALLENGE, 256, "00880001", 0x6A86),
        (CHALLENGE, 256, "00880100", 0x6A86),
        (CHALLENGE, 256, "10880000", 0x6884),
    ],
)
def test_internal_authenticate_as_the_standard_has_it(
    challenge: bytes, le: int | None, header: str, sw: int
) -> None:
    terminal = opened(chip_with(bytes(64)))
    assert ask(terminal, challenge, le, header) == Response(sw=sw)
    assert ask(terminal) == Response(bytes(64))
    assert ask(terminal, le=64) == Response(bytes(64))


def test_where_and_when() -> None:
    proofs = chip_with(bytes(64))
    terminal = opened(proofs)
    terminal.ok("00A4000C")
    assert ask(terminal).sw == 0x6985
    closed = Terminal(Chip(Handmade(files=FILES, proofs=proofs)))
    closed.select_application()
    assert ask(closed).sw == 0x6982
    assert ask(opened(Proofs())).sw == 0x6D00


LONG = bytes(range(256))


@pytest.mark.parametrize(
    ("when_long", "answer"),
    [
        ("refuse", Response(sw=0x6700)),
        ("truncate", Response(LONG[:231])),
        ("announce", Response(sw=0x6100)),
    ],
)
def test_a_signature_that_a_short_response_cannot_carry(when_long: str, answer: Response) -> None:
    terminal = opened(chip_with(LONG, when_long))
    assert ask(terminal) == answer
    assert ask(terminal, le=65536) == Response(LONG)


def test_how_many_bytes_wait_is_told_up_to_255() -> None:
    terminal = opened(chip_with(LONG[:240], "announce"))
    assert ask(terminal) == Response(sw=0x61F0)


@pytest.mark.parametrize(
    ("cipher", "size", "fits"),
    [
        (Cipher.TDES, 231, True),
        (Cipher.TDES, 232, False),
        (Cipher.AES_128, 223, True),
        (Cipher.AES_128, 224, False),
    ],
)
def test_the_longest_signature_for_a_short_response(cipher: Cipher, size: int, fits: bool) -> None:
    """231 bytes are the 1,848 bits of §6.1.4; its 1,792 for AES would be 224, one too many."""
    answer = ask(opened(chip_with(LONG[:size]), pace=cipher))
    assert answer == (Response(LONG[:size]) if fits else Response(sw=0x6700))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"signature": "DSA"}, "signature of active authentication: choose one of RSA, ECDSA"),
        ({"digest": "MD5"}, f"digest of active authentication: choose one of {', '.join(DIGESTS)}"),
        ({"curve": "P-255"}, f"curve of active authentication: choose one of {', '.join(CURVES)}"),
        ({"encoding": "hex"}, "encoding of active authentication: choose one of plain, DER"),
        (
            {"when_long": "crash"},
            "long answer of active authentication: choose one of refuse, truncate, announce",
        ),
        (
            {"bits": 1000},
            "bits of active authentication: choose one of 1024, 1280, 1536, 1792, 2048, 3072",
        ),
        (
            {"signature": "ECDSA", "digest": "SHA-1"},
            "active authentication by ECDSA does not know SHA-1",
        ),
    ],
)
def test_choices_that_do_not_exist(options: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as caught:
        AaScheme(**options)
    assert caught.value.message == message


@pytest.mark.parametrize("signature", AA_SIGNATURES)
def test_no_key_in_repr(signature: str) -> None:
    key = AaScheme(signature, bits=1024).key(SEED)
    assert isinstance(key.signer, RsaSigner | EcdsaSigner)
    proofs = Proofs(active=ActiveAuthentication(key))
    for thing in (proofs, proofs.active, key, key.signer, key.signer.key):
        assert str(key.signer.key.secret) not in repr(thing)
