"""Field elements that start with 00, on every curve: lengths stay fixed (Doc 9303-11 §9.4.5).

Readers that drop a leading zero of the shared secret fail once in 256 reads, and on P-521, whose
field elements have a first byte of one bit, every second time. Simulator and reader share the
curves, so the tokens are also computed here, by hashlib and cryptography, from plain numbers.
"""

import hashlib

import pytest
from card_wire import Wire, application, drawn, scripted
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.cmac import CMAC

from epass import tlv
from epass.card import reader
from epass.card.keys import MrzKey
from epass.crypto.ec import CURVES, Curve, Point
from epass.lds.names import File
from epass.sim import issuer
from epass.sim.chip import Chip

DOCUMENT = issuer.issue()
KEY = MrzKey.from_mrz(DOCUMENT.mrz)
OID = bytes.fromhex("04007F00070202040202")  # ECDH, generic mapping, AES-128
WANT = (File.COM, File.DG1)

each_curve = pytest.mark.parametrize("curve", CURVES, ids=lambda curve: curve.name)


def starts_with_zero(point: Point) -> bool:
    return point.x >> 8 * (point.curve.size - 1) == 0


def first_scalar(base: Point, above: int = 0) -> int:
    """The smallest k over ``above`` for which the x-coordinate of k x ``base`` starts with 00."""
    scalar = above + 1
    point = base * scalar
    while not starts_with_zero(point):
        scalar, point = scalar + 1, point + base
    return scalar


def read(
    curve: Curve, nonce: int, ours: tuple[int, int], chips: tuple[int, int]
) -> tuple[Wire, Point]:
    """Read with these nonce and secrets; the wire, and the shared point of the key agreement."""
    draws = [drawn(curve, scalar) for scalar in (*ours, *chips)]
    chip = Chip(
        DOCUMENT,
        parameter_id=curve.parameter_id,
        random=scripted(nonce.to_bytes(16), *draws[2:]),
    )
    wire = Wire(chip)
    dump = reader.read(wire, KEY, want=WANT, random=scripted(*draws[:2]))
    assert application(dump.files) == {file: DOCUMENT.files[file] for file in WANT}
    assert dump.access.parameter_id == curve.parameter_id
    generator = curve.generator * (nonce + ours[0] * chips[0])
    return wire, generator * (ours[1] * chips[1])


def on_the_wire(wire: Wire) -> list[bytes]:
    """The values of steps 2 to 4: the reader's and the chip's, in turn."""
    steps = [index for index, command in enumerate(wire.commands) if command.ins == 0x86]
    both = [(wire.commands[at].data, wire.responses[at].data) for at in steps[1:]]
    return [
        tlv.parse_one(data, 0x7C, where="").children()[0].value for pair in both for data in pair
    ]


def token(shared_x: bytes, received: bytes) -> bytes:
    """§4.4.3.4, with the key of §9.7.1."""
    ks_mac = hashlib.sha1(shared_x + bytes((0, 0, 0, 2)), usedforsecurity=False).digest()[:16]
    point = bytes((0x86,)) + (b"\x81" if len(received) > 0x7F else b"") + bytes((len(received),))
    body = b"\x06\x0a" + OID + point + received
    length = (b"\x81" if len(body) > 0x7F else b"") + bytes((len(body),))
    mac = CMAC(AES(ks_mac))
    mac.update(b"\x7f\x49" + length + body)
    return mac.finalize()[:8]


def assert_tokens(curve: Curve, wire: Wire, shared: Point) -> None:
    *_, our_key, their_key, our_token, their_token = on_the_wire(wire)
    fixed = shared.x.to_bytes(curve.size)
    assert (our_token, their_token) == (token(fixed, their_key), token(fixed, our_key))
    if fixed[0] == 0:
        assert our_token != token(fixed.lstrip(b"\x00"), their_key), "the test could not fail"


@each_curve
def test_the_shared_secret_starts_with_zero(curve: Curve) -> None:
    ours, chips = (2, 2), 3
    generator = curve.generator * (1 + ours[0] * chips)
    last = first_scalar(generator * ours[1], above=ours[1])
    wire, shared = read(curve, 1, ours, (chips, last))
    assert starts_with_zero(shared)
    assert_tokens(curve, wire, shared)


@each_curve
def test_every_public_key_and_the_mapped_generator_start_with_zero(curve: Curve) -> None:
    base = curve.generator
    mapping = first_scalar(base)
    chips_mapping = first_scalar(base, above=mapping)
    shared = mapping * chips_mapping
    nonce = first_scalar(base, above=shared) - shared
    generator = base * (nonce + shared)
    assert starts_with_zero(generator)
    agreed = first_scalar(generator)
    chips_agreed = first_scalar(generator, above=agreed)

    wire, point = read(curve, nonce, (mapping, agreed), (chips_mapping, chips_agreed))
    keys = on_the_wire(wire)[:4]
    assert [(len(key), key[:2]) for key in keys] == [(1 + 2 * curve.size, b"\x04\x00")] * 4
    assert_tokens(curve, wire, point)
