"""Draws the pictures of the sample issues: paper, ink and one accent, nothing but geometry.

    python posts/samples/draw.py

writes `images/*.webp`. Everything is drawn at twice the size and scaled down for smooth edges.
"""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Final

from PIL import Image, ImageDraw

WIDTH, HEIGHT, SCALE = 1600, 900, 2
PAPER, INK, ACCENT = "#f5f0e6", "#22201c", "#c4472e"
STONE, SAND = "#b9b0a0", "#e3dac9"
FOLDER: Final = Path(__file__).parent / "images"

Point = tuple[float, float]


class Sheet:
    """A sheet of paper with the few strokes that the pictures need, in units of the final size."""

    def __init__(self) -> None:
        self.image = Image.new("RGB", (WIDTH * SCALE, HEIGHT * SCALE), PAPER)
        self.pen = ImageDraw.Draw(self.image)

    def line(self, start: Point, end: Point, width: float = 2, colour: str = INK) -> None:
        """A straight stroke with flat ends."""
        points = [(x * SCALE, y * SCALE) for x, y in (start, end)]
        self.pen.line(points, fill=colour, width=round(width * SCALE))

    def box(self, x: float, y: float, width: float, height: float, colour: str = INK) -> None:
        """A filled rectangle."""
        left, top = round(x * SCALE), round(y * SCALE)
        right, bottom = round((x + width) * SCALE) - 1, round((y + height) * SCALE) - 1
        if right >= left and bottom >= top:
            self.pen.rectangle((left, top, right, bottom), fill=colour)

    def disc(self, centre: Point, radius: float, colour: str = INK) -> None:
        """A filled circle."""
        self.pen.ellipse(self._around(centre, radius), fill=colour)

    def ring(self, centre: Point, radius: float, width: float = 2, colour: str = INK) -> None:
        """A circle whose stroke has its middle at `radius`."""
        box = self._around(centre, radius + width / 2)
        self.pen.ellipse(box, outline=colour, width=round(width * SCALE))

    def arc(
        self, centre: Point, radius: float, span: Point, width: float = 2, colour: str = INK
    ) -> None:
        """A part of a circle; `span` in degrees, clockwise from three o'clock."""
        box = self._around(centre, radius + width / 2)
        self.pen.arc(box, *span, fill=colour, width=round(width * SCALE))

    def save(self, name: str) -> None:
        """Scale down and write `images/<name>.webp`."""
        small = self.image.resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS)
        small.save(FOLDER / f"{name}.webp", quality=86, method=6)

    def _around(self, centre: Point, radius: float) -> tuple[float, float, float, float]:
        x, y = centre
        left, top, right, bottom = x - radius, y - radius, x + radius, y + radius
        return left * SCALE, top * SCALE, right * SCALE, bottom * SCALE


def draw_feed(sheet: Sheet) -> None:
    """Waves that leave one point and cross the page."""
    source = (200.0, 740.0)
    for step in range(23):
        heavy = step % 6 == 0
        radius = 130 + step * 58
        sheet.arc(source, radius, (270, 360), 11 if heavy else 2.5, INK if heavy else STONE)
    sheet.box(0, 740, WIDTH, HEIGHT - 740, PAPER)
    sheet.line((200, 741), (WIDTH, 741), 2.5)
    sheet.disc(source, 58, ACCENT)


def draw_hangul(sheet: Sheet) -> None:
    """The syllable 한 in its square, with the lines along which it is built."""
    for x in range(440, 1161, 90):
        sheet.line((x, 60), (x, 840), 1.2, SAND)
    for y in range(90, 811, 90):
        sheet.line((410, y), (1190, y), 1.2, SAND)
    sheet.box(600, 138, 150, 38)
    sheet.box(510, 218, 330, 38)
    sheet.ring((675, 400), 96, 38)
    sheet.box(956, 130, 40, 440)
    sheet.box(996, 312, 114, 38)
    sheet.box(560, 600, 40, 182, ACCENT)
    sheet.box(560, 744, 470, 38, ACCENT)


def draw_table(sheet: Sheet) -> None:
    """Rows and columns, some full and some empty, and the one row that was asked for."""
    columns = [(160, 90), (280, 330), (640, 210), (880, 330), (1240, 200)]
    sheet.box(160, 128, 1280, 5)
    for row in range(13):
        y = 172 + row * 49
        chosen = row == 7
        for number, (x, width) in enumerate(columns):
            share = 1 if number == 0 else 0.35 + 0.65 * abs(math.sin(row * 2.7 + number * 1.9))
            colour = ACCENT if chosen else INK if number == 1 else STONE
            sheet.box(x, y, width * share, 16, colour)
        sheet.line((160, y + 32.5), (1440, y + 32.5), 1, SAND)


