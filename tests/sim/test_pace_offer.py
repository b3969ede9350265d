"""What the simulated chip offers of PACE, and what MSE:Set AT may ask of it."""

from dataclasses import replace

import pytest
from sim_cards import FILES, Handmade, exchanged, new_chip
from sim_terminal import vectors

from epass import tlv
from epass.crypto.ciphers import Cipher
from epass.errors import InputError, StatusError
from epass.lds.names import File
from epass.sim import access, der, security_infos
from epass.sim.access import PaceOffer, PaceSuite
from epass.sim.card_files import FORMS, UNKNOWN_MAPPING, UNKNOWN_PROTOCOL
from epass.sim.chip import Chip
from epass.sim.groups import ALL
from epass.sim.pace import PACE_MAPPINGS, PaceRequest, Passwords

PACE = vectors("doc9303-pace")


def hexed(vector: dict[str, str], name: str) -> bytes:
    return bytes.fromhex(vector[name])


# --- suites -----------------------------------------------------------------------------------


def test_the_tables_of_what_can_be_chosen() -> None:
    assert access.ACCESS == ("PACE", "BAC")
    assert access.CIPHERS == ("3DES", "AES-128", "AES-192", "AES-256")
    assert access.PACE_MAPPINGS == ("GM", "IM", "CAM")
    known = {row.parameter_id: row.name for row in access.parameter_sets()}
    assert list(known) == [0, 1, 2, *range(8, 19)]
    assert (known[0], known[13], known[18]) == ("MODP-1024-160", "brainpoolP256r1", "P-521")


OIDS = [
    ("GM", "3DES", 0, "04007F00070202040101"),
    ("GM", "AES-256", 2, "04007F00070202040104"),
    ("GM", "AES-128", 13, "04007F00070202040202"),
    ("IM", "AES-128", 1, "04007F00070202040302"),
    ("IM", "3DES", 8, "04007F00070202040401"),
    ("IM", "AES-192", 18, "04007F00070202040403"),
    ("CAM", "AES-128", 12, "04007F00070202040602"),
    ("CAM", "AES-256", 10, "04007F00070202040604"),
]


@pytest.mark.parametrize(("mapping", "cipher", "number", "oid"), OIDS)
def test_object_identifiers(mapping: str, cipher: str, number: int, oid: str) -> None:
    suite = PaceSuite.named(cipher, number, mapping)
    assert suite.oid.hex().upper() == oid
    info = f"3012060A{oid}0201020201{number:02X}"
    assert suite.info().hex().upper() == info
    assert suite.info(numbered=False).hex().upper() == f"300F060A{oid}020102"


@pytest.mark.parametrize("number", [-1, 3, 7, 19, 31])
def test_parameter_sets_that_do_not_exist(number: int) -> None:
    with pytest.raises(InputError, match=f"{number} is no parameter set"):
        PaceSuite.named("AES-128", number)


@pytest.mark.parametrize("name", ["", "aes-128", "DES"])
def test_ciphers_that_do_not_exist(name: str) -> None:
    with pytest.raises(InputError, match=r"cipher: choose one of 3DES, AES-128"):
        PaceSuite.named(name, 13)


@pytest.mark.parametrize(
    ("mapping", "cipher", "number", "problem"),
    [
        ("gm", "AES-128", 13, "mapping: choose one of GM, IM, CAM"),
        ("IM", "AES-128", 10, "P-224 cannot be used with the integrated mapping"),
        ("CAM", "3DES", 13, "not for 3DES"),
        ("CAM", "AES-128", 2, "for curves, not for MODP-2048-256"),
    ],
)
def test_combinations_that_do_not_exist(
    mapping: str, cipher: str, number: int, problem: str
) -> None:
    with pytest.raises(InputError, match=problem):
        PaceSuite.named(cipher, number, mapping)


def test_every_other_combination_exists() -> None:
    made = 0
    for mapping in PACE_MAPPINGS:
        for group in ALL:
            for cipher in Cipher:
                try:
                    PaceSuite(cipher, group, mapping)
                except InputError:
                    continue
                made += 1
    assert made == 14 * 4 + 13 * 4 + 11 * 3


@pytest.mark.parametrize("number", [0, 13, 31])
def test_explicit_parameters_have_an_id_of_their_own(number: int) -> None:
    with pytest.raises(InputError, match="an id above 31"):
        replace(PaceSuite.named("AES-128", 13), local_id=number)


# --- EF.CardAccess ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "cipher", "number", "mapping"),
    [
        ("pace-gm-ecdh", "AES-128", 13, "GM"),
        ("pace-gm-ecdh-3des-nz", "3DES", 13, "GM"),
        ("pace-gm-dh", "AES-128", 0, "GM"),
        ("pace-cam-ecdh", "AES-128", 13, "CAM"),
    ],
)
def test_ef_card_access_of_recordings(name: str, cipher: str, number: int, mapping: str) -> None:
    suite = PaceSuite.named(cipher, number, mapping)
    assert access.card_access([suite]) == hexed(PACE[name], "EF_CardAccess")


SEVERAL = tuple(PaceSuite.named(cipher, 18) for cipher in ("AES-256", "3DES", "AES-192"))


def infos(*forms: str, suites: tuple[PaceSuite, ...] = SEVERAL) -> list[bytes]:
    content = PaceOffer(suites, forms).card_access()
    return [info.raw for info in tlv.parse_one(content, 0x31, where="test").children()]


def test_several_infos_stand_in_the_order_of_der() -> None:
    assert infos() == sorted(suite.info() for suite in SEVERAL)


