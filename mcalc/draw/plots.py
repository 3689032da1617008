"""Pictures of numbers: images, curves, matrices, contours; and the diagrams of formulas."""

from __future__ import annotations

import numpy as np

from ..check.compile import compile_
from ..derivation import derive
from ..graph.expr import as_expr
from ..graph.walk import symbols, unnamed
from ..notation.numbers import number, numbers
from .diagrams import dataflow, neuron, shapes
from .picture import Picture
from .scene import Axes, Scene, contour_lines, ticks

__all__ = ["Picture", "contours", "curves", "dataflow", "heatmap", "images", "neuron", "shapes"]
COLORS, DASHES = ("blue", "orange", "green", "violet"), ("", "7 4", "2 3")


def images(*rows: dict) -> Picture:
    """Rows of small square images: ``images({"w": w, "gradient": g})``.

    Each is a vector of a square length or a square array. Values of both signs are orange above
    zero and violet below, around a white zero; values from zero up are black on white. Every image
    has a scale of its own.
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


def curves(named: dict, levels=(), x="step", y="loss", every=1) -> Picture:
    """Curves against the step, with horizontal ``levels`` to compare them with.

    ``curves({"neuron": losses}, {"the mean": 0.09})``; the values are those of steps 0, ``every``,
    twice ``every`` and so on.
    """
    named = {name: np.asarray(values, dtype=float) for name, values in named.items()}
    levels = dict(levels)

    heights = np.concatenate([*named.values(), [*levels.values(), 0.0]])
    top = 1.08 * float(np.max(heights[np.isfinite(heights)])) or 1.0
    last = every * (max(map(len, named.values())) - 1)
    scene = Scene(700, 320)
    plot = Axes(scene, 60, 28, 600, 246, (0, max(last, 1)), (0, top)).frame(x, y)
    for name, level in levels.items():
        plot.curve([0, last], [level, level], "muted", 1, "5 4")
        scene.text(655, plot.at(0, level)[1] - 9, name, "muted", 12, "end")
    left = 150
    for k, (name, values) in enumerate(named.items()):
        color, dash = COLORS[k % 4], DASHES[k % 3]
        plot.curve(every * np.arange(len(values)), values, color, 2, dash)
        scene.line([(left, 13), (left + 30, 13)], color, 2, dash)
        scene.text(left + 38, 13, name, "ink", 12, "start")
        left += 70 + 7 * len(name)

    words = [
        f"{name}: {v[0]:.3g} at {x} 0, {v[-1]:.3g} at {x} {every * (len(v) - 1)}"
        for name, v in named.items()
    ]
    words += [f"{name}: {level:.3g}" for name, level in levels.items()]
    return Picture(scene, f"{y}; " + "; ".join(words))


def heatmap(matrix, title="", names=("output", "input")) -> Picture:
    """A matrix as a grid of coloured cells with their values.

    ``names`` says what a row and what a column belongs to: a word that is numbered, or a list of
    labels.
    """
    if hasattr(matrix, "numpy") and hasattr(matrix, "parameters"):
        raise TypeError("a heat map is of numbers: give d.numpy()(x=...), not the derivation")
    matrix = np.atleast_2d(np.asarray(matrix, dtype=float))
    m, n = matrix.shape
    top = np.abs(matrix).max() or 1.0
    down, across = (
        [f"{name} {k + 1}" for k in range(length)] if isinstance(name, str) else list(name)
        for name, length in zip(names, (m, n), strict=True)
    )

    beside, wide, high = 16 + 7 * max(map(len, down)), 74, 40
    left, above = beside, 52 if title else 28
    scene = Scene(max(left + wide * n + 12, 8 * len(title) + 20), above + high * m + 8)
    if title:
        scene.text(left + wide * n / 2 if 8 * len(title) < wide * n else 10, 14, title, "ink", 14,
                   "middle" if 8 * len(title) < wide * n else "start")  # fmt: skip
    for j, name in enumerate(across):
        scene.text(left + wide * (j + 0.5), above - 12, name, "ink", 11)
    for i, name in enumerate(down):
        scene.text(left - 8, above + high * (i + 0.5), name, "ink", 11, "end")
    scene.box(left, above, wide * n, high * m, edge="grid")
    for (i, j), value in np.ndenumerate(matrix):
        x, y = left + wide * j, above + high * i
        if value:
            tone = 0.12 + 0.4 * abs(value) / top
            scene.box(x + 1, y + 1, wide - 2, high - 2, "orange" if value > 0 else "violet", tone)
        scene.text(x + wide / 2, y + high / 2, number(value), "ink" if value else "muted", 12)

    zeros = int((matrix == 0).sum())
    rows = "; ".join(", ".join(map(number, row)) for row in matrix)
    words = f"{title + ': ' if title else ''}{m} x {n}, {zeros} of {m * n} entries zero: [{rows}]"
    return Picture(scene, words)


def contours(y, wrt, at=()) -> Picture:
    """Lines of equal height of a function of two scalars, with its gradient at points.

    ``contours(3 * x**2 * y, (x, y), [(1, 2), (2, 1)])``: each gradient is drawn as an arrow; all
    arrows are in one scale.
    """
    y, at = as_expr(y), [at] if at and np.ndim(at[0]) == 0 else at
    points = [tuple(map(float, point)) for point in at]
    if y.ndim or len(wrt) != 2 or {*symbols(y)} - {*wrt}:
        raise ValueError(f"contours are of one function of two scalars, not of {y!r}")
    d = derive(y, tuple(wrt))
    height, slope = compile_(unnamed(y), d.variables), d.numpy()
    names = [v.name for v in d.variables]
    needed = d.parameters
    arrows = [
        slope(**{n: v for n, v in zip(names, p, strict=True) if n in needed})[0] for p in points
    ]
    reach = 1.5 * max([1.0, *(abs(c) for p in points for c in p)])

    def value(point):
        return float(height(**dict(zip(names, point, strict=True))))

    line = np.linspace(-reach, reach, 121)
    grid = np.array([[value((u, v)) for u in line] for v in line])
    some = ticks(*np.percentile(grid[np.isfinite(grid)], [5, 95]), 10)
    levels = sorted({*map(value, points), *some} - {0.0})  # a line goes through each point
    scene = Scene(420, 420)
    plane = Axes(scene, 50, 30, 340, 340, (-reach, reach), (-reach, reach)).frame(*names)
    for k, (level, lines) in enumerate(contour_lines(line, grid, levels).items()):
        for points_of_line in lines:
            plane.curve(*points_of_line.T, "muted", 1)
        if lines:
            longest = max(lines, key=len)
            u, v = plane.at(*longest[(k % 2 + 1) * len(longest) // 3])
            words = number(level)
            scene.box(u - 3.5 * len(words), v - 7, 7 * len(words), 14, "paper")
            scene.text(u, v, words, "muted", 11)
    largest = max([1e-300, *(np.hypot(*a) for a in arrows)])
    for (u, v), arrow in zip(points, arrows, strict=True):
        du, dv = arrow * 0.4 * reach / largest
        scene.arrow(*plane.at(u, v), *plane.at(u + du, v + dv), "orange", 2.5)
        plane.dot(u, v, "ink", 4)

    words = [
        f"gradient {numbers(arrow)} at ({', '.join(map(numbers, point))})"
        for point, arrow in zip(points, arrows, strict=True)
    ]
    return Picture(scene, "; ".join([f"contours of {y}", *words]))
