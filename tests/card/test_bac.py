"""BAC against Appendix D.3, and each way in which a chip can break it."""

import pytest
from vector_files import raw, vectors

from epass.card import bac
from epass.card.apdu import Command, Response
from epass.card.keys import MrzKey
from epass.card.trace import ReplayChannel, Trace
from epass.errors import AccessDeniedError, ProtocolError, StatusError

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


def test_no_challenge() -> None:
    channel = chip(Response(sw=0x6D00))
    with pytest.raises(StatusError, match="BAC challenge: the chip answers 6D00"):
        bac.authenticate(channel, KEY, random=channel.random)


def test_nonces_that_are_not_returned() -> None:
    """The chip knows the MRZ but answers an older exchange: RND.IC and RND.IFD swapped."""
    from epass.crypto import ciphers
    from epass.crypto.ciphers import Cipher

    enc, mac = raw(FIELDS, "K_enc"), raw(FIELDS, "K_mac")
    plain = raw(FIELDS, "RND_IFD") + raw(FIELDS, "RND_IC") + raw(FIELDS, "K_IC")
    cryptogram = ciphers.encrypt(Cipher.TDES, enc, plain)
    channel = chip(RND_IC, Response(cryptogram + ciphers.retail_mac(mac, cryptogram)))
    with pytest.raises(ProtocolError, match="the chip did not return the nonces"):
        bac.authenticate(channel, KEY, random=channel.random)
