"""Sums and their like along an axis, and vectors that are laid down as rows and columns.

``axis`` and ``keepdims`` mean what they mean in NumPy. What keeps its axis is a column,
``v[:, None]``, or a row, ``v[None, :]``, and is repeated beside a matrix (``elementwise`` in
:mod:`mcalc.graph.primitives`).
"""

from __future__ import annotations

import inspect
import operator
from collections.abc import Callable
from functools import partial, reduce
from numbers import Integral, Real

import numpy as np

from .broadcast import spread, vector_of
from .dispatch import NUMPY, UnsupportedError
from .expr import Expr, as_expr, is_boolean, node, size
from .length import Length
from .primitives import (
    COLUMN,
    FROBENIUS,
    LOGICAL_NOT,
    MATRIX_SUM,
    MAX,
    NORM,
    ONES,
    PROD,
    ROW,
    ROWMAX,
    ROWPROD,
    SUM,
    ZEROS,
    as_column,
    elementwise,
    of_vector,
)
from .shapes import ShapeError, shape_text
from .walk import is_number


def is_axis(axis, ndim) -> bool:
    return isinstance(axis, Integral) and not isinstance(axis, bool) and -ndim <= axis < ndim


# --- along an axis ---------------------------------------------------------------------------


def _reduction(name, all_of, along):
    """NumPy's function of this name: ``all_of`` an expression, or ``along`` an axis of a matrix.

    ``along`` makes a vector of a matrix: of each row one element, or of each column.
    """

    def reduced(a, axis=None, *, keepdims=False, **more):
        a = as_expr(a)
        a = a.args[0] if a.op is ROW else a
        axis = _one_axis(name, a, axis)
        _as_flag(name, keepdims)
        if axis is None or a.ndim < 2:
            whole = all_of(vector_of(a) if 1 in a.shape else a, **more)
            return _with_axes(whole, a.ndim) if keepdims else whole
        axis %= 2
        if a.shape[1 - axis] == 1:  # one row, or one column, along it
            whole = all_of(vector_of(a), **more)
        else:
            whole = along(a, axis, **more)
        if whole.ndim == 0:
            return _with_axes(whole, 1 + bool(keepdims))
        return _laid(whole, axis) if keepdims else whole

    own = list(inspect.signature(all_of).parameters.values())[1:]
    own = [p.replace(kind=p.KEYWORD_ONLY) for p in own]
    plain = list(inspect.signature(reduced).parameters.values())[:-1]
    reduced.__signature__ = inspect.Signature([*plain, *own])  # what is refused is told from it
    return reduced


def _with_axes(number, ndim):
    """The one element that is left, in as many axes as there were."""
    single = np.stack([number]) if ndim else number
    return node(COLUMN, single) if ndim == 2 else single


def _laid(v, axis):
    """What is left along an axis, beside the matrix again: a column, or a row."""
    return node(COLUMN, v) if axis else node(COLUMN, v).T


def _one_axis(name, a, axis):
    """The axis as a number; None for all of them, and for a vector's only one."""
    if isinstance(axis, tuple):
        if len(axis) == a.ndim and all(is_axis(k, a.ndim) for k in axis):
            return None
        axis = axis[0] if len(axis) == 1 else axis
    if axis is None:
        return None
    if not is_axis(axis, a.ndim):
        raise UnsupportedError(f"{name}: {a} has {a.ndim} axes, there is no axis {axis!r}")
    return axis


def _as_flag(name, keepdims):
    if not isinstance(keepdims, Integral):
        raise UnsupportedError(f"{name}: keepdims is True or False, not {keepdims!r}")


def _sum_of_all(a, where=True, initial=0):
    a = _chosen(a, where)
    whole = node((SUM, MATRIX_SUM)[a.ndim - 1], a) if a.ndim else a
    return _with_initial(whole, initial)


def _with_initial(whole, initial):
    if not isinstance(initial, Real):
        raise UnsupportedError(f"np.sum: initial is a number, not {initial!r}")
    return whole if initial == 0 else whole + initial


def _sums_along(X, axis, where=True, initial=0):
    X = _chosen(X, where)
    if X.shape[axis] == 1:
        return vector_of(X)
    ones = node(ONES, length=X.shape[axis])
    whole = X @ ones if axis else ones @ X
    return _with_initial(whole, initial)


def _chosen(a, where, name="np.sum"):
    """The elements that a condition chooses, 0 in the place of the others."""
    if where is True:
        return a
    if not (as_expr(where).boolean or is_boolean(where)):
        raise UnsupportedError(f"{name}: where is a condition, not {where!r}")
    chosen = np.where(where, a, 0)
    if chosen.shape != a.shape:
        raise ShapeError(
            f"{name}: where is {shape_text(as_expr(where).shape)} and {a} is {shape_text(a.shape)}"
        )
    return chosen


def _mean_of_all(a, where=True):
    if where is not True:
        return _sum_of_all(_chosen(a, where, "np.mean")) / _sum_of_all(_ones_where(a, where))
    whole = _sum_of_all(a)
    return (1 / _count(a.shape)) * whole if a.ndim else whole


