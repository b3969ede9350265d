"""DG2 of a fictitious document, and face image records of ISO/IEC 19794-5.

Source: ICAO Doc 9303-10 §4.7.2, table 44, and Appendix A.3; ISO/IEC 19794-5:2005 §5.
Numbers are big-endian, lengths in bytes.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass, field

from epass.sim import cbeff
from epass.sim.cbeff import Template
from epass.sim.portraits import JPEG, Portrait

DG2_TEMPLATE = 0x75
MAX_FACES = cbeff.MAX_TEMPLATES

FACIAL_HEADER = struct.Struct(">4s4sIH")
FACIAL_INFORMATION = struct.Struct(">IHBBB3sH3s3s")
FEATURE_POINT = struct.Struct(">BBHHH")
IMAGE_INFORMATION = struct.Struct(">BBHHBBHH")

GENDERS = {"M": 1, "F": 2, "<": 0}
EYES_GREEN, HAIR_BROWN, EXPRESSION_NEUTRAL = 5, 4, 1
FULL_FRONTAL, RGB, SOURCE_UNSPECIFIED = 1, 1, 0
DATA_JPEG, DATA_JPEG2000 = 0, 1
MPEG4_POINT = 1
# ISO/IEC 14496-2: point 12.1 is the centre of the left eye, on the right of the image.
FEATURES = ((MPEG4_POINT, 0xC1, 250, 262), (MPEG4_POINT, 0xC2, 163, 262))


@dataclass(frozen=True, slots=True)
class Description:
    """What a record says of a person and an image, in the codes of §5.5 to §5.7.

    Without arguments it is that of the portrait that is drawn here. ``points`` are kind, code, x
    and y; ``data_type`` is that of the image unless it is given.
    """

    gender: int = field(default=0, repr=False)
    eyes: int = EYES_GREEN
    hair: int = HAIR_BROWN
    properties: int = 0  # none stated
    expression: int = EXPRESSION_NEUTRAL
    pose: tuple[int, int, int] = (0, 0, 0)  # unspecified, as is its uncertainty
    uncertainty: tuple[int, int, int] = (0, 0, 0)
    points: tuple[tuple[int, int, int, int], ...] = FEATURES
    kind: int = FULL_FRONTAL
    color_space: int = RGB
    source: int = SOURCE_UNSPECIFIED
    device: int = 0
    quality: int = 0
    data_type: int | None = None


def dg2(records: Sequence[bytes]) -> bytes:
    """DG2 with one biometric information template for each record, of which it holds 1 to 9."""
    return dg2_of([around(record) for record in records])


def dg2_of(templates: Sequence[Template]) -> bytes:
    """DG2 with these templates, 1 to 9."""
    return cbeff.group(DG2_TEMPLATE, templates)


def template(portrait: Portrait, *, sex: str) -> Template:
    """The template around a record of ``portrait``; ``sex`` as in the MRZ."""
    return around(record([portrait], sex=sex))


def around(record: bytes) -> Template:
    """The template around a record of ISO/IEC 19794-5."""
    return Template(cbeff.FACE, cbeff.FACE_19794, record)


def record(portraits: Sequence[Portrait], *, sex: str) -> bytes:
    """A facial record of one or more images of one person; ``sex`` as in the MRZ."""
    return described(portraits, Description(gender=GENDERS[sex]))


def described(portraits: Sequence[Portrait], said: Description) -> bytes:
    """A facial record that says ``said`` of each of its images."""
    images = b"".join(_image(portrait, said) for portrait in portraits)
    length = FACIAL_HEADER.size + len(images)
    return FACIAL_HEADER.pack(b"FAC\0", b"010\0", length, len(portraits)) + images


def _image(portrait: Portrait, said: Description) -> bytes:
    points = b"".join(FEATURE_POINT.pack(*point, 0) for point in said.points)
    data_type = DATA_JPEG if portrait.kind == JPEG else DATA_JPEG2000
    image = IMAGE_INFORMATION.pack(
        said.kind,
        data_type if said.data_type is None else said.data_type,
        portrait.width,
        portrait.height,
        said.color_space,
        said.source,
        said.device,
        said.quality,
    )
    information = FACIAL_INFORMATION.pack(
        FACIAL_INFORMATION.size + len(points) + len(image) + len(portrait.data),
        len(said.points),
        said.gender,
        said.eyes,
        said.hair,
        said.properties.to_bytes(3),
        said.expression,
        bytes(said.pose),
        bytes(said.uncertainty),
    )
    return information + points + image + portrait.data
