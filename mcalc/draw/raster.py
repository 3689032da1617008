"""A scene as the bytes of a PNG file, in its light colours: the static form of what is drawn.

Pillow draws it, which comes with matplotlib: matplotlib itself would take 0.6 seconds and 38 MB in
every kernel that shows an explorer.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from contextlib import contextmanager
from functools import cache, lru_cache
from importlib.util import find_spec
from itertools import pairwise
from math import floor, hypot
from pathlib import Path

import numpy as np

FINE = 3  # everything is drawn so many times as large, and made smaller: that smooths edges
BAND = 64  # rows that are drawn at a time: of larger buffers a kernel would keep the memory
MARGIN, LINE = 10, 17  # pixels, beside and for a line of text
MONO = 11.5


def png(scene, colors: Mapping, above: Sequence[str] = (), below: Sequence[str] = ()) -> bytes:
    """The picture with lines of text above and below it, the same bytes on every run."""
    from PIL import Image

    top = LINE * len(above) + MARGIN if above else 0
    foot = LINE * len(below) + MARGIN if below else 0
    marks = [*scene.marks, *_lines(MARGIN / 2 - top, above), *_lines(scene.height + 2, below)]
    whole = Image.new("RGB", (scene.width, top + scene.height + foot))
    for start in range(0, whole.height, BAND):
        height = min(BAND, whole.height - start)
        sheet = _Sheet(scene.width, height, top - start, colors)
        for kind, data, style, clip in marks:
            low, high = _rows(kind, data, style)
            if low + top <= start + height and high + top >= start:
                with sheet.within(clip):
                    getattr(sheet, kind)(data, style)
        whole.paste(sheet.image.reduce(FINE), (0, start))
    # 256 colours are enough for a drawing, in half of the bytes
    few = whole.quantize(256, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    file = io.BytesIO()
    few.save(file, "PNG", optimize=True)
    return file.getvalue()


def _lines(start, lines):
    """Text as marks of one width."""
    style = {"fill": "ink", "size": MONO, "anchor": "start", "font": "DejaVuSansMono"}
    for k, line in enumerate(lines):
        yield "text", (MARGIN, start + LINE * (k + 0.5), line), style, None


def _rows(kind, data, style):
    """The first and the last row that a mark may touch."""
    more = style.get("width", 0) + 1
    if kind == "path":
        ys = [y for _, y in data]
    elif kind == "squares":
        ys = [y + more for _, y in data[0] for more in (0, data[1])]
    elif kind == "box":
        ys = [data[1], data[1] + data[3]]
    elif kind == "formula":
        ys = [data[1] - 2 * style["size"], data[1] + 2 * style["size"]]
    else:
        reach = data[2] if kind == "dot" else style["size"]
        ys = [data[1] - reach, data[1] + reach]
    return min(ys) - more, max(ys) + more


@cache
def _font(name, pixels):
    from PIL import ImageFont

    spec = find_spec("matplotlib")
    if spec is None or spec.origin is None:
        raise ImportError("matplotlib is missing, whose fonts the pictures are written in")
    fonts = Path(spec.origin).parent / "mpl-data" / "fonts" / "ttf"
    return ImageFont.truetype(fonts / f"{name}.ttf", pixels)


@lru_cache(maxsize=64)
def _mathematics(written, pixels):
    """How dark each pixel is of a formula."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.mathtext import MathTextParser

    return np.asarray(MathTextParser("agg").parse(written, 72, FontProperties(size=pixels)).image)


class _Sheet:
    """One method for each kind of mark, in the scene's own pixels."""

    def __init__(self, width, height, top, colors):
        from PIL import Image, ImageDraw

        self.colors, self.top, self.left = colors, top, 0.0
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
        corners = self.at(x, y), self.at(x + width, y + height)
        (x0, y0), (x1, y1) = (map(self.nearest, point, self.image.size) for point in corners)
        self.image = self.image.crop((x0, y0, x1, y1))
        self.pen = ImageDraw.Draw(self.image, "RGBA")
        self.left, self.top = self.left - x0 / FINE, self.top - y0 / FINE
        yield
        part = self.image
        self.image, self.pen, self.left, self.top = whole
        self.image.paste(part, (x0, y0))

    @staticmethod
    def nearest(value, length):
        return min(max(value, 0), length)

    def at(self, x, y):
        """A whole pixel of the sheet: else what goes on in the next band would not fit."""
        return floor((x + self.left) * FINE + 0.5), floor((y + self.top) * FINE + 0.5)

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
            run = [(floor(x + 0.5), floor(y + 0.5)) for x, y in run]
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
            x0, y0 = self.at(x, y)
            x1, y1 = self.at(x + cell, y + cell)
            self.pen.rectangle((x0, y0, x1 - 1, y1 - 1), color)

    def dot(self, data, style):
        x, y, radius = data
        x, y = self.at(x, y)
        edge = style["width"] / 2
        for name, out in (("stroke", radius + edge), ("fill", radius - edge)):
            r = round(out * FINE)
            self.pen.ellipse((x - r, y - r, x + r, y + r), self.color(style[name]))

    def text(self, data, style):
        x, y, words = data
        name = style.get("font") or ("DejaVuSans-Bold" if style["bold"] else "DejaVuSans")
        font = _font(name, round(style["size"] * FINE))
        side = {"start": "l", "middle": "m", "end": "r"}[style["anchor"]]
        self.pen.text(self.at(x, y), words, self.color(style["fill"]), font, anchor=side + "m")

    def formula(self, data, style):
        from PIL import Image

        x, y, written = data
        mask = Image.fromarray(_mathematics(written, style["size"] * FINE))
        left, top = self.at(x - mask.width / FINE / 2, y - mask.height / FINE / 2)
        self.image.paste(self.color(style["fill"])[:3], (left, top), mask)


def dashes(points: list, pattern: Sequence[float]) -> list[list]:
    """The parts of a line that are drawn: all of it, or the first of each pair of lengths."""
    if not pattern:
        return [points]
    runs, on, left, k = [[points[0]]], True, pattern[0], 0
    for (x0, y0), (x1, y1) in pairwise(points):
        length, done = hypot(x1 - x0, y1 - y0), 0.0
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
