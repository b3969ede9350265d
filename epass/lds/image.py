"""The images of a document: what they are, how large, and where they end. Nothing is decoded.

Source: ITU-T T.81 §B (JPEG), ISO/IEC 15444-1 Annexes A and I (JPEG 2000). An image is what its
first bytes say, whatever the record around it says.
"""

from dataclasses import dataclass
from enum import Enum
from typing import Self

from epass.errors import FormatError
from epass.lds import jpeg, jpeg2000
from epass.lds.frame import Frame


class ImageType(Enum):
    """The encodings that documents have: media type, first bytes, image data type of ISO/IEC
    19794-5 §5.7.2.
    """

    JPEG = ("image/jpeg", b"\xff\xd8\xff", 0)
    JP2 = ("image/jp2", jpeg2000.SIGNATURE, 1)
    J2K = ("image/j2c", b"\xff\x4f\xff\x51", 1)  # a JPEG 2000 codestream without the JP2 file

    def __init__(self, mime: str, magic: bytes, data_type: int) -> None:
        self.mime = mime
        self.magic = magic
        self.data_type = data_type

    @classmethod
    def of(cls, image: bytes) -> Self | None:
        """What ``image`` is by its first bytes; None where it is nothing that documents have."""
        return next((item for item in cls if image.startswith(item.magic)), None)


@dataclass(frozen=True, slots=True)
class Measured:
    """What the headers of an image say: ``width`` and ``height`` in pixels, ``channels`` of each.

    ``padding`` is how many bytes follow its end.
    """

    image_type: ImageType
    width: int
    height: int
    channels: int
    padding: int

    @classmethod
    def of(cls, image: bytes, *, where: str = "image") -> Self:
        """Walk the headers of ``image`` to its end.

        Raises:
            FormatError: it is of no known type, cut off, contradicts itself, or its headers ask
                for more work than any portrait does; the bounds are in ``jpeg`` and ``jpeg2000``.
        """
        image_type = ImageType.of(image)
        if image_type is None:
            raise FormatError("the image is neither JPEG nor JPEG 2000", where, 0)
        frame = _WALKS[image_type](image, where)
        padding = len(image) - frame.end
        return cls(image_type, frame.width, frame.height, frame.channels, padding)


def _codestream(image: bytes, where: str) -> Frame:
    return jpeg2000.codestream(image, 0, len(image), where)


_WALKS = {
    ImageType.JPEG: jpeg.walk,
    ImageType.JP2: jpeg2000.walk,
    ImageType.J2K: _codestream,
}
