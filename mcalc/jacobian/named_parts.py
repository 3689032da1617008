"""Names in closed forms: what the reader has called ``s`` is written so where it comes up again."""

from __future__ import annotations

import dataclasses

from ..graph import simplify
from ..graph.expr import LET, SIZE, SYMBOL, Expr, node
from ..graph.primitives import DIVIDE
from ..graph.simplify import ONE
from ..graph.walk import replace, unnamed, walk
from .terms import Term


def put_names_back(terms: list[Term], named: Expr, by_reader: bool) -> list[Term]:
    """Write what has a name under it: softmax is ``diag(s) - s s^T``, and a norm ``1/r``.

    A vector's name is taken where its scalar factors make the formula shorter, a name that is not
    ``by_reader`` only if it stands for several; a scalar's, such as a norm's, where it is divided
    by.
    """
    definition = unnamed(named)
    if named.ndim == 0:
        of_vectors = any(e.ndim for e in walk(definition))
        if not (by_reader and of_vectors and any(definition in _divisors(t) for t in terms)):
            return terms
        return [_put(t, {definition: named}) for t in terms]
    scalar, vector = simplify.split_scalar(definition)
    if vector.ndim == 0 or len(walk(named)) < 5:
        return terms
    if not 1e-100 < abs(simplify.factors(scalar)[0]) < 1e100:
        return terms  # it is divided by this number, and what comes of 1e-300 may be none
    uses, renamed = 0, []
    for term in terms:
        new, count = _with_name(term, named, scalar, vector)
        if not _divisors(new) <= _divisors(term):
            return terms  # it may be zero
        uses += count
        renamed.append(new)
    shorter = sum(map(len, map(_written, renamed))) < sum(map(len, map(_written, terms)))
    return renamed if uses >= (1 if by_reader else 2) and shorter else terms


def _with_name(term: Term, named: Expr, scalar: Expr, vector: Expr) -> tuple[Term, int]:
    """``term`` with ``named`` for ``scalar * vector``, its definition, and in how many places."""
    vectors, scale, uses = {}, ONE, 0
    for label, v in term.vectors.items():
        for sign in (1, -1) if v.shape == vector.shape else ():
            rest = simplify.mul(simplify.mul(sign, v), simplify.invert(vector))
            if rest.ndim == 0:
                scale = simplify.mul(scale, sign, rest, simplify.invert(scalar))
                v, uses = named, uses + 1
                break
        vectors[label] = v
    scaled = simplify.mul(term.coefficient, scale)
    new = dataclasses.replace(term, coefficient=scaled, vectors=vectors)
    if vector.op is SYMBOL:
        return new, uses
    uses += sum(vector in {*walk(v)} for v in [scaled, *vectors.values()])
    below = {a: a for a in simplify.factors(scalar)[1]}  # what belongs to the name stays as it is
    return _put(new, {vector: simplify.mul(named, simplify.invert(scalar)), **below}), uses


def _written(term: Term) -> list[Expr]:
    """Every node of a term's coefficient and vectors, but what stands behind a name."""
    seen: dict[Expr, None] = {}

    def visit(e):
        seen[e] = None
        return e if e.op is LET else None

    for e in (term.coefficient, *term.vectors.values()):
        replace(e, visit)
    return list(seen)


def _put(term: Term, swap: dict[Expr, Expr]) -> Term:
    """A term with something else in the place of some of its parts."""

    def new_of(part):  # what has a name already stays what it is
        return swap.get(part, part if part.op is LET else None)

    put = [replace(e, new_of, _rebuilt) for e in (term.coefficient, *term.vectors.values())]
    new = dataclasses.replace(term, coefficient=put[0], vectors={})
    for label, v in zip(term.vectors, put[1:], strict=True):
        new.times(v, (label,))
    return new


def _rebuilt(e: Expr, args: tuple) -> Expr:
    """An operation on new operands, with their scalars in front of products."""
    if e.op.einsum and len(args) > 1:
        scalars, args = zip(*map(simplify.split_scalar, args), strict=True)
        if all(a.ndim == old.ndim for a, old in zip(args, e.args, strict=True)):
            return simplify.mul(*scalars, node(e.op, *args, **e.params))
        args = tuple(simplify.mul(*pair) for pair in zip(scalars, args, strict=True))
    return simplify.simplified(e, args)


def _divisors(term: Term) -> set[Expr]:
    """What is divided by in a term, lengths apart."""
    below = [part.args[1] for part in _written(term) if part.op is DIVIDE]
    factors = [factor for d in below for factor in simplify.factors(unnamed(d))[1]]
    return {factor for factor in factors if factor.op is not SIZE}
