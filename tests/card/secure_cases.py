"""The chip's half of secure messaging, and a table of answers: what is taken, and what is not."""

from collections.abc import Callable

from epass import tlv
from epass.card.apdu import Response
from epass.crypto import ciphers
from epass.crypto.ciphers import Cipher

KEYS = {
    Cipher.TDES: bytes(range(16)),
    Cipher.AES_128: bytes(range(16)),
    Cipher.AES_192: bytes(range(24)),
    Cipher.AES_256: bytes(range(32)),
}


class Chip:
    """The chip's half of §9.8.4, to make answers that are wrong in exactly one way."""

    def __init__(self, cipher: Cipher, ssc: int) -> None:
        self.cipher = cipher
        self.ssc = ssc.to_bytes(cipher.block)

    def encrypt(self, plain: bytes) -> bytes:
        key = KEYS[self.cipher]
        tdes = self.cipher is Cipher.TDES
        iv = None if tdes else ciphers.encrypt_block(self.cipher, key, self.ssc)
        return ciphers.encrypt(self.cipher, key, plain, iv)

    def data(self, plain: bytes) -> bytes:
        """Data object 87, as in the answer to a command with an even INS."""
        return self.padded(ciphers.pad(plain, self.cipher.block))

    def padded(self, plain: bytes) -> bytes:
        """Data object 87 of whole blocks, which the caller has padded as it likes."""
        return tlv.build(0x87, b"\x01" + self.encrypt(plain))

    def blocks(self, start: bytes, count: int = 1) -> bytes:
        """``start``, and zeros up to ``count`` blocks."""
        return start.ljust(count * self.cipher.block, b"\0")

    def coded(self, plain: bytes) -> bytes:
        """Data object 85, as in the answer to a command with an odd INS."""
        return tlv.build(0x85, self.encrypt(ciphers.pad(plain, self.cipher.block)))

    def answer(self, objects: bytes, sw: int = 0x9000) -> Response:
        return Response(objects + tlv.build(0x8E, self.mac(objects)), sw)

    def mac(self, objects: bytes) -> bytes:
        message = self.ssc + objects
        if self.cipher is not Cipher.TDES:
            message = ciphers.pad(message, self.cipher.block)
        return ciphers.mac(self.cipher, KEYS[self.cipher][::-1], message)

    def later(self, counted: int) -> "Chip":
        """As it would answer if it had counted ``counted`` more."""
        return Chip(self.cipher, int.from_bytes(self.ssc) + counted)


def status(sw: int) -> bytes:
    return b"\x99\x02" + sw.to_bytes(2)


STATUS = status(0x9000)


Make = Callable[[Chip], Response]

# What is authentic and in order, and the plain answer that it is. Whether the data is in 87 or in
# 85 follows from INS, §9.8.4; the codec, which does not know it, takes both: each says what it is.
TAKEN: dict[str, tuple[Make, Response]] = {
    "data": (lambda chip: chip.answer(chip.data(b"abcd") + STATUS), Response(b"abcd")),
    "long": (lambda chip: chip.answer(chip.data(bytes(200)) + STATUS), Response(bytes(200))),
    "whole blocks": (
        lambda chip: chip.answer(chip.padded(b"A" * 16 + chip.blocks(b"\x80")) + STATUS),
        Response(b"A" * 16),
    ),
    "no data": (lambda chip: chip.answer(STATUS), Response()),
    "padding alone": (lambda chip: chip.answer(chip.data(b"") + STATUS), Response()),
    "ends like padding": (
        lambda chip: chip.answer(chip.data(b"a\x80\0\0") + STATUS),
        Response(b"a\x80\0\0"),
    ),
    "data in 85": (lambda chip: chip.answer(chip.coded(b"abcd") + STATUS), Response(b"abcd")),
    "error": (lambda chip: chip.answer(status(0x6A82), 0x6A82), Response(sw=0x6A82)),
    "error, as of secure messaging": (
        lambda chip: chip.answer(status(0x6988), 0x6988),
        Response(sw=0x6988),
    ),
    "error with data": (
        lambda chip: chip.answer(chip.data(b"abcd") + status(0x6A80), 0x6A80),
        Response(b"abcd", 0x6A80),
    ),
    "warning": (lambda chip: chip.answer(status(0x6282), 0x6282), Response(sw=0x6282)),
    "warning with data": (
        lambda chip: chip.answer(chip.data(b"abcd") + status(0x6282), 0x6282),
        Response(b"abcd", 0x6282),
    ),
    "longer length than needed": (
        lambda chip: chip.answer(b"\x99\x81\x02\x90\x00"),
        Response(),
    ),
}

NO_MAC = "the answer carries no MAC"
WRONG_MAC = "the MAC of the answer is wrong"
STRUCTURE = "the answer is not [87 or 85], 99, 8E"
OTHER_STATUS = "the status word is not the protected one"
BLOCKS = "the cryptogram is not of whole blocks"
PADDING = "the padding of the answer is wrong"

