"""Keys of the document and BAC of the simulated chip, against Doc 9303-11 App. D.2 and D.3."""

import pytest
from sim_terminal import TD2_MRZ, TD3_MRZ, scripted, seeded, vectors

from epass.card.apdu import Command
from epass.errors import InputError, StatusError
from epass.sim import access
from epass.sim.access import BacChallenge
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
