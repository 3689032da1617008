"""Pictures of formulas: the dataflow, the neuron, the shapes of Jacobians."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ..check.compile import compile_
from ..derivation import expression_graph
from ..graph.expr import NUMBER, SYMBOL, Expr, ShapeError, as_expr, node, shape_text
from ..graph.primitives import ADD, DOT, SUBTRACT
from ..graph.walk import replace, symbols, unnamed, walk
from ..notation.numbers import numbers
from .boxes import Box, paint, span
from .flow import Flow
from .formulas import measured, typeset
from .formulas import paint as paint_formulas
from .picture import INK, LABEL, LINES, MUTED, Picture
from .scene import Scene

COLORS = "blue", "orange", "violet", "muted"  # of factors
_CENTRED = {"ha": "center", "va": "center", "color": INK}
_BOX = {"boxstyle": "round,pad=0.5", "facecolor": "white"}


def dataflow(what, **values: ArrayLike) -> Picture:
    """How variables feed each other, with a derivative on every edge.

    ``what`` is a derivation, or an expression, of which every variable is then followed. Each box
    is a variable and what it is made of; each arrow carries the derivative of the box that it leads
    to by the one that it comes from, or its shape where that has more than two axes. With values
    for the variables, ``dataflow(d, x=2)``, the boxes carry values and the arrows slopes too.
    Raises ValueError for values that are missing or do not fit. Paper: the sections on chain rules.

    >>> import mcalc as mc
    >>> x = mc.scalars("x")
    >>> mc.plots.dataflow(mc.derive(mc.let("y", x**2), x), x=3)
    dataflow; x = 3; y = x^2 = 9; from x to y: 2x = 6
    """
    graph = getattr(what, "graph", None) or expression_graph(as_expr(what))
    compute = evaluated(graph)
    at = (lambda e: numbers(compute(e, values))) if values else None
    words = "dataflow; " + "; ".join(_flow_words(graph, at))
    boxes, labels = _flow_labels(graph, at)
    flow = Flow(graph.variables, {v: graph.parents(v) for v in graph.definitions})
    return Picture(_flow_scene(flow, boxes, labels), words)


def _made(graph):
    """Each variable, with its definition where it has one."""
    return {v: (v,) for v in graph.variables} | {v: (v, d) for v, d in graph.definitions.items()}


def _flow_words(graph, at):
    """What stands in each box, if there are values, and on each arrow."""
    boxes = {v: " = ".join(map(str, parts)) for v, parts in _made(graph).items()}
    if at:
        yield from (f"{words} = {at(v)}" for v, words in boxes.items())
    for (v, p), slope in graph.locals.items():
        value = f" = {at(slope)}" if at and _worth_a_number(slope) else ""
        written = _axes(v, p) if slope is None else f"{slope}{value}"
        yield f"from {p} to {v if at else boxes[v]}: {written}"


def _flow_labels(graph, at):
    """The same, typeset: for boxes and for arrows."""
    boxes = {
        v: typeset(*parts) + (f"\n= {at(v)}" if at else "") for v, parts in _made(graph).items()
    }
    labels = {}
    for (v, p), slope in graph.locals.items():
        value = f"\n= {at(slope)}" if at and _worth_a_number(slope) else ""
        labels[v, p] = _axes(v, p) if slope is None else typeset(slope) + value
    return boxes, labels


def _flow_scene(flow, boxes, labels):
    """A box for each variable, as large as the largest needs to be, and the arrows between."""
    sizes = [measured(text) for text in boxes.values()]
    wide, high = max(s.width for s in sizes) + 20, max(s.height for s in sizes) + 14
    slopes = [measured(text, 12) for text in labels.values()]
    between = max((s.width for s in slopes), default=0.0) + 54 + 10 * len(flow.long)
    tall = max((s.height for s in slopes), default=0.0)
    count, several = len(flow.levels), max(map(len, flow.levels)) > 1
    width = count * wide + (count - 1) * between + 28
    row = max(high + 16, 2 * tall + 8 if several else tall + 8)
    flow.arrange(width, (wide, high), row, tall + 8, margin=14)
    scene = Scene(round(flow.width), round(flow.height))
    ends = {(v, p): flow.arrow(scene, v, p) for v, p in labels}
    for edge, text in labels.items():
        ((ax, ay), (bx, by)), (width, height) = ends[edge], measured(text, 12)
        x, y = (ax + bx) / 2, (ay + by) / 2
        scene.box(x - width / 2 - 3, y - height / 2, width + 6, height, "paper")
        paint_formulas(scene, (x, y), text, "orange", 12)
    for v, text in boxes.items():
        left, top = flow.place[v]
        scene.box(left, top, wide, high, "paper", edge="blue", thick=1.2)
        paint_formulas(scene, flow.middle(v), text)
    return scene


def _axes(v, p) -> str:
    """The shape of a derivative that is no matrix: ``m x m x n``."""
    return shape_text(v.shape + p.shape)


def _worth_a_number(slope):
    return slope.ndim < 2 and slope.op is not NUMBER


def evaluated(graph) -> Callable[[Expr, dict], np.ndarray]:
    """A function from expressions over a graph's variables, and values, to their numbers."""
    whole: dict = {}
    for v, d in graph.definitions.items():
        whole[v] = replace(d, whole.get)
    known, compiled = symbols(*whole.values()), {}

    def at(e, values):
        if e not in compiled:
            compiled[e] = compile_(unnamed(replace(e, whole.get)), known)
        return compiled[e](**values)

    return at


