"""Face image data blocks of ISO/IEC 39794-5.

Source: ISO/IEC 39794-5:2019 and ISO/IEC 39794-1:2019 (ASN.1 modules, edition 1), as profiled in the
ICAO Technical Report "ISO/IEC 39794-5 Application Profile for eMRTDs"; Doc 9303-10 §4.5.6. The
names of the members are those of the modules. A member that is malformed is noted and kept as it
is; only without an image is there no face.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from epass import tlv
from epass.lds.blocks import SEQUENCE, Block, Findings, integer, listed
from epass.lds.capture import (
    NO_SPECTRA,
    Spectra,
    capture_device,
    device_spectra,
    moment,
    pad_data,
    scores,
    with_spectra,
)
from epass.lds.cbeff import FACE, MAX_TEMPLATES, BiometricHeader
from epass.lds.face_19794 import measured, recognised
from epass.lds.face_record import Angle, Face, Measurements, Optics, Pose, Processing
from epass.lds.face_terms import (
    ColorSpace,
    DataFormat,
    Encoding,
    Expression,
    EyeColor,
    FaceImageType,
    Gender,
    HairColor,
    LossyAttempts,
    Property,
    Source,
    Step,
)
from epass.lds.image import ImageType
from epass.lds.landmarks import landmarks

MAX_FACES = MAX_TEMPLATES  # the ICAO profile has one representation in a block
SHORT = 0xFFFF

GENDERS: Mapping[int, Gender] = MappingProxyType(
    {0: Gender.UNKNOWN, 1: Gender.OTHER, 2: Gender.MALE, 3: Gender.FEMALE}
)
EYE_COLORS: Mapping[int, EyeColor] = MappingProxyType(
    {
        0: EyeColor.UNKNOWN,
        1: EyeColor.OTHER,
        2: EyeColor.BLACK,
        3: EyeColor.BLUE,
        4: EyeColor.BROWN,
        5: EyeColor.GRAY,
        6: EyeColor.GREEN,
        7: EyeColor.HAZEL,
        8: EyeColor.MULTI_COLORED,
        9: EyeColor.PINK,
    }
)
HAIR_COLORS: Mapping[int, HairColor] = MappingProxyType(
    {
        0: HairColor.UNKNOWN,
        1: HairColor.OTHER,
        2: HairColor.BALD,
        3: HairColor.BLACK,
        4: HairColor.BLONDE,
        5: HairColor.BROWN,
        6: HairColor.GRAY,
        7: HairColor.WHITE,
        8: HairColor.RED,
        9: HairColor.COLORED,
    }
)
PROPERTIES = tuple(Property)
EXPRESSIONS = (
    Expression.NEUTRAL,
    Expression.SMILE,
    Expression.RAISED_EYEBROWS,
    Expression.LOOKING_AWAY,
    Expression.SQUINTING,
    Expression.FROWNING,
)
STEPS = tuple(Step)
FACE_IMAGE_TYPES: Mapping[int, FaceImageType] = MappingProxyType(
    {0: FaceImageType.MRTD, 1: FaceImageType.GENERAL_PURPOSE}
)
DATA_FORMATS: Mapping[int, DataFormat] = MappingProxyType(
    {2: DataFormat.JPEG, 3: DataFormat.JPEG2000_LOSSY, 4: DataFormat.JPEG2000_LOSSLESS}
)
COLOR_SPACES: Mapping[int, ColorSpace] = MappingProxyType(
    {
        0: ColorSpace.UNSPECIFIED,
        1: ColorSpace.OTHER,
        2: ColorSpace.RGB24,
        3: ColorSpace.RGB48,
        4: ColorSpace.YUV422,
        5: ColorSpace.GRAY8,
        6: ColorSpace.GRAY16,
    }
)
LOSSY_ATTEMPTS: Mapping[int, LossyAttempts] = MappingProxyType(dict(enumerate(LossyAttempts)))
SOURCES: Mapping[int, Source] = MappingProxyType(
    {
        0: Source.UNKNOWN,
        1: Source.PHOTOGRAPH,
        2: Source.CAMERA,
        3: Source.SCANNER,
        4: Source.VIDEO,
        5: Source.ANALOGUE_VIDEO,
        6: Source.DIGITAL_VIDEO,
    }
)


@dataclass(frozen=True, slots=True)
class _Information:
    """What is said of an image beside the image."""

    data_format: DataFormat | int | None = None
    kind: FaceImageType | int | None = None
    size: tuple[int, int] | None = None
    color_space: ColorSpace | int | None = None
    optics: Optics | None = None
    measurements: Measurements | None = None
    processing: Processing | None = None


@dataclass(frozen=True, slots=True)
class _Identity:
    """What is said of the person."""

    gender: Gender | int | None = None
    eye_color: EyeColor | int | None = None
    hair_color: HairColor | int | None = None
    subject_height: int | None = None
    properties: tuple[tuple[Property, ...], tuple[Property, ...]] = ((), ())
    expressions: tuple[tuple[Expression, ...], tuple[Expression, ...]] = ((), ())
    pose: Pose = field(default=Pose())


@dataclass(frozen=True, slots=True)
class _Picture:
    """The image itself, with the item that holds it."""

    item: tlv.Tlv
    information: _Information
    source: Source | int | None
    spectra: Spectra


def parse(record: tlv.Tlv, header: BiometricHeader, notes: list[str]) -> Iterator[Face]:
    """The faces of ``record``, a data object 65; ``notes`` gets what is off but does no harm.

    Raises:
        FormatError: with the place of the first fault.
    """
    if record.tag != FACE:
        raise record.fail("a biometric record, but not of a face")
    findings = Findings(notes)
    with Block(record, findings) as block:
        version = _version(block.require(0), findings)
        representations = block.require(1)
    children = listed(representations, SEQUENCE, lambda child: child)
    if not 1 <= len(children) <= MAX_FACES:
        raise representations.fail(f"not a number of faces from 1 to {MAX_FACES}")
    for item in children:
        yield _face(item, version, header, findings)
        findings = Findings(notes)


def _version(item: tlv.Tlv, findings: Findings) -> str:
    with Block(item, findings) as block:
        generation, year = block.require_number(0), block.require_number(1)
    return f"{generation}.{year}"


def _face(item: tlv.Tlv, version: str, header: BiometricHeader, findings: Findings) -> Face:
    with Block(item, findings) as block:
        picture = _picture(block.require(1), findings)
        representation, session, derived_from = (
            findings.tried(_number, block.primitive(number)) for number in (0, 5, 6)
        )
        captured = findings.tried(moment, block.inner(2))
        quality = findings.tried(scores, block.inner(3)) or ()
        pad = findings.tried(pad_data, block.inner(4))
        device = findings.tried(capture_device, block.inner(7))
        identity = findings.tried(_identity, block.inner(8)) or _Identity()
        points = findings.tried(landmarks, block.inner(9)) or ()
    return replace(
        _pictured(picture, version, findings.notes),
        header=header,
        gender=identity.gender,
        eye_color=identity.eye_color,
        hair_color=identity.hair_color,
        subject_height=identity.subject_height,
        properties=identity.properties[0],
        properties_absent=identity.properties[1],
        expressions=identity.expressions[0],
        expressions_absent=identity.expressions[1],
        pose=identity.pose,
        feature_points=points,
        device=with_spectra(device, picture.spectra),
        scores=quality,
        captured=captured,
        pad=pad,
        representation=representation,
        session=session,
        derived_from=derived_from,
        unknown=tuple(findings.unknown),
    )


def _pictured(picture: _Picture, version: str, notes: list[str]) -> Face:
    """A face of which nothing but its picture is known."""
    information, image = picture.information, picture.item.value
    image_type = recognised(picture.item, image)
    size, padding = measured(image, information.size, notes)
    if not _agree(information.data_format, image_type):
        notes.append("the header of a face names another type of image than it has")
    return Face(
        image=image,
        image_type=image_type,
        width=size[0],
        height=size[1],
        offset=picture.item.start,
        encoding=Encoding.ISO_39794_5,
        version=version,
        padding=padding,
        data_format=information.data_format,
        face_image_type=information.kind,
        color_space=information.color_space,
        source=picture.source,
        optics=information.optics,
        measurements=information.measurements,
        processing=information.processing,
    )


def _number(item: tlv.Tlv, _: Findings) -> int:
    return integer(item)


def _agree(stated: DataFormat | int | None, image_type: ImageType) -> bool:
    """Whether an image of ``image_type`` may be called that; nothing is no contradiction."""
    return stated is None or (stated is DataFormat.JPEG) is (image_type is ImageType.JPEG)


def _picture(item: tlv.Tlv, findings: Findings) -> _Picture:
    """ImageRepresentation: a choice, in it a choice, of which only images in two dimensions are
    of the profile.
    """
    with Block(item, findings) as choice:
        base = choice.require(0)
    with Block(base, findings) as choice:
        flat = choice.require(0)
    with Block(flat, findings) as block:
        image = block.require_octets(0)
        information = findings.tried(_information, block.inner(1)) or _Information()
        device = findings.tried(_device, block.inner(2)) or (None, NO_SPECTRA)
    return _Picture(image, information, *device)


def _device(item: tlv.Tlv, findings: Findings) -> tuple[Source | int | None, Spectra]:
    with Block(item, findings) as block:
        spectra = findings.tried(device_spectra, block.inner(0)) or NO_SPECTRA
        return block.term(1, SOURCES), spectra


def _information(item: tlv.Tlv, findings: Findings) -> _Information:
    with Block(item, findings) as block:
        stated = block.term(0, DATA_FORMATS)
        kind = block.term(1, FACE_IMAGE_TYPES)
        steps = findings.tried(_steps, block.inner(2)) or ((), ())
        attempts = block.term(3, LOSSY_ATTEMPTS)
        optics = Optics(
            block.number(4, 0, 50_000), block.number(5, 0, 2000), block.number(6, 0, 2000)
        )
        size = findings.tried(_size, block.inner(7))
        measurements = findings.tried(_measurements, block.inner(8))
        color_space = block.term(9, COLOR_SPACES)
        schema, references = findings.tried(_colors, block.inner(10)) or (None, ())
    processing = Processing(*steps, attempts, schema, references)
    return _Information(
        stated,
        kind,
        size,
        color_space,
        None if optics == Optics() else optics,
        measurements,
        None if processing == Processing() else processing,
    )


def _steps(item: tlv.Tlv, findings: Findings) -> tuple[tuple[Step, ...], tuple[Step, ...]]:
    with Block(item, findings) as block:
        return block.flags(STEPS)


def _size(item: tlv.Tlv, findings: Findings) -> tuple[int, int]:
    with Block(item, findings) as block:
        return block.require_number(0, 0, SHORT), block.require_number(1, 0, SHORT)


def _measurements(item: tlv.Tlv, findings: Findings) -> Measurements:
    with Block(item, findings) as block:
        return Measurements(*(block.number(number) for number in range(4)))


def _colors(
    item: tlv.Tlv, findings: Findings
) -> tuple[bytes | None, tuple[tuple[bytes | None, bytes | None], ...]]:
    """ReferenceColourMappingBlock: a schema, and definitions with their values."""

    def reference(child: tlv.Tlv) -> tuple[bytes | None, bytes | None]:
        with Block(child, findings) as block:
            return block.octets(0), block.octets(1)

    with Block(item, findings) as block:
        return block.octets(0), listed(block.inner(1), SEQUENCE, reference)


def _identity(item: tlv.Tlv, findings: Findings) -> _Identity:
    with Block(item, findings) as block:
        return _Identity(
            block.term(0, GENDERS),
            block.term(1, EYE_COLORS),
            block.term(2, HAIR_COLORS),
            block.number(3, 1, SHORT),
            findings.tried(_properties, block.inner(4)) or ((), ()),
            findings.tried(_expressions, block.inner(5)) or ((), ()),
            findings.tried(_pose, block.inner(6)) or Pose(),
        )


def _properties(
    item: tlv.Tlv, findings: Findings
) -> tuple[tuple[Property, ...], tuple[Property, ...]]:
    with Block(item, findings) as block:
        return block.flags(PROPERTIES)


def _expressions(
    item: tlv.Tlv, findings: Findings
) -> tuple[tuple[Expression, ...], tuple[Expression, ...]]:
    with Block(item, findings) as block:
        return block.flags(EXPRESSIONS)


def _pose(item: tlv.Tlv, findings: Findings) -> Pose:
    with Block(item, findings) as block:
        return Pose(*(findings.tried(_angle, block.inner(number)) for number in range(3)))


def _angle(item: tlv.Tlv, findings: Findings) -> Angle:
    with Block(item, findings) as block:
        return Angle(block.require_number(0, -180, 180), block.number(1, 0, 180))
