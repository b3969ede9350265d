"""Quirks of the simulated chip in files, status words and proofs: with and without.

Those of access are in ``test_sim_quirks_of_access``, what cannot be combined in
``test_sim_quirks_together``.
"""

import hashlib
from dataclasses import replace

import ecdsa
import pytest
from ecdsa.util import sigdecode_der, sigdecode_string
from proof_terminal import (
    Ephemeral,
    agreement_key,
    general_authenticate,
    key_object,
    offering,
    oid,
    restart,
    set_at,
    set_kat,
)
from proof_terminal import opened as opened_with
from sim_cards import EF_COM, FILES, exchanged, new_chip, opened, opened_by_pace
from sim_terminal import Terminal

from epass import tlv
from epass.card.apdu import Command, Response
from epass.crypto.ciphers import Cipher
from epass.lds.names import File
from epass.sim.chip import Chip
from epass.sim.issuer import AaScheme, CaScheme, issue
from epass.sim.modp import GROUPS
from epass.sim.proof_keys import EcdsaSigner
from epass.sim.proofs import ActiveAuthentication, Proofs

SELECT_CARD_ACCESS = "00A4020C02011C"
SET_AT = "0022C1A40F800A04007F00070202040202830101"


# --- selecting --------------------------------------------------------------------------------


@pytest.mark.parametrize("apdu", ["00A4000C", "00A4000C023F00", "00A40000023F00", "00A4000000"])
def test_mf_refused(apdu: str) -> None:
    chip = new_chip(quirks=["mf-refused"])
    assert exchanged(chip, apdu) == "6A86"
    assert exchanged(chip, SET_AT) == "9000", "after a reset the master file is current"
    terminal = opened(quirks=["mf-refused"])
    assert terminal.send(apdu[:8]).sw == 0x6A86
    terminal.select_application()
    assert [exchanged(new_chip(), item) for item in ("00A4000C", "00A4000C023F00")] == ["9000"] * 2


def test_card_access_warning() -> None:
    for names, sw in ((["card-access-warning"], "6283"), ([], "9000")):
        chip = new_chip(quirks=names)
        assert exchanged(chip, SELECT_CARD_ACCESS) == sw
        assert exchanged(chip, "00B0000002").startswith("31")
        assert exchanged(chip, "00A4020C022F01") == "6A82"  # EF.ATR/INFO, which is not there
    terminal = opened(quirks=["card-access-warning"])
    assert terminal.send("00A4020C", bytes.fromhex("0101")).sw == 0x9000


def test_card_access_refused() -> None:
    chip = new_chip(access=["BAC"], quirks=["card-access-refused"])
    assert exchanged(chip, SELECT_CARD_ACCESS) == "6985"
    assert exchanged(chip, "00A4020C022F01") == "6A82"
    Terminal(chip).select_application()
    assert exchanged(new_chip(access=["BAC"]), SELECT_CARD_ACCESS) == "6A82"


# --- reading ----------------------------------------------------------------------------------

OFFSET_0 = b"\x54\x01\x00"


def test_no_short_ids() -> None:
    terminal = opened(quirks=["no-short-ids"])
    assert terminal.send("00B09E00", le=4).sw == 0x6A86
    assert terminal.send("00B1001E", OFFSET_0, 6).sw == 0x6A86
    assert terminal.ok("00B1011E", OFFSET_0, 6)[2:] == EF_COM[:4]  # by its file identifier
    terminal.ok("00A4020C", bytes.fromhex("0101"))
    assert terminal.ok("00B00002", le=4) == FILES[File.DG1][2:6]
    assert terminal.ok("00B10000", OFFSET_0, 6)[2:] == FILES[File.DG1][:4]
    usual = opened()
    assert usual.ok("00B09E00", le=4) == EF_COM[:4]
    assert usual.ok("00B1001E", OFFSET_0, 6)[2:] == EF_COM[:4]


