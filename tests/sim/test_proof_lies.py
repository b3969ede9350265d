"""Chips that lie about who they are: what each of them does, seen from the terminal."""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import ecdsa
import pytest
from asn1crypto import cms, core
from cryptography.hazmat.primitives.asymmetric import rsa as oracle_rsa
from cryptography.hazmat.primitives.serialization import load_der_public_key
from ecdsa.util import sigdecode_string
from proof_terminal import (
    Ephemeral,
    general_authenticate,
    key_object,
    oid,
    restart,
    set_at,
    set_kat,
)
from sim_terminal import Terminal, seeded

from epass import tlv
from epass.card.apdu import Command, Response
from epass.crypto.ciphers import Cipher
from epass.crypto.ec import Curve
from epass.errors import InputError
from epass.lds.names import File
from epass.sim.chip import Chip
from epass.sim.issuer import AaScheme, CaScheme, Document, issue
from epass.sim.modp import ModpGroup
from epass.sim.proof_keys import ActiveKey
from epass.sim.proof_lies import LIES, told
from epass.sim.proofs import NO_PROOFS, ActiveAuthentication, Proofs

CHALLENGE = bytes.fromhex("861D3766F6F5A1CD")
CURVE = CaScheme("brainpoolP256r1", ("3DES", "AES-256"))
INTEGERS = CaScheme("MODP-1024-160", ("3DES", "AES-256"))
RSA, ECDSA = AaScheme("RSA", bits=1024), AaScheme("ECDSA", curve="P-224", digest="SHA-224")

agreements = pytest.mark.parametrize("scheme", [CURVE, INTEGERS], ids=["ECDH", "DH"])
signatures = pytest.mark.parametrize("scheme", [RSA, ECDSA], ids=["RSA", "ECDSA"])


def at_a_chip(document: Document) -> Terminal:
    terminal = Terminal(Chip(document, random=seeded(9)))
    terminal.select_application()
    line = document.mrz.split("\n")[1]
    terminal.bac((line[0:10] + line[13:20] + line[21:28]).encode())
    return terminal


def assert_alive(terminal: Terminal, document: Document) -> None:
    assert terminal.ok("00B09E00", le=8) == document.files[File.COM][:8]


def assert_dead(terminal: Terminal) -> None:
    """The chip does not know the keys of the terminal."""
    assert terminal.protection is not None
    protected = terminal.protection.wrap(Command(0xB0, 0x9E, 0x00, le=8))
    assert terminal.channel.transmit(protected) == Response(sw=0x6988)


# --- Chip Authentication ----------------------------------------------------------------------


def public_key_info(document: Document) -> bytes:
    """The SubjectPublicKeyInfo in DG14."""
    infos = tlv.parse_one(document.files[File.DG14], 0x6E, where="DG14").require(0x31).children()
    (found,) = [info for info in infos if info.children()[1].tag == 0x30]
    return found.children()[1].raw


def shown(document: Document) -> bytes:
    """The public key in DG14 as §9.4.5 encodes it."""
    bits = tlv.parse_one(public_key_info(document), 0x30, where="key").require(0x03).value[1:]
    if bits[0] == 0x04:
        return bits
    return tlv.parse_one(bits, 0x02, where="key").value.lstrip(b"\x00")


def group_of(document: Document) -> Curve | ModpGroup:
    assert document.proofs.chip is not None
    group = document.proofs.chip.keys[0].pair.group
    assert isinstance(group, Curve | ModpGroup)
    return group


def agree(terminal: Terminal, document: Document) -> tuple[Response, Ephemeral]:
    group = group_of(document)
    mine = Ephemeral.drawn(group)
    assert set_at(terminal, oid(group, Cipher.AES_256)).sw == 0x9000
    return general_authenticate(terminal, key_object(mine.public)), mine


@agreements
def test_a_genuine_chip(scheme: CaScheme) -> None:
    document = issue(chip_authentication=[scheme])
    terminal = at_a_chip(document)
    answer, mine = agree(terminal, document)
    assert answer == Response(b"\x7c\x00")
    restart(terminal, mine.shared(shown(document)), Cipher.AES_256)
    assert_alive(terminal, document)


