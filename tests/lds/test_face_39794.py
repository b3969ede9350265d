"""Blocks of ISO/IEC 39794-5 that deviate: what is noted, what is kept, what is refused."""

import pytest
from small_images import JP2, JPEG

from epass import tlv
from epass.errors import FormatError, UnsupportedError
from epass.lds.blocks import MAX_LISTED, MAX_UNKNOWN
from epass.lds.face import Dg2
from epass.lds.face_39794 import MAX_FACES
from epass.lds.face_record import Face, FeaturePoint, Moment, Pose, Unknown
from epass.lds.face_terms import DataFormat, FaceImageType, Gender, PointKind

INNER = "DG2/75/7F61/7F60/7F2E/A1/65"
REPRESENTATION = f"{INNER}/A1/30"


def members(*parts: tuple[int, bytes]) -> bytes:
    return b"".join(tlv.build(tag, value) for tag, value in parts)


VERSION = members((0x80, b"\x03"), (0x81, b"\x07\xe3"))
INFORMATION = members((0xA0, members((0x80, b"\x02"))))


def flat(
    image: bytes = JPEG, information: bytes = INFORMATION, more: tuple[tuple[int, bytes], ...] = ()
) -> bytes:
    return members((0x80, image), (0xA1, information), *more)


def representation(*more: tuple[int, bytes], picture: bytes | None = None) -> bytes:
    image = members((0xA0, members((0xA0, flat() if picture is None else picture))))
    return members((0x80, b"\x00"), (0xA1, image), *more)


def block(*representations: bytes, version: bytes = VERSION, more: bytes = b"") -> bytes:
    listed = b"".join(tlv.build(0x30, item) for item in representations)
    return tlv.build(0x65, members((0xA0, version), (0xA1, listed)) + more)


def dg2(data: bytes, tag: int = 0x7F2E) -> bytes:
    header = tlv.build(0xA1, members((0x87, b"\x01\x01"), (0x88, b"\x00\x2a")))
    template = tlv.build(0x7F60, header + tlv.build(tag, data))
    return tlv.build(0x75, tlv.build(0x7F61, members((0x02, b"\x01")) + template))


def parse(content: bytes) -> tuple[Face, tuple[str, ...]]:
    parsed = Dg2.parse(dg2(tlv.build(0xA1, content)))
    return parsed.faces[0], parsed.notes


def test_the_least_that_a_block_can_say() -> None:
    face, notes = parse(block(representation()))
    assert (face.image, face.data_format, face.version) == (JPEG, DataFormat.JPEG, "3.2019")
    assert (face.width, face.height) == (240, 320), "of the image, as the block states none"
    assert (face.gender, face.pose, face.scores, face.device) == (None, Pose(), (), None)
    assert (face.pad, face.processing, face.optics, face.unknown) == (None, None, None, ())
    assert notes == ()


@pytest.mark.parametrize(
    ("content", "tag", "where"),
    [
        (block(representation()), 0x7F2E, "7F2E"),
        (block(representation()), 0x5F2E, "5F2E"),
        (tlv.build(0x81, block(representation())), 0x7F2E, "81"),
    ],
)
def test_records_in_another_wrapping_are_read_with_a_note(
    content: bytes, tag: int, where: str
) -> None:
    parsed = Dg2.parse(dg2(content, tag))
    assert parsed.faces[0].image == JPEG
    note = f"a record of ISO/IEC 39794 stands in {where}, not in 7F2E and A1"
    assert parsed.notes == (note,)


@pytest.mark.parametrize("tag", [0x82, 0xA2])
def test_data_in_a_format_of_the_issuer(tag: int) -> None:
    with pytest.raises(UnsupportedError, match="a format of their issuer's own"):
        Dg2.parse(dg2(tlv.build(tag, b"")))


@pytest.mark.parametrize("tag", [0x64, 0x66])
def test_fingers_and_irises_are_no_faces(tag: int) -> None:
    with pytest.raises(FormatError, match="a biometric record, but not of a face"):
        parse(tlv.build(tag, b""))


def test_a_size_that_the_image_has_not_is_a_note() -> None:
    size = (0xA7, members((0x80, b"\x01"), (0x81, b"\x02")))
    face, notes = parse(
        block(representation(picture=flat(information=INFORMATION + members(size))))
    )
    assert (face.width, face.height) == (1, 2)
    assert notes == ("the header of a face states another size than its image has",)


def test_an_image_that_nobody_knows_the_size_of() -> None:
    face, (note,) = parse(block(representation(picture=flat(JPEG[:40]))))
    assert (face.width, face.height, face.padding) == (0, 0, None)
    assert "the image of a face at byte" in note


def test_another_format_than_stated_is_a_note() -> None:
    face, notes = parse(block(representation(picture=flat(JP2))))
    assert face.image_type.name == "JP2"
    assert notes == ("the header of a face names another type of image than it has",)
    extension = members((0xA0, members((0xA1, members((0x85, b"of a later edition"))))))
    face, notes = parse(block(representation(picture=flat(JP2, extension))))
    assert face.data_format is None, "the extension of this one has no fallback"
    assert [item.path[-5:] for item in face.unknown] == ["A1/85"]
    assert notes == ()


