"""The groups that few documents have: as the standard writes them, and as they are read back."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from epass import picture, tlv
from epass.card import reader
from epass.card.keys import MrzKey
from epass.errors import InputError
from epass.lds.biometrics import Dg3, Dg4
from epass.lds.contents import parse_group
from epass.lds.displayed_images import Dg5, Dg6, Dg7
from epass.lds.document_details import Dg12
from epass.lds.face import Dg2
from epass.lds.names import APPLICATION, File
from epass.lds.personal_details import Dg11
from epass.lds.persons_to_notify import Dg16
from epass.sim import details, issuer
from epass.sim.chip import Chip
from epass.sim.holders import HOLDERS
from epass.trust.report import Outcome
from epass.trust.verify import verify

AT = datetime(2025, 2, 3, 4, 5, 6, tzinfo=UTC)
GROUPS = [file for file in File if file.group]
FORMS = [(form, face) for form in issuer.FORMATS for face in issuer.FACE_FORMATS]


def objects(data: bytes) -> dict[int, bytes]:
    """The data objects of a group, each of which is there once."""
    items = tlv.parse(data, where="group")[0].children()
    assert len({item.tag for item in items}) == len(items)
    return {item.tag: item.value for item in items}


@pytest.mark.parametrize("holder", HOLDERS)
def test_every_group_parses_without_a_deviation(holder: str) -> None:
    form = "TD1" if holder == "long-number" else "TD3"
    files = issuer.issue(holder, all_groups=True, document_format=form).files
    assert set(files) >= {*GROUPS, File.DIR, File.ATR_INFO, File.COM, File.SOD}
    for file, data in files.items():
        content = parse_group(file, data)
        assert getattr(content, "notes", ()) == ()
        assert not getattr(content, "unknown", {})


@pytest.mark.parametrize(("form", "face"), FORMS)
def test_a_chip_with_everything(form: str, face: str) -> None:
    """All is read and signed; what takes terminal authentication is refused."""
    document = issuer.issue(all_groups=True, document_format=form, face_format=face)
    dump = reader.read(
        Chip(document), MrzKey.from_mrz(document.mrz), everything=True, now=lambda: AT
    )
    assert {file: refusal.sw for file, refusal in dump.refused.items()} == {
        File.DG3: 0x6982,
        File.DG4: 0x6982,
    }
    there = (set(document.files) & set(APPLICATION)) - set(dump.refused)
    assert {file for file in dump.files if file in APPLICATION} == there
    report = verify(dump, at=AT)
    assert report.failed == ()
    assert report.chip == "proven"
    (shown,) = Dg2.parse(dump.files[File.DG2]).faces
    assert shown.encoding.value.startswith(f"ISO/IEC {face}:")
    digests = {check.id for check in report.checks if check.id.endswith(".hash")}
    assert digests == {f"dg{number}.hash" for number in range(1, 17)}


def test_there_is_no_other_face_format() -> None:
    with pytest.raises(InputError, match=r"face format: choose one of 19794-5, 39794-5"):
        issuer.issue(face_format="19794-4")


def test_personal_details() -> None:
    """Table 72, by hand: the tag list names what is there, and the names stand in A0."""
    found = objects(details.groups(HOLDERS["eriksson"], at=AT)[File.DG11])
    assert found[0x5C].hex(" ", 2).split() == sorted(
        f"{0x5F0F if tag == 0xA0 else tag:04x}" for tag in found if tag != 0x5C
    )
    assert found[0x5F0E] == b"ERIKSSON<<ANNA<MARIA"
    assert found[0x5F2B] == b"19740812"
    assert found[0x5F10] == b"ZE184226B"
    assert found[0xA0].startswith(bytes.fromhex("02 01 02 5F0F"))


@pytest.mark.parametrize(
    ("birth", "written", "read"),
    [
        ("400101", b"19400101", "1940-01-01"),
        ("391231", b"20391231", "2039-12-31"),
        ("5203<<", b"19520300", "1952-03-XX"),
        ("52<<<<", b"19520000", "1952-XX-XX"),
        ("<<<<<<", None, ""),
    ],
)
def test_the_date_of_birth_in_full(birth: str, written: bytes | None, read: str) -> None:
    holder = replace(HOLDERS["eriksson"], birth=birth)
    data = details.groups(holder, at=AT)[File.DG11]
    assert objects(data).get(0x5F2B) == written
    assert Dg11.parse(data).date_of_birth == read


def test_names_in_other_scripts() -> None:
    found = Dg11.parse(details.groups(HOLDERS["unknown-birth"], at=AT)[File.DG11])
    assert found.name is not None
    assert (found.name.primary, found.name.secondary) == ("البصري", "هدى محمد جواد")
    assert [name.primary for name in found.other_names] == ["SVENSSON", "الرحّالة"]
    assert (found.personal_number, found.address[-1]) == ("", "UTOPIA")


def test_what_is_said_of_the_document() -> None:
    found = Dg12.parse(details.groups(HOLDERS["eriksson"], at=AT)[File.DG12])
    assert found.date_of_issue == "2025-02-03"
    assert found.personalized_at == "2025-02-03T04:05:06"
    assert [name.secondary for name in found.other_persons] == ["LARS OLOF"]
    assert len(found.images) == 2


def test_persons_to_notify() -> None:
    data = details.groups(HOLDERS["eriksson"], at=AT)[File.DG16]
    assert list(objects(data)) == [0xA1, 0xA2]
    assert objects(data)[0xA1].startswith(bytes.fromhex("02 01 02 5F50 08"))  # first one only
    assert objects(data)[0xA2].startswith(bytes.fromhex("5F50 08"))
    assert [one.name.primary for one in Dg16.parse(data).persons if one.name] == ["SMITH", "MÜLLER"]


def test_fingers_and_irises_are_named_and_nobodys() -> None:
    found = details.groups(HOLDERS["eriksson"], at=AT)
    fingers, irises = Dg3.parse(found[File.DG3]), Dg4.parse(found[File.DG4])
    assert [one.position for one in fingers.features] == [
        "right pointer finger",
        "left pointer finger",
    ]
    assert [one.position for one in irises.features] == ["right", "left"]
    assert {one.size for one in (*fingers.features, *irises.features)} == {8}


def test_all_pictures_are_pictures() -> None:
    found = details.groups(HOLDERS["eriksson"], at=AT)
    for parse, file in ((Dg5.parse, File.DG5), (Dg6.parse, File.DG6), (Dg7.parse, File.DG7)):
        (image,) = parse(found[file]).images
        assert min(picture.decode(image).width, picture.decode(image).height) >= 90


def test_what_has_no_tag_is_no_group() -> None:
    with pytest.raises(ValueError, match=r"EF.DIR has no tag"):
        details.displayed(File.DIR, 0x5F40, [b""])


def test_the_usual_document_has_none_of_it() -> None:
    assert set(issuer.issue().files) == {File.COM, File.SOD, File.DG1, File.DG2}


def test_the_verdict_is_that_of_any_document() -> None:
    document = issuer.issue(all_groups=True)
    dump = reader.read(Chip(document), MrzKey.from_mrz(document.mrz), everything=True)
    assert verify(dump, at=AT).verdict is Outcome.UNKNOWN  # no anchors
