"""Secure messaging against the worked examples, and every answer that must end the session."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from secure_cases import FAULTS, KEYS, STATUS, TAKEN, Chip
from vector_files import Fields, raw, vectors

from epass import tlv
from epass.card.apdu import Command, Response
from epass.card.secure import LARGEST_SHORT, ChipSession, SecureChannel
from epass.crypto.ciphers import Cipher
from epass.errors import CardRemovedError, SecureMessagingError
from epass.sim import messaging

SM = vectors("doc9303-sm")
READ = Command(0xB0, 0, 0, le=4)
each_cipher = pytest.mark.parametrize("cipher", Cipher, ids=lambda cipher: cipher.label)


def session(cipher: Cipher, ssc: int = 0) -> ChipSession:
    return ChipSession(cipher, KEYS[cipher], KEYS[cipher][::-1], ssc)


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


# --- the table of cases -----------------------------------------------------------------------


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
