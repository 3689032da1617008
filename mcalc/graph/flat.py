"""The elements of a matrix as one vector, ``W.ravel()``, on its way to a number or a matrix.

Of open lengths such a vector has as many elements as no letter says. Its sum, norm and products
are those of the matrix, so it is kept as the matrix. Of a known number of rows it is these rows,
joined, wherever that is not enough.
"""

from __future__ import annotations

from functools import partial
from math import prod
from numbers import Integral
from typing import Any

import numpy as np

from .axes import REDUCTIONS, is_axis
from .broadcast import vector_of
from .dispatch import NUMPY, UnsupportedError, full_name
from .expr import Expr, Unfinished, node
from .primitives import COLUMN, as_column
from .shapes import shape_text

_FEW = 8  # elements, which are written each by itself


class Flat(Unfinished):
    """The elements of a matrix, row by row.

    >>> import mcalc as mc
    >>> W = mc.matrices("W")
    >>> W.ravel() @ W.ravel()
    sum(W ⊗ W)
    """

    __slots__ = ("of",)
    ndim = 1

    def __init__(self, of: Expr):
        self.of = of

    @property
    def boolean(self) -> bool:
        return self.of.boolean

    @property
    def size(self):
        """How many elements it has, as a number in formulas."""
        return self.of.size

    @property
    def shape(self):
        lengths = self.of.shape
        return (prod(lengths) if all(isinstance(n, int) for n in lengths) else self.size,)

    @property
    def expr(self) -> Any:
        """The rows, joined; raises UnsupportedError where their number is open."""
        if not isinstance(self.of.shape[0], int):
            raise UnsupportedError(
                f"{self!r}, are so many that no letter says it: take their sum, np.sum(...), or "
                "their product with others, a @ b; or leave them a matrix, np.sum(A * B)"
            )
        rows: list[Expr] = [*self.of]
        return np.concatenate(rows) if len(rows) > 1 else rows[0]

    def __array_ufunc__(self, ufunc, method, *inputs, **options):
        if method == "__call__" and not options:
            if ufunc is np.matmul and _alike(inputs):
                return np.sum(inputs[0].of * inputs[1].of)
            if ufunc is not np.matmul and _alike(inputs):
                return Flat(ufunc(*map(_matrix, inputs)))
        return getattr(ufunc, method)(*map(_joined, inputs), **options)

    def __array_function__(self, function, types, args, options):
        if function in _PRODUCTS and _alike(args) and not options:
            return np.sum(args[0].of * args[1].of)
        if function in REDUCTIONS and _of_all(args[1:2], options):
            return function(self.of, *args[2:], **_without_axis(options))
        if function in _ELEMENTWISE and not options and _alike(args):
            return Flat(function(*map(_matrix, args)))
        if function in _OF_ONE and args[0] is self:
            return _OF_ONE[function](*args, **options)
        if function not in NUMPY:
            raise UnsupportedError(f"{full_name(function)} of {self!r}, has no rule")
        return function(*map(_joined, args), **options)

    def reshape(self, *shape, order="C"):
        """The matrix, if that is its shape, or itself; another one of known length."""
        shape = shape[0] if len(shape) == 1 and isinstance(shape[0], tuple | list) else shape
        if order == "C" and tuple(shape) == self.of.shape:
            return self.of
        return self if tuple(shape) in ((-1,), self.shape) else self.expr.reshape(*shape)

    def ravel(self):
        return self

    flatten = copy = ravel

    def __getitem__(self, key):
        size = self.shape[0]
        if isinstance(size, int) and isinstance(key, Integral) and -size <= key < size:
            return self.of[divmod(int(key) % size, self.of.shape[1])]
        if isinstance(size, int) and isinstance(key, slice):
            start, stop, step = key.indices(size)
            if step == 1 and start < stop:
                return self._part(start, stop)
        return self.expr[key]

    def _part(self, start, stop):
        """So many elements one behind the other: of large matrices what is of one row together."""
        if stop - start <= _FEW:
            return np.stack([self[k] for k in range(start, stop)])
        columns, parts = self.of.shape[1], []
        while start < stop:
            row, first = divmod(start, columns)
            last = min(columns, first + stop - start)
            whole = self.of[row]
            parts.append(whole if last - first == columns else whole[first:last])
            start += last - first
        return np.concatenate(parts) if len(parts) > 1 else parts[0]

    def __iter__(self):
        size = self.shape[0]
        return (self[k] for k in range(size)) if isinstance(size, int) else iter(self.expr)

    def __len__(self):
        return len(self.expr)

    @property
    def T(self):
        return self.expr.T

    def __getattr__(self, name):
        if name[0] != "_" and callable(getattr(np, name, None)) and hasattr(np.ndarray, name):
            return partial(getattr(np, name), self)
        if name[0] != "_" and hasattr(np.ndarray, name):
            raise UnsupportedError(f"the method {name} of {self!r}, has no rule")
        raise AttributeError(f"{self!r}, has no attribute {name!r}")

    def __repr__(self):
        return f"the elements of {self.of}, {shape_text(self.of.shape)}, one after another"