def test_exact_lengths() -> None:
    terminal, usual = opened(quirks=["exact-lengths"]), opened()
    for le in (23, 256):
        assert terminal.send("00B09E00", le=le) == Response(sw=0x6700)
        assert usual.send("00B09E00", le=le) == Response(EF_COM, 0x6282)
    for side in (terminal, usual):
        assert side.ok("00B09E00", le=22) == EF_COM
        assert side.ok("00B0000A", le=12) == EF_COM[10:]
        assert side.ok("00B1001E", OFFSET_0, 24) == b"\x53\x16" + EF_COM
        assert side.send("00B00016", le=1).sw == 0x6B00
    assert terminal.send("00B0000A", le=13).sw == 0x6700
    assert terminal.send("00B1001E", OFFSET_0, 25).sw == 0x6700
    assert usual.send("00B1001E", OFFSET_0, 25).sw == 0x6282


def test_exact_lengths_where_the_answer_has_no_room_for_the_rest_of_the_file() -> None:
    terminal, usual = opened(quirks=["exact-lengths"]), opened()
    for side in (terminal, usual):
        side.ok("00A4020C", bytes.fromhex("011D"))
        assert len(side.ok("00B00000", le=256)) == 231
    rest = 600 - 240
    assert len(usual.ok(f"00B0{rest:04X}", le=256)) == 231
    assert terminal.send("00B09E00", le=23).sw == 0x6700  # and EF.COM does not become current
    assert terminal.send(f"00B0{rest:04X}", le=256) == Response(sw=0x6700)


def test_short_answers() -> None:
    terminal, usual = opened(quirks=["short-answers"]), opened()
    for le in (193, 256, 1000):
        assert terminal.send("00B08200", le=le) == Response(sw=0x6700)
        assert terminal.send("00B10002", OFFSET_0, le).sw == 0x6700
        assert usual.send("00B08200", le=le).sw == 0x9000
    assert terminal.ok("00B08200", le=192) == FILES[File.DG2][:192]


def test_empty_answers() -> None:
    terminal, usual = opened(quirks=["empty-answers"]), opened()
    for le in (193, 256, 1000):
        assert terminal.send("00B08200", le=le) == Response()
        assert usual.ok("00B08200", le=le)
    assert terminal.send("00B10002", OFFSET_0, 193) == Response()
    assert terminal.send("00B09E00", le=256) == Response()  # at the end of the file too
    assert terminal.ok("00B08200", le=192) == FILES[File.DG2][:192]
    assert terminal.send("00B08300", le=256).sw == 0x6982  # DG3
    assert terminal.send("00B08400", le=256).sw == 0x6A82


@pytest.mark.parametrize(
    ("le", "filler"), [(23, "00"), (24, "0000"), (25, "000080"), (30, "0000800000800000")]
)
def test_padded_end(le: int, filler: str) -> None:
    terminal, usual = opened(quirks=["padded-end"]), opened()
    padded = EF_COM + bytes.fromhex(filler)
    assert terminal.send("00B09E00", le=le) == Response(padded, 0x6282)
    assert terminal.send("00B1001E", OFFSET_0, le + 2) == Response(tlv.build(0x53, padded), 0x6282)
    assert usual.send("00B09E00", le=le) == Response(EF_COM, 0x6282)
    assert terminal.send("00B09E00", le=22) == Response(EF_COM)


def test_padded_end_in_an_answer_that_has_room_for_less_than_le() -> None:
    answer = opened(quirks=["padded-end"]).send("00B09E00", le=256)
    assert answer == Response(EF_COM + bytes.fromhex("000080") * 69 + b"\x00\x00", 0x6282)
    assert len(answer.data) == 231
    terminal = opened(quirks=["padded-end"])
    terminal.ok("00A4020C", bytes.fromhex("011D"))
    rest = 600 - 240
    assert terminal.ok(f"00B0{rest:04X}", le=256) == FILES[File.SOD][rest:][:231]


# --- status words -----------------------------------------------------------------------------


