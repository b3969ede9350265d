"""Secure messaging: every command protected, every response proved before it is looked at.

Source: ICAO Doc 9303-11 §9.8 (structure §9.8.4, 3DES §9.8.6, AES §9.8.7); Appendix D.4 is the
test vector. One class serves 3DES and AES, which differ in the block, the initialization vector
and the MAC. A session that has met a fault is over: it refuses every further command, because
the chip has dropped its keys as well.
"""

from dataclasses import dataclass
from typing import Protocol

from epass import tlv
from epass.card.apdu import EXTENDED_LE, SHORT_DATA, SHORT_LE, Channel, Command, Response
from epass.crypto import ciphers
from epass.crypto.ciphers import MAC_SIZE, Cipher
from epass.errors import FormatError, SecureMessagingError

PROTECTED = 0x0C  # CLA bits: secure messaging, header authenticated (ISO/IEC 7816-4 §5.4.1)
DO_PADDED, DO_PLAIN_CODING, DO_LE, DO_STATUS, DO_MAC = 0x87, 0x85, 0x97, 0x99, 0x8E
METHOD_2 = 0x01  # the padding-content indicator of data object 87

TAIL = 4 + 2 + MAC_SIZE + 2  # bytes: data objects 99 and 8E, and the status word itself
# What fits in a response of 256 bytes beside them: the header of data object 87 is 4 bytes with
# the indicator, and padding takes at least one byte.
LARGEST_SHORT = {8: 231, 16: 223}
LONGEST_RESPONSE = EXTENDED_LE + 2  # bytes, status word included


class Session(Protocol):
    """Secure messaging as a codec, so that vectors test it without a chip."""

    def protect(self, command: Command) -> Command: ...
    def unprotect(self, response: Response) -> Response: ...


class ChipSession:
    """The session that BAC and PACE start. ``ssc`` is the counter before the first command."""

    def __init__(self, cipher: Cipher, enc: bytes, mac: bytes, ssc: int = 0) -> None:
        self._cipher = cipher
        self._enc = enc
        self._mac = mac
        self._ssc = ssc
        self._ended = ""

    @property
    def largest_short(self) -> int:
        """The most plain bytes that a short response can carry."""
        return LARGEST_SHORT[self._cipher.block]

    @property
    def ended(self) -> bool:
        return bool(self._ended)

    def room(self, response: int) -> int:
        """The most plain bytes that a response of ``response`` bytes, status word included, can
        carry; 0 where it is too short for any. No response has more than 65,536 of data.
        """
        block, left = self._cipher.block, min(response, LONGEST_RESPONSE) - TAIL
        blocks = max(left, 0) // block
        while blocks and len(tlv.build(DO_PADDED, bytes(1 + blocks * block))) > left:
            blocks -= 1
        return max(blocks * block - 1, 0)

    def protect(self, command: Command) -> Command:
        """The command as it goes over the link.

        Raises:
            SecureMessagingError: the session has ended.
        """
        if self._ended:
            raise SecureMessagingError(f"the session has ended: {self._ended}")
        self._ssc += 1
        cla = command.cla | PROTECTED
        header = bytes((cla, command.ins, command.p1, command.p2))
        objects = self._command_data(command) + _le_object(command)
        if objects:  # ISO/IEC 7816-4 §10.2.3.1: a header alone is padded once, with the counter
            header = ciphers.pad(header, self._cipher.block)
        tag = self._checksum(header + objects)
        data = objects + tlv.build(DO_MAC, tag)
        wide = command.is_extended or len(data) > SHORT_DATA
        le = SHORT_LE << 8 if wide else SHORT_LE  # coded as zeros: whatever the chip has
        return Command(command.ins, command.p1, command.p2, data, le, cla)

    def unprotect(self, response: Response) -> Response:
        """The plain response.

        Raises:
            SecureMessagingError: it is not authentic or breaks §9.8.4; the session has ended.
        """
        try:
            return self._unprotect(response)
        except SecureMessagingError as error:
            self.end(error.message)
            raise
        except FormatError as error:
            self.end(error.message)
            raise SecureMessagingError(error.message) from None

    def end(self, reason: str) -> None:
        """Refuse every further command and forget the keys."""
        self._ended = self._ended or reason
        self._enc = self._mac = b""

    def _unprotect(self, response: Response) -> Response:
        if self._ended:
            raise SecureMessagingError(f"the session has ended: {self._ended}")
        self._ssc += 1
        if not response.data:
            problem = f"an unprotected answer, status {response.sw:04X}"
            raise SecureMessagingError(problem, sw=response.sw)
        tail = 2 + MAC_SIZE
        objects, mac = response.data[:-tail], response.data[-tail:]
        if mac[:2] != bytes((DO_MAC, MAC_SIZE)):
            raise SecureMessagingError("the answer carries no MAC")
        if not ciphers.same(mac[2:], self._checksum(objects)):
            raise SecureMessagingError("the MAC of the answer is wrong")
        data, status = _split(objects)
        if status != response.sw:
            raise SecureMessagingError("the status word is not the protected one")
        return Response(self._plain(data), status)

    def _command_data(self, command: Command) -> bytes:
        if not command.data:
            return b""
        padded = ciphers.pad(command.data, self._cipher.block)
        cryptogram = ciphers.encrypt(self._cipher, self._enc, padded, self._iv())
        if command.ins & 1:  # §9.8.4: odd INS, the data is BER-TLV and needs no indicator
            return tlv.build(DO_PLAIN_CODING, cryptogram)
        return tlv.build(DO_PADDED, bytes((METHOD_2,)) + cryptogram)

    def _plain(self, data: tlv.Tlv | None) -> bytes:
        if data is None:
            return b""
        cryptogram = data.value
        if data.tag == DO_PADDED:
            if cryptogram[:1] != bytes((METHOD_2,)):
                raise SecureMessagingError("the padding indicator is not 01")
            cryptogram = cryptogram[1:]
        if not cryptogram or len(cryptogram) % self._cipher.block:
            raise SecureMessagingError("the cryptogram is not of whole blocks")
        padded = ciphers.decrypt(self._cipher, self._enc, cryptogram, self._iv())
        plain = ciphers.unpad(padded, self._cipher.block)
        if plain is None:
            raise SecureMessagingError("the padding of the answer is wrong")
        return plain

    def _iv(self) -> bytes:
        if self._cipher is Cipher.TDES:
            return bytes(self._cipher.block)  # §9.8.6.1
        counter = ciphers.counter_block(self._cipher, self._ssc)
        return ciphers.encrypt_block(self._cipher, self._enc, counter)  # §9.8.7.1

    def _checksum(self, message: bytes) -> bytes:
        return ciphers.session_mac(self._cipher, self._mac, self._ssc, message)


