"""What an expert sees in a formula: a logistic function that is written out, softmax, a trace.

Programs that are one thing are recognised by the same signs, in ``mcalc.jacobian.recognised``.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .chains import Powers, times
from .expr import Expr, as_expr, node
from .facts import is_symmetric
from .primitives import (
    ADD,
    EXP,
    GREATER,
    IDENTITY,
    LESS,
    MATVEC,
    MULTIPLY,
    NEGATIVE,
    ONES,
    SIGMOID,
    SUM,
    TRANSPOSE,
    VECMAT,
    WHERE,
)
from .products import ONE
from .simplify import mul
from .walk import is_number, replace


def logistic(powers: Powers, single: Callable) -> tuple[int, Powers] | None:
    """Powers in which 1/(1 + exp(u)) is σ(-u), with a sign; None if there is nothing of it.

    Of ``exp(u)`` beside it the product is σ(u), and beside its square σ(-u) (1 - σ(-u)).
    """
    below = {a: u for a, p in powers if p < 0 and (u := one_plus_exp(a)) is not None}
    if not below:
        return None
    left, sign = dict(powers), 1
    for a, u in below.items():
        count = -left.pop(a)
        e, s = node(EXP, u), node(SIGMOID, opposite(u))
        both = min(count, max(0, left.get(e, 0)))
        rest = count - both
        new = {e: -both, s: rest}
        if both and rest:
            chain = single(ONE - s)
            other = (chain.scalars or chain.links[0][1])[0][0]
            sign *= int(chain.number) ** int(both)
            new[other] = new.get(other, 0) + both
        elif both:
            new[node(SIGMOID, u)] = both
        left = dict(times(tuple(left.items()), tuple(new.items())))
    return sign, tuple(left.items())


def one_plus_exp(e: Expr) -> Expr | None:
    """The u of ``1 + exp(u)``."""
    if e.op is not ADD:
        return None
    for one, other in (e.args, e.args[::-1]):
        if is_number(one, 1) and other.op is EXP:
            return other.args[0]
    return None


def positive_where(mask: Expr) -> Expr | None:
    """The u of ``(1 if u > 0; 0 otherwise)``."""
    if mask.op is not WHERE or not is_number(mask.args[1], 1) or not is_number(mask.args[2], 0):
        return None
    condition = mask.args[0]
    if condition.op not in (GREATER, LESS):
        return None
    large, small = condition.args[:: 1 if condition.op is GREATER else -1]
    return large if is_number(small, 0) and large.ndim else None


def softmax_of(E: Expr, options: dict | None = None) -> Expr:
    """Exponentials as parts of their sum, with the options of NumPy's sum for rows or columns."""
    return E / np.sum(E, **(options or {}))


def opposite(u: Expr) -> Expr:
    """Minus a formula, without a sign where it has one."""
    if u.op is NEGATIVE:
        return u.args[0]
    return mul(-1, u)


def of_all_elements(v: Expr) -> Expr | None:
    """What the sum of ``(A ⊗ B) 1`` is: ``tr(A C)`` of B = C^T, or ``sum(A ⊗ B)``.

    Of ``A ⊗ I`` it is the trace of A.
    """
    if v.op in (MATVEC, VECMAT):
        ones, matrix = sorted(v.args, key=lambda a: a.ndim)
    else:
        ones, matrix = ONE, v
    if ones.op is not ONES:
        return None
    matrix = matrix.args[0] if matrix.op is TRANSPOSE else matrix
    if matrix.op is not MULTIPLY or any(a.ndim < 2 for a in matrix.args):
        return None
    a, b = matrix.args
    if IDENTITY in (a.op, b.op):
        return np.trace(b if a.op is IDENTITY else a)
    if MULTIPLY in (a.op, b.op):
        return np.sum(matrix)
    if a.op is TRANSPOSE:
        return np.trace(b @ a.T)
    if is_symmetric(b):
        return np.trace(a @ b)
    return np.trace(a @ b.T) if b.op is TRANSPOSE else np.sum(matrix)


def with_all_elements(e: Expr) -> Expr:
    """A formula with such sums written so, wherever they stand in it."""

    def swap(part):
        return of_all_elements(*part.args) if part.op is SUM else None

    return replace(e, swap)


def diagonal_of(matrix: Expr, v: Expr) -> Expr | None:
    """``(A ⊗ I) 1`` is the diagonal of A."""
    matrix = matrix.args[0] if matrix.op is TRANSPOSE else matrix
    if v.op is not ONES or matrix.op is not MULTIPLY or any(a.ndim < 2 for a in matrix.args):
        return None
    a, b = matrix.args
    if IDENTITY not in (a.op, b.op):
        return None
    return as_expr(np.diagonal(b if a.op is IDENTITY else a))
