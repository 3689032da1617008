"""Simplification as a reader would do it by hand: collect like terms, keep the factors.

Every function takes and returns :class:`~mcalc.graph.expr.Expr`. A product is a coefficient and
powers of atoms; a sum is an ordered collection of products. The order of the reader's terms is
kept.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import chain

import numpy as np

from .expr import LET, Expr, Primitive, as_expr, node, size
from .primitives import (
    ADD,
    CONCATENATE,
    DIVIDE,
    EQUAL,
    GREATER,
    GREATER_EQUAL,
    IDENTITY,
    LESS,
    LESS_EQUAL,
    LOGICAL_NOT,
    MATVEC,
    MAXIMUM,
    MINIMUM,
    MULTIPLY,
    NEGATIVE,
    NOT_EQUAL,
    ONES,
    SEGMENT,
    SELECTOR,
    STACK,
    SUBTRACT,
    SUM,
    TRANSPOSE,
    UNIT,
    WHERE,
    ZEROS,
)
from .products import (
    ONE,
    ZERO,
    as_number,
    factors,
    invert,
    multiply_factors,
    product,
    sort_key,
    split_scalar,
)
from .shapes import least_length
from .walk import is_number, rebuild, replace, same

# --- products --------------------------------------------------------------------------------


def mul(*operands) -> Expr:
    """The product, collected; a factor goes into the branches of a case distinction.

    >>> import mcalc as mc
    >>> x = mc.scalars("x")
    >>> mul(x, 2, x)
    2x^2
    """
    coefficient, powers = multiply_factors(factors(as_expr(e)) for e in operands)
    if coefficient == 0 or any(a.op is ZEROS and p > 0 for a, p in powers.items()):
        return ZERO
    if any(a.ndim == 1 and a.op is not ONES for a in powers):
        powers = {a: p for a, p in powers.items() if a.op is not ONES}
    cases = next((a for a, p in powers.items() if a.op is WHERE and p == 1), None)
    if cases is not None and (len(powers) > 1 or coefficient != 1):
        del powers[cases]
        condition, yes, no = cases.args
        rest = product(coefficient, powers)
        return where(condition, mul(rest, yes), mul(rest, no))
    if coefficient < 0:  # -2 (y - z) is 2 (z - y)
        for atom in [a for a, p in powers.items() if p == 1]:
            turned = negated(atom)
            if turned is not None:  # which may be one of the other factors
                parts = (-coefficient, {turned: 1}), (1, powers), (1, {atom: -1})
                return product(*multiply_factors(parts))
    return product(coefficient, powers)


def negated(e: Expr) -> Expr | None:
    """Minus ``e`` where that is no longer to write: ``z - y`` for ``y - z``, also inside a sum."""
    if e.op in (ADD, SUBTRACT):
        terms = sum_terms(add(e))
        mixed = len({c > 0 for c, _ in terms}) == 2
        return add(*(product(-c, powers) for c, powers in terms)) if mixed else None
    if e.op is WHERE and is_number(e.args[2], 0):
        turned = negated(e.args[1])
        return None if turned is None else as_expr(np.where(e.args[0], turned, ZERO))
    if e.op in (SUM, MATVEC):
        turned = negated(e.args[-1])
        return None if turned is None else rebuild(e, (*e.args[:-1], turned))
    return None


# --- sums ------------------------------------------------------------------------------------


def sum_terms(e: Expr, sign=1) -> list:
    """The products of a sum, in the order written: pairs of coefficient and powers."""
    terms, stack = [], [(e, sign)]
    while stack:
        e, sign = stack.pop()
        e = as_number(e)
        op = e.op
        if op in (ADD, SUBTRACT):
            left, right = e.args
            stack += [(right, sign if op is ADD else -sign), (left, sign)]
        elif op is NEGATIVE:
            stack.append((e.args[0], -sign))
        else:
            c, powers = factors(e)
            terms.append((sign * c, powers))
    return terms


def add(*operands) -> Expr:
    """The sum, collected: ``x 2x + x^2`` is ``3x^2``, ``A x + A^T x`` is ``(A + A^T) x``.

    >>> import mcalc as mc
    >>> x = mc.scalars("x")
    >>> add(x * 2 * x, x**2)
    3x^2
    """
    first, *rest = map(as_expr, operands)
    known = first.collected  # is not collected again: a sum may grow term by term
    collection = _Sum(known) if known else _Sum()
    for term in chain.from_iterable(map(sum_terms, rest if known else [first, *rest])):
        if term[0] and not any(a.op is ZEROS for a in term[1]):
            collection.collect(term)
    terms = [t for t in collection.terms if t[0] != 0]
    if terms and terms[0][0] < 0:  # z - y rather than -y + z
        terms.sort(key=lambda t: t[0] < 0)
    begun = len(known) if known and terms[: len(known)] == [*known] else 0
    result = first if begun else product(*terms[0]) if terms else ZERO
    for c, powers in terms[begun or 1 :]:
        part = product(abs(c), powers)
        result = result + part if c > 0 else result - part
    if len(terms) > 1:
        result.collected = tuple(terms)
    return result


class _Sum:
    """Terms, each in one with an earlier one if the two make one."""

    def __init__(self, collected=()):
        self.terms = [*collected]
        # by what is multiplied: x 2x and x^2 are alike
        self.places = {_key(term): place for place, term in enumerate(collected)}
        # of terms in which cases, parts or matrices may be joined
        self.joinable = [k for k, term in enumerate(collected) if _is_joinable(term)]

    def collect(self, term):
        alike = self.places.get(_key(term), len(self.terms))
        near = self.joinable if _is_joinable(term) else ()
        for place in sorted({alike, *(k for k in near if k < alike)} - {len(self.terms)}):
            joined = try_merge(self.terms[place], term)
            if joined is not None:
                self.terms[place] = factors(joined)
                break
        else:
            place = len(self.terms)
            self.terms.append(term)
        self.places.setdefault(_key(self.terms[place]), place)
        if _is_joinable(self.terms[place]) and place not in self.joinable:
            self.joinable.append(place)


def _key(term):
    return frozenset(term[1].items())


def _is_joinable(term):
    return any(a.op in (WHERE, CONCATENATE, MATVEC) for a in term[1])


def try_merge(s, t) -> Expr | None:
    """Two terms as one: cases of one condition, vectors cut alike, or matrices times one vector."""
    (c, left), (d, right) = s, t
    if left == right:
        return product(c + d, left)
    ours = {e: p for e, p in left.items() if right.get(e) != p}
    theirs = {e: p for e, p in right.items() if left.get(e) != p}
    if not [*ours.values()] == [*theirs.values()] == [1]:
        return None
    (a,), (b,) = ours, theirs
    rest = {e: p for e, p in left.items() if e is not a}
    if a.op is not b.op or rest and a.op is not MATVEC:
        return None
    pairs = list(zip(a.args, b.args, strict=False))
    if a.op is WHERE and a.args[0] is b.args[0]:
        return where(a.args[0], *(add(mul(c, x), mul(d, y)) for x, y in pairs[1:]))
    if a.op is CONCATENATE and all(x.shape == y.shape for x, y in pairs):
        joined = [broadcast_to(add(mul(c, x), mul(d, y)), x.shape) for x, y in pairs]
        return as_expr(np.concatenate(joined))
    if a.op is MATVEC and a.args[1] is b.args[1] and abs(c) == abs(d):
        matrix = matrix_sum(mul(c / abs(c), a.args[0]), mul(d / abs(c), b.args[0]))
        return mul(product(abs(c), rest), np.matmul(matrix, a.args[1]))
    return None


def matrix_sum(*terms: Expr) -> Expr:
    """A sum of matrices, those without a transpose first."""

    def rank(m):
        negative = m.op is NEGATIVE
        return (m.args[0] if negative else m).op is TRANSPOSE, negative

    return add(*sorted(terms, key=rank))


def broadcast_to(e: Expr, shape: tuple) -> Expr:
    """``e`` in this shape, as NumPy broadcasts it: a scalar stands for a constant vector."""
    if e.ndim == len(shape):
        return e
    if is_number(e, 0):
        return node(ZEROS, lengths=shape)
    if len(shape) == 2:  # NumPy repeats a vector in every row
        return as_expr(np.outer(node(ONES, length=shape[0]), broadcast_to(e, shape[1:])))
    return mul(e, node(ONES, length=shape[0]))


# --- cases -----------------------------------------------------------------------------------


def where(condition: Expr, yes: Expr, no: Expr) -> Expr:
    """Cases; inside a branch what the condition decides is decided."""
    if is_number(condition):
        return yes if condition.params["value"] else no
    yes, no = assuming(condition, True, yes), assuming(condition, False, no)
    if yes is no and yes.ndim >= condition.ndim or is_number(yes, 0) and is_number(no, 0):
        return yes
    return as_expr(np.where(condition, yes, no))


COMPARISONS = {GREATER, GREATER_EQUAL, LESS, LESS_EQUAL, EQUAL, NOT_EQUAL}  # 0 or 1
# x = max(x) holds to the last bit, so its sides must not be computed in another way
_EXACT = (EQUAL, NOT_EQUAL)


def assuming(condition: Expr, truth: bool, e: Expr) -> Expr:
    """``e`` where the condition holds (or does not): with ``z > 0``, ``max(0, z)`` is ``z``."""

    def swap(part):
        if part is condition and (condition.op in COMPARISONS or not truth):
            return ONE if truth else ZERO
        if part.op is LET:
            return part  # a name means the same in all branches
        if condition.ndim and part.args and not part.op.sympy_form:
            return part  # it mixes the elements, and the condition holds for some of them
        if condition.ndim and part.op in _EXACT:
            return part
        if part.op is WHERE and part.args[0] is condition:
            return assuming(condition, truth, part.args[1 if truth else 2])
        if part.op in (MAXIMUM, MINIMUM) and condition.op in (GREATER, LESS):
            large, small = condition.args[:: 1 if condition.op is GREATER else -1]
            if set(part.args) == {large, small}:
                return large if truth == (part.op is MAXIMUM) else small
        return None

    return replace(e, swap, simplified)


def simplified(e: Expr, args: tuple) -> Expr:
    """The operation of ``e`` on new operands, simplified."""
    if same(args, e.args):
        return e
    if not e.op.sympy_form:  # an entry for all is enough only element by element
        args = tuple(broadcast_to(a, old.shape) for a, old in zip(args, e.args, strict=True))
    if e.op is DIVIDE and is_number(args[1], 0):
        return e
    return _SIMPLIFIED[e.op](*args) if e.op in _SIMPLIFIED else rebuild(e, args)


# --- contractions ----------------------------------------------------------------------------


def sum_elements(e: Expr, length=None) -> Expr:
    """The sum of the elements: constants in front, ``sum(w x)`` as the dot product.

    >>> import mcalc as mc
    >>> w, x = mc.vectors("w x")
    >>> sum_elements(2 * w * x)
    2(w.x)
    """
    scalar, vector = split_scalar(e)
    if vector.ndim == 0 or vector.op is ONES:
        return mul(scalar, size(*(e.shape or (length,))))
    if vector.op in (ZEROS, UNIT):
        return scalar if vector.op is UNIT else ZERO
    c, powers = factors(vector)
    if len(powers) == 2 and all(p == 1 for p in powers.values()):
        return mul(scalar, np.dot(*sorted(powers, key=sort_key)))
    parts = sum_terms(vector) if vector.op in (ADD, SUBTRACT) else ()
    if any(a.ndim == 0 for _, powers in parts for a in powers):  # sum(x - mean(x)) is 0
        total = add(*(sum_elements(product(*part), vector.shape[0]) for part in parts))
        if is_number(total):
            return mul(scalar, total)
    return mul(scalar, np.sum(vector))


def matvec(matrix: Expr, vector: Expr) -> Expr:
    """Matrix times vector, constants in front."""
    (rows, _), length = matrix.shape, vector.shape
    front, matrix = split_scalar(matrix)
    scalar, vector = split_scalar(vector)
    if matrix.ndim < 2:  # every row is the same
        return mul(
            front, scalar, sum_elements(mul(matrix, vector), *length), node(ONES, length=rows)
        )
    vector = broadcast_to(vector, length)
    if vector.op is ZEROS:
        return ZERO
    if matrix.op is SELECTOR:
        lengths, k = matrix.params["lengths"], matrix.params["part"]
        parts = [vector if p == k else node(ZEROS, lengths=(n,)) for p, n in enumerate(lengths)]
        vector = as_expr(np.concatenate(parts))
    elif matrix.op is TRANSPOSE and matrix.args[0].op is SELECTOR:
        vector = segment(vector, **matrix.args[0].params)
    elif vector.op is UNIT and matrix.T.op is STACK:
        vector = matrix.T.args[vector.params["index"]]  # one of its columns
    elif matrix.op is not IDENTITY:
        vector = matrix @ vector
    return mul(front, scalar, vector)


def segment(vector: Expr, lengths: tuple, part: int) -> Expr:
    """One part of a vector that is joined from parts of these lengths."""

    def take(e):
        if e.op is CONCATENATE and tuple(a.shape[0] for a in e.args) == lengths:
            return e.args[part]
        if e.op is STACK:
            start = sum(lengths[:part])
            return np.stack(e.args[start : start + lengths[part]])
        unit = _part_of_unit(e, lengths, part) if e.op is UNIT else None
        return node(SEGMENT, e, lengths=lengths, part=part) if unit is None else unit

    return _inside(vector, take)


def _part_of_unit(unit: Expr, lengths: tuple, part: int) -> Expr | None:
    """A part of ``e_k``; None where it takes the lengths to tell whether the 1 is in it."""
    index, own = unit.params["index"], lengths[part]
    if index < sum(map(least_length, lengths[:part])):
        return ZERO
    if not all(isinstance(n, int) for n in lengths[:part]):
        return None
    index -= sum(lengths[:part])
    if index < least_length(own):
        return node(UNIT, index=index, length=own)
    return ZERO if isinstance(own, int) else None


def element(vector: Expr, k: int) -> Expr:
    """Entry k, taken as far inside as it goes: of ``x * x`` it is ``x_k x_k``."""

    def take(part):
        if part.op is UNIT:
            return ONE if part.params["index"] == k else ZERO
        return part.args[k] if part.op is STACK else part[k]

    return _inside(vector, take)


def _inside(vector, take):
    """What ``take`` gives of a vector, taken of its operands where it is element by element."""

    def swap(part):
        if part.ndim == 0:
            return part
        if part.op in (ONES, ZEROS):
            return ONE if part.op is ONES else ZERO
        exact = part.op in _EXACT and any(a.ndim and a.op.sympy_form for a in part.args)
        return None if part.op.sympy_form and not exact else take(part)

    return replace(vector, swap, simplified)


_SIMPLIFIED: dict[Primitive, Callable] = {
    ADD: add,
    SUBTRACT: lambda a, b: add(a, mul(-1, b)),
    NEGATIVE: lambda a: mul(-1, a),
    MULTIPLY: mul,
    DIVIDE: lambda a, b: mul(a, invert(b)),
    LOGICAL_NOT: lambda a: add(ONE, mul(-1, a)),
    WHERE: where,
    SUM: sum_elements,
}
