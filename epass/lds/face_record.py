"""One portrait and everything that its record says of it.

Source: ISO/IEC 19794-5:2005 §5, ISO/IEC 39794-5:2019 §7 with the ICAO application profile. Whatever
a record does not say is None or empty; what the parser does not know is kept with its tag path.
Everything here may be personal data and stays out of reprs.
"""

from dataclasses import dataclass, field
from typing import NamedTuple

from epass.lds.cbeff import BiometricHeader
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
    PadContext,
    PadCriteria,
    PadDecision,
    PadSupervision,
    PointKind,
    Property,
    Source,
    Spectrum,
    Step,
)
from epass.lds.image import ImageType


class FeaturePoint(NamedTuple):
    """A point of the face; ``x`` and ``y`` are in pixels from the upper left corner, ``z`` as the
    record has it. MPEG-4 codes have the group in the upper and the point in the lower four bits.
    """

    kind: PointKind | int
    code: int
    x: int | None = None
    y: int | None = None
    z: int | None = None

    @property
    def name(self) -> str:
        """As its scheme writes it: "12.1" is the centre of the left eye in MPEG-4."""
        is_mpeg4 = self.kind is PointKind.MPEG4
        return f"{self.code >> 4}.{self.code & 0x0F}" if is_mpeg4 else str(self.code)


@dataclass(frozen=True, slots=True)
class Angle:
    """Degrees from the full frontal pose, and how many degrees that may be off."""

    degrees: int | None
    uncertainty: int | None = None


@dataclass(frozen=True, slots=True)
class Pose:
    """Yaw is positive where the person looks to the left, pitch where down."""

    yaw: Angle | None = None
    pitch: Angle | None = None
    roll: Angle | None = None


@dataclass(frozen=True, slots=True)
class RegistryId:
    """An organization and what it calls a thing, by their numbers in the biometric registry."""

    organization: int
    number: int


@dataclass(frozen=True, slots=True)
class Score:
    """``value`` is 0 to 100 by the algorithm, or None where it could not assess the image."""

    algorithm: RegistryId
    value: int | None


@dataclass(frozen=True, slots=True)
class Moment:
    """A date and time as far as they are known; the year always is."""

    year: int
    month: int | None = None
    day: int | None = None
    hour: int | None = None
    minute: int | None = None
    second: int | None = None
    millisecond: int | None = None

    def __str__(self) -> str:
        """In the form of ISO 8601, as far as it goes without a gap."""
        text = f"{self.year:04}"
        parts = (self.month, self.day, self.hour, self.minute, self.second)
        for mark, part in zip("--T::", parts, strict=True):
            if part is None:
                return text
            text += f"{mark}{part:02}"
        return text if self.millisecond is None else f"{text}.{self.millisecond:03}"


@dataclass(frozen=True, slots=True)
class PadData:
    """Presentation attack detection; ``extended`` are data types with their data."""

    decision: PadDecision | int | None = None
    scores: tuple[Score, ...] = ()
    extended: tuple[tuple[RegistryId, bytes], ...] = field(default=(), repr=False)
    context: PadContext | int | None = None
    supervision: PadSupervision | int | None = None
    risk: int | None = None
    criteria: PadCriteria | int | None = None
    parameter: bytes | None = field(default=None, repr=False)
    challenges: tuple[bytes, ...] = field(default=(), repr=False)
    at: Moment | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Device:
    """What the image was taken with: its model, what it is certified for, its light."""

    model: RegistryId | None = None
    certifications: tuple[RegistryId, ...] = ()
    spectra: tuple[Spectrum, ...] = ()
    spectra_absent: tuple[Spectrum, ...] = ()


@dataclass(frozen=True, slots=True)
class Measurements:
    """Of the head in the image, in pixels."""

    head_width: int | None = None
    inter_eye_distance: int | None = None
    eye_to_mouth_distance: int | None = None
    head_length: int | None = None


@dataclass(frozen=True, slots=True)
class Optics:
    """Distance to the person, diagonal of the sensor, focal length; in millimetres."""

    camera_to_subject: int | None = None
    sensor_diagonal: int | None = None
    focal_length: int | None = None


@dataclass(frozen=True, slots=True)
class Processing:
    """What was done to the image; ``steps_absent`` is what was said not to have been done."""

    steps: tuple[Step, ...] = ()
    steps_absent: tuple[Step, ...] = ()
    lossy_attempts: LossyAttempts | int | None = None
    color_schema: bytes | None = field(default=None, repr=False)
    color_references: tuple[tuple[bytes | None, bytes | None], ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class Unknown:
    """A data object that the parser does not know: its tags from the record down, and its value."""

    path: str
    value: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Face:
    """One portrait.

    ``image`` is the file as stored, with ``padding`` bytes behind its end; its padding is None
    where the end cannot be found. ``width`` and ``height`` are declared, in pixels, or those of
    the image where the record declares none; ``offset`` is that of the image in its file.
    ``properties_absent`` and ``expressions_absent`` are what the record denies. ``quality`` is the
    number of ISO/IEC 19794-5 §5.7.10, 0 for unspecified; ``scores`` are those of ISO/IEC 39794-5.
    ``device`` of ISO/IEC 19794-5 is the vendor's own number. ``subject_height`` is in the unit of
    the record. ``version`` is that of the record, "010" or generation and year, "3.2019".
    """

    image: bytes = field(repr=False)
    image_type: ImageType
    width: int
    height: int
    offset: int
    encoding: Encoding
    version: str
    padding: int | None = None
    header: BiometricHeader = field(default=BiometricHeader(), repr=False)
    data_format: DataFormat | int | None = None
    gender: Gender | int | None = field(default=None, repr=False)
    eye_color: EyeColor | int | None = field(default=None, repr=False)
    hair_color: HairColor | int | None = field(default=None, repr=False)
    subject_height: int | None = field(default=None, repr=False)
    properties: tuple[Property | int, ...] = field(default=(), repr=False)
    properties_absent: tuple[Property | int, ...] = field(default=(), repr=False)
    expressions: tuple[Expression | int, ...] = field(default=(), repr=False)
    expressions_absent: tuple[Expression, ...] = field(default=(), repr=False)
    pose: Pose = field(default=Pose(), repr=False)
    feature_points: tuple[FeaturePoint, ...] = field(default=(), repr=False)
    face_image_type: FaceImageType | int | None = None
    color_space: ColorSpace | int | None = None
    source: Source | int | None = None
    device: int | Device | None = None
    quality: int | None = None
    scores: tuple[Score, ...] = ()
    captured: Moment | None = field(default=None, repr=False)
    pad: PadData | None = field(default=None, repr=False)
    optics: Optics | None = None
    measurements: Measurements | None = field(default=None, repr=False)
    processing: Processing | None = None
    representation: int | None = None
    session: int | None = None
    derived_from: int | None = None
    unknown: tuple[Unknown, ...] = ()
