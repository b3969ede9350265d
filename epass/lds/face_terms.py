"""The words of face records, the same for both standards, whatever codes they have there.

Source: ISO/IEC 19794-5:2005 §5.5 to §5.7; ISO/IEC 39794-5:2019 and its ICAO application profile.
A code that neither standard gives a meaning stays a number where one of these is expected.
"""

from enum import Enum


class Encoding(Enum):
    """The standard that a record follows."""

    ISO_19794_5 = "ISO/IEC 19794-5:2005"
    ISO_39794_5 = "ISO/IEC 39794-5:2019"


class Gender(Enum):
    UNSPECIFIED = "unspecified"
    MALE = "male"
    FEMALE = "female"
    OTHER = "other"
    UNKNOWN = "unknown"


class EyeColor(Enum):
    UNSPECIFIED = "unspecified"
    BLACK = "black"
    BLUE = "blue"
    BROWN = "brown"
    GRAY = "gray"
    GREEN = "green"
    HAZEL = "hazel"
    MULTI_COLORED = "multi-colored"
    PINK = "pink"
    OTHER = "other"
    UNKNOWN = "unknown"


class HairColor(Enum):
    UNSPECIFIED = "unspecified"
    BALD = "bald"
    BLACK = "black"
    BLONDE = "blonde"
    BROWN = "brown"
    GRAY = "gray"
    WHITE = "white"
    RED = "red"
    COLORED = "colored"
    OTHER = "other"
    UNKNOWN = "unknown"


class Property(Enum):
    """What is to be seen of the person; in the order of the property mask of ISO/IEC 19794-5."""

    GLASSES = "glasses"
    MOUSTACHE = "moustache"
    BEARD = "beard"
    TEETH_VISIBLE = "teeth visible"
    EYES_NOT_VISIBLE = "pupil or iris not visible"
    MOUTH_OPEN = "mouth open"
    LEFT_EYE_PATCH = "left eye patch"
    RIGHT_EYE_PATCH = "right eye patch"
    DARK_GLASSES = "dark glasses"
    DISTORTING_CONDITION = "a condition that distorts features, or a feature that is absent"
    HEAD_COVERING = "head covering"


class Expression(Enum):
    NEUTRAL = "neutral"
    SMILE = "smile"
    SMILE_CLOSED = "smile with a closed mouth"
    SMILE_OPEN = "smile with an open mouth"
    RAISED_EYEBROWS = "raised eyebrows"
    LOOKING_AWAY = "eyes looking away"
    SQUINTING = "squinting"
    FROWNING = "frowning"


class FaceImageType(Enum):
    BASIC = "basic"
    FULL_FRONTAL = "full frontal"
    TOKEN_FRONTAL = "token frontal"  # noqa: S105 - a kind of portrait
    MRTD = "for travel documents"
    GENERAL_PURPOSE = "general purpose"


class DataFormat(Enum):
    """The encoding that the record states; the image itself says what it is."""

    JPEG = "JPEG"
    JPEG2000 = "JPEG 2000"
    JPEG2000_LOSSY = "JPEG 2000, lossy"
    JPEG2000_LOSSLESS = "JPEG 2000, lossless"


class ColorSpace(Enum):
    UNSPECIFIED = "unspecified"
    RGB24 = "RGB, 24 bits"
    RGB48 = "RGB, 48 bits"
    YUV422 = "YUV 4:2:2"
    GRAY8 = "gray, 8 bits"
    GRAY16 = "gray, 16 bits"
    OTHER = "other"


class Source(Enum):
    """What the image was taken with."""

    UNSPECIFIED = "unspecified"
    PHOTOGRAPH = "photograph, unknown source"
    CAMERA = "photograph, digital camera"
    SCANNER = "photograph, scanner"
    VIDEO = "video frame, unknown source"
    ANALOGUE_VIDEO = "video frame, analogue camera"
    DIGITAL_VIDEO = "video frame, digital camera"
    UNKNOWN = "unknown"


class PointKind(Enum):
    """By which scheme a feature point is named."""

    MPEG4 = "MPEG-4"  # ISO/IEC 14496-2
    ANTHROPOMETRIC = "anthropometric landmark"
    ANTHROPOMETRIC_POINT = "anthropometric point"
    ANTHROPOMETRIC_ID = "anthropometric abbreviation"


class Spectrum(Enum):
    WHITE_LIGHT = "white light"
    NEAR_INFRARED = "near infrared"
    THERMAL = "thermal"


class Step(Enum):
    """What was done to an image after it was taken."""

    ROTATED = "rotated"
    CROPPED = "cropped"
    DOWN_SAMPLED = "down-sampled"
    WHITE_BALANCE_ADJUSTED = "white balance adjusted"
    MULTIPLY_COMPRESSED = "compressed repeatedly"
    INTERPOLATED = "interpolated"
    CONTRAST_STRETCHED = "contrast stretched"
    POSE_CORRECTED = "pose corrected"
    MULTI_VIEW = "made of several views"
    AGE_PROGRESSED = "age progressed"
    SUPER_RESOLUTION = "super-resolution"
    NORMALISED = "normalised"


class LossyAttempts(Enum):
    UNKNOWN = "unknown"
    ZERO = "none"
    ONE = "one"
    MORE = "more than one"


class PadDecision(Enum):
    """What presentation attack detection found when the image was taken."""

    NO_ATTACK = "no attack"
    ATTACK = "attack"
    NOT_ASSESSED = "not assessed"


class PadContext(Enum):
    ENROLMENT = "enrolment"
    VERIFICATION = "verification"
    IDENTIFICATION = "identification"


class PadSupervision(Enum):
    UNKNOWN = "unknown"
    CONTROLLED = "controlled"
    ASSISTED = "assisted"
    OBSERVED = "observed"
    UNATTENDED = "unattended"


class PadCriteria(Enum):
    UNKNOWN = "unknown"
    INDIVIDUAL = "individual"
    COMMON = "common"