@pytest.mark.parametrize(
    ("code", "kind"), [(0, FaceImageType.MRTD), (1, FaceImageType.GENERAL_PURPOSE), (2, 2)]
)
def test_kinds_of_images(code: int, kind: FaceImageType | int) -> None:
    said = INFORMATION + members((0xA1, members((0x80, bytes((code,))))))
    face, notes = parse(block(representation(picture=flat(information=said))))
    assert (face.face_image_type, notes) == (kind, ())


def test_codes_of_a_later_edition_have_a_fallback() -> None:
    later = members((0xA1, members((0x80, b"\x03"), (0x81, b"\x63"))))
    face, _ = parse(block(representation((0xA8, members((0xA0, later))))))
    assert face.gender is Gender.FEMALE
    assert face.unknown == (Unknown(f"{REPRESENTATION}/A8/A0/A1/81", b"\x63"),)


@pytest.mark.parametrize(
    ("tag", "content", "problem", "place"),
    [
        (0x85, b"", "not an INTEGER of 1 to 8 bytes", "85"),
        (0x85, bytes(9), "not an INTEGER of 1 to 8 bytes", "85"),
        (0x86, b"\xff", "the number is out of its range", "86"),
        (0xA2, b"", "the data object 80 is missing", "A2"),
        (
            0xA2,
            members((0x80, b"\x07"), (0x81, b"\x0d")),
            "the number is out of its range",
            "A2/81",
        ),
        (0xA2, b"\x80\x05", "5 bytes declared, 0 are there", "A2/80"),
        (0xA3, members((0x31, b"")), "a member with another tag than 30", "A3/31"),
        (0xA3, members((0x30, b"")), "the data object A0 is missing", "A3/30"),
        (0xA4, members((0x85, b"\x65")), "the number is out of its range", "A4/85"),
        (0xA7, members((0xA0, b"")), "the data object 80 is missing", "A7/A0"),
        (0xA8, members((0x83, b"\x00")), "the number is out of its range", "A8/83"),
        (0xA9, members(*[(0x30, b"")] * (MAX_LISTED + 1)), "more than 256 members", "A9/30"),
        (0xA9, members((0x30, b"")), "the data object A0 is missing", "A9/30"),
    ],
)
def test_a_malformed_member_is_noted_and_kept_and_costs_nothing_else(
    tag: int, content: bytes, problem: str, place: str
) -> None:
    face, notes = parse(block(representation((tag, content), (0x8F, b"later"))))
    assert face.image == JPEG
    assert len(notes) == 1
    assert notes[0].startswith(f"{REPRESENTATION}/{place} at byte ")
    assert notes[0].endswith(problem)
    assert Unknown(f"{REPRESENTATION}/{tag:02X}", content) in face.unknown


@pytest.mark.parametrize(
    ("member", "content", "problem"),
    [
        (0xA4, members((0x80, b"\xff\xff")), "not a BOOLEAN"),
        (0xA4, members((0x80, b"\xff"), (0x80, b"\xff")), "the data object stands twice"),
        (0xA5, members((0x80, b"")), "not a BOOLEAN"),
        (0xA6, members((0xA0, members((0x80, b"\x00\xb5")))), "the number is out of its range"),
    ],
)
def test_a_malformed_part_leaves_the_person_the_rest(
    member: int, content: bytes, problem: str
) -> None:
    gender = (0xA0, members((0x80, b"\x02")))
    face, notes = parse(block(representation((0xA8, members(gender, (member, content))))))
    assert face.gender is Gender.MALE
    assert len(face.unknown) == 1
    assert len(notes) == 1
    assert notes[0].endswith(problem)


@pytest.mark.parametrize("member", [0xA2, 0xA7, 0xA8, 0xAA])
def test_a_malformed_part_leaves_the_image_the_rest(member: int) -> None:
    information = INFORMATION + members((member, members((0x80, b""), (0x80, b""))))
    face, notes = parse(block(representation(picture=flat(information=information))))
    assert face.data_format is DataFormat.JPEG
    assert notes[0].endswith("the data object stands twice")


def test_malformed_information_leaves_the_image() -> None:
    face, notes = parse(block(representation(picture=flat(information=b"\x80"))))
    assert (face.image, face.data_format, face.width) == (JPEG, None, 240)
    assert len(notes) == 1


def test_a_malformed_device_is_noted() -> None:
    device = (0xA2, members((0xA0, members((0x80, b""))), (0xA1, members((0x80, b"\x02")))))
    face, notes = parse(block(representation(picture=flat(more=(device,)))))
    assert str(face.source) == "Source.CAMERA"
    assert notes[0].endswith("not a BOOLEAN")
    broken = (0xA2, b"\x80")
    assert parse(block(representation(picture=flat(more=(broken,)))))[0].source is None


