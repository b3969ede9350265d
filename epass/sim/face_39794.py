"""Face image data blocks of ISO/IEC 39794-5 of a fictitious document.

Source: the ASN.1 modules of ISO/IEC 39794-5:2019 and ISO/IEC 39794-1:2019 (edition 1) as the ICAO
application profile for eMRTDs has them; Doc 9303-10 §4.5.6. The members of a block are written in
the order of their numbers, which are given beside them; DER, with implicit tags.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from epass import tlv
from epass.sim import cbeff, der
from epass.sim.cbeff import Template
from epass.sim.portraits import JPEG, Portrait

FACE_IMAGE_DATA_BLOCK = 0x65  # [APPLICATION 5]
GENERATION, YEAR = 3, 2019
PRIMITIVE, CONSTRUCTED = 0x80, 0xA0

GENDERS = {"M": 2, "F": 3, "<": 0}
FORMAT_JPEG, FORMAT_JPEG2000_LOSSY = 2, 3
EYES_GREEN, HAIR_BROWN = 6, 5
MRTD, RGB24, UNKNOWN_SOURCE = 0, 2, 0
NEUTRAL = {0: True}

Registered = tuple[int, int]  # organization, and what it calls a thing
Score = tuple[Registered, int | None]  # None: failure to assess
Moment = tuple[int, ...]  # from the year down to the millisecond
Flags = Mapping[int, bool]  # by the number of the member

MPEG4, NAME, POINT_NAME, POINT_ID = range(4)  # how a landmark is named
# The left and the right pupil, in the order of ISO/IEC 14496-2: points 12.1 and 12.2.
PUPILS = ((MPEG4, 84, (250, 262)), (MPEG4, 85, (163, 262)))


@dataclass(frozen=True, slots=True)
class Pad:
    """Presentation attack detection, in the codes of ISO/IEC 39794-1."""

    decision: int | None = None
    scores: tuple[Score, ...] = ()
    extended: tuple[tuple[Registered, bytes], ...] = ()
    context: int | None = None
    supervision: int | None = None
    risk: int | None = None
    criteria: int | None = None
    parameter: bytes | None = None
    challenges: tuple[bytes, ...] = ()
    at: Moment | None = None


@dataclass(frozen=True, slots=True)
class Description:
    """What a block says of a person and an image, in the codes of the standard.

    Without arguments it is that of the portrait that is drawn here. ``landmarks`` are how a point
    is named, the code in it, and two or three coordinates or none. ``texture`` writes two of them
    as those of a texture. With ``extended`` codes stand in extension blocks, as the fallback for
    readers that do not know what a later edition puts there. ``more`` is written at the end of
    the representation, as that of such an edition.
    """

    representation: int = 0
    captured: Moment | None = None
    quality: tuple[Score, ...] = ()
    pad: Pad | None = None
    session: int | None = None
    derived_from: int | None = None
    model: Registered | None = None
    certifications: tuple[Registered, ...] = ()
    spectra: Flags = field(default_factory=dict)
    gender: int | None = field(default=None, repr=False)
    eyes: int | None = EYES_GREEN
    hair: int | None = HAIR_BROWN
    height: int | None = None
    properties: Flags = field(default_factory=dict)
    expressions: Flags = field(default_factory=lambda: NEUTRAL)
    pose: tuple[tuple[int, int | None] | None, ...] = (None, None, None)
    landmarks: tuple[tuple[int, int, tuple[int, ...]], ...] = PUPILS
    texture: bool = False
    data_format: int | None = None
    kind: int | None = MRTD
    steps: Flags = field(default_factory=dict)
    attempts: int | None = None
    optics: tuple[int | None, int | None, int | None] = (None, None, None)
    has_size: bool = True
    measurements: tuple[int | None, ...] = (None, None, None, None)
    color_space: int | None = RGB24
    color_schema: bytes | None = None
    colors: tuple[tuple[bytes | None, bytes | None], ...] = ()
    source: int | None = UNKNOWN_SOURCE
    extended: bool = False
    more: bytes = b""


def template(portrait: Portrait, *, sex: str) -> Template:
    """The template around the block of ``portrait``; ``sex`` as in the MRZ."""
    return described(portrait, Description(gender=GENDERS[sex]))


def described(portrait: Portrait, said: Description) -> Template:
    """The template around the block that says ``said`` of ``portrait``."""
    return Template(cbeff.FACE, cbeff.FACE_39794, block([(portrait, said)]))


def block(faces: Iterable[tuple[Portrait, Description]]) -> bytes:
    """FaceImageDataBlock with a representation for each of ``faces``."""
    version = _members({0: _integer(GENERATION), 1: _integer(YEAR)})
    representations = [
        tlv.build(der.SEQUENCE, _representation(portrait, said)) for portrait, said in faces
    ]
    content = _members({0: version, 1: b"".join(representations)}, {0, 1})
    return tlv.build(FACE_IMAGE_DATA_BLOCK, content)


def _representation(portrait: Portrait, said: Description) -> bytes:
    members = {
        0: _integer(said.representation),
        1: _image_representation(portrait, said),
        2: _moment(said.captured),
        3: _scores(said.quality),
        4: _pad(said.pad, said),
        5: _integer(said.session),
        6: _integer(said.derived_from),
        7: _members({0: _registered(said.model), 1: _registered_list(said.certifications)}, {0, 1}),
        8: _identity(said),
        9: b"".join(_landmark(landmark, said) for landmark in said.landmarks),
    }
    return _members(members, {1, 2, 3, 4, 7, 8, 9}) + said.more


def _image_representation(portrait: Portrait, said: Description) -> bytes:
    """The choice of the base, in it that of two dimensions, in it the block."""
    own_format = FORMAT_JPEG if portrait.kind == JPEG else FORMAT_JPEG2000_LOSSY
    data_format = own_format if said.data_format is None else said.data_format
    size = {0: _integer(portrait.width), 1: _integer(portrait.height)}
    measurements = dict(enumerate(_integer(number) for number in said.measurements))
    colors = b"".join(
        tlv.build(der.SEQUENCE, _members({0: definition, 1: value}))
        for definition, value in said.colors
    )
    information = {
        0: _members({0: _integer(data_format)}),  # the profile has no fallback for this one
        1: _code(said.kind, said),
        2: _flags(said.steps),
        3: _code(said.attempts, said),
        **{4 + number: _integer(value) for number, value in enumerate(said.optics)},
        7: _members(size) if said.has_size else b"",
        8: _members(measurements),
        9: _code(said.color_space, said),
        10: _members({0: said.color_schema, 1: colors}, {1}),
    }
    device = _members({0: _flags(said.spectra), 1: _code(said.source, said)}, {0, 1})
    flat = _members(
        {0: portrait.data, 1: _members(information, {0, 1, 2, 3, 7, 8, 9, 10}), 2: device}, {1, 2}
    )
    return _chosen(0, _chosen(0, flat))


def _identity(said: Description) -> bytes:
    pose = {number: _angle(angle) for number, angle in enumerate(said.pose)}
    members = {
        0: _code(said.gender, said),
        1: _code(said.eyes, said),
        2: _code(said.hair, said),
        3: _integer(said.height),
        4: _flags(said.properties),
        5: _flags(said.expressions),
        6: _members(pose, set(pose)),
    }
    return _members(members, {0, 1, 2, 4, 5, 6})


def _angle(angle: tuple[int, int | None] | None) -> bytes:
    return b"" if angle is None else _members({0: _integer(angle[0]), 1: _integer(angle[1])})


def _landmark(landmark: tuple[int, int, tuple[int, ...]], said: Description) -> bytes:
    scheme, number, coordinates = landmark
    if scheme == MPEG4:
        kind = _chosen(0, _code(number, said))
    else:
        kind = _chosen(1, _chosen(0, _chosen(scheme - NAME, _code(number, said))))
    place = _members(dict(enumerate(_integer(value) for value in coordinates)))
    choice = 2 if len(coordinates) == 3 else int(said.texture)
    members = {0: _chosen(0, kind), 1: _chosen(0, _chosen(choice, place)) if place else b""}
    return tlv.build(der.SEQUENCE, _members(members, {0, 1}))


def _pad(pad: Pad | None, said: Description) -> bytes:
    if pad is None:
        return b""
    extended = b"".join(
        tlv.build(der.SEQUENCE, _members({0: _registered(kind), 1: data}, {0}))
        for kind, data in pad.extended
    )
    members = {
        0: _code(pad.decision, said),
        1: _scores(pad.scores),
        2: extended,
        3: _code(pad.context, said),
        4: _code(pad.supervision, said),
        5: _integer(pad.risk),
        6: _code(pad.criteria, said),
        7: pad.parameter,
        8: b"".join(der.octet_string(challenge) for challenge in pad.challenges),
        9: _moment(pad.at),
    }
    return _members(members, {0, 1, 2, 3, 4, 6, 8, 9})


def _scores(scores: Iterable[Score]) -> bytes:
    return b"".join(_score(algorithm, value) for algorithm, value in scores)


def _score(algorithm: Registered, value: int | None) -> bytes:
    failed = _members({0: _integer(0)})
    choice = _chosen(1, failed) if value is None else _members({0: _integer(value)})
    return tlv.build(der.SEQUENCE, _members({0: _registered(algorithm), 1: choice}, {0, 1}))


def _registered(found: Registered | None) -> bytes:
    return b"" if found is None else _members(dict(enumerate(_integer(number) for number in found)))


def _registered_list(found: Iterable[Registered]) -> bytes:
    return b"".join(tlv.build(der.SEQUENCE, _registered(item)) for item in found)


def _moment(moment: Moment | None) -> bytes:
    return _members(dict(enumerate(_integer(number) for number in moment or ())))


def _flags(flags: Flags) -> bytes:
    return _members({number: b"\xff" if flags[number] else b"\x00" for number in sorted(flags)})


def _code(number: int | None, said: Description) -> bytes:
    """A code by itself, or as the fallback of an extension block."""
    if number is None:
        return b""
    plain = _members({0: _integer(number)})
    return _chosen(1, plain) if said.extended else plain


def _chosen(number: int, content: bytes) -> bytes:
    """A constructed alternative of a choice."""
    return tlv.build(CONSTRUCTED | number, content)


def _members(
    members: Mapping[int, bytes | None], constructed: Iterable[int] = frozenset()
) -> bytes:
    """The members of a block by their numbers; what is None or constructed and empty is left out,
    as is an empty number.
    """
    inside = frozenset(constructed)
    return b"".join(
        tlv.build((CONSTRUCTED if number in inside else PRIMITIVE) | number, value)
        for number, value in members.items()
        if value is not None and (value or number not in inside)
    )


def _integer(value: int | None) -> bytes | None:
    """The content of an INTEGER or ENUMERATED."""
    return None if value is None else tlv.parse_one(der.integer(value), 2, where="DER").value