@agreements
def test_ca_other_key(scheme: CaScheme) -> None:
    document = issue(chip_authentication=[scheme], lie="ca-other-key")
    assert document.files == issue(chip_authentication=[scheme]).files  # a copy, rightly signed
    terminal = at_a_chip(document)
    answer, mine = agree(terminal, document)
    assert answer == Response(b"\x7c\x00")
    restart(terminal, mine.shared(shown(document)), Cipher.AES_256)
    assert_dead(terminal)


def test_ca_key_outside_group_on_a_curve() -> None:
    document = issue(chip_authentication=[CURVE], lie="ca-key-outside-group")
    assert_signed(document)
    with pytest.raises(ecdsa.errors.MalformedPointError, match="does not lay on the curve"):
        ecdsa.VerifyingKey.from_der(public_key_info(document))


def test_ca_key_outside_group_of_integers() -> None:
    document = issue(chip_authentication=[INTEGERS], lie="ca-key-outside-group")
    assert_signed(document)
    group = group_of(document)
    assert isinstance(group, ModpGroup)
    assert int.from_bytes(shown(document)) == group.p - 1
    assert pow(group.p - 1, 2, group.p) == 1


@agreements
def test_ca_old_keys(scheme: CaScheme) -> None:
    document = issue(chip_authentication=[scheme], lie="ca-old-keys")
    terminal = at_a_chip(document)
    answer, mine = agree(terminal, document)
    assert answer == Response(b"\x7c\x00")
    assert_alive(terminal, document)
    restart(terminal, mine.shared(shown(document)), Cipher.AES_256)
    assert_dead(terminal)


@agreements
@pytest.mark.parametrize(("lie", "size"), [("ca-empty", 0), ("ca-garbage", 16)])
def test_ca_with_another_answer(scheme: CaScheme, lie: str, size: int) -> None:
    document = issue(chip_authentication=[scheme], lie=lie)
    terminal = at_a_chip(document)
    answer, _ = agree(terminal, document)
    assert (answer.sw, len(answer.data)) == (0x9000, size)
    assert answer.data != b"\x7c\x00"
    by_kat = set_kat(terminal, Ephemeral.drawn(group_of(document)).public)
    assert (by_kat.sw, len(by_kat.data)) == (0x9000, size)
    assert_alive(terminal, document)


@agreements
def test_ca_refused(scheme: CaScheme) -> None:
    document = issue(chip_authentication=[scheme], lie="ca-refused")
    terminal = at_a_chip(document)
    answer, mine = agree(terminal, document)
    assert answer == Response(sw=0x6300)
    assert set_kat(terminal, mine.public) == Response(sw=0x6300)
    assert_alive(terminal, document)


# --- Active Authentication --------------------------------------------------------------------


def ask(document: Document) -> Response:
    terminal = at_a_chip(document)
    answer = terminal.send("00880000", CHALLENGE, 256)
    assert_alive(terminal, document)
    return answer


def proves(document: Document, answer: Response, challenge: bytes = CHALLENGE) -> bool:
    """Whether the answer is a signature over ``challenge`` under the key in DG15."""
    info = tlv.parse_one(document.files[File.DG15], 0x6F, where="DG15").value
    if answer.sw != 0x9000:
        return False
    if document.proofs.active and document.proofs.active.key.algorithm:
        return _proves_ecdsa(info, answer.data, challenge)
    public = load_der_public_key(info)
    assert isinstance(public, oracle_rsa.RSAPublicKey)
    n = public.public_numbers().n
    message = pow(int.from_bytes(answer.data), 65537, n).to_bytes(128)
    hashed = hashlib.sha256(message[1:94] + challenge).digest()
    return len(answer.data) == 128 and message == b"\x6a" + message[1:94] + hashed + b"\x34\xcc"


def _proves_ecdsa(info: bytes, signature: bytes, challenge: bytes) -> bool:
    try:
        return bool(
            ecdsa.VerifyingKey.from_der(info).verify(
                signature, challenge, hashlib.sha224, sigdecode_string
            )
        )
    except ecdsa.BadSignatureError:
        return False


@signatures
def test_a_genuine_signature(scheme: AaScheme) -> None:
    document = issue(active_authentication=scheme)
    assert proves(document, ask(document))


@signatures
def test_aa_other_challenge(scheme: AaScheme) -> None:
    document = issue(active_authentication=scheme, lie="aa-other-challenge")
    answer = ask(document)
    assert not proves(document, answer)
    assert proves(document, answer, CHALLENGE[:-1] + bytes((CHALLENGE[-1] ^ 1,)))


