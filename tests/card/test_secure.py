"""Secure messaging against the worked examples, and every answer that must end the session."""

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from vector_files import Fields, raw, vectors

from epass import tlv
from epass.card.apdu import Command, Response
from epass.card.secure import LARGEST_SHORT, ChipSession, SecureChannel
from epass.crypto import ciphers
from epass.crypto.ciphers import Cipher
from epass.errors import CardRemovedError, SecureMessagingError
from epass.sim import messaging

SM = vectors("doc9303-sm")
KEYS = {
    Cipher.TDES: bytes(range(16)),
    Cipher.AES_128: bytes(range(16)),
    Cipher.AES_192: bytes(range(24)),
    Cipher.AES_256: bytes(range(32)),
}
READ = Command(0xB0, 0, 0, le=4)


def session(cipher: Cipher, ssc: int = 0) -> ChipSession:
    return ChipSession(cipher, KEYS[cipher], KEYS[cipher][::-1], ssc)


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


@pytest.mark.parametrize("step", ["select-efcom", "read-4", "read-18"])
def test_appendix_d4(step: str) -> None:
    fields = SM[f"sm-3des-{step}"]
    ssc = int(fields["SSC_command"], 16) - 1
    chip = ChipSession(Cipher.TDES, raw(fields, "KS_enc"), raw(fields, "KS_mac"), ssc)
    command = Command.parse(raw(fields, "plain_capdu"))
    assert chip.protect(command).encode() == raw(fields, "protected_capdu")
    plain = chip.unprotect(Response.parse(raw(fields, "protected_rapdu")))
    assert plain.encode() == raw(fields, "plain_rapdu")


def one_command(fields: Fields, cipher: Cipher, plain: bytes, protected: bytes) -> None:
    ssc = int(fields["SSC_before"], 16)
    chip = ChipSession(cipher, raw(fields, "KS_enc"), raw(fields, "KS_mac"), ssc)
    assert chip.protect(Command.parse(plain)).encode().hex() == protected.hex()


@pytest.mark.parametrize(
    "name",
    [name.removesuffix("_plain") for name in SM["sm-aes128-ausweisapp"] if name.endswith("_plain")],
)
def test_command_shapes_of_another_reader(name: str) -> None:
    fields = SM["sm-aes128-ausweisapp"]
    protected = raw(fields, f"{name}_protected")
    one_command(fields, Cipher.AES_128, raw(fields, f"{name}_plain"), protected)


@pytest.mark.parametrize(
    ("vector", "cipher"),
    [("sm-aes256-persosim", Cipher.AES_256), ("sm-aes128-gmrtd", Cipher.AES_128)],
)
def test_a_command_of_a_recorded_session(vector: str, cipher: Cipher) -> None:
    fields = SM[vector]
    one_command(fields, cipher, raw(fields, "plain_capdu"), raw(fields, "protected_capdu"))


@pytest.mark.parametrize("cipher", [Cipher.AES_128, Cipher.AES_192, Cipher.AES_256])
def test_a_session_in_each_aes(cipher: Cipher) -> None:
    fields = SM[f"sm-{cipher.label.lower().replace('-', '')}-generated"]
    chip = ChipSession(cipher, raw(fields, "KS_enc"), raw(fields, "KS_mac"))
    for step in fields["sm_trace"]:
        command = Command.parse(bytes.fromhex(step["plain_capdu"]))
        assert chip.protect(command).encode().hex().upper() == step["protected_capdu"]
        answer = Response.parse(bytes.fromhex(step["protected_rapdu"]))
        assert chip.unprotect(answer).encode().hex().upper() == step["plain_rapdu"]


# --- the table of cases: what is taken, and what ends the session ------------------------------

Make = Callable[[Chip], Response]
each_cipher = pytest.mark.parametrize("cipher", Cipher, ids=lambda cipher: cipher.label)

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


@each_cipher
@pytest.mark.parametrize("case", TAKEN)
def test_an_authentic_answer_is_taken_and_the_session_goes_on(case: str, cipher: Cipher) -> None:
    make, expected = TAKEN[case]
    reader, chip = session(cipher, 0x10), Chip(cipher, 0x12)
    for _ in range(3):
        reader.protect(READ)
        assert reader.unprotect(make(chip)) == expected
        chip = chip.later(2)
    assert not reader.ended


def assert_dead(reader: ChipSession, reason: str, chip: Chip) -> None:
    """Nothing is sent or taken any more, whatever comes and however the chip has counted."""
    message = f"the session has ended: {reason}"
    for counted in range(4):
        for act in (
            lambda: reader.protect(READ),
            lambda counted=counted: reader.unprotect(chip.later(counted).answer(STATUS)),
        ):
            with pytest.raises(SecureMessagingError) as caught:
                act()
            assert (caught.value.message, caught.value.sw) == (message, None)
    assert reader.ended


