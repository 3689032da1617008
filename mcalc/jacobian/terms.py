"""Structured Jacobians: sums of terms whose entries are products of vectors and matrices.

The Jacobian of an m-vector by an n-vector has entries J[i, j]. A :class:`Term` describes them by
labels: ``row_labels`` holds the row's label, ``column_labels`` the column's, a vector sits at one
label, a matrix between two. One label in both places is a diagonal, and a label in neither is
summed over:

=====================  ==============  =================  ===============  ==============
closed form            ``row_labels``  ``column_labels``  ``vectors``      ``matrices``
=====================  ==============  =================  ===============  ==============
``diag(x)``            ``(i,)``        ``(i,)``           ``x`` at ``i``
``x^T``                ``()``          ``(j,)``           ``x`` at ``j``
``x w^T``              ``(i,)``        ``(j,)``           ``x``, ``w``
``A``                  ``(i,)``        ``(j,)``                            ``A`` at i, j
=====================  ==============  =================  ===============  ==============

The chain rule multiplies two of them (:func:`compose`): labels that meet become one, and what is
summed is contracted, so ``1^T diag(x)`` is ``x^T`` without any matrix having been written down.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Sequence
from copy import deepcopy
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np

from ..graph import refine, simplify
from ..graph.expr import ADJOINT, Expr, UnsupportedError, node
from ..graph.facts import is_symmetric
from ..graph.primitives import DIAG, IDENTITY, MATMAT, ONES, OUTER, SELECTOR, TRANSPOSE, UNIT, ZEROS
from ..graph.simplify import ONE, ZERO, add, matvec, mul, split_scalar, sum_elements
from ..graph.walk import is_number

fresh = itertools.count().__next__
Side = Literal["row_labels", "column_labels"]


class NoClosedForm(UnsupportedError):
    """A Jacobian that no matrix is, or none that anybody could read; it has its products."""


@dataclass
class Term:
    """``coefficient`` times the product of its vectors and matrices; see the module's table."""

    row_labels: tuple[int, ...] = ()
    column_labels: tuple[int, ...] = ()
    coefficient: Expr = ONE
    vectors: dict[int, Expr] = field(default_factory=dict)  # by label
    matrices: list[tuple[Expr, int, int]] = field(default_factory=list)  # with both labels
    lengths: dict[int, int | str] = field(default_factory=dict)  # by label, of those summed over
    renamed: dict[int, int] = field(init=False, repr=False, default_factory=dict)  # those joined

    def times(self, e: Expr, labels: Sequence[int]) -> None:
        """Multiply by ``e``, whose axes lie at these labels; a scalar needs none."""
        assert e.ndim in (0, len(labels)), f"{e} has {e.ndim} axes for the labels {labels}"
        labels = tuple(map(self._label, labels))
        if e.ndim == 0:
            self.coefficient = mul(self.coefficient, e)
        elif e.ndim == 1:
            self._times_vector(e, *labels)
        else:
            self._times_matrix(e, *labels)

    def _times_vector(self, e, label):
        here = self.vectors.get(label, ONE)
        units = [v for v in (here, e) if v.op is UNIT]
        if units:  # only one entry is left of the other
            other = here if units[0] is e else e
            scalar, here = simplify.element(other, units[0].params["index"]), units[0]
        else:
            scalar, here = split_scalar(mul(here, e))
        self.coefficient = mul(self.coefficient, scalar)
        self.lengths.setdefault(label, e.shape[0])
        if here.ndim and here.op is not ONES:
            self.vectors[label] = here
        else:
            self.vectors.pop(label, None)

    def _times_matrix(self, e, a, b):
        self.lengths.setdefault(a, e.shape[0]), self.lengths.setdefault(b, e.shape[1])
        scalar, e = split_scalar(e)
        self.coefficient = mul(self.coefficient, scalar)
        op = e.op
        if op is ZEROS:
            self.coefficient = ZERO
        elif e.ndim < 2:  # x A / A: what is left is the same in every row
            self.times(e, (a, b)[2 - e.ndim :])
        elif op is TRANSPOSE:
            self.times(e.args[0], (b, a))
        elif op is OUTER:
            self.times(e.args[0], (a,)), self.times(e.args[1], (b,))
        elif op is MATMAT:
            middle = fresh()
            self.times(e.args[0], (a, middle)), self.times(e.args[1], (middle, b))
        elif op is SELECTOR and (other := self._cut_alike(e, a)):
            if e is other[0]:
                self.join({b: other[2]})
            else:  # two parts have no row in common
                self.coefficient = ZERO
        elif op in (DIAG, IDENTITY):
            self.join({a: b} if a != b else {})
            for v in e.args:
                self.times(v, (b,))
        elif a == b:
            on_diagonal = np.multiply(e, node(IDENTITY, length=e.shape[0]))
            self.times(np.sum(on_diagonal, axis=1), (a,))
        else:
            self.matrices.append((e, a, b))

    def _label(self, label):
        """What a label is called now: of E_1^T E_1 the second is the first."""
        while label in self.renamed:
            label = self.renamed[label]
        return label

    def join(self, names: dict[int, int]) -> None:
        """Give labels new names; labels of one name become one."""
        self.renamed |= names

        def new(labels):
            return tuple(names.get(a, a) for a in labels)

        factors = self.factors
        self.row_labels, self.column_labels, self.vectors, self.matrices = (
            new(self.row_labels),
            new(self.column_labels),
            {},
            [],
        )
        self.lengths = dict(zip(new(self.lengths), self.lengths.values(), strict=True))
        for e, *labels in factors:
            self.times(e, new(labels))

    @property
    def factors(self) -> list[tuple]:
        """Every vector and matrix with its labels."""
        return [(v, a) for a, v in self.vectors.items()] + self.matrices

    def _cut_alike(self, e, row):
        """The selector in these rows, if its parts are as long as those of another one."""
        here = self.selector_at(row)
        return here if here and here[0].params["lengths"] == e.params["lengths"] else None

    def selector_at(self, row: int) -> tuple[Expr, int, int] | None:
        """The selector, with its labels, that places a part in these rows of a concatenation."""
        return next((x for x in self.matrices if x[0].op is SELECTOR and x[1] == row), None)

    @property
    def summed(self) -> list[int]:
        """The labels that are neither a row's nor a column's."""
        return [s for s in self.lengths if s not in self.row_labels + self.column_labels]

    def neighbours(self, label: int) -> list[int]:
        """The labels that share a matrix with this one."""
        pairs = [x[1:] for x in self.matrices if label in x[1:]]
        return list(dict.fromkeys(b if a == label else a for a, b in pairs))

    def pop_matrices(self, a: int, b: int) -> Expr:
        """Take out the matrices between two labels: their product, entry by entry, rows at a."""
        here = [x for x in self.matrices if {a, b} == {*x[1:]}]
        self.matrices = [x for x in self.matrices if {a, b} != {*x[1:]}]
        if all(row != a and m.op is not ADJOINT for m, row, _ in here):
            return mul(*(m for m, *_ in here)).T
        return mul(*(m if row == a else m.T for m, row, _ in here))

    def contract(self) -> Term:
        """Sum over the labels that are neither a row's nor a column's."""
        self._cancel()
        left = None
        while left != (left := self.summed):
            for label in left:
                self._contract(label)
        return self

    def _cancel(self):
        """Take out matrices whose product is none: of A ⊗ (1/A) nothing is left."""
        pairs: dict = {}
        for _, a, b in self.matrices:
            pairs.setdefault(frozenset((a, b)), []).append((a, b))
        for (a, b), *more in pairs.values():
            if not more:
                continue
            before = [*self.matrices]
            product = self.pop_matrices(a, b)
            if product.ndim == 2:
                self.matrices = before
            else:  # the same in every row
                self.times(product, (b,) * product.ndim)

    def _contract(self, s):
        near = self.neighbours(s)
        if len(near) > 1:
            return  # a product of two matrices: kept until a vector meets one of them
        if any(m.op is SELECTOR and a in self.row_labels and b == s for m, a, b in self.matrices):
            return  # a part of the rows: put in its place at the end
        length = self.lengths.pop(s)
        v = self.vectors.pop(s, ONE)
        if near:
            self.times(
                matvec(self.pop_matrices(*near, s), simplify.broadcast_to(v, (length,))), near
            )
        else:
            self.coefficient = mul(self.coefficient, sum_elements(v, length))

    def as_row(self) -> Term:
        """All labels as columns': the product with a vector, which has no second side."""
        return replace(self, row_labels=(), column_labels=self.row_labels + self.column_labels)

    def refined(self) -> Term:
        """The same with all that is known of its parts put in."""
        new = Term(self.row_labels, self.column_labels, refine.refined(self.coefficient))
        new.lengths = dict(self.lengths)
        for e, *labels in self.factors:
            new.times(simplify.broadcast_to(refine.refined(e), e.shape), labels)
        return new.contract()

    @property
    def weight(self) -> int:
        """How many parts are to be written for it."""
        return self.coefficient.weight + sum(e.weight for e, *_ in self.factors)

    @property
    def is_zero(self) -> bool:
        """Whether nothing is left of it, as of two rows of a concatenation that do not meet."""
        return is_number(self.coefficient, 0)