def test_unknown_members_are_kept_within_bounds() -> None:
    many = tuple((0x9F00 | number, bytes((number,))) for number in range(1, 101))
    face, notes = parse(block(representation(*many), more=members((0x85, b"at the end"))))
    assert len(face.unknown) == MAX_UNKNOWN
    assert face.unknown[0] == Unknown(f"{INNER}/85", b"at the end")
    assert face.unknown[1] == Unknown(f"{REPRESENTATION}/9F01", b"\x01")
    assert notes == (f"more than {MAX_UNKNOWN} unknown data objects in a face",)


def landmark(kind: bytes, place: bytes = b"") -> bytes:
    rest = ((0xA1, place),) if place else ()
    return tlv.build(0x30, members((0xA0, kind), *rest))


MPEG4 = members((0xA0, members((0xA0, members((0x80, b"\x54"))))))


@pytest.mark.parametrize(
    "kind",
    [
        b"",
        members((0xA1, b"")),
        members((0xA0, b"")),
        members((0xA0, members((0xA0, members((0xA1, b"")))))),
        members((0xA0, members((0xA0, members((0x80, b"\x58")))))),
        members((0xA0, members((0xA1, members((0xA1, b"")))))),
        members((0xA0, members((0xA1, members((0xA0, b"")))))),
        members((0xA0, members((0xA1, members((0xA0, members((0xA0, b"")))))))),
    ],
)
def test_landmarks_of_an_unknown_kind_are_kept_as_unknown(kind: bytes) -> None:
    face, notes = parse(block(representation((0xA9, landmark(kind) + landmark(MPEG4)))))
    assert face.feature_points == (FeaturePoint(PointKind.MPEG4, 0xC1),)
    assert f"{REPRESENTATION}/A9/30" in [item.path for item in face.unknown]
    assert notes == ()


@pytest.mark.parametrize("place", [members((0xA1, b"")), members((0xA0, b""))])
def test_landmarks_in_unknown_coordinates(place: bytes) -> None:
    face, _ = parse(block(representation((0xA9, landmark(MPEG4, place)))))
    assert face.feature_points == (FeaturePoint(PointKind.MPEG4, 0xC1),)


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (Moment(2024), "2024"),
        (Moment(33, 4), "0033-04"),
        (Moment(2024, 4, 1), "2024-04-01"),
        (Moment(2024, 4, 1, 9, 5), "2024-04-01T09:05"),
        (Moment(2024, 4, 1, 9, 5, 7), "2024-04-01T09:05:07"),
        (Moment(2024, 4, 1, 9, 5, 7, 30), "2024-04-01T09:05:07.030"),
        (Moment(2024, None, 1), "2024"),
    ],
)
def test_moments_as_text(moment: Moment, text: str) -> None:
    assert str(moment) == text


NO_IMAGE = members((0x80, b"\x00"), (0xA1, members((0xA0, members((0xA1, b""))))))


@pytest.mark.parametrize(
    ("content", "where", "problem"),
    [
        (tlv.build(0x65, b""), INNER, "the data object A0 is missing"),
        (tlv.build(0x65, members((0xA0, VERSION))), INNER, "the data object A1 is missing"),
        (block(version=b""), f"{INNER}/A0", "the data object 80 is missing"),
        (block(), f"{INNER}/A1", f"not a number of faces from 1 to {MAX_FACES}"),
        (block(*[representation()] * 10), f"{INNER}/A1", "not a number of faces from 1 to 9"),
        (
            tlv.build(0x65, members((0xA0, VERSION), (0xA1, members((0x31, b""))))),
            f"{INNER}/A1/31",
            "a member with another tag than 30",
        ),
        (block(b""), REPRESENTATION, "the data object A1 is missing"),
        (block(members((0xA1, b""))), f"{REPRESENTATION}/A1", "the data object A0 is missing"),
        (block(NO_IMAGE), f"{REPRESENTATION}/A1/A0", "the data object A0 is missing"),
        (
            block(representation(picture=b"")),
            f"{REPRESENTATION}/A1/A0/A0",
            "the data object 80 is missing",
        ),
        (
            block(representation(picture=flat(b"GIF89a"))),
            f"{REPRESENTATION}/A1/A0/A0/80",
            "the image is neither JPEG nor JPEG 2000",
        ),
        (
            block(representation((0x80, b"\x01"))),
            f"{REPRESENTATION}/80",
            "the data object stands twice",
        ),
    ],
)
def test_without_an_image_there_is_no_face(content: bytes, where: str, problem: str) -> None:
    with pytest.raises(FormatError) as caught:
        parse(content)
    assert (caught.value.where, caught.value.problem) == (where, problem)


def test_more_than_one_record_in_a_template() -> None:
    with pytest.raises(FormatError, match="more than one record in the biometric data"):
        parse(block(representation()) * 2)
