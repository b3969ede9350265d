"""Chip and active authentication against worked examples and recordings of real chips."""

import pytest
from card_wire import drawn, scripted
from proving_card import AGREED, GENERAL_AUTHENTICATE, OK, SET_KAT, Card, curve_named
from vector_files import Fields, raw, vectors

from epass import asn1
from epass.card.apdu import Command, Response
from epass.card.proof import active_authenticate, chip_authenticate
from epass.card.quirks import Met
from epass.card.secure import ChipSession, SecureChannel
from epass.card.trace import ReplayChannel, Trace
from epass.crypto.ciphers import Cipher
from epass.errors import InputError, SecureMessagingError
from epass.evidence import ActiveAuthentication
from epass.lds.chip_keys import Dg14, Dg15
from epass.lds.security_infos import ID_CA
from epass.sim.messaging import Session

PROOFS = vectors("doc9303-proofs")
CHALLENGE = bytes.fromhex("861D3766F6F5A1CD")

# --- chip authentication: recordings and worked examples --------------------------------------


def replay(fields: Fields, *steps: str) -> ReplayChannel:
    exchanges = tuple(
        (
            Command.parse(raw(fields, f"c{step}_protected")),
            Response.parse(raw(fields, f"r{step}_protected")),
        )
        for step in steps
    )
    return ReplayChannel(Trace({}, exchanges, ()))


def recorded_session(fields: Fields, cipher: Cipher, suffix: str = "") -> ChipSession:
    enc, mac = raw(fields, f"KS_enc{suffix}"), raw(fields, f"KS_mac{suffix}")
    return ChipSession(cipher, enc, mac, int.from_bytes(raw(fields, "SSC_before")))


@pytest.mark.parametrize(
    ("name", "key_id"), [("ca-ecdh-aes128-at", None), ("ca-ecdh-aes128-de-keyid", 195)]
)
def test_a_recorded_chip_authentication(name: str, key_id: int | None) -> None:
    fields = PROOFS[name]
    link = replay(fields, "apdu1", "apdu2", "apdu3")
    old = SecureChannel(link, recorded_session(fields, Cipher.AES_128, "_before"))
    secret = raw(fields, "terminal_private")
    random = scripted(drawn(curve_named("brainpoolP256r1"), int.from_bytes(secret)))
    infos = Dg14.parse(raw(fields, "DG14")).security_infos
    met = Met()
    result = chip_authenticate(old, infos, random=random, note=met)
    link.finish()
    evidence = result.evidence
    assert (evidence.oid, evidence.key_id) == (f"{ID_CA}.2.2", key_id)
    assert evidence.private_key == secret
    assert evidence.command == raw(fields, "capdu3_protected")
    assert evidence.response == raw(fields, "rapdu3_protected")
    assert met.ids == []
    assert (old.ended, result.channel.ended) == (True, False)
    assert secret.hex() not in repr(result).casefold()


@pytest.mark.parametrize("cipher", Cipher, ids=lambda cipher: cipher.label)
def test_the_key_of_the_reference_data_set(cipher: Cipher) -> None:
    fields = PROOFS["ca-bsi-ref-ecdh-" + cipher.label.casefold().replace("-", "")]
    secret = int.from_bytes(raw(fields, "terminal_ephemeral_private"))

    def answer(card: Card, command: Command) -> Response:
        if (command.p1, command.p2) == SET_KAT or command.ins == GENERAL_AUTHENTICATE:
            card.next = Session(cipher, raw(fields, "KS_enc"), raw(fields, "KS_mac"))
        return Response(AGREED) if command.ins == GENERAL_AUTHENTICATE else OK

    card = Card(answer)
    infos = Dg14.parse(raw(fields, "DG14")).security_infos
    random = scripted(drawn(curve_named("brainpoolP224r1"), secret))
    result = chip_authenticate(card.channel(), infos, random=random)
    plain = [raw(fields, name) for name in fields if name.startswith("plain_capdu")]
    assert card.apdus == [*plain, bytes.fromhex("00A4020C02010E")]
    again = ChipSession(cipher, raw(fields, "KS_enc"), raw(fields, "KS_mac"))
    assert again.protect(card.commands[-1]).encode() == result.evidence.command
    assert again.unprotect(Response.parse(result.evidence.response)) == OK


# --- active authentication --------------------------------------------------------------------


def rsa(bits: int) -> asn1.RsaKey:
    return asn1.RsaKey("1.2.840.113549.1.1.1", (1 << bits) - 1, 65537)


def test_a_recorded_active_authentication() -> None:
    """3DES, and a key of 1,792 bits: its signature just fits."""
    fields = PROOFS["aa-rsa-1800-real"]
    link = replay(fields, "apdu")
    secure = SecureChannel(link, recorded_session(fields, Cipher.TDES))
    key = Dg15.parse(raw(fields, "DG15")).public_key
    challenge, signature = raw(fields, "RND_IFD"), raw(fields, "signature")
    evidence = active_authenticate(secure, key, challenge, extended=True)
    link.finish()
    assert evidence == ActiveAuthentication(challenge, signature, 0x9000)
    assert signature.hex() not in repr(evidence).casefold()