@pytest.mark.parametrize("cipher", [None, Cipher.AES_128], ids=["3DES", "AES"])
@pytest.mark.parametrize(
    ("header", "data", "le", "sw"),
    [
        ("00A4020C", "0109", None, 0x6A82),
        ("00B09E00", "", None, 0x6700),
        ("00B09EFF", "", 4, 0x6B00),
        ("00B08300", "", 4, 0x6982),
        ("00FF0000", "", None, 0x6D00),
    ],
)
def test_naked_errors(
    cipher: Cipher | None, header: str, data: str, le: int | None, sw: int
) -> None:
    names = ["naked-errors"]
    terminal = opened_by_pace(cipher, quirks=names) if cipher else opened(quirks=names)
    protection = terminal.protection
    assert protection is not None
    _, ins, p1, p2 = bytes.fromhex(header)
    before = protection.ssc
    for _ in range(2):
        command = protection.wrap(Command(ins, p1, p2, bytes.fromhex(data), le))
        assert terminal.channel.transmit(command) == Response(sw=sw)
        protection.ssc = before
    assert terminal.ok("00B09E00", le=4) == EF_COM[:4], "the session goes on"
    assert terminal.send("00B09E00", le=23).sw == 0x6282, "a warning is protected"
    assert opened().send(header, bytes.fromhex(data), le).sw == sw, "protected"


def test_naked_errors_are_not_for_faults_of_secure_messaging() -> None:
    terminal = opened(quirks=["naked-errors"])
    assert terminal.protection is not None
    command = terminal.protection.wrap(Command(0xB0, 0x9E, 0, le=4))
    forged = replace(command, data=command.data[:-1] + bytes((command.data[-1] ^ 1,)))
    assert terminal.channel.transmit(forged).sw == 0x6988
    assert terminal.channel.transmit(command).sw == 0x6988, "the session is over"


# --- Chip Authentication ----------------------------------------------------------------------

BY_3DES = agreement_key(able=(Cipher.TDES,))
LONG = agreement_key(GROUPS[2], (Cipher.AES_128,))
MINE = Ephemeral.drawn(BY_3DES.pair.group)  # type: ignore[arg-type]  # P-256
TDES_OID = oid(BY_3DES.pair.group, Cipher.TDES)


PK_ECDH, CA_AES_128 = "04007f000702020102", "04007f00070202030202"


def protocols(content: bytes) -> set[str]:
    """The object identifiers in DG14, in hex."""
    found = tlv.parse_one(content, 0x6E, where="DG14").require(0x31).children()
    return {info.children()[0].value.hex() for info in found}


def test_ca_no_info() -> None:
    schemes = [CaScheme("P-256", ("AES-128",))]
    usual = issue(chip_authentication=schemes)
    assert protocols(usual.files[File.DG14]) == {PK_ECDH, CA_AES_128}
    document = issue(chip_authentication=schemes, quirks=["ca-no-info"])
    assert protocols(document.files[File.DG14]) == {PK_ECDH}
    assert document.proofs.chip is not None
    terminal = opened_with(document.proofs, quirks=["ca-no-info"])
    assert set_kat(terminal, MINE.public) == Response()
    restart(terminal, MINE.shared(document.proofs.chip.keys[0].public_key), Cipher.TDES)
    assert terminal.ok("00B09E00", le=4) == EF_COM[:4]
    assert set_kat(opened_with(usual.proofs), MINE.public).sw == 0x6A86  # it is for AES


def test_ca_chaining() -> None:
    mine = Ephemeral.drawn(GROUPS[2])
    data = key_object(mine.public)
    assert len(data) > 256
    terminal, usual = (
        opened_with(offering(LONG), quirks=["ca-chaining"]),
        opened_with(offering(LONG)),
    )
    for side, sw in ((terminal, 0x6700), (usual, 0x9000)):
        assert set_at(side, oid(GROUPS[2], Cipher.AES_128)) == Response()
        assert general_authenticate(side, data).sw == sw
    assert general_authenticate(terminal, data, 224) == Response(b"\x7c\x00")
    restart(terminal, mine.shared(LONG.pair.public.encode()), Cipher.AES_128)
    assert terminal.ok("00B09E00", le=4) == EF_COM[:4]


def test_ca_chaining_in_pieces_that_are_too_long() -> None:
    terminal = opened_with(offering(LONG), quirks=["ca-chaining"])
    data = key_object(Ephemeral.drawn(GROUPS[2]).public)
    assert set_at(terminal, oid(GROUPS[2], Cipher.AES_128)) == Response()
    assert terminal.send("10860000", data[:225]).sw == 0x6700
    assert general_authenticate(terminal, data, 100) == Response(b"\x7c\x00")


