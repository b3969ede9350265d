"""DG2: portraits in ISO/IEC 19794-5."""

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mutation import mutated

from epass import tlv
from epass.errors import EpassError, FormatError, UnsupportedError
from epass.lds.face import Dg2, FeaturePoint, ImageType
from epass.lds.names import File
from epass.sim.issuer import issue

JPEG = b"\xff\xd8\xff\xe0 a JPEG image\xff\xd9"
JP2 = b"\x00\x00\x00\x0cjP  \r\n\x87\n a JPEG 2000 image"
J2K = b"\xff\x4f\xff\x51 a codestream"
POINT = struct.pack(">BBHHH", 1, 0x31, 100, 200, 0)


def face(image: bytes = JPEG, kind: int = 0, points: bytes = b"", off: int = 0) -> bytes:
    length = 32 + len(points) + len(image) + off
    header = struct.pack(">IHBBB3sH3s3s", length, len(points) // 8, 2, 3, 4, b"\x01\x02\x03", 5,
                         b"\x06\x07\x08", b"\x09\x0a\x0b")  # fmt: skip
    return header + points + struct.pack(">BBHHBBHH", 1, kind, 240, 320, 1, 2, 3, 4) + image


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
    assert (portrait.gender, portrait.eye_color, portrait.hair_color) == (2, 3, 4)
    assert (portrait.features, portrait.expression) == (b"\x01\x02\x03", 5)
    assert portrait.pose == (6, 7, 8)
    assert portrait.pose_uncertainty == (9, 10, 11)
    assert portrait.feature_points == (FeaturePoint(1, 0x31, 100, 200),)
    assert (portrait.face_image_type, portrait.color_space) == (1, 1)
    assert (portrait.source, portrait.device, portrait.quality) == (2, 3, 4)


def test_all_faces_of_all_templates() -> None:
    parsed = Dg2.parse(dg2(template(record(face(), face(JP2, 1))), template(record(face(J2K, 1)))))
    assert [item.image for item in parsed.faces] == [JPEG, JP2, J2K]


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
    parsed = Dg2.parse(of(record(face() + b"\x00" * 3, count=1)))
    assert parsed.faces[0].image == JPEG
    assert parsed.notes == ("the end of the last face is off by 3 bytes",)


def test_a_wrong_image_type_in_the_header_is_a_note() -> None:
    parsed = Dg2.parse(of(record(face(JPEG, 1))))
    assert parsed.faces[0].image_type is ImageType.JPEG
    assert parsed.notes == ("the header of a face names another type of image than it has",)


HERE = "DG2/75/7F61/7F60/5F2E at byte"


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
            dg2(template(b""), tlv.build(0x53, b"")),
            "DG2/75/7F61 at byte 5: not a number of templates and the templates",
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
        (of(b"JFIF"), f"{HERE} 24: not a face image record of ISO/IEC 19794-5"),
        (of(record()[:13]), f"{HERE} 24: the record ends, 14 bytes are missing"),
        (of(record(count=0)), f"{HERE} 36: not a number of faces from 1 to 9"),
        (of(record(count=10)), f"{HERE} 36: not a number of faces from 1 to 9"),
        (of(record(face(), off=9)), f"{HERE} 32: the length of the face record is off by 9 bytes"),
        (of(record(face(), off=-9)), f"{HERE} 32: the length of the face record is off by 9"),
        (of(record(face(off=9))), f"{HERE} 38: the length of the last face is off by 9 bytes"),
        (of(record(face(), count=2)), f"{HERE} 89: the record ends, 20 bytes are missing"),
        (
            of(record(face() + bytes(9), count=1)),
            f"{HERE} 89: the end of the last face is off by 9 bytes",
        ),
        (of(record(face(b""))), f"{HERE} 38: the face ends before its image"),
        (of(record(face(b"GIF89a"))), f"{HERE} 70: the image is neither JPEG nor JPEG 2000"),
        (
            of(record(face()).replace(struct.pack(">H", 0) + b"\x02\x03", b"\xff\xff\x02\x03")),
            f"{HERE} 38: the face ends before its image",
        ),
    ],
)
def test_malformed(content: bytes, message: str) -> None:
    with pytest.raises(FormatError) as caught:
        Dg2.parse(content)
    assert str(caught.value).startswith(message)


def test_iso_39794_is_unsupported() -> None:
    content = dg2(template(tlv.build(0xA1, tlv.build(0x65, b"")), 0x7F2E))
    with pytest.raises(UnsupportedError, match="ISO/IEC 39794-5"):
        Dg2.parse(content)


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
        assert "JPEG image" not in str(fault)
    else:
        assert all(item.image in content for item in parsed.faces)


def test_nothing_shows_in_a_repr() -> None:
    shown = repr(Dg2.parse(VALID))
    assert "JPEG image" not in shown
    assert not {"gender", "eye_color", "hair_color", "feature_points", "pose"} & set(
        shown.replace("(", " ").replace("=", " ").replace(",", " ").split()
    )
