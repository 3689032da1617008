"""The second table: NumPy's functions that the rows of :mod:`mcalc.graph.primitives` make up.

What is taken means what NumPy means by it, for every parameter; whatever else NumPy's function can
do is refused by its name.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial, reduce
from numbers import Integral, Real

import numpy as np

from . import expr, simplify, walk
from .dispatch import NUMPY, UnsupportedError
from .expr import SIZE, as_expr, node
from .lengths import with_size_providers
from .primitives import (
    ABSOLUTE,
    ADD,
    CONCATENATE,
    DET,
    DIAG,
    DIVIDE,
    DOT,
    FMAX,
    FMIN,
    FROBENIUS,
    IDENTITY,
    INV,
    LOGDET,
    LOGICAL_NOT,
    MATMAT,
    MATRIX_SUM,
    MATVEC,
    MAX,
    MULTIPLY,
    NEGATIVE,
    NORM,
    ONES,
    OUTER,
    PRIMITIVES,
    ROW,
    SOFTPLUS,
    STACK,
    SUBTRACT,
    SUM,
    TRACE,
    TRANSPOSE,
    VECMAT,
    ZEROS,
    as_column,
    can_be_nan,
    common_shape,
    elementwise,
    of_vector,
    of_vectors,
)
from .shapes import ShapeError, same_length, shape_text
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
    return elementwise(PRIMITIVES["where"], condition, x, y)


def _log_add_exp(a, b):
    """log(exp(a) + exp(b))."""
    more = elementwise(SOFTPLUS, b if is_number(as_expr(a), 0) else np.subtract(b, a))
    return more if is_number(as_expr(a), 0) else a + more


# --- products --------------------------------------------------------------------------------


def _matmul(a, b):
    a, b = as_expr(a), as_expr(b)
    if 0 in (a.ndim, b.ndim):
        raise ShapeError(f"matmul: {a} @ {b} has a scalar in it: write * for scalar products")
    if b.op is ROW:
        advice = "use np.outer for column times row, and leave out the .T for a dot product"
        if a.ndim == 2:
            advice = "the inner lengths must agree; a row times a matrix has the row first"
        raise ShapeError(
            f"matmul: {a} @ {b} is {shape_text(a.shape)} by {shape_text(b.shape)}: {advice}"
        )
    product = {(1, 1): DOT, (2, 1): MATVEC, (1, 2): VECMAT, (2, 2): MATMAT}
    left = as_column(a)
    result = node(product[left.ndim, b.ndim], left, b)
    return node(ROW, result) if a.op is ROW and b.ndim == 2 else result


def _dot(a, b):
    a, b = as_expr(a), as_expr(b)
    return np.multiply(a, b) if 0 in (a.ndim, b.ndim) else _matmul(a, b)


def _inner(a, b):
    """The sums over the last axis of both: of matrices ``A B^T``."""
    a, b = as_column(a), as_column(b)
    if a.ndim == b.ndim == 2:
        return _matmul(a, b.T)
    return _dot(b, a) if b.ndim == 2 else _dot(a, b)


def _vdot(a, b):
    """The dot product of all elements, of matrices as well."""
    a, b = as_column(a), as_column(b)
    if a.boolean and b.boolean:
        raise UnsupportedError(f"np.vdot takes numbers: write 1.0 * ({a})")
    if a.ndim != b.ndim or a.ndim == 2 and False in common_shape((a, b)):
        raise ShapeError(
            f"vdot: {a} is {shape_text(a.shape)} and {b} is {shape_text(b.shape)}: two of one "
            "shape are expected"
        )
    return np.sum(np.multiply(a, b)) if a.ndim == 2 else _dot(a, b)


def _diag(v, k=0):
    if not isinstance(k, Integral) or k:
        raise UnsupportedError(
            f"np.diag: k={k!r}, beside the diagonal, has no rule: write np.diag(v), or the rows of "
            "the matrix in np.stack"
        )
    return of_vector(DIAG, v)


def _transpose(a):
    a = as_expr(a)
    if a.ndim == 0 or a.op in (IDENTITY, DIAG):
        return a
    if a.op in (ROW, TRANSPOSE):
        return a.args[0]
    if a.op is STACK and all(row.op is STACK for row in a.args) and a.ndim == 2:
        return _stack([_stack(column) for column in zip(*(r.args for r in a.args), strict=True)])
    if a.op in (OUTER, MATMAT):
        return node(a.op, *(e.T if e.ndim == 2 else e for e in reversed(a.args)))
    if a.ndim == 2 and a.op.sympy_form and not any(e.ndim == 1 or e.op is ROW for e in a.args):
        late = TRANSPOSE if a.op is ADD else None
        turned = node(a.op, *sorted(map(_transpose, a.args), key=lambda e: e.op is late))
        matrices = [e for e in a.args if e.ndim == 2]
        scaled = len(matrices) == 1 and a.op in (MULTIPLY, DIVIDE, NEGATIVE)
        if scaled or _transposes(turned) <= _transposes(a):  # A^T + A, but (A x - Y)^T
            return turned
    return node(ROW if a.ndim == 1 else TRANSPOSE, a)


def _transposes(a):
    return sum(e.op is TRANSPOSE for e in walk.walk(a))


def _sum(a, axis=None):
    return _added(a, axis, "np.sum")


def _added(a, axis, name):
    a = as_column(a)
    if axis is not None and not _is_axis(axis, a.ndim):
        raise UnsupportedError(f"{name}: {a} has {a.ndim} axes, there is no axis {axis!r}")
    if axis is None or a.ndim < 2:
        return node((SUM, MATRIX_SUM)[a.ndim - 1], a) if a.ndim else a
    rows, columns = (node(ONES, length=length) for length in a.shape)
    return rows @ a if axis in (0, -2) else a @ columns


def _is_axis(axis, ndim):
    return isinstance(axis, Integral) and not isinstance(axis, bool) and -ndim <= axis < ndim


def _mean(a, axis=None):
    a = as_column(a)
    total = _added(a, axis, "np.mean")
    lengths = a.shape if axis is None else (a.shape[axis],)
    return (1 / reduce(np.multiply, map(expr.size, lengths))) * total if lengths else total


def _slogdet(a):
    return _SLOGDET(np.sign(_square(DET, a)), _square(LOGDET, a))


_SLOGDET = type(np.linalg.slogdet(np.eye(1)))  # the sign and the logarithm, by name


def _square(op, a):
    """An operation on a square matrix."""
    a = as_expr(a)
    if a.ndim != 2 or same_length(*a.shape) is False:
        raise ShapeError(f"{op.name}: {a} is {shape_text(a.shape)}, and not square")
    return node(op, a)


def _min(a):
    (a,) = of_vector(MAX, a, "min").args
    if a.boolean:
        return elementwise(LOGICAL_NOT, node(MAX, elementwise(LOGICAL_NOT, a)))
    return -node(MAX, -a)


def _norm(a, ord=None):
    if as_expr(a).ndim == 2 and as_expr(a).op is not ROW:
        if not (ord is None or isinstance(ord, str) and ord == "fro"):
            raise UnsupportedError(
                f"np.linalg.norm: ord={ord!r} of a matrix has no rule; the Frobenius norm has"
            )
        return node(FROBENIUS, as_expr(a))
    norm = of_vector(NORM, a)
    if ord is not None and not (isinstance(ord, Real) and ord in (1, 2, np.inf)):
        raise UnsupportedError(f"np.linalg.norm: ord={ord!r} has no rule; 1, 2 and np.inf have")
    sizes = np.abs(*norm.args)
    return np.sum(sizes) if ord == 1 else np.max(sizes) if ord == np.inf else norm


def _stack(arrays, axis=0):
    parts = [as_column(a) for a in arrays]
    if len({a.ndim for a in parts}) != 1 or parts[0].ndim > 1 or False in common_shape(parts):
        shapes = ", ".join(f"{a} ({shape_text(a.shape)})" for a in parts)
        error = UnsupportedError if parts[0].ndim > 1 else ShapeError
        raise error(f"stack: all scalars or all vectors of one length, not {shapes}")
    if not _is_axis(axis, 1 + parts[0].ndim):
        raise UnsupportedError(f"np.stack: there is no axis {axis!r} to stack along")
    rows = node(STACK, *parts, axis=-1 - parts[0].ndim)
    return np.transpose(rows) if parts[0].ndim and axis in (1, -1) else rows


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
    np.logaddexp: partial(_of_numbers, "np.logaddexp", _log_add_exp),
    np.clip: _clip,
    np.where: _where,
    np.logical_and: partial(_of_conditions, "np.logical_and", np.multiply),
    np.logical_or: partial(_of_conditions, "np.logical_or", np.maximum),
    np.logical_not: partial(_of_conditions, "np.logical_not", partial(elementwise, LOGICAL_NOT)),
    np.bitwise_and: partial(_of_conditions, "&", np.multiply),
    np.bitwise_or: partial(_of_conditions, "|", np.maximum),
    np.invert: partial(_of_conditions, "~", partial(elementwise, LOGICAL_NOT)),
    np.matmul: _matmul,
    np.dot: _dot,
    np.inner: _inner,
    np.vdot: _vdot,
    np.outer: lambda a, b: of_vectors(OUTER, a, b),
    np.transpose: lambda a: _transpose(a),
    np.diag: _diag,
    np.sum: _sum,
    np.mean: _mean,
    np.var: lambda a: _mean((as_expr(a) - _mean(a)) ** 2),
    np.std: lambda a: np.sqrt(np.var(a)),
    np.max: lambda a: of_vector(MAX, a),
    np.min: _min,
    np.linalg.norm: _norm,
    np.linalg.inv: partial(_square, INV),
    np.linalg.det: partial(_square, DET),
    np.linalg.slogdet: _slogdet,
    np.trace: partial(_square, TRACE),
    np.stack: _stack,
    np.concatenate: lambda arrays: of_vectors(CONCATENATE, *arrays),
    np.hstack: lambda arrays: of_vectors(CONCATENATE, *arrays),
    np.ones_like: partial(_filled_like, "np.ones_like", 1),
    np.zeros_like: partial(_filled_like, "np.zeros_like", 0),
}
NUMPY.update(_ROWS)
