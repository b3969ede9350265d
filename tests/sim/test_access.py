"""BAC and PACE of the simulated chip, against Doc 9303-11 Appendices D.2, D.3 and G.1."""

import pytest
from sim_terminal import TD2_MRZ, TD3_MRZ, scripted, seeded, vectors

from epass import tlv
from epass.card.apdu import Command
from epass.errors import InputError, StatusError
from epass.sim import access
from epass.sim.access import BacChallenge, PaceRequest, PaceSuite, Passwords
from epass.sim.issuer import FORMATS, HOLDERS, issue
from epass.sim.mrz import check_digit

SM = vectors("doc9303-sm")
PACE = vectors("doc9303-pace")
G1 = PACE["pace-gm-ecdh"]


def hexed(vector: dict[str, str], name: str) -> bytes:
    return bytes.fromhex(vector[name])


# --- the keys of the document -----------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["bac-mrz-td1-short", "bac-mrz-td1-long", "bac-mrz-td2-short", "bac-mrz-td2-long"]
)
def test_mrz_information_of_appendix_d2(name: str) -> None:
    mrz = "\n".join(SM[name]["mrz_lines"])
    assert access.mrz_information(mrz) == SM[name]["MRZ_information"]
    assert access.mrz_secret(mrz)[:16] == hexed(SM[name], "K_seed")


def test_mrz_information_of_td3() -> None:
    assert access.mrz_information(TD3_MRZ) == G1["MRZ_information"]
    assert access.mrz_secret(TD3_MRZ) == hexed(G1, "K")


def test_the_longest_number_of_td1_and_what_follows_it() -> None:
    whole = "I<UTOD23145890<7349012345678<9\n3407127M9507122UTO<<<<<<<<<<<2\n" + "<" * 30
    assert access.mrz_information(whole) == "D23145890734901234567834071279507122"
    followed = whole.replace("7349012345678<9", "7349<OPTIONAL<9")
    assert access.mrz_information(followed) == "D231458907349" + "34071279507122"


ISSUED = [
    (name, document_format)
    for name, holder in HOLDERS.items()
    for document_format in FORMATS
    if len(holder.number) <= 9 or document_format != "TD3"  # which has no room for a longer one
]


@pytest.mark.parametrize(("name", "document_format"), ISSUED)
def test_mrz_information_of_every_holder(name: str, document_format: str) -> None:
    holder = HOLDERS[name]
    parts = (holder.number.ljust(9, "<"), holder.birth, holder.expiry)
    expected = "".join(part + check_digit(part) for part in parts)
    mrz = issue(holder, document_format=document_format).mrz
    assert access.mrz_information(mrz) == expected


@pytest.mark.parametrize(
    "mrz",
    ["", TD3_MRZ.replace("\n", ""), TD3_MRZ + "\n", TD3_MRZ[:-1], TD2_MRZ + "\n" + "<" * 36],
)
def test_lines_that_are_no_mrz(mrz: str) -> None:
    with pytest.raises(InputError, match="not those of TD1, TD2 or TD3"):
        access.mrz_information(mrz)


@pytest.mark.parametrize("rest", ["<<<<", "9<<<"])
def test_a_long_number_that_does_not_go_on(rest: str) -> None:
    mrz = "I<UTOSTEVENSON<<PETER<JOHN<<<<<<<<<<\nD23145890<UTO3407127M9507122" + rest + "<<<8"
    with pytest.raises(InputError, match="go on in the optional data") as caught:
        access.mrz_information(mrz)
    assert "D23145890" not in str(caught.value)


# --- BAC --------------------------------------------------------------------------------------

D3 = SM["bac-exchange"]
E_IFD = Command.parse(bytes.fromhex(D3["EXTERNAL_AUTHENTICATE_capdu"])).data
BAC_SECRET = access.mrz_secret(TD2_MRZ)


def challenge() -> BacChallenge:
    return BacChallenge(BAC_SECRET, scripted(hexed(D3, "RND_IC"), hexed(D3, "K_IC")))


def test_bac_of_appendix_d3() -> None:
    bac = challenge()
    assert bac.rnd_ic == hexed(D3, "RND_IC")
    answer, session = bac.authenticate(E_IFD)
    assert answer + b"\x90\x00" == hexed(D3, "EXTERNAL_AUTHENTICATE_rapdu")
    first = SM["sm-3des-select-efcom"]
    command = session.unprotect(Command.parse(hexed(first, "protected_capdu")))
    assert command.encode() == hexed(first, "plain_capdu")


@pytest.mark.parametrize("size", [0, 39, 41])
def test_bac_data_of_wrong_length(size: int) -> None:
    with pytest.raises(StatusError) as caught:
        challenge().authenticate((E_IFD + b"\x00")[:size])
    assert caught.value.sw == 0x6700


@pytest.mark.parametrize("at", [0, 31, 32, 39])
def test_bac_with_a_changed_byte(at: int) -> None:
    changed = bytearray(E_IFD)
    changed[at] ^= 1
    with pytest.raises(StatusError, match=r"wrong checksum.* 6300"):
        challenge().authenticate(bytes(changed))


def test_bac_with_the_key_of_another_document() -> None:
    with pytest.raises(StatusError, match=r"wrong checksum.* 6300"):
        BacChallenge(access.mrz_secret(TD3_MRZ), seeded(1)).authenticate(E_IFD)


