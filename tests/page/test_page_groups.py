"""The other files for programs: every field, whole, in order, and what is odd or wrong."""

from dataclasses import replace

from page_examples import full, look, portrait, read

from epass import tlv
from epass.lds.document import Document
from epass.lds.names import File
from epass.page.groups import facts_of, parse, sections
from epass.page.model import MAX_TEXT
from epass.sim import issuer
from epass.sim.proof_keys import CaScheme

ODD = tlv.build(0xDF01, b"\xaa\xbb")


def test_several_fields_of_one_name_are_all_there() -> None:
    schemes = [CaScheme(ciphers=("AES-128", "AES-256"), key_id=1), CaScheme(key_id=2)]
    document = issuer.issue(chip_authentication=schemes)
    fields = facts_of(replace(read(), files=document.files))["DG14"]["fields"]
    assert isinstance(fields, list)
    names = [item["name"] for item in fields]
    assert names.count("Chip's key") == 2
    assert names.count("Chip authentication") >= 3
    assert {"name": "Chip authentication", "value": "ECDH-AES-256, version 1, key 1"} in fields


def test_lists_are_lists_and_notes_are_there() -> None:
    found = facts_of(full())
    dg11 = found["DG11"]
    assert isinstance(dg11["fields"], list)
    assert dg11["fields"][:3] == [
        {"name": "Name", "value": "محمد, عبد الله"},
        {"name": "Other names", "value": ["דוד, לוי"]},
        {"name": "Date of birth", "value": "1974-08-XX"},
    ]
    assert {"name": "Place of birth", "value": ["ZENITH", "UTOPIA"]} in dg11["fields"]
    assert {"name": "Unknown, tag 5F70", "value": ["0102"]} in dg11["fields"]
    assert found["DG12"]["notes"] == ["date of issue: in BCD, not in digits"]
    assert dg11["error"] is None


def test_nothing_is_cut() -> None:
    profession, octets = "é" * (MAX_TEXT + 1), bytes(range(256))
    dg11 = tlv.build(0x6B, tlv.build(0x5C, b"\x5f\x13") + tlv.build(0x5F13, profession.encode()))
    tags = [first + last for first in (0x5F00, 0x9F00, 0xDF00) for last in range(1, 0x1F)]
    dg13 = tlv.build(0x6D, b"".join(tlv.build(tag, octets) for tag in tags))
    files = {**read().files, File.DG11: dg11, File.DG13: dg13}
    found = facts_of(replace(read(), files=files))
    assert found["DG11"]["fields"] == [{"name": "Profession", "value": profession}]
    assert isinstance(found["DG13"]["fields"], list)
    assert len(found["DG13"]["fields"]) == len(tags)
    values = [item["value"] for item in found["DG13"]["fields"]]
    assert values == [[octets.hex().upper()]] * len(tags)


def test_why_a_file_could_not_be_parsed() -> None:
    inner = tlv.build(0x53, bytes(100))
    files = {**read().files, File.DG11: b"\x6b\x05ab", File.DG15: tlv.build(0x6F, inner)}
    found = facts_of(replace(read(), files=files))
    assert found["DG11"] == {
        "fields": [{"name": "Content", "value": "6B056162"}],
        "notes": [],
        "error": parse(File.DG11, files[File.DG11]).error,
    }
    assert str(found["DG11"]["error"]).startswith("DG11")
    assert found["DG15"]["fields"] == [{"name": "Tag 53", "value": "00" * 100}]
    assert found["DG15"]["error"]


def test_nothing_personal_is_in_a_repr() -> None:
    files = full().files
    assert "ZENITH" not in repr(parse(File.DG11, files[File.DG11]))
    assert repr(portrait()[:4]) not in repr(parse(File.DG7, files[File.DG7]))


def test_what_is_unknown_beside_the_faces_is_shown() -> None:
    """Of a DG2 with one face too, and of EF.COM, which is not on the page for what it lists."""
    content = read().files
    dg2 = tlv.build(0x75, tlv.parse_one(content[File.DG2], 0x75, where="DG2").value + ODD)
    com = tlv.build(0x60, tlv.parse_one(content[File.COM], 0x60, where="EF.COM").value + ODD)
    changed = replace(read(), files={**content, File.DG2: dg2, File.COM: com})
    facts = facts_of(changed)
    for label in ("DG2", "EF.COM"):
        fields = {item["name"]: item["value"] for item in facts[label]["fields"]}  # type: ignore[attr-defined]
        assert fields["Unknown, tag DF01"] == ["AABB"], label
    titles = [section.title for section in sections(changed, look)[0]]
    assert "EF.COM: list of files" in titles
    assert "EF.COM: list of files" not in [section.title for section in sections(read(), look)[0]]
    assert (
        "EF.COM: data objects that are not of the standard: DF01"
        in Document.parse(changed.files).notes
    )
