"""A terminal for tests of the simulated chip, in as few words as the protocols allow.

It shares no code with the simulator and none with the reader. It trusts itself: what the chip
does wrong shows as an assertion. Test persons are the specimens of Doc 9303.
"""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from epass import tlv
from epass.card.apdu import Command, Response
from epass.crypto import ciphers
from epass.crypto.ciphers import Cipher
from epass.sim.groups import Element, Group

VECTORS = Path(__file__).parents[2] / "vectors"
AID = bytes.fromhex("A0000002471001")

TD2_MRZ = "I<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<\nL898902C<3UTO6908061F9406236<<<<<<<2"
TD2_INFORMATION = b"L898902C<369080619406236"
TD3_MRZ = (
    "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nT220001293UTO6408125F1010318<<<<<<<<<<<<<<<4"
)
TD3_INFORMATION = b"T22000129364081251010318"
CAN = "123456"


def vectors(name: str) -> dict[str, dict[str, Any]]:
    loaded = json.loads((VECTORS / f"{name}.json").read_text())
    return {item["id"]: item["fields"] for item in loaded["vectors"]}


def scripted(*parts: bytes) -> Callable[[int], bytes]:
    """Randomness that is ``parts``, each asked for at its very length, then no more."""
    waiting = list(parts)

    def random(size: int) -> bytes:
        part = waiting.pop(0)
        assert len(part) == size
        return part

    return random


def seeded(seed: int) -> Callable[[int], bytes]:
    """Endless deterministic randomness."""
    state = [0]

    def random(size: int) -> bytes:
        state[0] += 1
        return hashlib.shake_256(b"%d %d" % (seed, state[0])).digest(size)

    return random


