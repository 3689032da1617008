"""The mistakes that people make with a derivation: closed forms with one mistake each."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from functools import reduce
from typing import NamedTuple

import numpy as np

from ..derivation import Derivation
from ..graph.expr import LET, SYMBOL, WRITERS, Expr, ShapeError, as_expr, node
from ..graph.forms import diag
from ..graph.lengths import symbolic_sizes
from ..graph.primitives import (
    ADD,
    DIAG,
    DOT,
    IDENTITY,
    MATMAT,
    MATVEC,
    MULTIPLY,
    NEGATIVE,
    OUTER,
    ROW,
    STACK,
    SUBTRACT,
    SUM,
    VECMAT,
    WHERE,
)
from ..graph.simplify import broadcast_to, split_scalar
from ..graph.walk import is_number, rebuild, replace, same, symbols, unnamed, walk
from ..notation.write import Precedence
from ..typed.operators import product

MOST_PATHS, MOST_FACTORS = 12, 4
_OF_MATRICES = (MATVEC, VECMAT, MATMAT)


class Mistake(NamedTuple):
    """What somebody arrives at who makes one mistake."""

    name: str
    sentence: str
    formula: Expr


def mistakes(derivation: Derivation) -> Iterator[Mistake]:
    """Closed forms with one mistake each, the telling ones first; some may happen to be right."""
    whole = unnamed(derivation.jacobian.expr)
    paths = []
    by_one = not derivation.by_scalars and not derivation.by_matrix  # else there is no single chain
    if by_one and derivation.graph.path_count <= MOST_PATHS:
        paths = [Paths(derivation)]
    yield from _in_cases(whole)  # before the paths: a condition is a factor, too
    yield from _signs(whole)
    for each in paths:
        yield from each.forgotten()
    yield from _something_else(derivation)
    for each in paths:
        yield from each.mistaken(whole)
    yield from _missing_parts(whole)
    yield from _mixed_up(whole)
    yield from _not_summed(whole)


def in_variables(derivation) -> dict:
    """The intermediate variables, each in terms of the variables alone."""
    found: dict[Expr, Expr] = {}
    for v, definition in derivation.graph.definitions.items():
        found[v] = replace(definition, found.get)
    return found


# --- along the paths of the chain rule -------------------------------------------------------


class Paths:
    """The ways from the result back to the variable, and the factors of each."""

    def __init__(self, derivation):
        self.graph, self.definitions = derivation.graph, in_variables(derivation)
        (self.x,) = self.graph.variables
        self.paths = self.graph.paths(self.x)
        self.factors = {
            way: [
                replace(self.graph.locals[pair], self.definitions.get)
                for pair in itertools.pairwise(way)
            ]
            for way in self.paths
        }
        self.parts = {way: _multiplied(self.factors[way]) for way in self.paths}
        self.plain = self.graph.all_scalar and not any(
            e.op is LET for e in walk(derivation.y)
        )  # then nobody speaks of paths

    def forgotten(self):
        """A path or a factor that is not there."""
        for v in self.definitions:
            if v is not self.graph.result and sum(v in {*way} for way in self.paths) > 1:
                yield from self.missing_joint(v)
        if len(self.paths) > 1:
            for way in self.paths:
                yield from self.missing_path(way)
        for way in self.paths:
            yield from self.beside(way, self.missing_factors(way))

    def mistaken(self, whole):
        """A factor that is another one, or stands at another place."""
        for way in self.paths:
            yield from self.beside(way, self.wrong_factors(way))
            if 1 < len(self.factors[way]) <= MOST_FACTORS:
                yield from self.beside(way, self.other_orders(self.factors[way], whole))

    def beside(self, way, made):
        """What a way comes to with a mistake, with the other ways added."""
        rest = [self.parts[w] for w in self.paths if w is not way]
        for mistake in made:
            if not rest or mistake.formula.shape == rest[0].shape:
                yield mistake._replace(formula=_added([mistake.formula, *rest]))

    def place(self, v):
        """How to speak of a variable: by the reader's name, or by what it is."""
        found: dict[Expr, Expr] = {}
        for u, definition in self.graph.definitions.items():
            if u in {*self.graph.numbered, self.graph.result}:
                found[u] = replace(definition, found.get)
        return f"{found.get(v, v)}"

    def missing_joint(self, v):
        """Where several paths go through, the whole derivative of what they share is forgotten."""
        through = [way for way in self.paths if v in {*way}]
        heads = dict.fromkeys((*itertools.takewhile(lambda u: u is not v, w), v) for w in through)
        if v.shape == self.x.shape and all(len(head) > 1 for head in heads):
            parts = [_multiplied(self.factors_of(head)) for head in heads]
            parts += [self.parts[way] for way in self.paths if v not in {*way}]
            told = f"a factor is missing: the derivative of {self.place(v)} by {self.x}"
            yield Mistake("missing factor", told, _added(parts))

    def factors_of(self, way):
        pairs = itertools.pairwise(way)
        return [replace(self.graph.locals[pair], self.definitions.get) for pair in pairs]

    def missing_path(self, way):
        told = " → ".join(map(self.place, reversed(way)))
        told = f"a path of the chain rule is missing: {told}"
        if self.plain:
            moved = way[-1] if len(way) == 2 else way[-2]
            told = f"a term is missing: {self.place(moved)} moves, too"
        rest = [self.parts[w] for w in self.paths if w is not way]
        yield Mistake("missing path", told, _added(rest))
        if len(self.paths) > 2:
            told = f"one of {len(self.paths)} terms is there, the others are missing"
            yield Mistake("missing path", told, self.parts[way])

    def missing_factors(self, way):
        factors = self.factors[way]
        for k, factor in enumerate(factors):
            if len(factors) == 1 or symbolic_sizes(factor) and not symbols(factor):
                continue  # 1/n alone is a constant factor
            v, p = way[k : k + 2]
            name = "missing factor"
            told = f"the derivative of {self.place(v)} by {self.place(p)}"
            if is_number(factor, -1) or f"{factor}" == "-I":
                name, told = "sign", f"a sign: {told} is {factor}"
            elif p is not self.x and (gone := _constant(factor, self.x)) is not None:
                told = f"a factor is missing: {gone}"
            else:
                told = f"a factor of the chain rule is missing: {told}"
            for left in ([], [_unit(factor)]):
                short = _multiplied([*factors[:k], *left, *factors[k + 1 :]])
                if short is not None:
                    yield Mistake(name, told, short)

    def wrong_factors(self, way):
        """A function that was not differentiated, or that was differentiated at another place."""
        for k, (v, p) in enumerate(itertools.pairwise(way)):
            before, after = self.factors[way][:k], self.factors[way][k + 1 :]
            factor, value = self.factors[way][k], self.definitions[v]
            if factor.op is DIAG and value.ndim == 1 or factor.ndim == value.ndim == 0:
                told = f"{self.place(v)} is still there: what is its derivative by {self.place(p)}?"
                kept = _multiplied([*before, diag(value) if value.ndim else value, *after])
                yield Mistake("not differentiated", told, kept)
            if p is not self.x and p.shape == self.x.shape:
                told = f"{self.place(p)} has to stand where yours has {self.x} inside the function"
                moved = replace(self.graph.locals[v, p], {p: self.x}.get)
                moved = replace(moved, self.definitions.get)
                if moved.shape == factor.shape:
                    yield Mistake("inner function", told, _multiplied([*before, moved, *after]))

    def other_orders(self, factors, whole):
        right = " ".join(WRITERS["text"](f, Precedence.POWER) for f in factors)
        told = f"the factors are in the wrong order: from the result back to the variable, {right}"
        for other in itertools.permutations(factors):
            turned = None if same(other, factors) else _multiplied(other)
            if turned is not None and turned.shape == whole.shape:
                yield Mistake("order", told, turned)


