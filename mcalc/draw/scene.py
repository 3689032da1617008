"""One drawing, two ways out: SVG for the live picture, PNG for the static one.

A scene is a list of a few kinds of marks in pixels, and knows nothing of what it shows. The colours
of the SVG are custom properties of CSS, so it follows the theme.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from xml.etree import ElementTree as ET

import numpy as np
from numpy.typing import ArrayLike

from . import raster
from .handles import Handle, Move, Track

# What a colour is for, on a light page and on a dark one. Text has a contrast of at least 4.5 in
# each; JupyterLab's own colours come first where it has one for the purpose.
COLORS = {
    "ink": ("#1f1f1f", "#f2f2f2", "--jp-content-font-color1"),
    "muted": ("#595959", "#b8b8b8", None),
    "grid": ("#d5d5d5", "#4a4a4a", None),
    "paper": ("#ffffff", "#111111", "--jp-layout-color0"),
    "blue": ("#1845fb", "#93abff", None),  # the function itself
    "orange": ("#a33e00", "#ffae70", None),  # what the derivative predicts; positive numbers
    "green": ("#00735c", "#54d6b3", None),  # what really happens
    "violet": ("#7f2aff", "#cdb0ff", None),  # what is being nudged; negative numbers
}
Clip = tuple[float, float, float, float] | None  # left, top, width, height
FONT = "system-ui, 'DejaVu Sans', sans-serif"


Node = tuple[str, dict[str, str], "str | list[Node]"]  # of an SVG: tag, attributes, content


def _properties(theme):
    """The theme's own colours where it has some for the purpose, else ours."""
    return "".join(
        f"--mcalc-{name}:{f'var({colors[2]},{colors[theme]})' if colors[2] else colors[theme]};"
        for name, colors in COLORS.items()
    )


STYLE = (
    f".mcalc-explorer,.mcalc-exercise{{{_properties(0)}}}"
    '[data-jp-theme-light="false"] :is(.mcalc-explorer,.mcalc-exercise)'
    f"{{{_properties(1)}}}"
)


def css(color: str) -> str:
    """A colour as CSS: that of the page's theme, or the light one where there is none."""
    return f"var(--mcalc-{color},{COLORS[color][0]})"


