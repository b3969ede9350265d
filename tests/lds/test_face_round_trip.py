"""Whatever the issuer can write of a face, epass reads as it was meant: both standards, any values.

What the codes mean stands here once more, by the standards, so that a wrong table on either side
shows.
"""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from mutation import mutated
from small_images import J2K, JP2, JPEG

from epass.errors import FormatError, UnsupportedError
from epass.lds.face import Dg2
from epass.lds.face_record import (
    Angle,
    Device,
    Face,
    FeaturePoint,
    Measurements,
    Moment,
    Optics,
    PadData,
    Processing,
    RegistryId,
    Score,
)
from epass.lds.face_terms import Encoding, PointKind
from epass.sim import cbeff, face, face_39794
from epass.sim.face_39794 import Description, Pad
from epass.sim.portraits import CODESTREAM, JPEG2000, Portrait
from epass.sim.portraits import JPEG as JPEG_FILE

BYTE, SHORT = st.integers(0, 0xFF), st.integers(0, 0xFFFF)
PORTRAITS = [
    Portrait(JPEG_FILE, 240, 320, JPEG),
    Portrait(JPEG2000, 240, 320, JP2),
    Portrait(CODESTREAM, 240, 320, J2K),
]
FORMATS = {JPEG_FILE: "JPEG", JPEG2000: "JP2", CODESTREAM: "J2K"}

# --- ISO/IEC 19794-5, tables 4 to 14 ------------------------------------------------------------

GENDERS = {0: "unspecified", 1: "male", 2: "female", 255: "unknown"}
EYES = {
    0: "unspecified", 1: "black", 2: "blue", 3: "brown", 4: "gray", 5: "green", 6: "multi-colored",
    7: "pink", 255: "unknown",
}  # fmt: skip
HAIR = {
    0: "unspecified", 1: "bald", 2: "black", 3: "blonde", 4: "brown", 5: "gray", 6: "white",
    7: "red", 255: "unknown",
}  # fmt: skip
SEEN = (
    "glasses", "moustache", "beard", "teeth visible", "pupil or iris not visible", "mouth open",
    "left eye patch", "right eye patch", "dark glasses",
    "a condition that distorts features, or a feature that is absent",
)  # fmt: skip
EXPRESSIONS = {
    1: "neutral", 2: "smile with a closed mouth", 3: "smile with an open mouth",
    4: "raised eyebrows", 5: "eyes looking away", 6: "squinting", 7: "frowning",
}  # fmt: skip
KINDS = {0: "basic", 1: "full frontal", 2: "token frontal"}
COLOR_SPACES = {0: "unspecified", 1: "RGB, 24 bits", 2: "YUV 4:2:2", 3: "gray, 8 bits", 4: "other"}
SOURCES = {
    0: "unspecified", 1: "photograph, unknown source", 2: "photograph, digital camera",
    3: "photograph, scanner", 4: "video frame, unknown source", 5: "video frame, analogue camera",
    6: "video frame, digital camera", 7: "unknown",
}  # fmt: skip

descriptions = st.builds(
    face.Description,
    gender=BYTE | st.sampled_from(sorted(GENDERS)),
    eyes=BYTE | st.sampled_from(sorted(EYES)),
    hair=BYTE | st.sampled_from(sorted(HAIR)),
    properties=st.integers(0, 0xFFFFFF),
    expression=SHORT | st.integers(0, 8),
    pose=st.tuples(*[st.integers(0, 181)] * 3),
    uncertainty=st.tuples(*[st.integers(0, 181)] * 3),
    points=st.lists(st.tuples(st.integers(0, 3), BYTE, SHORT, SHORT), max_size=6).map(tuple),
    kind=BYTE | st.integers(0, 3),
    color_space=BYTE | st.integers(0, 5),
    source=BYTE | st.integers(0, 8),
    device=SHORT,
    quality=SHORT,
)


def said_by(term: Any) -> Any:
    """A term as its word, a code without a meaning as it is."""
    return getattr(term, "value", term)


def known(code: int, terms: dict[int, str]) -> int | str:
    return terms.get(code, code)