def compose(outer: Term, inner: Term, shape: tuple) -> Term:
    """The product of two Jacobians, that of the outer function first; ``shape`` lies between.

    They have no label in common, as each comes from :data:`fresh`.
    """
    # of A ⊗ I the diagonal alone is asked for
    several = len({*outer.row_labels}) == len(outer.row_labels)
    if several and outer.row_labels == outer.column_labels and not outer.factors:
        return _scaled(outer.coefficient, inner, shape)
    product = Term(
        outer.row_labels,
        inner.column_labels,
        mul(outer.coefficient, inner.coefficient),
        outer.vectors | inner.vectors,
        outer.matrices + inner.matrices,
        outer.lengths | inner.lengths | dict(zip(outer.column_labels, shape, strict=True)),
    )
    names: dict[int, int] = {}

    def new(label):
        return new(names[label]) if label in names else label

    for a, b in zip(outer.column_labels, inner.row_labels, strict=True):
        if new(a) != new(b):  # one label may meet several
            names[new(a)] = new(b)
    product.join({a: new(a) for a in names})
    return product.contract()


def _scaled(factor, term, shape):
    """``factor I`` times ``term``."""
    return replace(
        term,
        coefficient=term.coefficient if factor is ONE else mul(factor, term.coefficient),
        vectors=dict(term.vectors),
        matrices=[*term.matrices],
        lengths=term.lengths | dict(zip(term.row_labels, shape, strict=True)),
    )