class Scene:
    """Marks in pixels, y downwards; each later one on top of the earlier ones."""

    def __init__(self, width: int, height: int):
        self.width, self.height = width, height
        self.marks: list[tuple] = []
        self.handles: list[Handle] = []

    def line(
        self, points: Sequence, color: str = "ink", width: float = 1.5, dash: str = "",
        opacity: float = 1.0, clip: Clip = None,
    ) -> None:  # fmt: skip
        """Straight lines from point to point."""
        style = {"stroke": color, "width": width, "dash": dash, "opacity": opacity, "fill": None}
        self.marks.append(("path", points, style, clip))

    def area(self, points: Sequence, color: str, opacity: float = 1.0, clip: Clip = None) -> None:
        """The polygon with these corners."""
        style = {"stroke": None, "width": 0, "dash": "", "opacity": opacity, "fill": color}
        self.marks.append(("path", points, style, clip))

    def box(
        self, x: float, y: float, width: float, height: float, fill: str | None = None,
        opacity: float = 1.0, edge: str | None = None, thick: float = 1.0, dash: str = "",
    ) -> None:  # fmt: skip
        """A rectangle; the opacity is that of its filling."""
        style = {"stroke": edge, "width": thick, "dash": dash, "opacity": opacity, "fill": fill}
        self.marks.append(("box", (x, y, width, height), style, None))

    def dot(
        self, x: float, y: float, radius: float = 4.0, color: str = "ink", hollow: bool = False,
        clip: Clip = None,
    ) -> None:  # fmt: skip
        """A disc, or a ring if it is hollow."""
        fill = "paper" if hollow else color
        style = {"stroke": color, "width": 1.5, "dash": "", "opacity": 1.0, "fill": fill}
        self.marks.append(("dot", (x, y, radius), style, clip))

    def arrow(
        self, x0: float, y0: float, x1: float, y1: float, color: str = "ink", width: float = 2.0,
        dash: str = "", head: float = 8.0,
    ) -> None:  # fmt: skip
        """An arrow that ends in (x1, y1)."""
        length = math.hypot(x1 - x0, y1 - y0)
        if length < 0.5:
            return
        ux, uy = (x1 - x0) / length, (y1 - y0) / length
        head = min(head, length)
        bx, by, half = x1 - head * ux, y1 - head * uy, 0.4 * head
        self.line([(x0, y0), (bx, by)], color, width, dash)
        self.area([(x1, y1), (bx - half * uy, by + half * ux), (bx + half * uy, by - half * ux)],
                  color)  # fmt: skip

    def image(self, x: float, y: float, cell: float, values: np.ndarray) -> None:
        """A matrix as squares: orange above zero and violet below if it has both, else ink."""
        values = np.asarray(values, dtype=float)
        top = float(np.max(abs(values), initial=0)) or 1.0
        tones = np.round(12 * values / top).astype(int)
        signed = bool((values < 0).any())
        rows, columns = values.shape
        self.box(x, y, cell * columns, cell * rows, "paper", 1.0, "grid")
        for tone in np.unique(tones[tones != 0]):
            at = [(x + cell * j, y + cell * i) for i, j in np.argwhere(tones == tone)]
            color = ("orange" if tone > 0 else "violet") if signed else "ink"
            style = {"stroke": None, "width": 0, "dash": "", "opacity": abs(tone) / 12,
                     "fill": color}  # fmt: skip
            self.marks.append(("squares", (at, cell), style, None))

    def text(
        self, x: float, y: float, words: object, color: str = "ink", size: float = 13,
        anchor: str = "middle", bold: bool = False,
    ) -> None:  # fmt: skip
        """Words on one line, y in the middle of them; anchor is start, middle or end."""
        style = {"fill": color, "size": size, "anchor": anchor, "bold": bold}
        self.marks.append(("text", (x, y, str(words)), style, None))

    def formula(
        self, x: float, y: float, written: str, color: str = "ink", size: float = 13
    ) -> None:
        """Mathematics as matplotlib writes it, around (x, y); in an SVG, its source."""
        style = {"fill": color, "size": size, "anchor": "middle", "bold": False}
        self.marks.append(("formula", (x, y, written), style, None))

    def handle(self, x: float, y: float, name: str, moves: Mapping[str, Move], **how: Any) -> None:
        """A place that one takes hold of, and which inputs move with it, see :class:`Handle`.

        ``how`` are the other fields of a Handle. Only the live picture has it.
        """
        self.handles.append(Handle(x, y, name, moves, **how))

    # --- as SVG ---

    def tree(self, title: str, description: str) -> Node:
        """The picture as an SVG element with a text alternative, in lists and dicts."""
        inside: list[Node] = [("title", {}, title), ("desc", {}, description)]
        for kind, data, style, clip in self.marks:
            mark = _SVG[kind](data, style)
            if clip:  # a nested svg shows nothing outside itself, and needs no id for it
                x, y, width, height = map(_px, clip)
                size = {"x": x, "y": y, "width": width, "height": height}
                mark = "svg", {**size, "viewBox": f"{x} {y} {width} {height}"}, [mark]
            inside.append(mark)
        return "svg", {
            "width": f"{self.width}", "height": f"{self.height}",
            "viewBox": f"0 0 {self.width} {self.height}", "role": "img",
            "aria-label": f"{title}: {description}", "font-family": FONT,
        }, inside  # fmt: skip

    def svg(self, title: str, description: str) -> str:
        """The picture as the text of an SVG element with a text alternative."""
        tag, attributes, inside = self.tree(title, description)
        root = _element((tag, {"xmlns": "http://www.w3.org/2000/svg", **attributes}, inside))
        return ET.tostring(root, encoding="unicode")

    # --- as PNG ---

    def png(self, above: Sequence[str] = (), below: Sequence[str] = ()) -> bytes:
        """The picture as the bytes of a PNG file, with lines of text above and below it."""
        return raster.png(self, COLORS, above, below)


