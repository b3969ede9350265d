"""BAC against Appendix D.3, and each way in which a chip can break it."""

import pytest
from vector_files import raw, vectors

from epass.card import bac, quirks
from epass.card.apdu import Command, Response
from epass.card.keys import MrzKey
from epass.card.trace import ReplayChannel, Trace
from epass.crypto import ciphers
from epass.crypto.ciphers import Cipher
from epass.errors import AccessDeniedError, ProtocolError, StatusError, UnsupportedError

FIELDS = vectors("doc9303-sm")["bac-exchange"]
KEY = MrzKey("L898902C<369080619406236")  # the specimen of Appendix D
CHALLENGE = Command.parse(raw(FIELDS, "GET_CHALLENGE_capdu"))
AUTHENTICATE = Command.parse(raw(FIELDS, "EXTERNAL_AUTHENTICATE_capdu"))
RND_IC = Response.parse(raw(FIELDS, "GET_CHALLENGE_rapdu"))
ANSWER = Response.parse(raw(FIELDS, "EXTERNAL_AUTHENTICATE_rapdu"))


def chip(
    challenge: Response = RND_IC, answer: Response = ANSWER, *more: tuple[str, str]
) -> ReplayChannel:
    further = tuple(
        (Command.parse(bytes.fromhex(sent)), Response.parse(bytes.fromhex(came)))
        for sent, came in more
    )
    draws = (raw(FIELDS, "RND_IFD"), raw(FIELDS, "K_IFD"))
    return ReplayChannel(
        Trace({}, ((CHALLENGE, challenge), (AUTHENTICATE, answer), *further), draws)
    )


def test_appendix_d3_and_the_session_that_follows() -> None:
    select = vectors("doc9303-sm")["sm-3des-select-efcom"]
    channel = chip(RND_IC, ANSWER, (select["protected_capdu"], select["protected_rapdu"]))
    secure = bac.authenticate(channel, KEY, random=channel.random)
    assert secure.transmit(Command.parse(raw(select, "plain_capdu"))) == Response()
    channel.finish()


@pytest.mark.parametrize("sw", [0x6300, 0x6982, 0x6988])
def test_a_rejected_key_is_said_as_such(sw: int) -> None:
    channel = chip(RND_IC, Response(sw=sw))
    with pytest.raises(
        AccessDeniedError, match=f"the chip rejects this key .status {sw:04X}."
    ) as e:
        bac.authenticate(channel, KEY, random=channel.random)
    assert e.value.sw == sw


def test_a_chip_that_does_not_know_the_mrz() -> None:
    forged = Response(ANSWER.data[:-1] + bytes((ANSWER.data[-1] ^ 1,)))
    channel = chip(RND_IC, forged)
    with pytest.raises(AccessDeniedError, match="does not prove that it knows the MRZ"):
        bac.authenticate(channel, KEY, random=channel.random)


@pytest.mark.parametrize("length", [0, 39, 41])
def test_an_answer_of_another_length(length: int) -> None:
    channel = chip(RND_IC, Response(bytes(length)))
    with pytest.raises(ProtocolError, match=f"an answer of {length} bytes, not 40"):
        bac.authenticate(channel, KEY, random=channel.random)


@pytest.mark.parametrize("length", [0, 7, 9])
def test_a_challenge_of_another_length(length: int) -> None:
    channel = chip(Response(bytes(length)))
    with pytest.raises(ProtocolError, match=f"BAC challenge: {length} bytes, not 8"):
        bac.authenticate(channel, KEY, random=channel.random)


@pytest.mark.parametrize("sw", bac.NO_BAC, ids=hex)
def test_a_chip_without_bac(sw: int) -> None:
    channel, met = chip(Response(sw=sw)), quirks.Met()
    with pytest.raises(UnsupportedError) as caught:
        bac.authenticate(channel, KEY, random=channel.random, note=met)
    assert caught.value.message == f"the chip has no BAC (status {sw:04X})"
    assert caught.value.advice == "Open it by PACE."
    assert met.ids == ["bac-absent"]


@pytest.mark.parametrize("sw", [0x6300, 0x6700, 0x6982, 0x6985, 0x6A80, 0x6F00], ids=hex)
def test_no_challenge(sw: int) -> None:
    channel = chip(Response(sw=sw))
    with pytest.raises(StatusError) as caught:
        bac.authenticate(channel, KEY, random=channel.random)
    assert caught.value.facts == {"action": "BAC challenge", "sw": f"{sw:04X}"}


# --- the length of the answer -----------------------------------------------------------------

LE_00 = Command(0x82, data=AUTHENTICATE.data, le=256)
Exchanges = tuple[tuple[Command, Response], ...]


def twice(refused: Response, answer: Response) -> tuple[ReplayChannel, list[int]]:
    """A chip that refuses Le 28; and where in the exchange each draw was made."""
    exchanges: Exchanges = (
        (CHALLENGE, RND_IC),
        (AUTHENTICATE, refused),
        (CHALLENGE, RND_IC),
        (LE_00, answer),
    )
    draws = (raw(FIELDS, "RND_IFD"), raw(FIELDS, "K_IFD")) * 2
    return ReplayChannel(Trace({}, exchanges, draws)), []


@pytest.mark.parametrize("sw", [0x6700, 0x6C00, 0x6C28], ids=hex)
def test_le_00_after_a_wrong_length(sw: int) -> None:
    """With a challenge, a nonce and keying material of its own."""
    channel, drawn = twice(Response(sw=sw), ANSWER)
    met = quirks.Met()

    def random(size: int) -> bytes:
        drawn.append(size)
        return channel.random(size)

    bac.authenticate(channel, KEY, random=random, note=met)
    channel.finish()
    assert drawn == [bac.NONCE, bac.KEYING] * 2
    assert met.ids == ["bac-le-00"]


def test_a_wrong_key_after_a_wrong_length() -> None:
    channel, _ = twice(Response(sw=0x6700), Response(sw=0x6300))
    met = quirks.Met()
    with pytest.raises(AccessDeniedError, match=r"the chip rejects this key \(status 6300"):
        bac.authenticate(channel, KEY, random=channel.random, note=met)
    channel.finish()
    assert met.ids == ["bac-le-00"]


def test_no_length_that_the_chip_takes_is_no_wrong_key() -> None:
    channel, _ = twice(Response(sw=0x6700), Response(sw=0x6700))
    met = quirks.Met()
    with pytest.raises(StatusError) as caught:
        bac.authenticate(channel, KEY, random=channel.random, note=met)
    assert caught.value.message == "EXTERNAL AUTHENTICATE: the chip answers 6700 (wrong length)"
    assert met.ids == []
    channel.finish()


def test_no_second_attempt_without_need() -> None:
    met = quirks.Met()
    channel = chip()
    bac.authenticate(channel, KEY, random=channel.random, note=met)
    channel.finish()
    assert met.ids == []


# --- the answer -------------------------------------------------------------------------------


def test_nonces_that_are_not_returned() -> None:
    """The chip knows the MRZ but answers an older exchange: RND.IC and RND.IFD swapped."""
    enc, mac = raw(FIELDS, "K_enc"), raw(FIELDS, "K_mac")
    plain = raw(FIELDS, "RND_IFD") + raw(FIELDS, "RND_IC") + raw(FIELDS, "K_IC")
    cryptogram = ciphers.encrypt(Cipher.TDES, enc, plain)
    channel = chip(RND_IC, Response(cryptogram + ciphers.retail_mac(mac, cryptogram)))
    with pytest.raises(ProtocolError, match="the chip did not return the nonces"):
        bac.authenticate(channel, KEY, random=channel.random)
