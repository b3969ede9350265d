"""Face image records of ISO/IEC 19794-5, first edition.

Source: ISO/IEC 19794-5:2005 §5.4 (record), §5.5 (information), §5.6 (feature points), §5.7 (image
information), §5.8 (image). Numbers are big-endian; lengths are in bytes.
"""

from collections.abc import Iterator, Mapping
from struct import Struct
from types import MappingProxyType
from typing import Any, TypeVar

from epass import tlv
from epass.errors import FormatError, UnsupportedError
from epass.lds.cbeff import BiometricHeader
from epass.lds.face_record import Angle, Face, FeaturePoint, Pose
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
from epass.lds.image import ImageType, Measured

_Term = TypeVar("_Term")

FORMAT, VERSION = b"FAC\x00", b"010\x00"  # §5.4
RECORD_HEADER = Struct(">4s4sIH")
FACE_HEADER = Struct(">IHBBB3sH3s3s")  # §5.5
FEATURE_POINT = Struct(">BBHHxx")  # §5.6
IMAGE_HEADER = Struct(">BBHHBBHH")  # §5.7
MAX_FACES = 9  # Doc 9303-10 table 45
LENGTH_SLACK = 8  # New Zealand has issued records whose length is off by 8, the UK by 1
PADDING = (0x00, 0xFF)

GENDERS: Mapping[int, Gender] = MappingProxyType(
    {0: Gender.UNSPECIFIED, 1: Gender.MALE, 2: Gender.FEMALE, 0xFF: Gender.UNKNOWN}
)
EYE_COLORS: Mapping[int, EyeColor] = MappingProxyType(
    {
        0: EyeColor.UNSPECIFIED,
        1: EyeColor.BLACK,
        2: EyeColor.BLUE,
        3: EyeColor.BROWN,
        4: EyeColor.GRAY,
        5: EyeColor.GREEN,
        6: EyeColor.MULTI_COLORED,
        7: EyeColor.PINK,
        0xFF: EyeColor.UNKNOWN,
    }
)
HAIR_COLORS: Mapping[int, HairColor] = MappingProxyType(
    {
        0: HairColor.UNSPECIFIED,
        1: HairColor.BALD,
        2: HairColor.BLACK,
        3: HairColor.BLONDE,
        4: HairColor.BROWN,
        5: HairColor.GRAY,
        6: HairColor.WHITE,
        7: HairColor.RED,
        0xFF: HairColor.UNKNOWN,
    }
)
# §5.5.6: bit 0, the lowest, says that the others are specified at all.
PROPERTIES = tuple(item for item in Property if item is not Property.HEAD_COVERING)
EXPRESSIONS: Mapping[int, Expression] = MappingProxyType(
    {
        1: Expression.NEUTRAL,
        2: Expression.SMILE_CLOSED,
        3: Expression.SMILE_OPEN,
        4: Expression.RAISED_EYEBROWS,
        5: Expression.LOOKING_AWAY,
        6: Expression.SQUINTING,
        7: Expression.FROWNING,
    }
)
POINT_KINDS: Mapping[int, PointKind] = MappingProxyType({1: PointKind.MPEG4})
FACE_IMAGE_TYPES: Mapping[int, FaceImageType] = MappingProxyType(
    {0: FaceImageType.BASIC, 1: FaceImageType.FULL_FRONTAL, 2: FaceImageType.TOKEN_FRONTAL}
)
DATA_FORMATS: Mapping[int, DataFormat] = MappingProxyType(
    {0: DataFormat.JPEG, 1: DataFormat.JPEG2000}
)
COLOR_SPACES: Mapping[int, ColorSpace] = MappingProxyType(
    {
        0: ColorSpace.UNSPECIFIED,
        1: ColorSpace.RGB24,
        2: ColorSpace.YUV422,
        3: ColorSpace.GRAY8,
        4: ColorSpace.OTHER,
    }
)
SOURCES: Mapping[int, Source] = MappingProxyType(
    {
        0: Source.UNSPECIFIED,
        1: Source.PHOTOGRAPH,
        2: Source.CAMERA,
        3: Source.SCANNER,
        4: Source.VIDEO,
        5: Source.ANALOGUE_VIDEO,
        6: Source.DIGITAL_VIDEO,
        7: Source.UNKNOWN,
    }
)


def parse(block: tlv.Tlv, header: BiometricHeader, notes: list[str]) -> Iterator[Face]:
    """The faces of the record in ``block``; ``notes`` gets what is off but does no harm.

    Raises:
        FormatError: with the place of the first fault.
        UnsupportedError: the record is of a later edition, which no document may hold.
    """
    if not block.value.startswith(FORMAT):
        raise block.fail("not a face image record of ISO/IEC 19794-5")
    _, version, length, count = _unpack(block, RECORD_HEADER, 0)
    if version != VERSION:
        raise UnsupportedError("DG2 is encoded in an edition of ISO/IEC 19794-5 other than 2005")
    if not 1 <= count <= MAX_FACES:
        raise block.fail(f"not a number of faces from 1 to {MAX_FACES}", RECORD_HEADER.size - 2)
    _tolerate(block, length, 8, notes, "the length of the face record")
    at = RECORD_HEADER.size
    for left in reversed(range(count)):
        end = _end(block, at, notes, is_last=not left)
        yield _face(block, (at, end), header, notes)
        at = end