def _alike(operands) -> bool:
    """Whether all are such vectors of one shape, or scalars."""
    shapes = {a.of.shape for a in operands if isinstance(a, Flat)}
    return len(shapes) == 1 and all(
        isinstance(a, Flat) or np.ndim(getattr(a, "expr", a)) == 0 for a in operands
    )


def _matrix(a):
    return a.of if isinstance(a, Flat) else a


def _joined(a):
    """With the rows joined, also within a list of what is joined."""
    if isinstance(a, list | tuple):
        return type(a)(map(_joined, a))
    return a.expr if isinstance(a, Flat) else a


def _of_all(given, options) -> bool:
    """Whether a reduction is along the one axis that there is."""
    axis = given[0] if given else options.get("axis")
    return not options.get("keepdims") and (axis is None or axis == (0,) or is_axis(axis, 1))


def _without_axis(options):
    return {name: value for name, value in options.items() if name not in ("axis", "keepdims")}


def _norm(x, ord=None, axis=None, keepdims=False):
    if not _of_all((axis,), {"keepdims": keepdims}):
        return np.linalg.norm(x.expr, ord=ord, axis=axis, keepdims=keepdims)
    return np.linalg.vector_norm(x.of, ord=2 if ord is None else ord)


_PRODUCTS = {np.dot, np.inner, np.vdot, np.linalg.vecdot}
_ELEMENTWISE = {np.where, np.clip}
_OF_ONE = {
    np.size: lambda a: a.size,
    np.shape: lambda a: a.shape,
    np.ndim: lambda a: 1,
    np.ravel: lambda a: a,
    np.reshape: Flat.reshape,
    np.linalg.norm: _norm,
}


# --- a shape anew ----------------------------------------------------------------------------


def reshape(a, *shape, order="C") -> Expr | Flat:
    """A vector as a column or a row, or a row or a column as a vector."""
    a = as_column(a)
    if len(shape) == 1 and isinstance(shape[0], tuple | list):
        shape = tuple(shape[0])
    if len(shape) == a.ndim and all(n in (m, -1) for n, m in zip(shape, a.shape, strict=True)):
        if shape.count(-1) < 2 and order == "C":
            return a
    if shape == (-1,) and a.ndim == 2 and order == "C":
        return _ravel(a)
    flat = a.ndim == 1 or 1 in a.shape
    v = vector_of(a) if flat else a
    length = (-1, *v.shape)
    if flat and len(shape) == 1 and shape[0] in length:
        return v
    if flat and len(shape) == 2 and 1 in shape:
        long = shape[1 - shape.index(1)]
        if long in length:
            return node(COLUMN, v).T if shape[0] == 1 else node(COLUMN, v)
    return _of_known_length(a, shape, order)


def _of_known_length(a, shape, order):
    """What has a known number of elements in another shape, row by row."""
    lengths = (*a.shape, *shape)
    whole = all(isinstance(n, int) and not isinstance(n, bool) for n in lengths)
    if order == "C" and len(shape) in (1, 2) and whole:
        count = prod(a.shape)
        others = prod(n for n in shape if n != -1)
        if shape.count(-1) == 1 and others > 0 and not count % others:
            shape = tuple(count // others if n == -1 else n for n in shape)
        if min(shape) > 0 and prod(shape) == count:
            v = _ravel(a)
            if len(shape) == 1:
                return v
            rows, columns = shape
            return np.stack([v[k * columns : (k + 1) * columns] for k in range(rows)])
    raise UnsupportedError(
        f"reshape: {a} is {shape_text(a.shape)}, and not of known lengths that fit {shape}, "
        'order="C": a vector can be laid as a column, reshape(-1, 1), or a row, reshape(1, -1)'
    )


def _ravel(a, order="C"):
    if order not in ("C", "F", "A", "K"):
        raise UnsupportedError(f"np.ravel: order={order!r} has no rule")
    a = as_column(a)
    if a.ndim == 2 and 1 not in a.shape:
        return Flat(a.T if order == "F" else a)
    return vector_of(a) if a.ndim else np.stack([a])


def _atleast_2d(a):
    a = as_column(a)
    return a if a.ndim == 2 else node(COLUMN, _ravel(a)).T


NUMPY.update(
    {"reshape": reshape, np.reshape: reshape, np.ravel: _ravel, np.atleast_2d: _atleast_2d}
)