def _constant(factor, x):
    """What a factor multiplies with, if ``x`` is not in it and there is something to name."""
    inside = factor.args[0] if factor.op in (DIAG, ROW) else factor
    gone = split_scalar(inside)[0] if factor.op is ROW else inside
    return None if x in {*symbols(factor)} or is_number(gone, 1) else gone


def _unit(factor):
    """What stands in the place of a factor that is forgotten: ones, or a diagonal of them."""
    if factor.ndim < 2:
        return broadcast_to(as_expr(1), factor.shape)
    if factor.op is ROW:
        return broadcast_to(as_expr(1), factor.shape[1:]).T
    return node(IDENTITY, length=factor.shape[0]) if factor.op is DIAG else factor


def _multiplied(factors):
    """The product in this order, or None where there is none."""
    try:
        return reduce(product, factors) if factors else None
    except ShapeError:
        return None


def _added(parts):
    return reduce(np.add, parts)


# --- in the closed form ----------------------------------------------------------------------


def _in_cases(whole):
    """One case for all, one case forgotten, or the cases the wrong way round."""
    for e in walk(whole):
        if e.op is not WHERE:
            continue
        condition, *values = e.args
        held = f"where {condition}", f"where {condition} does not hold"
        for k, (value, place) in enumerate(zip(values, held, strict=True)):
            alone = replace(whole, {e: broadcast_to(value, e.shape)}.get)
            yield Mistake("right only where active", f"right only {place}", alone)
            if symbols(value):
                told = f"a factor is missing: {value}"
                one = rebuild(e, (condition, *(broadcast_to(as_expr(1), v.shape) if j == k else v
                                               for j, v in enumerate(values))))  # fmt: skip
                yield Mistake("missing factor", told, replace(whole, {e: one}.get))
            half = rebuild(e, (condition, *(broadcast_to(as_expr(0), v.shape) if j != k else v
                                            for j, v in enumerate(values))))  # fmt: skip
            told = f"right {place}; in the other case it is not zero"
            yield Mistake("cases", told, replace(whole, {e: half}.get))
        turned = replace(whole, {e: node(e.op, condition, *reversed(values))}.get)
        yield Mistake("cases", "the cases are the wrong way round", turned)