def times_vector(terms: Iterable[Term], e: Expr, side: Side) -> list[Term]:
    """The terms of Jacobian times column, or of row times Jacobian.

    ``side`` is which labels of the Jacobian's meet ``e``: "column_labels", or "row_labels".
    ``e`` has the shape of that side; where it has an axis more, as a matrix whose columns are such
    vectors, that takes the side's place.
    """
    done = []
    for term in map(deepcopy, terms):
        labels = getattr(term, side)
        columns = (fresh(),) * (e.ndim - len(labels))
        setattr(term, side, columns)
        term.times(e, (*labels, *columns))
        done.append(term.contract())
    return collect(done)


def collect(terms: Iterable[Term]) -> list[Term]:
    """Terms of one structure as one term, as far as the sum stays as short."""
    groups: dict[tuple, list[Term]] = {}
    for term in terms:
        if not term.is_zero:
            groups.setdefault(_structure(term), []).append(term)
    return [term for group in groups.values() if not (term := _sum(group)).is_zero]


def refined(terms: list[Term]) -> list[Term]:
    """A sum of terms with all that is known of their parts put in."""
    parts = [e for t in terms for e in (t.coefficient, *(e for e, *_ in t.factors))]
    known = refine.can_be_refined(*parts) or any(op.ndim == 2 and is_symmetric(op) for op in parts)
    return collect(t.refined() for t in terms) if known else terms


def _structure(term):
    """What two terms must share to differ by one vector or coefficient only."""
    if _is_vector(term):
        return len(term.row_labels), len(term.column_labels)
    order = {
        label: k for k, label in enumerate((*term.row_labels, *term.column_labels, *term.lengths))
    }

    def places(e, at):
        here = [order[a] for a in at]
        return sorted(here) if e.ndim == 2 and is_symmetric(e) else here

    return (
        tuple(order[a] for a in term.row_labels + term.column_labels),
        # with how often each is there: A A x is no multiple of A x
        frozenset(Counter((e, *places(e, at)) for e, *at in term.factors).items()),
    )


def _is_vector(term):
    """Whether a term is a scalar, or one vector as a row, a column or a diagonal."""
    units = any(v.op is UNIT for v in term.vectors.values())
    return not term.matrices and not units and len({*term.row_labels, *term.column_labels}) <= 1


def _sum(group):
    first = group[0]
    if len(group) == 1:
        return first
    if not _is_vector(first):
        return replace(first, coefficient=add(*(t.coefficient for t in group)))
    added = replace(first, coefficient=ONE, vectors={})
    added.times(add(*map(product_of, group)), tuple({*first.row_labels, *first.column_labels}))
    return added


def product_of(term: Term) -> Expr:
    """The coefficient times the vectors, which have to be all that there is."""
    assert not term.matrices, f"{term} has matrices"
    return mul(term.coefficient, *term.vectors.values())
