"""Explorer of shapes: the Jacobians of a chain as boxes, and one entry of their product."""

from __future__ import annotations

import itertools
import math

import numpy as np

from ..check.check import numerical
from ..check.point_checker import SPREADS
from ..derivation import expression_graph
from ..draw.boxes import Box, paint
from ..draw.diagrams import evaluated
from ..draw.handles import Pull
from ..draw.scene import Scene
from ..graph.assumptions import settled
from ..graph.expr import Expr, shape_text
from ..graph.lengths import length, symbolic_sizes
from ..graph.variables import let, matrices, scalars, vectors
from ..graph.walk import symbols
from ..notation.numbers import number
from ..tables import derivative
from .chained import GraphExplorer
from .explorer import Function
from .inputs import Choice, Number

_CELL = 16  # pixels


class Shapes(GraphExplorer):
    """The Jacobians of a chain as boxes, and one entry of their product as a sum."""

    title = "shapes"

    def __init__(self, y, wrt):
        inputs, self.made = {}, {}
        if y is None:
            for name, start in (("f", "vector"), ("u", "vector"), ("x", "vector")):
                inputs[name] = Choice(name, {"scalar": 0, "vector": 1}, start)
            self.pick(1, 1, 1)
            found = ["m", "k", "n"]
        else:
            self.start(y, wrt)
            found = symbolic_sizes(self.y)
        starts = dict(zip(found, (2, 3, 4) if len(found) > 1 else (3,), strict=False))
        for letter in found[:3]:
            inputs[letter] = Number(letter, 1, 5, starts[letter], whole=True)
        inputs["layout"] = Choice("layout", {"numerator": False, "denominator": True})
        for name in ("row", "column"):
            inputs[name] = Number(name, 1, 5, 1, whole=True)
        self.letters = found[:3]
        super().__init__(self._formulas(), inputs)

    def _formulas(self, layout=False):
        """What each variable is made of, and the derivative: transposed in denominator layout."""
        made = [*self.graph.definitions.items()] if self.made else []
        whole, closed = derivative(self.d.y, self.x), self.d.jacobian.expr
        return [*made, (whole.T, closed.T) if layout and closed.ndim else (whole, closed)]

    def pick(self, f, u, x):
        """The example with a scalar (0) or a vector (1) in each place."""
        if (f, u, x) not in self.made:
            A, B = matrices("A", shape=("k", "n")), matrices("B", shape=("m", "k"))
            a, b = vectors("a", size="k"), vectors("b", size="m")
            inner = vectors("x") if x else scalars("x")
            made = {(0, 0): lambda: inner**2, (0, 1): lambda: np.sum(inner**2),
                    (1, 0): lambda: a * inner, (1, 1): lambda: A @ inner}[u, x]()  # fmt: skip
            middle = let("u", made)
            y = {(0, 0): lambda: np.cos(middle), (0, 1): lambda: np.sum(np.cos(middle)),
                 (1, 0): lambda: b * np.cos(middle),
                 (1, 1): lambda: B @ np.cos(middle)}[f, u]()  # fmt: skip
            self.start(let("f", y), inner)
            self.graph = expression_graph(self.d.y, (inner,), False)  # two factors: df/du, du/dx
            self.paths, self.at = self.graph.paths(inner), evaluated(self.graph)
            self.made[f, u, x] = dict(self.__dict__)
        for name in ("y", "d", "graph", "x", "paths", "at", "value"):
            setattr(self, name, self.made[f, u, x][name])

    def update_inputs(self, layout, f=None, u=None, x=None, **values):
        if f is not None:
            self.pick(f, u, x)
            for letter, used in zip("mkn", (f, u, x), strict=True):
                self.inputs[letter].visible(used)
        sizes = {letter: values[letter] for letter in self.letters}
        high = [math.prod(length(part.shape, sizes)) for part in (self.d.y, self.x)]
        for name, most in zip(("row", "column"), high[::-1] if layout else high, strict=True):
            self.inputs[name].limit(most)

    def draw(self, layout, row, column, f=None, u=None, x=None, **sizes):
        self.set_formulas(self._formulas(layout))
        normal = np.random.default_rng(0).standard_normal
        found = {v.name: normal(length(v.shape, sizes)) for v in symbols(self.d.y)}
        for spread in SPREADS:
            values = {name: np.round(spread(value), 1) for name, value in found.items()}
            values = settled(symbols(self.d.y), values)
            if np.isfinite(self.value(**values)).all():
                break
        truth = numerical(self.d, values)
        i, j = (column, row) if layout else (row, column)
        scene = Scene(760, 20 + 130 * min(len(self.paths), 3))
        lines, total = [], 0.0
        for k, path in enumerate(self.paths):
            factors = self.product(path, values)
            names = [f"d{v}/d{p}" for v, p in itertools.pairwise(path)]
            whole = np.linalg.multi_dot(factors) if len(factors) > 1 else factors[0]
            total += whole[i - 1, j - 1]
            if k < 3:
                letters = [] if k else self._letters(path)
                self._row(scene, 130 * k, factors, names, whole, layout, i - 1, j - 1, letters)
                lines += self._entry(factors, names, whole, layout, i - 1, j - 1)
        y, by = self.graph.result, self.x
        at = f"({row}, {column})"
        if len(self.paths) > 1:
            drawn = ", of which three are drawn" if len(self.paths) > 3 else ""
            sums = f"entry {at} of the sum over {len(self.paths)} paths{drawn}"
            lines.append(f"{sums}: {number(total)}")
        out, into = (f"{v}_{k}" if v.ndim else str(v) for v, k in ((y, i), (by, j)))
        lines.append(f"by nudging {into} and watching {out}: {number(truth[i - 1, j - 1])}")
        return scene, lines

    def _letters(self, path):
        """The input for the length of each variable on a path; none for a scalar."""
        shapes = [v.shape for v in path]
        return [s[0] if len(s) == 1 and s[0] in self.letters else None for s in shapes]

    def _row(self, scene, top, factors, names, whole, layout, i, j, letters):
        """One path: the boxes of its factors, an equals sign, and the product.

        ``letters`` are the inputs that the edges of the boxes can be pulled for.
        """
        boxes = [*zip(names, factors, strict=True)]
        letters = letters or [None] * (len(boxes) + 1)
        if layout:
            letters = letters[::-1]
            boxes = [(f"({name})^T", factor.T) for name, factor in reversed(boxes)]
            whole, i, j = whole.T, j, i
        last = len(boxes) - 1
        drawn = []
        for k, (name, factor) in enumerate(boxes):
            lit = np.zeros(factor.shape, bool)  # the row and the column that make the entry
            if last == 0:
                lit[i, j] = True
            elif k == 0:
                lit[i, :] = True
            elif k == last:
                lit[:, j] = True
            edges = None if k else letters[0], letters[k + 1]
            drawn.append(_cells(name, factor, lit, "·" * (k > 0), edges))
        if last:
            lit = np.zeros(whole.shape, bool)
            lit[i, j] = True
            drawn.append(_cells("product", whole, lit, "="))
        paint(scene, 380, top + 72, drawn, 54, 30)

    def _entry(self, factors, names, whole, layout, i, j):
        """How one entry of a product comes about."""
        row, column = (j, i) if layout else (i, j)
        at = f"({row + 1}, {column + 1})"
        if layout:
            factors = [f.T for f in reversed(factors)]
        sizes = " · ".join(shape_text(f.shape) for f in factors)
        if len(factors) == 1:
            return [f"{sizes}: entry {at} is {number(factors[0][row, column])}"]
        left = factors[0][row] if len(factors) == 2 else np.linalg.multi_dot(factors[:-1])[row]
        right = factors[-1][:, column]
        terms = " + ".join(f"{_factor(a)}·{_factor(b)}" for a, b in zip(left, right, strict=True))
        count = sum(a.shape[0] * a.shape[1] * factors[-1].shape[1] for a in factors[:-1])
        return [
            f"{sizes} is {shape_text((whole.T if layout else whole).shape)}, "
            f"{count} multiplications of numbers",
            f"entry {at} = {terms} = {number(whole[i, j])}",
        ]


