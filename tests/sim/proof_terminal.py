"""Chip and Active Authentication, the terminal's half, for tests of the simulated chip.

As ``sim_terminal``, it shares no code with the simulator or the reader. Shared secrets are computed
by python-ecdsa, or by a power of integers, not by the code under test.
"""

from dataclasses import dataclass, field

import ecdsa
from ecdsa.ellipticcurve import Point as OraclePoint
from sim_cards import EF_COM, FILES, Handmade
from sim_terminal import Protection, Terminal, seeded

from epass import tlv
from epass.card.apdu import Response
from epass.crypto import ciphers
from epass.crypto.ciphers import Cipher
from epass.crypto.ec import Curve, by_name
from epass.sim.chip import Chip
from epass.sim.groups import StaticKey
from epass.sim.modp import ModpGroup
from epass.sim.proof_keys import AgreementKey
from epass.sim.proofs import ChipAuthentication, Proofs

CA_DH, CA_ECDH = bytes.fromhex("04007F0007020203 01"), bytes.fromhex("04007F0007020203 02")


def oid(group: object, cipher: Cipher) -> bytes:
    """The value of the object identifier of tables 5 and 6."""
    family = CA_ECDH if isinstance(group, Curve) else CA_DH
    return family + bytes((1 + list(Cipher).index(cipher),))


def curve(name: str) -> Curve:
    """The curve called ``name``."""
    found = by_name(name)
    assert found is not None
    return found


P256 = curve("P-256")


def agreement_key(
    group: Curve | ModpGroup = P256,
    able: tuple[Cipher, ...] = tuple(Cipher),
    key_id: int | None = None,
    seed: int = 11,
) -> AgreementKey:
    """A key of the chip that begins sessions with each cipher of ``able``."""
    return AgreementKey(StaticKey.generate(group, seeded(seed), key_id), able)


def offering(*keys: AgreementKey) -> Proofs:
    """A chip that can do Chip Authentication with ``keys``, or with one on P-256."""
    return Proofs(ChipAuthentication(keys or (agreement_key(),)))


@dataclass(frozen=True)
class Ephemeral:
    """A key pair of the terminal on ``group``, and what it agrees on with a static key."""

    group: Curve | ModpGroup
    secret: int = 0
    public: bytes = field(default=b"")

    @classmethod
    def drawn(cls, group: Curve | ModpGroup, seed: int = 5) -> "Ephemeral":
        secret = group.scalar(seeded(seed))
        return cls(group, secret, multiple(group, group.generator.encode(), secret)[1])

    def shared(self, static: bytes) -> bytes:
        """K of §6.2.1 step 3a, ``static`` being a public key as it is sent."""
        return multiple(self.group, static, self.secret)[0]


def multiple(group: Curve | ModpGroup, element: bytes, scalar: int) -> tuple[bytes, bytes]:
    """``scalar`` times ``element``: as a shared secret, and as a public key."""
    if isinstance(group, ModpGroup):
        value = pow(int.from_bytes(element), scalar, group.p)
        whole = value.to_bytes((group.p.bit_length() + 7) // 8)
        return whole, whole.lstrip(b"\x00")
    width = (group.p.bit_length() + 7) // 8
    curve = ecdsa.ellipticcurve.CurveFp(group.p, group.a, group.b, 1)
    x, y = int.from_bytes(element[1 : 1 + width]), int.from_bytes(element[1 + width :])
    product = OraclePoint(curve, x, y, group.n) * scalar
    x_bytes = product.x().to_bytes(width)
    return x_bytes, b"\x04" + x_bytes + product.y().to_bytes(width)


def opened(proofs: Proofs, *, pace: Cipher | None = None, **options: object) -> Terminal:
    """A terminal after BAC, or PACE, the application selected, at a chip with ``proofs``."""
    document = Handmade(files=FILES, proofs=proofs)
    if pace is not None:
        options["cipher"] = pace.label
    chip = Chip(document, random=seeded(3), **options)  # type: ignore[arg-type]
    terminal = Terminal(chip)
    if pace is not None:
        terminal.pace(pace, chip.suites[0].group)
    terminal.select_application()
    if pace is None:
        terminal.bac()
    return terminal


def set_kat(terminal: Terminal, ephemeral: bytes, key_id: bytes | None = None) -> Response:
    """MSE:Set KAT as it is sent where the session is 3DES."""
    reference = b"" if key_id is None else tlv.build(0x84, key_id)
    return terminal.send("002241A6", tlv.build(0x91, ephemeral) + reference)


def set_at(terminal: Terminal, mechanism: bytes, key_id: bytes | None = None) -> Response:
    """MSE:Set AT."""
    reference = b"" if key_id is None else tlv.build(0x84, key_id)
    return terminal.send("002241A4", tlv.build(0x80, mechanism) + reference)


def key_object(ephemeral: bytes) -> bytes:
    """The data of GENERAL AUTHENTICATE."""
    return tlv.build(0x7C, tlv.build(0x80, ephemeral))


def general_authenticate(terminal: Terminal, data: bytes, piece: int = 0) -> Response:
    """GENERAL AUTHENTICATE, as a chain of commands with ``piece`` bytes each if that is not 0."""
    while piece and len(data) > piece:
        assert terminal.send("10860000", data[:piece]) == Response()
        data = data[piece:]
    return terminal.send("00860000", data, 256)


def restart(terminal: Terminal, shared: bytes, cipher: Cipher) -> None:
    """Go on with the keys that follow from ``shared``, the counter at 0."""
    terminal.protection = Protection(cipher, *ciphers.derive_keys(shared, cipher))


def assert_alive(terminal: Terminal) -> None:
    """The session goes on."""
    assert terminal.ok("00B09E00", le=4) == EF_COM[:4]


GOOD = Ephemeral.drawn(P256).public
D91, D80, D84 = tlv.build(0x91, GOOD), tlv.build(0x80, oid(P256, Cipher.AES_128)), b"\x84\x01\x01"
