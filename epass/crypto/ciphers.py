"""Symmetric ciphers of the eMRTD protocols: key derivation, CBC, padding, MACs.

Source: ICAO Doc 9303-11 §9.7.1 (key derivation), §4.3.3 and §9.8.6 (3DES, retail MAC), §9.8.7
(AES, CMAC); ISO/IEC 9797-1 padding method 2 and MAC algorithm 3. Lengths are in bytes.
"""

import hashlib
import hmac
from enum import Enum
from typing import Protocol

from Crypto.Cipher import AES, DES, DES3
from Crypto.Hash import CMAC


class _CbcMode(Protocol):
    def encrypt(self, data: bytes, /) -> bytes: ...
    def decrypt(self, data: bytes, /) -> bytes: ...


ENC, MAC, PASSWORD = 1, 2, 3  # the counters of §9.7.2 to §9.7.4
MAC_SIZE = 8


class Cipher(Enum):
    """A block cipher of the standard: its name, key size and block size."""

    TDES = ("3DES", 16, 8)
    AES_128 = ("AES-128", 16, 16)
    AES_192 = ("AES-192", 24, 16)
    AES_256 = ("AES-256", 32, 16)

    def __init__(self, label: str, key_size: int, block: int) -> None:
        self.label = label
        self.key_size = key_size
        self.block = block


def kdf(secret: bytes, counter: int, cipher: Cipher) -> bytes:
    """The key that ``counter`` names, from a shared secret or password (§9.7.1).

    SHA-1 for 3DES and AES-128, SHA-256 for the longer keys; the parity of 3DES keys is set.
    """
    material = secret + counter.to_bytes(4)
    if cipher.key_size > 16:
        return hashlib.sha256(material).digest()[: cipher.key_size]
    key = hashlib.sha1(material, usedforsecurity=False).digest()[: cipher.key_size]
    return _odd_parity(key) if cipher is Cipher.TDES else key


def derive_keys(secret: bytes, cipher: Cipher) -> tuple[bytes, bytes]:
    """KS_Enc and KS_MAC of §9.7.4."""
    return kdf(secret, ENC, cipher), kdf(secret, MAC, cipher)


def encrypt(cipher: Cipher, key: bytes, data: bytes, iv: bytes | None = None) -> bytes:
    """CBC over whole blocks; without ``iv`` it is zero."""
    return _cbc(cipher, key, iv).encrypt(data)


def decrypt(cipher: Cipher, key: bytes, data: bytes, iv: bytes | None = None) -> bytes:
    """CBC over whole blocks; without ``iv`` it is zero."""
    return _cbc(cipher, key, iv).decrypt(data)


def encrypt_block(cipher: Cipher, key: bytes, block: bytes) -> bytes:
    """One block without chaining, for the initialization vector of AES (§9.8.7.1)."""
    return _cbc(cipher, key, None).encrypt(block)  # CBC of one block under a zero IV


def mac(cipher: Cipher, key: bytes, message: bytes) -> bytes:
    """The 8-byte MAC of the cipher's suite: retail MAC for 3DES, truncated CMAC for AES.

    The retail MAC pads by method 2 itself; a CMAC is over the message as it is.
    """
    if cipher is Cipher.TDES:
        return retail_mac(key, message)
    return CMAC.new(key, message, ciphermod=AES).digest()[:MAC_SIZE]


def counter_block(cipher: Cipher, counter: int) -> bytes:
    """The send sequence counter of secure messaging, as wide as a block (§9.8.2)."""
    return (counter % (1 << 8 * cipher.block)).to_bytes(cipher.block)


def session_mac(cipher: Cipher, key: bytes, counter: int, message: bytes) -> bytes:
    """The MAC of secure messaging, over counter and ``message``, padded (§9.8.6.2, §9.8.7.2)."""
    counted = counter_block(cipher, counter) + message
    if cipher is Cipher.TDES:
        return retail_mac(key, counted)  # which pads by itself
    return mac(cipher, key, pad(counted, cipher.block))


def retail_mac(key: bytes, message: bytes) -> bytes:
    """ISO/IEC 9797-1 MAC algorithm 3 with DES, padding method 2 and a zero IV."""
    padded = pad(message, 8)
    chained = DES.new(key[:8], DES.MODE_CBC, bytes(8)).encrypt(padded)[-8:]
    inner = DES.new(key[8:16], DES.MODE_ECB).decrypt(chained)
    return DES.new(key[:8], DES.MODE_ECB).encrypt(inner)


def pad(data: bytes, block: int) -> bytes:
    """Padding method 2 of ISO/IEC 9797-1: 80, then zeros; always at least one byte."""
    return data + b"\x80" + bytes(-(len(data) + 1) % block)


def unpad(data: bytes, block: int) -> bytes | None:
    """The data without its padding, or None where the padding is not of method 2."""
    stripped = data.rstrip(b"\x00")
    if not stripped.endswith(b"\x80") or len(data) - len(stripped) >= block:
        return None
    return stripped[:-1]


def xor(left: bytes, right: bytes) -> bytes:
    """Raises ValueError where the lengths differ."""
    return bytes(a ^ b for a, b in zip(left, right, strict=True))


def same(left: bytes, right: bytes) -> bool:
    """Equality in constant time."""
    return hmac.compare_digest(left, right)


def _cbc(cipher: Cipher, key: bytes, iv: bytes | None) -> _CbcMode:
    start = bytes(cipher.block) if iv is None else iv
    if cipher is not Cipher.TDES:
        return AES.new(key, AES.MODE_CBC, start)
    key = _odd_parity(key)  # which the cipher ignores, but DES3.new compares the halves with it
    if key[:8] == key[8:16]:  # DES3.new refuses the key with which 3DES is single DES
        return DES.new(key[:8], DES.MODE_CBC, start)
    return DES3.new(key, DES3.MODE_CBC, start)


def _odd_parity(key: bytes) -> bytes:
    return bytes(byte & 0xFE | (byte >> 1).bit_count() + 1 & 1 for byte in key)
