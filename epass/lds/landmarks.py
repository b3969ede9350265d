"""The landmarks of a face image of ISO/IEC 39794-5.

Source: ISO/IEC 39794-5:2019 (LandmarkBlock, LandmarkKind, LandmarkCoordinates); ISO/IEC 14496-2 for
the feature points of MPEG-4, which are numbered by group here and counted through there.
"""

from itertools import chain

from epass import tlv
from epass.lds.blocks import SEQUENCE, Block, Findings, code, listed
from epass.lds.face_record import FeaturePoint
from epass.lds.face_terms import PointKind

SHORT = 0xFFFF
# How many points the groups 2 to 12 of MPEG-4 have.
GROUPS = dict(zip(range(2, 13), (14, 14, 6, 4, 4, 1, 10, 15, 10, 6, 4), strict=True))
MPEG4_POINTS = tuple(
    chain.from_iterable(
        (group << 4 | point for point in range(1, count + 1)) for group, count in GROUPS.items()
    )
)
ANTHROPOMETRIC = (
    PointKind.ANTHROPOMETRIC,
    PointKind.ANTHROPOMETRIC_POINT,
    PointKind.ANTHROPOMETRIC_ID,
)
FLAT, TEXTURE, SOLID = range(3)


def landmarks(item: tlv.Tlv, findings: Findings) -> tuple[FeaturePoint, ...]:
    """The points whose kind is known; the others are kept as unknown.

    Raises:
        FormatError: a block is malformed.
    """
    found = listed(item, SEQUENCE, lambda child: _landmark(child, findings))
    return tuple(point for point in found if point is not None)


def _landmark(item: tlv.Tlv, findings: Findings) -> FeaturePoint | None:
    with Block(item, findings) as block:
        kind, place = block.require(0), block.inner(1)
    named = _kind(kind, findings)
    if named is None:
        findings.keep(item)
        return None
    return FeaturePoint(*named, *(_coordinates(place, findings) if place else ()))


def _kind(item: tlv.Tlv, findings: Findings) -> tuple[PointKind, int] | None:
    """The scheme and the number in it; None for a kind of an extension."""
    base = _base(item, findings)
    if base is None:
        return None
    with Block(base, findings) as choice:
        mpeg4, anthropometric = choice.inner(0), choice.inner(1)
    if mpeg4 is not None:
        return _mpeg4(mpeg4, findings)
    names = None if anthropometric is None else _base(anthropometric, findings)
    if names is None:
        return None
    with Block(names, findings) as choice:
        for number, scheme in enumerate(ANTHROPOMETRIC):
            name = choice.inner(number)
            found = None if name is None else code(name, findings)
            if found is not None:
                return scheme, found
    return None


def _mpeg4(item: tlv.Tlv, findings: Findings) -> tuple[PointKind, int] | None:
    found = code(item, findings)
    if found is None or found >= len(MPEG4_POINTS):
        return None
    return PointKind.MPEG4, MPEG4_POINTS[found]


def _base(item: tlv.Tlv, findings: Findings) -> tlv.Tlv | None:
    """What a choice of ``base`` and ``extensionBlock`` holds as base."""
    with Block(item, findings) as choice:
        return choice.inner(0)


def _coordinates(item: tlv.Tlv, findings: Findings) -> tuple[int, ...]:
    """Two or three numbers; none for coordinates of an extension."""
    base = _base(item, findings)
    if base is None:
        return ()
    with Block(base, findings) as choice:
        found = {kind: choice.inner(kind) for kind in (FLAT, TEXTURE, SOLID)}
    for kind, place in found.items():
        if place is not None:
            with Block(place, findings) as block:
                return tuple(
                    block.require_number(number, 0, None if kind == TEXTURE else SHORT)
                    for number in range(3 if kind == SOLID else 2)
                )
    return ()