def _px(value):
    return f"{value:.1f}".removesuffix(".0")


def _painted(style):
    """The attributes for stroke and filling."""
    found = {"fill": css(style["fill"]) if style["fill"] else "none"}
    if style["fill"] and style["opacity"] < 1:
        found["fill-opacity"] = f"{style['opacity']:.3g}"
    if style["stroke"]:
        found |= {"stroke": css(style["stroke"]), "stroke-width": _px(style["width"])}
        if style["dash"]:
            found["stroke-dasharray"] = style["dash"]
        if not style["fill"] and style["opacity"] < 1:
            found["stroke-opacity"] = f"{style['opacity']:.3g}"
    return found


def _element(node):
    tag, attributes, inside = node
    made = ET.Element(tag, attributes)
    if isinstance(inside, str):
        made.text = inside
    else:
        made.extend(map(_element, inside))
    return made


_LOW = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


def typeset(words: str) -> str:
    """``w_1`` as it is written by hand; what is no number stays behind its underscore."""
    return re.sub(r"(?<=\w)_(\d+)\b", lambda found: found[1].translate(_LOW), words)


def _svg_path(points, style):
    where = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    tag = "polygon" if style["fill"] else "polyline"
    return tag, {"points": where, **_painted(style)}, ""


def _svg_squares(data, style):
    at, cell = data
    side = _px(cell)
    where = "".join(f"M{_px(x)} {_px(y)}h{side}v{side}h-{side}z" for x, y in at)
    return "path", {"d": where, **_painted(style)}, ""


def _svg_box(data, style):
    names = ("x", "y", "width", "height")
    where = {name: _px(value) for name, value in zip(names, data, strict=True)}
    return "rect", {**where, **_painted(style)}, ""


def _svg_dot(data, style):
    where = {name: _px(value) for name, value in zip(("cx", "cy", "r"), data, strict=True)}
    return "circle", {**where, **_painted(style)}, ""


def _svg_text(data, style):
    x, y, words = data
    given = {"x": _px(x), "y": _px(y), "fill": css(style["fill"]), "font-size": str(style["size"])}
    given |= {"text-anchor": style["anchor"], "dominant-baseline": "central"}
    if style["bold"]:
        given["font-weight"] = "bold"
    return "text", given, typeset(words)


_SVG = {
    "path": _svg_path,
    "squares": _svg_squares,
    "box": _svg_box,
    "dot": _svg_dot,
    "text": _svg_text,
    "formula": _svg_text,
}


# --- axes ------------------------------------------------------------------------------------


def ticks(low: float, high: float, count: int = 5) -> list[float]:
    """Round numbers between two bounds: steps of 1, 2 or 5 times a power of ten."""
    raw = (high - low) / count
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(power * k for k in (1, 2, 5, 10) if power * k >= raw * 0.999)
    first = math.ceil(low / step - 1e-9)
    return [round(k * step, 12) for k in range(first, math.floor(high / step + 1e-9) + 1)]


def limits(values: ArrayLike, floor: float = 0.1) -> tuple[float, float]:
    """Bounds that hold the finite ones of these values, with a margin."""
    finite = np.asarray(values, dtype=float)
    finite = finite[np.isfinite(finite)]
    if not finite.size:
        return -1.0, 1.0
    low, high = finite.min(), finite.max()
    margin = max(0.08 * (high - low), floor)
    return float(low - margin), float(high + margin)


