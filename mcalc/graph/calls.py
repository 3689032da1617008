"""The second table: NumPy's functions that the rows of :mod:`mcalc.graph.primitives` make up.

What is taken means what NumPy means by it, for every parameter; whatever else NumPy's function can
do is refused by its name.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial, reduce

import numpy as np

from . import expr, simplify
from .axes import is_axis
from .dispatch import NUMPY, UnsupportedError
from .expr import SIZE, as_expr, as_limit, node
from .lengths import with_size_providers
from .primitives import (
    ABSOLUTE,
    ADD,
    BLOCKS,
    CONCATENATE,
    DOT,
    FMAX,
    FMIN,
    LOGICAL_NOT,
    MATRIX_SUM,
    MULTIPLY,
    NEGATIVE,
    PRIMITIVES,
    SOFTPLUS,
    STACK,
    SUBTRACT,
    SUM,
    ZEROS,
    as_column,
    can_be_nan,
    elementwise,
    of_vectors,
)
from .shapes import ShapeError, common_shape, same_length, shape_text
from .walk import is_number

# --- conditions ------------------------------------------------------------------------------


def _of_conditions(name, build, *operands):
    """What is made of conditions, which are 0 or 1; of numbers NumPy asks which are not 0."""
    for a in map(as_expr, operands):
        if not a.boolean:
            raise UnsupportedError(f"{name} takes conditions, and {a} is none: write {a} != 0")
    return build(*operands)


def _of_numbers(name, build, *operands):
    """What NumPy does to conditions in few bits, or not at all."""
    for a in map(as_expr, operands):
        if a.boolean:
            raise UnsupportedError(f"{name} takes numbers: write 1.0 * ({a})")
    return build(*operands)


# --- element by element ----------------------------------------------------------------------


def _divide(a, b):
    if _is_zero(as_expr(b)):
        raise ValueError(f"{as_expr(a)} divided by 0 has no value")
    return elementwise(PRIMITIVES["divide"], a, b)


def _power(base, exponent):
    """A power; of a condition it is a choice, which has a slope at 0 as well: of 0^0 it is 0."""
    base, exponent = as_expr(base), as_expr(exponent)
    if exponent.boolean and not base.boolean:
        return np.where(exponent, base, 1)
    return elementwise(PRIMITIVES["power"], base, exponent)


_WHOLE = {ADD, SUBTRACT, MULTIPLY, NEGATIVE, ABSOLUTE, SUM, MATRIX_SUM, DOT, SIZE}


def _reciprocal(a):
    """1/a; of what is a whole number for certain, as a count is, NumPy's is another function."""
    a = as_expr(a)
    if _is_whole(a):
        raise UnsupportedError(f"np.reciprocal takes numbers with a fraction: write 1 / ({a})")
    return np.divide(1, a)


def _is_whole(e):
    """Whether it is made of conditions and lengths alone; the number 1 may have been 1.0."""
    return e.boolean or e.op in _WHOLE and all(map(_is_whole, e.args))


def _is_zero(b):
    return is_number(b, 0) or as_column(b).op is ZEROS


def _without_nan(op, ufunc, a, b):
    """The larger or smaller of two, of which one may be no number."""
    if can_be_nan(as_expr(a)) or can_be_nan(as_expr(b)):
        return elementwise(op, a, b)
    return ufunc(a, b)


def _clip(a, a_min=..., a_max=..., *, min=..., max=...):
    """Between ``a_min`` and ``a_max``, of which one may be None, or from ``min`` to ``max``."""
    old, new = [b for b in (a_min, a_max) if b is not ...], [b for b in (min, max) if b is not ...]
    low, high = (b if b is not ... else None for b in ((min, max) if new else (a_min, a_max)))
    if low is high is None or len(old) == 1 or old and new:
        raise UnsupportedError(
            "np.clip takes two bounds, one of them may be None: np.clip(x, 0, 1)"
        )
    above = as_expr(a) if low is None else np.maximum(low, a)
    return above if high is None else np.minimum(high, above)


def _where(condition, x, y):
    if expr.is_boolean(x) and expr.is_boolean(y):  # then what is chosen is one, too
        x, y = (np.not_equal(as_expr(e), 0) for e in (x, y))
    return elementwise(PRIMITIVES["where"], condition, as_limit(x), as_limit(y))


def _log_add_exp(a, b):
    """log(exp(a) + exp(b))."""
    more = elementwise(SOFTPLUS, b if is_number(as_expr(a), 0) else np.subtract(b, a))
    return more if is_number(as_expr(a), 0) else a + more


# --- joined ----------------------------------------------------------------------------------


def _stack(arrays, axis=0):
    parts = [as_column(a) for a in arrays]
    if len({a.ndim for a in parts}) != 1 or parts[0].ndim > 1 or False in common_shape(parts):
        shapes = ", ".join(f"{a} ({shape_text(a.shape)})" for a in parts)
        error = UnsupportedError if parts[0].ndim > 1 else ShapeError
        raise error(f"stack: all scalars or all vectors of one length, not {shapes}")
    if not is_axis(axis, 1 + parts[0].ndim):
        raise UnsupportedError(f"np.stack: there is no axis {axis!r} to stack along")
    rows = node(STACK, *parts, axis=-1 - parts[0].ndim)
    return np.transpose(rows) if parts[0].ndim and axis in (1, -1) else rows


