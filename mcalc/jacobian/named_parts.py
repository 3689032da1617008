"""Names in closed forms: what the reader has called ``s`` is written so where it comes up again."""

from __future__ import annotations

import dataclasses

from ..graph import expr, simplify
from ..graph.expr import LET, SYMBOL, Expr, node
from ..graph.primitives import DIVIDE
from ..graph.simplify import ONE
from ..graph.walk import replace, unnamed, walk
from .terms import Term


def put_names_back(terms: list[Term], named: Expr, given: bool) -> list[Term]:
    """Write what has a name under it: softmax is ``diag(s) - s s^T``, and a norm ``1/r``.

    A vector's name is taken where its scalar factors make the formula shorter, a name that the
    reader has not ``given`` only if it stands for several; a scalar's, such as a norm's, where
    it is divided by.
    """
    whole = unnamed(named)
    if named.ndim == 0:
        of_vectors = any(e.ndim for e in walk(whole))
        if not (given and of_vectors and any(whole in _divisors(t) for t in terms)):
            return terms
        return [_put(t, {whole: named}) for t in terms]
    scalar, vector = simplify.split_scalar(whole)
    if vector.ndim == 0 or len(walk(named)) < 5:
        return terms
    below = {a: a for a in simplify.factors(scalar)[1]}  # what belongs to the name stays as it is
    deep = {vector: simplify.mul(named, simplify.invert(scalar)), **below}
    count, done = 0, []
    for term in terms:
        vectors, scale = {}, ONE
        for label, v in term.vectors.items():
            for sign in (1, -1) if v.shape == vector.shape else ():
                rest = simplify.mul(simplify.mul(sign, v), simplify.invert(vector))
                if rest.ndim == 0:
                    scale = simplify.mul(scale, sign, rest, simplify.invert(scalar))
                    v, count = named, count + 1
                    break
            vectors[label] = v
        scaled = simplify.mul(term.coefficient, scale)
        folded = dataclasses.replace(term, coefficient=scaled, vectors=vectors)
        if vector.op is not SYMBOL:
            count += sum(vector in {*walk(v)} for v in [scaled, *vectors.values()])
            folded = _put(folded, deep)
        if not _divisors(folded) <= _divisors(term):
            return terms  # it may be zero
        done.append(folded)
    shorter = sum(map(len, map(_written, done))) < sum(map(len, map(_written, terms)))
    return done if count > (not given) and shorter else terms


def _written(term: Term) -> list[Expr]:
    """Every node of a term's coefficient and vectors, but what stands behind a name."""
    seen: dict[Expr, None] = {}

    def visit(e):
        seen[e] = None
        return e if e.op is LET else None

    for e in (term.coefficient, *term.vectors.values()):
        replace(e, visit)
    return list(seen)


def _put(term: Term, swap: dict) -> Term:
    """A term with something else in the place of some of its parts."""
    put = [replace(e, swap.get, _rebuilt) for e in (term.coefficient, *term.vectors.values())]
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
        args = [simplify.mul(*pair) for pair in zip(scalars, args, strict=True)]
    return simplify.simplified(e, tuple(args))


def _divisors(term: Term) -> set[Expr]:
    """What is divided by in a term, lengths apart."""
    below = [part.args[1] for part in _written(term) if part.op is DIVIDE]
    return {
        atom for d in below for atom in simplify.factors(unnamed(d))[1] if atom.op is not expr.SIZE
    }