def unit(y: Expr) -> tuple[Expr, Expr, Expr, Expr | None]:
    """The weights, the inputs, their dot product with what is added to it, and that: of a neuron.

    Raises ValueError if there is no dot product of two vectors.
    """
    dots = [e for e in walk(y) if e.op is DOT and all(a.op is SYMBOL for a in e.args)]
    if not dots:
        raise ValueError(f"{y} has no dot product of two vectors, as w @ x is: no neuron to draw")
    affine, bias = dots[0], None
    w, x = affine.args
    for e in walk(y):
        if e.op is ADD and affine in {*e.args}:
            affine, bias = e, next(a for a in e.args if a is not affine)
        elif e.op is SUBTRACT and e.args[0] is affine:
            affine, bias = e, e.args[1]
    return w, x, affine, bias


def neuron(y: Expr, **values: Any) -> Picture:
    """One unit: inputs times weights, added up with the bias, and what becomes of the sum.

    ``neuron(np.maximum(0, w @ x + b))`` is drawn from the expression: its first dot product, what
    is added to it, and what is done to that. With values for all variables each line carries its
    number. Raises ValueError if there is no dot product of two vectors, and for values that are
    missing or do not fit. Paper: "The gradient of neuron activation".

    >>> import mcalc as mc
    >>> w, x = mc.vectors("w x")
    >>> mc.plots.neuron(w @ x, w=[1, 2], x=[3, 4])
    neuron: inputs x_1 = 3, x_2 = 4, times weights w_1 = 1, w_2 = 2, added up: z = w.x = 11; \
activation z = 11
    """
    u = _Unit(unnamed(as_expr(y)), values)
    return Picture(u.paint, u.words(), (7.6, 0.62 * max(len(u.places), 2) + 0.9))


class _Unit:
    """A neuron to be drawn: its parts, its values, and which of its inputs have a place."""

    def __init__(self, y, values):
        self.w, self.x, self.affine, self.bias = unit(y)
        self.y, self.values, self.known = y, values, symbols(y)
        self.out = replace(y, {self.affine: node(SYMBOL, name="z", shape=())}.get)
        self.value(y)  # refuses what is missing or does not fit
        n = len(values[self.x.name]) if values else self.x.shape[0]
        if isinstance(n, int) and n <= 5:
            self.places = [str(k + 1) for k in range(n)]
        else:
            self.places = ["1", "2", "⋮", str(n)]

    def value(self, e):
        """``" = 3"``, or nothing if there are no values."""
        if not self.values:
            return ""
        return f" = {numbers(compile_(e, self.known)(**self.values))}"

    def entry(self, v, k):
        """The name of an entry, and its value."""
        value = f" = {numbers(self.values[v.name][int(k) - 1])}" if self.values else ""
        return f"{v}_{k}", value

    def words(self):
        ins, by = (
            ", ".join("..." if k == "⋮" else "".join(self.entry(v, k)) for k in self.places)
            for v in (self.x, self.w)
        )
        sign = "minus" if self.affine.op is SUBTRACT else "plus"
        plus = "" if self.bias is None else f", {sign} {self.bias}{self.value(self.bias)}"
        return (
            f"neuron: inputs {ins}, times weights {by}, added up{plus}: "
            f"z = {self.affine}{self.value(self.affine)}; activation {self.out}{self.value(self.y)}"
        )

    def typeset(self, v, k):
        """An entry as it stands in the picture."""
        name, value = self.entry(v, k)
        return typeset(node(SYMBOL, name=name, shape=())) + value

    def paint(self, figure):
        """Inputs left, then the sum, the function and the activation."""
        ax = figure.subplots()
        ax.set_axis_off()
        ring = {"boxstyle": "circle,pad=0.3", "facecolor": "white", "edgecolor": LINES[0]}
        total = ax.text(3, 0, "Σ", fontsize=16, bbox=ring, **_CENTRED)
        self._paint_inputs(ax, total)
        half = max(len(self.places) / 2, 1)
        if self.bias is not None:
            text = f"{typeset(self.bias)}{self.value(self.bias)}"
            box = _BOX | {"edgecolor": LINES[4]}
            start = ax.text(3, -half - 0.2, text, bbox=box, **_CENTRED)
            _lead(ax, start, total)
        box = _BOX | {"edgecolor": LINES[3]}
        function = ax.text(5.6, 0, typeset(self.out), bbox=box, **_CENTRED)
        _lead(ax, total, function, f"$z${self.value(self.affine)}", 0.45)
        end = ax.text(8, 0, f"activation{self.value(self.y)}", **_CENTRED)
        end.set_bbox({"edgecolor": "none", "facecolor": "none"})
        _lead(ax, function, end)
        ax.set(xlim=(-1, 9.2), ylim=(-half - 0.6, half + 0.4))
        figure.draw_without_rendering()

    def _paint_inputs(self, ax, total):
        for i, k in enumerate(self.places):
            height = (len(self.places) - 1) / 2 - i
            if k == "⋮":
                ax.text(0, height, k, **_CENTRED)
                continue
            box = _BOX | {"edgecolor": LINES[0]}
            start = ax.text(0, height, self.typeset(self.x, k), bbox=box, **_CENTRED)
            _lead(ax, start, total, self.typeset(self.w, k), 0.4)


