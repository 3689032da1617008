"""A scene as the bytes of a PNG file, in its light colours: the static form of what is drawn.

Pillow draws it, which comes with matplotlib: matplotlib itself would take 0.6 seconds and 35 MB in
every kernel that shows an explorer.
"""

from __future__ import annotations

import io
import math
from contextlib import contextmanager
from functools import cache
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path

FINE = 3  # everything is drawn so many times as large, and made smaller: that smooths edges
MARGIN, LINE = 10, 17  # pixels, beside and for a line of text
MONO = 11.5


def png(scene, colors, above=(), below=()) -> bytes:
    """The picture with lines of text above and below it, the same bytes on every run."""
    from PIL import Image

    top = LINE * len(above) + MARGIN if above else 0
    foot = LINE * len(below) + MARGIN if below else 0
    sheet = _Sheet(scene.width, top + scene.height + foot, colors)
    sheet.top = top
    for kind, data, style, clip in scene.marks:
        with sheet.within(clip):
            getattr(sheet, kind)(data, style)
    for start, lines in ((MARGIN / 2 - top, above), (scene.height + 2, below)):
        for k, line in enumerate(lines):
            sheet.words(MARGIN, start + LINE * (k + 0.5), line, "DejaVuSansMono", MONO, "ink", "l")
    file = io.BytesIO()
    small = sheet.image.reduce(FINE)
    # 256 colours are enough for a drawing, in half of the bytes
    few = small.quantize(256, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    few.save(file, "PNG", optimize=True)
    return file.getvalue()


@cache
def _font(name, pixels):
    from PIL import ImageFont

    fonts = Path(find_spec("matplotlib").origin).parent / "mpl-data" / "fonts" / "ttf"
    return ImageFont.truetype(fonts / f"{name}.ttf", pixels)


class _Sheet:
    """One method for each kind of mark, in the scene's own pixels."""

    def __init__(self, width, height, colors):
        from PIL import Image, ImageDraw

        self.colors, self.top, self.left = colors, 0.0, 0.0
        self.image = Image.new("RGB", (width * FINE, height * FINE), "white")
        self.pen = ImageDraw.Draw(self.image, "RGBA")

    @contextmanager
    def within(self, clip):
        """Draw inside a rectangle only: on a copy of it, which is put back."""
        if not clip:
            yield
            return
        from PIL import ImageDraw

        whole = self.image, self.pen, self.left, self.top
        x, y, width, height = clip
        box = [round(v) for v in (*self.at(x, y), *self.at(x + width, y + height))]
        self.image = whole[0].crop(box)
        self.pen = ImageDraw.Draw(self.image, "RGBA")
        self.left, self.top = self.left - box[0] / FINE, self.top - box[1] / FINE
        yield
        part = self.image
        self.image, self.pen, self.left, self.top = whole
        self.image.paste(part, box[:2])

    def at(self, x, y):
        return (x + self.left) * FINE, (y + self.top) * FINE

    def color(self, name, opacity=1.0):
        code = self.colors[name][0]
        return (*(int(code[k : k + 2], 16) for k in (1, 3, 5)), round(255 * opacity))

    def path(self, points, style):
        points = [self.at(*point) for point in points]
        if len(points) < 2:
            return
        if style["fill"]:
            self.pen.polygon(points, self.color(style["fill"], style["opacity"]))
        if style["stroke"]:
            self.stroke(points, style, style["opacity"])

    def stroke(self, points, style, opacity=1.0):
        color, width = self.color(style["stroke"], opacity), max(round(style["width"] * FINE), 1)
        for run in dashes(points, [float(part) * FINE for part in style["dash"].split()]):
            self.pen.line(run, color, width, "curve" if len(run) > 2 else None)

    def box(self, data, style):
        x, y, width, height = data
        corners = [(x, y), (x + width, y), (x + width, y + height), (x, y + height)]
        corners = [self.at(*corner) for corner in corners]
        if style["fill"]:
            self.pen.polygon(corners, self.color(style["fill"], style["opacity"]))
        if style["stroke"]:
            half = style["width"] * FINE / 2  # so that the corners are closed
            (x0, y0), _, (x1, y1), _ = corners
            ends = [(x0 - half, y0), (x1 + half, y0), (x1, y0), (x1, y1)]
            ends += [(x1 + half, y1), (x0 - half, y1), (x0, y1), (x0, y0)]
            for start in range(0, 8, 2):
                self.stroke(ends[start : start + 2], style)

    def squares(self, data, style):
        places, cell = data
        color = self.color(style["fill"], style["opacity"])
        for x, y in places:
            x0, y0 = map(round, self.at(x, y))
            x1, y1 = map(round, self.at(x + cell, y + cell))
            self.pen.rectangle((x0, y0, x1 - 1, y1 - 1), color)

    def dot(self, data, style):
        x, y, radius = data
        x, y = self.at(x, y)
        edge = style["width"] * FINE / 2
        for r, name in ((radius * FINE + edge, "stroke"), (radius * FINE - edge, "fill")):
            self.pen.ellipse((x - r, y - r, x + r, y + r), self.color(style[name]))

    def text(self, data, style):
        x, y, words = data
        font = "DejaVuSans-Bold" if style["bold"] else "DejaVuSans"
        side = {"start": "l", "middle": "m", "end": "r"}[style["anchor"]]
        self.words(x, y, words, font, style["size"], style["fill"], side)

    def words(self, x, y, words, font, size, color, side):
        font = _font(font, round(size * FINE))
        self.pen.text(self.at(x, y), words, self.color(color), font, anchor=side + "m")


def dashes(points, pattern):
    """The parts of a line that are drawn: all of it, or the first of each pair of lengths."""
    if not pattern:
        return [points]
    runs, on, left, k = [[points[0]]], True, pattern[0], 0
    for (x0, y0), (x1, y1) in pairwise(points):
        length, done = math.hypot(x1 - x0, y1 - y0), 0.0
        while length - done > left:
            done += left
            point = x0 + (x1 - x0) * done / length, y0 + (y1 - y0) * done / length
            if on:
                runs[-1].append(point)
            else:
                runs.append([point])
            on, k = not on, (k + 1) % len(pattern)
            left = pattern[k]
        left -= length - done
        if on:
            runs[-1].append((x1, y1))
    return [run for run in runs if len(run) > 1]
