"""Formulas as they are computed: the same functions without what cancels or has no number.

A closed form is written for the eye, ``1 - σ(z)`` and ``det(X) inv(X)``. Computed as it stands the
first has no digits left where z is large, and the second no value where X is singular, though it is
a polynomial.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import numpy as np
import sympy as sp

from ..graph.expr import Expr, Primitive, node
from ..graph.primitives import (
    ADD,
    ADJUGATE,
    DET,
    DIVIDE,
    DOT,
    INV,
    LOG,
    MULTIPLY,
    NEGATIVE,
    POWER,
    ROW,
    SIGMOID,
    SUBTRACT,
    TANH,
)
from ..graph.simplify import factors, product
from ..graph.walk import is_number, rebuild, replace, walk


def steady(e: Expr) -> Expr:
    """The same formula, in which nothing cancels that need not."""
    if not any(part.op in _FIRST for part in walk(e)):
        return e
    return replace(e, lambda part: None, _rebuilt)


@cache
def _power_log(times):
    """``a^b log(a)^times``, which goes to 0 with a if b is positive."""

    def value(a, b):
        with np.errstate(all="ignore"):
            return np.where((a == 0) & (b > 0), 0.0, a**b * np.log(a) ** times)

    return Primitive("power log", value, lambda a, b: a**b * sp.log(a) ** times)


def _tanh_slope(a):
    """``1 - tanh(a)^2``, to the last digit where it is nearly 0."""
    small = np.exp(-2 * np.abs(a))
    return 4 * small / (1 + small) ** 2


TANH_SLOPE = Primitive("tanh slope", _tanh_slope, lambda a: 1 - sp.tanh(a) ** 2)
_FIRST = {DET, LOG, SIGMOID, TANH}  # without which nothing is to be done


def with_adjugates(e: Expr, own: Mapping[Expr, Expr]) -> Expr:
    """``det(X) inv(X)`` as the adjugate, which every square matrix has.

    ``own`` are the names of parts: with ``L`` for ``det(X)`` it is ``L inv(X)``.
    """
    whole = {name: part for part, name in own.items() if part.op is DET}
    if not any(part.op is INV for part in walk(e)):
        return e
    rewritten = replace(replace(e, whole.get), lambda part: None, _of_adjugate)
    return replace(rewritten, own.get)


def _of_adjugate(e, args):
    e = rebuild(e, args)
    new = _product(e, only=DET) if e.op in (MULTIPLY, DIVIDE) else None
    return e if new is None else new


def _rebuilt(e, args):
    e = rebuild(e, args)
    rewrite = _REWRITTEN.get(e.op)
    new = rewrite(e) if rewrite else None
    return e if new is None else new


def _difference(e):
    """``1 - σ(z)`` is σ(-z), and ``1 - tanh(z)^2`` has a form of its own."""
    one, other = e.args
    if is_number(other, 1):
        turned = _difference(node(e.op, other, one))
        return np.negative(turned) if turned is not None else None
    if not is_number(one, 1):
        return None
    if other.op is SIGMOID:
        return node(SIGMOID, np.negative(*other.args))
    base = other.args[0] if other.op is POWER and is_number(other.args[1], 2) else other
    if base is not other and base.op is TANH:
        return node(TANH_SLOPE, *base.args)
    return None


def _product(e, only=None):
    """A product without the two of its factors that are no number together, or lose digits."""
    c, powers = factors(e)
    for atom, exponent in powers.items():
        if exponent < 1 or only not in (None, atom.op):
            continue
        match = None
        if atom.op is POWER and exponent == 1:
            match = _with_log(atom, powers)
        elif atom.op is DET:
            match = _with_inverse(atom, powers)
        if match:
            part, used = match
            left = {f: p - used.get(f, 0) for f, p in powers.items()}
            rest = product(c, {f: p for f, p in left.items() if p})
            return part if is_number(rest, 1) else np.multiply(rest, part)
    return None


def _with_log(power, powers):
    """``a^b`` with the ``log(a)`` beside it, and what of the factors that is."""
    for log, times in powers.items():
        if log.op is LOG and log.args[0] is power.args[0] and times >= 1:
            return node(_power_log(int(times)), *power.args), {power: 1, log: times}
    return None


def _with_inverse(whole, powers):
    """``det(X)`` with the factor that is linear in ``inv(X)``, and what of the factors that is."""
    inside = [f for f in powers if _has_inverse(f, whole)]
    part = _times(whole, inside[0]) if len(inside) == 1 and powers[inside[0]] == 1 else None
    return part if part is None else (part, {whole: 1, inside[0]: 1})


def _has_inverse(e, whole):
    return any(_is_inverse(part, whole) for part in walk(e))


def _is_inverse(e, whole):
    return e.op is INV and e.args[0] is whole.args[0]


def _times(whole, e):
    """``det(X) e``, for what is linear in ``inv(X)``; None for what is not."""
    if not _has_inverse(e, whole):
        return np.multiply(whole, e)
    if _is_inverse(e, whole):
        return node(ADJUGATE, *whole.args)
    inside = [a for a in e.args if _has_inverse(a, whole)]
    if e.op not in (ADD, SUBTRACT):  # linear in each operand
        below = e.op is DIVIDE and e.args[1] in {*inside}
        linear = e.op.einsum and not e.op.local_jacobian  # which det and norm are not
        linear = linear or e.op in (MULTIPLY, DIVIDE, NEGATIVE, ROW)
        if len(inside) != 1 or below or not linear or sum(a is inside[0] for a in e.args) > 1:
            return None
        new = [_times(whole, a) if a is inside[0] else a for a in e.args]
    else:
        new = [_times(whole, a) for a in e.args]
    return None if any(a is None for a in new) else rebuild(e, tuple(new))


def _dot(e):
    product_of_elements = _product(np.multiply(*e.args))
    return None if product_of_elements is None else np.sum(product_of_elements)


_REWRITTEN = {SUBTRACT: _difference, MULTIPLY: _product, DIVIDE: _product, DOT: _dot}
