"""The intermediate variables of a derivation, and the paths between them."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Set

from ..graph.expr import LET, SYMBOL, Expr, node
from ..graph.facts import inherited
from ..graph.primitives import (
    ADD,
    DOT,
    INDEX,
    MATVEC,
    MULTIPLY,
    NEGATIVE,
    STACK,
    SUBTRACT,
    SUM,
    TRANSPOSE,
    VECMAT,
    differ,
)
from ..graph.recognition import with_all_elements
from ..graph.refine import can_be_refined
from ..graph.refine import refined as refined_formula
from ..graph.simplify import COMPARISONS
from ..graph.walk import rebuild, replace, symbols, unnamed, walk
from .chain import accumulate, dependents, seeded
from .formula import formula
from .terms import Term, refined

Derivative = tuple[list[Term], Expr | None]  # and its closed form, None where there is a matrix


def free_name(y: Expr, taken: set[str], *first: str) -> str:
    """A name for the result ``y``: the reader's, or one that is not taken, ``first`` these."""
    if y.op is LET:
        return y.params["name"]
    numbered = (f"y_{k}" for k in itertools.count(1))
    names: Iterable[str] = itertools.chain(first, ("y", "f", "C", "r", "h"), numbered)
    if y.ndim > 1:
        names = map(str.upper, names)
    return next(name for name in names if name not in taken)


def expression_graph(
    y: Expr,
    variables: tuple[Expr, ...] | None = None,
    automatic: bool = True,
    taken: Set[str] = frozenset(),
    output: str | None = None,
) -> Intermediates:
    """The intermediate variables of ``y`` from these variables on, by default from all of them.

    They, and without ``output`` the result, are given names that neither ``y`` nor ``taken`` has.
    """
    if variables is None:
        variables = tuple(v for v in symbols(y) if v.ndim < 2)
    taken = {*taken, *(e.name for e in walk(y) if e.name)}
    return Intermediates(y, variables, output or free_name(y, taken), taken, automatic)


def _derivative(definition: Expr, p: Expr) -> Derivative | None:
    terms = refined(accumulate(definition, seeded((p,), False)))
    if not terms:
        return None
    has_matrix = max(definition.ndim, p.ndim) > 1
    closed = None if has_matrix else formula(terms, definition.shape, p.shape)
    return terms, closed if closed is None else with_all_elements(refined_formula(closed))


