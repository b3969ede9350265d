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
        padded = ciphers.pad(plain, self.cipher.block)
        return tlv.build(0x87, b"\x01" + self.encrypt(padded))

    def answer(self, objects: bytes, sw: int = 0x9000) -> Response:
        message = self.ssc + objects
        if self.cipher is not Cipher.TDES:
            message = ciphers.pad(message, self.cipher.block)
        mac = ciphers.mac(self.cipher, KEYS[self.cipher][::-1], message)
        return Response(objects + tlv.build(0x8E, mac), sw)


STATUS = bytes.fromhex("99029000")


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


Fault = Callable[[Chip], Response]
FAULTS: dict[str, tuple[Fault, str]] = {
    "naked-status": (lambda _: Response(sw=0x6988), "an unprotected answer, status 6988"),
    "naked-success": (lambda _: Response(sw=0x9000), "an unprotected answer, status 9000"),
    "plain-data": (lambda _: Response(b"\x60\x14\x5f\x01"), "carries no MAC"),
    "no-mac": (lambda chip: Response(chip.data(b"abcd") + STATUS), "carries no MAC"),
    "wrong-mac": (
        lambda chip: Response(chip.answer(STATUS).data[:-1] + b"\x00"),
        "the MAC of the answer is wrong",
    ),
    "data-changed": (
        lambda chip: Response(
            chip.answer(chip.data(b"abcd") + STATUS).data.replace(b"\x01", b"\x02", 1)
        ),
        "the MAC of the answer is wrong",
    ),
    "replayed": (
        lambda chip: Chip(chip.cipher, int.from_bytes(chip.ssc) - 2).answer(STATUS),
        "the MAC of the answer is wrong",
    ),
    "no-status": (lambda chip: chip.answer(chip.data(b"abcd")), "is not [87 or 85], 99, 8E"),
    "two-status": (lambda chip: chip.answer(STATUS * 2), "is not [87 or 85], 99, 8E"),
    "two-data": (
        lambda chip: chip.answer(chip.data(b"abcd") * 2 + STATUS),
        "is not [87 or 85], 99, 8E",
    ),
    "status-first": (
        lambda chip: chip.answer(STATUS + chip.data(b"abcd")),
        "is not [87 or 85], 99, 8E",
    ),
    "unknown-object": (
        lambda chip: chip.answer(tlv.build(0x81, b"abcd") + STATUS),
        "is not [87 or 85], 99, 8E",
    ),
    "long-status": (
        lambda chip: chip.answer(bytes.fromhex("9903900000")),
        "is not [87 or 85], 99, 8E",
    ),
    "other-status-outside": (
        lambda chip: chip.answer(STATUS, 0x6282),
        "the status word is not the protected one",
    ),
    "success-outside-only": (
        lambda chip: chip.answer(bytes.fromhex("99026982"), 0x9000),
        "the status word is not the protected one",
    ),
    "indicator": (
        lambda chip: chip.answer(tlv.build(0x87, b"\x02" + bytes(chip.cipher.block)) + STATUS),
        "the padding indicator is not 01",
    ),
    "half-block": (
        lambda chip: chip.answer(tlv.build(0x87, b"\x01" + bytes(7)) + STATUS),
        "not of whole blocks",
    ),
    "empty-cryptogram": (
        lambda chip: chip.answer(tlv.build(0x87, b"\x01") + STATUS),
        "not of whole blocks",
    ),
    "no-padding": (
        lambda chip: chip.answer(
            tlv.build(0x87, b"\x01" + chip.encrypt(b"A" * chip.cipher.block)) + STATUS
        ),
        "the padding of the answer is wrong",
    ),
    "padding-of-a-block": (
        lambda chip: chip.answer(
            tlv.build(0x87, b"\x01" + chip.encrypt(b"\x80" + bytes(2 * chip.cipher.block - 1)))
            + STATUS
        ),
        "the padding of the answer is wrong",
    ),
    "truncated-object": (
        lambda chip: chip.answer(bytes.fromhex("8709016375")),
        "9 bytes declared, 3 are there",
    ),
}


@pytest.mark.parametrize("cipher", Cipher, ids=lambda cipher: cipher.label)
@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_ends_the_session_by_its_reason(fault: str, cipher: Cipher) -> None:
    make, reason = FAULTS[fault]
    reader = session(cipher, 0x10)
    reader.protect(READ)
    with pytest.raises(SecureMessagingError) as caught:
        reader.unprotect(make(Chip(cipher, 0x12)))
    assert reason in caught.value.message
    with pytest.raises(SecureMessagingError, match="the session has ended"):
        reader.protect(READ)
    with pytest.raises(SecureMessagingError, match="the session has ended"):
        reader.unprotect(Chip(cipher, 0x14).answer(STATUS))


@pytest.mark.parametrize("cipher", Cipher, ids=lambda cipher: cipher.label)
def test_a_protected_error_keeps_the_session(cipher: Cipher) -> None:
    reader = session(cipher)
    reader.protect(READ)
    refused = Chip(cipher, 2).answer(bytes.fromhex("99026A82"), 0x6A82)
    assert reader.unprotect(refused) == Response(sw=0x6A82)
    reader.protect(READ)
    answer = reader.unprotect(Chip(cipher, 4).answer(Chip(cipher, 4).data(b"data") + STATUS))
    assert answer == Response(b"data")


@pytest.mark.parametrize("cipher", Cipher, ids=lambda cipher: cipher.label)
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