def _cells(title, matrix, lit, sign, edges=(None, None)):
    """A matrix as a box of cells: violet where it is lit, blue where it is not zero.

    The lower and the right edge can be pulled, if there are inputs for what they are the end of.
    """

    def paint_cells(scene, left, top):
        for (i, j), value in np.ndenumerate(matrix):
            corner = left + _CELL * j, top + _CELL * i, _CELL, _CELL
            if lit[i, j]:
                scene.box(*corner, "violet", 0.35, "violet", 1.5)
            elif value:
                scene.box(*corner, "blue", 0.15, "grid")
            else:
                scene.box(*corner, edge="grid")
        down, across = edges
        high, wide = _CELL * rows, _CELL * columns
        if down:
            scene.handle(left + wide / 2, top + high, f"{down}, the rows of {title}",
                         {down: Pull("y", -1 / _CELL)}, size=(float(wide), 16.0))  # fmt: skip
        if across:
            scene.handle(left + wide, top + high / 2, f"{across}, the columns of {title}",
                         {across: Pull("x", 1 / _CELL)}, size=(16.0, float(high)))  # fmt: skip

    rows, columns = matrix.shape
    return Box(shape_text(matrix.shape), _CELL * columns, _CELL * rows, paint_cells, sign, title)


def _factor(value):
    return f"({number(value)})" if value < 0 else number(value)


def shapes(y: Function | None = None, wrt: Expr | None = None) -> Shapes:
    """Explore how the Jacobians of a chain fit together: ``mc.explore.shapes()``.

    Without an expression, f, u and x of ``f(u(x))`` are scalars or vectors as you choose; with one,
    ``mc.explore.shapes(np.sum(np.sin(A @ x)), wrt=x)``, the boxes are its own, a line for each of
    the first three paths. Inputs: the lengths, one entry of the product, and the layout, numerator
    or denominator. Raises ValueError where no path leads from ``wrt``, or more than 40 do. Paper:
    "Generalization of the Jacobian", "Vector chain rule".
    """
    return Shapes(y, wrt)
