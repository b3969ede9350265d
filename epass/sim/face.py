"""DG2 of a fictitious document: CBEFF around ISO/IEC 19794-5 records.

Source: ICAO Doc 9303-10 §4.7.2, table 44, and Appendix A.3; ISO/IEC 19794-5:2005 §5.
Numbers are big-endian, lengths in bytes.
"""

import struct
from collections.abc import Sequence

from epass import tlv
from epass.sim.portraits import JPEG, Portrait

DG2_TEMPLATE, GROUP_TEMPLATE, COUNT = 0x75, 0x7F61, 0x02
INFORMATION_TEMPLATE, HEADER_TEMPLATE, DATA_BLOCK = 0x7F60, 0xA1, 0x5F2E
MAX_FACES = 9  # §4.7.2.2, table 45

# CBEFF header: version, biometric type facial features, no sub-type, owner SC 37, 19794-5.
HEADER = (
    (0x80, bytes.fromhex("0101")),
    (0x81, bytes.fromhex("02")),
    (0x82, bytes.fromhex("00")),
    (0x87, bytes.fromhex("0101")),
    (0x88, bytes.fromhex("0008")),
)

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
FEATURES = ((0xC1, 250, 262), (0xC2, 163, 262))


def dg2(records: Sequence[bytes]) -> bytes:
    """DG2 with one biometric information template for each record, of which it holds 1 to 9."""
    header = tlv.build(HEADER_TEMPLATE, (tlv.build(tag, value) for tag, value in HEADER))
    templates = (
        tlv.build(INFORMATION_TEMPLATE, (header, tlv.build(DATA_BLOCK, record)))
        for record in records
    )
    group = (tlv.build(COUNT, bytes((len(records),))), *templates)
    return tlv.build(DG2_TEMPLATE, tlv.build(GROUP_TEMPLATE, group))


def record(portraits: Sequence[Portrait], *, sex: str) -> bytes:
    """A facial record of one or more images of one person; ``sex`` as in the MRZ."""
    images = b"".join(_image(portrait, sex) for portrait in portraits)
    length = FACIAL_HEADER.size + len(images)
    return FACIAL_HEADER.pack(b"FAC\0", b"010\0", length, len(portraits)) + images


def _image(portrait: Portrait, sex: str) -> bytes:
    points = b"".join(FEATURE_POINT.pack(MPEG4_POINT, *point, 0) for point in FEATURES)
    image = IMAGE_INFORMATION.pack(
        FULL_FRONTAL,
        DATA_JPEG if portrait.kind == JPEG else DATA_JPEG2000,
        portrait.width,
        portrait.height,
        RGB,
        SOURCE_UNSPECIFIED,
        0,  # device type and quality: unspecified
        0,
    )
    information = FACIAL_INFORMATION.pack(
        FACIAL_INFORMATION.size + len(points) + len(image) + len(portrait.data),
        len(FEATURES),
        GENDERS[sex],
        EYES_GREEN,
        HAIR_BROWN,
        bytes(3),  # no properties stated
        EXPRESSION_NEUTRAL,
        bytes(3),  # pose angle and its uncertainty: unspecified
        bytes(3),
    )
    return information + points + image + portrait.data
