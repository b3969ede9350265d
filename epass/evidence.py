"""What a chip did to prove that it is no copy: recorded while it was there, judged later.

Source: ICAO Doc 9303-11 §6.1 (active authentication), §6.2 (chip authentication), §4.4.3.3.3
(PACE with chip authentication mapping). Nothing here says that anything is authentic; that is
for ``epass.trust`` to say, under a key that the issuing state has signed.

What it is worth differs. A signature of active authentication is by a key that nobody but the
chip has: it convinces anybody, and who chose the challenge knows that it is fresh. Evidence of
chip authentication and of PACE-CAM can be made by whoever recorded it, without any chip: the one
holds the reader's ephemeral private key, from which both sides' keys follow, and a mapping key
that fits a factor follows from the chip's public key. It convinces nobody but who trusts the
reader that recorded it, and everything that had the dump in its hands since.
"""

from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, Self

from epass.errors import FormatError

WHERE = "evidence"

CHIP, ACTIVE = "chip", "active"
PROOFS = MappingProxyType({CHIP: "chip authentication", ACTIVE: "active authentication"})
MAX_FAILURES = 8  # a proof is asked for once, and its file is read once more at most
MAX_REASON = 400  # characters, so that a note of a dump has room for it


@dataclass(frozen=True, slots=True)
class ActiveAuthentication:
    """INTERNAL AUTHENTICATE: the 8-byte challenge, the chip's answer and its status word.

    The one proof that convinces also who does not trust the reader.
    """

    challenge: bytes = field(repr=False)
    answer: bytes = field(repr=False)
    sw: int


@dataclass(frozen=True, slots=True)
class ChipAuthentication:
    """A key agreement, and the first exchange that the new session keys protect.

    Whoever recorded it could have made it up: it is worth as much as his word.

    ``oid`` is that of id-CA, ``key_id`` as sent to the chip or None; ``private_key`` is the
    reader's ephemeral scalar, big-endian; ``command`` and ``response`` are whole APDUs as they
    went over the link, the command with counter 1, the response with counter 2.
    """

    oid: str
    key_id: int | None
    private_key: bytes = field(repr=False)
    command: bytes = field(repr=False)
    response: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class ChipAuthenticationMapping:
    """PACE-CAM: the chip's ephemeral mapping key as encoded, and the decrypted CA_IC.

    Whoever recorded it could have made it up: it is worth as much as his word.
    """

    oid: str
    parameter_id: int
    mapping_key: bytes = field(repr=False)
    authentication_data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a proof that the chip announces has no evidence; ``proof`` is "chip" or "active".

    ``refused`` says that it was not run, because chip or reader would not: that leaves the
    question open. Otherwise it was run, and the chip did not do what its owner can.
    """

    proof: str
    refused: bool
    reason: str

    @property
    def text(self) -> str:
        """For people."""
        return f"{PROOFS[self.proof]} {'not run' if self.refused else 'failed'}: {self.reason}"


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was recorded; None where the chip offers no such proof or it was not asked for."""

    active: ActiveAuthentication | None = None
    chip: ChipAuthentication | None = None
    mapping: ChipAuthenticationMapping | None = None
    failures: tuple[Failure, ...] = ()

    def but(self, failure: Failure) -> Self:
        """The same with one failure more."""
        return replace(self, failures=(*self.failures, failure)[:MAX_FAILURES])

    def as_dict(self) -> dict[str, object]:
        """JSON values; bytes are upper-case hexadecimal."""
        found = {"active": self.active, "chip": self.chip, "mapping": self.mapping}
        plain: dict[str, object] = {
            name: _plain(proof) for name, proof in found.items() if proof is not None
        }
        if self.failures:
            plain["failures"] = [_plain(failure) for failure in self.failures]
        return plain

    @classmethod
    def from_dict(cls, raw: object) -> Self:
        """The reverse of ``as_dict``.

        Raises:
            FormatError: a member is missing, unknown, of another type, or too long.
        """
        if not isinstance(raw, dict) or not raw.keys() <= set(cls.__dataclass_fields__):
            raise FormatError("not an object of proofs", WHERE)
        return cls(
            active=_proof(ActiveAuthentication, raw.get("active")),
            chip=_proof(ChipAuthentication, raw.get("chip")),
            mapping=_proof(ChipAuthenticationMapping, raw.get("mapping")),
            failures=_failures(raw.get("failures", [])),
        )


NO_EVIDENCE = Evidence()


def _plain(proof: object) -> dict[str, object]:
    names = proof.__slots__  # type: ignore[attr-defined]
    values = {name: getattr(proof, name) for name in names}
    return {
        name: value.hex().upper() if isinstance(value, bytes) else value
        for name, value in values.items()
    }


def _proof(kind: Any, raw: object) -> Any:
    if raw is None:
        return None
    fields = kind.__dataclass_fields__
    if not isinstance(raw, dict) or raw.keys() != fields.keys():
        raise FormatError(f"not the members of {kind.__name__}", WHERE)
    return kind(**{name: _value(raw[name], item.type, name) for name, item in fields.items()})


def _failures(raw: object) -> tuple[Failure, ...]:
    if not isinstance(raw, list) or len(raw) > MAX_FAILURES or None in raw:
        raise FormatError("failures is no list of them, or too long", WHERE)
    found = tuple(_proof(Failure, item) for item in raw)
    if any(item.proof not in PROOFS for item in found):
        raise FormatError("a failure of no proof", WHERE)
    if any(len(item.reason) > MAX_REASON or not item.reason.isprintable() for item in found):
        raise FormatError("a reason that is too long or cannot be printed", WHERE)
    return found


def _value(value: object, kind: Any, name: str) -> object:
    if kind is bool and isinstance(value, bool):
        return value
    if kind is bytes and isinstance(value, str):
        try:
            return bytes.fromhex(value)
        except ValueError:
            raise FormatError(f"{name} is not hexadecimal", WHERE) from None
    if isinstance(value, bool) or not isinstance(value, kind) or kind is bytes:
        raise FormatError(f"{name} is of the wrong type", WHERE)
    return value
