"""Draw the portrait of the fictitious holders: epass/sim/data/portrait.jpg and portrait.jp2.

A stylised face that no one can take for a photograph of a person, in the proportions that ISO/IEC
19794-5 has for a full frontal image. Run it again after a change: python3 tools/draw_portrait.py
"""

import math
import random
import sys
from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageChops, ImageDraw, ImageFilter

WIDTH, HEIGHT = 413, 531  # 35 x 45 mm at 300 dots an inch
SCALE = 4  # drawn larger and reduced, for smooth edges
CENTRE = WIDTH / 2
DATA = Path(__file__).resolve().parent.parent / "epass" / "sim" / "data"
STEPS = 16  # straight lines between two points of a curve
JPEG_QUALITY, JPEG2000_RATE = 70, 42

Point = tuple[float, float]
Colour = tuple[int, int, int]

PAPER, PAPER_EDGE, GUILLOCHE = (236, 240, 243), (205, 216, 224), (200, 214, 223)
SKIN, SKIN_SHADE, SKIN_LIGHT, BLUSH = (
    (240, 199, 170),
    (212, 160, 130),
    (251, 222, 200),
    (228, 140, 120),
)
HAIR, HAIR_SHADE, HAIR_LIGHT = (96, 58, 40), (66, 38, 28), (142, 92, 62)
COAT, COAT_SHADE, COAT_LIGHT, SHIRT = (38, 84, 104), (25, 60, 77), (62, 116, 136), (246, 244, 238)
IRIS, PUPIL, WHITE, LIPS, LIPS_SHADE = (
    (74, 116, 92),
    (26, 30, 28),
    (252, 252, 250),
    (190, 84, 84),
    (150, 58, 62),
)

LEFT_EYE_X, RIGHT_EYE_X, EYE_Y = 163.0, 250.0, 262.0  # left and right in the image


def main() -> int:
    picture = draw()
    DATA.mkdir(parents=True, exist_ok=True)
    picture.save(DATA / "portrait.jpg", quality=JPEG_QUALITY, optimize=True, dpi=(300, 300))
    picture.save(
        DATA / "portrait.jp2",
        quality_mode="rates",
        quality_layers=[JPEG2000_RATE],
        irreversible=True,
        mct=1,
    )
    for name in ("portrait.jpg", "portrait.jp2"):
        print(name, (DATA / name).stat().st_size, "bytes")
    return 0


def draw() -> Image.Image:
    canvas = background()
    for paint in (hair_behind, body, neck, ears, face, features, hair_in_front):
        paint(canvas)
    return canvas.resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS)


