"""Basic Access Control: open a chip with the printed MRZ.

Source: ICAO Doc 9303-11 §4.3; Appendix D.3 is the test vector. Lengths are in bytes.
"""

import secrets
from collections.abc import Callable

from epass.card.apdu import (
    EXTERNAL_AUTHENTICATE,
    GET_CHALLENGE,
    OK,
    SHORT_LE,
    Channel,
    Command,
    Response,
)
from epass.card.keys import MrzKey
from epass.card.ladder import WRONG_LE, WRONG_LENGTH
from epass.card.quirks import Note, ignore
from epass.card.secure import ChipSession, SecureChannel
from epass.crypto import ciphers
from epass.crypto.ciphers import MAC_SIZE, Cipher
from epass.errors import AccessDeniedError, ProtocolError, StatusError, UnsupportedError

NONCE, KEYING, ANSWER = 8, 16, 40
NO_BAC = (0x6A88, 0x6A81, 0x6D00)  # to GET CHALLENGE; other refusals say nothing for certain


def authenticate(
    channel: Channel,
    key: MrzKey,
    *,
    random: Callable[[int], bytes] = secrets.token_bytes,
    note: Note = ignore,
) -> SecureChannel:
    """Run BAC and return the protected channel that replaces ``channel``.

    Only vectors replace ``random``; ``note`` is told the quirks that are met.

    Raises:
        AccessDeniedError: the chip rejects the MRZ or does not prove that it knows it.
        ProtocolError: the chip breaks §4.3.
        StatusError: the chip gives no challenge, or refuses the length of the answer to come.
        UnsupportedError: the chip does not have BAC.
    """
    enc, mac = ciphers.derive_keys(key.seed, Cipher.TDES)
    for le in (ANSWER, SHORT_LE):
        rnd_ic = _challenge(channel, note)
        rnd_ifd, k_ifd = random(NONCE), random(KEYING)
        cryptogram = ciphers.encrypt(Cipher.TDES, enc, rnd_ifd + rnd_ic + k_ifd)
        request = cryptogram + ciphers.retail_mac(mac, cryptogram)
        answer = channel.transmit(Command(EXTERNAL_AUTHENTICATE, data=request, le=le))
        if not _wrong_length(answer):  # which says nothing of the key
            break
    else:
        raise StatusError("EXTERNAL AUTHENTICATE", answer.sw)
    if le != ANSWER:
        note("bac-le-00")
    k_ic = _keying(answer, enc, mac, rnd_ic + rnd_ifd)
    session_seed = ciphers.xor(k_ifd, k_ic)
    ssc = int.from_bytes(rnd_ic[-4:] + rnd_ifd[-4:])  # §9.8.6.3
    session = ChipSession(Cipher.TDES, *ciphers.derive_keys(session_seed, Cipher.TDES), ssc)
    return SecureChannel(channel, session)


def _challenge(channel: Channel, note: Note) -> bytes:
    answer = channel.transmit(Command(GET_CHALLENGE, le=NONCE))
    if answer.sw in NO_BAC:
        note("bac-absent")
        raise UnsupportedError(
            f"the chip has no BAC (status {answer.sw:04X})", advice="Open it by PACE."
        )
    rnd_ic = answer.expect("BAC challenge")
    if len(rnd_ic) != NONCE:
        raise ProtocolError("BAC challenge", f"{len(rnd_ic)} bytes, not {NONCE}")
    return rnd_ic


def _keying(answer: Response, enc: bytes, mac: bytes, nonces: bytes) -> bytes:
    """The chip's keying material, once it has proved that it knows the MRZ and the nonces."""
    if answer.sw != OK:
        raise AccessDeniedError("BAC", sw=answer.sw)
    if len(answer.data) != ANSWER:
        raise ProtocolError("BAC", f"an answer of {len(answer.data)} bytes, not {ANSWER}")
    cryptogram, tag = answer.data[:-MAC_SIZE], answer.data[-MAC_SIZE:]
    if not ciphers.same(tag, ciphers.retail_mac(mac, cryptogram)):
        raise AccessDeniedError("BAC", reason="the chip does not prove that it knows the MRZ")
    plain = ciphers.decrypt(Cipher.TDES, enc, cryptogram)
    if not ciphers.same(plain[: 2 * NONCE], nonces):
        raise ProtocolError("BAC", "the chip did not return the nonces")  # §4.3.1 step 4c
    return plain[2 * NONCE :]


def _wrong_length(answer: Response) -> bool:
    return answer.sw == WRONG_LENGTH or answer.sw >> 8 == WRONG_LE