FAULTS: dict[str, tuple[Make, str]] = {
    # the MAC
    "plain data": (lambda _: Response(b"\x60\x14\x5f\x01"), NO_MAC),
    "none": (lambda chip: Response(chip.data(b"abcd") + STATUS), NO_MAC),
    "none of 8 bytes": (
        lambda chip: Response(STATUS + tlv.build(0x8E, chip.mac(STATUS)[:4])),
        NO_MAC,
    ),
    "longer": (lambda chip: Response(STATUS + tlv.build(0x8E, chip.mac(STATUS) + b"\0")), NO_MAC),
    "first": (lambda chip: Response(tlv.build(0x8E, chip.mac(STATUS)) + STATUS), NO_MAC),
    "something behind it": (lambda chip: Response(chip.answer(STATUS).data + b"\0"), NO_MAC),
    "wrong": (lambda chip: Response(chip.answer(STATUS).data[:-1] + b"\x00"), WRONG_MAC),
    "data changed": (
        lambda chip: Response(
            chip.answer(chip.data(b"abcd") + STATUS).data.replace(b"\x01", b"\x02", 1)
        ),
        WRONG_MAC,
    ),
    "data left out": (
        lambda chip: Response(STATUS + chip.answer(chip.data(b"abcd") + STATUS).data[-10:]),
        WRONG_MAC,
    ),
    "twice": (lambda chip: chip.answer(chip.answer(STATUS).data), STRUCTURE),
    # the counter
    "replayed": (lambda chip: chip.later(-2).answer(STATUS), WRONG_MAC),
    "of the command": (lambda chip: chip.later(-1).answer(STATUS), WRONG_MAC),
    "ahead": (lambda chip: chip.later(2).answer(STATUS), WRONG_MAC),
    # data object 99
    "no objects": (lambda chip: chip.answer(b""), STRUCTURE),
    "no status": (lambda chip: chip.answer(chip.data(b"abcd")), STRUCTURE),
    "status twice": (lambda chip: chip.answer(STATUS * 2), STRUCTURE),
    "two statuses": (lambda chip: chip.answer(status(0x6A82) + STATUS), STRUCTURE),
    "status before the data": (lambda chip: chip.answer(STATUS + chip.data(b"a")), STRUCTURE),
    "status of no byte": (lambda chip: chip.answer(b"\x99\x00"), STRUCTURE),
    "status of one byte": (lambda chip: chip.answer(b"\x99\x01\x90"), STRUCTURE),
    "status of three bytes": (lambda chip: chip.answer(b"\x99\x03\x90\0\0"), STRUCTURE),
    "other status outside": (lambda chip: chip.answer(STATUS, 0x6282), OTHER_STATUS),
    "error made a success": (lambda chip: chip.answer(status(0x6982)), OTHER_STATUS),
    "success made an error": (lambda chip: chip.answer(STATUS, 0x6A82), OTHER_STATUS),
    # data objects 87 and 85
    "data twice": (lambda chip: chip.answer(chip.data(b"abcd") * 2 + STATUS), STRUCTURE),
    "87 and 85": (lambda chip: chip.answer(chip.data(b"a") + chip.coded(b"b") + STATUS), STRUCTURE),
    "unknown object": (lambda chip: chip.answer(tlv.build(0x81, b"abcd") + STATUS), STRUCTURE),
    "object of a command": (lambda chip: chip.answer(b"\x97\x01\x00" + STATUS), STRUCTURE),
    "truncated object": (
        lambda chip: chip.answer(bytes.fromhex("8709016375")),
        "9 bytes declared, 3 are there",
    ),
    "indefinite length": (lambda chip: chip.answer(b"\x87\x80\0\0" + STATUS), "indefinite length"),
    "indicator 02": (
        lambda chip: chip.answer(tlv.build(0x87, b"\x02" + chip.blocks(b"")) + STATUS),
        "the padding indicator is not 01",
    ),
    "no indicator": (
        lambda chip: chip.answer(tlv.build(0x87, chip.encrypt(chip.blocks(b"\x80"))) + STATUS),
        "the padding indicator is not 01",
    ),
    "87 without a value": (
        lambda chip: chip.answer(b"\x87\x00" + STATUS),
        "the padding indicator is not 01",
    ),
    "87 of an indicator": (lambda chip: chip.answer(b"\x87\x01\x01" + STATUS), BLOCKS),
    "85 without a value": (lambda chip: chip.answer(b"\x85\x00" + STATUS), BLOCKS),
    "85 with an indicator": (
        lambda chip: chip.answer(
            tlv.build(0x85, b"\x01" + chip.encrypt(chip.blocks(b"\x80"))) + STATUS
        ),
        BLOCKS,
    ),
    "half a block": (
        lambda chip: chip.answer(tlv.build(0x87, b"\x01" + chip.blocks(b"")[:-1]) + STATUS),
        BLOCKS,
    ),
    # padding
    "no padding": (
        lambda chip: chip.answer(chip.padded(b"A" * chip.cipher.block) + STATUS),
        PADDING,
    ),
    "zeros alone": (lambda chip: chip.answer(chip.padded(chip.blocks(b"abcd")) + STATUS), PADDING),
    "as in PKCS#7": (
        lambda chip: chip.answer(chip.padded(b"A" * (chip.cipher.block - 1) + b"\x01") + STATUS),
        PADDING,
    ),
    "01 in place of 80": (
        lambda chip: chip.answer(chip.padded(chip.blocks(b"abcd\x01")) + STATUS),
        PADDING,
    ),
    "a block too much": (
        lambda chip: chip.answer(chip.padded(chip.blocks(b"\x80", 2)) + STATUS),
        PADDING,
    ),
    "of no block": (
        lambda chip: chip.answer(chip.padded(chip.blocks(b"", 2)) + STATUS),
        PADDING,
    ),
    "none in 85": (
        lambda chip: chip.answer(tlv.build(0x85, chip.encrypt(b"A" * chip.cipher.block)) + STATUS),
        PADDING,
    ),
}
