"""How states deviate from Doc 9303-10 in their data groups: each is read all the same, and noted.

A test for each deviation that has been seen in the field. What is odd about faces (DG2) is in the
tests of faces.
"""

import pytest
from group_cases import J2K, JPEG, listed, others, template

from epass import tlv
from epass.errors import FormatError
from epass.lds.chip_keys import Dg14
from epass.lds.displayed_images import Dg7
from epass.lds.document_details import Dg12
from epass.lds.face import ImageType
from epass.lds.personal_details import Dg11
from epass.lds.undefined import Dg13
from epass.lds.writing import PersonName


def test_bcd_date_of_birth_of_france_belgium_and_malaysia() -> None:
    details = Dg11.parse(listed(0x6B, [(0x5F2B, bytes.fromhex("19740812"))]))
    assert details.date_of_birth == "1974-08-12"
    assert details.notes == ("date of birth: in BCD, not in digits",)


def test_bcd_date_of_issue_of_taiwan() -> None:
    details = Dg12.parse(listed(0x6C, [(0x5F26, bytes.fromhex("20240415"))]))
    assert details.date_of_issue == "2024-04-15"
    assert details.notes == ("date of issue: in BCD, not in digits",)


def test_bcd_time_of_personalization_in_seven_bytes() -> None:
    details = Dg12.parse(listed(0x6C, [(0x5F55, bytes.fromhex("20240416093000"))]))
    assert details.personalized_at == "2024-04-16T09:30:00"
    assert details.notes == ("time of personalization: in BCD, not in digits",)


def test_a_date_with_unknown_parts_is_no_deviation() -> None:
    """Note of table 72: 00 for the month or day, 0000 for the year."""
    details = Dg11.parse(listed(0x6B, [(0x5F2B, b"19740000")]))
    assert (details.date_of_birth, details.notes) == ("1974-XX-XX", ())


def test_a_date_that_is_none_is_shown_as_it_is() -> None:
    details = Dg11.parse(listed(0x6B, [(0x5F2B, b"12 AUG 1974")]))
    assert details.date_of_birth == ""
    assert details.unknown == {0x5F2B: (b"12 AUG 1974",)}
    assert "date of birth: not a date" in details.notes


def test_empty_elements_in_dg11() -> None:
    empty = [(tag, b"") for tag in (0x5F0E, 0x5F10, 0x5F2B, 0x5F11, 0x5F12, 0x5F16)]
    details = Dg11.parse(listed(0x6B, empty))
    assert (details.name, details.personal_number, details.place_of_birth) == (None, "", ())
    assert details.date_of_birth == ""
    assert details.proof_of_citizenship is None
    assert details.notes == tuple(
        f"{label}: empty"
        for label in (
            "name",
            "personal number",
            "date of birth",
            "place of birth",
            "telephone",
            "proof of citizenship",
        )
    )


def test_empty_elements_in_dg12() -> None:
    details = Dg12.parse(listed(0x6C, [(0x5F19, b""), (0x5F55, b"")]))
    assert (details.issuing_authority, details.personalized_at) == ("", "")
    assert details.notes == ("issuing authority: empty", "time of personalization: empty")


def test_other_name_of_china_without_its_template() -> None:
    details = Dg11.parse(listed(0x6B, [(0x5F0E, "张伟".encode()), (0x5F0F, b"ZHANG<<WEI")]))
    assert details.name == PersonName("张伟")
    assert details.other_names == (PersonName("ZHANG", "WEI"),)
    assert details.notes == ("other names: not in a template A0",)


def test_several_other_names_without_their_template() -> None:
    content = template(0x6C, [(0x5C, b"\x5f\x1a"), (0x5F1A, b"A<<B"), (0x5F1A, b"C")])
    details = Dg12.parse(content)
    assert details.other_persons == (PersonName("A", "B"), PersonName("C"))
    assert details.notes == ("other persons: not in a template A0",)


def test_fillers_around_the_texts_of_france() -> None:
    details = Dg11.parse(
        listed(0x6B, [(0x5F0E, b"DUPONT<<ALPHONSE<<"), (0x5F11, b"<PARIS<"), (0x5F12, b"<")])
    )
    assert details.name == PersonName("DUPONT", "ALPHONSE")
    assert (details.place_of_birth, details.telephone) == (("PARIS",), "")
    assert details.notes == (
        "name: fillers at the beginning or the end",
        "place of birth: fillers at the beginning or the end",
        "telephone: fillers at the beginning or the end",
        "telephone: empty",
    )


