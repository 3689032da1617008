"""Formulas read as sums of chains (:mod:`mcalc.graph.chains`), multiplied out or not."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from functools import reduce
from itertools import product as pairs
from typing import NamedTuple

from .chain_products import IDENTITY_LINK, Products, Unreadable
from .chains import (
    Chain,
    Link,
    Number,
    Powers,
    atom,
    collected,
    formula_of,
    inverted,
    quotient,
    sum_of,
    times,
    turned,
)
from .expr import NUMBER, Expr, Primitive, node
from .primitives import (
    ADD,
    DIAG,
    DIVIDE,
    DOT,
    IDENTITY,
    INDEX,
    LOGICAL_NOT,
    MATMAT,
    MATVEC,
    MAXIMUM,
    MULTIPLY,
    NEGATIVE,
    ONES,
    OUTER,
    POWER,
    SIGMOID,
    SUBTRACT,
    SUM,
    TRANSPOSE,
    VECMAT,
    WHERE,
    ZEROS,
    can_be_nan,
)
from .products import ONE, ZERO, as_number
from .recognition import diagonal_of, logistic, of_all_elements, opposite, positive_where
from .simplify import element
from .walk import is_number

MOST = 40  # chains that a product is multiplied out into
_MULTIPLIED = 3  # power of a sum that is multiplied out, at most
_HIGHEST = 20  # power that is collected


class Scaled(NamedTuple):
    """A part of a formula that is written with a name: of ``s = exp(u)/sum(exp(u))`` exp(u)."""

    named: Expr
    number: Number
    scalars: Powers
    left: tuple[Link, ...]  # the diagonals beside it, in the definition
    right: tuple[Link, ...]


class Reader(Products):
    """Reads formulas as sums of chains.

    With ``expand`` products of sums are multiplied out; without, a sum that is a factor is one
    atom, and ``inner`` gives its own best form.
    """

    def __init__(
        self, expand: bool, inner: Callable[[Expr], Expr], names: dict[Expr, Scaled] | None = None
    ):
        super().__init__()
        self.expand, self.inner, self.names = expand, inner, names or {}
        # x/(x.x) is y, and x.x stays as it is
        self._kept = {
            a
            for scaled in self.names.values()
            for powers in (scaled.scalars, *(p for _, p in scaled.left + scaled.right))
            for a, _ in powers
        }
        self._read: dict[Expr, list[Chain]] = {}
        self.factored: dict[tuple, list[Chain]] = {}  # sums with common factors taken out
        self.trials = 0  # of factors to take out
        self._sums: dict[frozenset, Expr] = {}  # that are atoms: x - a is minus a - x

    def read(self, e: Expr) -> list[Chain]:
        """The chains that a formula is the sum of."""
        if e not in self._read:
            rule = _by_name if e in self.names else None if e in self._kept else _RULES.get(e.op)
            try:
                chains = rule(self, e) if rule else None
            except Unreadable:
                chains = None
            chains = [atom(e)] if chains is None else [self.recognised(c) for c in chains]
            self._read[e] = collected(chains)
        return self._read[e]

    def recognised(self, chain: Chain) -> Chain:
        """A chain in which quotients of ``1 + exp(-z)`` are written with ``σ(z)``.

        And ``(x if x > 0; 0 otherwise)`` as ``max(0, x)``.
        """
        chain = chain._replace(links=tuple((k, self._positive_part(p)) for k, p in chain.links))
        parts = [chain.scalars, *(powers for _, powers in chain.links)]
        found = [logistic(powers, self.single) for powers in parts]
        if not any(found):
            return chain
        new = [pair or (1, old) for pair, old in zip(found, parts, strict=True)]
        kinds = [kind for kind, _ in chain.links]
        links = tuple(zip(kinds, (powers for _, powers in new[1:]), strict=True))
        return Chain(chain.number * math.prod(sign for sign, _ in new), new[0][1], links)

    def _positive_part(self, powers: Powers) -> Powers:
        for mask, p in powers:
            u = positive_where(mask) if p == 1 and len(powers) > 1 else None
            if u is None:
                continue
            number, scalars, links = self.single(u)
            if number != 1 or scalars or len(links) != 1 or len(links[0][1]) != 1:
                continue
            ((atom_, q),) = links[0][1]
            power = dict(powers).get(atom_, 0)
            if q == 1 and power >= 1:
                new = (node(MAXIMUM, ZERO, atom_), power)
                return tuple(new if a is mask else (a, p) for a, p in powers if a is not atom_)
        return powers

    def single(self, e: Expr) -> Chain:
        """A formula as one chain: a sum of several is an atom."""
        for _ in range(2):
            chains = self.read(e)
            if len(chains) == 1:
                return chains[0]
            e = self.inner(e)
        chains = self.read(e)
        if len(chains) == 1:
            return chains[0]
        e = sum_of(chains, e.shape) if self.names else e
        for sign in (1, -1):
            known = self._sums.get(frozenset((c.key, sign * c.number) for c in chains))
            if known is not None:
                return atom(known)._replace(number=sign)
        self._sums[frozenset((c.key, c.number) for c in chains)] = e
        return atom(e)

    def operands(self, *operands: Expr) -> list[list[Chain]]:
        """The operands of a product: multiplied out, or each as one chain."""
        several = [self.read(e) for e in operands]
        count = reduce(lambda n, chains: n * len(chains), several, 1)
        if count <= (MOST if self.expand else 1):
            return several
        return [[self.single(e)] for e in operands]


# --- what each operation is ------------------------------------------------------------------


def _by_name(reader, e):
    """``sum(exp(u)) s`` for ``exp(u)``, of which s is the softmax."""
    named, number, scalars, left, right = reader.names[e]
    inverse = [tuple((kind, inverted(p)) for kind, p in links) for links in (left, right)]
    link = (("column", "matrix")[e.ndim - 1], ((named, 1),))
    return [Chain(quotient(1, number), inverted(scalars), (*inverse[0], link, *inverse[1]))]


def _sum(reader, e):
    signs = (1, -1 if e.op is SUBTRACT else 1)
    chains = []
    for sign, a in zip(signs, e.args, strict=True):
        for chain in reader.read(a):
            links = chain.links
            if a.ndim < e.ndim:
                if a.ndim:
                    return None
                links = (("column", ()), ("row", ()))[: e.ndim]
            chains.append(Chain(sign * chain.number, chain.scalars, links))
    return chains


def _scaled_by(chains, number):
    return [c._replace(number=number * c.number) for c in chains]


def _multiply(reader, e):
    chains = [reader.hadamard(a, b) for a, b in pairs(*reader.operands(*e.args))]
    return None if None in chains else chains


def _inverted(reader, e):
    """One chain to the power -1; a sum is an atom."""
    chain = reader.single(e)
    scalars = inverted(chain.scalars)
    number = quotient(1, chain.number)
    if not e.ndim:
        return Chain(number, scalars)
    if e.ndim == 2:
        links = reader.by_elements(chain.links)
        if links is None:
            return None
        return Chain(number, scalars, tuple((kind, inverted(p)) for kind, p in links))
    return Chain(number, scalars, (("column", inverted(reader.powers(chain.links))),))


def _divide(reader, e):
    above, below = e.args
    if not reader.read(below) or (inverse := _inverted(reader, below)) is None:
        return None
    (chains, _) = reader.operands(above, ONE)
    chains = [reader.hadamard(a, inverse) for a in chains]
    return None if None in chains else chains


def _power(reader, e):
    base, exponent = e.args
    value = exponent.params["value"] if is_number(exponent) else None
    if not isinstance(value, Fraction) or value.denominator != 1 or abs(value) > _HIGHEST:
        return None
    p = int(value)
    if not reader.read(base):
        return None
    chains = reader.read(base)
    if reader.expand and 1 < len(chains) <= 6 and 1 < p <= _MULTIPLIED:
        total = chains
        for _ in range(p - 1):
            products = [reader.hadamard(a, b) for a, b in pairs(total, chains)]
            if None in products:  # of [e_1^T; e_2^T] E + q x^T: the product in it is one matrix
                break
            total = collected(products)
        else:
            return total
    chain = reader.single(base)
    scalars = tuple((a, q * p) for a, q in chain.scalars)
    number = chain.number**p
    if not e.ndim:
        return [Chain(number, scalars)]
    if e.ndim == 1:
        powers = tuple((a, q * p) for a, q in reader.powers(chain.links))
        return [Chain(number, scalars, (("column", powers),))]
    if len(chain.links) == 1 and chain.links[0][0] == "matrix":
        powers = tuple((a, q * p) for a, q in chain.links[0][1])
        return [Chain(number, scalars, (("matrix", powers),))]
    return None


def _where(reader, e):
    """Of ``(2z x if x > 0; 0 otherwise)`` the numbers and scalars are in front."""
    condition, *branches = e.args
    holds = is_number(branches[1], 0)  # and zero where it does not, or the other way round
    value = branches[0 if holds else 1]
    if not is_number(branches[1 if holds else 0], 0) or is_number(value, 1) or value.op is WHERE:
        return None

    def cases(inside):
        return node(WHERE, condition, *((inside, ZERO) if holds else (ZERO, inside)))

    chains = reader.read(value)
    if len(chains) != 1 or any(can_be_nan(a) or p < 0 for a, p in chains[0].scalars):
        return None
    number, scalars, links = chains[0]
    if e.ndim == 0:
        return None
    mask = atom(cases(ONE))
    if not links:
        return [mask._replace(number=number, scalars=scalars)] if mask.links else None
    inside = formula_of(Chain(links=links), value.shape)
    if condition.ndim != e.ndim or e.ndim > 1:
        return [atom(cases(inside))._replace(number=number, scalars=scalars)]
    if can_be_nan(inside) or any(p < 0 for _, powers in links for _, p in powers):
        return [atom(cases(inside))._replace(number=number, scalars=scalars)]
    return [reader.hadamard(Chain(number, scalars, links), mask)]


def _diag(reader, e):
    chains = []
    (operands,) = reader.operands(*e.args)
    for number, scalars, links in operands:
        chains.append(Chain(number, scalars, (("diag", reader.powers(links)),)))
    return chains


def _outer(reader, e):
    a, b = reader.operands(*e.args)
    return [_beside(reader, x, y._replace(links=turned(y.links))) for x, y in pairs(a, b)]


def _beside(reader, a, b):
    return Chain(a.number * b.number, times(a.scalars, b.scalars), a.links + b.links)


def _matrix_product(reader, e):
    a, b = e.args
    diagonal = diagonal_of(*((b, a) if e.op is VECMAT else (a, b)))
    if diagonal is not None:
        return [atom(diagonal)]
    left, right = reader.operands(a, b)
    if e.op in (VECMAT, DOT):
        left = [x._replace(links=turned(x.links)) for x in left]
    chains = [reader.product(x, y) for x, y in pairs(left, right)]
    if e.op is VECMAT:
        chains = [x._replace(links=turned(x.links)) for x in chains]
    return chains


def _transpose(reader, e):
    if e.args[0].shape[1] == 1:
        return None
    return [c._replace(links=turned(c.links)) for c in reader.read(*e.args)]


def _sum_of_elements(reader, e):
    whole = of_all_elements(*e.args)
    if whole is not None:
        return [atom(whole)]
    chain = reader.single(*e.args)
    ones = Chain(links=(("row", ()),))
    return [reader.product(ones, chain)] if chain.links != (("column", ()),) else None


def _sigmoid(reader, e):
    """``σ(-z)`` is 1 - σ(z) where products are multiplied out, so that something may cancel."""
    chains = reader.read(*e.args) if reader.expand else ()
    if len(chains) != 1 or chains[0].number >= 0:
        return None
    return reader.read(ONE - node(SIGMOID, opposite(*e.args)))


def _index(reader, e):
    (v,) = e.args
    inside = element(v, e.params["index"])
    return None if inside is e else reader.read(inside)


_RULES: dict[Primitive, Callable[[Reader, Expr], list[Chain] | None]] = {
    NUMBER: lambda reader, e: [Chain(e.params["value"])],
    ONES: lambda reader, e: [Chain(links=(("column", ()),))],
    ZEROS: lambda reader, e: [],
    IDENTITY: lambda reader, e: [Chain(links=(IDENTITY_LINK,))],
    ADD: _sum,
    SUBTRACT: _sum,
    LOGICAL_NOT: lambda reader, e: reader.read(as_number(e)),
    NEGATIVE: lambda reader, e: _scaled_by(reader.read(*e.args), -1),
    MULTIPLY: _multiply,
    DIVIDE: _divide,
    POWER: _power,
    WHERE: _where,
    DIAG: _diag,
    OUTER: _outer,
    MATVEC: _matrix_product,
    VECMAT: _matrix_product,
    MATMAT: _matrix_product,
    DOT: _matrix_product,
    TRANSPOSE: _transpose,
    SUM: _sum_of_elements,
    INDEX: _index,
    SIGMOID: _sigmoid,
}
