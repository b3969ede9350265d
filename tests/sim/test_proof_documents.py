"""DG14 and DG15 of fictitious documents: judged by asn1crypto, cryptography, ecdsa, recordings."""

import hashlib
from typing import Any

import ecdsa
import pytest
from asn1crypto import cms, core
from asn1crypto import keys as asn1_keys
from sim_terminal import vectors

from epass import tlv
from epass.crypto.ciphers import Cipher
from epass.crypto.ec import CURVES, by_name
from epass.errors import FormatError, InputError
from epass.lds.names import File
from epass.sim import security_infos
from epass.sim.card_files import PaceOffer
from epass.sim.groups import StaticKey
from epass.sim.issuer import AaScheme, CaScheme, Document, issue
from epass.sim.modp import GROUPS
from epass.sim.pace import PaceSuite
from epass.sim.proof_keys import GROUPS as GROUP_NAMES
from epass.sim.proof_keys import AgreementKey
from epass.sim.security_infos import PARAMETERS

VECTORS = vectors("doc9303-proofs")
PK, CA, AA = "0.4.0.127.0.7.2.2.1", "0.4.0.127.0.7.2.2.3", "2.23.136.1.1.5"
ECDSA = AaScheme("ECDSA", curve="P-224", digest="SHA-224")


def listed(document: Document) -> dict[str, list[core.Sequence]]:
    """The SecurityInfos of DG14 by their protocol, as asn1crypto reads them."""
    content = tlv.parse_one(document.files[File.DG14], 0x6E, where="DG14").value
    return infos_of(content)


def infos_of(content: bytes) -> dict[str, list[core.Sequence]]:
    found: dict[str, list[core.Sequence]] = {}
    for item in tlv.parse_one(content, 0x31, where="SecurityInfos").children():
        info = core.Sequence.load(item.raw, strict=True)
        assert info.dump(force=True) == item.raw, "not DER"
        found.setdefault(info[0].dotted, []).append(info)
    return found


def members(encoded: bytes) -> list[Any]:
    """The members of a SEQUENCE."""
    whole = core.Sequence.load(encoded, strict=True)
    return [whole[number] for number in range(len(whole))]


def key_info(document: Document, protocol: str) -> bytes:
    """The SubjectPublicKeyInfo of the only key."""
    (info,) = listed(document)[protocol]
    return bytes(info[1].dump())


# --- which files there are --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "files", "tags"),
    [
        ({}, [], "6175"),
        ({"chip_authentication": [CaScheme()]}, [File.DG14], "61756E"),
        ({"active_authentication": AaScheme(bits=1024)}, [File.DG15], "61756F"),
        ({"active_authentication": ECDSA}, [File.DG14, File.DG15], "61756E6F"),
        (
            {"chip_authentication": [CaScheme()], "active_authentication": ECDSA},
            [File.DG14, File.DG15],
            "61756E6F",
        ),
    ],
)
@pytest.mark.parametrize("lds_version", ["1.7", "1.8"])
def test_ef_com_lists_and_ef_sod_signs_them(
    options: dict[str, Any], files: list[File], tags: str, lds_version: str
) -> None:
    document = issue(lds_version=lds_version, **options)
    assert list(document.files) == [File.COM, File.SOD, File.DG1, File.DG2, *files]
    assert document.files[File.COM].hex().upper().endswith(f"5C{len(tags) // 2:02X}{tags}")
    outer = tlv.parse_one(document.files[File.SOD], 0x77, where="EF.SOD")
    signed = cms.ContentInfo.load(outer.value, strict=True)["content"]
    content = signed["encap_content_info"]["content"].contents
    hashes = core.Sequence.load(core.Sequence.load(content)[2].dump())
    entries = [core.Sequence.load(hashes[number].dump()) for number in range(len(hashes))]
    groups = {file.group: raw for file, raw in document.files.items() if file.group}
    assert {entry[0].native: entry[1].native for entry in entries} == {
        number: hashlib.sha256(raw).digest() for number, raw in groups.items()
    }
    assert [entry[0].native for entry in entries] == sorted(groups)


