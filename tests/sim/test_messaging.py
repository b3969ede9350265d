"""Secure messaging of the simulated chip, against Doc 9303-11 Appendix D.4 and recordings."""

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sim_terminal import Protection, vectors

from epass import tlv
from epass.card.apdu import Command, Response
from epass.crypto import ciphers
from epass.crypto.ciphers import Cipher
from epass.errors import StatusError
from epass.sim.messaging import Session

LOADED = vectors("doc9303-sm")
SSC = 0x10

both_ciphers = pytest.mark.parametrize("cipher", [Cipher.TDES, Cipher.AES_256])


def keys(cipher: Cipher) -> tuple[bytes, bytes]:
    return ciphers.derive_keys(b"a shared secret", cipher)


def pair(cipher: Cipher) -> tuple[Protection, Session]:
    return Protection(cipher, *keys(cipher), SSC), Session(cipher, *keys(cipher), SSC)


def replayed(name: str, cipher: Cipher, ssc: str | None = None) -> Session:
    fields = LOADED[name]
    enc, mac = (bytes.fromhex(fields[key]) for key in ("KS_enc", "KS_mac"))
    return Session(cipher, enc, mac, int(ssc or fields["SSC_before"], 16))


def plain(command: Command) -> str:
    return command.encode().hex().upper()


def parsed(apdu: str) -> Command:
    return Command.parse(bytes.fromhex(apdu))


# --- vectors ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["sm-3des-select-efcom", "sm-3des-read-4", "sm-3des-read-18"])
def test_the_examples_of_appendix_d4(name: str) -> None:
    session, fields = replayed(name, Cipher.TDES), LOADED[name]
    command = session.unprotect(parsed(fields["protected_capdu"]))
    assert plain(command) == fields["plain_capdu"]
    answer = session.protect(Response.parse(bytes.fromhex(fields["plain_rapdu"])), command.ins)
    assert answer.encode().hex().upper() == fields["protected_rapdu"]


@pytest.mark.parametrize("cipher", [Cipher.AES_128, Cipher.AES_192, Cipher.AES_256])
def test_whole_sessions_with_aes_even_and_odd(cipher: Cipher) -> None:
    name = f"sm-{cipher.label.lower().replace('-', '')}-generated"
    session = replayed(name, cipher, "0")
    for step in LOADED[name]["sm_trace"]:
        command = session.unprotect(parsed(step["protected_capdu"]))
        assert plain(command) == step["plain_capdu"]
        answer = Response.parse(bytes.fromhex(step["plain_rapdu"]))
        protected = session.protect(answer, command.ins)
        assert protected.encode().hex().upper() == step["protected_rapdu"]


SHAPES = [
    "chaining",
    "no-data-no-le",
    "short-le",
    "short-max-le",
    "ext-max-le",
    "data-short-le",
    "data-ext-le",
    "data250-becomes-extended",
]


@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_of_command_of_another_implementation(shape: str) -> None:
    name = "sm-aes128-ausweisapp"
    session = replayed(name, Cipher.AES_128)
    command = session.unprotect(parsed(LOADED[name][f"{shape}_protected"]))
    expected = parsed(LOADED[name][f"{shape}_plain"])
    assert (command.header, command.data, command.le) == (
        expected.header,
        expected.data,
        expected.le,
    )


def test_the_counter_goes_on_with_every_command_and_answer() -> None:
    fields = LOADED["sm-aes128-ausweisapp"]
    session = replayed("sm-aes128-ausweisapp", Cipher.AES_128)
    session.unprotect(parsed(fields["ssc_sequence_1"]))
    with pytest.raises(StatusError, match=r"checksum is wrong.* 6988"):
        session.unprotect(parsed(fields["ssc_sequence_4"]))


@pytest.mark.parametrize(
    ("name", "cipher"),
    [("sm-aes128-gmrtd", Cipher.AES_128), ("sm-aes256-persosim", Cipher.AES_256)],
)
def test_single_commands_of_other_implementations(name: str, cipher: Cipher) -> None:
    command = replayed(name, cipher).unprotect(parsed(LOADED[name]["protected_capdu"]))
    assert plain(command) == LOADED[name]["plain_capdu"]


