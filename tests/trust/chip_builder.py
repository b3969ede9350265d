"""Chips that prove themselves, or pretend to: their keys, their files, and what was recorded.

Written with raw TLV, hashlib, cryptography and pycryptodome: nothing is shared with the simulator
or the reader.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace

from Crypto.Cipher import DES
from cryptography.hazmat.primitives.ciphers import algorithms
from cryptography.hazmat.primitives.cmac import CMAC
from judging import found, judge
from signers import NULL, RSA_OID
from sod_builder import (
    DG1,
    DG2,
    INFORMATION,
    SodPlan,
    dump,
    explicit_parameters,
    integer,
    oid,
    sequence,
)

from epass import tlv
from epass.crypto.ciphers import Cipher
from epass.crypto.ec import Curve, Point
from epass.crypto.modp import ModpGroup
from epass.dump import Access, Dump
from epass.evidence import (
    NO_EVIDENCE,
    ActiveAuthentication,
    ChipAuthentication,
    ChipAuthenticationMapping,
    Evidence,
    Failure,
)
from epass.lds.names import File
from epass.trust.report import Outcome

PASS, FAIL = Outcome.PASS, Outcome.FAIL
UNKNOWN, NOT_APPLICABLE = Outcome.UNKNOWN, Outcome.NOT_APPLICABLE

BSI_DE = "0.4.0.127.0.7"
ID_PACE, ID_CA, ID_PK = (f"{BSI_DE}.2.2.{number}" for number in (4, 3, 1))
SECURITY_OBJECT = f"{BSI_DE}.3.2.1"
EC_KEY, DH_KEY = "1.2.840.10045.2.1", "1.2.840.10046.2.1"
CHALLENGE = bytes.fromhex("861D3766F6F5A1CD")
NUMBERS = {Cipher.TDES: 1, Cipher.AES_128: 2, Cipher.AES_192: 3, Cipher.AES_256: 4}
TERMINAL, MAPPING = 0xABCDEF0123456789, 0x13579BDF02468ACE  # the ephemeral secrets of both sides

BAC = Access("BAC", "MRZ", "3DES", mrz_information=INFORMATION)
_PACE = Access("PACE", "MRZ", "AES-128", "GM", 13, "brainpoolP256r1")
PACE_GM = replace(_PACE, mrz_information=INFORMATION)
PACE_CAM = replace(PACE_GM, mapping="CAM")


def document(
    groups: Mapping[File, bytes] | None = None,
    *,
    evidence: Evidence = NO_EVIDENCE,
    access: Access = BAC,
    besides: Mapping[File, bytes] | None = None,
    plan: SodPlan | None = None,
) -> Dump:
    """A right document with ``groups`` signed as well, and the files ``besides`` that are not."""
    plan = (plan or SodPlan()).but(files={File.DG1: DG1, File.DG2: DG2, **(groups or {})})
    made = dump(plan)
    files = {**made.files, **(besides or {})}
    return replace(made, files=files, evidence=evidence, access=access)


def without(dump: Dump, *missing: File) -> Dump:
    return replace(dump, files={k: v for k, v in dump.files.items() if k not in missing})


def answer(dump: Dump, name: str) -> tuple[Outcome, str]:
    check = found(judge(dump), name)
    return check.outcome, check.reason


def proof(dump: Dump, name: str, key: str = "the key that EF.SOD signs") -> tuple[Outcome, str]:
    """The same of a proof; a pass says under whose key it is, which is left out here."""
    outcome, reason = answer(dump, name)
    whole, ends = f"; under {key}", reason.endswith(f"; under {key}")
    assert ends is (outcome is PASS), reason
    return outcome, reason.removesuffix(whole)


def failing(dump: Dump, proof: str, reason: str, *, refused: bool) -> Dump:
    """The same with a record of why there is no evidence of ``proof``."""
    other = Failure("chip" if proof == "active" else "active", not refused, "else")
    failures = (other, Failure(proof, refused, reason))
    return replace(dump, evidence=replace(dump.evidence, failures=failures))


# --- files ------------------------------------------------------------------------------------


def _optional(number: int | None) -> tuple[bytes, ...]:
    return () if number is None else (integer(number),)


def pace_info(family: int = 2, cipher: int = 2, parameter_id: int | None = 13) -> bytes:
    """``family`` is 1 DH-GM, 2 ECDH-GM, 3 DH-IM, 4 ECDH-IM, 6 ECDH-CAM."""
    dotted = oid(f"{ID_PACE}.{family}.{cipher}")
    return sequence(dotted, integer(2), *_optional(parameter_id))


def active_info(dotted: str) -> bytes:
    return sequence(oid("2.23.136.1.1.5"), integer(1), oid(dotted))


def dg14(*infos: bytes) -> bytes:
    return tlv.build(0x6E, card_access(*infos))


def dg15(public_key: bytes) -> bytes:
    return tlv.build(0x6F, public_key)


def card_access(*infos: bytes) -> bytes:
    return tlv.build(0x31, infos)


def card_security(*infos: bytes, plan: SodPlan | None = None) -> bytes:
    """EF.CardSecurity, signed by the signer of EF.SOD if ``plan`` does not say otherwise."""
    plan = plan or SodPlan()
    return plan.but(content=card_access(*infos), content_type=SECURITY_OBJECT).content_info()


def public_key_info(algorithm: bytes, key: bytes) -> bytes:
    return sequence(algorithm, tlv.build(0x03, b"\x00" + key))


def rsa_info(n: int, e: int = 65537) -> bytes:
    key = sequence(integer(n), integer(e))
    return public_key_info(sequence(oid(RSA_OID), NULL), key)


def ec_info(point: Point, *, generator: bytes | None = None, encoded: bytes = b"") -> bytes:
    """With explicit parameters, as the standard asks for."""
    parameters = explicit_parameters(point.curve, generator=generator)
    return public_key_info(sequence(oid(EC_KEY), parameters), encoded or point.encode())


def dh_info(group: ModpGroup, y: int) -> bytes:
    parameters = sequence(integer(group.p), integer(group.g), integer(group.q))
    return public_key_info(sequence(oid(DH_KEY), parameters), integer(y))


# --- active authentication --------------------------------------------------------------------


def signed_by(signature: bytes, challenge: bytes = CHALLENGE, sw: int = 0x9000) -> Evidence:
    """INTERNAL AUTHENTICATE as it was recorded."""
    return Evidence(active=ActiveAuthentication(challenge, signature, sw))


# --- chip authentication and PACE-CAM ---------------------------------------------------------


@dataclass(frozen=True)
class StaticKey:
    """The key of a chip; ``key_id`` is how its files and commands name it."""

    group: Curve | ModpGroup
    secret: int = 0x5EC2E7
    key_id: int | None = None

    @property
    def family(self) -> int:
        return 2 if isinstance(self.group, Curve) else 1

    def times(self, scalar: int) -> bytes:
        """What this key and ``scalar`` agree on, at its full length."""
        if isinstance(self.group, Curve):
            return (self.group.generator * (self.secret * scalar)).x_bytes
        power = pow(self.group.g, self.secret * scalar, self.group.p)
        return power.to_bytes(self.group.size)

    def public(self) -> bytes:
        """As SubjectPublicKeyInfo."""
        if isinstance(self.group, Curve):
            return ec_info(self.group.generator * self.secret)
        return dh_info(self.group, pow(self.group.g, self.secret, self.group.p))

    def key_info(self, public: bytes | None = None) -> bytes:
        dotted = oid(f"{ID_PK}.{self.family}")
        return sequence(dotted, public or self.public(), *_optional(self.key_id))

    def protocol(self, cipher: Cipher) -> str:
        return f"{ID_CA}.{self.family}.{NUMBERS[cipher]}"

    def info(self, cipher: Cipher) -> bytes:
        return sequence(oid(self.protocol(cipher)), integer(1), *_optional(self.key_id))

    def dg14(self, cipher: Cipher, *besides: bytes) -> bytes:
        return dg14(self.info(cipher), self.key_info(), *besides)

    def agreed(self, cipher: Cipher, other: "StaticKey | None" = None) -> ChipAuthentication:
        """A recorded chip authentication; a copy answers with the keys of ``other``."""
        command, _ = exchange(cipher, self.times(TERMINAL))
        _, response = exchange(cipher, (other or self).times(TERMINAL))
        secret = TERMINAL.to_bytes(8)
        return ChipAuthentication(self.protocol(cipher), self.key_id, secret, command, response)

    def mapped(self, parameter_id: int = 13) -> ChipAuthenticationMapping:
        """A recorded PACE with chip authentication mapping, §4.4.3.5.1."""
        assert isinstance(self.group, Curve)
        n, size = self.group.n, self.group.scalar_size
        factor = pow(self.secret, -1, n) * MAPPING % n
        return ChipAuthenticationMapping(
            f"{ID_PACE}.6.2",
            parameter_id,
            (self.group.generator * MAPPING).encode(),
            factor.to_bytes(size),
        )


def agreed(key: StaticKey, cipher: Cipher = Cipher.AES_128, /, **changes: object) -> Evidence:
    """The recorded chip authentication, but for what is changed in it."""
    return Evidence(chip=replace(key.agreed(cipher), **changes))  # type: ignore[arg-type]


def mapped(key: StaticKey, /, **changes: object) -> Evidence:
    """The recorded PACE-CAM, but for what is changed in it."""
    return Evidence(mapping=replace(key.mapped(), **changes))  # type: ignore[arg-type]


def exchange(cipher: Cipher, shared: bytes, *, extended: bool = False) -> tuple[bytes, bytes]:
    """SELECT and its answer under the keys of ``shared``, §9.8.4, with counters 1 and 2."""
    header = bytes.fromhex("0CA4020C")
    objects = tlv.build(0x87, b"\x01" + bytes(range(cipher.block)))
    sealed = objects + mac_object(cipher, shared, 1, pad(header, cipher.block) + objects)
    wide = (b"\x00" + len(sealed).to_bytes(2), bytes(2))
    start, le = wide if extended else (bytes((len(sealed),)), bytes(1))
    status = bytes.fromhex("99029000")
    answered = status + mac_object(cipher, shared, 2, status) + b"\x90\x00"
    return header + start + sealed + le, answered


def mac_object(cipher: Cipher, shared: bytes, counter: int, message: bytes) -> bytes:
    """Data object 8E, the checksum over counter and message."""
    material, size = shared + (2).to_bytes(4), cipher.key_size
    hashed = hashlib.sha1 if size == 16 else hashlib.sha256
    key = hashed(material).digest()[:size]
    counted = pad(counter.to_bytes(cipher.block) + message, cipher.block)
    return tlv.build(0x8E, _retail(key, counted) if cipher is Cipher.TDES else _cmac(key, counted))


def pad(data: bytes, block: int) -> bytes:
    padded = data + b"\x80"
    return padded + bytes(-len(padded) % block)


def _cmac(key: bytes, message: bytes) -> bytes:
    context = CMAC(algorithms.AES(key))
    context.update(message)
    return context.finalize()[:8]


def _retail(key: bytes, message: bytes) -> bytes:
    halves = key[:8], key[8:]
    first, second = (DES.new(half, DES.MODE_ECB) for half in halves)  # noqa: S304 - §9.8.6.2
    block = 0
    for at in range(0, len(message), 8):
        mixed = block ^ int.from_bytes(message[at : at + 8])
        block = int.from_bytes(first.encrypt(mixed.to_bytes(8)))
    return first.encrypt(second.decrypt(block.to_bytes(8)))