@pytest.mark.parametrize("name", [name for name, fields in PROOFS.items() if "capdu" in fields])
def test_the_command_of_every_example(name: str) -> None:
    fields = PROOFS[name]
    answer = Response.parse(raw(fields, "rapdu"))
    card = Card(lambda *_: answer)
    key = Dg15.parse(raw(fields, "DG15")).public_key if "DG15" in fields else rsa(1024)
    evidence = active_authenticate(card.channel(), key, raw(fields, "RND_IFD"))
    assert card.apdus == [raw(fields, "capdu")]
    assert (evidence.answer, evidence.sw) == (answer.data, 0x9000)


@pytest.mark.parametrize("sw", [0x6300, 0x6700, 0x6982, 0x6A81, 0x6A88, 0x6D00, 0x6F00])
@pytest.mark.parametrize("bits", [1024, 2048])
def test_a_refusal_is_recorded_as_it_is(bits: int, sw: int) -> None:
    card, met = Card(lambda *_: Response(sw=sw)), Met()
    evidence = active_authenticate(card.channel(), rsa(bits), CHALLENGE, note=met)
    assert evidence == ActiveAuthentication(CHALLENGE, b"", sw)
    unsupported = sw in (0x6A81, 0x6A88, 0x6D00)
    assert met.ids == (["aa-unsupported"] if unsupported else [])
    again = sw == 0x6700 and bits == 2048  # it may be only the length
    assert len(card.commands) == (2 if again else 1)


# The largest signature of a short response, Doc 9303-11 §6.1.4: 231 bytes with 3DES, 223 with AES.
@pytest.mark.parametrize(
    ("cipher", "bits", "lengths"),
    [
        (Cipher.TDES, 1848, (256,)),
        (Cipher.TDES, 1856, (256, 232)),
        (Cipher.AES_128, 1784, (256,)),
        (Cipher.AES_128, 1792, (256, 224)),
        (Cipher.AES_256, 2048, (256, 256)),
        (Cipher.AES_256, 3072, (256, 384)),
        (Cipher.AES_256, 4095, (256, 512)),
    ],
)
def test_extended_length_where_a_short_response_is_too_small(
    cipher: Cipher, bits: int, lengths: tuple[int, ...]
) -> None:
    for extended in (False, True):
        card = Card(lambda *_: Response(sw=0x6700), cipher)
        active_authenticate(card.channel(), rsa(bits), CHALLENGE, extended=extended)
        sent = [(command.le, command.extended) for command in card.commands]
        expected = [(le, number > 0) for number, le in enumerate(lengths)]
        assert sent == (expected[::-1] if extended else expected)
        assert {command.data for command in card.commands} == {CHALLENGE}


SIGNATURE = bytes(range(256))


@pytest.mark.parametrize(
    "first",
    [
        Response(SIGNATURE[:223]),  # Australia
        Response(),  # China
        Response(sw=0x6C80),
        Response(sw=0x6100),
        Response(sw=0x6700),
    ],
    ids=["cut", "empty", "6Cxx", "61xx", "6700"],
)
@pytest.mark.parametrize("extended", [False, True])
def test_the_other_form_brings_the_whole_signature(first: Response, extended: bool) -> None:
    def answer(_: Card, command: Command) -> Response:
        return first if command.extended is extended else Response(SIGNATURE)

    card, met = Card(answer), Met()
    evidence = active_authenticate(
        card.channel(), rsa(2048), CHALLENGE, extended=extended, note=met
    )
    assert (evidence.answer, evidence.sw) == (SIGNATURE, 0x9000)
    assert len(card.commands) == 2
    assert met.ids == (["aa-truncated"] if first.data else [])


def test_a_whole_signature_is_not_asked_for_twice() -> None:
    card = Card(lambda *_: Response(SIGNATURE))
    active_authenticate(card.channel(), rsa(2048), CHALLENGE)
    assert len(card.commands) == 1


@pytest.mark.parametrize("length", [0, 7, 9])
def test_a_challenge_of_another_length(length: int) -> None:
    card = Card(lambda *_: OK)
    with pytest.raises(InputError, match="challenge: 8 bytes"):
        active_authenticate(card.channel(), rsa(1024), bytes(length))
    assert card.commands == []


def test_a_dropped_session_is_no_answer() -> None:
    card = Card(lambda *_: None)
    with pytest.raises(SecureMessagingError, match="an unprotected answer, status 6988"):
        active_authenticate(card.channel(), rsa(1024), CHALLENGE)


EC_KEY = Dg15.parse(raw(PROOFS["aa-ecdsa-p-256-sha256"], "DG15")).public_key


@pytest.mark.parametrize(
    ("key", "answer", "met"),
    [
        (EC_KEY, b"\x30\x46" + bytes(70), ["aa-der"]),
        (EC_KEY, b"\x30" + bytes(63), []),  # r || s that begins like one
        (EC_KEY, bytes(64), []),
        (EC_KEY, b"", []),
        (asn1.EcKey("1.3.132.0.10", b"\x04"), b"\x30\x46" + bytes(70), []),
        (rsa(1024), b"\x30" + bytes(127), []),
    ],
)
def test_a_signature_in_der_is_noted(key: asn1.PublicKey, answer: bytes, met: list[str]) -> None:
    card, found = Card(lambda *_: Response(answer)), Met()
    evidence = active_authenticate(card.channel(), key, CHALLENGE, note=found)
    assert (evidence.answer, found.ids) == (answer, met)