def check_picture(found: Face, portrait: Portrait, encoding: Encoding) -> None:
    assert found.image == portrait.data
    assert found.image_type.name == FORMATS[portrait.kind]
    assert (found.width, found.height, found.padding) == (240, 320, 0)
    assert found.encoding is encoding
    assert (found.header.kind, found.header.owner) == (2, 0x0101)


def check_19794(found: Face, portrait: Portrait, said: face.Description) -> None:
    check_picture(found, portrait, Encoding.ISO_19794_5)
    assert (found.version, found.header.format) == ("010", 8)
    assert said_by(found.gender) == known(said.gender, GENDERS)
    assert said_by(found.eye_color) == known(said.eyes, EYES)
    assert said_by(found.hair_color) == known(said.hair, HAIR)
    stated = {bit: said.properties >> bit & 1 for bit in range(1, 24) if said.properties & 1}
    there = [known(bit, dict(enumerate(SEEN, 1))) for bit, is_set in stated.items() if is_set]
    absent = [SEEN[bit - 1] for bit, is_set in stated.items() if bit <= len(SEEN) and not is_set]
    assert [said_by(item) for item in found.properties] == there
    assert [said_by(item) for item in found.properties_absent] == absent
    expected = [known(said.expression, EXPRESSIONS)] if said.expression else []
    assert [said_by(item) for item in found.expressions] == expected
    for angle, code, off in zip(
        (found.pose.yaw, found.pose.pitch, found.pose.roll),
        said.pose,
        said.uncertainty,
        strict=True,
    ):
        degrees = None if code == 0 else 2 * (code - 1) if code <= 91 else 2 * (code - 181)
        assert angle == (Angle(degrees, off - 1 if off else None) if code or off else None)
    assert [(said_by(point.kind), *point[1:4]) for point in found.feature_points] == [
        (known(kind, {1: "MPEG-4"}), *rest) for kind, *rest in said.points
    ]
    assert said_by(found.face_image_type) == known(said.kind, KINDS)
    assert said_by(found.color_space) == known(said.color_space, COLOR_SPACES)
    assert said_by(found.source) == known(said.source, SOURCES)
    assert (found.device, found.quality) == (said.device, said.quality)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(PORTRAITS), descriptions), min_size=1, max_size=3))
def test_records_of_19794(faces: list[tuple[Portrait, face.Description]]) -> None:
    records = [face.described([portrait], said) for portrait, said in faces]
    parsed = Dg2.parse(face.dg2(records))
    assert len(parsed.faces) == len(faces)
    for found, (portrait, said) in zip(parsed.faces, faces, strict=True):
        check_19794(found, portrait, said)
    assert parsed.notes == ()


# --- ISO/IEC 39794-5 ----------------------------------------------------------------------------

GENDERS_G3 = {0: "unknown", 1: "other", 2: "male", 3: "female"}
EYES_G3 = {
    0: "unknown", 1: "other", 2: "black", 3: "blue", 4: "brown", 5: "gray", 6: "green", 7: "hazel",
    8: "multi-colored", 9: "pink",
}  # fmt: skip
HAIR_G3 = {
    0: "unknown", 1: "other", 2: "bald", 3: "black", 4: "blonde", 5: "brown", 6: "gray",
    7: "white", 8: "red", 9: "colored",
}  # fmt: skip
SEEN_G3 = (*SEEN, "head covering")
EXPRESSIONS_G3 = (
    "neutral", "smile", "raised eyebrows", "eyes looking away", "squinting", "frowning",
)  # fmt: skip
COLOR_SPACES_G3 = {
    0: "unspecified", 1: "other", 2: "RGB, 24 bits", 3: "RGB, 48 bits", 4: "YUV 4:2:2",
    5: "gray, 8 bits", 6: "gray, 16 bits",
}  # fmt: skip
KINDS_G3 = {0: "for travel documents", 1: "general purpose"}
SOURCES_G3 = {**{code: SOURCES[code] for code in range(1, 7)}, 0: "unknown"}
DATA_FORMATS_G3 = {2: "JPEG", 3: "JPEG 2000, lossy", 4: "JPEG 2000, lossless"}
ATTEMPTS = {0: "unknown", 1: "none", 2: "one", 3: "more than one"}
STEPS = (
    "rotated", "cropped", "down-sampled", "white balance adjusted", "compressed repeatedly",
    "interpolated", "contrast stretched", "pose corrected", "made of several views",
    "age progressed", "super-resolution", "normalised",
)  # fmt: skip
SPECTRA = ("white light", "near infrared", "thermal")
DECISIONS = {0: "no attack", 1: "attack", 2: "not assessed"}
CONTEXTS = {0: "enrolment", 1: "verification", 2: "identification"}
SUPERVISIONS = {0: "unknown", 1: "controlled", 2: "assisted", 3: "observed", 4: "unattended"}
CRITERIA = {0: "unknown", 1: "individual", 2: "common"}
SCHEMES = {
    face_39794.NAME: PointKind.ANTHROPOMETRIC,
    face_39794.POINT_NAME: PointKind.ANTHROPOMETRIC_POINT,
    face_39794.POINT_ID: PointKind.ANTHROPOMETRIC_ID,
}