# --- refusals: each command below is rightly MACed, so that only the named fault counts ------

HEADER = Command(0xB0, 0x81, 0x02, cla=0x0C)
ODD = Command(0xB1, 0x00, 0x01, cla=0x0C)
EXTENDED = Command(0xB0, 0x81, 0x02, le=65536, cla=0x0C)
LE = b"\x97\x01\x00"

Objects = bytes | Callable[[Protection], bytes]


def cryptogram(p: Protection, data: bytes = b"\x01\x1e") -> bytes:
    return p.encrypted(ciphers.pad(data, p.cipher.block))


def raw_87(p: Protection, padded: bytes) -> bytes:
    return tlv.build(0x87, b"\x01" + p.encrypted(padded))


STRUCTURE: dict[str, tuple[Command, Objects, str]] = {
    "unknown object": (HEADER, LE + b"\x81\x01\x00", "unknown, repeated or misplaced"),
    "status in a command": (HEADER, b"\x99\x02\x90\x00", "unknown, repeated"),
    "Le twice": (HEADER, LE + LE, "unknown, repeated or misplaced"),
    "Le before the data": (
        HEADER,
        lambda p: LE + tlv.build(0x87, b"\x01" + cryptogram(p)),
        "misplaced data objects",
    ),
    "85 with even INS": (HEADER, lambda p: tlv.build(0x85, cryptogram(p)), "unknown, repeated"),
    "87 with odd INS": (ODD, lambda p: tlv.build(0x87, b"\x01" + cryptogram(p)), "unknown"),
    "both 85 and 87": (
        ODD,
        lambda p: tlv.build(0x85, cryptogram(p)) + tlv.build(0x87, b"\x01" + cryptogram(p)),
        "unknown, repeated or misplaced",
    ),
    "no padding indicator": (HEADER, lambda p: tlv.build(0x87, cryptogram(p)), "indicator|blocks"),
    "padding indicator 02": (
        HEADER,
        lambda p: tlv.build(0x87, b"\x02" + cryptogram(p)),
        "indicator is not 01",
    ),
    "87 empty": (HEADER, tlv.build(0x87, b""), "indicator is not 01"),
    "no cryptogram": (HEADER, tlv.build(0x87, b"\x01"), "not a number of blocks"),
    "85 empty": (ODD, tlv.build(0x85, b""), "not a number of blocks"),
    "half a block": (
        HEADER,
        lambda p: tlv.build(0x87, b"\x01" + cryptogram(p)[:-1]),
        "not a number of blocks",
    ),
    "no padding": (HEADER, lambda p: raw_87(p, b"\x01" * p.cipher.block), "wrong padding"),
    "only zeros": (HEADER, lambda p: raw_87(p, bytes(p.cipher.block)), "wrong padding"),
    "a block of padding too many": (
        HEADER,
        lambda p: raw_87(p, ciphers.pad(b"\x01", p.cipher.block) + bytes(p.cipher.block)),
        "wrong padding",
    ),
    "padding and no data": (HEADER, lambda p: raw_87(p, ciphers.pad(b"", 16)), "no data"),
    "Le empty": (HEADER, b"\x97\x00", "length of DO 97"),
    "Le of two bytes in a short command": (HEADER, b"\x97\x02\x01\x00", "of DO 97"),
    "Le of three bytes": (EXTENDED, b"\x97\x03\x00\x01\x00", "length of DO 97"),
    "truncated": (HEADER, b"\x87\x7f\x01", "not BER-TLV"),
}


@both_ciphers
@pytest.mark.parametrize("case", STRUCTURE)
def test_wrong_structure_behind_a_right_checksum(cipher: Cipher, case: str) -> None:
    header, objects, problem = STRUCTURE[case]
    terminal, session = pair(cipher)
    terminal.ssc += 1
    content = objects if isinstance(objects, bytes) else objects(terminal)
    command = terminal.sealed(header, content)
    with pytest.raises(StatusError, match=problem) as caught:
        session.unprotect(command)
    assert caught.value.sw == 0x6988