def test_tag_list_of_belarus_names_the_template_of_the_other_names() -> None:
    names = others([b"A<<B"], 0x5F0F)
    listed_by_tag = tlv.build(0x5C, bytes.fromhex("5F10A0"))
    details = Dg11.parse(tlv.build(0x6B, [listed_by_tag, tlv.build(0x5F10, b"7"), names]))
    assert details.other_names == (PersonName("A", "B"),)
    assert details.notes == ("the tag list names A0 instead of what is in it",)


@pytest.mark.parametrize(
    ("tags", "note"),
    [
        ([], "by the tag list not listed: 5F10, 5F12"),
        ([0x5F12], "by the tag list not listed: 5F10"),
        ([0x5F10, 0x5F11, 0x5F12], "by the tag list absent: 5F11"),
    ],
)
def test_tag_list_that_does_not_fit(tags: list[int], note: str) -> None:
    details = Dg11.parse(listed(0x6B, [(0x5F10, b"7"), (0x5F12, b"8")], tags=tags))
    assert (details.personal_number, details.telephone) == ("7", "8")
    assert details.notes == (note,)


def test_no_tag_list_at_all() -> None:
    assert Dg11.parse(template(0x6B, [(0x5F10, b"7")])).notes == ("the tag list is missing",)


def test_tag_list_cut_off_in_a_tag() -> None:
    details = Dg11.parse(template(0x6B, [(0x5C, b"\x5f\x10\x5f"), (0x5F10, b"7")]))
    assert (details.personal_number, details.notes) == ("7", ("the tag list is malformed",))


@pytest.mark.parametrize(
    ("content", "note"),
    [
        (b"\x02\x01\x00", "other names: 0 announced, 1 are there"),
        (b"\x02\x01\x02", "other names: 2 announced, 1 are there"),
        (b"\x02\x02\x00\x01", "other names: their number has 2 bytes, not 1"),
        (b"", "other names: the number of them is missing"),
    ],
)
def test_number_of_other_names_that_does_not_fit(content: bytes, note: str) -> None:
    inside = content + tlv.build(0x5F0F, b"ALIAS")
    details = Dg11.parse(listed(0x6B, [(0xA0, inside)], tags=[0x5F0F]))
    assert details.other_names == (PersonName("ALIAS"),)
    assert details.notes == (note,)


def test_text_in_iso_8859_1() -> None:
    details = Dg12.parse(listed(0x6C, [(0x5F19, "Préfecture".encode("latin-1"))]))
    assert details.issuing_authority == "Préfecture"
    assert details.notes == ("issuing authority: not UTF-8; shown as ISO 8859-1",)


def test_name_of_three_parts() -> None:
    details = Dg11.parse(listed(0x6B, [(0x5F0E, b"BROWN<<MARY<<J")]))
    assert details.name == PersonName("BROWN", "MARY J")
    assert details.notes == ("name: more than a primary and a secondary identifier",)


def test_broken_data_objects_in_dg13_of_singapore() -> None:
    broken = bytes.fromhex("5FB00441424344")  # the tag ends in a byte that announces another
    details = Dg13.parse(tlv.build(0x6D, broken))
    assert (details.objects, details.content) == ({}, broken)
    assert details.notes == ("the content is no data objects",)


def test_bytes_after_the_security_infos_of_sweden() -> None:
    details = Dg14.parse(tlv.build(0x6E, b"\x31\x00" + bytes(5)))
    assert details.notes == ("5 bytes after the security infos",)


def test_bytes_behind_a_displayed_image_are_kept() -> None:
    image = JPEG + b"\xff\xd9" + bytes(20)
    found = Dg7.parse(template(0x67, [(2, b"\x01"), (0x5F43, image)]))
    assert (found.images, found.notes) == ((image,), ())


def test_signature_as_a_bare_codestream_of_luxembourg() -> None:
    found = Dg7.parse(template(0x67, [(2, b"\x01"), (0x5F43, J2K)]))
    assert found.pictures[0].image_type is ImageType.J2K


def test_what_is_ambiguous_is_refused_all_the_same() -> None:
    with pytest.raises(FormatError, match="the data object stands twice"):
        Dg11.parse(listed(0x6B, [(0x5F2B, b"19740812"), (0x5F2B, b"19740813")]))


def test_a_counter_that_is_a_huge_number() -> None:
    """It is not printed: 2,500 bytes would be 6,000 digits."""
    huge = tlv.build(0x02, b"\x7f" + bytes(2500))
    dg7 = Dg7.parse(tlv.build(0x67, huge + tlv.build(0x5F43, JPEG)))
    assert dg7.images == (JPEG,)
    assert dg7.notes == (
        "images: their number has 2501 bytes, not 1",
        "images: others announced, 1 are there",
    )
