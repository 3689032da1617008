"""Pictures of numbers: images, curves, matrices, contours; and the diagrams of formulas."""

from __future__ import annotations

import itertools

import numpy as np

from .derive import derive
from .diagrams import dataflow, neuron, shapes
from .evaluate import compile_
from .expr import as_expr, symbols, unnamed
from .picture import INK, LINES, MUTED, Picture, number, numbers

__all__ = ["Picture", "contours", "curves", "dataflow", "heatmap", "images", "neuron", "shapes"]


def images(*rows: dict) -> Picture:
    """Rows of small square images: ``images({"w": w, "gradient": g})``.

    Each is a vector of a square length or a square array. Values of both signs are orange above
    zero and purple below, around a white zero; values from zero up are black on white. Every image
    has a scale of its own.
    """
    grid = [{name: _square(name, values) for name, values in row.items()} for row in rows]
    columns = max(map(len, grid))

    def draw(figure):
        axes = figure.subplots(len(grid), columns, squeeze=False)
        for ax in axes.flat:
            ax.set(xticks=[], yticks=[])
            ax.spines[:].set(color="#dddddd")
        for line, row in zip(axes, grid, strict=True):
            for ax, (name, values) in zip(line, row.items(), strict=False):
                top = np.abs(values).max() or 1.0
                signed = (values < 0).any()
                ax.imshow(
                    values,
                    cmap="PuOr_r" if signed else "Greys",
                    vmin=-top if signed else 0,
                    vmax=top,
                )
                ax.set_title(name, fontsize=10, color=INK)

    words = "; ".join(_described(name, values) for row in grid for name, values in row.items())
    return Picture(draw, f"images: {words}", (1.35 * columns, 1.55 * len(grid)))


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


def curves(named: dict, levels=(), x="step", y="loss") -> Picture:
    """Curves against the step, with horizontal ``levels`` to compare them with.

    ``curves({"neuron": losses}, {"the mean": 0.09})``.
    """
    named = {name: np.asarray(values, dtype=float) for name, values in named.items()}
    levels = dict(levels)

    def draw(figure):
        ax = figure.subplots()
        last = max(map(len, named.values())) - 1
        lines = zip(LINES, itertools.cycle(["-", "--", ":"]), named.items())
        for color, style, (name, values) in lines:
            ax.plot(values, color=color, linestyle=style, linewidth=2, label=name)
        for name, level in levels.items():
            ax.axhline(level, color=MUTED, linewidth=1, linestyle="--")
            ax.annotate(f" {name}", (last, level), color=MUTED, va="center")
        ax.set(xlabel=x, ylabel=y, xlim=(0, last))
        ax.legend(frameon=False)
        ax.spines[["top", "right"]].set_visible(False)
        ax.set_ylim(bottom=0)

    words = [
        f"{name}: {v[0]:.3g} at {x} 0, {v[-1]:.3g} at {x} {len(v) - 1}" for name, v in named.items()
    ]
    words += [f"{name}: {level:.3g}" for name, level in levels.items()]
    return Picture(draw, f"{y}; " + "; ".join(words), (7.2, 3.2))


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

    def draw(figure):
        ax = figure.subplots()
        ax.imshow(matrix, cmap="PuOr_r", vmin=-1.6 * top, vmax=1.6 * top)
        for (i, j), value in np.ndenumerate(matrix):
            ax.text(j, i, number(value), ha="center", va="center",
                    fontsize=9, color=MUTED if value == 0 else INK)  # fmt: skip
        ax.set_xticks(np.arange(n), across, fontsize=8, rotation=30)
        ax.set_yticks(np.arange(m), down, fontsize=8)
        ax.set_xticks(np.arange(n - 1) + 0.5, minor=True)
        ax.set_yticks(np.arange(m - 1) + 0.5, minor=True)
        ax.grid(which="minor", color="white", linewidth=2)
        ax.tick_params(which="both", length=0)
        ax.spines[:].set_visible(False)
        if title:
            ax.set_title(title, fontsize=11, color=INK)

    zeros = int((matrix == 0).sum())
    rows = "; ".join(", ".join(map(number, row)) for row in matrix)
    words = f"{title + ': ' if title else ''}{m} x {n}, {zeros} of {m * n} entries zero: [{rows}]"
    return Picture(draw, words, (max(0.75 * n + 1.3, 0.1 * len(title)), 0.55 * m + 1.0))


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

    def draw(figure):
        from matplotlib.ticker import MaxNLocator

        ax = figure.subplots()
        line = np.linspace(-reach, reach, 121)
        grid = np.array([[value((u, v)) for u in line] for v in line])
        ticks = MaxNLocator(8).tick_values(np.nanmin(grid), np.nanmax(grid))
        levels = sorted({*map(value, points), *ticks} - {0.0})  # a line goes through each point
        lines = ax.contour(line, line, grid, levels, colors=MUTED, linewidths=1)
        ax.clabel(lines, fontsize=7)
        longest = max([1e-300, *(np.hypot(*a) for a in arrows)])
        for (u, v), arrow in zip(points, arrows, strict=True):
            du, dv = arrow * 0.4 * reach / longest
            style = {"arrowstyle": "-|>", "color": LINES[2], "linewidth": 2}
            ax.annotate("", (u + du, v + dv), (u, v), arrowprops=style, annotation_clip=False)
            ax.plot([u], [v], "o", color=INK, markersize=4)
        ax.set(xlabel=names[0], ylabel=names[1], aspect="equal")

    words = [
        f"gradient {numbers(arrow)} at ({', '.join(map(numbers, point))})"
        for point, arrow in zip(points, arrows, strict=True)
    ]
    return Picture(draw, "; ".join([f"contours of {y}", *words]), (4.6, 4.4))
