"""The keys by which a document proves that it is no copy, and what DG14 and DG15 say of them.

Source: Doc 9303-11 §6.1.2 to §6.1.5 (Active Authentication), §6.2.3, §9.2.4 to §9.2.7; ISO/IEC
9796-2 §8 and Annex B (digital signature scheme 1); BSI TR-03111 §5.2.1 (plain signatures). A
scheme says what can be chosen, its ``key`` follows from a seed. Written without the reader's code.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Protocol

from epass.crypto import ec
from epass.crypto.ciphers import Cipher
from epass.errors import InputError
from epass.sim import choices, der, groups, rsa
from epass.sim import security_infos as infos
from epass.sim.groups import StaticKey
from epass.sim.keys import DIGESTS, Digest, EcKey, Random, seeded
from epass.sim.rsa import RsaKey

CIPHERS = tuple(cipher.label for cipher in Cipher)
GROUPS = tuple(group.name for group in groups.ALL)
CURVES = tuple(curve.name for curve in ec.CURVES)
RSA, ECDSA = AA_SIGNATURES = ("RSA", "ECDSA")
RSA_BITS = (1024, 1280, 1536, 1792, 2048, 3072)
PLAIN, DER = ENCODINGS = ("plain", "DER")
REFUSE, TRUNCATE, ANNOUNCE = LONG_ANSWERS = ("refuse", "truncate", "announce")

HEADER, OPTION_1, OPTION_2 = b"\x6a", b"\xbc", 0xCC  # partial recovery; implicit, explicit hash
HASH_IDENTIFIERS: Mapping[str, int] = MappingProxyType(  # ISO/IEC 10118-3
    {"SHA-1": 0x33, "SHA-224": 0x38, "SHA-256": 0x34, "SHA-384": 0x36, "SHA-512": 0x35}
)


# --- Chip Authentication ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class AgreementKey:
    """A static key pair, the ciphers of the sessions that it begins, and what DG14 says of it.

    Without ``announced`` there is no ChipAuthenticationInfo for it. ``published`` is the content
    of the subjectPublicKey that DG14 shows, where that is not the public key of ``pair``.
    """

    pair: StaticKey = field(repr=False)
    ciphers: tuple[Cipher, ...]
    parameters: str = infos.EXPLICIT
    announced: bool = True
    published: bytes | None = None

    def protocol(self, cipher: Cipher) -> str:
        """The object identifier of tables 5 and 6."""
        kind = infos.ECDH if groups.is_elliptic(self.pair.group) else infos.DH
        return f"{infos.ID_CA}.{kind}.{1 + CIPHERS.index(cipher.label)}"

    @property
    def public_key(self) -> bytes:
        """The content of the subjectPublicKey in DG14."""
        if self.published is not None:
            return self.published
        return infos.agreement_public_key(self.pair.group, self.pair.public.encode())

    def security_infos(self) -> tuple[bytes, ...]:
        """The SecurityInfos of DG14 that are about this key."""
        group, key_id = self.pair.group, self.pair.key_id
        algorithm = infos.agreement_algorithm(group, self.parameters)
        key = infos.chip_authentication_public_key_info(
            infos.agreement_protocol(group),
            infos.subject_public_key_info(algorithm, self.public_key),
            key_id,
        )
        ciphers = self.ciphers if self.announced else ()
        return (
            *(infos.chip_authentication_info(self.protocol(item), key_id) for item in ciphers),
            key,
        )


@dataclass(frozen=True, slots=True)
class CaScheme:
    """One key for Chip Authentication; ``group`` is a name of table 12, ``ciphers`` of CIPHERS.

    Without ``announced`` DG14 shows the key alone, as of some French documents. ``parameters`` is
    one of ``security_infos.PARAMETERS``.

    Raises:
        InputError: one of them is none that can be chosen.
    """

    group: str = "brainpoolP256r1"
    ciphers: tuple[str, ...] = ("AES-128",)
    key_id: int | None = None
    parameters: str = infos.EXPLICIT
    announced: bool = True

    def __post_init__(self) -> None:
        choices.require("group of chip authentication", self.group, GROUPS)
        choices.require("parameters of chip authentication", self.parameters, infos.PARAMETERS)
        for cipher in self.ciphers:
            choices.require("cipher of chip authentication", cipher, CIPHERS)
        if not self.ciphers or len(set(self.ciphers)) != len(self.ciphers):
            raise InputError("cipher of chip authentication: one or more, none of them twice")
        if self.key_id is not None and self.key_id < 0:
            raise InputError("key id of chip authentication: not negative")
        infos.agreement_algorithm(self._group, self.parameters)

    @property
    def _group(self) -> groups.Group:
        return groups.ALL[GROUPS.index(self.group)]

    def key(self, seed: bytes) -> AgreementKey:
        pair = StaticKey.generate(self._group, seeded(seed), self.key_id)
        ciphers = tuple(cipher for cipher in Cipher if cipher.label in self.ciphers)
        return AgreementKey(pair, ciphers, self.parameters, self.announced)


# --- Active Authentication --------------------------------------------------------------------


class Signer(Protocol):
    """What answers INTERNAL AUTHENTICATE."""

    def sign(self, challenge: bytes, random: Random) -> bytes: ...


@dataclass(frozen=True, slots=True)
class RsaSigner:
    """ISO/IEC 9796-2 scheme 1, the challenge as the part that cannot be recovered (§6.1.2.2).

    ``explicit_trailer`` names SHA-1 as option 2 does, where §6.1.2.2 has BC. ``smaller`` gives the
    smaller one of the two roots, as the signature function of paragraph B.4 does.
    """

    key: RsaKey = field(repr=False)
    digest: Digest
    explicit_trailer: bool = False
    smaller: bool = False

    @property
    def trailer(self) -> bytes:
        if self.digest.name == "SHA-1" and not self.explicit_trailer:
            return OPTION_1
        return bytes((HASH_IDENTIFIERS[self.digest.name], OPTION_2))

    def sign(self, challenge: bytes, random: Random) -> bytes:
        size = self.key.size
        m1 = random(size - len(HEADER) - self.digest.size - len(self.trailer))
        message = HEADER + m1 + self.digest.of(m1 + challenge) + self.trailer
        signature = pow(int.from_bytes(message), self.key.secret, self.key.modulus)
        if self.smaller:
            signature = min(signature, self.key.modulus - signature)
        return signature.to_bytes(size)


@dataclass(frozen=True, slots=True)
class EcdsaSigner:
    """ECDSA over the challenge: r and s at the length of the order (§6.1.2.3), or in DER."""

    key: EcKey = field(repr=False)
    digest: Digest
    encoding: str = PLAIN

    def sign(self, challenge: bytes, random: Random) -> bytes:
        r, s = self.key.signature(self.digest.of(challenge), random)
        if self.encoding == DER:
            return der.sequence(der.integer(r), der.integer(s))
        size = (self.key.curve.n.bit_length() + 7) // 8
        return r.to_bytes(size) + s.to_bytes(size)


@dataclass(frozen=True, slots=True)
class ActiveKey:
    """A key of Active Authentication.

    ``public_key_info`` is the content of DG15; ``algorithm`` the signatureAlgorithm of the
    ActiveAuthenticationInfo in DG14, or None where there is none.
    """

    signer: Signer = field(repr=False)
    public_key_info: bytes
    algorithm: str | None = None

    def security_infos(self) -> tuple[bytes, ...]:
        """The SecurityInfos of DG14 that are about this key."""
        return () if self.algorithm is None else (infos.active_authentication_info(self.algorithm),)


@dataclass(frozen=True, slots=True)
class AaScheme:
    """How a document signs challenges.

    ``bits``, ``explicit_trailer`` and ``smaller`` are of RSA (see ``RsaSigner``); ``curve``,
    ``explicit_parameters`` and ``encoding`` of ECDSA. Without ``announced`` an ECDSA document lacks
    the ActiveAuthenticationInfo that §9.2.4 demands. ``when_long`` is what becomes of a signature
    that a response cannot carry: 6700, its first part with 9000, or 61xx without data.

    Raises:
        InputError: one of them is none that can be chosen.
    """

    signature: str = RSA
    digest: str = "SHA-256"
    bits: int = 2048
    explicit_trailer: bool = False
    smaller: bool = False
    curve: str = "brainpoolP256r1"
    explicit_parameters: bool = False
    encoding: str = PLAIN
    announced: bool = True
    when_long: str = REFUSE

    def __post_init__(self) -> None:
        choices.require("signature of active authentication", self.signature, AA_SIGNATURES)
        choices.require("digest of active authentication", self.digest, DIGESTS)
        choices.require("curve of active authentication", self.curve, CURVES)
        choices.require("encoding of active authentication", self.encoding, ENCODINGS)
        choices.require("long answer of active authentication", self.when_long, LONG_ANSWERS)
        if self.bits not in RSA_BITS:
            raise InputError(f"bits of active authentication: choose one of {_listed(RSA_BITS)}")
        if self.signature == ECDSA and self.digest == "SHA-1":
            raise InputError("active authentication by ECDSA does not know SHA-1")  # §6.1.2.3

    def key(self, seed: bytes) -> ActiveKey:
        """The key that follows from ``seed``; RSA keys take a moment."""
        digest = DIGESTS[self.digest]
        if self.signature == RSA:
            key = rsa.generate(seed, bits=self.bits)
            signer = RsaSigner(key, digest, self.explicit_trailer, self.smaller)
            return ActiveKey(signer, infos.subject_public_key_info(*_public(key)))
        curve = ec.CURVES[CURVES.index(self.curve)]
        pair = EcKey.generate(curve, seeded(seed), explicit_parameters=self.explicit_parameters)
        algorithm = f"{infos.ECDSA_PLAIN}.{1 + tuple(DIGESTS).index(self.digest)}"
        return ActiveKey(
            EcdsaSigner(pair, digest, self.encoding),
            infos.subject_public_key_info(*_public(pair)),
            algorithm if self.announced else None,
        )


def _public(key: RsaKey | EcKey) -> tuple[bytes, bytes]:
    return key.key_algorithm(), key.public_key()


def _listed(numbers: tuple[int, ...]) -> str:
    return ", ".join(map(str, numbers))