def background() -> Image.Image:
    """Plain light ground with the fine waves of security printing."""
    canvas = Image.new("RGB", (WIDTH * SCALE, HEIGHT * SCALE), PAPER)
    glow = Image.new("L", canvas.size, 0)
    ImageDraw.Draw(glow).ellipse(scaled((-60, -120), (WIDTH + 60, HEIGHT - 20)), fill=255)
    glow = glow.filter(ImageFilter.GaussianBlur(90 * SCALE))
    edge = Image.new("RGB", canvas.size, PAPER_EDGE)
    canvas = Image.composite(canvas, edge, glow)
    pen = ImageDraw.Draw(canvas)
    for line in range(-3, 36):
        wave = [
            (x, line * 16 + 9 * math.sin(x / 38 + line / 2.6) + 4 * math.sin(x / 17 - line))
            for x in range(-4, WIDTH + 8, 4)
        ]
        pen.line(scaled(*wave), fill=GUILLOCHE, width=SCALE // 2, joint="curve")
    return canvas


def hair_behind(canvas: Image.Image) -> None:
    shape = mirrored(
        [
            (0, 66),
            (58, 76),
            (102, 118),
            (117, 190),
            (120, 280),
            (128, 352),
            (124, 408),
            (96, 436),
            (56, 432),
        ]
    )
    fill(canvas, shape, HAIR_SHADE)
    glow(
        canvas,
        shape,
        mirrored([(98, 190), (120, 260), (126, 360), (104, 400), (96, 300)]),
        HAIR,
        12,
    )


def body(canvas: Image.Image) -> None:
    coat = mirrored([(0, 420), (48, 424), (104, 446), (168, 474), (206, 520), (214, 600), (0, 620)])
    fill(canvas, coat, COAT)
    glow(canvas, coat, mirrored([(150, 470), (214, 520), (220, 600), (176, 600)]), COAT_SHADE, 16)
    glow(canvas, coat, mirrored([(62, 440), (112, 456), (132, 480), (80, 470)]), COAT_LIGHT, 10)
    fill(canvas, [(CENTRE - 46, 418), (CENTRE + 46, 418), (CENTRE, 508)], SHIRT, smooth=False)
    for side in (-1, 1):
        collar = [(46, 412), (70, 434), (36, 500), (2, 508), (14, 470)]
        fill(canvas, [(CENTRE + side * x, y) for x, y in collar], COAT_SHADE, smooth=False)
        lapel = [(64, 430), (104, 452), (62, 531), (8, 531), (10, 512)]
        fill(canvas, [(CENTRE + side * x, y) for x, y in lapel], COAT_LIGHT, smooth=False)


def neck(canvas: Image.Image) -> None:
    shape = mirrored([(0, 340), (46, 346), (45, 400), (52, 426), (26, 456), (0, 474)])
    fill(canvas, shape, SKIN)
    glow(
        canvas,
        shape,
        mirrored([(0, 350), (60, 340), (58, 392), (28, 420), (0, 428)]),
        SKIN_SHADE,
        9,
    )


def ears(canvas: Image.Image) -> None:
    for side in (-1, 1):
        ear = [(84, 252), (100, 246), (106, 268), (99, 300), (88, 310)]
        shape = [(CENTRE + side * x, y) for x, y in ear]
        fill(canvas, shape, SKIN)
        inner = [(CENTRE + side * x, y) for x, y in [(90, 262), (99, 262), (98, 284), (91, 296)]]
        glow(canvas, shape, inner, SKIN_SHADE, 2)


def face(canvas: Image.Image) -> None:
    shape = face_shape()
    fill(canvas, shape, SKIN)
    shade = mirrored(
        [(92, 180), (104, 220), (100, 320), (66, 390), (30, 404), (74, 350), (86, 280)]
    )
    glow(canvas, shape, shade, SKIN_SHADE, 14, strength=0.75)
    glow(canvas, shape, mirrored([(0, 160), (44, 170), (40, 216), (0, 226)]), SKIN_LIGHT, 16)
    for side in (-1, 1):
        cheek = [(CENTRE + side * x, y) for x, y in [(40, 302), (66, 290), (76, 308), (54, 326)]]
        glow(canvas, shape, cheek, BLUSH, 11, strength=0.45)
    under_fringe = mirrored([(0, 148), (70, 160), (96, 236), (84, 240), (52, 190), (0, 176)])
    glow(canvas, shape, under_fringe, SKIN_SHADE, 9, strength=0.6)


def face_shape() -> list[Point]:
    return mirrored(
        [(0, 98), (56, 118), (90, 176), (95, 250), (91, 310), (72, 362), (36, 400), (0, 411)]
    )


def features(canvas: Image.Image) -> None:
    for x, side in ((LEFT_EYE_X, -1), (RIGHT_EYE_X, 1)):
        eye(canvas, x, side)
    nose(canvas)
    mouth(canvas)


def eye(canvas: Image.Image, x: float, side: int) -> None:
    y = EYE_Y
    lids = [
        (x - 21, y + 2),
        (x - 9, y - 9),
        (x + 6, y - 10),
        (x + 21, y + 1),
        (x + 8, y + 9),
        (x - 8, y + 9),
    ]
    socket = [(x - 28, y - 4), (x, y - 22), (x + 28, y - 4), (x, y + 14)]
    glow(canvas, face_shape(), socket, SKIN_SHADE, 6, strength=0.5)
    fill(canvas, lids, WHITE)
    clipped(canvas, lids, [(circle((x, y - 1), 10.5), IRIS), (circle((x, y - 1), 5), PUPIL)])
    fill(canvas, circle((x + 3.5, y - 4.5), 2.4), WHITE)
    stroke(
        canvas,
        [(x - 22, y + 2), (x - 10, y - 9), (x + 6, y - 10), (x + 22, y + 1)],
        HAIR_SHADE,
        3.4,
    )
    stroke(canvas, [(x + side * 21, y), (x + side * 26, y - 5)], HAIR_SHADE, 2.4)
    crease = [(x - 19, y - 10), (x - 7, y - 17), (x + 7, y - 17), (x + 19, y - 11)]
    stroke(canvas, crease, SKIN_SHADE, 1.8)
    brow = [(-24, -29), (-6, -34), (12, -34), (29, -24), (12, -29), (-6, -28), (-23, -23)]
    fill(canvas, [(x + side * dx, y + dy) for dx, dy in brow], HAIR)


def nose(canvas: Image.Image) -> None:
    ridge = [
        (CENTRE + 3, 262),
        (CENTRE + 11, 300),
        (CENTRE + 17, 318),
        (CENTRE + 6, 322),
        (CENTRE + 4, 290),
    ]
    glow(canvas, face_shape(), ridge, SKIN_SHADE, 4, strength=0.6)
    glow(canvas, face_shape(), circle((CENTRE - 2, 308), 7), SKIN_LIGHT, 5)
    wings = [
        (CENTRE - 16, 316),
        (CENTRE - 12, 324),
        (CENTRE, 327),
        (CENTRE + 12, 324),
        (CENTRE + 16, 316),
    ]
    stroke(canvas, wings, SKIN_SHADE, 2.6)


def mouth(canvas: Image.Image) -> None:
    upper = mirrored([(0, 352), (9, 348), (34, 354), (14, 358), (0, 360)])
    lower = mirrored([(0, 359), (16, 358), (33, 355), (18, 369), (0, 373)])
    fill(canvas, lower, LIPS)
    glow(canvas, lower, circle((CENTRE, 367), 8), SKIN_LIGHT, 4, strength=0.45)
    fill(canvas, upper, LIPS)
    line = [
        (CENTRE - 35, 353),
        (CENTRE - 14, 359),
        (CENTRE, 360),
        (CENTRE + 14, 359),
        (CENTRE + 35, 353),
    ]
    stroke(canvas, line, LIPS_SHADE, 2)


def hair_in_front(canvas: Image.Image) -> None:
    """A parting on the left of the image, and a strand before each ear."""
    right = [
        (164, 86),
        (206, 70),
        (262, 82),
        (302, 128),
        (314, 206),
        (311, 286),
        (300, 302),
        (294, 240),
        (264, 192),
        (204, 152),
    ]
    left = [
        (172, 82),
        (136, 94),
        (108, 134),
        (99, 200),
        (102, 284),
        (114, 302),
        (119, 240),
        (134, 186),
        (164, 140),
    ]
    for shape in (left, right):
        fill(canvas, shape, HAIR)
    glow(canvas, right, [(196, 92), (256, 104), (296, 160), (262, 142), (214, 118)], HAIR_LIGHT, 7)
    glow(canvas, left, [(146, 104), (118, 150), (110, 214), (124, 180), (146, 132)], HAIR_LIGHT, 6)
    strands(canvas, left, right)


def strands(canvas: Image.Image, left: Sequence[Point], right: Sequence[Point]) -> None:
    """Fine lines along the hair; the same on each run."""
    dice = random.Random(9303)  # noqa: S311 - a drawing, not a key
    for shape, turn in ((right, 1), (left, -1)):
        lines = []
        for _ in range(26):
            offset = dice.uniform(-26, 34)
            lines.append(
                [
                    (166 + dice.uniform(-2, 6), 92 + offset / 2),
                    (206.5 + turn * (56 - offset / 2), 108 + offset / 1.4 + dice.uniform(-3, 3)),
                    (206.5 + turn * (100 - offset / 2), 190 + offset / 3),
                    (206.5 + turn * (106 - offset / 2), 300),
                ]
            )
        mask = mask_of(canvas, smoothed(shape))
        layer = canvas.copy()
        pen = ImageDraw.Draw(layer)
        for number, line in enumerate(lines):
            shade = HAIR_SHADE if number % 3 else HAIR_LIGHT
            pen.line(scaled(*smoothed(line, closed=False)), fill=shade, width=SCALE // 2)
        canvas.paste(Image.composite(layer, canvas, mask))


# --- strokes ------------------------------------------------------------------------------------


def fill(
    canvas: Image.Image, shape: Sequence[Point], colour: Colour, *, smooth: bool = True
) -> None:
    outline = smoothed(shape) if smooth else shape
    ImageDraw.Draw(canvas).polygon(scaled(*outline), fill=colour)


def stroke(canvas: Image.Image, line: Sequence[Point], colour: Colour, width: float) -> None:
    points = smoothed(line, closed=False)
    pen = ImageDraw.Draw(canvas)
    pen.line(scaled(*points), fill=colour, width=round(width * SCALE), joint="curve")
    for x, y in (points[0], points[-1]):
        radius = width / 2
        pen.ellipse(scaled((x - radius, y - radius), (x + radius, y + radius)), fill=colour)


def glow(
    canvas: Image.Image,
    within: Sequence[Point],
    shape: Sequence[Point],
    colour: Colour,
    blur: float,
    *,
    strength: float = 1.0,
) -> None:
    """Lay ``colour`` over ``shape`` with soft edges, but not outside ``within``."""
    soft = mask_of(canvas, smoothed(shape)).filter(ImageFilter.GaussianBlur(blur * SCALE))
    mask = ImageChops.multiply(soft, mask_of(canvas, smoothed(within)))
    mask = mask.point([round(value * strength) for value in range(256)])
    canvas.paste(colour, mask=mask)


def clipped(
    canvas: Image.Image, within: Sequence[Point], shapes: Sequence[tuple[Sequence[Point], Colour]]
) -> None:
    mask = mask_of(canvas, smoothed(within))
    for shape, colour in shapes:
        canvas.paste(colour, mask=ImageChops.multiply(mask, mask_of(canvas, shape)))


def mask_of(canvas: Image.Image, outline: Sequence[Point]) -> Image.Image:
    mask = Image.new("L", canvas.size, 0)
    ImageDraw.Draw(mask).polygon(scaled(*outline), fill=255)
    return mask


def mirrored(half: Sequence[Point]) -> list[Point]:
    """A closed shape from its right half, given as distances from the middle of the image."""
    right = [(CENTRE + x, y) for x, y in half]
    left = [(CENTRE - x, y) for x, y in reversed(half) if x]
    return right + left


def circle(centre: Point, radius: float) -> list[Point]:
    steps = (2 * math.pi * step / 48 for step in range(48))
    return [(centre[0] + radius * math.cos(t), centre[1] + radius * math.sin(t)) for t in steps]


def smoothed(points: Sequence[Point], *, closed: bool = True) -> list[Point]:
    """A Catmull-Rom curve through ``points``."""
    count = len(points)
    if closed:
        padded = [points[-1], *points, points[0], points[1]]
    else:
        padded = [points[0], *points, points[-1]]
    curve = []
    for i in range(count if closed else count - 1):
        xs, ys = zip(*padded[i : i + 4], strict=True)
        curve += [(_between(xs, t / STEPS), _between(ys, t / STEPS)) for t in range(STEPS)]
    return curve if closed else [*curve, points[-1]]


def _between(knots: Sequence[float], t: float) -> float:
    a, b, c, d = knots
    linear, square, cube = c - a, 2 * a - 5 * b + 4 * c - d, 3 * b - a - 3 * c + d
    return 0.5 * (2 * b + linear * t + square * t**2 + cube * t**3)


def scaled(*points: Point) -> list[Point]:
    return [(x * SCALE, y * SCALE) for x, y in points]


if __name__ == "__main__":
    sys.exit(main())