class Axes:
    """A rectangle of a scene with a coordinate system: straight, or logarithmic both ways."""

    def __init__(
        self, scene: Scene, left: float, top: float, width: float, height: float,
        xlim: tuple[float, float], ylim: tuple[float, float], log: bool = False,
    ):  # fmt: skip
        self.scene, self.clip, self.log = scene, (left, top, width, height), log
        self.xlim, self.ylim = xlim, ylim

    def at(self, x: float, y: float) -> tuple[float, float]:
        """The pixel of a point."""
        left, top, width, height = self.clip
        x0, x1, y0, y1 = *self.xlim, *self.ylim
        if self.log:
            x, y = (math.log10(max(v, 1e-300)) for v in (x, y))
            x0, x1, y0, y1 = map(math.log10, (x0, x1, y0, y1))
        return left + width * (x - x0) / (x1 - x0), top + height * (y1 - y) / (y1 - y0)

    def frame(self, xlabel: str = "", ylabel: str = "", title: str = "") -> Axes:
        """The border, round numbers along it, and the names of both directions."""
        left, top, width, height = self.clip
        self.scene.box(left, top, width, height, edge="grid")
        for value, label in self._ticks(self.xlim, 7):
            x = self.at(value, self.ylim[0])[0]
            self.scene.line([(x, top + height), (x, top + height + 4)], "muted", 1)
            self.scene.text(x, top + height + 13, label, "muted", 11)
        for value, label in self._ticks(self.ylim, 5):
            y = self.at(self.xlim[0], value)[1]
            self.scene.line([(left - 4, y), (left, y)], "muted", 1)
            self.scene.text(left - 7, y, label, "muted", 11, "end")
        self.scene.text(left + width / 2, top + height + 29, xlabel, "muted", 12)
        self.scene.text(left - 7, top - 11, ylabel, "muted", 12, "start")
        self.scene.text(left + width, top - 11, title, "ink", 12, "end")
        return self

    def _ticks(self, bounds, count):
        if not self.log:
            return [(v, f"{v:g}") for v in ticks(bounds[0], bounds[1], count)]
        low, high = (math.log10(v) for v in bounds)
        every = max(1, math.ceil((high - low) / 6))
        powers = range(math.ceil(low), math.floor(high) + 1)
        return [(10.0**k, f"1e{k}" if k else "1") for k in powers if k % every == 0]

    def curve(
        self, xs: Iterable, ys: Iterable, color: str = "blue", width: float = 2.0, dash: str = ""
    ) -> None:
        """A curve, with gaps where it is not finite."""
        far = 20 * (self.ylim[1] - self.ylim[0])
        points, run = [*zip(map(float, xs), map(float, ys), strict=True)], []
        for x, y in [*points, (0.0, math.nan)]:
            usable = math.isfinite(y) and (y > 0 if self.log else abs(y - self.ylim[0]) < far)
            if usable:
                run.append(self.at(x, y))
            elif run:
                self.scene.line(run, color, width, dash, clip=self.clip)
                run = []

    def dot(
        self, x: float, y: float, color: str = "blue", radius: float = 4.5, hollow: bool = False
    ) -> None:
        """A point, where it is inside."""
        if math.isfinite(x) and math.isfinite(y) and not (self.log and y <= 0):
            px, py = self.at(x, y)
            left, top, width, height = self.clip
            if left - 1 <= px <= left + width + 1 and top - 1 <= py <= top + height + 1:
                self.scene.dot(px, py, radius, color, hollow)

    def point(self, px: float, py: float) -> tuple[float, float]:
        """The point of a pixel; of straight axes."""
        (left, top, width, height), (x0, x1), (y0, y1) = self.clip, self.xlim, self.ylim
        return x0 + (px - left) / width * (x1 - x0), y1 - (py - top) / height * (y1 - y0)

    def handle(
        self, x: float, y: float, name: str, moves: Mapping[str, Move] | None = None,
        along_x: str = "", along_y: str = "", start: float = 0.0,
    ) -> None:  # fmt: skip
        """A handle at a point, or at the border near it, for the inputs that are its coordinates.

        ``start`` is where the input along x is 0, if not where x is.
        """
        left, top, width, height = self.clip
        px, py = self.at(x, y)
        px = min(max(px, left), left + width) if math.isfinite(px) else left
        py = min(max(py, top), top + height) if math.isfinite(py) else top + height
        found = dict(moves or {})
        if along_x:
            ends = self.xlim[0] - start, self.xlim[1] - start
            found[along_x] = Track("x", (left, left + width), ends, self.log)
        if along_y:
            found[along_y] = Track("y", (top + height, top), self.ylim, self.log)
        self.scene.handle(px, py, name, found, box=self.clip)