def test_ca_kat_refused() -> None:
    terminal, usual = (
        opened_with(offering(BY_3DES), quirks=["ca-kat-refused"]),
        opened_with(offering(BY_3DES)),
    )
    assert set_at(usual, TDES_OID).sw == 0x6A86
    assert set_kat(usual, MINE.public) == Response()
    assert set_kat(terminal, MINE.public).sw == 0x6D00
    assert set_at(terminal, TDES_OID) == Response()
    assert general_authenticate(terminal, key_object(MINE.public)) == Response(b"\x7c\x00")
    restart(terminal, MINE.shared(BY_3DES.public_key), Cipher.TDES)
    assert terminal.ok("00B09E00", le=4) == EF_COM[:4]


@pytest.mark.parametrize("template", ["002241A6", "00860000"])
def test_ca_fails(template: str) -> None:
    names = ["ca-fails"] if template == "002241A6" else ["ca-fails", "ca-kat-refused"]
    terminal = opened_with(offering(BY_3DES), quirks=names)
    chip, protection = terminal.channel, terminal.protection
    assert isinstance(chip, Chip)
    assert protection is not None
    data = tlv.build(0x91, MINE.public)
    if "ca-kat-refused" in names:
        assert set_at(terminal, TDES_OID) == Response()
        data = key_object(MINE.public)
    _, ins, p1, p2 = bytes.fromhex(template)
    le = 256 if ins == 0x86 else None
    assert chip.transmit(protection.wrap(Command(ins, p1, p2, data, le))) == Response(sw=0x6F00)
    assert chip.transmit(protection.wrap(Command(0xB0, 0x9E, 0, le=4))) == Response(sw=0x6988)
    assert exchanged(chip, "00B09E0004") == "6A82", "the master file is current again"


# --- Active Authentication --------------------------------------------------------------------

CHALLENGE = bytes.fromhex("861D3766F6F5A1CD")
SHORT, LONG_RSA = AaScheme("ECDSA", curve="P-256"), AaScheme("RSA", bits=1792)


def signing(scheme: AaScheme, *names: str) -> Terminal:
    proofs = Proofs(active=ActiveAuthentication(scheme.key(b"the key of the test")))
    return opened_with(proofs, pace=Cipher.AES_128, quirks=names)


def signature(terminal: Terminal, le: int = 256) -> Response:
    return terminal.send("00880000", CHALLENGE, le)


def test_aa_der() -> None:
    signer = SHORT.key(b"the key of the test").signer
    assert isinstance(signer, EcdsaSigner)
    key = ecdsa.SigningKey.from_secret_exponent(signer.key.secret, ecdsa.NIST256p).verifying_key
    for names, decode in ((("aa-der",), sigdecode_der), ((), sigdecode_string)):
        answer = signature(signing(SHORT, *names))
        assert answer.sw == 0x9000
        assert key.verify(answer.data, CHALLENGE, hashlib.sha256, sigdecode=decode)


def test_aa_truncated() -> None:
    terminal, usual = signing(LONG_RSA, "aa-truncated"), signing(LONG_RSA)
    assert len(signature(terminal).data) == 223
    assert signature(terminal).sw == 0x9000
    assert signature(usual).sw == 0x6700
    for side in (terminal, usual):
        whole = signature(side, 65536)
        assert (len(whole.data), whole.sw) == (224, 0x9000)


def test_aa_empty_extended() -> None:
    terminal, usual = signing(LONG_RSA, "aa-empty-extended"), signing(LONG_RSA)
    assert signature(terminal, 65536) == Response()
    assert len(signature(usual, 65536).data) == 224
    for side in (terminal, usual):
        assert len(signature(side, 300).data) == 224


def test_aa_unsupported() -> None:
    document = issue(active_authentication=SHORT, quirks=["aa-unsupported"])
    assert File.DG15 in document.files
    terminal = opened_with(document.proofs, quirks=["aa-unsupported"])
    assert signature(terminal) == Response(sw=0x6D00)
    assert terminal.ok("00B09E00", le=4) == EF_COM[:4]
    assert signature(opened_with(document.proofs)).sw == 0x9000