def test_bac_that_answers_another_challenge() -> None:
    other = BacChallenge(BAC_SECRET, seeded(1))
    with pytest.raises(StatusError, match=r"another challenge.* 6300"):
        other.authenticate(E_IFD)


# --- what the chip offers ---------------------------------------------------------------------


@pytest.mark.parametrize("name", ["pace-gm-ecdh", "pace-gm-ecdh-3des-nz"])
def test_ef_card_access_of_recordings(name: str) -> None:
    cipher = {"pace-gm-ecdh": "AES-128"}.get(name, "3DES")
    suite = PaceSuite.named(cipher, 13)
    assert access.card_access([suite]) == hexed(PACE[name], "EF_CardAccess")


def test_several_infos_stand_in_the_order_of_der() -> None:
    suites = [PaceSuite.named(cipher, 18) for cipher in ("AES-256", "3DES", "AES-192")]
    infos = tlv.parse_one(access.card_access(suites), 0x31, where="EF.CardAccess").children()
    assert [info.raw for info in infos] == sorted(info.raw for info in infos)
    assert {info.raw for info in infos} == {suite.info() for suite in suites}


def test_the_tables_of_what_can_be_chosen() -> None:
    assert access.ACCESS == ("PACE", "BAC")
    assert access.CIPHERS == ("3DES", "AES-128", "AES-192", "AES-256")
    assert [row.parameter_id for row in access.parameter_sets()] == list(range(8, 19))
    assert access.parameter_sets()[5].name == "brainpoolP256r1"


@pytest.mark.parametrize("number", [-1, 0, 2, 7, 19, 31])
def test_parameter_sets_that_are_no_curve(number: int) -> None:
    with pytest.raises(InputError, match=f"{number} is no parameter set"):
        PaceSuite.named("AES-128", number)


@pytest.mark.parametrize("name", ["", "aes-128", "DES"])
def test_ciphers_that_do_not_exist(name: str) -> None:
    with pytest.raises(InputError, match=r"cipher: choose one of 3DES, AES-128"):
        PaceSuite.named(name, 13)


# --- MSE:Set AT -------------------------------------------------------------------------------

OID = bytes.fromhex("04007F00070202040202")
DO_80, DO_83, DO_84 = tlv.build(0x80, OID), b"\x83\x01\x01", b"\x84\x01\x0d"


@pytest.mark.parametrize(
    ("data", "parameter_id"),
    [
        (DO_80 + DO_83, None),
        (DO_80 + DO_83 + DO_84, 13),
        (DO_80 + DO_83 + b"\x84\x02\x00\x0d", 13),
        (DO_80 + b"\x92\x01\x00" + DO_83 + tlv.build(0x7F4C, b"\x53\x01\x00"), None),
    ],
)
def test_requests(data: bytes, parameter_id: int | None) -> None:
    assert PaceRequest.parse(data) == PaceRequest(OID, b"\x01", parameter_id)


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", "data objects"),
        (DO_80, "data objects"),
        (DO_83, "data objects"),
        (DO_83 + DO_80, "data objects"),
        (DO_80 + DO_84 + DO_83, "data objects"),
        (DO_80 + DO_80 + DO_83, "data objects"),
        (DO_80 + DO_83 + DO_84 + DO_84, "data objects"),
        (DO_80 + DO_83[:-1], "not BER-TLV"),
        (DO_80 + DO_83 + b"\x00", "not BER-TLV"),
    ],
)
def test_requests_that_are_none(data: bytes, problem: str) -> None:
    with pytest.raises(StatusError, match=rf"{problem}.* 6A80"):
        PaceRequest.parse(data)


SUITES = [PaceSuite.named("AES-128", 13), PaceSuite.named("AES-128", 12)]


def test_the_parameter_id_decides_where_there_is_a_choice() -> None:
    assert PaceRequest(OID, b"\x01", 12).choose(SUITES) == SUITES[1]
    assert PaceRequest(OID, b"\x01", None).choose(SUITES[:1]) == SUITES[0]


@pytest.mark.parametrize(
    ("request_", "sw"),
    [
        (PaceRequest(OID, b"\x01", None), 0x6A88),  # ambiguous
        (PaceRequest(OID, b"\x01", 14), 0x6A88),
        (PaceRequest(OID[:-1] + b"\x04", b"\x01", 13), 0x6A80),
        (PaceRequest(b"", b"\x01", 13), 0x6A80),
    ],
)
def test_suites_that_the_chip_does_not_have(request_: PaceRequest, sw: int) -> None:
    with pytest.raises(StatusError, match="MSE:Set AT") as caught:
        request_.choose(SUITES)
    assert caught.value.sw == sw


@pytest.mark.parametrize("reference", [b"", b"\x00", b"\x03", b"\x04", b"\x01\x01"])
def test_passwords_that_do_not_exist(reference: bytes) -> None:
    with pytest.raises(StatusError, match=r"password.* 6A88"):
        Passwords(b"mrz", b"can").get(reference)


def test_an_empty_can_is_no_password() -> None:
    assert Passwords(b"mrz", b"can").get(b"\x02") == b"can"
    with pytest.raises(StatusError, match=r"password.* 6A88"):
        Passwords(b"mrz", b"").get(b"\x02")


def test_passwords_stay_out_of_sight() -> None:
    assert repr(Passwords(b"mrz", b"can")) == "Passwords()"
