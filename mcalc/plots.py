"""Pictures, each with a summary in words that says the same: for tests, and for readers who listen.

matplotlib is loaded when the first picture is drawn, and never through pyplot.
"""

from __future__ import annotations

import base64
import html
import io

import numpy as np

from .expr import shape_text

INK, MUTED = "#1f1f1f", "#6b6b6b"
LINES = ["#1845fb", "#ff5e02", "#c91f16", "#7f2aff", "#00735c", "#54478c"]  # told apart when grey


class Picture:
    """A figure and what it shows in words, which is its alt text and its ``str()``."""

    def __init__(self, draw, summary: str, size: tuple):
        self._draw, self.summary, self.size = draw, summary, size

    def __repr__(self):
        return self.summary

    __str__ = __repr__

    def png(self) -> bytes:
        """The picture as the bytes of a PNG file, the same on every run."""
        from matplotlib.figure import Figure

        figure = Figure(figsize=self.size, layout="constrained", facecolor="white")
        self._draw(figure)
        file = io.BytesIO()
        figure.savefig(file, format="png", dpi=96, metadata={"Software": None})
        return file.getvalue()

    def _repr_mimebundle_(self, include=None, exclude=None):
        png = self.png()
        payload = base64.b64encode(png).decode()
        alt = html.escape(self.summary, quote=True)
        width = round(96 * self.size[0])
        return {
            "text/plain": self.summary,
            "image/png": png,
            "text/html": f'<img alt="{alt}" width="{width}" src="data:image/png;base64,{payload}">',
        }


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
    return f"{name} from {_short(values.min())} to {_short(values.max())}"


def _short(value):
    return f"{value:.2g}" if abs(value) > 1e-12 else "0"


def curves(named: dict, levels=(), x="step", y="loss") -> Picture:
    """Curves against the step, with horizontal ``levels`` to compare them with.

    ``curves({"neuron": losses}, {"the mean": 0.09})``.
    """
    named = {name: np.asarray(values, dtype=float) for name, values in named.items()}
    levels = dict(levels)

    def draw(figure):
        ax = figure.subplots()
        last = max(map(len, named.values())) - 1
        for color, (name, values) in zip(LINES, named.items(), strict=False):
            ax.plot(values, color=color, linewidth=2)
            ax.annotate(f" {name}", (len(values) - 1, values[-1]), color=color, va="center")
        for name, level in levels.items():
            ax.axhline(level, color=MUTED, linewidth=1, linestyle="--")
            ax.annotate(f" {name}", (last, level), color=MUTED, va="center")
        ax.set(xlabel=x, ylabel=y, xlim=(0, last))
        ax.spines[["top", "right"]].set_visible(False)
        ax.set_ylim(bottom=0)

    words = [
        f"{name}: {v[0]:.3g} at {x} 0, {v[-1]:.3g} at {x} {len(v) - 1}" for name, v in named.items()
    ]
    words += [f"{name}: {level:.3g}" for name, level in levels.items()]
    return Picture(draw, f"{y}; " + "; ".join(words), (7.2, 3.2))


def heatmap(matrix, title="", names=("output", "input")) -> Picture:
    """A matrix as a grid of coloured cells with their values.

    ``names`` says what a row and what a column belongs to.
    """
    matrix = np.atleast_2d(np.asarray(matrix, dtype=float))
    m, n = matrix.shape
    top = np.abs(matrix).max() or 1.0

    def draw(figure):
        ax = figure.subplots()
        ax.imshow(matrix, cmap="PuOr_r", vmin=-1.6 * top, vmax=1.6 * top)
        for (i, j), value in np.ndenumerate(matrix):
            ax.text(j, i, "0" if value == 0 else f"{value:.2g}", ha="center", va="center",
                    fontsize=9, color=MUTED if value == 0 else INK)  # fmt: skip
        ax.set_xticks(
            np.arange(n), [f"{names[1]} {j + 1}" for j in range(n)], fontsize=8, rotation=30
        )
        ax.set_yticks(np.arange(m), [f"{names[0]} {i + 1}" for i in range(m)], fontsize=8)
        ax.set_xticks(np.arange(n - 1) + 0.5, minor=True)
        ax.set_yticks(np.arange(m - 1) + 0.5, minor=True)
        ax.grid(which="minor", color="white", linewidth=2)
        ax.tick_params(which="both", length=0)
        ax.spines[:].set_visible(False)
        if title:
            ax.set_title(title, fontsize=11, color=INK)

    zeros = int((matrix == 0).sum())
    rows = "; ".join(", ".join(f"{v:.2g}" for v in row) for row in matrix)
    words = f"{title + ': ' if title else ''}{m} x {n}, {zeros} of {m * n} entries zero: [{rows}]"
    return Picture(draw, words, (0.75 * n + 1.3, 0.55 * m + 1.0))


