"""The bench: any expression that the reader types, its derivative and its numbers."""

from __future__ import annotations

import numpy as np

from ..check.point_checker import SPREADS
from ..check.report import CheckFailed
from ..derivation import derive
from ..graph.assumptions import settled
from ..graph.expr import Expr
from ..graph.lengths import length, symbolic_sizes
from ..graph.variables import matrices, scalars, vectors
from ..graph.walk import symbols
from ..typed.read import read
from .entries import entry_names, sizes_of
from .explorer import Function, expression
from .inputs import Choice, Formula, Number
from .nudged import NudgeExplorer

NAMES = {v.name: v for v in (*vectors("w x u v"), *scalars("a b c z t"), matrices("A"))}


class Bench(NudgeExplorer):
    """Any expression: its derivation, its check, and its Jacobian at random points."""

    title = "bench"

    def __init__(self, y, wrt, n):
        self.known, self.reports, self.derived = {}, {}, {}
        y = read(y, **NAMES) if isinstance(y, str) else expression(y, "vectors")
        y = self._accept(y, wrt)
        names = NAMES | {v.name: v for v in symbols(y)}
        inputs = {
            "y": Formula("function", y, names, self._accept),
            "wrt": Choice("with respect to", self.derived[y]),
            "point": Number("point", 0, 30, 0, whole=True, unit="a seed"),
            "n": Number(
                "n" if symbolic_sizes(y) == ["n"] else "smallest length", 1, 6, n, whole=True
            ),
            "column": Number("column", 1, 1, 1, whole=True),
            "nudge": Number("nudge", 0.001, 1.0, 0.1, log=True),
        }
        super().__init__(self._formulas(next(iter(self.derived[y].values()))), inputs)

    def _accept(self, y, wrt=None):
        """Derive ``y`` by all of its variables, once; ValueError where it has none."""
        if y in self.derived:
            return y
        variables = [v for v in symbols(y) if v.ndim < 2]
        if not variables:
            raise ValueError(f"{y} has no scalar or vector variable to differentiate by")
        if isinstance(wrt, tuple | list):
            found = {"(" + ", ".join(v.name for v in wrt) + ")": derive(y, tuple(wrt))}
        else:
            first = variables if wrt is None else [wrt, *(v for v in variables if v is not wrt)]
            found = {v.name: derive(y, v) for v in first}
        self.derived[y] = found
        return y

    def _formulas(self, d):
        return [d]

    def _point(self, d, point, sizes):
        """Random values; positive or small ones if the function is not defined at the first."""
        normal = np.random.default_rng(point).standard_normal
        found = {v.name: normal(length(v.shape, sizes)) for v in symbols(d.y)}
        for spread in SPREADS[:3]:
            values = {name: np.round(spread(value), 1) for name, value in found.items()}
            values = settled(symbols(d.y), values)
            if all(np.isfinite(f(**values)).all() for f in self._compiled(d)):
                break
        return values

    def _checked(self, d):
        """The report of the check, or why there is none; once for each derivation."""
        if d not in self.reports:
            try:
                self.reports[d] = repr(d.check())
            except CheckFailed as error:
                self.reports[d] = str(error)
        return self.reports[d]

    def update_inputs(self, y, wrt, n, **values):
        if self.inputs["wrt"].options is not self.derived[y]:
            self.inputs["wrt"].set_options(self.derived[y])
            wrt = self.inputs["wrt"].value
        self.inputs["n"].visible(symbolic_sizes(y))
        self.inputs["column"].limit(len(entry_names(wrt.variables, sizes_of(wrt.y, n))))

    def draw(self, y, wrt, point, column, nudge, n):
        sizes = sizes_of(wrt.y, n)
        values = self._point(wrt, point, sizes)
        self.set_formulas(self._formulas(wrt))
        scene, lines = self.nudged(wrt, sizes, values, column, nudge)
        return scene, [*lines, *self._checked(wrt).splitlines()]


def bench(y: Function | str, wrt: Expr | tuple | None = None, n: int = 3) -> Bench:
    """Explore any expression of your own: ``mc.explore(np.sum(np.exp(x)))``.

    The expression may also be typed, here or in the explorer, as :func:`mcalc.read` reads it:
    ``mc.explore("sum(exp(x))")``. Unless the first one has other names, w, x, u and v are vectors,
    a, b, c, z and t scalars, and A is a matrix, m x n.

    Shows the derivation in four steps, the report of its check, and the Jacobian at random points
    (a ``point`` is the seed) with the nudge of one input. ``wrt`` says by which variable first; a
    tuple of scalars gives a column each. Whatever :func:`mcalc.derive` refuses is refused here, in
    the same words; what cannot be read is a ReadError.
    """
    return Bench(y, wrt, n)
