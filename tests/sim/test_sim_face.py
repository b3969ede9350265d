"""DG2, read back field by field with a parser written here."""

import io
import struct

import pytest
from PIL import Image

from epass import tlv
from epass.sim import face
from epass.sim.portraits import IMAGES, load


def blocks(dg2: bytes) -> list[bytes]:
    """The data blocks of a DG2 whose CBEFF is as Doc 9303-10 table 44 has it."""
    outer = tlv.parse_one(dg2, 0x75, where="DG2")
    (group,) = outer.children()
    assert group.tag == 0x7F61
    count, *templates = group.children()
    assert (count.tag, count.value) == (0x02, bytes((len(templates),)))
    found = []
    for template in templates:
        assert template.tag == 0x7F60
        header, block = template.children()
        assert (header.tag, block.tag) == (0xA1, 0x5F2E)
        fields = [(field.tag, field.value.hex()) for field in header.children()]
        assert fields == [
            (0x80, "0101"),
            (0x81, "02"),
            (0x82, "00"),
            (0x87, "0101"),
            (0x88, "0008"),
        ]
        found.append(block.value)
    return found


@pytest.mark.parametrize("kind", IMAGES)
@pytest.mark.parametrize(("sex", "gender"), [("F", 2), ("M", 1), ("<", 0)])
def test_a_record_field_by_field(kind: str, sex: str, gender: int) -> None:
    portrait = load(kind)
    record = face.record([portrait], sex=sex)
    assert record[:14] == b"FAC\x00010\x00" + struct.pack(">IH", len(record), 1)
    image_block = record[14:]
    assert struct.unpack_from(">IH", image_block) == (len(image_block), 2)
    assert image_block[6:9] == bytes((gender, 5, 4))  # green eyes, brown hair
    assert image_block[9:20] == bytes.fromhex("000000 0001 000000 000000")
    points = [struct.unpack_from(">BBHHH", image_block, at) for at in (20, 28)]
    assert [point[:2] for point in points] == [(1, 0xC1), (1, 0xC2)]  # 12.1 and 12.2
    kind_code = {"JPEG": 0, "JPEG2000": 1, "codestream": 1}[kind]
    information = struct.unpack_from(">BBHHBBHH", image_block, 36)
    assert information == (1, kind_code, 413, 531, 1, 0, 0, 0)
    assert image_block[48:] == portrait.data


@pytest.mark.parametrize("kind", IMAGES)
def test_the_feature_points_are_on_the_eyes(kind: str) -> None:
    portrait = load(kind)
    record = face.record([portrait], sex="F")
    with Image.open(io.BytesIO(portrait.data)) as image:
        for at in (34, 42):
            _, _, x, y, _ = struct.unpack_from(">BBHHH", record, at)
            pixel = image.getpixel((x, y))
            assert isinstance(pixel, tuple)
            assert max(pixel) < 80, "not in a pupil"
    left, right = (struct.unpack_from(">H", record, at + 2)[0] for at in (34, 42))
    assert left > right  # the left eye of the person is on the right of the image


@pytest.mark.parametrize("faces", [1, 2, 9])
def test_one_template_for_each_face(faces: int) -> None:
    records = [face.record([load(IMAGES[i % 2])], sex="F") for i in range(faces)]
    assert blocks(face.dg2(records)) == records


def test_a_record_of_several_images() -> None:
    both = [load(kind) for kind in IMAGES]
    record = face.record(both, sex="M")
    assert struct.unpack_from(">IH", record, 8) == (len(record), len(both))
    position = 14
    for portrait in both:
        (length,) = struct.unpack_from(">I", record, position)
        position += length
        assert record[position - len(portrait.data) : position] == portrait.data
    assert position == len(record)


@pytest.mark.parametrize("size", [32_767, 65_535, 65_536, 600_000])
def test_large_images(size: int) -> None:
    (record,) = blocks(face.dg2([face.record([load("JPEG2000", size=size)], sex="F")]))
    assert len(record) == size + 62
