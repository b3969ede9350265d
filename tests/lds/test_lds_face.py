"""DG2: portraits in ISO/IEC 19794-5."""

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mutation import mutated
from small_images import J2K, JP2, JPEG, jpeg

from epass import tlv
from epass.errors import EpassError, FormatError, UnsupportedError
from epass.lds.cbeff import BiometricHeader, Code
from epass.lds.face import Dg2, FeaturePoint, ImageType
from epass.lds.face_record import Angle, Pose, Unknown
from epass.lds.face_terms import (
    ColorSpace,
    DataFormat,
    Encoding,
    Expression,
    EyeColor,
    FaceImageType,
    Gender,
    HairColor,
    PointKind,
    Property,
    Source,
)
from epass.lds.names import File
from epass.page.fields import Field, fields_of
from epass.sim.issuer import issue

POINT = struct.pack(">BBHHH", 1, 0x31, 100, 200, 0)


def face(
    image: bytes = JPEG,
    kind: int = 0,
    points: bytes = b"",
    off: int = 0,
    *,
    person: tuple[object, ...] = (2, 3, 4, b"\x00\x00\x05", 5, b"\x01\x5b\x5c", b"\x00\x01\xb5"),
    picture: tuple[int, ...] = (1, 240, 320, 1, 2, 3, 4),
) -> bytes:
    length = 32 + len(points) + len(image) + off
    header = struct.pack(">IHBBB3sH3s3s", length, len(points) // 8, *person)
    return header + points + struct.pack(">BBHHBBHH", picture[0], kind, *picture[1:]) + image


def record(*faces: bytes, off: int = 0, count: int | None = None, version: bytes = b"010") -> bytes:
    body = b"".join(faces)
    number = len(faces) if count is None else count
    return struct.pack(">4s4sIH", b"FAC", version, 14 + len(body) + off, number) + body


def template(content: bytes, tag: int = 0x5F2E) -> bytes:
    header = tlv.build(0xA1, [tlv.build(0x87, b"\x01\x01"), tlv.build(0x88, b"\x00\x08")])
    return tlv.build(0x7F60, [header, tlv.build(tag, content)])


def dg2(*templates: bytes, count: bytes | None = None) -> bytes:
    number = tlv.build(0x02, bytes((len(templates),)) if count is None else count)
    return tlv.build(0x75, tlv.build(0x7F61, [number, *templates]))


def of(content: bytes) -> bytes:
    return dg2(template(content))


VALID = of(record(face(points=POINT)))
END = len(record(face()))


@pytest.mark.parametrize(
    ("image", "kind", "image_type", "mime"),
    [
        (JPEG, 0, ImageType.JPEG, "image/jpeg"),
        (JP2, 1, ImageType.JP2, "image/jp2"),
        (J2K, 1, ImageType.J2K, "image/j2c"),
    ],
)
def test_an_image_is_handed_out_as_it_is(
    image: bytes, kind: int, image_type: ImageType, mime: str
) -> None:
    content = of(record(face(image, kind)))
    parsed = Dg2.parse(content)
    (portrait,) = parsed.faces
    assert portrait.image == image == content[portrait.offset :]
    assert portrait.image_type is image_type
    assert portrait.image_type.mime == mime
    assert (portrait.width, portrait.height) == (240, 320)
    assert parsed.notes == ()


def test_every_field_of_a_face() -> None:
    (portrait,) = Dg2.parse(VALID).faces
    assert (portrait.encoding, portrait.version) == (Encoding.ISO_19794_5, "010")
    owner, form = (Code.of(number, {}) for number in (b"\x01\x01", b"\x00\x08"))
    assert portrait.header == BiometricHeader(owner=owner, format=form)
    assert portrait.gender is Gender.FEMALE
    assert (portrait.eye_color, portrait.hair_color) == (EyeColor.BROWN, HairColor.BROWN)
    assert portrait.properties == (Property.MOUSTACHE,)
    assert set(portrait.properties_absent) == {*Property} - {
        Property.MOUSTACHE,
        Property.HEAD_COVERING,
    }
    assert portrait.expressions == (Expression.LOOKING_AWAY,)
    assert portrait.pose == Pose(Angle(0), Angle(180, 0), Angle(-178, 180))
    assert portrait.feature_points == (FeaturePoint(PointKind.MPEG4, 0x31, 100, 200),)
    assert portrait.feature_points[0].name == "3.1"
    assert portrait.face_image_type is FaceImageType.FULL_FRONTAL
    assert portrait.data_format is DataFormat.JPEG
    assert portrait.color_space is ColorSpace.RGB24
    assert portrait.source is Source.CAMERA
    assert (portrait.device, portrait.quality, portrait.padding) == (3, 4, 0)


def test_what_is_not_specified() -> None:
    person = (0, 0, 0, bytes(3), 0, bytes(3), bytes(3))
    (portrait,) = Dg2.parse(
        of(record(face(person=person, picture=(0, 240, 320, 0, 0, 0, 0))))
    ).faces
    assert portrait.gender is Gender.UNSPECIFIED
    assert portrait.eye_color is EyeColor.UNSPECIFIED
    assert portrait.hair_color is HairColor.UNSPECIFIED
    assert (portrait.properties, portrait.properties_absent, portrait.expressions) == ((), (), ())
    assert portrait.pose == Pose()
    assert portrait.source is Source.UNSPECIFIED


def test_codes_without_a_meaning_stay_numbers() -> None:
    person = (9, 0x20, 0x30, b"\x80\x08\x01", 0x8001, b"\xb6\xff\x00", b"\x00\xff\x02")
    point = struct.pack(">BBHHH", 7, 0x31, 1, 2, 0)
    content = of(record(face(person=person, points=point, picture=(9, 240, 320, 99, 88, 0, 0))))
    parsed = Dg2.parse(content)
    (portrait,) = parsed.faces
    assert (portrait.gender, portrait.eye_color, portrait.hair_color) == (9, 0x20, 0x30)
    assert portrait.properties == (11, 23)
    assert portrait.expressions == (0x8001,)
    assert portrait.pose == Pose(None, None, Angle(None, 1))
    assert portrait.feature_points == (FeaturePoint(7, 0x31, 1, 2),)
    assert portrait.feature_points[0].name == "49"
    assert (portrait.face_image_type, portrait.color_space, portrait.source) == (9, 99, 88)
    assert parsed.notes == ("a pose angle of a face is none",)


@pytest.mark.parametrize(
    ("code", "degrees"), [(1, 0), (2, 2), (46, 90), (91, 180), (92, -178), (136, -90), (181, 0)]
)
def test_angles(code: int, degrees: int) -> None:
    person = (0, 0, 0, bytes(3), 0, bytes((code, 0, 0)), bytes(3))
    (portrait,) = Dg2.parse(of(record(face(person=person)))).faces
    assert portrait.pose == Pose(Angle(degrees))


def test_another_size_than_the_image_has_is_a_note() -> None:
    parsed = Dg2.parse(of(record(face(jpeg(241, 320)))))
    assert (parsed.faces[0].width, parsed.faces[0].height) == (240, 320)
    assert parsed.notes == ("the header of a face states another size than its image has",)


def test_an_image_that_is_cut_off_is_kept_with_a_note() -> None:
    parsed = Dg2.parse(of(record(face(JPEG[:-2]))))
    assert (parsed.faces[0].image, parsed.faces[0].padding) == (JPEG[:-2], None)
    at = len(JPEG) - 2
    assert parsed.notes == (f"the image of a face at byte {at}: the image ends before its end",)


def test_bytes_behind_an_image_are_kept_with_a_note() -> None:
    parsed = Dg2.parse(of(record(face(JPEG + bytes(300)))))
    assert (parsed.faces[0].image, parsed.faces[0].padding) == (JPEG + bytes(300), 300)
    assert parsed.notes == ("300 bytes follow the image of a face",)


@pytest.mark.parametrize("pad", [b"\x00", b"\xff"])
def test_a_record_padded_at_its_end(pad: bytes) -> None:
    parsed = Dg2.parse(of(record(face()) + 40 * pad))
    assert parsed.faces[0].image == JPEG
    assert parsed.notes == (
        "the length of the face record is off by 40 bytes",
        "the end of the last face is off by 40 bytes",
    )


def test_all_faces_of_all_templates() -> None:
    parsed = Dg2.parse(dg2(template(record(face(), face(JP2, 1))), template(record(face(J2K, 1)))))
    assert [item.image for item in parsed.faces] == [JPEG, JP2, J2K]


def test_what_else_is_in_the_file_is_kept_and_costs_no_portrait() -> None:
    """Beside the templates with the file, in them with their faces."""
    extra = tlv.build(0xDF21, b"extra")
    header = tlv.build(0xA1, [tlv.build(0x87, b"\x01\x01"), tlv.build(0x88, b"\x00\x08")])
    within = tlv.build(0x7F60, [header, tlv.build(0x5F2E, record(face(), face(JP2, 1))), extra])
    inner = [b"\x02\x01\x02", within, tlv.build(0x53, b"a"), template(record(face()))]
    parsed = Dg2.parse(tlv.build(0x75, [tlv.build(0x7F61, inner), extra]))
    assert [item.image for item in parsed.faces] == [JPEG, JP2, JPEG]
    kept = (Unknown("DG2/75/7F61/7F60/DF21", b"extra"),)
    assert [item.unknown for item in parsed.faces] == [kept, kept, ()]
    assert parsed.unknown == {0x53: (b"a",), 0xDF21: (b"extra",)}
    assert parsed.notes == (
        "data objects that are not of the standard: 53",
        "data objects that are not of the standard: DF21",
    )
    shown = [(row.label, row.value) for row in map(Field.as_fact, fields_of(parsed))]
    assert ("Unknown, tag DF21", b"extra".hex(" ").upper()) in shown
    assert ("Faces 1, unknown, value", b"extra".hex(" ").upper()) in shown


def test_older_documents_have_the_record_in_the_constructed_tag() -> None:
    assert Dg2.parse(dg2(template(record(face()), 0x7F2E))).faces[0].image == JPEG


@pytest.mark.parametrize("image", ["JPEG", "JPEG2000"])
def test_portraits_of_the_fictitious_country(image: str) -> None:
    parsed = Dg2.parse(issue(image=image, faces=2).files[File.DG2])
    assert len(parsed.faces) == 2
    assert parsed.faces[0].image_type.name == {"JPEG": "JPEG", "JPEG2000": "JP2"}[image]
    assert parsed.notes == ()


@pytest.mark.parametrize("off", [-8, -1, 1, 8])
def test_a_length_that_is_nearly_right_is_a_note(off: int) -> None:
    parsed = Dg2.parse(of(record(face(), off=off)))
    assert parsed.faces[0].image == JPEG
    assert parsed.notes == (f"the length of the face record is off by {abs(off)} bytes",)


def test_a_face_that_nearly_fills_its_record() -> None:
    parsed = Dg2.parse(of(record(face(off=8))))
    assert parsed.faces[0].image == JPEG
    assert parsed.notes == ("the length of the last face is off by 8 bytes",)


@pytest.mark.parametrize("off", [1, 8])
@pytest.mark.parametrize(("image", "kind"), [(JPEG, 0), (JP2, 1)])
def test_a_length_of_the_last_face_that_is_a_little_short_costs_no_image(
    image: bytes, kind: int, off: int
) -> None:
    first = face()
    parsed = Dg2.parse(of(record(first, face(image, kind, off=-off))))
    assert [(item.image, item.padding) for item in parsed.faces] == [(JPEG, 0), (image, 0)]
    assert parsed.notes == (f"the end of the last face is off by {off} bytes",)


def test_a_few_bytes_behind_the_last_face_are_kept_with_its_image() -> None:
    parsed = Dg2.parse(of(record(face() + b"\x00" * 3, count=1)))
    assert (parsed.faces[0].image, parsed.faces[0].padding) == (JPEG + b"\x00" * 3, 3)
    assert parsed.notes == (
        "the end of the last face is off by 3 bytes",
        "3 bytes follow the image of a face",
    )


def test_a_wrong_image_type_in_the_header_is_a_note() -> None:
    parsed = Dg2.parse(of(record(face(JPEG, 1))))
    assert parsed.faces[0].image_type is ImageType.JPEG
    assert parsed.notes == ("the header of a face names another type of image than it has",)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "DG2 at byte 0: empty"),
        (VALID + b"\x00", f"DG2 at byte {len(VALID)}: 1 bytes after the end"),
        (b"\x61" + VALID[1:], "DG2 at byte 0: the tag is 61, not 75"),
        (tlv.build(0x75, b""), "DG2/75 at byte 2: the data object 7F61 is missing"),
        (dg2(), "DG2/75/7F61/02 at byte 7: not a number from 1 to 9"),
        (dg2(*[template(record(face()))] * 10), "DG2/75/7F61/02 at byte 11: not a number from 1"),
        (dg2(template(b""), count=b"\x00\x01"), "DG2/75/7F61/02 at byte 7: not a number from 1"),
        (
            dg2(template(b""), count=b"\x02"),
            "DG2/75/7F61/02 at byte 7: 2 templates announced, 1 are there",
        ),
        (
            dg2(tlv.build(0x7F60, b"")),
            "DG2/75/7F61/7F60 at byte 11: the data object A1 is missing",
        ),
        (
            dg2(tlv.build(0x7F60, tlv.build(0xA1, b""))),
            "DG2/75/7F61/7F60 at byte 11: not one biometric data block, 5F2E or 7F2E",
        ),
        (
            dg2(tlv.build(0x7F60, [tlv.build(0xA1, b"")] + [tlv.build(0x5F2E, b"")] * 2)),
            "DG2/75/7F61/7F60 at byte 11: not one biometric data block, 5F2E or 7F2E",
        ),
    ],
)
def test_malformed(content: bytes, message: str) -> None:
    with pytest.raises(FormatError) as caught:
        Dg2.parse(content)
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize(
    ("content", "at", "problem"),
    [
        (b"JFIF", 0, "not a face image record of ISO/IEC 19794-5"),
        (record()[:13], 0, "the record ends, 14 bytes are missing"),
        (record(count=0), 12, "not a number of faces from 1 to 9"),
        (record(count=10), 12, "not a number of faces from 1 to 9"),
        (record(face(), off=9), 8, "the length of the face record is off by 9 bytes"),
        (record(face(), off=-9), 8, "the length of the face record is off by 9 bytes"),
        (record(face(off=9)), 14, "the length of the last face is off by 9 bytes"),
        (record(face(), count=2), END, "the record ends, 20 bytes are missing"),
        (record(face() + bytes(8) + b"\x01", count=1), END, "the end of the last face is off by 9"),
        (record(face(b"")), 14, "the face ends before its image"),
        (record(face(b"GIF89a")), 46, "the image is neither JPEG nor JPEG 2000"),
        (
            record(face()).replace(struct.pack(">HB", 0, 2), b"\xff\xff\x02", 1),
            14,
            "the face ends before its image",
        ),
    ],
)
def test_malformed_records(content: bytes, at: int, problem: str) -> None:
    whole = of(content)
    with pytest.raises(FormatError) as caught:
        Dg2.parse(whole)
    assert caught.value.where == "DG2/75/7F61/7F60/5F2E"
    assert caught.value.offset == len(whole) - len(content) + at
    assert caught.value.problem.startswith(problem)


def test_later_edition_is_unsupported() -> None:
    with pytest.raises(UnsupportedError, match="edition of ISO/IEC 19794-5 other than 2005"):
        Dg2.parse(of(record(face(), version=b"030")))


@settings(max_examples=200)
@given(st.one_of(st.binary(max_size=128), mutated(VALID)))
def test_any_bytes_are_parsed_or_refused_in_silence(content: bytes) -> None:
    try:
        parsed = Dg2.parse(content)
    except (FormatError, UnsupportedError) as fault:
        assert isinstance(fault, EpassError)
        assert "a portrait" not in str(fault)
    else:
        assert all(item.image in content for item in parsed.faces)


def test_nothing_shows_in_a_repr() -> None:
    shown = repr(Dg2.parse(VALID))
    assert "a portrait" not in shown
    assert not {"gender", "eye_color", "hair_color", "feature_points", "pose"} & set(
        shown.replace("(", " ").replace("=", " ").replace(",", " ").split()
    )
