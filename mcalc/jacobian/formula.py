"""From the terms of a Jacobian to its closed form, a formula that can be printed and compiled."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace

import numpy as np

from ..graph import simplify
from ..graph.expr import Expr, node
from ..graph.primitives import BLOCKS, IDENTITY, SELECTOR, UNIT, WHERE
from ..graph.simplify import ONE, ZERO, add, mul
from .terms import NoClosedForm, collect, product_of, times_vector


def in_shape_of(terms, shape: tuple, turned=False) -> Expr:
    """The derivative of a scalar as a formula in the shape of what it is by, or ``turned``.

    Of a matrix that shape is the gradient's, and turned it is numerator layout.
    """
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


def formula(terms, out: tuple, inp: tuple) -> Expr:
    """The closed form of a Jacobian with these row and column shapes.

    A scalar for 1 x 1, a vector for a column, ``v.T`` for a row, else a matrix.
    """
    if not terms:
        whole = simplify.broadcast_to(ZERO, (*out, *inp))
        return np.transpose(whole) if inp and not out else whole
    atoms = [a for t in terms for a in simplify.factors(t.coefficient)[1]]
    conditions = [a.args[0] for a in atoms if a.op is WHERE]
    if conditions:
        cases = [[_branch(t, conditions[0], truth) for t in terms] for truth in (True, False)]
        return simplify.where(conditions[0], *(formula(collect(case), out, inp) for case in cases))
    if any(t.selector_at(a) for t in terms for a in t.row_labels):
        return _blocks(terms, out, inp)
    if _has_unit(terms, "row_labels"):  # a row for each of several scalar outputs
        return np.stack(_rows(terms, out, inp))
    if _has_unit(terms, "column_labels"):  # a column for each of several scalar variables
        turned = [replace(t, row_labels=t.column_labels, column_labels=t.row_labels) for t in terms]
        return np.transpose(formula(turned, inp, out))
    terms = [_multiplied_out(t) for t in terms]
    if out and inp:
        parts = [_matrix(t, out, inp) for t in terms]
        return simplify.broadcast_to(simplify.matrix_sum(*parts), (*out, *inp))
    whole = simplify.broadcast_to(add(*map(product_of, terms)), out or inp)
    return np.transpose(whole) if inp else whole


def _branch(term, condition, truth):
    coefficient = simplify.assuming(condition, truth, term.coefficient)
    decided = replace(deepcopy(term), coefficient=coefficient, vectors={})
    for a, v in term.vectors.items():
        decided.times(simplify.broadcast_to(simplify.assuming(condition, truth, v), v.shape), (a,))
    return decided


def _rows(terms, out, inp):
    """The rows of what has a term for single ones: of 200 scalars each is in one row only."""
    in_row: dict = {}
    for place, t in enumerate(terms):
        v = t.vectors.get(*t.row_labels, ONE)
        in_row.setdefault(v.params["index"] if v.op is UNIT else None, []).append(place)
    everywhere, zero = in_row.pop(None, []), formula([], (), inp)
    rows = []
    for k in range(*out):
        near = [terms[place] for place in sorted([*everywhere, *in_row.get(k, ())])]
        row = times_vector(near, node(UNIT, index=k, length=out[0]), "row_labels") if near else []
        rows.append(formula(row, (), inp) if row else zero)
    return rows


def _has_unit(terms, side):
    return any(t.vectors.get(a, ONE).op is UNIT for t in terms for a in getattr(t, side))


def _multiplied_out(term):
    """``term`` with nothing left to be summed: products of matrices become one, from the right."""
    term = deepcopy(term).contract()
    while left := term.summed:
        near = {s: term.neighbours(s) for s in left}
        pairs = [s for s in left if len(near[s]) == 2]
        if not pairs:
            raise NoClosedForm(
                "this Jacobian is no sum of products of matrices and vectors, so it has no closed "
                "form: use .jvp and .vjp, or .explicit for its entries"
            )
        s = next((s for s in pairs if {*near[s]} & {*term.column_labels}), pairs[0])
        before, after = sorted(near[s], key=lambda label: label in term.column_labels)
        right = _scaled(term, s, after)
        whole = np.matmul(term.pop_matrices(before, s), right)
        term.matrices.append((whole, before, after))
        del term.lengths[s]
        term.contract()
    return term


def _scaled(term, a, b):
    """Take out the matrix between two labels, with the vectors of its rows and of the column."""
    whole = term.pop_matrices(a, b)
    if b in term.vectors and term.row_labels != term.column_labels == (b,):
        whole = np.matmul(whole, np.diag(term.vectors.pop(b)))
    return np.matmul(np.diag(term.vectors.pop(a)), whole) if a in term.vectors else whole


def _matrix(term, out, inp):
    """One term between a row's and a column's label."""
    (i,), (j,) = term.row_labels, term.column_labels
    if i == j and i in term.vectors:
        return np.diag(simplify.broadcast_to(product_of(term), out))
    if i == j:
        return mul(term.coefficient, node(IDENTITY, length=out[0]))
    if term.matrices:
        return mul(term.coefficient, _scaled(term, i, j))
    ends = (simplify.broadcast_to(term.vectors.get(a, ONE), n) for a, n in ((i, out), (j, inp)))
    return mul(term.coefficient, np.outer(*ends))


def _blocks(terms, out, inp):
    """A block of rows for each part of a concatenation; a sum of such if the cuts are several."""
    cuts: dict = {}
    for t in terms:
        selector = t.selector_at(*t.row_labels)
        cuts.setdefault(selector and selector[0].params["lengths"], []).append(t)
    whole = cuts.pop(None, [])
    if not any(
        t.neighbours(*t.row_labels) or t.row_labels == t.column_labels for t in whole
    ):  # outer products can be cut
        cuts[next(iter(cuts))] += whole
        whole = []
    parts = [_cut_at(lengths, group, inp) for lengths, group in cuts.items()]
    parts += [formula(whole, out, inp)] if whole else []
    if len(parts) == 1:
        return parts[0]
    return simplify.broadcast_to(add(*parts), (*out, *inp))


def _cut_at(lengths, terms, inp):
    blocks = []
    for k, length in enumerate(lengths):
        part = times_vector(terms, node(SELECTOR, lengths=lengths, part=k), "row_labels")
        blocks.append(formula(part, (length,), inp))
    return node(BLOCKS, *blocks) if inp else np.concatenate(blocks)