def test_the_same_choices_give_the_same_document_and_other_holders_other_keys() -> None:
    def made(holder: str) -> Document:
        return issue(holder, chip_authentication=[CaScheme()], active_authentication=ECDSA)

    assert made("eriksson").files == made("eriksson").files
    assert made("eriksson").proofs == made("eriksson").proofs
    other = made("one-name")
    for file in (File.DG14, File.DG15):
        assert made("eriksson").files[file] != other.files[file]


def test_no_key_in_repr() -> None:
    document = issue(chip_authentication=[CaScheme()], active_authentication=ECDSA)
    assert repr(document) == "Document(format='TD3')"


# --- Chip Authentication ----------------------------------------------------------------------


@pytest.mark.parametrize("curve", CURVES, ids=lambda curve: curve.name)
@pytest.mark.parametrize("parameters", ["explicit", "named", "standardized"])
def test_keys_on_every_curve(curve: Any, parameters: str) -> None:
    document = issue(chip_authentication=[CaScheme(curve.name, parameters=parameters)])
    assert document.proofs.chip is not None
    secret = document.proofs.chip.keys[0].pair.secret
    encoded = key_info(document, f"{PK}.2")
    point = (curve.generator * secret).encode()
    if parameters == "standardized":
        algorithm, bits = members(encoded)
        identifier, number = members(algorithm.dump())
        assert (identifier.dotted, number.native) == ("0.4.0.127.0.7.1.2", curve.parameter_id)
        assert bits.contents == b"\x00" + point
        return
    loaded = asn1_keys.PublicKeyInfo.load(encoded, strict=True)
    form = {"explicit": "specified", "named": "named"}[parameters]
    assert loaded["algorithm"]["parameters"].name == form
    assert ecdsa.VerifyingKey.from_der(encoded).to_string("uncompressed") == point


@pytest.mark.parametrize("group", GROUPS, ids=lambda group: group.name)
@pytest.mark.parametrize("parameters", ["explicit", "pkcs3"])
def test_keys_of_integers(group: Any, parameters: str) -> None:
    document = issue(chip_authentication=[CaScheme(group.name, parameters=parameters)])
    assert document.proofs.chip is not None
    secret = document.proofs.chip.keys[0].pair.secret
    algorithm, bits = members(key_info(document, f"{PK}.1"))
    identifier, domain = members(algorithm.dump())
    known = {"explicit": "1.2.840.10046.2.1", "pkcs3": "1.2.840.113549.1.3.1"}
    assert identifier.dotted == known[parameters]
    numbers = [group.p, group.g, group.n]  # RFC 3279 §2.3.3; PKCS #3 §9 has the first two
    expected = numbers if parameters == "explicit" else numbers[:2]
    assert [number.native for number in members(domain.dump())] == expected
    public = core.Integer.load(bits.contents[1:], strict=True).native
    assert public == pow(group.g, secret, group.p)


@pytest.mark.parametrize(("group", "kind"), [("P-521", 2), ("MODP-2048-256", 1)])
def test_an_info_for_each_cipher(group: str, kind: int) -> None:
    scheme = CaScheme(group, ("AES-256", "3DES", "AES-192"))
    found = listed(issue(chip_authentication=[scheme]))
    assert sorted(found) == sorted([f"{PK}.{kind}", *(f"{CA}.{kind}.{n}" for n in (1, 3, 4))])
    for number in (1, 3, 4):
        (info,) = found[f"{CA}.{kind}.{number}"]
        assert (len(info), info[1].native) == (2, 1)  # version 1, no key id


def test_several_keys_have_their_ids_in_both_infos() -> None:
    schemes = [CaScheme("P-256", key_id=1), CaScheme("P-256", key_id=195)]
    found = listed(issue(chip_authentication=schemes))
    for protocol in (f"{PK}.2", f"{CA}.2.2"):
        assert sorted(info[2].native for info in found[protocol]) == [1, 195]
    assert found[f"{CA}.2.2"][1][2].dump() == bytes.fromhex("020200C3")


def test_a_key_without_info() -> None:
    """As of some French documents of 2013 and 2014."""
    document = issue(chip_authentication=[CaScheme("P-256", ("3DES",), announced=False)])
    assert list(listed(document)) == [f"{PK}.2"]
    assert document.proofs.chip is not None
    assert document.proofs.chip.keys[0].ciphers == (Cipher.TDES,)


