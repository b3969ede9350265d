"""The reader against the simulator over every mapping, parameter set and cipher of PACE.

They share the arithmetic of curves, and nothing else of PACE: MODP groups, mappings, encodings
and tokens are written twice.
"""

from functools import cache

import pytest

from epass.card import reader
from epass.card.keys import Can
from epass.crypto import ec
from epass.crypto.ciphers import Cipher
from epass.dump import Dump
from epass.lds.names import File
from epass.sim import issuer
from epass.sim.card_files import PaceOffer
from epass.sim.chip import Chip
from epass.sim.issuer import Document
from epass.sim.pace import PaceSuite

CIPHERS = [cipher.label for cipher in Cipher]
MODP, CURVES = range(3), range(8, 19)
P_224 = 10


@cache
def plain_document() -> Document:
    return issuer.issue()


def read(chip: Chip) -> Dump:
    return reader.read(chip, Can("123456"), want=(File.COM,))


@pytest.mark.parametrize("cipher", CIPHERS)
@pytest.mark.parametrize("mapping", ["GM", "IM"])
def test_over_every_parameter_set(mapping: str, cipher: str) -> None:
    for number in (*MODP, *CURVES):
        if (mapping, number) == ("IM", P_224):  # table 12, note
            continue
        chip = Chip(plain_document(), cipher=cipher, parameter_id=number, mapping=mapping)
        dump = read(chip)
        access = dump.access
        assert (access.mapping, access.cipher, access.parameter_id) == (mapping, cipher, number)
        assert dump.evidence.mapping is None
        assert dump.files[File.COM] == plain_document().files[File.COM]


@pytest.mark.parametrize("cipher", CIPHERS[1:])
def test_chip_authentication_mapping_over_every_curve(cipher: str) -> None:
    """What is recorded proves the static key, and no other one."""
    for number in CURVES:
        suites = PaceSuite.named(cipher, number, "GM"), PaceSuite.named(cipher, number, "CAM")
        document = issuer.issue(pace=PaceOffer(suites))
        dump = read(Chip(document))
        assert (dump.access.mapping, dump.access.parameter_id) == ("CAM", number)
        evidence = dump.evidence.mapping
        assert evidence is not None
        assert evidence.parameter_id == number
        assert document.pace is not None
        (key,) = document.pace.keys
        curve = ec.by_parameter_id(number)
        assert curve is not None
        scalar = int.from_bytes(evidence.authentication_data)
        static = curve.generator * key.secret
        assert (static * scalar).encode() == evidence.mapping_key
        assert ((static + curve.generator) * scalar).encode() != evidence.mapping_key