class Intermediates:
    """The intermediate variables of a derivation, one operator each.

    ``definitions`` maps each variable to what it is made of, in terms of the others; the result
    comes last. What does not depend on ``variables`` stays inside a definition, and so does the
    dot product in ``w.x + b``.
    """

    def __init__(
        self,
        y: Expr,
        variables: tuple[Expr, ...],
        output: str,
        taken: set[str],
        automatic: bool = True,
    ):
        self.variables, self.automatic = variables, automatic
        self.by_matrix = any(v.ndim > 1 for v in (*variables, y))
        self.sources = frozenset(variables)
        self.depends = dependents(y, variables)
        self._refined = can_be_refined(y)
        self.definitions: dict[Expr, Expr] = {}
        self.result = node(SYMBOL, name=output, shape=y.shape)
        self._introduce_all(y, taken | {output})
        self._differentiate()
        self._count_paths()
        self.all_scalar = not any(v.ndim for v in (*variables, *self.definitions))

    def _introduce_all(self, y, taken):
        """``definitions`` of everything between the variables and the result."""
        body = y.args[0] if y.op is LET else y
        listed = body.op is STACK and body.ndim == 1
        output = self.result.name
        entries = {f"{output}_{k}": e for k, e in enumerate(body.args, 1)} if listed else {}
        taken = taken | {*entries}
        elements_of = {e.args[0].name for e in walk(y) if e.op is INDEX}
        letter = next(u for u in "urshv" if u not in elements_of)  # u_1 is an element of u
        self._free = (u for k in itertools.count(1) if (u := f"{letter}_{k}") not in taken)
        self._made: dict[Expr, Expr] = {}  # the variable that stands for an operation
        self._inlined: dict[Expr, Expr] = {}  # operations as they stand inside of others
        self.numbered: list[Expr] = []  # variables that the reader has not named
        # of a vector that is given entry by entry
        self.components = [self._introduce(self._prepared(e), n) for n, e in entries.items()]
        if listed:
            self.definitions[self.result] = rebuild(body, tuple(self.components))
        else:
            self.definitions[self.result] = self._inside(self._prepared(body))
        if taken.isdisjoint((letter, letter.upper())):
            self._drop_the_number_of_a_single_one()

    def _drop_the_number_of_a_single_one(self):
        """``u`` for ``u_1`` where there is no ``u_2``."""
        if len(self.numbered) != 1:
            return
        (only,) = self.numbered
        alone = node(SYMBOL, **{**only.params, "name": only.name[0]}, shape=only.shape)
        swap = {only: alone}.get
        self.definitions = {swap(v, v): replace(d, swap) for v, d in self.definitions.items()}
        self.numbered = [alone]

    def _differentiate(self):
        """The derivative of each variable by those that it is made of."""
        self.terms: dict[tuple, list] = {}  # what has slope zero, such as a condition, is no path
        self.locals: dict[tuple, Expr | None] = {}  # the closed forms; None where there is a matrix
        places = {p: k for k, p in enumerate((*self.variables, *self.definitions))}
        self._parents: dict[Expr, list] = {v: [] for v in self.definitions}
        for v, definition in self.definitions.items():
            for p in sorted({*symbols(definition)} & places.keys(), key=places.__getitem__):
                if derivative := _derivative(definition, p):
                    self.terms[v, p], self.locals[v, p] = derivative
                    self._parents[v].append(p)

    def _count_paths(self):
        self.counts = {v: Counter([v]) for v in self.variables}  # of the paths to each variable
        for v in self.definitions:
            self.counts[v] = sum((self.counts[p] for p in self.parents(v)), Counter())
        self.rows = self.components or [self.result]
        self.path_count = max((n for v in self.rows for n in self.counts[v].values()), default=0)

    def _prepared(self, body):
        """``body``, of which all operands have been introduced, however deep it is built."""
        stack = [(body, a, False) for a in reversed(body.args)]
        while stack:
            parent, e, ready = stack.pop()
            if ready:
                self._operand(parent, e)
            elif e in self.depends and e not in self.sources and e not in self._made:
                stack.append((parent, e, True))
                inner = e.args[0] if e.op is LET else e
                operands = inner.args if inner not in self._inlined else ()
                stack.extend((inner, a, False) for a in reversed(operands))
        return body

    def _inside(self, e):
        """The operation ``e`` with a variable introduced for each of its operands."""
        e = e.args[0] if e.op is LET else e
        if e in self.sources:
            return e
        if e not in self._inlined:
            moves = e in self.depends
            self._inlined[e] = (
                rebuild(e, tuple(self._operand(e, a) for a in e.args)) if moves else unnamed(e)
            )
        return self._inlined[e]

    def _operand(self, parent, e):
        fixed = e not in self.depends or e in self.sources
        matrix = e.ndim > 1 and not self.by_matrix  # would have a Jacobian of three axes
        if fixed or matrix or e.op is not LET and self._stays(parent, e):
            return self._inside(e)
        if e not in self._made:
            self._introduce(e, e.name)
        return self._made[e]

    def _introduce(self, e, name):
        definition = self._inside(e)
        free = next(self._free) if name is None else name
        if name is None and e.ndim > 1:
            free = free.upper()
        # of elements that may be equal, as those of u = max(b, x), max takes shares
        ties = {"has_ties": True} if e.ndim == 1 and not differ(unnamed(e)) else {}
        known = inherited(unnamed(e)) if self._refined else ()
        assumed = {"assumed": known} if known else {}
        made = self._made[e] = node(SYMBOL, name=free, **ties, **assumed, shape=e.shape)
        if name is None:
            self.numbered.append(made)
        self.definitions[made] = definition
        return made

    def _stays(self, parent, e):
        """Whether an operation is small enough to stay inside: ``w.x`` in ``w.x + b``."""
        if not self.automatic or e.op in COMPARISONS or e.op is TRANSPOSE:
            return True
        if parent.op in (ADD, SUBTRACT, NEGATIVE):
            plain = all(a in self.sources or a not in self.depends for a in e.args)
            return plain and e.op in (DOT, MATVEC, VECMAT)
        scaled = parent.op is MULTIPLY and parent.args[0] not in self.depends
        return scaled and e.op in (SUM, DOT)

    @property
    def merge_points(self) -> list[Expr]:
        """The intermediate variables, results aside, at which paths come together."""
        ends = {*self.rows, self.result}
        return [v for v in self.definitions if len(self.parents(v)) > 1 and v not in ends]

    @property
    def chained(self) -> bool:
        """Whether there is anything between the variables and the result, or its entries."""
        return not self.definitions.keys() <= {*self.rows, self.result}

    def parents(self, v: Expr) -> list[Expr]:
        """The variables that ``v`` moves with."""
        return self._parents.get(v, [])

    def chains(self, v: Expr, x: Expr) -> list[list[tuple[Expr, Expr]]]:
        """What leads from ``v`` back to ``x``: pairs of (variable, parent), each chain as far as
        ``x`` or the next variable with several parents."""
        chains = []
        for p in self.parents(v):
            chain = [(v, p)]
            while p in self.definitions and len(self.parents(p)) == 1:
                (parent,) = self.parents(p)
                chain.append((p, parent))
                p = parent
            if self.counts[p][x]:
                chains.append(chain)
        return chains

    def paths(self, x: Expr) -> list[tuple[Expr, ...]]:
        """Every path from the result back to ``x``: tuples of variables, the result first."""

        def back(v):
            return [(v,)] if v is x else [(v, *w) for p in self.parents(v) for w in back(p)]

        return back(self.result)

    def reason(self, turned: bool = False) -> str:
        """Why the rule that applies does: how many paths there are, and through what.

        In denominator layout the factors are ``turned``, and stand the other way round.
        """
        y, x = self.result.name, " and ".join(str(v.name) for v in self.variables)
        if not self.path_count:
            return f"no path leads from {x} to {y} along which anything moves"
        each = " each" if len(self.variables) > 1 else ""
        y = f"each entry of {y}" if self.components else y
        count = "one path leads" if self.path_count == 1 else f"{self.path_count} paths lead"
        count = f"up to {count}" if self.components and self.path_count > 1 else count
        sums = "" if self.path_count == 1 else ", so what they contribute is added up"
        if self.all_scalar:
            return f"{count} from {x} to {y}{each}, through scalars only{sums}"
        if self.by_matrix:
            return f"{count} from {x} to {y}{sums}; each factor stands where its shape fits"
        vector = next(v.name for v in (*self.variables, *self.definitions) if v.ndim)
        order = f"{x} to {self.result}" if turned else f"{self.result} back to {x}"
        return (
            f"{count} from {x} to {y}{each}{sums}; {vector} is a vector, so the factors are "
            f"Jacobians, in order from {order}"
        )
