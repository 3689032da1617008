"""Sums with known weights, as one writes them: x - 2y, and not 1x + (-2y) + 0z."""

from __future__ import annotations

from collections.abc import Iterable
from functools import reduce
from typing import Any

from .expr import as_expr
from .walk import is_number


def times(number: Any, e: Any) -> Any:
    """A number times an expression; of 1 times nothing is written."""
    number = as_expr(number)
    if is_number(number, 1):
        return e
    return -e if is_number(number, -1) else number * e


def weighted_sum(terms: Iterable[tuple[Any, Any]]) -> Any:
    """The sum of ``(number, expression)``; those times 0 are left out, if there are others.

    >>> import mcalc as mc
    >>> x, y = mc.vectors("x y")
    >>> weighted_sum([(1, x), (0, x), (-2, y)])
    x - 2y  (n x 1)
    """
    pairs = [(as_expr(number), e) for number, e in terms]
    pairs = [pair for pair in pairs if not is_number(pair[0], 0)] or pairs[:1]
    (number, e), *rest = pairs
    return reduce(lambda total, pair: plus(total, *pair), rest, times(number, e))


def plus(total: Any, number: Any, e: Any = None) -> Any:
    """``total + number e``, or ``total - 2 e`` of -2; without ``e`` the number alone."""
    number = as_expr(number)
    if is_number(number, 0):
        return total
    if is_number(number) and number.params["value"] < 0:
        number = as_expr(-number.params["value"])
        return total - (number if e is None else times(number, e))
    return total + (number if e is None else times(number, e))
