"""Which mistake was made: a claimed closed form against those that people arrive at."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from functools import reduce
from typing import NamedTuple

import numpy as np

from .algebra import filled
from .claims import Difference, difference, noise, resolve, rounds, usable_at
from .evaluate import letters
from .expr import (
    WRITERS,
    Expr,
    ShapeError,
    as_expr,
    is_number,
    node,
    rebuild,
    replace,
    symbols,
    unnamed,
    walk,
)
from .notation import POWER
from .reader import product
from .rules import constant, diag, identity

MOST_WAYS, MOST_FACTORS = 12, 4


class Mistake(NamedTuple):
    """What somebody arrives at who makes one mistake."""

    name: str
    sentence: str
    formula: Expr


def diagnose(derivation, claim) -> Difference | None:
    """What is wrong with an answer, as one of the usual mistakes if it is one; None if it is right.

    An answer in which an intermediate variable is left counts as a mistake.
    """
    claim = _ones(derivation, claim)
    claim, left = _substituted(derivation, claim)
    found = difference(derivation, claim)
    if found is None:
        return left
    if found.mistake in ("entry", "constant factor", "shape"):
        found = _usual(derivation, as_expr(claim), found) or found
    if found.mistake == "shape":
        found = _two_at_once(derivation, as_expr(claim), found)
    return found


def _two_at_once(derivation, claim, found):
    """A wrong shape and another mistake: what would be wrong in the right shape."""
    m, n = derivation.jacobian.shape
    turned = []
    if claim.ndim and m != n:
        turned.append(("transpose", "in the right layout, which is the transpose", claim.T))
    if m == n and (claim.ndim == 1 or claim.op.name == "row"):
        turned.append(("diagonal as a vector", "on the diagonal of a matrix", diag(claim)))
    for mistake, place, formula in turned:
        other = difference(derivation, formula)
        if other and other.mistake in ("entry", "constant factor"):
            other = _usual(derivation, formula, other) or other
        if other and other.mistake not in ("entry", "shape", "right for n = 1"):
            return Difference(mistake, f"{found.sentence}; and {place}, {other.sentence}")
    return found


def _ones(derivation, claim):
    """A number for a column stands for a column of it, as the notation writes a column of ones."""
    try:
        plain = as_expr(claim)
    except (TypeError, ValueError):
        return claim
    m, n = derivation.jacobian.shape
    if n == 1 and m != 1 and plain.ndim == 0 and not symbols(plain) and not is_number(plain, 0):
        return plain * constant("ones", None)
    return claim


def _substituted(derivation, claim):
    """The claim in the variables alone, and a sentence if it was not."""
    try:
        plain = as_expr(claim)
    except (TypeError, ValueError):
        return claim, None
    graph, definitions = derivation.graph, written_out(derivation)
    known = {v.name: v for v in definitions if v is not graph.result}
    inside = [e for e in walk(plain) if e.name in known and e.shape == known[e.name].shape]
    inside = [e for e in inside if e not in derivation.variables]
    if not inside:
        return claim, None
    whole = replace(plain, {e: definitions[known[e.name]] for e in inside}.get)
    told = "; ".join(dict.fromkeys(f"{e.name} = {definitions[known[e.name]]}" for e in inside))
    return whole, Difference("substitution", f"one step is left: put in {told}")


def written_out(derivation) -> dict:
    """The intermediate variables, each in terms of the variables alone."""
    found: dict[Expr, Expr] = {}
    for v, definition in derivation.graph.definitions.items():
        found[v] = replace(definition, found.get)
    return found


# --- the mistakes ----------------------------------------------------------------------------


def mistakes(derivation) -> Iterator[Mistake]:
    """Closed forms with one mistake each, the telling ones first; some may happen to be right."""
    whole = unnamed(derivation.jacobian.expr)
    yield from _in_cases(whole)  # before the paths: a condition is a factor, too
    yield from _along_paths(derivation, whole)
    yield from _in_sums(whole)


def _along_paths(derivation, whole):
    """A path or a factor forgotten, or factors in another order."""
    graph = derivation.graph
    if derivation.several or graph.paths > MOST_WAYS:
        return
    (x,) = graph.variables
    definitions, places = written_out(derivation), _places(graph)
    ways = graph.ways(x)
    factors = {
        way: [replace(graph.locals[pair], definitions.get) for pair in itertools.pairwise(way)]
        for way in ways
    }
    parts = {way: _multiplied(factors[way]) for way in ways}
    for way in ways if len(ways) > 1 else ():
        told = " → ".join(places[v] for v in reversed(way))
        rest = _added(parts[w] for w in ways if w != way)
        yield Mistake("missing path", f"a path of the chain rule is missing: {told}", rest)
        if len(ways) > 2:
            told = f"only one of {len(ways)} paths of the chain rule is there: {told}"
            yield Mistake("missing path", told, parts[way])
    for way in ways:
        rest = [parts[w] for w in ways if w != way]
        for k, factor in enumerate(factors[way]):
            if len(factors[way]) == 1 or letters(factor) and not symbols(factor):
                continue  # 1/n alone is a constant factor
            v, p = (places[v] for v in way[k : k + 2])
            name = "missing factor"
            told = f"a factor of the chain rule is missing: the derivative of {v} by {p}"
            if is_number(factor, -1) or f"{factor}" == "-I":
                name, told = "sign", f"a sign: the derivative of {v} by {p} is {factor}"
            before, after = factors[way][:k], factors[way][k + 1 :]
            for left in ([], [_unit(factor)]):
                short = _multiplied([*before, *left, *after])
                if short is not None and short.shape == whole.shape:
                    yield Mistake(name, told, _added([short, *rest]))
        if 1 < len(factors[way]) <= MOST_FACTORS:
            yield from _in_other_orders(factors[way], rest, whole)


def _in_other_orders(factors, rest, whole):
    right = " ".join(WRITERS["text"](f, POWER) for f in factors)
    told = f"the factors are in the wrong order: from the result back to the variable, {right}"
    for other in itertools.permutations(factors):
        turned = _multiplied(other) if other != tuple(factors) else None
        if turned is not None and turned.shape == whole.shape:
            yield Mistake("order", told, _added([turned, *rest]))


def _places(graph):
    """How to speak of the variables of a graph: by the reader's name, or by what they are."""
    found: dict[Expr, Expr] = {}
    for v, definition in graph.definitions.items():
        if v in graph.numbered or v is graph.result:
            found[v] = replace(definition, found.get)
    return {v: f"{found.get(v, v)}" for v in (*graph.variables, *graph.definitions)}


