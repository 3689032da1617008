"""Formulas as sums of chains: numbers, scalars and products of matrices, flat and collected.

A :class:`Chain` is one summand. Its links are what stands side by side in it: ``A diag(d) x y^T``
is a matrix, a diagonal, a column and a row. A link has powers of atoms, element by element, so that
``diag(d ⊗ e)`` is one link and ``1`` is the column without an atom.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from functools import lru_cache, reduce
from math import gcd, lcm
from typing import NamedTuple

import numpy as np

from .expr import NUMBER, Expr, node
from .forms import diag, outer
from .primitives import IDENTITY, ONES, TRANSPOSE, WHERE, ZEROS
from .products import ZERO, product
from .simplify import add, mul, where

Powers = tuple[tuple[Expr, int], ...]  # of atoms, in the order in which they are met
Link = tuple[str, Powers]  # a "diag", "column", "row" or "matrix"
Number = Fraction | int | float


_ONES = (("column", ()),)


class Chain(NamedTuple):
    """One summand: ``number`` times ``scalars`` times the product of the ``links``."""

    number: Number = 1
    scalars: Powers = ()
    links: tuple[Link, ...] = ()

    @property
    def without_sign(self) -> Chain:
        """The same, or minus that."""
        return self if self.number >= 0 else self._replace(number=-self.number)

    @property
    def key(self) -> tuple:
        """What two chains share that differ by a number only."""
        links = tuple((kind, frozenset(powers)) for kind, powers in self.links)
        return frozenset(self.scalars), links


def times(*factors: Powers) -> Powers:
    """The product of powers of atoms; what cancels is left out."""
    powers: dict[Expr, int] = {}
    for atom, exponent in (pair for factor in factors for pair in factor):
        powers[atom] = powers.get(atom, 0) + exponent
    return tuple((a, p) for a, p in powers.items() if p)


def inverted(powers: Powers) -> Powers:
    """One divided by powers of atoms."""
    return tuple((a, -p) for a, p in powers)


def kind_of(links: tuple[Link, ...]) -> str:
    """What a product of links is: a "scalar", "column", "row" or "matrix"."""
    if not links:
        return "scalar"
    return "row" if links[0][0] == "row" else "column" if links[-1][0] == "column" else "matrix"


@lru_cache(maxsize=1000)
def _transposed(matrix: Expr) -> Expr:
    return matrix.T


def turned(links: tuple[Link, ...]) -> tuple[Link, ...]:
    """The transpose."""
    other = {"row": "column", "column": "row"}
    return tuple(
        (kind, tuple((_transposed(a), p) for a, p in powers))
        if kind == "matrix"
        else (other.get(kind, kind), powers)
        for kind, powers in reversed(links)
    )


def collected(chains: Iterable[Chain]) -> list[Chain]:
    """The sum with like chains added up, and cases of one condition made one."""
    by_key: dict[tuple, Chain] = {}
    for chain in chains:
        known = by_key.get(chain.key)
        number = chain.number + (known.number if known else 0)
        by_key[chain.key] = (known or chain)._replace(number=number)
    return _with_cases_joined([chain for chain in by_key.values() if chain.number])


def _with_cases_joined(chains: list[Chain]) -> list[Chain]:
    """``(1 if x > 0; 0.1 otherwise)`` for the sum of such cases, each with a zero."""
    alike: dict[tuple, list[tuple[int, Expr]]] = {}
    for k, chain in enumerate(chains):
        if (cases := _cases_in(chain)) is not None:
            scalars, links = chain.key
            rest = tuple((kind, powers - {(cases, 1)}) for kind, powers in links)
            place = next(j for j, (_, p) in enumerate(chain.links) if any(a is cases for a, _ in p))
            alike.setdefault((cases.args[0], place, scalars, rest), []).append((k, cases))
    done: dict[int, Chain | None] = {}  # by the place of a summand: what takes it, or nothing
    for group in alike.values():
        if len(group) > 1 and (joined := _as_one_case([(chains[k], e) for k, e in group])):
            done |= {k: None for k, _ in group} | {group[0][0]: joined}
    return [c for k, chain in enumerate(chains) if (c := done.get(k, chain)) is not None]


def _cases_in(chain: Chain) -> Expr | None:
    """The only case distinction that is a factor of a product."""
    found = [(a, p) for _, powers in chain.links for a, p in powers if a.op is WHERE]
    return found[0][0] if len(found) == 1 and found[0][1] == 1 else None


def _as_one_case(group: list[tuple[Chain, Expr]]) -> Chain | None:
    """Products that differ in the branches of a case distinction, as one."""
    chain, cases = group[0]
    branches = [add(*(mul(c.number, e.args[k]) for c, e in group)) for k in (1, 2)]
    new = where(cases.args[0], *branches)
    if new.op is WHERE and new.shape == cases.shape:
        return _with(chain, cases, ((new, 1),))._replace(number=1)
    if new.op is NUMBER and new.params["value"]:
        left = _with(chain, cases, ())
        if all(powers for kind, powers in left.links if kind == "matrix"):
            return left._replace(number=new.params["value"])
    return None


def _with(chain: Chain, old: Expr, new: Powers) -> Chain:
    """A product with other factors in the place of one."""
    links = tuple(
        (kind, times(*(new if pair[0] is old else (pair,) for pair in powers)))
        for kind, powers in chain.links
    )
    return chain._replace(links=links)


def content(numbers: list) -> Number:
    """The number that is a factor of all of these, with the sign that all have in common."""
    sign = -1 if all(n < 0 for n in numbers) else 1
    if len({abs(n) for n in numbers}) == 1:
        return sign * abs(numbers[0])
    if any(isinstance(n, float) for n in numbers):
        return sign
    below = reduce(lcm, (n.denominator for n in numbers))
    above = reduce(gcd, (n.numerator for n in numbers))
    return sign * Fraction(above, below)


def quotient(a, b) -> Fraction | float:
    """One number divided by another, exactly unless one of them is a float."""
    return a / b if isinstance(a, float) or isinstance(b, float) else Fraction(a, b)


# --- formulas of links -----------------------------------------------------------------------


def elements(powers: Powers, length=None) -> Expr:
    """The product of atoms, element by element; of none the ones."""
    if not powers:
        return node(ONES, length=length)
    if any(a.op is WHERE for a, _ in powers):
        return mul(*(product(1, {a: p}) for a, p in powers))
    return product(1, dict(powers))


def length_of(link: Link, axis: int) -> int | str | None:
    """How many rows or columns a link has, if its atoms tell."""
    kind, powers = link
    if not powers:
        return None
    shape = powers[0][0].shape
    return shape[axis] if kind == "matrix" else shape[0]


def column_of(links: tuple[Link, ...], length) -> Expr:
    """The vector that links come to, of which the last is a column."""
    *before, last = links
    near = length_of(before[-1], 1) if before else length
    v = elements(last[1], near or length)
    for kind, powers in reversed(before):
        if kind == "matrix":
            v = elements(powers) @ v
        else:
            v = mul(elements(powers), v)
    return v


def matrix_of(links: tuple[Link, ...], shape: tuple) -> Expr:
    """The matrix that links come to, of this shape."""
    kinds = [kind for kind, _ in links]
    if "row" in kinds:
        place = kinds.index("row")
        return outer(column_of(links[:place], shape[0]), column_of(turned(links[place:]), shape[1]))
    parts = [
        _matrix_of_elements(powers)
        if kind == "matrix"
        else diag(elements(powers))
        if powers
        else node(IDENTITY, length=shape[0])
        for kind, powers in links
    ]
    return reduce(np.matmul, parts)


def _matrix_of_elements(powers: Powers) -> Expr:
    """``(A ⊗ B)^T`` for ``A^T ⊗ B^T``."""
    if len(powers) > 1 and all(a.op is TRANSPOSE for a, _ in powers):
        return elements(tuple((a.T, p) for a, p in powers)).T
    return elements(powers)


@lru_cache(maxsize=1000)
def formula_of(chain: Chain, shape: tuple) -> Expr:
    """One summand as it is written, of this shape."""
    number, scalars, links = chain
    if not links:
        return product(number, dict(scalars))
    if len(links) == 1 and len(shape) == 1:
        powers = links[0][1]
        if any(a.op is WHERE for a, _ in powers):
            return mul(product(number, dict(scalars)), elements(powers))
        return product(number, dict(scalars + (powers or ((node(ONES, length=shape[0]), 1),))))
    if len(links) == 1 and links[0][0] == "diag" and links[0][1]:
        v = formula_of(chain._replace(links=(("column", links[0][1]),)), shape[:1])
        return diag(v) if v.ndim else node(ZEROS, lengths=shape)  # cases that are all 0 are 0
    body = column_of(links, shape[0]) if len(shape) == 1 else matrix_of(links, shape)
    return mul(product(number, dict(scalars)), body)


def sum_of(chains: list[Chain], shape: tuple) -> Expr:
    """The sum as it is written: what is subtracted, and what is transposed, comes last."""

    def late(chain):
        first = chain.links[0][1] if chain.links else ()
        return chain.number < 0, len(shape) == 2 and any(a.op is TRANSPOSE for a, _ in first)

    if not chains:
        return node(ZEROS, lengths=shape) if shape else ZERO
    ordered = sorted(chains, key=late) if len(shape) == 2 else chains
    if len(shape) == 1 and any(chain.links != _ONES for chain in ordered):
        # 1 + x, and not 1_n + x
        ordered = [c._replace(links=()) if c.links == _ONES else c for c in ordered]
    if ordered[0].number < 0:
        ordered = sorted(ordered, key=lambda chain: chain.number < 0)
    total = formula_of(ordered[0], shape)
    for chain in ordered[1:]:
        part = formula_of(chain.without_sign, shape)
        total = total - part if chain.number < 0 else total + part
    return total


def atom(e: Expr) -> Chain:
    """What is not looked into any further, as one chain."""
    if not e.ndim:
        return Chain(scalars=((e, 1),))
    return Chain(links=((("column", "matrix")[e.ndim - 1], ((e, 1),)),))