def _means_along(X, axis, where=True):
    if where is not True:
        whole = _sums_along(_chosen(X, where, "np.mean"), axis)
        return whole / _sums_along(_ones_where(X, where), axis)
    return (1 / size(X.shape[axis])) * _sums_along(X, axis)


def _ones_where(a, where):
    return np.ones_like(a) * np.where(where, 1, 0)


def _count(lengths) -> Expr:
    return reduce(operator.mul, map(size, lengths))


def _var_of_all(a, ddof=0, correction=0):
    ddof = _ddof(ddof, correction)
    if ddof and not a.ndim:
        raise UnsupportedError(f"np.var: {a} is one number, and ddof={ddof} leaves none of it")
    squares = (a - _mean_of_all(a)) ** 2
    if not ddof:
        return _mean_of_all(squares)
    return _sum_of_all(squares) / (_count(a.shape) - ddof)


def _vars_along(X, axis, ddof=0, correction=0):
    ddof = _ddof(ddof, correction)
    squares = (X - _laid(_means_along(X, axis), axis)) ** 2
    if not ddof:
        return _means_along(squares, axis)
    return _sums_along(squares, axis) / (size(X.shape[axis]) - ddof)


def _ddof(ddof, correction):
    """What is subtracted from the count; NumPy has two names for it."""
    number = correction if ddof == 0 else ddof
    if not isinstance(number, Real) or isinstance(number, bool) or ddof != 0 != correction:
        raise UnsupportedError(f"np.var: ddof is a number such as 1, not {number!r}")
    return number


def _max_of_all(a):
    if a.ndim == 0:
        return a
    return node(MAX, node(ROWMAX, a) if a.ndim == 2 else a)


def _maxima_along(X, axis):
    X = X if axis else X.T
    return vector_of(X) if X.shape[1] == 1 else node(ROWMAX, X)


def _lowest(largest, a, *axis):
    """The smallest is minus the largest of the negative; of conditions it is a condition."""
    if a.boolean:
        return elementwise(LOGICAL_NOT, largest(elementwise(LOGICAL_NOT, a), *axis))
    return -largest(-a, *axis)


def _prod_of_all(a):
    if a.ndim == 0:
        return a
    return node(PROD, _products_along(a, 1) if a.ndim == 2 else a)


def _products_along(X, axis):
    X = X if axis else X.T
    return vector_of(X) if X.shape[1] == 1 else node(ROWPROD, X)


def _norm(a, ord=None, axis=None, keepdims=False):
    a = as_expr(a)
    a = a.args[0] if a.op is ROW else a
    axis = _one_axis("np.linalg.norm", a, axis)
    _as_flag("np.linalg.norm", keepdims)
    if a.ndim == 2 and axis is not None:
        return _row_norms(a, ord, axis=axis, keepdims=keepdims)
    if a.ndim == 2:
        if not (ord is None or isinstance(ord, str) and ord == "fro"):
            raise UnsupportedError(
                f"np.linalg.norm: ord={ord!r} of a matrix has no rule; the Frobenius norm has"
            )
        whole = node(NORM, vector_of(a)) if 1 in a.shape else node(FROBENIUS, a)
    else:
        whole = of_vector(NORM, a)
        _known_order(ord)
        whole = whole if ord in (None, 2) else _of_order(*whole.args, ord)
    return _with_axes(whole, a.ndim) if keepdims else whole


def _row_norms(a, ord, **how):
    _known_order(ord)
    return np.sqrt(np.sum(a * a, **how)) if ord in (None, 2) else _of_order(a, ord, **how)


def _of_order(a, p, **how):
    """The sum of the p-th powers of absolute values, and its p-th root."""
    sizes = np.abs(a)
    if abs(p) == np.inf:
        return np.max(sizes, **how) if p > 0 else np.min(sizes, **how)
    return np.sum(sizes, **how) if p == 1 else np.sum(sizes**p, **how) ** (1 / as_expr(p))


def _vector_norm(x, *, axis=None, keepdims=False, ord=2):
    """The norm of all elements, or along an axis."""
    x = as_column(x)
    if x.ndim == 2 and axis is None:
        _known_order(ord)
        whole = _norm(x) if ord in (None, 2) else _of_order(x, ord)
        return _with_axes(whole, 2) if keepdims else whole
    return _norm(x, ord, axis, keepdims)


def _matrix_norm(x, *, keepdims=False, ord="fro"):
    x = as_column(x)
    if x.ndim != 2:
        raise ShapeError(f"np.linalg.matrix_norm: {x} is {shape_text(x.shape)}, and no matrix")
    return _norm(x, ord, None, keepdims)


def _known_order(ord):
    if ord is not None and not (isinstance(ord, Real) and (ord >= 1 or ord == -np.inf)):
        raise UnsupportedError(
            f"np.linalg.norm: ord={ord!r} has no rule; a number from 1 on, np.inf and -np.inf have"
        )


