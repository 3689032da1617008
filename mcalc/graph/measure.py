"""How long a formula is as it is written: its signs and words, parentheses aside."""

from __future__ import annotations

from functools import lru_cache

from .expr import LET, NUMBER, Expr
from .primitives import (
    ADD,
    MATMAT,
    MATVEC,
    MULTIPLY,
    NEGATIVE,
    OUTER,
    ROW,
    SIGMOID,
    SUBTRACT,
    VECMAT,
    WHERE,
)
from .products import is_decimal, root_of


@lru_cache(maxsize=4000)
def signs(e: Expr) -> int:
    """How many signs and words are written; ``x^T`` has two, and ``2x`` as well.

    >>> import mcalc as mc
    >>> signs(2 * mc.vectors("x").T)
    3
    """
    op = e.op
    if op is LET or not e.args and op is not NUMBER:
        return 1
    if op is NUMBER:
        value = e.params["value"]
        if root := root_of(value):  # sqrt(2/pi)
            above, below, power = root
            return 2 + bool(power) + (below > 1 or power < 0) + (below > 1 and power < 0)
        whole = getattr(value, "denominator", 1) == 1
        return (1 if whole or is_decimal(value, alone=True) else 3) + (value < 0)
    if op is ROW:
        return _of_row(*e.args)
    if op is OUTER:
        column, row = e.args
        return signs(column) + min(_of_row(row), 1 + signs(row))
    parts = sum(map(signs, e.args))
    if op is MULTIPLY:
        return parts + all(a.ndim for a in e.args)
    if op is VECMAT:
        return signs(e.args[0]) + signs(e.args[1].T)
    if op is WHERE:
        return parts + 3
    if op in (NEGATIVE, SIGMOID) or op.einsum and not op.text:
        return parts + (op not in _SIDE_BY_SIDE)
    if op.text:
        return parts + max(1, len(op.text.split(",")))
    return parts + max(1, len(e.args) - 1)


_SIDE_BY_SIDE = {MATVEC, MATMAT}


def _of_row(v: Expr) -> int:
    """A vector as a row: ``x^T A`` for the transpose of ``A^T x``."""
    if v.op is MATVEC:
        return _of_row(v.args[1]) + signs(v.args[0].T)
    if v.op is VECMAT:
        return _of_row(v.args[0]) + signs(v.args[1])
    if v.op in (ADD, SUBTRACT) and _has_product(v):
        return 1 + sum(map(_of_row, v.args))
    if v.op is MULTIPLY and not v.args[0].ndim:
        return signs(v.args[0]) + _of_row(v.args[1])
    if v.op is NEGATIVE:
        return 1 + _of_row(*v.args)
    return 1 + signs(v)


def _has_product(v: Expr) -> bool:
    if v.op in (ADD, SUBTRACT, NEGATIVE):
        return any(map(_has_product, v.args))
    if v.op is MULTIPLY:
        return _has_product(v.args[-1])
    return v.op in (MATVEC, VECMAT)
