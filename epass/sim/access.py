"""Access to the chip, the chip's side: what can be chosen, keys of the document, BAC.

PACE has a module of its own. Source: Doc 9303-11 §4.3 (BAC), §9.7 (key derivation); Appendices D.2
and D.3 are the test vectors. Written from the standard without the reader's code. ``random`` gives
as many bytes as it is asked for.
"""

import hashlib

from epass.crypto import ciphers
from epass.crypto.ciphers import Cipher
from epass.errors import InputError, StatusError
from epass.sim.card_files import FORMS, PaceOffer, card_access
from epass.sim.keys import Random
from epass.sim.messaging import Session
from epass.sim.pace import CIPHERS, PACE_MAPPINGS, PaceSuite, ParameterSet, parameter_sets
from epass.sim.status import Sw

__all__ = [
    "ACCESS",
    "BAC",
    "CIPHERS",
    "FORMS",
    "PACE",
    "PACE_MAPPINGS",
    "BacChallenge",
    "PaceOffer",
    "PaceSuite",
    "ParameterSet",
    "card_access",
    "mrz_information",
    "mrz_secret",
    "parameter_sets",
]

PACE, BAC = "PACE", "BAC"
ACCESS = (PACE, BAC)

RND, KEYING = 8, 16  # §4.3.1: nonces and keying material of BAC, bytes
CRYPTOGRAM = 2 * RND + KEYING


# --- the keys of the document -----------------------------------------------------------------


def mrz_information(mrz: str) -> str:
    """Document number, birth and expiry, each with its check digit, as §4.3.2 puts them together.

    ``mrz`` is the whole machine-readable zone, lines separated by a line feed. Check digits are
    taken as they stand. Where the place of the number's check digit holds a filler, the number
    goes on in the optional data, check digit last (Doc 9303-5 §4.2.2 note j, Doc 9303-6).

    Raises:
        InputError: the lines are not those of TD1, TD2 or TD3.
    """
    lines = mrz.split("\n")
    shape = [len(line) for line in lines]
    if shape == [30, 30, 30]:
        number, check, optional = lines[0][5:14], lines[0][14], lines[0][15:]
        dates = lines[1][0:7] + lines[1][8:15]
    elif shape in ([36, 36], [44, 44]):
        number, check, optional = lines[1][0:9], lines[1][9], lines[1][28:35]
        dates = lines[1][13:20] + lines[1][21:28]
    else:
        raise InputError("the lines of the MRZ are not those of TD1, TD2 or TD3")
    if check == "<" and shape != [44, 44]:  # TD3 knows no longer numbers
        check = optional.split("<")[0]
        if len(check) < 2:
            raise InputError("the document number is to go on in the optional data, but does not")
    return number + check + dates


def mrz_secret(mrz: str) -> bytes:
    """SHA-1 of the MRZ information: K of PACE (table 14); its first 16 bytes are K_seed of BAC.

    Raises:
        InputError: the lines are not those of TD1, TD2 or TD3.
    """
    information = mrz_information(mrz).encode("latin-1", "replace")
    return hashlib.sha1(information, usedforsecurity=False).digest()


# --- Basic Access Control ---------------------------------------------------------------------


class BacChallenge:
    """The chip's side of §4.3.1 from step 1 on: one challenge, good for one attempt."""

    def __init__(self, secret: bytes, random: Random) -> None:
        self._k_enc, self._k_mac = ciphers.derive_keys(secret[:KEYING], Cipher.TDES)
        self._random = random
        self.rnd_ic = random(RND)

    def authenticate(self, data: bytes) -> tuple[bytes, Session]:
        """Steps 3a to 3h and 5: the response data, and the session that begins after it.

        Raises:
            StatusError: 6700, or 6300 for a terminal that does not know the document.
        """
        if len(data) != CRYPTOGRAM + ciphers.MAC_SIZE:
            raise StatusError("EXTERNAL AUTHENTICATE", Sw.WRONG_LENGTH)
        e_ifd, m_ifd = data[:CRYPTOGRAM], data[CRYPTOGRAM:]
        if not ciphers.same(m_ifd, ciphers.retail_mac(self._k_mac, e_ifd)):
            raise StatusError("BAC, wrong checksum", Sw.AUTHENTICATION_FAILED)
        s = ciphers.decrypt(Cipher.TDES, self._k_enc, e_ifd)
        rnd_ifd, echoed, k_ifd = s[:RND], s[RND : 2 * RND], s[2 * RND :]
        if not ciphers.same(echoed, self.rnd_ic):
            raise StatusError("BAC, another challenge", Sw.AUTHENTICATION_FAILED)
        k_ic = self._random(KEYING)
        r = self.rnd_ic + rnd_ifd + k_ic
        e_ic = ciphers.encrypt(Cipher.TDES, self._k_enc, r)
        keys = ciphers.derive_keys(ciphers.xor(k_ic, k_ifd), Cipher.TDES)
        ssc = int.from_bytes(self.rnd_ic[-4:] + rnd_ifd[-4:])  # §9.8.6.3
        return e_ic + ciphers.retail_mac(self._k_mac, e_ic), Session(Cipher.TDES, *keys, ssc)
