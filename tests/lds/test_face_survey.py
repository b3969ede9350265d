"""Every published face is parsed and decoded, or refused with a reason; how many of each.

The table in ``docs/sample-files.md`` has the counts that this asserts.
"""

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from sample_files import DATA

from epass import picture, tlv
from epass.errors import FormatError
from epass.lds.face import Dg2
from epass.sim import cbeff, face
from epass.sim.cbeff import Template

pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="the samples are not here")

DOCUMENT = Path(__file__).parent.parent.parent / "docs" / "sample-files.md"
BLOCK_TAG = b"\xa1"  # around what is standardized; some of the files have it already


def block(data: bytes) -> bytes:
    """DG2 around a biometric data block of ISO/IEC 39794."""
    whole = Template(cbeff.FACE, cbeff.FACE_39794, data)
    if not data.startswith(BLOCK_TAG):
        return face.dg2_of([whole])
    inner = tlv.parse_one(data, BLOCK_TAG[0], where="sample").value
    return face.dg2_of([Template(cbeff.FACE, cbeff.FACE_39794, inner)])


def parsed(data: bytes) -> tuple[str, ...]:
    """What is noted of a DG2, all of whose images are pictures."""
    found = Dg2.parse(data)
    for one in found.faces:
        picture.decode(one.image)
    return found.notes


def decoded(data: bytes) -> tuple[str, ...]:
    picture.decode(data)
    return ()


LOOK: dict[str, tuple[str, Callable[[bytes], tuple[str, ...]]]] = {
    "DG2": ("lds/DG2", parsed),
    "Records of ISO/IEC 19794-5": (
        "biometric/iso19794",
        lambda data: parsed(face.dg2_of([face.around(data)])),
    ),
    "Blocks of ISO/IEC 39794": ("biometric/iso39794", lambda data: parsed(block(data))),
    "Images": ("biometric/images", decoded),
}
COUNTS = {
    "DG2": (6, 2, 3, 1),
    "Records of ISO/IEC 19794-5": (2, 0, 1, 1),
    "Blocks of ISO/IEC 39794": (4, 1, 0, 3),
    "Images": (3, 1, 0, 2),
}
SIZE = "the header of a face states another size than its image has"
TYPE = "the header of a face names another type of image than it has"
NO_IMAGE = "the image is neither JPEG nor JPEG 2000"
NOTED = {"DG2": {SIZE: 2, TYPE: 1}, "Records of ISO/IEC 19794-5": {TYPE: 1}}
REFUSED = {
    "DG2": {NO_IMAGE: 1},
    "Records of ISO/IEC 19794-5": {NO_IMAGE: 1},
    "Blocks of ISO/IEC 39794": {NO_IMAGE: 1, "a biometric record, but not of a face": 2},
    "Images": {NO_IMAGE: 2},  # fingers, in WSQ
}


@pytest.mark.parametrize("kind", LOOK)
def test_the_counts_of_the_table(kind: str) -> None:
    folder, look = LOOK[kind]
    noted, refused, kinds = Counter[str](), Counter[str](), Counter[str]()
    for path in sorted((DATA / folder).iterdir()):
        try:
            notes = look(path.read_bytes())
        except FormatError as error:
            refused[error.problem] += 1
            kinds["refused"] += 1
            continue
        noted.update(notes)
        kinds["noted" if notes else "clean"] += 1
    counts = (kinds.total(), *(kinds[name] for name in ("clean", "noted", "refused")))
    assert counts == COUNTS[kind]
    assert noted == NOTED.get(kind, {})
    assert refused == REFUSED.get(kind, {})
    row = " | ".join(str(count) for count in counts)
    assert f"| {kind} | {row} |" in DOCUMENT.read_text("utf-8")


def test_every_folder_is_looked_at() -> None:
    """But for the LDS files, which have a table of their own."""
    here = {f"biometric/{path.name}" for path in (DATA / "biometric").iterdir()}
    assert here | {"lds/DG2"} == {folder for folder, _ in LOOK.values()}
