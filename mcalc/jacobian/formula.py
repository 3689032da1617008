"""From the terms of a Jacobian to its closed form, a formula that can be printed and compiled."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace

import numpy as np

from ..graph import simplify
from ..graph.expr import Expr, UnsupportedError, as_expr, node, shape_text
from ..graph.forms import diag, outer
from ..graph.primitives import BLOCKS, COLUMN, IDENTITY, ONES, SELECTOR, UNIT, WHERE
from ..graph.simplify import ONE, ZERO, add, mul
from .terms import NoClosedForm, Side, Term, collect, product_of, times_vector


def in_shape_of(terms: list[Term], shape: tuple, turned: bool = False) -> Expr:
    """The derivative of a scalar as a formula in the shape of what it is by, or ``turned``.

    Of a matrix that shape is the gradient's, and turned it is numerator layout.
    """
    assert not any(t.row_labels for t in terms), "a vector is no scalar"
    if len(shape) < 2:
        upright = [replace(t, row_labels=t.column_labels, column_labels=()) for t in terms]
        column = formula(upright, shape, ())
        return column.T if turned else column
    ends = slice(None, None, -1 if turned else 1)
    laid = [
        replace(t, row_labels=t.column_labels[ends][:1], column_labels=t.column_labels[ends][1:])
        for t in terms
    ]
    return formula(laid, shape[ends][:1], shape[ends][1:])


def formula(terms: list[Term], out: tuple, inp: tuple, listed: bool = True) -> Expr:
    """The closed form of a Jacobian with these row and column shapes.

    A scalar for 1 x 1, a vector for a column, ``v.T`` for a row, else a matrix. Raises
    UnsupportedError where more than two axes would be needed, as for ``t A`` by ``t``, m x n by 1.
    An element's derivative is a column of a list, ``[0, 0, 2x_3]``, or unless ``listed`` ``2x_3``
    times a unit vector.
    """
    _refuse_more_axes(terms, out, inp)
    if not terms:
        zero = simplify.broadcast_to(ZERO, (*out, *inp))
        return zero.T if inp and not out else zero
    if not listed:
        return _added(terms, out, inp)
    for part_by_part in (_by_condition, _by_block, _by_unit_row, _by_unit_column):
        if (form := part_by_part(terms, out, inp)) is not None:
            return form
    return _added(terms, out, inp)


def _refuse_more_axes(terms, out, inp):
    if len(out) > 1 or len(inp) > 1:
        raise UnsupportedError(
            f"the derivative of what is {shape_text(out)} by what is {shape_text(inp)} has "
            f"{len(out) + len(inp)} axes: a closed form is for scalars and vectors"
        )
    for t in terms:
        labels = len(t.row_labels), len(t.column_labels)
        assert labels == (len(out), len(inp)), f"{t} lies elsewhere than {out} and {inp}"


def _by_condition(terms: list[Term], out: tuple, inp: tuple) -> Expr | None:
    """A formula for each side of a condition that is a factor of some term."""
    factors = [a for t in terms for a in simplify.factors(t.coefficient)[1]]
    condition = next((a.args[0] for a in factors if a.op is WHERE), None)
    if condition is None:
        return None
    sides = [[_assuming(condition, truth, t) for t in terms] for truth in (True, False)]
    return simplify.where(condition, *(formula(collect(side), out, inp) for side in sides))


def _assuming(condition, truth, term):
    """``term`` where a condition holds, or where it does not."""
    coefficient = simplify.assuming(condition, truth, term.coefficient)
    decided = replace(deepcopy(term), coefficient=coefficient, vectors={})
    for a, v in term.vectors.items():
        decided.times(simplify.broadcast_to(simplify.assuming(condition, truth, v), v.shape), (a,))
    return decided


def _by_block(terms: list[Term], out: tuple, inp: tuple) -> Expr | None:
    """A block of rows for each part of a concatenation; a sum of such if the cuts are several."""
    if not any(t.selector_at(a) for t in terms for a in t.row_labels):
        return None
    by_cuts: dict = {}  # lengths of the parts -> terms
    for t in terms:
        selector = t.selector_at(*t.row_labels)
        by_cuts.setdefault(selector and selector[0].params["lengths"], []).append(t)
    uncut = by_cuts.pop(None, [])
    if not any(t.neighbours(*t.row_labels) or t.row_labels == t.column_labels for t in uncut):
        by_cuts[next(iter(by_cuts))] += uncut  # outer products can be cut
        uncut = []
    forms = [_cut_at(lengths, group, inp) for lengths, group in by_cuts.items()]
    forms += [formula(uncut, out, inp)] if uncut else []
    return forms[0] if len(forms) == 1 else simplify.broadcast_to(add(*forms), (*out, *inp))


def _cut_at(lengths, terms, inp):
    blocks = []
    for k, length in enumerate(lengths):
        part = times_vector(terms, node(SELECTOR, lengths=lengths, part=k), "row_labels")
        blocks.append(formula(part, (length,), inp))
    return node(BLOCKS, *blocks) if inp else np.concatenate(blocks)


def _by_unit_row(terms: list[Term], out: tuple, inp: tuple) -> Expr | None:
    """A row for each of several scalar outputs: of 200 scalars each is in one row only."""
    if not has_unit(terms, "row_labels"):
        return None
    in_row: dict = {}
    for place, t in enumerate(terms):
        (i,) = t.row_labels
        v = t.vectors.get(i, ONE)
        in_row.setdefault(v.params["index"] if v.op is UNIT else None, []).append(place)
    everywhere, zero = in_row.pop(None, []), formula([], (), inp)
    rows = []
    for k in range(*out):
        near = [terms[place] for place in sorted([*everywhere, *in_row.get(k, ())])]
        row = times_vector(near, node(UNIT, index=k, length=out[0]), "row_labels") if near else []
        rows.append(formula(row, (), inp) if row else zero)
    return as_expr(np.stack(rows))


def _by_unit_column(terms: list[Term], out: tuple, inp: tuple) -> Expr | None:
    """A column for each of several scalar variables."""
    if not has_unit(terms, "column_labels"):
        return None
    turned = [replace(t, row_labels=t.column_labels, column_labels=t.row_labels) for t in terms]
    return formula(turned, inp, out).T


def has_unit(terms: list[Term], side: Side) -> bool:
    """Whether a unit vector of known length stands at the rows or columns of some term."""
    units = [t.vectors.get(a, ONE) for t in terms for a in getattr(t, side)]
    return any(v.op is UNIT and isinstance(v.shape[0], int) for v in units)


def _added(terms: list[Term], out: tuple, inp: tuple) -> Expr:
    """The sum of the terms, each a product of matrices and vectors."""
    terms = [_multiplied_out(t) for t in terms]
    if out and inp:
        parts = [_matrix(t, out, inp) for t in terms]
        return simplify.broadcast_to(simplify.matrix_sum(*parts), (*out, *inp))
    added = simplify.broadcast_to(add(*map(product_of, terms)), out or inp)
    return added.T if inp else added


def _multiplied_out(term: Term) -> Term:
    """``term`` with nothing left to be summed: products of matrices become one, from the right."""
    term = deepcopy(term).contract()
    while term.summed:
        before, s, after = _next_product(term)
        right = _pop_scaled(term, s, after)
        product = term.pop_matrices(before, s) @ right
        term.matrices.append((product, before, after))
        del term.lengths[s]
        term.contract()
    return term


def _next_product(term: Term) -> tuple[int, int, int]:
    """The labels of the product to be done next, ``B C`` of ``A B C``: rows, summed, columns."""
    between = [s for s in term.summed if len(term.neighbours(s)) == 2]
    if not between:
        raise NoClosedForm(
            "this Jacobian is no sum of products of matrices and vectors, so it has no closed "
            "form: use .jvp and .vjp, or .explicit for its entries"
        )
    last = (s for s in between if {*term.neighbours(s)} & {*term.column_labels})
    s = next(last, between[0])
    before, after = sorted(term.neighbours(s), key=lambda label: label in term.column_labels)
    return before, s, after


def _pop_scaled(term: Term, a: int, b: int) -> Expr:
    """Take the matrix between two labels out of ``term``, as in ``diag(x) A diag(w)``.

    The vector ``w`` stays in the term where ``b`` is not the column's label, or the row's, too.
    """
    matrix = term.pop_matrices(a, b)
    if b in term.vectors and term.column_labels == (b,) and term.row_labels != (b,):
        matrix = matrix @ diag(term.vectors.pop(b))
    return diag(term.vectors.pop(a)) @ matrix if a in term.vectors else matrix


def _matrix(term: Term, out: tuple, inp: tuple) -> Expr:
    """One term between a row's and a column's label."""
    (i,), (j,) = term.row_labels, term.column_labels
    if i == j and i in term.vectors:
        return diag(simplify.broadcast_to(product_of(term), out))
    if i == j:
        return mul(product_of(term), node(IDENTITY, length=out[0]))
    if term.matrices:
        return mul(term.coefficient, _pop_scaled(term, i, j))
    column = simplify.broadcast_to(term.vectors.get(i, ONE), out)
    row = simplify.broadcast_to(term.vectors.get(j, ONE), inp)
    if column.op is ONES and out == (1,):
        return mul(term.coefficient, node(COLUMN, row).T)
    return mul(term.coefficient, outer(column, row))
