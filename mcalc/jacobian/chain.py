"""The Jacobian of a function as a sum of terms, forward through its graph.

Every operation multiplies those of its operands with its own. There are limits to what is made in
this way, so that a sum along every path of a graph is not begun that nobody could read.
"""

from __future__ import annotations

from collections.abc import Iterable

from ..graph.expr import DEEP, Expr, node
from ..graph.primitives import UNIT
from ..graph.walk import walk
from .local import local_jacobian
from .terms import NoClosedForm, Term, collect, compose, fresh

TERMS, PARTS = 2000, 10_000  # of a closed form at most; more than can be read
TOO_LARGE = (
    "this Jacobian is too large for a closed form: use .numpy(), .jvp and .vjp for its numbers"
)


def accumulate(y: Expr, seeds: dict[Expr, list[Term]]) -> list[Term]:
    """The Jacobian of ``y``, forward through the graph from the Jacobians of some of its nodes.

    Raises UnsupportedError if it grows beyond what anybody would write: along every path of
    ``u = u + sin(u)``, twenty times, or of a function of a function, two hundred times.
    """
    jacobians = dict(seeds)
    for e in walk(y):
        if e not in jacobians:
            if e.nesting > DEEP:
                raise NoClosedForm(TOO_LARGE)
            terms: list[Term] = []
            for k, operand in enumerate(e.args):
                local = local_jacobian(e, k) if jacobians.get(operand) else None
                if local is not None:
                    terms += [compose(local, term, operand.shape) for term in jacobians[operand]]
            jacobians[e] = collect(terms)
            if len(jacobians[e]) > TERMS or sum(t.weight for t in jacobians[e]) > PARTS:
                raise NoClosedForm(TOO_LARGE)
    return jacobians[y]


def dependents(y: Expr, variables: Iterable[Expr]) -> set[Expr]:
    """The variables, and every part of ``y`` that they are in."""
    depends = set(variables)
    for e in walk(y):
        if not depends.isdisjoint(e.args):
            depends.add(e)
    return depends


def seeded(variables: tuple[Expr, ...], several: bool) -> dict[Expr, list[Term]]:
    """The Jacobian of each variable by all of them: the identity, or a unit row each."""
    seeds = {}
    for k, variable in enumerate(variables):
        labels = tuple(fresh() for _ in (variable.shape or (1,) * several))
        term = Term(labels[: variable.ndim], labels)
        if several:
            term.times(node(UNIT, index=k, length=len(variables)), labels)
        seeds[variable] = [term]
    return seeds