def _unit(factor):
    """What stands in the place of a factor that is forgotten: ones, or a diagonal of them."""
    if factor.ndim < 2:
        return filled(as_expr(1), factor.shape)
    if factor.op.name == "row":
        return filled(as_expr(1), factor.shape[1:]).T
    return constant("identity", factor.shape[0]) if factor.op.name == "diag" else factor


def _multiplied(factors):
    """The product in this order, or None where there is none."""
    try:
        return reduce(product, factors) if factors else None
    except ShapeError:
        return None


def _added(parts):
    return reduce(np.add, parts)


def _in_cases(whole):
    """One case for all, or the cases the wrong way round."""
    for e in walk(whole):
        if e.op.name != "where":
            continue
        condition, *values = e.args
        told = f"right only where {condition}", f"right only where {condition} does not hold"
        for value, sentence in zip(values, told, strict=True):
            alone = replace(whole, {e: filled(value, e.shape)}.get)
            yield Mistake("right only where active", sentence, alone)
        turned = replace(whole, {e: node(e.op, condition, *reversed(values))}.get)
        yield Mistake("cases", "the cases are the wrong way round", turned)


def _in_sums(whole):
    """A term of a sum forgotten, or with the wrong sign; so an entry of a list."""
    for e in walk(whole):
        if e.op.name == "stack" and e.ndim == 1:
            for k, entry in enumerate(e.args):
                turned = rebuild(e, (*e.args[:k], -entry, *e.args[k + 1 :]))
                told = f"the sign of one entry is wrong, where {entry} is expected"
                yield Mistake("sign", told, replace(whole, {e: turned}.get))
        if e.op.name not in ("add", "subtract"):
            continue
        a, b = e.args
        other = np.add if e.op.name == "subtract" else np.subtract
        kept = {a: -b if e.op.name == "subtract" else b, b: a}
        for term, turned in ((b, other(a, b)), (a, -other(a, b))):
            told = f"the sign of one term is wrong: {term}"
            yield Mistake("sign", told, replace(whole, {e: turned}.get))
        for term, rest in kept.items():
            if rest.shape == e.shape:
                yield Mistake(
                    "missing term", f"a term is missing: {term}", replace(whole, {e: rest}.get)
                )


# --- the comparison --------------------------------------------------------------------------


def _usual(derivation, claim, wrong):
    """The usual mistake that a wrong claim is, if it is one."""
    known, whole = symbols(derivation.y), unnamed(derivation.jacobian.expr)
    claim = unnamed(claim)
    if claim.ndim == 0 and whole.ndim == 2:
        scaled = identity() * claim
        if difference(derivation, scaled) is None:
            return Difference(
                "shape", f"that is a number, and a matrix is expected: {claim} times I"
            )
    claim = resolve(claim, (*whole.shape, 1, 1)[: claim.ndim])
    made = [m for m in mistakes(derivation) if m.formula.shape == claim.shape]
    compared = list(rounds([claim, *(m.formula for m in made)], known))
    for k, mistake in enumerate(made, 1):
        if all(_same(found[0], found[k]) for *_, found in compared):
            return Difference(mistake.name, mistake.sentence)
    if wrong.mistake != "constant factor" and letters(whole, *known):
        ((*_, (a, b)),) = rounds([claim, whole], known, lengths=(1,))
        if _same(a, b):
            n = " and ".join(letters(whole, *known))
            shapes = f"{wrong.sentence}: " if wrong.mistake == "shape" else ""
            return Difference("right for n = 1", f"{shapes}right for {n} = 1 only")
    return None


def _same(a, b):
    if a.shape[1:] != b.shape[1:] or not np.isfinite(b).any():
        return False
    a, b = np.broadcast_arrays(a, b)
    usable = usable_at(b)
    return bool((abs(a - b) <= noise(b, abs(b[usable]).max()))[usable].all())