def _signs(whole):
    """A term of a sum, or an entry of a list, with the wrong sign."""
    for e in walk(whole):
        if e.op is STACK and e.ndim == 1:
            for k, entry in enumerate(e.args):
                turned = rebuild(e, (*e.args[:k], -entry, *e.args[k + 1 :]))
                told = f"the sign of one entry is wrong, where {entry} is expected"
                yield Mistake("sign", told, replace(whole, {e: turned}.get))
        if e.op in (ADD, SUBTRACT):
            a, b = e.args
            other = np.add if e.op is SUBTRACT else np.subtract
            for term, turned in ((b, other(a, b)), (a, -other(a, b))):
                told = f"the sign of one term is wrong: {term}"
                yield Mistake("sign", told, replace(whole, {e: turned}.get))


def _missing_parts(whole):
    """A term of a sum or a factor of a product forgotten."""
    outermost = _scaled(whole)
    if outermost is not whole and outermost.op in (OUTER, MATMAT):
        scale = replace(whole, {outermost: as_expr(1)}.get)
        yield Mistake("missing factor", f"a factor is missing: {outermost}", scale)
    for e in walk(whole):
        a, b = e.args if len(e.args) == 2 else (None, None)
        if e.op in (ADD, SUBTRACT):
            what = "term"
            kept = {a: -b if e.op is SUBTRACT else b, b: a}
        elif e.op in (MULTIPLY, OUTER, *_OF_MATRICES):
            b = b.T if e.op is OUTER else b
            what, kept = "factor", {a: b, b: a}
        else:
            continue
        for gone, rest in kept.items():
            if what == "factor" and is_number(gone):
                continue
            left = [rest] if rest.shape == e.shape else []
            if e is outermost and not left:  # nothing stands around it
                left = [rest, rest.T]
            if e.op is OUTER:
                ones = broadcast_to(as_expr(1), gone.shape[-1:])
                left.append(np.outer(a, ones) if rest is a else np.outer(ones, e.args[1]))
            for part in left:
                told = f"a {what} is missing: {gone}"
                yield Mistake(f"missing {what}", told, replace(whole, {e: part}.get))


def _scaled(e):
    """What numbers scale: ``x u^T`` in ``2a x u^T``."""
    scaled = e.op is MULTIPLY and not e.args[0].ndim or e.op is NEGATIVE
    return _scaled(e.args[-1]) if scaled else e


def _mixed_up(whole):
    """One product in the place of another, or a matrix in the place of its transpose."""
    for e in walk(whole):
        if e.op is MATMAT and e.args[1].shape == e.args[0].shape:
            told = f"the factors are in the wrong order: {e}"
            yield Mistake("order", told, replace(whole, {e: e.args[1] @ e.args[0]}.get))
        if e.op is MULTIPLY and e.args[0].ndim == e.args[1].ndim == 1:
            a, b = e.args
            told = f"{a}.{b} is one number; here every element has its own, {a} ⊗ {b}"
            dotted = broadcast_to(np.dot(a, b), e.shape)
            yield Mistake("dot product", told, replace(whole, {e: dotted}.get))
        for k, A in enumerate(e.args):
            if A.op is SYMBOL and A.ndim == 2 and A.shape[0] == A.shape[1]:
                turned = rebuild(e, (*e.args[:k], A.T, *e.args[k + 1 :]))
                told = f"{A} is transposed in your answer, and should not be"
                yield Mistake("transposed matrix", told, replace(whole, {e: turned}.get))


def _not_summed(whole):
    """Entries that are added up, or are not, where it is the other way."""
    if whole.op is ROW or whole.ndim == 1:
        v = whole if whole.ndim == 1 else whole.args[0]
        told = "that is the sum of all entries; here they stand apart, in a row or column"
        yield Mistake("summed up", told, np.sum(v))
    if whole.op is ROW:
        told = "there is one output, so the entries stand in one row and not on a diagonal"
        yield Mistake("not summed", told, diag(v))
    if whole.op in (DOT, SUM):
        v = np.multiply(*whole.args) if whole.op is DOT else whole.args[0]
        told = "these are the contributions one by one: they still have to be added up"
        for laid in (v, v.T):
            yield Mistake("not summed", told, laid)


def _something_else(derivation):
    """The function itself, or its Jacobian with respect to another variable."""
    y = unnamed(derivation.y)
    yield Mistake("not differentiated", f"that is {y} itself: what is its derivative?", y)
    for v in symbols(y):
        if v.ndim < 2 and v not in {*derivation.variables}:
            other = unnamed(Derivation(derivation.y, v).jacobian.expr)
            asked = ", ".join(x.name for x in derivation.variables)
            told = f"that is the Jacobian with respect to {v}; {asked} is asked for"
            yield Mistake("wrong variable", told, other)
