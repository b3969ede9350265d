"""The options of a simulated document's proofs: what they make, and what they refuse."""

from collections.abc import Callable
from typing import Any

import click
import pytest
from cli_desk import Run

from epass.card import reader
from epass.cli import options, proof_choices, stand_ins
from epass.crypto.ciphers import Cipher
from epass.dump import Dump
from epass.lds.names import File
from epass.sim import proof_keys, proof_lies
from epass.sim.issuer import AaScheme, CaScheme, Document
from epass.sim.proof_keys import EcdsaSigner, RsaSigner

Parse = Callable[..., dict[str, Any]]


@pytest.fixture
def parse() -> Parse:
    """The options of ``simulate`` as the command gets them."""

    def parse(*arguments: str) -> dict[str, Any]:
        @options.document_options
        def command(**_: object) -> None: ...

        made = click.command()(command)
        return made.make_context("simulate", list(arguments)).params

    return parse


@pytest.mark.parametrize(
    ("arguments", "schemes"),
    [
        ((), ()),
        (("--ca", "none", "--ca-group", "P-256"), ()),
        (("--ca", "ecdh"), (CaScheme(),)),
        (("--ca", "dh"), (CaScheme("MODP-2048-256"),)),
        (("--ca", "dh", "--ca-group", "0"), (CaScheme("MODP-1024-160"),)),
        (("--ca", "ecdh", "--ca-group", "p-521"), (CaScheme("P-521"),)),
        (
            ("--ca", "ecdh", "--ca-group", "12", "--ca-group", "13"),
            (CaScheme("P-256", key_id=1), CaScheme("brainpoolP256r1", key_id=2)),
        ),
        (
            ("--ca", "ecdh", "--ca-group", "12", "--ca-group", "12", "--ca-key-id", "195"),
            (CaScheme("P-256", key_id=195), CaScheme("P-256", key_id=196)),
        ),
        (("--ca", "ecdh", "--ca-key-id", "0"), (CaScheme(key_id=0),)),
        (
            ("--ca", "ecdh", "--ca-cipher", "3DES", "--ca-cipher", "AES-256"),
            (CaScheme(ciphers=("3DES", "AES-256")),),
        ),
        (
            ("--ca", "ecdh", "--ca-cipher", "3DES", "--no-ca-info", "--ca-parameters", "named"),
            (CaScheme(ciphers=("3DES",), announced=False, parameters="named"),),
        ),
    ],
)
def test_chip_authentication(
    parse: Parse, arguments: tuple[str, ...], schemes: tuple[CaScheme, ...]
) -> None:
    assert proof_choices.chip_authentication(parse(*arguments)) == schemes


@pytest.mark.parametrize(
    ("arguments", "scheme"),
    [
        ((), None),
        (("--aa", "none", "--aa-bits", "1024"), None),
        (("--aa", "rsa"), AaScheme()),
        (("--aa", "ecdsa"), AaScheme("ECDSA")),
        (
            ("--aa", "rsa", "--aa-bits", "1792", "--aa-digest", "SHA-1", "--aa-named-sha1"),
            AaScheme(bits=1792, digest="SHA-1", explicit_trailer=True),
        ),
        (
            ("--aa", "rsa", "--aa-smaller", "--aa-long", "truncate"),
            AaScheme(smaller=True, when_long="truncate"),
        ),
        (
            ("--aa", "ecdsa", "--aa-curve", "P-521", "--aa-encoding", "DER"),
            AaScheme("ECDSA", curve="P-521", encoding="DER"),
        ),
        (
            ("--aa", "ecdsa", "--aa-explicit", "--no-aa-info", "--aa-digest", "SHA-512"),
            AaScheme("ECDSA", "SHA-512", explicit_parameters=True, announced=False),
        ),
    ],
)
def test_active_authentication(
    parse: Parse, arguments: tuple[str, ...], scheme: AaScheme | None
) -> None:
    assert proof_choices.active_authentication(parse(*arguments)) == scheme


