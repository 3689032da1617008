"""Pictures of numbers: images, curves, matrices, contours; and the diagrams of formulas."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike

from ..check.compile import compile_
from ..derivation import derive
from ..graph.expr import Expr, as_expr
from ..graph.walk import symbols, unnamed
from ..notation.numbers import number, numbers
from . import heatmap as heat
from .contours import contour_lines, round_levels
from .contours import paint as paint_contours
from .diagrams import dataflow, neuron, shapes
from .picture import Picture
from .scene import Axes, Scene

__all__ = ["Picture", "contours", "curves", "dataflow", "heatmap", "images", "neuron", "shapes"]
COLORS, DASHES = ("blue", "orange", "green", "violet"), ("", "7 4", "2 3")


def images(*rows: Mapping[str, ArrayLike]) -> Picture:
    """Rows of small square images: ``images({"w": w, "gradient": g})``.

    Each is a vector of a square length or a square array. Values of both signs are orange above
    zero and violet below, around a white zero; values from zero up are black on white. Every image
    has a scale of its own. Raises ValueError for a number of values that is no square.

    >>> images({"w": np.arange(4) - 1})
    images: w from -1 to 2
    """
    grid = [{name: _square(name, values) for name, values in row.items()} for row in rows]
    columns = max(map(len, grid))

    scene = Scene(140 * columns, 150 * len(grid))
    for line, row in enumerate(grid):
        for column, (name, values) in enumerate(row.items()):
            left, top = 140 * column + 10, 150 * line + 28
            scene.text(left + 60, top - 14, name, "ink", 13)
            scene.image(left, top, 120 / len(values), values)

    words = "; ".join(_described(name, values) for row in grid for name, values in row.items())
    return Picture(scene, f"images: {words}")


def _square(name, values):
    values = np.asarray(values, dtype=float)
    side = round(values.size**0.5)
    if side * side != values.size:
        raise ValueError(f"{name} has {values.size} values: a square number is needed, such as 64")
    return values.reshape(side, side)


def _described(name, values):
    if not values.any():
        return f"{name} all zero"
    return f"{name} from {number(values.min())} to {number(values.max())}"


def curves(
    named: Mapping[str, ArrayLike],
    levels: Mapping[str, float] | Iterable = (),
    x: str = "step",
    y: str = "loss",
    every: int = 1,
) -> Picture:
    """Curves against the step, with horizontal ``levels`` to compare them with.

    ``curves({"neuron": losses}, {"the mean": 0.09})``; the values are those of steps 0, ``every``,
    twice ``every`` and so on. Where they are not finite, curves have gaps.

    >>> curves({"net": [0.5, 0.25, 0.125]}, {"the mean": 0.3})
    loss; net: 0.5 at step 0, 0.125 at step 2; the mean: 0.3
    """
    lines = {name: np.asarray(values, dtype=float) for name, values in named.items()}
    levels = dict(levels)

    heights = np.concatenate([*lines.values(), [*levels.values(), 0.0]])
    top = 1.08 * float(np.max(heights[np.isfinite(heights)])) or 1.0
    last = every * (max(map(len, lines.values())) - 1)
    scene = Scene(700, 320)
    plot = Axes(scene, 60, 28, 600, 246, (0, max(last, 1)), (0, top)).frame(x, y)
    for name, level in levels.items():
        plot.curve([0, last], [level, level], "muted", 1, "5 4")
        scene.text(655, plot.at(0, level)[1] - 9, name, "muted", 12, "end")
    left = 150
    for k, (name, values) in enumerate(lines.items()):
        color, dash = COLORS[k % 4], DASHES[k % 3]
        plot.curve(every * np.arange(len(values)), values, color, 2, dash)
        scene.line([(left, 13), (left + 30, 13)], color, 2, dash)
        scene.text(left + 38, 13, name, "ink", 12, "start")
        left += 70 + 7 * len(name)

    words = [
        f"{name}: {v[0]:.3g} at {x} 0, {v[-1]:.3g} at {x} {every * (len(v) - 1)}"
        for name, v in lines.items()
    ]
    words += [f"{name}: {level:.3g}" for name, level in levels.items()]
    return Picture(scene, f"{y}; " + "; ".join(words))


def heatmap(
    matrix: ArrayLike,
    title: str = "",
    names: tuple[str | Sequence[str], str | Sequence[str]] = ("output", "input"),
) -> Picture:
    """A matrix as a grid of coloured cells with their values.

    ``names`` says what a row and what a column belongs to: a word that is numbered, or a list of
    labels. Raises TypeError for a derivation, which is no numbers. Paper: "Matrix calculus".

    >>> heatmap([[1, 0], [0, -2.5]], "J")
    J: 2 x 2, 2 of 4 entries zero: [1, 0; 0, -2.5]
    """
    if hasattr(matrix, "numpy") and hasattr(matrix, "parameters"):
        raise TypeError("a heat map is of numbers: give d.numpy()(x=...), not the derivation")
    matrix = np.atleast_2d(np.asarray(matrix, dtype=float))
    m, n = matrix.shape
    down, across = (
        [f"{name} {k + 1}" for k in range(length)] if isinstance(name, str) else list(name)
        for name, length in zip(names, (m, n), strict=True)
    )

    grid = heat.Grid(16.0 + 7 * max(map(len, down)), 52.0 if title else 28.0, 74.0, 40.0)
    wide, above = grid.wide * n, 8 * len(title) < grid.wide * n  # the title fits above the cells
    scene = Scene(
        round(max(grid.left + wide + 12, 8 * len(title) + 20)), round(grid.top + grid.high * m + 8)
    )
    if title and above:
        scene.text(grid.left + wide / 2, 14, title, "ink", 14)
    elif title:
        scene.text(10, 14, title, "ink", 14, "start")
    heat.paint(scene, matrix, (down, across), grid, (0.12, 0.52))

    zeros = int((matrix == 0).sum())
    rows = "; ".join(", ".join(map(number, row)) for row in matrix)
    words = f"{title + ': ' if title else ''}{m} x {n}, {zeros} of {m * n} entries zero: [{rows}]"
    return Picture(scene, words)


def contours(y: Expr, wrt: Sequence[Expr], at: Sequence = ()) -> Picture:
    """Lines of equal height of a function of two scalars, with its gradient at points.

    ``contours(3 * x**2 * y, (x, y), [(1, 2), (2, 1)])``: each gradient is drawn as an arrow; all
    arrows are in one scale. Raises ValueError for what is no function of these two scalars. Paper:
    "Introduction to vector calculus and partial derivatives".

    >>> import mcalc as mc
    >>> x, y = mc.scalars("x y")
    >>> contours(3 * x**2 * y, (x, y), (1, 2))
    contours of 3x^2 y; gradient [12, 3] at (1, 2)
    """
    y, at = as_expr(y), [at] if at and np.ndim(at[0]) == 0 else at
    points = [tuple(map(float, point)) for point in at]
    if y.ndim or len(wrt) != 2 or {*symbols(y)} - {*wrt}:
        raise ValueError(f"contours are of one function of two scalars, not of {y!r}")
    d = derive(y, tuple(wrt))
    names = [f"{v}" for v in d.variables]
    slope, needed = d.numpy(), d.parameters
    arrows = [
        slope(**{v: c for v, c in zip(names, point, strict=True) if v in needed})[0]
        for point in points
    ]
    reach = 1.5 * max([1.0, *(abs(c) for point in points for c in point)])
    scene = Scene(420, 420)
    plane = Axes(scene, 50, 30, 340, 340, (-reach, reach), (-reach, reach)).frame(*names)
    _heights(plane, compile_(unnamed(y), d.variables), names, points)
    _arrows(plane, points, arrows, 0.4 * reach)
    words = [
        f"gradient {numbers(arrow)} at ({', '.join(map(numbers, point))})"
        for point, arrow in zip(points, arrows, strict=True)
    ]
    return Picture(scene, "; ".join([f"contours of {y}", *words]))


def _heights(plane, height, names, points):
    """Numbered lines at round heights, and one through each point."""

    def value(point):
        return float(height(**dict(zip(names, point, strict=True))))

    line = np.linspace(plane.xlim[0], plane.xlim[1], 121)
    heights = np.array([[value((u, v)) for u in line] for v in line])
    levels = sorted({*map(value, points), *round_levels(heights)} - {0.0})
    paint_contours(plane, contour_lines(line, line, heights, levels), numbered=True)


def _arrows(plane, points, arrows, longest):
    """An arrow from each point, all in one scale."""
    largest = max([1e-300, *(float(np.hypot(*arrow)) for arrow in arrows)])
    for (u, v), arrow in zip(points, arrows, strict=True):
        du, dv = arrow * longest / largest
        (x0, y0), (x1, y1) = plane.at(u, v), plane.at(u + du, v + dv)
        plane.scene.arrow(x0, y0, x1, y1, "orange", 2.5)
        plane.dot(u, v, "ink", 4)
