"""Chips that only pretend to be genuine: what a reader must not take for a proof.

Each lie turns the proofs of a genuine document into those of a forged one. Where it is about what
DG14 announces, it must be told before the document is signed, as ``issuer.issue`` does.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from epass.errors import InputError, StatusError
from epass.sim import choices, groups, rsa, security_infos
from epass.sim.groups import StaticKey
from epass.sim.keys import EcKey, Random, derive
from epass.sim.proof_keys import ActiveKey, AgreementKey, EcdsaSigner, RsaSigner, Signer
from epass.sim.proofs import ActiveAuthentication, ChipAuthentication, Proofs
from epass.sim.status import Sw

GARBAGE = 16  # bytes in the place of the answer to a key agreement

OfChip = Callable[[ChipAuthentication], ChipAuthentication]
OfActive = Callable[[ActiveAuthentication], ActiveAuthentication]


@dataclass(frozen=True, slots=True)
class Lie:
    """What the chip does, and how its proof, one of the two, is made of a genuine one."""

    about: str
    chip: OfChip | None = None
    active: OfActive | None = None


def told(proofs: Proofs, name: str) -> Proofs:
    """The proofs of a chip that tells the lie ``name`` of LIES.

    Raises:
        InputError: there is no such lie, or the document lacks the proof that it is about.
    """
    choices.require("lie", name, LIES)
    lie = LIES[name]
    if lie.chip and proofs.chip:
        return replace(proofs, chip=lie.chip(proofs.chip))
    if lie.active and proofs.active:
        return replace(proofs, active=lie.active(proofs.active))
    raise InputError(f"lie: {name} takes a document that offers this proof")


# --- Chip Authentication ----------------------------------------------------------------------


def _keys(change: Callable[[AgreementKey], AgreementKey]) -> OfChip:
    return lambda proof: replace(proof, keys=tuple(map(change, proof.keys)))


def _other_agreement_key(key: AgreementKey) -> AgreementKey:
    pair = key.pair
    other = StaticKey(pair.group, pair.secret % (pair.group.n - 1) + 1, pair.key_id)
    return replace(key, pair=other, published=key.public_key)


def _outside_group(key: AgreementKey) -> AgreementKey:
    """A point off the curve, or p - 1, the number of order 2."""
    group, shown = key.pair.group, key.public_key
    if groups.is_elliptic(group):
        return replace(key, published=shown[:-1] + bytes((shown[-1] ^ 1,)))
    encoded = (group.p - 1).to_bytes(group.size)
    return replace(key, published=security_infos.agreement_public_key(group, encoded))


def _agrees(**changes: object) -> OfChip:
    return lambda proof: replace(proof, **changes)  # type: ignore[arg-type]  # of its fields


# --- Active Authentication --------------------------------------------------------------------


def _answers(change: Callable[[ActiveKey, bytes, Random], bytes]) -> OfActive:
    return lambda proof: replace(proof, sign=change)


def _refuses(sw: Sw) -> OfActive:
    def refuse(_key: ActiveKey, _challenge: bytes, _random: Random) -> bytes:
        raise StatusError("INTERNAL AUTHENTICATE", sw)

    return _answers(refuse)


def _other_challenge(key: ActiveKey, challenge: bytes, random: Random) -> bytes:
    return key.signer.sign(challenge[:-1] + bytes((challenge[-1] ^ 1,)), random)


def _other_key(key: ActiveKey, challenge: bytes, random: Random) -> bytes:
    return _stranger(key.signer).sign(challenge, random)


def _stranger(signer: Signer) -> Signer:
    """One that signs as ``signer`` does, with a key of its own."""
    if isinstance(signer, RsaSigner):
        seed = derive(signer.key.modulus.to_bytes(signer.key.size), "another key")
        return replace(signer, key=rsa.generate(seed, bits=8 * signer.key.size))
    if isinstance(signer, EcdsaSigner):
        curve = signer.key.curve
        return replace(signer, key=EcKey(curve, signer.key.secret % (curve.n - 1) + 1))
    raise InputError("lie: this signature cannot be made with another key")


def _truncated(key: ActiveKey, challenge: bytes, random: Random) -> bytes:
    return key.signer.sign(challenge, random)[:-1]


def _empty(_key: ActiveKey, _challenge: bytes, _random: Random) -> bytes:
    return b""


def _garbage(key: ActiveKey, challenge: bytes, random: Random) -> bytes:
    return random(len(key.signer.sign(challenge, random)))


LIES: Mapping[str, Lie] = MappingProxyType(
    {
        "ca-other-key": Lie(
            "agrees on keys with another key than DG14 shows: a copy of the files",
            chip=_keys(_other_agreement_key),
        ),
        "ca-key-outside-group": Lie(
            "shows a key in DG14 that is off its curve, or of order 2", chip=_keys(_outside_group)
        ),
        "ca-old-keys": Lie(
            "says 9000 to the key agreement and goes on with the old keys",
            chip=_agrees(restarts=False),
        ),
        "ca-empty": Lie(
            "answers the key agreement with 9000 and nothing",
            chip=_agrees(answer=lambda _right, _random: b"", restarts=False),
        ),
        "ca-garbage": Lie(
            "answers the key agreement with 9000 and garbage",
            chip=_agrees(answer=lambda _right, random: random(GARBAGE), restarts=False),
        ),
        "ca-refused": Lie(
            "announces chip authentication and refuses it with 6300",
            chip=_agrees(refusal=Sw.AUTHENTICATION_FAILED),
        ),
        "aa-other-challenge": Lie("signs another challenge", active=_answers(_other_challenge)),
        "aa-other-key": Lie("signs with another key than DG15 shows", active=_answers(_other_key)),
        "aa-truncated": Lie(
            "answers with a signature that lacks its last byte", active=_answers(_truncated)
        ),
        "aa-empty": Lie("answers with 9000 and nothing", active=_answers(_empty)),
        "aa-garbage": Lie("answers with 9000 and garbage", active=_answers(_garbage)),
        "aa-not-supported": Lie(
            "shows a key in DG15 and does not know the command, 6D00",
            active=_refuses(Sw.INS_NOT_SUPPORTED),
        ),
        "aa-no-key": Lie(
            "shows a key in DG15 and finds none itself, 6A88",
            active=_refuses(Sw.REFERENCE_NOT_FOUND),
        ),
    }
)