def dataflow(derivation) -> Picture:
    """How a derivation's variables feed each other, with a derivative on every edge.

    Each box is a variable and what it is made of; each arrow carries the derivative of the box that
    it leads to by the one that it comes from.
    """
    graph = derivation.graph
    depth = {v: 0 for v in graph.variables}
    for v in graph.definitions:
        depth[v] = 1 + max((depth[p] for p in graph.parents(v)), default=-1)
    levels = [[v for v in depth if depth[v] == k] for k in range(max(depth.values()) + 1)]
    place = {
        v: (2.6 * k, (len(level) - 1) / 2 - row)
        for k, level in enumerate(levels)
        for row, v in enumerate(level)
    }
    label = {v: f"{v}" for v in graph.variables} | {
        v: f"{v} = {d}" for v, d in graph.definitions.items()
    }

    def draw(figure):
        ax = figure.subplots()
        ax.set_axis_off()
        style = {"boxstyle": "round,pad=0.5", "facecolor": "white", "edgecolor": LINES[0]}
        boxes = {
            v: ax.text(x, y, label[v], ha="center", va="center", color=INK, bbox=style)
            for v, (x, y) in place.items()
        }
        for (v, p), slope in graph.locals.items():
            far = depth[v] - depth[p] > 1
            bend = -0.35 if far else 0.0
            (x0, y0), (x1, y1) = place[p], place[v]
            ends = {"patchA": boxes[p].get_bbox_patch(), "patchB": boxes[v].get_bbox_patch()}
            line = {"arrowstyle": "-|>", "color": MUTED, "connectionstyle": f"arc3,rad={bend}"}
            ax.annotate("", (x1, y1), (x0, y0), arrowprops=ends | line)
            middle = (y0 + y1) / 2 + (0.5 * (x1 - x0) * 0.35 if far else 0)
            ax.text((x0 + x1) / 2, middle + 0.07, f"{slope}", ha="center", va="bottom",
                    fontsize=9, color=LINES[1])  # fmt: skip
        top = 1.0 if any(depth[v] - depth[p] > 1 for v, p in graph.locals) else 0.4
        half = max(map(len, levels)) / 2
        ax.set(xlim=(-0.6, 2.6 * len(levels) - 1.6), ylim=(0.1 - half, half - 0.5 + top))
        figure.draw_without_rendering()  # an arrow ends at a box once the box has its size

    words = [f"from {p} to {label[v]}: {slope}" for (v, p), slope in graph.locals.items()]
    return Picture(
        draw,
        "dataflow; " + "; ".join(words),
        (2.0 * len(levels), 0.9 + 0.5 * max(map(len, levels))),
    )


def shapes(*rows: dict) -> Picture:
    """Products of Jacobians as boxes in proportion: ``shapes({"f(u(x))": [df_du, du_dx]})``.

    Each row maps a title to the factors of one product, Jacobians or derivations; a side of length
    1 is short, any other long.
    """
    grid = [
        {title: [getattr(f, "jacobian", f) for f in factors] for title, factors in row.items()}
        for row in rows
    ]

    def draw(figure):
        axes = figure.subplots(len(grid), max(map(len, grid)), squeeze=False)
        for ax in axes.flat:
            ax.set_axis_off()
        for line, row in zip(axes, grid, strict=True):
            for ax, (title, factors) in zip(line, row.items(), strict=False):
                left = 0.0
                for color, factor in zip(LINES, factors, strict=False):
                    height, width = (0.35 if n == 1 else 1.1 for n in factor.shape)
                    box = {"facecolor": color, "alpha": 0.25, "edgecolor": color}
                    ax.add_patch(_rectangle((left, -height / 2), width, height, **box))
                    ax.text(left + width / 2, -0.8, shape_text(factor.shape), ha="center",
                            fontsize=9, color=INK)  # fmt: skip
                    left += width + 0.35
                ax.set_title(title, fontsize=10, color=INK)
                ax.set(xlim=(-0.5, 3.0), ylim=(-1.0, 0.7), aspect="equal")

    words = "; ".join(
        f"{title}: " + " times ".join(shape_text(f.shape) for f in factors)
        for row in grid
        for title, factors in row.items()
    )
    return Picture(draw, f"shapes; {words}", (2.6 * max(map(len, grid)), 1.7 * len(grid)))


def _rectangle(*place, **style):
    from matplotlib.patches import Rectangle

    return Rectangle(*place, **style)