def _lead(ax, start, end, label="", near=0.5):
    """An arrow from one text's box to the other's, with words above it."""
    (x0, y0), (x1, y1) = start.get_position(), end.get_position()
    patches = {"patchA": start.get_bbox_patch(), "patchB": end.get_bbox_patch()}
    arrow = {"arrowstyle": "-|>", "color": MUTED}
    ax.annotate("", (x1, y1), (x0, y0), arrowprops=arrow | patches)
    x, y = x0 + near * (x1 - x0), y0 + near * (y1 - y0) + 0.08
    ax.text(x, y, label, ha="center", va="bottom", fontsize=9, color=LABEL)


def shapes(*rows: dict) -> Picture:
    """Jacobians, and products of them, as boxes: ``shapes({"f(u(x))": [df_du, du_dx]})``.

    Each row maps a title to the factors of one product: Jacobians, derivations, vectors, matrices.
    Their product stands behind an equals sign. A side of length 1 is short; each letter has a
    length of its own, the same in all boxes. Raises ShapeError for factors that do not fit,
    TypeError for what is no list, ValueError if there is nothing to draw. Paper: "Generalization
    of the Jacobian", "Vector chain rule".

    >>> import numpy as np
    >>> import mcalc as mc
    >>> mc.plots.shapes({"f": [np.ones((2, 3)), np.ones((3, 4))]})
    shapes; f: 2 x 3 times 3 x 4 is 2 x 4
    """
    grid = [{title: _sizes(title, factors) for title, factors in row.items()} for row in rows]
    words = [
        f"{title}: " + " is ".join(" times ".join(map(shape_text, part)) for part in sizes if part)
        for row in grid
        for title, sizes in row.items()
    ]
    if not words:
        raise ValueError("nothing to draw: give a title with its factors")
    return Picture(_products(grid), "shapes; " + "; ".join(words))


def _sizes(title, factors):
    """The shapes of the factors; and that of their product, if there are two or more."""
    if not isinstance(factors, list | tuple) or not factors:
        raise TypeError(f"{title}: a list of factors is needed, as in [df_du, du_dx]")
    sizes = [_two_axes(getattr(f, "jacobian", f)) for f in factors]
    for (_, inner), (outer, _) in itertools.pairwise(sizes):
        if inner != outer:
            product = " times ".join(map(shape_text, sizes))
            raise ShapeError(f"{title}: {product}: the inner lengths must agree")
    return sizes, [(sizes[0][0], sizes[-1][1])] * (len(sizes) > 1)


def _products(grid):
    """A scene with one product in each place of the grid."""
    lengths = _side_lengths(
        {
            n
            for row in grid
            for parts in row.values()
            for part in parts
            for size in part
            for n in size
        }
    )
    gap, drawn = 38, [{t: _boxes(parts, lengths) for t, parts in row.items()} for row in grid]
    wide = max(90, *(max(span(boxes, gap), 8 * len(title))
                     for row in drawn for title, boxes in row.items())) + 30  # fmt: skip
    scene = Scene(round(wide * max(map(len, grid))), 156 * len(grid))
    for down, row in enumerate(drawn):
        for column, (title, boxes) in enumerate(row.items()):
            centre, middle = wide * (column + 0.5), 156 * down + 84
            scene.text(centre, middle - 70, title, "ink", 13)
            paint(scene, centre, middle, boxes, gap)
    return scene


def _boxes(parts, lengths):
    """Coloured boxes, each side as long as its letter is drawn."""
    factors, product = parts
    boxes = []
    for k, size in enumerate([*factors, *product]):
        color, sign = (COLORS[k % 4], "") if k < len(factors) else ("green", "=")
        height, width = (84 * lengths[n] for n in size)

        def filled(scene, left, top, width=width, height=height, color=color):
            scene.box(left, top, width, height, color, 0.25, color)

        boxes.append(Box(shape_text(size), width, height, filled, sign))
    return boxes


def _side_lengths(sizes):
    """How long to draw each length: n longer than m, numbers in their order, and 1 short."""
    numbers = sorted(n for n in sizes if isinstance(n, int))
    letters = sorted({*sizes} - {*numbers})
    usual = {1: 0.3, "n": 1.1, "k": 0.95, "m": 0.8}
    between = {n: 0.3 + k * 0.9 / len(numbers) for k, n in enumerate(numbers, 1)}
    return between | {n: 0.7 + 0.1 * k for k, n in enumerate(letters)} | usual


def _two_axes(factor):
    return (*factor.shape, 1, 1)[:2]
