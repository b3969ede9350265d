"""Draw the small pictures of a full document: a signature, and both sides of the document itself.

As ``draw_portrait.py``: strokes and boxes that no one can take for those of a real document. Run it
again after a change: python3 tools/draw_details.py
"""

import math
import sys
from pathlib import Path

from PIL import Image, ImageDraw

DATA = Path(__file__).resolve().parent.parent / "epass" / "sim" / "data"
SCALE = 4  # drawn larger and reduced, for smooth edges
SIGNATURE, CARD = (300, 90), (320, 226)  # pixels; a page of ID-3 has 125 x 88 mm
QUALITY = 60
INK, PAPER, LINE, SHADE = (24, 40, 92), (255, 255, 255), (196, 214, 226), (120, 140, 160)
TEXT_ROWS, MRZ_ROWS = 6, 2


def main() -> int:
    pictures = {"signature": signature(), "front": front(), "rear": rear()}
    for name, picture in pictures.items():
        path = DATA / f"{name}.jpg"
        picture.save(path, quality=QUALITY, optimize=True)
        print(path.name, path.stat().st_size, "bytes")
    return 0


def signature() -> Image.Image:
    """Loops and a stroke below them."""
    canvas, pen = _canvas(SIGNATURE)
    width, height = canvas.size
    line = []
    for step in range(241):
        part = step / 240
        x = width * (0.08 + 0.8 * part) + 14 * SCALE * math.sin(part * 44)
        y = height * (0.48 - 0.05 * part) + 24 * SCALE * math.cos(part * 44) * (1 - 0.6 * part)
        line.append((x, y))
    pen.line(line, fill=INK, width=2 * SCALE, joint="curve")
    stroke = [(width * 0.1, height * 0.86), (width * 0.9, height * 0.74)]
    pen.line(stroke, fill=INK, width=SCALE)
    return canvas.resize(SIGNATURE, Image.Resampling.LANCZOS)


def front() -> Image.Image:
    """The page with the portrait, rows that stand for text, and the MRZ."""
    canvas, pen = _canvas(CARD, waves=True)
    width, height = canvas.size
    pen.rectangle(_part(canvas, 0.05, 0.14, 0.3, 0.68), fill=SHADE)
    pen.ellipse(_part(canvas, 0.11, 0.22, 0.24, 0.46), fill=PAPER)
    left, top, right, bottom = _part(canvas, 0.07, 0.48, 0.28, 0.88)
    pen.pieslice(((left, top), (right, bottom)), 180, 360, fill=PAPER)
    for row in range(TEXT_ROWS):
        top = 0.16 + 0.085 * row
        pen.rectangle(_part(canvas, 0.36, top, 0.62 + 0.05 * (row % 4), top + 0.03), fill=INK)
    for row in range(MRZ_ROWS):
        y = height * (0.82 + 0.08 * row)
        for mark in range(44):
            x = width * (0.05 + 0.0205 * mark)
            pen.rectangle((x, y, x + width * 0.012, y + height * 0.035), fill=INK)
    return canvas.resize(CARD, Image.Resampling.LANCZOS)


def rear() -> Image.Image:
    """A page with rows that stand for text, and a seal."""
    canvas, pen = _canvas(CARD, waves=True)
    for row in range(8):
        top = 0.12 + 0.08 * row
        pen.rectangle(_part(canvas, 0.07, top, 0.5 + 0.04 * (row % 3), top + 0.025), fill=INK)
    box = _part(canvas, 0.68, 0.5, 0.92, 0.84)
    for inset in (0, 6 * SCALE, 14 * SCALE):
        ring = (box[0] + inset, box[1] + inset, box[2] - inset, box[3] - inset)
        pen.ellipse(ring, outline=INK, width=SCALE)
    return canvas.resize(CARD, Image.Resampling.LANCZOS)


def _canvas(
    size: tuple[int, int], *, waves: bool = False
) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    canvas = Image.new("RGB", (size[0] * SCALE, size[1] * SCALE), PAPER)
    pen = ImageDraw.Draw(canvas)
    for line in range(0, canvas.height + 40, 36) if waves else ():
        wave = [(x, line + 14 * math.sin(x / 90 + line)) for x in range(0, canvas.width + 8, 8)]
        pen.line(wave, fill=LINE, width=SCALE // 2)
    return canvas, pen


def _part(
    canvas: Image.Image, left: float, top: float, right: float, bottom: float
) -> tuple[float, float, float, float]:
    """A rectangle in parts of the canvas."""
    width, height = canvas.size
    return left * width, top * height, right * width, bottom * height


if __name__ == "__main__":
    sys.exit(main())
