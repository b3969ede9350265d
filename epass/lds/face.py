"""DG2: the portraits of the holder.

Source: ICAO Doc 9303-10 §4.7.2, tables 43 to 45; ISO/IEC 19794-5:2005 §5 (face image record).
Images are handed out byte for byte and decoded nowhere in here. Everything is personal data and
stays out of reprs and errors.
"""

from dataclasses import dataclass, field
from enum import Enum
from struct import Struct
from typing import Any, NamedTuple, Self

from epass import tlv
from epass.errors import UnsupportedError

DG2, GROUP_TEMPLATE, COUNT, TEMPLATE = 0x75, 0x7F61, 0x02, 0x7F60
HEADER_TEMPLATE, DATA, CONSTRUCTED_DATA, STANDARDIZED = 0xA1, 0x5F2E, 0x7F2E, 0xA1

FORMAT, VERSION = b"FAC\x00", b"010\x00"  # ISO/IEC 19794-5 §5.4
RECORD_HEADER = Struct(">4s4sIH")  # §5.4
FACE_HEADER = Struct(">IHBBB3sH3s3s")  # §5.5
FEATURE_POINT = Struct(">BBHHxx")  # §5.6
IMAGE_HEADER = Struct(">BBHHBBHH")  # §5.7
MAX_FACES = 9  # Doc 9303-10 table 45
LENGTH_SLACK = 8  # New Zealand has issued records whose length is off by 8, the UK by 1


class ImageType(Enum):
    """The encodings that DG2 has: media type, first bytes, and image data type of §5.7.2."""

    JPEG = ("image/jpeg", b"\xff\xd8\xff", 0)
    JP2 = ("image/jp2", b"\x00\x00\x00\x0cjP  \r\n\x87\n", 1)
    J2K = ("image/j2c", b"\xff\x4f\xff\x51", 1)  # a JPEG 2000 codestream without the JP2 file

    def __init__(self, mime: str, magic: bytes, data_type: int) -> None:
        self.mime = mime
        self.magic = magic
        self.data_type = data_type


class FeaturePoint(NamedTuple):
    """A point of §5.6, by its MPEG-4 code; ``x`` and ``y`` are in pixels."""

    kind: int
    code: int
    x: int
    y: int


@dataclass(frozen=True, slots=True)
class Face:
    """One portrait. ``image`` is the file as stored; ``width`` and ``height`` are declared.

    The numbers are the codes of ISO/IEC 19794-5 §5.5 and §5.7. ``pose`` and
    ``pose_uncertainty`` are yaw, pitch and roll. ``offset`` is that of the image in DG2.
    """

    image: bytes = field(repr=False)
    image_type: ImageType
    width: int
    height: int
    offset: int
    gender: int = field(repr=False)
    eye_color: int = field(repr=False)
    hair_color: int = field(repr=False)
    features: bytes = field(repr=False)
    expression: int = field(repr=False)
    pose: tuple[int, int, int] = field(repr=False)
    pose_uncertainty: tuple[int, int, int] = field(repr=False)
    feature_points: tuple[FeaturePoint, ...] = field(repr=False)
    face_image_type: int
    color_space: int
    source: int
    device: int
    quality: int