RECORDED = [name for name in VECTORS if name.startswith("ca-")]


@pytest.mark.parametrize("name", RECORDED)
def test_infos_as_recorded_documents_have_them(name: str) -> None:
    fields = VECTORS[name]
    recorded = infos_of(tlv.parse_one(bytes.fromhex(fields["DG14"]), 0x6E, where="DG14").value)
    label = "3DES" if name.endswith("3des") else "AES-" + name.split("aes")[1][:3]
    group = by_name("brainpoolP224r1" if "bsi" in name else "brainpoolP256r1")
    assert group is not None
    point = bytes.fromhex(fields["chip_public"])
    key = AgreementKey(
        StaticKey(group, 1, 195 if "keyid" in name else None),
        tuple(cipher for cipher in Cipher if cipher.label == label),
        published=point if point[0] == 4 and len(point) % 2 else b"\x04" + point,
    )
    known = {info.dump() for same in recorded.values() for info in same}
    assert set(key.security_infos()) <= known
    assert len(key.security_infos()) == 2


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"group": "P-255"},
            f"group of chip authentication: choose one of {', '.join(GROUP_NAMES)}",
        ),
        (
            {"ciphers": ("DES",)},
            "cipher of chip authentication: choose one of 3DES, AES-128, AES-192, AES-256",
        ),
        ({"ciphers": ()}, "cipher of chip authentication: one or more, none of them twice"),
        (
            {"ciphers": ("3DES", "3DES")},
            "cipher of chip authentication: one or more, none of them twice",
        ),
        (
            {"parameters": "implicit"},
            f"parameters of chip authentication: choose one of {', '.join(PARAMETERS)}",
        ),
        ({"parameters": "pkcs3"}, "brainpoolP256r1 has no parameters of the form pkcs3"),
        (
            {"group": "MODP-1024-160", "parameters": "named"},
            "MODP-1024-160 has no parameters of the form named",
        ),
        ({"key_id": -1}, "key id of chip authentication: not negative"),
    ],
)
def test_choices_that_do_not_exist(options: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as caught:
        CaScheme(**options)
    assert caught.value.message == message


def test_several_keys_need_ids() -> None:
    with pytest.raises(InputError, match="chip authentication takes one key, or several"):
        issue(chip_authentication=[CaScheme(), CaScheme("P-256")])


# --- the SecurityInfos by themselves ----------------------------------------------------------


def test_infos_are_in_the_order_of_der_and_once() -> None:
    first, second = (security_infos.pace_info("0.4.0.127.0.7.2.2.4.2.2", n) for n in (13, 12))
    content = security_infos.security_infos([first, second])
    assert security_infos.members(content) == (second, first)
    assert first.hex().upper() == "3012060A04007F0007020204020202010202010D"


@pytest.mark.parametrize("content", ["", "3000", "3103300202", "310000", "31"])
def test_what_is_no_set_of_infos(content: str) -> None:
    with pytest.raises(FormatError, match=r"^EF\.CardAccess"):
        security_infos.members(bytes.fromhex(content))


def test_active_authentication_is_announced_for_ecdsa_alone() -> None:
    (info,) = listed(issue(active_authentication=ECDSA))[AA]
    assert (info[1].native, info[2].dotted) == (1, "0.4.0.127.0.7.1.1.4.1.2")
    assert File.DG14 not in issue(active_authentication=AaScheme(bits=1024)).files


def test_dg14_holds_what_ef_card_access_offers_beside_the_proofs() -> None:
    suites = (PaceSuite.named("AES-256", 12), PaceSuite.named("3DES", 0, "IM"))
    document = issue(pace=PaceOffer(suites), chip_authentication=[CaScheme()])
    offered = security_infos.members(document.files[File.CARD_ACCESS])
    content = tlv.parse_one(document.files[File.DG14], 0x6E, where="DG14").value
    assert document.proofs.chip is not None
    known = {*offered, *document.proofs.chip.security_infos()}
    assert len(known) == 4
    assert security_infos.members(content) == tuple(sorted(known))
