"""Keys and signatures of the fictitious country, verified by other libraries."""

import hashlib

import pytest
from asn1crypto import algos, keys
from signature_oracle import verifies

from epass.crypto import ec
from epass.errors import InputError
from epass.sim import der, rsa
from epass.sim.keys import DIGESTS, EcKey, SigningKey, derive, seeded
from epass.sim.scheme import CURVES, SIGNATURES, Scheme

MESSAGE = b"what the country signs"
SEED = b"a seed for tests"


def public_key_info(key: SigningKey) -> keys.PublicKeyInfo:
    encoded = der.sequence(key.key_algorithm(), der.bit_string(key.public_key()))
    return keys.PublicKeyInfo.load(encoded, strict=True)


def right(key: SigningKey, digest: str, message: bytes, signature: bytes) -> bool:
    algorithm = algos.SignedDigestAlgorithm.load(
        key.signature_algorithm(DIGESTS[digest]), strict=True
    )
    assert algorithm.hash_algo == digest.replace("-", "").lower()
    return verifies(public_key_info(key), algorithm, signature, message)


@pytest.mark.parametrize("curve", CURVES)
@pytest.mark.parametrize("digest", DIGESTS)
def test_ecdsa_on_every_curve_with_every_digest(curve: str, digest: str) -> None:
    key = Scheme(curve=curve).key(SEED)
    signature = key.sign(MESSAGE, DIGESTS[digest])
    assert right(key, digest, MESSAGE, signature)
    assert not right(key, digest, MESSAGE + b"!", signature)


@pytest.mark.parametrize("curve", CURVES)
def test_explicit_parameters_are_those_of_the_curve(curve: str) -> None:
    key = Scheme(curve=curve, explicit_parameters=True).key(SEED)
    parameters = public_key_info(key)["algorithm"]["parameters"]
    assert parameters.name == "specified"
    known = ec.by_name(curve)
    assert known is not None
    described = parameters.chosen
    assert described["version"].native == "ecdpVer1"
    assert described["field_id"]["parameters"].native == known.p
    assert int.from_bytes(described["curve"]["a"].contents) == known.a
    assert int.from_bytes(described["curve"]["b"].contents) == known.b
    assert {len(described["curve"][name].contents) for name in "ab"} == {known.size}
    assert described["base"].contents == known.generator.encode()
    assert (described["order"].native, described["cofactor"].native) == (known.n, 1)
    assert right(key, "SHA-256", MESSAGE, key.sign(MESSAGE, DIGESTS["SHA-256"]))


@pytest.mark.parametrize("signature", ["RSA", "RSA-PSS"])
@pytest.mark.parametrize("digest", DIGESTS)
def test_rsa_with_every_digest(signature: str, digest: str) -> None:
    key = Scheme(signature=signature).key(SEED)
    signed = key.sign(MESSAGE, DIGESTS[digest])
    assert len(signed) == 256
    assert right(key, digest, MESSAGE, signed)
    assert not right(key, digest, MESSAGE + b"!", signed)


def test_pss_says_its_digests_and_salt() -> None:
    key = Scheme(signature="RSA-PSS").key(SEED)
    algorithm = algos.SignedDigestAlgorithm.load(key.signature_algorithm(DIGESTS["SHA-384"]))
    parameters = algorithm["parameters"]
    assert parameters["hash_algorithm"]["algorithm"].native == "sha384"
    assert parameters["mask_gen_algorithm"]["parameters"]["algorithm"].native == "sha384"
    assert parameters["salt_length"].native == 48


def test_pss_omits_the_defaults_of_sha1() -> None:
    algorithm = rsa.generate(SEED, pss=True).signature_algorithm(DIGESTS["SHA-1"])
    assert algorithm == der.sequence(der.oid(rsa.ID_RSASSA_PSS), der.sequence())


def test_an_rsa_key_has_2048_bits_and_follows_from_its_seed() -> None:
    key = rsa.generate(SEED)
    assert key.modulus.bit_length() == 2048
    rsa.generate.cache_clear()
    assert rsa.generate(SEED) == key
    assert rsa.generate(SEED + b"!", bits=512).modulus != rsa.generate(SEED, bits=512).modulus