@both_ciphers
def test_the_sealed_commands_of_this_test_are_otherwise_right(cipher: Cipher) -> None:
    terminal, session = pair(cipher)
    terminal.ssc += 1
    padded = ciphers.pad(b"\x07", cipher.block)
    command = session.unprotect(terminal.sealed(HEADER, raw_87(terminal, padded)))
    assert (command.data, command.le) == (b"\x07", None)


CHECKSUMS: dict[str, tuple[Callable[[bytes], bytes], int, str]] = {
    "missing": (lambda data: data[:-10], 0x6987, "without DO 8E"),
    "nothing at all": (lambda _: b"", 0x6987, "without DO 8E"),
    "short": (lambda data: data[:-10] + b"\x8e\x07" + data[-8:-1], 0x6988, "checksum is wrong"),
    "long": (lambda data: data[:-10] + b"\x8e\x09" + data[-8:] + b"\x00", 0x6988, "is wrong"),
    "empty": (lambda data: data[:-10] + b"\x8e\x00", 0x6988, "checksum is wrong"),
    "twice": (lambda data: data + data[-10:], 0x6988, "repeated"),
    "before Le": (lambda data: data[3:] + data[:3], 0x6988, "misplaced"),
    "followed by a byte": (lambda data: data + b"\x00", 0x6988, "not BER-TLV"),
    "one bit off": (lambda data: data[:-1] + bytes((data[-1] ^ 1,)), 0x6988, "checksum is wrong"),
    "of other data": (lambda data: b"\x97\x01\x01" + data[3:], 0x6988, "checksum is wrong"),
}


@both_ciphers
@pytest.mark.parametrize("case", CHECKSUMS)
def test_wrong_checksums(cipher: Cipher, case: str) -> None:
    change, sw, problem = CHECKSUMS[case]
    terminal, session = pair(cipher)
    good = terminal.wrap(Command(0xB0, 0x81, 0x02, le=256))
    command = Command(good.ins, good.p1, good.p2, change(good.data), 256, good.cla)
    with pytest.raises(StatusError, match=problem) as caught:
        session.unprotect(command)
    assert caught.value.sw == sw


@both_ciphers
@pytest.mark.parametrize("field", ["cla", "ins", "p1", "p2"])
def test_the_header_is_authenticated(cipher: Cipher, field: str) -> None:
    terminal, session = pair(cipher)
    good = terminal.wrap(Command(0xB0, 0x81, 0x02, le=256))
    header = {name: getattr(good, name) for name in ("cla", "ins", "p1", "p2")}
    header[field] ^= 2
    with pytest.raises(StatusError, match=r"class byte|checksum is wrong"):
        session.unprotect(Command(**header, data=good.data, le=256))


@both_ciphers
@pytest.mark.parametrize("le", [None, 1, 255])
def test_a_protected_command_carries_le_00(cipher: Cipher, le: int | None) -> None:
    terminal, session = pair(cipher)
    good = terminal.wrap(Command(0xB0, 0x81, 0x02, le=256))
    with pytest.raises(StatusError, match="without 00 as Le") as caught:
        session.unprotect(Command(good.ins, good.p1, good.p2, good.data, le, good.cla))
    assert caught.value.sw == 0x6700


@both_ciphers
def test_a_command_is_good_once(cipher: Cipher) -> None:
    terminal, session = pair(cipher)
    command = terminal.wrap(Command(0xB0, 0x81, 0x02, le=256))
    session.unprotect(command)
    with pytest.raises(StatusError, match=r"checksum is wrong.* 6988"):
        session.unprotect(command)