@each_cipher
@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_ends_the_session_by_its_reason(fault: str, cipher: Cipher) -> None:
    make, reason = FAULTS[fault]
    reader, chip = session(cipher, 0x10), Chip(cipher, 0x12)
    reader.protect(READ)
    with pytest.raises(SecureMessagingError) as caught:
        reader.unprotect(make(chip))
    assert reason in caught.value.message
    assert caught.value.facts == {"sw": None}  # an answer with data is more than a status word
    assert_dead(reader, caught.value.message, chip)


NAKED = (0x9000, 0x6100, 0x6282, 0x63C0, 0x6700, 0x6982, 0x6987, 0x6988, 0x6A82, 0x6D00, 0x6F00)


@each_cipher
@pytest.mark.parametrize("sw", NAKED, ids=hex)
def test_a_naked_status_word_ends_the_session(sw: int, cipher: Cipher) -> None:
    """Nobody knows who said it, and whether the chip has counted the command: some do not.

    An authentic answer by either counter comes too late.
    """
    reader, chip = session(cipher, 0x10), Chip(cipher, 0x12)
    reader.protect(READ)
    with pytest.raises(SecureMessagingError) as caught:
        reader.unprotect(Response(sw=sw))
    assert caught.value.message == f"an unprotected answer, status {sw:04X}"
    assert caught.value.facts == {"sw": f"{sw:04X}"}
    assert_dead(reader, caught.value.message, chip)


@each_cipher
def test_nothing_goes_over_the_link_of_a_dead_session(cipher: Cipher) -> None:
    class Link:
        sent = 0

        def transmit(self, _command: Command) -> Response:
            self.sent += 1
            return Response(sw=0x6A82)

    link = Link()
    channel = SecureChannel(link, session(cipher))
    with pytest.raises(SecureMessagingError, match="an unprotected answer, status 6A82"):
        channel.transmit(READ)
    for _ in range(3):
        with pytest.raises(SecureMessagingError, match="the session has ended: an unprotected"):
            channel.transmit(READ)
    assert (link.sent, channel.ended) == (1, True)


@each_cipher
def test_the_answers_to_even_and_odd_instructions(cipher: Cipher) -> None:
    """The simulated chip puts data into 87 or 85 by INS; the reader takes both in one session."""
    chip = messaging.Session(cipher, KEYS[cipher], KEYS[cipher][::-1])
    reader = session(cipher)
    for ins, tag in ((0xB0, 0x87), (0xB1, 0x85), (0xB0, 0x87)):
        command = Command(ins, data=b"\x54\x01\x00" if ins % 2 else b"", le=4)
        sent = reader.protect(command)
        tags = [item.tag for item in tlv.parse(sent.data, where="")]
        assert tags == ([0x85, 0x97, 0x8E] if ins % 2 else [0x97, 0x8E])
        assert chip.unprotect(sent).data == command.data
        answer = chip.protect(Response(b"abcd"), ins)
        assert tlv.parse(answer.data, where="")[0].tag == tag
        assert reader.unprotect(answer) == Response(b"abcd")


@each_cipher
def test_what_fits_in_a_short_response(cipher: Cipher) -> None:
    largest = LARGEST_SHORT[cipher.block]
    chip = Chip(cipher, 2)
    assert len(chip.answer(chip.data(bytes(largest)) + STATUS).data) <= 256
    assert len(chip.answer(chip.data(bytes(largest + 1)) + STATUS).data) > 256


@settings(max_examples=150)
@given(st.binary(max_size=80), st.sampled_from([0x9000, 0x6282, 0x6988]))
def test_arbitrary_answers_are_never_taken(data: bytes, sw: int) -> None:
    reader = session(Cipher.AES_128)
    reader.protect(READ)
    with pytest.raises(SecureMessagingError):
        reader.unprotect(Response(data, sw))


@settings(max_examples=150)
@given(st.integers(0, 39), st.integers(1, 255), st.sampled_from(list(Cipher)))
def test_a_changed_byte_is_never_taken(position: int, change: int, cipher: Cipher) -> None:
    chip = Chip(cipher, 2)
    data = bytearray(chip.answer(chip.data(b"efgh") + STATUS).data)
    data[position % len(data)] ^= change
    reader = session(cipher)
    reader.protect(READ)
    with pytest.raises(SecureMessagingError):
        reader.unprotect(Response(bytes(data)))


def test_a_lost_answer_ends_the_session() -> None:
    class Removed:
        def transmit(self, _command: Command) -> Response:
            raise CardRemovedError("the card was removed")

    channel = SecureChannel(Removed(), session(Cipher.AES_128))
    with pytest.raises(CardRemovedError):
        channel.transmit(READ)
    with pytest.raises(SecureMessagingError, match="no answer to the last command"):
        channel.transmit(READ)


def test_keys_stay_out_of_repr() -> None:
    assert repr(KEYS[Cipher.AES_128]) not in repr(session(Cipher.AES_128))