@dataclass(frozen=True, slots=True)
class Exchange:
    """A command as it was sent, the response as it came, and what the response says."""

    sent: Command
    received: Response
    plain: Response


class SecureChannel:
    """A channel around a channel: what goes through is protected by ``session``."""

    def __init__(self, channel: Channel, session: ChipSession) -> None:
        self._channel = channel
        self._session = session

    @property
    def largest_short(self) -> int:
        return self._session.largest_short

    def room(self, response: int) -> int:
        """As ``ChipSession.room``."""
        return self._session.room(response)

    @property
    def ended(self) -> bool:
        """Whether the session is over, so that every further command would be refused."""
        return self._session.ended

    def restart(self, session: ChipSession) -> "SecureChannel":
        """The channel under the keys of ``session``, which replace those of this one (§9.8.2)."""
        self._session.end("other keys have replaced its own")
        return SecureChannel(self._channel, session)

    def transmit(self, command: Command) -> Response:
        """Send one command under secure messaging.

        Raises:
            ReaderError: no answer could be had; the session has ended, since whether the chip
                counted the command is unknown and nothing may be sent twice.
            SecureMessagingError: the answer is not authentic, or the session has ended.
        """
        return self.exchange(command).plain

    def exchange(self, command: Command) -> Exchange:
        """``transmit``, with what went over the link; raises the same."""
        protected = self._session.protect(command)
        try:
            response = self._channel.transmit(protected)
        except BaseException:
            self._session.end("no answer to the last command")
            raise
        return Exchange(protected, response, self._session.unprotect(response))


def _le_object(command: Command) -> bytes:
    if command.le is None:
        return b""
    width = 2 if command.le > SHORT_LE else 1
    return tlv.build(DO_LE, (command.le % (1 << 8 * width)).to_bytes(width))


def _split(objects: bytes) -> tuple[tlv.Tlv | None, int]:
    """The data object, if any, and the status word; §9.8.4 fixes their order."""
    found = tlv.parse(objects, where="secure messaging")
    data = found[0] if found and found[0].tag in (DO_PADDED, DO_PLAIN_CODING) else None
    rest = found[1:] if data else found
    if [item.tag for item in rest] != [DO_STATUS] or len(rest[0].value) != 2:
        raise SecureMessagingError("the answer is not [87 or 85], 99, 8E")
    return data, int.from_bytes(rest[0].value)
