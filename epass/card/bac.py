"""Basic Access Control: open a chip with the printed MRZ.

Source: ICAO Doc 9303-11 §4.3; Appendix D.3 is the test vector. Lengths are in bytes.
"""

import secrets
from collections.abc import Callable

from epass.card.apdu import EXTERNAL_AUTHENTICATE, GET_CHALLENGE, OK, Channel, Command
from epass.card.keys import MrzKey
from epass.card.secure import ChipSession, SecureChannel
from epass.crypto import ciphers
from epass.crypto.ciphers import MAC_SIZE, Cipher
from epass.errors import AccessDeniedError, ProtocolError

NONCE, KEYING = 8, 16


def authenticate(
    channel: Channel, key: MrzKey, *, random: Callable[[int], bytes] = secrets.token_bytes
) -> SecureChannel:
    """Run BAC and return the protected channel that replaces ``channel``.

    Only vectors replace ``random``.

    Raises:
        AccessDeniedError: the chip rejects the MRZ or does not prove that it knows it.
        ProtocolError: the chip breaks §4.3.
        StatusError: the chip gives no challenge.
    """
    enc, mac = ciphers.derive_keys(key.seed, Cipher.TDES)
    rnd_ic = channel.transmit(Command(GET_CHALLENGE, le=NONCE)).expect("BAC challenge")
    if len(rnd_ic) != NONCE:
        raise ProtocolError("BAC challenge", f"{len(rnd_ic)} bytes, not {NONCE}")
    rnd_ifd, k_ifd = random(NONCE), random(KEYING)

    cryptogram = ciphers.encrypt(Cipher.TDES, enc, rnd_ifd + rnd_ic + k_ifd)
    request = cryptogram + ciphers.retail_mac(mac, cryptogram)
    answer = channel.transmit(Command(EXTERNAL_AUTHENTICATE, data=request, le=len(request)))
    if answer.sw != OK:
        raise AccessDeniedError("BAC", sw=answer.sw)
    if len(answer.data) != len(request):
        raise ProtocolError("BAC", f"an answer of {len(answer.data)} bytes, not {len(request)}")
    cryptogram, tag = answer.data[:-MAC_SIZE], answer.data[-MAC_SIZE:]
    if not ciphers.same(tag, ciphers.retail_mac(mac, cryptogram)):
        raise AccessDeniedError("BAC", reason="the chip does not prove that it knows the MRZ")
    plain = ciphers.decrypt(Cipher.TDES, enc, cryptogram)
    if not ciphers.same(plain[: 2 * NONCE], rnd_ic + rnd_ifd):
        raise ProtocolError("BAC", "the chip did not return the nonces")  # §4.3.1 step 4c

    session_seed = ciphers.xor(k_ifd, plain[2 * NONCE :])
    ssc = int.from_bytes(rnd_ic[-4:] + rnd_ifd[-4:])  # §9.8.6.3
    session = ChipSession(Cipher.TDES, *ciphers.derive_keys(session_seed, Cipher.TDES), ssc)
    return SecureChannel(channel, session)
