"""Explorers of functions of functions, with their intermediate variables."""

from __future__ import annotations

import itertools

import numpy as np

from ..check.compile import compile_
from ..derivation import derive
from ..draw.diagrams import evaluated
from ..graph.walk import symbols, unnamed
from .explorer import Explorer, expression

MOST = 40  # paths


class GraphExplorer(Explorer):
    """A derivation's graph at a point, for one variable."""

    def start(self, y, wrt):
        """The derivation and its graph with a name for every operation."""
        self.y = expression(y)
        known = [v for v in symbols(self.y) if v.ndim < 2]
        if not known:
            raise ValueError(f"{self.y} has no scalar or vector variable to differentiate by")
        self.d = derive(self.y, known[0] if wrt is None else wrt)
        if self.d.by_scalars:
            raise ValueError(f"one variable is needed here, not {len(self.d.variables)}")
        self.y, self.graph = self.d.y, self.d.graph  # free of a `let` that is wrt
        ways = self.graph.counts[self.graph.result][self.d.variables[0]]
        if ways > MOST:
            raise ValueError(
                f"{ways} paths lead from {self.d.variables[0]}: at most {MOST} fit here"
            )
        self.x = self.d.variables[0]
        self.paths = self.graph.paths(self.x)
        if not self.paths:
            raise ValueError(f"nothing leads from {self.x} to {self.y} along which anything moves")
        self.at = evaluated(self.graph)
        self.value = compile_(unnamed(self.d.y), symbols(self.d.y))

    def local(self, v, p, values):
        """The Jacobian of a variable by one that it is made of, in two axes."""
        rows, columns = (np.size(self.at(e, values)) for e in (v, p))
        return np.reshape(self.at(self.graph.locals[v, p], values), (rows, columns))

    def product(self, path, values):
        """The factors along a path, the result's first."""
        return [self.local(v, p, values) for v, p in itertools.pairwise(path)]
