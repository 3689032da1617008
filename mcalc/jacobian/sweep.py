"""Products with a Jacobian that is too large to be written: one sweep through the graph.

Each operation makes of its operands' changes its own, or of its result's derivative theirs. A name
stands for every value on the way, so that the code is as long as the program and not its square.
"""

from __future__ import annotations

import itertools
from functools import reduce
from operator import add

from ..graph.expr import SYMBOL, Expr, node
from ..graph.primitives import ZEROS
from ..graph.walk import is_number, rebuild, replace, walk
from .chain import dependents
from .formula import in_shape_of
from .local import local_jacobian
from .terms import Term, times_vector


class _Sweep:
    """Formulas that are made of names, and what the names stand for."""

    def __init__(self, y: Expr, variables: tuple[Expr, ...]):
        self.nodes, self.variables = walk(y), variables
        self.depends = dependents(y, variables)
        self.definitions: dict[Expr, Expr] = {}
        self.count = itertools.count()
        self.names = {e: self.named(e) for e in self.nodes}

    def named(self, e: Expr) -> Expr:
        """A name for a formula; what has no operands is as short as its name would be."""
        if not e.args:
            return e
        name = node(SYMBOL, name=f"value {next(self.count)}", shape=e.shape)
        self.definitions[name] = e
        return name

    def local(self, e: Expr, k: int) -> Term | None:
        """The Jacobian of one operation, in the names of its operands."""
        return local_jacobian(rebuild(e, tuple(self.names[a] for a in e.args)), k)

    def resolved(self, e: Expr) -> Expr:
        """A formula with the definitions in the place of names, in the order of their making."""
        done: dict[Expr, Expr] = {}
        for name, definition in self.definitions.items():
            of_y = definition in self.names  # a part of y, in which there are no names
            done[name] = definition if of_y else replace(definition, done.get)
        return replace(e, done.get)


def forward(y: Expr, changes: dict[Expr, Expr]) -> Expr:
    """How ``y`` changes with these changes of its variables, to first order."""
    sweep, by_node = _Sweep(y, (*changes,)), dict(changes)
    for e in sweep.nodes:
        if e in sweep.depends and e not in by_node:
            terms: list[Term] = []
            for k, a in enumerate(e.args):
                local = sweep.local(e, k) if a in by_node else None
                if local is not None:
                    terms += times_vector([local], by_node[a], "column_labels")
            change = _upright(terms, e.shape)
            if not _is_zero(change):
                by_node[e] = sweep.named(change)
    return sweep.resolved(by_node[y]) if y in by_node else in_shape_of([], y.shape)


def backward(y: Expr, row: Expr, variables: tuple[Expr, ...]) -> list[Expr]:
    """The derivatives of ``row`` times ``y`` by the variables, each in its variable's shape."""
    sweep, parts = _Sweep(y, variables), {y: [row]}
    for e in reversed(sweep.nodes):
        if e not in sweep.depends or e not in parts or e in {*variables}:
            continue
        slope = sweep.named(reduce(add, parts[e]))
        for k, a in enumerate(e.args):
            local = sweep.local(e, k) if a in sweep.depends else None
            if local is not None:
                part = _upright(times_vector([local], slope, "row_labels"), a.shape)
                if not _is_zero(part):
                    parts.setdefault(a, []).append(sweep.named(part))
    none = {v: in_shape_of([], v.shape) for v in variables}
    return [sweep.resolved(reduce(add, parts.get(v, [none[v]]))) for v in variables]


def _is_zero(e):
    return is_number(e, 0) or e.op is ZEROS


def _upright(terms, shape):
    return in_shape_of([t.as_row() for t in terms], shape)
