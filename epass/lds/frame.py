"""What walking the headers of an image finds."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Frame:
    """Width and height in pixels, channels of a pixel, and the position behind the image."""

    width: int
    height: int
    channels: int
    end: int
