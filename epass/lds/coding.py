"""What the coding style of a JPEG 2000 image asks of whoever decodes it.

Source: ISO/IEC 15444-1 §A.6.1 (COD), §A.6.2 (COC), §B.6 (precincts), §B.7 (code-blocks), §B.9
(packets). A portrait of 2 megapixels with the usual code-blocks of 64 x 64 has some 2,000 of them.
"""

from dataclasses import dataclass

from epass.errors import FormatError

MAX_CHANNELS = 4  # colours and transparency; §A.5.1 allows 16,384
MAX_TILES = 256  # a portrait has one
MAX_LEVELS = 32  # §A.6.1 table A.15
MAX_BLOCKS = 1 << 16  # precincts and code-blocks together; room for 16 x 16 at 2 megapixels
MAX_PACKETS = 1 << 20  # quality layers times precincts
LEAST_BLOCK, LARGEST_BLOCK, LARGEST_AREA = 2, 10, 12  # exponents of 2, §A.6.1 table A.18
DEFAULT_PRECINCT = 15  # exponent of 2, §B.6
PRECINCTS_GIVEN = 0x01  # bit of Scod and Scoc


@dataclass(frozen=True, slots=True)
class Coding:
    """The grid of an image: sizes in pixels; ``tile`` is the width and height of one."""

    width: int
    height: int
    channels: int
    tiles: int
    tile: tuple[int, int]

    def check_tiles(self, where: str, offset: int) -> None:
        """Raises FormatError where there are more than MAX_TILES."""
        if self.tiles > MAX_TILES:
            raise FormatError(f"more than {MAX_TILES} tiles in the image", where, offset)

    def check_default(self, content: bytes, where: str, offset: int) -> None:
        """Check a COD segment: style, progression, layers and transformation, then as COC.

        Raises:
            FormatError: it is malformed, or asks for more than MAX_BLOCKS or MAX_PACKETS.
        """
        if len(content) < 10:
            raise FormatError("the coding style of the image is cut off", where, offset)
        layers = int.from_bytes(content[2:4])
        precincts = self._check(content[0], content[5:], where, offset)
        if layers * precincts > MAX_PACKETS:
            raise FormatError(f"more than {MAX_PACKETS} packets in the image", where, offset)

    def check_component(self, content: bytes, where: str, offset: int) -> None:
        """Check a COC segment, whose component number takes one byte for fewer than 257.

        Raises:
            FormatError: as ``check_default``.
        """
        if len(content) < 7:
            raise FormatError("the coding style of the image is cut off", where, offset)
        self._check(content[1], content[2:], where, offset)

    def _check(self, style: int, content: bytes, where: str, offset: int) -> int:
        """How many precincts there are, of all components and tiles."""
        levels, across, down = content[0], content[1] + 2, content[2] + 2
        largest = max(across, down)
        if levels > MAX_LEVELS or largest > LARGEST_BLOCK or across + down > LARGEST_AREA:
            raise FormatError("the code-blocks of the image", where, offset)
        given = content[5:] if style & PRECINCTS_GIVEN else b""
        if style & PRECINCTS_GIVEN and len(given) != levels + 1:
            raise FormatError("the precincts of the image", where, offset)
        precincts = blocks = 0
        for level in range(levels + 1):
            wide, high = DEFAULT_PRECINCT, DEFAULT_PRECINCT
            if given:
                wide, high = given[level] & 0x0F, given[level] >> 4
            if level and not (wide and high):
                raise FormatError("the precincts of the image", where, offset)
            ones, parts = self._of_level(levels - level, level > 0, (wide, high), (across, down))
            precincts += ones
            blocks += parts
        times = self.channels * self.tiles
        if (precincts + blocks) * times > MAX_BLOCKS:
            raise FormatError(f"more than {MAX_BLOCKS} code-blocks in the image", where, offset)
        return precincts * times

    def _of_level(
        self, shrunk: int, has_bands: bool, precinct: tuple[int, int], block: tuple[int, int]
    ) -> tuple[int, int]:
        """Precincts and code-blocks of one tile and component in one resolution, ``shrunk`` times
        halved. One more is counted each way, for a grid that does not start with the tile.
        """
        precincts, blocks = 1, 1
        for own, tile, part, size in zip(
            (self.width, self.height), self.tile, precinct, block, strict=True
        ):
            length = _halved(min(own, tile), shrunk)
            precincts *= _halved(length, part) + 1
            band = _halved(length, 1) if has_bands else length
            blocks *= _halved(band, min(size, part - has_bands)) + 1
        return precincts, blocks * (3 if has_bands else 1)


def _halved(length: int, times: int) -> int:
    return -(-length >> times)