@dataclass(frozen=True, slots=True)
class Dg2:
    """All portraits, the most recent first. ``notes`` are deviations that do no harm."""

    faces: tuple[Face, ...]
    notes: tuple[str, ...] = ()

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Parse the whole file.

        Raises:
            FormatError: with the tag path and byte offset of the first fault.
            UnsupportedError: the faces are encoded in ISO/IEC 39794-5, or in a later edition
                of ISO/IEC 19794-5.
        """
        group = tlv.parse_one(data, DG2, where="DG2").require(GROUP_TEMPLATE)
        count, templates = group.require(COUNT), group.children()[1:]
        if group.children()[0].tag != COUNT or any(item.tag != TEMPLATE for item in templates):
            raise group.fail("not a number of templates and the templates")
        if len(count.value) != 1 or not 1 <= count.value[0] <= MAX_FACES:
            raise count.fail(f"not a number from 1 to {MAX_FACES}")
        if len(templates) != count.value[0]:
            raise count.fail(f"{count.value[0]} templates announced, {len(templates)} are there")
        faces: list[Face] = []
        notes: list[str] = []
        for template in templates:
            faces += _faces(_biometric_data(template), notes)
        return cls(tuple(faces), tuple(notes))


def _biometric_data(template: tlv.Tlv) -> tlv.Tlv:
    template.require(HEADER_TEMPLATE)
    blocks = [item for item in template.children() if item.tag in (DATA, CONSTRUCTED_DATA)]
    if len(blocks) != 1:
        raise template.fail("not one biometric data block, 5F2E or 7F2E")
    if blocks[0].tag == CONSTRUCTED_DATA and blocks[0].value[:1] == bytes((STANDARDIZED,)):
        raise UnsupportedError("DG2 is encoded in ISO/IEC 39794-5, which epass cannot show yet")
    return blocks[0]


def _faces(block: tlv.Tlv, notes: list[str]) -> list[Face]:
    """The faces of one face image record, §5.2."""
    if not block.value.startswith(FORMAT):
        raise block.fail("not a face image record of ISO/IEC 19794-5")
    _, version, length, count = _unpack(block, RECORD_HEADER, 0)
    if version != VERSION:
        raise UnsupportedError("DG2 is encoded in an edition of ISO/IEC 19794-5 other than 2005")
    if not 1 <= count <= MAX_FACES:
        raise block.fail(f"not a number of faces from 1 to {MAX_FACES}", RECORD_HEADER.size - 2)
    _tolerate(block, length - len(block.value), 8, notes, "the length of the face record")
    faces, at = [], RECORD_HEADER.size
    for _ in range(count):
        length, *_rest = _unpack(block, FACE_HEADER, at)
        end = min(at + length, len(block.value))
        _tolerate(block, at + length - end, at, notes, "the length of the last face")
        faces.append(_face(block, at, end, notes))
        at = end
    _tolerate(block, len(block.value) - at, at, notes, "the end of the last face")
    return faces


def _face(block: tlv.Tlv, at: int, end: int, notes: list[str]) -> Face:
    """The face from ``at`` to ``end``: §5.5 information, §5.6 points, §5.7 image, §5.8 data."""
    _, points, gender, eyes, hair, features, expression, pose, uncertainty = _unpack(
        block, FACE_HEADER, at
    )
    first = at + FACE_HEADER.size
    picture = first + points * FEATURE_POINT.size
    start = picture + IMAGE_HEADER.size
    if start >= end:
        raise block.fail("the face ends before its image", at)
    kind, data_type, width, height, color_space, source, device, quality = _unpack(
        block, IMAGE_HEADER, picture
    )
    image = block.value[start:end]
    image_type = next((item for item in ImageType if image.startswith(item.magic)), None)
    if image_type is None:
        raise block.fail("the image is neither JPEG nor JPEG 2000", start)
    if data_type != image_type.data_type:
        notes.append("the header of a face names another type of image than it has")
    steps = range(first, picture, FEATURE_POINT.size)
    return Face(
        image=image,
        image_type=image_type,
        width=width,
        height=height,
        offset=block.start + start,
        gender=gender,
        eye_color=eyes,
        hair_color=hair,
        features=features,
        expression=expression,
        pose=tuple(pose),
        pose_uncertainty=tuple(uncertainty),
        feature_points=tuple(FeaturePoint(*_unpack(block, FEATURE_POINT, at)) for at in steps),
        face_image_type=kind,
        color_space=color_space,
        source=source,
        device=device,
        quality=quality,
    )


def _unpack(block: tlv.Tlv, layout: Struct, at: int) -> tuple[Any, ...]:
    if at + layout.size > len(block.value):
        raise block.fail(f"the record ends, {layout.size} bytes are missing", at)
    return layout.unpack_from(block.value, at)


def _tolerate(block: tlv.Tlv, off: int, at: int, notes: list[str], what: str) -> None:
    if abs(off) > LENGTH_SLACK:
        raise block.fail(f"{what} is off by {abs(off)} bytes", at)
    if off:
        notes.append(f"{what} is off by {abs(off)} bytes")
