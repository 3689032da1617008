"""The chain rule with one mistake: a path or a factor forgotten, another one, another order."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from functools import reduce
from typing import NamedTuple

import numpy as np

from ..graph.expr import LET, WRITERS, Expr, ShapeError, as_expr, node
from ..graph.forms import diag
from ..graph.lengths import symbolic_sizes
from ..graph.primitives import DIAG, IDENTITY, ROW
from ..graph.products import factors
from ..graph.simplify import broadcast_to, split_scalar
from ..graph.walk import is_number, replace, same, symbols, walk
from ..notation.write import Precedence
from ..typed.operators import product

MOST_FACTORS = 4
FACTOR = "a factor is missing"
INSIDE = "what stands inside a function is not what has to stand there"


class Mistake(NamedTuple):
    """What somebody arrives at who makes one mistake.

    ``brief`` says it without the formula that would mend it: ``a factor is missing``.
    """

    name: str
    sentence: str
    formula: Expr
    brief: str = ""


def in_variables(derivation) -> dict[Expr, Expr]:
    """The intermediate variables, each in terms of the variables alone."""
    return _in_terms(derivation.graph.definitions)


def _in_terms(definitions: dict[Expr, Expr]) -> dict[Expr, Expr]:
    """Definitions in which none of those before it is left: of u, and of v = sin(u)."""
    written: dict[Expr, Expr] = {}
    for v, definition in definitions.items():
        written[v] = replace(definition, written.get)
    return written


class Paths:
    """The paths from the result back to the variable, and the factors of each.

    ``chain`` says whether to speak of paths and of the chain rule, which a reader knows from
    chapter 08 on.
    """

    def __init__(self, derivation, chain: bool = True):
        self.graph, self.definitions = derivation.graph, in_variables(derivation)
        self.lets = {e.name for e in walk(derivation.y) if e.op is LET}
        (self.x,) = self.graph.variables
        self.paths = self.graph.paths(self.x)
        self.factors = {path: self.factors_of(path) for path in self.paths}
        self.parts = {path: multiplied(self.factors[path]) for path in self.paths}
        self.plain = not chain or self.graph.all_scalar and not self.lets

    def forgotten(self) -> Iterator[Mistake]:
        """A path or a factor that is not there."""
        for v in self.definitions:
            if v is not self.graph.result and sum(v in {*path} for path in self.paths) > 1:
                yield from self.missing_joint(v)
        if len(self.paths) > 1:
            for path in self.paths:
                yield from self.missing_path(path)
            yield from self.partial_alone()
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
                yield mistake._replace(formula=added([mistake.formula, *rest]))

    def place(self, v: Expr) -> str:
        """How to speak of a variable: by the reader's name, or by what it is."""
        definitions = self.graph.definitions.items()
        nameless = {u for u, _ in definitions if u.name not in self.lets}
        return f"{_in_terms({u: d for u, d in definitions if u in nameless}).get(v, v)}"

    def missing_joint(self, v: Expr) -> Iterator[Mistake]:
        """Where several paths go through, the whole derivative of what they share is forgotten."""
        through = [path for path in self.paths if v in {*path}]
        heads = dict.fromkeys((*itertools.takewhile(lambda u: u is not v, w), v) for w in through)
        if all(len(head) > 1 for head in heads):
            parts = [multiplied(self.factors_of(head)) for head in heads]
            parts += [self.parts[path] for path in self.paths if v not in {*path}]
            what = f"the derivative of {self.place(v)} with respect to {self.x}"
            if len({part.shape for part in parts}) == 1:
                yield Mistake("missing factor", f"{FACTOR}: {what}", added(parts), FACTOR)

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
        brief = "a term is missing" if self.plain else "a path is missing"
        yield Mistake("missing path", sentence, added(rest), brief)
        if len(self.paths) > 2:
            sentence = f"one of {len(self.paths)} terms is there, the others are missing"
            yield Mistake("missing path", sentence, self.parts[path])

    def partial_alone(self) -> Iterator[Mistake]:
        """No path goes further than to the variable before ``x``: of ``u v`` there is ``v + u``."""
        inner = [path for path in self.paths if len(path) > 2]
        parts = [multiplied(self.factors[path][:-1]) for path in inner]
        parts += [self.parts[path] for path in self.paths if len(path) == 2]
        if len(inner) > 1 and len({part.shape for part in parts}) == 1:
            last = {path[-2]: self.factors[path][-1] for path in inner}
            moved = [v for v, factor in last.items() if not _is_one(factor)]
            what = "a factor is" if len(moved) == 1 else "factors are"
            names = " and ".join(dict.fromkeys(map(self.place, moved)))
            derivatives = f"the derivative{'s' * (len(moved) > 1)} of {names}"
            sentence = f"{what} missing: {derivatives} with respect to {self.x}"
            yield Mistake("missing factor", sentence, added(parts), f"{what} missing")

    def missing_factors(self, path: tuple) -> Iterator[Mistake]:
        """A path without one of its factors, or with a one in its place."""
        chain = self.factors[path]
        for k, factor in enumerate(chain):
            lone = symbolic_sizes(factor) and not symbols(factor)
            if len(chain) == 1 or lone and factor.ndim == 0:
                continue  # 1/n alone is a constant factor
            v, p = path[k : k + 2]
            name, brief = "missing factor", FACTOR
            what = f"the derivative of {self.place(v)} with respect to {self.place(p)}"
            rule = "" if self.plain else " of the chain rule"
            sentence = f"a factor{rule} is missing: {what}"
            if is_number(factor, -1) or f"{factor}" == "-I":
                name, sentence, brief = "sign", f"a sign: {what} is {factor}", "a sign is wrong"
            elif lone and factor.op is ROW:  # of ones, as of a sum
                name = "not summed"
                sentence = brief = "one step is missing: the elements still have to be added up"
            elif p is not self.x and (gone := _constant(factor, self.x)) is not None:
                sentence = f"a factor is missing: {gone}"
            for left in ([], *([] if lone else [[_unit(factor)]])):
                short = multiplied([*chain[:k], *left, *chain[k + 1 :]])
                if short is not None:
                    yield Mistake(name, sentence, short, brief)

    def wrong_factors(self, path: tuple) -> Iterator[Mistake]:
        """A function that was not differentiated, or that was differentiated at another place."""
        for k, (v, p) in enumerate(itertools.pairwise(path)):
            before, after = self.factors[path][:k], self.factors[path][k + 1 :]
            factor, value = self.factors[path][k], self.definitions[v]
            curved = p in {*symbols(self.local(v, p))}  # of 3x + 1 the derivative is a number
            if curved and (factor.op is DIAG and value.ndim == 1 or factor.ndim == value.ndim == 0):
                by = self.place(p)
                asked = f"what is its derivative with respect to {by}?"
                sentence = f"{self.place(v)} is still there: {asked}"
                kept = multiplied([*before, diag(value) if value.ndim else value, *after])
                yield Mistake("not differentiated", sentence, kept)
            if p is not self.x and p.shape == self.x.shape and not self.merges(v, p):
                inner = self.place(p)
                sentence = f"{inner} has to stand where yours has {self.x} inside the function"
                moved = replace(self.local(v, p), {p: self.x}.get)
                moved = replace(moved, self.definitions.get)
                if moved.shape == factor.shape:
                    wrong = multiplied([*before, moved, *after])
                    yield Mistake("inner function", sentence, wrong, INSIDE)

    def merges(self, v: Expr, p: Expr) -> bool:
        """Whether ``v`` of ``p`` is a power again, as ``1/x^2`` is: then nothing is inside."""
        _, powers = factors(self.definitions[v])
        return self.x in powers and self.definitions[p] not in powers

    def other_orders(self, chain: list, formula: Expr) -> Iterator[Mistake]:
        """The factors in every other order that has a product of the right shape."""
        right = " ".join(WRITERS["text"](f, Precedence.POWER) for f in chain)
        order = "from the result back to the variable"
        brief = f"the factors are in the wrong order: they go {order}"
        sentence = f"the factors are in the wrong order: {order}, {right}"
        for other in itertools.permutations(chain):
            turned = None if same(other, chain) else multiplied(other)
            if turned is not None and turned.shape == formula.shape:
                yield Mistake("order", sentence, turned, brief)


def _is_one(factor):
    """Whether a factor changes nothing, as the derivative of ``x + a`` does not."""
    return factor.op is IDENTITY or is_number(factor, 1)


def _constant(factor, x):
    """What a factor multiplies with, if ``x`` is not in it and there is something to name."""
    inside = factor.args[0] if factor.op in (DIAG, ROW) else factor
    front, rest = split_scalar(factor)
    inside = front if rest.op is IDENTITY else inside
    gone = split_scalar(inside)[0] if factor.op is ROW else inside
    return None if x in {*symbols(factor)} or is_number(gone, 1) else gone


def _unit(factor):
    """What stands in the place of a factor that is forgotten: ones, or a diagonal of them."""
    if factor.ndim < 2:
        return broadcast_to(as_expr(1), factor.shape)
    if factor.op is ROW:
        return broadcast_to(as_expr(1), factor.shape[1:]).T
    return node(IDENTITY, length=factor.shape[0]) if factor.op is DIAG else factor


def multiplied(chain):
    """The product in this order, or None where there is none."""
    try:
        return reduce(product, chain) if chain else None
    except ShapeError:
        return None


def added(parts):
    return reduce(np.add, parts)