@signatures
def test_aa_other_key(scheme: AaScheme) -> None:
    document = issue(active_authentication=scheme, lie="aa-other-key")
    assert document.files == issue(active_authentication=scheme).files
    answer = ask(document)
    assert len(answer.data) in (56, 128)
    assert not proves(document, answer)


@signatures
def test_aa_truncated(scheme: AaScheme) -> None:
    document = issue(active_authentication=scheme, lie="aa-truncated")
    answer = ask(document)
    assert (answer.sw, len(answer.data)) in ((0x9000, 55), (0x9000, 127))
    assert not proves(document, answer)


@signatures
def test_aa_empty(scheme: AaScheme) -> None:
    assert ask(issue(active_authentication=scheme, lie="aa-empty")) == Response()


@signatures
def test_aa_garbage(scheme: AaScheme) -> None:
    document = issue(active_authentication=scheme, lie="aa-garbage")
    answer = ask(document)
    assert (answer.sw, len(answer.data)) in ((0x9000, 56), (0x9000, 128))
    assert not proves(document, answer)


@signatures
@pytest.mark.parametrize(("lie", "sw"), [("aa-not-supported", 0x6D00), ("aa-no-key", 0x6A88)])
def test_aa_refused(scheme: AaScheme, lie: str, sw: int) -> None:
    document = issue(active_authentication=scheme, lie=lie)
    assert File.DG15 in document.files
    assert ask(document) == Response(sw=sw)


# --- the table --------------------------------------------------------------------------------


def assert_signed(document: Document) -> None:
    """EF.SOD holds the digest of every data group."""
    signed = cms.ContentInfo.load(document.files[File.SOD][4:], strict=True)["content"]
    hashes = core.Sequence.load(signed["encap_content_info"]["content"].contents)[2]
    listed = core.Sequence.load(hashes.dump())
    found = [core.Sequence.load(listed[number].dump()) for number in range(len(listed))]
    digests = {entry[0].native: entry[1].native for entry in found}
    groups = {file.group: raw for file, raw in document.files.items() if file.group}
    assert digests == {number: hashlib.sha256(raw).digest() for number, raw in groups.items()}


def test_every_lie_has_its_tests() -> None:
    """Above, each by its name."""
    assert set(LIES) == {
        *("ca-other-key", "ca-key-outside-group", "ca-old-keys", "ca-refused"),
        *("ca-empty", "ca-garbage", "aa-empty", "aa-garbage"),
        *("aa-other-challenge", "aa-other-key", "aa-truncated", "aa-not-supported", "aa-no-key"),
    }


@pytest.mark.parametrize("name", LIES)
def test_what_is_said_of_a_lie(name: str) -> None:
    lie = LIES[name]
    assert lie.about
    assert (lie.chip is None) is name.startswith("aa-")
    assert (lie.active is None) is name.startswith("ca-")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"lie": "nothing"}, f"lie: choose one of {', '.join(LIES)}"),
        ({"lie": "aa-empty"}, "lie: aa-empty takes a document that offers this proof"),
        (
            {"lie": "ca-empty", "active_authentication": RSA},
            "lie: ca-empty takes a document that offers this proof",
        ),
    ],
)
def test_lies_that_cannot_be_told(options: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as caught:
        issue(**options)
    assert caught.value.message == message


def test_another_key_for_a_signature_of_an_unknown_kind() -> None:
    class Fixed:
        def sign(self, challenge: bytes, random: Callable[[int], bytes]) -> bytes:
            return challenge + random(0)

    proofs = Proofs(active=ActiveAuthentication(ActiveKey(Fixed(), b"")))
    lying = told(proofs, "aa-other-key").active
    assert lying is not None
    with pytest.raises(InputError, match="cannot be made with another key"):
        lying.respond(CHALLENGE, 256, seeded(1))


def test_a_signed_document_can_be_given_to_a_lying_chip() -> None:
    genuine = issue(active_authentication=ECDSA)
    forged = replace(genuine, proofs=told(genuine.proofs, "aa-other-challenge"))
    assert proves(genuine, ask(genuine))
    assert not proves(forged, ask(forged))
    copied = replace(genuine, proofs=NO_PROOFS)
    assert ask(copied) == Response(sw=0x6D00)