def _hstack(tup):
    """As `np.concatenate` along the last axis, of scalars too: ``np.hstack([b, x])``."""
    parts = [as_expr(a) for a in tup]
    if not any(a.ndim for a in parts):
        return np.stack(parts)
    return _concatenate([np.atleast_1d(a) for a in parts], axis=-1)


def _concatenate(arrays, axis=0):
    """Vectors one after the other, or matrices below or beside each other."""
    parts = [as_column(a) for a in arrays]
    if not any(a.ndim == 2 for a in parts):
        if not is_axis(axis, 1):
            raise UnsupportedError(f"np.concatenate: vectors have no axis {axis!r}")
        return of_vectors(CONCATENATE, *parts)
    if any(a.ndim != 2 for a in parts) or not is_axis(axis, 2):
        listed = ", ".join(f"{a} ({shape_text(a.shape)})" for a in parts)
        raise ShapeError(f"concatenate: matrices only, along axis 0 or 1, not {listed}")
    parts = [a.T for a in parts] if axis % 2 else parts
    if _common([a.shape[1] for a in parts]) is False:
        listed = ", ".join(f"{a} ({shape_text(a.shape)})" for a in parts)
        raise ShapeError(f"concatenate: the lengths across must agree: {listed}")
    whole = node(BLOCKS, *parts)
    return whole.T if axis % 2 else whole


def _common(lengths):
    return reduce(same_length, lengths)


def _as_rows(a):
    a = as_column(a)
    return a if a.ndim == 2 else a[None, :] if a.ndim else np.stack([a])[None, :]


def _as_columns(a):
    a = as_column(a)
    return a if a.ndim == 2 else a[:, None] if a.ndim else np.stack([a])[:, None]


def _log_add_exp_2(a, b):
    """log2(2^a + 2^b)."""
    log_2 = np.log(as_expr(2))
    return _log_add_exp(as_expr(a) * log_2, as_expr(b) * log_2) / log_2


def _full_like(a, fill_value):
    value = as_expr(fill_value)
    if value.ndim:
        raise UnsupportedError(f"np.full_like: {value} is {shape_text(value.shape)}, not a number")
    return value * np.ones_like(a)


def _same(name, a):
    """What changes no real number."""
    return _of_numbers(name, as_expr, a)


def _hypot(a, b):
    return np.sqrt(as_expr(a) ** 2 + as_expr(b) ** 2)


def _filled_like(name, number, a):
    if as_expr(a).boolean:
        raise UnsupportedError(f"{name} takes numbers: write 1.0 * ({as_expr(a)})")
    a = as_column(a)
    return with_size_providers(simplify.broadcast_to(as_expr(number), a.shape), a)


# --- the table -------------------------------------------------------------------------------

_ROWS: dict[Callable | str, Callable] = {
    np.divide: _divide,
    np.fmax: partial(_without_nan, FMAX, np.maximum),
    np.fmin: partial(_without_nan, FMIN, np.minimum),
    np.fabs: partial(_of_numbers, "np.fabs", lambda a: np.abs(a)),
    np.square: partial(_of_numbers, "np.square", lambda a: as_expr(a) ** 2),
    **dict.fromkeys((np.power, np.float_power), _power),
    np.reciprocal: _reciprocal,
    np.positive: partial(_of_numbers, "np.positive", as_expr),
    **{
        same: partial(_same, f"np.{same.__name__}")
        for same in (np.copy, np.real, np.real_if_close, np.conjugate)  # of real numbers
    },
    **{
        scaled: partial(_of_numbers, f"np.{scaled.__name__}", partial(np.multiply, factor))
        for scaled, factor in (
            (np.degrees, 180 / np.pi),
            (np.rad2deg, 180 / np.pi),
            (np.radians, np.pi / 180),
            (np.deg2rad, np.pi / 180),
        )
    },
    np.hypot: _hypot,
    np.logaddexp: partial(_of_numbers, "np.logaddexp", _log_add_exp),
    np.logaddexp2: partial(_of_numbers, "np.logaddexp2", _log_add_exp_2),
    np.full_like: _full_like,
    np.clip: _clip,
    np.where: _where,
    np.logical_and: partial(_of_conditions, "np.logical_and", np.multiply),
    np.logical_or: partial(_of_conditions, "np.logical_or", np.maximum),
    np.logical_not: partial(_of_conditions, "np.logical_not", partial(elementwise, LOGICAL_NOT)),
    np.bitwise_and: partial(_of_conditions, "&", np.multiply),
    np.bitwise_or: partial(_of_conditions, "|", np.maximum),
    np.invert: partial(_of_conditions, "~", partial(elementwise, LOGICAL_NOT)),
    np.stack: _stack,
    np.concatenate: _concatenate,
    np.hstack: _hstack,
    np.vstack: lambda tup: _concatenate([_as_rows(a) for a in tup], axis=0),
    np.column_stack: lambda tup: _concatenate([_as_columns(a) for a in tup], axis=1),
    np.ones_like: partial(_filled_like, "np.ones_like", 1),
    np.zeros_like: partial(_filled_like, "np.zeros_like", 0),
}
NUMPY.update(_ROWS)