@pytest.mark.parametrize("seed", range(8))
def test_the_private_exponent_undoes_the_public_one(seed: int) -> None:
    key = rsa.generate(bytes((seed,)), bits=512)
    assert key.modulus.bit_length() == 512
    assert pow(pow(7, key.secret, key.modulus), rsa.EXPONENT, key.modulus) == 7


@pytest.mark.parametrize("number", [(1 << 127) - 1, (1 << 521) - 1, 1009, 7])
def test_primes_are_primes(number: int) -> None:
    assert rsa.probably_prime(number, seeded(SEED))


@pytest.mark.parametrize(
    "number",
    [
        561,  # a Carmichael number
        1373653,  # a strong pseudoprime to the bases 2 and 3
        3317044064679887385961981,  # to the first thirteen prime bases
        ((1 << 127) - 1) * ((1 << 89) - 1),
        9,
    ],
)
def test_composites_are_not(number: int) -> None:
    assert not rsa.probably_prime(number, seeded(SEED))


def test_the_same_message_gives_the_same_signature_and_another_one_another_nonce() -> None:
    key = Scheme().key(SEED)
    sha256 = DIGESTS["SHA-256"]
    first, second = key.sign(MESSAGE, sha256), key.sign(MESSAGE + b"!", sha256)
    assert first == key.sign(MESSAGE, sha256)
    r_first, r_second = (algos.DSASignature.load(item)["r"].native for item in (first, second))
    assert r_first != r_second


def test_a_digest_longer_than_the_order_is_cut_to_its_bits() -> None:
    """FIPS 186-4 §6.4: the leftmost bits, which on P-521 is all of SHA-512."""
    for curve, digest in (("P-192", "SHA-512"), ("P-521", "SHA-512"), ("P-521", "SHA-1")):
        key = Scheme(curve=curve).key(SEED)
        assert right(key, digest, MESSAGE, key.sign(MESSAGE, DIGESTS[digest]))


def test_a_seed_gives_one_stream() -> None:
    one, two = seeded(SEED), seeded(SEED)
    taken = [one(16), one(16), one(3)]
    assert taken == [two(16), two(16), two(3)]
    assert taken[0] != taken[1]
    assert seeded(SEED + b"!")(16) != taken[0]
    assert len(seeded(SEED)(1000)) == 1000


def test_purposes_do_not_share_bytes() -> None:
    assert derive(SEED, "a") != derive(SEED, "b")
    assert derive(b"ab", "c") != derive(b"a", "bc")


@pytest.mark.parametrize("name", DIGESTS)
def test_digests(name: str) -> None:
    digest = DIGESTS[name]
    expected = hashlib.new(name.replace("-", ""), MESSAGE, usedforsecurity=False).digest()
    assert (digest.of(MESSAGE), digest.size) == (expected, len(expected))
    loaded = algos.DigestAlgorithm.load(digest.identifier(), strict=True)
    assert loaded["algorithm"].native == name.replace("-", "").lower()
    assert loaded["parameters"].native is None
    assert digest.identifier(der.NULL)[-2:] == der.NULL


def test_secrets_stay_out_of_repr() -> None:
    key = EcKey.generate(ec.CURVES[0], seeded(SEED))
    assert str(key.secret) not in repr(key)
    other = rsa.generate(SEED, bits=512)
    assert str(other.secret) not in repr(other)


@pytest.mark.parametrize(
    ("choice", "message"),
    [
        ({"signature": "DSA"}, f"signature: choose one of {', '.join(SIGNATURES)}"),
        ({"digest": "MD5"}, "digest: choose one of SHA-1, SHA-224, SHA-256, SHA-384, SHA-512"),
        ({"curve": "secp256k1"}, f"curve: choose one of {', '.join(CURVES)}"),
    ],
)
def test_a_scheme_that_does_not_exist(choice: dict[str, str], message: str) -> None:
    with pytest.raises(InputError) as caught:
        Scheme(**choice)  # type: ignore[arg-type]  # only strings are given
    assert caught.value.message == message


@pytest.mark.parametrize("signature", ["RSA", "RSA-PSS"])
def test_explicit_parameters_belong_to_ecdsa(signature: str) -> None:
    with pytest.raises(InputError, match=f"belong to ECDSA, not to {signature}"):
        Scheme(signature=signature, explicit_parameters=True)


def test_every_curve_of_the_standard_can_be_chosen() -> None:
    assert [ec.by_name(name) for name in CURVES] == list(ec.CURVES)
    assert len(CURVES) == 11