def test_infos_out_of_order() -> None:
    assert infos("out-of-order") == infos()[::-1]


def test_infos_that_nobody_knows() -> None:
    more = set(infos("unknown-infos")) - set(infos())
    known = {tlv.parse_one(info, 0x30, where="test").children()[0].raw for info in more}
    assert known == {der.oid(UNKNOWN_PROTOCOL), der.oid(UNKNOWN_MAPPING)}


def test_infos_without_parameter_id() -> None:
    assert infos("no-parameter-id") == sorted(suite.info(numbered=False) for suite in SEVERAL)


def test_infos_that_name_the_parameters() -> None:
    (named,) = set(infos("named-parameters")) - set(infos())
    family = der.oid("0.4.0.127.0.7.2.2.4.2")
    algorithm = der.sequence(der.oid("0.4.0.127.0.7.1.2"), der.integer(18))
    assert named == der.sequence(family, algorithm, der.integer(18))


@pytest.mark.parametrize(("number", "family"), [(13, 2), (0, 1)])
def test_infos_with_explicit_parameters(number: int, family: int) -> None:
    suite = PaceSuite.named("AES-128", number)
    offer = PaceOffer((suite,), ("explicit-parameters",))
    assert [item.parameter_id for item in offer.available] == [number, 32]
    algorithm = security_infos.agreement_algorithm(suite.group)
    parameters = security_infos.pace_domain_parameter_info(
        f"0.4.0.127.0.7.2.2.4.{family}", algorithm, 32
    )
    explicit = security_infos.pace_info(suite.protocol, 32)
    assert set(infos("explicit-parameters", suites=(suite,))) == {
        suite.info(),
        explicit,
        parameters,
    }


@pytest.mark.parametrize("form", FORMS)
def test_the_chip_gives_the_file_that_it_was_told_to(form: str) -> None:
    offer = PaceOffer(SEVERAL, (form,))
    chip = Chip(Handmade(pace=offer))
    assert exchanged(chip, "00B09C00000000") == offer.card_access().hex().upper() + "6282"


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"suites": ()}, "one suite or more"),
        ({"suites": (PaceSuite.named("AES-128", 13, "CAM"),)}, "with CAM must have GM or IM too"),
        ({"suites": SEVERAL, "forms": ("explicit",)}, "form of EF.CardAccess: choose one of"),
        ({"suites": SEVERAL, "parameters": "X9.42"}, "parameters of EF.CardSecurity: choose"),
    ],
)
def test_offers_that_cannot_be(options: dict[str, object], problem: str) -> None:
    with pytest.raises(InputError, match=problem):
        PaceOffer(**options)  # type: ignore[arg-type]


# --- the choice of a chip ---------------------------------------------------------------------


def test_what_is_usual() -> None:
    assert new_chip().suites == (PaceSuite.named("AES-128", 13),)
    assert new_chip(parameter_id=0, mapping="IM").suites == (PaceSuite.named("AES-128", 0, "IM"),)
    assert new_chip(access=["BAC"]).suites == ()


def test_the_document_says_what_its_chip_offers() -> None:
    offer = PaceOffer(SEVERAL, ("no-parameter-id",))
    assert Chip(Handmade(pace=offer)).suites == SEVERAL


def test_a_chip_that_offers_something_else_than_its_document() -> None:
    files = {**FILES, File.CARD_ACCESS: PaceOffer(SEVERAL).card_access()}
    chip = Chip(Handmade(files=files, pace=PaceOffer(SEVERAL)), cipher="3DES", parameter_id=8)
    (suite,) = chip.suites
    assert exchanged(chip, "00B09C0000") == access.card_access([suite]).hex().upper() + "6282"


@pytest.mark.parametrize("number", [1, 2])
@pytest.mark.parametrize("mapping", ["GM", "IM"])
def test_long_keys_take_extended_length(number: int, mapping: str) -> None:
    with pytest.raises(InputError, match="takes extended length"):
        new_chip(parameter_id=number, mapping=mapping, extended=False)


def test_cam_without_a_key() -> None:
    with pytest.raises(InputError, match="no key for PACE with CAM on P-256"):
        new_chip(parameter_id=12, mapping="CAM")


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
SAME_SET = [PaceSuite.named("AES-128", 13), PaceSuite.named("AES-128", 13, "IM")]
OTHER_SET = [PaceSuite.named("AES-128", 13), PaceSuite.named("AES-256", 12)]
EXPLICIT = PaceOffer((SUITES[0],), ("explicit-parameters",)).available


def test_the_parameter_id_decides_where_there_is_a_choice() -> None:
    assert PaceRequest(OID, b"\x01", 12).choose(SUITES) == SUITES[1]
    assert PaceRequest(OID, b"\x01", None).choose(SUITES[:1]) == SUITES[0]
    assert PaceRequest(OID, b"\x01", None).choose(SAME_SET) == SAME_SET[0]
    assert PaceRequest(OID, b"\x01", 32).choose(EXPLICIT) == EXPLICIT[1]


@pytest.mark.parametrize("suites", [SUITES, OTHER_SET, EXPLICIT])
def test_ambiguous_domain_parameters(suites: list[PaceSuite]) -> None:
    """§4.4.4.1: also where the algorithm leaves no choice."""
    with pytest.raises(StatusError, match=r"ambiguous domain parameters.* 6A88"):
        PaceRequest(OID, b"\x01", None).choose(suites)


@pytest.mark.parametrize(
    ("request_", "sw"),
    [
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
