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
    formula = unnamed(derivation.jacobian.expr)
    paths = []
    by_one = not derivation.by_scalars and not derivation.by_matrix  # else there is no single chain
    if by_one and derivation.graph.path_count <= MOST_PATHS:
        paths = [Paths(derivation)]
    yield from _in_cases(formula)  # before the paths: a condition is a factor, too
    yield from _signs(formula)
    for each in paths:
        yield from each.forgotten()
    yield from _something_else(derivation)
    for each in paths:
        yield from each.mistaken(formula)
    yield from _missing_parts(formula)
    yield from _mixed_up(formula)
    yield from _not_summed(formula)


def in_variables(derivation: Derivation) -> dict[Expr, Expr]:
    """The intermediate variables, each in terms of the variables alone."""
    return _in_terms(derivation.graph.definitions)


def _in_terms(definitions: dict[Expr, Expr]) -> dict[Expr, Expr]:
    """Definitions in which none of those before it is left: of u, and of v = sin(u)."""
    written: dict[Expr, Expr] = {}
    for v, definition in definitions.items():
        written[v] = replace(definition, written.get)
    return written


# --- along the paths of the chain rule -------------------------------------------------------


class Paths:
    """The paths from the result back to the variable, and the factors of each."""

    def __init__(self, derivation: Derivation):
        self.graph, self.definitions = derivation.graph, in_variables(derivation)
        (self.x,) = self.graph.variables
        self.paths = self.graph.paths(self.x)
        self.factors = {path: self.factors_of(path) for path in self.paths}
        self.parts = {path: _multiplied(self.factors[path]) for path in self.paths}
        self.plain = self.graph.all_scalar and not any(
            e.op is LET for e in walk(derivation.y)
        )  # then nobody speaks of paths

    def forgotten(self) -> Iterator[Mistake]:
        """A path or a factor that is not there."""
        for v in self.definitions:
            if v is not self.graph.result and sum(v in {*path} for path in self.paths) > 1:
                yield from self.missing_joint(v)
        if len(self.paths) > 1:
            for path in self.paths:
                yield from self.missing_path(path)
        for path in self.paths:
            yield from self.beside(path, self.missing_factors(path))

    def mistaken(self, formula: Expr) -> Iterator[Mistake]:
        """A factor that is another one, or stands at another place."""
        for path in self.paths:
            yield from self.beside(path, self.wrong_factors(path))
            if 1 < len(self.factors[path]) <= MOST_FACTORS:
                yield from self.beside(path, self.other_orders(self.factors[path], formula))

    def beside(self, path: tuple, made: Iterator[Mistake]) -> Iterator[Mistake]:
        """What a path comes to with a mistake, with the other paths added."""
        rest = [self.parts[p] for p in self.paths if p is not path]
        for mistake in made:
            if not rest or mistake.formula.shape == rest[0].shape:
                yield mistake._replace(formula=_added([mistake.formula, *rest]))

    def place(self, v: Expr) -> str:
        """How to speak of a variable: by the reader's name, or by what it is."""
        nameless = {*self.graph.numbered, self.graph.result}
        definitions = self.graph.definitions.items()
        return f"{_in_terms({u: d for u, d in definitions if u in nameless}).get(v, v)}"

    def missing_joint(self, v: Expr) -> Iterator[Mistake]:
        """Where several paths go through, the whole derivative of what they share is forgotten."""
        through = [path for path in self.paths if v in {*path}]
        heads = dict.fromkeys((*itertools.takewhile(lambda u: u is not v, w), v) for w in through)
        if v.shape == self.x.shape and all(len(head) > 1 for head in heads):
            parts = [_multiplied(self.factors_of(head)) for head in heads]
            parts += [self.parts[path] for path in self.paths if v not in {*path}]
            sentence = f"a factor is missing: the derivative of {self.place(v)} by {self.x}"
            yield Mistake("missing factor", sentence, _added(parts))

    def factors_of(self, path: tuple) -> list[Expr]:
        """The local Jacobians along a path, in terms of the variables."""
        pairs = itertools.pairwise(path)
        return [replace(self.local(v, p), self.definitions.get) for v, p in pairs]

    def local(self, v: Expr, p: Expr) -> Expr:
        """The local Jacobian of ``v`` by ``p``; neither is a matrix here, so it has a form."""
        jacobian = self.graph.locals[v, p]
        assert jacobian is not None
        return jacobian

    def missing_path(self, path: tuple) -> Iterator[Mistake]:
        """A path that is not there; or, of three and more, the only one that is."""
        steps = " → ".join(map(self.place, reversed(path)))
        sentence = f"a path of the chain rule is missing: {steps}"
        if self.plain:
            moved = path[-1] if len(path) == 2 else path[-2]
            sentence = f"a term is missing: {self.place(moved)} moves, too"
        rest = [self.parts[p] for p in self.paths if p is not path]
        yield Mistake("missing path", sentence, _added(rest))
        if len(self.paths) > 2:
            sentence = f"one of {len(self.paths)} terms is there, the others are missing"
            yield Mistake("missing path", sentence, self.parts[path])

    def missing_factors(self, path: tuple) -> Iterator[Mistake]:
        """A path without one of its factors, or with a one in its place."""
        factors = self.factors[path]
        for k, factor in enumerate(factors):
            if len(factors) == 1 or symbolic_sizes(factor) and not symbols(factor):
                continue  # 1/n alone is a constant factor
            v, p = path[k : k + 2]
            name = "missing factor"
            what = f"the derivative of {self.place(v)} by {self.place(p)}"
            sentence = f"a factor of the chain rule is missing: {what}"
            if is_number(factor, -1) or f"{factor}" == "-I":
                name, sentence = "sign", f"a sign: {what} is {factor}"
            elif p is not self.x and (gone := _constant(factor, self.x)) is not None:
                sentence = f"a factor is missing: {gone}"
            for left in ([], [_unit(factor)]):
                short = _multiplied([*factors[:k], *left, *factors[k + 1 :]])
                if short is not None:
                    yield Mistake(name, sentence, short)

    def wrong_factors(self, path: tuple) -> Iterator[Mistake]:
        """A function that was not differentiated, or that was differentiated at another place."""
        for k, (v, p) in enumerate(itertools.pairwise(path)):
            before, after = self.factors[path][:k], self.factors[path][k + 1 :]
            factor, value = self.factors[path][k], self.definitions[v]
            if factor.op is DIAG and value.ndim == 1 or factor.ndim == value.ndim == 0:
                by = self.place(p)
                sentence = f"{self.place(v)} is still there: what is its derivative by {by}?"
                kept = _multiplied([*before, diag(value) if value.ndim else value, *after])
                yield Mistake("not differentiated", sentence, kept)
            if p is not self.x and p.shape == self.x.shape:
                inner = self.place(p)
                sentence = f"{inner} has to stand where yours has {self.x} inside the function"
                moved = replace(self.local(v, p), {p: self.x}.get)
                moved = replace(moved, self.definitions.get)
                if moved.shape == factor.shape:
                    yield Mistake("inner function", sentence, _multiplied([*before, moved, *after]))

    def other_orders(self, factors: list, formula: Expr) -> Iterator[Mistake]:
        """The factors in every other order that has a product of the right shape."""
        right = " ".join(WRITERS["text"](f, Precedence.POWER) for f in factors)
        order = "from the result back to the variable"
        sentence = f"the factors are in the wrong order: {order}, {right}"
        for other in itertools.permutations(factors):
            turned = None if same(other, factors) else _multiplied(other)
            if turned is not None and turned.shape == formula.shape:
                yield Mistake("order", sentence, turned)


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


