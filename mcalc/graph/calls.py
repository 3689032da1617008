"""The second table: NumPy's functions that the rows of :mod:`mcalc.graph.primitives` make up.

What is taken means what NumPy means by it, for every parameter; whatever else NumPy's function can
do is refused by its name.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial, reduce
from numbers import Integral

import numpy as np

from . import expr, simplify, walk
from .axes import is_axis
from .broadcast import vector_of
from .dispatch import NUMPY, UnsupportedError
from .expr import SIZE, as_expr, node
from .lengths import with_size_providers
from .primitives import (
    ABSOLUTE,
    ADD,
    BLOCKS,
    COLUMN,
    CONCATENATE,
    DET,
    DIAG,
    DIAGONAL,
    DIVIDE,
    DOT,
    FMAX,
    FMIN,
    IDENTITY,
    INV,
    LOGDET,
    LOGICAL_NOT,
    MATMAT,
    MATRIX_SUM,
    MATVEC,
    MULTIPLY,
    NEGATIVE,
    OUTER,
    PRIMITIVES,
    ROW,
    SOFTPLUS,
    STACK,
    SUBTRACT,
    SUM,
    TRACE,
    TRANSPOSE,
    TRIANGLE,
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
    if COLUMN in (a.op, b.op) or _is_laid_row(a) or _is_laid_row(b):
        return _matmul_laid(a, b)
    product = {(1, 1): DOT, (2, 1): MATVEC, (1, 2): VECMAT, (2, 2): MATMAT}
    left = as_column(a)
    result = node(product[left.ndim, b.ndim], left, b)
    return node(ROW, result) if a.op is ROW and b.ndim == 2 else result


def _is_laid_row(e):
    return e.op is TRANSPOSE and e.args[0].op is COLUMN


def _matmul_laid(a, b):
    """A product with a column ``v[:, None]`` or a row ``v[None, :]``."""
    left, right = vector_of(a), vector_of(b)
    if a.op is COLUMN:  # times a row, or a vector of one element
        if b.ndim == 2 and b.shape[0] == 1:
            return of_vectors(OUTER, left, right)
        raise ShapeError(
            f"matmul: {left}[:, None] is {shape_text(a.shape)} and {b} is {shape_text(b.shape)}: "
            "the inner lengths must agree"
        )
    whole = _matmul(left if _is_laid_row(a) else a, right if b.op is COLUMN else b)
    if _is_laid_row(b):
        raise ShapeError(
            f"matmul: {a} is {shape_text(a.shape)} and {right}[None, :] is {shape_text(b.shape)}: "
            "the inner lengths must agree"
        )
    if whole.ndim == 0:
        return whole
    laid = node(COLUMN, whole)
    return laid.T if _is_laid_row(a) else laid


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
    """A vector on a diagonal, or the diagonal of a matrix."""
    if not isinstance(k, Integral) or k:
        raise UnsupportedError(
            f"np.diag: k={k!r}, beside the diagonal, has no rule: write np.diag(v), or the rows of "
            "the matrix in np.stack"
        )
    v = as_column(v)
    return _square(DIAGONAL, v) if v.ndim == 2 else of_vector(DIAG, v)


def _diagonal(a, offset=0, axis1=0, axis2=1):
    if {axis1, axis2} - {0, 1, -1, -2} or axis1 % 2 == axis2 % 2:
        raise UnsupportedError(f"np.diagonal: axes {axis1!r} and {axis2!r} have no rule")
    return _square(DIAGONAL, a) if not offset else _diag(a, offset)


def _solve(a, b):
    """The solution of ``A x = b``: ``inv(A) b``."""
    return np.linalg.inv(as_expr(a)) @ as_expr(b)


def _matrix_power(a, n):
    if not isinstance(n, Integral) or isinstance(n, bool) or abs(n) > 100:
        raise UnsupportedError(f"np.linalg.matrix_power: {n!r} is no whole number up to 100")
    base = np.linalg.inv(as_expr(a)) if n < 0 else _square(TRACE, a).args[0]
    if n == 0:
        return node(IDENTITY, length=base.shape[0])
    return reduce(np.matmul, [base] * abs(n))


def _triangle(name, lower):
    def build(m, k=0):
        m = as_expr(m)
        if not isinstance(k, Integral) or isinstance(k, bool):
            raise UnsupportedError(f"np.{name}: k={k!r} is no whole number")
        if m.ndim != 2 or m.op is ROW:
            raise UnsupportedError(f"np.{name}: {m} is {shape_text(m.shape)}: a matrix is expected")
        return m * node(TRIANGLE, lengths=m.shape, k=int(k), lower=lower)

    return build


def _cumsum(a, axis=None):
    a = as_column(a)
    if a.ndim == 2 and axis is None:
        raise UnsupportedError("np.cumsum: a matrix needs its axis: np.cumsum(A, axis=0)")
    if not a.ndim or axis is not None and not is_axis(axis, a.ndim):
        raise UnsupportedError(f"np.cumsum: {a} has {a.ndim} axes, there is no axis {axis!r}")
    length = a.shape[axis or 0]
    lower = node(TRIANGLE, lengths=(length, length), k=0, lower=True)
    return a @ lower.T if a.ndim == 2 and axis % 2 else lower @ a


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


def _slogdet(a):
    return _SLOGDET(np.sign(_square(DET, a)), _square(LOGDET, a))


_SLOGDET = type(np.linalg.slogdet(np.eye(1)))  # the sign and the logarithm, by name


def _square(op, a):
    """An operation on a square matrix."""
    a = as_expr(a)
    if a.ndim != 2 or same_length(*a.shape) is False:
        raise ShapeError(f"{op.name}: {a} is {shape_text(a.shape)}, and not square")
    return node(op, a)


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
    np.hypot: _hypot,
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
    np.linalg.inv: partial(_square, INV),
    np.linalg.det: partial(_square, DET),
    np.linalg.slogdet: _slogdet,
    np.trace: partial(_square, TRACE),
    np.diagonal: _diagonal,
    np.linalg.solve: _solve,
    np.linalg.matrix_power: _matrix_power,
    np.tril: _triangle("tril", True),
    np.triu: _triangle("triu", False),
    np.cumsum: _cumsum,
    np.linalg.trace: partial(_square, TRACE),
    np.linalg.outer: lambda a, b: of_vectors(OUTER, a, b),
    np.stack: _stack,
    np.concatenate: _concatenate,
    np.hstack: lambda tup: _concatenate(tup, axis=-1),
    np.vstack: lambda tup: _concatenate([_as_rows(a) for a in tup], axis=0),
    np.column_stack: lambda tup: _concatenate([_as_columns(a) for a in tup], axis=1),
    np.ones_like: partial(_filled_like, "np.ones_like", 1),
    np.zeros_like: partial(_filled_like, "np.zeros_like", 0),
}
NUMPY.update(_ROWS)