codes, counts = st.integers(0, 12), st.integers(0, 1 << 40)
maybe_code = st.none() | codes
registered = st.tuples(st.integers(1, 0xFFFF), st.integers(1, 0xFFFF))
score = st.tuples(registered, st.none() | st.integers(0, 100))
scores = st.lists(score, max_size=3).map(tuple)
moments = st.integers(1, 7).flatmap(
    lambda length: st.tuples(
        *(
            st.integers(low, high)
            for low, high in (
                (0, 9999), (1, 12), (1, 31), (0, 23), (0, 59), (0, 59), (0, 999),
            )[:length]
        )
    )
)  # fmt: skip
octets = st.binary(max_size=9)
pads = st.builds(
    Pad,
    decision=maybe_code,
    scores=scores,
    extended=st.lists(st.tuples(registered, octets), max_size=2).map(tuple),
    context=maybe_code,
    supervision=maybe_code,
    risk=st.none() | st.integers(0, 100),
    criteria=maybe_code,
    parameter=st.none() | octets,
    challenges=st.lists(octets, max_size=2).map(tuple),
    at=st.none() | moments,
)


def flags(count: int) -> st.SearchStrategy[dict[int, bool]]:
    return st.dictionaries(st.integers(0, count - 1), st.booleans())


coordinates = st.sampled_from([0, 2, 3]).flatmap(lambda count: st.tuples(*[SHORT] * count))
blocks = st.builds(
    Description,
    representation=counts,
    captured=st.none() | moments,
    quality=scores,
    pad=st.none() | pads,
    session=st.none() | counts,
    derived_from=st.none() | counts,
    model=st.none() | registered,
    certifications=st.lists(registered, max_size=2).map(tuple),
    spectra=flags(3),
    gender=maybe_code,
    eyes=maybe_code,
    hair=maybe_code,
    height=st.none() | st.integers(1, 0xFFFF),
    properties=flags(11),
    expressions=flags(6),
    pose=st.tuples(
        *[
            st.none()
            | st.tuples(st.integers(-180, 180), st.none() | st.integers(0, 180))
        ]
        * 3
    ),
    landmarks=st.lists(
        st.tuples(st.integers(0, 3), st.integers(0, 87), coordinates), max_size=5
    ).map(tuple),
    texture=st.booleans(),
    data_format=maybe_code,
    kind=maybe_code,
    steps=flags(12),
    attempts=maybe_code,
    optics=st.tuples(
        st.none() | st.integers(0, 50_000),
        st.none() | st.integers(0, 2000),
        st.none() | st.integers(0, 2000),
    ),
    has_size=st.booleans(),
    measurements=st.tuples(*[st.none() | counts] * 4),
    color_space=maybe_code,
    color_schema=st.none() | octets,
    colors=st.lists(st.tuples(st.none() | octets, st.none() | octets), max_size=2).map(tuple),
    source=maybe_code,
    extended=st.booleans(),
)  # fmt: skip


def words(said: Any, terms: tuple[str, ...], wanted: bool) -> list[str]:
    return [terms[number] for number in sorted(said) if said[number] is wanted]