def draw_characters(sheet: Sheet) -> None:
    """A code chart: one dot for every place, larger where more people write, one of them yours."""
    for row in range(13):
        for column in range(25):
            wave = math.sin(column / 4.1) + math.cos(row / 2.3 + column / 9)
            radius = 3 + 9.5 * (wave + 2) / 4 * 1.5
            chosen = (row, column) == (8, 17)
            colour = ACCENT if chosen else INK if wave > 0.75 else STONE
            centre = (176 + column * 52.0, 138 + row * 52.0)
            sheet.disc(centre, 21 if chosen else radius, colour)


def draw_time(sheet: Sheet) -> None:
    """The hours around a dial; daylight is half of it and moves."""
    centre = (800.0, 450.0)
    for hour in range(96):
        angle = math.radians(hour * 3.75)
        whole = hour % 4 == 0
        inner = 268 if whole else 318
        start = (centre[0] + inner * math.cos(angle), centre[1] + inner * math.sin(angle))
        end = (centre[0] + 352 * math.cos(angle), centre[1] + 352 * math.sin(angle))
        night = 22 < hour < 74
        sheet.line(start, end, 7 if whole else 2, STONE if night else INK)
    sheet.disc(centre, 196, SAND)
    sheet.pen.pieslice(sheet._around(centre, 196), -84, 96, fill=INK)
    angle = math.radians(-37.5)
    tip = (centre[0] + 400 * math.cos(angle), centre[1] + 400 * math.sin(angle))
    sheet.line(centre, tip, 6, ACCENT)
    sheet.disc(centre, 15, ACCENT)


def draw_weight(sheet: Sheet) -> None:
    """What a page carries, from the heaviest thing to the words."""
    weights = (1180, 830, 560, 372, 236, 140, 76)
    y = 130.0
    for number, weight in enumerate(weights):
        height = 118 - number * 13.5
        last = number == len(weights) - 1
        sheet.box(210, y, weight, height, ACCENT if last else INK if number % 2 == 0 else STONE)
        y += height + 13
    sheet.line((210, 796), (1390, 796), 2.5)
    for tick in range(0, 1181, 118):
        sheet.line((210 + tick, 796), (210 + tick, 812 if tick % 590 else 826), 2.5)


def draw_search(sheet: Sheet) -> None:
    """Four columns of a paper; the same word is found three times."""
    found = {(0, 9): 60.0, (2, 4): 128.0, (3, 14): 20.0}
    for column in range(4):
        x = 160 + column * 334
        sheet.box(x, 128, 278, 4)
        for row in range(20):
            y = 164 + row * 31
            paragraph_end = (row + column * 3) % 7 == 6
            width = 278 * (0.42 if paragraph_end else 1)
            sheet.box(x, y, width, 9, STONE)
            if (column, row) in found:
                sheet.box(x, y, 278, 9, STONE)
                sheet.box(x + found[column, row] - 8, y - 10, 116, 29, PAPER)
                sheet.box(x + found[column, row], y - 5, 100, 19, ACCENT)


def draw_page(sheet: Sheet) -> None:
    """A spread by the old canon: the text block finds its place along the diagonals."""
    left, top, width, height = 266.0, 96.0, 534.0, 708.0
    for x in (left, left + width):
        sheet.box(x + 1, top, width - 2, height, "#fbf8f1")
    corners = ((left, top + height), (left + 2 * width, top + height))
    for corner, far in ((corners[0], left + 2 * width), (corners[1], left)):
        sheet.line(corner, (far, top), 1.2, STONE)
    sheet.line(corners[0], (left + width, top), 1.2, STONE)
    sheet.line(corners[1], (left + width, top), 1.2, STONE)
    for x in (left + width / 9 * 2, left + width + width / 9):
        for row in range(23):
            y = top + height / 9 + row * 20.6
            share = 0.55 if row in {8, 17} else 1
            sheet.box(x, y, width * 6 / 9 * share, 7.5, INK)
    sheet.box(left + width / 9 * 2, top + height / 9 - 4, 76, 57, "#fbf8f1")
    sheet.box(left + width / 9 * 2, top + height / 9, 62, 49, ACCENT)
    sheet.line((left + width, top), (left + width, top + height), 2, STONE)


PICTURES: Final[dict[str, Callable[[Sheet], None]]] = {
    "feed": draw_feed,
    "hangul": draw_hangul,
    "table": draw_table,
    "characters": draw_characters,
    "time": draw_time,
    "weight": draw_weight,
    "search": draw_search,
    "page": draw_page,
}


def main() -> None:
    """Draw every picture anew."""
    FOLDER.mkdir(exist_ok=True)
    for name, draw in PICTURES.items():
        sheet = Sheet()
        draw(sheet)
        sheet.save(name)


if __name__ == "__main__":
    main()