def test_the_document_has_what_was_chosen(parse: Parse) -> None:
    def made(*arguments: str) -> Document:
        return stand_ins.issue(parse(*arguments))

    document = made("--ca", "ecdh", "--ca-cipher", "AES-256", "--aa", "ecdsa")
    assert {File.DG14, File.DG15} <= document.files.keys()
    assert document.proofs.chip is not None
    assert document.proofs.chip.keys[0].ciphers == (Cipher.AES_256,)
    assert document.proofs.active is not None
    assert isinstance(document.proofs.active.key.signer, EcdsaSigner)
    by_rsa = made("--aa", "rsa", "--aa-bits", "1024").proofs.active
    assert by_rsa is not None
    assert isinstance(by_rsa.key.signer, RsaSigner)
    lying = made("--ca", "ecdh", "--proof-lie", "ca-refused").proofs.chip
    assert lying is not None
    assert lying.refusal == 0x6300


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("--ca", "rsa"), "--ca: choose one of none, ecdh, dh"),
        (("--aa", "dsa"), "--aa: choose one of none, rsa, ecdsa"),
        (("--ca", "ecdh", "--ca-group", "0"), "--ca ecdh has no such group; choose of 8 P-192,"),
        (("--ca", "dh", "--ca-group", "P-256"), "choose of 0 MODP-1024-160, 1 MODP-2048-224,"),
        (("--ca", "ecdh", "--ca-cipher", "DES"), "choose one of 3DES, AES-128, AES-192, AES-256"),
        (("--ca", "ecdh", "--ca-parameters", "pkcs3"), "has no parameters of the form pkcs3"),
        (("--aa", "rsa", "--aa-bits", "1000"), "choose one of 1024, 1280, 1536, 1792, 2048, 3072"),
        (("--aa", "ecdsa", "--aa-encoding", "hex"), "choose one of plain, DER"),
        (("--aa", "ecdsa", "--aa-digest", "SHA-1"), "by ECDSA does not know SHA-1"),
        (("--aa", "rsa", "--aa-long", "crash"), "choose one of refuse, truncate, announce"),
        (("--proof-lie", "nothing"), "lie: choose one of ca-other-key"),
        (("--proof-lie", "aa-empty"), "aa-empty takes a document that offers this proof"),
        (("--ca-key-id", "-1"), "--ca-key-id: not a valid number from 0 to"),
    ],
)
def test_choices_that_do_not_exist(run: Run, arguments: tuple[str, ...], problem: str) -> None:
    result = run("demo", *arguments)
    assert (result.status, result.out) == (2, "")
    assert problem in " ".join(result.err.split())


def test_the_list_names_them(run: Run) -> None:
    facts = run("simulate", "--list", "--format", "json").facts
    assert facts["ca"] == ["none", "ecdh", "dh"]
    assert facts["ca_groups"] == list(proof_keys.GROUPS)
    assert facts["aa"] == ["none", "rsa", "ecdsa"]
    assert facts["aa_bits"] == [1024, 1280, 1536, 1792, 2048, 3072]
    assert facts["aa_long"] == ["refuse", "truncate", "announce"]
    assert facts["proof_lies"] == {name: lie.about for name, lie in proof_lies.LIES.items()}
    text = run("simulate", "--list").out
    for name in ("ca_groups", "1792", "pkcs3", *proof_lies.LIES):
        assert name in text


def test_a_challenge_that_was_given_must_be_the_signed_one(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments = ("demo", "--aa", "rsa", "--challenge", "0102030405060708")
    assert run(*arguments).status == 0
    honest = reader.read

    def other_challenge(*args: Any, **kwargs: Any) -> Dump:
        return honest(*args, **{**kwargs, "challenge": bytes(8)})

    monkeypatch.setattr(reader, "read", other_challenge)
    result = run(*arguments)
    assert result.status == 6
    assert "another challenge was signed" in " ".join((result.out + result.err).split())
