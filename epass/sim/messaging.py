"""Secure messaging, the chip's side: unprotect a command, protect its answer.

Source: Doc 9303-11 §9.8; Appendix D.4 is the test vector of 3DES. Written from the standard
without the reader's code, so that neither can agree with a fault of the other. Any deviation from
§9.8.4 is refused, also where a real chip may be lenient: the caller then ends the session.
"""

from epass import tlv
from epass.card.apdu import EXTENDED_LE, SHORT_LE, Command, Response
from epass.crypto import ciphers
from epass.crypto.ciphers import Cipher
from epass.errors import FormatError, StatusError
from epass.sim.status import Sw

SM_CLA = 0x0C  # §9.8.4: the header is authenticated
CHAINED = 0x10  # ISO/IEC 7816-4 §5.4.1: not the last command of a chain
PLAIN_VALUE, CRYPTOGRAM, LE, STATUS, CHECKSUM = 0x85, 0x87, 0x97, 0x99, 0x8E
PADDING_INDICATOR = b"\x01"  # ISO/IEC 7816-4 §10.4: padding by method 2
TAIL = 4 + 2 + ciphers.MAC_SIZE  # DO 99 and DO 8E of every response


class Session:
    """The keys and the send sequence counter of one session.

    ``ssc`` is the counter before the first command (§9.8.6.3, §9.8.7.3). After a refusal the
    session must not be used again; that is the caller's part.
    """

    def __init__(self, cipher: Cipher, ks_enc: bytes, ks_mac: bytes, ssc: int = 0) -> None:
        self.cipher = cipher
        self._ks_enc = ks_enc
        self._ks_mac = ks_mac
        self._ssc = ssc

    def unprotect(self, command: Command) -> Command:
        """The plain command.

        Raises:
            StatusError: 6700, 6987 or 6988; the command is not an authentic next one (§9.8.5).
        """
        self._ssc += 1
        if command.cla & ~CHAINED != SM_CLA:
            raise _incorrect("the class byte is not 0C")
        if command.le != (EXTENDED_LE if command.is_extended else SHORT_LE):
            # Figure 5: an answer is never empty, and its length cannot be foretold exactly.
            raise StatusError("protected command without 00 as Le", Sw.WRONG_LENGTH)
        objects = _objects(command)
        checksum = objects.pop(CHECKSUM).value
        if not ciphers.same(checksum, self._checksum(command.header, objects)):
            raise _incorrect("the checksum is wrong")
        return Command(
            command.ins,
            command.p1,
            command.p2,
            self._decipher(command.ins, objects),
            _expected(objects.get(LE), command),
            command.cla & CHAINED,
            extended=command.is_extended,
        )

    def uncount(self) -> None:
        """The counter as it stood before the last command, which gets no protected answer."""
        self._ssc -= 1

    def protect(self, response: Response, ins: int) -> Response:
        """The protected answer to a command with ``ins``, errors included (figure 6)."""
        self._ssc += 1
        body = self._encipher(ins, response.data) if response.data else b""
        body += tlv.build(STATUS, response.sw.to_bytes(2))
        body += tlv.build(CHECKSUM, self._mac(body))
        return Response(body, response.sw)

    def room(self, limit: int) -> int:
        """How many plain bytes fit where the protected data may have ``limit`` bytes."""
        blocks = max(limit - TAIL, 0) // self.cipher.block
        while blocks and self._cryptogram_size(blocks) > limit - TAIL:
            blocks -= 1
        return max(blocks * self.cipher.block - 1, 0)  # one byte of padding at least

    def _cryptogram_size(self, blocks: int) -> int:
        # As with DO 87; DO 85, without the indicator, is at most one byte shorter.
        value = len(PADDING_INDICATOR) + blocks * self.cipher.block
        return len(tlv.build(CRYPTOGRAM, bytes(value)))

    def _checksum(self, header: bytes, objects: dict[int, tlv.Tlv]) -> bytes:
        covered = b"".join(item.raw for item in objects.values())
        if covered:
            return self._mac(ciphers.pad(header, self.cipher.block) + covered)
        return self._mac(header)  # ISO/IEC 7816-4 §10.2.3.1: padded once, there is no second part

    def _mac(self, message: bytes) -> bytes:
        whole = self._counter + message
        if self.cipher is not Cipher.TDES:  # the retail MAC pads by itself
            whole = ciphers.pad(whole, self.cipher.block)
        return ciphers.mac(self.cipher, self._ks_mac, whole)

    @property
    def _counter(self) -> bytes:
        return self._ssc.to_bytes(self.cipher.block)  # §9.8.2: as wide as a block

    @property
    def _iv(self) -> bytes:
        if self.cipher is Cipher.TDES:
            return bytes(self.cipher.block)
        return ciphers.encrypt_block(self.cipher, self._ks_enc, self._counter)  # §9.8.7.1

    def _encipher(self, ins: int, data: bytes) -> bytes:
        padded = ciphers.pad(data, self.cipher.block)
        cryptogram = ciphers.encrypt(self.cipher, self._ks_enc, padded, self._iv)
        if ins % 2:
            return tlv.build(PLAIN_VALUE, cryptogram)
        return tlv.build(CRYPTOGRAM, PADDING_INDICATOR + cryptogram)

    def _decipher(self, ins: int, objects: dict[int, tlv.Tlv]) -> bytes:
        tag = PLAIN_VALUE if ins % 2 else CRYPTOGRAM
        if tag not in objects:
            return b""
        value = objects[tag].value
        if tag == CRYPTOGRAM:
            if not value.startswith(PADDING_INDICATOR):
                raise _incorrect("the padding indicator is not 01")
            value = value[len(PADDING_INDICATOR) :]
        if not value or len(value) % self.cipher.block:
            raise _incorrect("the cryptogram is not a number of blocks")
        padded = ciphers.decrypt(self.cipher, self._ks_enc, value, self._iv)
        if not (data := ciphers.unpad(padded, self.cipher.block)):
            raise _incorrect("wrong padding, or no data where the object should be left out")
        return data


def _objects(command: Command) -> dict[int, tlv.Tlv]:
    """The data objects by tag, in the order of §9.8.4: [85 or 87] [97] 8E and nothing else."""
    try:
        found = tlv.parse(command.data, where="protected command")
    except FormatError:
        raise _incorrect("the data field is not BER-TLV") from None
    tags = [item.tag for item in found]
    if CHECKSUM not in tags:
        raise StatusError("protected command without DO 8E", Sw.SM_OBJECT_MISSING)
    allowed = (PLAIN_VALUE if command.ins % 2 else CRYPTOGRAM, LE, CHECKSUM)
    if tags != [tag for tag in allowed if tag in tags]:
        raise _incorrect("unknown, repeated or misplaced data objects")
    return dict(zip(tags, found, strict=True))


def _expected(item: tlv.Tlv | None, command: Command) -> int | None:
    """Ne of DO 97: one byte, or two in an extended command; zero is the most (§5.1)."""
    if item is None:
        return None
    if len(item.value) not in ((1, 2) if command.is_extended else (1,)):
        raise _incorrect("the length of DO 97 is wrong")
    return int.from_bytes(item.value) or (SHORT_LE if len(item.value) == 1 else EXTENDED_LE)


def _incorrect(problem: str) -> StatusError:
    return StatusError(f"secure messaging, {problem}", Sw.SM_OBJECT_INCORRECT)