def drawn(group: Group, scalar: int) -> bytes:
    """The random bytes from which ``Group.scalar`` makes ``scalar``."""
    return (scalar - 1).to_bytes((group.n.bit_length() + 7) // 8 + 8)


class Sends(Protocol):
    def transmit(self, command: Command) -> Response: ...


@dataclass
class Protection:
    """Secure messaging, the terminal's side."""

    cipher: Cipher
    enc: bytes
    mac: bytes
    ssc: int = 0

    def checksum(self, message: bytes) -> bytes:
        whole = self.ssc.to_bytes(self.cipher.block) + message
        if self.cipher is not Cipher.TDES:
            whole = ciphers.pad(whole, 16)
        return ciphers.mac(self.cipher, self.mac, whole)

    def iv(self) -> bytes | None:
        if self.cipher is Cipher.TDES:
            return None
        return ciphers.encrypt_block(self.cipher, self.enc, self.ssc.to_bytes(16))

    def encrypted(self, padded: bytes) -> bytes:
        return ciphers.encrypt(self.cipher, self.enc, padded, self.iv())

    def sealed(self, command: Command, objects: bytes) -> Command:
        """The protected command with any ``objects`` at all, truly MACed; uses the counter."""
        padded = ciphers.pad(command.header, self.cipher.block)
        message = padded + objects if objects else command.header
        data = objects + tlv.build(0x8E, self.checksum(message))
        le = 65536 if command.is_extended or len(data) > 255 else 256
        return Command(command.ins, command.p1, command.p2, data, le, command.cla)

    def wrap(self, plain: Command) -> Command:
        self.ssc += 1
        objects = b""
        if plain.data:
            cryptogram = self.encrypted(ciphers.pad(plain.data, self.cipher.block))
            odd = plain.ins % 2
            objects += tlv.build(0x85 if odd else 0x87, cryptogram if odd else b"\x01" + cryptogram)
        if plain.le is not None:
            wide = plain.is_extended
            objects += tlv.build(0x97, (plain.le % (65536 if wide else 256)).to_bytes(1 + wide))
        cla = 0x0C | plain.cla & 0x10
        header = Command(plain.ins, plain.p1, plain.p2, cla=cla, extended=plain.extended)
        if plain.is_extended:
            header = Command(plain.ins, plain.p1, plain.p2, le=65536, cla=cla)
        return self.sealed(header, objects)

    def unwrap(self, protected: Response, ins: int) -> Response:
        self.ssc += 1
        items = tlv.parse(protected.data, where="answer")
        assert [item.tag for item in items] in (
            [0x99, 0x8E],
            [0x85 if ins % 2 else 0x87, 0x99, 0x8E],
        )
        covered = b"".join(item.raw for item in items[:-1])
        assert items[-1].value == self.checksum(covered)
        assert items[-2].value == protected.sw.to_bytes(2)
        if len(items) == 2:
            return Response(b"", protected.sw)
        cryptogram = items[0].value if ins % 2 else items[0].value[1:]
        assert ins % 2 or items[0].value[0] == 1
        plain = ciphers.decrypt(self.cipher, self.enc, cryptogram, self.iv())
        data = ciphers.unpad(plain, self.cipher.block)
        assert data
        return Response(data, protected.sw)


class Terminal:
    """Sends to a chip, under secure messaging once ``protection`` is there."""

    def __init__(self, channel: Sends, seed: int = 1) -> None:
        self.channel = channel
        self.random = seeded(seed)
        self.protection: Protection | None = None

    def send(
        self, header: str, data: bytes = b"", le: int | None = None, *, extended: bool = False
    ) -> Response:
        """``header`` is CLA INS P1 P2 in hex; the class byte of secure messaging is put in here."""
        cla, ins, p1, p2 = bytes.fromhex(header)
        command = Command(ins, p1, p2, data, le, cla, extended)
        if self.protection is None:
            return self.channel.transmit(command)
        answer = self.channel.transmit(self.protection.wrap(command))
        return self.protection.unwrap(answer, ins)

    def ok(self, header: str, data: bytes = b"", le: int | None = None) -> bytes:
        response = self.send(header, data, le)
        assert response.sw == 0x9000, f"{header}: {response.sw:04X}"
        return response.data

    def select_application(self) -> None:
        self.ok("00A4040C", AID)

    def bac(self, information: bytes = TD3_INFORMATION) -> None:
        seed = hashlib.sha1(information, usedforsecurity=False).digest()[:16]
        enc, mac = ciphers.derive_keys(seed, Cipher.TDES)
        rnd_ic = self.ok("00840000", le=8)
        rnd_ifd, k_ifd = self.random(8), self.random(16)
        e_ifd = ciphers.encrypt(Cipher.TDES, enc, rnd_ifd + rnd_ic + k_ifd)
        answer = self.ok("00820000", e_ifd + ciphers.retail_mac(mac, e_ifd), 40)
        assert answer[32:] == ciphers.retail_mac(mac, answer[:32])
        plain = ciphers.decrypt(Cipher.TDES, enc, answer[:32])
        assert plain[:16] == rnd_ic + rnd_ifd
        keys = ciphers.derive_keys(ciphers.xor(k_ifd, plain[16:]), Cipher.TDES)
        self.protection = Protection(Cipher.TDES, *keys, int.from_bytes(rnd_ic[4:] + rnd_ifd[4:]))

    def set_at(self, cipher: Cipher, reference: int = 1) -> bytes:
        """Starts PACE; the value of the object identifier."""
        oid = bytes.fromhex("04007F00070202040201")[:-1] + bytes((1 + list(Cipher).index(cipher),))
        self.ok("0022C1A4", tlv.build(0x80, oid) + bytes((0x83, 1, reference)))
        return oid

    def step(self, tag: int | None, value: bytes = b"", cla: str = "10") -> bytes:
        """One GENERAL AUTHENTICATE; the value of the only object in the answer."""
        inner = b"" if tag is None else tlv.build(tag, value)
        data = self.ok(cla + "860000", tlv.build(0x7C, inner), 256)
        (child,) = tlv.parse_one(data, 0x7C, where="answer").children()
        assert child.tag == (0x80 if tag is None else tag + 1)
        return child.value

    def pace(
        self, cipher: Cipher, curve: Group, secret: bytes | None = None, reference: int = 1
    ) -> bytes:
        """All of PACE; the shared secret, which only tests may want to see."""
        oid = self.set_at(cipher, reference)
        k_pi = ciphers.kdf(secret or mrz_secret(), 3, cipher)
        nonce = ciphers.decrypt(cipher, k_pi, self.step(None))
        first = curve.scalar(self.random)
        theirs = curve.decode(self.step(0x81, (curve.generator * first).encode()), where="terminal")
        generator = curve.generator * int.from_bytes(nonce) + theirs * first
        second = curve.scalar(self.random)
        mine = generator * second
        theirs = curve.decode(self.step(0x83, mine.encode()), where="terminal")
        shared = (theirs * second).x_bytes
        enc, mac = ciphers.derive_keys(shared, cipher)
        token = self.step(0x85, _token(oid, theirs, cipher, mac), cla="00")
        assert token == _token(oid, mine, cipher, mac)
        self.protection = Protection(cipher, enc, mac)
        return shared


def mrz_secret(information: bytes = TD3_INFORMATION) -> bytes:
    return hashlib.sha1(information, usedforsecurity=False).digest()


def _token(oid: bytes, key: Element, cipher: Cipher, mac: bytes) -> bytes:
    return ciphers.mac(
        cipher, mac, tlv.build(0x7F49, tlv.build(0x06, oid) + tlv.build(0x86, key.encode()))
    )