def _in_cases(formula: Expr) -> Iterator[Mistake]:
    """One case for all, one case forgotten, or the cases the wrong way round."""
    for e in walk(formula):
        if e.op is not WHERE:
            continue
        condition, *values = e.args
        held = f"where {condition}", f"where {condition} does not hold"
        for k, (value, place) in enumerate(zip(values, held, strict=True)):
            alone = replace(formula, {e: broadcast_to(value, e.shape)}.get)
            yield Mistake("right only where active", f"right only {place}", alone)
            if symbols(value):
                sentence = f"a factor is missing: {value}"
                one = rebuild(e, (condition, *(broadcast_to(as_expr(1), v.shape) if j == k else v
                                               for j, v in enumerate(values))))  # fmt: skip
                yield Mistake("missing factor", sentence, replace(formula, {e: one}.get))
            half = rebuild(e, (condition, *(broadcast_to(as_expr(0), v.shape) if j != k else v
                                            for j, v in enumerate(values))))  # fmt: skip
            sentence = f"right {place}; in the other case it is not zero"
            yield Mistake("cases", sentence, replace(formula, {e: half}.get))
        turned = replace(formula, {e: node(e.op, condition, *reversed(values))}.get)
        yield Mistake("cases", "the cases are the wrong way round", turned)


