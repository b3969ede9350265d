"""PACE over MODP groups with a chip that is written from plain integers, hashlib and cryptography.

What the appendices do not show: groups of 2048 bits, whose public values need extended length,
and numbers that start with zeros. A public value has none (Doc 9303-11 §9.4.1, §9.4.3 note), a
shared secret keeps them (PKCS #3 §8.3).
"""

import hashlib
from dataclasses import dataclass, field

import pytest
from card_wire import drawn, scripted
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.cmac import CMAC

from epass import tlv
from epass.card import pace
from epass.card.apdu import Command, Response
from epass.card.keys import Can
from epass.card.pace import Suite
from epass.crypto import ciphers
from epass.crypto.ciphers import Cipher
from epass.crypto.modp import GROUPS, ModpGroup
from epass.lds.security_infos import PACE_PROTOCOLS, PaceProtocol
from epass.sim import messaging

CAN = Can("123456")
PROTOCOLS = [PACE_PROTOCOLS[f"0.4.0.127.0.7.2.2.4.1.{number}"] for number in (1, 2, 3, 4)]
AES_128 = PROTOCOLS[1]
NONCE = 0x0123456789ABCDEF
READ = Command(0xB0, 0x9E, 0, le=4)

each_group = pytest.mark.parametrize("group", GROUPS, ids=lambda group: group.name)


@dataclass
class Chip:
    """Generic mapping. ``padded``: public values are sent, and hashed, at the length of p."""

    group: ModpGroup
    cipher: Cipher
    oid: bytes
    secrets: tuple[int, int]
    padded: bool = False
    commands: list[Command] = field(default_factory=list)
    secret: bytes = b""
    session: messaging.Session | None = None

    def transmit(self, command: Command) -> Response:
        self.commands.append(command)
        if self.session:
            assert self.session.unprotect(command) == READ
            return self.session.protect(Response(b"data"), READ.ins)
        if command.ins == 0x22:
            self.generator = self.group.g
            return Response()
        assert command.ins == 0x86
        assert command.cla == (0x00 if len(self.commands) == 5 else 0x10)
        found = tlv.parse_one(command.data, 0x7C, where="chip").children()
        tag, value = (found[0].tag, found[0].value) if found else (0, b"")
        answer = {0: self.nonce, 0x81: self.map, 0x83: self.agree, 0x85: self.prove}[tag](value)
        data = tlv.build(0x7C, tlv.build(tag + 1 if tag else 0x80, answer))
        assert command.le is not None
        assert len(data) <= command.le, "the answer has no room"
        return Response(data)

    def nonce(self, _: bytes) -> bytes:
        key = ciphers.kdf(b"123456", ciphers.PASSWORD, self.cipher)
        return ciphers.encrypt(self.cipher, key, NONCE.to_bytes(16))

    def map(self, theirs: bytes) -> bytes:
        p = self.group.p
        shared = pow(int.from_bytes(theirs), self.secrets[0], p)
        self.generator = pow(self.group.g, NONCE, p) * shared % p
        return self.encode(pow(self.group.g, self.secrets[0], p))

    def agree(self, theirs: bytes) -> bytes:
        p = self.group.p
        self.received = theirs
        self.mine = self.encode(pow(self.generator, self.secrets[1], p))
        shared = pow(int.from_bytes(theirs), self.secrets[1], p)
        self.secret = shared.to_bytes(self.group.size)
        return self.mine

    def prove(self, token: bytes) -> bytes:
        assert token == self.token(self.mine)
        keys = ciphers.derive_keys(self.secret, self.cipher)
        self.session = messaging.Session(self.cipher, *keys)
        return self.token(self.received)

    def encode(self, y: int) -> bytes:
        size = self.group.size if self.padded else (y.bit_length() + 7) // 8
        return y.to_bytes(size)

    def token(self, public: bytes) -> bytes:
        body = tlv.build(0x06, self.oid) + tlv.build(0x84, public)
        message = tlv.build(0x7F49, body)
        if self.cipher is Cipher.TDES:
            return ciphers.retail_mac(ciphers.derive_keys(self.secret, self.cipher)[1], message)
        wide = self.cipher.key_size > 16
        digest = hashlib.sha256 if wide else hashlib.sha1
        key = digest(self.secret + bytes((0, 0, 0, 2))).digest()[: self.cipher.key_size]
        mac = CMAC(AES(key))
        mac.update(message)
        return mac.finalize()[:8]


