"""The hash functions, their identifiers, and what is none of them."""

import pytest
from asn1crypto import algos
from cryptography.hazmat.primitives import hashes
from signers import ALGORITHM, MD5, MESSAGE, NULL, every_hash

from epass.asn1 import Algorithm
from epass.crypto.hashes import Hash
from epass.errors import FormatError, UnsupportedError


class TestHash:
    @every_hash
    def test_digest_and_size(self, used: Hash) -> None:
        oracle = hashes.Hash(ALGORITHM[used])
        oracle.update(MESSAGE)
        assert used.digest(MESSAGE) == oracle.finalize()
        assert used.size == ALGORITHM[used].digest_size

    @every_hash
    def test_its_object_identifier(self, used: Hash) -> None:
        assert algos.DigestAlgorithmId(used.oid).contents == used.encoded
        assert Hash.from_oid(used.oid) is used
        for parameters in (None, NULL):  # Doc 9303-10 §4.6.2.3 note 2
            assert Hash.from_algorithm(Algorithm(used.oid, parameters)) is used

    def test_parameters(self) -> None:
        with pytest.raises(FormatError, match=r"digest algorithm: 2\.16\..* with parameters"):
            Hash.from_algorithm(Algorithm(Hash.SHA256.oid, b"\x30\x00"))

    @pytest.mark.parametrize("oid", [MD5, "1.3.36.3.2.1", "2.16.840.1.101.3.4.2.8", ""])
    def test_an_unknown_one_is_named(self, oid: str) -> None:
        with pytest.raises(UnsupportedError) as caught:
            Hash.from_algorithm(Algorithm(oid))
        assert caught.value.message == f"digest algorithm {oid}"