def _signs(formula: Expr) -> Iterator[Mistake]:
    """A term of a sum, or an entry of a list, with the wrong sign."""
    for e in walk(formula):
        if e.op is STACK and e.ndim == 1:
            for k, entry in enumerate(e.args):
                negated = rebuild(e, (*e.args[:k], -entry, *e.args[k + 1 :]))
                sentence = f"the sign of one entry is wrong, where {entry} is expected"
                yield Mistake("sign", sentence, replace(formula, {e: negated}.get))
        if e.op in (ADD, SUBTRACT):
            a, b = e.args
            other = np.add if e.op is SUBTRACT else np.subtract
            for term, turned in ((b, other(a, b)), (a, -other(a, b))):
                sentence = f"the sign of one term is wrong: {term}"
                yield Mistake("sign", sentence, replace(formula, {e: turned}.get))


def _missing_parts(formula: Expr) -> Iterator[Mistake]:
    """A term of a sum or a factor of a product forgotten."""
    outermost = _scaled(formula)
    if outermost is not formula and outermost.op in (OUTER, MATMAT):
        scale = replace(formula, {outermost: as_expr(1)}.get)
        yield Mistake("missing factor", f"a factor is missing: {outermost}", scale)
    for e in walk(formula):
        if len(e.args) != 2:
            continue
        a, b = e.args
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
                sentence = f"a {what} is missing: {gone}"
                yield Mistake(f"missing {what}", sentence, replace(formula, {e: part}.get))


def _scaled(e):
    """What numbers scale: ``x u^T`` in ``2a x u^T``."""
    scaled = e.op is MULTIPLY and not e.args[0].ndim or e.op is NEGATIVE
    return _scaled(e.args[-1]) if scaled else e


def _mixed_up(formula: Expr) -> Iterator[Mistake]:
    """One product in the place of another, or a matrix in the place of its transpose."""
    for e in walk(formula):
        if e.op is MATMAT and e.args[1].shape == e.args[0].shape:
            sentence = f"the factors are in the wrong order: {e}"
            yield Mistake("order", sentence, replace(formula, {e: e.args[1] @ e.args[0]}.get))
        if e.op is MULTIPLY and e.args[0].ndim == e.args[1].ndim == 1:
            a, b = e.args
            sentence = f"{a}.{b} is one number; here every element has its own, {a} ⊗ {b}"
            dotted = broadcast_to(np.dot(a, b), e.shape)
            yield Mistake("dot product", sentence, replace(formula, {e: dotted}.get))
        for k, A in enumerate(e.args):
            if A.op is SYMBOL and A.ndim == 2 and A.shape[0] == A.shape[1]:
                turned = rebuild(e, (*e.args[:k], A.T, *e.args[k + 1 :]))
                sentence = f"{A} is transposed in your answer, and should not be"
                yield Mistake("transposed matrix", sentence, replace(formula, {e: turned}.get))


def _not_summed(formula: Expr) -> Iterator[Mistake]:
    """Entries that are added up, or are not, where it is the other way."""
    if formula.op is ROW or formula.ndim == 1:
        v = formula if formula.ndim == 1 else formula.args[0]
        sentence = "that is the sum of all entries; here they stand apart, in a row or column"
        yield Mistake("summed up", sentence, np.sum(v))
    if formula.op is ROW:
        sentence = "there is one output, so the entries stand in one row and not on a diagonal"
        yield Mistake("not summed", sentence, diag(v))
    if formula.op in (DOT, SUM):
        v = formula.args[0] * formula.args[1] if formula.op is DOT else formula.args[0]
        sentence = "these are the contributions one by one: they still have to be added up"
        for laid in (v, v.T):
            yield Mistake("not summed", sentence, laid)


def _something_else(derivation: Derivation) -> Iterator[Mistake]:
    """The function itself, or its Jacobian with respect to another variable."""
    y = unnamed(derivation.y)
    yield Mistake("not differentiated", f"that is {y} itself: what is its derivative?", y)
    for v in symbols(y):
        if v.ndim < 2 and v not in {*derivation.variables}:
            other = unnamed(Derivation(derivation.y, v).jacobian.expr)
            asked = ", ".join(f"{x.name}" for x in derivation.variables)
            sentence = f"that is the Jacobian with respect to {v}; {asked} is asked for"
            yield Mistake("wrong variable", sentence, other)