def run(chip: Chip, suite: Suite, ours: tuple[int, int]) -> None:
    """PACE with these secrets, and one command under the keys that follow from it."""
    random = scripted(*(drawn(chip.group, scalar) for scalar in ours))
    secure = pace.authenticate(chip, CAN, suite, random=random).channel
    assert secure.transmit(READ) == Response(b"data")


def chip_for(suite: Suite, secrets: tuple[int, int], *, padded: bool = False) -> Chip:
    group = next(group for group in GROUPS if group is suite.group)
    return Chip(group, suite.cipher, suite.protocol.value, secrets, padded)


@each_group
@pytest.mark.parametrize("protocol", PROTOCOLS, ids=lambda protocol: protocol.cipher.label)
def test_every_group_and_cipher(group: ModpGroup, protocol: PaceProtocol) -> None:
    suite = Suite(protocol, group, named=True)
    chip = chip_for(suite, (group.q // 3, group.q // 5))
    run(chip, suite, (group.q // 7, group.q // 11))
    assert chip.commands[0].data.endswith(b"\x84\x01" + bytes((group.parameter_id,)))


@each_group
def test_extended_length_where_it_is_needed_and_only_there(group: ModpGroup) -> None:
    """§9.3.1: 2048 bits fit neither a short command nor a short answer."""
    suite = Suite(AES_128, group, named=False)
    chip = chip_for(suite, (group.q // 3, group.q // 5))
    run(chip, suite, (group.q // 7, group.q // 11))
    wide = group.size > 128
    assert [command.is_extended for command in chip.commands[:5]] == [
        False,
        False,
        wide,
        wide,
        False,
    ]
    assert [command.le for command in chip.commands[:5]] == [
        None,
        0x100,
        0x10000 if wide else 0x100,
        0x10000 if wide else 0x100,
        0x100,
    ]


def first_short(group: ModpGroup, base: int, above: int = 0) -> int:
    """The smallest k over ``above`` for which the k-th power of ``base`` needs a byte less."""
    scalar = above + 1
    power = pow(base, scalar, group.p)
    while power >> 8 * (group.size - 1):
        scalar, power = scalar + 1, power * base % group.p
    return scalar


@each_group
@pytest.mark.parametrize("padded", [False, True], ids=["unsigned integer", "fixed length"])
def test_every_public_value_starts_with_zero(group: ModpGroup, padded: bool) -> None:
    """Ours go without; the chip's are taken, and hashed, as they come."""
    mapping = first_short(group, group.g)
    chips_mapping = first_short(group, group.g, above=mapping)
    generator = pow(group.g, NONCE + mapping * chips_mapping, group.p)
    agreed = first_short(group, generator)
    chips_agreed = first_short(group, generator, above=agreed)
    suite = Suite(AES_128, group, named=False)
    chip = chip_for(suite, (chips_mapping, chips_agreed), padded=padded)
    run(chip, suite, (mapping, agreed))
    assert len(chip.received) < group.size
    assert (len(chip.mine) == group.size) is padded
    assert (chip.mine[0] == 0) is padded


@each_group
def test_the_shared_secret_starts_with_zero(group: ModpGroup) -> None:
    ours, chips = (2, 2), 3
    generator = pow(group.g, NONCE + ours[0] * chips, group.p)
    last = first_short(group, pow(generator, ours[1], group.p), above=ours[1])
    suite = Suite(AES_128, group, named=False)
    chip = chip_for(suite, (chips, last))
    run(chip, suite, ours)
    assert chip.secret[0] == 0
    stripped = ciphers.derive_keys(chip.secret.lstrip(b"\x00"), chip.cipher)
    assert ciphers.derive_keys(chip.secret, chip.cipher) != stripped, "the test could not fail"