def _root(variance):
    return lambda *a, **more: np.sqrt(variance(*a, **more))


def _average(a, axis=None, weights=None, *, keepdims=False):
    if weights is None:
        return np.mean(a, axis=axis, keepdims=keepdims)
    a, w = as_column(a), as_column(weights)
    if a.ndim == 0 or w.ndim == 0 or a.ndim == 1 < w.ndim or a.ndim > w.ndim and axis is None:
        raise ShapeError(
            f"average: {a} is {shape_text(a.shape)} and its weights {w} are {shape_text(w.shape)}"
        )
    if w.op is ZEROS or w.op.is_list and all(is_number(part, 0) for part in w.args):
        raise ValueError(f"average: the weights {w} have the sum 0")
    if a.ndim == 2 and w.ndim == 1:
        w = lay(w, (slice(None), None)) if axis in (0, -2) else w
    return np.sum(a * w, axis=axis, keepdims=keepdims) / np.sum(
        w if w.ndim == a.ndim else vector_of(w)
    )


# --- rows and columns ------------------------------------------------------------------------

_ALL, _NEW = slice(None), None


def lay(v, key) -> Expr | None:
    """``v[:, None]`` and ``v[None, :]``; None for any other key."""
    if not isinstance(key, tuple):
        key = (key,)
    if any(not (k is None or k is Ellipsis or isinstance(k, slice)) for k in key):
        return None
    if any(isinstance(k, slice) and k != _ALL for k in key) or None not in key:
        return None
    v = as_column(v)
    if v.ndim != 1:
        raise UnsupportedError(
            f"{v} has {v.ndim} axes, and another one makes an array that is no matrix: write its "
            "products as @, or with np.einsum"
        )
    first = key.index(None) == 0
    if key.count(None) > 1:
        raise UnsupportedError(f"{v}[{', '.join(map(str, key))}] has more than two axes")
    return node(COLUMN, v).T if first else node(COLUMN, v)


def _is_count(n):
    return isinstance(n, Integral) and not isinstance(n, bool) and n > 0


def _squeeze(a, axis=None):
    a = as_column(a)
    if axis is not None and (not is_axis(axis, a.ndim) or a.shape[axis] != 1):
        raise UnsupportedError(f"np.squeeze: {a} is {shape_text(a.shape)}: axis {axis!r} is not 1")
    if axis is None and all(n == 1 for n in a.shape):  # the one element, a scalar
        return a[(0,) * a.ndim] if a.ndim else a
    return vector_of(a) if a.ndim == 2 and 1 in a.shape else a


def _broadcast_to(a, shape):
    a = as_expr(a)
    shape = tuple(shape) if isinstance(shape, tuple | list) else (shape,)
    lengths = all(isinstance(n, Length) or n in a.shape or _is_count(n) for n in shape)
    if len(shape) not in (1, 2) or not lengths:
        raise UnsupportedError(f"np.broadcast_to: {shape} is not the shape of a vector or matrix")
    if len(shape) == 2:
        whole = spread(a if a.ndim else a * node(ONES, length=shape[1]), shape)
    else:
        whole = a if a.ndim else a * node(ONES, length=shape[0])
    if whole.shape != shape:
        raise ShapeError(f"broadcast_to: {a} is {shape_text(a.shape)}, and not {shape}")
    return whole


def _size(a, axis=None):
    """How many elements there are, of all or along an axis, as a number in a formula."""
    a = as_column(a)
    if axis is not None and not is_axis(axis, a.ndim):
        raise UnsupportedError(f"np.size: {a} has {a.ndim} axes, there is no axis {axis!r}")
    return a.size if axis is None else size(a.shape[axis])


REDUCTIONS: dict[Callable, tuple] = {
    np.sum: ("np.sum", _sum_of_all, _sums_along),
    np.mean: ("np.mean", _mean_of_all, _means_along),
    np.var: ("np.var", _var_of_all, _vars_along),
    np.std: ("np.std", _root(_var_of_all), _root(_vars_along)),
    np.max: ("np.max", _max_of_all, _maxima_along),
    np.min: ("np.min", lambda a: _lowest(_max_of_all, a), partial(_lowest, _maxima_along)),
    np.prod: ("np.prod", _prod_of_all, _products_along),
    np.amax: ("np.amax", _max_of_all, _maxima_along),
    np.amin: ("np.amin", lambda a: _lowest(_max_of_all, a), partial(_lowest, _maxima_along)),
}
NUMPY.update({function: _reduction(*how) for function, how in REDUCTIONS.items()})
NUMPY.update(
    {
        "lay": lay,
        np.linalg.norm: _norm,
        np.linalg.vector_norm: _vector_norm,
        np.linalg.matrix_norm: _matrix_norm,
        np.average: _average,
        np.squeeze: _squeeze,
        np.broadcast_to: _broadcast_to,
        np.shape: lambda a: as_column(a).shape,
        np.ndim: lambda a: as_column(a).ndim,
        np.size: _size,
    }
)