def _end(block: tlv.Tlv, at: int, notes: list[str], *, is_last: bool) -> int:
    """The end of the face ``at``. What the last one leaves over of the record is taken as its own
    within LENGTH_SLACK: a length that is short by a little would cost the end of the image.
    """
    length, *_rest = _unpack(block, FACE_HEADER, at)
    end, there = at + length, len(block.value)
    if end > there:
        _tolerate(block, end, at, notes, "the length of the last face")
        return there
    if is_last:
        _tolerate(block, end, end, notes, "the end of the last face")
    return there if is_last and there - end <= LENGTH_SLACK else end


def _face(block: tlv.Tlv, span: tuple[int, int], header: BiometricHeader, notes: list[str]) -> Face:
    """The face that starts and ends at ``span``."""
    at, end = span
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
    image_type = recognised(block, image, start)
    if data_type != image_type.data_type:
        notes.append("the header of a face names another type of image than it has")
    size, padding = measured(image, (width, height), notes)
    present, absent = _properties(int.from_bytes(features))
    return Face(
        image=image,
        image_type=image_type,
        width=size[0],
        height=size[1],
        offset=block.start + start,
        encoding=Encoding.ISO_19794_5,
        version=VERSION.rstrip(b"\x00").decode(),
        padding=padding,
        header=header,
        data_format=_term(data_type, DATA_FORMATS),
        gender=_term(gender, GENDERS),
        eye_color=_term(eyes, EYE_COLORS),
        hair_color=_term(hair, HAIR_COLORS),
        properties=present,
        properties_absent=absent,
        expressions=(_term(expression, EXPRESSIONS),) if expression else (),
        pose=_pose(pose, uncertainty, notes),
        feature_points=tuple(_points(block, first, picture)),
        face_image_type=_term(kind, FACE_IMAGE_TYPES),
        color_space=_term(color_space, COLOR_SPACES),
        source=_term(source, SOURCES),
        device=device,
        quality=quality,
    )


def recognised(item: tlv.Tlv, image: bytes, at: int = 0) -> ImageType:
    """What ``image`` is, ``at`` bytes into the value of ``item``.

    Raises:
        FormatError: it is neither JPEG nor JPEG 2000.
    """
    image_type = ImageType.of(image)
    if image_type is None:
        raise item.fail("the image is neither JPEG nor JPEG 2000", at)
    return image_type


def measured(
    image: bytes, declared: tuple[int, int] | None, notes: list[str]
) -> tuple[tuple[int, int], int | None]:
    """Width and height, declared or else the image's own, and its padding.

    What is wrong with the image, or with what is declared of it, is a note: the image is kept, and
    whoever decodes it is told once more.
    """
    try:
        found = Measured.of(image, where="the image of a face")
    except FormatError as fault:
        notes.append(fault.message)
        return declared or (0, 0), None
    if found.padding:
        notes.append(f"{found.padding} bytes follow the image of a face")
    own = (found.width, found.height)
    if declared is not None and declared != own:
        notes.append("the header of a face states another size than its image has")
    return declared or own, found.padding


def _properties(mask: int) -> tuple[tuple[Property | int, ...], tuple[Property | int, ...]]:
    """What is there and what is not; an unknown bit that is set by its number."""
    if not mask & 1:
        return (), ()
    known: list[Property | int] = [
        item for bit, item in enumerate(PROPERTIES, 1) if mask >> bit & 1
    ]
    more = [bit for bit in range(len(PROPERTIES) + 1, 24) if mask >> bit & 1]
    return (*known, *more), tuple(item for item in PROPERTIES if item not in known)


def _pose(angles: bytes, uncertainties: bytes, notes: list[str]) -> Pose:
    """§5.5.8 and §5.5.9: degrees are halved and counted from 1, negative ones from 181 down;
    uncertainties are counted from 1. 0 is unspecified.
    """
    if max(angles + uncertainties) > 181:
        notes.append("a pose angle of a face is none")
    pairs = zip(angles, uncertainties, strict=True)
    yaw, pitch, roll = (_angle(angle, uncertainty) for angle, uncertainty in pairs)
    return Pose(yaw, pitch, roll)


def _angle(code: int, uncertainty: int) -> Angle | None:
    degrees = None
    if 1 <= code <= 181:
        degrees = 2 * (code - 1 if code <= 91 else code - 181)
    off = uncertainty - 1 if 1 <= uncertainty <= 181 else None
    return None if degrees is None and off is None else Angle(degrees, off)


def _points(block: tlv.Tlv, first: int, end: int) -> Iterator[FeaturePoint]:
    for at in range(first, end, FEATURE_POINT.size):
        kind, code, x, y = _unpack(block, FEATURE_POINT, at)
        yield FeaturePoint(_term(kind, POINT_KINDS), code, x, y)


def _term(code: int, terms: Mapping[int, _Term]) -> _Term | int:
    return terms.get(code, code)


def _unpack(block: tlv.Tlv, layout: Struct, at: int) -> tuple[Any, ...]:
    if at + layout.size > len(block.value):
        raise block.fail(f"the record ends, {layout.size} bytes are missing", at)
    return layout.unpack_from(block.value, at)


def _tolerate(block: tlv.Tlv, end: int, at: int, notes: list[str], what: str) -> None:
    """Note that ``end`` is not that of ``block``, by up to LENGTH_SLACK or for mere padding."""
    off = abs(len(block.value) - end)
    rest = block.value[end:]
    is_padding = rest and rest[0] in PADDING and not rest.strip(rest[:1])
    if off > LENGTH_SLACK and not is_padding:
        raise block.fail(f"{what} is off by {off} bytes", at)
    if off:
        notes.append(f"{what} is off by {off} bytes")