@pytest.mark.parametrize("off", [-2, -1, 1, 2])
@both_ciphers
def test_another_counter_is_refused(cipher: Cipher, off: int) -> None:
    terminal, session = pair(cipher)
    terminal.ssc += off
    with pytest.raises(StatusError, match=r"checksum is wrong.* 6988"):
        session.unprotect(terminal.wrap(Command(0xB0, 0x81, 0x02, le=256)))


# --- sizes, and both sides against each other ------------------------------------------------


@pytest.mark.parametrize(
    ("cipher", "limit", "room"),
    [
        (Cipher.TDES, 256, 231),  # the figures that readers know
        (Cipher.AES_128, 256, 223),
        (Cipher.AES_256, 256, 223),
        (Cipher.TDES, 14, 0),
        (Cipher.AES_128, 0, 0),
        (Cipher.AES_128, 33, 15),
        (Cipher.AES_128, 32, 0),
    ],
)
def test_what_fits_a_protected_answer(cipher: Cipher, limit: int, room: int) -> None:
    assert Session(cipher, *keys(cipher)).room(limit) == room


@given(cipher=st.sampled_from(Cipher), limit=st.integers(40, 70_000))
@settings(max_examples=60, deadline=None)
def test_room_is_all_that_fits(cipher: Cipher, limit: int) -> None:
    session = Session(cipher, *keys(cipher))
    room = session.room(limit)
    assert len(session.protect(Response(bytes(room)), 0xB0).data) <= limit
    assert len(session.protect(Response(bytes(room)), 0xB1).data) <= limit
    assert len(session.protect(Response(bytes(room + 1)), 0xB0).data) > limit


commands = st.builds(
    Command,
    ins=st.sampled_from([0xA4, 0xB0, 0xB1, 0x22]),
    p1=st.integers(0, 255),
    p2=st.integers(0, 255),
    data=st.binary(max_size=300),
    le=st.none() | st.integers(1, 256) | st.just(65536),
)


@given(
    cipher=st.sampled_from(Cipher),
    steps=st.lists(
        st.tuples(commands, st.binary(max_size=300), st.sampled_from([0x9000, 0x6282, 0x6A82])),
        max_size=4,
    ),
)
@settings(max_examples=100, deadline=None)
def test_a_session_with_a_terminal(cipher: Cipher, steps: list[tuple[Command, bytes, int]]) -> None:
    terminal, session = pair(cipher)
    for sent, data, sw in steps:
        received = session.unprotect(terminal.wrap(sent))
        assert (received.header, received.data, received.le) == (sent.header, sent.data, sent.le)
        answer = terminal.unwrap(session.protect(Response(data, sw), sent.ins), sent.ins)
        assert answer == Response(data, sw)


@given(cipher=st.sampled_from(Cipher), sent=commands, data=st.data())
@settings(max_examples=150, deadline=None)
def test_one_changed_bit_is_refused(cipher: Cipher, sent: Command, data: st.DataObject) -> None:
    terminal, session = pair(cipher)
    good = terminal.wrap(sent)
    at = data.draw(st.integers(0, len(good.data) * 8 - 1))
    changed = bytearray(good.data)
    changed[at // 8] ^= 1 << at % 8
    command = Command(good.ins, good.p1, good.p2, bytes(changed), good.le, good.cla)
    with pytest.raises(StatusError) as caught:
        session.unprotect(command)
    assert caught.value.sw in (0x6987, 0x6988)


@given(noise=st.binary(max_size=300), ins=st.integers(0, 255))
@settings(max_examples=150, deadline=None)
def test_noise_is_refused(noise: bytes, ins: int) -> None:
    _, session = pair(Cipher.AES_128)
    le = 256 if len(noise) <= 255 else 65536
    with pytest.raises(StatusError) as caught:
        session.unprotect(Command(ins, data=noise, le=le, cla=0x0C))
    assert caught.value.sw in (0x6987, 0x6988)


def test_keys_stay_out_of_sight() -> None:
    enc, mac = keys(Cipher.AES_128)
    shown = repr(Session(Cipher.AES_128, enc, mac))
    assert enc.hex() not in shown
    assert repr(enc) not in shown
    assert repr(mac) not in shown
