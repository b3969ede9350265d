"""What a chip did to prove that it is no copy: recorded while it was there, judged later.

Source: ICAO Doc 9303-11 §6.1 (active authentication), §6.2 (chip authentication), §4.4.3.3.3
(PACE with chip authentication mapping). Nothing here says that anything is authentic; that is
for ``epass.trust`` to say, under a key that the issuing state has signed.

Evidence of chip authentication holds the reader's ephemeral private key. The keys that follow
from it are symmetric: the evidence convinces whoever trusts the reader that recorded it.
"""

from dataclasses import dataclass, field
from typing import Any, Self

from epass.errors import FormatError

WHERE = "evidence"

# How those notes of a dump begin that say why a proof that the chip announces has no evidence;
# the reason follows. What failed is a failed check; what could not be run is unknown.
CHIP_FAILED, CHIP_NOT_RUN = "chip authentication failed: ", "chip authentication not run: "
ACTIVE_FAILED, ACTIVE_NOT_RUN = "active authentication failed: ", "active authentication not run: "


@dataclass(frozen=True, slots=True)
class ActiveAuthentication:
    """INTERNAL AUTHENTICATE: the 8-byte challenge, the chip's answer and its status word."""

    challenge: bytes = field(repr=False)
    answer: bytes = field(repr=False)
    sw: int


@dataclass(frozen=True, slots=True)
class ChipAuthentication:
    """A key agreement, and the first exchange that the new session keys protect.

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
    """PACE-CAM: the chip's ephemeral mapping key as encoded, and the decrypted CA_IC."""

    oid: str
    parameter_id: int
    mapping_key: bytes = field(repr=False)
    authentication_data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was recorded; None where the chip offers no such proof or it was not asked for."""

    active: ActiveAuthentication | None = None
    chip: ChipAuthentication | None = None
    mapping: ChipAuthenticationMapping | None = None

    def as_dict(self) -> dict[str, object]:
        """JSON values; bytes are upper-case hexadecimal."""
        found = {"active": self.active, "chip": self.chip, "mapping": self.mapping}
        return {name: _plain(proof) for name, proof in found.items() if proof is not None}

    @classmethod
    def from_dict(cls, raw: object) -> Self:
        """The reverse of ``as_dict``.

        Raises:
            FormatError: a member is missing, unknown, or of another type.
        """
        if not isinstance(raw, dict) or not raw.keys() <= {"active", "chip", "mapping"}:
            raise FormatError("not an object of proofs", WHERE)
        return cls(
            active=_proof(ActiveAuthentication, raw.get("active")),
            chip=_proof(ChipAuthentication, raw.get("chip")),
            mapping=_proof(ChipAuthenticationMapping, raw.get("mapping")),
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


def _value(value: object, kind: Any, name: str) -> object:
    if kind is bytes and isinstance(value, str):
        try:
            return bytes.fromhex(value)
        except ValueError:
            raise FormatError(f"{name} is not hexadecimal", WHERE) from None
    if isinstance(value, bool) or not isinstance(value, kind) or kind is bytes:
        raise FormatError(f"{name} is of the wrong type", WHERE)
    return value
