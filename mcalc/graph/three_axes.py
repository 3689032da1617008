"""Arrays of three axes on their way to a matrix: ``np.sum((X[:, None] - Y[None]) ** 2, axis=-1)``.

Such an array is never a value of its own. It is kept as a sum of products of matrices, vectors and
scalars, each with the axes that it has, and a sum over an axis makes matrix products of it:
``X_ik Y_jk``, summed over k, is ``X Y^T``.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce
from numbers import Integral
from typing import Any

import numpy as np

from .axes import is_axis, lay
from .broadcast import vector_of
from .dispatch import UnsupportedError, full_name
from .expr import Expr, Unfinished, as_expr, node, size
from .primitives import COLUMN, ONES, as_column
from .shapes import ShapeError, same_length, shape_text
from .walk import is_number
from .weighted import weighted_sum

Parts = Mapping[tuple[int, ...], Expr]  # axes -> the product of what has these axes
Term = tuple[Any, Parts]  # a number and what it multiplies
_HIGHEST = 4  # the power that is multiplied out at most


class ThreeAxes(Unfinished):
    """A sum of products with three axes, for ``+ - *``, whole powers, and sums over an axis.

    >>> import mcalc as mc
    >>> X, Y = mc.matrices("X Y", shape=("N", "n"))
    >>> np.sum(X[:, None] * Y[None], axis=-1)
    X Y^T  (N x N)
    """

    __slots__ = ("shape", "terms")
    ndim = 3

    def __init__(self, shape, terms):
        self.shape = shape
        self.terms: list[Term] = _collected(terms)

    def __array_ufunc__(self, ufunc, method, *inputs, **options):
        build = _ELEMENTWISE.get(ufunc)
        if build is None or method != "__call__" or options:
            raise UnsupportedError(self._no_rule(full_name(ufunc)))
        return build(*inputs)

    def __array_function__(self, function, types, args, options):
        build = _FUNCTIONS.get(function)
        if build is None:
            raise UnsupportedError(self._no_rule(full_name(function)))
        return build(*args, **options)

    def _no_rule(self, name):
        return (
            f"{name} of an array of three axes, {shape_text(self.shape)}, has no rule: it is made "
            "of +, - and *, and then summed over an axis, np.sum(..., axis=-1)"
        )

    @property
    def expr(self):
        """There is none: what has three axes is no formula of its own."""
        raise UnsupportedError(
            f"an array of three axes, {shape_text(self.shape)}, is no matrix: sum over one of "
            "them, np.sum(..., axis=-1)"
        )

    def sum(self, axis=None, *, keepdims=False):
        return _sum(self, axis, keepdims=keepdims)

    def mean(self, axis=None, *, keepdims=False):
        return _mean(self, axis, keepdims=keepdims)

    def __getitem__(self, key):
        raise UnsupportedError(f"a part of {self!r}, has no rule: take parts of the matrices first")

    def __getattr__(self, name):
        if name[0] != "_" and hasattr(np.ndarray, name):
            raise UnsupportedError(self._no_rule(f"the method {name}"))
        raise AttributeError(f"{self!r}, has no attribute {name!r}")

    def __repr__(self):
        return f"an array of three axes, {shape_text(self.shape)}"


def with_new_axes(e: Expr, keys: tuple) -> ThreeAxes | None:
    """``X[:, None, :]`` and the like; None where it is no array of three axes."""
    if any(k is Ellipsis for k in keys):
        place = next(k for k, some in enumerate(keys) if some is Ellipsis)
        rest = e.ndim - sum(k is not None for k in keys) + 1
        keys = (*keys[:place], *[slice(None)] * rest, *keys[place + 1 :])
    if e.boolean:
        return None
    keys = (*keys, *[slice(None)] * (e.ndim - sum(k is not None for k in keys)))
    kept = tuple(k for k, some in enumerate(keys) if some is not None)
    if len(keys) != 3 or len(kept) != e.ndim or any(keys[k] != slice(None) for k in kept):
        return None
    return _with_axes(e, kept)


def _with_axes(e, axes):
    """An array in which the axes of ``e`` have these places."""
    shape: list = [1, 1, 1]
    for k, length in zip(axes, e.shape, strict=True):
        shape[k] = length
    long = tuple(k for k in axes if shape[k] != 1)
    if is_number(e):
        return ThreeAxes(tuple(shape), [(e.params["value"], {})])
    return ThreeAxes(tuple(shape), [(1, {long: vector_of(e) if len(long) < e.ndim == 2 else e})])


def _as_three_axes(value):
    if isinstance(value, ThreeAxes):
        return value
    e = as_column(as_expr(value))
    if e.boolean:
        raise UnsupportedError(f"three axes are of numbers: write 1.0 * ({e})")
    return _with_axes(e, tuple(range(3 - e.ndim, 3)))


def _collected(terms) -> list[Term]:
    """Like products added up: ``(X_ik - Y_jk)^2`` has the one ``-2 X_ik Y_jk``."""
    numbers: dict[frozenset, Any] = {}
    for number, parts in terms:
        key = frozenset(parts.items())
        numbers[key] = numbers.get(key, 0) + number
    return [
        (number, dict(sorted(key, key=lambda part: part[0])))
        for key, number in numbers.items()
        if number or len(numbers) == 1
    ]


# --- element by element ----------------------------------------------------------------------


def _common(a, b):
    shape = tuple(
        m if n == 1 else n if m == 1 else same_length(m, n)
        for m, n in zip(a.shape, b.shape, strict=True)
    )
    if False in shape:
        raise ShapeError(f"{shape_text(a.shape)} and {shape_text(b.shape)} do not fit together")
    return shape


def _add(a, b):
    a, b = _as_three_axes(a), _as_three_axes(b)
    return ThreeAxes(_common(a, b), [*a.terms, *b.terms])


def _multiply(a, b):
    a, b = _as_three_axes(a), _as_three_axes(b)
    return ThreeAxes(_common(a, b), [_product(s, t) for s in a.terms for t in b.terms])


def _product(one: Term, other: Term) -> Term:
    (m, s), (n, t) = one, other
    return m * n, {
        axes: s[axes] * t[axes] if axes in s and axes in t else s[axes] if axes in s else t[axes]
        for axes in {**s, **t}
    }


def _divide(a, b):
    b = _as_three_axes(b)
    if len(b.terms) > 1:
        raise UnsupportedError(
            f"a division by a sum with three axes, {shape_text(b.shape)}, has no rule: sum over an "
            "axis first"
        )
    ((number, parts),) = b.terms
    if not number:
        raise ValueError("an array of three axes divided by 0 has no value")
    inverse = {axes: 1 / e for axes, e in parts.items()}
    return _multiply(a, ThreeAxes(b.shape, [(1 / number, inverse)]))


def _power(a, exponent):
    if not isinstance(exponent, Integral) or not 1 <= exponent <= _HIGHEST:
        raise UnsupportedError(
            f"a power of an array of three axes is a whole number from 1 to {_HIGHEST}, not "
            f"{exponent!r}: sum over an axis first"
        )
    return reduce(_multiply, [_as_three_axes(a)] * int(exponent))


_ELEMENTWISE: dict = {
    np.add: _add,
    np.subtract: lambda a, b: _add(a, _multiply(-1, b)),
    np.multiply: _multiply,
    np.divide: _divide,
    np.negative: lambda a: _multiply(-1, a),
    np.positive: _as_three_axes,
    np.square: lambda a: _power(a, 2),
    np.power: _power,
}


# --- over an axis ----------------------------------------------------------------------------


def _axes_of(a, axis):
    axes = (0, 1, 2) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    if not all(is_axis(k, 3) for k in axes) or len({k % 3 for k in axes}) < len(axes):
        raise UnsupportedError(f"{a!r}, has no axis {axis!r}")
    return sorted(k % 3 for k in axes)


def _sum(a, axis=None, *, keepdims=False):
    """The sum over one axis, which is a matrix, or over more of them."""
    axes = _axes_of(a, axis)
    *others, last = axes
    left = [k for k in range(3) if k != last]
    terms = [(n, _summed(parts, last, left, a.shape)) for n, parts in a.terms]
    terms.sort(key=lambda term: term[0] < 0)  # what is taken away stands last
    whole = weighted_sum(terms)
    if whole.shape != tuple(a.shape[k] for k in left):  # no term has the other axis
        whole = np.broadcast_to(whole, tuple(a.shape[k] for k in left))
    if keepdims:
        kept = _with_axes(whole, tuple(left))
        return _sum(kept, tuple(others), keepdims=True) if others else kept
    return np.sum(whole, axis=tuple(others)) if others else whole


def _mean(a, axis=None, *, keepdims=False):
    count = reduce(np.multiply, [size(a.shape[k]) for k in _axes_of(a, axis)])
    return (1 / count) * _sum(a, axis, keepdims=keepdims)


def _norm(a, ord=None, axis=None, keepdims=False):
    if ord not in (None, 2) or isinstance(axis, tuple) or axis is None:
        raise UnsupportedError(
            f"np.linalg.norm of {a!r}: the norm along one axis has a rule, np.linalg.norm(..., "
            "axis=-1)"
        )
    squares = _sum(_power(a, 2), axis)
    return _with_axes(np.sqrt(squares), _left(axis)) if keepdims else np.sqrt(squares)


def _left(axis):
    return tuple(k for k in range(3) if k != axis % 3)


def _summed(term: Parts, axis, left, shape):
    """One product, summed over an axis, as a scalar, column, row or matrix."""
    across = term.get((axis,))
    meeting = [axes for axes in term if axis in axes and len(axes) == 2]
    if len(meeting) == 2:  # A_ik v_k B_jk
        first, second = (_by_axis_last(term[axes], axes, axis) for axes in sorted(meeting))
        inner = (first if across is None else first * across) @ second.T
        parts = [inner]
    elif meeting:  # A_ik v_k
        (axes,) = meeting
        ones = node(ONES, length=shape[axis])
        along = _by_axis_last(term[axes], axes, axis) @ (ones if across is None else across)
        parts = [_laid(along, axes[0] if axes[1] == axis else axes[1], left)]
    else:
        parts = [size(shape[axis]) if across is None else np.sum(across)]
    rest = [(axes, e) for axes, e in term.items() if axis not in axes]
    parts += [_laid(e, axes[0], left) if len(axes) == 1 else e for axes, e in rest]
    whole = reduce(np.multiply, parts)
    return whole if whole.ndim else _filled(whole, left, shape)


def _filled(number, left, shape):
    """A number in the place of each element."""
    rows, columns = (shape[k] for k in left)
    if columns == 1:
        return node(COLUMN, number * node(ONES, length=rows))
    across = node(COLUMN, node(ONES, length=columns)).T
    return number * (across if rows == 1 else node(COLUMN, node(ONES, length=rows)) * across)


def _by_axis_last(A, axes, axis):
    return A if axes[1] == axis else A.T


def _laid(v, axis, left):
    return lay(v, (slice(None), None) if axis == left[0] else (None, slice(None)))


_FUNCTIONS: dict = {
    np.sum: _sum,
    np.mean: _mean,
    np.linalg.norm: _norm,
    np.shape: lambda a: a.shape,
    np.ndim: lambda a: a.ndim,
}
