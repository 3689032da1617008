"""The jacobian explorer: a heat map beside the closed form, a column for the nudged entry."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

from ..derivation import derive
from ..graph.expr import SYMBOL, Expr, node
from ..graph.lengths import length, symbolic_sizes
from ..graph.walk import symbols
from ..tables import derivative
from .entries import add_entries, arrays, entry_names, matrices_given, sizes_of
from .explorer import Function, expression
from .inputs import Choice, Number
from .nudged import NudgeExplorer

MOST = 4  # entries of a vector that get an input each
_STARTS = (1.0, -0.5, 2.0, 1.5), (0.5, 2.0, -1.0, 1.0), (1.5, 1.0, 0.5, -2.0)


class JacobianExplorer(NudgeExplorer):
    """A Jacobian with an input for every entry of its variables."""

    title = "jacobian"

    def __init__(self, functions, wrt, n, between, values):
        self.known: dict = {}
        self._derive([expression(f, "vectors") for f in functions], wrt)
        first, variables = self.functions[0], self._variables()
        self.fixed = matrices_given(variables, values)
        given = {v: np.ravel(values.pop(v.name)) for v in variables if v.name in values}
        n = next((len(given[v]) for v in variables if v.ndim == 1 and v in given), n)
        inputs = self._choices(n)
        rows = [[*inputs]]
        self.entries = {}
        for k, v in enumerate(v for v in variables if v.ndim < 2):
            most = length(v.shape, sizes_of(first, max(MOST, n)))
            names = [v.name] if not most else [f"{v.name}_{i + 1}" for i in range(most[0])]
            begin = given.get(v, np.array([]))
            others = itertools.islice(itertools.cycle(_STARTS[k % 3]), len(begin), None)
            starts = itertools.chain(begin, (float(np.clip(s, *between)) for s in others))
            low, high = between
            add_entries(
                inputs, names, starts, low=low, high=high, step=(high - low) / 60, narrow=True
            )
            self.entries[v] = names
            rows.append(names)
        super().__init__(self._formulas(self.derived[0]), inputs, rows=rows)
        self.set(**values)

    def _derive(self, functions, wrt):
        """The Jacobian of each function; ValueError for what does not fit here."""
        variables = list(dict.fromkeys(v for f in functions for v in symbols(f)))
        if not variables:
            raise ValueError(f"{functions[0]} has no variable to differentiate by")
        wrt = variables[0] if wrt is None else wrt
        self.derived = [derive(f, wrt) for f in functions]
        self.functions = [d.y for d in self.derived]  # free of a `let` that is wrt
        for d in self.derived:
            if still := [v for v in d.variables if v not in {*symbols(d.y)}]:
                raise ValueError(f"{still[0]} is not a variable of {d.y}: nothing moves with it")
        if len(symbolic_sizes(*self.functions)) > 1:
            lengths = ", ".join(symbolic_sizes(functions[0]))
            raise ValueError(
                f"{functions[0]} has several lengths, {lengths}: mc.explore takes it, "
                "at random points"
            )

    def _variables(self):
        return list(dict.fromkeys(v for f in self.functions for v in symbols(f)))

    def _choices(self, n):
        """The inputs that are no entries: which function, which length, which nudge."""
        inputs = {}
        if len(self.derived) > 1:
            inputs["function"] = Choice("function", {str(d.y): d for d in self.derived})
        if symbolic_sizes(*self.functions):
            inputs["n"] = Number("n", 1, max(MOST, n), n, whole=True)
        columns = len(entry_names(self.derived[0].variables, sizes_of(self.functions[0], n)))
        inputs["column"] = Number("column", 1, columns, min(2, columns), whole=True)
        inputs["nudge"] = Number("nudge", 0.001, 1.0, 0.5, log=True)
        return inputs

    def _formulas(self, d):
        if d.more_axes:
            return [d]
        closed = d.jacobian.expr
        if d.by_scalars:
            return [(node(SYMBOL, name="J", shape=closed.shape), closed)]
        return [(derivative(d.y, d.wrt), closed)]

    def _used(self, v, n):
        """The names of the inputs for a variable, at this length."""
        count = length(v.shape, sizes_of(self.functions[0], n))
        return self.entries[v][: count[0]] if count else self.entries[v]

    def update_inputs(self, n=None, function=None, **values):
        d = function or self.derived[0]
        for v, names in self.entries.items():
            used = self._used(v, n) if v in {*symbols(d.y)} else ()
            for name in names:
                self.inputs[name].visible(name in used)
        self.inputs["column"].limit(len(entry_names(d.variables, sizes_of(self.functions[0], n))))

    def draw(self, column, nudge, n=None, function=None, **entries):
        d = function or self.derived[0]
        self.set_formulas(self._formulas(d))
        used = {v: self._used(v, n) for v in self.entries}
        values = self.fixed | arrays(used, entries)
        values = {v.name: values[v.name] for v in symbols(d.y)}
        return self.nudged(d, sizes_of(self.functions[0], n), values, column, nudge)


def jacobian(
    *functions: Function,
    wrt: Expr | tuple | None = None,
    n: int = 3,
    between: tuple[float, float] = (-3.0, 3.0),
    **values: Any,
) -> JacobianExplorer:
    """Explore a Jacobian (numerator layout): ``mc.explore.jacobian(w * x, wrt=w)``.

    Each of ``functions`` is an expression, or a function of vectors; ``wrt`` is a variable, or a
    tuple of scalars, by default the first variable. Inputs: the function if there are several, n,
    every entry of every vector (at most four, unless more are given), every scalar, and the nudge
    of one entry: its column lights up, and what J predicts stands beside what really happens.
    ``x=[1, 2]`` says where to start; a matrix needs its numbers. By a matrix of known shape there
    is a column for each entry, row after row of it. Raises ValueError for several lengths, and for
    a matrix without numbers. Paper: "Matrix calculus" to "Vector sum reduction".
    """
    if not functions:
        raise ValueError("jacobian needs a function: mc.explore.jacobian(w * x, wrt=w)")
    return JacobianExplorer(functions, wrt, n, (float(between[0]), float(between[1])), dict(values))