def spoken(found: tuple[Any, ...]) -> list[Any]:
    return [said_by(item) for item in found]


def maybe_known(code: int | None, terms: dict[int, str]) -> int | str | None:
    return None if code is None else known(code, terms)


def as_scores(said: tuple[Any, ...]) -> tuple[Score, ...]:
    return tuple(Score(RegistryId(*algorithm), value) for algorithm, value in said)


def check_person(found: Face, said: Description) -> None:
    assert said_by(found.gender) == maybe_known(said.gender, GENDERS_G3)
    assert said_by(found.eye_color) == maybe_known(said.eyes, EYES_G3)
    assert said_by(found.hair_color) == maybe_known(said.hair, HAIR_G3)
    assert found.subject_height == said.height
    assert spoken(found.properties) == words(said.properties, SEEN_G3, True)
    assert spoken(found.properties_absent) == words(said.properties, SEEN_G3, False)
    assert spoken(found.expressions) == words(said.expressions, EXPRESSIONS_G3, True)
    assert spoken(found.expressions_absent) == words(said.expressions, EXPRESSIONS_G3, False)
    expected = [None if angle is None else Angle(*angle) for angle in said.pose]
    assert [found.pose.yaw, found.pose.pitch, found.pose.roll] == expected


def check_points(found: Face, said: Description) -> None:
    for point, (scheme, code, place) in zip(found.feature_points, said.landmarks, strict=True):
        if scheme == face_39794.MPEG4:
            assert point.kind is PointKind.MPEG4
        else:
            assert (point.kind, point.code) == (SCHEMES[scheme], code)
        assert point[2:] == (*place, None, None, None)[:3]


def check_image(found: Face, portrait: Portrait, said: Description) -> None:
    own = 2 if portrait.kind == JPEG_FILE else 3
    stated = own if said.data_format is None else said.data_format
    assert said_by(found.data_format) == known(stated, DATA_FORMATS_G3)
    assert said_by(found.face_image_type) == maybe_known(said.kind, KINDS_G3)
    assert said_by(found.color_space) == maybe_known(said.color_space, COLOR_SPACES_G3)
    assert said_by(found.source) == maybe_known(said.source, SOURCES_G3)
    assert (found.optics or Optics()) == Optics(*said.optics)
    assert (found.measurements or Measurements()) == Measurements(*said.measurements)
    done = found.processing or Processing()
    assert spoken(done.steps) == words(said.steps, STEPS, True)
    assert spoken(done.steps_absent) == words(said.steps, STEPS, False)
    assert said_by(done.lossy_attempts) == maybe_known(said.attempts, ATTEMPTS)
    assert (done.color_schema, done.color_references) == (said.color_schema, said.colors)


def check_capture(found: Face, said: Description) -> None:
    assert found.representation == said.representation
    assert (found.session, found.derived_from) == (said.session, said.derived_from)
    assert found.captured == (Moment(*said.captured) if said.captured else None)
    assert found.scores == as_scores(said.quality)
    device = found.device or Device()
    assert isinstance(device, Device)
    assert device.model == (RegistryId(*said.model) if said.model else None)
    assert device.certifications == tuple(RegistryId(*item) for item in said.certifications)
    assert spoken(device.spectra) == words(said.spectra, SPECTRA, True)
    assert spoken(device.spectra_absent) == words(said.spectra, SPECTRA, False)


def check_pad(found: PadData, said: Pad) -> None:
    assert said_by(found.decision) == maybe_known(said.decision, DECISIONS)
    assert said_by(found.context) == maybe_known(said.context, CONTEXTS)
    assert said_by(found.supervision) == maybe_known(said.supervision, SUPERVISIONS)
    assert said_by(found.criteria) == maybe_known(said.criteria, CRITERIA)
    assert found.scores == as_scores(said.scores)
    assert found.extended == tuple((RegistryId(*kind), data) for kind, data in said.extended)
    assert (found.risk, found.parameter) == (said.risk, said.parameter)
    assert found.challenges == said.challenges
    assert found.at == (Moment(*said.at) if said.at else None)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(PORTRAITS), blocks), min_size=1, max_size=3))
def test_blocks_of_39794(faces: list[tuple[Portrait, Description]]) -> None:
    block = face_39794.block(faces)
    template = cbeff.Template(cbeff.FACE, cbeff.FACE_39794, block)
    parsed = Dg2.parse(face.dg2_of([template]))
    assert len(parsed.faces) == len(faces)
    for found, (portrait, said) in zip(parsed.faces, faces, strict=True):
        check_picture(found, portrait, Encoding.ISO_39794_5)
        assert (found.version, found.header.format) == ("3.2019", 0x2A)
        check_person(found, said)
        check_points(found, said)
        check_image(found, portrait, said)
        check_capture(found, said)
        check_pad(found.pad or PadData(), said.pad or Pad())
        assert found.unknown == ()
    allowed = {"the header of a face names another type of image than it has"}
    assert set(parsed.notes) <= allowed


def test_the_points_of_mpeg_4_have_their_names() -> None:
    """ISO/IEC 14496-2 numbers them by group; ISO/IEC 39794-5 counts them through."""
    counted = {0: "2.1", 13: "2.14", 14: "3.1", 28: "4.1", 42: "7.1", 43: "8.1", 67: "9.15",
               68: "10.1", 83: "11.6", 84: "12.1", 87: "12.4"}  # fmt: skip
    points = tuple((face_39794.MPEG4, code, (1, 2)) for code in counted)
    template = face_39794.described(PORTRAITS[0], Description(landmarks=points))
    (found,) = Dg2.parse(face.dg2_of([template])).faces
    assert [point.name for point in found.feature_points] == list(counted.values())


@settings(max_examples=100, deadline=None)
@given(
    st.text("0123456789", min_size=14, max_size=14),
    st.text("0123456789", min_size=16, max_size=16),
    st.integers(0, 0xFFFFFFFF),
    BYTE,
)
def test_headers(created: str, valid: str, creator: int, subtype: int) -> None:
    record = face.described([PORTRAITS[0]], face.Description())
    template = cbeff.Template(2, 8, record, subtype, created, valid, creator)
    (found,) = Dg2.parse(face.dg2_of([template])).faces
    assert (found.header.version, found.header.subtype) == (0x0101, subtype)
    assert (found.header.created, found.header.valid) == (created, valid)
    assert (found.header.creator, found.header.unknown) == (creator, {})


FULL = Description(
    captured=(2024, 4, 1, 9, 30, 15, 250),
    quality=(((42, 1), 80), ((42, 2), None)),
    pad=Pad(
        0, (((42, 3), 5),), (((42, 4), b"marked"),), 0, 1, 10, 1, b"marked", (b"marked",), (2024,)
    ),
    session=7,
    derived_from=1,
    model=(42, 5),
    certifications=((42, 6),),
    spectra={0: True, 1: False},
    gender=3,
    height=170,
    properties={0: False, 4: True},
    pose=((1, 2), (-3, None), None),
    landmarks=((0, 84, (1, 2)), (1, 21, (3, 4, 5)), (3, 2, ())),
    steps={1: True},
    attempts=2,
    optics=(1000, 40, 50),
    measurements=(200, 90, 80, 250),
    color_schema=b"marked",
    colors=((b"marked", None),),
)  # fmt: skip
VALID = face.dg2_of([face_39794.described(PORTRAITS[0], FULL)])


@settings(max_examples=400, deadline=None)
@given(mutated(VALID))
def test_any_mutation_is_parsed_or_refused_in_silence(content: bytes) -> None:
    try:
        parsed = Dg2.parse(content)
    except (FormatError, UnsupportedError) as fault:
        assert "marked" not in str(fault)
    else:
        assert all(found.image in content for found in parsed.faces)
        assert not any("marked" in note for note in parsed.notes)


def test_nothing_personal_shows_in_a_repr() -> None:
    (found,) = Dg2.parse(VALID).faces
    shown = repr(found)
    assert found.captured == Moment(2024, 4, 1, 9, 30, 15, 250)
    assert found.feature_points[2] == FeaturePoint(PointKind.ANTHROPOMETRIC_ID, 2)
    for secret in ("marked", "female", "170", "2024", "portrait", "pad=", "pose", "points"):
        assert secret not in shown
